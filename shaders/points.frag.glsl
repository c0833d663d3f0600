// Many splats lie on each other, so that this is kept cheap: with normals the light is that of the
// vertex and only the rim is shaded; without, that of a ball, its square root standing for sRGB.
uniform float opacity;

flat in vec3 base;
flat in float diameter;

out vec4 fragment;

void
main ()
{
  vec2 q = (2.0 * gl_PointCoord - 1.0) * (1.0 + 1.0 / diameter); // the disc is |q| < 1
  float r2 = dot (q, q);
  float coverage = 0.5 + 0.5 * diameter * (1.0 - sqrt (r2));
  if (coverage < 0.5 * opacity)
    discard;

#ifdef NORMALS
  float light = 1.02 - 0.2 * r2;
#else
  vec3 n = vec3 (q.x, -q.y, sqrt (max (1.0 - r2, 0.0)));
  float light = sqrt (max (diffuse (n), 0.0));
#endif
  float alpha = opacity * min (coverage, 1.0);
  fragment = vec4 (min (base * light, 1.0) * alpha, alpha);
}
