#include "ui/text.h"

#include <math.h>
#include <string.h>

char *
monge_text_count (gsize n)
{
  g_autofree char *digits = g_strdup_printf ("%" G_GSIZE_FORMAT, n);
  gsize length = strlen (digits);
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < length; i++)
    {
      if (i > 0 && (length - i) % 3 == 0)
        g_string_append_c (text, ',');
      g_string_append_c (text, digits[i]);
    }
  return g_string_free (text, FALSE);
}

/* Drops zeros at the end of @digits as long as @keep decimals stay. */
static void
trim_decimals (char *digits, int keep)
{
  char *point = strchr (digits, '.');

  if (point == NULL)
    return;
  for (char *end = point + strlen (point) - 1; end > point + keep && *end == '0'; end--)
    *end = '\0';
  if (point[1] == '\0')
    *point = '\0';
}

static char *
print_fixed (double value, int exponent)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE], format[16];
  int decimals = CLAMP (2 - exponent, 0, 6);

  g_snprintf (format, sizeof format, "%%.%df", decimals);
  g_ascii_formatd (digits, sizeof digits, format, value);
  trim_decimals (digits, CLAMP (1 - exponent, 0, 6));
  return g_strdup (digits);
}

static char *
print_scientific (double value, int exponent)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (digits, sizeof digits, "%.1f", value / pow (10.0, exponent));
  trim_decimals (digits, 0);
  return g_strdup_printf ("%se%d", digits, exponent);
}

char *
monge_text_number (double value)
{
  int exponent;

  if (isnan (value))
    return g_strdup ("–");
  if (isinf (value))
    return g_strdup (value > 0 ? "∞" : "−∞");
  if (value == 0.0)
    return g_strdup ("0");
  exponent = (int) floor (log10 (fabs (value)) + 1e-3);
  if (exponent < -2 || exponent > 5)
    return print_scientific (value, exponent);
  return print_fixed (value, exponent);
}

char *
monge_text_quantity (double value, const char *unit)
{
  g_autofree char *number = monge_text_number (value);

  if (unit == NULL || *unit == '\0')
    return g_steal_pointer (&number);
  return g_strdup_printf ("%s %s", number, unit);
}

char *
monge_text_duration (double seconds)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];
  double ms = 1e3 * seconds;

  if (ms < 999.5)
    return g_strdup_printf ("%s ms", g_ascii_formatd (digits, sizeof digits,
                                                      ms < 9.95 ? "%.1f" : "%.0f", ms));
  if (seconds < 59.95)
    return g_strdup_printf ("%s s", g_ascii_formatd (digits, sizeof digits, "%.1f", seconds));
  return g_strdup_printf ("%d min %d s", (int) seconds / 60, (int) seconds % 60);
}

gboolean
monge_text_parse (const char *text, double *value)
{
  g_autofree char *copy = g_strstrip (g_strdup (text));
  char *end = NULL;

  if (g_str_has_prefix (copy, "∞"))
    {
      *value = INFINITY;
      return TRUE;
    }
  for (char *c = copy; *c != '\0'; c++)
    if (*c == ',')
      *c = '.';
  *value = g_ascii_strtod (copy, &end);
  return end != copy && !isnan (*value);
}
