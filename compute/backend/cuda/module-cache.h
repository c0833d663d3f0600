/* Compiled programs on disk, so that a formula is compiled once per machine. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Bytes of all files, at most; the oldest go. */
#define MONGE_MODULE_CACHE_MAX_SIZE (64 << 20)

/* The user's: $XDG_CACHE_HOME/monge/kernels. Transfer full. */
char *monge_module_cache_get_folder (void);

/* What decides about a compiled program, as the name of a file. Transfer full. */
char *monge_module_cache_make_key (const char *text, int architecture, int compiler_major,
                                   int compiler_minor);

/**
 * monge_module_cache_load:
 *
 * Returns: (nullable): the bytes that were stored, and nothing else: files that were cut short,
 * changed, or are not files at all count as missing. Any thread, any process.
 */
GBytes *monge_module_cache_load (const char *folder, const char *key);

/* Whole or not at all, also beside other processes that store the same. Returns %FALSE, which costs
 * time alone, when the folder cannot be written. */
gboolean monge_module_cache_store (const char *folder, const char *key, GBytes *bytes);

/* Removes the oldest until files together are no larger than @max_size. */
void monge_module_cache_trim (const char *folder, guint64 max_size);

G_END_DECLS
