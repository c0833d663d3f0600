/* What the window writes: shapes by way of the export dialog, and the other outputs of a flow. */
#include "ui/window-private.h"

#include <string.h>

#include "ui/export-dialog.h"
#include "ui/file-dialog.h"
#include "ui/file-filters.h"
#include "ui/flow-output.h"

#define PROGRESS_MS 250

/* One file on its way, on a thread. */
typedef struct {
  MongeWindow *window;
  MongeExport *export;           /* a shape, or */
  const MongeFlowOutput *output; /* this of */
  MongeFlowResults *flow;
  char *path, *extension;
  MongeTask task;
  guint timeout;
} Job;

static Job *
job_new (MongeWindow *window)
{
  Job *job = g_new0 (Job, 1);

  job->window = g_object_ref (window);
  return job;
}

static void
job_free (Job *job)
{
  g_clear_handle_id (&job->timeout, g_source_remove);
  g_clear_object (&job->window);
  g_clear_pointer (&job->export, monge_export_free);
  g_clear_pointer (&job->flow, monge_flow_results_unref);
  g_free (job->path);
  g_free (job->extension);
  g_free (job);
}

static gboolean
show_progress (gpointer user_data)
{
  Job *job = user_data;
  g_autofree char *base = g_path_get_basename (job->path);
  int percent = (int) (100.0 * monge_task_get_progress (&job->task));
  g_autofree char *text = percent > 0 ? g_strdup_printf ("Writing %s: %d %%", base, percent)
                                      : g_strdup_printf ("Writing %s…", base);

  if (job->window->session != NULL) /* not closed meanwhile */
    monge_window_show_message (job->window, text, FALSE);
  return G_SOURCE_CONTINUE;
}

static void
job_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Job *job = task_data;
  GError *error = NULL;
  gboolean is_done = job->output != NULL
                         ? job->output->save (job->flow, job->path, &job->task, &error)
                         : monge_export_run (job->export, &job->task, &error);

  if (is_done)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
job_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Job *job = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  gboolean is_error = FALSE;

  if (g_task_propagate_boolean (G_TASK (result), &error))
    text = g_strdup_printf ("Saved %s", job->path);
  else if (g_error_matches (error, MONGE_ERROR, MONGE_ERROR_CANCELLED))
    text = g_strdup_printf ("%s was not written", job->path);
  else
    {
      text = g_strdup (error->message);
      is_error = TRUE;
    }
  g_ptr_array_remove_fast (job->window->exports, &job->task);
  if (job->window->session != NULL)
    {
      monge_window_update_actions (job->window);
      monge_window_show_message (job->window, text, is_error);
    }
  job_free (job);
}

/* Takes @job. */
static void
job_run (Job *job)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, job_done, job);

  g_ptr_array_add (job->window->exports, &job->task);
  monge_window_update_actions (job->window);
  job->timeout = g_timeout_add (PROGRESS_MS, show_progress, job);
  g_task_set_task_data (task, job, NULL);
  g_task_run_in_thread (task, job_thread);
}

void
monge_window_cancel_exports (MongeWindow *window)
{
  for (guint i = 0; i < window->exports->len; i++)
    monge_task_cancel (g_ptr_array_index (window->exports, i));
}

void
monge_window_run_export (MongeWindow *window, MongeExport *export)
{
  Job *job = job_new (window);

  job->export = export;
  job->path = g_strdup (export->path);
  job_run (job);
}

/* Asking for a name */

static void
name_chosen (GListModel *files, gpointer user_data)
{
  Job *job = user_data;
  g_autoptr (GFile) file = files != NULL ? g_list_model_get_item (files, 0) : NULL;
  g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;
  g_autofree char *base = path != NULL ? g_path_get_basename (path) : NULL;

  if (path == NULL)
    {
      job_free (job);
      return;
    }
  job->path = strchr (base, '.') == NULL ? g_strconcat (path, job->extension, NULL)
                                         : g_steal_pointer (&path);
  if (job->export != NULL)
    job->export->path = g_strdup (job->path);
  job_run (job);
}

static char *
suggest_name (const MongeShape *shape, const char *suffix)
{
  g_autofree char *base = g_strdup (monge_shape_get_name (shape));
  char *dot = strrchr (base, '.');

  if (dot != NULL && dot != base)
    *dot = '\0';
  g_strdelimit (base, "/:#", '-');
  return g_strconcat (base, suffix, NULL);
}

static void
on_accepted (MongeExportDialog *dialog, MongeWindow *window)
{
  const MongeFormat *format = monge_export_dialog_get_format (dialog);
  g_auto (GStrv) filter = monge_file_filter_for_format (format);
  Job *job = job_new (window);
  g_autofree char *name = NULL;

  job->export = monge_export_dialog_dup_export (dialog);
  job->extension = monge_export_dialog_dup_extension (dialog);
  name = suggest_name (job->export->shape, job->extension);
  monge_file_dialog_save (GTK_WINDOW (window), gtk_window_get_title (GTK_WINDOW (dialog)),
                          (const char *const *) filter, name, name_chosen, job);
}

void
monge_window_ask_export (MongeWindow *window, const char *title, MongeShape *shape,
                         MongeFlowResults *flow)
{
  GtkWindow *dialog = flow != NULL
                          ? monge_export_dialog_new_for_flow (GTK_WINDOW (window), title, flow)
                          : monge_export_dialog_new (GTK_WINDOW (window), title, shape);

  g_signal_connect_object (dialog, "accepted", G_CALLBACK (on_accepted), window, 0);
  gtk_window_present (dialog);
}

void
monge_window_ask_output (MongeWindow *window, const char *name)
{
  const MongeFlowOutput *output = monge_flow_output_find (name);
  MongeFlowResults *flow = monge_flow_results_new (window->session);
  g_autofree char *suggested = NULL;
  Job *job;

  if (output == NULL || flow == NULL)
    {
      g_clear_pointer (&flow, monge_flow_results_unref);
      return;
    }
  job = job_new (window);
  job->output = output;
  job->flow = flow;
  job->extension = g_strdup (strchr (output->suffix, '.'));
  suggested = suggest_name (flow->source, output->suffix);
  monge_file_dialog_save (GTK_WINDOW (window), output->title, output->filter, suggested,
                          name_chosen, job);
}
