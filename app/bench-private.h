/* What runs the cases: one function per kind of work. */
#pragma once

#include "app/bench-truth.h"
#include "app/bench.h"

G_BEGIN_DECLS

/* Reductions of n × n pairs; text: gaussian, lse, lse-p1. Error: relative, of the sums. */
gboolean monge_bench_run_sum (MongeBench *bench, const MongeBenchCase *of, MongeBenchRow *row,
                              GError **error);

/* The same without hand-tuned loops; and from the text of the formula to the first result. */
gboolean monge_bench_run_interpreted (MongeBench *bench, const MongeBenchCase *of,
                                      MongeBenchRow *row, GError **error);
gboolean monge_bench_run_text (MongeBench *bench, const MongeBenchCase *of, MongeBenchRow *row,
                               GError **error);
/* Cold start, p = 2, blur 0.05, debiased; text: sphere, cube. Error: of the gradient. */
gboolean monge_bench_run_sinkhorn (MongeBench *bench, const MongeBenchCase *of, MongeBenchRow *row,
                                   GError **error);

/* Kernel norms with their gradients; text: the loss. Error: of the gradient. */
gboolean monge_bench_run_kernel (MongeBench *bench, const MongeBenchCase *of, MongeBenchRow *row,
                                 GError **error);
/* How the time of sinkhorn-1e4 … 1e6 grows; runs those that have not run. */
gboolean monge_bench_run_growth (MongeBench *bench, const MongeBenchCase *of, MongeBenchRow *row,
                                 GError **error);
/* Warm frames; text: hippocampus, tree, sphere. Error: of the slope of one frame. */
gboolean monge_bench_run_flow (MongeBench *bench, const MongeBenchCase *of, MongeBenchRow *row,
                               GError **error);

/* 10 nearest neighbours of n points among themselves. Error: relative, of the distances. */
gboolean monge_bench_run_neighbours (MongeBench *bench, const MongeBenchCase *of,
                                     MongeBenchRow *row, GError **error);

/* Surfaces of labels of the AAL atlas, reading the file included; text: one, all. Error: of the worst
 * volume, relative. Skipped where mricron-data is not installed. */
gboolean monge_bench_run_segment (MongeBench *bench, const MongeBenchCase *of, MongeBenchRow *row,
                                  GError **error);

/* A surface of n vertices from a file of the format whose extension @of->text is. Error: of the
 * coordinates against what was written, infinite if faces differ. */
gboolean monge_bench_run_reading (MongeBench *bench, const MongeBenchCase *of, MongeBenchRow *row,
                                  GError **error);

/* Notes how the truth was found. */
void monge_bench_row_describe_truth (MongeBenchRow *row, const MongeBenchTruth *truth);
void monge_bench_row_free (MongeBenchRow *row);

G_END_DECLS
