#include "compute/io/nrrd-private.h"

#include <string.h>

#include "compute/shape/bytes.h"

/* Segmentations of 3D Slicer: keys "Segment0_Name", "_LabelValue", "_Layer" and "_Color" for each
 * segment. Segments that overlap lie in layers, which are the fastest axis. A voxel of ours has one
 * label; where segments overlap it gets a label of its own, named after all of them, so that nothing
 * is lost: whoever wants the whole of a segment takes its label and those. */

#define MAX_SEGMENTS 65535
#define MAX_LAYERS 4096
#define MAX_LABEL 65535
#define BYTES_AT_ONCE ((gsize) 1 << 18)

typedef struct {
  gsize layer;
  double value; /* in its layer */
  char *name;
  gboolean has_colour;
  guint8 rgba[4];
  guint label; /* in the volume */
} Segment;

static void
segment_clear (gpointer data)
{
  g_free (((Segment *) data)->name);
}

static const char *
get_key (const MongeNrrdHeader *header, guint segment, const char *what)
{
  g_autofree char *key = g_strdup_printf ("Segment%u_%s", segment, what);

  return g_hash_table_lookup (header->keys, key);
}

static gboolean
has_segment (const MongeNrrdHeader *header, guint segment)
{
  return get_key (header, segment, "ID") != NULL || get_key (header, segment, "Name") != NULL
         || get_key (header, segment, "LabelValue") != NULL;
}

gboolean
monge_nrrd_has_segments (const MongeNrrdHeader *header)
{
  return has_segment (header, 0);
}

/* Three numbers from 0 to 1. */
static gboolean
read_colour (const char *text, guint8 rgba[4])
{
  for (int k = 0; k < 3; k++)
    {
      char *end;
      double value = text != NULL ? g_ascii_strtod (text, &end) : 0.0;

      if (text == NULL || end == text || !(value >= 0.0 && value <= 1.0))
        return FALSE;
      rgba[k] = (guint8) (255.0 * value + 0.5);
      text = end;
    }
  rgba[3] = 255;
  return TRUE;
}

/* Older files have a layer for each segment and no number of it. */
static GArray *
list_segments (const MongeNrrdHeader *header)
{
  GArray *segments = g_array_new (FALSE, TRUE, sizeof (Segment));

  g_array_set_clear_func (segments, segment_clear);
  for (guint i = 0; i < MAX_SEGMENTS && has_segment (header, i); i++)
    {
      const char *name = get_key (header, i, "Name"), *value = get_key (header, i, "LabelValue");
      const char *layer = get_key (header, i, "Layer"), *id = get_key (header, i, "ID");
      Segment segment = { 0 };

      segment.name = g_strdup (name != NULL && *name != '\0' ? name : id != NULL ? id : "segment");
      segment.value = value != NULL ? g_ascii_strtod (value, NULL) : 1.0;
      segment.layer = layer != NULL ? (gsize) g_ascii_strtoull (layer, NULL, 10)
                      : value == NULL ? i : 0;
      segment.has_colour = read_colour (get_key (header, i, "Color"), segment.rgba);
      g_array_append_val (segments, segment);
    }
  return segments;
}

/* --- Labels --- */

static gboolean
label_is_taken (const GHashTable *taken, guint label)
{
  return g_hash_table_contains ((GHashTable *) taken, GUINT_TO_POINTER (label));
}

/* The label of each: its value, where that is free and fits, else the next free number. */
static void
number_segments (GArray *segments, GHashTable *taken)
{
  guint next = 1;

  for (guint i = 0; i < segments->len; i++)
    {
      Segment *segment = &g_array_index (segments, Segment, i);
      guint value = segment->value >= 1.0 && segment->value <= MAX_LABEL ? (guint) segment->value : 0;

      if (value == 0 || label_is_taken (taken, value))
        continue;
      segment->label = value;
      g_hash_table_add (taken, GUINT_TO_POINTER (value));
    }
  for (guint i = 0; i < segments->len; i++)
    {
      Segment *segment = &g_array_index (segments, Segment, i);

      while (segment->label == 0 && label_is_taken (taken, next))
        next++;
      if (segment->label != 0)
        continue;
      segment->label = next;
      g_hash_table_add (taken, GUINT_TO_POINTER (next));
    }
}

static const Segment *
find_segment (const GArray *segments, gsize layer, double value)
{
  for (guint i = 0; i < segments->len; i++)
    {
      const Segment *segment = &g_array_index (segments, Segment, i);

      if (segment->layer == layer && segment->value == value)
        return segment;
    }
  return NULL;
}

/* --- Layers --- */

typedef struct {
  const MongeNrrdHeader *header;
  const GArray *segments;
  MongeLabelTable *names;
  GHashTable *taken;  /* labels */
  GHashTable *labels; /* label by the bytes of a voxel */
  guint next;
  gboolean is_full;
} Merger;

/* A label of its own for what no single segment is; 0 when they run out. */
static guint
merger_add_label (Merger *merger, const char *name)
{
  while (merger->next <= MAX_LABEL && label_is_taken (merger->taken, merger->next))
    merger->next++;
  if (merger->next > MAX_LABEL)
    {
      merger->is_full = TRUE;
      return 0;
    }
  g_hash_table_add (merger->taken, GUINT_TO_POINTER (merger->next));
  monge_label_table_add (merger->names, (gint32) merger->next, name, NULL);
  return merger->next++;
}

/* The label of a voxel with these numbers in its layers. */
static guint
merger_find_label (Merger *merger, const guint8 *bytes, gsize n_layers, gsize value_size)
{
  g_autoptr (GString) name = g_string_new (NULL);
  const Segment *only = NULL;
  guint n_inside = 0;

  for (gsize layer = 0; layer < n_layers; layer++)
    {
      guint64 raw = 0;
      const Segment *segment;
      double value;

      monge_bytes_copy (bytes + layer * value_size, value_size, &raw, value_size, value_size, 1,
                        merger->header->swap);
      value = monge_bytes_get (merger->header->data.type, &raw);
      if (!(value != 0.0))
        continue;
      segment = find_segment (merger->segments, layer, value);
      if (segment != NULL)
        g_string_append_printf (name, "%s%s", n_inside > 0 ? " + " : "", segment->name);
      else
        g_string_append_printf (name, "%s%g in layer %" G_GSIZE_FORMAT, n_inside > 0 ? " + " : "",
                                value, layer);
      only = segment;
      n_inside++;
    }
  if (n_inside == 0)
    return 0;
  return n_inside == 1 && only != NULL ? only->label : merger_add_label (merger, name->str);
}

static guint
merger_get_label (Merger *merger, const guint8 *bytes, gsize n_layers, gsize value_size)
{
  g_autoptr (GBytes) key = g_bytes_new_static (bytes, n_layers * value_size);
  gpointer known;

  if (!g_hash_table_lookup_extended (merger->labels, key, NULL, &known))
    {
      known = GUINT_TO_POINTER (merger_find_label (merger, bytes, n_layers, value_size));
      g_hash_table_insert (merger->labels, g_bytes_new (bytes, n_layers * value_size), known);
    }
  return GPOINTER_TO_UINT (known);
}

/* Voxels come in runs: the table is asked once for each. */
static GBytes *
merger_run (Merger *merger, GBytes *values, gsize n_layers, gsize n, MongeTask *task,
            GError **error)
{
  const guint8 *at = g_bytes_get_data (values, NULL), *last = NULL;
  gsize value_size = monge_type_get_size (merger->header->data.type), step = n_layers * value_size;
  g_autofree guint16 *labels = monge_bytes_alloc (n, sizeof *labels, error);
  gsize n_at_once = MAX (BYTES_AT_ONCE / step, 1);
  guint label = 0;

  for (gsize i = 0; labels != NULL && i < n; i++, at += step)
    {
      if (i % n_at_once == 0 && monge_task_return_if_cancelled (task, error))
        return NULL;
      if (last == NULL || memcmp (at, last, step) != 0)
        label = merger_get_label (merger, at, n_layers, value_size);
      last = at;
      labels[i] = (guint16) label;
      if (merger->is_full)
        {
          monge_volume_fail (error, MONGE_ERROR_UNSUPPORTED,
                             "its segments overlap in more than %d ways; export them one by one",
                             MAX_LABEL);
          return NULL;
        }
    }
  return labels != NULL ? g_bytes_new_take (g_steal_pointer (&labels), n * sizeof *labels) : NULL;
}

/* --- Both --- */

static void
name_segments (const GArray *segments, MongeLabelTable *names, gboolean by_label)
{
  for (guint i = 0; i < segments->len; i++)
    {
      const Segment *segment = &g_array_index (segments, Segment, i);

      if (by_label || (segment->value >= G_MININT32 && segment->value <= G_MAXINT32))
        monge_label_table_add (names, by_label ? (gint32) segment->label : (gint32) segment->value,
                               segment->name, segment->has_colour ? segment->rgba : NULL);
    }
}

static GBytes *
merge_layers (MongeNrrdHeader *header, GArray *segments, MongeLabelTable *names, GBytes *values,
              gsize n_layers, gsize n, MongeTask *task, GError **error)
{
  g_autoptr (GHashTable) taken = g_hash_table_new (NULL, NULL);
  g_autoptr (GHashTable) labels = g_hash_table_new_full (g_bytes_hash, g_bytes_equal,
                                                         (GDestroyNotify) g_bytes_unref, NULL);
  Merger merger = { .header = header, .segments = segments, .names = names, .taken = taken,
                    .labels = labels, .next = 1 };
  guint n_before;
  GBytes *merged;

  number_segments (segments, taken);
  name_segments (segments, names, TRUE);
  n_before = monge_label_table_get_n_entries (names);
  merged = merger_run (&merger, values, n_layers, n, task, error);
  if (merged != NULL && monge_label_table_get_n_entries (names) > n_before)
    monge_nrrd_header_add_note (header, "segments overlap: where they do, voxels have a label of "
                                        "their own, named after all of them");
  if (merged != NULL)
    monge_nrrd_header_add_note (header, "its segments lie in %" G_GSIZE_FORMAT " layers; they were "
                                        "numbered anew where a number occurs in several", n_layers);
  return merged;
}

gboolean
monge_nrrd_segments_read (MongeNrrdSegments *segments, MongeNrrdHeader *header, GBytes *values,
                          gsize n_layers, gsize n, MongeTask *task, GError **error)
{
  g_autoptr (GArray) list = list_segments (header);
  g_autoptr (MongeLabelTable) names = monge_label_table_new ();

  if (n_layers > MAX_LAYERS)
    return monge_volume_fail (error, MONGE_ERROR_UNSUPPORTED,
                              "%" G_GSIZE_FORMAT " layers of segments; export fewer", n_layers);
  if (n_layers == 1)
    name_segments (list, names, FALSE);
  else
    {
      segments->values = merge_layers (header, list, names, values, n_layers, n, task, error);
      if (segments->values == NULL)
        return FALSE;
    }
  segments->names = g_steal_pointer (&names);
  return TRUE;
}
