/* Linear transforms in files: of ITK, which 3D Slicer and ANTs read, and plain matrices. */
#pragma once

#include "compute/io/file.h"

G_BEGIN_DECLS

/**
 * monge_linear_save:
 * @affine: 4 × 4 row-major: takes points of the source to where they went
 * @space: along what those points run
 * @path: .tfm or .txt for a text file of ITK; .csv, .npy or .json for the matrix
 *
 * Files of ITK hold what images are resampled by: LPS, and from the target back to the source, the
 * inverse of @affine. 3D Slicer reads that as “from parent”, so that the transform moves the source
 * as @affine does. Where @space is unknown, coordinates are taken as LPS, as 3D Slicer takes those of
 * meshes that do not say. The others hold @affine itself, along @space.
 */
gboolean monge_linear_save (const double affine[16], MongeSpace space, const char *path,
                            GError **error);
/* Whether monge_linear_save() knows the extension of @path; else an error lists them. */
gboolean monge_linear_check_path (const char *path, GError **error);

/**
 * monge_linear_load:
 * @space: along what points run that @affine is to be for; unknown as in monge_linear_save()
 * @affine: (out): from source to target
 *
 * Any of these formats, by content. Of ITK, one affine transform, a translation or the identity, with
 * or without a centre. A plain matrix is taken to run along @space. Errors start with the path.
 */
gboolean monge_linear_load (const char *path, MongeSpace space, double affine[16], MongeTask *task,
                            GError **error);
/* The same of bytes, total over any of them. */
gboolean monge_linear_parse (const MongeFile *file, MongeSpace space, double affine[16],
                             GError **error);

G_END_DECLS
