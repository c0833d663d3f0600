#include "app/render.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compute/io/io.h"
#include "compute/shape/mesh.h"
#include "render/offscreen.h"
#include "render/renderer.h"
#include "ui/drawable.h"
#include "ui/picture.h"
#include "ui/text.h"

/* What is drawn: one shape at rest, or a flow that stands somewhere. */
typedef struct {
  MongeArguments *arguments;
  MongeBackend *backend;
  MongeFlow *flow;              /* NULL with one shape */
  MongeShape *source, *target;  /* target: NULL with one shape */
  MongeShape *moved;            /* the source where it is now */
  double origin[3];
  float max_displacement;
} Job;

static gboolean
open_shapes (Job *job, GError **error)
{
  MongeRecipe *recipe = job->arguments->recipe;

  if (recipe->target.path == NULL)
    {
      job->source = monge_recipe_input_load (&recipe->source, NULL, error);
      if (job->source != NULL)
        job->moved = monge_shape_ref (job->source);
      return job->source != NULL;
    }
  job->backend = monge_backend_open (&job->arguments->backend, error);
  if (job->backend == NULL)
    return FALSE;
  job->flow = monge_recipe_open_flow (recipe, job->backend, NULL, error);
  if (job->flow == NULL)
    return FALSE;
  job->source = monge_shape_ref (monge_flow_get_source (job->flow));
  job->target = monge_shape_ref (monge_flow_get_target (job->flow));
  return TRUE;
}

/* With the CPU from where it stands when a card cannot, unless that card was asked for. */
static gboolean
make_step (Job *job, MongeFlowReport *report, GError **error)
{
  const MongeFlowParams *params = &job->arguments->recipe->params;
  const char *name = job->arguments->backend.name;
  g_autoptr (GError) reason = NULL;
  g_autofree char *notice = NULL;
  MongeBackend *cpu = NULL;

  if (monge_flow_step (job->flow, params, report, NULL, &reason))
    return TRUE;
  if (name == NULL || g_str_equal (name, "auto"))
    cpu = monge_backend_replace (job->backend, reason, &notice, NULL);
  if (cpu == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&reason));
      return FALSE;
    }
  fprintf (stderr, "monge: %s\n", notice);
  monge_backend_close (job->backend);
  job->backend = cpu;
  return monge_flow_move_to (job->flow, cpu, error)
         && monge_flow_step (job->flow, params, report, NULL, error);
}

static gboolean
move (Job *job, GError **error)
{
  const MongeFlowParams *params = &job->arguments->recipe->params;
  gboolean talks = !job->arguments->quiet && isatty (STDERR_FILENO);
  MongeFlowReport report = { 0 };

  if (job->flow == NULL)
    return TRUE;
  for (int i = 0; i < params->steps && !report.settled; i++)
    {
      if (!make_step (job, &report, error))
        return FALSE;
      if (talks)
        fprintf (stderr, "\r\033[Kstep %u of at most %d", report.step, params->steps);
    }
  if (talks)
    fputs ("\r\033[K", stderr);
  job->max_displacement = (float) report.max_displacement;
  job->moved = monge_flow_dup_shape (job->flow);
  return TRUE;
}

/* Of both shapes, at rest and where the source is now. */
static void
find_bounds (MongeDrawable *const *drawables, guint n, float lower[3], float upper[3])
{
  for (int k = 0; k < 3; k++)
    {
      lower[k] = G_MAXFLOAT;
      upper[k] = -G_MAXFLOAT;
      for (guint i = 0; i < n; i++)
        {
          lower[k] = MIN (lower[k], drawables[i]->lower[k]);
          upper[k] = MAX (upper[k], drawables[i]->upper[k]);
        }
    }
}

static void
set_displacements (Job *job, MongeGeometry *geometry)
{
  gsize n = monge_geometry_get_n_vertices (geometry);
  const double *displacements = monge_flow_get_displacements (job->flow);
  g_autofree float *scalars = g_new (float, n);

  for (gsize i = 0; i < n; i++)
    scalars[i] = (float) displacements[i];
  monge_geometry_set_scalars (geometry, scalars);
}

static gboolean
is_coloured (Job *job)
{
  return job->flow != NULL && job->max_displacement > 0.0f
         && g_str_equal (job->arguments->style.colour_by, "displacement");
}

static void
annotate (Job *job, MongePicture *picture, const MongeCamera *camera)
{
  const char *unit = monge_shape_get_unit (job->source);
  double ink = job->arguments->dark ? 0.93 : 0.13;
  const char *length = unit != NULL ? unit : "units";
  MongeOverlay overlay = { .title = "Displacement", .range_unit = length, .unit = length,
                           .camera = camera, .ink = { ink, ink, ink, 0.9 } };

  if (is_coloured (job))
    {
      overlay.colormap = monge_colormap_find (job->arguments->style.colour_map);
      overlay.range[1] = job->max_displacement;
    }
  monge_picture_annotate (picture, &overlay, 1.0);
}

static gboolean
draw_scene (Job *job, MongeDrawable *const *drawables, guint n, MongePicture *picture,
            GError **error)
{
  const float range[] = { 0.0f, job->max_displacement };
  MongeArguments *arguments = job->arguments;
  g_autoptr (MongeRenderer) renderer = monge_renderer_new (error);
  MongeGeometry *geometries[2];
  const float *positions[2];
  gsize n_positions[2];
  MongeScene scene = { .scale = 1.0f };
  MongeCamera camera;
  float lower[3], upper[3];
  gboolean drawn;

  if (renderer == NULL)
    return FALSE;
  find_bounds (drawables, n, lower, upper);
  monge_camera_init (&camera, lower, upper);
  for (guint i = 0; i < n; i++)
    {
      positions[i] = drawables[i]->positions;
      n_positions[i] = drawables[i]->n_vertices;
    }
  monge_camera_fit_points (&camera, positions, n_positions, n,
                           (float) picture->width / picture->height);
  monge_view_style_get_background (arguments->dark, scene.background);
  if (arguments->transparent)
    scene.background[3] = 0.0f;
  for (guint i = 0; i < n; i++)
    {
      geometries[i] = monge_drawable_upload (drawables[i]);
      if (i == 0 && is_coloured (job))
        set_displacements (job, geometries[i]);
      monge_view_style_init_layer (&arguments->style, i == 0 ? MONGE_VIEW_SOURCE : MONGE_VIEW_TARGET,
                                   drawables[i]->shape, geometries[i],
                                   is_coloured (job) ? range : NULL, arguments->dark,
                                   &scene.layers[scene.n_layers++]);
    }
  drawn = monge_renderer_draw_to_pixels (renderer, &scene, &camera, picture->width,
                                         picture->height, picture->pixels, error);
  for (guint i = 0; i < n; i++)
    monge_geometry_free (geometries[i]);
  annotate (job, picture, &camera);
  return drawn;
}

static gboolean
draw (Job *job, GError **error)
{
  MongeArguments *arguments = job->arguments;
  g_autoptr (MongePicture) picture = monge_picture_new (arguments->width, arguments->height);
  g_autoptr (MongeOffscreen) offscreen = monge_offscreen_new (error);
  MongeDrawable *drawables[2] = { NULL };
  guint n = job->target != NULL ? 2 : 1;
  gboolean drawn;

  if (offscreen == NULL)
    return FALSE;
  monge_drawable_get_origin_for (job->source, job->origin);
  drawables[0] = monge_drawable_new (job->moved, job->origin);
  if (job->target != NULL)
    drawables[1] = monge_drawable_new (job->target, job->origin);
  if (!arguments->style_has_point_size)
    for (guint i = 0; i < n; i++)
      arguments->style.point_size = MAX (i == 0 ? 0.0 : arguments->style.point_size,
                                         drawables[i]->point_spacing);
  drawn = draw_scene (job, drawables, n, picture, error);
  for (guint i = 0; i < n; i++)
    monge_drawable_unref (drawables[i]);
  return drawn && monge_picture_save (picture, arguments->picture, error);
}

static void
report (Job *job)
{
  MongeArguments *arguments = job->arguments;

  if (arguments->quiet)
    return;
  printf ("Picture: %s (%d × %d)\n", arguments->picture, arguments->width, arguments->height);
  if (arguments->output != NULL)
    printf ("Shape:   %s\n", arguments->output);
  if (job->flow != NULL)
    {
      g_autofree char *distance = monge_text_quantity (job->max_displacement,
                                                       monge_shape_get_unit (job->source));

      printf ("%u steps, largest displacement %s\n", monge_flow_get_step (job->flow), distance);
    }
}

int
monge_render_run (MongeArguments *arguments)
{
  Job job = { .arguments = arguments };
  g_autoptr (GError) error = NULL;

  if (open_shapes (&job, &error) && move (&job, &error) && draw (&job, &error)
      && (arguments->output == NULL || monge_shape_save (job.moved, arguments->output, NULL, &error)))
    report (&job);
  g_clear_pointer (&job.flow, monge_flow_free);
  g_clear_pointer (&job.backend, monge_backend_close);
  g_clear_pointer (&job.source, monge_shape_unref);
  g_clear_pointer (&job.target, monge_shape_unref);
  g_clear_pointer (&job.moved, monge_shape_unref);
  if (error == NULL)
    return 0;
  fprintf (stderr, "monge: %s\n", error->message);
  return 1;
}
