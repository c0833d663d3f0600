/* Landmarks as lines of text: parted by commas, semicolons or tabs, or by blanks where none of these
 * is there.
 *
 * A heading names the columns: a name (name, label, landmark, id), coordinates (x, y, z; r, a, s says
 * that they are RAS and l, p, s that they are LPS, as the tables do that 3D Slicer exports), defined,
 * and a description. Without one a line is name,x,y,z or x,y,z, with z left out in the plane, and
 * what follows is a description.
 *
 * SlicerMorph writes tables of specimens: a line each, three columns “LM 1_X”, “LM 1_Y”, “LM 1_Z” per
 * landmark behind the first, which is the specimen's name. */
#include "compute/io/landmarks-private.h"

#include <math.h>
#include <string.h>

#define MAX_COLUMNS 30000 /* of specimens: three per landmark */
#define MAX_LISTED 8

enum { NAME, X, Y, Z, DESCRIPTION, DEFINED, N_ROLES };

typedef struct {
  char separator;
  MongeSpace space;
  int columns[N_ROLES]; /* -1: none */
  GPtrArray *headings;  /* of a table of specimens, else NULL */
  int first;            /* its first column of coordinates */
} Table;

gboolean
monge_table_landmarks_match (const guint8 *data, gsize size)
{
  for (gsize i = 0; i < MIN (size, 512); i++)
    if (data[i] < 0x20 && !g_ascii_isspace (data[i]))
      return FALSE;
  return size > 0;
}

static const char *
get_field (const GPtrArray *fields, int index)
{
  return index >= 0 && (guint) index + 1 < fields->len ? g_ptr_array_index (fields, index) : "";
}

/* The separator that occurs on the line at @scan. */
static char
find_separator (const MongeScan *scan)
{
  static const char separators[] = { '\t', ';', ',' };
  const guint8 *end = scan->at;

  while (end < scan->end && *end != '\n' && *end != '\r')
    end++;
  for (guint k = 0; k < G_N_ELEMENTS (separators); k++)
    if (memchr (scan->at, separators[k], (gsize) (end - scan->at)) != NULL)
      return separators[k];
  return ' ';
}

/* The words of the line, blanks being no separators of csv lines. */
static GPtrArray *
read_words (MongeScan *scan)
{
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);
  const char *word = "";
  gsize length;

  while ((length = monge_scan_word (scan, &word)) > 0 && words->len < MAX_COLUMNS)
    {
      g_autofree char *text = g_strndup (word, length);
      g_ptr_array_add (words, g_utf8_make_valid (text, -1));
    }
  monge_scan_next_line (scan);
  g_ptr_array_add (words, NULL);
  return words;
}

static GPtrArray *
read_line (MongeScan *scan, char separator, GError **error)
{
  return separator == ' ' ? read_words (scan)
                          : monge_csv_read_line (scan, separator, MAX_COLUMNS, error);
}

/* --- Headings --- */

typedef struct {
  const char *heading;
  int role;
  MongeSpace space;
} Heading;

static const Heading known_headings[] = {
  { "name", NAME }, { "label", NAME }, { "landmark", NAME }, { "id", NAME }, { "point", NAME },
  { "x", X }, { "y", Y }, { "z", Z },
  { "r", X, MONGE_SPACE_RAS }, { "a", Y, MONGE_SPACE_RAS },
  { "l", X, MONGE_SPACE_LPS }, { "p", Y, MONGE_SPACE_LPS }, { "s", Z },
  { "description", DESCRIPTION }, { "desc", DESCRIPTION }, { "comment", DESCRIPTION },
  { "defined", DEFINED },
};

static gboolean
is_specimen_heading (const char *text)
{
  gsize length = strlen (text);

  return length > 2 && text[length - 2] == '_' && g_ascii_toupper (text[length - 1]) == 'X';
}

static void
take_heading (Table *table, const char *text, int column)
{
  for (guint k = 0; k < G_N_ELEMENTS (known_headings); k++)
    {
      const Heading *known = &known_headings[k];

      if (g_ascii_strcasecmp (text, known->heading) != 0)
        continue;
      /* A label is a better name than an id. */
      if (table->columns[known->role] < 0 || g_ascii_strcasecmp (text, "label") == 0
          || g_ascii_strcasecmp (text, "name") == 0)
        table->columns[known->role] = column;
      if (known->space != MONGE_SPACE_UNKNOWN)
        table->space = known->space;
    }
}

/* Whether @fields is a heading; then @table says what its columns are. */
static gboolean
take_headings (Table *table, GPtrArray *fields)
{
  for (guint k = 0; k + 1 < fields->len; k++)
    if (k > 0 && table->first == 0 && is_specimen_heading (get_field (fields, (int) k)))
      table->first = (int) k;
  if (table->first > 0)
    {
      table->headings = g_ptr_array_ref (fields);
      return TRUE;
    }
  for (guint k = 0; k + 1 < fields->len; k++)
    take_heading (table, get_field (fields, (int) k), (int) k);
  return table->columns[X] >= 0 && table->columns[Y] >= 0;
}

/* What a line without a heading holds. */
static void
guess_columns (Table *table, const GPtrArray *fields)
{
  guint n = fields->len - 1, n_numbers = 0;
  double value;
  gboolean is_named = !monge_text_is_number (get_field (fields, 0), &value);

  for (guint k = is_named; k < n; k++)
    {
      const char *field = get_field (fields, (int) k);

      if (!monge_text_is_number (field, &value) && !monge_text_is_missing (field))
        break;
      n_numbers++;
    }
  if (!is_named && n_numbers == 4) /* a number of the landmark comes first */
    is_named = TRUE;
  table->columns[NAME] = is_named ? 0 : -1;
  table->columns[X] = is_named;
  table->columns[Y] = is_named + 1;
  table->columns[Z] = n > is_named + 2u ? is_named + 2 : -1;
  table->columns[DESCRIPTION] = n > is_named + 3u ? is_named + 3 : -1;
}

/* --- Lines --- */

static gboolean
fail_line (const MongeScan *scan, GError **error)
{
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
               "line %" G_GSIZE_FORMAT " is not name,x,y,z with finite numbers", scan->line - 1);
  return FALSE;
}

/* FALSE for what is neither a finite number nor missing. */
static gboolean
get_position (const GPtrArray *fields, const int columns[3], double position[3],
              gboolean *is_there)
{
  *is_there = TRUE;
  memset (position, 0, 3 * sizeof (double));
  for (int k = 0; k < 3; k++)
    {
      const char *text = get_field (fields, columns[k]);

      if (columns[k] < 0)
        continue;
      if (monge_text_is_missing (text))
        *is_there = FALSE;
      else if (!monge_text_is_number (text, &position[k]) || !isfinite (position[k]))
        return FALSE;
    }
  return TRUE;
}

static gboolean
add_line (const Table *table, const GPtrArray *fields, MongeLandmarks *landmarks)
{
  const char *defined = get_field (fields, table->columns[DEFINED]);
  gboolean is_there;
  double position[3];

  if (fields->len - 1 <= (guint) MAX (MAX (table->columns[X], table->columns[Y]), table->columns[Z])
      || !get_position (fields, table->columns + X, position, &is_there))
    return FALSE;
  if (strcmp (defined, "0") == 0 || g_ascii_strcasecmp (defined, "false") == 0)
    is_there = FALSE;
  monge_landmarks_add (landmarks, get_field (fields, table->columns[NAME]),
                       get_field (fields, table->columns[DESCRIPTION]), position, is_there);
  return TRUE;
}

static gboolean
add_specimen (const Table *table, const GPtrArray *fields, MongeLandmarks *landmarks)
{
  for (int k = table->first; (guint) k + 3 < table->headings->len; k += 3)
    {
      const int columns[3] = { k, k + 1, k + 2 };
      const char *heading = get_field (table->headings, k);
      g_autofree char *name = g_strndup (heading, strlen (heading) - MIN (strlen (heading), 2));
      gboolean is_there;
      double position[3];

      if (!get_position (fields, columns, position, &is_there))
        return FALSE;
      monge_landmarks_add (landmarks, name, NULL, position, is_there);
    }
  return TRUE;
}

/* --- Files --- */

typedef struct {
  Table table;
  const char *part;
  guint n_specimens;
  GString *names; /* of the specimens, as many as are listed */
  MongeLandmarks *landmarks;
} Reading;

static void
reading_clear (Reading *reading)
{
  g_clear_pointer (&reading->table.headings, g_ptr_array_unref);
  g_clear_pointer (&reading->landmarks, monge_landmarks_unref);
  if (reading->names != NULL)
    g_string_free (reading->names, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reading, reading_clear)

static gboolean
take_specimen (Reading *reading, const GPtrArray *fields)
{
  const char *name = get_field (fields, 0);
  g_autofree char *number = g_strdup_printf ("%u", ++reading->n_specimens);

  if (reading->n_specimens <= MAX_LISTED)
    g_string_append_printf (reading->names, "%s%.60s", reading->n_specimens > 1 ? ", " : "", name);
  if (reading->part == NULL ? reading->n_specimens > 1
                            : strcmp (reading->part, name) != 0
                                && strcmp (reading->part, number) != 0)
    return TRUE;
  if (reading->part != NULL && monge_landmarks_get_n (reading->landmarks) > 0)
    return TRUE;
  return add_specimen (&reading->table, fields, reading->landmarks);
}

static gboolean
check_specimens (const Reading *reading, GError **error)
{
  if (reading->part == NULL && reading->n_specimens > 1)
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
                 "it holds %u specimens; put #NAME or #NUMBER behind the path, of %s%s",
                 reading->n_specimens, reading->names->str,
                 reading->n_specimens > MAX_LISTED ? ", …" : "");
  else if (reading->part != NULL && monge_landmarks_get_n (reading->landmarks) == 0)
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
                 "there is no specimen %.60s in it; %u are: %s%s", reading->part,
                 reading->n_specimens, reading->names->str,
                 reading->n_specimens > MAX_LISTED ? ", …" : "");
  else
    return TRUE;
  return FALSE;
}

/* The first line that is no comment says what the columns are. */
static gboolean
begin (Reading *reading, GPtrArray *fields)
{
  Table *table = &reading->table;
  gboolean is_heading = take_headings (table, fields);

  if (!is_heading)
    {
      for (int k = 0; k < N_ROLES; k++)
        table->columns[k] = -1;
      table->space = MONGE_SPACE_UNKNOWN;
      guess_columns (table, fields);
    }
  reading->landmarks = monge_landmarks_new (table->space, table->space);
  if (is_heading)
    return TRUE;
  if (!add_line (table, fields, reading->landmarks)) /* a heading that says nothing */
    table->columns[NAME] = -2;
  return TRUE;
}

static gboolean
take_line (Reading *reading, GPtrArray *fields, const MongeScan *scan, GError **error)
{
  if (reading->landmarks == NULL)
    return begin (reading, fields);
  if (reading->table.columns[NAME] == -2)
    guess_columns (&reading->table, fields);
  if (reading->table.headings != NULL ? take_specimen (reading, fields)
                                      : add_line (&reading->table, fields, reading->landmarks))
    return TRUE;
  return fail_line (scan, error);
}

MongeLandmarks *
monge_table_landmarks_parse (const MongeFile *file, const char *part, GError **error)
{
  g_auto (Reading) reading = { .table = { .columns = { -1, -1, -1, -1, -1, -1 } }, .part = part };
  MongeScan scan;

  reading.names = g_string_new (NULL);
  monge_scan_init (&scan, file->data, file->size);
  while (scan.at < scan.end)
    {
      g_autoptr (GPtrArray) fields = NULL;
      MongeScan ahead = scan; /* an empty first field of a line parted by tabs must stay */

      if (scan.line % 256 == 0 && monge_task_return_if_cancelled (file->task, error))
        return NULL;
      monge_scan_skip_blanks (&ahead);
      if (monge_scan_is_at_line_end (&ahead) || *ahead.at == '#')
        {
          monge_scan_next_line (&scan);
          continue;
        }
      if (reading.table.separator == '\0')
        reading.table.separator = find_separator (&scan);
      fields = read_line (&scan, reading.table.separator, error);
      if (fields == NULL || !take_line (&reading, fields, &scan, error))
        return NULL;
    }
  if (reading.landmarks == NULL)
    return monge_landmarks_new (MONGE_SPACE_UNKNOWN, MONGE_SPACE_UNKNOWN);
  if (reading.table.headings != NULL && !check_specimens (&reading, error))
    return NULL;
  return g_steal_pointer (&reading.landmarks);
}

/* --- Writing --- */

static void
write_table (const MongeLandmarks *landmarks, char separator, GString *out)
{
  static const char *const axes[][3] = {
    [MONGE_SPACE_UNKNOWN] = { "x", "y", "z" },
    [MONGE_SPACE_RAS] = { "r", "a", "s" },
    [MONGE_SPACE_LPS] = { "l", "p", "s" },
  };
  const char *const *names = axes[monge_landmarks_get_space (landmarks)];

  g_string_append_printf (out, "label%c%s%c%s%c%s%cdefined%cdescription\n", separator, names[0],
                          separator, names[1], separator, names[2], separator, separator);
  for (guint i = 0; i < monge_landmarks_get_n (landmarks); i++)
    {
      const MongeLandmark *one = monge_landmarks_get (landmarks, i);

      monge_csv_append_field (out, one->name, separator);
      for (int k = 0; k < 3; k++)
        {
          g_string_append_c (out, separator);
          monge_text_append_double (out, one->position[k]);
        }
      g_string_append_printf (out, "%c%d%c", separator, one->is_defined ? 1 : 0, separator);
      monge_csv_append_field (out, one->description, separator);
      g_string_append_c (out, '\n');
    }
}

void
monge_csv_landmarks_write (const MongeLandmarks *landmarks, GString *out)
{
  write_table (landmarks, ',', out);
}

void
monge_tsv_landmarks_write (const MongeLandmarks *landmarks, GString *out)
{
  write_table (landmarks, '\t', out);
}
