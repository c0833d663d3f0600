/* Frames of a card, from its memory to OpenGL's vertex buffers and back: on a real card by the route
 * that there is, which is told, and on the host's (MONGE_TEST_HOST_CARD) by both. Skipped without. */

#include <string.h>

#include "compute/backend/backend.h"
#include "render/geometry-private.h"
#include "render/offscreen.h"
#include "tests/util.h"

#ifdef MONGE_TEST_HOST_CARD
#include "tests/gl-memory.h"
#define PACE_N 2000
#else
#define PACE_N 1000000
#endif

#define N_FRAMES 4
#define N_PACED 30

static const guint n_components[MONGE_N_ATTRIBUTES] = { 3, 3, 1 };

/* One shape of @n points that a card moves, drawn from buffers that frames reach by the best route
 * there is, and again from some that they reach through the host. */
typedef struct {
  gsize n;
  MongeBackend *backend;
  MongeCudaGl *cuda;
  MongeGeometry *geometry, *through_host;
  MongePlanes *planes[MONGE_N_ATTRIBUTES];
  float *values[MONGE_N_ATTRIBUTES];
} World;

static gboolean
world_open (World *world, gsize n)
{
  g_autoptr (GError) error = NULL;
  *world = (World){ .n = n };
  world->cuda = monge_cuda_gl_new ();
  monge_backend_prefer_device (monge_cuda_gl_get_device (world->cuda));
  world->backend = monge_backend_open (&(MongeBackendOptions){ .name = "cuda" }, &error);
  if (!world->backend)
    {
      g_test_skip (error->message);
      g_clear_pointer (&world->cuda, monge_cuda_gl_free);
      return FALSE;
    }
  g_test_message ("%s: %s", monge_backend_get_description (world->backend),
                  monge_cuda_gl_get_sentence (world->cuda));
  world->geometry = monge_geometry_new (n, NULL, 0, 0);
  world->through_host = monge_geometry_new (n, NULL, 0, 0);
  monge_geometry_set_cuda (world->geometry, world->cuda);
  for (guint k = 0; k < MONGE_N_ATTRIBUTES; k++)
    {
      world->planes[k] = monge_planes_new (world->backend, MONGE_PLANES_FLOAT32,
                                           n * n_components[k], 1, &error);
      g_assert_no_error (error);
      world->values[k] = g_new0 (float, n * n_components[k]);
    }
  return TRUE;
}

static void
world_close (World *world)
{
  for (guint k = 0; k < MONGE_N_ATTRIBUTES; k++)
    {
      monge_planes_free (world->planes[k]);
      g_free (world->values[k]);
    }
  monge_geometry_free (world->geometry);
  monge_geometry_free (world->through_host);
  monge_cuda_gl_free (world->cuda);
  monge_backend_close (world->backend);
}

/* Queued: no number twice. */
static void
write_frame (World *world, guint step)
{
  for (guint k = 0; k < MONGE_N_ATTRIBUTES; k++)
    {
      for (gsize i = 0; i < world->n * n_components[k]; i++)
        world->values[k][i] = (float) i + 0.1f * (step + 1) + 0.01f * k;
      monge_planes_write (world->planes[k], world->values[k]);
    }
}

static void
publish (World *world, MongeGeometry *geometry)
{
  const MongeSink *const sinks[] = { monge_geometry_get_position_sink (geometry),
                                     monge_geometry_get_normal_sink (geometry),
                                     monge_geometry_get_scalar_sink (geometry) };
  for (guint k = 0; k < MONGE_N_ATTRIBUTES; k++)
    {
      g_autoptr (GError) error = NULL;
      monge_planes_publish (world->planes[k], sinks[k], &error);
      g_assert_no_error (error);
    }
}

/* The worker has the planes again as soon as they are published. */
static void
spoil (World *world)
{
  for (guint k = 0; k < MONGE_N_ATTRIBUTES; k++)
    {
      g_autofree float *zeros = g_new0 (float, world->n * n_components[k]);
      monge_planes_write (world->planes[k], zeros);
    }
}

static void
assert_holds_frame (World *world, MongeGeometry *geometry)
{
  for (guint k = 0; k < MONGE_N_ATTRIBUTES; k++)
    {
      gsize size = world->n * n_components[k] * sizeof (float);
      g_autofree guint8 *got = g_malloc0 (size);
      glBindBuffer (GL_ARRAY_BUFFER, monge_geometry_get_vertices (geometry, k)->name);
      glGetBufferSubData (GL_ARRAY_BUFFER, 0, size, got);
      glBindBuffer (GL_ARRAY_BUFFER, 0);
      g_assert_cmpmem (got, size, world->values[k], size);
    }
  g_assert_true (monge_geometry_is_ready (geometry));
  g_assert_true (monge_geometry_has_normals (geometry));
  g_assert_true (monge_geometry_has_scalars (geometry));
}

static void
both_routes_deliver_the_same (void)
{
  static const gsize sizes[] = { 1, 33, 1000 };
  World world;
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      if (!world_open (&world, sizes[i]))
        return;
      MongeCudaGlRoute route = monge_cuda_gl_get_route (world.cuda);
      for (guint step = 0; step < N_FRAMES; step++)
        {
          write_frame (&world, step);
          publish (&world, world.geometry);
          publish (&world, world.through_host);
          spoil (&world);
          assert_holds_frame (&world, world.geometry);
          assert_holds_frame (&world, world.through_host);
        }
      g_assert_cmpint (monge_cuda_gl_get_route (world.cuda), ==, route);
      world_close (&world);
    }
}

/* Hidden and shown again, with the card's frames staying where they are. */
static void
new_buffers_get_the_same_frame (void)
{
  World world;
  if (!world_open (&world, 100))
    return;
  write_frame (&world, 0);
  for (guint round = 0; round < 3; round++)
    {
      publish (&world, world.geometry);
      assert_holds_frame (&world, world.geometry);
      monge_geometry_free (world.geometry);
      monge_cuda_gl_free (world.cuda);
      world.cuda = monge_cuda_gl_new ();
      world.geometry = monge_geometry_new (world.n, NULL, 0, 0);
      monge_geometry_set_cuda (world.geometry, world.cuda);
    }
  world_close (&world);
}

/* Milliseconds per frame, the median, with OpenGL idle. */
static double
time_frames (World *world, MongeGeometry *geometry)
{
  double times[N_PACED];
  for (guint i = 0; i < N_PACED; i++)
    {
      gint64 start = g_get_monotonic_time ();
      publish (world, geometry);
      glFinish ();
      times[i] = (g_get_monotonic_time () - start) / 1000.0;
    }
  for (guint i = 1; i < N_PACED; i++)
    for (guint j = i; j > 0 && times[j] < times[j - 1]; j--)
      {
        double swap = times[j];
        times[j] = times[j - 1];
        times[j - 1] = swap;
      }
  return times[N_PACED / 2];
}

static void
pace_is_told (void)
{
  World world;
  if (!world_open (&world, PACE_N))
    return;
  write_frame (&world, 0);
  g_test_message ("a frame of %d vertices takes %.2f ms by the route there is (%s), "
                  "%.2f ms through the host", PACE_N, time_frames (&world, world.geometry),
                  monge_cuda_gl_get_label (world.cuda),
                  time_frames (&world, world.through_host));
  assert_holds_frame (&world, world.geometry);
  assert_holds_frame (&world, world.through_host);
  world_close (&world);
}

/* Where NVIDIA's driver is, Mesa would draw on the CPU. */
static void
prefer_driver_of_cards (void)
{
  const char *vendor = "/usr/share/glvnd/egl_vendor.d/10_nvidia.json";
  if (g_file_test (vendor, G_FILE_TEST_EXISTS))
    g_setenv ("__EGL_VENDOR_LIBRARY_FILENAMES", vendor, FALSE);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  prefer_driver_of_cards ();
  g_test_init (&argc, &argv, NULL);
  MongeOffscreen *offscreen = monge_offscreen_new (&error);
  if (!offscreen)
    {
      g_print ("1..0 # SKIP %s\n", error->message);
      return 0;
    }
#ifdef MONGE_TEST_HOST_CARD
  host_card_reset ();
  host_card_set_graphics (&monge_test_shared_graphics);
#endif
  g_test_add_func ("/frames/both-routes", both_routes_deliver_the_same);
  g_test_add_func ("/frames/new-buffers", new_buffers_get_the_same_frame);
  g_test_add_func ("/frames/pace", pace_is_told);
  int result = g_test_run ();
#ifdef MONGE_TEST_HOST_CARD
  host_card_assert_clean ();
#endif
  monge_offscreen_free (offscreen);
  return result;
}
