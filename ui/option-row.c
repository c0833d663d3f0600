#include "ui/option-row.h"

#include <math.h>

#include "ui/text.h"

#define FEW_VALUES 4

struct _MongeOptionRow {
  GtkBox parent_instance;

  const MongeOption *option;
  double value, default_value; /* the truth; the slider may show less of it */
  int choice, default_choice;
  char *text, *default_text;   /* of a text, what was taken last */
  double minimum, maximum;     /* of the slider */
  char *unit;
  gboolean loading;            /* signals come from monge_option_row_load() */

  GtkWidget *line;
  GtkWidget *name;
  GtkWidget *scale;
  GtkWidget *number;           /* entry and unit */
  GtkWidget *entry;
  GtkWidget *unit_label;
  GtkWidget *drop_down;
  GtkWidget *check;
  GtkWidget *text_entry;
  GtkWidget *reset;
};

enum {
  CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MongeOptionRow, monge_option_row, GTK_TYPE_BOX)

static gboolean
has_few_values (const MongeOption *option)
{
  return option->type == MONGE_OPTION_INT && option->maximum - option->minimum < FEW_VALUES;
}

static double
to_slider (MongeOptionRow *row, double value)
{
  return row->option->logarithmic ? log10 (MAX (value, G_MINDOUBLE)) : value;
}

static double
from_slider (MongeOptionRow *row, double position)
{
  double value = row->option->logarithmic ? pow (10.0, position) : position;
  double decade;

  if (row->option->type == MONGE_OPTION_INT)
    return round (value);
  if (!(value > 0.0))
    return value;
  decade = pow (10.0, floor (log10 (value)) - 2.0); /* three digits: what the entry shows */
  return round (value / decade) * decade;
}

static char *
print_value (MongeOptionRow *row)
{
  if (row->option->type == MONGE_OPTION_INT)
    return g_strdup_printf ("%.0f", row->value);
  return monge_text_number (row->value);
}

static gboolean
is_being_typed_in (MongeOptionRow *row)
{
  return (gtk_widget_get_state_flags (row->entry) & GTK_STATE_FLAG_FOCUS_WITHIN) != 0;
}

static void
show_value (MongeOptionRow *row)
{
  g_autofree char *text = print_value (row);
  g_autofree char *spoken = g_strjoin (" ", text, row->unit != NULL ? row->unit : "", NULL);
  GtkAdjustment *adjustment = gtk_range_get_adjustment (GTK_RANGE (row->scale));
  gboolean was_loading = row->loading;

  row->loading = TRUE;
  gtk_adjustment_set_value (adjustment, isinf (row->value) ? gtk_adjustment_get_upper (adjustment)
                                                           : to_slider (row, row->value));
  row->loading = was_loading;
  if (!was_loading || !is_being_typed_in (row))
    gtk_editable_set_text (GTK_EDITABLE (row->entry), text);
  gtk_widget_set_sensitive (row->scale, !isinf (row->value));
  gtk_accessible_update_property (GTK_ACCESSIBLE (row->scale), GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT,
                                  spoken, -1);
}

static gboolean
is_default (MongeOptionRow *row)
{
  if (row->text_entry != NULL)
    return g_strcmp0 (row->text, row->default_text) == 0;
  if (row->drop_down != NULL || row->check != NULL)
    return row->choice == row->default_choice;
  if (isinf (row->value) || isinf (row->default_value))
    return row->value == row->default_value;
  return fabs (row->value - row->default_value) <= 1e-9 * fabs (row->default_value);
}

/* Kept in place while invisible, so that nothing moves. */
static void
show_reset (MongeOptionRow *row)
{
  gboolean useful = !is_default (row);

  gtk_widget_set_opacity (row->reset, useful ? 1.0 : 0.0);
  gtk_widget_set_sensitive (row->reset, useful);
}

static void
emit_changed (MongeOptionRow *row)
{
  show_reset (row);
  if (!row->loading)
    g_signal_emit (row, signals[CHANGED], 0);
}

static void
set_value (MongeOptionRow *row, double value)
{
  value = CLAMP (value, row->option->minimum, row->option->maximum);
  if (value == row->value)
    {
      show_value (row);
      return;
    }
  row->value = value;
  show_value (row);
  emit_changed (row);
}

static void
on_slider_moved (GtkRange *range, MongeOptionRow *row)
{
  if (!row->loading)
    set_value (row, from_slider (row, gtk_range_get_value (range)));
}

static void
take_entry (MongeOptionRow *row)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (row->entry));
  g_autofree char *shown = print_value (row);
  double value;

  if (g_str_equal (text, shown))
    return;
  if (monge_text_parse (text, &value))
    set_value (row, value);
  else
    show_value (row);
}

static void
on_entry_left (GtkEventControllerFocus *focus, MongeOptionRow *row)
{
  take_entry (row);
}

/* Up and down move by a hundredth of the slider. */
static gboolean
on_entry_key (GtkEventControllerKey *key, guint keyval, guint keycode, GdkModifierType state,
              MongeOptionRow *row)
{
  int direction = keyval == GDK_KEY_Up ? 1 : keyval == GDK_KEY_Down ? -1 : 0;
  GtkAdjustment *adjustment = gtk_range_get_adjustment (GTK_RANGE (row->scale));
  double position;

  if (direction == 0 || isinf (row->value))
    return GDK_EVENT_PROPAGATE;
  take_entry (row);
  position = to_slider (row, row->value);
  position += direction * gtk_adjustment_get_step_increment (adjustment);
  set_value (row, from_slider (row, position));
  return GDK_EVENT_STOP;
}

static void
on_chosen (GtkDropDown *drop_down, GParamSpec *pspec, MongeOptionRow *row)
{
  guint selected = gtk_drop_down_get_selected (drop_down);

  if (selected == GTK_INVALID_LIST_POSITION || row->choice == (int) selected)
    return;
  row->choice = (int) selected;
  emit_changed (row);
}

static void
on_toggled (GtkCheckButton *check, MongeOptionRow *row)
{
  row->choice = gtk_check_button_get_active (check);
  emit_changed (row);
}

static void
set_text (MongeOptionRow *row, const char *text)
{
  g_autofree char *taken = g_strndup (text, MONGE_OPTION_TEXT_SIZE - 1);
  const char *end;

  if (!g_utf8_validate (taken, -1, &end)) /* cut within a letter */
    taken[end - taken] = '\0';
  if (g_strcmp0 (taken, row->text) == 0)
    return;
  g_free (row->text);
  row->text = g_steal_pointer (&taken);
  gtk_editable_set_text (GTK_EDITABLE (row->text_entry), row->text);
  emit_changed (row);
}

static void
take_text (MongeOptionRow *row)
{
  set_text (row, gtk_editable_get_text (GTK_EDITABLE (row->text_entry)));
}

static void
on_text_left (GtkEventControllerFocus *focus, MongeOptionRow *row)
{
  take_text (row);
}

static void
on_reset (GtkButton *button, MongeOptionRow *row)
{
  if (row->text_entry != NULL)
    set_text (row, row->default_text != NULL ? row->default_text : "");
  else if (row->drop_down != NULL)
    gtk_drop_down_set_selected (GTK_DROP_DOWN (row->drop_down), (guint) row->default_choice);
  else if (row->check != NULL)
    gtk_check_button_set_active (GTK_CHECK_BUTTON (row->check), row->default_choice);
  else
    set_value (row, row->default_value);
}

static void
name_widgets (MongeOptionRow *row)
{
  const MongeOption *option = row->option;
  g_autofree char *number = g_strdup_printf ("%s, number", option->label);
  g_autofree char *reset = g_strdup_printf ("Reset %s", option->label);
  GtkWidget *main_control = row->drop_down != NULL    ? row->drop_down
                            : row->check != NULL      ? row->check
                            : row->text_entry != NULL ? row->text_entry
                                                      : row->scale;

  gtk_widget_set_tooltip_text (row->line, option->help);
  gtk_accessible_update_property (GTK_ACCESSIBLE (main_control), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  option->label, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, option->help,
                                  -1);
  if (row->drop_down != NULL) /* the button inside is what is reached by key */
    gtk_accessible_update_property (GTK_ACCESSIBLE (gtk_widget_get_first_child (row->drop_down)),
                                    GTK_ACCESSIBLE_PROPERTY_LABEL, option->label, -1);
  if (row->entry != NULL)
    gtk_accessible_update_property (GTK_ACCESSIBLE (row->entry), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                    number, -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row->reset), GTK_ACCESSIBLE_PROPERTY_LABEL, reset,
                                  -1);
}

static void
build_number (MongeOptionRow *row)
{
  GtkEventController *focus = gtk_event_controller_focus_new ();
  GtkEventController *keys = gtk_event_controller_key_new ();

  row->scale = gtk_scale_new (GTK_ORIENTATION_HORIZONTAL, gtk_adjustment_new (0, 0, 1, 0, 0, 0));
  gtk_scale_set_draw_value (GTK_SCALE (row->scale), FALSE);
  gtk_widget_set_hexpand (row->scale, TRUE);
  gtk_widget_set_size_request (row->scale, 72, -1);
  g_signal_connect (row->scale, "value-changed", G_CALLBACK (on_slider_moved), row);

  row->entry = gtk_entry_new ();
  gtk_editable_set_width_chars (GTK_EDITABLE (row->entry), 6);
  gtk_editable_set_max_width_chars (GTK_EDITABLE (row->entry), 6);
  gtk_editable_set_alignment (GTK_EDITABLE (row->entry), 1.0f);
  gtk_widget_add_css_class (row->entry, "number");
  g_signal_connect_swapped (row->entry, "activate", G_CALLBACK (take_entry), row);
  g_signal_connect (focus, "leave", G_CALLBACK (on_entry_left), row);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (on_entry_key), row);
  gtk_widget_add_controller (row->entry, focus);
  gtk_widget_add_controller (row->entry, keys);

  row->unit_label = gtk_label_new (NULL);
  gtk_widget_add_css_class (row->unit_label, "unit");
  gtk_label_set_xalign (GTK_LABEL (row->unit_label), 0.0f);
  gtk_label_set_width_chars (GTK_LABEL (row->unit_label), 4); /* a change of unit moves nothing */
  row->number = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 4);
  gtk_box_append (GTK_BOX (row->number), row->entry);
  gtk_box_append (GTK_BOX (row->number), row->unit_label);
  gtk_box_append (GTK_BOX (row->line), row->scale);
  gtk_box_append (GTK_BOX (row->line), row->number);
}

/* "sinkhorn" → "Sinkhorn" */
static char *
capitalise (const char *name)
{
  char *text = g_strdup (name);

  text[0] = g_ascii_toupper (text[0]);
  return text;
}

static void
build_choice (MongeOptionRow *row)
{
  const MongeOption *option = row->option;
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);

  for (int i = 0; option->choices != NULL && option->choices[i] != NULL; i++)
    gtk_string_list_take (names, capitalise (option->choices[i]));
  for (int i = 0; option->choices == NULL && i <= option->maximum - option->minimum; i++)
    gtk_string_list_take (names, g_strdup_printf ("%g", option->minimum + i));
  row->drop_down = gtk_drop_down_new (G_LIST_MODEL (g_steal_pointer (&names)), NULL);
  gtk_widget_set_hexpand (row->drop_down, TRUE);
  g_signal_connect (row->drop_down, "notify::selected", G_CALLBACK (on_chosen), row);
  gtk_box_append (GTK_BOX (row->line), row->drop_down);
}

static void
build_check (MongeOptionRow *row)
{
  row->check = gtk_check_button_new_with_label (row->option->label);
  gtk_widget_set_visible (row->name, FALSE);
  gtk_widget_set_hexpand (row->check, TRUE);
  g_signal_connect (row->check, "toggled", G_CALLBACK (on_toggled), row);
  gtk_box_append (GTK_BOX (row->line), row->check);
}

static void
build_text (MongeOptionRow *row)
{
  GtkEventController *focus = gtk_event_controller_focus_new ();

  row->text_entry = gtk_entry_new ();
  gtk_entry_set_max_length (GTK_ENTRY (row->text_entry), MONGE_OPTION_TEXT_SIZE - 1);
  gtk_editable_set_width_chars (GTK_EDITABLE (row->text_entry), 8);
  gtk_widget_set_hexpand (row->text_entry, TRUE);
  gtk_widget_add_css_class (row->text_entry, "number");
  g_signal_connect_swapped (row->text_entry, "activate", G_CALLBACK (take_text), row);
  g_signal_connect (focus, "leave", G_CALLBACK (on_text_left), row);
  gtk_widget_add_controller (row->text_entry, focus);
  gtk_box_append (GTK_BOX (row->line), row->text_entry);
}

static void
build (MongeOptionRow *row)
{
  const MongeOption *option = row->option;

  gtk_label_set_text (GTK_LABEL (row->name), option->label);
  if (option->type == MONGE_OPTION_CHOICE || has_few_values (option))
    build_choice (row);
  else if (option->type == MONGE_OPTION_BOOL)
    build_check (row);
  else if (option->type == MONGE_OPTION_TEXT)
    build_text (row);
  else
    build_number (row);
  row->reset = gtk_button_new_from_icon_name ("edit-undo-symbolic");
  gtk_widget_add_css_class (row->reset, "flat");
  gtk_widget_add_css_class (row->reset, "reset");
  gtk_widget_set_focus_on_click (row->reset, FALSE);
  gtk_widget_set_valign (row->reset, GTK_ALIGN_CENTER);
  gtk_widget_set_tooltip_text (row->reset, "Back to the default");
  g_signal_connect (row->reset, "clicked", G_CALLBACK (on_reset), row);
  gtk_box_append (GTK_BOX (row->line), row->reset);
  name_widgets (row);
  show_reset (row);
}

static void
monge_option_row_finalize (GObject *object)
{
  g_free (MONGE_OPTION_ROW (object)->unit);
  g_free (MONGE_OPTION_ROW (object)->text);
  g_free (MONGE_OPTION_ROW (object)->default_text);
  G_OBJECT_CLASS (monge_option_row_parent_class)->finalize (object);
}

static void
monge_option_row_class_init (MongeOptionRowClass *class)
{
  G_OBJECT_CLASS (class)->finalize = monge_option_row_finalize;
  signals[CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0);
}

static void
monge_option_row_init (MongeOptionRow *row)
{
  gtk_orientable_set_orientation (GTK_ORIENTABLE (row), GTK_ORIENTATION_VERTICAL);
  gtk_widget_add_css_class (GTK_WIDGET (row), "option");
  row->line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  row->name = gtk_label_new (NULL);
  gtk_label_set_xalign (GTK_LABEL (row->name), 0.0f);
  gtk_box_append (GTK_BOX (row->line), row->name);
  gtk_box_append (GTK_BOX (row), row->line);
}

GtkWidget *
monge_option_row_new (const MongeOption *option)
{
  MongeOptionRow *row = g_object_new (MONGE_TYPE_OPTION_ROW, NULL);

  row->option = option;
  build (row);
  if (row->scale != NULL)
    monge_option_row_set_range (row, option->minimum,
                                isinf (option->maximum) ? option->minimum + 1.0 : option->maximum);
  monge_option_row_set_unit (row, g_str_equal (option->unit, "length") ? NULL : option->unit);
  return GTK_WIDGET (row);
}

const MongeOption *
monge_option_row_get_option (MongeOptionRow *row)
{
  return row->option;
}

static int
find_choice (const MongeOption *option, gconstpointer params)
{
  const char *name;

  if (option->choices == NULL)
    return (int) (monge_option_get_number (option, params) - option->minimum);
  name = G_STRUCT_MEMBER (const char *, params, option->offset);
  for (int i = 0; option->choices[i] != NULL; i++)
    if (g_strcmp0 (option->choices[i], name) == 0)
      return i;
  return 0;
}

static void
load_text (MongeOptionRow *row, const char *text, const char *default_text)
{
  g_free (row->text);
  g_free (row->default_text);
  row->text = g_strdup (text);
  row->default_text = g_strdup (default_text);
  gtk_editable_set_text (GTK_EDITABLE (row->text_entry), text);
}

void
monge_option_row_load (MongeOptionRow *row, gconstpointer params, gconstpointer defaults)
{
  const MongeOption *option = row->option;

  row->loading = TRUE;
  if (row->text_entry != NULL)
    load_text (row, G_STRUCT_MEMBER_P (params, option->offset),
               G_STRUCT_MEMBER_P (defaults, option->offset));
  else if (row->drop_down != NULL)
    {
      row->default_choice = find_choice (option, defaults);
      gtk_drop_down_set_selected (GTK_DROP_DOWN (row->drop_down),
                                  (guint) find_choice (option, params));
    }
  else if (row->check != NULL)
    {
      row->default_choice = monge_option_get_number (option, defaults) != 0.0;
      gtk_check_button_set_active (GTK_CHECK_BUTTON (row->check),
                                   monge_option_get_number (option, params) != 0.0);
    }
  else
    {
      row->default_value = monge_option_get_number (option, defaults);
      row->value = monge_option_get_number (option, params);
      show_value (row);
    }
  row->loading = FALSE;
  show_reset (row);
}

void
monge_option_row_store (MongeOptionRow *row, gpointer params)
{
  const MongeOption *option = row->option;

  if (row->text_entry != NULL)
    g_strlcpy (G_STRUCT_MEMBER_P (params, option->offset), row->text != NULL ? row->text : "",
               MONGE_OPTION_TEXT_SIZE);
  else if (row->drop_down != NULL && option->choices != NULL)
    G_STRUCT_MEMBER (const char *, params, option->offset) = option->choices[row->choice];
  else if (row->drop_down != NULL)
    monge_option_set_number (option, params, option->minimum + row->choice);
  else if (row->check != NULL)
    monge_option_set_number (option, params, row->choice);
  else
    monge_option_set_number (option, params, row->value);
}

void
monge_option_row_set_range (MongeOptionRow *row, double minimum, double maximum)
{
  GtkAdjustment *adjustment;
  double low, high;

  if (row->scale == NULL)
    return;
  adjustment = gtk_range_get_adjustment (GTK_RANGE (row->scale));
  row->minimum = MAX (minimum, row->option->minimum);
  row->maximum = MIN (maximum, row->option->maximum);
  low = to_slider (row, row->minimum);
  high = to_slider (row, row->maximum);
  row->loading = TRUE;
  gtk_adjustment_configure (adjustment, CLAMP (to_slider (row, row->value), low, high), low, high,
                            row->option->type == MONGE_OPTION_INT && !row->option->logarithmic
                                ? 1.0 : (high - low) / 100.0,
                            (high - low) / 10.0, 0.0);
  row->loading = FALSE;
  show_value (row);
}

void
monge_option_row_set_unit (MongeOptionRow *row, const char *unit)
{
  if (row->scale == NULL)
    return;
  g_free (row->unit);
  row->unit = g_strdup (unit);
  gtk_label_set_text (GTK_LABEL (row->unit_label), unit != NULL ? unit : "");
  show_value (row);
}

void
monge_option_row_add_switch (MongeOptionRow *row, const char *label, const char *action)
{
  GtkWidget *check = gtk_check_button_new_with_label (label);

  gtk_actionable_set_action_name (GTK_ACTIONABLE (check), action);
  gtk_widget_add_css_class (check, "switch");
  gtk_widget_set_halign (check, GTK_ALIGN_START);
  gtk_accessible_update_property (GTK_ACCESSIBLE (check), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  gtk_box_append (GTK_BOX (row), check);
}

void
monge_option_row_join (MongeOptionRow *row, GtkSizeGroup *names, GtkSizeGroup *numbers)
{
  if (row->check == NULL) /* which bears its name itself */
    gtk_size_group_add_widget (names, row->name);
  if (row->unit_label != NULL)
    gtk_size_group_add_widget (numbers, row->unit_label);
}
