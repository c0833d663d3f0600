/* From instructions on registers to steps on values:
 *
 *   1. every component written becomes a value of its own, vector instructions become one operation
 *      per component or per fold;
 *   2. sequences that one loop can do are joined;
 *   3. each operation gets the loop for the kinds of its operands, with copies where there is none;
 *   4. values get slots, as registers are given out in straight-line code. */
#include "compute/backend/cpu/interpret-code.h"

#include <string.h>

#define NONE G_MAXUINT

/* What an operation does: a MongeOp, or one of these. */
enum {
  DO_NOTHING = MONGE_N_OPS,
  DO_EXP_PRODUCT,
  DO_MULTIPLY_ADD,          /* c + a b */
  DO_NEGATIVE_MULTIPLY_ADD, /* c − a b */
  DO_MULTIPLY_SUBTRACT,     /* a b − c */
  DO_FOLD,
};

/* On the values @from[first …]. */
typedef struct {
  guint what; /* DO_FOLD + MongeFold for folds */
  guint to;
  guint first, n_from;
} Operation;

typedef struct {
  const MongeProgram *program;
  const MongeTileSet *set;
  const MongeTileKind *kinds;
  guint *current;      /* (n_registers) the value each holds */
  GArray *value_kinds; /* guint8 */
  GArray *inputs;      /* MongeCodeInput */
  GArray *operations;  /* Operation */
  GArray *from;        /* guint */
  guint *made_by;      /* (values of step 1) the operation, or NONE */
  guint *uses;         /* (values of step 1) */
  guint n_named;       /* how many those are */
  GArray *steps;       /* MongeCodeStep */
  GArray *operands;    /* guint */
  GHashTable *copies;  /* value → the same as vectors */
} Builder;

static guint
add_value (Builder *b, MongeTileKind kind)
{
  guint8 k = kind;

  g_array_append_val (b->value_kinds, k);
  return b->value_kinds->len - 1;
}

static MongeTileKind
get_kind (const Builder *b, guint value)
{
  return g_array_index (b->value_kinds, guint8, value);
}

static guint
read_register (Builder *b, guint from)
{
  MongeAxis axis = b->program->register_axis[from];
  MongeCodeInput input;

  if (b->current[from] != NONE)
    return b->current[from];
  g_assert (axis != MONGE_AXIS_PAIR);
  input = (MongeCodeInput){ .value = add_value (b, b->kinds[axis]), .from = from, .axis = axis };
  g_array_append_val (b->inputs, input);
  return b->current[from] = input.value;
}

static guint
add_operation (Builder *b, guint what, const guint *from, guint n_from)
{
  Operation operation = { .what = what, .first = b->from->len, .n_from = n_from };

  g_array_append_vals (b->from, from, n_from);
  operation.to = add_value (b, MONGE_TILE_VECTORS);
  g_array_append_val (b->operations, operation);
  return operation.to;
}

/* Step 1. */

static guint
read_component (Builder *b, const MongeInstruction *in, guint operand, guint d)
{
  return read_register (b, in->from[operand] + d * in->step[operand]);
}

static guint
add_fold (Builder *b, MongeFold fold, const MongeInstruction *in, guint n_operands)
{
  g_autofree guint *from = g_new (guint, in->dim * n_operands);

  for (guint d = 0; d < in->dim; d++)
    for (guint k = 0; k < n_operands; k++)
      from[d * n_operands + k] = read_component (b, in, k, d);
  return add_operation (b, DO_FOLD + fold, from, in->dim * n_operands);
}

/* @to: (dim) results. */
static void
translate_structure (Builder *b, const MongeInstruction *in, guint *to)
{
  const guint c = in->columns;
  g_autofree guint *row = g_new (guint, 2 * MAX (c, 1));

  if (in->op == MONGE_OP_NORMALISE)
    {
      guint square = add_fold (b, MONGE_FOLD_SQNORM, in, 1);
      guint inverse = add_operation (b, MONGE_OP_NORMALISE, &square, 1);

      for (guint d = 0; d < in->dim; d++)
        to[d] = add_operation (b, MONGE_OP_MULTIPLY,
                               (guint[]){ read_component (b, in, 0, d), inverse }, 2);
    }
  else if (in->op == MONGE_OP_MATVEC)
    {
      for (guint r = 0; r < in->dim; r++)
        {
          for (guint l = 0; l < c; l++)
            {
              row[2 * l] = read_register (b, in->from[0] + r * c + l);
              row[2 * l + 1] = read_register (b, in->from[1] + l);
            }
          to[r] = add_operation (b, DO_FOLD + MONGE_FOLD_DOT, row, 2 * c);
        }
    }
  else
    {
      for (guint d = 0; d < in->dim; d++)
        to[d] = add_operation (b, MONGE_OP_MULTIPLY,
                               (guint[]){ read_register (b, in->from[0] + d / c),
                                          read_register (b, in->from[1] + d % c) }, 2);
    }
}

static guint
translate_fold (Builder *b, const MongeInstruction *in)
{
  guint square;

  switch (in->op)
    {
    case MONGE_OP_DOT:
      return add_fold (b, MONGE_FOLD_DOT, in, 2);
    case MONGE_OP_SUM:
      return add_fold (b, MONGE_FOLD_SUM, in, 1);
    case MONGE_OP_MAX_COMPONENT:
      return add_fold (b, MONGE_FOLD_MAX, in, 1);
    default:
      square = add_fold (b, MONGE_FOLD_SQNORM, in, 1);
      return in->op == MONGE_OP_NORM ? add_operation (b, MONGE_OP_SQRT, &square, 1) : square;
    }
}

static void
translate (Builder *b, const MongeInstruction *in)
{
  const MongeOpInfo *info = monge_op_get_info (in->op);
  const gboolean is_fold = info->op_class == MONGE_OP_CLASS_FOLD;
  const guint n_results = is_fold ? 1 : in->dim;
  g_autofree guint *to = g_new (guint, n_results);

  if (is_fold)
    to[0] = translate_fold (b, in);
  else if (info->op_class == MONGE_OP_CLASS_STRUCTURE)
    translate_structure (b, in, to);
  else
    for (guint d = 0; d < in->dim; d++)
      {
        guint from[3];

        for (guint k = 0; k < info->n_operands; k++)
          from[k] = read_component (b, in, k, d);
        to[d] = in->op == MONGE_OP_COPY ? from[0]
                                        : add_operation (b, in->op, from, info->n_operands);
      }
  /* Only now: what is read may be written over. */
  for (guint d = 0; d < n_results; d++)
    b->current[in->to + d] = to[d];
}

/* Step 2. */

static Operation *
get_operation (const Builder *b, guint k)
{
  return &g_array_index (b->operations, Operation, k);
}

static guint *
get_from (const Builder *b, const Operation *operation)
{
  return &g_array_index (b->from, guint, operation->first);
}

/* The operation behind @value if it is @what and nothing else reads it. */
static Operation *
made_for_this (const Builder *b, guint value, guint what)
{
  Operation *operation = b->made_by[value] != NONE ? get_operation (b, b->made_by[value]) : NULL;

  return operation != NULL && operation->what == what && b->uses[value] == 1 ? operation : NULL;
}

/* Replaces what @operation does; what it read before is no longer needed if that was its only
 * use. */
static void
join (Builder *b, Operation *operation, guint what, const guint *from, guint n_from)
{
  operation->what = what;
  operation->first = b->from->len;
  operation->n_from = n_from;
  g_array_append_vals (b->from, from, n_from);
}

/* Σ f (a_d − b_d), Σ |a_d − b_d|, Σ a_d b_d in place of their parts. */
static void
join_fold (Builder *b, Operation *operation)
{
  const guint fold = operation->what - DO_FOLD, dim = operation->n_from;
  guint part, whole;
  g_autofree guint *from = g_new (guint, 2 * dim);

  if (fold == MONGE_FOLD_SQNORM)
    {
      part = MONGE_OP_SUBTRACT;
      whole = DO_FOLD + MONGE_FOLD_SQDIST;
    }
  else if (fold == MONGE_FOLD_SUM)
    {
      part = MONGE_OP_MULTIPLY;
      whole = DO_FOLD + MONGE_FOLD_DOT;
    }
  else
    {
      return;
    }
  for (guint d = 0; d < dim; d++)
    {
      Operation *o = made_for_this (b, get_from (b, operation)[d], part);

      if (o == NULL)
        return;
      memcpy (from + 2 * d, get_from (b, o), 2 * sizeof *from);
    }
  for (guint d = 0; d < dim; d++)
    made_for_this (b, get_from (b, operation)[d], part)->what = DO_NOTHING;
  join (b, operation, whole, from, 2 * dim);
}

static void
join_sum (Builder *b, Operation *operation)
{
  const gboolean is_add = operation->what == MONGE_OP_ADD;
  guint from[2];

  memcpy (from, get_from (b, operation), sizeof from);
  for (guint k = 0; k < 2; k++)
    {
      Operation *product = made_for_this (b, from[k], MONGE_OP_MULTIPLY);
      const guint *factors;

      if (product == NULL)
        continue;
      factors = get_from (b, product);
      product->what = DO_NOTHING;
      join (b, operation,
            is_add   ? DO_MULTIPLY_ADD
            : k == 0 ? DO_MULTIPLY_SUBTRACT
                     : DO_NEGATIVE_MULTIPLY_ADD,
            (guint[]){ factors[0], factors[1], from[1 - k] }, 3);
      return;
    }
}

static void
join_exp (Builder *b, Operation *operation)
{
  Operation *product = made_for_this (b, *get_from (b, operation), MONGE_OP_MULTIPLY);
  guint from[2];

  if (product == NULL)
    return;
  memcpy (from, get_from (b, product), sizeof from);
  if (get_kind (b, from[0]) != MONGE_TILE_VECTORS)
    {
      guint other = from[0];

      from[0] = from[1];
      from[1] = other;
    }
  if (get_kind (b, from[0]) != MONGE_TILE_VECTORS)
    return;
  product->what = DO_NOTHING;
  join (b, operation, DO_EXP_PRODUCT, from, 2);
}

static void
count_uses (Builder *b, const guint *outputs, guint n_outputs)
{
  b->n_named = b->value_kinds->len;
  b->made_by = g_new (guint, MAX (b->n_named, 1));
  b->uses = g_new0 (guint, MAX (b->n_named, 1));
  memset (b->made_by, 0xff, b->n_named * sizeof *b->made_by);
  for (guint k = 0; k < b->operations->len; k++)
    {
      const Operation *operation = get_operation (b, k);

      b->made_by[operation->to] = k;
      for (guint f = 0; f < operation->n_from; f++)
        b->uses[get_from (b, operation)[f]]++;
    }
  for (guint k = 0; k < n_outputs; k++)
    b->uses[b->current[outputs[k]]]++;
}

/* What nothing reads is not done. */
static void
drop_unused (Builder *b)
{
  for (guint k = b->operations->len; k > 0; k--)
    {
      Operation *operation = get_operation (b, k - 1);

      if (b->uses[operation->to] > 0)
        continue;
      for (guint f = 0; f < operation->n_from; f++)
        b->uses[get_from (b, operation)[f]]--;
      operation->what = DO_NOTHING;
    }
  for (guint k = b->inputs->len; k > 0; k--)
    if (b->uses[g_array_index (b->inputs, MongeCodeInput, k - 1).value] == 0)
      g_array_remove_index (b->inputs, k - 1);
}

static void
join_sequences (Builder *b)
{
  for (guint k = 0; k < b->operations->len; k++)
    {
      Operation *operation = get_operation (b, k);

      if (operation->what >= DO_FOLD)
        join_fold (b, operation);
      else if (operation->what == MONGE_OP_ADD || operation->what == MONGE_OP_SUBTRACT)
        join_sum (b, operation);
      else if (operation->what == MONGE_OP_EXP)
        join_exp (b, operation);
    }
}

/* Step 3. */

static void
add_step (Builder *b, MongeTileFunc func, guint to, const guint *from, guint n_from)
{
  MongeCodeStep step = { .func = func, .to = to, .first = b->operands->len, .n_from = n_from };

  g_assert (func != NULL);
  g_array_append_vals (b->operands, from, n_from);
  g_array_append_val (b->steps, step);
}

static guint
to_vectors (Builder *b, guint value)
{
  MongeTileKind kind = get_kind (b, value);
  gpointer found;
  guint copy;

  if (kind == MONGE_TILE_VECTORS)
    return value;
  if (g_hash_table_lookup_extended (b->copies, GUINT_TO_POINTER (value), NULL, &found))
    return GPOINTER_TO_UINT (found);
  copy = add_value (b, MONGE_TILE_VECTORS);
  add_step (b, b->set->copy[kind], copy, &value, 1);
  g_hash_table_insert (b->copies, GUINT_TO_POINTER (value), GUINT_TO_POINTER (copy));
  return copy;
}

static void
step_binary (Builder *b, const Operation *operation)
{
  guint from[2];

  memcpy (from, get_from (b, operation), sizeof from);
#define FIND b->set->binary[operation->what][get_kind (b, from[0])][get_kind (b, from[1])]
  if (FIND == NULL)
    from[0] = to_vectors (b, from[0]);
  if (FIND == NULL)
    from[1] = to_vectors (b, from[1]);
  add_step (b, FIND, operation->to, from, 2);
#undef FIND
}

/* Puts two operands that may be exchanged in the order that loops know: vectors before one vector
 * before numbers, and vectors in place of the first of two alike. */
static void
order_kinds (Builder *b, guint from[2])
{
  if (get_kind (b, from[0]) > get_kind (b, from[1]))
    {
      guint first = from[0];

      from[0] = from[1];
      from[1] = first;
    }
  if (get_kind (b, from[0]) == get_kind (b, from[1]))
    from[0] = to_vectors (b, from[0]);
}

static void
step_chain (Builder *b, const Operation *operation)
{
  const MongeTileSet *set = b->set;
  MongeTileFunc func;
  guint from[3];
  MongeTileKind ka, kb, kc;

  memcpy (from, get_from (b, operation), sizeof from);
  order_kinds (b, from);
  ka = get_kind (b, from[0]);
  kb = get_kind (b, from[1]);
  kc = get_kind (b, from[2]);
  if (operation->what == DO_MULTIPLY_ADD)
    func = set->multiply_add[ka][kb][kc];
  else if (operation->what == DO_NEGATIVE_MULTIPLY_ADD)
    func = set->negative_multiply_add[ka][kb][kc];
  else
    func = set->multiply_subtract[ka][kb][kc];
  add_step (b, func, operation->to, from, 3);
}

/* Runs of components of the same kinds, each a step that goes on from the one before. */
static void
step_fold (Builder *b, const Operation *operation)
{
  const MongeFold fold = operation->what - DO_FOLD;
  const guint per = fold <= MONGE_FOLD_DISTANCE ? 2 : 1;
  g_autofree guint *from = g_memdup2 (get_from (b, operation), operation->n_from * sizeof (guint));
  guint sum = NONE, d = 0, dim = operation->n_from / per;

  for (guint k = 0; k < dim; k++)
    {
      if (per == 2)
        order_kinds (b, from + 2 * k);
      else
        from[k] = to_vectors (b, from[k]);
    }
  if (fold == MONGE_FOLD_MAX)
    sum = from[d++];
  if (d == dim)
    add_step (b, b->set->copy[MONGE_TILE_VECTORS], operation->to, &sum, 1);
  while (d < dim)
    {
      const MongeTileKind ka = get_kind (b, from[d * per]);
      const MongeTileKind kb = get_kind (b, from[d * per + per - 1]);
      guint operands[1 + 2 * MONGE_TILE_FOLD] = { sum }, n = 0;

      while (n < MONGE_TILE_FOLD && d + n < dim && get_kind (b, from[(d + n) * per]) == ka
             && get_kind (b, from[(d + n) * per + per - 1]) == kb)
        n++;
      memcpy (operands + 1, from + d * per, n * per * sizeof *operands);
      d += n;
      sum = d == dim ? operation->to : add_value (b, MONGE_TILE_VECTORS);
      add_step (b, b->set->fold[fold][ka][kb][n - 1], sum, operands, 1 + n * per);
    }
}

static void
step_if_else (Builder *b, const Operation *operation)
{
  guint from[3];

  for (guint k = 0; k < 3; k++)
    from[k] = to_vectors (b, get_from (b, operation)[k]);
  add_step (b, b->set->if_else, operation->to, from, 3);
}

static void
step_unary (Builder *b, const Operation *operation)
{
  guint from = to_vectors (b, *get_from (b, operation));

  add_step (b, b->set->unary[operation->what], operation->to, &from, 1);
}

static void
choose_loops (Builder *b)
{
  for (guint k = 0; k < b->operations->len; k++)
    {
      const Operation *operation = get_operation (b, k);

      if (operation->what == DO_NOTHING)
        continue;
      else if (operation->what >= DO_FOLD)
        step_fold (b, operation);
      else if (operation->what == DO_EXP_PRODUCT)
        add_step (b, b->set->exp_product[get_kind (b, get_from (b, operation)[1])], operation->to,
                  get_from (b, operation), 2);
      else if (operation->what > DO_EXP_PRODUCT)
        step_chain (b, operation);
      else if (operation->n_from == 1)
        step_unary (b, operation);
      else if (operation->n_from == 2)
        step_binary (b, operation);
      else
        step_if_else (b, operation);
    }
}

/* An output that is a product alone is left to the reduction, which sums products as fast. */
static MongeCodeOutput
take_output (Builder *b, guint value, gboolean products)
{
  MongeCodeOutput output = { .values = { value }, .n_values = 1 };
  Operation *product = made_for_this (b, value, MONGE_OP_MULTIPLY);

  if (product == NULL || !products)
    return output;
  memcpy (output.values, get_from (b, product), sizeof output.values);
  output.n_values = 2;
  product->what = DO_NOTHING;
  return output;
}

/* Step 4. */

static void
mark_last_uses (const MongeCode *code, guint *last)
{
  memset (last, 0, code->n_values * sizeof *last);
  for (guint s = 0; s < code->n_steps; s++)
    for (guint k = 0; k < code->steps[s].n_from; k++)
      if (code->operands[code->steps[s].first + k] != NONE)
        last[code->operands[code->steps[s].first + k]] = s;
  for (guint k = 0; k < code->n_outputs; k++)
    for (guint v = 0; v < code->outputs[k].n_values; v++)
      last[code->outputs[k].values[v]] = NONE;
}

/* Every loop reads its operands' vector c before it writes its result's, so that a result may take
 * the place of an operand. */
static void
give_out_slots (MongeCode *code, gboolean inputs_too)
{
  g_autofree guint *last = g_new (guint, MAX (code->n_values, 1));
  g_autoptr (GArray) unused = g_array_new (FALSE, FALSE, sizeof (guint));

  mark_last_uses (code, last);
  code->slots = g_new (guint, MAX (code->n_values, 1));
  memset (code->slots, 0xff, code->n_values * sizeof *code->slots);
  for (guint k = 0; k < code->n_inputs && inputs_too; k++)
    if (code->kinds[code->inputs[k].value] == MONGE_TILE_VECTORS)
      code->slots[code->inputs[k].value] = code->n_slots++;
  for (guint s = 0; s < code->n_steps; s++)
    {
      const MongeCodeStep *step = &code->steps[s];

      for (guint k = 0; k < step->n_from; k++)
        {
          guint value = code->operands[step->first + k];

          if (value != NONE && code->slots[value] != NONE && last[value] == s)
            {
              g_array_append_val (unused, code->slots[value]);
              last[value] = NONE; /* once, though it may be read twice here */
            }
        }
      if (unused->len > 0)
        {
          code->slots[step->to] = g_array_index (unused, guint, unused->len - 1);
          g_array_set_size (unused, unused->len - 1);
        }
      else
        {
          code->slots[step->to] = code->n_slots++;
        }
    }
}

/* Half of a first-level cache for the slots, within 256 terms that sums may take in float32. */
#define SLOT_BYTES 24576

static void
choose_n_vectors (MongeCode *code)
{
  gsize per_vector = (code->n_slots + 1) * code->set->lanes * code->set->real_size;

  code->n_vectors = CLAMP (SLOT_BYTES / per_vector, 16, 256);
}

static void
clear_builder (Builder *b)
{
  g_free (b->current);
  g_array_unref (b->value_kinds);
  g_array_unref (b->operations);
  g_array_unref (b->from);
  g_free (b->made_by);
  g_free (b->uses);
  g_hash_table_unref (b->copies);
}

MongeCode *
monge_code_new (const MongeProgram *program,
                MongeAxis axis,
                const MongeTileSet *set,
                const MongeTileKind kinds[4],
                const guint *outputs,
                guint n_outputs,
                guint n_whole,
                gboolean products)
{
  const MongeSection *section = &program->sections[axis];
  MongeCode *code = g_new0 (MongeCode, 1);
  Builder b = { .program = program, .set = set, .kinds = kinds };

  b.current = g_new (guint, MAX (program->n_registers, 1));
  memset (b.current, 0xff, program->n_registers * sizeof *b.current);
  b.value_kinds = g_array_new (FALSE, FALSE, sizeof (guint8));
  b.inputs = g_array_new (FALSE, FALSE, sizeof (MongeCodeInput));
  b.operations = g_array_new (FALSE, FALSE, sizeof (Operation));
  b.from = g_array_new (FALSE, FALSE, sizeof (guint));
  b.steps = g_array_new (FALSE, FALSE, sizeof (MongeCodeStep));
  b.operands = g_array_new (FALSE, FALSE, sizeof (guint));
  b.copies = g_hash_table_new (NULL, NULL);

  for (guint k = 0; k < section->n_instructions; k++)
    translate (&b, &section->instructions[k]);
  for (guint k = 0; k < n_outputs; k++)
    read_register (&b, outputs[k]);
  count_uses (&b, outputs, n_outputs);
  drop_unused (&b);
  join_sequences (&b);
  code->set = set;
  code->n_outputs = n_outputs;
  code->outputs = g_new0 (MongeCodeOutput, MAX (n_outputs, 1));
  for (guint k = 0; k < n_outputs; k++)
    code->outputs[k] = take_output (&b, b.current[outputs[k]], products && k >= n_whole);
  choose_loops (&b);
  for (guint k = 0; k < n_outputs; k++)
    if (code->outputs[k].n_values == 2)
      order_kinds (&b, code->outputs[k].values);
    else if (k < n_whole)
      code->outputs[k].values[0] = to_vectors (&b, code->outputs[k].values[0]);

  code->n_values = b.value_kinds->len;
  code->kinds = g_memdup2 (b.value_kinds->data, MAX (code->n_values, 1));
  code->n_steps = b.steps->len;
  code->steps = (MongeCodeStep *) g_array_free (b.steps, FALSE);
  code->operands = (guint *) g_array_free (b.operands, FALSE);
  code->n_inputs = b.inputs->len;
  code->inputs = (MongeCodeInput *) g_array_free (b.inputs, FALSE);
  give_out_slots (code, axis != MONGE_AXIS_PAIR);
  choose_n_vectors (code);
  clear_builder (&b);
  return code;
}

void
monge_code_free (MongeCode *code)
{
  g_free (code->steps);
  g_free (code->operands);
  g_free (code->inputs);
  g_free (code->kinds);
  g_free (code->slots);
  g_free (code->outputs);
  g_free (code);
}

void
monge_code_run (const MongeCode *code, void *const *addresses, gsize n)
{
  for (guint s = 0; s < code->n_steps; s++)
    {
      const MongeCodeStep *step = &code->steps[s];
      const guint *operands = code->operands + step->first;
      const void *from[1 + 2 * MONGE_TILE_FOLD];

      for (guint k = 0; k < step->n_from; k++)
        from[k] = operands[k] != NONE ? addresses[operands[k]] : NULL;
      step->func (addresses[step->to], from, n);
    }
}
