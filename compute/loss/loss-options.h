/* The lines of the option table for #MongeLossParams, so that a struct that has one inside can list
 * them in its own table: @base is the offset of the #MongeLossParams. */
#pragma once

#include "compute/loss/loss.h"

#include <stddef.h>

#define MONGE_LOSS_OPTION_LINES(base)                                                              \
  { "loss", "Loss", "", MONGE_OPTION_CHOICE, (base) + offsetof (MongeLossParams, loss), 0, 0,      \
    FALSE, monge_loss_names, "What is minimised" },                                                \
  { "p", "Exponent", "", MONGE_OPTION_INT, (base) + offsetof (MongeLossParams, p), 1, 2, FALSE,    \
    NULL, "Ground cost |x-y|^p / p: 2 pulls far points harder, 1 pulls all alike" },               \
  { "blur", "Blur", "length", MONGE_OPTION_DOUBLE, (base) + offsetof (MongeLossParams, blur),      \
    1e-9, 1e9, TRUE, NULL,                                                                         \
    "Smallest length that counts: larger is smoother and faster, smaller follows detail" },        \
  { "reach", "Reach", "length", MONGE_OPTION_DOUBLE, (base) + offsetof (MongeLossParams, reach),   \
    1e-9, INFINITY, TRUE, NULL,                                                                    \
    "Largest length that mass travels, so that outliers are left alone; inf moves all of it" },    \
  { "scaling", "Scaling", "", MONGE_OPTION_DOUBLE, (base) + offsetof (MongeLossParams, scaling),   \
    0.01, 0.99, FALSE, NULL,                                                                       \
    "Ratio of blurs between annealing steps: closer to 1 takes more, safer steps" },               \
  { "tol", "Tolerance", "", MONGE_OPTION_DOUBLE, (base) + offsetof (MongeLossParams, tol),         \
    1e-9, 1.0, TRUE, NULL,                                                                         \
    "Marginal error (share of the mass not where it should be) at which a solve stops" },          \
  { "max-iterations", "Iterations", "", MONGE_OPTION_INT,                                          \
    (base) + offsetof (MongeLossParams, max_iterations), 1, 1000000, TRUE, NULL,                   \
    "Most iterations at the final blur; a solve that needs more says it has not converged" },      \
  { "debias", "Debias", "", MONGE_OPTION_BOOL, (base) + offsetof (MongeLossParams, debias), 0, 1,  \
    FALSE, NULL, "Subtract the self terms, so that a shape is at distance 0 from itself" }
