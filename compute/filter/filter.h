/* Preparing a shape: steps such as repair, decimation or centring, each with its parameters, in a
 * chain that is kept as text and can be run again, changed or undone, since the shape it starts
 * from is never changed. */
#pragma once

#include "compute/core/options.h"
#include "compute/shape/shape.h"

G_BEGIN_DECLS

/**
 * MongeFilter:
 * @name: in texts and on the command line, such as "decimate"
 * @label: in panels, such as "Decimate"
 * @description: one sentence
 * @options: fields of the parameter struct; ends with a NULL key, may be empty
 * @params_size: of that struct
 * @defaults: that struct with its defaults
 * @takes: whether it can do anything for @shape; else @reason (out, static text) says why not
 * @apply: (transfer full): the new shape, or the same one where there was nothing to do; @note is
 *   appended one sentence on what was done, with counts. Polls @task.
 *
 * One file each, one line in monge_filters[].
 */
typedef struct {
  const char *name, *label, *description;
  const MongeOption *options;
  gsize params_size;
  gconstpointer defaults;
  gboolean (*takes) (const MongeShape *shape, const char **reason);
  MongeShape *(*apply) (MongeShape *shape, gconstpointer params, MongeTask *task, GString *note,
                        GError **error);
} MongeFilter;

extern const MongeFilter monge_filters[]; /* ends with a NULL name */
const MongeFilter *monge_filter_find (const char *name);

/**
 * MongeFilterStep:
 * @is_on: whether the step is taken; one that is off stays in the chain
 */
typedef struct {
  const MongeFilter *filter;
  gpointer params; /* owned */
  gboolean is_on;
} MongeFilterStep;

/**
 * MongeFilterChain:
 *
 * A list of steps, in order. As text: "repair; decimate faces=5000; !mirror axis=x": names and
 * key=value pairs, parted by semicolons, ! before a step that is off; values with blanks between
 * quotation marks, where a backslash takes what follows as it is. Total over any text; errors name
 * the step and the key. Plain data, one thread.
 */
typedef struct _MongeFilterChain MongeFilterChain;

MongeFilterChain *monge_filter_chain_new (void);
MongeFilterChain *monge_filter_chain_parse (const char *text, GError **error);
/* Parses back to the same chain; options at their defaults are left out. Transfer full. */
char *monge_filter_chain_print (const MongeFilterChain *chain);
MongeFilterChain *monge_filter_chain_copy (const MongeFilterChain *chain);
void monge_filter_chain_free (MongeFilterChain *chain);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeFilterChain, monge_filter_chain_free)
guint monge_filter_chain_get_length (const MongeFilterChain *chain);
MongeFilterStep *monge_filter_chain_get_step (MongeFilterChain *chain, guint index);
/* With the defaults; @position: G_MAXUINT appends. */
MongeFilterStep *monge_filter_chain_insert (MongeFilterChain *chain, guint position,
                                            const MongeFilter *filter);
void monge_filter_chain_remove (MongeFilterChain *chain, guint index);
void monge_filter_chain_move (MongeFilterChain *chain, guint from, guint to);

/**
 * monge_filter_chain_apply:
 * @notes: (out) (nullable) (transfer full): (element-type utf8) one sentence for each step taken
 *
 * Errors begin with the number and name of the step. Each step taken is an equal part of the
 * progress.
 * Random steps take their seed from their parameters alone: the same bits on every run. Any thread.
 */
MongeShape *monge_filter_chain_apply (const MongeFilterChain *chain, MongeShape *shape,
                                      MongeTask *task, GPtrArray **notes, GError **error);

G_END_DECLS
