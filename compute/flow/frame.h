/* What the screen needs of one step of a flow, kept where the flow is computed. */
#pragma once

#include "compute/flow/flow.h"

G_BEGIN_DECLS

/**
 * MongeFrame:
 * @serial: grows with every frame published
 * @n_vertices: n
 * @positions: float32 planes of one component, (n × 3) numbers in order as vertex buffers want them,
 *   relative to the origin of the runner; missing dimensions are 0, those beyond 3 are left out
 * @normals: (nullable): the same, unit, smooth; %NULL unless the source is a surface
 * @displacements: (n), |x_i − x_i(0)|, shape units
 * @report: of the step that led here; zero at step 0
 *
 * Finished: nothing that is queued on the backend writes to it, so that the thread that draws may
 * publish its planes (monge_planes_publish()) without waiting for a solve.
 */
typedef struct {
  guint64 serial;
  guint step;
  gsize n_vertices;
  MongePlanes *positions;
  MongePlanes *normals;
  MongePlanes *displacements;
  float max_displacement;
  MongeFlowReport report;
} MongeFrame;

/* The same on the host: in place on the CPU; of a card brought over when first asked for, and %NULL
 * if it has failed since. Valid as long as the frame, on its consumer's thread. Normals are %NULL
 * where there are none. */
const float *monge_frame_get_positions (const MongeFrame *frame);
const float *monge_frame_get_normals (const MongeFrame *frame);
const float *monge_frame_get_displacements (const MongeFrame *frame);

/* One of the runner's: without planes until it is filled. */
MongeFrame *monge_frame_new (gsize n_vertices);
void monge_frame_free (MongeFrame *frame);

/**
 * MongeFramer:
 *
 * Fills frames with where a flow stands: what all of its frames share. Borrows the flow; follows it
 * to other backends. The thread of the flow alone.
 */
typedef struct _MongeFramer MongeFramer;

/* @origin: (3): subtracted from all positions. */
MongeFramer *monge_framer_new (MongeFlow *flow, const double origin[3]);
void monge_framer_free (MongeFramer *framer);
/* All but the serial. Waits until it is done: what fails shows here. O(n). */
gboolean monge_framer_fill (MongeFramer *framer, const MongeFlowReport *report, MongeFrame *frame,
                            GError **error);

G_END_DECLS
