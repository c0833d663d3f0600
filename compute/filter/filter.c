#include "compute/filter/filter-private.h"

#include <string.h>

#define FILTER(name, label, Name, identifier, description) \
  { name, label, description, monge_##identifier##_options, sizeof (Monge##Name##Params), \
    &monge_##identifier##_defaults, monge_##identifier##_takes, monge_##identifier##_apply }

const MongeFilter monge_filters[] = {
  FILTER (
      "repair", "Repair", Repair, repair,
      "Merges duplicates, drops what has no size, turns faces that disagree, fills small holes"),
  FILTER ("components", "Components", Components, components,
          "Keeps some of the pieces that hang together"),
  FILTER ("region", "Region", Region, region,
          "Keeps what lies in a box, in a sphere, or in a range of values"),
  FILTER ("decimate", "Decimate", Decimate, decimate,
          "Keeps the form with fewer faces, on some of the vertices"),
  FILTER ("remesh", "Remesh", Remesh, remesh,
          "Covers the surface with triangles of even size and shape"),
  FILTER ("subsample", "Subsample", Subsample, subsample,
          "Keeps some of the points, each with the mass of those that it stands for"),
  FILTER ("resample", "Resample", Resample, resample, "Puts points on curves in even steps"),
  FILTER ("smooth", "Smooth", Smooth, smooth, "Takes bumps away without shrinking"),
  FILTER ("normals", "Normals", Normals, normals,
          "Adds an array of normals, and turns a surface inside out if asked to"),
  FILTER ("mirror", "Mirror", Mirror, mirror, "Reflects the shape across a plane"),
  FILTER ("centre", "Centre", Centre, centre, "Moves the middle of the shape to the origin"),
  FILTER ("scale", "Scale", Scale, scale, "Makes the shape larger or smaller"),
  FILTER ("normalise", "Normalise", Normalise, normalise,
          "Centres the shape and scales it to unit size"),
  { NULL },
};

const MongeFilter *
monge_filter_find (const char *name)
{
  for (const MongeFilter *filter = monge_filters; filter->name != NULL; filter++)
    if (strcmp (filter->name, name) == 0)
      return filter;
  return NULL;
}
