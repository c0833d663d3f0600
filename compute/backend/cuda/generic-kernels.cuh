/* Kernels of generated programs: see generic.cuh. */

/* Rows first_row … first_row + n_rows − 1, which meet some ranges of columns. */
struct MongeUnit {
  unsigned first_row, n_rows;
  unsigned long first_range, n_ranges;

  MONGE_METHOD
  MongeUnit (const MongeGenericLaunch &launch, unsigned per_block)
  {
    const unsigned k = launch.first_unit + blockIdx.x;

    if (launch.tiles)
      {
        const MongeGenericTile tile = launch.tiles[k];

        first_row = tile.first;
        n_rows = tile.n;
        first_range = launch.first[tile.block];
        n_ranges = launch.first[tile.block + 1] - first_range;
        return;
      }
    first_row = k * per_block;
    n_rows = launch.n_rows - first_row < per_block ? launch.n_rows - first_row : per_block;
    first_range = 0;
    n_ranges = 1;
  }

  MONGE_METHOD MongeGenericRange
  get_range (const MongeGenericLaunch &launch, unsigned long k) const
  {
    MongeGenericRange range = { 0, launch.n_columns };

    return launch.tiles ? launch.ranges[first_range + k] : range;
  }

  MONGE_METHOD unsigned long long
  count_terms (const MongeGenericLaunch &launch) const
  {
    unsigned long long n = 0;

    for (unsigned long k = 0; k < n_ranges; k++)
      n += get_range (launch, k).end - get_range (launch, k).begin;
    return n;
  }
};

/* Where the slots of a row begin, and how far they are apart. */
MONGE_DEVICE double *
monge_get_slots (const MongeGenericLaunch &launch, unsigned slots, unsigned part, unsigned row)
{
  return launch.partial + (unsigned long long) part * slots * launch.partial_rows
         + (row - launch.partial_first);
}

/* By one thread. */
template <class P>
MONGE_DEVICE void
monge_run_once (const MongeGenericArguments &arguments, const MongeGenericLaunch &launch)
{
  if (threadIdx.x == 0 && blockIdx.x == 0)
    P::once (arguments, launch.once);
}

/* A thread per row, and along y per column. */
template <class P>
MONGE_DEVICE void
monge_run_axes (const MongeGenericArguments &arguments, const MongeGenericLaunch &launch)
{
  typedef typename P::real real;
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;

  if (blockIdx.y == 0 && i < launch.n_rows)
    P::row (arguments, launch.once, i, (real *) launch.rows + i, launch.n_rows);
  else if (blockIdx.y == 1 && i < launch.n_columns)
    P::column (arguments, launch.once, i, (real *) launch.columns + i, launch.n_columns);
}

/* Columns of a tile to shared memory, each with its values side by side. */
template <class P>
MONGE_DEVICE void
monge_load_tile (const MongeGenericLaunch &launch, typename P::real *tile, unsigned first,
                 unsigned n)
{
  typedef typename P::real real;

  for (unsigned c = threadIdx.x; c < n; c += P::threads)
    {
      const real *from = (const real *) launch.columns + first + c;

      for (unsigned k = 0; k < P::column_values; k++)
        tile[c * P::column_step + k] = from[(unsigned long long) k * launch.n_columns];
    }
}

/* The rows of one thread: @apart rows lie between one and the next, so that few rows keep few warps
 * busy, in full. */
template <class P> struct MongeRows {
  typedef typename P::real real;
  unsigned first, apart, end;
  real once[P::once_values + 1];
  real values[P::rows_per_thread][P::row_values + 1];
  typename P::State states[P::rows_per_thread];

  /* Rows past the last are the last again. */
  MONGE_METHOD
  MongeRows (const MongeGenericLaunch &launch, const MongeUnit &unit)
  {
    apart = (unit.n_rows + P::rows_per_thread - 1) / P::rows_per_thread;
    first = unit.first_row + threadIdx.x;
    end = unit.first_row + unit.n_rows;
    MONGE_UNROLL
    for (int k = 0; k < P::once_values; k++)
      once[k] = (real) launch.once[k];
    MONGE_UNROLL
    for (int r = 0; r < P::rows_per_thread; r++)
      {
        const unsigned row = first + r * apart;
        const real *from = (const real *) launch.rows + (row < end ? row : end - 1);

        MONGE_UNROLL
        for (int k = 0; k < P::row_values; k++)
          values[r][k] = from[(unsigned long long) k * launch.n_rows];
        states[r].clear (P::in_memory && threadIdx.x < apart
                             ? monge_get_slots (launch, P::State::slots, blockIdx.y, row)
                             : nullptr,
                         launch.partial_rows);
      }
  }

  template <int N>
  MONGE_METHOD void
  take (const real *column, unsigned long long step, unsigned j)
  {
    const unsigned long long next = P::column_step > 0 ? P::column_step : 1;

    MONGE_UNROLL
    for (int r = 0; r < P::rows_per_thread; r++)
      {
        real body[N][P::body], weight[N][P::weight + 1];

        MONGE_UNROLL
        for (int u = 0; u < N; u++)
          P::pair (once, values[r], column + u * next, step, body[u], weight[u]);
        states[r].take (body, weight, j);
      }
  }

  MONGE_METHOD void
  take_tile (const real *column, unsigned long long step, unsigned first_column, unsigned n)
  {
    const unsigned long long next = P::column_step > 0 ? P::column_step : 1;
    unsigned c = 0;

    MONGE_ROLLED
    for (; c + P::chunk <= n; c += P::chunk)
      take<P::chunk> (column + c * next, step, first_column + c);
    MONGE_ROLLED
    for (; c < n; c++)
      take<1> (column + c * next, step, first_column + c);
    MONGE_UNROLL
    for (int r = 0; r < P::rows_per_thread; r++)
      states[r].end_tile ();
  }
};

/* What comes of no terms at all may be NaN and is no error. */
template <class P>
MONGE_DEVICE void
monge_finish_row (const MongeGenericLaunch &launch, typename P::State &state, unsigned row,
                  unsigned long long n_terms)
{
  if (!state.write (launch, row, n_terms) && n_terms > 0)
    atomicMax (launch.bad_row, ~(unsigned long long) row);
}

/* Whether the whole block shall leave. A barrier, before which nobody reads the tile any more. */
MONGE_DEVICE bool
monge_looks_at_stop (const MongeGenericLaunch &launch, int *stop)
{
  __syncthreads ();
  if (threadIdx.x == 0)
    *stop = launch.stop ? *launch.stop : 0;
  __syncthreads ();
  return *stop != 0;
}

/* The unit along x, the part of its columns along y. */
template <class P>
MONGE_DEVICE void
monge_run_pairs (const MongeGenericLaunch &launch)
{
  typedef typename P::real real;
  MONGE_DYNAMIC_SHARED (unsigned char, memory);
  real *tile = (real *) (memory + 16);
  const MongeUnit unit (launch, P::threads * P::rows_per_thread);
  const unsigned part_begin = blockIdx.y * launch.part, part_end = part_begin + launch.part;
  unsigned n_tiles = 0;
  MongeRows<P> rows (launch, unit);

  for (unsigned long k = 0; k < unit.n_ranges; k++)
    {
      const MongeGenericRange range = unit.get_range (launch, k);
      const unsigned begin = range.begin > part_begin ? range.begin : part_begin;
      const unsigned end = range.end < part_end ? range.end : part_end;

      for (unsigned first = begin; first < end; first += P::tile)
        {
          const unsigned n = end - first < P::tile ? end - first : P::tile;

          if (n_tiles++ % P::look == 0 && monge_looks_at_stop (launch, (int *) memory))
            return;
          if (P::column_step > 0)
            {
              __syncthreads ();
              monge_load_tile<P> (launch, tile, first, n);
              __syncthreads ();
            }
          if (threadIdx.x >= rows.apart)
            continue;
          if (P::column_step > 0)
            rows.take_tile (tile, 1, first, n);
          else
            rows.take_tile ((const real *) launch.columns + first, launch.n_columns, first, n);
        }
    }
  MONGE_UNROLL
  for (int r = 0; r < P::rows_per_thread; r++)
    {
      const unsigned row = rows.first + r * rows.apart;

      if (threadIdx.x >= rows.apart || row >= rows.end)
        continue;
      if (P::in_memory || launch.n_parts > 1)
        rows.states[r].save (monge_get_slots (launch, P::State::slots, blockIdx.y, row),
                             launch.partial_rows);
      else
        monge_finish_row<P> (launch, rows.states[r], row, unit.count_terms (launch));
    }
}

/* The parts of each row, in order. */
template <class P>
MONGE_DEVICE void
monge_run_finish (const MongeGenericLaunch &launch)
{
  const MongeUnit unit (launch, P::threads * P::rows_per_thread);

  for (unsigned k = threadIdx.x; k < unit.n_rows; k += P::threads)
    {
      const unsigned row = unit.first_row + k;
      typename P::State state;

      state.clear (nullptr, launch.partial_rows);
      for (unsigned part = 0; part < launch.n_parts; part++)
        state.merge (monge_get_slots (launch, P::State::slots, part, row), launch.partial_rows);
      monge_finish_row<P> (launch, state, row, unit.count_terms (launch));
    }
}
