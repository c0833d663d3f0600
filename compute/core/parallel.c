/* One pool of threads for the whole process, started on first use and kept. A job is a range of
 * rows cut into chunks; an atomic counter hands them out, the calling thread works along. */
#include "compute/core/parallel.h"

#if defined(__linux__)
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif


#define MAX_THREADS 256

typedef struct {
  MongeRowsFunc func;
  gpointer user_data;
  MongeTask *task;
  gsize n_rows, grain;
  gsize next;      /* atomic: first row not handed out yet */
  gint incomplete; /* atomic: set when the task stopped us */
} Job;

static struct {
  GMutex serial; /* held by the caller whose job runs */
  GMutex lock;   /* guards what follows */
  GCond wake, done;
  Job *job;
  guint generation; /* of the job; atomic, written under the lock */
  guint wanted;     /* workers that shall still join it */
  guint active;     /* workers inside it; atomic, written under the lock */
  guint sleeping;   /* workers that only @wake rouses */
  guint n_started;
  gboolean yields;  /* see monge_parallel_yield_to_others() */
} pool;

guint
monge_parallel_get_default_threads (void)
{
  return CLAMP (g_get_num_processors (), 1, MAX_THREADS);
}

static void
work_on (Job *job, guint worker)
{
  for (;;)
    {
      gsize begin;

      if (monge_task_is_cancelled (job->task))
        {
          g_atomic_int_set (&job->incomplete, 1);
          return;
        }
      begin = __atomic_fetch_add (&job->next, job->grain, __ATOMIC_RELAXED);
      if (begin >= job->n_rows)
        return;
      job->func (begin, MIN (begin + job->grain, job->n_rows), worker, job->user_data);
    }
}

/* Nice level of threads that yield: a tenth of the share of one that does not. */
#define NICE 10

static void
lower_priority (void)
{
#if defined(__linux__)
  setpriority (PRIO_PROCESS, (id_t) syscall (SYS_gettid), NICE);
#endif
}

void
monge_parallel_yield_to_others (void)
{
  lower_priority ();
  g_mutex_lock (&pool.lock);
  pool.yields = TRUE;
  g_mutex_unlock (&pool.lock);
}

/* How long a thread looks around for what comes next before it sleeps: solvers hand out jobs of a
 * tenth of a millisecond one after another, and waking takes half as long. */
#define SPIN_US 40

static inline void
relax (void)
{
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause ();
#endif
}

/* Waits while *@value is @while_equal, for SPIN_US at most. */
static void
spin (const guint *value, guint while_equal)
{
  const gint64 end = g_get_monotonic_time () + SPIN_US;

  do
    for (guint k = 0; k < 64; k++)
      {
        if (__atomic_load_n (value, __ATOMIC_ACQUIRE) != while_equal)
          return;
        relax ();
      }
  while (g_get_monotonic_time () < end);
}

static gpointer
pool_thread (gpointer data)
{
  guint worker = GPOINTER_TO_UINT (data);
  guint seen = 0;
  gboolean has_yielded = FALSE;

  g_mutex_lock (&pool.lock);
  for (;;)
    {
      Job *job;

      while (pool.job == NULL || pool.generation == seen || worker > pool.wanted)
        {
          if (pool.job != NULL && pool.generation != seen)
            seen = pool.generation; /* not needed for this one */
          pool.sleeping++;
          g_cond_wait (&pool.wake, &pool.lock);
          pool.sleeping--;
        }
      seen = pool.generation;
      job = pool.job;
      __atomic_store_n (&pool.active, pool.active + 1, __ATOMIC_RELEASE);
      if (pool.yields && !has_yielded)
        {
          lower_priority ();
          has_yielded = TRUE;
        }
      g_mutex_unlock (&pool.lock);
      work_on (job, worker);
      g_mutex_lock (&pool.lock);
      __atomic_store_n (&pool.active, pool.active - 1, __ATOMIC_RELEASE);
      if (pool.active == 0)
        g_cond_signal (&pool.done);
      g_mutex_unlock (&pool.lock);
      spin (&pool.generation, seen);
      g_mutex_lock (&pool.lock);
    }
  return NULL;
}

static void
start_threads (guint n_workers)
{
  while (pool.n_started < n_workers)
    {
      guint worker = pool.n_started + 1;

      g_thread_unref (g_thread_new ("monge-rows", pool_thread, GUINT_TO_POINTER (worker)));
      pool.n_started = worker;
    }
}

gboolean
monge_parallel_rows (gsize n_rows,
                     gsize grain,
                     guint n_threads,
                     MongeTask *task,
                     MongeRowsFunc func,
                     gpointer user_data)
{
  Job job = { .func = func, .user_data = user_data, .task = task, .n_rows = n_rows };
  gsize n_chunks;

  g_return_val_if_fail (grain > 0, FALSE);
  job.grain = grain;
  n_chunks = (n_rows + grain - 1) / grain;
  if (n_chunks <= 1) /* asking for the number of processors is a system call */
    n_threads = 1;
  else if (n_threads == 0)
    n_threads = monge_parallel_get_default_threads ();
  n_threads = (guint) MIN (MIN ((gsize) n_threads, MAX_THREADS), n_chunks);

  if (n_threads <= 1)
    {
      work_on (&job, 0);
      return !job.incomplete;
    }

  g_mutex_lock (&pool.serial);
  g_mutex_lock (&pool.lock);
  start_threads (n_threads - 1);
  pool.job = &job;
  pool.wanted = n_threads - 1;
  __atomic_store_n (&pool.generation, pool.generation + 1, __ATOMIC_RELEASE);
  if (pool.sleeping > 0)
    g_cond_broadcast (&pool.wake);
  g_mutex_unlock (&pool.lock);

  work_on (&job, 0);

  g_mutex_lock (&pool.lock);
  pool.job = NULL; /* nobody joins any more */
  if (pool.active == 1)
    {
      g_mutex_unlock (&pool.lock);
      spin (&pool.active, 1);
      g_mutex_lock (&pool.lock);
    }
  while (pool.active > 0)
    g_cond_wait (&pool.done, &pool.lock);
  g_mutex_unlock (&pool.lock);
  g_mutex_unlock (&pool.serial);
  return !g_atomic_int_get (&job.incomplete);
}
