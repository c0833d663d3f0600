/* A host card whose buffers are OpenGL's own memory, in whatever context is current. */
#pragma once

#include "tests/host-card/host-card.h"

/* One card, number 0, draws. */
extern const HostCardGraphics monge_test_shared_graphics;
