#include "compute/io/columns.h"

#include <string.h>

#include "compute/shape/bytes.h"

static const struct {
  const char *name;
  guint n;
  const char *columns[4];
} known[] = {
  { "normals", 3, { "nx", "ny", "nz" } },
  { "rgba", 4, { "red", "green", "blue", "alpha" } },
  { "rgb", 3, { "red", "green", "blue" } },
};

/* --- Reading --- */

static gboolean
has_type_of_first (const MongeType *types, guint column)
{
  return types == NULL || types[column] == types[0];
}

static gboolean
match_known (const char *const *names, const MongeType *types, guint n, guint index)
{
  if (n < known[index].n)
    return FALSE;
  for (guint k = 0; k < known[index].n; k++)
    if (names[k] == NULL || !has_type_of_first (types, k)
        || !g_str_equal (names[k], known[index].columns[k]))
      return FALSE;
  return TRUE;
}

/* How many names are @base, of @length bytes, and the numbers from 0 on. */
static guint
count_numbered (const char *const *names, const MongeType *types, guint n, gsize length)
{
  guint k;

  for (k = 0; k < n && names[k] != NULL && has_type_of_first (types, k); k++)
    {
      char number[16];
      g_snprintf (number, sizeof number, "_%u", k);
      if (strlen (names[k]) <= length || strncmp (names[k], names[0], length) != 0
          || !g_str_equal (names[k] + length, number))
        break;
    }
  return k;
}

guint
monge_columns_match (const char *const *names, const MongeType *types, guint n, char **name)
{
  gsize length = strlen (names[0]);
  guint n_numbered;

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (match_known (names, types, n, i))
      {
        *name = g_strdup (known[i].name);
        return known[i].n;
      }
  if (length > 2 && g_str_equal (names[0] + length - 2, "_0"))
    {
      n_numbered = count_numbered (names, types, n, length - 2);
      if (n_numbered > 1)
        {
          *name = g_strndup (names[0], length - 2);
          return n_numbered;
        }
    }
  *name = g_strdup (names[0]);
  return 1;
}

/* --- Writing --- */

/* The index in the table, or its length. Bytes that are colours, and normals by another name, go by
 * the names that other programs know. */
static guint
find_known (const MongeArray *array)
{
  MongeArrayRole role = monge_array_guess_role (array);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (known); i++)
    if (known[i].n == array->n_components
        && (g_str_equal (known[i].name, array->name)
            || (i == 0 ? role == MONGE_ARRAY_NORMAL
                       : role == MONGE_ARRAY_COLOUR && array->type == MONGE_TYPE_UINT8)))
      break;
  return i;
}

gboolean
monge_columns_are_known (const MongeArray *array)
{
  return find_known (array) < G_N_ELEMENTS (known);
}

char *
monge_columns_dup_name (const MongeArray *array, guint component, gboolean plainly)
{
  guint index = plainly ? G_N_ELEMENTS (known) : find_known (array);

  if (index < G_N_ELEMENTS (known))
    return g_strdup (known[index].columns[component]);
  return array->n_components == 1 ? g_strdup (array->name)
                                  : g_strdup_printf ("%s_%u", array->name, component);
}

void
monge_columns_interleave (const void *column, gsize size, gsize n, guint component,
                          guint n_components, void *rows)
{
  monge_bytes_copy (column, size, (guint8 *) rows + component * size, n_components * size, size, n,
                    FALSE);
}
