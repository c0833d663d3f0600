/* One worker thread owns the flow; the consumer leaves wishes and picks up results.
 *
 *   consumer ── wishes (play, pause, step, reset, params) ──▶ worker ── flow ──▶ back frame
 *   consumer ◀── front ◀──(fresh)── ready ◀──────────────── swap ───────────────────┘
 *
 * The lock guards the wishes, the state, the samples and which of the three frames is which. It is
 * held for pointer swaps and copies of small structs, never while the flow computes or a frame is
 * filled.
 *
 * A wish that makes the solve under way useless cancels its task. Both this cancel and the worker's
 * reset of the task happen under the lock, the reset together with picking up the wishes: a wish is
 * therefore either seen by the worker before it starts or cancels what it has started.
 *
 * A slider that is dragged changes the parameters at every frame of the screen. If each change
 * cancelled, a solve longer than a frame would never end and the shape would stand still until the
 * hand rests. So only the first change of a drag cancels; while more of them come the solves end with
 * the parameters they began with, and a timer cancels one still under way when it gets quiet.
 *
 * A frame is published when it is finished on its device, and with it the copy of the positions that
 * the flow brings to the host: whatever fails later, the last frame can be gone on from. */
#include "compute/flow/runner.h"

#include "compute/core/parallel.h"

#include <string.h>

#define MAX_SAMPLES 100000
#define QUIET_US 40000 /* changes closer than this are one drag; below the 50 ms that are promised */

/* Positions in float64 as they were after one step, shared by whoever saves them. */
typedef struct {
  guint step;
  double positions[];
} Snapshot;

struct _MongeRunner {
  MongeFlow *flow;     /* the worker's */
  MongeFramer *framer; /* the same */
  MongeShape *source, *target;
  MongeRunnerNotify notify;
  gpointer user_data;
  MongeFlowReport last; /* the worker's: of the step that led to the newest frame */
  GThread *thread, *timer;
  MongeTask task;
  double origin[3];

  GMutex lock; /* guards all that follows */
  GCond wake, wake_timer;
  MongeFlowParams params;
  guint params_serial;
  gint64 changed_at; /* the last change of @params, monotonic µs */
  gint64 cancel_at;  /* when a solve with old parameters is to be cancelled; 0: never */
  guint busy_serial; /* params_serial of the step under way */
  gboolean quit, playing, reset_wanted;
  guint steps_wanted;
  gboolean busy;     /* the worker is inside the flow */
  gboolean settled;  /* with the present params */
  char *message;     /* why it failed, or NULL */
  char *notice;      /* what has changed, until it is told, or NULL */
  gboolean backend_failed;
  const char *backend_description; /* interned */
  MongeBackend *backend_wanted;    /* to go on with, or NULL */

  MongeFrame *back;  /* the worker's */
  MongeFrame *ready; /* the newest complete one */
  MongeFrame *front; /* the consumer's */
  gboolean fresh;    /* ready is newer than front */
  guint64 serial;

  Snapshot *snapshot;
  GArray *samples;
  guint samples_run;      /* changes when old samples are no longer valid */
  guint samples_seen_run; /* what the consumer has */
};

/* --- frames --- */

static Snapshot *
take_snapshot (MongeRunner *runner)
{
  gsize size = monge_shape_get_n_vertices (runner->source) * monge_shape_get_dim (runner->source)
               * sizeof (double);
  Snapshot *snapshot = g_atomic_rc_box_alloc (sizeof (Snapshot) + size);

  snapshot->step = monge_flow_get_step (runner->flow);
  memcpy (snapshot->positions, monge_flow_get_positions (runner->flow), size);
  return snapshot;
}

/* With the lock held: the back frame becomes the ready one. Returns the snapshot to release. */
static Snapshot *
publish (MongeRunner *runner,
         Snapshot *snapshot)
{
  MongeFrame *frame = runner->back;
  Snapshot *old = runner->snapshot;

  frame->serial = ++runner->serial;
  runner->last = frame->report;
  runner->back = runner->ready;
  runner->ready = frame;
  runner->fresh = TRUE;
  runner->snapshot = snapshot;
  return old;
}

/* --- what computes --- */

/* Without the lock, on the worker: fills the frame that is next with where the flow stands, @report
 * being of the step just made, which a card may have lost again. */
static gboolean
try_to_fill (MongeRunner *runner,
             const MongeFlowReport *report,
             GError **error)
{
  if (report->step != monge_flow_get_step (runner->flow))
    report = &runner->last;
  return monge_framer_fill (runner->framer, report, runner->back, error);
}

/* The same when a card cannot go on; %FALSE when there is no other way. */
static gboolean
fall_back (MongeRunner *runner,
           const MongeFlowReport *report,
           const GError *reason)
{
  MongeBackend *card = monge_flow_get_backend (runner->flow);
  g_autofree char *notice = NULL;
  gboolean failed;
  g_autoptr (MongeBackend) cpu = monge_backend_replace (card, reason, &notice, &failed);

  if (cpu == NULL || !monge_flow_move_to (runner->flow, cpu, NULL)
      || !try_to_fill (runner, report, NULL))
    return FALSE;

  g_mutex_lock (&runner->lock);
  g_free (runner->notice);
  runner->notice = g_steal_pointer (&notice);
  runner->backend_failed = failed;
  runner->backend_description = g_intern_string (monge_backend_get_description (cpu));
  g_mutex_unlock (&runner->lock);
  return TRUE;
}

/* On the CPU if it comes to that. */
static gboolean
fill_frame (MongeRunner *runner,
            const MongeFlowReport *report,
            GError **error)
{
  g_autoptr (GError) reason = NULL;

  if (try_to_fill (runner, report, &reason)
      || fall_back (runner, report, reason))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&reason));
  return FALSE;
}

/* --- samples --- */

/* Every other one of the older half goes, so that a run of any length keeps its shape. */
static void
thin_samples (MongeRunner *runner)
{
  MongeSample *samples = (MongeSample *) (gpointer) runner->samples->data;
  guint half = runner->samples->len / 2, kept = 0;

  for (guint i = 0; i < half; i += 2)
    samples[kept++] = samples[i];
  g_array_remove_range (runner->samples, kept, half - kept);
  runner->samples_run++;
}

static void
append_sample (MongeRunner *runner,
               const MongeFlowReport *report)
{
  MongeSample sample = {
    .step = report->step,
    .loss = report->loss.value,
    .marginal_error = report->loss.marginal_error,
    .mean_speed = report->mean_speed,
    .seconds = report->seconds,
    .iterations = report->loss.iterations,
    .converged = report->loss.converged,
  };

  if (runner->samples->len >= MAX_SAMPLES)
    thin_samples (runner);
  g_array_append_val (runner->samples, sample);
}

/* --- the worker --- */

/* With the lock held. */
static gboolean
wants_step (MongeRunner *runner)
{
  if (runner->message != NULL)
    return FALSE;
  return runner->steps_wanted > 0 || (runner->playing && !runner->settled);
}

static void
notify (MongeRunner *runner)
{
  if (runner->notify != NULL)
    runner->notify (runner->user_data);
}

/* With the lock held: a cancelled step is tried again with the wishes of then, if any. */
static void
refuse_step (MongeRunner *runner,
             const GError *error)
{
  if (g_error_matches (error, MONGE_ERROR, MONGE_ERROR_CANCELLED))
    return;
  g_free (runner->message);
  runner->message = g_strdup (error->message);
  runner->playing = FALSE;
  runner->steps_wanted = 0;
}

/* With the lock held: of steps that a card has lost again. */
static void
forget_samples (MongeRunner *runner,
                guint step)
{
  GArray *samples = runner->samples;
  guint kept = samples->len;

  while (kept > 0 && g_array_index (samples, MongeSample, kept - 1).step > step)
    kept--;
  if (kept == samples->len)
    return;
  g_array_set_size (samples, kept);
  runner->samples_run++;
}

/* With the lock held: publishes the frame just filled, or says why it could not be. Returns the
 * snapshot to release. */
static Snapshot *
finish (MongeRunner *runner,
        Snapshot *snapshot,
        const GError *error)
{
  if (error == NULL)
    {
      forget_samples (runner, runner->back->step);
      return publish (runner, snapshot);
    }
  refuse_step (runner, error);
  return snapshot;
}

/* With the lock held; gives it up while the flow works. */
static void
do_reset (MongeRunner *runner)
{
  static const MongeFlowReport nothing;
  g_autoptr (GError) error = NULL;
  Snapshot *snapshot;

  runner->reset_wanted = FALSE;
  runner->busy = TRUE;
  g_mutex_unlock (&runner->lock);

  monge_flow_reset (runner->flow);
  fill_frame (runner, &nothing, &error);
  snapshot = take_snapshot (runner);

  g_mutex_lock (&runner->lock);
  runner->busy = FALSE;
  runner->settled = FALSE;
  g_clear_pointer (&runner->message, g_free);
  g_array_set_size (runner->samples, 0);
  runner->samples_run++;
  snapshot = finish (runner, snapshot, error);
  g_mutex_unlock (&runner->lock);

  g_clear_pointer (&snapshot, g_atomic_rc_box_release);
  notify (runner);
  g_mutex_lock (&runner->lock);
}

/* With the lock held: what a finished step changes. */
static void
accept_step (MongeRunner *runner,
             const MongeFlowReport *report)
{
  append_sample (runner, report);
  if (runner->steps_wanted > 0)
    runner->steps_wanted--;
  runner->settled = report->settled && runner->busy_serial == runner->params_serial;
}

/* A step of the flow and its frame. A card that fails meanwhile leaves its frame to the CPU, with or
 * without the step: see @report and the step of the frame. */
static gboolean
try_step (MongeRunner *runner,
          const MongeFlowParams *params,
          MongeFlowReport *report,
          GError **error)
{
  g_autoptr (GError) reason = NULL;

  if (monge_flow_step (runner->flow, params, report, &runner->task, &reason))
    return fill_frame (runner, report, error);
  if (fall_back (runner, &runner->last, reason))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&reason));
  return FALSE;
}

/* With the lock held; gives it up while the flow works. */
static void
do_step (MongeRunner *runner)
{
  g_autoptr (GError) error = NULL;
  MongeFlowParams params = runner->params;
  MongeFlowReport report = { 0 };
  Snapshot *snapshot = NULL;

  monge_task_reset (&runner->task);
  runner->busy = TRUE;
  runner->busy_serial = runner->params_serial;
  g_mutex_unlock (&runner->lock);

  if (try_step (runner, &params, &report, &error))
    snapshot = take_snapshot (runner);

  g_mutex_lock (&runner->lock);
  runner->busy = FALSE;
  if (snapshot != NULL && report.step == snapshot->step && report.step > 0)
    accept_step (runner, &report);
  snapshot = finish (runner, snapshot, error);
  g_mutex_unlock (&runner->lock);

  g_clear_pointer (&snapshot, g_atomic_rc_box_release);
  notify (runner);
  g_mutex_lock (&runner->lock);
}

/* Without the lock: on to another backend, or not. */
static void
change_backend (MongeRunner *runner,
                MongeBackend *backend)
{
  MongeBackend *present = monge_flow_get_backend (runner->flow);
  g_autoptr (GError) reason = NULL;

  if (backend == present)
    return;
  if (!monge_flow_move_to (runner->flow, backend, &reason))
    backend = present;
  g_mutex_lock (&runner->lock);
  runner->backend_description = g_intern_string (monge_backend_get_description (backend));
  if (reason == NULL)
    runner->backend_failed = FALSE;
  else
    {
      g_free (runner->notice);
      runner->notice = g_strdup_printf ("%s; going on with the %s", reason->message,
                                        monge_backend_is_on_host (backend)
                                            ? "CPU"
                                            : monge_backend_get_description (backend));
    }
  g_mutex_unlock (&runner->lock);
}

/* With the lock held; gives it up while the flow works. */
static void
do_change_backend (MongeRunner *runner)
{
  g_autoptr (MongeBackend) backend = g_steal_pointer (&runner->backend_wanted);
  g_autoptr (GError) error = NULL;
  Snapshot *snapshot;

  runner->busy = TRUE;
  g_mutex_unlock (&runner->lock);

  change_backend (runner, backend);
  fill_frame (runner, &runner->last, &error);
  snapshot = take_snapshot (runner);

  g_mutex_lock (&runner->lock);
  runner->busy = FALSE;
  snapshot = finish (runner, snapshot, error);
  g_mutex_unlock (&runner->lock);

  g_clear_pointer (&snapshot, g_atomic_rc_box_release);
  notify (runner);
  g_mutex_lock (&runner->lock);
}

static gpointer
work (gpointer data)
{
  MongeRunner *runner = data;

  monge_parallel_yield_to_others ();
  g_mutex_lock (&runner->lock);
  while (!runner->quit)
    {
      if (runner->reset_wanted)
        do_reset (runner);
      else if (runner->backend_wanted != NULL)
        do_change_backend (runner);
      else if (wants_step (runner))
        do_step (runner);
      else
        g_cond_wait (&runner->wake, &runner->lock);
    }
  g_mutex_unlock (&runner->lock);
  return NULL;
}

/* Cancels a solve that goes on with old parameters after the changes have ended. */
static gpointer
watch (gpointer data)
{
  MongeRunner *runner = data;

  g_mutex_lock (&runner->lock);
  while (!runner->quit)
    if (runner->cancel_at == 0)
      g_cond_wait (&runner->wake_timer, &runner->lock);
    else if (g_get_monotonic_time () < runner->cancel_at)
      g_cond_wait_until (&runner->wake_timer, &runner->lock, runner->cancel_at);
    else
      {
        runner->cancel_at = 0;
        if (runner->busy && runner->busy_serial != runner->params_serial)
          monge_task_cancel (&runner->task);
      }
  g_mutex_unlock (&runner->lock);
  return NULL;
}

/* --- the consumer --- */

/* The middle of the box around both shapes: floats near it lose the least. */
static void
compute_origin (const MongeShape *source,
                const MongeShape *target,
                double origin[3])
{
  double lower[2][MONGE_MAX_DIM], upper[2][MONGE_MAX_DIM];
  guint dim = MIN (monge_shape_get_dim (source), 3);

  monge_shape_get_bounds (source, lower[0], upper[0]);
  monge_shape_get_bounds (target, lower[1], upper[1]);
  for (guint d = 0; d < dim; d++)
    origin[d] = 0.5 * (MIN (lower[0][d], lower[1][d]) + MAX (upper[0][d], upper[1][d]));
}

MongeRunner *
monge_runner_new (MongeFlow *flow,
                  const MongeFlowParams *params,
                  MongeRunnerNotify notify_func,
                  gpointer user_data)
{
  static const MongeFlowReport nothing;
  g_autoptr (GError) error = NULL;
  const gsize n = monge_shape_get_n_vertices (monge_flow_get_source (flow));
  MongeRunner *runner = g_new0 (MongeRunner, 1);
  MongeBackend *backend = monge_flow_get_backend (flow);

  runner->flow = flow;
  runner->source = monge_flow_get_source (flow);
  runner->target = monge_flow_get_target (flow);
  runner->params = *params;
  runner->notify = notify_func;
  runner->user_data = user_data;
  runner->samples = g_array_new (FALSE, FALSE, sizeof (MongeSample));
  g_mutex_init (&runner->lock);
  g_cond_init (&runner->wake);
  g_cond_init (&runner->wake_timer);
  compute_origin (runner->source, runner->target, runner->origin);

  runner->framer = monge_framer_new (flow, runner->origin);
  runner->back = monge_frame_new (n);
  runner->ready = monge_frame_new (n);
  runner->front = monge_frame_new (n);
  runner->backend_description = g_intern_string (monge_backend_get_description (backend));
  fill_frame (runner, &nothing, &error);
  runner->snapshot = take_snapshot (runner);
  finish (runner, runner->snapshot, error);

  runner->thread = g_thread_new ("monge-flow", work, runner);
  runner->timer = g_thread_new ("monge-flow-timer", watch, runner);
  return runner;
}

void
monge_runner_free (MongeRunner *runner)
{
  if (runner == NULL)
    return;
  g_mutex_lock (&runner->lock);
  runner->quit = TRUE;
  monge_task_cancel (&runner->task);
  g_cond_signal (&runner->wake);
  g_cond_signal (&runner->wake_timer);
  g_mutex_unlock (&runner->lock);
  g_thread_join (runner->thread);
  g_thread_join (runner->timer);

  monge_frame_free (runner->back);
  monge_frame_free (runner->ready);
  monge_frame_free (runner->front);
  monge_framer_free (runner->framer);
  monge_flow_free (runner->flow);
  monge_backend_close (runner->backend_wanted);
  g_atomic_rc_box_release (runner->snapshot);
  g_array_unref (runner->samples);
  g_free (runner->message);
  g_free (runner->notice);
  g_cond_clear (&runner->wake);
  g_cond_clear (&runner->wake_timer);
  g_mutex_clear (&runner->lock);
  g_free (runner);
}

void
monge_runner_play (MongeRunner *runner)
{
  g_mutex_lock (&runner->lock);
  runner->playing = TRUE;
  runner->settled = FALSE;
  g_clear_pointer (&runner->message, g_free);
  g_cond_signal (&runner->wake);
  g_mutex_unlock (&runner->lock);
}

void
monge_runner_pause (MongeRunner *runner)
{
  g_mutex_lock (&runner->lock);
  runner->playing = FALSE;
  runner->steps_wanted = 0;
  if (runner->busy)
    monge_task_cancel (&runner->task);
  g_mutex_unlock (&runner->lock);
}

void
monge_runner_step (MongeRunner *runner)
{
  g_mutex_lock (&runner->lock);
  runner->playing = FALSE;
  runner->steps_wanted++;
  g_clear_pointer (&runner->message, g_free);
  g_cond_signal (&runner->wake);
  g_mutex_unlock (&runner->lock);
}

void
monge_runner_reset (MongeRunner *runner)
{
  g_mutex_lock (&runner->lock);
  runner->reset_wanted = TRUE;
  runner->steps_wanted = 0;
  if (runner->busy)
    monge_task_cancel (&runner->task);
  g_cond_signal (&runner->wake);
  g_mutex_unlock (&runner->lock);
}

/* With the lock held. */
static void
interrupt_for_params (MongeRunner *runner)
{
  gint64 now = g_get_monotonic_time ();

  if (runner->busy && now - runner->changed_at > QUIET_US)
    monge_task_cancel (&runner->task);
  else if (runner->busy)
    {
      if (runner->cancel_at == 0) /* else it looks again when that time has come */
        g_cond_signal (&runner->wake_timer);
      runner->cancel_at = now + QUIET_US;
    }
  runner->changed_at = now;
}

void
monge_runner_set_params (MongeRunner *runner,
                         const MongeFlowParams *params)
{
  g_mutex_lock (&runner->lock);
  if (!monge_options_equal (monge_flow_options, params, &runner->params))
    {
      runner->params = *params;
      runner->params_serial++;
      runner->settled = FALSE;
      interrupt_for_params (runner);
      g_cond_signal (&runner->wake);
    }
  g_mutex_unlock (&runner->lock);
}

void
monge_runner_get_params (MongeRunner *runner,
                         MongeFlowParams *params)
{
  g_mutex_lock (&runner->lock);
  *params = runner->params;
  g_mutex_unlock (&runner->lock);
}

void
monge_runner_set_backend (MongeRunner *runner,
                          MongeBackend *backend)
{
  g_mutex_lock (&runner->lock);
  monge_backend_close (runner->backend_wanted);
  runner->backend_wanted = monge_backend_ref (backend);
  if (runner->busy)
    monge_task_cancel (&runner->task);
  g_cond_signal (&runner->wake);
  g_mutex_unlock (&runner->lock);
}

const char *
monge_runner_get_backend_description (MongeRunner *runner)
{
  const char *description;

  g_mutex_lock (&runner->lock);
  description = runner->backend_description;
  g_mutex_unlock (&runner->lock);
  return description;
}

char *
monge_runner_take_notice (MongeRunner *runner,
                          gboolean *backend_failed)
{
  char *notice;

  g_mutex_lock (&runner->lock);
  notice = g_steal_pointer (&runner->notice);
  if (backend_failed != NULL)
    *backend_failed = runner->backend_failed;
  g_mutex_unlock (&runner->lock);
  return notice;
}

MongeRunnerState
monge_runner_get_state (MongeRunner *runner,
                        char **message)
{
  MongeRunnerState state;

  g_mutex_lock (&runner->lock);
  if (runner->busy || runner->reset_wanted || runner->backend_wanted != NULL || wants_step (runner))
    state = MONGE_RUNNER_PLAYING;
  else if (runner->message != NULL)
    state = MONGE_RUNNER_FAILED;
  else
    state = runner->playing ? MONGE_RUNNER_SETTLED : MONGE_RUNNER_PAUSED;
  if (message != NULL)
    *message = state == MONGE_RUNNER_FAILED ? g_strdup (runner->message) : NULL;
  g_mutex_unlock (&runner->lock);
  return state;
}

const MongeFrame *
monge_runner_acquire_frame (MongeRunner *runner)
{
  MongeFrame *frame = NULL;

  g_mutex_lock (&runner->lock);
  if (runner->fresh)
    {
      frame = runner->ready;
      runner->ready = runner->front;
      runner->front = frame;
      runner->fresh = FALSE;
    }
  g_mutex_unlock (&runner->lock);
  return frame;
}

guint
monge_runner_get_samples (MongeRunner *runner,
                          GArray *samples)
{
  g_mutex_lock (&runner->lock);
  if (runner->samples_seen_run != runner->samples_run)
    {
      g_array_set_size (samples, 0);
      runner->samples_seen_run = runner->samples_run;
    }
  if (samples->len < runner->samples->len)
    g_array_append_vals (samples, &g_array_index (runner->samples, MongeSample, samples->len),
                         runner->samples->len - samples->len);
  g_mutex_unlock (&runner->lock);
  return samples->len;
}

const double *
monge_runner_get_origin (MongeRunner *runner)
{
  return runner->origin;
}

MongeShape *
monge_runner_get_source (MongeRunner *runner)
{
  return runner->source;
}

MongeShape *
monge_runner_get_target (MongeRunner *runner)
{
  return runner->target;
}

MongeShape *
monge_runner_dup_shape (MongeRunner *runner,
                        guint *step)
{
  Snapshot *snapshot;
  MongeShape *shape;

  g_mutex_lock (&runner->lock);
  snapshot = g_atomic_rc_box_acquire (runner->snapshot);
  g_mutex_unlock (&runner->lock);

  shape = monge_flow_shape_at (runner->source, snapshot->positions);
  if (step != NULL)
    *step = snapshot->step;
  g_atomic_rc_box_release (snapshot);
  return shape;
}
