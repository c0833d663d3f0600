/* What else than the moved shape a flow can be written as: landmarks, transform, field, table. */
#pragma once

#include "ui/flow-results.h"

G_BEGIN_DECLS

/**
 * MongeFlowOutput:
 * @title: of the question for a name
 * @suffix: of the name that is suggested; says the format
 * @filter: for file-dialog.h
 * @save: writes it; any thread. The file is whole or untouched
 */
typedef struct {
  const char *name, *title, *suffix;
  const char *const *filter;
  gboolean (*save) (const MongeFlowResults *flow, const char *path, MongeTask *task,
                    GError **error);
} MongeFlowOutput;

/* "landmarks", "transform", "field", "correspondences"; ends with a NULL name. */
extern const MongeFlowOutput monge_flow_outputs[];
const MongeFlowOutput *monge_flow_output_find (const char *name);

G_END_DECLS
