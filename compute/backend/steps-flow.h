/* Steps of flows and of the frames they show: compute/flow/. Included by steps.h alone. */
#pragma once

/* A step of a flow, x' = x + f v for each row: Σ a |f v|; max |x' − x(0)|²; of rows that leave the
 * finite the largest n − i. Planes: x', x, v, x(0), (n × D) numbers in order, and a, float64.
 * Numbers: f. Counts: D. */
MONGE_STEP_FUNC void
monge_step_move (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const size_t dim = s->counts[0];
  double moved = 0.0, away = 0.0;
  int finite = 1;

  for (size_t k = i * dim; k < (i + 1) * dim; k++)
    {
      const double by = s->numbers[0] * MONGE_STEP_F64 (s, 2)[k];
      const double to = MONGE_STEP_F64 (s, 1)[k] + by, way = to - MONGE_STEP_F64 (s, 3)[k];

      MONGE_STEP_F64 (s, 0)[k] = to;
      moved += by * by;
      away += way * way;
      finite &= fabs (to) < INFINITY;
    }
  sums[0] += MONGE_STEP_F64 (s, 4)[i] * sqrt (moved);
  if (away > maxima[0])
    maxima[0] = away;
  if (!finite && (double) (s->n - i) > maxima[1])
    maxima[1] = (double) (s->n - i);
}

/* What is drawn of a flow: x − o, missing dimensions being 0, those beyond 3 left out; |x − x(0)|.
 * Planes: (n × 3) and n numbers in order, float32; x, x(0), (n × D) in order, float64.
 * Numbers: o. Counts: D. */
MONGE_STEP_FUNC void
monge_step_draw (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const size_t dim = s->counts[0];
  const double *x = MONGE_STEP_F64 (s, 2) + i * dim, *start = MONGE_STEP_F64 (s, 3) + i * dim;
  float *out = MONGE_STEP_F32 (s, 0) + 3 * i;
  double away = 0.0;

  for (size_t d = 0; d < 3; d++)
    out[d] = d < dim ? (float) (x[d] - s->numbers[d]) : 0.0f;
  for (size_t d = 0; d < dim; d++)
    away += (x[d] - start[d]) * (x[d] - start[d]);
  MONGE_STEP_F32 (s, 1)[i] = (float) sqrt (away);
}

/* (b − a) × (c − a) of triangles, one per row. Planes: result (rows × 3), points (n × 3), float32;
 * corners (rows × 3); all in order. */
MONGE_STEP_FUNC void
monge_step_face (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const int *face = MONGE_STEP_I32 (s, 2) + 3 * i;
  const float *a = MONGE_STEP_F32 (s, 1) + 3 * (size_t) face[0];
  const float *b = MONGE_STEP_F32 (s, 1) + 3 * (size_t) face[1];
  const float *c = MONGE_STEP_F32 (s, 1) + 3 * (size_t) face[2];
  const float u[3] = { b[0] - a[0], b[1] - a[1], b[2] - a[2] };
  const float v[3] = { c[0] - a[0], c[1] - a[1], c[2] - a[2] };
  float *out = MONGE_STEP_F32 (s, 0) + 3 * i;

  out[0] = u[1] * v[2] - u[2] * v[1];
  out[1] = u[2] * v[0] - u[0] * v[2];
  out[2] = u[0] * v[1] - u[1] * v[0];
}

/* Unit normals: the sum over the faces around each row, 0 where that has no direction. Planes: result
 * (n × 3), face vectors (faces × 3), float32, in order; first (n + 1), around: int32, the faces of
 * row i being those of [first_i, first_{i+1}) in around. */
MONGE_STEP_FUNC void
monge_step_normal (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const int *first = MONGE_STEP_I32 (s, 2), *around = MONGE_STEP_I32 (s, 3);
  float *out = MONGE_STEP_F32 (s, 0) + 3 * i;
  float n[3] = { 0.0f, 0.0f, 0.0f }, length, scale;

  for (int k = first[i]; k < first[i + 1]; k++)
    for (int d = 0; d < 3; d++)
      n[d] += MONGE_STEP_F32 (s, 1)[3 * (size_t) around[k] + d];
  length = sqrtf (n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
  scale = length > 0.0f && length < INFINITY ? 1.0f / length : 0.0f;
  for (int d = 0; d < 3; d++)
    out[d] = scale > 0.0f ? n[d] * scale : 0.0f;
}

#define MONGE_STEPS_FLOW                                                                           \
  MONGE_STEP (move, MOVE, 1, 2)                                                                    \
  MONGE_STEP (draw, DRAW, 0, 0)                                                                    \
  MONGE_STEP (face, FACE, 0, 0)                                                                    \
  MONGE_STEP (normal, NORMAL, 0, 0)
