/* What tests of the CUDA backend on the host card share: a card opened, planes filled, a program with
 * its arguments on either side, a loop as solvers have it. */
#pragma once

#include "compute/backend/backend.h"
#include "compute/backend/step.h"
#include "tests/host-card/host-card.h"
#include "tests/util.h"

G_BEGIN_DECLS

/* Before anything else of GLib: generated code is compiled by the host, and kept apart. */
void cuda_world_init (void);

/* With one thread. */
MongeBackend *open_backend (const char *name);
/* Work is done as late as can be: what does not wait sees old numbers. */
MongeBackend *open_card (void);
void close_card (MongeBackend *backend);

/* @values: (nullable) */
MongePlanes *make_planes (MongeBackend *backend, MongePlanesType type, gsize n, guint dim,
                          gconstpointer values);
double *random_doubles (gsize n, guint64 seed, double from, double to);
float *random_floats (gsize n, guint64 seed, double from, double to);

/* Points in float32, numbers in float64; s is a parameter. */
typedef struct {
  gsize n, m;
  float *x, *y;
  double *f, *g, *h, s;
} Data;

void data_init (Data *data, gsize n, gsize m, guint dim);
void data_clear (Data *data);

enum { X, Y, F, G, H, S, N_ARGUMENTS };

/* Of variables x, f over rows, y, g, h over columns, s. */
MongeKernel *prepare (MongeBackend *backend, const char *text, guint dim);
void set_host_arguments (const Data *data, MongeArgument *arguments);

/* The same with planes in place of all but the parameter. */
typedef struct {
  MongePlanes *planes[N_ARGUMENTS];
} OnCard;

void on_card_init (OnCard *on, MongeBackend *backend, const Data *data, guint dim,
                   MongeArgument *arguments);
void on_card_clear (OnCard *on);

/* What an iteration of a solver does: a run and steps from planes to planes, one read. */
typedef struct {
  MongeBackend *backend;
  MongeKernel *kernel;
  Data data;
  OnCard on;
  MongeArgument arguments[N_ARGUMENTS];
  MongePlanes *result;
} Loop;

#define LOOP_ROWS 100

void loop_init (Loop *loop);
void loop_fill (Loop *loop); /* all but the backend */
void loop_clear (Loop *loop);
gboolean loop_queue (Loop *loop, MongeTask *task, GError **error);
/* @totals: 3 */
gboolean loop_read (Loop *loop, double *totals, MongeTask *task, GError **error);

G_END_DECLS
