/* Points in cubic cells, to find those that lie within a distance. Private to the filters. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MONGE_POINT_NONE G_MAXUINT32

/**
 * MongePointGrid:
 *
 * A hash table of cells, along the three axes in which the points extend farthest. Points are added
 * one by one; where those added are farther apart than the radius, adding and finding are O(1) up
 * to three dimensions, whatever the other points do.
 */
typedef struct _MongePointGrid MongePointGrid;

/* @x: (n × dim) borrowed; @radius: within what to look; 0: for the very same coordinates. */
MongePointGrid *monge_point_grid_new (const double *x, gsize n, guint dim, double radius);
void monge_point_grid_free (MongePointGrid *grid);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongePointGrid, monge_point_grid_free)
void monge_point_grid_add (MongePointGrid *grid, guint32 i);
/* The lowest of the points added that lie within the radius of point @i, or %MONGE_POINT_NONE. */
guint32 monge_point_grid_find (const MongePointGrid *grid, guint32 i);
/* The first point that was added to the cell of @i, or %MONGE_POINT_NONE. */
guint32 monge_point_grid_find_cell (const MongePointGrid *grid, guint32 i);

G_END_DECLS
