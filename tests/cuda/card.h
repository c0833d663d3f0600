/* Memory of the host card for tests of launchers: copied up, freed together, guarded by the card. */
#pragma once

#include "compute/backend/cuda/kernels.h"
#include "tests/host-card/host-card.h"
#include "tests/util.h"

#include <string.h>

static GPtrArray *card_memory;

/* Not cleared: what a kernel reads before it is written is poison. */
static inline gpointer
card_space (gsize size)
{
  gpointer memory = NULL;

  if (card_memory == NULL)
    card_memory = g_ptr_array_new ();
  g_assert_cmpint (cudaMalloc (&memory, MAX (size, 1)), ==, cudaSuccess);
  g_ptr_array_add (card_memory, memory);
  return memory;
}

static inline gpointer
card_up (gconstpointer from, gsize size)
{
  gpointer memory = card_space (size);

  g_assert_cmpint (cudaMemcpy (memory, from, size, cudaMemcpyHostToDevice), ==, cudaSuccess);
  return memory;
}

static inline void
card_down (gpointer to, gconstpointer from, gsize size)
{
  g_assert_cmpint (cudaMemcpy (to, from, size, cudaMemcpyDeviceToHost), ==, cudaSuccess);
}

/* Frees everything; nobody may have written beside it. */
static inline void
card_clear (void)
{
  for (guint i = 0; card_memory != NULL && i < card_memory->len; i++)
    g_assert_cmpint (cudaFree (g_ptr_array_index (card_memory, i)), ==, cudaSuccess);
  g_clear_pointer (&card_memory, g_ptr_array_unref);
  host_card_assert_clean ();
}

/* Each order of threads in turn: what @func leaves in @result, of @size bytes, is the same bits. */
static inline void
card_try_orders (void (*func) (gpointer data, gpointer result), gpointer data, gpointer result,
                 gsize size)
{
  static const HostCardOrder orders[] = { HOST_CARD_REVERSE, HOST_CARD_RANDOM };
  g_autofree char *other = g_malloc (MAX (size, 1));

  host_card_set_order (HOST_CARD_FORWARD, 0);
  func (data, result);
  for (guint k = 0; k < G_N_ELEMENTS (orders); k++)
    {
      host_card_set_order (orders[k], 7);
      func (data, other);
      g_assert_cmpmem (other, size, result, size);
    }
  host_card_set_order (HOST_CARD_FORWARD, 0);
}
