/* Option tables: one line per field of a parameter struct, from which the command line, the panels,
 * recipes, reports and the docs are made. */
#pragma once

#include "compute/core/error.h"

G_BEGIN_DECLS

/* Bytes of a text in a parameter struct, which so stays plain data that can be copied. */
#define MONGE_OPTION_TEXT_SIZE 128

typedef enum {
  MONGE_OPTION_DOUBLE,
  MONGE_OPTION_INT,    /* int */
  MONGE_OPTION_BOOL,   /* gboolean */
  MONGE_OPTION_CHOICE, /* const char *, one of the interned names in @choices */
  MONGE_OPTION_TEXT,   /* char[MONGE_OPTION_TEXT_SIZE], UTF-8, ends in NUL: a name, a list */
} MongeOptionType;

/**
 * MongeOption:
 * @key: the long name on the command line and in files, such as "max-iterations"
 * @label: what a panel shows, such as "Blur"
 * @unit: "length" for the shapes' own unit, "%" or "" otherwise
 * @minimum, @maximum: inclusive; +infinity is allowed as @maximum and spelled "inf"
 * @logarithmic: whether a slider should move by factors
 * @choices: NULL-terminated list of names for %MONGE_OPTION_CHOICE
 * @help: one sentence: meaning, and what to expect when it grows
 */
typedef struct {
  const char *key;
  const char *label;
  const char *unit;
  MongeOptionType type;
  gsize offset;
  double minimum, maximum;
  gboolean logarithmic;
  const char *const *choices;
  const char *help;
} MongeOption;

/* Tables end with a NULL key. */
const MongeOption *monge_option_find (const MongeOption *table, const char *key);
/* Parses @text into the field of @params; on error names the option, its range and what was given. */
gboolean monge_option_parse (const MongeOption *option, const char *text, gpointer params,
                             GError **error);
/* The text that parses back to the same value. Transfer full. */
char *monge_option_print (const MongeOption *option, gconstpointer params);
/* The value as a number: a choice is its place in @choices, a boolean 0 or 1, a text NaN. */
double monge_option_get_number (const MongeOption *option, gconstpointer params);
/* Clamps to the range; not for NaN, nor for a text. */
void monge_option_set_number (const MongeOption *option, gpointer params, double value);
/* Whether every field named in @table has the same value in both. */
gboolean monge_options_equal (const MongeOption *table, gconstpointer a, gconstpointer b);

G_END_DECLS
