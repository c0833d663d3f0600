/* Values as lines of text: one line per vertex, columns parted by commas, semicolons, tabs or
 * blanks, with or without a line of names. Columns that belong together (v_0, v_1, v_2) are one
 * array (columns.h), whole numbers are int32, others float64, missing ones NaN. A column of words
 * becomes labels, numbered in the order in which they first appear. Lines that start with # are
 * comments. */
#include "compute/io/io-private.h"

#include <math.h>
#include <string.h>

#include "compute/io/columns.h"
#include "compute/io/scan.h"
#include "compute/io/values-private.h"
#include "compute/shape/bytes.h"

#define HEAD 4096 /* bytes that are looked at to know a text */
#define POLL 8192 /* lines between two looks at the task */

typedef struct {
  char *name;
  gboolean is_words;
  GHashTable *words; /* char * → number + 1 */
  MongeLabelTable *labels;
  MongeNumbers values;
} Column;

typedef struct {
  const MongeFile *file;
  MongeScan scan;
  char separator; /* ' ' for any run of blanks */
  GArray *columns;
  gsize n_rows;
} Reader;

static void
column_clear (gpointer data)
{
  Column *column = data;

  g_free (column->name);
  g_free (column->values.values);
  g_clear_pointer (&column->words, g_hash_table_unref);
  g_clear_pointer (&column->labels, monge_label_table_unref);
}

gboolean
monge_csv_values_matches (const guint8 *data, gsize size)
{
  gsize n = MIN (size, HEAD);

  for (gsize i = 0; i < n; i++)
    if (data[i] < 0x20 && data[i] != '\n' && data[i] != '\r' && data[i] != '\t')
      return FALSE;
  return n > 0 && data[0] != '<' && data[0] != '{';
}

gboolean
monge_tsv_values_matches (const guint8 *data, gsize size)
{
  return monge_csv_values_matches (data, size);
}

/* --- Fields --- */

static char
find_separator (const MongeScan *line)
{
  char found = ' ';

  for (const guint8 *p = line->at; p < line->end && *p != '\n' && *p != '\r'; p++)
    {
      if (*p == ';')
        return ';';
      if (*p == ',' || (*p == '\t' && found == ' '))
        found = (char) *p;
    }
  return found;
}

static gboolean
is_separator (const Reader *reader, guint8 c)
{
  return reader->separator == ' ' ? monge_scan_is_blank (c) : c == (guint8) reader->separator;
}

/* The next field without blanks and quotes around it. FALSE when the line has no more. @is_first:
 * whether none was read of this line. */
static gboolean
next_field (Reader *reader, gboolean is_first, const char **text, gsize *length)
{
  MongeScan *scan = &reader->scan;
  const guint8 *start, *end;

  if (reader->separator == ' ')
    monge_scan_skip_blanks (scan);
  if (monge_scan_is_at_line_end (scan) && (is_first || reader->separator == ' '))
    return FALSE;
  if (!is_first && reader->separator != ' ')
    scan->at++; /* the separator that ended the last one */
  start = scan->at;
  while (!monge_scan_is_at_line_end (scan) && !is_separator (reader, *scan->at))
    scan->at++;
  for (end = scan->at; start < end && monge_scan_is_blank (*start);)
    start++;
  while (end > start && monge_scan_is_blank (end[-1]))
    end--;
  if (end - start >= 2 && *start == '"' && end[-1] == '"')
    start++, end--;
  *text = (const char *) start;
  *length = (gsize) (end - start);
  return TRUE;
}

/* Whether another field of the line follows. */
static gboolean
has_more (const Reader *reader)
{
  MongeScan scan = reader->scan;

  if (reader->separator == ' ')
    monge_scan_skip_blanks (&scan);
  return !monge_scan_is_at_line_end (&scan);
}

static gboolean
parse_number (const char *text, gsize length, double *value)
{
  MongeScan scan = { .start = (const guint8 *) text, .at = (const guint8 *) text,
                     .end = (const guint8 *) text + length, .line = 1 };

  *value = NAN;
  if (length == 0 || monge_scan_word_is (text, length, "NA"))
    return TRUE;
  return monge_scan_double (&scan, value) && scan.at == scan.end;
}

/* At the next line that is neither empty nor a comment. */
static gboolean
find_line (Reader *reader)
{
  MongeScan *scan = &reader->scan;

  while (monge_scan_find_word (scan))
    {
      if (*scan->at != '#')
        return TRUE;
      monge_scan_next_line (scan);
    }
  return FALSE;
}

/* --- Lines --- */

/* The first line says how many columns there are, and their names unless it is all numbers. */
static gboolean
read_first_line (Reader *reader, GError **error)
{
  MongeScan start;
  const char *text;
  gsize length;
  gboolean has_names = FALSE;
  double value;

  if (!find_line (reader))
    return monge_scan_fail (&reader->scan, error, MONGE_ERROR_EMPTY, "there is no line of values; "
                            "give one per vertex");
  start = reader->scan;
  reader->separator = find_separator (&start);
  for (gboolean is_first = TRUE; (is_first || has_more (reader))
                                 && next_field (reader, is_first, &text, &length); is_first = FALSE)
    {
      Column column = { .name = g_utf8_make_valid (text, (gssize) length) };

      has_names |= !parse_number (text, length, &value) || length == 0;
      g_array_append_val (reader->columns, column);
    }
  for (guint i = 0; !has_names && i < reader->columns->len; i++)
    {
      Column *column = &g_array_index (reader->columns, Column, i);

      g_free (column->name);
      column->name = reader->columns->len == 1 ? g_strdup (reader->file->name)
                                               : g_strdup_printf ("column %u", i + 1);
    }
  if (has_names)
    monge_scan_next_line (&reader->scan);
  else
    reader->scan = start;
  return TRUE;
}

static double
number_word (Column *column, const char *text, gsize length)
{
  g_autofree char *word = g_utf8_make_valid (text, (gssize) length);
  guint n = g_hash_table_size (column->words);
  gpointer number = g_hash_table_lookup (column->words, word);

  if (number != NULL)
    return GPOINTER_TO_INT (number) - 1;
  monge_label_table_add (column->labels, (gint32) n, word, NULL);
  g_hash_table_insert (column->words, g_steal_pointer (&word), GINT_TO_POINTER (n + 1));
  return n;
}

/* The first row decides whether a column is one of words. */
static gboolean
take_field (Reader *reader, Column *column, const char *text, gsize length, GError **error)
{
  double value;
  gboolean is_number = parse_number (text, length, &value);

  if (reader->n_rows == 0 && !is_number)
    {
      column->is_words = TRUE;
      column->words = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      column->labels = monge_label_table_new ();
    }
  if (column->is_words)
    value = number_word (column, text, length);
  else if (!is_number)
    {
      g_autofree char *word = g_utf8_make_valid (text, (gssize) MIN (length, 24));

      return monge_scan_fail (&reader->scan, error, MONGE_ERROR_FORMAT, "“%s” in the column “%s” "
                              "is no number; correct it", word, column->name);
    }
  return monge_numbers_add (&column->values, value, error);
}

static gboolean
read_row (Reader *reader, GError **error)
{
  guint n = reader->columns->len, i = 0;
  const char *text;
  gsize length;

  while (i < n && (i == 0 || has_more (reader)) && next_field (reader, i == 0, &text, &length))
    if (!take_field (reader, &g_array_index (reader->columns, Column, i++), text, length, error))
      return FALSE;
  if (i < n || has_more (reader))
    return monge_scan_fail (&reader->scan, error, MONGE_ERROR_FORMAT, "the line has %s fields "
                            "than the %u of the first one; correct it", i < n ? "fewer" : "more", n);
  reader->n_rows++;
  monge_scan_next_line (&reader->scan);
  return TRUE;
}

static gboolean
read_rows (Reader *reader, GError **error)
{
  while (find_line (reader))
    {
      if (reader->n_rows % POLL == 0)
        {
          if (monge_task_return_if_cancelled (reader->file->task, error))
            return FALSE;
          monge_task_set_progress (reader->file->task,
                                   (double) (reader->scan.at - reader->scan.start)
                                     / (double) reader->file->size);
        }
      if (!read_row (reader, error))
        return FALSE;
    }
  return reader->n_rows > 0
         || monge_scan_fail (&reader->scan, error, MONGE_ERROR_EMPTY, "there is no line of "
                             "values; give one per vertex");
}

/* --- Arrays --- */

static gboolean
is_whole (const Column *column)
{
  for (gsize i = 0; i < column->values.n; i++)
    if (!monge_bytes_holds (MONGE_TYPE_INT32, column->values.values[i]))
      return FALSE;
  return TRUE;
}

/* @n columns side by side. */
static MongeArray *
join (const Column *columns, guint n, const char *name, GError **error)
{
  gboolean are_whole = TRUE;
  gsize n_rows = columns->values.n, size;
  MongeArray *array;
  MongeType type;
  guint8 *values;

  for (guint k = 0; k < n; k++)
    are_whole &= is_whole (columns + k);
  type = are_whole ? MONGE_TYPE_INT32 : MONGE_TYPE_FLOAT64;
  size = monge_type_get_size (type);
  values = monge_bytes_alloc (n_rows, n * size, error);
  if (values == NULL)
    return NULL;
  for (gsize i = 0; i < n_rows; i++)
    for (guint k = 0; k < n; k++)
      monge_bytes_from_doubles (type, columns[k].values.values + i, 1, 1,
                                values + (i * n + k) * size);
  array = monge_array_new (name, type, n, n_rows, g_bytes_new_take (values, n_rows * n * size));
  if (n == 1 && columns->labels != NULL)
    monge_array_take_labels (array, monge_label_table_ref (columns->labels));
  return array;
}

static GPtrArray *
list_arrays (Reader *reader, GError **error)
{
  guint n = reader->columns->len;
  const Column *columns = (const Column *) reader->columns->data;
  g_autofree const char **names = g_new (const char *, n);
  g_autoptr (GPtrArray) arrays = monge_values_new ();

  for (guint i = 0; i < n; i++)
    names[i] = columns[i].is_words ? NULL : columns[i].name;
  for (guint i = 0, used; i < n; i += used)
    {
      g_autofree char *name = NULL;
      MongeArray *array;

      used = columns[i].is_words ? 1 : monge_columns_match (names + i, NULL, n - i, &name);
      array = join (columns + i, used, name != NULL ? name : columns[i].name, error);
      if (array == NULL)
        return NULL;
      g_ptr_array_add (arrays, array);
    }
  return g_steal_pointer (&arrays);
}

GPtrArray *
monge_csv_values_parse (const MongeFile *file, GError **error)
{
  Reader reader = { .file = file, .columns = g_array_new (FALSE, FALSE, sizeof (Column)) };
  GPtrArray *arrays = NULL;

  g_array_set_clear_func (reader.columns, column_clear);
  monge_scan_init (&reader.scan, file->data, file->size);
  if (read_first_line (&reader, error) && read_rows (&reader, error))
    arrays = list_arrays (&reader, error);
  g_array_unref (reader.columns);
  return arrays;
}

GPtrArray *
monge_tsv_values_parse (const MongeFile *file, GError **error)
{
  return monge_csv_values_parse (file, error);
}

/* --- Writing --- */

static void
append_names (GString *out, const GPtrArray *arrays, char separator)
{
  for (guint i = 0; i < arrays->len; i++)
    for (guint k = 0; k < ((MongeArray *) g_ptr_array_index (arrays, i))->n_components; k++)
      {
        g_autofree char *name = monge_columns_dup_name (g_ptr_array_index (arrays, i), k, FALSE);

        g_string_append (out, g_strdelimit (name, ",;\t\r\n\"", ' '));
        g_string_append_c (out, separator);
      }
  out->str[out->len - 1] = '\n';
}

static gboolean
write_text (const GPtrArray *arrays, GString *out, char separator, GError **error)
{
  gsize n_rows = ((MongeArray *) g_ptr_array_index (arrays, 0))->n_rows;

  for (guint i = 0; i < arrays->len; i++)
    if (((MongeArray *) g_ptr_array_index (arrays, i))->n_rows != n_rows)
      {
        g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_SIZE, "the arrays have different "
                             "numbers of rows; write them to files of their own");
        return FALSE;
      }
  append_names (out, arrays, separator);
  for (gsize row = 0; row < n_rows; row++)
    {
      for (guint i = 0; i < arrays->len; i++)
        for (guint k = 0; k < ((MongeArray *) g_ptr_array_index (arrays, i))->n_components; k++)
          {
            const MongeArray *array = g_ptr_array_index (arrays, i);
            double value = monge_array_get (array, row, k);

            if (array->type == MONGE_TYPE_FLOAT32)
              monge_text_append_float (out, (float) value);
            else
              monge_text_append_double (out, value);
            g_string_append_c (out, separator);
          }
      out->str[out->len - 1] = '\n';
    }
  return TRUE;
}

gboolean
monge_csv_values_write (const GPtrArray *arrays, GString *out, GError **error)
{
  return write_text (arrays, out, ',', error);
}

gboolean
monge_tsv_values_write (const GPtrArray *arrays, GString *out, GError **error)
{
  return write_text (arrays, out, '\t', error);
}
