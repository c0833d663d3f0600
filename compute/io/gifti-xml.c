/* The XML of a GIFTI file. Expat finds the elements; what they promise is checked before their
 * numbers are read (gifti-data.c). Entities of a file's own are refused. */
#include "compute/io/gifti-private.h"

#include <expat.h>
#include <string.h>

#include "compute/io/scan.h"

#define CHUNK ((gsize) 1 << 18)

const char *const monge_gifti_types[] = {
  [MONGE_TYPE_INT8] = "NIFTI_TYPE_INT8",       [MONGE_TYPE_UINT8] = "NIFTI_TYPE_UINT8",
  [MONGE_TYPE_INT16] = "NIFTI_TYPE_INT16",     [MONGE_TYPE_UINT16] = "NIFTI_TYPE_UINT16",
  [MONGE_TYPE_INT32] = "NIFTI_TYPE_INT32",     [MONGE_TYPE_UINT32] = "NIFTI_TYPE_UINT32",
  [MONGE_TYPE_INT64] = "NIFTI_TYPE_INT64",     [MONGE_TYPE_UINT64] = "NIFTI_TYPE_UINT64",
  [MONGE_TYPE_FLOAT32] = "NIFTI_TYPE_FLOAT32", [MONGE_TYPE_FLOAT64] = "NIFTI_TYPE_FLOAT64",
  NULL,
};

typedef struct {
  XML_Parser parser;
  const MongeFile *file;
  MongeGifti *gifti;
  MongeGiftiArray *array; /* the one we are in, or NULL; of @gifti */
  GString *text;          /* of the innermost element that has some */
  gboolean takes_text, is_gifti;
  char *meta_name;
  GArray *labels;        /* of MongeLabelEntry: the last is the one we are in */
  GError *error;
} Reader;

/* --- What is made --- */

static void
system_free (gpointer data)
{
  MongeGiftiSystem *system = data;

  g_free (system->from);
  g_free (system->to);
  g_free (system);
}

static void
array_free (gpointer data)
{
  MongeGiftiArray *array = data;

  g_free (array->intent);
  g_free (array->external);
  g_ptr_array_unref (array->metas);
  g_ptr_array_unref (array->systems);
  monge_array_free (array->array);
  g_free (array);
}

void
monge_gifti_free (MongeGifti *gifti)
{
  if (gifti == NULL)
    return;
  g_ptr_array_unref (gifti->metas);
  g_ptr_array_unref (gifti->arrays);
  monge_label_table_unref (gifti->labels);
  g_free (gifti);
}

static MongeGifti *
gifti_new (void)
{
  MongeGifti *gifti = g_new0 (MongeGifti, 1);

  gifti->metas = g_ptr_array_new_with_free_func (g_free);
  gifti->arrays = g_ptr_array_new_with_free_func (array_free);
  gifti->labels = monge_label_table_new ();
  return gifti;
}

const char *
monge_gifti_find_meta (const GPtrArray *metas, const char *name)
{
  for (guint i = 0; i + 1 < metas->len; i += 2)
    if (g_str_equal (g_ptr_array_index (metas, i), name))
      return g_ptr_array_index (metas, i + 1);
  return NULL;
}

/* --- Attributes --- */

/* The first failure ends the reading; its line is added. */
static void
fail (Reader *reader, GError *error)
{
  char *message = g_utf8_make_valid (error->message, -1); /* names may have been cut short */

  g_free (error->message);
  error->message = message;
  if (reader->error != NULL)
    {
      g_error_free (error);
      return;
    }
  reader->error = error;
  if (error->code != MONGE_ERROR_CANCELLED)
    g_prefix_error (&reader->error, "line %lu: ", XML_GetCurrentLineNumber (reader->parser));
  XML_StopParser (reader->parser, XML_FALSE);
}

static gboolean
parse_count (const char *value, gint64 *count)
{
  MongeScan scan;

  monge_scan_init (&scan, (const guint8 *) value, strlen (value));
  return monge_scan_find_word (&scan) && monge_scan_integer (&scan, count) && *count >= 0;
}

static gboolean
set_dimension (MongeGiftiArray *array, const char *name, const char *value)
{
  gint64 size;
  gsize k = (gsize) (name[3] - '0');

  if (name[3] == '\0' || name[4] != '\0' || k >= MONGE_GIFTI_MAX_DIMS
      || !parse_count (value, &size))
    return FALSE;
  array->dims[k] = (gsize) size;
  return TRUE;
}

static gboolean
set_type (MongeGiftiArray *array, const char *value)
{
  for (guint type = 0; monge_gifti_types[type] != NULL; type++)
    if (g_str_equal (value, monge_gifti_types[type]))
      {
        array->type = (MongeType) type;
        array->has_type = TRUE;
      }
  return TRUE;
}

static gboolean
set_encoding (MongeGiftiArray *array, const char *value)
{
  static const char *const names[] = { "ASCII", "Base64Binary", "GZipBase64Binary",
                                       "ExternalFileBinary" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (value, names[i]))
      {
        array->encoding = (MongeGiftiEncoding) i;
        return TRUE;
      }
  return FALSE;
}

/* FALSE where the value cannot be what it must. */
static gboolean
set_attribute (MongeGiftiArray *array, const char *name, const char *value)
{
  gint64 number = 0;

  if (g_str_equal (name, "Intent"))
    {
      g_free (array->intent);
      array->intent = g_strdup (g_str_has_prefix (value, "NIFTI_INTENT_") ? value + 13 : value);
    }
  else if (g_str_equal (name, "DataType"))
    return set_type (array, value);
  else if (g_str_equal (name, "ArrayIndexingOrder"))
    array->is_column_major = g_str_equal (value, "ColumnMajorOrder");
  else if (g_str_equal (name, "Dimensionality"))
    {
      if (!parse_count (value, &number) || number < 1 || number > MONGE_GIFTI_MAX_DIMS)
        return FALSE;
      array->n_dims = (guint) number;
    }
  else if (g_str_has_prefix (name, "Dim"))
    return set_dimension (array, name, value);
  else if (g_str_equal (name, "Encoding"))
    return set_encoding (array, value);
  else if (g_str_equal (name, "Endian"))
    array->is_big = g_str_equal (value, "BigEndian");
  else if (g_str_equal (name, "ExternalFileName"))
    {
      g_free (array->external);
      array->external = g_strdup (value);
    }
  else if (g_str_equal (name, "ExternalFileOffset") && value[0] != '\0')
    {
      if (!parse_count (value, &number))
        return FALSE;
      array->offset = (guint64) number;
    }
  return TRUE;
}

static void
start_array (Reader *reader, const char **attributes)
{
  MongeGiftiArray *array = g_new0 (MongeGiftiArray, 1);

  array->intent = g_strdup ("NONE");
  array->metas = g_ptr_array_new_with_free_func (g_free);
  array->systems = g_ptr_array_new_with_free_func (system_free);
  g_ptr_array_add (reader->gifti->arrays, array);
  reader->array = array;
  for (; attributes[0] != NULL; attributes += 2)
    if (!set_attribute (array, attributes[0], attributes[1]))
      fail (reader, g_error_new (MONGE_ERROR, MONGE_ERROR_FORMAT, "%s cannot be “%.40s”; export "
                                 "the file again", attributes[0], attributes[1]));
}

static void
start_label (Reader *reader, const char **attributes)
{
  static const char *const channels[] = { "Red", "Green", "Blue", "Alpha" };
  MongeLabelEntry entry = { .rgba = { 0, 0, 0, 255 } }, *label;

  g_array_append_val (reader->labels, entry);
  label = &g_array_index (reader->labels, MongeLabelEntry, reader->labels->len - 1);
  for (; attributes[0] != NULL; attributes += 2)
    {
      MongeScan scan;
      double value;

      monge_scan_init (&scan, (const guint8 *) attributes[1], strlen (attributes[1]));
      if (!monge_scan_find_word (&scan) || !monge_scan_double (&scan, &value))
        continue;
      if (g_str_equal (attributes[0], "Key") || g_str_equal (attributes[0], "Index"))
        label->value = value > G_MININT32 && value < G_MAXINT32 ? (gint32) value : 0;
      for (guint k = 0; k < 4; k++)
        if (g_str_equal (attributes[0], channels[k]))
          {
            label->rgba[k] = (guint8) (255.0 * (value > 0.0 ? MIN (value, 1.0) : 0.0) + 0.5);
            label->has_colour = TRUE;
          }
    }
}

static void
end_label (Reader *reader)
{
  MongeLabelEntry *label;

  if (reader->labels->len == 0)
    return;
  label = &g_array_index (reader->labels, MongeLabelEntry, reader->labels->len - 1);
  if (label->name == NULL)
    label->name = g_strdup (g_strstrip (reader->text->str));
}

static int
compare_labels (gconstpointer a, gconstpointer b)
{
  gint32 x = ((const MongeLabelEntry *) a)->value, y = ((const MongeLabelEntry *) b)->value;

  return (x > y) - (x < y);
}

/* In order, so that the table need not move its entries; of equal keys the last one counts. */
static void
finish_labels (Reader *reader)
{
  g_array_sort (reader->labels, compare_labels);
  for (guint i = 0; i < reader->labels->len; i++)
    {
      MongeLabelEntry *label = &g_array_index (reader->labels, MongeLabelEntry, i);

      if (label->name != NULL)
        monge_label_table_add (reader->gifti->labels, label->value, label->name,
                               label->has_colour ? label->rgba : NULL);
      g_free (label->name);
    }
  g_array_unref (reader->labels);
}

/* --- Elements --- */

static void
start_element (void *data, const char *name, const char **attributes)
{
  static const char *const leaves[] = { "Name", "Value", "Label", "Data", "DataSpace",
                                        "TransformedSpace", "MatrixData", NULL };
  Reader *reader = data;

  if (!reader->is_gifti && !g_str_equal (name, "GIFTI"))
    {
      fail (reader, g_error_new (MONGE_ERROR, MONGE_ERROR_FORMAT, "the file begins with an element "
                                 "“%.40s” instead of GIFTI; is this another format?", name));
      return;
    }
  reader->is_gifti = TRUE;
  reader->takes_text = g_strv_contains (leaves, name);
  g_string_truncate (reader->text, 0);
  if (g_str_equal (name, "GIFTI"))
    for (const char **at = attributes; at[0] != NULL; at += 2)
      if (g_str_equal (at[0], "NumberOfDataArrays"))
        parse_count (at[1], &reader->gifti->n_promised);
  if (g_str_equal (name, "DataArray") && reader->array != NULL)
    fail (reader, g_error_new_literal (MONGE_ERROR, MONGE_ERROR_FORMAT, "a DataArray within "
                                       "another; export the file again"));
  else if (g_str_equal (name, "DataArray"))
    start_array (reader, attributes);
  else if (g_str_equal (name, "Label"))
    start_label (reader, attributes);
  else if (g_str_equal (name, "CoordinateSystemTransformMatrix") && reader->array != NULL)
    g_ptr_array_add (reader->array->systems, g_new0 (MongeGiftiSystem, 1));
}

static void
add_text (void *data, const char *text, int length)
{
  Reader *reader = data;

  if (reader->takes_text)
    g_string_append_len (reader->text, text, length);
}

static void
end_value (Reader *reader)
{
  GPtrArray *metas = reader->array != NULL ? reader->array->metas : reader->gifti->metas;

  if (reader->meta_name == NULL)
    return;
  g_ptr_array_add (metas, g_steal_pointer (&reader->meta_name));
  g_ptr_array_add (metas, g_strdup (reader->text->str));
}

static void
end_data (Reader *reader)
{
  GError *error = NULL;

  if (reader->array == NULL || reader->array->array != NULL)
    return;
  if (!monge_gifti_decode (reader->array, reader->text->str, reader->text->len, reader->file,
                           &error))
    fail (reader, error);
  g_string_free (reader->text, TRUE); /* it may be large */
  reader->text = g_string_new (NULL);
}

static void
end_system_part (Reader *reader, const char *name)
{
  GPtrArray *systems = reader->array != NULL ? reader->array->systems : NULL;
  MongeGiftiSystem *system;
  MongeScan scan;
  int n = 0;

  if (systems == NULL || systems->len == 0)
    return;
  system = g_ptr_array_index (systems, systems->len - 1);
  if (!g_str_equal (name, "MatrixData"))
    {
      char **space = g_str_equal (name, "DataSpace") ? &system->from : &system->to;

      g_free (*space);
      *space = g_strdup (g_strstrip (reader->text->str));
      return;
    }
  monge_scan_init (&scan, (const guint8 *) reader->text->str, reader->text->len);
  while (n < 16 && monge_scan_find_word (&scan) && monge_scan_double (&scan, &system->matrix[n]))
    n++;
  system->has_matrix = n == 16;
}

static void
end_element (void *data, const char *name)
{
  Reader *reader = data;

  if (reader->error != NULL)
    return;
  if (g_str_equal (name, "Name"))
    {
      g_free (reader->meta_name);
      reader->meta_name = g_strdup (g_strstrip (reader->text->str));
    }
  else if (g_str_equal (name, "Value"))
    end_value (reader);
  else if (g_str_equal (name, "Label"))
    end_label (reader);
  else if (g_str_equal (name, "Data"))
    end_data (reader);
  else if (g_str_equal (name, "DataSpace") || g_str_equal (name, "TransformedSpace")
           || g_str_equal (name, "MatrixData"))
    end_system_part (reader, name);
  else if (g_str_equal (name, "DataArray"))
    {
      if (reader->array != NULL && reader->array->array == NULL)
        fail (reader, g_error_new_literal (MONGE_ERROR, MONGE_ERROR_FORMAT,
                                           "a DataArray without Data; export the file again"));
      reader->array = NULL;
    }
  reader->takes_text = FALSE;
}

static void
refuse_entity (void *data, const XML_Char *name, int is_parameter_entity, const XML_Char *value,
               int value_length, const XML_Char *base, const XML_Char *system_id,
               const XML_Char *public_id, const XML_Char *notation_name)
{
  fail (data, g_error_new (MONGE_ERROR, MONGE_ERROR_UNSUPPORTED, "the file defines an entity, "
                           "“%.40s”; export it again without", name));
}

/* --- Reading --- */

static void
feed (Reader *reader)
{
  const MongeFile *file = reader->file;
  const char *data = file->size > 0 ? (const char *) file->data : "";

  for (gsize at = 0; at < file->size || at == 0;)
    {
      gsize n = MIN (file->size - at, CHUNK);
      gboolean is_last = at + n == file->size;

      if (monge_task_return_if_cancelled (file->task, &reader->error))
        return;
      if (XML_Parse (reader->parser, data + at, (int) n, is_last) != XML_STATUS_OK)
        {
          if (reader->error == NULL)
            reader->error = g_error_new (MONGE_ERROR, MONGE_ERROR_FORMAT, "line %lu: %s; copy or "
                                         "export the file again",
                                         XML_GetCurrentLineNumber (reader->parser),
                                         XML_ErrorString (XML_GetErrorCode (reader->parser)));
          return;
        }
      at += MAX (n, 1);
      monge_task_set_progress (file->task, (double) at / (double) file->size);
    }
}

MongeGifti *
monge_gifti_read (const MongeFile *file, GError **error)
{
  g_autoptr (MongeGifti) gifti = gifti_new ();
  Reader reader = { .file = file, .gifti = gifti, .text = g_string_new (NULL),
                    .labels = g_array_new (FALSE, TRUE, sizeof (MongeLabelEntry)),
                    .parser = XML_ParserCreate (NULL) };

  XML_SetUserData (reader.parser, &reader);
  XML_SetElementHandler (reader.parser, start_element, end_element);
  XML_SetCharacterDataHandler (reader.parser, add_text);
  XML_SetEntityDeclHandler (reader.parser, refuse_entity);
  feed (&reader);
  XML_ParserFree (reader.parser);
  finish_labels (&reader);
  g_string_free (reader.text, TRUE);
  g_free (reader.meta_name);
  if (reader.error == NULL)
    return g_steal_pointer (&gifti);
  g_propagate_error (error, reader.error);
  return NULL;
}
