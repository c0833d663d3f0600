/* A label volume: integers on a grid, with the affine map that places it in the world. */
#pragma once

#include "compute/shape/shape.h"

G_BEGIN_DECLS

/**
 * MongeVolume:
 *
 * Immutable, reference-counted. Labels are int32, x fastest: index (i, j, k) is i + nx (j + ny k).
 * World coordinates, in millimetres: affine × (i, j, k, 1), voxel centres at integers.
 */
typedef struct _MongeVolume MongeVolume;

MongeVolume *monge_volume_new (const char *name, const guint size[3], const double affine[16],
                               gint32 *labels /* transfer full */, GError **error);
MongeVolume *monge_volume_ref (MongeVolume *volume);
void monge_volume_unref (MongeVolume *volume);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeVolume, monge_volume_unref)

const guint *monge_volume_get_size (const MongeVolume *volume);
const double *monge_volume_get_affine (const MongeVolume *volume);
const gint32 *monge_volume_get_labels (const MongeVolume *volume);
double monge_volume_get_voxel_size (const MongeVolume *volume); /* mm³ of one voxel */
const char *monge_volume_get_orientation (const MongeVolume *volume); /* such as "RAS" */

typedef struct {
  gint32 label;
  gsize n_voxels;
  char *name; /* from a table lying beside the file, or NULL */
} MongeLabel;

/* The non-zero labels that occur, ascending. (element-type MongeLabel), owned by @volume. */
const GArray *monge_volume_get_label_table (const MongeVolume *volume);

/* The surface around @labels together: closed, oriented outwards, its volume that of the voxels.
 * Voxels outside the grid count as empty. O(voxels in the bounding box). */
MongeShape *monge_volume_extract_surface (const MongeVolume *volume, const gint32 *labels,
                                          guint n_labels, MongeTask *task, GError **error);
/* The voxel centres, one vertex each, with the array "weight": mm³ per voxel. */
MongeShape *monge_volume_extract_voxels (const MongeVolume *volume, const gint32 *labels,
                                         guint n_labels, GError **error);

G_END_DECLS
