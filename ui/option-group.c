#include "ui/option-group.h"

struct _MongeOptionGroup {
  GtkBox parent_instance;

  GPtrArray *rows; /* MongeOptionRow, children */
};

enum {
  CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MongeOptionGroup, monge_option_group, GTK_TYPE_BOX)

static void
on_row_changed (MongeOptionRow *row, MongeOptionGroup *group)
{
  g_signal_emit (group, signals[CHANGED], 0);
}

static void
monge_option_group_finalize (GObject *object)
{
  g_ptr_array_unref (MONGE_OPTION_GROUP (object)->rows);
  G_OBJECT_CLASS (monge_option_group_parent_class)->finalize (object);
}

static void
monge_option_group_class_init (MongeOptionGroupClass *class)
{
  G_OBJECT_CLASS (class)->finalize = monge_option_group_finalize;
  signals[CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0);
}

static void
monge_option_group_init (MongeOptionGroup *group)
{
  group->rows = g_ptr_array_new ();
  gtk_orientable_set_orientation (GTK_ORIENTABLE (group), GTK_ORIENTATION_VERTICAL);
  gtk_widget_add_css_class (GTK_WIDGET (group), "group");
}

GtkWidget *
monge_option_group_new (const char *title, const MongeOption *table, const char *const *keys)
{
  MongeOptionGroup *group = g_object_new (MONGE_TYPE_OPTION_GROUP, NULL);

  if (title != NULL)
    {
      GtkWidget *label = gtk_label_new (title);

      gtk_widget_add_css_class (label, "group-title");
      gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
      gtk_box_append (GTK_BOX (group), label);
    }
  for (int i = 0; keys[i] != NULL; i++)
    {
      const MongeOption *option = monge_option_find (table, keys[i]);
      GtkWidget *row;

      g_assert (option != NULL);
      row = monge_option_row_new (option);
      g_signal_connect (row, "changed", G_CALLBACK (on_row_changed), group);
      gtk_box_append (GTK_BOX (group), row);
      g_ptr_array_add (group->rows, row);
    }
  return GTK_WIDGET (group);
}

void
monge_option_group_load (MongeOptionGroup *group, gconstpointer params, gconstpointer defaults)
{
  for (guint i = 0; i < group->rows->len; i++)
    monge_option_row_load (g_ptr_array_index (group->rows, i), params, defaults);
}

void
monge_option_group_store (MongeOptionGroup *group, gpointer params)
{
  for (guint i = 0; i < group->rows->len; i++)
    monge_option_row_store (g_ptr_array_index (group->rows, i), params);
}

void
monge_option_group_set_unit (MongeOptionGroup *group, const char *unit)
{
  for (guint i = 0; i < group->rows->len; i++)
    {
      MongeOptionRow *row = g_ptr_array_index (group->rows, i);

      if (g_str_equal (monge_option_row_get_option (row)->unit, "length"))
        monge_option_row_set_unit (row, unit);
    }
}

MongeOptionRow *
monge_option_group_find (MongeOptionGroup *group, const char *key)
{
  for (guint i = 0; i < group->rows->len; i++)
    {
      MongeOptionRow *row = g_ptr_array_index (group->rows, i);

      if (g_str_equal (monge_option_row_get_option (row)->key, key))
        return row;
    }
  return NULL;
}

void
monge_option_group_join (MongeOptionGroup *group, GtkSizeGroup *names, GtkSizeGroup *numbers)
{
  for (guint i = 0; i < group->rows->len; i++)
    monge_option_row_join (g_ptr_array_index (group->rows, i), names, numbers);
}
