#include "compute/volume/volume-private.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "compute/shape/bytes.h"

/* Values become places of labels, or intensities, in two passes over runs of equal values, which is
 * what label volumes consist of: a survey of the values that occur, then the voxels themselves.
 * Values of one or two bytes are counted in a table, others by their label. */

#define MAX_LABELS 65535 /* a place has 16 bits, 0 is the background */
#define N_FEW 8          /* different values are labels wherever they lie */
#define COHERENT_RUN 1.5 /* voxels in a row: of intensities few values have as many on average */
#define N_AT_ONCE ((gsize) 1 << 15)
#define N_SHORT 65536 /* values of up to two bytes */
#define TOLERANCE 1e-3 /* of a label that was scaled */

/* What is known of a value, or of all values of the same label. */
typedef struct {
  gsize n_voxels, n_runs;
} Tally;

typedef struct {
  gint32 label;
  guint place;
  Tally tally;
} Entry;

typedef struct {
  const MongeVoxels *voxels;
  gsize n, value_size;
  guint8 *buffer;      /* of N_AT_ONCE values */
  Tally *tallies;      /* per short value, else NULL */
  guint16 *short_places; /* per short value */
  GHashTable *entries; /* by label */
  guint n_labels;      /* but 0 */
  double odd;          /* the first value that is no label */
  gboolean has_odd, is_overfull;
  MongeTask *task;
} Survey;

static void
survey_init (Survey *survey, const MongeVoxels *voxels, MongeTask *task)
{
  survey->voxels = voxels;
  survey->task = task;
  survey->n = (gsize) voxels->size[0] * voxels->size[1] * voxels->size[2];
  survey->value_size = monge_type_get_size (voxels->type);
  survey->buffer = g_malloc (N_AT_ONCE * sizeof (double));
  survey->entries = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  if (survey->value_size <= 2)
    {
      survey->tallies = g_new0 (Tally, N_SHORT);
      survey->short_places = g_new0 (guint16, N_SHORT);
    }
}

static void
survey_clear (Survey *survey)
{
  g_free (survey->buffer);
  g_free (survey->tallies);
  g_free (survey->short_places);
  g_hash_table_unref (survey->entries);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Survey, survey_clear)

/* @n values from voxel @begin on, aligned and in this machine's order. */
static const void *
get_values (const Survey *survey, gsize begin, gsize n)
{
  const guint8 *from = (const guint8 *) survey->voxels->values + begin * survey->value_size;

  if (!survey->voxels->swap && (guintptr) from % survey->value_size == 0)
    return from;
  monge_bytes_copy (from, survey->value_size, survey->buffer, survey->value_size,
                    survey->value_size, n, survey->voxels->swap);
  return survey->buffer;
}

/* How many values from @i on are the same, byte by byte. */
static inline gsize
get_run (const void *values, gsize value_size, gsize i, gsize n)
{
  gsize end = i + 1;

#define RUN(type) \
  { \
    const type *v = values; \
    while (end < n && v[end] == v[i]) \
      end++; \
  } \
  break

  switch (value_size)
    {
    case 1: RUN (guint8);
    case 2: RUN (guint16);
    case 4: RUN (guint32);
    default: RUN (guint64);
    }
#undef RUN
  return end - i;
}

static inline double
get_scaled (const Survey *survey, const void *value)
{
  return survey->voxels->slope * monge_bytes_get (survey->voxels->type, value)
         + survey->voxels->intercept;
}

/* NaN, which some write outside the field of view, is the background. */
static gboolean
get_label (double value, gint32 *label)
{
  double whole = isnan (value) ? 0.0 : nearbyint (value);

  if (!(isnan (value) || fabs (value - whole) <= TOLERANCE)
      || !(whole >= G_MININT32 && whole <= G_MAXINT32))
    return FALSE;
  *label = (gint32) whole;
  return TRUE;
}

static void
survey_add (Survey *survey, double value, Tally tally)
{
  gint32 label;
  Entry *entry;

  if (!get_label (value, &label))
    {
      if (!survey->has_odd)
        survey->odd = value;
      survey->has_odd = TRUE;
      return;
    }
  entry = g_hash_table_lookup (survey->entries, GINT_TO_POINTER (label));
  if (entry == NULL)
    {
      survey->n_labels += label != 0;
      survey->is_overfull = survey->n_labels > MAX_LABELS;
      entry = g_new0 (Entry, 1);
      entry->label = label;
      g_hash_table_insert (survey->entries, GINT_TO_POINTER (label), entry);
    }
  entry->tally.n_voxels += tally.n_voxels;
  entry->tally.n_runs += tally.n_runs;
}

/* --- The survey --- */

static inline guint
get_short (const void *values, gsize value_size, gsize i)
{
  return value_size == 1 ? ((const guint8 *) values)[i] : ((const guint16 *) values)[i];
}

static inline void
count_short (Survey *survey, const void *values, gsize value_size, gsize n)
{
  for (gsize i = 0, run; i < n; i += run)
    {
      Tally *tally = &survey->tallies[get_short (values, value_size, i)];

      run = get_run (values, value_size, i, n);
      tally->n_voxels += run;
      tally->n_runs++;
    }
}

static void
count_long (Survey *survey, const void *values, gsize n)
{
  for (gsize i = 0, run; i < n && !survey->has_odd && !survey->is_overfull; i += run)
    {
      run = get_run (values, survey->value_size, i, n);
      survey_add (survey,
                  get_scaled (survey, (const guint8 *) values + i * survey->value_size),
                  (Tally){ run, 1 });
    }
}

/* What the short values stand for. */
static void
add_short_values (Survey *survey)
{
  for (guint i = 0; i < N_SHORT; i++)
    {
      const guint16 wide = (guint16) i;
      const guint8 narrow = (guint8) i;

      if (survey->tallies[i].n_voxels > 0)
        survey_add (survey,
                    get_scaled (survey, survey->value_size == 1 ? (const void *) &narrow
                                                                : (const void *) &wide),
                    survey->tallies[i]);
    }
}

/* Ends early where a value is no label. */
static gboolean
survey_run (Survey *survey, GError **error)
{
  for (gsize i = 0; i < survey->n && !survey->has_odd && !survey->is_overfull; i += N_AT_ONCE)
    {
      gsize n = MIN (N_AT_ONCE, survey->n - i);
      const void *values = get_values (survey, i, n);

      if (monge_task_return_if_cancelled (survey->task, error))
        return FALSE;
      if (survey->value_size == 1)
        count_short (survey, values, 1, n);
      else if (survey->value_size == 2)
        count_short (survey, values, 2, n);
      else
        count_long (survey, values, n);
      monge_task_set_progress (survey->task, 0.5 * (double) i / (double) survey->n);
    }
  if (survey->tallies != NULL)
    add_short_values (survey);
  return TRUE;
}

/* Of intensities neighbours are rarely the same; what saturates is a value or two. */
static gboolean
is_coherent (const Survey *survey)
{
  GHashTableIter iter;
  gpointer value;
  guint n = 0, n_coherent = 0;

  g_hash_table_iter_init (&iter, survey->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Entry *entry = value;

      if (entry->label == 0)
        continue;
      n++;
      n_coherent += (double) entry->tally.n_voxels >= COHERENT_RUN * (double) entry->tally.n_runs;
    }
  return n <= N_FEW || 2 * n_coherent >= n;
}

/* What is said to be labels and is not becomes intensities, with a note. */
static MongeVolumeKind
survey_decide (const Survey *survey, char **note)
{
  if (!survey->has_odd && !survey->is_overfull)
    return survey->voxels->kind_is_known || is_coherent (survey) ? MONGE_VOLUME_LABELS
                                                                 : MONGE_VOLUME_INTENSITIES;
  if (survey->voxels->kind_is_known && survey->has_odd)
    *note = g_strdup_printf ("it is said to hold labels, but value %g is none: it is taken as "
                             "intensities", survey->odd);
  else if (survey->voxels->kind_is_known)
    *note = g_strdup_printf ("it is said to hold labels, but more than %d different values are in "
                             "it: it is taken as intensities", MAX_LABELS);
  return MONGE_VOLUME_INTENSITIES;
}

/* --- Labels --- */

static void
clear_label (gpointer data)
{
  g_free (((MongeLabel *) data)->name);
}

static gint
compare_entries (gconstpointer a, gconstpointer b)
{
  gint32 x = (*(Entry *const *) a)->label, y = (*(Entry *const *) b)->label;

  return (x > y) - (x < y);
}

static GArray *
new_table (void)
{
  GArray *table = g_array_new (FALSE, TRUE, sizeof (MongeLabel));

  g_array_set_clear_func (table, clear_label);
  return table;
}

/* Ascending, each with an empty box; gives the entries their places. */
static GArray *
survey_make_table (Survey *survey)
{
  g_autoptr (GPtrArray) entries = g_ptr_array_new ();
  GArray *table = new_table ();
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, survey->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_add (entries, value);
  g_ptr_array_sort (entries, compare_entries);
  for (guint i = 0; i < entries->len; i++)
    {
      Entry *entry = g_ptr_array_index (entries, i);
      MongeLabel row = { .label = entry->label, .n_voxels = entry->tally.n_voxels };

      if (entry->label == 0)
        continue;
      memcpy (row.lower, survey->voxels->size, sizeof row.lower);
      g_array_append_val (table, row);
      entry->place = table->len;
    }
  return table;
}

static guint
find_place (const Survey *survey, const void *value)
{
  gint32 label;
  const Entry *entry;

  if (!get_label (get_scaled (survey, value), &label))
    return 0;
  entry = g_hash_table_lookup (survey->entries, GINT_TO_POINTER (label));
  return entry != NULL ? entry->place : 0;
}

static void
place_short_values (Survey *survey)
{
  for (guint i = 0; i < N_SHORT; i++)
    {
      const guint16 wide = (guint16) i;
      const guint8 narrow = (guint8) i;

      if (survey->tallies[i].n_voxels > 0)
        survey->short_places[i] = (guint16) find_place (
            survey, survey->value_size == 1 ? (const void *) &narrow : (const void *) &wide);
    }
}

static inline void
extend_box (MongeLabel *row, guint x, gsize run, guint y, guint z)
{
  row->lower[0] = MIN (row->lower[0], x);
  row->upper[0] = MAX (row->upper[0], x + (guint) run);
  row->lower[1] = MIN (row->lower[1], y);
  row->upper[1] = MAX (row->upper[1], y + 1);
  row->lower[2] = MIN (row->lower[2], z);
  row->upper[2] = MAX (row->upper[2], z + 1);
}

/* The places of @n voxels from (@x, @y, @z) on along x. */
static inline void
fill_places (const Survey *survey, const void *values, gsize value_size, gsize n, guint x, guint y,
             guint z, GArray *table, guint16 *places)
{
  for (gsize i = 0, run; i < n; i += run)
    {
      guint place = value_size <= 2
                      ? survey->short_places[get_short (values, value_size, i)]
                      : find_place (survey, (const guint8 *) values + i * value_size);

      run = get_run (values, value_size, i, n);
      for (gsize k = i; k < i + run; k++)
        places[k] = (guint16) place;
      if (place > 0)
        extend_box (&g_array_index (table, MongeLabel, place - 1), x + (guint) i, run, y, z);
    }
}

static void
fill_some (const Survey *survey, gsize begin, gsize n, GArray *table, guint16 *places)
{
  const guint *size = survey->voxels->size;
  const void *values = get_values (survey, begin, n);
  guint x = (guint) (begin % size[0]);
  guint y = (guint) (begin / size[0] % size[1]);
  guint z = (guint) (begin / size[0] / size[1]);

  if (survey->value_size == 1)
    fill_places (survey, values, 1, n, x, y, z, table, places + begin);
  else if (survey->value_size == 2)
    fill_places (survey, values, 2, n, x, y, z, table, places + begin);
  else
    fill_places (survey, values, survey->value_size, n, x, y, z, table, places + begin);
}

/* Pieces of rows, several to a poll of the task. */
static gboolean
read_labels (Survey *survey, MongeVolumeContent *content, GError **error)
{
  gsize nx = survey->voxels->size[0], polled = 0;

  content->table = survey_make_table (survey);
  if (survey->tallies != NULL)
    place_short_values (survey);
  content->places = monge_bytes_alloc (survey->n, sizeof *content->places, error);
  if (content->places == NULL)
    return FALSE;
  for (gsize i = 0, n; i < survey->n; i += n)
    {
      n = MIN (N_AT_ONCE, nx - i % nx);
      if (i >= polled && monge_task_return_if_cancelled (survey->task, error))
        return FALSE;
      if (i >= polled)
        {
          monge_task_set_progress (survey->task, 0.5 + 0.5 * (double) i / (double) survey->n);
          polled = i + N_AT_ONCE;
        }
      fill_some (survey, i, n, content->table, content->places);
    }
  return TRUE;
}

/* --- Intensities --- */

static void
fill_intensities (const Survey *survey, gsize begin, gsize n, MongeVolumeContent *content,
                  double *scratch)
{
  const MongeVoxels *voxels = survey->voxels;
  float *out = content->intensities + begin;

  monge_bytes_to_doubles (voxels->type, get_values (survey, begin, n), n, scratch, 1);
  for (gsize i = 0; i < n; i++)
    {
      double value = voxels->slope * scratch[i] + voxels->intercept;

      content->n_bad += !(fabs (value) <= FLT_MAX);
      value = isnan (value) ? 0.0 : CLAMP (value, -FLT_MAX, FLT_MAX);
      out[i] = (float) value;
      content->lowest = MIN (content->lowest, out[i]);
      content->highest = MAX (content->highest, out[i]);
    }
}

static gboolean
read_intensities (Survey *survey, MongeVolumeContent *content, GError **error)
{
  g_autofree double *scratch = g_new (double, N_AT_ONCE);

  content->table = new_table ();
  content->intensities = monge_bytes_alloc (survey->n, sizeof *content->intensities, error);
  if (content->intensities == NULL)
    return FALSE;
  content->lowest = FLT_MAX;
  content->highest = -FLT_MAX;
  for (gsize i = 0; i < survey->n; i += N_AT_ONCE)
    {
      if (monge_task_return_if_cancelled (survey->task, error))
        return FALSE;
      fill_intensities (survey, i, MIN (N_AT_ONCE, survey->n - i), content, scratch);
      monge_task_set_progress (survey->task, 0.5 + 0.5 * (double) i / (double) survey->n);
    }
  content->level = monge_find_level (content->intensities, survey->n, content->lowest,
                                     content->highest);
  return TRUE;
}

/* --- Both --- */

gboolean
monge_volume_content_read (MongeVolumeContent *content, const MongeVoxels *voxels, MongeTask *task,
                           GError **error)
{
  g_auto (Survey) survey = { .n = 0 };

  survey_init (&survey, voxels, task);
  content->kind = voxels->kind;
  if (!voxels->kind_is_known || voxels->kind == MONGE_VOLUME_LABELS)
    {
      if (!survey_run (&survey, error))
        return FALSE;
      content->kind = survey_decide (&survey, &content->note);
    }
  return content->kind == MONGE_VOLUME_LABELS ? read_labels (&survey, content, error)
                                              : read_intensities (&survey, content, error);
}

void
monge_volume_content_clear (MongeVolumeContent *content)
{
  g_clear_pointer (&content->table, g_array_unref);
  g_clear_pointer (&content->places, g_free);
  g_clear_pointer (&content->intensities, g_free);
  g_clear_pointer (&content->note, g_free);
}
