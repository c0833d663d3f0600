/* Text to tokens, and errors that point into the text. */
#pragma once

#include "compute/core/error.h"

G_BEGIN_DECLS

typedef enum {
  MONGE_TOKEN_END,
  MONGE_TOKEN_NUMBER,
  MONGE_TOKEN_NAME,
  MONGE_TOKEN_SIGN,
} MongeTokenType;

/**
 * MongeToken:
 * @at, @length: its bytes in the text
 * @value: of a number
 * @sign: of a sign: its usual spelling, "-" for “−”; static
 */
typedef struct {
  MongeTokenType type;
  const char *at;
  gsize length;
  double value;
  const char *sign;
} MongeToken;

/* Any bytes up to the NUL; what is not UTF-8 is an error here. */
gboolean monge_lex_check (const char *text, GError **error);
/* The token at or after @at, a place in @text or behind its last token. */
gboolean monge_lex_next (const char *text, const char *at, MongeToken *token, GError **error);

/* “line 1, column 7: ” before the message; the line and a caret under @at after it. Long lines are
 * shown around the caret. */
void monge_lex_error (GError **error, const char *text, const char *at, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

G_END_DECLS
