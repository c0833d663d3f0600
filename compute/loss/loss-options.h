/* The lines of the option table for #MongeLossParams, so that a struct with one inside can list them
 * in its own table: @base is the offset of the #MongeLossParams. */
#pragma once

#include "compute/loss/loss.h"

#include <stddef.h>

#define MONGE_LOSS_OPTION_LINES(base)                                                              \
  { "loss", "Loss", "", MONGE_OPTION_CHOICE,                                                       \
    (base) + offsetof (MongeLossParams, loss), 0, 0, FALSE, monge_loss_names,                      \
    "How the distance between the two shapes is measured." },                                      \
  { "p", "Exponent", "", MONGE_OPTION_INT,                                                         \
    (base) + offsetof (MongeLossParams, p), 1, 2, FALSE, NULL,                                     \
    "Exponent of the ground cost |x − y|^p / p: 2 moves mass along straight, even paths; 1 is "    \
    "less drawn by far points." },                                                                 \
  { "blur", "Blur", "length", MONGE_OPTION_DOUBLE,                                                 \
    (base) + offsetof (MongeLossParams, blur), 1e-9, 1e9, TRUE, NULL,                              \
    "Smallest length that counts. Detail below it is ignored; smaller is sharper and slower." },   \
  { "reach", "Reach", "length", MONGE_OPTION_DOUBLE,                                               \
    (base) + offsetof (MongeLossParams, reach), 1e-9, INFINITY, TRUE, NULL,                        \
    "Largest length that mass travels. Parts farther away are left unmatched; “inf” matches "      \
    "everything (balanced)." },                                                                    \
  { "scaling", "Scaling", "", MONGE_OPTION_DOUBLE,                                                 \
    (base) + offsetof (MongeLossParams, scaling), 0.05, 0.99, FALSE, NULL,                         \
    "Ratio of blurs between annealing steps. Closer to 1 is slower and steadier." },               \
  { "tol", "Tolerance", "", MONGE_OPTION_DOUBLE,                                                   \
    (base) + offsetof (MongeLossParams, tol), 1e-7, 1, TRUE, NULL,                                 \
    "Marginal error at which a solve stops: the share of mass still out of place." },              \
  { "max-iterations", "Iterations", "", MONGE_OPTION_INT,                                          \
    (base) + offsetof (MongeLossParams, max_iterations), 1, 100000, TRUE, NULL,                    \
    "Most iterations at the final blur before a solve gives up." },                                \
  { "debias", "Debias", "", MONGE_OPTION_BOOL,                                                     \
    (base) + offsetof (MongeLossParams, debias), 0, 1, FALSE, NULL,                                \
    "Subtract the self terms, so that the loss vanishes when the shapes agree." }
