/* The host card itself: what kernels and the host side may rely on. What it must find is in
 * test-planted.c. */
#include "tests/host-card/host-card.h"
#include "tests/host-card/test-kernels.h"
#include "tests/util.h"

#include <cuda_gl_interop.h>
#include <dlfcn.h>
#include <math.h>
#include <nvrtc.h>
#include <string.h>

typedef struct {
  float *x, *y; /* (1024) on the card */
  cudaStream_t stream;
  float values[1024];
} Card;

static void
setup (Card *card, gconstpointer data)
{
  for (int i = 0; i < 1024; i++)
    card->values[i] = (float) (i % 37) + 1;
  host_card_reset ();
  g_assert_cmpint (cudaMalloc ((void **) &card->x, 4096), ==, cudaSuccess);
  g_assert_cmpint (cudaMalloc ((void **) &card->y, 4096), ==, cudaSuccess);
  g_assert_cmpint (cudaStreamCreateWithFlags (&card->stream, cudaStreamNonBlocking), ==, 0);
  g_assert_cmpint (cudaMemcpy (card->x, card->values, 4096, cudaMemcpyHostToDevice), ==, 0);
}

static void
teardown (Card *card, gconstpointer data)
{
  host_card_fail_at (0, cudaSuccess, FALSE);
  cudaStreamDestroy (card->stream);
  cudaFree (card->x);
  cudaFree (card->y);
  host_card_assert_clean ();
  host_card_reset ();
}

static void
read_back (Card *card, const void *from, void *to, size_t size)
{
  g_assert_cmpint (cudaMemcpyAsync (to, from, size, cudaMemcpyDeviceToHost, card->stream), ==, 0);
  g_assert_cmpint (cudaStreamSynchronize (card->stream), ==, 0);
}

/* --- Kernels ---------------------------------------------------------------------------------- */

static void
sums_by_shuffles (Card *card, gconstpointer data)
{
  float sums[8];

  for (HostCardOrder order = HOST_CARD_FORWARD; order <= HOST_CARD_RANDOM; order++)
    {
      host_card_set_order (order, 7);
      g_assert_cmpint (test_sum_blocks (card->x, 1000, card->y, 8, 128, card->stream), ==, 0);
      read_back (card, card->y, sums, sizeof sums);
      for (int b = 0; b < 8; b++)
        {
          float expected = 0;

          for (int i = 128 * b; i < MIN (128 * (b + 1), 1000); i++)
            expected += card->values[i];
          g_assert_cmpfloat (sums[b], ==, expected);
        }
    }
  host_card_set_order (HOST_CARD_FORWARD, 0);
}

static void
shared_memory_between_barriers (Card *card, gconstpointer data)
{
  float back[1024];

  for (HostCardOrder order = HOST_CARD_FORWARD; order <= HOST_CARD_RANDOM; order++)
    {
      host_card_set_order (order, 3);
      g_assert_cmpint (test_reverse (card->x, card->y, 4, 256, card->stream), ==, 0);
      read_back (card, card->y, back, sizeof back);
      for (int i = 0; i < 1024; i++)
        g_assert_cmpfloat (back[i], ==, card->values[i / 256 * 256 + 255 - i % 256]);
    }
  host_card_set_order (HOST_CARD_FORWARD, 0);
}

static void
shuffles_of_each_kind (Card *card, gconstpointer data)
{
  int out[256];

  g_assert_cmpint (test_shuffles ((int *) card->y, card->stream), ==, 0);
  read_back (card, card->y, out, sizeof out);
  for (int lane = 0; lane < 32; lane++)
    {
      g_assert_cmpint (out[lane], ==, 105);
      g_assert_cmpint (out[32 + lane], ==, 100 + (lane & 24) + ((lane + 1) & 7));
      g_assert_cmpint (out[64 + lane], ==, 100 + (lane < 3 ? lane : lane - 3));
      g_assert_cmpint (out[96 + lane], ==, 100 + (lane > 28 ? lane : lane + 3));
      g_assert_cmpint (out[128 + lane], ==, 100 + (lane ^ 7));
      g_assert_cmpint (out[160 + lane], ==, (lane ^ 1));
      g_assert_cmpint (out[192 + lane], ==, 100 + (lane + 2) % 32);
      g_assert_cmpint (out[224 + lane], ==, 100 + (lane % 16 == 0 ? lane : lane - 1));
    }
}

static void
votes (Card *card, gconstpointer data)
{
  int counts[18];

  g_assert_cmpint (test_votes ((int *) card->y, card->stream), ==, 0);
  read_back (card, card->y, counts, sizeof counts);
  for (int warp = 0; warp < 3; warp++)
    {
      g_assert_cmpint (counts[6 * warp], ==, 48);
      g_assert_cmpint (counts[6 * warp + 1], ==, 1);
      g_assert_cmpint (counts[6 * warp + 2], ==, 1);
      g_assert_cmpint (counts[6 * warp + 3], ==, 16);
      g_assert_cmpint (counts[6 * warp + 4], ==, warp == 0);
      g_assert_cmpint (counts[6 * warp + 5], ==, warp == 0);
    }
}

/* Forward and reverse are what they say; shuffled orders differ by seed, and with the same seed do
 * not. Nobody passes a barrier before all are there. */
static void
orders (Card *card, gconstpointer data)
{
  static const struct { HostCardOrder order; unsigned seed; } cases[] = {
    { HOST_CARD_FORWARD, 0 }, { HOST_CARD_REVERSE, 0 }, { HOST_CARD_RANDOM, 1 },
    { HOST_CARD_RANDOM, 1 }, { HOST_CARD_RANDOM, 2 },
  };
  int before[G_N_ELEMENTS (cases)][96], after[96], *counter = (int *) card->y + 512;

  for (guint k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      host_card_set_order (cases[k].order, cases[k].seed);
      g_assert_cmpint (cudaMemset (counter, 0, sizeof *counter), ==, 0);
      g_assert_cmpint (test_turns ((int *) card->y, (int *) card->y + 128, counter, 3, 32,
                                   card->stream), ==, 0);
      read_back (card, card->y, before[k], sizeof before[k]);
      read_back (card, (int *) card->y + 128, after, sizeof after);
      for (int i = 0; i < 96; i++)
        g_assert_cmpint (after[i] / 32, ==, before[k][i] / 32 + 1);
    }
  for (int i = 0; i < 96; i++)
    {
      g_assert_cmpint (before[0][i], ==, i / 32 * 64 + i % 32);
      g_assert_cmpint (before[1][i], ==, (95 - i) / 32 * 64 + (95 - i) % 32);
    }
  g_assert_cmpmem (before[2], sizeof *before, before[3], sizeof *before);
  g_assert_true (memcmp (before[2], before[4], sizeof *before) != 0);
  g_assert_true (memcmp (before[2], before[0], sizeof *before) != 0);
  host_card_set_order (HOST_CARD_FORWARD, 0);
}

static void
atomics (Card *card, gconstpointer data)
{
  struct { guint count; float sum; int least; } result = { 0, 0, 1000 };

  g_assert_cmpint (cudaMemcpy (card->y, &result, sizeof result, cudaMemcpyHostToDevice), ==, 0);
  g_assert_cmpint (test_atomics ((guint *) card->y, card->y + 1, (int *) card->y + 2, 5,
                                 card->stream), ==, 0);
  read_back (card, card->y, &result, sizeof result);
  g_assert_cmpuint (result.count, ==, 320);
  g_assert_cmpfloat (result.sum, ==, 160);
  g_assert_cmpint (result.least, ==, -63);
}

/* Off by as much as a card may be, and no more; the same bits each time. */
static void
functions_are_perturbed (Card *card, gconstpointer data)
{
  enum { N = 128 };
  static const double bounds[TEST_N_FUNCTIONS] = { 2, 2, 2, 1, 1.1, 2, 2, 0 };
  float x[N], y[TEST_N_FUNCTIONS * N], again[TEST_N_FUNCTIONS * N];
  guint n_off[TEST_N_FUNCTIONS] = { 0 };

  for (int i = 0; i < N; i++)
    x[i] = 0.05f * (float) i;
  g_assert_cmpint (cudaMemcpy (card->x, x, sizeof x, cudaMemcpyHostToDevice), ==, 0);
  for (int round = 0; round < 2; round++)
    {
      g_assert_cmpint (test_functions (card->x, card->y, N, card->stream), ==, 0);
      read_back (card, card->y, round == 0 ? y : again, sizeof y);
    }
  g_assert_cmpmem (y, sizeof y, again, sizeof again);
  for (int k = 0; k < TEST_N_FUNCTIONS - 1; k++)
    for (int i = 0; i < N; i++)
      {
        const double t = x[i];
        const double truth[] = { exp2 (t), exp (t), exp (t), log2 (t), sqrt (t), 1 / sqrt (t),
                                 1 / t };
        const double error = fabs (y[k * N + i] / truth[k] - 1) * 0x1p23;

        if (i == 0 || truth[k] == 0)
          g_assert_true (y[k * N + i] == (float) truth[k]);
        else if (k != 2) /* which has the error of its product too */
          g_assert_true (error <= bounds[k] + 1.5);
        n_off[k] += i > 0 && y[k * N + i] != (float) truth[k];
      }
  for (int k = 0; k < TEST_N_FUNCTIONS - 1; k++)
    g_assert_cmpuint (n_off[k], >, N / 4);
  g_assert_cmpfloat (y[7 * N + 1], ==, 0); /* 5e-40 is flushed */
}

/* --- Memory ----------------------------------------------------------------------------------- */

static void
new_memory_is_poison (Card *card, gconstpointer data)
{
  float value[4];

  read_back (card, card->y, value, sizeof value);
  for (int i = 0; i < 4; i++)
    g_assert_true (isnan (value[i]));
}

static void
memory_runs_out (Card *card, gconstpointer data)
{
  HostCardDevice small = { .name = "Small", .major = 7, .minor = 5, .memory = 1 << 20,
                           .memory_used = 1 << 19 };
  size_t available, total;
  void *pointer = NULL;

  host_card_set_devices (&small, 1, cudaSuccess);
  g_assert_cmpint (cudaMemGetInfo (&available, &total), ==, 0);
  g_assert_cmpuint (total, ==, 1 << 20);
  g_assert_cmpuint (available, ==, (1 << 19) - 8192);
  g_assert_cmpint (cudaMalloc (&pointer, available + 1), ==, cudaErrorMemoryAllocation);
  g_assert_null (pointer);
  g_assert_cmpint (cudaGetLastError (), ==, cudaErrorMemoryAllocation);
  g_assert_cmpint (cudaGetLastError (), ==, cudaSuccess);
  g_assert_cmpint (cudaMalloc (&pointer, available), ==, cudaSuccess);
  g_assert_cmpint (cudaFree (pointer), ==, cudaSuccess);
  host_card_fail_allocation_at (2);
  g_assert_cmpint (cudaMalloc (&pointer, 16), ==, cudaSuccess);
  g_assert_cmpint (cudaFree (pointer), ==, cudaSuccess);
  g_assert_false (host_card_has_failed ());
  g_assert_cmpint (cudaMallocHost (&pointer, 16), ==, cudaErrorMemoryAllocation);
  g_assert_true (host_card_has_failed ());
  g_assert_cmpint (cudaMallocHost (&pointer, 16), ==, cudaSuccess);
  g_assert_cmpint (cudaFreeHost (pointer), ==, cudaSuccess);
}

/* --- Devices ---------------------------------------------------------------------------------- */

static void
devices (Card *card, gconstpointer data)
{
  const HostCardDevice two[] = {
    { .name = "First", .major = 7, .minor = 5, .memory = 1 << 20, .pci_bus = 3 },
    { .name = "Second", .major = 12, .minor = 0, .memory = 1 << 21, .pci_bus = 9 },
  };
  struct cudaDeviceProp prop;
  int n, value;
  char id[32];

  host_card_set_devices (two, 2, cudaSuccess);
  g_assert_cmpint (cudaGetDeviceCount (&n), ==, cudaSuccess);
  g_assert_cmpint (n, ==, 2);
  g_assert_cmpint (cudaGetDeviceProperties (&prop, 1), ==, cudaSuccess);
  g_assert_cmpstr (prop.name, ==, "Second");
  g_assert_cmpint (prop.major, ==, 12);
  g_assert_cmpint (cudaDeviceGetAttribute (&value, cudaDevAttrPciBusId, 0), ==, cudaSuccess);
  g_assert_cmpint (value, ==, 3);
  g_assert_cmpint (cudaDeviceGetPCIBusId (id, sizeof id, 1), ==, cudaSuccess);
  g_assert_cmpstr (id, ==, "0000:09:00.0");
  g_assert_cmpint (cudaSetDevice (2), ==, cudaErrorInvalidDevice);
  g_assert_cmpint (cudaSetDevice (1), ==, cudaSuccess);
  g_assert_cmpint (cudaGetDevice (&value), ==, cudaSuccess);
  g_assert_cmpint (value, ==, 1);
  g_assert_cmpint (cudaSetDevice (0), ==, cudaSuccess);
}

/* As the real one: outputs stay as they were. */
static void
no_driver_and_no_card (Card *card, gconstpointer data)
{
  int n = 77, version = 77;

  host_card_set_driver_version (0);
  g_assert_cmpint (cudaGetDeviceCount (&n), ==, cudaErrorInsufficientDriver);
  g_assert_cmpint (n, ==, 77);
  g_assert_cmpint (cudaDriverGetVersion (&version), ==, cudaSuccess);
  g_assert_cmpint (version, ==, 0);
  host_card_set_driver_version (12040);
  host_card_set_devices (NULL, 0, cudaErrorNoDevice);
  g_assert_cmpint (cudaGetDeviceCount (&n), ==, cudaErrorNoDevice);
  g_assert_cmpstr (cudaGetErrorName (cudaErrorNoDevice), ==, "cudaErrorNoDevice");
  g_assert_cmpstr (cudaGetErrorString (cudaErrorNoDevice), ==,
                   "no CUDA-capable device is detected");
  host_card_set_devices (&(HostCardDevice){ .name = "Back", .memory = 1 << 20 }, 1, cudaSuccess);
}

/* --- Streams ---------------------------------------------------------------------------------- */

static void
deferred_work_waits (Card *card, gconstpointer data)
{
  cudaEvent_t start, end;
  float *pinned, ms;
  int n_looks = 0;

  host_card_set_deferred (TRUE);
  g_assert_cmpint (cudaMallocHost ((void **) &pinned, 64), ==, 0);
  g_assert_cmpint (cudaEventCreate (&start), ==, 0);
  g_assert_cmpint (cudaEventCreate (&end), ==, 0);
  pinned[0] = -1;
  cudaEventRecord (start, card->stream);
  g_assert_cmpint (test_fill (card->y, 5, 16, card->stream), ==, 0);
  cudaMemcpyAsync (pinned, card->y, 64, cudaMemcpyDeviceToHost, card->stream);
  cudaEventRecord (end, card->stream);
  g_assert_cmpfloat (pinned[0], ==, -1);
  g_assert_cmpint (cudaEventElapsedTime (&ms, start, end), ==, cudaErrorNotReady);
  while (cudaEventQuery (end) == cudaErrorNotReady)
    n_looks++;
  g_assert_cmpint (n_looks, ==, 4);
  g_assert_cmpfloat (pinned[0], ==, 5);
  g_assert_cmpint (cudaEventElapsedTime (&ms, start, end), ==, cudaSuccess);
  g_assert_cmpint (cudaGetLastError (), ==, cudaErrorNotReady);
  cudaEventDestroy (start);
  cudaEventDestroy (end);
  cudaFreeHost (pinned);
}

static void
streams_wait_for_events (Card *card, gconstpointer data)
{
  cudaStream_t other;
  cudaEvent_t event;
  float value;

  host_card_set_deferred (TRUE);
  g_assert_cmpint (cudaStreamCreateWithFlags (&other, cudaStreamNonBlocking), ==, 0);
  g_assert_cmpint (cudaEventCreateWithFlags (&event, cudaEventDisableTiming), ==, 0);
  test_fill (card->y, 1, 16, card->stream);
  cudaEventRecord (event, card->stream);
  test_fill (card->y, 2, 16, card->stream);
  cudaStreamWaitEvent (other, event, 0);
  cudaMemcpyAsync (&value, card->y, sizeof value, cudaMemcpyDeviceToHost, other);
  cudaEventDestroy (event);
  cudaStreamSynchronize (other);
  g_assert_cmpfloat (value, ==, 1);
  cudaStreamSynchronize (card->stream);
  read_back (card, card->y, &value, sizeof value);
  g_assert_cmpfloat (value, ==, 2);
  cudaStreamDestroy (other);
}

static void
graphs (Card *card, gconstpointer data)
{
  cudaGraphExec_t exec;
  cudaGraph_t graph;
  float value;

  g_assert_cmpint (cudaStreamBeginCapture (card->stream, cudaStreamCaptureModeThreadLocal), ==, 0);
  test_fill (card->y, 3, 16, card->stream);
  cudaMemcpyAsync (card->x, card->y, 64, cudaMemcpyDeviceToDevice, card->stream);
  g_assert_cmpint (cudaStreamEndCapture (card->stream, &graph), ==, 0);
  read_back (card, card->x, &value, sizeof value);
  g_assert_cmpfloat (value, ==, card->values[0]);
  g_assert_cmpint (cudaGraphInstantiate (&exec, graph, 0), ==, 0);
  g_assert_cmpint (cudaGraphDestroy (graph), ==, 0);
  for (int round = 0; round < 2; round++)
    {
      test_fill (card->y, 0, 16, card->stream);
      g_assert_cmpint (cudaGraphLaunch (exec, card->stream), ==, 0);
      read_back (card, card->x, &value, sizeof value);
      g_assert_cmpfloat (value, ==, 3);
    }
  g_assert_cmpint (cudaGraphExecDestroy (exec), ==, 0);
  g_assert_cmpint (cudaStreamBeginCapture (card->stream, cudaStreamCaptureModeThreadLocal), ==, 0);
  g_assert_cmpint (cudaStreamSynchronize (card->stream), ==, cudaErrorStreamCaptureUnsupported);
  g_assert_cmpint (cudaStreamEndCapture (card->stream, &graph), ==,
                   cudaErrorStreamCaptureInvalidated);
}

/* --- Failures --------------------------------------------------------------------------------- */

static void
calls_fail_when_told (Card *card, gconstpointer data)
{
  gulong before = host_card_get_n_calls (NULL);
  void *pointer;

  host_card_fail_at (2, cudaErrorLaunchTimeout, FALSE);
  g_assert_cmpint (cudaStreamSynchronize (card->stream), ==, cudaSuccess);
  g_assert_cmpint (cudaMalloc (&pointer, 16), ==, cudaErrorLaunchTimeout);
  g_assert_cmpstr (host_card_get_failed_call (), ==, "cudaMalloc");
  g_assert_cmpint (cudaGetLastError (), ==, cudaErrorLaunchTimeout);
  g_assert_cmpint (cudaGetLastError (), ==, cudaSuccess);
  g_assert_cmpint (cudaMalloc (&pointer, 16), ==, cudaSuccess);
  g_assert_cmpint (cudaFree (pointer), ==, cudaSuccess);
  g_assert_cmpuint (host_card_get_n_calls (NULL), ==, before + 4);
  g_assert_cmpuint (host_card_get_n_calls ("cudaMalloc"), ==, 4);

  host_card_fail_at (1, cudaErrorIllegalAddress, TRUE);
  g_assert_cmpint (test_fill (card->y, 3, 16, card->stream), ==, cudaErrorIllegalAddress);
  g_assert_cmpstr (host_card_get_failed_call (), ==, "launch");
  g_assert_cmpint (cudaGetLastError (), ==, cudaErrorIllegalAddress);
  g_assert_cmpint (cudaStreamSynchronize (card->stream), ==, cudaErrorIllegalAddress);
}

static void
bad_launches (Card *card, gconstpointer data)
{
  g_assert_cmpint (test_sum_blocks (card->x, 0, card->y, 0, 128, card->stream), ==,
                   cudaErrorInvalidConfiguration);
  g_assert_cmpint (test_sum_blocks (card->x, 0, card->y, 1, 1056, card->stream), ==,
                   cudaErrorInvalidConfiguration);
  g_assert_cmpint (cudaGetLastError (), ==, cudaSuccess);
}

/* --- OpenGL and NVRTC ------------------------------------------------------------------------- */

static void
graphics_buffers (Card *card, gconstpointer data)
{
  HostCardGraphics graphics = { .n_devices = 1, .size = 256 };
  cudaGraphicsResource_t resource = NULL;
  const float *bytes;
  void *pointer;
  size_t size;

  graphics.register_error = cudaErrorInvalidGraphicsContext;
  host_card_set_graphics (&graphics);
  g_assert_cmpint (cudaGraphicsGLRegisterBuffer (&resource, 5, 0), ==,
                   cudaErrorInvalidGraphicsContext);
  graphics.register_error = cudaSuccess;
  host_card_set_graphics (&graphics);
  g_assert_cmpint (cudaGraphicsGLRegisterBuffer (&resource, 5, 0), ==, cudaSuccess);
  g_assert_true (host_card_is_registered (5));
  g_assert_cmpint (cudaGraphicsResourceGetMappedPointer (&pointer, &size, resource), ==,
                   cudaErrorNotMapped);
  g_assert_cmpint (cudaGraphicsMapResources (1, &resource, card->stream), ==, cudaSuccess);
  g_assert_cmpint (cudaGraphicsMapResources (1, &resource, card->stream), ==,
                   cudaErrorAlreadyMapped);
  g_assert_cmpint (cudaGraphicsResourceGetMappedPointer (&pointer, &size, resource), ==, 0);
  g_assert_cmpuint (size, ==, 256);
  g_assert_cmpint (cudaMemcpyAsync (pointer, card->x, 256, cudaMemcpyDeviceToDevice,
                                    card->stream), ==, 0);
  g_assert_cmpint (cudaGraphicsUnmapResources (1, &resource, card->stream), ==, cudaSuccess);
  bytes = host_card_get_graphics_memory (5, &size);
  g_assert_cmpmem (bytes, size, card->values, 256);
  g_assert_cmpint (cudaGraphicsUnregisterResource (resource), ==, cudaSuccess);
  g_assert_false (host_card_is_registered (5));
}

static const char program_text[] =
  "template <int K> struct Twice { static __device__ float of (float x) { return K * x; } };\n"
  "struct Arguments { const float *x; float *y; int n; };\n"
  "extern \"C\" __global__ void\n"
  "__launch_bounds__ (64) twice (const __grid_constant__ Arguments a, float offset)\n"
  "{\n"
  "  MONGE_DYNAMIC_SHARED (float, kept);\n"
  "  int i = blockIdx.x * blockDim.x + threadIdx.x;\n"
  "  kept[threadIdx.x] = i < a.n ? a.x[i] : 0.0f;\n"
  "  __syncthreads ();\n"
  "  if (i < a.n) a.y[i] = Twice<2>::of (kept[threadIdx.x]) + offset;\n"
  "}\n";

static GBytes *
compile_program (const char *text, nvrtcResult expected)
{
  void *library = dlopen (HOST_CARD_NVRTC, RTLD_NOW | RTLD_LOCAL);
  const char *options[] = { "--gpu-architecture=sm_90", "-ftz=true" };
  char *image;
  nvrtcProgram program;
  size_t size;

  g_assert_nonnull (library);
#define CALL(name) ((__typeof__ (&name)) dlsym (library, #name))
  g_assert_cmpint (CALL (nvrtcCreateProgram) (&program, text, "x", 0, NULL, NULL), ==, 0);
  g_assert_cmpint (CALL (nvrtcCompileProgram) (program, 2, options), ==, expected);
  g_assert_cmpint (CALL (nvrtcGetProgramLogSize) (program, &size), ==, 0);
  if (expected != NVRTC_SUCCESS)
    {
      g_autofree char *log = g_malloc (size);

      g_assert_cmpint (CALL (nvrtcGetProgramLog) (program, log), ==, 0);
      g_assert_nonnull (strstr (log, "program:1:"));
    }
  if (CALL (nvrtcGetCUBINSize) (program, &size) != NVRTC_SUCCESS)
    size = 0;
  image = g_malloc (size);
  if (size > 0)
    g_assert_cmpint (CALL (nvrtcGetCUBIN) (program, image), ==, 0);
  g_assert_cmpint (CALL (nvrtcDestroyProgram) (&program), ==, 0);
#undef CALL
  return g_bytes_new_take (image, size);
}

static void
programs_are_compiled (Card *card, gconstpointer data)
{
  g_autoptr(GBytes) image = compile_program (program_text, NVRTC_SUCCESS);
  G_GNUC_UNUSED g_autoptr(GBytes) nothing
      = compile_program ("this is no program", NVRTC_ERROR_COMPILATION);
  struct { const float *x; float *y; int n; } arguments = { card->x, card->y, 1000 };
  float offset = 0.5f, values[1024];
  void *addresses[] = { &arguments, &offset };
  cudaLibrary_t library;
  cudaKernel_t kernel;

  g_assert_cmpint (cudaLibraryLoadData (&library, "no image, but some text", NULL, NULL, 0, NULL,
                                        NULL, 0), ==, cudaErrorInvalidKernelImage);
  g_assert_cmpint (cudaLibraryLoadData (&library, g_bytes_get_data (image, NULL), NULL, NULL, 0,
                                        NULL, NULL, 0), ==, cudaSuccess);
  g_assert_cmpint (cudaLibraryGetKernel (&kernel, library, "thrice"), ==, cudaErrorSymbolNotFound);
  g_assert_cmpint (cudaLibraryGetKernel (&kernel, library, "twice"), ==, cudaSuccess);
  host_card_set_deferred (TRUE);
  g_assert_cmpint (cudaLaunchKernel ((const void *) kernel, (dim3){ 16, 1, 1 }, (dim3){ 64, 1, 1 },
                                     addresses, 256, card->stream), ==, cudaSuccess);
  memset (&arguments, 0, sizeof arguments); /* they were copied */
  read_back (card, card->y, values, sizeof values);
  for (int i = 0; i < 1000; i++)
    g_assert_cmpfloat (values[i], ==, 2 * card->values[i] + 0.5f);
  g_assert_true (isnan (values[1000]));
  g_assert_cmpint (cudaLibraryUnload (library), ==, cudaSuccess);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define CARD(name, function) g_test_add ("/host-card/" name, Card, NULL, setup, function, teardown)
  CARD ("sums-by-shuffles", sums_by_shuffles);
  CARD ("shared-memory-between-barriers", shared_memory_between_barriers);
  CARD ("shuffles-of-each-kind", shuffles_of_each_kind);
  CARD ("votes", votes);
  CARD ("orders", orders);
  CARD ("atomics", atomics);
  CARD ("functions-are-perturbed", functions_are_perturbed);
  CARD ("new-memory-is-poison", new_memory_is_poison);
  CARD ("memory-runs-out", memory_runs_out);
  CARD ("devices", devices);
  CARD ("no-driver-and-no-card", no_driver_and_no_card);
  CARD ("deferred-work-waits", deferred_work_waits);
  CARD ("streams-wait-for-events", streams_wait_for_events);
  CARD ("graphs", graphs);
  CARD ("calls-fail-when-told", calls_fail_when_told);
  CARD ("bad-launches", bad_launches);
  CARD ("graphics-buffers", graphics_buffers);
  CARD ("programs-are-compiled", programs_are_compiled);
  return g_test_run ();
}
