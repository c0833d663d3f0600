/* What the files of the Sinkhorn solver share. */
#pragma once

#include "compute/backend/step.h"
#include "compute/solver/anderson.h"
#include "compute/solver/predict.h"
#include "compute/solver/sinkhorn.h"
#include "compute/solver/softmin.h"

G_BEGIN_DECLS

typedef enum { SOURCE, TARGET } Which;

/* A potential of a symmetric problem and the momentum of its iteration. */
typedef struct {
  MongePlanes *values; /* at the level of its side */
  MongePlanes *step;   /* last change, for the next */
  double rho;      /* Chebyshev's, 0 before the first step */
  double dual;     /* of OT(α,α) where the potential stood */
  double error;    /* of the marginal there; ∞ if not known */
  double gain;     /* of the dual from the clusters to the points; NaN if not known */
} SelfPotential;

/* One measure and its two potentials, at the level at which the problem now stands. */
typedef struct {
  MongePoints *fine;
  MongePoints *clusters; /* of @fine, or NULL once the points themselves are solved */
  MongePoints *base;     /* the smallest since the points moved: larger ones are made of these */
  double base_cell;
  MongePlanes *cross;    /* f or g */
  MongePlanes *next;     /* the same as it will be, once a read has said that all went well */
  SelfPotential self;
} Side;

/* Where steps leave their totals. */
enum {
  TOTALS_OF_ROWS = 0,      /* MONGE_STEP_UPDATE, of the source */
  TOTALS_OF_COLUMNS = 2,   /* MONGE_STEP_UPDATE_AND_MEASURE, of the target */
  TOTALS_OF_ANDERSON = 8,
  N_TOTALS_OF_CROSS = TOTALS_OF_ANDERSON + MONGE_ANDERSON_N_TOTALS,
  TOTALS_OF_SELF = 48,     /* MONGE_STEP_UPDATE_AND_MEASURE */
  TOTALS_OF_VALUE = 56,    /* see readout.c */
  TOTALS_OF_CORRECTION = 72, /* see correct.c */
  TOTALS_OF_MOVE = 88,     /* see monge_sinkhorn_move_source() */
};

/* What MONGE_STEP_UPDATE_AND_MEASURE adds up, the first two MONGE_STEP_UPDATE too. */
enum { NEW_DUAL, NEW_WANTED, DUAL, MASS, MARGINAL_ERROR, CHANGE, N_UPDATE_TOTALS };

struct _MongeSinkhorn {
  MongeBackend *backend;
  guint dim;
  Side sides[2];

  gboolean is_warm;
  double cell;          /* of the level; 0: points */
  double blur;          /* temperature at which the potentials stand */
  MongeSinkhornParams params; /* of the solve under way, or the last */
  double epsilon, rho, lambda;
  double slope_error;   /* what potentials still moved, in slopes */
  double slowness;      /* of the last solve: see MongeAnderson */
  double cost_scale;    /* the largest cost at the last cold start */

  MongePredictor predictor;
  MongeAnderson anderson;

  MongeKernel *kernels[2][2]; /* by p − 1 and whether with moments; made on first use */
  /* Scratch, as long as the longer side */
  MongePlanes *row_exponent, *column_exponent;
  MongePlanes *shifted;  /* (dim × ) float32: columns about the origin of the rows */
  MongePlanes *drawn;    /* the same: one point of each cluster */
  MongePlanes *sum, *moment; /* what reductions give: u, (dim × ) */
  MongePlanes *extended; /* potentials at all points of a side */
  MongePlanes *best;     /* of the target's cross potentials in one solve */
  MongePlanes *shift;    /* one number */
  MongePlanes *slope;    /* (n × dim) in the source's order: handed over only when it is whole */

  MongeTask *task;
};

static inline MongePoints *
monge_side_get_points (const Side *side)
{
  return side->clusters != NULL ? side->clusters : side->fine;
}

static inline gboolean
monge_sinkhorn_is_on_points (const MongeSinkhorn *s)
{
  return s->sides[SOURCE].clusters == NULL && s->sides[TARGET].clusters == NULL;
}

/* --- potentials.c: one temperature, one level --- */

/* Sets ε, ρ and λ. */
void monge_sinkhorn_set_blur (MongeSinkhorn *s, double blur);
gboolean monge_sinkhorn_is_balanced (const MongeSinkhorn *s);
/* Pairs of blocks are left out that are together below 2^-cutoff of a row. */
double monge_sinkhorn_get_cutoff (const MongeSinkhorn *s);
/* Queues s->sum ← u for each of @rows; s->moment too if @moment. Potentials may be longer than what
 * they belong to, here and below. */
gboolean monge_sinkhorn_reduce (MongeSinkhorn *s, const MongePoints *rows,
                                MongePlanes *row_potential, const MongePoints *columns,
                                MongePlanes *column_potential, gboolean moment, GError **error);
/* Queues @to ← λ (from − ε u), u being in s->sum; @id: MONGE_STEP_UPDATE or _AND_MEASURE. */
void monge_sinkhorn_update (MongeSinkhorn *s, MongeStepId id, const MongePoints *points,
                            MongePlanes *to, MongePlanes *from, guint totals);
/* Waits for what is queued. @n totals from @first on. */
gboolean monge_sinkhorn_read (MongeSinkhorn *s, guint first, guint n, double *totals,
                              GError **error);
/* Only waits: potentials that came of reductions are sound afterwards. */
gboolean monge_sinkhorn_wait (MongeSinkhorn *s, GError **error);
/* The next potentials of @side are those that count from now on. */
void monge_side_take_next (Side *side);
/* A potential for @points, not cleared. */
MongePlanes *monge_points_new_potential (const MongePoints *points, GError **error);

/**
 * MongeIteration:
 * @marginal_error: of the plan between the old g and the new f, before g was updated; @dual: there
 */
typedef struct {
  double marginal_error, dual;
  double totals[N_TOTALS_OF_CROSS];
} MongeIteration;

/* The source's potential takes its next value, the target's has it in `next`: the caller says what
 * becomes of it. After a failure both are as they were. One read. */
gboolean monge_sinkhorn_iterate_cross (MongeSinkhorn *s, MongeIteration *iteration, GError **error);
/* Iterates the self potential of @side until its marginal is within @tol, or @max_iterations. */
gboolean monge_sinkhorn_converge_self (MongeSinkhorn *s, Side *side, double tol, int max_iterations,
                                       GError **error);

/* --- levels.c: from points to clusters and back --- */

/* Zero potentials on the coarsest clusters, at a temperature as large as the shapes. */
gboolean monge_sinkhorn_start_cold (MongeSinkhorn *s, GError **error);
/* The cells that a gradient within @tol asks for: 0 for the points themselves. */
double monge_sinkhorn_choose_cell (const MongeSinkhorn *s);
/* Whether shapes fill volumes. */
gboolean monge_sinkhorn_is_volume (const MongeSinkhorn *s);
/* Whether slopes are read off widened clusters: in volumes, where cells are alike in all directions,
 * p = 2, balanced. */
gboolean monge_sinkhorn_is_corrected (const MongeSinkhorn *s);
/* What the present level costs slopes, relative. */
double monge_sinkhorn_estimate_cluster_error (const MongeSinkhorn *s);
/* Brings both sides to clusters of at most @cell, or to the points if 0 or if clusters would be
 * hardly fewer; potentials follow by one softmin. */
gboolean monge_sinkhorn_set_level (MongeSinkhorn *s, double cell, GError **error);
/* Sorts a side again if its points have moved too far for the old order, or if its grid has no cells
 * near @cell. */
gboolean monge_sinkhorn_keep_order (MongeSinkhorn *s, double cell, GError **error);

/* --- readout.c: from the level to the points --- */

/* The cross problem's value, and its share of the slope (n × dim), added to what is there. One read,
 * or a few where slopes are corrected. */
gboolean monge_sinkhorn_read_out_cross (MongeSinkhorn *s, MongePlanes *slope, double *value,
                                        GError **error);
/* The same of −½ OT(α,α) − ½ OT(β,β). */
gboolean monge_sinkhorn_read_out_selves (MongeSinkhorn *s, MongePlanes *slope, double *value,
                                         GError **error);

/* Queues s->extended ← a potential of a side's level at its points, to first order; s->moment holds
 * the means of ∂_x C at the level. */
gboolean monge_sinkhorn_extend_to_points (MongeSinkhorn *s, const Side *side, MongePlanes *potential,
                                          GError **error);

/* --- correct.c: slopes from clusters that know how wide they are --- */

/* Adds to the slope (n × dim) what the cross problem, and what −½ of the self problem gives. */
gboolean monge_sinkhorn_correct_cross (MongeSinkhorn *s, MongePlanes *slope, GError **error);
gboolean monge_sinkhorn_correct_self (MongeSinkhorn *s, MongePlanes *slope, GError **error);

/* --- sinkhorn.c --- */

/* Iterates the cross problem at the present temperature and level until its marginals are well within
 * @tol and potentials no longer move, or @max_iterations, or nothing is gained any more: then the
 * best that was seen stays. @first_tol: an error above it after one iteration ends the attempt. */
gboolean monge_sinkhorn_converge_cross (MongeSinkhorn *s, double tol, int max_iterations,
                                        double first_tol, guint *iterations, double *marginal_error,
                                        GError **error);

G_END_DECLS
