#include "compute/io/io.h"

#include "compute/volume/volume-private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <nifti2_io.h>
#include <string.h>
#include <zlib.h>

/* NIfTI-1 and -2 in one file, plain or gzipped. The bytes of the header are checked here before
 * libnifti2 sees them: it turns the header into sizes, units, scales and the two maps. Extensions are
 * jumped over unread. The voxels are unpacked by zlib, whose complaints can be told.
 *
 * https://nifti.nimh.nih.gov/nifti-1/ and https://nifti.nimh.nih.gov/nifti-2/ */

#define MAX_VOXELS ((guint64) 1 << 30)
#define MAX_OFFSET ((double) (1 << 30)) /* of the voxels in the file */
#define MAX_INFLATION 1032              /* of deflate, by its format */
#define N_VALUES_AT_ONCE ((gsize) 1 << 18)
#define MAX_TABLE_BYTES (1 << 20)

/* What is needed of either version, in this machine's byte order. */
typedef struct {
  int version;
  gint64 dim[8];
  int datatype;
  double offset;
} Header;

typedef struct {
  const char *path;
  gzFile file; /* reads plain files too */
  guint64 max_bytes; /* that the file can hold when it is unpacked */
  Header header;
  nifti_image *image;
} Reader;

static void
reader_clear (Reader *reader)
{
  g_clear_pointer (&reader->file, gzclose);
  g_clear_pointer (&reader->image, nifti_image_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reader, reader_clear)

static gboolean G_GNUC_PRINTF (3, 4)
fail (GError **error, MongeError code, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  if (error != NULL)
    *error = g_error_new_valist (MONGE_ERROR, (gint) code, format, args);
  va_end (args);
  return FALSE;
}

/* ---- header ---- */

/* The type of a voxel: how many bytes, and its name; 0 bytes where it cannot hold a label. */
static guint
get_value_size (int datatype)
{
  switch (datatype)
    {
    case DT_INT8:
    case DT_UINT8:
      return 1;
    case DT_INT16:
    case DT_UINT16:
      return 2;
    case DT_INT32:
    case DT_UINT32:
    case DT_FLOAT32:
      return 4;
    case DT_INT64:
    case DT_UINT64:
    case DT_FLOAT64:
      return 8;
    default:
      return 0;
    }
}

static gboolean
check_dimensions (const Reader *reader, GError **error)
{
  const Header *header = &reader->header;
  guint64 n = 1;

  if (header->dim[0] < 1 || header->dim[0] > 7)
    return fail (error, MONGE_ERROR_FORMAT, "the header gives %" G_GINT64_FORMAT
                 " dimensions where 1 to 7 are possible", header->dim[0]);
  for (int k = 1; k <= header->dim[0]; k++)
    {
      if (header->dim[k] < 1)
        return fail (error, MONGE_ERROR_FORMAT, "size %" G_GINT64_FORMAT
                     " of dimension %d in the header is not positive", header->dim[k], k);
      if (k > 3 && header->dim[k] > 1)
        return fail (error, MONGE_ERROR_UNSUPPORTED, "%" G_GINT64_FORMAT
                     " volumes in dimension %d; extract one 3-D label volume first",
                     header->dim[k], k);
      if ((guint64) header->dim[k] > MAX_VOXELS / n)
        return fail (error, MONGE_ERROR_SIZE, "more than 2^30 voxels; crop the volume");
      n *= (guint64) header->dim[k];
    }
  if (n * get_value_size (header->datatype) + (guint64) header->offset > reader->max_bytes)
    return fail (error, MONGE_ERROR_FORMAT, "the header promises %" G_GUINT64_FORMAT
                 " voxels, the file is too short for them: it is truncated or damaged", n);
  return TRUE;
}

static gboolean
check_header (const Reader *reader, GError **error)
{
  const Header *header = &reader->header;
  double smallest = header->version == 1 ? sizeof (nifti_1_header) : sizeof (nifti_2_header);

  if (get_value_size (header->datatype) == 0)
    return fail (error, MONGE_ERROR_UNSUPPORTED,
                 "values of type %s (%d) are not labels; save the volume with integers",
                 nifti_datatype_string (header->datatype), header->datatype);
  if (!(header->offset >= smallest && header->offset <= MAX_OFFSET))
    return fail (error, MONGE_ERROR_FORMAT, "the voxels are said to start at byte %g",
                 header->offset);
  return check_dimensions (reader, error);
}

static gboolean
parse_header_1 (Reader *reader, nifti_1_header *raw, GError **error)
{
  nifti_1_header native = *raw;
  Header *header = &reader->header;

  if (native.sizeof_hdr != sizeof native)
    swap_nifti_header (&native, 1);
  if (memcmp (native.magic, "n+1", 4) != 0)
    return fail (error, MONGE_ERROR_UNSUPPORTED,
                 "not a NIfTI volume in one file (an Analyze or .hdr/.img pair?); convert it to "
                 ".nii.gz");
  header->version = 1;
  for (int k = 0; k < 8; k++)
    header->dim[k] = native.dim[k];
  header->datatype = native.datatype;
  header->offset = native.vox_offset;
  if (!check_header (reader, error))
    return FALSE;
  reader->image = nifti_convert_n1hdr2nim (*raw, NULL);
  return TRUE;
}

static gboolean
parse_header_2 (Reader *reader, nifti_2_header *raw, GError **error)
{
  nifti_2_header native = *raw;
  Header *header = &reader->header;

  if (native.sizeof_hdr != sizeof native)
    swap_nifti_header (&native, 2);
  if (memcmp (native.magic, "n+2\0\r\n\032\n", 8) != 0)
    return fail (error, MONGE_ERROR_FORMAT, "the mark of NIfTI-2 is damaged");
  header->version = 2;
  for (int k = 0; k < 8; k++)
    header->dim[k] = native.dim[k];
  header->datatype = native.datatype;
  header->offset = (double) native.vox_offset;
  if (!check_header (reader, error))
    return FALSE;
  reader->image = nifti_convert_n2hdr2nim (*raw, NULL);
  return TRUE;
}

static gboolean
read_header (Reader *reader, GError **error)
{
  union {
    guint8 bytes[sizeof (nifti_2_header)];
    gint32 size;
    nifti_1_header v1;
    nifti_2_header v2;
  } raw = { { 0 } };
  int n = gzread (reader->file, raw.bytes, sizeof raw.v1);
  gint32 size = raw.size;

  if (n < (int) sizeof raw.v1)
    return fail (error, MONGE_ERROR_FORMAT,
                 "too short for a NIfTI header: truncated or damaged");
  if (size == sizeof raw.v1 || size == (gint32) GUINT32_SWAP_LE_BE (sizeof raw.v1))
    {
      if (!parse_header_1 (reader, &raw.v1, error))
        return FALSE;
    }
  else if (size == sizeof raw.v2 || size == (gint32) GUINT32_SWAP_LE_BE (sizeof raw.v2))
    {
      int rest = (int) (sizeof raw.v2 - sizeof raw.v1);

      if (gzread (reader->file, raw.bytes + n, (unsigned) rest) < rest)
        return fail (error, MONGE_ERROR_FORMAT, "truncated within the NIfTI-2 header");
      if (!parse_header_2 (reader, &raw.v2, error))
        return FALSE;
    }
  else
    return fail (error, MONGE_ERROR_FORMAT, "does not begin like a NIfTI volume");
  if (reader->image == NULL)
    return fail (error, MONGE_ERROR_FORMAT, "libnifti2 does not accept the header");
  return TRUE;
}

/* ---- placement ---- */

static double
get_millimetres (const nifti_image *image)
{
  switch (image->xyz_units)
    {
    case NIFTI_UNITS_METER:
      return 1000.0;
    case NIFTI_UNITS_MICRON:
      return 0.001;
    default:
      return 1.0;
    }
}

/* The aligned map if there is one, else the scanner's, which libnifti2 replaces by the voxel sizes
 * alone when the file has neither. */
static void
get_affine (const nifti_image *image, double affine[16])
{
  const nifti_dmat44 *map = image->sform_code > 0 ? &image->sto_xyz : &image->qto_xyz;
  double unit = get_millimetres (image);

  for (int r = 0; r < 3; r++)
    for (int c = 0; c < 4; c++)
      affine[4 * r + c] = unit * map->m[r][c];
  affine[12] = affine[13] = affine[14] = 0.0;
  affine[15] = 1.0;
}

/* ---- voxels ---- */

static void
convert_values (int datatype, const void *from, gsize n, double *to)
{
#define CONVERT(name, type) \
  case name: \
    for (gsize i = 0; i < n; i++) \
      to[i] = (double) ((const type *) from)[i]; \
    break;

  switch (datatype)
    {
      CONVERT (DT_INT8, gint8)
      CONVERT (DT_UINT8, guint8)
      CONVERT (DT_INT16, gint16)
      CONVERT (DT_UINT16, guint16)
      CONVERT (DT_INT32, gint32)
      CONVERT (DT_UINT32, guint32)
      CONVERT (DT_INT64, gint64)
      CONVERT (DT_UINT64, guint64)
      CONVERT (DT_FLOAT32, float)
      CONVERT (DT_FLOAT64, double)
    default:
      g_assert_not_reached ();
    }
#undef CONVERT
}

/* Scales as the header asks; what is no whole number within 1e-3 is no label. NaN, which some write
 * outside the field of view, is the background. */
static gboolean
round_values (const nifti_image *image, const double *values, gsize n, gint32 *labels,
              GError **error)
{
  gboolean is_scaled = image->scl_slope != 0.0;
  double slope = is_scaled ? image->scl_slope : 1.0, inter = is_scaled ? image->scl_inter : 0.0;

  for (gsize i = 0; i < n; i++)
    {
      double value = slope * values[i] + inter, whole;

      if (isnan (value))
        value = 0.0;
      whole = nearbyint (value);
      if (!(fabs (value - whole) <= 1e-3))
        return fail (error, MONGE_ERROR_UNSUPPORTED,
                     "value %g is not a label: this is an intensity volume; segment it and load "
                     "the labels", value);
      if (!(whole >= G_MININT32 && whole <= G_MAXINT32))
        return fail (error, MONGE_ERROR_SIZE, "value %.0f is too large for a label", value);
      labels[i] = (gint32) whole;
    }
  return TRUE;
}

static gboolean
fail_reading (const Reader *reader, gsize voxel, GError **error)
{
  int code = Z_OK;
  const char *text = gzerror (reader->file, &code);

  return fail (error, MONGE_ERROR_FORMAT, "the file ends or fails after voxel %" G_GSIZE_FORMAT
               " of %" G_GINT64_FORMAT ": truncated or damaged%s%s", voxel,
               (gint64) reader->image->nvox, code != Z_OK && *text != '\0' ? ": " : "",
               code != Z_OK ? text : "");
}

/* The checksum of a gzip file is only compared when its end is met; where there is no end, zlib
 * reads nothing but remembers why. */
static gboolean
check_end (const Reader *reader, GError **error)
{
  guint8 byte;
  int code = Z_OK;

  gzread (reader->file, &byte, 1);
  gzerror (reader->file, &code);
  return code == Z_OK || fail_reading (reader, (gsize) reader->image->nvox, error);
}

/* The next @n values, in this machine's byte order. */
static gboolean
read_values (const Reader *reader, guint8 *bytes, gsize n, double *values)
{
  gsize size = get_value_size (reader->header.datatype);

  if (gzread (reader->file, bytes, (unsigned) (n * size)) < (int) (n * size))
    return FALSE;
  if (size > 1 && reader->image->byteorder != nifti_short_order ())
    nifti_swap_Nbytes ((gint64) n, (int) size, bytes);
  convert_values (reader->header.datatype, bytes, n, values);
  return TRUE;
}

static gint32 *
read_labels (Reader *reader, MongeTask *task, GError **error)
{
  gsize n = (gsize) reader->image->nvox, size = get_value_size (reader->header.datatype);
  gsize n_at_once = MIN (n, N_VALUES_AT_ONCE);
  g_autofree guint8 *bytes = g_malloc (n_at_once * size);
  g_autofree double *values = g_new (double, n_at_once);
  g_autofree gint32 *labels = g_try_new (gint32, n);

  if (labels == NULL)
    {
      fail (error, MONGE_ERROR_SIZE, "not enough memory for %" G_GSIZE_FORMAT " voxels", n);
      return NULL;
    }
  if (gzseek (reader->file, (z_off_t) reader->header.offset, SEEK_SET) < 0)
    {
      fail_reading (reader, 0, error);
      return NULL;
    }
  for (gsize i = 0; i < n; i += n_at_once)
    {
      gsize count = MIN (n - i, n_at_once);

      if (monge_task_return_if_cancelled (task, error))
        return NULL;
      if (!read_values (reader, bytes, count, values))
        {
          fail_reading (reader, i, error);
          return NULL;
        }
      if (!round_values (reader->image, values, count, labels + i, error))
        return NULL;
      monge_task_set_progress (task, (double) (i + count) / (double) n);
    }
  return check_end (reader, error) ? g_steal_pointer (&labels) : NULL;
}

/* ---- names ---- */

/* The name in what follows a label: what stands between quotes, else all but the numbers (colours,
 * other codes) at its end. */
static char *
dup_label_name (char *text)
{
  char *quote = strchr (text, '"'), *end = quote != NULL ? strchr (quote + 1, '"') : NULL;

  if (end != NULL)
    return g_strndup (quote + 1, end - quote - 1);
  for (;;)
    {
      char *last;

      g_strstrip (text);
      last = text + strcspn (text, " \t");
      for (char *p = last; *p != '\0'; p++)
        if (g_ascii_isspace (*p) && !g_ascii_isspace (p[1]))
          last = p + 1;
      if (*last == '\0' || last[strspn (last, "+-.0123456789")] != '\0')
        return g_strdup (text);
      *last = '\0';
    }
}

static void
read_label_line (MongeVolume *volume, char *line)
{
  g_autofree char *name = NULL;
  char *end;
  gint64 label;

  g_strstrip (line);
  label = g_ascii_strtoll (line, &end, 10);
  if (end == line || !g_ascii_isspace (*end) || label < G_MININT32 || label > G_MAXINT32)
    return;
  name = dup_label_name (end);
  if (*name != '\0')
    monge_volume_name_label (volume, (gint32) label, name);
}

/* Names are a help: a table that cannot be read is as good as none. */
static void
read_label_names (MongeVolume *volume, const char *path)
{
  gsize length = strlen (path), size;
  gboolean is_packed = g_ascii_strcasecmp (path + MAX (length, 3) - 3, ".gz") == 0;
  g_autofree char *base = g_strndup (path, is_packed ? length - 3 : length);
  g_autofree char *table = g_strconcat (base, ".txt", NULL);
  g_autofree char *text = NULL, *valid = NULL;
  g_auto (GStrv) lines = NULL;
  GStatBuf info;

  if (g_stat (table, &info) != 0 || !S_ISREG (info.st_mode) || info.st_size > MAX_TABLE_BYTES
      || !g_file_get_contents (table, &text, &size, NULL))
    return;
  valid = g_utf8_make_valid (text, (gssize) size);
  lines = g_strsplit (valid, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    read_label_line (volume, *line);
}

/* ---- loading ---- */

gboolean
monge_path_is_volume (const char *path)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);

  return g_str_has_suffix (lower, ".nii") || g_str_has_suffix (lower, ".nii.gz");
}

/* Opens the file and learns how much it can hold. */
static gboolean
open_file (Reader *reader, GError **error)
{
  GStatBuf info;

  if (g_stat (reader->path, &info) != 0)
    return fail (error, MONGE_ERROR_IO, "%s", g_strerror (errno));
  if (!S_ISREG (info.st_mode))
    return fail (error, MONGE_ERROR_IO, "not a regular file");
  reader->file = gzopen (reader->path, "rb");
  if (reader->file == NULL)
    return fail (error, MONGE_ERROR_IO, "%s", g_strerror (errno != 0 ? errno : ENOMEM));
  gzbuffer (reader->file, 1 << 17);
  reader->max_bytes = (guint64) info.st_size;
  if (!gzdirect (reader->file))
    reader->max_bytes *= MAX_INFLATION;
  return TRUE;
}

static MongeVolume *
read_volume (Reader *reader, MongeTask *task, GError **error)
{
  g_autofree char *name = g_path_get_basename (reader->path);
  gint32 *labels;
  double affine[16];
  guint size[3];

  if (monge_task_return_if_cancelled (task, error) || !open_file (reader, error)
      || !read_header (reader, error))
    return NULL;
  labels = read_labels (reader, task, error);
  if (labels == NULL)
    return NULL;
  for (int k = 0; k < 3; k++)
    size[k] = k < reader->header.dim[0] ? (guint) reader->header.dim[k + 1] : 1;
  get_affine (reader->image, affine);
  return monge_volume_new (name, size, affine, labels, error);
}

MongeVolume *
monge_volume_load (const char *path, MongeTask *task, GError **error)
{
  g_auto (Reader) reader = { .path = path };
  MongeVolume *volume;

  g_return_val_if_fail (path != NULL, NULL);
  nifti_set_debug_level (0);
  volume = read_volume (&reader, task, error);
  if (volume == NULL)
    {
      g_prefix_error (error, "%s: ", path);
      return NULL;
    }
  read_label_names (volume, path);
  return volume;
}
