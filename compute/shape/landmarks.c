#include "compute/shape/landmarks.h"

#include "compute/shape/distance.h"

#include <math.h>
#include <string.h>

#define N_NEAREST 4

struct _MongeLandmarks {
  gint n_references;
  MongeSpace space, stored_space;
  GArray *points;   /* MongeLandmark */
  GPtrArray *notes; /* NULL-terminated */
};

/* --- Lists --- */

static void
clear_landmark (gpointer data)
{
  MongeLandmark *landmark = data;

  g_free (landmark->name);
  g_free (landmark->description);
}

MongeLandmarks *
monge_landmarks_new (MongeSpace space, MongeSpace stored_space)
{
  MongeLandmarks *landmarks = g_new0 (MongeLandmarks, 1);

  landmarks->n_references = 1;
  landmarks->space = space;
  landmarks->stored_space = stored_space;
  landmarks->points = g_array_new (FALSE, FALSE, sizeof (MongeLandmark));
  g_array_set_clear_func (landmarks->points, clear_landmark);
  landmarks->notes = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (landmarks->notes, NULL);
  return landmarks;
}

MongeLandmarks *
monge_landmarks_ref (MongeLandmarks *landmarks)
{
  g_atomic_int_inc (&landmarks->n_references);
  return landmarks;
}

void
monge_landmarks_unref (MongeLandmarks *landmarks)
{
  if (landmarks == NULL || !g_atomic_int_dec_and_test (&landmarks->n_references))
    return;
  g_array_unref (landmarks->points);
  g_ptr_array_unref (landmarks->notes);
  g_free (landmarks);
}

void
monge_landmarks_add (MongeLandmarks *landmarks, const char *name, const char *description,
                     const double position[3], gboolean is_defined)
{
  MongeLandmark landmark = {
    .name = g_utf8_make_valid (name != NULL ? name : "", -1),
    .description = g_utf8_make_valid (description != NULL ? description : "", -1),
    .is_defined = is_defined && isfinite (position[0]) && isfinite (position[1])
                  && isfinite (position[2]),
  };

  for (int k = 0; k < 3; k++)
    landmark.position[k] = isfinite (position[k]) ? position[k] : 0.0;
  g_array_append_val (landmarks->points, landmark);
}

guint
monge_landmarks_get_n (const MongeLandmarks *landmarks)
{
  return landmarks->points->len;
}

const MongeLandmark *
monge_landmarks_get (const MongeLandmarks *landmarks, guint index)
{
  g_return_val_if_fail (index < landmarks->points->len, NULL);
  return &g_array_index (landmarks->points, MongeLandmark, index);
}

guint
monge_landmarks_get_n_defined (const MongeLandmarks *landmarks)
{
  guint n = 0;

  for (guint i = 0; i < landmarks->points->len; i++)
    n += monge_landmarks_get (landmarks, i)->is_defined != FALSE;
  return n;
}

MongeSpace
monge_landmarks_get_space (const MongeLandmarks *landmarks)
{
  return landmarks->space;
}

MongeSpace
monge_landmarks_get_stored_space (const MongeLandmarks *landmarks)
{
  return landmarks->stored_space;
}

const char *const *
monge_landmarks_get_notes (const MongeLandmarks *landmarks)
{
  return (const char *const *) landmarks->notes->pdata;
}

void
monge_landmarks_add_note (MongeLandmarks *landmarks, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_insert (landmarks->notes, (gint) landmarks->notes->len - 1,
                      g_strdup_vprintf (format, args));
  va_end (args);
}

/* A list with the spaces and notes of @landmarks, to be filled. */
static MongeLandmarks *
begin_like (const MongeLandmarks *landmarks)
{
  MongeLandmarks *like = monge_landmarks_new (landmarks->space, landmarks->stored_space);

  for (guint i = 0; i + 1 < landmarks->notes->len; i++)
    monge_landmarks_add_note (like, "%s", (const char *) landmarks->notes->pdata[i]);
  return like;
}

static void
add_at (MongeLandmarks *landmarks, const MongeLandmark *like, const double position[3])
{
  monge_landmarks_add (landmarks, like->name, like->description, position, like->is_defined);
}

static MongeLandmarks *
copy (const MongeLandmarks *landmarks)
{
  MongeLandmarks *same = begin_like (landmarks);

  for (guint i = 0; i < landmarks->points->len; i++)
    {
      const MongeLandmark *one = monge_landmarks_get (landmarks, i);

      add_at (same, one, one->position);
    }
  return same;
}

/* --- Spaces and maps --- */

MongeLandmarks *
monge_landmarks_in_space (MongeLandmarks *landmarks, MongeSpace space)
{
  gboolean turns = landmarks->space != space && landmarks->space != MONGE_SPACE_UNKNOWN
                   && space != MONGE_SPACE_UNKNOWN;
  MongeLandmarks *turned;

  if (landmarks->space == space)
    return monge_landmarks_ref (landmarks);
  turned = begin_like (landmarks);
  turned->space = space;
  if (turned->stored_space == MONGE_SPACE_UNKNOWN)
    turned->stored_space = space;
  for (guint i = 0; i < landmarks->points->len; i++)
    {
      const MongeLandmark *one = monge_landmarks_get (landmarks, i);
      double sign = turns ? -1.0 : 1.0;
      double position[3] = { sign * one->position[0], sign * one->position[1], one->position[2] };

      add_at (turned, one, position);
    }
  return turned;
}

/* Mean distance to @shape of those defined, one tree for all. */
static double
compute_mean_distance (const MongeLandmarks *landmarks, const MongeShape *shape)
{
  guint n_defined = monge_landmarks_get_n_defined (landmarks), n = 0;
  g_autofree double *points = g_new (double, 3 * MAX (n_defined, 1));
  g_autofree MongeNearest *nearest = g_new (MongeNearest, MAX (n_defined, 1));
  double total = 0.0;

  for (guint i = 0; i < landmarks->points->len; i++)
    {
      const MongeLandmark *one = monge_landmarks_get (landmarks, i);

      if (one->is_defined)
        memcpy (points + 3 * n++, one->position, sizeof one->position);
    }
  if (n == 0 || !monge_distance_find_nearest (shape, points, n, nearest, NULL, NULL))
    return 0.0;
  for (guint i = 0; i < n; i++)
    total += nearest[i].distance;
  return total / n;
}

MongeLandmarks *
monge_landmarks_beside (MongeLandmarks *landmarks, const MongeShape *shape)
{
  MongeSpace space = monge_shape_get_space (shape);
  g_autoptr (MongeLandmarks) stored = NULL;
  g_autoptr (MongeLandmarks) other = NULL;
  MongeLandmarks *fitting;

  g_return_val_if_fail (monge_shape_get_dim (shape) <= 3, NULL);
  if (space != MONGE_SPACE_UNKNOWN)
    return monge_landmarks_in_space (landmarks, space);
  if (landmarks->space == MONGE_SPACE_UNKNOWN)
    return monge_landmarks_ref (landmarks);
  stored = monge_landmarks_in_space (landmarks, landmarks->stored_space);
  other = monge_landmarks_in_space (landmarks, landmarks->stored_space == MONGE_SPACE_LPS
                                                 ? MONGE_SPACE_RAS : MONGE_SPACE_LPS);
  if (!(compute_mean_distance (other, shape) < 0.5 * compute_mean_distance (stored, shape)))
    return g_steal_pointer (&stored);
  fitting = copy (other);
  monge_landmarks_add_note (fitting, "The shape does not say along what its coordinates run; its "
                            "landmarks, stored as %s, fit it as %s",
                            monge_space_names[landmarks->stored_space],
                            monge_space_names[other->space]);
  return fitting;
}

MongeLandmarks *
monge_landmarks_transformed (const MongeLandmarks *landmarks, const double affine[16])
{
  MongeLandmarks *mapped = begin_like (landmarks);

  for (guint i = 0; i < landmarks->points->len; i++)
    {
      const MongeLandmark *one = monge_landmarks_get (landmarks, i);
      double position[3];

      for (int r = 0; r < 3; r++)
        {
          const double *row = affine + 4 * r;

          position[r] = row[0] * one->position[0] + row[1] * one->position[1]
                        + row[2] * one->position[2] + row[3];
        }
      add_at (mapped, one, position);
    }
  return mapped;
}

/* --- Carrying --- */

static void
subtract (const double a[3], const double b[3], double out[3])
{
  for (int k = 0; k < 3; k++)
    out[k] = a[k] - b[k];
}

static void
cross (const double a[3], const double b[3], double out[3])
{
  out[0] = a[1] * b[2] - a[2] * b[1];
  out[1] = a[2] * b[0] - a[0] * b[2];
  out[2] = a[0] * b[1] - a[1] * b[0];
}

static double
dot (const double a[3], const double b[3])
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Three orthonormal rows: along the side from corner 0 to 1, in the plane, normal. Returns: the area
 * of the parallelogram; 0 where the triangle has none, and then @frame is undefined. */
static double
find_frame (double corners[3][3], double frame[3][3])
{
  double ab[3], ac[3], length, area;

  subtract (corners[1], corners[0], ab);
  subtract (corners[2], corners[0], ac);
  cross (ab, ac, frame[2]);
  length = sqrt (dot (ab, ab));
  area = sqrt (dot (frame[2], frame[2]));
  if (!(length > 0.0) || !(area > 1e-12 * dot (ac, ac)) || !(area > 1e-12 * length * length))
    return 0.0;
  for (int k = 0; k < 3; k++)
    {
      frame[0][k] = ab[k] / length;
      frame[2][k] /= area;
    }
  cross (frame[2], frame[0], frame[1]);
  return area;
}

/* The vertices of a cell in space; missing coordinates are 0. */
static void
gather (const double *positions, guint dim, const guint32 *cell, double corners[3][3])
{
  memset (corners, 0, 9 * sizeof (double));
  for (int c = 0; c < 3; c++)
    memcpy (corners[c], positions + (gsize) dim * cell[c], dim * sizeof (double));
}

/* @offset goes from the frame of one triangle to that of the other. */
static void
turn_offset (double before[3][3], double after[3][3], double offset[3])
{
  double from[3][3], to[3][3], turned[3] = { 0 };
  double area = find_frame (before, from), now = find_frame (after, to);
  double scale = area > 0.0 && now > 0.0 ? sqrt (now / area) : 0.0;

  if (scale == 0.0)
    return;
  for (int r = 0; r < 3; r++)
    for (int k = 0; k < 3; k++)
      turned[k] += scale * dot (from[r], offset) * to[r][k];
  memcpy (offset, turned, sizeof turned);
}

static void
follow_triangle (const MongeShape *shape, const double *positions, const MongeNearest *nearest,
                 double point[3])
{
  const guint dim = monge_shape_get_dim (shape);
  const guint32 *cell = monge_shape_get_cells (shape) + 3 * (gsize) nearest->item;
  double before[3][3], after[3][3], offset[3], foot[3] = { 0 };

  gather (monge_shape_get_positions (shape), dim, cell, before);
  gather (positions, dim, cell, after);
  memcpy (offset, point, sizeof offset);
  for (int c = 0; c < 3; c++)
    for (int k = 0; k < 3; k++)
      {
        offset[k] -= nearest->weights[c] * before[c][k];
        foot[k] += nearest->weights[c] * after[c][k];
      }
  turn_offset (before, after, offset);
  for (int k = 0; k < 3; k++)
    point[k] = foot[k] + offset[k];
}

static double
find_squared_distance (const double *x, guint dim, const double point[3])
{
  double total = 0.0;

  for (guint k = 0; k < 3; k++)
    {
      double d = (k < dim ? x[k] : 0.0) - point[k];
      total += d * d;
    }
  return total;
}

/* By insertion, nearest first. Returns: how many there are. */
static guint
find_nearest_vertices (const MongeShape *shape, const double point[3], gsize *nearest,
                       double *squared)
{
  const double *x = monge_shape_get_positions (shape);
  guint dim = monge_shape_get_dim (shape), found = 0;

  for (gsize i = 0; i < monge_shape_get_n_vertices (shape); i++)
    {
      double distance = find_squared_distance (x + dim * i, dim, point);
      guint k;

      if (found == N_NEAREST && distance >= squared[found - 1])
        continue;
      if (found < N_NEAREST)
        found++;
      for (k = found - 1; k > 0 && squared[k - 1] > distance; k--)
        {
          squared[k] = squared[k - 1];
          nearest[k] = nearest[k - 1];
        }
      squared[k] = distance;
      nearest[k] = i;
    }
  return found;
}

static void
follow_vertices (const MongeShape *shape, const double *positions, double point[3])
{
  const double *x = monge_shape_get_positions (shape);
  guint dim = monge_shape_get_dim (shape);
  double squared[N_NEAREST], shift[3] = { 0 }, total = 0.0;
  gsize nearest[N_NEAREST];
  guint found = find_nearest_vertices (shape, point, nearest, squared);

  for (guint k = 0; k < found; k++)
    {
      double weight = squared[0] > 0.0 ? squared[0] / squared[k] : (squared[k] == 0.0);

      total += weight;
      for (guint d = 0; d < dim; d++)
        shift[d] += weight * (positions[dim * nearest[k] + d] - x[dim * nearest[k] + d]);
    }
  for (guint d = 0; d < dim; d++)
    point[d] += shift[d] / total;
}

MongeLandmarks *
monge_landmarks_carried (const MongeLandmarks *landmarks, const MongeShape *shape,
                         const double *positions)
{
  guint n = landmarks->points->len;
  gboolean has_faces = monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE
                       && monge_shape_get_n_cells (shape) > 0;
  g_autofree MongeNearest *nearest = g_new0 (MongeNearest, n);
  g_autofree double *points = g_new (double, 3 * n);
  MongeLandmarks *carried;

  g_return_val_if_fail (monge_shape_get_dim (shape) <= 3, NULL);
  carried = begin_like (landmarks);
  for (guint i = 0; i < n; i++)
    memcpy (points + 3 * i, monge_landmarks_get (landmarks, i)->position, 3 * sizeof (double));
  if (has_faces)
    monge_distance_find_nearest (shape, points, n, nearest, NULL, NULL);
  for (guint i = 0; i < n; i++)
    {
      const MongeLandmark *one = monge_landmarks_get (landmarks, i);

      if (one->is_defined && has_faces)
        follow_triangle (shape, positions, &nearest[i], points + 3 * i);
      else if (one->is_defined)
        follow_vertices (shape, positions, points + 3 * i);
      add_at (carried, one, points + 3 * i);
    }
  return carried;
}

/* --- Two lists --- */

static const MongeLandmark *
find (const MongeLandmarks *landmarks, const char *name)
{
  for (guint i = 0; i < landmarks->points->len && *name != '\0'; i++)
    if (strcmp (monge_landmarks_get (landmarks, i)->name, name) == 0)
      return monge_landmarks_get (landmarks, i);
  return NULL;
}

static gboolean
share_names (const MongeLandmarks *a, const MongeLandmarks *b)
{
  for (guint i = 0; i < a->points->len; i++)
    if (find (b, monge_landmarks_get (a, i)->name) != NULL)
      return TRUE;
  return FALSE;
}

gboolean
monge_landmarks_match (const MongeLandmarks *source, const MongeLandmarks *target,
                       MongeLandmarks **matched_source, MongeLandmarks **matched_target,
                       GError **error)
{
  gboolean by_name = share_names (source, target);
  g_autoptr (MongeLandmarks) from = begin_like (source);
  g_autoptr (MongeLandmarks) to = begin_like (target);

  for (guint i = 0; i < source->points->len; i++)
    {
      const MongeLandmark *one = monge_landmarks_get (source, i), *other = NULL;

      if (by_name)
        other = find (target, one->name);
      else if (source->points->len == target->points->len)
        other = monge_landmarks_get (target, i);
      if (other == NULL || !one->is_defined || !other->is_defined)
        continue;
      add_at (from, one, one->position);
      add_at (to, other, other->position);
    }
  if (from->points->len == 0)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "There are %u landmarks of the source and %u of the target, and none is in both: "
                   "give them the same names, or as many in the same order",
                   source->points->len, target->points->len);
      return FALSE;
    }
  *matched_source = g_steal_pointer (&from);
  *matched_target = g_steal_pointer (&to);
  return TRUE;
}

double
monge_landmarks_compute_distances (const MongeLandmarks *a, const MongeLandmarks *b,
                                   double *distances)
{
  double total = 0.0;
  guint n = 0;

  g_return_val_if_fail (a->points->len == b->points->len, NAN);
  for (guint i = 0; i < a->points->len; i++)
    {
      const MongeLandmark *p = monge_landmarks_get (a, i), *q = monge_landmarks_get (b, i);

      distances[i] = NAN;
      if (!p->is_defined || !q->is_defined)
        continue;
      distances[i] = sqrt (find_squared_distance (p->position, 3, q->position));
      total += distances[i];
      n++;
    }
  return n > 0 ? total / n : NAN;
}
