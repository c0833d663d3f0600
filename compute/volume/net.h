/* The net of a label volume: what lies between voxels of different labels. Private to
 * compute/volume. */
#pragma once

#include "compute/volume/volume.h"

G_BEGIN_DECLS

#define MONGE_NET_NONE G_MAXUINT32

/* How far a vertex may go from the centre of its cell in each coordinate, in voxels; below 1/2, so
 * that no two meet. Towards a voxel that is alone along the axis it goes less far while it is
 * smoothed, or what is one voxel thin would be rubbed away. */
#define MONGE_NET_LIMIT 0.49f
#define MONGE_NET_THIN_LIMIT 0.3f

/**
 * MongeNetQuad:
 * @cells: counter-clockwise seen from the voxel of @b
 * @a, @b: the labels of the lattice edge it crosses, lower end first
 * @axis: of that edge
 * @turned: whether it is cut from 1 to 3 instead of from 0 to 2
 */
typedef struct {
  guint32 cells[4];
  guint16 a, b;
  guint8 axis, turned;
} MongeNetQuad;

/**
 * MongeNet:
 * @lower: the voxel at node (1, 1, 1)
 * @n_nodes: along each axis
 * @n_labels: of those asked for; their numbers are 1 to @n_labels, 0 is all else
 * @row_begin: (rows of cells + 1): where the cells of a row begin; row y + z (n_nodes[1] - 1)
 * @x: (n_cells) along the row, ascending
 * @corners: (n_cells × 8) the labels of the nodes, corner c at (c & 1, c >> 1 & 1, c >> 2)
 * @links: (n_cells × 6) the cells beyond the faces −x, +x, −y, +y, −z, +z where not all four nodes
 *   of the face are the same, else %MONGE_NET_NONE
 * @offsets: (n_cells × 4) from the centre of the cell to its vertex, in voxels; the fourth is 0
 * @quads: one for each pair of neighbouring nodes that differ
 *
 * Nodes are the voxel centres in the box of the labels with a margin of one. Cells are the cubes
 * between eight nodes; only those that see more than one label are here, in the order of z, y, x.
 * Each has one vertex, whatever the number of its labels, and that is why surfaces share vertices.
 * With all vertices in the middle of their cells the quads are the faces of the voxels.
 */
typedef struct {
  guint lower[3], n_nodes[3];
  guint n_labels;
  gsize n_cells, n_quads;
  guint32 *row_begin;
  guint32 *x;
  guint16 (*corners)[8];
  guint32 (*links)[6];
  float (*offsets)[4];
  MongeNetQuad *quads;
} MongeNet;

/**
 * monge_net_new:
 * @places: of the whole volume, x fastest
 * @numbers: per place, the number of the label that was asked for, or 0
 * @lower, @upper: a box that holds every voxel with a number
 *
 * O(voxels of the box) time; memory goes with the cells, at about 150 bytes each, and 4 bytes for
 * each row. The same whatever the number of threads.
 */
MongeNet *monge_net_new (const guint16 *places, const guint size[3], const guint16 *numbers,
                         guint n_labels, const guint lower[3], const guint upper[3],
                         MongeTask *task, GError **error);
void monge_net_free (MongeNet *net);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeNet, monge_net_free)

/* Smooths the offsets; how is told in net-smooth.c. FALSE when cancelled. */
gboolean monge_net_smooth (MongeNet *net, MongeTask *task, GError **error);
/* Cuts each quad along its shorter diagonal. FALSE when cancelled. */
gboolean monge_net_cut_quads (MongeNet *net, MongeTask *task, GError **error);
/* Moves the vertices so that label l encloses volumes[l - 1] voxels. FALSE when cancelled. */
gboolean monge_net_restore_volumes (MongeNet *net, const double *volumes, MongeTask *task,
                                    GError **error);
/* Of each label, in voxels. (n_labels + 1), the background's is minus the sum of the others. */
void monge_net_compute_volumes (const MongeNet *net, double *volumes);

/**
 * MongeNetMesh:
 * @positions: (n_vertices × 3) in world coordinates
 * @faces: (n_faces × 3) counter-clockwise seen from outside
 *
 * The surface of one label. Owned by whoever has it; zeros are an empty one.
 */
typedef struct {
  double *positions;
  guint32 *faces;
  gsize n_vertices, n_faces;
} MongeNetMesh;

void monge_net_mesh_clear (MongeNetMesh *mesh);

/**
 * monge_net_make_meshes:
 * @affine: voxel indices of the volume to world coordinates
 * @meshes: (out): (n_labels) of zeros, that of label l at l - 1
 *
 * Each is closed, oriented and without an edge of more than two faces. Where labels touch, vertices
 * have the same coordinates in both meshes, bit for bit. O(cells and quads).
 */
gboolean monge_net_make_meshes (const MongeNet *net, const double affine[16], MongeNetMesh *meshes,
                                MongeTask *task, GError **error);

G_END_DECLS
