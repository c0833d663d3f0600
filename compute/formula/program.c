/* Programs copied, compared and printed; compile.c makes them. */
#include "compute/formula/program.h"

#include <string.h>

MongeProgram *
monge_program_dup (const MongeProgram *program)
{
  MongeProgram *copy = g_memdup2 (program, sizeof *program);
  MongeProgramVariable *variables
      = g_memdup2 (program->variables, program->n_variables * sizeof *variables);

  for (guint v = 0; v < program->n_variables; v++)
    variables[v].name = g_strdup (variables[v].name);
  copy->variables = variables;
  copy->constants = g_memdup2 (program->constants,
                               program->n_constants * sizeof *program->constants);
  copy->register_axis = g_memdup2 (program->register_axis, program->n_registers);
  for (guint axis = 0; axis < G_N_ELEMENTS (program->sections); axis++)
    {
      const MongeSection *section = &program->sections[axis];

      copy->sections[axis].instructions
          = g_memdup2 (section->instructions,
                       section->n_instructions * sizeof *section->instructions);
    }
  return copy;
}

void
monge_program_free (MongeProgram *program)
{
  if (program == NULL)
    return;
  for (guint v = 0; v < program->n_variables; v++)
    g_free ((char *) program->variables[v].name);
  g_free ((gpointer) program->variables);
  g_free ((gpointer) program->constants);
  g_free ((gpointer) program->register_axis);
  for (guint axis = 0; axis < G_N_ELEMENTS (program->sections); axis++)
    g_free ((gpointer) program->sections[axis].instructions);
  g_free (program);
}

/* ------------------------------------------------------------------------------------------------
 * Comparing
 */

/* What the program is, as a list of numbers: equal lists, equal programs. */
typedef void (*WordFunc) (guint64 word, gpointer data);

static void
visit_text (const char *text, WordFunc func, gpointer data)
{
  func (strlen (text), data);
  for (; *text != '\0'; text++)
    func ((guchar) *text, data);
}

static void
visit_instruction (const MongeInstruction *instruction, WordFunc func, gpointer data)
{
  visit_text (monge_op_get_info (instruction->op)->name, func, data); /* numbers may change */
  func (instruction->dim, data);
  func (instruction->to, data);
  func (instruction->columns, data);
  for (guint k = 0; k < monge_op_get_info (instruction->op)->n_operands; k++)
    {
      func (instruction->from[k], data);
      func (instruction->step[k], data);
    }
}

static void
visit_arguments (const MongeProgram *program, WordFunc func, gpointer data)
{
  func (program->n_variables, data);
  for (guint v = 0; v < program->n_variables; v++)
    {
      const MongeProgramVariable *variable = &program->variables[v];

      visit_text (variable->name, func, data);
      func (variable->axis, data);
      func (variable->dim, data);
      func (variable->to, data);
    }
  func (program->n_constants, data);
  for (guint n = 0; n < program->n_constants; n++)
    {
      guint64 bits;

      memcpy (&bits, &program->constants[n].value, sizeof bits);
      func (bits, data);
      func (program->constants[n].to, data);
    }
}

static void
visit (const MongeProgram *program, WordFunc func, gpointer data)
{
  func (program->precision, data);
  visit_text (monge_reduce_op_get_name (program->op), func, data);
  func (program->over, data);
  func (program->k, data);
  func (program->out_dim, data);
  func (program->body, data);
  func (program->body_dim, data);
  func (program->weight, data);
  func (program->weight_dim, data);
  visit_arguments (program, func, data);
  func (program->n_registers, data);
  for (guint r = 0; r < program->n_registers; r++)
    func (program->register_axis[r], data);
  for (guint axis = 0; axis < G_N_ELEMENTS (program->sections); axis++)
    {
      func (program->sections[axis].n_instructions, data);
      for (guint n = 0; n < program->sections[axis].n_instructions; n++)
        visit_instruction (&program->sections[axis].instructions[n], func, data);
    }
}

/* One step of SplitMix64's finaliser after each word (Steele, Lea, Flood 2014). */
static void
hash_word (guint64 word, gpointer data)
{
  guint64 *hash = data;
  guint64 mixed = *hash + word + G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  mixed = (mixed ^ (mixed >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  mixed = (mixed ^ (mixed >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  *hash = mixed ^ (mixed >> 31);
}

guint64
monge_program_hash (const MongeProgram *program)
{
  guint64 hash = 0;

  visit (program, hash_word, &hash);
  return hash;
}

static void
append_word (guint64 word, gpointer data)
{
  g_array_append_val ((GArray *) data, word);
}

gboolean
monge_program_equal (const MongeProgram *a, const MongeProgram *b)
{
  g_autoptr (GArray) words_a = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GArray) words_b = g_array_new (FALSE, FALSE, sizeof (guint64));

  visit (a, append_word, words_a);
  visit (b, append_word, words_b);
  return words_a->len == words_b->len
         && memcmp (words_a->data, words_b->data, words_a->len * sizeof (guint64)) == 0;
}

/* ------------------------------------------------------------------------------------------------
 * Printing
 */

static const char *const axis_names[] = { "once", "per row", "per column", "per pair" };

static void
print_registers (GString *text, guint first, guint dim)
{
  if (dim > 1)
    g_string_append_printf (text, "r%u:%u", first, dim);
  else
    g_string_append_printf (text, "r%u", first);
}

static void
print_number (GString *text, double value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (buffer, sizeof buffer, "%.9g", value);
  if (g_ascii_strtod (buffer, NULL) != value)
    g_ascii_dtostr (buffer, sizeof buffer, value);
  g_string_append (text, buffer);
}

static guint
get_operand_dim (const MongeInstruction *instruction, guint k)
{
  if (instruction->op == MONGE_OP_MATVEC)
    return k == 0 ? instruction->dim * instruction->columns : instruction->columns;
  if (instruction->op == MONGE_OP_OUTER)
    return k == 0 ? instruction->dim / instruction->columns : instruction->columns;
  return instruction->step[k] ? instruction->dim : 1;
}

static void
print_instruction (GString *text, const MongeInstruction *instruction)
{
  const MongeOpInfo *info = monge_op_get_info (instruction->op);

  g_string_append (text, "  ");
  print_registers (text, instruction->to,
                   info->op_class == MONGE_OP_CLASS_FOLD ? 1 : instruction->dim);
  g_string_append_printf (text, " = %s", info->name);
  for (guint k = 0; k < info->n_operands; k++)
    {
      g_string_append_c (text, ' ');
      print_registers (text, instruction->from[k], get_operand_dim (instruction, k));
    }
  g_string_append_c (text, '\n');
}

static void
print_arguments (GString *text, const MongeProgram *program)
{
  g_string_append (text, "arguments\n");
  for (guint v = 0; v < program->n_variables; v++)
    {
      const MongeProgramVariable *variable = &program->variables[v];

      g_string_append (text, "  ");
      print_registers (text, variable->to, variable->dim);
      g_string_append_printf (text, " = %s, %s\n", variable->name, axis_names[variable->axis]);
    }
  if (program->n_constants > 0)
    g_string_append (text, "constants\n");
  for (guint n = 0; n < program->n_constants; n++)
    {
      g_string_append_printf (text, "  r%u = ", program->constants[n].to);
      print_number (text, program->constants[n].value);
      g_string_append_c (text, '\n');
    }
}

char *
monge_program_print (const MongeProgram *program)
{
  GString *text = g_string_new (NULL);

  print_arguments (text, program);
  for (guint axis = 0; axis < G_N_ELEMENTS (program->sections); axis++)
    {
      const MongeSection *section = &program->sections[axis];

      if (section->n_instructions > 0)
        g_string_append_printf (text, "%s\n", axis_names[axis]);
      for (guint n = 0; n < section->n_instructions; n++)
        print_instruction (text, &section->instructions[n]);
    }
  g_string_append_printf (text, "%s\n  %s_%s ", program->precision == MONGE_FLOAT32 ? "float32"
                                                                                    : "float64",
                          monge_reduce_op_get_name (program->op),
                          program->over == MONGE_AXIS_J ? "j" : "i");
  print_registers (text, program->body, program->body_dim);
  if (program->weight_dim > 0)
    {
      g_string_append (text, ", ");
      print_registers (text, program->weight, program->weight_dim);
    }
  if (program->k > 0)
    g_string_append_printf (text, ", k = %u", program->k);
  g_string_append_c (text, '\n');
  return g_string_free (text, FALSE);
}
