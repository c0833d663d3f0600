#include "tests/util.h"

#include <glib/gstdio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static char *tmp_dir;

G_GNUC_PRINTF (4, 5)
static void
fail (const char *file, int line, const char *func, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *message = g_strdup_vprintf (format, args);
  va_end (args);
  g_assertion_message (G_LOG_DOMAIN, file, line, func, message);
}

void
monge_test_close (const char *file, int line, const char *func, const char *what, double a,
                  double b, double tol)
{
  if (!(fabs (a - b) <= tol))
    fail (file, line, func, "%s: %.9g and %.9g differ by %.3g, tolerance %.3g", what, a, b,
          fabs (a - b), tol);
}

void
monge_test_close_rel (const char *file, int line, const char *func, const char *what, double a,
                      double b, double tol)
{
  if (!(fabs (a - b) <= tol * fabs (b)))
    fail (file, line, func, "%s: %.9g and %.9g differ by %.3g relative, tolerance %.3g", what, a, b,
          fabs (a - b) / fabs (b), tol);
}

static double
get (gconstpointer array, gboolean is_double, gsize i)
{
  return is_double ? ((const double *) array)[i] : (double) ((const float *) array)[i];
}

/* What two arrays look like side by side. A difference that is not a number counts as the worst. */
typedef struct {
  double difference; /* L2 norm of a - b */
  double norm;       /* L2 norm of b */
  double worst;      /* max |a - b| */
  gsize where;       /* its index */
} Comparison;

static Comparison
compare (gconstpointer a, gboolean a_is_double, gconstpointer b, gboolean b_is_double, gsize n)
{
  Comparison c = { 0, 0, 0, 0 };

  for (gsize i = 0; i < n; i++)
    {
      double y = get (b, b_is_double, i);
      double d = fabs (get (a, a_is_double, i) - y);

      c.difference += d * d;
      c.norm += y * y;
      if (!(d <= c.worst) && !isnan (c.worst))
        {
          c.worst = d;
          c.where = i;
        }
    }
  c.difference = sqrt (c.difference);
  c.norm = sqrt (c.norm);
  return c;
}

void
monge_test_rel_l2 (const char *file, int line, const char *func, const char *what, gconstpointer a,
                   gboolean a_is_double, gconstpointer b, gboolean b_is_double, gsize n, double tol)
{
  Comparison c = compare (a, a_is_double, b, b_is_double, n);

  if (!(c.difference <= tol * c.norm))
    fail (file, line, func,
          "%s: relative L2 difference %.3g, tolerance %.3g; worst of %" G_GSIZE_FORMAT
          " at [%" G_GSIZE_FORMAT "]: %.9g and %.9g",
          what, c.difference / c.norm, tol, n, c.where, get (a, a_is_double, c.where),
          get (b, b_is_double, c.where));
}

void
monge_test_max_abs (const char *file, int line, const char *func, const char *what, gconstpointer a,
                    gboolean a_is_double, gconstpointer b, gboolean b_is_double, gsize n,
                    double tol)
{
  Comparison c = compare (a, a_is_double, b, b_is_double, n);

  if (!(c.worst <= tol))
    fail (file, line, func,
          "%s: differ by %.3g, tolerance %.3g, at [%" G_GSIZE_FORMAT "] of %" G_GSIZE_FORMAT
          ": %.9g and %.9g",
          what, c.worst, tol, c.where, n, get (a, a_is_double, c.where),
          get (b, b_is_double, c.where));
}

void
monge_test_error (const char *file, int line, const char *func, const GError *error,
                  const char *part)
{
  if (strstr (error->message, part) == NULL)
    fail (file, line, func, "the message “%s” does not mention “%s”", error->message, part);
}

char *
monge_test_source (const char *name)
{
  return g_build_filename (MONGE_TEST_SOURCE_ROOT, name, NULL);
}

char *
monge_test_data (const char *name)
{
  const char *folder = g_getenv ("MONGE_TEST_DATA");
  char *path;

  if (folder != NULL)
    path = g_build_filename (folder, name, NULL);
  else
    path = g_build_filename (MONGE_TEST_SOURCE_ROOT, "..", "shared", "data", name, NULL);
  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return path;
  g_autofree char *message = g_strdup_printf ("no %s; name its folder in MONGE_TEST_DATA", path);
  g_test_skip (message);
  g_free (path);
  return NULL;
}

double
monge_test_patience (void)
{
  const char *patience = g_getenv ("MONGE_TEST_PATIENCE");

  return patience != NULL ? MAX (g_ascii_strtod (patience, NULL), 1.0) : 1.0;
}

const char *
monge_test_backend (void)
{
  const char *name = g_getenv ("MONGE_TEST_BACKEND");

  return name != NULL && *name != 0 ? name : "cpu";
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR) && !g_file_test (child, G_FILE_TEST_IS_SYMLINK))
        remove_tree (child);
      else
        g_unlink (child);
    }
  g_rmdir (path);
}

static void
remove_tmp_dir (void)
{
  remove_tree (tmp_dir);
  g_clear_pointer (&tmp_dir, g_free);
}

char *
monge_test_tmp_path (const char *name)
{
  if (tmp_dir == NULL)
    {
      g_autoptr (GError) error = NULL;

      tmp_dir = g_dir_make_tmp ("monge-test-XXXXXX", &error);
      g_assert_no_error (error);
      atexit (remove_tmp_dir);
    }
  return g_build_filename (tmp_dir, name, NULL);
}
