/* Numbers and vectors of a program as sums of products, to see what they are made of. */
#pragma once

#include "compute/formula/program.h"

G_BEGIN_DECLS

/* What is longer is not taken apart. */
#define MONGE_MAX_FACTORS 8
#define MONGE_MAX_TERMS 8
#define MONGE_MAX_EXPONENTS 4

/* A register outside the pair section, to an integer power. */
typedef struct {
  guint reg;
  gint power;
  gboolean is_absolute; /* |register| */
} MongeFactor;

/**
 * MongeTermVector:
 * @MONGE_TERM_ONE: no vector, a number
 * @MONGE_TERM_REGISTERS: registers of rows, of columns or of parameters
 * @MONGE_TERM_DIFFERENCE: x_i − y_j
 * @MONGE_TERM_UNIT: (x_i − y_j) / |x_i − y_j|, 0 where they coincide
 */
typedef enum {
  MONGE_TERM_ONE,
  MONGE_TERM_REGISTERS,
  MONGE_TERM_DIFFERENCE,
  MONGE_TERM_UNIT,
} MongeTermVector;

/**
 * MongeTerm:
 * @exponent: see monge_terms_get_exponent(); −1 for none
 * @first: of %MONGE_TERM_REGISTERS
 *
 * @coefficient × Π @factors × |x_i − y_j|^@length × e^@exponent × @vector
 */
typedef struct {
  double coefficient;
  guint n_factors;
  MongeFactor factors[MONGE_MAX_FACTORS];
  gint length;
  gint exponent;
  MongeTermVector vector;
  guint first;
} MongeTerm;

/* 0 if there are none. */
typedef struct {
  guint n_terms;
  MongeTerm terms[MONGE_MAX_TERMS];
} MongeTermSum;

/* Components @first … @first + @dim − 1 of a body or weight. */
typedef struct {
  guint first, dim;
  MongeTermSum sum;
} MongeTermPart;

/* A program being read. One set of rows x_i and one of columns y_j may meet in it. */
typedef struct _MongeTerms MongeTerms;

/* @program: borrowed */
MongeTerms *monge_terms_new (const MongeProgram *program);
void monge_terms_free (MongeTerms *terms);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeTerms, monge_terms_free)

/* The parts that a concatenation put side by side, one if there was none. Returns: how many; 0 if
 * one is not a sum of products, or there are more than @max_parts. */
guint monge_terms_read (MongeTerms *terms, guint first, guint dim, MongeTermPart *parts,
                        guint max_parts);
const MongeTermSum *monge_terms_get_exponent (const MongeTerms *terms, guint exponent);
/* First registers of x_i and y_j, and their dimension: 0 if no pair was seen. */
guint monge_terms_get_points (const MongeTerms *terms, guint *x, guint *y);

/* The axes of the factors and registers of @term. */
MongeAxis monge_term_get_axis (const MongeTerm *term, const MongeProgram *program);
/* Equal but for the coefficients. */
gboolean monge_term_is_like (const MongeTerm *a, const MongeTerm *b);

G_END_DECLS
