/* Checks that print both sides, where they part, and the tolerance; paths that tests share.
 * A NaN on either side fails every check. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* |a - b| <= tol, an absolute tolerance. */
#define monge_assert_close(a, b, tol) \
  monge_test_close (__FILE__, __LINE__, G_STRFUNC, #a " == " #b, (a), (b), (tol))

/* |a - b| <= tol |b|: relative to @b, the side that is trusted. */
#define monge_assert_close_rel(a, b, tol) \
  monge_test_close_rel (__FILE__, __LINE__, G_STRFUNC, #a " == " #b, (a), (b), (tol))

/* ‖a - b‖₂ <= tol ‖b‖₂ over @n numbers; each side is an array of float or of double. */
#define monge_assert_rel_l2(a, b, n, tol) \
  monge_test_rel_l2 (__FILE__, __LINE__, G_STRFUNC, #a " == " #b, (a), MONGE_TEST_IS_DOUBLE (a), \
                     (b), MONGE_TEST_IS_DOUBLE (b), (n), (tol))

/* max |a - b| <= tol over @n numbers; each side is an array of float or of double. */
#define monge_assert_max_abs(a, b, n, tol) \
  monge_test_max_abs (__FILE__, __LINE__, G_STRFUNC, #a " == " #b, (a), MONGE_TEST_IS_DOUBLE (a), \
                      (b), MONGE_TEST_IS_DOUBLE (b), (n), (tol))

/* The call failed with this code of MONGE_ERROR and a message containing @part; clears @error. */
#define monge_assert_error(error, domain, code, part) \
  G_STMT_START { \
    g_assert_error ((error), (domain), (code)); \
    monge_test_error (__FILE__, __LINE__, G_STRFUNC, (error), (part)); \
    g_clear_error (&(error)); \
  } G_STMT_END

/**
 * monge_test_data:
 * @name: a path below the folder of real shapes, such as "hippocampus/source.ply"
 *
 * Looks in $MONGE_TEST_DATA, else in ../shared/data beside the sources.
 * Returns: (transfer full) (nullable): the path; %NULL after g_test_skip() if there is no such file
 */
char *monge_test_data (const char *name);

/* The same for files of the sources themselves, which are always there. Transfer full. */
char *monge_test_source (const char *name);

/* A path inside a folder of this program's own, which is removed when it exits. Transfer full. */
char *monge_test_tmp_path (const char *name);

/* How many times longer than usual to wait for something: $MONGE_TEST_PATIENCE, set where sanitizers
 * slow everything down; at least 1. */
double monge_test_patience (void);

/* The backend that tests of the engine open: $MONGE_TEST_BACKEND, or "cpu". Static. */
const char *monge_test_backend (void);

#define MONGE_TEST_IS_DOUBLE(array) \
  _Generic ((array), double *: TRUE, const double *: TRUE, float *: FALSE, const float *: FALSE)

void monge_test_close (const char *file, int line, const char *func, const char *what, double a,
                       double b, double tol);
void monge_test_close_rel (const char *file, int line, const char *func, const char *what, double a,
                           double b, double tol);
void monge_test_rel_l2 (const char *file, int line, const char *func, const char *what,
                        gconstpointer a, gboolean a_is_double, gconstpointer b,
                        gboolean b_is_double, gsize n, double tol);
void monge_test_max_abs (const char *file, int line, const char *func, const char *what,
                         gconstpointer a, gboolean a_is_double, gconstpointer b,
                         gboolean b_is_double, gsize n, double tol);
void monge_test_error (const char *file, int line, const char *func, const GError *error,
                       const char *part);

G_END_DECLS
