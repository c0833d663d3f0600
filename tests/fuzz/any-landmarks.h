/* What must hold for landmarks of any bytes: a list that keeps its promises and survives being
 * written and read in every format, or an error with a message. */
#pragma once

#include "compute/io/landmarks.h"

#include <math.h>
#include <string.h>

static inline void
any_landmarks_check_list (const MongeLandmarks *landmarks)
{
  for (guint i = 0; i < monge_landmarks_get_n (landmarks); i++)
    {
      const MongeLandmark *one = monge_landmarks_get (landmarks, i);

      g_assert_true (g_utf8_validate (one->name, -1, NULL));
      g_assert_true (g_utf8_validate (one->description, -1, NULL));
      for (int k = 0; k < 3; k++)
        g_assert_true (isfinite (one->position[k]));
    }
  for (const char *const *note = monge_landmarks_get_notes (landmarks); *note != NULL; note++)
    g_assert_true (g_utf8_validate (*note, -1, NULL));
}

/* What is defined comes back where it was; the rest, which .fcsv cannot hold, may be gone. */
static inline void
any_landmarks_check_round_trip (const MongeLandmarks *landmarks, const MongeLandmarkFormat *format)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (MongeLandmarks) again = NULL;
  g_autoptr (GError) error = NULL;
  guint at = 0;

  format->write (landmarks, out);
  again = monge_landmark_format_parse_bytes (format, (const guint8 *) out->str, out->len, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (monge_landmarks_get_n_defined (again), ==,
                    monge_landmarks_get_n_defined (landmarks));
  for (guint i = 0; i < monge_landmarks_get_n (landmarks); i++)
    {
      const MongeLandmark *one = monge_landmarks_get (landmarks, i), *other;

      if (!one->is_defined)
        continue;
      while (!monge_landmarks_get (again, at)->is_defined)
        at++;
      other = monge_landmarks_get (again, at++);
      g_assert_true (memcmp (one->position, other->position, sizeof one->position) == 0
                     || (one->position[0] == other->position[0]
                         && one->position[1] == other->position[1]
                         && one->position[2] == other->position[2]));
    }
}

/* Returns: whether they were landmarks. */
static inline gboolean
any_landmarks_check (const MongeLandmarkFormat *format, const guint8 *data, gsize size)
{
  g_autofree guint8 *copy = g_memdup2 (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeLandmarks) landmarks
    = monge_landmark_format_parse_bytes (format, copy, size, &error);

  if (landmarks == NULL)
    {
      g_assert_true (error != NULL && error->domain == MONGE_ERROR);
      g_assert_cmpuint (strlen (error->message), >, 0);
      return FALSE;
    }
  g_assert_no_error (error);
  any_landmarks_check_list (landmarks);
  if (monge_landmarks_get_n (landmarks) > 0)
    for (const MongeLandmarkFormat *other = monge_landmark_formats; other->name != NULL; other++)
      if (other->write != NULL)
        any_landmarks_check_round_trip (landmarks, other);
  return TRUE;
}
