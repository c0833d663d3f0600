/* Queues of work, and what waits for them. */
#pragma once

#include <cuda_runtime_api.h>

#include <functional>

/* Does all that is queued anywhere. */
void host_card_run_all_streams (void);
/* Whether some stream is being captured, where a call that is not allowed then has come: the capture
 * is lost. */
bool host_card_forbid_in_capture (void);
/* At once, or when the stream is waited for, or into the graph under capture. */
cudaError_t host_card_enqueue (cudaStream_t stream, std::function<void ()> work);
