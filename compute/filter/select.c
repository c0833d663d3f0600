/* Parts of a shape: its connected pieces, and what lies in a region. */
#include "compute/filter/filter-private.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "compute/filter/twins.h"

static const char *const regions[] = { "box", "sphere", "array", NULL };
static const char *const sides[] = { "inside", "outside", NULL };
static const char *const rules[] = { "all", "any", NULL };

#define NUMBER(key, label, field, help) \
  { key, label, "length", MONGE_OPTION_DOUBLE, offsetof (MongeRegionParams, field), -INFINITY, \
    INFINITY, FALSE, NULL, help }

const MongeOption monge_components_options[] = {
  { "keep", "Keep the largest", "", MONGE_OPTION_INT, offsetof (MongeComponentsParams, keep), 0,
    1e9, TRUE, NULL, "How many pieces to keep, by the number of their cells (0: all)" },
  { "least", "Smallest", "", MONGE_OPTION_INT, offsetof (MongeComponentsParams, least), 0, 1e9,
    TRUE, NULL, "Pieces of fewer cells go" },
  { "fraction", "Smallest share", "%", MONGE_OPTION_DOUBLE,
    offsetof (MongeComponentsParams, fraction), 0, 100, FALSE, NULL,
    "Pieces that have less of all cells go" },
  { "indices", "Numbers", "", MONGE_OPTION_TEXT, offsetof (MongeComponentsParams, indices), 0, 0,
    FALSE, NULL, "These pieces instead, such as 1,3: 1 is the largest" },
  { NULL },
};
const MongeComponentsParams monge_components_defaults = { 1, 0, 0.0, "" };

const MongeOption monge_region_options[] = {
  { "in", "Region", "", MONGE_OPTION_CHOICE, offsetof (MongeRegionParams, in), 0, 0, FALSE, regions,
    "What makes the region: a box, a sphere, or the values of an array" },
  { "keep", "Keep", "", MONGE_OPTION_CHOICE, offsetof (MongeRegionParams, keep), 0, 0, FALSE, sides,
    "The side of it that stays" },
  { "cells", "Cells with", "", MONGE_OPTION_CHOICE, offsetof (MongeRegionParams, cells), 0, 0,
    FALSE, rules, "Whether a face or segment stays with all of its vertices or with any" },
  NUMBER ("x-min", "x from", lower[0], "Where the box begins"),
  NUMBER ("x-max", "x to", upper[0], "Where the box ends"),
  NUMBER ("y-min", "y from", lower[1], "Where the box begins"),
  NUMBER ("y-max", "y to", upper[1], "Where the box ends"),
  NUMBER ("z-min", "z from", lower[2], "Where the box begins"),
  NUMBER ("z-max", "z to", upper[2], "Where the box ends"),
  NUMBER ("x", "Centre x", centre[0], "Middle of the sphere"),
  NUMBER ("y", "Centre y", centre[1], "Middle of the sphere"),
  NUMBER ("z", "Centre z", centre[2], "Middle of the sphere"),
  { "radius", "Radius", "length", MONGE_OPTION_DOUBLE, offsetof (MongeRegionParams, radius), 0,
    INFINITY, TRUE, NULL, "Of the sphere" },
  { "array", "Array", "", MONGE_OPTION_TEXT, offsetof (MongeRegionParams, array), 0, 0, FALSE, NULL,
    "The name of an array of vertices or cells; of several numbers a row, their length counts" },
  { "from", "Values from", "", MONGE_OPTION_DOUBLE, offsetof (MongeRegionParams, from), -INFINITY,
    INFINITY, FALSE, NULL, "The smallest value in the region" },
  { "to", "Values to", "", MONGE_OPTION_DOUBLE, offsetof (MongeRegionParams, to), -INFINITY,
    INFINITY, FALSE, NULL, "The largest value in the region" },
  { NULL },
};
const MongeRegionParams monge_region_defaults = {
  "box", "inside", "all", { -INFINITY, -INFINITY, -INFINITY }, { INFINITY, INFINITY, INFINITY },
  { 0.0, 0.0, 0.0 }, INFINITY, "", -INFINITY, INFINITY,
};

gboolean
monge_components_takes (const MongeShape *shape, const char **reason)
{
  if (monge_shape_get_n_cells (shape) > 0)
    return TRUE;
  *reason = "points hang together with nothing; only surfaces and curves have pieces";
  return FALSE;
}

gboolean
monge_region_takes (const MongeShape *shape, const char **reason)
{
  return monge_filter_takes_all (shape, reason);
}

static MongeShape *
fail_empty (GError **error, const char *message)
{
  g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_EMPTY, message);
  return NULL;
}

static guint
get_arity (const MongeShape *shape)
{
  return monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE ? 3 : 2;
}

/* --- Components --- */

typedef struct {
  guint32 root;
  gsize n_cells;
} Piece;

static int
compare_pieces (const void *a, const void *b)
{
  const Piece *p = a, *q = b;

  if (p->n_cells != q->n_cells)
    return p->n_cells < q->n_cells ? 1 : -1;
  return p->root < q->root ? -1 : 1;
}

/* Largest first. @n: (out) */
static Piece *
list_pieces (const MongeShape *shape, const guint32 *roots, gsize *n)
{
  gsize n_vertices = monge_shape_get_n_vertices (shape), n_cells = monge_shape_get_n_cells (shape);
  const guint32 *cells = monge_shape_get_cells (shape);
  g_autofree gsize *counts = g_new0 (gsize, n_vertices);
  Piece *pieces;

  *n = 0;
  for (gsize c = 0; c < n_cells; c++)
    *n += counts[roots[cells[get_arity (shape) * c]]]++ == 0;
  pieces = g_new (Piece, *n + 1);
  *n = 0;
  for (gsize i = 0; i < n_vertices; i++)
    if (counts[i] > 0)
      pieces[(*n)++] = (Piece){ (guint32) i, counts[i] };
  qsort (pieces, *n, sizeof *pieces, compare_pieces);
  return pieces;
}

/* Marks in @is_chosen those of "1,3,7". */
static gboolean
parse_indices (const char *text, guint8 *is_chosen, gsize n, GError **error)
{
  g_auto (GStrv) words = g_strsplit (text, ",", -1);

  for (guint k = 0; words[k] != NULL; k++)
    {
      guint64 number;

      if (!g_ascii_string_to_unsigned (g_strstrip (words[k]), 10, 1, n, &number, NULL))
        {
          g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                       "there is no piece “%s”; there are 1 to %" G_GSIZE_FORMAT, words[k], n);
          return FALSE;
        }
      is_chosen[number - 1] = TRUE;
    }
  return TRUE;
}

static gboolean
choose_pieces (const MongeComponentsParams *params, const Piece *pieces, gsize n, gsize n_cells,
               guint8 *is_chosen, GError **error)
{
  if (params->indices[0] != '\0')
    return parse_indices (params->indices, is_chosen, n, error);
  for (gsize p = 0; p < n; p++)
    is_chosen[p] = (params->keep == 0 || p < (gsize) params->keep)
                   && pieces[p].n_cells >= (gsize) params->least
                   && 100.0 * (double) pieces[p].n_cells >= params->fraction * (double) n_cells;
  return TRUE;
}

MongeShape *
monge_components_apply (MongeShape *shape, gconstpointer params, MongeTask *task, GString *note,
                        GError **error)
{
  gsize n = monge_shape_get_n_vertices (shape), n_cells = monge_shape_get_n_cells (shape);
  const guint32 *cells = monge_shape_get_cells (shape);
  guint arity = get_arity (shape);
  g_autofree guint32 *roots = monge_find_components (cells, n_cells, arity, n);
  gsize n_pieces, n_chosen = 0, n_kept = 0;
  g_autofree Piece *pieces = list_pieces (shape, roots, &n_pieces);
  g_autofree guint8 *is_chosen = g_malloc0 (n_pieces + 1), *keeps_root = g_malloc0 (n);
  g_autofree guint8 *keeps = g_malloc (n_cells);

  if (monge_task_return_if_cancelled (task, error)
      || !choose_pieces (params, pieces, n_pieces, n_cells, is_chosen, error))
    return NULL;
  for (gsize p = 0; p < n_pieces; p++)
    {
      n_chosen += is_chosen[p];
      keeps_root[pieces[p].root] = is_chosen[p];
    }
  for (gsize c = 0; c < n_cells; c++)
    n_kept += keeps[c] = keeps_root[roots[cells[arity * c]]];
  if (n_kept == 0)
    return fail_empty (error, "no piece is as large as that; ask for smaller ones");
  g_string_append_printf (note, "Kept %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " pieces.", n_chosen,
                          n_pieces);
  return monge_filter_keep_cells (shape, keeps, n_kept == n_cells, error);
}

/* --- Regions --- */

static gboolean
is_inside (const MongeRegionParams *params, const double *x, guint dim)
{
  double square = 0.0;

  if (strcmp (params->in, "sphere") == 0)
    {
      for (guint k = 0; k < MIN (dim, 3); k++)
        square += (x[k] - params->centre[k]) * (x[k] - params->centre[k]);
      return sqrt (square) <= params->radius;
    }
  for (guint k = 0; k < MIN (dim, 3); k++)
    if (!(x[k] >= params->lower[k] && x[k] <= params->upper[k]))
      return FALSE;
  return TRUE;
}

static gboolean
is_in_range (const MongeRegionParams *params, const MongeArray *array, gsize row)
{
  double value = 0.0;

  if (array->n_components == 1)
    value = monge_array_get (array, row, 0);
  else
    for (guint c = 0; c < array->n_components; c++)
      value = hypot (value, monge_array_get (array, row, c));
  return value >= params->from && value <= params->to;
}

static const MongeArray *
find_cell_array (const MongeShape *shape, const char *name)
{
  for (guint k = 0; k < monge_shape_get_n_cell_arrays (shape); k++)
    if (strcmp (monge_shape_get_cell_array (shape, k)->name, name) == 0)
      return monge_shape_get_cell_array (shape, k);
  return NULL;
}

/* By vertices, or by an array of theirs. */
static void
mark_vertices (const MongeShape *shape, const MongeRegionParams *params, const MongeArray *array,
               guint8 *keeps)
{
  gsize n = monge_shape_get_n_vertices (shape);
  guint dim = monge_shape_get_dim (shape);
  const double *x = monge_shape_get_positions (shape);
  gboolean wanted = strcmp (params->keep, "inside") == 0;

  for (gsize i = 0; i < n; i++)
    keeps[i] = wanted == (array != NULL ? is_in_range (params, array, i)
                                        : is_inside (params, x + i * dim, dim));
}

static void
mark_cells (const MongeShape *shape, const MongeRegionParams *params, const guint8 *keeps_vertex,
            guint8 *keeps)
{
  guint arity = get_arity (shape), least = strcmp (params->cells, "all") == 0 ? arity : 1;
  const guint32 *cells = monge_shape_get_cells (shape);

  for (gsize c = 0; c < monge_shape_get_n_cells (shape); c++)
    {
      guint count = 0;

      for (guint k = 0; k < arity; k++)
        count += keeps_vertex[cells[arity * c + k]];
      keeps[c] = count >= least;
    }
}

static MongeShape *
keep_points (MongeShape *shape, const guint8 *keeps, GError **error)
{
  gsize n = monge_shape_get_n_vertices (shape), n_rows = 0;
  g_autofree guint32 *rows = g_new (guint32, n);

  for (gsize i = 0; i < n; i++)
    if (keeps[i])
      rows[n_rows++] = (guint32) i;
  if (n_rows == n)
    return monge_shape_ref (shape);
  return monge_filter_pick (shape, rows, n_rows, NULL, 0, NULL, error);
}

static gsize
count_kept (const guint8 *keeps, gsize n)
{
  gsize count = 0;

  for (gsize i = 0; i < n; i++)
    count += keeps[i] != 0;
  return count;
}

/* The array that the region is made of; NULL with @error where there is none of that name. */
static const MongeArray *
find_array (const MongeShape *shape, const MongeRegionParams *params, gboolean *is_of_cells,
            GError **error)
{
  const MongeArray *array = monge_shape_find_array (shape, params->array);

  *is_of_cells = array == NULL;
  if (array == NULL)
    array = find_cell_array (shape, params->array);
  if (array == NULL)
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
                 "there is no array “%s”; name one of those that the shape has", params->array);
  return array;
}

MongeShape *
monge_region_apply (MongeShape *shape, gconstpointer data, MongeTask *task, GString *note,
                    GError **error)
{
  const MongeRegionParams *params = data;
  gsize n = monge_shape_get_n_vertices (shape), n_cells = monge_shape_get_n_cells (shape);
  g_autofree guint8 *keeps = g_malloc (n), *keeps_cell = g_malloc0 (MAX (n_cells, 1));
  const MongeArray *array = NULL;
  gboolean is_of_cells = FALSE;
  gsize n_all = n_cells > 0 ? n_cells : n, n_kept;

  if (strcmp (params->in, "array") == 0)
    {
      array = find_array (shape, params, &is_of_cells, error);
      if (array == NULL)
        return NULL;
    }
  if (monge_task_return_if_cancelled (task, error))
    return NULL;
  if (is_of_cells)
    for (gsize c = 0; c < n_cells; c++)
      keeps_cell[c] = (strcmp (params->keep, "inside") == 0) == is_in_range (params, array, c);
  else
    mark_vertices (shape, params, array, keeps);
  if (n_cells > 0 && !is_of_cells)
    mark_cells (shape, params, keeps, keeps_cell);
  n_kept = n_cells > 0 ? count_kept (keeps_cell, n_cells) : count_kept (keeps, n);
  if (n_kept == 0)
    return fail_empty (error, "nothing lies in the region; make it larger");
  g_string_append_printf (note, "Kept %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " %s.", n_kept,
                          n_all,
                          n_cells == 0             ? "points"
                          : get_arity (shape) == 3 ? "faces"
                                                   : "segments");
  return n_cells > 0 ? monge_filter_keep_cells (shape, keeps_cell, n_kept == n_cells, error)
                     : keep_points (shape, keeps, error);
}
