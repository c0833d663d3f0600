/* What the files that write programs as CUDA C++ share: see codegen.c. */
#pragma once

#include "compute/backend/cuda/codegen.h"

G_BEGIN_DECLS

/* No such register, variable or instruction. */
#define MONGE_CODEGEN_NONE G_MAXUINT

/* Of a program, as seen by results: rows are what they are kept for. */
typedef enum {
  MONGE_SECTION_ONCE,
  MONGE_SECTION_ROW,
  MONGE_SECTION_COLUMN,
  MONGE_SECTION_PAIR,
} MongeCodegenSection;

/* A register that pairs, or another section, read; @is_exponent: times log2 e. */
typedef struct {
  guint reg;
  gboolean is_exponent;
} MongeCodegenValue;

/**
 * MongeCodegen:
 * @section: that is being written, @real the type of its numbers
 * @constant_of, @variable_of: (n_registers): which of the program's a register is, or none
 * @argument_of: (n_variables): place in @arguments
 * @arguments: (element-type guint): variables that are read
 * @values: (element-type MongeCodegenValue): what other sections read of ONCE, ROW and COLUMN
 * @value_of, @exponent_of: (n_registers): place of a register among those, as it is and times log2 e
 * @version: (n_registers): how often the section has written it
 * @writer: (n_registers): the instruction of the pair section that wrote it last
 * @cofactors: (n_registers): where that is a product with a value of another section, the rest of it
 */
typedef struct {
  const MongeProgram *program;
  MongeCudaSource *source;
  GString *text;
  MongeCodegenSection section;
  const char *real;
  gboolean is_float;
  guint *constant_of, *variable_of;
  guint *argument_of;
  GArray *arguments;
  GArray *values[3];
  guint *value_of, *exponent_of;
  guint *version;
  guint *writer;
  char **cofactors;
} MongeCodegen;

MongeCodegenSection monge_codegen_get_section (const MongeCodegen *self, MongeAxis axis);
MongeAxis monge_codegen_get_axis (const MongeCodegen *self, MongeCodegenSection section);

/* Registers of operand @k, and of the result. */
guint monge_instruction_get_operand_dim (const MongeInstruction *in, guint k);
guint monge_instruction_get_result_dim (const MongeInstruction *in);

/* Where component @d of an exponential of the pair section is of a product with a number that is
 * known before the pair: its register, which may come times log2 e. Else NONE. */
guint monge_codegen_find_factor (const MongeCodegen *self, const MongeInstruction *in, guint d);

/* codegen-write.c: the instructions of a section, and what a number is called there. May write a line
 * that reads it. Transfer full. */
void monge_codegen_write_section (MongeCodegen *self, MongeCodegenSection section);
char *monge_codegen_name_number (MongeCodegen *self, guint reg);

G_END_DECLS
