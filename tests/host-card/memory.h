/* Memory of exactly the size asked for: the bytes around it are guarded, new bytes are poison (see
 * order.h), and that of the card cannot be touched from the host. */
#pragma once

#include <stddef.h>

#define HOST_CARD_GUARD 0xFF /* the bytes around */

typedef enum {
  HOST_CARD_DEVICE, /* seen by kernels and copies alone */
  HOST_CARD_PINNED, /* by the host too */
  HOST_CARD_SHARED, /* of a block */
} HostCardMemoryKind;

/**
 * HostCardMemory:
 * @start, @size: what was asked for; aligned to 16 bytes, and ends less than 16 bytes before a page
 *   that faults. A card aligns to 256, but then overruns would fall into the gap
 * @pages, @n_pages: with one page that faults before and after
 * @serial: the how-manieth allocation
 * @device: of whose memory it is
 */
typedef struct HostCardMemory HostCardMemory;
struct HostCardMemory {
  char *start;
  size_t size;
  char *pages;
  size_t pages_size;
  HostCardMemoryKind kind;
  unsigned long serial;
  bool freed;
  int device;
  HostCardMemory *next;
};

/* Null when the host itself has none left. */
HostCardMemory *host_card_memory_new (HostCardMemoryKind kind, size_t size);
/* Checks the guards. The bytes fault from now on. */
void host_card_memory_free (HostCardMemory *memory);
void host_card_memory_free_all (void);
/* What holds @pointer, alive; null if nothing does. */
HostCardMemory *host_card_memory_find (const void *pointer);
/* The guards are as they were, else fails. */
void host_card_memory_check (const HostCardMemory *memory);
void host_card_memory_check_all (void);
/* Says on stderr what is still there; returns how many. */
unsigned host_card_memory_report (HostCardMemoryKind kind);

/* Between these, the calling thread runs a kernel or a copy. They nest. */
void host_card_memory_show (void);
void host_card_memory_hide (void);

/* From now on, a wrong access ends the program with what was wrong about it. */
void host_card_memory_watch (void);

/* For the address sanitizer; nothing without. */
void host_card_poison (void *memory, size_t size);
void host_card_unpoison (void *memory, size_t size);
