/* FreeSurfer's values per vertex, big-endian: curvatures, thicknesses and the like (the format of
 * float32, and the older one of hundredths), and annotations, whose labels are colours.
 *
 * An annotation gives every vertex a colour, red + 256 green + 65536 blue, and a table tells which
 * structure it is. Values are the places in that table, as other programs have them; 0 is no
 * structure, −1 here. Colours that the table lacks get places behind it, named by their digits, so
 * that none is lost. */
#include "compute/io/io-private.h"

#include <string.h>

#include "compute/io/values-private.h"
#include "compute/shape/bytes.h"

#define CURV 0xffffff
#define N_CHECKED 8 /* vertices that are looked at to know an annotation */

static guint32
get_3 (const guint8 *at)
{
  return (guint32) at[0] << 16 | (guint32) at[1] << 8 | at[2];
}

static gint32
get_int (const guint8 *at)
{
  gint32 value;

  monge_bytes_copy (at, 4, &value, 4, 4, 1, MONGE_SWAP_BIG);
  return value;
}

/* "thickness" of lh.thickness. */
static char *
dup_name (const MongeFile *file)
{
  g_autofree char *base = file->path != NULL ? g_path_get_basename (file->path) : NULL;
  char *dot;

  if (base == NULL || !(g_str_has_prefix (base, "lh.") || g_str_has_prefix (base, "rh.")))
    return g_strdup (file->name);
  dot = strrchr (base, '.');
  if (dot != NULL && dot > base + 3 && g_str_equal (dot, ".annot"))
    *dot = '\0';
  return g_filename_display_name (base + 3);
}

static GPtrArray *
list_one (const MongeFile *file, MongeType type, guint n_components, gsize n, gpointer values)
{
  g_autofree char *name = dup_name (file);
  GPtrArray *arrays = monge_values_new ();
  gsize size = n * n_components * monge_type_get_size (type);

  g_ptr_array_add (arrays, monge_array_new (name, type, n_components, n,
                                            g_bytes_new_take (values, size)));
  return arrays;
}

static gpointer
fail (GError **error, MongeError code, const char *message)
{
  g_set_error_literal (error, MONGE_ERROR, code, message);
  return NULL;
}

/* --- Curvatures --- */

static gboolean
is_new_curv (const guint8 *data, gsize size)
{
  gint32 n, n_values;

  if (size < 15 || get_3 (data) != CURV)
    return FALSE;
  n = get_int (data + 3);
  n_values = get_int (data + 11);
  return n > 0 && n_values > 0 && n_values <= G_MAXINT16
         && (guint64) n * (guint64) n_values <= (size - 15) / 4;
}

/* The older format has no magic number: its size must be what it says. */
static gboolean
is_old_curv (const guint8 *data, gsize size)
{
  return size > 6 && get_3 (data) > 0 && (gsize) get_3 (data) * 2 + 6 == size;
}

gboolean
monge_curv_values_matches (const guint8 *data, gsize size)
{
  return is_new_curv (data, size) || is_old_curv (data, size);
}

GPtrArray *
monge_curv_values_parse (const MongeFile *file, GError **error)
{
  gboolean is_new = is_new_curv (file->data, file->size);
  gsize n, n_values;
  float *values;

  if (!is_new && !is_old_curv (file->data, file->size))
    return fail (error, MONGE_ERROR_FORMAT, "byte 0: the numbers of vertices and of bytes do not "
                 "belong together in a FreeSurfer curvature file; copy it again");
  n = is_new ? (gsize) get_int (file->data + 3) : get_3 (file->data);
  n_values = is_new ? (gsize) get_int (file->data + 11) : 1;
  values = monge_bytes_alloc (n * n_values, sizeof *values, error);
  if (values == NULL)
    return NULL;
  if (is_new)
    monge_bytes_copy (file->data + 15, 4, values, 4, 4, n * n_values, MONGE_SWAP_BIG);
  for (gsize i = 0; !is_new && i < n; i++)
    values[i] = (float) ((gint16) (file->data[6 + 2 * i] << 8 | file->data[7 + 2 * i]) / 100.0);
  return list_one (file, MONGE_TYPE_FLOAT32, (guint) n_values, n, values);
}

static void
append_ints (GString *out, const gint32 *values, gsize n)
{
  gsize start = out->len;

  g_string_set_size (out, start + 4 * n);
  monge_bytes_copy (values, 4, out->str + start, 4, 4, n, MONGE_SWAP_BIG);
}

/* The only array, of one component; NULL with @error. */
static const MongeArray *
get_single (const GPtrArray *arrays, GError **error)
{
  const MongeArray *array = g_ptr_array_index (arrays, 0);

  if (arrays->len != 1 || array->n_components != 1)
    return fail (error, MONGE_ERROR_UNSUPPORTED, "FreeSurfer's files hold one value per vertex and "
                 "nothing else; write each array to a file of its own");
  if (array->n_rows > G_MAXINT32)
    return fail (error, MONGE_ERROR_SIZE, "more rows than such a file can count; write .npy");
  return array;
}

gboolean
monge_curv_values_write (const GPtrArray *arrays, GString *out, GError **error)
{
  const MongeArray *array = get_single (arrays, error);

  if (array == NULL)
    return FALSE;
  g_string_append_len (out, "\xff\xff\xff", 3);
  append_ints (out, (gint32[]){ (gint32) array->n_rows, 0, 1 }, 3);
  for (gsize i = 0; i < array->n_rows; i++)
    {
      float value = (float) monge_array_get (array, i, 0);
      gint32 word;

      memcpy (&word, &value, sizeof word);
      append_ints (out, &word, 1);
    }
  return TRUE;
}

/* --- Annotations: reading --- */

typedef struct {
  const guint8 *data;
  gsize at, size;
} Cursor;

static gboolean
read_int (Cursor *cursor, gint32 *value)
{
  if (cursor->size - cursor->at < 4)
    return FALSE;
  *value = get_int (cursor->data + cursor->at);
  cursor->at += 4;
  return TRUE;
}

/* Its length, then its bytes with a NUL. */
static gboolean
read_string (Cursor *cursor, char **text)
{
  gint32 length;

  if (!read_int (cursor, &length) || length < 0
      || (gsize) length > cursor->size - cursor->at)
    return FALSE;
  *text = g_strndup ((const char *) cursor->data + cursor->at, (gsize) length);
  cursor->at += (gsize) length;
  return TRUE;
}

gboolean
monge_annot_values_matches (const guint8 *data, gsize size)
{
  gint32 n = size >= 12 ? get_int (data) : 0;

  if (n <= 0 || (gsize) n > (size - 4) / 8)
    return FALSE;
  for (gint32 i = 0; i < MIN (n, N_CHECKED); i++)
    if (get_int (data + 4 + 8 * i) != i)
      return FALSE;
  return TRUE;
}

/* Places of colours in the table; the table. */
typedef struct {
  GHashTable *places; /* colour → place + 1 */
  MongeLabelTable *table;
  gint32 n_entries;   /* places below are taken */
} Colours;

static void
colours_clear (Colours *colours)
{
  g_clear_pointer (&colours->places, g_hash_table_unref);
  g_clear_pointer (&colours->table, monge_label_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Colours, colours_clear)

/* @channels: red, green, blue, transparency. Of two places with one colour the first counts. */
static void
add_colour (Colours *colours, gint32 place, const char *name, const gint32 channels[4])
{
  guint8 rgba[4];
  guint32 colour;

  for (guint k = 0; k < 4; k++)
    rgba[k] = (guint8) CLAMP (k < 3 ? channels[k] : 255 - CLAMP (channels[3], 0, 255), 0, 255);
  colour = rgba[0] | (guint32) rgba[1] << 8 | (guint32) rgba[2] << 16;
  monge_label_table_add (colours->table, place, name, rgba);
  if (!g_hash_table_contains (colours->places, GUINT_TO_POINTER (colour)))
    g_hash_table_insert (colours->places, GUINT_TO_POINTER (colour), GINT_TO_POINTER (place + 1));
}

/* @place: of the old format, which does not write it; −1: it is in the file. Places ascend, or the
 * table would take long to fill. */
static gboolean
read_entry (Cursor *cursor, Colours *colours, gint32 place)
{
  g_autofree char *name = NULL;
  gint32 channels[4];

  if (place < 0 && !read_int (cursor, &place))
    return FALSE;
  if (place < colours->n_entries || place == G_MAXINT32 || !read_string (cursor, &name))
    return FALSE;
  for (guint k = 0; k < 4; k++)
    if (!read_int (cursor, channels + k))
      return FALSE;
  add_colour (colours, place, name, channels);
  colours->n_entries = place + 1;
  return TRUE;
}

/* Version 2 says −2, then the highest place; older files the number of entries. */
static gboolean
read_table (Cursor *cursor, Colours *colours)
{
  g_autofree char *origin = NULL;
  gint32 tag, version, highest, n;
  gboolean is_old;

  if (cursor->at == cursor->size)
    return TRUE;
  if (!read_int (cursor, &tag) || tag != 1 || !read_int (cursor, &version))
    return FALSE;
  is_old = version > 0;
  if ((!is_old && (version != -2 || !read_int (cursor, &highest))) || !read_string (cursor, &origin))
    return FALSE;
  n = version;
  if (!is_old && !read_int (cursor, &n))
    return FALSE;
  for (gint32 i = 0; i < n; i++)
    if (!read_entry (cursor, colours, is_old ? i : -1))
      return FALSE;
  return TRUE;
}

static gint32
find_place (Colours *colours, guint32 colour)
{
  gpointer place = g_hash_table_lookup (colours->places, GUINT_TO_POINTER (colour));
  const gint32 channels[4] = { colour & 255, colour >> 8 & 255, colour >> 16 & 255, 0 };
  g_autofree char *name = NULL;

  if (colour == 0)
    return -1;
  if (place != NULL)
    return GPOINTER_TO_INT (place) - 1;
  if (colours->n_entries == G_MAXINT32 || colour >> 24 != 0)
    return -1;
  name = g_strdup_printf ("#%02x%02x%02x", channels[0], channels[1], channels[2]);
  add_colour (colours, colours->n_entries, name, channels);
  return colours->n_entries++;
}

static gint32 *
read_places (const MongeFile *file, gsize n, Colours *colours, GError **error)
{
  g_autofree gint32 *places = monge_bytes_alloc (n, sizeof *places, error);

  if (places == NULL)
    return NULL;
  memset (places, 0xff, n * sizeof *places);
  for (gsize i = 0; i < n; i++)
    {
      gint32 vertex = get_int (file->data + 4 + 8 * i);

      if (i % 65536 == 0 && monge_task_return_if_cancelled (file->task, error))
        return NULL;
      if (vertex < 0 || (gsize) vertex >= n)
        return fail (error, MONGE_ERROR_FORMAT, "a vertex of the annotation is beyond their "
                     "number; the file is damaged");
      places[vertex] = find_place (colours, (guint32) get_int (file->data + 8 + 8 * i));
    }
  return g_steal_pointer (&places);
}

GPtrArray *
monge_annot_values_parse (const MongeFile *file, GError **error)
{
  g_auto (Colours) colours = { .places = g_hash_table_new (NULL, NULL),
                               .table = monge_label_table_new () };
  Cursor cursor = { .data = file->data, .size = file->size };
  GPtrArray *arrays;
  gint32 n = 0, *places;

  if (!read_int (&cursor, &n) || n <= 0 || (gsize) n > (file->size - 4) / 8)
    return fail (error, MONGE_ERROR_FORMAT, "byte 0: the file is too short for the vertices that "
                 "it promises; copy it again");
  cursor.at += 8 * (gsize) n;
  if (!read_table (&cursor, &colours))
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "byte %" G_GSIZE_FORMAT ": the colour "
                   "table is damaged or of an unknown version; export the annotation again",
                   cursor.at);
      return NULL;
    }
  places = read_places (file, (gsize) n, &colours, error);
  if (places == NULL)
    return NULL;
  arrays = list_one (file, MONGE_TYPE_INT32, 1, (gsize) n, places);
  monge_array_take_labels (g_ptr_array_index (arrays, 0), g_steal_pointer (&colours.table));
  return arrays;
}

/* --- Annotations: writing --- */

static void
append_string (GString *out, const char *text)
{
  gint32 size = (gint32) strlen (text) + 1;

  append_ints (out, &size, 1);
  g_string_append_len (out, text, size);
}

static guint32
get_colour (const MongeLabelEntry *entry)
{
  return entry->rgba[0] | (guint32) entry->rgba[1] << 8 | (guint32) entry->rgba[2] << 16;
}

/* Labels are told by their colours, so each needs one of its own that is not black. */
static gboolean
check_colours (const MongeLabelTable *table, GError **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < monge_label_table_get_n_entries (table); i++)
    {
      const MongeLabelEntry *entry = monge_label_table_get_entry (table, i);

      if (entry->has_colour && entry->value >= 0 && get_colour (entry) != 0
          && g_hash_table_add (seen, GUINT_TO_POINTER (get_colour (entry))))
        continue;
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED, "an annotation tells labels by "
                   "their colours, and “%s” has none, black, or that of another; write .label.gii",
                   entry->name);
      return FALSE;
    }
  return TRUE;
}

static void
append_table (GString *out, const MongeLabelTable *table)
{
  guint n = monge_label_table_get_n_entries (table);
  gint32 highest = n > 0 ? monge_label_table_get_entry (table, n - 1)->value : -1;

  append_ints (out, (gint32[]){ 1, -2, highest + 1 }, 3);
  append_string (out, "NOFILE");
  append_ints (out, (gint32[]){ (gint32) n }, 1);
  for (guint i = 0; i < n; i++)
    {
      const MongeLabelEntry *entry = monge_label_table_get_entry (table, i);

      append_ints (out, &entry->value, 1);
      append_string (out, entry->name);
      append_ints (out, (gint32[]){ entry->rgba[0], entry->rgba[1], entry->rgba[2],
                                    255 - entry->rgba[3] }, 4);
    }
}

gboolean
monge_annot_values_write (const GPtrArray *arrays, GString *out, GError **error)
{
  const MongeArray *array = get_single (arrays, error);
  gint32 n;

  if (array == NULL)
    return FALSE;
  if (array->labels == NULL)
    return fail (error, MONGE_ERROR_UNSUPPORTED, "an annotation holds labels with names and "
                 "colours, which this array has not; write .npy") != NULL;
  if (!check_colours (array->labels, error))
    return FALSE;
  n = (gint32) array->n_rows;
  append_ints (out, &n, 1);
  for (gint32 i = 0; i < n; i++)
    {
      double value = monge_array_get (array, (gsize) i, 0);
      const MongeLabelEntry *entry
          = value >= 0.0 && value < G_MAXINT32
              ? monge_label_table_find (array->labels, (gint32) value) : NULL;

      append_ints (out, (gint32[]){ i, entry != NULL ? (gint32) get_colour (entry) : 0 }, 2);
    }
  append_table (out, array->labels);
  return TRUE;
}
