#include "compute/core/random.h"
#include "compute/io/io.h"
#include "compute/shape/mesh.h"
#include "tests/util.h"

#include <float.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <zlib.h>

/* ---- files made by hand ---- */

/* A NIfTI-1 header in the machine's byte order, field by field at its offset. */
typedef struct {
  guint8 bytes[352];
} Header;

static void
put (Header *header, gsize offset, const void *value, gsize size)
{
  memcpy (header->bytes + offset, value, size);
}

static void
put_int16 (Header *header, gsize offset, gint16 value)
{
  put (header, offset, &value, sizeof value);
}

static void
put_float (Header *header, gsize offset, float value)
{
  put (header, offset, &value, sizeof value);
}

enum { UINT8 = 2, INT16 = 4, FLOAT32 = 16, RGB = 128 };

static Header
new_header (int nx, int ny, int nz, int datatype, int bits)
{
  Header header = { { 0 } };
  gint32 size = 348;
  const gint16 dim[8] = { 3, (gint16) nx, (gint16) ny, (gint16) nz, 1, 1, 1, 1 };
  const float pixdim[8] = { 1.0f, 2.0f, 3.0f, 4.0f, 0.0f, 0.0f, 0.0f, 0.0f };

  put (&header, 0, &size, sizeof size);
  put (&header, 40, dim, sizeof dim);
  put_int16 (&header, 70, (gint16) datatype);
  put_int16 (&header, 72, (gint16) bits);
  put (&header, 76, pixdim, sizeof pixdim);
  put_float (&header, 108, 352.0f);
  header.bytes[123] = 2; /* millimetres */
  put (&header, 344, "n+1", 4);
  return header;
}

static void
put_sform (Header *header, const float rows[12])
{
  put_int16 (header, 254, 1);
  put (header, 280, rows, 12 * sizeof *rows);
}

static char *folder;

/* In place: many small files, of which none need survive. */
static void
write_bytes (const char *path, const void *bytes, gsize size)
{
  FILE *file = g_fopen (path, "wb");

  g_assert_nonnull (file);
  g_assert_cmpuint (fwrite (bytes, 1, size, file), ==, size);
  fclose (file);
}

static char *
write_file (const char *name, const Header *header, const void *voxels, gsize size)
{
  char *path = g_build_filename (folder, name, NULL);
  g_autofree guint8 *bytes = g_malloc (sizeof header->bytes + size);

  memcpy (bytes, header->bytes, sizeof header->bytes);
  memcpy (bytes + sizeof header->bytes, voxels, size);
  if (g_str_has_suffix (name, ".gz"))
    {
      gzFile file = gzopen (path, "wb");

      gzwrite (file, bytes, (unsigned) (sizeof header->bytes + size));
      gzclose (file);
    }
  else
    write_bytes (path, bytes, sizeof header->bytes + size);
  return path;
}

static MongeVolume *
load (const char *path)
{
  GError *error = NULL;
  MongeVolume *volume = monge_volume_load (path, NULL, &error);

  g_assert_no_error (error);
  return volume;
}

static void
check_refused (const char *path, MongeError code, const char *part)
{
  GError *error = NULL;

  g_assert_null (monge_volume_load (path, NULL, &error));
  g_assert_true (g_str_has_prefix (error->message, path));
  monge_assert_error (error, MONGE_ERROR, (int) code, part);
}

static const guint8 cube[8] = { 1, 0, 0, 0, 0, 0, 0, 7 };

/* ---- placement ---- */

static void
test_sform_first (void)
{
  const float rows[12] = { -1, 0, 0, 10, 0, 0, 2, 20, 0, 3, 0, 30 };
  Header header = new_header (2, 2, 2, UINT8, 8);
  g_autofree char *path = NULL;
  g_autoptr (MongeVolume) volume = NULL;

  put_sform (&header, rows);
  put_int16 (&header, 252, 1); /* a qform that must not be used */
  put_float (&header, 268, 99.0f);
  path = write_file ("sform.nii", &header, cube, 8);
  volume = load (path);
  for (int k = 0; k < 12; k++)
    g_assert_cmpfloat (monge_volume_get_affine (volume)[k], ==, rows[k]);
  g_assert_cmpstr (monge_volume_get_orientation (volume), ==, "LSA");
  monge_assert_close (monge_volume_get_voxel_size (volume), 6.0, 1e-12);
}

/* A quarter turn about z: x of the grid becomes y of the world. */
static void
test_qform_next (void)
{
  Header header = new_header (2, 2, 2, UINT8, 8);
  g_autofree char *path = NULL;
  g_autoptr (MongeVolume) volume = NULL;
  const double expected[16] = { 0, -3, 0, 5, 2, 0, 0, 6, 0, 0, 4, 7, 0, 0, 0, 1 };

  put_int16 (&header, 252, 1);
  put_float (&header, 264, (float) sqrt (0.5)); /* quatern_d */
  put_float (&header, 268, 5.0f);
  put_float (&header, 272, 6.0f);
  put_float (&header, 276, 7.0f);
  path = write_file ("qform.nii", &header, cube, 8);
  volume = load (path);
  monge_assert_max_abs (monge_volume_get_affine (volume), expected, 16, 1e-5);
  g_assert_cmpstr (monge_volume_get_orientation (volume), ==, "ALS");
}

static void
test_voxel_sizes_last (void)
{
  Header header = new_header (2, 2, 2, UINT8, 8);
  g_autofree char *path = write_file ("plain.nii.gz", &header, cube, 8);
  g_autoptr (MongeVolume) volume = load (path);
  const double expected[16] = { 2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 4, 0, 0, 0, 0, 1 };

  monge_assert_max_abs (monge_volume_get_affine (volume), expected, 16, 1e-12);
  g_assert_cmpstr (monge_volume_get_orientation (volume), ==, "RAS");
}

static void
test_units (void)
{
  static const struct {
    guint8 code;
    double size;
  } units[] = { { 0, 24.0 }, { 1, 24e9 }, { 2, 24.0 }, { 3, 24e-9 } };

  for (gsize i = 0; i < G_N_ELEMENTS (units); i++)
    {
      Header header = new_header (2, 2, 2, UINT8, 8);
      g_autofree char *path = NULL;
      g_autoptr (MongeVolume) volume = NULL;

      header.bytes[123] = units[i].code;
      path = write_file ("units.nii", &header, cube, 8);
      volume = load (path);
      monge_assert_close_rel (monge_volume_get_voxel_size (volume), units[i].size, 1e-6);
    }
}

/* ---- values ---- */

static void
check_labels_1_and_7 (const MongeVolume *volume)
{
  const GArray *table = monge_volume_get_label_table (volume);

  g_assert_cmpuint (table->len, ==, 2);
  g_assert_cmpint (g_array_index (table, MongeLabel, 0).label, ==, 1);
  g_assert_cmpint (g_array_index (table, MongeLabel, 1).label, ==, 7);
  g_assert_cmpuint (g_array_index (table, MongeLabel, 1).n_voxels, ==, 1);
  g_assert_cmpuint (monge_volume_get_places (volume)[0], ==, 1);
  g_assert_cmpuint (monge_volume_get_places (volume)[6], ==, 0);
  g_assert_cmpuint (monge_volume_get_places (volume)[7], ==, 2);
  for (int k = 0; k < 3; k++)
    {
      g_assert_cmpuint (g_array_index (table, MongeLabel, 0).lower[k], ==, 0);
      g_assert_cmpuint (g_array_index (table, MongeLabel, 0).upper[k], ==, 1);
      g_assert_cmpuint (g_array_index (table, MongeLabel, 1).lower[k], ==, 1);
      g_assert_cmpuint (g_array_index (table, MongeLabel, 1).upper[k], ==, 2);
    }
}

static void
test_float_labels (void)
{
  const float voxels[8] = { 1, 0, 0, 0, 0, 0, NAN, 7 };
  Header header = new_header (2, 2, 2, FLOAT32, 32);
  g_autofree char *path = write_file ("float.nii", &header, voxels, sizeof voxels);
  g_autoptr (MongeVolume) volume = load (path);

  check_labels_1_and_7 (volume);
}

static void
test_scaled_labels (void)
{
  const gint16 voxels[8] = { 1, -2, -2, -2, -2, -2, -2, 19 };
  Header header = new_header (2, 2, 2, INT16, 16);
  g_autofree char *path = NULL;
  g_autoptr (MongeVolume) volume = NULL;

  put_float (&header, 112, 1.0f / 3.0f);
  put_float (&header, 116, 2.0f / 3.0f);
  path = write_file ("scaled.nii", &header, voxels, sizeof voxels);
  volume = load (path);
  check_labels_1_and_7 (volume);
}

/* Every field of more than one byte turned, as another machine would write it. */
/* Into the other byte order. */
static void
turn_header (Header *header)
{
  static const struct {
    gsize offset, size, n;
  } fields[] = { { 0, 4, 1 }, { 40, 2, 8 }, { 70, 2, 2 }, { 76, 4, 8 }, { 108, 4, 3 } };

  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    for (gsize k = 0; k < fields[i].n; k++)
      for (gsize b = 0; b < fields[i].size / 2; b++)
        {
          guint8 *value = header->bytes + fields[i].offset + k * fields[i].size;
          guint8 first = value[b];

          value[b] = value[fields[i].size - 1 - b];
          value[fields[i].size - 1 - b] = first;
        }
}

static void
test_other_byte_order (void)
{
  gint16 voxels[8] = { 1, 0, 0, 0, 0, 0, 0, 7 };
  Header header = new_header (2, 2, 2, INT16, 16);
  g_autofree char *path = NULL;
  g_autoptr (MongeVolume) volume = NULL;

  turn_header (&header);
  for (int k = 0; k < 8; k++)
    voxels[k] = (gint16) GUINT16_SWAP_LE_BE ((guint16) voxels[k]);
  path = write_file ("swapped.nii", &header, voxels, sizeof voxels);
  volume = load (path);
  check_labels_1_and_7 (volume);
  monge_assert_close (monge_volume_get_voxel_size (volume), 24.0, 1e-12);
}

static void
test_nifti_2 (void)
{
  guint8 bytes[544 + 8] = { 0 };
  const gint32 size = 540;
  const gint16 type[2] = { UINT8, 8 };
  const gint64 dim[8] = { 3, 2, 2, 2, 1, 1, 1, 1 }, offset = 544;
  const double pixdim[8] = { 1, 2, 3, 4 };
  g_autofree char *path = g_build_filename (folder, "two.nii", NULL);
  g_autoptr (MongeVolume) volume = NULL;

  memcpy (bytes, &size, 4);
  memcpy (bytes + 4, "n+2\0\r\n\032\n", 8);
  memcpy (bytes + 12, type, 4);
  memcpy (bytes + 16, dim, 64);
  memcpy (bytes + 104, pixdim, 64);
  memcpy (bytes + 168, &offset, 8);
  memcpy (bytes + 544, cube, 8);
  g_assert_true (g_file_set_contents (path, (char *) bytes, sizeof bytes, NULL));
  volume = load (path);
  check_labels_1_and_7 (volume);
  monge_assert_close (monge_volume_get_voxel_size (volume), 24.0, 1e-12);

  g_assert_true (g_file_set_contents (path, (char *) bytes, 500, NULL));
  check_refused (path, MONGE_ERROR_FORMAT, "truncated");
}

static void
test_label_names (void)
{
  const char *text = "# a comment\r\n1 Hippocampus_L 4101\r\n\r\nnonsense\r\n99999999999 x\r\n"
                     "7\t255 0 0 1 1 1 \"Left Amygdala\"\r\n8 absent\r\n";
  Header header = new_header (2, 2, 2, UINT8, 8);
  g_autofree char *path = write_file ("named.nii.gz", &header, cube, 8);
  g_autofree char *table_path = g_build_filename (folder, "named.nii.txt", NULL);
  g_autoptr (MongeVolume) volume = NULL;
  g_autoptr (MongeShape) shape = NULL;
  const GArray *table;

  g_assert_true (g_file_set_contents (table_path, text, -1, NULL));
  volume = load (path);
  table = monge_volume_get_label_table (volume);
  g_assert_cmpstr (g_array_index (table, MongeLabel, 0).name, ==, "Hippocampus_L");
  g_assert_cmpstr (g_array_index (table, MongeLabel, 1).name, ==, "Left Amygdala");
  shape = monge_volume_extract_voxels (volume, &(gint32){ 1 }, 1, NULL, NULL);
  g_assert_cmpstr (monge_shape_get_name (shape), ==, "Hippocampus_L");
}

/* ---- damage ---- */

static void
test_refuse_what_is_no_volume (void)
{
  const gint16 field[6] = { 5, 2, 1, 1, 1, 3 };
  Header header = new_header (2, 2, 2, RGB, 24);
  g_autofree char *colours = NULL, *vectors = NULL, *half = NULL;

  colours = write_file ("b.nii", &header, cube, 8);
  check_refused (colours, MONGE_ERROR_UNSUPPORTED, "RGB");
  header = new_header (2, 2, 2, UINT8, 8);
  put (&header, 40, field, sizeof field);
  vectors = write_file ("c.nii", &header, cube, 8);
  check_refused (vectors, MONGE_ERROR_UNSUPPORTED, "3 numbers a voxel");
  header = new_header (2, 2, 2, UINT8, 8);
  put (&header, 344, "ni1", 4);
  half = write_file ("d.hdr", &header, cube, 0);
  check_refused (half, MONGE_ERROR_IO, "d.img");
  check_refused ("/nowhere/x.nii", MONGE_ERROR_IO, "No such file");
  check_refused ("/tmp", MONGE_ERROR_IO, "directory");
}

static void
test_intensities (void)
{
  const float voxels[8] = { 0.25f, NAN, 4.0f, 3.0f, 0.5f, 3.5f, -1.0f, INFINITY };
  Header header = new_header (2, 2, 2, FLOAT32, 32);
  g_autofree char *path = NULL;
  g_autoptr (MongeVolume) volume = NULL;
  float lowest, highest;

  put_float (&header, 112, 2.0f);
  put_float (&header, 116, 1.0f);
  path = write_file ("a.nii", &header, voxels, sizeof voxels);
  volume = load (path);
  g_assert_cmpint (monge_volume_get_kind (volume), ==, MONGE_VOLUME_INTENSITIES);
  g_assert_cmpuint (monge_volume_get_label_table (volume)->len, ==, 0);
  g_assert_null (monge_volume_get_places (volume));
  g_assert_cmpfloat (monge_volume_get_intensities (volume)[0], ==, 1.5f);
  g_assert_cmpfloat (monge_volume_get_intensities (volume)[1], ==, 0.0f);
  monge_volume_get_range (volume, &lowest, &highest);
  g_assert_cmpfloat (lowest, ==, -1.0f);
  g_assert_cmpfloat (highest, ==, FLT_MAX);
  g_assert_nonnull (strstr (monge_volume_get_notes (volume)[1], "2 of its values"));
}

/* Two classes apart: a level between them. */
static void
test_suggested_level (void)
{
  g_autofree float *values = g_new (float, 4096);
  MongeVoxels voxels = { .size = { 16, 16, 16 },
                         .affine = { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1 },
                         .type = MONGE_TYPE_FLOAT32,
                         .values = values,
                         .slope = 1.0 };
  g_autoptr (MongeVolume) volume = NULL;
  MongeRandom random;

  monge_random_init (&random, 3);
  for (int i = 0; i < 4096; i++)
    values[i] = (float) (monge_random_uniform (&random) + (i % 5 == 0 ? 100.0 : 10.0));
  volume = monge_volume_new ("two", &voxels, NULL, NULL, NULL);
  g_assert_cmpint (monge_volume_get_kind (volume), ==, MONGE_VOLUME_INTENSITIES);
  g_assert_cmpfloat (monge_volume_suggest_level (volume), >, 30.0);
  g_assert_cmpfloat (monge_volume_suggest_level (volume), <, 80.0);
}

/* Whole numbers are labels if they lie in pieces, whatever their type and address. */
static void
test_kinds (void)
{
  guint8 bytes[2 * 4096 + 1];
  MongeVoxels voxels = { .size = { 16, 16, 16 },
                         .affine = { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1 },
                         .type = MONGE_TYPE_INT16,
                         .values = bytes + 1,
                         .slope = 1.0,
                         .swap = TRUE };
  MongeRandom random;

  monge_random_init (&random, 3);
  for (int k = 0; k < 3; k++)
    {
      g_autoptr (MongeVolume) volume = NULL;

      for (int i = 0; i < 4096; i++)
        {
          gint16 value = k == 0 ? (gint16) (i / 40 - 3)
                                : (gint16) (monge_random_next (&random) % (k == 1 ? 200 : 5));
          guint16 swapped = GUINT16_SWAP_LE_BE ((guint16) value);

          memcpy (bytes + 1 + 2 * i, &swapped, 2);
        }
      volume = monge_volume_new ("kind", &voxels, NULL, NULL, NULL);
      g_assert_cmpint (monge_volume_get_kind (volume), ==,
                       k == 1 ? MONGE_VOLUME_INTENSITIES : MONGE_VOLUME_LABELS);
      if (k == 0)
        g_assert_cmpuint (monge_volume_get_label_table (volume)->len, ==, 102);
      if (k == 0)
        g_assert_cmpint (g_array_index (monge_volume_get_label_table (volume), MongeLabel, 0).label,
                         ==, -3);
    }
}

static void
test_series_and_maps_are_told (void)
{
  const gint16 four[5] = { 4, 2, 2, 2, 3 };
  const float rows[12] = { -1, 0, 0, 10, 0, 0, 2, 20, 0, 3, 0, 30 };
  guint8 voxels[24] = { 1, 0, 0, 0, 0, 0, 0, 7, 9, 9, 9 };
  Header header = new_header (2, 2, 2, UINT8, 8);
  g_autofree char *path = NULL;
  g_autoptr (MongeVolume) volume = NULL;
  const char *const *notes;

  put (&header, 40, four, sizeof four);
  put_sform (&header, rows);
  put_int16 (&header, 252, 1);
  path = write_file ("series.nii", &header, voxels, sizeof voxels);
  volume = load (path);
  check_labels_1_and_7 (volume);
  notes = monge_volume_get_notes (volume);
  g_assert_nonnull (strstr (notes[0], "sform"));
  g_assert_nonnull (strstr (notes[1], "3 volumes"));
  g_assert_nonnull (strstr (notes[1], "save that one"));
  g_assert_null (notes[2]);
}

/* By either name, zipped or not; an Analyze header has no mark. */
static void
test_pairs (void)
{
  static const char *const names[][2] = { { "p.hdr", "p.img" }, { "q.hdr.gz", "q.img.gz" },
                                          { "r.hdr", "r.img" } };

  for (int k = 0; k < 3; k++)
    for (int by = 0; by < 2; by++)
      {
        Header header = new_header (2, 2, 2, UINT8, 8);
        g_autofree char *first = NULL, *second = g_build_filename (folder, names[k][1], NULL);
        g_autoptr (GBytes) zipped = monge_bytes_deflate (cube, 8);
        g_autoptr (MongeVolume) volume = NULL;

        put_float (&header, 108, 0.0f);
        put (&header, 344, k == 2 ? "\0\0\0" : "ni1", 4);
        first = write_file (names[k][0], &header, cube, 0);
        write_bytes (second, k == 1 ? g_bytes_get_data (zipped, NULL) : cube,
                     k == 1 ? g_bytes_get_size (zipped) : 8);
        volume = load (by ? second : first);
        check_labels_1_and_7 (volume);
        g_assert_nonnull (strstr (monge_volume_get_notes (volume)[0], k == 2 ? "Analyze" : "no map"));
      }
}

static void
test_refuse_lying_sizes (void)
{
  static const gint16 dims[][4] = { { 3, -1, 2, 2 }, { 3, 0, 2, 2 },          { 0, 2, 2, 2 },
                                    { 9, 2, 2, 2 },  { 3, 2, 2, 3 },          { -3, 2, 2, 2 },
                                    { 3, 900, 900, 900 }, { 3, 32767, 32767, 32767 } };
  static const float offsets[] = { -1.0f, 0.0f, 353.0f, 1e30f, NAN, INFINITY };

  for (int packed = 0; packed < 2; packed++)
    {
      const char *name = packed ? "lie.nii.gz" : "lie.nii";

      for (gsize i = 0; i < G_N_ELEMENTS (dims); i++)
        {
          Header header = new_header (2, 2, 2, UINT8, 8);
          g_autofree char *path = NULL;
          g_autoptr (GError) error = NULL;

          put (&header, 40, dims[i], sizeof dims[i]);
          path = write_file (name, &header, cube, 8);
          g_assert_null (monge_volume_load (path, NULL, &error));
          g_assert_nonnull (error);
        }
      for (gsize i = 0; i < G_N_ELEMENTS (offsets); i++)
        {
          Header header = new_header (2, 2, 2, UINT8, 8);
          g_autofree char *path = NULL;
          g_autoptr (GError) error = NULL;

          put_float (&header, 108, offsets[i]);
          path = write_file (name, &header, cube, 8);
          g_assert_null (monge_volume_load (path, NULL, &error));
          g_assert_nonnull (error);
        }
    }
}

static void
test_refuse_singular_placement (void)
{
  const float flat[12] = { 1, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0 };
  const float infinite[12] = { INFINITY, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0 };
  Header header = new_header (2, 2, 2, UINT8, 8);
  g_autofree char *path = NULL, *other = NULL;

  put_sform (&header, flat);
  path = write_file ("flat.nii", &header, cube, 8);
  check_refused (path, MONGE_ERROR_FORMAT, "singular");
  put_sform (&header, infinite);
  other = write_file ("infinite.nii", &header, cube, 8);
  check_refused (other, MONGE_ERROR_FORMAT, "singular");
}

/* Each prefix of a good file, plain and packed, is refused; so is a packed file with a bad sum. */
static void
test_refuse_truncated (void)
{
  const char *names[] = { "whole.nii", "whole.nii.gz" };

  for (int k = 0; k < 2; k++)
    {
      Header header = new_header (2, 2, 2, UINT8, 8);
      g_autofree char *path = write_file (names[k], &header, cube, 8);
      g_autofree char *bytes = NULL;
      gsize size;

      g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
      for (gsize n = 0; n < size; n++)
        {
          GError *error = NULL;

          write_bytes (path, bytes, n);
          g_assert_null (monge_volume_load (path, NULL, &error));
          g_assert_nonnull (error);
          g_clear_error (&error);
        }
      bytes[size - 8] ^= 1;
      g_assert_true (g_file_set_contents (path, bytes, (gssize) size, NULL));
      if (k == 1)
        check_refused (path, MONGE_ERROR_FORMAT, "zipped data");
    }
}

/* The length of one version with the mark of another, in either byte order, is no such version; with
 * that of version 1 it is Analyze, which has its voxels in another file. */
static void
test_refuse_marks_of_another_version (void)
{
  static const char *const marks[] = { "n+2", "ni2", "n+9", "n+1x" };
  guint8 two[552] = "....n+1\0\r\n\032\n";
  const gint32 length = 540;
  g_autofree char *other = g_build_filename (folder, "mark-2.nii", NULL);

  for (int turned = 0; turned < 2; turned++)
    for (gsize i = 0; i < G_N_ELEMENTS (marks); i++)
      {
        Header header = new_header (2, 2, 2, UINT8, 8);
        g_autofree char *path = NULL;

        if (turned)
          turn_header (&header);
        put (&header, 344, marks[i], 4);
        path = write_file ("mark.nii", &header, cube, 8);
        check_refused (path, MONGE_ERROR_IO, "mark.img");
      }
  memcpy (two, &length, sizeof length);
  write_bytes (other, two, sizeof two);
  check_refused (other, MONGE_ERROR_FORMAT, "mark of NIfTI-2");
}

/* Random bytes of the header changed: a volume or an error, and nothing printed or leaked. */
static void
test_survive_random_damage (void)
{
  MongeRandom random;
  guint n_loaded = 0;

  monge_random_init (&random, 7);
  for (int i = 0; i < 3000; i++)
    {
      Header header = new_header (2, 2, 2, i % 2 ? UINT8 : INT16, i % 2 ? 8 : 16);
      g_autofree char *path = NULL;
      g_autoptr (MongeVolume) volume = NULL;
      GError *error = NULL;
      guint8 voxels[16] = { 1, 0, 3 }, bytes[368];

      if (i % 3 == 0)
        put_int16 (&header, 252, 1);
      for (int k = 0; k <= i % 4; k++)
        header.bytes[monge_random_next (&random) % 352] = (guint8) monge_random_next (&random);
      path = g_build_filename (folder, "damage.nii", NULL);
      memcpy (bytes, header.bytes, 352);
      memcpy (bytes + 352, voxels, 16);
      write_bytes (path, bytes, sizeof bytes);
      volume = monge_volume_load (path, NULL, &error);
      g_assert_true ((volume == NULL) == (error != NULL));
      n_loaded += volume != NULL;
      g_clear_error (&error);
    }
  g_assert_cmpuint (n_loaded, >, 500);
  g_assert_cmpuint (n_loaded, <, 2900);
}

static void
test_cancelled (void)
{
  Header header = new_header (2, 2, 2, UINT8, 8);
  g_autofree char *path = write_file ("cancel.nii", &header, cube, 8);
  MongeTask task = MONGE_TASK_INIT;
  GError *error = NULL;

  monge_task_cancel (&task);
  g_assert_null (monge_volume_load (path, &task, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_CANCELLED, "");
}

static void
test_paths (void)
{
  g_assert_true (monge_path_is_volume ("a/b.nii"));
  g_assert_true (monge_path_is_volume ("B.NII.GZ"));
  g_assert_false (monge_path_is_volume ("b.ply.gz"));
  g_assert_false (monge_path_is_volume ("nii"));
}

static void
remove_folder (void)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      g_unlink (path);
    }
  g_rmdir (folder);
  g_free (folder);
}

int
main (int argc, char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("monge-volume-XXXXXX", NULL);
  g_test_add_func ("/volume/sform-first", test_sform_first);
  g_test_add_func ("/volume/qform-next", test_qform_next);
  g_test_add_func ("/volume/voxel-sizes-last", test_voxel_sizes_last);
  g_test_add_func ("/volume/units", test_units);
  g_test_add_func ("/volume/float-labels", test_float_labels);
  g_test_add_func ("/volume/scaled-labels", test_scaled_labels);
  g_test_add_func ("/volume/other-byte-order", test_other_byte_order);
  g_test_add_func ("/volume/nifti-2", test_nifti_2);
  g_test_add_func ("/volume/label-names", test_label_names);
  g_test_add_func ("/volume/intensities", test_intensities);
  g_test_add_func ("/volume/suggested-level", test_suggested_level);
  g_test_add_func ("/volume/kinds", test_kinds);
  g_test_add_func ("/volume/series-and-maps-are-told", test_series_and_maps_are_told);
  g_test_add_func ("/volume/pairs", test_pairs);
  g_test_add_func ("/volume/refuse-what-is-no-volume", test_refuse_what_is_no_volume);
  g_test_add_func ("/volume/refuse-marks-of-another-version", test_refuse_marks_of_another_version);
  g_test_add_func ("/volume/refuse-lying-sizes", test_refuse_lying_sizes);
  g_test_add_func ("/volume/refuse-singular-placement", test_refuse_singular_placement);
  g_test_add_func ("/volume/refuse-truncated", test_refuse_truncated);
  g_test_add_func ("/volume/survive-random-damage", test_survive_random_damage);
  g_test_add_func ("/volume/cancelled", test_cancelled);
  g_test_add_func ("/volume/paths", test_paths);
  status = g_test_run ();
  remove_folder ();
  return status;
}
