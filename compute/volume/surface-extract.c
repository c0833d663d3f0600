#include "compute/volume/net.h"
#include "compute/volume/volume-private.h"

#include <string.h>

/* Surfaces of labels, one for each or one for all:
 *
 * 1. The net (net.h): one vertex in each cube of voxel centres that sees more than one label, one
 *    quad for each pair of neighbouring voxels that differ. With its vertices at the corners of the
 *    voxels it is the boundary of the voxels.
 * 2. Its vertices are smoothed within their cubes (net-smooth.c), and moved back by as little as
 *    gives each label the volume of its voxels (net-volume.c).
 * 3. Each label gets its side of the net as a mesh of its own (net-mesh.c).
 *
 * docs/math/segmentation.md says what is exact, what is bounded, and how well it does. */

/* What was asked for. */
typedef struct {
  guint16 *numbers; /* per place of the volume: which surface, from 1, or 0 */
  guint n_surfaces;
  double *n_voxels; /* per surface */
  guint lower[3], upper[3];
} Choice;

static void
choice_clear (Choice *choice)
{
  g_free (choice->numbers);
  g_free (choice->n_voxels);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Choice, choice_clear)

/* A label named twice has one surface. */
static gboolean
choose (Choice *choice, const MongeVolume *volume, const gint32 *labels, guint n_labels,
        gboolean together, GError **error)
{
  const GArray *table = monge_volume_get_label_table (volume);

  choice->numbers = g_new0 (guint16, table->len + 1);
  choice->n_voxels = g_new0 (double, table->len + 1);
  memcpy (choice->lower, monge_volume_get_size (volume), sizeof choice->lower);
  for (guint i = 0; i < n_labels; i++)
    {
      guint place = monge_volume_find_place (volume, labels[i]);
      const MongeLabel *row;

      if (place == 0)
        {
          monge_volume_set_missing_label_error (volume, labels[i], error);
          return FALSE;
        }
      if (choice->numbers[place] != 0)
        continue;
      row = &g_array_index (table, MongeLabel, place - 1);
      choice->n_surfaces = together ? 1 : choice->n_surfaces + 1;
      choice->numbers[place] = (guint16) choice->n_surfaces;
      choice->n_voxels[choice->n_surfaces - 1] += (double) row->n_voxels;
      for (int k = 0; k < 3; k++)
        {
          choice->lower[k] = MIN (choice->lower[k], row->lower[k]);
          choice->upper[k] = MAX (choice->upper[k], row->upper[k]);
        }
    }
  return TRUE;
}

static gboolean
make_meshes (const MongeVolume *volume, const Choice *choice, MongeNetMesh *meshes,
             MongeTask *task, GError **error)
{
  g_autoptr (MongeNet) net = NULL;

  net = monge_net_new (monge_volume_get_places (volume), monge_volume_get_size (volume),
                       choice->numbers, choice->n_surfaces, choice->lower, choice->upper, task,
                       error);
  if (net == NULL)
    return FALSE;
  monge_task_set_progress (task, 0.2);
  if (!monge_net_smooth (net, task, error) || !monge_net_cut_quads (net, task, error))
    return FALSE;
  monge_task_set_progress (task, 0.6);
  if (!monge_net_restore_volumes (net, choice->n_voxels, task, error))
    return FALSE;
  monge_task_set_progress (task, 0.8);
  return monge_net_make_meshes (net, monge_volume_get_affine (volume), meshes, task, error);
}

/* Takes what @mesh has. */
static MongeShape *
make_shape (const char *name, MongeNetMesh *mesh, GError **error)
{
  MongeShapeBuilder *builder = monge_shape_builder_new (name, 3);

  monge_shape_builder_take_positions (builder, g_steal_pointer (&mesh->positions),
                                      mesh->n_vertices, MONGE_TYPE_FLOAT32);
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE, g_steal_pointer (&mesh->faces),
                                  mesh->n_faces);
  monge_shape_builder_set_unit (builder, "mm");
  monge_shape_builder_set_space (builder, MONGE_SPACE_RAS);
  return monge_shape_builder_end (builder, error);
}

MongeShape *
monge_volume_extract_surface (const MongeVolume *volume, const gint32 *labels, guint n_labels,
                              MongeTask *task, GError **error)
{
  g_auto (Choice) choice = { .numbers = NULL };
  g_autofree char *name = NULL;
  MongeNetMesh mesh = { .positions = NULL };
  MongeShape *shape = NULL;

  g_return_val_if_fail (n_labels > 0, NULL);
  if (choose (&choice, volume, labels, n_labels, TRUE, error)
      && make_meshes (volume, &choice, &mesh, task, error))
    {
      name = monge_volume_dup_selection_name (volume, labels, n_labels);
      shape = make_shape (name, &mesh, error);
    }
  monge_net_mesh_clear (&mesh);
  return shape;
}

/* In the order of @labels. */
static GPtrArray *
make_shapes (const MongeVolume *volume, const gint32 *labels, guint n_labels, const Choice *choice,
             MongeNetMesh *meshes, GError **error)
{
  g_autoptr (GPtrArray) shapes
      = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_shape_unref);
  g_autofree guint *first = g_new0 (guint, choice->n_surfaces); /* 1 + place among @shapes */

  for (guint i = 0; i < n_labels; i++)
    {
      guint number = choice->numbers[monge_volume_find_place (volume, labels[i])] - 1u;
      g_autofree char *name = monge_volume_dup_selection_name (volume, &labels[i], 1);
      MongeShape *shape;

      if (first[number] != 0)
        shape = monge_shape_ref (g_ptr_array_index (shapes, first[number] - 1));
      else
        shape = make_shape (name, &meshes[number], error);
      if (shape == NULL)
        return NULL;
      g_ptr_array_add (shapes, shape);
      first[number] = first[number] != 0 ? first[number] : shapes->len;
    }
  return g_steal_pointer (&shapes);
}

GPtrArray *
monge_volume_extract_surfaces (const MongeVolume *volume, const gint32 *labels, guint n_labels,
                               MongeTask *task, GError **error)
{
  g_auto (Choice) choice = { .numbers = NULL };
  g_autofree MongeNetMesh *meshes = NULL;
  GPtrArray *shapes = NULL;

  g_return_val_if_fail (n_labels > 0, NULL);
  if (!choose (&choice, volume, labels, n_labels, FALSE, error))
    return NULL;
  meshes = g_new0 (MongeNetMesh, choice.n_surfaces);
  if (make_meshes (volume, &choice, meshes, task, error))
    shapes = make_shapes (volume, labels, n_labels, &choice, meshes, error);
  for (guint i = 0; i < choice.n_surfaces; i++)
    monge_net_mesh_clear (&meshes[i]);
  return shapes;
}
