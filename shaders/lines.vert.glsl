uniform mat4 view;
uniform mat4 projection;
uniform vec3 colour;

in vec3 position;
#ifdef NORMALS
in vec3 normal;
#endif
#ifdef MAPPED
in float scalar;
#endif

out Vertex {
  vec3 place;
  vec3 base;
#ifdef NORMALS
  vec3 normal;
#endif
} vertex;

invariant gl_Position;

void
main ()
{
  vec4 p = view * vec4 (position, 1.0);
  gl_Position = projection * p;
  vertex.place = p.xyz;
#ifdef NORMALS
  vertex.normal = mat3 (view) * normal;
#endif
#ifdef MAPPED
  vertex.base = map (scalar);
#else
  vertex.base = colour;
#endif
}
