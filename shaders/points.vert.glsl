uniform mat4 view;
uniform mat4 projection;
uniform vec3 colour;
uniform float size;
uniform vec2 size_limits;

in vec3 position;
#ifdef NORMALS
in vec3 normal;
#endif
#ifdef MAPPED
in float scalar;
#endif
flat out vec3 base; // sRGB
flat out float diameter;

invariant gl_Position;

void
main ()
{
  gl_Position = projection * (view * vec4 (position, 1.0));
  diameter = clamp (size / gl_Position.w, size_limits.x, size_limits.y);
  gl_PointSize = diameter + 1.0; // half a pixel all around for a smooth rim
#ifdef MAPPED
  vec3 linear = map (scalar);
#else
  vec3 linear = colour;
#endif
#ifdef NORMALS
  vec3 n = normalize (mat3 (view) * normal);
  base = encode (shade (linear, n.z < 0.0 ? -n : n));
#else
  base = encode (linear);
#endif
}
