/* The checks themselves: what they accept, and that they can fail. */
#include "tests/util.h"

#include <math.h>

static const float a[] = { 1, 2, 3 };
static const double b[] = { 1, 2, 3.003 };
static const float with_nan[] = { 1, NAN, 3 };

static void
test_accept (void)
{
  monge_assert_close (1.0, 1.001, 0.002);
  monge_assert_close_rel (1000.0, 1001.0, 0.002);
  monge_assert_rel_l2 (a, b, G_N_ELEMENTS (a), 1e-3);
  monge_assert_max_abs (a, b, G_N_ELEMENTS (a), 4e-3);
}

static void
check_failing (gconstpointer which)
{
  if (g_test_subprocess ())
    {
      switch (GPOINTER_TO_INT (which))
        {
        case 0:
          monge_assert_close (1.0, 1.01, 0.002);
          break;
        case 1:
          monge_assert_close ((double) NAN, 1.0, 10);
          break;
        case 2:
          monge_assert_rel_l2 (a, b, 3, 1e-4);
          break;
        case 3:
          monge_assert_rel_l2 (with_nan, b, 3, 10);
          break;
        case 4:
          monge_assert_max_abs (with_nan, b, 3, 10);
          break;
        default:
          monge_assert_max_abs (a, b, 3, 2e-3);
        }
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*tolerance*");
}

static void
test_tmp_path (void)
{
  g_autofree char *path = monge_test_tmp_path ("some file");
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, "x", 1, &error);
  g_assert_no_error (error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/util/accept", test_accept);
  g_test_add_data_func ("/util/fail/close", GINT_TO_POINTER (0), check_failing);
  g_test_add_data_func ("/util/fail/close_nan", GINT_TO_POINTER (1), check_failing);
  g_test_add_data_func ("/util/fail/rel_l2", GINT_TO_POINTER (2), check_failing);
  g_test_add_data_func ("/util/fail/rel_l2_nan", GINT_TO_POINTER (3), check_failing);
  g_test_add_data_func ("/util/fail/max_abs_nan", GINT_TO_POINTER (4), check_failing);
  g_test_add_data_func ("/util/fail/max_abs", GINT_TO_POINTER (5), check_failing);
  g_test_add_func ("/util/tmp_path", test_tmp_path);
  return g_test_run ();
}
