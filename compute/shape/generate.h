/* Shapes made by the program: for demonstrations, tests and benchmarks. Deterministic. */
#pragma once

#include "compute/shape/shape.h"

G_BEGIN_DECLS

/* @subdivisions: 0 is an icosahedron of 12 vertices; each step quadruples the faces. At most 9. */
MongeShape *monge_generate_sphere (guint subdivisions, double radius, const double centre[3]);
/* @n_major × @n_minor vertices. */
MongeShape *monge_generate_torus (guint n_major, guint n_minor, double major_radius,
                                  double minor_radius);
/* An elongated, bent, hippocampus-like closed surface about 40 mm long; @variant 0 or 1 differ by a
 * smooth deformation. 40 × 4^subdivisions + 2 vertices, at most 8 subdivisions. What the first run
 * shows when no atlas can be had. */
MongeShape *monge_generate_seahorse (guint variant, guint subdivisions);
/* A trefoil knot of @n vertices as a closed curve. */
MongeShape *monge_generate_knot (guint n, double radius);
/* @n points in the unit cube of dimension @dim. */
MongeShape *monge_generate_cloud (gsize n, guint dim, guint64 seed);
/* By name: "sphere", "torus", "seahorse0", "seahorse1", "knot", "cloud"; NULL and an error
 * listing them otherwise. What `monge` accepts in place of a file as "example:NAME". */
MongeShape *monge_generate_by_name (const char *name, GError **error);

G_END_DECLS
