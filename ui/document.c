#include "ui/document.h"

#include <string.h>

#include "compute/io/io.h"
#include "ui/item-private.h"
#include "ui/space-question.h"

#define PROGRESS_MS 100

struct _MongeDocument {
  GObject parent_instance;

  GPtrArray *items; /* (element-type MongeItem) */
  guint n_added;
  guint progress_timeout;
};

enum {
  SHAPES_CHANGED,
  LOOK_CHANGED,
  LOADING_CHANGED,
  MESSAGE,
  LABELS_WANTED,
  SPACE_WANTED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

/* The list */

static GType
get_item_type (GListModel *model)
{
  return MONGE_TYPE_ITEM;
}

static guint
get_n_items (GListModel *model)
{
  return MONGE_DOCUMENT (model)->items->len;
}

static gpointer
get_item (GListModel *model, guint index)
{
  MongeDocument *document = MONGE_DOCUMENT (model);

  return index < document->items->len ? g_object_ref (document->items->pdata[index]) : NULL;
}

static void
list_model_init (GListModelInterface *interface)
{
  interface->get_item_type = get_item_type;
  interface->get_n_items = get_n_items;
  interface->get_item = get_item;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (MongeDocument, monge_document, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

static void
emit_message (MongeDocument *document, const char *text, gboolean is_error)
{
  g_signal_emit (document, signals[MESSAGE], 0, text, is_error);
}

static void
on_notify (MongeItem *item, GParamSpec *pspec, MongeDocument *document)
{
  static const char *const looks[] = { "name", "colour", "visible", "colour-array", NULL };

  if (g_strv_contains (looks, pspec->name))
    g_signal_emit (document, signals[LOOK_CHANGED], 0, item);
}

static void
insert (MongeDocument *document, MongeItem *item)
{
  guint position = 0;

  while (position < document->items->len
         && monge_item_get_role (document->items->pdata[position]) <= monge_item_get_role (item))
    position++;
  g_ptr_array_insert (document->items, (gint) position, g_object_ref (item));
  g_signal_connect_object (item, "notify", G_CALLBACK (on_notify), document, 0);
  g_list_model_items_changed (G_LIST_MODEL (document), position, 0, 1);
}

/* FALSE if it is in the list no longer. */
static gboolean
take_out (MongeDocument *document, MongeItem *item)
{
  guint position;

  if (!g_ptr_array_find (document->items, item, &position))
    return FALSE;
  g_signal_handlers_disconnect_by_data (item, document);
  g_ptr_array_remove_index (document->items, position);
  g_list_model_items_changed (G_LIST_MODEL (document), position, 1, 0);
  return TRUE;
}

static int
compare_roles (gconstpointer a, gconstpointer b)
{
  MongeItem *const *first = a, *const *second = b;

  return (int) monge_item_get_role (*first) - (int) monge_item_get_role (*second);
}

/* g_ptr_array_sort() keeps the order of equals. */
static void
sort (MongeDocument *document)
{
  guint n = document->items->len;

  g_ptr_array_sort (document->items, compare_roles);
  g_list_model_items_changed (G_LIST_MODEL (document), 0, n, n);
}

/* Loading */

static gboolean
show_progress (gpointer user_data)
{
  MongeDocument *document = user_data;

  for (guint i = 0; i < document->items->len; i++)
    if (((MongeItem *) document->items->pdata[i])->loader != NULL)
      monge_item_notify_progress (document->items->pdata[i]);
  g_signal_emit (document, signals[LOADING_CHANGED], 0);
  if (monge_document_is_loading (document))
    return G_SOURCE_CONTINUE;
  document->progress_timeout = 0;
  return G_SOURCE_REMOVE;
}

static MongeItem *
find_loading (MongeDocument *document, MongeShapeLoader *loader)
{
  for (guint i = 0; i < document->items->len; i++)
    if (((MongeItem *) document->items->pdata[i])->loader == loader)
      return document->items->pdata[i];
  return NULL;
}

static void
stop_loading (MongeItem *item)
{
  if (item->loader != NULL)
    monge_task_cancel (&item->loader->task);
  g_clear_pointer (&item->loader, monge_shape_loader_unref);
}

/* What had its role goes. */
static void
take_role (MongeDocument *document, MongeItem *item)
{
  g_autoptr (MongeItem) old = g_steal_pointer (&item->replaces);

  if (old == NULL)
    return;
  stop_loading (old);
  take_out (document, old);
}

static void
report_repairs (MongeDocument *document, MongeItem *item)
{
  g_autofree char *list = g_strjoinv ("; ", (char **) monge_shape_get_repairs (item->original));
  g_autofree char *text = NULL;

  if (*list == '\0')
    return;
  text = g_strdup_printf ("%s: %s", monge_item_get_name (item), list);
  emit_message (document, text, FALSE);
}

/* What came after a file that was no shape moves up into its role. */
static void
move_up (MongeDocument *document, MongeRole role)
{
  for (guint i = 0; i < document->items->len && role < MONGE_ROLE_CONTEXT; i++)
    {
      MongeItem *item = document->items->pdata[i];
      MongeRole was = monge_item_get_role (item);

      if (!item->has_any_role || was <= role)
        continue;
      monge_item_set_role (item, role);
      move_up (document, was);
      sort (document);
      return;
    }
}

static void
give_up (MongeDocument *document, MongeItem *item)
{
  take_out (document, item);
  if (item->has_any_role)
    move_up (document, monge_item_get_role (item));
}

/* What never was there goes, unless it is kept to be told of. Takes @error. */
static void
fail (MongeDocument *document, MongeItem *item, GError *error)
{
  gboolean is_cancelled = g_error_matches (error, MONGE_ERROR, MONGE_ERROR_CANCELLED);
  gboolean is_missing = g_error_matches (error, MONGE_ERROR, MONGE_ERROR_IO);
  gboolean is_fresh = item->shape == NULL && !item->is_kept;

  if (is_fresh)
    give_up (document, item);
  else if (is_cancelled && item->shape != NULL)
    {
      monge_item_revert (item);
      monge_item_set_state (item, MONGE_ITEM_READY, NULL);
    }
  else
    {
      take_role (document, item);
      monge_item_set_state (item, MONGE_ITEM_FAILED, error->message);
    }
  if (is_fresh && !is_cancelled && !is_missing)
    monge_document_try_values (document, item->input.path, error->message);
  else if (!is_cancelled)
    emit_message (document, error->message, TRUE);
  g_error_free (error);
}

static gboolean
has_no_space (MongeItem *item)
{
  return item->original != NULL && monge_shape_get_dim (item->original) == 3
         && monge_shape_get_space (item->original) == MONGE_SPACE_UNKNOWN
         && !g_str_has_prefix (item->input.path, "example:");
}

/* Where something else says where it is, and this does not, and it does not plainly fit. */
static void
ask_for_spaces (MongeDocument *document)
{
  g_autoptr (GPtrArray) known = g_ptr_array_new ();

  for (guint i = 0; i < document->items->len; i++)
    {
      MongeItem *item = document->items->pdata[i];

      if (item->original != NULL && monge_shape_get_dim (item->original) == 3
          && monge_shape_get_space (item->original) == MONGE_SPACE_RAS)
        g_ptr_array_add (known, item->original);
    }
  for (guint i = 0; i < document->items->len; i++)
    {
      MongeItem *item = document->items->pdata[i];
      gboolean asked = item->asks_space;

      monge_item_set_asks_space (item, known->len > 0 && has_no_space (item)
                                           && !item->has_answered_space
                                           && monge_space_guess (item->original, known)
                                                  != MONGE_SPACE_RAS);
      if (item->asks_space && !asked)
        g_signal_emit (document, signals[SPACE_WANTED], 0, item);
    }
}

static void
take_loaded (MongeDocument *document, MongeItem *item, MongeShapeLoader *loader)
{
  gboolean is_new = item->original != loader->original;

  monge_item_take (item, loader);
  if (loader->shape == NULL)
    {
      monge_item_set_state (item, MONGE_ITEM_ASKING, NULL);
      g_signal_emit (document, signals[LABELS_WANTED], 0, item);
      return;
    }
  take_role (document, item);
  monge_item_set_state (item, MONGE_ITEM_READY, NULL);
  if (is_new)
    report_repairs (document, item);
  if (loader->problem != NULL)
    emit_message (document, loader->problem, TRUE);
  ask_for_spaces (document);
}

static void
loaded (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (MongeDocument) document = user_data;
  g_autoptr (MongeShapeLoader) loader = monge_shape_loader_ref (monge_shape_loader_of (result));
  g_autoptr (MongeItem) item = find_loading (document, loader);
  GError *error = NULL;

  if (item == NULL) /* cancelled, or asked for differently meanwhile */
    return;
  g_object_ref (item);
  g_clear_pointer (&item->loader, monge_shape_loader_unref);
  if (monge_shape_loader_run_finish (result, &error))
    take_loaded (document, item, loader);
  else
    fail (document, item, error);
  g_signal_emit (document, signals[LOADING_CHANGED], 0);
  g_signal_emit (document, signals[SHAPES_CHANGED], 0);
}

/* From the file, or as much as is there already. */
static void
start_loading (MongeDocument *document, MongeItem *item, MongeVolume *volume, MongeShape *original,
               MongeShape *shape)
{
  stop_loading (item);
  item->loader = monge_shape_loader_new (&item->input, volume, original, shape);
  monge_item_set_state (item, MONGE_ITEM_LOADING, NULL);
  monge_shape_loader_run_async (item->loader, loaded, g_object_ref (document));
  if (document->progress_timeout == 0)
    document->progress_timeout = g_timeout_add (PROGRESS_MS, show_progress, document);
  g_signal_emit (document, signals[LOADING_CHANGED], 0);
}

/* GObject */

static void
monge_document_dispose (GObject *object)
{
  MongeDocument *document = MONGE_DOCUMENT (object);

  g_clear_handle_id (&document->progress_timeout, g_source_remove);
  for (guint i = 0; i < document->items->len; i++)
    stop_loading (document->items->pdata[i]);
  g_ptr_array_set_size (document->items, 0);
  G_OBJECT_CLASS (monge_document_parent_class)->dispose (object);
}

static void
monge_document_finalize (GObject *object)
{
  g_ptr_array_unref (MONGE_DOCUMENT (object)->items);
  G_OBJECT_CLASS (monge_document_parent_class)->finalize (object);
}

static void
monge_document_class_init (MongeDocumentClass *class)
{
  GType type = G_TYPE_FROM_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = monge_document_dispose;
  G_OBJECT_CLASS (class)->finalize = monge_document_finalize;
  signals[SHAPES_CHANGED] = g_signal_new ("shapes-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                          NULL, G_TYPE_NONE, 0);
  signals[LOOK_CHANGED] = g_signal_new ("look-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                        NULL, G_TYPE_NONE, 1, MONGE_TYPE_ITEM);
  signals[LOADING_CHANGED] = g_signal_new ("loading-changed", type, G_SIGNAL_RUN_LAST, 0, NULL,
                                           NULL, NULL, G_TYPE_NONE, 0);
  signals[MESSAGE] = g_signal_new ("message", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_BOOLEAN);
  signals[LABELS_WANTED] = g_signal_new ("labels-wanted", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                         NULL, G_TYPE_NONE, 1, MONGE_TYPE_ITEM);
  signals[SPACE_WANTED] = g_signal_new ("space-wanted", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                        NULL, G_TYPE_NONE, 1, MONGE_TYPE_ITEM);
}

static void
monge_document_init (MongeDocument *document)
{
  document->items = g_ptr_array_new_with_free_func (g_object_unref);
}

MongeDocument *
monge_document_new (void)
{
  return g_object_new (MONGE_TYPE_DOCUMENT, NULL);
}

/* Opening */

/* The one that fewest contexts have. */
static guint
choose_context_colour (MongeDocument *document)
{
  guint n[5] = { 0 }, best = 0;

  for (guint i = 0; i < document->items->len; i++)
    {
      MongeItem *item = document->items->pdata[i];

      if (monge_item_get_role (item) == MONGE_ROLE_CONTEXT)
        n[item->context_colour]++;
    }
  for (guint k = 1; k < G_N_ELEMENTS (n); k++)
    if (n[k] < n[best])
      best = k;
  return best;
}

static MongeRole
find_free_role (MongeDocument *document)
{
  MongeRole role = MONGE_ROLE_SOURCE;

  while (role < MONGE_ROLE_CONTEXT && monge_document_get (document, role) != NULL)
    role++;
  return role;
}

/* Of several that were to replace the same one, the last. */
static void
set_replaced (MongeDocument *document, MongeItem *item, MongeItem *old)
{
  if (old == NULL)
    return;
  for (guint i = document->items->len; i-- > 0;)
    {
      MongeItem *other = document->items->pdata[i];

      if (other != item && other->replaces == old)
        {
          stop_loading (other);
          take_out (document, other);
        }
    }
  if (old->shape != NULL || old->is_kept)
    item->replaces = g_object_ref (old);
  else
    {
      stop_loading (old);
      take_out (document, old);
    }
}

static MongeItem *
add (MongeDocument *document, const MongeRecipeInput *input, MongeVolume *volume, gboolean is_kept)
{
  MongeItem *old = input->role != MONGE_ROLE_CONTEXT ? monge_document_get (document, input->role)
                                                     : NULL;
  g_autoptr (MongeItem) item = monge_item_new (input, choose_context_colour (document));

  item->is_kept = is_kept;
  if (item->input.space == MONGE_SPACE_UNKNOWN)
    item->input.space = monge_space_recall (item->input.path);
  set_replaced (document, item, old);
  insert (document, item);
  start_loading (document, item, volume, NULL, NULL);
  return item;
}

MongeItem *
monge_document_add (MongeDocument *document, const MongeRecipeInput *input, gboolean is_kept)
{
  g_return_val_if_fail (MONGE_IS_DOCUMENT (document) && input->path != NULL, NULL);

  return add (document, input, NULL, is_kept);
}

MongeItem *
monge_document_add_volume (MongeDocument *document, const MongeRecipeInput *input,
                           MongeVolume *volume)
{
  g_return_val_if_fail (MONGE_IS_DOCUMENT (document) && input->path != NULL, NULL);

  return add (document, input, volume, FALSE);
}

MongeItem *
monge_document_open (MongeDocument *document, MongeRole role, const char *spec)
{
  MongeRecipeInput input = MONGE_RECIPE_INPUT_INIT;
  g_autoptr (GError) error = NULL;
  MongeItem *item = NULL;

  g_return_val_if_fail (MONGE_IS_DOCUMENT (document) && spec != NULL, NULL);
  input.role = role == MONGE_ROLE_ANY ? find_free_role (document) : role;
  if (monge_recipe_input_set_path (&input, spec, &error))
    {
      item = add (document, &input, NULL, FALSE);
      item->has_any_role = role == MONGE_ROLE_ANY;
    }
  else
    emit_message (document, error->message, TRUE);
  monge_recipe_input_clear (&input);
  return item;
}

/* Who will be replaced stays until that has happened. */
static void
make_room (MongeDocument *document, MongeRecipe *recipe)
{
  for (guint i = document->items->len; i-- > 0;)
    {
      MongeItem *item = document->items->pdata[i];
      MongeRole role = monge_item_get_role (item);

      if (role == MONGE_ROLE_CONTEXT || item->shape == NULL
          || monge_recipe_add (recipe, role)->path == NULL)
        {
          stop_loading (item);
          take_out (document, item);
        }
    }
}

void
monge_document_open_recipe (MongeDocument *document, MongeRecipe *recipe)
{
  g_autoptr (GPtrArray) inputs = monge_recipe_list_inputs (recipe);

  if (inputs->len == 0)
    return;
  make_room (document, recipe);
  for (guint i = 0; i < inputs->len; i++)
    add (document, inputs->pdata[i], NULL, TRUE);
  g_signal_emit (document, signals[SHAPES_CHANGED], 0);
}

void
monge_document_save_recipe (MongeDocument *document, MongeRecipe *recipe)
{
  for (guint i = 0; i < document->items->len; i++)
    {
      MongeItem *item = document->items->pdata[i];
      MongeRole role = monge_item_get_role (item);
      MongeRecipeInput *input;

      if (item->replaces != NULL && item->replaces->shape != NULL)
        continue; /* not there yet: what it replaces is */
      input = monge_recipe_add (recipe, role);
      monge_recipe_input_clear (input);
      monge_recipe_input_copy (input, &item->input);
    }
}

/* Looking */

MongeItem *
monge_document_get (MongeDocument *document, MongeRole role)
{
  for (guint i = 0; i < document->items->len; i++)
    {
      MongeItem *item = document->items->pdata[i];

      if (monge_item_get_role (item) == role && item->replaces == NULL)
        return item;
    }
  return NULL;
}

MongeItem *
monge_document_get_nth (MongeDocument *document, guint index)
{
  return index < document->items->len ? document->items->pdata[index] : NULL;
}

guint
monge_document_get_n_items (MongeDocument *document)
{
  return document->items->len;
}

gboolean
monge_document_is_loading (MongeDocument *document)
{
  for (guint i = 0; i < document->items->len; i++)
    if (((MongeItem *) document->items->pdata[i])->loader != NULL)
      return TRUE;
  return FALSE;
}

gboolean
monge_document_is_waiting (MongeDocument *document)
{
  for (guint i = 0; i < document->items->len; i++)
    {
      MongeItem *item = document->items->pdata[i];

      if (item->loader != NULL && monge_item_get_role (item) != MONGE_ROLE_CONTEXT)
        return TRUE;
    }
  return FALSE;
}

double
monge_document_get_progress (MongeDocument *document)
{
  double progress = 0.0;
  guint n = 0;

  for (guint i = 0; i < document->items->len; i++)
    {
      MongeItem *item = document->items->pdata[i];

      if (item->loader == NULL)
        continue;
      progress += monge_item_get_progress (item);
      n++;
    }
  return n > 0 ? progress / n : 1.0;
}

/* Changing */

void
monge_document_remove (MongeDocument *document, MongeItem *item)
{
  g_autoptr (MongeItem) kept G_GNUC_UNUSED = g_object_ref (item);

  stop_loading (item);
  if (!take_out (document, item))
    return;
  for (guint i = 0; i < document->items->len; i++)
    {
      MongeItem *other = document->items->pdata[i];

      if (other->replaces == item)
        g_clear_object (&other->replaces);
    }
  g_clear_object (&item->replaces);
  ask_for_spaces (document);
  g_signal_emit (document, signals[LOADING_CHANGED], 0);
  g_signal_emit (document, signals[SHAPES_CHANGED], 0);
}

void
monge_document_set_role (MongeDocument *document, MongeItem *item, MongeRole role)
{
  MongeRole was = monge_item_get_role (item);
  MongeItem *other = role != MONGE_ROLE_CONTEXT ? monge_document_get (document, role) : NULL;

  if (role == was || other == item)
    return;
  take_role (document, item);
  if (other != NULL)
    monge_item_set_role (other, was);
  monge_item_set_role (item, role);
  item->has_any_role = FALSE;
  sort (document);
  g_signal_emit (document, signals[SHAPES_CHANGED], 0);
}

/* Whether @a and @b are the same of what is read, but for the filters. */
static gboolean
has_same_original (const MongeRecipeInput *a, const MongeRecipeInput *b)
{
  MongeRecipeInput filtered = *a;

  filtered.filters = b->filters;
  return monge_recipe_input_loads_same (&filtered, b);
}

static gboolean
has_same_weights (const MongeRecipeInput *a, const MongeRecipeInput *b)
{
  return g_strcmp0 (a->weights_path, b->weights_path) == 0
         && g_strcmp0 (a->weights_array, b->weights_array) == 0;
}

void
monge_document_change (MongeDocument *document, MongeItem *item, const MongeRecipeInput *input)
{
  const MongeRecipeInput *loaded = &item->loaded;
  gboolean weighs_same = has_same_weights (&item->input, input);
  MongeRole role = input->role;

  if (role != monge_item_get_role (item))
    {
      monge_document_set_role (document, item, role);
      monge_document_change (document, item, input);
      return;
    }
  monge_item_set_input (item, input);
  input = &item->input;
  if (item->shape != NULL && monge_recipe_input_loads_same (loaded, input))
    {
      stop_loading (item);
      monge_item_set_state (item, MONGE_ITEM_READY, NULL);
      if (g_strcmp0 (loaded->landmarks_path, input->landmarks_path) != 0)
        start_loading (document, item, item->volume, item->original, item->shape);
    }
  else if (item->original != NULL && has_same_original (loaded, input))
    start_loading (document, item, item->volume, item->original, NULL);
  else if (item->volume != NULL && g_strcmp0 (loaded->path, input->path) == 0)
    start_loading (document, item, item->volume, NULL, NULL);
  else
    start_loading (document, item, NULL, NULL, NULL);
  if (!weighs_same)
    g_signal_emit (document, signals[SHAPES_CHANGED], 0);
}

/* Stopping */

static void
cancel (MongeDocument *document, MongeItem *item)
{
  GError *error = g_error_new_literal (MONGE_ERROR, MONGE_ERROR_CANCELLED, "Cancelled");

  stop_loading (item);
  fail (document, item, error);
}

void
monge_document_cancel (MongeDocument *document, MongeItem *item)
{
  g_autoptr (MongeItem) kept G_GNUC_UNUSED = g_object_ref (item);

  if (item->loader == NULL && item->state != MONGE_ITEM_ASKING)
    return;
  cancel (document, item);
  g_signal_emit (document, signals[LOADING_CHANGED], 0);
  g_signal_emit (document, signals[SHAPES_CHANGED], 0);
}

void
monge_document_cancel_all (MongeDocument *document)
{
  for (guint i = document->items->len; i-- > 0;)
    {
      g_autoptr (MongeItem) item = g_object_ref (document->items->pdata[i]);

      if (item->loader != NULL)
        cancel (document, item);
    }
  g_signal_emit (document, signals[LOADING_CHANGED], 0);
  g_signal_emit (document, signals[SHAPES_CHANGED], 0);
}
