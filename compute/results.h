/* What a registration says of every vertex, as arrays of the moved shape. */
#pragma once

#include "compute/flow/flow.h"

G_BEGIN_DECLS

/**
 * MongeResults:
 * @MONGE_RESULT_DISPLACEMENT: "displacement", (n × dim): where the vertex is less where it was
 * @MONGE_RESULT_MAGNITUDE: "displacement_magnitude": its length
 * @MONGE_RESULT_DISTANCE: "distance" to the nearest point of the target; where that is a closed and
 *   oriented surface "signed_distance", positive outside
 * @MONGE_RESULT_LOSS_DENSITY: "loss_density", whose mean, weighted as the source is, is the loss
 * @MONGE_RESULT_POTENTIAL: "potential": see monge_loss_describe()
 * @MONGE_RESULT_VELOCITY: "velocity", (n × dim): the step of size 1 that would come next
 *
 * All are float32, in units of length but for potential and density, which are in those of the loss.
 */
typedef enum {
  MONGE_RESULT_DISPLACEMENT = 1 << 0,
  MONGE_RESULT_MAGNITUDE = 1 << 1,
  MONGE_RESULT_DISTANCE = 1 << 2,
  MONGE_RESULT_LOSS_DENSITY = 1 << 3,
  MONGE_RESULT_POTENTIAL = 1 << 4,
  MONGE_RESULT_VELOCITY = 1 << 5,
  MONGE_RESULTS_NONE = 0,
  MONGE_RESULTS_ALL = (1 << 6) - 1,
  MONGE_RESULTS_DEFAULT = MONGE_RESULT_DISPLACEMENT,
} MongeResults;

/* In the order of the bits, then NULL: "displacement", "displacement_magnitude", "distance",
 * "loss_density", "potential", "velocity". */
extern const char *const monge_result_names[];
extern const char *const monge_result_descriptions[];

/* "all", "none", or names parted by commas; errors list them. */
gboolean monge_results_parse (const char *text, MongeResults *results, GError **error);
/* What monge_results_parse() takes. Transfer full. */
char *monge_results_print (MongeResults results);

/**
 * monge_results_attach:
 * @positions: (n × dim) of the source's vertices now
 * @source_measure, @target_measure: those of the flow; only needed, as @params and @backend are, for
 *   densities, potentials and velocities, and (nullable) without
 *
 * The source at @positions with the arrays of @results, those of the same name replaced. Densities,
 * potentials and velocities take one solve from a cold start, on @backend, which nobody else may use
 * meanwhile. Distances need two or three dimensions and are left out beyond. Any thread.
 *
 * Returns: (transfer full) (nullable)
 */
MongeShape *monge_results_attach (MongeShape *source, MongeShape *target, const double *positions,
                                  MongeResults results, MongeMeasure *source_measure,
                                  MongeMeasure *target_measure, const MongeFlowParams *params,
                                  MongeBackend *backend, MongeTask *task, GError **error);

G_END_DECLS
