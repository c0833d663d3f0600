/* Columns are scaled and cut into chunks once per reduction, then tiles of 64 rows run over the
 * blocks of columns that can matter to them, each tile on one thread. */
#include "compute/backend/cpu/tuned.h"
#include "compute/backend/cpu/denormals.h"
#include "compute/core/parallel.h"

#include <math.h>
#include <string.h>

/* So few are run through faster than they are told apart. */
#define FEW_PAIRS 1500000

/* Columns per block, the grain at which pairs are left out, and blocks per group, which are looked
 * at only if something in the group can matter. */
#define BLOCK 32
#define GROUP 32

/* A row whose sum is outside is computed again around its own maximum. */
#define LARGEST_SUM 100.0 /* log2 */
#define SMALLEST_SUM -60.0

/* Groups of rows that stay within √RADIUS of their centre take the product form, if their lifts
 * are within LIFTS: see MongeForm. */
#define RADIUS 4.0f
#define LIFTS 60.0f

/* Rows of one block, at most 64 of them. */
typedef struct {
  gsize first, n, block;
} Tile;

struct _MongeTuned {
  const MongeInstructionSet *set;
  float *columns;   /* (chunks × stride × MONGE_CHUNK) scaled coordinates, then bias or weights */
  MongeBoxes blocks, groups;
  Tile *tiles;      /* of the list of pairs, if there is one */
  gsize columns_size, blocks_size, groups_size, tiles_size;
};

/* One reduction under way. */
typedef struct {
  const MongeTuned *tuned;
  const MongeTunedReduction *r;
  MongeTileOp op;
  guint stride;     /* planes of one chunk: dim and the bias or weights */
  float scale;      /* of coordinates */
  guint n_sums;
  gsize n_blocks;
  float cutoff;     /* exponent below which a pair of blocks is dropped; −∞ keeps all */
  double smallest;  /* log2 of the sum below which a row is computed again */
  gboolean is_log;
  double moment_scale;
  guint64 n_pairs;  /* atomic */
  gsize bad_row;    /* atomic: first row that is not finite, G_MAXSIZE if none */
} Job;

MongeTuned *
monge_tuned_new (const MongeInstructionSet *set)
{
  MongeTuned *tuned = g_new0 (MongeTuned, 1);

  tuned->set = set;
  return tuned;
}

void
monge_tuned_free (MongeTuned *tuned)
{
  g_free (tuned->columns);
  g_free (tuned->blocks.planes);
  g_free (tuned->groups.planes);
  g_free (tuned->tiles);
  g_free (tuned);
}

static void
reserve (gpointer *buffer, gsize *size, gsize wanted)
{
  if (*size >= wanted)
    return;
  g_free (*buffer);
  *buffer = g_malloc (wanted);
  *size = wanted;
}

static void
reserve_boxes (MongeBoxes *boxes, gsize *size, gsize n, guint dim)
{
  boxes->dim = dim;
  boxes->stride = (n + 31) / 16 * 16; /* bounds are found 16 at a time */
  reserve ((gpointer *) &boxes->planes, size,
           boxes->stride * MONGE_BOX_PLANES (dim) * sizeof (float));
}

/* Where plane @k of column @j is. */
static float *
get_column (const Job *job, gsize j, guint k)
{
  return job->tuned->columns + (j / MONGE_CHUNK * job->stride + k) * MONGE_CHUNK + j % MONGE_CHUNK;
}

static void
pack_columns (const Job *job, gsize first, gsize n)
{
  const MongeTunedReduction *r = job->r;

  for (guint d = 0; d < r->y.dim; d++)
    {
      const float *plane = r->y.planes + d * r->y.stride + first;
      float *to = get_column (job, first, d);

      for (gsize j = 0; j < n; j++)
        to[j] = job->scale * plane[j];
    }
  for (guint w = 0; w < job->n_sums; w++)
    memcpy (get_column (job, first, r->y.dim + w),
            (r->weights != NULL ? r->weights + w * r->y.n : r->bias) + first, n * sizeof (float));
}

/* Scales the columns of some groups of blocks and finds the boxes, if pairs may be left out. */
static void
pack_groups (gsize begin, gsize end, guint worker, gpointer data)
{
  const Job *job = data;
  const MongeTunedReduction *r = job->r;
  MongeBoxes blocks = job->tuned->blocks, groups = job->tuned->groups;
  MongeBox box;

  for (gsize g = begin; g < end; g++)
    {
      const gsize last = MIN ((g + 1) * GROUP, job->n_blocks);

      for (gsize b = g * GROUP; b < last; b++)
        {
          const gsize first = b * BLOCK, n = MIN (BLOCK, r->y.n - first);

          pack_columns (job, first, n);
          if (job->cutoff == -INFINITY)
            continue;
          monge_box_fit (&box, get_column (job, first, 0), MONGE_CHUNK,
                         r->weights != NULL ? NULL : r->bias + first, n, r->y.dim);
          monge_boxes_set (&blocks, b, &box);
        }
      if (job->cutoff == -INFINITY)
        continue;
      monge_box_join (&box, &blocks, g * GROUP, last - g * GROUP);
      monge_boxes_set (&groups, g, &box);
    }
}

/* Everything one tile of rows needs, on the stack of its thread. */
typedef struct {
  MongeTile tile;
  MongeBox box; /* if pairs may be left out */
  double sum[MONGE_MAX_WEIGHTS][MONGE_TILE_ROWS];
  double moment[MONGE_MAX_REDUCTION_DIM][MONGE_TILE_ROWS];
  double offset[MONGE_TILE_ROWS]; /* log2 of what the sums are still to be multiplied by */
  gsize n_pairs;
} RowTile;

static void
load_rows (const Job *job, const Tile *tile, RowTile *rows)
{
  const MongeTunedReduction *r = job->r;

  for (guint d = 0; d < r->x.dim; d++)
    {
      const float *plane = r->x.planes + d * r->x.stride + tile->first;

      for (gsize i = 0; i < MONGE_TILE_ROWS; i++) /* the last stands in for the missing */
        rows->tile.x[d][i] = job->scale * plane[MIN (i, tile->n - 1)];
    }
  for (gsize i = 0; i < MONGE_TILE_ROWS; i++)
    rows->tile.lift[i] = r->lift != NULL ? r->lift[tile->first + MIN (i, tile->n - 1)] : 0;
}

static void
find_centre (const Job *job, MongeTile *tile, guint group)
{
  for (guint d = 0; d < job->r->x.dim; d++)
    {
      const float *x = tile->x[d] + group * MONGE_GROUP_ROWS;
      float lower = INFINITY, upper = -INFINITY;

      for (gsize i = 0; i < MONGE_GROUP_ROWS; i++)
        {
          lower = MIN (lower, x[i]);
          upper = MAX (upper, x[i]);
        }
      tile->centre[group][d] = 0.5f * (lower + upper);
    }
}

/* The product form where it is as accurate as the difference form. */
static void
choose_form (const Job *job, RowTile *rows, guint group)
{
  MongeTile *tile = &rows->tile;
  const float *lift = tile->lift + group * MONGE_GROUP_ROWS;
  double *offset = rows->offset + group * MONGE_GROUP_ROWS;
  float square[MONGE_GROUP_ROWS] = { 0 }, radius = 0, top = -INFINITY, bottom = INFINITY;

  for (guint d = 0; d < job->r->x.dim; d++)
    for (gsize i = 0; i < MONGE_GROUP_ROWS; i++)
      {
        float x = tile->x[d][group * MONGE_GROUP_ROWS + i] - tile->centre[group][d];

        square[i] += x * x;
      }
  for (gsize i = 0; i < MONGE_GROUP_ROWS; i++)
    {
      radius = MAX (radius, square[i]);
      top = MAX (top, lift[i]);
      bottom = MIN (bottom, lift[i]);
    }
  tile->form[group] = radius <= RADIUS && top - bottom <= LIFTS ? MONGE_FORM_PRODUCT
                                                                : MONGE_FORM_DIFFERENCE;
  tile->top[group] = top;
  for (gsize i = 0; i < MONGE_GROUP_ROWS; i++)
    offset[i] = tile->form[group] == MONGE_FORM_PRODUCT ? (double) lift[i] - top - square[i] : 0;
}

static void
choose_forms (const Job *job, RowTile *rows)
{
  for (guint group = 0; group < MONGE_TILE_GROUPS; group++)
    if (job->r->kernel == MONGE_TUNED_GAUSSIAN)
      {
        find_centre (job, &rows->tile, group);
        choose_form (job, rows, group);
      }
    else
      {
        rows->tile.form[group] = MONGE_FORM_DIFFERENCE;
        memset (rows->offset + group * MONGE_GROUP_ROWS, 0,
                MONGE_GROUP_ROWS * sizeof *rows->offset);
      }
}

static void
add_sums (const Job *job, RowTile *rows, MongeTileOp op)
{
  const gsize begin = rows->tile.begin, end = rows->tile.end;

  for (guint w = 0; w < job->n_sums; w++)
    for (gsize i = begin; i < end; i++)
      rows->sum[w][i] = op == MONGE_TILE_MAX ? MAX (rows->sum[w][i], rows->tile.sum[w][i])
                                             : rows->sum[w][i] + rows->tile.sum[w][i];
  if (op != MONGE_TILE_MOMENT && op != MONGE_TILE_WEIGHTED_MOMENT)
    return;
  for (guint d = 0; d < job->r->x.dim; d++)
    for (gsize i = begin; i < end; i++)
      rows->moment[d][i] += rows->tile.moment[d][i];
}

static void
run_columns (const Job *job, RowTile *rows, MongeTileOp op, gsize begin, gsize end)
{
  const MongeTunedReduction *r = job->r;
  MongeTileFunc func = job->tuned->set->funcs[r->kernel][op][r->x.dim - 1];

  rows->n_pairs += (end - begin) * (rows->tile.end - rows->tile.begin);
  for (gsize j = begin, next; j < end; j = next)
    {
      next = MIN (j - j % MONGE_CHUNK + MONGE_CHUNK, end);
      func (&rows->tile, get_column (job, j, 0), next - j);
      add_sums (job, rows, op);
    }
}

/* Columns from … to − 1 are to be run: joins them to those that wait, or runs those. */
typedef struct {
  gsize from, to;
} Waiting;

static void
run_later (const Job *job, RowTile *rows, Waiting *waiting, gsize from, gsize to)
{
  if (from != waiting->to)
    {
      run_columns (job, rows, job->op, waiting->from, waiting->to);
      waiting->from = from;
    }
  waiting->to = to;
}

static void
run_near_blocks (const Job *job, RowTile *rows, gsize group, Waiting *waiting, gsize begin,
                 gsize end)
{
  const gsize first = group * GROUP, n = MIN (job->n_blocks - first, GROUP);
  float bound[GROUP];

  job->tuned->set->bound (job->r->kernel, &rows->box, &job->tuned->blocks, first, n, bound);
  for (gsize k = 0; k < n; k++)
    {
      const gsize from = MAX ((first + k) * BLOCK, begin), to = MIN ((first + k + 1) * BLOCK, end);

      if (!(bound[k] < job->cutoff) && from < to)
        run_later (job, rows, waiting, from, to);
    }
}

/* Visits the blocks of columns [begin, end) that can reach the tile, run by run. */
static void
run_near_groups (const Job *job, RowTile *rows, gsize begin, gsize end)
{
  const gsize width = GROUP * BLOCK, last = (end + width - 1) / width;
  Waiting waiting = { begin, begin };
  float bound[GROUP];

  for (gsize g = begin / width; g < last; g += GROUP)
    {
      const gsize n = MIN (last - g, GROUP);

      job->tuned->set->bound (job->r->kernel, &rows->box, &job->tuned->groups, g, n, bound);
      for (gsize k = 0; k < n; k++)
        if (!(bound[k] < job->cutoff))
          run_near_blocks (job, rows, g + k, &waiting, begin, end);
    }
  run_columns (job, rows, job->op, waiting.from, waiting.to);
}

static void
run_range (const Job *job, RowTile *rows, MongeTileOp op, gsize begin, gsize end)
{
  if (job->cutoff == -INFINITY || op == MONGE_TILE_MAX)
    run_columns (job, rows, op, begin, end);
  else
    run_near_groups (job, rows, begin, end);
}

static void
run_rows (const Job *job, const Tile *tile, RowTile *rows, MongeTileOp op, gsize first, gsize last)
{
  const MongePairs *pairs = job->r->pairs;

  rows->tile.begin = first;
  rows->tile.end = last;
  if (pairs == NULL)
    {
      run_range (job, rows, op, 0, job->r->y.n);
      return;
    }
  for (gsize k = pairs->first[tile->block]; k < pairs->first[tile->block + 1]; k++)
    run_range (job, rows, op, pairs->ranges[k].begin, pairs->ranges[k].end);
}

/* Group by group where pairs may be left out: the smaller the box, the more of them. */
static void
run_groups (const Job *job, const Tile *tile, RowTile *rows)
{
  for (gsize first = 0, last; first < tile->n; first = last)
    {
      last = MIN (first + MONGE_GROUP_ROWS, tile->n);
      monge_box_fit (&rows->box, rows->tile.x[0] + first, MONGE_TILE_ROWS, rows->tile.lift + first,
                     last - first, job->r->x.dim);
      run_rows (job, tile, rows, job->op, first, last);
    }
}

static gboolean
meets_columns (const Job *job, const Tile *tile)
{
  const MongePairs *pairs = job->r->pairs;

  return pairs == NULL || pairs->first[tile->block] < pairs->first[tile->block + 1];
}

static void
clear_sums (const Job *job, RowTile *rows, double sum)
{
  for (guint w = 0; w < job->n_sums; w++)
    for (gsize i = 0; i < MONGE_TILE_ROWS; i++)
      rows->sum[w][i] = sum;
  for (guint d = 0; d < job->r->x.dim; d++)
    memset (rows->moment[d], 0, sizeof rows->moment[d]);
}

/* Sums become logarithms where these are wanted; else offsets are multiplied in. */
static void
finish_sums (const Job *job, const Tile *tile, RowTile *rows)
{
  for (gsize i = 0; i < tile->n; i++)
    {
      const double factor = job->is_log            ? 1 / rows->sum[0][i]
                            : rows->offset[i] != 0 ? exp2 (rows->offset[i])
                                                   : 1;

      for (guint d = 0; d < job->r->x.dim && job->r->moment != NULL; d++)
        rows->moment[d][i] *= factor * job->moment_scale;
      if (job->is_log)
        rows->sum[0][i] = log2 (rows->sum[0][i]) + rows->offset[i];
      else
        for (guint w = 0; w < job->n_sums; w++)
          rows->sum[w][i] *= factor;
    }
}

static gboolean
all_in_range (const Job *job, const Tile *tile, const RowTile *rows)
{
  for (gsize i = 0; i < tile->n; i++)
    if (!(rows->sum[0][i] >= job->smallest && rows->sum[0][i] - rows->offset[i] <= LARGEST_SUM))
      return FALSE;
  return TRUE;
}

static void
note_bad_row (Job *job, gsize row)
{
  gsize known = __atomic_load_n (&job->bad_row, __ATOMIC_RELAXED);

  while (row < known
         && !__atomic_compare_exchange_n (&job->bad_row, &known, row, FALSE, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED))
    ;
}

static void
store_rows (Job *job, const Tile *tile, const RowTile *rows)
{
  const MongeTunedReduction *r = job->r;
  const gboolean is_empty = !meets_columns (job, tile);

  for (guint w = 0; w < job->n_sums; w++)
    for (gsize i = 0; i < tile->n; i++)
      {
        const gsize row = tile->first + i;
        double sum = rows->sum[w][i];

        if (job->is_log) /* around another lift than was asked for */
          sum += (r->lift != NULL ? (double) r->lift[row] : 0) - (double) rows->tile.lift[i];
        if (job->is_log && rows->tile.lift[i] >= G_MAXFLOAT) /* the maximum was −∞ */
          sum = -INFINITY;
        r->sum[w * r->x.n + row] = sum;
        if (!isfinite (sum) && !is_empty)
          note_bad_row (job, row);
      }
  for (guint d = 0; d < r->x.dim && r->moment != NULL; d++)
    if (is_empty)
      memset (r->moment + d * r->x.n + tile->first, 0, tile->n * sizeof (double));
    else
      memcpy (r->moment + d * r->x.n + tile->first, rows->moment[d], tile->n * sizeof (double));
}

static void
sum_tile (const Job *job, const Tile *tile, RowTile *rows)
{
  choose_forms (job, rows);
  clear_sums (job, rows, 0);
  if (job->cutoff > -INFINITY)
    run_groups (job, tile, rows);
  else
    run_rows (job, tile, rows, job->op, 0, tile->n);
  finish_sums (job, tile, rows);
}

static void
reduce_tile (Job *job, const Tile *tile)
{
  RowTile rows;

  rows.n_pairs = 0;
  load_rows (job, tile, &rows);
  sum_tile (job, tile, &rows);
  if (job->is_log && !all_in_range (job, tile, &rows) && meets_columns (job, tile))
    {
      clear_sums (job, &rows, -INFINITY);
      run_rows (job, tile, &rows, MONGE_TILE_MAX, 0, tile->n);
      for (gsize i = 0; i < MONGE_TILE_ROWS; i++)
        rows.tile.lift[i] = (float) -rows.sum[0][MIN (i, tile->n - 1)];
      sum_tile (job, tile, &rows);
    }
  store_rows (job, tile, &rows);
  __atomic_fetch_add (&job->n_pairs, rows.n_pairs, __ATOMIC_RELAXED);
}

static void
reduce_tiles (gsize begin, gsize end, guint worker, gpointer data)
{
  Job *job = data;
  const guint64 mode = monge_denormals_off ();

  for (gsize t = begin; t < end; t++)
    {
      const gsize first = t * MONGE_TILE_ROWS;
      const Tile even = { first, MIN (job->r->x.n - first, MONGE_TILE_ROWS), 0 };

      reduce_tile (job, job->r->pairs != NULL ? &job->tuned->tiles[t] : &even);
    }
  monge_denormals_restore (mode);
}

/* Cuts every block of rows into tiles. */
static gsize
cut_tiles (MongeTuned *tuned, const MongePairs *pairs)
{
  gsize n = 0;

  for (gsize b = 0; b < pairs->n_blocks; b++)
    n += (pairs->rows[b + 1] - pairs->rows[b] + MONGE_TILE_ROWS - 1) / MONGE_TILE_ROWS;
  reserve ((gpointer *) &tuned->tiles, &tuned->tiles_size, n * sizeof (Tile));
  n = 0;
  for (gsize b = 0; b < pairs->n_blocks; b++)
    for (gsize i = pairs->rows[b]; i < pairs->rows[b + 1]; i += MONGE_TILE_ROWS)
      tuned->tiles[n++] = (Tile){ i, MIN (pairs->rows[b + 1] - i, MONGE_TILE_ROWS), b };
  return n;
}

static MongeTileOp
choose_op (const MongeTunedReduction *r)
{
  if (r->weights == NULL)
    return r->moment != NULL ? MONGE_TILE_MOMENT : MONGE_TILE_SUM;
  return r->moment != NULL ? MONGE_TILE_WEIGHTED_MOMENT : MONGE_TILE_WEIGHTED_1 + r->n_weights - 1;
}

static void
prepare_job (Job *job, MongeTuned *tuned, const MongeTunedReduction *r)
{
  const gsize n_chunks = (r->y.n + MONGE_CHUNK - 1) / MONGE_CHUNK;
  const gsize n_groups = (r->y.n + BLOCK * GROUP - 1) / (BLOCK * GROUP);

  *job = (Job){ .tuned = tuned, .r = r, .op = choose_op (r), .bad_row = G_MAXSIZE };
  job->is_log = r->kernel != MONGE_TUNED_DISTANCE && r->weights == NULL;
  /* Distances are computed from halves, and their moments doubled: see rows.c. */
  job->scale = (float) (r->kernel == MONGE_TUNED_GAUSSIAN ? r->scale : r->scale / 2);
  job->moment_scale = r->kernel == MONGE_TUNED_GAUSSIAN ? 1 / r->scale : 0.5;
  job->n_sums = r->weights != NULL ? r->n_weights : 1;
  job->stride = r->x.dim + job->n_sums;
  job->n_blocks = (r->y.n + BLOCK - 1) / BLOCK;
  job->cutoff = -INFINITY;
  /* Dropped: at most n terms of 2^cutoff each; of terms with weights, Σ|w| of them. */
  if (r->cutoff > 0 && r->kernel != MONGE_TUNED_DISTANCE && r->x.n * r->y.n > FEW_PAIRS)
    job->cutoff = (float) (-r->cutoff - (r->weights == NULL ? log2 ((double) r->y.n) : 0));
  /* With pairs left out, a small sum may owe its size to what was dropped. */
  job->smallest = job->cutoff > -INFINITY ? -r->cutoff / 2 : SMALLEST_SUM;
  reserve ((gpointer *) &tuned->columns, &tuned->columns_size,
           (n_chunks * job->stride * MONGE_CHUNK + MONGE_CHUNK_PADDING) * sizeof (float));
  if (job->cutoff == -INFINITY)
    return;
  reserve_boxes (&tuned->blocks, &tuned->blocks_size, job->n_blocks, r->x.dim);
  reserve_boxes (&tuned->groups, &tuned->groups_size, n_groups, r->x.dim);
}

gboolean
monge_tuned_reduce (MongeTuned *tuned,
                    const MongeTunedReduction *r,
                    guint n_threads,
                    guint64 *n_pairs,
                    MongeTask *task,
                    GError **error)
{
  const gsize n_groups = (r->y.n + BLOCK * GROUP - 1) / (BLOCK * GROUP);
  gsize n_tiles;
  Job job;

  prepare_job (&job, tuned, r);
  n_tiles = r->pairs != NULL ? cut_tiles (tuned, r->pairs)
                             : (r->x.n + MONGE_TILE_ROWS - 1) / MONGE_TILE_ROWS;
  if (!monge_parallel_rows (n_groups, 8, n_threads, task, pack_groups, &job)
      || !monge_parallel_rows (n_tiles, 1, n_threads, task, reduce_tiles, &job))
    return !monge_task_return_if_cancelled (task, error);
  *n_pairs = job.n_pairs;
  if (job.bad_row == G_MAXSIZE)
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAN,
               "The sum over row %" G_GSIZE_FORMAT " is not finite: a coordinate, a weight or a "
               "potential there is not, or blur is too small for float32",
               job.bad_row);
  return FALSE;
}
