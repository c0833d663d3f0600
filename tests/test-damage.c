/* Every reader over damaged files: cut at every length, bytes changed at random, counts that lie.
 * The same damage on every run. Meant to be run with the address sanitizer too. */
#include "compute/core/random.h"
#include "compute/shape/generate.h"
#include "tests/fuzz/any-bytes.h"

#define SECONDS_PER_FORMAT 0.3

/* Small files in each format's variants. */
static const char *const texts[] = {
  "ply\nformat ascii 1.0\ncomment unit: mm\nelement vertex 3\nproperty float x\nproperty float y\n"
  "property float z\nproperty uchar red\nelement face 2\nproperty list uchar int vertex_indices\n"
  "property list uchar float uv\nproperty short part\nend_header\n"
  "0 0 0 1\n1 0 0 2\n0 1 1e-3 3\n3 0 1 2 1 0.5 7\n4 0 1 2 0 0 -8\n",
  "ply\nformat ascii 1.0\nelement vertex 2\nproperty double x\nproperty int y\nelement edge 1\n"
  "property int vertex1\nproperty int vertex2\nelement foo 1\nproperty list int int bar\n"
  "end_header\n0 0\n1 0\n0 1\n2 1 1\n",
  "solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\n"
  "endfacet\nendsolid a\n",
  "# unit: mm\nv 0 0 0 1 0 0\nv 1 0 0 0 1 0\nv 0 1 0 0 0 1\nvn 0 0 1\nf 1//1 2//1 3//1\n"
  "f -1 -2 \\\n -3\nl 1 2 3\n",
  "x,y,z,name,heat\n1,2,3,a,0.5\n4,5,6,b,nan\n",
  "# c\n1 2\t3 4\n-1e-5 .5 5. 17976931348623157e292\n",
  "//X;Y;Z;a b\n1;2;3;4\n5;6;7;\n",
};

static void
free_seed (gpointer seed)
{
  g_string_free (seed, TRUE);
}

/* Keeps @seed, a whole file, if the reader of @format takes it. */
static void
take_seed (GPtrArray *seeds, const MongeFormat *format, GString *seed)
{
  g_autoptr (MongeShape) shape = NULL;

  shape = monge_format_parse_bytes (format, (const guint8 *) seed->str, seed->len, "seed", NULL);
  if (shape != NULL)
    g_ptr_array_add (seeds, seed);
  else
    free_seed (seed);
}

/* The small texts, and small shapes in every format. */
static GPtrArray *
collect_seeds (const MongeFormat *reader)
{
  static const double centre[3] = { 0 };
  g_autoptr (MongeShape) sphere = monge_generate_sphere (0, 1.0, centre);
  g_autoptr (MongeShape) knot = monge_generate_knot (6, 1.0);
  g_autoptr (MongeShape) cloud = monge_generate_cloud (5, 4, 1);
  MongeShape *const shapes[] = { sphere, knot, cloud };
  GPtrArray *seeds = g_ptr_array_new_with_free_func (free_seed);

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    take_seed (seeds, reader, g_string_new (texts[i]));
  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++)
    for (const MongeFormat *format = monge_formats; format->name != NULL; format++)
      {
        GString *out = g_string_new (NULL);
        format->write (shapes[i], out, NULL);
        take_seed (seeds, reader, out);
      }
  return seeds;
}

/* A lying number, an odd byte, a piece doubled or taken out. */
static void
damage_once (GString *bytes, MongeRandom *random)
{
  static const char *const lies[] = {
    "-1", "0", "255", "65536", "4294967295", "4294967296", "999999999999999999", "1e999", "nan",
    "\xff\xff\xff\xff", "\x80\x00\x00\x00", "\x7f", "\n", " ", ",", "#", "/", "\\\n", "\"",
  };
  gsize at = monge_random_next (random) % (bytes->len + 1);
  gsize most = 1 + monge_random_next (random) % 16, n = MIN (most, bytes->len - at);
  const char *lie = lies[monge_random_next (random) % G_N_ELEMENTS (lies)];
  g_autofree char *piece = NULL;

  switch (monge_random_next (random) % 5)
    {
    case 0:
      if (n > 0)
        bytes->str[at] ^= (char) (1 << monge_random_next (random) % 8);
      break;
    case 1:
      if (n > 0)
        bytes->str[at] = (char) monge_random_next (random);
      break;
    case 2:
      g_string_erase (bytes, (gssize) at, (gssize) n);
      break;
    case 3:
      piece = g_strndup (bytes->str + at, n);
      g_string_insert_len (bytes, (gssize) (monge_random_next (random) % (bytes->len + 1)), piece,
                           (gssize) strlen (piece));
      break;
    default:
      g_string_overwrite (bytes, at, lie);
    }
}

static void
test_cut_anywhere (gconstpointer data)
{
  const MongeFormat *format = data;
  g_autoptr (GPtrArray) seeds = collect_seeds (format);
  guint n_shapes = 0;

  for (guint i = 0; i < seeds->len; i++)
    {
      const GString *seed = g_ptr_array_index (seeds, i);
      for (gsize size = 0; size <= seed->len; size++)
        n_shapes += any_bytes_check (format, (const guint8 *) seed->str, size);
    }
  g_assert_cmpuint (n_shapes, >, 0);
}

static void
test_changed_at_random (gconstpointer data)
{
  const MongeFormat *format = data;
  g_autoptr (GPtrArray) seeds = collect_seeds (format);
  g_autoptr (GTimer) timer = g_timer_new ();
  guint n_shapes = 0, n_files = 0;
  MongeRandom random;

  monge_random_init (&random, 1);
  while (n_files < 200 || g_timer_elapsed (timer, NULL) < SECONDS_PER_FORMAT)
    {
      const GString *seed = g_ptr_array_index (seeds, n_files++ % seeds->len);
      g_autoptr (GString) bytes = g_string_new_len (seed->str, (gssize) seed->len);
      for (guint64 n = 1 + monge_random_next (&random) % 4; n > 0; n--)
        damage_once (bytes, &random);
      n_shapes += any_bytes_check (format, (const guint8 *) bytes->str, bytes->len);
    }
  g_test_message ("%s: %u of %u damaged files were still shapes", format->name, n_shapes, n_files);
  g_assert_true (n_shapes > 0 && n_shapes < n_files);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (const MongeFormat *format = monge_formats; format->name != NULL; format++)
    {
      g_autofree char *cut = g_strdup_printf ("/damage/%s/cut_anywhere", format->name);
      g_autofree char *changed = g_strdup_printf ("/damage/%s/changed_at_random", format->name);
      g_test_add_data_func (cut, format, test_cut_anywhere);
      g_test_add_data_func (changed, format, test_changed_at_random);
    }
  return g_test_run ();
}
