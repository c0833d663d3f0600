/* Cells of legacy VTK files. Up to version 4.2 there is one list, in which each cell is its number
 * of points and these; from 5.0 on, offsets and connectivity are two arrays. */
#include "compute/io/vtk-private.h"

#include <string.h>

#include "compute/shape/bytes.h"

#define CELLS_PER_POLL 65536

/* @values: (n_values), of which @cells takes over the memory. */
static gboolean
split_list (VtkReader *reader, MongePolyCells *cells, gint32 *values, gsize n_cells,
            gsize n_values, GError **error)
{
  gsize from = 0, to = 0;

  cells->indices = (guint32 *) values;
  cells->ends = monge_bytes_alloc (n_cells, sizeof *cells->ends, error);
  if (cells->ends == NULL)
    return FALSE;
  for (gsize i = 0; i < n_cells; i++)
    {
      gint64 n = from < n_values ? values[from++] : -1;

      if (n < 0 || (gsize) n > n_values - from)
        return monge_vtk_fail (reader, error, MONGE_ERROR_FORMAT,
                               "cell %" G_GSIZE_FORMAT " (counted from 0) does not fit into the %"
                               G_GSIZE_FORMAT " numbers before it; the file is damaged", i,
                               n_values);
      if (i % CELLS_PER_POLL == 0
          && monge_task_return_if_cancelled (reader->file->task, error))
        return FALSE;
      for (gint64 k = 0; k < n; k++)
        cells->indices[to++] = (guint32) values[from++];
      cells->ends[i] = (guint32) to;
    }
  cells->n_cells = n_cells;
  cells->n_indices = to;
  if (from < n_values)
    monge_shape_builder_add_repair (reader->builder, "%" G_GSIZE_FORMAT " numbers behind the last "
                                    "cell were ignored", n_values - from);
  return TRUE;
}

static gboolean
read_list (VtkReader *reader, MongePolyCells *cells, gsize n_cells, gsize n_values, GError **error)
{
  const VtkType type = { MONGE_TYPE_INT32, VTK_NUMBERS };
  gint32 *values;

  if (n_cells > n_values)
    return monge_vtk_fail (reader, error, MONGE_ERROR_FORMAT,
                           "%" G_GSIZE_FORMAT " cells in %" G_GSIZE_FORMAT " numbers; the file is "
                           "damaged, export it again", n_cells, n_values);
  values = monge_vtk_read_values (reader, type, n_values, error);
  return values != NULL && split_list (reader, cells, values, n_cells, n_values, error);
}

/* "OFFSETS type" or "CONNECTIVITY type" and @n values as 32 bits; those that do not fit become the
 * largest, which no vertex and no end is. */
static guint32 *
read_part (VtkReader *reader, const char *expected, gsize n, GError **error)
{
  char word[256] = "";
  VtkType type;
  g_autofree guint8 *values = NULL;
  g_autofree guint32 *indices = NULL;

  if (!monge_scan_find_word (&reader->scan) || !monge_vtk_read_keyword (reader, word, NULL)
      || !g_str_equal (word, expected))
    {
      monge_vtk_fail (reader, error, MONGE_ERROR_FORMAT,
                      "“%s” is missing in front of the cells; the file is damaged", expected);
      return NULL;
    }
  if (!monge_vtk_read_type (reader, &type, error))
    return NULL;
  values = monge_vtk_read_values (reader, type, n, error);
  indices = values != NULL ? monge_bytes_alloc (n, sizeof *indices, error) : NULL;
  for (gsize i = 0; indices != NULL && i < n; i++)
    {
      double value = monge_bytes_get (type.type, values + i * monge_type_get_size (type.type));

      if (i % CELLS_PER_POLL == 0
          && monge_task_return_if_cancelled (reader->file->task, error))
        return NULL;
      indices[i] = value >= 0.0 && value < (double) G_MAXUINT32 ? (guint32) value : G_MAXUINT32;
    }
  return g_steal_pointer (&indices);
}

/* The first offset is 0, the others are where a cell ends. */
static gboolean
check_offsets (VtkReader *reader, const guint32 *offsets, gsize n_offsets, gsize n_indices,
               GError **error)
{
  gboolean ok = n_offsets == 0 ? n_indices == 0
                               : offsets[0] == 0 && offsets[n_offsets - 1] == n_indices;

  for (gsize i = 1; ok && i < n_offsets; i++)
    ok = offsets[i] >= offsets[i - 1];
  return ok
         || monge_vtk_fail (reader, error, MONGE_ERROR_FORMAT,
                            "the offsets of cells do not ascend from 0 to %" G_GSIZE_FORMAT
                            "; the file is damaged, export it again", n_indices);
}

static gboolean
read_parts (VtkReader *reader, MongePolyCells *cells, gsize n_offsets, gsize n_indices,
            GError **error)
{
  if (n_indices >= G_MAXUINT32 || n_offsets >= G_MAXUINT32)
    return monge_vtk_fail (reader, error, MONGE_ERROR_SIZE,
                           "%" G_GSIZE_FORMAT " corners of cells are more than this program takes; "
                           "thin the shape out", n_indices);
  cells->ends = read_part (reader, "offsets", n_offsets, error);
  if (cells->ends == NULL)
    return FALSE;
  cells->indices = read_part (reader, "connectivity", n_indices, error);
  if (cells->indices == NULL || !check_offsets (reader, cells->ends, n_offsets, n_indices, error))
    return FALSE;
  if (n_offsets == 0)
    return TRUE;
  cells->n_cells = n_offsets - 1;
  cells->n_indices = n_indices;
  memmove (cells->ends, cells->ends + 1, cells->n_cells * sizeof *cells->ends);
  return TRUE;
}

/* Which of the two it is shows in the next line: no number of points looks like the word. */
gboolean
monge_vtk_read_cells (VtkReader *reader, MongePolyCells *cells, GError **error)
{
  static const char offsets[] = "offsets";
  gsize n, n_values;
  MongeScan next;

  if (!monge_vtk_read_count (reader, "cells", &n, error)
      || !monge_vtk_read_count (reader, "numbers of all cells", &n_values, error))
    return FALSE;
  next = reader->scan;
  monge_scan_find_word (&next);
  if ((gsize) (next.end - next.at) >= strlen (offsets)
      && g_ascii_strncasecmp ((const char *) next.at, offsets, strlen (offsets)) == 0)
    return read_parts (reader, cells, n, n_values, error);
  if (n_values > G_MAXUINT32)
    return monge_vtk_fail (reader, error, MONGE_ERROR_SIZE,
                           "%" G_GSIZE_FORMAT " numbers of cells are more than this program takes; "
                           "thin the shape out", n_values);
  return read_list (reader, cells, n, n_values, error);
}
