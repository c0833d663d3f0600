#include "compute/core/random.h"

#include <math.h>

static guint64
rotate_left (guint64 x, int k)
{
  return (x << k) | (x >> (64 - k));
}

/* The state is filled by SplitMix64, so that seeds 0 and 1 give unrelated streams. */
void
monge_random_init (MongeRandom *random, guint64 seed)
{
  for (int i = 0; i < 4; i++)
    {
      guint64 z = (seed += 0x9e3779b97f4a7c15u);
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
      z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
      random->s[i] = z ^ (z >> 31);
    }
}

guint64
monge_random_next (MongeRandom *random)
{
  guint64 *s = random->s;
  guint64 result = rotate_left (s[1] * 5, 7) * 9;
  guint64 t = s[1] << 17;

  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate_left (s[3], 45);
  return result;
}

double
monge_random_uniform (MongeRandom *random)
{
  return (double) (monge_random_next (random) >> 11) * 0x1p-53;
}

double
monge_random_normal (MongeRandom *random)
{
  double u = 1.0 - monge_random_uniform (random); /* in (0, 1] */
  double v = monge_random_uniform (random);

  return sqrt (-2.0 * log (u)) * cos (2.0 * G_PI * v);
}
