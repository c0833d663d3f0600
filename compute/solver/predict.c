#include "compute/solver/predict.h"

#include <math.h>
#include <string.h>

/* Points of the source that are looked at, about: the way they have gone is a mean. */
#define SAMPLE 16384
/* A change is never stretched more than this. */
#define LARGEST_STRETCH 1.5

void
monge_predictor_init (MongePredictor *predictor, gsize n, guint dim, gsize m)
{
  const gsize stride = MAX (n / SAMPLE, 1), n_kept = (n + stride - 1) / stride;

  *predictor = (MongePredictor){
    .n = n,
    .m = m,
    .dim = dim,
    .stride = stride,
    .from = g_new0 (double, n_kept * dim),
    .slope = g_new0 (double, n_kept * dim),
    .last = g_new0 (double, m),
    .previous = g_new0 (double, m),
  };
}

void
monge_predictor_clear (MongePredictor *predictor)
{
  g_clear_pointer (&predictor->from, g_free);
  g_clear_pointer (&predictor->slope, g_free);
  g_clear_pointer (&predictor->last, g_free);
  g_clear_pointer (&predictor->previous, g_free);
}

void
monge_predictor_forget (MongePredictor *predictor)
{
  predictor->n_solves = 0;
}

static double
get_position (const MongePoints *source, gsize i, guint d)
{
  return source->origin[d] + source->planes[d * source->n + i];
}

/* Least squares: the source has gone x − @progress · slope. @travelled: how far, at all. */
static void
measure_way (const MongePredictor *p,
             const MongePoints *source,
             double *progress,
             double *travelled)
{
  double along = 0, slopes = 0, ways = 0, mass = 0;

  for (gsize i = 0, k = 0; i < p->n; i += p->stride)
    {
      const double weight = source->weights[i];

      mass += weight;
      for (guint d = 0; d < p->dim; d++, k++)
        {
          double way = get_position (source, i, d) - p->from[k];

          along -= weight * p->slope[k] * way;
          slopes += weight * p->slope[k] * p->slope[k];
          ways += weight * way * way;
        }
    }
  *progress = slopes > 0 ? CLAMP (along / slopes, 0, 1) : 0;
  *travelled = mass > 0 ? sqrt (ways / mass) : 0;
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
  for (gsize i = 0, k = 0; i < p->n; i += p->stride)
    for (guint d = 0; d < p->dim; d++, k++)
      {
        p->slope[k] = slope[i * p->dim + d];
        p->from[k] = get_position (source, i, d);
      }
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
