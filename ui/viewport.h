/* The 3-D view: the shapes of a session, drawn with OpenGL, turned with the mouse and the keys. */
#pragma once

#include <gtk/gtk.h>

#include "render/cuda-gl.h"
#include "ui/picture.h"
#include "ui/session.h"
#include "ui/view-style.h"

G_BEGIN_DECLS

#define MONGE_TYPE_VIEWPORT (monge_viewport_get_type ())
G_DECLARE_FINAL_TYPE (MongeViewport, monge_viewport, MONGE, VIEWPORT, GtkWidget)

/**
 * MongeViewport:
 *
 * Draws only after a new frame, a change of style or an input. Without OpenGL it shows a sentence
 * instead, and everything else goes on.
 *
 * Signals: "style-changed" (), "drawn" () after each frame
 */
void monge_viewport_set_session (MongeViewport *viewport, MongeSession *session);

const MongeViewStyle *monge_viewport_get_style (MongeViewport *viewport);
const MongeViewStyle *monge_viewport_get_default_style (MongeViewport *viewport);
void monge_viewport_set_style (MongeViewport *viewport, const MongeViewStyle *style);
gboolean monge_viewport_get_part_visible (MongeViewport *viewport, MongeViewPart part);
void monge_viewport_set_part_visible (MongeViewport *viewport, MongeViewPart part,
                                      gboolean visible);

/* All of the shapes, seen from where the camera is | from the front. */
void monge_viewport_fit (MongeViewport *viewport);
void monge_viewport_reset_view (MongeViewport *viewport);
void monge_viewport_turn (MongeViewport *viewport, float dx, float dy);
void monge_viewport_pan (MongeViewport *viewport, float dx, float dy);
void monge_viewport_zoom (MongeViewport *viewport, float factor);

/* NULL, or why there is no OpenGL; borrowed. */
const char *monge_viewport_get_problem (MongeViewport *viewport);
/* "OpenGL 4.5, llvmpipe", or NULL before the first frame. */
const char *monge_viewport_get_description (MongeViewport *viewport);
/* How frames of a card that computes get here; NULL when not realized and in a build without CUDA.
 * Borrowed, until the view is unrealized. */
MongeCudaGl *monge_viewport_get_cuda (MongeViewport *viewport);
/* Frames drawn in the last second. */
guint monge_viewport_get_frame_rate (MongeViewport *viewport);
/* How many were drawn since the start. */
guint64 monge_viewport_get_n_drawn (MongeViewport *viewport);

/* The view as it is, @scale times as large, with its colour bar and scale bar. */
MongePicture *monge_viewport_take_picture (MongeViewport *viewport, int scale,
                                           gboolean transparent, GError **error);

G_END_DECLS
