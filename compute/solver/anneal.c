#include "compute/solver/anneal.h"

double
monge_anneal_next (double blur, double target, double scaling)
{
  return MAX (blur * scaling, target);
}
