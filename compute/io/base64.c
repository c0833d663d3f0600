#include "compute/io/base64.h"

enum { BLANK = 64, PAD, BAD };

static guint8
get_digit (guint8 c)
{
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return (guint8) (c - 'a' + 26);
  if (c >= '0' && c <= '9')
    return (guint8) (c - '0' + 52);
  return c == '+' ? 62 : c == '/' ? 63 : c == '=' ? PAD : g_ascii_isspace (c) ? BLANK : BAD;
}

static const guint8 *
get_digits (void)
{
  static guint8 digits[256];
  static gsize is_ready = 0;

  if (g_once_init_enter (&is_ready))
    {
      for (guint c = 0; c < 256; c++)
        digits[c] = get_digit ((guint8) c);
      g_once_init_leave (&is_ready, 1);
    }
  return digits;
}

static gboolean
fail_at (gsize at, const char *what, GError **error)
{
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "character %" G_GSIZE_FORMAT " of the "
               "base64 text %s; the file is damaged, export it again", at, what);
  return FALSE;
}

/* Four characters in a row that are digits one and all. */
static gboolean
decode_fast (const guint8 *digits, const guint8 *at, guint8 *to)
{
  guint a = digits[at[0]], b = digits[at[1]], c = digits[at[2]], d = digits[at[3]];

  if ((a | b | c | d) >= 64)
    return FALSE;
  to[0] = (guint8) (a << 2 | b >> 4);
  to[1] = (guint8) (b << 4 | c >> 2);
  to[2] = (guint8) (c << 6 | d);
  return TRUE;
}

typedef struct {
  guint8 bytes[3];
  guint n_bytes; /* 0 at the end of the text */
} Group;

/* Any four characters among blanks, the last one or two may be "=". */
static gboolean
read_group (const guint8 *digits, const guint8 *text, gsize size, gsize *at, Group *group,
            GError **error)
{
  guint8 values[4] = { 0 };
  guint n = 0, n_pads = 0;

  for (; n < 4 && *at < size; (*at)++)
    {
      guint8 digit = digits[text[*at]];

      if (digit == BLANK)
        continue;
      if (digit == BAD || (digit == PAD && n < 2) || (digit != PAD && n_pads > 0))
        return fail_at (*at, "does not belong there", error);
      n_pads += digit == PAD;
      values[n++] = digit == PAD ? 0 : digit;
    }
  if (n % 4 != 0)
    return fail_at (*at, "would be the end, in the middle of four", error);
  group->bytes[0] = (guint8) (values[0] << 2 | values[1] >> 4);
  group->bytes[1] = (guint8) (values[1] << 4 | values[2] >> 2);
  group->bytes[2] = (guint8) (values[2] << 6 | values[3]);
  group->n_bytes = n == 0 ? 0 : 3 - n_pads;
  return TRUE;
}

gboolean
monge_base64_decode (const char *text, gsize size, void *to, gsize most, gsize *used, gsize *n,
                     GError **error)
{
  const guint8 *digits = get_digits (), *in = (const guint8 *) text;
  guint8 *out = to;
  gsize at = 0, n_out = 0;
  Group group = { .n_bytes = 3 };

  while (group.n_bytes == 3 && n_out < most)
    {
      if (size - at >= 4 && most - n_out >= 3 && decode_fast (digits, in + at, out + n_out))
        {
          at += 4;
          n_out += 3;
          continue;
        }
      if (!read_group (digits, in, size, &at, &group, error))
        return FALSE;
      for (guint k = 0; k < group.n_bytes && n_out < most; k++)
        out[n_out++] = group.bytes[k];
    }
  *n = n_out;
  if (used != NULL)
    *used = at;
  return TRUE;
}

void
monge_base64_append (GString *out, const void *data, gsize size)
{
  gsize start = out->len;
  gint state = 0, save = 0;
  gsize n;

  g_string_set_size (out, start + (size / 3 + 1) * 4 + 4);
  n = g_base64_encode_step (data, size, FALSE, out->str + start, &state, &save);
  n += g_base64_encode_close (FALSE, out->str + start + n, &state, &save);
  g_string_truncate (out, start + n);
}
