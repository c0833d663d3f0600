uniform float opacity;

in vec3 base;
in vec3 shading_normal;

out vec4 fragment;

void
main ()
{
  vec3 n = normalize (shading_normal);
  fragment = finish (shade (base, n.z < 0.0 ? -n : n), opacity);
}
