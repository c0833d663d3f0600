#include "compute/io/nrrd-private.h"

#include <math.h>
#include <string.h>

#include "compute/io/scan.h"
#include "compute/shape/bytes.h"

/* The header in text: lines "field: value" and "key:=value" up to an empty line.
 * https://teem.sourceforge.net/nrrd/format.html */

#define MAX_SKIP ((gint64) 1 << 40)

void
monge_nrrd_header_clear (MongeNrrdHeader *header)
{
  for (guint k = 0; k < MONGE_NRRD_MAX_DIM; k++)
    g_free (header->axes[k].kind);
  g_clear_pointer (&header->names, g_ptr_array_unref);
  g_clear_pointer (&header->notes, g_ptr_array_unref);
  g_clear_pointer (&header->keys, g_hash_table_unref);
}

void
monge_nrrd_header_add_note (MongeNrrdHeader *header, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (header->notes, g_strdup_vprintf (format, args));
  va_end (args);
}

/* --- Values of fields --- */

/* The next word of *@text, which is moved behind it; NULL at its end. What stands between quotes is
 * one word, without them. Transfer full. */
static char *
dup_next_word (const char **text)
{
  const char *begin = *text + strspn (*text, " \t"), *end;

  if (*begin == '\0')
    return NULL;
  if (*begin == '"')
    {
      end = strchr (begin + 1, '"');
      *text = end != NULL ? end + 1 : begin + strlen (begin);
      return g_strndup (begin + 1, (gsize) ((end != NULL ? end : *text) - begin - 1));
    }
  end = begin + strcspn (begin, " \t");
  *text = end;
  return g_strndup (begin, (gsize) (end - begin));
}

static gboolean
read_integer (const char *text, gint64 lowest, gint64 highest, gint64 *value)
{
  char *end;

  *value = g_ascii_strtoll (text, &end, 10);
  end += strspn (end, " \t");
  return end != text && *end == '\0' && *value >= lowest && *value <= highest;
}

/* "(x,y,z)" of @dim numbers, of which the first three are kept; "none" is no vector. */
static gboolean
read_vector (const char **text, guint dim, double vector[3], gboolean *is_none)
{
  const char *at = *text + strspn (*text, " \t");

  memset (vector, 0, 3 * sizeof *vector);
  *is_none = g_ascii_strncasecmp (at, "none", 4) == 0;
  if (*is_none)
    {
      *text = at + 4;
      return TRUE;
    }
  for (guint k = 0; k < dim; k++)
    {
      char *end;
      double value;

      if (*at != (k == 0 ? '(' : ','))
        return FALSE;
      value = g_ascii_strtod (at + 1, &end);
      if (end == at + 1 || !isfinite (value))
        return FALSE;
      if (k < 3)
        vector[k] = value;
      at = end + strspn (end, " \t");
    }
  *text = at + 1;
  return dim > 0 && *at == ')';
}

/* --- Fields --- */

static gboolean
set_type (MongeNrrdHeader *header, const char *value)
{
  static const struct {
    MongeType type;
    const char *names;
  } types[] = {
    { MONGE_TYPE_INT8, "|signed char|int8|int8_t|" },
    { MONGE_TYPE_UINT8, "|uchar|unsigned char|uint8|uint8_t|" },
    { MONGE_TYPE_INT16, "|short|short int|signed short|signed short int|int16|int16_t|" },
    { MONGE_TYPE_UINT16, "|ushort|unsigned short|unsigned short int|uint16|uint16_t|" },
    { MONGE_TYPE_INT32, "|int|signed int|int32|int32_t|" },
    { MONGE_TYPE_UINT32, "|uint|unsigned int|uint32|uint32_t|" },
    { MONGE_TYPE_INT64, "|longlong|long long|long long int|signed long long|signed long long int|"
                        "int64|int64_t|" },
    { MONGE_TYPE_UINT64, "|ulonglong|unsigned long long|unsigned long long int|uint64|uint64_t|" },
    { MONGE_TYPE_FLOAT32, "|float|" },
    { MONGE_TYPE_FLOAT64, "|double|" },
  };
  g_autofree char *lower = g_ascii_strdown (value, -1);
  g_autofree char *key = g_strdup_printf ("|%s|", lower);

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    if (strstr (types[i].names, key) != NULL)
      {
        header->data.type = types[i].type;
        return header->has_type = TRUE;
      }
  return FALSE;
}

static gboolean
set_encoding (MongeNrrdHeader *header, const char *value)
{
  static const struct {
    const char *name;
    MongeCoding coding;
  } codings[] = { { "raw", MONGE_CODING_RAW },   { "gzip", MONGE_CODING_ZIPPED },
                  { "gz", MONGE_CODING_ZIPPED }, { "txt", MONGE_CODING_TEXT },
                  { "text", MONGE_CODING_TEXT }, { "ascii", MONGE_CODING_TEXT },
                  { "hex", MONGE_CODING_HEX } };

  for (gsize i = 0; i < G_N_ELEMENTS (codings); i++)
    if (g_ascii_strcasecmp (codings[i].name, value) == 0)
      {
        header->data.coding = codings[i].coding;
        return header->has_encoding = TRUE;
      }
  return FALSE;
}

static gboolean
set_endian (MongeNrrdHeader *header, const char *value)
{
  gboolean is_big = g_ascii_strcasecmp (value, "big") == 0;

  header->swap = is_big ? MONGE_SWAP_BIG : MONGE_SWAP_LITTLE;
  header->has_endian = TRUE;
  return is_big || g_ascii_strcasecmp (value, "little") == 0;
}

static gboolean
set_dimension (MongeNrrdHeader *header, const char *value)
{
  gint64 dim;

  if (header->dim > 0 || !read_integer (value, 1, MONGE_NRRD_MAX_DIM, &dim))
    return FALSE;
  header->dim = (guint) dim;
  for (guint k = 0; k < header->dim; k++)
    header->axes[k].spacing = header->axes[k].minimum = NAN;
  return TRUE;
}

static gboolean
set_sizes (MongeNrrdHeader *header, const char *value)
{
  for (guint k = 0; k < header->dim; k++)
    {
      char *end;

      header->axes[k].size = g_ascii_strtoull (value, &end, 10);
      if (end == value || strchr (value, '-') != NULL || header->axes[k].size == 0
          || header->axes[k].size > G_MAXUINT32)
        return FALSE;
      value = end;
    }
  return header->dim > 0 && value[strspn (value, " \t")] == '\0';
}

static gboolean
set_numbers (MongeNrrdHeader *header, const char *value, gsize offset)
{
  for (guint k = 0; k < header->dim; k++)
    {
      char *end;

      *(double *) (gpointer) ((guint8 *) &header->axes[k] + offset) = g_ascii_strtod (value, &end);
      if (end == value)
        return FALSE;
      value = end;
    }
  return header->dim > 0;
}

static gboolean
set_spacings (MongeNrrdHeader *header, const char *value)
{
  return set_numbers (header, value, G_STRUCT_OFFSET (MongeNrrdAxis, spacing));
}

static gboolean
set_minima (MongeNrrdHeader *header, const char *value)
{
  return set_numbers (header, value, G_STRUCT_OFFSET (MongeNrrdAxis, minimum));
}

static gboolean
set_centres (MongeNrrdHeader *header, const char *value)
{
  for (guint k = 0; k < header->dim; k++)
    {
      g_autofree char *word = dup_next_word (&value);

      header->axes[k].is_cell_centred = g_strcmp0 (word, "cell") == 0;
    }
  return TRUE;
}

static gboolean
set_kinds (MongeNrrdHeader *header, const char *value)
{
  for (guint k = 0; k < header->dim; k++)
    {
      g_free (header->axes[k].kind);
      header->axes[k].kind = dup_next_word (&value);
      if (header->axes[k].kind == NULL)
        return FALSE;
    }
  return header->dim > 0;
}

static gboolean
set_space (MongeNrrdHeader *header, const char *value)
{
  static const struct {
    const char *names; /* long and short */
    gboolean flips[3];
    MongeSpace space;
  } spaces[] = {
    { "|right-anterior-superior|ras|", { FALSE, FALSE }, MONGE_SPACE_RAS },
    { "|left-anterior-superior|las|", { TRUE, FALSE }, MONGE_SPACE_UNKNOWN },
    { "|left-posterior-superior|lps|", { TRUE, TRUE }, MONGE_SPACE_LPS },
  };
  g_autofree char *lower = g_ascii_strdown (value, -1), *key = NULL;
  gboolean has_time = g_str_has_suffix (lower, "-time") || strlen (lower) == 4;

  if (has_time)
    lower[strlen (lower) - (g_str_has_suffix (lower, "-time") ? 5 : 1)] = '\0';
  key = g_strdup_printf ("|%s|", lower);
  header->space_dim = has_time ? 4 : 3;
  for (gsize i = 0; i < G_N_ELEMENTS (spaces); i++)
    if (strstr (spaces[i].names, key) != NULL)
      {
        memcpy (header->flips, spaces[i].flips, sizeof header->flips);
        header->space = spaces[i].space;
        return header->space_is_known = TRUE;
      }
  return strstr ("|scanner-xyz|3d-right-handed|3d-left-handed|", key) != NULL;
}

static gboolean
set_space_dimension (MongeNrrdHeader *header, const char *value)
{
  gint64 dim;

  if (!read_integer (value, 1, MONGE_NRRD_MAX_DIM, &dim))
    return FALSE;
  header->space_dim = (guint) dim;
  return TRUE;
}

static gboolean
set_directions (MongeNrrdHeader *header, const char *value)
{
  for (guint k = 0; k < header->dim; k++)
    {
      gboolean is_none;

      if (!read_vector (&value, header->space_dim, header->axes[k].direction, &is_none))
        return FALSE;
      header->axes[k].has_direction = !is_none;
    }
  return header->has_directions = header->dim > 0;
}

static gboolean
set_origin (MongeNrrdHeader *header, const char *value)
{
  gboolean is_none;

  header->has_origin = read_vector (&value, header->space_dim, header->origin, &is_none)
                       && !is_none;
  return header->has_origin || is_none;
}

/* Of the first axis; the others are told to be the same by every program that writes them. */
static gboolean
set_units (MongeNrrdHeader *header, const char *value)
{
  static const struct {
    const char *name;
    double millimetres;
  } units[] = { { "m", 1000.0 }, { "cm", 10.0 },  { "mm", 1.0 },
                { "um", 1e-3 },  { "µm", 1e-3 }, { "micron", 1e-3 } };
  g_autofree char *unit = dup_next_word (&value);

  for (gsize i = 0; unit != NULL && i < G_N_ELEMENTS (units); i++)
    if (strcmp (unit, units[i].name) == 0)
      header->unit = units[i].millimetres;
  if (header->unit != 1.0)
    monge_nrrd_header_add_note (header, "lengths in %s were turned into mm", unit);
  return TRUE;
}

static gboolean
set_line_skip (MongeNrrdHeader *header, const char *value)
{
  gint64 skip;

  if (!read_integer (value, 0, MAX_SKIP, &skip))
    return FALSE;
  header->data.line_skip = (gsize) skip;
  return TRUE;
}

static gboolean
set_byte_skip (MongeNrrdHeader *header, const char *value)
{
  return read_integer (value, -1, MAX_SKIP, &header->data.byte_skip);
}

static const struct {
  const char *name;
  gboolean (*set) (MongeNrrdHeader *header, const char *value);
} fields[] = {
  { "type", set_type },
  { "encoding", set_encoding },
  { "endian", set_endian },
  { "dimension", set_dimension },
  { "sizes", set_sizes },
  { "spacings", set_spacings },
  { "axis mins", set_minima },
  { "axismins", set_minima },
  { "centers", set_centres },
  { "centerings", set_centres },
  { "kinds", set_kinds },
  { "space", set_space },
  { "space dimension", set_space_dimension },
  { "space directions", set_directions },
  { "space origin", set_origin },
  { "space units", set_units },
  { "line skip", set_line_skip },
  { "lineskip", set_line_skip },
  { "byte skip", set_byte_skip },
  { "byteskip", set_byte_skip },
};

/* --- Where the numbers are --- */

/* The names of the files, one a line, up to the end of the header. */
static void
read_list (MongeNrrdHeader *header, MongeScan *scan)
{
  while (scan->at < scan->end)
    {
      char *name = monge_scan_dup_rest (scan);

      if (*name != '\0')
        g_ptr_array_add (header->names, name);
      else
        g_free (name);
      monge_scan_next_line (scan);
    }
}

/* A name, "LIST", or a pattern with its first number, its last and the step. */
static gboolean
read_data_file (MongeNrrdHeader *header, const char *value, MongeScan *scan, GError **error)
{
  const char *at = value;
  g_autofree char *pattern = dup_next_word (&at);
  gint64 numbers[3];
  char *end;
  int n;

  if (pattern == NULL)
    return monge_scan_fail (scan, error, MONGE_ERROR_FORMAT,
                            "the field \"data file\" names none; write the name of the file");
  if (strcmp (pattern, "LIST") == 0)
    {
      monge_scan_next_line (scan);
      read_list (header, scan);
      return TRUE;
    }
  for (n = 0; n < 3; n++, at = end)
    {
      numbers[n] = g_ascii_strtoll (at, &end, 10);
      if (end == at)
        break;
    }
  if (n == 3 && strchr (pattern, '%') != NULL)
    return monge_voxel_data_expand (pattern, numbers[0], numbers[1], numbers[2], header->names,
                                    error);
  g_ptr_array_add (header->names, g_strdup (value));
  return TRUE;
}

/* --- Lines --- */

static gboolean
read_field (MongeNrrdHeader *header, const char *name, const char *value, MongeScan *scan,
            GError **error)
{
  if (g_ascii_strcasecmp (name, "data file") == 0 || g_ascii_strcasecmp (name, "datafile") == 0)
    return read_data_file (header, value, scan, error);
  if (g_ascii_strcasecmp (name, "encoding") == 0 && g_ascii_strncasecmp (value, "bz", 2) == 0)
    return monge_scan_fail (scan, error, MONGE_ERROR_UNSUPPORTED,
                            "packed by bzip2, which few programs read; save it with gzip");
  if (g_ascii_strcasecmp (name, "type") == 0 && g_ascii_strcasecmp (value, "block") == 0)
    return monge_scan_fail (scan, error, MONGE_ERROR_UNSUPPORTED,
                            "its voxels are blocks of bytes, neither labels nor intensities; save "
                            "one number a voxel");
  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    if (g_ascii_strcasecmp (name, fields[i].name) == 0)
      return fields[i].set (header, value)
             || monge_scan_fail (scan, error, MONGE_ERROR_FORMAT,
                                 "\"%.60s\" is no %s%s; correct the header", value, fields[i].name,
                                 header->dim == 0 ? ", or the dimension is not said before it" : "");
  return TRUE;
}

/* "key:=value" or "field: value"; what is neither is none of ours. */
static gboolean
read_line (MongeNrrdHeader *header, char *line, MongeScan *scan, GError **error)
{
  char *colon = strchr (line, ':');

  if (*line == '#' || colon == NULL)
    return TRUE;
  *colon = '\0';
  if (colon[1] == '=')
    {
      g_hash_table_replace (header->keys, g_strdup (line), g_strdup (colon + 2));
      return TRUE;
    }
  return read_field (header, g_strstrip (line), g_strstrip (colon + 1), scan, error);
}

static gboolean
check_fields (const MongeNrrdHeader *header, GError **error)
{
  const char *missing = header->dim == 0              ? "dimension"
                        : header->axes[0].size == 0   ? "sizes"
                        : !header->has_type           ? "type"
                        : !header->has_encoding       ? "encoding"
                                                      : NULL;

  return missing == NULL
         || monge_volume_fail (error, MONGE_ERROR_FORMAT,
                               "the header has no field \"%s\"; export the volume again", missing);
}

static gboolean
is_written_in_bytes (const MongeNrrdHeader *header)
{
  return header->data.coding != MONGE_CODING_TEXT && monge_type_get_size (header->data.type) > 1;
}

gboolean
monge_nrrd_header_parse (MongeNrrdHeader *header, const MongeFile *file, GError **error)
{
  MongeScan scan;

  header->names = g_ptr_array_new_with_free_func (g_free);
  header->notes = g_ptr_array_new_with_free_func (g_free);
  header->keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  header->space_dim = 3;
  header->unit = 1.0;
  monge_scan_init (&scan, file->data, file->size);
  if (!monge_nrrd_matches (file->data, file->size))
    return monge_scan_fail (&scan, error, MONGE_ERROR_FORMAT,
                            "it does not begin with NRRD and a version; is it another format?");
  for (monge_scan_next_line (&scan); scan.at < scan.end && !monge_scan_is_at_line_end (&scan);
       monge_scan_next_line (&scan))
    {
      g_autofree char *line = monge_scan_dup_rest (&scan);

      if (scan.line % 64 == 0 && monge_task_return_if_cancelled (file->task, error))
        return FALSE;
      if (!read_line (header, line, &scan, error))
        return FALSE;
    }
  monge_scan_next_line (&scan);
  header->data_begin = (gsize) (scan.at - scan.start);
  if (!check_fields (header, error))
    return FALSE;
  if (header->data.coding == MONGE_CODING_TEXT)
    header->swap = FALSE;
  else if (!header->has_endian && is_written_in_bytes (header))
    {
      header->swap = MONGE_SWAP_LITTLE;
      monge_nrrd_header_add_note (header, "the header does not say in which order the bytes of a "
                                          "number are; the least significant is taken as the first");
    }
  return TRUE;
}
