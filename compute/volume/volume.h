/* A volume: labels or intensities on a grid, with the affine map that places it in the world. */
#pragma once

#include "compute/core/task.h"
#include "compute/shape/shape.h"

G_BEGIN_DECLS

typedef enum {
  MONGE_VOLUME_LABELS,
  MONGE_VOLUME_INTENSITIES,
} MongeVolumeKind;

/**
 * MongeVolume:
 *
 * Immutable, reference-counted; any thread. x fastest: voxel (i, j, k) is at i + nx (j + ny k).
 * World coordinates are RAS and in millimetres: affine × (i, j, k, 1), voxel centres at integers.
 * Labels are kept as places in the table of labels, two bytes a voxel; intensities as float32.
 */
typedef struct _MongeVolume MongeVolume;

/**
 * MongeVoxels:
 * @size: (nx, ny, nz), each at least 1; 2^31 voxels at most
 * @affine: 4 × 4 row-major, voxel indices to RAS millimetres
 * @type: of the values
 * @values: (nx ny nz) of them, borrowed; at any address
 * @swap: they are in the other byte order than this machine's
 * @slope, @intercept: what is meant is slope × value + intercept
 * @kind: what they are, if @kind_is_known; else it is found out: labels are whole numbers, at most
 *   65,535 different ones, and either few or in pieces that hang together
 * @stored_space: along what the file's world coordinates run
 * @notes: (nullable): what the file holds and a volume does not, one sentence each; NULL-terminated
 *
 * What a reader of volumes has found in its file.
 */
typedef struct {
  guint size[3];
  double affine[16];
  MongeType type;
  const void *values;
  gboolean swap;
  double slope, intercept;
  gboolean kind_is_known;
  MongeVolumeKind kind;
  MongeSpace stored_space;
  const char *const *notes;
} MongeVoxels;

/* @names: (nullable): what labels are called; takes nothing. NaN is background, 0, which is told of
 * intensities. Two passes over the values; polls @task and moves its progress. */
MongeVolume *monge_volume_new (const char *name, const MongeVoxels *voxels,
                               const MongeLabelTable *names, MongeTask *task, GError **error);
MongeVolume *monge_volume_ref (MongeVolume *volume);
void monge_volume_unref (MongeVolume *volume);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeVolume, monge_volume_unref)

const char *monge_volume_get_name (const MongeVolume *volume);
MongeVolumeKind monge_volume_get_kind (const MongeVolume *volume);
const guint *monge_volume_get_size (const MongeVolume *volume);
const double *monge_volume_get_affine (const MongeVolume *volume);
double monge_volume_get_voxel_size (const MongeVolume *volume); /* mm³ of one voxel */
/* Towards what i, j and k grow, such as "RAS" or "LPI". */
const char *monge_volume_get_orientation (const MongeVolume *volume);
MongeSpace monge_volume_get_stored_space (const MongeVolume *volume);
/* What was noticed while reading, one sentence each; NULL-terminated, may be empty. */
const char *const *monge_volume_get_notes (const MongeVolume *volume);
/* The centre of voxel (i, j, k), which need not be integers, in world coordinates. */
void monge_volume_place (const MongeVolume *volume, const double index[3], double world[3]);

/**
 * MongeLabel:
 * @name: from the file or a table lying beside it, or NULL
 * @lower, @upper: the box of its voxels, [lower, upper)
 */
typedef struct {
  gint32 label;
  gsize n_voxels;
  char *name;
  gboolean has_colour;
  guint8 rgba[4];
  guint lower[3], upper[3];
} MongeLabel;

/* The non-zero labels that occur, ascending. (element-type MongeLabel), owned by @volume; empty for
 * intensities. */
const GArray *monge_volume_get_label_table (const MongeVolume *volume);
/* Of a label volume: per voxel 0 for the background, else 1 + its place in the table of labels. */
const guint16 *monge_volume_get_places (const MongeVolume *volume);
/* Of intensities: per voxel, scaled; and their range. */
const float *monge_volume_get_intensities (const MongeVolume *volume);
void monge_volume_get_range (const MongeVolume *volume, float *lowest, float *highest);
/* The level that parts intensities best in two (N. Otsu 1979); where a surface may begin. */
double monge_volume_suggest_level (const MongeVolume *volume);

/**
 * monge_volume_extract_surface:
 *
 * The surface around @labels together: closed, oriented outwards, smooth below the size of a voxel,
 * enclosing the volume of the voxels. Voxels outside the grid count as empty. O(voxels in the
 * bounding box). The shape carries no array; its unit is mm, its space RAS.
 */
MongeShape *monge_volume_extract_surface (const MongeVolume *volume, const gint32 *labels,
                                          guint n_labels, MongeTask *task, GError **error);
/* One surface for each of @labels, (element-type MongeShape): where two labels touch, their surfaces
 * have the same vertices, so that there is neither gap nor overlap. Each is closed and oriented and
 * encloses the volume of its voxels to 1 %, if it has more than a handful. One pass for all. */
GPtrArray *monge_volume_extract_surfaces (const MongeVolume *volume, const gint32 *labels,
                                          guint n_labels, MongeTask *task, GError **error);
/* Where the trilinear interpolation of the intensities is @level, higher ones inside; closed at the
 * border of the grid. */
MongeShape *monge_volume_extract_level (const MongeVolume *volume, double level, MongeTask *task,
                                        GError **error);
/* The voxel centres, one vertex each, with the array "weight": mm³ per voxel. */
MongeShape *monge_volume_extract_voxels (const MongeVolume *volume, const gint32 *labels,
                                         guint n_labels, MongeTask *task, GError **error);
/* The centres of voxels of at least @level, with the array "weight": mm³ × intensity above 0. The
 * density as a measure. */
MongeShape *monge_volume_extract_density (const MongeVolume *volume, double level, MongeTask *task,
                                          GError **error);

G_END_DECLS
