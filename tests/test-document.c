/* Many shapes without a window: roles, what is done again, what fails and what stays. */
#include "compute/io/io.h"
#include "compute/io/landmarks.h"
#include "compute/io/values.h"
#include "compute/recipe-file.h"
#include "tests/util.h"
#include "ui/session.h"

#include <glib/gstdio.h>
#include <string.h>

#define WAIT_S 60.0
#define LATENCY_MS 50.0

typedef struct {
  MongeSession *session;
  MongeDocument *document;
  GString *errors;
  GString *notes;
  guint n_asked;
} Fixture;

static void
on_message (MongeSession *session, const char *text, gboolean is_error, Fixture *fixture)
{
  g_string_append_printf (is_error ? fixture->errors : fixture->notes, "%s\n", text);
}

static void
on_labels_wanted (MongeSession *session, MongeItem *item, Fixture *fixture)
{
  fixture->n_asked++;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->session = monge_session_new ();
  fixture->document = monge_session_get_document (fixture->session);
  fixture->errors = g_string_new (NULL);
  fixture->notes = g_string_new (NULL);
  g_signal_connect (fixture->session, "message", G_CALLBACK (on_message), fixture);
  g_signal_connect (fixture->session, "labels-wanted", G_CALLBACK (on_labels_wanted), fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_signal_handlers_disconnect_by_data (fixture->session, fixture);
  g_object_unref (fixture->session);
  g_string_free (fixture->errors, TRUE);
  g_string_free (fixture->notes, TRUE);
}

static gboolean
wake (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
settle (Fixture *fixture)
{
  gint64 end = g_get_monotonic_time () + (gint64) (WAIT_S * monge_test_patience () * G_USEC_PER_SEC);
  guint tick = g_timeout_add (2, wake, NULL);

  while (monge_session_is_loading (fixture->session) && g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, TRUE);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_source_remove (tick);
  g_assert_false (monge_session_is_loading (fixture->session));
}

static MongeItem *
nth (Fixture *fixture, guint index)
{
  return monge_document_get_nth (fixture->document, index);
}

static void
open_all (Fixture *fixture, const char *const *specs)
{
  monge_session_open_files (fixture->session, specs);
  settle (fixture);
}

static const char *const four[] = { "example:sphere", "example:torus", "example:knot",
                                    "example:seahorse0", NULL };

static void
test_files_take_roles_in_order (Fixture *fixture, gconstpointer data)
{
  open_all (fixture, four);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (fixture->document)), ==, 4);
  for (guint i = 0; i < 4; i++)
    {
      g_assert_cmpint (monge_item_get_role (nth (fixture, i)), ==, MIN (i, MONGE_ROLE_CONTEXT));
      g_assert_cmpint (monge_item_get_state (nth (fixture, i)), ==, MONGE_ITEM_READY);
      g_assert_nonnull (monge_item_get_drawable (nth (fixture, i)));
      g_assert_cmpstr (monge_item_get_name (nth (fixture, i)), ==, strchr (four[i], ':') + 1);
    }
  g_assert_nonnull (monge_session_get_runner (fixture->session));
  g_assert_cmpstr (fixture->errors->str, ==, "");
}

static char *
get_colour (MongeItem *item)
{
  char *colour;

  g_object_get (item, "colour", &colour, NULL);
  return colour;
}

static void
test_colours_differ (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (int i = 0; i < 7; i++)
    monge_document_open (fixture->document, MONGE_ROLE_ANY, "example:sphere");
  settle (fixture);
  for (guint i = 0; i < 7; i++)
    g_hash_table_add (seen, get_colour (nth (fixture, i)));
  g_assert_cmpuint (g_hash_table_size (seen), ==, 7);
  g_assert_true (g_hash_table_contains (seen, "#D55E00"));
  g_assert_true (g_hash_table_contains (seen, "#0072B2"));
}

static void
count (GObject *object, GParamSpec *pspec, guint *n)
{
  (*n)++;
}

static void
test_looks_are_notified_and_make_no_new_flow (Fixture *fixture, gconstpointer data)
{
  const float green[] = { 0.0f, 1.0f, 0.0f };
  MongeRunner *runner;
  guint n = 0;

  open_all (fixture, four);
  runner = monge_session_get_runner (fixture->session);
  g_signal_connect (nth (fixture, 0), "notify", G_CALLBACK (count), &n);
  monge_item_set_name (nth (fixture, 0), "left");
  monge_item_set_visible (nth (fixture, 0), FALSE);
  monge_item_set_colour (nth (fixture, 0), green);
  monge_item_set_colour_array (nth (fixture, 0), "curv");
  g_assert_cmpuint (n, ==, 4);
  monge_item_set_name (nth (fixture, 0), "left");
  monge_item_set_visible (nth (fixture, 0), FALSE);
  g_assert_cmpuint (n, ==, 4);
  g_assert_cmpstr (monge_item_get_name (nth (fixture, 0)), ==, "left");
  monge_item_set_name (nth (fixture, 0), "");
  g_assert_cmpstr (monge_item_get_name (nth (fixture, 0)), ==, "sphere");
  settle (fixture);
  g_assert_true (monge_session_get_runner (fixture->session) == runner);
}

static void
test_context_comes_and_goes_beside_the_flow (Fixture *fixture, gconstpointer data)
{
  static const char *const pair[] = { "example:sphere", "example:torus", NULL };
  MongeRunner *runner;
  MongeItem *item;

  open_all (fixture, pair);
  runner = monge_session_get_runner (fixture->session);
  item = monge_document_open (fixture->document, MONGE_ROLE_ANY, "example:knot");
  settle (fixture);
  g_assert_nonnull (monge_item_get_drawable (item));
  g_assert_true (monge_session_get_runner (fixture->session) == runner);
  monge_document_remove (fixture->document, item);
  settle (fixture);
  g_assert_cmpuint (monge_document_get_n_items (fixture->document), ==, 2);
  g_assert_true (monge_session_get_runner (fixture->session) == runner);
}

static void
test_roles_are_swapped (Fixture *fixture, gconstpointer data)
{
  g_autofree char *colour = NULL;

  open_all (fixture, four);
  monge_document_set_role (fixture->document, nth (fixture, 2), MONGE_ROLE_SOURCE);
  settle (fixture);
  g_assert_cmpstr (monge_item_get_name (nth (fixture, 0)), ==, "knot");
  g_assert_cmpint (monge_item_get_role (nth (fixture, 0)), ==, MONGE_ROLE_SOURCE);
  colour = get_colour (nth (fixture, 0));
  g_assert_cmpstr (colour, ==, "#D55E00");
  g_assert_cmpstr (monge_item_get_name (monge_session_get_item (fixture->session, 0)), ==, "knot");
  monge_document_set_role (fixture->document, nth (fixture, 0), MONGE_ROLE_TARGET);
  settle (fixture);
  g_assert_cmpstr (monge_item_get_name (nth (fixture, 0)), ==, "torus");
  g_assert_cmpstr (monge_item_get_name (nth (fixture, 1)), ==, "knot");
  g_assert_cmpuint (monge_document_get_n_items (fixture->document), ==, 4);
}

static void
test_source_stays_until_the_new_one_is_there (Fixture *fixture, gconstpointer data)
{
  MongeItem *old;

  open_all (fixture, four);
  old = nth (fixture, 0);
  monge_document_open (fixture->document, MONGE_ROLE_SOURCE, "/nonexistent/skull.ply");
  g_assert_true (monge_document_get (fixture->document, MONGE_ROLE_SOURCE) == old);
  settle (fixture);
  g_assert_true (monge_document_get (fixture->document, MONGE_ROLE_SOURCE) == old);
  g_assert_nonnull (strstr (fixture->errors->str, "/nonexistent/skull.ply"));
  monge_document_open (fixture->document, MONGE_ROLE_SOURCE, "example:seahorse1");
  settle (fixture);
  g_assert_cmpuint (monge_document_get_n_items (fixture->document), ==, 4);
  g_assert_cmpstr (monge_item_get_name (nth (fixture, 0)), ==, "seahorse1");
}

static void
test_removing_the_source_ends_the_flow (Fixture *fixture, gconstpointer data)
{
  open_all (fixture, four);
  monge_document_remove (fixture->document, nth (fixture, 0));
  settle (fixture);
  g_assert_null (monge_session_get_runner (fixture->session));
  g_assert_null (monge_session_get_shape (fixture->session, MONGE_ROLE_SOURCE));
  monge_document_set_role (fixture->document, nth (fixture, 1), MONGE_ROLE_SOURCE);
  settle (fixture);
  g_assert_nonnull (monge_session_get_runner (fixture->session));
}

static void
test_filters_begin_with_the_original (Fixture *fixture, gconstpointer data)
{
  MongeShape *original;
  MongeItem *item;
  GError *error = NULL;

  open_all (fixture, four);
  item = nth (fixture, 0);
  original = monge_item_get_original (item);
  g_assert_true (monge_item_get_shape (item) == original);
  g_assert_true (monge_document_set_filters (fixture->document, item, "scale factor=2", &error));
  g_assert_no_error (error);
  settle (fixture);
  g_assert_true (monge_item_get_original (item) == original);
  monge_assert_close_rel (monge_shape_get_diameter (monge_item_get_shape (item)),
                          2.0 * monge_shape_get_diameter (original), 1e-9);
  g_assert_cmpuint (monge_item_get_notes (item)->len, ==, 1);
  g_assert_true (monge_document_set_filters (fixture->document, item, "scale factor=3", &error));
  settle (fixture);
  monge_assert_close_rel (monge_shape_get_diameter (monge_item_get_shape (item)),
                          3.0 * monge_shape_get_diameter (original), 1e-9);
  g_assert_true (monge_document_set_filters (fixture->document, item, NULL, &error));
  settle (fixture);
  g_assert_true (monge_item_get_shape (item) == original);
  g_assert_false (monge_document_set_filters (fixture->document, item, "polish", &error));
  g_assert_nonnull (strstr (error->message, "polish"));
  g_error_free (error);
}

/* A session whose file is gone keeps the entry, says which, and writes it again. */
static void
test_missing_file_keeps_its_entry (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = monge_test_tmp_path ("gone.monge");
  const char *const files[] = { path, NULL };
  g_autoptr (MongeRecipe) recipe = NULL;

  g_assert_true (g_file_set_contents (path,
                                      "[monge]\nblur=3\n[shape 1]\nrole=source\nfile=example:knot\n"
                                      "[shape 2]\nrole=target\nfile=/nonexistent/gone.ply\n"
                                      "name=gone\ncolour=#123456\n",
                                      -1, NULL));
  open_all (fixture, files);
  g_assert_cmpuint (monge_document_get_n_items (fixture->document), ==, 2);
  g_assert_cmpint (monge_item_get_state (nth (fixture, 1)), ==, MONGE_ITEM_FAILED);
  g_assert_nonnull (strstr (monge_item_get_message (nth (fixture, 1)), "/nonexistent/gone.ply"));
  g_assert_nonnull (strstr (fixture->errors->str, "/nonexistent/gone.ply"));
  recipe = monge_session_dup_recipe (fixture->session);
  g_assert_cmpstr (recipe->target.path, ==, "/nonexistent/gone.ply");
  g_assert_cmpstr (recipe->target.name, ==, "gone");
  g_assert_true (recipe->target.has_colour);
}

static void
test_session_keeps_everything (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = monge_test_tmp_path ("all.monge");
  const char *const files[] = { path, NULL };
  g_autoptr (MongeRecipe) recipe = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  open_all (fixture, four);
  monge_item_set_name (nth (fixture, 3), "beside");
  monge_item_set_visible (nth (fixture, 2), FALSE);
  g_assert_true (monge_document_set_filters (fixture->document, nth (fixture, 3), "scale factor=2",
                                             NULL));
  settle (fixture);
  recipe = monge_session_dup_recipe (fixture->session);
  g_assert_true (monge_recipe_file_save (path, recipe, NULL));
  before = monge_recipe_file_print (recipe, "/");
  monge_document_remove (fixture->document, nth (fixture, 0));
  open_all (fixture, files);
  g_clear_pointer (&recipe, monge_recipe_free);
  recipe = monge_session_dup_recipe (fixture->session);
  after = monge_recipe_file_print (recipe, "/");
  g_assert_cmpstr (before, ==, after);
  g_assert_cmpuint (monge_document_get_n_items (fixture->document), ==, 4);
  g_assert_false (monge_item_get_visible (nth (fixture, 2)));
  g_assert_cmpstr (fixture->errors->str, ==, "");
}

static guint
count_lines (const char *text)
{
  guint n = 0;

  for (; *text != '\0'; text++)
    n += *text == '\n';
  return n;
}

static void
test_values_and_landmarks_find_their_shape (Fixture *fixture, gconstpointer data)
{
  g_autofree char *values = monge_test_tmp_path ("thickness.gii");
  g_autofree char *long_name = monge_test_tmp_path ("thickness.func.gii");
  g_autofree char *marks = monge_test_tmp_path ("marks.fcsv");
  const char *const files[] = { marks, values, "example:sphere", "example:knot", NULL };
  MongeRecipeInput knot = { .path = (char *) "example:knot", .mirror = -1 };
  g_autoptr (MongeShape) shape = monge_recipe_input_load (&knot, NULL, NULL);
  g_autoptr (MongeLandmarks) landmarks = monge_landmarks_new (MONGE_SPACE_RAS, MONGE_SPACE_RAS);
  g_autoptr (GPtrArray) arrays = monge_values_new ();
  gsize n = monge_shape_get_n_vertices (shape);
  GBytes *bytes;
  GError *error = NULL;

  bytes = g_bytes_new_take (g_new0 (float, n), n * sizeof (float));
  g_ptr_array_add (arrays, monge_array_new ("thickness", MONGE_TYPE_FLOAT32, 1, n, bytes));
  monge_values_save (arrays, long_name, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_rename (long_name, values), ==, 0);
  monge_landmarks_add (landmarks, "tip", "", monge_shape_get_positions (shape), TRUE);
  g_assert_true (monge_landmarks_save (landmarks, marks, &error));
  open_all (fixture, files);
  settle (fixture);
  for (int i = 0; i < 500 && count_lines (fixture->notes->str) < 2; i++)
    {
      g_usleep (10000);
      settle (fixture);
    }
  g_assert_cmpstr (fixture->errors->str, ==, "");
  g_assert_cmpstr (monge_item_get_name (nth (fixture, 0)), ==, "sphere");
  g_assert_cmpint (monge_item_get_role (nth (fixture, 0)), ==, MONGE_ROLE_SOURCE);
  g_assert_cmpint (monge_item_get_role (nth (fixture, 1)), ==, MONGE_ROLE_TARGET);
  g_assert_nonnull (monge_shape_find_array (monge_item_get_shape (nth (fixture, 1)), "thickness"));
  g_assert_true (monge_item_get_landmarks (nth (fixture, 0)) != NULL
                 || monge_item_get_landmarks (nth (fixture, 1)) != NULL);
}

/* Two cubes in one volume. */
static MongeVolume *
make_volume (void)
{
  guint8 *labels = g_new0 (guint8, 24 * 12 * 12);
  const MongeVoxels voxels = { .size = { 24, 12, 12 },
                               .affine = { 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1 },
                               .type = MONGE_TYPE_UINT8, .values = labels, .slope = 1.0,
                               .kind_is_known = TRUE, .kind = MONGE_VOLUME_LABELS };
  MongeVolume *volume;

  for (guint k = 3; k < 9; k++)
    for (guint j = 3; j < 9; j++)
      for (guint i = 2; i < 22; i++)
        if (i < 9 || i > 14)
          labels[i + 24 * (j + 12 * k)] = i < 12 ? 5 : 7;
  volume = monge_volume_new ("cubes.nii", &voxels, NULL, NULL, NULL);
  g_free (labels);
  return volume;
}

static void
on_space_wanted (MongeSession *session, MongeItem *item, guint *n_asked)
{
  (*n_asked)++;
}

/* A mesh that 3D Slicer wrote without saying so, beside a volume that is RAS. */
static void
test_asks_for_space_where_it_matters (Fixture *fixture, gconstpointer data)
{
  g_autofree char *turned = monge_test_tmp_path ("turned.obj");
  g_autofree char *fitting = monge_test_tmp_path ("fitting.obj");
  const char *const files[] = { turned, fitting, NULL };
  MongeRecipeInput input = { .path = (char *) "cubes.nii", .mirror = -1,
                             .role = MONGE_ROLE_CONTEXT };
  g_autoptr (MongeVolume) volume = make_volume ();
  const gint32 labels[] = { 5, 7 };
  double lower[3], upper[3];
  guint n_asked = 0;
  MongeItem *item;

  g_assert_true (g_file_set_contents (turned, "v -5 -7 7\nv -42 -15 15\nv -6 -15 7\nf 1 2 3\n", -1,
                                      NULL));
  g_assert_true (g_file_set_contents (fitting, "v 5 7 7\nv 42 15 15\nv 6 15 7\nf 1 2 3\n", -1,
                                      NULL));
  g_signal_connect (fixture->session, "space-wanted", G_CALLBACK (on_space_wanted), &n_asked);
  open_all (fixture, files);
  g_assert_cmpuint (n_asked, ==, 0);
  item = monge_document_add_volume (fixture->document, &input, volume);
  settle (fixture);
  monge_document_choose_labels (fixture->document, item, labels, 2, FALSE);
  settle (fixture);
  g_assert_cmpuint (n_asked, ==, 1);
  for (guint i = 0; i < 3; i++)
    if (monge_item_get_asks_space (nth (fixture, i)))
      item = nth (fixture, i);
  g_assert_cmpstr (monge_item_get_name (item), ==, "turned");
  monge_document_set_space (fixture->document, item, MONGE_SPACE_LPS);
  settle (fixture);
  g_assert_false (monge_item_get_asks_space (item));
  monge_shape_get_bounds (monge_item_get_shape (item), lower, upper);
  monge_assert_close (lower[0], 5.0, 1e-12);
  monge_assert_close (upper[1], 15.0, 1e-12);
  g_signal_handlers_disconnect_by_data (fixture->session, &n_asked);
}

static void
test_labels_become_a_shape_each (Fixture *fixture, gconstpointer data)
{
  MongeRecipeInput input = { .path = (char *) "cubes.nii", .mirror = -1 };
  g_autoptr (MongeVolume) volume = make_volume ();
  const gint32 labels[] = { 5, 7 };
  MongeItem *item = monge_document_add_volume (fixture->document, &input, volume);

  settle (fixture);
  g_assert_cmpuint (fixture->n_asked, ==, 1);
  g_assert_cmpint (monge_item_get_state (item), ==, MONGE_ITEM_ASKING);
  monge_document_choose_each_label (fixture->document, item, labels, 2);
  settle (fixture);
  g_assert_cmpuint (monge_document_get_n_items (fixture->document), ==, 2);
  g_assert_cmpstr (monge_item_get_name (nth (fixture, 1)), ==, "cubes 7");
  monge_document_choose_labels (fixture->document, item, labels, 2, TRUE);
  settle (fixture);
  g_assert_cmpint (monge_shape_get_kind (monge_item_get_shape (item)), ==, MONGE_SHAPE_POINTS);
  g_assert_cmpstr (fixture->errors->str, ==, "");
}

static void
test_dismissed_question_leaves_nothing (Fixture *fixture, gconstpointer data)
{
  MongeRecipeInput input = { .path = (char *) "cubes.nii", .mirror = -1 };
  g_autoptr (MongeVolume) volume = make_volume ();
  MongeItem *item = monge_document_add_volume (fixture->document, &input, volume);

  settle (fixture);
  monge_document_cancel (fixture->document, item);
  g_assert_cmpuint (monge_document_get_n_items (fixture->document), ==, 0);
}

/* Points in ASCII, which take their time. */
static char *
write_big_file (void)
{
  char *path = monge_test_tmp_path ("big.obj");
  GString *text = g_string_new (NULL);

  for (int i = 0; i < 1500000; i++)
    g_string_append_printf (text, "v %d.25 %d.5 0.125\n", i % 1000, i / 1000);
  g_assert_true (g_file_set_contents (path, text->str, (gssize) text->len, NULL));
  g_string_free (text, TRUE);
  return path;
}

/* The longest that the main loop was kept from turning. */
static double
run_watching (double seconds, MongeDocument *until_loaded)
{
  gint64 start = g_get_monotonic_time (), last = start, longest = 0;
  guint tick = g_timeout_add (1, wake, NULL);

  while (last - start < (gint64) (seconds * G_USEC_PER_SEC)
         && (until_loaded == NULL || monge_document_is_loading (until_loaded)))
    {
      gint64 now;

      g_main_context_iteration (NULL, TRUE);
      now = g_get_monotonic_time ();
      longest = MAX (longest, now - last);
      last = now;
    }
  g_source_remove (tick);
  return longest / 1000.0;
}

static void
test_big_files_load_beside_the_loop_and_are_cancelled (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = write_big_file ();
  double longest, best = G_MAXDOUBLE;
  MongeItem *item;

  for (int attempt = 0; attempt < 3 && best > LATENCY_MS; attempt++)
    {
      gint64 start;

      item = monge_document_open (fixture->document, MONGE_ROLE_CONTEXT, path);
      monge_document_open (fixture->document, MONGE_ROLE_CONTEXT, path);
      longest = run_watching (0.1, NULL);
      g_assert_true (monge_document_is_loading (fixture->document));
      start = g_get_monotonic_time ();
      monge_document_cancel (fixture->document, item);
      monge_document_cancel_all (fixture->document);
      longest = MAX (longest, (g_get_monotonic_time () - start) / 1000.0);
      g_assert_false (monge_document_is_loading (fixture->document));
      g_assert_cmpuint (monge_document_get_n_items (fixture->document), ==, 0);
      best = MIN (best, MAX (longest, run_watching (0.2, NULL)));
    }
  g_test_message ("main loop: %.1f ms at most", best);
  g_assert_cmpfloat (best, <=, LATENCY_MS * monge_test_patience ());
  g_assert_cmpstr (fixture->errors->str, ==, "");
}

static void
test_cancelled_filters_leave_the_shape (Fixture *fixture, gconstpointer data)
{
  MongeItem *item;
  MongeShape *shape;

  open_all (fixture, four);
  item = nth (fixture, 0);
  shape = monge_item_get_shape (item);
  g_assert_true (monge_document_set_filters (fixture->document, item, "scale factor=2", NULL));
  monge_document_cancel (fixture->document, item);
  settle (fixture);
  g_assert_true (monge_item_get_shape (item) == shape);
  g_assert_null (monge_item_get_input (item)->filters);
  g_assert_cmpint (monge_item_get_state (item), ==, MONGE_ITEM_READY);
}

#define ADD(name, func) \
  g_test_add ("/document/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_setenv ("GSETTINGS_BACKEND", "memory", TRUE);
  g_test_init (&argc, &argv, NULL);
  ADD ("files_take_roles_in_order", test_files_take_roles_in_order);
  ADD ("colours_differ", test_colours_differ);
  ADD ("looks_are_notified_and_make_no_new_flow", test_looks_are_notified_and_make_no_new_flow);
  ADD ("context_comes_and_goes_beside_the_flow", test_context_comes_and_goes_beside_the_flow);
  ADD ("roles_are_swapped", test_roles_are_swapped);
  ADD ("source_stays_until_the_new_one_is_there", test_source_stays_until_the_new_one_is_there);
  ADD ("removing_the_source_ends_the_flow", test_removing_the_source_ends_the_flow);
  ADD ("filters_begin_with_the_original", test_filters_begin_with_the_original);
  ADD ("missing_file_keeps_its_entry", test_missing_file_keeps_its_entry);
  ADD ("session_keeps_everything", test_session_keeps_everything);
  ADD ("values_and_landmarks_find_their_shape", test_values_and_landmarks_find_their_shape);
  ADD ("asks_for_space_where_it_matters", test_asks_for_space_where_it_matters);
  ADD ("labels_become_a_shape_each", test_labels_become_a_shape_each);
  ADD ("dismissed_question_leaves_nothing", test_dismissed_question_leaves_nothing);
  ADD ("big_files_load_beside_the_loop_and_are_cancelled",
       test_big_files_load_beside_the_loop_and_are_cancelled);
  ADD ("cancelled_filters_leave_the_shape", test_cancelled_filters_leave_the_shape);
  return g_test_run ();
}
