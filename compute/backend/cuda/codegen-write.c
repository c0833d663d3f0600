/* The instructions of a program as lines of C++. */
#include "compute/backend/cuda/codegen-private.h"

#include <math.h>
#include <string.h>

#define LOG2_E 1.4426950408889634

/* --- Names of numbers ------------------------------------------------------------------------- */

static void
append_number (GString *text, double value, gboolean is_float)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  if (is_float)
    value = (float) value;
  if (isnan (value) || isinf (value))
    {
      g_string_append_printf (text, "(%s) %sMONGE_%s", is_float ? "float" : "double",
                              value < 0 ? "-" : "", isnan (value) ? "NAN" : "INFINITY");
      return;
    }
  g_ascii_formatd (buffer, sizeof buffer, is_float ? "%.9g" : "%.17g", value);
  g_string_append (text, buffer);
  if (strpbrk (buffer, ".e") == NULL)
    g_string_append (text, ".0");
  if (is_float)
    g_string_append_c (text, 'f');
}

static guint
find_argument (MongeCodegen *g, guint variable)
{
  if (g->argument_of[variable] == MONGE_CODEGEN_NONE)
    {
      g->argument_of[variable] = g->arguments->len;
      g_array_append_val (g->arguments, variable);
    }
  return g->argument_of[variable];
}

/* Component of a variable, to a register, before it is first used. */
static void
read_variable (MongeCodegen *g, guint reg)
{
  const guint variable = g->variable_of[reg];
  const guint d = reg - g->program->variables[variable].to;

  g_assert (variable != MONGE_CODEGEN_NONE);
  g->version[reg] = 1;
  if (g->section == MONGE_SECTION_ONCE)
    g_string_append_printf (g->text,
                            "    const double r%u = monge_read_parameter (arguments.of[%u], %u);\n",
                            reg, find_argument (g, variable), d);
  else
    g_string_append_printf (g->text,
                            "    const double r%u = monge_read (arguments.of[%u], %u, i);\n", reg,
                            find_argument (g, variable), d);
}

/* What another section has computed. */
static void
append_value (GString *text, MongeCodegenSection home, guint place)
{
  if (home == MONGE_SECTION_ONCE)
    g_string_append_printf (text, "once[%u]", place);
  else if (home == MONGE_SECTION_ROW)
    g_string_append_printf (text, "row[%u]", place);
  else
    g_string_append_printf (text, "column[%u * step]", place);
}

static char *
name_register (guint reg, guint version)
{
  return version <= 1 ? g_strdup_printf ("r%u", reg) : g_strdup_printf ("r%u_%u", reg, version);
}

char *
monge_codegen_name_number (MongeCodegen *g, guint reg)
{
  const MongeCodegenSection home = monge_codegen_get_section (g, g->program->register_axis[reg]);
  GString *number;

  if (g->constant_of[reg] != MONGE_CODEGEN_NONE)
    {
      number = g_string_new (NULL);
      append_number (number, g->program->constants[g->constant_of[reg]].value, g->is_float);
      return g_string_free (number, FALSE);
    }
  if (home == g->section)
    {
      if (g->version[reg] == 0)
        read_variable (g, reg);
      return name_register (reg, g->version[reg]);
    }
  number = g_string_new (NULL);
  append_value (number, home, g->value_of[reg]);
  return g_string_free (number, FALSE);
}

/* --- Instructions ----------------------------------------------------------------------------- */

/* Names of all that an instruction reads: registers are written only after. */
typedef struct {
  char **names[3];
  guint dims[3];
} Operands;

static void
name_operands (MongeCodegen *g, const MongeInstruction *in, Operands *operands)
{
  *operands = (Operands){ 0 };
  for (guint k = 0; k < monge_op_get_info (in->op)->n_operands; k++)
    {
      operands->dims[k] = monge_instruction_get_operand_dim (in, k);
      operands->names[k] = g_new0 (char *, operands->dims[k] + 1);
      for (guint d = 0; d < operands->dims[k]; d++)
        operands->names[k][d] = monge_codegen_name_number (g, in->from[k] + d);
    }
}

static void
clear_operands (Operands *operands)
{
  for (guint k = 0; k < G_N_ELEMENTS (operands->names); k++)
    g_strfreev (operands->names[k]);
}

/* Component @d of operand @k: the only one if there is one. */
static const char *
get_name (const Operands *operands, guint k, guint d)
{
  if (operands->names[k] == NULL)
    return "";
  return operands->names[k][operands->dims[k] > 1 ? d : 0];
}

/* "real r7" for the next number that register @reg will hold. Transfer full. */
static char *
declare (MongeCodegen *g, guint reg)
{
  g->version[reg]++;
  return name_register (reg, g->version[reg]);
}

/* @spelling with its operands in place: see MongeOpInfo. Functions are those of float32, sinf for
 * sin, where that is what numbers are. */
static void
append_spelling (MongeCodegen *g, const char *spelling, const char *const *operands)
{
  for (const char *at = spelling; *at != '\0'; at++)
    if (at[0] == '%' && g_ascii_isdigit (at[1]) && at[2] == '$' && at[3] == 's')
      {
        g_string_append (g->text, operands[at[1] - '1']);
        at += 3;
      }
    else
      {
        if (g->is_float && at[0] == ' ' && at[1] == '(' && at > spelling
            && g_ascii_isalnum (at[-1]))
          g_string_append_c (g->text, 'f');
        g_string_append_c (g->text, *at);
      }
}

/* Where the card has better than the C library's. */
static const char *
get_spelling (const MongeCodegen *g, MongeOp op)
{
  if (g->is_float && op == MONGE_OP_EXP)
    return "exp2 (1.44269504f * (%1$s))";
  return monge_op_get_info (op)->spelling;
}

/* e^(a b) as 2^(a (b log2 e)), the bracket being known before. */
static void
append_exponential (MongeCodegen *g, guint reg, guint factor)
{
  g_string_append_printf (g->text, "exp2f (%s * ", g->cofactors[reg]);
  if (g->constant_of[factor] != MONGE_CODEGEN_NONE)
    append_number (g->text, LOG2_E * g->program->constants[g->constant_of[factor]].value, TRUE);
  else
    append_value (g->text, monge_codegen_get_section (g, g->program->register_axis[factor]),
                  g->exponent_of[factor]);
  g_string_append_c (g->text, ')');
}

static void
write_elementwise (MongeCodegen *g, const MongeInstruction *in, const Operands *operands)
{
  for (guint d = 0; d < in->dim; d++)
    {
      const char *names[] = { get_name (operands, 0, d), get_name (operands, 1, d),
                              get_name (operands, 2, d) };
      const guint factor = g->is_float ? monge_codegen_find_factor (g, in, d) : MONGE_CODEGEN_NONE;
      g_autofree char *to = declare (g, in->to + d);

      g_string_append_printf (g->text, "    const %s %s = ", g->real, to);
      if (factor != MONGE_CODEGEN_NONE)
        append_exponential (g, in->from[0] + d * in->step[0], factor);
      else
        append_spelling (g, get_spelling (g, in->op), names);
      g_string_append (g->text, ";\n");
    }
}

/* Of products with a number that is known before the pair, the rest: see append_exponential(). */
static void
note_cofactors (MongeCodegen *g, const MongeInstruction *in, const Operands *operands)
{
  if (in->op != MONGE_OP_MULTIPLY || !g->is_float)
    return;
  for (guint d = 0; d < in->dim; d++)
    {
      const MongeAxis axis = g->program->register_axis[in->from[0] + d * in->step[0]];
      const MongeCodegenSection home = monge_codegen_get_section (g, axis);
      const gboolean first = home == MONGE_SECTION_ONCE || home == MONGE_SECTION_ROW;

      g_free (g->cofactors[in->to + d]);
      g->cofactors[in->to + d] = g_strdup (get_name (operands, first ? 1 : 0, d));
    }
}

/* Σ a b, over @n components. */
static void
write_products (MongeCodegen *g, const char *to, char **a, char **b, guint n)
{
  g_string_append_printf (g->text, "    %s %s = %s * %s;\n", g->real, to, a[0], b[0]);
  for (guint d = 1; d < n; d++)
    g_string_append_printf (g->text, "    %s += %s * %s;\n", to, a[d], b[d]);
}

static void
write_fold (MongeCodegen *g, const MongeInstruction *in, const Operands *operands)
{
  char **a = operands->names[0], **b = operands->names[in->op == MONGE_OP_DOT ? 1 : 0];
  g_autofree char *to = declare (g, in->to);

  if (in->op == MONGE_OP_DOT || in->op == MONGE_OP_SQNORM || in->op == MONGE_OP_NORM)
    {
      write_products (g, to, a, b, in->dim);
    }
  else
    {
      g_string_append_printf (g->text, "    %s %s = %s;\n", g->real, to, a[0]);
      for (guint d = 1; d < in->dim; d++)
        {
          if (in->op == MONGE_OP_SUM)
            g_string_append_printf (g->text, "    %s += %s;\n", to, a[d]);
          else
            g_string_append_printf (g->text, "    %s = monge_larger<%s> (%s, %s);\n", to, g->real,
                                    to, a[d]);
        }
    }
  if (in->op == MONGE_OP_NORM)
    g_string_append_printf (g->text, "    %s = sqrt%s (%s);\n", to, g->is_float ? "f" : "", to);
}

static void
write_normalise (MongeCodegen *g, const MongeInstruction *in, const Operands *operands)
{
  g_autofree char *scale = g_strdup_printf ("scale%u_%u", in->to, g->version[in->to]);

  write_products (g, scale, operands->names[0], operands->names[0], in->dim);
  g_string_append_printf (g->text, "    %s = %s == 0 ? %s : rsqrt%s (%s);\n", scale, scale, scale,
                          g->is_float ? "f" : "", scale);
  for (guint d = 0; d < in->dim; d++)
    {
      g_autofree char *to = declare (g, in->to + d);

      g_string_append_printf (g->text, "    const %s %s = %s * %s;\n", g->real, to,
                              get_name (operands, 0, d), scale);
    }
}

static void
write_structure (MongeCodegen *g, const MongeInstruction *in, const Operands *operands)
{
  const guint c = in->columns;

  if (in->op == MONGE_OP_NORMALISE)
    {
      write_normalise (g, in, operands);
      return;
    }
  for (guint d = 0; d < in->dim; d++)
    {
      g_autofree char *to = declare (g, in->to + d);

      if (in->op == MONGE_OP_MATVEC)
        write_products (g, to, operands->names[0] + d * c, operands->names[1], c);
      else
        g_string_append_printf (g->text, "    const %s %s = %s * %s;\n", g->real, to,
                                operands->names[0][d / c], operands->names[1][d % c]);
    }
}

static void
append_range (GString *text, guint first, guint dim)
{
  if (dim > 1)
    g_string_append_printf (text, " r%u:%u", first, dim);
  else
    g_string_append_printf (text, " r%u", first);
}

/* As in monge_program_print(), without names. */
static void
write_comment (MongeCodegen *g, const MongeInstruction *in)
{
  const MongeOpInfo *info = monge_op_get_info (in->op);

  g_string_append (g->text, "    /*");
  append_range (g->text, in->to, monge_instruction_get_result_dim (in));
  g_string_append_printf (g->text, " = %s", info->name);
  for (guint k = 0; k < info->n_operands; k++)
    append_range (g->text, in->from[k], monge_instruction_get_operand_dim (in, k));
  g_string_append (g->text, " */\n");
}

static void
write_instruction (MongeCodegen *g, const MongeInstruction *in)
{
  Operands operands;

  write_comment (g, in);
  name_operands (g, in, &operands);
  if (monge_op_get_info (in->op)->op_class == MONGE_OP_CLASS_ELEMENTWISE)
    write_elementwise (g, in, &operands);
  else if (monge_op_get_info (in->op)->op_class == MONGE_OP_CLASS_FOLD)
    write_fold (g, in, &operands);
  else
    write_structure (g, in, &operands);
  note_cofactors (g, in, &operands);
  clear_operands (&operands);
}

void
monge_codegen_write_section (MongeCodegen *self, MongeCodegenSection section)
{
  const MongeProgram *program = self->program;
  const MongeSection *from = &program->sections[monge_codegen_get_axis (self, section)];

  self->section = section;
  self->is_float = section == MONGE_SECTION_PAIR && program->precision == MONGE_FLOAT32;
  self->real = section == MONGE_SECTION_PAIR ? "real" : "double";
  memset (self->version, 0, program->n_registers * sizeof *self->version);
  memset (self->writer, 0xff, program->n_registers * sizeof *self->writer);
  for (guint n = 0; n < from->n_instructions; n++)
    {
      const MongeInstruction *in = &from->instructions[n];

      write_instruction (self, in);
      for (guint d = 0; d < monge_instruction_get_result_dim (in); d++)
        self->writer[in->to + d] = n;
    }
}
