/* The XML of VTP files, through expat: which arrays there are and where their bytes lie. What stands
 * in an array is not copied; expat is stopped where data are appended, which need be no XML. A
 * document type, with which a small file could define entities that expand without end, has no place
 * here and is refused. */
#include "compute/io/vtp-private.h"

#include <expat.h>
#include <string.h>

#include "compute/shape/bytes.h"

#define CALLS_PER_POLL 4096
#define MOST_AT_ONCE ((gsize) 1 << 30)

typedef struct {
  VtpFile *file;
  XML_Parser parser;
  GError *error;
  VtpSection section;
  VtpArray *array; /* whose text is coming */
  gsize n_inside;  /* elements inside it, such as InformationKey */
  guint n_calls;
  gboolean is_poly_data;
} Xml;

/* --- Errors --- */

static void fail (Xml *xml, MongeError code, const char *format, ...) G_GNUC_PRINTF (3, 4);

static void
fail (Xml *xml, MongeError code, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  if (xml->error != NULL)
    return;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (&xml->error, MONGE_ERROR, code, "line %lu: %s",
               (unsigned long) XML_GetCurrentLineNumber (xml->parser), text);
  XML_StopParser (xml->parser, XML_FALSE);
}

static void
poll (Xml *xml)
{
  if (xml->error != NULL || xml->n_calls++ % CALLS_PER_POLL != 0)
    return;
  if (monge_task_return_if_cancelled (xml->file->file->task, &xml->error))
    XML_StopParser (xml->parser, XML_FALSE);
}

/* --- Attributes --- */

static const char *
find_attribute (const XML_Char **attributes, const char *name)
{
  for (; *attributes != NULL; attributes += 2)
    if (strcmp (attributes[0], name) == 0)
      return attributes[1];
  return NULL;
}

/* A count; @missing if there is none. */
static gsize
get_count (Xml *xml, const XML_Char **attributes, const char *name, gsize missing)
{
  const char *text = find_attribute (attributes, name);
  guint64 value;

  if (text == NULL)
    return missing;
  if (!g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, &value, NULL))
    {
      fail (xml, MONGE_ERROR_FORMAT, "%s=\"%.24s\" is no count; export the file again", name, text);
      return missing;
    }
  return (gsize) value;
}

static gboolean
attribute_is (const XML_Char **attributes, const char *name, const char *value)
{
  const char *text = find_attribute (attributes, name);

  return text != NULL && strcmp (text, value) == 0;
}

/* --- Elements --- */

static void
begin_file (Xml *xml, const XML_Char **attributes)
{
  const char *type = find_attribute (attributes, "type");
  const char *compressor = find_attribute (attributes, "compressor");

  if (type == NULL || strcmp (type, "PolyData") != 0)
    fail (xml, MONGE_ERROR_UNSUPPORTED,
          "a VTK file of type %.40s; of these PolyData is read: save the surface as .vtp",
          type != NULL ? type : "that is not said");
  if (compressor != NULL && compressor[0] != '\0'
      && strcmp (compressor, "vtkZLibDataCompressor") != 0)
    fail (xml, MONGE_ERROR_UNSUPPORTED,
          "its data are compressed by %.40s; save it with zlib or without compression", compressor);
  xml->is_poly_data = TRUE;
  xml->file->is_zipped = compressor != NULL && compressor[0] != '\0';
  xml->file->has_wide_headers = attribute_is (attributes, "header_type", "UInt64");
  xml->file->swap = attribute_is (attributes, "byte_order", "BigEndian") ? MONGE_SWAP_BIG
                                                                         : MONGE_SWAP_LITTLE;
}

static void
begin_piece (Xml *xml, const XML_Char **attributes)
{
  VtpPiece piece = {
    .n_points = get_count (xml, attributes, "NumberOfPoints", 0),
    .n_cells = { get_count (xml, attributes, "NumberOfVerts", 0),
                 get_count (xml, attributes, "NumberOfLines", 0),
                 get_count (xml, attributes, "NumberOfPolys", 0),
                 get_count (xml, attributes, "NumberOfStrips", 0) },
  };
  gsize most = piece.n_points;

  for (guint kind = 0; kind < MONGE_POLY_N_KINDS; kind++)
    most = MAX (most, piece.n_cells[kind]);
  if (most > MONGE_MAX_VERTICES)
    fail (xml, MONGE_ERROR_SIZE,
          "%" G_GSIZE_FORMAT " points or cells are promised; this program takes at most %"
          G_GSIZE_FORMAT, most, MONGE_MAX_VERTICES);
  g_array_append_val (xml->file->pieces, piece);
}

static gboolean
read_type (const char *text, VtpArray *array)
{
  static const char *const names[] = {
    [MONGE_TYPE_INT8] = "Int8", [MONGE_TYPE_UINT8] = "UInt8", [MONGE_TYPE_INT16] = "Int16",
    [MONGE_TYPE_UINT16] = "UInt16", [MONGE_TYPE_INT32] = "Int32", [MONGE_TYPE_UINT32] = "UInt32",
    [MONGE_TYPE_INT64] = "Int64", [MONGE_TYPE_UINT64] = "UInt64",
    [MONGE_TYPE_FLOAT32] = "Float32", [MONGE_TYPE_FLOAT64] = "Float64",
  };

  array->is_text = strcmp (text, "String") == 0;
  array->type = MONGE_TYPE_UINT8;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (strcmp (text, names[i]) == 0)
      {
        array->type = (MongeType) i;
        return TRUE;
      }
  return array->is_text;
}

static void
begin_array (Xml *xml, const XML_Char **attributes)
{
  const char *name = find_attribute (attributes, "Name");
  const char *type = find_attribute (attributes, "type");
  VtpArray *array = g_new0 (VtpArray, 1);
  gsize n_components = get_count (xml, attributes, "NumberOfComponents", 1);

  array->name = g_strdup (name != NULL ? name : "");
  g_ptr_array_add (xml->file->arrays, array);
  array->section = xml->section;
  array->piece = xml->file->pieces->len > 0 ? xml->file->pieces->len - 1 : 0;
  array->n_tuples = get_count (xml, attributes, "NumberOfTuples", 0);
  array->offset = get_count (xml, attributes, "offset", 0);
  array->encoding = attribute_is (attributes, "format", "appended") ? VTP_APPENDED
                    : attribute_is (attributes, "format", "binary") ? VTP_BINARY
                                                                    : VTP_ASCII;
  array->n_components = (guint) MAX (n_components, 1);
  if (type == NULL || !read_type (type, array))
    fail (xml, MONGE_ERROR_UNSUPPORTED,
          "the array “%.80s” is of type %.24s, which is not read; write Int32, Float32 or the like",
          array->name, type != NULL ? type : "that is not said");
  else if (n_components > 65536 || array->n_tuples > G_MAXINT64 / 65536 / 8)
    fail (xml, MONGE_ERROR_SIZE, "the array “%.80s” has %" G_GSIZE_FORMAT " components; the file is "
          "damaged", array->name, n_components);
  xml->array = array;
}

/* The bytes behind "_" belong to no XML: here it ends. */
static void
begin_appended (Xml *xml, const XML_Char **attributes)
{
  const MongeFile *bytes = xml->file->file;
  const guint8 *at = bytes->data + XML_GetCurrentByteIndex (xml->parser)
                     + XML_GetCurrentByteCount (xml->parser);
  const guint8 *end = bytes->data + bytes->size;

  while (at < end && g_ascii_isspace (*at))
    at++;
  xml->file->is_appended_raw = !attribute_is (attributes, "encoding", "base64");
  if (at < end && *at == '_')
    xml->file->appended = at + 1;
  XML_StopParser (xml->parser, XML_FALSE);
}

static VtpSection
find_section (const char *name)
{
  static const char *const names[VTP_NOWHERE] = {
    [VTP_VERTS] = "Verts", [VTP_LINES] = "Lines", [VTP_POLYS] = "Polys", [VTP_STRIPS] = "Strips",
    [VTP_POINTS] = "Points", [VTP_POINT_DATA] = "PointData", [VTP_CELL_DATA] = "CellData",
    [VTP_FIELD_DATA] = "FieldData",
  };
  guint i;

  for (i = 0; i < VTP_NOWHERE && strcmp (name, names[i]) != 0; i++)
    ;
  return (VtpSection) i;
}

static void XMLCALL
on_start (void *data, const XML_Char *name, const XML_Char **attributes)
{
  Xml *xml = data;
  VtpSection section = find_section (name);

  poll (xml);
  if (xml->error != NULL)
    return;
  if (xml->array != NULL)
    xml->n_inside++;
  else if (strcmp (name, "VTKFile") == 0)
    begin_file (xml, attributes);
  else if (!xml->is_poly_data)
    fail (xml, MONGE_ERROR_FORMAT, "it begins with <%.40s> where <VTKFile> is expected; is this "
          "another format?", name);
  else if (strcmp (name, "Piece") == 0)
    begin_piece (xml, attributes);
  else if (section != VTP_NOWHERE)
    xml->section = section;
  else if ((strcmp (name, "DataArray") == 0 || strcmp (name, "Array") == 0)
           && xml->section != VTP_NOWHERE)
    begin_array (xml, attributes);
  else if (strcmp (name, "AppendedData") == 0)
    begin_appended (xml, attributes);
}

static void XMLCALL
on_end (void *data, const XML_Char *name)
{
  Xml *xml = data;

  if (xml->n_inside > 0)
    xml->n_inside--;
  else if (xml->array != NULL)
    xml->array = NULL;
  else if (find_section (name) != VTP_NOWHERE)
    xml->section = VTP_NOWHERE;
}

/* Remembers from where to where the text of an array goes. */
static void XMLCALL
on_text (void *data, const XML_Char *text, int length)
{
  Xml *xml = data;
  const guint8 *at;
  int i;

  poll (xml);
  if (xml->array == NULL || xml->n_inside > 0 || xml->error != NULL)
    return;
  for (i = 0; i < length && g_ascii_isspace (text[i]); i++)
    ;
  if (i == length)
    return;
  at = xml->file->file->data + XML_GetCurrentByteIndex (xml->parser);
  if (xml->array->start == NULL)
    xml->array->start = at;
  xml->array->end = at + XML_GetCurrentByteCount (xml->parser);
}

static void XMLCALL
on_doctype (void *data, const XML_Char *name, const XML_Char *system_id,
            const XML_Char *public_id, int has_internal_subset)
{
  (void) name, (void) system_id, (void) public_id, (void) has_internal_subset;
  fail (data, MONGE_ERROR_FORMAT, "a document type (<!DOCTYPE>) has no place in a VTK file; remove "
        "it");
}

/* --- The file --- */

static void
array_free (VtpArray *array)
{
  g_free (array->name);
  g_free (array);
}

void
monge_vtp_file_clear (VtpFile *file)
{
  g_clear_pointer (&file->arrays, g_ptr_array_unref);
  g_clear_pointer (&file->pieces, g_array_unref);
}

static gboolean
run (Xml *xml, GError **error)
{
  const MongeFile *bytes = xml->file->file;
  enum XML_Status status = XML_STATUS_OK;

  for (gsize at = 0; at < bytes->size && status == XML_STATUS_OK; at += MOST_AT_ONCE)
    {
      gsize n = MIN (bytes->size - at, MOST_AT_ONCE);
      status = XML_Parse (xml->parser, (const char *) bytes->data + at, (int) n,
                          at + n == bytes->size);
    }
  if (xml->error != NULL)
    {
      g_propagate_error (error, xml->error);
      return FALSE;
    }
  if (status == XML_STATUS_OK || XML_GetErrorCode (xml->parser) == XML_ERROR_ABORTED)
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
               "line %lu: the XML is damaged (%s); copy or export the file again",
               (unsigned long) XML_GetCurrentLineNumber (xml->parser),
               XML_ErrorString (XML_GetErrorCode (xml->parser)));
  return FALSE;
}

gboolean
monge_vtp_file_read (VtpFile *file, const MongeFile *bytes, GError **error)
{
  Xml xml = { .file = file, .section = VTP_NOWHERE };
  gboolean ok;

  *file = (VtpFile){ .file = bytes, .pieces = g_array_new (FALSE, FALSE, sizeof (VtpPiece)),
                     .arrays = g_ptr_array_new_with_free_func ((GDestroyNotify) array_free) };
  xml.parser = XML_ParserCreate (NULL);
  XML_SetUserData (xml.parser, &xml);
  XML_SetElementHandler (xml.parser, on_start, on_end);
  XML_SetCharacterDataHandler (xml.parser, on_text);
  XML_SetStartDoctypeDeclHandler (xml.parser, on_doctype);
  ok = run (&xml, error);
  XML_ParserFree (xml.parser);
  if (ok && (!xml.is_poly_data || file->pieces->len == 0))
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_EMPTY,
                           "there is no <Piece> in it; give a shape with at least one point");
      return FALSE;
    }
  return ok;
}
