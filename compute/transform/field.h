/* A smooth map of space that takes points to where they went, as displacements on a grid. */
#pragma once

#include "compute/shape/shape.h"

G_BEGIN_DECLS

/**
 * MongeField:
 * @size: nodes along x, y and z
 * @origin: of the first node
 * @spacing: between nodes, the same along all axes
 * @vectors: (nodes × 3), x fastest: where a node goes less where it is
 *
 * Everything along LPS, as images of ITK are; where nobody knows along what the coordinates run, they
 * are taken as they are.
 */
typedef struct {
  guint size[3];
  double origin[3], spacing;
  float *vectors;
} MongeField;

/**
 * MongeFieldOptions:
 * @spacing: between nodes; 0 (default): about a quarter of a million nodes
 * @margin: around the points and their ends; negative: a tenth of the diagonal of their box. The
 *   default is 0 in a zeroed struct: see %MONGE_FIELD_DEFAULTS
 */
typedef struct {
  double spacing, margin;
} MongeFieldOptions;

#define MONGE_FIELD_DEFAULTS { 0.0, -1.0 }

/**
 * MongeFieldReport:
 * @mean_error, @max_error: between the ends and what the field, interpolated linearly between its
 *   nodes as readers do, makes of the points
 * @n_folded: nodes about which it does not keep the orientation of space
 * @affine: (LPS) what displacements tend to far away, 4 × 4 row-major
 */
typedef struct {
  double mean_error, max_error;
  gsize n_folded;
  double affine[16];
} MongeFieldReport;

/**
 * monge_field_new:
 * @points, @ends: (n × 3)
 * @space: of both
 * @report: (out) (nullable)
 *
 * The closest affine map, and what is left of the displacements as a sum of cubic B-splines on grids
 * from half the box down to the spacing, each level taking what the coarser ones left: smooth, close
 * to the ends, and fading into the affine map within a few cells of where nothing is known. Last, two
 * passes of linear ones on the nodes themselves, which take what readers would miss between nodes.
 * To map backwards exchange @points and @ends. O(n + nodes) per level;
 * can be cancelled.
 * After Lee, Wolberg and Shin, “Scattered data interpolation with multilevel B-splines”, IEEE TVCG
 * 1997.
 */
MongeField *monge_field_new (const double *points, const double *ends, gsize n, MongeSpace space,
                             const MongeFieldOptions *options, MongeFieldReport *report,
                             MongeTask *task, GError **error);
void monge_field_free (MongeField *field);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeField, monge_field_free)
gsize monge_field_get_n_nodes (const MongeField *field);
/* @point: along LPS; linear between nodes, constant beyond them. */
void monge_field_sample (const MongeField *field, const double point[3], double vector[3]);

/* Declared here, in field-file.c. As .nrrd, .nii, .nii.gz or .mha, float32; components are along LPS
 * in all of them, which is what ITK takes those of NIfTI with the intent “vector” to be. */
gboolean monge_field_save (const MongeField *field, const char *path, GError **error);
gboolean monge_field_check_path (const char *path, GError **error);

G_END_DECLS
