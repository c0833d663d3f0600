/* What volume.c and the readers of volumes share. */
#pragma once

#include "compute/shape/place.h"
#include "compute/volume/volume.h"

G_BEGIN_DECLS

/* Gives the label a name; nothing happens when it does not occur. Only before @volume is shared. */
void monge_volume_name_label (MongeVolume *volume, gint32 label, const char *name);

/**
 * monge_volume_select:
 * @lower, @upper: (out): the box of the voxels that carry one of @labels: [lower, upper)
 * @n_voxels: (out): how many there are
 *
 * Returns: one byte for each voxel of the box, x fastest, 1 where it carries one of @labels; %NULL
 *   with %MONGE_ERROR_EMPTY if one of them does not occur. One pass over the volume.
 */
guint8 *monge_volume_select (const MongeVolume *volume, const gint32 *labels, guint n_labels,
                             guint lower[3], guint upper[3], gsize *n_voxels, GError **error);

/* What a shape made from @labels is called: the label's own name, else that of the volume. */
char *monge_volume_dup_selection_name (const MongeVolume *volume, const gint32 *labels,
                                       guint n_labels);
/* The centre of voxel (i, j, k), which need not be integers, in world coordinates. */
void monge_volume_place (const MongeVolume *volume, const double index[3], double world[3]);

G_END_DECLS
