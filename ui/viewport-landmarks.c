/* Landmarks as small balls with names; those of the source go along with it. */
#include "ui/viewport-private.h"

#include <string.h>

#include "ui/theme.h"

#define BALL 0.018 /* diameter, of that of the shape */

static void
view_free (gpointer data)
{
  MongeLandmarksView *view = data;

  g_clear_pointer (&view->geometry, monge_geometry_free);
  monge_landmarks_unref (view->rest);
  g_object_unref (view->item);
  g_free (view->positions);
  g_free (view);
}

void
monge_viewport_clear_landmarks (MongeViewport *viewport)
{
  g_clear_pointer (&viewport->landmarks, g_ptr_array_unref);
}

/* Of the defined ones, about the origin of what is drawn. */
static void
place (MongeLandmarksView *view, MongeLandmarks *landmarks)
{
  const double *origin = monge_item_get_drawable (view->item)->origin;
  guint n = monge_landmarks_get_n (landmarks);

  g_free (view->positions);
  view->positions = g_new (float, 3 * n);
  view->n = 0;
  for (guint i = 0; i < n; i++)
    {
      const MongeLandmark *landmark = monge_landmarks_get (landmarks, i);

      if (!landmark->is_defined)
        continue;
      for (int k = 0; k < 3; k++)
        view->positions[3 * view->n + k] = (float) (landmark->position[k] - origin[k]);
      view->n++;
    }
  view->is_placed = FALSE;
}

static MongeLandmarksView *
take_view (GPtrArray *views, MongeItem *item)
{
  MongeLandmarks *rest = monge_item_get_landmarks (item);
  MongeDrawable *drawable = monge_item_get_drawable (item);
  MongeLandmarksView *view;

  for (guint i = 0; views != NULL && i < views->len; i++)
    {
      view = views->pdata[i];
      if (view->item == item && view->rest == rest && view->drawable == drawable)
        return g_ptr_array_steal_index_fast (views, i);
    }
  view = g_new0 (MongeLandmarksView, 1);
  view->item = g_object_ref (item);
  view->rest = monge_landmarks_ref (rest);
  view->drawable = drawable;
  place (view, rest);
  return view;
}

static void
upload (MongeLandmarksView *view)
{
  if (view->is_placed || view->n == 0)
    return;
  if (view->geometry == NULL || monge_geometry_get_n_vertices (view->geometry) != view->n)
    {
      g_clear_pointer (&view->geometry, monge_geometry_free);
      view->geometry = monge_geometry_new (view->n, NULL, 0, 0);
    }
  monge_geometry_set_positions (view->geometry, view->positions);
  view->is_placed = TRUE;
}

void
monge_viewport_upload_landmarks (MongeViewport *viewport)
{
  MongeDocument *document = monge_session_get_document (viewport->session);
  g_autoptr (GPtrArray) before = viewport->landmarks;

  viewport->landmarks = g_ptr_array_new_with_free_func (view_free);
  for (guint i = 0; i < monge_document_get_n_items (document); i++)
    {
      MongeItem *item = monge_document_get_nth (document, i);

      if (monge_item_get_landmarks (item) == NULL || monge_item_get_drawable (item) == NULL)
        continue;
      g_ptr_array_add (viewport->landmarks, take_view (before, item));
      upload (viewport->landmarks->pdata[viewport->landmarks->len - 1]);
    }
}

/* Darker than the shape in the light, lighter in the dark, so that they stand out from it. */
static void
choose_colour (MongeViewport *viewport, const MongeLandmarksView *view, float colour[3])
{
  gboolean dark = monge_theme_is_dark (GTK_WIDGET (viewport));
  const float *of_shape = monge_item_get_colour (view->item);

  for (int k = 0; k < 3; k++)
    colour[k] = dark ? 0.35f * of_shape[k] + 0.65f : 0.45f * of_shape[k];
}

void
monge_viewport_add_landmark_layers (MongeViewport *viewport, MongeScene *scene)
{
  for (guint i = 0; i < viewport->landmarks->len; i++)
    {
      const MongeLandmarksView *view = viewport->landmarks->pdata[i];
      MongeLayer *layer = &scene->layers[scene->n_layers];

      if (view->geometry == NULL || !monge_item_get_visible (view->item)
          || scene->n_layers == MONGE_SCENE_MAX_LAYERS)
        continue;
      *layer = (MongeLayer){
        .geometry = view->geometry,
        .style = MONGE_STYLE_POINTS,
        .visible = TRUE,
        .opacity = 1.0f,
        .point_size = (float) (BALL * monge_shape_get_diameter (monge_item_get_shape (view->item))),
      };
      choose_colour (viewport, view, layer->colour);
      scene->n_layers++;
    }
}

/* Names, in the order of what is drawn. (element-type MongeOverlayMark): names are borrowed. */
GArray *
monge_viewport_list_marks (MongeViewport *viewport)
{
  GArray *marks = g_array_new (FALSE, FALSE, sizeof (MongeOverlayMark));

  for (guint i = 0; viewport->landmarks != NULL && i < viewport->landmarks->len; i++)
    {
      const MongeLandmarksView *view = viewport->landmarks->pdata[i];
      guint k = 0;

      if (!monge_item_get_visible (view->item))
        continue;
      for (guint j = 0; j < monge_landmarks_get_n (view->rest); j++)
        {
          const MongeLandmark *landmark = monge_landmarks_get (view->rest, j);
          MongeOverlayMark mark = { .name = landmark->name };

          if (!landmark->is_defined)
            continue;
          choose_colour (viewport, view, mark.colour);
          memcpy (mark.position, view->positions + 3 * k++, sizeof mark.position);
          if (*landmark->name != '\0')
            g_array_append_val (marks, mark);
        }
    }
  return marks;
}

/* Going along. One at a time, on a thread: the newest frame is the next. */

typedef struct {
  MongeLandmarks *rest;
  MongeShape *shape;
  double *positions;
} Carrying;

static void
carrying_free (gpointer data)
{
  Carrying *carrying = data;

  monge_landmarks_unref (carrying->rest);
  monge_shape_unref (carrying->shape);
  g_free (carrying->positions);
  g_free (carrying);
}

static void
carry_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Carrying *carrying = task_data;

  g_task_return_pointer (task,
                         monge_landmarks_carried (carrying->rest, carrying->shape,
                                                  carrying->positions),
                         (GDestroyNotify) monge_landmarks_unref);
}

static void
carried (GObject *object, GAsyncResult *result, gpointer user_data)
{
  MongeViewport *viewport = MONGE_VIEWPORT (object);
  Carrying *carrying = g_task_get_task_data (G_TASK (result));
  g_autoptr (MongeLandmarks) landmarks = g_task_propagate_pointer (G_TASK (result), NULL);

  viewport->is_carrying = FALSE;
  for (guint i = 0; viewport->landmarks != NULL && i < viewport->landmarks->len; i++)
    {
      MongeLandmarksView *view = viewport->landmarks->pdata[i];

      if (view->rest == carrying->rest && monge_item_get_drawable (view->item) != NULL)
        place (view, landmarks);
    }
  if (viewport->session != NULL)
    monge_viewport_queue_draw (viewport);
}

/* Where the vertices of the source are now. */
static double *
copy_positions (const MongeFrame *frame, const MongeDrawable *drawable)
{
  guint dim = monge_shape_get_dim (drawable->shape);
  const float *x = monge_frame_get_positions (frame);
  double *positions;

  if (x == NULL || frame->n_vertices != drawable->n_vertices)
    return NULL;
  positions = g_new (double, frame->n_vertices * dim);
  for (gsize i = 0; i < frame->n_vertices; i++)
    for (guint k = 0; k < dim; k++)
      positions[i * dim + k] = x[3 * i + k] + drawable->origin[k];
  return positions;
}

void
monge_viewport_carry_landmarks (MongeViewport *viewport)
{
  const MongeFrame *frame = monge_session_get_frame (viewport->session);
  MongeItem *source = monge_session_get_item (viewport->session, MONGE_ROLE_SOURCE);
  MongeLandmarks *rest = source != NULL ? monge_item_get_landmarks (source) : NULL;
  g_autoptr (GTask) task = NULL;
  Carrying *carrying;
  double *positions;

  if (viewport->is_carrying || rest == NULL || frame == NULL
      || frame->serial == viewport->carried_serial
      || monge_item_get_drawable (source)->shape != monge_item_get_shape (source)
      || monge_shape_get_dim (monge_item_get_shape (source)) > 3)
    return;
  positions = copy_positions (frame, monge_item_get_drawable (source));
  if (positions == NULL)
    return;
  carrying = g_new (Carrying, 1);
  *carrying = (Carrying){ monge_landmarks_ref (rest),
                          monge_shape_ref (monge_item_get_shape (source)), positions };
  viewport->is_carrying = TRUE;
  viewport->carried_serial = frame->serial;
  task = g_task_new (viewport, NULL, carried, NULL);
  g_task_set_task_data (task, carrying, carrying_free);
  g_task_run_in_thread (task, carry_thread);
}
