#pragma once

#include "compute/shape/landmarks.h"
#include "render/renderer.h"
#include "ui/colouring.h"
#include "ui/overlay.h"
#include "ui/viewport.h"

G_BEGIN_DECLS

/* The array of a shape that its geometry has as scalars. */
typedef struct {
  char *asked;               /* its name; NULL: none */
  const char *map;
  MongeGeometry *geometry;   /* borrowed */
  MongeColouring *colouring; /* NULL if the shape has no such array */
} MongeColouredView;

/* A shape of the context on the card. */
typedef struct {
  MongeItem *item;           /* owned */
  MongeDrawable *drawable;   /* owned: what the geometry was made of */
  MongeGeometry *geometry;
  MongeColouredView coloured;
} MongeContextView;

/* The landmarks of a shape. */
typedef struct {
  MongeItem *item;           /* owned */
  MongeLandmarks *rest;      /* owned: where the shape was at rest */
  MongeDrawable *drawable;   /* borrowed, to see whether it is still that */
  float *positions;          /* (n × 3) of the defined ones, as they are drawn */
  guint n;
  MongeGeometry *geometry;
  gboolean is_placed;        /* the geometry is at the positions */
} MongeLandmarksView;

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
  MongeColouredView coloured[MONGE_N_VIEWS];
  GPtrArray *contexts;                         /* (element-type MongeContextView) */
  GPtrArray *landmarks;                        /* (element-type MongeLandmarksView) */
  guint64 frame_serial;
  float max_displacement;
  gboolean is_carrying;   /* landmarks, on a thread */
  guint64 carried_serial;

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

/* The first of them that is seen in the colours of numbers. */
const MongeColouring *monge_viewport_find_context_colouring (MongeViewport *viewport);
/* Gives @geometry the scalars of the array, if it has others. @array: (nullable) */
void monge_coloured_view_set (MongeColouredView *coloured, MongeGeometry *geometry,
                              const MongeShape *shape, const char *array, const char *map);
void monge_coloured_view_clear (MongeColouredView *coloured);
void monge_coloured_view_init_layer (const MongeColouredView *coloured, MongeLayer *layer);

/* viewport-landmarks.c */
void monge_viewport_upload_landmarks (MongeViewport *viewport);
void monge_viewport_add_landmark_layers (MongeViewport *viewport, MongeScene *scene);
void monge_viewport_clear_landmarks (MongeViewport *viewport);
GArray *monge_viewport_list_marks (MongeViewport *viewport);
/* To the newest frame, when a thread is done. */
void monge_viewport_carry_landmarks (MongeViewport *viewport);

/* viewport-input.c: adds the gestures and keys. */
void monge_viewport_init_input (MongeViewport *viewport);
/* Something changed: draw once, when the screen is ready. */
void monge_viewport_queue_draw (MongeViewport *viewport);

G_END_DECLS
