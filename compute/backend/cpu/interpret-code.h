/* One section of a program as calls of tile loops: what each works on and which loop it takes. */
#pragma once

#include "compute/backend/cpu/interpret-tile.h"

G_BEGIN_DECLS

/* A value comes from outside. */
typedef struct {
  guint value;
  guint from; /* the register */
  MongeAxis axis;
} MongeCodeInput;

/* @func works on the values @operands[first … first + n_from − 1]; G_MAXUINT stands for none. */
typedef struct {
  MongeTileFunc func;
  guint to;
  guint first, n_from;
} MongeCodeStep;

/* What a reduction reads: a value or, where it sums, the product of two. */
typedef struct {
  guint values[2];
  guint n_values;
} MongeCodeOutput;

/**
 * MongeCode:
 * @set: whose loops it takes
 * @kinds: (n_values): how each value runs along the tile
 * @slots: (n_values): which of @n_slots pieces of scratch memory a computed value fills, and an
 * input
 *   of vectors before the pairs; G_MAXUINT for what lies elsewhere
 * @outputs: (n_outputs): as asked for
 * @n_vectors: of a tile: few enough for all slots to stay in cache
 *
 * Values are written once each; a slot serves again when the value in it is no longer read.
 */
typedef struct {
  const MongeTileSet *set;
  MongeCodeStep *steps;
  guint n_steps;
  guint *operands;
  MongeCodeInput *inputs;
  guint n_inputs;
  guint8 *kinds;
  guint *slots;
  guint n_values, n_slots;
  MongeCodeOutput *outputs;
  guint n_outputs;
  gsize n_vectors;
} MongeCode;

/**
 * monge_code_new:
 * @section: of @program
 * @kinds: (4): how registers of each axis run along a tile; those of @section's own, where
 * computed,
 *   are vectors
 * @outputs: (n_outputs): registers
 * @n_whole: so many of them, the first, are made vectors; the others may be of any kind
 * @products: and be left as products
 */
MongeCode *monge_code_new (const MongeProgram *program, MongeAxis section, const MongeTileSet *set,
                           const MongeTileKind kinds[4], const guint *outputs, guint n_outputs,
                           guint n_whole, gboolean products);
void monge_code_free (MongeCode *code);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeCode, monge_code_free)

/* @addresses: (n_values): where each value lies; computed ones for @n vectors. */
void monge_code_run (const MongeCode *code, void *const *addresses, gsize n);

G_END_DECLS
