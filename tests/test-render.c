/* Off-screen pictures of scenes whose pixels can be foretold. */

#include "compute/shape/generate.h"
#include "render/offscreen.h"
#include "tests/util.h"

#include <epoxy/gl.h>
#include <math.h>
#include <string.h>

#define SIZE 240

static MongeRenderer *renderer;

typedef guint8 Picture[SIZE][SIZE][4];

/* Looks along −z from above, x to the right, y up. */
static MongeCamera
camera_along_z (float distance)
{
  MongeCamera camera = { .rotation = { 0, 0, 0, 1 }, .distance = distance, .radius = 2.f,
                         .fov = glm_rad (30.f) };
  return camera;
}

static MongeLayer
make_layer (MongeGeometry *geometry, MongeStyle style)
{
  MongeLayer layer = { .geometry = geometry, .style = style, .visible = TRUE, .opacity = 1.f,
                       .range = { 0, 1 }, .point_size = 0.5f };
  memcpy (layer.colour, monge_colour_source, sizeof layer.colour);
  return layer;
}

static void
draw (const MongeLayer *layers, guint n_layers, const MongeCamera *camera, Picture picture)
{
  g_autoptr (GError) error = NULL;
  MongeScene scene = { .n_layers = n_layers };
  memcpy (scene.layers, layers, n_layers * sizeof *layers);
  gboolean is_drawn = monge_renderer_draw_to_pixels (renderer, &scene, camera, SIZE, SIZE,
                                                     picture[0][0], &error);
  g_assert_no_error (error);
  g_assert_true (is_drawn);
}

static MongeGeometry *
make_sphere (guint subdivisions)
{
  g_autoptr (MongeShape) shape = monge_generate_sphere (subdivisions, 1.0, (double[3]){ 0, 0, 0 });
  gsize n = monge_shape_get_n_vertices (shape);
  const double *positions = monge_shape_get_positions (shape);
  g_autofree float *p = g_new (float, 3 * n);
  for (gsize i = 0; i < 3 * n; i++)
    p[i] = positions[i];
  MongeGeometry *geometry = monge_geometry_new (n, monge_shape_get_cells (shape),
                                                monge_shape_get_n_cells (shape), 3);
  monge_geometry_set_positions (geometry, p);
  monge_geometry_set_normals (geometry, p); /* of the unit sphere */
  return geometry;
}

/* A square of half side @r at depth @z, facing +z, or −z when @is_turned. */
static MongeGeometry *
make_square (float r, float z, gboolean is_turned)
{
  const float p[4][3] = { { -r, -r, z }, { r, -r, z }, { r, r, z }, { -r, r, z } };
  const guint32 cells[2][6] = { { 0, 1, 2, 0, 2, 3 }, { 2, 1, 0, 3, 2, 0 } };
  MongeGeometry *geometry = monge_geometry_new (4, cells[is_turned], 2, 3);
  monge_geometry_set_positions (geometry, p[0]);
  return geometry;
}

static MongeGeometry *
make_point (void)
{
  MongeGeometry *geometry = monge_geometry_new (1, NULL, 0, 0);
  monge_geometry_set_positions (geometry, (const float[3]){ 0, 0, 0 });
  return geometry;
}

#define assert_colour(pixel, colour, tol) \
  G_STMT_START { \
    for (int k_ = 0; k_ < 3; k_++) \
      monge_assert_close ((pixel)[k_], 255.0 * (colour)[k_], (tol)); \
  } G_STMT_END

static const guint8 *
centre (Picture picture)
{
  return picture[SIZE / 2][SIZE / 2];
}

/* Sum of alpha along the middle row: the width of what is there, pixels. */
static double
width_in_middle (Picture picture)
{
  double width = 0;
  for (int x = 0; x < SIZE; x++)
    width += picture[SIZE / 2][x][3] / 255.0;
  return width;
}

static double
area (Picture picture)
{
  double sum = 0;
  for (int y = 0; y < SIZE; y++)
    for (int x = 0; x < SIZE; x++)
      sum += picture[y][x][3] / 255.0;
  return sum;
}

static gboolean
is_empty (Picture picture)
{
  static const Picture nothing;
  return memcmp (picture, nothing, sizeof nothing) == 0;
}

static void
describes_the_context (void)
{
  const char *forced = g_getenv ("MESA_GL_VERSION_OVERRIDE");
  const char *text = monge_renderer_get_description (renderer);
  g_assert_true (g_str_has_prefix (text, "OpenGL "));
  if (forced && monge_renderer_is_software (renderer))
    g_assert_true (g_str_has_prefix (text + strlen ("OpenGL "), forced));
}

static void
facing_surface_has_the_layer_s_colour (void)
{
  static Picture picture;
  g_autoptr (MongeGeometry) sphere = make_sphere (5);
  MongeCamera camera = camera_along_z (6.f);
  MongeLayer layer = make_layer (sphere, MONGE_STYLE_SURFACE);
  draw (&layer, 1, &camera, picture);
  assert_colour (centre (picture), monge_colour_source, 6);
  g_assert_cmpint (centre (picture)[3], ==, 255);

  memcpy (layer.colour, monge_colour_target, sizeof layer.colour);
  draw (&layer, 1, &camera, picture);
  assert_colour (centre (picture), monge_colour_target, 6);
}

static void
light_comes_from_above_left (void)
{
  static Picture picture;
  g_autoptr (MongeGeometry) sphere = make_sphere (5);
  MongeCamera camera = camera_along_z (6.f);
  MongeLayer layer = make_layer (sphere, MONGE_STYLE_SURFACE);
  draw (&layer, 1, &camera, picture);
  int at = SIZE / 2, off = SIZE / 6;
  g_assert_cmpint (picture[at - off][at - off][0], >, picture[at + off][at + off][0] + 20);
}

/* A sphere of radius 1 at distance d hides a cone of half angle asin (1 / d). */
static void
silhouette_is_where_the_camera_says (void)
{
  static Picture picture;
  g_autoptr (MongeGeometry) sphere = make_sphere (6);
  for (float distance = 4.5f; distance < 12.f; distance += 2.5f)
    {
      MongeCamera camera = camera_along_z (distance);
      MongeLayer layer = make_layer (sphere, MONGE_STYLE_SURFACE);
      draw (&layer, 1, &camera, picture);
      double focal = 0.5 * SIZE / tan (0.5 * camera.fov);
      double radius = focal * tan (asin (1.0 / distance));
      monge_assert_close (0.5 * width_in_middle (picture), radius, 1.0);
      monge_assert_close_rel (area (picture), G_PI * radius * radius, 0.01);
    }
}

static void
outside_is_transparent (void)
{
  static Picture picture;
  g_autoptr (MongeGeometry) sphere = make_sphere (4);
  MongeCamera camera = camera_along_z (6.f);
  MongeLayer layer = make_layer (sphere, MONGE_STYLE_SURFACE);
  draw (&layer, 1, &camera, picture);
  static const guint8 nothing[4];
  g_assert_cmpmem (picture[2][2], 4, nothing, 4);
  g_assert_cmpmem (picture[SIZE - 3][SIZE - 3], 4, nothing, 4);

  /* straight alpha: the rim is as bright as what lies just inside, at most */
  for (int x = 0; x < SIZE / 2; x++)
    if (picture[SIZE / 2][x][3] > 60 && picture[SIZE / 2][x][3] < 200)
      g_assert_cmpint (picture[SIZE / 2][x][0], >, 80);
}

static void
first_row_is_the_top (void)
{
  static Picture picture;
  g_autoptr (MongeGeometry) square = make_square (0.3f, 0.f, FALSE);
  MongeCamera camera = camera_along_z (6.f);
  camera.centre[1] = -0.8f; /* looks below, so that the square is in the upper half */
  MongeLayer layer = make_layer (square, MONGE_STYLE_SURFACE);
  draw (&layer, 1, &camera, picture);
  double upper = 0, lower = 0;
  for (int y = 0; y < SIZE; y++)
    *(y < SIZE / 2 ? &upper : &lower) += picture[y][SIZE / 2][3];
  g_assert_cmpfloat (upper, >, 0);
  g_assert_cmpfloat (lower, ==, 0);
}

static void
set_seahorse (MongeGeometry **geometry, gboolean is_mirrored)
{
  g_autoptr (MongeShape) shape = monge_generate_seahorse (0, 2);
  gsize n = monge_shape_get_n_vertices (shape);
  const double *positions = monge_shape_get_positions (shape);
  double diameter = monge_shape_get_diameter (shape), lower[3], upper[3];
  monge_shape_get_bounds (shape, lower, upper);
  g_autofree float *p = g_new (float, 3 * n);
  for (gsize i = 0; i < n; i++)
    for (int k = 0; k < 3; k++)
      {
        double x = (positions[3 * i + k] - 0.5 * (lower[k] + upper[k])) * 2.5 / diameter;
        p[3 * i + k] = is_mirrored && k == 0 ? -x : x;
      }
  *geometry = monge_geometry_new (n, monge_shape_get_cells (shape),
                                  monge_shape_get_n_cells (shape), 3);
  monge_geometry_set_positions (*geometry, p);
}

static void
mirrored_scene_gives_the_mirrored_silhouette (void)
{
  static Picture there, mirrored;
  g_autoptr (MongeGeometry) seahorse = NULL, other = NULL;
  MongeCamera camera = camera_along_z (6.f);
  set_seahorse (&seahorse, FALSE);
  set_seahorse (&other, TRUE);
  MongeLayer layers[] = { make_layer (seahorse, MONGE_STYLE_SURFACE),
                          make_layer (other, MONGE_STYLE_SURFACE) };
  draw (&layers[0], 1, &camera, there);
  draw (&layers[1], 1, &camera, mirrored);

  int n_same = 0, n_flipped = 0;
  for (int y = 0; y < SIZE; y++)
    for (int x = 0; x < SIZE; x++)
      {
        n_same += abs (there[y][x][3] - mirrored[y][x][3]) > 130;
        n_flipped += abs (there[y][x][3] - mirrored[y][SIZE - 1 - x][3]) > 130;
      }
  g_assert_cmpfloat (area (there), >, 1000);
  g_assert_cmpint (n_flipped, <, 30); /* rims: the samples of a pixel are not symmetric */
  g_assert_cmpint (n_same, >, 10 * (n_flipped + 10));
}

static void
both_sides_are_lit_alike (void)
{
  static Picture front, back;
  MongeCamera camera = camera_along_z (6.f);
  g_autoptr (MongeGeometry) facing = make_square (0.8f, 0.f, FALSE);
  g_autoptr (MongeGeometry) turned = make_square (0.8f, 0.f, TRUE);
  const float up[12] = { 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1 };
  const float down[12] = { 0, 0, -1, 0, 0, -1, 0, 0, -1, 0, 0, -1 };
  MongeLayer layers[] = { make_layer (facing, MONGE_STYLE_SURFACE),
                          make_layer (turned, MONGE_STYLE_SURFACE) };
  for (int has_normals = 0; has_normals < 2; has_normals++)
    {
      monge_geometry_set_normals (facing, has_normals ? up : NULL);
      monge_geometry_set_normals (turned, has_normals ? down : NULL);
      draw (&layers[0], 1, &camera, front);
      draw (&layers[1], 1, &camera, back);
      g_assert_cmpmem (front, sizeof front, back, sizeof back);
      assert_colour (centre (back), monge_colour_source, 6);
    }

  layers[1].is_closed = TRUE; /* then the back is left out */
  draw (&layers[1], 1, &camera, back);
  g_assert_true (is_empty (back));
}

static void
map_ends_are_at_the_range_s_ends (void)
{
  static Picture picture;
  const MongeColormap *map = monge_colormap_find ("viridis");
  g_autoptr (MongeGeometry) square = make_square (0.8f, 0.f, FALSE);
  MongeCamera camera = camera_along_z (6.f);
  static const struct {
    float scalar;
    int colour;
  } cases[] = { { -3.f, 0 }, { 7.f, 255 }, { -100.f, 0 }, { 100.f, 255 }, { 2.f, 128 } };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (int style = MONGE_STYLE_SURFACE; style <= MONGE_STYLE_POINTS; style++)
      {
        const float s = cases[i].scalar, scalars[4] = { s, s, s, s };
        const guint8 *colour = map->colours[cases[i].colour];
        const float wanted[3] = { colour[0] / 255.f, colour[1] / 255.f, colour[2] / 255.f };
        MongeLayer layer = make_layer (square, style);
        layer.colormap = map;
        layer.range[0] = -3.f;
        layer.range[1] = 7.f;
        layer.point_size = 4.f;
        monge_geometry_set_scalars (square, scalars);
        draw (&layer, 1, &camera, picture);
        if (style == MONGE_STYLE_SURFACE)
          assert_colour (centre (picture), wanted, 8);
        else
          g_assert_cmpint (centre (picture)[3], ==, 255);
      }
}

static void
missing_scalars_show_grey (void)
{
  static Picture picture;
  g_autoptr (MongeGeometry) square = make_square (0.8f, 0.f, FALSE);
  MongeCamera camera = camera_along_z (6.f);
  MongeLayer layer = make_layer (square, MONGE_STYLE_SURFACE);
  const float scalars[4] = { NAN, NAN, NAN, NAN };
  layer.colormap = monge_colormap_find ("viridis");
  monge_geometry_set_scalars (square, scalars);
  draw (&layer, 1, &camera, picture);
  monge_assert_close (centre (picture)[0], centre (picture)[1], 1);
  monge_assert_close (centre (picture)[1], centre (picture)[2], 1);

  monge_geometry_set_scalars (square, NULL); /* none at all: the layer's colour */
  draw (&layer, 1, &camera, picture);
  assert_colour (centre (picture), monge_colour_source, 6);
}

static void
splats_have_their_size (void)
{
  static Picture picture;
  g_autoptr (MongeGeometry) point = make_point ();
  for (float distance = 4.f; distance <= 16.f; distance *= 2.f)
    {
      MongeCamera camera = camera_along_z (distance);
      MongeLayer layer = make_layer (point, MONGE_STYLE_POINTS);
      draw (&layer, 1, &camera, picture);
      double wanted = layer.point_size / monge_camera_get_unit_per_pixel (&camera, SIZE);
      monge_assert_close (width_in_middle (picture), wanted, 1.0);
      monge_assert_close_rel (area (picture), G_PI / 4 * wanted * wanted, 0.08);
      assert_colour (centre (picture), monge_colour_source, 10);
    }
}

static void
far_points_do_not_vanish (void)
{
  static Picture picture;
  g_autoptr (MongeGeometry) point = make_point ();
  MongeCamera camera = camera_along_z (6.f);
  MongeLayer layer = make_layer (point, MONGE_STYLE_POINTS);
  layer.point_size = 1e-6f;
  draw (&layer, 1, &camera, picture);
  g_assert_cmpfloat (area (picture), >, 0.8);
  g_assert_cmpfloat (area (picture), <, 6);
}

static void
transparent_layers_blend (void)
{
  static Picture picture, twice;
  g_autoptr (MongeGeometry) near = make_square (0.5f, 0.5f, FALSE);
  g_autoptr (MongeGeometry) far = make_square (0.5f, -0.5f, FALSE);
  MongeCamera camera = camera_along_z (6.f);
  MongeLayer layers[] = { make_layer (near, MONGE_STYLE_SURFACE),
                          make_layer (far, MONGE_STYLE_SURFACE) };
  memcpy (layers[1].colour, monge_colour_target, sizeof layers[1].colour);

  layers[0].opacity = 0.4f;
  draw (layers, 1, &camera, picture); /* over nothing */
  monge_assert_close (centre (picture)[3], 0.4 * 255, 2);
  assert_colour (centre (picture), monge_colour_source, 8);

  draw (layers, 2, &camera, picture); /* over the opaque one, though it comes first */
  float wanted[3];
  for (int k = 0; k < 3; k++)
    wanted[k] = 0.4f * monge_colour_source[k] + 0.6f * monge_colour_target[k];
  assert_colour (centre (picture), wanted, 8);
  g_assert_cmpint (centre (picture)[3], ==, 255);

  layers[1].opacity = 0.5f; /* both show, in either order */
  draw (layers, 2, &camera, picture);
  MongeLayer swapped[] = { layers[1], layers[0] };
  draw (swapped, 2, &camera, twice);
  monge_assert_close (centre (picture)[3], 255 * (1 - 0.6 * 0.5), 3);
  monge_assert_close (centre (twice)[3], 255 * (1 - 0.6 * 0.5), 3);
}

static void
only_the_nearest_surface_of_a_ghost_shows (void)
{
  static Picture picture;
  g_autoptr (MongeGeometry) sphere = make_sphere (4);
  MongeCamera camera = camera_along_z (6.f);
  MongeLayer layer = make_layer (sphere, MONGE_STYLE_SURFACE);
  layer.opacity = 0.3f;
  draw (&layer, 1, &camera, picture);
  monge_assert_close (centre (picture)[3], 0.3 * 255, 3); /* and not 1 − 0.7² */

  layer.style = MONGE_STYLE_POINTS;
  draw (&layer, 1, &camera, picture);
  monge_assert_close (centre (picture)[3], 0.3 * 255, 3);
}

static void
nearer_hides_farther (void)
{
  static Picture picture;
  g_autoptr (MongeGeometry) near = make_square (0.5f, 0.5f, FALSE);
  g_autoptr (MongeGeometry) far = make_square (0.5f, -0.5f, FALSE);
  MongeCamera camera = camera_along_z (6.f);
  MongeLayer layers[] = { make_layer (near, MONGE_STYLE_SURFACE),
                          make_layer (far, MONGE_STYLE_SURFACE) };
  memcpy (layers[1].colour, monge_colour_target, sizeof layers[1].colour);
  draw (layers, 2, &camera, picture);
  assert_colour (centre (picture), monge_colour_source, 6);

  layers[0].visible = FALSE;
  draw (layers, 2, &camera, picture);
  assert_colour (centre (picture), monge_colour_target, 6);
}

static void
lines_have_their_width (void)
{
  static Picture picture;
  const float p[6] = { 0, -5, 0, 0, 5, 0 };
  const guint32 cell[2] = { 0, 1 };
  g_autoptr (MongeGeometry) segment = monge_geometry_new (2, cell, 1, 2);
  monge_geometry_set_positions (segment, p);
  MongeCamera camera = camera_along_z (6.f);
  MongeLayer layer = make_layer (segment, MONGE_STYLE_WIRE);
  for (float width = 2.f; width < 9.f; width += 3.f)
    {
      layer.line_width = width;
      draw (&layer, 1, &camera, picture);
      monge_assert_close (width_in_middle (picture), width, 0.6);
    }
  assert_colour (centre (picture), monge_colour_source, 8);
}

/* Edges shared by two triangles are drawn once, and on top of the surface they belong to. */
static void
wire_shows_on_its_surface (void)
{
  static Picture picture;
  g_autoptr (MongeGeometry) square = make_square (0.8f, 0.f, FALSE);
  MongeCamera camera = camera_along_z (6.f);
  MongeLayer layers[] = { make_layer (square, MONGE_STYLE_SURFACE),
                          make_layer (square, MONGE_STYLE_WIRE) };
  memcpy (layers[1].colour, monge_colour_target, sizeof layers[1].colour);
  layers[1].line_width = 5.f;
  draw (layers, 2, &camera, picture);
  assert_colour (centre (picture), monge_colour_target, 8); /* the diagonal */
  assert_colour (picture[SIZE / 2 - 15][SIZE / 2 - 15], monge_colour_source, 8);
}

static void
styles_fall_back_to_what_there_is (void)
{
  static Picture picture;
  const float p[6] = { -0.5f, 0, 0, 0.5f, 0, 0 };
  const guint32 cell[2] = { 0, 1 };
  MongeCamera camera = camera_along_z (6.f);
  for (guint cell_size = 0; cell_size <= 2; cell_size += 2)
    for (int style = MONGE_STYLE_SURFACE; style <= MONGE_STYLE_WIRE; style++)
      {
        g_autoptr (MongeGeometry) pair = monge_geometry_new (2, cell, 1, cell_size);
        monge_geometry_set_positions (pair, p);
        MongeLayer layer = make_layer (pair, style);
        draw (&layer, 1, &camera, picture);
        g_assert_false (is_empty (picture));
      }
}

static void
nothing_to_draw_draws_nothing (void)
{
  static Picture picture;
  MongeCamera camera = camera_along_z (6.f);
  const guint32 cells[3] = { 0, 1, 2 };
  g_autoptr (MongeGeometry) waiting = monge_geometry_new (3, cells, 1, 3);
  g_autoptr (MongeGeometry) empty = monge_geometry_new (0, NULL, 0, 3);
  MongeLayer layers[] = { make_layer (waiting, MONGE_STYLE_SURFACE),
                          make_layer (empty, MONGE_STYLE_SURFACE),
                          make_layer (NULL, MONGE_STYLE_SURFACE) };
  draw (layers, 0, &camera, picture);
  g_assert_true (is_empty (picture));
  draw (layers, 3, &camera, picture);
  g_assert_true (is_empty (picture));
}

static void
sink_takes_whole_frames (void)
{
  static Picture picture;
  MongeCamera camera = camera_along_z (6.f);
  g_autoptr (MongeGeometry) point = make_point ();
  MongeLayer layer = make_layer (point, MONGE_STYLE_POINTS);
  const MongeSink *sink = monge_geometry_get_position_sink (point);
  const float right[3] = { 0.8f, 0, 0 };

  float *span = sink->map (sink->user_data, sizeof right);
  g_assert_nonnull (span);
  memcpy (span, right, sizeof right);
  sink->unmap (sink->user_data, sizeof right);
  draw (&layer, 1, &camera, picture);
  g_assert_cmpint (centre (picture)[3], ==, 0);
  float pixel[2];
  monge_camera_project (&camera, right, SIZE, SIZE, pixel);
  g_assert_cmpint (picture[(int) pixel[1]][(int) pixel[0]][3], ==, 255);

  span = sink->map (sink->user_data, sizeof right);
  g_assert_nonnull (span);
  sink->unmap (sink->user_data, 0);
  draw (&layer, 1, &camera, picture);
  g_assert_true (is_empty (picture));
  g_assert_null (sink->map (sink->user_data, 2 * sizeof right));
}

static void
draws_into_the_bound_framebuffer (void)
{
  static Picture wanted, got;
  g_autoptr (MongeGeometry) sphere = make_sphere (3);
  MongeCamera camera = camera_along_z (6.f);
  MongeScene scene = { .n_layers = 1, .background = { 0.2f, 0.3f, 0.4f, 1.f } };
  scene.layers[0] = make_layer (sphere, MONGE_STYLE_SURFACE);
  g_assert_true (monge_renderer_draw_to_pixels (renderer, &scene, &camera, SIZE, SIZE,
                                                wanted[0][0], NULL));

  GLuint framebuffer, colour;
  GLint bound = 0;
  glGenFramebuffers (1, &framebuffer);
  glGenRenderbuffers (1, &colour);
  glBindRenderbuffer (GL_RENDERBUFFER, colour);
  glRenderbufferStorage (GL_RENDERBUFFER, GL_RGBA8, SIZE, SIZE);
  glBindFramebuffer (GL_FRAMEBUFFER, framebuffer);
  glFramebufferRenderbuffer (GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, colour);
  for (int samples = 4; samples >= 1; samples -= 3)
    {
      monge_renderer_set_samples (renderer, samples);
      monge_renderer_draw (renderer, &scene, &camera, SIZE, SIZE);
      glGetIntegerv (GL_DRAW_FRAMEBUFFER_BINDING, &bound);
      g_assert_cmpint (bound, ==, framebuffer);
      glReadPixels (0, 0, SIZE, SIZE, GL_RGBA, GL_UNSIGNED_BYTE, got);
      for (int y = 0; y < SIZE; y++)
        {
          const guint8 *a = got[SIZE - 1 - y][SIZE / 2], *b = wanted[y][SIZE / 2];
          if (samples == 4)
            g_assert_cmpmem (a, 4, b, 4);
        }
      assert_colour (got[3][3], scene.background, 1);
      assert_colour (got[SIZE / 2][SIZE / 2], monge_colour_source, 6);
    }
  monge_renderer_set_samples (renderer, 4);
  glBindFramebuffer (GL_FRAMEBUFFER, 0);
  glDeleteFramebuffers (1, &framebuffer);
  glDeleteRenderbuffers (1, &colour);
}

static void
every_style_leaves_no_gl_error (void)
{
  static Picture picture;
  g_autoptr (MongeGeometry) sphere = make_sphere (3);
  g_autofree float *scalars = g_new0 (float, monge_geometry_get_n_vertices (sphere));
  MongeCamera camera = camera_along_z (6.f);
  for (int variant = 0; variant < 4; variant++)
    for (int style = MONGE_STYLE_SURFACE; style <= MONGE_STYLE_WIRE; style++)
      for (float opacity = 0.5f; opacity <= 1.f; opacity += 0.5f)
        {
          MongeLayer layer = make_layer (sphere, style);
          layer.opacity = opacity;
          layer.colormap = monge_colormap_find ("cividis");
          monge_geometry_set_scalars (sphere, variant & 1 ? scalars : NULL);
          if (variant >= 2)
            monge_geometry_set_normals (sphere, NULL);
          draw (&layer, 1, &camera, picture);
          g_assert_cmpuint (glGetError (), ==, GL_NO_ERROR);
          g_assert_cmpfloat (area (picture), >, 100);
        }
}

static void
too_large_is_an_error (void)
{
  g_autoptr (GError) error = NULL;
  MongeScene scene = { 0 };
  MongeCamera camera = camera_along_z (6.f);
  guint8 pixel[4] = { 1, 2, 3, 4 };
  g_assert_false (monge_renderer_draw_to_pixels (renderer, &scene, &camera, 1000000, 1, pixel,
                                                 &error));
  monge_assert_error (error, MONGE_RENDER_ERROR, MONGE_RENDER_ERROR_TARGET, "1000000");
  g_assert_cmpint (pixel[0], ==, 1);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_test_init (&argc, &argv, NULL);
  MongeOffscreen *offscreen = monge_offscreen_new (&error);
  if (!offscreen)
    {
      g_print ("1..0 # SKIP %s\n", error->message);
      return 0;
    }
  renderer = monge_renderer_new (&error);
  g_assert_no_error (error);

  g_test_add_func ("/render/description", describes_the_context);
  g_test_add_func ("/render/layer-colour", facing_surface_has_the_layer_s_colour);
  g_test_add_func ("/render/key-light", light_comes_from_above_left);
  g_test_add_func ("/render/silhouette", silhouette_is_where_the_camera_says);
  g_test_add_func ("/render/transparent-outside", outside_is_transparent);
  g_test_add_func ("/render/top-row-first", first_row_is_the_top);
  g_test_add_func ("/render/mirrored-scene", mirrored_scene_gives_the_mirrored_silhouette);
  g_test_add_func ("/render/both-sides", both_sides_are_lit_alike);
  g_test_add_func ("/render/map-ends", map_ends_are_at_the_range_s_ends);
  g_test_add_func ("/render/missing-scalars", missing_scalars_show_grey);
  g_test_add_func ("/render/splat-size", splats_have_their_size);
  g_test_add_func ("/render/far-points", far_points_do_not_vanish);
  g_test_add_func ("/render/blending", transparent_layers_blend);
  g_test_add_func ("/render/ghost", only_the_nearest_surface_of_a_ghost_shows);
  g_test_add_func ("/render/depth", nearer_hides_farther);
  g_test_add_func ("/render/line-width", lines_have_their_width);
  g_test_add_func ("/render/wire-on-surface", wire_shows_on_its_surface);
  g_test_add_func ("/render/style-fallback", styles_fall_back_to_what_there_is);
  g_test_add_func ("/render/nothing", nothing_to_draw_draws_nothing);
  g_test_add_func ("/render/sink", sink_takes_whole_frames);
  g_test_add_func ("/render/bound-framebuffer", draws_into_the_bound_framebuffer);
  g_test_add_func ("/render/no-gl-error", every_style_leaves_no_gl_error);
  g_test_add_func ("/render/too-large", too_large_is_an_error);
  int result = g_test_run ();

  monge_renderer_free (renderer);
  monge_offscreen_free (offscreen);
  return result;
}
