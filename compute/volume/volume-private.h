/* What the files of compute/volume and the readers of volumes share. */
#pragma once

#include "compute/shape/place.h"
#include "compute/volume/volume.h"

G_BEGIN_DECLS

/**
 * MongeVolumeContent:
 * @table: (element-type MongeLabel), ascending; empty for intensities
 * @places: of labels, else NULL
 * @intensities: else NULL
 * @n_bad: values that were not finite and became 0 or the largest float
 * @note: (nullable): what is to be told of how the kind was found
 *
 * What stands in the voxels, read by monge_volume_content_read() into a struct of zeros.
 */
typedef struct {
  MongeVolumeKind kind;
  GArray *table;
  guint16 *places;
  float *intensities;
  float lowest, highest;
  double level;
  gsize n_bad;
  char *note;
} MongeVolumeContent;

gboolean monge_volume_content_read (MongeVolumeContent *content, const MongeVoxels *voxels,
                                    MongeTask *task, GError **error);
void monge_volume_content_clear (MongeVolumeContent *content);

/* The level that parts @values best in two, from at most a million of them. */
double monge_find_level (const float *values, gsize n, float lowest, float highest);

/* Gives the label a name unless it is NULL or empty, and a colour unless @rgba is NULL; nothing
 * happens when it does not occur. Only before @volume is shared. */
void monge_volume_name_label (MongeVolume *volume, gint32 label, const char *name,
                              const guint8 rgba[4]);
/* One more sentence; only before @volume is shared. */
void monge_volume_add_note (MongeVolume *volume, const char *format, ...) G_GNUC_PRINTF (2, 3);

/**
 * monge_volume_select:
 * @lower, @upper: (out): the box of the voxels that carry one of @labels: [lower, upper)
 * @n_voxels: (out): how many there are
 *
 * Returns: one byte for each voxel of the box, x fastest, 1 where it carries one of @labels; %NULL
 *   with %MONGE_ERROR_EMPTY if one of them does not occur. One pass over the box.
 */
guint8 *monge_volume_select (const MongeVolume *volume, const gint32 *labels, guint n_labels,
                             guint lower[3], guint upper[3], gsize *n_voxels, MongeTask *task,
                             GError **error);

/* Whether @volume has intensities and one of them reaches @level. */
gboolean monge_volume_check_level (const MongeVolume *volume, double level, GError **error);
/* The place of @label in the volume, 1 + its index in the table of labels; 0 if it does not occur. */
guint monge_volume_find_place (const MongeVolume *volume, gint32 label);
/* Says that @label does not occur and which do. */
void monge_volume_set_missing_label_error (const MongeVolume *volume, gint32 label, GError **error);
/* What a shape made from @labels is called: the label's own name, else that of the volume. */
char *monge_volume_dup_selection_name (const MongeVolume *volume, const gint32 *labels,
                                       guint n_labels);

G_END_DECLS
