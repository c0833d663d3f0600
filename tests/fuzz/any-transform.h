/* What must hold for linear transforms of any bytes: a finite matrix that survives being read along
 * other axes, or an error with a message. */
#pragma once

#include "compute/transform/linear-file.h"

#include <math.h>
#include <string.h>

/* Returns: whether it was a transform. */
static inline gboolean
any_transform_check (const guint8 *data, gsize size)
{
  g_autofree guint8 *copy = g_memdup2 (data, size);
  const MongeFile file = { .data = copy, .size = size, .name = "bytes" };
  g_autoptr (GError) error = NULL;
  double affine[16];

  for (int space = MONGE_SPACE_UNKNOWN; space <= MONGE_SPACE_LPS; space++)
    {
      if (!monge_linear_parse (&file, (MongeSpace) space, affine, &error))
        {
          g_assert_true (error != NULL && error->domain == MONGE_ERROR);
          g_assert_cmpuint (strlen (error->message), >, 0);
          g_assert_cmpint (space, ==, MONGE_SPACE_UNKNOWN); /* all or none */
          return FALSE;
        }
      g_assert_no_error (error);
      for (int k = 0; k < 16; k++)
        g_assert_true (isfinite (affine[k]));
      g_assert_true (affine[12] == 0 && affine[13] == 0 && affine[14] == 0 && affine[15] == 1);
    }
  return TRUE;
}
