/* The passes: opaque surfaces, points and wire; then, one transparent layer after the other, its
 * depth alone and its colour where that depth is met, so that only its nearest surface shows. The
 * depth of the opaque layers is put back between transparent ones, or the first would hide the
 * second. */

#include "render/renderer.h"

#include "render/geometry-private.h"
#include "render/lines.h"
#include "render/pass.h"
#include "render/points.h"
#include "render/surface.h"
#include "render/target.h"

#include <math.h>

#define DEFAULT_SAMPLES 4
#define N_MAPS 8 /* maps kept as textures */

struct _MongeRenderer {
  MongeGl gl;
  int samples;
  MongeSurface surface;
  MongePoints points;
  MongeLines lines;
  MongeTarget view;        /* what is drawn into */
  MongeTarget opaque;      /* its depth before the transparent layers */
  struct {
    const MongeColormap *map;
    GLuint texture;
  } maps[N_MAPS];
};

MongeRenderer *
monge_renderer_new (GError **error)
{
  MongeRenderer *renderer = g_new0 (MongeRenderer, 1);
  if (!monge_gl_init (&renderer->gl, error)
      || !monge_surface_init (&renderer->surface, &renderer->gl, error)
      || !monge_points_init (&renderer->points, &renderer->gl, error)
      || !monge_lines_init (&renderer->lines, &renderer->gl, error)
      || !monge_gl_check ("compiling", MONGE_RENDER_ERROR_PROGRAM, error))
    {
      monge_renderer_free (renderer);
      return NULL;
    }
  monge_renderer_set_samples (renderer, DEFAULT_SAMPLES);
  return renderer;
}

void
monge_renderer_free (MongeRenderer *renderer)
{
  if (!renderer)
    return;

  if (renderer->gl.version > 0) /* there was a context */
    {
      monge_surface_clear (&renderer->surface);
      monge_points_clear (&renderer->points);
      monge_lines_clear (&renderer->lines);
      monge_target_clear (&renderer->view);
      monge_target_clear (&renderer->opaque);
      for (guint i = 0; i < N_MAPS; i++)
        glDeleteTextures (1, &renderer->maps[i].texture);
    }
  monge_gl_clear (&renderer->gl);
  g_free (renderer);
}

const char *
monge_renderer_get_description (MongeRenderer *renderer)
{
  g_return_val_if_fail (renderer != NULL, NULL);

  return renderer->gl.description;
}

gboolean
monge_renderer_is_software (MongeRenderer *renderer)
{
  g_return_val_if_fail (renderer != NULL, FALSE);

  return renderer->gl.is_software;
}

void
monge_renderer_set_samples (MongeRenderer *renderer, int samples)
{
  g_return_if_fail (renderer != NULL);

  renderer->samples = CLAMP (samples, 1, renderer->gl.max_samples);
}

int
monge_renderer_get_samples (MongeRenderer *renderer)
{
  g_return_val_if_fail (renderer != NULL, 1);

  return renderer->samples;
}

/* sRGB texels: the map's colours are decoded, then interpolated in linear light. */
static GLuint
make_map_texture (const MongeColormap *map)
{
  GLuint texture;
  glGenTextures (1, &texture);
  glBindTexture (GL_TEXTURE_1D, texture);
  glPixelStorei (GL_UNPACK_ALIGNMENT, 1);
  glTexImage1D (GL_TEXTURE_1D, 0, GL_SRGB8, 256, 0, GL_RGB, GL_UNSIGNED_BYTE, map->colours);
  glPixelStorei (GL_UNPACK_ALIGNMENT, 4);
  glTexParameteri (GL_TEXTURE_1D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
  glTexParameteri (GL_TEXTURE_1D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
  glTexParameteri (GL_TEXTURE_1D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
  return texture;
}

static void
bind_map (MongeRenderer *renderer, const MongeColormap *map)
{
  guint i = 0;
  while (i < N_MAPS - 1 && renderer->maps[i].map && renderer->maps[i].map != map)
    i++;
  if (renderer->maps[i].map != map) /* a free place, or the last one is taken over */
    {
      glDeleteTextures (1, &renderer->maps[i].texture);
      renderer->maps[i].texture = make_map_texture (map);
      renderer->maps[i].map = map;
    }
  glActiveTexture (GL_TEXTURE0);
  glBindTexture (GL_TEXTURE_1D, renderer->maps[i].texture);
}

/* What is asked for, as far as the cells allow. */
static MongeStyle
get_style (const MongeLayer *layer)
{
  guint cell_size = monge_geometry_get_cell_size (layer->geometry);
  if (layer->style == MONGE_STYLE_POINTS || cell_size == 0)
    return MONGE_STYLE_POINTS;
  return cell_size == 2 ? MONGE_STYLE_WIRE : layer->style;
}

static void
draw_layer (MongeRenderer *renderer, const MongePass *pass, const MongeLayer *layer)
{
  if (layer->colormap)
    bind_map (renderer, layer->colormap);
  switch (get_style (layer))
    {
    case MONGE_STYLE_SURFACE:
      monge_surface_draw (&renderer->surface, pass, layer);
      break;
    case MONGE_STYLE_POINTS:
      monge_points_draw (&renderer->points, pass, layer);
      break;
    case MONGE_STYLE_WIRE:
      monge_lines_draw (&renderer->lines, pass, layer);
      break;
    }
}

static gboolean
is_shown (const MongeLayer *layer)
{
  return layer->visible && layer->geometry && layer->opacity > 0.f
         && monge_geometry_is_ready (layer->geometry);
}

static void
draw_opaque (MongeRenderer *renderer, const MongePass *pass, const MongeScene *scene)
{
  glDisable (GL_BLEND);
  for (guint i = 0; i < scene->n_layers; i++)
    if (is_shown (&scene->layers[i]) && scene->layers[i].opacity >= 1.f)
      draw_layer (renderer, pass, &scene->layers[i]);
}

static void
draw_transparent_layer (MongeRenderer *renderer, const MongePass *pass, const MongeLayer *layer)
{
  glColorMask (GL_FALSE, GL_FALSE, GL_FALSE, GL_FALSE);
  draw_layer (renderer, pass, layer);
  glColorMask (GL_TRUE, GL_TRUE, GL_TRUE, GL_TRUE);

  glEnable (GL_BLEND);
  glBlendFunc (GL_ONE, GL_ONE_MINUS_SRC_ALPHA); /* premultiplied */
  draw_layer (renderer, pass, layer);
  glDisable (GL_BLEND);
}

static void
draw_transparent (MongeRenderer *renderer, const MongePass *pass, const MongeScene *scene)
{
  const MongeLayer *layers[MONGE_SCENE_MAX_LAYERS];
  guint n = 0;
  for (guint i = 0; i < scene->n_layers; i++)
    if (is_shown (&scene->layers[i]) && scene->layers[i].opacity < 1.f)
      layers[n++] = &scene->layers[i];

  const MongeTarget *view = &renderer->view;
  gboolean is_saved = n > 1
                      && monge_target_resize (&renderer->opaque, &renderer->gl, view->width,
                                              view->height, view->samples, NULL);
  if (is_saved)
    monge_target_copy_depth (view, &renderer->opaque);
  glBindFramebuffer (GL_FRAMEBUFFER, view->framebuffer);
  for (guint i = 0; i < n; i++)
    {
      draw_transparent_layer (renderer, pass, layers[i]);
      if (is_saved && i + 1 < n)
        monge_target_copy_depth (&renderer->opaque, view);
    }
}

static void
start_picture (const MongeScene *scene, int width, int height)
{
  const float *back = scene->background;
  glViewport (0, 0, width, height);
  glDisable (GL_SCISSOR_TEST);
  glDisable (GL_STENCIL_TEST);
  glCullFace (GL_BACK);
  glFrontFace (GL_CCW);
  glDisable (GL_FRAMEBUFFER_SRGB); /* the shaders encode */
  glEnable (GL_MULTISAMPLE);
  glEnable (GL_DEPTH_TEST);
  glDepthFunc (GL_LEQUAL);
  glDepthMask (GL_TRUE);
  glColorMask (GL_TRUE, GL_TRUE, GL_TRUE, GL_TRUE);
  glClearColor (back[0] * back[3], back[1] * back[3], back[2] * back[3], back[3]);
  glClear (GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
}

/* Surfaces step back a little where wire is to be seen on them. */
static void
set_offset (const MongeScene *scene)
{
  gboolean has_wire = FALSE;
  for (guint i = 0; i < scene->n_layers; i++)
    has_wire |= is_shown (&scene->layers[i]) && get_style (&scene->layers[i]) == MONGE_STYLE_WIRE;
  if (has_wire)
    glEnable (GL_POLYGON_OFFSET_FILL);
  else
    glDisable (GL_POLYGON_OFFSET_FILL);
  glPolygonOffset (1.f, 2.f);
}

static gboolean
draw_view (MongeRenderer *renderer, const MongeScene *scene, const MongeCamera *camera, int width,
           int height, int samples, GError **error)
{
  MongePass pass = {
    .gl = &renderer->gl,
    .width = width,
    .height = height,
    .samples = samples,
    .scale = scene->scale > 0.f ? scene->scale : 1.f,
  };
  monge_camera_get_matrices (camera, (float) width / height, pass.view, pass.projection);
  if (!monge_target_resize (&renderer->view, &renderer->gl, width, height, samples, error))
    return FALSE;

  glBindFramebuffer (GL_FRAMEBUFFER, renderer->view.framebuffer);
  start_picture (scene, width, height);
  set_offset (scene);
  draw_opaque (renderer, &pass, scene);
  draw_transparent (renderer, &pass, scene);
  glBindVertexArray (0);
  glUseProgram (0);
  return TRUE;
}

void
monge_renderer_draw (MongeRenderer *renderer, const MongeScene *scene, const MongeCamera *camera,
                     int width, int height)
{
  g_return_if_fail (renderer != NULL && scene != NULL && camera != NULL);
  g_return_if_fail (width > 0 && height > 0 && scene->n_layers <= MONGE_SCENE_MAX_LAYERS);

  GLint framebuffer = 0;
  g_autoptr (GError) error = NULL;
  glGetIntegerv (GL_DRAW_FRAMEBUFFER_BINDING, &framebuffer);
  gboolean is_drawn = draw_view (renderer, scene, camera, width, height, renderer->samples, &error);
  if (!is_drawn && renderer->samples > 1)
    {
      g_clear_error (&error);
      renderer->samples = 1;
      is_drawn = draw_view (renderer, scene, camera, width, height, 1, &error);
    }
  if (is_drawn)
    monge_target_resolve (&renderer->view, framebuffer);
  else
    glBindFramebuffer (GL_FRAMEBUFFER, framebuffer);
  if (!is_drawn || !monge_gl_check ("drawing the view", MONGE_RENDER_ERROR_TARGET, &error))
    g_warning_once ("The view cannot be drawn: %s", error->message);
}

gboolean
monge_renderer_draw_to_pixels (MongeRenderer *renderer, const MongeScene *scene,
                               const MongeCamera *camera, int width, int height, guint8 *pixels,
                               GError **error)
{
  g_return_val_if_fail (renderer != NULL && scene != NULL && camera != NULL, FALSE);
  g_return_val_if_fail (scene->n_layers <= MONGE_SCENE_MAX_LAYERS && pixels != NULL, FALSE);
  g_return_val_if_fail (width > 0 && height > 0, FALSE);

  GLint framebuffer = 0;
  MongeTarget picture = { 0 };
  int samples = MIN (MAX (renderer->samples, DEFAULT_SAMPLES), renderer->gl.max_samples);
  glGetIntegerv (GL_DRAW_FRAMEBUFFER_BINDING, &framebuffer);
  gboolean is_drawn = monge_target_resize (&picture, &renderer->gl, width, height, 1, error)
                      && draw_view (renderer, scene, camera, width, height, samples, error);
  if (is_drawn)
    {
      monge_target_resolve (&renderer->view, picture.framebuffer);
      monge_target_read (&picture, pixels);
    }
  monge_target_clear (&picture);
  glBindFramebuffer (GL_FRAMEBUFFER, framebuffer);
  return is_drawn && monge_gl_check ("drawing a picture", MONGE_RENDER_ERROR_TARGET, error);
}
