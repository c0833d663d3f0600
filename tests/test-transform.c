/* Linear maps and displacement fields: fits, files, directions, errors. */
#include "compute/core/random.h"
#include "compute/shape/generate.h"
#include "compute/shape/place.h"
#include "compute/transform/field.h"
#include "compute/transform/linear-file.h"
#include "compute/transform/linear.h"
#include "tests/util.h"

#include <math.h>
#include <string.h>

static const double tilted[16] = {
  0.8, -0.5, 0.2, 10, 0.6, 1.1, 0.1, -20, -0.3, 0.2, 0.9, 5, 0, 0, 0, 1,
};

static void
apply (const double affine[16], const double point[3], double out[3])
{
  for (int r = 0; r < 3; r++)
    out[r] = affine[4 * r] * point[0] + affine[4 * r + 1] * point[1] + affine[4 * r + 2] * point[2]
             + affine[4 * r + 3];
}

/* --- Fits --- */

/* The map of each kind that @tilted comes down to is found again from where it takes points. */
static void
fits_find_what_there_is (void)
{
  g_autoptr (MongeShape) shape = monge_generate_seahorse (0, 1);
  const gsize n = monge_shape_get_n_vertices (shape);
  const double *x = monge_shape_get_positions (shape);
  g_autofree double *moves = g_new (double, 3 * n);
  g_autofree double *weights = g_new (double, n);
  double affine[16], again[16];
  MongeLinearFit fit;

  for (gsize i = 0; i < n; i++)
    weights[i] = 1.0 + (double) (i % 5);
  memcpy (affine, tilted, sizeof affine);
  for (int kind = MONGE_LINEAR_AFFINE; kind >= MONGE_LINEAR_RIGID; kind--)
    {
      for (gsize i = 0; i < n; i++)
        {
          apply (affine, x + 3 * i, moves + 3 * i);
          for (int d = 0; d < 3; d++)
            moves[3 * i + d] -= x[3 * i + d];
        }
      monge_linear_fit ((MongeLinearKind) kind, x, weights, n, 3, moves, &fit);
      monge_linear_fit_to_affine (&fit, again);
      monge_assert_max_abs (again, affine, 16, 1e-10);
      if (kind == MONGE_LINEAR_RIGID)
        monge_assert_close (monge_affine_get_determinant (again), 1.0, 1e-12);
      monge_linear_fit ((MongeLinearKind) MAX (kind - 1, 0), x, weights, n, 3, moves, &fit);
      monge_linear_fit_to_affine (&fit, affine);
    }
}

/* --- Files --- */

/* By hand: RAS (1, 2, 3) is LPS (−1, −2, 3), and the way back is (1, 2, −3). */
static void
files_of_itk_go_back_along_lps (void)
{
  static const double move[16] = { 1, 0, 0, 1, 0, 1, 0, 2, 0, 0, 1, 3, 0, 0, 0, 1 };
  g_autofree char *path = monge_test_tmp_path ("move.tfm");
  g_autofree char *text = NULL;

  g_assert_true (monge_linear_save (move, MONGE_SPACE_RAS, path, NULL));
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==,
                   "#Insight Transform File V1.0\n#Transform 0\n"
                   "Transform: AffineTransform_double_3_3\n"
                   "Parameters: 1 0 0 0 1 0 0 0 1 1 2 -3\nFixedParameters: 0 0 0\n");
  g_clear_pointer (&text, g_free);
  g_assert_true (monge_linear_save (move, MONGE_SPACE_UNKNOWN, path, NULL));
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, " -1 -2 -3\n"));
}

static void
round_trips (void)
{
  static const char *const names[] = { "a.tfm", "a.txt", "a.csv", "a.json", "a.npy" };

  for (guint k = 0; k < G_N_ELEMENTS (names); k++)
    for (int space = MONGE_SPACE_UNKNOWN; space <= MONGE_SPACE_LPS; space++)
      {
        g_autofree char *path = monge_test_tmp_path (names[k]);
        double again[16];

        g_assert_true (monge_linear_save (tilted, (MongeSpace) space, path, NULL));
        g_assert_true (monge_linear_load (path, (MongeSpace) space, again, NULL, NULL));
        monge_assert_max_abs (again, tilted, 16, k < 2 ? 1e-13 : 0.0);
      }
}

static gboolean
parse (const char *text, double affine[16], GError **error)
{
  const MongeFile file = { .data = (const guint8 *) text, .size = strlen (text), .name = "text" };

  return monge_linear_parse (&file, MONGE_SPACE_LPS, affine, error);
}

#define ITK "#Insight Transform File V1.0\n"

static void
read_what_itk_writes (void)
{
  static const double double_and_back[16] = { 0.5, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0.5, 5, 0, 0, 0, 1 };
  double affine[16];

  /* 2 (x − c) + c + t, c = (0, 0, 10), t = 0: backwards (x + c) / 2 */
  g_assert_true (parse (ITK "#Transform 0\r\nTransform: MatrixOffsetTransformBase_double_3_3\r\n"
                        "Parameters: 2 0 0 0 2 0 0 0 2 0 0 0\r\nFixedParameters: 0 0 10\r\n", affine,
                        NULL));
  monge_assert_max_abs (affine, double_and_back, 16, 1e-15);
  g_assert_true (parse (ITK "Transform: TranslationTransform_double_3_3\nParameters: 1 2 3\n"
                        "FixedParameters:\n", affine, NULL));
  monge_assert_close (affine[3], -1.0, 0.0);
  monge_assert_close (affine[11], -3.0, 0.0);
  g_assert_true (parse (ITK "#Transform 0\nTransform: CompositeTransform_double_3_3\n#Transform 1\n"
                        "Transform: AffineTransform_float_3_3\n"
                        "Parameters: 1 0 0 0 1 0 0 0 1 4 5 6\nFixedParameters: 0 0 0\n", affine,
                        NULL));
  monge_assert_close (affine[7], -5.0, 0.0);
}

static void
refuse_what_is_no_linear_map (void)
{
  static const struct {
    const char *text, *part;
    int code;
  } cases[] = {
    { ITK "Transform: BSplineTransform_double_3_3\nParameters: 1\n", "BSpline",
      MONGE_ERROR_UNSUPPORTED },
    { ITK "Transform: AffineTransform_double_2_2\nParameters: 1 0 0 1 0 0\n", "2_2",
      MONGE_ERROR_UNSUPPORTED },
    { ITK "Transform: AffineTransform_double_3_3\nParameters: 1 0 0\n", "3 parameters",
      MONGE_ERROR_FORMAT },
    { ITK "Transform: AffineTransform_double_3_3\nParameters: 1 0 0 x\n", "line 3",
      MONGE_ERROR_FORMAT },
    { ITK "Transform: AffineTransform_double_3_3\nParameters: 0 0 0 0 0 0 0 0 0 0 0 0\n", "singular",
      MONGE_ERROR_NAN },
    { ITK "Transform: AffineTransform_double_3_3\nTransform: AffineTransform_double_3_3\n",
      "2 transforms", MONGE_ERROR_UNSUPPORTED },
    { ITK, "0 transforms", MONGE_ERROR_UNSUPPORTED },
    { "1 0 0 0\n0 1 0 0\n", "four rows", MONGE_ERROR_FORMAT },
    { "1 0 0 0 0 1 0 0 0 0 1 0 0 0 1 1", "0 0 0 1", MONGE_ERROR_FORMAT },
    { "{\"matrix\": [[1, 0, 0, null]]}", "four rows", MONGE_ERROR_FORMAT },
    { "hello", "line 1", MONGE_ERROR_FORMAT },
    { "", "four rows", MONGE_ERROR_FORMAT },
  };

  for (guint k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      g_autoptr (GError) error = NULL;
      double affine[16];

      g_assert_false (parse (cases[k].text, affine, &error));
      monge_assert_error (error, MONGE_ERROR, cases[k].code, cases[k].part);
    }
}

static void
refuse_unknown_names_and_singular_maps (void)
{
  static const double flat[16] = { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };
  g_autofree char *path = monge_test_tmp_path ("flat.tfm");
  g_autofree char *other = monge_test_tmp_path ("flat.mat");
  g_autoptr (GError) error = NULL;

  g_assert_false (monge_linear_save (flat, MONGE_SPACE_RAS, path, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAN, "flat.tfm");
  g_assert_false (monge_linear_save (flat, MONGE_SPACE_RAS, other, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAME, ".tfm");
}

/* --- Fields --- */

typedef struct {
  MongeShape *shape;
  gsize n;
  const double *x;
  double *y;
} World;

static void
bend (const double x[3], double y[3])
{
  y[0] = x[0] + 2.0 * sin (0.1 * x[1]);
  y[1] = x[1] + 1.5 * cos (0.12 * x[2]) + 3.0;
  y[2] = 1.1 * x[2] + 1.0 * sin (0.1 * x[0]);
}

static void
world_init (World *world)
{
  world->shape = monge_generate_seahorse (0, 3);
  world->n = monge_shape_get_n_vertices (world->shape);
  world->x = monge_shape_get_positions (world->shape);
  world->y = g_new (double, 3 * world->n);
  for (gsize i = 0; i < world->n; i++)
    bend (world->x + 3 * i, world->y + 3 * i);
}

static void
world_clear (World *world)
{
  monge_shape_unref (world->shape);
  g_free (world->y);
}

/* An affine map is itself at every node, far from the shape too, and along LPS. */
static void
affine_fields_are_exact (void)
{
  World world;
  MongeFieldReport report;
  g_autoptr (MongeField) field = NULL;
  double lps[16], corner[3], moved[3], most = 0;

  world_init (&world);
  for (gsize i = 0; i < world.n; i++)
    apply (tilted, world.x + 3 * i, world.y + 3 * i);
  field = monge_field_new (world.x, world.y, world.n, MONGE_SPACE_RAS, NULL, &report, NULL, NULL);
  memcpy (lps, tilted, sizeof lps);
  monge_linear_turn_space (lps);
  monge_assert_max_abs (report.affine, lps, 16, 1e-9);
  g_assert_cmpfloat (report.max_error, <, 1e-5);
  g_assert_cmpuint (report.n_folded, ==, 0);
  for (gsize i = 0; i < monge_field_get_n_nodes (field); i++)
    {
      corner[0] = field->origin[0] + field->spacing * (double) (i % field->size[0]);
      corner[1] = field->origin[1]
                  + field->spacing * (double) (i / field->size[0] % field->size[1]);
      corner[2] = field->origin[2]
                  + field->spacing * (double) (i / field->size[0] / field->size[1]);
      apply (lps, corner, moved);
      for (int d = 0; d < 3; d++)
        most = MAX (most, fabs (moved[d] - corner[d] - field->vectors[3 * i + d]));
    }
  g_assert_cmpfloat (most, <, 2e-5);
  world_clear (&world);
}

/* At the vertices by what the report says, and between them, where the map is smooth. */
static void
smooth_maps_are_followed (void)
{
  World world;
  MongeFieldReport report;
  g_autoptr (MongeField) field = NULL;
  double most = 0, between = 0;

  world_init (&world);
  field = monge_field_new (world.x, world.y, world.n, MONGE_SPACE_UNKNOWN, NULL, &report, NULL, NULL);
  for (gsize i = 0; i < world.n; i++)
    {
      double vector[3], inner[3], wanted[3];

      monge_field_sample (field, world.x + 3 * i, vector);
      for (int d = 0; d < 3; d++)
        {
          most = MAX (most, fabs (world.x[3 * i + d] + vector[d] - world.y[3 * i + d]));
          inner[d] = 0.97 * world.x[3 * i + d];
        }
      monge_field_sample (field, inner, vector);
      bend (inner, wanted);
      for (int d = 0; d < 3; d++)
        between = MAX (between, fabs (inner[d] + vector[d] - wanted[d]));
    }
  g_test_message ("%u x %u x %u nodes %g apart: mean error %.2g, at most %.2g; inside %.2g",
                  field->size[0], field->size[1], field->size[2], field->spacing, report.mean_error,
                  report.max_error, between);
  g_assert_cmpfloat (most, <=, report.max_error * (1 + 1e-9));
  g_assert_cmpfloat (report.mean_error, <, 0.003);
  g_assert_cmpfloat (report.max_error, <, 0.03);
  g_assert_cmpfloat (between, <, 0.3);
  g_assert_cmpuint (report.n_folded, ==, 0);
  world_clear (&world);
}

static void
there_and_back (void)
{
  World world;
  g_autoptr (MongeField) there = NULL;
  g_autoptr (MongeField) back = NULL;
  double total = 0;

  world_init (&world);
  there = monge_field_new (world.x, world.y, world.n, MONGE_SPACE_LPS, NULL, NULL, NULL, NULL);
  back = monge_field_new (world.y, world.x, world.n, MONGE_SPACE_LPS, NULL, NULL, NULL, NULL);
  for (gsize i = 0; i < world.n; i++)
    {
      double middle[3], vector[3], squared = 0;

      monge_field_sample (there, world.x + 3 * i, vector);
      for (int d = 0; d < 3; d++)
        middle[d] = world.x[3 * i + d] + vector[d];
      monge_field_sample (back, middle, vector);
      for (int d = 0; d < 3; d++)
        squared += pow (middle[d] + vector[d] - world.x[3 * i + d], 2);
      total += sqrt (squared);
    }
  g_assert_cmpfloat (total / (double) world.n, <, 0.01);
  world_clear (&world);
}

static void
spacing_and_margin (void)
{
  World world;
  g_autoptr (MongeField) field = NULL;
  const MongeFieldOptions options = { .spacing = 1.5, .margin = 4.0 };
  const MongeFieldOptions fine = { .spacing = 1e-4, .margin = 1.0 };
  g_autoptr (GError) error = NULL;
  MongeTask task = MONGE_TASK_INIT;

  world_init (&world);
  field = monge_field_new (world.x, world.y, world.n, MONGE_SPACE_LPS, &options, NULL, NULL, NULL);
  monge_assert_close (field->spacing, 1.5, 0.0);
  for (gsize i = 0; i < 3 * world.n; i++)
    {
      double low = MIN (world.x[i], world.y[i]), high = MAX (world.x[i], world.y[i]);

      g_assert_cmpfloat (field->origin[i % 3], <=, low - 4.0 + 1e-9);
      g_assert_cmpfloat (field->origin[i % 3] + 1.5 * (field->size[i % 3] - 1), >=,
                         high + 4.0 - 1e-9);
    }
  g_assert_null (monge_field_new (world.x, world.y, world.n, MONGE_SPACE_LPS, &fine, NULL, NULL,
                                  &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "spacing");
  monge_task_cancel (&task);
  g_assert_null (monge_field_new (world.x, world.y, world.n, MONGE_SPACE_LPS, NULL, NULL, &task,
                                  &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_CANCELLED, "");
  world.y[4] = NAN;
  g_assert_null (monge_field_new (world.x, world.y, world.n, MONGE_SPACE_LPS, NULL, NULL, NULL,
                                  &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAN, "finite");
  world_clear (&world);
}

/* One point, or all in a plane: what is not known stays as it is. */
static void
little_to_go_by (void)
{
  const double x[] = { 1, 2, 3, 2, 2, 3, 1, 4, 3 }, y[] = { 2, 2, 3, 3, 2, 3, 2, 4, 3 };

  for (gsize n = 1; n <= 3; n++)
    {
      MongeFieldReport report;
      g_autoptr (MongeField) field
        = monge_field_new (x, y, n, MONGE_SPACE_LPS, NULL, &report, NULL, NULL);
      double vector[3];

      g_assert_nonnull (field);
      g_assert_cmpfloat (report.max_error, <, 1e-5);
      monge_field_sample (field, (const double[3]){ 1.2, 2.1, 3.3 }, vector);
      monge_assert_close (vector[0], 1.0, 1e-5);
      monge_assert_close (vector[2], 0.0, 1e-5);
    }
}

static void
refuse_unknown_field_names (void)
{
  const double x[3] = { 0 };
  g_autoptr (MongeField) field = monge_field_new (x, x, 1, MONGE_SPACE_LPS, NULL, NULL, NULL, NULL);
  g_autofree char *path = monge_test_tmp_path ("field.vtk");
  g_autoptr (GError) error = NULL;

  g_assert_false (monge_field_save (field, path, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAME, ".nrrd");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/transform/fits_find_what_there_is", fits_find_what_there_is);
  g_test_add_func ("/transform/files_of_itk_go_back_along_lps", files_of_itk_go_back_along_lps);
  g_test_add_func ("/transform/round_trips", round_trips);
  g_test_add_func ("/transform/read_what_itk_writes", read_what_itk_writes);
  g_test_add_func ("/transform/refuse_what_is_no_linear_map", refuse_what_is_no_linear_map);
  g_test_add_func ("/transform/refuse_unknown_names_and_singular_maps",
                   refuse_unknown_names_and_singular_maps);
  g_test_add_func ("/transform/affine_fields_are_exact", affine_fields_are_exact);
  g_test_add_func ("/transform/smooth_maps_are_followed", smooth_maps_are_followed);
  g_test_add_func ("/transform/there_and_back", there_and_back);
  g_test_add_func ("/transform/spacing_and_margin", spacing_and_margin);
  g_test_add_func ("/transform/little_to_go_by", little_to_go_by);
  g_test_add_func ("/transform/refuse_unknown_field_names", refuse_unknown_field_names);
  return g_test_run ();
}
