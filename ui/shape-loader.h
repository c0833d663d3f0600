/* One shape on its way from a file, a volume or a generator, on a thread of its own. */
#pragma once

#include <gio/gio.h>

#include "compute/recipe.h"
#include "compute/volume/volume.h"

G_BEGIN_DECLS

/**
 * MongeShapeLoader:
 *
 * Reference-counted. A volume with several labels of which none is chosen gives back the volume
 * instead of a shape, to be asked again with the labels wanted.
 */
typedef struct {
  MongeRecipeInput input; /* what to load; owned */
  MongeVolume *volume;    /* NULL, or where the labels are taken from: the file is not read again */
  MongeTask task;         /* progress and cancellation, from any thread */
} MongeShapeLoader;

/* Copies @input. @volume: (nullable) */
MongeShapeLoader *monge_shape_loader_new (const MongeRecipeInput *input, MongeVolume *volume);
MongeShapeLoader *monge_shape_loader_ref (MongeShapeLoader *loader);
void monge_shape_loader_unref (MongeShapeLoader *loader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeShapeLoader, monge_shape_loader_unref)

void monge_shape_loader_run_async (MongeShapeLoader *loader, GAsyncReadyCallback callback,
                                   gpointer user_data);
/* Either @shape or @volume is set, (transfer full); on failure neither. */
gboolean monge_shape_loader_run_finish (GAsyncResult *result, MongeShape **shape,
                                        MongeVolume **volume, GError **error);
/* The loader that @result belongs to; borrowed. */
MongeShapeLoader *monge_shape_loader_of (GAsyncResult *result);

G_END_DECLS
