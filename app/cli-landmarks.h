/* Landmarks: named points that an anatomist placed on both shapes, to judge a registration by. */
#pragma once

#include "compute/shape/shape.h"

G_BEGIN_DECLS

typedef struct {
  char *name;
  double position[3];
} MongeLandmark;

/* JSON, a list of {"id", "coordinates": [x, y, z]}, or CSV lines name,x,y,z with or without a
 * heading. Errors start with the path. (element-type MongeLandmark) */
GArray *monge_landmarks_load (const char *path, GError **error);

/* @target in the order of @source: by name when the names are the same, else as they come. Fails
 * when there are not as many. Transfer full. */
GArray *monge_landmarks_match (const GArray *source, const GArray *target, GError **error);

/* Where @landmarks go when the vertices of @shape, 3-D, go to @positions: each follows the four
 * nearest vertices, weighted by the inverse of the squared distance. O(n) each. Transfer full. */
GArray *monge_landmarks_move (const GArray *landmarks, const MongeShape *shape,
                              const double *positions);

/* (length) distances between two lists in the same order. */
void monge_landmarks_distances (const GArray *a, const GArray *b, double *distances);

G_END_DECLS
