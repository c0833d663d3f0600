/* An orbiting perspective camera: plain data, no GL. Matrices are column-major as cglm makes them. */
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
} MongeCamera;

/* Anatomical front view (x to the left of the patient's right, z up) of the box, all of it shown. */
void monge_camera_init (MongeCamera *camera, const float lower[3], const float upper[3]);
/* Keeps the direction; centres and zooms so that the box is shown whole. */
void monge_camera_fit (MongeCamera *camera, const float lower[3], const float upper[3],
                       float aspect);
/* A drag by (dx, dy) pixels in a view of (width × height). */
void monge_camera_orbit (MongeCamera *camera, float dx, float dy, float width, float height);
void monge_camera_pan (MongeCamera *camera, float dx, float dy, float width, float height);
/* factor > 1 comes nearer; the point under (x, y) in pixels stays in place. */
void monge_camera_zoom (MongeCamera *camera, float factor, float x, float y, float width,
                        float height);
void monge_camera_get_matrices (const MongeCamera *camera, float aspect, mat4 view,
                                mat4 projection);
/* Shape units per pixel at the centre: for scale bars. */
float monge_camera_get_unit_per_pixel (const MongeCamera *camera, float height);

G_END_DECLS
