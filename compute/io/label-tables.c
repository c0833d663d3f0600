#include "compute/io/volumes-private.h"
#include "compute/volume/volume-private.h"

#include <glib/gstdio.h>
#include <string.h>

/* Tables of labels: number and name, and more. */

#define MAX_TABLE_BYTES (1 << 20)

/* The name in what follows a label: what stands between quotes, else all but the numbers (colours,
 * other codes) at its end. */
static char *
dup_label_name (char *text)
{
  char *quote = strchr (text, '"'), *end = quote != NULL ? strchr (quote + 1, '"') : NULL;

  if (end != NULL)
    return g_strndup (quote + 1, end - quote - 1);
  for (;;)
    {
      char *last;

      g_strstrip (text);
      last = text + strcspn (text, " \t");
      for (char *p = last; *p != '\0'; p++)
        if (g_ascii_isspace (*p) && !g_ascii_isspace (p[1]))
          last = p + 1;
      if (*last == '\0' || last[strspn (last, "+-.0123456789")] != '\0')
        return g_strdup (text);
      *last = '\0';
    }
}

static void
read_label_line (MongeVolume *volume, char *line)
{
  g_autofree char *name = NULL;
  char *end;
  gint64 label;

  g_strstrip (line);
  label = g_ascii_strtoll (line, &end, 10);
  if (end == line || !g_ascii_isspace (*end) || label < G_MININT32 || label > G_MAXINT32)
    return;
  name = dup_label_name (end);
  if (*name != '\0')
    monge_volume_name_label (volume, (gint32) label, name, NULL);
}

/* Names are a help: a table that cannot be read is as good as none. */
void
monge_volume_read_label_table (MongeVolume *volume, const char *path)
{
  gsize length = strlen (path), size;
  gboolean is_packed = g_ascii_strcasecmp (path + MAX (length, 3) - 3, ".gz") == 0;
  g_autofree char *base = g_strndup (path, is_packed ? length - 3 : length);
  g_autofree char *table = g_strconcat (base, ".txt", NULL);
  g_autofree char *text = NULL, *valid = NULL;
  g_auto (GStrv) lines = NULL;
  GStatBuf info;

  if (g_stat (table, &info) != 0 || !S_ISREG (info.st_mode) || info.st_size > MAX_TABLE_BYTES
      || !g_file_get_contents (table, &text, &size, NULL))
    return;
  valid = g_utf8_make_valid (text, (gssize) size);
  lines = g_strsplit (valid, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    read_label_line (volume, *line);
}
