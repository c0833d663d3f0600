/* What a hand-tuned loop can compute, recognised in a program by what it does. */
#pragma once

#include "compute/backend/terms.h"
#include "compute/backend/tuned.h"

G_BEGIN_DECLS

/* Weights of one sum, at most. */
#define MONGE_MATCH_MAX_WEIGHTS 4
#define MONGE_MATCH_MAX_PARTS 4

/**
 * MongeMatchResult:
 * @MONGE_MATCH_LOG_SUM_EXP: u + log Σ e^(h + c |x − y|^p)
 * @MONGE_MATCH_SOFT_MEAN: the mean of x, y, x − y or its direction under the same terms
 * @MONGE_MATCH_SUM: Σ of such terms with weights, or of distances with weights; also with x − y
 * @MONGE_MATCH_NEIGHBOURS: the nearest y and how far they are
 */
typedef enum {
  MONGE_MATCH_LOG_SUM_EXP,
  MONGE_MATCH_SOFT_MEAN,
  MONGE_MATCH_SUM,
  MONGE_MATCH_NEIGHBOURS,
} MongeMatchResult;

/**
 * MongeMatchPart:
 * @first, @dim: components of the result
 * @moment: Σ t w (x − y), with the lengths that #MongeTunedReduction documents; else @dim of the
 *   sums over weights, from @weight on
 * @factor: of kept rows or parameters
 */
typedef struct {
  guint first, dim;
  gboolean moment;
  guint weight;
  MongeTerm factor;
} MongeMatchPart;

/**
 * MongeMatch:
 * @points: registers of the points of the kept axis
 * @others: registers of the points of the axis reduced over
 * @dim: of both
 * @kernel: gaussian e^(rate d²), laplacian e^(rate d) or distance d; of neighbours, gaussian for
 *   d² and distance for d
 * @rate: c, of parameters; tuned loops need it below 0
 * @kept, @summed: u and h: what the exponent adds on either axis; parameters are in @kept
 * @weight: of log-sum-exp: one more factor on the axis reduced over; coefficient 1 and no factors
 *   for none
 * @weights: (n_weights) of sums: what each term is multiplied by, on the axis reduced over
 * @parts: (n_parts) of sums: where they go in the result
 * @value_point, @value_moment: of soft means: mean = value_point × point + value_moment × moment
 * @over: the axis reduced over
 *
 * Registers named here live outside the pair section.
 */
typedef struct {
  MongeMatchResult result;
  MongeTunedKernel kernel;
  MongeAxis over;
  guint points, others, dim;
  MongeTermSum rate;
  MongeTermSum kept, summed;
  MongeTerm weight;
  guint n_weights;
  MongeTerm weights[MONGE_MATCH_MAX_WEIGHTS];
  guint n_parts;
  MongeMatchPart parts[MONGE_MATCH_MAX_PARTS];
  MongeTermSum value_point, value_moment;
} MongeMatch;

/**
 * monge_match_program:
 *
 * Whether some tuned loop computes @program up to rounding. Looks at nothing but instructions, of
 * either precision; what dimensions and numbers a loop takes is for its owner to judge.
 */
gboolean monge_match_program (const MongeProgram *program, MongeMatch *match);
/* "Gaussian log-sum-exp, D = 3". Transfer full. */
char *monge_match_describe (const MongeMatch *match);

G_END_DECLS
