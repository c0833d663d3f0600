/* A program becomes a struct of C++ that the kernels of generic.cuh are made with:
 *
 *   struct monge_program_… {
 *     enum { … };                      sizes, and how the work is laid out
 *     typedef MongeSum<…> State;       the reduction
 *     once (…)  row (…)  column (…)    the sections of the program, in float64
 *     pair (…)                         the pair section, in the program's precision
 *   };
 *
 * Every component of every register becomes a variable, one more each time it is written again;
 * which of them share a register of the card is the compiler's affair. */
#include "compute/backend/cuda/codegen.h"

#include "compute/backend/cuda/generic-launch.h"

#include <math.h>
#include <string.h>

#define NONE G_MAXUINT

#define THREADS 64
/* Terms of a float32 sum, at most. */
#define MAX_TILE 256
/* Bytes of a tile in shared memory: what lets several blocks run at once, and what there always
 * is. */
#define FEW_BYTES 16384
#define MOST_BYTES 40960
/* K-min of more keeps its places in memory. */
#define MAX_PLACES 16

/* The name of a section's function, by MongeAxis as seen by results. */
typedef enum { ONCE, ROW, COLUMN, PAIR } Section;

typedef struct {
  const MongeProgram *program;
  MongeCudaSource *source;
  GString *text;
  Section section;
  const char *real;       /* the type of this section's numbers */
  gboolean is_float;
  guint *constant_of;     /* (n_registers): of program->constants, NONE if it is not one */
  guint *variable_of;     /* (n_registers) */
  guint *argument_of;     /* (n_variables): of source->arguments */
  GArray *arguments;      /* guint: variables */
  GArray *values[3];      /* guint: registers that later sections read of ONCE, ROW and COLUMN */
  guint *value_of;        /* (n_registers): place among those, NONE if it is not one */
  guint *version;         /* (n_registers): how often this section has written it */
} Generator;

/* --- Which registers travel between sections -------------------------------------------------- */

static Section
get_section (const Generator *g, MongeAxis axis)
{
  if (axis == MONGE_AXIS_NONE)
    return ONCE;
  if (axis == MONGE_AXIS_PAIR)
    return PAIR;
  return axis == g->program->over ? COLUMN : ROW;
}

static MongeAxis
get_axis (const Generator *g, Section section)
{
  if (section == ONCE)
    return MONGE_AXIS_NONE;
  if (section == PAIR)
    return MONGE_AXIS_PAIR;
  if (section == COLUMN)
    return g->program->over;
  return g->program->over == MONGE_AXIS_J ? MONGE_AXIS_I : MONGE_AXIS_J;
}

/* Registers of operand @k: first, first + step, … */
static guint
get_operand_dim (const MongeInstruction *in, guint k)
{
  if (in->op == MONGE_OP_MATVEC)
    return k == 0 ? in->dim * in->columns : in->columns;
  if (in->op == MONGE_OP_OUTER)
    return k == 0 ? in->dim / in->columns : in->columns;
  return in->step[k] ? in->dim : 1;
}

static guint
get_result_dim (const MongeInstruction *in)
{
  return monge_op_get_info (in->op)->op_class == MONGE_OP_CLASS_FOLD ? 1 : in->dim;
}

static void
note_read (Generator *g, Section reader, guint reg)
{
  const Section home = get_section (g, g->program->register_axis[reg]);

  if (home == reader || home == PAIR || g->constant_of[reg] != NONE || g->value_of[reg] != NONE)
    return;
  g->value_of[reg] = g->values[home]->len;
  g_array_append_val (g->values[home], reg);
}

static void
note_section (Generator *g, Section reader)
{
  const MongeSection *section = &g->program->sections[get_axis (g, reader)];

  for (guint n = 0; n < section->n_instructions; n++)
    {
      const MongeInstruction *in = &section->instructions[n];

      for (guint k = 0; k < monge_op_get_info (in->op)->n_operands; k++)
        for (guint d = 0; d < get_operand_dim (in, k); d++)
          note_read (g, reader, in->from[k] + d);
    }
}

/* The pairs first: what they read of an axis, that axis may have to read of the parameters. */
static void
note_values (Generator *g)
{
  const MongeProgram *program = g->program;

  note_section (g, PAIR);
  for (guint d = 0; d < program->body_dim; d++)
    note_read (g, PAIR, program->body + d);
  for (guint d = 0; d < program->weight_dim; d++)
    note_read (g, PAIR, program->weight + d);
  note_section (g, ROW);
  note_section (g, COLUMN);
}

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
find_argument (Generator *g, guint variable)
{
  if (g->argument_of[variable] == NONE)
    {
      g->argument_of[variable] = g->arguments->len;
      g_array_append_val (g->arguments, variable);
    }
  return g->argument_of[variable];
}

/* Component of a variable, to a register, before it is first used. */
static void
read_variable (Generator *g, guint reg)
{
  const guint variable = g->variable_of[reg];
  const guint d = reg - g->program->variables[variable].to;

  g_assert (variable != NONE);
  g->version[reg] = 1;
  if (g->section == ONCE)
    g_string_append_printf (g->text,
                            "    const double r%u = monge_read_parameter (arguments.of[%u], %u);\n",
                            reg, find_argument (g, variable), d);
  else
    g_string_append_printf (g->text,
                            "    const double r%u = monge_read (arguments.of[%u], %u, i);\n", reg,
                            find_argument (g, variable), d);
}

static char *
name_register (guint reg, guint version)
{
  return version <= 1 ? g_strdup_printf ("r%u", reg) : g_strdup_printf ("r%u_%u", reg, version);
}

/* What a register is called where it is read. May write a line that reads it. Transfer full. */
static char *
name_number (Generator *g, guint reg)
{
  const Section home = get_section (g, g->program->register_axis[reg]);
  GString *number;

  if (g->constant_of[reg] != NONE)
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
  if (home == ONCE)
    return g_strdup_printf ("once[%u]", g->value_of[reg]);
  if (home == ROW)
    return g_strdup_printf ("row[%u]", g->value_of[reg]);
  return g_strdup_printf ("column[%u * step]", g->value_of[reg]);
}

/* --- Instructions ----------------------------------------------------------------------------- */

/* Names of all that an instruction reads: registers are written only after. */
typedef struct {
  char **names[3];
  guint dims[3];
} Operands;

static void
name_operands (Generator *g, const MongeInstruction *in, Operands *operands)
{
  *operands = (Operands){ 0 };
  for (guint k = 0; k < monge_op_get_info (in->op)->n_operands; k++)
    {
      operands->dims[k] = get_operand_dim (in, k);
      operands->names[k] = g_new0 (char *, operands->dims[k] + 1);
      for (guint d = 0; d < operands->dims[k]; d++)
        operands->names[k][d] = name_number (g, in->from[k] + d);
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
declare (Generator *g, guint reg)
{
  g->version[reg]++;
  return name_register (reg, g->version[reg]);
}

/* @spelling with its operands in place: see MongeOpInfo. Functions are those of float32, sinf for
 * sin, where that is what numbers are. */
static void
append_spelling (Generator *g, const char *spelling, const char *const *operands)
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
get_spelling (const Generator *g, MongeOp op)
{
  if (g->is_float && op == MONGE_OP_EXP)
    return "exp2 (1.44269504f * (%1$s))";
  return monge_op_get_info (op)->spelling;
}

static void
write_elementwise (Generator *g, const MongeInstruction *in, const Operands *operands)
{
  for (guint d = 0; d < in->dim; d++)
    {
      const char *names[] = { get_name (operands, 0, d), get_name (operands, 1, d),
                              get_name (operands, 2, d) };
      g_autofree char *to = declare (g, in->to + d);

      g_string_append_printf (g->text, "    const %s %s = (", g->real, to);
      append_spelling (g, get_spelling (g, in->op), names);
      g_string_append (g->text, ");\n");
    }
}

/* Σ a b, over @n components. */
static void
write_products (Generator *g, const char *to, char **a, char **b, guint n)
{
  g_string_append_printf (g->text, "    %s %s = %s * %s;\n", g->real, to, a[0], b[0]);
  for (guint d = 1; d < n; d++)
    g_string_append_printf (g->text, "    %s += %s * %s;\n", to, a[d], b[d]);
}

static void
write_fold (Generator *g, const MongeInstruction *in, const Operands *operands)
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
write_normalise (Generator *g, const MongeInstruction *in, const Operands *operands)
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
write_structure (Generator *g, const MongeInstruction *in, const Operands *operands)
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
write_comment (Generator *g, const MongeInstruction *in)
{
  const MongeOpInfo *info = monge_op_get_info (in->op);

  g_string_append (g->text, "    /*");
  append_range (g->text, in->to, get_result_dim (in));
  g_string_append_printf (g->text, " = %s", info->name);
  for (guint k = 0; k < info->n_operands; k++)
    append_range (g->text, in->from[k], get_operand_dim (in, k));
  g_string_append (g->text, " */\n");
}

static void
write_section (Generator *g)
{
  const MongeSection *section = &g->program->sections[get_axis (g, g->section)];

  for (guint n = 0; n < section->n_instructions; n++)
    {
      const MongeInstruction *in = &section->instructions[n];
      Operands operands;

      write_comment (g, in);
      name_operands (g, in, &operands);
      if (monge_op_get_info (in->op)->op_class == MONGE_OP_CLASS_ELEMENTWISE)
        write_elementwise (g, in, &operands);
      else if (monge_op_get_info (in->op)->op_class == MONGE_OP_CLASS_FOLD)
        write_fold (g, in, &operands);
      else
        write_structure (g, in, &operands);
      clear_operands (&operands);
    }
}

/* --- Functions -------------------------------------------------------------------------------- */

static void
enter_section (Generator *g, Section section)
{
  g->section = section;
  g->is_float = section == PAIR && g->program->precision == MONGE_FLOAT32;
  g->real = section == PAIR ? "real" : "double";
  memset (g->version, 0, g->program->n_registers * sizeof *g->version);
}

static void
write_axis (Generator *g, Section section)
{
  static const char *const heads[] = {
    "  once (const MongeGenericArguments &arguments, double *to)\n",
    "  row (const MongeGenericArguments &arguments, const double *once, unsigned i, real *to,\n"
    "       unsigned long long step)\n",
    "  column (const MongeGenericArguments &arguments, const double *once, unsigned i, real *to,\n"
    "          unsigned long long step)\n",
  };

  enter_section (g, section);
  g_string_append (g->text, "\n  MONGE_METHOD static void\n");
  g_string_append (g->text, heads[section]);
  g_string_append (g->text, "  {\n");
  write_section (g);
  for (guint k = 0; k < g->values[section]->len; k++)
    {
      g_autofree char *name = name_number (g, g_array_index (g->values[section], guint, k));

      if (section == ONCE)
        g_string_append_printf (g->text, "    to[%u] = %s;\n", k, name);
      else
        g_string_append_printf (g->text, "    to[%u * step] = (real) %s;\n", k, name);
    }
  g_string_append (g->text, "  }\n");
}

static void
write_outputs (Generator *g, const char *to, guint first, guint dim)
{
  for (guint d = 0; d < dim; d++)
    {
      g_autofree char *name = name_number (g, first + d);

      g_string_append_printf (g->text, "    %s[%u] = %s;\n", to, d, name);
    }
}

static void
write_pair (Generator *g)
{
  enter_section (g, PAIR);
  g_string_append (g->text, "\n  MONGE_METHOD static void\n"
                            "  pair (const real *once, const real *row, const real *column,\n"
                            "        unsigned long long step, real *body, real *weight)\n"
                            "  {\n");
  write_section (g);
  write_outputs (g, "body", g->program->body, g->program->body_dim);
  write_outputs (g, "weight", g->program->weight, g->program->weight_dim);
  g_string_append (g->text, "  }\n");
}

static const char *
get_state (const MongeProgram *program, gboolean in_memory)
{
  switch (program->op)
    {
    case MONGE_REDUCE_SUM:
    case MONGE_REDUCE_MEAN: return "MongeSum";
    case MONGE_REDUCE_LOG_SUM_EXP:
    case MONGE_REDUCE_SOFT_MEAN: return "MongeExponentials";
    case MONGE_REDUCE_MIN:
    case MONGE_REDUCE_MAX: return "MongeExtrema";
    default: return in_memory ? "MongeHeap" : "MongePlaces";
    }
}

static void
write_kernels (GString *text)
{
  static const struct {
    const char *name;
    gboolean has_arguments;
  } kernels[] = { { "once", TRUE }, { "axes", TRUE }, { "pairs", FALSE }, { "finish", FALSE } };

  for (guint k = 0; k < G_N_ELEMENTS (kernels); k++)
    {
      g_string_append (text, "\nextern \"C\" __global__ void\n");
      if (kernels[k].has_arguments)
        g_string_append_printf (text,
                                "@_%s (const MongeGenericArguments arguments,\n"
                                "  const MongeGenericLaunch launch)\n"
                                "{\n"
                                "  monge_run_%s<@> (arguments, launch);\n"
                                "}\n",
                                kernels[k].name, kernels[k].name);
      else
        g_string_append_printf (text,
                                "__launch_bounds__ (%u)\n"
                                "@_%s (const MongeGenericLaunch launch)\n"
                                "{\n"
                                "  monge_run_%s<@> (launch);\n"
                                "}\n",
                                THREADS, kernels[k].name, kernels[k].name);
    }
}

/* --- How the work is laid out ----------------------------------------------------------------- */

static guint64
count_components (const MongeSection *section)
{
  guint64 n = 0;

  for (guint k = 0; k < section->n_instructions; k++)
    {
      const MongeInstruction *in = &section->instructions[k];

      n += in->op == MONGE_OP_MATVEC ? (guint64) in->dim * in->columns : in->dim;
    }
  return n;
}

typedef struct {
  guint column_step, tile, chunk, rows_per_thread, look;
} Layout;

/* Values of a column side by side, so that several come with one load; straight from memory where
 * shared memory holds too few columns. */
static void
lay_out_tile (const MongeCudaSource *source, Layout *layout)
{
  const guint per_load = 16 / source->real_size, n = MAX (source->column_values, 1);
  guint step = n < per_load ? n : (n + per_load - 1) / per_load * per_load;

  if (n == 3)
    step = 4;
  layout->column_step = step;
  layout->tile = MIN (FEW_BYTES / (step * source->real_size), MAX_TILE);
  if (layout->tile < 16)
    layout->tile = MOST_BYTES / (step * source->real_size);
  if (layout->tile >= 32)
    layout->tile -= layout->tile % 32;
  if (layout->tile >= 8)
    return;
  layout->column_step = 0;
  layout->tile = MAX_TILE;
}

/* Several columns at a time, and several rows per thread, where that fits in registers. */
static void
lay_out (const MongeProgram *program, MongeCudaSource *source, Layout *layout)
{
  const guint n = source->n_components, out = program->body_dim + program->weight_dim;

  lay_out_tile (source, layout);
  layout->chunk = n <= 64 && out <= 4 ? 4 : n <= 256 && out <= 8 ? 2 : 1;
  layout->rows_per_thread = n <= 48 && out <= 4 && source->row_values <= 8 && program->k <= 1 ? 2
                                                                                              : 1;
  layout->look = CLAMP (65536 / ((n + 8) * layout->tile), 1, 16);
  source->threads = THREADS;
  source->rows_per_block = THREADS * layout->rows_per_thread;
  source->shared_bytes = 16 + layout->column_step * layout->tile * source->real_size;
}

static guint
count_slots (const MongeProgram *program)
{
  switch (program->op)
    {
    case MONGE_REDUCE_LOG_SUM_EXP: return 2;
    case MONGE_REDUCE_SOFT_MEAN: return 2 + program->weight_dim;
    case MONGE_REDUCE_ARG_MIN:
    case MONGE_REDUCE_ARG_MAX: return 2 * program->body_dim + 1;
    case MONGE_REDUCE_K_MIN:
    case MONGE_REDUCE_ARG_K_MIN: return 2 * program->k + 1;
    default: return program->body_dim;
    }
}

static void
write_sizes (GString *text, const MongeProgram *program, const MongeCudaSource *source,
             const Layout *layout)
{
  const struct {
    const char *name;
    guint value;
  } sizes[] = {
    { "threads", source->threads },
    { "rows_per_thread", layout->rows_per_thread },
    { "tile", layout->tile },
    { "chunk", layout->chunk },
    { "look", layout->look },
    { "once_values", source->once_values },
    { "row_values", source->row_values },
    { "column_values", source->column_values },
    { "column_step", layout->column_step },
    { "body", program->body_dim },
    { "weight", program->weight_dim },
    { "k", program->k },
    { "is_mean", program->op == MONGE_REDUCE_MEAN || program->op == MONGE_REDUCE_SOFT_MEAN },
    { "wants_largest", program->op == MONGE_REDUCE_MAX || program->op == MONGE_REDUCE_ARG_MAX },
    { "gives_indices", monge_reduce_op_gives_indices (program->op) },
    { "in_memory", source->in_memory },
  };

  g_string_append (text, "  enum {\n");
  for (guint k = 0; k < G_N_ELEMENTS (sizes); k++)
    g_string_append_printf (text, "    %s = %u,\n", sizes[k].name, sizes[k].value);
  g_string_append (text, "  };\n");
}

/* --- Putting it together ---------------------------------------------------------------------- */

static guint *
new_marks (gsize n)
{
  guint *marks = g_new (guint, MAX (n, 1));

  memset (marks, 0xff, n * sizeof *marks);
  return marks;
}

static void
generator_init (Generator *g, const MongeProgram *program, MongeCudaSource *source)
{
  *g = (Generator){ .program = program, .source = source, .text = g_string_new (NULL) };
  g->constant_of = new_marks (program->n_registers);
  g->variable_of = new_marks (program->n_registers);
  g->value_of = new_marks (program->n_registers);
  g->version = new_marks (program->n_registers);
  g->argument_of = new_marks (program->n_variables);
  g->arguments = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint k = 0; k < G_N_ELEMENTS (g->values); k++)
    g->values[k] = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint c = 0; c < program->n_constants; c++)
    g->constant_of[program->constants[c].to] = c;
  for (guint v = 0; v < program->n_variables; v++)
    for (guint d = 0; d < program->variables[v].dim; d++)
      if (program->variables[v].to + d < program->n_registers)
        g->variable_of[program->variables[v].to + d] = v;
}

static void
generator_clear (Generator *g)
{
  g_string_free (g->text, TRUE);
  g_free (g->constant_of);
  g_free (g->variable_of);
  g_free (g->value_of);
  g_free (g->version);
  g_free (g->argument_of);
  g_array_unref (g->arguments);
  for (guint k = 0; k < G_N_ELEMENTS (g->values); k++)
    g_array_unref (g->values[k]);
}

/* The struct and the kernels, with @ for the name that depends on them. */
static void
write_program (Generator *g)
{
  MongeCudaSource *source = g->source;
  const MongeProgram *program = g->program;
  Layout layout;

  lay_out (program, source, &layout);
  g_string_append_printf (g->text, "struct @ {\n  typedef %s real;\n",
                          source->real_size == sizeof (float) ? "float" : "double");
  g_string_append_printf (g->text, "  typedef %s<@> State;\n",
                          get_state (program, source->in_memory));
  write_sizes (g->text, program, source, &layout);
  for (Section section = ONCE; section <= COLUMN; section++)
    write_axis (g, section);
  write_pair (g);
  g_string_append (g->text, "};\n");
  write_kernels (g->text);
}

/* FNV-1a, 64 bits (Fowler, Noll, Vo). */
static guint64
hash_text (guint64 hash, const char *text)
{
  for (; *text != '\0'; text++)
    hash = (hash ^ (guchar) *text) * G_GUINT64_CONSTANT (0x100000001b3);
  return hash;
}

static void
name_source (MongeCudaSource *source, GString *program)
{
  const guint64 hash = hash_text (hash_text (G_GUINT64_CONSTANT (0xcbf29ce484222325),
                                             monge_generic_text), program->str);
  const gsize shared = strlen (monge_generic_text);

  source->name = g_strdup_printf ("monge_program_%016" G_GINT64_MODIFIER "x", hash);
  g_string_replace (program, "@", source->name, 0);
  source->text = g_strconcat (monge_generic_text, "\n", program->str, NULL);
  source->program_text = source->text + shared + 1;
}

static gboolean
check_size (const MongeProgram *program, GError **error)
{
  guint64 n = program->body_dim + program->weight_dim;

  for (guint axis = 0; axis < G_N_ELEMENTS (program->sections); axis++)
    n += count_components (&program->sections[axis]);
  if (n <= MONGE_CUDA_SOURCE_MAX_COMPONENTS)
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
               "The formula has %" G_GUINT64_FORMAT " components, more than the %d that one kernel "
               "of a card holds; the CPU computes it: use --backend cpu",
               n, MONGE_CUDA_SOURCE_MAX_COMPONENTS);
  return FALSE;
}

static gboolean
check_arguments (const Generator *g, GError **error)
{
  if (g->arguments->len <= MONGE_GENERIC_MAX_ARGUMENTS)
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
               "The formula reads %u variables, more than the %d that a card's kernel is given; "
               "put several into one vector, or use --backend cpu",
               g->arguments->len, MONGE_GENERIC_MAX_ARGUMENTS);
  return FALSE;
}

MongeCudaSource *
monge_cuda_source_new (const MongeProgram *program, GError **error)
{
  g_autoptr (MongeCudaSource) source = NULL;
  Generator g;

  g_return_val_if_fail (program != NULL, NULL);
  if (!check_size (program, error))
    return NULL;
  source = g_new0 (MongeCudaSource, 1);
  generator_init (&g, program, source);
  note_values (&g);
  source->over = program->over;
  source->once_values = g.values[ONCE]->len;
  source->row_values = g.values[ROW]->len;
  source->column_values = g.values[COLUMN]->len;
  source->real_size = program->precision == MONGE_FLOAT32 ? sizeof (float) : sizeof (double);
  source->n_components = count_components (&program->sections[MONGE_AXIS_PAIR]);
  source->in_memory = program->k > MAX_PLACES;
  source->slots = count_slots (program);
  write_program (&g);
  if (check_arguments (&g, error))
    {
      name_source (source, g.text);
      source->n_arguments = g.arguments->len;
      source->arguments = g_memdup2 (g.arguments->data, g.arguments->len * sizeof (guint));
    }
  generator_clear (&g);
  return source->text != NULL ? g_steal_pointer (&source) : NULL;
}

void
monge_cuda_source_free (MongeCudaSource *source)
{
  if (source == NULL)
    return;
  g_free (source->name);
  g_free (source->text);
  g_free (source->arguments);
  g_free (source);
}
