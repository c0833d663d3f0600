/* One shape on its way: from a file, a volume or what its filters begin with, on its own thread. */
#pragma once

#include <gio/gio.h>

#include "compute/recipe-input.h"

G_BEGIN_DECLS

/**
 * MongeShapeLoader:
 * @input: what to load; owned
 * @volume, @original, @shape: (nullable): what is there already and is not made again. Afterwards
 *   what there is
 * @notes: (out): what the filters did
 * @landmarks: (out) (nullable): if @input names any
 * @problem: (out) (nullable): why there are none
 * @task: progress and cancellation, from any thread
 *
 * Reference-counted. While it runs its thread has it, but for @task. A volume of which nothing was
 * chosen and which leaves a choice is all that there is then.
 */
typedef struct {
  MongeRecipeInput input;
  MongeVolume *volume;
  MongeShape *original, *shape;
  GPtrArray *notes;
  MongeLandmarks *landmarks;
  char *problem;
  MongeTask task;
} MongeShapeLoader;

/* Copies @input, references the others. */
MongeShapeLoader *monge_shape_loader_new (const MongeRecipeInput *input, MongeVolume *volume,
                                          MongeShape *original, MongeShape *shape);
MongeShapeLoader *monge_shape_loader_ref (MongeShapeLoader *loader);
void monge_shape_loader_unref (MongeShapeLoader *loader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeShapeLoader, monge_shape_loader_unref)

void monge_shape_loader_run_async (MongeShapeLoader *loader, GAsyncReadyCallback callback,
                                   gpointer user_data);
gboolean monge_shape_loader_run_finish (GAsyncResult *result, GError **error);
/* The loader that @result belongs to; borrowed. */
MongeShapeLoader *monge_shape_loader_of (GAsyncResult *result);

G_END_DECLS
