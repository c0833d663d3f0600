/* What to do with files of any kind that are opened together. */
#include "ui/item-private.h"

#include <math.h>

#include "compute/io/io.h"
#include "compute/io/landmarks.h"
#include "compute/io/values.h"

typedef enum {
  FILE_SHAPE,
  FILE_VALUES,
  FILE_LANDMARKS,
} FileKind;

/* What has a geometry is a shape, even if landmarks or values could be read out of it: a table of
 * points is one. */
static FileKind
find_kind (const char *path)
{
  static const char *const maps[] = { ".func.gii", ".shape.gii", ".label.gii" };

  for (gsize i = 0; i < G_N_ELEMENTS (maps); i++)
    if (g_str_has_suffix (path, maps[i]))
      return FILE_VALUES;
  if (g_str_has_prefix (path, "example:") || monge_path_is_volume (path))
    return FILE_SHAPE;
  if (monge_format_find_by_extension (path) != NULL)
    return FILE_SHAPE;
  if (monge_landmark_format_find_by_extension (path) != NULL)
    return FILE_LANDMARKS;
  if (monge_value_format_find_by_extension (path) != NULL)
    return FILE_VALUES;
  return FILE_SHAPE;
}

/* Values have as many rows as the shape has vertices. */
static MongeItem *
find_of_size (MongeDocument *document, gsize n_rows)
{
  for (guint i = 0; i < monge_document_get_n_items (document); i++)
    {
      MongeItem *item = monge_document_get_nth (document, i);
      MongeShape *shape = monge_item_get_original (item);

      if (shape != NULL && monge_shape_get_n_vertices (shape) == n_rows)
        return item;
    }
  return NULL;
}

/* How many of @landmarks lie in the box of @shape, made larger by a tenth. */
static guint
count_inside (MongeLandmarks *landmarks, const MongeShape *shape)
{
  double margin = 0.1 * monge_shape_get_diameter (shape), lower[MONGE_MAX_DIM], upper[MONGE_MAX_DIM];
  guint dim = MIN (monge_shape_get_dim (shape), 3), n_inside = 0;

  monge_shape_get_bounds (shape, lower, upper);
  for (guint i = 0; i < monge_landmarks_get_n (landmarks); i++)
    {
      const MongeLandmark *landmark = monge_landmarks_get (landmarks, i);
      gboolean inside = landmark->is_defined;

      for (guint k = 0; k < dim; k++)
        inside = inside && landmark->position[k] >= lower[k] - margin
                 && landmark->position[k] <= upper[k] + margin;
      n_inside += inside;
    }
  return n_inside;
}

/* The one whose box holds most of them; of equals one that has none yet, then the first. */
static MongeItem *
find_around (MongeDocument *document, MongeLandmarks *landmarks)
{
  MongeItem *best = NULL;
  guint most = 0;

  for (guint i = 0; i < monge_document_get_n_items (document); i++)
    {
      MongeItem *item = monge_document_get_nth (document, i);
      MongeShape *shape = monge_item_get_shape (item);
      g_autoptr (MongeLandmarks) beside = NULL;
      guint score;

      if (shape == NULL || monge_shape_get_dim (shape) < 2 || monge_shape_get_dim (shape) > 3)
        continue;
      beside = monge_landmarks_beside (landmarks, shape);
      score = 2 * count_inside (beside, shape)
              + (monge_item_get_input (item)->landmarks_path == NULL);
      if (best == NULL || score > most)
        best = item;
      most = MAX (most, score);
    }
  return best;
}

/* A file on its way to the shape that it belongs to. */
typedef struct {
  MongeDocument *document;
  char *path;
  FileKind kind;
  char *reason; /* why it is no shape, if it was taken for one */
  MongeLandmarks *landmarks;
  gsize n_rows;
} Attachment;

static void
attachment_free (gpointer data)
{
  Attachment *attachment = data;

  g_clear_pointer (&attachment->landmarks, monge_landmarks_unref);
  g_object_unref (attachment->document);
  g_free (attachment->path);
  g_free (attachment->reason);
  g_free (attachment);
}

static void
read_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Attachment *attachment = task_data;
  GError *error = NULL;

  if (attachment->kind == FILE_LANDMARKS)
    attachment->landmarks = monge_landmarks_load (attachment->path, MONGE_SPACE_UNKNOWN, NULL,
                                                  &error);
  else
    {
      g_autoptr (GPtrArray) arrays = monge_values_load (attachment->path, NULL, &error);

      if (arrays != NULL)
        attachment->n_rows = ((const MongeArray *) arrays->pdata[0])->n_rows;
    }
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

/* Values that fit no vertices of a shape that is there may be a shape themselves: rows of NPY. */
static void
attach (Attachment *attachment)
{
  MongeDocument *document = attachment->document;
  MongeItem *item = attachment->kind == FILE_LANDMARKS
                        ? find_around (document, attachment->landmarks)
                        : find_of_size (document, attachment->n_rows);
  g_autofree char *text = NULL;

  if (item != NULL && attachment->kind == FILE_LANDMARKS)
    monge_document_attach_landmarks (document, item, attachment->path);
  else if (item != NULL)
    monge_document_attach_values (document, item, attachment->path);
  if (item != NULL)
    text = g_strdup_printf ("%s: attached to %s", attachment->path, monge_item_get_name (item));
  else if (attachment->kind == FILE_LANDMARKS)
    text = g_strdup_printf ("%s: landmarks belong to a shape; open that first", attachment->path);
  else
    text = g_strdup_printf ("%s: %" G_GSIZE_FORMAT " values, and no shape here has as many vertices",
                            attachment->path, attachment->n_rows);
  g_signal_emit_by_name (document, "message", text, item == NULL);
}

static void
was_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Attachment *attachment = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error))
    attach (attachment);
  else
    g_signal_emit_by_name (attachment->document, "message",
                           attachment->reason != NULL ? attachment->reason : error->message, TRUE);
}

static void
start_reading (Attachment *attachment)
{
  g_autoptr (GTask) task = g_task_new (attachment->document, NULL, was_read, NULL);

  g_task_set_task_data (task, attachment, attachment_free);
  g_task_run_in_thread (task, read_thread);
}

/* What belongs to shapes waits for those that are on their way. */
static void
on_loading_changed (MongeDocument *document, Attachment *attachment)
{
  if (monge_document_is_loading (document))
    return;
  g_signal_handlers_disconnect_by_data (document, attachment);
  start_reading (attachment);
}

static Attachment *
attachment_new (MongeDocument *document, const char *path, FileKind kind)
{
  Attachment *attachment = g_new0 (Attachment, 1);

  attachment->document = g_object_ref (document);
  attachment->path = g_strdup (path);
  attachment->kind = kind;
  return attachment;
}

static void
start_when_loaded (Attachment *attachment)
{
  if (monge_document_is_loading (attachment->document))
    g_signal_connect (attachment->document, "loading-changed", G_CALLBACK (on_loading_changed),
                      attachment);
  else
    start_reading (attachment);
}

void
monge_document_try_values (MongeDocument *document, const char *path, const char *reason)
{
  Attachment *attachment = attachment_new (document, path, FILE_VALUES);

  attachment->reason = g_strdup (reason);
  start_when_loaded (attachment);
}

void
monge_document_open_files (MongeDocument *document, const char *const *paths)
{
  for (guint i = 0; paths[i] != NULL; i++)
    if (find_kind (paths[i]) == FILE_SHAPE)
      monge_document_open (document, MONGE_ROLE_ANY, paths[i]);
  for (guint i = 0; paths[i] != NULL; i++)
    if (find_kind (paths[i]) != FILE_SHAPE)
      start_when_loaded (attachment_new (document, paths[i], find_kind (paths[i])));
}
