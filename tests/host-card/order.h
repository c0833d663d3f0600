/* In which order threads and blocks take their turns, forward, reverse or shuffled from a seed, and
 * what is in memory that nobody has written: another byte in each, since NaN is lost in fmaxf() and
 * what is large in fminf(). */
#pragma once

#include <stddef.h>

/* The threads of a block, anew after every barrier. */
void host_card_order_threads (unsigned *order, unsigned n);
/* Which of @n blocks runs as the @i-th. */
size_t host_card_order_block (size_t i, size_t n);
/* Before the first block of a grid. */
void host_card_order_grid (size_t n_blocks);

/* 0xFF, NaN and −1; in reverse 0x7F, +3e38 and large; shuffled 0xFE, −2e38 and negative. */
unsigned char host_card_get_poison (void);

/* Denormal float numbers count as zero, as with nvcc -ftz=true; returns what to restore. On the host
 * that concerns float64 as well, where a card keeps them. */
unsigned host_card_flush_denormals (void);
void host_card_restore_denormals (unsigned mode);
