/* What the files of the Sinkhorn solver share. */
#pragma once

#include "compute/solver/predict.h"
#include "compute/solver/sinkhorn.h"
#include "compute/solver/softmin.h"

G_BEGIN_DECLS

typedef enum { SOURCE, TARGET } Which;

/* A potential of a symmetric problem and the momentum of its iteration. */
typedef struct {
  double *values;  /* at the level of its side */
  double *step;    /* last change, for the next */
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
  double *cross;         /* f or g */
  SelfPotential self;
} Side;

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

  MongeKernel *kernels[2][2]; /* by p − 1 and whether with moments; made on first use */
  double *row_exponent, *column_exponent; /* scratch, as long as the longer side */
  float *shifted;       /* planes of columns about the origin of the rows */
  double *sum, *moment;
  double *extended;     /* potentials at all points of a side */
  double *slope;        /* (n × dim) in the source's order: handed over only when it is whole */

  guint64 n_pairs;
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
/* What row i of the plan should weigh, over α_i: e^(−f/ρ). */
double monge_sinkhorn_wanted_mass (const MongeSinkhorn *s, double potential);
/* One side's share of the dual value: ⟨α,f⟩, or −ρ⟨α, e^(−f/ρ) − 1⟩. */
double monge_sinkhorn_dual_term (const MongeSinkhorn *s, const MongePoints *points,
                                 const double *potential);
/* λ softmin, from the potential at hand and u of its row. */
double monge_sinkhorn_updated (const MongeSinkhorn *s, double potential, double u);
/* Pairs of blocks are left out that are together below 2^-cutoff of a row. */
double monge_sinkhorn_get_cutoff (const MongeSinkhorn *s);
/* s->sum ← u for each of @rows; s->moment too if @moment. */
gboolean monge_sinkhorn_reduce (MongeSinkhorn *s, const MongePoints *rows,
                                const double *row_potential, const MongePoints *columns,
                                const double *column_potential, gboolean moment, GError **error);
/* f, then g. @marginal_error: of the plan between the two. @dual: of the same. */
gboolean monge_sinkhorn_iterate_cross (MongeSinkhorn *s, double *marginal_error, double *dual,
                                       GError **error);
/* Iterates the self potential of @side until its marginal is within @tol, or @max_iterations. */
gboolean monge_sinkhorn_converge_self (MongeSinkhorn *s, Side *side, double tol, int max_iterations,
                                       GError **error);

/* --- levels.c: from points to clusters and back --- */

/* Zero potentials on the coarsest clusters, at a temperature as large as the shapes. */
void monge_sinkhorn_start_cold (MongeSinkhorn *s);
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

/* The cross problem's value, and its share of the slope (n × dim), added to what is there. */
gboolean monge_sinkhorn_read_out_cross (MongeSinkhorn *s, double *slope, double *value,
                                        GError **error);
/* The same of −½ OT(α,α) − ½ OT(β,β). */
gboolean monge_sinkhorn_read_out_selves (MongeSinkhorn *s, double *slope, double *value,
                                         GError **error);

/* s->extended ← a potential of the source's level at its points, to first order; s->moment holds the
 * means of ∂_x C at the level. */
void monge_sinkhorn_extend_to_points (MongeSinkhorn *s, const double *potential);

/* --- correct.c: slopes from clusters that know how wide they are --- */

/* Adds to the slope (n × dim) what the cross problem, and what −½ of the self problem gives. */
gboolean monge_sinkhorn_correct_cross (MongeSinkhorn *s, double *slope, GError **error);
gboolean monge_sinkhorn_correct_self (MongeSinkhorn *s, double *slope, GError **error);

/* --- sinkhorn.c --- */

/* Iterates the cross problem at the present temperature and level until its marginals are well within
 * @tol and potentials no longer move, or @max_iterations, or nothing is gained any more: then the
 * best that was seen stays. @first_tol: an error above it after one iteration ends the attempt. */
gboolean monge_sinkhorn_converge_cross (MongeSinkhorn *s, double tol, int max_iterations,
                                        double first_tol, guint *iterations, double *marginal_error,
                                        GError **error);

G_END_DECLS
