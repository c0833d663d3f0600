/* Base 64 (RFC 4648), as XML files carry numbers. Private to readers and writers. */
#pragma once

#include "compute/core/error.h"

G_BEGIN_DECLS

/* What @size characters can hold at most, in bytes. */
#define MONGE_BASE64_MOST(size) ((size) / 4 * 3 + 3)

/* Up to @most bytes to @to; blanks between the characters are skipped, and reading ends behind the
 * characters that fill @most or behind a group that ends in "=". @used: (out) (optional): how many
 * characters were read. @n: (out): bytes written. Fails at a character that is none, with its
 * place in @text. Neither reads nor writes beyond what it was given; O(size). */
gboolean monge_base64_decode (const char *text, gsize size, void *to, gsize most, gsize *used,
                              gsize *n, GError **error);

void monge_base64_append (GString *out, const void *data, gsize size);

G_END_DECLS
