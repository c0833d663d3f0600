/* The host card itself: what kernels may rely on, and the bugs it must find. */
#include "tests/host-card/host-card.h"
#include "tests/host-card/test-kernels.h"
#include "tests/util.h"

#include <math.h>
#include <string.h>

typedef struct {
  float *x, *y; /* (1024) on the card */
  cudaStream_t stream;
} Card;

static void
setup (Card *card, gconstpointer data)
{
  float values[1024];

  for (int i = 0; i < 1024; i++)
    values[i] = (float) (i % 37) + 1;
  host_card_reset ();
  g_assert_cmpint (cudaMalloc ((void **) &card->x, sizeof values), ==, cudaSuccess);
  g_assert_cmpint (cudaMalloc ((void **) &card->y, sizeof values), ==, cudaSuccess);
  g_assert_cmpint (cudaStreamCreateWithFlags (&card->stream, cudaStreamNonBlocking), ==, 0);
  g_assert_cmpint (cudaMemcpy (card->x, values, sizeof values, cudaMemcpyHostToDevice), ==, 0);
}

static void
teardown (Card *card, gconstpointer data)
{
  cudaStreamDestroy (card->stream);
  cudaFree (card->x);
  cudaFree (card->y);
  host_card_assert_clean ();
}

static void
read_back (Card *card, const void *from, void *to, size_t size)
{
  g_assert_cmpint (cudaMemcpyAsync (to, from, size, cudaMemcpyDeviceToHost, card->stream), ==, 0);
  g_assert_cmpint (cudaStreamSynchronize (card->stream), ==, 0);
}

static void
sums_by_shuffles (Card *card, gconstpointer data)
{
  float sums[8], expected = 0;

  g_assert_cmpint (test_sum_blocks (card->x, 1000, card->y, 8, 128, card->stream), ==, 0);
  read_back (card, card->y, sums, sizeof sums);
  for (int i = 0; i < 128; i++)
    expected += (float) (i % 37) + 1;
  g_assert_cmpfloat (sums[0], ==, expected);
  for (expected = 0; sums[7] > 0; sums[7] = 0)
    for (int i = 896; i < 1000; i++)
      expected += (float) (i % 37) + 1;
  g_assert_cmpfloat (expected, >, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define CARD(name, function) g_test_add ("/host-card/" name, Card, NULL, setup, function, teardown)
  CARD ("sums-by-shuffles", sums_by_shuffles);
  return g_test_run ();
}
