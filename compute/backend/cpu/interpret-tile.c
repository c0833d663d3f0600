/* Every function here is one loop over the vectors of a tile, an instance of an inline function
 * with constant arguments. Compiled once per instruction set and precision, with MONGE_TILE_SET
 * naming the table and MONGE_TILE_DOUBLE 0 or 1. */
#include "compute/backend/cpu/interpret-tile.h"
#include "compute/backend/cpu/simd-maths.h"

#if MONGE_TILE_DOUBLE
typedef double real;
typedef gint64 integer;
typedef vd vr;
typedef vl vm;
#define LANES DOUBLE_LANES
#define VR(name) vd_##name
#define LARGEST G_MAXDOUBLE
#else
typedef float real;
typedef gint32 integer;
typedef vf vr;
typedef vi vm;
#define LANES FLOAT_LANES
#define VR(name) vf_##name
#define LARGEST G_MAXFLOAT
#endif

/* Short names that macros can paste. */
enum { V = MONGE_TILE_VECTORS, R = MONGE_TILE_VECTOR, N = MONGE_TILE_NUMBERS };

INLINE vr
load (const void *from, gsize c)
{
  vr v;
  memcpy (&v, (const real *) from + c * LANES, sizeof v);
  return v;
}

INLINE void
store (void *to, gsize c, vr v)
{
  memcpy ((real *) to + c * LANES, &v, sizeof v);
}

/* What an operand that is one vector for all is, before the loop. */
INLINE vr
fetch_once (guint kind, const void *from)
{
  return kind == R ? load (from, 0) : (vr){ 0 };
}

INLINE vr
fetch (guint kind, const void *from, vr once, gsize c)
{
  return kind == V ? load (from, c) : kind == R ? once : VR (set) (((const real *) from)[c]);
}

/* NaN if either is. */
INLINE vr
smaller (vr a, vr b)
{
  return VR (select) (a != a, a, VR (min) (a, b));
}

INLINE vr
larger (vr a, vr b)
{
  return VR (select) (a != a, a, VR (max) (a, b));
}

INLINE vr
truth (vm mask)
{
  return VR (select) (mask, VR (set) (1), VR (set) (0));
}

INLINE vr
apply_1 (MongeOp op, vr a)
{
  switch (op)
    {
    case MONGE_OP_NEGATE: return -a;
    case MONGE_OP_ABS: return VR (abs) (a);
    case MONGE_OP_INVERSE: return (real) 1 / a;
    case MONGE_OP_SQUARE: return a * a;
    case MONGE_OP_SQRT: return VR (root) (a);
    case MONGE_OP_RSQRT: return VR (rsqrt) (a);
    case MONGE_OP_EXP: return VR (exp) (a);
    case MONGE_OP_LOG: return VR (log) (a);
    case MONGE_OP_SIN: return VR (sin) (a);
    case MONGE_OP_COS: return VR (cos) (a);
    case MONGE_OP_TAN: return VR (tan) (a);
    case MONGE_OP_ASIN: return VR (asin) (a);
    case MONGE_OP_ACOS: return VR (acos) (a);
    case MONGE_OP_ATAN: return VR (atan) (a);
    case MONGE_OP_TANH: return VR (tanh) (a);
    case MONGE_OP_NORMALISE: return VR (select) (a == 0, a, VR (rsqrt) (a));
    case MONGE_OP_SIGN: return VR (select) (a != a, a, truth (a > 0) - truth (a < 0));
    case MONGE_OP_STEP: return VR (select) (a != a, a, truth (a >= 0));
    default: return a;
    }
}

INLINE vr
apply_2 (MongeOp op, vr a, vr b)
{
  switch (op)
    {
    case MONGE_OP_ADD: return a + b;
    case MONGE_OP_SUBTRACT: return a - b;
    case MONGE_OP_MULTIPLY: return a * b;
    case MONGE_OP_DIVIDE: return a / b;
    case MONGE_OP_POWER: return VR (power) (a, b);
    case MONGE_OP_ATAN2: return VR (atan2) (a, b);
    case MONGE_OP_MIN: return smaller (a, b);
    case MONGE_OP_MAX: return larger (a, b);
    case MONGE_OP_LESS: return truth (a < b);
    case MONGE_OP_LESS_EQUAL: return truth (a <= b);
    case MONGE_OP_EQUAL: return truth (a == b);
    default: return a;
    }
}

/* Elementwise. */

INLINE void
run_1 (MongeOp op, guint kind, void *to, const void *const *from, gsize n)
{
  const void *a = from[0];
  vr once = fetch_once (kind, a);

  for (gsize c = 0; c < n; c++)
    store (to, c, apply_1 (op, fetch (kind, a, once, c)));
}

INLINE void
run_2 (MongeOp op, guint ka, guint kb, void *to, const void *const *from, gsize n)
{
  const void *a = from[0], *b = from[1];
  vr a_once = fetch_once (ka, a), b_once = fetch_once (kb, b);

  for (gsize c = 0; c < n; c++)
    store (to, c, apply_2 (op, fetch (ka, a, a_once, c), fetch (kb, b, b_once, c)));
}

typedef enum { MULTIPLY_ADD, NEGATIVE_MULTIPLY_ADD, MULTIPLY_SUBTRACT } Chain;

INLINE void
run_3 (Chain chain, guint ka, guint kb, guint kc, void *to,
       const void *const *from, gsize n)
{
  const void *a = from[0], *b = from[1], *d = from[2];
  vr a_once = fetch_once (ka, a), b_once = fetch_once (kb, b), d_once = fetch_once (kc, d);

  for (gsize c = 0; c < n; c++)
    {
      vr product = fetch (ka, a, a_once, c) * fetch (kb, b, b_once, c);
      vr other = fetch (kc, d, d_once, c);

      store (to, c, chain == MULTIPLY_ADD            ? other + product
                    : chain == NEGATIVE_MULTIPLY_ADD ? other - product
                                                     : product - other);
    }
}

static void
run_if_else (void *to, const void *const *from, gsize n)
{
  const void *a = from[0], *b = from[1], *d = from[2];

  for (gsize c = 0; c < n; c++)
    store (to, c, VR (select) (load (a, c) != 0, load (b, c), load (d, c)));
}

INLINE void
run_exp_product (guint kb, void *to, const void *const *from, gsize n)
{
  const void *a = from[0], *b = from[1];
  vr once = fetch_once (kb, b);

  for (gsize c = 0; c < n; c++)
    store (to, c, VR (exp) (load (a, c) * fetch (kb, b, once, c)));
}

/* Folds. */

INLINE vr
fold_in (MongeFold fold, vr sum, vr a, vr b)
{
  switch (fold)
    {
    case MONGE_FOLD_DOT: return sum + a * b;
    case MONGE_FOLD_SQDIST: return sum + (a - b) * (a - b);
    case MONGE_FOLD_DISTANCE: return sum + VR (abs) (a - b);
    case MONGE_FOLD_SUM: return sum + a;
    case MONGE_FOLD_SQNORM: return sum + a * a;
    default: return larger (sum, a);
    }
}

INLINE void
run_fold_from (const gboolean has_start, const MongeFold fold, const guint ka,
               const guint kb, const guint dim, void *to, const void *const *from, gsize n)
{
  const guint operands = fold <= MONGE_FOLD_DISTANCE ? 2 : 1;
  vr a_once[MONGE_TILE_FOLD], b_once[MONGE_TILE_FOLD];
  const void *a[MONGE_TILE_FOLD], *b[MONGE_TILE_FOLD];

#pragma GCC unroll 8
  for (guint d = 0; d < dim; d++)
    {
      a[d] = from[1 + d * operands];
      b[d] = from[operands + d * operands];
      a_once[d] = fetch_once (ka, a[d]);
      b_once[d] = fetch_once (kb, b[d]);
    }
  for (gsize c = 0; c < n; c++)
    {
      vr sum = has_start ? load (from[0], c) : (vr){ 0 };

#pragma GCC unroll 8
      for (guint d = 0; d < dim; d++)
        sum = fold_in (fold, sum, fetch (ka, a[d], a_once[d], c), fetch (kb, b[d], b_once[d], c));
      store (to, c, sum);
    }
}

INLINE void
run_fold (const MongeFold fold, const guint ka, const guint kb, const guint dim,
          void *to, const void *const *from, gsize n)
{
  if (fold == MONGE_FOLD_MAX || from[0] != NULL)
    run_fold_from (TRUE, fold, ka, kb, dim, to, from, n);
  else
    run_fold_from (FALSE, fold, ka, kb, dim, to, from, n);
}

/* Reductions. */

INLINE void
add_to_double (double *sum, vr v)
{
#if MONGE_TILE_DOUBLE
  for (guint l = 0; l < LANES; l++)
    sum[l] += v[l];
#else
  vd low, high;

  memcpy (&low, sum, sizeof low);
  memcpy (&high, sum + DOUBLE_LANES, sizeof high);
  low += vf_low (v);
  high += vf_high (v);
  memcpy (sum, &low, sizeof low);
  memcpy (sum + DOUBLE_LANES, &high, sizeof high);
#endif
}

/* In four chains: an addition need not wait for the one before. So below. */
INLINE void
run_sum (const guint operands, const guint ka, const guint kb, double *sum,
         const void *const *from, gsize n)
{
  const void *a = from[0], *b = from[operands - 1];
  vr a_once = fetch_once (ka, a), b_once = fetch_once (kb, b), chain[4] = { 0 };
  gsize c = 0;

#define TERM(c)                                                                                    \
  (operands == 2 ? fetch (ka, a, a_once, c) * fetch (kb, b, b_once, c) : fetch (ka, a, a_once, c))
  for (; c + 4 <= n; c += 4)
    {
#pragma GCC unroll 4
      for (guint k = 0; k < 4; k++)
        chain[k] += TERM (c + k);
    }
  for (; c < n; c++)
    chain[0] += TERM (c);
#undef TERM
  add_to_double (sum, (chain[0] + chain[1]) + (chain[2] + chain[3]));
}

/* The maximum as a reference to take differences from: infinite ones would give NaN. */
INLINE vr
to_reference (vr largest)
{
  return VR (max) (VR (set) (-LARGEST), VR (min) (VR (set) (LARGEST), largest));
}

static gboolean
run_raise (void *largest, double *rest, const void *a, gsize n)
{
  vr old = load (largest, 0), new, old_reference = to_reference (old), new_reference;
  vr chain[4] = { old, old, old, old };
  gsize c = 0;

  /* NaN is left out: its exponential tells of it. */
  for (; c + 4 <= n; c += 4)
    {
#pragma GCC unroll 4
      for (guint k = 0; k < 4; k++)
        chain[k] = VR (max) (load (a, c + k), chain[k]);
    }
  for (; c < n; c++)
    chain[0] = VR (max) (load (a, c), chain[0]);
  new = VR (max) (VR (max) (chain[0], chain[1]), VR (max) (chain[2], chain[3]));
  if (!VR (any) (new > old))
    return FALSE;
  new_reference = to_reference (new);
  for (guint l = 0; l < LANES; l++)
    rest[l] = exp ((double) old_reference[l] - (double) new_reference[l]);
  store (largest, 0, new);
  return TRUE;
}

static void
run_exponentials (void *to, const void *largest, const void *a, gsize n)
{
  vr reference = to_reference (load (largest, 0));

  for (gsize c = 0; c < n; c++)
    store (to, c, VR (exp) (load (a, c) - reference));
}

static void
run_sum_exponentials (double *sum, const void *largest, const void *a, gsize n)
{
  vr reference = to_reference (load (largest, 0)), chain[2] = { 0 };

  for (gsize c = 0; c < n; c++)
    {
      chain[0] += VR (exp) (load (a, c) - reference);
      if (++c < n)
        chain[1] += VR (exp) (load (a, c) - reference);
    }
  add_to_double (sum, chain[0] + chain[1]);
}

INLINE vr
better (gboolean want_largest, vr a, vr b)
{
  return want_largest ? larger (a, b) : smaller (a, b);
}

INLINE void
run_extremum (gboolean want_largest, void *best, const void *a, gsize n)
{
  vr old = load (best, 0), chain[4] = { old, old, old, old };
  gsize c = 0;

  for (; c + 4 <= n; c += 4)
    {
#pragma GCC unroll 4
      for (guint k = 0; k < 4; k++)
        chain[k] = better (want_largest, chain[k], load (a, c + k));
    }
  for (; c < n; c++)
    chain[0] = better (want_largest, chain[0], load (a, c));
  store (best, 0, better (want_largest, better (want_largest, chain[0], chain[1]),
                          better (want_largest, chain[2], chain[3])));
}

/* True beside NaN too: a place still empty is worse than anything. */
INLINE vm
is_better (gboolean want_largest, vr a, vr b)
{
  return want_largest ? ~(a <= b) : ~(a >= b);
}

INLINE vm
load_integers (const void *from, gsize c)
{
  vm v;
  memcpy (&v, (const integer *) from + c * LANES, sizeof v);
  return v;
}

INLINE void
store_integers (void *to, gsize c, vm v)
{
  memcpy ((integer *) to + c * LANES, &v, sizeof v);
}

/* Moves what is worse than @value one place down, from the end, in the lanes @live. */
INLINE void
insert (gboolean want_largest, void *best, void *index, guint k, vm live, vr value, vm column)
{
  for (guint place = k - 1;; place--)
    {
      vr here = load (best, place), above = here;
      vm here_index = load_integers (index, place), above_index = here_index, shift = { 0 };

      if (place > 0)
        {
          above = load (best, place - 1);
          above_index = load_integers (index, place - 1);
          shift = live & is_better (want_largest, value, above);
        }
      store (best, place, VR (select) (shift, above, VR (select) (live, value, here)));
      store_integers (index, place, (shift & above_index)
                                        | (~shift & ((live & column) | (~live & here_index))));
      if (!VR (any) (shift))
        return;
      live = shift;
    }
}

/* One lane's numbers, brought together. */
typedef struct {
  real values[MONGE_MAX_K];
  integer index[MONGE_MAX_K];
} List;

static void
gather (List *list, const real *values, const integer *index, guint n)
{
  for (guint p = 0; p < n; p++)
    {
      list->values[p] = values[p * LANES];
      list->index[p] = index[p * LANES];
    }
}

/* Up to @n of @a and @b to @to, each in ascending order; of equals, @a first. */
static void
merge (const real *a, const integer *a_index, guint n_a, const real *b, const integer *b_index,
       guint n_b, real *to, integer *to_index, guint n, gsize step)
{
  guint i = 0, j = 0;

  for (guint p = 0; p < n && i + j < n_a + n_b; p++)
    {
      const gboolean from_a = j == n_b || (i < n_a && a[i] <= b[j]);

      to[p * step] = from_a ? a[i] : b[j];
      to_index[p * step] = from_a ? a_index[i++] : b_index[j++];
    }
}

/* Stable: by runs of 1, 2, 4, … */
static void
sort (List *list, List *spare, guint n)
{
  List *from = list, *to = spare;

  for (guint run = 1; run < n; run *= 2)
    {
      List *other = from;

      for (guint p = 0; p < n; p += 2 * run)
        {
          const guint middle = MIN (p + run, n), end = MIN (p + 2 * run, n);

          merge (from->values + p, from->index + p, middle - p, from->values + middle,
                 from->index + middle, end - middle, to->values + p, to->index + p, end - p, 1);
        }
      from = to;
      to = other;
    }
  if (from != list)
    *list = *from;
}

/* Sorts what waits in a lane, and merges it with what has its place: that came before. */
static void
settle_lane (real *places, guint k, guint lane)
{
  real *best = places + lane, *waiting = best + (2 * k + 1) * LANES;
  integer *index = (integer *) places + k * LANES + lane;
  integer *waiting_index = index + (2 * k + 1) * LANES;
  integer *n_waiting = (integer *) places + (4 * k + 1) * LANES + lane;
  List old, new, spare;
  guint n_old = 0;

  while (n_old < k && index[n_old * LANES] >= 0)
    n_old++;
  gather (&old, best, index, n_old);
  gather (&new, waiting, waiting_index, (guint) *n_waiting);
  sort (&new, &spare, (guint) *n_waiting);
  merge (old.values, old.index, n_old, new.values, new.index, (guint) *n_waiting, best, index, k,
         LANES);
  *n_waiting = 0;
}

static void
run_settle (void *places, guint k)
{
  for (guint l = 0; l < LANES && k > MONGE_TILE_SMALL_K; l++)
    settle_lane (places, k, l);
}

static void
add_waiting (real *places, guint k, vm live, vr value, vm column)
{
  real *waiting = places + (2 * k + 1) * LANES;
  integer *index = (integer *) places + (3 * k + 1) * LANES;
  integer *n_waiting = (integer *) places + (4 * k + 1) * LANES;

  for (guint l = 0; l < LANES; l++)
    {
      if (live[l] == 0 || value[l] != value[l])
        continue;
      waiting[n_waiting[l] * (integer) LANES + l] = value[l];
      index[n_waiting[l] * (integer) LANES + l] = column[l];
      if (++n_waiting[l] == (integer) k)
        settle_lane (places, k, l);
    }
}

INLINE void
run_best (gboolean want_largest, void *places, guint k, const void *a, MongeTileColumns columns,
          gsize n)
{
  vr worst = load (places, k - 1);
  vm lane;

  for (guint l = 0; l < LANES; l++)
    lane[l] = (integer) columns.first + (columns.across ? (integer) l : 0);
  for (gsize c = 0; c < n; c++)
    {
      vr value = load (a, c);
      vm live = is_better (want_largest, value, worst);
      vm column = lane + (integer) (columns.across ? c * LANES : c);

      if (G_LIKELY (!VR (any) (live)))
        continue;
      store_integers (places, 2 * k, load_integers (places, 2 * k) | (value != value));
      if (want_largest || k <= MONGE_TILE_SMALL_K)
        insert (want_largest, places, (real *) places + k * LANES, k, live, value, column);
      else
        add_waiting (places, k, live, value, column);
      worst = load (places, k - 1);
    }
}

/* Their instances, and the table. */

#define COPY_FUNC(k)                                                                               \
  static void copy_##k (void *to, const void *const *from, gsize n)                                \
  {                                                                                                \
    run_1 (MONGE_OP_COPY, k, to, from, n);                                                         \
  }
COPY_FUNC (V)
COPY_FUNC (R)
COPY_FUNC (N)

#define FOR_EACH_1(DO)                                                                             \
  DO (NEGATE) DO (ABS) DO (INVERSE) DO (SQUARE) DO (SQRT) DO (RSQRT) DO (EXP) DO (LOG) DO (SIN)    \
  DO (COS) DO (TAN) DO (ASIN) DO (ACOS) DO (ATAN) DO (TANH) DO (SIGN) DO (STEP)    \
  DO (NORMALISE)
#define FUNC_1(op)                                                                                 \
  static void run_##op (void *to, const void *const *from, gsize n)                                \
  {                                                                                                \
    run_1 (MONGE_OP_##op, V, to, from, n);                                                         \
  }
#define ROW_1(op) [MONGE_OP_##op] = run_##op,
FOR_EACH_1 (FUNC_1)

/* Operations worth an instance for each pair of kinds, and those that are not. */
#define FOR_EACH_2(DO)                                                                             \
  DO (ADD) DO (SUBTRACT) DO (MULTIPLY) DO (DIVIDE) DO (MIN) DO (MAX) DO (LESS) DO (LESS_EQUAL)     \
  DO (EQUAL)
#define FOR_EACH_LARGE_2(DO) DO (POWER) DO (ATAN2)
#define FUNC_2(op, ka, kb)                                                                         \
  static void run_##op##_##ka##kb (void *to, const void *const *from, gsize n)                     \
  {                                                                                                \
    run_2 (MONGE_OP_##op, ka, kb, to, from, n);                                                    \
  }
#define FUNCS_2(op)                                                                                \
  FUNC_2 (op, V, V)                                                                                \
  FUNC_2 (op, V, R)                                                                                \
  FUNC_2 (op, V, N)                                                                                \
  FUNC_2 (op, R, V)                                                                                \
  FUNC_2 (op, N, V)                                                                                \
  FUNC_2 (op, R, N)                                                                                \
  FUNC_2 (op, N, R)
#define ROW_2(op)                                                                                  \
  [MONGE_OP_##op] = { { run_##op##_VV, run_##op##_VR, run_##op##_VN },                             \
                      { run_##op##_RV, NULL, run_##op##_RN },                                      \
                      { run_##op##_NV, run_##op##_NR, NULL } },
#define LARGE_FUNC_2(op) FUNC_2 (op, V, V)
#define LARGE_ROW_2(op) [MONGE_OP_##op] = { { run_##op##_VV } },
FOR_EACH_2 (FUNCS_2)
FOR_EACH_LARGE_2 (LARGE_FUNC_2)

#define FUNC_3(chain, ka, kb, kc)                                                                  \
  static void run_##chain##_##ka##kb##kc (void *to, const void *const *from, gsize n)              \
  {                                                                                                \
    run_3 (chain, ka, kb, kc, to, from, n);                                                        \
  }
#define FUNCS_3(chain, ka, kb)                                                                     \
  FUNC_3 (chain, ka, kb, V)                                                                        \
  FUNC_3 (chain, ka, kb, R)                                                                        \
  FUNC_3 (chain, ka, kb, N)
#define CHAIN(chain)                                                                               \
  FUNCS_3 (chain, V, V)                                                                            \
  FUNCS_3 (chain, V, R)                                                                            \
  FUNCS_3 (chain, V, N)                                                                            \
  FUNCS_3 (chain, R, N)
#define ROW_3(chain, ka, kb)                                                                       \
  [ka][kb] = { run_##chain##_##ka##kb##V, run_##chain##_##ka##kb##R, run_##chain##_##ka##kb##N }
#define ROWS_3(chain)                                                                              \
  { ROW_3 (chain, V, V), ROW_3 (chain, V, R), ROW_3 (chain, V, N), ROW_3 (chain, R, N) }
CHAIN (MULTIPLY_ADD)
CHAIN (NEGATIVE_MULTIPLY_ADD)
CHAIN (MULTIPLY_SUBTRACT)

#define EXP_PRODUCT(k)                                                                             \
  static void exp_product_##k (void *to, const void *const *from, gsize n)                         \
  {                                                                                                \
    run_exp_product (k, to, from, n);                                                              \
  }
EXP_PRODUCT (V)
EXP_PRODUCT (R)
EXP_PRODUCT (N)

#define FOLD_FUNC(fold, ka, kb, dim)                                                               \
  static void fold_##fold##_##ka##kb##_##dim (void *to, const void *const *from, gsize n)          \
  {                                                                                                \
    run_fold (MONGE_FOLD_##fold, ka, kb, dim, to, from, n);                                        \
  }
#define FOLD_FUNCS(fold, ka, kb)                                                                   \
  FOLD_FUNC (fold, ka, kb, 1)                                                                      \
  FOLD_FUNC (fold, ka, kb, 2)                                                                      \
  FOLD_FUNC (fold, ka, kb, 3)                                                                      \
  FOLD_FUNC (fold, ka, kb, 4)                                                                      \
  FOLD_FUNC (fold, ka, kb, 5)                                                                      \
  FOLD_FUNC (fold, ka, kb, 6)                                                                      \
  FOLD_FUNC (fold, ka, kb, 7)                                                                      \
  FOLD_FUNC (fold, ka, kb, 8)
#define FOLD_ROW(fold, ka, kb)                                                                     \
  [MONGE_FOLD_##fold][ka][kb] = { fold_##fold##_##ka##kb##_1, fold_##fold##_##ka##kb##_2,          \
                                  fold_##fold##_##ka##kb##_3, fold_##fold##_##ka##kb##_4,          \
                                  fold_##fold##_##ka##kb##_5, fold_##fold##_##ka##kb##_6,          \
                                  fold_##fold##_##ka##kb##_7, fold_##fold##_##ka##kb##_8 },
#define FOR_EACH_FOLD(DO)                                                                          \
  DO (DOT, V, V) DO (DOT, V, R) DO (DOT, V, N) DO (DOT, R, N)                                      \
  DO (SQDIST, V, V) DO (SQDIST, V, R) DO (SQDIST, V, N) DO (SQDIST, R, N)                          \
  DO (DISTANCE, V, V) DO (DISTANCE, V, R) DO (DISTANCE, V, N) DO (DISTANCE, R, N)                  \
  DO (SUM, V, V) DO (SQNORM, V, V) DO (MAX, V, V)
FOR_EACH_FOLD (FOLD_FUNCS)

#define SUM_FUNC(k)                                                                                \
  static void sum_##k (double *sum, const void *const *from, gsize n)                              \
  {                                                                                                \
    run_sum (1, k, k, sum, from, n);                                                               \
  }
#define SUM_PRODUCTS_FUNC(ka, kb)                                                                  \
  static void sum_products_##ka##kb (double *sum, const void *const *from, gsize n)                \
  {                                                                                                \
    run_sum (2, ka, kb, sum, from, n);                                                             \
  }
SUM_FUNC (V)
SUM_FUNC (R)
SUM_FUNC (N)
SUM_PRODUCTS_FUNC (V, V)
SUM_PRODUCTS_FUNC (V, R)
SUM_PRODUCTS_FUNC (V, N)
SUM_PRODUCTS_FUNC (R, N)

static void
extremum_smallest (void *best, const void *a, gsize n)
{
  run_extremum (FALSE, best, a, n);
}

static void
extremum_largest (void *best, const void *a, gsize n)
{
  run_extremum (TRUE, best, a, n);
}

static void
best_smallest (void *places, guint k, const void *a, MongeTileColumns columns, gsize n)
{
  run_best (FALSE, places, k, a, columns, n);
}

static void
best_largest (void *places, guint k, const void *a, MongeTileColumns columns, gsize n)
{
  run_best (TRUE, places, k, a, columns, n);
}

const MongeTileSet MONGE_TILE_SET = {
  .name = MONGE_TILE_NAME,
  .lanes = LANES,
  .real_size = sizeof (real),
  .copy = { copy_V, copy_R, copy_N },
  .unary = { FOR_EACH_1 (ROW_1) [MONGE_OP_COPY] = copy_V },
  .binary = { FOR_EACH_2 (ROW_2) FOR_EACH_LARGE_2 (LARGE_ROW_2) },
  .if_else = run_if_else,
  .multiply_add = ROWS_3 (MULTIPLY_ADD),
  .negative_multiply_add = ROWS_3 (NEGATIVE_MULTIPLY_ADD),
  .multiply_subtract = ROWS_3 (MULTIPLY_SUBTRACT),
  .exp_product = { exp_product_V, exp_product_R, exp_product_N },
  .fold = { FOR_EACH_FOLD (FOLD_ROW) },
  .sum = { sum_V, sum_R, sum_N },
  .sum_products = { { sum_products_VV, sum_products_VR, sum_products_VN },
                    { NULL, NULL, sum_products_RN } },
  .raise = run_raise,
  .exponentials = run_exponentials,
  .sum_exponentials = run_sum_exponentials,
  .extremum = { extremum_smallest, extremum_largest },
  .best = { best_smallest, best_largest },
  .settle = run_settle,
};
