/* Labels of a volume on the command line: chosen by name, all of them at once. */
#pragma once

#include "app/cli.h"

#include "compute/volume/volume.h"

G_BEGIN_DECLS

/* "L[,L…]", numbers or names, with or without case, into the labels of @input. */
gboolean monge_cli_choose_labels (MongeRecipeInput *input, const MongeVolume *volume,
                                  const char *text, GError **error);
/* (element-type MongeShape): a surface or the voxels of each label, in the order of the table. */
GPtrArray *monge_cli_extract_all (MongeCli *cli, const MongeVolume *volume, gboolean as_voxels,
                                  GError **error);
/* @parts as one shape whose vertices, and faces, have the array "label" with the names. */
MongeShape *monge_cli_join_labels (const MongeVolume *volume, const GPtrArray *parts,
                                   GError **error);
/* @path with the number of label @index and its name before the extension. */
char *monge_cli_dup_label_path (const MongeVolume *volume, guint index, const char *path);

G_END_DECLS
