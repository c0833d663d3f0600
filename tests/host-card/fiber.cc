/* A switch saves the registers that a called function has to leave alone (System V ABI for x86-64,
 * section 3.2.1) on the old stack and loads them from the new: some ten instructions. Other
 * processors take ucontext.h, which also enters the kernel to save signals.
 *
 * The sanitizers are told: the address sanitizer of the stack's bounds, the thread sanitizer that
 * another thread goes on, with nothing ordered by that. */
#include "tests/host-card/fiber.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifndef __x86_64__
#include <ucontext.h>
#endif

#ifdef HOST_CARD_ASAN
extern "C" void __sanitizer_start_switch_fiber (void **save, const void *bottom, size_t size);
extern "C" void __sanitizer_finish_switch_fiber (void *save, const void **bottom, size_t *size);
#endif
#ifdef HOST_CARD_TSAN
extern "C" void *__tsan_get_current_fiber (void);
extern "C" void *__tsan_create_fiber (unsigned flags);
extern "C" void __tsan_switch_to_fiber (void *fiber, unsigned flags);
#define TSAN_NO_SYNC 1u
#endif

static Fiber *switching_from;
static void (*entry_of_fibers) ();

static void
before_switch (Fiber *from, Fiber *to)
{
  switching_from = from;
#ifdef HOST_CARD_ASAN
  __sanitizer_start_switch_fiber (&from->fake_stack, to->stack, to->stack_size);
#endif
#ifdef HOST_CARD_TSAN
  __tsan_switch_to_fiber (to->sanitizer, TSAN_NO_SYNC);
#endif
  (void) to;
}

/* On the new stack; @fake_stack is null the first time. */
static void
after_switch (void *fake_stack)
{
#ifdef HOST_CARD_ASAN
  __sanitizer_finish_switch_fiber (fake_stack, &switching_from->stack,
                                   &switching_from->stack_size);
#endif
  (void) fake_stack;
}

static void
enter_fiber ()
{
  after_switch (nullptr);
  entry_of_fibers ();
  abort ();
}

#ifdef __x86_64__

extern "C" void host_card_swap_stacks (void **save, void *load);
asm (".text\n"
     ".globl host_card_swap_stacks\n"
     ".hidden host_card_swap_stacks\n"
     ".type host_card_swap_stacks, @function\n"
     "host_card_swap_stacks:\n"
     "  pushq %rbp\n"
     "  pushq %rbx\n"
     "  pushq %r12\n"
     "  pushq %r13\n"
     "  pushq %r14\n"
     "  pushq %r15\n"
     "  movq %rsp, (%rdi)\n"
     "  movq %rsi, %rsp\n"
     "  popq %r15\n"
     "  popq %r14\n"
     "  popq %r13\n"
     "  popq %r12\n"
     "  popq %rbx\n"
     "  popq %rbp\n"
     "  ret\n"
     ".size host_card_swap_stacks, . - host_card_swap_stacks\n");

/* As if called from nowhere: a function is entered with the stack 8 bytes off a multiple of 16. */
static void
prepare_stack (Fiber *fiber)
{
  uintptr_t *top = (uintptr_t *) ((char *) fiber->stack + fiber->stack_size - 56);

  top[0] = 0;                         /* the return address of enter_fiber() */
  top[-1] = (uintptr_t) enter_fiber;  /* popped by ret */
  memset (top - 7, 0, 6 * sizeof *top);
  fiber->stack_pointer = top - 7;
}

void
fiber_switch (Fiber *from, Fiber *to)
{
  before_switch (from, to);
  host_card_swap_stacks (&from->stack_pointer, to->stack_pointer);
  after_switch (from->fake_stack);
}

static void prepare_main (Fiber *) {}

#else

static void
prepare_main (Fiber *fiber)
{
  if (fiber->stack_pointer == nullptr)
    fiber->stack_pointer = calloc (1, sizeof (ucontext_t));
}

static void
prepare_stack (Fiber *fiber)
{
  ucontext_t *context;

  prepare_main (fiber);
  context = (ucontext_t *) fiber->stack_pointer;
  getcontext (context);
  context->uc_stack.ss_sp = (void *) fiber->stack;
  context->uc_stack.ss_size = fiber->stack_size;
  context->uc_link = nullptr;
  makecontext (context, enter_fiber, 0);
}

void
fiber_switch (Fiber *from, Fiber *to)
{
  before_switch (from, to);
  swapcontext ((ucontext_t *) from->stack_pointer, (ucontext_t *) to->stack_pointer);
  after_switch (from->fake_stack);
}

#endif

Fiber *
fiber_new (void (*entry) ())
{
  Fiber *fiber = (Fiber *) calloc (1, sizeof *fiber);
  char *memory = (char *) mmap (nullptr, FIBER_GUARD_SIZE + HOST_CARD_STACK_SIZE, PROT_NONE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  char *stack = memory + FIBER_GUARD_SIZE;

  if (memory == (char *) MAP_FAILED
      || mprotect (stack, HOST_CARD_STACK_SIZE, PROT_READ | PROT_WRITE) != 0)
    abort ();
  entry_of_fibers = entry;
  fiber->stack = stack;
  fiber->stack_size = HOST_CARD_STACK_SIZE;
#ifdef HOST_CARD_TSAN
  fiber->sanitizer = __tsan_create_fiber (0);
#endif
  prepare_stack (fiber);
  return fiber;
}

void
fiber_adopt (Fiber *self)
{
  prepare_main (self);
#ifdef HOST_CARD_TSAN
  self->sanitizer = __tsan_get_current_fiber ();
#endif
}

void
fiber_fill (void *memory, unsigned char value, size_t size)
{
#ifdef HOST_CARD_TSAN
  volatile unsigned char *bytes = (volatile unsigned char *) memory;
  size_t i;

  for (i = 0; i < size; i++)
    bytes[i] = value;
#else
  memset (memory, value, size);
#endif
}

size_t
fiber_find_change (const void *memory, unsigned char value, size_t size)
{
  const unsigned char *bytes = (const unsigned char *) memory;
  size_t i;

  for (i = 0; i < size && bytes[i] == value; i++) {}
  return i;
}
