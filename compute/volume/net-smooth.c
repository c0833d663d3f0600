#include "compute/volume/net.h"

#include "compute/core/parallel.h"
#include "compute/shape/bytes.h"

#include <math.h>
#include <string.h>

/* Vertices are moved so that the net bends as little as it can while each stays in its cell: the
 * minimum of ½ Σ |Lx|², L the mean of the neighbours minus the vertex, over |offset| ≤ limit in each
 * coordinate. A plane satisfies both however flat its steps are, so no step is left of it.
 *
 * Where three labels meet, vertices lie on a curve: its cells have neighbours only along the curve,
 * and surfaces end there.
 *
 * Projected gradients with momentum (Beck & Teboulle 2009): L is self-adjoint where vertices weigh as
 * much as they have neighbours, and its eigenvalues lie in [−2, 0], so that 1/4 is a step that never
 * overshoots. All vertices move at once, hence the same bits whatever the number of threads.
 *
 * The constraint is that of S. Gibson, "Constrained elastic surface nets", MICCAI 1998, curves that
 * are smoothed along themselves are those of S. Frisken, "SurfaceNets for multi-label segmentations
 * with preservation of sharp boundaries", JCGT 11(1), 2022; both make surfaces short, which pulls
 * them into curvature, where we make them straight. */

#define N_STEPS 100 /* treads of 14 voxels need as many */
#define STEP 0.25f
#define CELLS_AT_ONCE 2048
#define PROGRESS_BEGIN 0.2 /* of the extraction, by time */
#define PROGRESS_END 0.6

typedef struct {
  float v[4];
} Vector;

typedef struct {
  MongeNet *net;
  guint8 *near;  /* per cell: the faces beyond which its neighbours are, and IS_CURVE */
  guint8 *thin;  /* per cell: the faces towards which something is one voxel thin */
  Vector *ahead; /* where momentum took the offsets */
  Vector *bends; /* L of that */
  Vector sums[64]; /* of the unit vectors towards neighbours */
  float inverse[64];
  float momentum;
} Smoothing;

enum { FACES = 63, IS_CURVE = 64 };

static guint
count_labels_of_face (const guint16 corners[8], guint face)
{
  static const guint8 face_corners[6][4]
      = { { 0, 2, 4, 6 }, { 1, 3, 5, 7 }, { 0, 1, 4, 5 },
          { 2, 3, 6, 7 }, { 0, 1, 2, 3 }, { 4, 5, 6, 7 } };
  guint n = 1;

  for (guint i = 1; i < 4; i++)
    {
      guint same = 0;

      for (guint j = 0; j < i; j++)
        same |= corners[face_corners[face][i]] == corners[face_corners[face][j]];
      n += !same;
    }
  return n;
}

static void
find_neighbours (gsize begin, gsize end, guint worker, gpointer user_data)
{
  Smoothing *s = user_data;

  for (gsize i = begin; i < end; i++)
    {
      guint faces = 0, curves = 0;

      for (guint f = 0; f < 6; f++)
        {
          guint n = count_labels_of_face (s->net->corners[i], f);

          faces |= (n > 1) << f;
          curves |= (n > 2) << f;
        }
      s->near[i] = (guint8) ((curves & (curves - 1)) != 0 ? curves | IS_CURVE : faces);
    }
}

/* Which of the four lattice edges along @axis join different labels. */
static inline guint
find_crossings (const guint16 corners[8], guint axis)
{
  const guint u = 1u << (axis + 1) % 3, v = 1u << (axis + 2) % 3, step = 1u << axis;

  return (guint) (corners[0] != corners[step]) | (guint) (corners[u] != corners[u | step]) << 1
         | (guint) (corners[v] != corners[v | step]) << 2
         | (guint) (corners[u | v] != corners[u | v | step]) << 3;
}

static void
find_thin_parts (gsize begin, gsize end, guint worker, gpointer user_data)
{
  Smoothing *s = user_data;

  for (gsize i = begin; i < end; i++)
    {
      s->thin[i] = 0;
      for (guint f = 0; f < 6; f++)
        {
          guint32 other = s->net->links[i][f];

          if (other != MONGE_NET_NONE
              && (find_crossings (s->net->corners[i], f / 2)
                  & find_crossings (s->net->corners[other], f / 2)) != 0)
            s->thin[i] |= (guint8) (1 << f);
        }
    }
}

static void
make_tables (Smoothing *s)
{
  for (guint faces = 0; faces < 64; faces++)
    {
      guint n = 0;

      s->sums[faces] = (Vector){ { 0 } };
      for (guint f = 0; f < 6; f++)
        if (faces >> f & 1)
          {
            s->sums[faces].v[f / 2] += f % 2 ? 1.0f : -1.0f;
            n++;
          }
      s->inverse[faces] = n > 0 ? 1.0f / (float) n : 0.0f;
    }
}

static void
find_bends (gsize begin, gsize end, guint worker, gpointer user_data)
{
  Smoothing *s = user_data;

  for (gsize i = begin; i < end; i++)
    {
      guint faces = s->near[i] & FACES;
      Vector sum = s->sums[faces];

      for (guint left = faces; left != 0; left &= left - 1)
        {
          const Vector *other = &s->ahead[s->net->links[i][__builtin_ctz (left)]];

          for (int k = 0; k < 4; k++)
            sum.v[k] += other->v[k];
        }
      for (int k = 0; k < 4; k++)
        s->bends[i].v[k] = s->inverse[faces] * sum.v[k] - s->ahead[i].v[k];
    }
}

static inline float
limit_offset (float offset, guint thin)
{
  const float low = thin & 1 ? -MONGE_NET_THIN_LIMIT : -MONGE_NET_LIMIT;
  const float high = thin & 2 ? MONGE_NET_THIN_LIMIT : MONGE_NET_LIMIT;

  return offset < low ? low : offset > high ? high : offset;
}

/* A surface does not feel how the curve bends that it ends at. */
static void
move_vertices (gsize begin, gsize end, guint worker, gpointer user_data)
{
  Smoothing *s = user_data;

  for (gsize i = begin; i < end; i++)
    {
      guint near = s->near[i], faces = near & FACES;
      float *offset = s->net->offsets[i];
      Vector sum = { { 0 } };

      for (guint left = faces; left != 0; left &= left - 1)
        {
          guint32 other = s->net->links[i][__builtin_ctz (left)];

          if (((s->near[other] ^ near) & IS_CURVE) == 0)
            for (int k = 0; k < 4; k++)
              sum.v[k] += s->bends[other].v[k];
        }
      for (int k = 0; k < 3; k++)
        {
          float slope = s->inverse[faces] * sum.v[k] - s->bends[i].v[k];
          float moved = limit_offset (s->ahead[i].v[k] - STEP * slope, s->thin[i] >> 2 * k);

          s->ahead[i].v[k] = moved + s->momentum * (moved - offset[k]);
          offset[k] = moved;
        }
    }
}

static gboolean
run_steps (Smoothing *s, MongeTask *task)
{
  const gsize n = s->net->n_cells;
  double t = 1.0;

  if (!monge_parallel_rows (n, CELLS_AT_ONCE, 0, task, find_neighbours, s)
      || !monge_parallel_rows (n, CELLS_AT_ONCE, 0, task, find_thin_parts, s))
    return FALSE;
  for (guint k = 0; k < N_STEPS; k++)
    {
      double next = 0.5 + sqrt (0.25 + t * t);

      s->momentum = (float) ((t - 1.0) / next);
      t = next;
      monge_task_set_progress (task, PROGRESS_BEGIN + (PROGRESS_END - PROGRESS_BEGIN) * k / N_STEPS);
      if (!monge_parallel_rows (n, CELLS_AT_ONCE, 0, task, find_bends, s)
          || !monge_parallel_rows (n, CELLS_AT_ONCE, 0, task, move_vertices, s))
        return FALSE;
    }
  return TRUE;
}

gboolean
monge_net_smooth (MongeNet *net, MongeTask *task, GError **error)
{
  const gsize n = MAX (net->n_cells, 1);
  g_autofree guint8 *near = monge_bytes_alloc (n, sizeof *near, error);
  g_autofree guint8 *thin = NULL;
  g_autofree Vector *ahead = NULL, *bends = NULL;
  Smoothing s = { .net = net, .near = near };

  if (near == NULL || (thin = monge_bytes_alloc (n, sizeof *thin, error)) == NULL
      || (ahead = monge_bytes_alloc (n, sizeof *ahead, error)) == NULL
      || (bends = monge_bytes_alloc (n, sizeof *bends, error)) == NULL)
    return FALSE;
  memcpy (ahead, net->offsets, net->n_cells * sizeof *ahead);
  s.thin = thin;
  s.ahead = ahead;
  s.bends = bends;
  make_tables (&s);
  return run_steps (&s, task) || !monge_task_return_if_cancelled (task, error);
}
