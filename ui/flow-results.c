#include "ui/flow-results.h"

/* What takes a solve. */
#define SOLVED (MONGE_RESULT_LOSS_DENSITY | MONGE_RESULT_POTENTIAL | MONGE_RESULT_VELOCITY)

MongeFlowResults *
monge_flow_results_new (MongeSession *session)
{
  MongeRunner *runner = monge_session_get_runner (session);
  MongeItem *item = monge_document_get (monge_session_get_document (session), MONGE_ROLE_SOURCE);
  MongeFlowResults *flow;
  g_autoptr (MongeShape) now = NULL;

  if (runner == NULL)
    return NULL;
  now = monge_runner_dup_shape (runner, NULL);
  flow = g_atomic_rc_box_new0 (MongeFlowResults);
  flow->source = monge_shape_ref (monge_runner_get_source (runner));
  flow->target = monge_shape_ref (monge_runner_get_target (runner));
  flow->moved = monge_shape_moved (flow->source, monge_shape_get_positions (now));
  if (item != NULL && monge_item_get_landmarks (item) != NULL)
    flow->landmarks = monge_landmarks_ref (monge_item_get_landmarks (item));
  flow->recipe = monge_session_dup_recipe (session);
  return flow;
}

MongeFlowResults *
monge_flow_results_ref (MongeFlowResults *flow)
{
  return g_atomic_rc_box_acquire (flow);
}

static void
flow_results_clear (gpointer data)
{
  MongeFlowResults *flow = data;

  monge_shape_unref (flow->source);
  monge_shape_unref (flow->target);
  monge_shape_unref (flow->moved);
  g_clear_pointer (&flow->landmarks, monge_landmarks_unref);
  monge_recipe_free (flow->recipe);
}

void
monge_flow_results_unref (MongeFlowResults *flow)
{
  g_atomic_rc_box_release_full (flow, flow_results_clear);
}

MongeShape *
monge_flow_results_attach (const MongeFlowResults *flow, MongeResults results, MongeTask *task,
                           GError **error)
{
  const MongeBackendOptions options = { .name = "cpu" };
  const MongeRecipe *recipe = flow->recipe;
  const double *positions = monge_shape_get_positions (flow->moved);
  g_autoptr (MongeMeasure) of_source = NULL;
  g_autoptr (MongeMeasure) of_target = NULL;
  g_autoptr (MongeBackend) backend = NULL;

  if ((results & SOLVED) == 0)
    return monge_results_attach (flow->source, flow->target, positions, results, NULL, NULL,
                                 &recipe->params, NULL, task, error);
  backend = monge_backend_open (&options, error);
  if (backend == NULL)
    return NULL;
  of_source = monge_recipe_input_build_measure (&recipe->source, flow->source, recipe->weighting,
                                                error);
  if (of_source == NULL)
    return NULL;
  of_target = monge_recipe_input_build_measure (&recipe->target, flow->target, recipe->weighting,
                                                error);
  if (of_target == NULL)
    return NULL;
  return monge_results_attach (flow->source, flow->target, positions, results, of_source,
                               of_target, &recipe->params, backend, task, error);
}
