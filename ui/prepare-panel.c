#include "ui/prepare-panel.h"

#include <string.h>

#include "ui/filter-row.h"
#include "ui/shape-facts.h"
#include "ui/text.h"

/* From the last change to the run: while a slider is dragged nothing is computed that nobody sees. */
#define DELAY_MS 180

struct _MongePreparePanel {
  GtkWidget parent_instance;

  GtkWidget *content;
  GtkLabel *empty;       /* instead of all others while there is no shape */
  GtkWidget *body;
  GtkLabel *problems;
  GtkWidget *repair;
  GtkBox *steps;
  GtkWidget *add;        /* GtkMenuButton */
  GtkWidget *reset;
  GtkLabel *result;
  GtkWidget *running;    /* progress and cancel */
  GtkProgressBar *progress;

  GPtrArray *rows;       /* MongeFilterRow, children of steps */
  MongeFilterChain *chain;
  MongeShape *original;
  char *text;            /* the chain that was shown or sent last */
  guint delay;
};

enum {
  CHAIN_CHANGED,
  CANCEL,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MongePreparePanel, monge_prepare_panel, GTK_TYPE_WIDGET)

static void rebuild (MongePreparePanel *panel);

/* The chain, from the rows */

static void
store_rows (MongePreparePanel *panel)
{
  for (guint i = 0; i < panel->rows->len; i++)
    monge_filter_row_store (g_ptr_array_index (panel->rows, i),
                            monge_filter_chain_get_step (panel->chain, i));
}

static void
send_chain (MongePreparePanel *panel)
{
  g_clear_handle_id (&panel->delay, g_source_remove);
  g_free (panel->text);
  panel->text = monge_filter_chain_print (panel->chain);
  g_signal_emit (panel, signals[CHAIN_CHANGED], 0, panel->text);
}

static gboolean
send_delayed (gpointer user_data)
{
  MongePreparePanel *panel = user_data;

  panel->delay = 0;
  send_chain (panel);
  return G_SOURCE_REMOVE;
}

static void
on_row_changed (MongeFilterRow *row, MongePreparePanel *panel)
{
  store_rows (panel);
  g_clear_handle_id (&panel->delay, g_source_remove);
  panel->delay = g_timeout_add (DELAY_MS, send_delayed, panel);
}

static guint
find_row (MongePreparePanel *panel, MongeFilterRow *row)
{
  guint index = 0;

  g_ptr_array_find (panel->rows, row, &index);
  return index;
}

static void
on_row_moved (MongeFilterRow *row, int by, MongePreparePanel *panel)
{
  guint index = find_row (panel, row);

  if ((by < 0 && index == 0) || (by > 0 && index + 1 >= panel->rows->len))
    return;
  monge_filter_chain_move (panel->chain, index, (guint) ((int) index + by));
  rebuild (panel);
  send_chain (panel);
}

static void
on_row_removed (MongeFilterRow *row, MongePreparePanel *panel)
{
  monge_filter_chain_remove (panel->chain, find_row (panel, row));
  rebuild (panel);
  send_chain (panel);
}

static void
on_reset (GtkButton *button, MongePreparePanel *panel)
{
  while (monge_filter_chain_get_length (panel->chain) > 0)
    monge_filter_chain_remove (panel->chain, 0);
  rebuild (panel);
  send_chain (panel);
}

static void
on_cancel (GtkButton *button, MongePreparePanel *panel)
{
  g_signal_emit (panel, signals[CANCEL], 0);
}

void
monge_prepare_panel_add_step (MongePreparePanel *panel, const MongeFilter *filter)
{
  g_return_if_fail (filter != NULL);

  monge_filter_chain_insert (panel->chain, G_MAXUINT, filter);
  rebuild (panel);
  send_chain (panel);
}

/* A repair comes first: the steps after it work on what is sound. */
static void
on_repair (GtkButton *button, MongePreparePanel *panel)
{
  const MongeFilter *repair = monge_filter_find ("repair");

  monge_filter_chain_insert (panel->chain, 0, repair);
  rebuild (panel);
  send_chain (panel);
}

char *
monge_prepare_panel_dup_chain (MongePreparePanel *panel)
{
  return monge_filter_chain_print (panel->chain);
}

/* The rows, from the chain */

static void
connect_row (MongePreparePanel *panel, GtkWidget *row)
{
  g_signal_connect (row, "changed", G_CALLBACK (on_row_changed), panel);
  g_signal_connect (row, "move", G_CALLBACK (on_row_moved), panel);
  g_signal_connect (row, "remove", G_CALLBACK (on_row_removed), panel);
  gtk_box_append (panel->steps, row);
  g_ptr_array_add (panel->rows, row);
}

static void
rebuild (MongePreparePanel *panel)
{
  guint n = monge_filter_chain_get_length (panel->chain);

  for (guint i = 0; i < panel->rows->len; i++)
    gtk_box_remove (panel->steps, g_ptr_array_index (panel->rows, i));
  g_ptr_array_set_size (panel->rows, 0);
  for (guint i = 0; i < n; i++)
    {
      MongeFilterStep *step = monge_filter_chain_get_step (panel->chain, i);
      GtkWidget *row = monge_filter_row_new (step->filter);

      connect_row (panel, row);
      if (panel->original != NULL)
        monge_filter_row_set_shape (MONGE_FILTER_ROW (row), panel->original);
      monge_filter_row_load (MONGE_FILTER_ROW (row), step);
      monge_filter_row_set_place (MONGE_FILTER_ROW (row), i, n);
    }
  gtk_widget_set_visible (GTK_WIDGET (panel->steps), n > 0);
  gtk_widget_set_visible (panel->reset, n > 0);
}

/* The menu */

static void
on_filter_clicked (GtkButton *button, MongePreparePanel *panel)
{
  const MongeFilter *filter = g_object_get_data (G_OBJECT (button), "filter");

  gtk_menu_button_popdown (GTK_MENU_BUTTON (panel->add));
  monge_prepare_panel_add_step (panel, filter);
}

static GtkWidget *
build_label (const char *text, const char *css_class)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  if (css_class != NULL)
    gtk_widget_add_css_class (label, css_class);
  return label;
}

/* One line of the menu: name, and what it does or why it cannot. */
static GtkWidget *
build_filter_button (MongePreparePanel *panel, const MongeFilter *filter)
{
  GtkWidget *button = gtk_button_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  const char *reason = NULL;
  gboolean can = panel->original != NULL && filter->takes (panel->original, &reason);
  GtkWidget *detail = build_label (!can && reason != NULL ? reason : filter->description, "detail");

  gtk_label_set_max_width_chars (GTK_LABEL (detail), 44);
  gtk_box_append (GTK_BOX (box), build_label (filter->label, NULL));
  gtk_box_append (GTK_BOX (box), detail);
  gtk_button_set_child (GTK_BUTTON (button), box);
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_add_css_class (button, "menu-line");
  gtk_widget_set_sensitive (button, can);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  filter->label, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  filter->description, -1);
  g_object_set_data (G_OBJECT (button), "filter", (gpointer) filter);
  g_signal_connect (button, "clicked", G_CALLBACK (on_filter_clicked), panel);
  return button;
}

/* Made whenever it opens: which filters can do something depends on the shape. */
static void
build_menu (GtkMenuButton *menu_button, gpointer user_data)
{
  GtkWidget *popover = gtk_popover_new ();
  GtkWidget *scroller = gtk_scrolled_window_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  for (const MongeFilter *filter = monge_filters; filter->name != NULL; filter++)
    gtk_box_append (GTK_BOX (box), build_filter_button (user_data, filter));
  gtk_widget_set_size_request (box, 340, -1);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_NEVER,
                                  GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_propagate_natural_height (GTK_SCROLLED_WINDOW (scroller), TRUE);
  gtk_scrolled_window_set_max_content_height (GTK_SCROLLED_WINDOW (scroller), 420);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), box);
  gtk_popover_set_child (GTK_POPOVER (popover), scroller);
  gtk_menu_button_set_popover (menu_button, popover);
}

/* What came out */

/* "13,218 → 5,000 faces", or "6,611 points, as opened" */
static char *
describe_result (MongeShape *original, MongeShape *result)
{
  gboolean has_faces = monge_shape_get_kind (original) == MONGE_SHAPE_SURFACE
                       && monge_shape_get_kind (result) == MONGE_SHAPE_SURFACE;
  gsize before = has_faces ? monge_shape_get_n_cells (original)
                           : monge_shape_get_n_vertices (original);
  gsize after = has_faces ? monge_shape_get_n_cells (result)
                          : monge_shape_get_n_vertices (result);
  const char *what = has_faces ? "faces" : "points";
  g_autofree char *from = monge_text_count (before), *to = monge_text_count (after);

  if (result == original)
    return g_strdup_printf ("%s %s, as opened", to, what);
  if (before == after)
    return g_strdup_printf ("%s %s, as many as before", to, what);
  return g_strdup_printf ("%s → %s %s", from, to, what);
}

static void
show_result (MongePreparePanel *panel, const MongePrepareState *state)
{
  g_autofree char *text = NULL;

  if (state->error != NULL)
    text = g_strdup (state->error);
  else if (state->is_running)
    text = g_strdup ("");
  else if (state->result != NULL)
    text = describe_result (state->original, state->result);
  gtk_label_set_text (panel->result, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (panel->result), text != NULL && *text != '\0');
  if (state->error != NULL)
    gtk_widget_add_css_class (GTK_WIDGET (panel->result), "caution");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (panel->result), "caution");
  gtk_widget_set_visible (panel->running, state->is_running);
  gtk_progress_bar_set_fraction (panel->progress, state->progress);
}

static void
show_problems (MongePreparePanel *panel, const MongePrepareState *state)
{
  const MongeFilter *repair = monge_filter_find ("repair");
  gboolean has_repair = FALSE;
  g_autofree char *list = NULL;

  for (guint i = 0; i < monge_filter_chain_get_length (panel->chain); i++)
    has_repair |= monge_filter_chain_get_step (panel->chain, i)->filter == repair;
  if (state->problems != NULL)
    list = state->problems[0] != NULL ? g_strjoinv ("\n", (char **) state->problems)
                                      : g_strdup ("Nothing is wrong with it");
  gtk_label_set_text (panel->problems, list != NULL ? list : "Looking for what is wrong…");
  gtk_widget_set_visible (panel->repair, repair != NULL && state->needs_repair && !has_repair);
}

/* Notes belong to the steps that are on, in their order. */
static void
show_notes (MongePreparePanel *panel, const char *const *notes)
{
  guint next = 0;

  for (guint i = 0; i < panel->rows->len; i++)
    {
      gboolean is_on = monge_filter_chain_get_step (panel->chain, i)->is_on;
      const char *note = is_on && notes != NULL && notes[next] != NULL ? notes[next++] : NULL;

      monge_filter_row_set_note (g_ptr_array_index (panel->rows, i), note);
    }
}

/* Rows that the person is working at are left alone as long as they say the same. */
static void
take_chain (MongePreparePanel *panel, const char *text)
{
  g_autoptr (MongeFilterChain) chain = NULL;

  if (panel->delay != 0 || g_strcmp0 (text, panel->text) == 0)
    return;
  chain = monge_filter_chain_parse (text, NULL);
  if (chain == NULL)
    chain = monge_filter_chain_new ();
  g_clear_pointer (&panel->chain, monge_filter_chain_free);
  panel->chain = g_steal_pointer (&chain);
  g_free (panel->text);
  panel->text = g_strdup (text);
  rebuild (panel);
}

void
monge_prepare_panel_show (MongePreparePanel *panel, const MongePrepareState *state)
{
  gboolean is_other = panel->original != state->original;

  gtk_widget_set_visible (GTK_WIDGET (panel->empty), state->original == NULL);
  gtk_widget_set_visible (panel->body, state->original != NULL);
  if (is_other)
    {
      g_clear_handle_id (&panel->delay, g_source_remove);
      g_clear_pointer (&panel->original, monge_shape_unref);
      panel->original = state->original != NULL ? monge_shape_ref (state->original) : NULL;
      g_clear_pointer (&panel->text, g_free);
    }
  take_chain (panel, state->chain != NULL ? state->chain : "");
  if (state->original == NULL)
    return;
  show_problems (panel, state);
  show_notes (panel, state->is_running ? NULL : state->notes);
  show_result (panel, state);
}

/* The widget */

static void
monge_prepare_panel_dispose (GObject *object)
{
  MongePreparePanel *panel = MONGE_PREPARE_PANEL (object);

  g_clear_handle_id (&panel->delay, g_source_remove);
  g_clear_pointer (&panel->content, gtk_widget_unparent);
  g_clear_pointer (&panel->rows, g_ptr_array_unref);
  g_clear_pointer (&panel->chain, monge_filter_chain_free);
  g_clear_pointer (&panel->original, monge_shape_unref);
  g_clear_pointer (&panel->text, g_free);
  G_OBJECT_CLASS (monge_prepare_panel_parent_class)->dispose (object);
}

static void
monge_prepare_panel_class_init (MongePreparePanelClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);
  GType type = G_TYPE_FROM_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = monge_prepare_panel_dispose;
  signals[CHAIN_CHANGED] = g_signal_new ("chain-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                         NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[CANCEL] = g_signal_new ("cancel", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 0);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/monge/Monge/ui/prepare-panel.ui");
  gtk_widget_class_bind_template_child (widget_class, MongePreparePanel, content);
  gtk_widget_class_bind_template_child (widget_class, MongePreparePanel, empty);
  gtk_widget_class_bind_template_child (widget_class, MongePreparePanel, body);
  gtk_widget_class_bind_template_child (widget_class, MongePreparePanel, problems);
  gtk_widget_class_bind_template_child (widget_class, MongePreparePanel, repair);
  gtk_widget_class_bind_template_child (widget_class, MongePreparePanel, steps);
  gtk_widget_class_bind_template_child (widget_class, MongePreparePanel, add);
  gtk_widget_class_bind_template_child (widget_class, MongePreparePanel, reset);
  gtk_widget_class_bind_template_child (widget_class, MongePreparePanel, result);
  gtk_widget_class_bind_template_child (widget_class, MongePreparePanel, running);
  gtk_widget_class_bind_template_child (widget_class, MongePreparePanel, progress);
  gtk_widget_class_bind_template_callback (widget_class, on_repair);
  gtk_widget_class_bind_template_callback (widget_class, on_reset);
  gtk_widget_class_bind_template_callback (widget_class, on_cancel);
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
}

static void
monge_prepare_panel_init (MongePreparePanel *panel)
{
  gtk_widget_init_template (GTK_WIDGET (panel));
  panel->rows = g_ptr_array_new ();
  panel->chain = monge_filter_chain_new ();
  gtk_menu_button_set_create_popup_func (GTK_MENU_BUTTON (panel->add), build_menu, panel, NULL);
}

GtkWidget *
monge_prepare_panel_new (void)
{
  return g_object_new (MONGE_TYPE_PREPARE_PANEL, NULL);
}
