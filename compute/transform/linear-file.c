/* “#Insight Transform File V1.0” is lines of KEY: VALUE. Of an affine transform in space Parameters
 * are the matrix M by rows and a translation t, FixedParameters a centre c:
 *     T(x) = M (x − c) + c + t
 * Coordinates are LPS. The transform of a registration goes from the fixed to the moving image: it
 * says where in the moving image a voxel of the fixed one is to be looked for (ITK Software Guide;
 * 3D Slicer's page “Transforms” for developers calls it the resampling convention). */
#include "compute/transform/linear-file.h"

#include "compute/io/io.h"
#include "compute/io/scan.h"
#include "compute/shape/place.h"
#include "compute/transform/linear.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#define MAGIC "#Insight Transform File"
#define N_ITK 12

static const double identity[16] = { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1 };

/* --- Writing --- */

static void
append_numbers (GString *out, const double *values, gsize n, const char *separator)
{
  for (gsize k = 0; k < n; k++)
    {
      if (k > 0)
        g_string_append (out, separator);
      monge_text_append_double (out, values[k] + 0.0); /* no −0 */
    }
}

static gboolean
write_itk (const double affine[16], MongeSpace space, GString *out, GError **error)
{
  double inverse[16], numbers[N_ITK];

  if (!monge_affine_invert (affine, inverse))
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_NAN,
                           "the transform has no inverse, and such a file holds the inverse; write "
                           "the matrix as .csv, .npy or .json");
      return FALSE;
    }
  if (space == MONGE_SPACE_RAS)
    monge_linear_turn_space (inverse);
  for (int r = 0; r < 3; r++)
    {
      for (int c = 0; c < 3; c++)
        numbers[3 * r + c] = inverse[4 * r + c];
      numbers[9 + r] = inverse[4 * r + 3];
    }
  g_string_append (out, MAGIC " V1.0\n#Transform 0\nTransform: AffineTransform_double_3_3\n"
                   "Parameters: ");
  append_numbers (out, numbers, N_ITK, " ");
  g_string_append (out, "\nFixedParameters: 0 0 0\n");
  return TRUE;
}

static gboolean
write_csv (const double affine[16], MongeSpace space, GString *out, GError **error)
{
  for (int r = 0; r < 4; r++)
    {
      append_numbers (out, affine + 4 * r, 4, ",");
      g_string_append_c (out, '\n');
    }
  return TRUE;
}

static gboolean
write_json (const double affine[16], MongeSpace space, GString *out, GError **error)
{
  g_string_append_printf (out, "{\n  \"space\": \"%s\",\n  \"direction\": \"source to target\",\n"
                          "  \"matrix\": [\n", monge_space_names[space]);
  for (int r = 0; r < 4; r++)
    {
      g_string_append (out, "    [");
      append_numbers (out, affine + 4 * r, 4, ", ");
      g_string_append (out, r < 3 ? "],\n" : "]\n");
    }
  g_string_append (out, "  ]\n}\n");
  return TRUE;
}

typedef struct {
  const char *extension;
  gboolean (*write) (const double affine[16], MongeSpace space, GString *out, GError **error);
} Writer;

static const Writer writers[] = {
  { ".tfm", write_itk }, { ".txt", write_itk }, { ".csv", write_csv }, { ".json", write_json },
  { ".npy", NULL },
};

static const Writer *
find_writer (const char *path, GError **error)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);

  for (guint k = 0; k < G_N_ELEMENTS (writers); k++)
    if (g_str_has_suffix (lower, writers[k].extension))
      return &writers[k];
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
               "%s: its name does not say in which format to write a transform; use one of .tfm, "
               ".txt, .csv, .json, .npy", path);
  return NULL;
}

gboolean
monge_linear_check_path (const char *path, GError **error)
{
  return find_writer (path, error) != NULL;
}

gboolean
monge_linear_save (const double affine[16], MongeSpace space, const char *path, GError **error)
{
  const Writer *writer = find_writer (path, error);
  g_autoptr (GString) out = g_string_new (NULL);

  if (writer == NULL)
    return FALSE;
  if (writer->write == NULL)
    return monge_npy_save (path, affine, 4, 4, error);
  if (writer->write (affine, space, out, error))
    return monge_file_save (path, out->str, out->len, error);
  g_prefix_error (error, "%s: ", path);
  return FALSE;
}

/* --- Files of ITK --- */

typedef struct {
  char type[64];
  double parameters[N_ITK], centre[3];
  guint n_parameters, n_fixed, n_transforms;
} Itk;

/* As many finite numbers as the line has, but at most @most; -1 if there is something else. */
static int
read_numbers (MongeScan *scan, double *values, guint most)
{
  guint n = 0;

  for (;;)
    {
      monge_scan_skip_blanks (scan);
      if (monge_scan_is_at_line_end (scan))
        return (int) n;
      if (n == most || !monge_scan_double (scan, &values[n]) || !isfinite (values[n]))
        return -1;
      n++;
    }
}

static gboolean
take_numbers (MongeScan *scan, const char *key, double *values, guint most, guint *n,
              GError **error)
{
  int found = read_numbers (scan, values, most);

  *n = (guint) MAX (found, 0);
  return found >= 0
         || monge_scan_fail (scan, error, MONGE_ERROR_FORMAT, "%s should be at most %u finite "
                             "numbers; save the transform as an affine one", key, most);
}

static gboolean
take_line (MongeScan *scan, Itk *itk, GError **error)
{
  const char *key = "", *value = "";
  gsize length = monge_scan_word (scan, &key);

  if (monge_scan_word_is (key, length, "Transform:"))
    {
      length = monge_scan_word (scan, &value);
      if (length >= sizeof itk->type)
        return monge_scan_fail (scan, error, MONGE_ERROR_UNSUPPORTED, "its type has no known name");
      if (g_ascii_strncasecmp (value, "Composite", MIN (length, 9)) == 0)
        return TRUE;
      memcpy (itk->type, value, length);
      itk->type[length] = '\0';
      itk->n_transforms++;
      return TRUE;
    }
  if (itk->n_transforms != 1)
    return TRUE;
  if (monge_scan_word_is (key, length, "Parameters:"))
    return take_numbers (scan, "Parameters", itk->parameters, N_ITK, &itk->n_parameters, error);
  if (monge_scan_word_is (key, length, "FixedParameters:"))
    return take_numbers (scan, "FixedParameters", itk->centre, 3, &itk->n_fixed, error);
  return TRUE;
}

static gboolean
resolve_itk (const Itk *itk, double affine[16], GError **error)
{
  gboolean is_affine = g_str_has_prefix (itk->type, "AffineTransform_")
                       || g_str_has_prefix (itk->type, "MatrixOffsetTransformBase_");
  gboolean is_translation = g_str_has_prefix (itk->type, "TranslationTransform_");

  memcpy (affine, identity, sizeof identity);
  if (itk->n_transforms == 1 && g_str_has_prefix (itk->type, "IdentityTransform_"))
    return TRUE;
  if (itk->n_transforms != 1 || !(is_affine || is_translation)
      || !g_str_has_suffix (itk->type, "_3_3"))
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                   "%u transforms, the last “%s”: only one affine transform in space can be read; "
                   "harden it in 3D Slicer and save it again", itk->n_transforms, itk->type);
      return FALSE;
    }
  if (itk->n_parameters != (is_affine ? N_ITK : 3u) || (itk->n_fixed != 0 && itk->n_fixed != 3))
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
                   "%u parameters and %u fixed ones are not those of %s", itk->n_parameters,
                   itk->n_fixed, itk->type);
      return FALSE;
    }
  for (int r = 0; r < 3; r++)
    {
      affine[4 * r + 3] = itk->parameters[(is_affine ? 9 : 0) + r];
      for (int c = 0; c < 3 && is_affine; c++)
        {
          affine[4 * r + c] = itk->parameters[3 * r + c];
          affine[4 * r + 3] += ((r == c) - affine[4 * r + c]) * itk->centre[c];
        }
    }
  return TRUE;
}

static gboolean
parse_itk (const MongeFile *file, MongeSpace space, double affine[16], GError **error)
{
  double resampling[16];
  Itk itk = { 0 };
  MongeScan scan;

  monge_scan_init (&scan, file->data, file->size);
  while (monge_scan_find_word (&scan))
    {
      if (scan.line % 1024 == 0 && monge_task_return_if_cancelled (file->task, error))
        return FALSE;
      if (*scan.at != '#' && !take_line (&scan, &itk, error))
        return FALSE;
      monge_scan_next_line (&scan);
    }
  if (!resolve_itk (&itk, resampling, error))
    return FALSE;
  if (space == MONGE_SPACE_RAS)
    monge_linear_turn_space (resampling);
  if (monge_affine_invert (resampling, affine))
    return TRUE;
  g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_NAN,
                       "the matrix is singular, so that it has no way back; save the transform "
                       "again");
  return FALSE;
}

/* --- Matrices --- */

static gboolean
check_matrix (const double *values, guint n, double affine[16], GError **error)
{
  if (n != 16 || values[12] != 0.0 || values[13] != 0.0 || values[14] != 0.0 || values[15] != 1.0)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
                   "it should be a matrix of four rows of four numbers, the last 0 0 0 1; it has %u "
                   "numbers", n);
      return FALSE;
    }
  memcpy (affine, values, 16 * sizeof *affine);
  return TRUE;
}

static void
collect (const json_t *value, double *values, guint *n, guint depth)
{
  for (gsize k = 0; k < json_array_size (value) && depth < 2 && *n <= 16; k++)
    collect (json_array_get (value, k), values, n, depth + 1);
  if (!json_is_array (value) && *n <= 16)
    values[(*n)++] = json_is_number (value) ? json_number_value (value) : NAN;
}

static gboolean
parse_json (const MongeFile *file, double affine[16], GError **error)
{
  double values[17] = { 0 };
  json_error_t reason;
  guint n = 0;
  json_t *root = json_loadb ((const char *) file->data, MIN (file->size, 1u << 16), 0, &reason);
  const json_t *matrix = json_object_get (root, "matrix");

  collect (matrix != NULL ? matrix : root, values, &n, 0);
  json_decref (root);
  for (guint k = 0; k < MIN (n, 16u); k++)
    if (!isfinite (values[k]))
      n = 0;
  return check_matrix (values, n, affine, error);
}

static gboolean
parse_text (const MongeFile *file, double affine[16], GError **error)
{
  double values[17];
  guint n = 0;
  MongeScan scan;

  monge_scan_init (&scan, file->data, MIN (file->size, 1u << 16));
  while (monge_scan_find_word (&scan) && n <= 16)
    if (*scan.at == '#')
      monge_scan_next_line (&scan);
    else if (*scan.at == ',' || *scan.at == ';')
      scan.at++;
    else if (!monge_scan_double (&scan, &values[n]) || !isfinite (values[n]))
      return monge_scan_fail (&scan, error, MONGE_ERROR_FORMAT,
                              "a number of a 4 × 4 matrix should be here");
    else
      n++;
  return check_matrix (values, n, affine, error);
}

gboolean
monge_linear_parse (const MongeFile *file, MongeSpace space, double affine[16], GError **error)
{
  gsize start = 0;

  if (file->size > strlen (MAGIC) && memcmp (file->data, MAGIC, strlen (MAGIC)) == 0)
    return parse_itk (file, space, affine, error);
  while (start < file->size && g_ascii_isspace (file->data[start]))
    start++;
  if (start < file->size && (file->data[start] == '{' || file->data[start] == '['))
    return parse_json (file, affine, error);
  return parse_text (file, affine, error);
}

gboolean
monge_linear_load (const char *path, MongeSpace space, double affine[16], MongeTask *task,
                   GError **error)
{
  g_autoptr (GBytes) bytes = monge_file_load (path, task, error);
  g_autofree double *values = NULL;
  MongeFile file = { .name = path, .path = path, .task = task };
  gsize n, d;

  if (bytes == NULL)
    {
      g_prefix_error (error, "%s: ", path);
      return FALSE;
    }
  file.data = g_bytes_get_data (bytes, &file.size);
  if (file.size > 6 && memcmp (file.data, "\x93NUMPY", 6) == 0)
    {
      if (!monge_npy_load (path, &values, &n, &d, error))
        return FALSE;
      if (check_matrix (values, (guint) MIN (n * d, 17), affine, error))
        return TRUE;
    }
  else if (monge_linear_parse (&file, space, affine, error))
    return TRUE;
  g_prefix_error (error, "%s: ", path);
  return FALSE;
}
