/* Steps of Anderson acceleration: compute/solver/anderson.c. Included by steps.h alone.
 *
 * r = G(g) − g, Δr_l and ΔG_l differences of consecutive ones, in slots l < DEPTH; k is the slot of
 * the newest, which joins the others: “kept” counts it. */
#pragma once

#define MONGE_ANDERSON_DEPTH 8

/* Δr_k ← r − r', ΔG_k ← G − G' where kept > 0;
 * Σ w, Σ w r, Σ w r², and for l < kept Σ w Δr_k Δr_l, Σ w Δr_l r.
 * Planes: w, g, G; then (kept > 0) r', G', Δr_k, ΔG_k, Δr_0…. Counts: kept. */
MONGE_STEP_FUNC void
monge_step_take_differences (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const double w = MONGE_STEP_F64 (s, 0)[i], mapped = MONGE_STEP_F64 (s, 2)[i];
  const double r = mapped - MONGE_STEP_F64 (s, 1)[i];
  const size_t kept = s->counts[0];
  double newest;

  sums[0] += w;
  sums[1] += w * r;
  sums[2] += w * r * r;
  if (kept == 0)
    return;
  newest = r - MONGE_STEP_F64 (s, 3)[i];
  MONGE_STEP_F64 (s, 5)[i] = newest;
  MONGE_STEP_F64 (s, 6)[i] = mapped - MONGE_STEP_F64 (s, 4)[i];
  MONGE_STEP_UNROLL
  for (size_t l = 0; l < MONGE_ANDERSON_DEPTH; l++)
    if (l < kept)
      {
        const double other = MONGE_STEP_F64 (s, 7 + l)[i];

        sums[3 + l] += w * newest * other;
        sums[3 + MONGE_ANDERSON_DEPTH + l] += w * other * r;
      }
}

/* What the length of a combined step takes: Σ w ΔG_k, and for l < kept Σ w ΔG_k ΔG_l, Σ w ΔG_l r.
 * Planes: w, g, G, ΔG_k, ΔG_0…. Counts: kept. */
MONGE_STEP_FUNC void
monge_step_measure_differences (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const double w = MONGE_STEP_F64 (s, 0)[i], newest = MONGE_STEP_F64 (s, 3)[i];
  const double r = MONGE_STEP_F64 (s, 2)[i] - MONGE_STEP_F64 (s, 1)[i];

  sums[0] += w * newest;
  MONGE_STEP_UNROLL
  for (size_t l = 0; l < MONGE_ANDERSON_DEPTH; l++)
    if (l < s->counts[0])
      {
        const double other = MONGE_STEP_F64 (s, 4 + l)[i];

        sums[1 + l] += w * newest * other;
        sums[1 + MONGE_ANDERSON_DEPTH + l] += w * other * r;
      }
}

/* r ← G − g, G' ← G, g ← G − Σ_l γ_l ΔG_l. Planes: g, G, r, G', ΔG_0…. Numbers: γ. Counts: kept. */
MONGE_STEP_FUNC void
monge_step_combine_differences (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  double *g = MONGE_STEP_F64 (s, 0);
  const double mapped = MONGE_STEP_F64 (s, 1)[i];
  double next = mapped;

  MONGE_STEP_UNROLL
  for (size_t l = 0; l < MONGE_ANDERSON_DEPTH; l++)
    if (l < s->counts[0])
      next -= s->numbers[l] * MONGE_STEP_F64 (s, 4 + l)[i];
  MONGE_STEP_F64 (s, 2)[i] = mapped - g[i];
  MONGE_STEP_F64 (s, 3)[i] = mapped;
  g[i] = next;
}

#define MONGE_STEPS_ANDERSON                                                                       \
  MONGE_STEP (take_differences, TAKE_DIFFERENCES, 3 + 2 * MONGE_ANDERSON_DEPTH, 0)                 \
  MONGE_STEP (measure_differences, MEASURE_DIFFERENCES, 1 + 2 * MONGE_ANDERSON_DEPTH, 0)           \
  MONGE_STEP (combine_differences, COMBINE_DIFFERENCES, 0, 0)
