uniform float opacity;

#ifdef NORMALS
flat in vec3 shading_normal;
#endif
flat in vec3 base;
flat in float diameter;

out vec4 fragment;

void
main ()
{
  vec2 q = (2.0 * gl_PointCoord - 1.0) * (diameter + 1.0) / diameter; // the disc is |q| < 1
  float r = length (q);
  float coverage = 0.5 + 0.5 * diameter * (1.0 - r);
  if (coverage < 0.5 * opacity)
    discard;

  vec3 n = vec3 (q.x, -q.y, sqrt (max (1.0 - r * r, 0.0)));
#ifdef NORMALS
  n = normalize (shading_normal + 0.35 * n);
#endif
  fragment = finish (shade (base, n), opacity * min (coverage, 1.0));
}
