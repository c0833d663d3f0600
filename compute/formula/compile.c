/* From a graph of expressions to instructions on registers.
 *
 *   order     operands before what uses them, body first, then weight: the same whatever the pool
 *   place     a slice lies inside its operand; operands of a concatenation are written where it
 *             wants them, and copied only if they are variables or wanted twice
 *   allocate  arguments, constants, then results; the pair section gives registers back after their
 *             last use, so that a tile of them stays in cache (Poletto and Sarkar, “Linear scan
 *             register allocation”, 1999) */
#include "compute/formula/program.h"

#include <string.h>

#define NONE G_MAXUINT

/* An expression; those that share registers point to the one that owns them. */
typedef struct {
  const MongeFormula *formula;
  guint owner;  /* itself if it owns registers */
  guint offset; /* in the owner's registers */
  guint to;     /* owners: first register */
  guint last;   /* owners: last step that reads it; NONE if it is a result */
} Node;

/* An instruction before registers are known: operands are nodes. */
typedef struct {
  MongeOp op;
  guint to, to_offset;
  guint from[3], n_from;
  guint dim;
} Step;

typedef struct {
  GArray *nodes;      /* Node */
  GHashTable *places; /* MongeFormula → 1 + index in @nodes */
  GArray *steps;      /* Step */
  GArray *constants;  /* MongeProgramConstant */
  GArray *sections[4];
  GByteArray *axes;   /* of registers */
  guint n_fixed;      /* registers before those of the pair section */
  GByteArray *busy;   /* of the pair section */
  guint hint;         /* no free register before it */
  gsize n_components; /* of all instructions */
  gboolean overflow;
} Compiler;

static Node *
get_node (const Compiler *c, guint index)
{
  return &g_array_index (c->nodes, Node, index);
}

static guint
find_node (const Compiler *c, const MongeFormula *formula)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (c->places, formula)) - 1;
}

static void
compiler_init (Compiler *c)
{
  *c = (Compiler){ 0 };
  c->nodes = g_array_new (FALSE, FALSE, sizeof (Node));
  c->places = g_hash_table_new (NULL, NULL);
  c->steps = g_array_new (FALSE, FALSE, sizeof (Step));
  c->constants = g_array_new (FALSE, FALSE, sizeof (MongeProgramConstant));
  for (guint axis = 0; axis < G_N_ELEMENTS (c->sections); axis++)
    c->sections[axis] = g_array_new (FALSE, FALSE, sizeof (MongeInstruction));
  c->axes = g_byte_array_new ();
  c->busy = g_byte_array_new ();
}

static void
compiler_clear (Compiler *c)
{
  g_array_free (c->nodes, TRUE);
  g_hash_table_destroy (c->places);
  g_array_free (c->steps, TRUE);
  g_array_free (c->constants, TRUE);
  for (guint axis = 0; axis < G_N_ELEMENTS (c->sections); axis++)
    g_array_free (c->sections[axis], TRUE);
  g_byte_array_unref (c->axes);
  g_byte_array_unref (c->busy);
}

/* ------------------------------------------------------------------------------------------------
 * Order
 */

static void
add_node (Compiler *c, const MongeFormula *formula)
{
  const Node node = { .formula = formula, .owner = c->nodes->len };

  if (g_hash_table_contains (c->places, formula))
    return;
  g_array_append_val (c->nodes, node);
  g_hash_table_insert (c->places, (gpointer) formula, GUINT_TO_POINTER (c->nodes->len));
}

/* Operands before what uses them, without recursion: texts may nest deeply. */
static void
add_reachable (Compiler *c, const MongeFormula *root)
{
  typedef struct {
    const MongeFormula *formula;
    guint next;
  } Visit;
  g_autoptr (GArray) stack = g_array_new (FALSE, FALSE, sizeof (Visit));
  Visit first = { root, 0 };

  if (g_hash_table_contains (c->places, root))
    return;
  g_array_append_val (stack, first);
  while (stack->len > 0)
    {
      Visit *top = &g_array_index (stack, Visit, stack->len - 1);
      const MongeFormula *formula = top->formula;

      if (top->next < monge_op_get_info (formula->op)->n_operands)
        {
          Visit operand = { formula->operands[top->next++], 0 };

          if (!g_hash_table_contains (c->places, operand.formula))
            g_array_append_val (stack, operand);
        }
      else
        {
          add_node (c, formula);
          g_array_set_size (stack, stack->len - 1);
        }
    }
}

/* ------------------------------------------------------------------------------------------------
 * Place
 */

static gboolean
is_leaf (const MongeFormula *formula)
{
  return formula->op == MONGE_OP_VARIABLE || formula->op == MONGE_OP_CONSTANT;
}

/* Concatenations claim operands, outermost first, so that nested ones lie in one place. */
static void
place_concatenations (Compiler *c)
{
  for (guint n = c->nodes->len; n-- > 0;)
    {
      const Node *node = get_node (c, n);
      guint offset = node->offset;

      if (node->formula->op != MONGE_OP_CONCAT)
        continue;
      for (guint k = 0; k < 2; k++)
        {
          const MongeFormula *operand = node->formula->operands[k];
          guint index = find_node (c, operand);
          Node *inner = get_node (c, index);

          if (!is_leaf (operand) && operand->op != MONGE_OP_SLICE
              && operand->axis == node->formula->axis && inner->owner == index)
            {
              inner->owner = node->owner;
              inner->offset = offset;
            }
          offset += operand->dim;
        }
    }
}

static void
place_slices (Compiler *c)
{
  for (guint n = 0; n < c->nodes->len; n++)
    {
      Node *node = get_node (c, n);

      if (node->formula->op == MONGE_OP_SLICE)
        {
          const Node *whole = get_node (c, find_node (c, node->formula->operands[0]));

          node->owner = whole->owner;
          node->offset = whole->offset + node->formula->first;
        }
    }
}

/* ------------------------------------------------------------------------------------------------
 * Steps
 */

static void
add_copies (Compiler *c, guint n)
{
  const Node *node = get_node (c, n);
  guint offset = node->offset;

  for (guint k = 0; k < 2; k++)
    {
      guint index = find_node (c, node->formula->operands[k]);
      const Node *operand = get_node (c, index);
      const Step copy = {
        .op = MONGE_OP_COPY,
        .to = node->owner,
        .to_offset = offset,
        .from = { index },
        .n_from = 1,
        .dim = operand->formula->dim,
      };

      if (operand->owner != node->owner || operand->offset != offset)
        g_array_append_val (c->steps, copy);
      offset += operand->formula->dim;
    }
}

static void
add_step (Compiler *c, guint n)
{
  const Node *node = get_node (c, n);
  const MongeFormula *formula = node->formula;
  const MongeOpInfo *info = monge_op_get_info (formula->op);
  Step step = {
    .op = formula->op,
    .to = node->owner,
    .to_offset = node->offset,
    .n_from = info->n_operands,
    .dim = info->op_class == MONGE_OP_CLASS_FOLD ? formula->operands[0]->dim : formula->dim,
  };

  for (guint k = 0; k < info->n_operands; k++)
    step.from[k] = find_node (c, formula->operands[k]);
  g_array_append_val (c->steps, step);
}

static void
add_steps (Compiler *c)
{
  for (guint n = 0; n < c->nodes->len; n++)
    {
      const MongeFormula *formula = get_node (c, n)->formula;

      if (formula->op == MONGE_OP_CONCAT)
        add_copies (c, n);
      else if (!is_leaf (formula) && formula->op != MONGE_OP_SLICE)
        add_step (c, n);
    }
}

static void
find_last_uses (Compiler *c, const MongeReduction *reduction)
{
  for (guint s = 0; s < c->steps->len; s++)
    {
      const Step *step = &g_array_index (c->steps, Step, s);

      for (guint k = 0; k < step->n_from; k++)
        get_node (c, get_node (c, step->from[k])->owner)->last = s;
    }
  get_node (c, get_node (c, find_node (c, reduction->body))->owner)->last = NONE;
  if (reduction->weight != NULL)
    get_node (c, get_node (c, find_node (c, reduction->weight))->owner)->last = NONE;
}

/* ------------------------------------------------------------------------------------------------
 * Allocate
 */

/* The first of @dim new registers that live on @axis. */
static guint
append_registers (Compiler *c, MongeAxis axis, guint dim)
{
  const guint8 byte = (guint8) axis;
  guint first = c->axes->len;

  if (first + dim > MONGE_PROGRAM_MAX_REGISTERS)
    {
      c->overflow = TRUE;
      return 0;
    }
  for (guint d = 0; d < dim; d++)
    g_byte_array_append (c->axes, &byte, 1);
  return first;
}

static void
set_busy (Compiler *c, guint first, guint dim, gboolean busy)
{
  memset (c->busy->data + (first - c->n_fixed), busy, dim);
  if (!busy)
    c->hint = MIN (c->hint, first - c->n_fixed);
}

/* The lowest @dim registers of the pair section that are free side by side. */
static guint
take_registers (Compiler *c, guint dim)
{
  const guint8 taken = TRUE;
  guint first, n_free = 0;

  while (c->hint < c->busy->len && c->busy->data[c->hint])
    c->hint++;
  for (first = c->hint; first + n_free < c->busy->len && n_free < dim;)
    {
      if (c->busy->data[first + n_free])
        {
          first += n_free + 1;
          n_free = 0;
        }
      else
        {
          n_free++;
        }
    }
  if (n_free < dim)
    {
      append_registers (c, MONGE_AXIS_PAIR, dim - n_free);
      if (c->overflow)
        return c->n_fixed;
      while (c->busy->len < first + dim)
        g_byte_array_append (c->busy, &taken, 1);
    }
  set_busy (c, c->n_fixed + first, dim, TRUE);
  return c->n_fixed + first;
}

/* May @step write over its operand @k, read here for the last time? Component by component only. */
static gboolean
can_overwrite (const Compiler *c, const Step *step, guint s, guint k)
{
  const Node *to = get_node (c, step->to);
  const guint owner = get_node (c, step->from[k])->owner;
  const Node *over = get_node (c, owner);

  if (monge_op_get_info (step->op)->op_class != MONGE_OP_CLASS_ELEMENTWISE
      || to->formula->op == MONGE_OP_CONCAT || over->formula->axis != MONGE_AXIS_PAIR
      || over->last != s || over->formula->dim != step->dim)
    return FALSE;
  for (guint other = 0; other < step->n_from; other++)
    {
      const Node *operand = get_node (c, step->from[other]);

      if (operand->owner == owner && (operand->offset != 0 || operand->formula->dim != step->dim))
        return FALSE;
    }
  return TRUE;
}

static void
allocate_pair (Compiler *c, guint s)
{
  const Step *step = &g_array_index (c->steps, Step, s);
  Node *to = get_node (c, step->to);
  guint kept = NONE; /* operand whose registers now hold the result */

  for (guint k = 0; k < step->n_from && to->to == NONE; k++)
    if (can_overwrite (c, step, s, k))
      {
        kept = get_node (c, step->from[k])->owner;
        to->to = get_node (c, kept)->to;
      }
  if (to->to == NONE)
    to->to = take_registers (c, to->formula->dim);
  for (guint k = 0; k < step->n_from; k++)
    {
      guint owner = get_node (c, step->from[k])->owner;
      const Node *node = get_node (c, owner);

      if (node->formula->axis == MONGE_AXIS_PAIR && node->last == s && owner != kept)
        set_busy (c, node->to, node->formula->dim, FALSE);
    }
}

static guint
add_constant (Compiler *c, double value)
{
  MongeProgramConstant constant = { .value = value };

  for (guint n = 0; n < c->constants->len; n++)
    {
      const MongeProgramConstant *known = &g_array_index (c->constants, MongeProgramConstant, n);

      if (memcmp (&known->value, &value, sizeof value) == 0) /* tells −0 from 0, and NaN equals NaN */
        return known->to;
    }
  constant.to = append_registers (c, MONGE_AXIS_NONE, 1);
  g_array_append_val (c->constants, constant);
  return constant.to;
}

static void
allocate_fixed (Compiler *c)
{
  for (guint n = 0; n < c->nodes->len && !c->overflow; n++)
    if (get_node (c, n)->formula->op == MONGE_OP_CONSTANT)
      get_node (c, n)->to = add_constant (c, get_node (c, n)->formula->value);
  for (guint axis = MONGE_AXIS_NONE; axis < MONGE_AXIS_PAIR; axis++)
    for (guint n = 0; n < c->nodes->len && !c->overflow; n++)
      {
        Node *node = get_node (c, n);

        if (node->owner == n && node->formula->axis == axis && node->to == NONE)
          node->to = append_registers (c, axis, node->formula->dim);
      }
  c->n_fixed = c->axes->len;
}

static guint
get_register (const Compiler *c, guint n)
{
  const Node *node = get_node (c, n);

  return get_node (c, node->owner)->to + node->offset;
}

static void
emit (Compiler *c, const Step *step)
{
  const Node *to = get_node (c, step->to);
  MongeInstruction instruction = { .op = step->op, .dim = step->dim, .to = to->to + step->to_offset };

  for (guint k = 0; k < step->n_from; k++)
    {
      instruction.from[k] = get_register (c, step->from[k]);
      instruction.step[k] = get_node (c, step->from[k])->formula->dim > 1 || step->dim == 1;
    }
  if (step->op == MONGE_OP_MATVEC || step->op == MONGE_OP_OUTER)
    instruction.columns = get_node (c, step->from[1])->formula->dim;
  g_array_append_val (c->sections[to->formula->axis], instruction);
  c->n_components += step->dim;
  if (c->n_components > MONGE_PROGRAM_MAX_COMPONENTS)
    c->overflow = TRUE;
}

/* Registers are known when a step's turn comes, and kept by what it wrote until its last use. */
static void
allocate_and_emit (Compiler *c)
{
  for (guint s = 0; s < c->steps->len && !c->overflow; s++)
    {
      const Step *step = &g_array_index (c->steps, Step, s);

      if (get_node (c, step->to)->formula->axis == MONGE_AXIS_PAIR)
        allocate_pair (c, s);
      emit (c, step);
    }
}

/* ------------------------------------------------------------------------------------------------
 * The program
 */

static gboolean
allocate_variables (Compiler *c,
                    const MongeFormula *const *variables,
                    guint n_variables,
                    MongeProgramVariable *to,
                    GError **error)
{
  for (guint n = 0; n < c->nodes->len; n++)
    get_node (c, n)->to = NONE;
  for (guint v = 0; v < n_variables; v++)
    {
      guint index = find_node (c, variables[v]);

      to[v] = (MongeProgramVariable){
        .name = g_strdup (variables[v]->name),
        .axis = variables[v]->axis,
        .dim = variables[v]->dim,
        .to = append_registers (c, variables[v]->axis, variables[v]->dim),
      };
      if (index != NONE)
        get_node (c, index)->to = to[v].to;
    }
  for (guint n = 0; n < c->nodes->len; n++)
    if (get_node (c, n)->formula->op == MONGE_OP_VARIABLE && get_node (c, n)->to == NONE)
      {
        g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
                     "The formula uses “%s”, which is not among its arguments",
                     get_node (c, n)->formula->name);
        return FALSE;
      }
  return TRUE;
}

static gpointer
steal_array (GArray *array, guint *n)
{
  gsize length;
  gpointer data = g_array_steal (array, &length);

  *n = (guint) length;
  return data;
}

static void
take_results (Compiler *c, const MongeReduction *reduction, MongeProgram *program)
{
  program->body = get_register (c, find_node (c, reduction->body));
  program->body_dim = reduction->body->dim;
  if (reduction->weight != NULL)
    {
      program->weight = get_register (c, find_node (c, reduction->weight));
      program->weight_dim = reduction->weight->dim;
    }
  for (MongeAxis axis = MONGE_AXIS_NONE; axis <= MONGE_AXIS_PAIR; axis++)
    {
      MongeSection *section = &program->sections[axis];

      section->axis = axis;
      section->instructions = steal_array (c->sections[axis], &section->n_instructions);
    }
  program->constants = steal_array (c->constants, &program->n_constants);
  program->n_registers = c->axes->len;
  program->register_axis = g_byte_array_steal (c->axes, NULL);
}

MongeProgram *
monge_program_new (const MongeReduction *reduction,
                   MongePrecision precision,
                   const MongeFormula *const *variables,
                   guint n_variables,
                   GError **error)
{
  g_autoptr (MongeProgram) program = NULL;
  Compiler c;

  if (!monge_reduction_check (reduction, error))
    return NULL;
  program = g_new0 (MongeProgram, 1);
  program->precision = precision;
  program->op = reduction->op;
  program->over = reduction->over;
  program->k = reduction->k;
  program->out_dim = monge_reduction_get_dim (reduction);
  program->n_variables = n_variables;
  program->variables = g_new0 (MongeProgramVariable, MAX (n_variables, 1));

  compiler_init (&c);
  add_reachable (&c, reduction->body);
  if (reduction->weight != NULL)
    add_reachable (&c, reduction->weight);
  place_concatenations (&c);
  place_slices (&c);
  add_steps (&c);
  find_last_uses (&c, reduction);
  if (!allocate_variables (&c, variables, n_variables, (MongeProgramVariable *) program->variables,
                           error))
    {
      compiler_clear (&c);
      return NULL;
    }
  allocate_fixed (&c);
  allocate_and_emit (&c);
  if (c.overflow)
    {
      compiler_clear (&c);
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "The formula needs more than %d numbers at a time: make it shorter, or reduce "
                   "vectors to numbers earlier", MONGE_PROGRAM_MAX_REGISTERS);
      return NULL;
    }
  take_results (&c, reduction, program);
  compiler_clear (&c);
  return g_steal_pointer (&program);
}
