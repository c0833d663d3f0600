/* Explicit Euler steps of the gradient flow of a loss in the metric of the source's weights:
 *
 *   d_i = η v_i,  v_i = −(1/a_i) ∂Loss/∂x_i,      d ← model (d),      x_i ← x_i + d_i.
 *
 * All of it lives on the backend. What a step leads to is written beside where it began, so that one
 * pass moves, measures and checks, and a step that is refused has changed nothing.
 *
 * The step is applied before the model, not after: the closest rigid map of x to x + ηv is rigid,
 * a fraction of a rigid displacement is not. Vertices without weight follow the limit.
 * After Feydy et al., “Interpolating between OT and MMD using Sinkhorn divergences”, AISTATS 2019. */
#include "compute/flow/flow.h"

#include "compute/backend/step.h"
#include "compute/loss/loss-options.h"

#include <math.h>
#include <string.h>

#define SETTLED_SPEED 1e-3 /* of blur */
#define BLUR_OF_DIAMETER 0.02

const MongeOption monge_flow_options[] = {
  MONGE_LOSS_OPTION_LINES (offsetof (MongeFlowParams, loss)),
  { "model", "Model", "", MONGE_OPTION_CHOICE, offsetof (MongeFlowParams, model), 0, 0, FALSE,
    monge_model_names, "What moves: every vertex freely, or all of them by one map." },
  { "step-size", "Step", "", MONGE_OPTION_DOUBLE, offsetof (MongeFlowParams, step_size), 1e-3, 1.0,
    FALSE, NULL, "Part of the way to the target taken by one step: smaller is smoother and slower." },
  { "steps", "Steps", "", MONGE_OPTION_INT, offsetof (MongeFlowParams, steps), 1, 100000, TRUE, NULL,
    "Most steps of a run; it stops earlier when nothing moves any more." },
  { NULL },
};

/* Positions of one step. @fetched: they have been asked for since, see monge_planes_fetch(). */
typedef struct {
  MongePlanes *planes; /* (n × dim) in order */
  guint step;
  gboolean fetched;
} Place;

/* All that lies on the backend. */
typedef struct {
  Place now, before;
  MongePlanes *start;   /* (n × dim) */
  MongePlanes *slope;   /* (n × dim) */
  MongePlanes *weights; /* (n) */
} Planes;

struct _MongeFlow {
  MongeBackend *backend;
  MongeShape *source, *target;
  MongeMeasure *source_measure, *target_measure;
  MongeLoss *loss;
  const char *loss_name; /* of @loss, interned */
  gsize n;
  guint dim;
  Planes planes;
  double *positions;          /* (n × dim): of a card, what was not fetched; or NULL */
  guint positions_step;
  double *displacements;      /* (n), or NULL before anybody asked */
  gboolean has_displacements; /* of now */
};

static double
round_to_two_digits (double value)
{
  double unit = pow (10.0, floor (log10 (value)) - 1.0);

  return round (value / unit) * unit;
}

void
monge_flow_params_init_for (MongeFlowParams *params,
                            const MongeShape *source,
                            const MongeShape *target)
{
  double diameter = MAX (monge_shape_get_diameter (source), monge_shape_get_diameter (target));

  *params = *monge_flow_params ();
  if (diameter > 0.0)
    params->loss.blur = round_to_two_digits (BLUR_OF_DIAMETER * diameter);
}

static void
planes_clear (Planes *planes)
{
  g_clear_pointer (&planes->now.planes, monge_planes_free);
  g_clear_pointer (&planes->before.planes, monge_planes_free);
  g_clear_pointer (&planes->start, monge_planes_free);
  g_clear_pointer (&planes->slope, monge_planes_free);
  g_clear_pointer (&planes->weights, monge_planes_free);
}

/* @positions: those of @step. */
static gboolean
planes_init (Planes *planes,
             MongeBackend *backend,
             MongeFlow *flow,
             const double *positions,
             guint step,
             GError **error)
{
  const gsize size = flow->n * flow->dim;
  g_autofree char *purpose = g_strdup_printf ("the flow of %" G_GSIZE_FORMAT " points", flow->n);
  MongePlanes **const places[] = { &planes->now.planes, &planes->before.planes, &planes->start,
                                   &planes->slope, &planes->weights };

  *planes = (Planes){ .now.step = step };
  if (!monge_backend_reserve (backend, (4 * size + flow->n) * sizeof (double), purpose, error))
    return FALSE;
  for (guint k = 0; k < G_N_ELEMENTS (places); k++)
    {
      const gsize rows = places[k] == &planes->weights ? flow->n : size;

      *places[k] = monge_planes_new (backend, MONGE_PLANES_FLOAT64, rows, 1, error);
      if (*places[k] == NULL)
        {
          planes_clear (planes);
          return FALSE;
        }
    }
  monge_planes_write (planes->now.planes, positions);
  monge_planes_write (planes->start, monge_shape_get_positions (flow->source));
  monge_planes_write (planes->weights, monge_measure_get_weights (flow->source_measure));
  return TRUE;
}

MongeFlow *
monge_flow_new (MongeBackend *backend,
                MongeShape *source,
                MongeShape *target,
                GError **error)
{
  return monge_flow_new_weighted (backend, source, target, MONGE_WEIGHTING_AUTO, error);
}

MongeFlow *
monge_flow_new_weighted (MongeBackend *backend,
                         MongeShape *source,
                         MongeShape *target,
                         MongeWeighting weighting,
                         GError **error)
{
  g_autoptr (MongeMeasure) from = NULL;
  g_autoptr (MongeMeasure) to = NULL;

  if (weighting == MONGE_WEIGHTING_CELL)
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                           "A flow moves vertices: use vertex or uniform weights");
      return NULL;
    }
  from = monge_measure_new_from_shape (source, weighting, error);
  if (from == NULL)
    return NULL;
  to = monge_measure_new_from_shape (target, weighting, error);
  if (to == NULL)
    return NULL;
  return monge_flow_new_for_measures (backend, source, target, from, to, error);
}

MongeFlow *
monge_flow_new_for_measures (MongeBackend *backend,
                             MongeShape *source,
                             MongeShape *target,
                             MongeMeasure *source_measure,
                             MongeMeasure *target_measure,
                             GError **error)
{
  gsize n = monge_shape_get_n_vertices (source);
  guint dim = monge_shape_get_dim (source);
  MongeFlow *flow;

  g_return_val_if_fail (monge_measure_get_n (source_measure) == n, NULL);
  g_return_val_if_fail (monge_measure_get_dim (source_measure) == dim, NULL);
  if (monge_measure_get_dim (target_measure) != dim)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "%s has dimension %u and %s has %u; both must have the same",
                   monge_shape_get_name (source), dim, monge_shape_get_name (target),
                   monge_measure_get_dim (target_measure));
      return NULL;
    }

  flow = g_new0 (MongeFlow, 1);
  flow->backend = monge_backend_ref (backend);
  flow->source = monge_shape_ref (source);
  flow->target = monge_shape_ref (target);
  flow->source_measure = monge_measure_ref (source_measure);
  flow->target_measure = monge_measure_ref (target_measure);
  flow->n = n;
  flow->dim = dim;
  if (planes_init (&flow->planes, backend, flow, monge_shape_get_positions (source), 0, error))
    return flow;
  monge_flow_free (flow);
  return NULL;
}

void
monge_flow_free (MongeFlow *flow)
{
  if (flow == NULL)
    return;
  g_clear_pointer (&flow->loss, monge_loss_free);
  planes_clear (&flow->planes);
  monge_backend_close (flow->backend);
  monge_measure_unref (flow->source_measure);
  monge_measure_unref (flow->target_measure);
  monge_shape_unref (flow->source);
  monge_shape_unref (flow->target);
  g_free (flow->positions);
  g_free (flow->displacements);
  g_free (flow);
}

MongeShape *
monge_flow_get_source (MongeFlow *flow)
{
  return flow->source;
}

MongeShape *
monge_flow_get_target (MongeFlow *flow)
{
  return flow->target;
}

MongeMeasure *
monge_flow_get_source_measure (MongeFlow *flow)
{
  return flow->source_measure;
}

MongeMeasure *
monge_flow_get_target_measure (MongeFlow *flow)
{
  return flow->target_measure;
}

MongeBackend *
monge_flow_get_backend (MongeFlow *flow)
{
  return flow->backend;
}

MongePlanes *
monge_flow_get_position_planes (MongeFlow *flow)
{
  return flow->planes.now.planes;
}

MongePlanes *
monge_flow_get_start_planes (MongeFlow *flow)
{
  return flow->planes.start;
}

static void
keep_positions (MongeFlow *flow,
                double *positions,
                guint step)
{
  g_free (flow->positions);
  flow->positions = positions;
  flow->positions_step = step;
}

/* Of a card that has failed: the newest that had come over. */
static const double *
find_last_positions (MongeFlow *flow,
                     guint *step)
{
  const Place *const places[] = { &flow->planes.now, &flow->planes.before };
  const double *last = flow->positions;

  *step = last != NULL ? flow->positions_step : 0;
  for (guint k = 0; k < G_N_ELEMENTS (places); k++)
    {
      gconstpointer positions = places[k]->fetched ? monge_planes_get_fetched (places[k]->planes)
                                                   : NULL;

      if (positions == NULL || places[k]->step < *step)
        continue;
      last = positions;
      *step = places[k]->step;
    }
  return last != NULL ? last : monge_shape_get_positions (flow->source);
}

/* @step: (out): what they are of: now, unless a card has failed. */
static const double *
find_positions (MongeFlow *flow,
                guint *step)
{
  const gsize size = flow->n * flow->dim;
  const Place *now = &flow->planes.now;
  gconstpointer positions;
  double *read;

  *step = now->step;
  if (monge_backend_is_on_host (flow->backend))
    return now->planes->data;
  positions = now->fetched ? monge_planes_get_fetched (now->planes) : NULL;
  if (positions != NULL)
    return positions;
  if (flow->positions != NULL && flow->positions_step == now->step)
    return flow->positions;
  read = g_new (double, size);
  if (!monge_planes_read (now->planes, read, NULL))
    {
      g_free (read);
      return find_last_positions (flow, step);
    }
  keep_positions (flow, read, now->step);
  return read;
}

const double *
monge_flow_get_positions (MongeFlow *flow)
{
  guint step;

  return find_positions (flow, &step);
}

const double *
monge_flow_get_displacements (MongeFlow *flow)
{
  const double *start = monge_shape_get_positions (flow->source);
  const double *positions;

  if (flow->has_displacements)
    return flow->displacements;
  positions = monge_flow_get_positions (flow);
  if (flow->displacements == NULL)
    flow->displacements = g_new (double, flow->n);
  for (gsize i = 0; i < flow->n; i++)
    {
      double total = 0.0;

      for (gsize k = i * flow->dim; k < (i + 1) * flow->dim; k++)
        total += (positions[k] - start[k]) * (positions[k] - start[k]);
      flow->displacements[i] = sqrt (total);
    }
  flow->has_displacements = TRUE;
  return flow->displacements;
}

guint
monge_flow_get_step (MongeFlow *flow)
{
  return flow->planes.now.step;
}

gboolean
monge_flow_move_to (MongeFlow *flow,
                    MongeBackend *backend,
                    GError **error)
{
  Planes planes;
  guint step;
  const double *positions = find_positions (flow, &step);

  if (!planes_init (&planes, backend, flow, positions, step, error))
    return FALSE;
  if (!monge_backend_is_on_host (backend))
    keep_positions (flow, g_memdup2 (positions, flow->n * flow->dim * sizeof (double)), step);
  else
    g_clear_pointer (&flow->positions, g_free);
  g_clear_pointer (&flow->loss, monge_loss_free);
  planes_clear (&flow->planes);
  flow->planes = planes;
  flow->has_displacements = FALSE;
  monge_backend_ref (backend);
  monge_backend_close (flow->backend);
  flow->backend = backend;
  return TRUE;
}

/* The loss of that name, kept from step to step for its potentials. */
static gboolean
ensure_loss (MongeFlow *flow,
             const char *name,
             GError **error)
{
  MongeLoss *loss;

  if (flow->loss != NULL && strcmp (flow->loss_name, name) == 0)
    return TRUE;
  loss = monge_loss_new (name, flow->backend, flow->source_measure, flow->target_measure, error);
  if (loss == NULL)
    return FALSE;
  g_clear_pointer (&flow->loss, monge_loss_free);
  flow->loss = loss;
  flow->loss_name = g_intern_string (name);
  return TRUE;
}

static const MongeModel *
find_model (const char *name,
            GError **error)
{
  g_autofree char *names = NULL;

  for (const MongeModel *model = monge_models; model->name != NULL; model++)
    if (strcmp (model->name, name) == 0)
      return model;
  names = g_strjoinv (", ", (char **) monge_model_names);
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "There is no model “%s”; there are %s", name,
               names);
  return NULL;
}

/* Slope → displacement by the model, in place. */
static gboolean
project (MongeFlow *flow,
         const MongeModel *model,
         double step_size,
         GError **error)
{
  const double *positions = monge_flow_get_positions (flow);
  double *motion = monge_planes_begin (flow->planes.slope, MONGE_PLANES_READ | MONGE_PLANES_WRITE,
                                       error);
  gboolean done;

  if (motion == NULL)
    return FALSE;
  for (gsize k = 0; k < flow->n * flow->dim; k++)
    motion[k] *= -step_size;
  done = model->project (positions, monge_measure_get_weights (flow->source_measure), flow->n,
                         flow->dim, motion, error);
  monge_planes_end (flow->planes.slope);
  return done;
}

/* Every vertex, to the place that is free. */
static gboolean
move (MongeFlow *flow,
      double factor,
      MongeFlowReport *report,
      GError **error)
{
  const Planes *planes = &flow->planes;
  const MongeStep step = {
    .id = MONGE_STEP_MOVE,
    .n = flow->n,
    .planes = { planes->before.planes, planes->now.planes, planes->slope, planes->start,
                planes->weights },
    .numbers = { factor },
    .counts = { flow->dim },
    .totals = MONGE_FIRST_FLOW_TOTAL,
  };
  double totals[3];

  monge_backend_step (flow->backend, &step);
  if (!monge_backend_read_totals (flow->backend, MONGE_FIRST_FLOW_TOTAL, G_N_ELEMENTS (totals),
                                  totals, NULL, error))
    return FALSE;
  if (totals[2] > 0.0)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAN,
                   "Vertex %" G_GSIZE_FORMAT " would move to a place that is not finite; "
                   "try a smaller step or a larger blur",
                   flow->n - (gsize) totals[2]);
      return FALSE;
    }
  report->mean_speed = totals[0];
  report->max_displacement = sqrt (MAX (totals[1], 0.0));
  return TRUE;
}

/* The place where a step has led becomes the one where the shape is. */
static void
accept_move (MongeFlow *flow)
{
  Place before = flow->planes.now;

  flow->planes.now = flow->planes.before;
  flow->planes.before = before;
  flow->planes.now.step = before.step + 1;
  monge_planes_fetch (flow->planes.now.planes);
  flow->planes.now.fetched = TRUE;
  flow->has_displacements = FALSE;
}

gboolean
monge_flow_step (MongeFlow *flow,
                 const MongeFlowParams *params,
                 MongeFlowReport *report,
                 MongeTask *task,
                 GError **error)
{
  gint64 start = g_get_monotonic_time ();
  MongeFlowReport now = { 0 };
  const MongeModel *model;

  g_return_val_if_fail (flow != NULL && params != NULL, FALSE);
  model = find_model (params->model, error);
  if (model == NULL || !ensure_loss (flow, params->loss.loss, error))
    return FALSE;
  if (!monge_loss_evaluate_planes (flow->loss, flow->planes.now.planes, &params->loss,
                                   flow->planes.slope, &now.loss, task, error)
      || (model->project != NULL && !project (flow, model, params->step_size, error))
      || !move (flow, model->project != NULL ? 1.0 : -params->step_size, &now, error))
    return FALSE;

  accept_move (flow);
  now.mean_speed /= params->step_size;
  now.settled = now.mean_speed < SETTLED_SPEED * params->loss.blur;
  now.step = flow->planes.now.step;
  now.seconds = 1e-6 * (double) (g_get_monotonic_time () - start);
  if (report != NULL)
    *report = now;
  return TRUE;
}

gboolean
monge_flow_evaluate (MongeFlow *flow,
                     const MongeFlowParams *params,
                     MongeLossReport *report,
                     MongeTask *task,
                     GError **error)
{
  if (!ensure_loss (flow, params->loss.loss, error))
    return FALSE;
  return monge_loss_evaluate_planes (flow->loss, flow->planes.now.planes, &params->loss, NULL, report,
                                     task, error);
}

void
monge_flow_reset (MongeFlow *flow)
{
  Place *now = &flow->planes.now;

  monge_planes_copy (now->planes, flow->planes.start);
  *now = (Place){ .planes = now->planes };
  flow->planes.before.fetched = FALSE;
  g_clear_pointer (&flow->positions, g_free);
  flow->has_displacements = FALSE;
  if (flow->loss != NULL)
    monge_loss_reset (flow->loss);
}

MongeShape *
monge_flow_dup_shape (MongeFlow *flow)
{
  return monge_flow_shape_at (flow->source, monge_flow_get_positions (flow));
}

static MongeArray *
displacement_array (const MongeShape *source,
                    const double *positions)
{
  gsize n = monge_shape_get_n_vertices (source);
  guint dim = monge_shape_get_dim (source);
  const double *start = monge_shape_get_positions (source);
  float *values = g_new (float, n * dim);

  for (gsize i = 0; i < n * dim; i++)
    values[i] = (float) (positions[i] - start[i]);
  return monge_array_new ("displacement", MONGE_TYPE_FLOAT32, dim, n,
                          g_bytes_new_take (values, n * dim * sizeof (float)));
}

MongeShape *
monge_flow_shape_at (MongeShape *source,
                     const double *positions)
{
  g_autoptr (GPtrArray) arrays
      = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_array_free);
  g_autoptr (MongeShape) moved = monge_shape_moved (source, positions);

  g_ptr_array_add (arrays, displacement_array (source, positions));
  return monge_shape_with_arrays (moved, arrays, NULL);
}
