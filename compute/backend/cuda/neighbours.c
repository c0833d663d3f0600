/* The K nearest of what lies on the host: the card looks at every pair, so a search tree of the host
 * is faster where there are very many points of few dimensions. */
#include "compute/backend/cuda/cuda-private.h"
#include "compute/neighbours/neighbours.h"

#include <math.h>

/* About what a card does in the time that the tree takes. */
#define MANY_PAIRS 4e10
#define FEW_DIMENSIONS 6

typedef struct {
  MongeCuda *cuda;
  MongeCudaNearest nearest;
  MongeCudaBlock block;
} Job;

static gsize
lay_out (Job *job, char *base)
{
  MongeCudaNearest *n = &job->nearest;
  const gsize found = n->x.n * (gsize) n->k, row = (gsize) n->dim * sizeof (float);
  gsize size = 0;

  n->x.values = (gpointer) (base + monge_cuda_append (&size, n->x.n * row));
  n->y.values = (gpointer) (base + monge_cuda_append (&size, n->y.n * row));
  n->index = (gpointer) (base + monge_cuda_append (&size, found * sizeof (int)));
  n->square = (gpointer) (base + monge_cuda_append (&size, found * sizeof (float)));
  n->scratch_size = monge_cuda_nearest_get_scratch (n);
  n->scratch = base + monge_cuda_append (&size, n->scratch_size);
  return size;
}

static gboolean
find (Job *job,
      const float *queries,
      const float *points,
      gint32 *index,
      float *square,
      MongeTask *task,
      GError **error)
{
  MongeCuda *cuda = job->cuda;
  const MongeCudaNearest *n = &job->nearest;
  const gsize row = (gsize) n->dim * sizeof (float), found = n->x.n * (gsize) n->k;
  guint64 ignored = 0;

  monge_cuda_upload (cuda, (gpointer) n->x.values, queries, n->x.n * row);
  monge_cuda_upload (cuda, (gpointer) n->y.values, points, n->y.n * row);
  if (!monge_cuda_clear_waited (cuda) || !monge_cuda_enter (cuda)
      || !monge_cuda_check (cuda, monge_cuda_find_nearest (n, cuda->stream),
                            "queueing a search for neighbours"))
    return monge_cuda_set_error (cuda, error);
  monge_cuda_mark_queued (cuda);
  return monge_cuda_wait_for_status (cuda, FALSE, &ignored, task, error)
         && monge_cuda_download (cuda, index, n->index, found * sizeof (int), NULL, error)
         && monge_cuda_download (cuda, square, n->square, square != NULL ? found * sizeof (float) : 0,
                                 NULL, error);
}

static gboolean
search_tree (MongeCuda *cuda,
             const MongeCudaNearest *nearest,
             const float *queries,
             const float *points,
             gint32 *index,
             float *square,
             MongeTask *task,
             GError **error)
{
  const guint n_threads = cuda->base.n_threads;
  g_autoptr (MongeNeighbours) tree = monge_neighbours_new (points, nearest->y.n, nearest->dim,
                                                           n_threads, task, error);

  return tree != NULL
         && monge_neighbours_find (tree, queries, nearest->x.n, nearest->k, FALSE, index, square,
                                   n_threads, task, error);
}

static gboolean
check_finite (const float *values, gsize n, GError **error)
{
  for (gsize k = 0; k < n; k++)
    if (!isfinite (values[k]))
      {
        g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAN, "Coordinate %" G_GSIZE_FORMAT
                     " is not finite", k);
        return FALSE;
      }
  return TRUE;
}

gboolean
monge_cuda_find_neighbours (MongeBackend *backend,
                            const float *queries,
                            gsize n_queries,
                            const float *points,
                            gsize n_points,
                            guint dim,
                            guint k,
                            gint32 *index,
                            float *square,
                            MongeTask *task,
                            GError **error)
{
  Job job = { .cuda = (MongeCuda *) backend };
  gboolean done;

  job.nearest = (MongeCudaNearest){
    .x = { NULL, 1, dim, n_queries },
    .y = { NULL, 1, dim, n_points },
    .dim = (int) dim,
    .k = (int) k,
    .stop = job.cuda->card_stop,
    .status = &job.cuda->control->waited,
  };
  if (n_queries == 0)
    return TRUE;
  if (k > MONGE_CUDA_MAX_K
      || ((double) n_queries * (double) n_points > MANY_PAIRS && dim <= FEW_DIMENSIONS))
    return search_tree (job.cuda, &job.nearest, queries, points, index, square, task, error);
  if (!check_finite (queries, n_queries * dim, error)
      || !check_finite (points, n_points * dim, error))
    return FALSE;
  if (monge_task_return_if_cancelled (task, error) || !monge_cuda_enter_or_fail (job.cuda, error)
      || !monge_cuda_take (job.cuda, lay_out (&job, (char *) (gsize) 256),
                           "a search for neighbours", &job.block, error))
    return FALSE;
  lay_out (&job, job.block.data);
  done = find (&job, queries, points, index, square, task, error);
  monge_cuda_give_back (job.cuda, &job.block);
  return done;
}
