#include "compute/io/voxel-data.h"

#include <string.h>

#include "compute/io/scan.h"
#include "compute/io/volumes-private.h"
#include "compute/shape/bytes.h"

#define MAX_INFLATION 1032 /* of deflate, by its format */
#define SLACK ((gsize) 1 << 16) /* bytes that zipped numbers may have behind them */
#define MAX_FILES 65536
#define N_AT_ONCE ((gsize) 1 << 16)

static gboolean
fail_short (gsize n, gsize value_size, gsize there, GError **error)
{
  return monge_volume_fail (error, MONGE_ERROR_FORMAT,
                            "the header promises %" G_GSIZE_FORMAT " values of %" G_GSIZE_FORMAT
                            " bytes, there are %" G_GSIZE_FORMAT " bytes for them: truncated or "
                            "damaged; copy or export it again", n, value_size, there);
}

/* --- Raw and zipped --- */

/* Where the numbers begin in @size bytes from @at on. */
static gboolean
skip_bytes (const MongeVoxelData *data, gsize *at, gsize size, gsize need, GError **error)
{
  gsize there = size - *at;

  if (data->byte_skip < 0)
    {
      if (need > there)
        return FALSE;
      *at = size - need;
      return TRUE;
    }
  if ((guint64) data->byte_skip > there)
    return monge_volume_fail (error, MONGE_ERROR_FORMAT,
                              "byte skip of %" G_GINT64_FORMAT ", more than the %" G_GSIZE_FORMAT
                              " bytes there are; correct the header", data->byte_skip, there);
  *at += (gsize) data->byte_skip;
  return TRUE;
}

static GBytes *
take_raw (const MongeVoxelData *data, GBytes *bytes, gsize begin, gsize n, GError **error)
{
  gsize size = g_bytes_get_size (bytes), value_size = monge_type_get_size (data->type);
  gsize at = begin;

  if (!skip_bytes (data, &at, size, n * value_size, error) || n * value_size > size - at)
    {
      if (error != NULL && *error == NULL)
        fail_short (n, value_size, size - at, error);
      return NULL;
    }
  return g_bytes_new_from_bytes (bytes, at, n * value_size);
}

static GBytes *
take_zipped (const MongeVoxelData *data, GBytes *bytes, gsize begin, gsize n, MongeTask *task,
             GError **error)
{
  const guint8 *from = g_bytes_get_data (bytes, NULL);
  gsize size = g_bytes_get_size (bytes) - begin, need = n * monge_type_get_size (data->type);
  g_autoptr (GBytes) unzipped = NULL;
  g_autoptr (GError) local = NULL;

  need += (gsize) CLAMP (data->byte_skip, 0, (gint64) 1 << 30);
  if (need / MAX_INFLATION > size)
    {
      fail_short (n, monge_type_get_size (data->type), size, error);
      g_prefix_error (error, "zipped: ");
      return NULL;
    }
  unzipped = monge_bytes_inflate (from + begin, size, need, need + SLACK, task, &local);
  if (unzipped == NULL && g_error_matches (local, MONGE_ERROR, MONGE_ERROR_SIZE))
    monge_volume_fail (error, MONGE_ERROR_FORMAT,
                       "the header promises %" G_GSIZE_FORMAT " bytes, the zipped data hold more, or "
                       "memory ends: %s", need, local->message);
  else if (unzipped == NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  return unzipped != NULL ? take_raw (data, unzipped, 0, n, error) : NULL;
}

/* --- Written out --- */

static GBytes *
take_text (const MongeVoxelData *data, MongeScan *scan, gsize n, MongeTask *task, GError **error)
{
  gsize value_size = monge_type_get_size (data->type), there = (gsize) (scan->end - scan->at);
  g_autofree guint8 *values = NULL;

  if (n > there / 2 + 1)
    {
      fail_short (n, 2, there, error);
      return NULL;
    }
  values = monge_bytes_alloc (n, value_size, error);
  for (gsize i = 0; values != NULL && i < n; i++)
    {
      double value;

      if (i % N_AT_ONCE == 0 && monge_task_return_if_cancelled (task, error))
        return NULL;
      while (monge_scan_find_word (scan) && *scan->at == ',')
        scan->at++;
      if (!monge_scan_double (scan, &value))
        {
          monge_scan_fail (scan, error, MONGE_ERROR_FORMAT,
                           "value %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " is missing or no "
                           "number; export the volume again", i + 1, n);
          return NULL;
        }
      monge_bytes_from_doubles (data->type, &value, 1, 1, values + i * value_size);
    }
  return values != NULL ? g_bytes_new_take (g_steal_pointer (&values), n * value_size) : NULL;
}

static GBytes *
take_hex (const MongeVoxelData *data, MongeScan *scan, gsize n, MongeTask *task, GError **error)
{
  gsize size = n * monge_type_get_size (data->type);
  g_autofree guint8 *values = NULL;

  if (size > (gsize) (scan->end - scan->at) / 2)
    {
      fail_short (n, 2 * monge_type_get_size (data->type), (gsize) (scan->end - scan->at), error);
      return NULL;
    }
  values = monge_bytes_alloc (size, 1, error);
  for (gsize i = 0; values != NULL && i < 2 * size; i++)
    {
      int digit = monge_scan_find_word (scan) ? g_ascii_xdigit_value ((char) *scan->at) : -1;

      if (i % N_AT_ONCE == 0 && monge_task_return_if_cancelled (task, error))
        return NULL;
      if (digit < 0)
        {
          monge_scan_fail (scan, error, MONGE_ERROR_FORMAT,
                           "byte %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " is missing or not "
                           "hexadecimal; export the volume again", i / 2 + 1, size);
          return NULL;
        }
      scan->at++;
      values[i / 2] = (guint8) (i % 2 == 0 ? digit << 4 : values[i / 2] | digit);
    }
  return values != NULL ? g_bytes_new_take (g_steal_pointer (&values), size) : NULL;
}

GBytes *
monge_voxel_data_decode (const MongeVoxelData *data, GBytes *bytes, gsize begin, gsize n,
                         MongeTask *task, GError **error)
{
  gsize size, at;
  const guint8 *from = g_bytes_get_data (bytes, &size);
  MongeScan scan;

  g_return_val_if_fail (begin <= size, NULL);
  if (n > G_MAXSSIZE / 16 || monge_task_return_if_cancelled (task, error))
    return NULL;
  monge_scan_init (&scan, from, size);
  scan.at = from + begin;
  for (gsize k = 0; k < data->line_skip && scan.at < scan.end; k++)
    monge_scan_next_line (&scan);
  at = (gsize) (scan.at - from);
  for (gsize i = 0; data->coding >= MONGE_CODING_TEXT && i < begin; i++)
    scan.line += from[i] == '\n';
  switch (data->coding)
    {
    case MONGE_CODING_RAW:
      return take_raw (data, bytes, at, n, error);
    case MONGE_CODING_ZIPPED:
      return take_zipped (data, bytes, at, n, task, error);
    case MONGE_CODING_TEXT:
    case MONGE_CODING_HEX:
    default:
      if (!skip_bytes (data, &at, size, size - at, error))
        return NULL;
      scan.at = from + at;
      return data->coding == MONGE_CODING_TEXT ? take_text (data, &scan, n, task, error)
                                               : take_hex (data, &scan, n, task, error);
    }
}

/* --- Several files --- */

static GBytes *
load_part (const MongeVoxelData *data, const MongeFile *file, const char *name, gsize n,
           GError **error)
{
  g_autoptr (GBytes) bytes = monge_file_load_beside (file, name, FALSE, error);
  GBytes *part;

  if (bytes == NULL)
    return NULL;
  part = monge_voxel_data_decode (data, bytes, 0, n, file->task, error);
  if (part == NULL)
    g_prefix_error (error, "%s: ", name);
  return part;
}

/* In one piece. */
static GBytes *
join_parts (const GPtrArray *parts, MongeTask *task, GError **error)
{
  gsize size = g_bytes_get_size (g_ptr_array_index (parts, 0)), at = 0;
  g_autofree guint8 *whole = monge_bytes_alloc (size, parts->len, error);

  for (guint i = 0; whole != NULL && i < parts->len; i++, at += size)
    {
      if (monge_task_return_if_cancelled (task, error))
        return NULL;
      memcpy (whole + at, g_bytes_get_data (g_ptr_array_index (parts, i), NULL), size);
    }
  return whole != NULL ? g_bytes_new_take (g_steal_pointer (&whole), at) : NULL;
}

GBytes *
monge_voxel_data_load (const MongeVoxelData *data, const MongeFile *file, const GPtrArray *names,
                       gsize n, GError **error)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  if (names->len == 0 || n % names->len != 0)
    {
      monge_volume_fail (error, MONGE_ERROR_FORMAT,
                         "%" G_GSIZE_FORMAT " values cannot be in equal parts in %u files; correct "
                         "the header", n, names->len);
      return NULL;
    }
  for (guint i = 0; i < names->len; i++)
    {
      GBytes *part = load_part (data, file, g_ptr_array_index (names, i), n / names->len, error);

      if (part == NULL)
        return NULL;
      g_ptr_array_add (parts, part);
    }
  return parts->len == 1 ? g_bytes_ref (g_ptr_array_index (parts, 0))
                         : join_parts (parts, file->task, error);
}

/* Around the only conversion in @pattern, a whole number: how wide, and filled by what. */
static gboolean
split_pattern (const char *pattern, char **before, const char **after, guint *width, gboolean *zeros)
{
  const char *percent = strchr (pattern, '%'), *at = percent != NULL ? percent + 1 : NULL;

  if (at == NULL)
    return FALSE;
  *zeros = *at == '0';
  for (*width = 0; g_ascii_isdigit (*at) && *width < 10; at++)
    *width = 10 * *width + (guint) (*at - '0');
  if (*width > 20 || (*at != 'd' && *at != 'i' && *at != 'u') || strchr (at, '%') != NULL)
    return FALSE;
  *before = g_strndup (pattern, (gsize) (percent - pattern));
  *after = at + 1;
  return TRUE;
}

gboolean
monge_voxel_data_expand (const char *pattern, gint64 first, gint64 last, gint64 step,
                         GPtrArray *names, GError **error)
{
  g_autofree char *before = NULL;
  const char *after;
  guint width;
  gboolean zeros;

  if (!split_pattern (pattern, &before, &after, &width, &zeros))
    return monge_volume_fail (error, MONGE_ERROR_FORMAT,
                              "\"%s\" is no pattern for the names of files, such as part%%03d.raw; "
                              "correct the header", pattern);
  if (step == 0 || ABS (first) > G_MAXINT32 || ABS (last) > G_MAXINT32 || ABS (step) > G_MAXINT32
      || (last - first) / step < 0 || (last - first) / step >= MAX_FILES)
    return monge_volume_fail (error, MONGE_ERROR_FORMAT,
                              "files from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT " in steps of %"
                              G_GINT64_FORMAT "; correct the header", first, last, step);
  for (gint64 i = first; step > 0 ? i <= last : i >= last; i += step)
    g_ptr_array_add (names, zeros ? g_strdup_printf ("%s%0*d%s", before, (int) width, (int) i, after)
                                  : g_strdup_printf ("%s%*d%s", before, (int) width, (int) i,
                                                     after));
  return TRUE;
}

/* --- One of several --- */

GBytes *
monge_voxel_data_pick (GBytes *values, gsize value_size, gsize begin, gsize stride, gsize group,
                       gsize n_groups, MongeTask *task, GError **error)
{
  const guint8 *from = g_bytes_get_data (values, NULL);
  g_autofree guint8 *picked = NULL;

  g_return_val_if_fail ((begin + (n_groups - 1) * stride + group) * value_size
                          <= g_bytes_get_size (values), NULL);
  if (n_groups == 1)
    return g_bytes_new_from_bytes (values, begin * value_size, group * value_size);
  picked = monge_bytes_alloc (n_groups * group, value_size, error);
  for (gsize i = 0; picked != NULL && i < n_groups; i++)
    {
      if (i % 4096 == 0 && monge_task_return_if_cancelled (task, error))
        return NULL;
      memcpy (picked + i * group * value_size, from + (begin + i * stride) * value_size,
              group * value_size);
    }
  return picked != NULL ? g_bytes_new_take (g_steal_pointer (&picked),
                                            n_groups * group * value_size)
                        : NULL;
}
