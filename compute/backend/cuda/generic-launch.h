/* What kernels of generated programs are launched with. Plain types: the host includes this file, and
 * it opens every generated text, see generic.cuh.
 *
 * Rows are what results are kept for and columns what is reduced over, whichever of i and j that
 * is. */
#ifndef MONGE_GENERIC_LAUNCH_H
#define MONGE_GENERIC_LAUNCH_H

/* Arguments that one program reads, at most. */
#define MONGE_GENERIC_MAX_ARGUMENTS 96

/* Planes on the card: component d of row i at [d × stride + i]; of parameters at [d]. */
typedef struct {
  const void *numbers; /* float, or double if is_double */
  unsigned long long stride;
  int is_double;
} MongeGenericArgument;

typedef struct {
  MongeGenericArgument of[MONGE_GENERIC_MAX_ARGUMENTS];
} MongeGenericArguments;

/* As MongeCudaTile and MongeCudaRange have them: see kernels.h. */
typedef struct {
  unsigned first, n, block;
} MongeGenericTile;

typedef struct {
  unsigned begin, end;
} MongeGenericRange;

/**
 * MongeGenericLaunch:
 * @first_unit: of those of this launch, one per block along x
 * @n_parts, @part: columns are cut into parts of so many, one per block along y
 * @tiles, @first, @ranges: as MongeCudaPairs has them; NULL where every row meets every column
 * @once: values of parameters, float64
 * @rows, @columns: planes of what pairs read, of the program's precision
 * @partial: (slots × parts × rows): slot s of part p of row i at [(p × slots + s) × partial_rows + i
 *   − partial_first], float64
 * @out, @index_out, @log_sum: as MongeRun has them
 * @bad_row: raised to ~row where a result is NaN
 * @stop: (nullable): not 0 when blocks shall leave
 */
typedef struct {
  unsigned n_rows, n_columns;
  unsigned first_unit;
  unsigned n_parts, part;
  const MongeGenericTile *tiles;
  const unsigned long *first;
  const MongeGenericRange *ranges;
  double *once;
  void *rows, *columns;
  double *partial;
  unsigned partial_first, partial_rows;
  double *out;
  long long *index_out;
  double *log_sum;
  unsigned long long *bad_row;
  const volatile int *stop;
} MongeGenericLaunch;

#endif
