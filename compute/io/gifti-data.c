/* The numbers of a GIFTI file: four encodings, two byte orders, two orders of indices. */
#include "compute/io/gifti-private.h"

#include <string.h>

#include "compute/io/base64.h"
#include "compute/io/scan.h"
#include "compute/shape/bytes.h"

#define POLL ((gsize) 1 << 16) /* numbers between two looks at the task */
#define PIECE ((gsize) 3 << 20) /* bytes of base 64 between two */

/* Counts and sizes of the array that is being read. */
typedef struct {
  gsize n_rows, n_columns, n, n_bytes;
  guint size;
} Plan;

static gboolean fail (GError **error, MongeError code, const char *format, ...) G_GNUC_PRINTF (3, 4);

static gboolean
fail (GError **error, MongeError code, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, MONGE_ERROR, code, text);
  return FALSE;
}

static gboolean
make_plan (const MongeGiftiArray *array, Plan *plan, GError **error)
{
  if (!array->has_type)
    return fail (error, MONGE_ERROR_UNSUPPORTED, "a DataArray whose DataType is missing or is none "
                 "that is read; save it as NIFTI_TYPE_FLOAT32 or NIFTI_TYPE_INT32");
  if (array->n_dims == 0)
    return fail (error, MONGE_ERROR_FORMAT, "a DataArray without dimensions; export the file again");
  *plan = (Plan){ .n_rows = array->dims[0], .n_columns = 1,
                  .size = (guint) monge_type_get_size (array->type) };
  for (guint k = 1; k < array->n_dims; k++)
    if (!g_size_checked_mul (&plan->n_columns, plan->n_columns, array->dims[k]))
      return fail (error, MONGE_ERROR_SIZE, "the dimensions of a DataArray exceed any memory; the "
                   "file is damaged");
  if (!g_size_checked_mul (&plan->n, plan->n_rows, plan->n_columns)
      || !g_size_checked_mul (&plan->n_bytes, plan->n, plan->size)
      || plan->n_columns > G_MAXUINT)
    return fail (error, MONGE_ERROR_SIZE, "the dimensions of a DataArray exceed any memory; the "
                 "file is damaged");
  if (plan->n == 0)
    return fail (error, MONGE_ERROR_EMPTY, "a DataArray of no values; export the file again");
  if (array->is_column_major && array->n_dims > 2)
    return fail (error, MONGE_ERROR_UNSUPPORTED, "a DataArray of %u dimensions in column-major "
                 "order is not read; save it in row-major order", array->n_dims);
  return TRUE;
}

static gboolean
fail_short (const Plan *plan, gsize present, GError **error)
{
  return fail (error, MONGE_ERROR_FORMAT, "%" G_GSIZE_FORMAT " × %" G_GSIZE_FORMAT " values of %u "
               "bytes are promised, but %" G_GSIZE_FORMAT " bytes are present; copy or export the "
               "file again", plan->n_rows, plan->n_columns, plan->size, present);
}

/* --- Encodings: each gives n_bytes as they are in the file --- */

static gboolean
read_numbers (MongeScan *scan, MongeType type, const Plan *plan, guint8 *to, MongeTask *task,
              GError **error)
{
  gboolean is_real = type == MONGE_TYPE_FLOAT32 || type == MONGE_TYPE_FLOAT64;

  for (gsize i = 0; i < plan->n; i++)
    {
      double value;

      if (i % POLL == 0 && monge_task_return_if_cancelled (task, error))
        return FALSE;
      if (!monge_scan_find_word (scan))
        return fail (error, MONGE_ERROR_FORMAT, "%" G_GSIZE_FORMAT " numbers are promised, but %"
                     G_GSIZE_FORMAT " are present; export the file again", plan->n, i);
      if (!monge_scan_double (scan, &value) || !monge_scan_is_at_word_end (scan)
          || (!is_real && !monge_bytes_holds (type, value)))
        {
          g_autofree char *excerpt = monge_scan_dup_excerpt (scan);

          return fail (error, MONGE_ERROR_FORMAT, "number %" G_GSIZE_FORMAT " (counted from 0) of "
                       "a DataArray is none of its type, near “%s”; correct it", i, excerpt);
        }
      monge_bytes_from_doubles (type, &value, 1, 1, to + i * plan->size);
    }
  return !monge_scan_find_word (scan)
         || fail (error, MONGE_ERROR_FORMAT, "more numbers than the %" G_GSIZE_FORMAT " that are "
                  "promised; export the file again", plan->n);
}

static guint8 *
read_ascii (const MongeGiftiArray *array, const Plan *plan, const char *text, gsize size,
            const MongeFile *file, GError **error)
{
  g_autofree guint8 *values = NULL;
  MongeScan scan;

  if (plan->n > size / 2 + 1) /* a digit and a blank */
    {
      fail (error, MONGE_ERROR_FORMAT, "%" G_GSIZE_FORMAT " numbers are promised, but the text "
            "has %" G_GSIZE_FORMAT " characters; export the file again", plan->n, size);
      return NULL;
    }
  values = monge_bytes_alloc (plan->n_bytes, 1, error);
  monge_scan_init (&scan, (const guint8 *) text, size);
  if (values == NULL || !read_numbers (&scan, array->type, plan, values, file->task, error))
    return NULL;
  return g_steal_pointer (&values);
}

/* @most: what to take at most; more than that is ignored. Piece by piece, whole groups each. */
static guint8 *
decode_text (const char *text, gsize size, gsize most, gsize *n, MongeTask *task, GError **error)
{
  g_autofree guint8 *bytes = monge_bytes_alloc (most, 1, error);
  gsize piece = PIECE, at = 0, used;

  *n = 0;
  if (bytes == NULL)
    return NULL;
  for (gsize n_read = piece; n_read == piece && *n < most; *n += n_read, at += used)
    {
      piece = MIN (PIECE, most - *n);
      if (monge_task_return_if_cancelled (task, error)
          || !monge_base64_decode (text + at, size - at, bytes + *n, piece, &used, &n_read, error))
        return NULL;
    }
  return g_steal_pointer (&bytes);
}

static guint8 *
read_base64 (const Plan *plan, const char *text, gsize size, const MongeFile *file, GError **error)
{
  g_autofree guint8 *bytes = NULL;
  gsize n = 0;

  if (plan->n_bytes > MONGE_BASE64_MOST (size))
    {
      fail_short (plan, size / 4 * 3, error);
      return NULL;
    }
  bytes = decode_text (text, size, plan->n_bytes, &n, file->task, error);
  if (bytes != NULL && n < plan->n_bytes)
    fail_short (plan, n, error);
  return bytes != NULL && n == plan->n_bytes ? g_steal_pointer (&bytes) : NULL;
}

static guint8 *
read_zipped (const Plan *plan, const char *text, gsize size, const MongeFile *file, GError **error)
{
  gsize n = 0, n_present = 0;
  g_autofree guint8 *zipped = decode_text (text, size, MONGE_BASE64_MOST (size), &n, file->task,
                                         error);
  g_autoptr (GBytes) bytes = NULL;

  if (zipped == NULL)
    return NULL;
  bytes = monge_bytes_inflate (zipped, n, plan->n_bytes, plan->n_bytes, file->task, error);
  if (bytes == NULL)
    return NULL;
  n_present = g_bytes_get_size (bytes);
  if (n_present != plan->n_bytes)
    {
      fail_short (plan, n_present, error);
      return NULL;
    }
  return g_bytes_unref_to_data (g_steal_pointer (&bytes), &n_present);
}

/* A file beside this one or below: no way up, none from the root. */
static gboolean
is_beside (const char *name)
{
  g_auto (GStrv) parts = NULL;

  if (name == NULL || name[0] == '\0' || g_path_is_absolute (name) || strchr (name, '\\') != NULL
      || strchr (name, ':') != NULL)
    return FALSE;
  parts = g_strsplit (name, "/", -1);
  for (char **part = parts; *part != NULL; part++)
    if (g_str_equal (*part, "..") || **part == '\0')
      return FALSE;
  return TRUE;
}

static GMappedFile *
open_external (const MongeGiftiArray *array, const MongeFile *file, GError **error)
{
  g_autofree char *folder = NULL, *path = NULL;
  GMappedFile *mapped = NULL;

  if (!is_beside (array->external))
    {
      fail (error, MONGE_ERROR_UNSUPPORTED, "its numbers are in a file “%s”, which does not lie "
            "beside it; put it there and correct the name",
            array->external != NULL ? array->external : "");
      return NULL;
    }
  if (file->path == NULL)
    {
      fail (error, MONGE_ERROR_IO, "its numbers are in a file of their own, “%s”; open it from the "
            "folder where both are", array->external);
      return NULL;
    }
  folder = g_path_get_dirname (file->path);
  path = g_build_filename (folder, array->external, NULL);
  if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
    mapped = g_mapped_file_new (path, FALSE, NULL);
  if (mapped == NULL)
    fail (error, MONGE_ERROR_IO, "its numbers are in “%s”, which cannot be opened; put that file "
          "beside this one", array->external);
  return mapped;
}

static guint8 *
read_external (const MongeGiftiArray *array, const Plan *plan, const MongeFile *file, GError **error)
{
  g_autoptr (GMappedFile) mapped = open_external (array, file, error);
  gsize length;
  guint8 *bytes;

  if (mapped == NULL)
    return NULL;
  length = g_mapped_file_get_length (mapped);
  if (array->offset > length || plan->n_bytes > length - array->offset)
    {
      fail (error, MONGE_ERROR_FORMAT, "“%s” has %" G_GSIZE_FORMAT " bytes, too few for %"
            G_GSIZE_FORMAT " from byte %" G_GUINT64_FORMAT " on; copy it again", array->external,
            length, plan->n_bytes, array->offset);
      return NULL;
    }
  bytes = monge_bytes_alloc (plan->n_bytes, 1, error);
  if (bytes != NULL)
    memcpy (bytes, g_mapped_file_get_contents (mapped) + array->offset, plan->n_bytes);
  return bytes;
}

/* --- Orders --- */

static guint8 *
make_row_major (guint8 *values, const Plan *plan, GError **error)
{
  g_autofree guint8 *columns = values;
  guint8 *rows;

  if (plan->n_columns == 1 || plan->n_rows == 1)
    return g_steal_pointer (&columns);
  rows = monge_bytes_alloc (plan->n_bytes, 1, error);
  for (gsize k = 0; rows != NULL && k < plan->n_columns; k++)
    monge_bytes_copy (columns + k * plan->n_rows * plan->size, plan->size, rows + k * plan->size,
                      plan->n_columns * plan->size, plan->size, plan->n_rows, FALSE);
  return rows;
}

gboolean
monge_gifti_decode (MongeGiftiArray *array, const char *text, gsize size, const MongeFile *file,
                    GError **error)
{
  gboolean is_swapped = array->encoding != MONGE_GIFTI_ASCII
                        && (array->is_big ? MONGE_SWAP_BIG : MONGE_SWAP_LITTLE);
  guint8 *values = NULL;
  Plan plan = { 0 };

  if (!make_plan (array, &plan, error))
    return FALSE;
  switch (array->encoding)
    {
    case MONGE_GIFTI_ASCII:
      values = read_ascii (array, &plan, text, size, file, error);
      break;
    case MONGE_GIFTI_BASE64:
      values = read_base64 (&plan, text, size, file, error);
      break;
    case MONGE_GIFTI_ZIPPED:
      values = read_zipped (&plan, text, size, file, error);
      break;
    case MONGE_GIFTI_EXTERNAL:
    default:
      values = read_external (array, &plan, file, error);
    }
  if (values != NULL && is_swapped)
    monge_bytes_copy (values, plan.size, values, plan.size, plan.size, plan.n, TRUE);
  if (values != NULL && array->is_column_major)
    values = make_row_major (values, &plan, error);
  if (values == NULL)
    return FALSE;
  array->array = monge_array_new ("", array->type, (guint) plan.n_columns, plan.n_rows,
                                  g_bytes_new_take (values, plan.n_bytes));
  return TRUE;
}
