/* The command line of the window program. */
#pragma once

#include "compute/backend/backend.h"
#include "compute/recipe.h"
#include "ui/view-style.h"

G_BEGIN_DECLS

/**
 * MongeArguments:
 *
 * What was asked for. Paths are owned.
 */
typedef struct {
  MongeRecipe *recipe;    /* shapes and parameters; one shape or none is fine for the window */
  MongeViewStyle style;
  gboolean style_has_point_size; /* else from the shapes */
  MongeBackendOptions backend;
  char *backend_name;
  int n_threads;
  gboolean play;          /* --play: as soon as both shapes are there */
  gboolean timing;        /* --timing: print when things were drawn, then quit */
  char *picture;          /* --render: draw off-screen into this file */
  char *output;           /* -o: where to write the moved shape, with --render */
  char *size;             /* --size WxH */
  char *session;          /* --session FILE */
  int width, height;      /* of the picture */
  gboolean quiet, dark, transparent;
} MongeArguments;

/**
 * monge_arguments_parse:
 * @status: (out): the exit code when there is nothing left to do
 *
 * Says what is wrong on stderr. Prints and returns %FALSE for --help and --version.
 */
gboolean monge_arguments_parse (MongeArguments *arguments, int argc, char **argv, int *status);
void monge_arguments_clear (MongeArguments *arguments);

G_END_DECLS
