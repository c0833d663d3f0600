#include "ui/shape-facts.h"

#include <math.h>

#include "compute/io/text-field.h"
#include "ui/text.h"

static const char *const type_names[] = { "int8",  "uint8",  "int16", "uint16",  "int32",
                                          "uint32", "int64", "uint64", "float32", "float64" };
static const char *const role_names[] = { NULL, "weights", "labels", "normals", "colours",
                                          "vectors", NULL };

const char *
monge_shape_kind_get_name (MongeShapeKind kind)
{
  static const char *const names[] = { "points", "curves", "surface" };

  return names[kind];
}

/* "812", "6.6 k", "1.2 M" */
static char *
print_roughly (gsize n)
{
  if (n < 1000)
    return g_strdup_printf ("%" G_GSIZE_FORMAT, n);
  if (n < 99950)
    return g_strdup_printf ("%.1f k", n / 1e3);
  if (n < 999500)
    return g_strdup_printf ("%.0f k", n / 1e3);
  return g_strdup_printf ("%.1f M", n / 1e6);
}

char *
monge_shape_dup_counts (const MongeShape *shape)
{
  static const char *const cells[] = { NULL, "segments", "faces" };
  MongeShapeKind kind = monge_shape_get_kind (shape);
  g_autofree char *n = print_roughly (monge_shape_get_n_vertices (shape));
  g_autofree char *n_cells = print_roughly (monge_shape_get_n_cells (shape));

  if (cells[kind] == NULL)
    return g_strdup_printf ("%s points", n);
  return g_strdup_printf ("%s points · %s %s", n, n_cells, cells[kind]);
}

/* Arrays */

static void
array_facts_free (gpointer data)
{
  MongeArrayFacts *facts = data;

  g_free (facts->name);
  g_free (facts->summary);
  g_free (facts);
}

static gboolean
find_range (const MongeArray *array, MongeArrayFacts *facts)
{
  gboolean is_finite = TRUE;

  facts->lowest = INFINITY;
  facts->highest = -INFINITY;
  for (gsize i = 0; i < array->n_rows; i++)
    for (guint k = 0; k < array->n_components; k++)
      {
        double value = monge_array_get (array, i, k);

        is_finite &= isfinite (value);
        if (!isfinite (value))
          continue;
        facts->lowest = MIN (facts->lowest, value);
        facts->highest = MAX (facts->highest, value);
      }
  return is_finite;
}

static char *
summarise (const MongeArray *array, const MongeArrayFacts *facts)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (facts->lowest <= facts->highest)
    {
      g_autofree char *low = monge_text_number (facts->lowest);
      g_autofree char *high = monge_text_number (facts->highest);

      g_string_append_printf (text, "%s … %s · ", low, high);
    }
  if (array->labels != NULL)
    g_string_append_printf (text, "%u names · ", monge_label_table_get_n_entries (array->labels));
  else if (role_names[facts->role] != NULL)
    g_string_append_printf (text, "%s · ", role_names[facts->role]);
  if (array->n_components > 1)
    g_string_append_printf (text, "%u × ", array->n_components);
  g_string_append (text, type_names[array->type]);
  if (facts->attachment == MONGE_ATTACHED_TO_CELLS)
    g_string_append (text, ", per cell");
  else if (facts->attachment == MONGE_ATTACHED_TO_SHAPE)
    g_string_append (text, ", of the whole");
  return g_strdup (text->str);
}

static void
add_array (MongeShapeFacts *facts, const MongeArray *array, MongeAttachment attachment)
{
  MongeArrayFacts *of_array = g_new0 (MongeArrayFacts, 1);
  gboolean is_finite;

  of_array->name = g_strdup (array->name);
  of_array->attachment = attachment;
  of_array->role = monge_array_guess_role (array);
  of_array->n_components = array->n_components;
  is_finite = find_range (array, of_array);
  of_array->is_scalar = attachment == MONGE_ATTACHED_TO_VERTICES && array->n_components == 1;
  of_array->is_weight = of_array->is_scalar && is_finite && of_array->lowest >= 0.0
                        && of_array->highest > 0.0;
  if (attachment == MONGE_ATTACHED_TO_SHAPE)
    of_array->summary = monge_array_dup_text (array);
  if (of_array->summary != NULL)
    g_strdelimit (of_array->summary, "\n\t\r", ' ');
  else
    of_array->summary = summarise (array, of_array);
  g_ptr_array_add (facts->arrays, of_array);
}

static void
add_arrays (MongeShapeFacts *facts, const MongeShape *shape)
{
  for (guint i = 0; i < monge_shape_get_n_arrays (shape); i++)
    add_array (facts, monge_shape_get_array (shape, i), MONGE_ATTACHED_TO_VERTICES);
  for (guint i = 0; i < monge_shape_get_n_cell_arrays (shape); i++)
    add_array (facts, monge_shape_get_cell_array (shape, i), MONGE_ATTACHED_TO_CELLS);
  for (guint i = 0; i < monge_shape_get_n_field_arrays (shape); i++)
    add_array (facts, monge_shape_get_field_array (shape, i), MONGE_ATTACHED_TO_SHAPE);
}

/* Lines */

static void
add_line (MongeShapeFacts *facts, const char *label, char *value /* transfer full */)
{
  g_ptr_array_add (facts->lines, g_strdup (label));
  g_ptr_array_add (facts->lines, value);
}

static void
add_quantity (MongeShapeFacts *facts, const char *label, double value, const char *unit,
              const char *power)
{
  g_autofree char *full_unit = unit != NULL ? g_strconcat (unit, power, NULL) : NULL;
  g_autofree char *number = fabs (value) >= 1000.0 && fabs (value) < 1e15
                                ? monge_text_count ((gsize) llround (fabs (value)))
                                : monge_text_number (fabs (value));

  add_line (facts, label, g_strdup_printf ("%s%s%s%s", value < 0.0 ? "−" : "", number,
                                           unit != NULL ? " " : "",
                                           unit != NULL ? full_unit : ""));
}

/* "34.1 × 22.0 × 41.7 mm" */
static void
add_extent (MongeShapeFacts *facts, const MongeShape *shape)
{
  const char *unit = monge_shape_get_unit (shape);
  guint dim = monge_shape_get_dim (shape);
  double lower[MONGE_MAX_DIM], upper[MONGE_MAX_DIM];
  g_autoptr (GString) text = g_string_new (NULL);

  monge_shape_get_bounds (shape, lower, upper);
  for (guint k = 0; k < MIN (dim, 3); k++)
    {
      g_autofree char *number = monge_text_number (upper[k] - lower[k]);

      g_string_append_printf (text, "%s%s", k > 0 ? " × " : "", number);
    }
  if (unit != NULL)
    g_string_append_printf (text, " %s", unit);
  if (dim > 3)
    g_string_append_printf (text, " (of %u dimensions)", dim);
  add_line (facts, "Size", g_string_free (g_steal_pointer (&text), FALSE));
  add_quantity (facts, "Across", monge_shape_get_diameter (shape), unit, "");
}

static char *
describe_kind (const MongeShape *shape, const MongeMeshReport *report)
{
  const char *plane = monge_shape_get_dim (shape) == 2 ? ", in the plane" : "";

  switch (monge_shape_get_kind (shape))
    {
    case MONGE_SHAPE_SURFACE:
      if (report->is_closed && !report->is_oriented)
        return g_strdup_printf ("Closed surface, faces disagree%s", plane);
      return g_strdup_printf ("%s surface%s", report->is_closed ? "Closed" : "Open", plane);
    case MONGE_SHAPE_CURVES:
      return g_strdup_printf ("%s%s", report->is_closed ? "Closed curves" : "Curves", plane);
    case MONGE_SHAPE_POINTS:
    default:
      return g_strdup_printf ("Points%s", plane);
    }
}

static void
add_measures (MongeShapeFacts *facts, const MongeShape *shape)
{
  const MongeMeshReport *report = &facts->report;
  const char *unit = monge_shape_get_unit (shape);
  MongeShapeKind kind = monge_shape_get_kind (shape);

  if (kind == MONGE_SHAPE_SURFACE)
    add_quantity (facts, "Area", report->area, unit, "²");
  if (kind == MONGE_SHAPE_CURVES)
    add_quantity (facts, "Length", report->length, unit, "");
  if (!isnan (report->volume))
    add_quantity (facts, "Volume", report->volume, unit, "³");
  if (kind != MONGE_SHAPE_POINTS)
    add_line (facts, "Pieces", monge_text_count (report->n_components));
  if (kind == MONGE_SHAPE_SURFACE && report->n_boundary_edges > 0)
    add_line (facts, "Open edges", monge_text_count (report->n_boundary_edges));
}

MongeShapeFacts *
monge_shape_facts_new (const MongeShape *shape)
{
  static const char *const cells[] = { NULL, "Segments", "Faces" };
  MongeShapeFacts *facts = g_atomic_rc_box_new0 (MongeShapeFacts);
  MongeShapeKind kind = monge_shape_get_kind (shape);

  facts->lines = g_ptr_array_new_with_free_func (g_free);
  facts->arrays = g_ptr_array_new_with_free_func (array_facts_free);
  monge_mesh_describe (shape, &facts->report);
  add_line (facts, "Kind", describe_kind (shape, &facts->report));
  add_line (facts, "Points", monge_text_count (monge_shape_get_n_vertices (shape)));
  if (cells[kind] != NULL)
    add_line (facts, cells[kind], monge_text_count (monge_shape_get_n_cells (shape)));
  add_extent (facts, shape);
  add_measures (facts, shape);
  add_arrays (facts, shape);
  return facts;
}

MongeShapeFacts *
monge_shape_facts_ref (MongeShapeFacts *facts)
{
  return g_atomic_rc_box_acquire (facts);
}

static void
facts_clear (gpointer data)
{
  MongeShapeFacts *facts = data;

  g_ptr_array_unref (facts->lines);
  g_ptr_array_unref (facts->arrays);
}

void
monge_shape_facts_unref (MongeShapeFacts *facts)
{
  g_atomic_rc_box_release_full (facts, facts_clear);
}
