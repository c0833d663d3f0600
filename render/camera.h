/* An orbiting perspective camera: plain data, no GL. Matrices are column-major as cglm makes them.
 *
 * World axes are those of the anatomy: x to the patient's left or right as the file says, y to the
 * front, z up. Camera axes: x right, y up, z towards the viewer. Pixels: x right, y down from the
 * top left corner of the view. */
#pragma once

#include <cglm/cglm.h>
#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  vec3 centre;      /* what the camera looks at and turns around, shape units */
  versor rotation;  /* world → camera */
  float distance;   /* camera to centre, shape units */
  float radius;     /* of the sphere around everything shown: sets near, far and zoom limits */
  float fov;        /* vertical, radians; default 30° */
  vec3 anchor;      /* centre of that sphere, shape units */
} MongeCamera;

/* Front view, from a little above and from the side that shows the longer of the box's two
 * horizontal extents, z up; a box that is flat in z is seen from above with y up. All of it is
 * shown in a square view; call monge_camera_fit() once the aspect is known. */
void monge_camera_init (MongeCamera *camera, const float lower[3], const float upper[3]);
/* Keeps the direction; centres and zooms so that the box is shown whole, with a small margin.
 * @aspect: width / height. */
void monge_camera_fit (MongeCamera *camera, const float lower[3], const float upper[3],
                       float aspect);
/* The same for the points themselves, which fill the view better than their box: @n_sets arrays of
 * (n_positions[i] × 3). Does nothing without points. O(n). */
void monge_camera_fit_points (MongeCamera *camera, const float *const *positions,
                              const gsize *n_positions, guint n_sets, float aspect);
/* A drag by (dx, dy) pixels in a view of (width × height). Across the shorter side: half a turn. z
 * stays upright. */
void monge_camera_orbit (MongeCamera *camera, float dx, float dy, float width, float height);
/* What is at the centre's depth follows the pointer. */
void monge_camera_pan (MongeCamera *camera, float dx, float dy, float width, float height);
/* factor > 1 comes nearer; the point under (x, y) in pixels stays in place. */
void monge_camera_zoom (MongeCamera *camera, float factor, float x, float y, float width,
                        float height);

void monge_camera_get_matrices (const MongeCamera *camera, float aspect, mat4 view,
                                mat4 projection);
/* Shape units per pixel at the centre: for scale bars. */
float monge_camera_get_unit_per_pixel (const MongeCamera *camera, float height);
/* The longest bar of 1, 2 or 5 × 10ⁿ units that fits in @max_pixels: its length in shape units;
 * @pixels: (out) on the screen. */
float monge_camera_get_scale_bar (const MongeCamera *camera, float height, float max_pixels,
                                  float *pixels);
/* The world's x, y and z axes in camera axes, unit length: draw (x, −y) for an orientation cross,
 * the axes of lowest z first. */
void monge_camera_get_axes (const MongeCamera *camera, float axes[3][3]);
/* A world point → pixels; FALSE behind the camera. */
gboolean monge_camera_project (const MongeCamera *camera, const float point[3], float width,
                               float height, float pixel[2]);
/**
 * monge_camera_pick:
 * @positions: (n × 3) world coordinates
 * @x, @y: the pointer, pixels
 * @tolerance: search radius around it, pixels
 * @index: (out) written only when %TRUE is returned
 *
 * The vertex nearest to the viewer among those within @tolerance of the pointer; a vertex closer
 * to the pointer is preferred to one slightly nearer to the viewer. O(n), one pass, no GL.
 */
gboolean monge_camera_pick (const MongeCamera *camera, const float *positions, gsize n, float x,
                            float y, float width, float height, float tolerance, gsize *index);

G_END_DECLS
