#include "ui/viewport-private.h"

#include <math.h>

#define ZOOM_PER_NOTCH 1.12f
#define KEY_PIXELS 24.0f

static float
get_width (MongeViewport *viewport)
{
  return (float) MAX (gtk_widget_get_width (GTK_WIDGET (viewport)), 1);
}

static float
get_height (MongeViewport *viewport)
{
  return (float) MAX (gtk_widget_get_height (GTK_WIDGET (viewport)), 1);
}

static void
note_move (MongeViewport *viewport)
{
  viewport->is_fitted = FALSE;
  viewport->moved_at = g_get_monotonic_time ();
}

void
monge_viewport_turn (MongeViewport *viewport, float dx, float dy)
{
  note_move (viewport);
  monge_camera_orbit (&viewport->camera, dx, dy, get_width (viewport), get_height (viewport));
  monge_viewport_queue_draw (viewport);
}

void
monge_viewport_pan (MongeViewport *viewport, float dx, float dy)
{
  note_move (viewport);
  monge_camera_pan (&viewport->camera, dx, dy, get_width (viewport), get_height (viewport));
  monge_viewport_queue_draw (viewport);
}

static void
zoom_at (MongeViewport *viewport, float factor, double x, double y)
{
  if (factor != 1.0f)
    note_move (viewport);
  monge_camera_zoom (&viewport->camera, factor, (float) x, (float) y, get_width (viewport),
                     get_height (viewport));
  monge_viewport_queue_draw (viewport);
}

void
monge_viewport_zoom (MongeViewport *viewport, float factor)
{
  zoom_at (viewport, factor, 0.5 * get_width (viewport), 0.5 * get_height (viewport));
}

static void
on_drag_begin (GtkGestureDrag *drag, double x, double y, MongeViewport *viewport)
{
  GdkModifierType state =
      gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (drag));
  guint button = gtk_gesture_single_get_current_button (GTK_GESTURE_SINGLE (drag));

  viewport->drag_x = 0.0;
  viewport->drag_y = 0.0;
  viewport->is_panning = button != GDK_BUTTON_PRIMARY || (state & GDK_SHIFT_MASK) != 0;
  gtk_widget_grab_focus (GTK_WIDGET (viewport));
}

static void
on_drag_update (GtkGestureDrag *drag, double x, double y, MongeViewport *viewport)
{
  float dx = (float) (x - viewport->drag_x), dy = (float) (y - viewport->drag_y);

  viewport->drag_x = x;
  viewport->drag_y = y;
  if (viewport->is_panning)
    monge_viewport_pan (viewport, dx, dy);
  else
    monge_viewport_turn (viewport, dx, dy);
}

static void
on_pressed (GtkGestureClick *click, int n_press, double x, double y, MongeViewport *viewport)
{
  if (n_press == 2)
    monge_viewport_fit (viewport);
}

static void
on_motion (GtkEventControllerMotion *motion, double x, double y, MongeViewport *viewport)
{
  viewport->pointer_x = x;
  viewport->pointer_y = y;
}

static gboolean
on_scroll (GtkEventControllerScroll *scroll, double dx, double dy, MongeViewport *viewport)
{
  zoom_at (viewport, powf (ZOOM_PER_NOTCH, (float) -dy), viewport->pointer_x, viewport->pointer_y);
  return GDK_EVENT_STOP;
}

static void
on_pinch_begin (GtkGesture *gesture, GdkEventSequence *sequence, MongeViewport *viewport)
{
  viewport->pinch = 1.0;
}

static void
on_pinch (GtkGestureZoom *gesture, double scale, MongeViewport *viewport)
{
  double x = viewport->pointer_x, y = viewport->pointer_y;

  gtk_gesture_get_bounding_box_center (GTK_GESTURE (gesture), &x, &y);
  zoom_at (viewport, (float) (scale / viewport->pinch), x, y);
  viewport->pinch = scale;
}

static gboolean
on_key (GtkEventControllerKey *key, guint keyval, guint keycode, GdkModifierType state,
        MongeViewport *viewport)
{
  void (*move) (MongeViewport *, float, float) =
      (state & GDK_SHIFT_MASK) != 0 ? monge_viewport_pan : monge_viewport_turn;

  if ((state & (GDK_CONTROL_MASK | GDK_ALT_MASK)) != 0)
    return GDK_EVENT_PROPAGATE;
  switch (keyval)
    {
    case GDK_KEY_Left:
      move (viewport, -KEY_PIXELS, 0.0f);
      return GDK_EVENT_STOP;
    case GDK_KEY_Right:
      move (viewport, KEY_PIXELS, 0.0f);
      return GDK_EVENT_STOP;
    case GDK_KEY_Up:
      move (viewport, 0.0f, -KEY_PIXELS);
      return GDK_EVENT_STOP;
    case GDK_KEY_Down:
      move (viewport, 0.0f, KEY_PIXELS);
      return GDK_EVENT_STOP;
    default:
      return GDK_EVENT_PROPAGATE;
    }
}

void
monge_viewport_init_input (MongeViewport *viewport)
{
  GtkWidget *widget = GTK_WIDGET (viewport), *area = GTK_WIDGET (viewport->area);
  GtkGesture *drag = gtk_gesture_drag_new (), *click = gtk_gesture_click_new ();
  GtkGesture *pinch = gtk_gesture_zoom_new ();
  GtkEventController *scroll, *motion = gtk_event_controller_motion_new ();
  GtkEventController *keys = gtk_event_controller_key_new ();

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (drag), 0);
  g_signal_connect (drag, "drag-begin", G_CALLBACK (on_drag_begin), viewport);
  g_signal_connect (drag, "drag-update", G_CALLBACK (on_drag_update), viewport);
  gtk_widget_add_controller (area, GTK_EVENT_CONTROLLER (drag));
  g_signal_connect (click, "pressed", G_CALLBACK (on_pressed), viewport);
  gtk_widget_add_controller (area, GTK_EVENT_CONTROLLER (click));
  g_signal_connect (pinch, "begin", G_CALLBACK (on_pinch_begin), viewport);
  g_signal_connect (pinch, "scale-changed", G_CALLBACK (on_pinch), viewport);
  gtk_widget_add_controller (area, GTK_EVENT_CONTROLLER (pinch));
  g_signal_connect (motion, "motion", G_CALLBACK (on_motion), viewport);
  gtk_widget_add_controller (area, motion);
  scroll = gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_VERTICAL);
  g_signal_connect (scroll, "scroll", G_CALLBACK (on_scroll), viewport);
  gtk_widget_add_controller (area, scroll);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (on_key), viewport);
  gtk_widget_add_controller (widget, keys);
  gtk_widget_set_focusable (widget, TRUE);
}
