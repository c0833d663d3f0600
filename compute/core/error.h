/* The one error domain of compute/: few codes, messages that name the thing and the remedy. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MONGE_ERROR (monge_error_quark ())

/**
 * MongeError:
 * @MONGE_ERROR_IO: a file cannot be opened, read, written or renamed
 * @MONGE_ERROR_FORMAT: the bytes are not what their format promises; the message says where
 * @MONGE_ERROR_UNSUPPORTED: well-formed, but a variant this program does not handle
 * @MONGE_ERROR_EMPTY: nothing to work on: no vertex, no mass, no such label
 * @MONGE_ERROR_SIZE: a count or a dimension is out of range, or two of them do not fit together
 * @MONGE_ERROR_NAN: a value that is not finite, caught where it first appears
 * @MONGE_ERROR_NAME: an unknown loss, model, format, backend or option
 * @MONGE_ERROR_DEVICE: a backend cannot be opened or has failed
 * @MONGE_ERROR_CANCELLED: the caller's #MongeTask asked to stop; nothing was changed
 */
typedef enum {
  MONGE_ERROR_IO,
  MONGE_ERROR_FORMAT,
  MONGE_ERROR_UNSUPPORTED,
  MONGE_ERROR_EMPTY,
  MONGE_ERROR_SIZE,
  MONGE_ERROR_NAN,
  MONGE_ERROR_NAME,
  MONGE_ERROR_DEVICE,
  MONGE_ERROR_CANCELLED,
} MongeError;

GQuark monge_error_quark (void);

G_END_DECLS
