/* Typed numbers in binary files: strides, byte orders, allocations that are allowed to fail.
 * Private to the readers and writers of compute/shape. */
#pragma once

#include "compute/shape/shape.h"

G_BEGIN_DECLS

/* Whether numbers of a file must be swapped to be those of this machine. */
#define MONGE_SWAP_LITTLE (G_BYTE_ORDER != G_LITTLE_ENDIAN)
#define MONGE_SWAP_BIG (G_BYTE_ORDER != G_BIG_ENDIAN)

/* Copies @n values of @size bytes (1, 2, 4 or 8), strides in bytes, exchanging bytes if @swap. */
void monge_bytes_copy (const void *from, gsize from_stride, void *to, gsize to_stride, gsize size,
                       gsize n, gboolean swap);
/* One value in this machine's order, at any address. */
double monge_bytes_get (MongeType type, const void *at);
/* Converts @n packed values to doubles, every @step-th of @to; exact but for 64-bit
 * integers beyond 2^53. */
void monge_bytes_to_doubles (MongeType type, const void *from, gsize n, double *to, gsize step);
/* The nearest value of @type; integers saturate. */
void monge_bytes_from_doubles (MongeType type, const double *from, gsize step, gsize n, void *to);
/* Whether @value is exactly one of @type. */
gboolean monge_bytes_holds (MongeType type, double value);

/* n × size bytes, or NULL with %MONGE_ERROR_SIZE. The caller has checked @n against the file. */
gpointer monge_bytes_alloc (gsize n, gsize size, GError **error);

/**
 * MongeIndices:
 *
 * Cells as they are read: @arity indices each. Growing may fail, then %MONGE_ERROR_SIZE is set.
 */
typedef struct {
  guint32 *values;
  gsize n, capacity; /* in cells */
  guint arity;
} MongeIndices;

gboolean monge_indices_reserve (MongeIndices *indices, gsize capacity, GError **error);

/* Returns: where to write the @arity indices of one more cell; valid until the next call. */
static inline guint32 *
monge_indices_add (MongeIndices *indices, GError **error)
{
  if (G_UNLIKELY (indices->n == indices->capacity)
      && !monge_indices_reserve (indices, MAX (64, 2 * indices->capacity), error))
    return NULL;
  return indices->values + indices->arity * indices->n++;
}

/**
 * MongeNumbers:
 *
 * Numbers as they are read. Growing may fail, then %MONGE_ERROR_SIZE is set.
 */
typedef struct {
  double *values;
  gsize n, capacity;
} MongeNumbers;

gboolean monge_numbers_reserve (MongeNumbers *numbers, gsize capacity, GError **error);

static inline gboolean
monge_numbers_add (MongeNumbers *numbers, double value, GError **error)
{
  if (G_UNLIKELY (numbers->n == numbers->capacity)
      && !monge_numbers_reserve (numbers, MAX (64, 2 * numbers->capacity), error))
    return FALSE;
  numbers->values[numbers->n++] = value;
  return TRUE;
}

G_END_DECLS
