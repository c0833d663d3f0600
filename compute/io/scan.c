/* Numbers are read as W. D. Clinger, “How to read floating point numbers accurately”, PLDI 1990,
 * proposes: a short decimal is the quotient or the product of two exact doubles. Longer ones, up to
 * 19 digits, use a product or quotient of twice the precision with a bound on its error; the C
 * library takes the few that neither settles. Writing tries the digits that always survive, then
 * one more each time, and keeps what reads back. */
#include "compute/io/scan.h"

#include <math.h>
#include <string.h>

#include "compute/shape/bytes.h"

#define MAX_DIGITS 19
#define MAX_POWER 22
#define MAX_EXPONENT 100000

/* All exact: 5²² < 2⁵³. */
static const double powers[MAX_POWER + 1] = {
  1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

void
monge_scan_init (MongeScan *scan, const guint8 *data, gsize size)
{
  gsize skip = size >= 3 && memcmp (data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

  if (data == NULL)
    data = (const guint8 *) ""; /* no bytes at all */
  *scan = (MongeScan){ .start = data, .at = data + skip, .end = data + size, .line = 1 };
}

void
monge_scan_next_line (MongeScan *scan)
{
  while (!monge_scan_is_at_line_end (scan))
    scan->at++;
  if (scan->at >= scan->end)
    return;
  if (*scan->at++ == '\r' && scan->at < scan->end && *scan->at == '\n')
    scan->at++;
  scan->line++;
}

gboolean
monge_scan_find_word (MongeScan *scan)
{
  for (;;)
    {
      monge_scan_skip_blanks (scan);
      if (scan->at >= scan->end)
        return FALSE;
      if (!monge_scan_is_at_line_end (scan))
        return TRUE;
      monge_scan_next_line (scan);
    }
}

gsize
monge_scan_word (MongeScan *scan, const char **word)
{
  monge_scan_skip_blanks (scan);
  *word = (const char *) scan->at;
  while (!monge_scan_is_at_word_end (scan))
    scan->at++;
  return (gsize) ((const char *) scan->at - *word);
}

gboolean
monge_scan_word_is (const char *word, gsize length, const char *what)
{
  return length == strlen (what) && memcmp (word, what, length) == 0;
}

char *
monge_scan_dup_rest (const MongeScan *scan)
{
  MongeScan line = *scan;
  const guint8 *end;

  monge_scan_skip_blanks (&line);
  for (end = line.at; end < line.end && *end != '\n' && *end != '\r'; end++)
    ;
  while (end > line.at && monge_scan_is_blank (end[-1]))
    end--;
  return g_utf8_make_valid ((const char *) line.at, end - line.at);
}

char *
monge_scan_dup_excerpt (const MongeScan *scan)
{
  enum { longest = 24 };
  GString *text = g_string_new (NULL);
  MongeScan word = *scan;

  while (!monge_scan_is_at_word_end (&word) && text->len < longest)
    {
      guint8 c = *word.at++;
      g_string_append_c (text, c > ' ' && c < 0x7f ? (char) c : '?');
    }
  if (text->len == 0)
    g_string_append (text, word.at >= word.end ? "the end of the file" : "the end of the line");
  else if (!monge_scan_is_at_word_end (&word))
    g_string_append (text, "…");
  return g_string_free (text, FALSE);
}

char *
monge_scan_dup_unit (const MongeScan *scan)
{
  MongeScan line = *scan;
  const char *word;
  gsize length = monge_scan_word (&line, &word);
  g_autofree char *unit = NULL;

  if (!monge_scan_word_is (word, length, "unit:"))
    return NULL;
  unit = monge_scan_dup_rest (&line);
  if (unit[0] == '\0' || strlen (unit) > 16)
    return NULL;
  return g_steal_pointer (&unit);
}

MongeSpace
monge_scan_space (const MongeScan *scan)
{
  static const char mark[] = "SPACE=";
  MongeSpace space = MONGE_SPACE_UNKNOWN;

  for (const guint8 *at = scan->at; scan->end - at >= 9 && *at != '\n' && *at != '\r'; at++)
    if (memcmp (at, mark, 6) == 0)
      {
        if (memcmp (at + 6, "RAS", 3) == 0)
          return MONGE_SPACE_RAS;
        if (memcmp (at + 6, "LPS", 3) == 0)
          space = MONGE_SPACE_LPS;
      }
  return space;
}

gboolean
monge_scan_fail (const MongeScan *scan, GError **error, MongeError code, const char *format, ...)
{
  g_autofree char *text = NULL, *valid = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  valid = g_utf8_make_valid (text, -1); /* what was cut to fit may end within a character */
  g_set_error (error, MONGE_ERROR, code, "line %" G_GSIZE_FORMAT ": %s", scan->line, valid);
  return FALSE;
}

/* --- Reading --- */

/* digits × 10^exponent; FALSE when more precision is needed to be sure of the last bit. */
static gboolean
convert (guint64 digits, int exponent, double *value)
{
  double power, high, low, rest, error;

  if (digits == 0)
    return *value = 0.0, TRUE;
  if (exponent < -MAX_POWER || exponent > MAX_POWER)
    return FALSE;
  power = powers[ABS (exponent)];
  high = (double) digits;
  if (digits <= (guint64) 1 << 53)
    return *value = exponent < 0 ? high / power : high * power, TRUE;

  /* digits = high + rest exactly; value = high + low up to error. */
  rest = (double) (gint64) (digits - (guint64) high);
  if (exponent < 0)
    {
      double quotient = high / power, remainder = fma (-quotient, power, high);
      low = (remainder + rest) / power;
      error = (fabs (remainder) + fabs (rest)) / power * 0x1p-50;
      high = quotient;
    }
  else
    {
      double product = high * power, remainder = fma (high, power, -product);
      low = remainder + rest * power;
      error = (fabs (remainder) + fabs (rest * power)) * 0x1p-50;
      high = product;
    }
  *value = high + (low - error);
  return *value == high + (low + error);
}

static double
convert_slowly (const guint8 *text, gsize length)
{
  char buffer[64];
  g_autofree char *copy = NULL;

  if (length < sizeof buffer)
    {
      memcpy (buffer, text, length);
      buffer[length] = '\0';
      return g_ascii_strtod (buffer, NULL);
    }
  copy = g_strndup ((const char *) text, length);
  return g_ascii_strtod (copy, NULL);
}

static gboolean
scan_special (MongeScan *scan, const guint8 *at, gboolean negative, double *value)
{
  gsize left = (gsize) (scan->end - at);

  if (left >= 8 && g_ascii_strncasecmp ((const char *) at, "infinity", 8) == 0)
    *value = INFINITY, at += 8;
  else if (left >= 3 && g_ascii_strncasecmp ((const char *) at, "inf", 3) == 0)
    *value = INFINITY, at += 3;
  else if (left >= 3 && g_ascii_strncasecmp ((const char *) at, "nan", 3) == 0)
    *value = NAN, at += 3;
  else
    return FALSE;
  if (negative)
    *value = -*value;
  scan->at = at;
  return TRUE;
}

/* Behind the mantissa: "e", sign, digits. Left alone unless complete. */
static const guint8 *
scan_exponent (const guint8 *at, const guint8 *end, int *exponent)
{
  const guint8 *p = at;
  gboolean negative = FALSE;
  int value = 0;

  if (p == end || (*p != 'e' && *p != 'E'))
    return at;
  p++;
  if (p < end && (*p == '-' || *p == '+'))
    negative = *p++ == '-';
  if (p == end || !g_ascii_isdigit (*p))
    return at;
  for (; p < end && g_ascii_isdigit (*p); p++)
    value = MIN (10 * value + (*p - '0'), MAX_EXPONENT);
  *exponent += negative ? -value : value;
  return p;
}

gboolean
monge_scan_double (MongeScan *scan, double *value)
{
  const guint8 *p = scan->at, *end = scan->end, *point;
  guint64 digits = 0;
  gsize n_digits = 0; /* significant ones */
  int exponent = 0;
  gboolean negative = FALSE, is_number;

  if (p < end && (*p == '-' || *p == '+'))
    negative = *p++ == '-';
  for (point = p; p < end && (guint) (*p - '0') < 10; p++)
    {
      digits = 10 * digits + (guint) (*p - '0'); /* wraps when too long; then it is not used */
      n_digits += n_digits > 0 || *p != '0';
    }
  is_number = p > point;
  if (p < end && *p == '.')
    {
      for (point = ++p; p < end && (guint) (*p - '0') < 10; p++)
        {
          digits = 10 * digits + (guint) (*p - '0');
          n_digits += n_digits > 0 || *p != '0';
        }
      is_number = is_number || p > point;
      exponent = (int) -MIN (p - point, MAX_EXPONENT);
    }
  if (!is_number)
    return scan_special (scan, scan->at + (p > scan->at && *scan->at != '.'), negative, value);
  p = scan_exponent (p, end, &exponent);
  if (n_digits <= MAX_DIGITS && convert (digits, exponent, value))
    *value = negative ? -*value : *value;
  else
    *value = convert_slowly (scan->at, (gsize) (p - scan->at));
  scan->at = p;
  return TRUE;
}

gboolean
monge_scan_integer (MongeScan *scan, gint64 *value)
{
  const guint8 *p = scan->at, *first;
  gboolean negative = FALSE;
  gint64 digits = 0;

  if (p < scan->end && (*p == '-' || *p == '+'))
    negative = *p++ == '-';
  for (first = p; p < scan->end && (guint) (*p - '0') < 10; p++)
    {
      if (p - first >= 18)
        return FALSE;
      digits = 10 * digits + (*p - '0');
    }
  if (p == first)
    return FALSE;
  *value = negative ? -digits : digits;
  scan->at = p;
  return TRUE;
}

/* Digits of an integer of 64 bits; left alone if there are too many or none. */
static gboolean
scan_wide (MongeScan *scan, MongeType type, void *to)
{
  const guint8 *p = scan->at, *first;
  gboolean negative = FALSE;
  guint64 digits = 0, most = type == MONGE_TYPE_UINT64 ? G_MAXUINT64 : (guint64) G_MAXINT64;

  if (p < scan->end && (*p == '-' || *p == '+'))
    negative = *p++ == '-';
  if (negative)
    most = type == MONGE_TYPE_UINT64 ? 0 : most + 1;
  for (first = p; p < scan->end && (guint) (*p - '0') < 10; p++)
    {
      guint digit = (guint) (*p - '0');
      if (digits > (most - digit) / 10)
        return FALSE;
      digits = 10 * digits + digit;
    }
  if (p == first || (p < scan->end && (*p == '.' || *p == 'e' || *p == 'E')))
    return FALSE;
  digits = negative ? -digits : digits;
  memcpy (to, &digits, sizeof digits);
  scan->at = p;
  return TRUE;
}

gboolean
monge_scan_value (MongeScan *scan, MongeType type, void *to)
{
  MongeScan before = *scan;
  double value;

  if ((type == MONGE_TYPE_INT64 || type == MONGE_TYPE_UINT64) && scan_wide (scan, type, to))
    return TRUE;
  if (!monge_scan_double (scan, &value)
      || (type < MONGE_TYPE_FLOAT32 && !monge_bytes_holds (type, value)))
    {
      *scan = before;
      return FALSE;
    }
  monge_bytes_from_doubles (type, &value, 1, 1, to);
  return TRUE;
}

/* --- Writing --- */

/* digits × 10^exponent without zeros at the end, in the plain or in the scientific spelling. */
static void
append_decimal (GString *out, guint64 digits, int exponent)
{
  char text[24];
  int n = 0, first = (int) sizeof text, point;

  for (; digits % 10 == 0; exponent++)
    digits /= 10;
  for (; digits > 0; digits /= 10, n++)
    text[--first] = (char) ('0' + digits % 10);
  point = n + exponent;
  if (point > 17 || point < -4)
    {
      g_string_append_c (out, text[first]);
      if (n > 1)
        g_string_append_c (out, '.');
      g_string_append_len (out, text + first + 1, n - 1);
      g_string_append_printf (out, "e%d", point - 1);
      return;
    }
  if (point <= 0)
    {
      g_string_append (out, "0.");
      for (; point < 0; point++)
        g_string_append_c (out, '0');
      g_string_append_len (out, text + first, n);
      return;
    }
  g_string_append_len (out, text + first, MIN (n, point));
  for (; n < point; n++)
    g_string_append_c (out, '0');
  if (n > point)
    {
      g_string_append_c (out, '.');
      g_string_append_len (out, text + first + point, n - point);
    }
}

/* Whether @decimal, correctly rounded to double, stands for the float @value in any reader: also
 * its neighbours must, so that rounding twice does no harm. */
static gboolean
reads_as_float (double decimal, double value)
{
  return (double) (float) nextafter (decimal, -INFINITY) == value
         && (double) (float) nextafter (decimal, INFINITY) == value;
}

/* @value > 0 to @n digits; 10^power ≤ value < 10^(power + 1), give or take one in @power. */
static gboolean
try_digits (double value, gboolean is_float, int n, int power, guint64 *digits, int *exponent)
{
  int k = n - 1 - power;
  double scale, high, low, whole, back;

  if (k < -MAX_POWER || k > MAX_POWER)
    return FALSE;
  scale = powers[ABS (k)];
  high = k < 0 ? value / scale : value * scale;
  low = k < 0 ? fma (-high, scale, value) / scale : fma (value, scale, -high);
  whole = rint (high);
  *digits = (guint64) whole + (guint64) (gint64) rint (high - whole + low);
  *exponent = -k;
  if (*digits == 0 || !convert (*digits, -k, &back))
    return FALSE;
  return is_float ? reads_as_float (back, value) : back == value;
}

static void
append_slowly (GString *out, double value, gboolean is_float, int least, int most)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE], format[8];

  for (int n = least; n <= most; n++)
    {
      double back;
      g_snprintf (format, sizeof format, "%%.%dg", n);
      back = g_ascii_strtod (g_ascii_formatd (text, sizeof text, format, value), NULL);
      if (is_float ? reads_as_float (back, value) : back == value)
        break;
    }
  g_string_append (out, text);
}

static void
append_number (GString *out, double value, gboolean is_float, int least, int most)
{
  guint64 digits;
  int exponent, power;

  if (signbit (value) && !isnan (value))
    g_string_append_c (out, '-');
  value = fabs (value);
  if (value == 0.0)
    g_string_append_c (out, '0');
  else if (!isfinite (value))
    g_string_append (out, isnan (value) ? "nan" : "inf");
  else
    {
      power = (int) floor (log10 (value));
      for (int n = least; n <= most; n++)
        if (try_digits (value, is_float, n, power, &digits, &exponent))
          return append_decimal (out, digits, exponent);
      append_slowly (out, value, is_float, least, most);
    }
}

void
monge_text_append_double (GString *out, double value)
{
  append_number (out, value, FALSE, 15, 17);
}

void
monge_text_append_float (GString *out, float value)
{
  append_number (out, value, TRUE, 6, 9);
}

void
monge_text_append_value (GString *out, MongeType type, const void *at)
{
  double value;
  gint64 wide;

  if (type == MONGE_TYPE_INT64 || type == MONGE_TYPE_UINT64)
    {
      memcpy (&wide, at, sizeof wide);
      if (type == MONGE_TYPE_INT64)
        g_string_append_printf (out, "%" G_GINT64_FORMAT, wide);
      else
        g_string_append_printf (out, "%" G_GUINT64_FORMAT, (guint64) wide);
      return;
    }
  value = monge_bytes_get (type, at);
  if (type == MONGE_TYPE_FLOAT32)
    monge_text_append_float (out, (float) value);
  else
    monge_text_append_double (out, value);
}
