#include "compute/filter/filter.h"

#include <math.h>
#include <string.h>

#include "compute/filter/params.h"
#include "compute/io/io.h"
#include "compute/shape/generate.h"
#include "compute/shape/mesh.h"
#include "compute/shape/place.h"
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
            g_assert_true (monge_option_parse (option, high ? "a \"b\\; c" : "", step->params, NULL));
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
  g_autoptr (MongeShape) other = apply ("mirror; !centre; scale factor=2", shape, &notes);

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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/filter/text_round_trips", text_round_trips);
  g_test_add_func ("/filter/errors_name_step_and_key", errors_name_step_and_key);
  g_test_add_func ("/filter/every_option_round_trips", every_option_round_trips);
  g_test_add_func ("/filter/names_and_keys_are_unique", names_and_keys_are_unique);
  g_test_add_func ("/filter/chains_are_edited", chains_are_edited);
  g_test_add_func ("/filter/steps_that_are_off_do_nothing", steps_that_are_off_do_nothing);
  g_test_add_func ("/filter/applied_steps_are_told", applied_steps_are_told);
  g_test_add_func ("/filter/cancelled_chains_end", cancelled_chains_end);
  g_test_add_func ("/filter/poses_can_be_undone", poses_can_be_undone);
  g_test_add_func ("/filter/poses_are_what_they_say", poses_are_what_they_say);
  g_test_add_func ("/filter/points_at_one_place_have_no_size", points_at_one_place_have_no_size);
  return g_test_run ();
}
