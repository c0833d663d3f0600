#include "render/camera.h"
#include "render/colormap.h"
#include "tests/util.h"

#include <math.h>

#define WIDTH 800.f
#define HEIGHT 600.f

static const float lower[3] = { -10, -30, 5 }, upper[3] = { 20, 10, 25 };

static void
box_corner (int corner, float p[3])
{
  for (int k = 0; k < 3; k++)
    p[k] = (corner >> k & 1) ? upper[k] : lower[k];
}

static void
start (MongeCamera *camera)
{
  monge_camera_init (camera, lower, upper);
  monge_camera_fit (camera, lower, upper, WIDTH / HEIGHT);
}

/* The extremes of the box's corners in pixels, as parts of the view: left, right, top, bottom. */
static void
measure_box (const MongeCamera *camera, float width, float height, float range[4])
{
  range[0] = range[2] = INFINITY;
  range[1] = range[3] = -INFINITY;
  for (int corner = 0; corner < 8; corner++)
    {
      float p[3], pixel[2];
      box_corner (corner, p);
      g_assert_true (monge_camera_project (camera, p, width, height, pixel));
      range[0] = MIN (range[0], pixel[0] / width);
      range[1] = MAX (range[1], pixel[0] / width);
      range[2] = MIN (range[2], pixel[1] / height);
      range[3] = MAX (range[3], pixel[1] / height);
    }
}

static void
fit_fills_the_view (void)
{
  static const float aspects[] = { 0.3f, 1.f, 1.33f, 4.f };
  for (guint i = 0; i < G_N_ELEMENTS (aspects); i++)
    {
      MongeCamera camera;
      float range[4], height = 500.f, width = height * aspects[i];
      monge_camera_init (&camera, lower, upper);
      monge_camera_fit (&camera, lower, upper, aspects[i]);
      measure_box (&camera, width, height, range);

      float across = range[1] - range[0], down = range[3] - range[2];
      monge_assert_close (MAX (across, down), 0.92, 1e-3);
      /* equal margins on both sides, in the direction that fills the view and in the other */
      monge_assert_close (across >= down ? range[0] + range[1] : range[2] + range[3], 1.0, 2e-3);
    }
}

static void
fit_to_points_is_no_farther (void)
{
  MongeCamera box, points;
  float corners[8][3];
  for (int corner = 0; corner < 8; corner++)
    box_corner (corner, corners[corner]);
  start (&box);
  points = box;
  const float *sets[] = { corners[0], corners[4] };
  const gsize sizes[] = { 4, 4 };
  monge_camera_fit_points (&points, sets, sizes, 2, WIDTH / HEIGHT);
  monge_assert_close_rel (points.distance, box.distance, 1e-5);
  monge_assert_max_abs (points.centre, box.centre, 3, 1e-3);

  const gsize none[] = { 0, 0 };
  monge_camera_fit_points (&points, sets, none, 2, 1.f);
  monge_assert_close_rel (points.distance, box.distance, 1e-5);
}

static void
first_view_stands_upright (void)
{
  MongeCamera camera;
  float axes[3][3];
  start (&camera);
  monge_camera_get_axes (&camera, axes);
  monge_assert_close (axes[2][0], 0.0, 1e-6); /* z has no slant */
  g_assert_cmpfloat (axes[2][1], >, 0.8);
  g_assert_cmpfloat (axes[1][2], >, 0.0);     /* the front faces the viewer */
  for (int k = 0; k < 3; k++)
    monge_assert_close (glm_vec3_norm (axes[k]), 1.0, 1e-5);
}

static void
long_shapes_are_seen_along_their_length (void)
{
  static const float boxes[2][3] = { { 50, 8, 8 }, { 8, 50, 8 } };
  for (int k = 0; k < 2; k++)
    {
      MongeCamera camera;
      float axes[3][3];
      monge_camera_init (&camera, (float[3]){ 0, 0, 0 }, boxes[k]);
      monge_camera_get_axes (&camera, axes);
      g_assert_cmpfloat (fabsf (axes[k][0]), >, 0.85);
    }
}

static void
flat_shapes_are_seen_face_on (void)
{
  MongeCamera camera;
  float axes[3][3];
  monge_camera_init (&camera, (float[3]){ 0, 0, 0 }, (float[3]){ 3, 2, 0 });
  monge_camera_get_axes (&camera, axes);
  monge_assert_close (axes[0][0], 1.0, 1e-6);
  monge_assert_close (axes[1][1], 1.0, 1e-6);
}

static void
a_single_point_has_a_view (void)
{
  MongeCamera camera;
  mat4 view, projection;
  const float p[3] = { 7, 7, 7 };
  monge_camera_init (&camera, p, p);
  monge_camera_get_matrices (&camera, 1.f, view, projection);
  for (int i = 0; i < 16; i++)
    g_assert_true (isfinite (view[i / 4][i % 4]) && isfinite (projection[i / 4][i % 4]));
  g_assert_cmpfloat (camera.distance, >, 1.f);
}

static void
matrices_agree_with_projection (void)
{
  MongeCamera camera;
  mat4 view, projection, both;
  start (&camera);
  monge_camera_pan (&camera, 40, -25, WIDTH, HEIGHT);
  monge_camera_get_matrices (&camera, WIDTH / HEIGHT, view, projection);
  glm_mat4_mul (projection, view, both);
  for (int corner = 0; corner < 8; corner++)
    {
      vec4 p = { 0, 0, 0, 1 }, clip;
      float pixel[2];
      box_corner (corner, p);
      glm_mat4_mulv (both, p, clip);
      monge_camera_project (&camera, p, WIDTH, HEIGHT, pixel);
      monge_assert_close (pixel[0], 0.5 * WIDTH * (1 + clip[0] / clip[3]), 0.01);
      monge_assert_close (pixel[1], 0.5 * HEIGHT * (1 - clip[1] / clip[3]), 0.01);
      g_assert_cmpfloat (fabsf (clip[2] / clip[3]), <, 1.f); /* between near and far */
    }
}

static void
orbit_keeps_z_upright (void)
{
  MongeCamera camera;
  float axes[3][3];
  start (&camera);
  for (int i = 0; i < 200; i++)
    monge_camera_orbit (&camera, 37.f * sinf (i), 90.f * cosf (0.3f * i), WIDTH, HEIGHT);
  monge_camera_get_axes (&camera, axes);
  monge_assert_close (axes[2][0], 0.0, 1e-3);
  g_assert_cmpfloat (axes[2][1], >, -1e-3);
  monge_assert_close (glm_vec4_norm (camera.rotation), 1.0, 1e-5);
}

static void
orbit_follows_the_pointer (void)
{
  MongeCamera camera;
  vec3 p;
  float before[2], after[2];
  start (&camera);
  float axes[3][3];
  monge_camera_get_axes (&camera, axes);
  for (int k = 0; k < 3; k++) /* a point in front of the centre */
    p[k] = camera.centre[k] + 5.f * axes[k][2];
  monge_camera_project (&camera, p, WIDTH, HEIGHT, before);
  monge_camera_orbit (&camera, 10, 0, WIDTH, HEIGHT);
  monge_camera_project (&camera, p, WIDTH, HEIGHT, after);
  g_assert_cmpfloat (after[0], >, before[0] + 1);
  monge_camera_orbit (&camera, -10, 10, WIDTH, HEIGHT);
  monge_camera_project (&camera, p, WIDTH, HEIGHT, after);
  g_assert_cmpfloat (after[1], >, before[1] + 1);
}

static void
pan_moves_the_centre_with_the_pointer (void)
{
  MongeCamera camera;
  start (&camera);
  vec3 centre;
  float pixel[2];
  glm_vec3_copy (camera.centre, centre);
  monge_camera_pan (&camera, 31, -17, WIDTH, HEIGHT);
  monge_camera_project (&camera, centre, WIDTH, HEIGHT, pixel);
  monge_assert_close (pixel[0], 0.5 * WIDTH + 31, 0.01);
  monge_assert_close (pixel[1], 0.5 * HEIGHT - 17, 0.01);
}

static void
zoom_holds_what_is_under_the_pointer (void)
{
  MongeCamera camera;
  start (&camera);
  float axes[3][3], unit = monge_camera_get_unit_per_pixel (&camera, HEIGHT), before[2], after[2];
  vec3 p;
  monge_camera_get_axes (&camera, axes);
  for (int k = 0; k < 3; k++) /* in the centre's plane, 100 pixels right, 50 up */
    p[k] = camera.centre[k] + unit * (100.f * axes[k][0] + 50.f * axes[k][1]);
  monge_camera_project (&camera, p, WIDTH, HEIGHT, before);
  monge_assert_close (before[0], 0.5 * WIDTH + 100, 0.01);
  monge_camera_zoom (&camera, 1.7f, before[0], before[1], WIDTH, HEIGHT);
  monge_camera_project (&camera, p, WIDTH, HEIGHT, after);
  monge_assert_max_abs (after, before, 2, 0.02);
  monge_assert_close_rel (monge_camera_get_unit_per_pixel (&camera, HEIGHT), unit / 1.7, 1e-5);
}

static void
zoom_has_limits (void)
{
  MongeCamera camera;
  start (&camera);
  for (int i = 0; i < 100; i++)
    monge_camera_zoom (&camera, 2.f, 10, 10, WIDTH, HEIGHT);
  g_assert_cmpfloat (camera.distance, >, 0.01f * camera.radius);
  for (int i = 0; i < 100; i++)
    monge_camera_zoom (&camera, 0.5f, 10, 10, WIDTH, HEIGHT);
  g_assert_cmpfloat (camera.distance, <, 40.f * camera.radius);
}

static void
scale_bars_have_round_lengths (void)
{
  MongeCamera camera;
  start (&camera);
  for (int i = 0; i < 40; i++)
    {
      float pixels, length = monge_camera_get_scale_bar (&camera, HEIGHT, 150, &pixels);
      double mantissa = length / pow (10, floor (log10 (length * 1.001)));
      g_assert_true (fabs (mantissa - 1) < 1e-3 || fabs (mantissa - 2) < 1e-3
                     || fabs (mantissa - 5) < 1e-3);
      g_assert_cmpfloat (pixels, >, 150 / 2.6);
      g_assert_cmpfloat (pixels, <=, 150.01);
      monge_assert_close_rel (pixels * monge_camera_get_unit_per_pixel (&camera, HEIGHT), length,
                              1e-4);
      monge_camera_zoom (&camera, 1.13f, 400, 300, WIDTH, HEIGHT);
    }
}

static void
pick_finds_the_nearest_in_front (void)
{
  MongeCamera camera;
  float corners[8][3], pixel[2];
  gsize index = 99;
  start (&camera);
  for (int corner = 0; corner < 8; corner++)
    box_corner (corner, corners[corner]);
  for (gsize corner = 0; corner < 8; corner++)
    {
      monge_camera_project (&camera, corners[corner], WIDTH, HEIGHT, pixel);
      g_assert_true (monge_camera_pick (&camera, corners[0], 8, pixel[0] + 1, pixel[1] - 1, WIDTH,
                                        HEIGHT, 6, &index));
      g_assert_cmpuint (index, ==, corner);
    }
  index = 99;
  g_assert_false (monge_camera_pick (&camera, corners[0], 8, 1, 1, WIDTH, HEIGHT, 6, &index));
  g_assert_cmpuint (index, ==, 99);

  /* two on one line of sight: the one in front */
  float axes[3][3], pair[2][3];
  monge_camera_get_axes (&camera, axes);
  for (int k = 0; k < 3; k++)
    {
      pair[0][k] = camera.centre[k] - 9.f * axes[k][2];
      pair[1][k] = camera.centre[k] + 9.f * axes[k][2];
    }
  g_assert_true (monge_camera_pick (&camera, pair[0], 2, WIDTH / 2, HEIGHT / 2, WIDTH, HEIGHT, 6,
                                    &index));
  g_assert_cmpuint (index, ==, 1);
}

/* Oklab lightness, by the published matrices. */
static double
lightness (const guint8 colour[3])
{
  double c[3];
  for (int k = 0; k < 3; k++)
    c[k] = colour[k] <= 10 ? colour[k] / 255. / 12.92
                           : pow ((colour[k] / 255. + 0.055) / 1.055, 2.4);
  double l = cbrt (0.4122214708 * c[0] + 0.5363325363 * c[1] + 0.0514459929 * c[2]);
  double m = cbrt (0.2119034982 * c[0] + 0.6806995451 * c[1] + 0.1073969566 * c[2]);
  double s = cbrt (0.0883024619 * c[0] + 0.2817188376 * c[1] + 0.6299787005 * c[2]);
  return 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s;
}

static void
maps_change_lightness_evenly (void)
{
  for (const char *const *name = monge_colormap_get_names (); *name; name++)
    {
      const MongeColormap *map = monge_colormap_find (*name);
      g_assert_nonnull (map);
      g_assert_cmpstr (map->name, ==, *name);
      int half = map->diverging ? 128 : 256;
      double span = lightness (map->colours[half - 1]) - lightness (map->colours[0]);
      g_assert_cmpfloat (span, >, 0.4);
      for (int i = 4; i < half; i += 4)
        {
          double step = lightness (map->colours[i]) - lightness (map->colours[i - 4]);
          g_assert_cmpfloat (step, >, 0.4 * 4 * span / half);
          g_assert_cmpfloat (step, <, 1.8 * 4 * span / half);
        }
      for (int i = 0; map->diverging && i < 128; i++)
        monge_assert_close (lightness (map->colours[i]), lightness (map->colours[255 - i]), 0.01);
    }
  g_assert_null (monge_colormap_find ("jet"));
}

static void
maps_have_their_published_ends (void)
{
  static const guint8 viridis[2][3] = { { 68, 1, 84 }, { 253, 231, 37 } };
  static const guint8 cividis[2][3] = { { 0, 34, 78 }, { 254, 232, 56 } };
  const MongeColormap *map = monge_colormap_find ("viridis");
  g_assert_cmpmem (map->colours[0], 3, viridis[0], 3);
  g_assert_cmpmem (map->colours[255], 3, viridis[1], 3);
  map = monge_colormap_find ("cividis");
  g_assert_cmpmem (map->colours[0], 3, cividis[0], 3);
  g_assert_cmpmem (map->colours[255], 3, cividis[1], 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/camera/fit-fills-the-view", fit_fills_the_view);
  g_test_add_func ("/camera/fit-to-points-is-no-farther", fit_to_points_is_no_farther);
  g_test_add_func ("/camera/first-view-stands-upright", first_view_stands_upright);
  g_test_add_func ("/camera/long-shapes-along-their-length",
                   long_shapes_are_seen_along_their_length);
  g_test_add_func ("/camera/flat-shapes-face-on", flat_shapes_are_seen_face_on);
  g_test_add_func ("/camera/single-point", a_single_point_has_a_view);
  g_test_add_func ("/camera/matrices-agree-with-projection", matrices_agree_with_projection);
  g_test_add_func ("/camera/orbit-keeps-z-upright", orbit_keeps_z_upright);
  g_test_add_func ("/camera/orbit-follows-the-pointer", orbit_follows_the_pointer);
  g_test_add_func ("/camera/pan", pan_moves_the_centre_with_the_pointer);
  g_test_add_func ("/camera/zoom-holds-the-pointer", zoom_holds_what_is_under_the_pointer);
  g_test_add_func ("/camera/zoom-limits", zoom_has_limits);
  g_test_add_func ("/camera/scale-bar", scale_bars_have_round_lengths);
  g_test_add_func ("/camera/pick", pick_finds_the_nearest_in_front);
  g_test_add_func ("/colormap/lightness", maps_change_lightness_evenly);
  g_test_add_func ("/colormap/ends", maps_have_their_published_ends);
  return g_test_run ();
}
