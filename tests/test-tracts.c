/* Tracts: TrackVis and MRtrix, there and back, where coordinates lie, and what is refused. */
#include "compute/io/io.h"
#include "compute/shape/polyline.h"

#include <math.h>
#include <string.h>

#include "compute/io/trk-private.h"
#include "compute/shape/bytes.h"
#include "tests/util.h"

static const MongeFormat *
find_format (const char *name)
{
  const MongeFormat *format = monge_formats;

  while (!g_str_equal (format->name, name))
    format++;
  return format;
}

static MongeShape *
parse (const char *format, const GString *text, GError **error)
{
  return monge_format_parse_bytes (find_format (format), (const guint8 *) text->str, text->len,
                                   "test", error);
}

static MongeShape *
parse_good (const char *format, const GString *text)
{
  g_autoptr (GError) error = NULL;
  MongeShape *shape = parse (format, text, &error);

  g_assert_no_error (error);
  return shape;
}

static void
append_word (GString *out, guint32 word, gboolean is_big)
{
  word = is_big ? GUINT32_TO_BE (word) : GUINT32_TO_LE (word);
  g_string_append_len (out, (const char *) &word, 4);
}

static void
append_float (GString *out, float value, gboolean is_big)
{
  guint32 word;

  memcpy (&word, &value, 4);
  append_word (out, word, is_big);
}

/* --- TrackVis --- */

/* Streamlines of 3, 1 and 2 points, two scalars named “FA” and “rest”, three properties of which
 * “id” has two. */
static void
fill_header (guint8 header[MONGE_TRK_SIZE])
{
  monge_trk_init (header);
  monge_trk_set_short (header, MONGE_TRK_N_SCALARS, 2);
  memcpy (header + MONGE_TRK_SCALAR_NAMES, "FA", 2);
  monge_trk_set_short (header, MONGE_TRK_N_PROPERTIES, 3);
  memcpy (header + MONGE_TRK_PROPERTY_NAMES, "id\0" "2", 4);
  memcpy (header + MONGE_TRK_PROPERTY_NAMES + MONGE_TRK_NAME_SIZE, "length", 6);
  monge_trk_set_int (header, MONGE_TRK_N_COUNT, 3);
}

/* @turn: bytes of the numbers of the header are in the other order. */
static GString *
make_trk (const guint8 header[MONGE_TRK_SIZE], gboolean is_big)
{
  static const guint32 lengths[] = { 3, 1, 2 };
  GString *out = g_string_new_len ((const char *) header, MONGE_TRK_SIZE);
  float value = 0.0f;

  for (guint l = 0; l < 3; l++)
    {
      append_word (out, lengths[l], is_big);
      for (guint k = 0; k < 5 * lengths[l] + 3; k++)
        append_float (out, value += 0.37f, is_big);
    }
  return out;
}

static void
swap (GString *out, gsize at, gsize size, gsize n)
{
  monge_bytes_copy (out->str + at, size, out->str + at, size, size, n, TRUE);
}

static void
test_trk (void)
{
  guint8 header[MONGE_TRK_SIZE];
  g_autoptr (GString) bytes = NULL, big = NULL, out = g_string_new (NULL);
  g_autoptr (MongeShape) shape = NULL, same = NULL, back = NULL;
  const MongeArray *id;

  fill_header (header);
  bytes = make_trk (header, FALSE);
  shape = parse_good ("TRK", bytes);
  g_assert_cmpuint (monge_shape_get_n_vertices (shape), ==, 6);
  g_assert_cmpuint (monge_shape_get_n_cells (shape), ==, 3);
  g_assert_cmpfloat (monge_shape_get_positions (shape)[0], ==, (double) 0.37f - 0.5);
  g_assert_cmpstr (monge_shape_get_array (shape, 0)->name, ==, "FA");
  g_assert_cmpstr (monge_shape_get_array (shape, 1)->name, ==, "scalars");
  id = monge_shape_get_cell_array (shape, 0);
  g_assert_cmpstr (id->name, ==, "id");
  g_assert_cmpuint (id->n_components, ==, 2);
  g_assert_cmpfloat (monge_array_get (id, 0, 1), ==, monge_array_get (id, 1, 1));
  g_assert_nonnull (strstr (monge_shape_get_repairs (shape)[0], "1 of 3 lines have one point"));

  /* The same numbers from high to low. */
  big = make_trk (header, TRUE);
  swap (big, 6, 2, 3);
  swap (big, 12, 4, 6);
  swap (big, 36, 2, 1);
  swap (big, 238, 2, 1);
  swap (big, 440, 4, 16);
  swap (big, 956, 4, 6);
  swap (big, 988, 4, 3);
  same = parse_good ("TRK", big);
  g_assert_cmpmem (monge_shape_get_positions (same), 18 * sizeof (double),
                   monge_shape_get_positions (shape), 18 * sizeof (double));

  /* Lone points lose their properties, all else comes back. */
  g_assert_true (find_format ("TRK")->write (shape, out, NULL));
  g_assert_cmpuint (out->len, ==, bytes->len);
  back = parse_good ("TRK", out);
  g_assert_cmpmem (monge_shape_get_positions (back), 18 * sizeof (double),
                   monge_shape_get_positions (shape), 18 * sizeof (double));
  for (guint i = 0; i < 2; i++)
    g_assert_true (g_bytes_equal (monge_shape_get_array (back, i)->values,
                                  monge_shape_get_array (shape, i)->values));
  g_assert_true (g_bytes_equal (monge_shape_get_cell_array (back, 0)->values, id->values));
}

/* By hand: voxels of 2 × 3 × 4 mm, 10 × 20 × 30 of them, stored left, back, top (L P S). */
static void
test_trk_space (void)
{
  static const float matrix[16] = { 2, 0, 0, -7, 0, 3, 0, 5, 0, 0, 4, 1, 0, 0, 0, 1 };
  static const gint16 size[3] = { 10, 20, 30 };
  guint8 header[MONGE_TRK_SIZE];
  g_autoptr (GString) bytes = NULL;
  g_autoptr (MongeShape) shape = NULL, first = NULL;
  double point[3], affine[16];
  gboolean has_order, has_matrix;

  fill_header (header);
  for (gsize k = 0; k < 16; k++)
    monge_trk_set_float (header, MONGE_TRK_VOX_TO_RAS + 4 * k, matrix[k]);
  for (gsize k = 0; k < 3; k++)
    {
      monge_trk_set_short (header, MONGE_TRK_DIMENSIONS + 2 * k, size[k]);
      monge_trk_set_float (header, MONGE_TRK_VOXEL_SIZE + 4 * k, (float) (k + 2));
    }
  memcpy (header + MONGE_TRK_VOXEL_ORDER, "LPS", 3);
  bytes = make_trk (header, FALSE);
  shape = parse_good ("TRK", bytes);
  for (gsize k = 0; k < 3; k++)
    {
      double voxel = (k + 1) * (double) 0.37f / (k + 2.0) - 0.5;

      point[k] = (k < 2 ? size[k] - 1.0 - voxel : voxel) * matrix[5 * k]
                 + (double) matrix[4 * k + 3];
      monge_assert_close (monge_shape_get_positions (shape)[k], point[k], 1e-6);
    }

  /* Version 1 has no matrix; no order is LPS. Both are told. */
  monge_trk_set_int (header, MONGE_TRK_VERSION, 1);
  header[MONGE_TRK_VOXEL_ORDER] = 0;
  g_assert_true (monge_trk_find_affine (header, affine, &has_order, &has_matrix, NULL));
  g_assert_false (has_order || has_matrix);
  g_string_overwrite_len (bytes, 0, (const char *) header, MONGE_TRK_SIZE);
  first = parse_good ("TRK", bytes);
  g_assert_nonnull (strstr (monge_shape_get_repairs (first)[0], "no matrix to RAS"));
  g_assert_nonnull (strstr (monge_shape_get_repairs (first)[1], "LPS was assumed"));
}

static void
test_trk_lies (void)
{
  static const struct {
    gsize at;
    const char *bytes;
    gsize n;
    const char *words;
    int code;
  } lies[] = {
    { MONGE_TRK_HDR_SIZE, "\x01\x02", 2, "not 1000", MONGE_ERROR_FORMAT },
    { MONGE_TRK_VERSION, "\x09", 1, "version 9", MONGE_ERROR_UNSUPPORTED },
    { MONGE_TRK_N_SCALARS, "\xff\xff", 2, "-1 scalars", MONGE_ERROR_FORMAT },
    { MONGE_TRK_N_SCALARS, "\xff\x7f", 2, "truncated", MONGE_ERROR_FORMAT },
    { MONGE_TRK_N_COUNT, "\xff\xff\xff\x7f", 4, "streamline 3", MONGE_ERROR_FORMAT },
    { MONGE_TRK_SIZE, "\xff\xff\xff\xff", 4, "streamline 0", MONGE_ERROR_FORMAT },
    { MONGE_TRK_VOXEL_SIZE, "\0\0\0\0", 4, "invertible", MONGE_ERROR_FORMAT },
    { MONGE_TRK_VOX_TO_RAS, "\0\0\0\0", 4, "orientation", MONGE_ERROR_FORMAT },
    { MONGE_TRK_VOXEL_ORDER, "LLS", 3, "orientation", MONGE_ERROR_FORMAT },
    { 0, "X", 1, "TRACK", MONGE_ERROR_FORMAT },
  };
  guint8 header[MONGE_TRK_SIZE];

  fill_header (header);
  for (guint i = 0; i < G_N_ELEMENTS (lies); i++)
    {
      g_autoptr (GString) bytes = make_trk (header, FALSE);
      g_autoptr (GError) error = NULL;

      g_string_overwrite_len (bytes, lies[i].at, lies[i].bytes, (gssize) lies[i].n);
      g_assert_null (parse ("TRK", bytes, &error));
      monge_assert_error (error, MONGE_ERROR, lies[i].code, lies[i].words);
    }
}

/* A count of 0: until the end. */
static void
test_trk_without_count (void)
{
  guint8 header[MONGE_TRK_SIZE];
  g_autoptr (GString) bytes = NULL;
  g_autoptr (MongeShape) shape = NULL;

  fill_header (header);
  monge_trk_set_int (header, MONGE_TRK_N_COUNT, 0);
  bytes = make_trk (header, FALSE);
  shape = parse_good ("TRK", bytes);
  g_assert_cmpuint (monge_shape_get_n_vertices (shape), ==, 6);
}

/* A real bundle comes back byte for byte. */
static void
test_trk_bundle (void)
{
  g_autofree char *path = monge_test_data ("tracts/sub_1/AF_L.trk"), *truth = NULL, *written = NULL;
  g_autofree char *copy = monge_test_tmp_path ("copy.trk");
  g_autoptr (MongeShape) shape = NULL;
  g_autoptr (MongePolylines) lines = NULL;
  g_autoptr (GError) error = NULL;
  gsize n_truth, n_written;

  if (path == NULL)
    return;
  shape = monge_shape_load (path, NULL, NULL, &error);
  g_assert_no_error (error);
  lines = monge_mesh_trace_polylines (shape);
  g_assert_cmpuint (lines->n_lines, ==, 50);
  g_assert_true (monge_shape_save (shape, copy, NULL, &error));
  g_assert_true (g_file_get_contents (path, &truth, &n_truth, NULL));
  g_assert_true (g_file_get_contents (copy, &written, &n_written, NULL));
  g_assert_cmpmem (written, n_written, truth, n_truth);
}

/* --- MRtrix --- */

/* Two tracks and an empty one between them. @type: as in the header. */
static GString *
make_tck (const char *type, const char *more)
{
  static const double values[] = { 1, 2, 3, 4.5, 5, 6, 7, 8, 9, NAN, NAN, NAN, NAN, NAN, NAN,
                                   -1e-7, 0, 0, 1, 1, 1, NAN, NAN, NAN,
                                   INFINITY, INFINITY, INFINITY };
  GString *out = g_string_new ("mrtrix tracks\nstep_size: 0.5\n");
  gboolean is_big = g_str_has_suffix (type, "BE");

  g_string_append_printf (out, "%sdatatype: %s\nfile: . 200\nEND\n", more, type);
  while (out->len < 200)
    g_string_append_c (out, 'x');
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    if (g_str_has_prefix (type, "Float32"))
      append_float (out, (float) values[i], is_big);
    else
      {
        guint64 word;

        memcpy (&word, values + i, 8);
        word = is_big ? GUINT64_TO_BE (word) : GUINT64_TO_LE (word);
        g_string_append_len (out, (const char *) &word, 8);
      }
  return out;
}

static void
test_tck (void)
{
  static const char *const types[] = { "Float32LE", "Float32BE", "Float64LE", "Float64BE",
                                       "Float32" };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autoptr (GString) bytes = make_tck (types[i], "count: 3\n"), out = g_string_new (NULL);
      g_autoptr (MongeShape) shape = parse_good ("TCK", bytes), back = NULL;

      g_assert_cmpuint (monge_shape_get_n_vertices (shape), ==, 5);
      g_assert_cmpuint (monge_shape_get_n_cells (shape), ==, 3);
      g_assert_cmpfloat (monge_shape_get_positions (shape)[3], ==, 4.5);
      g_assert_nonnull (strstr (monge_shape_get_repairs (shape)[0], "1 tracks have no point"));
      g_assert_null (monge_shape_get_repairs (shape)[1]);
      g_assert_true (find_format ("TCK")->write (shape, out, NULL));
      g_assert_nonnull (strstr (out->str, "step_size: 0.5\n"));
      back = parse_good ("TCK", out);
      g_assert_null (monge_shape_get_repairs (back)[0]);
      for (guint k = 0; k < 15; k++)
        g_assert_true ((float) monge_shape_get_positions (back)[k]
                       == (float) monge_shape_get_positions (shape)[k]);
    }
}

static void
test_tck_lies (void)
{
  g_autoptr (GString) bytes = make_tck ("Int16LE", "");
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeShape) shape = NULL;

  g_assert_null (parse ("TCK", bytes, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                      "line 3: numbers of type “Int16LE”");
  g_string_free (g_steal_pointer (&bytes), TRUE);
  bytes = make_tck ("Float32LE", "file: . 99999\n");
  g_assert_null (parse ("TCK", bytes, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "beyond the end");
  g_string_free (g_steal_pointer (&bytes), TRUE);
  bytes = make_tck ("Float32LE", "count: 7\n");
  g_string_truncate (bytes, bytes->len - 13);
  shape = parse_good ("TCK", bytes);
  g_assert_nonnull (strstr (monge_shape_get_repairs (shape)[1], "does not end"));
  g_assert_nonnull (strstr (monge_shape_get_repairs (shape)[2], "7 tracks are promised"));
  g_string_truncate (bytes, 40);
  g_assert_null (parse ("TCK", bytes, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "END");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tracts/trk", test_trk);
  g_test_add_func ("/tracts/trk_space", test_trk_space);
  g_test_add_func ("/tracts/trk_lies", test_trk_lies);
  g_test_add_func ("/tracts/trk_without_count", test_trk_without_count);
  g_test_add_func ("/tracts/trk_bundle", test_trk_bundle);
  g_test_add_func ("/tracts/tck", test_tck);
  g_test_add_func ("/tracts/tck_lies", test_tck_lies);
  return g_test_run ();
}
