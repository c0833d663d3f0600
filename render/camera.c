#include "render/camera.h"

#include <math.h>

#define FIT_MARGIN 0.92f    /* part of the view that a fitted box may fill */
#define ELEVATION 0.30f     /* of the first view, radians */
#define FLAT 1e-3f          /* a box thinner than this part of its longest side is seen face on */
#define NEAREST 0.02f       /* zoom limits, in radii */
#define FARTHEST 30.f
#define DEPTH_SLACK 1.6f    /* radii kept in front of and behind the anchor: shapes move */

static void
box_centre (const float lower[3], const float upper[3], vec3 centre)
{
  for (int k = 0; k < 3; k++)
    centre[k] = 0.5f * (lower[k] + upper[k]);
}

static float
box_radius (const float lower[3], const float upper[3])
{
  float r2 = 0.f;
  for (int k = 0; k < 3; k++)
    r2 += (upper[k] - lower[k]) * (upper[k] - lower[k]);
  float r = 0.5f * sqrtf (r2);
  return r > 0.f && isfinite (r) ? r : 1.f;
}

/* camera → world of a direction */
static void
to_world (const MongeCamera *camera, vec3 direction, vec3 world)
{
  versor inverse;
  glm_quat_inv ((float *) camera->rotation, inverse);
  glm_quat_rotatev (inverse, direction, world);
}

/* The rotation of a camera that looks from @eye (a direction) at the origin with @up upwards. */
static void
rotation_towards (vec3 eye, vec3 up, versor rotation)
{
  vec3 right, above, towards;
  glm_vec3_normalize_to (eye, towards);
  glm_vec3_crossn (up, towards, right);
  glm_vec3_cross (towards, right, above);

  mat3 m; /* rows are the camera's axes in the world */
  for (int k = 0; k < 3; k++)
    {
      m[k][0] = right[k];
      m[k][1] = above[k];
      m[k][2] = towards[k];
    }
  glm_mat3_quat (m, rotation);
  glm_quat_normalize (rotation);
}

static void
first_direction (const float extent[3], versor rotation)
{
  float longest = MAX (extent[0], MAX (extent[1], extent[2]));
  if (extent[2] <= FLAT * longest)
    rotation_towards ((vec3){ 0, 0, 1 }, (vec3){ 0, 1, 0 }, rotation);
  else if (extent[1] <= FLAT * longest)
    rotation_towards ((vec3){ 0, 1, 0 }, (vec3){ 0, 0, 1 }, rotation);
  else if (extent[0] <= FLAT * longest)
    rotation_towards ((vec3){ 1, 0, 0 }, (vec3){ 0, 0, 1 }, rotation);
  else
    {
      /* seen from azimuth a, x appears with length ∝ cos a and y with sin a */
      float a = CLAMP (atan2f (extent[1], extent[0]), glm_rad (25.f), glm_rad (65.f));
      vec3 eye = { sinf (a) * cosf (ELEVATION), cosf (a) * cosf (ELEVATION), sinf (ELEVATION) };
      rotation_towards (eye, (vec3){ 0, 0, 1 }, rotation);
    }
}

void
monge_camera_init (MongeCamera *camera, const float lower[3], const float upper[3])
{
  g_return_if_fail (camera != NULL);

  float extent[3];
  for (int k = 0; k < 3; k++)
    extent[k] = upper[k] - lower[k];

  memset (camera, 0, sizeof *camera);
  camera->fov = glm_rad (30.f);
  first_direction (extent, camera->rotation);
  monge_camera_fit (camera, lower, upper, 1.f);
}

/* An eye at (X, Y, Z) in camera axes sees (x, y, z) inside the frustum when
 *
 *   |x − X| ≤ tx (Z − z)  ⇔  X + tx Z ≥ x + tx z  and  −X + tx Z ≥ −x + tx z
 *
 * and the same in y with ty: four maxima over the points give the nearest eye, off the middle just
 * so much that the margins are equal on both sides. */
typedef struct {
  float tx, ty;      /* half the field of view that may be filled */
  float sides[4];    /* maxima of ±x + tx z, ±y + ty z */
} Fit;

static void
fit_add (Fit *fit, const MongeCamera *camera, const float point[3])
{
  vec3 p;
  glm_quat_rotatev ((float *) camera->rotation, (float *) point, p);
  fit->sides[0] = MAX (fit->sides[0], p[0] + fit->tx * p[2]);
  fit->sides[1] = MAX (fit->sides[1], -p[0] + fit->tx * p[2]);
  fit->sides[2] = MAX (fit->sides[2], p[1] + fit->ty * p[2]);
  fit->sides[3] = MAX (fit->sides[3], -p[1] + fit->ty * p[2]);
}

static void
fit_start (Fit *fit, const MongeCamera *camera, float aspect)
{
  fit->ty = FIT_MARGIN * tanf (0.5f * camera->fov);
  fit->tx = fit->ty * aspect;
  for (int k = 0; k < 4; k++)
    fit->sides[k] = -INFINITY;
}

/* Turns around a point on the view's axis, as deep as the middle of the box. */
static void
fit_end (const Fit *fit, MongeCamera *camera, const float lower[3], const float upper[3])
{
  box_centre (lower, upper, camera->anchor);
  camera->radius = box_radius (lower, upper);

  vec3 middle;
  glm_quat_rotatev (camera->rotation, camera->anchor, middle);
  const float *s = fit->sides;
  float z = MAX (0.5f * (s[0] + s[1]) / fit->tx, 0.5f * (s[2] + s[3]) / fit->ty);
  float distance = z - middle[2];
  if (!(distance > NEAREST * camera->radius)) /* a single point asks for none */
    distance = 4.f * camera->radius;
  camera->distance = MIN (distance, FARTHEST * camera->radius);
  to_world (camera, (vec3){ 0.5f * (s[0] - s[1]), 0.5f * (s[2] - s[3]), middle[2] },
            camera->centre);
}

void
monge_camera_fit (MongeCamera *camera, const float lower[3], const float upper[3], float aspect)
{
  g_return_if_fail (camera != NULL && aspect > 0.f);

  Fit fit;
  fit_start (&fit, camera, aspect);
  for (int corner = 0; corner < 8; corner++)
    {
      vec3 p;
      for (int k = 0; k < 3; k++)
        p[k] = (corner >> k & 1) ? upper[k] : lower[k];
      fit_add (&fit, camera, p);
    }
  fit_end (&fit, camera, lower, upper);
}

void
monge_camera_fit_points (MongeCamera *camera, const float *const *positions,
                         const gsize *n_positions, guint n_sets, float aspect)
{
  g_return_if_fail (camera != NULL && aspect > 0.f);

  Fit fit;
  vec3 lower = { INFINITY, INFINITY, INFINITY }, upper = { -INFINITY, -INFINITY, -INFINITY };
  fit_start (&fit, camera, aspect);
  for (guint set = 0; set < n_sets; set++)
    for (gsize i = 0; i < n_positions[set]; i++)
      {
        const float *p = positions[set] + 3 * i;
        fit_add (&fit, camera, p);
        glm_vec3_minv (lower, (float *) p, lower);
        glm_vec3_maxv (upper, (float *) p, upper);
      }
  if (lower[0] <= upper[0])
    fit_end (&fit, camera, lower, upper);
}

void
monge_camera_orbit (MongeCamera *camera, float dx, float dy, float width, float height)
{
  g_return_if_fail (camera != NULL && width > 0.f && height > 0.f);

  vec3 eye;
  to_world (camera, (vec3){ 0, 0, 1 }, eye);
  float elevation = asinf (CLAMP (eye[2], -1.f, 1.f));
  float size = MIN (width, height);
  float turn = GLM_PIf * dx / size;
  float tilt = CLAMP (elevation + GLM_PIf * dy / size, -GLM_PI_2f, GLM_PI_2f) - elevation;

  versor around_z, around_x, r;
  glm_quatv (around_z, turn, (vec3){ 0, 0, 1 });
  glm_quatv (around_x, tilt, (vec3){ 1, 0, 0 });
  glm_quat_mul (camera->rotation, around_z, r);
  glm_quat_mul (around_x, r, camera->rotation);
  glm_quat_normalize (camera->rotation);
}

void
monge_camera_pan (MongeCamera *camera, float dx, float dy, float width, float height)
{
  g_return_if_fail (camera != NULL && height > 0.f);

  float unit = monge_camera_get_unit_per_pixel (camera, height);
  vec3 shift;
  to_world (camera, (vec3){ -dx * unit, dy * unit, 0.f }, shift);
  glm_vec3_add (camera->centre, shift, camera->centre);
}

void
monge_camera_zoom (MongeCamera *camera, float factor, float x, float y, float width, float height)
{
  g_return_if_fail (camera != NULL && factor > 0.f && height > 0.f);

  float distance = CLAMP (camera->distance / factor, NEAREST * camera->radius,
                          FARTHEST * camera->radius);
  float unit = monge_camera_get_unit_per_pixel (camera, height);
  float gain = unit * (1.f - distance / camera->distance);
  vec3 shift;
  to_world (camera, (vec3){ gain * (x - 0.5f * width), gain * (0.5f * height - y), 0.f }, shift);
  glm_vec3_add (camera->centre, shift, camera->centre);
  camera->distance = distance;
}

/* world → camera:  | R  −R c − (0, 0, d) |
 *                  | 0          1        | */
static void
get_view (const MongeCamera *camera, mat4 view)
{
  vec3 shift;
  glm_quat_rotatev ((float *) camera->rotation, (float *) camera->centre, shift);
  glm_quat_mat4 ((float *) camera->rotation, view);
  view[3][0] = -shift[0];
  view[3][1] = -shift[1];
  view[3][2] = -shift[2] - camera->distance;
}

void
monge_camera_get_matrices (const MongeCamera *camera, float aspect, mat4 view, mat4 projection)
{
  g_return_if_fail (camera != NULL && aspect > 0.f);

  get_view (camera, view);
  vec3 anchor;
  glm_mat4_mulv3 (view, (float *) camera->anchor, 1.f, anchor);
  float depth = -anchor[2], reach = DEPTH_SLACK * camera->radius;
  float near = MAX (depth - reach, 0.02f * camera->distance);
  float far = MAX (depth + reach, 2.f * near);
  glm_perspective (camera->fov, aspect, near, far, projection);
}

float
monge_camera_get_unit_per_pixel (const MongeCamera *camera, float height)
{
  g_return_val_if_fail (camera != NULL && height > 0.f, 1.f);

  return 2.f * camera->distance * tanf (0.5f * camera->fov) / height;
}

float
monge_camera_get_scale_bar (const MongeCamera *camera, float height, float max_pixels,
                            float *pixels)
{
  g_return_val_if_fail (camera != NULL && height > 0.f && max_pixels > 0.f, 1.f);

  float unit = monge_camera_get_unit_per_pixel (camera, height);
  float longest = unit * max_pixels;
  float ten = powf (10.f, floorf (log10f (longest)));
  float mantissa = longest / ten;
  float length = ten * (mantissa >= 5.f ? 5.f : mantissa >= 2.f ? 2.f : 1.f);
  if (pixels)
    *pixels = length / unit;
  return length;
}

void
monge_camera_get_axes (const MongeCamera *camera, float axes[3][3])
{
  g_return_if_fail (camera != NULL);

  for (int k = 0; k < 3; k++)
    {
      vec3 axis = { k == 0, k == 1, k == 2 };
      glm_quat_rotatev ((float *) camera->rotation, axis, axes[k]);
    }
}

/* → (x, y) in pixels and the depth along the view; its sign tells front from back */
static float
project (const mat4 view, const float point[3], float focal, float width, float height,
         float pixel[2])
{
  vec3 p;
  for (int k = 0; k < 3; k++)
    p[k] = view[0][k] * point[0] + view[1][k] * point[1] + view[2][k] * point[2] + view[3][k];
  float depth = -p[2];
  pixel[0] = 0.5f * width + focal * p[0] / depth;
  pixel[1] = 0.5f * height - focal * p[1] / depth;
  return depth;
}

/* pixels per unit at unit depth */
static float
get_focal (const MongeCamera *camera, float height)
{
  return 0.5f * height / tanf (0.5f * camera->fov);
}

gboolean
monge_camera_project (const MongeCamera *camera, const float point[3], float width, float height,
                      float pixel[2])
{
  g_return_val_if_fail (camera != NULL, FALSE);

  mat4 view;
  get_view (camera, view);
  return project (view, point, get_focal (camera, height), width, height, pixel) > 0.f;
}

gboolean
monge_camera_pick (const MongeCamera *camera, const float *positions, gsize n, float x, float y,
                   float width, float height, float tolerance, gsize *index)
{
  g_return_val_if_fail (camera != NULL && (positions != NULL || n == 0), FALSE);
  g_return_val_if_fail (index != NULL, FALSE);

  mat4 view;
  get_view (camera, view);
  float focal = get_focal (camera, height);
  float unit = monge_camera_get_unit_per_pixel (camera, height);
  float best = INFINITY;
  for (gsize i = 0; i < n; i++)
    {
      float pixel[2];
      float depth = project (view, positions + 3 * i, focal, width, height, pixel);
      float away = hypotf (pixel[0] - x, pixel[1] - y);
      /* a pixel aside weighs as much as four behind */
      float score = depth + 4.f * unit * away;
      if (depth > 0.f && away <= tolerance && score < best)
        {
          best = score;
          *index = i;
        }
    }
  return best < INFINITY;
}
