/* The CPU backend: columns are scaled and interleaved once per reduction, then tiles of 64 rows run
 * over the blocks of columns that can matter to them, each tile on one thread. */
#include "compute/backend/backend-private.h"
#include "compute/backend/cpu/rows.h"
#include "compute/core/instruction-set.h"
#include "compute/core/parallel.h"

#include <math.h>
#include <string.h>

/* Columns per block, the grain at which pairs are left out. */
#define BLOCK 32

/* A row whose sum is outside is computed again around its own maximum. */
#define LARGEST_SUM 0x1p100
#define SMALLEST_SUM 0x1p-60

typedef struct {
  MongeBackend base;
  const MongeInstructionSet *set;
  float *columns;   /* (n × (dim + 1)) scaled coordinates, bias */
  gsize columns_size;
  float *boxes;     /* (2 dim + 1) planes of n_blocks: lower, upper, largest bias */
  gsize boxes_size;
} CpuBackend;

/* One reduction under way. */
typedef struct {
  const CpuBackend *cpu;
  const MongeTunedReduction *r;
  gsize n_blocks;
  double cutoff;    /* exponent below which a pair of blocks is dropped; −∞ keeps all */
  guint64 n_pairs;  /* atomic */
  gsize bad_row;    /* atomic: 1 + first row that is not finite, 0 if none */
} Job;

static const MongeInstructionSet *
choose_instruction_set (void)
{
#if defined(__x86_64__)
  static const MongeInstructionSet *const sets[] = {
    [MONGE_ISA_BASE] = &monge_rows_base,
    [MONGE_ISA_AVX2] = &monge_rows_avx2,
    [MONGE_ISA_AVX512] = &monge_rows_avx512,
  };

  return sets[monge_isa_choose ()];
#else
  return &monge_rows_base;
#endif
}

static void
reserve (float **buffer, gsize *size, gsize wanted)
{
  if (*size >= wanted)
    return;
  g_free (*buffer);
  *buffer = g_new (float, wanted);
  *size = wanted;
}

/* Interleaves the columns of some blocks and finds the box around each. */
static void
pack_blocks (gsize begin, gsize end, guint worker, gpointer data)
{
  Job *job = data;
  const MongeTunedReduction *r = job->r;
  const guint dim = r->y.dim;
  const float scale = (float) r->scale;

  for (gsize b = begin; b < end; b++)
    {
      gsize first = b * BLOCK, last = MIN (first + BLOCK, r->y.n);
      float *box = job->cpu->boxes + b;
      float largest = -INFINITY;

      for (guint d = 0; d < dim; d++)
        {
          const float *plane = r->y.planes + d * r->y.stride;
          float *to = job->cpu->columns + d;
          float lower = INFINITY, upper = -INFINITY;

          for (gsize j = first; j < last; j++)
            {
              float value = scale * plane[j];

              to[j * (dim + 1)] = value;
              lower = MIN (lower, value);
              upper = MAX (upper, value);
            }
          box[2 * d * job->n_blocks] = lower;
          box[(2 * d + 1) * job->n_blocks] = upper;
        }
      for (gsize j = first; j < last; j++)
        {
          job->cpu->columns[j * (dim + 1) + dim] = r->bias[j];
          largest = MAX (largest, r->bias[j]);
        }
      box[2 * dim * job->n_blocks] = largest;
    }
}

/* Everything one tile of rows needs, on the stack of its thread. */
typedef struct {
  MongeTile tile;
  float lower[MONGE_MAX_REDUCTION_DIM], upper[MONGE_MAX_REDUCTION_DIM];
  double sum[MONGE_TILE_ROWS];
  double moment[MONGE_MAX_REDUCTION_DIM][MONGE_TILE_ROWS];
  gsize n_pairs;
} RowTile;

static void
load_rows (const Job *job, gsize first, gsize n, RowTile *rows)
{
  const MongeTunedReduction *r = job->r;
  const float scale = (float) r->scale;

  for (guint d = 0; d < r->x.dim; d++)
    {
      const float *plane = r->x.planes + d * r->x.stride + first;

      rows->lower[d] = INFINITY;
      rows->upper[d] = -INFINITY;
      for (gsize i = 0; i < MONGE_TILE_ROWS; i++)
        {
          float value = scale * plane[MIN (i, n - 1)]; /* the last row stands in for those missing */

          rows->tile.x[d][i] = value;
          rows->lower[d] = MIN (rows->lower[d], value);
          rows->upper[d] = MAX (rows->upper[d], value);
        }
    }
  for (gsize i = 0; i < MONGE_TILE_ROWS; i++)
    rows->tile.lift[i] = r->lift != NULL ? r->lift[first + MIN (i, n - 1)] : 0;
}

static void
run_columns (const Job *job, RowTile *rows, MongeTileOp op, gsize begin, gsize end)
{
  const MongeTunedReduction *r = job->r;
  const guint dim = r->x.dim;
  MongeTileFunc func = job->cpu->set->funcs[r->kernel][op][dim - 1];

  rows->n_pairs += (end - begin) * MONGE_TILE_ROWS;
  for (gsize j = begin; j < end; j += MONGE_TILE_COLUMNS)
    {
      func (&rows->tile, job->cpu->columns + j * (dim + 1), MIN (end - j, MONGE_TILE_COLUMNS));
      if (op == MONGE_TILE_MAX)
        {
          for (gsize i = 0; i < MONGE_TILE_ROWS; i++)
            rows->sum[i] = MAX (rows->sum[i], rows->tile.sum[i]);
          continue;
        }
      for (gsize i = 0; i < MONGE_TILE_ROWS; i++)
        rows->sum[i] += rows->tile.sum[i];
      if (op == MONGE_TILE_MOMENT)
        for (guint d = 0; d < dim; d++)
          for (gsize i = 0; i < MONGE_TILE_ROWS; i++)
            rows->moment[d][i] += rows->tile.moment[d][i];
    }
}

/* Largest exponent a block of columns can reach with the tile: max bias − distance between boxes. */
static void
bound_blocks (const Job *job, const RowTile *rows, gsize first, gsize n, float *bound)
{
  const guint dim = job->r->x.dim;
  const float *planes = job->cpu->boxes;
  const float *bias = planes + 2 * dim * job->n_blocks + first;

  for (gsize b = 0; b < n; b++)
    bound[b] = 0;
  for (guint d = 0; d < dim; d++)
    {
      const float *lower = planes + 2 * d * job->n_blocks + first;
      const float *upper = lower + job->n_blocks;
      const float below = rows->lower[d], above = rows->upper[d];

      for (gsize b = 0; b < n; b++)
        {
          float gap = MAX (MAX (lower[b] - above, below - upper[b]), 0.0f);

          bound[b] += gap * gap;
        }
    }
  if (job->r->kernel == MONGE_TUNED_GAUSSIAN)
    for (gsize b = 0; b < n; b++)
      bound[b] = bias[b] - bound[b];
  else
    for (gsize b = 0; b < n; b++)
      bound[b] = bias[b] - sqrtf (bound[b]);
}

/* Visits the runs of blocks that can reach the tile. */
static void
run_blocks (const Job *job, RowTile *rows, MongeTileOp op)
{
  gsize start = 0, end = 0; /* the run of columns waiting */
  float largest = -INFINITY, keep, bound[BLOCK];

  if (job->cutoff == -INFINITY || op == MONGE_TILE_MAX)
    {
      run_columns (job, rows, op, 0, job->r->y.n);
      return;
    }
  for (gsize i = 0; i < MONGE_TILE_ROWS; i++)
    largest = MAX (largest, rows->tile.lift[i]);
  keep = (float) job->cutoff - largest;
  for (gsize b = 0; b < job->n_blocks; b++)
    {
      if (b % BLOCK == 0)
        bound_blocks (job, rows, b, MIN (job->n_blocks - b, BLOCK), bound);
      if (!(bound[b % BLOCK] >= keep))
        continue;
      if (b * BLOCK != end)
        {
          run_columns (job, rows, op, start, end);
          start = b * BLOCK;
        }
      end = MIN ((b + 1) * BLOCK, job->r->y.n);
    }
  run_columns (job, rows, op, start, end);
}

static void
clear_sums (RowTile *rows, guint dim, double sum)
{
  for (gsize i = 0; i < MONGE_TILE_ROWS; i++)
    rows->sum[i] = sum;
  for (guint d = 0; d < dim; d++)
    memset (rows->moment[d], 0, sizeof rows->moment[d]);
}

static gboolean
all_in_range (const RowTile *rows, double smallest)
{
  for (gsize i = 0; i < MONGE_TILE_ROWS; i++)
    if (!(rows->sum[i] >= smallest && rows->sum[i] <= LARGEST_SUM))
      return FALSE;
  return TRUE;
}

static void
store_rows (Job *job, const RowTile *rows, gsize first, gsize n)
{
  const MongeTunedReduction *r = job->r;
  const gboolean is_log = r->kernel != MONGE_TUNED_DISTANCE;

  for (gsize i = 0; i < n; i++)
    {
      double sum = rows->sum[i];
      double lift = r->lift != NULL ? r->lift[first + i] : 0;
      double moment_scale = !is_log                              ? 1
                            : r->kernel == MONGE_TUNED_GAUSSIAN ? 1 / (r->scale * sum)
                                                                 : 1 / sum;

      if (is_log)
        sum = log2 (sum) - rows->tile.lift[i] + lift;
      r->sum[first + i] = sum;
      if (!isfinite (sum))
        {
          gsize none = 0;
          __atomic_compare_exchange_n (&job->bad_row, &none, first + i + 1, FALSE,
                                       __ATOMIC_RELAXED, __ATOMIC_RELAXED);
        }
      if (r->moment != NULL)
        for (guint d = 0; d < r->x.dim; d++)
          r->moment[d * r->x.n + first + i] = rows->moment[d][i] * moment_scale;
    }
}

static void
reduce_tiles (gsize begin, gsize end, guint worker, gpointer data)
{
  Job *job = data;
  const MongeTunedReduction *r = job->r;
  const MongeTileOp op = r->moment != NULL ? MONGE_TILE_MOMENT : MONGE_TILE_SUM;
  /* With pairs left out, a small sum may owe its size to what was dropped. */
  const double smallest = r->cutoff > 0 ? exp2 (-r->cutoff / 2) : SMALLEST_SUM;

  for (gsize t = begin; t < end; t++)
    {
      gsize first = t * MONGE_TILE_ROWS, n = MIN (r->x.n - first, MONGE_TILE_ROWS);
      RowTile rows;

      rows.n_pairs = 0;
      load_rows (job, first, n, &rows);
      clear_sums (&rows, r->x.dim, 0);
      run_blocks (job, &rows, op);
      if (r->kernel != MONGE_TUNED_DISTANCE && !all_in_range (&rows, smallest))
        {
          clear_sums (&rows, 0, -INFINITY);
          run_blocks (job, &rows, MONGE_TILE_MAX);
          for (gsize i = 0; i < MONGE_TILE_ROWS; i++)
            rows.tile.lift[i] = (float) -rows.sum[i];
          clear_sums (&rows, r->x.dim, 0);
          run_blocks (job, &rows, op);
        }
      store_rows (job, &rows, first, n);
      __atomic_fetch_add (&job->n_pairs, rows.n_pairs, __ATOMIC_RELAXED);
    }
}

static gboolean
cpu_reduce (MongeBackend *backend,
            const MongeTunedReduction *r,
            guint64 *n_pairs,
            MongeTask *task,
            GError **error)
{
  CpuBackend *cpu = (CpuBackend *) backend;
  const guint dim = r->x.dim;
  const gsize n_tiles = (r->x.n + MONGE_TILE_ROWS - 1) / MONGE_TILE_ROWS;
  Job job = { .cpu = cpu, .r = r, .n_blocks = (r->y.n + BLOCK - 1) / BLOCK, .cutoff = -INFINITY };

  /* Dropped: at most n terms of 2^cutoff each. */
  if (r->cutoff > 0 && r->kernel != MONGE_TUNED_DISTANCE)
    job.cutoff = -r->cutoff - log2 ((double) r->y.n);
  reserve (&cpu->columns, &cpu->columns_size, r->y.n * (dim + 1));
  reserve (&cpu->boxes, &cpu->boxes_size, job.n_blocks * (2 * dim + 1));

  if (!monge_parallel_rows (job.n_blocks, 64, backend->n_threads, task, pack_blocks, &job)
      || !monge_parallel_rows (n_tiles, 1, backend->n_threads, task, reduce_tiles, &job))
    return !monge_task_return_if_cancelled (task, error);
  *n_pairs = job.n_pairs;
  if (job.bad_row != 0)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAN,
                   "The sum over row %" G_GSIZE_FORMAT " is not finite: a coordinate, a weight or a "
                   "potential there is not, or blur is too small for float32",
                   job.bad_row - 1);
      return FALSE;
    }
  return TRUE;
}

static MongeBackend *
cpu_open (const MongeBackendOptions *options, GError **error)
{
  CpuBackend *cpu = g_new0 (CpuBackend, 1);

  cpu->set = choose_instruction_set ();
  cpu->base.type = &monge_backend_cpu;
  cpu->base.instruction_set = cpu->set->name;
  cpu->base.n_threads = options->n_threads > 0 ? options->n_threads
                                               : monge_parallel_get_default_threads ();
  cpu->base.description
      = g_strdup_printf ("CPU, %s, %u %s", cpu->set->name, cpu->base.n_threads,
                         cpu->base.n_threads == 1 ? "thread" : "threads");
  return &cpu->base;
}

static void
cpu_close (MongeBackend *backend)
{
  CpuBackend *cpu = (CpuBackend *) backend;

  g_free (cpu->columns);
  g_free (cpu->boxes);
  g_free (cpu);
}

static char *
read_model_name (void)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents ("/proc/cpuinfo", &text, NULL, NULL))
    return g_strdup ("CPU");
  lines = g_strsplit (text, "\n", 64);
  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], "model name") && strchr (lines[i], ':') != NULL)
      return g_strdup (g_strstrip (strchr (lines[i], ':') + 1));
  return g_strdup ("CPU");
}

static void
cpu_list_devices (GPtrArray *devices)
{
  g_autofree char *name = read_model_name ();
  g_autofree char *detail = g_strdup_printf ("%u threads, %s",
                                             monge_parallel_get_default_threads (),
                                             choose_instruction_set ()->name);

  g_ptr_array_add (devices, monge_device_new ("cpu", name, detail, TRUE, NULL));
}

const MongeBackendType monge_backend_cpu = {
  .name = "cpu",
  .open = cpu_open,
  .close = cpu_close,
  .reduce = cpu_reduce,
  .list_devices = cpu_list_devices,
};
