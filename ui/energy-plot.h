/* Loss and marginal error against step, both on logarithmic axes of their own. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define MONGE_TYPE_ENERGY_PLOT (monge_energy_plot_get_type ())
G_DECLARE_FINAL_TYPE (MongeEnergyPlot, monge_energy_plot, MONGE, ENERGY_PLOT, GtkWidget)

/* @samples: (element-type MongeSample) kept by reference and drawn as it is at each redraw;
 * @n_steps: right end of the step axis, at least; @tol: the line under which a step has converged;
 * @unit: of lengths, for the label of the loss, already squared or not. */
void monge_energy_plot_update (MongeEnergyPlot *plot, GArray *samples, guint n_steps, double tol,
                               const char *unit);

G_END_DECLS
