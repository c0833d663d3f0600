#include "ui/window-private.h"

#include <math.h>

#include "ui/settings.h"
#include "ui/space-bar.h"

#define MESSAGE_S 8

G_DEFINE_FINAL_TYPE (MongeWindow, monge_window, GTK_TYPE_APPLICATION_WINDOW)

static void
show_title (MongeWindow *window)
{
  MongeShape *source = monge_session_get_shape (window->session, MONGE_ROLE_SOURCE);
  MongeShape *target = monge_session_get_shape (window->session, MONGE_ROLE_TARGET);
  g_autofree char *title = NULL;

  if (source != NULL && target != NULL)
    title = g_strdup_printf ("Monge — %s → %s", monge_shape_get_name (source),
                             monge_shape_get_name (target));
  else if (source != NULL || target != NULL)
    title = g_strdup_printf ("Monge — %s", monge_shape_get_name (source != NULL ? source : target));
  gtk_window_set_title (GTK_WINDOW (window), title != NULL ? title : "Monge");
  gtk_label_set_text (window->title, title != NULL ? title : "Monge");
}

static void
on_shapes_changed (MongeSession *session, MongeWindow *window)
{
  show_title (window);
  monge_window_update_actions (window);
}

static void
on_message (MongeSession *session, const char *text, gboolean is_error, MongeWindow *window)
{
  monge_window_show_message (window, text, is_error);
  monge_window_update_actions (window); /* a card that failed is no longer what was chosen */
}

static void
on_labels_wanted (MongeSession *session, MongeItem *item, MongeWindow *window)
{
  monge_window_choose_labels (window, item);
}

static gboolean
on_drop (GtkDropTarget *target, const GValue *value, double x, double y, MongeWindow *window)
{
  g_autoptr (GListStore) files = g_list_store_new (G_TYPE_FILE);
  GSList *list = gdk_file_list_get_files (g_value_get_boxed (value));

  for (GSList *item = list; item != NULL; item = item->next)
    g_list_store_append (files, item->data);
  g_slist_free (list);
  monge_window_open_files (window, G_LIST_MODEL (files));
  return TRUE;
}

static void
accept_drops (MongeWindow *window)
{
  GtkDropTarget *target = gtk_drop_target_new (GDK_TYPE_FILE_LIST, GDK_ACTION_COPY);

  g_signal_connect (target, "drop", G_CALLBACK (on_drop), window);
  gtk_widget_add_controller (GTK_WIDGET (window), GTK_EVENT_CONTROLLER (target));
}

static gboolean
monge_window_close_request (GtkWindow *gtk_window)
{
  int width, height;

  if (!gtk_window_is_maximized (gtk_window))
    {
      gtk_window_get_default_size (gtk_window, &width, &height);
      monge_settings_set_int ("window-width", width);
      monge_settings_set_int ("window-height", height);
    }
  return GTK_WINDOW_CLASS (monge_window_parent_class)->close_request (gtk_window);
}

static void
monge_window_dispose (GObject *object)
{
  MongeWindow *window = MONGE_WINDOW (object);

  g_clear_handle_id (&window->message_timeout, g_source_remove);
  monge_window_forget_selected (window);
  g_clear_object (&window->problems);
  if (window->session != NULL)
    g_signal_handlers_disconnect_by_data (window->session, window);
  g_clear_object (&window->session);
  G_OBJECT_CLASS (monge_window_parent_class)->dispose (object);
}

static void
monge_window_finalize (GObject *object)
{
  g_ptr_array_unref (MONGE_WINDOW (object)->exports);
  G_OBJECT_CLASS (monge_window_parent_class)->finalize (object);
}

static void
monge_window_class_init (MongeWindowClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = monge_window_dispose;
  G_OBJECT_CLASS (class)->finalize = monge_window_finalize;
  GTK_WINDOW_CLASS (class)->close_request = monge_window_close_request;
  g_type_ensure (MONGE_TYPE_SHAPE_PANEL);
  g_type_ensure (MONGE_TYPE_INSPECTOR);
  g_type_ensure (MONGE_TYPE_PREPARE_PANEL);
  g_type_ensure (MONGE_TYPE_STYLE_PANEL);
  g_type_ensure (MONGE_TYPE_VIEWPORT);
  g_type_ensure (MONGE_TYPE_LOSS_PANEL);
  g_type_ensure (MONGE_TYPE_FLOW_BAR);
  g_type_ensure (MONGE_TYPE_STATUS_LINE);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/monge/Monge/ui/window.ui");
  gtk_widget_class_bind_template_child (widget_class, MongeWindow, title);
  gtk_widget_class_bind_template_child (widget_class, MongeWindow, example_button);
  gtk_widget_class_bind_template_child (widget_class, MongeWindow, screenshot_button);
  gtk_widget_class_bind_template_child (widget_class, MongeWindow, message_revealer);
  gtk_widget_class_bind_template_child (widget_class, MongeWindow, message_box);
  gtk_widget_class_bind_template_child (widget_class, MongeWindow, message);
  gtk_widget_class_bind_template_child (widget_class, MongeWindow, left);
  gtk_widget_class_bind_template_child (widget_class, MongeWindow, right);
  gtk_widget_class_bind_template_child (widget_class, MongeWindow, shape_panel);
  gtk_widget_class_bind_template_child (widget_class, MongeWindow, side_stack);
  gtk_widget_class_bind_template_child (widget_class, MongeWindow, style_panel);
  gtk_widget_class_bind_template_child (widget_class, MongeWindow, inspector);
  gtk_widget_class_bind_template_child (widget_class, MongeWindow, prepare_panel);
  gtk_widget_class_bind_template_child (widget_class, MongeWindow, viewport);
  gtk_widget_class_bind_template_child (widget_class, MongeWindow, loss_panel);
  gtk_widget_class_bind_template_child (widget_class, MongeWindow, flow_bar);
  gtk_widget_class_bind_template_child (widget_class, MongeWindow, status_line);
}

static void
monge_window_init (MongeWindow *window)
{
  window->exports = g_ptr_array_new ();
  gtk_widget_init_template (GTK_WIDGET (window));
  accept_drops (window);
}

static void
set_session (MongeWindow *window, MongeSession *session)
{
  GtkWidget *message = GTK_WIDGET (window->message_revealer);

  window->session = g_object_ref (session);
  gtk_box_insert_child_after (GTK_BOX (gtk_widget_get_parent (message)),
                              monge_space_bar_new (monge_session_get_document (session)), message);
  monge_viewport_set_session (window->viewport, session);
  monge_window_connect_shapes (window);
  monge_style_panel_set_viewport (window->style_panel, window->viewport, session);
  monge_loss_panel_set_session (window->loss_panel, session);
  monge_flow_bar_set_session (window->flow_bar, session);
  monge_status_line_set_session (window->status_line, session, window->viewport);
  g_signal_connect (session, "shapes-changed", G_CALLBACK (on_shapes_changed), window);
  g_signal_connect_swapped (session, "params-changed", G_CALLBACK (monge_window_update_actions),
                            window);
  g_signal_connect_swapped (session, "loading-changed", G_CALLBACK (monge_window_update_actions),
                            window);
  g_signal_connect_object (monge_session_get_document (session), "look-changed",
                           G_CALLBACK (monge_window_update_actions), window, G_CONNECT_SWAPPED);
  g_signal_connect (session, "message", G_CALLBACK (on_message), window);
  g_signal_connect (session, "labels-wanted", G_CALLBACK (on_labels_wanted), window);
}

MongeWindow *
monge_window_new (GtkApplication *application, MongeSession *session)
{
  MongeWindow *window = g_object_new (MONGE_TYPE_WINDOW, "application", application, NULL);

  gtk_window_set_default_size (GTK_WINDOW (window), monge_settings_get_int ("window-width", 1280),
                               monge_settings_get_int ("window-height", 800));
  set_session (window, session);
  monge_window_install_actions (window);
  on_shapes_changed (session, window);
  gtk_window_set_focus (GTK_WINDOW (window), GTK_WIDGET (window->viewport));
  return window;
}

MongeSession *
monge_window_get_session (MongeWindow *window)
{
  return window->session;
}

MongeViewport *
monge_window_get_viewport (MongeWindow *window)
{
  return window->viewport;
}

char *
monge_window_dup_status (MongeWindow *window)
{
  return monge_status_line_dup_text (window->status_line);
}

const char *
monge_window_get_message (MongeWindow *window)
{
  return gtk_revealer_get_reveal_child (window->message_revealer)
             ? gtk_label_get_text (window->message)
             : NULL;
}

/* Good news goes away by itself. */
static gboolean
hide_message (gpointer user_data)
{
  MongeWindow *window = user_data;

  window->message_timeout = 0;
  gtk_revealer_set_reveal_child (window->message_revealer, FALSE);
  return G_SOURCE_REMOVE;
}

void
monge_window_show_message (MongeWindow *window, const char *text, gboolean is_error)
{
  gtk_label_set_text (window->message, text);
  if (is_error)
    gtk_widget_add_css_class (GTK_WIDGET (window->message_box), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (window->message_box), "error");
  gtk_revealer_set_reveal_child (window->message_revealer, TRUE);
  g_clear_handle_id (&window->message_timeout, g_source_remove);
  if (!is_error)
    window->message_timeout = g_timeout_add_seconds (MESSAGE_S, hide_message, window);
}

void
monge_window_open_files (MongeWindow *window, GListModel *files)
{
  g_autoptr (GStrvBuilder) paths = g_strv_builder_new ();
  g_auto (GStrv) list = NULL;

  for (guint i = 0; i < g_list_model_get_n_items (files); i++)
    {
      g_autoptr (GFile) file = g_list_model_get_item (files, i);
      g_autofree char *path = g_file_get_path (file);

      if (path != NULL)
        g_strv_builder_add (paths, path);
      else
        monge_window_show_message (window, "Only files of this machine can be opened", TRUE);
    }
  list = g_strv_builder_end (paths);
  monge_session_open_files (window->session, (const char *const *) list);
}
