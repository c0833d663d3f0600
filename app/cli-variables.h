/* What the names in a formula mean: the vertices of two shapes, numbers, arrays from files. */
#pragma once

#include "compute/formula/formula.h"
#include "compute/shape/shape.h"

G_BEGIN_DECLS

/**
 * MongeCliVariable:
 * @n: rows or columns; 1 for a parameter
 * @values: (n × dim) row-major; owned
 */
typedef struct {
  char *name;
  MongeAxis axis;
  guint dim;
  gsize n;
  double *values;
} MongeCliVariable;

void monge_cli_variable_free (MongeCliVariable *variable);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeCliVariable, monge_cli_variable_free)

/* "NAME=V[,V…]" → a parameter. */
MongeCliVariable *monge_cli_variable_parse (const char *text, GError **error);
/* "NAME=FILE.npy" → a variable of @axis, (n × dim). */
MongeCliVariable *monge_cli_variable_load (const char *text, MongeAxis axis, gsize n,
                                           GError **error);

/**
 * monge_cli_variable_find:
 * @x, @y: the shapes of rows and columns
 *
 * What @name says of the shapes:
 *     x, y     positions             a, b     weights as measures, total mass 1
 *     nx, ny   unit vertex normals   n, m     how many vertices
 *     x_NAME, y_NAME                 an array of the vertices; in NAME, what is no letter, digit or
 *                                    underscore is written as an underscore
 *
 * Returns: (transfer full) (nullable): %NULL without an error if the name says nothing; with one
 *   if the shape lacks what it asks for
 */
MongeCliVariable *monge_cli_variable_find (const char *name, const MongeShape *x,
                                           const MongeShape *y, GError **error);
/* The names that monge_cli_variable_find() knows here: "x, y, a, b, …". Transfer full. */
char *monge_cli_variable_list (const MongeShape *x, const MongeShape *y);

G_END_DECLS
