#include "compute/io/volumes-private.h"
#include "compute/volume/volume-private.h"

#include <glib/gstdio.h>
#include <string.h>

/* Tables of labels beside a volume, told apart line by line:
 *
 *   MRIcron             NUMBER NAME [CODE]                          aal.nii.txt
 *   FreeSurfer, Slicer  NUMBER NAME R G B [A]                       FreeSurferColorLUT.txt, .ctbl
 *   ITK-SNAP            NUMBER R G B A VISIBLE MESH "NAME"          .label, .txt
 *   BIDS                a first line of names, parted by tabs: index, name, color as #rrggbb
 *   MRIcron             768 bytes: the red of 0 to 255, the green, the blue      .lut
 */

#define MAX_TABLE_BYTES (1 << 20)
#define LUT_BYTES 768
#define FREESURFER_TABLE "FreeSurferColorLUT.txt"

typedef struct {
  gint64 label;
  char *name;
  gboolean has_colour;
  guint8 rgba[4];
} Line;

/* --- Lines --- */

/* Columns of a line: words, or what stands between quotes. */
static GPtrArray *
split_words (const char *line)
{
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);

  for (const char *at = line + strspn (line, " \t,"); *at != '\0'; at += strspn (at, " \t,"))
    {
      gboolean is_quoted = *at == '"';
      gsize length = is_quoted ? strcspn (at + 1, "\"") : strcspn (at, " \t,");

      g_ptr_array_add (words, g_strndup (at + is_quoted, length));
      at += length + is_quoted;
      at += is_quoted && *at == '"';
    }
  return words;
}

static gboolean
is_number (const char *word, double lowest, double highest, double *value)
{
  char *end;

  *value = g_ascii_strtod (word, &end);
  return end != word && *end == '\0' && *value >= lowest && *value <= highest;
}

/* Three bytes from word @first on. */
static gboolean
read_colour (const GPtrArray *words, guint first, guint8 rgba[4])
{
  for (guint k = 0; k < 3; k++)
    {
      double value;

      if (first + k >= words->len
          || !is_number (g_ptr_array_index (words, first + k), 0.0, 255.0, &value))
        return FALSE;
      rgba[k] = (guint8) value;
    }
  rgba[3] = 255;
  return TRUE;
}

/* The words from @first to @end, joined by blanks. */
static char *
join_words (const GPtrArray *words, guint first, guint end)
{
  GString *text = g_string_new (NULL);

  for (guint k = first; k < end; k++)
    g_string_append_printf (text, "%s%s", k > first ? " " : "",
                            (const char *) g_ptr_array_index (words, k));
  return g_string_free (text, FALSE);
}

/* How many words of numbers a line ends with, all but the first two and no more than a colour has:
 * names may end with a number too. */
static guint
count_numbers_at_end (const GPtrArray *words)
{
  guint n = 0;
  double value;

  while (n < 4 && n + 2 < words->len
         && is_number (g_ptr_array_index (words, words->len - 1 - n), -1e9, 1e9, &value))
    n++;
  return n;
}

static gboolean
read_line (const char *text, Line *line)
{
  g_autoptr (GPtrArray) words = split_words (text);
  char *end = NULL;
  double value;
  guint n_numbers;

  if (words->len < 2 || *text == '#')
    return FALSE;
  line->label = g_ascii_strtoll (g_ptr_array_index (words, 0), &end, 10);
  if (*end != '\0' || end == g_ptr_array_index (words, 0))
    return FALSE;
  if (words->len >= 8 && strchr (text, '"') != NULL
      && is_number (g_ptr_array_index (words, 1), 0.0, 255.0, &value))
    {
      line->name = g_strdup (g_ptr_array_index (words, words->len - 1));
      line->has_colour = read_colour (words, 1, line->rgba);
      return TRUE;
    }
  n_numbers = count_numbers_at_end (words);
  line->name = join_words (words, 1, words->len - n_numbers);
  line->has_colour = (n_numbers == 3 || n_numbers == 4)
                     && read_colour (words, words->len - n_numbers, line->rgba);
  return TRUE;
}

/* --- BIDS --- */

typedef struct {
  int index, name, colour; /* columns, or -1 */
} Columns;

static gboolean
find_columns (const char *header, Columns *columns)
{
  g_auto (GStrv) names = g_strsplit (header, "\t", -1);

  *columns = (Columns){ -1, -1, -1 };
  for (int k = 0; names[k] != NULL; k++)
    {
      const char *name = g_strstrip (names[k]);

      if (g_ascii_strcasecmp (name, "index") == 0)
        columns->index = k;
      else if (g_ascii_strcasecmp (name, "name") == 0)
        columns->name = k;
      else if (g_ascii_strcasecmp (name, "color") == 0)
        columns->colour = k;
    }
  return columns->index >= 0 && columns->name >= 0;
}

/* "#rrggbb" */
static gboolean
read_hex_colour (const char *text, guint8 rgba[4])
{
  if (*text != '#' || strspn (text + 1, "0123456789abcdefABCDEF") != 6 || text[7] != '\0')
    return FALSE;
  for (int k = 0; k < 3; k++)
    rgba[k] = (guint8) (16 * g_ascii_xdigit_value (text[1 + 2 * k])
                        + g_ascii_xdigit_value (text[2 + 2 * k]));
  rgba[3] = 255;
  return TRUE;
}

static gboolean
read_bids_line (const char *text, const Columns *columns, Line *line)
{
  g_auto (GStrv) values = g_strsplit (text, "\t", -1);
  int n = (int) g_strv_length (values);
  char *end = NULL;

  if (columns->index >= n || columns->name >= n)
    return FALSE;
  line->label = g_ascii_strtoll (values[columns->index], &end, 10);
  if (end == values[columns->index])
    return FALSE;
  line->name = g_strdup (g_strstrip (values[columns->name]));
  line->has_colour = columns->colour >= 0 && columns->colour < n
                     && read_hex_colour (g_strstrip (values[columns->colour]), line->rgba);
  return TRUE;
}

/* --- Tables --- */

static void
take_line (MongeVolume *volume, const Line *line)
{
  if (line->label >= G_MININT32 && line->label <= G_MAXINT32)
    monge_volume_name_label (volume, (gint32) line->label, line->name,
                             line->has_colour ? line->rgba : NULL);
}

static void
read_colours (MongeVolume *volume, const guint8 *bytes)
{
  for (gint32 label = 1; label < 256; label++)
    {
      const guint8 rgba[4] = { bytes[label], bytes[256 + label], bytes[512 + label], 255 };

      monge_volume_name_label (volume, label, NULL, rgba);
    }
}

void
monge_volume_take_label_table (MongeVolume *volume, const char *bytes, gsize size)
{
  g_autofree char *valid = NULL;
  g_auto (GStrv) lines = NULL;
  Columns columns;
  gboolean is_bids;

  if (size == 0)
    return;
  if (size == LUT_BYTES && memchr (bytes, '\0', size) != NULL)
    {
      read_colours (volume, (const guint8 *) bytes);
      return;
    }
  valid = g_utf8_make_valid (bytes, (gssize) size);
  lines = g_strsplit_set (valid, "\r\n", -1);
  is_bids = lines[0] != NULL && find_columns (lines[0], &columns);
  for (char **text = lines; *text != NULL; text++)
    {
      Line line = { 0 };

      if (is_bids ? read_bids_line (*text, &columns, &line)
                  : read_line (g_strstrip (*text), &line))
        take_line (volume, &line);
      g_free (line.name);
    }
}

/* --- Files --- */

/* A table that cannot be read is as good as none. */
static gboolean
read_table (MongeVolume *volume, const char *path)
{
  g_autofree char *bytes = NULL;
  gsize size;
  GStatBuf info;

  if (g_stat (path, &info) != 0 || !S_ISREG (info.st_mode) || info.st_size > MAX_TABLE_BYTES
      || !g_file_get_contents (path, &bytes, &size, NULL))
    return FALSE;
  monge_volume_take_label_table (volume, bytes, size);
  return TRUE;
}

static void
drop_extension (char *path)
{
  char *slash = strrchr (path, G_DIR_SEPARATOR), *dot = strrchr (path, '.');

  if (dot != NULL && (slash == NULL || dot > slash + 1))
    *dot = '\0';
}

/* Colours first: a table of names may have better ones. */
static gboolean
read_tables_named (MongeVolume *volume, const char *base)
{
  static const char *const extensions[] = { "lut", "ctab", "ctbl", "label", "csv", "tsv", "txt" };
  gboolean is_found = FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (extensions); i++)
    {
      g_autofree char *path = g_strconcat (base, ".", extensions[i], NULL);

      is_found |= read_table (volume, path);
    }
  return is_found;
}

void
monge_volume_read_label_table (MongeVolume *volume, const char *path)
{
  g_autofree char *base = g_strdup (path), *folder = g_path_get_dirname (path);
  g_autofree char *general = g_build_filename (folder, FREESURFER_TABLE, NULL);
  gboolean is_found;

  if (monge_volume_get_kind (volume) != MONGE_VOLUME_LABELS)
    return;
  if (monge_path_has_extension (path, "gz"))
    drop_extension (base);
  is_found = read_tables_named (volume, base);
  drop_extension (base);
  if (!is_found && !read_tables_named (volume, base))
    read_table (volume, general);
}
