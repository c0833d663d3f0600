/* The parts of a repair. Private to the filters. */
#pragma once

#include "compute/filter/twins.h"
#include "compute/shape/shape.h"

G_BEGIN_DECLS

/* For each vertex the first that lies within @tolerance of it and stands for others; itself where
 * there is none. 0: for the same coordinates. Where a surface or a curve only touches itself (each of
 * the copies is within, and none joined to another) they stay apart, since as one vertex they would
 * make it irregular. (n_vertices), g_free() it; NULL where cancelled. O(n) in up to three
 * dimensions; in more only the same coordinates count. */
guint32 *monge_mend_find_same (const MongeShape *shape, double tolerance, MongeTask *task,
                               GError **error);

/* Whether a cell has no size to working precision: less than 1e-10 of the square on its longest
 * side. */
gboolean monge_mend_is_degenerate (const MongeShape *shape, const guint32 *cell, guint arity);

/* Clears @keeps for cells on the same vertices as one before that is kept, however they are turned,
 * and counts them. O(n). */
gboolean monge_mend_mark_duplicates (const guint32 *cells, gsize n_cells, guint arity,
                                     gsize n_vertices, guint8 *keeps, gsize *n_duplicates,
                                     MongeTask *task, GError **error);

double monge_mend_measure_loop (const MongeShape *shape, const MongeTwins *twins,
                                const MongeLoops *loops, gsize k);

/**
 * MongeMending:
 * @faces: (n_faces × 3) of the vertices of @shape; owned
 * @rows: (n_faces) the face of @shape that each comes from, or lies beside; owned
 *
 * A surface being repaired.
 */
typedef struct {
  const MongeShape *shape;
  guint32 *faces, *rows;
  gsize n_faces;
} MongeMending;

/**
 * monge_mending_orient:
 * @n_turned: (out): faces that were turned so that neighbours agree
 * @n_one_sided: (out): pieces that have no two sides, which are left as they are
 *
 * Turns the fewer in each piece that hangs together across regular edges, by area.
 */
gboolean monge_mending_orient (MongeMending *mending, gsize *n_turned, gsize *n_one_sided,
                               MongeTask *task, GError **error);

/**
 * monge_mending_turn_out:
 * @n_turned: (out): pieces that were inside out
 *
 * Turns closed pieces of negative volume that lie in no other closed piece; those that do may be
 * the walls of a cavity and stay as they are.
 */
gboolean monge_mending_turn_out (MongeMending *mending, gsize *n_turned, MongeTask *task,
                                 GError **error);

/**
 * monge_mending_fill:
 * @longest: what is longer around stays open, as a fraction of the diameter of its piece
 * @n_filled, @n_left: (out): holes
 *
 * Triangles between the vertices of a hole, of the least sum of areas and squared sides (after
 * Liepa, “Filling holes in meshes”, SGP 2003, by Klincsek's dynamic programme). O(n³) for a hole of
 * n edges, at most 400; no edge is made that is there already, no face without area.
 */
gboolean monge_mending_fill (MongeMending *mending, double longest, gsize *n_filled, gsize *n_left,
                             MongeTask *task, GError **error);

G_END_DECLS
