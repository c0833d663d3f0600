/* What a flow has come to, taken from a session to be worked on by a thread. */
#pragma once

#include "compute/recipe.h"
#include "compute/results.h"
#include "ui/session.h"

G_BEGIN_DECLS

/**
 * MongeFlowResults:
 * @source, @target: at rest
 * @moved: the source where it is now, with the arrays of @source
 * @landmarks: (nullable): of @source
 * @recipe: how both are weighed, and the parameters
 *
 * Immutable, reference-counted.
 */
typedef struct {
  MongeShape *source, *target, *moved;
  MongeLandmarks *landmarks;
  MongeRecipe *recipe;
} MongeFlowResults;

/* NULL when there is no flow. */
MongeFlowResults *monge_flow_results_new (MongeSession *session);
MongeFlowResults *monge_flow_results_ref (MongeFlowResults *flow);
void monge_flow_results_unref (MongeFlowResults *flow);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeFlowResults, monge_flow_results_unref)

/* The moved source with these arrays; see monge_results_attach(). Any thread; solves on the CPU where
 * that is needed. */
MongeShape *monge_flow_results_attach (const MongeFlowResults *flow, MongeResults results,
                                       MongeTask *task, GError **error);

G_END_DECLS
