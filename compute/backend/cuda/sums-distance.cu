/* Sums of Laplacians and of distances: see sums.cuh. */
#include "compute/backend/cuda/sums.cuh"

static cudaError_t
sum_laplacians (const MongeCudaPlan *plan, MongeSumsOp op, cudaStream_t stream)
{
  switch (op)
    {
    case MONGE_SUMS_LOG:
      return monge_launch_sums_of<MONGE_CUDA_LAPLACIAN, MONGE_SUMS_LOG> (plan, stream);
    case MONGE_SUMS_MOMENT:
      return monge_launch_sums_of<MONGE_CUDA_LAPLACIAN, MONGE_SUMS_MOMENT> (plan, stream);
    case MONGE_SUMS_WEIGHTED:
      return monge_launch_sums_of<MONGE_CUDA_LAPLACIAN, MONGE_SUMS_WEIGHTED> (plan, stream);
    case MONGE_SUMS_WEIGHTED_4:
      return monge_launch_sums_of<MONGE_CUDA_LAPLACIAN, MONGE_SUMS_WEIGHTED_4> (plan, stream);
    case MONGE_SUMS_WEIGHTED_MOMENT:
      return monge_launch_sums_of<MONGE_CUDA_LAPLACIAN, MONGE_SUMS_WEIGHTED_MOMENT> (plan, stream);
    default:
      return cudaErrorInvalidValue;
    }
}

cudaError_t
monge_cuda_sum_distances (const MongeCudaPlan *plan, MongeSumsOp op, cudaStream_t stream)
{
  if (plan->r.kernel == MONGE_CUDA_LAPLACIAN)
    return sum_laplacians (plan, op, stream);
  return op == MONGE_SUMS_MOMENT
             ? monge_launch_sums_of<MONGE_CUDA_DISTANCE, MONGE_SUMS_MOMENT> (plan, stream)
             : monge_launch_sums_of<MONGE_CUDA_DISTANCE, MONGE_SUMS_LOG> (plan, stream);
}
