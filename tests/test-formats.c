/* The table of formats keeps its word: what a line says a format writes comes back, what it does not
 * say is refused or told, and the page about formats says the same. */
#include "compute/io/io.h"

#include <string.h>

#include "compute/shape/bytes.h"
#include "compute/shape/generate.h"
#include "tests/util.h"

static const struct {
  guint ability;
  const char *title;
} columns[] = {
  { MONGE_HOLDS_POINTS, "points" },
  { MONGE_HOLDS_CURVES, "curves" },
  { MONGE_HOLDS_SURFACES, "surfaces" },
  { MONGE_HOLDS_ARRAYS, "per vertex" },
  { MONGE_HOLDS_CELL_ARRAYS, "per cell" },
  { MONGE_HOLDS_FIELD_ARRAYS, "of the whole" },
  { MONGE_HOLDS_UNIT, "unit" },
  { MONGE_HOLDS_SPACE, "orientation" },
};

/* --- Shapes that have everything --- */

static MongeArray *
make_array (const char *name, MongeType type, guint n_components, gsize n_rows)
{
  gsize n = n_rows * n_components, size = n * monge_type_get_size (type);
  g_autofree double *values = g_new (double, n);
  gpointer bytes = g_malloc (size);

  for (gsize i = 0; i < n; i++)
    values[i] = type >= MONGE_TYPE_FLOAT32 ? 0.1 * (double) (i % 97) - 3.0 : (double) (i * 7 % 101);
  monge_bytes_from_doubles (type, values, 1, n, bytes);
  return monge_array_new (name, type, n_components, n_rows, g_bytes_new_take (bytes, size));
}

/* Cells and positions of @like as float32, with arrays of every sort. */
static MongeShape *
dress (const MongeShape *like)
{
  static const struct {
    const char *name;
    MongeType type;
    guint n_components;
  } arrays[] = {
    { "heat", MONGE_TYPE_FLOAT32, 1 },
    { "depth", MONGE_TYPE_FLOAT64, 1 },
    { "part", MONGE_TYPE_INT32, 1 },
    { "displacement", MONGE_TYPE_FLOAT32, 3 },
  };
  gsize n = monge_shape_get_n_vertices (like), n_cells = monge_shape_get_n_cells (like);
  guint arity = monge_shape_get_kind (like) == MONGE_SHAPE_SURFACE ? 3 : 2;
  MongeShapeBuilder *builder = monge_shape_builder_new ("dressed", 3);
  double *positions = g_new (double, 3 * n);
  g_autoptr (GError) error = NULL;
  MongeShape *shape;

  for (gsize i = 0; i < 3 * n; i++)
    positions[i] = (float) monge_shape_get_positions (like)[i];
  monge_shape_builder_take_positions (builder, positions, n, MONGE_TYPE_FLOAT32);
  if (n_cells > 0)
    monge_shape_builder_take_cells (builder, monge_shape_get_kind (like),
                                    g_memdup2 (monge_shape_get_cells (like),
                                               arity * n_cells * sizeof (guint32)), n_cells);
  for (guint k = 0; k < G_N_ELEMENTS (arrays); k++)
    monge_shape_builder_take_array (builder, make_array (arrays[k].name, arrays[k].type,
                                                         arrays[k].n_components, n));
  if (n_cells > 0)
    monge_shape_builder_take_cell_array (builder, make_array ("patch", MONGE_TYPE_INT32, 1,
                                                              n_cells));
  monge_shape_builder_take_field_array (builder, make_array ("origin", MONGE_TYPE_FLOAT64, 1, 3));
  monge_shape_builder_set_unit (builder, "mm");
  monge_shape_builder_set_space (builder, MONGE_SPACE_LPS);
  shape = monge_shape_builder_end (builder, &error);
  g_assert_no_error (error);
  return shape;
}

static MongeShape *
make_shape (guint ability)
{
  static const double centre[3] = { 1, 2, 3 };
  g_autoptr (MongeShape) plain = ability == MONGE_HOLDS_POINTS ? monge_generate_cloud (50, 3, 5)
                                 : ability == MONGE_HOLDS_CURVES ? monge_generate_knot (40, 2.0)
                                                                 : monge_generate_sphere (1, 2.0,
                                                                                          centre);

  return dress (plain);
}

/* --- There and back --- */

/* Through a file named by @format's first extension; NULL if it was refused as it should be. */
static MongeShape *
round_trip (const MongeFormat *format, MongeShape *shape)
{
  g_autofree char *name = g_strdup_printf ("all.%s", format->extensions[0]);
  g_autofree char *path = monge_test_tmp_path (name);
  g_autoptr (GError) error = NULL;
  MongeShape *back;

  if (!monge_shape_save (shape, path, NULL, &error))
    {
      g_assert_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED);
      return NULL;
    }
  back = monge_shape_load (path, NULL, NULL, &error);
  g_assert_no_error (error);
  return back;
}

static gboolean
holds_kind (const MongeShape *back, guint ability)
{
  MongeShapeKind kind = ability == MONGE_HOLDS_POINTS   ? MONGE_SHAPE_POINTS
                        : ability == MONGE_HOLDS_CURVES ? MONGE_SHAPE_CURVES
                                                        : MONGE_SHAPE_SURFACE;

  return monge_shape_get_kind (back) == kind;
}

/* STL has three corners for each triangle; ours are joined in the order in which they come. In tracts
 * a closed line ends with its first point once more. */
static gboolean
keeps_order (const MongeFormat *format)
{
  static const char *const others[] = { "STL", "TRK", "TCK", NULL };

  return !g_strv_contains (others, format->name);
}

static void
check_positions (const MongeFormat *format, MongeShape *shape, MongeShape *back)
{
  g_autoptr (MongeShape) turned = NULL;
  gsize n = 3 * monge_shape_get_n_vertices (shape);
  const double *a, *b;

  if (!keeps_order (format))
    return;
  g_assert_cmpuint (monge_shape_get_n_vertices (back), ==, monge_shape_get_n_vertices (shape));
  g_assert_cmpuint (monge_shape_get_n_cells (back), ==, monge_shape_get_n_cells (shape));
  /* Where the orientation is known, what was LPS has come back as RAS. */
  turned = monge_shape_in_space (shape, monge_shape_get_space (back) == MONGE_SPACE_RAS
                                          ? MONGE_SPACE_RAS : MONGE_SPACE_LPS);
  a = monge_shape_get_positions (turned);
  b = monge_shape_get_positions (back);
  for (gsize i = 0; i < n; i++)
    g_assert_true ((float) a[i] == (float) b[i]); /* texts have as many digits as float32 needs */
  if (monge_shape_get_n_cells (shape) > 0)
    g_assert_cmpmem (monge_shape_get_cells (shape),
                     monge_shape_get_n_cells (shape) * 2 * sizeof (guint32),
                     monge_shape_get_cells (back),
                     monge_shape_get_n_cells (back) * 2 * sizeof (guint32));
}

/* Texts do not say what type a number was. */
static gboolean
has_same_values (const MongeArray *a, const MongeArray *b)
{
  gboolean is_float = a->type == MONGE_TYPE_FLOAT32;

  if (a->n_components != b->n_components || a->n_rows != b->n_rows)
    return FALSE;
  for (gsize i = 0; i < a->n_rows; i++)
    for (guint k = 0; k < a->n_components; k++)
      {
        double x = monge_array_get (a, i, k), y = monge_array_get (b, i, k);

        if (!(is_float ? (float) x == (float) y : x == y))
          return FALSE;
      }
  return TRUE;
}

/* Whether all arrays of one sort came back by name, as they were. */
static gboolean
holds_arrays (const MongeShape *a, const MongeShape *b, guint n_a, guint n_b,
              const MongeArray *(*get) (const MongeShape *, guint))
{
  for (guint i = 0; i < n_a; i++)
    {
      gboolean is_there = FALSE;

      for (guint j = 0; j < n_b; j++)
        is_there |= g_str_equal (get (a, i)->name, get (b, j)->name)
                    && has_same_values (get (a, i), get (b, j));
      if (!is_there)
        return FALSE;
    }
  return TRUE;
}

/* What of the attached things has come back. */
static guint
find_held (MongeShape *shape, MongeShape *back)
{
  g_autoptr (MongeShape) turned
      = monge_shape_in_space (shape, monge_shape_get_space (back) == MONGE_SPACE_RAS
                                       ? MONGE_SPACE_RAS : MONGE_SPACE_LPS);
  guint held = 0;

  if (holds_arrays (turned, back, monge_shape_get_n_arrays (turned),
                    monge_shape_get_n_arrays (back), monge_shape_get_array))
    held |= MONGE_HOLDS_ARRAYS;
  if (monge_shape_get_n_cell_arrays (turned) > 0
      && holds_arrays (turned, back, monge_shape_get_n_cell_arrays (turned),
                       monge_shape_get_n_cell_arrays (back), monge_shape_get_cell_array))
    held |= MONGE_HOLDS_CELL_ARRAYS;
  if (holds_arrays (turned, back, monge_shape_get_n_field_arrays (turned),
                    monge_shape_get_n_field_arrays (back), monge_shape_get_field_array))
    held |= MONGE_HOLDS_FIELD_ARRAYS;
  if (g_strcmp0 (monge_shape_get_unit (back), "mm") == 0)
    held |= MONGE_HOLDS_UNIT;
  if (monge_shape_get_space (back) == MONGE_SPACE_RAS)
    held |= MONGE_HOLDS_SPACE;
  return held;
}

/* Every line of the table, every kind of shape: the cells that say so hold, the others do not. */
static void
abilities_hold (gconstpointer data)
{
  const MongeFormat *format = data;
  const guint kinds = MONGE_HOLDS_POINTS | MONGE_HOLDS_CURVES | MONGE_HOLDS_SURFACES;
  guint held = 0;

  for (guint k = 0; k < 3; k++)
    {
      guint ability = columns[k].ability;
      g_autoptr (MongeShape) shape = make_shape (ability);
      g_autoptr (MongeShape) back = round_trip (format, shape);

      if (back == NULL || !holds_kind (back, ability))
        continue;
      check_positions (format, shape, back);
      held |= ability | find_held (shape, back);
    }
  for (guint k = 0; k < G_N_ELEMENTS (columns); k++)
    if ((held & columns[k].ability) != (format->writes & columns[k].ability))
      g_test_message ("%s: %s: written and read back %s, the table says %s", format->name,
                      columns[k].title, held & columns[k].ability ? "yes" : "no",
                      format->writes & columns[k].ability ? "yes" : "no");
  g_assert_cmphex (held, ==, format->writes);
  g_assert_cmphex (format->writes & ~format->reads, ==, 0);
  g_assert_true ((format->reads & kinds) != 0);
}

/* --- The page --- */

/* The line of docs/formats.md. */
static char *
print_line (const MongeFormat *format)
{
  GString *line = g_string_new (NULL);

  g_string_append_printf (line, "| %s |", format->name);
  for (const char *const *extension = format->extensions; *extension != NULL; extension++)
    g_string_append_printf (line, " .%s", *extension);
  g_string_append (line, " |");
  for (guint k = 0; k < G_N_ELEMENTS (columns); k++)
    g_string_append_printf (line, " %s |",
                            format->writes & columns[k].ability  ? "r w"
                            : format->reads & columns[k].ability ? "r"
                                                                 : "–");
  return g_string_free (line, FALSE);
}

static void
page_says_the_same (void)
{
  g_autofree char *path = monge_test_source ("docs/formats.md"), *page = NULL;
  g_autoptr (GError) error = NULL;
  guint n_missing = 0;

  g_file_get_contents (path, &page, NULL, &error);
  g_assert_no_error (error);
  for (const MongeFormat *format = monge_formats; format->name != NULL; format++)
    {
      g_autofree char *line = print_line (format);

      if (strstr (page, line) == NULL)
        {
          g_test_message ("docs/formats.md lacks: %s", line);
          n_missing++;
        }
    }
  g_assert_cmpuint (n_missing, ==, 0);
}

/* What is left out is named, and nothing else is. */
static void
losses_are_named (void)
{
  g_autoptr (MongeShape) shape = make_shape (MONGE_HOLDS_SURFACES);
  g_autofree char *points = monge_format_describe_losses (monge_format_find_by_extension ("a.npy"),
                                                          shape);
  g_autofree char *soup = monge_format_describe_losses (monge_format_find_by_extension ("a.stl"),
                                                        shape);
  g_autofree char *all = monge_format_describe_losses (monge_format_find_by_extension ("a.npz"),
                                                       shape);

  g_assert_cmpstr (points, ==, "faces, values per point, values per cell, values of the whole, the "
                               "unit, the axes");
  g_assert_cmpstr (soup, ==, "values per point, values per cell, values of the whole");
  g_assert_null (all);
}

/* Only what has ended is found by its name, and a zipped name means zipped bytes. */
static void
zipped_files_come_back (void)
{
  g_autoptr (MongeShape) shape = make_shape (MONGE_HOLDS_SURFACES);
  g_autofree char *path = monge_test_tmp_path ("all.ply.gz"), *bytes = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeShape) back = NULL;
  gsize size;

  monge_shape_save (shape, path, NULL, &error);
  g_assert_no_error (error);
  g_file_get_contents (path, &bytes, &size, &error);
  g_assert_no_error (error);
  g_assert_true (size > 2 && (guint8) bytes[0] == 0x1f && (guint8) bytes[1] == 0x8b);
  back = monge_shape_load (path, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (monge_shape_get_name (back), ==, "all");
  g_assert_cmpuint (monge_shape_get_n_vertices (back), ==, monge_shape_get_n_vertices (shape));
  g_file_set_contents (path, bytes, (gssize) size / 2, NULL);
  g_clear_pointer (&back, monge_shape_unref);
  back = monge_shape_load (path, NULL, NULL, &error);
  g_assert_null (back);
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "ends too early");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (const MongeFormat *format = monge_formats; format->name != NULL; format++)
    if (format->write != NULL)
      {
        g_autofree char *path = g_strdup_printf ("/formats/abilities-hold/%s", format->name);

        g_test_add_data_func (path, format, abilities_hold);
      }
  g_test_add_func ("/formats/page-says-the-same", page_says_the_same);
  g_test_add_func ("/formats/losses-are-named", losses_are_named);
  g_test_add_func ("/formats/zipped-files-come-back", zipped_files_come_back);
  return g_test_run ();
}
