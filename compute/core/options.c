#include "compute/core/options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const MongeOption *
monge_option_find (const MongeOption *table,
                   const char *key)
{
  for (const MongeOption *option = table; option->key != NULL; option++)
    if (strcmp (option->key, key) == 0)
      return option;
  return NULL;
}

/* Shortest decimal that reads back as the same number. */
static char *
print_double (double value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  if (isinf (value))
    return g_strdup (value > 0 ? "inf" : "-inf");
  for (int digits = 6; digits <= 17; digits++)
    {
      char format[] = "%.00g";

      format[2] = (char) ('0' + digits / 10);
      format[3] = (char) ('0' + digits % 10);
      g_ascii_formatd (buffer, sizeof buffer, format, value);
      if (g_ascii_strtod (buffer, NULL) == value)
        break;
    }
  return g_strdup (buffer);
}

static char *
describe_range (const MongeOption *option)
{
  g_autofree char *minimum = print_double (option->minimum);
  g_autofree char *maximum = print_double (option->maximum);

  switch (option->type)
    {
    case MONGE_OPTION_DOUBLE:
      return g_strdup_printf ("a number from %s to %s", minimum, maximum);
    case MONGE_OPTION_INT:
      return g_strdup_printf ("a whole number from %s to %s", minimum, maximum);
    case MONGE_OPTION_BOOL:
      return g_strdup ("true or false");
    case MONGE_OPTION_CHOICE:
      {
        g_autofree char *names = g_strjoinv (", ", (char **) option->choices);
        return g_strdup_printf ("one of %s", names);
      }
    case MONGE_OPTION_TEXT:
      return g_strdup_printf ("a text of at most %d bytes", MONGE_OPTION_TEXT_SIZE - 1);
    default:
      g_assert_not_reached ();
    }
}

static gboolean
refuse (const MongeOption *option,
        const char *text,
        GError **error)
{
  g_autofree char *range = describe_range (option);
  MongeError code = option->type == MONGE_OPTION_CHOICE ? MONGE_ERROR_NAME : MONGE_ERROR_SIZE;

  g_set_error (error, MONGE_ERROR, code, "Option %s takes %s, not “%s”", option->key, range, text);
  return FALSE;
}

/* The whole of @text, in the C locale; written so that a NaN is refused. */
static gboolean
parse_number (const MongeOption *option,
              const char *text,
              double *value)
{
  char *end;

  *value = g_ascii_strtod (text, &end);
  if (end == text || *end != '\0')
    return FALSE;
  if (option->type == MONGE_OPTION_INT && !(*value == floor (*value)))
    return FALSE;
  return *value >= option->minimum && *value <= option->maximum;
}

static gboolean
parse_bool (const char *text,
            gboolean *value)
{
  static const char *const yes[] = { "true", "yes", "on", "1", NULL };
  static const char *const no[] = { "false", "no", "off", "0", NULL };

  *value = g_strv_contains (yes, text);
  return *value || g_strv_contains (no, text);
}

static int
find_choice (const MongeOption *option,
             const char *name)
{
  for (int i = 0; name != NULL && option->choices[i] != NULL; i++)
    if (strcmp (option->choices[i], name) == 0)
      return i;
  return -1;
}

gboolean
monge_option_parse (const MongeOption *option,
                    const char *text,
                    gpointer params,
                    GError **error)
{
  gpointer field = (char *) params + option->offset;
  double number;
  gboolean answer;
  int choice;

  switch (option->type)
    {
    case MONGE_OPTION_DOUBLE:
      if (!parse_number (option, text, &number))
        return refuse (option, text, error);
      *(double *) field = number;
      return TRUE;
    case MONGE_OPTION_INT:
      if (!parse_number (option, text, &number))
        return refuse (option, text, error);
      *(int *) field = (int) number;
      return TRUE;
    case MONGE_OPTION_BOOL:
      if (!parse_bool (text, &answer))
        return refuse (option, text, error);
      *(gboolean *) field = answer;
      return TRUE;
    case MONGE_OPTION_CHOICE:
      choice = find_choice (option, text);
      if (choice < 0)
        return refuse (option, text, error);
      *(const char **) field = option->choices[choice];
      return TRUE;
    case MONGE_OPTION_TEXT:
      if (strlen (text) >= MONGE_OPTION_TEXT_SIZE || !g_utf8_validate (text, -1, NULL))
        return refuse (option, text, error);
      memset (field, 0, MONGE_OPTION_TEXT_SIZE);
      memcpy (field, text, strlen (text));
      return TRUE;
    default:
      g_return_val_if_reached (FALSE);
    }
}

char *
monge_option_print (const MongeOption *option,
                    gconstpointer params)
{
  gconstpointer field = (const char *) params + option->offset;

  switch (option->type)
    {
    case MONGE_OPTION_DOUBLE:
      return print_double (*(const double *) field);
    case MONGE_OPTION_INT:
      return g_strdup_printf ("%d", *(const int *) field);
    case MONGE_OPTION_BOOL:
      return g_strdup (*(const gboolean *) field ? "true" : "false");
    case MONGE_OPTION_CHOICE:
      return g_strdup (*(const char *const *) field);
    case MONGE_OPTION_TEXT:
      return g_strdup (field);
    default:
      g_return_val_if_reached (NULL);
    }
}

double
monge_option_get_number (const MongeOption *option,
                         gconstpointer params)
{
  gconstpointer field = (const char *) params + option->offset;

  switch (option->type)
    {
    case MONGE_OPTION_DOUBLE:
      return *(const double *) field;
    case MONGE_OPTION_INT:
      return *(const int *) field;
    case MONGE_OPTION_BOOL:
      return *(const gboolean *) field ? 1.0 : 0.0;
    case MONGE_OPTION_CHOICE:
      return find_choice (option, *(const char *const *) field);
    case MONGE_OPTION_TEXT:
      return NAN;
    default:
      g_return_val_if_reached (NAN);
    }
}

void
monge_option_set_number (const MongeOption *option,
                         gpointer params,
                         double value)
{
  gpointer field = (char *) params + option->offset;
  guint n_choices;

  g_return_if_fail (!isnan (value));
  switch (option->type)
    {
    case MONGE_OPTION_DOUBLE:
      *(double *) field = CLAMP (value, option->minimum, option->maximum);
      break;
    case MONGE_OPTION_INT:
      *(int *) field = (int) CLAMP (round (value), option->minimum, option->maximum);
      break;
    case MONGE_OPTION_BOOL:
      *(gboolean *) field = value != 0.0;
      break;
    case MONGE_OPTION_CHOICE:
      n_choices = g_strv_length ((char **) option->choices);
      *(const char **) field = option->choices[(guint) CLAMP (round (value), 0, n_choices - 1.0)];
      break;
    default:
      g_return_if_reached ();
    }
}

gboolean
monge_options_equal (const MongeOption *table,
                     gconstpointer a,
                     gconstpointer b)
{
  for (const MongeOption *option = table; option->key != NULL; option++)
    if (option->type == MONGE_OPTION_TEXT
          ? strcmp ((const char *) a + option->offset, (const char *) b + option->offset) != 0
          : monge_option_get_number (option, a) != monge_option_get_number (option, b))
      return FALSE;
  return TRUE;
}
