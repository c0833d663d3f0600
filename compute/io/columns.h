/* Formats that know columns and no arrays (PLY, XYZ, CSV): what the columns of an array are called,
 * and which columns are one array. Private to the readers and writers of compute/io. */
#pragma once

#include "compute/shape/shape.h"

G_BEGIN_DECLS

/**
 * monge_columns_match:
 * @names: (@n) of the columns from the first of an array on; NULL for those that are none
 * @types: (nullable): their types; those of one array are the same
 * @name: (out) (transfer full): what the array is called
 *
 * nx, ny, nz are "normals", red, green, blue are "rgb" and with alpha "rgba", v_0, v_1, … are "v".
 *
 * Returns: how many columns belong together, at least 1
 */
guint monge_columns_match (const char *const *names, const MongeType *types, guint n, char **name);

/* What @component of @array is called; with @plainly always as the array and its number, so that two
 * arrays of normals can be told apart. Transfer full. */
char *monge_columns_dup_name (const MongeArray *array, guint component, gboolean plainly);
/* Whether the columns of @array have names of their own, such as nx, unless told plainly. */
gboolean monge_columns_are_known (const MongeArray *array);

/* Copies @n values of @size bytes into column @component of rows of @n_components values. */
void monge_columns_interleave (const void *column, gsize size, gsize n, guint component,
                               guint n_components, void *rows);

G_END_DECLS
