#include "compute/io/volumes-private.h"

#include <math.h>
#include <string.h>

#include "compute/io/scan.h"
#include "compute/io/voxel-data.h"
#include "compute/shape/bytes.h"

/* MetaImage: lines "Key = value" of which ElementDataFile is the last, then the numbers, or the name
 * of the file with them. World coordinates are LPS. Each row of TransformMatrix is the direction of
 * an axis of the grid, fastest first. https://itk.org/Wiki/ITK/MetaIO/Documentation */

#define MAX_DIM 8
#define MAX_VOXELS ((guint64) 1 << 31)
#define MAX_HEADER_LINES 4096

typedef struct {
  guint dim;
  guint64 sizes[MAX_DIM];
  double spacings[MAX_DIM];
  double offset[MAX_DIM];
  double matrix[MAX_DIM * MAX_DIM];
  gboolean has_sizes, has_type, has_spacings, has_matrix;
  gboolean is_binary, is_big, is_zipped;
  gint64 n_channels, skip;
  double slope, intercept, unit;
  MongeVoxelData data;
  char *data_file; /* the value of the last line */
  GPtrArray *names;
  gsize data_begin;
  GPtrArray *notes;
} Header;

static void
header_clear (Header *header)
{
  g_free (header->data_file);
  g_clear_pointer (&header->names, g_ptr_array_unref);
  g_clear_pointer (&header->notes, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Header, header_clear)

/* A key that begins a header, before "=". */
gboolean
monge_metaimage_matches (const guint8 *data, gsize size)
{
  static const char *const keys[] = { "ObjectType", "NDims", NULL };

  for (const char *const *key = keys; *key != NULL; key++)
    {
      gsize n = strlen (*key);

      if (size <= n || memcmp (data, *key, n) != 0)
        continue;
      while (n < size && (data[n] == ' ' || data[n] == '\t'))
        n++;
      if (n < size && data[n] == '=')
        return TRUE;
    }
  return FALSE;
}

/* --- Values --- */

static gboolean
read_numbers (const char *text, gsize n, double *numbers)
{
  for (gsize i = 0; i < n; i++)
    {
      char *end;

      numbers[i] = g_ascii_strtod (text, &end);
      if (end == text || !isfinite (numbers[i]))
        return FALSE;
      text = end;
    }
  return n > 0 && text[strspn (text, " \t")] == '\0';
}

static gboolean
is_true (const char *value)
{
  return *value == 'T' || *value == 't' || *value == '1';
}

static gboolean
set_dim (Header *header, const char *value)
{
  guint64 dim = g_ascii_strtoull (value, NULL, 10);

  header->dim = dim >= 1 && dim <= MAX_DIM ? (guint) dim : 0;
  return header->dim > 0;
}

static gboolean
set_sizes (Header *header, const char *value)
{
  double sizes[MAX_DIM];

  if (!read_numbers (value, header->dim, sizes))
    return FALSE;
  for (guint k = 0; k < header->dim; k++)
    {
      if (!(sizes[k] >= 1.0 && sizes[k] <= (double) MAX_VOXELS && sizes[k] == floor (sizes[k])))
        return FALSE;
      header->sizes[k] = (guint64) sizes[k];
    }
  return header->has_sizes = TRUE;
}

static gboolean
set_spacings (Header *header, const char *value)
{
  return header->has_spacings = read_numbers (value, header->dim, header->spacings);
}

static gboolean
set_offset (Header *header, const char *value)
{
  return read_numbers (value, header->dim, header->offset);
}

static gboolean
set_matrix (Header *header, const char *value)
{
  return header->has_matrix = read_numbers (value, (gsize) header->dim * header->dim,
                                            header->matrix);
}

static gboolean
set_type (Header *header, const char *value)
{
  static const struct {
    const char *name;
    MongeType type;
  } types[] = {
    { "MET_CHAR", MONGE_TYPE_INT8 },        { "MET_UCHAR", MONGE_TYPE_UINT8 },
    { "MET_SHORT", MONGE_TYPE_INT16 },      { "MET_USHORT", MONGE_TYPE_UINT16 },
    { "MET_INT", MONGE_TYPE_INT32 },        { "MET_UINT", MONGE_TYPE_UINT32 },
    { "MET_LONG_LONG", MONGE_TYPE_INT64 },  { "MET_ULONG_LONG", MONGE_TYPE_UINT64 },
    { "MET_LONG", MONGE_TYPE_INT32 },       { "MET_ULONG", MONGE_TYPE_UINT32 },
    { "MET_FLOAT", MONGE_TYPE_FLOAT32 },    { "MET_DOUBLE", MONGE_TYPE_FLOAT64 },
    { "MET_ASCII_CHAR", MONGE_TYPE_INT8 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    if (strcmp (types[i].name, value) == 0)
      {
        header->data.type = types[i].type;
        return header->has_type = TRUE;
      }
  return FALSE;
}

static gboolean
set_binary (Header *header, const char *value)
{
  header->is_binary = is_true (value);
  return TRUE;
}

static gboolean
set_big (Header *header, const char *value)
{
  header->is_big = is_true (value);
  return TRUE;
}

static gboolean
set_zipped (Header *header, const char *value)
{
  header->is_zipped = is_true (value);
  return TRUE;
}

static gboolean
set_channels (Header *header, const char *value)
{
  header->n_channels = g_ascii_strtoll (value, NULL, 10);
  return header->n_channels >= 1;
}

static gboolean
set_skip (Header *header, const char *value)
{
  header->skip = g_ascii_strtoll (value, NULL, 10);
  return header->skip >= -1;
}

static gboolean
set_slope (Header *header, const char *value)
{
  return read_numbers (value, 1, &header->slope);
}

static gboolean
set_intercept (Header *header, const char *value)
{
  return read_numbers (value, 1, &header->intercept);
}

static gboolean
set_unit (Header *header, const char *value)
{
  header->unit = strcmp (value, "um") == 0   ? 1e-3
                 : strcmp (value, "cm") == 0 ? 10.0
                 : strcmp (value, "m") == 0  ? 1000.0
                                             : 1.0;
  if (header->unit != 1.0)
    g_ptr_array_add (header->notes, g_strdup_printf ("lengths in %s were turned into mm", value));
  return TRUE;
}

static const struct {
  const char *key;
  gboolean (*set) (Header *header, const char *value);
} keys[] = {
  { "NDims", set_dim },
  { "DimSize", set_sizes },
  { "ElementSpacing", set_spacings },
  { "Offset", set_offset },
  { "Position", set_offset },
  { "Origin", set_offset },
  { "TransformMatrix", set_matrix },
  { "Orientation", set_matrix },
  { "Rotation", set_matrix },
  { "ElementType", set_type },
  { "BinaryData", set_binary },
  { "BinaryDataByteOrderMSB", set_big },
  { "ElementByteOrderMSB", set_big },
  { "CompressedData", set_zipped },
  { "ElementNumberOfChannels", set_channels },
  { "HeaderSize", set_skip },
  { "ElementToIntensityFunctionSlope", set_slope },
  { "ElementToIntensityFunctionOffset", set_intercept },
  { "DistanceUnits", set_unit },
};

/* --- The header --- */

static gboolean
read_line (Header *header, char *line, const MongeScan *scan, GError **error)
{
  char *equals = strchr (line, '='), *key, *value;

  if (equals == NULL)
    return monge_scan_fail (scan, error, MONGE_ERROR_FORMAT,
                            "\"%.40s\" is no line of a header, which are \"Key = value\" up to "
                            "ElementDataFile; correct it", line);
  *equals = '\0';
  key = g_strstrip (line);
  value = g_strstrip (equals + 1);
  if (strcmp (key, "ElementDataFile") == 0)
    header->data_file = g_strdup (value);
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if (strcmp (key, keys[i].key) == 0 && !keys[i].set (header, value))
      return monge_scan_fail (scan, error, MONGE_ERROR_FORMAT,
                              "\"%.60s\" is no %s%s; correct the header", value, key,
                              header->dim == 0 ? ", or NDims is not said before it" : "");
  return TRUE;
}

static gboolean
check_header (const Header *header, GError **error)
{
  const char *missing = header->dim == 0             ? "NDims"
                        : !header->has_sizes         ? "DimSize"
                        : !header->has_type          ? "ElementType"
                        : header->data_file == NULL  ? "ElementDataFile"
                                                     : NULL;

  if (missing != NULL)
    return monge_volume_fail (error, MONGE_ERROR_FORMAT,
                              "the header has no line \"%s\"; export the volume again", missing);
  if (header->n_channels > 1)
    return monge_volume_fail (error, MONGE_ERROR_UNSUPPORTED,
                              "%" G_GINT64_FORMAT " numbers a voxel, neither labels nor "
                              "intensities; save one number a voxel", header->n_channels);
  if (header->dim < 2)
    return monge_volume_fail (error, MONGE_ERROR_UNSUPPORTED,
                              "one dimension where a volume has 2 or 3");
  return TRUE;
}

/* Names, one a line, behind the header. */
static void
read_list (Header *header, MongeScan *scan)
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

static gboolean
read_data_file (Header *header, MongeScan *scan, GError **error)
{
  const char *percent = strchr (header->data_file, '%');
  g_auto (GStrv) words = g_strsplit_set (header->data_file, " \t", -1);

  if (strcmp (header->data_file, "LOCAL") == 0 || strcmp (header->data_file, "Local") == 0
      || strcmp (header->data_file, "local") == 0)
    return TRUE;
  if (g_str_has_prefix (header->data_file, "LIST"))
    {
      read_list (header, scan);
      return header->names->len > 0
             || monge_scan_fail (scan, error, MONGE_ERROR_FORMAT,
                                 "no name of a file follows LIST; correct the header");
    }
  if (percent != NULL && g_strv_length (words) >= 3)
    return monge_voxel_data_expand (
        words[0], g_ascii_strtoll (words[1], NULL, 10), g_ascii_strtoll (words[2], NULL, 10),
        words[3] != NULL ? g_ascii_strtoll (words[3], NULL, 10) : 1, header->names, error);
  g_ptr_array_add (header->names, g_strdup (header->data_file));
  return TRUE;
}

static gboolean
read_header (Header *header, const MongeFile *file, GError **error)
{
  MongeScan scan;

  header->names = g_ptr_array_new_with_free_func (g_free);
  header->notes = g_ptr_array_new_with_free_func (g_free);
  monge_scan_init (&scan, file->data, file->size);
  while (scan.at < scan.end && header->data_file == NULL && scan.line < MAX_HEADER_LINES)
    {
      g_autofree char *line = monge_scan_dup_rest (&scan);

      if (monge_task_return_if_cancelled (file->task, error)
          || (*line != '\0' && !read_line (header, line, &scan, error)))
        return FALSE;
      monge_scan_next_line (&scan);
    }
  header->data_begin = (gsize) (scan.at - scan.start);
  return check_header (header, error) && read_data_file (header, &scan, error);
}

/* --- Placement --- */

/* Axes of the grid into LPS, and from there into RAS. */
static void
get_affine (Header *header, double affine[16])
{
  guint n = MIN (header->dim, 3), dim = header->dim;

  memset (affine, 0, 16 * sizeof *affine);
  affine[10] = affine[15] = 1.0;
  for (guint c = 0; c < n; c++)
    for (guint r = 0; r < n; r++)
      affine[4 * r + c] = (header->has_matrix ? header->matrix[dim * c + r] : r == c ? 1.0 : 0.0)
                          * (header->has_spacings ? header->spacings[c] : 1.0);
  for (guint r = 0; r < n; r++)
    affine[4 * r + 3] = header->offset[r];
  for (guint r = 0; r < 3; r++)
    for (guint c = 0; c < 4; c++)
      affine[4 * r + c] *= r < 2 ? -header->unit : header->unit;
  if (!header->has_spacings)
    g_ptr_array_add (header->notes, g_strdup ("the header gives no size of a voxel; it is taken as "
                                              "1 mm"));
}

/* --- Numbers --- */

static gboolean
count_values (const Header *header, guint64 *n, GError **error)
{
  *n = 1;
  for (guint k = 0; k < header->dim; k++)
    {
      if (header->sizes[k] == 0) /* NDims has grown behind DimSize */
        return monge_volume_fail (error, MONGE_ERROR_FORMAT,
                                  "DimSize has fewer numbers than NDims says; write it again");
      if (header->sizes[k] > MAX_VOXELS / *n)
        return monge_volume_fail (error, MONGE_ERROR_SIZE,
                                  "more than 2^31 voxels in the header; crop the volume");
      *n *= header->sizes[k];
    }
  return TRUE;
}

static GBytes *
load_values (Header *header, const MongeFile *file, gsize n, GError **error)
{
  g_autoptr (GBytes) whole = NULL;

  header->data.coding = header->is_zipped   ? MONGE_CODING_ZIPPED
                        : header->is_binary ? MONGE_CODING_RAW
                                            : MONGE_CODING_TEXT;
  header->data.byte_skip = header->is_zipped ? MAX (header->skip, 0) : header->skip;
  if (header->names->len > 0)
    return monge_voxel_data_load (&header->data, file, header->names, n, error);
  header->data.byte_skip = 0;
  whole = g_bytes_new_static (file->data, file->size);
  return monge_voxel_data_decode (&header->data, whole, header->data_begin, n, file->task, error);
}

static MongeVolume *
read_volume (Header *header, const MongeFile *file, GError **error)
{
  MongeVoxels voxels = { .size = { 1, 1, 1 },
                         .type = header->data.type,
                         .slope = header->slope,
                         .intercept = header->intercept,
                         .stored_space = MONGE_SPACE_LPS };
  g_autoptr (GBytes) values = NULL;
  guint64 n, n_first = 1;

  if (!count_values (header, &n, error))
    return NULL;
  values = load_values (header, file, (gsize) n, error);
  if (values == NULL)
    return NULL;
  for (guint k = 0; k < MIN (header->dim, 3); k++)
    n_first *= voxels.size[k] = (guint) header->sizes[k];
  if (n > n_first)
    g_ptr_array_add (header->notes, g_strdup_printf (MONGE_SERIES_NOTE, n / n_first));
  get_affine (header, voxels.affine);
  g_ptr_array_add (header->notes, NULL);
  voxels.values = g_bytes_get_data (values, NULL);
  voxels.swap = header->data.coding != MONGE_CODING_TEXT
                && (header->is_big ? MONGE_SWAP_BIG : MONGE_SWAP_LITTLE);
  voxels.notes = (const char *const *) header->notes->pdata;
  return monge_volume_new (file->name, &voxels, NULL, file->task, error);
}

MongeVolume *
monge_metaimage_parse (const MongeFile *file, GError **error)
{
  g_auto (Header) header = { .is_binary = TRUE, .n_channels = 1, .slope = 1.0, .unit = 1.0 };

  return read_header (&header, file, error) ? read_volume (&header, file, error) : NULL;
}
