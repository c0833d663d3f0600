#include "tests/reference.h"

#include <math.h>

double
monge_reference_distance (const double *x, const double *y, guint dim)
{
  double square = 0;

  for (guint d = 0; d < dim; d++)
    square += (x[d] - y[d]) * (x[d] - y[d]);
  return sqrt (square);
}

/* −ε log Σ_j b_j exp ((g_j − C_ij) / ε) */
static double
softmin (const double *x, const double *y, const double *b, const double *g, gsize m, guint dim,
         int p, double epsilon)
{
  double largest = -INFINITY, sum = 0;

  for (gsize j = 0; j < m; j++)
    {
      double e = (g[j] - pow (monge_reference_distance (x, y + j * dim, dim), p) / p) / epsilon;
      largest = fmax (largest, e);
    }
  for (gsize j = 0; j < m; j++)
    {
      double e = (g[j] - pow (monge_reference_distance (x, y + j * dim, dim), p) / p) / epsilon;
      sum += b[j] * exp (e - largest);
    }
  return -epsilon * (largest + log (sum));
}

static double
transport (const double *x, const double *a, gsize n, const double *y, const double *b, gsize m,
           guint dim, int p, double blur, double reach)
{
  const double epsilon = pow (blur, p), rho = pow (reach, p), lambda = 1 / (1 + epsilon / rho);
  g_autofree double *f = g_new0 (double, n), *g = g_new0 (double, m);
  double change = INFINITY, value = 0, mass = 0;

  for (int k = 0; k < 100000 && change > 1e-11; k++)
    {
      change = 0;
      for (gsize i = 0; i < n; i++)
        {
          double next = lambda * softmin (x + i * dim, y, b, g, m, dim, p, epsilon);
          change = fmax (change, fabs (next - f[i]));
          f[i] = next;
        }
      for (gsize j = 0; j < m; j++)
        g[j] = lambda * softmin (y + j * dim, x, a, f, n, dim, p, epsilon);
    }
  for (gsize i = 0; i < n; i++)
    for (gsize j = 0; j < m; j++)
      {
        double cost = pow (monge_reference_distance (x + i * dim, y + j * dim, dim), p) / p;
        mass += a[i] * b[j] * exp ((f[i] + g[j] - cost) / epsilon);
      }
  for (gsize i = 0; i < n; i++)
    value += a[i] * (isinf (rho) ? f[i] : -rho * expm1 (-f[i] / rho));
  for (gsize j = 0; j < m; j++)
    value += b[j] * (isinf (rho) ? g[j] : -rho * expm1 (-g[j] / rho));
  return value - epsilon * (mass - 1);
}

double
monge_reference_sinkhorn (const double *x, const double *a, gsize n, const double *y,
                          const double *b, gsize m, guint dim, int p, double blur, double reach,
                          gboolean debias)
{
  double value = transport (x, a, n, y, b, m, dim, p, blur, reach);

  if (debias)
    value -= 0.5 * transport (x, a, n, x, a, n, dim, p, blur, reach)
             + 0.5 * transport (y, b, m, y, b, m, dim, p, blur, reach);
  return value;
}

static double
kernel_value (const char *kernel, double distance, double blur)
{
  if (g_str_equal (kernel, "gaussian"))
    return exp (-distance * distance / (2 * blur * blur));
  if (g_str_equal (kernel, "laplacian"))
    return exp (-distance / blur);
  g_assert_cmpstr (kernel, ==, "energy");
  return -distance;
}

static double
kernel_product (const char *kernel, const double *x, const double *a, gsize n, const double *y,
                const double *b, gsize m, guint dim, double blur)
{
  double total = 0;

  for (gsize i = 0; i < n; i++)
    for (gsize j = 0; j < m; j++)
      total += a[i] * b[j]
               * kernel_value (kernel, monge_reference_distance (x + i * dim, y + j * dim, dim),
                               blur);
  return total;
}

double
monge_reference_kernel_norm (const char *kernel, const double *x, const double *a, gsize n,
                             const double *y, const double *b, gsize m, guint dim, double blur)
{
  return 0.5 * kernel_product (kernel, x, a, n, x, a, n, dim, blur)
         + 0.5 * kernel_product (kernel, y, b, m, y, b, m, dim, blur)
         - kernel_product (kernel, x, a, n, y, b, m, dim, blur);
}
