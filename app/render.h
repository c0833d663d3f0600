/* monge --render: the registration as a picture, with no window and no display. */
#pragma once

#include "app/arguments.h"

G_BEGIN_DECLS

/* Returns the exit code; says what it wrote on stdout, what went wrong on stderr. */
int monge_render_run (MongeArguments *arguments);

G_END_DECLS
