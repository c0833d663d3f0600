#include "ui/export.h"

#include <string.h>

MongeExport *
monge_export_new (MongeShape *shape)
{
  MongeExport *export = g_new0 (MongeExport, 1);

  export->shape = monge_shape_ref (shape);
  return export;
}

void
monge_export_free (MongeExport *export)
{
  if (export == NULL)
    return;
  monge_shape_unref (export->shape);
  g_free (export->path);
  g_strfreev (export->arrays);
  g_clear_pointer (&export->flow, monge_flow_results_unref);
  g_free (export);
}

static gboolean
is_wanted (const char *const *arrays, const char *name)
{
  return arrays == NULL || g_strv_contains (arrays, name);
}

/* The same shape with some of its arrays. */
static MongeShape *
pick_arrays (MongeShape *shape, const char *const *arrays, GError **error)
{
  MongeShapeBuilder *builder;
  gsize n = monge_shape_get_n_vertices (shape), n_cells = monge_shape_get_n_cells (shape);
  guint dim = monge_shape_get_dim (shape);
  MongeShapeKind kind = monge_shape_get_kind (shape);
  gsize corners = kind == MONGE_SHAPE_SURFACE ? 3 : 2;

  if (arrays == NULL)
    return monge_shape_ref (shape);
  builder = monge_shape_begin_like (shape);
  monge_shape_builder_take_positions (
      builder, g_memdup2 (monge_shape_get_positions (shape), n * dim * sizeof (double)), n,
      monge_shape_get_position_type (shape));
  if (kind != MONGE_SHAPE_POINTS)
    monge_shape_builder_take_cells (
        builder, kind,
        g_memdup2 (monge_shape_get_cells (shape), n_cells * corners * sizeof (guint32)), n_cells);
  for (guint i = 0; i < monge_shape_get_n_arrays (shape); i++)
    if (is_wanted (arrays, monge_shape_get_array (shape, i)->name))
      monge_shape_builder_take_array (builder, monge_array_copy (monge_shape_get_array (shape, i)));
  for (guint i = 0; i < monge_shape_get_n_cell_arrays (shape); i++)
    monge_shape_builder_take_cell_array (
        builder, monge_array_copy (monge_shape_get_cell_array (shape, i)));
  return monge_shape_builder_end (builder, error);
}

/* Those that are wanted of the shape's own, and the results. */
static char **
list_arrays (const MongeExport *export)
{
  g_autoptr (GStrvBuilder) names = NULL;

  if (export->arrays == NULL)
    return NULL;
  names = g_strv_builder_new ();
  g_strv_builder_addv (names, (const char **) export->arrays);
  for (int i = 0; export->flow != NULL && monge_result_names[i] != NULL; i++)
    if (export->results & (1u << i))
      g_strv_builder_add (names, monge_result_names[i]);
  if (export->results & MONGE_RESULT_DISTANCE)
    g_strv_builder_add (names, "signed_distance");
  return g_strv_builder_end (names);
}

gboolean
monge_export_run (const MongeExport *export, MongeTask *task, GError **error)
{
  g_auto (GStrv) arrays = list_arrays (export);
  g_autoptr (MongeShape) full = NULL;
  g_autoptr (MongeShape) shape = NULL;

  full = export->flow != NULL
             ? monge_flow_results_attach (export->flow, export->results, task, error)
             : monge_shape_ref (export->shape);
  if (full == NULL)
    return FALSE;
  shape = pick_arrays (full, (const char *const *) arrays, error);
  return shape != NULL && !monge_task_return_if_cancelled (task, error)
         && monge_shape_save (shape, export->path, &export->options, error);
}

/* What formats keep */

guint
monge_export_get_needs (const MongeShape *shape, const char *const *arrays)
{
  guint needs = monge_shape_get_needs (shape) & ~(guint) MONGE_HOLDS_ARRAYS;

  for (guint i = 0; i < monge_shape_get_n_arrays (shape); i++)
    if (is_wanted (arrays, monge_shape_get_array (shape, i)->name))
      needs |= MONGE_HOLDS_ARRAYS;
  return needs;
}

gboolean
monge_export_can_hold (const MongeFormat *format, const MongeShape *shape)
{
  const guint any = MONGE_HOLDS_POINTS | MONGE_HOLDS_CURVES | MONGE_HOLDS_SURFACES;
  const char *const none[] = { NULL };
  guint needs = monge_export_get_needs (shape, none) & any;

  return format->write != NULL && (format->writes & needs) == needs;
}

static void
append_parts (GString *text, guint which)
{
  static const struct {
    guint ability;
    const char *name;
  } parts[] = {
    { MONGE_HOLDS_POINTS, "points" },
    { MONGE_HOLDS_CURVES, "points and segments" },
    { MONGE_HOLDS_SURFACES, "points and faces" },
    { MONGE_HOLDS_ARRAYS, "values per point" },
    { MONGE_HOLDS_CELL_ARRAYS, "values per cell" },
    { MONGE_HOLDS_FIELD_ARRAYS, "values of the whole" },
    { MONGE_HOLDS_UNIT, "the unit" },
    { MONGE_HOLDS_SPACE, "the axes" },
  };
  gboolean is_first = TRUE;

  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    if (which & parts[i].ability)
      {
        g_string_append_printf (text, "%s%s", is_first ? "" : ", ", parts[i].name);
        is_first = FALSE;
      }
}

char *
monge_export_describe (const MongeFormat *format, const MongeShape *shape,
                       const char *const *arrays, gboolean has_results)
{
  guint needs = monge_export_get_needs (shape, arrays) | (has_results ? MONGE_HOLDS_ARRAYS : 0u);
  GString *text = g_string_new ("Keeps ");

  append_parts (text, needs & format->writes);
  if ((needs & ~format->writes) != 0)
    {
      g_string_append (text, "; leaves out ");
      append_parts (text, needs & ~format->writes);
    }
  return g_string_free (text, FALSE);
}
