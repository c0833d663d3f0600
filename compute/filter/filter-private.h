/* What the filters share: the functions of each for the table, and shapes made of parts of
 * others. */
#pragma once

#include "compute/filter/filter.h"
#include "compute/filter/params.h"

G_BEGIN_DECLS

/* Items of light work between two looks at the task: well below 10 ms. */
#define MONGE_FILTER_POLL 0x3fff

/* For loops over @i: whether to leave with @error set because @task was asked to stop. */
#define monge_filter_is_cancelled(i, task, error) \
  (((i) & MONGE_FILTER_POLL) == 0 && monge_task_return_if_cancelled ((task), (error)))

#define MONGE_DECLARE_FILTER(Name, name) \
  extern const MongeOption monge_##name##_options[]; \
  extern const Monge##Name##Params monge_##name##_defaults; \
  gboolean monge_##name##_takes (const MongeShape *shape, const char **reason); \
  MongeShape *monge_##name##_apply (MongeShape *shape, gconstpointer params, MongeTask *task, \
                                    GString *note, GError **error);

MONGE_DECLARE_FILTER (Centre, centre)
MONGE_DECLARE_FILTER (Components, components)
MONGE_DECLARE_FILTER (Decimate, decimate)
MONGE_DECLARE_FILTER (Mirror, mirror)
MONGE_DECLARE_FILTER (Normalise, normalise)
MONGE_DECLARE_FILTER (Normals, normals)
MONGE_DECLARE_FILTER (Region, region)
MONGE_DECLARE_FILTER (Remesh, remesh)
MONGE_DECLARE_FILTER (Repair, repair)
MONGE_DECLARE_FILTER (Resample, resample)
MONGE_DECLARE_FILTER (Scale, scale)
MONGE_DECLARE_FILTER (Smooth, smooth)
MONGE_DECLARE_FILTER (Subsample, subsample)

#undef MONGE_DECLARE_FILTER

/* For filters that take any shape. */
gboolean monge_filter_takes_all (const MongeShape *shape, const char **reason);
/* In the plane or in space. */
gboolean monge_filter_takes_placed (const MongeShape *shape, const char **reason);
/* Surfaces in space. */
gboolean monge_filter_takes_surfaces (const MongeShape *shape, const char **reason);

/* The rows of @array that @rows names. Transfer full. */
MongeArray *monge_filter_pick_rows (const MongeArray *array, const guint32 *rows, gsize n_rows);

/**
 * monge_filter_pick:
 * @rows: (n_rows): which vertices become the new ones, in this order
 * @cells: (transfer full) (nullable): of the new vertices; NULL makes a cloud
 * @cell_rows: (n_cells): whose rows of the arrays of cells the new cells take
 *
 * All else is as in @shape.
 */
MongeShape *monge_filter_pick (const MongeShape *shape, const guint32 *rows, gsize n_rows,
                               guint32 *cells, gsize n_cells, const guint32 *cell_rows,
                               GError **error);

/* The cells for which @keeps is not 0, and their vertices; where @keeps_vertices the others too.
 * The same object if all is kept. Transfer full. */
MongeShape *monge_filter_keep_cells (MongeShape *shape, const guint8 *keeps,
                                     gboolean keeps_vertices, GError **error);

/**
 * monge_filter_carry:
 * @cells: (n) the cell of @shape in which each new vertex lies
 * @shares: (n × 3), or (n × 2) for curves: of the corners of that cell, summing to 1
 *
 * Gives @builder the arrays of vertices of @shape at the new ones: numbers and colours are
 * averaged, labels and other whole numbers taken from the corner with the largest share.
 */
void monge_filter_carry (MongeShapeBuilder *builder, const MongeShape *shape, const guint32 *cells,
                         const double *shares, gsize n);

/* For each of @faces (n_faces × 3) between @positions the face of @shape nearest to its middle. */
gboolean monge_filter_find_cells (const MongeShape *shape, const double *positions,
                                  const guint32 *faces, gsize n_faces, guint32 *cells,
                                  MongeTask *task, GError **error);

/* "; the 2 arrays of cells have no place among points", if there are any. */
void monge_filter_tell_lost_cell_arrays (const MongeShape *shape, GString *note);

G_END_DECLS
