/* What becomes of the sums of one row, all columns met: logarithms, means, factors. */
#pragma once

#include "compute/backend/cuda/plan.cuh"

/* Sums and moments of a row as they were gathered. */
typedef struct {
  const double *values;
  size_t stride, n_splits, split_stride;
} MongeGathered;

static __device__ __forceinline__ double
monge_gathered_get (const MongeGathered &gathered, unsigned v)
{
  double value = 0;

  for (size_t s = 0; s < gathered.n_splits; s++)
    value += gathered.values[s * gathered.split_stride + v * gathered.stride];
  return value;
}

/* How the sums of a row stand. */
typedef struct {
  bool is_empty;     /* the row meets no column */
  double offset;     /* log2 of what sums are still to be multiplied by */
  double lift, used; /* that was asked for, and the one that took its place */
} MongeRowState;

static __device__ __forceinline__ void
monge_note_bad_row (const MongeCudaPlan *plan, unsigned row)
{
  if (plan->r.status != NULL)
    atomicMax (&plan->r.status->bad_row, ~(unsigned long long) row);
}

static __device__ __forceinline__ double
monge_or_one (double factor)
{
  return factor != 0 ? factor : 1;
}

/* Σ t becomes its logarithm; the moment is divided by it. Returns what the moment is to be
 * multiplied by. */
static __device__ double
monge_store_logarithm (const MongeCudaPlan *plan, unsigned row, double total,
                       const MongeRowState &state)
{
  const MongeCudaReduction *r = &plan->r;
  double sum = log2 (total) + state.offset + (state.lift - state.used), factor = 1 / total;

  if (state.is_empty || state.used >= (double) -MONGE_LOWEST) /* the maximum was −∞ */
    sum = -INFINITY;
  if (!(fabs (sum) < INFINITY) && !state.is_empty)
    monge_note_bad_row (plan, row);
  if (!(sum > -INFINITY))
    factor = r->moment_is_mean ? NAN : 0;
  if (r->exact != NULL)
    sum += r->exact[row] - state.lift;
  if (r->sum != NULL)
    r->sum[row] = monge_or_one (r->factor) * sum;
  return factor;
}

/* Sums with weights, or of distances. Returns what the moment is multiplied by. */
static __device__ double
monge_store_sums (const MongeCudaPlan *plan, unsigned row, const MongeGathered &gathered,
                  const MongeRowState &state)
{
  const MongeCudaReduction *r = &plan->r;
  const unsigned n_sums = r->weights != NULL ? r->n_weights : 1;
  double exponent = state.offset, power;

  if (r->exact != NULL)
    exponent += r->exact[row] + r->shift - state.lift;
  power = exponent != 0 ? exp2 (exponent) : 1;
  for (unsigned w = 0; w < n_sums; w++)
    {
      const double sum = monge_gathered_get (gathered, w) * power;
      const double factor = monge_or_one (r->factor) * (r->sizes != NULL ? r->sizes[w] : 1);

      if (!(fabs (sum) < INFINITY) && !state.is_empty)
        monge_note_bad_row (plan, row);
      if (r->sum != NULL)
        r->sum[w * r->sum_stride + row] = factor * sum;
    }
  return power * (r->sizes != NULL ? r->sizes[0] : 1);
}

static __device__ void
monge_store_row (const MongeCudaPlan *plan, unsigned row, const MongeGathered &gathered,
                 const MongeRowState &state)
{
  const MongeCudaReduction *r = &plan->r;
  const unsigned first = plan->n_values - r->dim; /* of the moment */
  double factor = plan->is_log ? monge_store_logarithm (plan, row, monge_gathered_get (gathered, 0),
                                                        state)
                               : monge_store_sums (plan, row, gathered, state);

  if (r->moment == NULL)
    return;
  factor *= monge_or_one (r->moment_factor);
  if (r->kernel == MONGE_CUDA_GAUSSIAN) /* else it is made of directions */
    factor /= r->scale;
  for (int d = 0; d < r->dim; d++)
    r->moment[d * r->moment_stride + row]
        = state.is_empty && factor == factor ? 0
                                             : factor * monge_gathered_get (gathered, first + d);
}
