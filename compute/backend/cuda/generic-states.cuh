/* Reductions, for generated programs: a state is what is known of one row's result so far:
 *
 *   take        F and w of N columns, from @column on
 *   end_tile    float32 sums go to float64
 *   save        slots, one every @step numbers
 *   merge       what a later part saved
 *   write       the result; false if it is NaN, or a term of an index was
 */

/* Each column of a chunk has a chain of its own, so that a float32 sum is of at most 64 terms. */
template <class P, int N> struct MongeChains {
  typedef typename P::real real;
  real chains[P::chunk][N];

  MONGE_METHOD void
  clear ()
  {
    MONGE_UNROLL
    for (int u = 0; u < P::chunk; u++)
      {
        MONGE_UNROLL
        for (int d = 0; d < N; d++)
          chains[u][d] = 0;
      }
  }

  MONGE_METHOD void
  scale (real factor)
  {
    MONGE_UNROLL
    for (int u = 0; u < P::chunk; u++)
      {
        MONGE_UNROLL
        for (int d = 0; d < N; d++)
          chains[u][d] *= factor;
      }
  }

  /* To @sum, and from the beginning. */
  MONGE_METHOD void
  move (double *sum)
  {
    MONGE_UNROLL
    for (int d = 0; d < N; d++)
      {
        real all = chains[0][d];

        MONGE_UNROLL
        for (int u = 1; u < P::chunk; u++)
          all += chains[u][d];
        sum[d] += all;
      }
    clear ();
  }
};

template <class P> struct MongeSum {
  typedef typename P::real real;
  enum { slots = P::body };
  MongeChains<P, P::body> part;
  double sum[P::body];

  MONGE_METHOD void
  clear (double *, unsigned long long)
  {
    part.clear ();
    MONGE_UNROLL
    for (int d = 0; d < P::body; d++)
      sum[d] = 0;
  }

  template <int N>
  MONGE_METHOD void
  take (const real (&body)[N][P::body], const real (&)[N][P::weight + 1], unsigned)
  {
    MONGE_UNROLL
    for (int u = 0; u < N; u++)
      {
        MONGE_UNROLL
        for (int d = 0; d < P::body; d++)
          part.chains[u][d] += body[u][d];
      }
  }

  MONGE_METHOD void
  end_tile ()
  {
    part.move (sum);
  }

  MONGE_METHOD void
  save (double *to, unsigned long long step)
  {
    for (int d = 0; d < P::body; d++)
      to[d * step] = sum[d];
  }

  MONGE_METHOD void
  merge (double *from, unsigned long long step)
  {
    for (int d = 0; d < P::body; d++)
      sum[d] += from[d * step];
  }

  MONGE_METHOD bool
  write (const MongeGenericLaunch &launch, unsigned row, unsigned long long n_terms)
  {
    bool is_good = true;

    for (int d = 0; d < P::body; d++)
      {
        const double result = P::is_mean ? sum[d] / (double) n_terms : sum[d];

        launch.out[(unsigned long long) d * launch.n_rows + row] = result;
        is_good = is_good && result == result;
      }
    return is_good;
  }
};

/* log Σ w e^F and Σ w e^F / Σ e^F, around a reference that follows the largest F: it is raised when
 * a term is more than e^MONGE_SLACK, and what was summed is multiplied by e^(old − new). */
#define MONGE_SLACK 8

template <class P> struct MongeExponentials {
  typedef typename P::real real;
  enum { sums = P::is_mean ? 1 + P::weight : 1, slots = 1 + sums };
  real reference, limit;
  MongeChains<P, sums> part;
  double sum[sums];

  MONGE_METHOD void
  clear (double *, unsigned long long)
  {
    reference = limit = -MongeLimits<real>::largest ();
    part.clear ();
    MONGE_UNROLL
    for (int k = 0; k < sums; k++)
      sum[k] = 0;
  }

  /* Infinite references would give NaN. */
  MONGE_METHOD void
  raise (real top)
  {
    const real above = top < MongeLimits<real>::largest () ? top : MongeLimits<real>::largest ();
    const real rest = monge_exp (reference - above);

    part.scale (rest);
    MONGE_UNROLL
    for (int k = 0; k < sums; k++)
      sum[k] *= (double) rest;
    reference = above;
    limit = above + MONGE_SLACK;
  }

  template <int N>
  MONGE_METHOD void
  take (const real (&body)[N][P::body], const real (&weight)[N][P::weight + 1], unsigned)
  {
    real top = body[0][0];

    MONGE_UNROLL
    for (int u = 1; u < N; u++)
      top = monge_raise (top, body[u][0]);
    if (top > limit)
      raise (top);
    MONGE_UNROLL
    for (int u = 0; u < N; u++)
      {
        const real term = monge_exp (body[u][0] - reference);

        part.chains[u][0] += P::is_mean || P::weight == 0 ? term : term * weight[u][0];
        MONGE_UNROLL
        for (int k = 1; k < sums; k++)
          part.chains[u][k] += term * weight[u][k - 1];
      }
  }

  MONGE_METHOD void
  end_tile ()
  {
    part.move (sum);
  }

  MONGE_METHOD void
  save (double *to, unsigned long long step)
  {
    to[0] = reference;
    for (int k = 0; k < sums; k++)
      to[(1 + k) * step] = sum[k];
  }

  MONGE_METHOD void
  merge (double *from, unsigned long long step)
  {
    const double old = reference, other = from[0], above = old > other ? old : other;
    const double rest = exp (old - above), other_rest = exp (other - above);

    for (int k = 0; k < sums; k++)
      sum[k] = rest * sum[k] + other_rest * from[(1 + k) * step];
    reference = (real) above;
  }

  MONGE_METHOD bool
  write (const MongeGenericLaunch &launch, unsigned row, unsigned long long)
  {
    const double log_sum = reference + log (sum[0]);
    bool is_good = log_sum == log_sum;

    if (!P::is_mean)
      launch.out[row] = log_sum;
    else if (launch.log_sum)
      launch.log_sum[row] = log_sum;
    for (int k = 1; k < sums; k++)
      {
        const double mean = sum[k] / sum[0];

        launch.out[(unsigned long long) (k - 1) * launch.n_rows + row] = mean;
        is_good = is_good && mean == mean;
      }
    return is_good;
  }
};

/* NaN stays. */
template <class P> struct MongeExtrema {
  typedef typename P::real real;
  enum { slots = P::body };
  real best[P::body];

  MONGE_METHOD static real
  better (real a, real b)
  {
    return P::wants_largest ? monge_larger (a, b) : monge_smaller (a, b);
  }

  MONGE_METHOD void
  clear (double *, unsigned long long)
  {
    for (int d = 0; d < P::body; d++)
      best[d] = (real) (P::wants_largest ? -MONGE_INFINITY : MONGE_INFINITY);
  }

  template <int N>
  MONGE_METHOD void
  take (const real (&body)[N][P::body], const real (&)[N][P::weight + 1], unsigned)
  {
    MONGE_UNROLL
    for (int u = 0; u < N; u++)
      {
        MONGE_UNROLL
        for (int d = 0; d < P::body; d++)
          best[d] = better (best[d], body[u][d]);
      }
  }

  MONGE_METHOD void
  end_tile ()
  {
  }

  MONGE_METHOD void
  save (double *to, unsigned long long step)
  {
    for (int d = 0; d < P::body; d++)
      to[d * step] = best[d];
  }

  MONGE_METHOD void
  merge (double *from, unsigned long long step)
  {
    for (int d = 0; d < P::body; d++)
      best[d] = better (best[d], (real) from[d * step]);
  }

  MONGE_METHOD bool
  write (const MongeGenericLaunch &launch, unsigned row, unsigned long long)
  {
    bool is_good = true;

    for (int d = 0; d < P::body; d++)
      {
        launch.out[(unsigned long long) d * launch.n_rows + row] = best[d];
        is_good = is_good && best[d] == best[d];
      }
    return is_good;
  }
};

/* The best K of each component in order, the lower index first among equals: later columns have
 * higher ones. A place still empty has index −1 and is NaN, beside which everything is better. */
template <class P> struct MongePlaces {
  typedef typename P::real real;
  enum { k = P::k > 0 ? P::k : 1, slots = 2 * k * P::body + 1 };
  real best[P::body][k];
  int index[P::body][k];
  bool saw_nan;

  MONGE_METHOD static bool
  is_better (real a, real b)
  {
    return P::wants_largest ? !(a <= b) : !(a >= b);
  }

  MONGE_METHOD void
  clear (double *, unsigned long long)
  {
    saw_nan = false;
    MONGE_UNROLL
    for (int d = 0; d < P::body; d++)
      {
        MONGE_UNROLL
        for (int p = 0; p < k; p++)
          {
            best[d][p] = (real) MONGE_NAN;
            index[d][p] = -1;
          }
      }
  }

  /* Moves what is worse one place down, from the end. */
  MONGE_METHOD void
  insert (int d, real value, int column)
  {
    MONGE_UNROLL
    for (int p = k - 1; p >= 0; p--)
      {
        const bool here = is_better (value, best[d][p]);
        const int before = p > 0 ? p - 1 : 0;
        const bool above = p > 0 && is_better (value, best[d][before]);

        best[d][p] = above ? best[d][before] : here ? value : best[d][p];
        index[d][p] = above ? index[d][before] : here ? column : index[d][p];
      }
  }

  template <int N>
  MONGE_METHOD void
  take (const real (&body)[N][P::body], const real (&)[N][P::weight + 1], unsigned column)
  {
    MONGE_UNROLL
    for (int u = 0; u < N; u++)
      {
        MONGE_UNROLL
        for (int d = 0; d < P::body; d++)
          {
            const real value = body[u][d];

            if (is_better (value, best[d][k - 1]))
              {
                saw_nan = saw_nan || value != value;
                insert (d, value, (int) (column + u));
              }
          }
      }
  }

  MONGE_METHOD void
  end_tile ()
  {
  }

  MONGE_METHOD void
  save (double *to, unsigned long long step)
  {
    MONGE_UNROLL
    for (int d = 0; d < P::body; d++)
      {
        MONGE_UNROLL
        for (int p = 0; p < k; p++)
          {
            to[(unsigned long long) (d * k + p) * step] = best[d][p];
            to[(unsigned long long) (P::body * k + d * k + p) * step] = index[d][p];
          }
      }
    to[(unsigned long long) (2 * k * P::body) * step] = saw_nan;
  }

  MONGE_METHOD void
  merge (double *from, unsigned long long step)
  {
    MONGE_UNROLL
    for (int d = 0; d < P::body; d++)
      {
        MONGE_ROLLED
        for (int p = 0; p < k; p++)
          {
            const int column = (int) from[(unsigned long long) (P::body * k + d * k + p) * step];

            if (column >= 0)
              insert (d, (real) from[(unsigned long long) (d * k + p) * step], column);
          }
      }
    saw_nan = saw_nan || from[(unsigned long long) (2 * k * P::body) * step] != 0;
  }

  MONGE_METHOD bool
  write (const MongeGenericLaunch &launch, unsigned row, unsigned long long)
  {
    MONGE_UNROLL
    for (int d = 0; d < P::body; d++)
      {
        MONGE_UNROLL
        for (int p = 0; p < k; p++)
          {
            const unsigned long long to = (unsigned long long) (d * k + p) * launch.n_rows + row;

            if (P::gives_indices)
              launch.index_out[to] = index[d][p];
            else
              launch.out[to] = index[d][p] < 0 ? MONGE_INFINITY : best[d][p];
          }
      }
    return !saw_nan;
  }
};

/* The K least for K too large for registers: a heap in memory, the worst on top, ordered by value
 * and index. Sorted at the end. */
template <class P> struct MongeHeap {
  typedef typename P::real real;
  enum { k = P::k, slots = 2 * k + 1 };
  double *heap;
  unsigned long long step;
  int n;
  real worst;
  bool saw_nan;

  MONGE_METHOD double &value (int p) { return heap[p * step]; }
  MONGE_METHOD double &index (int p) { return heap[(k + p) * step]; }

  MONGE_METHOD void
  clear (double *memory, unsigned long long memory_step)
  {
    heap = memory;
    step = memory_step;
    n = 0;
    worst = (real) MONGE_NAN; /* beside which everything is better */
    saw_nan = false;
  }

  MONGE_METHOD static bool
  is_worse (double value_a, double index_a, double value_b, double index_b)
  {
    return value_a > value_b || (value_a == value_b && index_a > index_b);
  }

  MONGE_METHOD void
  put (int p, double v, double j)
  {
    value (p) = v;
    index (p) = j;
  }

  MONGE_METHOD void
  sift_up (int p, double v, double j)
  {
    while (p > 0 && is_worse (v, j, value ((p - 1) / 2), index ((p - 1) / 2)))
      {
        put (p, value ((p - 1) / 2), index ((p - 1) / 2));
        p = (p - 1) / 2;
      }
    put (p, v, j);
  }

  MONGE_METHOD void
  sift_down (int size, double v, double j)
  {
    int p = 0;

    for (int child = 1; child < size; child = 2 * p + 1)
      {
        if (child + 1 < size
            && is_worse (value (child + 1), index (child + 1), value (child), index (child)))
          child++;
        if (!is_worse (value (child), index (child), v, j))
          break;
        put (p, value (child), index (child));
        p = child;
      }
    put (p, v, j);
  }

  MONGE_METHOD void
  push (double v, double j)
  {
    if (n < k)
      sift_up (n++, v, j);
    else if (is_worse (value (0), index (0), v, j))
      sift_down (k, v, j);
    if (n == k)
      worst = (real) value (0);
  }

  template <int N>
  MONGE_METHOD void
  take (const real (&body)[N][P::body], const real (&)[N][P::weight + 1], unsigned column)
  {
    MONGE_ROLLED
    for (int u = 0; u < N; u++)
      {
        const real v = body[u][0];

        if (v >= worst)
          continue;
        if (v != v)
          saw_nan = true;
        else
          push (v, column + u);
      }
  }

  MONGE_METHOD void
  end_tile ()
  {
  }

  MONGE_METHOD void
  save (double *, unsigned long long)
  {
    for (int p = n; p < k; p++)
      put (p, MONGE_INFINITY, -1);
    heap[2 * k * step] = saw_nan;
  }

  /* The first part's memory becomes its own. */
  MONGE_METHOD void
  merge (double *from, unsigned long long from_step)
  {
    const bool is_first = heap == nullptr;

    if (is_first)
      {
        heap = from;
        step = from_step;
      }
    saw_nan = saw_nan || from[2 * k * step] != 0;
    for (int p = 0; p < k && from[(k + p) * step] >= 0; p++)
      {
        if (is_first)
          n++;
        else
          push (from[p * step], from[(k + p) * step]);
      }
    if (n == k)
      worst = (real) value (0);
  }

  MONGE_METHOD bool
  write (const MongeGenericLaunch &launch, unsigned row, unsigned long long)
  {
    for (int size = n - 1; size > 0; size--)
      {
        const double v = value (size), j = index (size);

        put (size, value (0), index (0));
        sift_down (size, v, j);
      }
    for (int p = 0; p < k; p++)
      {
        const unsigned long long to = (unsigned long long) p * launch.n_rows + row;

        if (P::gives_indices)
          launch.index_out[to] = p < n ? (long long) index (p) : -1;
        else
          launch.out[to] = p < n ? value (p) : MONGE_INFINITY;
      }
    return !saw_nan;
  }
};
