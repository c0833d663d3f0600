#include "compute/correspondences.h"

#include "compute/io/io.h"
#include "compute/io/scan.h"
#include "compute/io/values.h"

#include <string.h>

#define N_COLUMNS 16

const char *const monge_correspondence_columns[] = {
  "source", "source_x", "source_y", "source_z", "moved_x", "moved_y", "moved_z", "target_cell",
  "target_vertex", "target_x", "target_y", "target_z", "weight_0", "weight_1", "weight_2", "distance",
  NULL
};

G_STATIC_ASSERT (G_N_ELEMENTS (monge_correspondence_columns) == N_COLUMNS + 1);

void
monge_correspondences_free (MongeCorrespondences *correspondences)
{
  if (correspondences == NULL)
    return;
  monge_shape_unref (correspondences->source);
  monge_shape_unref (correspondences->target);
  g_clear_pointer (&correspondences->label_table, monge_label_table_unref);
  g_free (correspondences->moved);
  g_free (correspondences->nearest);
  g_free (correspondences->vertex);
  g_free (correspondences->foot);
  g_free (correspondences->labels);
  g_free (correspondences);
}

static guint
get_arity (const MongeShape *shape)
{
  if (monge_shape_get_n_cells (shape) == 0)
    return 1;
  return monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE ? 3 : 2;
}

/* (n × 3); missing coordinates are 0. */
static double *
lift (const double *positions, gsize n, guint dim)
{
  double *lifted = g_new0 (double, 3 * MAX (n, 1));

  for (gsize i = 0; i < n; i++)
    memcpy (lifted + 3 * i, positions + dim * i, dim * sizeof *positions);
  return lifted;
}

static void
find_foot (MongeCorrespondences *c, gsize i)
{
  const guint arity = get_arity (c->target), dim = monge_shape_get_dim (c->target);
  const double *x = monge_shape_get_positions (c->target);
  const MongeNearest *nearest = &c->nearest[i];
  guint best = 0;

  for (guint corner = 0; corner < arity; corner++)
    {
      guint32 vertex = arity > 1
                         ? monge_shape_get_cells (c->target)[arity * (gsize) nearest->item + corner]
                         : nearest->item;

      if (corner == 0 || nearest->weights[corner] > nearest->weights[best])
        {
          best = corner;
          c->vertex[i] = vertex;
        }
      for (guint d = 0; d < dim; d++)
        c->foot[3 * i + d] += nearest->weights[corner] * x[(gsize) dim * vertex + d];
    }
}

/* The first that is labels, of vertices and else of cells. */
static const MongeArray *
find_labels (const MongeShape *shape, gboolean *of_cells)
{
  *of_cells = FALSE;
  for (guint k = 0; k < monge_shape_get_n_arrays (shape); k++)
    if (monge_array_guess_role (monge_shape_get_array (shape, k)) == MONGE_ARRAY_LABEL)
      return monge_shape_get_array (shape, k);
  *of_cells = TRUE;
  for (guint k = 0; k < monge_shape_get_n_cell_arrays (shape); k++)
    if (monge_array_guess_role (monge_shape_get_cell_array (shape, k)) == MONGE_ARRAY_LABEL)
      return monge_shape_get_cell_array (shape, k);
  return NULL;
}

static void
take_labels (MongeCorrespondences *c)
{
  gboolean of_cells;
  const MongeArray *array = find_labels (c->target, &of_cells);

  if (array == NULL)
    return;
  c->labels = g_new (gint32, MAX (c->n, 1));
  if (array->labels != NULL)
    c->label_table = monge_label_table_ref (array->labels);
  for (gsize i = 0; i < c->n; i++)
    {
      double value = monge_array_get (array, of_cells ? c->nearest[i].item : c->vertex[i], 0);

      c->labels[i] = (gint32) CLAMP (value, (double) G_MININT32, (double) G_MAXINT32);
    }
}

MongeCorrespondences *
monge_correspondences_new (MongeShape *source, MongeShape *target, const double *positions,
                           MongeTask *task, GError **error)
{
  const gsize n = monge_shape_get_n_vertices (source);
  g_autoptr (MongeCorrespondences) c = g_new0 (MongeCorrespondences, 1);

  c->n = n;
  c->source = monge_shape_ref (source);
  c->target = monge_shape_ref (target);
  if (monge_shape_get_dim (source) > 3 || monge_shape_get_dim (target) > 3)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                   "correspondences need shapes in the plane or in space, these have %u and %u "
                   "coordinates", monge_shape_get_dim (source), monge_shape_get_dim (target));
      return NULL;
    }
  c->moved = lift (positions, n, monge_shape_get_dim (source));
  c->nearest = g_new0 (MongeNearest, MAX (n, 1));
  c->vertex = g_new0 (guint32, MAX (n, 1));
  c->foot = g_new0 (double, 3 * MAX (n, 1));
  if (!monge_distance_find_nearest (target, c->moved, n, c->nearest, task, error))
    return NULL;
  for (gsize i = 0; i < n; i++)
    find_foot (c, i);
  take_labels (c);
  return g_steal_pointer (&c);
}

/* --- Tables --- */

static void
fill_row (const MongeCorrespondences *c, const double *source, gsize i, double row[N_COLUMNS])
{
  const MongeNearest *nearest = &c->nearest[i];

  row[0] = (double) i;
  memcpy (row + 1, source + 3 * i, 3 * sizeof *row);
  memcpy (row + 4, c->moved + 3 * i, 3 * sizeof *row);
  row[7] = get_arity (c->target) > 1 ? nearest->item : -1.0;
  row[8] = c->vertex[i];
  memcpy (row + 9, c->foot + 3 * i, 3 * sizeof *row);
  memcpy (row + 12, nearest->weights, 3 * sizeof *row);
  row[15] = nearest->distance;
}

static void
append_name (GString *out, const MongeCorrespondences *c, gsize i, char separator)
{
  const MongeLabelEntry *entry = monge_label_table_find (c->label_table, c->labels[i]);

  g_string_append_c (out, separator);
  if (entry == NULL)
    return;
  g_string_append_c (out, '"');
  for (const char *at = entry->name; *at != '\0'; at++)
    if (*at == '"')
      g_string_append (out, "\"\"");
    else
      g_string_append_c (out, g_ascii_iscntrl (*at) ? ' ' : *at);
  g_string_append_c (out, '"');
}

static void
write_text (const MongeCorrespondences *c, const double *source, char separator, GString *out)
{
  for (guint k = 0; k < N_COLUMNS; k++)
    g_string_append_printf (out, "%s%c", monge_correspondence_columns[k],
                            k + 1 < N_COLUMNS || c->labels != NULL ? separator : '\n');
  if (c->labels != NULL && c->label_table != NULL)
    g_string_append_printf (out, "label%clabel_name\n", separator);
  else if (c->labels != NULL)
    g_string_append (out, "label\n");
  for (gsize i = 0; i < c->n; i++)
    {
      double row[N_COLUMNS];

      fill_row (c, source, i, row);
      for (guint k = 0; k < N_COLUMNS; k++)
        {
          if (k > 0)
            g_string_append_c (out, separator);
          monge_text_append_double (out, row[k]);
        }
      if (c->labels != NULL)
        g_string_append_printf (out, "%c%d", separator, c->labels[i]);
      if (c->labels != NULL && c->label_table != NULL)
        append_name (out, c, i, separator);
      g_string_append_c (out, '\n');
    }
}

static gboolean
save_npy (const MongeCorrespondences *c, const double *source, const char *path, GError **error)
{
  const gsize d = N_COLUMNS + (c->labels != NULL);
  g_autofree double *values = g_new (double, MAX (c->n * d, 1));

  for (gsize i = 0; i < c->n; i++)
    {
      fill_row (c, source, i, values + d * i);
      if (c->labels != NULL)
        values[d * i + N_COLUMNS] = c->labels[i];
    }
  return monge_npy_save (path, values, c->n, d, error);
}

static void
add_array (GPtrArray *arrays, const char *name, MongeType type, guint n_components, gsize n,
           gconstpointer values)
{
  GBytes *bytes = g_bytes_new (values, n * n_components * monge_type_get_size (type));

  g_ptr_array_add (arrays, monge_array_new (name, type, n_components, n, bytes));
}

/* The same columns, those that belong together in one array. */
static gboolean
save_npz (const MongeCorrespondences *c, const double *source, const char *path, GError **error)
{
  g_autoptr (GPtrArray) arrays = monge_values_new ();
  g_autofree guint32 *index = g_new (guint32, MAX (c->n, 1));
  g_autofree gint64 *cell = g_new (gint64, MAX (c->n, 1));
  g_autofree double *weights = g_new (double, 3 * MAX (c->n, 1));
  g_autofree double *distance = g_new (double, MAX (c->n, 1));

  for (gsize i = 0; i < c->n; i++)
    {
      index[i] = (guint32) i;
      cell[i] = get_arity (c->target) > 1 ? (gint64) c->nearest[i].item : -1;
      memcpy (weights + 3 * i, c->nearest[i].weights, 3 * sizeof *weights);
      distance[i] = c->nearest[i].distance;
    }
  add_array (arrays, "source", MONGE_TYPE_UINT32, 1, c->n, index);
  add_array (arrays, "source_position", MONGE_TYPE_FLOAT64, 3, c->n, source);
  add_array (arrays, "moved_position", MONGE_TYPE_FLOAT64, 3, c->n, c->moved);
  add_array (arrays, "target_cell", MONGE_TYPE_INT64, 1, c->n, cell);
  add_array (arrays, "target_vertex", MONGE_TYPE_UINT32, 1, c->n, c->vertex);
  add_array (arrays, "target_position", MONGE_TYPE_FLOAT64, 3, c->n, c->foot);
  add_array (arrays, "weights", MONGE_TYPE_FLOAT64, 3, c->n, weights);
  add_array (arrays, "distance", MONGE_TYPE_FLOAT64, 1, c->n, distance);
  if (c->labels != NULL)
    add_array (arrays, "label", MONGE_TYPE_INT32, 1, c->n, c->labels);
  return monge_values_save (arrays, path, error);
}

static char
find_separator (const char *path)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);

  if (g_str_has_suffix (lower, ".csv"))
    return ',';
  if (g_str_has_suffix (lower, ".tsv"))
    return '\t';
  if (g_str_has_suffix (lower, ".npz"))
    return 'z';
  return g_str_has_suffix (lower, ".npy") ? 'n' : '\0';
}

gboolean
monge_correspondences_check_path (const char *path, GError **error)
{
  if (find_separator (path) != '\0')
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
               "%s: its name does not say in which format to write a table; use one of .csv, .tsv, "
               ".npy, .npz", path);
  return FALSE;
}

gboolean
monge_correspondences_save (const MongeCorrespondences *c, const char *path, GError **error)
{
  g_autofree double *source = lift (monge_shape_get_positions (c->source), c->n,
                                    monge_shape_get_dim (c->source));
  g_autoptr (GString) out = g_string_new (NULL);
  char separator = find_separator (path);

  if (!monge_correspondences_check_path (path, error))
    return FALSE;
  if (separator == 'n')
    return save_npy (c, source, path, error);
  if (separator == 'z')
    return save_npz (c, source, path, error);
  write_text (c, source, separator, out);
  return monge_file_save (path, out->str, out->len, error);
}
