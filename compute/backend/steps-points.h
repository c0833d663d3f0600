/* Steps of points along a curve and of their clusters: compute/solver/points.c, clusters.c. Included
 * by steps.h alone. */
#pragma once

#define MONGE_SPREAD_GROUP 32

/* A barycentre from every stride-th point: Σ w, Σ w x_d with w = weight + least.
 * Planes: weights, positions (n × dim in the measure's order), order. Numbers: least. Counts: dim,
 * stride. */
MONGE_STEP_FUNC void
monge_step_find_centre (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const size_t dim = s->counts[0], at = i * s->counts[1];
  const double w = MONGE_STEP_F64 (s, 0)[at] + s->numbers[0];
  const double *x = MONGE_STEP_F64 (s, 1) + (size_t) MONGE_STEP_I32 (s, 2)[at] * dim;

  sums[0] += w;
  MONGE_STEP_UNROLL
  for (size_t d = 0; d < MONGE_STEP_MAX_DIM; d++)
    if (d < dim)
      sums[1 + d] += w * x[d];
}

/* planes_di ← x_(order_i)d − origin_d; max −(first coordinate that is not finite).
 * Planes: planes (float32), positions, order. Numbers: origin. Counts: dim. */
MONGE_STEP_FUNC void
monge_step_move_points (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const size_t dim = s->counts[0], from = (size_t) MONGE_STEP_I32 (s, 2)[i] * dim;
  const double *x = MONGE_STEP_F64 (s, 1) + from;

  for (size_t d = 0; d < dim; d++)
    {
      MONGE_STEP_F32 (s, 0)[d * s->n + i] = (float) (x[d] - s->numbers[d]);
      if (!isfinite (x[d]))
        maxima[0] = fmax (maxima[0], -(double) (from + d));
    }
}

/* Σ |x − centre|² of one group of points, in float32 about its first: no cancellation.
 * Planes: planes (float32). Counts: dim, points, stride from group to group. */
MONGE_STEP_FUNC void
monge_step_measure_spread (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const size_t dim = s->counts[0], n = s->counts[1], begin = i * s->counts[2];
  const size_t count = n - begin < MONGE_SPREAD_GROUP ? n - begin : MONGE_SPREAD_GROUP;

  for (size_t d = 0; d < dim; d++)
    {
      const float *x = MONGE_STEP_F32 (s, 0) + d * n + begin;
      float sum = 0, square = 0;

      for (size_t k = 0; k < count; k++)
        {
          const float at = x[k] - x[0];

          sum += at;
          square += at * at;
        }
      sums[0] += fmaxf (square - sum * sum / (float) count, 0.0f);
    }
}

/* Barycentres of clusters, of equal weights where they have no mass.
 * Planes: clusters' (float32), their weights, first, points' (float32), their weights. Counts: dim,
 * points. */
MONGE_STEP_FUNC void
monge_step_gather_clusters (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const size_t dim = s->counts[0], n = s->counts[1];
  const int *first = MONGE_STEP_I32 (s, 2);
  const double mass = MONGE_STEP_F64 (s, 1)[i];

  for (size_t d = 0; d < dim; d++)
    {
      const float *x = MONGE_STEP_F32 (s, 3) + d * n;
      double centre = 0, plain = 0;

      for (int k = first[i]; k < first[i + 1]; k++)
        {
          centre += MONGE_STEP_F64 (s, 4)[k] * x[k];
          plain += x[k];
        }
      MONGE_STEP_F32 (s, 0)[d * s->n + i]
          = (float) (mass > 0 ? centre / mass : plain / (double) (first[i + 1] - first[i]));
    }
}

/* Σ w |x − centre of its cluster|², Σ mass, of every stride-th cluster.
 * Planes: as before. Counts: dim, points, clusters, stride. */
MONGE_STEP_FUNC void
monge_step_measure_cells (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const size_t dim = s->counts[0], n = s->counts[1], c = i * s->counts[3];
  const int *first = MONGE_STEP_I32 (s, 2);

  for (size_t d = 0; d < dim; d++)
    {
      const float *x = MONGE_STEP_F32 (s, 3) + d * n;
      const double centre = MONGE_STEP_F32 (s, 0)[d * s->counts[2] + c];

      for (int k = first[c]; k < first[c + 1]; k++)
        sums[0] += MONGE_STEP_F64 (s, 4)[k] * (x[k] - centre) * (x[k] - centre);
    }
  sums[1] += MONGE_STEP_F64 (s, 1)[c];
}

/* to_(order_i)d ← from_id, (n × dim) numbers. Planes: to, from, order. Counts: dim. */
MONGE_STEP_FUNC void
monge_step_hand_over (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const size_t dim = s->counts[0];
  double *to = MONGE_STEP_F64 (s, 0) + (size_t) MONGE_STEP_I32 (s, 2)[i] * dim;

  for (size_t d = 0; d < dim; d++)
    to[d] = MONGE_STEP_F64 (s, 1)[i * dim + d];
}

#define MONGE_STEPS_POINTS                                                                         \
  MONGE_STEP (find_centre, FIND_CENTRE, 1 + MONGE_STEP_MAX_DIM, 0)                                 \
  MONGE_STEP (move_points, MOVE_POINTS, 0, 1)                                                      \
  MONGE_STEP (measure_spread, MEASURE_SPREAD, 1, 0)                                                \
  MONGE_STEP (gather_clusters, GATHER_CLUSTERS, 0, 0)                                              \
  MONGE_STEP (measure_cells, MEASURE_CELLS, 2, 0)                                                  \
  MONGE_STEP (hand_over, HAND_OVER, 0, 0)
