/* Frames are filled by passes over rows on the flow's backend: positions and displacements, then one
 * vector per face, then its sum over the faces around each vertex. The faces of a vertex are visited
 * in their own order, so that normals are those of monge_mesh_compute_normals(), which takes
 * three quarters of the time on the host and stands in for the latter two there. */
#include "compute/flow/frame.h"

#include "compute/backend/step.h"
#include "compute/shape/mesh.h"

#include <string.h>

enum {
  POSITIONS,
  NORMALS,
  DISPLACEMENTS,
  N_PARTS,
};

/* What a frame is beneath: planes of one backend, and what was brought over of them. */
typedef struct {
  MongeFrame base;
  MongeBackend *backend; /* kept open */
  float *host[N_PARTS];
  guint64 host_serial[N_PARTS];
} Frame;

struct _MongeFramer {
  MongeFlow *flow;
  double origin[3];
  MongeBackend *backend; /* a card, of what follows; kept open */
  MongePlanes *faces;    /* (n_faces × 3) */
  MongePlanes *vectors;  /* (n_faces × 3), twice the area along the normal */
  MongePlanes *first;    /* (n + 1): faces around vertex i: [first_i, first_{i+1}) in @around */
  MongePlanes *around;   /* (3 n_faces) */
};

/* --- frames --- */

static void
frame_clear (Frame *frame)
{
  g_clear_pointer (&frame->base.positions, monge_planes_free);
  g_clear_pointer (&frame->base.normals, monge_planes_free);
  g_clear_pointer (&frame->base.displacements, monge_planes_free);
  for (guint part = 0; part < N_PARTS; part++)
    g_clear_pointer (&frame->host[part], g_free);
  g_clear_pointer (&frame->backend, monge_backend_close);
}

MongeFrame *
monge_frame_new (gsize n_vertices)
{
  Frame *frame = g_new0 (Frame, 1);

  frame->base.n_vertices = n_vertices;
  return &frame->base;
}

void
monge_frame_free (MongeFrame *frame)
{
  if (frame == NULL)
    return;
  frame_clear ((Frame *) frame);
  g_free (frame);
}

/* Only the consumer of a frame asks, so that the copies need no lock. */
static const float *
bring_over (Frame *frame,
            guint part,
            const MongePlanes *planes)
{
  if (planes == NULL)
    return NULL;
  if (monge_backend_is_on_host (planes->backend))
    return planes->data;
  if (frame->host[part] == NULL)
    frame->host[part] = g_malloc (MAX (monge_planes_get_size (planes), 1));
  if (frame->host_serial[part] != frame->base.serial
      && monge_planes_read (planes, frame->host[part], NULL))
    frame->host_serial[part] = frame->base.serial;
  return frame->host_serial[part] == frame->base.serial ? frame->host[part] : NULL;
}

const float *
monge_frame_get_positions (const MongeFrame *frame)
{
  return bring_over ((Frame *) frame, POSITIONS, frame->positions);
}

const float *
monge_frame_get_normals (const MongeFrame *frame)
{
  return bring_over ((Frame *) frame, NORMALS, frame->normals);
}

const float *
monge_frame_get_displacements (const MongeFrame *frame)
{
  return bring_over ((Frame *) frame, DISPLACEMENTS, frame->displacements);
}

/* --- what they share --- */

static void
framer_clear (MongeFramer *framer)
{
  g_clear_pointer (&framer->faces, monge_planes_free);
  g_clear_pointer (&framer->vectors, monge_planes_free);
  g_clear_pointer (&framer->first, monge_planes_free);
  g_clear_pointer (&framer->around, monge_planes_free);
  g_clear_pointer (&framer->backend, monge_backend_close);
}

MongeFramer *
monge_framer_new (MongeFlow *flow,
                  const double origin[3])
{
  MongeFramer *framer = g_new0 (MongeFramer, 1);

  framer->flow = flow;
  memcpy (framer->origin, origin, sizeof framer->origin);
  return framer;
}

void
monge_framer_free (MongeFramer *framer)
{
  if (framer == NULL)
    return;
  framer_clear (framer);
  g_free (framer);
}

/* Which faces are around each vertex, in the order of the faces. */
static void
write_faces (MongeFramer *framer,
             const MongeShape *source)
{
  const guint32 *corners = monge_shape_get_cells (source);
  const gsize n = monge_shape_get_n_vertices (source);
  const gsize n_corners = 3 * monge_shape_get_n_cells (source);
  g_autofree gint32 *first = g_new0 (gint32, n + 2), *around = g_new (gint32, MAX (n_corners, 1));

  for (gsize k = 0; k < n_corners; k++)
    first[corners[k] + 2]++;
  for (gsize i = 2; i < n + 2; i++)
    first[i] += first[i - 1];
  for (gsize k = 0; k < n_corners; k++) /* first[i + 1] runs from where i begins to where it ends */
    around[first[corners[k] + 1]++] = (gint32) (k / 3);
  monge_planes_write (framer->faces, corners);
  monge_planes_write (framer->first, first);
  monge_planes_write (framer->around, around);
}

static gboolean
make_planes (MongePlanes **planes,
             MongeBackend *backend,
             MongePlanesType type,
             gsize n,
             GError **error)
{
  *planes = monge_planes_new (backend, type, n, 1, error);
  return *planes != NULL;
}

/* Once per card; a surface alone has faces. */
static gboolean
ensure_faces (MongeFramer *framer,
              GError **error)
{
  MongeShape *source = monge_flow_get_source (framer->flow);
  MongeBackend *backend = monge_flow_get_backend (framer->flow);
  const gsize n = monge_shape_get_n_vertices (source), m = monge_shape_get_n_cells (source);

  if (framer->backend == backend)
    return TRUE;
  framer_clear (framer);
  if (monge_shape_get_kind (source) != MONGE_SHAPE_SURFACE || monge_backend_is_on_host (backend))
    return TRUE;
  if (!make_planes (&framer->faces, backend, MONGE_PLANES_INT32, 3 * m, error)
      || !make_planes (&framer->vectors, backend, MONGE_PLANES_FLOAT32, 3 * m, error)
      || !make_planes (&framer->first, backend, MONGE_PLANES_INT32, n + 1, error)
      || !make_planes (&framer->around, backend, MONGE_PLANES_INT32, 3 * m, error))
    {
      framer_clear (framer);
      return FALSE;
    }
  write_faces (framer, source);
  framer->backend = monge_backend_ref (backend);
  return TRUE;
}

/* Planes of the flow's backend. */
static gboolean
ensure_frame (MongeFramer *framer,
              Frame *frame,
              GError **error)
{
  MongeShape *source = monge_flow_get_source (framer->flow);
  MongeBackend *backend = monge_flow_get_backend (framer->flow);
  const gsize n = frame->base.n_vertices;

  if (frame->backend == backend)
    return TRUE;
  frame_clear (frame);
  if (!make_planes (&frame->base.positions, backend, MONGE_PLANES_FLOAT32, 3 * n, error)
      || (monge_shape_get_kind (source) == MONGE_SHAPE_SURFACE
          && !make_planes (&frame->base.normals, backend, MONGE_PLANES_FLOAT32, 3 * n, error))
      || !make_planes (&frame->base.displacements, backend, MONGE_PLANES_FLOAT32, n, error))
    {
      frame_clear (frame);
      return FALSE;
    }
  frame->backend = monge_backend_ref (backend);
  return TRUE;
}

static void
queue_draw (MongeFramer *framer,
            MongeFrame *frame)
{
  const MongeStep step = {
    .id = MONGE_STEP_DRAW,
    .n = frame->n_vertices,
    .planes = { frame->positions, frame->displacements,
                monge_flow_get_position_planes (framer->flow),
                monge_flow_get_start_planes (framer->flow) },
    .numbers = { framer->origin[0], framer->origin[1], framer->origin[2] },
    .counts = { monge_shape_get_dim (monge_flow_get_source (framer->flow)) },
  };

  monge_backend_step (frame->positions->backend, &step);
}

static void
queue_normals (MongeFramer *framer,
               MongeFrame *frame)
{
  MongeShape *source = monge_flow_get_source (framer->flow);
  const gsize n_faces = monge_shape_get_n_cells (source);
  const MongeStep face = {
    .id = MONGE_STEP_FACE,
    .n = n_faces,
    .planes = { framer->vectors, frame->positions, framer->faces },
  };
  const MongeStep normal = {
    .id = MONGE_STEP_NORMAL,
    .n = frame->n_vertices,
    .planes = { frame->normals, framer->vectors, framer->first, framer->around },
  };

  if (framer->backend == NULL)
    {
      monge_mesh_compute_normals (frame->n_vertices, frame->positions->data,
                                  monge_shape_get_cells (source), n_faces, frame->normals->data);
      return;
    }
  monge_backend_step (framer->backend, &face);
  monge_backend_step (framer->backend, &normal);
}

gboolean
monge_framer_fill (MongeFramer *framer,
                   const MongeFlowReport *report,
                   MongeFrame *frame,
                   GError **error)
{
  if (!ensure_faces (framer, error) || !ensure_frame (framer, (Frame *) frame, error))
    return FALSE;
  queue_draw (framer, frame);
  if (frame->normals != NULL)
    queue_normals (framer, frame);
  if (!monge_backend_check (monge_flow_get_backend (framer->flow), error))
    return FALSE;
  frame->step = monge_flow_get_step (framer->flow);
  frame->max_displacement = (float) report->max_displacement;
  frame->report = *report;
  return TRUE;
}
