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
  return monge_recipe_input_build_measure (&preparation->inputs[role], preparation->shapes[role],
                                           preparation->weighting, error);
}

static MongeFlow *
new_flow (MongePreparation *preparation, MongeBackend *backend, MongeMeasure *from,
          MongeMeasure *to, GError **error)
{
  return monge_flow_new_for_measures (backend, preparation->shapes[MONGE_ROLE_SOURCE],
                                      preparation->shapes[MONGE_ROLE_TARGET], from, to, error);
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
prepare_flow (MongePreparation *preparation, double origin[3], GError **error)
{
  MongeFlow *flow = open_flow (preparation, error);

  if (flow == NULL)
    return;
  preparation->runner = monge_runner_new (flow, &preparation->params, preparation->wake,
                                          preparation->wake_data);
  memcpy (origin, monge_runner_get_origin (preparation->runner), 3 * sizeof *origin);
}

void
monge_preparation_run (GTask *task, gpointer source, gpointer user_data, GCancellable *cancellable)
{
  MongePreparation *preparation = user_data;
  MongeShape **shapes = preparation->shapes;
  double origin[3] = { 0 };
  GError *error = NULL;

  if (shapes[0] != NULL || shapes[1] != NULL)
    monge_drawable_get_origin_for (shapes[0] != NULL ? shapes[0] : shapes[1], origin);
  if (shapes[0] != NULL && shapes[1] != NULL)
    prepare_flow (preparation, origin, &error);
  for (int r = 0; r < MONGE_N_ROLES; r++)
    if (shapes[r] != NULL)
      preparation->drawables[r] = monge_drawable_new (shapes[r], origin);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

void
monge_preparation_free (gpointer data)
{
  MongePreparation *preparation = data;

  g_clear_pointer (&preparation->runner, monge_runner_free);
  for (int r = 0; r < MONGE_N_ROLES; r++)
    {
      g_clear_pointer (&preparation->shapes[r], monge_shape_unref);
      g_clear_pointer (&preparation->drawables[r], monge_drawable_unref);
      monge_recipe_input_clear (&preparation->inputs[r]);
    }
  g_object_unref (preparation->session);
  g_free (preparation->notice);
  g_free (preparation);
}
