/* Which pairs of blocks a reduction visits: sparse reductions. */
#pragma once

#include "compute/core/error.h"
#include "compute/core/task.h"

G_BEGIN_DECLS

/* Columns begin … end − 1. */
typedef struct {
  guint32 begin, end;
} MongeRange;

/**
 * MongePairs:
 * @n_rows, @n_columns: of the symbolic matrix, each below 2^31
 * @rows: (n_blocks + 1): block b is rows[b] … rows[b + 1] − 1; ascending from 0 to @n_rows
 * @first: (n_blocks + 1): block b meets ranges first[b] … first[b + 1] − 1
 * @ranges: ascending and disjoint within a block; longer ones run faster
 *
 * Immutable once made; shared by any reductions of the same sizes, over columns or over rows. A row
 * that meets no column reduces over nothing: see #MongeReduceOp.
 */
typedef struct {
  gsize n_rows, n_columns;
  gsize n_blocks;
  gsize *rows;
  gsize *first;
  MongeRange *ranges;
  guint64 n_pairs;
} MongePairs;

/**
 * monge_pairs_new:
 * @rows, @first, @ranges: as above; copied
 *
 * From the user's own blocks. Fails with %MONGE_ERROR_SIZE, naming the first block or range that is
 * out of order or out of bounds.
 */
MongePairs *monge_pairs_new (gsize n_rows, gsize n_columns, const gsize *rows, gsize n_blocks,
                             const gsize *first, const MongeRange *ranges, GError **error);
void monge_pairs_free (MongePairs *pairs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongePairs, monge_pairs_free)
/* The same pairs, columns for rows. O(pairs of blocks). */
MongePairs *monge_pairs_transpose (const MongePairs *pairs);

/**
 * monge_pairs_new_within:
 * @x, @y: float32 planes: coordinate d of point i is x[d × n + i]; sorted along a space-filling
 *   curve, else blocks are wide and nothing is gained
 * @radius: keeps every pair of points at most that far apart
 *
 * From the boxes of blocks of 64 rows and 32 columns.
 */
MongePairs *monge_pairs_new_within (const float *x, gsize n, const float *y, gsize m, guint dim,
                                    double radius, MongeTask *task, GError **error);
/* From the K blocks of columns whose centres are nearest to each block of rows. */
MongePairs *monge_pairs_new_nearest (const float *x, gsize n, const float *y, gsize m, guint dim,
                                     guint k, MongeTask *task, GError **error);

G_END_DECLS
