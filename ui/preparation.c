#include "ui/preparation.h"

#include <string.h>

void
monge_computer_init (MongeComputer *computer)
{
  *computer = (MongeComputer){ 0 };
  g_mutex_init (&computer->lock);
}

void
monge_computer_clear (MongeComputer *computer)
{
  g_clear_pointer (&computer->backend, monge_backend_close);
  g_mutex_clear (&computer->lock);
}

/* With the lock held. */
static MongeBackend *
open_chosen (MongeComputer *computer, char **notice, GError **error)
{
  const MongeBackendOptions cpu = { .name = "cpu", .n_threads = computer->options.n_threads };
  g_autoptr (GError) reason = NULL;
  MongeBackend *backend = monge_backend_open (&computer->options, &reason);

  if (backend == NULL && g_error_matches (reason, MONGE_ERROR, MONGE_ERROR_DEVICE))
    {
      *notice = g_strdup_printf ("%s; going on with the CPU", reason->message);
      computer->options.name = "cpu";
      return monge_backend_open (&cpu, error);
    }
  if (backend == NULL)
    g_propagate_error (error, g_steal_pointer (&reason));
  return backend;
}

MongeBackend *
monge_computer_open (MongeComputer *computer, char **notice, GError **error)
{
  MongeBackend *backend = NULL;

  g_mutex_lock (&computer->lock);
  if (computer->backend == NULL)
    computer->backend = open_chosen (computer, notice, error);
  if (computer->backend != NULL)
    {
      backend = monge_backend_ref (computer->backend);
      g_atomic_pointer_set (&computer->note,
                            g_intern_string (monge_backend_get_note (backend)));
    }
  g_mutex_unlock (&computer->lock);
  return backend;
}

void
monge_computer_choose (MongeComputer *computer, const MongeBackendOptions *options)
{
  g_mutex_lock (&computer->lock);
  g_clear_pointer (&computer->backend, monge_backend_close);
  computer->options.device = options->device;
  if (options->n_threads > 0)
    computer->options.n_threads = options->n_threads;
  computer->options.name = g_intern_string (options->name);
  g_mutex_unlock (&computer->lock);
}

const char *
monge_computer_get_choice (MongeComputer *computer)
{
  const char *name;

  g_mutex_lock (&computer->lock);
  name = computer->options.name;
  g_mutex_unlock (&computer->lock);
  return name != NULL ? name : "auto";
}

void
monge_computer_give_up_card (MongeComputer *computer)
{
  g_mutex_lock (&computer->lock);
  g_clear_pointer (&computer->backend, monge_backend_close);
  computer->options.name = "cpu";
  g_mutex_unlock (&computer->lock);
}

/* The flow */

static MongeMeasure *
build_measure (MongePreparation *preparation, MongeRole role, GError **error)
{
  const MongePreparedShape *shape = preparation->flow_shapes[role];

  return monge_recipe_input_build_measure (&shape->input, shape->shape, preparation->weighting,
                                           error);
}

static MongeFlow *
new_flow (MongePreparation *preparation, MongeBackend *backend, MongeMeasure *from,
          MongeMeasure *to, GError **error)
{
  return monge_flow_new_for_measures (backend, preparation->flow_shapes[MONGE_ROLE_SOURCE]->shape,
                                      preparation->flow_shapes[MONGE_ROLE_TARGET]->shape, from, to,
                                      error);
}

/* When @card has no room or has failed. Takes @reason. */
static MongeFlow *
new_flow_on_cpu (MongePreparation *preparation, MongeBackend *card, MongeMeasure *from,
                 MongeMeasure *to, GError *reason, GError **error)
{
  gboolean has_failed = FALSE;
  g_autofree char *notice = NULL;
  g_autoptr (MongeBackend) cpu = monge_backend_replace (card, reason, &notice, &has_failed);

  if (cpu == NULL)
    {
      g_propagate_error (error, reason);
      return NULL;
    }
  g_error_free (reason);
  if (has_failed)
    monge_computer_give_up_card (preparation->computer);
  g_free (preparation->notice);
  preparation->notice = g_steal_pointer (&notice);
  return new_flow (preparation, cpu, from, to, error);
}

static MongeFlow *
open_flow (MongePreparation *preparation, GError **error)
{
  g_autoptr (MongeBackend) backend = monge_computer_open (preparation->computer,
                                                           &preparation->notice, error);
  g_autoptr (MongeMeasure) from = NULL;
  g_autoptr (MongeMeasure) to = NULL;
  GError *reason = NULL;
  MongeFlow *flow;

  if (backend == NULL)
    return NULL;
  from = build_measure (preparation, MONGE_ROLE_SOURCE, error);
  to = from != NULL ? build_measure (preparation, MONGE_ROLE_TARGET, error) : NULL;
  if (to == NULL)
    return NULL;
  flow = new_flow (preparation, backend, from, to, &reason);
  return flow != NULL ? flow : new_flow_on_cpu (preparation, backend, from, to, reason, error);
}

static void
prepare_flow (MongePreparation *preparation, GError **error)
{
  MongeFlow *flow = open_flow (preparation, error);

  if (flow == NULL)
    return;
  preparation->runner = monge_runner_new (flow, &preparation->params, preparation->wake,
                                          preparation->wake_data);
  memcpy (preparation->origin, monge_runner_get_origin (preparation->runner),
          sizeof preparation->origin);
}

/* About the middle of the source, or of the first shape there is. */
static void
choose_origin (MongePreparation *preparation)
{
  MongePreparedShape **of_flow = preparation->flow_shapes;
  const MongePreparedShape *first = of_flow[0] != NULL ? of_flow[0] : of_flow[1];

  if (first == NULL && preparation->shapes->len > 0)
    first = &g_array_index (preparation->shapes, MongePreparedShape, 0);
  if (first != NULL)
    monge_drawable_get_origin_for (first->shape, preparation->origin);
}

static void
prepare_drawable (MongePreparation *preparation, MongePreparedShape *shape)
{
  MongeDrawable *drawable = shape->drawable;

  if (drawable != NULL && drawable->shape == shape->shape
      && memcmp (drawable->origin, preparation->origin, sizeof drawable->origin) == 0)
    return;
  shape->drawable = monge_drawable_new (shape->shape, preparation->origin);
  g_clear_pointer (&drawable, monge_drawable_unref);
}

void
monge_preparation_run (GTask *task, gpointer source, gpointer user_data, GCancellable *cancellable)
{
  MongePreparation *preparation = user_data;
  MongePreparedShape **of_flow = preparation->flow_shapes;
  GError *error = NULL;

  if (preparation->has_new_flow)
    choose_origin (preparation);
  if (preparation->has_new_flow && of_flow[0] != NULL && of_flow[1] != NULL)
    prepare_flow (preparation, &error);
  for (guint i = 0; i < preparation->shapes->len; i++)
    prepare_drawable (preparation, &g_array_index (preparation->shapes, MongePreparedShape, i));
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static void
prepared_shape_clear (gpointer data)
{
  MongePreparedShape *shape = data;

  g_object_unref (shape->item);
  monge_shape_unref (shape->shape);
  monge_recipe_input_clear (&shape->input);
  g_clear_pointer (&shape->drawable, monge_drawable_unref);
}

static void
add_shape (MongePreparation *preparation, MongeItem *item)
{
  MongeDrawable *drawable = monge_item_get_drawable (item);
  MongePreparedShape shape = {
    .item = g_object_ref (item),
    .shape = monge_shape_ref (monge_item_get_shape (item)),
    .drawable = drawable != NULL ? monge_drawable_ref (drawable) : NULL,
  };

  monge_recipe_input_copy (&shape.input, monge_item_get_input (item));
  g_array_append_val (preparation->shapes, shape);
}

MongePreparation *
monge_preparation_new (MongeSession *session, MongeDocument *document)
{
  MongePreparation *preparation = g_new0 (MongePreparation, 1);

  preparation->session = g_object_ref (session);
  preparation->shapes = g_array_new (FALSE, FALSE, sizeof (MongePreparedShape));
  g_array_set_clear_func (preparation->shapes, prepared_shape_clear);
  for (guint i = 0; i < monge_document_get_n_items (document); i++)
    if (monge_item_get_shape (monge_document_get_nth (document, i)) != NULL)
      add_shape (preparation, monge_document_get_nth (document, i));
  for (guint i = 0; i < preparation->shapes->len; i++)
    {
      MongePreparedShape *shape = &g_array_index (preparation->shapes, MongePreparedShape, i);

      if (shape->input.role < MONGE_N_ROLES
          && shape->item == monge_document_get (document, shape->input.role))
        preparation->flow_shapes[shape->input.role] = shape;
    }
  return preparation;
}

void
monge_preparation_free (gpointer data)
{
  MongePreparation *preparation = data;

  g_clear_pointer (&preparation->runner, monge_runner_free);
  g_array_unref (preparation->shapes);
  g_object_unref (preparation->session);
  g_free (preparation->notice);
  g_free (preparation);
}
