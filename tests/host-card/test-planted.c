/* Bugs that the host card must find, each in a process of its own: kernels of test-planted.cu, and
 * wrong uses of the runtime. A bug that is not found fails the test.
 *
 * How they are found:
 *
 *   the card   says what is wrong, as soon as it happens, and ends the program
 *   orders     results differ between the orders of threads and blocks, or between what unwritten
 *              memory holds in each, or are NaN
 *   late       results that were not waited for are old, where work is deferred
 *   threads    by the thread sanitizer alone: no order of whole turns shows it */
#include "tests/host-card/host-card.h"
#include "tests/host-card/test-kernels.h"
#include "tests/util.h"

#include <math.h>
#include <string.h>

static struct {
  float *x, *y; /* (1024) on the card */
  cudaStream_t stream;
} card;

static void
open_card (HostCardOrder order)
{
  float values[1024];

  for (int i = 0; i < 1024; i++)
    values[i] = (float) (i % 37) + 1;
  host_card_reset ();
  host_card_set_order (order, 5);
  cudaMalloc ((void **) &card.x, sizeof values);
  cudaMalloc ((void **) &card.y, sizeof values);
  cudaStreamCreateWithFlags (&card.stream, cudaStreamNonBlocking);
  cudaMemcpy (card.x, values, sizeof values, cudaMemcpyHostToDevice);
  memset (values, 0, sizeof values);
  cudaMemcpy (card.y, values, sizeof values, cudaMemcpyHostToDevice);
}

static void
close_card (void)
{
  cudaStreamDestroy (card.stream);
  cudaFree (card.x);
  cudaFree (card.y);
  host_card_assert_clean ();
}

/* --- Kernels ---------------------------------------------------------------------------------- */

static void
run_kernel (gconstpointer data)
{
  const char *name = data;
  float values[3][1024];

  for (HostCardOrder order = HOST_CARD_FORWARD; order <= HOST_CARD_RANDOM; order++)
    {
      open_card (order);
      g_assert_cmpint (test_planted (name, card.x, card.y, card.stream), ==, 0);
      cudaMemcpyAsync (values[order], card.y, 4096, cudaMemcpyDeviceToHost, card.stream);
      g_assert_cmpint (cudaStreamSynchronize (card.stream), ==, 0);
      close_card ();
      for (int i = 0; i < 1024; i++)
        if (isnan (values[order][i]))
          g_error ("result %d is NaN", i);
      if (memcmp (values[order], values[0], 4096) != 0)
        g_error ("results depend on the order");
    }
}

/* --- The host side ---------------------------------------------------------------------------- */

static void
missing_synchronisation (void)
{
  float value = -1;

  host_card_set_deferred (TRUE);
  test_fill (card.y, 5, 16, card.stream);
  cudaMemcpyAsync (&value, card.y, sizeof value, cudaMemcpyDeviceToHost, card.stream);
  if (value != 5)
    g_error ("old value");
}

/* Another stream does not wait by itself. */
static void
missing_event (void)
{
  cudaStream_t other;
  float value = -1;

  host_card_set_deferred (TRUE);
  cudaStreamCreateWithFlags (&other, cudaStreamNonBlocking);
  test_fill (card.y, 5, 16, card.stream);
  cudaMemcpyAsync (&value, card.y, sizeof value, cudaMemcpyDeviceToHost, other);
  cudaStreamSynchronize (other);
  if (value != 5)
    g_error ("old value");
}

/* What a copy has yet to read is written over. */
static void
staging_memory_too_soon (void)
{
  float *staging, value;

  host_card_set_deferred (TRUE);
  cudaMallocHost ((void **) &staging, 16);
  for (int i = 0; i < 2; i++)
    {
      *staging = (float) i;
      cudaMemcpyAsync (card.y + i, staging, 4, cudaMemcpyHostToDevice, card.stream);
    }
  cudaMemcpyAsync (&value, card.y, 4, cudaMemcpyDeviceToHost, card.stream);
  cudaStreamSynchronize (card.stream);
  if (value != 0)
    g_error ("old value");
}

static void
host_reads_device_memory (void)
{
  g_test_message ("%g", *(volatile float *) card.x);
}

static void
host_writes_device_memory (void)
{
  memset (card.x, 0, 16);
}

static void
kernel_uses_freed_memory (void)
{
  cudaFree (card.x);
  test_fill (card.x, 1, 16, card.stream);
}

static void
copy_from_freed_memory (void)
{
  float value;

  host_card_set_deferred (TRUE);
  cudaMemcpyAsync (&value, card.x, 4, cudaMemcpyDeviceToHost, card.stream);
  cudaFree (card.x);
  cudaMemcpyAsync (&value, card.x, 4, cudaMemcpyDeviceToHost, card.stream);
}

static void
pinned_memory_freed_too_soon (void)
{
  void *pinned;

  host_card_set_deferred (TRUE);
  cudaMallocHost (&pinned, 64);
  cudaMemcpyAsync (card.y, pinned, 64, cudaMemcpyHostToDevice, card.stream);
  cudaFreeHost (pinned);
  cudaStreamSynchronize (card.stream);
}

static void
double_free (void)
{
  cudaFree (card.x);
  cudaFree (card.x);
}

static void
free_of_the_middle (void)
{
  cudaFree (card.x + 4);
}

static void
free_of_the_wrong_kind (void)
{
  void *pinned;

  cudaMallocHost (&pinned, 64);
  cudaFree (pinned);
}

static void
leak (void)
{
  void *pointer;

  cudaMalloc (&pointer, 100);
  close_card ();
}

static void
leaked_event (void)
{
  cudaEvent_t event;

  cudaEventCreate (&event);
  close_card ();
}

static void
copy_beyond (void)
{
  float values[1025] = { 0 };

  cudaMemcpyAsync (card.x, values, sizeof values, cudaMemcpyHostToDevice, card.stream);
}

static void
copy_of_rows_beyond (void)
{
  float values[1024] = { 0 };

  cudaMemcpy2DAsync (card.x + 8, 128, values, 100, 100, 32, cudaMemcpyHostToDevice, card.stream);
}

static void
set_beyond (void)
{
  cudaMemsetAsync (card.x + 1, 0, 4096, card.stream);
}

static void
copy_in_the_wrong_direction (void)
{
  float value = 0;

  cudaMemcpyAsync (card.x, &value, 4, cudaMemcpyDeviceToHost, card.stream);
}

static void
destroyed_stream (void)
{
  cudaStreamDestroy (card.stream);
  cudaStreamSynchronize (card.stream);
}

static void
destroyed_event (void)
{
  cudaEvent_t event;

  cudaEventCreate (&event);
  cudaEventDestroy (event);
  cudaEventRecord (event, card.stream);
}

static void
write_beside_pinned_memory (void)
{
  char *pinned;

  cudaMallocHost ((void **) &pinned, 61);
  pinned[61] = 1;
  cudaFreeHost (pinned);
}

/* ---------------------------------------------------------------------------------------------- */

#define CARD "*host card: *"
/* Whoever sees it first: with sanitizers it may be one of them. */
#ifdef HOST_CARD_ASAN
#define MEMORY "*test-planted*"
#define NO_SHARED MEMORY
#else
#define MEMORY CARD
#define NO_SHARED "*or of dynamic shared memory that its launch does not have*"
#endif
/* The thread sanitizer is first, or else results differ. */
#ifdef HOST_CARD_TSAN
#define ORDERS "*data race*"
#define UNWRITTEN "*data race*"
#else
#define ORDERS "*results depend on the order*"
#define UNWRITTEN "*is NaN*"
#endif

static const struct {
  const char *name, *found;
} kernels[] = {
  { "missing_barrier", UNWRITTEN },
  { "missing_second_barrier", ORDERS },
  { "divergent_barrier", "*at the __syncthreads of line*thread 0 of the block at that of*" },
  { "early_return", "*left the kernel before the __syncthreads*" },
  { "barrier_in_loop", "*left the kernel before the __syncthreads*" },
  { "read_beyond", "*touches 0 bytes past the end of the device memory*" },
  { "read_before", CARD },
  { "write_beyond", "*touches 0 bytes past the end of the device memory*" },
  { "write_before", MEMORY },
  { "last_tile", "*touches 0 bytes past the end of the device memory*" },
  { "static_shared_beyond", MEMORY },
  { "static_shared_before", MEMORY },
  { "dynamic_shared_beyond", CARD },
  { "dynamic_shared_read_beyond", CARD },
  { "no_dynamic_shared", NO_SHARED },
  { "uninitialised_shared", "*result 0 is NaN*" },
  { "shared_of_another_block", "*is NaN*" },
  { "hidden_nan", "*results depend on the order*" },
  { "inactive_lane", "*reads lane 20, which its mask*" },
  { "wrong_mask", "*lane 0 waits in a warp's *for lane 16, which has left the kernel*" },
  { "not_in_mask", "*which leaves it out*" },
  { "absent_lanes", "*names lane 16, and the block has no such thread*" },
  { "different_shuffles", "*meet in different*_sync calls*" },
  { "race", ORDERS },
  { "order_of_blocks", "*results depend on the order*" },
  { "too_deep", "*needs more stack*" },
#ifdef HOST_CARD_TSAN
  { "race_of_sums", "*data race*" },
#endif
};

#define BUG(name, found) { #name, name, found }
static const struct {
  const char *name;
  void (*run) (void);
  const char *found;
} uses[] = {
  BUG (missing_synchronisation, "*old value*"),
  BUG (missing_event, "*old value*"),
  BUG (staging_memory_too_soon, "*old value*"),
  BUG (host_reads_device_memory, "*the host touches the device memory*directly*"),
  BUG (host_writes_device_memory, "*the host touches the device memory*directly*"),
  BUG (kernel_uses_freed_memory, "*kernel fill*touches the device memory*after it was freed*"),
  BUG (copy_from_freed_memory, CARD),
  BUG (pinned_memory_freed_too_soon, "*touches the pinned memory*after it was freed*"),
  BUG (double_free, "*cudaFree() of *no longer, such memory*"),
  BUG (free_of_the_middle, "*cudaFree() of *no longer, such memory*"),
  BUG (free_of_the_wrong_kind, "*cudaFree() of *no longer, such memory*"),
  BUG (leak, "*device memory*of 100 bytes was never freed*left behind: 1 allocations*"),
  BUG (leaked_event, "*left behind: 0 allocations, 0 streams, 1 events*"),
  BUG (copy_beyond, "*4100 bytes at byte 0 of the device memory*of 4096 bytes*"),
  BUG (copy_of_rows_beyond, "*100 bytes at byte 4000 of the device memory*"),
  BUG (set_beyond, "*4096 bytes at byte 4 of the device memory*of 4096 bytes*"),
  BUG (copy_in_the_wrong_direction, "*is device memory, which the direction does not say*"),
  BUG (destroyed_stream, "*is no stream, or one that was destroyed*"),
  BUG (destroyed_event, "*is no event, or one that was destroyed*"),
  BUG (write_beside_pinned_memory, MEMORY),
};

static void
kernel_is_found (gconstpointer data)
{
  const guint k = GPOINTER_TO_UINT (data);

  if (g_test_subprocess ())
    {
      run_kernel (kernels[k].name);
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr (kernels[k].found);
}

static void
use_is_found (gconstpointer data)
{
  const guint k = GPOINTER_TO_UINT (data);

  if (g_test_subprocess ())
    {
      open_card (HOST_CARD_FORWARD);
      uses[k].run ();
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr (uses[k].found);
}

/* The same road without a bug is passed. */
static void
nothing_is_found (void)
{
  if (g_test_subprocess ())
    {
      run_kernel ("none");
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/planted/nothing", nothing_is_found);
  for (guint k = 0; k < G_N_ELEMENTS (kernels); k++)
    {
      g_autofree char *path = g_strconcat ("/planted/kernel/", kernels[k].name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (k), kernel_is_found);
    }
  for (guint k = 0; k < G_N_ELEMENTS (uses); k++)
    {
      g_autofree char *path = g_strconcat ("/planted/use/", uses[k].name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (k), use_is_found);
    }
  return g_test_run ();
}
