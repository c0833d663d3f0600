/* VTK's XML poly data (Kitware, “VTK XML Formats”): pieces are joined, arrays that not all of them
 * have are told. vtp-xml.c reads what there is, vtp-data.c the numbers, vtp-write.c writes. 3D Slicer
 * says along what the coordinates run in a text of the field, SPACE; ours says the unit likewise, as
 * UNIT. */
#include "compute/io/vtp-private.h"

#include <string.h>

#include "compute/io/text-field.h"
#include "compute/shape/bytes.h"

#define VALUES_PER_POLL 65536

static const VtpPiece *
get_piece (const VtpFile *file, guint i)
{
  return &g_array_index (file->pieces, VtpPiece, i);
}

static gsize
count_cells (const VtpPiece *piece)
{
  gsize n = 0;

  for (guint kind = 0; kind < MONGE_POLY_N_KINDS; kind++)
    n += piece->n_cells[kind];
  return n;
}

/* The array of @piece in @section that is called @name, or any for NULL. */
static const VtpArray *
find_array (const VtpFile *file, guint piece, VtpSection section, const char *name)
{
  for (guint i = 0; i < file->arrays->len; i++)
    {
      const VtpArray *array = g_ptr_array_index (file->arrays, i);
      if (array->piece == piece && array->section == section
          && (name == NULL || strcmp (array->name, name) == 0))
        return array;
    }
  return NULL;
}

static gboolean
fail_missing (GError **error, guint piece, const char *what)
{
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
               "piece %u (counted from 0) has no array of %s; the file is damaged, export it again",
               piece, what);
  return FALSE;
}

/* --- Points --- */

static gboolean
read_piece_points (const VtpFile *file, guint piece, double *positions, MongeType *type,
                   GError **error)
{
  const VtpArray *array = find_array (file, piece, VTP_POINTS, NULL);
  gsize n = 3 * get_piece (file, piece)->n_points;
  g_autofree guint8 *values = NULL;

  if (n == 0)
    return TRUE;
  if (array == NULL || array->is_text || array->n_components != 3)
    return fail_missing (error, piece, "points, three numbers each");
  values = monge_vtp_read_values (file, array, n, error);
  if (values == NULL)
    return FALSE;
  for (gsize i = 0; i < n; i += VALUES_PER_POLL)
    {
      if (monge_task_return_if_cancelled (file->file->task, error))
        return FALSE;
      monge_bytes_to_doubles (array->type, values + i * monge_type_get_size (array->type),
                              MIN (n - i, VALUES_PER_POLL), positions + i, 1);
    }
  *type = array->type == *type || (int) *type < 0 ? array->type : MONGE_TYPE_FLOAT64;
  return TRUE;
}

/* All points must be in the file, in the encoding that takes least, before there is memory. */
static gboolean
check_counts (const VtpFile *file, gsize n_points, GError **error)
{
  gsize most = file->file->size * (file->is_zipped ? 1032 : 1);

  if (n_points <= MONGE_MAX_VERTICES && n_points <= most)
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
               "truncated: %" G_GSIZE_FORMAT " points are promised, %" G_GSIZE_FORMAT
               " bytes are present; copy the file again", n_points, file->file->size);
  return FALSE;
}

static gboolean
read_points (const VtpFile *file, MongePolyData *data, MongeShapeBuilder *builder, GError **error)
{
  g_autofree double *positions = NULL;
  MongeType type = (MongeType) -1;
  gsize base = 0;

  for (guint i = 0; i < file->pieces->len; i++)
    {
      data->n_points += get_piece (file, i)->n_points;
      if (!check_counts (file, data->n_points, error))
        return FALSE;
    }
  positions = monge_bytes_alloc (data->n_points, 3 * sizeof *positions, error);
  if (positions == NULL)
    return FALSE;
  for (guint i = 0; i < file->pieces->len; i++)
    {
      if (!read_piece_points (file, i, positions + 3 * base, &type, error))
        return FALSE;
      base += get_piece (file, i)->n_points;
    }
  if ((int) type < 0)
    type = MONGE_TYPE_FLOAT64; /* no points at all */
  monge_shape_builder_take_positions (builder, g_steal_pointer (&positions), data->n_points, type);
  return TRUE;
}

/* --- Cells --- */

/* @n values as 32 bits, plus @base; FALSE if one is not below @limit. */
static guint32 *
read_indices (const VtpFile *file, const VtpArray *array, gsize n, gsize base, guint64 limit,
              GError **error)
{
  gsize size = monge_type_get_size (array->type);
  g_autofree guint8 *values = monge_vtp_read_values (file, array, n, error);
  g_autofree guint32 *indices = NULL;

  indices = values != NULL ? monge_bytes_alloc (n, sizeof *indices, error) : NULL;
  for (gsize i = 0; indices != NULL && i < n; i++)
    {
      double value = monge_bytes_get (array->type, values + i * size);

      if (i % VALUES_PER_POLL == 0 && monge_task_return_if_cancelled (file->file->task, error))
        return NULL;
      if (!(value >= 0.0 && value < (double) limit))
        {
          g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
                       "%s %" G_GSIZE_FORMAT " of the cells is %.0f, which should be below %"
                       G_GUINT64_FORMAT "; the file is damaged", array->name, i, value, limit);
          return NULL;
        }
      indices[i] = (guint32) (base + (gsize) value);
    }
  return g_steal_pointer (&indices);
}

static gboolean
check_ends (const guint32 *ends, gsize n, GError **error)
{
  for (gsize i = 1; i < n; i++)
    if (ends[i] < ends[i - 1])
      {
        g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
                     "offsets %" G_GSIZE_FORMAT " of the cells is less than the one before; the "
                     "file is damaged", i);
        return FALSE;
      }
  return TRUE;
}

static gboolean
read_kind (const VtpFile *file, guint piece, MongePolyKind kind, gsize base, MongePolyCells *cells,
           GError **error)
{
  const VtpArray *ends = find_array (file, piece, (VtpSection) kind, "offsets");
  const VtpArray *indices = find_array (file, piece, (VtpSection) kind, "connectivity");
  gsize n = get_piece (file, piece)->n_cells[kind];

  if (ends == NULL || indices == NULL || ends->is_text || indices->is_text)
    return fail_missing (error, piece, "offsets or connectivity of its cells");
  cells->ends = read_indices (file, ends, n, 0, G_MAXUINT32, error);
  if (cells->ends == NULL || !check_ends (cells->ends, n, error))
    return FALSE;
  cells->indices = read_indices (file, indices, cells->ends[n - 1], base,
                                 get_piece (file, piece)->n_points, error);
  if (cells->indices == NULL)
    return FALSE;
  cells->n_cells = n;
  cells->n_indices = cells->ends[n - 1];
  return TRUE;
}

static gboolean
read_cells (const VtpFile *file, MongePolyData *data, GError **error)
{
  gsize base = 0;

  for (guint piece = 0; piece < file->pieces->len; piece++)
    {
      for (guint kind = 0; kind < MONGE_POLY_N_KINDS; kind++)
        {
          gsize n = get_piece (file, piece)->n_cells[kind];
          MongePolyCells *cells;

          if (n == 0)
            continue;
          cells = monge_poly_data_add (data, (MongePolyKind) kind);
          cells->first_row = data->n_rows;
          if (!read_kind (file, piece, (MongePolyKind) kind, base, cells, error))
            return FALSE;
          data->n_rows += n;
        }
      base += get_piece (file, piece)->n_points;
    }
  return TRUE;
}

/* --- Arrays --- */

static gsize
count_rows (const VtpFile *file, guint piece, VtpSection section)
{
  const VtpPiece *that = get_piece (file, piece);

  return section == VTP_POINT_DATA ? that->n_points : count_cells (that);
}

/* Whether each piece that has rows has an array like @array. */
static gboolean
is_in_all_pieces (const VtpFile *file, const VtpArray *array)
{
  for (guint i = 0; i < file->pieces->len; i++)
    {
      const VtpArray *other = find_array (file, i, array->section, array->name);
      if (count_rows (file, i, array->section) > 0
          && (other == NULL || other->type != array->type
              || other->n_components != array->n_components || other->is_text))
        return FALSE;
    }
  return TRUE;
}

/* The rows of all pieces. NULL with @error. */
static MongeArray *
join_pieces (const VtpFile *file, const VtpArray *array, gsize n_rows, GError **error)
{
  gsize row_size = array->n_components * monge_type_get_size (array->type), done = 0;
  g_autofree guint8 *values = NULL;

  for (guint i = 0; i < file->pieces->len; i++)
    {
      gsize n = count_rows (file, i, array->section);
      const VtpArray *part = file->pieces->len > 1
                               ? find_array (file, i, array->section, array->name) : array;
      g_autofree guint8 *rows = NULL;

      if (n == 0)
        continue;
      rows = monge_vtp_read_values (file, part, n * array->n_components, error);
      if (rows == NULL)
        return NULL;
      if (n == n_rows)
        values = g_steal_pointer (&rows);
      else if (values == NULL && (values = monge_bytes_alloc (n_rows, row_size, error)) == NULL)
        return NULL;
      if (rows != NULL)
        memcpy (values + done * row_size, rows, n * row_size);
      done += n;
    }
  return monge_array_new (array->name, array->type, array->n_components, n_rows,
                          g_bytes_new_take (g_steal_pointer (&values), n_rows * row_size));
}

static gboolean
read_data (const VtpFile *file, const VtpArray *array, gsize n_rows, GPtrArray *arrays,
           MongeShapeBuilder *builder, GError **error)
{
  MongeArray *joined;

  if (n_rows == 0)
    return TRUE;
  if (array->is_text || (file->pieces->len > 1 && !is_in_all_pieces (file, array)))
    {
      monge_shape_builder_add_repair (builder, "not kept: the array “%s”, %s", array->name,
                                      array->is_text ? "which is text"
                                                     : "which not all pieces have");
      return TRUE;
    }
  joined = join_pieces (file, array, n_rows, error);
  if (joined != NULL)
    g_ptr_array_add (arrays, joined);
  return joined != NULL;
}

/* Texts: what we know the meaning of, and others if there is one. */
static gboolean
read_field_text (const VtpFile *file, const VtpArray *array, MongeShapeBuilder *builder,
                 GError **error)
{
  g_autofree char *text = NULL;

  if (array->n_tuples > 1)
    {
      monge_shape_builder_add_repair (builder, "not kept: the array “%s”, which is text",
                                      array->name);
      return TRUE;
    }
  text = monge_vtp_read_text (file, array, error);
  if (text == NULL)
    return FALSE;
  if (strcmp (array->name, "UNIT") == 0 && strlen (text) <= 16)
    monge_shape_builder_set_unit (builder, text);
  else if (strcmp (array->name, "SPACE") == 0 && strstr (text, "RAS") != NULL)
    monge_shape_builder_set_space (builder, MONGE_SPACE_RAS);
  else if (strcmp (array->name, "SPACE") == 0 && strstr (text, "LPS") != NULL)
    monge_shape_builder_set_space (builder, MONGE_SPACE_LPS);
  else
    monge_shape_builder_take_text (builder, array->name, text);
  return TRUE;
}

static gboolean
read_field (const VtpFile *file, const VtpArray *array, MongeShapeBuilder *builder, GError **error)
{
  gsize n = array->n_tuples * array->n_components;
  gpointer values;

  if (array->is_text)
    return read_field_text (file, array, builder, error);
  values = monge_vtp_read_values (file, array, n, error);
  if (values == NULL)
    return FALSE;
  monge_shape_builder_take_field_array (
    builder, monge_array_new (array->name, array->type, array->n_components, array->n_tuples,
                              g_bytes_new_take (values, n * monge_type_get_size (array->type))));
  return TRUE;
}

/* The arrays of the first piece that has such rows stand for all. */
static guint
find_first_piece (const VtpFile *file, VtpSection section)
{
  guint i;

  for (i = 0; i + 1 < file->pieces->len && count_rows (file, i, section) == 0; i++)
    ;
  return i;
}

static gboolean
read_arrays (const VtpFile *file, MongePolyData *data, MongeShapeBuilder *builder, GError **error)
{
  guint first_points = find_first_piece (file, VTP_POINT_DATA);
  guint first_cells = find_first_piece (file, VTP_CELL_DATA);
  gboolean ok = TRUE;

  for (guint i = 0; ok && i < file->arrays->len; i++)
    {
      const VtpArray *array = g_ptr_array_index (file->arrays, i);
      if (array->section == VTP_FIELD_DATA)
        ok = read_field (file, array, builder, error);
      else if (array->section == VTP_POINT_DATA && array->piece == first_points)
        ok = read_data (file, array, data->n_points, data->point_arrays, builder, error);
      else if (array->section == VTP_CELL_DATA && array->piece == first_cells)
        ok = read_data (file, array, data->n_rows, data->cell_arrays, builder, error);
      else if ((array->section == VTP_POINT_DATA || array->section == VTP_CELL_DATA)
               && count_rows (file, array->piece, array->section) > 0
               && find_array (file, array->section == VTP_POINT_DATA ? first_points : first_cells,
                              array->section, array->name) == NULL)
        monge_shape_builder_add_repair (builder, "not kept: the array “%s”, which not all pieces "
                                        "have", array->name);
    }
  return ok;
}

/* --- The shape --- */

MongeShape *
monge_vtp_parse (const MongeFile *bytes, GError **error)
{
  g_auto (VtpFile) file = { .file = bytes };
  g_auto (MongePolyData) data = { .n_points = 0 };
  g_autoptr (MongeShapeBuilder) builder = NULL;

  if (!monge_vtp_file_read (&file, bytes, error))
    return NULL;
  monge_poly_data_init (&data);
  builder = monge_file_begin_shape (bytes, 3);
  if (!read_points (&file, &data, builder, error) || !read_cells (&file, &data, error)
      || !read_arrays (&file, &data, builder, error)
      || !monge_poly_data_finish (&data, builder, bytes, error))
    return NULL;
  return monge_shape_builder_end (g_steal_pointer (&builder), error);
}

/* The first element is VTKFile. */
gboolean
monge_vtp_matches (const guint8 *data, gsize size)
{
  static const char mark[] = "<VTKFile";
  gsize n = MIN (size, 1024), length = strlen (mark), i = 0;

  while (i < n && (g_ascii_isspace (data[i]) || data[i] >= 0x80)) /* a byte order mark */
    i++;
  if (i >= n || data[i] != '<')
    return FALSE;
  for (; i + length <= n; i++)
    if (memcmp (data + i, mark, length) == 0)
      return TRUE;
  return FALSE;
}
