#include "ui/file-dialog.h"

#include "ui/settings.h"

typedef struct {
  GtkFileChooserNative *dialog;
  MongeFileFunc done;
  gpointer user_data;
} Question;

static void
remember_folder (GtkFileChooser *chooser)
{
  g_autoptr (GFile) folder = gtk_file_chooser_get_current_folder (chooser);
  g_autofree char *path = folder != NULL ? g_file_get_path (folder) : NULL;

  if (path != NULL)
    monge_settings_set_string ("last-folder", path);
}

static void
suggest_folder (GtkFileChooser *chooser)
{
  g_autofree char *path = monge_settings_dup_string ("last-folder");

  if (path != NULL && g_file_test (path, G_FILE_TEST_IS_DIR))
    {
      g_autoptr (GFile) folder = g_file_new_for_path (path);

      gtk_file_chooser_set_current_folder (chooser, folder, NULL);
    }
}

static void
on_response (GtkNativeDialog *dialog, int response, Question *question)
{
  g_autoptr (GListModel) files = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    {
      files = gtk_file_chooser_get_files (GTK_FILE_CHOOSER (dialog));
      remember_folder (GTK_FILE_CHOOSER (dialog));
    }
  question->done (files, question->user_data);
  g_object_unref (question->dialog);
  g_free (question);
}

static void
add_filters (GtkFileChooser *chooser, const char *const *filter)
{
  g_autoptr (GtkFileFilter) named = gtk_file_filter_new (), all = gtk_file_filter_new ();

  gtk_file_filter_set_name (named, filter[0]);
  for (int i = 1; filter[i] != NULL; i++)
    gtk_file_filter_add_pattern (named, filter[i]);
  gtk_file_filter_set_name (all, "All files");
  gtk_file_filter_add_pattern (all, "*");
  gtk_file_chooser_add_filter (chooser, named);
  gtk_file_chooser_add_filter (chooser, all);
}

static void
ask (GtkWindow *parent, const char *title, const char *const *filter, GtkFileChooserAction action,
     guint n_most, const char *name, MongeFileFunc done, gpointer user_data)
{
  Question *question = g_new0 (Question, 1);
  GtkFileChooser *chooser;

  question->done = done;
  question->user_data = user_data;
  question->dialog = gtk_file_chooser_native_new (
      title, parent, action, action == GTK_FILE_CHOOSER_ACTION_SAVE ? "_Save" : "_Open", "_Cancel");
  chooser = GTK_FILE_CHOOSER (question->dialog);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (question->dialog), TRUE);
  gtk_file_chooser_set_select_multiple (chooser, n_most > 1);
  if (name != NULL)
    gtk_file_chooser_set_current_name (chooser, name);
  add_filters (chooser, filter);
  suggest_folder (chooser);
  g_signal_connect (question->dialog, "response", G_CALLBACK (on_response), question);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (question->dialog));
}

void
monge_file_dialog_open (GtkWindow *parent, const char *title, const char *const *filter,
                        guint n_most, MongeFileFunc done, gpointer user_data)
{
  ask (parent, title, filter, GTK_FILE_CHOOSER_ACTION_OPEN, n_most, NULL, done, user_data);
}

void
monge_file_dialog_save (GtkWindow *parent, const char *title, const char *const *filter,
                        const char *name, MongeFileFunc done, gpointer user_data)
{
  ask (parent, title, filter, GTK_FILE_CHOOSER_ACTION_SAVE, 1, name, done, user_data);
}
