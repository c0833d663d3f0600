/* The only place that knows which file dialog the toolkit has. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* @files: (element-type GFile) one or more, or %NULL when the person changed their mind. */
typedef void (*MongeFileFunc) (GListModel *files, gpointer user_data);

/* @filter: a name and its patterns: "Shapes", "*.ply", "*.obj", NULL. A filter for all files is
 * added. @n_most: 1 or more files may be chosen. */
void monge_file_dialog_open (GtkWindow *parent, const char *title, const char *const *filter,
                             guint n_most, MongeFileFunc done, gpointer user_data);
/* @name: what to suggest. Asks before it replaces a file. */
void monge_file_dialog_save (GtkWindow *parent, const char *title, const char *const *filter,
                             const char *name, MongeFileFunc done, gpointer user_data);

G_END_DECLS
