/* What every loss begins with. */
#pragma once

#include "compute/loss/loss.h"

G_BEGIN_DECLS

struct _MongeLoss {
  const MongeLossType *type;
  MongeBackend *backend; /* borrowed */
  MongeMeasure *source;  /* owned references */
  MongeMeasure *target;
  MongePlanes *points, *slope; /* of a card, for calls with pointers; made at first use */
};

extern const MongeLossType monge_loss_sinkhorn;
extern const MongeLossType monge_loss_gaussian;
extern const MongeLossType monge_loss_laplacian;
extern const MongeLossType monge_loss_energy;

G_END_DECLS
