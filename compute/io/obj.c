/* Wavefront OBJ: of its statements, the vertices (v), faces (f) and lines (l) are kept, in their
 * order; polygons are cut into the fan of triangles around their first corner. Colours behind the
 * coordinates, if every vertex has them, become the array "rgb". Normals and texture coordinates
 * become arrays if there is one for each vertex (obj-links.c). Groups and materials are not kept.
 * Coordinates are float64. Comments say unit and orientation. obj-write.c writes it. */
#include "compute/io/obj-private.h"

#include <string.h>

#define STATEMENTS_PER_POLL 16384

typedef struct {
  const MongeFile *file;
  MongeScan scan;
  MongeNumbers positions, colours;
  MongeIndices faces, segments;
  ObjLinks texture, normals;
  gsize n_polygons, n_cut, n_short, n_groups, n_points, n_free_forms;
  gsize highest, highest_line; /* the largest index used before its vertex, counted from 1 */
  gboolean has_weights;
  char *unit;
  MongeSpace space;
} Reader;

static void
reader_clear (Reader *reader)
{
  g_free (reader->positions.values);
  g_free (reader->colours.values);
  g_free (reader->faces.values);
  g_free (reader->segments.values);
  monge_obj_links_clear (&reader->texture);
  monge_obj_links_clear (&reader->normals);
  g_free (reader->unit);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reader, reader_clear)

/* --- Words --- */

/* A backslash joins a line to the next. */
static void
skip_blanks (MongeScan *scan)
{
  monge_scan_skip_blanks (scan);
  while (scan->at + 1 < scan->end && *scan->at == '\\'
         && (scan->at[1] == '\n' || scan->at[1] == '\r'))
    {
      scan->at++;
      monge_scan_next_line (scan);
      monge_scan_skip_blanks (scan);
    }
}

/* Whether the statement ends here; a comment may follow. */
static gboolean
is_at_end (const MongeScan *scan)
{
  return monge_scan_is_at_line_end (scan) || *scan->at == '#';
}

static gboolean
fail_word (const MongeScan *scan, GError **error, const char *expected)
{
  g_autofree char *excerpt = monge_scan_dup_excerpt (scan);

  return monge_scan_fail (scan, error, MONGE_ERROR_FORMAT,
                          "“%s” where %s is expected; correct the line or export the file again",
                          excerpt, expected);
}

/* --- Statements --- */

/* v x y z, x y z w or x y z r g b */
static gboolean
read_vertex (Reader *reader, GError **error)
{
  MongeScan *scan = &reader->scan;
  double values[7];
  guint n = 0;

  for (skip_blanks (scan); !is_at_end (scan) && n < G_N_ELEMENTS (values); skip_blanks (scan))
    {
      MongeScan before = *scan;
      if (!monge_scan_double (scan, values + n++) || !monge_scan_is_at_word_end (scan))
        return fail_word (&before, error, "a coordinate");
    }
  if (n < 3)
    return fail_word (scan, error, "a coordinate");
  if (reader->positions.n >= 3 * MONGE_MAX_VERTICES)
    return monge_scan_fail (scan, error, MONGE_ERROR_SIZE,
                            "more than %" G_GSIZE_FORMAT " vertices; thin the shape out",
                            MONGE_MAX_VERTICES);
  reader->has_weights = reader->has_weights || (n == 4 && values[3] != 1.0);
  for (guint k = 0; k < 3; k++)
    if (!monge_numbers_add (&reader->positions, values[k], error)
        || (n >= 6 && !monge_numbers_add (&reader->colours, values[k + n - 3], error)))
      return FALSE;
  return TRUE;
}

/* vt u v w, of which u and v count, or vn x y z */
static gboolean
read_value (Reader *reader, ObjLinks *links, GError **error)
{
  MongeScan *scan = &reader->scan;
  guint n = 0;
  double value;

  for (skip_blanks (scan); !is_at_end (scan); skip_blanks (scan), n++)
    {
      MongeScan before = *scan;
      if (!monge_scan_double (scan, &value) || !monge_scan_is_at_word_end (scan))
        return fail_word (&before, error, "a coordinate");
      if (n < links->n_components && !monge_numbers_add (&links->values, value, error))
        return FALSE;
    }
  for (; n < links->n_components; n++)
    if (!monge_numbers_add (&links->values, 0.0, error))
      return FALSE;
  return TRUE;
}

/* What follows a slash; it may be missing. */
static gboolean
read_link (Reader *reader, ObjLinks *links, guint32 corner, GError **error)
{
  MongeScan *scan = &reader->scan;
  gint64 index;

  if (!monge_scan_integer (scan, &index))
    return TRUE;
  if (index < 0)
    index += (gint64) (links->values.n / links->n_components) + 1;
  return monge_obj_links_add (links, corner, index, error);
}

static gboolean
fail_index (const Reader *reader, gint64 index, GError **error)
{
  return monge_scan_fail (&reader->scan, error, MONGE_ERROR_FORMAT,
                          "face or line %" G_GSIZE_FORMAT " (counted from 0) uses vertex %"
                          G_GINT64_FORMAT ", but indices count from 1 to the %" G_GSIZE_FORMAT
                          " vertices so far, or back from −1; export the file again",
                          reader->n_polygons, index, reader->positions.n / 3);
}

/* v, v/t, v//n or v/t/n: from 1, or back from the last if negative. */
static gboolean
read_corner (Reader *reader, guint32 *corner, GError **error)
{
  MongeScan *scan = &reader->scan, before = *scan;
  gsize n_vertices = reader->positions.n / 3;
  ObjLinks *links[] = { &reader->texture, &reader->normals };
  gint64 index;

  if (!monge_scan_integer (scan, &index))
    return fail_word (&before, error, "the index of a vertex");
  if (index == 0 || index < -(gint64) n_vertices || index > (gint64) MONGE_MAX_VERTICES)
    return fail_index (reader, index, error);
  *corner = (guint32) (index < 0 ? (gint64) n_vertices + index : index - 1);
  for (guint k = 0; k < 2 && scan->at < scan->end && *scan->at == '/'; k++)
    {
      scan->at++;
      if (!read_link (reader, links[k], *corner, error))
        return FALSE;
    }
  if (!monge_scan_is_at_word_end (scan))
    return fail_word (&before, error, "the index of a vertex");
  if (index > (gint64) MAX (n_vertices, reader->highest))
    {
      reader->highest = (gsize) index;
      reader->highest_line = scan->line;
    }
  return TRUE;
}

/* Corners of a face, or vertices along a line. */
static gboolean
read_cell (Reader *reader, MongeIndices *cells, GError **error)
{
  guint32 fan[3] = { 0 }, *cell;
  gsize n = 0;

  for (skip_blanks (&reader->scan); !is_at_end (&reader->scan); skip_blanks (&reader->scan), n++)
    {
      fan[1] = fan[2];
      if (!read_corner (reader, fan + 2, error))
        return FALSE;
      if (n == 0)
        fan[0] = fan[2];
      if (n + 1 < cells->arity)
        continue;
      cell = monge_indices_add (cells, error);
      if (cell == NULL)
        return FALSE;
      if (cells->arity == 3)
        *cell++ = fan[0];
      cell[0] = fan[1];
      cell[1] = fan[2];
    }
  reader->n_polygons++;
  reader->n_cut += cells->arity == 3 && n > 3;
  reader->n_short += n < cells->arity;
  return TRUE;
}

static gboolean
is_one_of (const char *word, gsize length, const char *const *words)
{
  for (; *words != NULL; words++)
    if (monge_scan_word_is (word, length, *words))
      return TRUE;
  return FALSE;
}

static gboolean
is_ornament (const char *word, gsize length)
{
  static const char *const words[] = {
    "g", "o", "s", "mg", "usemtl", "mtllib", "usemap", "maplib", "lod", "bevel", "c_interp",
    "d_interp", "shadow_obj", "trace_obj", NULL,
  };

  return is_one_of (word, length, words);
}

static gboolean
is_free_form (const char *word, gsize length)
{
  static const char *const words[] = {
    "vp", "cstype", "deg", "bmat", "step", "curv", "curv2", "surf", "parm", "trim", "hole", "scrv",
    "sp", "end", "con", "call", "csh", "ctech", "stech", NULL,
  };

  return is_one_of (word, length, words);
}

/* At a word. Whether the rest of the line matters is left to the caller, who skips it. */
static gboolean
read_statement (Reader *reader, GError **error)
{
  MongeScan before = reader->scan;
  const char *word;
  gsize length = monge_scan_word (&reader->scan, &word);

  if (length == 1 && word[0] == 'v')
    return read_vertex (reader, error);
  if (length == 1 && word[0] == 'f')
    return read_cell (reader, &reader->faces, error);
  if (length == 1 && word[0] == 'l')
    return read_cell (reader, &reader->segments, error);
  if (monge_scan_word_is (word, length, "vn"))
    return read_value (reader, &reader->normals, error);
  if (monge_scan_word_is (word, length, "vt"))
    return read_value (reader, &reader->texture, error);
  if (length == 1 && (word[0] == 'g' || word[0] == 'o'))
    reader->n_groups++;
  else if (length == 1 && word[0] == 'p')
    reader->n_points++;
  else if (is_free_form (word, length))
    reader->n_free_forms++;
  else if (!is_ornament (word, length))
    return fail_word (&before, error, "a statement of OBJ such as v, f or l");
  return TRUE;
}

static void
read_comment (Reader *reader)
{
  MongeScan scan = reader->scan;
  MongeSpace space = monge_scan_space (&scan);
  char *unit;

  scan.at++;
  if (space != MONGE_SPACE_UNKNOWN)
    reader->space = space;
  unit = monge_scan_dup_unit (&scan);
  if (unit != NULL)
    {
      g_free (reader->unit);
      reader->unit = unit;
    }
}

static gboolean
read_statements (Reader *reader, GError **error)
{
  gsize n_vertices;

  for (gsize i = 0; monge_scan_find_word (&reader->scan); i++)
    {
      if (i % STATEMENTS_PER_POLL == 0
          && !monge_file_poll (reader->file, reader->scan.at, error))
        return FALSE;
      if (*reader->scan.at == '#')
        read_comment (reader);
      else if (!read_statement (reader, error))
        return FALSE;
      monge_scan_next_line (&reader->scan);
    }
  n_vertices = reader->positions.n / 3;
  if (reader->highest <= n_vertices)
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
               "line %" G_GSIZE_FORMAT ": a face or line uses vertex %" G_GSIZE_FORMAT
               ", but there are only %" G_GSIZE_FORMAT " (counted from 1); the file is damaged or "
               "was cut short", reader->highest_line, reader->highest, n_vertices);
  return FALSE;
}

/* --- The shape --- */

static void
report (const Reader *reader, MongeShapeBuilder *builder)
{
  if (reader->n_cut > 0)
    monge_shape_builder_add_repair (builder,
                                    "%" G_GSIZE_FORMAT " faces had more than three corners and "
                                    "were cut into triangles", reader->n_cut);
  if (reader->n_short > 0)
    monge_shape_builder_add_repair (builder,
                                    "%" G_GSIZE_FORMAT " faces or lines had too few corners and "
                                    "were dropped", reader->n_short);
  if (reader->has_weights)
    monge_shape_builder_add_repair (builder, "weights behind the coordinates were ignored");
  if (reader->n_groups > 1)
    monge_shape_builder_add_repair (builder, "not kept: the names of %" G_GSIZE_FORMAT " groups",
                                    reader->n_groups);
  if (reader->n_points > 0 || reader->n_free_forms > 0)
    monge_shape_builder_add_repair (builder, "not kept: point elements and free-form geometry");
  if (reader->faces.n > 0 && reader->segments.n > 0)
    monge_shape_builder_add_repair (builder, "not kept: lines, since there are faces too");
  if (reader->colours.n > 0 && reader->colours.n != reader->positions.n)
    monge_shape_builder_add_repair (builder, "not kept: colours, which only some vertices have");
}

static void
take_colours (Reader *reader, MongeShapeBuilder *builder)
{
  gsize n = reader->colours.n;
  double *values = g_steal_pointer (&reader->colours.values);

  monge_shape_builder_take_array (builder,
                                  monge_array_new ("rgb", MONGE_TYPE_FLOAT64, 3, n / 3,
                                                   g_bytes_new_take (values, n * sizeof *values)));
}

static void
take_cells (Reader *reader, MongeShapeBuilder *builder)
{
  if (reader->faces.n > 0)
    monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE,
                                    g_steal_pointer (&reader->faces.values), reader->faces.n);
  else if (reader->segments.n > 0)
    monge_shape_builder_take_cells (builder, MONGE_SHAPE_CURVES,
                                    g_steal_pointer (&reader->segments.values), reader->segments.n);
}

MongeShape *
monge_obj_parse (const MongeFile *file, GError **error)
{
  g_auto (Reader) reader = { .file = file, .faces.arity = 3, .segments.arity = 2,
                             .texture = { .name = "texture", .n_components = 2 },
                             .normals = { .name = "normals", .n_components = 3 } };
  g_autoptr (MongeShapeBuilder) builder = NULL;
  gsize n_vertices;

  monge_scan_init (&reader.scan, file->data, file->size);
  if (!read_statements (&reader, error))
    return NULL;
  builder = monge_file_begin_shape (file, 3);
  report (&reader, builder);
  monge_shape_builder_set_unit (builder, reader.unit);
  monge_shape_builder_set_space (builder, reader.space);
  n_vertices = reader.positions.n / 3;
  if (n_vertices > 0 && reader.colours.n == reader.positions.n)
    take_colours (&reader, builder);
  if (!monge_obj_links_take (&reader.normals, n_vertices, builder, file, error)
      || !monge_obj_links_take (&reader.texture, n_vertices, builder, file, error))
    return NULL;
  monge_shape_builder_take_positions (builder, g_steal_pointer (&reader.positions.values),
                                      n_vertices, MONGE_TYPE_FLOAT64);
  take_cells (&reader, builder);
  return monge_shape_builder_end (g_steal_pointer (&builder), error);
}

/* Statements and comments only, and a vertex among them, as far as the first bytes show. */
gboolean
monge_obj_matches (const guint8 *data, gsize size)
{
  MongeScan scan;
  const char *word;
  double value;

  monge_scan_init (&scan, data, MIN (size, 4096));
  for (; monge_scan_find_word (&scan); monge_scan_next_line (&scan))
    {
      gsize length = monge_scan_word (&scan, &word);
      if (monge_scan_word_is (word, length, "v"))
        {
          monge_scan_skip_blanks (&scan);
          return monge_scan_double (&scan, &value);
        }
      if (word[0] != '#' && !is_ornament (word, length) && !is_free_form (word, length)
          && !monge_scan_word_is (word, length, "vn") && !monge_scan_word_is (word, length, "vt"))
        return FALSE;
    }
  return FALSE;
}
