/* What `register` writes beside the moved shape, and what it is judged by. */
#pragma once

#include "app/cli-report.h"

#include "compute/correspondences.h"
#include "compute/results.h"
#include "compute/transform/field.h"
#include "compute/transform/linear.h"

G_BEGIN_DECLS

/* Of --transform, from the file of the source to the moved shape. */
typedef struct {
  MongeLinearKind kind;
  gboolean is_exact; /* the model is of that kind */
  double affine[16];
  double mean_residual, max_residual;
} MongeCliTransform;

/**
 * MongeCliOutputs:
 *
 * %MONGE_CLI_OUTPUTS_INIT; the first fields are set by the entries below.
 */
typedef struct {
  char *landmark_paths; /* S,T or S alone */
  char *landmarks_out;
  char *result_names;
  char *correspondence_path;
  char *transform_path;
  char *field_path;
  double field_spacing, field_margin; /* 0 and below 0: chosen */
  gboolean field_is_forward;
  /* made */
  MongeResults results;
  MongeLandmarks *placed;     /* those of the source, all of them, beside it */
  MongeLandmarks *carried;
  MongeLandmarks *matched[2]; /* of source and target, in the same order; NULL when there is no T */
  double *errors[2];          /* of each, before and after */
  double mean_error[2];       /* NaN when there are none */
  MongeCliTransform transform;
  MongeFieldReport field;
  guint field_size[3];
  double field_used_spacing;
  double mean_distance; /* of correspondences */
} MongeCliOutputs;

#define MONGE_CLI_OUTPUTS_INIT { .field_margin = -1.0 }

void monge_cli_outputs_clear (MongeCliOutputs *outputs);

#define MONGE_CLI_OUTPUT_ENTRIES(outputs) \
  { "landmarks", 0, 0, G_OPTION_ARG_FILENAME, &(outputs)->landmark_paths, \
    "Landmarks on source and target to measure the error by; on the source alone to carry them: " \
    ".mrk.json, .fcsv, .csv, .json, .tps, .pts", "S[,T]" }, \
  { "landmarks-out", 0, 0, G_OPTION_ARG_FILENAME, &(outputs)->landmarks_out, \
    "Where the landmarks of the source go to with it: .mrk.json, .fcsv, .csv, .tsv, .json", "OUT" }, \
  { "results", 0, 0, G_OPTION_ARG_STRING, &(outputs)->result_names, \
    "Arrays of the moved shape: displacement, displacement_magnitude, distance, loss_density, " \
    "potential, velocity [displacement]", "all|none|LIST" }, \
  { "correspondences", 0, 0, G_OPTION_ARG_FILENAME, &(outputs)->correspondence_path, \
    "Where on the target each vertex has come to: .csv, .tsv, .npy, .npz", "OUT" }, \
  { "transform", 0, 0, G_OPTION_ARG_FILENAME, &(outputs)->transform_path, \
    "The linear map of the model, of a free one the closest affine: .tfm and .txt for 3D Slicer " \
    "and ITK, .csv, .json, .npy for the matrix", "OUT" }, \
  { "field", 0, 0, G_OPTION_ARG_FILENAME, &(outputs)->field_path, \
    "Displacements on a grid, by which 3D Slicer and ITK resample the source: .nrrd, .nii.gz, " \
    ".mha", "OUT" }, \
  { "field-spacing", 0, 0, G_OPTION_ARG_DOUBLE, &(outputs)->field_spacing, \
    "Between its nodes [about 250,000 nodes]", "MM" }, \
  { "field-margin", 0, 0, G_OPTION_ARG_DOUBLE, &(outputs)->field_margin, \
    "Around the shapes [a tenth of their diagonal]", "MM" }, \
  { "field-forward", 0, 0, G_OPTION_ARG_NONE, &(outputs)->field_is_forward, \
    "From source to target, for points, instead of back", NULL }

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
