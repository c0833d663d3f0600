/* Choosing some of many points: the rules of the filter subsample. Private to the filters. */
#pragma once

#include "compute/core/task.h"

G_BEGIN_DECLS

/**
 * MongeThinning:
 * @x: (n × dim) borrowed
 * @wanted: how many to keep, 1 or more
 * @spacing: how far apart, where above 0; it then comes before @wanted
 * @seed: of what is drawn
 * @is_kept: (n) filled in
 *
 * What a rule is given. All return how many are kept, 0 with @error where cancelled.
 */
typedef struct {
  const double *x;
  gsize n;
  guint dim;
  gsize wanted;
  double spacing;
  guint64 seed;
  guint8 *is_kept;
} MongeThinning;

/* Each next point is the one farthest from those before (Gonzalez 1985), from the one farthest from
 * the middle on; the lowest index among equals. Points that lie closer to theirs than half of the
 * way from there to the new one are left out (triangle inequality): O(n log k + k²) on surfaces.
 * Within twice the smallest covering radius that k points can have. Stops where all points are
 * covered. */
gsize monge_thin_farthest (MongeThinning *thinning, MongeTask *task, GError **error);
/* One point per cubic cell, the one nearest to the mean of its cell. Without a spacing, the finest
 * grid that keeps no more than wanted. O(n). */
gsize monge_thin_grid (MongeThinning *thinning, MongeTask *task, GError **error);
/* Points in random order, each unless one before lies within the spacing. Without a spacing, the
 * largest that keeps as many as wanted, of which the first are taken. O(n). */
gsize monge_thin_poisson (MongeThinning *thinning, MongeTask *task, GError **error);
/* Uniformly without replacement. O(n). */
gsize monge_thin_random (MongeThinning *thinning, MongeTask *task, GError **error);

G_END_DECLS
