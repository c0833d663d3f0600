uniform mat4 view;
uniform mat4 projection;

in vec3 position;
#ifdef NORMALS
in vec3 normal;
out vec3 shading_normal;
#else
out vec3 place;
#endif
#ifdef MAPPED
in float scalar;
out float value;
#endif

invariant gl_Position; // the passes over a transparent layer meet at equal depths

void
main ()
{
  vec4 p = view * vec4 (position, 1.0);
  gl_Position = projection * p;
#ifdef NORMALS
  shading_normal = mat3 (view) * normal;
#else
  place = p.xyz;
#endif
#ifdef MAPPED
  value = scalar;
#endif
}
