/* The threads of a block take turns: one runs until it has to wait, then the next in order that can
 * run goes on, directly, without a scheduler in between. A thread that never waits needs no switch
 * at all: the fiber that ran it begins the next. (With the thread sanitizer each has its own, or
 * races between them would not be seen.) */
#include "tests/host-card/block.h"

#include "tests/host-card/fiber.h"
#include "tests/host-card/memory.h"
#include "tests/host-card/order.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum State { NEW, READY, AT_BARRIER, AT_WARP, DONE };

struct Thread {
  State state;
  uint3 index;
  int line;      /* where it waits */
  unsigned mask; /* AT_WARP: for these lanes */
  Fiber *fiber;
};

/* Lanes that meet in a *_sync call: those of one mask. The values of one meeting are still read
 * while those of the next come in, never those of the one after. */
struct Group {
  unsigned mask, arrived, n_meetings;
  int line;
  uint64_t values[2][HOST_CARD_WARP];
  char sync[2];
};

#define MAX_GROUPS 8 /* masks in use by one warp */
#define MAX_WARPS (HOST_CARD_MAX_THREADS / HOST_CARD_WARP)

struct Shared {
  char *memory;
  size_t size;
  const char *name;
};

#define MAX_SHARED 64

static struct {
  const HostCardGrid *grid;
  unsigned n_threads, n_done, n_waiting;
  unsigned cursor; /* into order: who is looked at next */
  int n_true, n_true_before; /* predicates of the barrier under way and of the last */
  unsigned n_barriers;
  unsigned long long serial; /* of the block */
  Thread *current;
  Fiber *running, *idle;
  Fiber main;
  HostCardMemory *dynamic;
  unsigned n_shared;
  char begin_sync, end_sync, barrier_sync[2];
} card;

static Thread threads[HOST_CARD_MAX_THREADS];
static unsigned thread_order[HOST_CARD_MAX_THREADS];
static Group groups[MAX_WARPS][MAX_GROUPS];
static unsigned n_groups[MAX_WARPS];
static Shared shared[MAX_SHARED];
#ifdef HOST_CARD_TSAN
static Fiber *own_fibers[HOST_CARD_MAX_THREADS];
#endif

uint3 host_card_thread_index, host_card_block_index;
dim3 host_card_block_dim, host_card_grid_dim;

void
host_card_fail (const char *format, ...)
{
  va_list arguments;
  uint3 b = host_card_block_index, t = host_card_thread_index;

  fputs ("host card: ", stderr);
  if (card.grid != nullptr)
    {
      fprintf (stderr, "kernel %s, launched at %s:%d, block (%u, %u, %u)", card.grid->name,
               card.grid->file, card.grid->line, b.x, b.y, b.z);
      if (card.current != nullptr)
        fprintf (stderr, ", thread (%u, %u, %u)", t.x, t.y, t.z);
      fputs (": ", stderr);
    }
  va_start (arguments, format);
  vfprintf (stderr, format, arguments);
  va_end (arguments);
  fputc ('\n', stderr);
  fflush (stderr);
  abort ();
}

int
host_card_is_below_stack (const void *address)
{
  const char *at = (const char *) address;
  const char *stack = card.running != nullptr ? (const char *) card.running->stack : nullptr;

  return card.current != nullptr && at < stack && at >= stack - FIBER_GUARD_SIZE;
}

static unsigned
get_number (const Thread *thread)
{
  return (unsigned) (thread - threads);
}

static void fiber_main ();

static Fiber *
get_fiber_for (Thread *thread)
{
  Fiber *fiber;

  if (thread->fiber != nullptr)
    return thread->fiber;
#ifdef HOST_CARD_TSAN
  fiber = own_fibers[get_number (thread)];
#else
  fiber = card.idle;
  if (fiber != nullptr)
    card.idle = fiber->next;
  else
    fiber = fiber_new (fiber_main);
#endif
  thread->fiber = fiber;
  fiber->user = thread;
  return fiber;
}

static void
switch_to (Fiber *fiber)
{
  Fiber *from = card.running;

  if (fiber == from)
    return;
  card.running = fiber;
  fiber_switch (from, fiber);
}

static void
make_current (Thread *thread)
{
  card.current = thread;
  host_card_thread_index = thread->index;
}

/* Who keeps a group from meeting, for the message. */
static void
fail_at_warp (const Thread *waiting)
{
  unsigned first = get_number (waiting) / HOST_CARD_WARP * HOST_CARD_WARP, lane;

  for (lane = 0; lane < HOST_CARD_WARP; lane++)
    {
      const Thread *other = &threads[first + lane];

      if ((waiting->mask >> lane & 1) == 0 || other->state == AT_WARP)
        continue;
      host_card_fail ("lane %u waits in a warp's *_sync at line %d for lane %u, which %s",
                      get_number (waiting) % HOST_CARD_WARP, waiting->line, lane,
                      other->state == DONE ? "has left the kernel" : "waits at a __syncthreads");
    }
  host_card_fail ("lanes of a warp wait in *_sync calls with different masks at line %d",
                  waiting->line);
}

/* Nobody can run: everybody is at the same barrier, or somebody waits for ever. */
static void
finish_barrier (void)
{
  const Thread *first = nullptr;
  unsigned i;

  for (i = 0; i < card.n_threads; i++)
    {
      make_current (&threads[i]);
      if (threads[i].state == AT_WARP)
        fail_at_warp (&threads[i]);
      if (threads[i].state == AT_BARRIER && first == nullptr)
        first = &threads[i];
    }
  for (i = 0; i < card.n_threads; i++)
    {
      make_current (&threads[i]);
      if (threads[i].state == DONE)
        host_card_fail ("has left the kernel before the __syncthreads at line %d, where thread "
                        "%u of the block waits for all", first->line, get_number (first));
      if (threads[i].line != first->line)
        host_card_fail ("waits at the __syncthreads of line %d, thread %u of the block at that "
                        "of line %d", threads[i].line, get_number (first), first->line);
      threads[i].state = READY;
    }
  card.n_waiting = 0;
  card.cursor = 0;
  card.n_true_before = card.n_true;
  card.n_true = 0;
  card.n_barriers++;
  host_card_order_threads (thread_order, card.n_threads);
}

/* The next that can run, in order; null when all are done. */
static Thread *
choose_thread (void)
{
  unsigned i;

  if (card.n_done == card.n_threads)
    return nullptr;
  for (;;)
    {
      for (i = 0; i < card.n_threads; i++)
        {
          Thread *thread = &threads[thread_order[card.cursor]];

          if (++card.cursor == card.n_threads)
            card.cursor = 0;
          if (thread->state == NEW || thread->state == READY)
            return thread;
        }
      finish_barrier ();
    }
}

/* The running thread waits until something makes it ready, and its turn comes. */
static void
wait_for_turn (void)
{
  Thread *self = card.current;
  Thread *next = choose_thread ();

  switch_to (get_fiber_for (next));
  make_current (self);
}

static void
run_thread (Thread *thread)
{
  thread->state = READY;
  make_current (thread);
  fiber_acquire (&card.begin_sync);
  card.grid->body (card.grid->data);
  fiber_release (&card.end_sync);
  thread->state = DONE;
  card.n_done++;
}

/* Of every fiber, from block to block: its thread, and those that are new when it ends. */
static void
fiber_main ()
{
  Fiber *self = card.running;

  for (;;)
    {
      Thread *thread = (Thread *) self->user;
      Thread *next;

      run_thread (thread);
      thread->fiber = nullptr;
      next = choose_thread ();
#ifndef HOST_CARD_TSAN
      if (next != nullptr && next->state == NEW)
        {
          next->fiber = self;
          self->user = next;
          continue;
        }
      self->next = card.idle;
      card.idle = self;
#endif
      switch_to (next != nullptr ? get_fiber_for (next) : &card.main);
    }
}

int
host_card_barrier (int predicate, int line)
{
  char *sync = &card.barrier_sync[card.n_barriers & 1];

  fiber_release (sync);
  card.current->state = AT_BARRIER;
  card.current->line = line;
  card.n_true += predicate != 0;
  card.n_waiting++;
  wait_for_turn ();
  fiber_acquire (sync);
  return card.n_true_before;
}

static Group *
find_group (unsigned warp, unsigned mask)
{
  Group *group;
  unsigned i;

  for (i = 0; i < n_groups[warp]; i++)
    if (groups[warp][i].mask == mask)
      return &groups[warp][i];
  if (i == MAX_GROUPS)
    host_card_fail ("more than %d different masks in a warp", MAX_GROUPS);
  n_groups[warp]++;
  group = &groups[warp][i];
  group->mask = mask;
  group->arrived = 0;
  return group;
}

static void
check_mask (unsigned mask, int line)
{
  unsigned number = get_number (card.current), lane = number % HOST_CARD_WARP, i;

  if ((mask >> lane & 1) == 0)
    host_card_fail ("lane %u calls a warp's *_sync at line %d with mask %#x, which leaves it out",
                    lane, line, mask);
  for (i = 0; i < HOST_CARD_WARP; i++)
    {
      if ((mask >> i & 1) == 0)
        continue;
      if (number - lane + i >= card.n_threads)
        host_card_fail ("the mask %#x of a warp's *_sync at line %d names lane %u, and the "
                        "block has no such thread", mask, line, i);
      if (threads[number - lane + i].state == DONE)
        host_card_fail ("the mask %#x of a warp's *_sync at line %d names lane %u, which has "
                        "left the kernel", mask, line, i);
    }
}

/* Brings @value to the other lanes of @mask and returns theirs, by lane. */
static const uint64_t *
meet (unsigned mask, uint64_t value, int line)
{
  unsigned number = get_number (card.current), lane = number % HOST_CARD_WARP, i;
  Group *group;
  unsigned slot;

  check_mask (mask, line);
  group = find_group (number / HOST_CARD_WARP, mask);
  slot = group->n_meetings & 1;
  if (group->arrived != 0 && group->line != line)
    host_card_fail ("lanes of a warp meet in different *_sync calls, at lines %d and %d",
                    group->line, line);
  group->line = line;
  group->values[slot][lane] = value;
  fiber_release (&group->sync[slot]);
  group->arrived |= 1u << lane;
  if (group->arrived == mask)
    {
      group->arrived = 0;
      group->n_meetings++;
      for (i = 0; i < HOST_CARD_WARP; i++)
        if ((mask >> i & 1) != 0 && i != lane)
          threads[number - lane + i].state = READY;
    }
  else
    {
      card.current->state = AT_WARP;
      card.current->line = line;
      card.current->mask = mask;
      wait_for_turn ();
    }
  fiber_acquire (&group->sync[slot]);
  return group->values[slot];
}

void
host_card_sync_warp (unsigned mask, int line)
{
  meet (mask, 0, line);
}

unsigned long long
host_card_shuffle (unsigned mask, unsigned long long value, HostCardShuffle kind, int argument,
                   int width, int line)
{
  const uint64_t *values = meet (mask, value, line);
  int lane = (int) (get_number (card.current) % HOST_CARD_WARP);
  int first = lane & ~(width - 1);
  int from = lane;

  if (width < 1 || width > HOST_CARD_WARP || (width & (width - 1)) != 0)
    host_card_fail ("shuffle of width %d at line %d: not a power of 2 up to 32", width, line);
  switch (kind)
    {
    case HOST_CARD_SHUFFLE_INDEX:
      from = first + (argument & (width - 1));
      break;
    case HOST_CARD_SHUFFLE_UP:
      from = lane - argument < first ? lane : lane - argument;
      break;
    case HOST_CARD_SHUFFLE_DOWN:
      from = lane + argument >= first + width ? lane : lane + argument;
      break;
    case HOST_CARD_SHUFFLE_XOR:
      from = (lane ^ argument) >= first + width ? lane : lane ^ argument;
      break;
    }
  if ((mask >> from & 1) == 0)
    host_card_fail ("a shuffle at line %d reads lane %d, which its mask %#x leaves out", line,
                    from, mask);
  return values[from];
}

unsigned
host_card_ballot (unsigned mask, int predicate, int line)
{
  const uint64_t *values = meet (mask, predicate != 0, line);
  unsigned lane, ballot = 0;

  for (lane = 0; lane < HOST_CARD_WARP; lane++)
    if ((mask >> lane & 1) != 0 && values[lane] != 0)
      ballot |= 1u << lane;
  return ballot;
}

void *
host_card_get_dynamic_shared (void)
{
  return card.dynamic != nullptr ? card.dynamic->start : nullptr;
}

void
host_card_enter_shared (unsigned long long *serial, void *memory, size_t size, const char *name)
{
  char *inside = (char *) memory;

  if (*serial == card.serial)
    return;
  *serial = card.serial;
  if (card.n_shared == MAX_SHARED)
    host_card_fail ("more than %d shared variables", MAX_SHARED);
  shared[card.n_shared++] = (Shared) { inside, size, name };
  host_card_unpoison (inside - HOST_CARD_SHARED_GUARD, size + 2 * HOST_CARD_SHARED_GUARD);
  fiber_fill (inside - HOST_CARD_SHARED_GUARD, HOST_CARD_GUARD, size + 2 * HOST_CARD_SHARED_GUARD);
  fiber_fill (inside, host_card_get_poison (), size);
  host_card_poison (inside - HOST_CARD_SHARED_GUARD, HOST_CARD_SHARED_GUARD);
  host_card_poison (inside + size, HOST_CARD_SHARED_GUARD);
}

/* What lies around static shared memory is as it was. */
static void
check_shared (void)
{
  const size_t guard = HOST_CARD_SHARED_GUARD;
  unsigned i;

  card.current = nullptr;
  for (i = 0; i < card.n_shared; i++)
    {
      char *inside = shared[i].memory;
      size_t after, before;

      host_card_unpoison (inside - guard, guard);
      host_card_unpoison (inside + shared[i].size, guard);
      before = fiber_find_change (inside - guard, HOST_CARD_GUARD, guard);
      after = fiber_find_change (inside + shared[i].size, HOST_CARD_GUARD, guard);
      if (before < guard)
        host_card_fail ("wrote %zu bytes before the shared memory '%s'", guard - before,
                        shared[i].name);
      if (after < guard)
        host_card_fail ("wrote %zu bytes past the end of the shared memory '%s' of %zu bytes",
                        after, shared[i].name, shared[i].size);
    }
  card.n_shared = 0;
}

static void
run_block (uint3 index)
{
  unsigned i;

  host_card_block_index = index;
  card.serial++;
  card.n_done = card.n_waiting = 0;
  card.n_true = 0;
  card.cursor = 0;
  memset (n_groups, 0, sizeof n_groups);
  for (i = 0; i < card.n_threads; i++)
    {
      threads[i].state = NEW;
      threads[i].fiber = nullptr;
    }
  host_card_order_threads (thread_order, card.n_threads);
  if (card.dynamic != nullptr)
    fiber_fill (card.dynamic->start, host_card_get_poison (), card.dynamic->size);
  fiber_release (&card.begin_sync);
  switch_to (get_fiber_for (choose_thread ()));
  fiber_acquire (&card.end_sync);
  check_shared ();
  if (card.dynamic != nullptr)
    host_card_memory_check (card.dynamic);
}

static void
number_threads (dim3 block)
{
  unsigned i;

  card.n_threads = block.x * block.y * block.z;
  for (i = 0; i < card.n_threads; i++)
    {
      threads[i].index = { i % block.x, i / block.x % block.y, i / (block.x * block.y) };
#ifdef HOST_CARD_TSAN
      /* Here, and not by another of them: who makes a fiber is ordered before it. */
      if (own_fibers[i] == nullptr)
        own_fibers[i] = fiber_new (fiber_main);
#endif
    }
}

void
host_card_run_grid (const HostCardGrid *grid)
{
  size_t n_blocks = (size_t) grid->grid.x * grid->grid.y * grid->grid.z, i;
  unsigned mode = host_card_flush_denormals ();
  HostCardMemory *dynamic;

  card.grid = grid;
  card.running = &card.main;
  fiber_adopt (&card.main);
  host_card_grid_dim = grid->grid;
  host_card_block_dim = grid->block;
  number_threads (grid->block);
  dynamic = grid->shared_size > 0 ? host_card_memory_new (HOST_CARD_SHARED, grid->shared_size)
                                  : nullptr;
  card.dynamic = dynamic;
  host_card_order_grid (n_blocks);
  for (i = 0; i < n_blocks; i++)
    {
      size_t at = host_card_order_block (i, n_blocks);

      run_block ({ (unsigned) (at % grid->grid.x),
                   (unsigned) (at / grid->grid.x % grid->grid.y),
                   (unsigned) (at / grid->grid.x / grid->grid.y) });
    }
  if (dynamic != nullptr)
    host_card_memory_free (dynamic);
  card.dynamic = nullptr;
  card.grid = nullptr;
  host_card_restore_denormals (mode);
}
