#include "tests/formula-world.h"

#include "compute/core/random.h"

#include <math.h>

gsize
monge_world_get_rows (const MongeWorld *world, MongeAxis axis)
{
  return axis == MONGE_AXIS_NONE ? 1 : axis == world->kept ? world->n_kept : world->n_summed;
}

static double
draw (MongeRandom *random, double low, double high, gboolean is_grid)
{
  double value = low + (high - low) * monge_random_uniform (random);

  return is_grid ? round (64 * value) / 64 : (double) (float) value;
}

const MongeFormula *
monge_world_add (MongeWorld *world, const char *name, MongeAxis axis, guint dim, double low,
                 double high, guint64 seed)
{
  GError *error = NULL;
  MongeReferenceValues *added = &world->values[world->n_values++];
  gsize rows = monge_world_get_rows (world, axis);
  double *values = g_new (double, dim * rows);
  MongeRandom random;

  g_assert_cmpuint (world->n_values, <=, MONGE_WORLD_MAX_VARIABLES);
  added->variable = monge_formula_variable (world->pool, name, axis, dim, &error);
  g_assert_no_error (error);
  monge_random_init (&random, seed);
  for (gsize k = 0; k < dim * rows; k++)
    values[k] = draw (&random, low, high, world->is_grid && axis != MONGE_AXIS_NONE);
  added->values = values;
  added->stride = rows;
  return added->variable;
}

void
monge_world_init (MongeWorld *world, const MongeWorldParams *params)
{
  MongeAxis kept = params->kept, summed = kept == MONGE_AXIS_I ? MONGE_AXIS_J : MONGE_AXIS_I;
  double side = MIN (1, sqrt (6.0 / params->dim)); /* squared distances of a few, in any dimension */
  guint64 seed = params->seed;

  *world = (MongeWorld){ .pool = monge_formula_pool_new (),
                         .kept = kept,
                         .n_kept = params->n_kept,
                         .n_summed = params->n_summed,
                         .dim = params->dim,
                         .is_grid = params->is_grid };
  monge_world_add (world, "x", kept, params->dim, -side, side, seed + 1);
  monge_world_add (world, "y", summed, params->dim, -side, side, seed + 2);
  monge_world_add (world, "a", kept, 1, 0.5, 1.5, seed + 3);
  monge_world_add (world, "b", summed, 1, 0.5, 1.5, seed + 4);
  monge_world_add (world, "w", summed, 1, -1, 1, seed + 5);
  monge_world_add (world, "v", summed, 3, -1, 1, seed + 6);
  monge_world_add (world, "s", MONGE_AXIS_NONE, 1, 0.5, 1.5, seed + 7);
  monge_world_add (world, "c", MONGE_AXIS_NONE, params->dim, -1, 1, seed + 8);
  monge_world_add (world, "q", MONGE_AXIS_NONE, params->dim, 0.5, 1.5, seed + 9);
  monge_world_add (world, "m", MONGE_AXIS_NONE, 2 * params->dim, -1, 1, seed + 10);
}

void
monge_world_clear (MongeWorld *world)
{
  for (guint k = 0; k < world->n_values; k++)
    g_free ((gpointer) world->values[k].values);
  monge_formula_pool_free (world->pool);
}

const MongeFormula *
monge_world_find (const MongeWorld *world, const char *name)
{
  for (guint k = 0; k < world->n_values; k++)
    if (g_str_equal (world->values[k].variable->name, name))
      return world->values[k].variable;
  g_error ("no variable %s", name);
}

double *
monge_world_get_values (const MongeWorld *world, const MongeFormula *variable)
{
  for (guint k = 0; k < world->n_values; k++)
    if (world->values[k].variable == variable)
      return (double *) world->values[k].values;
  g_error ("no variable %s", variable->name);
}

MongeReduction
monge_world_parse (MongeWorld *world, const char *text)
{
  GError *error = NULL;
  MongeReduction reduction;

  monge_reduction_parse (world->pool, text, &reduction, &error);
  g_assert_no_error (error);
  g_assert_cmpint (reduction.over, ==, MONGE_AXIS_J);
  if (world->kept == MONGE_AXIS_J)
    reduction.over = MONGE_AXIS_I;
  return reduction;
}

void
monge_world_reduce (const MongeWorld *world, const MongeReduction *reduction,
                    const guint8 *visited, double *out, gint64 *index_out, double *log_sum,
                    double *size)
{
  MongeReferenceRun run = {
    .reduction = reduction,
    .values = world->values,
    .n_values = world->n_values,
    .n_rows = monge_world_get_rows (world, MONGE_AXIS_I),
    .n_columns = monge_world_get_rows (world, MONGE_AXIS_J),
    .visited = visited,
    .out = out,
    .index_out = index_out,
    .log_sum = log_sum,
    .size = size,
  };

  monge_reference_reduce (&run);
}

static gboolean
mentions (const MongeFormula *formula, const MongeFormula *variable, GHashTable *seen)
{
  if (formula == variable)
    return TRUE;
  if (!g_hash_table_add (seen, (gpointer) formula))
    return FALSE;
  for (guint k = 0; k < monge_op_get_info (formula->op)->n_operands; k++)
    if (mentions (formula->operands[k], variable, seen))
      return TRUE;
  return FALSE;
}

gboolean
monge_formula_mentions (const MongeFormula *formula, const MongeFormula *variable)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  return mentions (formula, variable, seen);
}
