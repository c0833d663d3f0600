#include "compute/filter/inspect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compute/filter/grid.h"
#include "compute/filter/mend.h"
#include "compute/filter/twins.h"
#include "compute/shape/mesh.h"

/* Cosine of the angle between two faces that lie on each other: 179 degrees. */
#define FOLDED -0.99985

/* --- Vertices --- */

static gsize
count_duplicates (const MongeShape *shape, double tolerance, MongeTask *task, GError **error)
{
  g_autofree guint32 *same = monge_mend_find_same (shape, tolerance, task, error);
  gsize n = monge_shape_get_n_vertices (shape), count = 0;

  if (same == NULL)
    return G_MAXSIZE;
  for (gsize i = 0; i < n; i++)
    count += same[i] != i;
  return count;
}

static void
count_unreferenced (MongeRepairReport *report, const MongeShape *shape, guint arity)
{
  const guint32 *cells = monge_shape_get_cells (shape);
  g_autofree guint8 *is_used = g_malloc0 (report->n_vertices);

  for (gsize k = 0; k < arity * report->n_cells; k++)
    is_used[cells[k]] = TRUE;
  for (gsize i = 0; i < report->n_vertices; i++)
    report->n_unreferenced += !is_used[i];
}

/* --- Cells --- */

static gboolean
inspect_cells (MongeRepairReport *report, const MongeShape *shape, guint arity, MongeTask *task,
               GError **error)
{
  const guint32 *cells = monge_shape_get_cells (shape);
  g_autofree guint8 *keeps = g_malloc (report->n_cells);

  for (gsize c = 0; c < report->n_cells; c++)
    report->n_degenerate_cells += monge_mend_is_degenerate (shape, cells + arity * c, arity);
  memset (keeps, TRUE, report->n_cells);
  return monge_mend_mark_duplicates (cells, report->n_cells, arity, report->n_vertices, keeps,
                                     &report->n_duplicate_cells, task, error);
}

/* Twice the area times the unit normal. */
static void
find_normal (const double *x, const guint32 *face, double n[3])
{
  const double *a = x + 3 * (gsize) face[0], *b = x + 3 * (gsize) face[1];
  const double *c = x + 3 * (gsize) face[2];

  for (int k = 0; k < 3; k++)
    {
      int p = (k + 1) % 3, q = (k + 2) % 3;

      n[k] = (b[p] - a[p]) * (c[q] - a[q]) - (b[q] - a[q]) * (c[p] - a[p]);
    }
}

static gboolean
is_folded (const double *x, const MongeTwins *t, guint32 h)
{
  double a[3], b[3], scale, product;

  find_normal (x, t->faces + h - h % 3, a);
  find_normal (x, t->faces + t->twins[h] - t->twins[h] % 3, b);
  scale = sqrt (a[0] * a[0] + a[1] * a[1] + a[2] * a[2])
          * sqrt (b[0] * b[0] + b[1] * b[1] + b[2] * b[2]);
  product = a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  if (!monge_twins_agree (t, h))
    product = -product;
  return scale > 0.0 && product < FOLDED * scale;
}

static void
inspect_edges (MongeRepairReport *report, const MongeShape *shape, const MongeTwins *t)
{
  const double *x = monge_shape_get_positions (shape);
  gboolean is_in_space = monge_shape_get_dim (shape) == 3;
  guint64 last = G_MAXUINT64;

  for (gsize i = 0; i < t->n_vertices; i++)
    for (gsize k = t->first[i]; k < t->first[i + 1]; k++)
      {
        guint32 h = (guint32) t->upper[k];
        gboolean is_first = last != t->upper[k] >> 32 || k == t->first[i];

        last = t->upper[k] >> 32;
        if (!is_first)
          continue;
        report->n_boundary_edges += t->twins[h] == MONGE_TWIN_NONE;
        report->n_irregular_edges += t->twins[h] == MONGE_TWIN_IRREGULAR;
        if (!monge_twins_is_paired (t, h))
          continue;
        report->n_disagreeing_edges += !monge_twins_agree (t, h);
        report->n_folded_edges += is_in_space && is_folded (x, t, h);
      }
}

/* The corner of the other face at the start of @h. */
static guint32
find_corner_across (const MongeTwins *t, guint32 h)
{
  guint32 twin = t->twins[h];

  return monge_twins_agree (t, h) ? monge_half_edge_next (twin) : twin;
}

static guint32
find_root (guint32 *parent, guint32 i)
{
  while (parent[i] != i)
    i = parent[i] = parent[parent[i]];
  return i;
}

static void
join (guint32 *parent, guint32 i, guint32 j)
{
  i = find_root (parent, i);
  j = find_root (parent, j);
  parent[MAX (i, j)] = MIN (i, j);
}

/* Corners are joined across regular edges: each class is a fan. */
static void
count_fans (MongeRepairReport *report, const MongeTwins *t)
{
  gsize n = 3 * t->n_faces;
  g_autofree guint32 *parent = g_new (guint32, n);
  g_autofree guint8 *n_fans = g_malloc0 (t->n_vertices);

  for (gsize h = 0; h < n; h++)
    parent[h] = (guint32) h;
  for (guint32 h = 0; h < n; h++)
    if (monge_twins_is_paired (t, h))
      {
        guint32 twin = t->twins[h], end = monge_half_edge_next (h);

        join (parent, h, find_corner_across (t, h));
        join (parent, end, monge_twins_agree (t, h) ? twin : monge_half_edge_next (twin));
      }
  for (gsize h = 0; h < n; h++)
    if (parent[h] == h && n_fans[t->faces[h]] < 2)
      n_fans[t->faces[h]]++;
  for (gsize i = 0; i < t->n_vertices; i++)
    report->n_irregular_vertices += n_fans[i] > 1;
}

static int
compare_falling (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x < y) - (x > y);
}

static void
measure_holes (MongeRepairReport *report, const MongeShape *shape, const MongeTwins *t)
{
  MongeLoops loops = monge_twins_find_loops (t);

  report->n_holes = loops.n;
  report->hole_lengths = g_new0 (double, loops.n + 1);
  for (gsize k = 0; k < loops.n; k++)
    report->hole_lengths[k] = monge_mend_measure_loop (shape, t, &loops, k);
  qsort (report->hole_lengths, loops.n, sizeof *report->hole_lengths, compare_falling);
  monge_loops_clear (&loops);
}

/* --- Pieces --- */

static int
compare_pieces (const void *a, const void *b)
{
  const MongePiece *p = a, *q = b;

  if (p->n_cells != q->n_cells)
    return p->n_cells < q->n_cells ? 1 : -1;
  return p->first_vertex < q->first_vertex ? -1 : 1;
}

/* Pieces by their first vertex, and in @numbers that of each vertex. */
static void
list_pieces (MongeRepairReport *report, const MongeShape *shape, guint arity, guint32 *numbers)
{
  gsize n = report->n_vertices;
  const guint32 *cells = monge_shape_get_cells (shape);
  g_autofree guint32 *roots = monge_find_components (cells, report->n_cells, arity, n);
  g_autofree guint8 *is_used = g_malloc0 (n);
  gsize n_pieces = 0;

  for (gsize k = 0; k < arity * report->n_cells; k++)
    is_used[cells[k]] = TRUE;
  for (gsize i = 0; i < n; i++)
    numbers[i] = is_used[i] && roots[i] == i ? (guint32) n_pieces++ : MONGE_POINT_NONE;
  report->pieces = g_new0 (MongePiece, n_pieces + 1);
  report->n_pieces = n_pieces;
  for (gsize i = 0; i < n; i++)
    {
      if (!is_used[i])
        continue;
      numbers[i] = numbers[roots[i]];
      report->pieces[numbers[i]].first_vertex = roots[i];
      report->pieces[numbers[i]].n_vertices++;
    }
  for (gsize p = 0; p < n_pieces; p++)
    report->pieces[p].is_closed = report->pieces[p].is_oriented = TRUE;
}

static double
find_signed_volume (const double *x, const guint32 *face, const double origin[3])
{
  double n[3], sum = 0.0;

  find_normal (x, face, n);
  for (int k = 0; k < 3; k++)
    sum += (x[3 * (gsize) face[0] + k] - origin[k]) * n[k];
  return sum / 6.0;
}

static void
measure_pieces (MongeRepairReport *report, const MongeShape *shape, guint arity,
                const MongeTwins *t, const guint32 *numbers)
{
  const guint32 *cells = monge_shape_get_cells (shape);
  const double *x = monge_shape_get_positions (shape);
  gboolean is_in_space = arity == 3 && monge_shape_get_dim (shape) == 3;
  g_autofree double *sizes = g_new (double, report->n_cells);

  monge_mesh_compute_cell_sizes (shape, sizes);
  for (gsize c = 0; c < report->n_cells; c++)
    {
      MongePiece *piece = report->pieces + numbers[cells[arity * c]];

      piece->n_cells++;
      piece->size += sizes[c];
      if (is_in_space)
        piece->volume += find_signed_volume (x, cells + 3 * c,
                                             x + 3 * (gsize) piece->first_vertex);
      for (guint32 h = (guint32) (3 * c); t != NULL && h < 3 * c + 3; h++)
        {
          piece->is_closed &= monge_twins_is_paired (t, h);
          piece->is_oriented &= !monge_twins_is_paired (t, h) || monge_twins_agree (t, h);
        }
    }
  for (gsize p = 0; p < report->n_pieces; p++)
    {
      MongePiece *piece = report->pieces + p;

      if (!is_in_space || !piece->is_closed || !piece->is_oriented)
        piece->volume = NAN;
      report->n_inside_out += piece->volume < 0.0;
    }
  qsort (report->pieces, report->n_pieces, sizeof *report->pieces, compare_pieces);
}

static gboolean
inspect_topology (MongeRepairReport *report, const MongeShape *shape, guint arity, MongeTask *task,
                  GError **error)
{
  g_autofree guint32 *numbers = g_new (guint32, report->n_vertices);
  g_autoptr (MongeTwins) t = NULL;

  if (arity == 3)
    {
      t = monge_twins_new (monge_shape_get_cells (shape), report->n_cells, report->n_vertices, task,
                           error);
      if (t == NULL)
        return FALSE;
      inspect_edges (report, shape, t);
      count_fans (report, t);
      measure_holes (report, shape, t);
    }
  else
    {
      MongeMeshReport mesh;

      monge_mesh_describe (shape, &mesh);
      report->n_boundary_edges = mesh.n_boundary_edges;
      report->n_irregular_edges = mesh.n_irregular_edges;
    }
  if (monge_task_return_if_cancelled (task, error))
    return FALSE;
  list_pieces (report, shape, arity, numbers);
  measure_pieces (report, shape, arity, t, numbers);
  return TRUE;
}

gboolean
monge_repair_report_fill (MongeRepairReport *report, const MongeShape *shape, double tolerance,
                          MongeTask *task, GError **error)
{
  MongeShapeKind kind = monge_shape_get_kind (shape);
  guint arity = kind == MONGE_SHAPE_SURFACE ? 3 : 2;

  if (tolerance < 0.0)
    tolerance = MONGE_REPAIR_TOLERANCE * monge_shape_get_diameter (shape);
  *report = (MongeRepairReport){ .kind = kind, .tolerance = tolerance,
                                 .n_vertices = monge_shape_get_n_vertices (shape),
                                 .n_cells = monge_shape_get_n_cells (shape) };
  report->n_exact_duplicates = count_duplicates (shape, 0.0, task, error);
  report->n_duplicate_vertices = report->n_exact_duplicates;
  if (tolerance > 0.0 && report->n_exact_duplicates != G_MAXSIZE)
    report->n_duplicate_vertices = count_duplicates (shape, tolerance, task, error);
  if (report->n_duplicate_vertices == G_MAXSIZE)
    return FALSE;
  if (report->n_cells == 0)
    return TRUE;
  count_unreferenced (report, shape, arity);
  if (inspect_cells (report, shape, arity, task, error)
      && inspect_topology (report, shape, arity, task, error))
    return TRUE;
  monge_repair_report_clear (report);
  return FALSE;
}

void
monge_repair_report_clear (MongeRepairReport *report)
{
  g_clear_pointer (&report->hole_lengths, g_free);
  g_clear_pointer (&report->pieces, g_free);
}

/* --- For people --- */

gboolean
monge_repair_report_is_good (const MongeRepairReport *report)
{
  return report->n_duplicate_vertices == 0 && report->n_unreferenced == 0
         && report->n_degenerate_cells == 0 && report->n_duplicate_cells == 0
         && report->n_disagreeing_edges == 0 && report->n_inside_out == 0;
}

static void
tell (GPtrArray *sentences, gsize count, const char *one, const char *many)
{
  if (count == 1)
    g_ptr_array_add (sentences, g_strdup_printf ("1 %s", one));
  else if (count > 1)
    g_ptr_array_add (sentences, g_strdup_printf ("%" G_GSIZE_FORMAT " %s", count, many));
}

static void
tell_surface (const MongeRepairReport *report, GPtrArray *sentences)
{
  tell (sentences, report->n_irregular_edges, "edge with three faces or more",
        "edges with three faces or more");
  tell (sentences, report->n_irregular_vertices, "vertex at which more than one fan of faces meets",
        "vertices at which more than one fan of faces meets");
  tell (sentences, report->n_disagreeing_edges,
        "edge whose faces disagree on which side is out",
        "edges whose faces disagree on which side is out");
  tell (sentences, report->n_folded_edges, "edge whose faces lie on each other",
        "edges whose faces lie on each other");
  tell (sentences, report->n_inside_out, "closed piece is inside out",
        "closed pieces are inside out");
  if (report->n_holes > 0)
    g_ptr_array_add (sentences,
                     g_strdup_printf ("%" G_GSIZE_FORMAT " %s, the longest %.4g around",
                                      report->n_holes, report->n_holes == 1 ? "hole" : "holes",
                                      report->hole_lengths[0]));
}

GPtrArray *
monge_repair_report_describe (const MongeRepairReport *report)
{
  GPtrArray *sentences = g_ptr_array_new_with_free_func (g_free);
  const char *plural = report->kind == MONGE_SHAPE_SURFACE ? "faces" : "segments";
  g_autofree char *degenerate = g_strdup_printf ("%s of no size", plural);
  g_autofree char *duplicate = g_strdup_printf ("%s that are there more than once", plural);

  tell (sentences, report->n_duplicate_vertices, "vertex that lies where another one does",
        "vertices that lie where another one does");
  tell (sentences, report->n_unreferenced, "vertex in no cell", "vertices in no cell");
  tell (sentences, report->n_degenerate_cells, "cell of no size", degenerate);
  tell (sentences, report->n_duplicate_cells, "cell that is there more than once", duplicate);
  if (report->kind == MONGE_SHAPE_SURFACE)
    tell_surface (report, sentences);
  return sentences;
}
