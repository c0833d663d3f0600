/* Lists of pairs of blocks. Boxes are compared in two levels: groups of 32 blocks of columns first,
 * so that a million points against a million cost 15 million tests and not 500. */
#include "compute/backend/pairs.h"
#include "compute/core/parallel.h"

#include <math.h>
#include <string.h>

#define ROW_BLOCK 64
#define COLUMN_BLOCK 32
#define GROUP 32 /* blocks of columns */

#define LARGEST_SIZE (((gsize) 1 << 31) - 1)

static gboolean
check_sizes (gsize n_rows, gsize n_columns, GError **error)
{
  if (n_rows <= LARGEST_SIZE && n_columns <= LARGEST_SIZE)
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
               "%" G_GSIZE_FORMAT " rows by %" G_GSIZE_FORMAT " columns are too many: each must stay "
               "below 2^31",
               n_rows, n_columns);
  return FALSE;
}

static gboolean
check_rows (const gsize *rows, gsize n_blocks, gsize n_rows, GError **error)
{
  for (gsize b = 0; b < n_blocks; b++)
    if (rows[b] > rows[b + 1] || (b == 0 && rows[0] != 0))
      {
        g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                     "Block %" G_GSIZE_FORMAT " goes from row %" G_GSIZE_FORMAT " to row %"
                     G_GSIZE_FORMAT ": blocks must ascend from row 0",
                     b, rows[b], rows[b + 1]);
        return FALSE;
      }
  if (rows[n_blocks] == n_rows && rows[0] == 0)
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
               "Block %" G_GSIZE_FORMAT " ends at row %" G_GSIZE_FORMAT " where there are %"
               G_GSIZE_FORMAT ": the last must end where the rows do",
               MAX (n_blocks, 1) - 1, rows[n_blocks], n_rows);
  return FALSE;
}

static gboolean
check_ranges (const gsize *first, gsize n_blocks, const MongeRange *ranges, gsize n_columns,
              GError **error)
{
  for (gsize b = 0; b < n_blocks; b++)
    {
      if (first[b] > first[b + 1] || (b == 0 && first[0] != 0))
        {
          g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                       "The ranges of block %" G_GSIZE_FORMAT " go from %" G_GSIZE_FORMAT " to %"
                       G_GSIZE_FORMAT ": they must ascend from 0",
                       b, first[b], first[b + 1]);
          return FALSE;
        }
      for (gsize k = first[b]; k < first[b + 1]; k++)
        if (ranges[k].begin >= ranges[k].end || ranges[k].end > n_columns
            || (k > first[b] && ranges[k].begin < ranges[k - 1].end))
          {
            g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                         "Range %" G_GSIZE_FORMAT ", columns %u to %u, of block %" G_GSIZE_FORMAT
                         " is empty, overlaps the one before, or ends beyond the %" G_GSIZE_FORMAT
                         " columns",
                         k, ranges[k].begin, ranges[k].end, b, n_columns);
            return FALSE;
          }
    }
  return TRUE;
}

/* Everything but the ranges, which come block by block. */
static MongePairs *
pairs_alloc (gsize n_rows, gsize n_columns, gsize n_blocks)
{
  MongePairs *pairs = g_new0 (MongePairs, 1);

  pairs->n_rows = n_rows;
  pairs->n_columns = n_columns;
  pairs->n_blocks = n_blocks;
  pairs->rows = g_new0 (gsize, n_blocks + 1);
  pairs->first = g_new0 (gsize, n_blocks + 1);
  return pairs;
}

static void
count_pairs (MongePairs *pairs)
{
  pairs->n_pairs = 0;
  for (gsize b = 0; b < pairs->n_blocks; b++)
    for (gsize k = pairs->first[b]; k < pairs->first[b + 1]; k++)
      pairs->n_pairs += (guint64) (pairs->rows[b + 1] - pairs->rows[b])
                        * (pairs->ranges[k].end - pairs->ranges[k].begin);
}

/* Appends [begin, end) to the @n ranges of one block, or lengthens the last. @ranges may be NULL:
 * then they are only counted. @last: end of the last range. */
static void
append_range (MongeRange *ranges, gsize *n, guint32 *last, guint32 begin, guint32 end)
{
  if (*n == 0 || *last != begin)
    {
      if (ranges != NULL)
        ranges[*n].begin = begin;
      *n += 1;
    }
  if (ranges != NULL)
    ranges[*n - 1].end = end;
  *last = end;
}

MongePairs *
monge_pairs_new (gsize n_rows,
                 gsize n_columns,
                 const gsize *rows,
                 gsize n_blocks,
                 const gsize *first,
                 const MongeRange *ranges,
                 GError **error)
{
  MongePairs *pairs;

  g_return_val_if_fail (rows != NULL && first != NULL, NULL);
  if (!check_sizes (n_rows, n_columns, error) || !check_rows (rows, n_blocks, n_rows, error)
      || !check_ranges (first, n_blocks, ranges, n_columns, error))
    return NULL;
  pairs = pairs_alloc (n_rows, n_columns, n_blocks);
  memcpy (pairs->rows, rows, (n_blocks + 1) * sizeof *rows);
  pairs->ranges = g_new (MongeRange, first[n_blocks] + 1);
  for (gsize b = 0; b < n_blocks; b++) /* ranges that touch become one */
    {
      MongeRange *to = pairs->ranges + pairs->first[b];
      gsize n = 0;
      guint32 last = 0;

      for (gsize k = first[b]; k < first[b + 1]; k++)
        append_range (to, &n, &last, ranges[k].begin, ranges[k].end);
      pairs->first[b + 1] = pairs->first[b] + n;
    }
  count_pairs (pairs);
  return pairs;
}

void
monge_pairs_free (MongePairs *pairs)
{
  if (pairs == NULL)
    return;
  g_free (pairs->rows);
  g_free (pairs->first);
  g_free (pairs->ranges);
  g_free (pairs);
}

/* Columns are cut wherever a range begins or ends: all columns of a piece meet the same rows.
 * piece[j]: the piece of column j; @n_pieces of them. */
static guint32 *
cut_columns (const MongePairs *pairs, gsize *n_pieces)
{
  guint32 *piece = g_new0 (guint32, pairs->n_columns + 1);

  for (gsize k = 0; k < pairs->first[pairs->n_blocks]; k++)
    piece[pairs->ranges[k].begin] = piece[pairs->ranges[k].end] = 1;
  piece[0] = 0;
  for (gsize j = 1; j < pairs->n_columns; j++)
    piece[j] += piece[j - 1];
  *n_pieces = pairs->n_columns > 0 ? piece[pairs->n_columns - 1] + 1 : 0;
  piece[pairs->n_columns] = (guint32) *n_pieces;
  return piece;
}

/* Hands every block of rows to the pieces of columns that it meets. @n, @last: per piece. */
static void
turn_ranges (const MongePairs *pairs, const guint32 *piece, MongePairs *turned, gsize *n,
             guint32 *last)
{
  memset (n, 0, turned->n_blocks * sizeof *n);
  for (gsize b = 0; b < pairs->n_blocks; b++)
    for (gsize k = pairs->first[b];
         k < pairs->first[b + 1] && pairs->rows[b] < pairs->rows[b + 1]; k++)
      for (guint32 p = piece[pairs->ranges[k].begin]; p < piece[pairs->ranges[k].end]; p++)
        append_range (turned->ranges != NULL ? turned->ranges + turned->first[p] : NULL, &n[p],
                      &last[p], (guint32) pairs->rows[b], (guint32) pairs->rows[b + 1]);
}

MongePairs *
monge_pairs_transpose (const MongePairs *pairs)
{
  gsize n_pieces;
  g_autofree guint32 *piece = cut_columns (pairs, &n_pieces);
  g_autofree gsize *n = g_new (gsize, n_pieces + 1);
  g_autofree guint32 *last = g_new (guint32, n_pieces + 1);
  MongePairs *turned = pairs_alloc (pairs->n_columns, pairs->n_rows, n_pieces);

  for (gsize j = 0; j < pairs->n_columns; j++)
    turned->rows[piece[j] + 1] = j + 1;
  turn_ranges (pairs, piece, turned, n, last);
  for (gsize p = 0; p < n_pieces; p++)
    turned->first[p + 1] = turned->first[p] + n[p];
  turned->ranges = g_new (MongeRange, turned->first[n_pieces] + 1);
  turn_ranges (pairs, piece, turned, n, last);
  count_pairs (turned);
  return turned;
}

/* Boxes around runs of points: planes of n_boxes, lower and upper end per coordinate. */
typedef struct {
  gsize n_boxes;
  guint dim;
  double *planes;
} Boxes;

static void
boxes_clear (Boxes *boxes)
{
  g_free (boxes->planes);
}

static double *
box_lower (const Boxes *boxes, guint d)
{
  return boxes->planes + 2 * d * boxes->n_boxes;
}

static double *
box_upper (const Boxes *boxes, guint d)
{
  return boxes->planes + (2 * d + 1) * boxes->n_boxes;
}

/* Fails on the first point that is not finite. */
static gboolean
boxes_init (Boxes *boxes, const char *name, const float *points, gsize n, guint dim, gsize size,
            GError **error)
{
  *boxes = (Boxes){ .n_boxes = (n + size - 1) / size, .dim = dim };
  boxes->planes = g_new (double, 2 * dim * boxes->n_boxes + 1);
  for (guint d = 0; d < dim; d++)
    for (gsize b = 0; b < boxes->n_boxes; b++)
      {
        double lower = INFINITY, upper = -INFINITY;

        for (gsize i = b * size; i < MIN ((b + 1) * size, n); i++)
          {
            double value = points[d * n + i];

            if (!isfinite (value))
              {
                g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAN,
                             "Coordinate %u of point %" G_GSIZE_FORMAT " of %s is not finite", d,
                             i, name);
                return FALSE;
              }
            lower = MIN (lower, value);
            upper = MAX (upper, value);
          }
        box_lower (boxes, d)[b] = lower;
        box_upper (boxes, d)[b] = upper;
      }
  return TRUE;
}

/* Boxes around every @size boxes. */
static void
boxes_init_groups (Boxes *groups, const Boxes *boxes, gsize size)
{
  *groups = (Boxes){ .n_boxes = (boxes->n_boxes + size - 1) / size, .dim = boxes->dim };
  groups->planes = g_new (double, 2 * boxes->dim * groups->n_boxes + 1);
  for (guint d = 0; d < boxes->dim; d++)
    for (gsize g = 0; g < groups->n_boxes; g++)
      {
        double lower = INFINITY, upper = -INFINITY;

        for (gsize b = g * size; b < MIN ((g + 1) * size, boxes->n_boxes); b++)
          {
            lower = MIN (lower, box_lower (boxes, d)[b]);
            upper = MAX (upper, box_upper (boxes, d)[b]);
          }
        box_lower (groups, d)[g] = lower;
        box_upper (groups, d)[g] = upper;
      }
}

static double
box_square_distance (const Boxes *x, gsize a, const Boxes *y, gsize b)
{
  double square = 0;

  for (guint d = 0; d < x->dim; d++)
    {
      double gap = MAX (MAX (box_lower (y, d)[b] - box_upper (x, d)[a],
                             box_lower (x, d)[a] - box_upper (y, d)[b]),
                        0);

      square += gap * gap;
    }
  return square;
}

static double
centre_square_distance (const Boxes *x, gsize a, const Boxes *y, gsize b)
{
  double square = 0;

  for (guint d = 0; d < x->dim; d++)
    {
      double twice = box_lower (x, d)[a] + box_upper (x, d)[a] - box_lower (y, d)[b]
                     - box_upper (y, d)[b];

      square += twice * twice;
    }
  return square / 4;
}

/* Pairs of blocks by a rule, found block of rows by block of rows: once to count, once to write. */
typedef struct {
  MongePairs *pairs;
  Boxes x, y, groups;
  double radius; /* of the first rule */
  gsize k;       /* of the second: blocks of columns per block of rows; 0 for the first */
  gsize *count;  /* (n_blocks) */
  gboolean fill;
} Search;

static void
search_clear (Search *search)
{
  boxes_clear (&search->x);
  boxes_clear (&search->y);
  boxes_clear (&search->groups);
  g_free (search->count);
  monge_pairs_free (search->pairs);
}

static void
append_block (const Search *search, MongeRange *ranges, gsize *n, guint32 *last, gsize block)
{
  append_range (ranges, n, last, (guint32) (block * COLUMN_BLOCK),
                (guint32) MIN ((block + 1) * COLUMN_BLOCK, search->pairs->n_columns));
}

static gsize
find_within (const Search *search, gsize a, MongeRange *ranges)
{
  /* Distances in float64 of float32 points: the margin covers their rounding. */
  const double square = search->radius * search->radius * (1 + 1e-12);
  gsize n = 0;
  guint32 last = 0;

  for (gsize g = 0; g < search->groups.n_boxes; g++)
    if (box_square_distance (&search->x, a, &search->groups, g) <= square)
      for (gsize b = g * GROUP; b < MIN ((g + 1) * GROUP, search->y.n_boxes); b++)
        if (box_square_distance (&search->x, a, &search->y, b) <= square)
          append_block (search, ranges, &n, &last, b);
  return n;
}

typedef struct {
  double square;
  gsize block;
} Candidate;

static gboolean
is_farther (const Candidate *a, const Candidate *b)
{
  return a->square > b->square || (a->square == b->square && a->block > b->block);
}

/* Puts @candidate into a heap of @n with the farthest on top, from the top down. */
static void
sift_down (Candidate *heap, gsize n, Candidate candidate)
{
  gsize i = 0;

  for (gsize child = 1; child < n; child = 2 * i + 1)
    {
      if (child + 1 < n && is_farther (&heap[child + 1], &heap[child]))
        child++;
      if (!is_farther (&heap[child], &candidate))
        break;
      heap[i] = heap[child];
      i = child;
    }
  heap[i] = candidate;
}

static int
compare_blocks (gconstpointer a, gconstpointer b)
{
  const gsize one = ((const Candidate *) a)->block, other = ((const Candidate *) b)->block;

  return (one > other) - (one < other);
}

static gsize
find_nearest (const Search *search, gsize a, MongeRange *ranges)
{
  const gsize k = MIN (search->k, search->y.n_boxes);
  g_autofree Candidate *heap = g_new (Candidate, k + 1);
  gsize n = 0;
  guint32 last = 0;

  for (gsize i = 0; i < k; i++)
    heap[i] = (Candidate){ INFINITY, G_MAXSIZE - i };
  for (gsize b = 0; b < search->y.n_boxes; b++)
    {
      Candidate candidate = { centre_square_distance (&search->x, a, &search->y, b), b };

      if (is_farther (&heap[0], &candidate))
        sift_down (heap, k, candidate);
    }
  qsort (heap, k, sizeof *heap, compare_blocks);
  for (gsize i = 0; i < k; i++)
    append_block (search, ranges, &n, &last, heap[i].block);
  return n;
}

static void
search_blocks (gsize begin, gsize end, guint worker, gpointer data)
{
  Search *search = data;

  for (gsize a = begin; a < end; a++)
    {
      MongeRange *ranges = search->fill ? search->pairs->ranges + search->pairs->first[a] : NULL;

      search->count[a] = search->k > 0 ? find_nearest (search, a, ranges)
                                       : find_within (search, a, ranges);
    }
}

static gboolean
search_run (Search *search, MongeTask *task, GError **error)
{
  MongePairs *pairs = search->pairs;

  search->count = g_new0 (gsize, pairs->n_blocks + 1);
  for (gsize a = 0; a <= pairs->n_blocks; a++)
    pairs->rows[a] = MIN (a * ROW_BLOCK, pairs->n_rows);
  if (!monge_parallel_rows (pairs->n_blocks, 16, 0, task, search_blocks, search))
    return !monge_task_return_if_cancelled (task, error);
  for (gsize a = 0; a < pairs->n_blocks; a++)
    pairs->first[a + 1] = pairs->first[a] + search->count[a];
  pairs->ranges = g_new (MongeRange, pairs->first[pairs->n_blocks] + 1);
  search->fill = TRUE;
  if (!monge_parallel_rows (pairs->n_blocks, 16, 0, task, search_blocks, search))
    return !monge_task_return_if_cancelled (task, error);
  count_pairs (pairs);
  return TRUE;
}

static MongePairs *
search_pairs (Search *search, const float *x, gsize n, const float *y, gsize m, guint dim,
              MongeTask *task, GError **error)
{
  MongePairs *pairs = NULL;

  if (check_sizes (n, m, error) && boxes_init (&search->x, "x", x, n, dim, ROW_BLOCK, error)
      && boxes_init (&search->y, "y", y, m, dim, COLUMN_BLOCK, error))
    {
      boxes_init_groups (&search->groups, &search->y, GROUP);
      search->pairs = pairs_alloc (n, m, search->x.n_boxes);
      if (search_run (search, task, error))
        pairs = g_steal_pointer (&search->pairs);
    }
  search_clear (search);
  return pairs;
}

MongePairs *
monge_pairs_new_within (const float *x,
                        gsize n,
                        const float *y,
                        gsize m,
                        guint dim,
                        double radius,
                        MongeTask *task,
                        GError **error)
{
  Search search = { .radius = radius };

  g_return_val_if_fail (dim > 0 && radius >= 0, NULL);
  return search_pairs (&search, x, n, y, m, dim, task, error);
}

MongePairs *
monge_pairs_new_nearest (const float *x,
                         gsize n,
                         const float *y,
                         gsize m,
                         guint dim,
                         guint k,
                         MongeTask *task,
                         GError **error)
{
  Search search = { .k = k };

  g_return_val_if_fail (dim > 0 && k > 0, NULL);
  return search_pairs (&search, x, n, y, m, dim, task, error);
}
