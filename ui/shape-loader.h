/* One shape on its way from a file, a volume or a generator, on a thread of its own. */
#pragma once

#include <gio/gio.h>

#include "compute/shape/volume.h"

G_BEGIN_DECLS

/**
 * MongeShapeLoader:
 *
 * Reference-counted. @spec is a path or "example:NAME"; a volume with several labels gives back the
 * volume instead of a shape, to be asked again with the labels wanted.
 */
typedef struct {
  char *spec;
  MongeVolume *volume;  /* NULL, or where @labels are taken from */
  GArray *labels;       /* NULL, or gint32 */
  gboolean as_voxels;
  gboolean mirrored;    /* reflect x, keeping the surface oriented outwards */
  MongeTask task;       /* progress and cancellation, from any thread */
} MongeShapeLoader;

MongeShapeLoader *monge_shape_loader_new (const char *spec);
MongeShapeLoader *monge_shape_loader_ref (MongeShapeLoader *loader);
void monge_shape_loader_unref (MongeShapeLoader *loader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeShapeLoader, monge_shape_loader_unref)

/* The fields above must not change any more. */
void monge_shape_loader_run_async (MongeShapeLoader *loader, GAsyncReadyCallback callback,
                                   gpointer user_data);
/* Either @shape or @volume is set, (transfer full); on failure neither. */
gboolean monge_shape_loader_run_finish (GAsyncResult *result, MongeShape **shape,
                                        MongeVolume **volume, GError **error);
/* The loader that @result belongs to; borrowed. */
MongeShapeLoader *monge_shape_loader_of (GAsyncResult *result);

G_END_DECLS
