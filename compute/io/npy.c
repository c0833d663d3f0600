/* NumPy's array file, format versions 1 to 3 (NumPy enhancement proposal 1): a line of Python that
 * says type, order and shape, then the numbers. One row per point; a vector is points on a line.
 *
 * Written in little-endian, row by row, in the type of the positions. Cells, arrays and the unit
 * are lost. */
#include "compute/io/io-private.h"

#include <math.h>
#include <string.h>

#include "compute/shape/bytes.h"
#include "compute/io/scan.h"
#include "compute/io/values-private.h"

#define MAGIC "\x93NUMPY"
#define MAGIC_SIZE 6

/* What the header says. */
typedef struct {
  char kind; /* f, i, u or b */
  guint item_size;
  gboolean swap, is_fortran, has_type, has_order, has_shape;
  guint n_sizes;
  gsize n, d;
  const guint8 *values;
} Array;

gboolean
monge_npy_matches (const guint8 *data, gsize size)
{
  return size >= MAGIC_SIZE && memcmp (data, MAGIC, MAGIC_SIZE) == 0;
}

/* --- Header --- */

static gboolean fail_at (const MongeScan *scan, GError **error, MongeError code, const char *format,
                         ...) G_GNUC_PRINTF (4, 5);

static gboolean
fail_at (const MongeScan *scan, GError **error, MongeError code, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, MONGE_ERROR, code, "byte %" G_GSIZE_FORMAT ": %s",
               (gsize) (scan->at - scan->start), text);
  return FALSE;
}

/* Eats @c, after blanks. */
static gboolean
eat (MongeScan *scan, char c)
{
  monge_scan_find_word (scan);
  if (scan->at >= scan->end || *scan->at != (guint8) c)
    return FALSE;
  scan->at++;
  return TRUE;
}

static gboolean
expect (MongeScan *scan, char c, GError **error)
{
  return eat (scan, c)
         || fail_at (scan, error, MONGE_ERROR_FORMAT,
                     "“%c” is expected in the header; save the array again", c);
}

/* A quoted word without quotes in it. */
static gboolean
read_quoted (MongeScan *scan, const char **word, gsize *length, GError **error)
{
  char quote = eat (scan, '\'') ? '\'' : '"';

  if (quote == '"' && !expect (scan, '"', error))
    return FALSE;
  *word = (const char *) scan->at;
  while (scan->at < scan->end && *scan->at != (guint8) quote)
    scan->at++;
  *length = (gsize) ((const char *) scan->at - *word);
  return expect (scan, quote, error);
}

static gboolean
is_one_of (char c, const char *set)
{
  return c != '\0' && strchr (set, c) != NULL;
}

/* Such as '<f8': byte order, kind, bytes. */
static gboolean
read_type (MongeScan *scan, Array *array, GError **error)
{
  const char *word;
  gsize length;
  g_autofree char *text = NULL;

  monge_scan_find_word (scan);
  if (scan->at < scan->end && *scan->at == '[')
    return fail_at (scan, error, MONGE_ERROR_UNSUPPORTED,
                    "the array has named fields; save each field as an array of its own");
  if (!read_quoted (scan, &word, &length, error))
    return FALSE;
  if (length == 3 && is_one_of (word[0], "<>|=") && is_one_of (word[1], "fiub")
      && is_one_of (word[2], word[1] == 'f' ? "48" : word[1] == 'b' ? "1" : "1248"))
    {
      array->kind = word[1];
      array->item_size = (guint) (word[2] - '0');
      array->swap = word[0] == '>' ? MONGE_SWAP_BIG : word[0] == '<' ? MONGE_SWAP_LITTLE : FALSE;
      array->has_type = TRUE;
      return TRUE;
    }
  text = g_utf8_make_valid (word, (gssize) MIN (length, 24));
  return fail_at (scan, error, MONGE_ERROR_UNSUPPORTED,
                  "numbers of type “%s” are not read; save the array as float32 or float64", text);
}

static gboolean
read_order (MongeScan *scan, Array *array, GError **error)
{
  const guint8 *start;

  monge_scan_find_word (scan);
  for (start = scan->at; scan->at < scan->end && g_ascii_isalpha (*scan->at); scan->at++)
    ;
  array->is_fortran = monge_scan_word_is ((const char *) start, (gsize) (scan->at - start), "True");
  array->has_order = TRUE;
  return array->is_fortran
         || monge_scan_word_is ((const char *) start, (gsize) (scan->at - start), "False")
         || fail_at (scan, error, MONGE_ERROR_FORMAT,
                     "fortran_order is neither True nor False; save the array again");
}

/* (n,) or (n, d) */
static gboolean
read_shape (MongeScan *scan, Array *array, GError **error)
{
  gint64 sizes[2] = { 1, 1 };
  guint n_sizes = 0;

  if (!expect (scan, '(', error))
    return FALSE;
  while (!eat (scan, ')'))
    {
      gint64 size;
      if (!monge_scan_integer (scan, &size) || size < 0)
        return fail_at (scan, error, MONGE_ERROR_FORMAT,
                        "a size in the shape is not a count; save the array again");
      if (n_sizes == 2)
        return fail_at (scan, error, MONGE_ERROR_SIZE,
                        "the array has more than two dimensions; save it as (points, coordinates)");
      sizes[n_sizes++] = size;
      if (!eat (scan, ',') && (scan->at >= scan->end || *scan->at != ')'))
        return expect (scan, ',', error);
    }
  array->n = (gsize) sizes[0];
  array->d = (gsize) sizes[1];
  array->n_sizes = n_sizes;
  array->has_shape = TRUE;
  return TRUE;
}

static gboolean
read_entry (MongeScan *scan, Array *array, GError **error)
{
  const char *key;
  gsize length;

  if (!read_quoted (scan, &key, &length, error) || !expect (scan, ':', error))
    return FALSE;
  if (monge_scan_word_is (key, length, "descr"))
    return read_type (scan, array, error);
  if (monge_scan_word_is (key, length, "fortran_order"))
    return read_order (scan, array, error);
  if (monge_scan_word_is (key, length, "shape"))
    return read_shape (scan, array, error);
  return fail_at (scan, error, MONGE_ERROR_FORMAT,
                  "a key other than descr, fortran_order and shape; save the array again");
}

static gboolean
read_dictionary (MongeScan *scan, Array *array, GError **error)
{
  if (!expect (scan, '{', error))
    return FALSE;
  while (!eat (scan, '}'))
    {
      if (!read_entry (scan, array, error))
        return FALSE;
      if (!eat (scan, ',') && (scan->at >= scan->end || *scan->at != '}'))
        return expect (scan, ',', error);
    }
  return (array->has_type && array->has_order && array->has_shape)
         || fail_at (scan, error, MONGE_ERROR_FORMAT,
                     "the header lacks descr, fortran_order or shape; save the array again");
}

/* The bytes in front of the numbers. */
static gboolean
find_header (const guint8 *data, gsize size, MongeScan *scan, GError **error)
{
  gsize start = size > MAGIC_SIZE && data[MAGIC_SIZE] == 1 ? 10 : 12, length = 0;

  if (!monge_npy_matches (data, size))
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
                           "byte 0: an NPY file starts with “\\x93NUMPY”; is this another format?");
      return FALSE;
    }
  if (size > MAGIC_SIZE && (data[MAGIC_SIZE] < 1 || data[MAGIC_SIZE] > 3))
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                   "byte 6: version %u of NPY is not known; save the array in version 1 to 3",
                   data[MAGIC_SIZE]);
      return FALSE;
    }
  for (gsize i = start; size >= start && i-- > 8;)
    length = length << 8 | data[i];
  if (size < start || length > size - start)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
                   "byte 8: truncated: a header of %" G_GSIZE_FORMAT " bytes is promised, but %"
                   G_GSIZE_FORMAT " bytes are present; copy the file again", start + length, size);
      return FALSE;
    }
  *scan = (MongeScan){ .start = data, .at = data + start, .end = data + start + length, .line = 1 };
  return TRUE;
}

/* Reads the header and holds what it promises against the file. */
static gboolean
read_header (const guint8 *data, gsize size, Array *array, gsize *n_left, GError **error)
{
  MongeScan scan;
  gsize left, n_items;

  if (!find_header (data, size, &scan, error) || !read_dictionary (&scan, array, error))
    return FALSE;
  array->values = scan.end;
  left = (gsize) (data + size - scan.end);
  if (array->n == 0 || array->d == 0)
    return fail_at (&scan, error, MONGE_ERROR_EMPTY,
                    "the array is empty; give one with at least one row");
  n_items = left / array->item_size;
  if (array->d > n_items || array->n > n_items / array->d)
    return fail_at (&scan, error, MONGE_ERROR_FORMAT,
                    "truncated: %" G_GSIZE_FORMAT " × %" G_GSIZE_FORMAT " numbers of %u bytes are "
                    "promised, but %" G_GSIZE_FORMAT " bytes are present; copy the file again",
                    array->n, array->d, array->item_size, left);
  *n_left = left - array->n * array->d * array->item_size;
  return TRUE;
}

/* --- Numbers --- */

static MongeType
array_type (const Array *array)
{
  switch (array->kind)
    {
    case 'f':
      return array->item_size == 4 ? MONGE_TYPE_FLOAT32 : MONGE_TYPE_FLOAT64;
    case 'i':
      return array->item_size == 1 ? MONGE_TYPE_INT8
             : array->item_size == 2 ? MONGE_TYPE_INT16
             : array->item_size == 4 ? MONGE_TYPE_INT32
                                     : MONGE_TYPE_INT64;
    default:
      return array->item_size == 1 ? MONGE_TYPE_UINT8
             : array->item_size == 2 ? MONGE_TYPE_UINT16
             : array->item_size == 4 ? MONGE_TYPE_UINT32
                                     : MONGE_TYPE_UINT64;
    }
}

/* @n items from @from on, into every @step-th of @to. */
static void
convert_items (const Array *array, const guint8 *from, gsize n, double *to, gsize step)
{
  guint64 item;

  for (gsize i = 0; i < n; i++)
    {
      monge_bytes_copy (from + array->item_size * i, 0, &item, 0, array->item_size, 1, array->swap);
      to[i * step] = monge_bytes_get (array_type (array), &item);
    }
}

static gboolean
is_list (const Array *array, GError **error)
{
  if (array->n_sizes > 0)
    return TRUE;
  g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                       "the array is a single number; save it as (points, coordinates)");
  return FALSE;
}

static double *
convert_array (const Array *array, GError **error)
{
  double *values = monge_bytes_alloc (array->n * array->d, sizeof *values, error);

  if (values == NULL)
    return NULL;
  if (!array->is_fortran)
    convert_items (array, array->values, array->n * array->d, values, 1);
  for (gsize k = 0; array->is_fortran && k < array->d; k++)
    convert_items (array, array->values + k * array->n * array->item_size, array->n, values + k,
                   array->d);
  return values;
}

/* 64-bit integers are coordinates that few formats can hold. */
static MongeType
position_type (const Array *array)
{
  MongeType type = array_type (array);

  return type == MONGE_TYPE_INT64 || type == MONGE_TYPE_UINT64 ? MONGE_TYPE_FLOAT64 : type;
}

MongeShape *
monge_npy_parse (const MongeFile *file, GError **error)
{
  Array array = { 0 };
  MongeShapeBuilder *builder;
  double *positions;
  gsize n_left;

  if (!read_header (file->data, file->size, &array, &n_left, error) || !is_list (&array, error))
    return NULL;
  if (array.d > MONGE_MAX_DIM || array.n > MONGE_MAX_VERTICES)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "the array is %" G_GSIZE_FORMAT " × %" G_GSIZE_FORMAT "; points are rows of 1 "
                   "to %d coordinates, and at most %" G_GSIZE_FORMAT, array.n, array.d,
                   MONGE_MAX_DIM, MONGE_MAX_VERTICES);
      return NULL;
    }
  positions = convert_array (&array, error);
  if (positions == NULL)
    return NULL;
  builder = monge_file_begin_shape (file, (guint) array.d);
  monge_shape_builder_take_positions (builder, positions, array.n, position_type (&array));
  if (n_left > 0)
    monge_shape_builder_add_repair (builder,
                                    "%" G_GSIZE_FORMAT " bytes after the array were ignored",
                                    n_left);
  return monge_shape_builder_end (builder, error);
}

/* --- Arrays --- */

#define CHUNK ((gsize) 1 << 20)

/* Column by column or all in one, into the rows of @to. */
static gboolean
copy_items (const Array *array, guint8 *to, MongeTask *task, GError **error)
{
  gsize size = array->item_size, n_columns = array->is_fortran ? array->d : 1;
  gsize n = array->n * array->d / n_columns, stride = size * n_columns;

  for (gsize k = 0; k < n_columns; k++)
    for (gsize i = 0; i < n; i += CHUNK)
      {
        if (monge_task_return_if_cancelled (task, error))
          return FALSE;
        monge_bytes_copy (array->values + (k * n + i) * size, size, to + k * size + i * stride,
                          stride, size, MIN (CHUNK, n - i), array->swap);
      }
  return TRUE;
}

MongeArray *
monge_npy_to_array (const guint8 *data, gsize size, const char *name, MongeTask *task,
                    GError **error)
{
  Array array = { 0 };
  g_autofree guint8 *values = NULL;
  gsize n_left, n_bytes;

  if (!read_header (data, size, &array, &n_left, error))
    return NULL;
  if (array.d > G_MAXUINT)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "rows of %" G_GSIZE_FORMAT " numbers; "
                   "save the array as (points, values)", array.d);
      return NULL;
    }
  n_bytes = array.n * array.d * array.item_size;
  values = monge_bytes_alloc (n_bytes, 1, error);
  if (values == NULL || !copy_items (&array, values, task, error))
    return NULL;
  return monge_array_new (name, array_type (&array), (guint) array.d, array.n,
                          g_bytes_new_take (g_steal_pointer (&values), n_bytes));
}

static gboolean
check_finite (const double *values, const Array *array, GError **error)
{
  for (gsize i = 0; i < array->n * array->d; i++)
    if (!isfinite (values[i]))
      {
        g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAN,
                     "the value in row %" G_GSIZE_FORMAT ", column %" G_GSIZE_FORMAT " (counted "
                     "from 0) is %g; give finite numbers", i / array->d, i % array->d, values[i]);
        return FALSE;
      }
  return TRUE;
}

static double *
load_values (const char *path, Array *array, GError **error)
{
  g_autoptr (GBytes) bytes = monge_file_load (path, NULL, error);
  g_autofree double *values = NULL;
  const guint8 *data;
  gsize size, n_left;

  if (bytes == NULL)
    return NULL;
  data = g_bytes_get_data (bytes, &size);
  if (!read_header (data, size, array, &n_left, error) || !is_list (array, error))
    return NULL;
  values = convert_array (array, error);
  if (values == NULL || !check_finite (values, array, error))
    return NULL;
  return g_steal_pointer (&values);
}

gboolean
monge_npy_load (const char *path, double **values, gsize *n, gsize *d, GError **error)
{
  Array array = { 0 };
  double *loaded;

  g_return_val_if_fail (path != NULL && values != NULL && n != NULL && d != NULL, FALSE);
  loaded = load_values (path, &array, error);
  if (loaded == NULL)
    {
      g_prefix_error (error, "%s: ", path);
      return FALSE;
    }
  *values = loaded;
  *n = array.n;
  *d = array.d;
  return TRUE;
}

/* --- Writing --- */

/* Version 1; blanks before the newline make what follows start at a multiple of 64. */
static void
append_header (GString *out, const char *type, const char *shape)
{
  gsize length;

  g_string_append_len (out, MAGIC "\x01\x00??", 10);
  g_string_append_printf (out, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }",
                          type, shape);
  while ((out->len + 1) % 64 != 0)
    g_string_append_c (out, ' ');
  g_string_append_c (out, '\n');
  length = out->len - 10;
  out->str[8] = (char) (length & 0xff);
  out->str[9] = (char) (length >> 8);
}

static const char *const type_names[] = {
  [MONGE_TYPE_INT8] = "|i1",    [MONGE_TYPE_UINT8] = "|u1",   [MONGE_TYPE_INT16] = "<i2",
  [MONGE_TYPE_UINT16] = "<u2",  [MONGE_TYPE_INT32] = "<i4",   [MONGE_TYPE_UINT32] = "<u4",
  [MONGE_TYPE_INT64] = "<i8",   [MONGE_TYPE_UINT64] = "<u8",
  [MONGE_TYPE_FLOAT32] = "<f4", [MONGE_TYPE_FLOAT64] = "<f8",
};

static void
append_values (GString *out, MongeType type, const double *values, gsize n)
{
  gsize size = monge_type_get_size (type), start = out->len;
  guint8 *to;

  g_string_set_size (out, start + n * size);
  to = (guint8 *) out->str + start;
  monge_bytes_from_doubles (type, values, 1, n, to);
  monge_bytes_copy (to, size, to, size, size, n, MONGE_SWAP_LITTLE);
}

gboolean
monge_npy_write (const MongeShape *shape, GString *out, GError **error)
{
  MongeType type = monge_shape_get_position_type (shape);
  gsize n = monge_shape_get_n_vertices (shape);
  guint dim = monge_shape_get_dim (shape);
  g_autofree char *text = g_strdup_printf ("%" G_GSIZE_FORMAT ", %u", n, dim);

  append_header (out, type_names[type], text);
  append_values (out, type, monge_shape_get_positions (shape), n * dim);
  return TRUE;
}

/* "N," or "N, D" */
static char *
print_shape (gsize n, gsize d)
{
  return d == 1 ? g_strdup_printf ("%" G_GSIZE_FORMAT ",", n)
                : g_strdup_printf ("%" G_GSIZE_FORMAT ", %" G_GSIZE_FORMAT, n, d);
}

void
monge_npy_append_array (GString *out, const MongeArray *array)
{
  gsize size = monge_type_get_size (array->type), n = array->n_rows * array->n_components, start;
  g_autofree char *text = print_shape (array->n_rows, array->n_components);

  append_header (out, type_names[array->type], text);
  start = out->len;
  g_string_set_size (out, start + n * size);
  monge_bytes_copy (g_bytes_get_data (array->values, NULL), size, out->str + start, size, size, n,
                    MONGE_SWAP_LITTLE);
}

gboolean
monge_npy_save (const char *path, const double *values, gsize n, gsize d, GError **error)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *text = print_shape (n, d);

  g_return_val_if_fail (path != NULL && values != NULL && d > 0, FALSE);
  append_header (out, type_names[MONGE_TYPE_FLOAT64], text);
  append_values (out, MONGE_TYPE_FLOAT64, values, n * d);
  return monge_file_save (path, out->str, out->len, error);
}

gboolean
monge_npy_save_indices (const char *path, const gint64 *values, gsize n, gsize d, GError **error)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *text = print_shape (n, d);

  g_return_val_if_fail (path != NULL && values != NULL && d > 0, FALSE);
  append_header (out, "<i8", text);
  for (gsize k = 0; k < n * d; k++)
    {
      const gint64 value = GINT64_TO_LE (values[k]);

      g_string_append_len (out, (const char *) &value, sizeof value);
    }
  return monge_file_save (path, out->str, out->len, error);
}
