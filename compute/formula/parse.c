/* Text to formulas, by recursive descent:
 *
 *     reduction   NAME_i expression | NAME_j expression | NAME_j ( expression , expression )
 *     expression  comparison [ ? expression : expression ]
 *     comparison  sum [ < <= > >= == != sum ]
 *     sum         product { + - product }
 *     product     unary { * / unary }
 *     unary       { + - } power
 *     power       postfix [ ^ unary ]
 *     postfix     primary { '[' n ']' | '[' n : n ']' }
 *     primary     number | name | name ( list ) | ( expression ) | '[' list ']'
 */
#include "compute/formula/formula-private.h"
#include "compute/formula/lex.h"
#include "compute/formula/names.h"
#include "compute/formula/reduction.h"

#include <math.h>
#include <string.h>

/* Brackets, exponents and choices inside one another. */
#define MAX_NESTING 200

typedef struct {
  MongeFormulaPool *pool;
  const char *text;
  MongeToken token; /* not yet used */
  guint nesting;
  GError **error;
} Parser;

static const MongeFormula *parse_expression (Parser *parser);
static const MongeFormula *parse_unary (Parser *parser);

#define fail_at(parser, at, ...) monge_lex_error ((parser)->error, (parser)->text, at, __VA_ARGS__)

/* --- tokens --- */

static gboolean
advance (Parser *parser)
{
  const char *at = parser->token.at + parser->token.length;

  return monge_lex_next (parser->text, at, &parser->token, parser->error);
}

static gboolean
is_sign (const Parser *parser, const char *sign)
{
  return parser->token.type == MONGE_TOKEN_SIGN && g_str_equal (parser->token.sign, sign);
}

static const char *
find_sign (const Parser *parser, const char *const *signs)
{
  for (; *signs != NULL; signs++)
    if (is_sign (parser, *signs))
      return *signs;
  return NULL;
}

/* What stands where something else should. */
static void
fail_unexpected (Parser *parser, const char *expected)
{
  const MongeToken *token = &parser->token;

  if (token->type == MONGE_TOKEN_END)
    fail_at (parser, token->at, "the text ends where %s should follow", expected);
  else
    fail_at (parser, token->at, "“%.*s” stands where %s should be",
             (int) MIN (token->length, 40), token->at, expected);
}

/* Past @sign, which closes what opened at @open. */
static gboolean
close_bracket (Parser *parser, const char *sign, const char *open)
{
  if (is_sign (parser, sign))
    return advance (parser);
  if (parser->token.type == MONGE_TOKEN_END)
    fail_at (parser, open, "this bracket is not closed: “%s” is missing", sign);
  else if (is_sign (parser, ")") || is_sign (parser, "]"))
    fail_unexpected (parser, is_sign (parser, ")") ? "“]”" : "“)”");
  else
    fail_unexpected (parser, "an operator or a closing bracket");
  return FALSE;
}

static gboolean
enter (Parser *parser)
{
  if (parser->nesting++ < MAX_NESTING)
    return TRUE;
  fail_at (parser, parser->token.at, "more than %d brackets inside one another", MAX_NESTING);
  return FALSE;
}

/* --- calls --- */

/* Errors of what is built, with the place that they come from. */
static const MongeFormula *
place (Parser *parser, const MongeFormula *formula, GError *error, const char *at)
{
  if (formula == NULL)
    fail_at (parser, at, "%s", error->message);
  g_clear_error (&error);
  return formula;
}

static const MongeFormula *
call (Parser *parser, const char *name, const char *at, const MongeFormula *const *operands,
      guint n)
{
  GError *error = NULL;
  const MongeFormula *formula;

  formula = monge_formula_call_array (parser->pool, name, operands, n, &error);
  return place (parser, formula, error, at);
}

/* name(a, b): NULL operands have failed before. */
static const MongeFormula *
call_two (Parser *parser, const char *name, const char *at, const MongeFormula *a,
          const MongeFormula *b)
{
  const MongeFormula *operands[] = { a, b };

  return a != NULL && b != NULL ? call (parser, name, at, operands, 2) : NULL;
}

/* --- names --- */

static void
fail_function (Parser *parser, const char *name, const char *at)
{
  const char *guess = monge_names_guess_function (name);
  MongeReduceOp op;
  MongeAxis over;

  if (monge_formula_pool_find (parser->pool, name) != NULL)
    fail_at (parser, at, "“%s” is a variable: a product needs a “*”", name);
  else if (monge_names_find_reduction (name, &op, &over))
    fail_at (parser, at, "“%s” can only come first, before all that it runs over", name);
  else if (guess != NULL)
    fail_at (parser, at, "there is no function “%s”; did you mean “%s”?", name, guess);
  else
    fail_at (parser, at, "there is no function “%s”", name);
}

/* Variables that an error lists, at most. */
#define MAX_LISTED 20

static void
fail_variable (Parser *parser, const char *name, const char *at)
{
  g_autoptr (GPtrArray) variables = monge_formula_pool_list_variables (parser->pool);
  g_autoptr (GString) list = g_string_new (NULL);
  const char *guess = monge_names_guess_variable (name, variables);
  const MongeFunction *function = monge_names_find_function (name);
  MongeReduceOp op;
  MongeAxis over;

  for (guint k = 0; k < MIN (variables->len, MAX_LISTED); k++)
    g_string_append_printf (list, "%s%s", k == 0 ? "" : ", ",
                            ((const MongeFormula *) variables->pdata[k])->name);
  if (function != NULL)
    fail_at (parser, at, "“%s” is a function: %s", name, function->signature);
  else if (monge_names_find_reduction (name, &op, &over))
    fail_at (parser, at, "“%s” can only come first, before all that it runs over", name);
  else if (variables->len == 0)
    fail_at (parser, at, "there is no variable “%s”, nor any other", name);
  else if (guess != NULL)
    fail_at (parser, at, "there is no variable “%s”; did you mean “%s”? There are: %s", name,
             guess, list->str);
  else
    fail_at (parser, at, "there is no variable “%s”; there are: %s", name, list->str);
}

static const MongeFormula *
find_variable (Parser *parser, const char *name, const char *at)
{
  const MongeFormula *variable = monge_formula_pool_find (parser->pool, name);
  double value;

  if (variable == NULL && monge_names_find_number (name, &value))
    variable = monge_formula_constant (parser->pool, value);
  if (variable == NULL)
    fail_variable (parser, name, at);
  return variable;
}

/* --- primaries --- */

/* What stands between the bracket under the token and @closing. */
static gboolean
parse_list (Parser *parser, const char *closing, GPtrArray *list)
{
  const char *open = parser->token.at;

  if (!advance (parser))
    return FALSE;
  if (is_sign (parser, closing))
    return advance (parser);
  do
    {
      const MongeFormula *item = NULL;

      if (list->len == 0 || advance (parser))
        item = parse_expression (parser);
      if (item == NULL)
        return FALSE;
      if (list->len == MONGE_FORMULA_MAX_DIM)
        {
          fail_at (parser, open, "more than %d operands", MONGE_FORMULA_MAX_DIM);
          return FALSE;
        }
      g_ptr_array_add (list, (gpointer) item);
    }
  while (is_sign (parser, ","));
  return close_bracket (parser, closing, open);
}

static const MongeFormula *
parse_vector (Parser *parser)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new ();
  const char *at = parser->token.at;

  if (!parse_list (parser, "]", list))
    return NULL;
  if (list->len > 0)
    return call (parser, "concat", at, (const MongeFormula *const *) list->pdata, list->len);
  fail_at (parser, at, "a vector has 1 component or more");
  return NULL;
}

static const MongeFormula *
parse_name (Parser *parser)
{
  const char *at = parser->token.at;
  g_autofree char *name = g_strndup (at, MIN (parser->token.length, 1000));
  g_autoptr (GPtrArray) list = NULL;

  if (!advance (parser))
    return NULL;
  if (!is_sign (parser, "("))
    return find_variable (parser, name, at);
  list = g_ptr_array_new ();
  if (monge_names_find_function (name) == NULL)
    fail_function (parser, name, at);
  else if (parse_list (parser, ")", list))
    return call (parser, name, at, (const MongeFormula *const *) list->pdata, list->len);
  return NULL;
}

static const MongeFormula *
parse_bracket (Parser *parser)
{
  const char *open = parser->token.at;
  const MongeFormula *formula = NULL;

  if (advance (parser))
    formula = parse_expression (parser);
  return formula != NULL && close_bracket (parser, ")", open) ? formula : NULL;
}

static const MongeFormula *
parse_number (Parser *parser)
{
  GError *error = NULL;
  const MongeFormula *formula = NULL;

  if (monge_formula_pool_check (parser->pool, &error))
    formula = monge_formula_constant (parser->pool, parser->token.value);
  formula = place (parser, formula, error, parser->token.at);
  return formula != NULL && advance (parser) ? formula : NULL;
}

static const MongeFormula *
parse_primary (Parser *parser)
{
  if (parser->token.type == MONGE_TOKEN_NUMBER)
    return parse_number (parser);
  if (parser->token.type == MONGE_TOKEN_NAME)
    return parse_name (parser);
  if (is_sign (parser, "("))
    return parse_bracket (parser);
  if (is_sign (parser, "["))
    return parse_vector (parser);
  fail_unexpected (parser, "a number, a name or a bracket");
  return NULL;
}

/* --- operators --- */

static gboolean
parse_index (Parser *parser, guint *index)
{
  const MongeToken *token = &parser->token;

  if (token->type != MONGE_TOKEN_NUMBER || token->value > MONGE_FORMULA_MAX_DIM
      || token->value != floor (token->value))
    {
      fail_at (parser, token->at, "which components must be whole numbers from 0 to %d",
               MONGE_FORMULA_MAX_DIM);
      return FALSE;
    }
  *index = token->value;
  return advance (parser);
}

static const MongeFormula *
parse_slice (Parser *parser, const MongeFormula *formula)
{
  const char *open = parser->token.at, *at;
  GError *error = NULL;
  guint first, end;

  if (!advance (parser))
    return NULL;
  at = parser->token.at;
  if (!parse_index (parser, &first))
    return NULL;
  end = first + 1;
  if (is_sign (parser, ":") && (!advance (parser) || !parse_index (parser, &end)))
    return NULL;
  if (!close_bracket (parser, "]", open))
    return NULL;
  if (end <= first)
    {
      fail_at (parser, at, "the slice is empty: it ends before component %u", end);
      return NULL;
    }
  formula = monge_formula_slice (parser->pool, formula, first, end - first, &error);
  return place (parser, formula, error, at);
}

static const MongeFormula *
parse_postfix (Parser *parser)
{
  const MongeFormula *formula = parse_primary (parser);

  while (formula != NULL && is_sign (parser, "["))
    formula = parse_slice (parser, formula);
  return formula;
}

static const MongeFormula *
parse_power (Parser *parser)
{
  const MongeFormula *base = parse_postfix (parser), *exponent;
  const char *at = parser->token.at;

  if (base == NULL || !is_sign (parser, "^"))
    return base;
  if (!enter (parser) || !advance (parser))
    return NULL;
  exponent = parse_unary (parser);
  parser->nesting--;
  return call_two (parser, "^", at, base, exponent);
}

static const MongeFormula *
parse_unary (Parser *parser)
{
  const char *at = parser->token.at;
  const MongeFormula *formula;
  gboolean negative = FALSE;

  while (is_sign (parser, "-") || is_sign (parser, "+"))
    {
      negative ^= is_sign (parser, "-");
      if (!advance (parser))
        return NULL;
    }
  formula = parse_power (parser);
  if (formula == NULL || !negative)
    return formula;
  return call (parser, "-", at, &formula, 1);
}

static const MongeFormula *
parse_product (Parser *parser)
{
  static const char *const signs[] = { "*", "/", NULL };
  const MongeFormula *formula = parse_unary (parser);
  const char *sign;

  while (formula != NULL && (sign = find_sign (parser, signs)) != NULL)
    {
      const char *at = parser->token.at;

      formula = advance (parser) ? call_two (parser, sign, at, formula, parse_unary (parser))
                                 : NULL;
    }
  return formula;
}

static const MongeFormula *
parse_sum (Parser *parser)
{
  static const char *const signs[] = { "+", "-", NULL };
  const MongeFormula *formula = parse_product (parser);
  const char *sign;

  while (formula != NULL && (sign = find_sign (parser, signs)) != NULL)
    {
      const char *at = parser->token.at;

      formula = advance (parser) ? call_two (parser, sign, at, formula, parse_product (parser))
                                 : NULL;
    }
  return formula;
}

static const MongeFormula *
parse_comparison (Parser *parser)
{
  static const char *const signs[] = { "<", "<=", ">", ">=", "==", "!=", NULL };
  const MongeFormula *formula = parse_sum (parser);
  const char *sign = formula != NULL ? find_sign (parser, signs) : NULL, *at = parser->token.at;

  if (sign == NULL)
    return formula;
  formula = advance (parser) ? call_two (parser, sign, at, formula, parse_sum (parser)) : NULL;
  if (formula == NULL || find_sign (parser, signs) == NULL)
    return formula;
  fail_at (parser, parser->token.at, "one comparison cannot follow another: use brackets");
  return NULL;
}

/* What follows the condition, from “?” on. */
static const MongeFormula *
parse_choice (Parser *parser, const MongeFormula *condition)
{
  const MongeFormula *operands[3] = { condition };
  const char *at = parser->token.at;

  if (!advance (parser) || (operands[1] = parse_expression (parser)) == NULL)
    return NULL;
  if (!is_sign (parser, ":"))
    {
      fail_unexpected (parser, "an operator or “:”");
      return NULL;
    }
  if (!advance (parser) || (operands[2] = parse_expression (parser)) == NULL)
    return NULL;
  return call (parser, "?", at, operands, 3);
}

static const MongeFormula *
parse_expression (Parser *parser)
{
  const MongeFormula *formula = NULL;

  if (enter (parser))
    formula = parse_comparison (parser);
  if (formula != NULL && is_sign (parser, "?"))
    formula = parse_choice (parser, formula);
  parser->nesting--;
  return formula;
}

/* --- whole texts --- */

static gboolean
start (Parser *parser)
{
  parser->token = (MongeToken){ .at = parser->text };
  return monge_lex_check (parser->text, parser->error) && advance (parser);
}

static gboolean
finish (Parser *parser)
{
  if (parser->token.type == MONGE_TOKEN_END)
    return TRUE;
  if (is_sign (parser, ")") || is_sign (parser, "]"))
    fail_at (parser, parser->token.at, "no bracket is open here");
  else
    fail_unexpected (parser, "an operator or the end");
  return FALSE;
}

const MongeFormula *
monge_formula_parse (MongeFormulaPool *pool, const char *text, GError **error)
{
  Parser parser = { .pool = pool, .text = text, .error = error };
  const MongeFormula *formula = NULL;

  g_return_val_if_fail (pool != NULL && text != NULL, NULL);
  if (start (&parser))
    formula = parse_expression (&parser);
  return formula != NULL && finish (&parser) ? formula : NULL;
}

/* The name of a reduction, which must come first. */
static gboolean
parse_reduction_name (Parser *parser, MongeReduction *reduction)
{
  g_autofree char *name = g_strndup (parser->token.at, MIN (parser->token.length, 1000));
  const char *guess;

  if (parser->token.type == MONGE_TOKEN_NAME
      && monge_names_find_reduction (name, &reduction->op, &reduction->over))
    return advance (parser);
  guess = monge_names_guess_reduction (name);
  if (parser->token.type == MONGE_TOKEN_NAME && guess != NULL)
    fail_at (parser, parser->token.at, "there is no reduction “%s”; did you mean “%s”?", name,
             guess);
  else
    fail_at (parser, parser->token.at, "a reduction comes first, such as sum_j or logsumexp_i");
  return FALSE;
}

static gboolean
has_k (const MongeReduction *reduction)
{
  return reduction->op == MONGE_REDUCE_K_MIN || reduction->op == MONGE_REDUCE_ARG_K_MIN;
}

/* Of name(F, this), up to the closing bracket. */
static gboolean
parse_second (Parser *parser, MongeReduction *reduction, const char *open)
{
  const char *at;
  const MongeFormula *second;

  if (!advance (parser))
    return FALSE;
  at = parser->token.at;
  second = parse_expression (parser);
  if (second == NULL || !close_bracket (parser, ")", open))
    return FALSE;
  if (!has_k (reduction))
    {
      reduction->weight = second;
      return TRUE;
    }
  if (second->op == MONGE_OP_CONSTANT && second->value >= 1 && second->value <= MONGE_MAX_K
      && second->value == floor (second->value))
    {
      reduction->k = second->value;
      return TRUE;
    }
  fail_at (parser, at, "K must be a whole number from 1 to %d", MONGE_MAX_K);
  return FALSE;
}

/* name(F, w), or else all that follows. */
static gboolean
parse_reduced (Parser *parser, MongeReduction *reduction)
{
  MongeToken before = parser->token;

  if (is_sign (parser, "("))
    {
      if (!advance (parser) || (reduction->body = parse_expression (parser)) == NULL)
        return FALSE;
      if (is_sign (parser, ","))
        return parse_second (parser, reduction, before.at);
    }
  parser->token = before;
  reduction->body = parse_expression (parser);
  if (reduction->body != NULL && has_k (reduction))
    fail_at (parser, before.at, "how many? Write %s_j(F, K)",
             monge_reduce_op_get_name (reduction->op));
  else if (reduction->body != NULL && is_sign (parser, ","))
    fail_at (parser, parser->token.at, "two formulas need brackets around them: %s_j(F, w)",
             monge_reduce_op_get_name (reduction->op));
  else if (reduction->body != NULL)
    return TRUE;
  return FALSE;
}

gboolean
monge_reduction_parse (MongeFormulaPool *pool, const char *text, MongeReduction *reduction,
                       GError **error)
{
  Parser parser = { .pool = pool, .text = text, .error = error };
  MongeReduction result = { .op = MONGE_REDUCE_SUM };
  GError *local = NULL;
  const char *at;

  g_return_val_if_fail (pool != NULL && text != NULL && reduction != NULL, FALSE);
  if (!start (&parser))
    return FALSE;
  at = parser.token.at;
  if (!parse_reduction_name (&parser, &result) || !parse_reduced (&parser, &result)
      || !finish (&parser))
    return FALSE;
  if (!monge_reduction_check (&result, &local))
    {
      place (&parser, NULL, local, at);
      return FALSE;
    }
  *reduction = result;
  return TRUE;
}

char **
monge_formula_list_names (const char *text, GError **error)
{
  Parser parser = { .text = text, .error = error };
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  gboolean going, first = TRUE;
  MongeReduceOp op;
  MongeAxis over;
  double value;

  g_return_val_if_fail (text != NULL, NULL);
  for (going = start (&parser); going && parser.token.type != MONGE_TOKEN_END; first = FALSE)
    {
      g_autofree char *name = g_strndup (parser.token.at, parser.token.length);
      gboolean is_name = parser.token.type == MONGE_TOKEN_NAME;

      going = advance (&parser);
      if (!going || !is_name || is_sign (&parser, "(") || monge_names_find_number (name, &value)
          || (first && monge_names_find_reduction (name, &op, &over))
          || g_hash_table_contains (seen, name))
        continue;
      g_hash_table_add (seen, name);
      g_ptr_array_add (names, g_steal_pointer (&name));
    }
  if (!going)
    return NULL;
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}
