#include "ui/problems.h"

#include "compute/filter/inspect.h"

struct _MongeProblems {
  GObject parent_instance;

  MongeShape *shape; /* that was asked about last */
  char **sentences;  /* NULL until they are known */
  gboolean needs_repair;
};

enum {
  FOUND,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MongeProblems, monge_problems, G_TYPE_OBJECT)

typedef struct {
  char **sentences;
  gboolean needs_repair;
} Found;

static void
found_free (gpointer data)
{
  Found *found = data;

  g_strfreev (found->sentences);
  g_free (found);
}

static void
look_thread (GTask *task, gpointer source, gpointer shape, GCancellable *cancellable)
{
  g_auto (MongeRepairReport) report = { 0 };
  g_autoptr (GPtrArray) list = NULL;
  Found *found;
  GError *error = NULL;

  if (!monge_repair_report_fill (&report, shape, -1.0, NULL, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  list = monge_repair_report_describe (&report);
  found = g_new0 (Found, 1);
  found->sentences = g_new0 (char *, list->len + 1);
  for (guint i = 0; i < list->len; i++)
    found->sentences[i] = g_strdup (g_ptr_array_index (list, i));
  found->needs_repair = !monge_repair_report_is_good (&report);
  g_task_return_pointer (task, found, found_free);
}

static void
looked (GObject *object, GAsyncResult *result, gpointer user_data)
{
  MongeProblems *problems = MONGE_PROBLEMS (object);
  Found *found = g_task_propagate_pointer (G_TASK (result), NULL);

  if (found != NULL && g_task_get_task_data (G_TASK (result)) == problems->shape)
    {
      problems->sentences = g_steal_pointer (&found->sentences);
      problems->needs_repair = found->needs_repair;
      g_signal_emit (problems, signals[FOUND], 0);
    }
  g_clear_pointer (&found, found_free);
}

static void
forget (MongeProblems *problems)
{
  g_clear_pointer (&problems->shape, monge_shape_unref);
  g_clear_pointer (&problems->sentences, g_strfreev);
}

static void
look (MongeProblems *problems, MongeShape *shape)
{
  g_autoptr (GTask) task = g_task_new (problems, NULL, looked, NULL);

  problems->shape = monge_shape_ref (shape);
  g_task_set_task_data (task, monge_shape_ref (shape), (GDestroyNotify) monge_shape_unref);
  g_task_run_in_thread (task, look_thread);
}

const char *const *
monge_problems_get (MongeProblems *problems, MongeShape *shape, gboolean *needs_repair)
{
  *needs_repair = FALSE;
  if (shape == NULL)
    return NULL;
  if (problems->shape != shape)
    {
      forget (problems);
      look (problems, shape);
    }
  *needs_repair = problems->needs_repair && problems->sentences != NULL;
  return (const char *const *) problems->sentences;
}

static void
monge_problems_finalize (GObject *object)
{
  forget (MONGE_PROBLEMS (object));
  G_OBJECT_CLASS (monge_problems_parent_class)->finalize (object);
}

static void
monge_problems_class_init (MongeProblemsClass *class)
{
  G_OBJECT_CLASS (class)->finalize = monge_problems_finalize;
  signals[FOUND] = g_signal_new ("found", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST, 0, NULL,
                                 NULL, NULL, G_TYPE_NONE, 0);
}

static void
monge_problems_init (MongeProblems *problems)
{
}

MongeProblems *
monge_problems_new (void)
{
  return g_object_new (MONGE_TYPE_PROBLEMS, NULL);
}
