#include "compute/filter/filter.h"

#include <math.h>
#include <string.h>

#include "compute/filter/params.h"
#include "compute/io/io.h"
#include "compute/shape/generate.h"
#include "compute/shape/mesh.h"
#include "compute/shape/place.h"
#include "tests/fuzz/any-filters.h"
#include "tests/util.h"

/* --- Text --- */

static void
check_round_trip (const char *text, const char *wanted)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeFilterChain) chain = monge_filter_chain_parse (text, &error);
  g_autofree char *printed = NULL;

  g_assert_no_error (error);
  printed = monge_filter_chain_print (chain);
  g_assert_cmpstr (printed, ==, wanted);
}

static void
text_round_trips (void)
{
  check_round_trip ("", "");
  check_round_trip (" ;; ; ", "");
  check_round_trip ("centre;mirror", "centre; mirror");
  check_round_trip ("!mirror axis=z about=origin", "!mirror axis=z about=origin");
  check_round_trip ("! mirror  axis=\"y\"\n;;scale factor=2.5", "!mirror axis=y; scale factor=2.5");
  check_round_trip ("centre on=box", "centre");
  check_round_trip ("subsample points=7 points=9 spacing=inf", "subsample points=9 spacing=inf");
}

static void
check_refused (const char *text, MongeError code, const char *part)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (monge_filter_chain_parse (text, &error));
  monge_assert_error (error, MONGE_ERROR, (int) code, part);
}

static void
errors_name_step_and_key (void)
{
  check_refused ("centre; nonsense", MONGE_ERROR_NAME, "Step 2: there is no filter “nonsense”");
  check_refused ("!", MONGE_ERROR_NAME, "there are");
  check_refused ("mirror angle=3", MONGE_ERROR_NAME, "Step 1 (mirror): there is no option “angle”");
  check_refused ("mirror axis", MONGE_ERROR_FORMAT, "axis has no value");
  check_refused ("mirror axis=w", MONGE_ERROR_NAME, "axis takes one of x, y, z");
  check_refused ("mirror axis=\"x", MONGE_ERROR_FORMAT, "does not end");
  check_refused ("mirror axis=\"x\\", MONGE_ERROR_FORMAT, "does not end");
  check_refused ("scale factor=nan", MONGE_ERROR_SIZE, "Option factor");
  check_refused ("subsample points=0", MONGE_ERROR_SIZE, "Option points");
  check_refused ("\xff", MONGE_ERROR_FORMAT, "UTF-8");
}

/* Every option of every filter, set to the ends of its range, prints and parses back. */
static void
every_option_round_trips (void)
{
  for (const MongeFilter *filter = monge_filters; filter->name != NULL; filter++)
    for (const MongeOption *option = filter->options; option->key != NULL; option++)
      for (int high = 0; high < 2; high++)
        {
          g_autoptr (MongeFilterChain) chain = monge_filter_chain_new (), again = NULL;
          MongeFilterStep *step = monge_filter_chain_insert (chain, 0, filter);
          g_autofree char *text = NULL;

          if (option->type == MONGE_OPTION_TEXT)
            g_assert_true (
                monge_option_parse (option, high ? "a \"b\\; c" : "", step->params, NULL));
          else
            monge_option_set_number (option, step->params, high ? 1e300 : -1e300);
          text = monge_filter_chain_print (chain);
          again = monge_filter_chain_parse (text, NULL);
          g_assert_nonnull (again);
          g_assert_true (monge_options_equal (filter->options, step->params,
                                              monge_filter_chain_get_step (again, 0)->params));
        }
}

static void
names_and_keys_are_unique (void)
{
  for (const MongeFilter *filter = monge_filters; filter->name != NULL; filter++)
    {
      g_assert_true (monge_filter_find (filter->name) == filter);
      for (const MongeOption *option = filter->options; option->key != NULL; option++)
        g_assert_true (monge_option_find (filter->options, option->key) == option);
    }
  g_assert_null (monge_filter_find ("nonsense"));
}

static void
chains_are_edited (void)
{
  g_autoptr (MongeFilterChain) chain = monge_filter_chain_parse ("centre; mirror; scale", NULL);
  g_autoptr (MongeFilterChain) copy = monge_filter_chain_copy (chain);
  g_autofree char *moved = NULL, *kept = NULL;

  monge_filter_chain_move (chain, 2, 0);
  monge_filter_chain_remove (chain, 1);
  monge_filter_chain_insert (chain, 1, monge_filter_find ("normalise"))->is_on = FALSE;
  monge_filter_chain_insert (chain, G_MAXUINT, monge_filter_find ("centre"));
  moved = monge_filter_chain_print (chain);
  kept = monge_filter_chain_print (copy);
  g_assert_cmpstr (moved, ==, "scale; !normalise; mirror; centre");
  g_assert_cmpstr (kept, ==, "centre; mirror; scale");
  g_assert_cmpuint (monge_filter_chain_get_length (chain), ==, 4);
}

/* --- What was found by random search --- */

static void
any_chain_on_any_shape (void)
{
  g_autofree char *folder = monge_test_source ("tests/fuzz/corpus-filters");
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  g_assert_nonnull (dir);
  for (const char *name = g_dir_read_name (dir); name != NULL; name = g_dir_read_name (dir), n++)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL), *bytes = NULL;
      gsize size;

      g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
      for (gsize cut = 0; cut <= size; cut += 1 + size / 40)
        any_filters_check ((const guint8 *) bytes, size - cut);
    }
  g_assert_cmpuint (n, >=, 12);
}

/* --- The manual --- */

static char *
describe_values (const MongeOption *option)
{
  g_autofree char *names = NULL;

  switch (option->type)
    {
    case MONGE_OPTION_BOOL:
      return g_strdup ("true, false");
    case MONGE_OPTION_CHOICE:
      names = g_strjoinv (", ", (char **) option->choices);
      return g_steal_pointer (&names);
    case MONGE_OPTION_TEXT:
      return g_strdup ("text");
    case MONGE_OPTION_INT:
    case MONGE_OPTION_DOUBLE:
    default:
      return g_strdup_printf ("%g to %g%s%s", option->minimum, option->maximum,
                              *option->unit != '\0' ? " " : "", option->unit);
    }
}

/* The section of docs/filters.md on @filter. */
static char *
describe_filter (const MongeFilter *filter)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text,
                          "## %s\n\n%s.\n\n| option | values | default | |\n|---|---|---|---|\n",
                          filter->name, filter->description);
  for (const MongeOption *option = filter->options; option->key != NULL; option++)
    {
      g_autofree char *values = describe_values (option);
      g_autofree char *usual = monge_option_print (option, filter->defaults);

      g_string_append_printf (text, "| `%s` | %s | %s | %s |\n", option->key, values, usual,
                              option->help);
    }
  return g_string_free (text, FALSE);
}

/* What is printed here belongs into the manual. */
static void
manual_has_every_filter (void)
{
  g_autofree char *path = monge_test_source ("docs/filters.md");
  g_autofree char *manual = NULL;

  g_assert_true (g_file_get_contents (path, &manual, NULL, NULL));
  for (const MongeFilter *filter = monge_filters; filter->name != NULL; filter++)
    {
      g_autofree char *section = describe_filter (filter);

      if (strstr (manual, section) != NULL)
        continue;
      g_test_message ("docs/filters.md lacks:\n%s", section);
      g_test_fail ();
    }
}

/* --- Running --- */

static MongeShape *
apply (const char *text, MongeShape *shape, GPtrArray **notes)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeFilterChain) chain = monge_filter_chain_parse (text, &error);
  MongeShape *result;

  g_assert_no_error (error);
  result = monge_filter_chain_apply (chain, shape, NULL, notes, &error);
  g_assert_no_error (error);
  return result;
}

static void
steps_that_are_off_do_nothing (void)
{
  g_autoptr (MongeShape) shape = monge_generate_seahorse (0, 2);
  g_autoptr (GPtrArray) notes = NULL;
  g_autoptr (MongeShape) same = apply ("!mirror; !scale factor=2", shape, &notes);

  g_assert_true (same == shape);
  g_assert_cmpuint (notes->len, ==, 0);
}

static void
applied_steps_are_told (void)
{
  g_autoptr (MongeShape) shape = monge_generate_seahorse (0, 2);
  g_autoptr (GPtrArray) notes = NULL;
  g_autoptr (MongeShape) other G_GNUC_UNUSED
      = apply ("mirror; !centre; scale factor=2", shape, &notes);

  g_assert_cmpuint (notes->len, ==, 2);
  g_assert_cmpstr (notes->pdata[1], ==, "Scaled by 2.");
}

static void
cancelled_chains_end (void)
{
  g_autoptr (MongeShape) shape = monge_generate_seahorse (0, 2);
  g_autoptr (MongeFilterChain) chain = monge_filter_chain_parse ("centre", NULL);
  g_autoptr (GError) error = NULL;
  MongeTask task = MONGE_TASK_INIT;

  monge_task_cancel (&task);
  g_assert_null (monge_filter_chain_apply (chain, shape, &task, NULL, &error));
  g_assert_error (error, MONGE_ERROR, MONGE_ERROR_CANCELLED);
}

/* The parts of a caller hold for its chains. */
static void
steps_share_the_progress (void)
{
  g_autoptr (MongeShape) shape = monge_generate_seahorse (0, 2);
  g_autoptr (MongeFilterChain) chain = monge_filter_chain_parse ("smooth; smooth", NULL);
  g_autoptr (MongeShape) result = NULL;
  MongeTask task = MONGE_TASK_INIT;

  monge_task_set_part (&task, 0.5, 1.0);
  result = monge_filter_chain_apply (chain, shape, &task, NULL, NULL);
  g_assert_nonnull (result);
  g_assert_cmpfloat (monge_task_get_progress (&task), >=, 0.9);
  g_assert_cmpfloat (monge_task_get_progress (&task), <=, 1.0);
  monge_task_set_progress (&task, 0.0);
  monge_assert_close (monge_task_get_progress (&task), 0.5, 1e-9);
}

static void
assert_same_positions (const MongeShape *a, const MongeShape *b, double tol)
{
  g_assert_cmpuint (monge_shape_get_n_vertices (a), ==, monge_shape_get_n_vertices (b));
  monge_assert_max_abs (monge_shape_get_positions (a), monge_shape_get_positions (b),
                        monge_shape_get_dim (a) * monge_shape_get_n_vertices (a), tol);
}

static void
poses_can_be_undone (void)
{
  static const char *const chains[] = { "mirror", "mirror axis=y about=origin", "centre",
                                        "centre on=centroid", "scale factor=3.7 about=centroid",
                                        "scale to=unit-box about=origin", "normalise",
                                        "mirror axis=z; normalise to=unit-box; scale factor=0.1" };
  g_autoptr (MongeShape) shape = monge_generate_seahorse (1, 3);

  for (guint k = 0; k < G_N_ELEMENTS (chains); k++)
    {
      g_autoptr (MongeShape) moved = apply (chains[k], shape, NULL);
      g_autoptr (MongeShape) back = monge_shape_untransformed (moved, NULL);
      MongeMeshReport before, after;

      assert_same_positions (back, shape, 1e-12 * monge_shape_get_diameter (shape));
      monge_mesh_describe (shape, &before);
      monge_mesh_describe (moved, &after);
      g_assert_true (before.volume > 0.0 && after.volume > 0.0);
    }
}

static void
poses_are_what_they_say (void)
{
  g_autoptr (MongeShape) shape = monge_generate_seahorse (0, 3);
  g_autoptr (MongeShape) box = apply ("centre; scale to=unit-box", shape, NULL);
  g_autoptr (MongeShape) size = apply ("normalise", shape, NULL);
  g_autoptr (MongeShape) again = apply ("normalise", size, NULL);
  g_autoptr (MongeShape) image = apply ("mirror axis=y", shape, NULL);
  g_autoptr (MongeShape) other = monge_shape_mirrored (shape, 1);
  double lower[3], upper[3];

  monge_assert_close (monge_shape_get_diameter (box), 1.0, 1e-12);
  monge_shape_get_bounds (box, lower, upper);
  for (int k = 0; k < 3; k++)
    monge_assert_close (lower[k], -upper[k], 1e-12);
  assert_same_positions (again, size, 1e-12);
  assert_same_positions (image, other, 1e-12);
}

static void
points_at_one_place_have_no_size (void)
{
  MongeShapeBuilder *builder = monge_shape_builder_new ("dot", 3);
  g_autoptr (MongeShape) dot = NULL;
  g_autoptr (MongeFilterChain) chain = monge_filter_chain_parse ("centre; normalise", NULL);
  g_autoptr (GError) error = NULL;

  monge_shape_builder_take_positions (builder, g_new0 (double, 6), 2, MONGE_TYPE_FLOAT64);
  dot = monge_shape_builder_end (builder, NULL);
  g_assert_null (monge_filter_chain_apply (chain, dot, NULL, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_EMPTY, "Step 2 (normalise): ");
}

/* --- Selections --- */

/* Three balls of 42, 162 and 642 vertices in a row. */
static MongeShape *
make_balls (void)
{
  MongeShapeBuilder *builder = monge_shape_builder_new ("balls", 3);
  double *x = g_new (double, 3 * (42 + 162 + 642));
  guint32 *faces = g_new (guint32, 3 * (80 + 320 + 1280)), n = 0;
  gsize n_faces = 0;

  for (guint k = 0; k < 3; k++)
    {
      g_autoptr (MongeShape) ball
          = monge_generate_sphere (k + 1, 1.0, (const double[3]){ 3.0 * k, 0, 0 });

      memcpy (x + 3 * n, monge_shape_get_positions (ball),
              3 * monge_shape_get_n_vertices (ball) * sizeof *x);
      for (gsize i = 0; i < 3 * monge_shape_get_n_cells (ball); i++)
        faces[3 * n_faces + i] = n + monge_shape_get_cells (ball)[i];
      n += (guint32) monge_shape_get_n_vertices (ball);
      n_faces += monge_shape_get_n_cells (ball);
    }
  monge_shape_builder_take_positions (builder, x, n, MONGE_TYPE_FLOAT64);
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE, faces, n_faces);
  return monge_shape_builder_end (builder, NULL);
}

static void
pieces_are_kept_by_size (void)
{
  static const struct {
    const char *text;
    gsize n_faces;
  } cases[] = {
    { "components", 1280 },
    { "components keep=2", 1600 },
    { "components keep=0 least=300", 1600 },
    { "components keep=0 fraction=50", 1280 },
    { "components indices=3", 80 },
    { "components indices=\"1, 3\"", 1360 },
    { "components keep=7", 1680 },
  };
  g_autoptr (MongeShape) balls = make_balls ();

  for (guint k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      g_autoptr (MongeShape) kept = apply (cases[k].text, balls, NULL);

      g_assert_cmpuint (monge_shape_get_n_cells (kept), ==, cases[k].n_faces);
      g_assert_cmpuint (monge_shape_get_n_vertices (kept) + 0, <=, 846);
      g_assert_true ((kept == balls) == (cases[k].n_faces == 1680));
    }
}

static void
regions_are_kept (void)
{
  static const struct {
    const char *text;
    gsize n_faces;
  } cases[] = {
    { "region x-max=1.5", 80 },
    { "region x-max=1.5 keep=outside", 1600 },
    { "region in=sphere x=3 radius=1.01", 320 },
    { "region in=sphere x=3 radius=1.01 keep=outside", 1360 },
    { "region in=array array=height from=-inf", 1680 },
    { "region in=array array=ball from=1 to=1", 320 },
  };
  g_autoptr (MongeShape) bare = make_balls (), balls = NULL;
  g_autoptr (GPtrArray) arrays = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_array_free);
  gsize n = monge_shape_get_n_vertices (bare);
  double *height = g_new (double, n);
  guint8 *ball = g_new (guint8, n);

  for (gsize i = 0; i < n; i++)
    {
      height[i] = monge_shape_get_positions (bare)[3 * i + 2];
      ball[i] = i < 42 ? 0 : i < 42 + 162 ? 1 : 2;
    }
  g_ptr_array_add (arrays, monge_array_new ("height", MONGE_TYPE_FLOAT64, 1, n,
                                            g_bytes_new_take (height, n * sizeof *height)));
  g_ptr_array_add (arrays,
                   monge_array_new ("ball", MONGE_TYPE_UINT8, 1, n, g_bytes_new_take (ball, n)));
  balls = monge_shape_with_arrays (bare, arrays, NULL);
  for (guint k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      g_autoptr (MongeShape) kept = apply (cases[k].text, balls, NULL);

      g_assert_cmpuint (monge_shape_get_n_cells (kept), ==, cases[k].n_faces);
    }
}

/* Faces that straddle: with all vertices inside, none; with any, some more. */
static void
straddling_faces_go_by_the_rule (void)
{
  g_autoptr (MongeShape) ball = monge_generate_sphere (3, 1.0, (const double[3]){ 0 });
  g_autoptr (MongeShape) all = apply ("region z-min=0.01", ball, NULL);
  g_autoptr (MongeShape) any = apply ("region z-min=0.01 cells=any", ball, NULL);
  g_autoptr (MongeShape) none = apply ("region z-min=0.01 keep=outside", ball, NULL);
  double lower[3], upper[3];

  monge_shape_get_bounds (all, lower, upper);
  g_assert_cmpfloat (lower[2], >=, 0.01);
  g_assert_cmpuint (monge_shape_get_n_cells (any) + monge_shape_get_n_cells (none), ==,
                    monge_shape_get_n_cells (ball));
  g_assert_cmpuint (monge_shape_get_n_cells (any), >, monge_shape_get_n_cells (all));
}

static void
check_fails (const char *text, MongeShape *shape, MongeError code, const char *part)
{
  g_autoptr (MongeFilterChain) chain = monge_filter_chain_parse (text, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (monge_filter_chain_apply (chain, shape, NULL, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, (int) code, part);
}

static void
empty_selections_say_so (void)
{
  g_autoptr (MongeShape) balls = make_balls ();
  g_autoptr (MongeShape) cloud = monge_generate_cloud (10, 3, 1);

  check_fails ("region x-min=100", balls, MONGE_ERROR_EMPTY, "Step 1 (region): nothing lies");
  check_fails ("region x-min=100", cloud, MONGE_ERROR_EMPTY, "nothing lies");
  check_fails ("region in=array array=gone", balls, MONGE_ERROR_NAME, "no array “gone”");
  check_fails ("components least=5000", balls, MONGE_ERROR_EMPTY, "no piece");
  check_fails ("components indices=4", balls, MONGE_ERROR_SIZE, "no piece “4”");
  check_fails ("components indices=x", balls, MONGE_ERROR_SIZE, "no piece “x”");
  check_fails ("components", cloud, MONGE_ERROR_UNSUPPORTED, "hang together with nothing");
}

/* --- Normals, curves, bumps --- */

static void
normals_of_a_ball_point_out (void)
{
  g_autoptr (MongeShape) ball = monge_generate_sphere (4, 2.0, (const double[3]){ 1, 2, 3 });
  g_autoptr (MongeShape) cloud = apply ("subsample points=1000 method=poisson", ball, NULL);
  MongeShape *const shapes[] = { ball, cloud };

  for (int k = 0; k < 4; k++)
    {
      double sign = k % 2 == 0 ? 1.0 : -1.0;
      g_autoptr (MongeShape) shape
          = apply (k % 2 == 0 ? "normals" : "normals flip=true", shapes[k / 2], NULL);
      const MongeArray *normals = monge_shape_find_array (shape, "normals");
      const double *x = monge_shape_get_positions (shape);
      MongeMeshReport mesh;

      g_assert_cmpint (monge_array_guess_role (normals), ==, MONGE_ARRAY_NORMAL);
      for (gsize i = 0; i < normals->n_rows; i++)
        monge_assert_close (sign * ((x[3 * i] - 1.0) * monge_array_get (normals, i, 0)
                                    + (x[3 * i + 1] - 2.0) * monge_array_get (normals, i, 1)
                                    + (x[3 * i + 2] - 3.0) * monge_array_get (normals, i, 2)),
                            2.0, k < 2 ? 0.01 : 0.1);
      monge_mesh_describe (shape, &mesh);
      if (k < 2)
        g_assert_true (sign * mesh.volume > 0.0);
    }
}

static void
curves_get_even_steps (void)
{
  g_autoptr (MongeShape) knot = monge_generate_knot (500, 10.0);
  g_autoptr (MongeShape) few = apply ("resample points=200", knot, NULL);
  g_autoptr (MongeShape) spaced = apply ("resample spacing=0.5", knot, NULL);
  MongeMeshReport before, after;
  g_autofree double *sizes = g_new (double, 200);
  double least = INFINITY, most = 0.0;

  g_assert_cmpuint (monge_shape_get_n_vertices (few), ==, 200);
  g_assert_cmpuint (monge_shape_get_n_cells (few), ==, 200);
  monge_mesh_describe (knot, &before);
  monge_mesh_describe (few, &after);
  g_assert_true (after.is_closed && after.is_oriented);
  monge_assert_close_rel (after.length, before.length, 0.002);
  monge_mesh_compute_cell_sizes (few, sizes);
  for (int s = 0; s < 200; s++)
    {
      least = MIN (least, sizes[s]);
      most = MAX (most, sizes[s]);
    }
  monge_assert_close_rel (least, most, 0.02);
  monge_assert_close_rel ((double) monge_shape_get_n_cells (spaced), before.length / 0.5, 0.01);
}

static void
smoothing_takes_bumps_but_no_volume (void)
{
  g_autoptr (MongeShape) ball = monge_generate_sphere (4, 10.0, (const double[3]){ 0 }),
                         bumpy = NULL;
  gsize n = monge_shape_get_n_vertices (ball);
  g_autofree double *x = g_memdup2 (monge_shape_get_positions (ball), 3 * n * sizeof *x);
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);
  g_autoptr (MongeShape) smooth = NULL;
  MongeMeshReport before, after;

  for (gsize i = 0; i < 3 * n; i++)
    x[i] += g_rand_double_range (rand, -0.2, 0.2);
  bumpy = monge_shape_moved (ball, x);
  smooth = apply ("smooth rounds=20", bumpy, NULL);
  monge_mesh_describe (ball, &before);
  monge_mesh_describe (smooth, &after);
  monge_assert_close_rel (after.volume, before.volume, 0.005);
  monge_assert_close_rel (after.area, before.area, 0.01);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/filter/text_round_trips", text_round_trips);
  g_test_add_func ("/filter/errors_name_step_and_key", errors_name_step_and_key);
  g_test_add_func ("/filter/every_option_round_trips", every_option_round_trips);
  g_test_add_func ("/filter/names_and_keys_are_unique", names_and_keys_are_unique);
  g_test_add_func ("/filter/any_chain_on_any_shape", any_chain_on_any_shape);
  g_test_add_func ("/filter/manual_has_every_filter", manual_has_every_filter);
  g_test_add_func ("/filter/chains_are_edited", chains_are_edited);
  g_test_add_func ("/filter/steps_that_are_off_do_nothing", steps_that_are_off_do_nothing);
  g_test_add_func ("/filter/applied_steps_are_told", applied_steps_are_told);
  g_test_add_func ("/filter/cancelled_chains_end", cancelled_chains_end);
  g_test_add_func ("/filter/steps_share_the_progress", steps_share_the_progress);
  g_test_add_func ("/filter/poses_can_be_undone", poses_can_be_undone);
  g_test_add_func ("/filter/poses_are_what_they_say", poses_are_what_they_say);
  g_test_add_func ("/filter/points_at_one_place_have_no_size", points_at_one_place_have_no_size);
  g_test_add_func ("/filter/pieces_are_kept_by_size", pieces_are_kept_by_size);
  g_test_add_func ("/filter/regions_are_kept", regions_are_kept);
  g_test_add_func ("/filter/straddling_faces_go_by_the_rule", straddling_faces_go_by_the_rule);
  g_test_add_func ("/filter/empty_selections_say_so", empty_selections_say_so);
  g_test_add_func ("/filter/normals_of_a_ball_point_out", normals_of_a_ball_point_out);
  g_test_add_func ("/filter/curves_get_even_steps", curves_get_even_steps);
  g_test_add_func ("/filter/smoothing_takes_bumps_but_no_volume",
                   smoothing_takes_bumps_but_no_volume);
  return g_test_run ();
}
