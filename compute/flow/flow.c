/* Explicit Euler steps of the gradient flow of a loss in the metric of the source's weights:
 *
 *   d_i = η v_i,  v_i = −(1/a_i) ∂Loss/∂x_i,      d ← model (d),      x_i ← x_i + d_i.
 *
 * The step is applied before the model, not after: the closest rigid map of x to x + ηv is rigid,
 * a fraction of a rigid displacement is not. Vertices without weight follow the limit.
 * After Feydy et al., “Interpolating between OT and MMD using Sinkhorn divergences”, AISTATS 2019. */
#include "compute/flow/flow.h"

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

struct _MongeFlow {
  MongeBackend *backend;
  MongeShape *source, *target;
  MongeMeasure *source_measure, *target_measure;
  MongeLoss *loss;
  const char *loss_name; /* of @loss, interned */
  gsize n;
  guint dim;
  guint step;
  double *positions;     /* (n × dim) */
  double *displacements; /* (n) */
  double *motion;        /* (n × dim): slope, then displacement of the step under way */
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
  flow->backend = backend;
  flow->source = monge_shape_ref (source);
  flow->target = monge_shape_ref (target);
  flow->source_measure = monge_measure_ref (source_measure);
  flow->target_measure = monge_measure_ref (target_measure);
  flow->n = n;
  flow->dim = dim;
  flow->positions = g_memdup2 (monge_shape_get_positions (source), n * dim * sizeof (double));
  flow->displacements = g_new0 (double, n);
  flow->motion = g_new0 (double, n * dim);
  return flow;
}

void
monge_flow_free (MongeFlow *flow)
{
  if (flow == NULL)
    return;
  g_clear_pointer (&flow->loss, monge_loss_free);
  monge_measure_unref (flow->source_measure);
  monge_measure_unref (flow->target_measure);
  monge_shape_unref (flow->source);
  monge_shape_unref (flow->target);
  g_free (flow->positions);
  g_free (flow->displacements);
  g_free (flow->motion);
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

const double *
monge_flow_get_positions (MongeFlow *flow)
{
  return flow->positions;
}

const double *
monge_flow_get_displacements (MongeFlow *flow)
{
  return flow->displacements;
}

guint
monge_flow_get_step (MongeFlow *flow)
{
  return flow->step;
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

/* Slope → displacement, in place. */
static void
scale_slope (MongeFlow *flow,
             double step_size)
{
  for (gsize k = 0; k < flow->n * flow->dim; k++)
    flow->motion[k] *= -step_size;
}

static gboolean
check_motion (MongeFlow *flow,
              GError **error)
{
  for (gsize i = 0; i < flow->n * flow->dim; i++)
    if (!isfinite (flow->positions[i] + flow->motion[i]))
      {
        g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAN,
                     "Vertex %" G_GSIZE_FORMAT " would move to a place that is not finite; "
                     "try a smaller step or a larger blur",
                     i / flow->dim);
        return FALSE;
      }
  return TRUE;
}

static double
norm (const double *v,
      guint dim)
{
  double total = 0.0;

  for (guint d = 0; d < dim; d++)
    total += v[d] * v[d];
  return sqrt (total);
}

/* Σ a_i |d_i| */
static double
mean_motion (MongeFlow *flow)
{
  const double *a = monge_measure_get_weights (flow->source_measure);
  double total = 0.0;

  for (gsize i = 0; i < flow->n; i++)
    total += a[i] * norm (flow->motion + i * flow->dim, flow->dim);
  return total;
}

/* Moves every vertex. Returns the largest distance from the start. */
static double
apply_motion (MongeFlow *flow)
{
  const double *start = monge_shape_get_positions (flow->source);
  double largest = 0.0;

  for (gsize i = 0; i < flow->n; i++)
    {
      double way[MONGE_MAX_DIM];

      for (guint d = 0; d < flow->dim; d++)
        {
          gsize k = i * flow->dim + d;

          flow->positions[k] += flow->motion[k];
          way[d] = flow->positions[k] - start[k];
        }
      flow->displacements[i] = norm (way, flow->dim);
      largest = MAX (largest, flow->displacements[i]);
    }
  return largest;
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
  if (!monge_loss_evaluate (flow->loss, flow->positions, &params->loss, flow->motion, &now.loss,
                            task, error))
    return FALSE;
  scale_slope (flow, params->step_size);
  if (!model->project (flow->positions, monge_measure_get_weights (flow->source_measure), flow->n,
                       flow->dim, flow->motion, error)
      || !check_motion (flow, error))
    return FALSE;

  now.mean_speed = mean_motion (flow) / params->step_size;
  now.max_displacement = apply_motion (flow);
  now.settled = now.mean_speed < SETTLED_SPEED * params->loss.blur;
  now.step = ++flow->step;
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
  return monge_loss_evaluate (flow->loss, flow->positions, &params->loss, NULL, report, task, error);
}

void
monge_flow_reset (MongeFlow *flow)
{
  memcpy (flow->positions, monge_shape_get_positions (flow->source),
          flow->n * flow->dim * sizeof (double));
  memset (flow->displacements, 0, flow->n * sizeof (double));
  flow->step = 0;
  if (flow->loss != NULL)
    monge_loss_reset (flow->loss);
}

MongeShape *
monge_flow_dup_shape (MongeFlow *flow)
{
  return monge_flow_shape_at (flow->source, flow->positions);
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

static void
copy_arrays (const MongeShape *source,
             MongeShapeBuilder *builder)
{
  for (guint i = 0; i < monge_shape_get_n_arrays (source); i++)
    {
      const MongeArray *array = monge_shape_get_array (source, i);

      if (strcmp (array->name, "displacement") != 0)
        monge_shape_builder_take_array (builder, monge_array_copy (array));
    }
  for (guint i = 0; i < monge_shape_get_n_cell_arrays (source); i++)
    monge_shape_builder_take_cell_array (builder,
                                         monge_array_copy (monge_shape_get_cell_array (source, i)));
}

MongeShape *
monge_flow_shape_at (MongeShape *source,
                     const double *positions)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeShape) shape = NULL;
  gsize n = monge_shape_get_n_vertices (source);
  guint dim = monge_shape_get_dim (source);
  gsize n_cells = monge_shape_get_n_cells (source);
  MongeShapeBuilder *builder = monge_shape_builder_new (monge_shape_get_name (source), dim);
  gboolean is_double = monge_shape_get_position_type (source) == MONGE_TYPE_FLOAT64;

  monge_shape_builder_take_positions (builder, g_memdup2 (positions, n * dim * sizeof (double)), n,
                                      is_double ? MONGE_TYPE_FLOAT64 : MONGE_TYPE_FLOAT32);
  if (n_cells > 0)
    {
      guint corners = monge_shape_get_kind (source) == MONGE_SHAPE_SURFACE ? 3 : 2;

      monge_shape_builder_take_cells (builder, monge_shape_get_kind (source),
                                      g_memdup2 (monge_shape_get_cells (source),
                                                 n_cells * corners * sizeof (guint32)),
                                      n_cells);
    }
  copy_arrays (source, builder);
  monge_shape_builder_take_array (builder, displacement_array (source, positions));
  monge_shape_builder_set_unit (builder, monge_shape_get_unit (source));
  monge_shape_builder_set_transform (builder, monge_shape_get_transform (source));
  shape = monge_shape_builder_end (builder, &error);
  g_assert_no_error (error); /* the source kept every promise; a flow never leaves the finite */
  return g_steal_pointer (&shape);
}
