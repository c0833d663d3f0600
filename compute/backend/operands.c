#include "compute/backend/operands.h"

#include <math.h>
#include <string.h>

/* Registers that instructions fill: what they hold after a load. */
typedef struct {
  guint first, dim;
  MongeAxis axis;
  double *values; /* (dim × rows) */
  gsize size;
} Computed;

/* One register: of the two, what is there. */
typedef struct {
  const float *floats;
  const double *doubles;
} Plane;

struct _MongeOperands {
  const MongeProgram *program;
  const MongeMatch *match;
  const MongeRun *run;
  GArray *computed;
  float *rounded[2];  /* points and others that were not float32 */
  gsize rounded_size[2];
  double *product;    /* of one term */
  gsize product_size;
};

/* ------------------------------------------------------------------------------------------------
 * What the match names
 */

static const MongeProgramVariable *
find_variable (const MongeProgram *program, guint reg)
{
  for (guint v = 0; v < program->n_variables; v++)
    if (reg - program->variables[v].to < program->variables[v].dim)
      return &program->variables[v];
  return NULL;
}

static void
need (MongeOperands *operands, guint first, guint dim)
{
  const Computed computed
      = { .first = first, .dim = dim, .axis = operands->program->register_axis[first] };

  if (find_variable (operands->program, first) != NULL)
    return;
  for (guint n = 0; n < operands->computed->len; n++)
    {
      const Computed *known = &g_array_index (operands->computed, Computed, n);

      if (first >= known->first && first + dim <= known->first + known->dim)
        return;
    }
  g_array_append_val (operands->computed, computed);
}

static void
need_term (MongeOperands *operands, const MongeTerm *term)
{
  for (guint f = 0; f < term->n_factors; f++)
    need (operands, term->factors[f].reg, 1);
  if (term->vector == MONGE_TERM_REGISTERS)
    need (operands, term->first, 1);
}

static void
need_sum (MongeOperands *operands, const MongeTermSum *sum)
{
  for (guint t = 0; t < sum->n_terms; t++)
    need_term (operands, &sum->terms[t]);
}

MongeOperands *
monge_operands_new (const MongeProgram *program, const MongeMatch *match)
{
  MongeOperands *operands = g_new0 (MongeOperands, 1);

  operands->program = program;
  operands->match = match;
  operands->computed = g_array_new (FALSE, FALSE, sizeof (Computed));
  need (operands, match->points, match->dim);
  need (operands, match->others, match->dim);
  need_sum (operands, &match->rate);
  need_sum (operands, &match->kept);
  need_sum (operands, &match->summed);
  need_term (operands, &match->weight);
  for (guint w = 0; w < match->n_weights; w++)
    need_term (operands, &match->weights[w]);
  for (guint p = 0; p < match->n_parts; p++)
    need_term (operands, &match->parts[p].factor);
  need_sum (operands, &match->value_point);
  need_sum (operands, &match->value_moment);
  return operands;
}

void
monge_operands_free (MongeOperands *operands)
{
  if (operands == NULL)
    return;
  for (guint n = 0; n < operands->computed->len; n++)
    g_free (g_array_index (operands->computed, Computed, n).values);
  g_array_free (operands->computed, TRUE);
  g_free (operands->rounded[0]);
  g_free (operands->rounded[1]);
  g_free (operands->product);
  g_free (operands);
}

gboolean
monge_operands_need_interpreter (const MongeOperands *operands)
{
  return operands->computed->len > 0;
}

/* ------------------------------------------------------------------------------------------------
 * Loading
 */

static void
reserve (gpointer *buffer, gsize *size, gsize wanted)
{
  if (*size >= wanted)
    return;
  g_free (*buffer);
  *buffer = g_malloc (wanted);
  *size = wanted;
}

static gsize
count_rows (const MongeOperands *operands, MongeAxis axis)
{
  return axis == MONGE_AXIS_NONE ? 1
         : axis == MONGE_AXIS_I  ? operands->run->n_rows
                                 : operands->run->n_columns;
}

gboolean
monge_operands_load (MongeOperands *operands,
                     const MongeRun *run,
                     MongeInterpreter *interpreter,
                     MongeTask *task,
                     GError **error)
{
  operands->run = run;
  for (guint n = 0; n < operands->computed->len; n++)
    {
      Computed *computed = &g_array_index (operands->computed, Computed, n);

      reserve ((gpointer *) &computed->values, &computed->size,
               computed->dim * count_rows (operands, computed->axis) * sizeof (double));
      if (!monge_interpreter_map (interpreter, run, computed->axis, computed->first, computed->dim,
                                  computed->values, task, error))
        return FALSE;
    }
  return TRUE;
}

static Plane
get_plane (const MongeOperands *operands, guint reg)
{
  const MongeProgramVariable *variable = find_variable (operands->program, reg);
  guint n = 0;

  if (variable != NULL)
    {
      const MongeArgument *argument
          = &operands->run->arguments[variable - operands->program->variables];
      const gsize stride = variable->axis == MONGE_AXIS_NONE ? 1 : argument->stride;
      const gsize offset = (reg - variable->to) * stride;

      return argument->floats != NULL ? (Plane){ argument->floats + offset, NULL }
                                      : (Plane){ NULL, argument->doubles + offset };
    }
  for (;; n++)
    {
      const Computed *computed = &g_array_index (operands->computed, Computed, n);

      if (reg - computed->first < computed->dim)
        return (Plane){ NULL, computed->values + (reg - computed->first)
                                                     * count_rows (operands, computed->axis) };
    }
}

/* ------------------------------------------------------------------------------------------------
 * Terms
 */

static double
get_power (double base, const MongeFactor *factor)
{
  double power = 1;

  if (factor->is_absolute)
    base = fabs (base);
  for (gint n = ABS (factor->power); n > 0; n--)
    power *= base;
  return factor->power < 0 ? 1 / power : power;
}

/* Coefficient and parameters of @term; @on_axis: its other factors, the vector's register last. */
static double
split_term (const MongeOperands *operands,
            const MongeTerm *term,
            MongeFactor *on_axis,
            guint *n_on_axis)
{
  const guint8 *axes = operands->program->register_axis;
  double number = term->coefficient;

  *n_on_axis = 0;
  for (guint f = 0; f < term->n_factors; f++)
    {
      const MongeFactor *factor = &term->factors[f];

      if (axes[factor->reg] == MONGE_AXIS_NONE)
        {
          const Plane plane = get_plane (operands, factor->reg);

          number *= get_power (plane.floats != NULL ? plane.floats[0] : plane.doubles[0], factor);
        }
      else
        {
          on_axis[(*n_on_axis)++] = *factor;
        }
    }
  if (term->vector == MONGE_TERM_REGISTERS)
    on_axis[(*n_on_axis)++] = (MongeFactor){ term->first, 1, FALSE };
  return number;
}

double
monge_operands_get_number (const MongeOperands *operands, const MongeTermSum *sum)
{
  MongeFactor on_axis[MONGE_MAX_FACTORS + 1];
  double number = 0;
  guint n_on_axis;

  for (guint t = 0; t < sum->n_terms; t++)
    number += split_term (operands, &sum->terms[t], on_axis, &n_on_axis);
  return number;
}

static void
add_plane (Plane plane, double number, double *out, gsize n)
{
  if (plane.floats != NULL)
    for (gsize i = 0; i < n; i++)
      out[i] += number * plane.floats[i];
  else
    for (gsize i = 0; i < n; i++)
      out[i] += number * plane.doubles[i];
}

static void
multiply_plane (Plane plane, const MongeFactor *factor, double *out, gsize n)
{
  for (gsize i = 0; i < n; i++)
    out[i] *= get_power (plane.floats != NULL ? plane.floats[i] : plane.doubles[i], factor);
}

static void
add_term (MongeOperands *operands, const MongeTerm *term, gsize n, double *out)
{
  MongeFactor on_axis[MONGE_MAX_FACTORS + 1];
  guint n_on_axis;
  const double number = split_term (operands, term, on_axis, &n_on_axis);

  if (n_on_axis == 0)
    {
      for (gsize i = 0; i < n; i++)
        out[i] += number;
    }
  else if (n_on_axis == 1 && on_axis[0].power == 1 && !on_axis[0].is_absolute)
    {
      add_plane (get_plane (operands, on_axis[0].reg), number, out, n);
    }
  else
    {
      reserve ((gpointer *) &operands->product, &operands->product_size, n * sizeof (double));
      for (gsize i = 0; i < n; i++)
        operands->product[i] = number;
      for (guint f = 0; f < n_on_axis; f++)
        multiply_plane (get_plane (operands, on_axis[f].reg), &on_axis[f], operands->product, n);
      for (gsize i = 0; i < n; i++)
        out[i] += operands->product[i];
    }
}

void
monge_operands_get_sum (MongeOperands *operands,
                        const MongeTermSum *sum,
                        MongeAxis axis,
                        double *out)
{
  const gsize n = count_rows (operands, axis);

  memset (out, 0, n * sizeof *out);
  for (guint t = 0; t < sum->n_terms; t++)
    add_term (operands, &sum->terms[t], n, out);
}

void
monge_operands_get_term (MongeOperands *operands, const MongeTerm *term, MongeAxis axis, double *out)
{
  const gsize n = count_rows (operands, axis);

  memset (out, 0, n * sizeof *out);
  add_term (operands, term, n, out);
}

/* ------------------------------------------------------------------------------------------------
 * Points
 */

/* float32 planes of the argument that @first … are, if there is one. */
static gboolean
borrow_cloud (const MongeOperands *operands, guint first, MongeCloud *cloud)
{
  const MongeProgramVariable *variable = find_variable (operands->program, first);
  const MongeArgument *argument;

  if (variable == NULL)
    return FALSE;
  argument = &operands->run->arguments[variable - operands->program->variables];
  if (argument->floats == NULL)
    return FALSE;
  cloud->planes = argument->floats + (first - variable->to) * argument->stride;
  cloud->stride = argument->stride;
  return TRUE;
}

static void
round_cloud (MongeOperands *operands, guint which, guint first, const double *origin,
             MongeCloud *cloud)
{
  float *to;

  reserve ((gpointer *) &operands->rounded[which], &operands->rounded_size[which],
           cloud->n * cloud->dim * sizeof (float));
  to = operands->rounded[which];
  for (guint d = 0; d < cloud->dim; d++)
    {
      const double *from = get_plane (operands, first + d).doubles;

      for (gsize i = 0; i < cloud->n; i++)
        to[d * cloud->n + i] = (float) (from[i] - origin[d]);
    }
  cloud->planes = to;
  cloud->stride = cloud->n;
}

void
monge_operands_get_clouds (MongeOperands *operands, MongeCloud *points, MongeCloud *others)
{
  const MongeMatch *match = operands->match;
  const MongeAxis kept = match->over == MONGE_AXIS_J ? MONGE_AXIS_I : MONGE_AXIS_J;
  double origin[MONGE_MAX_REDUCTION_DIM] = { 0 };
  gboolean borrowed[2];

  *points = (MongeCloud){ .n = count_rows (operands, kept), .dim = match->dim };
  *others = (MongeCloud){ .n = count_rows (operands, match->over), .dim = match->dim };
  borrowed[0] = borrow_cloud (operands, match->points, points);
  borrowed[1] = borrow_cloud (operands, match->others, others);
  if (!borrowed[0] && !borrowed[1])
    for (guint d = 0; d < match->dim; d++)
      origin[d] = get_plane (operands, match->others + d).doubles[0];
  if (!borrowed[0])
    round_cloud (operands, 0, match->points, origin, points);
  if (!borrowed[1])
    round_cloud (operands, 1, match->others, origin, others);
}

void
monge_operands_add_point (MongeOperands *operands, guint d, const double *factor, double *out)
{
  const MongeMatch *match = operands->match;
  const gsize n = count_rows (operands, match->over == MONGE_AXIS_J ? MONGE_AXIS_I : MONGE_AXIS_J);
  const Plane plane = get_plane (operands, match->points + d);

  for (gsize i = 0; i < n; i++)
    out[i] += factor[i] * (plane.floats != NULL ? plane.floats[i] : plane.doubles[i]);
}
