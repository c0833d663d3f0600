/* Points as lines of text: one point per line, its numbers parted by blanks, commas, semicolons or
 * tabs. A first line that starts with no number names the columns: x, y, z or x0, x1, … are the
 * coordinates and the others become arrays, joined where they belong together (columns.h), except
 * those of text, which are left out; missing values are NaN. Without it every column is a coordinate.
 * Lines that start with # or // are comments, but // may also introduce the names; "unit: mm" and
 * SPACE=RAS or LPS are understood there. Numbers are float64. xyz-write.c writes it. */
#include "compute/io/io-private.h"

#include <math.h>
#include <string.h>

#include "compute/io/columns.h"
#include "compute/io/scan.h"
#include "compute/shape/bytes.h"

#define ROWS_PER_POLL 16384

typedef struct {
  const MongeFile *file;
  MongeScan scan;
  char separator;   /* ' ' for any run of blanks */
  gsize n_columns;  /* 0 before the first line of numbers */
  GPtrArray *names; /* of char *, or NULL */
  GArray *axes;     /* gsize: the column of each coordinate */
  gboolean *is_coordinate, *is_text; /* per column, when there are names */
  MongeNumbers values; /* row after row */
  gsize n_rows;
  char *unit;
  MongeSpace space;
} Reader;

static void
reader_clear (Reader *reader)
{
  g_clear_pointer (&reader->names, g_ptr_array_unref);
  g_clear_pointer (&reader->axes, g_array_unref);
  g_free (reader->is_coordinate);
  g_free (reader->is_text);
  g_free (reader->values.values);
  g_free (reader->unit);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reader, reader_clear)

/* --- Fields --- */

/* ; else , else, among names, a tab; else blanks. Numbers may mix tabs and blanks. */
static char
find_separator (const MongeScan *line, gboolean names)
{
  char found = ' ';

  for (const guint8 *p = line->at; p < line->end && *p != '\n' && *p != '\r'; p++)
    {
      if (*p == ';')
        return ';';
      if (*p == ',' || (*p == '\t' && names && found == ' '))
        found = (char) *p;
    }
  return found;
}

static void
skip_spaces (const Reader *reader, MongeScan *scan)
{
  while (scan->at < scan->end && monge_scan_is_blank (*scan->at) && *scan->at != reader->separator)
    scan->at++;
  if (reader->separator == ' ')
    monge_scan_skip_blanks (scan);
}

static gboolean
is_at_field_end (const Reader *reader, const MongeScan *scan)
{
  return monge_scan_is_at_line_end (scan)
         || (reader->separator == ' ' ? monge_scan_is_blank (*scan->at)
                                      : *scan->at == (guint8) reader->separator);
}

/* Moves behind the separator after a field; FALSE at the end of the line. */
static gboolean
next_field (const Reader *reader, MongeScan *scan)
{
  while (!is_at_field_end (reader, scan))
    scan->at++;
  skip_spaces (reader, scan);
  if (monge_scan_is_at_line_end (scan))
    return FALSE;
  if (reader->separator != ' ')
    scan->at++;
  skip_spaces (reader, scan);
  return TRUE;
}

/* A number that fills its field. */
static gboolean
read_number (const Reader *reader, MongeScan *scan, double *value)
{
  MongeScan before = *scan;

  if (monge_scan_double (scan, value))
    {
      if (reader->separator != ' ')
        skip_spaces (reader, scan);
      if (is_at_field_end (reader, scan))
        return TRUE;
    }
  *scan = before;
  return FALSE;
}

/* --- Names --- */

static GPtrArray *
read_names (const Reader *reader, MongeScan *scan)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  skip_spaces (reader, scan);
  do
    {
      const guint8 *start = scan->at, *end;
      while (!is_at_field_end (reader, scan))
        scan->at++;
      end = scan->at;
      while (end > start && monge_scan_is_blank (end[-1]))
        end--;
      if (end - start >= 2 && *start == '"' && end[-1] == '"')
        start++, end--;
      g_ptr_array_add (names, g_utf8_make_valid ((const char *) start, end - start));
    }
  while (next_field (reader, scan));
  return names;
}

static gboolean
find_name (const GPtrArray *names, const char *name, gsize *column)
{
  for (guint i = 0; i < names->len; i++)
    if (g_ascii_strcasecmp (g_ptr_array_index (names, i), name) == 0)
      {
        *column = i;
        return TRUE;
      }
  return FALSE;
}

/* The columns of x, y, z or of x0, x1, …, as far as they go. Transfer full. */
static GArray *
find_axes (const GPtrArray *names)
{
  static const char *const letters[] = { "x", "y", "z" };
  GArray *axes = g_array_new (FALSE, FALSE, sizeof (gsize));
  gsize column;

  for (guint k = 0; k < 3 && find_name (names, letters[k], &column); k++)
    g_array_append_val (axes, column);
  for (guint k = 0; axes->len == k && k < MONGE_MAX_DIM; k++)
    {
      char name[8];
      g_snprintf (name, sizeof name, "x%u", k);
      if (find_name (names, name, &column))
        g_array_append_val (axes, column);
    }
  return axes;
}

static void
take_names (Reader *reader, GPtrArray *names, GArray *axes)
{
  reader->names = names;
  reader->axes = axes;
  reader->n_columns = names->len;
  reader->is_coordinate = g_new0 (gboolean, names->len);
  reader->is_text = g_new0 (gboolean, names->len);
  for (guint k = 0; k < axes->len; k++)
    reader->is_coordinate[g_array_index (axes, gsize, k)] = TRUE;
}

/* At the first line that counts. A line after // is only taken if it names coordinates. */
static gboolean
read_header (Reader *reader, gboolean is_comment, GError **error)
{
  MongeScan *scan = &reader->scan;
  GPtrArray *names;
  GArray *axes;

  reader->separator = find_separator (scan, TRUE);
  names = read_names (reader, scan);
  axes = find_axes (names);
  if (axes->len > 0)
    {
      take_names (reader, names, axes);
      return TRUE;
    }
  g_ptr_array_unref (names);
  g_array_unref (axes);
  return is_comment
         || monge_scan_fail (scan, error, MONGE_ERROR_FORMAT,
                             "the line is neither numbers nor names of columns with x among them; "
                             "name the coordinates x, y, z");
}

/* --- Rows --- */

static gboolean
fail_field (const Reader *reader, const MongeScan *scan, gsize column, GError **error)
{
  g_autofree char *excerpt = monge_scan_dup_excerpt (scan);

  return monge_scan_fail (scan, error, MONGE_ERROR_FORMAT,
                          "“%s” in column %" G_GSIZE_FORMAT " is not a number; use a point for the "
                          "decimals and name columns of text in a first line", excerpt, column + 1);
}

/* The value in @column; NaN for those that are missing or text, where that may be. */
static gboolean
read_field (Reader *reader, gsize column, double *value, GError **error)
{
  MongeScan *scan = &reader->scan;

  if (read_number (reader, scan, value))
    return TRUE;
  if (reader->names == NULL || column >= reader->n_columns || reader->is_coordinate[column])
    return fail_field (reader, scan, column, error);
  *value = NAN;
  if (!is_at_field_end (reader, scan))
    reader->is_text[column] = TRUE;
  return TRUE;
}

static gboolean
fail_columns (const Reader *reader, gsize n, GError **error)
{
  return monge_scan_fail (&reader->scan, error, MONGE_ERROR_FORMAT,
                          "%" G_GSIZE_FORMAT " columns, but the lines before have %" G_GSIZE_FORMAT
                          "; the file may be truncated, correct the line or copy it again", n,
                          reader->n_columns);
}

static gboolean
read_row (Reader *reader, GError **error)
{
  gsize n = 0;
  double value;

  do
    {
      if (!read_field (reader, n++, &value, error)
          || !monge_numbers_add (&reader->values, value, error))
        return FALSE;
      if (reader->n_columns != 0 && n > reader->n_columns)
        return fail_columns (reader, n, error);
    }
  while (next_field (reader, &reader->scan));
  if (reader->n_columns == 0)
    reader->n_columns = n;
  if (n != reader->n_columns)
    return fail_columns (reader, n, error);
  if (++reader->n_rows > MONGE_MAX_VERTICES)
    return monge_scan_fail (&reader->scan, error, MONGE_ERROR_SIZE,
                            "more than %" G_GSIZE_FORMAT " points; thin the shape out",
                            MONGE_MAX_VERTICES);
  return TRUE;
}

/* Whether a comment starts here, and its marks are passed. */
static gboolean
skip_comment_marks (MongeScan *scan)
{
  if (*scan->at == '#')
    scan->at++;
  else if (scan->at + 1 < scan->end && scan->at[0] == '/' && scan->at[1] == '/')
    scan->at += 2;
  else
    return FALSE;
  return TRUE;
}

static gboolean
read_comment (Reader *reader, GError **error)
{
  gboolean may_name = reader->scan.at[-1] == '/' && reader->n_columns == 0;
  char *unit = monge_scan_dup_unit (&reader->scan);
  MongeSpace space = monge_scan_space (&reader->scan);

  if (space != MONGE_SPACE_UNKNOWN)
    reader->space = space;
  if (unit == NULL)
    return !may_name || space != MONGE_SPACE_UNKNOWN || read_header (reader, TRUE, error);
  g_free (reader->unit);
  reader->unit = unit;
  return TRUE;
}

/* A first line that is no row of numbers names them. */
static gboolean
read_first (Reader *reader, GError **error)
{
  MongeScan before = reader->scan;
  double value;

  reader->separator = find_separator (&reader->scan, FALSE);
  if (!read_number (reader, &before, &value))
    return read_header (reader, FALSE, error);
  return read_row (reader, error);
}

static gboolean
read_lines (Reader *reader, GError **error)
{
  MongeScan *scan = &reader->scan;

  for (; monge_scan_find_word (scan); monge_scan_next_line (scan))
    {
      gboolean ok;
      if (reader->n_rows % ROWS_PER_POLL == 0 && !monge_file_poll (reader->file, scan->at, error))
        return FALSE;
      if (skip_comment_marks (scan))
        ok = read_comment (reader, error);
      else
        ok = reader->n_columns == 0 ? read_first (reader, error) : read_row (reader, error);
      if (!ok)
        return FALSE;
    }
  if (reader->n_rows > 0)
    return TRUE;
  return monge_scan_fail (scan, error, MONGE_ERROR_EMPTY,
                          "there is no line of numbers; give at least one point");
}

/* --- The shape --- */

/* Rows of @n columns from @column on. NULL with @error. */
static double *
gather_columns (const Reader *reader, gsize column, guint n, GError **error)
{
  g_autofree double *values = monge_bytes_alloc (reader->n_rows, n * sizeof *values, error);

  for (gsize i = 0; values != NULL && i < reader->n_rows; i++)
    {
      if (i % ROWS_PER_POLL == 0 && monge_task_return_if_cancelled (reader->file->task, error))
        return NULL;
      memcpy (values + i * n, reader->values.values + i * reader->n_columns + column,
              n * sizeof *values);
    }
  return g_steal_pointer (&values);
}

/* The names of the columns that are to be arrays; NULL for the others. Transfer container. */
static const char **
list_arrays (const Reader *reader, MongeShapeBuilder *builder)
{
  const char **names = g_new (const char *, reader->n_columns);

  for (gsize i = 0; i < reader->n_columns; i++)
    {
      names[i] = g_ptr_array_index (reader->names, i);
      if (reader->is_text[i])
        monge_shape_builder_add_repair (builder, "not kept: the column “%s”, which is text",
                                        names[i]);
      if (reader->is_text[i] || reader->is_coordinate[i])
        names[i] = NULL;
    }
  return names;
}

static gboolean
take_columns (const Reader *reader, MongeShapeBuilder *builder, GError **error)
{
  g_autofree const char **names = list_arrays (reader, builder);
  guint n;

  for (gsize i = 0; i < reader->n_columns; i += n)
    {
      g_autofree char *name = NULL;
      double *values;

      n = 1;
      if (names[i] == NULL)
        continue;
      n = monge_columns_match (names + i, NULL, (guint) (reader->n_columns - i), &name);
      values = gather_columns (reader, i, n, error);
      if (values == NULL)
        return FALSE;
      monge_shape_builder_take_array (
        builder, monge_array_new (name, MONGE_TYPE_FLOAT64, n, reader->n_rows,
                                  g_bytes_new_take (values,
                                                    reader->n_rows * n * sizeof *values)));
    }
  return TRUE;
}

/* The coordinates among the columns. */
static double *
gather_positions (const Reader *reader, GError **error)
{
  guint dim = reader->axes->len;
  double *positions = monge_bytes_alloc (reader->n_rows, dim * sizeof *positions, error);

  for (gsize i = 0; positions != NULL && i < reader->n_rows; i++)
    {
      if (i % ROWS_PER_POLL == 0 && monge_task_return_if_cancelled (reader->file->task, error))
        g_clear_pointer (&positions, g_free);
      for (guint k = 0; positions != NULL && k < dim; k++)
        positions[i * dim + k]
          = reader->values.values[i * reader->n_columns + g_array_index (reader->axes, gsize, k)];
    }
  return positions;
}

static MongeShape *
build (Reader *reader, const MongeFile *file, GError **error)
{
  gsize dim = reader->names != NULL ? reader->axes->len : reader->n_columns;
  g_autoptr (MongeShapeBuilder) builder = NULL;
  double *positions;

  if (dim > MONGE_MAX_DIM)
    {
      monge_scan_fail (&reader->scan, error, MONGE_ERROR_SIZE,
                       "%" G_GSIZE_FORMAT " columns without names are more than the %d coordinates "
                       "of a point; name x, y, z in a first line", dim, MONGE_MAX_DIM);
      return NULL;
    }
  positions = reader->names != NULL ? gather_positions (reader, error)
                                    : g_steal_pointer (&reader->values.values);
  if (positions == NULL)
    return NULL;
  builder = monge_file_begin_shape (file, (guint) dim);
  monge_shape_builder_take_positions (builder, positions, reader->n_rows, MONGE_TYPE_FLOAT64);
  monge_shape_builder_set_unit (builder, reader->unit);
  monge_shape_builder_set_space (builder, reader->space);
  if (reader->names != NULL && !take_columns (reader, builder, error))
    return NULL;
  return monge_shape_builder_end (g_steal_pointer (&builder), error);
}

MongeShape *
monge_xyz_parse (const MongeFile *file, GError **error)
{
  g_auto (Reader) reader = { .file = file, .separator = ' ' };

  monge_scan_init (&reader.scan, file->data, file->size);
  return read_lines (&reader, error) ? build (&reader, file, error) : NULL;
}

/* The first line that is no comment, and the one after names, hold nothing but numbers. */
gboolean
monge_xyz_matches (const guint8 *data, gsize size)
{
  g_auto (Reader) reader = { .separator = ' ' };
  MongeScan *scan = &reader.scan;

  monge_scan_init (scan, data, MIN (size, 65536));
  while (reader.n_rows == 0 && monge_scan_find_word (scan))
    {
      if (skip_comment_marks (scan) ? !read_comment (&reader, NULL)
          : reader.n_columns == 0   ? !read_first (&reader, NULL)
                                    : !read_row (&reader, NULL))
        return FALSE;
      monge_scan_next_line (scan);
    }
  return reader.n_rows > 0;
}
