/* K nearest neighbours: build and query, compared with a full sort in float64 on some rows. */
#include "app/bench-private.h"

#include "compute/neighbours/neighbours.h"

#include <math.h>
#include <stdlib.h>

#define K 10
#define N_CHECKED 200

typedef struct {
  MongeBench *bench;
  float *points;
  gsize n;
  guint dim;
  gint32 *index;
  float *square;
} Search;

static void
search_clear (Search *search)
{
  g_free (search->points);
  g_free (search->index);
  g_free (search->square);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Search, search_clear)

static gboolean
build_and_find (gpointer data, GError **error)
{
  Search *search = data;
  MongeTask *task = search->bench->task;
  const guint n_threads = monge_backend_get_n_threads (search->bench->backend);
  g_autoptr (MongeNeighbours) neighbours = NULL;

  neighbours = monge_neighbours_new (search->points, search->n, search->dim, n_threads, task,
                                     error);
  return neighbours != NULL
         && monge_neighbours_find (neighbours, search->points, search->n, K, FALSE, search->index,
                                   search->square, n_threads, task, error);
}

static double
find_distance (const Search *search, gsize i, gsize j)
{
  const float *x = search->points + i * search->dim, *y = search->points + j * search->dim;
  double square = 0;

  for (guint d = 0; d < search->dim; d++)
    square += ((double) x[d] - (double) y[d]) * ((double) x[d] - (double) y[d]);
  return sqrt (square);
}

static int
compare_doubles (const void *a, const void *b)
{
  const double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

/* By how much the distance to a neighbour found exceeds that to the true one, relative. */
static double
measure_row (const Search *search, gsize i, double *all)
{
  double worst = 0;

  for (gsize j = 0; j < search->n; j++)
    all[j] = find_distance (search, i, j);
  qsort (all, search->n, sizeof *all, compare_doubles);
  for (guint k = 0; k < K; k++)
    {
      double found = find_distance (search, i, (gsize) search->index[i * K + k]);

      worst = fmax (worst, fabs (found - all[k]) / (all[k] > 0 ? all[k] : all[K]));
    }
  return worst;
}

gboolean
monge_bench_run_neighbours (MongeBench *bench, const MongeBenchCase *of, MongeBenchRow *row,
                            GError **error)
{
  g_auto (Search) search = {
    .bench = bench,
    .n = of->n,
    .dim = of->dim,
    .points = monge_bench_make_uniform (of->n, of->dim, 1),
    .index = g_new (gint32, of->n * K),
    .square = g_new (float, of->n * K),
  };
  g_autofree double *all = g_new (double, of->n);

  if (!monge_bench_time (bench, row, build_and_find, NULL, &search, error))
    return FALSE;
  row->error = 0;
  row->error_of = "distance";
  for (gsize k = 0; k < N_CHECKED; k++)
    row->error = fmax (row->error, measure_row (&search, k * of->n / N_CHECKED, all));
  return TRUE;
}
