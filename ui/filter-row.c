#include "ui/filter-row.h"

#include <math.h>

#include "ui/option-group.h"

struct _MongeFilterRow {
  GtkBox parent_instance;

  const MongeFilter *filter;
  GtkWidget *check, *up, *down;
  MongeOptionGroup *options;
  GtkLabel *note;
  gboolean is_loading;
};

enum {
  CHANGED,
  MOVE,
  REMOVE,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MongeFilterRow, monge_filter_row, GTK_TYPE_BOX)

static void
on_toggled (GtkCheckButton *check, MongeFilterRow *row)
{
  gtk_widget_set_sensitive (GTK_WIDGET (row->options), gtk_check_button_get_active (check));
  if (!row->is_loading)
    g_signal_emit (row, signals[CHANGED], 0);
}

static void
on_option_changed (MongeOptionGroup *options, MongeFilterRow *row)
{
  g_signal_emit (row, signals[CHANGED], 0);
}

static void
on_up (GtkButton *button, MongeFilterRow *row)
{
  g_signal_emit (row, signals[MOVE], 0, -1);
}

static void
on_down (GtkButton *button, MongeFilterRow *row)
{
  g_signal_emit (row, signals[MOVE], 0, 1);
}

static void
on_remove (GtkButton *button, MongeFilterRow *row)
{
  g_signal_emit (row, signals[REMOVE], 0);
}

static void
monge_filter_row_class_init (MongeFilterRowClass *class)
{
  GType type = G_TYPE_FROM_CLASS (class);

  signals[CHANGED] = g_signal_new ("changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 0);
  signals[MOVE] = g_signal_new ("move", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                1, G_TYPE_INT);
  signals[REMOVE] = g_signal_new ("remove", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 0);
}

static void
monge_filter_row_init (MongeFilterRow *row)
{
  gtk_orientable_set_orientation (GTK_ORIENTABLE (row), GTK_ORIENTATION_VERTICAL);
  gtk_widget_add_css_class (GTK_WIDGET (row), "filter-row");
}

static GtkWidget *
build_button (MongeFilterRow *row, const char *icon, const char *verb, GCallback callback)
{
  GtkWidget *button = gtk_button_new_from_icon_name (icon);
  g_autofree char *label = g_strdup_printf ("%s: %s", row->filter->label, verb);

  gtk_widget_add_css_class (button, "flat");
  gtk_widget_add_css_class (button, "small");
  gtk_widget_set_focus_on_click (button, FALSE);
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_set_tooltip_text (button, verb);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                  -1);
  g_signal_connect (button, "clicked", callback, row);
  return button;
}

static GtkWidget *
build_header (MongeFilterRow *row)
{
  GtkWidget *header = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 2);

  row->check = gtk_check_button_new_with_label (row->filter->label);
  gtk_widget_set_hexpand (row->check, TRUE);
  gtk_widget_set_tooltip_text (row->check, row->filter->description);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row->check), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  row->filter->description, -1);
  g_signal_connect (row->check, "toggled", G_CALLBACK (on_toggled), row);
  row->up = build_button (row, "go-up-symbolic", "Earlier", G_CALLBACK (on_up));
  row->down = build_button (row, "go-down-symbolic", "Later", G_CALLBACK (on_down));
  gtk_box_append (GTK_BOX (header), row->check);
  gtk_box_append (GTK_BOX (header), row->up);
  gtk_box_append (GTK_BOX (header), row->down);
  gtk_box_append (GTK_BOX (header), build_button (row, "list-remove-symbolic", "Remove",
                                                  G_CALLBACK (on_remove)));
  return header;
}

static MongeOptionGroup *
build_options (MongeFilterRow *row)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new ();
  g_autoptr (GtkSizeGroup) names = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  g_autoptr (GtkSizeGroup) numbers = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  GtkWidget *group;

  for (const MongeOption *option = row->filter->options; option->key != NULL; option++)
    g_ptr_array_add (keys, (gpointer) option->key);
  g_ptr_array_add (keys, NULL);
  group = monge_option_group_new (NULL, row->filter->options, (const char *const *) keys->pdata);
  monge_option_group_join (MONGE_OPTION_GROUP (group), names, numbers);
  gtk_widget_set_visible (group, row->filter->options[0].key != NULL);
  g_signal_connect (group, "changed", G_CALLBACK (on_option_changed), row);
  return MONGE_OPTION_GROUP (group);
}

GtkWidget *
monge_filter_row_new (const MongeFilter *filter)
{
  MongeFilterRow *row = g_object_new (MONGE_TYPE_FILTER_ROW, NULL);

  row->filter = filter;
  row->options = build_options (row);
  row->note = GTK_LABEL (gtk_label_new (NULL));
  gtk_label_set_xalign (row->note, 0.0f);
  gtk_label_set_wrap (row->note, TRUE);
  gtk_label_set_wrap_mode (row->note, PANGO_WRAP_WORD_CHAR);
  gtk_widget_add_css_class (GTK_WIDGET (row->note), "detail");
  gtk_widget_set_visible (GTK_WIDGET (row->note), FALSE);
  gtk_box_append (GTK_BOX (row), build_header (row));
  gtk_box_append (GTK_BOX (row), GTK_WIDGET (row->options));
  gtk_box_append (GTK_BOX (row), GTK_WIDGET (row->note));
  return GTK_WIDGET (row);
}

const MongeFilter *
monge_filter_row_get_filter (MongeFilterRow *row)
{
  return row->filter;
}

void
monge_filter_row_load (MongeFilterRow *row, const MongeFilterStep *step)
{
  row->is_loading = TRUE;
  gtk_check_button_set_active (GTK_CHECK_BUTTON (row->check), step->is_on);
  gtk_widget_set_sensitive (GTK_WIDGET (row->options), step->is_on);
  monge_option_group_load (row->options, step->params, row->filter->defaults);
  row->is_loading = FALSE;
}

void
monge_filter_row_store (MongeFilterRow *row, MongeFilterStep *step)
{
  step->is_on = gtk_check_button_get_active (GTK_CHECK_BUTTON (row->check));
  monge_option_group_store (row->options, step->params);
}

/* Lengths up to the shape's own, counts up to what there is, shares up to all of it. */
static double
get_most (const MongeOption *option, const MongeShape *shape)
{
  gsize n_cells = monge_shape_get_n_cells (shape);

  if (g_str_equal (option->unit, "length"))
    return monge_shape_get_diameter (shape);
  if (g_str_equal (option->unit, "%"))
    return MIN (option->maximum, 100.0);
  if (option->type != MONGE_OPTION_INT)
    return isfinite (option->maximum) ? option->maximum : option->minimum + 1.0;
  return (double) (g_str_equal (option->key, "faces") && n_cells > 0
                       ? n_cells : monge_shape_get_n_vertices (shape));
}

/* A logarithmic slider needs a beginning: one, a thousandth of a length, a millionth of a share. What
 * is less can be typed. */
static double
get_least (const MongeOption *option, double most)
{
  if (!option->logarithmic)
    return option->minimum;
  if (option->type == MONGE_OPTION_INT)
    return MAX (option->minimum, 1.0);
  return MAX (option->minimum, g_str_equal (option->unit, "%") ? most / 1e6 : most / 1000.0);
}

void
monge_filter_row_set_shape (MongeFilterRow *row, const MongeShape *shape)
{
  const char *unit = monge_shape_get_unit (shape);

  monge_option_group_set_unit (row->options, unit != NULL ? unit : "units");
  for (const MongeOption *option = row->filter->options; option->key != NULL; option++)
    {
      double most = get_most (option, shape);

      if (option->type != MONGE_OPTION_DOUBLE && option->type != MONGE_OPTION_INT)
        continue;
      monge_option_row_set_range (monge_option_group_find (row->options, option->key),
                                  get_least (option, most), most);
    }
}

void
monge_filter_row_set_note (MongeFilterRow *row, const char *note)
{
  gtk_label_set_text (row->note, note != NULL ? note : "");
  gtk_widget_set_visible (GTK_WIDGET (row->note), note != NULL && *note != '\0');
}

void
monge_filter_row_set_place (MongeFilterRow *row, guint index, guint n_steps)
{
  gtk_widget_set_visible (row->up, n_steps > 1);
  gtk_widget_set_visible (row->down, n_steps > 1);
  gtk_widget_set_sensitive (row->up, index > 0);
  gtk_widget_set_sensitive (row->down, index + 1 < n_steps);
}
