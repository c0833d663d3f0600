/* The parameters of each filter; what they mean is in its table of options. */
#pragma once

#include "compute/core/options.h"

G_BEGIN_DECLS

typedef struct {
  int keep, least;
  double fraction; /* % */
  char indices[MONGE_OPTION_TEXT_SIZE]; /* "1,3" */
} MongeComponentsParams;

typedef struct {
  int faces;
  double share, error; /* % */
  gboolean locks_border;
} MongeDecimateParams;

typedef struct {
  const char *in;    /* "box", "sphere", "array" */
  const char *keep;  /* "inside", "outside" */
  const char *cells; /* "all", "any" */
  double lower[3], upper[3];
  double centre[3], radius;
  char array[MONGE_OPTION_TEXT_SIZE];
  double from, to;
} MongeRegionParams;

typedef struct {
  const char *on; /* "box", "centroid" */
} MongeCentreParams;

typedef struct {
  const char *axis;  /* "x", "y", "z" */
  const char *about; /* "middle", "origin" */
} MongeMirrorParams;

typedef struct {
  gboolean flip;
  int neighbours;
} MongeNormalsParams;

typedef struct {
  int points;
  double spacing;
} MongeResampleParams;

typedef struct {
  int rounds;
} MongeSmoothParams;

typedef struct {
  const char *to; /* "unit-box", "unit-size" */
} MongeNormaliseParams;

typedef struct {
  int vertices;
  double length;
  int rounds;
} MongeRemeshParams;

typedef struct {
  gboolean merge;
  double tolerance; /* % of the diameter */
  gboolean degenerate, duplicates, orient, holes;
  double longest; /* % of the diameter of a piece */
  gboolean unreferenced;
} MongeRepairParams;

typedef struct {
  const char *to; /* "factor", "unit-box", "unit-size" */
  double factor;
  const char *about; /* "middle", "centroid", "origin" */
} MongeScaleParams;

typedef struct {
  const char *method; /* "farthest", "grid", "poisson", "area", "random" */
  int points;
  double spacing;
  int seed;
} MongeSubsampleParams;

G_END_DECLS
