#include "compute/solver/predict.h"

#include "compute/backend/step.h"

#include <math.h>
#include <string.h>

/* Points of the source that are looked at, about: the way they have gone is a mean. */
#define SAMPLE 16384
/* A change is never stretched more than this. */
#define LARGEST_STRETCH 1.5

gboolean
monge_predictor_init (MongePredictor *p,
                      MongeBackend *backend,
                      gsize n,
                      guint dim,
                      gsize m,
                      GError **error)
{
  const gsize stride = MAX (n / SAMPLE, 1), n_kept = (n + stride - 1) / stride;
  MongePlanes **const planes[] = { &p->from, &p->slope, &p->last, &p->previous };

  *p = (MongePredictor){ .backend = backend, .n = n, .m = m, .dim = dim, .stride = stride };
  for (guint k = 0; k < G_N_ELEMENTS (planes); k++)
    {
      *planes[k] = monge_planes_new (backend, MONGE_PLANES_FLOAT64, k < 2 ? n_kept * dim : m, 1,
                                     error);
      if (*planes[k] == NULL)
        return FALSE;
    }
  return TRUE;
}

void
monge_predictor_clear (MongePredictor *p)
{
  g_clear_pointer (&p->from, monge_planes_free);
  g_clear_pointer (&p->slope, monge_planes_free);
  g_clear_pointer (&p->last, monge_planes_free);
  g_clear_pointer (&p->previous, monge_planes_free);
}

void
monge_predictor_forget (MongePredictor *p)
{
  p->n_solves = 0;
}

/* A step over the points looked at. */
static void
queue (const MongePredictor *p,
       MongeStepId id,
       const MongePoints *source,
       MongePlanes *other,
       guint totals)
{
  MongeStep step = {
    .id = id,
    .n = (p->n + p->stride - 1) / p->stride,
    .planes = { other, source->planes, p->from, p->slope },
    .counts = { p->dim, p->stride, p->n },
    .totals = totals,
  };

  memcpy (step.numbers, source->origin, p->dim * sizeof *step.numbers);
  monge_backend_step (p->backend, &step);
}

void
monge_predictor_record (MongePredictor *p,
                        const MongePoints *source,
                        MongePlanes *slope,
                        MongePlanes *potential,
                        gsize m)
{
  MongePlanes *const oldest = p->previous;
  MongePlanes to = monge_planes_view (oldest, m, 1), from = monge_planes_view (potential, m, 1);

  if (m != p->m)
    p->n_solves = 0;
  p->m = m;
  p->last_travelled = p->travelled;
  p->progress = p->travelled = 0;
  p->previous = p->last;
  p->last = oldest;
  monge_planes_copy (&to, &from);
  queue (p, MONGE_STEP_RECORD_WAY, source, slope, 0);
  p->n_solves++;
}

void
monge_predictor_queue (const MongePredictor *p, const MongePoints *source, guint totals)
{
  if (p->n_solves > 0)
    queue (p, MONGE_STEP_MEASURE_WAY, source, source->weights, totals);
}

/* Least squares: the source has gone x − progress · slope. */
void
monge_predictor_take_way (MongePredictor *p, const double *totals)
{
  const double mass = totals[0], along = totals[1], slopes = totals[2], ways = totals[3];

  if (p->n_solves == 0)
    return;
  p->progress = slopes > 0 ? CLAMP (along / slopes, 0, 1) : 0;
  p->travelled = mass > 0 ? sqrt (ways / mass) : 0;
}

void
monge_predictor_apply (MongePredictor *p,
                       gboolean geodesic,
                       MongePlanes *self,
                       MongePlanes *potential)
{
  MongeStep step = {
    .id = MONGE_STEP_FOLLOW,
    .n = p->m,
    .planes = { potential, p->last, geodesic ? self : p->previous },
  };

  if (p->n_solves == 0)
    return;
  if (geodesic)
    step.numbers[0] = -p->progress;
  else if (p->n_solves >= 2 && p->last_travelled > 0)
    step.numbers[0] = MIN (p->travelled / p->last_travelled, LARGEST_STRETCH);
  else
    return;
  monge_backend_step (p->backend, &step);
}
