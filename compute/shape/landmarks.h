/* Named points that an anatomist placed on a shape. compute/io/landmarks.h reads and writes them. */
#pragma once

#include "compute/shape/shape.h"

G_BEGIN_DECLS

/**
 * MongeLandmark:
 * @name, @description: owned, valid UTF-8, never NULL, may be empty
 * @position: finite; in the space of the list
 * @is_defined: FALSE for a point that was left out (Slicer's "undefined" or "missing")
 */
typedef struct {
  char *name, *description;
  double position[3];
  gboolean is_defined;
} MongeLandmark;

/* Reference-counted; may be changed as long as there is one reference, then any thread may read it.
 * Landmarks of shapes in the plane have z = 0. */
typedef struct _MongeLandmarks MongeLandmarks;

MongeLandmarks *monge_landmarks_new (MongeSpace space, MongeSpace stored_space);
MongeLandmarks *monge_landmarks_ref (MongeLandmarks *landmarks);
void monge_landmarks_unref (MongeLandmarks *landmarks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeLandmarks, monge_landmarks_unref)
/* @name, @description: (nullable), made valid UTF-8. A position that is not finite is one left out:
 * it becomes the origin. */
void monge_landmarks_add (MongeLandmarks *landmarks, const char *name, const char *description,
                          const double position[3], gboolean is_defined);
guint monge_landmarks_get_n (const MongeLandmarks *landmarks);
guint monge_landmarks_get_n_defined (const MongeLandmarks *landmarks);
const MongeLandmark *monge_landmarks_get (const MongeLandmarks *landmarks, guint index);
/* Along what positions run now, and along what they ran in their file and run again in the next. */
MongeSpace monge_landmarks_get_space (const MongeLandmarks *landmarks);
MongeSpace monge_landmarks_get_stored_space (const MongeLandmarks *landmarks);
/* What the file held and a list of points cannot, one sentence each; NULL-terminated. */
const char *const *monge_landmarks_get_notes (const MongeLandmarks *landmarks);
void monge_landmarks_add_note (MongeLandmarks *landmarks, const char *format, ...)
    G_GNUC_PRINTF (2, 3);

/* All below: transfer full; order, names and notes are kept. */

/* The same places named along the axes of @space; where either is unknown only the name changes.
 * The stored space stays, unless it was unknown. */
MongeLandmarks *monge_landmarks_in_space (MongeLandmarks *landmarks, MongeSpace space);
/**
 * monge_landmarks_beside:
 *
 * In the space of @shape, so that both can be drawn and measured together. Where the file of the
 * shape does not say along what its coordinates run, those of the landmarks are taken as their file
 * has them, or turned into RAS if that puts them nearer to the shape, in the mean of the distances:
 * then a note says so. Dimension 2 or 3. O(n log n) in the second case.
 */
MongeLandmarks *monge_landmarks_beside (MongeLandmarks *landmarks, const MongeShape *shape);
/**
 * monge_landmarks_carried:
 * @positions: (n × dim) where the vertices of @shape are now; dimension 2 or 3
 *
 * On a surface each landmark follows the point of a triangle that is nearest to it, by its
 * barycentric coordinates; what it stood off goes along in the frame of that triangle, lengthened as
 * the root of the triangle's area. So it is exact for motions and changes of scale, and a landmark
 * on the surface stays on it. Without faces it follows the four nearest vertices, by the inverse of
 * the squared distance. O(n log n).
 */
MongeLandmarks *monge_landmarks_carried (const MongeLandmarks *landmarks, const MongeShape *shape,
                                         const double *positions);
/* Through a 4 × 4 map, row-major: what shapes are prepared with, landmarks are too. */
MongeLandmarks *monge_landmarks_transformed (const MongeLandmarks *landmarks,
                                             const double affine[16]);
/* @target in the order of @source: those whose names are in both lists, if there are any names, in
 * the order of the source; else, where both have as many, as they come. Only those defined in both.
 * Fails when none fits, naming both counts. */
gboolean monge_landmarks_match (const MongeLandmarks *source, const MongeLandmarks *target,
                                MongeLandmarks **matched_source, MongeLandmarks **matched_target,
                                GError **error);
/* (n) distances between two lists in the same order; NaN where one is not defined. Returns: the mean
 * of the others, NaN when there is none. */
double monge_landmarks_compute_distances (const MongeLandmarks *a, const MongeLandmarks *b,
                                          double *distances);

G_END_DECLS
