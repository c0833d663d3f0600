/* The window with a card that computes, which is the host's: how frames travel, what the status line
 * says of it, and that the CPU goes on when the card fails. */

#include <string.h>

#include "compute/shape/generate.h"
#include "compute/io/io.h"
#include "tests/gl-memory.h"
#include "tests/ui-driver.h"
#include "tests/util.h"
#include "ui/theme.h"

typedef struct {
  const char *name;
  cudaError_t register_error, devices_error;
  cudaError_t device_error; /* with no card at all */
  const char *route;        /* what the status line says, or NULL */
  const char *tooltip;      /* of that or, with NULL, of what computes */
} Case;

static const Case direct = {
  .route = "CUDA → OpenGL: direct",
  .tooltip = "Frames go from the card straight into OpenGL’s vertex buffers",
};
static const Case refused = {
  .register_error = cudaErrorUnknown,
  .route = "CUDA → OpenGL: through pinned memory",
  .tooltip = "Frames go through pinned memory: the driver does not share OpenGL’s buffers (",
};
static const Case foreign = {
  .devices_error = cudaErrorInvalidGraphicsContext,
  .route = "CUDA → OpenGL: through pinned memory",
  .tooltip = "Frames go through pinned memory: OpenGL runs on another device (",
};
static const Case no_driver = {
  .device_error = cudaErrorInsufficientDriver,
  .tooltip = "CUDA: no driver",
};

static guint n_messages; /* on the log, that there is no driver */

static GLogWriterOutput
count_messages (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, "MESSAGE") && g_str_equal (fields[i].value, "CUDA: no driver")
        && level == G_LOG_LEVEL_MESSAGE)
      {
        n_messages++;
        return G_LOG_WRITER_HANDLED;
      }
  return g_log_writer_default (level, fields, n_fields, user_data);
}

static void
save_sphere (const char *name, double radius)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = monge_test_tmp_path (name);
  g_autoptr (MongeShape) sphere = monge_generate_sphere (1, radius, (double[3]){ 0, 0, 0 });

  monge_shape_save (sphere, path, NULL, &error);
  g_assert_no_error (error);
}

/* Two small spheres: kernels take their time on the host. */
static void
set_up (UiFixture *fixture, gconstpointer user_data)
{
  const Case *card = user_data;
  HostCardGraphics graphics = monge_test_shared_graphics;
  g_autofree char *source = monge_test_tmp_path ("small.ply");
  g_autofree char *target = monge_test_tmp_path ("large.ply");

  graphics.register_error = card->register_error;
  graphics.devices_error = card->devices_error;
  host_card_reset ();
  host_card_set_graphics (&graphics);
  if (card->device_error != cudaSuccess)
    host_card_set_devices (NULL, 0, card->device_error);
  ui_set_up (fixture, NULL);
  monge_session_open (fixture->session, MONGE_ROLE_SOURCE, source);
  monge_session_open (fixture->session, MONGE_ROLE_TARGET, target);
  g_assert_true (ui_wait_for (fixture, ui_has_drawn));
}

static void
tear_down (UiFixture *fixture, gconstpointer user_data)
{
  ui_tear_down (fixture, NULL);
  host_card_fail_at (0, cudaSuccess, FALSE);
  g_assert_cmpuint (host_card_get_n_others (), ==, 0); /* no buffer is registered any more */
  host_card_assert_clean ();
}

static gboolean
has_text (GtkWidget *widget, gconstpointer text)
{
  return GTK_IS_LABEL (widget) && gtk_widget_get_visible (widget)
         && strstr (gtk_label_get_text (GTK_LABEL (widget)), text) != NULL;
}

static void
assert_tooltip (UiFixture *fixture, const char *label, const char *wanted)
{
  GtkWidget *widget = ui_find_widget (GTK_WIDGET (fixture->window), has_text, label);

  g_assert_nonnull (widget);
  if (strstr (gtk_widget_get_tooltip_text (widget), wanted) == NULL)
    g_error ("the tooltip “%s” does not say “%s”", gtk_widget_get_tooltip_text (widget), wanted);
}

static void
test_frames_arrive_and_the_status_line_says_how (UiFixture *fixture, gconstpointer user_data)
{
  const Case *card = user_data;
  g_autoptr (MongePicture) before = ui_take_picture (fixture, 1, FALSE);
  g_autoptr (MongePicture) after = NULL;
  g_autofree char *status = NULL;
  gboolean is_direct = card == &direct;

  ui_activate (fixture, "play");
  g_assert_true (ui_wait_for (fixture, ui_has_moved));
  ui_activate (fixture, "play");
  g_assert_true (ui_wait_for (fixture, ui_is_paused));
  ui_run_for (0.5);
  after = ui_take_picture (fixture, 1, FALSE);
  g_assert_cmpfloat (ui_compare (before, after), >, 0.1);
  g_assert_cmpuint (ui_count_leading (after, 0), >, 1000);

  status = monge_window_dup_status (fixture->window);
  g_test_message ("%s", status);
  g_assert_true ((strstr (status, "Host card") != NULL) == (card->route != NULL));
  g_assert_true ((strstr (status, "OpenGL") != NULL) == (card->route != NULL));
  assert_tooltip (fixture, card->route != NULL ? card->route : "CPU", card->tooltip);
  g_assert_true ((host_card_get_n_calls ("cudaGraphicsMapResources") > 0) == is_direct);
}

/* A second window says nothing on the log that the first has said. */
static void
test_no_driver_is_said_once (UiFixture *fixture, gconstpointer user_data)
{
  ui_run_for (0.5);
  assert_tooltip (fixture, "CPU", "CUDA: no driver");
  g_assert_cmpuint (n_messages, ==, 1);
}

static gboolean
is_on_cpu (UiFixture *fixture)
{
  return ui_has_moved (fixture) && !monge_session_is_on_card (fixture->session);
}

static void
test_failed_card_leaves_the_flow_to_the_cpu (UiFixture *fixture, gconstpointer user_data)
{
  g_autoptr (MongePicture) before = NULL;
  g_autoptr (MongePicture) after = NULL;
  g_autofree char *status = NULL;
  guint step;

  ui_activate (fixture, "play");
  g_assert_true (ui_wait_for (fixture, ui_has_moved));
  g_assert_true (monge_session_is_on_card (fixture->session));
  before = ui_take_picture (fixture, 1, FALSE);
  step = monge_session_get_frame (fixture->session)->step;
  host_card_fail_at (1, cudaErrorIllegalAddress, TRUE);
  g_assert_true (ui_wait_for (fixture, is_on_cpu));
  g_assert_cmpuint (monge_session_get_frame (fixture->session)->step + 1, >=, step);
  g_assert_true (ui_wait_for (fixture, ui_has_message));
  g_assert_nonnull (strstr (monge_window_get_message (fixture->window), "going on with the CPU"));

  ui_run_for (0.5);
  after = ui_take_picture (fixture, 1, FALSE);
  g_assert_cmpuint (ui_count_leading (after, 0), >, 1000);
  status = monge_window_dup_status (fixture->window);
  g_test_message ("%s", status);
  g_assert_null (strstr (status, "Host card"));
  g_assert_null (strstr (status, "OpenGL"));
  g_assert_nonnull (strstr (status, "CPU"));
}

#define ADD(name, card, func) g_test_add ("/ui-card/" name, UiFixture, &card, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  if (!gtk_init_check ())
    {
      puts ("1..0 # SKIP no display");
      return 0;
    }
  g_test_init (&argc, &argv, NULL);
  monge_theme_init (gdk_display_get_default ());
  g_log_set_writer_func (count_messages, NULL, NULL);
  save_sphere ("small.ply", 1.0);
  save_sphere ("large.ply", 1.6);
  ADD ("direct", direct, test_frames_arrive_and_the_status_line_says_how);
  ADD ("refused", refused, test_frames_arrive_and_the_status_line_says_how);
  ADD ("foreign", foreign, test_frames_arrive_and_the_status_line_says_how);
  ADD ("no_driver", no_driver, test_frames_arrive_and_the_status_line_says_how);
  ADD ("no_driver_again", no_driver, test_no_driver_is_said_once);
  ADD ("failed_card", direct, test_failed_card_leaves_the_flow_to_the_cpu);
  return g_test_run ();
}
