/* The engine against naive loops in double precision: a table of reductions, each at sizes on and
 * off the tile, in every dimension, over j and over i, dense and sparse, in float32 and in float64,
 * by hand-tuned loops where there are any and by generic code. Run once per instruction set. */
#include "tests/formula-table.h"
#include "tests/util.h"

#include <math.h>

/* --- The table -------------------------------------------------------------------------------- */

static void
check_case (MongeBackend *backend, const MongeCase *c, guint dim, gsize n_kept, gsize n_summed,
            MongeAxis kept, MongeLayout layout)
{
  MongeWorldParams params = { dim, n_kept, n_summed, kept, c->is_grid, 1000 * dim + n_kept };
  MongeProblem problem;

  monge_problem_init (&problem, c, &params, layout);
  for (MongePrecision precision = MONGE_FLOAT32; precision <= MONGE_FLOAT64; precision++)
    {
      monge_problem_check (backend, &problem, precision, MONGE_PREPARE_DEFAULT);
      monge_problem_check (backend, &problem, precision, MONGE_PREPARE_GENERIC);
    }
  monge_problem_clear (&problem);
}

/* In full where it is cheap; of the larger sizes, each formula takes its turn at dimensions. */
static void
check_table_entry (gconstpointer data)
{
  static const gsize small[][2] = { { 1, 31 }, { 31, 1 }, { 33, 31 }, { 31, 33 } };
  static const gsize large[][2] = { { 1, 1000 }, { 1000, 1 }, { 33, 1000 }, { 1000, 31 } };
  static const guint dims[] = { 1, 2, 3, 5, 10 };
  const MongeCase *c = data;
  gsize turn = c - monge_formula_table;
  g_autoptr (MongeBackend) backend = monge_problem_open_cpu (1);

  for (guint axis = 0; axis < 2; axis++)
    for (MongeLayout layout = MONGE_LAYOUT_DENSE; layout < MONGE_N_LAYOUTS; layout++)
      {
        MongeAxis kept = axis == 0 ? MONGE_AXIS_I : MONGE_AXIS_J;

        for (guint d = 0; d < G_N_ELEMENTS (dims); d++)
          for (guint s = 0; s < G_N_ELEMENTS (small); s++)
            check_case (backend, c, dims[d], small[s][0], small[s][1], kept, layout);
        for (guint s = 0; s < G_N_ELEMENTS (large); s++)
          check_case (backend, c, dims[(turn + s) % 5], large[s][0], large[s][1], kept, layout);
        check_case (backend, c, 50, 31, 65, kept, layout);
      }
}

static void
add_table (void)
{
  for (guint c = 0; c < monge_formula_table_size; c++)
    {
      const MongeCase *entry = &monge_formula_table[c];
      g_autoptr (GString) path = g_string_new (entry->text);

      g_string_replace (path, "/", "÷", 0);
      g_string_prepend (path, entry->adjoint != NULL ? "/formulas/table/adjoint/"
                                                     : "/formulas/table/");
      if (entry->adjoint != NULL)
        g_string_append_printf (path, " by %s", entry->adjoint);
      g_test_add_data_func (path->str, entry, check_table_entry);
    }
}

/* The truth itself, where one can write it down without a tree. */
static void
the_truth_is_right (void)
{
  MongeProblem problem = monge_problem_new ("sum_j exp(-sqdist(x,y)/(2*s^2))*b+dist(x,y)*v[1]", 3,
                                            5, 9, MONGE_LAYOUT_DENSE);
  const MongeWorld *world = &problem.world;
  const double *x = monge_world_get_values (world, monge_world_find (world, "x"));
  const double *y = monge_world_get_values (world, monge_world_find (world, "y"));
  const double *b = monge_world_get_values (world, monge_world_find (world, "b"));
  const double *v = monge_world_get_values (world, monge_world_find (world, "v"));
  double s = *monge_world_get_values (world, monge_world_find (world, "s"));

  for (gsize i = 0; i < 5; i++)
    {
      double sum = 0;

      for (gsize j = 0; j < 9; j++)
        {
          double square = 0;

          for (gsize d = 0; d < 3; d++)
            square += (x[5 * d + i] - y[9 * d + j]) * (x[5 * d + i] - y[9 * d + j]);
          sum += exp (-square / (2 * s * s)) * b[j] + sqrt (square) * v[9 + j];
        }
      monge_assert_close (problem.truth[i], sum, 1e-13);
    }
  monge_problem_clear (&problem);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/formulas/the-truth-is-right", the_truth_is_right);
  add_table ();
  return g_test_run ();
}
