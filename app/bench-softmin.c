#include "app/bench-softmin.h"

#include "compute/core/parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 64
#define GROUP 8    /* rows that share a list of blocks */
#define CUTOFF 28  /* nats: terms below e^-28 of the largest are left out */

/* --- clouds --- */

/* The lowest 21 bits of @v, each followed by two zeros. */
static guint64
spread (guint64 v)
{
  v &= 0x1fffff;
  v = (v | v << 32) & G_GUINT64_CONSTANT (0x1f00000000ffff);
  v = (v | v << 16) & G_GUINT64_CONSTANT (0x1f0000ff0000ff);
  v = (v | v << 8) & G_GUINT64_CONSTANT (0x100f00f00f00f00f);
  v = (v | v << 4) & G_GUINT64_CONSTANT (0x10c30c30c30c30c3);
  return (v | v << 2) & G_GUINT64_CONSTANT (0x1249249249249249);
}

typedef struct {
  guint64 code;
  gsize index;
} Key;

static int
compare_keys (const void *a, const void *b)
{
  const Key *s = a, *t = b;

  if (s->code != t->code)
    return s->code < t->code ? -1 : 1;
  return (s->index > t->index) - (s->index < t->index);
}

static MongeBenchCloud *
cloud_alloc (gsize n, gboolean is_ordered)
{
  MongeBenchCloud *cloud = g_new0 (MongeBenchCloud, 1);

  cloud->n = n;
  cloud->n_blocks = (n + BLOCK - 1) / BLOCK;
  cloud->planes = g_new (double, 3 * n);
  cloud->weights = g_new (double, n);
  cloud->codes = g_new (guint64, n);
  cloud->order = is_ordered ? g_new (gsize, n) : NULL;
  cloud->boxes = g_new (double, 6 * cloud->n_blocks);
  return cloud;
}

void
monge_bench_cloud_free (MongeBenchCloud *cloud)
{
  if (cloud == NULL)
    return;
  g_free (cloud->planes);
  g_free (cloud->weights);
  g_free (cloud->codes);
  g_free (cloud->order);
  g_free (cloud->boxes);
  g_free (cloud);
}

/* Of points @begin … @end − 1. */
static void
find_box (const MongeBenchCloud *cloud, gsize begin, gsize end, double box[6])
{
  for (guint d = 0; d < 3; d++)
    {
      const double *x = cloud->planes + d * cloud->n;

      box[d] = INFINITY;
      box[3 + d] = -INFINITY;
      for (gsize i = begin; i < end; i++)
        {
          box[d] = fmin (box[d], x[i]);
          box[3 + d] = fmax (box[3 + d], x[i]);
        }
    }
}

static void
find_boxes (MongeBenchCloud *cloud)
{
  for (gsize b = 0; b < cloud->n_blocks; b++)
    find_box (cloud, b * BLOCK, MIN ((b + 1) * BLOCK, cloud->n), cloud->boxes + 6 * b);
}

MongeBenchCloud *
monge_bench_cloud_new (const double *points, const double *weights, gsize n, double cell)
{
  MongeBenchCloud *cloud = cloud_alloc (n, TRUE);
  g_autofree Key *keys = g_new (Key, n);
  double lower[3] = { INFINITY, INFINITY, INFINITY };

  for (gsize k = 0; k < 3 * n; k++)
    lower[k % 3] = fmin (lower[k % 3], points[k]);
  for (gsize i = 0; i < n; i++)
    {
      keys[i] = (Key){ 0, i };
      for (guint d = 0; d < 3; d++)
        keys[i].code |= spread ((guint64) ((points[3 * i + d] - lower[d]) / cell)) << d;
    }
  qsort (keys, n, sizeof *keys, compare_keys);
  for (gsize i = 0; i < n; i++)
    {
      cloud->codes[i] = keys[i].code;
      cloud->order[i] = keys[i].index;
      cloud->weights[i] = weights[keys[i].index];
      for (guint d = 0; d < 3; d++)
        cloud->planes[d * n + i] = points[3 * keys[i].index + d];
    }
  find_boxes (cloud);
  return cloud;
}

MongeBenchCloud *
monge_bench_cloud_coarsen (const MongeBenchCloud *cloud, guint halvings)
{
  const guint shift = 3 * halvings;
  MongeBenchCloud *coarse;
  gsize n = 0, c = 0;

  for (gsize i = 0; i < cloud->n; i++)
    n += i == 0 || cloud->codes[i] >> shift != cloud->codes[i - 1] >> shift;
  coarse = cloud_alloc (n, FALSE);
  for (gsize i = 0, end; i < cloud->n; i = end, c++)
    {
      double mass = 0, sum[3] = { 0 };

      for (end = i; end < cloud->n && cloud->codes[end] >> shift == cloud->codes[i] >> shift; end++)
        {
          mass += cloud->weights[end];
          for (guint d = 0; d < 3; d++)
            sum[d] += cloud->weights[end] * cloud->planes[d * cloud->n + end];
        }
      coarse->codes[c] = cloud->codes[i] >> shift;
      coarse->weights[c] = mass;
      for (guint d = 0; d < 3; d++)
        coarse->planes[d * n + c] = mass > 0 ? sum[d] / mass : cloud->planes[d * cloud->n + i];
    }
  find_boxes (coarse);
  return coarse;
}

/* --- one row against one block --- */

typedef double Lanes __attribute__ ((vector_size (64)));
typedef guint64 Bits __attribute__ ((vector_size (64)));

#define N_LANES 8

/* The columns of one block, padded by terms of no weight: x, y, z, then h. */
typedef struct {
  Lanes column[4][BLOCK / N_LANES];
} Block;

/* e^t for t below 700 or so, 2e-16 relative: 2^k times a Taylor polynomial in |r| ≤ ln 2 / 2. */
static inline __attribute__ ((always_inline)) void
exp_lanes (const Lanes *t, Lanes *result)
{
  const double round = 0x1.8p52;
  const Bits is_low = (Bits) (*t < -700.0);
  const Lanes clamped = (Lanes) (((Bits) *t & ~is_low) | ((Bits) (*t * 0.0 - 700.0) & is_low));
  const Lanes shifted = clamped * 1.4426950408889634 + round;
  const Lanes k = shifted - round;
  const Lanes r = (clamped - k * 0x1.62e42feep-1) - k * 1.9082149292705877e-10;
  Lanes p = r * (1.0 / 479001600) + 1.0 / 39916800;

  p = p * r + 1.0 / 3628800;
  p = p * r + 1.0 / 362880;
  p = p * r + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  *result = (Lanes) ((Bits) p + ((Bits) shifted << 52));
}

/* sums += Σ_j (1, y_j) exp (h_j − |x − y_j|² c − @reference). */
static inline __attribute__ ((always_inline)) void
add_block_lanes (const Block *block, const double x[3], double c, double reference, double sums[4])
{
  Lanes s[4] = { { 0 } };

  for (guint v = 0; v < BLOCK / N_LANES; v++)
    {
      const Lanes dx = block->column[0][v] - x[0], dy = block->column[1][v] - x[1],
                  dz = block->column[2][v] - x[2];
      Lanes t = block->column[3][v] - reference - c * (dx * dx + dy * dy + dz * dz), e;

      exp_lanes (&t, &e);
      s[0] += e;
      s[1] += e * dx;
      s[2] += e * dy;
      s[3] += e * dz;
    }
  for (guint k = 0; k < 4; k++)
    for (guint lane = 0; lane < N_LANES; lane++)
      sums[k] += s[k][lane];
}

static void
add_block_plain (const Block *block, const double x[3], double c, double reference, double sums[4])
{
  add_block_lanes (block, x, c, reference, sums);
}

typedef void (*AddBlock) (const Block *block, const double x[3], double c, double reference,
                          double sums[4]);

#if defined(__x86_64__)
__attribute__ ((target ("avx512f,avx512dq,fma"))) static void
add_block_avx512 (const Block *block, const double x[3], double c, double reference, double sums[4])
{
  add_block_lanes (block, x, c, reference, sums);
}

__attribute__ ((target ("avx2,fma"))) static void
add_block_avx2 (const Block *block, const double x[3], double c, double reference, double sums[4])
{
  add_block_lanes (block, x, c, reference, sums);
}

static AddBlock
choose_add_block (void)
{
  if (__builtin_cpu_supports ("avx512dq"))
    return add_block_avx512;
  return __builtin_cpu_supports ("fma") ? add_block_avx2 : add_block_plain;
}
#else
static AddBlock
choose_add_block (void)
{
  return add_block_plain;
}
#endif

/* --- all rows --- */

typedef struct {
  const MongeBenchCloud *cloud, *columns;
  const gsize *rows;
  gsize n_rows;
  double c, epsilon;
  Block *blocks;
  double *tops; /* per block: the largest h */
  double *f, *mean;
  AddBlock add_block;
} Pass;

static double
square_gap (const double *a, const double *b)
{
  double square = 0;

  for (guint d = 0; d < 3; d++)
    {
      double gap = fmax (0, fmax (a[d] - b[3 + d], b[d] - a[3 + d]));

      square += gap * gap;
    }
  return square;
}

static void
load_blocks (Pass *pass, const double *g)
{
  const MongeBenchCloud *columns = pass->columns;

  for (gsize b = 0; b < columns->n_blocks; b++)
    {
      Block *block = &pass->blocks[b];

      pass->tops[b] = -INFINITY;
      for (guint k = 0; k < BLOCK; k++)
        {
          const gsize j = MIN (b * BLOCK + k, columns->n - 1);
          double h = log (columns->weights[j]) + g[j] / pass->epsilon;

          if (b * BLOCK + k >= columns->n)
            h = -1e300;
          for (guint d = 0; d < 3; d++)
            block->column[d][k / N_LANES][k % N_LANES] = columns->planes[d * columns->n + j];
          block->column[3][k / N_LANES][k % N_LANES] = fmax (h, -1e300);
          pass->tops[b] = fmax (pass->tops[b], h);
        }
    }
}

/* The largest exponent of @block at @x. */
static double
find_top (const Pass *pass, const Block *block, const double x[3])
{
  double top = -INFINITY;

  for (guint k = 0; k < BLOCK; k++)
    {
      double square = 0;

      for (guint d = 0; d < 3; d++)
        {
          double gap = block->column[d][k / N_LANES][k % N_LANES] - x[d];

          square += gap * gap;
        }
      top = fmax (top, block->column[3][k / N_LANES][k % N_LANES] - pass->c * square);
    }
  return top;
}

/* Rows @begin … @end − 1, near each other: one list of blocks, bounded from the group's box. */
static void
reduce_group (const Pass *pass, gsize begin, gsize end, double *bounds)
{
  const gsize n_blocks = pass->columns->n_blocks;
  double x[GROUP][3], reference[GROUP], sums[GROUP][4] = { { 0 } };
  double box[6] = { INFINITY, INFINITY, INFINITY, -INFINITY, -INFINITY, -INFINITY };
  double lowest = INFINITY;
  gsize best = 0;

  for (gsize r = begin; r < end; r++)
    for (guint d = 0; d < 3; d++)
      {
        const gsize i = pass->rows != NULL ? pass->rows[r] : r;
        const double at = pass->cloud->planes[d * pass->cloud->n + i];

        x[r - begin][d] = at;
        box[d] = fmin (box[d], at);
        box[3 + d] = fmax (box[3 + d], at);
      }
  for (gsize b = 0; b < n_blocks; b++)
    {
      bounds[b] = pass->tops[b] - pass->c * square_gap (box, pass->columns->boxes + 6 * b);
      best = bounds[b] > bounds[best] ? b : best;
    }
  for (gsize r = 0; r < end - begin; r++)
    {
      reference[r] = find_top (pass, &pass->blocks[best], x[r]);
      lowest = fmin (lowest, reference[r]);
    }
  for (gsize b = 0; b < n_blocks; b++)
    for (gsize r = 0; r < end - begin && bounds[b] > lowest - CUTOFF; r++)
      pass->add_block (&pass->blocks[b], x[r], pass->c, reference[r], sums[r]);
  for (gsize r = 0; r < end - begin; r++)
    {
      pass->f[begin + r] = -pass->epsilon * (reference[r] + log (sums[r][0]));
      for (guint d = 0; d < 3 && pass->mean != NULL; d++)
        pass->mean[3 * (begin + r) + d] = x[r][d] + sums[r][1 + d] / sums[r][0];
    }
}

static void
reduce_rows (gsize begin, gsize end, guint worker, gpointer data)
{
  const Pass *pass = data;
  g_autofree double *bounds = g_new (double, pass->columns->n_blocks);

  for (gsize r = begin; r < end; r += GROUP)
    reduce_group (pass, r, MIN (r + GROUP, end), bounds);
}

gboolean
monge_bench_softmin (const MongeBenchCloud *cloud, const gsize *rows, gsize n_rows,
                     const MongeBenchCloud *columns, const double *g, double epsilon, double *f,
                     double *mean, MongeTask *task)
{
  const gsize size = columns->n_blocks * sizeof (Block);
  Pass pass = {
    .cloud = cloud,
    .columns = columns,
    .rows = rows,
    .n_rows = n_rows,
    .c = 0.5 / epsilon,
    .epsilon = epsilon,
    .blocks = aligned_alloc (64, size),
    .tops = g_new (double, columns->n_blocks),
    .f = f,
    .mean = mean,
    .add_block = choose_add_block (),
  };
  gboolean done;

  g_assert (pass.blocks != NULL);
  load_blocks (&pass, g);
  done = monge_parallel_rows (n_rows, 8 * GROUP, 0, task, reduce_rows, &pass);
  free (pass.blocks);
  g_free (pass.tops);
  return done;
}
