#include "compute/volume/cube-table.h"
#include "compute/volume/net.h"

#include "compute/core/parallel.h"
#include "compute/shape/bytes.h"
#include "compute/shape/place.h"

#include <string.h>

/* From the net, whose vertices serve all labels, to one mesh for each label.
 *
 * A label has as many vertices in a cell as there are closed curves in which its surface meets the
 * faces of the cell (cube-table.h): usually one; more where its voxels touch by an edge or a corner
 * alone. They have the same place.
 *
 * Where two curves cross a face and belong to one curve on either side, the two cells would be joined
 * by one edge of four faces. Then each of the two gets a vertex of its own in the middle of that
 * edge; the triangles beside it are cut there, which moves nothing. */

#define ROWS_AT_ONCE 64
#define AT_ONCE 4096

/* The label's part of a cell: which corners it has, and its first vertex. */
typedef struct {
  guint16 label;
  guint8 inside;
  guint32 first;
} Part;

typedef struct {
  const MongeNet *net;
  const MongeCubeLoops *loops;
  const double *affine;
  MongeTask *task;
  gboolean mirrors;
  guint32 *begin;      /* per cell: its parts; n_cells + 1 */
  Part *parts;         /* of labels but the background */
  gsize *quad_begin;   /* per label; n_labels + 2 */
  guint32 *quads;      /* by label, in order */
  MongeNetMesh *meshes;
  gint failed;     /* atomic */
} Making;

/* The edge of each of a quad's four cells that it crosses, by axis. */
static const guint8 quad_edges[3][4] = { { 0, 1, 3, 2 }, { 4, 6, 7, 5 }, { 8, 9, 11, 10 } };

void
monge_net_mesh_clear (MongeNetMesh *mesh)
{
  g_clear_pointer (&mesh->positions, g_free);
  g_clear_pointer (&mesh->faces, g_free);
  mesh->n_vertices = mesh->n_faces = 0;
}

/* ---- parts ---- */

static guint
list_parts (const guint16 corners[8], Part parts[8])
{
  guint n = 0;

  for (guint c = 0; c < 8; c++)
    {
      guint k = 0;

      while (k < n && parts[k].label != corners[c])
        k++;
      if (corners[c] == 0)
        continue;
      if (k == n)
        parts[n++] = (Part){ corners[c], 0, 0 };
      parts[k].inside |= (guint8) (1 << c);
    }
  return n;
}

/* Counts vertices as well. FALSE when cancelled or out of memory. */
static gboolean
number_vertices (Making *m, GError **error)
{
  const MongeNet *net = m->net;
  gsize n = 0;

  for (int pass = 0; pass < 2; pass++)
    {
      n = 0;
      for (gsize i = 0; i < net->n_cells; i++)
        {
          Part parts[8];
          guint count = list_parts (net->corners[i], parts);

          if (i % AT_ONCE == 0 && monge_task_return_if_cancelled (m->task, error))
            return FALSE;
          m->begin[i] = (guint32) n;
          for (guint k = 0; pass == 1 && k < count; k++)
            {
              MongeNetMesh *mesh = &m->meshes[parts[k].label - 1];

              parts[k].first = (guint32) mesh->n_vertices;
              mesh->n_vertices += m->loops[parts[k].inside].n_loops;
              m->parts[n + k] = parts[k];
            }
          n += count;
        }
      m->begin[net->n_cells] = (guint32) n;
      if (pass == 0 && (m->parts = monge_bytes_alloc (MAX (n, 1), sizeof (Part), error)) == NULL)
        return FALSE;
    }
  return TRUE;
}

static inline const Part *
find_part (const Making *m, guint32 cell, guint label)
{
  const Part *part = &m->parts[m->begin[cell]];

  while (part->label != label)
    part++;
  return part;
}

static void
place_rows (gsize begin, gsize end, guint worker, gpointer user_data)
{
  const Making *m = user_data;
  const MongeNet *net = m->net;
  const guint ny = net->n_nodes[1] - 1;
  const double *a = m->affine;

  for (gsize row = begin; row < end; row++)
    for (guint32 i = net->row_begin[row]; i < net->row_begin[row + 1]; i++)
      {
        const double at[3] = { net->x[i], (double) (row % ny), (double) (row / ny) };
        double index[3], world[3];

        for (int k = 0; k < 3; k++)
          index[k] = net->lower[k] + at[k] - 0.5 + net->offsets[i][k];
        for (int k = 0; k < 3; k++)
          world[k] = a[4 * k] * index[0] + a[4 * k + 1] * index[1] + a[4 * k + 2] * index[2]
                     + a[4 * k + 3];
        for (guint32 j = m->begin[i]; j < m->begin[i + 1]; j++)
          for (guint l = 0; l < m->loops[m->parts[j].inside].n_loops; l++)
            memcpy (m->meshes[m->parts[j].label - 1].positions + 3 * (m->parts[j].first + (gsize) l),
                    world, sizeof world);
      }
}

/* ---- faces ---- */

/* By label, in order; each quad is listed for both of its labels. */
static gboolean
sort_quads (Making *m, GError **error)
{
  const MongeNet *net = m->net;
  g_autofree gsize *next = NULL;

  m->quad_begin = g_new0 (gsize, net->n_labels + 2);
  m->quads = monge_bytes_alloc (MAX (2 * net->n_quads, 1), sizeof *m->quads, error);
  if (m->quads == NULL)
    return FALSE;
  for (gsize q = 0; q < net->n_quads; q++)
    {
      m->quad_begin[net->quads[q].a + 1]++;
      m->quad_begin[net->quads[q].b + 1]++;
    }
  for (guint l = 0; l <= net->n_labels; l++)
    m->quad_begin[l + 1] += m->quad_begin[l];
  next = g_memdup2 (m->quad_begin, (net->n_labels + 1) * sizeof *next);
  for (gsize q = 0; q < net->n_quads; q++)
    {
      if (q % AT_ONCE == 0 && monge_task_return_if_cancelled (m->task, error))
        return FALSE;
      m->quads[next[net->quads[q].a]++] = (guint32) q;
      m->quads[next[net->quads[q].b]++] = (guint32) q;
    }
  return TRUE;
}

/* The surface of one label under way. */
typedef struct {
  const Making *m;
  guint label;
  MongeIndices faces;
  GHashTable *middles; /* nullable: vertices in the middle of edges */
  GArray *ends;        /* nullable: of those edges, guint32[2] each */
  GError *error;
} Mesher;

/* Which of the two edges between vertices @lower and @upper: by the corner, in the cell of @lower, of
 * the node outside that it goes around. */
typedef struct {
  guint32 lower, upper, corner;
} Middle;

static guint
hash_middle (gconstpointer key)
{
  const Middle *middle = key;

  return (middle->lower * 2654435761u ^ middle->upper) * 2654435761u ^ middle->corner;
}

static gboolean
equal_middles (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (Middle)) == 0;
}

static guint32
find_middle (Mesher *mesher, const Middle *middle)
{
  const gsize n_vertices = mesher->m->meshes[mesher->label - 1].n_vertices;
  gpointer value;

  if (mesher->middles == NULL)
    {
      mesher->middles = g_hash_table_new_full (hash_middle, equal_middles, g_free, NULL);
      mesher->ends = g_array_new (FALSE, FALSE, 2 * sizeof (guint32));
    }
  value = g_hash_table_lookup (mesher->middles, middle);
  if (value == NULL)
    {
      const guint32 ends[2] = { middle->lower, middle->upper };

      g_array_append_vals (mesher->ends, ends, 1);
      value = GSIZE_TO_POINTER (n_vertices + mesher->ends->len);
      g_hash_table_insert (mesher->middles, g_memdup2 (middle, sizeof *middle), value);
    }
  return (guint32) (GPOINTER_TO_SIZE (value) - 1);
}

static inline guint
get_edge (guint axis, guint corner)
{
  static const guint8 bits[3][2] = { { 1, 2 }, { 0, 2 }, { 0, 1 } };

  return 4 * axis + (corner >> bits[axis][0] & 1) + 2 * (corner >> bits[axis][1] & 1);
}

/* The corner that is the lower end of the quad's lattice edge in its cell @side. */
static inline guint
get_lower_end (guint axis, guint side)
{
  static const guint8 u[4] = { 0, 1, 1, 0 }, v[4] = { 0, 0, 1, 1 };

  return (guint) u[side] << (axis + 1) % 3 | (guint) v[side] << (axis + 2) % 3;
}

/* Whether, between cells @side and @side + 1 of a quad, the surface has a second edge with the same
 * ends: the face between them has inside nodes on one diagonal, and both curves on it are one in each
 * of the cells. */
static gboolean
is_doubled (const Making *m, guint axis, guint side, const Part *const parts[4])
{
  const guint across = side % 2 == 0 ? (axis + 2) % 3 : (axis + 1) % 3;
  const guint own = get_lower_end (axis, side), opposite = own ^ 1u << across;
  const guint inside = parts[side]->inside;

  if ((inside >> opposite & 1) == (inside >> own & 1)
      || (inside >> (opposite | 1u << axis) & 1) == (inside >> (own | 1u << axis) & 1))
    return FALSE;
  for (guint k = 0; k < 2; k++)
    {
      const guint at = (side + k) % 4, end = get_lower_end (axis, at);
      const MongeCubeLoops *loops = &m->loops[parts[at]->inside];

      if (loops->of[get_edge (axis, end)] != loops->of[get_edge (axis, end ^ 1u << across)])
        return FALSE;
    }
  return TRUE;
}

/* The vertex in the middle of that edge. */
static guint32
get_middle (Mesher *mesher, guint axis, guint side, const Part *const parts[4],
            const guint32 vertices[4])
{
  const guint next = (side + 1) % 4;
  const guint first = vertices[side] < vertices[next] ? side : next;
  const guint end = get_lower_end (axis, first);
  const Middle middle = { vertices[first], vertices[first == side ? next : side],
                          parts[first]->inside >> end & 1 ? end | 1u << axis : end };

  return find_middle (mesher, &middle);
}

static void
add_face (Mesher *mesher, gboolean turns, guint32 a, guint32 b, guint32 c)
{
  guint32 *face = mesher->error == NULL ? monge_indices_add (&mesher->faces, &mesher->error) : NULL;

  if (face == NULL)
    return;
  face[0] = a;
  face[1] = turns ? c : b;
  face[2] = turns ? b : c;
}

/* Triangle a b c, whose sides ab and bc have the middles @m and @n, or MONGE_NET_NONE. */
static void
add_triangle (Mesher *mesher, gboolean turns, guint32 a, guint32 m, guint32 b, guint32 n, guint32 c)
{
  if (m != MONGE_NET_NONE && n != MONGE_NET_NONE)
    {
      add_face (mesher, turns, m, b, n);
      add_face (mesher, turns, a, m, n);
      add_face (mesher, turns, a, n, c);
    }
  else if (m != MONGE_NET_NONE)
    {
      add_face (mesher, turns, a, m, c);
      add_face (mesher, turns, m, b, c);
    }
  else if (n != MONGE_NET_NONE)
    {
      add_face (mesher, turns, a, b, n);
      add_face (mesher, turns, a, n, c);
    }
  else
    add_face (mesher, turns, a, b, c);
}

static void
add_quad (Mesher *mesher, const MongeNetQuad *quad)
{
  const Making *m = mesher->m;
  const gboolean turns = (quad->b == mesher->label) != m->mirrors;
  const guint s = quad->turned;
  const Part *parts[4];
  guint32 vertices[4], middles[4];

  for (guint k = 0; k < 4; k++)
    {
      parts[k] = find_part (m, quad->cells[k], mesher->label);
      vertices[k] = parts[k]->first
                    + m->loops[parts[k]->inside].of[quad_edges[quad->axis][k]];
    }
  for (guint k = 0; k < 4; k++)
    middles[k] = is_doubled (m, quad->axis, k, parts)
                   ? get_middle (mesher, quad->axis, k, parts, vertices) : MONGE_NET_NONE;
  add_triangle (mesher, turns, vertices[s], middles[s], vertices[s + 1], middles[s + 1],
                vertices[s + 2]);
  add_triangle (mesher, turns, vertices[s + 2], middles[s + 2], vertices[(s + 3) % 4],
                middles[(s + 3) % 4], vertices[s]);
}

static void
place_middles (const Mesher *mesher, MongeNetMesh *mesh)
{
  const gsize n = mesher->ends != NULL ? mesher->ends->len : 0;

  for (gsize i = 0; i < n; i++)
    {
      const guint32 *ends = &g_array_index (mesher->ends, guint32, 2 * i);

      for (int k = 0; k < 3; k++)
        mesh->positions[3 * (mesh->n_vertices + i) + k]
            = 0.5 * (mesh->positions[3 * (gsize) ends[0] + k]
                     + mesh->positions[3 * (gsize) ends[1] + k]);
    }
  mesh->n_vertices += n;
}

/* Room for the vertices in the middle of edges. */
static gboolean
grow_positions (MongeNetMesh *mesh, gsize n, GError **error)
{
  double *grown;

  if (n == 0)
    return TRUE;
  grown = g_try_renew (double, mesh->positions, 3 * (mesh->n_vertices + n));
  if (grown == NULL || mesh->n_vertices + n > MONGE_MAX_VERTICES)
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_SIZE, "too many vertices for the memory");
      mesh->positions = grown != NULL ? grown : mesh->positions;
      return FALSE;
    }
  mesh->positions = grown;
  return TRUE;
}

static gboolean
add_quads (Mesher *mesher)
{
  const Making *m = mesher->m;
  const gsize begin = m->quad_begin[mesher->label], end = m->quad_begin[mesher->label + 1];

  if (!monge_indices_reserve (&mesher->faces, MAX (2 * (end - begin), 1), &mesher->error))
    return FALSE;
  for (gsize q = begin; q < end && mesher->error == NULL; q++)
    {
      if (q % AT_ONCE == 0 && monge_task_is_cancelled (m->task))
        return FALSE;
      add_quad (mesher, &m->net->quads[m->quads[q]]);
    }
  return mesher->error == NULL;
}

static void
make_meshes (gsize begin, gsize end, guint worker, gpointer user_data)
{
  Making *m = user_data;

  for (gsize l = begin; l < end && !g_atomic_int_get (&m->failed); l++)
    {
      MongeNetMesh *mesh = &m->meshes[l];
      Mesher mesher = { .m = m, .label = (guint) l + 1, .faces = { .arity = 3 } };

      if (add_quads (&mesher)
          && grow_positions (mesh, mesher.ends != NULL ? mesher.ends->len : 0, &mesher.error))
        {
          place_middles (&mesher, mesh);
          mesh->faces = g_steal_pointer (&mesher.faces.values);
          mesh->n_faces = mesher.faces.n;
        }
      if (mesher.error != NULL)
        g_atomic_int_set (&m->failed, 1);
      g_free (mesher.faces.values);
      g_clear_pointer (&mesher.middles, g_hash_table_unref);
      g_clear_pointer (&mesher.ends, g_array_unref);
      g_clear_error (&mesher.error);
    }
}

/* ---- */

static gboolean
allocate_positions (Making *m, GError **error)
{
  for (guint l = 0; l < m->net->n_labels; l++)
    {
      MongeNetMesh *mesh = &m->meshes[l];

      mesh->positions = monge_bytes_alloc (MAX (mesh->n_vertices, 1), 3 * sizeof (double), error);
      if (mesh->positions == NULL)
        return FALSE;
    }
  return TRUE;
}

static gboolean
run_making (Making *m, GError **error)
{
  const MongeNet *net = m->net;
  const gsize n_rows = (gsize) (net->n_nodes[1] - 1) * (net->n_nodes[2] - 1);

  m->begin = monge_bytes_alloc (net->n_cells + 1, sizeof *m->begin, error);
  if (m->begin == NULL || !number_vertices (m, error) || !allocate_positions (m, error)
      || !sort_quads (m, error))
    return FALSE;
  if (!monge_parallel_rows (n_rows, ROWS_AT_ONCE, 0, m->task, place_rows, m)
      || !monge_parallel_rows (net->n_labels, 1, 0, m->task, make_meshes, m))
    return !monge_task_return_if_cancelled (m->task, error);
  if (m->failed)
    g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                         "not enough memory for these surfaces; choose fewer labels");
  return !m->failed && !monge_task_return_if_cancelled (m->task, error);
}

gboolean
monge_net_make_meshes (const MongeNet *net, const double affine[16], MongeNetMesh *meshes,
                       MongeTask *task, GError **error)
{
  Making m = { .net = net, .loops = monge_cube_loops_get (), .affine = affine, .task = task,
               .mirrors = monge_affine_get_determinant (affine) < 0.0, .meshes = meshes };
  gboolean is_done = run_making (&m, error);

  g_free (m.begin);
  g_free (m.parts);
  g_free (m.quad_begin);
  g_free (m.quads);
  return is_done;
}
