#include "render/program.h"

#include "render/geometry-private.h"
#include "render/renderer.h"
#include "shaders/monge-shaders.h"

#include <gio/gio.h>
#include <string.h>

#define FOLDER "/io/github/monge/Monge/shaders/"

static const char *const uniform_names[MONGE_N_UNIFORMS] = {
  [MONGE_UNIFORM_VIEW] = "view",
  [MONGE_UNIFORM_PROJECTION] = "projection",
  [MONGE_UNIFORM_VIEWPORT] = "viewport",
  [MONGE_UNIFORM_COLOUR] = "colour",
  [MONGE_UNIFORM_OPACITY] = "opacity",
  [MONGE_UNIFORM_COLORMAP] = "colormap",
  [MONGE_UNIFORM_RANGE] = "range",
  [MONGE_UNIFORM_SIZE] = "size",
  [MONGE_UNIFORM_SIZE_LIMITS] = "size_limits",
};

static const struct {
  GLenum stage;
  const char *suffix;
  const char *define;
  gboolean is_optional;
} stages[] = {
  { GL_VERTEX_SHADER, "vert", "#define VERTEX\n", FALSE },
  { GL_GEOMETRY_SHADER, "geom", "#define GEOMETRY\n", TRUE },
  { GL_FRAGMENT_SHADER, "frag", "#define FRAGMENT\n", FALSE },
};

static GBytes *
load_source (const char *name, const char *suffix)
{
  g_autofree char *path = g_strdup_printf (FOLDER "%s.%s.glsl", name, suffix);
  return g_resource_lookup_data (monge_shaders_get_resource (), path, 0, NULL);
}

static char *
get_shader_log (GLuint shader)
{
  GLint size = 0;
  glGetShaderiv (shader, GL_INFO_LOG_LENGTH, &size);
  char *log = g_malloc0 (size + 1);
  glGetShaderInfoLog (shader, size, NULL, log);
  return g_strstrip (log);
}

static char *
get_program_log (GLuint program)
{
  GLint size = 0;
  glGetProgramiv (program, GL_INFO_LOG_LENGTH, &size);
  char *log = g_malloc0 (size + 1);
  glGetProgramInfoLog (program, size, NULL, log);
  return g_strstrip (log);
}

/* 0 on failure */
static GLuint
compile (GLenum stage, const char *stage_define, MongeVariant variant, GBytes *common,
         GBytes *body, char **log)
{
  const char *parts[] = {
    "#version 330 core\n",
    stage_define,
    variant & MONGE_VARIANT_NORMALS ? "#define NORMALS\n" : "",
    variant & MONGE_VARIANT_MAPPED ? "#define MAPPED\n" : "",
    g_bytes_get_data (common, NULL),
    "#line 1\n",
    g_bytes_get_data (body, NULL),
  };
  GLint sizes[] = { -1, -1, -1, -1, g_bytes_get_size (common), -1, g_bytes_get_size (body) };

  GLuint shader = glCreateShader (stage);
  glShaderSource (shader, G_N_ELEMENTS (parts), parts, sizes);
  glCompileShader (shader);
  GLint is_compiled = GL_FALSE;
  glGetShaderiv (shader, GL_COMPILE_STATUS, &is_compiled);
  if (is_compiled)
    return shader;

  *log = get_shader_log (shader);
  glDeleteShader (shader);
  return 0;
}

static gboolean
attach_stages (GLuint program, const char *name, MongeVariant variant, GError **error)
{
  g_autoptr (GBytes) common = g_resource_lookup_data (monge_shaders_get_resource (),
                                                      FOLDER "common.glsl", 0, NULL);
  g_assert (common != NULL);
  for (guint i = 0; i < G_N_ELEMENTS (stages); i++)
    {
      g_autoptr (GBytes) body = load_source (name, stages[i].suffix);
      g_autofree char *log = NULL;
      if (!body && stages[i].is_optional)
        continue;

      g_assert (body != NULL);
      GLuint shader = compile (stages[i].stage, stages[i].define, variant, common, body, &log);
      if (!shader)
        {
          g_set_error (error, MONGE_RENDER_ERROR, MONGE_RENDER_ERROR_PROGRAM,
                       "The graphics driver rejects %s.%s.glsl (variant %d): %s", name,
                       stages[i].suffix, variant, log);
          return FALSE;
        }
      glAttachShader (program, shader);
      glDeleteShader (shader); /* lives on as long as the program */
    }
  return TRUE;
}

static gboolean
link_program (GLuint program, const char *name, MongeVariant variant, GError **error)
{
  glBindAttribLocation (program, MONGE_ATTRIBUTE_POSITION, "position");
  glBindAttribLocation (program, MONGE_ATTRIBUTE_NORMAL, "normal");
  glBindAttribLocation (program, MONGE_ATTRIBUTE_SCALAR, "scalar");
  glLinkProgram (program);
  GLint is_linked = GL_FALSE;
  glGetProgramiv (program, GL_LINK_STATUS, &is_linked);
  if (is_linked)
    return TRUE;

  g_autofree char *log = get_program_log (program);
  g_set_error (error, MONGE_RENDER_ERROR, MONGE_RENDER_ERROR_PROGRAM,
               "The graphics driver cannot link the program %s (variant %d): %s", name, variant,
               log);
  return FALSE;
}

gboolean
monge_program_init (MongeProgram *program, const MongeGl *gl, const char *name,
                    MongeVariant variant, GError **error)
{
  program->name = glCreateProgram ();
  if (!attach_stages (program->name, name, variant, error)
      || !link_program (program->name, name, variant, error))
    {
      monge_program_clear (program);
      return FALSE;
    }

  monge_gl_label (gl, GL_PROGRAM, program->name, name);
  for (guint i = 0; i < MONGE_N_UNIFORMS; i++)
    program->uniforms[i] = glGetUniformLocation (program->name, uniform_names[i]);
  return TRUE;
}

void
monge_program_clear (MongeProgram *program)
{
  glDeleteProgram (program->name);
  memset (program, 0, sizeof *program);
}

gboolean
monge_program_init_variants (MongeProgram programs[MONGE_N_VARIANTS], const MongeGl *gl,
                             const char *name, GError **error)
{
  for (guint variant = 0; variant < MONGE_N_VARIANTS; variant++)
    if (!monge_program_init (&programs[variant], gl, name, variant, error))
      return FALSE;
  return TRUE;
}

void
monge_program_clear_variants (MongeProgram programs[MONGE_N_VARIANTS])
{
  for (guint variant = 0; variant < MONGE_N_VARIANTS; variant++)
    monge_program_clear (&programs[variant]);
}
