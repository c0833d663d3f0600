#include "ui/status-line.h"

#include "ui/text.h"

#define UPDATE_MS 250

struct _MongeStatusLine {
  GtkWidget parent_instance;

  GtkWidget *content;
  GtkLabel *state, *marginal, *pace, *rate, *points, *backend, *route;

  MongeSession *session;
  MongeViewport *viewport;
  guint timeout;
};

G_DEFINE_FINAL_TYPE (MongeStatusLine, monge_status_line, GTK_TYPE_WIDGET)

static void
set_text (GtkLabel *label, const char *text)
{
  gtk_widget_set_visible (GTK_WIDGET (label), text != NULL && *text != '\0');
  if (g_strcmp0 (gtk_label_get_text (label), text) != 0)
    gtk_label_set_text (label, text != NULL ? text : "");
}

static const char *
say_what_is_missing (MongeSession *session)
{
  gboolean has_source = monge_session_get_shape (session, MONGE_ROLE_SOURCE) != NULL;
  gboolean has_target = monge_session_get_shape (session, MONGE_ROLE_TARGET) != NULL;

  if (has_source && has_target)
    return "These two shapes cannot flow onto each other";
  if (has_source)
    return "Open a target to begin";
  return has_target ? "Open a source to begin" : "Open two shapes to begin";
}

static void
show_state (MongeStatusLine *line)
{
  MongeRunner *runner = monge_session_get_runner (line->session);
  g_autofree char *message = NULL;
  const MongeFrame *frame = monge_session_get_frame (line->session);

  if (monge_session_is_loading (line->session))
    set_text (line->state, "Loading");
  else if (runner == NULL)
    set_text (line->state, say_what_is_missing (line->session));
  else
    switch (monge_runner_get_state (runner, &message))
      {
      case MONGE_RUNNER_PLAYING:
        set_text (line->state, "Converging");
        break;
      case MONGE_RUNNER_SETTLED:
        set_text (line->state, "Settled: nothing moves any more");
        break;
      case MONGE_RUNNER_FAILED:
        set_text (line->state, message);
        break;
      case MONGE_RUNNER_PAUSED:
      default:
        set_text (line->state, frame != NULL && frame->step > 0 ? "Paused" : "Ready: press play");
        break;
      }
}

static void
show_sample (MongeStatusLine *line)
{
  GArray *samples = monge_session_get_samples (line->session);
  const MongeSample *last;
  g_autofree char *error = NULL, *time = NULL, *marginal = NULL, *pace = NULL;

  if (samples->len == 0)
    {
      set_text (line->marginal, NULL);
      set_text (line->pace, NULL);
      return;
    }
  last = &g_array_index (samples, MongeSample, samples->len - 1);
  error = monge_text_number (last->marginal_error);
  time = monge_text_duration (monge_session_get_step_time (line->session));
  marginal = g_strdup_printf ("marginal error %s%s", error,
                              last->converged ? "" : " (above tolerance)");
  pace = g_strdup_printf ("%s per step", time);
  set_text (line->marginal, marginal);
  set_text (line->pace, pace);
  if (last->converged)
    gtk_widget_remove_css_class (GTK_WIDGET (line->marginal), "caution");
  else
    gtk_widget_add_css_class (GTK_WIDGET (line->marginal), "caution");
}

static void
show_points (MongeStatusLine *line)
{
  MongeShape *source = monge_session_get_shape (line->session, MONGE_ROLE_SOURCE);
  MongeShape *target = monge_session_get_shape (line->session, MONGE_ROLE_TARGET);
  g_autofree char *n = NULL, *m = NULL, *text = NULL;

  if (source != NULL)
    n = monge_text_count (monge_shape_get_n_vertices (source));
  if (target != NULL)
    m = monge_text_count (monge_shape_get_n_vertices (target));
  if (n != NULL && m != NULL)
    text = g_strdup_printf ("%s → %s points", n, m);
  else if (n != NULL || m != NULL)
    text = g_strdup_printf ("%s points", n != NULL ? n : m);
  set_text (line->points, text);
}

/* The way frames of a card travel, if one computes. */
static void
show_route (MongeStatusLine *line)
{
  MongeCudaGl *cuda = monge_viewport_get_cuda (line->viewport);
  gboolean is_on_card = monge_session_is_on_card (line->session);

  set_text (line->route, is_on_card ? monge_cuda_gl_get_label (cuda) : NULL);
  gtk_widget_set_tooltip_text (GTK_WIDGET (line->route), monge_cuda_gl_get_sentence (cuda));
}

/* What draws; and why no card computes, in a build that knows any. */
static char *
describe_graphics (MongeStatusLine *line)
{
  const char *graphics = monge_viewport_get_description (line->viewport);
  MongeCudaGl *cuda = monge_viewport_get_cuda (line->viewport);
  const char *note = monge_cuda_gl_get_sentence (cuda);

  if (monge_cuda_gl_get_route (cuda) != MONGE_CUDA_GL_ABSENT)
    note = monge_session_get_backend_note (line->session);
  if (graphics == NULL)
    graphics = "Without OpenGL";
  return note != NULL ? g_strdup_printf ("%s\n%s", graphics, note) : g_strdup (graphics);
}

static void
show_machine (MongeStatusLine *line)
{
  const char *backend = monge_session_get_backend_description (line->session);
  const char *graphics = monge_viewport_get_description (line->viewport);
  gboolean is_playing = monge_session_get_state (line->session) == MONGE_RUNNER_PLAYING;
  g_autofree char *rate = NULL, *text = NULL, *tooltip = describe_graphics (line);

  if (is_playing && graphics != NULL)
    rate = g_strdup_printf ("%u fps", monge_viewport_get_frame_rate (line->viewport));
  set_text (line->rate, rate);
  if (backend != NULL)
    text = g_strdup (backend);
  set_text (line->backend, text);
  gtk_widget_set_tooltip_text (GTK_WIDGET (line->backend), tooltip);
}

static gboolean
update (gpointer user_data)
{
  MongeStatusLine *line = user_data;

  line->timeout = 0;
  show_state (line);
  show_sample (line);
  show_points (line);
  show_machine (line);
  show_route (line);
  return G_SOURCE_REMOVE;
}

static void
queue_update (MongeStatusLine *line)
{
  if (line->timeout == 0)
    line->timeout = g_timeout_add (UPDATE_MS, update, line);
}

static void
monge_status_line_dispose (GObject *object)
{
  MongeStatusLine *line = MONGE_STATUS_LINE (object);

  g_clear_handle_id (&line->timeout, g_source_remove);
  if (line->session != NULL)
    g_signal_handlers_disconnect_by_data (line->session, line);
  g_clear_pointer (&line->content, gtk_widget_unparent);
  g_clear_object (&line->session);
  g_clear_object (&line->viewport);
  G_OBJECT_CLASS (monge_status_line_parent_class)->dispose (object);
}

static void
monge_status_line_class_init (MongeStatusLineClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = monge_status_line_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/monge/Monge/ui/status-line.ui");
  gtk_widget_class_bind_template_child (widget_class, MongeStatusLine, content);
  gtk_widget_class_bind_template_child (widget_class, MongeStatusLine, state);
  gtk_widget_class_bind_template_child (widget_class, MongeStatusLine, marginal);
  gtk_widget_class_bind_template_child (widget_class, MongeStatusLine, pace);
  gtk_widget_class_bind_template_child (widget_class, MongeStatusLine, rate);
  gtk_widget_class_bind_template_child (widget_class, MongeStatusLine, points);
  gtk_widget_class_bind_template_child (widget_class, MongeStatusLine, backend);
  gtk_widget_class_bind_template_child (widget_class, MongeStatusLine, route);
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
}

static void
monge_status_line_init (MongeStatusLine *line)
{
  gtk_widget_init_template (GTK_WIDGET (line));
}

void
monge_status_line_set_session (MongeStatusLine *line, MongeSession *session,
                               MongeViewport *viewport)
{
  g_return_if_fail (line->session == NULL);

  line->session = g_object_ref (session);
  line->viewport = g_object_ref (viewport);
  g_signal_connect_swapped (session, "frame", G_CALLBACK (queue_update), line);
  g_signal_connect_swapped (session, "shapes-changed", G_CALLBACK (queue_update), line);
  g_signal_connect_swapped (session, "loading-changed", G_CALLBACK (queue_update), line);
  update (line);
}

char *
monge_status_line_dup_text (MongeStatusLine *line)
{
  const GtkLabel *const labels[] = { line->state,  line->marginal, line->pace, line->rate,
                                     line->points, line->backend,  line->route };
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (labels); i++)
    if (gtk_widget_get_visible (GTK_WIDGET (labels[i])))
      g_string_append_printf (text, "%s%s", text->len > 0 ? " · " : "",
                              gtk_label_get_text ((GtkLabel *) labels[i]));
  return g_string_free (text, FALSE);
}
