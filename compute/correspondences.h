/* Which place of the target each vertex has come to, as a table. */
#pragma once

#include "compute/shape/distance.h"

G_BEGIN_DECLS

/**
 * MongeCorrespondences:
 * @n: vertices of the source
 * @nearest: (n) what of the target is nearest to each where it is now
 * @vertex: (n) the corner of that cell with the largest weight
 * @foot: (n × 3) the nearest point
 * @labels: (nullable): (n) of the target there: of the vertex, or of the cell where the target has
 *   labels of cells alone
 * @label_table: (nullable): what they are called
 *
 * Coordinates are those of the shapes; missing ones are 0.
 */
typedef struct {
  gsize n;
  MongeShape *source, *target;
  double *moved;
  MongeNearest *nearest;
  guint32 *vertex;
  double *foot;
  gint32 *labels;
  MongeLabelTable *label_table;
} MongeCorrespondences;

/* @positions: (n × dim), copied. Dimension 2 or 3. O(n log m). */
MongeCorrespondences *monge_correspondences_new (MongeShape *source, MongeShape *target,
                                                 const double *positions, MongeTask *task,
                                                 GError **error);
void monge_correspondences_free (MongeCorrespondences *correspondences);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeCorrespondences, monge_correspondences_free)

/* The columns of the tables: "source", "source_x" … "distance", then "label" and, in text alone,
 * "label_name", where there are any. "target_cell" is −1 for targets without cells. */
extern const char *const monge_correspondence_columns[];
/* As .csv or .tsv, .npy (n × columns) float64, or .npz with an array for each column or triple of
 * them. */
gboolean monge_correspondences_save (const MongeCorrespondences *correspondences, const char *path,
                                     GError **error);
gboolean monge_correspondences_check_path (const char *path, GError **error);

G_END_DECLS
