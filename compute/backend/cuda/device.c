/* The cards of this machine: which there are, which can be used, which is taken. */
#include "compute/backend/cuda/cuda-private.h"

#define LEAST_MAJOR 7
#define LEAST_MINOR 5

#define REMEDY "or use --backend cpu"

/* What is told of one card. */
typedef struct {
  struct cudaDeviceProp properties;
  gboolean draws;  /* something is shown on it */
  char *reason;    /* why it cannot be used, NULL if it can */
} Card;

static char *
dup_version (int version)
{
  return g_strdup_printf ("%d.%d", version / 1000, version % 1000 / 10);
}

/* Without a driver the runtime answers as it does for an old one. */
static char *
explain_driver (cudaError_t code)
{
  int driver = 0, runtime = 0;
  g_autofree char *had = NULL, *needed = NULL;

  monge_cuda_succeeds (cudaDriverGetVersion (&driver));
  monge_cuda_succeeds (cudaRuntimeGetVersion (&runtime));
  had = dup_version (driver);
  needed = dup_version (runtime);
  if (driver == 0)
    return g_strdup_printf ("no driver (%s): install NVIDIA’s, for CUDA %s or later",
                            cudaGetErrorString (code), needed);
  return g_strdup_printf ("the driver is for CUDA %s and this program needs %s (%s): install a newer "
                          "driver", had, needed, cudaGetErrorString (code));
}

/* Returns: how many, or −1 with why there are none to be found. */
static int
count_devices (char **reason)
{
  int n = 0; /* stays as it is without a driver */
  cudaError_t code = cudaGetDeviceCount (&n);

  if (monge_cuda_succeeds (code) && n > 0)
    return n;
  if (code == cudaErrorInsufficientDriver)
    *reason = explain_driver (code);
  else if (code == cudaSuccess || code == cudaErrorNoDevice)
    *reason = g_strdup_printf ("no card (%s)", cudaGetErrorString (cudaErrorNoDevice));
  else
    *reason = g_strdup_printf ("%s (%s)", cudaGetErrorString (code), cudaGetErrorName (code));
  return -1;
}

static int
get_attribute (int device, enum cudaDeviceAttr attribute)
{
  int value = 0;

  return monge_cuda_succeeds (cudaDeviceGetAttribute (&value, attribute, device)) ? value : 0;
}

static void
card_init (Card *card, int device)
{
  struct cudaDeviceProp *p = &card->properties;
  cudaError_t code;

  *card = (Card){ 0 };
  code = cudaGetDeviceProperties (p, device);
  if (!monge_cuda_succeeds (code))
    {
      g_snprintf (p->name, sizeof p->name, "card %d", device + 1);
      card->reason = g_strdup (cudaGetErrorString (code));
      return;
    }
  /* What is shown may not wait long for a kernel. */
  card->draws = get_attribute (device, cudaDevAttrKernelExecTimeout) != 0;
  if (p->major < LEAST_MAJOR || (p->major == LEAST_MAJOR && p->minor < LEAST_MINOR))
    card->reason = g_strdup_printf ("its compute capability is %d.%d and %d.%d is the least",
                                    p->major, p->minor, LEAST_MAJOR, LEAST_MINOR);
  else if (get_attribute (device, cudaDevAttrComputeMode) == cudaComputeModeProhibited)
    card->reason = g_strdup ("it is in compute mode “prohibited”: nvidia-smi -c 0 allows its use");
}

static void
card_clear (Card *card)
{
  g_free (card->reason);
}

/* ------------------------------------------------------------------------------------------------
 * Listing
 */

static void
list_card (GPtrArray *devices, int device, const char *versions)
{
  Card card;
  g_autofree char *memory = NULL, *detail = NULL;
  const struct cudaDeviceProp *p = &card.properties;

  card_init (&card, device);
  memory = g_format_size_full (p->totalGlobalMem, G_FORMAT_SIZE_IEC_UNITS);
  detail = g_strdup_printf ("%s, compute capability %d.%d, %d multiprocessors, %s, %s", memory,
                            p->major, p->minor, p->multiProcessorCount,
                            card.draws ? "drives a display" : "drives no display", versions);
  g_ptr_array_add (devices, monge_device_new ("cuda", p->name, detail, card.reason == NULL,
                                              card.reason));
  card_clear (&card);
}

void
monge_cuda_list_devices (GPtrArray *devices)
{
  g_autofree char *reason = NULL, *had = NULL, *built = NULL, *versions = NULL;
  const int n = count_devices (&reason);
  int driver = 0, runtime = 0;

  if (n < 0)
    {
      g_ptr_array_add (devices, monge_device_new ("cuda", "CUDA", "", FALSE, reason));
      return;
    }
  monge_cuda_succeeds (cudaDriverGetVersion (&driver));
  monge_cuda_succeeds (cudaRuntimeGetVersion (&runtime));
  had = dup_version (driver);
  built = dup_version (runtime);
  versions = g_strdup_printf ("driver for CUDA %s, runtime %s", had, built);
  for (int device = 0; device < n; device++)
    list_card (devices, device, versions);
}

/* ------------------------------------------------------------------------------------------------
 * Choosing
 */

static gboolean
check_device (int device, GError **error)
{
  Card card;
  gboolean usable;

  card_init (&card, device);
  usable = card.reason == NULL;
  if (!usable)
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE, "CUDA: card %d, %s, cannot be used: %s; "
                 "choose another, " REMEDY, device + 1, card.properties.name, card.reason);
  card_clear (&card);
  return usable;
}

/* The usable card with the most multiprocessors, the first of equals; −1 if there is none. */
static int
find_best (int n)
{
  int best = -1, most = -1;

  for (int device = 0; device < n; device++)
    {
      Card card;

      card_init (&card, device);
      if (card.reason == NULL && card.properties.multiProcessorCount > most)
        {
          best = device;
          most = card.properties.multiProcessorCount;
        }
      card_clear (&card);
    }
  return best;
}

/* @number: from 1, as listed. @source: who asked. */
static int
choose_number (gint64 number, int n, const char *source, GError **error)
{
  if (number < 1 || number > n)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE,
                   "CUDA: %s asks for card %" G_GINT64_FORMAT ", and there %s %d: see “monge-cli "
                   "devices”, " REMEDY, source, number, n == 1 ? "is" : "are", n);
      return -1;
    }
  return check_device ((int) number - 1, error) ? (int) number - 1 : -1;
}

int
monge_cuda_choose_device (const MongeBackendOptions *options, GError **error)
{
  const char *wanted = g_getenv ("MONGE_CUDA_DEVICE");
  g_autofree char *reason = NULL;
  const int n = count_devices (&reason), preferred = monge_backend_get_preferred_device ();
  int device;

  if (n < 0)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE, "CUDA: %s, " REMEDY, reason);
      return -1;
    }
  if (options->device != 0)
    return choose_number (options->device, n, "the option", error);
  if (wanted != NULL && *wanted != '\0')
    return choose_number (g_ascii_strtoll (wanted, NULL, 10), n, "MONGE_CUDA_DEVICE", error);
  if (preferred >= 0 && preferred < n && check_device (preferred, NULL))
    return preferred;
  device = find_best (n);
  if (device < 0) /* what is wrong with the first says enough */
    check_device (0, error);
  return device;
}
