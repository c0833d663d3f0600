#include "compute/volume/net.h"

#include "compute/core/parallel.h"
#include "compute/shape/bytes.h"

#include <string.h>

/* How the net is found: two passes over the nodes, rows of cells in parallel. The first counts cells
 * and quads of each row, so that the second knows where to put them; links and quads then follow from
 * the cells alone. */

#define ROWS_AT_ONCE 64
#define MAX_CELLS (MONGE_MAX_VERTICES - 1)

typedef struct {
  MongeNet *net;
  const guint16 *places, *numbers;
  const guint *size;
  guint32 *quad_begin; /* per row of cells, like row_begin */
  guint16 **scratch;   /* per worker: five rows of nodes */
  gboolean is_filling;
} Scan;

static inline guint
get_n_rows_along_y (const MongeNet *net)
{
  return net->n_nodes[1] - 1;
}

static inline gsize
get_n_rows (const MongeNet *net)
{
  return (gsize) get_n_rows_along_y (net) * (net->n_nodes[2] - 1);
}

/* The labels of the nodes of a row, with the margin. */
static void
read_nodes (const Scan *scan, guint y, guint z, guint16 *nodes)
{
  const MongeNet *net = scan->net;
  const guint n = net->n_nodes[0];
  const guint16 *places;

  memset (nodes, 0, n * sizeof *nodes);
  if (y == 0 || z == 0 || y + 1 == net->n_nodes[1] || z + 1 == net->n_nodes[2])
    return;
  places = scan->places + net->lower[0]
           + scan->size[0] * (net->lower[1] + y - 1
                              + scan->size[1] * (gsize) (net->lower[2] + z - 1));
  for (guint x = 1; x + 1 < n; x++)
    nodes[x] = scan->numbers[places[x - 1]];
}

/* Into @differs, per cell: 0 where all eight nodes are the same. Written for the vectoriser. */
static void
compare_nodes (guint16 *const rows[4], guint n, guint16 *restrict differs)
{
  const guint16 *restrict a = rows[0], *restrict b = rows[1];
  const guint16 *restrict c = rows[2], *restrict d = rows[3];

  for (guint x = 0; x < n; x++)
    differs[x] = (guint16) ((a[x] ^ b[x]) | (a[x] ^ c[x]) | (a[x] ^ d[x]));
  for (guint x = 0; x + 1 < n; x++)
    differs[x] |= differs[x + 1] | (a[x] ^ a[x + 1]);
}

static inline guint
count_quads (const guint16 corners[8])
{
  return (corners[0] != corners[1]) + (corners[0] != corners[2]) + (corners[0] != corners[4]);
}

static void
scan_row (const Scan *scan, guint16 *const rows[4], const guint16 *differs, gsize row)
{
  MongeNet *net = scan->net;
  gsize n_cells = 0, n_quads = 0;
  guint n = net->n_nodes[0] - 1;

  for (guint x = 0; x < n; x++)
    {
      guint16 corners[8];

      if (differs[x] == 0)
        continue;
      for (guint c = 0; c < 8; c++)
        corners[c] = rows[c >> 1][x + (c & 1)];
      if (scan->is_filling)
        {
          net->x[net->row_begin[row] + n_cells] = x;
          memcpy (net->corners[net->row_begin[row] + n_cells], corners, sizeof corners);
        }
      n_quads += count_quads (corners);
      n_cells++;
    }
  if (!scan->is_filling)
    {
      net->row_begin[row] = (guint32) n_cells;
      scan->quad_begin[row] = (guint32) n_quads;
    }
}

/* Rows of cells; the two upper rows of nodes of one are the lower ones of the next. */
static void
scan_rows (gsize begin, gsize end, guint worker, gpointer user_data)
{
  const Scan *scan = user_data;
  const guint ny = get_n_rows_along_y (scan->net), n = scan->net->n_nodes[0];
  guint16 *rows[4], *differs;

  if (scan->scratch[worker] == NULL)
    scan->scratch[worker] = g_new (guint16, 5 * (gsize) n);
  for (int k = 0; k < 4; k++)
    rows[k] = scan->scratch[worker] + k * (gsize) n;
  differs = scan->scratch[worker] + 4 * (gsize) n;
  for (gsize row = begin; row < end; row++)
    {
      guint y = (guint) (row % ny), z = (guint) (row / ny);
      guint16 *first = rows[0], *second = rows[2];

      if (row == begin || y == 0)
        {
          read_nodes (scan, y, z, rows[0]);
          read_nodes (scan, y, z + 1, rows[2]);
        }
      else
        {
          rows[0] = rows[1], rows[1] = first;
          rows[2] = rows[3], rows[3] = second;
        }
      read_nodes (scan, y + 1, z, rows[1]);
      read_nodes (scan, y + 1, z + 1, rows[3]);
      compare_nodes (rows, n, differs);
      scan_row (scan, rows, differs, row);
    }
}

/* Counts become where each row begins. */
static gboolean
sum_up (guint32 *begin, gsize n_rows, gsize *total, GError **error)
{
  gsize sum = 0;

  for (gsize row = 0; row < n_rows; row++)
    {
      gsize n = begin[row];

      begin[row] = (guint32) sum;
      sum += n;
      if (sum > MAX_CELLS)
        {
          g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "the surfaces of these labels have "
                       "more than %" G_GSIZE_FORMAT " vertices; choose fewer labels",
                       (gsize) MAX_CELLS);
          return FALSE;
        }
    }
  begin[n_rows] = (guint32) sum;
  *total = sum;
  return TRUE;
}

static gboolean
run_scan (Scan *scan, gboolean is_filling, MongeTask *task, GError **error)
{
  scan->is_filling = is_filling;
  return monge_parallel_rows (get_n_rows (scan->net), ROWS_AT_ONCE, 0, task, scan_rows, scan)
         || !monge_task_return_if_cancelled (task, error);
}

/* ---- links and quads ---- */

/* The corners of each face: −x, +x, −y, +y, −z, +z. */
static const guint8 face_corners[6][4]
    = { { 0, 2, 4, 6 }, { 1, 3, 5, 7 }, { 0, 1, 4, 5 },
        { 2, 3, 6, 7 }, { 0, 1, 2, 3 }, { 4, 5, 6, 7 } };

static inline gboolean
is_face_mixed (const guint16 corners[8], guint face)
{
  const guint8 *c = face_corners[face];

  return corners[c[0]] != corners[c[1]] || corners[c[0]] != corners[c[2]]
         || corners[c[0]] != corners[c[3]];
}

/* Along a row and the four beside it, each cell beyond a mixed face is in the net as well. */
static void
link_rows (gsize begin, gsize end, guint worker, gpointer user_data)
{
  MongeNet *net = ((Scan *) user_data)->net;
  const gsize ny = get_n_rows_along_y (net);

  for (gsize row = begin; row < end; row++)
    {
      const gssize steps[4] = { -1, 1, -(gssize) ny, (gssize) ny };
      guint32 beside[4];

      if (net->row_begin[row] == net->row_begin[row + 1])
        continue;
      for (int k = 0; k < 4; k++)
        {
          gssize other = (gssize) row + steps[k];

          beside[k] = net->row_begin[CLAMP (other, 0, (gssize) get_n_rows (net))];
        }
      for (guint32 i = net->row_begin[row]; i < net->row_begin[row + 1]; i++)
        {
          guint32 *links = net->links[i];

          links[0] = is_face_mixed (net->corners[i], 0) ? i - 1 : MONGE_NET_NONE;
          links[1] = is_face_mixed (net->corners[i], 1) ? i + 1 : MONGE_NET_NONE;
          for (guint k = 0; k < 4; k++)
            {
              links[2 + k] = MONGE_NET_NONE;
              if (!is_face_mixed (net->corners[i], 2 + k))
                continue;
              while (net->x[beside[k]] < net->x[i])
                beside[k]++;
              links[2 + k] = beside[k];
            }
        }
    }
}

static void
add_quads (MongeNet *net, guint32 cell, MongeNetQuad **quad)
{
  const guint16 *corners = net->corners[cell];
  const guint32 *links = net->links[cell];

  for (guint axis = 0; axis < 3; axis++)
    if (corners[0] != corners[1 << axis])
      {
        guint u = 2 * ((axis + 1) % 3), v = 2 * ((axis + 2) % 3);

        **quad = (MongeNetQuad){ { cell, links[u], net->links[links[u]][v], links[v] },
                                 corners[0], corners[1 << axis], (guint8) axis, 0 };
        (*quad)++;
      }
}

static void
add_quads_of_rows (gsize begin, gsize end, guint worker, gpointer user_data)
{
  const Scan *scan = user_data;
  MongeNet *net = scan->net;
  MongeNetQuad *quad = net->quads + scan->quad_begin[begin];

  for (guint32 i = net->row_begin[begin]; i < net->row_begin[end]; i++)
    add_quads (net, i, &quad);
}

/* ---- */

static gboolean
allocate_cells (MongeNet *net, GError **error)
{
  const gsize n = MAX (net->n_cells, 1);

  return (net->x = monge_bytes_alloc (n, sizeof *net->x, error)) != NULL
         && (net->corners = monge_bytes_alloc (n, sizeof *net->corners, error)) != NULL
         && (net->links = monge_bytes_alloc (n, sizeof *net->links, error)) != NULL
         && (net->offsets = monge_bytes_alloc (n, sizeof *net->offsets, error)) != NULL
         && (net->quads = monge_bytes_alloc (MAX (net->n_quads, 1), sizeof *net->quads, error))
                != NULL;
}

static gboolean
fill_net (Scan *scan, MongeTask *task, GError **error)
{
  MongeNet *net = scan->net;
  const gsize n_rows = get_n_rows (net);

  net->row_begin = monge_bytes_alloc (n_rows + 1, sizeof *net->row_begin, error);
  if (net->row_begin == NULL)
    return FALSE;
  scan->quad_begin = monge_bytes_alloc (n_rows + 1, sizeof *scan->quad_begin, error);
  if (scan->quad_begin == NULL)
    return FALSE;
  if (!run_scan (scan, FALSE, task, error)
      || !sum_up (net->row_begin, n_rows, &net->n_cells, error)
      || !sum_up (scan->quad_begin, n_rows, &net->n_quads, error) || !allocate_cells (net, error)
      || !run_scan (scan, TRUE, task, error))
    return FALSE;
  memset (net->offsets, 0, net->n_cells * sizeof *net->offsets);
  return (monge_parallel_rows (n_rows, ROWS_AT_ONCE, 0, task, link_rows, scan)
          && monge_parallel_rows (n_rows, ROWS_AT_ONCE, 0, task, add_quads_of_rows, scan))
         || !monge_task_return_if_cancelled (task, error);
}

MongeNet *
monge_net_new (const guint16 *places, const guint size[3], const guint16 *numbers, guint n_labels,
               const guint lower[3], const guint upper[3], MongeTask *task, GError **error)
{
  g_autoptr (MongeNet) net = g_new0 (MongeNet, 1);
  const guint n_workers = monge_parallel_get_default_threads ();
  Scan scan = { .net = net, .places = places, .numbers = numbers, .size = size };
  gboolean is_done;

  net->n_labels = n_labels;
  for (int k = 0; k < 3; k++)
    {
      net->lower[k] = lower[k];
      net->n_nodes[k] = upper[k] - lower[k] + 2;
    }
  scan.scratch = g_new0 (guint16 *, n_workers);
  is_done = fill_net (&scan, task, error);
  for (guint k = 0; k < n_workers; k++)
    g_free (scan.scratch[k]);
  g_free (scan.scratch);
  g_free (scan.quad_begin);
  return is_done ? g_steal_pointer (&net) : NULL;
}

void
monge_net_free (MongeNet *net)
{
  g_free (net->row_begin);
  g_free (net->x);
  g_free (net->corners);
  g_free (net->links);
  g_free (net->offsets);
  g_free (net->quads);
  g_free (net);
}
