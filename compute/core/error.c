#include "compute/core/error.h"

G_DEFINE_QUARK (monge-error-quark, monge_error)
