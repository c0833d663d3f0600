/* Base 64: against GLib's, with blanks anywhere, cut anywhere, in parts. */
#include "compute/core/random.h"
#include "compute/io/base64.h"

#include <string.h>

#include "tests/util.h"

static void
test_any_length (void)
{
  MongeRandom random;

  monge_random_init (&random, 3);
  for (gsize size = 0; size < 300; size++)
    {
      g_autofree guint8 *data = g_malloc (size + 1);
      g_autofree guint8 *back = g_malloc (MONGE_BASE64_MOST (2 * size) + 1);
      g_autofree char *truth = NULL;
      g_autoptr (GString) text = g_string_new (NULL);
      g_autoptr (GError) error = NULL;
      gsize n;

      for (gsize i = 0; i < size; i++)
        data[i] = (guint8) monge_random_next (&random);
      truth = g_base64_encode (data, size);
      monge_base64_append (text, data, size);
      g_assert_cmpstr (text->str, ==, truth);
      for (int blanks = 0; blanks < 9; blanks++)
        {
          g_assert_true (monge_base64_decode (text->str, text->len, back,
                                              MONGE_BASE64_MOST (text->len), NULL, &n, &error));
          g_assert_no_error (error);
          g_assert_cmpmem (back, n, data, size);
          g_string_insert (text, (gssize) (monge_random_next (&random) % (text->len + 1)), "\n ");
        }
    }
}

/* VTK writes a header and its data one behind the other, each padded. */
static void
test_in_parts (void)
{
  const char *text = "AQI=AwQF BgcICQ==";
  guint8 bytes[32];
  gsize used, n;

  g_assert_true (monge_base64_decode (text, strlen (text), bytes, 32, &used, &n, NULL));
  g_assert_cmpmem (bytes, n, "\1\2", 2);
  g_assert_cmpuint (used, ==, 4);
  g_assert_true (monge_base64_decode (text + 4, strlen (text) - 4, bytes, 3, &used, &n, NULL));
  g_assert_cmpmem (bytes, n, "\3\4\5", 3);
  g_assert_cmpuint (used, ==, 4);
}

static void
test_reject_damage (void)
{
  static const char *const texts[] = { "AQI", "A", "A=", "AQ=I", "AQ==A?", "AQI*", "=", "AQIDA" };
  guint8 bytes[32];
  gsize n;

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      gboolean is_good = monge_base64_decode (texts[i], strlen (texts[i]), bytes, 32, NULL, &n,
                                              &error);

      if (g_str_equal (texts[i], "AQ==A?")) /* reading ends before it */
        g_assert_true (is_good);
      else
        monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "base64");
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base64/any_length", test_any_length);
  g_test_add_func ("/base64/in_parts", test_in_parts);
  g_test_add_func ("/base64/reject_damage", test_reject_damage);
  return g_test_run ();
}
