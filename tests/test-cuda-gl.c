/* Every way a frame can take from a card to a vertex buffer, with a host card that shares, or does
 * not share, the memory of real OpenGL buffers. */

#include "compute/shape/generate.h"
#include "render/geometry-private.h"
#include "render/gl.h"
#include "render/offscreen.h"
#include "tests/gl-memory.h"
#include "tests/util.h"

#include <math.h>
#include <string.h>

#define SIZE 200
#define N_FRAMES 5

static MongeRenderer *renderer;
static guint n_messages; /* that the user was told of another way */

typedef guint8 Picture[SIZE][SIZE][4];

/* What OpenGL may not do to a buffer that CUDA knows */

static PFNGLBUFFERDATAPROC buffer_data;
static PFNGLDELETEBUFFERSPROC delete_buffers;

static void
watched_buffer_data (GLenum target, GLsizeiptr size, const void *data, GLenum usage)
{
  GLint bound = 0;
  glGetIntegerv (GL_ARRAY_BUFFER_BINDING, &bound);
  g_assert_false (target == GL_ARRAY_BUFFER && host_card_is_registered (bound));
  buffer_data (target, size, data, usage);
}

static void
watched_delete_buffers (GLsizei n, const GLuint *buffers)
{
  for (GLsizei i = 0; i < n; i++)
    g_assert_false (buffers[i] != 0 && host_card_is_registered (buffers[i]));
  delete_buffers (n, buffers);
}

/* epoxy finds functions when they are called first, and puts them there. */
static void
watch_buffers (void)
{
  GLuint buffer = 0;
  glGenBuffers (1, &buffer);
  glBindBuffer (GL_ARRAY_BUFFER, buffer);
  glBufferData (GL_ARRAY_BUFFER, 1, NULL, GL_STREAM_DRAW);
  glDeleteBuffers (1, &buffer);
  buffer_data = epoxy_glBufferData;
  delete_buffers = epoxy_glDeleteBuffers;
  epoxy_glBufferData = watched_buffer_data;
  epoxy_glDeleteBuffers = watched_delete_buffers;
}

static GLogWriterOutput
count_messages (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, "MESSAGE") && strstr (fields[i].value, "through pinned memory")
        && level == G_LOG_LEVEL_MESSAGE)
      {
        n_messages++;
        return G_LOG_WRITER_HANDLED;
      }
  return g_log_writer_default (level, fields, n_fields, user_data);
}

/* A shape that a card moves: frames in device memory, published as the viewport does */

typedef struct {
  MongeCudaGl *cuda;
  MongeGeometry *geometry;
  gsize n;
  float *values[MONGE_N_ATTRIBUTES];  /* what the frame is */
  void *planes[MONGE_N_ATTRIBUTES];   /* where it is on card 0 */
  gboolean is_on_card;                /* no call failed that brought it there */
  cudaStream_t stream;
  cudaEvent_t ready;
} World;

static const guint n_components[] = { 3, 3, 1 };

static gsize
get_size (const World *world, int k)
{
  return world->n * n_components[k] * sizeof (float);
}

static void
open_context (World *world, MongeShape *shape)
{
  world->cuda = monge_cuda_gl_new ();
  world->geometry = monge_geometry_new (world->n, monge_shape_get_cells (shape),
                                        monge_shape_get_n_cells (shape), 3);
  monge_geometry_set_cuda (world->geometry, world->cuda);
}

static void
close_context (World *world)
{
  g_clear_pointer (&world->geometry, monge_geometry_free);
  g_clear_pointer (&world->cuda, monge_cuda_gl_free);
}

static MongeShape *
make_shape (void)
{
  return monge_generate_sphere (3, 1.0, (double[3]){ 0, 0, 0 });
}

static void
set_up (World *world)
{
  g_autoptr (MongeShape) shape = make_shape ();
  *world = (World){ .n = monge_shape_get_n_vertices (shape) };
  n_messages = 0;
  for (int k = 0; k < MONGE_N_ATTRIBUTES; k++)
    {
      world->values[k] = g_malloc0 (get_size (world, k));
      g_assert_cmpint (cudaMalloc (&world->planes[k], get_size (world, k)), ==, cudaSuccess);
    }
  g_assert_cmpint (cudaStreamCreateWithFlags (&world->stream, cudaStreamNonBlocking), ==, 0);
  g_assert_cmpint (cudaEventCreateWithFlags (&world->ready, cudaEventDisableTiming), ==, 0);
  open_context (world, shape);
}

static void
tear_down (World *world)
{
  close_context (world);
  host_card_fail_at (0, cudaSuccess, FALSE);
  for (int k = 0; k < MONGE_N_ATTRIBUTES; k++)
    {
      cudaFree (world->planes[k]);
      g_free (world->values[k]);
    }
  cudaStreamDestroy (world->stream);
  cudaEventDestroy (world->ready);
  g_assert_cmpuint (host_card_get_n_others (), ==, 0);
  host_card_assert_clean ();
}

/* The sphere in another place, size and colour per frame. */
static void
compute_frame (World *world, guint step)
{
  g_autoptr (MongeShape) shape = make_shape ();
  const double *x = monge_shape_get_positions (shape);
  for (gsize i = 0; i < 3 * world->n; i++)
    {
      world->values[0][i] = x[i] * (1.0 - 0.1 * step) + (i % 3 == 0 ? 0.15 * step : 0.0);
      world->values[1][i] = step % 2 ? -x[i] : x[i];
    }
  for (gsize i = 0; i < world->n; i++)
    world->values[2][i] = 0.5 + 0.1 * step * x[3 * i];
  cudaError_t code = cudaSuccess;
  for (int k = 0; k < MONGE_N_ATTRIBUTES && code == cudaSuccess; k++)
    code = cudaMemcpyAsync (world->planes[k], world->values[k], get_size (world, k),
                            cudaMemcpyHostToDevice, world->stream);
  if (code == cudaSuccess)
    code = cudaEventRecord (world->ready, world->stream);
  world->is_on_card = code == cudaSuccess;
}

/* As monge_planes_publish() does. Returns whether it went directly. */
static gboolean
publish (World *world, int k)
{
  const MongeSink *sinks[] = { monge_geometry_get_position_sink (world->geometry),
                               monge_geometry_get_normal_sink (world->geometry),
                               monge_geometry_get_scalar_sink (world->geometry) };
  const MongeSink *sink = sinks[k];
  gsize size = get_size (world, k);
  const MongeDeviceSpan span = { .device = 0, .data = world->planes[k], .size = size,
                                 .ready = world->ready };
  if (world->is_on_card && sink->take && sink->take (sink->user_data, &span))
    return TRUE;

  gpointer to = sink->map (sink->user_data, size);
  g_assert_nonnull (to);
  memcpy (to, world->values[k], size);
  sink->unmap (sink->user_data, size);
  return FALSE;
}

static guint
publish_frame (World *world, guint step)
{
  guint n_direct = 0;
  compute_frame (world, step);
  for (int k = 0; k < MONGE_N_ATTRIBUTES; k++)
    n_direct += publish (world, k);
  return n_direct;
}

/* What is in the vertex buffers are the frame's very bytes. */
static void
assert_delivered (World *world)
{
  static const char *const names[] = { "positions", "normals", "scalars" };
  for (int k = 0; k < MONGE_N_ATTRIBUTES; k++)
    {
      gsize size = get_size (world, k);
      g_autofree guint8 *got = g_malloc0 (size);
      glBindBuffer (GL_ARRAY_BUFFER, monge_geometry_get_vertices (world->geometry, k)->name);
      glGetBufferSubData (GL_ARRAY_BUFFER, 0, size, got);
      glBindBuffer (GL_ARRAY_BUFFER, 0);
      if (memcmp (got, world->values[k], size) != 0)
        g_error ("%s are not those of the frame", names[k]);
    }
  g_assert_true (monge_geometry_is_ready (world->geometry));
  g_assert_true (monge_geometry_has_normals (world->geometry));
  g_assert_true (monge_geometry_has_scalars (world->geometry));
  g_assert_cmpint (glGetError (), ==, GL_NO_ERROR);
}

static void
draw (World *world, Picture picture)
{
  g_autoptr (GError) error = NULL;
  MongeCamera camera = { .rotation = { 0, 0, 0, 1 }, .distance = 6.f, .radius = 2.f,
                         .fov = glm_rad (30.f) };
  MongeScene scene = { .n_layers = 1 };
  scene.layers[0] = (MongeLayer){ .geometry = world->geometry, .style = MONGE_STYLE_SURFACE,
                                  .visible = TRUE, .opacity = 1.f, .range = { 0, 1 },
                                  .colormap = monge_colormap_find ("viridis") };
  monge_renderer_draw_to_pixels (renderer, &scene, &camera, SIZE, SIZE, picture[0][0], &error);
  g_assert_no_error (error);
}

static void
assert_route (World *world, MongeCudaGlRoute route, const char *sentence)
{
  static const char *const labels[] = { NULL, "CUDA → OpenGL: through pinned memory",
                                        "CUDA → OpenGL: direct" };
  g_assert_cmpint (monge_cuda_gl_get_route (world->cuda), ==, route);
  g_assert_cmpstr (monge_cuda_gl_get_label (world->cuda), ==, labels[route]);
  if (!strstr (monge_cuda_gl_get_sentence (world->cuda), sentence))
    g_error ("“%s” does not say “%s”", monge_cuda_gl_get_sentence (world->cuda), sentence);
}

/* Tests */

static void
begin (const HostCardGraphics *graphics)
{
  host_card_reset ();
  host_card_set_graphics (graphics);
}

static void
card_that_draws_writes_directly (void)
{
  World world;
  begin (&monge_test_shared_graphics);
  set_up (&world);
  assert_route (&world, MONGE_CUDA_GL_DIRECT, "straight into OpenGL’s vertex buffers");
  g_assert_cmpint (monge_cuda_gl_get_device (world.cuda), ==, 0);
  for (guint step = 0; step < N_FRAMES; step++)
    {
      g_assert_cmpuint (publish_frame (&world, step), ==, MONGE_N_ATTRIBUTES);
      assert_delivered (&world);
    }
  /* once each, and the trial */
  g_assert_cmpuint (host_card_get_n_calls ("cudaGraphicsGLRegisterBuffer"), ==,
                    1 + MONGE_N_ATTRIBUTES);
  g_assert_cmpuint (host_card_get_n_others (), ==, MONGE_N_ATTRIBUTES);
  g_assert_cmpuint (n_messages, ==, 0);
  tear_down (&world);
}

/* The worker's stream is behind when the frame is published. */
static void
unfinished_frames_are_waited_for (void)
{
  World world;
  begin (&monge_test_shared_graphics);
  host_card_set_deferred (TRUE);
  set_up (&world);
  for (guint step = 0; step < N_FRAMES; step++)
    {
      g_assert_cmpuint (publish_frame (&world, step), ==, MONGE_N_ATTRIBUTES);
      /* the worker may write the next frame at once */
      for (int k = 0; k < MONGE_N_ATTRIBUTES; k++)
        cudaMemset (world.planes[k], 0xff, get_size (&world, k));
      assert_delivered (&world);
    }
  g_assert_cmpuint (host_card_get_n_calls ("cudaStreamWaitEvent"), ==,
                    N_FRAMES * MONGE_N_ATTRIBUTES);
  g_assert_cmpuint (host_card_get_n_calls ("cudaStreamSynchronize"), ==,
                    N_FRAMES * MONGE_N_ATTRIBUTES);
  tear_down (&world);
}

/* @sentence: why; the way is chosen before the first frame, so nobody is told of a change. */
static void
assert_all_through_host (const char *sentence)
{
  World world;
  set_up (&world);
  assert_route (&world, MONGE_CUDA_GL_PINNED, sentence);
  for (guint step = 0; step < N_FRAMES; step++)
    {
      g_assert_cmpuint (publish_frame (&world, step), ==, 0);
      assert_delivered (&world);
    }
  g_assert_cmpuint (host_card_get_n_calls ("cudaGraphicsMapResources"), ==, 0);
  g_assert_cmpuint (n_messages, ==, 0);
  tear_down (&world);
}

static void
refused_registration_goes_through_host (void)
{
  HostCardGraphics refusing = monge_test_shared_graphics;
  refusing.register_error = cudaErrorUnknown;
  begin (&refusing);
  assert_all_through_host ("the driver does not share OpenGL’s buffers (");
  g_assert_cmpuint (host_card_get_n_calls ("cudaGraphicsGLRegisterBuffer"), ==, 1);
}

static void
foreign_context_goes_through_host (void)
{
  HostCardGraphics foreign = monge_test_shared_graphics;
  g_autofree char *renderer_name = monge_gl_dup_renderer ();
  g_autofree char *sentence = g_strdup_printf ("Frames go through pinned memory: OpenGL runs on "
                                               "another device (%s)", renderer_name);
  foreign.devices_error = cudaErrorInvalidGraphicsContext;
  begin (&foreign);
  assert_all_through_host (sentence);

  /* or it says that none draws */
  foreign.devices_error = cudaSuccess;
  foreign.n_devices = 0;
  begin (&foreign);
  assert_all_through_host (sentence);
}

static void
another_card_goes_through_host (void)
{
  HostCardGraphics second = monge_test_shared_graphics;
  World world;
  second.devices[0] = 1;
  begin (&second);
  host_card_set_devices ((HostCardDevice[]){ { "Computes", 9, 0, 1 << 30, 0, 1, 2 },
                                             { "Draws", 7, 5, 1 << 30, 0, 2, 2 } },
                         2, cudaSuccess);
  set_up (&world);
  /* the one to compute on, had it been asked for in time */
  g_assert_cmpint (monge_cuda_gl_get_device (world.cuda), ==, 1);
  for (guint step = 0; step < N_FRAMES; step++)
    {
      g_assert_cmpuint (publish_frame (&world, step), ==, 0);
      assert_delivered (&world);
      assert_route (&world, MONGE_CUDA_GL_PINNED, "card 0 computes, and OpenGL runs on card 1");
    }
  g_assert_cmpuint (n_messages, ==, 1);
  tear_down (&world);
}

static void
nothing_to_share_with_says_so (void)
{
  static const struct {
    cudaError_t error;
    const char *sentence;
  } cases[] = {
    { cudaErrorInsufficientDriver, "CUDA: no driver" },
    { cudaErrorNoDevice, "CUDA: no card" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      begin (&monge_test_shared_graphics);
      host_card_set_devices (NULL, 0, cases[i].error);
      g_autoptr (MongeCudaGl) cuda = monge_cuda_gl_new ();
      g_assert_cmpint (monge_cuda_gl_get_route (cuda), ==, MONGE_CUDA_GL_ABSENT);
      g_assert_null (monge_cuda_gl_get_label (cuda));
      g_assert_cmpstr (monge_cuda_gl_get_sentence (cuda), ==, cases[i].sentence);
      g_assert_cmpint (monge_cuda_gl_get_device (cuda), ==, -1);
      g_assert_cmpint (cudaGetLastError (), ==, cudaSuccess);
    }
}

/* From the second frame on; the frame under way arrives too. */
static void
failed_mapping_loses_no_frame (void)
{
  HostCardGraphics failing = monge_test_shared_graphics;
  World world;
  failing.map_error = cudaErrorMapBufferObjectFailed;
  begin (&monge_test_shared_graphics);
  set_up (&world);
  for (guint step = 0; step < N_FRAMES; step++)
    {
      if (step == 2)
        host_card_set_graphics (&failing);
      if (step == 3)
        host_card_set_graphics (&monge_test_shared_graphics); /* there is no way back */
      g_assert_cmpuint (publish_frame (&world, step), ==, step < 2 ? MONGE_N_ATTRIBUTES : 0);
      assert_delivered (&world);
    }
  assert_route (&world, MONGE_CUDA_GL_PINNED, "OpenGL’s buffers could not be written by the card (");
  g_assert_cmpuint (n_messages, ==, 1);
  g_assert_cmpuint (host_card_get_n_others (), ==, 0);
  tear_down (&world);
}

/* Every call of the runtime, in turn, for once and for good. */
static void
any_failed_call_loses_no_frame (void)
{
  for (int sticky = 0; sticky <= 1; sticky++)
    for (guint n = 1;; n++)
      {
        World world;
        begin (&monge_test_shared_graphics);
        set_up (&world);
        for (guint step = 0; step < 3; step++)
          {
            compute_frame (&world, step);
            if (step == 0)
              host_card_fail_at (n, cudaErrorUnknown, sticky);
            for (int k = 0; k < MONGE_N_ATTRIBUTES; k++)
              publish (&world, k);
            assert_delivered (&world);
          }
        gboolean has_failed = host_card_has_failed ();
        g_assert_cmpuint (n_messages, <=, 1);
        tear_down (&world);
        if (!has_failed)
          {
            g_assert_cmpuint (n, >, 3 * 3 * 5);
            break;
          }
      }
}

static void
any_failed_call_of_the_choice_is_survived (void)
{
  gboolean has_failed = TRUE;
  for (guint n = 1; has_failed; n++)
    {
      begin (&monge_test_shared_graphics);
      host_card_fail_at (n, cudaErrorUnknown, FALSE);
      MongeCudaGl *cuda = monge_cuda_gl_new ();
      has_failed = host_card_has_failed ();
      g_assert_cmpuint (strlen (monge_cuda_gl_get_sentence (cuda)), >, 0);
      if (!has_failed)
        g_assert_cmpint (monge_cuda_gl_get_route (cuda), ==, MONGE_CUDA_GL_DIRECT);
      monge_cuda_gl_free (cuda);
      host_card_assert_clean ();
    }
}

static void
shown_again_registers_anew (void)
{
  g_autoptr (MongeShape) shape = make_shape ();
  World world;
  begin (&monge_test_shared_graphics);
  set_up (&world);
  for (guint round = 1; round <= 3; round++)
    {
      g_assert_cmpuint (publish_frame (&world, round), ==, MONGE_N_ATTRIBUTES);
      assert_delivered (&world);
      g_assert_cmpuint (host_card_get_n_calls ("cudaGraphicsGLRegisterBuffer"), ==,
                        round * (1 + MONGE_N_ATTRIBUTES));
      close_context (&world);
      g_assert_cmpuint (host_card_get_n_others (), ==, 0);
      open_context (&world, shape);
    }
  tear_down (&world);
}

/* A frame of the host, then of the card again: the buffer got new memory, which is registered. */
static void
host_and_card_take_turns (void)
{
  World world;
  begin (&monge_test_shared_graphics);
  set_up (&world);
  for (guint step = 0; step < N_FRAMES; step++)
    {
      g_assert_cmpuint (publish_frame (&world, step), ==, MONGE_N_ATTRIBUTES);
      assert_delivered (&world);
      compute_frame (&world, step + 1);
      monge_geometry_set_positions (world.geometry, world.values[0]);
      monge_geometry_set_normals (world.geometry, world.values[1]);
      monge_geometry_set_scalars (world.geometry, world.values[2]);
      assert_delivered (&world);
      g_assert_cmpuint (host_card_get_n_others (), ==, 0);
    }
  tear_down (&world);
}

static void
both_ways_draw_the_same (void)
{
  static Picture direct[N_FRAMES], through_host;
  HostCardGraphics refusing = monge_test_shared_graphics;
  World world;
  begin (&monge_test_shared_graphics);
  set_up (&world);
  for (guint step = 0; step < N_FRAMES; step++)
    {
      g_assert_cmpuint (publish_frame (&world, step), ==, MONGE_N_ATTRIBUTES);
      draw (&world, direct[step]);
      g_assert_true (step == 0 || memcmp (direct[step], direct[step - 1], sizeof direct[0]) != 0);
    }
  tear_down (&world);

  refusing.register_error = cudaErrorUnknown;
  begin (&refusing);
  set_up (&world);
  for (guint step = 0; step < N_FRAMES; step++)
    {
      g_assert_cmpuint (publish_frame (&world, step), ==, 0);
      draw (&world, through_host);
      g_assert_cmpint (through_host[SIZE / 2][SIZE / 2][3], ==, 255);
      g_assert_cmpmem (through_host, sizeof through_host, direct[step], sizeof direct[step]);
    }
  tear_down (&world);
}

static void
unfit_spans_are_not_taken (void)
{
  World world;
  begin (&monge_test_shared_graphics);
  set_up (&world);
  const MongeSink *sink = monge_geometry_get_scalar_sink (world.geometry);
  MongeDeviceSpan span = { .device = 0, .data = world.planes[2], .size = 0 };
  g_assert_false (sink->take (sink->user_data, &span));
  span.size = get_size (&world, 2) + 1;
  g_assert_false (sink->take (sink->user_data, &span));
  /* a part of a frame is taken, and not drawn */
  span.size = get_size (&world, 2) / 2;
  g_assert_true (sink->take (sink->user_data, &span));
  g_assert_false (monge_geometry_has_scalars (world.geometry));
  assert_route (&world, MONGE_CUDA_GL_DIRECT, "");

  monge_geometry_set_cuda (world.geometry, NULL);
  g_assert_null (sink->take);
  g_assert_cmpuint (host_card_get_n_others (), ==, 0);
  tear_down (&world);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_test_init (&argc, &argv, NULL);
  MongeOffscreen *offscreen = monge_offscreen_new (&error);
  if (!offscreen)
    {
      g_print ("1..0 # SKIP %s\n", error->message);
      return 0;
    }
  renderer = monge_renderer_new (&error);
  g_assert_no_error (error);
  g_log_set_writer_func (count_messages, NULL, NULL);
  watch_buffers ();

  g_test_add_func ("/cuda-gl/direct", card_that_draws_writes_directly);
  g_test_add_func ("/cuda-gl/unfinished", unfinished_frames_are_waited_for);
  g_test_add_func ("/cuda-gl/refused", refused_registration_goes_through_host);
  g_test_add_func ("/cuda-gl/foreign-context", foreign_context_goes_through_host);
  g_test_add_func ("/cuda-gl/another-card", another_card_goes_through_host);
  g_test_add_func ("/cuda-gl/nothing-to-share-with", nothing_to_share_with_says_so);
  g_test_add_func ("/cuda-gl/failed-mapping", failed_mapping_loses_no_frame);
  g_test_add_func ("/cuda-gl/any-failed-call", any_failed_call_loses_no_frame);
  g_test_add_func ("/cuda-gl/any-failed-choice", any_failed_call_of_the_choice_is_survived);
  g_test_add_func ("/cuda-gl/shown-again", shown_again_registers_anew);
  g_test_add_func ("/cuda-gl/taking-turns", host_and_card_take_turns);
  g_test_add_func ("/cuda-gl/same-pictures", both_ways_draw_the_same);
  g_test_add_func ("/cuda-gl/unfit-spans", unfit_spans_are_not_taken);
  int result = g_test_run ();

  monge_renderer_free (renderer);
  monge_offscreen_free (offscreen);
  return result;
}
