#include "compute/transform/field.h"

#include "compute/shape/bytes.h"
#include "compute/transform/linear.h"

#include <math.h>
#include <string.h>

#define DEFAULT_NODES 250000.0
#define MAX_NODES ((double) (1 << 27)) /* 1.6 GB of vectors */
#define MAX_LEVELS 12
#define N_LINEAR_PASSES 2
#define POLL 4096

/* Control values of splines of one degree on a grid; node k of cubic ones is at (k − 1) h. */
typedef struct {
  guint size[3];
  double origin[3], h;
  guint n_taps; /* 4: cubic, 2: linear */
  double *values;  /* (nodes × 3) */
  double *weights; /* (nodes) */
} Lattice;

static void
lattice_clear (Lattice *lattice)
{
  g_free (lattice->values);
  g_free (lattice->weights);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Lattice, lattice_clear)

/* --- Splines --- */

/* Of the taps from @first on, at @u cells from the origin; @u is brought into the lattice. */
static void
find_taps (guint n_taps, guint size, double u, guint *first, double *taps)
{
  double most = (double) (size - n_taps + 1), t;

  u = CLAMP (u, 0.0, most);
  *first = (guint) MIN (floor (u), most - 1.0);
  t = u - *first;
  if (n_taps == 2)
    {
      taps[0] = 1.0 - t;
      taps[1] = t;
      return;
    }
  taps[0] = (1.0 - t) * (1.0 - t) * (1.0 - t) / 6.0;
  taps[1] = (3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0;
  taps[2] = (-3.0 * t * t * t + 3.0 * t * t + 3.0 * t + 1.0) / 6.0;
  taps[3] = t * t * t / 6.0;
}

typedef struct {
  guint first[3];
  double taps[3][4];
} Stencil;

static void
find_stencil (const Lattice *lattice, const double point[3], Stencil *stencil)
{
  for (int k = 0; k < 3; k++)
    find_taps (lattice->n_taps, lattice->size[k], (point[k] - lattice->origin[k]) / lattice->h,
               &stencil->first[k], stencil->taps[k]);
}

static gsize
get_node (const guint size[3], gsize i, gsize j, gsize k)
{
  return (k * size[1] + j) * size[0] + i;
}

static void
evaluate (const Lattice *lattice, const Stencil *s, double value[3])
{
  value[0] = value[1] = value[2] = 0.0;
  for (guint k = 0; k < lattice->n_taps; k++)
    for (guint j = 0; j < lattice->n_taps; j++)
      {
        double w = s->taps[2][k] * s->taps[1][j];
        const double *row = lattice->values + 3 * get_node (lattice->size, s->first[0],
                                                            s->first[1] + j, s->first[2] + k);

        for (guint i = 0; i < lattice->n_taps; i++)
          for (int d = 0; d < 3; d++)
            value[d] += w * s->taps[0][i] * row[3 * i + d];
      }
}

/* What @residual alone asks of each node, weighted by the square of the node's weight. */
static void
scatter (Lattice *lattice, const Stencil *s, const double residual[3])
{
  double squares = 1.0;

  for (int d = 0; d < 3; d++)
    {
      double sum = 0.0;

      for (guint i = 0; i < lattice->n_taps; i++)
        sum += s->taps[d][i] * s->taps[d][i];
      squares *= sum;
    }
  for (guint k = 0; k < lattice->n_taps; k++)
    for (guint j = 0; j < lattice->n_taps; j++)
      {
        gsize node = get_node (lattice->size, s->first[0], s->first[1] + j, s->first[2] + k);

        for (guint i = 0; i < lattice->n_taps; i++, node++)
          {
            double w = s->taps[2][k] * s->taps[1][j] * s->taps[0][i], factor = w * w * w / squares;

            lattice->weights[node] += w * w;
            for (int d = 0; d < 3; d++)
              lattice->values[3 * node + d] += factor * residual[d];
          }
      }
}

static gboolean
allocate (Lattice *lattice, GError **error)
{
  gsize n = (gsize) lattice->size[0] * lattice->size[1] * lattice->size[2];

  lattice->values = monge_bytes_alloc (3 * n, sizeof (double), error);
  lattice->weights = lattice->values != NULL ? monge_bytes_alloc (n, sizeof (double), error) : NULL;
  if (lattice->weights == NULL)
    return FALSE;
  memset (lattice->values, 0, 3 * n * sizeof (double));
  memset (lattice->weights, 0, n * sizeof (double));
  return TRUE;
}

/* Fills an empty lattice from the residuals (n × 3) and takes what it gives off them. */
static gboolean
fit (Lattice *lattice, const double *points, double *residuals, gsize n, MongeTask *task,
     GError **error)
{
  gsize n_nodes = (gsize) lattice->size[0] * lattice->size[1] * lattice->size[2];
  Stencil stencil;

  for (gsize p = 0; p < n; p++)
    {
      if (p % POLL == 0 && monge_task_return_if_cancelled (task, error))
        return FALSE;
      find_stencil (lattice, points + 3 * p, &stencil);
      scatter (lattice, &stencil, residuals + 3 * p);
    }
  for (gsize node = 0; node < n_nodes; node++)
    for (int d = 0; d < 3 && lattice->weights[node] > 0.0; d++)
      lattice->values[3 * node + d] /= lattice->weights[node];
  for (gsize p = 0; p < n; p++)
    {
      double value[3];

      if (p % POLL == 0 && monge_task_return_if_cancelled (task, error))
        return FALSE;
      find_stencil (lattice, points + 3 * p, &stencil);
      evaluate (lattice, &stencil, value);
      for (int d = 0; d < 3; d++)
        residuals[3 * p + d] -= value[d];
    }
  return TRUE;
}

/* --- Grids --- */

gsize
monge_field_get_n_nodes (const MongeField *field)
{
  return (gsize) field->size[0] * field->size[1] * field->size[2];
}

void
monge_field_free (MongeField *field)
{
  if (field == NULL)
    return;
  g_free (field->vectors);
  g_free (field);
}

/* @field += what the lattice is at its nodes, one plane after another. */
static gboolean
add_lattice (MongeField *field, const Lattice *lattice, MongeTask *task, GError **error)
{
  for (guint k = 0; k < field->size[2]; k++)
    for (guint j = 0; j < field->size[1]; j++)
      {
        float *row = field->vectors + 3 * get_node (field->size, 0, j, k);

        if (monge_task_return_if_cancelled (task, error))
          return FALSE;
        for (guint i = 0; i < field->size[0]; i++)
          {
            const double point[3] = { field->origin[0] + i * field->spacing,
                                      field->origin[1] + j * field->spacing,
                                      field->origin[2] + k * field->spacing };
            Stencil stencil;
            double value[3];

            find_stencil (lattice, point, &stencil);
            evaluate (lattice, &stencil, value);
            for (int d = 0; d < 3; d++)
              row[3 * i + d] += (float) value[d];
          }
      }
  return TRUE;
}

static void
add_affine (MongeField *field, const double affine[16])
{
  for (guint k = 0; k < field->size[2]; k++)
    for (guint j = 0; j < field->size[1]; j++)
      for (guint i = 0; i < field->size[0]; i++)
        {
          const double p[3] = { field->origin[0] + i * field->spacing,
                                field->origin[1] + j * field->spacing,
                                field->origin[2] + k * field->spacing };
          float *vector = field->vectors + 3 * get_node (field->size, i, j, k);

          for (int r = 0; r < 3; r++)
            {
              const double *row = affine + 4 * r;

              vector[r] = (float) (row[0] * p[0] + row[1] * p[1] + row[2] * p[2] + row[3] - p[r]);
            }
        }
}

void
monge_field_sample (const MongeField *field, const double point[3], double vector[3])
{
  guint first[3];
  double taps[3][4];

  for (int k = 0; k < 3; k++)
    find_taps (2, field->size[k], (point[k] - field->origin[k]) / field->spacing, &first[k], taps[k]);
  vector[0] = vector[1] = vector[2] = 0.0;
  for (guint c = 0; c < 8; c++)
    {
      guint i = c & 1, j = c >> 1 & 1, k = c >> 2;
      const float *value = field->vectors + 3 * get_node (field->size, first[0] + i, first[1] + j,
                                                          first[2] + k);

      for (int d = 0; d < 3; d++)
        vector[d] += taps[0][i] * taps[1][j] * taps[2][k] * value[d];
    }
}

/* Two digits, so that it can be said. */
static double
round_down (double value)
{
  double unit = pow (10.0, floor (log10 (value)) - 1.0);

  return floor (value / unit + 1e-9) * unit;
}

static gboolean
is_finite (const double *values, gsize n)
{
  for (gsize i = 0; i < n; i++)
    if (!isfinite (values[i]))
      return FALSE;
  return TRUE;
}

/* Where the nodes are. */
static MongeField *
lay_out (const double *points, const double *ends, gsize n, const MongeFieldOptions *options,
         GError **error)
{
  MongeField *field = g_new0 (MongeField, 1);
  double lower[3], upper[3], diagonal = 0.0, margin, volume = 1.0, nodes = 1.0;

  for (int k = 0; k < 3; k++)
    {
      lower[k] = upper[k] = points[k];
      for (gsize i = 0; i < n; i++)
        {
          lower[k] = MIN (lower[k], MIN (points[3 * i + k], ends[3 * i + k]));
          upper[k] = MAX (upper[k], MAX (points[3 * i + k], ends[3 * i + k]));
        }
      diagonal += (upper[k] - lower[k]) * (upper[k] - lower[k]);
    }
  diagonal = diagonal > 0.0 ? sqrt (diagonal) : 1.0;
  margin = options->margin < 0.0 ? 0.1 * diagonal : options->margin;
  for (int k = 0; k < 3; k++)
    volume *= upper[k] - lower[k] + 2.0 * margin + 1e-3 * diagonal;
  field->spacing = options->spacing > 0.0 ? options->spacing
                                          : round_down (cbrt (volume / DEFAULT_NODES));
  for (int k = 0; k < 3; k++)
    {
      double cells = ceil ((upper[k] - lower[k] + 2.0 * margin) / field->spacing);

      cells = CLAMP (cells, 1.0, 1e9);
      nodes *= cells + 1.0;
      field->size[k] = (guint) cells + 1;
      field->origin[k] = 0.5 * (lower[k] + upper[k] - cells * field->spacing);
    }
  if (nodes <= MAX_NODES)
    field->vectors = monge_bytes_alloc ((gsize) nodes * 3, sizeof (float), error);
  else
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                 "%.3g nodes are more than a field may have (%.3g); take a larger spacing than %g",
                 nodes, MAX_NODES, field->spacing);
  if (field->vectors == NULL)
    g_clear_pointer (&field, monge_field_free);
  return field;
}

/* --- Fields --- */

/* The closest affine map, and what it leaves. */
static void
fit_affine (const double *points, double *residuals, gsize n, double affine[16])
{
  g_autofree double *weights = g_new (double, n);
  MongeLinearFit found;

  for (gsize i = 0; i < n; i++)
    weights[i] = 1.0;
  monge_linear_fit (MONGE_LINEAR_AFFINE, points, weights, n, 3, residuals, &found);
  monge_linear_fit_to_affine (&found, affine);
  for (gsize i = 0; i < n; i++)
    {
      const double *p = points + 3 * i;

      for (int r = 0; r < 3; r++)
        {
          const double *row = affine + 4 * r;

          residuals[3 * i + r] -= row[0] * p[0] + row[1] * p[1] + row[2] * p[2] + row[3] - p[r];
        }
    }
}

/* A lattice over @field with cells of @h. */
static gboolean
lattice_init (Lattice *lattice, const MongeField *field, double h, guint n_taps, GError **error)
{
  lattice->h = h;
  lattice->n_taps = n_taps;
  for (int k = 0; k < 3; k++)
    {
      double cells = ceil ((field->size[k] - 1) * field->spacing / h - 1e-9);

      lattice->size[k] = (guint) MAX (cells, 1.0) + n_taps - 1;
      lattice->origin[k] = field->origin[k];
    }
  return allocate (lattice, error);
}

static gboolean
add_levels (MongeField *field, const double *points, double *residuals, gsize n, MongeTask *task,
            GError **error)
{
  double h = 0.5 * field->spacing * (MAX (MAX (field->size[0], field->size[1]), field->size[2]) - 1);

  for (guint level = 0; level < MAX_LEVELS; level++, h *= 0.5)
    {
      g_auto (Lattice) lattice = { .h = 0.0 };

      monge_task_set_progress (task, (double) level / MAX_LEVELS);
      h = MAX (h, field->spacing);
      if (!lattice_init (&lattice, field, h, 4, error)
          || !fit (&lattice, points, residuals, n, task, error)
          || !add_lattice (field, &lattice, task, error))
        return FALSE;
      if (h <= field->spacing)
        break;
    }
  return TRUE;
}

/* Residuals are those of linear interpolation from here on. */
static void
measure_residuals (const MongeField *field, const double *points, const double *displacements,
                   gsize n, double *residuals, MongeFieldReport *report)
{
  double total = 0.0, most = 0.0;

  for (gsize i = 0; i < n; i++)
    {
      double vector[3], squared = 0.0;

      monge_field_sample (field, points + 3 * i, vector);
      for (int d = 0; d < 3; d++)
        {
          residuals[3 * i + d] = displacements[3 * i + d] - vector[d];
          squared += residuals[3 * i + d] * residuals[3 * i + d];
        }
      total += sqrt (squared);
      most = MAX (most, sqrt (squared));
    }
  report->mean_error = total / (double) n;
  report->max_error = most;
}

static gboolean
add_corrections (MongeField *field, const double *points, const double *displacements, gsize n,
                 double *residuals, MongeFieldReport *report, MongeTask *task, GError **error)
{
  measure_residuals (field, points, displacements, n, residuals, report);
  for (guint pass = 0; pass < N_LINEAR_PASSES; pass++)
    {
      g_auto (Lattice) lattice = { .h = 0.0 };

      if (!lattice_init (&lattice, field, field->spacing, 2, error)
          || !fit (&lattice, points, residuals, n, task, error)
          || !add_lattice (field, &lattice, task, error))
        return FALSE;
      measure_residuals (field, points, displacements, n, residuals, report);
    }
  return TRUE;
}

/* Of the map x + d(x), by differences to the next nodes. */
static double
find_determinant (const MongeField *field, guint i, guint j, guint k)
{
  const float *at = field->vectors + 3 * get_node (field->size, i, j, k);
  const float *next[3] = {
    field->vectors + 3 * get_node (field->size, i + 1, j, k),
    field->vectors + 3 * get_node (field->size, i, j + 1, k),
    field->vectors + 3 * get_node (field->size, i, j, k + 1),
  };
  double m[3][3];

  for (int c = 0; c < 3; c++)
    for (int r = 0; r < 3; r++)
      m[r][c] = (r == c) + ((double) next[c][r] - at[r]) / field->spacing;
  return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
         - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
         + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
}

/* FALSE if cancelled. */
static gboolean
count_folded (const MongeField *field, gsize *n_folded, MongeTask *task, GError **error)
{
  gsize n = 0;

  for (guint k = 0; k + 1 < field->size[2]; k++)
    {
      if (monge_task_return_if_cancelled (task, error))
        return FALSE;
      for (guint j = 0; j + 1 < field->size[1]; j++)
        for (guint i = 0; i + 1 < field->size[0]; i++)
          n += !(find_determinant (field, i, j, k) > 0.0);
    }
  *n_folded = n;
  return TRUE;
}

/* (n × 3) along LPS. */
static double *
turn (const double *points, gsize n, MongeSpace space)
{
  double *turned = g_memdup2 (points, 3 * n * sizeof *points);

  for (gsize i = 0; i < n && space == MONGE_SPACE_RAS; i++)
    {
      turned[3 * i] = -turned[3 * i];
      turned[3 * i + 1] = -turned[3 * i + 1];
    }
  return turned;
}

MongeField *
monge_field_new (const double *points, const double *ends, gsize n, MongeSpace space,
                 const MongeFieldOptions *options, MongeFieldReport *report, MongeTask *task,
                 GError **error)
{
  static const MongeFieldOptions defaults = MONGE_FIELD_DEFAULTS;
  g_autofree double *from = turn (points, n, space);
  g_autofree double *to = turn (ends, n, space);
  g_autofree double *residuals = g_new (double, 3 * n);
  g_autoptr (MongeField) field = NULL;
  MongeFieldReport found = { 0 };

  g_return_val_if_fail (n > 0, NULL);
  if (!is_finite (points, 3 * n) || !is_finite (ends, 3 * n))
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_NAN,
                           "a point of the field is not finite");
      return NULL;
    }
  field = lay_out (from, to, n, options != NULL ? options : &defaults, error);
  if (field == NULL)
    return NULL;
  for (gsize i = 0; i < 3 * n; i++)
    residuals[i] = to[i] -= from[i]; /* displacements now */
  fit_affine (from, residuals, n, found.affine);
  add_affine (field, found.affine);
  if (!add_levels (field, from, residuals, n, task, error)
      || !add_corrections (field, from, to, n, residuals, &found, task, error)
      || !count_folded (field, &found.n_folded, task, error))
    return NULL;
  if (report != NULL)
    *report = found;
  return g_steal_pointer (&field);
}
