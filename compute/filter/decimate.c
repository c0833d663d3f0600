/* Fewer faces, by meshoptimizer: edges are collapsed onto one of their ends in the order of quadric
 * errors (Garland & Heckbert, “Surface simplification using quadric error metrics”, 1997), so that
 * vertices are some of those that were there.
 *
 * The library does not look at its task, so it works on a thread of its own, which is left behind
 * where the caller was told to stop. It sees coordinates as float32, relative to the box. Now and
 * then it makes two faces meet back to back, or one edge out of two (measured: 1 edge of 5000 on a
 * hippocampus). The former are taken away in pairs, which leaves a closed surface closed; for the
 * latter all is done again by collapses that look at the surface (collapse.c). */
#include "compute/filter/filter-private.h"

#include <math.h>
#include <meshoptimizer.h>
#include <stddef.h>
#include <string.h>

#include "compute/filter/collapse.h"
#include "compute/filter/mend.h"
#include "compute/shape/distance.h"

#define MAX_TRIES 16

const MongeOption monge_decimate_options[] = {
  { "faces", "Faces", "", MONGE_OPTION_INT, offsetof (MongeDecimateParams, faces), 0, 1e9, TRUE,
    NULL, "How many to keep at most (0: by the share)" },
  { "share", "Share", "%", MONGE_OPTION_DOUBLE, offsetof (MongeDecimateParams, share), 0, 100,
    FALSE, NULL, "How many of the faces to keep, where no number is given" },
  { "error", "Largest error", "%", MONGE_OPTION_DOUBLE, offsetof (MongeDecimateParams, error), 0,
    INFINITY, TRUE, NULL, "Stops before the surface moves by more, of its diameter" },
  { "lock-border", "Keep borders", "", MONGE_OPTION_BOOL,
    offsetof (MongeDecimateParams, locks_border), 0, 1, FALSE, NULL,
    "The vertices of boundaries all stay" },
  { NULL },
};
const MongeDecimateParams monge_decimate_defaults = { 0, 50.0, INFINITY, FALSE };

gboolean
monge_decimate_takes (const MongeShape *shape, const char **reason)
{
  return monge_filter_takes_surfaces (shape, reason);
}

/* --- On a thread --- */

/* Shared by the one who waits and the one who works; freed by the last. */
typedef struct {
  guint32 *from, *to; /* indices */
  float *positions;
  gsize n_indices, n_vertices, target;
  float error;
  guint options;
  float reached;
  gsize n_result;
  GMutex lock;
  GCond is_done_cond;
  gboolean is_done;
} Job;

static void
job_clear (gpointer data)
{
  Job *job = data;

  g_free (job->from);
  g_free (job->to);
  g_free (job->positions);
  g_mutex_clear (&job->lock);
  g_cond_clear (&job->is_done_cond);
}

static gpointer
job_run (gpointer data)
{
  Job *job = data;

  job->n_result = meshopt_simplify (job->to, job->from, job->n_indices, job->positions,
                                    job->n_vertices, 3 * sizeof (float), job->target, job->error,
                                    job->options, &job->reached);
  g_mutex_lock (&job->lock);
  job->is_done = TRUE;
  g_cond_signal (&job->is_done_cond);
  g_mutex_unlock (&job->lock);
  g_atomic_rc_box_release_full (job, job_clear);
  return NULL;
}

/* Relative to the lower corner of the box, in units of its longest side. */
static float *
to_floats (const MongeShape *shape, double *unit)
{
  gsize n = monge_shape_get_n_vertices (shape);
  const double *x = monge_shape_get_positions (shape);
  float *positions = g_new (float, 3 * n);
  double lower[3], upper[3];

  monge_shape_get_bounds (shape, lower, upper);
  *unit = MAX (MAX (upper[0] - lower[0], upper[1] - lower[1]), upper[2] - lower[2]);
  if (!(isnormal (*unit) && isfinite (*unit)))
    *unit = 1.0;
  for (gsize i = 0; i < 3 * n; i++)
    positions[i] = (float) ((x[i] - lower[i % 3]) / *unit);
  return positions;
}

static Job *
job_new (const MongeShape *shape, const MongeDecimateParams *params, gsize target)
{
  Job *job = g_atomic_rc_box_new0 (Job);
  double unit, error;

  job->n_indices = 3 * monge_shape_get_n_cells (shape);
  job->n_vertices = monge_shape_get_n_vertices (shape);
  job->from = g_memdup2 (monge_shape_get_cells (shape), job->n_indices * sizeof *job->from);
  job->to = g_new (guint32, job->n_indices);
  job->positions = to_floats (shape, &unit);
  job->target = 3 * target;
  error = 0.01 * params->error * monge_shape_get_diameter (shape) / unit;
  job->error = (float) MIN (error, 1e6);
  job->options = params->locks_border ? meshopt_SimplifyLockBorder : 0;
  g_mutex_init (&job->lock);
  g_cond_init (&job->is_done_cond);
  return job;
}

/* Returns FALSE with @error where cancelled, the thread left to itself. */
static gboolean
job_wait (Job *job, MongeTask *task, GError **error)
{
  gboolean goes_on = TRUE;

  g_thread_unref (g_thread_new ("decimate", job_run, g_atomic_rc_box_acquire (job)));
  g_mutex_lock (&job->lock);
  while (!job->is_done && goes_on)
    {
      g_cond_wait_until (&job->is_done_cond, &job->lock, g_get_monotonic_time () + 5000);
      goes_on = !monge_task_return_if_cancelled (task, error);
    }
  g_mutex_unlock (&job->lock);
  return goes_on;
}

/* --- Back to back --- */

static guint32
get_lowest (const guint32 *face)
{
  return MIN (MIN (face[0], face[1]), face[2]);
}

/* Whether the faces have the same corners, the other way round. */
static gboolean
is_back_of (const guint32 *a, const guint32 *b)
{
  for (guint k = 0; k < 3; k++)
    if (a[0] == b[k])
      return a[1] == b[(k + 2) % 3] && a[2] == b[(k + 1) % 3];
  return FALSE;
}

/* Takes pairs of faces away that lie back to back. @next lists faces by their lowest corner. */
static gsize
drop_flaps (guint32 *faces, gsize n_faces, gsize n_vertices)
{
  g_autofree guint32 *heads = g_new (guint32, n_vertices),
                     *next = g_new (guint32, MAX (n_faces, 1));
  g_autofree guint8 *is_dropped = g_malloc0 (MAX (n_faces, 1));
  gsize n_kept = 0;

  memset (heads, 0xff, n_vertices * sizeof *heads);
  for (gsize f = 0; f < n_faces; f++)
    {
      guint32 *at = &heads[get_lowest (faces + 3 * f)];

      while (*at != MONGE_TWIN_NONE && !is_back_of (faces + 3 * f, faces + 3 * (gsize) *at))
        at = &next[*at];
      if (*at == MONGE_TWIN_NONE)
        {
          next[f] = heads[get_lowest (faces + 3 * f)];
          heads[get_lowest (faces + 3 * f)] = (guint32) f;
          continue;
        }
      is_dropped[f] = is_dropped[*at] = TRUE;
      *at = next[*at];
    }
  for (gsize f = 0; f < n_faces; f++)
    if (!is_dropped[f])
      memmove (faces + 3 * n_kept++, faces + 3 * f, 3 * sizeof *faces);
  return n_kept;
}

static gboolean
count_irregular (const guint32 *faces, gsize n_faces, gsize n_vertices, gsize *count,
                 MongeTask *task, GError **error)
{
  g_autoptr (MongeTwins) twins = monge_twins_new (faces, n_faces, n_vertices, task, error);

  *count = 0;
  for (gsize h = 0; twins != NULL && h < 3 * n_faces; h++)
    *count += twins->twins[h] == MONGE_TWIN_IRREGULAR;
  return twins != NULL;
}

/* --- The whole --- */

/* One try. Steals the faces of the job; fails where cancelled. */
static guint32 *
simplify (const MongeShape *shape, const MongeDecimateParams *params, gsize target, gsize *n_faces,
          gsize *n_irregular, MongeTask *task, GError **error)
{
  Job *job = job_new (shape, params, target);
  gboolean is_done = job_wait (job, task, error);
  guint32 *faces = NULL;

  if (is_done)
    {
      faces = g_steal_pointer (&job->to);
      *n_faces = drop_flaps (faces, job->n_result / 3, job->n_vertices);
      if (!count_irregular (faces, *n_faces, job->n_vertices, n_irregular, task, error))
        g_clear_pointer (&faces, g_free);
    }
  g_atomic_rc_box_release_full (job, job_clear);
  return faces;
}

/* By the library, and where that makes an edge worse than it was by collapses that cannot. NULL: the
 * shape stays as it is, or @error is set. */
static guint32 *
simplify_regularly (const MongeShape *shape, const MongeDecimateParams *params, gsize target,
                    gsize *n_faces, MongeTask *task, GError **error)
{
  gsize n_all = monge_shape_get_n_cells (shape), n_before, n_irregular;
  g_autofree guint32 *faces = NULL;

  if (target >= n_all
      || !count_irregular (monge_shape_get_cells (shape), n_all, monge_shape_get_n_vertices (shape),
                           &n_before, task, error))
    return NULL;
  faces = simplify (shape, params, target, n_faces, &n_irregular, task, error);
  if (faces == NULL)
    return NULL;
  if (n_irregular <= n_before && *n_faces > 0)
    return g_steal_pointer (&faces);
  return monge_collapse_faces (shape, target,
                               0.01 * params->error * monge_shape_get_diameter (shape),
                               params->locks_border, n_faces, task, error);
}

/* Vertices in use, and the face of @shape nearest to the middle of each new one, for arrays of
 * cells. */
static MongeShape *
build (MongeShape *shape, guint32 *faces, gsize n_faces, MongeTask *task, GError **error)
{
  gsize n = monge_shape_get_n_vertices (shape), n_rows = 0;
  g_autofree guint32 *rows = g_new (guint32, n), *places = g_new (guint32, n);
  g_autofree guint32 *cell_rows = g_new0 (guint32, MAX (n_faces, 1));
  g_autofree guint8 *is_used = g_malloc0 (n);

  if (monge_shape_get_n_cell_arrays (shape) > 0
      && !monge_filter_find_cells (shape, monge_shape_get_positions (shape), faces, n_faces,
                                   cell_rows, task, error))
    {
      g_free (faces);
      return NULL;
    }
  for (gsize k = 0; k < 3 * n_faces; k++)
    is_used[faces[k]] = TRUE;
  for (gsize i = 0; i < n; i++)
    {
      places[i] = (guint32) n_rows;
      if (is_used[i])
        rows[n_rows++] = (guint32) i;
    }
  for (gsize k = 0; k < 3 * n_faces; k++)
    faces[k] = places[faces[k]];
  return monge_filter_pick (shape, rows, n_rows, faces, n_faces, cell_rows, error);
}

/* How far old vertices lie from the new surface; below 0 with @error where cancelled. */
static double
measure_distance (const MongeShape *before, const MongeShape *after, MongeTask *task,
                  GError **error)
{
  gsize n = monge_shape_get_n_vertices (before);
  g_autofree double *distances = g_new (double, n);
  double farthest = 0.0;

  if (!monge_distance_to_shape (after, monge_shape_get_positions (before), n, distances, task,
                                error))
    return -1.0;
  for (gsize i = 0; i < n; i++)
    farthest = MAX (farthest, distances[i]);
  return farthest;
}

/* The decimated shape and how far it is; @shape itself where nothing can go, NULL if cancelled. */
static MongeShape *
decimate (MongeShape *shape, const MongeDecimateParams *params, gsize target, double *farthest,
          MongeTask *task, GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autoptr (MongeShape) result = NULL;
  gsize n_faces = 0;
  guint32 *faces = simplify_regularly (shape, params, target, &n_faces, task, &failure);

  *farthest = 0.0;
  if (failure != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return NULL;
    }
  if (faces == NULL || n_faces == monge_shape_get_n_cells (shape))
    {
      g_free (faces);
      return monge_shape_ref (shape);
    }
  result = build (shape, faces, n_faces, task, error);
  if (result != NULL)
    *farthest = measure_distance (shape, result, task, error);
  return *farthest < 0.0 ? NULL : g_steal_pointer (&result);
}

MongeShape *
monge_decimate_apply (MongeShape *shape, gconstpointer data, MongeTask *task, GString *note,
                      GError **error)
{
  MongeDecimateParams params = *(const MongeDecimateParams *) data;
  gsize n_all = monge_shape_get_n_cells (shape);
  gsize target = params.faces > 0 ? (gsize) params.faces
                                  : (gsize) ceil (0.01 * params.share * (double) n_all);
  double bound = 0.01 * params.error * monge_shape_get_diameter (shape), farthest = 0.0;
  g_autoptr (MongeShape) result = NULL;

  /* The library bounds a mean; what was asked for is how far any vertex lies. */
  for (int try = 0; try < MAX_TRIES; try++)
    {
      g_clear_pointer (&result, monge_shape_unref);
      result = decimate (shape, &params, MAX (target, 4), &farthest, task, error);
      if (result == NULL)
        return NULL;
      if (farthest <= bound || !(bound < INFINITY))
        break;
      params.error *= MAX (0.25, 0.8 * bound / farthest);
      g_clear_pointer (&result, monge_shape_unref);
    }
  if (result == NULL)
    result = monge_shape_ref (shape);
  if (result == shape)
    g_string_append_printf (note, "Kept all %" G_GSIZE_FORMAT " faces.", n_all);
  else
    g_string_append_printf (
        note,
        "Kept %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " faces%s. The old "
        "vertices lie within %.3g of the new surface.",
        monge_shape_get_n_cells (result), n_all,
        monge_shape_get_n_cells (result) > target ? ", no fewer for the error or the topology" : "",
        farthest);
  return g_steal_pointer (&result);
}
