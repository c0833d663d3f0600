/* A GLSL program of the resources under shaders/, in the variants that the vertices ask for. */
#pragma once

#include "render/gl.h"

G_BEGIN_DECLS

/* What a vertex carries beside its position. */
typedef enum {
  MONGE_VARIANT_PLAIN = 0,
  MONGE_VARIANT_NORMALS = 1 << 0, /* #define NORMALS: shade with the vertex normals */
  MONGE_VARIANT_MAPPED = 1 << 1,  /* #define MAPPED: colour the vertex scalars by a map */
  MONGE_N_VARIANTS = 4
} MongeVariant;

typedef enum {
  MONGE_UNIFORM_VIEW,        /* mat4: world → camera */
  MONGE_UNIFORM_PROJECTION,  /* mat4: camera → clip */
  MONGE_UNIFORM_VIEWPORT,    /* vec2: pixels */
  MONGE_UNIFORM_COLOUR,      /* vec3: linear light */
  MONGE_UNIFORM_OPACITY,     /* float */
  MONGE_UNIFORM_COLORMAP,    /* sampler1D */
  MONGE_UNIFORM_RANGE,       /* vec2: scalar → texture coordinate, scale and shift */
  MONGE_UNIFORM_SIZE,        /* float: points: pixels per unit of depth; lines: half width, pixels */
  MONGE_UNIFORM_SIZE_LIMITS, /* vec2: of points, pixels */
  MONGE_N_UNIFORMS
} MongeUniform;

typedef struct {
  GLuint name;
  GLint uniforms[MONGE_N_UNIFORMS]; /* −1: the program does not have it */
} MongeProgram;

/**
 * monge_program_init:
 * @name: "surface" for surface.vert.glsl, surface.frag.glsl and, if there is one,
 *   surface.geom.glsl; every stage starts with common.glsl
 *
 * Fails with %MONGE_RENDER_ERROR_PROGRAM and the driver's log.
 */
gboolean monge_program_init (MongeProgram *program, const MongeGl *gl, const char *name,
                             MongeVariant variant, GError **error);
void monge_program_clear (MongeProgram *program);

/* All variants at once. */
gboolean monge_program_init_variants (MongeProgram programs[MONGE_N_VARIANTS], const MongeGl *gl,
                                      const char *name, GError **error);
void monge_program_clear_variants (MongeProgram programs[MONGE_N_VARIANTS]);

G_END_DECLS
