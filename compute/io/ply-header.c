#include "compute/io/ply-private.h"

#include <string.h>

static const struct {
  const char *name;
  MongeType type;
} types[] = {
  /* The first eight are those that are written. The last two are said by rules alone. */
  { "char", MONGE_TYPE_INT8 },      { "uchar", MONGE_TYPE_UINT8 },
  { "short", MONGE_TYPE_INT16 },    { "ushort", MONGE_TYPE_UINT16 },
  { "int", MONGE_TYPE_INT32 },      { "uint", MONGE_TYPE_UINT32 },
  { "float", MONGE_TYPE_FLOAT32 },  { "double", MONGE_TYPE_FLOAT64 },
  { "int8", MONGE_TYPE_INT8 },      { "uint8", MONGE_TYPE_UINT8 },
  { "int16", MONGE_TYPE_INT16 },    { "uint16", MONGE_TYPE_UINT16 },
  { "int32", MONGE_TYPE_INT32 },    { "uint32", MONGE_TYPE_UINT32 },
  { "float32", MONGE_TYPE_FLOAT32 }, { "float64", MONGE_TYPE_FLOAT64 },
  { "int64", MONGE_TYPE_INT64 },    { "uint64", MONGE_TYPE_UINT64 },
};

#define N_TYPES (G_N_ELEMENTS (types) - 2) /* of PLY */

static void
property_free (PlyProperty *property)
{
  g_free (property->name);
  g_free (property);
}

static void
element_free (PlyElement *element)
{
  g_ptr_array_unref (element->properties);
  g_free (element->name);
  g_free (element);
}

static gboolean
read_type (MongeScan *scan, MongeType *type, GError **error)
{
  MongeScan before;
  const char *word;
  gsize length;
  g_autofree char *excerpt = NULL;

  monge_scan_skip_blanks (scan);
  before = *scan;
  length = monge_scan_word (scan, &word);
  for (guint i = 0; i < N_TYPES; i++)
    if (monge_scan_word_is (word, length, types[i].name))
      {
        *type = types[i].type;
        return TRUE;
      }
  excerpt = monge_scan_dup_excerpt (&before);
  return monge_scan_fail (scan, error, MONGE_ERROR_UNSUPPORTED,
                          "“%s” is not a type of PLY; char, short, int, uchar, ushort, uint, "
                          "float or double are expected", excerpt);
}

static gboolean
read_name (MongeScan *scan, char **name, GError **error)
{
  const char *word;
  gsize length = monge_scan_word (scan, &word);

  if (length == 0)
    return monge_scan_fail (scan, error, MONGE_ERROR_FORMAT,
                            "a name is missing in the header; export the file again");
  *name = g_utf8_make_valid (word, (gssize) length);
  return TRUE;
}

static gboolean
read_format (PlyHeader *header, MongeScan *scan, GError **error)
{
  static const char *const names[] = { "ascii", "binary_little_endian", "binary_big_endian" };
  const char *word;
  gsize length = monge_scan_word (scan, &word);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (monge_scan_word_is (word, length, names[i]))
      {
        header->has_encoding = TRUE;
        header->encoding = (PlyEncoding) i;
        return TRUE;
      }
  return monge_scan_fail (scan, error, MONGE_ERROR_UNSUPPORTED,
                          "the format is neither ascii, binary_little_endian nor "
                          "binary_big_endian; export the file in one of them");
}

static gboolean
read_element (PlyHeader *header, MongeScan *scan, GError **error)
{
  g_autofree char *name = NULL;
  gint64 count = -1;
  PlyElement *element;

  if (!read_name (scan, &name, error))
    return FALSE;
  monge_scan_skip_blanks (scan);
  if (!monge_scan_integer (scan, &count) || !monge_scan_is_at_word_end (scan) || count < 0)
    return monge_scan_fail (scan, error, MONGE_ERROR_FORMAT,
                            "the number of “%s” elements is not a count; export the file again",
                            name);
  element = g_new0 (PlyElement, 1);
  element->name = g_steal_pointer (&name);
  element->n_rows = (gsize) count;
  element->properties = g_ptr_array_new_with_free_func ((GDestroyNotify) property_free);
  g_ptr_array_add (header->elements, element);
  return TRUE;
}

static gboolean
read_property (PlyHeader *header, MongeScan *scan, GError **error)
{
  MongeScan before;
  const char *word;
  gsize length;
  g_autofree PlyProperty *property = g_new0 (PlyProperty, 1);
  PlyElement *element;

  if (header->elements->len == 0)
    return monge_scan_fail (scan, error, MONGE_ERROR_FORMAT,
                            "a property before the first element; export the file again");
  monge_scan_skip_blanks (scan);
  before = *scan;
  length = monge_scan_word (scan, &word);
  property->is_list = monge_scan_word_is (word, length, "list");
  if (!property->is_list)
    *scan = before;
  else if (!read_type (scan, &property->count_type, error))
    return FALSE;
  if (property->is_list && property->count_type >= MONGE_TYPE_FLOAT32)
    return monge_scan_fail (scan, error, MONGE_ERROR_FORMAT,
                            "the length of a list must be an integer; export the file again");
  if (!read_type (scan, &property->type, error) || !read_name (scan, &property->name, error))
    return FALSE;
  element = g_ptr_array_index (header->elements, header->elements->len - 1);
  g_ptr_array_add (element->properties, g_steal_pointer (&property));
  return TRUE;
}

static void
rule_free (PlyRule *rule)
{
  g_free (rule->first);
  g_free (rule->name);
  g_free (rule);
}

/* "array element first n type name"; anything else is a comment like others. */
static void
read_rule (PlyHeader *header, MongeScan scan)
{
  const char *element, *first, *word;
  gsize element_length, first_length, length;
  gint64 n = 0;
  PlyRule *rule;

  length = monge_scan_word (&scan, &word);
  element_length = monge_scan_word (&scan, &element);
  first_length = monge_scan_word (&scan, &first);
  monge_scan_skip_blanks (&scan);
  if (!monge_scan_word_is (word, length, "array") || first_length == 0
      || !monge_scan_integer (&scan, &n) || n < 1 || n > G_MAXINT32)
    return;
  length = monge_scan_word (&scan, &word);
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (monge_scan_word_is (word, length, types[i].name))
      {
        rule = g_new0 (PlyRule, 1);
        rule->first = g_strdup_printf ("%.*s %.*s", (int) MIN (element_length, G_MAXINT), element,
                                       (int) MIN (first_length, G_MAXINT), first);
        rule->n = (guint) n;
        rule->type = types[i].type;
        rule->name = monge_scan_dup_rest (&scan);
        g_hash_table_replace (header->rules, rule->first, rule);
        return;
      }
}

static void
read_comment (PlyHeader *header, const MongeScan *scan)
{
  char *unit = monge_scan_dup_unit (scan);
  MongeSpace space = monge_scan_space (scan);

  if (unit != NULL)
    {
      g_free (header->unit);
      header->unit = unit;
    }
  else if (space != MONGE_SPACE_UNKNOWN)
    header->space = space;
  else
    read_rule (header, *scan);
}

/* Behind the line of "end_header". Where lines end in CR alone, an LF belongs to the data. */
static void
end_header (MongeScan *scan)
{
  gboolean cr_alone = scan->end - scan->start >= 5 && scan->start[3] == '\r'
                      && scan->start[4] != '\n';

  while (!monge_scan_is_at_line_end (scan))
    scan->at++;
  if (cr_alone && scan->at < scan->end && *scan->at == '\r')
    {
      scan->at++;
      scan->line++;
    }
  else
    monge_scan_next_line (scan);
}

/* One line; @done at its last. */
static gboolean
read_line (PlyHeader *header, MongeScan *scan, gboolean *done, GError **error)
{
  MongeScan before = *scan;
  const char *word;
  gsize length = monge_scan_word (scan, &word);
  g_autofree char *excerpt = NULL;

  if (monge_scan_word_is (word, length, "end_header"))
    *done = TRUE;
  else if (monge_scan_word_is (word, length, "comment"))
    read_comment (header, scan);
  else if (monge_scan_word_is (word, length, "format"))
    return read_format (header, scan, error);
  else if (monge_scan_word_is (word, length, "element"))
    return read_element (header, scan, error);
  else if (monge_scan_word_is (word, length, "property"))
    return read_property (header, scan, error);
  else if (monge_scan_word_is (word, length, "obj_info"))
    read_comment (header, scan);
  else if (length > 0)
    {
      monge_scan_skip_blanks (&before);
      excerpt = monge_scan_dup_excerpt (&before);
      return monge_scan_fail (scan, error, MONGE_ERROR_FORMAT,
                              "“%s” has no place in the header; is this a PLY file?", excerpt);
    }
  return TRUE;
}

void
monge_ply_header_clear (PlyHeader *header)
{
  g_clear_pointer (&header->elements, g_ptr_array_unref);
  g_clear_pointer (&header->rules, g_hash_table_unref);
  g_clear_pointer (&header->unit, g_free);
}

gboolean
monge_ply_header_read (PlyHeader *header, MongeScan *scan, GError **error)
{
  gboolean done = FALSE;

  header->elements = g_ptr_array_new_with_free_func ((GDestroyNotify) element_free);
  header->rules = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                         (GDestroyNotify) rule_free);
  monge_scan_next_line (scan);
  while (!done)
    {
      if (scan->at >= scan->end)
        return monge_scan_fail (scan, error, MONGE_ERROR_FORMAT,
                                "the file ends inside the header, after %" G_GSIZE_FORMAT
                                " bytes, without “end_header”; copy it again",
                                (gsize) (scan->end - scan->start));
      if (!read_line (header, scan, &done, error))
        return FALSE;
      if (done)
        end_header (scan);
      else
        monge_scan_next_line (scan);
    }
  if (!header->has_encoding)
    return monge_scan_fail (scan, error, MONGE_ERROR_FORMAT,
                            "the header names no format; add “format ascii 1.0” or export again");
  return TRUE;
}

const PlyElement *
monge_ply_header_find (const PlyHeader *header, const char *name)
{
  for (guint i = 0; i < header->elements->len; i++)
    {
      const PlyElement *element = g_ptr_array_index (header->elements, i);
      if (g_str_equal (element->name, name))
        return element;
    }
  return NULL;
}

guint
monge_ply_element_find_scalar (const PlyElement *element, const char *name)
{
  guint i;

  for (i = 0; i < element->properties->len; i++)
    {
      const PlyProperty *property = g_ptr_array_index (element->properties, i);
      if (!property->is_list && g_str_equal (property->name, name))
        break;
    }
  return i;
}

guint
monge_ply_element_find_corners (const PlyElement *element)
{
  guint i;

  for (i = 0; i < element->properties->len; i++)
    {
      const PlyProperty *property = g_ptr_array_index (element->properties, i);
      if (property->is_list && (g_str_equal (property->name, "vertex_indices")
                                || g_str_equal (property->name, "vertex_index")))
        break;
    }
  return i;
}

const char *
monge_ply_type_name (MongeType type)
{
  guint i;

  for (i = 0; types[i].type != type; i++)
    ;
  return types[i].name;
}
