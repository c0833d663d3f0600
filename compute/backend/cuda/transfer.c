/* Between the memory of the host and the card's, in pieces through page-locked memory, so that a
 * piece travels while the next is copied. */
#include "compute/backend/cuda/cuda-private.h"

#include <string.h>

/* Ready to be written by the host: room for some bytes at the end, or all of it once it is idle. */
static gboolean
piece_prepare (MongeCuda *cuda, MongeCudaPiece *piece)
{
  if (piece->block.data == NULL
      && !monge_cuda_take_pinned (cuda, MONGE_CUDA_PIECE, &piece->block, NULL))
    return FALSE;
  if (piece->done == NULL)
    piece->done = monge_cuda_take_event (cuda);
  return piece->done != NULL;
}

static gboolean
piece_wait (MongeCuda *cuda, MongeCudaPiece *piece)
{
  gboolean done = !piece->is_queued
                  || monge_cuda_check (cuda, cudaEventSynchronize (piece->done), "copying memory");

  piece->is_queued = FALSE;
  piece->used = 0;
  return done;
}

static gboolean
piece_mark (MongeCuda *cuda, MongeCudaPiece *piece, cudaStream_t stream)
{
  piece->is_queued = monge_cuda_check (cuda, cudaEventRecord (piece->done, stream),
                                       "recording an event");
  return piece->is_queued;
}

static void
piece_clear (MongeCuda *cuda, MongeCudaPiece *piece)
{
  if (piece->done != NULL)
    {
      if (piece->is_queued)
        monge_cuda_succeeds (cudaEventSynchronize (piece->done));
      monge_cuda_give_event (cuda, piece->done);
    }
  monge_cuda_give_back_pinned (cuda, &piece->block);
  *piece = (MongeCudaPiece){ 0 };
}

void
monge_cuda_transfer_clear (MongeCuda *cuda)
{
  for (guint k = 0; k < G_N_ELEMENTS (cuda->up); k++)
    piece_clear (cuda, &cuda->up[k]);
  for (guint k = 0; k < G_N_ELEMENTS (cuda->down); k++)
    piece_clear (cuda, &cuda->down[k]);
}

/* ------------------------------------------------------------------------------------------------
 * Up
 */

/* Returns: (nullable): a piece with room for some bytes. */
static MongeCudaPiece *
get_piece (MongeCuda *cuda)
{
  MongeCudaPiece *piece = &cuda->up[cuda->current];

  if (piece->used == MONGE_CUDA_PIECE)
    {
      cuda->current = (cuda->current + 1) % MONGE_CUDA_N_PIECES;
      piece = &cuda->up[cuda->current];
      if (!piece_wait (cuda, piece))
        return NULL;
    }
  return piece_prepare (cuda, piece) ? piece : NULL;
}

/* As much of @size bytes as a piece has room for. Returns: how much, 0 after a failure. */
static gsize
upload_piece (MongeCuda *cuda, char *to, const char *from, gsize size)
{
  MongeCudaPiece *piece = get_piece (cuda);
  char *at;

  if (piece == NULL)
    return 0;
  at = (char *) piece->block.data + piece->used;
  size = MIN (size, MONGE_CUDA_PIECE - piece->used);
  memcpy (at, from, size);
  piece->used += size;
  if (!monge_cuda_check (cuda, cudaMemcpyAsync (to, at, size, cudaMemcpyHostToDevice, cuda->stream),
                         "copying to it")
      || !piece_mark (cuda, piece, cuda->stream))
    return 0;
  return size;
}

void
monge_cuda_upload (MongeCuda *cuda, gpointer to, gconstpointer from, gsize size)
{
  gsize some = 1;

  g_mutex_lock (&cuda->up_lock);
  for (gsize done = 0; done < size && some > 0 && monge_cuda_enter (cuda); done += some)
    some = upload_piece (cuda, (char *) to + done, (const char *) from + done, size - done);
  g_mutex_unlock (&cuda->up_lock);
}

void
monge_cuda_upload_planes (MongeCuda *cuda,
                          gpointer to,
                          gconstpointer from,
                          gsize n,
                          gsize size,
                          gsize stride)
{
  if (size == stride)
    monge_cuda_upload (cuda, to, from, n * size);
  else
    for (gsize k = 0; k < n; k++)
      monge_cuda_upload (cuda, (char *) to + k * size, (const char *) from + k * stride, size);
}

/* ------------------------------------------------------------------------------------------------
 * Down
 */

static gboolean
request (MongeCuda *cuda, MongeCudaPiece *piece, gconstpointer from, gsize size)
{
  piece->used = size;
  return monge_cuda_check (cuda, cudaMemcpyAsync (piece->block.data, from, size,
                                                  cudaMemcpyDeviceToHost, cuda->read_stream),
                           "copying from it")
         && piece_mark (cuda, piece, cuda->read_stream);
}

/* One piece is on its way while the host copies the other. */
static gboolean
download_pieces (MongeCuda *cuda, char *to, const char *from, gsize size)
{
  gboolean done = request (cuda, &cuda->down[0], from, MIN (size, MONGE_CUDA_PIECE));

  for (gsize at = 0, k = 0; at < size && done; at += MONGE_CUDA_PIECE, k++)
    {
      MongeCudaPiece *piece = &cuda->down[k % 2], *next = &cuda->down[(k + 1) % 2];
      const gsize some = MIN (size - at, MONGE_CUDA_PIECE);

      if (size - at > MONGE_CUDA_PIECE)
        done = request (cuda, next, from + at + MONGE_CUDA_PIECE,
                        MIN (size - at - MONGE_CUDA_PIECE, MONGE_CUDA_PIECE));
      done = piece_wait (cuda, piece) && done;
      if (done)
        memcpy (to + at, piece->block.data, some);
    }
  return done;
}

static gboolean
download_at_once (MongeCuda *cuda, gpointer to, gconstpointer from, gsize size)
{
  return monge_cuda_check (cuda, cudaMemcpyAsync (to, from, size, cudaMemcpyDeviceToHost,
                                                  cuda->read_stream), "copying from it")
         && monge_cuda_check (cuda, cudaStreamSynchronize (cuda->read_stream), "copying from it");
}

gboolean
monge_cuda_download (MongeCuda *cuda,
                     gpointer to,
                     gconstpointer from,
                     gsize size,
                     MongeCudaPlanes *planes,
                     GError **error)
{
  gboolean done;

  if (size == 0)
    return TRUE;
  /* Not with the lock: others read what is finished meanwhile. */
  done = monge_cuda_enter (cuda) && monge_cuda_wait_for_planes (cuda, planes);
  g_mutex_lock (&cuda->read_lock);
  done = done && piece_prepare (cuda, &cuda->down[0])
         && (size <= MONGE_CUDA_PIECE || piece_prepare (cuda, &cuda->down[1]))
         && download_pieces (cuda, to, from, size);
  g_mutex_unlock (&cuda->read_lock);
  return done || monge_cuda_set_error (cuda, error);
}

gboolean
monge_cuda_download_pinned (MongeCuda *cuda,
                            gpointer to,
                            gconstpointer from,
                            gsize size,
                            MongeCudaPlanes *planes,
                            GError **error)
{
  gboolean done = monge_cuda_enter (cuda) && monge_cuda_wait_for_planes (cuda, planes);

  g_mutex_lock (&cuda->read_lock);
  done = done && (size == 0 || download_at_once (cuda, to, from, size));
  g_mutex_unlock (&cuda->read_lock);
  return done || monge_cuda_set_error (cuda, error);
}
