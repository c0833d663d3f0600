/* A backend that keeps its planes to itself like a card, computes like the CPU, and fails on
 * demand. */
#pragma once

#include "compute/backend/backend.h"

G_BEGIN_DECLS

#define FAILING_CARD_TEXT "CUDA: an illegal memory access was encountered"

/* What of all failing cards the test may look at and change; from any thread. */
typedef struct {
  gint n_calls;    /* that can fail, so far */
  gint fail_at;    /* at this call; 0: never */
  gint room;       /* planes that can be had; beyond them there is none */
  gint n_planes;   /* not freed */
  gint n_open;     /* cards not closed */
} FailingCard;

extern FailingCard failing_card;

/* Works until failing_card says otherwise, then fails until it is closed. */
MongeBackend *failing_card_open (void);
/* Forgets calls and wishes; nothing may be left of earlier cards. */
void failing_card_reset (void);

G_END_DECLS
