/* Landmarks as programs of morphometrics keep them.
 *
 * TPS (tpsDig of F. J. Rohlf): specimens one after another. LM=n, or LM3=n in space, and n lines of
 * coordinates begin one; CURVES=n, each POINTS=n with as many lines, are further points; SCALE=s
 * multiplies coordinates; IMAGE=, ID= and others follow. NA is a landmark left out.
 *
 * PTS (Landmark Editor of IDAV): “Version 1.0”, how many, and a line name x y z each, where 9999 or
 * more in size three times is one left out. Also what others call .pts: "n_points: n" and lines of
 * coordinates between braces, or nothing but such lines. */
#include "compute/io/landmarks-private.h"

#include <math.h>
#include <string.h>

#define MAX_LISTED 8
#define LEFT_OUT 9999.0

/* Up to three coordinates on the line, which is left. Returns: how many; 0 and *@is_there FALSE where
 * they are missing; -1 if there is something else. */
static int
read_coordinates (MongeScan *scan, double position[3], gboolean *is_there)
{
  int n = 0;

  memset (position, 0, 3 * sizeof (double));
  *is_there = TRUE;
  for (;;)
    {
      const char *word = "";
      gsize length = monge_scan_word (scan, &word);
      g_autofree char *text = g_strndup (word, length);

      if (length == 0)
        break;
      if (n == 3)
        return -1;
      if (monge_text_is_missing (text))
        *is_there = FALSE;
      else if (!monge_text_is_number (text, &position[n]) || !isfinite (position[n]))
        return -1;
      n++;
    }
  monge_scan_next_line (scan);
  return n;
}

static gboolean
read_count (const char *text, guint64 most, guint64 *n)
{
  return g_ascii_string_to_unsigned (text, 10, 0, most, n, NULL);
}

/* --- TPS --- */

gboolean
monge_tps_landmarks_match (const guint8 *data, gsize size)
{
  gsize start = 0;

  while (start < size && g_ascii_isspace (data[start]))
    start++;
  return size - start > 3 && g_ascii_strncasecmp ((const char *) data + start, "LM", 2) == 0
         && (data[start + 2] == '=' || (size - start > 4 && data[start + 3] == '='));
}

typedef struct {
  GArray *points;  /* double[3] and whether it is there, a Point each */
  double scale;
  char *id, *image;
} Specimen;

typedef struct {
  double position[3];
  gboolean is_there;
  int curve; /* 0: a landmark */
} Point;

static void
specimen_clear (Specimen *specimen)
{
  g_clear_pointer (&specimen->points, g_array_unref);
  g_clear_pointer (&specimen->id, g_free);
  g_clear_pointer (&specimen->image, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Specimen, specimen_clear)

/* @text: how many lines of coordinates follow. */
static gboolean
read_points (MongeScan *scan, const char *text, int curve, Specimen *specimen, MongeTask *task,
             GError **error)
{
  guint64 n, most = (guint64) (scan->end - scan->at) / 2 + 1; /* a digit and a line end each */

  if (!read_count (text, most, &n))
    return monge_scan_fail (scan, error, MONGE_ERROR_FORMAT,
                            "“%.40s” should be a number of points that the file has room for", text);
  for (guint64 i = 0; i < n; i++)
    {
      Point point = { .curve = curve };

      if (i % 1024 == 0 && monge_task_return_if_cancelled (task, error))
        return FALSE;
      if (read_coordinates (scan, point.position, &point.is_there) < 2)
        return monge_scan_fail (scan, error, MONGE_ERROR_FORMAT,
                                "two or three coordinates should be here, the file says %s of them",
                                text);
      g_array_append_val (specimen->points, point);
    }
  return TRUE;
}

/* Blanks around = are allowed. Returns the value; @line is cut. */
static char *
split_line (char *line)
{
  char *mark = strchr (line, '=');

  if (mark == NULL)
    return NULL;
  *mark = '\0';
  g_strchomp (line);
  return g_strstrip (mark + 1);
}

static gboolean
is_start (const char *key)
{
  return g_ascii_strcasecmp (key, "LM") == 0 || g_ascii_strcasecmp (key, "LM3") == 0;
}

/* Of one specimen: what follows its landmarks, up to the next. */
static gboolean
read_specimen (MongeScan *scan, Specimen *specimen, MongeTask *task, GError **error)
{
  gboolean has_started = FALSE;
  int curve = 0;

  while (monge_scan_find_word (scan))
    {
      const MongeScan before = *scan;
      g_autofree char *line = monge_scan_dup_rest (scan);
      const char *value = split_line (line);

      if (value != NULL && is_start (line) && has_started)
        return TRUE;
      monge_scan_next_line (scan);
      if (value == NULL)
        return monge_scan_fail (&before, error, MONGE_ERROR_FORMAT,
                                "KEY=VALUE should be here, not “%.40s”", line);
      if (is_start (line) || g_ascii_strcasecmp (line, "POINTS") == 0)
        {
          if (!is_start (line))
            curve++;
          if (!read_points (scan, value, curve, specimen, task, error))
            return FALSE;
          has_started = TRUE;
        }
      else if (g_ascii_strcasecmp (line, "ID") == 0)
        {
          g_free (specimen->id);
          specimen->id = g_strdup (value);
        }
      else if (g_ascii_strcasecmp (line, "IMAGE") == 0)
        {
          g_free (specimen->image);
          specimen->image = g_strdup (value);
        }
      else if (g_ascii_strcasecmp (line, "SCALE") == 0
               && (!monge_text_is_number (value, &specimen->scale) || !isfinite (specimen->scale)
                   || !(specimen->scale > 0.0)))
        return monge_scan_fail (&before, error, MONGE_ERROR_FORMAT,
                                "SCALE should be a number above 0, not “%.40s”", value);
    }
  return TRUE;
}

static MongeLandmarks *
landmarks_of (const Specimen *specimen)
{
  MongeLandmarks *landmarks = monge_landmarks_new (MONGE_SPACE_UNKNOWN, MONGE_SPACE_UNKNOWN);
  guint number = 0;
  int curve = 0;

  for (guint i = 0; i < specimen->points->len; i++)
    {
      const Point *point = &g_array_index (specimen->points, Point, i);
      g_autofree char *name = NULL;
      double position[3];

      number = point->curve == curve ? number + 1 : 1;
      curve = point->curve;
      name = curve == 0 ? g_strdup_printf ("LM %u", number)
                        : g_strdup_printf ("C%d %u", curve, number);
      for (int k = 0; k < 3; k++)
        position[k] = specimen->scale * point->position[k];
      monge_landmarks_add (landmarks, name, NULL, position, point->is_there);
    }
  if (specimen->scale != 1.0)
    monge_landmarks_add_note (landmarks,
                              "Coordinates were multiplied by the scale %g of the specimen",
                              specimen->scale);
  return landmarks;
}

static gboolean
is_wanted (const Specimen *specimen, guint number, const char *part)
{
  g_autofree char *text = g_strdup_printf ("%u", number);

  return part == NULL ? number == 1
                      : g_strcmp0 (specimen->id, part) == 0
                          || g_strcmp0 (specimen->image, part) == 0 || strcmp (text, part) == 0;
}

MongeLandmarks *
monge_tps_landmarks_parse (const MongeFile *file, const char *part, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);
  g_autoptr (MongeLandmarks) landmarks = NULL;
  guint n = 0;
  MongeScan scan;

  monge_scan_init (&scan, file->data, file->size);
  while (monge_scan_find_word (&scan))
    {
      g_auto (Specimen) specimen = { .scale = 1.0 };

      specimen.points = g_array_new (FALSE, FALSE, sizeof (Point));
      if (monge_task_return_if_cancelled (file->task, error)
          || !read_specimen (&scan, &specimen, file->task, error))
        return NULL;
      if (++n <= MAX_LISTED)
        g_string_append_printf (names, "%s%.60s", n > 1 ? ", " : "",
                                specimen.id != NULL ? specimen.id
                                : specimen.image != NULL ? specimen.image : "?");
      if (landmarks == NULL && is_wanted (&specimen, n, part))
        landmarks = landmarks_of (&specimen);
    }
  if (n > 1 && part == NULL)
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
                 "it holds %u specimens; put #ID or #NUMBER behind the path, of %s%s", n, names->str,
                 n > MAX_LISTED ? ", …" : "");
  else if (landmarks != NULL)
    return g_steal_pointer (&landmarks);
  else if (part != NULL)
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
                 "there is no specimen %.60s in it; %u are: %s%s", part, n, names->str,
                 n > MAX_LISTED ? ", …" : "");
  else
    return monge_landmarks_new (MONGE_SPACE_UNKNOWN, MONGE_SPACE_UNKNOWN);
  return NULL;
}

/* --- PTS --- */

gboolean
monge_pts_landmarks_match (const guint8 *data, gsize size)
{
  return size > 8 && g_ascii_strncasecmp ((const char *) data, "version", 7) == 0
         && monge_bytes_are_text (data, size);
}

/* A name, unless the first word of the line is a coordinate. Transfer full. */
static char *
read_name (MongeScan *scan)
{
  MongeScan ahead = *scan;
  const char *word = "";
  gsize length = monge_scan_word (&ahead, &word);
  g_autofree char *text = g_strndup (word, length);
  double value;

  if (length == 0 || monge_text_is_number (text, &value) || monge_text_is_missing (text))
    return g_strdup ("");
  *scan = ahead;
  return g_utf8_make_valid (text, -1);
}

static gboolean
is_left_out (const double position[3])
{
  return fabs (position[0]) >= LEFT_OUT && fabs (position[1]) >= LEFT_OUT
         && fabs (position[2]) >= LEFT_OUT;
}

/* What is no point: a version, a count, braces. */
static gboolean
skip_other_line (MongeScan *scan)
{
  g_autofree char *line = monge_scan_dup_rest (scan);
  gboolean is_other = g_ascii_strncasecmp (line, "version", 7) == 0
                      || g_str_has_prefix (line, "n_points") || line[0] == '{' || line[0] == '}'
                      || line[0] == '#';

  if (!is_other && line[0] != '\0' && strspn (line, "0123456789") == strlen (line))
    is_other = TRUE; /* how many */
  if (is_other)
    monge_scan_next_line (scan);
  return is_other;
}

MongeLandmarks *
monge_pts_landmarks_parse (const MongeFile *file, const char *part, GError **error)
{
  g_autoptr (MongeLandmarks) landmarks = NULL;
  MongeScan scan;

  landmarks = monge_landmarks_new (MONGE_SPACE_UNKNOWN, MONGE_SPACE_UNKNOWN);
  monge_scan_init (&scan, file->data, file->size);
  while (monge_scan_find_word (&scan))
    {
      const MongeScan before = scan;
      g_autofree char *name = NULL;
      gboolean is_there;
      double position[3];

      if (scan.line % 256 == 0 && monge_task_return_if_cancelled (file->task, error))
        return NULL;
      if (skip_other_line (&scan))
        continue;
      name = read_name (&scan);
      if (read_coordinates (&scan, position, &is_there) < 2)
        {
          monge_scan_fail (&before, error, MONGE_ERROR_FORMAT,
                           "a name and two or three coordinates should be here");
          return NULL;
        }
      monge_landmarks_add (landmarks, name, NULL, position, is_there && !is_left_out (position));
    }
  return g_steal_pointer (&landmarks);
}
