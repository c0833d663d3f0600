/* Programs that hand-tuned loops compute, on any backend: what the loop is given, and what becomes of
 * what it gives. Shared by the files that know one kind of result each. */
#pragma once

#include "compute/backend/backend-private.h"
#include "compute/backend/match.h"
#include "compute/backend/operands.h"

G_BEGIN_DECLS

#define MONGE_LOG2_E 1.44269504088896340736
#define MONGE_LN_2 0.69314718055994530942

/* Memory that a kernel keeps from one run to the next; “kept” and “summed” count the axis of the
 * result and the other. */
enum {
  MONGE_BUFFER_KEPT,    /* (kept) u', float64 */
  MONGE_BUFFER_LIFT,    /* (kept) */
  MONGE_BUFFER_SUMMED,  /* (summed) h', float64 */
  MONGE_BUFFER_BIAS,    /* (summed) */
  MONGE_BUFFER_WEIGHT,  /* (summed) w, float64 */
  MONGE_BUFFER_WEIGHTS, /* (n_weights × summed) */
  MONGE_BUFFER_SUM,     /* (n_weights × kept) */
  MONGE_BUFFER_MOMENT,  /* (dim × kept) */
  MONGE_BUFFER_TOTAL,   /* the same two once more, where several runs are added up */
  MONGE_BUFFER_TOTAL_MOMENT,
  MONGE_BUFFER_FACTOR,  /* (kept) */
  MONGE_N_BUFFERS,
};

/**
 * MongeMatched:
 * @interpreter: for operands that are to be computed first; made when needed
 */
typedef struct {
  MongeBackend *backend;
  const MongeProgram *program; /* the kernel's */
  MongeMatch match;
  MongeOperands *operands;
  MongeInterpreter *interpreter;
  gpointer buffers[MONGE_N_BUFFERS];
  gsize sizes[MONGE_N_BUFFERS];
} MongeMatched;

/* @program: borrowed. Returns: (nullable): %NULL if no loop computes @program. */
MongeMatched *monge_matched_new (MongeBackend *backend, const MongeProgram *program);
void monge_matched_free (MongeMatched *matched);

/* One run under way. */
typedef struct {
  MongeMatched *matched;
  const MongeProgram *program;
  const MongeRun *run;
  MongeTask *task;
  MongeTunedReduction reduction;
  gsize n_kept, n_summed;
  MongeAxis kept;
  guint64 *n_pairs;
} MongeJob;

typedef enum {
  MONGE_OUTCOME_DONE,
  MONGE_OUTCOME_UNSUITABLE, /* generic code shall try */
  MONGE_OUTCOME_FAILED,     /* with an error */
} MongeOutcome;

/* As monge_backend_run(), arguments checked, all on the host; by `reduce` and `find_neighbours` of
 * the backend. @n_pairs: added to. */
MongeOutcome monge_matched_run (MongeMatched *matched, const MongeRun *run, guint64 *n_pairs,
                                MongeTask *task, GError **error);

/* At least @size bytes. */
gpointer monge_job_get_buffer (const MongeJob *job, guint which, gsize size);

/* Points and the scale of lengths; FALSE if a loop cannot take them. */
gboolean monge_job_set_points (MongeJob *job);
/* Lift ← u' in float32. Returns: (nullable): u' = u log2(e) in float64; %NULL if there is no u */
double *monge_job_set_lift (MongeJob *job);
/* h' in float64 */
double *monge_job_get_summed_exponent (MongeJob *job);
/* Bias ← h' + log2 of the part of @weight that has @sign, −∞ for other columns. Returns %FALSE if
 * that is all of them. */
gboolean monge_job_set_bias (MongeJob *job, const MongeTerm *weight, double sign);
/* Runs job->reduction. A sum that is not finite is for generic code to judge. */
MongeOutcome monge_job_reduce (MongeJob *job, GError **error);

/* One per kind of #MongeMatchResult. */
MongeOutcome monge_job_run_log_sum_exp (MongeJob *job, GError **error);
MongeOutcome monge_job_run_soft_mean (MongeJob *job, GError **error);
MongeOutcome monge_job_run_sum (MongeJob *job, GError **error);
MongeOutcome monge_job_run_neighbours (MongeJob *job, GError **error);
/* Logarithms of sums, u exact, and moments where wanted; points and bias are set. */
MongeOutcome monge_job_reduce_exponents (MongeJob *job, gboolean moment, GError **error);

G_END_DECLS
