#include "render/geometry.h"

#include "render/geometry-private.h"

#include <string.h>

struct _MongeGeometry {
  gsize n_vertices, n_cells;
  guint cell_size;
  guint32 *cells;                          /* of triangles, until their edges are needed */
  GLuint vertex_array;
  MongeBuffer vertices[MONGE_N_ATTRIBUTES];
  MongeBuffer cell_buffer, edge_buffer;    /* indices; name 0 when there are none */
  MongeSink sinks[MONGE_N_ATTRIBUTES];
};

static const guint n_components[MONGE_N_ATTRIBUTES] = { 3, 3, 1 };

MongeGeometry *
monge_geometry_new (gsize n_vertices, const guint32 *cells, gsize n_cells, guint cell_size)
{
  g_return_val_if_fail (cell_size == 0 || cell_size == 2 || cell_size == 3, NULL);
  g_return_val_if_fail (n_vertices < G_MAXINT32 && n_cells < G_MAXINT32 / 3, NULL);

  MongeGeometry *geometry = g_new0 (MongeGeometry, 1);
  geometry->n_vertices = n_vertices;
  geometry->n_cells = cell_size > 0 ? n_cells : 0;
  geometry->cell_size = cell_size;

  glGenVertexArrays (1, &geometry->vertex_array);
  glBindVertexArray (geometry->vertex_array);
  for (guint k = 0; k < MONGE_N_ATTRIBUTES; k++)
    {
      gsize size = n_vertices * n_components[k] * sizeof (float);
      monge_buffer_init (&geometry->vertices[k], size, GL_STREAM_DRAW);
      glBindBuffer (GL_ARRAY_BUFFER, geometry->vertices[k].name);
      glVertexAttribPointer (k, n_components[k], GL_FLOAT, GL_FALSE, 0, NULL);
    }
  glBindVertexArray (0);

  gsize size = geometry->n_cells * cell_size * sizeof (guint32);
  if (size > 0)
    {
      geometry->cells = cell_size == 3 ? g_memdup2 (cells, size) : NULL;
      monge_buffer_init (&geometry->cell_buffer, size, GL_STATIC_DRAW);
      monge_buffer_write (&geometry->cell_buffer, cells);
    }
  monge_geometry_set_cuda (geometry, NULL);
  return geometry;
}

void
monge_geometry_free (MongeGeometry *geometry)
{
  if (!geometry)
    return;

  glDeleteVertexArrays (1, &geometry->vertex_array);
  for (guint k = 0; k < MONGE_N_ATTRIBUTES; k++)
    monge_buffer_clear (&geometry->vertices[k]);
  monge_buffer_clear (&geometry->cell_buffer);
  monge_buffer_clear (&geometry->edge_buffer);
  g_free (geometry->cells);
  g_free (geometry);
}

gsize
monge_geometry_get_n_vertices (MongeGeometry *geometry)
{
  g_return_val_if_fail (geometry != NULL, 0);

  return geometry->n_vertices;
}

gsize
monge_geometry_get_n_cells (MongeGeometry *geometry)
{
  g_return_val_if_fail (geometry != NULL, 0);

  return geometry->n_cells;
}

guint
monge_geometry_get_cell_size (MongeGeometry *geometry)
{
  g_return_val_if_fail (geometry != NULL, 0);

  return geometry->cell_size;
}

static void
set_attribute (MongeGeometry *geometry, guint attribute, const float *values)
{
  if (values)
    monge_buffer_write (&geometry->vertices[attribute], values);
  else
    geometry->vertices[attribute].is_full = FALSE;
}

void
monge_geometry_set_positions (MongeGeometry *geometry, const float *positions)
{
  g_return_if_fail (geometry != NULL && positions != NULL);

  set_attribute (geometry, MONGE_ATTRIBUTE_POSITION, positions);
}

void
monge_geometry_set_normals (MongeGeometry *geometry, const float *normals)
{
  g_return_if_fail (geometry != NULL);

  set_attribute (geometry, MONGE_ATTRIBUTE_NORMAL, normals);
}

void
monge_geometry_set_scalars (MongeGeometry *geometry, const float *scalars)
{
  g_return_if_fail (geometry != NULL);

  set_attribute (geometry, MONGE_ATTRIBUTE_SCALAR, scalars);
}

const MongeSink *
monge_geometry_get_position_sink (MongeGeometry *geometry)
{
  g_return_val_if_fail (geometry != NULL, NULL);

  return &geometry->sinks[MONGE_ATTRIBUTE_POSITION];
}

const MongeSink *
monge_geometry_get_normal_sink (MongeGeometry *geometry)
{
  g_return_val_if_fail (geometry != NULL, NULL);

  return &geometry->sinks[MONGE_ATTRIBUTE_NORMAL];
}

const MongeSink *
monge_geometry_get_scalar_sink (MongeGeometry *geometry)
{
  g_return_val_if_fail (geometry != NULL, NULL);

  return &geometry->sinks[MONGE_ATTRIBUTE_SCALAR];
}

void
monge_geometry_set_cuda (MongeGeometry *geometry, MongeCudaGl *cuda)
{
  g_return_if_fail (geometry != NULL);

  for (guint k = 0; k < MONGE_N_ATTRIBUTES; k++)
    {
      MongeBuffer *buffer = &geometry->vertices[k];
      monge_cuda_gl_release (buffer->cuda, &buffer->resource);
      buffer->cuda = cuda;
      geometry->sinks[k] = monge_buffer_get_sink (buffer);
    }
}

const MongeBuffer *
monge_geometry_get_vertices (MongeGeometry *geometry, guint attribute)
{
  g_return_val_if_fail (geometry != NULL && attribute < MONGE_N_ATTRIBUTES, NULL);

  return &geometry->vertices[attribute];
}

gboolean
monge_geometry_is_ready (MongeGeometry *geometry)
{
  return geometry->n_vertices > 0 && geometry->vertices[MONGE_ATTRIBUTE_POSITION].is_full;
}

gboolean
monge_geometry_has_normals (MongeGeometry *geometry)
{
  return geometry->vertices[MONGE_ATTRIBUTE_NORMAL].is_full;
}

gboolean
monge_geometry_has_scalars (MongeGeometry *geometry)
{
  return geometry->vertices[MONGE_ATTRIBUTE_SCALAR].is_full;
}

/* An attribute that was never written must not be read. */
static void
bind_vertices (MongeGeometry *geometry)
{
  glBindVertexArray (geometry->vertex_array);
  for (guint k = 0; k < MONGE_N_ATTRIBUTES; k++)
    if (geometry->vertices[k].is_full)
      glEnableVertexAttribArray (k);
    else
      glDisableVertexAttribArray (k);
}

static void
draw_elements (MongeGeometry *geometry, GLenum mode, const MongeBuffer *indices)
{
  if (indices->size == 0)
    return;

  bind_vertices (geometry);
  glBindBuffer (GL_ELEMENT_ARRAY_BUFFER, indices->name);
  glDrawElements (mode, indices->size / sizeof (guint32), GL_UNSIGNED_INT, NULL);
}

void
monge_geometry_draw_points (MongeGeometry *geometry)
{
  bind_vertices (geometry);
  glDrawArrays (GL_POINTS, 0, geometry->n_vertices);
}

void
monge_geometry_draw_triangles (MongeGeometry *geometry)
{
  if (geometry->cell_size == 3)
    draw_elements (geometry, GL_TRIANGLES, &geometry->cell_buffer);
}

/* Lists, for every vertex, its neighbours of higher index: first[v] … first[v + 1] in @others. */
static void
list_upper_neighbours (const MongeGeometry *geometry, guint32 *first, guint32 *others)
{
  const guint32 *cells = geometry->cells;
  gsize n = geometry->n_vertices;
  for (int round = 0; round < 2; round++)
    {
      for (gsize i = 0; i < 3 * geometry->n_cells; i++)
        {
          guint32 a = cells[i], b = cells[i % 3 == 2 ? i - 2 : i + 1];
          if (round == 0)
            first[MIN (a, b) + 1]++;
          else
            others[first[MIN (a, b)]++] = MAX (a, b);
        }
      for (gsize v = 0; round == 0 && v < n; v++)
        first[v + 1] += first[v];
    }
  /* the second round moved every start to its end */
  memmove (first + 1, first, n * sizeof *first);
  first[0] = 0;
}

static void
make_edges (MongeGeometry *geometry)
{
  gsize n_half = 3 * geometry->n_cells, n_edges = 0;
  g_autofree guint32 *first = g_new0 (guint32, geometry->n_vertices + 2);
  g_autofree guint32 *others = g_new (guint32, n_half);
  g_autofree guint32 *edges = g_new (guint32, 2 * n_half);
  g_autofree guint32 *seen_from = g_new0 (guint32, geometry->n_vertices); /* vertex + 1 */
  list_upper_neighbours (geometry, first, others);

  for (gsize v = 0; v < geometry->n_vertices; v++)
    for (guint32 i = first[v]; i < first[v + 1]; i++)
      if (others[i] != v && seen_from[others[i]] != v + 1)
        {
          seen_from[others[i]] = v + 1;
          edges[2 * n_edges] = v;
          edges[2 * n_edges + 1] = others[i];
          n_edges++;
        }

  monge_buffer_init (&geometry->edge_buffer, 2 * n_edges * sizeof (guint32), GL_STATIC_DRAW);
  if (n_edges > 0)
    monge_buffer_write (&geometry->edge_buffer, edges);
  g_clear_pointer (&geometry->cells, g_free);
}

void
monge_geometry_draw_edges (MongeGeometry *geometry)
{
  if (geometry->cell_size == 3 && geometry->cells)
    make_edges (geometry);
  draw_elements (geometry, GL_LINES,
                 geometry->cell_size == 2 ? &geometry->cell_buffer : &geometry->edge_buffer);
}
