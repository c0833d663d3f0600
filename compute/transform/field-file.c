/* Displacement fields as images of vectors. Formats of ITK (NRRD, MetaImage) are along LPS: positions
 * and components. The header of NIfTI is along RAS; its components, of intent 1007 (vector), are what
 * ITK takes as they are, along LPS, while those of intent 1006 (displacement) it turns. */
#include "compute/io/io.h"
#include "compute/io/scan.h"
#include "compute/transform/field.h"

#include <string.h>

#define NIFTI_HEADER 348
#define NIFTI_OFFSET 352
#define NIFTI_INTENT_VECTOR 1007
#define NIFTI_FLOAT32 16
#define NIFTI_MM 2

static void
append_vectors (GString *out, const MongeField *field)
{
  gsize n = 3 * monge_field_get_n_nodes (field);

  for (gsize i = 0; i < n && G_BYTE_ORDER != G_LITTLE_ENDIAN; i++)
    {
      guint32 bits;

      memcpy (&bits, field->vectors + i, sizeof bits);
      bits = GUINT32_TO_LE (bits);
      g_string_append_len (out, (const char *) &bits, sizeof bits);
    }
  if (G_BYTE_ORDER == G_LITTLE_ENDIAN)
    g_string_append_len (out, (const char *) field->vectors, (gssize) (n * sizeof (float)));
}

static void
append_triple (GString *out, const double values[3], const char *separator)
{
  for (int k = 0; k < 3; k++)
    {
      g_string_append (out, k > 0 ? separator : "");
      monge_text_append_double (out, values[k]);
    }
}

static void
write_nrrd (const MongeField *field, GString *out)
{
  g_autoptr (GString) raw = g_string_new (NULL);
  g_autoptr (GBytes) zipped = NULL;
  g_autoptr (GString) step = g_string_new (NULL);

  monge_text_append_double (step, field->spacing);
  g_string_append_printf (out, "NRRD0005\n"
                          "# displacements along LPS, in the unit of the grid\n"
                          "type: float\ndimension: 4\nspace: left-posterior-superior\n"
                          "sizes: 3 %u %u %u\nspace directions: none (%s,0,0) (0,%s,0) (0,0,%s)\n"
                          "kinds: vector domain domain domain\nendian: little\nencoding: gzip\n"
                          "space origin: (", field->size[0], field->size[1], field->size[2],
                          step->str, step->str, step->str);
  append_triple (out, field->origin, ",");
  g_string_append (out, ")\n\n");
  append_vectors (raw, field);
  zipped = monge_bytes_deflate (raw->str, raw->len);
  g_string_append_len (out, g_bytes_get_data (zipped, NULL), (gssize) g_bytes_get_size (zipped));
}

static void
write_meta (const MongeField *field, GString *out)
{
  const double spacing[3] = { field->spacing, field->spacing, field->spacing };

  g_string_append (out, "ObjectType = Image\nNDims = 3\nBinaryData = True\n"
                   "BinaryDataByteOrderMSB = False\nCompressedData = False\n"
                   "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = ");
  append_triple (out, field->origin, " ");
  g_string_append (out, "\nCenterOfRotation = 0 0 0\nAnatomicalOrientation = RAI\n"
                   "ElementSpacing = ");
  append_triple (out, spacing, " ");
  g_string_append_printf (out, "\nDimSize = %u %u %u\nElementNumberOfChannels = 3\n"
                          "ElementType = MET_FLOAT\nElementDataFile = LOCAL\n", field->size[0],
                          field->size[1], field->size[2]);
  append_vectors (out, field);
}

/* --- NIfTI --- */

static void
put_short (guint8 *at, gint value)
{
  at[0] = (guint8) (value & 255);
  at[1] = (guint8) (value >> 8 & 255);
}

static void
put_float (guint8 *at, double value)
{
  float number = (float) value;
  guint32 bits;

  memcpy (&bits, &number, sizeof bits);
  bits = GUINT32_TO_LE (bits);
  memcpy (at, &bits, sizeof bits);
}

/* Nodes run along LPS, the header along RAS: x and y go down, half a turn about z. */
static void
put_orientation (guint8 *header, const MongeField *field)
{
  const double sign[3] = { -1.0, -1.0, 1.0 };

  put_short (header + 252, 1); /* qform_code, sform_code: of the scanner */
  put_short (header + 254, 1);
  put_float (header + 264, 1.0); /* quatern_d */
  for (int k = 0; k < 3; k++)
    {
      put_float (header + 268 + 4 * k, sign[k] * field->origin[k]);
      put_float (header + 280 + 16 * k + 4 * k, sign[k] * field->spacing);
      put_float (header + 280 + 16 * k + 12, sign[k] * field->origin[k]);
    }
}

static void
write_nifti (const MongeField *field, GString *out)
{
  guint8 header[NIFTI_OFFSET] = { 0 };
  gsize n = monge_field_get_n_nodes (field);

  put_short (header, NIFTI_HEADER);
  put_short (header + 40, 5); /* dim */
  for (int k = 0; k < 3; k++)
    put_short (header + 42 + 2 * k, (gint) field->size[k]);
  put_short (header + 48, 1);
  put_short (header + 50, 3);
  put_short (header + 52, 1);
  put_short (header + 54, 1);
  put_short (header + 68, NIFTI_INTENT_VECTOR);
  put_short (header + 70, NIFTI_FLOAT32);
  put_short (header + 72, 32);
  put_float (header + 76, 1.0); /* pixdim: the sign of z, then spacings */
  for (int k = 1; k < 8; k++)
    put_float (header + 76 + 4 * k, k <= 3 ? field->spacing : 1.0);
  put_float (header + 108, NIFTI_OFFSET);
  put_float (header + 112, 1.0); /* scl_slope */
  header[123] = NIFTI_MM;
  memcpy (header + 148, "displacements along LPS", 23);
  put_orientation (header, field);
  memcpy (header + 344, "n+1", 4);
  g_string_append_len (out, (const char *) header, sizeof header);
  for (int d = 0; d < 3; d++)
    for (gsize i = 0; i < n; i++)
      {
        guint8 bytes[4];

        put_float (bytes, field->vectors[3 * i + d]);
        g_string_append_len (out, (const char *) bytes, sizeof bytes);
      }
}

/* --- Files --- */

typedef struct {
  const char *extension;
  void (*write) (const MongeField *field, GString *out);
  gboolean zips;
} Writer;

static const Writer writers[] = {
  { ".nrrd", write_nrrd, FALSE },
  { ".nii.gz", write_nifti, TRUE },
  { ".nii", write_nifti, FALSE },
  { ".mha", write_meta, FALSE },
};

static const Writer *
find_writer (const char *path, GError **error)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);

  for (guint k = 0; k < G_N_ELEMENTS (writers); k++)
    if (g_str_has_suffix (lower, writers[k].extension))
      return &writers[k];
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
               "%s: its name does not say in which format to write a field; use one of .nrrd, "
               ".nii.gz, .nii, .mha", path);
  return NULL;
}

gboolean
monge_field_check_path (const char *path, GError **error)
{
  return find_writer (path, error) != NULL;
}

gboolean
monge_field_save (const MongeField *field, const char *path, GError **error)
{
  const Writer *writer = find_writer (path, error);
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (GBytes) zipped = NULL;

  if (writer == NULL)
    return FALSE;
  for (int k = 0; k < 3; k++)
    if (field->size[k] > G_MAXINT16)
      {
        g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                     "%s: %u nodes along one axis are more than %d; take a larger spacing", path,
                     field->size[k], G_MAXINT16);
        return FALSE;
      }
  writer->write (field, out);
  if (!writer->zips)
    return monge_file_save (path, out->str, out->len, error);
  zipped = monge_bytes_deflate (out->str, out->len);
  return monge_file_save (path, g_bytes_get_data (zipped, NULL), g_bytes_get_size (zipped), error);
}
