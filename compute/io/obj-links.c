/* In OBJ normals and texture coordinates are lists of their own, and the corners of faces say which
 * of them they have. A shape has values per vertex: they are kept where all corners at a vertex
 * agree, and where no corner says anything but there are as many as vertices. */
#include "compute/io/obj-private.h"

#include <string.h>

#define PAIRS_PER_POLL 65536
#define NONE G_MAXUINT32

void
monge_obj_links_clear (ObjLinks *links)
{
  g_clear_pointer (&links->values.values, g_free);
  g_clear_pointer (&links->pairs.values, g_free);
}

gboolean
monge_obj_links_add (ObjLinks *links, guint32 vertex, gint64 index, GError **error)
{
  guint32 *pair;

  links->pairs.arity = 2;
  pair = monge_indices_add (&links->pairs, error);
  if (pair == NULL)
    return FALSE;
  pair[0] = vertex;
  pair[1] = index >= 1 && index <= (gint64) MONGE_MAX_VERTICES ? (guint32) index - 1 : NONE;
  return TRUE;
}

static gboolean
are_equal (const ObjLinks *links, guint32 a, guint32 b)
{
  gsize n = links->n_components;

  return a == b
         || memcmp (links->values.values + a * n, links->values.values + b * n,
                    n * sizeof *links->values.values) == 0;
}

/* The row of each vertex in @rows; FALSE where corners disagree, name a row that is not there, or a
 * vertex has none. Vertices are known to exist. */
static gboolean
find_rows (const ObjLinks *links, guint32 *rows, gsize n_vertices)
{
  gsize n_rows = links->values.n / links->n_components, n_found = 0;

  if (links->pairs.n == 0)
    {
      for (gsize i = 0; i < n_vertices; i++)
        rows[i] = (guint32) i;
      return n_rows == n_vertices;
    }
  memset (rows, 0xff, n_vertices * sizeof *rows);
  for (gsize i = 0; i < links->pairs.n; i++)
    {
      const guint32 *pair = links->pairs.values + 2 * i;
      if (pair[1] >= n_rows || pair[0] >= n_vertices)
        return FALSE;
      if (rows[pair[0]] == NONE)
        n_found++;
      else if (!are_equal (links, rows[pair[0]], pair[1]))
        return FALSE;
      rows[pair[0]] = pair[1];
    }
  return n_found == n_vertices;
}

static double *
gather (const ObjLinks *links, const guint32 *rows, gsize n, const MongeFile *file,
        GError **error)
{
  gsize n_components = links->n_components;
  g_autofree double *values = monge_bytes_alloc (n, n_components * sizeof *values, error);

  for (gsize i = 0; values != NULL && i < n; i++)
    {
      if (i % PAIRS_PER_POLL == 0 && monge_task_return_if_cancelled (file->task, error))
        return NULL;
      memcpy (values + i * n_components, links->values.values + rows[i] * n_components,
              n_components * sizeof *values);
    }
  return g_steal_pointer (&values);
}

gboolean
monge_obj_links_take (ObjLinks *links, gsize n_vertices, MongeShapeBuilder *builder,
                      const MongeFile *file, GError **error)
{
  gsize size = n_vertices * links->n_components * sizeof (double);
  g_autofree guint32 *rows = NULL;
  double *values;

  if (links->values.n == 0 || n_vertices == 0)
    return TRUE;
  rows = monge_bytes_alloc (n_vertices, sizeof *rows, error);
  if (rows == NULL)
    return FALSE;
  if (!find_rows (links, rows, n_vertices))
    {
      monge_shape_builder_add_repair (builder, "not kept: %s, of which there is not one for each "
                                      "vertex", links->name);
      return TRUE;
    }
  values = gather (links, rows, n_vertices, file, error);
  if (values == NULL)
    return FALSE;
  monge_shape_builder_take_array (builder,
                                  monge_array_new (links->name, MONGE_TYPE_FLOAT64,
                                                   links->n_components, n_vertices,
                                                   g_bytes_new_take (values, size)));
  return TRUE;
}
