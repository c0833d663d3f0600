/* Uniform triangles: Botsch & Kobbelt, “A remeshing approach to multiresolution modeling”, SGP
 * 2004. Edges longer than 4/3 of the target are split, those shorter than 4/5 collapsed, edges
 * flipped where that brings degrees nearer to six (four at borders), vertices moved to the middle
 * of their neighbours within the tangent plane and then to the nearest point of the surface there
 * was. An edge is only collapsed or flipped, and a vertex only moved, where no face turns over;
 * borders keep their course; where the surface is not regular it stays as it was. Given a number of
 * vertices, the length is corrected after each round. */
#include "compute/filter/filter-private.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "compute/filter/edit.h"
#include "compute/shape/distance.h"
#include "compute/shape/mesh.h"

#define LONG (4.0 / 3.0)
#define SHORT (4.0 / 5.0)
/* Borders may lose what bends them by less, of the target length. */
#define BEND 0.05
#define MAX_VERTICES 2e7
/* How near the number of vertices is to be, and for how many times the rounds it is tried. */
#define NEAR 0.03
#define MORE 3

const MongeOption monge_remesh_options[] = {
  { "vertices", "Vertices", "", MONGE_OPTION_INT, offsetof (MongeRemeshParams, vertices), 0, 1e7,
    TRUE, NULL, "About how many to make (0: by the length)" },
  { "length", "Edge length", "length", MONGE_OPTION_DOUBLE, offsetof (MongeRemeshParams, length), 0,
    1e30, TRUE, NULL,
    "How long edges are to be, where no number is given (0: as they are on average)" },
  { "rounds", "Rounds", "", MONGE_OPTION_INT, offsetof (MongeRemeshParams, rounds), 1, 100, FALSE,
    NULL, "More make triangles more even" },
  { NULL },
};
const MongeRemeshParams monge_remesh_defaults = { 0, 0.0, 8 };

gboolean
monge_remesh_takes (const MongeShape *shape, const char **reason)
{
  return monge_filter_takes_surfaces (shape, reason);
}

typedef struct {
  MongeShape *shape;
  MongeEdit *edit;
  double length;    /* target */
  gsize n_wanted;   /* 0: by the length */
  gsize n_most;     /* splitting ends there */
  MongeTask *task;
} Remeshing;

/* --- How long --- */

static double
find_mean_length (const MongeShape *shape)
{
  const double *x = monge_shape_get_positions (shape);
  const guint32 *faces = monge_shape_get_cells (shape);
  gsize n = 3 * monge_shape_get_n_cells (shape);
  double sum = 0.0;

  for (gsize h = 0; h < n; h++)
    {
      const double *a = x + 3 * (gsize) faces[h];
      const double *b = x + 3 * (gsize) faces[monge_half_edge_next ((guint32) h)];

      sum += hypot (hypot (a[0] - b[0], a[1] - b[1]), a[2] - b[2]);
    }
  return sum / (double) n;
}

/* An equilateral triangulation has one vertex per √3/2 length². */
static gboolean
choose_length (Remeshing *r, const MongeRemeshParams *params, GError **error)
{
  MongeMeshReport mesh;
  double expected;

  monge_mesh_describe (r->shape, &mesh);
  r->n_wanted = (gsize) params->vertices;
  if (r->n_wanted > 0)
    r->length = sqrt (mesh.area / (0.5 * sqrt (3.0) * (double) r->n_wanted));
  else
    r->length = params->length > 0.0 ? params->length : find_mean_length (r->shape);
  expected = mesh.area / (0.5 * sqrt (3.0) * r->length * r->length);
  if (!isnormal (r->length) || !(mesh.area > 0.0))
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_EMPTY,
                           "the surface has no area to remesh; repair it first");
      return FALSE;
    }
  if (!(expected < MAX_VERTICES))
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "edges of length %.3g make %.3g vertices; ask for longer ones", r->length,
                   expected);
      return FALSE;
    }
  r->n_most = 4 * (gsize) expected + 4 * monge_shape_get_n_vertices (r->shape) + 1000;
  return TRUE;
}

/* --- One round --- */

/* Splits what is longer than the root of @longest. New faces come at the end and are looked at too.
 */
static gboolean
split_longer (Remeshing *r, double longest, GError **error)
{
  MongeEdit *e = r->edit;

  for (guint32 h = 0; h < 3 * e->n_faces && e->n_vertices < r->n_most; h++)
    {
      if (monge_filter_is_cancelled (h, r->task, error))
        return FALSE;
      if (e->faces[h] != MONGE_TWIN_NONE && monge_edit_measure (e, h) > longest)
        monge_edit_split (e, h);
    }
  return TRUE;
}

/* The longest first, so that triangles do not become thin (Rivara 1984). */
static gboolean
split_long (Remeshing *r, GError **error)
{
  const MongeEdit *e = r->edit;
  double bound = LONG * r->length * LONG * r->length, longest = 0.0;

  for (guint32 h = 0; h < 3 * e->n_faces; h++)
    if (e->faces[h] != MONGE_TWIN_NONE)
      longest = MAX (longest, monge_edit_measure (e, h));
  while (longest > bound)
    {
      longest = MAX (0.5 * longest, bound);
      if (!split_longer (r, longest, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
collapse_short (Remeshing *r, GError **error)
{
  MongeEdit *e = r->edit;
  double shortest = SHORT * r->length * SHORT * r->length;
  double longest = LONG * r->length * LONG * r->length, bend = BEND * r->length;

  for (guint32 h = 0; h < 3 * e->n_faces; h++)
    {
      if (((h & 0x3ff) == 0) && monge_task_return_if_cancelled (r->task, error))
        return FALSE;
      if (e->faces[h] == MONGE_TWIN_NONE || !(monge_edit_measure (e, h) < shortest))
        continue;
      if (monge_edit_can_collapse (e, h, longest, bend))
        monge_edit_collapse (e, h);
    }
  return TRUE;
}

static int
find_excess (const MongeEdit *e, guint32 v, int change)
{
  int excess = e->degrees[v] + change - ((e->flags[v] & MONGE_EDIT_BORDER) != 0 ? 4 : 6);

  return excess * excess;
}

/* Whether the degrees of the four vertices get nearer to what they should be. */
static gboolean
improves (const MongeEdit *e, guint32 h)
{
  guint32 t = e->twins[h], a = e->faces[h], b = e->faces[t];
  guint32 c = e->faces[monge_edit_previous (h)], d = e->faces[monge_edit_previous (t)];

  return find_excess (e, a, -1) + find_excess (e, b, -1) + find_excess (e, c, 1)
           + find_excess (e, d, 1)
         < find_excess (e, a, 0) + find_excess (e, b, 0) + find_excess (e, c, 0)
             + find_excess (e, d, 0);
}

static gboolean
flip_edges (Remeshing *r, GError **error)
{
  MongeEdit *e = r->edit;

  for (guint32 h = 0; h < 3 * e->n_faces; h++)
    {
      if (monge_filter_is_cancelled (h, r->task, error))
        return FALSE;
      if (e->faces[h] != MONGE_TWIN_NONE && monge_edit_is_paired (e, h) && h < e->twins[h]
          && improves (e, h) && monge_edit_can_flip (e, h))
        monge_edit_flip (e, h);
    }
  return TRUE;
}

/* The middle of the neighbours of @v, within its tangent plane. */
static void
relax (const MongeEdit *e, guint32 v, double to[3])
{
  const double *p = e->x + 3 * (gsize) v;
  double sum[3] = { 0 }, normal[3] = { 0 }, n[3], length, along = 0.0;
  guint32 h = e->out[v];
  gsize count = 0;

  do
    {
      const double *a = e->x + 3 * (gsize) monge_edit_end (e, h);
      const double *b = e->x + 3 * (gsize) e->faces[monge_edit_previous (h)];

      monge_edit_find_normal (p, a, b, n);
      for (int k = 0; k < 3; k++)
        {
          sum[k] += a[k] - p[k];
          normal[k] += n[k];
        }
      count++;
      h = monge_edit_turn (e, h);
    }
  while (h != MONGE_TWIN_NONE && h != e->out[v]);
  length = sqrt (normal[0] * normal[0] + normal[1] * normal[1] + normal[2] * normal[2]);
  for (int k = 0; k < 3; k++)
    {
      sum[k] /= (double) count;
      normal[k] = length > 0.0 ? normal[k] / length : 0.0;
      along += sum[k] * normal[k];
    }
  for (int k = 0; k < 3; k++)
    to[k] = p[k] + sum[k] - along * normal[k];
}

static gboolean
is_movable (const MongeEdit *e, guint32 v)
{
  return e->out[v] != MONGE_TWIN_NONE && e->flags[v] == 0;
}

/* Moves vertices one after the other, each only where no face around it turns over. */
static gboolean
smooth (Remeshing *r, GError **error)
{
  MongeEdit *e = r->edit;
  gsize n = 0;
  g_autofree guint32 *rows = g_new (guint32, e->n_vertices);
  g_autofree double *wished = g_new (double, 3 * e->n_vertices);
  g_autofree MongeNearest *nearest = g_new (MongeNearest, e->n_vertices);
  const double *x = monge_shape_get_positions (r->shape);
  const guint32 *faces = monge_shape_get_cells (r->shape);

  for (guint32 v = 0; v < e->n_vertices; v++)
    if (is_movable (e, v))
      {
        relax (e, v, wished + 3 * n);
        rows[n++] = v;
      }
  if (!monge_distance_find_nearest (r->shape, wished, n, nearest, r->task, error))
    return FALSE;
  for (gsize i = 0; i < n; i++)
    {
      double to[3] = { 0 };

      for (int c = 0; c < 3; c++)
        for (int k = 0; k < 3; k++)
          to[k] += nearest[i].weights[c] * x[3 * (gsize)faces[3 * (gsize)nearest[i].item + c] + k];
      if (monge_edit_can_move (e, rows[i], to))
        memcpy (e->x + 3 * (gsize) rows[i], to, sizeof to);
    }
  return !monge_task_return_if_cancelled (r->task, error);
}

/* The square of how much longer edges must be for as many vertices as are wanted. */
static double
find_surplus (const Remeshing *r)
{
  return r->n_wanted > 0 ? (double) r->edit->n_vertices / (double) r->n_wanted : 1.0;
}

/* A few more rounds than asked for, while the number is not what is wanted and gets nearer. */
static gboolean
run_rounds (Remeshing *r, int n_rounds, GError **error)
{
  double last = 0.0;

  for (int round = 0; round < MORE * n_rounds; round++)
    {
      double surplus;

      monge_task_set_progress (r->task, MIN (round / (n_rounds + 1.0), 0.9));
      if (!split_long (r, error) || !collapse_short (r, error) || !flip_edges (r, error)
          || !smooth (r, error))
        return FALSE;
      monge_edit_compress (r->edit);
      surplus = find_surplus (r);
      if (round + 1 >= n_rounds
          && (fabs (surplus - 1.0) < NEAR || fabs (surplus - last) < 0.1 * NEAR))
        break;
      last = surplus;
      if (round + 1 < MORE * n_rounds)
        r->length *= CLAMP (sqrt (surplus), 0.8, 1.25);
    }
  return TRUE;
}

/* --- The new shape --- */

static gboolean
take_arrays (Remeshing *r, MongeShapeBuilder *builder, const double *positions, gsize n,
             const guint32 *faces, gsize n_faces, GError **error)
{
  g_autofree MongeNearest *nearest = g_new (MongeNearest, MAX (n, 1));
  g_autofree guint32 *cells = g_new (guint32, MAX (MAX (n, n_faces), 1));
  g_autofree double *shares = g_new (double, MAX (3 * n, 1));

  if (monge_shape_get_n_arrays (r->shape) > 0)
    {
      if (!monge_distance_find_nearest (r->shape, positions, n, nearest, r->task, error))
        return FALSE;
      for (gsize i = 0; i < n; i++)
        {
          cells[i] = nearest[i].item;
          memcpy (shares + 3 * i, nearest[i].weights, 3 * sizeof *shares);
        }
      monge_filter_carry (builder, r->shape, cells, shares, n);
    }
  if (monge_shape_get_n_cell_arrays (r->shape) == 0)
    return TRUE;
  if (!monge_filter_find_cells (r->shape, positions, faces, n_faces, cells, r->task, error))
    return FALSE;
  for (guint k = 0; k < monge_shape_get_n_cell_arrays (r->shape); k++)
    monge_shape_builder_take_cell_array (builder, monge_filter_pick_rows (
      monge_shape_get_cell_array (r->shape, k), cells, n_faces));
  return TRUE;
}

static MongeShape *
build (Remeshing *r, GError **error)
{
  const MongeEdit *e = r->edit;
  gsize n = e->n_vertices, n_faces = e->n_faces;
  guint32 *faces = g_memdup2 (e->faces, 3 * n_faces * sizeof *faces);
  double *positions = g_memdup2 (e->x, 3 * n * sizeof *positions);
  g_autoptr (MongeShapeBuilder) builder = monge_shape_begin_like (r->shape);

  monge_shape_builder_take_positions (builder, positions, n,
                                      monge_shape_get_position_type (r->shape));
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE, faces, n_faces);
  if (!take_arrays (r, builder, positions, n, faces, n_faces, error))
    return NULL;
  return monge_shape_builder_end (g_steal_pointer (&builder), error);
}

/* The farthest that vertices and middles of faces of @from lie from @to; below 0 where cancelled.
 */
static double
measure_one_way (const MongeShape *from, const MongeShape *to, MongeTask *task, GError **error)
{
  gsize n = monge_shape_get_n_vertices (from), n_faces = monge_shape_get_n_cells (from);
  const double *x = monge_shape_get_positions (from);
  const guint32 *faces = monge_shape_get_cells (from);
  g_autofree double *points = g_new (double, 3 * (n + n_faces));
  g_autofree double *distances = g_new (double, n + n_faces);
  double farthest = 0.0;

  memcpy (points, x, 3 * n * sizeof *x);
  for (gsize f = 0; f < n_faces; f++)
    for (int k = 0; k < 3; k++)
      points[3 * (n + f) + k] = (x[3 * (gsize)faces[3 * f] + k] + x[3 * (gsize)faces[3 * f + 1] + k]
                                 + x[3 * (gsize)faces[3 * f + 2] + k])
                                / 3.0;
  if (!monge_distance_to_shape (to, points, n + n_faces, distances, task, error))
    return -1.0;
  for (gsize i = 0; i < n + n_faces; i++)
    farthest = MAX (farthest, distances[i]);
  return farthest;
}

MongeShape *
monge_remesh_apply (MongeShape *shape, gconstpointer data, MongeTask *task, GString *note,
                    GError **error)
{
  const MongeRemeshParams *params = data;
  g_autoptr (MongeEdit) edit = monge_edit_new (shape, task, error);
  g_autoptr (MongeShape) result = NULL;
  Remeshing r = { .shape = shape, .edit = edit, .task = task };
  double there, back;

  if (edit == NULL || !choose_length (&r, params, error) || !run_rounds (&r, params->rounds, error))
    return NULL;
  result = build (&r, error);
  if (result == NULL)
    return NULL;
  there = measure_one_way (shape, result, task, error);
  back = there < 0.0 ? -1.0 : measure_one_way (result, shape, task, error);
  if (back < 0.0)
    return NULL;
  g_string_append_printf (note,
                          "Made %" G_GSIZE_FORMAT " vertices of %" G_GSIZE_FORMAT ", edges of "
                          "about %.4g. The surfaces lie within %.3g of each other.",
                          monge_shape_get_n_vertices (result), monge_shape_get_n_vertices (shape),
                          r.length, MAX (there, back));
  return g_steal_pointer (&result);
}
