#include "compute/formula/names.h"

#include <math.h>
#include <string.h>

static const struct {
  const char *name;
  double value;
} numbers[] = { { "pi", G_PI }, { "inf", INFINITY }, { "nan", NAN } };

const MongeFunction *
monge_names_find_function (const char *name)
{
  for (const MongeFunction *function = monge_functions; function->name != NULL; function++)
    if (g_str_equal (function->name, name) && g_ascii_isalpha (*name)
        && !g_str_has_suffix (name, "_j") && !g_str_equal (name, "pi"))
      return function;
  return NULL;
}

gboolean
monge_names_find_number (const char *name, double *value)
{
  for (guint k = 0; k < G_N_ELEMENTS (numbers); k++)
    if (g_str_equal (name, numbers[k].name))
      {
        *value = numbers[k].value;
        return TRUE;
      }
  return FALSE;
}

gboolean
monge_names_find_reduction (const char *name, MongeReduceOp *op, MongeAxis *over)
{
  gsize length = strlen (name);

  if (length < 3 || name[length - 2] != '_' || !strchr ("ij", name[length - 1]))
    return FALSE;
  *over = name[length - 1] == 'i' ? MONGE_AXIS_I : MONGE_AXIS_J;
  for (guint k = 0; k < MONGE_N_REDUCE_OPS; k++)
    {
      const char *known = monge_reduce_op_get_name (k);

      *op = k;
      if (strncmp (name, known, length - 2) == 0 && strlen (known) == length - 2)
        return TRUE;
    }
  *op = MONGE_REDUCE_LOG_SUM_EXP;
  return length == 5 && strncmp (name, "lse", 3) == 0;
}

#define MAX_EDITED 24

/* Insertions, deletions, changes and swaps of neighbours that make @a into @b. */
static guint
edit_distance (const char *a, const char *b)
{
  guint d[MAX_EDITED + 1][MAX_EDITED + 1];
  gsize n = strlen (a), m = strlen (b);

  if (n > MAX_EDITED || m > MAX_EDITED)
    return G_MAXUINT;
  for (gsize i = 0; i <= n; i++)
    for (gsize j = 0; j <= m; j++)
      {
        guint best = i == 0 ? j : i;

        if (i > 0 && j > 0)
          {
            best = d[i - 1][j - 1] + (g_ascii_tolower (a[i - 1]) != g_ascii_tolower (b[j - 1]));
            best = MIN (best, MIN (d[i - 1][j], d[i][j - 1]) + 1);
          }
        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
          best = MIN (best, d[i - 2][j - 2] + 1);
        d[i][j] = best;
      }
  return d[n][m];
}

typedef struct {
  const char *name, *candidate;
  guint distance;
} Guess;

static void
consider (Guess *guess, const char *candidate)
{
  guint distance = edit_distance (guess->name, candidate);

  if (distance < guess->distance)
    *guess = (Guess){ guess->name, candidate, distance };
}

static const char *
guess (const char *name, gboolean reduction)
{
  Guess best = { name, NULL, 1 + MAX (1, MIN (3, strlen (name) / 3)) };

  for (const MongeFunction *function = monge_functions; function->name != NULL; function++)
    if (g_ascii_isalpha (*function->name)
        && !!g_str_has_suffix (function->name, "_j") == reduction)
      consider (&best, function->name);
  return best.candidate;
}

const char *
monge_names_guess_function (const char *name)
{
  return guess (name, FALSE);
}

const char *
monge_names_guess_reduction (const char *name)
{
  return guess (name, TRUE);
}

const char *
monge_names_guess_variable (const char *name, const GPtrArray *variables)
{
  Guess best = { name, NULL, 1 + strlen (name) / 3 };

  for (guint k = 0; k < variables->len; k++)
    consider (&best, ((const MongeFormula *) variables->pdata[k])->name);
  return best.candidate;
}
