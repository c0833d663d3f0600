/* Landmarks: what every format keeps, how they are carried, which belong to which. */
#include "compute/io/io.h"
#include "compute/io/landmarks.h"
#include "compute/shape/generate.h"
#include "compute/shape/distance.h"
#include "compute/shape/place.h"
#include "tests/util.h"

#include <math.h>
#include <string.h>

static const MongeLandmarkFormat *
find_format (const char *name)
{
  for (const MongeLandmarkFormat *format = monge_landmark_formats; format->name != NULL; format++)
    if (strcmp (format->name, name) == 0)
      return format;
  g_assert_not_reached ();
}

/* As monge_landmarks_load() would, from a file of that name. */
static MongeLandmarks *
load_text (const char *name, const char *text)
{
  g_autofree char *path = monge_test_tmp_path (name);
  g_autoptr (GError) error = NULL;
  MongeLandmarks *landmarks;

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  landmarks = monge_landmarks_load (path, MONGE_SPACE_UNKNOWN, NULL, &error);
  g_assert_no_error (error);
  return landmarks;
}

static void
refuse_text (const char *name, const char *text, int code, const char *part)
{
  g_autofree char *path = monge_test_tmp_path (name);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  g_assert_null (monge_landmarks_load (path, MONGE_SPACE_UNKNOWN, NULL, &error));
  g_assert_nonnull (strstr (error->message, name));
  monge_assert_error (error, MONGE_ERROR, code, part);
}

static void
assert_landmark (const MongeLandmarks *landmarks, guint index, const char *name, double x, double y,
                 double z)
{
  const MongeLandmark *one = monge_landmarks_get (landmarks, index);

  g_assert_cmpstr (one->name, ==, name);
  g_assert_true (one->is_defined);
  g_assert_cmpfloat (one->position[0], ==, x);
  g_assert_cmpfloat (one->position[1], ==, y);
  g_assert_cmpfloat (one->position[2], ==, z);
}

/* --- Formats --- */

static void
markups_of_slicer (void)
{
  g_autoptr (MongeLandmarks) landmarks = load_text ("a.mrk.json",
    "{ \"@schema\": \"…/markups-schema-v1.0.3.json#\", \"markups\": [\n"
    "{ \"type\": \"Fiducial\", \"coordinateSystem\": \"LPS\", \"coordinateUnits\": \"mm\",\n"
    "  \"controlPoints\": [\n"
    "   { \"id\": \"1\", \"label\": \"nasion, \\\"N\\\"\", \"description\": \"front\",\n"
    "     \"position\": [1.5, 2, 3], \"positionStatus\": \"defined\", \"locked\": true },\n"
    "   { \"id\": \"2\", \"label\": \"lost\", \"position\": [7, 8, 9],\n"
    "     \"positionStatus\": \"undefined\" },\n"
    "   { \"id\": \"3\", \"label\": \"gone\", \"positionStatus\": \"missing\" } ] },\n"
    "{ \"type\": \"Curve\", \"coordinateSystem\": \"LPS\", \"name\": \"rim\", \"controlPoints\": [\n"
    "   { \"id\": \"1\", \"label\": \"rim-1\", \"position\": [-1, -2, -3] } ] } ] }\n");

  g_assert_cmpuint (monge_landmarks_get_n (landmarks), ==, 4);
  g_assert_cmpuint (monge_landmarks_get_n_defined (landmarks), ==, 2);
  g_assert_cmpint (monge_landmarks_get_space (landmarks), ==, MONGE_SPACE_RAS);
  g_assert_cmpint (monge_landmarks_get_stored_space (landmarks), ==, MONGE_SPACE_LPS);
  assert_landmark (landmarks, 0, "nasion, \"N\"", -1.5, -2, 3);
  g_assert_cmpstr (monge_landmarks_get (landmarks, 0)->description, ==, "front");
  g_assert_false (monge_landmarks_get (landmarks, 1)->is_defined);
  g_assert_cmpstr (monge_landmarks_get (landmarks, 2)->name, ==, "gone");
  g_assert_false (monge_landmarks_get (landmarks, 2)->is_defined);
  assert_landmark (landmarks, 3, "rim-1", 1, 2, -3);
  g_assert_nonnull (strstr (monge_landmarks_get_notes (landmarks)[0], "rim"));
}

/* Nodes may differ in their space, and older ones say nothing or a number. */
static void
spaces_of_markups (void)
{
  g_autoptr (MongeLandmarks) mixed = load_text ("b.mrk.json",
    "{\"markups\": [{\"coordinateSystem\": \"RAS\", \"controlPoints\": [{\"position\": [1, 2, 3]}]},"
    "{\"coordinateSystem\": \"1\", \"controlPoints\": [{\"position\": [1, 2, 3]}]},"
    "{\"controlPoints\": [{\"position\": [1, 2, 3]}]},"
    "{\"coordinateSystem\": 0, \"controlPoints\": [{\"position\": [1, 2, 3]}]}]}");

  assert_landmark (mixed, 0, "", 1, 2, 3);
  assert_landmark (mixed, 1, "", -1, -2, 3);
  assert_landmark (mixed, 2, "", -1, -2, 3);
  assert_landmark (mixed, 3, "", 1, 2, 3);
  g_assert_cmpint (monge_landmarks_get_stored_space (mixed), ==, MONGE_SPACE_RAS);
}

#define FCSV_ROWS \
  "# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n" \
  "vtkMRMLMarkupsFiducialNode_0,-1.5,2e1,3,0,0,0,1,1,1,0,\"a, \"\"b\"\"\",\"c,d\",\n" \
  "x,4,5,6,0,0,0,1,1,0,1,F-2,,vtkMRMLScalarVolumeNode1\r\n"

static void
fiducials_of_slicer (void)
{
  static const char *const lps[] = { "LPS", "1" }, *const ras[] = { "RAS", "0" };

  for (int k = 0; k < 4; k++)
    {
      const double sign = k < 2 ? -1 : 1;
      g_autofree char *text
        = g_strdup_printf ("# Markups fiducial file version = 4.11\n# CoordinateSystem = %s\n"
                           FCSV_ROWS, k < 2 ? lps[k] : ras[k - 2]);
      g_autoptr (MongeLandmarks) landmarks = load_text ("c.fcsv", text);

      g_assert_cmpuint (monge_landmarks_get_n (landmarks), ==, 2);
      assert_landmark (landmarks, 0, "a, \"b\"", sign * -1.5, sign * 20, 3);
      g_assert_cmpstr (monge_landmarks_get (landmarks, 0)->description, ==, "c,d");
      assert_landmark (landmarks, 1, "F-2", sign * 4, sign * 5, 6);
    }
}

static void
tables (void)
{
  g_autoptr (MongeLandmarks) plain = load_text ("d.csv", "a,1,2,3\nb,4,5,6,near b\n");
  g_autoptr (MongeLandmarks) any_order = load_text ("e.csv", "z;x;y;Label;id\n3;1;2;\"p;q\";7\n");
  g_autoptr (MongeLandmarks) lps = load_text ("f.csv",
    "label,l,p,s,defined,selected,visible,locked,description\n"
    "F-1,1,2,3,1,1,1,0,first\nF-2,0,0,0,0,1,1,0,\n");
  g_autoptr (MongeLandmarks) tabs = load_text ("g.tsv", "name\tx\ty\tz\nfirst point\t1\t2\t3\n");
  g_autoptr (MongeLandmarks) bare = load_text ("h.csv", "1,2,3\n4,NA,6\n");
  g_autoptr (MongeLandmarks) numbered = load_text ("i.csv", "1,10,20,30\n2,40,50,60\n");
  g_autoptr (MongeLandmarks) flat = load_text ("j.csv", "name,x,y\np,1,2\n");
  g_autoptr (MongeLandmarks) mean = load_text ("k.csv", ",X,Y,Z\nLM 1,1,2,3\n");

  assert_landmark (plain, 1, "b", 4, 5, 6);
  assert_landmark (any_order, 0, "p;q", 1, 2, 3);
  assert_landmark (lps, 0, "F-1", -1, -2, 3);
  g_assert_cmpstr (monge_landmarks_get (lps, 0)->description, ==, "first");
  g_assert_false (monge_landmarks_get (lps, 1)->is_defined);
  assert_landmark (tabs, 0, "first point", 1, 2, 3);
  assert_landmark (bare, 0, "", 1, 2, 3);
  g_assert_false (monge_landmarks_get (bare, 1)->is_defined);
  assert_landmark (numbered, 1, "2", 40, 50, 60);
  assert_landmark (flat, 0, "p", 1, 2, 0);
  assert_landmark (mean, 0, "", 1, 2, 3);
  g_assert_cmpint (monge_landmarks_get_space (plain), ==, MONGE_SPACE_UNKNOWN);
}

#define SPECIMENS \
  "Sample_name,proc_dist,centroid,LM 1_X,LM 1_Y,LM 1_Z,LM 2_X,LM 2_Y,LM 2_Z\n" \
  "gorilla,0.1,9,1,2,3,4,5,6\n%s"

static void
specimens_of_slicermorph (void)
{
  g_autofree char *one = g_strdup_printf (SPECIMENS, "");
  g_autofree char *two = g_strdup_printf (SPECIMENS, "pan,0.2,8,7,8,9,10,11,12\n");
  g_autofree char *path = monge_test_tmp_path ("outputData.csv#pan");
  g_autoptr (MongeLandmarks) only = load_text ("one.csv", one);
  g_autoptr (MongeLandmarks) chosen = NULL;

  assert_landmark (only, 1, "LM 2", 4, 5, 6);
  refuse_text ("outputData.csv", two, MONGE_ERROR_NAME, "gorilla, pan");
  chosen = monge_landmarks_load (path, MONGE_SPACE_UNKNOWN, NULL, NULL);
  assert_landmark (chosen, 0, "LM 1", 7, 8, 9);
}

static void
plain_json (void)
{
  static const char *const texts[] = {
    "[{\"id\": \"L0\", \"coordinates\": [1, 2, 3]}, {\"id\": \"L1\", \"coordinates\": [4, 5, 6]}]",
    "{\"L0\": [1, 2, 3], \"L1\": [4, 5, 6]}",
    ("{\"landmarks\": [{\"name\": \"L0\", \"x\": 1, \"y\": 2, \"z\": 3},"
     " {\"label\": \"L1\", \"position\": [4, 5, 6]}]}"),
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (MongeLandmarks) landmarks = load_text ("l.json", texts[i]);

      assert_landmark (landmarks, 0, "L0", 1, 2, 3);
      assert_landmark (landmarks, 1, "L1", 4, 5, 6);
    }
  refuse_text ("m.json", "[{\"id\": \"L0\", \"coordinates\": [1, 2]},\n {\"id\": 1}]",
               MONGE_ERROR_FORMAT, "landmark 1");
  refuse_text ("n.json", "[{\"id\": \n", MONGE_ERROR_FORMAT, "line");
  refuse_text ("o.json", "[]", MONGE_ERROR_EMPTY, "no landmark");
}

static void
specimens_of_tps (void)
{
  static const char text[]
    = "LM=2\n1 2\n3 4\nCURVES=1\nPOINTS=2\n5 6\n7 8\nIMAGE=a b.jpg\nID=first\nSCALE=0.5\n\n"
      "LM3=2\n1 2 3\nNA NA NA\nID=second\n";
  g_autofree char *first = monge_test_tmp_path ("p.tps#first");
  g_autofree char *second = monge_test_tmp_path ("p.tps#2");
  g_autoptr (MongeLandmarks) flat = NULL;
  g_autoptr (MongeLandmarks) solid = NULL;

  refuse_text ("p.tps", text, MONGE_ERROR_NAME, "first, second");
  flat = monge_landmarks_load (first, MONGE_SPACE_UNKNOWN, NULL, NULL);
  g_assert_cmpuint (monge_landmarks_get_n (flat), ==, 4);
  assert_landmark (flat, 1, "LM 2", 1.5, 2, 0);
  assert_landmark (flat, 3, "C1 2", 3.5, 4, 0);
  g_assert_nonnull (strstr (monge_landmarks_get_notes (flat)[0], "0.5"));
  solid = monge_landmarks_load (second, MONGE_SPACE_UNKNOWN, NULL, NULL);
  assert_landmark (solid, 0, "LM 1", 1, 2, 3);
  g_assert_false (monge_landmarks_get (solid, 1)->is_defined);
  refuse_text ("q.tps", "LM=99999999999\n1 2\n", MONGE_ERROR_FORMAT, "room");
  refuse_text ("r.tps", "LM=3\n1 2\n", MONGE_ERROR_FORMAT, "line");
}

static void
points_of_landmark_editor (void)
{
  g_autoptr (MongeLandmarks) idav = load_text ("s.pts",
    "Version 1.0\n2\nS000 1 2 3\nS001 9999.000000 9999.000000 9999.000000\n");
  g_autoptr (MongeLandmarks) faces = load_text ("t.pts",
    "version: 1\nn_points: 2\n{\n1 2\n3 4\n}\n");

  assert_landmark (idav, 0, "S000", 1, 2, 3);
  g_assert_false (monge_landmarks_get (idav, 1)->is_defined);
  g_assert_cmpuint (monge_landmarks_get_n (faces), ==, 2);
  assert_landmark (faces, 1, "", 3, 4, 0);
}

/* Names, descriptions, places to the last bit, and along the axes that they were stored in. */
static void
round_trip (gconstpointer data)
{
  const MongeLandmarkFormat *format = data;
  const double a[3] = { 0.1, -1e-17, 123456.789012345678 }, b[3] = { -7, 1.0 / 3.0, 2e300 };

  for (int space = MONGE_SPACE_UNKNOWN; space <= MONGE_SPACE_LPS; space++)
    {
      const MongeSpace stored = (MongeSpace) space;
      const MongeSpace now = stored == MONGE_SPACE_UNKNOWN ? stored : MONGE_SPACE_RAS;
      g_autoptr (MongeLandmarks) landmarks = monge_landmarks_new (now, stored);
      g_autoptr (MongeLandmarks) again = NULL;
      g_autofree char *name = g_strdup_printf ("trip.%s.gz", format->extensions[0]);
      g_autofree char *path = monge_test_tmp_path (name);
      gboolean keeps_missing = strcmp (format->name, "FCSV") != 0;

      monge_landmarks_add (landmarks, "a, \"quoted\";\té", "in front", a, TRUE);
      monge_landmarks_add (landmarks, "lost", "", b, FALSE);
      monge_landmarks_add (landmarks, "#7", "", b, TRUE);
      g_assert_true (monge_landmarks_save (landmarks, path, NULL));
      again = monge_landmarks_load (path, stored, NULL, NULL);
      g_assert_cmpuint (monge_landmarks_get_n (again), ==, keeps_missing ? 3 : 2);
      if (keeps_missing)
        g_assert_false (monge_landmarks_get (again, 1)->is_defined);
      if (stored == MONGE_SPACE_UNKNOWN && monge_landmarks_get_space (again) != stored)
        {
          MongeLandmarks *turned = monge_landmarks_in_space (again, MONGE_SPACE_LPS);

          monge_landmarks_unref (again);
          again = turned;
        }
      assert_landmark (again, 0, "a, \"quoted\";\té", a[0], a[1], a[2]);
      g_assert_cmpstr (monge_landmarks_get (again, 0)->description, ==, "in front");
      assert_landmark (again, keeps_missing ? 2 : 1, "#7", b[0], b[1], b[2]);
      if (stored != MONGE_SPACE_UNKNOWN)
        {
          g_autoptr (MongeLandmarks) bare
            = monge_landmarks_load (path, MONGE_SPACE_UNKNOWN, NULL, NULL);
          if (strcmp (format->name, "JSON") != 0)
            g_assert_cmpint (monge_landmarks_get_stored_space (bare), ==, stored);
        }
    }
}

static void
refuse_unknown_extension (void)
{
  g_autoptr (MongeLandmarks) landmarks = monge_landmarks_new (0, 0);
  g_autofree char *path = monge_test_tmp_path ("u.tps");
  g_autoptr (GError) error = NULL;

  g_assert_false (monge_landmarks_save (landmarks, path, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAME, ".mrk.json");
}

static void
cancelled (void)
{
  g_autofree char *path = monge_test_tmp_path ("v.csv");
  MongeTask task = MONGE_TASK_INIT;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, "a,1,2,3\n", -1, NULL));
  monge_task_cancel (&task);
  g_assert_null (monge_landmarks_load (path, MONGE_SPACE_UNKNOWN, &task, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_CANCELLED, "");
}

/* --- Carrying --- */

static const double motion[16] = {
  /* a rotation by a quarter turn about (1, 1, 1), about, scaled by 1.5 */
  1.5 * 0.333333333333333, 1.5 * -0.244016935856292, 1.5 * 0.910683602522959, 3,
  1.5 * 0.910683602522959, 1.5 * 0.333333333333333, 1.5 * -0.244016935856292, -20,
  1.5 * -0.244016935856292, 1.5 * 0.910683602522959, 1.5 * 0.333333333333333, 7,
  0, 0, 0, 1,
};

static MongeLandmarks *
scatter (const MongeShape *shape, double height)
{
  MongeLandmarks *landmarks = monge_landmarks_new (MONGE_SPACE_RAS, MONGE_SPACE_LPS);
  const double *x = monge_shape_get_positions (shape);

  for (gsize i = 0; i < monge_shape_get_n_vertices (shape); i += 7)
    {
      g_autofree char *name = g_strdup_printf ("L%" G_GSIZE_FORMAT, i);
      double p[3] = { x[3 * i] * (1 + height) + 0.3 * height, x[3 * i + 1] * (1 + height),
                      x[3 * i + 2] * (1 + height) };
      monge_landmarks_add (landmarks, name, "", p, i % 3 != 0);
    }
  return landmarks;
}

/* Landmarks off the surface keep their height and side, at corners too. */
static void
motions_and_scales_carry_exactly (void)
{
  static const double heights[] = { 0, 0.2, -0.3 };
  g_autoptr (MongeShape) shape = monge_generate_seahorse (0, 2);
  g_autoptr (MongeShape) moved = monge_shape_transformed (shape, motion, NULL);

  for (guint h = 0; h < G_N_ELEMENTS (heights); h++)
    {
      g_autoptr (MongeLandmarks) landmarks = scatter (shape, heights[h]);
      g_autoptr (MongeLandmarks) carried
        = monge_landmarks_carried (landmarks, shape, monge_shape_get_positions (moved));
      g_autoptr (MongeLandmarks) wanted = monge_landmarks_transformed (landmarks, motion);
      guint n = monge_landmarks_get_n (landmarks);
      g_autofree double *distances = g_new (double, n);
      double mean = monge_landmarks_compute_distances (carried, wanted, distances);

      g_assert_cmpuint (n, >, 50);
      monge_assert_close (mean, 0.0, 1e-10 * monge_shape_get_diameter (moved));
      for (guint i = 0; i < n; i++)
        {
          g_assert_true (isnan (distances[i]) == !monge_landmarks_get (landmarks, i)->is_defined);
          if (!isnan (distances[i]))
            monge_assert_close (distances[i], 0.0, 1e-9 * monge_shape_get_diameter (moved));
        }
      g_assert_cmpint (monge_landmarks_get_stored_space (carried), ==, MONGE_SPACE_LPS);
    }
}

static void
landmarks_on_the_surface_stay_on_it (void)
{
  g_autoptr (MongeShape) shape = monge_generate_seahorse (0, 2);
  g_autoptr (MongeShape) other = monge_generate_seahorse (1, 2);
  const double *x = monge_shape_get_positions (shape);
  const guint32 *faces = monge_shape_get_cells (shape);
  g_autoptr (MongeLandmarks) landmarks = monge_landmarks_new (0, 0);
  g_autoptr (MongeLandmarks) carried = NULL;

  for (gsize f = 0; f < monge_shape_get_n_cells (shape); f += 11)
    {
      double p[3];

      for (int k = 0; k < 3; k++)
        p[k] = 0.2 * x[3 * faces[3 * f] + k] + 0.5 * x[3 * faces[3 * f + 1] + k]
               + 0.3 * x[3 * faces[3 * f + 2] + k];
      monge_landmarks_add (landmarks, "", "", p, TRUE);
    }
  carried = monge_landmarks_carried (landmarks, shape, monge_shape_get_positions (other));
  for (guint i = 0; i < monge_landmarks_get_n (carried); i++)
    {
      double distance;

      monge_distance_to_shape (other, monge_landmarks_get (carried, i)->position, 1, &distance, NULL,
                               NULL);
      monge_assert_close (distance, 0.0, 1e-9 * monge_shape_get_diameter (other));
    }
}

static void
clouds_and_curves_in_the_plane_carry (void)
{
  const double square[] = { 0, 0, 1, 0, 1, 1, 0, 1 }, shifted[] = { 5, 6, 6, 6, 6, 7, 5, 7 };
  MongeShapeBuilder *builder = monge_shape_builder_new ("square", 2);
  const double p[3] = { 0.3, 0.1, 0 };
  g_autoptr (MongeLandmarks) landmarks = monge_landmarks_new (0, 0);
  g_autoptr (MongeLandmarks) carried = NULL;
  g_autoptr (MongeShape) shape = NULL;
  const MongeLandmark *one;

  monge_shape_builder_take_positions (builder, g_memdup2 (square, sizeof square), 4,
                                      MONGE_TYPE_FLOAT64);
  shape = monge_shape_builder_end (builder, NULL);
  monge_landmarks_add (landmarks, "p", NULL, p, TRUE);
  carried = monge_landmarks_carried (landmarks, shape, shifted);
  one = monge_landmarks_get (carried, 0);
  monge_assert_close (one->position[0], 5.3, 1e-12);
  monge_assert_close (one->position[1], 6.1, 1e-12);
  monge_assert_close (one->position[2], 0.0, 0.0);
}

/* --- Spaces, and which belong to which --- */

static void
beside_a_shape (void)
{
  g_autoptr (MongeShape) shape = monge_generate_seahorse (0, 1); /* says nothing of its space */
  g_autoptr (MongeShape) ras = monge_shape_with_spaces (shape, MONGE_SPACE_RAS, MONGE_SPACE_RAS);
  const double away[16] = { 1, 0, 0, 200, 0, 1, 0, -90, 0, 0, 1, 5, 0, 0, 0, 1 };
  g_autoptr (MongeShape) placed = monge_shape_transformed (shape, away, NULL);
  const double *p = monge_shape_get_positions (placed);
  const double turned[3] = { -p[0], -p[1], p[2] };
  g_autoptr (MongeLandmarks) same = monge_landmarks_new (MONGE_SPACE_RAS, MONGE_SPACE_LPS);
  g_autoptr (MongeLandmarks) opposite = monge_landmarks_new (MONGE_SPACE_RAS, MONGE_SPACE_LPS);
  g_autoptr (MongeLandmarks) a = NULL;
  g_autoptr (MongeLandmarks) b = NULL;
  g_autoptr (MongeLandmarks) c = NULL;

  monge_landmarks_add (same, "p", "", turned, TRUE); /* LPS in the file: as the shape has it */
  monge_landmarks_add (opposite, "p", "", p, TRUE);
  a = monge_landmarks_beside (same, placed);
  assert_landmark (a, 0, "p", p[0], p[1], p[2]);
  g_assert_null (monge_landmarks_get_notes (a)[0]);
  b = monge_landmarks_beside (opposite, placed);
  assert_landmark (b, 0, "p", p[0], p[1], p[2]);
  g_assert_nonnull (strstr (monge_landmarks_get_notes (b)[0], "RAS"));
  c = monge_landmarks_beside (opposite, ras);
  assert_landmark (c, 0, "p", p[0], p[1], p[2]);
}

static MongeLandmarks *
named (const char *const *names, guint n, guint left_out)
{
  MongeLandmarks *landmarks = monge_landmarks_new (0, 0);

  for (guint i = 0; i < n; i++)
    {
      const double p[3] = { i, 0, 0 };
      monge_landmarks_add (landmarks, names[i], NULL, p, i != left_out);
    }
  return landmarks;
}

static void
matched_by_name_or_in_order (void)
{
  static const char *const abc[] = { "a", "b", "c" }, *const cba[] = { "c", "b", "a" };
  static const char *const xyz[] = { "x", "y", "z" };
  g_autoptr (MongeLandmarks) source = named (abc, 3, 9);
  g_autoptr (MongeLandmarks) target = named (cba, 3, 1);
  g_autoptr (MongeLandmarks) other = named (xyz, 3, 0);
  g_autoptr (MongeLandmarks) fewer = named (xyz, 2, 9);
  g_autoptr (MongeLandmarks) from = NULL;
  g_autoptr (MongeLandmarks) to = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (monge_landmarks_match (source, target, &from, &to, NULL));
  g_assert_cmpuint (monge_landmarks_get_n (from), ==, 2); /* b is not defined in both */
  assert_landmark (to, 0, "a", 2, 0, 0);
  assert_landmark (to, 1, "c", 0, 0, 0);
  g_clear_pointer (&from, monge_landmarks_unref);
  g_clear_pointer (&to, monge_landmarks_unref);
  g_assert_true (monge_landmarks_match (source, other, &from, &to, NULL));
  assert_landmark (from, 0, "b", 1, 0, 0);
  assert_landmark (to, 0, "y", 1, 0, 0);
  g_clear_pointer (&from, monge_landmarks_unref);
  g_clear_pointer (&to, monge_landmarks_unref);
  g_assert_false (monge_landmarks_match (source, fewer, &from, &to, &error));
  g_assert_nonnull (strstr (error->message, "2"));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "3");
}

static void
landmarks_of_femora (void)
{
  static const char *const names[] = { "femur/femur_reference", "femur/femur_target" };

  for (int k = 0; k < 2; k++)
    {
      g_autofree char *json = g_strconcat (names[k], ".json", NULL);
      g_autofree char *stl = g_strconcat (names[k], ".stl", NULL);
      g_autofree char *path = monge_test_data (json);
      g_autofree char *shape_path = path != NULL ? monge_test_data (stl) : NULL;
      g_autoptr (MongeLandmarks) landmarks = NULL;
      g_autoptr (MongeShape) femur = NULL;
      double distance;

      if (shape_path == NULL)
        return;
      landmarks = monge_landmarks_load (path, MONGE_SPACE_UNKNOWN, NULL, NULL);
      femur = monge_shape_load (shape_path, NULL, NULL, NULL);
      g_assert_cmpuint (monge_landmarks_get_n_defined (landmarks), ==, 6);
      for (guint i = 0; i < 6; i++)
        {
          monge_distance_to_shape (femur, monge_landmarks_get (landmarks, i)->position, 1, &distance,
                                   NULL, NULL);
          monge_assert_close (distance, 0.0, 3.0); /* mm: they were placed by hand */
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/landmarks/markups_of_slicer", markups_of_slicer);
  g_test_add_func ("/landmarks/spaces_of_markups", spaces_of_markups);
  g_test_add_func ("/landmarks/fiducials_of_slicer", fiducials_of_slicer);
  g_test_add_func ("/landmarks/tables", tables);
  g_test_add_func ("/landmarks/specimens_of_slicermorph", specimens_of_slicermorph);
  g_test_add_func ("/landmarks/plain_json", plain_json);
  g_test_add_func ("/landmarks/specimens_of_tps", specimens_of_tps);
  g_test_add_func ("/landmarks/points_of_landmark_editor", points_of_landmark_editor);
  for (const MongeLandmarkFormat *format = monge_landmark_formats; format->name != NULL; format++)
    if (format->write != NULL)
      {
        g_autofree char *name = g_strdup_printf ("/landmarks/round_trip/%s", format->name);
        g_test_add_data_func (name, find_format (format->name), round_trip);
      }
  g_test_add_func ("/landmarks/refuse_unknown_extension", refuse_unknown_extension);
  g_test_add_func ("/landmarks/cancelled", cancelled);
  g_test_add_func ("/landmarks/motions_and_scales_carry_exactly", motions_and_scales_carry_exactly);
  g_test_add_func ("/landmarks/on_the_surface_stay_on_it", landmarks_on_the_surface_stay_on_it);
  g_test_add_func ("/landmarks/clouds_in_the_plane_carry", clouds_and_curves_in_the_plane_carry);
  g_test_add_func ("/landmarks/beside_a_shape", beside_a_shape);
  g_test_add_func ("/landmarks/matched_by_name_or_in_order", matched_by_name_or_in_order);
  g_test_add_func ("/landmarks/landmarks_of_femora", landmarks_of_femora);
  return g_test_run ();
}
