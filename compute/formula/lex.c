#include "compute/formula/lex.h"

#include <math.h>
#include <string.h>

static const struct {
  const char *text, *sign;
} signs[] = {
  { "<=", "<=" }, { ">=", ">=" }, { "==", "==" }, { "!=", "!=" }, { "≤", "<=" }, { "≥", ">=" },
  { "≠", "!=" },  { "−", "-" },   { "×", "*" },   { "·", "*" },   { "÷", "/" },  { "+", "+" },
  { "-", "-" },   { "*", "*" },   { "/", "/" },   { "^", "^" },   { "(", "(" },  { ")", ")" },
  { "[", "[" },   { "]", "]" },   { ",", "," },   { "?", "?" },   { ":", ":" },  { "<", "<" },
  { ">", ">" },
};

/* Characters of a line shown on either side of the caret. */
#define SHOWN 60

/* @n characters before or after @at that exist within @limit. */
static const char *
walk (const char *at, const char *limit, int n)
{
  for (; n > 0 && at != limit; n--)
    at = limit < at ? g_utf8_prev_char (at) : g_utf8_next_char (at);
  return at;
}

/* The piece of @line around @at, with a caret in a line below. */
static void
append_line (GString *message, const char *line, const char *at, const char *end)
{
  const char *from = walk (at, line, SHOWN), *to = walk (at, end, SHOWN);
  g_autofree char *piece = g_strndup (from, to - from);
  glong before = g_utf8_strlen (from, at - from) + (from > line);

  for (char *c = piece; *c != '\0'; c++)
    if ((guchar) *c < ' ' || *c == 127)
      *c = ' ';
  g_string_append_printf (message, "\n%s%s%s\n%*s^", from > line ? "…" : "", piece,
                          to < end ? "…" : "", (int) before, "");
}

void
monge_lex_error (GError **error, const char *text, const char *at, const char *format, ...)
{
  g_autofree char *valid = g_utf8_make_valid (text, at - text);
  g_autofree char *rest = g_utf8_make_valid (at, strcspn (at, "\n"));
  g_autofree char *all = g_strconcat (valid, rest, NULL);
  g_autoptr (GString) message = g_string_new (NULL);
  const char *place = all + strlen (valid), *line = all;
  guint n_lines = 1;
  va_list list;

  for (const char *c = all; c < place; c++)
    if (*c == '\n')
      {
        n_lines++;
        line = c + 1;
      }
  g_string_printf (message, "line %u, column %ld: ", n_lines,
                   g_utf8_strlen (line, place - line) + 1);
  va_start (list, format);
  g_string_append_vprintf (message, format, list);
  va_end (list);
  append_line (message, line, place, all + strlen (all));
  g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_FORMAT, message->str);
}

gboolean
monge_lex_check (const char *text, GError **error)
{
  const char *end;

  if (g_utf8_validate (text, -1, &end))
    return TRUE;
  monge_lex_error (error, text, end, "byte 0x%02x is not UTF-8", (guchar) *end);
  return FALSE;
}

static gsize
count_digits (const char *at)
{
  gsize n = 0;

  while (g_ascii_isdigit (at[n]))
    n++;
  return n;
}

/* Digits, with a point among them or not, then perhaps an exponent; 0 if there is none. */
static gsize
measure_number (const char *at)
{
  gsize n = count_digits (at), fraction, exponent, skip;

  if (at[n] == '.')
    {
      fraction = count_digits (at + n + 1);
      if (n + fraction == 0)
        return 0;
      n += 1 + fraction;
    }
  if (n > 0 && (at[n] == 'e' || at[n] == 'E'))
    {
      skip = at[n + 1] == '+' || at[n + 1] == '-' ? 2 : 1;
      exponent = count_digits (at + n + skip);
      if (exponent > 0)
        n += skip + exponent;
    }
  return n;
}

static gboolean
read_number (const char *text, MongeToken *token, GError **error)
{
  g_autofree char *digits = g_strndup (token->at, token->length);

  token->type = MONGE_TOKEN_NUMBER;
  token->value = g_ascii_strtod (digits, NULL);
  if (isfinite (token->value))
    return TRUE;
  monge_lex_error (error, text, token->at, "this number is too large");
  return FALSE;
}

static gsize
measure_name (const char *at)
{
  const char *end = at;
  gunichar c = g_utf8_get_char (end);

  while (c == '_' || g_unichar_isalpha (c) || (end > at && c < 128 && g_ascii_isdigit (c)))
    {
      end = g_utf8_next_char (end);
      c = g_utf8_get_char (end);
    }
  return end - at;
}

static gboolean
read_sign (MongeToken *token)
{
  for (guint k = 0; k < G_N_ELEMENTS (signs); k++)
    if (g_str_has_prefix (token->at, signs[k].text))
      {
        token->type = MONGE_TOKEN_SIGN;
        token->length = strlen (signs[k].text);
        token->sign = signs[k].sign;
        return TRUE;
      }
  return FALSE;
}

gboolean
monge_lex_next (const char *text, const char *at, MongeToken *token, GError **error)
{
  while (*at != '\0' && g_unichar_isspace (g_utf8_get_char (at)))
    at = g_utf8_next_char (at);
  *token = (MongeToken){ .type = MONGE_TOKEN_END, .at = at };
  if (*at == '\0')
    return TRUE;
  token->length = measure_number (at);
  if (token->length > 0)
    return read_number (text, token, error);
  token->type = MONGE_TOKEN_NAME;
  token->length = measure_name (at);
  if (token->length > 0 || read_sign (token))
    return TRUE;
  if (g_unichar_isprint (g_utf8_get_char (at)))
    monge_lex_error (error, text, at, "“%.*s” means nothing here",
                     (int) (g_utf8_next_char (at) - at), at);
  else
    monge_lex_error (error, text, at, "character U+%04X means nothing here",
                     g_utf8_get_char (at));
  return FALSE;
}
