#include "ui/session.h"

#include <math.h>
#include <string.h>

#include "compute/io/io.h"
#include "compute/recipe-file.h"
#include "ui/item-private.h"
#include "ui/preparation.h"

#define TIMED_STEPS 10

struct _MongeSession {
  GObject parent_instance;

  MongeDocument *document;

  MongeComputer computer;
  MongeRunner *runner;
  MongeItem *items[MONGE_N_ROLES];         /* of the present flow, each nullable, */
  MongeShape *shapes[MONGE_N_ROLES];       /* what they were then, */
  MongeRecipeInput inputs[MONGE_N_ROLES];  /* what was said of them */
  double origin[3];                        /* about which all drawables lie */
  const MongeFrame *frame; /* borrowed from the runner */
  GArray *samples;
  MongeFlowParams params, default_params;
  gboolean blur_is_given;  /* by a recipe: the next shapes do not change it */
  MongeWeighting weighting, flow_weighting;

  GSource *wake;           /* made ready by the worker thread */
  guint preparation;       /* serial of the newest preparation; older ones are dropped */
  gboolean preparing;
  gboolean play_when_ready;
};

enum {
  SHAPES_CHANGED,
  PARAMS_CHANGED,
  FRAME,
  LOADING_CHANGED,
  MESSAGE,
  LABELS_WANTED,
  SPACE_WANTED,
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
forget_flow_shapes (MongeSession *session)
{
  for (int r = 0; r < MONGE_N_ROLES; r++)
    {
      g_clear_object (&session->items[r]);
      g_clear_pointer (&session->shapes[r], monge_shape_unref);
      monge_recipe_input_clear (&session->inputs[r]);
    }
}

static void
take_flow (MongeSession *session, MongePreparation *preparation)
{
  retire_runner (session);
  forget_flow_shapes (session);
  for (int r = 0; r < MONGE_N_ROLES; r++)
    {
      const MongePreparedShape *shape = preparation->flow_shapes[r];

      if (shape == NULL)
        continue;
      session->items[r] = g_object_ref (shape->item);
      session->shapes[r] = monge_shape_ref (shape->shape);
      monge_recipe_input_copy (&session->inputs[r], &shape->input);
    }
  session->params = preparation->params;
  session->default_params = preparation->default_params;
  session->flow_weighting = preparation->weighting;
  session->runner = g_steal_pointer (&preparation->runner);
  memcpy (session->origin, preparation->origin, sizeof session->origin);
}

static void
take_preparation (MongeSession *session, MongePreparation *preparation)
{
  for (guint i = 0; i < preparation->shapes->len; i++)
    {
      MongePreparedShape *shape = &g_array_index (preparation->shapes, MongePreparedShape, i);

      monge_item_set_drawable (shape->item, shape->drawable);
    }
  if (preparation->has_new_flow)
    take_flow (session, preparation);
}

static void
start_playing (MongeSession *session)
{
  if (session->runner != NULL && session->play_when_ready)
    monge_runner_play (session->runner);
  if (session->runner != NULL)
    session->play_when_ready = FALSE;
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
  start_playing (session);
  g_signal_emit (session, signals[LOADING_CHANGED], 0);
  g_signal_emit (session, signals[SHAPES_CHANGED], 0);
  if (preparation->has_new_flow)
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
  MongePreparedShape **shapes = preparation->flow_shapes;

  *params = session->params;
  *defaults = session->default_params;
  if (!preparation->has_new_flow || shapes[0] == NULL || shapes[1] == NULL)
    return;
  monge_flow_params_init_for (defaults, shapes[0]->shape, shapes[1]->shape);
  if (session->blur_is_given)
    defaults->loss.blur = params->loss.blur;
  else
    params->loss.blur = defaults->loss.blur;
  session->blur_is_given = FALSE;
}

/* Whether the flow that is there is not that of the shapes that are. */
static gboolean
needs_new_flow (MongeSession *session, const MongePreparation *preparation)
{
  for (int r = 0; r < MONGE_N_ROLES; r++)
    {
      const MongePreparedShape *shape = preparation->flow_shapes[r];

      if (session->shapes[r] != (shape != NULL ? shape->shape : NULL)
          || session->items[r] != (shape != NULL ? shape->item : NULL))
        return TRUE;
      if (shape != NULL
          && (g_strcmp0 (shape->input.weights_path, session->inputs[r].weights_path) != 0
              || g_strcmp0 (shape->input.weights_array, session->inputs[r].weights_array) != 0))
        return TRUE;
    }
  return session->weighting != session->flow_weighting
         || (session->items[0] == NULL && session->items[1] == NULL);
}

/* Once neither source nor target is on its way, so that two files opened together appear together. */
static void
prepare (MongeSession *session)
{
  g_autoptr (GTask) task = NULL;
  MongePreparation *preparation;

  if (monge_document_is_waiting (session->document))
    return;
  preparation = monge_preparation_new (session, session->document);
  preparation->has_new_flow = needs_new_flow (session, preparation);
  preparation->computer = &session->computer;
  preparation->wake = wake_from_worker;
  preparation->wake_data = session->wake;
  preparation->serial = ++session->preparation;
  preparation->weighting = session->weighting;
  memcpy (preparation->origin, session->origin, sizeof session->origin);
  choose_params (session, preparation);
  session->preparing = TRUE;
  task = g_task_new (session, NULL, prepared, NULL);
  g_task_set_task_data (task, preparation, monge_preparation_free);
  g_task_run_in_thread (task, monge_preparation_run);
}

/* The document */

static void
on_message (MongeDocument *document, const char *text, gboolean is_error, MongeSession *session)
{
  emit_message (session, text, is_error);
}

static void
on_loading_changed (MongeDocument *document, MongeSession *session)
{
  g_signal_emit (session, signals[LOADING_CHANGED], 0);
}

static void
on_labels_wanted (MongeDocument *document, MongeItem *item, MongeSession *session)
{
  g_signal_emit (session, signals[LABELS_WANTED], 0, item);
}

static void
on_space_wanted (MongeDocument *document, MongeItem *item, MongeSession *session)
{
  g_signal_emit (session, signals[SPACE_WANTED], 0, item);
}

static void
watch_document (MongeSession *session)
{
  session->document = monge_document_new ();
  g_signal_connect_swapped (session->document, "shapes-changed", G_CALLBACK (prepare), session);
  g_signal_connect (session->document, "loading-changed", G_CALLBACK (on_loading_changed), session);
  g_signal_connect (session->document, "message", G_CALLBACK (on_message), session);
  g_signal_connect (session->document, "labels-wanted", G_CALLBACK (on_labels_wanted), session);
  g_signal_connect (session->document, "space-wanted", G_CALLBACK (on_space_wanted), session);
}

static void
monge_session_dispose (GObject *object)
{
  MongeSession *session = MONGE_SESSION (object);

  g_signal_handlers_disconnect_by_data (session->document, session);
  g_object_run_dispose (G_OBJECT (session->document));
  session->frame = NULL;
  g_clear_pointer (&session->runner, monge_runner_free);
  forget_flow_shapes (session);
  if (session->wake != NULL)
    g_source_destroy (session->wake);
  g_clear_pointer (&session->wake, g_source_unref);
  g_clear_pointer (&session->samples, g_array_unref);
  G_OBJECT_CLASS (monge_session_parent_class)->dispose (object);
}

static void
monge_session_finalize (GObject *object)
{
  g_object_unref (MONGE_SESSION (object)->document);
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
                                         NULL, G_TYPE_NONE, 1, MONGE_TYPE_ITEM);
  signals[SPACE_WANTED] = g_signal_new ("space-wanted", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                        NULL, G_TYPE_NONE, 1, MONGE_TYPE_ITEM);
}

static void
monge_session_init (MongeSession *session)
{
  monge_computer_init (&session->computer);
  session->samples = g_array_new (FALSE, FALSE, sizeof (MongeSample));
  watch_document (session);
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

MongeDocument *
monge_session_get_document (MongeSession *session)
{
  return session->document;
}

void
monge_session_open (MongeSession *session, MongeRole role, const char *spec)
{
  g_return_if_fail (MONGE_IS_SESSION (session));

  monge_document_open (session->document, role, spec);
}

static void
open_session_file (MongeSession *session, const char *path)
{
  g_autoptr (MongeRecipe) recipe = monge_recipe_new ();
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);
  GError *error = NULL;

  recipe->params = session->params;
  recipe->weighting = session->weighting;
  if (monge_recipe_file_load (path, recipe, notes, &error))
    monge_session_open_recipe (session, recipe);
  else
    emit_error (session, error);
  for (guint i = 0; i < notes->len; i++)
    emit_message (session, notes->pdata[i], FALSE);
}

void
monge_session_open_files (MongeSession *session, const char *const *paths)
{
  g_autoptr (GPtrArray) others = g_ptr_array_new ();

  for (; *paths != NULL; paths++)
    if (g_str_has_suffix (*paths, ".monge"))
      open_session_file (session, *paths);
    else
      g_ptr_array_add (others, (gpointer) *paths);
  g_ptr_array_add (others, NULL);
  monge_document_open_files (session->document, (const char *const *) others->pdata);
}

void
monge_session_open_recipe (MongeSession *session, MongeRecipe *recipe)
{
  session->params = recipe->params;
  session->blur_is_given = recipe->blur_is_given;
  session->weighting = recipe->weighting;
  monge_document_open_recipe (session->document, recipe);
}

MongeRecipe *
monge_session_dup_recipe (MongeSession *session)
{
  MongeRecipe *recipe = monge_recipe_new ();

  monge_document_save_recipe (session->document, recipe);
  recipe->weighting = session->weighting;
  recipe->params = session->params;
  recipe->blur_is_given = TRUE;
  return recipe;
}

/* The blur stays: the shapes are as large as they were. */
void
monge_session_swap (MongeSession *session)
{
  MongeItem *source = monge_document_get (session->document, MONGE_ROLE_SOURCE);

  session->blur_is_given = TRUE;
  if (source != NULL)
    monge_document_set_role (session->document, source, MONGE_ROLE_TARGET);
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
  return monge_document_is_loading (session->document) || session->preparing;
}

double
monge_session_get_progress (MongeSession *session)
{
  return monge_document_get_progress (session->document);
}

void
monge_session_cancel_loading (MongeSession *session)
{
  monge_document_cancel_all (session->document);
}

MongeShape *
monge_session_get_shape (MongeSession *session, MongeRole role)
{
  MongeItem *item = monge_document_get (session->document, role);

  return item != NULL ? monge_item_get_shape (item) : NULL;
}

MongeItem *
monge_session_get_item (MongeSession *session, MongeRole role)
{
  return session->items[role];
}

MongeDrawable *
monge_session_get_drawable (MongeSession *session, MongeRole role)
{
  return session->items[role] != NULL ? monge_item_get_drawable (session->items[role]) : NULL;
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
  for (guint i = 0; i < monge_document_get_n_items (session->document); i++)
    {
      MongeShape *shape = monge_item_get_shape (monge_document_get_nth (session->document, i));

      if (shape != NULL && monge_shape_get_unit (shape) != NULL)
        return monge_shape_get_unit (shape);
    }
  return NULL;
}

double
monge_session_get_diameter (MongeSession *session)
{
  double diameter = 0.0;

  for (int r = 0; r < MONGE_N_ROLES; r++)
    if (monge_session_get_shape (session, r) != NULL)
      diameter = MAX (diameter, monge_shape_get_diameter (monge_session_get_shape (session, r)));
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
  MongeShape *shape = monge_session_get_shape (session, MONGE_ROLE_SOURCE);

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
