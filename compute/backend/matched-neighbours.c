/* Least distances and where they are, by a search tree. */
#include "compute/backend/matched.h"
#include "compute/neighbours/neighbours.h"

#include <math.h>

static float *
get_rows (MongeJob *job, guint first, MongeAxis axis)
{
  const gsize n = axis == MONGE_AXIS_I ? job->run->n_rows : job->run->n_columns;
  const guint dim = job->matched->match.dim;
  float *rows = g_new (float, n * dim);
  g_autofree double *plane = g_new (double, n);

  for (guint d = 0; d < dim; d++)
    {
      const MongeTerm term
          = { .coefficient = 1, .exponent = -1, .n_factors = 1, .factors = { { first + d, 1, 0 } } };

      monge_operands_get_term (job->matched->operands, &term, axis, plane);
      for (gsize i = 0; i < n; i++)
        rows[i * dim + d] = (float) plane[i];
    }
  return rows;
}

static void
store_neighbours (MongeJob *job, guint k, const gint32 *index, const float *square)
{
  const gsize n = job->n_kept;

  for (guint d = 0; d < k; d++)
    for (gsize i = 0; i < n; i++)
      if (monge_reduce_op_gives_indices (job->program->op))
        job->run->index_out[d * n + i] = index[i * k + d];
      else if (job->matched->match.kernel == MONGE_TUNED_GAUSSIAN)
        job->run->out[d * n + i] = square[i * k + d];
      else
        job->run->out[d * n + i] = sqrtf (square[i * k + d]);
}

/* By a search tree on the host. */
static gboolean
search (MongeJob *job,
        const float *queries,
        const float *points,
        guint k,
        gint32 *index,
        float *square,
        GError **error)
{
  const guint n_threads = job->matched->backend->n_threads;
  g_autoptr (MongeNeighbours) tree = monge_neighbours_new (points, job->n_summed,
                                                           job->matched->match.dim, n_threads,
                                                           job->task, error);

  return tree != NULL
         && monge_neighbours_find (tree, queries, job->n_kept, k, FALSE, index, square, n_threads,
                                   job->task, error);
}

/* Points that are not finite are left to generic code. */
MongeOutcome
monge_job_run_neighbours (MongeJob *job, GError **error)
{
  const MongeMatch *match = &job->matched->match;
  const guint k = MAX (job->program->k, 1);
  MongeBackend *backend = job->matched->backend;
  g_autofree float *queries = NULL, *points = NULL, *square = NULL;
  g_autofree gint32 *index = NULL;
  GError *local = NULL;

  if (job->run->pairs != NULL)
    return MONGE_OUTCOME_UNSUITABLE;
  queries = get_rows (job, match->points, job->kept);
  points = get_rows (job, match->others, job->program->over);
  index = g_new (gint32, job->n_kept * k);
  square = g_new (float, job->n_kept * k);
  if (backend->type->find_neighbours != NULL
          ? backend->type->find_neighbours (backend, queries, job->n_kept, points, job->n_summed,
                                            match->dim, k, index, square, job->task, &local)
          : search (job, queries, points, k, index, square, &local))
    {
      store_neighbours (job, k, index, square);
      return MONGE_OUTCOME_DONE;
    }
  if (g_error_matches (local, MONGE_ERROR, MONGE_ERROR_NAN))
    {
      g_clear_error (&local);
      return MONGE_OUTCOME_UNSUITABLE;
    }
  g_propagate_error (error, local);
  return MONGE_OUTCOME_FAILED;
}
