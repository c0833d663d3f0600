#include "compute/volume/volume.h"

#include "compute/volume/volume-private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A volume with more labels than this holds measurements, not labels. */
#define MAX_LABELS 65536

struct _MongeVolume {
  gatomicrefcount n_refs;
  char *name;
  guint size[3];
  double affine[16];
  double voxel_size;
  char orientation[4];
  gint32 *labels;
  GArray *table; /* of MongeLabel */
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

static void
clear_label (gpointer data)
{
  g_free (((MongeLabel *) data)->name);
}

static gint
compare_labels (gconstpointer a, gconstpointer b)
{
  gint32 x = ((const MongeLabel *) a)->label, y = ((const MongeLabel *) b)->label;

  return (x > y) - (x < y);
}

/* Counts run by run: labels come in long stretches. */
static GHashTable *
count_labels (const gint32 *labels, gsize n)
{
  g_autoptr (GHashTable) counts = g_hash_table_new_full (NULL, NULL, NULL, g_free);

  for (gsize i = 0; i < n;)
    {
      gint32 label = labels[i];
      gsize begin = i, *count;

      while (i < n && labels[i] == label)
        i++;
      if (label == 0)
        continue;
      count = g_hash_table_lookup (counts, GINT_TO_POINTER (label));
      if (count == NULL)
        {
          if (g_hash_table_size (counts) == MAX_LABELS)
            return NULL;
          count = g_new0 (gsize, 1);
          g_hash_table_insert (counts, GINT_TO_POINTER (label), count);
        }
      *count += i - begin;
    }
  return g_steal_pointer (&counts);
}

static GArray *
new_label_table (GHashTable *counts)
{
  GArray *table = g_array_new (FALSE, TRUE, sizeof (MongeLabel));
  GHashTableIter iter;
  gpointer label, count;

  g_array_set_clear_func (table, clear_label);
  g_hash_table_iter_init (&iter, counts);
  while (g_hash_table_iter_next (&iter, &label, &count))
    {
      MongeLabel row = { GPOINTER_TO_INT (label), *(gsize *) count, NULL };
      g_array_append_val (table, row);
    }
  g_array_sort (table, compare_labels);
  return table;
}

static MongeLabel *
find_label (const MongeVolume *volume, gint32 label)
{
  MongeLabel key = { label, 0, NULL };

  if (volume->table->len == 0)
    return NULL;
  return bsearch (&key, volume->table->data, volume->table->len, sizeof key, compare_labels);
}

void
monge_volume_name_label (MongeVolume *volume, gint32 label, const char *name)
{
  MongeLabel *row = find_label (volume, label);

  if (row == NULL)
    return;
  g_free (row->name);
  row->name = g_strdup (name);
}

/* ---- the volume ---- */

static gboolean
check_affine (const double affine[16], GError **error)
{
  double scale = 1.0;
  gboolean is_finite = TRUE;

  for (int k = 0; k < 16; k++)
    is_finite &= isfinite (affine[k]) != 0;
  for (int c = 0; c < 3; c++)
    scale *= hypot (hypot (affine[c], affine[4 + c]), affine[8 + c]);
  if (is_finite && isnormal (scale) && fabs (monge_affine_get_determinant (affine)) > 1e-6 * scale)
    return TRUE;
  g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
                       "the map from voxels to millimetres is singular or not finite; repair the "
                       "orientation in the header");
  return FALSE;
}

MongeVolume *
monge_volume_new (const char *name, const guint size[3], const double affine[16], gint32 *labels,
                  GError **error)
{
  g_autoptr (GHashTable) counts = NULL;
  g_autofree gint32 *owned = labels;
  MongeVolume *volume;

  g_return_val_if_fail (size[0] > 0 && size[1] > 0 && size[2] > 0, NULL);
  if (!check_affine (affine, error))
    return NULL;
  counts = count_labels (labels, (gsize) size[0] * size[1] * size[2]);
  if (counts == NULL)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                   "more than %d different values: this is an intensity volume; segment it and load "
                   "the labels",
                   MAX_LABELS);
      return NULL;
    }
  volume = g_new0 (MongeVolume, 1);
  g_atomic_ref_count_init (&volume->n_refs);
  volume->name = g_strdup (name);
  memcpy (volume->size, size, sizeof volume->size);
  memcpy (volume->affine, affine, sizeof volume->affine);
  volume->voxel_size = fabs (monge_affine_get_determinant (affine));
  find_orientation (affine, volume->orientation);
  volume->labels = g_steal_pointer (&owned);
  volume->table = new_label_table (counts);
  return volume;
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
  g_array_unref (volume->table);
  g_free (volume->labels);
  g_free (volume->name);
  g_free (volume);
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

const gint32 *
monge_volume_get_labels (const MongeVolume *volume)
{
  return volume->labels;
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

const GArray *
monge_volume_get_label_table (const MongeVolume *volume)
{
  return volume->table;
}

/* ---- choosing labels ---- */

char *
monge_volume_dup_selection_name (const MongeVolume *volume, const gint32 *labels, guint n_labels)
{
  const MongeLabel *row = n_labels == 1 ? find_label (volume, labels[0]) : NULL;

  return g_strdup (row != NULL && row->name != NULL ? row->name : volume->name);
}

static void
set_missing_label_error (const MongeVolume *volume, gint32 label, GError **error)
{
  g_autoptr (GString) list = g_string_new (NULL);
  const guint n_shown = 12;

  for (guint i = 0; i < MIN (volume->table->len, n_shown); i++)
    {
      const MongeLabel *row = &g_array_index (volume->table, MongeLabel, i);

      g_string_append_printf (list, "%s%d", i > 0 ? ", " : "", row->label);
      if (row->name != NULL)
        g_string_append_printf (list, " (%s)", row->name);
    }
  if (volume->table->len > n_shown)
    g_string_append_printf (list, " and %u more", volume->table->len - n_shown);
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_EMPTY, "no voxel has label %d; there is %s",
               label, list->len > 0 ? list->str : "no label at all");
}

static gint
compare_int32 (gconstpointer a, gconstpointer b)
{
  gint32 x = *(const gint32 *) a, y = *(const gint32 *) b;

  return (x > y) - (x < y);
}

/* Whether a voxel is chosen, remembering the last answer: labels come in long stretches. */
typedef struct {
  gint32 *labels; /* ascending */
  guint n_labels;
  gint32 last;
  gboolean last_is_chosen;
} Choice;

static inline gboolean
choice_has (Choice *choice, gint32 label)
{
  if (label != choice->last)
    {
      choice->last = label;
      choice->last_is_chosen = bsearch (&label, choice->labels, choice->n_labels, sizeof label,
                                        compare_int32) != NULL;
    }
  return choice->last_is_chosen;
}

/* The box of the chosen voxels and their count. */
static gsize
find_box (const MongeVolume *volume, Choice *choice, guint lower[3], guint upper[3])
{
  const gint32 *label = volume->labels;
  gsize count = 0;

  for (int k = 0; k < 3; k++)
    {
      lower[k] = volume->size[k];
      upper[k] = 0;
    }
  for (guint z = 0; z < volume->size[2]; z++)
    for (guint y = 0; y < volume->size[1]; y++)
      for (guint x = 0; x < volume->size[0]; x++, label++)
        if (choice_has (choice, *label))
          {
            const guint at[3] = { x, y, z };

            count++;
            for (int k = 0; k < 3; k++)
              {
                lower[k] = MIN (lower[k], at[k]);
                upper[k] = MAX (upper[k], at[k] + 1);
              }
          }
  return count;
}

guint8 *
monge_volume_select (const MongeVolume *volume, const gint32 *labels, guint n_labels,
                     guint lower[3], guint upper[3], gsize *n_voxels, GError **error)
{
  g_autofree gint32 *sorted = NULL;
  Choice choice = { NULL, n_labels, 0, FALSE };
  guint8 *mask, *out;

  g_return_val_if_fail (n_labels > 0, NULL);
  for (guint i = 0; i < n_labels; i++)
    if (find_label (volume, labels[i]) == NULL)
      {
        set_missing_label_error (volume, labels[i], error);
        return NULL;
      }
  choice.labels = sorted = g_memdup2 (labels, n_labels * sizeof *labels);
  qsort (sorted, n_labels, sizeof *sorted, compare_int32);
  *n_voxels = find_box (volume, &choice, lower, upper);

  mask = out = g_malloc ((gsize) (upper[0] - lower[0]) * (upper[1] - lower[1])
                         * (upper[2] - lower[2]));
  for (guint z = lower[2]; z < upper[2]; z++)
    for (guint y = lower[1]; y < upper[1]; y++)
      {
        const gint32 *row = volume->labels + volume->size[0] * (y + (gsize) volume->size[1] * z);

        for (guint x = lower[0]; x < upper[0]; x++)
          *out++ = choice_has (&choice, row[x]);
      }
  return mask;
}

/* ---- voxels ---- */

static double *
place_voxels (const MongeVolume *volume, const guint8 *mask, const guint lower[3],
              const guint upper[3], gsize n_voxels)
{
  double *positions = g_new (double, 3 * n_voxels), *p = positions;

  for (guint z = lower[2]; z < upper[2]; z++)
    for (guint y = lower[1]; y < upper[1]; y++)
      for (guint x = lower[0]; x < upper[0]; x++)
        if (*mask++)
          {
            monge_volume_place (volume, (const double[3]){ x, y, z }, p);
            p += 3;
          }
  return positions;
}

MongeShape *
monge_volume_extract_voxels (const MongeVolume *volume, const gint32 *labels, guint n_labels,
                             GError **error)
{
  g_autofree guint8 *mask = NULL;
  g_autofree char *name = NULL;
  guint lower[3], upper[3];
  gsize n_voxels;
  double *weights;
  MongeShapeBuilder *builder;

  mask = monge_volume_select (volume, labels, n_labels, lower, upper, &n_voxels, error);
  if (mask == NULL)
    return NULL;
  name = monge_volume_dup_selection_name (volume, labels, n_labels);
  builder = monge_shape_builder_new (name, 3);
  monge_shape_builder_take_positions (builder,
                                      place_voxels (volume, mask, lower, upper, n_voxels), n_voxels,
                                      MONGE_TYPE_FLOAT64);
  weights = g_new (double, n_voxels);
  for (gsize i = 0; i < n_voxels; i++)
    weights[i] = volume->voxel_size;
  monge_shape_builder_take_array (
      builder, monge_array_new ("weight", MONGE_TYPE_FLOAT64, 1, n_voxels,
                                g_bytes_new_take (weights, n_voxels * sizeof *weights)));
  monge_shape_builder_set_unit (builder, "mm");
  return monge_shape_builder_end (builder, error);
}
