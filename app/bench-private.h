/* What runs the cases: one function per kind of work. */
#pragma once

#include "app/bench.h"

G_BEGIN_DECLS

/* Reductions of n × n pairs; text: gaussian, lse, lse-p1. Error: relative, of the sums. */
gboolean monge_bench_run_sum (MongeBench *bench, const MongeBenchCase *of, MongeBenchRow *row,
                              GError **error);

void monge_bench_row_free (MongeBenchRow *row);

G_END_DECLS
