/* What is in the selected shape: sizes, axes, what was repaired, the values attached to it. */
#pragma once

#include <gtk/gtk.h>

#include "compute/shape/shape.h"

G_BEGIN_DECLS

#define MONGE_TYPE_INSPECTOR (monge_inspector_get_type ())
G_DECLARE_FINAL_TYPE (MongeInspector, monge_inspector, MONGE, INSPECTOR, GtkWidget)

/**
 * MongeInspectorState:
 *
 * What there is to show. All borrowed; copied as far as it is kept.
 * @shape: NULL: none, and the inspector says so
 * @source: (nullable): the path, shown shortened
 * @assumed_space: what the person said where the file does not; unknown: nothing
 * @orientation: (nullable): of the volume it was taken from
 * @colour_array, @weights_array: (nullable): what is used as such
 * @landmarks: (nullable): a sentence on those attached to it
 */
typedef struct {
  MongeShape *shape;
  const char *source;
  MongeSpace assumed_space;
  const char *orientation;
  const char *colour_array, *weights_array;
  const char *landmarks;
} MongeInspectorState;

/**
 * MongeInspector:
 *
 * Measures on a thread. Signals, by the person alone:
 *   "space-chosen" (guint space)             a #MongeSpace: along what the file runs
 *   "colours-chosen" (const char *array)     NULL: none
 *   "weights-chosen" (const char *array)     NULL: none
 */
GtkWidget *monge_inspector_new (void);
void monge_inspector_show (MongeInspector *inspector, const MongeInspectorState *state);
/* The value of a line such as "Area", or NULL; borrowed. For tests. */
const char *monge_inspector_get_value (MongeInspector *inspector, const char *label);
/* As if the person had ticked it. @use: "colours" or "weights" */
void monge_inspector_use_array (MongeInspector *inspector, const char *use, const char *array);

G_END_DECLS
