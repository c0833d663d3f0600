/* Data of points and cells in legacy VTK files: SCALARS, VECTORS and their like, each a line and
 * values, and FIELD, which holds any number of arrays. */
#include "compute/io/vtk-private.h"

#include <string.h>

#include "compute/shape/bytes.h"

#define MAX_COMPONENTS 65536

/* How many components there are is said in the line for scalars, texture coordinates and colours. */
static const struct {
  const char *word;
  guint n_components; /* 0: in the line */
} attributes[] = {
  { "scalars", 0 }, { "color_scalars", 0 }, { "lookup_table", 4 }, { "vectors", 3 },
  { "normals", 3 }, { "tensors", 9 }, { "tensors6", 6 }, { "texture_coordinates", 0 },
  { "global_ids", 1 }, { "pedigree_ids", 1 }, { "edge_flags", 1 }, { "field", 0 },
};

gboolean
monge_vtk_is_attribute (const char *word)
{
  for (guint i = 0; i < G_N_ELEMENTS (attributes); i++)
    if (g_str_equal (word, attributes[i].word))
      return TRUE;
  return FALSE;
}

/* --- Skipping --- */

void
monge_vtk_skip_metadata (VtkReader *reader)
{
  MongeScan *scan = &reader->scan;

  for (monge_scan_next_line (scan); scan->at < scan->end; monge_scan_next_line (scan))
    {
      monge_scan_skip_blanks (scan);
      if (monge_scan_is_at_line_end (scan))
        return;
    }
}

/* In binary files the two highest bits of a string's first byte say how many bytes its length
 * has: 8, 4, 2 or 1, big-endian, without these bits. */
static gboolean
skip_binary_string (VtkReader *reader)
{
  MongeScan *scan = &reader->scan;
  gsize left = (gsize) (scan->end - scan->at), n_bytes;
  guint64 length = 0;

  if (left == 0)
    return FALSE;
  n_bytes = (gsize) 8 >> (*scan->at >> 6);
  if (left < n_bytes)
    return FALSE;
  for (gsize i = 0; i < n_bytes; i++)
    length = length << 8 | (i == 0 ? scan->at[0] & 0x3f : scan->at[i]);
  if (length > left - n_bytes)
    return FALSE;
  scan->at += n_bytes + length;
  return TRUE;
}

/* Texts have no place in a shape. In text files each is a line. */
static gboolean
skip_strings (VtkReader *reader, const char *name, gsize n, GError **error)
{
  gsize i;

  if (!monge_vtk_end_line (reader, error))
    return FALSE;
  for (i = 0; i < n && reader->scan.at < reader->scan.end; i++)
    if (!reader->is_binary)
      monge_scan_next_line (&reader->scan);
    else if (!skip_binary_string (reader))
      break;
  if (i < n)
    return monge_vtk_fail (reader, error, MONGE_ERROR_FORMAT,
                           "truncated: %" G_GSIZE_FORMAT " texts of “%s” are promised, %"
                           G_GSIZE_FORMAT " are present; copy the file again", n, name, i);
  monge_shape_builder_add_repair (reader->builder, "not kept: the array “%s”, which is text", name);
  return TRUE;
}

/* --- Arrays --- */

static void
take_array (VtkReader *reader, GPtrArray *arrays, MongeArray *array)
{
  if (arrays != NULL)
    g_ptr_array_add (arrays, array);
  else
    monge_shape_builder_take_field_array (reader->builder, array);
}

/* Rows and columns behind the line; @arrays NULL: of the field. */
static gboolean
read_array (VtkReader *reader, GPtrArray *arrays, const char *name, VtkType type,
            gsize n_components, gsize n_rows, GError **error)
{
  gsize size;
  gpointer values;

  if (n_components > MAX_COMPONENTS || n_rows > G_MAXSIZE / MAX_COMPONENTS / 8)
    return monge_vtk_fail (reader, error, MONGE_ERROR_SIZE,
                           "“%s” is promised %" G_GSIZE_FORMAT " × %" G_GSIZE_FORMAT " values; the "
                           "file is damaged", name, n_rows, n_components);
  if (type.class == VTK_STRINGS)
    return skip_strings (reader, name, n_components * n_rows, error);
  values = monge_vtk_read_values (reader, type, n_components * n_rows, error);
  if (values == NULL)
    return FALSE;
  size = n_components * n_rows * monge_type_get_size (type.type);
  if (n_components == 0)
    g_free (values);
  else
    take_array (reader, arrays,
                monge_array_new (name, type.type, (guint) n_components, n_rows,
                                 g_bytes_new_take (values, size)));
  return TRUE;
}

/* "FIELD name n", then n times "name components rows type" and values. */
static gboolean
read_field (VtkReader *reader, GError **error)
{
  g_autofree char *ignored = monge_vtk_read_name (reader, error);
  gsize n;

  if (ignored == NULL || !monge_vtk_read_count (reader, "arrays of the field", &n, error))
    return FALSE;
  monge_scan_next_line (&reader->scan);
  for (gsize i = 0; i < n && monge_scan_find_word (&reader->scan); i++)
    {
      g_autofree char *name = monge_vtk_read_name (reader, error);
      gsize n_components, n_rows;
      VtkType type;

      if (name == NULL)
        return FALSE;
      if (g_ascii_strcasecmp (name, "METADATA") == 0) /* of the array before */
        {
          monge_vtk_skip_metadata (reader);
          i--;
        }
      else if (!monge_vtk_read_count (reader, "components", &n_components, error)
               || !monge_vtk_read_count (reader, "rows", &n_rows, error)
               || !monge_vtk_read_type (reader, &type, error)
               || !read_array (reader, reader->attributes, name, type, n_components, n_rows, error))
        return FALSE;
    }
  return TRUE;
}

/* --- Attributes --- */

/* The components of scalars may be missing: then there is one. */
static gboolean
read_scalars_line (VtkReader *reader, VtkType *type, gsize *n_components, GError **error)
{
  *n_components = 1;
  if (!monge_vtk_read_type (reader, type, error))
    return FALSE;
  monge_scan_skip_blanks (&reader->scan);
  return monge_scan_is_at_line_end (&reader->scan)
         || monge_vtk_read_count (reader, "components", n_components, error);
}

/* "LOOKUP_TABLE name" stands between scalars and their values. */
static void
skip_table_name (VtkReader *reader)
{
  static const char expected[] = "lookup_table";
  MongeScan next = reader->scan;
  const char *word;
  gsize length;

  monge_scan_next_line (&next);
  length = monge_scan_word (&next, &word);
  if (length != strlen (expected) || g_ascii_strncasecmp (word, expected, length) != 0)
    return;
  monge_scan_word (&next, &word);
  reader->scan = next;
}

/* In text these are numbers from 0 to 1, in binary bytes. */
static VtkType
colour_type (const VtkReader *reader)
{
  return (VtkType){ reader->is_binary ? MONGE_TYPE_UINT8 : MONGE_TYPE_FLOAT32, VTK_NUMBERS };
}

/* A table of colours belongs to how something is shown. Behind it stands how long it is. */
static gboolean
skip_lookup_table (VtkReader *reader, const char *name, GError **error)
{
  gsize n;
  g_autofree guint8 *values = NULL;

  if (!monge_vtk_read_count (reader, "colours", &n, error))
    return FALSE;
  if (n > G_MAXSIZE / 8)
    n = G_MAXSIZE / 8;
  values = monge_vtk_read_values (reader, colour_type (reader), 4 * n, error);
  if (values == NULL)
    return FALSE;
  monge_shape_builder_add_repair (reader->builder, "not kept: the table of colours “%s”", name);
  return TRUE;
}

static guint
find_components (const char *word)
{
  guint i;

  for (i = 0; !g_str_equal (word, attributes[i].word); i++)
    ;
  return attributes[i].n_components;
}

gboolean
monge_vtk_read_attribute (VtkReader *reader, const char *word, GError **error)
{
  g_autofree char *name = NULL;
  gsize n_components = find_components (word);
  VtkType type = colour_type (reader);
  gboolean ok;

  if (g_str_equal (word, "field"))
    return read_field (reader, error);
  name = monge_vtk_read_name (reader, error);
  if (name == NULL)
    return FALSE;
  if (g_str_equal (word, "lookup_table"))
    return skip_lookup_table (reader, name, error);
  if (reader->attributes == NULL)
    return monge_vtk_fail (reader, error, MONGE_ERROR_FORMAT,
                           "“%s” comes before POINT_DATA and CELL_DATA; export the file again",
                           name);
  if (g_str_equal (word, "scalars"))
    ok = read_scalars_line (reader, &type, &n_components, error);
  else if (g_str_equal (word, "color_scalars"))
    ok = monge_vtk_read_count (reader, "components", &n_components, error);
  else if (g_str_equal (word, "texture_coordinates"))
    ok = monge_vtk_read_count (reader, "components", &n_components, error)
         && monge_vtk_read_type (reader, &type, error);
  else
    ok = monge_vtk_read_type (reader, &type, error);
  if (ok && g_str_equal (word, "scalars"))
    skip_table_name (reader);
  return ok
         && read_array (reader, reader->attributes, name, type, n_components, reader->n_attributes,
                        error);
}
