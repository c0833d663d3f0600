/* Stacks that take turns on one processor: a CUDA thread each, while it runs on the host. */
#pragma once

#include <stddef.h>


#if defined(HOST_CARD_ASAN) || defined(HOST_CARD_TSAN)
#define HOST_CARD_STACK_SIZE (256 << 10) /* their frames are several times as large */
#else
#define HOST_CARD_STACK_SIZE (64 << 10)
#endif

/* What lies below a stack: more than any frame that a kernel should have. */
#define FIBER_GUARD_SIZE (1 << 20)

/**
 * Fiber:
 * @stack_pointer: where it left off, everything else lies on its stack
 * @stack, @stack_size: above %FIBER_GUARD_SIZE bytes that nobody may touch
 * @user: whatever the scheduler puts there
 *
 * The stack that the operating system gave is one too, the first to be switched away from; its
 * stack bounds come from the address sanitizer where that needs them.
 */
struct Fiber {
  void *stack_pointer;
  const void *stack;
  size_t stack_size;
  void *user;
  void *fake_stack; /* of the address sanitizer */
  void *sanitizer;  /* the thread sanitizer's own idea of it */
  Fiber *next;
};

/* A fiber that runs @entry when it is first switched to. @entry must not return. Never freed: the
 * scheduler keeps those it has. */
Fiber *fiber_new (void (*entry) ());
/* Makes @self stand for the stack that calls. */
void fiber_adopt (Fiber *self);
/* Leaves @from, the running one; returns when somebody switches back. */
void fiber_switch (Fiber *from, Fiber *to);

/* What happens before @place is released is seen by whoever acquires it after: nothing without the
 * thread sanitizer. Switching alone orders nothing. */
#ifdef HOST_CARD_TSAN
extern "C" void __tsan_acquire (void *address);
extern "C" void __tsan_release (void *address);
static inline void fiber_acquire (void *place) { __tsan_acquire (place); }
static inline void fiber_release (void *place) { __tsan_release (place); }
#else
static inline void fiber_acquire (void *) {}
static inline void fiber_release (void *) {}
#endif

/* As memset(), of which the thread sanitizer would take notice. */
void fiber_fill (void *memory, unsigned char value, size_t size);
/* The first byte that is not @value, or @size. */
size_t fiber_find_change (const void *memory, unsigned char value, size_t size);
