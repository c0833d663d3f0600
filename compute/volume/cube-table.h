/* The 256 ways in which a surface passes a cube whose corners are inside or outside. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MONGE_CUBE_MAX_TRIANGLES 12

/**
 * MongeCubeCase:
 * @triangles: three edges each; their normals point outside
 *
 * Corner c of a cube lies at (c & 1, c >> 1 & 1, c >> 2). Edges 0 to 3 run along x, 4 to 7 along y,
 * 8 to 11 along z; edge 4 a + b starts at the corner given by monge_cube_edge_start().
 */
typedef struct {
  guint8 n_triangles;
  guint8 triangles[MONGE_CUBE_MAX_TRIANGLES][3];
} MongeCubeCase;

/* The corner where @edge starts; it ends at that corner + (1 << edge / 4). */
guint monge_cube_edge_start (guint edge);

/* Indexed by the set of corners that are inside, bit c for corner c. Made on first use; any thread.
 *
 * After Lorensen & Cline, "Marching cubes", SIGGRAPH 1987. Ours is not a stored table: the curves in
 * which the surface meets the faces of the cube are traced and filled. Where both diagonals of a face
 * could be joined, the inside corners are; the two cubes at a face therefore agree, and as no
 * triangle has an inner side within a face, every edge of the surface has exactly two triangles. */
const MongeCubeCase *monge_cube_table_get (void);

/**
 * MongeCubeLoops:
 * @of: per edge, the closed curve that crosses it, from 0; meaningless where none does
 *
 * The curves in which a surface meets the faces of a cube, joined as in monge_cube_table_get().
 */
typedef struct {
  guint8 n_loops;
  guint8 of[12];
} MongeCubeLoops;

/* Indexed like monge_cube_table_get(). Made on first use; any thread. */
const MongeCubeLoops *monge_cube_loops_get (void);

G_END_DECLS
