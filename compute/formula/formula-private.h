/* What the files of this folder share: making nodes, taking sums and products apart. */
#pragma once

#include "compute/formula/formula.h"

G_BEGIN_DECLS

/* The one node of @pool with these fields, not simplified. @operands: three, NULL where none. */
const MongeFormula *monge_formula_intern (MongeFormulaPool *pool, MongeOp op, guint dim,
                                          const MongeFormula *const *operands, guint first);
/* op(a, b, c), simplified; operands that fit, NULL where none. */
const MongeFormula *monge_formula_make (MongeFormulaPool *pool, MongeOp op, const MongeFormula *a,
                                        const MongeFormula *b, const MongeFormula *c);
/* Components @first … of @formula, simplified; within its dimension. */
const MongeFormula *monge_formula_make_slice (MongeFormulaPool *pool, const MongeFormula *formula,
                                              guint first, guint dim);
/* @dim zeros. */
const MongeFormula *monge_formula_zero (MongeFormulaPool *pool, guint dim);
gboolean monge_formula_is_zero (const MongeFormula *formula);

/* What monge_formula_make() does once it knows the dimension. (simplify.c) */
const MongeFormula *monge_formula_simplify (MongeFormulaPool *pool, MongeOp op,
                                            const MongeFormula *const *operands, guint dim);
const MongeFormula *monge_formula_simplify_slice (MongeFormulaPool *pool,
                                                  const MongeFormula *formula, guint first,
                                                  guint dim);

/* NULL if there is none of that name. */
const MongeFormula *monge_formula_pool_find (MongeFormulaPool *pool, const char *name);
/* In the order in which they were made. (element-type MongeFormula) (transfer container) */
GPtrArray *monge_formula_pool_list_variables (MongeFormulaPool *pool);
/* The same with an error when the pool is full. */
gboolean monge_formula_pool_check (MongeFormulaPool *pool, GError **error);
/* A name that the parser reads back as one. */
gboolean monge_formula_is_name (const char *name);

/* Factors or terms that are sorted, at most; longer sums and products stay as they are. */
#define MONGE_MAX_ARRANGED 64

/* @factor × the @factors. (arrange.c) */
typedef struct {
  double factor;
  guint n_factors;
  const MongeFormula *factors[MONGE_MAX_ARRANGED];
} MongeProduct;

/* FALSE if there are too many, or if constants overflow or vanish. */
gboolean monge_product_collect (MongeFormulaPool *pool, MongeProduct *product,
                                const MongeFormula *formula);
/* Of dimension @dim; consumes the order of factors. */
const MongeFormula *monge_product_build (MongeFormulaPool *pool, MongeProduct *product, guint dim);
const MongeFormula *monge_formula_arrange_product (MongeFormulaPool *pool, double factor,
                                                   const MongeFormula *a, const MongeFormula *b,
                                                   guint dim);
/* @a + @sign @b */
const MongeFormula *monge_formula_arrange_sum (MongeFormulaPool *pool, const MongeFormula *a,
                                               const MongeFormula *b, int sign, guint dim);
/* @formula or its negative, the same for both: for even functions. */
const MongeFormula *monge_formula_drop_sign (MongeFormulaPool *pool, const MongeFormula *formula);

G_END_DECLS
