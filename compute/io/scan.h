/* Text that nobody vouches for: a bounded cursor, exact numbers in, shortest exact numbers out.
 * Private to the readers and writers of compute/shape. Never depends on the locale. */
#pragma once

#include "compute/shape/shape.h"

G_BEGIN_DECLS

/**
 * MongeScan:
 * @start, @end: the bytes; borrowed, need not end in NUL
 * @at: the next byte to be read, in [@start, @end]
 * @line: the line @at is on, counted from 1; for messages
 *
 * A line ends in LF, CR LF or a lone CR. Nothing here reads at or behind @end.
 */
typedef struct {
  const guint8 *start, *at, *end;
  gsize line;
} MongeScan;

/* Starts behind a UTF-8 byte order mark, if there is one. */
void monge_scan_init (MongeScan *scan, const guint8 *data, gsize size);

static inline gboolean
monge_scan_is_blank (guint8 c)
{
  return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

static inline void
monge_scan_skip_blanks (MongeScan *scan)
{
  while (scan->at < scan->end && monge_scan_is_blank (*scan->at))
    scan->at++;
}

static inline gboolean
monge_scan_is_at_line_end (const MongeScan *scan)
{
  return scan->at >= scan->end || *scan->at == '\n' || *scan->at == '\r';
}

/* Whether a word ends here: a blank, a line end or the end. */
static inline gboolean
monge_scan_is_at_word_end (const MongeScan *scan)
{
  return monge_scan_is_at_line_end (scan) || monge_scan_is_blank (*scan->at);
}

/* Drops what is left of the line. */
void monge_scan_next_line (MongeScan *scan);
/* Moves to the first word at or after @at; FALSE if there is none. Crosses lines. */
gboolean monge_scan_find_word (MongeScan *scan);
/* The word at @at, after blanks and within the line; its length, 0 at the line end. */
gsize monge_scan_word (MongeScan *scan, const char **word);
gboolean monge_scan_word_is (const char *word, gsize length, const char *what);
/* The rest of the line without blanks at its ends, made valid UTF-8; transfer full. */
char *monge_scan_dup_rest (const MongeScan *scan);
/* What stands at @at, shortened, printable: for messages; transfer full. */
char *monge_scan_dup_excerpt (const MongeScan *scan);
/* The text after "unit:" when the line continues so, else NULL; transfer full. */
char *monge_scan_dup_unit (const MongeScan *scan);

/* What the rest of the line says of its axes, as 3D Slicer writes it into comments and titles:
 * SPACE=RAS or SPACE=LPS. */
MongeSpace monge_scan_space (const MongeScan *scan);

/* A decimal number, or inf or nan in any case, directly at @at; rounded correctly. @at is moved
 * behind it only when there is one. What follows is not looked at. */
gboolean monge_scan_double (MongeScan *scan, double *value);
/* An optionally signed whole number of up to 18 digits. */
gboolean monge_scan_integer (MongeScan *scan, gint64 *value);

/* A number at @at as one of @type: 64-bit integers are exact, reals are rounded, and what an integer
 * @type does not hold is none. */
gboolean monge_scan_value (MongeScan *scan, MongeType type, void *to);

/* Sets @error, its message starting with the line of @scan. Returns FALSE. */
gboolean monge_scan_fail (const MongeScan *scan, GError **error, MongeError code,
                          const char *format, ...) G_GNUC_PRINTF (4, 5);

/* The shortest decimal that reads back as the same number, as float64 or as float32. */
void monge_text_append_double (GString *out, double value);
void monge_text_append_float (GString *out, float value);
/* The value of @type at @at, at any address; what is written reads back as the same. */
void monge_text_append_value (GString *out, MongeType type, const void *at);

G_END_DECLS
