#include "compute/shape/bytes.h"

#include <math.h>
#include <string.h>

#define DEFINE_COPY(bits) \
  static void copy_##bits (const guint8 *from, gsize from_stride, guint8 *to, gsize to_stride, \
                           gsize n, gboolean swap) \
  { \
    for (gsize i = 0; i < n; i++) \
      { \
        guint##bits value; \
        memcpy (&value, from + i * from_stride, sizeof value); \
        value = swap ? GUINT##bits##_SWAP_LE_BE (value) : value; \
        memcpy (to + i * to_stride, &value, sizeof value); \
      } \
  }

DEFINE_COPY (16)
DEFINE_COPY (32)
DEFINE_COPY (64)

void
monge_bytes_copy (const void *from, gsize from_stride, void *to, gsize to_stride, gsize size,
                  gsize n, gboolean swap)
{
  const guint8 *source = from;
  guint8 *target = to;

  switch (size)
    {
    case 1:
      for (gsize i = 0; i < n; i++)
        target[i * to_stride] = source[i * from_stride];
      break;
    case 2:
      copy_16 (source, from_stride, target, to_stride, n, swap);
      break;
    case 4:
      copy_32 (source, from_stride, target, to_stride, n, swap);
      break;
    case 8:
      copy_64 (source, from_stride, target, to_stride, n, swap);
      break;
    default:
      g_assert_not_reached ();
    }
}

/* Runs @body for the C type and the range of each MongeType. */
#define FOR_TYPE(type, body) \
  switch (type) \
    { \
    case MONGE_TYPE_INT8: body (gint8, G_MININT8, G_MAXINT8); break; \
    case MONGE_TYPE_UINT8: body (guint8, 0, G_MAXUINT8); break; \
    case MONGE_TYPE_INT16: body (gint16, G_MININT16, G_MAXINT16); break; \
    case MONGE_TYPE_UINT16: body (guint16, 0, G_MAXUINT16); break; \
    case MONGE_TYPE_INT32: body (gint32, G_MININT32, G_MAXINT32); break; \
    case MONGE_TYPE_UINT32: body (guint32, 0, G_MAXUINT32); break; \
    case MONGE_TYPE_INT64: body (gint64, G_MININT64, G_MAXINT64); break; \
    case MONGE_TYPE_UINT64: body (guint64, 0, G_MAXUINT64); break; \
    case MONGE_TYPE_FLOAT32: body (float, -INFINITY, INFINITY); break; \
    case MONGE_TYPE_FLOAT64: body (double, -INFINITY, INFINITY); break; \
    default: g_assert_not_reached (); \
    }

void
monge_bytes_to_doubles (MongeType type, const void *from, gsize n, double *to, gsize step)
{
#define TO_DOUBLES(ctype, low, high) \
  for (gsize i = 0; i < n; i++) \
    { \
      ctype value; \
      memcpy (&value, (const guint8 *) from + i * sizeof value, sizeof value); \
      to[i * step] = (double) value; \
    }
  FOR_TYPE (type, TO_DOUBLES)
#undef TO_DOUBLES
}

double
monge_bytes_get (MongeType type, const void *at)
{
  double value;

  monge_bytes_to_doubles (type, at, 1, &value, 1);
  return value;
}

void
monge_bytes_from_doubles (MongeType type, const double *from, gsize step, gsize n, void *to)
{
  gboolean is_real = type == MONGE_TYPE_FLOAT32 || type == MONGE_TYPE_FLOAT64;

#define FROM_DOUBLES(ctype, low, high) \
  for (gsize i = 0; i < n; i++) \
    { \
      double real = from[i * step]; \
      ctype value; \
      if (is_real) \
        value = (ctype) real; \
      else if (isnan (real)) \
        value = 0; \
      else if ((real = rint (real)) <= (double) (low)) \
        value = (ctype) (low); \
      else \
        value = real >= (double) (high) ? (ctype) (high) : (ctype) real; \
      memcpy ((guint8 *) to + i * sizeof value, &value, sizeof value); \
    }
  FOR_TYPE (type, FROM_DOUBLES)
#undef FROM_DOUBLES
}

gboolean
monge_bytes_holds (MongeType type, double value)
{
  guint64 bytes;

  monge_bytes_from_doubles (type, &value, 1, 1, &bytes);
  return monge_bytes_get (type, &bytes) == value;
}

gpointer
monge_bytes_alloc (gsize n, gsize size, GError **error)
{
  gpointer bytes = g_try_malloc_n (MAX (n, 1), size);

  if (bytes == NULL)
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                 "not enough memory for %" G_GSIZE_FORMAT " items of %" G_GSIZE_FORMAT
                 " bytes; close other programs or use a smaller shape", n, size);
  return bytes;
}

/* g_realloc_n() that may fail; @at is left as it was then. */
static gboolean
grow (gpointer *at, gsize n, gsize size, GError **error)
{
  gpointer grown = n > G_MAXSIZE / 16 ? NULL : g_try_realloc_n (*at, n, size);

  if (grown == NULL)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "not enough memory for %" G_GSIZE_FORMAT " items of %" G_GSIZE_FORMAT
                   " bytes; close other programs or use a smaller shape", n, size);
      return FALSE;
    }
  *at = grown;
  return TRUE;
}

gboolean
monge_indices_reserve (MongeIndices *indices, gsize capacity, GError **error)
{
  gpointer values = indices->values;

  if (capacity <= indices->capacity)
    return TRUE;
  if (!grow (&values, capacity, indices->arity * sizeof *indices->values, error))
    return FALSE;
  indices->values = values;
  indices->capacity = capacity;
  return TRUE;
}

gboolean
monge_numbers_reserve (MongeNumbers *numbers, gsize capacity, GError **error)
{
  gpointer values = numbers->values;

  if (capacity <= numbers->capacity)
    return TRUE;
  if (!grow (&values, capacity, sizeof *numbers->values, error))
    return FALSE;
  numbers->values = values;
  numbers->capacity = capacity;
  return TRUE;
}
