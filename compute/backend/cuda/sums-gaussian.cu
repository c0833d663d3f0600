/* Sums of Gaussians: see sums.cuh. */
#include "compute/backend/cuda/sums.cuh"

cudaError_t
monge_cuda_sum_gaussians (const MongeCudaPlan *plan, MongeSumsOp op, cudaStream_t stream)
{
  switch (op)
    {
    case MONGE_SUMS_LOG:
      return monge_launch_sums_of<MONGE_CUDA_GAUSSIAN, MONGE_SUMS_LOG> (plan, stream);
    case MONGE_SUMS_MOMENT:
      return monge_launch_sums_of<MONGE_CUDA_GAUSSIAN, MONGE_SUMS_MOMENT> (plan, stream);
    case MONGE_SUMS_WEIGHTED:
      return monge_launch_sums_of<MONGE_CUDA_GAUSSIAN, MONGE_SUMS_WEIGHTED> (plan, stream);
    case MONGE_SUMS_WEIGHTED_4:
      return monge_launch_sums_of<MONGE_CUDA_GAUSSIAN, MONGE_SUMS_WEIGHTED_4> (plan, stream);
    case MONGE_SUMS_WEIGHTED_MOMENT:
      return monge_launch_sums_of<MONGE_CUDA_GAUSSIAN, MONGE_SUMS_WEIGHTED_MOMENT> (plan, stream);
    default:
      return cudaErrorInvalidValue;
    }
}
