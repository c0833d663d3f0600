#include "ui/session.h"

#include <math.h>
#include <string.h>

#include "compute/io/io.h"
#include "ui/preparation.h"
#include "ui/shape-loader.h"

#define TIMED_STEPS 10
#define PROGRESS_MS 100

struct _MongeSession {
  GObject parent_instance;

  MongeShape *shapes[MONGE_N_ROLES];
  MongeDrawable *drawables[MONGE_N_ROLES];
  MongeShapeLoader *loaders[MONGE_N_ROLES]; /* what is on its way, or NULL */
  gboolean shapes_are_new;                  /* since the last preparation */

  MongeComputer computer;
  MongeRunner *runner;
  const MongeFrame *frame; /* borrowed from the runner */
  GArray *samples;
  MongeFlowParams params, default_params;
  gboolean blur_is_given;  /* by a recipe: the next shapes do not change it */
  MongeRecipeInput inputs[MONGE_N_ROLES]; /* where the shapes came from */
  MongeWeighting weighting;

  GSource *wake;           /* made ready by the worker thread */
  guint preparation;       /* serial of the newest preparation; older ones are dropped */
  gboolean preparing;
  gboolean play_when_ready;
  guint progress_timeout;
};

enum {
  SHAPES_CHANGED,
  PARAMS_CHANGED,
  FRAME,
  LOADING_CHANGED,
  MESSAGE,
  LABELS_WANTED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MongeSession, monge_session, G_TYPE_OBJECT)

static void
emit_message (MongeSession *session, const char *text, gboolean is_error)
{
  g_signal_emit (session, signals[MESSAGE], 0, text, is_error);
}

static void
emit_error (MongeSession *session, GError *error)
{
  if (!g_error_matches (error, MONGE_ERROR, MONGE_ERROR_CANCELLED))
    emit_message (session, error->message, TRUE);
  g_error_free (error);
}

/* The worker → the main loop. Setting the time of a source that is already ready costs nothing, so
 * a thousand frames a second make one dispatch per turn of the loop. */

static void
wake_from_worker (gpointer user_data)
{
  g_source_set_ready_time (user_data, 0);
}

/* What the runner has to tell: it goes on without its card, say. */
static void
take_notice (MongeSession *session)
{
  gboolean has_failed = FALSE;
  g_autofree char *notice = monge_runner_take_notice (session->runner, &has_failed);

  if (notice == NULL)
    return;
  if (has_failed)
    monge_computer_give_up_card (&session->computer);
  emit_message (session, notice, FALSE);
}

static void
take_news (MongeSession *session)
{
  const MongeFrame *frame;

  if (session->runner == NULL)
    return;
  frame = monge_runner_acquire_frame (session->runner);
  if (frame != NULL)
    session->frame = frame;
  monge_runner_get_samples (session->runner, session->samples);
  take_notice (session);
  g_signal_emit (session, signals[FRAME], 0);
}

static gboolean
wake_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_source_set_ready_time (source, -1);
  take_news (user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
wake_callback (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs wake_funcs = { .dispatch = wake_dispatch };

/* Preparing */

static void
free_runner_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  monge_runner_free (task_data);
}

/* Joining the worker may take as long as a frame: not on this thread. The session stays, and with
 * it the backend and the source that the worker wakes. */
static void
retire_runner (MongeSession *session)
{
  g_autoptr (GTask) task = NULL;

  session->frame = NULL;
  g_array_set_size (session->samples, 0);
  if (session->runner == NULL)
    return;
  task = g_task_new (session, NULL, NULL, NULL);
  g_task_set_task_data (task, g_steal_pointer (&session->runner), NULL);
  g_task_run_in_thread (task, free_runner_thread);
}

static void
take_preparation (MongeSession *session, MongePreparation *preparation)
{
  retire_runner (session);
  for (int r = 0; r < MONGE_N_ROLES; r++)
    {
      g_clear_pointer (&session->drawables[r], monge_drawable_unref);
      session->drawables[r] = g_steal_pointer (&preparation->drawables[r]);
    }
  session->params = preparation->params;
  session->default_params = preparation->default_params;
  session->runner = g_steal_pointer (&preparation->runner);
}

static void
prepared (GObject *object, GAsyncResult *result, gpointer user_data)
{
  MongeSession *session = MONGE_SESSION (object);
  MongePreparation *preparation = g_task_get_task_data (G_TASK (result));
  GError *error = NULL;

  if (preparation->serial != session->preparation)
    return;
  session->preparing = FALSE;
  if (!g_task_propagate_boolean (G_TASK (result), &error))
    emit_error (session, error);
  take_preparation (session, preparation);
  if (session->runner != NULL && session->play_when_ready)
    monge_runner_play (session->runner);
  if (session->runner != NULL)
    session->play_when_ready = FALSE;
  g_signal_emit (session, signals[LOADING_CHANGED], 0);
  g_signal_emit (session, signals[SHAPES_CHANGED], 0);
  g_signal_emit (session, signals[PARAMS_CHANGED], 0);
  if (preparation->notice != NULL)
    emit_message (session, preparation->notice, FALSE);
  take_news (session);
}

/* Lengths follow the shapes; what was chosen otherwise stays. */
static void
choose_params (MongeSession *session, MongePreparation *preparation)
{
  MongeFlowParams *params = &preparation->params, *defaults = &preparation->default_params;

  *params = session->params;
  *defaults = session->default_params;
  if (preparation->shapes[0] == NULL || preparation->shapes[1] == NULL)
    return;
  monge_flow_params_init_for (defaults, preparation->shapes[0], preparation->shapes[1]);
  if (session->blur_is_given)
    defaults->loss.blur = params->loss.blur;
  else
    params->loss.blur = defaults->loss.blur;
  session->blur_is_given = FALSE;
}

static gboolean
is_loading_files (MongeSession *session)
{
  return session->loaders[0] != NULL || session->loaders[1] != NULL;
}

/* Once nothing more is on its way, so that two files opened together appear together. */
static void
prepare (MongeSession *session)
{
  g_autoptr (GTask) task = NULL;
  MongePreparation *preparation;

  if (is_loading_files (session) || !session->shapes_are_new)
    return;
  session->shapes_are_new = FALSE;
  preparation = g_new0 (MongePreparation, 1);
  preparation->session = g_object_ref (session);
  preparation->computer = &session->computer;
  preparation->wake = wake_from_worker;
  preparation->wake_data = session->wake;
  preparation->serial = ++session->preparation;
  preparation->weighting = session->weighting;
  for (int r = 0; r < MONGE_N_ROLES; r++)
    {
      if (session->shapes[r] != NULL)
        preparation->shapes[r] = monge_shape_ref (session->shapes[r]);
      monge_recipe_input_copy (&preparation->inputs[r], &session->inputs[r]);
    }
  choose_params (session, preparation);
  session->preparing = TRUE;
  task = g_task_new (session, NULL, prepared, NULL);
  g_task_set_task_data (task, preparation, monge_preparation_free);
  g_task_run_in_thread (task, monge_preparation_run);
}

/* Loading */

static gboolean
show_progress (gpointer user_data)
{
  MongeSession *session = user_data;

  g_signal_emit (session, signals[LOADING_CHANGED], 0);
  if (monge_session_is_loading (session))
    return G_SOURCE_CONTINUE;
  session->progress_timeout = 0;
  return G_SOURCE_REMOVE;
}

/* %MONGE_N_ROLES when something else was opened meanwhile. */
static MongeRole
find_role (MongeSession *session, MongeShapeLoader *loader)
{
  int role = 0;

  while (role < MONGE_N_ROLES && session->loaders[role] != loader)
    role++;
  return role;
}

static void
report_repairs (MongeSession *session, MongeShape *shape)
{
  g_autofree char *list = g_strjoinv ("; ", (char **) monge_shape_get_repairs (shape));

  if (*list != '\0')
    {
      g_autofree char *text = g_strdup_printf ("%s: %s", monge_shape_get_name (shape), list);

      emit_message (session, text, FALSE);
    }
}

static void
loaded (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (MongeSession) session = user_data;
  MongeShapeLoader *loader = monge_shape_loader_of (result);
  MongeRole role = find_role (session, loader);
  g_autoptr (MongeVolume) volume = NULL;
  g_autoptr (MongeShape) shape = NULL;
  GError *error = NULL;

  if (!monge_shape_loader_run_finish (result, &shape, &volume, &error) || role == MONGE_N_ROLES)
    {
      if (error != NULL && role < MONGE_N_ROLES)
        emit_error (session, error);
      else
        g_clear_error (&error);
    }
  else if (shape != NULL)
    {
      g_clear_pointer (&session->shapes[role], monge_shape_unref);
      session->shapes[role] = g_steal_pointer (&shape);
      session->shapes_are_new = TRUE;
      monge_recipe_input_clear (&session->inputs[role]);
      monge_recipe_input_copy (&session->inputs[role], &loader->input);
      report_repairs (session, session->shapes[role]);
    }
  if (role == MONGE_N_ROLES)
    return;
  if (volume != NULL)
    g_signal_emit (session, signals[LABELS_WANTED], 0, (guint) role, volume, loader->input.path);
  g_clear_pointer (&session->loaders[role], monge_shape_loader_unref);
  prepare (session);
}

static void
start_loading (MongeSession *session, MongeRole role, MongeShapeLoader *loader)
{
  if (session->loaders[role] != NULL)
    {
      monge_task_cancel (&session->loaders[role]->task);
      monge_shape_loader_unref (session->loaders[role]);
    }
  session->loaders[role] = loader;
  monge_shape_loader_run_async (loader, loaded, g_object_ref (session));
  if (session->progress_timeout == 0)
    session->progress_timeout = g_timeout_add (PROGRESS_MS, show_progress, session);
  g_signal_emit (session, signals[LOADING_CHANGED], 0);
}

static void
monge_session_dispose (GObject *object)
{
  MongeSession *session = MONGE_SESSION (object);

  monge_session_cancel_loading (session);
  g_clear_handle_id (&session->progress_timeout, g_source_remove);
  session->frame = NULL;
  g_clear_pointer (&session->runner, monge_runner_free);
  for (int r = 0; r < MONGE_N_ROLES; r++)
    {
      g_clear_pointer (&session->shapes[r], monge_shape_unref);
      g_clear_pointer (&session->drawables[r], monge_drawable_unref);
    }
  if (session->wake != NULL)
    g_source_destroy (session->wake);
  g_clear_pointer (&session->wake, g_source_unref);
  g_clear_pointer (&session->samples, g_array_unref);
  for (int r = 0; r < MONGE_N_ROLES; r++)
    monge_recipe_input_clear (&session->inputs[r]);
  G_OBJECT_CLASS (monge_session_parent_class)->dispose (object);
}

static void
monge_session_finalize (GObject *object)
{
  monge_computer_clear (&MONGE_SESSION (object)->computer);
  G_OBJECT_CLASS (monge_session_parent_class)->finalize (object);
}

static void
monge_session_class_init (MongeSessionClass *class)
{
  GType type = G_TYPE_FROM_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = monge_session_dispose;
  G_OBJECT_CLASS (class)->finalize = monge_session_finalize;
  signals[SHAPES_CHANGED] = g_signal_new ("shapes-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                          NULL, G_TYPE_NONE, 0);
  signals[PARAMS_CHANGED] = g_signal_new ("params-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                          NULL, G_TYPE_NONE, 0);
  signals[FRAME] = g_signal_new ("frame", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 0);
  signals[LOADING_CHANGED] = g_signal_new ("loading-changed", type, G_SIGNAL_RUN_LAST, 0, NULL,
                                           NULL, NULL, G_TYPE_NONE, 0);
  signals[MESSAGE] = g_signal_new ("message", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_BOOLEAN);
  signals[LABELS_WANTED] = g_signal_new ("labels-wanted", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                         NULL, G_TYPE_NONE, 3, G_TYPE_UINT, G_TYPE_POINTER,
                                         G_TYPE_STRING);
}

static void
monge_session_init (MongeSession *session)
{
  monge_computer_init (&session->computer);
  session->samples = g_array_new (FALSE, FALSE, sizeof (MongeSample));
  for (int r = 0; r < MONGE_N_ROLES; r++)
    session->inputs[r].mirror = -1;
  session->params = *monge_flow_params ();
  session->default_params = session->params;
  session->wake = g_source_new (&wake_funcs, sizeof (GSource));
  g_source_set_static_name (session->wake, "monge frame");
  g_source_set_callback (session->wake, wake_callback, session, NULL);
  g_source_attach (session->wake, NULL);
}

MongeSession *
monge_session_new (void)
{
  return g_object_new (MONGE_TYPE_SESSION, NULL);
}

void
monge_session_open (MongeSession *session, MongeRole role, const char *spec)
{
  MongeRecipeInput input = { .mirror = -1 };
  GError *error = NULL;

  g_return_if_fail (MONGE_IS_SESSION (session) && role < MONGE_N_ROLES && spec != NULL);

  if (monge_recipe_input_set_path (&input, spec, &error))
    start_loading (session, role, monge_shape_loader_new (&input, NULL));
  else
    emit_error (session, error);
  monge_recipe_input_clear (&input);
}

void
monge_session_open_recipe (MongeSession *session, const MongeRecipe *recipe)
{
  session->params = recipe->params;
  session->blur_is_given = recipe->blur_is_given;
  session->weighting = recipe->weighting;
  if (recipe->source.path != NULL)
    start_loading (session, MONGE_ROLE_SOURCE, monge_shape_loader_new (&recipe->source, NULL));
  if (recipe->target.path != NULL)
    start_loading (session, MONGE_ROLE_TARGET, monge_shape_loader_new (&recipe->target, NULL));
}

MongeRecipe *
monge_session_dup_recipe (MongeSession *session)
{
  MongeRecipe *recipe = monge_recipe_new ();

  monge_recipe_input_copy (&recipe->source, &session->inputs[MONGE_ROLE_SOURCE]);
  monge_recipe_input_copy (&recipe->target, &session->inputs[MONGE_ROLE_TARGET]);
  recipe->weighting = session->weighting;
  recipe->params = session->params;
  recipe->blur_is_given = TRUE;
  return recipe;
}

void
monge_session_choose_labels (MongeSession *session, MongeRole role, MongeVolume *volume,
                             const char *name, const gint32 *labels, guint n_labels,
                             gboolean as_voxels)
{
  MongeRecipeInput input = { .path = (char *) name, .labels = (gint32 *) labels,
                             .n_labels = n_labels, .as_voxels = as_voxels, .mirror = -1 };

  start_loading (session, role, monge_shape_loader_new (&input, volume));
}

void
monge_session_swap (MongeSession *session)
{
  MongeShape *source = session->shapes[MONGE_ROLE_SOURCE];
  MongeRecipeInput input = session->inputs[MONGE_ROLE_SOURCE];

  session->shapes[MONGE_ROLE_SOURCE] = session->shapes[MONGE_ROLE_TARGET];
  session->shapes[MONGE_ROLE_TARGET] = source;
  session->inputs[MONGE_ROLE_SOURCE] = session->inputs[MONGE_ROLE_TARGET];
  session->inputs[MONGE_ROLE_TARGET] = input;
  session->shapes_are_new = TRUE;
  session->blur_is_given = TRUE;
  prepare (session);
}

void
monge_session_play_when_ready (MongeSession *session)
{
  if (session->runner != NULL && !monge_session_is_loading (session))
    monge_runner_play (session->runner);
  else
    session->play_when_ready = TRUE;
}

gboolean
monge_session_is_loading (MongeSession *session)
{
  return is_loading_files (session) || session->preparing;
}

double
monge_session_get_progress (MongeSession *session)
{
  double progress = 0.0;
  int n = 0;

  for (int r = 0; r < MONGE_N_ROLES; r++)
    if (session->loaders[r] != NULL)
      {
        progress += monge_task_get_progress (&session->loaders[r]->task);
        n++;
      }
  return n > 0 ? progress / n : 1.0;
}

void
monge_session_cancel_loading (MongeSession *session)
{
  for (int r = 0; r < MONGE_N_ROLES; r++)
    if (session->loaders[r] != NULL)
      {
        monge_task_cancel (&session->loaders[r]->task);
        g_clear_pointer (&session->loaders[r], monge_shape_loader_unref);
      }
  g_signal_emit (session, signals[LOADING_CHANGED], 0);
}

MongeShape *
monge_session_get_shape (MongeSession *session, MongeRole role)
{
  return session->shapes[role];
}

MongeDrawable *
monge_session_get_drawable (MongeSession *session, MongeRole role)
{
  return session->drawables[role];
}

MongeRunner *
monge_session_get_runner (MongeSession *session)
{
  return session->runner;
}

const char *
monge_session_get_backend_description (MongeSession *session)
{
  return session->runner != NULL ? monge_runner_get_backend_description (session->runner) : NULL;
}

static void
open_backend_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  MongeSession *session = source;
  char *notice = NULL;
  GError *error = NULL;
  MongeBackend *backend = monge_computer_open (&session->computer, &notice, &error);

  g_object_set_data_full (G_OBJECT (task), "notice", notice, g_free);
  if (backend != NULL)
    g_task_return_pointer (task, backend, (GDestroyNotify) monge_backend_close);
  else
    g_task_return_error (task, error);
}

static void
backend_opened (GObject *object, GAsyncResult *result, gpointer user_data)
{
  MongeSession *session = MONGE_SESSION (object);
  const char *notice = g_object_get_data (G_OBJECT (result), "notice");
  GError *error = NULL;
  g_autoptr (MongeBackend) backend = g_task_propagate_pointer (G_TASK (result), &error);

  if (backend == NULL)
    emit_error (session, error);
  else if (session->runner != NULL)
    monge_runner_set_backend (session->runner, backend);
  if (notice != NULL)
    emit_message (session, notice, FALSE);
}

void
monge_session_set_backend (MongeSession *session, const MongeBackendOptions *options)
{
  g_autoptr (GTask) task = NULL;

  monge_computer_choose (&session->computer, options);
  if (session->runner == NULL) /* a flow that comes opens what was chosen */
    return;
  task = g_task_new (session, NULL, backend_opened, NULL);
  g_task_run_in_thread (task, open_backend_thread);
}

const char *
monge_session_get_backend_choice (MongeSession *session)
{
  return monge_computer_get_choice (&session->computer);
}

gboolean
monge_session_is_on_card (MongeSession *session)
{
  return session->frame != NULL
         && !monge_backend_is_on_host (session->frame->positions->backend);
}

const char *
monge_session_get_backend_note (MongeSession *session)
{
  return session->runner != NULL ? g_atomic_pointer_get (&session->computer.note) : NULL;
}

const char *
monge_session_get_unit (MongeSession *session)
{
  for (int r = 0; r < MONGE_N_ROLES; r++)
    if (session->shapes[r] != NULL && monge_shape_get_unit (session->shapes[r]) != NULL)
      return monge_shape_get_unit (session->shapes[r]);
  return NULL;
}

double
monge_session_get_diameter (MongeSession *session)
{
  double diameter = 0.0;

  for (int r = 0; r < MONGE_N_ROLES; r++)
    if (session->shapes[r] != NULL)
      diameter = MAX (diameter, monge_shape_get_diameter (session->shapes[r]));
  return diameter > 0.0 ? diameter : 1.0;
}

const MongeFlowParams *
monge_session_get_params (MongeSession *session)
{
  return &session->params;
}

const MongeFlowParams *
monge_session_get_default_params (MongeSession *session)
{
  return &session->default_params;
}

void
monge_session_set_params (MongeSession *session, const MongeFlowParams *params)
{
  session->params = *params;
  if (session->runner != NULL)
    monge_runner_set_params (session->runner, &session->params);
  g_signal_emit (session, signals[PARAMS_CHANGED], 0);
}

void
monge_session_play (MongeSession *session)
{
  if (session->runner != NULL)
    monge_runner_play (session->runner);
}

void
monge_session_pause (MongeSession *session)
{
  session->play_when_ready = FALSE;
  if (session->runner != NULL)
    monge_runner_pause (session->runner);
}

void
monge_session_step (MongeSession *session)
{
  if (session->runner != NULL)
    monge_runner_step (session->runner);
}

void
monge_session_reset (MongeSession *session)
{
  if (session->runner != NULL)
    monge_runner_reset (session->runner);
}

MongeRunnerState
monge_session_get_state (MongeSession *session)
{
  return session->runner != NULL ? monge_runner_get_state (session->runner, NULL)
                                 : MONGE_RUNNER_PAUSED;
}

const MongeFrame *
monge_session_get_frame (MongeSession *session)
{
  return session->frame;
}

GArray *
monge_session_get_samples (MongeSession *session)
{
  return session->samples;
}

double
monge_session_get_step_time (MongeSession *session)
{
  guint n = MIN (session->samples->len, TIMED_STEPS);
  double seconds = 0.0;

  for (guint i = 0; i < n; i++)
    seconds += g_array_index (session->samples, MongeSample, session->samples->len - 1 - i).seconds;
  return n > 0 ? seconds / n : 0.0;
}

static void
export_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  const char *path = g_object_get_data (G_OBJECT (task), "path");
  GError *error = NULL;

  if (monge_shape_save (task_data, path, NULL, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
monge_session_export_async (MongeSession *session, const char *path, GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (session, NULL, callback, user_data);
  MongeShape *shape = session->shapes[MONGE_ROLE_SOURCE];

  if (session->runner != NULL)
    shape = monge_runner_dup_shape (session->runner, NULL);
  else if (shape != NULL)
    monge_shape_ref (shape);
  else
    {
      g_task_return_new_error (task, MONGE_ERROR, MONGE_ERROR_EMPTY,
                               "There is no shape to export: open one first");
      return;
    }
  g_object_set_data_full (G_OBJECT (task), "path", g_strdup (path), g_free);
  g_task_set_task_data (task, shape, (GDestroyNotify) monge_shape_unref);
  g_task_run_in_thread (task, export_thread);
}

gboolean
monge_session_export_finish (MongeSession *session, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
append_number (GString *text, double value, char end)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append (text, g_ascii_formatd (digits, sizeof digits, "%.9g", value));
  g_string_append_c (text, end);
}

gboolean
monge_session_export_samples (MongeSession *session, const char *path, GError **error)
{
  g_autoptr (GString) text =
      g_string_new ("step,loss,marginal_error,mean_speed,seconds,iterations,converged\n");

  for (guint i = 0; i < session->samples->len; i++)
    {
      const MongeSample *sample = &g_array_index (session->samples, MongeSample, i);

      g_string_append_printf (text, "%u,", sample->step);
      append_number (text, sample->loss, ',');
      append_number (text, sample->marginal_error, ',');
      append_number (text, sample->mean_speed, ',');
      append_number (text, sample->seconds, ',');
      g_string_append_printf (text, "%u,%d\n", sample->iterations, sample->converged);
    }
  return monge_file_save (path, text->str, text->len, error);
}
