/* The schedule of blurs, alone: from the diameter down to the blur wanted. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The blur after @blur on the way to @target: @scaling times smaller, never below @target. A @blur at
 * or below @target jumps to it: going up needs no annealing. */
double monge_anneal_next (double blur, double target, double scaling);

G_END_DECLS
