/* JSON reports: what every one of them says, and members that stay valid JSON whatever they hold. */
#pragma once

#include "app/cli.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* An open object with the program, its version, the command and, unless NULL, the backend. */
JsonBuilder *monge_report_begin (MongeCli *cli, MongeBackend *backend);
/* Closes it and writes it where --json says, if anywhere; a file is whole or untouched. */
gboolean monge_report_end (MongeCli *cli, JsonBuilder *report, GError **error);
/* The same for a report that is closed already, and may be a list. */
gboolean monge_report_save (MongeCli *cli, JsonBuilder *report, GError **error);

/* Members of the open object. A number that is not finite and a NULL string become null. */
void monge_report_number (JsonBuilder *report, const char *key, double value);
void monge_report_integer (JsonBuilder *report, const char *key, gint64 value);
void monge_report_bool (JsonBuilder *report, const char *key, gboolean value);
void monge_report_string (JsonBuilder *report, const char *key, const char *value);
/* Elements of the open array. */
void monge_report_element (JsonBuilder *report, double value);
/* "key": [v, …] */
void monge_report_vector (JsonBuilder *report, const char *key, const double *values, guint n);

/* "inputs": path, points, mass and what chose them, source first. */
void monge_report_inputs (JsonBuilder *report, const MongeRecipe *recipe,
                          const MongeMeasure *source, const MongeMeasure *target);
/* "parameters": every line of @table, keys with underscores, and the weighting. */
void monge_report_parameters (JsonBuilder *report, const MongeRecipe *recipe,
                              const MongeOption *table);
/* Value, converged, marginal_error, iterations and seconds. */
void monge_report_loss (JsonBuilder *report, const MongeLossReport *loss);

G_END_DECLS
