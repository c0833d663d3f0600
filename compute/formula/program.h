/* A reduction as a flat list of instructions on registers: what backends run or translate. */
#pragma once

#include "compute/formula/reduction.h"

G_BEGIN_DECLS

/* Registers of one program, at most. */
#define MONGE_PROGRAM_MAX_REGISTERS 65536
/* Components of all its instructions, at most: what a hostile text can make backends keep. */
#define MONGE_PROGRAM_MAX_COMPONENTS (1 << 20)

/**
 * MongePrecision:
 * @MONGE_FLOAT32: pairs in float32; sums in float32 over at most 256 terms, float64 beyond
 * @MONGE_FLOAT64: everything in float64
 */
typedef enum { MONGE_FLOAT32, MONGE_FLOAT64 } MongePrecision;

/**
 * MongeInstruction:
 * @op: never a leaf, nor slice nor concatenation: those are only where registers lie
 * @dim: components of the result; of the operands for folds, whose result is one number
 * @to: first register of the result
 * @from: first register of each operand
 * @step: per operand, 1 if component d is register from + d, 0 if one number serves all
 * @columns: of matvec and outer, c: @dim results from @dim × c and c numbers; from @dim / c and c
 *
 * Registers hold one number per row, per column or per pair; a vector is consecutive registers.
 * Operands of every kind of axis meet in the pair section; the others see their own axis and
 * parameters. A register of the pair section may be written again once nothing more reads it: a
 * result overlaps an operand only where an elementwise instruction reads and writes the very same
 * registers component by component, or where @dim is 1.
 */
typedef struct {
  MongeOp op;
  guint dim;
  guint to;
  guint from[3];
  guint8 step[3];
  guint columns;
} MongeInstruction;

/* Where the instructions run: once, once per row, once per column, once per pair. */
typedef struct {
  MongeAxis axis;
  const MongeInstruction *instructions;
  guint n_instructions;
} MongeSection;

/* A variable of the program and the registers it fills. */
typedef struct {
  const char *name;
  MongeAxis axis;
  guint dim;
  guint to;
} MongeProgramVariable;

/* A number known beforehand. */
typedef struct {
  double value;
  guint to;
} MongeProgramConstant;

/**
 * MongeProgram:
 * @sections: indexed by #MongeAxis: parameters, rows, columns, pairs; what does not depend on a
 *   pair is not computed per pair
 * @register_axis: (n_registers): where each register lives
 * @body, @weight: first registers of F and w, on any axis, with their dimensions; @weight_dim 0
 *   for none
 *
 * Immutable, self-contained: needs its pool no longer. Equal reductions of equal variables give
 * equal programs.
 */
typedef struct {
  MongePrecision precision;
  MongeReduceOp op;
  MongeAxis over;
  guint k;
  guint out_dim;
  MongeSection sections[4];
  guint n_registers;
  const guint8 *register_axis;
  const MongeProgramVariable *variables;
  guint n_variables;
  const MongeProgramConstant *constants;
  guint n_constants;
  guint body, body_dim;
  guint weight, weight_dim;
} MongeProgram;

/* @variables: (n_variables): their order is the order of arguments; those that the reduction uses
 * must be among them, else %MONGE_ERROR_NAME. O(nodes). */
MongeProgram *monge_program_new (const MongeReduction *reduction, MongePrecision precision,
                                 const MongeFormula *const *variables, guint n_variables,
                                 GError **error);
MongeProgram *monge_program_dup (const MongeProgram *program);
void monge_program_free (MongeProgram *program);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeProgram, monge_program_free)

/* The same on every machine and run. */
guint64 monge_program_hash (const MongeProgram *program);
gboolean monge_program_equal (const MongeProgram *a, const MongeProgram *b);
/* One line per instruction, by section. Transfer full. */
char *monge_program_print (const MongeProgram *program);

G_END_DECLS
