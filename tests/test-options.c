/* Option tables: text → field → text, ranges, names. */
#include "compute/core/options.h"

#include "tests/util.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

typedef struct {
  double blur;
  double reach;
  int steps;
  gboolean debias;
  const char *model;
} Params;

static const char *const models[] = { "free", "rigid", "affine", NULL };

static const MongeOption table[] = {
  { "blur", "Blur", "length", MONGE_OPTION_DOUBLE, offsetof (Params, blur), 1e-9, 1e9, TRUE },
  { "reach", "Reach", "length", MONGE_OPTION_DOUBLE, offsetof (Params, reach), 1e-9, INFINITY },
  { "steps", "Steps", "", MONGE_OPTION_INT, offsetof (Params, steps), 1, 1000 },
  { "debias", "Debias", "", MONGE_OPTION_BOOL, offsetof (Params, debias), 0, 1 },
  { "model", "Model", "", MONGE_OPTION_CHOICE, offsetof (Params, model), 0, 0, FALSE, models },
  { NULL },
};

static void
set (Params *params,
     const char *key,
     const char *text)
{
  g_autoptr (GError) error = NULL;

  monge_option_parse (monge_option_find (table, key), text, params, &error);
  g_assert_no_error (error);
}

static void
refuse (const char *key,
        const char *text,
        int code,
        const char *part)
{
  GError *error = NULL;
  Params params = { 1.0, INFINITY, 7, TRUE, models[0] };
  Params before = params;

  g_assert_false (monge_option_parse (monge_option_find (table, key), text, &params, &error));
  g_assert_true (monge_options_equal (table, &params, &before));
  g_assert_nonnull (strstr (error->message, key));
  monge_assert_error (error, MONGE_ERROR, code, part);
}

static void
test_parse (void)
{
  Params params = { 1.0, 2.0, 3, TRUE, models[0] };

  set (&params, "blur", "0.1");
  set (&params, "reach", "inf");
  set (&params, "steps", "12");
  set (&params, "debias", "no");
  set (&params, "model", "affine");
  g_assert_true (params.blur == 0.1);
  g_assert_true (isinf (params.reach));
  g_assert_cmpint (params.steps, ==, 12);
  g_assert_false (params.debias);
  g_assert_true (params.model == models[2]);
}

static void
test_refuse (void)
{
  refuse ("blur", "", MONGE_ERROR_SIZE, "1e-09");
  refuse ("blur", "1mm", MONGE_ERROR_SIZE, "1mm");
  refuse ("blur", "-1", MONGE_ERROR_SIZE, "-1");
  refuse ("blur", "0", MONGE_ERROR_SIZE, "from");
  refuse ("blur", "nan", MONGE_ERROR_SIZE, "number");
  refuse ("blur", "inf", MONGE_ERROR_SIZE, "1e+09");
  refuse ("reach", "-inf", MONGE_ERROR_SIZE, "to inf");
  refuse ("steps", "2.5", MONGE_ERROR_SIZE, "whole number");
  refuse ("steps", "1001", MONGE_ERROR_SIZE, "1000");
  refuse ("steps", "99999999999999", MONGE_ERROR_SIZE, "1000");
  refuse ("debias", "maybe", MONGE_ERROR_SIZE, "true or false");
  refuse ("model", "fre", MONGE_ERROR_NAME, "free, rigid, affine");
}

static void
test_round_trip (void)
{
  static const double values[] = { 0.1, 1.0 / 3.0, 1e-9, 123456789.123456789, 5e-5, 2.0, 0.05 };

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      Params params = { values[i], 1.0, (int) i + 1, i % 2 == 0, models[i % 3] };
      Params other = { 7.0, INFINITY, 999, i % 2 == 1, models[(i + 1) % 3] };

      for (const MongeOption *option = table; option->key != NULL; option++)
        {
          g_autofree char *text = monge_option_print (option, &params);
          set (&other, option->key, text);
        }
      g_assert_true (monge_options_equal (table, &params, &other));
    }
}

static void
test_print_short (void)
{
  Params params = { 0.1, INFINITY, 3, TRUE, models[0] };
  g_autofree char *blur = monge_option_print (&table[0], &params);
  g_autofree char *reach = monge_option_print (&table[1], &params);

  g_assert_cmpstr (blur, ==, "0.1");
  g_assert_cmpstr (reach, ==, "inf");
}

static void
test_numbers (void)
{
  Params params = { 0.1, INFINITY, 3, TRUE, models[0] };

  monge_option_set_number (&table[0], &params, -4.0);
  g_assert_true (params.blur == 1e-9);
  monge_option_set_number (&table[1], &params, INFINITY);
  g_assert_true (isinf (params.reach));
  monge_option_set_number (&table[2], &params, 1e30);
  g_assert_cmpint (params.steps, ==, 1000);
  monge_option_set_number (&table[2], &params, 2.6);
  g_assert_cmpint (params.steps, ==, 3);
  monge_option_set_number (&table[3], &params, 0.0);
  g_assert_false (params.debias);
  monge_option_set_number (&table[4], &params, 17.0);
  g_assert_true (params.model == models[2]);
  g_assert_true (monge_option_get_number (&table[4], &params) == 2.0);
}

/* Texts lie in the struct itself, which can be copied. */
static void
test_texts (void)
{
  typedef struct {
    char name[MONGE_OPTION_TEXT_SIZE];
  } Named;
  static const MongeOption names[] = {
    { "name", "Name", "", MONGE_OPTION_TEXT, offsetof (Named, name), 0, 0, FALSE, NULL, "" },
    { NULL },
  };
  g_autofree char *longest = g_strnfill (MONGE_OPTION_TEXT_SIZE - 1, 'a');
  g_autofree char *longer = g_strnfill (MONGE_OPTION_TEXT_SIZE, 'a'), *printed = NULL;
  Named a = { "" }, b;
  g_autoptr (GError) error = NULL;

  g_assert_true (monge_option_parse (names, longest, &a, NULL));
  b = a;
  printed = monge_option_print (names, &b);
  g_assert_cmpstr (printed, ==, longest);
  g_assert_true (monge_options_equal (names, &a, &b));
  g_assert_true (monge_option_parse (names, "ä", &a, NULL));
  g_assert_false (monge_options_equal (names, &a, &b));
  g_assert_false (monge_option_parse (names, longer, &a, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "at most 127 bytes");
  g_assert_false (monge_option_parse (names, "\xff", &a, NULL));
  g_assert_cmpstr (a.name, ==, "ä");
}

static void
test_unknown (void)
{
  g_assert_null (monge_option_find (table, "blurred"));
  g_assert_null (monge_option_find (table, ""));
  g_assert_true (monge_option_find (table, "model") == &table[4]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/options/parse", test_parse);
  g_test_add_func ("/options/refuse", test_refuse);
  g_test_add_func ("/options/round_trip", test_round_trip);
  g_test_add_func ("/options/print_short", test_print_short);
  g_test_add_func ("/options/numbers", test_numbers);
  g_test_add_func ("/options/texts", test_texts);
  g_test_add_func ("/options/unknown", test_unknown);
  return g_test_run ();
}
