#include "ui/level-chooser.h"

#include <math.h>

#include "ui/histogram.h"
#include "ui/text.h"

struct _MongeLevelChooser {
  GtkWindow parent_instance;

  GtkWidget *open;
  GtkBox *content;
  GtkRange *slider;
  GtkEntry *entry;
  GtkButton *suggest;
  GtkCheckButton *surface, *density;
  GtkLabel *summary;

  MongeHistogram *histogram;
  MongeVolume *volume;
  double level, suggested;
  gboolean is_loading; /* the slider is being set */

  MongeDocument *document;
  MongeItem *item;
};

G_DEFINE_FINAL_TYPE (MongeLevelChooser, monge_level_chooser, GTK_TYPE_WINDOW)

/* "1,234,567 voxels, 1,235 ml" */
static void
show_summary (MongeLevelChooser *chooser)
{
  const MongeCounts *counts = monge_histogram_get_counts (chooser->histogram);
  g_autofree char *text = NULL;

  if (counts == NULL)
    text = g_strdup ("Counting voxels…");
  else
    {
      guint64 n = monge_counts_get_n_above (counts, chooser->level);
      double mm3 = (double) n * monge_volume_get_voxel_size (chooser->volume);
      g_autofree char *voxels = monge_text_count (n);
      g_autofree char *size = monge_text_quantity (mm3 >= 1e4 ? mm3 / 1e3 : mm3,
                                                   mm3 >= 1e4 ? "ml" : "mm³");

      text = n > 0 ? g_strdup_printf ("%s voxels above, %s", voxels, size)
                   : g_strdup ("No voxel is above this level: lower it");
      gtk_widget_set_sensitive (chooser->open, n > 0);
    }
  gtk_label_set_text (chooser->summary, text);
}

static void
show_level (MongeLevelChooser *chooser)
{
  g_autofree char *text = monge_text_number (chooser->level);

  chooser->is_loading = TRUE;
  gtk_range_set_value (chooser->slider, chooser->level);
  chooser->is_loading = FALSE;
  gtk_editable_set_text (GTK_EDITABLE (chooser->entry), text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (chooser->slider),
                                  GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT, text, -1);
  gtk_widget_set_sensitive (GTK_WIDGET (chooser->suggest), chooser->level != chooser->suggested);
  monge_histogram_set_level (chooser->histogram, chooser->level);
  show_summary (chooser);
}

static void
on_slider_moved (GtkRange *slider, MongeLevelChooser *chooser)
{
  if (chooser->is_loading)
    return;
  chooser->level = gtk_range_get_value (slider);
  show_level (chooser);
}

static void
on_entry_activated (GtkEntry *entry, MongeLevelChooser *chooser)
{
  double level;

  if (monge_text_parse (gtk_editable_get_text (GTK_EDITABLE (entry)), &level) && isfinite (level))
    chooser->level = level;
  show_level (chooser);
}

static void
on_suggest (GtkButton *button, MongeLevelChooser *chooser)
{
  chooser->level = chooser->suggested;
  show_level (chooser);
}

static void
on_open (GtkWidget *widget, MongeLevelChooser *chooser)
{
  monge_level_chooser_choose (chooser, chooser->level,
                              gtk_check_button_get_active (chooser->density));
}

/* Counting, on a thread: a large volume takes a moment. */

static void
count_thread (GTask *task, gpointer source, gpointer volume, GCancellable *cancellable)
{
  g_task_return_pointer (task, monge_counts_new (volume), g_free);
}

static void
counted (GObject *object, GAsyncResult *result, gpointer user_data)
{
  MongeLevelChooser *chooser = MONGE_LEVEL_CHOOSER (object);
  MongeCounts *counts = g_task_propagate_pointer (G_TASK (result), NULL);

  if (chooser->histogram == NULL) /* closed meanwhile */
    {
      g_free (counts);
      return;
    }
  chooser->suggested = counts->suggested;
  if (isnan (chooser->level))
    chooser->level = counts->suggested;
  monge_histogram_take_counts (chooser->histogram, counts);
  gtk_widget_set_sensitive (GTK_WIDGET (chooser->slider), TRUE);
  gtk_widget_set_sensitive (GTK_WIDGET (chooser->entry), TRUE);
  show_level (chooser);
}

static void
count (MongeLevelChooser *chooser)
{
  g_autoptr (GTask) task = g_task_new (chooser, NULL, counted, NULL);

  g_task_set_task_data (task, monge_volume_ref (chooser->volume),
                        (GDestroyNotify) monge_volume_unref);
  g_task_run_in_thread (task, count_thread);
}

/* Closed without an answer: nobody is going to ask again. */
static void
give_up (MongeLevelChooser *chooser)
{
  if (chooser->item != NULL && monge_item_get_state (chooser->item) == MONGE_ITEM_ASKING)
    monge_document_cancel (chooser->document, chooser->item);
  g_clear_object (&chooser->item);
}

static void
monge_level_chooser_dispose (GObject *object)
{
  MongeLevelChooser *chooser = MONGE_LEVEL_CHOOSER (object);

  chooser->histogram = NULL;
  give_up (chooser);
  g_clear_object (&chooser->document);
  g_clear_pointer (&chooser->volume, monge_volume_unref);
  G_OBJECT_CLASS (monge_level_chooser_parent_class)->dispose (object);
}

static void
monge_level_chooser_class_init (MongeLevelChooserClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = monge_level_chooser_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/monge/Monge/ui/level-chooser.ui");
  gtk_widget_class_bind_template_child (widget_class, MongeLevelChooser, open);
  gtk_widget_class_bind_template_child (widget_class, MongeLevelChooser, content);
  gtk_widget_class_bind_template_child (widget_class, MongeLevelChooser, slider);
  gtk_widget_class_bind_template_child (widget_class, MongeLevelChooser, entry);
  gtk_widget_class_bind_template_child (widget_class, MongeLevelChooser, suggest);
  gtk_widget_class_bind_template_child (widget_class, MongeLevelChooser, surface);
  gtk_widget_class_bind_template_child (widget_class, MongeLevelChooser, density);
  gtk_widget_class_bind_template_child (widget_class, MongeLevelChooser, summary);
  gtk_widget_class_bind_template_callback (widget_class, on_open);
  gtk_widget_class_bind_template_callback (widget_class, on_slider_moved);
  gtk_widget_class_bind_template_callback (widget_class, on_entry_activated);
  gtk_widget_class_bind_template_callback (widget_class, on_suggest);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
monge_level_chooser_init (MongeLevelChooser *chooser)
{
  GtkWidget *histogram = monge_histogram_new ();

  gtk_widget_init_template (GTK_WIDGET (chooser));
  chooser->histogram = MONGE_HISTOGRAM (histogram);
  gtk_widget_set_vexpand (histogram, TRUE);
  gtk_box_prepend (chooser->content, histogram);
}

static void
set_volume (MongeLevelChooser *chooser, MongeVolume *volume)
{
  float lowest, highest;

  chooser->volume = monge_volume_ref (volume);
  monge_volume_get_range (volume, &lowest, &highest);
  chooser->is_loading = TRUE;
  gtk_range_set_range (chooser->slider, lowest, highest > lowest ? highest : lowest + 1.0);
  gtk_range_set_increments (chooser->slider, (highest - lowest) / 200.0, (highest - lowest) / 20.0);
  chooser->is_loading = FALSE;
}

GtkWindow *
monge_level_chooser_new (GtkWindow *parent, MongeDocument *document, MongeItem *item)
{
  MongeLevelChooser *chooser = g_object_new (MONGE_TYPE_LEVEL_CHOOSER, "transient-for", parent,
                                             NULL);
  const MongeRecipeInput *input = monge_item_get_input (item);
  g_autofree char *title = g_strdup_printf ("Level of %s", monge_item_get_name (item));

  gtk_window_set_title (GTK_WINDOW (chooser), title);
  chooser->document = g_object_ref (document);
  chooser->item = g_object_ref (item);
  chooser->level = input->has_level ? input->level : NAN;
  gtk_check_button_set_active (input->as_density ? chooser->density : chooser->surface, TRUE);
  set_volume (chooser, monge_item_get_volume (item));
  show_summary (chooser);
  count (chooser);
  return GTK_WINDOW (chooser);
}

void
monge_level_chooser_choose (MongeLevelChooser *chooser, double level, gboolean as_density)
{
  g_autoptr (MongeItem) item = g_steal_pointer (&chooser->item);

  monge_document_choose_level (chooser->document, item, level, as_density);
  gtk_window_destroy (GTK_WINDOW (chooser));
}

double
monge_level_chooser_get_level (MongeLevelChooser *chooser)
{
  return chooser->level;
}
