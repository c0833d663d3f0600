/* Reads instructions backwards, from what is wanted to the registers that it came from.
 *
 * Products are multiplied out as long as a sum stays short; what cannot be read so (a sine, a
 * minimum) is a register of its own outside the pair section, and not read at all within it. */
#include "compute/backend/terms.h"

#include <math.h>
#include <string.h>

/* Instructions looked at for one program: shared ones may be met along many ways. */
#define BUDGET 1000
#define MAX_DEPTH 64

/* Registers, and the instruction that wrote just these, −1 if no single one did. */
typedef struct {
  guint reg, dim;
  gint made_by;
} Operand;

typedef struct {
  const MongeInstruction *instruction;
  Operand operands[3];
} Made;

struct _MongeTerms {
  const MongeProgram *program;
  Made *made;           /* the instructions of all sections */
  guint n_made;
  gint *written_by;     /* (n_registers) at the end of the program */
  guint x, y, dim;
  guint n_exponents;
  gint exponent_of[MONGE_MAX_EXPONENTS]; /* the instruction whose operand it is */
  MongeTermSum exponents[MONGE_MAX_EXPONENTS];
  guint budget, depth;
};

static gboolean read_operand (MongeTerms *terms, const Operand *operand, MongeTermSum *sum);

/* ------------------------------------------------------------------------------------------------
 * Who wrote what
 */

static guint
get_result_dim (const MongeInstruction *instruction)
{
  return monge_op_get_info (instruction->op)->op_class == MONGE_OP_CLASS_FOLD ? 1
                                                                             : instruction->dim;
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

static Operand
get_operand (const MongeTerms *terms, guint reg, guint dim)
{
  Operand operand = { reg, dim, terms->written_by[reg] };

  if (operand.made_by < 0)
    return operand;
  for (guint d = 1; d < dim; d++)
    if (terms->written_by[reg + d] != operand.made_by)
      operand.made_by = -1;
  if (operand.made_by >= 0)
    {
      const MongeInstruction *instruction = terms->made[operand.made_by].instruction;

      if (instruction->to != reg || get_result_dim (instruction) != dim)
        operand.made_by = -1;
    }
  return operand;
}

static void
trace_instruction (MongeTerms *terms, const MongeInstruction *instruction)
{
  Made *made = &terms->made[terms->n_made];

  made->instruction = instruction;
  for (guint k = 0; k < monge_op_get_info (instruction->op)->n_operands; k++)
    made->operands[k] = get_operand (terms, instruction->from[k],
                                     get_operand_dim (instruction, k));
  for (guint d = 0; d < get_result_dim (instruction); d++)
    terms->written_by[instruction->to + d] = (gint) terms->n_made;
  terms->n_made++;
}

MongeTerms *
monge_terms_new (const MongeProgram *program)
{
  MongeTerms *terms = g_new0 (MongeTerms, 1);
  guint n = 0;

  for (guint axis = 0; axis < G_N_ELEMENTS (program->sections); axis++)
    n += program->sections[axis].n_instructions;
  terms->program = program;
  terms->made = g_new0 (Made, MAX (n, 1));
  terms->written_by = g_new (gint, MAX (program->n_registers, 1));
  terms->budget = BUDGET;
  for (guint r = 0; r < program->n_registers; r++)
    terms->written_by[r] = -1;
  for (guint axis = 0; axis < G_N_ELEMENTS (program->sections); axis++)
    for (guint i = 0; i < program->sections[axis].n_instructions; i++)
      trace_instruction (terms, &program->sections[axis].instructions[i]);
  return terms;
}

void
monge_terms_free (MongeTerms *terms)
{
  if (terms == NULL)
    return;
  g_free (terms->made);
  g_free (terms->written_by);
  g_free (terms);
}

/* ------------------------------------------------------------------------------------------------
 * Arithmetic of terms
 */

MongeAxis
monge_term_get_axis (const MongeTerm *term, const MongeProgram *program)
{
  MongeAxis axis = MONGE_AXIS_NONE;

  for (guint f = 0; f < term->n_factors; f++)
    axis |= program->register_axis[term->factors[f].reg];
  if (term->vector == MONGE_TERM_REGISTERS)
    axis |= program->register_axis[term->first];
  return axis;
}

static gint
find_factor (const MongeTerm *term, const MongeFactor *factor)
{
  for (guint f = 0; f < term->n_factors; f++)
    if (term->factors[f].reg == factor->reg && term->factors[f].is_absolute == factor->is_absolute)
      return (gint) f;
  return -1;
}

gboolean
monge_term_is_like (const MongeTerm *a, const MongeTerm *b)
{
  if (a->n_factors != b->n_factors || a->length != b->length || a->exponent != b->exponent
      || a->vector != b->vector || (a->vector == MONGE_TERM_REGISTERS && a->first != b->first))
    return FALSE;
  for (guint f = 0; f < a->n_factors; f++)
    {
      gint other = find_factor (b, &a->factors[f]);

      if (other < 0 || b->factors[other].power != a->factors[f].power)
        return FALSE;
    }
  return TRUE;
}

static void
set_number (MongeTermSum *sum, double value)
{
  sum->n_terms = 1;
  sum->terms[0] = (MongeTerm){ .coefficient = value, .exponent = -1 };
}

static void
set_register (MongeTermSum *sum, guint reg)
{
  set_number (sum, 1);
  sum->terms[0].n_factors = 1;
  sum->terms[0].factors[0] = (MongeFactor){ reg, 1, FALSE };
}

static gboolean
multiply_factor (MongeTerm *term, const MongeFactor *factor)
{
  gint f = find_factor (term, factor);

  if (f < 0)
    {
      if (term->n_factors == MONGE_MAX_FACTORS)
        return FALSE;
      term->factors[term->n_factors++] = *factor;
      return TRUE;
    }
  term->factors[f].power += factor->power;
  if (term->factors[f].power == 0)
    term->factors[f] = term->factors[--term->n_factors];
  return TRUE;
}

/* @a ← @a @b: one exponential and one vector at most. */
static gboolean
multiply_term (MongeTerm *a, const MongeTerm *b)
{
  if ((a->exponent >= 0 && b->exponent >= 0)
      || (a->vector != MONGE_TERM_ONE && b->vector != MONGE_TERM_ONE))
    return FALSE;
  a->coefficient *= b->coefficient;
  a->length += b->length;
  a->exponent = MAX (a->exponent, b->exponent);
  if (b->vector != MONGE_TERM_ONE)
    {
      a->vector = b->vector;
      a->first = b->first;
    }
  for (guint f = 0; f < b->n_factors; f++)
    if (!multiply_factor (a, &b->factors[f]))
      return FALSE;
  return TRUE;
}

static gboolean
add_term (MongeTermSum *sum, const MongeTerm *term)
{
  for (guint t = 0; t < sum->n_terms; t++)
    if (monge_term_is_like (&sum->terms[t], term))
      {
        sum->terms[t].coefficient += term->coefficient;
        if (sum->terms[t].coefficient == 0)
          sum->terms[t] = sum->terms[--sum->n_terms];
        return TRUE;
      }
  if (sum->n_terms == MONGE_MAX_TERMS)
    return FALSE;
  sum->terms[sum->n_terms++] = *term;
  return TRUE;
}

static gboolean
multiply_sums (const MongeTermSum *a, const MongeTermSum *b, MongeTermSum *product)
{
  product->n_terms = 0;
  for (guint s = 0; s < a->n_terms; s++)
    for (guint t = 0; t < b->n_terms; t++)
      {
        MongeTerm term = a->terms[s];

        if (!multiply_term (&term, &b->terms[t]) || !add_term (product, &term))
          return FALSE;
      }
  return TRUE;
}

/* 1 / @sum, if it is one product of registers. */
static gboolean
invert (MongeTermSum *sum)
{
  MongeTerm *term = &sum->terms[0];

  if (sum->n_terms != 1 || term->length != 0 || term->exponent >= 0
      || term->vector != MONGE_TERM_ONE || term->coefficient == 0)
    return FALSE;
  term->coefficient = 1 / term->coefficient;
  for (guint f = 0; f < term->n_factors; f++)
    term->factors[f].power = -term->factors[f].power;
  return TRUE;
}

static void
scale (MongeTermSum *sum, double factor)
{
  for (guint t = 0; t < sum->n_terms; t++)
    sum->terms[t].coefficient *= factor;
}

/* ------------------------------------------------------------------------------------------------
 * Differences x_i − y_j and what is made of them
 */

static gboolean
set_points (MongeTerms *terms, guint x, guint y, guint dim)
{
  if (terms->dim == 0)
    {
      terms->x = x;
      terms->y = y;
      terms->dim = dim;
    }
  return terms->x == x && terms->y == y && terms->dim == dim;
}

static gboolean
is_on (const MongeTerms *terms, guint first, guint dim, MongeAxis axis)
{
  for (guint d = 0; d < dim; d++)
    if (terms->program->register_axis[first + d] != axis)
      return FALSE;
  return TRUE;
}

/* Is @operand x_i − y_j, or y_j − x_i (@sign −1)? */
static gboolean
read_difference (MongeTerms *terms, const Operand *operand, double *sign)
{
  const Made *made;
  const Operand *a, *b;

  if (operand->made_by < 0)
    return FALSE;
  made = &terms->made[operand->made_by];
  if (made->instruction->op != MONGE_OP_SUBTRACT)
    return FALSE;
  a = &made->operands[0];
  b = &made->operands[1];
  if (a->dim != operand->dim || b->dim != operand->dim)
    return FALSE;
  *sign = is_on (terms, a->reg, a->dim, MONGE_AXIS_I) ? 1 : -1;
  if (*sign < 0)
    {
      a = &made->operands[1];
      b = &made->operands[0];
    }
  return is_on (terms, a->reg, a->dim, MONGE_AXIS_I) && is_on (terms, b->reg, b->dim, MONGE_AXIS_J)
         && set_points (terms, a->reg, b->reg, operand->dim);
}

/* @operand as (one product of parameters) × (x_i − y_j). */
static gboolean
read_scaled_difference (MongeTerms *terms, const Operand *operand, MongeTerm *factor)
{
  MongeTermSum sum;
  double sign;

  if (read_difference (terms, operand, &sign))
    {
      set_number (&sum, sign);
      *factor = sum.terms[0];
      return TRUE;
    }
  if (operand->dim == 1 || !read_operand (terms, operand, &sum) || sum.n_terms != 1
      || sum.terms[0].vector != MONGE_TERM_DIFFERENCE || sum.terms[0].length != 0
      || sum.terms[0].exponent >= 0)
    return FALSE;
  *factor = sum.terms[0];
  factor->vector = MONGE_TERM_ONE;
  return monge_term_get_axis (factor, terms->program) == MONGE_AXIS_NONE;
}

/* |c (x_i − y_j)|^@power */
static gboolean
read_length (MongeTerms *terms, const Operand *operand, gint power, MongeTermSum *sum)
{
  MongeTerm factor;

  if (!read_scaled_difference (terms, operand, &factor))
    return FALSE;
  set_number (sum, power == 1 ? fabs (factor.coefficient)
                              : factor.coefficient * factor.coefficient);
  for (guint f = 0; f < factor.n_factors; f++)
    {
      factor.factors[f].power *= power;
      factor.factors[f].is_absolute = power == 1 && factor.factors[f].power % 2 != 0;
    }
  sum->terms[0].n_factors = factor.n_factors;
  memcpy (sum->terms[0].factors, factor.factors, sizeof factor.factors);
  sum->terms[0].length = power;
  return TRUE;
}

static gboolean
read_unit (MongeTerms *terms, const Operand *operand, MongeTermSum *sum)
{
  MongeTerm factor;

  if (!read_scaled_difference (terms, operand, &factor) || factor.n_factors > 0)
    return FALSE;
  set_number (sum, factor.coefficient > 0 ? 1 : -1);
  sum->terms[0].vector = MONGE_TERM_UNIT;
  return factor.coefficient != 0;
}

/* Σ_d of the squares, written out. */
static gboolean
read_sum_of_components (MongeTerms *terms, const Operand *operand, MongeTermSum *sum)
{
  const Made *made;

  if (operand->made_by < 0)
    return FALSE;
  made = &terms->made[operand->made_by];
  if (made->instruction->op == MONGE_OP_SQUARE
      || (made->instruction->op == MONGE_OP_MULTIPLY
          && made->operands[0].made_by == made->operands[1].made_by
          && made->operands[0].reg == made->operands[1].reg))
    return read_length (terms, &made->operands[0], 2, sum);
  return FALSE;
}

/* ------------------------------------------------------------------------------------------------
 * Instructions
 */

static gboolean
read_exp (MongeTerms *terms, gint made_by, MongeTermSum *sum)
{
  guint e = 0;

  while (e < terms->n_exponents && terms->exponent_of[e] != made_by)
    e++;
  if (e == terms->n_exponents)
    {
      if (e == MONGE_MAX_EXPONENTS
          || !read_operand (terms, &terms->made[made_by].operands[0], &terms->exponents[e]))
        return FALSE;
      terms->exponent_of[e] = made_by;
      terms->n_exponents++;
    }
  set_number (sum, 1);
  sum->terms[0].exponent = (gint) e;
  return TRUE;
}

static gboolean
read_add (MongeTerms *terms, const Made *made, double sign, MongeTermSum *sum)
{
  MongeTermSum b;

  if (!read_operand (terms, &made->operands[0], sum)
      || !read_operand (terms, &made->operands[1], &b))
    return FALSE;
  for (guint t = 0; t < b.n_terms; t++)
    {
      b.terms[t].coefficient *= sign;
      if (!add_term (sum, &b.terms[t]))
        return FALSE;
    }
  return TRUE;
}

static gboolean
read_multiply (MongeTerms *terms, const Operand *operand_a, const Operand *operand_b,
               gboolean divide, MongeTermSum *sum)
{
  MongeTermSum a, b;

  return read_operand (terms, operand_a, &a) && read_operand (terms, operand_b, &b)
         && (!divide || invert (&b)) && multiply_sums (&a, &b, sum);
}

static gboolean
read_square (MongeTerms *terms, const Operand *operand, MongeTermSum *sum)
{
  return (operand->dim == 1 && read_length (terms, operand, 2, sum))
         || read_multiply (terms, operand, operand, FALSE, sum);
}

/* √ of |x_i − y_j|² alone, perhaps times a positive number. */
static gboolean
read_sqrt (MongeTerms *terms, const Operand *operand, MongeTermSum *sum)
{
  MongeTerm *term = &sum->terms[0];

  if (!read_operand (terms, operand, sum) || sum->n_terms != 1 || term->length != 2
      || term->n_factors != 0 || term->vector != MONGE_TERM_ONE || term->exponent >= 0
      || !(term->coefficient > 0))
    return FALSE;
  term->coefficient = sqrt (term->coefficient);
  term->length = 1;
  return TRUE;
}

static gboolean
read_instruction (MongeTerms *terms, gint made_by, MongeTermSum *sum)
{
  const Made *made = &terms->made[made_by];
  const Operand *a = &made->operands[0], *b = &made->operands[1];

  switch (made->instruction->op)
    {
    case MONGE_OP_COPY:
      return read_operand (terms, a, sum);
    case MONGE_OP_NEGATE:
      if (!read_operand (terms, a, sum))
        return FALSE;
      scale (sum, -1);
      return TRUE;
    case MONGE_OP_ADD:
      return read_add (terms, made, 1, sum);
    case MONGE_OP_SUBTRACT:
      return read_add (terms, made, -1, sum);
    case MONGE_OP_MULTIPLY:
      if (a->dim == 1 && a->reg == b->reg && a->made_by == b->made_by)
        return read_square (terms, a, sum);
      return read_multiply (terms, a, b, FALSE, sum);
    case MONGE_OP_DIVIDE:
      return read_multiply (terms, a, b, TRUE, sum);
    case MONGE_OP_INVERSE:
      return read_operand (terms, a, sum) && invert (sum);
    case MONGE_OP_SQUARE:
      return read_square (terms, a, sum);
    case MONGE_OP_SQRT:
      return read_sqrt (terms, a, sum);
    case MONGE_OP_EXP:
      return made->instruction->dim == 1 && read_exp (terms, made_by, sum);
    case MONGE_OP_SQNORM:
      return read_length (terms, a, 2, sum);
    case MONGE_OP_NORM:
      return read_length (terms, a, 1, sum);
    case MONGE_OP_ABS:
      return a->dim == 1 && read_length (terms, a, 1, sum);
    case MONGE_OP_DOT:
      return a->reg == b->reg && a->made_by == b->made_by && read_length (terms, a, 2, sum);
    case MONGE_OP_SUM:
      return read_sum_of_components (terms, a, sum);
    case MONGE_OP_NORMALISE:
      return read_unit (terms, a, sum);
    case MONGE_OP_SIGN:
      return a->dim == 1 && read_unit (terms, a, sum);
    default:
      return FALSE;
    }
}

/* Outside the pair section, a number: a constant, a product of others, or just its register. */
static void
read_fixed_number (MongeTerms *terms, const Operand *operand, MongeTermSum *sum)
{
  const MongeProgram *program = terms->program;

  for (guint n = 0; n < program->n_constants; n++)
    if (program->constants[n].to == operand->reg)
      {
        set_number (sum, program->constants[n].value);
        if (program->constants[n].value == 0)
          sum->n_terms = 0;
        return;
      }
  if (operand->made_by >= 0 && terms->made[operand->made_by].instruction->op != MONGE_OP_EXP
      && read_instruction (terms, operand->made_by, sum))
    return;
  set_register (sum, operand->reg);
}

/* A vector: numbers times another, or just its registers. */
static void
read_fixed_vector (MongeTerms *terms, const Operand *operand, MongeTermSum *sum)
{
  if (operand->made_by >= 0 && read_instruction (terms, operand->made_by, sum)
      && sum->n_terms == 1 && sum->terms[0].vector == MONGE_TERM_REGISTERS)
    return;
  set_number (sum, 1);
  sum->terms[0].vector = MONGE_TERM_REGISTERS;
  sum->terms[0].first = operand->reg;
}

static gboolean
read_pair (MongeTerms *terms, const Operand *operand, MongeTermSum *sum)
{
  double sign;

  if (operand->made_by < 0)
    return FALSE;
  if (operand->dim > 1 && read_difference (terms, operand, &sign))
    {
      set_number (sum, sign);
      sum->terms[0].vector = MONGE_TERM_DIFFERENCE;
      return TRUE;
    }
  return read_instruction (terms, operand->made_by, sum);
}

static gboolean
read_operand (MongeTerms *terms, const Operand *operand, MongeTermSum *sum)
{
  gboolean done = TRUE;

  if (terms->budget == 0 || terms->depth == MAX_DEPTH)
    return FALSE;
  terms->budget--;
  terms->depth++;
  if (terms->program->register_axis[operand->reg] == MONGE_AXIS_PAIR)
    done = read_pair (terms, operand, sum);
  else if (operand->dim == 1)
    read_fixed_number (terms, operand, sum);
  else
    read_fixed_vector (terms, operand, sum);
  terms->depth--;
  return done;
}

/* ------------------------------------------------------------------------------------------------
 * Reading
 */

/* Powers of a factor of @term that is register @reg, taken away. */
static gboolean
remove_factor (MongeTerm *term, guint reg)
{
  gint f = find_factor (term, &(MongeFactor){ reg, 1, FALSE });

  if (f < 0 || term->factors[f].power != 1)
    return FALSE;
  term->factors[f] = term->factors[--term->n_factors];
  return TRUE;
}

/* In one dimension a difference is read as two numbers: t x_i − t y_j is t (x_i − y_j). */
static void
collect_differences (const MongeTerms *terms, MongeTermSum *sum)
{
  if (terms->dim != 1)
    return;
  for (guint s = 0; s < sum->n_terms; s++)
    for (guint t = 0; t < sum->n_terms; t++)
      {
        MongeTerm a = sum->terms[s], b = sum->terms[t];

        if (a.coefficient + b.coefficient != 0 || !remove_factor (&a, terms->x)
            || !remove_factor (&b, terms->y) || a.vector != MONGE_TERM_ONE
            || !monge_term_is_like (&a, &b))
          continue;
        a.vector = MONGE_TERM_DIFFERENCE;
        sum->terms[s] = a;
        sum->terms[t] = sum->terms[--sum->n_terms];
        return;
      }
}

/* Registers from @first on that one instruction wrote, or that none did. */
static guint
get_run (const MongeTerms *terms, guint first, guint dim)
{
  guint run = 1;

  while (run < dim && terms->written_by[first + run] == terms->written_by[first])
    run++;
  return run;
}

guint
monge_terms_read (MongeTerms *terms, guint first, guint dim, MongeTermPart *parts, guint max_parts)
{
  guint n_parts = 0;

  for (guint d = 0; d < dim; n_parts++)
    {
      const guint run = get_run (terms, first + d, dim - d);
      const Operand operand = get_operand (terms, first + d, run);

      if (n_parts == max_parts || !read_operand (terms, &operand, &parts[n_parts].sum))
        return 0;
      collect_differences (terms, &parts[n_parts].sum);
      parts[n_parts].first = d;
      parts[n_parts].dim = run;
      d += run;
    }
  return n_parts;
}

const MongeTermSum *
monge_terms_get_exponent (const MongeTerms *terms, guint exponent)
{
  return &terms->exponents[exponent];
}

guint
monge_terms_get_points (const MongeTerms *terms, guint *x, guint *y)
{
  *x = terms->x;
  *y = terms->y;
  return terms->dim;
}
