/* Programs as CUDA C++: any formula on a card. */
#pragma once

#include "compute/core/error.h"
#include "compute/formula/program.h"

G_BEGIN_DECLS

/* Components of all sections of one program, at most: NVRTC takes some seconds for so many. */
#define MONGE_CUDA_SOURCE_MAX_COMPONENTS 2048

/**
 * MongeCudaSource:
 * @name: "monge_program_" and a hash of the text
 * @text: self-contained; without anything of the user's, such as names of variables
 * @program_text: the end of it, below what all programs share
 * @arguments: (n_arguments): the variables that are read, by their place in the program
 * @over: of the program: results are kept for the other axis
 * @once_values, @row_values, @column_values: numbers that pairs read of parameters, of a row, of a
 *   column, where rows are what results are kept for
 * @real_size: of a number of @row_values and @column_values
 * @rows_per_block: of one thread block of @threads
 * @slots: float64 numbers of one row's state
 * @in_memory: states live in their slots, and a second kernel always follows
 * @shared_bytes: dynamic shared memory of the pair kernel
 * @n_components: computed per pair
 *
 * Kernels, with their arguments as in generic-launch.h:
 *
 *   NAME_once    (arguments, launch)   1 block of 1 thread        values of parameters
 *   NAME_axes    (arguments, launch)   rows or columns × 2        what pairs read of both
 *   NAME_pairs   (launch)              units × parts              results, or the state of each part
 *   NAME_finish  (launch)              units                      results of all parts
 *
 * Immutable. Equal programs, up to the names of their variables, give equal texts.
 */
typedef struct {
  char *name;
  char *text;
  const char *program_text;
  guint *arguments;
  guint n_arguments;
  MongeAxis over;
  guint once_values, row_values, column_values;
  gsize real_size;
  guint threads, rows_per_block;
  guint slots;
  gboolean in_memory;
  gsize shared_bytes;
  guint n_components;
} MongeCudaSource;

/* Fails with %MONGE_ERROR_SIZE when the program is too large for one kernel: the CPU's interpreter
 * takes any. O(components). */
MongeCudaSource *monge_cuda_source_new (const MongeProgram *program, GError **error);
void monge_cuda_source_free (MongeCudaSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeCudaSource, monge_cuda_source_free)

/* What all texts begin with: generic-launch.h and generic.cuh, as the build found them. */
extern const char monge_generic_text[];

G_END_DECLS
