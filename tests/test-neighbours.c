#include "compute/core/random.h"
#include "compute/neighbours/neighbours.h"
#include "tests/util.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- the truth: a full sort --- */

typedef struct {
  float square;
  gint32 index;
} Hit;

static int
compare_hits (gconstpointer a, gconstpointer b)
{
  const Hit *x = a, *y = b;

  if (x->square != y->square)
    return x->square < y->square ? -1 : 1;
  return x->index < y->index ? -1 : x->index > y->index;
}

/* Every operation rounded to float, in order of d; volatile, so that none are fused. */
static float
get_square (const float *x, const float *y, guint dim)
{
  float sum = 0;

  for (guint d = 0; d < dim; d++)
    {
      float gap = x[d] - y[d];
      volatile float square = gap * gap;

      sum = d == 0 ? square : sum + square;
    }
  return sum;
}

static gsize
sort_hits (const float *points, gsize m, const float *query, guint dim, gint32 self, Hit *hits)
{
  gsize n = 0;

  for (gsize j = 0; j < m; j++)
    if ((gint32) j != self)
      hits[n++] = (Hit){ get_square (query, points + j * dim, dim), (gint32) j };
  qsort (hits, n, sizeof *hits, compare_hits);
  return n;
}

/* --- points --- */

typedef enum {
  UNIFORM,
  SPHERE,   /* a surface */
  GRID,     /* whole numbers: many ties */
  COPIES,   /* few places, many points each */
  ONE,      /* all at one place */
  LINE,     /* along a skew line */
  CLUSTERS, /* dense knots far apart, and strays */
  FAR,      /* unit spread, a million away */
  TINY,     /* squares that underflow */
  HUGE_,    /* squares that overflow */
  MIXED,    /* scales from 1e-20 to 1e20 in one shape */
  N_KINDS,
} Kind;

static const char *const kind_names[N_KINDS] = {
  "uniform", "sphere", "grid", "copies", "one place", "line", "clusters", "far", "tiny", "huge",
  "mixed",
};

static void
fill_point (MongeRandom *random, Kind kind, guint dim, gsize i, float *x)
{
  double length = 0, t = monge_random_uniform (random) - 0.5;
  double scale = kind == TINY ? 1e-22 : kind == HUGE_ ? 3e38 : 1;

  for (guint d = 0; d < dim; d++)
    {
      double u = monge_random_uniform (random) - 0.5;

      x[d] = (float) (scale * u);
      if (kind == GRID)
        x[d] = (float) floor (7 * u);
      else if (kind == COPIES)
        x[d] = (float) ((i % 5) * (d + 1));
      else if (kind == ONE)
        x[d] = 3;
      else if (kind == LINE)
        x[d] = (float) (t * (d + 1));
      else if (kind == CLUSTERS)
        x[d] = (float) (i % 97 == 0 ? 1e4 * u : 1e-3 * u + 100.0 * ((i % 7) * (d % 3 + 1.0)));
      else if (kind == FAR)
        x[d] = (float) (u + 1e6);
      else if (kind == MIXED)
        x[d] = (float) (u * pow (10, -20 + 40 * (t + 0.5)));
      length += u * u;
    }
  for (guint d = 0; d < dim && kind == SPHERE; d++)
    x[d] = (float) (x[d] / sqrt (length));
}

static float *
make_points (guint64 seed, Kind kind, gsize n, guint dim)
{
  MongeRandom random;
  float *points = g_new (float, n * dim + 1);

  monge_random_init (&random, seed);
  for (gsize i = 0; i < n; i++)
    fill_point (&random, kind, dim, i, points + i * dim);
  return points;
}

/* --- exactness --- */

#define GUARD 12345

static void
check_nearest (const float *points, gsize m, const float *queries, gsize n, guint dim, guint k,
               gboolean exclude_self, const char *what)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeNeighbours) neighbours = monge_neighbours_new (points, m, dim, 2, NULL, &error);
  g_autofree gint32 *index = g_new (gint32, n * k + 1);
  g_autofree float *square = g_new (float, n * k + 1);
  g_autofree Hit *hits = g_new (Hit, m);

  g_assert_no_error (error);
  index[n * k] = GUARD;
  square[n * k] = GUARD;
  g_assert_true (monge_neighbours_find (neighbours, queries, n, k, exclude_self, index, square, 2,
                                        NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (index[n * k], ==, GUARD);
  g_assert_true (square[n * k] == GUARD);
  for (gsize i = 0; i < n; i += n * m > 20000 ? 13 : 1) /* sorting takes long */
    {
      gsize n_hits = sort_hits (points, m, queries + i * dim, dim, exclude_self ? (gint32) i : -1,
                                hits);

      for (gsize r = 0; r < k; r++)
        {
          Hit want = r < n_hits ? hits[r] : (Hit){ INFINITY, -1 };
          gsize at = i * k + r;

          if (index[at] != want.index || !(square[at] == want.square))
            g_error ("%s, D = %u, m = %zu, n = %zu, K = %u: neighbour %zu of %zu is %d at %.9g, "
                     "not %d at %.9g", what, dim, m, n, k, r, i, index[at], square[at], want.index,
                     want.square);
        }
    }
}

static const guint dims[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 16, 17, 50, 100 };

static void
test_within_itself (gconstpointer data)
{
  Kind kind = GPOINTER_TO_UINT (data);
  const gsize sizes[] = { 1, 2, 15, 16, 17, 33, 257, 600 };

  for (guint d = 0; d < G_N_ELEMENTS (dims); d++)
    for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
      {
        g_autofree float *points = make_points (s, kind, sizes[s], dims[d]);

        check_nearest (points, sizes[s], points, sizes[s], dims[d], 10, TRUE, kind_names[kind]);
        if (sizes[s] < 100)
          check_nearest (points, sizes[s], points, sizes[s], dims[d], 7, FALSE, kind_names[kind]);
      }
}

static void
test_between_two (gconstpointer data)
{
  Kind kind = GPOINTER_TO_UINT (data);
  const gsize sizes[] = { 1, 31, 300 };

  for (guint d = 0; d < G_N_ELEMENTS (dims); d++)
    for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
      for (guint other = 0; other < N_KINDS; other += 3)
        {
          g_autofree float *points = make_points (s, kind, 500, dims[d]);
          g_autofree float *queries = make_points (s + 9, other, sizes[s], dims[d]);

          check_nearest (points, 500, queries, sizes[s], dims[d], 5, FALSE, kind_names[kind]);
        }
}

static void
test_counts_of_neighbours (void)
{
  const guint ks[] = { 1, 2, 7, 8, 9, 16, 17, 32, 33, 100, 400, 1024 };
  const guint some_dims[] = { 2, 3, 5, 20, 50 };

  for (guint d = 0; d < G_N_ELEMENTS (some_dims); d++)
    for (guint i = 0; i < G_N_ELEMENTS (ks); i++)
      for (guint kind = 0; kind <= GRID; kind += GRID)
        {
          g_autofree float *points = make_points (i, kind, 450, some_dims[d]);

          check_nearest (points, 450, points, 450, some_dims[d], ks[i], TRUE, kind_names[kind]);
          check_nearest (points, 450, points, 40, some_dims[d], ks[i], FALSE, kind_names[kind]);
        }
}

static void
test_larger (void)
{
  const guint some_dims[] = { 2, 3, 12, 50 };

  for (guint d = 0; d < G_N_ELEMENTS (some_dims); d++)
    for (guint kind = 0; kind < N_KINDS; kind++)
      {
        g_autofree float *points = make_points (kind, kind, 9000, some_dims[d]);
        g_autofree float *queries = make_points (kind + 1, kind, 70, some_dims[d]);

        check_nearest (points, 9000, queries, 70, some_dims[d], 10, FALSE, kind_names[kind]);
      }
}

/* Enough queries for the tree to be tried in many dimensions: it is right for a line. */
static void
test_tree_or_products (void)
{
  const guint some_dims[] = { 6, 12, 50 };

  for (guint d = 0; d < G_N_ELEMENTS (some_dims); d++)
    for (guint kind = 0; kind < N_KINDS; kind++)
      {
        g_autofree float *points = make_points (kind, kind, 1300, some_dims[d]);

        check_nearest (points, 1300, points, 1300, some_dims[d], 10, TRUE, kind_names[kind]);
      }
}

static void
test_many_copies_are_fast (void)
{
  const gsize n = 40000;
  g_autofree float *points = make_points (0, ONE, n, 3);
  g_autofree gint32 *index = g_new (gint32, n * 4);
  g_autoptr (MongeNeighbours) neighbours = monge_neighbours_new (points, n, 3, 2, NULL, NULL);
  gint64 start = g_get_monotonic_time ();

  g_assert_true (monge_neighbours_find (neighbours, points, n, 4, TRUE, index, NULL, 2, NULL, NULL));
  for (gsize i = 0; i < n; i++)
    for (gint32 r = 0; r < 4; r++)
      g_assert_cmpint (index[i * 4 + (gsize) r], ==, r + (r >= (gint32) i));
  g_assert_cmpfloat ((g_get_monotonic_time () - start) * 1e-6, <, 2 * monge_test_patience ());
}

static void
test_same_for_any_threads (void)
{
  const gsize n = 3000;
  g_autofree float *points = make_points (3, GRID, n, 3);
  g_autofree gint32 *one = g_new (gint32, n * 9);

  for (guint threads = 1; threads < 5; threads++)
    {
      g_autoptr (MongeNeighbours) neighbours = monge_neighbours_new (points, n, 3, threads, NULL,
                                                                     NULL);
      g_autofree gint32 *index = g_new (gint32, n * 9);

      g_assert_true (monge_neighbours_find (neighbours, points, n, 9, TRUE, index, NULL, threads,
                                            NULL, NULL));
      if (threads == 1)
        memcpy (one, index, n * 9 * sizeof *index);
      g_assert_cmpmem (one, n * 9 * sizeof *one, index, n * 9 * sizeof *index);
    }
}

/* --- radius --- */

static void
check_within (const float *points, gsize m, const float *queries, gsize n, guint dim, double radius,
              gboolean exclude_self, const char *what)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeNeighbours) neighbours = monge_neighbours_new (points, m, dim, 2, NULL, &error);
  g_autoptr (MongeEdges) edges = monge_neighbours_find_within (neighbours, queries, n, radius,
                                                               exclude_self, m * n, 2, NULL, &error);
  g_autofree Hit *hits = g_new (Hit, m);

  g_assert_no_error (error);
  g_assert_cmpuint (edges->n, ==, n);
  g_assert_cmpuint (edges->first[0], ==, 0);
  for (gsize i = 0; i < n; i += n > 100 ? 7 : 1)
    {
      gsize n_hits = sort_hits (points, m, queries + i * dim, dim, exclude_self ? (gint32) i : -1,
                                hits);
      gsize first = edges->first[i], n_found = edges->first[i + 1] - first;

      while (n_hits > 0 && !(hits[n_hits - 1].square <= radius * radius))
        n_hits--;
      if (n_found != n_hits)
        g_error ("%s, D = %u: query %zu has %zu within %g, not %zu", what, dim, i, n_found, radius,
                 n_hits);
      for (gsize e = 0; e < n_hits; e++)
        if (edges->index[first + e] != hits[e].index
            || !(edges->square[first + e] == hits[e].square))
          g_error ("%s, D = %u: neighbour %zu of %zu is %d, not %d", what, dim, e, i,
                   edges->index[first + e], hits[e].index);
    }
}

static void
test_within (void)
{
  const guint some_dims[] = { 1, 2, 3, 6, 20, 50 };
  const double radii[] = { 0, 1e-22, 0.1, 1, sqrt (3), 1e6, 1e20, INFINITY };

  for (guint d = 0; d < G_N_ELEMENTS (some_dims); d++)
    for (guint r = 0; r < G_N_ELEMENTS (radii); r++)
      for (guint kind = 0; kind < N_KINDS; kind++)
        {
          g_autofree float *points = make_points (r, kind, 200, some_dims[d]);

          check_within (points, 200, points, 200, some_dims[d], radii[r], TRUE, kind_names[kind]);
          check_within (points, 200, points, 20, some_dims[d], radii[r], FALSE, kind_names[kind]);
        }
}

static void
test_refuse_too_many_edges (void)
{
  g_autofree float *points = make_points (0, UNIFORM, 100, 3);
  g_autoptr (MongeNeighbours) neighbours = monge_neighbours_new (points, 100, 3, 1, NULL, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeEdges) edges = NULL;

  g_assert_null (monge_neighbours_find_within (neighbours, points, 100, 10, TRUE, 9899, 1, NULL,
                                               &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "9900 pairs within 10");
  edges = monge_neighbours_find_within (neighbours, points, 100, 10, TRUE, 9900, 1, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (edges->first[100], ==, 9900);
}

/* --- refusals --- */

static void
test_name_what_is_not_finite (void)
{
  const float bad[] = { NAN, INFINITY, -INFINITY };

  for (guint b = 0; b < G_N_ELEMENTS (bad); b++)
    for (guint dim = 2; dim <= 50; dim += 24)
      {
        g_autofree float *points = make_points (b, UNIFORM, 9000, dim);
        g_autofree gint32 *index = g_new (gint32, 9000 * 2);
        g_autoptr (MongeNeighbours) neighbours = monge_neighbours_new (points, 100, dim, 2, NULL,
                                                                       NULL);
        g_autoptr (GError) error = NULL;

        points[8500 * dim + 1] = points[4321 * dim + dim - 1] = bad[b];
        g_assert_null (monge_neighbours_new (points, 9000, dim, 2, NULL, &error));
        monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAN, "Point 4321 is not finite");
        g_assert_false (monge_neighbours_find (neighbours, points, 9000, 2, FALSE, index, NULL, 2,
                                               NULL, &error));
        monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAN, "Query 4321 is not finite");
        g_assert_null (monge_neighbours_find_within (neighbours, points, 9000, 1, FALSE, 10, 2, NULL,
                                                     &error));
        monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAN, "Query 4321 is not finite");
      }
}

static void
test_refuse_nothing (void)
{
  g_autoptr (GError) error = NULL;
  const float none = 0;

  g_assert_null (monge_neighbours_new (&none, 0, 3, 1, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_EMPTY, "no point");
}

static void
test_no_queries (void)
{
  const float points[] = { 1, 2, 3 };
  g_autoptr (MongeNeighbours) neighbours = monge_neighbours_new (points, 1, 3, 1, NULL, NULL);
  g_autoptr (MongeEdges) edges = NULL;
  gint32 index = GUARD;

  g_assert_true (monge_neighbours_find (neighbours, points, 0, 1, FALSE, &index, NULL, 1, NULL,
                                        NULL));
  g_assert_cmpint (index, ==, GUARD);
  edges = monge_neighbours_find_within (neighbours, points, 0, 1, FALSE, 0, 1, NULL, NULL);
  g_assert_cmpuint (edges->first[0], ==, 0);
}

static void
test_stop_when_cancelled (void)
{
  g_autofree float *points = make_points (0, UNIFORM, 5000, 3);
  g_autofree gint32 *index = g_new (gint32, 5000);
  g_autoptr (MongeNeighbours) neighbours = monge_neighbours_new (points, 5000, 3, 1, NULL, NULL);
  g_autoptr (GError) error = NULL;
  MongeTask task = MONGE_TASK_INIT;

  monge_task_cancel (&task);
  g_assert_null (monge_neighbours_new (points, 5000, 3, 2, &task, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_CANCELLED, "");
  g_assert_false (monge_neighbours_find (neighbours, points, 5000, 1, TRUE, index, NULL, 2, &task,
                                         &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_CANCELLED, "");
  g_assert_null (monge_neighbours_find_within (neighbours, points, 5000, 1, TRUE, 10, 2, &task,
                                               &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_CANCELLED, "");
}

static gpointer
cancel_soon (gpointer data)
{
  g_usleep (30000);
  monge_task_cancel (data);
  return NULL;
}

/* In the middle of the long search of one batch. */
static void
test_stop_soon (void)
{
  const gsize m = 300000;
  g_autofree float *points = make_points (0, UNIFORM, m, 16);
  g_autofree gint32 *index = g_new (gint32, m * 10);
  g_autoptr (MongeNeighbours) neighbours = monge_neighbours_new (points, m, 16, 0, NULL, NULL);
  MongeTask task = MONGE_TASK_INIT;
  GThread *thread = g_thread_new ("cancel", cancel_soon, &task);
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();

  g_assert_false (monge_neighbours_find (neighbours, points, m, 10, TRUE, index, NULL, 0, &task,
                                         &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_CANCELLED, "");
  g_assert_cmpfloat ((double) (g_get_monotonic_time () - start) * 1e-6, <,
                     1 * monge_test_patience ());
  g_thread_join (thread);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint kind = 0; kind < N_KINDS; kind++)
    {
      g_autofree char *within = g_strdup_printf ("/neighbours/within_itself/%s", kind_names[kind]);
      g_autofree char *between = g_strdup_printf ("/neighbours/between_two/%s", kind_names[kind]);

      g_test_add_data_func (within, GUINT_TO_POINTER (kind), test_within_itself);
      g_test_add_data_func (between, GUINT_TO_POINTER (kind), test_between_two);
    }
  g_test_add_func ("/neighbours/counts_of_neighbours", test_counts_of_neighbours);
  g_test_add_func ("/neighbours/larger", test_larger);
  g_test_add_func ("/neighbours/tree_or_products", test_tree_or_products);
  g_test_add_func ("/neighbours/many_copies_are_fast", test_many_copies_are_fast);
  g_test_add_func ("/neighbours/same_for_any_threads", test_same_for_any_threads);
  g_test_add_func ("/neighbours/within_radius", test_within);
  g_test_add_func ("/neighbours/refuse_too_many_edges", test_refuse_too_many_edges);
  g_test_add_func ("/neighbours/name_what_is_not_finite", test_name_what_is_not_finite);
  g_test_add_func ("/neighbours/refuse_nothing", test_refuse_nothing);
  g_test_add_func ("/neighbours/no_queries", test_no_queries);
  g_test_add_func ("/neighbours/stop_when_cancelled", test_stop_when_cancelled);
  g_test_add_func ("/neighbours/stop_soon", test_stop_soon);
  return g_test_run ();
}
