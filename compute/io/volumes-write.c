#include "compute/io/volumes-private.h"

#include <math.h>
#include <nifti2_io.h>
#include <string.h>

#include "compute/io/io.h"
#include "compute/io/scan.h"
#include "compute/shape/bytes.h"

/* --- Numbers --- */

/* The smallest type that holds every label. */
static MongeType
choose_type (const MongeVolume *volume)
{
  const GArray *table = monge_volume_get_label_table (volume);
  gint32 lowest, highest;

  if (monge_volume_get_kind (volume) == MONGE_VOLUME_INTENSITIES)
    return MONGE_TYPE_FLOAT32;
  if (table->len == 0)
    return MONGE_TYPE_UINT8;
  lowest = g_array_index (table, MongeLabel, 0).label;
  highest = g_array_index (table, MongeLabel, table->len - 1).label;
  if (lowest >= 0 && highest <= G_MAXUINT8)
    return MONGE_TYPE_UINT8;
  return lowest >= G_MININT16 && highest <= G_MAXINT16 ? MONGE_TYPE_INT16 : MONGE_TYPE_INT32;
}

static gsize
count_voxels (const MongeVolume *volume)
{
  const guint *size = monge_volume_get_size (volume);

  return (gsize) size[0] * size[1] * size[2];
}

/* Packed, of @type, in this machine's byte order. */
static GBytes *
dup_values (const MongeVolume *volume, MongeType type, GError **error)
{
  const GArray *table = monge_volume_get_label_table (volume);
  const guint16 *places = monge_volume_get_places (volume);
  gsize n = count_voxels (volume), size = monge_type_get_size (type);
  guint8 *values = monge_bytes_alloc (n, size, error);
  g_autofree gint32 *labels = g_new0 (gint32, table->len + 1);

  if (values == NULL)
    return NULL;
  for (guint i = 0; i < table->len; i++)
    labels[i + 1] = g_array_index (table, MongeLabel, i).label;
  if (type == MONGE_TYPE_FLOAT32)
    memcpy (values, monge_volume_get_intensities (volume), n * size);
  for (gsize i = 0; places != NULL && i < n; i++)
    if (type == MONGE_TYPE_UINT8)
      values[i] = (guint8) labels[places[i]];
    else if (type == MONGE_TYPE_INT16)
      ((gint16 *) (gpointer) values)[i] = (gint16) labels[places[i]];
    else
      ((gint32 *) (gpointer) values)[i] = labels[places[i]];
  return g_bytes_new_take (values, n * size);
}

/* The map into the space the volume came from. */
static void
get_stored_affine (const MongeVolume *volume, MongeSpace space, double affine[16])
{
  memcpy (affine, monge_volume_get_affine (volume), 16 * sizeof *affine);
  for (int k = 0; k < 8 && space == MONGE_SPACE_LPS; k++)
    affine[k] = 0.0 - affine[k];
}

/* --- NIfTI --- */

static int
get_nifti_type (MongeType type)
{
  return type == MONGE_TYPE_UINT8   ? DT_UINT8
         : type == MONGE_TYPE_INT16 ? DT_INT16
         : type == MONGE_TYPE_INT32 ? DT_INT32
                                    : DT_FLOAT32;
}

/* The sform is exact to float32; the qform is there for programs that know no other, where the axes
 * are at right angles. */
static void
set_maps (nifti_1_header *header, const double affine[16])
{
  nifti_dmat44 map;
  double quatern[3], offset[3], spacing[3], qfac, skew = 0.0;

  for (int k = 0; k < 16; k++)
    map.m[k / 4][k % 4] = affine[k];
  for (int k = 0; k < 4; k++)
    {
      header->srow_x[k] = (float) affine[k];
      header->srow_y[k] = (float) affine[4 + k];
      header->srow_z[k] = (float) affine[8 + k];
    }
  header->sform_code = NIFTI_XFORM_SCANNER_ANAT;
  nifti_dmat44_to_quatern (map, &quatern[0], &quatern[1], &quatern[2], &offset[0], &offset[1],
                           &offset[2], &spacing[0], &spacing[1], &spacing[2], &qfac);
  for (int a = 0; a < 3; a++)
    for (int b = 0, r; b < a; b++)
      {
        double product = 0.0;

        for (r = 0; r < 3; r++)
          product += affine[4 * r + a] * affine[4 * r + b];
        skew = MAX (skew, fabs (product) / (spacing[a] * spacing[b]));
      }
  header->pixdim[0] = (float) qfac;
  for (int k = 0; k < 3; k++)
    header->pixdim[k + 1] = (float) spacing[k];
  if (skew > 1e-5)
    return;
  header->qform_code = NIFTI_XFORM_SCANNER_ANAT;
  header->quatern_b = (float) quatern[0];
  header->quatern_c = (float) quatern[1];
  header->quatern_d = (float) quatern[2];
  header->qoffset_x = (float) offset[0];
  header->qoffset_y = (float) offset[1];
  header->qoffset_z = (float) offset[2];
}

static gboolean
write_nifti (const MongeVolume *volume, GString *out, GError **error)
{
  static const guint8 no_extension[4] = { 0 };
  const guint *size = monge_volume_get_size (volume);
  MongeType type = choose_type (volume);
  g_autoptr (GBytes) values = NULL;
  nifti_1_header header = { 0 };

  if (MAX (MAX (size[0], size[1]), size[2]) > G_MAXINT16)
    return monge_volume_fail (error, MONGE_ERROR_UNSUPPORTED,
                              "%u × %u × %u voxels, where NIfTI-1 takes 32767 along an axis; write "
                              ".nrrd", size[0], size[1], size[2]);
  values = dup_values (volume, type, error);
  if (values == NULL)
    return FALSE;
  header.sizeof_hdr = sizeof header;
  header.dim[0] = 3;
  for (int k = 1; k < 8; k++)
    header.dim[k] = k <= 3 ? (gint16) size[k - 1] : 1;
  header.datatype = (gint16) get_nifti_type (type);
  header.bitpix = (gint16) (8 * monge_type_get_size (type));
  header.vox_offset = 352.0f;
  header.scl_slope = 1.0f;
  header.xyzt_units = NIFTI_UNITS_MM;
  if (monge_volume_get_kind (volume) == MONGE_VOLUME_LABELS)
    header.intent_code = NIFTI_INTENT_LABEL;
  set_maps (&header, monge_volume_get_affine (volume));
  memcpy (header.magic, "n+1", 4);
  g_string_append_len (out, (const char *) &header, sizeof header);
  g_string_append_len (out, (const char *) no_extension, sizeof no_extension);
  g_string_append_len (out, g_bytes_get_data (values, NULL), (gssize) g_bytes_get_size (values));
  return TRUE;
}

/* --- Text --- */

static void
append_numbers (GString *out, const double *numbers, gsize stride, guint n, const char *between)
{
  for (guint k = 0; k < n; k++)
    {
      g_string_append (out, k > 0 ? between : "");
      monge_text_append_double (out, numbers[k * stride]);
    }
}

static gboolean
append_zipped (const MongeVolume *volume, MongeType type, GString *out, GError **error)
{
  g_autoptr (GBytes) values = dup_values (volume, type, error), zipped = NULL;

  if (values == NULL)
    return FALSE;
  zipped = monge_bytes_deflate (g_bytes_get_data (values, NULL), g_bytes_get_size (values));
  g_string_append_len (out, g_bytes_get_data (zipped, NULL), (gssize) g_bytes_get_size (zipped));
  return TRUE;
}

/* --- NRRD --- */

static const char *
get_type_name (MongeType type)
{
  return type == MONGE_TYPE_UINT8   ? "uint8"
         : type == MONGE_TYPE_INT16 ? "int16"
         : type == MONGE_TYPE_INT32 ? "int32"
                                    : "float";
}

static gboolean
has_names (const GArray *table)
{
  for (guint i = 0; i < table->len; i++)
    if (g_array_index (table, MongeLabel, i).name != NULL
        || g_array_index (table, MongeLabel, i).has_colour)
      return TRUE;
  return FALSE;
}

/* What 3D Slicer takes for a segmentation, where there is more to say than numbers. */
static void
append_segments (const MongeVolume *volume, GString *out)
{
  const GArray *table = monge_volume_get_label_table (volume);
  const guint *size = monge_volume_get_size (volume);

  if (!has_names (table))
    return;
  for (guint i = 0; i < table->len; i++)
    {
      const MongeLabel *label = &g_array_index (table, MongeLabel, i);
      g_autofree char *name = label->name != NULL ? g_strdup (label->name)
                                                  : g_strdup_printf ("Label %d", label->label);
      double colour[3];

      g_strdelimit (name, "\r\n", ' ');
      g_string_append_printf (out, "Segment%u_ID:=Segment_%d\nSegment%u_Name:=%s\n"
                              "Segment%u_LabelValue:=%d\nSegment%u_Layer:=0\n"
                              "Segment%u_Extent:=0 %u 0 %u 0 %u\n", i, label->label, i, name, i,
                              label->label, i, i, size[0] - 1, size[1] - 1, size[2] - 1);
      for (int k = 0; k < 3; k++)
        colour[k] = label->rgba[k] / 255.0;
      if (!label->has_colour)
        continue;
      g_string_append_printf (out, "Segment%u_Color:=", i);
      append_numbers (out, colour, 1, 3, " ");
      g_string_append_c (out, '\n');
    }
}

static gboolean
write_nrrd (const MongeVolume *volume, GString *out, GError **error)
{
  const guint *size = monge_volume_get_size (volume);
  MongeSpace space = monge_volume_get_stored_space (volume);
  MongeType type = choose_type (volume);
  double affine[16];

  get_stored_affine (volume, space, affine);
  g_string_append_printf (out, "NRRD0004\ntype: %s\ndimension: 3\nspace: %s\nsizes: %u %u %u\n"
                          "space directions:", get_type_name (type),
                          space == MONGE_SPACE_LPS ? "left-posterior-superior"
                                                   : "right-anterior-superior",
                          size[0], size[1], size[2]);
  for (int c = 0; c < 3; c++)
    {
      g_string_append (out, " (");
      append_numbers (out, affine + c, 4, 3, ",");
      g_string_append_c (out, ')');
    }
  g_string_append_printf (out, "\nkinds: domain domain domain\nspace units: \"mm\" \"mm\" \"mm\"\n"
                          "endian: %s\nencoding: gzip\nspace origin: (",
                          G_BYTE_ORDER == G_BIG_ENDIAN ? "big" : "little");
  append_numbers (out, affine + 3, 4, 3, ",");
  g_string_append (out, ")\n");
  append_segments (volume, out);
  g_string_append_c (out, '\n');
  return append_zipped (volume, type, out, error);
}

/* --- MetaImage --- */

static gboolean
write_metaimage (const MongeVolume *volume, GString *out, GError **error)
{
  const guint *size = monge_volume_get_size (volume);
  MongeType type = choose_type (volume);
  g_autoptr (GBytes) values = dup_values (volume, type, error);
  double affine[16], directions[9], spacings[3];

  if (values == NULL)
    return FALSE;
  get_stored_affine (volume, MONGE_SPACE_LPS, affine);
  for (int c = 0; c < 3; c++)
    {
      spacings[c] = hypot (hypot (affine[c], affine[4 + c]), affine[8 + c]);
      for (int r = 0; r < 3; r++)
        directions[3 * c + r] = affine[4 * r + c] / spacings[c];
    }
  g_string_append_printf (out, "ObjectType = Image\nNDims = 3\nBinaryData = True\n"
                          "BinaryDataByteOrderMSB = %s\nCompressedData = False\nTransformMatrix = ",
                          G_BYTE_ORDER == G_BIG_ENDIAN ? "True" : "False");
  append_numbers (out, directions, 1, 9, " ");
  g_string_append (out, "\nOffset = ");
  append_numbers (out, affine + 3, 4, 3, " ");
  g_string_append (out, "\nCenterOfRotation = 0 0 0\nElementSpacing = ");
  append_numbers (out, spacings, 1, 3, " ");
  g_string_append_printf (out, "\nDimSize = %u %u %u\nElementType = %s\nElementDataFile = LOCAL\n",
                          size[0], size[1], size[2],
                          type == MONGE_TYPE_UINT8   ? "MET_UCHAR"
                          : type == MONGE_TYPE_INT16 ? "MET_SHORT"
                          : type == MONGE_TYPE_INT32 ? "MET_INT"
                                                     : "MET_FLOAT");
  g_string_append_len (out, g_bytes_get_data (values, NULL), (gssize) g_bytes_get_size (values));
  return TRUE;
}

/* --- All --- */

static const struct {
  const char *extension;
  gboolean is_zipped;
  gboolean (*write) (const MongeVolume *volume, GString *out, GError **error);
} writers[] = {
  { "nii", FALSE, write_nifti },
  { "nii.gz", TRUE, write_nifti },
  { "nrrd", FALSE, write_nrrd },
  { "mha", FALSE, write_metaimage },
};

gboolean
monge_volume_save (const MongeVolume *volume, const char *path, GError **error)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (GBytes) zipped = NULL;

  g_return_val_if_fail (volume != NULL && path != NULL, FALSE);
  for (gsize i = 0; i < G_N_ELEMENTS (writers); i++)
    if (monge_path_has_extension (path, writers[i].extension))
      {
        if (!writers[i].write (volume, out, error))
          {
            g_prefix_error (error, "%s: ", path);
            return FALSE;
          }
        if (!writers[i].is_zipped)
          return monge_file_save (path, out->str, out->len, error);
        zipped = monge_bytes_deflate (out->str, out->len);
        return monge_file_save (path, g_bytes_get_data (zipped, NULL), g_bytes_get_size (zipped),
                                error);
      }
  return monge_volume_fail (error, MONGE_ERROR_NAME,
                            "%s: its name does not say in which format to write; use one of .nii, "
                            ".nii.gz, .nrrd, .mha", path);
}
