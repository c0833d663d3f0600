#include "ui/item-private.h"

#include <string.h>

#include "compute/io/file.h"
#include "render/colormap.h"

enum {
  PROP_NAME = 1,
  PROP_COLOUR,
  PROP_VISIBLE,
  PROP_COLOUR_ARRAY,
  PROP_ROLE,
  PROP_STATE,
  PROP_PROGRESS,
  PROP_MESSAGE,
  PROP_SHAPE,
  PROP_ASKS_SPACE,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (MongeItem, monge_item, G_TYPE_OBJECT)

/* Colours: what is left of Okabe and Ito's set, the least like source and target first. */
static const guint8 context_colours[][3] = {
  { 0x00, 0x9e, 0x73 }, { 0xcc, 0x79, 0xa7 }, { 0xf0, 0xe4, 0x42 },
  { 0x56, 0xb4, 0xe9 }, { 0xe6, 0x9f, 0x00 },
};

static void
choose_colour (MongeItem *item)
{
  const guint8 *context = context_colours[item->context_colour % G_N_ELEMENTS (context_colours)];
  float colour[3];

  if (item->input.has_colour)
    memcpy (colour, item->input.colour, sizeof colour);
  else if (item->input.role == MONGE_ROLE_SOURCE)
    memcpy (colour, monge_colour_source, sizeof colour);
  else if (item->input.role == MONGE_ROLE_TARGET)
    memcpy (colour, monge_colour_target, sizeof colour);
  else
    for (int k = 0; k < 3; k++)
      colour[k] = context[k] / 255.0f;
  if (memcmp (colour, item->colour, sizeof colour) == 0)
    return;
  memcpy (item->colour, colour, sizeof colour);
  g_object_notify_by_pspec (G_OBJECT (item), properties[PROP_COLOUR]);
}

/* What the volume calls the label that was chosen; NULL if it says nothing. */
static const char *
find_label_name (const MongeVolume *volume, const MongeRecipeInput *input)
{
  const GArray *table = volume != NULL ? monge_volume_get_label_table (volume) : NULL;

  for (guint i = 0; table != NULL && input->n_labels == 1 && i < table->len; i++)
    if (g_array_index (table, MongeLabel, i).label == input->labels[0])
      return g_array_index (table, MongeLabel, i).name;
  return NULL;
}

/* "left 37,38": several shapes may come of one volume. */
static char *
build_file_name (const MongeVolume *volume, const MongeRecipeInput *input)
{
  const char *label_name = find_label_name (volume, input);
  g_autofree char *name = monge_path_dup_shape_name (input->path);
  g_autofree char *labels = monge_recipe_input_print (input, "label");

  if (label_name != NULL)
    return g_strdup (label_name);
  if (g_str_has_prefix (input->path, "example:"))
    return g_strdup (strchr (input->path, ':') + 1);
  return labels != NULL ? g_strdup_printf ("%s %s", name, labels) : g_steal_pointer (&name);
}

static void
set_file_name (MongeItem *item)
{
  g_autofree char *name = build_file_name (item->volume, &item->input);

  if (g_strcmp0 (name, item->file_name) == 0)
    return;
  g_free (item->file_name);
  item->file_name = g_steal_pointer (&name);
  g_object_notify_by_pspec (G_OBJECT (item), properties[PROP_NAME]);
}

/* GObject */

static void
monge_item_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  MongeItem *item = MONGE_ITEM (object);
  MongeRecipeInput coloured = { .has_colour = TRUE };

  switch (id)
    {
    case PROP_NAME:
      g_value_set_string (value, monge_item_get_name (item));
      break;
    case PROP_COLOUR:
      memcpy (coloured.colour, item->colour, sizeof item->colour);
      g_value_take_string (value, monge_recipe_input_print (&coloured, "colour"));
      break;
    case PROP_VISIBLE:
      g_value_set_boolean (value, monge_item_get_visible (item));
      break;
    case PROP_COLOUR_ARRAY:
      g_value_set_string (value, item->input.colour_array);
      break;
    case PROP_ROLE:
      g_value_set_int (value, item->input.role);
      break;
    case PROP_STATE:
      g_value_set_int (value, item->state);
      break;
    case PROP_PROGRESS:
      g_value_set_double (value, monge_item_get_progress (item));
      break;
    case PROP_MESSAGE:
      g_value_set_string (value, item->message);
      break;
    case PROP_SHAPE:
      g_value_set_pointer (value, item->shape);
      break;
    case PROP_ASKS_SPACE:
      g_value_set_boolean (value, item->asks_space);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
monge_item_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  MongeItem *item = MONGE_ITEM (object);
  MongeRecipeInput coloured = MONGE_RECIPE_INPUT_INIT;
  const char *text;

  switch (id)
    {
    case PROP_NAME:
      monge_item_set_name (item, g_value_get_string (value));
      break;
    case PROP_COLOUR:
      text = g_value_get_string (value);
      if (text == NULL || monge_recipe_input_set (&coloured, "colour", text, NULL))
        monge_item_set_colour (item, coloured.has_colour ? coloured.colour : NULL);
      break;
    case PROP_VISIBLE:
      monge_item_set_visible (item, g_value_get_boolean (value));
      break;
    case PROP_COLOUR_ARRAY:
      monge_item_set_colour_array (item, g_value_get_string (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
monge_item_dispose (GObject *object)
{
  MongeItem *item = MONGE_ITEM (object);

  if (item->loader != NULL)
    monge_task_cancel (&item->loader->task);
  g_clear_pointer (&item->loader, monge_shape_loader_unref);
  g_clear_object (&item->replaces);
  G_OBJECT_CLASS (monge_item_parent_class)->dispose (object);
}

static void
monge_item_finalize (GObject *object)
{
  MongeItem *item = MONGE_ITEM (object);

  monge_recipe_input_clear (&item->input);
  monge_recipe_input_clear (&item->loaded);
  g_free (item->file_name);
  g_free (item->message);
  g_clear_pointer (&item->volume, monge_volume_unref);
  g_clear_pointer (&item->original, monge_shape_unref);
  g_clear_pointer (&item->shape, monge_shape_unref);
  g_clear_pointer (&item->notes, g_ptr_array_unref);
  g_clear_pointer (&item->landmarks, monge_landmarks_unref);
  g_clear_pointer (&item->drawable, monge_drawable_unref);
  G_OBJECT_CLASS (monge_item_parent_class)->finalize (object);
}

static void
monge_item_class_init (MongeItemClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GParamFlags shown = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  GParamFlags chosen = shown | G_PARAM_WRITABLE;

  object_class->get_property = monge_item_get_property;
  object_class->set_property = monge_item_set_property;
  object_class->dispose = monge_item_dispose;
  object_class->finalize = monge_item_finalize;
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, chosen);
  properties[PROP_COLOUR] = g_param_spec_string ("colour", NULL, NULL, NULL, chosen);
  properties[PROP_VISIBLE] = g_param_spec_boolean ("visible", NULL, NULL, TRUE, chosen);
  properties[PROP_COLOUR_ARRAY] = g_param_spec_string ("colour-array", NULL, NULL, NULL, chosen);
  properties[PROP_ROLE] = g_param_spec_int ("role", NULL, NULL, 0, MONGE_ROLE_CONTEXT, 0, shown);
  properties[PROP_STATE] = g_param_spec_int ("state", NULL, NULL, 0, MONGE_ITEM_FAILED, 0, shown);
  properties[PROP_PROGRESS] = g_param_spec_double ("progress", NULL, NULL, 0.0, 1.0, 0.0, shown);
  properties[PROP_MESSAGE] = g_param_spec_string ("message", NULL, NULL, NULL, shown);
  properties[PROP_SHAPE] = g_param_spec_pointer ("shape", NULL, NULL, shown);
  properties[PROP_ASKS_SPACE] = g_param_spec_boolean ("asks-space", NULL, NULL, FALSE, shown);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
monge_item_init (MongeItem *item)
{
  item->input = (MongeRecipeInput) MONGE_RECIPE_INPUT_INIT;
  item->loaded = item->input;
}

MongeItem *
monge_item_new (const MongeRecipeInput *input, guint context_colour)
{
  MongeItem *item = g_object_new (MONGE_TYPE_ITEM, NULL);

  item->context_colour = context_colour;
  monge_item_set_input (item, input);
  return item;
}

/* What is shown of it */

const char *
monge_item_get_name (MongeItem *item)
{
  return item->input.name != NULL ? item->input.name : item->file_name;
}

void
monge_item_set_name (MongeItem *item, const char *name)
{
  g_autofree char *text = name != NULL ? g_strstrip (g_utf8_make_valid (name, -1)) : NULL;

  if (text != NULL && (*text == '\0' || g_str_equal (text, item->file_name)))
    g_clear_pointer (&text, g_free);
  if (g_strcmp0 (text, item->input.name) == 0)
    return;
  g_free (item->input.name);
  item->input.name = g_steal_pointer (&text);
  g_object_notify_by_pspec (G_OBJECT (item), properties[PROP_NAME]);
}

const float *
monge_item_get_colour (MongeItem *item)
{
  return item->colour;
}

void
monge_item_set_colour (MongeItem *item, const float colour[3])
{
  item->input.has_colour = colour != NULL;
  if (colour != NULL)
    memcpy (item->input.colour, colour, sizeof item->input.colour);
  choose_colour (item);
}

gboolean
monge_item_get_visible (MongeItem *item)
{
  return !item->input.is_hidden;
}

void
monge_item_set_visible (MongeItem *item, gboolean visible)
{
  if (item->input.is_hidden == !visible)
    return;
  item->input.is_hidden = !visible;
  g_object_notify_by_pspec (G_OBJECT (item), properties[PROP_VISIBLE]);
}

const char *
monge_item_get_colour_array (MongeItem *item)
{
  return item->input.colour_array;
}

void
monge_item_set_colour_array (MongeItem *item, const char *name)
{
  if (g_strcmp0 (name, item->input.colour_array) == 0)
    return;
  g_free (item->input.colour_array);
  item->input.colour_array = g_strdup (name);
  g_object_notify_by_pspec (G_OBJECT (item), properties[PROP_COLOUR_ARRAY]);
}

/* What became of it */

MongeRole
monge_item_get_role (MongeItem *item)
{
  return item->input.role;
}

void
monge_item_set_role (MongeItem *item, MongeRole role)
{
  if (item->input.role == role)
    return;
  item->input.role = role;
  g_object_notify_by_pspec (G_OBJECT (item), properties[PROP_ROLE]);
  choose_colour (item);
}

MongeItemState
monge_item_get_state (MongeItem *item)
{
  return item->state;
}

void
monge_item_set_state (MongeItem *item, MongeItemState state, const char *message)
{
  gboolean is_new = g_strcmp0 (message, item->message) != 0;

  if (is_new)
    {
      g_free (item->message);
      item->message = g_strdup (message);
    }
  if (state != item->state)
    {
      item->state = state;
      g_object_notify_by_pspec (G_OBJECT (item), properties[PROP_STATE]);
    }
  if (is_new)
    g_object_notify_by_pspec (G_OBJECT (item), properties[PROP_MESSAGE]);
}

double
monge_item_get_progress (MongeItem *item)
{
  return item->loader != NULL ? monge_task_get_progress (&item->loader->task) : 1.0;
}

void
monge_item_notify_progress (MongeItem *item)
{
  g_object_notify_by_pspec (G_OBJECT (item), properties[PROP_PROGRESS]);
}

const char *
monge_item_get_message (MongeItem *item)
{
  return item->message;
}

gboolean
monge_item_get_asks_space (MongeItem *item)
{
  return item->asks_space;
}

void
monge_item_set_asks_space (MongeItem *item, gboolean asks)
{
  if (asks == item->asks_space)
    return;
  item->asks_space = asks;
  g_object_notify_by_pspec (G_OBJECT (item), properties[PROP_ASKS_SPACE]);
}

const MongeRecipeInput *
monge_item_get_input (MongeItem *item)
{
  return &item->input;
}

void
monge_item_set_input (MongeItem *item, const MongeRecipeInput *input)
{
  MongeRecipeInput copy;
  MongeRecipeInput was = item->input;

  monge_recipe_input_copy (&copy, input);
  item->input = copy;
  set_file_name (item);
  choose_colour (item);
  if (g_strcmp0 (was.name, copy.name) != 0)
    g_object_notify_by_pspec (G_OBJECT (item), properties[PROP_NAME]);
  if (was.is_hidden != copy.is_hidden)
    g_object_notify_by_pspec (G_OBJECT (item), properties[PROP_VISIBLE]);
  if (was.role != copy.role)
    g_object_notify_by_pspec (G_OBJECT (item), properties[PROP_ROLE]);
  if (g_strcmp0 (was.colour_array, copy.colour_array) != 0)
    g_object_notify_by_pspec (G_OBJECT (item), properties[PROP_COLOUR_ARRAY]);
  monge_recipe_input_clear (&was);
}

static void
replace_shape (MongeShape **place, MongeShape *shape)
{
  if (shape != NULL)
    monge_shape_ref (shape);
  g_clear_pointer (place, monge_shape_unref);
  *place = shape;
}

void
monge_item_take (MongeItem *item, MongeShapeLoader *loader)
{
  MongeVolume *volume = loader->volume != NULL ? monge_volume_ref (loader->volume) : NULL;

  g_clear_pointer (&item->volume, monge_volume_unref);
  item->volume = volume;
  if (loader->shape != NULL)
    {
      if (item->shape != loader->shape)
        {
          g_clear_pointer (&item->notes, g_ptr_array_unref);
          item->notes = loader->notes != NULL ? g_ptr_array_ref (loader->notes) : NULL;
        }
      replace_shape (&item->original, loader->original);
      replace_shape (&item->shape, loader->shape);
      g_clear_pointer (&item->landmarks, monge_landmarks_unref);
      item->landmarks = g_steal_pointer (&loader->landmarks);
    }
  if (loader->input.n_labels > 0 && item->input.n_labels == 0) /* the only one there was */
    {
      item->input.labels = g_memdup2 (loader->input.labels, sizeof *loader->input.labels);
      item->input.n_labels = 1;
    }
  monge_recipe_input_clear (&item->loaded);
  monge_recipe_input_copy (&item->loaded, &item->input);
  set_file_name (item);
  g_object_notify_by_pspec (G_OBJECT (item), properties[PROP_SHAPE]);
}

void
monge_item_revert (MongeItem *item)
{
  MongeRecipeInput input = item->loaded; /* borrows, and then borrows how it is shown */

  input.role = item->input.role;
  input.name = item->input.name;
  input.has_colour = item->input.has_colour;
  memcpy (input.colour, item->input.colour, sizeof input.colour);
  input.is_hidden = item->input.is_hidden;
  input.colour_array = item->input.colour_array;
  monge_item_set_input (item, &input);
}

MongeShape *
monge_item_get_shape (MongeItem *item)
{
  return item->shape;
}

MongeShape *
monge_item_get_original (MongeItem *item)
{
  return item->original;
}

MongeVolume *
monge_item_get_volume (MongeItem *item)
{
  return item->volume;
}

MongeDrawable *
monge_item_get_drawable (MongeItem *item)
{
  return item->drawable;
}

void
monge_item_set_drawable (MongeItem *item, MongeDrawable *drawable)
{
  MongeDrawable *owned = drawable != NULL ? monge_drawable_ref (drawable) : NULL;

  g_clear_pointer (&item->drawable, monge_drawable_unref);
  item->drawable = owned;
}

MongeLandmarks *
monge_item_get_landmarks (MongeItem *item)
{
  return item->landmarks;
}

const GPtrArray *
monge_item_get_notes (MongeItem *item)
{
  return item->notes;
}
