#include "tests/host-card/order.h"

#include "tests/host-card/host-card.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __x86_64__
#include <xmmintrin.h>
#endif

static struct {
  bool chosen;
  HostCardOrder order;
  uint64_t state;       /* of the generator */
  size_t factor, shift; /* blocks: i → factor i + shift modulo n */
} turns;

void
host_card_set_order (HostCardOrder order, unsigned seed)
{
  turns.chosen = true;
  turns.order = order;
  turns.state = seed;
}

/* From MONGE_HOST_CARD_ORDER: forward, reverse or random:SEED. */
static void
choose_order (void)
{
  const char *text = getenv ("MONGE_HOST_CARD_ORDER");
  const char *seed = text != nullptr ? strchr (text, ':') : nullptr;

  turns.chosen = true;
  if (text == nullptr || strcmp (text, "forward") == 0)
    turns.order = HOST_CARD_FORWARD;
  else if (strcmp (text, "reverse") == 0)
    turns.order = HOST_CARD_REVERSE;
  else if (strncmp (text, "random", 6) == 0)
    turns.order = HOST_CARD_RANDOM;
  else
    {
      fprintf (stderr, "host card: MONGE_HOST_CARD_ORDER=%s is none of forward, reverse, "
               "random:SEED\n", text);
      abort ();
    }
  turns.state = seed != nullptr ? strtoul (seed + 1, nullptr, 10) : 1;
}

/* SplitMix64, after Steele, Lea, Flood, “Fast splittable pseudorandom number generators”, 2014. */
static uint64_t
next_random (void)
{
  uint64_t z = turns.state += 0x9e3779b97f4a7c15;

  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

void
host_card_order_threads (unsigned *order, unsigned n)
{
  unsigned i;

  for (i = 0; i < n; i++)
    order[i] = turns.order == HOST_CARD_REVERSE ? n - 1 - i : i;
  if (turns.order != HOST_CARD_RANDOM)
    return;
  for (i = n; i > 1; i--)
    {
      unsigned other = (unsigned) (next_random () % i), kept = order[i - 1];

      order[i - 1] = order[other];
      order[other] = kept;
    }
}

unsigned char
host_card_get_poison (void)
{
  static const unsigned char poisons[] = { 0xFF, 0x7F, 0xFE };

  if (!turns.chosen)
    choose_order ();
  return poisons[turns.order];
}

static size_t
common_divisor (size_t a, size_t b)
{
  while (b != 0)
    {
      size_t rest = a % b;

      a = b;
      b = rest;
    }
  return a;
}

void
host_card_order_grid (size_t n_blocks)
{
  if (!turns.chosen)
    choose_order ();
  if (turns.order != HOST_CARD_RANDOM)
    return;
  turns.shift = next_random () % n_blocks;
  do
    turns.factor = next_random () % n_blocks + 1;
  while (common_divisor (turns.factor, n_blocks) != 1);
}

size_t
host_card_order_block (size_t i, size_t n)
{
  switch (turns.order)
    {
    case HOST_CARD_REVERSE:
      return n - 1 - i;
    case HOST_CARD_RANDOM:
      return (turns.factor * i + turns.shift) % n;
    default:
      return i;
    }
}

#ifdef __x86_64__

unsigned
host_card_flush_denormals (void)
{
  const unsigned flush_to_zero = 1u << 15, denormals_are_zeros = 1u << 6;
  unsigned mode = _mm_getcsr ();

  _mm_setcsr (mode | flush_to_zero | denormals_are_zeros);
  return mode;
}

void
host_card_restore_denormals (unsigned mode)
{
  _mm_setcsr (mode);
}

#else

unsigned host_card_flush_denormals (void) { return 0; }
void host_card_restore_denormals (unsigned) {}

#endif
