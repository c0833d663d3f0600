#include "compute/volume/net.h"

#include "compute/shape/bytes.h"

#include <math.h>
#include <string.h>

/* Smoothing changes what each label encloses; vertices are moved back by as little as restores all
 * volumes at once. With V_l the volume of label l, g_{l,v} its derivative by vertex v and w_v the
 * area about v, the displacements d_v of least ½ Σ w_v |d_v|² with Σ_v g_{l,v} · d_v = ΔV_l are
 *
 *     d_v = 1/w_v Σ_l λ_l g_{l,v},      Σ_m (Σ_v g_{l,v} · g_{m,v} / w_v) λ_m = ΔV_l :
 *
 * a pressure λ_l in each label, the background's being 0. The system is solved by conjugate
 * gradients, the whole is repeated as Newton's method does. What meets the side of its cell stays
 * there from then on. */

#define N_ROUNDS 20
#define N_SOLVER_STEPS 60
#define SOLVER_TOLERANCE 1e-3
#define TOLERANCE 1e-6 /* of a volume */
#define MIN_AREA 1e-3f
#define MAX_MOVE 0.15 /* in a round: what a small label lacks is far from linear in it */
#define AT_ONCE 16384 /* quads or cells between two polls */

typedef struct {
  guint32 label;
  float slope[3]; /* of its volume by the vertex of the cell */
} Incidence;

typedef struct {
  MongeNet *net;
  MongeTask *task;
  guint32 *begin;        /* per cell: its incidences; n_cells + 1 */
  Incidence *incidences; /* of labels but the background */
  float *inverse_areas;  /* per cell */
  guint8 *fixed;         /* per cell: coordinates that met the side, one bit each */
  double *volumes;       /* per label */
} Restoring;

/* ---- incidences ---- */

static guint
list_labels (const guint16 corners[8], guint16 labels[8])
{
  guint n = 0;

  for (guint c = 0; c < 8; c++)
    {
      guint k = 0;

      while (k < n && labels[k] != corners[c])
        k++;
      if (k == n && corners[c] != 0)
        labels[n++] = corners[c];
    }
  return n;
}

static gboolean
list_incidences (Restoring *r, GError **error)
{
  MongeNet *net = r->net;
  guint16 labels[8];
  gsize n = 0;

  r->begin = monge_bytes_alloc (net->n_cells + 1, sizeof *r->begin, error);
  if (r->begin == NULL)
    return FALSE;
  for (gsize i = 0; i < net->n_cells; i++)
    {
      if (i % AT_ONCE == 0 && monge_task_return_if_cancelled (r->task, error))
        return FALSE;
      r->begin[i] = (guint32) n;
      n += list_labels (net->corners[i], labels);
    }
  if (n > G_MAXUINT32)
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                           "these labels touch in too many places; choose fewer labels");
      return FALSE;
    }
  r->begin[net->n_cells] = (guint32) n;
  r->incidences = monge_bytes_alloc (MAX (n, 1), sizeof *r->incidences, error);
  if (r->incidences == NULL)
    return FALSE;
  for (gsize i = 0; i < net->n_cells; i++)
    {
      guint count = list_labels (net->corners[i], labels);

      if (i % AT_ONCE == 0 && monge_task_return_if_cancelled (r->task, error))
        return FALSE;
      for (guint k = 0; k < count; k++)
        r->incidences[r->begin[i] + k].label = labels[k];
    }
  return TRUE;
}

static inline void
add_slope (Restoring *r, guint32 cell, guint label, const float slope[3], float sign)
{
  Incidence *at = &r->incidences[r->begin[cell]];

  if (label == 0)
    return;
  while (at->label != label)
    at++;
  for (int k = 0; k < 3; k++)
    at->slope[k] += sign * slope[k];
}

/* ---- volumes ---- */

/* From the middle of the cell that a quad belongs to, to those of its four cells, by axis. */
static const float quad_corners[3][4][3] = {
  { { 0, 0, 0 }, { 0, -1, 0 }, { 0, -1, -1 }, { 0, 0, -1 } },
  { { 0, 0, 0 }, { 0, 0, -1 }, { -1, 0, -1 }, { -1, 0, 0 } },
  { { 0, 0, 0 }, { -1, 0, 0 }, { -1, -1, 0 }, { 0, -1, 0 } },
};

static inline void
locate_quad (const MongeNet *net, const MongeNetQuad *quad, float p[4][3])
{
  for (int i = 0; i < 4; i++)
    for (int k = 0; k < 3; k++)
      p[i][k] = quad_corners[quad->axis][i][k] + net->offsets[quad->cells[i]][k];
}

static inline void
cross_sides (const float a[3], const float b[3], const float c[3], float cross[3])
{
  const float u[3] = { b[0] - a[0], b[1] - a[1], b[2] - a[2] };
  const float v[3] = { c[0] - a[0], c[1] - a[1], c[2] - a[2] };

  cross[0] = u[1] * v[2] - u[2] * v[1];
  cross[1] = u[2] * v[0] - u[0] * v[2];
  cross[2] = u[0] * v[1] - u[1] * v[0];
}

/* Six times what the quad adds to the volume of the label below it: by the divergence theorem over
 * its two triangles, whose doubled areas are @areas. @at is the cell it belongs to. */
static inline double
measure_quad (const MongeNetQuad *quad, const double at[3], float p[4][3], float areas[2][3])
{
  const int s = quad->turned;
  double sum = 0.0;

  cross_sides (p[s], p[s + 1], p[s + 2], areas[0]);
  cross_sides (p[s], p[s + 2], p[(s + 3) % 4], areas[1]);
  for (int k = 0; k < 3; k++)
    sum += (at[k] + p[s][k]) * ((double) areas[0][k] + areas[1][k]);
  return sum;
}

/* Quads in order, with the place of the cell that each belongs to. */
typedef struct {
  const MongeNet *net;
  gsize row;
  double at[3];
} Walk;

static void
walk_to (Walk *walk, guint32 cell)
{
  const guint ny = walk->net->n_nodes[1] - 1;

  while (walk->net->row_begin[walk->row + 1] <= cell)
    walk->row++;
  walk->at[0] = walk->net->x[cell];
  walk->at[1] = (double) (walk->row % ny);
  walk->at[2] = (double) (walk->row / ny);
}

/* Volumes; their slopes too unless @r has no incidences. FALSE when cancelled. */
static gboolean
measure (Restoring *r)
{
  const MongeNet *net = r->net;
  Walk walk = { .net = net };

  memset (r->volumes, 0, (net->n_labels + 1) * sizeof *r->volumes);
  for (gsize i = 0; r->begin != NULL && i < r->begin[net->n_cells]; i++)
    memset (r->incidences[i].slope, 0, sizeof r->incidences[i].slope);
  for (gsize q = 0; q < net->n_quads; q++)
    {
      const MongeNetQuad *quad = &net->quads[q];
      float p[4][3], areas[2][3];
      double six;

      if (q % AT_ONCE == 0 && monge_task_is_cancelled (r->task))
        return FALSE;
      walk_to (&walk, quad->cells[0]);
      locate_quad (net, quad, p);
      six = measure_quad (quad, walk.at, p, areas);
      r->volumes[quad->a] += six / 6.0;
      r->volumes[quad->b] -= six / 6.0;
      for (guint i = 0; r->begin != NULL && i < 4; i++)
        {
          /* corners s and s + 2 are in both triangles, s + 1 in the first, s + 3 in the second */
          guint corner = (i + 4 - quad->turned) % 4;
          float slope[3];

          for (int k = 0; k < 3; k++)
            slope[k] = ((corner != 3 ? areas[0][k] : 0.0f) + (corner != 1 ? areas[1][k] : 0.0f))
                       / 6.0f;
          add_slope (r, quad->cells[i], quad->a, slope, 1.0f);
          add_slope (r, quad->cells[i], quad->b, slope, -1.0f);
        }
    }
  return TRUE;
}

void
monge_net_compute_volumes (const MongeNet *net, double *volumes)
{
  Restoring r = { .net = (MongeNet *) net, .volumes = volumes };

  measure (&r);
}

gboolean
monge_net_cut_quads (MongeNet *net, MongeTask *task, GError **error)
{
  for (gsize q = 0; q < net->n_quads; q++)
    {
      float p[4][3], squares[2] = { 0.0f, 0.0f };

      if (q % AT_ONCE == 0 && monge_task_return_if_cancelled (task, error))
        return FALSE;
      locate_quad (net, &net->quads[q], p);
      for (int k = 0; k < 3; k++)
        {
          squares[0] += (p[2][k] - p[0][k]) * (p[2][k] - p[0][k]);
          squares[1] += (p[3][k] - p[1][k]) * (p[3][k] - p[1][k]);
        }
      net->quads[q].turned = squares[1] < squares[0];
    }
  return TRUE;
}

/* ---- pressures ---- */

static void
weigh_cells (Restoring *r)
{
  for (gsize i = 0; i < r->net->n_cells; i++)
    {
      float area = MIN_AREA * MIN_AREA;

      for (guint32 j = r->begin[i]; j < r->begin[i + 1]; j++)
        {
          const float *g = r->incidences[j].slope;

          area = MAX (area, g[0] * g[0] + g[1] * g[1] + g[2] * g[2]);
        }
      r->inverse_areas[i] = 1.0f / sqrtf (area);
    }
}

/* The displacement of a cell under @pressures. */
static inline void
push_cell (const Restoring *r, gsize cell, const double *pressures, double moved[3])
{
  moved[0] = moved[1] = moved[2] = 0.0;
  for (guint32 j = r->begin[cell]; j < r->begin[cell + 1]; j++)
    for (int k = 0; k < 3; k++)
      moved[k] += pressures[r->incidences[j].label] * r->incidences[j].slope[k];
  for (int k = 0; k < 3; k++)
    moved[k] *= r->fixed[cell] >> k & 1 ? 0.0 : r->inverse_areas[cell];
}

/* What @pressures add to each volume, to first order; and the diagonal of that map. */
static gboolean
apply (const Restoring *r, const double *pressures, double *changes)
{
  const MongeNet *net = r->net;

  memset (changes, 0, (net->n_labels + 1) * sizeof *changes);
  for (gsize i = 0; i < net->n_cells; i++)
    {
      double moved[3];

      if (i % AT_ONCE == 0 && monge_task_is_cancelled (r->task))
        return FALSE;
      push_cell (r, i, pressures, moved);
      for (guint32 j = r->begin[i]; j < r->begin[i + 1]; j++)
        for (int k = 0; k < 3; k++)
          changes[r->incidences[j].label] += r->incidences[j].slope[k] * moved[k];
    }
  return TRUE;
}

static void
find_diagonal (const Restoring *r, double *diagonal)
{
  for (guint l = 0; l <= r->net->n_labels; l++)
    diagonal[l] = 1e-12;
  for (gsize i = 0; i < r->net->n_cells; i++)
    for (guint32 j = r->begin[i]; j < r->begin[i + 1]; j++)
      for (int k = 0; k < 3; k++)
        if ((r->fixed[i] >> k & 1) == 0)
          diagonal[r->incidences[j].label] += (double) r->incidences[j].slope[k]
                                              * r->incidences[j].slope[k] * r->inverse_areas[i];
}

static double
dot (const double *a, const double *b, const double *inverse, gsize n)
{
  double sum = 0.0;

  for (gsize i = 0; i < n; i++)
    sum += inverse != NULL ? a[i] * b[i] / inverse[i] : a[i] * b[i];
  return sum;
}

/* Conjugate gradients, preconditioned by the diagonal; @rest begins as what is missing. FALSE when
 * cancelled. */
static gboolean
find_pressures (const Restoring *r, double *rest, double *pressures)
{
  const gsize n = r->net->n_labels + 1;
  g_autofree double *diagonal = g_new (double, n);
  g_autofree double *direction = g_new (double, n);
  g_autofree double *image = g_new (double, n);
  double size, first;

  find_diagonal (r, diagonal);
  memset (pressures, 0, n * sizeof *pressures);
  for (gsize l = 0; l < n; l++)
    direction[l] = rest[l] / diagonal[l];
  size = first = dot (rest, rest, diagonal, n);
  for (guint k = 0; k < N_SOLVER_STEPS && size > SOLVER_TOLERANCE * SOLVER_TOLERANCE * first; k++)
    {
      double step, last = size;

      if (!apply (r, direction, image))
        return FALSE;
      step = size / dot (direction, image, NULL, n);
      if (!isfinite (step))
        break;
      for (gsize l = 0; l < n; l++)
        {
          pressures[l] += step * direction[l];
          rest[l] -= step * image[l];
        }
      size = dot (rest, rest, diagonal, n);
      for (gsize l = 0; l < n; l++)
        direction[l] = rest[l] / diagonal[l] + size / last * direction[l];
    }
  return TRUE;
}

static void
move_cells (Restoring *r, const double *pressures)
{
  for (gsize i = 0; i < r->net->n_cells; i++)
    {
      float *offset = r->net->offsets[i];
      double moved[3];

      push_cell (r, i, pressures, moved);
      for (int k = 0; k < 3; k++)
        {
          double to = offset[k] + CLAMP (moved[k], -MAX_MOVE, MAX_MOVE);

          if (fabs (to) >= MONGE_NET_LIMIT)
            r->fixed[i] |= (guint8) (1 << k);
          offset[k] = (float) CLAMP (to, -MONGE_NET_LIMIT, MONGE_NET_LIMIT);
        }
    }
}

/* How far the worst volume is off, relative; @rest: by how much each is. */
static double
compare_volumes (const Restoring *r, const double *volumes, double *rest)
{
  double worst = 0.0;

  rest[0] = 0.0;
  for (guint l = 1; l <= r->net->n_labels; l++)
    {
      rest[l] = volumes[l - 1] - r->volumes[l];
      worst = MAX (worst, fabs (rest[l]) / volumes[l - 1]);
    }
  return worst;
}

static gboolean
run_rounds (Restoring *r, const double *volumes)
{
  g_autofree double *rest = g_new (double, r->net->n_labels + 1);
  g_autofree double *pressures = g_new (double, r->net->n_labels + 1);

  for (guint round = 0; round < N_ROUNDS; round++)
    {
      if (!measure (r))
        return FALSE;
      if (compare_volumes (r, volumes, rest) <= TOLERANCE)
        return TRUE;
      weigh_cells (r);
      if (!find_pressures (r, rest, pressures))
        return FALSE;
      move_cells (r, pressures);
    }
  return TRUE;
}

static gboolean
allocate (Restoring *r, GError **error)
{
  const gsize n = MAX (r->net->n_cells, 1);

  if (!list_incidences (r, error))
    return FALSE;
  r->inverse_areas = monge_bytes_alloc (n, sizeof *r->inverse_areas, error);
  r->fixed = monge_bytes_alloc (n, sizeof *r->fixed, r->inverse_areas != NULL ? error : NULL);
  r->volumes = g_new (double, r->net->n_labels + 1);
  if (r->inverse_areas == NULL || r->fixed == NULL)
    return FALSE;
  memset (r->fixed, 0, n);
  return TRUE;
}

gboolean
monge_net_restore_volumes (MongeNet *net, const double *volumes, MongeTask *task, GError **error)
{
  Restoring r = { .net = net, .task = task };
  gboolean is_done = allocate (&r, error);

  if (is_done)
    is_done = run_rounds (&r, volumes) || !monge_task_return_if_cancelled (task, error);
  g_free (r.begin);
  g_free (r.incidences);
  g_free (r.inverse_areas);
  g_free (r.fixed);
  g_free (r.volumes);
  return is_done;
}
