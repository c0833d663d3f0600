#include "app/cli-edges.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Edges between two looks at whether to stop. */
#define PIECE 65536
/* Bytes of two indices, a distance, commas and the end of a line. */
#define MAX_LINE 64

static const char *const endings[] = { ".csv", ".npy", NULL };

static gboolean
is_npy (const char *path)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);

  return g_str_has_suffix (lower, ".npy");
}

gboolean
monge_cli_check_edges (const char *path,
                       GError **error)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);
  g_autofree char *folder = g_path_get_dirname (path);

  for (guint i = 0; endings[i] != NULL; i++)
    {
      if (!g_str_has_suffix (lower, endings[i]))
        continue;
      if (access (folder, W_OK) == 0)
        return TRUE;
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_IO, "%s: cannot write into %s: %s", path, folder,
                   g_strerror (errno));
      return FALSE;
    }
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
               "%s: edges are written as .csv or .npy; take one of these endings", path);
  return FALSE;
}

/* --- text --- */

static char *
append_integer (char *to, guint64 value)
{
  char digits[20];
  guint n = 0;

  do
    digits[n++] = (char) ('0' + value % 10);
  while ((value /= 10) > 0);
  while (n > 0)
    *to++ = digits[--n];
  return to;
}

/* Like %.9g, which any float32 survives, for values of ordinary size. Powers of ten up to 10^13 are
 * exact, so the product is rounded once, by 10^-16: far less than the half unit of 10^-9 that
 * tells neighbouring floats apart. */
static char *
append_ordinary (char *to, double value)
{
  static const double powers[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
                                   1e12, 1e13 };
  int whole = 1; /* digits before the point; 0 or less: zeros behind it */
  guint64 digits;
  char text[10];

  while (whole < 9 && value >= powers[whole])
    whole++;
  while (whole <= 1 && whole > -4 && value * powers[1 - whole] < 1)
    whole--;
  digits = (guint64) (value * powers[9 - whole] + 0.5);
  if (digits >= 1000000000)
    {
      digits /= 10;
      whole++;
    }
  for (int i = 8; i >= 0; i--, digits /= 10)
    text[i] = (char) ('0' + digits % 10);
  int n = 9;
  while (n > 1 && n > whole && text[n - 1] == '0')
    n--;
  if (whole <= 0)
    {
      *to++ = '0';
      *to++ = '.';
      for (int i = whole; i < 0; i++)
        *to++ = '0';
    }
  for (int i = 0; i < n; i++)
    {
      if (i == whole && whole > 0)
        *to++ = '.';
      *to++ = text[i];
    }
  return to;
}

static char *
append_distance (char *to, float distance)
{
  if (distance >= 1e-4f && distance < 1e8f)
    return append_ordinary (to, distance);
  return to + g_snprintf (to, 24, "%.9g", distance);
}

/* --- the file --- */

typedef struct {
  const MongeEdges *edges;
  double unit;
  gsize row, next; /* the next edge, and the row it is in */
  char *text;      /* (PIECE × MAX_LINE) */
} Writer;

static gsize
fill_lines (Writer *writer, gsize end)
{
  const MongeEdges *edges = writer->edges;
  char *to = writer->text;

  for (; writer->next < end; writer->next++)
    {
      double distance = sqrt (edges->square[writer->next]) * writer->unit;

      while (edges->first[writer->row + 1] <= writer->next)
        writer->row++;
      to = append_integer (to, writer->row);
      *to++ = ',';
      to = append_integer (to, (guint64) edges->index[writer->next]);
      *to++ = ',';
      to = append_distance (to, (float) distance);
      *to++ = '\n';
    }
  return (gsize) (to - writer->text);
}

static gsize
fill_rows (Writer *writer, gsize end)
{
  const MongeEdges *edges = writer->edges;
  gsize size = 0;

  for (; writer->next < end; writer->next++)
    {
      double values[3];

      while (edges->first[writer->row + 1] <= writer->next)
        writer->row++;
      values[0] = (double) writer->row;
      values[1] = edges->index[writer->next];
      values[2] = (float) (sqrt (edges->square[writer->next]) * writer->unit);
      memcpy (writer->text + size, values, sizeof values);
      size += sizeof values;
    }
  return size;
}

static void
write_header (FILE *file, gboolean as_npy, gsize n_edges)
{
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;
  guint8 start[10] = { 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0 }; /* 128 bytes in all */

  if (!as_npy)
    {
      fputs ("i,j,distance\n", file);
      return;
    }
  text = g_strdup_printf ("{'descr': '%sf8', 'fortran_order': False, 'shape': (%" G_GSIZE_FORMAT
                          ", 3), }", G_BYTE_ORDER == G_LITTLE_ENDIAN ? "<" : ">", n_edges);
  line = g_strdup_printf ("%-117s\n", text);
  fwrite (start, 1, sizeof start, file);
  fputs (line, file);
}

/* FALSE with errno, or with @error when cancelled. */
static gboolean
write_edges (MongeCli *cli, Writer *writer, gboolean as_npy, FILE *file, GError **error)
{
  const gsize n_edges = writer->edges->first[writer->edges->n];

  write_header (file, as_npy, n_edges);
  while (writer->next < n_edges)
    {
      gsize end = MIN (writer->next + PIECE, n_edges);
      gsize size = as_npy ? fill_rows (writer, end) : fill_lines (writer, end);

      if (monge_task_return_if_cancelled (cli->task, error)
          || fwrite (writer->text, 1, size, file) != size)
        return FALSE;
      monge_cli_progress (cli, "writing, %.0f %%", 100.0 * (double) end / (double) n_edges);
    }
  monge_cli_progress (cli, "%s", "");
  return fflush (file) == 0 && fsync (fileno (file)) == 0;
}

gboolean
monge_cli_save_edges (MongeCli *cli,
                      const MongeEdges *edges,
                      double unit,
                      const char *path,
                      GError **error)
{
  g_autofree char *temporary = g_strconcat (path, ".XXXXXX", NULL);
  g_autofree char *text = g_malloc (PIECE * MAX_LINE);
  g_autoptr (GError) local = NULL;
  Writer writer = { .edges = edges, .unit = unit, .text = text };
  int descriptor = g_mkstemp_full (temporary, O_WRONLY | O_CLOEXEC, 0666);
  FILE *file = descriptor >= 0 ? fdopen (descriptor, "wb") : NULL;
  gboolean done = file != NULL && write_edges (cli, &writer, is_npy (path), file, &local);
  int reason = errno;

  if (file != NULL && fclose (file) != 0 && done)
    {
      reason = errno;
      done = FALSE;
    }
  if (done && g_rename (temporary, path) == 0)
    return TRUE;
  if (done)
    reason = errno;
  if (descriptor >= 0)
    g_unlink (temporary);
  if (local != NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  else
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_IO, "%s: %s", path, g_strerror (reason));
  return FALSE;
}
