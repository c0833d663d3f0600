/* How the selected shape is prepared: what is wrong with it, and a chain of steps that can be
 * changed, switched off and taken back, since the shape that was opened is kept. */
#pragma once

#include <gtk/gtk.h>

#include "compute/filter/filter.h"

G_BEGIN_DECLS

#define MONGE_TYPE_PREPARE_PANEL (monge_prepare_panel_get_type ())
G_DECLARE_FINAL_TYPE (MongePreparePanel, monge_prepare_panel, MONGE, PREPARE_PANEL, GtkWidget)

/**
 * MongePrepareState:
 *
 * What there is to show. All borrowed; copied as far as it is kept.
 * @chain: as text; NULL or "": no step
 * @original: what the chain begins with; NULL: no shape, and the panel says so
 * @result: what came out last
 * @notes: (nullable): NULL-terminated, a sentence for each step that was taken
 * @problems: (nullable): NULL-terminated, what is wrong with @original, a sentence each; NULL while
 *   that is not known
 * @needs_repair: whether a repair would change it
 * @error: (nullable): why the chain did not come to its end
 * @is_running, @progress: 0 to 1
 */
typedef struct {
  const char *chain;
  MongeShape *original, *result;
  const char *const *notes;
  const char *const *problems;
  const char *error;
  gboolean needs_repair, is_running;
  double progress;
} MongePrepareState;

/**
 * MongePreparePanel:
 *
 * Signals, by the person alone:
 *   "chain-changed" (const char *text)   a little after the last change: a slider can be dragged
 *   "cancel" ()
 */
GtkWidget *monge_prepare_panel_new (void);
void monge_prepare_panel_show (MongePreparePanel *panel, const MongePrepareState *state);
/* As if the person had chosen it in the menu. */
void monge_prepare_panel_add_step (MongePreparePanel *panel, const MongeFilter *filter);
/* The chain as it stands on the screen; transfer full. */
char *monge_prepare_panel_dup_chain (MongePreparePanel *panel);

G_END_DECLS
