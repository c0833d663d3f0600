/* monge: the window, or with --render a picture. */
#include <locale.h>
#include <malloc.h>
#include <stdio.h>

#include "app/application.h"
#include "app/render.h"

#define LARGE_BLOCK (256 * 1024)

/* Files are read on threads while the toolkit starts. */
static int
run_window (MongeArguments *arguments)
{
  g_autoptr (MongeSession) session = monge_session_new ();
  g_autoptr (MongeApplication) application = NULL;

  g_set_prgname ("io.github.monge.Monge"); /* the class of the window on X11 */
  g_set_application_name ("Monge");
  monge_session_set_backend (session, &arguments->backend);
  monge_session_open_recipe (session, arguments->recipe);
  if (arguments->play)
    monge_session_play_when_ready (session);
  if (!gtk_init_check ())
    {
      fputs ("monge: there is no display to open a window on; try monge --render OUT.png\n", stderr);
      return 1;
    }
  application = monge_application_new (arguments, session);
  return g_application_run (G_APPLICATION (application), 0, NULL);
}

int
main (int argc, char **argv)
{
  MongeArguments arguments;
  int status;

  setlocale (LC_ALL, "");
  mallopt (M_MMAP_THRESHOLD, LARGE_BLOCK); /* what is freed goes back at once: no growth in hours */
  if (monge_arguments_parse (&arguments, argc, argv, &status))
    status = arguments.picture != NULL ? monge_render_run (&arguments) : run_window (&arguments);
  monge_arguments_clear (&arguments);
  return status;
}
