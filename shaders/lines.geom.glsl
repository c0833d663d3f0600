// A segment becomes a strip of two triangles, as wide on the screen at both ends.
layout (lines) in;
layout (triangle_strip, max_vertices = 4) out;

uniform vec2 viewport;
uniform float size; // half the width, pixels

in Vertex {
  vec3 place;
  vec3 base;
#ifdef NORMALS
  vec3 normal;
#endif
} vertex[];

out vec3 base;
out vec3 shading_normal;

invariant gl_Position;

// Of all normals of the thin tube along the segment, the one that faces the viewer.
vec3
tube_normal (vec3 along)
{
  vec3 t = normalize (along);
  return normalize (vec3 (0.0, 0.0, 1.0001) - t.z * t);
}

void
emit_end (int i, vec2 aside, vec3 n)
{
  for (int s = -1; s <= 1; s += 2)
    {
      base = vertex[i].base;
      shading_normal = n;
      gl_Position = gl_in[i].gl_Position;
      gl_Position.xy += float (s) * aside * gl_Position.w;
      EmitVertex ();
    }
}

void
main ()
{
  vec4 a = gl_in[0].gl_Position, b = gl_in[1].gl_Position;
  vec3 along = vertex[1].place - vertex[0].place;
  if (a.w <= 0.0 || b.w <= 0.0 || dot (along, along) == 0.0)
    return; // behind the viewer, or no direction

  vec2 d = (b.xy / b.w - a.xy / a.w) * viewport;
  float l = length (d);
  d = l > 0.0 ? d / l : vec2 (1.0, 0.0);
  vec2 aside = 2.0 * size * vec2 (-d.y, d.x) / viewport;
#ifdef NORMALS
  vec3 na = vertex[0].normal, nb = vertex[1].normal;
#else
  vec3 na = tube_normal (along), nb = na;
#endif
  emit_end (0, aside, na);
  emit_end (1, aside, nb);
  EndPrimitive ();
}
