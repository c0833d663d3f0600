/* A shape as it was loaded: vertices, faces or segments, and what was attached to them. */
#pragma once

#include "compute/core/error.h"
#include "compute/core/task.h"
#include "compute/shape/labels.h"

G_BEGIN_DECLS

/**
 * MongeShapeKind:
 * @MONGE_SHAPE_POINTS: vertices alone
 * @MONGE_SHAPE_CURVES: vertices joined by segments, two indices each
 * @MONGE_SHAPE_SURFACE: vertices joined by triangles, three indices each, counter-clockwise seen
 *   from outside
 */
typedef enum {
  MONGE_SHAPE_POINTS,
  MONGE_SHAPE_CURVES,
  MONGE_SHAPE_SURFACE,
} MongeShapeKind;

typedef enum {
  MONGE_TYPE_INT8,
  MONGE_TYPE_UINT8,
  MONGE_TYPE_INT16,
  MONGE_TYPE_UINT16,
  MONGE_TYPE_INT32,
  MONGE_TYPE_UINT32,
  MONGE_TYPE_INT64,
  MONGE_TYPE_UINT64,
  MONGE_TYPE_FLOAT32,
  MONGE_TYPE_FLOAT64,
} MongeType;

/**
 * MongeSpace:
 *
 * Along what the coordinates of an anatomical shape run. RAS: x to the right, y to the front, z to
 * the top of the body (NIfTI, GIFTI, FreeSurfer); LPS: left, back, top (DICOM, ITK, what 3D Slicer
 * writes into meshes). From one to the other x and y change their sign, which is exact.
 */
typedef enum {
  MONGE_SPACE_UNKNOWN,
  MONGE_SPACE_RAS,
  MONGE_SPACE_LPS,
} MongeSpace;

extern const char *const monge_space_names[]; /* "unknown", "RAS", "LPS", NULL */

/* Bytes of one value. */
gsize monge_type_get_size (MongeType type);

/* The longest that a shape may be: indices are 32 bits and counts are checked against this. */
#define MONGE_MAX_VERTICES ((gsize) 1 << 30)
#define MONGE_MAX_DIM 10

/**
 * MongeArray:
 *
 * Values attached to the vertices (or the cells) of a shape, in the type of the file they came
 * from, so that they go back unchanged. Row-major (n_rows × n_components). What belongs to the shape
 * as a whole is a field array; its rows are as many as it likes.
 */
typedef struct {
  char *name;
  MongeType type;
  guint n_components;
  gsize n_rows;
  GBytes *values;
  MongeLabelTable *labels; /* owned, nullable: what the values are called, where they are labels */
} MongeArray;

/* @values: transfer full; its size must be n_rows × n_components × size of @type. */
MongeArray *monge_array_new (const char *name, MongeType type, guint n_components, gsize n_rows,
                             GBytes *values);
MongeArray *monge_array_copy (const MongeArray *array);
void monge_array_free (MongeArray *array);
/* The value as a double, whatever the type; exact but for 64-bit integers beyond 2^53. */
double monge_array_get (const MongeArray *array, gsize row, guint component);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeArray, monge_array_free)
/* Takes the reference; NULL: none. */
void monge_array_take_labels (MongeArray *array, MongeLabelTable *labels);

/**
 * MongeArrayRole:
 *
 * What an array can be offered as.
 */
typedef enum {
  MONGE_ARRAY_SCALAR, /* one number a row: colours, features */
  MONGE_ARRAY_WEIGHT, /* a scalar whose name says weight, mass or the like, and none is negative */
  MONGE_ARRAY_LABEL,  /* whole numbers with a table, or whose name says so */
  MONGE_ARRAY_NORMAL, /* three numbers, named so */
  MONGE_ARRAY_COLOUR, /* three or four bytes, or numbers named so */
  MONGE_ARRAY_VECTOR, /* three real numbers that turn with the shape, named so */
  MONGE_ARRAY_OTHER,
} MongeArrayRole;

/* By name, type and values; a guess that users can override. O(rows). */
MongeArrayRole monge_array_guess_role (const MongeArray *array);

/**
 * MongeShape:
 *
 * Immutable once built, reference-counted with atomic counts: any thread may read it. Positions
 * are float64, (n_vertices × dim) row-major, in the shape's unit (millimetres for anatomy), finite.
 * They are written back in the type they were read in (#MongeType of the positions).
 */
typedef struct _MongeShape MongeShape;

MongeShape *monge_shape_ref (MongeShape *shape);
void monge_shape_unref (MongeShape *shape);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeShape, monge_shape_unref)

const char *monge_shape_get_name (const MongeShape *shape); /* never NULL; a file's base name */
MongeShapeKind monge_shape_get_kind (const MongeShape *shape);
guint monge_shape_get_dim (const MongeShape *shape);
gsize monge_shape_get_n_vertices (const MongeShape *shape);
const double *monge_shape_get_positions (const MongeShape *shape);
MongeType monge_shape_get_position_type (const MongeShape *shape);
/* (n_cells × 3) for a surface, (n_cells × 2) for curves, NULL for points; all < n_vertices. */
const guint32 *monge_shape_get_cells (const MongeShape *shape);
gsize monge_shape_get_n_cells (const MongeShape *shape);
/* The unit of length, "mm" or NULL when the file does not say. */
const char *monge_shape_get_unit (const MongeShape *shape);
/* 4 × 4 row-major: what has been done to the coordinates since they were read, such as centring,
 * scaling and mirroring (compute/shape/place.h); the identity after loading. */
const double *monge_shape_get_transform (const MongeShape *shape);
/* (dim) each; lower ≤ upper. */
void monge_shape_get_bounds (const MongeShape *shape, double *lower, double *upper);
/* Length of the diagonal of the bounding box. */
double monge_shape_get_diameter (const MongeShape *shape);
guint monge_shape_get_n_arrays (const MongeShape *shape);
const MongeArray *monge_shape_get_array (const MongeShape *shape, guint index);
const MongeArray *monge_shape_find_array (const MongeShape *shape, const char *name);
guint monge_shape_get_n_cell_arrays (const MongeShape *shape);
const MongeArray *monge_shape_get_cell_array (const MongeShape *shape, guint index);
guint monge_shape_get_n_field_arrays (const MongeShape *shape);
const MongeArray *monge_shape_get_field_array (const MongeShape *shape, guint index);
/* What was repaired while reading, one sentence each; NULL-terminated, may be empty. */
const char *const *monge_shape_get_repairs (const MongeShape *shape);

/* Along what the positions run now: RAS, or unknown; never LPS once monge_shape_load() is done. */
MongeSpace monge_shape_get_space (const MongeShape *shape);
/* Along what they ran in the file, and run again when it is written. */
MongeSpace monge_shape_get_stored_space (const MongeShape *shape);
/* The same shape along the axes of @space: x and y, and those of its arrays of normals and vectors,
 * change their sign where the two differ, its transform follows. Where one of the two is unknown only
 * the names change. Its stored space stays. Faces keep their order: turned by half a circle about z,
 * a surface is not mirrored. Transfer full; the same object where nothing changes. */
MongeShape *monge_shape_in_space (MongeShape *shape, MongeSpace space);
/* The same shape with what the file did not say. Transfer full. */
MongeShape *monge_shape_with_spaces (MongeShape *shape, MongeSpace space, MongeSpace stored);

typedef struct _MongeShapeBuilder MongeShapeBuilder;

/* The same shape at other positions (n_vertices × dim): cells, arrays, unit are shared. */
MongeShape *monge_shape_moved (const MongeShape *shape, const double *positions);
/* The same shape with more arrays; those of the same name are replaced. @arrays: (element-type
 * MongeArray), copied; each of n_vertices rows, or an error says which is not. Transfer full. */
MongeShape *monge_shape_with_arrays (const MongeShape *shape, const GPtrArray *arrays,
                                     GError **error);
/* A builder that begins with all that @shape is but vertices, cells and their arrays: name, unit,
 * spaces, transform, field arrays, repairs. For what makes a shape out of another. */
MongeShapeBuilder *monge_shape_begin_like (const MongeShape *shape);

/**
 * MongeShapeBuilder:
 *
 * The only way to make a shape. Fill it, then monge_shape_builder_end() checks every promise above
 * (finite positions, indices in range, array lengths) and gives the shape or an error naming the
 * first offender. Degenerate cells (an index twice) are dropped and vertices that are not finite
 * are an error, or dropped if that was asked for; both are told with their index. One thread.
 */
MongeShapeBuilder *monge_shape_builder_new (const char *name, guint dim);
void monge_shape_builder_free (MongeShapeBuilder *builder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeShapeBuilder, monge_shape_builder_free)
/* Each takes ownership of what g_malloc() gave. */
void monge_shape_builder_take_positions (MongeShapeBuilder *builder, double *positions,
                                         gsize n_vertices, MongeType stored_as);
void monge_shape_builder_take_cells (MongeShapeBuilder *builder, MongeShapeKind kind,
                                     guint32 *cells, gsize n_cells);
void monge_shape_builder_take_array (MongeShapeBuilder *builder, MongeArray *array);
void monge_shape_builder_take_cell_array (MongeShapeBuilder *builder, MongeArray *array);
void monge_shape_builder_take_field_array (MongeShapeBuilder *builder, MongeArray *array);
/* Vertices that are not finite go, with the cells that use them. */
void monge_shape_builder_set_drops_bad_vertices (MongeShapeBuilder *builder, gboolean drops);
/* What the file says its coordinates are; by default it says nothing. */
void monge_shape_builder_set_space (MongeShapeBuilder *builder, MongeSpace space);
void monge_shape_builder_set_unit (MongeShapeBuilder *builder, const char *unit);
void monge_shape_builder_set_transform (MongeShapeBuilder *builder, const double transform[16]);
void monge_shape_builder_add_repair (MongeShapeBuilder *builder, const char *format, ...)
    G_GNUC_PRINTF (2, 3);
/* Consumes @builder. Returns: (transfer full) (nullable): the shape, or %NULL with @error. */
MongeShape *monge_shape_builder_end (MongeShapeBuilder *builder, GError **error);

G_END_DECLS
