/* Numbers as people read them: units, and as many digits as they deserve. Always with a point,
 * whatever the locale, so that what is shown can be typed on the command line. Transfer full. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* "6,611" */
char *monge_text_count (gsize n);
/* Three significant digits: "1.0", "12.5", "0.30", "8.2e-4", "∞". */
char *monge_text_number (double value);
/* The same with a unit, which may be NULL: "1.0 mm". */
char *monge_text_quantity (double value, const char *unit);
/* "0.8 ms", "16 ms", "2.4 s", "3 min 20 s" */
char *monge_text_duration (double seconds);
/* What monge_text_number() gave, "inf", "∞" or "1,5"; trailing units are ignored. */
gboolean monge_text_parse (const char *text, double *value);

G_END_DECLS
