#include "compute/io/volumes-private.h"

#include <math.h>
#include <nifti2_io.h>
#include <string.h>

/* NIfTI-1 and -2 in one file or as a pair of header and voxels, and Analyze 7.5, whose header NIfTI
 * took over. The bytes of the header are checked here before libnifti2 sees them: it turns the header
 * into sizes, units, scales and the two maps. The library's own reading of voxels goes by path, has
 * no way to be stopped and allocates what the header asks for. Extensions are jumped over unread.
 *
 * https://nifti.nimh.nih.gov/nifti-1/ and https://nifti.nimh.nih.gov/nifti-2/ */

#define MAX_VOXELS ((guint64) 1 << 31)
#define SAME_PLACE 1e-3 /* in millimetres, for the corners of the grid by either map */

typedef struct {
  const MongeFile *file;
  const guint8 *header;  /* borrowed */
  gsize header_size;
  GBytes *other;         /* the other file of a pair */
  const guint8 *voxels;  /* the bytes of the file with the voxels */
  gsize voxels_size;
  /* of the header, in this machine's byte order */
  int version; /* 0: Analyze */
  gboolean swap;
  union {
    nifti_1_header v1;
    nifti_2_header v2;
  } native;
  gboolean is_pair;
  gint64 dim[8];
  int datatype;
  double offset;
  nifti_image *image;
  GPtrArray *notes;
} Reader;

static void
reader_clear (Reader *reader)
{
  g_clear_pointer (&reader->other, g_bytes_unref);
  g_clear_pointer (&reader->image, nifti_image_free);
  g_clear_pointer (&reader->notes, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reader, reader_clear)

static void G_GNUC_PRINTF (2, 3)
add_note (Reader *reader, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (reader->notes, g_strdup_vprintf (format, args));
  va_end (args);
}

/* --- The header --- */

static gboolean
is_size (gint32 size, gsize expected)
{
  return size == (gint32) expected || size == (gint32) GUINT32_SWAP_LE_BE ((guint32) expected);
}

static gboolean
has_mark (const guint8 *mark)
{
  return memcmp (mark, "n+1", 4) == 0 || memcmp (mark, "ni1", 4) == 0;
}

static gboolean
has_mark_2 (const guint8 *mark)
{
  return memcmp (mark, "n+2", 4) == 0 || memcmp (mark, "ni2", 4) == 0;
}

gboolean
monge_nifti_matches (const guint8 *data, gsize size)
{
  gint32 length;

  if (size < sizeof (nifti_1_header))
    return FALSE;
  memcpy (&length, data, sizeof length);
  return (is_size (length, sizeof (nifti_1_header))
          && (has_mark (data + 344) || memcmp (data + 344, "\0\0\0", 4) == 0))
         || (is_size (length, sizeof (nifti_2_header)) && has_mark_2 (data + 4));
}

/* The type of a voxel; FALSE where a voxel is no one number. */
static gboolean
get_type (int datatype, MongeType *type)
{
  static const struct {
    int datatype;
    MongeType type;
  } types[] = { { DT_INT8, MONGE_TYPE_INT8 },       { DT_UINT8, MONGE_TYPE_UINT8 },
                { DT_INT16, MONGE_TYPE_INT16 },     { DT_UINT16, MONGE_TYPE_UINT16 },
                { DT_INT32, MONGE_TYPE_INT32 },     { DT_UINT32, MONGE_TYPE_UINT32 },
                { DT_INT64, MONGE_TYPE_INT64 },     { DT_UINT64, MONGE_TYPE_UINT64 },
                { DT_FLOAT32, MONGE_TYPE_FLOAT32 }, { DT_FLOAT64, MONGE_TYPE_FLOAT64 } };

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    if (types[i].datatype == datatype)
      {
        *type = types[i].type;
        return TRUE;
      }
  return FALSE;
}

static gboolean
check_type (const Reader *reader, GError **error)
{
  MongeType type;

  return get_type (reader->datatype, &type)
         || monge_volume_fail (error, MONGE_ERROR_UNSUPPORTED,
                               "its voxels are of type %s (%d), neither labels nor intensities; "
                               "save one number a voxel", nifti_datatype_string (reader->datatype),
                               reader->datatype);
}

static gboolean
check_dimensions (const Reader *reader, GError **error)
{
  guint64 n = 1;

  if (reader->dim[0] < 1 || reader->dim[0] > 7)
    return monge_volume_fail (error, MONGE_ERROR_FORMAT, "the header gives %" G_GINT64_FORMAT
                              " dimensions where 1 to 7 are possible; it is damaged, or of another "
                              "format", reader->dim[0]);
  for (int k = 1; k <= reader->dim[0]; k++)
    {
      if (reader->dim[k] < 1)
        return monge_volume_fail (error, MONGE_ERROR_FORMAT, "size %" G_GINT64_FORMAT
                                  " of dimension %d in the header is not positive; export it again",
                                  reader->dim[k], k);
      if ((guint64) reader->dim[k] > MAX_VOXELS / n)
        return monge_volume_fail (error, MONGE_ERROR_SIZE,
                                  "more than 2^31 voxels in the header; crop the volume");
      n *= (guint64) reader->dim[k];
    }
  if (reader->dim[0] >= 5 && reader->dim[5] > 1)
    return monge_volume_fail (error, MONGE_ERROR_UNSUPPORTED, "%" G_GINT64_FORMAT
                              " numbers a voxel: a field of vectors or tensors; extract one 3-D "
                              "volume first", reader->dim[5]);
  return TRUE;
}

static guint64
get_n_values (const Reader *reader)
{
  guint64 n = 1;

  for (int k = 1; k <= reader->dim[0]; k++)
    n *= (guint64) reader->dim[k];
  return n;
}

/* The header in this machine's byte order, which is how libnifti2 gets it: it would tell the order by
 * another field than its length. Nor does it get any mark but those of version 1 with this length: by
 * one of version 2 it would swap 540 bytes in place of these 348. */
static void
convert_header_1 (Reader *reader)
{
  nifti_1_header *native = &reader->native.v1;

  memcpy (native, reader->header, sizeof *native);
  reader->swap = native->sizeof_hdr != sizeof *native;
  if (reader->swap)
    swap_nifti_header (native, 1);
  reader->version = has_mark ((const guint8 *) native->magic);
  reader->is_pair = memcmp (native->magic, "n+1", 4) != 0;
  if (reader->version == 0)
    memset (native->magic, 0, sizeof native->magic);
  for (int k = 0; k < 8; k++)
    reader->dim[k] = native->dim[k];
  reader->datatype = native->datatype;
  reader->offset = native->vox_offset;
}

static void
convert_header_2 (Reader *reader)
{
  nifti_2_header *native = &reader->native.v2;

  memcpy (native, reader->header, sizeof *native);
  reader->swap = native->sizeof_hdr != sizeof *native;
  if (reader->swap)
    swap_nifti_header (native, 2);
  reader->version = 2;
  reader->is_pair = memcmp (native->magic, "n+2", 4) != 0;
  for (int k = 0; k < 8; k++)
    reader->dim[k] = native->dim[k];
  reader->datatype = native->datatype;
  reader->offset = (double) native->vox_offset;
}

static gboolean
make_image (Reader *reader, GError **error)
{
  nifti_set_debug_level (0);
  reader->image = reader->version == 2 ? nifti_convert_n2hdr2nim (reader->native.v2, NULL)
                                       : nifti_convert_n1hdr2nim (reader->native.v1, NULL);
  return reader->image != NULL
         || monge_volume_fail (error, MONGE_ERROR_FORMAT,
                               "libnifti2 does not accept the header; export it again");
}

static gboolean
read_header (Reader *reader, GError **error)
{
  gint32 size;

  if (reader->header_size < sizeof (nifti_1_header))
    return monge_volume_fail (error, MONGE_ERROR_FORMAT, "%" G_GSIZE_FORMAT
                              " bytes are too short for a NIfTI header: truncated or damaged; copy "
                              "or export it again", reader->header_size);
  memcpy (&size, reader->header, sizeof size);
  if (is_size (size, sizeof (nifti_1_header)))
    convert_header_1 (reader);
  else if (!is_size (size, sizeof (nifti_2_header)))
    return monge_volume_fail (error, MONGE_ERROR_FORMAT,
                              "it does not begin like a NIfTI volume; is it another format?");
  else if (reader->header_size < sizeof (nifti_2_header))
    return monge_volume_fail (error, MONGE_ERROR_FORMAT,
                              "truncated within the NIfTI-2 header; copy it again");
  else if (!has_mark_2 (reader->header + 4)
           || memcmp (reader->header + 8, "\r\n\032\n", 4) != 0)
    return monge_volume_fail (error, MONGE_ERROR_FORMAT,
                              "the mark of NIfTI-2 is damaged; copy it again");
  else
    convert_header_2 (reader);
  return check_type (reader, error) && check_dimensions (reader, error)
         && make_image (reader, error);
}

/* --- Where the voxels are --- */

/* The name of the other file of a pair. */
static char *
dup_other_name (const char *path, const char *extension)
{
  g_autofree char *base = g_path_get_basename (path);
  gboolean is_packed = monge_path_has_extension (base, "gz");
  char *dot;

  if (is_packed)
    base[strlen (base) - 3] = '\0';
  dot = strrchr (base, '.');
  if (dot != NULL)
    *dot = '\0';
  return g_strconcat (base, extension, is_packed ? ".gz" : "", NULL);
}

/* A pair is opened by either of its names. */
static gboolean
load_header_beside (Reader *reader, GError **error)
{
  const MongeFile *file = reader->file;
  g_autofree char *name = NULL;

  reader->header = reader->voxels = file->data;
  reader->header_size = reader->voxels_size = file->size;
  if (file->path == NULL || monge_nifti_matches (file->data, file->size)
      || !(monge_path_has_extension (file->path, "img")
           || monge_path_has_extension (file->path, "img.gz")))
    return TRUE;
  name = dup_other_name (file->path, ".hdr");
  reader->other = monge_file_load_beside (file, name, TRUE, error);
  if (reader->other == NULL)
    return FALSE;
  reader->header = g_bytes_get_data (reader->other, &reader->header_size);
  return TRUE;
}

static gboolean
load_voxels_beside (Reader *reader, GError **error)
{
  g_autofree char *name = NULL;

  if (!reader->is_pair || reader->other != NULL)
    return TRUE;
  name = dup_other_name (reader->file->path != NULL ? reader->file->path : "", ".img");
  reader->other = monge_file_load_beside (reader->file, name, TRUE, error);
  if (reader->other == NULL)
    return FALSE;
  reader->voxels = g_bytes_get_data (reader->other, &reader->voxels_size);
  return TRUE;
}

static gboolean
check_voxels (const Reader *reader, MongeType type, GError **error)
{
  double smallest = reader->is_pair        ? 0.0
                    : reader->version == 2 ? sizeof (nifti_2_header)
                                           : sizeof (nifti_1_header);
  guint64 n = get_n_values (reader), size = n * monge_type_get_size (type);

  if (!(reader->offset >= smallest && reader->offset <= (double) reader->voxels_size))
    return monge_volume_fail (error, MONGE_ERROR_FORMAT,
                              "the voxels are said to start at byte %g of %" G_GSIZE_FORMAT
                              "; the header is damaged or the file truncated: copy it again",
                              reader->offset, reader->voxels_size);
  if (size > reader->voxels_size - (gsize) reader->offset)
    return monge_volume_fail (error, MONGE_ERROR_FORMAT,
                              "the header promises %" G_GUINT64_FORMAT " voxels of %"
                              G_GSIZE_FORMAT " bytes, there are %" G_GSIZE_FORMAT
                              " bytes for them: truncated or damaged; copy it again", n,
                              monge_type_get_size (type),
                              reader->voxels_size - (gsize) reader->offset);
  return TRUE;
}

/* --- Placement --- */

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

/* How far apart the two maps put a corner of the grid. */
static double
compare_maps (const Reader *reader)
{
  const nifti_dmat44 *s = &reader->image->sto_xyz, *q = &reader->image->qto_xyz;
  double farthest = 0.0;

  for (guint corner = 0; corner < 8; corner++)
    for (int r = 0; r < 3; r++)
      {
        double distance = s->m[r][3] - q->m[r][3];

        for (int c = 0; c < 3; c++)
          if (corner >> c & 1)
            distance += (s->m[r][c] - q->m[r][c]) * (double) (MAX (reader->dim[c + 1], 1) - 1);
        farthest = MAX (farthest, fabs (distance));
      }
  return farthest * get_millimetres (reader->image);
}

/* The aligned map if there is one, else the scanner's, which libnifti2 replaces by the voxel sizes
 * alone when the file has neither. */
static void
get_affine (Reader *reader, double affine[16])
{
  const nifti_image *image = reader->image;
  const nifti_dmat44 *map = image->sform_code > 0 ? &image->sto_xyz : &image->qto_xyz;
  double unit = get_millimetres (image), distance;

  for (int r = 0; r < 3; r++)
    for (int c = 0; c < 4; c++)
      affine[4 * r + c] = unit * map->m[r][c];
  affine[12] = affine[13] = affine[14] = 0.0;
  affine[15] = 1.0;
  if (image->sform_code > 0 && image->qform_code > 0
      && (distance = compare_maps (reader)) > SAME_PLACE)
    add_note (reader, "its two maps to the world, sform and qform, differ by up to %.3g mm; the "
                      "sform is taken", distance);
  if (reader->version == 0)
    add_note (reader, "an Analyze volume does not say which side is left; x is taken to run to the "
                      "right");
  else if (image->sform_code <= 0 && image->qform_code <= 0)
    add_note (reader, "the header has no map to the world; the axes of the grid are taken to run "
                      "to the right, front and top");
  if (unit != 1.0)
    add_note (reader, "lengths in %s were turned into mm", unit > 1.0 ? "m" : "µm");
}

/* --- The volume --- */

static void
note_series (Reader *reader)
{
  guint64 n = 1;

  for (int k = 4; k <= reader->dim[0]; k++)
    n *= (guint64) reader->dim[k];
  if (n > 1)
    add_note (reader, MONGE_SERIES_NOTE, n);
}

static MongeVolume *
make_volume (Reader *reader, MongeType type, GError **error)
{
  const nifti_image *image = reader->image;
  gboolean is_scaled = isfinite (image->scl_slope) && image->scl_slope != 0.0;
  MongeVoxels voxels = {
    .type = type,
    .values = reader->voxels + (gsize) reader->offset,
    .swap = reader->swap,
    .slope = is_scaled ? image->scl_slope : 1.0,
    .intercept = is_scaled && isfinite (image->scl_inter) ? image->scl_inter : 0.0,
    .kind_is_known = image->intent_code == NIFTI_INTENT_LABEL,
    .kind = MONGE_VOLUME_LABELS,
    .stored_space = MONGE_SPACE_RAS,
  };

  for (int k = 0; k < 3; k++)
    voxels.size[k] = k < reader->dim[0] ? (guint) reader->dim[k + 1] : 1;
  get_affine (reader, voxels.affine);
  note_series (reader);
  g_ptr_array_add (reader->notes, NULL);
  voxels.notes = (const char *const *) reader->notes->pdata;
  return monge_volume_new (reader->file->name, &voxels, NULL, reader->file->task, error);
}

MongeVolume *
monge_nifti_parse (const MongeFile *file, GError **error)
{
  g_auto (Reader) reader = { .file = file };
  MongeType type = MONGE_TYPE_UINT8;

  reader.notes = g_ptr_array_new_with_free_func (g_free);
  if (!load_header_beside (&reader, error) || !read_header (&reader, error)
      || !load_voxels_beside (&reader, error))
    return NULL;
  get_type (reader.datatype, &type);
  if (!check_voxels (&reader, type, error))
    return NULL;
  return make_volume (&reader, type, error);
}
