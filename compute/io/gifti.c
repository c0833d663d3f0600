/* GIFTI, surfaces and values per vertex of neuroimaging (Geometry Data Format of the Neuroimaging
 * Informatics Technology Initiative, version 1.0, 2010): XML whose DataArrays hold numbers as
 * text, base 64, zipped base 64 or in a file beside it. Coordinates are millimetres along RAS.
 *
 * Of a surface: the first POINTSET and the first TRIANGLE; other arrays of as many rows as there
 * are vertices become arrays, those of as many as there are triangles arrays of cells, others
 * fields, which is told. LABEL arrays get the LabelTable. Words of MetaData are kept as texts:
 * “gifti/KEY” of the file, “gifti/POINTSET/KEY” and “gifti/TRIANGLE/KEY” of these two; of other
 * arrays the Name alone is kept. Matrices between coordinate systems are kept as fields and never
 * applied: readers differ in whether they apply them, and the coordinates of a file are those of
 * its own DataSpace. One that is not the identity is told.
 *
 * It is read with expat and not with gifticlib (libgiftiio 1.0.9), which was tried: it reads by
 * path alone and not what is zipped as a whole (.gii.gz); for 12 bytes that promise 500,000,000
 * numbers it allocates 2 GB and gives them out as an image, and so for text that is no number and
 * base 64 that is none; it opens ExternalFileName wherever that leads; its parser is one static
 * variable, it prints to stderr even where it is told not to, and it cannot be cancelled. */
#include "compute/io/io-private.h"

#include <string.h>

#include "compute/io/gifti-private.h"
#include "compute/io/text-field.h"
#include "compute/io/values-private.h"
#include "compute/shape/bytes.h"

#define HEAD 4096 /* how far into a file its root element is looked for */

gboolean
monge_gifti_matches (const guint8 *data, gsize size)
{
  return size > 6 && g_strstr_len ((const char *) data, (gssize) MIN (size, HEAD), "<GIFTI") != NULL;
}

/* Values for maps alone and for whatever comes with a surface. */
gboolean
monge_gifti_values_matches (const guint8 *data, gsize size)
{
  return monge_gifti_matches (data, size);
}

static MongeGiftiArray *
find_first (const MongeGifti *gifti, const char *intent)
{
  for (guint i = 0; i < gifti->arrays->len; i++)
    {
      MongeGiftiArray *array = g_ptr_array_index (gifti->arrays, i);

      if (g_str_equal (array->intent, intent))
        return array;
    }
  return NULL;
}

/* --- Arrays --- */

/* Its Name, of which FreeSurfer writes a whole path; else @fallback. Another than those in @used,
 * to which it is added. Transfer full. */
static char *
make_name (const MongeGiftiArray *array, const char *fallback, GHashTable *used)
{
  const char *name = monge_gifti_find_meta (array->metas, "Name");
  g_autofree char *base = NULL;
  char *unique;

  name = name != NULL && name[0] != '\0' ? name : fallback;
  base = g_path_get_basename (name);
  unique = g_strdup (base);
  for (guint n = 2; g_hash_table_contains (used, unique); n++)
    {
      g_free (unique);
      unique = g_strdup_printf ("%s %u", base, n);
    }
  g_hash_table_add (used, g_strdup (unique));
  return unique;
}

static const char *
get_fallback (const MongeGiftiArray *array, const char *otherwise)
{
  static const struct {
    const char *intent, *name;
  } names[] = { { "POINTSET", "displaced" }, { "TRIANGLE", "triangles" }, { "VECTOR", "normals" },
                { "LABEL", "label" }, { "RGB_VECTOR", "rgb" }, { "RGBA_VECTOR", "rgba" } };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (array->intent, names[i].intent))
      return names[i].name;
  return otherwise;
}

/* Transfer full. */
static MongeArray *
take_array (const MongeGifti *gifti, MongeGiftiArray *array, const char *otherwise, GHashTable *used)
{
  MongeArray *result = g_steal_pointer (&array->array);

  g_free (result->name);
  result->name = make_name (array, get_fallback (array, otherwise), used);
  if (g_str_equal (array->intent, "LABEL") && result->n_components == 1
      && monge_label_table_get_n_entries (gifti->labels) > 0)
    monge_array_take_labels (result, monge_label_table_ref (gifti->labels));
  return result;
}

static GHashTable *
name_set_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

/* --- Surfaces --- */

static gboolean
fail (GError **error, MongeError code, const char *message)
{
  g_set_error_literal (error, MONGE_ERROR, code, message);
  return FALSE;
}

static gboolean
take_points (MongeShapeBuilder *builder, const MongeGiftiArray *points, GError **error)
{
  const MongeArray *array = points->array;
  double *positions;

  if (array->n_components != 3)
    return fail (error, MONGE_ERROR_FORMAT, "a POINTSET whose rows are not three coordinates; "
                 "export the file again");
  if (array->n_rows > MONGE_MAX_VERTICES)
    return fail (error, MONGE_ERROR_SIZE, "more vertices than this program takes; thin the surface "
                 "out");
  positions = monge_bytes_alloc (array->n_rows, 3 * sizeof *positions, error);
  if (positions == NULL)
    return FALSE;
  monge_bytes_to_doubles (array->type, g_bytes_get_data (array->values, NULL), 3 * array->n_rows,
                          positions, 1);
  monge_shape_builder_take_positions (builder, positions, array->n_rows, array->type);
  return TRUE;
}

static gboolean
take_triangles (MongeShapeBuilder *builder, const MongeGiftiArray *triangles, gsize n_vertices,
                GError **error)
{
  const MongeArray *array = triangles->array;
  guint32 *cells;

  if (array->n_components != 3)
    return fail (error, MONGE_ERROR_FORMAT, "a TRIANGLE array whose rows are not three indices; "
                 "export the file again");
  cells = monge_array_dup_cells (array, n_vertices, "face", error);
  if (cells == NULL)
    return FALSE;
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE, cells, array->n_rows);
  return TRUE;
}

static void
take_others (MongeShapeBuilder *builder, const MongeGifti *gifti, gsize n_vertices, gsize n_faces)
{
  g_autoptr (GHashTable) used = name_set_new ();

  for (guint i = 0; i < gifti->arrays->len; i++)
    {
      MongeGiftiArray *at = g_ptr_array_index (gifti->arrays, i);
      g_autofree char *otherwise = g_ascii_strdown (at->intent, -1);
      MongeArray *array;

      if (at == find_first (gifti, "POINTSET") || at == find_first (gifti, "TRIANGLE"))
        continue;
      array = take_array (gifti, at, otherwise, used);
      if (array->n_rows == n_vertices)
        monge_shape_builder_take_array (builder, array);
      else if (array->n_rows == n_faces)
        monge_shape_builder_take_cell_array (builder, array);
      else
        {
          monge_shape_builder_add_repair (builder, "the array “%s” has %" G_GSIZE_FORMAT " rows, "
                                          "neither as many as vertices nor as faces: kept as a "
                                          "field", array->name, array->n_rows);
          monge_shape_builder_take_field_array (builder, array);
        }
    }
}

/* --- What is said besides --- */

static void
take_texts (MongeShapeBuilder *builder, const GPtrArray *metas, const char *prefix)
{
  for (guint i = 0; i + 1 < metas->len; i += 2)
    {
      g_autofree char *name = g_strconcat (prefix, g_ptr_array_index (metas, i), NULL);

      monge_shape_builder_take_text (builder, name, g_ptr_array_index (metas, i + 1));
    }
}

static gboolean
is_identity (const double matrix[16])
{
  for (guint k = 0; k < 16; k++)
    if (matrix[k] != (k % 5 == 0 ? 1.0 : 0.0))
      return FALSE;
  return TRUE;
}

static void
take_systems (MongeShapeBuilder *builder, const MongeGiftiArray *points)
{
  for (guint i = 0; i < points->systems->len; i++)
    {
      const MongeGiftiSystem *system = g_ptr_array_index (points->systems, i);
      const char *from = system->from != NULL ? system->from : "?";
      const char *to = system->to != NULL ? system->to : "?";
      g_autofree char *name = g_strdup_printf ("gifti/matrix/%s/%s", from, to);

      if (!system->has_matrix)
        continue;
      monge_shape_builder_take_field_array (builder,
                                            monge_array_new (name, MONGE_TYPE_FLOAT64, 4, 4,
                                                             g_bytes_new (system->matrix,
                                                                          sizeof system->matrix)));
      if (!is_identity (system->matrix))
        monge_shape_builder_add_repair (builder, "the file has a matrix from %s to %s; it was kept "
                                        "and not applied", from, to);
    }
}

static const char *
get_unit (const MongeGifti *gifti)
{
  const char *unit = monge_gifti_find_meta (gifti->metas, "Unit");

  return unit != NULL && unit[0] != '\0' ? unit : "mm";
}

static gboolean
fill (MongeShapeBuilder *builder, const MongeGifti *gifti, const MongeGiftiArray *points,
      GError **error)
{
  const MongeGiftiArray *triangles = find_first (gifti, "TRIANGLE");
  gsize n_vertices = points->array->n_rows;
  gsize n_faces = triangles != NULL ? triangles->array->n_rows : 0;

  if (!take_points (builder, points, error)
      || (triangles != NULL && !take_triangles (builder, triangles, n_vertices, error)))
    return FALSE;
  take_others (builder, gifti, n_vertices, n_faces);
  take_texts (builder, gifti->metas, "gifti/");
  take_texts (builder, points->metas, "gifti/POINTSET/");
  if (triangles != NULL)
    take_texts (builder, triangles->metas, "gifti/TRIANGLE/");
  take_systems (builder, points);
  monge_shape_builder_set_unit (builder, get_unit (gifti));
  if (gifti->n_promised != (gint64) gifti->arrays->len)
    monge_shape_builder_add_repair (builder, "%" G_GINT64_FORMAT " arrays are promised, %u were "
                                    "there", gifti->n_promised, gifti->arrays->len);
  return TRUE;
}

MongeShape *
monge_gifti_parse (const MongeFile *file, GError **error)
{
  g_autoptr (MongeGifti) gifti = monge_gifti_read (file, error);
  g_autoptr (MongeShapeBuilder) builder = NULL;
  const MongeGiftiArray *points;

  if (gifti == NULL)
    return NULL;
  points = find_first (gifti, "POINTSET");
  if (points == NULL)
    {
      fail (error, MONGE_ERROR_UNSUPPORTED, "the file has values per vertex and no surface; open "
            "the surface they belong to and attach this file to it");
      return NULL;
    }
  builder = monge_file_begin_shape (file, 3);
  if (!fill (builder, gifti, points, error))
    return NULL;
  return monge_shape_builder_end (g_steal_pointer (&builder), error);
}

/* --- Values --- */

GPtrArray *
monge_gifti_values_parse (const MongeFile *file, GError **error)
{
  g_autoptr (MongeGifti) gifti = monge_gifti_read (file, error);
  g_autoptr (GPtrArray) arrays = monge_values_new ();
  g_autoptr (GHashTable) used = name_set_new ();

  if (gifti == NULL)
    return NULL;
  for (guint i = 0; i < gifti->arrays->len; i++)
    {
      MongeGiftiArray *array = g_ptr_array_index (gifti->arrays, i);

      if (g_str_equal (array->intent, "NODE_INDEX"))
        {
          fail (error, MONGE_ERROR_UNSUPPORTED, "the file has values of some vertices alone "
                "(NODE_INDEX); save it with a value for every vertex");
          return NULL;
        }
      if (!g_str_equal (array->intent, "POINTSET") && !g_str_equal (array->intent, "TRIANGLE"))
        g_ptr_array_add (arrays, take_array (gifti, array, file->name, used));
    }
  if (arrays->len == 0)
    {
      fail (error, MONGE_ERROR_EMPTY, "the file has a surface and no values; open it as a shape");
      return NULL;
    }
  return g_steal_pointer (&arrays);
}
