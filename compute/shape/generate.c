#include "compute/shape/generate.h"

#include "compute/core/random.h"

#include <math.h>
#include <string.h>

/* ---- a growing triangle mesh ---- */

typedef struct {
  GArray *positions; /* of double[3] */
  GArray *faces;     /* of guint32[3] */
} Mesh;

/* Moves a point onto the surface that is being refined. */
typedef void (*ProjectFunc) (double point[3]);

static Mesh
mesh_new (void)
{
  return (Mesh){ g_array_new (FALSE, FALSE, 3 * sizeof (double)),
                 g_array_new (FALSE, FALSE, 3 * sizeof (guint32)) };
}

static double *
mesh_get_vertex (const Mesh *mesh, gsize i)
{
  return (double *) (gpointer) mesh->positions->data + 3 * i;
}

static guint32
mesh_add_vertex (Mesh *mesh, double x, double y, double z)
{
  double point[3] = { x, y, z };

  g_array_append_vals (mesh->positions, point, 1);
  return mesh->positions->len - 1;
}

static void
mesh_add_face (Mesh *mesh, guint32 a, guint32 b, guint32 c)
{
  guint32 face[3] = { a, b, c };

  g_array_append_vals (mesh->faces, face, 1);
}

static MongeShape *
end_shape (MongeShapeBuilder *builder)
{
  GError *error = NULL;
  MongeShape *shape = monge_shape_builder_end (builder, &error);

  g_assert_no_error (error);
  return shape;
}

/* Consumes @mesh. */
static MongeShape *
mesh_end (Mesh *mesh, const char *name, const char *unit)
{
  MongeShapeBuilder *builder = monge_shape_builder_new (name, 3);
  gsize n_vertices = mesh->positions->len, n_faces = mesh->faces->len;

  monge_shape_builder_take_positions (
      builder, (double *) (gpointer) g_array_free (mesh->positions, FALSE), n_vertices,
      MONGE_TYPE_FLOAT64);
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE,
                                  (guint32 *) (gpointer) g_array_free (mesh->faces, FALSE),
                                  n_faces);
  monge_shape_builder_set_unit (builder, unit);
  return end_shape (builder);
}

/* The vertex in the middle of an edge, made when first asked for. */
static guint32
find_midpoint (Mesh *mesh, GHashTable *midpoints, guint32 a, guint32 b, ProjectFunc project)
{
  gint64 key = ((gint64) MAX (a, b) << 32) | MIN (a, b);
  gpointer found = g_hash_table_lookup (midpoints, &key);
  const double *p = mesh_get_vertex (mesh, a), *q = mesh_get_vertex (mesh, b);
  double middle[3] = { 0.5 * (p[0] + q[0]), 0.5 * (p[1] + q[1]), 0.5 * (p[2] + q[2]) };
  guint32 index;

  if (found != NULL)
    return GPOINTER_TO_UINT (found);
  project (middle);
  index = mesh_add_vertex (mesh, middle[0], middle[1], middle[2]);
  g_hash_table_insert (midpoints, g_memdup2 (&key, sizeof key), GUINT_TO_POINTER (index));
  return index;
}

/* Each triangle becomes four; the new vertices are projected, the old ones stay first. */
static void
mesh_subdivide (Mesh *mesh, ProjectFunc project)
{
  g_autoptr (GHashTable) midpoints
      = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_autoptr (GArray) old = mesh->faces;

  mesh->faces = g_array_sized_new (FALSE, FALSE, 3 * sizeof (guint32), 4 * old->len);
  for (guint f = 0; f < old->len; f++)
    {
      const guint32 *v = (const guint32 *) (gpointer) old->data + 3 * (gsize) f;
      guint32 ab = find_midpoint (mesh, midpoints, v[0], v[1], project);
      guint32 bc = find_midpoint (mesh, midpoints, v[1], v[2], project);
      guint32 ca = find_midpoint (mesh, midpoints, v[2], v[0], project);

      mesh_add_face (mesh, v[0], ab, ca);
      mesh_add_face (mesh, v[1], bc, ab);
      mesh_add_face (mesh, v[2], ca, bc);
      mesh_add_face (mesh, ab, bc, ca);
    }
}

/* ---- spheres and capsules ---- */

/* Half of the length of the capsule's cylinder, whose radius is 1. */
#define CAPSULE_HALF_LENGTH 3.0

static void
project_on_sphere (double p[3])
{
  double length = sqrt (p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);

  for (int k = 0; k < 3; k++)
    p[k] /= length;
}

/* A cylinder about x with a half sphere at each end. */
static void
project_on_capsule (double p[3])
{
  double axis = CLAMP (p[0], -CAPSULE_HALF_LENGTH, CAPSULE_HALF_LENGTH);

  p[0] -= axis;
  project_on_sphere (p);
  p[0] += axis;
}

/* Where the profile of a capsule is after @arc from its pole at −x: (along x, distance from it). */
static void
find_profile (double half_length, double arc, double *x, double *radius)
{
  double quarter = 0.5 * G_PI, straight = 2.0 * half_length;

  if (arc < quarter)
    {
      *x = -half_length - cos (arc);
      *radius = sin (arc);
    }
  else if (arc < quarter + straight)
    {
      *x = arc - quarter - half_length;
      *radius = 1.0;
    }
  else
    {
      *x = half_length + sin (arc - quarter - straight);
      *radius = cos (arc - quarter - straight);
    }
}

/* The caps and the bands between rings, as triangles that wind outwards. */
static void
mesh_add_stack_faces (Mesh *mesh, guint n_rings)
{
  guint32 last = 5 * n_rings + 1;

  for (guint k = 0; k < 5; k++)
    {
      mesh_add_face (mesh, 0, 1 + (k + 1) % 5, 1 + k);
      mesh_add_face (mesh, last, last - 5 + k, last - 5 + (k + 1) % 5);
    }
  for (guint r = 0; r + 1 < n_rings; r++)
    for (guint k = 0; k < 5; k++)
      {
        guint32 a = 1 + 5 * r + k, b = 1 + 5 * r + (k + 1) % 5;
        guint32 before = 6 + 5 * r + (k + r % 2 + 4) % 5, after = 6 + 5 * r + (k + r % 2) % 5;

        mesh_add_face (mesh, a, after, before);
        mesh_add_face (mesh, a, b, after);
      }
}

/* Two poles and between them @n_rings rings of five vertices, each turned by half a step, from
 * @first_arc to as far from the other pole. Two rings at atan 2 make an icosahedron; more rings on
 * a capsule keep all triangles close to equilateral. */
static Mesh
mesh_new_stack (double half_length, guint n_rings, double first_arc)
{
  Mesh mesh = mesh_new ();
  double step = (G_PI + 2.0 * half_length - 2.0 * first_arc) / (n_rings - 1);

  mesh_add_vertex (&mesh, -half_length - 1.0, 0.0, 0.0);
  for (guint r = 0; r < n_rings; r++)
    for (guint k = 0; k < 5; k++)
      {
        double x, radius, angle = 2.0 * G_PI / 5.0 * (k + 0.5 * (r % 2));

        find_profile (half_length, first_arc + r * step, &x, &radius);
        mesh_add_vertex (&mesh, x, radius * cos (angle), radius * sin (angle));
      }
  mesh_add_vertex (&mesh, half_length + 1.0, 0.0, 0.0);
  mesh_add_stack_faces (&mesh, n_rings);
  return mesh;
}

MongeShape *
monge_generate_sphere (guint subdivisions, double radius, const double centre[3])
{
  Mesh mesh;

  g_return_val_if_fail (subdivisions <= 9 && radius > 0.0, NULL);
  mesh = mesh_new_stack (0.0, 2, atan (2.0));
  for (guint s = 0; s < subdivisions; s++)
    mesh_subdivide (&mesh, project_on_sphere);
  for (guint i = 0; i < mesh.positions->len; i++)
    for (int k = 0; k < 3; k++)
      mesh_get_vertex (&mesh, i)[k] = centre[k] + radius * mesh_get_vertex (&mesh, i)[k];
  return mesh_end (&mesh, "sphere", NULL);
}

/* ---- torus ---- */

MongeShape *
monge_generate_torus (guint n_major, guint n_minor, double major_radius, double minor_radius)
{
  Mesh mesh;

  g_return_val_if_fail (n_major >= 3 && n_minor >= 3 && n_major <= 32768 && n_minor <= 32768, NULL);
  mesh = mesh_new ();
  for (guint i = 0; i < n_major; i++)
    for (guint j = 0; j < n_minor; j++)
      {
        double u = 2.0 * G_PI * i / n_major, v = 2.0 * G_PI * j / n_minor;
        double from_axis = major_radius + minor_radius * cos (v);

        mesh_add_vertex (&mesh, from_axis * cos (u), from_axis * sin (u), minor_radius * sin (v));
      }
  for (guint i = 0; i < n_major; i++)
    for (guint j = 0; j < n_minor; j++)
      {
        guint32 a = i * n_minor + j, b = (i + 1) % n_major * n_minor + j;
        guint32 c = (i + 1) % n_major * n_minor + (j + 1) % n_minor;
        guint32 d = i * n_minor + (j + 1) % n_minor;

        mesh_add_face (&mesh, a, b, c);
        mesh_add_face (&mesh, a, c, d);
      }
  return mesh_end (&mesh, "torus", NULL);
}

/* ---- seahorse ---- */

/* What makes one seahorse differ from another, in millimetres and radians. */
typedef struct {
  double length;    /* of the spine */
  double bend;      /* angle between the two ends of the spine */
  double hook;      /* how much more it bends towards the head */
  double rise;      /* height of the tail above the head */
  double head;      /* radius of the head */
  double tail;      /* radius of the tail */
  double flatness;  /* height over width of a cross-section */
  double twist;     /* of the cross-sections, from end to end */
} Seahorse;

static const Seahorse seahorses[] = {
  { 46.0, 1.5, 0.5, 5.0, 6.6, 2.6, 0.78, 0.3 },
  { 44.0, 1.9, 0.8, 8.0, 5.6, 3.0, 0.84, -0.2 },
};

/* The heading of the spine at s in [0, 1], from head to tail. */
static double
find_heading (const Seahorse *seahorse, double s)
{
  double from_head = 1.0 - s;

  return seahorse->bend * (s - 0.5) - seahorse->hook * from_head * from_head * from_head;
}

/* By the midpoint rule: the integral of the heading, so that the spine has the length asked for. */
static void
find_spine (const Seahorse *seahorse, double s, double point[3])
{
  enum { N_STEPS = 32 };
  double step = (s - 0.5) / N_STEPS, reach = seahorse->length * step;

  point[0] = point[1] = 0.0;
  for (int i = 0; i < N_STEPS; i++)
    {
      double heading = find_heading (seahorse, 0.5 + (i + 0.5) * step);

      point[0] += reach * cos (heading);
      point[1] += reach * sin (heading);
    }
  point[2] = seahorse->rise * s * s;
}

/* From the capsule to the body: along the axis to along the spine, with the radius of that place.
 * The width falls off from head to tail as a smooth step. */
static void
bend_capsule (const Seahorse *seahorse, double p[3])
{
  double s = 0.5 + 0.5 * p[0] / (CAPSULE_HALF_LENGTH + 1.0);
  double fall = s * s * (3.0 - 2.0 * s);
  double width = seahorse->head + fall * (seahorse->tail - seahorse->head);
  double heading = find_heading (seahorse, s), turn = seahorse->twist * s;
  double across = width * (p[1] * cos (turn) - p[2] * sin (turn));
  double up = seahorse->flatness * width * (p[1] * sin (turn) + p[2] * cos (turn));
  double spine[3];

  find_spine (seahorse, s, spine);
  p[0] = spine[0] - across * sin (heading);
  p[1] = spine[1] + across * cos (heading);
  p[2] = spine[2] + up;
}

MongeShape *
monge_generate_seahorse (guint variant, guint subdivisions)
{
  enum { N_RINGS = 8 };
  const double arc = (G_PI + 2.0 * CAPSULE_HALF_LENGTH) / (N_RINGS + 1);
  Mesh mesh;

  g_return_val_if_fail (variant < G_N_ELEMENTS (seahorses) && subdivisions <= 8, NULL);
  mesh = mesh_new_stack (CAPSULE_HALF_LENGTH, N_RINGS, arc);
  for (guint s = 0; s < subdivisions; s++)
    mesh_subdivide (&mesh, project_on_capsule);
  for (guint i = 0; i < mesh.positions->len; i++)
    bend_capsule (&seahorses[variant], mesh_get_vertex (&mesh, i));
  return mesh_end (&mesh, variant == 0 ? "seahorse0" : "seahorse1", "mm");
}

/* ---- knot and cloud ---- */

MongeShape *
monge_generate_knot (guint n, double radius)
{
  MongeShapeBuilder *builder;
  double *positions;
  guint32 *segments;

  g_return_val_if_fail (n >= 3, NULL);
  positions = g_new (double, 3 * (gsize) n);
  segments = g_new (guint32, 2 * (gsize) n);
  for (guint i = 0; i < n; i++)
    {
      double t = 2.0 * G_PI * i / n;

      positions[3 * (gsize) i] = radius / 3.0 * (sin (t) + 2.0 * sin (2.0 * t));
      positions[3 * (gsize) i + 1] = radius / 3.0 * (cos (t) - 2.0 * cos (2.0 * t));
      positions[3 * (gsize) i + 2] = radius / 3.0 * -sin (3.0 * t);
      segments[2 * (gsize) i] = i;
      segments[2 * (gsize) i + 1] = (i + 1) % n;
    }
  builder = monge_shape_builder_new ("knot", 3);
  monge_shape_builder_take_positions (builder, positions, n, MONGE_TYPE_FLOAT64);
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_CURVES, segments, n);
  return end_shape (builder);
}

MongeShape *
monge_generate_cloud (gsize n, guint dim, guint64 seed)
{
  MongeShapeBuilder *builder;
  MongeRandom random;
  double *positions;

  g_return_val_if_fail (n >= 1 && n <= MONGE_MAX_VERTICES, NULL);
  g_return_val_if_fail (dim >= 1 && dim <= MONGE_MAX_DIM, NULL);
  monge_random_init (&random, seed);
  positions = g_new (double, n * dim);
  for (gsize i = 0; i < n * dim; i++)
    positions[i] = monge_random_uniform (&random);
  builder = monge_shape_builder_new ("cloud", dim);
  monge_shape_builder_take_positions (builder, positions, n, MONGE_TYPE_FLOAT64);
  return end_shape (builder);
}

/* ---- by name ---- */

static MongeShape *
generate_sphere (void)
{
  return monge_generate_sphere (4, 1.0, (const double[3]){ 0.0, 0.0, 0.0 });
}

static MongeShape *
generate_torus (void)
{
  return monge_generate_torus (96, 32, 1.0, 0.35);
}

static MongeShape *
generate_seahorse0 (void)
{
  return monge_generate_seahorse (0, 3);
}

static MongeShape *
generate_seahorse1 (void)
{
  return monge_generate_seahorse (1, 3);
}

static MongeShape *
generate_knot (void)
{
  return monge_generate_knot (1000, 1.0);
}

static MongeShape *
generate_cloud (void)
{
  return monge_generate_cloud (2000, 3, 1);
}

static const struct {
  const char *name;
  MongeShape *(*generate) (void);
} examples[] = {
  { "sphere", generate_sphere },       { "torus", generate_torus },
  { "seahorse0", generate_seahorse0 },
  { "seahorse1", generate_seahorse1 }, { "knot", generate_knot },   { "cloud", generate_cloud },
};

MongeShape *
monge_generate_by_name (const char *name, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (examples); i++)
    {
      if (g_strcmp0 (name, examples[i].name) == 0)
        return examples[i].generate ();
      g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", examples[i].name);
    }
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "No example is called “%s”; there are %s",
               name != NULL ? name : "", names->str);
  return NULL;
}
