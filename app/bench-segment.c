/* Surfaces of the labels of an atlas, from the packed file to the meshes. */
#include "app/bench-private.h"

#include "compute/io/volumes.h"
#include "compute/shape/mesh.h"

#include <math.h>
#include <string.h>

#define ATLAS "/usr/share/mricron/templates/aal.nii.gz"
#define HIPPOCAMPUS 37 /* the left one of the atlas of Tzourio-Mazoyer et al., 2002 */

typedef struct {
  MongeBench *bench;
  gboolean has_all;
  MongeVolume *volume;
  GPtrArray *surfaces;
  GArray *labels; /* of gint32 */
} Segmentation;

static void
forget (Segmentation *s)
{
  g_clear_pointer (&s->surfaces, g_ptr_array_unref);
  g_clear_pointer (&s->volume, monge_volume_unref);
  g_clear_pointer (&s->labels, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Segmentation, forget)

static void
choose_labels (Segmentation *s)
{
  const GArray *table = monge_volume_get_label_table (s->volume);

  s->labels = g_array_new (FALSE, FALSE, sizeof (gint32));
  for (guint i = 0; i < table->len; i++)
    if (s->has_all || g_array_index (table, MongeLabel, i).label == HIPPOCAMPUS)
      g_array_append_val (s->labels, g_array_index (table, MongeLabel, i).label);
}

static gboolean
load_and_extract (gpointer data, GError **error)
{
  Segmentation *s = data;

  forget (s);
  s->volume = monge_volume_load (ATLAS, s->bench->task, error);
  if (s->volume == NULL)
    return FALSE;
  choose_labels (s);
  s->surfaces = monge_volume_extract_surfaces (s->volume, (gint32 *) (gpointer) s->labels->data,
                                               s->labels->len, s->bench->task, error);
  return s->surfaces != NULL;
}

static double
get_volume_of_voxels (const MongeVolume *volume, gint32 label)
{
  const GArray *table = monge_volume_get_label_table (volume);

  for (guint i = 0; i < table->len; i++)
    if (g_array_index (table, MongeLabel, i).label == label)
      return (double) g_array_index (table, MongeLabel, i).n_voxels
             * monge_volume_get_voxel_size (volume);
  return NAN;
}

static void
check_surfaces (const Segmentation *s, MongeBenchRow *row)
{
  row->error = 0.0;
  row->n = 0;
  for (guint i = 0; i < s->surfaces->len; i++)
    {
      MongeMeshReport report;
      double expected = get_volume_of_voxels (s->volume, g_array_index (s->labels, gint32, i));
      double off;

      monge_mesh_describe (g_ptr_array_index (s->surfaces, i), &report);
      off = fabs (report.volume / expected - 1.0); /* NaN where the surface is not closed */
      row->error = off <= row->error ? row->error : off;
      row->n += monge_shape_get_n_vertices (g_ptr_array_index (s->surfaces, i));
    }
  row->m = row->n;
}

gboolean
monge_bench_run_segment (MongeBench *bench, const MongeBenchCase *of, MongeBenchRow *row,
                         GError **error)
{
  g_auto (Segmentation) s = { .bench = bench, .has_all = strcmp (of->text, "all") == 0 };

  row->error_of = "worst volume";
  if (!g_file_test (ATLAS, G_FILE_TEST_EXISTS))
    {
      row->seconds = row->best = row->cpu_seconds = NAN;
      monge_bench_row_note (row, "skipped: there is no %s; install mricron-data", ATLAS);
      return TRUE;
    }
  if (!monge_bench_time (bench, row, load_and_extract, NULL, &s, error))
    return FALSE;
  check_surfaces (&s, row);
  monge_bench_row_note (row, "%u label%s, the file included", s.surfaces->len,
                        s.surfaces->len == 1 ? "" : "s");
  return TRUE;
}
