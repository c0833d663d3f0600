#pragma once

#include "render/renderer.h"
#include "ui/viewport.h"

G_BEGIN_DECLS

/* A shape of the context on the card. */
typedef struct {
  MongeItem *item;           /* owned */
  MongeDrawable *drawable;   /* owned: what the geometry was made of */
  MongeGeometry *geometry;
} MongeContextView;

#define MONGE_FRAME_TIMES 64

struct _MongeViewport {
  GtkWidget parent_instance;

  GtkWidget *overlay;
  GtkGLArea *area;
  GtkWidget *annotations; /* drawing area over the GL area */
  GtkWidget *empty;       /* what to do when there is no shape */
  GtkWidget *loading;
  GtkProgressBar *progress;
  GtkLabel *problem;

  MongeSession *session;
  MongeViewStyle style, default_style;
  gboolean visible[MONGE_N_VIEWS];

  MongeRenderer *renderer;                     /* these live from realize to unrealize */
  MongeCudaGl *cuda;
  MongeGeometry *geometries[MONGE_N_VIEWS];
  MongeDrawable *drawables[MONGE_N_ROLES];     /* what the geometries were made of */
  GPtrArray *contexts;                         /* (element-type MongeContextView) */
  guint64 frame_serial;
  float max_displacement;

  MongeCamera camera;
  gboolean has_camera;
  gboolean is_fitted;     /* and not moved since: follows the size of the view */
  double drag_x, drag_y;
  double pointer_x, pointer_y;
  double pinch;
  gboolean is_panning;

  gint64 moved_at;        /* when the camera was moved last */
  guint refine_timeout;   /* draws once more, smoothly, when things have come to rest */
  gint64 times[MONGE_FRAME_TIMES]; /* of the last frames, a ring */
  guint64 n_drawn;
};

/* viewport-context.c: shapes beside source and target. GL is current. */
void monge_viewport_upload_contexts (MongeViewport *viewport);
void monge_viewport_add_context_layers (MongeViewport *viewport, MongeScene *scene);
void monge_viewport_clear_contexts (MongeViewport *viewport);
/* Whether @item is shown as context now. */
gboolean monge_viewport_is_context (MongeViewport *viewport, MongeItem *item);

/* viewport-input.c: adds the gestures and keys. */
void monge_viewport_init_input (MongeViewport *viewport);
/* Something changed: draw once, when the screen is ready. */
void monge_viewport_queue_draw (MongeViewport *viewport);

G_END_DECLS
