#include "app/cli-variables.h"

#include "compute/measure/measure.h"
#include "compute/io/io.h"
#include "compute/shape/mesh.h"

#include <math.h>
#include <string.h>

void
monge_cli_variable_free (MongeCliVariable *variable)
{
  if (variable == NULL)
    return;
  g_free (variable->name);
  g_free (variable->values);
  g_free (variable);
}

static MongeCliVariable *
variable_new (const char *name, MongeAxis axis, gsize n, guint dim)
{
  MongeCliVariable *variable = g_new0 (MongeCliVariable, 1);

  variable->name = g_strdup (name);
  variable->axis = axis;
  variable->dim = dim;
  variable->n = n;
  variable->values = g_new (double, n * dim);
  return variable;
}

/* --- given on the command line --- */

/* As the language has it: a letter or underscore, then those and digits. */
static gboolean
is_name (const char *text, const char *end)
{
  if (end == NULL || end == text || !g_utf8_validate (text, end - text, NULL)
      || g_ascii_isdigit (*text))
    return FALSE;
  for (; text < end; text = g_utf8_next_char (text))
    if (*text != '_' && !g_ascii_isdigit (*text) && !g_unichar_isalpha (g_utf8_get_char (text)))
      return FALSE;
  return TRUE;
}

/* NAME of "NAME=…" */
static char *
split_name (const char *text, const char **value, GError **error)
{
  const char *equals = strchr (text, '=');

  if (!is_name (text, equals))
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
                   "“%s” is not of the form NAME=VALUE, with a NAME of letters, digits and "
                   "underscores", text);
      return NULL;
    }
  *value = equals + 1;
  return g_strndup (text, (gsize) (equals - text));
}

MongeCliVariable *
monge_cli_variable_parse (const char *text, GError **error)
{
  const char *value;
  g_autofree char *name = split_name (text, &value, error);
  g_auto (GStrv) words = name != NULL ? g_strsplit (value, ",", -1) : NULL;
  g_autoptr (MongeCliVariable) variable = NULL;
  guint n;

  if (words == NULL)
    return NULL;
  n = g_strv_length (words);
  if (n == 0 || n > MONGE_FORMULA_MAX_DIM)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "%s: give 1 to %d numbers", name,
                   MONGE_FORMULA_MAX_DIM);
      return NULL;
    }
  variable = variable_new (name, MONGE_AXIS_NONE, 1, n);
  for (guint k = 0; k < n; k++)
    {
      char *end;

      variable->values[k] = g_ascii_strtod (words[k], &end);
      if (end == words[k] || *end != '\0' || !isfinite (variable->values[k]))
        {
          g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
                       "%s: “%s” is not a finite number; give NAME=V or NAME=V,V,…", name,
                       words[k]);
          return NULL;
        }
    }
  return g_steal_pointer (&variable);
}

MongeCliVariable *
monge_cli_variable_load (const char *text, MongeAxis axis, gsize n, GError **error)
{
  const char *path;
  g_autoptr (MongeCliVariable) variable = g_new0 (MongeCliVariable, 1);
  gsize dim;

  variable->axis = axis;
  variable->name = split_name (text, &path, error);
  if (variable->name == NULL
      || !monge_npy_load (path, &variable->values, &variable->n, &dim, error))
    return NULL;
  if (variable->n != n || dim > MONGE_FORMULA_MAX_DIM)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "%s: %" G_GSIZE_FORMAT " rows of %" G_GSIZE_FORMAT " numbers; the %s has %"
                   G_GSIZE_FORMAT " vertices, and a row at most %d numbers", path, variable->n, dim,
                   axis == MONGE_AXIS_I ? "shape of --x" : "shape of --y", n,
                   MONGE_FORMULA_MAX_DIM);
      return NULL;
    }
  variable->dim = (guint) dim;
  return g_steal_pointer (&variable);
}

/* --- of the shapes --- */

static MongeCliVariable *
get_positions (const char *name, MongeAxis axis, const MongeShape *shape, GError **error)
{
  const gsize n = monge_shape_get_n_vertices (shape);
  const guint dim = monge_shape_get_dim (shape);
  MongeCliVariable *variable = variable_new (name, axis, n, dim);

  memcpy (variable->values, monge_shape_get_positions (shape), n * dim * sizeof (double));
  return variable;
}

static MongeCliVariable *
get_weights (const char *name, MongeAxis axis, const MongeShape *shape, GError **error)
{
  MongeMeasure *measure = monge_measure_new_from_shape (shape, MONGE_WEIGHTING_AUTO, error);
  MongeCliVariable *variable;

  if (measure == NULL)
    return NULL;
  variable = variable_new (name, axis, monge_measure_get_n (measure), 1);
  memcpy (variable->values, monge_measure_get_weights (measure), variable->n * sizeof (double));
  monge_measure_unref (measure);
  return variable;
}

static MongeCliVariable *
get_normals (const char *name, MongeAxis axis, const MongeShape *shape, GError **error)
{
  const gsize n = monge_shape_get_n_vertices (shape);
  const double *positions = monge_shape_get_positions (shape);
  g_autofree float *points = NULL, *normals = NULL;
  MongeCliVariable *variable;

  if (monge_shape_get_kind (shape) != MONGE_SHAPE_SURFACE || monge_shape_get_dim (shape) != 3)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                   "%s has no normals, which %s asks for: it is not a surface in 3-D",
                   monge_shape_get_name (shape), name);
      return NULL;
    }
  points = g_new (float, 3 * n);
  normals = g_new (float, 3 * n);
  for (gsize k = 0; k < 3 * n; k++)
    points[k] = (float) positions[k];
  monge_mesh_compute_normals (n, points, monge_shape_get_cells (shape),
                              monge_shape_get_n_cells (shape), normals);
  variable = variable_new (name, axis, n, 3);
  for (gsize k = 0; k < 3 * n; k++)
    variable->values[k] = (double) normals[k];
  return variable;
}

static MongeCliVariable *
get_count (const char *name, MongeAxis axis, const MongeShape *shape, GError **error)
{
  MongeCliVariable *variable = variable_new (name, MONGE_AXIS_NONE, 1, 1);

  variable->values[0] = (double) monge_shape_get_n_vertices (shape);
  return variable;
}

/* What every shape has, or says that it lacks. */
static const struct {
  const char *name;
  MongeAxis axis;
  MongeCliVariable *(*get) (const char *name, MongeAxis axis, const MongeShape *shape,
                            GError **error);
} known[] = {
  { "x", MONGE_AXIS_I, get_positions }, { "y", MONGE_AXIS_J, get_positions },
  { "a", MONGE_AXIS_I, get_weights },   { "b", MONGE_AXIS_J, get_weights },
  { "nx", MONGE_AXIS_I, get_normals },  { "ny", MONGE_AXIS_J, get_normals },
  { "n", MONGE_AXIS_I, get_count },     { "m", MONGE_AXIS_J, get_count },
};

/* The name of an array as a formula can write it. */
static char *
spell_array (char axis, const MongeArray *array)
{
  char *name = g_strdup_printf ("%c_%s", axis, array->name);

  for (char *c = name; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c))
      *c = '_';
  return name;
}

static MongeCliVariable *
find_array (const char *name, MongeAxis axis, const MongeShape *shape)
{
  MongeCliVariable *variable;

  for (guint k = 0; k < monge_shape_get_n_arrays (shape); k++)
    {
      const MongeArray *array = monge_shape_get_array (shape, k);
      g_autofree char *spelling = spell_array (axis == MONGE_AXIS_I ? 'x' : 'y', array);

      if (!g_str_equal (spelling, name))
        continue;
      variable = variable_new (name, axis, array->n_rows, array->n_components);
      for (gsize i = 0; i < array->n_rows; i++)
        for (guint d = 0; d < array->n_components; d++)
          variable->values[i * array->n_components + d] = monge_array_get (array, i, d);
      return variable;
    }
  return NULL;
}

MongeCliVariable *
monge_cli_variable_find (const char *name, const MongeShape *x, const MongeShape *y, GError **error)
{
  MongeCliVariable *variable;

  for (guint k = 0; k < G_N_ELEMENTS (known); k++)
    if (g_str_equal (known[k].name, name))
      return known[k].get (name, known[k].axis, known[k].axis == MONGE_AXIS_I ? x : y, error);
  variable = find_array (name, MONGE_AXIS_I, x);
  return variable != NULL ? variable : find_array (name, MONGE_AXIS_J, y);
}

static void
append_arrays (GString *names, char axis, const MongeShape *shape)
{
  for (guint k = 0; k < monge_shape_get_n_arrays (shape); k++)
    {
      g_autofree char *spelling = spell_array (axis, monge_shape_get_array (shape, k));

      g_string_append_printf (names, ", %s", spelling);
    }
}

char *
monge_cli_variable_list (const MongeShape *x, const MongeShape *y)
{
  GString *names = g_string_new ("x, y, a, b, n, m");

  if (monge_shape_get_kind (x) == MONGE_SHAPE_SURFACE)
    g_string_append (names, ", nx");
  if (monge_shape_get_kind (y) == MONGE_SHAPE_SURFACE)
    g_string_append (names, ", ny");
  append_arrays (names, 'x', x);
  append_arrays (names, 'y', y);
  return g_string_free (names, FALSE);
}
