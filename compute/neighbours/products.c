/* Points and queries around a common centre, ready for products: see screen.c. */
#include "compute/neighbours/search.h"

#include "compute/core/parallel.h"

#include <math.h>

/* Rounding of float32, of one operation. */
#define U 0x1p-24

typedef struct {
  const MongePanels *panels;
  MongeProducts *products;
} Job;

/* What products of this many dimensions can be off by, relative to |x|² + |y|²; see screen.c. */
static double
get_slack (guint dim)
{
  return (2.02 * dim + 8) * U;
}

static void
fill_rows (gsize begin, gsize end, guint worker, gpointer data)
{
  Job *job = data;
  MongeProducts *products = job->products;
  const guint dim = job->panels->dim;
  const double shrink = 1 - 2 * get_slack (dim);

  for (gsize panel = begin; panel < end; panel++)
    {
      const float *from = monge_panels_get (job->panels, panel);
      float *to = products->planes + panel * dim * MONGE_PANEL;
      double square[MONGE_PANEL] = { 0 };
      gsize n = MIN (job->panels->n - panel * MONGE_PANEL, MONGE_PANEL);

      for (guint d = 0; d < dim; d++)
        for (gsize l = 0; l < MONGE_PANEL; l++)
          {
            gsize at = d * MONGE_PANEL + l;

            to[at] = l < n ? (float) ((from[at] - products->centre[d]) * products->scale) : 0;
            square[l] += (double) to[at] * to[at];
          }
      for (gsize l = 0; l < MONGE_PANEL; l++)
        products->half[panel * MONGE_PANEL + l]
            = l < n ? (float) (0.5 * square[l] * shrink) : INFINITY;
    }
}

/* The mean of the points, and how far any of them is from there in a coordinate. */
static double
find_centre (const MongePanels *panels, double *centre)
{
  double largest = 0;

  for (guint d = 0; d < panels->dim; d++)
    {
      float lower = INFINITY, upper = -INFINITY;
      double sum = 0;

      for (gsize i = 0; i < panels->n; i++)
        {
          float x = monge_panels_get (panels, i / MONGE_PANEL)[d * MONGE_PANEL + i % MONGE_PANEL];

          sum += x;
          lower = MIN (lower, x);
          upper = MAX (upper, x);
        }
      centre[d] = sum / (double) panels->n;
      largest = MAX (largest, MAX (upper - centre[d], centre[d] - lower));
    }
  return largest;
}

MongeProducts *
monge_products_new (const MongePanels *panels,
                    guint n_threads,
                    MongeTask *task)
{
  MongeProducts *products = g_new0 (MongeProducts, 1);
  Job job = { panels, products };
  double largest;

  products->centre = g_new (double, panels->dim);
  largest = find_centre (panels, products->centre);
  products->scale = largest > 0 ? exp2 (-ilogb (largest) - 1) : 1;
  products->planes = g_aligned_alloc (panels->n_panels, sizeof (float) * MONGE_PANEL * panels->dim,
                                      64);
  products->half = g_aligned_alloc (panels->n_panels, sizeof (float) * MONGE_PANEL, 64);
  if (monge_parallel_rows (panels->n_panels, 64, n_threads, task, fill_rows, &job))
    return products;
  monge_products_free (products);
  return NULL;
}

void
monge_products_free (MongeProducts *products)
{
  if (products == NULL)
    return;
  g_free (products->centre);
  g_aligned_free (products->planes);
  g_aligned_free (products->half);
  g_free (products);
}

/* A query so far away that floats might overflow gets a half that lets everything pass. */
#define FAR_AWAY 0x1p60

void
monge_products_load (const MongeProducts *products,
                     guint dim,
                     MongeSearch *search)
{
  for (guint q = 0; q < MONGE_PANEL; q++)
    {
      double square = 0;

      for (guint d = 0; d < dim; d++)
        {
          double x = q < search->n ? (search->x[d * MONGE_PANEL + q] - products->centre[d])
                                     * products->scale
                                   : 0;

          search->scaled[d * MONGE_PANEL + q] = (float) CLAMP (x, -FAR_AWAY, FAR_AWAY);
          square += x * x;
        }
      search->half[q] = square < FAR_AWAY ? 0.5 * square * (1 - 2 * get_slack (dim)) : -INFINITY;
    }
}
