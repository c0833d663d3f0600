/* Steps of the Sinkhorn solver: compute/solver/. Included by steps.h alone.
 *
 * u_i = log Σ_j β_j exp((f_i + g_j − C_ij) / ε) comes from a reduction; ρ is ∞ for balanced problems.
 * Points are (dim × rows) float32 planes relative to an origin of their own. */
#pragma once

/* What row i of the plan should weigh, over α_i: e^(−f/ρ). */
MONGE_STEP_FUNC double
monge_step_wanted_mass (double f, double rho)
{
  return isfinite (rho) ? exp (-f / rho) : 1;
}

/* A point's share of the dual value: f, or −ρ (e^(−f/ρ) − 1). */
MONGE_STEP_FUNC double
monge_step_dual (double f, double rho)
{
  return isfinite (rho) ? -rho * expm1 (-f / rho) : f;
}

/* --- potentials.c --- */

/* out ← (f + constant) / ε + ⟨slope, x⟩ + log α: the exponent of a row or column.
 * Planes: out, f, x (float32), log α (nullable, float32). Numbers: 1/ε, constant, slope. Counts: dim,
 * 0 where the slope is. */
MONGE_STEP_FUNC void
monge_step_exponent (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  double v = (MONGE_STEP_F64 (s, 1)[i] + s->numbers[1]) * s->numbers[0];

  for (size_t d = 0; d < s->counts[0]; d++)
    v += s->numbers[2 + d] * MONGE_STEP_F32 (s, 2)[d * s->n + i];
  if (s->planes[3] != NULL)
    v += MONGE_STEP_F32 (s, 3)[i];
  MONGE_STEP_F64 (s, 0)[i] = v;
}

/* out ← y − o. Planes: out, y, float32. Numbers: o. Counts: dim. */
MONGE_STEP_FUNC void
monge_step_shift_points (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  for (size_t d = 0; d < s->counts[0]; d++)
    MONGE_STEP_F32 (s, 0)[d * s->n + i]
        = (float) (MONGE_STEP_F32 (s, 1)[d * s->n + i] - s->numbers[d]);
}

/* m ← m + o. Planes: m (dim × rows). Numbers: o. Counts: dim. */
MONGE_STEP_FUNC void
monge_step_shift_moments (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  for (size_t d = 0; d < s->counts[0]; d++)
    MONGE_STEP_F64 (s, 0)[d * s->n + i] += s->numbers[d];
}

/* out ← λ (f − ε u); Σ α dual(out), Σ α wanted(out). Planes: out, f, u, α. Numbers: λ, ε, ρ. */
MONGE_STEP_FUNC void
monge_step_update (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const double w = MONGE_STEP_F64 (s, 3)[i], rho = s->numbers[2];
  const double f
      = s->numbers[0] * (MONGE_STEP_F64 (s, 1)[i] - s->numbers[1] * MONGE_STEP_F64 (s, 2)[i]);

  MONGE_STEP_F64 (s, 0)[i] = f;
  sums[0] += w * monge_step_dual (f, rho);
  sums[1] += w * monge_step_wanted_mass (f, rho);
}

/* The same, and what the plan is worth where f stood: Σ α dual(out), Σ α wanted(out), Σ α dual(f),
 * Σ α e^u, Σ α |e^u − wanted(f)|, Σ α (out − f). */
MONGE_STEP_FUNC void
monge_step_update_and_measure (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const double w = MONGE_STEP_F64 (s, 3)[i], rho = s->numbers[2];
  const double f = MONGE_STEP_F64 (s, 1)[i], row = exp (MONGE_STEP_F64 (s, 2)[i]);

  monge_step_update (s, i, sums, maxima);
  sums[2] += w * monge_step_dual (f, rho);
  sums[3] += w * row;
  sums[4] += w * fabs (row - monge_step_wanted_mass (f, rho));
  sums[5] += w * (MONGE_STEP_F64 (s, 0)[i] - f);
}

/* t ← ρ/2 log (mass of one side / mass of the other), the best common shift; one row.
 * Planes: t. Numbers: ρ. Counts: places of the two masses among the totals. */
MONGE_STEP_FUNC void
monge_step_balance (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const double t
      = s->numbers[0] / 2 * log (s->totals[s->counts[0]] / s->totals[s->counts[1]]);

  MONGE_STEP_F64 (s, 0)[i] = isfinite (t) ? t : 0;
}

/* f ← f + sign t. Planes: f, t (one number). Numbers: sign. */
MONGE_STEP_FUNC void
monge_step_shift (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  MONGE_STEP_F64 (s, 0)[i] += s->numbers[0] * MONGE_STEP_F64 (s, 1)[0];
}

/* Chebyshev's semi-iteration for f = T f, constants apart:
 *     d ← keep d + take (T f − f − mean),   f ← f + d + mean / 2.
 * Planes: f, d, T f. Numbers: keep, take, mean of T f − f. */
MONGE_STEP_FUNC void
monge_step_chebyshev (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  double *f = MONGE_STEP_F64 (s, 0), *d = MONGE_STEP_F64 (s, 1);
  const double mean = s->numbers[2];

  d[i] = s->numbers[0] * d[i] + s->numbers[1] * (MONGE_STEP_F64 (s, 2)[i] - f[i] - mean);
  f[i] += d[i] + 0.5 * mean;
}

/* --- readout.c --- */

/* Σ α dual(f), Σ α wanted(f). Planes: α, f. Numbers: ρ. */
MONGE_STEP_FUNC void
monge_step_measure_dual (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const double w = MONGE_STEP_F64 (s, 0)[i], f = MONGE_STEP_F64 (s, 1)[i];

  sums[0] += w * monge_step_dual (f, s->numbers[0]);
  sums[1] += w * monge_step_wanted_mass (f, s->numbers[0]);
}

/* f at point @at, to first order around cluster @c, whose ∇f is λ times the mean of ∂_x C over the
 * row of the plan. Planes from @first on: f, moments, clusters, points. Numbers: λ. Counts: dim,
 * clusters, points. */
MONGE_STEP_FUNC double
monge_step_extrapolate (const MongeStepData *s, int first, size_t c, size_t at)
{
  double f = MONGE_STEP_F64 (s, first)[c];

  for (size_t d = 0; d < s->counts[0]; d++)
    f += s->numbers[0] * MONGE_STEP_F64 (s, first + 1)[d * s->counts[1] + c]
         * (MONGE_STEP_F32 (s, first + 3)[d * s->counts[2] + at]
            - MONGE_STEP_F32 (s, first + 2)[d * s->counts[1] + c]);
  return f;
}

/* f at all points. Planes: out, cluster of each point (int32), f, moments, clusters, points
 * (float32). Numbers: λ. Counts: dim, clusters, points. */
MONGE_STEP_FUNC void
monge_step_extend (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  MONGE_STEP_F64 (s, 0)[i]
      = monge_step_extrapolate (s, 2, (size_t) MONGE_STEP_I32 (s, 1)[i], i);
}

/* f at one point of each cluster, and where that is. Planes: out, the point of each cluster (int32),
 * f, moments, clusters, points, out: coordinates (float32). As before. */
MONGE_STEP_FUNC void
monge_step_sample (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const size_t at = (size_t) MONGE_STEP_I32 (s, 1)[i];

  MONGE_STEP_F64 (s, 0)[i] = monge_step_extrapolate (s, 2, i, at);
  for (size_t d = 0; d < s->counts[0]; d++)
    MONGE_STEP_F32 (s, 6)[d * s->n + i] = MONGE_STEP_F32 (s, 5)[d * s->counts[2] + at];
}

/* What the dual gains where points are put for clusters: Σ α (dual(λ (h − ε u)) − dual(f) −
 * wanted(f) (h − f)), f having been extended to h. Planes: α, f, h, u. Numbers: λ, ε, ρ. */
MONGE_STEP_FUNC void
monge_step_gain (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const double f = MONGE_STEP_F64 (s, 1)[i], h = MONGE_STEP_F64 (s, 2)[i], rho = s->numbers[2];
  const double there = s->numbers[0] * (h - s->numbers[1] * MONGE_STEP_F64 (s, 3)[i]);

  sums[0] += MONGE_STEP_F64 (s, 0)[i]
             * (monge_step_dual (there, rho) - monge_step_dual (f, rho)
                - monge_step_wanted_mass (f, rho) * (h - f));
}

/* out ← λ (f − ε u); slope_i += sign wanted(out) m, (rows × dim); Σ α dual(out), Σ α wanted(out).
 * Planes: out, f, u, α, slope (nullable), m. Numbers: λ, ε, ρ, sign. Counts: dim. */
MONGE_STEP_FUNC void
monge_step_read_out (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  double mass;

  monge_step_update (s, i, sums, maxima);
  if (s->planes[4] == NULL)
    return;
  mass = s->numbers[3] * monge_step_wanted_mass (MONGE_STEP_F64 (s, 0)[i], s->numbers[2]);
  for (size_t d = 0; d < s->counts[0]; d++)
    MONGE_STEP_F64 (s, 4)[i * s->counts[0] + d] += mass * MONGE_STEP_F64 (s, 5)[d * s->n + i];
}

/* --- correct.c; o takes points to the origin common to both sides --- */

/* Σ α (c − m): c = x + o. Planes: α, x (float32), m. Numbers: o. Counts: dim. */
MONGE_STEP_FUNC void
monge_step_find_image (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const double w = MONGE_STEP_F64 (s, 0)[i];

  MONGE_STEP_UNROLL
  for (size_t d = 0; d < MONGE_STEP_MAX_DIM; d++)
    if (d < s->counts[0])
      {
        const double c = s->numbers[d] + MONGE_STEP_F32 (s, 1)[d * s->n + i];

        sums[d] += w * (c - MONGE_STEP_F64 (s, 2)[d * s->n + i]);
      }
}

/* A cluster moves to u = c − κ t, t = c − m, and its potential with it:
 *     out ← x − κ (t − centre),   f ← f + Σ_d (u² − c² + κ t² + κ' c²) / 2.
 * Planes: out (float32), f, x (float32), m. Numbers: κ, κ', o and from [2 + max. dim] on the centre.
 * Counts: dim. */
MONGE_STEP_FUNC void
monge_step_widen (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const double kappa = s->numbers[0];
  double f = MONGE_STEP_F64 (s, 1)[i];

  for (size_t d = 0; d < s->counts[0]; d++)
    {
      const float x = MONGE_STEP_F32 (s, 2)[d * s->n + i];
      const double c = s->numbers[2 + d] + x, t = c - MONGE_STEP_F64 (s, 3)[d * s->n + i];
      const double u = c - kappa * t, centre = s->numbers[2 + MONGE_STEP_MAX_DIM + d];

      MONGE_STEP_F32 (s, 0)[d * s->n + i] = (float) (x - kappa * (t - centre));
      f += 0.5 * (u * u - c * c + kappa * t * t + s->numbers[1] * c * c);
    }
  MONGE_STEP_F64 (s, 1)[i] = f;
}

/* f ← f + a |x + o|². Planes: f, x (float32). Numbers: a, o. Counts: dim. */
MONGE_STEP_FUNC void
monge_step_add_square (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  double f = MONGE_STEP_F64 (s, 0)[i];

  for (size_t d = 0; d < s->counts[0]; d++)
    {
      const double c = s->numbers[1 + d] + MONGE_STEP_F32 (s, 1)[d * s->n + i];

      f += s->numbers[0] * c * c;
    }
  MONGE_STEP_F64 (s, 0)[i] = f;
}

/* slope_i += sign (m − κ (x + o)). Planes: slope (rows × dim), x (float32), m. Numbers: sign, κ, o.
 * Counts: dim. */
MONGE_STEP_FUNC void
monge_step_correct_slope (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const size_t dim = s->counts[0];

  for (size_t d = 0; d < dim; d++)
    {
      const double c = s->numbers[2 + d] + MONGE_STEP_F32 (s, 1)[d * s->n + i];

      MONGE_STEP_F64 (s, 0)[i * dim + d]
          += s->numbers[0] * (MONGE_STEP_F64 (s, 2)[d * s->n + i] - s->numbers[1] * c);
    }
}

/* --- predict.c; every stride-th point of the source --- */

/* Σ α, −Σ α ⟨v, x − x'⟩, Σ α |v|², Σ α |x − x'|²: x = planes + o was x' with slope v.
 * Planes: α, planes (float32), x', v, (rows × dim). Numbers: o. Counts: dim, stride, points. */
MONGE_STEP_FUNC void
monge_step_measure_way (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const size_t dim = s->counts[0], at = i * s->counts[1];
  const double w = MONGE_STEP_F64 (s, 0)[at];

  sums[0] += w;
  for (size_t d = 0; d < dim; d++)
    {
      const double v = MONGE_STEP_F64 (s, 3)[i * dim + d];
      const double way = s->numbers[d] + MONGE_STEP_F32 (s, 1)[d * s->counts[2] + at]
                         - MONGE_STEP_F64 (s, 2)[i * dim + d];

      sums[1] -= w * v * way;
      sums[2] += w * v * v;
      sums[3] += w * way * way;
    }
}

/* x' ← planes + o, v ← slope. Planes: slope (points × dim), planes (float32), x', v. As before. */
MONGE_STEP_FUNC void
monge_step_record_way (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const size_t dim = s->counts[0], at = i * s->counts[1];

  for (size_t d = 0; d < dim; d++)
    {
      MONGE_STEP_F64 (s, 2)[i * dim + d]
          = s->numbers[d] + MONGE_STEP_F32 (s, 1)[d * s->counts[2] + at];
      MONGE_STEP_F64 (s, 3)[i * dim + d] = MONGE_STEP_F64 (s, 0)[at * dim + d];
    }
}

/* g ← a + t (a − b). Planes: g, a, b. Numbers: t. */
MONGE_STEP_FUNC void
monge_step_follow (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const double a = MONGE_STEP_F64 (s, 1)[i];

  MONGE_STEP_F64 (s, 0)[i] = a + s->numbers[0] * (a - MONGE_STEP_F64 (s, 2)[i]);
}

#define MONGE_STEPS_SOLVER                                                                         \
  MONGE_STEP (exponent, EXPONENT, 0, 0)                                                            \
  MONGE_STEP (shift_points, SHIFT_POINTS, 0, 0)                                                    \
  MONGE_STEP (shift_moments, SHIFT_MOMENTS, 0, 0)                                                  \
  MONGE_STEP (update, UPDATE, 2, 0)                                                                \
  MONGE_STEP (update_and_measure, UPDATE_AND_MEASURE, 6, 0)                                        \
  MONGE_STEP (balance, BALANCE, 0, 0)                                                              \
  MONGE_STEP (shift, SHIFT, 0, 0)                                                                  \
  MONGE_STEP (chebyshev, CHEBYSHEV, 0, 0)                                                          \
  MONGE_STEP (measure_dual, MEASURE_DUAL, 2, 0)                                                    \
  MONGE_STEP (extend, EXTEND, 0, 0)                                                                \
  MONGE_STEP (sample, SAMPLE, 0, 0)                                                                \
  MONGE_STEP (gain, GAIN, 1, 0)                                                                    \
  MONGE_STEP (read_out, READ_OUT, 2, 0)                                                            \
  MONGE_STEP (find_image, FIND_IMAGE, MONGE_STEP_MAX_DIM, 0)                                       \
  MONGE_STEP (widen, WIDEN, 0, 0)                                                                  \
  MONGE_STEP (add_square, ADD_SQUARE, 0, 0)                                                        \
  MONGE_STEP (correct_slope, CORRECT_SLOPE, 0, 0)                                                  \
  MONGE_STEP (measure_way, MEASURE_WAY, 4, 0)                                                      \
  MONGE_STEP (record_way, RECORD_WAY, 0, 0)                                                        \
  MONGE_STEP (follow, FOLLOW, 0, 0)
