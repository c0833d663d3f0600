/* The reductions that every backend is tried with. */
#pragma once

#include "tests/formula-problem.h"

G_BEGIN_DECLS

extern const MongeCase monge_formula_table[];
extern const guint monge_formula_table_size;

G_END_DECLS
