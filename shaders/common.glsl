// Before every stage of every program: light, colour and the map.

#ifndef GEOMETRY
// Lights are attached to the camera, as when a hand turns the shape under a desk lamp: a soft key
// from above left, a fill from below right, and a thin rim from behind. Camera axes, unit length.
// A surface that faces the viewer gets just 1 and no gloss: it shows the colour asked for.
const vec3 key = vec3 (-0.450, 0.620, 0.643);
const vec3 fill = vec3 (0.720, -0.250, 0.647);
const vec3 half_key = vec3 (-0.2482, 0.3420, 0.9063);  // halfway from key to viewer

float
diffuse (vec3 n)
{
  return 0.10 + 0.32 * max (n.z, 0.0) + 0.70 * max (dot (n, key), 0.0)
         + 0.20 * max (dot (n, fill), 0.0) + 0.05 * n.y;
}

vec3
shade (vec3 base, vec3 n)
{

  float gloss = max (dot (n, half_key), 0.0);
  gloss *= gloss;
  gloss *= gloss;
  gloss *= gloss;
  gloss *= gloss;
  gloss *= gloss;

  float away = 1.0 - clamp (n.z, 0.0, 1.0);
  float rim = away * away * away;
  return base * diffuse (n) + vec3 (0.11 * max (gloss - 0.05, 0.0)) + rim * (0.03 + 0.12 * base);
}

// Linear light → sRGB by square roots, within half a level of 255.
vec3
encode (vec3 c)
{
  c = clamp (c, 0.0, 1.0);
  vec3 s1 = sqrt (c), s2 = sqrt (s1), s3 = sqrt (s2);
  return clamp (0.662002687 * s1 + 0.684122060 * s2 - 0.323583601 * s3 - 0.0225411470 * c,
                0.0, 1.0);
}

// Premultiplied sRGB.
vec4
finish (vec3 linear, float alpha)
{
  return vec4 (encode (linear) * alpha, alpha);
}
#endif

#ifdef MAPPED
uniform sampler1D colormap;
uniform vec2 range;

vec3
map (float scalar)
{
  if (isnan (scalar))
    return vec3 (0.22);
  return textureLod (colormap, scalar * range.x + range.y, 0.0).rgb;
}
#endif
