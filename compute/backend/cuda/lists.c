/* Lists of pairs on the card. They are uploaded for each run that has one: who made a list may free
 * it, and another take its place in memory. */
#include "compute/backend/cuda/cuda-private.h"

gboolean
monge_cuda_upload_pairs (MongeCuda *cuda,
                         const MongePairs *pairs,
                         MongeCudaPairsOnCard *on_card,
                         GError **error)
{
  const gsize n_tiles = monge_cuda_cut_tiles (pairs->rows, pairs->n_blocks, NULL);
  const gsize n_ranges = pairs->first[pairs->n_blocks];
  const gsize first_size = (pairs->n_blocks + 1) * sizeof *pairs->first;
  g_autofree MongeCudaTile *tiles = g_new (MongeCudaTile, MAX (n_tiles, 1));
  gsize size = 0;
  const gsize tiles_at = monge_cuda_append (&size, n_tiles * sizeof *tiles);
  const gsize first_at = monge_cuda_append (&size, first_size);
  const gsize ranges_at = monge_cuda_append (&size, n_ranges * sizeof *pairs->ranges);
  char *data;

  G_STATIC_ASSERT (sizeof (MongeCudaRange) == sizeof (MongeRange));
  if (!monge_cuda_take (cuda, size, "a list of pairs", &on_card->block, error))
    return FALSE;
  data = on_card->block.data;
  monge_cuda_cut_tiles (pairs->rows, pairs->n_blocks, tiles);
  monge_cuda_upload (cuda, data + tiles_at, tiles, n_tiles * sizeof *tiles);
  monge_cuda_upload (cuda, data + first_at, pairs->first, first_size);
  monge_cuda_upload (cuda, data + ranges_at, pairs->ranges, n_ranges * sizeof *pairs->ranges);
  on_card->pairs = (MongeCudaPairs){
    .tiles = (const MongeCudaTile *) (data + tiles_at),
    .n_tiles = n_tiles,
    .first = (const size_t *) (data + first_at),
    .ranges = (const MongeCudaRange *) (data + ranges_at),
  };
  return TRUE;
}
