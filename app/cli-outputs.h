/* What `register` writes beside the moved shape, and what it is judged by. */
#pragma once

#include "app/cli-report.h"

#include "compute/results.h"

G_BEGIN_DECLS

/**
 * MongeCliOutputs:
 *
 * Zero-initialise it; the first fields are set by the entries below.
 */
typedef struct {
  char *landmark_paths; /* S,T or S alone */
  char *landmarks_out;
  char *result_names;
  /* made */
  MongeResults results;
  MongeLandmarks *placed;     /* those of the source, all of them, beside it */
  MongeLandmarks *carried;
  MongeLandmarks *matched[2]; /* of source and target, in the same order; NULL when there is no T */
  double *errors[2];          /* of each, before and after */
  double mean_error[2];       /* NaN when there are none */
} MongeCliOutputs;

void monge_cli_outputs_clear (MongeCliOutputs *outputs);

#define MONGE_CLI_OUTPUT_ENTRIES(outputs) \
  { "landmarks", 0, 0, G_OPTION_ARG_FILENAME, &(outputs)->landmark_paths, \
    "Landmarks on source and target to measure the error by; on the source alone to carry them: " \
    ".mrk.json, .fcsv, .csv, .json, .tps, .pts", "S[,T]" }, \
  { "landmarks-out", 0, 0, G_OPTION_ARG_FILENAME, &(outputs)->landmarks_out, \
    "Where the landmarks of the source go to with it: .mrk.json, .fcsv, .csv, .tsv, .json", "OUT" }, \
  { "results", 0, 0, G_OPTION_ARG_STRING, &(outputs)->result_names, \
    "Arrays of the moved shape: displacement, displacement_magnitude, distance, loss_density, " \
    "potential, velocity [displacement]", "all|none|LIST" }

/* All that can go wrong before the shapes are read. */
gboolean monge_cli_outputs_check (MongeCli *cli, MongeCliOutputs *outputs, GError **error);
/* Reads what belongs to the shapes of @flow, which stand as they were loaded. */
gboolean monge_cli_outputs_prepare (MongeCli *cli, MongeCliOutputs *outputs, MongeFlow *flow,
                                    GError **error);
/* @when: 0 before, 1 after: where the shape stands now. */
void monge_cli_outputs_measure (MongeCliOutputs *outputs, MongeFlow *flow, int when);
/* The source where it is now with the arrays that were asked for. Transfer full. */
MongeShape *monge_cli_outputs_dup_shape (MongeCli *cli, const MongeCliOutputs *outputs,
                                         MongeFlow *flow, GError **error);
/* Writes all that was asked for. */
gboolean monge_cli_outputs_save (MongeCli *cli, MongeCliOutputs *outputs, MongeFlow *flow,
                                 GError **error);
/* Members of the open object. */
void monge_cli_outputs_report (const MongeCliOutputs *outputs, JsonBuilder *report);

G_END_DECLS
