#include "compute/solver/predict.h"

#include <math.h>
#include <string.h>

/* A change is never stretched more than this. */
#define LARGEST_STRETCH 1.5

void
monge_predictor_init (MongePredictor *predictor, gsize n, guint dim, gsize m)
{
  *predictor = (MongePredictor){
    .n = n,
    .m = m,
    .dim = dim,
    .planes = g_new0 (float, n * dim),
    .slope = g_new0 (double, n * dim),
    .last = g_new0 (double, m),
    .previous = g_new0 (double, m),
  };
}

void
monge_predictor_clear (MongePredictor *predictor)
{
  g_clear_pointer (&predictor->planes, g_free);
  g_clear_pointer (&predictor->slope, g_free);
  g_clear_pointer (&predictor->last, g_free);
  g_clear_pointer (&predictor->previous, g_free);
}

void
monge_predictor_forget (MongePredictor *predictor)
{
  predictor->n_solves = 0;
}

/* Least squares: the source has gone x − @progress · slope. @travelled: how far, at all. */
static void
measure_way (const MongePredictor *p,
             const MongePoints *source,
             double *progress,
             double *travelled)
{
  double along = 0, slopes = 0, ways = 0;

  for (guint d = 0; d < p->dim; d++)
    for (gsize i = 0; i < p->n; i++)
      {
        double slope = p->slope[source->order[i] * p->dim + d];
        double way = source->origin[d] - p->origin[d] + (double) source->planes[d * p->n + i]
                     - p->planes[d * p->n + i];

        along -= source->weights[i] * slope * way;
        slopes += source->weights[i] * slope * slope;
        ways += source->weights[i] * way * way;
      }
  *progress = slopes > 0 ? CLAMP (along / slopes, 0, 1) : 0;
  *travelled = sqrt (ways);
}

void
monge_predictor_record (MongePredictor *p,
                        const MongePoints *source,
                        const double *slope,
                        const double *potential,
                        gsize m)
{
  double progress, *oldest = p->previous;

  if (m != p->m)
    p->n_solves = 0;
  p->m = m;
  if (p->n_solves > 0)
    measure_way (p, source, &progress, &p->travelled);
  p->previous = p->last;
  p->last = oldest;
  memcpy (p->last, potential, p->m * sizeof *potential);
  memcpy (p->slope, slope, p->n * p->dim * sizeof *slope);
  memcpy (p->planes, source->planes, p->n * p->dim * sizeof *p->planes);
  memcpy (p->origin, source->origin, sizeof p->origin);
  p->n_solves++;
}

void
monge_predictor_apply (MongePredictor *p,
                       const MongePoints *source,
                       gboolean geodesic,
                       const double *self,
                       double *potential)
{
  double progress, travelled;

  if (p->n_solves == 0)
    return;
  measure_way (p, source, &progress, &travelled);
  if (geodesic)
    {
      for (gsize j = 0; j < p->m; j++)
        potential[j] = p->last[j] - progress * (p->last[j] - self[j]);
    }
  else if (p->n_solves >= 2 && p->travelled > 0)
    {
      double stretch = MIN (travelled / p->travelled, LARGEST_STRETCH);

      for (gsize j = 0; j < p->m; j++)
        potential[j] = p->last[j] + stretch * (p->last[j] - p->previous[j]);
    }
}
