/* EGL without a native window system: the surfaceless platform of Mesa and of newer vendors'
 * drivers, then every device in turn (a card without display, or a driver without the former). */

#include "render/offscreen.h"

#include <epoxy/egl.h>
#include <epoxy/gl.h>

#define MAX_DEVICES 16

struct _MongeOffscreen {
  EGLDisplay display;
  EGLContext context;
};

static EGLContext
create_context (EGLDisplay display)
{
  static const int versions[][2] = { { 4, 5 }, { 4, 3 }, { 3, 3 } };
  static const EGLint wanted[] = { EGL_RENDERABLE_TYPE, EGL_OPENGL_BIT, EGL_SURFACE_TYPE, 0,
                                   EGL_NONE };
  EGLConfig config = NULL;
  EGLint n_configs = 0;
  if (!eglChooseConfig (display, wanted, &config, 1, &n_configs) || n_configs == 0)
    config = NULL; /* EGL_KHR_no_config_context */

  for (guint i = 0; i < G_N_ELEMENTS (versions); i++)
    {
      EGLint attributes[] = { EGL_CONTEXT_MAJOR_VERSION, versions[i][0],
                              EGL_CONTEXT_MINOR_VERSION, versions[i][1],
                              EGL_CONTEXT_OPENGL_PROFILE_MASK,
                              EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT, EGL_NONE };
      EGLContext context = eglCreateContext (display, config, EGL_NO_CONTEXT, attributes);
      if (context != EGL_NO_CONTEXT)
        return context;
    }
  return EGL_NO_CONTEXT;
}

/* Takes the display: it is terminated when it does not serve. */
static gboolean
try_display (MongeOffscreen *offscreen, EGLDisplay display)
{
  if (display == EGL_NO_DISPLAY || !eglInitialize (display, NULL, NULL))
    return FALSE;

  EGLContext context = EGL_NO_CONTEXT;
  if (epoxy_has_egl_extension (display, "EGL_KHR_surfaceless_context")
      && eglBindAPI (EGL_OPENGL_API))
    context = create_context (display);
  if (context != EGL_NO_CONTEXT
      && eglMakeCurrent (display, EGL_NO_SURFACE, EGL_NO_SURFACE, context))
    {
      offscreen->display = display;
      offscreen->context = context;
      return TRUE;
    }

  if (context != EGL_NO_CONTEXT)
    eglDestroyContext (display, context);
  eglTerminate (display);
  return FALSE;
}

static gboolean
try_surfaceless (MongeOffscreen *offscreen)
{
  return epoxy_has_egl_extension (EGL_NO_DISPLAY, "EGL_MESA_platform_surfaceless")
         && try_display (offscreen, eglGetPlatformDisplayEXT (EGL_PLATFORM_SURFACELESS_MESA,
                                                              EGL_DEFAULT_DISPLAY, NULL));
}

static gboolean
try_devices (MongeOffscreen *offscreen)
{
  EGLDeviceEXT devices[MAX_DEVICES];
  EGLint n_devices = 0;
  if (!epoxy_has_egl_extension (EGL_NO_DISPLAY, "EGL_EXT_platform_device")
      || !epoxy_has_egl_extension (EGL_NO_DISPLAY, "EGL_EXT_device_enumeration")
      || !eglQueryDevicesEXT (MAX_DEVICES, devices, &n_devices))
    return FALSE;

  for (EGLint i = 0; i < n_devices; i++)
    if (try_display (offscreen, eglGetPlatformDisplayEXT (EGL_PLATFORM_DEVICE_EXT, devices[i],
                                                          NULL)))
      return TRUE;
  return FALSE;
}

MongeOffscreen *
monge_offscreen_new (GError **error)
{
  g_autofree MongeOffscreen *offscreen = g_new0 (MongeOffscreen, 1);

  /* epoxy ends the program when it looks for a function of a library that is not there */
  if (epoxy_has_egl () && epoxy_has_egl_extension (EGL_NO_DISPLAY, "EGL_EXT_platform_base")
      && (try_surfaceless (offscreen) || try_devices (offscreen)))
    return g_steal_pointer (&offscreen);

  g_set_error (error, MONGE_RENDER_ERROR, MONGE_RENDER_ERROR_CONTEXT,
               "No OpenGL 3.3 can be had without a display: install Mesa's EGL driver "
               "(on Debian: libegl1 and libgl1-mesa-dri)");
  return NULL;
}

void
monge_offscreen_free (MongeOffscreen *offscreen)
{
  if (!offscreen)
    return;

  eglMakeCurrent (offscreen->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
  eglDestroyContext (offscreen->display, offscreen->context);
  eglTerminate (offscreen->display);
  g_free (offscreen);
}
