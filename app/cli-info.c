#include "app/cli-report.h"

#include "compute/filter/inspect.h"
#include "compute/io/io.h"
#include "compute/io/text-field.h"
#include "compute/io/values.h"
#include "compute/shape/mesh.h"

#include <math.h>
#include <string.h>

/* In reports; those of most cells come first. */
#define MAX_PIECES 100

static const char *const kind_names[] = { "points", "curves", "surface" };

static const char *const type_names[] = { "int8",   "uint8", "int16",  "uint16",  "int32",
                                          "uint32", "int64", "uint64", "float32", "float64" };

/* --- what is odd --- */

static void
warn (GPtrArray *warnings,
      gsize count,
      const char *what)
{
  if (count > 0)
    g_ptr_array_add (warnings, g_strdup_printf ("%" G_GSIZE_FORMAT " %s", count, what));
}

static GPtrArray *
collect_warnings (const MongeShape *shape,
                  const MongeMeshReport *mesh)
{
  GPtrArray *warnings = g_ptr_array_new_with_free_func (g_free);
  gboolean is_surface = monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE;

  for (const char *const *repair = monge_shape_get_repairs (shape); *repair != NULL; repair++)
    g_ptr_array_add (warnings, g_strdup (*repair));
  if (monge_shape_get_kind (shape) == MONGE_SHAPE_POINTS)
    return warnings;
  warn (warnings, mesh->n_degenerate_cells, "cells of no size");
  warn (warnings, mesh->n_unused_vertices, "vertices in no cell: they carry no mass");
  if (!is_surface)
    return warnings;
  warn (warnings, mesh->n_boundary_edges, "edges at a boundary: the surface is open");
  warn (warnings, mesh->n_irregular_edges, "edges with three faces or more");
  if (!mesh->is_oriented)
    g_ptr_array_add (warnings, g_strdup ("neighbouring faces disagree on which side is out"));
  else if (mesh->is_closed && mesh->volume < 0.0)
    g_ptr_array_add (warnings, g_strdup ("the normals point inwards"));
  return warnings;
}

static const char *
describe_orientation (const MongeShape *shape,
                      const MongeMeshReport *mesh)
{
  if (monge_shape_get_kind (shape) != MONGE_SHAPE_SURFACE)
    return NULL;
  if (!mesh->is_oriented)
    return "inconsistent";
  if (!mesh->is_closed)
    return "open";
  return mesh->volume >= 0.0 ? "outward" : "inward";
}

/* --- members --- */

static void
report_bounds (JsonBuilder *report,
               const double *lower,
               const double *upper,
               guint dim)
{
  const double *const sides[] = { lower, upper };

  json_builder_set_member_name (report, "bounds");
  json_builder_begin_array (report);
  for (int side = 0; side < 2; side++)
    {
      json_builder_begin_array (report);
      for (guint d = 0; d < dim; d++)
        monge_report_element (report, sides[side][d]);
      json_builder_end_array (report);
    }
  json_builder_end_array (report);
}

static void
report_array (JsonBuilder *report,
              const MongeArray *array)
{
  json_builder_begin_object (report);
  monge_report_string (report, "name", array->name);
  monge_report_integer (report, "components", array->n_components);
  monge_report_string (report, "type", type_names[array->type]);
  json_builder_end_object (report);
}

static void
report_arrays (JsonBuilder *report,
               const MongeShape *shape)
{
  json_builder_set_member_name (report, "arrays");
  json_builder_begin_array (report);
  for (guint i = 0; i < monge_shape_get_n_arrays (shape); i++)
    report_array (report, monge_shape_get_array (shape, i));
  json_builder_end_array (report);
  json_builder_set_member_name (report, "cell_arrays");
  json_builder_begin_array (report);
  for (guint i = 0; i < monge_shape_get_n_cell_arrays (shape); i++)
    report_array (report, monge_shape_get_cell_array (shape, i));
  json_builder_end_array (report);
  json_builder_set_member_name (report, "field_arrays");
  json_builder_begin_array (report);
  for (guint i = 0; i < monge_shape_get_n_field_arrays (shape); i++)
    report_array (report, monge_shape_get_field_array (shape, i));
  json_builder_end_array (report);
}

static void
report_warnings (JsonBuilder *report,
                 const GPtrArray *warnings)
{
  json_builder_set_member_name (report, "warnings");
  json_builder_begin_array (report);
  for (guint i = 0; i < warnings->len; i++)
    json_builder_add_string_value (report, g_ptr_array_index (warnings, i));
  json_builder_end_array (report);
}

static void
report_empty_list (JsonBuilder *report,
                   const char *key)
{
  json_builder_set_member_name (report, key);
  json_builder_begin_array (report);
  json_builder_end_array (report);
}

/* --- faults --- */

static void
report_pieces (JsonBuilder *report,
               const MongeRepairReport *faults)
{
  json_builder_set_member_name (report, "pieces");
  json_builder_begin_array (report);
  for (gsize p = 0; p < MIN (faults->n_pieces, MAX_PIECES); p++)
    {
      const MongePiece *piece = faults->pieces + p;

      json_builder_begin_object (report);
      monge_report_integer (report, "points", (gint64) piece->n_vertices);
      monge_report_integer (report, "cells", (gint64) piece->n_cells);
      monge_report_number (report, "size", piece->size);
      monge_report_number (report, "volume", piece->volume);
      monge_report_bool (report, "closed", piece->is_closed);
      json_builder_end_object (report);
    }
  json_builder_end_array (report);
}

static void
report_faults (JsonBuilder *report,
               const MongeRepairReport *faults)
{
  g_autoptr (GPtrArray) sentences = monge_repair_report_describe (faults);

  json_builder_set_member_name (report, "repair");
  json_builder_begin_object (report);
  monge_report_bool (report, "good", monge_repair_report_is_good (faults));
  monge_report_number (report, "tolerance", faults->tolerance);
  monge_report_integer (report, "duplicate_points", (gint64) faults->n_duplicate_vertices);
  monge_report_integer (report, "exact_duplicates", (gint64) faults->n_exact_duplicates);
  monge_report_integer (report, "unused_points", (gint64) faults->n_unreferenced);
  monge_report_integer (report, "degenerate_cells", (gint64) faults->n_degenerate_cells);
  monge_report_integer (report, "duplicate_cells", (gint64) faults->n_duplicate_cells);
  monge_report_integer (report, "irregular_edges", (gint64) faults->n_irregular_edges);
  monge_report_integer (report, "irregular_points", (gint64) faults->n_irregular_vertices);
  monge_report_integer (report, "disagreeing_edges", (gint64) faults->n_disagreeing_edges);
  monge_report_integer (report, "folded_edges", (gint64) faults->n_folded_edges);
  monge_report_integer (report, "holes", (gint64) faults->n_holes);
  monge_report_number (report, "longest_hole", faults->n_holes > 0 ? faults->hole_lengths[0] : NAN);
  monge_report_integer (report, "inside_out", (gint64) faults->n_inside_out);
  monge_report_integer (report, "n_pieces", (gint64) faults->n_pieces);
  report_pieces (report, faults);
  json_builder_set_member_name (report, "sentences");
  json_builder_begin_array (report);
  for (guint i = 0; i < sentences->len; i++)
    json_builder_add_string_value (report, g_ptr_array_index (sentences, i));
  json_builder_end_array (report);
  json_builder_end_object (report);
}

static void
print_faults (MongeCli *cli,
              const MongeRepairReport *faults)
{
  g_autoptr (GPtrArray) sentences = monge_repair_report_describe (faults);

  for (guint i = 0; i < sentences->len; i++)
    monge_cli_print (cli, "repair    %s\n", (char *) g_ptr_array_index (sentences, i));
  if (!monge_repair_report_is_good (faults))
    monge_cli_print (cli, "          --filter repair would mend what can be mended\n");
}

/* --- shapes --- */

static void
report_shape (JsonBuilder *report,
              const MongeShape *shape,
              const MongeMeshReport *mesh,
              const GPtrArray *warnings)
{
  MongeShapeKind kind = monge_shape_get_kind (shape);
  gsize n_cells = monge_shape_get_n_cells (shape);
  double lower[MONGE_MAX_DIM], upper[MONGE_MAX_DIM];

  monge_shape_get_bounds (shape, lower, upper);
  monge_report_string (report, "kind", kind_names[kind]);
  monge_report_integer (report, "points", (gint64) monge_shape_get_n_vertices (shape));
  monge_report_integer (report, "faces", kind == MONGE_SHAPE_SURFACE ? (gint64) n_cells : 0);
  monge_report_integer (report, "segments", kind == MONGE_SHAPE_CURVES ? (gint64) n_cells : 0);
  monge_report_integer (report, "dimension", monge_shape_get_dim (shape));
  monge_report_string (report, "unit", monge_shape_get_unit (shape));
  monge_report_string (report, "space", monge_space_names[monge_shape_get_space (shape)]);
  monge_report_string (report, "stored_space",
                       monge_space_names[monge_shape_get_stored_space (shape)]);
  report_bounds (report, lower, upper, monge_shape_get_dim (shape));
  monge_report_number (report, "diameter", monge_shape_get_diameter (shape));
  monge_report_number (report, "area", kind == MONGE_SHAPE_SURFACE ? mesh->area : NAN);
  monge_report_number (report, "length", kind == MONGE_SHAPE_CURVES ? mesh->length : NAN);
  monge_report_number (report, "volume", kind == MONGE_SHAPE_SURFACE ? mesh->volume : NAN);
  monge_report_string (report, "orientation", describe_orientation (shape, mesh));
  monge_report_bool (report, "closed", kind == MONGE_SHAPE_SURFACE && mesh->is_closed);
  monge_report_integer (report, "boundary_edges", (gint64) mesh->n_boundary_edges);
  monge_report_integer (report, "components", (gint64) mesh->n_components);
  report_arrays (report, shape);
  report_empty_list (report, "labels");
  report_warnings (report, warnings);
}

/* What it is now, and what it was in the file where that is another. */
static void
print_space (MongeCli *cli,
             const MongeShape *shape)
{
  MongeSpace space = monge_shape_get_space (shape), stored = monge_shape_get_stored_space (shape);

  if (space != MONGE_SPACE_UNKNOWN && stored != space)
    monge_cli_print (cli, "space     %s, stored as %s\n", monge_space_names[space],
                     monge_space_names[stored]);
  else if (space != MONGE_SPACE_UNKNOWN)
    monge_cli_print (cli, "space     %s\n", monge_space_names[space]);
}

/* @of: what its rows belong to. */
static void
print_array (MongeCli *cli,
             const char *of,
             const MongeArray *array)
{
  monge_cli_print (cli, "%-9s %s, %u × %s\n", of, array->name, array->n_components,
                   type_names[array->type]);
}

/* Words as such, if they are words. */
static void
print_field (MongeCli *cli,
             const MongeArray *array)
{
  g_autofree char *text = monge_array_dup_text (array);
  gboolean is_line = text != NULL;

  for (const char *at = text; is_line && *at != '\0'; at = g_utf8_next_char (at))
    is_line = g_unichar_isprint (g_utf8_get_char (at));
  if (is_line)
    monge_cli_print (cli, "field     %s: %s\n", array->name, text);
  else
    print_array (cli, "field", array);
}

static void
print_shape (MongeCli *cli,
             const MongeShape *shape,
             const MongeMeshReport *mesh,
             const GPtrArray *warnings)
{
  MongeShapeKind kind = monge_shape_get_kind (shape);
  const char *unit = monge_shape_get_unit (shape) != NULL ? monge_shape_get_unit (shape) : "";
  double lower[MONGE_MAX_DIM], upper[MONGE_MAX_DIM];

  monge_shape_get_bounds (shape, lower, upper);
  monge_cli_print (cli, "%s: %s in dimension %u\n", monge_shape_get_name (shape), kind_names[kind],
                   monge_shape_get_dim (shape));
  monge_cli_print (cli, "points    %" G_GSIZE_FORMAT "\n", monge_shape_get_n_vertices (shape));
  if (kind != MONGE_SHAPE_POINTS)
    monge_cli_print (cli, "%-9s %" G_GSIZE_FORMAT "\n",
                     kind == MONGE_SHAPE_SURFACE ? "faces" : "segments",
                     monge_shape_get_n_cells (shape));
  for (guint d = 0; d < monge_shape_get_dim (shape); d++)
    monge_cli_print (cli, "%s %.6g to %.6g %s\n", d == 0 ? "bounds   " : "         ", lower[d],
                     upper[d], unit);
  monge_cli_print (cli, "diameter  %.6g %s\n", monge_shape_get_diameter (shape), unit);
  if (kind == MONGE_SHAPE_SURFACE)
    monge_cli_print (cli, "area      %.6g %s%s\n", mesh->area, unit, *unit != '\0' ? "²" : "");
  if (kind == MONGE_SHAPE_CURVES)
    monge_cli_print (cli, "length    %.6g %s\n", mesh->length, unit);
  if (kind == MONGE_SHAPE_SURFACE && isfinite (mesh->volume))
    monge_cli_print (cli, "volume    %.6g %s%s\n", mesh->volume, unit, *unit != '\0' ? "³" : "");
  if (describe_orientation (shape, mesh) != NULL)
    monge_cli_print (cli, "surface   %s, %s, pieces: %" G_GSIZE_FORMAT "\n",
                     mesh->is_closed ? "closed" : "not closed", describe_orientation (shape, mesh),
                     mesh->n_components);
  print_space (cli, shape);
  for (guint i = 0; i < monge_shape_get_n_arrays (shape); i++)
    print_array (cli, "array", monge_shape_get_array (shape, i));
  for (guint i = 0; i < monge_shape_get_n_cell_arrays (shape); i++)
    print_array (cli, kind == MONGE_SHAPE_CURVES ? "segments" : "faces",
                 monge_shape_get_cell_array (shape, i));
  for (guint i = 0; i < monge_shape_get_n_field_arrays (shape); i++)
    print_field (cli, monge_shape_get_field_array (shape, i));
  for (guint i = 0; i < warnings->len; i++)
    monge_cli_print (cli, "warning   %s\n", (char *) g_ptr_array_index (warnings, i));
}

static gboolean
inform_shape (MongeCli *cli,
              JsonBuilder *report,
              GError **error)
{
  g_autoptr (MongeShape) shape = monge_recipe_input_load (&cli->recipe->source, cli->task, error);
  g_autoptr (GPtrArray) warnings = NULL;
  g_auto (MongeRepairReport) faults = { 0 };
  MongeMeshReport mesh;

  if (shape == NULL)
    return FALSE;
  monge_mesh_describe (shape, &mesh);
  warnings = collect_warnings (shape, &mesh);
  report_shape (report, shape, &mesh, warnings);
  print_shape (cli, shape, &mesh, warnings);
  if (!monge_repair_report_fill (&faults, shape, -1.0, cli->task, error))
    return FALSE;
  report_faults (report, &faults);
  print_faults (cli, &faults);
  return TRUE;
}

/* --- values --- */

/* Of all numbers that are finite; NaN where none is. */
static void
compute_range (const MongeArray *array,
               double range[2])
{
  range[0] = range[1] = NAN;
  for (gsize i = 0; i < array->n_rows; i++)
    for (guint k = 0; k < array->n_components; k++)
      {
        double value = monge_array_get (array, i, k);

        if (isfinite (value) && !(value >= range[0]))
          range[0] = value;
        if (isfinite (value) && !(value <= range[1]))
          range[1] = value;
      }
}

static void
report_values (MongeCli *cli,
               JsonBuilder *report,
               const MongeArray *array)
{
  double range[2];

  compute_range (array, range);
  json_builder_begin_object (report);
  monge_report_string (report, "name", array->name);
  monge_report_integer (report, "components", array->n_components);
  monge_report_string (report, "type", type_names[array->type]);
  monge_report_number (report, "lowest", range[0]);
  monge_report_number (report, "highest", range[1]);
  json_builder_end_object (report);
  monge_cli_print (cli, "array     %s, %u × %s, %.6g to %.6g\n", array->name, array->n_components,
                   type_names[array->type], range[0], range[1]);
}

static void
report_entries (MongeCli *cli,
                JsonBuilder *report,
                const MongeLabelTable *labels)
{
  for (guint i = 0; i < monge_label_table_get_n_entries (labels); i++)
    {
      const MongeLabelEntry *entry = monge_label_table_get_entry (labels, i);

      json_builder_begin_object (report);
      monge_report_integer (report, "value", entry->value);
      monge_report_string (report, "name", entry->name);
      json_builder_end_object (report);
      monge_cli_print (cli, "label %5d  %s\n", entry->value, entry->name);
    }
}

/* What is in a file that is no shape: values per vertex, if it has such. */
static gboolean
inform_values (MongeCli *cli,
               JsonBuilder *report)
{
  const char *path = cli->recipe->source.path;
  g_autoptr (GPtrArray) arrays = monge_values_load (path, cli->task, NULL);
  const MongeArray *first;

  if (arrays == NULL)
    return FALSE;
  first = g_ptr_array_index (arrays, 0);
  monge_report_string (report, "kind", "values");
  monge_report_integer (report, "points", (gint64) first->n_rows);
  monge_cli_print (cli, "%s: values of %" G_GSIZE_FORMAT " vertices, to be attached to a shape\n",
                   path, first->n_rows);
  json_builder_set_member_name (report, "arrays");
  json_builder_begin_array (report);
  for (guint i = 0; i < arrays->len; i++)
    report_values (cli, report, g_ptr_array_index (arrays, i));
  json_builder_end_array (report);
  json_builder_set_member_name (report, "labels");
  json_builder_begin_array (report);
  if (first->labels != NULL)
    report_entries (cli, report, first->labels);
  json_builder_end_array (report);
  report_empty_list (report, "warnings");
  return TRUE;
}

/* A file is a shape if it can be one; if not, its values are better than an error. */
static gboolean
inform_shape_or_values (MongeCli *cli,
                        JsonBuilder *report,
                        GError **error)
{
  GError *local = NULL;

  if (inform_shape (cli, report, &local))
    return TRUE;
  if (!g_error_matches (local, MONGE_ERROR, MONGE_ERROR_CANCELLED)
      && !g_error_matches (local, MONGE_ERROR, MONGE_ERROR_IO)
      && !g_error_matches (local, MONGE_ERROR, MONGE_ERROR_NAN) && inform_values (cli, report))
    {
      g_error_free (local);
      return TRUE;
    }
  g_propagate_error (error, local);
  return FALSE;
}

/* --- volumes --- */

/* The box around all voxels, which reach half a step beyond their centres. */
static void
compute_volume_bounds (const MongeVolume *volume,
                       double lower[3],
                       double upper[3])
{
  const guint *size = monge_volume_get_size (volume);
  const double *affine = monge_volume_get_affine (volume);

  for (guint d = 0; d < 3; d++)
    {
      lower[d] = INFINITY;
      upper[d] = -INFINITY;
    }
  for (guint corner = 0; corner < 8; corner++)
    for (guint d = 0; d < 3; d++)
      {
        double x = affine[4 * d + 3];

        for (guint k = 0; k < 3; k++)
          x += affine[4 * d + k] * (corner >> k & 1 ? size[k] - 0.5 : -0.5);
        lower[d] = MIN (lower[d], x);
        upper[d] = MAX (upper[d], x);
      }
}

static void
report_label (JsonBuilder *report,
              const MongeLabel *label,
              double voxel_size)
{
  json_builder_begin_object (report);
  monge_report_integer (report, "value", label->label);
  monge_report_string (report, "name", label->name);
  monge_report_integer (report, "voxels", (gint64) label->n_voxels);
  monge_report_number (report, "volume", (double) label->n_voxels * voxel_size);
  if (label->has_colour)
    monge_report_vector (report, "colour",
                         (const double[4]){ label->rgba[0], label->rgba[1], label->rgba[2],
                                            label->rgba[3] }, 4);
  json_builder_end_object (report);
}

static void
report_notes (JsonBuilder *report, const char *const *notes)
{
  json_builder_set_member_name (report, "warnings");
  json_builder_begin_array (report);
  for (; *notes != NULL; notes++)
    json_builder_add_string_value (report, *notes);
  json_builder_end_array (report);
}

static void
report_range (JsonBuilder *report, const MongeVolume *volume)
{
  float lowest, highest;

  if (monge_volume_get_kind (volume) != MONGE_VOLUME_INTENSITIES)
    return;
  monge_volume_get_range (volume, &lowest, &highest);
  monge_report_vector (report, "range", (const double[2]){ lowest, highest }, 2);
  monge_report_number (report, "level", monge_volume_suggest_level (volume));
}

static const char *
get_kind_name (const MongeVolume *volume)
{
  return monge_volume_get_kind (volume) == MONGE_VOLUME_LABELS ? "labels" : "intensities";
}

/* Of the grid, along its axis @k. */
static double
get_spacing (const MongeVolume *volume, guint k)
{
  const double *affine = monge_volume_get_affine (volume);

  return hypot (hypot (affine[k], affine[4 + k]), affine[8 + k]);
}

static void
report_volume (JsonBuilder *report,
               const MongeVolume *volume,
               gsize n_voxels)
{
  const GArray *table = monge_volume_get_label_table (volume);
  const guint *size = monge_volume_get_size (volume);
  const double sizes[3] = { size[0], size[1], size[2] };
  double voxel = monge_volume_get_voxel_size (volume);
  double lower[3], upper[3];

  compute_volume_bounds (volume, lower, upper);
  monge_report_string (report, "kind", "volume");
  monge_report_string (report, "values", get_kind_name (volume));
  monge_report_integer (report, "points", (gint64) n_voxels);
  monge_report_integer (report, "faces", 0);
  monge_report_integer (report, "segments", 0);
  monge_report_integer (report, "dimension", 3);
  monge_report_string (report, "unit", "mm");
  report_bounds (report, lower, upper, 3);
  monge_report_number (report, "area", NAN);
  monge_report_number (report, "volume", (double) n_voxels * voxel);
  monge_report_string (report, "orientation", monge_volume_get_orientation (volume));
  monge_report_vector (report, "size", sizes, 3);
  monge_report_vector (report, "spacing", (const double[3]){ get_spacing (volume, 0),
                                                             get_spacing (volume, 1),
                                                             get_spacing (volume, 2) }, 3);
  monge_report_string (report, "stored_space",
                       monge_space_names[monge_volume_get_stored_space (volume)]);
  report_range (report, volume);
  monge_report_number (report, "voxel_volume", voxel);
  monge_report_vector (report, "affine", monge_volume_get_affine (volume), 16);
  report_empty_list (report, "arrays");
  json_builder_set_member_name (report, "labels");
  json_builder_begin_array (report);
  for (guint i = 0; i < table->len; i++)
    report_label (report, &g_array_index (table, MongeLabel, i), voxel);
  json_builder_end_array (report);
  report_notes (report, monge_volume_get_notes (volume));
}

static void
print_labels (MongeCli *cli, const MongeVolume *volume)
{
  const GArray *table = monge_volume_get_label_table (volume);

  for (guint i = 0; i < table->len; i++)
    {
      const MongeLabel *label = &g_array_index (table, MongeLabel, i);

      monge_cli_print (cli, "label %5d  %9" G_GSIZE_FORMAT " voxels  %10.6g mm³  %s\n",
                       label->label, label->n_voxels,
                       (double) label->n_voxels * monge_volume_get_voxel_size (volume),
                       label->name != NULL ? label->name : "");
    }
}

static void
print_volume (MongeCli *cli, const MongeVolume *volume, const char *path)
{
  const guint *size = monge_volume_get_size (volume);
  float lowest, highest;

  monge_cli_print (cli,
                   "%s: volume of %u × %u × %u voxels of %.4g × %.4g × %.4g mm, %.4g mm³, %s\n",
                   path, size[0], size[1], size[2], get_spacing (volume, 0),
                   get_spacing (volume, 1), get_spacing (volume, 2),
                   monge_volume_get_voxel_size (volume), monge_volume_get_orientation (volume));
  if (monge_volume_get_kind (volume) == MONGE_VOLUME_INTENSITIES)
    {
      monge_volume_get_range (volume, &lowest, &highest);
      monge_cli_print (cli, "intensities from %.6g to %.6g; a surface may begin at %.4g\n",
                       (double) lowest, (double) highest, monge_volume_suggest_level (volume));
    }
  print_labels (cli, volume);
  for (const char *const *note = monge_volume_get_notes (volume); *note != NULL; note++)
    monge_cli_print (cli, "note: %s\n", *note);
}

static gboolean
inform_volume (MongeCli *cli,
               JsonBuilder *report,
               GError **error)
{
  const char *path = cli->recipe->source.path;
  g_autoptr (MongeVolume) volume = monge_volume_load (path, cli->task, error);
  const GArray *table;
  gsize n_voxels = 0;

  if (volume == NULL)
    return FALSE;
  table = monge_volume_get_label_table (volume);
  for (guint i = 0; i < table->len; i++)
    n_voxels += g_array_index (table, MongeLabel, i).n_voxels;
  report_volume (report, volume, n_voxels);
  print_volume (cli, volume, path);
  return TRUE;
}

int
monge_cli_run_info (MongeCli *cli,
                    int argc,
                    char **argv)
{
  MongeRecipeInput *input = &cli->recipe->source;
  g_autoptr (JsonBuilder) report = NULL;
  GError *error = NULL;
  char **arguments;
  gboolean is_volume;
  int status;

  arguments = monge_cli_parse (cli, argc, argv, MONGE_CLI_JSON, NULL, 1, &status);
  if (arguments == NULL)
    return status;
  if (!monge_recipe_input_set_path (input, arguments[0], &error))
    return monge_cli_fail (cli, error);
  is_volume = monge_path_is_volume (input->path) && input->n_labels == 0;
  report = monge_report_begin (cli, NULL);
  monge_report_string (report, "path", input->path);
  if (!(is_volume ? inform_volume (cli, report, &error)
                   : inform_shape_or_values (cli, report, &error))
      || !monge_report_end (cli, report, &error))
    return monge_cli_fail (cli, error);
  return MONGE_CLI_DONE;
}
