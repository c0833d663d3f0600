/* FreeSurfer's binary surfaces (triangles, and the two older formats of quadrangles), big-endian,
 * after the description of their bytes by G. Wideman, “FreeSurfer: surface file formats”, and
 * FreeSurfer's own matlab/read_surf.m. Files have no extension of their own (lh.white, rh.pial):
 * they are known by their first three bytes.
 *
 * Coordinates are millimetres in “surface RAS” (tkRAS): along right, anterior, superior of the
 * volume as FreeSurfer conforms it, around that volume's middle. They are not those of the
 * scanner, and nothing is moved: they stay as they are in the file. Where the footer says that its
 * geometry is valid, the field “freesurfer/scanner” (4 × 4) takes them to the scanner's RAS: its
 * linear part is (x_ras y_ras z_ras) Dᵀ, where D are the directions of a conformed volume, the
 * identity for such a one, and its translation is c_ras. That is told where it is not the
 * identity.
 *
 * Quadrangles are split into two triangles each, along the diagonal that FreeSurfer takes: by
 * whether their first vertex is even. The stamp and the footer are kept, bytes of the footer as
 * they are. */
#include "compute/io/io-private.h"

#include <float.h>
#include <string.h>

#include "compute/io/scan.h"
#include "compute/io/text-field.h"
#include "compute/shape/bytes.h"

#define TRIANGLES 0xfffffe
#define QUADS 0xffffff
#define NEW_QUADS 0xfffffd

#define STAMP "freesurfer/stamp"
#define FOOTER "freesurfer/footer"
#define SCANNER "freesurfer/scanner"

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

/* Bytes of a file of quadrangles; 0 if it is none. */
static gsize
measure_quads (const guint8 *data, gsize size)
{
  guint32 magic = size >= 9 ? get_3 (data) : 0;

  if (magic != QUADS && magic != NEW_QUADS)
    return 0;
  return 9 + (gsize) get_3 (data + 3) * 3 * (magic == QUADS ? 2 : 4) + (gsize) get_3 (data + 6) * 12;
}

/* The magic number of old quadrangles is that of curvatures too: these have another size. */
gboolean
monge_freesurfer_matches (const guint8 *data, gsize size)
{
  if (size < 9)
    return FALSE;
  return get_3 (data) == TRIANGLES || get_3 (data) == NEW_QUADS
         || (get_3 (data) == QUADS && measure_quads (data, size) == size);
}

static gboolean
fail_truncated (gsize at, gsize n_vertices, gsize n_faces, gsize size, GError **error)
{
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "byte %" G_GSIZE_FORMAT ": truncated: %"
               G_GSIZE_FORMAT " vertices and %" G_GSIZE_FORMAT " faces are promised, but the file "
               "has %" G_GSIZE_FORMAT " bytes; copy it again", at, n_vertices, n_faces, size);
  return FALSE;
}

/* --- Footer --- */

typedef struct {
  gboolean is_valid;
  guint n_found; /* of the six lines of numbers */
  double x[3], y[3], z[3], c[3];
} Geometry;

/* "xras   = -1 0 0" */
static void
read_geometry_line (MongeScan *scan, Geometry *geometry)
{
  double *const rows[] = { geometry->x, geometry->y, geometry->z, geometry->c };
  static const char *const keys[] = { "xras", "yras", "zras", "cras" };
  const char *word;
  gsize length = monge_scan_word (scan, &word), k = 0;
  const char *equals;
  gsize n_equals;

  n_equals = monge_scan_word (scan, &equals);
  if (!monge_scan_word_is (equals, n_equals, "="))
    return;
  monge_scan_skip_blanks (scan);
  if (monge_scan_word_is (word, length, "valid"))
    geometry->is_valid = scan->at < scan->end && *scan->at == '1';
  while (k < G_N_ELEMENTS (keys) && !monge_scan_word_is (word, length, keys[k]))
    k++;
  for (guint i = 0; k < G_N_ELEMENTS (keys) && i < 3; i++, monge_scan_skip_blanks (scan))
    geometry->n_found += monge_scan_double (scan, rows[k] + i);
}

/* A tag of 20, or 2, 0, 20, and eight lines of text. FALSE: no geometry that holds. */
static gboolean
read_geometry (const guint8 *data, gsize size, Geometry *geometry)
{
  gsize start = size >= 12 && get_int (data) == 2 ? 12 : 4;
  MongeScan scan;

  *geometry = (Geometry){ .is_valid = FALSE };
  if (size < start || get_int (data + start - 4) != 20)
    return FALSE;
  monge_scan_init (&scan, data + start, size - start);
  for (guint line = 0; line < 8 && scan.at < scan.end; line++)
    {
      read_geometry_line (&scan, geometry);
      monge_scan_next_line (&scan);
    }
  return geometry->is_valid && geometry->n_found == 12;
}

/* Directions of a conformed volume run left, down and to the front: D = ((−1,0,0), (0,0,1),
 * (0,−1,0)). Columns of R are those of this volume; R Dᵀ has columns −x, z, −y. */
static void
compute_scanner (const Geometry *geometry, double matrix[16])
{
  for (guint k = 0; k < 3; k++)
    {
      matrix[4 * k] = 0.0 - geometry->x[k];
      matrix[4 * k + 1] = geometry->z[k];
      matrix[4 * k + 2] = 0.0 - geometry->y[k];
      matrix[4 * k + 3] = geometry->c[k];
      matrix[12 + k] = 0.0;
    }
  matrix[15] = 1.0;
}

static void
take_footer (MongeShapeBuilder *builder, const guint8 *data, gsize size)
{
  double matrix[16];
  Geometry geometry;
  gboolean is_moved = FALSE;

  if (size == 0)
    return;
  monge_shape_builder_take_field_array (builder,
                                        monge_array_new (FOOTER, MONGE_TYPE_UINT8, 1, size,
                                                         g_bytes_new (data, size)));
  if (!read_geometry (data, size, &geometry))
    return;
  compute_scanner (&geometry, matrix);
  monge_shape_builder_take_field_array (builder,
                                        monge_array_new (SCANNER, MONGE_TYPE_FLOAT64, 4, 4,
                                                         g_bytes_new (matrix, sizeof matrix)));
  for (guint k = 0; k < 16; k++)
    is_moved |= matrix[k] != (k % 5 == 0 ? 1.0 : 0.0);
  if (is_moved)
    monge_shape_builder_add_repair (builder, "the coordinates are FreeSurfer's surface RAS and "
                                    "were not moved; those of the scanner are (%g, %g, %g) further%s",
                                    matrix[3], matrix[7], matrix[11],
                                    matrix[0] == 1.0 && matrix[5] == 1.0 && matrix[10] == 1.0
                                      ? "" : ", and turned");
}

/* --- Triangles --- */

static gboolean
take_floats (MongeShapeBuilder *builder, const guint8 *from, gsize n, GError **error)
{
  g_autofree float *floats = monge_bytes_alloc (3 * n, sizeof *floats, error);
  double *positions = floats != NULL ? monge_bytes_alloc (3 * n, sizeof *positions, error) : NULL;

  if (positions == NULL)
    return FALSE;
  monge_bytes_copy (from, 4, floats, 4, 4, 3 * n, MONGE_SWAP_BIG);
  monge_bytes_to_doubles (MONGE_TYPE_FLOAT32, floats, 3 * n, positions, 1);
  monge_shape_builder_take_positions (builder, positions, n, MONGE_TYPE_FLOAT32);
  return TRUE;
}

static gboolean
take_triangles (MongeShapeBuilder *builder, const guint8 *from, gsize n, GError **error)
{
  guint32 *cells = monge_bytes_alloc (n, 3 * sizeof *cells, error);

  if (cells == NULL)
    return FALSE;
  monge_bytes_copy (from, 4, cells, 4, 4, 3 * n, MONGE_SWAP_BIG);
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE, cells, n);
  return TRUE;
}

/* Behind the magic number: a line of text and an empty one. @at: in and out. */
static gboolean
read_stamp (MongeShapeBuilder *builder, const MongeFile *file, gsize *at)
{
  g_autofree char *stamp = NULL;
  const guint8 *ends[2];
  gsize start = *at;

  for (guint k = 0; k < 2; k++)
    {
      ends[k] = memchr (file->data + *at, '\n', file->size - *at);
      if (ends[k] == NULL)
        return FALSE;
      *at = (gsize) (ends[k] - file->data) + 1;
    }
  stamp = g_strndup ((const char *) file->data + start, (gsize) (ends[0] - file->data) - start);
  monge_shape_builder_take_text (builder, STAMP, stamp);
  return TRUE;
}

static gboolean
read_triangles (MongeShapeBuilder *builder, const MongeFile *file, GError **error)
{
  gsize at = 3, left, n_vertices, n_faces;

  if (!read_stamp (builder, file, &at) || file->size - at < 8)
    return fail_truncated (at, 0, 0, file->size, error);
  n_vertices = (guint32) get_int (file->data + at);
  n_faces = (guint32) get_int (file->data + at + 4);
  at += 8;
  left = (file->size - at) / 12;
  if (n_vertices > left || n_faces > left - n_vertices)
    return fail_truncated (at, n_vertices, n_faces, file->size, error);
  if (!take_floats (builder, file->data + at, n_vertices, error)
      || monge_task_return_if_cancelled (file->task, error)
      || !take_triangles (builder, file->data + at + 12 * n_vertices, n_faces, error))
    return FALSE;
  at += 12 * (n_vertices + n_faces);
  take_footer (builder, file->data + at, file->size - at);
  return TRUE;
}

/* --- Quadrangles --- */

static gboolean
take_hundredths (MongeShapeBuilder *builder, const guint8 *from, gsize n, GError **error)
{
  double *positions = monge_bytes_alloc (3 * n, sizeof *positions, error);

  if (positions == NULL)
    return FALSE;
  for (gsize i = 0; i < 3 * n; i++)
    positions[i] = (gint16) (from[2 * i] << 8 | from[2 * i + 1]) / 100.0;
  monge_shape_builder_take_positions (builder, positions, n, MONGE_TYPE_FLOAT64);
  return TRUE;
}

static gboolean
take_quads (MongeShapeBuilder *builder, const guint8 *from, gsize n, GError **error)
{
  static const guint8 even[] = { 0, 1, 3, 2, 3, 1 }, odd[] = { 0, 1, 2, 0, 2, 3 };
  guint32 *cells = monge_bytes_alloc (n, 6 * sizeof *cells, error);

  if (cells == NULL)
    return FALSE;
  for (gsize i = 0; i < n; i++)
    for (guint k = 0; k < 6; k++)
      {
        const guint8 *quad = from + 12 * i;

        cells[6 * i + k] = get_3 (quad + 3 * (quad[2] % 2 == 0 ? even : odd)[k]);
      }
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE, cells, 2 * n);
  monge_shape_builder_add_repair (builder, "%" G_GSIZE_FORMAT " quadrangles were split into "
                                  "triangles", n);
  return TRUE;
}

static gboolean
read_quads (MongeShapeBuilder *builder, const MongeFile *file, GError **error)
{
  gboolean is_old = get_3 (file->data) == QUADS;
  gsize n_vertices, n_faces, cells_at;

  n_vertices = get_3 (file->data + 3);
  n_faces = get_3 (file->data + 6);
  if (measure_quads (file->data, file->size) > file->size)
    return fail_truncated (9, n_vertices, n_faces, file->size, error);
  cells_at = 9 + n_vertices * (is_old ? 6 : 12);
  return (is_old ? take_hundredths (builder, file->data + 9, n_vertices, error)
                 : take_floats (builder, file->data + 9, n_vertices, error))
         && take_quads (builder, file->data + cells_at, n_faces, error);
}

MongeShape *
monge_freesurfer_parse (const MongeFile *file, GError **error)
{
  g_autofree char *name = file->path != NULL ? g_path_get_basename (file->path) : NULL;
  MongeFile named = *file;
  g_autoptr (MongeShapeBuilder) builder = NULL;
  guint32 magic = file->size >= 9 ? get_3 (file->data) : 0;

  if (magic != TRIANGLES && magic != QUADS && magic != NEW_QUADS)
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "byte 0: a FreeSurfer surface "
                           "starts with the bytes FF FF FE; is this another format?");
      return NULL;
    }
  if (name != NULL)
    {
      g_autofree char *shown = g_filename_display_name (name);

      g_free (name);
      named.name = name = g_steal_pointer (&shown);
    }
  builder = monge_file_begin_shape (&named, 3);
  if (!(magic == TRIANGLES ? read_triangles (builder, file, error)
                           : read_quads (builder, file, error)))
    return NULL;
  monge_shape_builder_set_unit (builder, "mm");
  return monge_shape_builder_end (g_steal_pointer (&builder), error);
}

/* --- Writing --- */

static void
append_int (GString *out, gsize value)
{
  const guint32 word = GUINT32_TO_BE ((guint32) value);

  g_string_append_len (out, (const char *) &word, sizeof word);
}

static void
append_words (GString *out, const void *words, gsize n)
{
  gsize start = out->len;

  g_string_set_size (out, start + 4 * n);
  monge_bytes_copy (words, 4, out->str + start, 4, 4, n, MONGE_SWAP_BIG);
}

static gboolean
check_writable (const MongeShape *shape, GError **error)
{
  const char *unit = monge_shape_get_unit (shape);
  double lower[MONGE_MAX_DIM], upper[MONGE_MAX_DIM];

  monge_shape_get_bounds (shape, lower, upper);
  for (guint k = 0; k < monge_shape_get_dim (shape); k++)
    if (lower[k] < -FLT_MAX || upper[k] > FLT_MAX)
      {
        g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED, "the coordinates are too "
                             "large for the float32 of FreeSurfer; write .ply");
        return FALSE;
      }
  if (monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE && monge_shape_get_dim (shape) == 3
      && (unit == NULL || g_str_equal (unit, "mm")))
    return TRUE;
  g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED, "FreeSurfer's files hold "
                       "surfaces in three dimensions, in millimetres, and nothing else; write .ply");
  return FALSE;
}

gboolean
monge_freesurfer_write (const MongeShape *shape, GString *out, GError **error)
{
  g_autofree char *stamp = monge_shape_dup_text (shape, STAMP);
  const MongeArray *footer = monge_shape_find_field_array (shape, FOOTER);
  gsize n = monge_shape_get_n_vertices (shape), n_faces = monge_shape_get_n_cells (shape);
  g_autofree float *floats = NULL;

  if (!check_writable (shape, error))
    return FALSE;
  floats = g_new (float, 3 * n);
  monge_bytes_from_doubles (MONGE_TYPE_FLOAT32, monge_shape_get_positions (shape), 1, 3 * n, floats);
  g_string_append_len (out, "\xff\xff\xfe", 3);
  g_string_append (out, stamp != NULL ? g_strdelimit (stamp, "\n", ' ') : "created by Monge");
  g_string_append (out, "\n\n");
  append_int (out, n);
  append_int (out, n_faces);
  append_words (out, floats, 3 * n);
  append_words (out, monge_shape_get_cells (shape), 3 * n_faces);
  if (footer != NULL && footer->type == MONGE_TYPE_UINT8)
    g_string_append_len (out, g_bytes_get_data (footer->values, NULL),
                         (gssize) g_bytes_get_size (footer->values));
  return TRUE;
}
