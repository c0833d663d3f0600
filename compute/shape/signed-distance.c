#include "compute/shape/signed-distance.h"

#include "compute/shape/mesh.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An edge of one face, by its ends, the lower first. */
typedef struct {
  guint32 a, b, face;
} Edge;

typedef struct {
  const double *positions;
  const guint32 *faces;
  gsize n_faces;
  double *face_normals;   /* (n_faces × 3), unit; zero where the face has no area */
  double *vertex_normals; /* (n_vertices × 3), weighted by angles */
  Edge *edges;            /* (3 n_faces), sorted */
} Normals;

static void
normals_clear (Normals *normals)
{
  g_free (normals->face_normals);
  g_free (normals->vertex_normals);
  g_free (normals->edges);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Normals, normals_clear)

static double
dot (const double a[3], const double b[3])
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static int
compare_edges (const void *left, const void *right)
{
  const Edge *a = left, *b = right;

  if (a->a != b->a)
    return a->a < b->a ? -1 : 1;
  return (a->b > b->b) - (a->b < b->b);
}

static void
add_face (Normals *normals, gsize f)
{
  const guint32 *face = normals->faces + 3 * f;
  double *normal = normals->face_normals + 3 * f, side[3][3], length;

  for (int c = 0; c < 3; c++)
    for (int k = 0; k < 3; k++)
      side[c][k] = normals->positions[3 * (gsize) face[(c + 1) % 3] + k]
                   - normals->positions[3 * (gsize) face[c] + k];
  for (int k = 0; k < 3; k++)
    normal[k] = side[0][(k + 1) % 3] * side[1][(k + 2) % 3]
                - side[0][(k + 2) % 3] * side[1][(k + 1) % 3];
  length = sqrt (dot (normal, normal));
  for (int k = 0; k < 3 && length > 0.0; k++)
    normal[k] /= length;
  for (int c = 0; c < 3; c++)
    {
      const double *out = side[c], *in = side[(c + 2) % 3];
      double size = sqrt (dot (out, out) * dot (in, in));
      double angle = size > 0.0 ? acos (CLAMP (-dot (out, in) / size, -1.0, 1.0)) : 0.0;
      guint32 a = face[c], b = face[(c + 1) % 3];

      for (int k = 0; k < 3; k++)
        normals->vertex_normals[3 * (gsize) a + k] += angle * normal[k];
      normals->edges[3 * f + c] = (Edge){ MIN (a, b), MAX (a, b), (guint32) f };
    }
}

static gboolean
normals_init (Normals *normals, const MongeShape *shape, MongeTask *task, GError **error)
{
  *normals = (Normals){
    .positions = monge_shape_get_positions (shape),
    .faces = monge_shape_get_cells (shape),
    .n_faces = monge_shape_get_n_cells (shape),
  };
  normals->face_normals = g_new (double, 3 * normals->n_faces);
  normals->vertex_normals = g_new0 (double, 3 * monge_shape_get_n_vertices (shape));
  normals->edges = g_new (Edge, 3 * normals->n_faces);
  for (gsize f = 0; f < normals->n_faces; f++)
    {
      if (f % 8192 == 0 && monge_task_return_if_cancelled (task, error))
        return FALSE;
      add_face (normals, f);
    }
  qsort (normals->edges, 3 * normals->n_faces, sizeof (Edge), compare_edges);
  return TRUE;
}

/* The sum over the faces at an edge. */
static void
get_edge_normal (const Normals *normals, guint32 a, guint32 b, double normal[3])
{
  const Edge wanted = { MIN (a, b), MAX (a, b), 0 };
  const Edge *found = bsearch (&wanted, normals->edges, 3 * normals->n_faces, sizeof (Edge),
                               compare_edges);
  const Edge *end = normals->edges + 3 * normals->n_faces;

  memset (normal, 0, 3 * sizeof *normal);
  while (found > normals->edges && compare_edges (found - 1, &wanted) == 0)
    found--;
  for (; found != NULL && found < end && compare_edges (found, &wanted) == 0; found++)
    for (int k = 0; k < 3; k++)
      normal[k] += normals->face_normals[3 * (gsize) found->face + k];
}

/* Of the face, edge or vertex that the nearest point lies on. */
static void
get_normal (const Normals *normals, const MongeNearest *nearest, double normal[3])
{
  const guint32 *face = normals->faces + 3 * (gsize) nearest->item;
  int n = 0, corners[3];

  for (int c = 0; c < 3; c++)
    if (nearest->weights[c] > 1e-12)
      corners[n++] = c;
  if (n == 3)
    memcpy (normal, normals->face_normals + 3 * (gsize) nearest->item, 3 * sizeof *normal);
  else if (n == 2)
    get_edge_normal (normals, face[corners[0]], face[corners[1]], normal);
  else
    memcpy (normal, normals->vertex_normals + 3 * (gsize) face[corners[0]], 3 * sizeof *normal);
}

/* −1 inside of a surface whose normals point out. */
static double
find_sign (const Normals *normals, const MongeNearest *nearest, const double point[3])
{
  const guint32 *face = normals->faces + 3 * (gsize) nearest->item;
  double normal[3], away[3];

  get_normal (normals, nearest, normal);
  memcpy (away, point, sizeof away);
  for (int c = 0; c < 3; c++)
    for (int k = 0; k < 3; k++)
      away[k] -= nearest->weights[c] * normals->positions[3 * (gsize) face[c] + k];
  return dot (away, normal) < 0.0 ? -1.0 : 1.0;
}

gboolean
monge_distance_signed (const MongeShape *shape, const double *points, gsize n, double *distances,
                       gboolean *is_signed, MongeTask *task, GError **error)
{
  g_autofree MongeNearest *nearest = g_new (MongeNearest, MAX (n, 1));
  g_auto (Normals) normals = { 0 };
  MongeMeshReport report = { 0 };
  double outward;

  if (!monge_distance_find_nearest (shape, points, n, nearest, task, error))
    return FALSE;
  if (monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE && monge_shape_get_dim (shape) == 3)
    monge_mesh_describe (shape, &report);
  *is_signed = report.is_closed && report.is_oriented && report.volume != 0.0;
  if (*is_signed && !normals_init (&normals, shape, task, error))
    return FALSE;
  outward = report.volume < 0.0 ? -1.0 : 1.0;
  for (gsize i = 0; i < n; i++)
    distances[i] = *is_signed ? outward * find_sign (&normals, &nearest[i], points + 3 * i)
                                  * nearest[i].distance
                              : nearest[i].distance;
  return TRUE;
}
