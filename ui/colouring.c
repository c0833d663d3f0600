#include "ui/colouring.h"

#include <math.h>
#include <string.h>

#define N_COLOURS 256
#define N_SAMPLES 20000
#define OUTSIDE 0.005 /* of all values, on either side of the range */

static double
get_value (const MongeArray *array, gsize row)
{
  double sum = 0.0;

  if (array->n_components == 1)
    return monge_array_get (array, row, 0);
  for (guint k = 0; k < array->n_components; k++)
    sum += pow (monge_array_get (array, row, k), 2);
  return sqrt (sum);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

/* The finite ones of every so many scalars, ascending. (element-type double) */
static GArray *
sample (const float *scalars, gsize n, gsize n_samples)
{
  GArray *values = g_array_new (FALSE, FALSE, sizeof (double));
  gsize stride = MAX (n / n_samples, 1);

  for (gsize i = 0; i < n; i += stride)
    if (isfinite (scalars[i]))
      {
        double value = scalars[i];

        g_array_append_val (values, value);
      }
  g_array_sort (values, compare);
  return values;
}

static void
choose_range (MongeColouring *colouring, const char *map)
{
  g_autoptr (GArray) values = sample (colouring->scalars, colouring->n, N_SAMPLES);
  guint skip = (guint) (OUTSIDE * values->len);
  double low, high;

  if (values->len == 0)
    return;
  low = g_array_index (values, double, skip);
  high = g_array_index (values, double, values->len - 1 - skip);
  colouring->map = monge_colormap_find (map);
  if (low < 0.0 && high > 0.0)
    {
      colouring->map = monge_colormap_find ("blue-red");
      high = MAX (high, -low);
      low = -high;
    }
  colouring->range[0] = low;
  colouring->range[1] = high;
}

/* Labels */

/* The different values, ascending. */
static GArray *
list_labels (const float *scalars, gsize n)
{
  GArray *values = sample (scalars, n, G_MAXSIZE);
  guint n_kept = 0;

  for (guint i = 0; i < values->len; i++)
    if (n_kept == 0
        || g_array_index (values, double, i) != g_array_index (values, double, n_kept - 1))
      g_array_index (values, double, n_kept++) = g_array_index (values, double, i);
  g_array_set_size (values, n_kept);
  return values;
}

static void
get_label_colour (const MongeLabelTable *table, double value, guint index, guint8 colour[3])
{
  const MongeLabelEntry *entry = NULL;
  float okabe[3];

  if (table != NULL && value >= G_MININT32 && value <= G_MAXINT32)
    entry = monge_label_table_find (table, (gint32) value);
  if (entry != NULL && entry->has_colour)
    {
      memcpy (colour, entry->rgba, 3);
      return;
    }
  monge_colour_get_label (index, okabe);
  for (int k = 0; k < 3; k++)
    colour[k] = value == 0.0 ? 0xb0 : (guint8) lrintf (255.0f * okabe[k]); /* 0 is background */
}

static void
choose_labels (MongeColouring *colouring, const MongeLabelTable *table)
{
  g_autoptr (GArray) values = list_labels (colouring->scalars, colouring->n);
  guint8 colours[N_COLOURS][3] = { 0 };

  for (guint i = 0; i < MIN (values->len, N_COLOURS); i++)
    get_label_colour (table, g_array_index (values, double, i), i, colours[i]);
  for (gsize i = 0; i < colouring->n; i++)
    {
      double value = colouring->scalars[i];
      guint place;

      if (g_array_binary_search (values, &value, compare, &place))
        colouring->scalars[i] = (float) (place % N_COLOURS);
    }
  colouring->is_labels = TRUE;
  colouring->map = monge_colormap_intern ((const guint8 (*)[3]) colours, N_COLOURS);
  colouring->range[1] = N_COLOURS - 1;
}

MongeColouring *
monge_colouring_new (const MongeShape *shape, const char *name, const char *map)
{
  const MongeArray *array = monge_shape_find_array (shape, name);
  MongeColouring *colouring;

  if (array == NULL)
    return NULL;
  colouring = g_new0 (MongeColouring, 1);
  colouring->name = g_strdup (name);
  colouring->n = array->n_rows;
  colouring->scalars = g_new (float, array->n_rows);
  for (gsize i = 0; i < array->n_rows; i++)
    colouring->scalars[i] = (float) get_value (array, i);
  if (array->n_components == 1
      && (array->labels != NULL || monge_array_guess_role (array) == MONGE_ARRAY_LABEL))
    choose_labels (colouring, array->labels);
  else
    choose_range (colouring, map);
  return colouring;
}

void
monge_colouring_free (MongeColouring *colouring)
{
  g_free (colouring->name);
  g_free (colouring->scalars);
  g_free (colouring);
}
