/* Streams, events, copies, launches and graphs.
 *
 * Work is done when it is queued or, deferred, when somebody waits for it; asking about a stream or
 * an event does one piece of it. Then the host sees results as late as a card could make them. */
#include "tests/host-card/streams.h"

#include "tests/host-card/block.h"
#include "tests/host-card/calls.h"
#include "tests/host-card/memory.h"

#include <deque>
#include <map>
#include <memory>
#include <string.h>
#include <time.h>
#include <vector>

typedef std::function<void ()> Work;

struct CUgraph_st {
  std::vector<Work> works;
};

struct CUgraphExec_st {
  std::vector<Work> works;
};

struct CUstream_st {
  std::deque<Work> queue;
  unsigned long n_queued = 0, n_done = 0;
  bool blocking = true, capturing = false, capture_lost = false;
  CUgraph_st *graph = nullptr;
};

/* What an event stands for: everything queued on @stream up to @until. It outlives the event where
 * somebody still waits for it. */
struct Mark {
  cudaStream_t stream = nullptr;
  unsigned long until = 0;
  double time = 0;
  bool reached = true;
};

struct CUevent_st {
  std::shared_ptr<Mark> mark = std::make_shared<Mark> ();
  bool timed = true, recorded = false;
};

static CUstream_st null_stream;
static std::vector<cudaStream_t> streams;
static std::vector<cudaEvent_t> events;
static unsigned n_graphs;
static bool deferred;
static std::map<const void *, int> shared_limits; /* by kernel */

static double
get_time_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return 1e3 * (double) now.tv_sec + 1e-6 * (double) now.tv_nsec;
}

static void
run_one (cudaStream_t stream)
{
  Work work = std::move (stream->queue.front ());

  stream->queue.pop_front ();
  host_card_memory_show ();
  work ();
  host_card_memory_hide ();
  stream->n_done++;
}

static void
run_until (cudaStream_t stream, unsigned long until)
{
  while (!stream->queue.empty () && stream->n_done < until)
    run_one (stream);
}

static void
run_stream (cudaStream_t stream)
{
  if (stream->queue.empty ())
    return;
  host_card_memory_show ();
  run_until (stream, stream->n_queued);
  host_card_memory_hide ();
}

void
host_card_run_all_streams (void)
{
  run_stream (&null_stream);
  for (cudaStream_t stream : streams)
    run_stream (stream);
}

static cudaStream_t
check_stream (cudaStream_t stream)
{
  if (stream == nullptr)
    return &null_stream;
  for (cudaStream_t known : streams)
    if (known == stream)
      return stream;
  host_card_fail ("%p is no stream, or one that was destroyed", (void *) stream);
}

static void
check_event (cudaEvent_t event)
{
  for (cudaEvent_t known : events)
    if (known == event)
      return;
  host_card_fail ("%p is no event, or one that was destroyed", (void *) event);
}

bool
host_card_forbid_in_capture (void)
{
  bool found = false;

  for (cudaStream_t stream : streams)
    if (stream->capturing)
      found = stream->capture_lost = true;
  return found;
}

/* The null stream waits for those that block, and they for it. */
static void
run_before_null (cudaStream_t stream)
{
  if (stream == &null_stream)
    {
      for (cudaStream_t other : streams)
        if (other->blocking)
          run_stream (other);
    }
  else if (stream->blocking)
    run_stream (&null_stream);
}

cudaError_t
host_card_enqueue (cudaStream_t given, Work work)
{
  cudaStream_t stream = check_stream (given);

  if (stream->capturing)
    {
      if (stream->capture_lost)
        return cudaErrorStreamCaptureInvalidated;
      stream->graph->works.push_back (std::move (work));
      return cudaSuccess;
    }
  run_before_null (stream);
  stream->queue.push_back (std::move (work));
  stream->n_queued++;
  if (!deferred)
    run_stream (stream);
  return cudaSuccess;
}

void
host_card_set_deferred (int value)
{
  deferred = value != 0;
  if (!deferred)
    host_card_run_all_streams ();
}

void
host_card_reset_streams (void)
{
  host_card_run_all_streams ();
  for (cudaStream_t stream : streams)
    delete stream;
  for (cudaEvent_t event : events)
    delete event;
  streams.clear ();
  events.clear ();
  shared_limits.clear ();
  deferred = false;
}

unsigned
host_card_get_n_streams (void)
{
  return (unsigned) streams.size ();
}

unsigned
host_card_get_n_events (void)
{
  return (unsigned) events.size ();
}

unsigned
host_card_get_n_graphs (void)
{
  return n_graphs;
}

/* ------------------------------------------------------------------------------------------------
 * Streams
 */

static cudaError_t
create_stream (Call &call, cudaStream_t *stream, unsigned flags)
{
  *stream = new CUstream_st;
  (*stream)->blocking = (flags & cudaStreamNonBlocking) == 0;
  streams.push_back (*stream);
  return call.done (cudaSuccess);
}

cudaError_t
cudaStreamCreate (cudaStream_t *stream)
{
  HOST_CARD_BEGIN ();
  return create_stream (call, stream, cudaStreamDefault);
}

cudaError_t
cudaStreamCreateWithFlags (cudaStream_t *stream, unsigned flags)
{
  HOST_CARD_BEGIN ();
  return create_stream (call, stream, flags);
}

cudaError_t
cudaStreamCreateWithPriority (cudaStream_t *stream, unsigned flags, int)
{
  HOST_CARD_BEGIN ();
  return create_stream (call, stream, flags);
}

/* Gone also where the call fails: nothing else could be done with it. */
cudaError_t
cudaStreamDestroy (cudaStream_t stream)
{
  Call call (__func__);

  check_stream (stream);
  run_stream (stream);
  for (size_t i = 0; i < streams.size (); i++)
    if (streams[i] == stream)
      streams.erase (streams.begin () + (long) i--);
  for (cudaEvent_t event : events)
    if (event->mark->stream == stream)
      event->mark->stream = nullptr;
  delete stream;
  return call.done (call.error);
}

cudaError_t
cudaStreamSynchronize (cudaStream_t given)
{
  HOST_CARD_BEGIN ();
  cudaStream_t stream = check_stream (given);

  if (host_card_forbid_in_capture ())
    return call.done (cudaErrorStreamCaptureUnsupported);
  run_before_null (stream);
  run_stream (stream);
  return call.done (cudaSuccess);
}

cudaError_t
cudaDeviceSynchronize (void)
{
  HOST_CARD_BEGIN ();
  if (host_card_forbid_in_capture ())
    return call.done (cudaErrorStreamCaptureUnsupported);
  host_card_run_all_streams ();
  return call.done (cudaSuccess);
}

cudaError_t
cudaDeviceReset (void)
{
  HOST_CARD_BEGIN ();
  return call.done (cudaErrorNotSupported); /* others may use the card too: nobody should */
}

cudaError_t
cudaStreamQuery (cudaStream_t given)
{
  HOST_CARD_BEGIN ();
  cudaStream_t stream = check_stream (given);

  if (stream->capturing)
    {
      stream->capture_lost = true;
      return call.done (cudaErrorStreamCaptureUnsupported);
    }
  if (stream->queue.empty ())
    return cudaSuccess;
  run_one (stream);
  return call.done (cudaErrorNotReady);
}

/* ------------------------------------------------------------------------------------------------
 * Events
 */

cudaError_t
cudaEventCreateWithFlags (cudaEvent_t *event, unsigned flags)
{
  HOST_CARD_BEGIN ();
  *event = new CUevent_st;
  (*event)->timed = (flags & cudaEventDisableTiming) == 0;
  events.push_back (*event);
  return cudaSuccess;
}

cudaError_t
cudaEventCreate (cudaEvent_t *event)
{
  return cudaEventCreateWithFlags (event, cudaEventDefault);
}

cudaError_t
cudaEventDestroy (cudaEvent_t event)
{
  Call call (__func__);

  check_event (event);
  for (size_t i = 0; i < events.size (); i++)
    if (events[i] == event)
      events.erase (events.begin () + (long) i--);
  delete event;
  return call.done (call.error);
}

cudaError_t
cudaEventRecord (cudaEvent_t event, cudaStream_t given)
{
  HOST_CARD_BEGIN ();
  cudaStream_t stream = check_stream (given);
  std::shared_ptr<Mark> mark = std::make_shared<Mark> ();
  cudaError_t error;

  check_event (event);
  if (!stream->capturing)
    {
      mark->stream = stream;
      mark->until = stream->n_queued + 1;
      mark->reached = false;
      event->mark = mark;
      event->recorded = true;
    }
  error = host_card_enqueue (given, [mark] {
    mark->time = get_time_ms ();
    mark->reached = true;
  });
  return call.done (error);
}

static void
reach (const std::shared_ptr<Mark> &mark)
{
  if (!mark->reached && mark->stream != nullptr)
    run_until (mark->stream, mark->until);
}

cudaError_t
cudaStreamWaitEvent (cudaStream_t stream, cudaEvent_t event, unsigned)
{
  HOST_CARD_BEGIN ();
  check_event (event);
  std::shared_ptr<Mark> mark = event->mark;

  return call.done (host_card_enqueue (stream, [mark] { reach (mark); }));
}

cudaError_t
cudaEventQuery (cudaEvent_t event)
{
  HOST_CARD_BEGIN ();
  check_event (event);
  if (event->mark->reached)
    return cudaSuccess;
  if (event->mark->stream->capturing)
    return call.done (cudaErrorStreamCaptureUnsupported);
  run_one (event->mark->stream);
  return call.done (cudaErrorNotReady);
}

cudaError_t
cudaEventSynchronize (cudaEvent_t event)
{
  HOST_CARD_BEGIN ();
  check_event (event);
  if (host_card_forbid_in_capture ())
    return call.done (cudaErrorStreamCaptureUnsupported);
  reach (event->mark);
  return call.done (cudaSuccess);
}

cudaError_t
cudaEventElapsedTime (float *ms, cudaEvent_t start, cudaEvent_t end)
{
  HOST_CARD_BEGIN ();
  check_event (start);
  check_event (end);
  if (!start->timed || !end->timed || !start->recorded || !end->recorded)
    return call.done (cudaErrorInvalidResourceHandle);
  if (!start->mark->reached || !end->mark->reached)
    return call.done (cudaErrorNotReady);
  *ms = (float) (end->mark->time - start->mark->time);
  return cudaSuccess;
}

cudaError_t
cudaLaunchHostFunc (cudaStream_t stream, cudaHostFn_t function, void *data)
{
  HOST_CARD_BEGIN ();
  return call.done (host_card_enqueue (stream, [=] { function (data); }));
}

/* ------------------------------------------------------------------------------------------------
 * Copies
 */

static const char *
describe (const HostCardMemory *memory)
{
  return memory == nullptr ? "memory of the host"
         : memory->kind == HOST_CARD_DEVICE ? "device memory" : "pinned memory";
}

/* @pointer, @size lie where @kind says: on the card, or on the host. */
static void
check_range (const char *name, const void *pointer, size_t size, bool on_device, bool any)
{
  const HostCardMemory *memory = host_card_memory_find (pointer);
  bool is_device = memory != nullptr && memory->kind == HOST_CARD_DEVICE;

  if (!any && is_device != on_device && !(on_device && memory != nullptr))
    host_card_fail ("%s: %p is %s, which the direction does not say", name, pointer,
                    describe (memory));
  if (memory != nullptr && (size_t) (memory->start + memory->size - (const char *) pointer) < size)
    host_card_fail ("%s: %zu bytes at byte %zu of the %s no. %lu of %zu bytes", name, size,
                    (size_t) ((const char *) pointer - memory->start), describe (memory),
                    memory->serial, memory->size);
}

static void
check_copy (const char *name, void *to, const void *from, size_t size, cudaMemcpyKind kind)
{
  bool any = kind == cudaMemcpyDefault;

  check_range (name, to, size, kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice,
               any);
  check_range (name, from, size,
               kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice, any);
}

cudaError_t
cudaMemcpyAsync (void *to, const void *from, size_t size, enum cudaMemcpyKind kind,
                 cudaStream_t stream)
{
  HOST_CARD_BEGIN ();
  if (size == 0)
    return cudaSuccess;
  check_copy (__func__, to, from, size, kind);
  return call.done (host_card_enqueue (stream, [=] {
    check_copy ("cudaMemcpyAsync, when it runs", to, from, size, kind);
    memmove (to, from, size);
  }));
}

cudaError_t
cudaMemcpy2DAsync (void *to, size_t to_pitch, const void *from, size_t from_pitch, size_t width,
                   size_t height, enum cudaMemcpyKind kind, cudaStream_t stream)
{
  HOST_CARD_BEGIN ();
  if (width == 0 || height == 0)
    return cudaSuccess;
  if (width > to_pitch || width > from_pitch)
    return call.done (cudaErrorInvalidValue);
  for (size_t i = 0; i < height; i += height > 1 ? height - 1 : 1)
    check_copy (__func__, (char *) to + i * to_pitch, (const char *) from + i * from_pitch, width,
                kind);
  return call.done (host_card_enqueue (stream, [=] {
    for (size_t i = 0; i < height; i++)
      memmove ((char *) to + i * to_pitch, (const char *) from + i * from_pitch, width);
  }));
}

cudaError_t
cudaMemsetAsync (void *pointer, int value, size_t size, cudaStream_t stream)
{
  HOST_CARD_BEGIN ();
  if (size == 0)
    return cudaSuccess;
  check_range (__func__, pointer, size, true, false);
  return call.done (host_card_enqueue (stream, [=] { memset (pointer, value, size); }));
}

/* Those that wait: the null stream, and then for it. */
cudaError_t
cudaMemcpy (void *to, const void *from, size_t size, enum cudaMemcpyKind kind)
{
  HOST_CARD_BEGIN ();
  cudaError_t error = cudaMemcpyAsync (to, from, size, kind, nullptr);

  run_stream (&null_stream);
  return call.done (error);
}

cudaError_t
cudaMemset (void *pointer, int value, size_t size)
{
  HOST_CARD_BEGIN ();
  return call.done (cudaMemsetAsync (pointer, value, size, nullptr));
}

/* ------------------------------------------------------------------------------------------------
 * Kernels
 */

static cudaError_t
check_grid (const HostCardGrid *grid, const void *function)
{
  size_t n_threads = (size_t) grid->block.x * grid->block.y * grid->block.z;
  auto limit = shared_limits.find (function);

  if (n_threads == 0 || n_threads > HOST_CARD_MAX_THREADS || grid->block.z > 64
      || grid->grid.x == 0 || grid->grid.x > 0x7fffffff || grid->grid.y == 0
      || grid->grid.y > 65535 || grid->grid.z == 0 || grid->grid.z > 65535)
    return cudaErrorInvalidConfiguration;
  if (grid->shared_size > (limit == shared_limits.end () ? 48u << 10 : (unsigned) limit->second))
    return cudaErrorInvalidValue;
  return cudaSuccess;
}

cudaError_t
host_card_launch (const HostCardGrid *grid, const void *function, cudaStream_t stream)
{
  Call call ("launch");
  std::shared_ptr<HostCardGrid> kept (new HostCardGrid (*grid), [] (HostCardGrid *g) {
    g->unbind (g);
    delete g;
  });

  if (call.error == cudaSuccess)
    call.error = check_grid (grid, function);
  if (call.error == cudaSuccess)
    call.error = host_card_enqueue (stream, [kept] { host_card_run_grid (kept.get ()); });
  return call.done (call.error);
}

cudaError_t
cudaFuncSetAttribute (const void *function, enum cudaFuncAttribute attribute, int value)
{
  HOST_CARD_BEGIN ();
  if (attribute == cudaFuncAttributeMaxDynamicSharedMemorySize)
    {
      if (value < 0 || value > 227 << 10)
        return call.done (cudaErrorInvalidValue);
      shared_limits[function] = value;
    }
  return cudaSuccess;
}

cudaError_t
cudaFuncGetAttributes (struct cudaFuncAttributes *attributes, const void *)
{
  HOST_CARD_BEGIN ();
  memset (attributes, 0, sizeof *attributes);
  attributes->maxThreadsPerBlock = HOST_CARD_MAX_THREADS;
  attributes->numRegs = 32;
  attributes->maxDynamicSharedSizeBytes = 48 << 10;
  return cudaSuccess;
}

cudaError_t
cudaOccupancyMaxActiveBlocksPerMultiprocessor (int *n_blocks, const void *, int block_size, size_t)
{
  HOST_CARD_BEGIN ();
  *n_blocks = 2048 / block_size;
  return cudaSuccess;
}

/* ------------------------------------------------------------------------------------------------
 * Graphs
 */

cudaError_t
cudaStreamBeginCapture (cudaStream_t given, enum cudaStreamCaptureMode)
{
  HOST_CARD_BEGIN ();
  cudaStream_t stream = check_stream (given);

  if (stream == &null_stream || stream->capturing)
    return call.done (cudaErrorStreamCaptureUnsupported);
  stream->capturing = true;
  stream->capture_lost = false;
  stream->graph = new CUgraph_st;
  n_graphs++;
  return cudaSuccess;
}

cudaError_t
cudaStreamEndCapture (cudaStream_t given, cudaGraph_t *graph)
{
  Call call (__func__);
  cudaStream_t stream = check_stream (given);
  cudaError_t error = call.error;

  *graph = nullptr;
  if (!stream->capturing)
    return call.done (error != cudaSuccess ? error : cudaErrorStreamCaptureUnmatched);
  stream->capturing = false;
  if (error == cudaSuccess && stream->capture_lost)
    error = cudaErrorStreamCaptureInvalidated;
  if (error == cudaSuccess)
    *graph = stream->graph;
  else
    {
      delete stream->graph;
      n_graphs--;
    }
  stream->graph = nullptr;
  return call.done (error);
}

cudaError_t
cudaStreamIsCapturing (cudaStream_t given, enum cudaStreamCaptureStatus *status)
{
  HOST_CARD_BEGIN ();
  cudaStream_t stream = check_stream (given);

  *status = !stream->capturing ? cudaStreamCaptureStatusNone
            : stream->capture_lost ? cudaStreamCaptureStatusInvalidated
            : cudaStreamCaptureStatusActive;
  return cudaSuccess;
}

cudaError_t
cudaGraphInstantiate (cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long)
{
  HOST_CARD_BEGIN ();
  *exec = new CUgraphExec_st { graph->works };
  n_graphs++;
  return cudaSuccess;
}

cudaError_t
cudaGraphLaunch (cudaGraphExec_t exec, cudaStream_t stream)
{
  HOST_CARD_BEGIN ();
  for (const Work &work : exec->works)
    host_card_enqueue (stream, work);
  return call.done (cudaSuccess);
}

cudaError_t
cudaGraphExecDestroy (cudaGraphExec_t exec)
{
  Call call (__func__);

  delete exec;
  n_graphs--;
  return call.done (call.error);
}

cudaError_t
cudaGraphDestroy (cudaGraph_t graph)
{
  Call call (__func__);

  delete graph;
  n_graphs--;
  return call.done (call.error);
}
