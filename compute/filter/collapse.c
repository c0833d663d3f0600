/* Decimation by collapses that keep a surface one: slower than a library's, for where that makes one
 * edge of two. Thresholds on the quadric error (Garland & Heckbert 1997) double from pass to pass,
 * and each pass collapses what lies below, so that no queue is needed. */
#include "compute/filter/collapse.h"

#include <math.h>
#include <string.h>

#include "compute/filter/edit.h"

#define N_QUADRIC 11 /* the upper half of 4 × 4, and the area */
#define MAX_PASSES 80

typedef struct {
  MongeEdit *edit;
  double *quadrics; /* (n × 11) of the planes around each vertex, weighted by area */
  gsize n_faces;
} Collapsing;

static void
add_planes (Collapsing *c)
{
  const MongeEdit *e = c->edit;

  for (gsize f = 0; f < e->n_faces; f++)
    {
      const double *p = e->x + 3 * (gsize) e->faces[3 * f];
      double n[4], area;

      monge_edit_find_normal (p, e->x + 3 * (gsize) e->faces[3 * f + 1],
                              e->x + 3 * (gsize) e->faces[3 * f + 2], n);
      area = sqrt (n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
      for (int k = 0; k < 3 && area > 0.0; k++)
        n[k] /= area;
      n[3] = -(n[0] * p[0] + n[1] * p[1] + n[2] * p[2]);
      for (int corner = 0; corner < 3; corner++)
        {
          double *q = c->quadrics + N_QUADRIC * (gsize) e->faces[3 * f + corner];

          for (int i = 0, at = 0; i < 4; i++)
            for (int j = i; j < 4; j++)
              q[at++] += area * n[i] * n[j];
          q[N_QUADRIC - 1] += area;
        }
    }
}

/* The mean square of the distance of the end of @h from the planes around both ends. */
static double
find_cost (const Collapsing *c, guint32 h)
{
  guint32 a = monge_edit_start (c->edit, h), b = monge_edit_end (c->edit, h);
  const double *p = c->quadrics + N_QUADRIC * (gsize) a, *q = c->quadrics + N_QUADRIC * (gsize) b;
  const double *x = c->edit->x + 3 * (gsize) b;
  const double v[4] = { x[0], x[1], x[2], 1.0 };
  double sum = 0.0, area = p[N_QUADRIC - 1] + q[N_QUADRIC - 1];

  for (int i = 0, at = 0; i < 4; i++)
    for (int j = i; j < 4; j++, at++)
      sum += (i == j ? 1.0 : 2.0) * (p[at] + q[at]) * v[i] * v[j];
  return area > 0.0 ? fabs (sum) / area : 0.0;
}

static void
collapse (Collapsing *c, guint32 h)
{
  guint32 a = monge_edit_start (c->edit, h), b = monge_edit_end (c->edit, h);

  c->n_faces -= monge_edit_is_paired (c->edit, h) ? 2 : 1;
  for (int k = 0; k < N_QUADRIC; k++)
    c->quadrics[N_QUADRIC * (gsize) b + k] += c->quadrics[N_QUADRIC * (gsize) a + k];
  monge_edit_collapse (c->edit, h);
}

/* Collapses what costs no more than @bound, until @target faces are left. */
static gboolean
run_pass (Collapsing *c, double bound, gsize target, gboolean locks_border, MongeTask *task,
          GError **error)
{
  MongeEdit *e = c->edit;

  for (guint32 h = 0; h < 3 * e->n_faces && c->n_faces > target; h++)
    {
      if ((h & 0x3ff) == 0 && monge_task_return_if_cancelled (task, error))
        return FALSE;
      if (e->faces[h] == MONGE_TWIN_NONE
          || (locks_border && (e->flags[e->faces[h]] & MONGE_EDIT_BORDER) != 0)
          || find_cost (c, h) > bound)
        continue;
      if (monge_edit_can_collapse (e, h, INFINITY, sqrt (bound)))
        collapse (c, h);
    }
  return TRUE;
}

guint32 *
monge_collapse_faces (const MongeShape *shape, gsize target, double error_bound,
                      gboolean locks_border, gsize *n_faces, MongeTask *task, GError **error)
{
  g_autoptr (MongeEdit) e = monge_edit_new (shape, task, error);
  g_autofree double *quadrics = NULL;
  double diameter = monge_shape_get_diameter (shape), bound = 1e-14 * diameter * diameter;
  double most = MIN (error_bound, diameter) * MIN (error_bound, diameter);
  guint32 *faces;
  Collapsing c;

  if (e == NULL)
    return NULL;
  quadrics = g_new0 (double, N_QUADRIC * e->n_vertices);
  c = (Collapsing){ e, quadrics, e->n_faces };
  add_planes (&c);
  for (int pass = 0; pass < MAX_PASSES && c.n_faces > target && bound <= most; pass++, bound *= 2.0)
    {
      monge_task_set_progress (task, (double) pass / MAX_PASSES);
      if (!run_pass (&c, bound, target, locks_border, task, error))
        return NULL;
    }
  faces = g_new (guint32, MAX (3 * e->n_faces, 1));
  *n_faces = 0;
  for (gsize f = 0; f < e->n_faces; f++)
    if (e->faces[3 * f] != MONGE_TWIN_NONE)
      memcpy (faces + 3 * (*n_faces)++, e->faces + 3 * f, 3 * sizeof *faces);
  return faces;
}
