#define _GNU_SOURCE /* dladdr */
#include "compute/backend/cuda/nvrtc.h"

#include <dlfcn.h>
#include <string.h>

/* As nvrtc.h has them: declared here, so that no toolkit is needed to build this. */
typedef int Result;
typedef struct Program *ProgramHandle;
#define SUCCESS 0
#define COMPILATION 6

/* Of CUDA: what knows C++17 and makes cubins. */
#define LEAST_MAJOR 11
#define LEAST_MINOR 2

/* X (type, name, arguments) for what is looked up in the library. */
#define SYMBOLS(X)                                                                                 \
  X (const char *, nvrtcGetErrorString, (Result result))                                           \
  X (Result, nvrtcVersion, (int *major, int *minor))                                               \
  X (Result, nvrtcGetNumSupportedArchs, (int *n))                                                  \
  X (Result, nvrtcGetSupportedArchs, (int *architectures))                                         \
  X (Result, nvrtcCreateProgram,                                                                   \
     (ProgramHandle *program, const char *text, const char *name, int n_headers,                   \
      const char *const *headers, const char *const *include_names))                               \
  X (Result, nvrtcDestroyProgram, (ProgramHandle *program))                                        \
  X (Result, nvrtcCompileProgram,                                                                  \
     (ProgramHandle program, int n_options, const char *const *options))                           \
  X (Result, nvrtcGetPTXSize, (ProgramHandle program, size_t *size))                               \
  X (Result, nvrtcGetPTX, (ProgramHandle program, char *ptx))                                      \
  X (Result, nvrtcGetCUBINSize, (ProgramHandle program, size_t *size))                             \
  X (Result, nvrtcGetCUBIN, (ProgramHandle program, char *cubin))                                  \
  X (Result, nvrtcGetProgramLogSize, (ProgramHandle program, size_t *size))                        \
  X (Result, nvrtcGetProgramLog, (ProgramHandle program, char *log))

struct _MongeNvrtc {
  void *handle;
  char *path;
  int major, minor;
  GArray *architectures; /* int, ascending */
#define FIELD(type, name, arguments) type (*name) arguments;
  SYMBOLS (FIELD)
#undef FIELD
};

static GMutex lock;
static MongeNvrtc *loaded;

/* --- Loading ---------------------------------------------------------------------------------- */

static const char *const names[] = {
  "libnvrtc.so.13",
  "libnvrtc.so.12",
  "libnvrtc.so",
  "/usr/local/cuda/lib64/libnvrtc.so",
  "/usr/local/cuda/lib/libnvrtc.so",
};

static void *
open_library (GError **error)
{
  const char *wanted = g_getenv (MONGE_NVRTC_ENVIRONMENT);
  void *handle = NULL;

  if (wanted != NULL && *wanted != '\0')
    {
      handle = dlopen (wanted, RTLD_NOW | RTLD_LOCAL);
      if (handle == NULL)
        g_set_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE,
                     MONGE_NVRTC_ENVIRONMENT " names no library that can be loaded: %s", dlerror ());
      return handle;
    }
  for (guint k = 0; k < G_N_ELEMENTS (names) && handle == NULL; k++)
    handle = dlopen (names[k], RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL)
    g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_DEVICE,
                         "A card computes this formula once NVRTC is there, the CUDA Toolkit's "
                         "run-time compiler: install libnvrtc, or set " MONGE_NVRTC_ENVIRONMENT
                         " to its path");
  return handle;
}

static gboolean
look_up (void *handle, const char *name, void *to, const char *path, GError **error)
{
  void *symbol = dlsym (handle, name);

  memcpy (to, &symbol, sizeof symbol);
  if (symbol == NULL)
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE,
                 "%s has no %s: install NVRTC of CUDA %d.%d or later", path, name, LEAST_MAJOR,
                 LEAST_MINOR);
  return symbol != NULL;
}

static gboolean
look_up_all (MongeNvrtc *self, GError **error)
{
#define LOOK_UP(type, name, arguments)                                                             \
  if (!look_up (self->handle, #name, &self->name, self->path, error))                              \
    return FALSE;
  SYMBOLS (LOOK_UP)
#undef LOOK_UP
  return TRUE;
}

static gint
compare_ints (gconstpointer a, gconstpointer b)
{
  return *(const int *) a - *(const int *) b;
}

static gboolean
ask_version (MongeNvrtc *self, GError **error)
{
  int n = 0;

  if (self->nvrtcVersion (&self->major, &self->minor) != SUCCESS
      || self->nvrtcGetNumSupportedArchs (&n) != SUCCESS || n <= 0 || n > 1024)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE, "%s does not say what it can do",
                   self->path);
      return FALSE;
    }
  if (self->major < LEAST_MAJOR || (self->major == LEAST_MAJOR && self->minor < LEAST_MINOR))
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE,
                   "%s is of CUDA %d.%d: install NVRTC of CUDA %d.%d or later", self->path,
                   self->major, self->minor, LEAST_MAJOR, LEAST_MINOR);
      return FALSE;
    }
  self->architectures = g_array_sized_new (FALSE, TRUE, sizeof (int), n);
  g_array_set_size (self->architectures, n);
  self->nvrtcGetSupportedArchs ((int *) self->architectures->data);
  g_array_sort (self->architectures, compare_ints);
  return TRUE;
}

static char *
find_path (const MongeNvrtc *self)
{
  Dl_info info;
  void *symbol = dlsym (self->handle, "nvrtcVersion");

  if (symbol != NULL && dladdr (symbol, &info) != 0 && info.dli_fname != NULL)
    return g_strdup (info.dli_fname);
  return g_strdup ("libnvrtc");
}

static void
nvrtc_free (MongeNvrtc *self)
{
  if (self->architectures != NULL)
    g_array_unref (self->architectures);
  dlclose (self->handle);
  g_free (self->path);
  g_free (self);
}

const MongeNvrtc *
monge_nvrtc_load (GError **error)
{
  MongeNvrtc *self;
  void *handle;

  g_mutex_lock (&lock);
  if (loaded == NULL && (handle = open_library (error)) != NULL)
    {
      self = g_new0 (MongeNvrtc, 1);
      self->handle = handle;
      self->path = find_path (self);
      if (look_up_all (self, error) && ask_version (self, error))
        loaded = self;
      else
        nvrtc_free (self);
    }
  self = loaded;
  g_mutex_unlock (&lock);
  return self;
}

void
monge_nvrtc_get_version (const MongeNvrtc *nvrtc, int *major, int *minor)
{
  *major = nvrtc->major;
  *minor = nvrtc->minor;
}

const char *
monge_nvrtc_get_path (const MongeNvrtc *nvrtc)
{
  return nvrtc->path;
}

/* --- Compiling -------------------------------------------------------------------------------- */

/* The best it knows for a card of @wanted; 0 if the card is older than all. */
static int
find_architecture (const MongeNvrtc *self, int wanted)
{
  int best = 0;

  for (guint k = 0; k < self->architectures->len; k++)
    if (g_array_index (self->architectures, int, k) <= wanted)
      best = g_array_index (self->architectures, int, k);
  return best;
}

/* The first line of the log that tells of an error, else all of it. */
static char *
find_first_error (const char *log)
{
  g_auto (GStrv) lines = g_strsplit (log, "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    if (strstr (*line, "error") != NULL)
      return g_strdup (g_strstrip (*line));
  return g_strdup (*log != '\0' ? log : "no reason given");
}

static char *
read_log (const MongeNvrtc *self, ProgramHandle program)
{
  size_t size = 0;
  char *log;

  if (self->nvrtcGetProgramLogSize (program, &size) != SUCCESS)
    return g_strdup ("");
  log = g_malloc0 (size + 1);
  self->nvrtcGetProgramLog (program, log);
  return log;
}

static gboolean
report (const MongeNvrtc *self, ProgramHandle program, Result result, GError **error)
{
  g_autofree char *log = result == COMPILATION ? read_log (self, program) : NULL;
  g_autofree char *reason = log != NULL ? find_first_error (log)
                                        : g_strdup (self->nvrtcGetErrorString (result));

  g_set_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE, "NVRTC %d.%d: %s", self->major, self->minor,
               reason);
  return FALSE;
}

static GBytes *
get_image (const MongeNvrtc *self, ProgramHandle program, gboolean is_ptx, GError **error)
{
  Result (*get_size) (ProgramHandle, size_t *) = is_ptx ? self->nvrtcGetPTXSize
                                                        : self->nvrtcGetCUBINSize;
  Result (*get) (ProgramHandle, char *) = is_ptx ? self->nvrtcGetPTX : self->nvrtcGetCUBIN;
  size_t size = 0;
  Result result = get_size (program, &size);
  g_autofree char *image = NULL;

  if (result == SUCCESS)
    {
      image = g_malloc0 (size + 1); /* PTX ends in 0 */
      result = get (program, image);
    }
  if (result == SUCCESS && size > 0)
    return g_bytes_new_take (g_steal_pointer (&image), size);
  report (self, program, result, error);
  return NULL;
}

/* Denormal numbers count as zeros, as on the CPU; quotients and roots of float32 are two units
 * off at most. */
static gboolean
compile (const MongeNvrtc *self, ProgramHandle program, int architecture, gboolean is_ptx,
         GError **error)
{
  g_autofree char *target = g_strdup_printf ("--gpu-architecture=%s_%d",
                                             is_ptx ? "compute" : "sm", architecture);
  const char *const options[] = { target, "--std=c++17", "--ftz=true", "--prec-div=false",
                                  "--prec-sqrt=false", "--fmad=true", "--disable-warnings" };
  const Result result = self->nvrtcCompileProgram (program, G_N_ELEMENTS (options), options);

  return result == SUCCESS || report (self, program, result, error);
}

GBytes *
monge_nvrtc_compile (const MongeNvrtc *nvrtc, const char *text, int architecture, GError **error)
{
  const int known = find_architecture (nvrtc, architecture);
  const gboolean is_ptx = known != architecture;
  ProgramHandle program = NULL;
  GBytes *image = NULL;
  Result result;

  if (known == 0)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE,
                   "NVRTC %d.%d does not know cards of compute capability %d.%d: install that of an "
                   "older CUDA Toolkit, or set " MONGE_NVRTC_ENVIRONMENT " to its path",
                   nvrtc->major, nvrtc->minor, architecture / 10, architecture % 10);
      return NULL;
    }
  g_mutex_lock (&lock);
  result = nvrtc->nvrtcCreateProgram (&program, text, "formula.cu", 0, NULL, NULL);
  if (result != SUCCESS)
    report (nvrtc, program, result, error);
  else if (compile (nvrtc, program, known, is_ptx, error))
    image = get_image (nvrtc, program, is_ptx, error);
  if (program != NULL)
    nvrtc->nvrtcDestroyProgram (&program);
  g_mutex_unlock (&lock);
  return image;
}
