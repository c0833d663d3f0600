/* The engine against naive loops in double precision: a table of reductions, each at sizes on and
 * off the tile, in every dimension, over j and over i, dense and sparse, in float32 and in float64,
 * by hand-tuned loops where there are any and by generic code. Run once per instruction set. */
#include "tests/formula-problem.h"
#include "tests/util.h"

#include <math.h>

#define PLAIN(text, tolerance) { text, MONGE_##tolerance, NULL, FALSE }
#define ADJOINT(text, variable, tolerance) { text, MONGE_##tolerance, variable, FALSE }
#define EXACT(text) { text, 1e-12, NULL, TRUE }
#define EXACT_ADJOINT(text, variable) { text, 1e-6, variable, TRUE }

static const MongeCase cases[] = {
  /* what hand-tuned loops compute */
  PLAIN ("sum_j exp(-sqdist(x,y))", TERM),
  PLAIN ("sum_j exp(-sqdist(x,y)/(2*s^2))*b", STEEP),
  PLAIN ("sum_j exp(-sqdist(x,y)/(2*s^2))*w", STEEP),
  PLAIN ("sum_j exp(-sqdist(x,y)/(2*s^2))*v", STEEP),
  PLAIN ("sum_j exp(-sqdist(x,y)/s)*a", STEEP),
  PLAIN ("sum_j exp(-dist(x,y)/s)*b", TERM),
  PLAIN ("sum_j exp(-dist(x,y)/s)*w", TERM),
  PLAIN ("sum_j exp(-dist(x,y)/s)*v", TERM),
  PLAIN ("sum_j dist(x,y)", TERM),
  PLAIN ("sum_j -dist(x,y)*b", TERM),
  PLAIN ("sum_j dist(x,y)*w", TERM),
  PLAIN ("sum_j dist(x,y)*v", TERM),
  PLAIN ("logsumexp_j(-sqdist(x,y)/(2*s^2))", TERM),
  PLAIN ("logsumexp_j(-sqdist(x,y)/(2*s^2), b)", TERM),
  PLAIN ("logsumexp_j(log(b)+(w-sqdist(x,y)/2)/s)", TERM),
  PLAIN ("logsumexp_j(a-sqdist(x,y)/s^2)", TERM),
  PLAIN ("logsumexp_j(-dist(x,y)/s)", TERM),
  PLAIN ("logsumexp_j((w-dist(x,y))/s, b)", TERM),
  PLAIN ("softmean_j(-sqdist(x,y)/(2*s^2), y)", STEEP),
  PLAIN ("softmean_j(w-sqdist(x,y)/s, v)", STEEP),
  PLAIN ("softmean_j(-dist(x,y)/s, y)", TERM),
  PLAIN ("softmean_j((w-dist(x,y))/s, b)", TERM),
  EXACT ("argkmin_j(sqdist(x,y),1)"),
  EXACT ("argkmin_j(sqdist(x,y),5)"),
  EXACT ("argkmin_j(sqdist(x,y),40)"),
  EXACT ("kmin_j(sqdist(x,y),4)"),
  EXACT ("argmin_j sqdist(x,y)"),
  EXACT ("min_j sqdist(x,y)"),
  EXACT ("argmin_j dist(x,y)"),

  /* their derivatives */
  ADJOINT ("sum_j exp(-sqdist(x,y)/(2*s^2))*b", "x", DELICATE),
  ADJOINT ("sum_j exp(-sqdist(x,y)/(2*s^2))*b", "y", DELICATE),
  ADJOINT ("sum_j exp(-sqdist(x,y)/(2*s^2))*v", "v", DELICATE),
  ADJOINT ("sum_j exp(-sqdist(x,y)/(2*s^2))*w", "s", DELICATE),
  ADJOINT ("sum_j exp(-dist(x,y)/s)*w", "x", DELICATE),
  ADJOINT ("sum_j exp(-dist(x,y)/s)*b", "y", DELICATE),
  ADJOINT ("sum_j dist(x,y)*w", "x", STEEP),
  ADJOINT ("sum_j dist(x,y)*b", "b", STEEP),
  ADJOINT ("logsumexp_j(-sqdist(x,y)/(2*s^2), b)", "x", DELICATE),
  ADJOINT ("logsumexp_j(-sqdist(x,y)/(2*s^2), b)", "y", DELICATE),
  ADJOINT ("logsumexp_j((w-sqdist(x,y)/2)/s)", "w", DELICATE),
  ADJOINT ("logsumexp_j(-dist(x,y)/s)", "x", DELICATE),
  ADJOINT ("softmean_j(-sqdist(x,y)/(2*s^2), y)", "x", DELICATE),
  ADJOINT ("softmean_j(-sqdist(x,y)/(2*s^2), v)", "v", DELICATE),
  ADJOINT ("mean_j exp(-sqdist(x,y))*b", "x", DELICATE),
  EXACT_ADJOINT ("min_j sqdist(x,y)", "x"),
  EXACT_ADJOINT ("max_j x*y", "y"),
  EXACT_ADJOINT ("kmin_j(sqdist(x,y),3)", "x"),

  /* every reduction of something else */
  PLAIN ("mean_j exp(-sqdist(x,y)/(2*s^2))*b", STEEP),
  PLAIN ("mean_j x*y", TERM),
  PLAIN ("logsumexp_j(dot(x,y)*3)", TERM),
  PLAIN ("logsumexp_j(sin(dot(x,y)), b*a)", TERM),
  PLAIN ("logsumexp_j(40*dot(x,y))", STEEP),
  PLAIN ("softmean_j(sum(x*y), concat(x,y))", STEEP),
  EXACT ("min_j x*y"),
  EXACT ("max_j dot(x,y)"),
  EXACT ("argmin_j x*y"),
  EXACT ("argmax_j dot(x,y)"),
  EXACT ("argmax_j b"),
  EXACT ("argkmin_j(w+a,7)"),
  EXACT ("kmin_j(dot(x,y),6)"),

  /* what depends on less than a pair */
  PLAIN ("sum_j 1", TERM),
  PLAIN ("sum_j s", TERM),
  PLAIN ("sum_j x", TERM),
  PLAIN ("sum_j v", TERM),
  EXACT ("max_j x"),
  PLAIN ("logsumexp_j(w)", TERM),
  PLAIN ("mean_j exp(c)*b", TERM),

  /* every operation */
  PLAIN ("sum_j -x*abs(y)", TERM),
  PLAIN ("sum_j x/(a+b)", TERM),
  PLAIN ("sum_j (x-y)^2", TERM),
  PLAIN ("sum_j sqrt(a*b)*w", TERM),
  PLAIN ("sum_j rsqrt(a+b)*v", TERM),
  PLAIN ("sum_j log(a+b)*x", TERM),
  PLAIN ("sum_j sin(3*x+y)", TERM),
  PLAIN ("sum_j cos(x*y)*w", TERM),
  PLAIN ("sum_j sin(100*x*y)", DELICATE), /* the argument's rounding is 1e-5 of a radian */
  PLAIN ("sum_j tan(x*y)", TERM),
  PLAIN ("sum_j asin(x*y)", TERM),
  PLAIN ("sum_j acos(x*y)", TERM),
  PLAIN ("sum_j atan(3*x-y)", TERM),
  PLAIN ("sum_j tanh(3*(x-y))", TERM),
  PLAIN ("sum_j sign(x-y)*b", TERM),
  PLAIN ("sum_j step(y-x)*b", TERM),
  PLAIN ("sum_j x/b+c/a", TERM),
  PLAIN ("sum_j (a+b)^(x+y)", TERM),
  PLAIN ("sum_j (x-y)^3", DELICATE),
  PLAIN ("sum_j atan2(x+1.5,y)*b", TERM),
  PLAIN ("sum_j atan2(x,y)", TERM),
  PLAIN ("sum_j min(x,y)+max(x,w)", TERM),
  PLAIN ("sum_j if(x < y,a,b)", TERM),
  PLAIN ("sum_j if(a <= b,x,w)", TERM),
  EXACT ("sum_j (x == y)+(a < b)"),
  PLAIN ("sum_j dot(x,y)*dot(c,y)", TERM),
  PLAIN ("sum_j sqnorm(x+y)", TERM),
  PLAIN ("sum_j norm(x*y)*x", TERM),
  PLAIN ("sum_j sum(x*y)", TERM),
  PLAIN ("sum_j maxcomp(x*y)", TERM),
  PLAIN ("sum_j normalise(x-y)*w", TERM),
  PLAIN ("sum_j x[0]*y", TERM),
  PLAIN ("sum_j concat(y,x*b)", TERM),
  PLAIN ("sum_j concat(v,x)[1:4]*a", TERM),
  PLAIN ("sum_j matvec(m,x-y)", STEEP),
  PLAIN ("sum_j outer(v,x[0]*v)", TERM),
  PLAIN ("sum_j matvec(outer(v,v),v)*a", TERM),
  PLAIN ("sum_j wsqdist(q,x,y)", TERM),
  PLAIN ("sum_j manhattan(x,y)*b", TERM),
  PLAIN ("sum_j cosine(x,y)", DELICATE),
  PLAIN ("sum_j poincare(0.09*x,0.09*y)", DELICATE),
  PLAIN ("sum_j halfspace(2+x,2+y)", DELICATE),
  PLAIN ("sum_j clamp(x*y,-0.25,0.5)*relu(w)", TERM),
  PLAIN ("sum_j exp(-sqdist(x,y))*dot(normalise(x),normalise(y))^2*v", STEEP),
};

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
  gsize turn = c - cases;
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
  for (guint c = 0; c < G_N_ELEMENTS (cases); c++)
    {
      g_autoptr (GString) path = g_string_new (cases[c].text);

      g_string_replace (path, "/", "÷", 0);
      g_string_prepend (path,
                        cases[c].adjoint != NULL ? "/formulas/table/adjoint/" : "/formulas/table/");
      if (cases[c].adjoint != NULL)
        g_string_append_printf (path, " by %s", cases[c].adjoint);
      g_test_add_data_func (path->str, &cases[c], check_table_entry);
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
