/* STL (3D Systems, 1989), binary and text. A file of triangles without shared vertices: corners at
 * the same place, −0 being 0, are welded into one vertex, in the order they first appear, so that a
 * file written from a welded shape reads back with the same order. Normals are computed anew when
 * writing. Read from text, coordinates are float64; the two bytes behind each binary triangle, if
 * any are set, become the cell array "attribute", and several solids in a text the cell array "solid"
 * with their names. 3D Slicer says along what the coordinates run in the header or the first name.
 *
 * Written in binary, so coordinates are rounded to float32; vertices in no face and other arrays are
 * lost. */
#include "compute/io/io-private.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "compute/shape/bytes.h"
#include "compute/io/scan.h"

#define HEADER_SIZE 84
#define FACE_SIZE 50
#define FACES_PER_POLL 16384

/* --- Welding --- */

/* Vertices by place: open addressing, at most half full. Seeded, so that nobody can write a file
 * that makes it slow. */
typedef struct {
  guint32 *slots; /* index of a vertex + 1, or 0 */
  gsize n_slots;  /* a power of two */
  double *positions;
  gsize n, capacity;
  guint64 seed;
  MongeTask *task;
} Weld;

static void
weld_clear (Weld *weld)
{
  g_free (weld->slots);
  g_free (weld->positions);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Weld, weld_clear)

static guint64
hash_place (const Weld *weld, const double *place)
{
  guint64 hash = weld->seed;

  for (int k = 0; k < 3; k++)
    {
      double value = place[k] + 0.0; /* −0 becomes 0 */
      guint64 bits;
      memcpy (&bits, &value, sizeof bits);
      hash = (hash ^ bits) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
      hash ^= hash >> 29;
    }
  return hash;
}

static gboolean
weld_grow (Weld *weld, GError **error)
{
  gsize capacity = MAX (1024, 2 * weld->capacity), n_slots = 2 * capacity;
  guint32 *slots = g_try_malloc0_n (n_slots, sizeof *slots);
  double *positions = g_try_realloc_n (weld->positions, capacity, 3 * sizeof *positions);

  if (positions != NULL)
    weld->positions = positions;
  if (slots == NULL || positions == NULL)
    {
      g_free (slots);
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                           "not enough memory for the vertices; use a smaller shape");
      return FALSE;
    }
  g_free (weld->slots);
  weld->slots = slots;
  weld->n_slots = n_slots;
  weld->capacity = capacity;
  for (gsize i = 0; i < weld->n; i++)
    {
      gsize slot = hash_place (weld, positions + 3 * i) & (n_slots - 1);

      if (i % FACES_PER_POLL == 0 && monge_task_return_if_cancelled (weld->task, error))
        return FALSE;
      while (slots[slot] != 0)
        slot = (slot + 1) & (n_slots - 1);
      slots[slot] = (guint32) i + 1;
    }
  return TRUE;
}

/* The index of the vertex at @place, a new one if there is none yet. NaN is like nothing, so that
 * it is found by those who check for it. */
static gboolean
weld_add (Weld *weld, const double place[3], guint32 *index, GError **error)
{
  gsize slot;

  if (weld->n == weld->capacity && !weld_grow (weld, error))
    return FALSE;
  for (slot = hash_place (weld, place) & (weld->n_slots - 1); weld->slots[slot] != 0;
       slot = (slot + 1) & (weld->n_slots - 1))
    {
      const double *other = weld->positions + 3 * (gsize) (weld->slots[slot] - 1);
      if (other[0] == place[0] && other[1] == place[1] && other[2] == place[2])
        {
          *index = weld->slots[slot] - 1;
          return TRUE;
        }
    }
  memcpy (weld->positions + 3 * weld->n, place, 3 * sizeof *place);
  *index = (guint32) weld->n++;
  weld->slots[slot] = *index + 1;
  return TRUE;
}

/* Takes the vertices and @faces. */
static MongeShapeBuilder *
build (Weld *weld, MongeIndices *faces, MongeType type,
       const MongeFile *file)
{
  MongeShapeBuilder *builder = monge_file_begin_shape (file, 3);

  monge_shape_builder_add_repair (builder,
                                  "%" G_GSIZE_FORMAT " corners were welded into %" G_GSIZE_FORMAT
                                  " vertices", 3 * faces->n, weld->n);
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE, g_steal_pointer (&faces->values),
                                  faces->n);
  monge_shape_builder_take_positions (builder, g_steal_pointer (&weld->positions), weld->n, type);
  return builder;
}

static gboolean
check_count (gsize n_faces, GError **error)
{
  if (n_faces > MONGE_MAX_VERTICES / 3)
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                 "%" G_GSIZE_FORMAT " faces; this program takes at most %" G_GSIZE_FORMAT
                 " from STL", n_faces, MONGE_MAX_VERTICES / 3);
  else if (n_faces == 0)
    g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_EMPTY,
                         "there is no face in it; give a shape with at least one");
  else
    return TRUE;
  return FALSE;
}

/* --- Binary --- */

static gsize
count_faces (const guint8 *data)
{
  guint32 n;

  memcpy (&n, data + HEADER_SIZE - 4, sizeof n);
  return GUINT32_FROM_LE (n);
}

static gboolean
has_exact_size (const guint8 *data, gsize size)
{
  return size >= HEADER_SIZE
         && (guint64) size == HEADER_SIZE + FACE_SIZE * (guint64) count_faces (data);
}

static gboolean
read_binary_face (const guint8 *at, Weld *weld, MongeIndices *faces, GError **error)
{
  guint32 *face = monge_indices_add (faces, error);
  float corners[9];
  double places[9];

  if (face == NULL)
    return FALSE;
  monge_bytes_copy (at + 12, 4, corners, 4, 4, 9, MONGE_SWAP_LITTLE);
  monge_bytes_to_doubles (MONGE_TYPE_FLOAT32, corners, 9, places, 1);
  for (int k = 0; k < 3; k++)
    if (!weld_add (weld, places + 3 * k, face + k, error))
      return FALSE;
  return TRUE;
}

/* The two bytes behind each triangle, unless all are 0. */
static void
take_attributes (const guint8 *data, gsize n_faces, MongeShapeBuilder *builder)
{
  guint8 *values = g_malloc (2 * n_faces), any = 0;

  monge_bytes_copy (data + HEADER_SIZE + FACE_SIZE - 2, FACE_SIZE, values, 2, 2, n_faces,
                    MONGE_SWAP_LITTLE);
  for (gsize i = 0; i < 2 * n_faces; i++)
    any |= values[i];
  if (any == 0)
    g_free (values);
  else
    monge_shape_builder_take_cell_array (builder,
                                         monge_array_new ("attribute", MONGE_TYPE_UINT16, 1,
                                                          n_faces,
                                                          g_bytes_new_take (values, 2 * n_faces)));
}

/* What the header or the name of a solid says of orientation and unit. */
static void
read_header (const guint8 *text, gsize size, MongeShapeBuilder *builder)
{
  const guint8 *end = size > 0 ? memchr (text, '\0', size) : NULL;
  g_autofree char *unit = NULL;
  const char *word;
  MongeScan scan;

  monge_scan_init (&scan, text, end != NULL ? (gsize) (end - text) : size);
  monge_shape_builder_set_space (builder, monge_scan_space (&scan));
  do
    unit = monge_scan_dup_unit (&scan);
  while (unit == NULL && monge_scan_word (&scan, &word) > 0);
  monge_shape_builder_set_unit (builder, unit);
}

static MongeShape *
parse_binary (const MongeFile *file, GError **error)
{
  const guint8 *data = file->data;
  gsize size = file->size;
  g_auto (Weld) weld = { .seed = g_random_int (), .task = file->task };
  MongeIndices faces = { .arity = 3 };
  MongeShapeBuilder *builder;
  gsize n_faces = count_faces (data), promised;

  if (!check_count (n_faces, error))
    return NULL;
  promised = HEADER_SIZE + FACE_SIZE * n_faces;
  if (size < promised)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
                   "truncated: byte 80 promises %" G_GSIZE_FORMAT " faces, %" G_GSIZE_FORMAT
                   " bytes, but %" G_GSIZE_FORMAT " bytes are present; copy the file again",
                   n_faces, promised, size);
      return NULL;
    }
  for (gsize i = 0; i < n_faces; i++)
    {
      const guint8 *at = data + HEADER_SIZE + FACE_SIZE * i;
      gboolean ok = (i % FACES_PER_POLL != 0 || monge_file_poll (file, at, error))
                    && read_binary_face (at, &weld, &faces, error);
      if (!ok)
        {
          g_free (faces.values);
          return NULL;
        }
    }
  builder = build (&weld, &faces, MONGE_TYPE_FLOAT32, file);
  take_attributes (data, n_faces, builder);
  read_header (data, HEADER_SIZE - 4, builder);
  if (size > promised)
    monge_shape_builder_add_repair (builder,
                                    "%" G_GSIZE_FORMAT " bytes after the last face were ignored",
                                    size - promised);
  return monge_shape_builder_end (builder, error);
}

/* --- Text --- */

/* The next word, in lower case, shortened. */
static gboolean
next_word (MongeScan *scan, char word[16])
{
  const char *start;
  gsize length, i;

  if (!monge_scan_find_word (scan))
    return FALSE;
  length = monge_scan_word (scan, &start);
  for (i = 0; i < length && i < 15; i++)
    word[i] = g_ascii_tolower (start[i]);
  word[i] = '\0';
  return TRUE;
}

static gboolean
expect (MongeScan *scan, const char *expected, gsize n_faces, GError **error)
{
  char word[16] = "";
  g_autofree char *text = NULL;

  if (next_word (scan, word) && g_str_equal (word, expected))
    return TRUE;
  if (scan->at >= scan->end)
    return monge_scan_fail (scan, error, MONGE_ERROR_FORMAT,
                            "truncated: the file ends inside face %" G_GSIZE_FORMAT
                            " (counted from 0), where “%s” is expected; copy it again", n_faces,
                            expected);
  text = g_utf8_make_valid (word, -1);
  return monge_scan_fail (scan, error, MONGE_ERROR_FORMAT,
                          "“%s” where “%s” is expected in face %" G_GSIZE_FORMAT
                          " (counted from 0); only triangles are read", text, expected, n_faces);
}

static gboolean
read_place (MongeScan *scan, double place[3], GError **error)
{
  for (int k = 0; k < 3; k++)
    {
      g_autofree char *excerpt = NULL;
      MongeScan before;
      monge_scan_find_word (scan);
      before = *scan;
      if (monge_scan_double (scan, place + k) && monge_scan_is_at_word_end (scan))
        continue;
      excerpt = monge_scan_dup_excerpt (&before);
      return monge_scan_fail (&before, error, MONGE_ERROR_FORMAT,
                              "“%s” where a coordinate is expected; correct the line or export the "
                              "file again", excerpt);
    }
  return TRUE;
}

/* Behind "facet". Only the corners matter. */
static gboolean
read_text_face (MongeScan *scan, Weld *weld, MongeIndices *faces, GError **error)
{
  gsize n = faces->n;
  guint32 *face;
  double place[3];

  if (!expect (scan, "normal", n, error))
    return FALSE;
  monge_scan_next_line (scan);
  if (!expect (scan, "outer", n, error) || !expect (scan, "loop", n, error))
    return FALSE;
  face = monge_indices_add (faces, error);
  for (int k = 0; k < 3; k++)
    if (face == NULL || !expect (scan, "vertex", n, error) || !read_place (scan, place, error)
        || !weld_add (weld, place, face + k, error))
      return FALSE;
  return expect (scan, "endloop", n, error) && expect (scan, "endfacet", n, error);
}

/* Which solid each face belongs to. */
typedef struct {
  MongeLabelTable *names; /* from 1 on */
  GArray *ends;           /* gsize: faces up to the end of each solid */
} Solids;

static void
solids_clear (Solids *solids)
{
  monge_label_table_unref (solids->names);
  g_array_unref (solids->ends);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Solids, solids_clear)

static gboolean
fail_word (const MongeScan *scan, const char *word, gboolean open, GError **error)
{
  g_autofree char *text = g_utf8_make_valid (word, -1);

  return monge_scan_fail (scan, error, MONGE_ERROR_FORMAT,
                          "“%s” where “%s” is expected; export the file again", text,
                          open ? "facet” or “endsolid" : "solid");
}

static void
begin_solid (const MongeScan *scan, Solids *solids)
{
  g_autofree char *name = monge_scan_dup_rest (scan);

  if (solids->ends->len < G_MAXUINT16)
    monge_label_table_add (solids->names, (gint32) solids->ends->len + 1, name, NULL);
}

/* One solid after another; @open while inside one. */
static gboolean
read_solids (MongeScan *scan, const MongeFile *file, Weld *weld, MongeIndices *faces,
             Solids *solids, GError **error)
{
  gboolean open = FALSE;
  char word[16];

  for (gsize i = 0; next_word (scan, word); i++)
    {
      if (i % FACES_PER_POLL == 0 && !monge_file_poll (file, scan->at, error))
        return FALSE;
      if (g_str_equal (word, "facet") && open)
        {
          if (!read_text_face (scan, weld, faces, error))
            return FALSE;
          continue;
        }
      if (!g_str_equal (word, open ? "endsolid" : "solid"))
        return fail_word (scan, word, open, error);
      open = !open;
      if (open)
        begin_solid (scan, solids);
      else
        g_array_append_val (solids->ends, faces->n);
      monge_scan_next_line (scan);
    }
  return !open
         || monge_scan_fail (scan, error, MONGE_ERROR_FORMAT,
                             "truncated: the file ends without “endsolid” after %" G_GSIZE_FORMAT
                             " faces; copy it again", faces->n);
}

/* The number of its solid for each face, if there are several, and what they are called. */
static void
take_solids (const Solids *solids, gsize n_faces, MongeShapeBuilder *builder)
{
  guint16 *values;
  gsize face = 0;
  MongeArray *array;

  if (solids->ends->len < 2 || n_faces == 0)
    return;
  values = g_new (guint16, n_faces);
  for (guint i = 0; i < solids->ends->len; i++)
    for (; face < g_array_index (solids->ends, gsize, i); face++)
      values[face] = (guint16) MIN (i + 1, G_MAXUINT16);
  array = monge_array_new ("solid", MONGE_TYPE_UINT16, 1, n_faces,
                           g_bytes_new_take (values, n_faces * sizeof *values));
  monge_array_take_labels (array, monge_label_table_ref (solids->names));
  monge_shape_builder_take_cell_array (builder, array);
}

static MongeShape *
parse_text (const MongeFile *file, GError **error)
{
  g_auto (Weld) weld = { .seed = g_random_int (), .task = file->task };
  g_auto (Solids) solids = { monge_label_table_new (), g_array_new (FALSE, FALSE, sizeof (gsize)) };
  MongeIndices faces = { .arity = 3 };
  MongeShapeBuilder *builder;
  MongeScan scan;
  const guint8 *end;
  gsize n_faces;

  monge_scan_init (&scan, file->data, file->size);
  if (!read_solids (&scan, file, &weld, &faces, &solids, error) || !check_count (faces.n, error))
    {
      g_free (faces.values);
      return NULL;
    }
  n_faces = faces.n;
  builder = build (&weld, &faces, MONGE_TYPE_FLOAT64, file);
  take_solids (&solids, n_faces, builder);
  end = memchr (file->data, '\n', file->size);
  read_header (file->data, end != NULL ? (gsize) (end - file->data) : file->size, builder);
  return monge_shape_builder_end (builder, error);
}

/* --- Both --- */

/* "solid", then a line that starts with "facet" or "endsolid". */
static gboolean
is_text (const guint8 *data, gsize size)
{
  MongeScan scan;
  char word[16];

  monge_scan_init (&scan, data, MIN (size, 1024));
  if (!next_word (&scan, word) || !g_str_equal (word, "solid"))
    return FALSE;
  monge_scan_next_line (&scan);
  return next_word (&scan, word) && (g_str_equal (word, "facet") || g_str_equal (word, "endsolid"));
}

gboolean
monge_stl_matches (const guint8 *data, gsize size)
{
  return has_exact_size (data, size) || is_text (data, size);
}

/* A binary header may start with "solid" too, so its size decides first. */
MongeShape *
monge_stl_parse (const MongeFile *file, GError **error)
{
  const guint8 *data = file->data;
  gsize size = file->size;

  if (!has_exact_size (data, size) && is_text (data, size))
    return parse_text (file, error);
  if (size >= HEADER_SIZE)
    return parse_binary (file, error);
  g_set_error (error, MONGE_ERROR, size == 0 ? MONGE_ERROR_EMPTY : MONGE_ERROR_FORMAT,
               "truncated: the header of a binary STL file has %d bytes, but %" G_GSIZE_FORMAT
               " bytes are present, and it is no text; copy the file again", HEADER_SIZE, size);
  return NULL;
}

/* --- Writing --- */

static void
compute_normal (const float corners[9], float normal[3])
{
  double a[3], b[3], n[3], length;

  for (int k = 0; k < 3; k++)
    {
      a[k] = (double) corners[3 + k] - (double) corners[k];
      b[k] = (double) corners[6 + k] - (double) corners[k];
    }
  for (int k = 0; k < 3; k++)
    n[k] = a[(k + 1) % 3] * b[(k + 2) % 3] - a[(k + 2) % 3] * b[(k + 1) % 3];
  length = sqrt (n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
  for (int k = 0; k < 3; k++)
    normal[k] = length > 0.0 ? (float) (n[k] / length) : 0.0f;
}

static void
put_face (const MongeShape *shape, const MongeArray *attributes, gsize i, guint8 *to)
{
  const double *positions = monge_shape_get_positions (shape);
  const guint32 *face = monge_shape_get_cells (shape) + 3 * i;
  float values[12]; /* normal, corners */
  guint16 attribute = attributes != NULL ? (guint16) monge_array_get (attributes, i, 0) : 0;

  for (int k = 0; k < 3; k++)
    for (int c = 0; c < 3; c++)
      values[3 + 3 * k + c] = (float) positions[3 * (gsize) face[k] + c];
  compute_normal (values + 3, values);
  monge_bytes_copy (values, 4, to, 4, 4, 12, MONGE_SWAP_LITTLE);
  monge_bytes_copy (&attribute, 2, to + 48, 2, 2, 1, MONGE_SWAP_LITTLE);
}

static const MongeArray *
find_attributes (const MongeShape *shape)
{
  for (guint i = 0; i < monge_shape_get_n_cell_arrays (shape); i++)
    {
      const MongeArray *array = monge_shape_get_cell_array (shape, i);
      if (g_str_equal (array->name, "attribute") && array->type == MONGE_TYPE_UINT16
          && array->n_components == 1)
        return array;
    }
  return NULL;
}

static gboolean
fits_float (const MongeShape *shape)
{
  double lower[3], upper[3];

  monge_shape_get_bounds (shape, lower, upper);
  for (int k = 0; k < 3; k++)
    if (lower[k] < -FLT_MAX || upper[k] > FLT_MAX)
      return FALSE;
  return TRUE;
}

static void
fill_header (const MongeShape *shape, char header[HEADER_SIZE - 4])
{
  MongeSpace space = monge_shape_get_space (shape);
  const char *unit = monge_shape_get_unit (shape);

  g_snprintf (header, HEADER_SIZE - 4, "Monge output.%s%s%s%s",
              space != MONGE_SPACE_UNKNOWN ? " SPACE=" : "",
              space != MONGE_SPACE_UNKNOWN ? monge_space_names[space] : "",
              unit != NULL ? " unit: " : "", unit != NULL ? unit : "");
}

gboolean
monge_stl_write (const MongeShape *shape, GString *out, GError **error)
{
  char header[HEADER_SIZE - 4] = "";
  const MongeArray *attributes = find_attributes (shape);
  gsize n = monge_shape_get_n_cells (shape);
  guint32 count = GUINT32_TO_LE ((guint32) n);
  guint8 *to;

  if (monge_shape_get_kind (shape) != MONGE_SHAPE_SURFACE || monge_shape_get_dim (shape) != 3
      || n > G_MAXUINT32)
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                           "STL holds triangles in three dimensions and nothing else; write .ply");
      return FALSE;
    }
  if (!fits_float (shape))
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                           "the coordinates are too large for the float32 of STL; write .ply");
      return FALSE;
    }
  fill_header (shape, header);
  g_string_set_size (out, HEADER_SIZE + FACE_SIZE * n);
  to = (guint8 *) out->str;
  memcpy (to, header, sizeof header);
  memcpy (to + sizeof header, &count, sizeof count);
  for (gsize i = 0; i < n; i++)
    put_face (shape, attributes, i, to + HEADER_SIZE + FACE_SIZE * i);
  return TRUE;
}
