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
#include "compute/backend/cuda/codegen-private.h"
#include "compute/backend/cuda/generic-launch.h"

#include <string.h>

#define THREADS 64
/* Terms of a float32 sum, at most: see MongeChains. */
#define MAX_CHAIN 64
#define MAX_TILE 256
/* Bytes of a tile in shared memory: what lets several blocks run at once, and what there always
 * is. */
#define FEW_BYTES 16384
#define MOST_BYTES 40960
/* K-min of more keeps its places in memory. */
#define MAX_PLACES 16

/* --- Which registers travel between sections -------------------------------------------------- */

MongeCodegenSection
monge_codegen_get_section (const MongeCodegen *self, MongeAxis axis)
{
  if (axis == MONGE_AXIS_NONE)
    return MONGE_SECTION_ONCE;
  if (axis == MONGE_AXIS_PAIR)
    return MONGE_SECTION_PAIR;
  return axis == self->program->over ? MONGE_SECTION_COLUMN : MONGE_SECTION_ROW;
}

MongeAxis
monge_codegen_get_axis (const MongeCodegen *self, MongeCodegenSection section)
{
  if (section == MONGE_SECTION_ONCE)
    return MONGE_AXIS_NONE;
  if (section == MONGE_SECTION_PAIR)
    return MONGE_AXIS_PAIR;
  if (section == MONGE_SECTION_COLUMN)
    return self->program->over;
  return self->program->over == MONGE_AXIS_J ? MONGE_AXIS_I : MONGE_AXIS_J;
}

guint
monge_instruction_get_operand_dim (const MongeInstruction *in, guint k)
{
  if (in->op == MONGE_OP_MATVEC)
    return k == 0 ? in->dim * in->columns : in->columns;
  if (in->op == MONGE_OP_OUTER)
    return k == 0 ? in->dim / in->columns : in->columns;
  return in->step[k] ? in->dim : 1;
}

guint
monge_instruction_get_result_dim (const MongeInstruction *in)
{
  return monge_op_get_info (in->op)->op_class == MONGE_OP_CLASS_FOLD ? 1 : in->dim;
}

/* Not of columns, where one more number would take shared memory. */
static gboolean
is_known_before (const MongeCodegen *g, guint reg)
{
  const MongeCodegenSection home
      = monge_codegen_get_section (g, g->program->register_axis[reg]);

  return home == MONGE_SECTION_ONCE || home == MONGE_SECTION_ROW;
}

guint
monge_codegen_find_factor (const MongeCodegen *self, const MongeInstruction *in, guint d)
{
  const MongeInstruction *pairs = self->program->sections[MONGE_AXIS_PAIR].instructions;
  const guint reg = in->from[0] + d * in->step[0];
  const MongeInstruction *product;

  if (self->program->precision != MONGE_FLOAT32 || in->op != MONGE_OP_EXP
      || self->program->register_axis[reg] != MONGE_AXIS_PAIR
      || self->writer[reg] == MONGE_CODEGEN_NONE)
    return MONGE_CODEGEN_NONE;
  product = &pairs[self->writer[reg]];
  for (guint k = 0; k < 2 && product->op == MONGE_OP_MULTIPLY; k++)
    {
      const guint factor = product->from[k] + (reg - product->to) * product->step[k];

      if (is_known_before (self, factor))
        return factor;
    }
  return MONGE_CODEGEN_NONE;
}

/* @reader reads a register of another section: as it is, or times log2 e. */
static void
note_read (MongeCodegen *g, MongeCodegenSection reader, guint reg, gboolean is_exponent)
{
  const MongeCodegenSection home
      = monge_codegen_get_section (g, g->program->register_axis[reg]);
  const MongeCodegenValue value = { reg, is_exponent };
  guint *place = is_exponent ? &g->exponent_of[reg] : &g->value_of[reg];

  if (home == reader || home == MONGE_SECTION_PAIR || g->constant_of[reg] != MONGE_CODEGEN_NONE
      || *place != MONGE_CODEGEN_NONE)
    return;
  *place = g->values[home]->len;
  g_array_append_val (g->values[home], value);
}

static void
note_instruction (MongeCodegen *g, MongeCodegenSection reader, const MongeInstruction *in)
{
  for (guint k = 0; k < monge_op_get_info (in->op)->n_operands; k++)
    for (guint d = 0; d < monge_instruction_get_operand_dim (in, k); d++)
      note_read (g, reader, in->from[k] + d, FALSE);
  for (guint d = 0; reader == MONGE_SECTION_PAIR && d < in->dim && in->op == MONGE_OP_EXP; d++)
    {
      const guint factor = monge_codegen_find_factor (g, in, d);

      if (factor != MONGE_CODEGEN_NONE)
        note_read (g, reader, factor, TRUE);
    }
}

static void
note_section (MongeCodegen *g, MongeCodegenSection reader)
{
  const MongeSection *section = &g->program->sections[monge_codegen_get_axis (g, reader)];

  for (guint n = 0; n < section->n_instructions; n++)
    {
      const MongeInstruction *in = &section->instructions[n];

      note_instruction (g, reader, in);
      for (guint d = 0; d < monge_instruction_get_result_dim (in); d++)
        g->writer[in->to + d] = n;
    }
}

/* The pairs first: what they read of an axis, that axis may have to read of the parameters. */
static void
note_values (MongeCodegen *g)
{
  const MongeProgram *program = g->program;

  note_section (g, MONGE_SECTION_PAIR);
  for (guint d = 0; d < program->body_dim; d++)
    note_read (g, MONGE_SECTION_PAIR, program->body + d, FALSE);
  for (guint d = 0; d < program->weight_dim; d++)
    note_read (g, MONGE_SECTION_PAIR, program->weight + d, FALSE);
  note_section (g, MONGE_SECTION_ROW);
  note_section (g, MONGE_SECTION_COLUMN);
}
/* --- Functions -------------------------------------------------------------------------------- */

static void
write_axis (MongeCodegen *g, MongeCodegenSection section)
{
  static const char *const heads[] = {
    "  once (const MongeGenericArguments &arguments, double *to)\n",
    "  row (const MongeGenericArguments &arguments, const double *once, unsigned i, real *to,\n"
    "       unsigned long long step)\n",
    "  column (const MongeGenericArguments &arguments, const double *once, unsigned i, real *to,\n"
    "          unsigned long long step)\n",
  };

  g_string_append (g->text, "\n  MONGE_METHOD static void\n");
  g_string_append (g->text, heads[section]);
  g_string_append (g->text, "  {\n");
  monge_codegen_write_section (g, section);
  for (guint k = 0; k < g->values[section]->len; k++)
    {
      const MongeCodegenValue value = g_array_index (g->values[section], MongeCodegenValue, k);
      g_autofree char *name = monge_codegen_name_number (g, value.reg);

      g_string_append_printf (g->text, "    to[%u%s] = %s%s%s;\n", k,
                              section == MONGE_SECTION_ONCE ? "" : " * step",
                              section == MONGE_SECTION_ONCE ? "" : "(real) ",
                              value.is_exponent ? "MONGE_LOG2_E * " : "", name);
    }
  g_string_append (g->text, "  }\n");
}

static void
write_outputs (MongeCodegen *g, const char *to, guint first, guint dim)
{
  for (guint d = 0; d < dim; d++)
    {
      g_autofree char *name = monge_codegen_name_number (g, first + d);

      g_string_append_printf (g->text, "    %s[%u] = %s;\n", to, d, name);
    }
}

static void
write_pair (MongeCodegen *g)
{
  g_string_append (g->text, "\n  MONGE_METHOD static void\n"
                            "  pair (const real *once, const real *row, const real *column,\n"
                            "        unsigned long long step, real *body, real *weight)\n"
                            "  {\n");
  monge_codegen_write_section (g, MONGE_SECTION_PAIR);
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
  layout->tile = MIN (layout->tile, MAX_CHAIN * layout->chunk);
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
generator_init (MongeCodegen *g, const MongeProgram *program, MongeCudaSource *source)
{
  *g = (MongeCodegen){ .program = program, .source = source, .text = g_string_new (NULL) };
  g->constant_of = new_marks (program->n_registers);
  g->variable_of = new_marks (program->n_registers);
  g->value_of = new_marks (program->n_registers);
  g->exponent_of = new_marks (program->n_registers);
  g->version = new_marks (program->n_registers);
  g->writer = new_marks (program->n_registers);
  g->cofactors = g_new0 (char *, program->n_registers + 1);
  g->argument_of = new_marks (program->n_variables);
  g->arguments = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint k = 0; k < G_N_ELEMENTS (g->values); k++)
    g->values[k] = g_array_new (FALSE, FALSE, sizeof (MongeCodegenValue));
  for (guint c = 0; c < program->n_constants; c++)
    g->constant_of[program->constants[c].to] = c;
  for (guint v = 0; v < program->n_variables; v++)
    for (guint d = 0; d < program->variables[v].dim; d++)
      if (program->variables[v].to + d < program->n_registers)
        g->variable_of[program->variables[v].to + d] = v;
}

static void
generator_clear (MongeCodegen *g)
{
  g_string_free (g->text, TRUE);
  g_free (g->constant_of);
  g_free (g->variable_of);
  g_free (g->value_of);
  g_free (g->exponent_of);
  g_free (g->version);
  g_free (g->writer);
  for (guint r = 0; r < g->program->n_registers; r++)
    g_free (g->cofactors[r]);
  g_free (g->cofactors);
  g_free (g->argument_of);
  g_array_unref (g->arguments);
  for (guint k = 0; k < G_N_ELEMENTS (g->values); k++)
    g_array_unref (g->values[k]);
}

/* The struct and the kernels, with @ for the name that depends on them. */
static void
write_program (MongeCodegen *g)
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
  for (MongeCodegenSection section = MONGE_SECTION_ONCE; section <= MONGE_SECTION_COLUMN; section++)
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
check_arguments (const MongeCodegen *g, GError **error)
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
  MongeCodegen g;

  g_return_val_if_fail (program != NULL, NULL);
  if (!check_size (program, error))
    return NULL;
  source = g_new0 (MongeCudaSource, 1);
  generator_init (&g, program, source);
  note_values (&g);
  source->over = program->over;
  source->once_values = g.values[MONGE_SECTION_ONCE]->len;
  source->row_values = g.values[MONGE_SECTION_ROW]->len;
  source->column_values = g.values[MONGE_SECTION_COLUMN]->len;
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
