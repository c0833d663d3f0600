/* Vertical rays through the middles of a grid; every face writes where the rays under it cross, with
 * +1 for a ray that goes in and −1 for one that comes out. Sorted along each ray, running sums say
 * what is inside which surface.
 *
 *      z │   ┃ −1 ▔▔▔     A ∩ B is between the crossings where both sums differ from 0
 *        │   ┃
 *        │   ┃ +1 ▁▁▁
 *        └───┻─────────  x, y
 *
 * Faces that share an edge compute the same number for it, with the same rounding, and a ray through
 * the edge belongs to one of them alone: no ray slips through or is counted twice. */
#include "compute/shape/overlap.h"

#include "compute/shape/mesh.h"

#include <math.h>

#define N_RAYS 256 /* along the longer side */

typedef struct {
  guint32 ray;
  gint8 sign;
  guint8 shape; /* 0 or 1 */
  double z;
} Crossing;

typedef struct {
  double origin[2]; /* of the ray (0, 0) */
  double step;
  guint n[2];
  GArray *crossings;
} Rays;

/* Twice the area of (a, b, p), positive when counter-clockwise; the same but for the sign when a and
 * b are exchanged, because the one with the smaller index always comes first. */
static double
edge_area (const double *x,
           guint32 a,
           guint32 b,
           const double p[2])
{
  double sign = a < b ? 1.0 : -1.0;
  const double *u = x + 3 * (gsize) MIN (a, b), *v = x + 3 * (gsize) MAX (a, b);

  return sign * ((v[0] - u[0]) * (p[1] - u[1]) - (v[1] - u[1]) * (p[0] - u[0]));
}

/* Whether p is left of the edge; on it, the edge belongs to the face that has it upwards by index. */
static gboolean
is_left (double area,
         guint32 a,
         guint32 b)
{
  return area > 0.0 || (area == 0.0 && a < b);
}

static void
cross_face (Rays *rays,
            const double *x,
            const guint32 *face,
            guint8 shape,
            const guint *first,
            const guint *end)
{
  for (guint j = first[1]; j < end[1]; j++)
    for (guint i = first[0]; i < end[0]; i++)
      {
        const double p[2] = { rays->origin[0] + i * rays->step, rays->origin[1] + j * rays->step };
        double area[3], total;
        gboolean left[3];
        Crossing crossing = { .ray = j * rays->n[0] + i, .shape = shape };

        for (int k = 0; k < 3; k++)
          {
            guint32 a = face[(k + 1) % 3], b = face[(k + 2) % 3];

            area[k] = edge_area (x, a, b, p);
            left[k] = is_left (area[k], a, b);
          }
        if (left[0] != left[1] || left[1] != left[2])
          continue;
        total = area[0] + area[1] + area[2];
        if (total == 0.0) /* upright: a ray along it changes nothing */
          continue;
        crossing.sign = left[0] ? -1 : 1;
        for (int k = 0; k < 3; k++)
          crossing.z += area[k] / total * x[3 * (gsize) face[k] + 2];
        g_array_append_val (rays->crossings, crossing);
      }
}

/* The rays that can meet the face, [first, end) along each axis. */
static void
find_rays (const Rays *rays,
           const double *x,
           const guint32 *face,
           guint *first,
           guint *end)
{
  for (int d = 0; d < 2; d++)
    {
      double lower = INFINITY, upper = -INFINITY;

      for (int k = 0; k < 3; k++)
        {
          double value = (x[3 * (gsize) face[k] + (gsize) d] - rays->origin[d]) / rays->step;

          lower = MIN (lower, value);
          upper = MAX (upper, value);
        }
      first[d] = (guint) CLAMP (floor (lower), 0.0, rays->n[d]);
      end[d] = (guint) CLAMP (ceil (upper) + 1.0, 0.0, rays->n[d]);
    }
}

static void
cross_shape (Rays *rays,
             const MongeShape *shape,
             guint8 which)
{
  const double *x = monge_shape_get_positions (shape);
  const guint32 *faces = monge_shape_get_cells (shape);

  for (gsize f = 0; f < monge_shape_get_n_cells (shape); f++)
    {
      guint first[2], end[2];

      find_rays (rays, x, faces + 3 * f, first, end);
      cross_face (rays, x, faces + 3 * f, which, first, end);
    }
}

static int
compare_crossings (gconstpointer a,
                   gconstpointer b)
{
  const Crossing *p = a, *q = b;

  if (p->ray != q->ray)
    return p->ray < q->ray ? -1 : 1;
  return (p->z > q->z) - (p->z < q->z);
}

/* Lengths inside A, inside B and inside both. */
static void
sum_lengths (GArray *crossings,
             double lengths[3])
{
  int inside[2] = { 0, 0 };

  g_array_sort (crossings, compare_crossings);
  for (guint i = 0; i < crossings->len; i++)
    {
      const Crossing *crossing = &g_array_index (crossings, Crossing, i);

      if (i == 0 || crossing->ray != crossing[-1].ray)
        inside[0] = inside[1] = 0;
      else
        {
          double length = crossing->z - crossing[-1].z;

          lengths[0] += inside[0] != 0 ? length : 0.0;
          lengths[1] += inside[1] != 0 ? length : 0.0;
          lengths[2] += inside[0] != 0 && inside[1] != 0 ? length : 0.0;
        }
      inside[crossing->shape] += crossing->sign;
    }
}

/* A grid over the boxes of both, its rays in the middles of the cells. */
static gboolean
place_rays (Rays *rays,
            const MongeShape *a,
            const MongeShape *b)
{
  double lower[2][3], upper[2][3], size[2];

  monge_shape_get_bounds (a, lower[0], upper[0]);
  monge_shape_get_bounds (b, lower[1], upper[1]);
  for (int d = 0; d < 2; d++)
    {
      rays->origin[d] = MIN (lower[0][d], lower[1][d]);
      size[d] = MAX (upper[0][d], upper[1][d]) - rays->origin[d];
    }
  rays->step = MAX (size[0], size[1]) / N_RAYS;
  if (!(rays->step > 0.0 && isfinite (rays->step)))
    return FALSE;
  for (int d = 0; d < 2; d++)
    {
      rays->n[d] = (guint) CLAMP (ceil (size[d] / rays->step), 1.0, N_RAYS);
      rays->origin[d] += 0.5 * rays->step;
    }
  return TRUE;
}

static gboolean
is_solid (const MongeShape *shape)
{
  MongeMeshReport report;

  if (monge_shape_get_kind (shape) != MONGE_SHAPE_SURFACE || monge_shape_get_dim (shape) != 3)
    return FALSE;
  monge_mesh_describe (shape, &report);
  return report.is_closed && report.is_oriented;
}

double
monge_overlap_compute_dice (const MongeShape *a,
                            const MongeShape *b)
{
  double lengths[3] = { 0, 0, 0 };
  Rays rays = { .n = { 0, 0 } };

  if (!is_solid (a) || !is_solid (b) || !place_rays (&rays, a, b))
    return NAN;
  rays.crossings = g_array_new (FALSE, FALSE, sizeof (Crossing));
  cross_shape (&rays, a, 0);
  cross_shape (&rays, b, 1);
  sum_lengths (rays.crossings, lengths);
  g_array_unref (rays.crossings);
  return lengths[0] + lengths[1] > 0.0 ? 2.0 * lengths[2] / (lengths[0] + lengths[1]) : NAN;
}
