/* What the formats of landmarks share. */
#pragma once

#include "compute/io/landmarks.h"
#include "compute/io/scan.h"

#include <jansson.h>

G_BEGIN_DECLS

#define MONGE_DECLARE_LANDMARK_FORMAT(name) \
  gboolean monge_##name##_landmarks_match (const guint8 *data, gsize size); \
  MongeLandmarks *monge_##name##_landmarks_parse (const MongeFile *file, const char *part, \
                                                  GError **error);

MONGE_DECLARE_LANDMARK_FORMAT (markups)
MONGE_DECLARE_LANDMARK_FORMAT (fcsv)
MONGE_DECLARE_LANDMARK_FORMAT (json)
MONGE_DECLARE_LANDMARK_FORMAT (table)
MONGE_DECLARE_LANDMARK_FORMAT (tps)
MONGE_DECLARE_LANDMARK_FORMAT (pts)

#undef MONGE_DECLARE_LANDMARK_FORMAT

void monge_markups_landmarks_write (const MongeLandmarks *landmarks, GString *out);
void monge_fcsv_landmarks_write (const MongeLandmarks *landmarks, GString *out);
void monge_json_landmarks_write (const MongeLandmarks *landmarks, GString *out);
void monge_csv_landmarks_write (const MongeLandmarks *landmarks, GString *out);
void monge_tsv_landmarks_write (const MongeLandmarks *landmarks, GString *out);

/* A document of any bytes; parsing can be cancelled. Errors name line and column. */
json_t *monge_json_load (const MongeFile *file, GError **error);
/* @text in quotation marks. */
void monge_json_append_string (GString *out, const char *text);

static inline void
monge_json_unref (json_t *json)
{
  json_decref (json);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (json_t, monge_json_unref)

/* The fields of the line at @scan, unquoted, blanks at their ends taken off, and moves to the next
 * line. At most @most; more is an error. (element-type utf8) (transfer full), NULL-terminated. */
GPtrArray *monge_csv_read_line (MongeScan *scan, char separator, guint most, GError **error);
/* @text as a field: in quotation marks where it needs them; line ends become blanks. */
void monge_csv_append_field (GString *out, const char *text, char separator);
/* Whether all of @text is a number. Infinite ones and NaN are. */
gboolean monge_text_is_number (const char *text, double *value);
/* Whether @text says that a value is not there: empty, NA, NaN, null and the like. */
gboolean monge_text_is_missing (const char *text);

/* Whether the first bytes are letters, and hold no zero. */
gboolean monge_bytes_are_text (const guint8 *data, gsize size);

G_END_DECLS
