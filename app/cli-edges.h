/* Graphs written to files. */
#pragma once

#include "app/cli.h"

#include "compute/neighbours/neighbours.h"

G_BEGIN_DECLS

/* Whether edges can be written to @path, by its ending and its folder, found before the work. */
gboolean monge_cli_check_edges (const char *path, GError **error);

/**
 * monge_cli_save_edges:
 * @unit: what distances are multiplied by
 * @path: ends with .csv: a line "i,j,distance" and one per edge, distances so that reading them
 *   back gives the same float32; or with .npy: (edges × 3) float64
 *
 * In pieces, to a temporary file that is renamed at the end: @path is whole or untouched.
 */
gboolean monge_cli_save_edges (MongeCli *cli, const MongeEdges *edges, double unit,
                               const char *path, GError **error);

G_END_DECLS
