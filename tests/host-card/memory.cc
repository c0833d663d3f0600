#include "tests/host-card/memory.h"

#include "tests/host-card/block.h"
#include "tests/host-card/fiber.h"
#include "tests/host-card/host-card.h"
#include "tests/host-card/order.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef HOST_CARD_ASAN
extern "C" void __asan_poison_memory_region (void const volatile *memory, size_t size);
extern "C" void __asan_unpoison_memory_region (void const volatile *memory, size_t size);

void
host_card_poison (void *memory, size_t size)
{
  __asan_poison_memory_region (memory, size);
}

void
host_card_unpoison (void *memory, size_t size)
{
  __asan_unpoison_memory_region (memory, size);
}

#else

void host_card_poison (void *, size_t) {}
void host_card_unpoison (void *, size_t) {}

#endif

/* Freed memory stays, unusable, until so many more were freed. */
#define QUARANTINE 64

static HostCardMemory *all;
static HostCardMemory *quarantine[QUARANTINE];
static unsigned n_quarantined;
static unsigned long serial;
static unsigned n_shows;
static bool visible;

static size_t
get_page (void)
{
  return (size_t) sysconf (_SC_PAGESIZE);
}

static void
protect (const HostCardMemory *memory, int protection)
{
  size_t page = get_page ();

  if (mprotect (memory->pages + page, memory->pages_size - 2 * page, protection) != 0)
    host_card_fail ("the host refuses to change the protection of memory");
}

/* The gaps between the pages and what was asked for: before and after. */
static void
get_gaps (const HostCardMemory *memory, char **before, size_t *before_size, size_t *after_size)
{
  size_t page = get_page ();

  *before = memory->pages + page;
  *before_size = (size_t) (memory->start - *before);
  *after_size = (size_t) (memory->pages + memory->pages_size - page
                          - (memory->start + memory->size));
}

HostCardMemory *
host_card_memory_new (HostCardMemoryKind kind, size_t size)
{
  size_t page = get_page (), rounded = (size + 15) & ~(size_t) 15;
  size_t inside = (rounded + page - 1) / page * page, before_size, after_size;
  HostCardMemory *memory = (HostCardMemory *) calloc (1, sizeof *memory);
  char *before;

  if (inside == 0)
    inside = page;
  memory->pages_size = inside + 2 * page;
  memory->pages = (char *) mmap (nullptr, memory->pages_size, PROT_NONE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory->pages == (char *) MAP_FAILED)
    {
      free (memory);
      return nullptr;
    }
  memory->start = memory->pages + page + inside - rounded;
  memory->size = size;
  memory->kind = kind;
  memory->serial = ++serial;
  memory->next = all;
  all = memory;
  protect (memory, PROT_READ | PROT_WRITE);
  get_gaps (memory, &before, &before_size, &after_size);
  fiber_fill (before, HOST_CARD_GUARD, inside);
  fiber_fill (memory->start, host_card_get_poison (), size);
  host_card_poison (before, before_size);
  host_card_poison (memory->start + size, after_size);
  if (kind == HOST_CARD_DEVICE && n_shows == 0)
    protect (memory, PROT_NONE);
  return memory;
}

static const char *
get_kind_name (HostCardMemoryKind kind)
{
  static const char *const names[] = { "device memory", "pinned memory", "shared memory" };

  return names[kind];
}

void
host_card_memory_check (const HostCardMemory *memory)
{
  size_t before_size, after_size, changed;
  char *before;

  get_gaps (memory, &before, &before_size, &after_size);
  host_card_unpoison (before, before_size);
  host_card_unpoison (memory->start + memory->size, after_size);
  changed = fiber_find_change (before, HOST_CARD_GUARD, before_size);
  if (changed < before_size)
    host_card_fail ("wrote %zu bytes before the %s no. %lu of %zu bytes", before_size - changed,
                    get_kind_name (memory->kind), memory->serial, memory->size);
  if (fiber_find_change (memory->start + memory->size, HOST_CARD_GUARD, after_size)
      < after_size)
    host_card_fail ("wrote past the end of the %s no. %lu of %zu bytes",
                    get_kind_name (memory->kind), memory->serial, memory->size);
  host_card_poison (before, before_size);
  host_card_poison (memory->start + memory->size, after_size);
}

void
host_card_memory_check_all (void)
{
  host_card_memory_show ();
  for (HostCardMemory *memory = all; memory != nullptr; memory = memory->next)
    host_card_memory_check (memory);
  host_card_memory_hide ();
}

void
host_card_memory_free (HostCardMemory *memory)
{
  HostCardMemory **link = &all, **place;

  if (memory->kind == HOST_CARD_DEVICE)
    protect (memory, PROT_READ | PROT_WRITE);
  host_card_memory_check (memory);
  while (*link != memory)
    link = &(*link)->next;
  *link = memory->next;
  host_card_unpoison (memory->pages, memory->pages_size);
  mmap (memory->pages, memory->pages_size, PROT_NONE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  memory->freed = true;
  place = &quarantine[n_quarantined++ % QUARANTINE];
  if (*place != nullptr)
    {
      munmap ((*place)->pages, (*place)->pages_size);
      free (*place);
    }
  *place = memory;
}

void
host_card_memory_free_all (void)
{
  while (all != nullptr)
    host_card_memory_free (all);
}

HostCardMemory *
host_card_memory_find (const void *pointer)
{
  const char *at = (const char *) pointer;

  for (HostCardMemory *memory = all; memory != nullptr; memory = memory->next)
    if (at >= memory->start && at < memory->start + memory->size)
      return memory;
  return nullptr;
}

unsigned
host_card_memory_report (HostCardMemoryKind kind)
{
  unsigned n = 0;

  for (HostCardMemory *memory = all; memory != nullptr; memory = memory->next)
    {
      if (memory->kind != kind)
        continue;
      fprintf (stderr, "host card: %s no. %lu of %zu bytes was never freed\n",
               get_kind_name (kind), memory->serial, memory->size);
      n++;
    }
  return n;
}

static void
protect_device (int protection)
{
  for (HostCardMemory *memory = all; memory != nullptr; memory = memory->next)
    if (memory->kind == HOST_CARD_DEVICE)
      protect (memory, protection);
}

void
host_card_memory_show (void)
{
  if (n_shows++ == 0)
    protect_device (PROT_READ | PROT_WRITE);
}

void
host_card_set_visible (int value)
{
  if (visible == (value != 0))
    return;
  visible = value != 0;
  if (visible)
    host_card_memory_show ();
  else
    host_card_memory_hide ();
}

void
host_card_memory_hide (void)
{
  if (--n_shows == 0)
    protect_device (PROT_NONE);
}

/* What lies at, or near, an address that faulted. */
static void
explain_fault (const char *at)
{
  const char *who = n_shows > visible ? "a kernel or copy" : "the host";
  unsigned i;

  for (const HostCardMemory *memory = all; memory != nullptr; memory = memory->next)
    {
      const char *kind = get_kind_name (memory->kind);

      if (at < memory->pages || at >= memory->pages + memory->pages_size)
        continue;
      if (at < memory->start)
        host_card_fail ("%s touches %zu bytes before the %s no. %lu of %zu bytes", who,
                        (size_t) (memory->start - at), kind, memory->serial, memory->size);
      if (at >= memory->start + memory->size)
        host_card_fail ("%s touches %zu bytes past the end of the %s no. %lu of %zu bytes", who,
                        (size_t) (at - memory->start - memory->size), kind, memory->serial,
                        memory->size);
      host_card_fail ("%s touches the %s no. %lu of %zu bytes directly", who, kind,
                      memory->serial, memory->size);
    }
  for (i = 0; i < QUARANTINE; i++)
    if (quarantine[i] != nullptr && at >= quarantine[i]->pages
        && at < quarantine[i]->pages + quarantine[i]->pages_size)
      host_card_fail ("%s touches the %s no. %lu after it was freed", who,
                      get_kind_name (quarantine[i]->kind), quarantine[i]->serial);
  if (host_card_is_below_stack (at))
    host_card_fail ("needs more stack than a thread should");
  if (at < (const char *) 65536)
    host_card_fail ("%s touches byte %zu of NULL, or of dynamic shared memory that its launch does "
                    "not have", who, (size_t) at);
  host_card_fail ("%s touches the address %p, where there is nothing", who, (const void *) at);
}

static void
on_fault (int number, siginfo_t *info, void *)
{
  (void) number;
  explain_fault ((const char *) info->si_addr);
}

void
host_card_memory_watch (void)
{
  static thread_local char own_stack[64 << 10]; /* the fiber's may be what has run out */
  static thread_local bool done;
  struct sigaction action;
  stack_t stack;

  if (done)
    return;
  done = true;
  /* A sanitizer gives each thread one, and takes back whatever it finds there. */
  if (sigaltstack (nullptr, &stack) != 0 || (stack.ss_flags & SS_DISABLE) != 0)
    {
      memset (&stack, 0, sizeof stack);
      stack.ss_sp = own_stack;
      stack.ss_size = sizeof own_stack;
      sigaltstack (&stack, nullptr);
    }
  memset (&action, 0, sizeof action);
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction (SIGSEGV, &action, nullptr);
  sigaction (SIGBUS, &action, nullptr);
}
