#include "compute/io/nrrd-private.h"

#include <math.h>
#include <string.h>

#include "compute/shape/place.h"

/* NRRD, attached and detached, with the segmentations of 3D Slicer.
 *
 * It is read here and not by libteem (1.12), which is made for files that are trusted: it asks for
 * the memory that a header promises before it looks for the numbers (80 GB for a header of 90 bytes,
 * which the allocator grants or not), follows the names of data files anywhere, keeps its errors in
 * one list for all threads, cannot be stopped while it unzips, and leaked on 8 of 20,000 headers with
 * one to four bytes changed. What remains to be done is text, and bytes that zlib unpacks.
 *
 * https://teem.sourceforge.net/nrrd/format.html */

#define MAX_VOXELS ((guint64) 1 << 31)

gboolean
monge_nrrd_matches (const guint8 *data, gsize size)
{
  return size >= 8 && memcmp (data, "NRRD", 4) == 0 && g_ascii_isdigit (data[4])
         && g_ascii_isdigit (data[5]) && g_ascii_isdigit (data[6]) && g_ascii_isdigit (data[7]);
}

/**
 * Layout:
 * @axes: those of the grid, fastest first; @n_axes of them, two or three
 * @list: the axis that is none of them, or -1
 *
 * Which axis is what.
 */
typedef struct {
  guint axes[3], n_axes;
  int list;
} Layout;

/* --- Axes --- */

static gboolean
is_one_of (const char *kind, const char *kinds)
{
  g_autofree char *lower = kind != NULL ? g_ascii_strdown (kind, -1) : g_strdup ("");
  g_autofree char *key = g_strdup_printf ("|%s|", lower);

  return strstr (kinds, key) != NULL;
}

/* Whether @k is an axis of space: by its direction, else by its kind, else by its place. */
static gboolean
is_spatial (const MongeNrrdHeader *header, guint k)
{
  const MongeNrrdAxis *axis = &header->axes[k];

  if (header->has_directions)
    return axis->has_direction;
  if (is_one_of (axis->kind, "|domain|space|"))
    return TRUE;
  return is_one_of (axis->kind, "||???|none|") && (header->dim <= 3 || k < 3);
}

/* One number a voxel, in two or three dimensions, perhaps several times. */
static gboolean
find_layout (const MongeNrrdHeader *header, Layout *layout, GError **error)
{
  layout->n_axes = 0;
  layout->list = -1;
  for (guint k = 0; k < header->dim; k++)
    {
      const MongeNrrdAxis *axis = &header->axes[k];

      if (is_spatial (header, k) && layout->n_axes < 3)
        layout->axes[layout->n_axes++] = k;
      else if (axis->size == 1)
        continue;
      else if (!is_one_of (axis->kind, "||???|none|list|time|domain|space|scalar|stub|point|")
               && !(monge_nrrd_has_segments (header) && layout->list < 0))
        return monge_volume_fail (error, MONGE_ERROR_UNSUPPORTED,
                                  "%" G_GUINT64_FORMAT " numbers a voxel (\"%s\"), neither labels "
                                  "nor intensities; save one number a voxel", axis->size,
                                  axis->kind);
      else if (layout->list >= 0)
        return monge_volume_fail (error, MONGE_ERROR_UNSUPPORTED,
                                  "%u dimensions, of which more than one is none of space; extract "
                                  "one volume first", header->dim);
      else
        layout->list = (int) k;
    }
  return layout->n_axes >= 2
         || monge_volume_fail (error, MONGE_ERROR_UNSUPPORTED,
                               "%u axes of space where a volume has 2 or 3; is it an image?",
                               layout->n_axes);
}

static gboolean
count_values (const MongeNrrdHeader *header, guint64 *n, GError **error)
{
  *n = 1;
  for (guint k = 0; k < header->dim; k++)
    {
      if (header->axes[k].size > MAX_VOXELS / *n)
        return monge_volume_fail (error, MONGE_ERROR_SIZE,
                                  "more than 2^31 values in the header; crop the volume");
      *n *= header->axes[k].size;
    }
  return TRUE;
}

/* --- Placement --- */

static double
get_spacing (const MongeNrrdAxis *axis)
{
  return isfinite (axis->spacing) && axis->spacing != 0.0 ? axis->spacing : 1.0;
}

/* From spacings alone: along the axes, from what they begin with. */
static void
place_by_spacings (MongeNrrdHeader *header, const Layout *layout, double affine[16])
{
  gboolean has_spacings = FALSE;

  for (guint k = 0; k < layout->n_axes; k++)
    {
      const MongeNrrdAxis *axis = &header->axes[layout->axes[k]];
      double spacing = get_spacing (axis);

      has_spacings |= isfinite (axis->spacing);
      affine[5 * k] = spacing;
      if (isfinite (axis->minimum))
        affine[4 * k + 3] = axis->minimum + (axis->is_cell_centred ? 0.5 * spacing : 0.0);
    }
  if (!has_spacings)
    monge_nrrd_header_add_note (header, "the header gives no size of a voxel; it is taken as 1 mm");
}

static void
place_by_directions (MongeNrrdHeader *header, const Layout *layout, double affine[16])
{
  for (guint k = 0; k < layout->n_axes; k++)
    for (int r = 0; r < 3; r++)
      affine[4 * r + k] = header->axes[layout->axes[k]].direction[r];
}

/* A slice is as thick as its pixels are wide, at right angles to it. */
static void
thicken_slice (double affine[16])
{
  const double a[3] = { affine[0], affine[4], affine[8] }, b[3] = { affine[1], affine[5], affine[9] };
  double n[3] = { a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2],
                  a[0] * b[1] - a[1] * b[0] };
  double area = sqrt (n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);

  for (int r = 0; area > 0.0 && r < 3; r++)
    affine[4 * r + 2] = n[r] / sqrt (area);
}

static void
get_affine (MongeNrrdHeader *header, const Layout *layout, double affine[16])
{
  memset (affine, 0, 16 * sizeof *affine);
  affine[15] = 1.0;
  if (header->has_directions)
    place_by_directions (header, layout, affine);
  else
    place_by_spacings (header, layout, affine);
  for (int r = 0; header->has_origin && r < 3; r++)
    affine[4 * r + 3] = header->origin[r];
  if (layout->n_axes == 2)
    thicken_slice (affine);
  for (int r = 0; r < 3; r++)
    for (int c = 0; c < 4; c++)
      affine[4 * r + c] *= header->flips[r] ? -header->unit : header->unit;
  if (!header->space_is_known)
    monge_nrrd_header_add_note (header, "the header does not say along what its axes run; they are "
                                        "taken to run to the right, front and top");
}

/* --- Numbers --- */

static GBytes *
load_values (const MongeNrrdHeader *header, const MongeFile *file, gsize n, GError **error)
{
  g_autoptr (GBytes) whole = NULL;

  if (header->names->len > 0)
    return monge_voxel_data_load (&header->data, file, header->names, n, error);
  whole = g_bytes_new_static (file->data, file->size);
  return monge_voxel_data_decode (&header->data, whole, header->data_begin, n, file->task, error);
}

/* Of several volumes the first. */
static GBytes *
pick_first (MongeNrrdHeader *header, const Layout *layout, GBytes *values, gsize n_values,
            MongeTask *task, GError **error)
{
  gsize group = 1, n_volumes = header->axes[layout->list].size;

  for (int k = 0; k < layout->list; k++)
    group *= header->axes[k].size;
  monge_nrrd_header_add_note (header, MONGE_SERIES_NOTE, (guint64) n_volumes);
  return monge_voxel_data_pick (values, monge_type_get_size (header->data.type), 0,
                                group * n_volumes, group, n_values / (group * n_volumes), task,
                                error);
}

static MongeVolume *
make_volume (MongeNrrdHeader *header, const Layout *layout, const MongeNrrdSegments *segments,
             GBytes *values, const MongeFile *file, GError **error)
{
  MongeVoxels voxels = {
    .size = { 1, 1, 1 },
    .type = segments->values != NULL ? MONGE_TYPE_UINT16 : header->data.type,
    .values = g_bytes_get_data (segments->values != NULL ? segments->values : values, NULL),
    .swap = segments->values == NULL && header->swap,
    .slope = 1.0,
    .kind_is_known = segments->names != NULL,
    .kind = MONGE_VOLUME_LABELS,
    .stored_space = header->space,
  };

  for (guint k = 0; k < layout->n_axes; k++)
    voxels.size[k] = (guint) header->axes[layout->axes[k]].size;
  get_affine (header, layout, voxels.affine);
  g_ptr_array_add (header->notes, NULL);
  voxels.notes = (const char *const *) header->notes->pdata;
  return monge_volume_new (file->name, &voxels, segments->names, file->task, error);
}

static MongeVolume *
read_volume (MongeNrrdHeader *header, const MongeFile *file, GError **error)
{
  g_autoptr (GBytes) all = NULL, values = NULL;
  g_autoptr (GBytes) merged = NULL;
  g_autoptr (MongeLabelTable) names = NULL;
  MongeNrrdSegments segments = { NULL, NULL };
  Layout layout;
  guint64 n;
  gsize n_layers = 1;

  if (!find_layout (header, &layout, error) || !count_values (header, &n, error))
    return NULL;
  all = load_values (header, file, (gsize) n, error);
  if (all == NULL)
    return NULL;
  if (layout.list == 0)
    n_layers = (gsize) header->axes[0].size;
  if (monge_nrrd_has_segments (header) && layout.list <= 0)
    {
      if (!monge_nrrd_segments_read (&segments, header, all, n_layers, (gsize) n / n_layers,
                                     file->task, error))
        return NULL;
      names = segments.names;
      merged = segments.values;
    }
  values = layout.list >= 0 && merged == NULL
             ? pick_first (header, &layout, all, (gsize) n, file->task, error)
             : g_bytes_ref (all);
  return values != NULL ? make_volume (header, &layout, &segments, values, file, error) : NULL;
}

MongeVolume *
monge_nrrd_parse (const MongeFile *file, GError **error)
{
  MongeNrrdHeader header = { .dim = 0 };
  MongeVolume *volume = NULL;

  if (monge_nrrd_header_parse (&header, file, error))
    volume = read_volume (&header, file, error);
  monge_nrrd_header_clear (&header);
  return volume;
}
