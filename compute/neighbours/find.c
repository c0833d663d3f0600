#include "compute/neighbours/search.h"

#include "compute/core/instruction-set.h"
#include "compute/core/parallel.h"

#include <math.h>
#include <stdlib.h>

/* One call under way. */
typedef struct {
  const MongeNeighbours *neighbours;
  const MongeSearchFunc *functions;
  const MongePanels *queries;
  gboolean exclude_self;
  guint k;
  double reach;          /* key that results are below */
  MongeSearch *searches; /* (threads × MONGE_SEARCH_BATCH) */
  guint n_searches;
  gint32 *index;         /* (n × k) */
  float *square;         /* (n × k), nullable */
  MongeEdges *edges;
} Job;

/* The loops of this processor, down the tree or over all points. */
static const MongeSearchFunc *
choose_functions (gboolean is_screen)
{
#if defined(__x86_64__)
  static const MongeSearchFunc *const trees[] = {
    [MONGE_ISA_BASE] = monge_tree_base,
    [MONGE_ISA_AVX2] = monge_tree_avx2,
    [MONGE_ISA_AVX512] = monge_tree_avx512,
  };
  static const MongeSearchFunc *const screens[] = {
    [MONGE_ISA_BASE] = monge_screen_base,
    [MONGE_ISA_AVX2] = monge_screen_avx2,
    [MONGE_ISA_AVX512] = monge_screen_avx512,
  };
  const MongeIsa isa = monge_isa_choose ();

  return is_screen ? screens[isa] : trees[isa];
#else
  return is_screen ? monge_screen_base : monge_tree_base;
#endif
}

/* --- searching --- */

static void
job_init (Job *job, guint n_threads, MongeTask *task)
{
  const guint dim = job->neighbours->panels.dim;

  if (n_threads == 0)
    n_threads = monge_parallel_get_default_threads ();
  job->n_searches = n_threads * MONGE_SEARCH_BATCH;
  job->searches = g_new0 (MongeSearch, job->n_searches);
  for (guint s = 0; s < job->n_searches; s++)
    {
      MongeSearch *search = &job->searches[s];

      search->task = task;
      search->k = job->k;
      search->capacity = (job->k + 7) / 8 * 8;
      search->x = g_aligned_alloc (dim * MONGE_PANEL, sizeof (float), 64);
      if (job->k > 0)
        search->lists = g_aligned_alloc (search->capacity * MONGE_PANEL, sizeof (double), 64);
      if (job->neighbours->products != NULL)
        search->scaled = g_aligned_alloc (dim * MONGE_PANEL, sizeof (float), 64);
    }
}

static void
job_clear (Job *job)
{
  for (guint s = 0; s < job->n_searches; s++)
    {
      g_aligned_free (job->searches[s].x);
      g_aligned_free (job->searches[s].lists);
      g_aligned_free (job->searches[s].scaled);
      g_free (job->searches[s].found[0]);
    }
  g_free (job->searches);
}

/* The queries of a panel, nothing found yet. */
static void
begin_search (const Job *job, gsize panel, MongeSearch *search)
{
  const MongePanels *queries = job->queries;
  const gint32 *index = queries->index + panel * MONGE_PANEL;
  const double nothing = monge_key_pack (INFINITY, MONGE_PANEL_NONE);

  search->n = (guint) MIN (queries->n - panel * MONGE_PANEL, MONGE_PANEL);
  memcpy (search->x, monge_panels_get (queries, panel),
          sizeof (float) * queries->dim * MONGE_PANEL);
  for (guint q = 0; q < MONGE_PANEL; q++)
    {
      gboolean is_query = q < search->n;

      search->self[q] = job->exclude_self ? index[q] : -1;
      search->start[q] = queries == &job->neighbours->panels ? (gint32) panel : -1;
      search->reach[q] = is_query ? job->reach : 0;
      search->reach_square[q] = is_query ? monge_key_get_square (job->reach) : -1;
      search->reach_index[q] = is_query ? monge_key_get_index (job->reach) : -1;
      search->count[q] = 0;
    }
  for (gsize i = 0; i < MONGE_PANEL * search->capacity; i++)
    search->lists[i] = nothing;
  if (job->neighbours->products != NULL)
    monge_products_load (job->neighbours->products, queries->dim, search);
}

static void
store_nearest (const Job *job, const MongeSearch *search, const gint32 *queries)
{
  for (guint q = 0; q < search->n; q++)
    for (guint r = 0; r < job->k; r++)
      {
        double key = search->lists[q * search->capacity + r];
        gint32 found = monge_key_get_index (key);
        gsize to = (gsize) queries[q] * job->k + r;

        job->index[to] = found == MONGE_PANEL_NONE ? -1 : found;
        if (job->square != NULL)
          job->square[to] = monge_key_get_square (key);
      }
}

static void
find_nearest (gsize begin, gsize end, guint worker, gpointer data)
{
  Job *job = data;
  MongeSearch *searches = &job->searches[worker * MONGE_SEARCH_BATCH];

  for (gsize panel = begin; panel < end; panel++)
    begin_search (job, panel, &searches[panel - begin]);
  job->functions[MONGE_SEARCH_NEAREST] (job->neighbours, searches, (guint) (end - begin));
  for (gsize panel = begin; panel < end; panel++)
    store_nearest (job, &searches[panel - begin], job->queries->index + panel * MONGE_PANEL);
}

typedef struct {
  const MongePanels *panels;
  const MongeRows *rows;
  gint differ; /* atomic */
} Comparison;

static void
compare_rows (gsize begin, gsize end, guint worker, gpointer data)
{
  Comparison *comparison = data;
  const MongeRows *rows = comparison->rows;
  gboolean differ = FALSE;

  for (gsize panel = begin; panel < end; panel++)
    {
      const float *planes = monge_panels_get (comparison->panels, panel);
      const gint32 *index = comparison->panels->index + panel * MONGE_PANEL;
      gsize n = MIN (rows->n - panel * MONGE_PANEL, MONGE_PANEL);

      for (guint d = 0; d < rows->dim; d++)
        for (gsize l = 0; l < n; l++)
          differ |= planes[d * MONGE_PANEL + l]
                    != rows->data[(gsize) index[l] * rows->row + d * rows->column];
    }
  if (differ)
    g_atomic_int_set (&comparison->differ, TRUE);
}

/* The queries in panels, near ones together: those of the tree where the queries are its points,
 * else made in @own. */
static gboolean
open_queries (Job *job,
              const MongeRows *rows,
              MongePanels *own,
              guint n_threads,
              MongeTask *task,
              GError **error)
{
  const MongePanels *panels = &job->neighbours->panels;
  Comparison comparison = { panels, rows, rows->n != panels->n };

  if (!monge_rows_check (rows, "Query", n_threads, task, error))
    return FALSE;
  if (rows->n == panels->n)
    monge_parallel_rows (panels->n_panels, 256, n_threads, task, compare_rows, &comparison);
  job->queries = comparison.differ ? own : panels;
  if (!comparison.differ || monge_panels_init (own, rows, TRUE, n_threads, task))
    return TRUE;
  return !monge_task_return_if_cancelled (task, error);
}

/* Panels that are tried on the tree before all are. */
#define TRIALS 8

static void
try_tree (gsize begin, gsize end, guint worker, gpointer data)
{
  Job *job = data;
  MongeSearch *search = &job->searches[worker * MONGE_SEARCH_BATCH];
  const MongeSearchKind kind = job->k > 0 ? MONGE_SEARCH_NEAREST : MONGE_SEARCH_COUNT;

  for (gsize trial = begin; trial < end; trial++)
    {
      begin_search (job, trial * job->queries->n_panels / TRIALS, search);
      choose_functions (FALSE)[kind](job->neighbours, search, 1);
    }
}

/* Whether the tree leaves so little out that products over all points are faster, by operations on
 * vectors. What comes of it is the same. */
static gboolean
is_screen_faster (Job *job, guint n_threads, MongeTask *task)
{
  const double n_panels = (double) job->neighbours->panels.n_panels;
  const double per_coordinate = 4 >> monge_isa_choose (); /* vectors in a panel */
  const double width = job->neighbours->panels.dim * per_coordinate;
  double tree = 0;

  if (job->neighbours->products == NULL)
    return FALSE;
  if (job->queries->n_panels < 8 * TRIALS)
    return TRUE;
  monge_parallel_rows (TRIALS, 1, n_threads, task, try_tree, job);
  for (guint s = 0; s < job->n_searches; s++)
    tree += (double) job->searches[s].n_scans * (3 * width + 30)
            + (double) job->searches[s].n_boxes * (10 * width + 40);
  return tree > TRIALS * MONGE_PANEL * n_panels * (width + 8);
}

static void
choose_way (Job *job, guint n_threads, MongeTask *task)
{
  job->functions = choose_functions (is_screen_faster (job, n_threads, task));
}

/* Runs @func over all panels of queries. */
static gboolean
run_job (Job *job, guint n_threads, MongeRowsFunc func, MongeTask *task, GError **error)
{
  if (monge_parallel_rows (job->queries->n_panels, MONGE_SEARCH_BATCH, n_threads, task, func, job))
    return TRUE;
  return !monge_task_return_if_cancelled (task, error);
}

gboolean
monge_neighbours_find (MongeNeighbours *neighbours,
                       const float *queries,
                       gsize n,
                       guint k,
                       gboolean exclude_self,
                       gint32 *index,
                       float *square,
                       guint n_threads,
                       MongeTask *task,
                       GError **error)
{
  Job job = { .neighbours = neighbours, .exclude_self = exclude_self, .k = k, .index = index,
              .square = square, .reach = monge_key_pack (INFINITY, MONGE_PANEL_NONE) };
  const MongeRows rows = { queries, n, neighbours->panels.dim, 1, neighbours->panels.dim };
  MongePanels own = { 0 };
  gboolean done;

  g_return_val_if_fail (k > 0 && k <= MONGE_NEIGHBOURS_MAX_K, FALSE);
  g_return_val_if_fail (n <= (gsize) G_MAXINT32, FALSE);
  if (n == 0)
    return TRUE;
  if (!open_queries (&job, &rows, &own, n_threads, task, error))
    return FALSE;
  job_init (&job, n_threads, task);
  choose_way (&job, n_threads, task);
  done = run_job (&job, n_threads, find_nearest, task, error);
  job_clear (&job);
  monge_panels_clear (&own);
  return done;
}

/* --- all within a radius --- */

static void
count_within (gsize begin, gsize end, guint worker, gpointer data)
{
  Job *job = data;
  MongeSearch *searches = &job->searches[worker * MONGE_SEARCH_BATCH];

  for (gsize panel = begin; panel < end; panel++)
    begin_search (job, panel, &searches[panel - begin]);
  job->functions[MONGE_SEARCH_COUNT] (job->neighbours, searches, (guint) (end - begin));
  for (gsize panel = begin; panel < end; panel++)
    for (guint q = 0; q < searches[panel - begin].n; q++)
      job->edges->first[job->queries->index[panel * MONGE_PANEL + q] + 1]
          = searches[panel - begin].count[q];
}

static int
compare_keys (gconstpointer a, gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

/* Room for what the queries of a panel will find. */
static void
reserve_found (const Job *job, const gint32 *index, MongeSearch *search)
{
  const gsize *first = job->edges->first;
  gsize total = 0;

  for (guint q = 0; q < search->n; q++)
    total += first[index[q] + 1] - first[index[q]];
  if (total > search->n_found)
    {
      g_free (search->found[0]);
      search->found[0] = g_new (double, total);
      search->n_found = total;
    }
  for (guint q = 1; q < search->n; q++)
    search->found[q] = search->found[q - 1] + (first[index[q - 1] + 1] - first[index[q - 1]]);
}

static void
sort_found (const Job *job, const MongeSearch *search, const gint32 *queries)
{
  for (guint q = 0; q < search->n; q++)
    {
      gsize first = job->edges->first[queries[q]];

      if (search->count[q] > 1) /* qsort() takes no NULL, even of nothing */
        qsort (search->found[q], search->count[q], sizeof (double), compare_keys);
      for (gsize e = 0; e < search->count[q]; e++)
        {
          job->edges->index[first + e] = monge_key_get_index (search->found[q][e]);
          job->edges->square[first + e] = monge_key_get_square (search->found[q][e]);
        }
    }
}

static void
store_within (gsize begin, gsize end, guint worker, gpointer data)
{
  Job *job = data;
  MongeSearch *searches = &job->searches[worker * MONGE_SEARCH_BATCH];
  const gint32 *index = job->queries->index;

  for (gsize panel = begin; panel < end; panel++)
    {
      begin_search (job, panel, &searches[panel - begin]);
      reserve_found (job, index + panel * MONGE_PANEL, &searches[panel - begin]);
    }
  job->functions[MONGE_SEARCH_STORE] (job->neighbours, searches, (guint) (end - begin));
  for (gsize panel = begin; panel < end; panel++)
    sort_found (job, &searches[panel - begin], index + panel * MONGE_PANEL);
}

/* Counts to places. */
static gboolean
alloc_edges (MongeEdges *edges, double radius, gsize max_edges, GError **error)
{
  gsize n_edges;

  for (gsize i = 0; i < edges->n; i++)
    edges->first[i + 1] += edges->first[i];
  n_edges = edges->first[edges->n];
  if (n_edges > max_edges)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "There are %" G_GSIZE_FORMAT " pairs within %g, more than the %" G_GSIZE_FORMAT
                   " allowed; take a smaller radius", n_edges, radius, max_edges);
      return FALSE;
    }
  edges->index = g_try_new (gint32, MAX (n_edges, 1));
  edges->square = g_try_new (float, MAX (n_edges, 1));
  if (edges->index != NULL && edges->square != NULL)
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
               "There is no memory for %" G_GSIZE_FORMAT " pairs within %g; take a smaller radius",
               n_edges, radius);
  return FALSE;
}

/* The key that squares up to radius² are below. */
static double
get_reach_of_radius (double radius)
{
  double square = radius * radius;
  float reach = (float) square;

  if (reach > square)
    reach = nextafterf (reach, 0);
  return monge_key_pack (reach, MONGE_PANEL_NONE);
}

MongeEdges *
monge_neighbours_find_within (MongeNeighbours *neighbours,
                              const float *queries,
                              gsize n,
                              double radius,
                              gboolean exclude_self,
                              gsize max_edges,
                              guint n_threads,
                              MongeTask *task,
                              GError **error)
{
  const MongeRows rows = { queries, n, neighbours->panels.dim, 1, neighbours->panels.dim };
  g_autoptr (MongeEdges) edges = NULL;
  Job job = { .neighbours = neighbours, .exclude_self = exclude_self };
  MongePanels own = { 0 };
  gboolean done;

  g_return_val_if_fail (radius >= 0, NULL);
  g_return_val_if_fail (n <= (gsize) G_MAXINT32, NULL);
  edges = job.edges = g_new0 (MongeEdges, 1);
  edges->n = n;
  edges->first = g_new0 (gsize, n + 1);
  job.reach = get_reach_of_radius (radius);
  if (n > 0 && !open_queries (&job, &rows, &own, n_threads, task, error))
    return NULL;
  job_init (&job, n_threads, task);
  if (n > 0)
    choose_way (&job, n_threads, task);
  done = (n == 0 || run_job (&job, n_threads, count_within, task, error))
         && alloc_edges (edges, radius, max_edges, error)
         && (n == 0 || run_job (&job, n_threads, store_within, task, error));
  job_clear (&job);
  monge_panels_clear (&own);
  return done ? g_steal_pointer (&edges) : NULL;
}

void
monge_edges_free (MongeEdges *edges)
{
  if (edges == NULL)
    return;
  g_free (edges->first);
  g_free (edges->index);
  g_free (edges->square);
  g_free (edges);
}
