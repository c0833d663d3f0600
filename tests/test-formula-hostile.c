/* Texts made to hurt, and formulas as large as they get: bounded time, memory and stack. */
#include "tests/fuzz/any-text.h"
#include "tests/util.h"

static char *
repeat (const char *before, const char *text, gsize n, const char *after)
{
  GString *all = g_string_new (before);

  for (gsize k = 0; k < n; k++)
    g_string_append (all, text);
  g_string_append (all, after);
  return g_string_free (all, FALSE);
}

/* Each in bounded time and stack; most are refused. */
static void
test_hostile (void)
{
  static const struct {
    const char *before, *text;
    gsize n;
    const char *after;
  } texts[] = {
    { "", "(", 1000000, "" },          { "", "[", 1000000, "" },
    { "", "-", 1000000, "f" },         { "f", "^f", 100000, "" },
    { "f", "^-f", 100000, "" },        { "", "f?", 100000, "f" },
    { "", "f?f:", 50000, "f" },        { "", "sin(", 100000, "f" },
    { "x", "[0:3]", 30000, "" },       { "f", " + x[0]*f", 10000, "" },
    { "", "[x,", 150, "x" },           { "f", "*(1+f*g)", 12000, "" },
    { "sum_j ", "sum_j ", 10000, "" }, { "", "9", 100000, "" },
    { "0.", "0", 100000, "1" },        { "1e", "9", 100000, "" },
    { "", "f", 100000, "" },           { "f", "(f", 100000, "" },
    { "f", " ", 1000000, "" },         { "f", "\n", 100000, "$" },
    { "f", "\xe2\x88\x92", 10000, "" }, { "f", "\xe2", 10000, "" },
    { "kmin_j(", "(", 1000, "" },      { "0*", "outer([A,A,A],[A,A,A])+0*", 500, "f" },
  };

  for (guint k = 0; k < G_N_ELEMENTS (texts); k++)
    {
      g_autofree char *text = repeat (texts[k].before, texts[k].text, texts[k].n, texts[k].after);
      gint64 start = g_get_monotonic_time ();

      any_text_check (text);
      g_test_message ("text %u: %.3f s", k, (g_get_monotonic_time () - start) * 1e-6);
    }
}

/* 100,000 bytes of terms that differ, and a tower of them. */
static void
test_long (void)
{
  g_autoptr (GString) sum = g_string_new ("f"), tower = g_string_new ("f");

  for (guint k = 0; k < 8000; k++)
    g_string_append_printf (sum, " + sin(f*%u)", k);
  any_text_check (sum->str);
  for (guint k = 0; k < 180; k++)
    {
      g_string_prepend (tower, "sin(");
      g_string_append_printf (tower, ")*cos(f+%u)", k);
    }
  any_text_check (tower->str);
}

static void
test_all_bytes (void)
{
  for (guint a = 1; a < 256; a++)
    {
      char one[] = { a, 0 }, around[] = { 'f', a, 'g', 0 }, two[] = { 'f', a, a, 'g', 0 };

      any_text_check (one);
      any_text_check (around);
      any_text_check (two);
    }
}

/* What the fuzzer starts from and what it has found; also cut short, and with bytes changed. */
static void
test_corpus (void)
{
  g_autofree char *folder = monge_test_source ("tests/fuzz/corpus-formula");
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  const char *name;
  guint n = 0;

  g_assert_nonnull (dir);
  for (; (name = g_dir_read_name (dir)) != NULL; n++)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL), *text = NULL;

      g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
      any_text_check (text);
      for (guint k = 0; k < 10; k++)
        {
          g_autofree char *changed = g_strdup (text);
          gsize length = strlen (text), at = g_rand_int_range (random, 0, MAX (1, length));

          changed[at] = k < 5 ? '\0' : g_rand_int_range (random, 1, 256);
          any_text_check (changed);
        }
    }
  g_assert_cmpuint (n, >=, 20);
}

/* Printing writes shared branches out again and again: it stops. */
static void
test_print_bounded (void)
{
  MongeFormulaPool *pool = any_text_pool_new ();
  const MongeFormula *f = monge_formula_parse (pool, "f", NULL);
  g_autofree char *text = NULL;

  for (guint k = 0; k < 100; k++)
    f = monge_formula_call (pool, "+", NULL, monge_formula_call (pool, "sin", NULL, f, NULL),
                            monge_formula_call (pool, "cos", NULL, f, NULL), NULL);
  text = monge_formula_print (f);
  g_assert_cmpuint (strlen (text), <, 2 << 20);
  monge_formula_pool_free (pool);
}

/* A pool that is full says so, and so does a formula that is deep. */
static void
test_limits (void)
{
  MongeFormulaPool *pool = any_text_pool_new ();
  const MongeFormula *f = monge_formula_parse (pool, "f", NULL), *deep = f;
  g_autoptr (GError) error = NULL;

  while (deep != NULL)
    {
      f = deep;
      deep = monge_formula_call (pool, "sin", &error, f, NULL);
    }
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "2000 operations on one another");
  for (guint k = 0; error == NULL; k++)
    monge_formula_call (pool, "^", &error, monge_formula_parse (pool, "f", NULL),
                        monge_formula_constant (pool, k + 0.123), NULL);
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "too long: more than 100000");
  g_assert_null (monge_formula_parse (pool, "f + 17", &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "too long");
  monge_formula_pool_free (pool);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hostile/repeated", test_hostile);
  g_test_add_func ("/hostile/long", test_long);
  g_test_add_func ("/hostile/all-bytes", test_all_bytes);
  g_test_add_func ("/hostile/corpus", test_corpus);
  g_test_add_func ("/hostile/print-bounded", test_print_bounded);
  g_test_add_func ("/hostile/limits", test_limits);
  return g_test_run ();
}
