/* Tables of labels beside a volume, one of each program: names and colours arrive. */
#include "compute/io/io.h"
#include "compute/io/volumes.h"
#include "tests/util.h"

#include <glib/gstdio.h>
#include <string.h>

static char *folder;

static char *
put_file (const char *name, const void *bytes, gssize n)
{
  char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, bytes, n, NULL));
  return path;
}

/* A volume of the labels 1, 2, 17 and 200 with @table beside it as @table_name. */
static MongeVolume *
load_with (const char *volume_name, const char *table_name, const void *table, gssize n)
{
  static const char *const header = "NRRD0004\ntype: uint8\ndimension: 3\nsizes: 2 2 2\n"
                                    "space: RAS\nspace directions: (1,0,0) (0,1,0) (0,0,1)\n"
                                    "encoding: raw\n\n";
  static const guint8 voxels[8] = { 1, 1, 2, 0, 0, 17, 200, 200 };
  g_autoptr (GString) file = g_string_new (header);
  g_autofree char *path = NULL, *table_path = put_file (table_name, table, n);
  GError *error = NULL;
  MongeVolume *volume;

  g_string_append_len (file, (const char *) voxels, sizeof voxels);
  path = put_file (volume_name, file->str, (gssize) file->len);
  volume = monge_volume_load (path, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (monge_volume_get_label_table (volume)->len, ==, 4);
  g_unlink (table_path);
  g_unlink (path);
  return volume;
}

/* @colour: 0xrrggbb, or -1 for none. */
static void
check_label (const MongeVolume *volume, guint row, gint32 label, const char *name, int colour)
{
  const MongeLabel *found = &g_array_index (monge_volume_get_label_table (volume), MongeLabel, row);

  g_assert_cmpint (found->label, ==, label);
  g_assert_cmpstr (found->name, ==, name);
  g_assert_cmpint (found->has_colour, ==, colour >= 0);
  if (colour >= 0)
    g_assert_cmphex (found->rgba[0] << 16 | found->rgba[1] << 8 | found->rgba[2], ==,
                     (guint) colour);
}

static void
test_itksnap (void)
{
  const char *text = "################################################\n"
                     "# ITK-SnAP Label Description File\n"
                     "# File format: \n"
                     "# IDX   -R-  -G-  -B-  -A--  VIS MSH  LABEL\n"
                     "    0     0    0    0        0  0  0    \"Clear Label\"\n"
                     "    1   255    0    0        1  1  1    \"Left Hippocampus, head\"\n"
                     "    2     0  255    8      0.5  0  1    \"3rd\"\n"
                     "   17     0    0  255        1  1  0    \"Ammon's horn\"\n";
  const char *const names[] = { "a.label", "a.txt", "a.nrrd.txt" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (MongeVolume) volume = load_with ("a.nrrd", names[i], text, -1);

      check_label (volume, 0, 1, "Left Hippocampus, head", 0xff0000);
      check_label (volume, 1, 2, "3rd", 0x00ff08);
      check_label (volume, 2, 17, "Ammon's horn", 0x0000ff);
      check_label (volume, 3, 200, NULL, -1);
    }
}

static void
test_slicer (void)
{
  const char *text = "# Color table file /tmp/SegmentationLabels.ctbl\r\n# 4 values\r\n"
                     "0 Background 0 0 0 0\r\n1 tissue 128 174 128 255\r\n"
                     "2 hard_bone 241 214 145 255\r\n17 lobe 3 10 20 30 255\r\n"
                     "200 \"white matter\" 1 2 3 255\r\n";
  const char *const names[] = { "b.ctbl", "b.txt" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (MongeVolume) volume = load_with ("b.nrrd", names[i], text, -1);

      check_label (volume, 0, 1, "tissue", 0x80ae80);
      check_label (volume, 1, 2, "hard_bone", 0xf1d691);
      check_label (volume, 2, 17, "lobe 3", 0x0a141e);
      check_label (volume, 3, 200, "white matter", 0x010203);
    }
}

/* Beside the volume by its name, or for all volumes of the folder. */
static void
test_freesurfer (void)
{
  const char *text = "#$Id: FreeSurferColorLUT.txt $\n\n"
                     "#No. Label Name:                            R   G   B   A\n\n"
                     "0   Unknown                                 0   0   0   0\n"
                     "1   Left-Cerebral-Exterior                  70  130 180 0\n"
                     "2   Left-Cerebral-White-Matter              245 245 245 0\n"
                     "\n# a comment\n17  Left-Hippocampus                        220 216 20  0\n";
  const char *const names[] = { "c.ctab", "c.lut", "FreeSurferColorLUT.txt" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (MongeVolume) volume = load_with ("c.nrrd", names[i], text, -1);

      check_label (volume, 0, 1, "Left-Cerebral-Exterior", 0x4682b4);
      check_label (volume, 1, 2, "Left-Cerebral-White-Matter", 0xf5f5f5);
      check_label (volume, 2, 17, "Left-Hippocampus", 0xdcd814);
      check_label (volume, 3, 200, NULL, -1);
    }
}

/* Columns in any order, names with blanks, colours left out. */
static void
test_bids (void)
{
  const char *text = "name\tindex\tabbreviation\tcolor\tmapping\n"
                     "Gray Matter\t1\tGM\t#ff53bb\t1\n"
                     "White Matter\t2\tWM\tn/a\t2\n"
                     "Brainstem\t17\tBS\t#2F8bBe\t11\n";
  const char *without = "index\tname\n1\tone two\n200\t#ffffff\n";
  g_autoptr (MongeVolume) volume = load_with ("d.nrrd", "d.tsv", text, -1);
  g_autoptr (MongeVolume) plain = load_with ("d.nrrd", "d.tsv", without, -1);

  check_label (volume, 0, 1, "Gray Matter", 0xff53bb);
  check_label (volume, 1, 2, "White Matter", -1);
  check_label (volume, 2, 17, "Brainstem", 0x2f8bbe);
  check_label (volume, 3, 200, NULL, -1);
  check_label (plain, 0, 1, "one two", -1);
  check_label (plain, 3, 200, "#ffffff", -1);
}

/* Colours of the .lut and names of the .txt, both beside the volume. */
static void
test_mricron (void)
{
  const char *text = "1 Precentral_L 2001\n2 Precentral_R 2002\n17\tRolandic_Oper_L\n";
  guint8 lut[768];
  g_autofree char *names = put_file ("e.txt", text, -1);
  g_autoptr (MongeVolume) volume = NULL;

  for (int i = 0; i < 256; i++)
    {
      lut[i] = (guint8) i;
      lut[256 + i] = (guint8) (255 - i);
      lut[512 + i] = (guint8) (i / 2);
    }
  volume = load_with ("e.nrrd", "e.lut", lut, sizeof lut);
  g_unlink (names);
  check_label (volume, 0, 1, "Precentral_L", 0x01fe00);
  check_label (volume, 1, 2, "Precentral_R", 0x02fd01);
  check_label (volume, 2, 17, "Rolandic_Oper_L", 0x11ee08);
  check_label (volume, 3, 200, NULL, 0xc83764);
}

/* A table that is none, or not text, changes nothing, and is no reason not to load the volume. */
static void
test_tables_that_are_none (void)
{
  static const char *const texts[] = { "", "\xff\xfe\xfd 1 a\n", "one two three\n",
                                       "1\n2\n17\n", "1e3 a\n0x1 b\n", "index\tname\n\t\n" };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (MongeVolume) volume = load_with ("f.nrrd", "f.txt", texts[i], -1);

      for (guint k = 0; k < 4; k++)
        {
          const GArray *table = monge_volume_get_label_table (volume);

          g_assert_null (g_array_index (table, MongeLabel, k).name);
          g_assert_false (g_array_index (table, MongeLabel, k).has_colour);
        }
    }
}

int
main (int argc, char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("monge-label-tables-XXXXXX", NULL);
  g_test_add_func ("/label-tables/itk-snap", test_itksnap);
  g_test_add_func ("/label-tables/slicer", test_slicer);
  g_test_add_func ("/label-tables/freesurfer", test_freesurfer);
  g_test_add_func ("/label-tables/bids", test_bids);
  g_test_add_func ("/label-tables/mricron", test_mricron);
  g_test_add_func ("/label-tables/tables-that-are-none", test_tables_that_are_none);
  status = g_test_run ();
  g_rmdir (folder);
  g_free (folder);
  return status;
}
