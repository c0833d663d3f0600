uniform vec3 colour;
uniform float opacity;

#ifdef NORMALS
in vec3 shading_normal;
#else
in vec3 place;
#endif
#ifdef MAPPED
in float value;
#endif

out vec4 fragment;

void
main ()
{
#ifdef NORMALS
  vec3 n = normalize (shading_normal);
  if (!gl_FrontFacing)
    n = -n;
#else
  vec3 n = normalize (cross (dFdx (place), dFdy (place)));
#endif
#ifdef MAPPED
  vec3 base = map (value);
#else
  vec3 base = colour;
#endif

  // A transparent layer is as dense as asked for in the middle and denser at the rim, like glass.
  float away = 1.0 - abs (n.z);
  float alpha = opacity + (1.0 - opacity) * opacity * 1.6 * away * away;
  fragment = finish (shade (base, n), min (alpha, 1.0));
}
