/* Repair: each part is switched on or off, does nothing to a good shape, and leaves nothing for
 * itself to do. Vertices keep their order, and the first of those that are merged its arrays. */
#include "compute/filter/filter-private.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "compute/filter/mend.h"
#include "compute/shape/bytes.h"

#define MAX_ROUNDS 8

#define SWITCH(key, label, field, help)                                                            \
  {                                                                                                \
    key, label, "", MONGE_OPTION_BOOL, offsetof (MongeRepairParams, field), 0, 1, FALSE, NULL,     \
        help                                                                                       \
  }

const MongeOption monge_repair_options[] = {
  SWITCH ("merge", "Merge duplicate vertices", merge,
          "Vertices that lie at one place become one; the first keeps its arrays"),
  { "tolerance", "Within", "%", MONGE_OPTION_DOUBLE, offsetof (MongeRepairParams, tolerance), 0, 10,
    TRUE, NULL,
    "How far apart merged vertices may lie, of the diameter; points and surfaces in more "
    "than three dimensions: the same coordinates alone" },
  SWITCH ("degenerate", "Drop degenerate cells", degenerate, "Faces and segments of no size go"),
  SWITCH ("duplicates", "Drop duplicate cells", duplicates,
          "Of cells on the same vertices the first stays"),
  SWITCH ("orient", "Make orientation agree", orient,
          "Faces are turned until neighbours agree, and closed pieces point out"),
  SWITCH ("holes", "Fill holes", holes,
          "Small holes are closed with new faces between their vertices"),
  { "longest", "Longest hole", "%", MONGE_OPTION_DOUBLE, offsetof (MongeRepairParams, longest), 0,
    INFINITY, TRUE, NULL, "Holes that are longer around stay, of the diameter of their piece" },
  SWITCH ("unreferenced", "Drop unused vertices", unreferenced, "Vertices in no cell go"),
  { NULL },
};
const MongeRepairParams monge_repair_defaults = { TRUE, 1e-4, TRUE, TRUE, TRUE, TRUE, 10.0, TRUE };

gboolean
monge_repair_takes (const MongeShape *shape, const char **reason)
{
  return monge_filter_takes_all (shape, reason);
}

/* A repair under way. Cells are of the shape's vertices until the end. */
typedef struct {
  const MongeRepairParams *params;
  MongeMending m;
  guint arity;
  guint32 *same; /* (nullable): for each vertex the one that stands for it */
  gsize n_merged;
  GString *note;
  gboolean is_changed;
} Repair;

static void
tell (Repair *repair, const char *what, gsize count)
{
  if (count > 0)
    g_string_append_printf (repair->note, "%s%s: %" G_GSIZE_FORMAT,
                            repair->note->len > 0 ? ", " : "", what, count);
}

/* --- Vertices --- */

static gboolean
merge_vertices (Repair *repair, MongeTask *task, GError **error)
{
  const MongeShape *shape = repair->m.shape;
  gsize n = monge_shape_get_n_vertices (shape);
  double tolerance = 0.01 * repair->params->tolerance * monge_shape_get_diameter (shape);

  if (repair->arity == 0)
    tolerance = 0.0;
  repair->same = monge_mend_find_same (shape, tolerance, task, error);
  if (repair->same == NULL)
    return FALSE;
  for (gsize i = 0; i < n; i++)
    repair->n_merged += repair->same[i] != i;
  for (gsize k = 0; repair->n_merged > 0 && k < repair->arity * repair->m.n_faces; k++)
    repair->m.faces[k] = repair->same[repair->m.faces[k]];
  repair->is_changed |= repair->n_merged > 0;
  tell (repair, "vertices merged", repair->n_merged);
  return TRUE;
}

/* The vertices that stay, and where each goes. */
static guint32 *
list_rows (const Repair *repair, guint32 *places, gsize *n_rows)
{
  gsize n = monge_shape_get_n_vertices (repair->m.shape);
  guint32 *rows = g_new (guint32, n);
  g_autofree guint8 *is_used = g_malloc0 (n);
  gboolean drops = repair->params->unreferenced && repair->m.n_faces > 0;

  for (gsize k = 0; k < repair->arity * repair->m.n_faces; k++)
    is_used[repair->m.faces[k]] = TRUE;
  *n_rows = 0;
  for (gsize i = 0; i < n; i++)
    {
      gboolean stays = (is_used[i] || !drops) && (repair->same == NULL || repair->same[i] == i);

      places[i] = (guint32) *n_rows;
      if (stays)
        rows[(*n_rows)++] = (guint32) i;
    }
  return rows;
}

/* --- Cells --- */

static gsize
compress (Repair *repair, const guint8 *keeps)
{
  MongeMending *m = &repair->m;
  gsize n_kept = 0, n = m->n_faces;

  for (gsize c = 0; c < n; c++)
    if (keeps[c])
      {
        memmove (m->faces + repair->arity * n_kept, m->faces + repair->arity * c,
                 repair->arity * sizeof *m->faces);
        m->rows[n_kept++] = m->rows[c];
      }
  m->n_faces = n_kept;
  repair->is_changed |= n_kept < n;
  return n - n_kept;
}

static gboolean
uses_vertex_twice (const guint32 *cell, guint arity)
{
  return cell[0] == cell[1] || (arity == 3 && (cell[1] == cell[2] || cell[2] == cell[0]));
}

static gboolean
drop_degenerate (Repair *repair, MongeTask *task, GError **error)
{
  MongeMending *m = &repair->m;
  g_autofree guint8 *keeps = g_malloc (MAX (m->n_faces, 1));

  for (gsize c = 0; c < m->n_faces; c++)
    {
      if (monge_filter_is_cancelled (c, task, error))
        return FALSE;
      keeps[c] = !(repair->params->degenerate
                     ? monge_mend_is_degenerate (m->shape, m->faces + repair->arity * c,
                                                 repair->arity)
                     : uses_vertex_twice (m->faces + repair->arity * c, repair->arity));
    }
  tell (repair, "degenerate cells dropped", compress (repair, keeps));
  return TRUE;
}

static gboolean
drop_duplicates (Repair *repair, MongeTask *task, GError **error)
{
  MongeMending *m = &repair->m;
  g_autofree guint8 *keeps = g_malloc (MAX (m->n_faces, 1));
  gsize n_duplicates;

  memset (keeps, TRUE, m->n_faces);
  if (!monge_mend_mark_duplicates (m->faces, m->n_faces, repair->arity,
                                   monge_shape_get_n_vertices (m->shape), keeps, &n_duplicates,
                                   task, error))
    return FALSE;
  tell (repair, "duplicate cells dropped", compress (repair, keeps));
  return TRUE;
}

/* Sides first, so that holes have one; what is out only once they are closed. */
static gboolean
mend_surface (Repair *repair, MongeTask *task, GError **error)
{
  const MongeRepairParams *params = repair->params;
  gsize n_turned = 0, n_one_sided = 0, n_filled = 0, n_left = 0, n_out = 0;

  if (params->orient && !monge_mending_orient (&repair->m, &n_turned, &n_one_sided, task, error))
    return FALSE;
  if (params->holes
      && !monge_mending_fill (&repair->m, 0.01 * params->longest, &n_filled, &n_left, task, error))
    return FALSE;
  if (params->orient && !monge_mending_turn_out (&repair->m, &n_out, task, error))
    return FALSE;
  repair->is_changed |= n_turned + n_filled + n_out > 0;
  tell (repair, "faces turned", n_turned);
  tell (repair, "pieces with one side only left as they are", n_one_sided);
  tell (repair, "holes filled", n_filled);
  tell (repair, "holes left open", n_left);
  tell (repair, "closed pieces turned outwards", n_out);
  return TRUE;
}

static gboolean
mend (Repair *repair, MongeTask *task, GError **error)
{
  const MongeRepairParams *params = repair->params;

  if (params->merge && !merge_vertices (repair, task, error))
    return FALSE;
  if (repair->arity == 0)
    return TRUE;
  /* Merging leaves cells that use a vertex twice, which no shape can have. */
  if (!drop_degenerate (repair, task, error))
    return FALSE;
  if (params->duplicates && !drop_duplicates (repair, task, error))
    return FALSE;
  return repair->arity == 2 || monge_shape_get_dim (repair->m.shape) != 3
         || mend_surface (repair, task, error);
}

/* --- The whole --- */

/* @weights with those of merged points added to the one that stays. */
static MongeArray *
add_weights (const Repair *repair, const MongeArray *weights, gsize n_rows, const guint32 *places)
{
  gsize size = n_rows * monge_type_get_size (weights->type);
  g_autofree double *sums = g_new0 (double, n_rows);
  gpointer values = g_malloc (size);

  for (gsize i = 0; i < weights->n_rows; i++)
    sums[places[repair->same[i]]] += monge_array_get (weights, i, 0);
  monge_bytes_from_doubles (weights->type, sums, 1, n_rows, values);
  return monge_array_new (weights->name, weights->type, 1, n_rows, g_bytes_new_take (values, size));
}

/* The mass of a cloud stays what it was. */
static MongeShape *
build_cloud (Repair *repair, const guint32 *rows, gsize n_rows, const guint32 *places,
             GError **error)
{
  const MongeShape *shape = repair->m.shape;
  g_autoptr (MongeShape) cloud = monge_filter_pick (shape, rows, n_rows, NULL, 0, NULL, error);
  g_autoptr (GPtrArray) arrays = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_array_free);

  for (guint k = 0; k < monge_shape_get_n_arrays (shape); k++)
    {
      const MongeArray *array = monge_shape_get_array (shape, k);

      if (monge_array_guess_role (array) == MONGE_ARRAY_WEIGHT)
        g_ptr_array_add (arrays, add_weights (repair, array, n_rows, places));
    }
  return cloud != NULL ? monge_shape_with_arrays (cloud, arrays, error) : NULL;
}

static MongeShape *
build (Repair *repair, MongeShape *shape, GError **error)
{
  gsize n = monge_shape_get_n_vertices (shape), n_rows;
  g_autofree guint32 *places = g_new (guint32, n);
  g_autofree guint32 *rows = list_rows (repair, places, &n_rows);
  MongeMending *m = &repair->m;

  if (n_rows == n && !repair->is_changed)
    return monge_shape_ref (shape);
  tell (repair, "unused vertices dropped", n - n_rows - repair->n_merged);
  for (gsize k = 0; k < repair->arity * m->n_faces; k++)
    m->faces[k] = places[m->faces[k]];
  if (repair->arity == 0)
    return build_cloud (repair, rows, n_rows, places, error);
  return monge_filter_pick (shape, rows, n_rows, g_steal_pointer (&m->faces), m->n_faces, m->rows,
                            error);
}

static MongeShape *
repair_once (MongeShape *shape, const MongeRepairParams *params, MongeTask *task, GString *note,
             GError **error)
{
  MongeShapeKind kind = monge_shape_get_kind (shape);
  gsize n_cells = monge_shape_get_n_cells (shape);
  Repair repair = { params, .note = note };
  MongeShape *result = NULL;

  repair.arity = kind == MONGE_SHAPE_SURFACE ? 3 : kind == MONGE_SHAPE_CURVES ? 2 : 0;
  repair.m = (MongeMending){ shape, .n_faces = n_cells, .rows = g_new (guint32, MAX (n_cells, 1)) };
  if (repair.arity > 0)
    repair.m.faces = g_memdup2 (monge_shape_get_cells (shape),
                                repair.arity * n_cells * sizeof *repair.m.faces);
  for (gsize c = 0; c < n_cells; c++)
    repair.m.rows[c] = (guint32) c;
  if (mend (&repair, task, error))
    result = build (&repair, shape, error);
  g_free (repair.m.faces);
  g_free (repair.m.rows);
  g_free (repair.same);
  return result;
}

/* What one round drops may open what the next one closes. */
MongeShape *
monge_repair_apply (MongeShape *shape, gconstpointer params, MongeTask *task, GString *note,
                    GError **error)
{
  g_autoptr (MongeShape) now = monge_shape_ref (shape);

  for (guint round = 0; round < MAX_ROUNDS; round++)
    {
      g_autoptr (GString) told = g_string_new (NULL);
      g_autoptr (MongeShape) next = repair_once (now, params, task, told, error);
      gboolean is_done = next == now;

      if (next == NULL)
        return NULL;
      if (told->len > 0 && (round == 0 || !is_done))
        g_string_append_printf (note, "%s%s", note->len > 0 ? "; then " : "", told->str);
      if (is_done)
        break;
      monge_shape_unref (now);
      now = g_steal_pointer (&next);
    }
  if (note->len == 0)
    g_string_assign (note, "Nothing to repair");
  note->str[0] = g_ascii_toupper (note->str[0]);
  g_string_append_c (note, '.');
  return g_steal_pointer (&now);
}
