/* The header of TrackVis, and where its coordinates are.
 *
 * Coordinates of a file are “voxel mm”: millimetres from the outer corner of the first voxel,
 * along the axes of the voxels in the order voxel_order. Divided by the voxel size and less one
 * half they are voxels; axes are permuted and turned where the order that vox_to_ras has is
 * another than voxel_order; then vox_to_ras takes them to RAS. The same steps as in nibabel's
 * streamlines, which the tests hold it against. Files of version 1 and those that leave the matrix
 * out (its last number is 0) have the identity for it; a voxel order that is left out is LPS. */
#include "compute/io/trk-private.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "compute/core/svd.h"
#include "compute/shape/bytes.h"
#include "compute/shape/place.h"

/* --- Numbers --- */

#define DEFINE_ACCESS(name, type) \
  type monge_trk_get_##name (const guint8 *header, gsize at) \
  { \
    type value; \
    monge_bytes_copy (header + at, sizeof value, &value, sizeof value, sizeof value, 1, \
                      MONGE_SWAP_LITTLE); \
    return value; \
  } \
  void monge_trk_set_##name (guint8 *header, gsize at, type value) \
  { \
    monge_bytes_copy (&value, sizeof value, header + at, sizeof value, sizeof value, 1, \
                      MONGE_SWAP_LITTLE); \
  }

DEFINE_ACCESS (short, gint16)
DEFINE_ACCESS (int, gint32)
DEFINE_ACCESS (float, float)

void
monge_trk_init (guint8 header[MONGE_TRK_SIZE])
{
  memset (header, 0, MONGE_TRK_SIZE);
  memcpy (header, "TRACK", 5);
  memcpy (header + MONGE_TRK_VOXEL_ORDER, "RAS", 3);
  for (gsize k = 0; k < 3; k++)
    {
      monge_trk_set_short (header, MONGE_TRK_DIMENSIONS + 2 * k, 1);
      monge_trk_set_float (header, MONGE_TRK_VOXEL_SIZE + 4 * k, 1.0f);
    }
  for (gsize k = 0; k < 4; k++)
    monge_trk_set_float (header, MONGE_TRK_VOX_TO_RAS + 20 * k, 1.0f);
  monge_trk_set_int (header, MONGE_TRK_VERSION, 2);
  monge_trk_set_int (header, MONGE_TRK_HDR_SIZE, MONGE_TRK_SIZE);
}

/* Runs of numbers in a header: where, bytes each, how many. */
static void
swap_header (guint8 *header)
{
  static const struct {
    guint16 at;
    guint8 size, n;
  } runs[] = { { 6, 2, 3 },   { 12, 4, 6 },  { 36, 2, 1 }, { 238, 2, 1 },
               { 440, 4, 16 }, { 956, 4, 6 }, { 988, 4, 3 } };

  for (gsize i = 0; i < G_N_ELEMENTS (runs); i++)
    monge_bytes_copy (header + runs[i].at, runs[i].size, header + runs[i].at, runs[i].size,
                      runs[i].size, runs[i].n, TRUE);
}

gboolean
monge_trk_read_header (const guint8 *from, guint8 header[MONGE_TRK_SIZE], gboolean *is_big,
                       GError **error)
{
  gint32 version;

  memcpy (header, from, MONGE_TRK_SIZE);
  *is_big = monge_trk_get_int (header, MONGE_TRK_HDR_SIZE) != MONGE_TRK_SIZE;
  if (*is_big)
    swap_header (header);
  if (monge_trk_get_int (header, MONGE_TRK_HDR_SIZE) != MONGE_TRK_SIZE)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "byte %d: the size of the header is not "
                   "1000 in either order of bytes; the file is damaged", MONGE_TRK_HDR_SIZE);
      return FALSE;
    }
  version = monge_trk_get_int (header, MONGE_TRK_VERSION);
  if (version >= 1 && version <= 3)
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED, "byte %d: version %d of TrackVis is "
               "not known; save it as version 2", MONGE_TRK_VERSION, version);
  return FALSE;
}

/* --- Orientations --- */

/* Per voxel axis: the axis of the body it runs along most, and in which direction. */
typedef struct {
  int axis[3];
  double sign[3];
} Orientation;

/* The rotation next to the matrix (by its singular vectors); each of its columns then takes the
 * axis that is left where it is largest. FALSE where a column is left with none. */
static gboolean
find_orientation (const double affine[16], Orientation *orientation)
{
  double a[9], u[9], s[3], v[9], r[9] = { 0 };

  for (guint k = 0; k < 3; k++)
    {
      double zoom = sqrt (affine[k] * affine[k] + affine[4 + k] * affine[4 + k]
                          + affine[8 + k] * affine[8 + k]);

      for (guint i = 0; i < 3; i++)
        a[3 * i + k] = affine[4 * i + k] / (zoom > 0.0 ? zoom : 1.0);
    }
  for (guint k = 0; k < 9; k++)
    if (!isfinite (a[k]))
      return FALSE;
  monge_svd (3, a, u, s, v);
  for (guint m = 0; m < 3; m++)
    for (guint k = 0; s[m] > 3.0 * DBL_EPSILON * s[0] && k < 9; k++)
      r[k] += u[3 * (k / 3) + m] * v[3 * (k % 3) + m];
  for (guint k = 0; k < 3; k++)
    {
      int best = fabs (r[3 + k]) > fabs (r[k]) ? 1 : 0;

      best = fabs (r[6 + k]) > fabs (r[3 * best + (int) k]) ? 2 : best;
      if (!(fabs (r[3 * best + (int) k]) > 1e-8))
        return FALSE;
      orientation->axis[k] = best;
      orientation->sign[k] = r[3 * best + (int) k] < 0.0 ? -1.0 : 1.0;
      for (guint i = 0; i < 3; i++)
        r[3 * best + (int) i] = 0.0;
    }
  return TRUE;
}

/* "LPS" */
static gboolean
read_order (const guint8 *order, Orientation *orientation)
{
  guint seen = 0;

  for (guint k = 0; k < 3; k++)
    {
      const char c = g_ascii_toupper ((char) order[k]);

      if (c == '\0' || strchr ("LRPAIS", c) == NULL)
        return FALSE;
      orientation->axis[k] = strchr ("LR", c) != NULL ? 0 : strchr ("PA", c) != NULL ? 1 : 2;
      orientation->sign[k] = c == 'R' || c == 'A' || c == 'S' ? 1.0 : -1.0;
      seen |= 1u << orientation->axis[k];
    }
  return seen == 7;
}

/* From voxels in the header's order to those of the matrix. */
static void
compute_turn (const Orientation *from, const Orientation *to, const guint8 *header, double turn[16])
{
  memset (turn, 0, 16 * sizeof *turn);
  turn[15] = 1.0;
  for (guint k = 0; k < 3; k++)
    for (guint i = 0; i < 3; i++)
      if (to->axis[i] == from->axis[k])
        {
          double size = monge_trk_get_short (header, MONGE_TRK_DIMENSIONS + 2 * k);
          double sign = to->sign[i] == from->sign[k] ? 1.0 : -1.0;

          turn[4 * k + i] = sign;
          turn[4 * k + 3] = (1.0 - sign) * (size - 1.0) / 2.0;
        }
}

static void
read_matrix (const guint8 *header, double matrix[16], gboolean *is_there)
{
  *is_there = monge_trk_get_int (header, MONGE_TRK_VERSION) > 1
              && monge_trk_get_float (header, MONGE_TRK_VOX_TO_RAS + 60) != 0.0f;
  for (guint k = 0; k < 16; k++)
    matrix[k] = !*is_there ? (k % 5 == 0)
                           : (double) monge_trk_get_float (header, MONGE_TRK_VOX_TO_RAS + 4 * k);
  for (guint k = 12; k < 16; k++)
    matrix[k] = k == 15;
}

gboolean
monge_trk_find_affine (const guint8 *header, double affine[16], gboolean *has_order,
                       gboolean *has_matrix, GError **error)
{
  const guint8 *order = header + MONGE_TRK_VOXEL_ORDER;
  double matrix[16], turn[16], inverse[16];
  Orientation from, to;

  read_matrix (header, matrix, has_matrix);
  *has_order = order[0] != '\0';
  if (!read_order (*has_order ? order : (const guint8 *) "LPS", &from)
      || !find_orientation (matrix, &to))
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "byte %d: the orientation of the voxels "
                   "cannot be told from vox_to_ras and voxel_order; save the tracts again",
                   MONGE_TRK_VOX_TO_RAS);
      return FALSE;
    }
  memset (affine, 0, 16 * sizeof *affine);
  affine[15] = 1.0;
  for (guint k = 0; k < 3; k++)
    {
      affine[5 * k] = 1.0 / (double) monge_trk_get_float (header, MONGE_TRK_VOXEL_SIZE + 4 * k);
      affine[4 * k + 3] = -0.5;
    }
  compute_turn (&from, &to, header, turn);
  monge_affine_multiply (turn, affine, affine);
  monge_affine_multiply (matrix, affine, affine);
  if (monge_affine_invert (affine, inverse))
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "byte %d: the voxel size and vox_to_ras "
               "are no invertible map to millimetres; save the tracts again", MONGE_TRK_VOXEL_SIZE);
  return FALSE;
}
