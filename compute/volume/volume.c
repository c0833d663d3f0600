#include "compute/volume/volume.h"

#include "compute/shape/bytes.h"
#include "compute/volume/volume-private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VOXELS ((guint64) 1 << 31)

struct _MongeVolume {
  gatomicrefcount n_refs;
  char *name;
  guint size[3];
  double affine[16];
  double voxel_size;
  char orientation[4];
  MongeSpace stored_space;
  MongeVolumeContent content;
  GPtrArray *notes; /* ends in NULL */
};

/* ---- geometry ---- */

/* For each axis of the grid the world axis that it is closest to, each taken once: the strongest
 * entry of the linear part first. R, A, S are +x, +y, +z. */
static void
find_orientation (const double affine[16], char orientation[4])
{
  static const char names[3][2] = { { 'L', 'R' }, { 'P', 'A' }, { 'I', 'S' } };
  gboolean row_is_taken[3] = { FALSE }, column_is_taken[3] = { FALSE };
  double length[3];

  for (int c = 0; c < 3; c++)
    length[c] = hypot (hypot (affine[c], affine[4 + c]), affine[8 + c]);
  for (int n = 0; n < 3; n++)
    {
      int row = -1, column = -1;
      double best = -1.0;

      for (int r = 0; r < 3; r++)
        for (int c = 0; c < 3; c++)
          if (!row_is_taken[r] && !column_is_taken[c] && fabs (affine[4 * r + c]) > best * length[c])
            {
              best = fabs (affine[4 * r + c]) / length[c];
              row = r;
              column = c;
            }
      row_is_taken[row] = column_is_taken[column] = TRUE;
      orientation[column] = names[row][affine[4 * row + column] > 0.0];
    }
  orientation[3] = '\0';
}

void
monge_volume_place (const MongeVolume *volume, const double index[3], double world[3])
{
  const double *m = volume->affine;

  for (int k = 0; k < 3; k++)
    world[k] = m[4 * k] * index[0] + m[4 * k + 1] * index[1] + m[4 * k + 2] * index[2]
               + m[4 * k + 3];
}

/* ---- labels ---- */

static gint
compare_labels (gconstpointer a, gconstpointer b)
{
  gint32 x = ((const MongeLabel *) a)->label, y = ((const MongeLabel *) b)->label;

  return (x > y) - (x < y);
}

static MongeLabel *
find_label (const MongeVolume *volume, gint32 label)
{
  const GArray *table = volume->content.table;
  const MongeLabel key = { .label = label };

  return table->len > 0 ? bsearch (&key, table->data, table->len, sizeof key, compare_labels)
                        : NULL;
}

guint
monge_volume_find_place (const MongeVolume *volume, gint32 label)
{
  const MongeLabel *row = find_label (volume, label);

  return row != NULL ? (guint) (row - (const MongeLabel *) (gpointer) volume->content.table->data) + 1
                     : 0;
}

void
monge_volume_name_label (MongeVolume *volume, gint32 label, const char *name, const guint8 rgba[4])
{
  MongeLabel *row = find_label (volume, label);

  if (row == NULL)
    return;
  if (name != NULL && *name != '\0')
    {
      g_free (row->name);
      row->name = g_utf8_make_valid (name, -1);
    }
  row->has_colour |= rgba != NULL;
  if (rgba != NULL)
    memcpy (row->rgba, rgba, sizeof row->rgba);
}

static void
name_labels (MongeVolume *volume, const MongeLabelTable *names)
{
  for (guint i = 0; names != NULL && i < monge_label_table_get_n_entries (names); i++)
    {
      const MongeLabelEntry *entry = monge_label_table_get_entry (names, i);

      monge_volume_name_label (volume, entry->value, entry->name,
                               entry->has_colour ? entry->rgba : NULL);
    }
}

/* ---- notes ---- */

static void
take_note (MongeVolume *volume, char *note)
{
  g_ptr_array_insert (volume->notes, (gint) volume->notes->len - 1, note);
}

void
monge_volume_add_note (MongeVolume *volume, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  take_note (volume, g_strdup_vprintf (format, args));
  va_end (args);
}

static void
add_notes (MongeVolume *volume, const MongeVoxels *voxels)
{
  const MongeVolumeContent *content = &volume->content;

  for (gsize i = 0; voxels->notes != NULL && voxels->notes[i] != NULL; i++)
    take_note (volume, g_utf8_make_valid (voxels->notes[i], -1));
  if (content->note != NULL)
    take_note (volume, g_strdup (content->note));
  if (content->n_bad > 0)
    monge_volume_add_note (volume,
                           "%" G_GSIZE_FORMAT " of its values are not finite: NaN is taken as 0, "
                           "infinity as the largest number", content->n_bad);
}

/* ---- the volume ---- */

static gboolean
check_affine (const double affine[16], GError **error)
{
  double scale = 1.0, determinant;
  gboolean is_finite = TRUE;

  for (int k = 0; k < 16; k++)
    is_finite &= isfinite (affine[k]) != 0;
  for (int c = 0; c < 3; c++)
    scale *= hypot (hypot (affine[c], affine[4 + c]), affine[8 + c]);
  determinant = fabs (monge_affine_get_determinant (affine));
  if (is_finite && isnormal (scale) && isnormal (determinant) && determinant > 1e-6 * scale)
    return TRUE;
  g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
                       "the map from voxels to millimetres is singular or not finite; repair the "
                       "orientation in the header");
  return FALSE;
}

static gboolean
check_size (const guint size[3], GError **error)
{
  if (size[0] > 0 && size[1] > 0 && size[2] > 0
      && (guint64) size[0] * size[1] <= MAX_VOXELS
      && (guint64) size[0] * size[1] * size[2] <= MAX_VOXELS)
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
               "%u × %u × %u voxels; a volume has 1 to 2^31 of them: crop it", size[0], size[1],
               size[2]);
  return FALSE;
}

MongeVolume *
monge_volume_new (const char *name, const MongeVoxels *voxels, const MongeLabelTable *names,
                  MongeTask *task, GError **error)
{
  g_autoptr (MongeVolume) volume = NULL;

  g_return_val_if_fail (name != NULL && voxels != NULL && voxels->values != NULL, NULL);
  if (!check_size (voxels->size, error) || !check_affine (voxels->affine, error))
    return NULL;
  volume = g_new0 (MongeVolume, 1);
  g_atomic_ref_count_init (&volume->n_refs);
  volume->name = g_strdup (name);
  memcpy (volume->size, voxels->size, sizeof volume->size);
  memcpy (volume->affine, voxels->affine, sizeof volume->affine);
  volume->voxel_size = fabs (monge_affine_get_determinant (voxels->affine));
  find_orientation (voxels->affine, volume->orientation);
  volume->stored_space = voxels->stored_space;
  volume->notes = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (volume->notes, NULL);
  if (!monge_volume_content_read (&volume->content, voxels, task, error))
    return NULL;
  name_labels (volume, names);
  add_notes (volume, voxels);
  return g_steal_pointer (&volume);
}

MongeVolume *
monge_volume_ref (MongeVolume *volume)
{
  g_atomic_ref_count_inc (&volume->n_refs);
  return volume;
}

void
monge_volume_unref (MongeVolume *volume)
{
  if (!g_atomic_ref_count_dec (&volume->n_refs))
    return;
  monge_volume_content_clear (&volume->content);
  g_ptr_array_unref (volume->notes);
  g_free (volume->name);
  g_free (volume);
}

const char *
monge_volume_get_name (const MongeVolume *volume)
{
  return volume->name;
}

MongeVolumeKind
monge_volume_get_kind (const MongeVolume *volume)
{
  return volume->content.kind;
}

const guint *
monge_volume_get_size (const MongeVolume *volume)
{
  return volume->size;
}

const double *
monge_volume_get_affine (const MongeVolume *volume)
{
  return volume->affine;
}

double
monge_volume_get_voxel_size (const MongeVolume *volume)
{
  return volume->voxel_size;
}

const char *
monge_volume_get_orientation (const MongeVolume *volume)
{
  return volume->orientation;
}

MongeSpace
monge_volume_get_stored_space (const MongeVolume *volume)
{
  return volume->stored_space;
}

const char *const *
monge_volume_get_notes (const MongeVolume *volume)
{
  return (const char *const *) volume->notes->pdata;
}

const GArray *
monge_volume_get_label_table (const MongeVolume *volume)
{
  return volume->content.table;
}

const guint16 *
monge_volume_get_places (const MongeVolume *volume)
{
  return volume->content.places;
}

const float *
monge_volume_get_intensities (const MongeVolume *volume)
{
  return volume->content.intensities;
}

void
monge_volume_get_range (const MongeVolume *volume, float *lowest, float *highest)
{
  *lowest = volume->content.lowest;
  *highest = volume->content.highest;
}

double
monge_volume_suggest_level (const MongeVolume *volume)
{
  return volume->content.level;
}

/* ---- choosing labels ---- */

char *
monge_volume_dup_selection_name (const MongeVolume *volume, const gint32 *labels, guint n_labels)
{
  const MongeLabel *row = n_labels == 1 ? find_label (volume, labels[0]) : NULL;

  return g_strdup (row != NULL && row->name != NULL ? row->name : volume->name);
}

void
monge_volume_set_missing_label_error (const MongeVolume *volume, gint32 label, GError **error)
{
  const GArray *table = volume->content.table;
  g_autoptr (GString) list = g_string_new (NULL);
  const guint n_shown = 12;

  for (guint i = 0; i < MIN (table->len, n_shown); i++)
    {
      const MongeLabel *row = &g_array_index (table, MongeLabel, i);

      g_string_append_printf (list, "%s%d", i > 0 ? ", " : "", row->label);
      if (row->name != NULL)
        g_string_append_printf (list, " (%s)", row->name);
    }
  if (table->len > n_shown)
    g_string_append_printf (list, " and %u more", table->len - n_shown);
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_EMPTY, "no voxel has label %d; there is %s",
               label, list->len > 0 ? list->str : "no label at all");
}

/* Which places are chosen, the box of their voxels and how many these are. */
static gboolean
choose_places (const MongeVolume *volume, const gint32 *labels, guint n_labels, guint8 *is_chosen,
               guint lower[3], guint upper[3], gsize *n_voxels, GError **error)
{
  *n_voxels = 0;
  for (guint i = 0; i < n_labels; i++)
    {
      guint place = monge_volume_find_place (volume, labels[i]);
      const MongeLabel *row;

      if (place == 0)
        {
          monge_volume_set_missing_label_error (volume, labels[i], error);
          return FALSE;
        }
      row = &g_array_index (volume->content.table, MongeLabel, place - 1);
      for (int k = 0; k < 3; k++)
        {
          lower[k] = i == 0 ? row->lower[k] : MIN (lower[k], row->lower[k]);
          upper[k] = i == 0 ? row->upper[k] : MAX (upper[k], row->upper[k]);
        }
      *n_voxels += is_chosen[place] ? 0 : row->n_voxels;
      is_chosen[place] = 1;
    }
  return TRUE;
}

guint8 *
monge_volume_select (const MongeVolume *volume, const gint32 *labels, guint n_labels,
                     guint lower[3], guint upper[3], gsize *n_voxels, MongeTask *task,
                     GError **error)
{
  g_autofree guint8 *is_chosen = g_malloc0 (volume->content.table->len + 1);
  g_autofree guint8 *mask = NULL;
  gsize nx, ny, nz;

  g_return_val_if_fail (n_labels > 0, NULL);
  if (!choose_places (volume, labels, n_labels, is_chosen, lower, upper, n_voxels, error))
    return NULL;
  nx = upper[0] - lower[0];
  ny = upper[1] - lower[1];
  nz = upper[2] - lower[2];
  mask = monge_bytes_alloc (nx * ny * nz, 1, error);
  for (gsize row = 0; mask != NULL && row < ny * nz; row++)
    {
      gsize y = lower[1] + row % ny, z = lower[2] + row / ny;
      const guint16 *places = volume->content.places + lower[0]
                              + volume->size[0] * (y + volume->size[1] * z);

      for (gsize x = 0; x < nx; x++)
        mask[row * nx + x] = is_chosen[places[x]];
      if (row % 64 == 0 && monge_task_return_if_cancelled (task, error))
        return NULL;
    }
  return g_steal_pointer (&mask);
}
