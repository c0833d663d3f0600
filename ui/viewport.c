#include "ui/viewport-private.h"

#include <math.h>
#include <string.h>

#include "ui/overlay.h"
#include "ui/theme.h"

#define REST_MS 200
#define HUGE_SCENE 2000000 /* vertices */

enum {
  STYLE_CHANGED,
  DRAWN,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MongeViewport, monge_viewport, GTK_TYPE_WIDGET)

void
monge_viewport_queue_draw (MongeViewport *viewport)
{
  gtk_gl_area_queue_render (viewport->area);
  gtk_widget_queue_draw (viewport->annotations);
}

/* GL objects */

static void
clear_geometries (MongeViewport *viewport)
{
  for (int i = 0; i < MONGE_N_VIEWS; i++)
    g_clear_pointer (&viewport->geometries[i], monge_geometry_free);
  for (int r = 0; r < MONGE_N_ROLES; r++)
    g_clear_pointer (&viewport->drawables[r], monge_drawable_unref);
  for (int i = 0; i < MONGE_N_VIEWS; i++)
    monge_coloured_view_clear (&viewport->coloured[i]);
  monge_viewport_clear_contexts (viewport);
  monge_viewport_clear_landmarks (viewport);
  viewport->frame_serial = 0;
}

static void
show_problem (MongeViewport *viewport, const char *reason)
{
  g_autofree char *text = g_strdup_printf (
      "The shapes cannot be drawn here (%s).\nEverything else works: play, watch the curves, export.",
      reason);

  gtk_widget_set_opacity (GTK_WIDGET (viewport->area), 0.0); /* it has words of its own */
  gtk_label_set_text (viewport->problem, text);
  gtk_widget_set_visible (GTK_WIDGET (viewport->problem), TRUE);
}

/* The card that draws computes too, unless another was opened before: then frames need not leave it.
 * That there is none is said once, not each time that a view is shown. */
static void
open_cuda (MongeViewport *viewport)
{
  static gboolean is_said;
  const char *sentence;

  viewport->cuda = monge_cuda_gl_new ();
  sentence = monge_cuda_gl_get_sentence (viewport->cuda);
  if (monge_cuda_gl_get_route (viewport->cuda) == MONGE_CUDA_GL_ABSENT && sentence != NULL
      && !is_said)
    {
      g_message ("%s", sentence);
      is_said = TRUE;
    }
  monge_backend_prefer_device (monge_cuda_gl_get_device (viewport->cuda));
}

static void
on_realize (GtkGLArea *area, MongeViewport *viewport)
{
  g_autoptr (GError) error = NULL;

  gtk_gl_area_make_current (area);
  if (gtk_gl_area_get_error (area) != NULL)
    {
      show_problem (viewport, gtk_gl_area_get_error (area)->message);
      return;
    }
  viewport->renderer = monge_renderer_new (&error);
  if (viewport->renderer == NULL)
    show_problem (viewport, error->message);
  else
    open_cuda (viewport);
}

static void
on_unrealize (GtkGLArea *area, MongeViewport *viewport)
{
  gtk_gl_area_make_current (area);
  if (gtk_gl_area_get_error (area) != NULL)
    return;
  clear_geometries (viewport);
  g_clear_pointer (&viewport->cuda, monge_cuda_gl_free);
  g_clear_pointer (&viewport->renderer, monge_renderer_free);
}

/* How far a vertex has moved goes before what its array says. */
static const char *
get_array (MongeViewport *viewport, MongeViewPart part)
{
  MongeRole role = part == MONGE_VIEW_SOURCE ? MONGE_ROLE_SOURCE : MONGE_ROLE_TARGET;
  MongeItem *item = monge_session_get_item (viewport->session, role);

  if (part == MONGE_VIEW_SOURCE && g_str_equal (viewport->style.colour_by, "displacement"))
    return NULL;
  return item != NULL ? monge_item_get_colour_array (item) : NULL;
}

static void
colour_shapes (MongeViewport *viewport)
{
  for (int part = 0; part <= MONGE_VIEW_TARGET; part++)
    {
      MongeColouredView *coloured = &viewport->coloured[part];
      gboolean had_colours = coloured->colouring != NULL;

      if (viewport->geometries[part] == NULL)
        continue;
      monge_coloured_view_set (coloured, viewport->geometries[part],
                               viewport->drawables[part]->shape, get_array (viewport, part),
                               viewport->style.colour_map);
      if (had_colours && coloured->colouring == NULL)
        viewport->frame_serial = 0; /* displacements come back */
    }
}

/* The start and the moving source share their vertices at step 0, not their buffers. */
static void
upload_shapes (MongeViewport *viewport)
{
  static const MongeRole role_of[] = { MONGE_ROLE_SOURCE, MONGE_ROLE_TARGET, MONGE_ROLE_SOURCE };

  for (int i = 0; i < MONGE_N_VIEWS; i++)
    {
      MongeDrawable *drawable = monge_session_get_drawable (viewport->session, role_of[i]);

      if (drawable == viewport->drawables[role_of[i]] && viewport->geometries[i] != NULL)
        continue;
      g_clear_pointer (&viewport->geometries[i], monge_geometry_free);
      if (drawable != NULL)
        viewport->geometries[i] = monge_drawable_upload (drawable);
      if (drawable != NULL && i == MONGE_VIEW_SOURCE)
        monge_geometry_set_cuda (viewport->geometries[i], viewport->cuda);
      viewport->frame_serial = 0;
    }
  for (int r = 0; r < MONGE_N_ROLES; r++)
    {
      MongeDrawable *drawable = monge_session_get_drawable (viewport->session, r);

      g_clear_pointer (&viewport->drawables[r], monge_drawable_unref);
      if (drawable != NULL)
        viewport->drawables[r] = monge_drawable_ref (drawable);
    }
  colour_shapes (viewport);
  monge_viewport_upload_contexts (viewport);
  monge_viewport_upload_landmarks (viewport);
}

/* FALSE if the card has failed that has them: the CPU sends the next frame. */
static gboolean
publish (MongePlanes *planes, const MongeSink *sink)
{
  g_autoptr (GError) error = NULL;

  if (planes == NULL || monge_planes_publish (planes, sink, &error))
    return TRUE;
  g_debug ("%s", error->message);
  return FALSE;
}

static void
upload_frame (MongeViewport *viewport)
{
  const MongeFrame *frame = monge_session_get_frame (viewport->session);
  MongeGeometry *geometry = viewport->geometries[MONGE_VIEW_SOURCE];

  if (frame == NULL || geometry == NULL || frame->serial == viewport->frame_serial
      || frame->n_vertices != monge_geometry_get_n_vertices (geometry))
    return;
  if (!publish (frame->positions, monge_geometry_get_position_sink (geometry))
      || !publish (frame->normals, monge_geometry_get_normal_sink (geometry))
      || (viewport->coloured[MONGE_VIEW_SOURCE].colouring == NULL
          && !publish (frame->displacements, monge_geometry_get_scalar_sink (geometry))))
    return;
  viewport->max_displacement = frame->max_displacement;
  viewport->frame_serial = frame->serial;
}

/* The scene */

static gboolean
is_coloured_by_displacement (MongeViewport *viewport)
{
  return g_str_equal (viewport->style.colour_by, "displacement") && viewport->frame_serial != 0;
}

static double
get_range (MongeViewport *viewport)
{
  if (viewport->max_displacement > 0.0f)
    return viewport->max_displacement;
  return 0.01 * monge_session_get_diameter (viewport->session);
}

static void
add_layer (MongeViewport *viewport, MongeScene *scene, MongeViewPart part)
{
  MongeRole role = part == MONGE_VIEW_TARGET ? MONGE_ROLE_TARGET : MONGE_ROLE_SOURCE;
  const float range[] = { 0.0f, (float) get_range (viewport) };
  MongeLayer *layer = &scene->layers[scene->n_layers];

  if (viewport->geometries[part] == NULL || !monge_viewport_get_part_visible (viewport, part))
    return;
  monge_view_style_init_layer (&viewport->style, part, viewport->drawables[role]->shape,
                               viewport->geometries[part],
                               is_coloured_by_displacement (viewport) ? range : NULL,
                               monge_theme_is_dark (GTK_WIDGET (viewport)),
                               layer);
  layer->is_closed = part != MONGE_VIEW_SOURCE && viewport->drawables[role]->is_closed;
  if (part != MONGE_VIEW_START)
    monge_coloured_view_init_layer (&viewport->coloured[part], layer);
  if (part != MONGE_VIEW_START)
    memcpy (layer->colour, monge_item_get_colour (monge_session_get_item (viewport->session, role)),
            sizeof layer->colour);
  scene->n_layers++;
}

static void
build_scene (MongeViewport *viewport, MongeScene *scene, int scale)
{
  scene->n_layers = 0;
  for (int part = 0; part < MONGE_N_VIEWS; part++)
    add_layer (viewport, scene, part);
  monge_viewport_add_context_layers (viewport, scene);
  monge_viewport_add_landmark_layers (viewport, scene);
  monge_view_style_get_background (monge_theme_is_dark (GTK_WIDGET (viewport)), scene->background);
  scene->scale = (float) scale;
}

static gboolean
is_moving (MongeViewport *viewport)
{
  return monge_session_get_state (viewport->session) == MONGE_RUNNER_PLAYING
         || g_get_monotonic_time () - viewport->moved_at < REST_MS * 1000;
}

static gboolean
refine (gpointer user_data)
{
  MongeViewport *viewport = user_data;

  if (is_moving (viewport))
    return G_SOURCE_CONTINUE;
  viewport->refine_timeout = 0;
  gtk_gl_area_queue_render (viewport->area);
  return G_SOURCE_REMOVE;
}

/* A frame of so many takes the CPU seconds: it is not drawn a second time for its edges. */
static gboolean
is_huge (const MongeScene *scene)
{
  gsize n = 0;

  for (guint i = 0; i < scene->n_layers; i++)
    n += monge_geometry_get_n_vertices (scene->layers[i].geometry);
  return n > HUGE_SCENE;
}

/* Where the CPU draws, edges are smoothed only once things are at rest. */
static void
choose_samples (MongeViewport *viewport, const MongeScene *scene)
{
  gboolean is_software = monge_renderer_is_software (viewport->renderer);
  gboolean is_for_good = is_software && is_huge (scene);
  gboolean is_rough = is_for_good || (is_software && is_moving (viewport));

  monge_renderer_set_samples (viewport->renderer, is_rough ? 1 : 4);
  if (is_rough && !is_for_good && viewport->refine_timeout == 0)
    viewport->refine_timeout = g_timeout_add (REST_MS, refine, viewport);
}

static void
on_resize (GtkGLArea *area, int width, int height, MongeViewport *viewport)
{
  if (viewport->is_fitted)
    monge_viewport_fit (viewport);
}

static void
count_frame (MongeViewport *viewport)
{
  viewport->times[viewport->n_drawn++ % MONGE_FRAME_TIMES] = g_get_monotonic_time ();
  if (viewport->n_drawn == 1)
    g_debug ("first frame drawn");
  g_signal_emit (viewport, signals[DRAWN], 0);
}

static gboolean
on_render (GtkGLArea *area, GdkGLContext *context, MongeViewport *viewport)
{
  int scale = gtk_widget_get_scale_factor (GTK_WIDGET (area));
  int width = gtk_widget_get_width (GTK_WIDGET (area)) * scale;
  int height = gtk_widget_get_height (GTK_WIDGET (area)) * scale;
  MongeScene scene;

  if (viewport->renderer == NULL || viewport->session == NULL)
    return TRUE;
  upload_shapes (viewport);
  upload_frame (viewport);
  build_scene (viewport, &scene, scale);
  choose_samples (viewport, &scene);
  monge_renderer_draw (viewport->renderer, &scene, &viewport->camera, width, height);
  count_frame (viewport);
  return TRUE;
}

/* What lies over it */

/* The numbers that colours stand for, where they do; the source goes before the target. */
static const MongeColouring *
find_colouring (MongeViewport *viewport)
{
  for (int part = 0; part <= MONGE_VIEW_TARGET; part++)
    {
      const MongeColouring *colouring = viewport->coloured[part].colouring;

      if (colouring != NULL && !colouring->is_labels && viewport->geometries[part] != NULL
          && monge_viewport_get_part_visible (viewport, part))
        return colouring;
    }
  return monge_viewport_find_context_colouring (viewport);
}

static void
fill_colour_bar (MongeViewport *viewport, MongeOverlay *overlay)
{
  const MongeColouring *colouring = find_colouring (viewport);

  if (is_coloured_by_displacement (viewport)
      && monge_viewport_get_part_visible (viewport, MONGE_VIEW_SOURCE))
    {
      overlay->title = "Displacement";
      overlay->range_unit = overlay->unit;
      overlay->colormap = monge_colormap_find (viewport->style.colour_map);
      overlay->range[1] = get_range (viewport);
    }
  else if (colouring != NULL)
    {
      overlay->title = colouring->name;
      overlay->colormap = colouring->map;
      memcpy (overlay->range, colouring->range, sizeof overlay->range);
    }
}

static void
fill_overlay (MongeViewport *viewport, MongeOverlay *overlay, GArray *marks)
{
  GtkWidget *widget = GTK_WIDGET (viewport);
  GdkRGBA ink = monge_theme_get_colour (widget);
  const char *unit = monge_session_get_unit (viewport->session);

  *overlay = (MongeOverlay){
    .unit = unit != NULL ? unit : "units",
    .camera = viewport->has_camera ? &viewport->camera : NULL,
    .marks = (const MongeOverlayMark *) (gpointer) marks->data,
    .n_marks = marks->len,
    .ink = { ink.red, ink.green, ink.blue, 0.85 },
    .font = pango_context_get_font_description (gtk_widget_get_pango_context (widget)),
  };
  fill_colour_bar (viewport, overlay);
}

static void
draw_annotations (GtkDrawingArea *area, cairo_t *cr, int width, int height, gpointer user_data)
{
  MongeViewport *viewport = user_data;
  g_autoptr (GArray) marks = monge_viewport_list_marks (viewport);
  MongeOverlay overlay;

  if (viewport->session == NULL || viewport->renderer == NULL)
    return;
  fill_overlay (viewport, &overlay, marks);
  monge_overlay_draw (&overlay, cr, width, height);
}

/* The session */

/* What is seen, or all if nothing is. (element-type MongeDrawable), borrowed elements. */
static GPtrArray *
list_drawables (MongeViewport *viewport)
{
  MongeDocument *document = monge_session_get_document (viewport->session);
  GPtrArray *drawables = g_ptr_array_new ();

  for (int wants_hidden = 0; wants_hidden <= 1 && drawables->len == 0; wants_hidden++)
    for (guint i = 0; i < monge_document_get_n_items (document); i++)
      {
        MongeItem *item = monge_document_get_nth (document, i);

        if (monge_item_get_drawable (item) != NULL
            && (wants_hidden || monge_item_get_visible (item)))
          g_ptr_array_add (drawables, monge_item_get_drawable (item));
      }
  return drawables;
}

static gboolean
get_bounds (MongeViewport *viewport, float lower[3], float upper[3])
{
  g_autoptr (GPtrArray) drawables = list_drawables (viewport);

  for (int k = 0; k < 3; k++)
    {
      lower[k] = G_MAXFLOAT;
      upper[k] = -G_MAXFLOAT;
    }
  for (guint i = 0; i < drawables->len; i++)
    {
      const MongeDrawable *drawable = drawables->pdata[i];

      for (int k = 0; k < 3; k++)
        {
          lower[k] = MIN (lower[k], drawable->lower[k]);
          upper[k] = MAX (upper[k], drawable->upper[k]);
        }
    }
  return drawables->len > 0;
}

static float
get_aspect (MongeViewport *viewport)
{
  return MAX (gtk_widget_get_width (GTK_WIDGET (viewport)), 1)
         / (float) MAX (gtk_widget_get_height (GTK_WIDGET (viewport)), 1);
}

static void
choose_point_size (MongeViewport *viewport)
{
  float spacing = 0.0f;

  for (int r = 0; r < MONGE_N_ROLES; r++)
    {
      MongeDrawable *drawable = monge_session_get_drawable (viewport->session, r);

      if (drawable != NULL)
        spacing = MAX (spacing, drawable->point_spacing);
    }
  if (spacing == viewport->default_style.point_size || !(spacing > 0.0f))
    return;
  viewport->style.point_size = spacing;
  viewport->default_style.point_size = spacing;
  g_signal_emit (viewport, signals[STYLE_CHANGED], 0);
}

static void
on_shapes_changed (MongeSession *session, MongeViewport *viewport)
{
  float lower[3], upper[3];

  if (get_bounds (viewport, lower, upper))
    {
      choose_point_size (viewport);
      if (!viewport->has_camera)
        monge_viewport_reset_view (viewport);
      else
        monge_viewport_fit (viewport);
    }
  gtk_widget_set_visible (viewport->empty, !viewport->has_camera
                                               && !monge_session_is_loading (session));
  monge_viewport_queue_draw (viewport);
}

static void
on_loading_changed (MongeSession *session, MongeViewport *viewport)
{
  gboolean is_loading = monge_session_is_loading (session);

  gtk_widget_set_visible (viewport->loading, is_loading);
  gtk_widget_set_visible (viewport->empty, !viewport->has_camera && !is_loading);
  gtk_progress_bar_set_fraction (viewport->progress, monge_session_get_progress (session));
}

/* The drawing area is over the GL area: drawing it again would paint the whole view again. */
static void
on_frame (MongeSession *session, MongeViewport *viewport)
{
  gtk_gl_area_queue_render (viewport->area);
  monge_viewport_carry_landmarks (viewport);
  if (is_coloured_by_displacement (viewport))
    gtk_widget_queue_draw (viewport->annotations);
}

static void
monge_viewport_css_changed (GtkWidget *widget, GtkCssStyleChange *change)
{
  GTK_WIDGET_CLASS (monge_viewport_parent_class)->css_changed (widget, change);
  monge_viewport_queue_draw (MONGE_VIEWPORT (widget));
}

static void
monge_viewport_dispose (GObject *object)
{
  MongeViewport *viewport = MONGE_VIEWPORT (object);

  g_clear_handle_id (&viewport->refine_timeout, g_source_remove);
  if (viewport->session != NULL)
    g_signal_handlers_disconnect_by_data (viewport->session, viewport);
  g_clear_pointer (&viewport->overlay, gtk_widget_unparent);
  for (int r = 0; r < MONGE_N_ROLES; r++)
    g_clear_pointer (&viewport->drawables[r], monge_drawable_unref);
  g_clear_object (&viewport->session);
  G_OBJECT_CLASS (monge_viewport_parent_class)->dispose (object);
}

static void
monge_viewport_class_init (MongeViewportClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);
  GType type = G_TYPE_FROM_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = monge_viewport_dispose;
  widget_class->css_changed = monge_viewport_css_changed;
  signals[STYLE_CHANGED] = g_signal_new ("style-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                         NULL, G_TYPE_NONE, 0);
  signals[DRAWN] = g_signal_new ("drawn", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 0);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/monge/Monge/ui/viewport.ui");
  gtk_widget_class_bind_template_child (widget_class, MongeViewport, overlay);
  gtk_widget_class_bind_template_child (widget_class, MongeViewport, area);
  gtk_widget_class_bind_template_child (widget_class, MongeViewport, annotations);
  gtk_widget_class_bind_template_child (widget_class, MongeViewport, empty);
  gtk_widget_class_bind_template_child (widget_class, MongeViewport, loading);
  gtk_widget_class_bind_template_child (widget_class, MongeViewport, progress);
  gtk_widget_class_bind_template_child (widget_class, MongeViewport, problem);
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_css_name (widget_class, "viewport3d");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
monge_viewport_init (MongeViewport *viewport)
{
  gtk_widget_init_template (GTK_WIDGET (viewport));
  viewport->style = (MongeViewStyle){ MONGE_VIEW_STYLE_DEFAULTS };
  viewport->default_style = viewport->style;
  viewport->visible[MONGE_VIEW_SOURCE] = TRUE;
  viewport->visible[MONGE_VIEW_TARGET] = TRUE;
  monge_camera_init (&viewport->camera, (float[]){ -1, -1, -1 }, (float[]){ 1, 1, 1 });
  gtk_gl_area_set_required_version (viewport->area, 3, 3);
  g_signal_connect (viewport->area, "realize", G_CALLBACK (on_realize), viewport);
  g_signal_connect (viewport->area, "unrealize", G_CALLBACK (on_unrealize), viewport);
  g_signal_connect (viewport->area, "resize", G_CALLBACK (on_resize), viewport);
  g_signal_connect (viewport->area, "render", G_CALLBACK (on_render), viewport);
  gtk_drawing_area_set_draw_func (GTK_DRAWING_AREA (viewport->annotations), draw_annotations,
                                  viewport, NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (viewport), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  "3-D view of the shapes", -1);
  monge_viewport_init_input (viewport);
}

void
monge_viewport_set_session (MongeViewport *viewport, MongeSession *session)
{
  g_return_if_fail (viewport->session == NULL);

  viewport->session = g_object_ref (session);
  g_signal_connect (session, "shapes-changed", G_CALLBACK (on_shapes_changed), viewport);
  g_signal_connect (session, "loading-changed", G_CALLBACK (on_loading_changed), viewport);
  g_signal_connect_object (monge_session_get_document (session), "look-changed",
                           G_CALLBACK (monge_viewport_queue_draw), viewport, G_CONNECT_SWAPPED);
  g_signal_connect (session, "frame", G_CALLBACK (on_frame), viewport);
  on_shapes_changed (session, viewport);
  on_loading_changed (session, viewport);
}

const MongeViewStyle *
monge_viewport_get_style (MongeViewport *viewport)
{
  return &viewport->style;
}

const MongeViewStyle *
monge_viewport_get_default_style (MongeViewport *viewport)
{
  return &viewport->default_style;
}

void
monge_viewport_set_style (MongeViewport *viewport, const MongeViewStyle *style)
{
  viewport->style = *style;
  monge_viewport_queue_draw (viewport);
  g_signal_emit (viewport, signals[STYLE_CHANGED], 0);
}

static MongeItem *
get_part_item (MongeViewport *viewport, MongeViewPart part)
{
  if (part == MONGE_VIEW_START || viewport->session == NULL)
    return NULL;
  return monge_session_get_item (viewport->session,
                                 part == MONGE_VIEW_SOURCE ? MONGE_ROLE_SOURCE : MONGE_ROLE_TARGET);
}

gboolean
monge_viewport_get_part_visible (MongeViewport *viewport, MongeViewPart part)
{
  MongeItem *item = get_part_item (viewport, part);

  return item != NULL ? monge_item_get_visible (item) : viewport->visible[part];
}

void
monge_viewport_set_part_visible (MongeViewport *viewport, MongeViewPart part, gboolean visible)
{
  MongeItem *item = get_part_item (viewport, part);

  viewport->visible[part] = visible;
  if (item != NULL)
    monge_item_set_visible (item, visible);
  monge_viewport_queue_draw (viewport);
  g_signal_emit (viewport, signals[STYLE_CHANGED], 0);
}

/* The vertices of @drawables and of the newest frame. */
static void
fit_points (MongeViewport *viewport, GPtrArray *drawables)
{
  const MongeFrame *frame = monge_session_get_frame (viewport->session);
  g_autofree const float **positions = g_new (const float *, drawables->len + 1);
  g_autofree gsize *n_positions = g_new (gsize, drawables->len + 1);
  guint n = drawables->len;

  for (guint i = 0; i < n; i++)
    {
      const MongeDrawable *drawable = drawables->pdata[i];

      positions[i] = drawable->positions;
      n_positions[i] = drawable->n_vertices;
    }
  if (frame != NULL && monge_frame_get_positions (frame) != NULL
      && monge_viewport_get_part_visible (viewport, MONGE_VIEW_SOURCE))
    {
      positions[n] = monge_frame_get_positions (frame);
      n_positions[n++] = frame->n_vertices;
    }
  monge_camera_fit_points (&viewport->camera, positions, n_positions, n, get_aspect (viewport));
}

void
monge_viewport_fit (MongeViewport *viewport)
{
  g_autoptr (GPtrArray) drawables = list_drawables (viewport);

  if (drawables->len == 0)
    return;
  fit_points (viewport, drawables);
  viewport->has_camera = TRUE;
  viewport->is_fitted = TRUE;
  monge_viewport_queue_draw (viewport);
}

void
monge_viewport_reset_view (MongeViewport *viewport)
{
  float lower[3], upper[3];

  if (!get_bounds (viewport, lower, upper))
    return;
  monge_camera_init (&viewport->camera, lower, upper);
  monge_viewport_fit (viewport);
}

const char *
monge_viewport_get_problem (MongeViewport *viewport)
{
  return gtk_widget_get_visible (GTK_WIDGET (viewport->problem))
             ? gtk_label_get_text (viewport->problem)
             : NULL;
}

const char *
monge_viewport_get_description (MongeViewport *viewport)
{
  return viewport->renderer != NULL ? monge_renderer_get_description (viewport->renderer) : NULL;
}

MongeCudaGl *
monge_viewport_get_cuda (MongeViewport *viewport)
{
  return viewport->cuda;
}

guint
monge_viewport_get_frame_rate (MongeViewport *viewport)
{
  gint64 now = g_get_monotonic_time ();
  guint n = 0;

  while (n < MIN (viewport->n_drawn, MONGE_FRAME_TIMES)
         && now - viewport->times[(viewport->n_drawn - 1 - n) % MONGE_FRAME_TIMES] <= G_USEC_PER_SEC)
    n++;
  return n;
}

guint64
monge_viewport_get_n_drawn (MongeViewport *viewport)
{
  return viewport->n_drawn;
}

MongePicture *
monge_viewport_take_picture (MongeViewport *viewport, int scale, gboolean transparent,
                             GError **error)
{
  int width = gtk_widget_get_width (GTK_WIDGET (viewport));
  int height = gtk_widget_get_height (GTK_WIDGET (viewport));
  g_autoptr (MongePicture) picture = NULL;
  g_autoptr (GArray) marks = NULL;
  MongeOverlay overlay;
  MongeScene scene;

  if (viewport->renderer == NULL || width == 0 || height == 0)
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_DEVICE,
                           "There is no picture to save: the view is not drawn");
      return NULL;
    }
  gtk_gl_area_make_current (viewport->area);
  upload_shapes (viewport);
  upload_frame (viewport);
  build_scene (viewport, &scene, scale);
  scene.background[3] = transparent ? 0.0f : 1.0f;
  picture = monge_picture_new (width * scale, height * scale);
  if (!monge_renderer_draw_to_pixels (viewport->renderer, &scene, &viewport->camera, picture->width,
                                      picture->height, picture->pixels, error))
    return NULL;
  marks = monge_viewport_list_marks (viewport);
  fill_overlay (viewport, &overlay, marks);
  monge_picture_annotate (picture, &overlay, scale);
  return g_steal_pointer (&picture);
}
