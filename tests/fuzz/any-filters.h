/* What must hold for a chain of filters of any bytes, on any small shape.
 *
 * The first line is the chain; the first byte after it says what kind of shape follows: positions
 * in bytes, three a vertex, as many as the second byte says, then indices. */
#pragma once

#include "compute/filter/filter.h"

#include <math.h>
#include <string.h>

#define ANY_FILTERS_MOST 100.0

/* Prints to what is parsed again. NULL: it is refused, with an error. */
static inline MongeFilterChain *
any_filters_parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  MongeFilterChain *chain = monge_filter_chain_parse (text, &error);
  g_autoptr (MongeFilterChain) again = NULL;
  g_autofree char *once = NULL, *twice = NULL;

  if (chain == NULL)
    {
      g_assert_true (error != NULL && error->domain == MONGE_ERROR);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      return NULL;
    }
  once = monge_filter_chain_print (chain);
  again = monge_filter_chain_parse (once, NULL);
  g_assert_nonnull (again);
  twice = monge_filter_chain_print (again);
  g_assert_cmpstr (once, ==, twice);
  g_assert_cmpuint (monge_filter_chain_get_length (again), ==,
                    monge_filter_chain_get_length (chain));
  return chain;
}

/* Keeps counts and lengths to what a small shape can have, so that every input is quick. */
static inline void
any_filters_moderate (MongeFilterChain *chain)
{
  while (monge_filter_chain_get_length (chain) > 4)
    monge_filter_chain_remove (chain, 4);
  for (guint i = 0; i < monge_filter_chain_get_length (chain); i++)
    {
      MongeFilterStep *step = monge_filter_chain_get_step (chain, i);

      for (const MongeOption *option = step->filter->options; option->key != NULL; option++)
        {
          double number = monge_option_get_number (option, step->params);
          gboolean is_length = strcmp (option->key, "length") == 0
                               || strcmp (option->key, "spacing") == 0;

          if (option->type == MONGE_OPTION_INT && number > ANY_FILTERS_MOST)
            monge_option_set_number (option, step->params, ANY_FILTERS_MOST);
          if (strcmp (option->key, "rounds") == 0 && number > 5.0)
            monge_option_set_number (option, step->params, 5.0);
          if (is_length && number > 0.0 && number < 4.0)
            monge_option_set_number (option, step->params, 4.0);
        }
    }
}

static inline MongeShape *
any_filters_build (const guint8 *data, gsize size)
{
  MongeShapeBuilder *builder = monge_shape_builder_new ("any", 3);
  MongeShapeKind kind = size > 0 ? (MongeShapeKind) (data[0] % 3) : MONGE_SHAPE_POINTS;
  guint arity = kind == MONGE_SHAPE_SURFACE ? 3 : 2;
  gsize n = MIN (size > 1 ? (gsize) 1 + data[1] % 64 : 1, 1 + (MAX (size, 2) - 2) / 3);
  double *x = g_new0 (double, 3 * n);
  gint32 *labels = g_new0 (gint32, n);

  for (gsize k = 0; k < 3 * n && 2 + k < size; k++)
    {
      x[k] = (gint8) data[2 + k] / 2;
      labels[k / 3] = data[2 + k] % 4;
    }
  monge_shape_builder_take_positions (builder, x, n, MONGE_TYPE_FLOAT64);
  monge_shape_builder_take_array (builder, monge_array_new ("label", MONGE_TYPE_INT32, 1, n,
                                                            g_bytes_new_take (labels, 4 * n)));
  if (kind != MONGE_SHAPE_POINTS && size > 2 + 3 * n)
    {
      gsize n_cells = (size - 2 - 3 * n) / arity;
      guint32 *cells = g_new (guint32, MAX (arity * n_cells, 1));

      for (gsize k = 0; k < arity * n_cells; k++)
        cells[k] = data[2 + 3 * n + k] % n;
      monge_shape_builder_take_cells (builder, kind, cells, n_cells);
    }
  return monge_shape_builder_end (builder, NULL);
}

/* What comes out keeps every promise of a shape, for the builder has looked; and repaired it stays.
 */
static inline void
any_filters_apply (const MongeFilterChain *chain, MongeShape *shape)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) notes = NULL;
  g_autoptr (MongeShape) result = monge_filter_chain_apply (chain, shape, NULL, &notes, &error);
  g_autoptr (MongeFilterChain) repair = monge_filter_chain_parse ("repair", NULL);
  g_autoptr (MongeShape) once = NULL, twice = NULL;

  if (result == NULL)
    {
      g_assert_true (error != NULL && error->domain == MONGE_ERROR);
      return;
    }
  for (guint i = 0; i < notes->len; i++)
    g_assert_true (g_str_has_suffix (notes->pdata[i], "."));
  once = monge_filter_chain_apply (repair, result, NULL, NULL, NULL);
  g_assert_nonnull (once);
  twice = monge_filter_chain_apply (repair, once, NULL, NULL, NULL);
  g_assert_true (once == twice);
}

static inline void
any_filters_check (const guint8 *data, gsize size)
{
  const guint8 *line = size > 0 ? memchr (data, '\n', size) : NULL;
  gsize n = line != NULL ? (gsize) (line - data) : size;
  g_autofree char *text = g_strndup ((const char *) data, n);
  g_autoptr (MongeFilterChain) chain = any_filters_parse (text);
  g_autoptr (MongeShape) shape = NULL;

  if (chain == NULL || line == NULL)
    return;
  shape = any_filters_build (line + 1, size - n - 1);
  if (shape == NULL)
    return;
  any_filters_moderate (chain);
  any_filters_apply (chain, shape);
}
