/* What the files of points share. */
#pragma once

#include "compute/solver/points.h"

G_BEGIN_DECLS

/* Totals of calls that read what they queued: from here to where those of flows begin. */
#define MONGE_POINTS_TOTALS 112

/* Planes as the host sees them. */
typedef struct {
  float *planes;
  double *weights;
  float *log_weights;
} MongePointsHost;

gboolean monge_points_begin (const MongePoints *points, MongePlanesAccess access,
                             MongePointsHost *host, GError **error);
void monge_points_end (const MongePoints *points);
/* The order of the host goes to the planes. */
void monge_points_write_order (MongePoints *points);
/* @n indices as int32, queued. */
void monge_points_write_indices (MongePlanes *planes, const gsize *indices, gsize n);

/* Halvings of the cube along each axis. */
static inline guint
monge_points_get_bits (guint dim)
{
  return MIN (16, 63 / dim);
}

G_END_DECLS
