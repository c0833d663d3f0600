/* A seeded generator with the same stream on every platform (xoshiro256**, Blackman & Vigna 2018). */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  guint64 s[4];
} MongeRandom;

void monge_random_init (MongeRandom *random, guint64 seed);
guint64 monge_random_next (MongeRandom *random);
/* In [0, 1). */
double monge_random_uniform (MongeRandom *random);
/* Standard normal. */
double monge_random_normal (MongeRandom *random);

G_END_DECLS
