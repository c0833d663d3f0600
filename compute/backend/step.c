/* Steps on the host. */
#include "compute/backend/backend-private.h"
#include "compute/core/parallel.h"

#include <math.h>
#include <string.h>

/* Rows that are added up by themselves: totals do not depend on who computed them. */
#define CHUNK 4096
#define LEAST_CHUNK 64 /* of rows that are much work each */
/* So few are done faster by one thread. */
#define FEW_CHUNKS 8

typedef struct {
  guint n_sums, n_maxima;
  void (*rows) (const MongeStepData *data, gsize begin, gsize end, double *sums, double *maxima);
} Type;

#define MONGE_STEP(name, NAME, n_sums, n_maxima)                                                   \
  static void rows_##name (const MongeStepData *data, gsize begin, gsize end, double *sums,        \
                           double *maxima)                                                         \
  {                                                                                                \
    const MongeStepData own = *data; /* what no row can change, and registers can hold */          \
    double own_sums[(n_sums) + 1] = { 0 }, own_maxima[(n_maxima) + 1];                             \
                                                                                                   \
    memcpy (own_maxima, maxima, (n_maxima) * sizeof *maxima);                                      \
    for (gsize i = begin; i < end; i++)                                                            \
      monge_step_##name (&own, i, own_sums, own_maxima);                                           \
    memcpy (sums, own_sums, (n_sums) * sizeof *sums);                                              \
    memcpy (maxima, own_maxima, (n_maxima) * sizeof *maxima);                                      \
  }
MONGE_STEPS
#undef MONGE_STEP

#define MONGE_STEP(name, NAME, n_sums, n_maxima)                                                   \
  [MONGE_STEP_##NAME] = { n_sums, n_maxima, rows_##name },
static const Type types[] = { MONGE_STEPS };
#undef MONGE_STEP

/* Of one chunk. */
typedef struct {
  double sums[MONGE_STEP_MAX_SUMS];
  double maxima[MONGE_STEP_MAX_MAXIMA];
} Totals;

typedef struct {
  const Type *type;
  const MongeStepData *data;
  gsize chunk; /* rows */
  Totals *totals;
} Job;

static void
totals_clear (Totals *totals, const Type *type)
{
  memset (totals->sums, 0, type->n_sums * sizeof (double));
  for (guint k = 0; k < type->n_maxima; k++)
    totals->maxima[k] = -INFINITY;
}

/* @begin, @end: chunks. */
static void
run_chunks (gsize begin, gsize end, guint worker, gpointer user_data)
{
  const Job *job = user_data;

  for (gsize chunk = begin; chunk < end; chunk++)
    {
      Totals *totals = &job->totals[chunk];

      totals_clear (totals, job->type);
      job->type->rows (job->data, chunk * job->chunk, MIN ((chunk + 1) * job->chunk, job->data->n),
                       totals->sums, totals->maxima);
    }
}

static void
add_up (const Type *type, const Totals *totals, gsize n_chunks, double *out)
{
  Totals all;

  totals_clear (&all, type);
  for (gsize chunk = 0; chunk < n_chunks; chunk++)
    {
      for (guint k = 0; k < type->n_sums; k++)
        all.sums[k] += totals[chunk].sums[k];
      for (guint k = 0; k < type->n_maxima; k++)
        all.maxima[k] = fmax (all.maxima[k], totals[chunk].maxima[k]);
    }
  memcpy (out, all.sums, type->n_sums * sizeof (double));
  memcpy (out + type->n_sums, all.maxima, type->n_maxima * sizeof (double));
}

static void
step_on_host (MongeBackend *backend, const MongeStep *step)
{
  const Type *type = &types[step->id];
  const gsize rows = MAX (CHUNK / MAX (step->work, 1), LEAST_CHUNK);
  const gsize n_chunks = (step->n + rows - 1) / rows;
  MongeStepData data = { .n = step->n, .totals = backend->totals };
  Totals few[FEW_CHUNKS];
  g_autofree Totals *many = n_chunks > G_N_ELEMENTS (few) ? g_new (Totals, n_chunks) : NULL;
  Job job = { type, &data, rows, many != NULL ? many : few };

  for (guint k = 0; k < MONGE_STEP_MAX_PLANES; k++)
    data.planes[k] = step->planes[k] != NULL ? step->planes[k]->data : NULL;
  memcpy (data.numbers, step->numbers, sizeof data.numbers);
  memcpy (data.counts, step->counts, sizeof data.counts);
  if (many != NULL)
    monge_parallel_rows (n_chunks, 2, backend->n_threads, NULL, run_chunks, &job);
  else
    run_chunks (0, n_chunks, 0, &job);
  if (type->n_sums + type->n_maxima > 0)
    add_up (type, job.totals, n_chunks, backend->totals + step->totals);
}

void
monge_backend_step (MongeBackend *backend, const MongeStep *step)
{
  const Type *type;

  g_return_if_fail (step->id < MONGE_N_STEPS);
  type = &types[step->id];
  g_return_if_fail (step->totals + type->n_sums + type->n_maxima <= MONGE_MAX_TOTALS);
  for (guint k = 0; k < MONGE_STEP_MAX_PLANES; k++)
    g_return_if_fail (step->planes[k] == NULL || step->planes[k]->backend == backend);

  if (monge_backend_is_on_host (backend))
    step_on_host (backend, step);
  else
    backend->type->step (backend, step);
}

gboolean
monge_backend_read_totals (MongeBackend *backend,
                           guint first,
                           guint n,
                           double *totals,
                           MongeTask *task,
                           GError **error)
{
  const gint n_fetches = g_atomic_int_get (&backend->n_fetches);

  g_return_val_if_fail (first + n <= MONGE_MAX_TOTALS, FALSE);

  if (!monge_backend_is_on_host (backend))
    {
      if (!backend->type->read_totals (backend, first, n, totals, task, error))
        return FALSE;
      g_atomic_int_set (&backend->n_arrived, n_fetches);
      return TRUE;
    }
  if (n > 0)
    memcpy (totals, backend->totals + first, n * sizeof *totals);
  return !monge_task_return_if_cancelled (task, error);
}
