/* Derivatives of formulas and adjoints of reductions against central differences, in float64 and by
 * naive loops alone: what runs them has tests of its own. */
#include "tests/formula-world.h"
#include "tests/util.h"

#include <math.h>

#define STEP 2e-4
/* Differences of fourth order err by STEP⁴ f⁽⁵⁾ / 30 ≈ 5e-17 f⁽⁵⁾ and by 1e-16 / STEP = 5e-13,
 * times what the functions below make of it. */
#define TOLERANCE 1e-9

/* Every operation, and what is built of them; smooth where the random values fall. */
static const char *const formulas[] = {
  "x",
  "-x",
  "abs(x)",
  "1/(a+b)",
  "x^2",
  "sqrt(a+b)",
  "rsqrt(a*b)",
  "exp(-x*b)",
  "log(a*b)",
  "sin(x*y)",
  "cos(x*c)",
  "tan(0.5*x)",
  "asin(0.5*x)",
  "acos(0.5*x*y)",
  "atan(x+y)",
  "tanh(x-y)",
  "sign(x)*y",
  "step(x)*y",
  "x+a",
  "a-x",
  "x*s",
  "s*(x+b)",
  "x/b",
  "b/(2+x)",
  "x/(2+y)",
  "(a+b)^s",
  "(2+x)^(y+s)",
  "s^x",
  "a^3",
  "a^-1.5",
  "atan2(x+y,c)",
  "atan2(a,x)",
  "min(x,y)",
  "max(x,w)",
  "min(a,b)*x",
  "(x < y)*c",
  "(a <= b)*x",
  "if(x < y,x*a,y^2)",
  "if(a < b,x,y)",
  "if(x < 0,a,b)",
  "dot(x,y)",
  "dot(c*x,y)^2",
  "sqnorm(x-y)",
  "norm(x-y)",
  "sum(x*y)*x",
  "sum(exp(x))",
  "maxcomp(x*c)",
  "normalise(x-y)",
  "normalise(x)*a",
  "x[0]*y",
  "concat(x,y)[0]*concat(x,y)[1]+v[0]*sin(sum(v[0:2]*v[1:3]))*s",
  "outer(x,v)[1:3]*v[1:3]+v[0]*v[2]",
  "concat(x,a*y)",
  "concat(x,y)[0:1]*b",
  "matvec(m,x)",
  "matvec(m,x-y)*s",
  "matvec(outer(x,y),c)",
  "outer(x,c*y)",
  "sum(outer(v,x))",
  "matvec(m*s,normalise(x))",
  "sqdist(x,y)",
  "dist(x,y)",
  "exp(-sqdist(x,y)/(2*s^2))*v",
  "exp(-dist(x,y)/s)*w",
  "wsqdist(q,x,y)",
  "manhattan(x,y)",
  "cosine(x,y)",
  "poincare(0.3*x,0.3*y)",
  "halfspace(2+x,2+y)",
  "clamp(x*y,-0.3,0.2)",
  "relu(x-y)",
  "log(1+exp(dot(x,y)))",
  "exp(-sqdist(x,y))*dot(normalise(x),normalise(y))^2",
};

static const char *const variable_names[] = { "x", "y", "a", "b", "w", "v", "s", "c", "q", "m" };

static MongeWorld
world_new (guint dim, guint64 seed)
{
  MongeWorldParams params = { dim, 2, 3, MONGE_AXIS_I, FALSE, seed };
  MongeWorld world;

  monge_world_init (&world, &params);
  return world;
}

static const MongeFormula *
parse (MongeWorld *world, const char *text)
{
  GError *error = NULL;
  const MongeFormula *formula = monge_formula_parse (world->pool, text, &error);

  g_assert_no_error (error);
  return formula;
}

static const MongeFormula *
gradient (MongeWorld *world, const MongeFormula *formula, const MongeFormula *variable,
          const MongeFormula *cotangent)
{
  GError *error = NULL;
  const MongeFormula *result
      = monge_formula_gradient (world->pool, formula, variable, cotangent, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (result->dim, ==, variable->dim);
  return result;
}

typedef double (*Function) (const MongeWorld *world, gconstpointer of,
                            const MongeFormula *cotangent);

/* d function / d *place */
static double
difference (const MongeWorld *world, Function function, gconstpointer of,
            const MongeFormula *cotangent, double *place)
{
  static const double offsets[] = { -2, -1, 1, 2 }, factors[] = { 1, -8, 8, -1 };
  double kept = *place, sum = 0;

  for (guint k = 0; k < 4; k++)
    {
      *place = kept + offsets[k] * STEP;
      sum += factors[k] * function (world, of, cotangent);
    }
  *place = kept;
  return sum / (12 * STEP);
}

/* ⟨cotangent, formula⟩ of the pair (1, 2). */
static double
pairing (const MongeWorld *world, gconstpointer of, const MongeFormula *cotangent)
{
  const MongeFormula *formula = of;
  g_autofree double *value = g_new (double, formula->dim);
  const double *c = monge_world_get_values (world, cotangent);
  double sum = 0;

  monge_reference_formula (formula, world->values, world->n_values, 1, 2, value);
  for (guint d = 0; d < formula->dim; d++)
    sum += c[d] * value[d];
  return sum;
}

/* The symbolic gradient of ⟨cotangent, formula⟩ in one variable against differences, component by
 * component. Returns it. */
static const MongeFormula *
check_gradient (MongeWorld *world, const char *text, const MongeFormula *formula,
                const MongeFormula *variable, const MongeFormula *cotangent)
{
  const MongeFormula *result = gradient (world, formula, variable, cotangent);
  gsize rows = monge_world_get_rows (world, variable->axis);
  gsize row = variable->axis == MONGE_AXIS_I ? 1 : variable->axis == MONGE_AXIS_J ? 2 : 0;
  g_autofree double *symbolic = g_new (double, result->dim);

  monge_reference_formula (result, world->values, world->n_values, 1, 2, symbolic);
  for (guint d = 0; d < variable->dim; d++)
    {
      double *place = monge_world_get_values (world, variable) + d * rows + row;
      double slope = difference (world, pairing, formula, cotangent, place);

      if (!(fabs (symbolic[d] - slope) <= TOLERANCE * (1 + fabs (slope))))
        {
          g_autofree char *printed = monge_formula_print (result);

          g_error ("%s by %s[%u], D = %u: %.12g, differences %.12g\n%s", text, variable->name, d,
                   world->dim, symbolic[d], slope, printed);
        }
    }
  return result;
}

static void
check_formula (const char *text, guint dim)
{
  MongeWorld world = world_new (dim, 100 + dim);
  const MongeFormula *formula = parse (&world, text), *cotangent;

  cotangent = monge_world_add (&world, "e", MONGE_AXIS_NONE, formula->dim, -1, 1, 9);
  for (guint k = 0; k < G_N_ELEMENTS (variable_names); k++)
    {
      const MongeFormula *variable = monge_world_find (&world, variable_names[k]);

      if (monge_formula_mentions (formula, variable))
        check_gradient (&world, text, formula, variable, cotangent);
    }
  monge_world_clear (&world);
}

static void
first_derivatives (void)
{
  static const guint dims[] = { 1, 2, 3, 6 };

  for (guint f = 0; f < G_N_ELEMENTS (formulas); f++)
    for (guint d = 0; d < G_N_ELEMENTS (dims); d++)
      check_formula (formulas[f], dims[d]);
}

/* Of ⟨h, gradient⟩ in every variable that the formula speaks of. */
static void
check_second (const char *text, guint dim, const char *first)
{
  MongeWorld world = world_new (dim, 200 + dim);
  const MongeFormula *formula = parse (&world, text);
  const MongeFormula *variable = monge_world_find (&world, first), *e, *h, *slope;

  if (monge_formula_mentions (formula, variable))
    {
      e = monge_world_add (&world, "e", MONGE_AXIS_NONE, formula->dim, -1, 1, 9);
      h = monge_world_add (&world, "h", MONGE_AXIS_NONE, variable->dim, -1, 1, 10);
      slope = gradient (&world, formula, variable, e);
      check_gradient (&world, text, slope, e, h);
      for (guint k = 0; k < G_N_ELEMENTS (variable_names); k++)
        if (monge_formula_mentions (slope, monge_world_find (&world, variable_names[k])))
          check_gradient (&world, text, slope, monge_world_find (&world, variable_names[k]), h);
    }
  monge_world_clear (&world);
}

static void
second_derivatives (void)
{
  for (guint f = 0; f < G_N_ELEMENTS (formulas); f++)
    for (guint dim = 1; dim <= 3; dim += 2)
      for (guint k = 0; k < G_N_ELEMENTS (variable_names); k++)
        check_second (formulas[f], dim, variable_names[k]);
}

static void
mark_ops (const MongeFormula *formula, gboolean *used)
{
  used[formula->op] = TRUE;
  for (guint k = 0; k < monge_op_get_info (formula->op)->n_operands; k++)
    mark_ops (formula->operands[k], used);
}

/* So that a new operation cannot be forgotten above. */
static void
the_table_has_every_operation (void)
{
  MongeWorld world = world_new (3, 1);
  gboolean used[MONGE_N_OPS] = { FALSE };

  for (guint f = 0; f < G_N_ELEMENTS (formulas); f++)
    mark_ops (parse (&world, formulas[f]), used);
  for (MongeOp op = 0; op < MONGE_N_OPS; op++)
    if (!used[op] && op != MONGE_OP_COPY && op != MONGE_OP_NEGATE) /* −f is (−1) f */
      g_error ("no formula of the table uses “%s”", monge_op_get_info (op)->name);
  monge_world_clear (&world);
}

/* --- Where lengths vanish --------------------------------------------------------------------- */

static void
assert_zero (MongeWorld *world, const char *text, const MongeFormula *formula)
{
  g_autofree double *value = g_new (double, formula->dim);

  monge_reference_formula (formula, world->values, world->n_values, 1, 2, value);
  for (guint d = 0; d < formula->dim; d++)
    if (!(fabs (value[d]) <= 1e-12))
      {
        g_autofree char *printed = monge_formula_print (formula);

        g_error ("%s where points coincide, D = %u: component %u is %g\n%s", text, world->dim, d,
                 value[d], printed);
      }
}

/* At x = y: slopes are 0 by convention or by symmetry, curvatures a number. */
static void
coincident_points (void)
{
  static const char *const distances[]
      = { "sqdist(x,y)", "dist(x,y)", "norm(x-y)", "sqrt(sqdist(x,y))", "sum(normalise(x-y))",
          "manhattan(x,y)", "cosine(x,y)", "poincare(0.3*x,0.3*y)", "halfspace(2+x,2+y)",
          "exp(-dist(x,y)/s)", "exp(-sqdist(x,y))", "sqrt(sum(abs(x-y)))", "wsqdist(q,x,y)" };

  for (guint f = 0; f < G_N_ELEMENTS (distances); f++)
    for (guint dim = 1; dim <= 3; dim++)
      {
        MongeWorld world = world_new (dim, 7);
        const MongeFormula *x = monge_world_find (&world, "x"), *y = monge_world_find (&world, "y");
        const MongeFormula *h = monge_world_add (&world, "h", MONGE_AXIS_NONE, dim, -1, 1, 10);
        const MongeFormula *formula = parse (&world, distances[f]), *slope;
        g_autofree double *value = g_new (double, dim);

        for (guint d = 0; d < dim; d++)
          monge_world_get_values (&world, x)[2 * d + 1]
              = monge_world_get_values (&world, y)[3 * d + 2];
        slope = gradient (&world, formula, x, NULL);
        assert_zero (&world, distances[f], slope);
        assert_zero (&world, distances[f], gradient (&world, formula, y, NULL));
        monge_reference_formula (gradient (&world, slope, y, h), world.values, world.n_values, 1, 2,
                                 value);
        for (guint d = 0; d < dim; d++)
          if (!isfinite (value[d]))
            g_error ("second derivative of %s where points coincide: %g", distances[f], value[d]);
        monge_world_clear (&world);
      }
}

static void
what_is_not_there_has_derivative_zero (void)
{
  MongeWorld world = world_new (3, 1);

  assert_zero (&world, "b", gradient (&world, parse (&world, "b*s"), monge_world_find (&world, "x"),
                                      NULL));
  assert_zero (&world, "sign", gradient (&world, parse (&world, "sum(sign(x))"),
                                         monge_world_find (&world, "x"), NULL));
  monge_world_clear (&world);
}

static void
reject_cotangent_of_other_dimension (void)
{
  MongeWorld world = world_new (3, 1);
  GError *error = NULL;
  const MongeFormula *x = monge_world_find (&world, "x");

  g_assert_null (monge_formula_gradient (world.pool, x, x, monge_world_find (&world, "s"), &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "1 components, the formula 3");
  monge_world_clear (&world);
}

/* A chain of 300 links costs a few thousand nodes, not 2^300. */
static void
sharing_keeps_gradients_small (void)
{
  MongeWorld world = world_new (3, 1);
  GError *error = NULL;
  const MongeFormula *x = monge_world_find (&world, "x"), *formula = parse (&world, "dot(x,y)");

  for (guint k = 0; k < 300; k++)
    formula = monge_formula_call (
        world.pool, "*", &error, monge_formula_call (world.pool, "sin", &error, formula, NULL),
        monge_formula_call (world.pool, "cos", &error, formula, NULL), NULL);
  g_assert_no_error (error);
  g_assert_cmpuint (gradient (&world, formula, x, NULL)->id, <, 6000);
  monge_world_clear (&world);
}

/* --- Reductions ------------------------------------------------------------------------------- */

static const char *const reductions[] = {
  "sum_j exp(-sqdist(x,y)/(2*s^2))*b",
  "sum_j exp(-dist(x,y)/s)*v",
  "sum_j dist(x,y)*w",
  "sum_j a*sin(dot(x,y)+s)*x",
  "mean_j exp(-sqdist(x,y))*y*a",
  "logsumexp_j(-sqdist(x,y)/s)",
  "logsumexp_j(-dist(x,y)/s, b)",
  "logsumexp_j(dot(x,y)*a, b*s)",
  "softmean_j(-sqdist(x,y)/(2*s), y)",
  "softmean_j(-dist(x,y), b*v)",
  "softmean_j(dot(x,y)*s, x-y)",
  "min_j sqdist(x,y)*a",
  "max_j x*y*s",
  "min_j dot(c,x-y)",
  "kmin_j(sqdist(x,y)+s, 3)",
};

/* Σ_kept ⟨e, result⟩ */
static double
loss (const MongeWorld *world, gconstpointer of, const MongeFormula *cotangent)
{
  const MongeReduction *reduction = of;
  gsize n = monge_reduction_get_dim (reduction) * monge_world_get_rows (world, cotangent->axis);
  g_autofree double *out = g_new (double, n);
  const double *e = monge_world_get_values (world, cotangent);
  double sum = 0;

  monge_world_reduce (world, reduction, NULL, out, NULL, NULL, NULL);
  for (gsize k = 0; k < n; k++)
    sum += e[k] * out[k];
  return sum;
}

static void
assert_slope (const char *text, const MongeFormula *variable, gsize k, double adjoint, double slope)
{
  if (!(fabs (adjoint - slope) <= TOLERANCE * (1 + fabs (slope))))
    g_error ("%s by %s[%" G_GSIZE_FORMAT "]: adjoint %.12g, differences %.12g", text,
             variable->name, k, adjoint, slope);
}

static void
compare_adjoint (MongeWorld *world, const char *text, const MongeReduction *reduction,
                 const MongeFormula *variable, const MongeFormula *cotangent,
                 const MongeReduction *adjoint)
{
  gsize rows = monge_world_get_rows (world, variable->axis);
  MongeAxis axis = adjoint->over == MONGE_AXIS_J ? MONGE_AXIS_I : MONGE_AXIS_J;
  gsize out_rows = monge_world_get_rows (world, axis);
  g_autofree double *out = g_new (double, variable->dim * out_rows);

  g_assert_true (variable->axis == MONGE_AXIS_NONE || axis == variable->axis);
  g_assert_cmpuint (monge_reduction_get_dim (adjoint), ==, variable->dim);
  monge_world_reduce (world, adjoint, NULL, out, NULL, NULL, NULL);
  for (gsize k = 0; k < rows * variable->dim; k++)
    {
      double *place = monge_world_get_values (world, variable) + k, total = 0;

      if (variable->axis != MONGE_AXIS_NONE)
        total = out[k];
      else /* one share per kept row */
        for (gsize i = 0; i < out_rows; i++)
          total += out[k * out_rows + i];
      assert_slope (text, variable, k, total,
                    difference (world, loss, reduction, cotangent, place));
    }
}

static MongeReduction
make_adjoint (MongeWorld *world, const MongeReduction *reduction, const MongeFormula *variable,
              const MongeFormula *e, const MongeFormula *r, const MongeFormula *l)
{
  GError *error = NULL;
  MongeReduction adjoint;

  monge_reduction_adjoint (world->pool, reduction, variable, e, r, l, &adjoint, &error);
  g_assert_no_error (error);
  return adjoint;
}

/* Variables for ∂L/∂result (random), the result and log Σ e^F. */
static void
add_result (MongeWorld *world, const MongeReduction *reduction, const MongeFormula **e,
            const MongeFormula **r, const MongeFormula **l)
{
  guint dim = monge_reduction_get_dim (reduction);

  *e = monge_world_add (world, "e", world->kept, dim, -1, 1, 31);
  *r = monge_world_add (world, "r", world->kept, dim, 0, 1, 32);
  *l = monge_world_add (world, "l", world->kept, 1, 0, 1, 33);
  monge_world_reduce (world, reduction, NULL, monge_world_get_values (world, *r), NULL,
                      monge_world_get_values (world, *l), NULL);
  for (gsize k = 0; k < world->n_kept && reduction->op == MONGE_REDUCE_MEAN; k++)
    monge_world_get_values (world, *l)[k] = log (world->n_summed);
}

/* The adjoint in every variable; then, r and l held, the adjoint of that in every variable. */
static void
check_adjoints (const char *text, guint dim, MongeAxis kept, gboolean twice)
{
  MongeWorldParams params = { dim, 4, 5, kept, FALSE, 300 + dim };
  const MongeFormula *e, *r, *l, *h;
  MongeWorld world;

  monge_world_init (&world, &params);
  MongeReduction reduction = monge_world_parse (&world, text);
  add_result (&world, &reduction, &e, &r, &l);
  for (guint k = 0; k < G_N_ELEMENTS (variable_names); k++)
    {
      const MongeFormula *variable = monge_world_find (&world, variable_names[k]);
      MongeReduction adjoint = make_adjoint (&world, &reduction, variable, e, r, l), second;
      MongeAxis axis = adjoint.over == MONGE_AXIS_J ? MONGE_AXIS_I : MONGE_AXIS_J;
      g_autofree char *name = g_strdup_printf ("h%u", k);

      compare_adjoint (&world, text, &reduction, variable, e, &adjoint);
      if (!twice || reduction.op >= MONGE_REDUCE_MIN
          || !monge_formula_mentions (reduction.body, variable))
        continue; /* where F = r jumps as soon as F moves and r does not */
      h = monge_world_add (&world, name, axis, variable->dim, -1, 1, 34);
      for (guint v = 0; v < world.n_values; v++)
        {
          const MongeFormula *other = world.values[v].variable;

          if (other == h || !monge_formula_mentions (adjoint.body, other))
            continue;
          if (adjoint.op == MONGE_REDUCE_MEAN && other->axis == adjoint.over)
            continue; /* needs log N on that axis: as the first time */
          second = make_adjoint (&world, &adjoint, other, h, NULL, NULL);
          compare_adjoint (&world, text, &adjoint, other, h, &second);
        }
    }
  monge_world_clear (&world);
}

static void
adjoints_of_reductions (void)
{
  static const guint dims[] = { 1, 2, 3, 6 };

  for (guint f = 0; f < G_N_ELEMENTS (reductions); f++)
    for (guint d = 0; d < G_N_ELEMENTS (dims); d++)
      {
        check_adjoints (reductions[f], dims[d], MONGE_AXIS_I, FALSE);
        check_adjoints (reductions[f], dims[d], MONGE_AXIS_J, FALSE);
      }
}

static void
adjoints_of_adjoints (void)
{
  for (guint f = 0; f < G_N_ELEMENTS (reductions); f++)
    check_adjoints (reductions[f], 2, MONGE_AXIS_I, TRUE);
}

static void
reject_adjoint (const char *text, gboolean with_result, int code, const char *part)
{
  MongeWorldParams params = { 2, 4, 5, MONGE_AXIS_I, FALSE, 1 };
  const MongeFormula *e, *r, *l;
  GError *error = NULL;
  MongeWorld world;
  MongeReduction adjoint;

  monge_world_init (&world, &params);
  MongeReduction reduction = monge_world_parse (&world, text);
  e = monge_world_add (&world, "e", MONGE_AXIS_I, 1, 0, 1, 1);
  r = monge_world_add (&world, "r", MONGE_AXIS_J, 1, 0, 1, 1);
  l = monge_world_add (&world, "l", MONGE_AXIS_I, 2, 0, 1, 1);
  g_assert_false (monge_reduction_adjoint (world.pool, &reduction, monge_world_find (&world, "y"),
                                           e, with_result ? r : NULL, l, &adjoint, &error));
  monge_assert_error (error, MONGE_ERROR, code, part);
  monge_world_clear (&world);
}

static void
adjoints_say_what_they_need (void)
{
  reject_adjoint ("argmin_j sqdist(x,y)", TRUE, MONGE_ERROR_UNSUPPORTED, "indices");
  reject_adjoint ("argkmin_j(sqdist(x,y),2)", TRUE, MONGE_ERROR_UNSUPPORTED, "indices");
  reject_adjoint ("logsumexp_j(dot(x,y))", FALSE, MONGE_ERROR_NAME, "its result");
  reject_adjoint ("logsumexp_j(dot(x,y))", TRUE, MONGE_ERROR_SIZE, "rows (i)");
  reject_adjoint ("mean_j dot(x,y)", FALSE, MONGE_ERROR_SIZE, "number of terms");
  reject_adjoint ("sum_j x*y", FALSE, MONGE_ERROR_SIZE, "2 components and has 1");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gradients/first-derivatives", first_derivatives);
  g_test_add_func ("/gradients/second-derivatives", second_derivatives);
  g_test_add_func ("/gradients/the-table-has-every-operation", the_table_has_every_operation);
  g_test_add_func ("/gradients/coincident-points", coincident_points);
  g_test_add_func ("/gradients/what-is-not-there-has-derivative-zero",
                   what_is_not_there_has_derivative_zero);
  g_test_add_func ("/gradients/reject-cotangent-of-other-dimension",
                   reject_cotangent_of_other_dimension);
  g_test_add_func ("/gradients/sharing-keeps-gradients-small", sharing_keeps_gradients_small);
  g_test_add_func ("/gradients/adjoints-of-reductions", adjoints_of_reductions);
  g_test_add_func ("/gradients/adjoints-of-adjoints", adjoints_of_adjoints);
  g_test_add_func ("/gradients/adjoints-say-what-they-need", adjoints_say_what_they_need);
  return g_test_run ();
}
