#include "compute/filter/filter.h"

#include <string.h>

struct _MongeFilterChain {
  GPtrArray *steps; /* of MongeFilterStep */
};

/* --- Steps --- */

static void
step_free (gpointer data)
{
  MongeFilterStep *step = data;

  g_free (step->params);
  g_free (step);
}

static MongeFilterStep *
step_new (const MongeFilter *filter, gconstpointer params, gboolean is_on)
{
  MongeFilterStep *step = g_new0 (MongeFilterStep, 1);

  step->filter = filter;
  step->params = g_malloc0 (MAX (filter->params_size, 1));
  if (filter->params_size > 0)
    memcpy (step->params, params, filter->params_size);
  step->is_on = is_on;
  return step;
}

MongeFilterChain *
monge_filter_chain_new (void)
{
  MongeFilterChain *chain = g_new0 (MongeFilterChain, 1);

  chain->steps = g_ptr_array_new_with_free_func (step_free);
  return chain;
}

MongeFilterChain *
monge_filter_chain_copy (const MongeFilterChain *chain)
{
  MongeFilterChain *copy = monge_filter_chain_new ();

  for (guint i = 0; i < chain->steps->len; i++)
    {
      const MongeFilterStep *step = chain->steps->pdata[i];

      g_ptr_array_add (copy->steps, step_new (step->filter, step->params, step->is_on));
    }
  return copy;
}

void
monge_filter_chain_free (MongeFilterChain *chain)
{
  if (chain == NULL)
    return;
  g_ptr_array_unref (chain->steps);
  g_free (chain);
}

guint
monge_filter_chain_get_length (const MongeFilterChain *chain)
{
  return chain->steps->len;
}

MongeFilterStep *
monge_filter_chain_get_step (MongeFilterChain *chain, guint index)
{
  g_return_val_if_fail (index < chain->steps->len, NULL);
  return chain->steps->pdata[index];
}

MongeFilterStep *
monge_filter_chain_insert (MongeFilterChain *chain, guint position, const MongeFilter *filter)
{
  MongeFilterStep *step;

  g_return_val_if_fail (filter != NULL, NULL);
  step = step_new (filter, filter->defaults, TRUE);
  g_ptr_array_insert (chain->steps, (gint) MIN (position, chain->steps->len), step);
  return step;
}

void
monge_filter_chain_remove (MongeFilterChain *chain, guint index)
{
  g_return_if_fail (index < chain->steps->len);
  g_ptr_array_remove_index (chain->steps, index);
}

void
monge_filter_chain_move (MongeFilterChain *chain, guint from, guint to)
{
  gpointer step;

  g_return_if_fail (from < chain->steps->len && to < chain->steps->len);
  step = g_ptr_array_steal_index (chain->steps, from);
  g_ptr_array_insert (chain->steps, (gint) to, step);
}

/* --- Text --- */

static const char *
skip_blanks (const char *at)
{
  while (g_ascii_isspace (*at))
    at++;
  return at;
}

/* A run of bytes up to a blank, a semicolon, or one of @stops. */
static char *
read_word (const char **at, const char *stops)
{
  const char *begin = *at;

  while (**at != '\0' && **at != ';' && !g_ascii_isspace (**at) && strchr (stops, **at) == NULL)
    (*at)++;
  return g_strndup (begin, (gsize) (*at - begin));
}

/* A word, or anything between quotation marks, where a backslash takes the next byte as it is. NULL
 * where the second mark is missing. */
static char *
read_value (const char **at)
{
  g_autoptr (GString) text = NULL;

  if (**at != '"')
    return read_word (at, "");
  text = g_string_new (NULL);
  for ((*at)++; **at != '"'; (*at)++)
    {
      if (**at == '\\')
        (*at)++;
      if (**at == '\0')
        return NULL;
      g_string_append_c (text, **at);
    }
  (*at)++;
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* @number counts from 1. */
static gboolean
fail_step (GError **error, MongeError code, guint number, const char *name, const char *format, ...)
  G_GNUC_PRINTF (5, 6);

static gboolean
fail_step (GError **error, MongeError code, guint number, const char *name, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, MONGE_ERROR, code, "Step %u (%s): %s", number, name, message);
  return FALSE;
}

static char *
list_names (void)
{
  GString *names = g_string_new (NULL);

  for (const MongeFilter *filter = monge_filters; filter->name != NULL; filter++)
    g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", filter->name);
  return g_string_free (names, FALSE);
}

static char *
list_keys (const MongeFilter *filter)
{
  GString *keys = g_string_new (NULL);

  for (const MongeOption *option = filter->options; option->key != NULL; option++)
    g_string_append_printf (keys, "%s%s", keys->len > 0 ? ", " : "it takes ", option->key);
  if (keys->len == 0)
    g_string_append (keys, "it takes no options");
  return g_string_free (keys, FALSE);
}

/* One "key=value" at @at. */
static gboolean
parse_option (const char **at, guint number, MongeFilterStep *step, GError **error)
{
  const MongeFilter *filter = step->filter;
  g_autofree char *key = read_word (at, "=\"");
  g_autofree char *value = NULL;
  g_autofree char *keys = list_keys (filter);
  g_autoptr (GError) reason = NULL;
  const MongeOption *option = monge_option_find (filter->options, key);

  if (option == NULL)
    return fail_step (error, MONGE_ERROR_NAME, number, filter->name, "there is no option “%s”; %s",
                      key, keys);
  if (**at != '=')
    return fail_step (error, MONGE_ERROR_FORMAT, number, filter->name,
                      "option %s has no value; write %s=…", key, key);
  (*at)++;
  value = read_value (at);
  if (value == NULL)
    return fail_step (error, MONGE_ERROR_FORMAT, number, filter->name,
                      "the text of option %s does not end; close it with a quotation mark", key);
  if (!monge_option_parse (option, value, step->params, &reason))
    return fail_step (error, (MongeError) reason->code, number, filter->name, "%s",
                      reason->message);
  return TRUE;
}

/* One step at @at, which is no blank and no semicolon. */
static gboolean
parse_step (const char **at, MongeFilterChain *chain, GError **error)
{
  guint number = chain->steps->len + 1;
  gboolean is_off = **at == '!';
  g_autofree char *name = NULL;
  g_autofree char *names = list_names ();
  const MongeFilter *filter;
  MongeFilterStep *step;

  if (is_off)
    *at = skip_blanks (*at + 1);
  name = read_word (at, "");
  filter = monge_filter_find (name);
  if (filter == NULL)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
                   "Step %u: there is no filter “%s”; there are %s", number, name, names);
      return FALSE;
    }
  step = monge_filter_chain_insert (chain, G_MAXUINT, filter);
  step->is_on = !is_off;
  for (*at = skip_blanks (*at); **at != '\0' && **at != ';'; *at = skip_blanks (*at))
    if (!parse_option (at, number, step, error))
      return FALSE;
  return TRUE;
}

MongeFilterChain *
monge_filter_chain_parse (const char *text, GError **error)
{
  g_autoptr (MongeFilterChain) chain = monge_filter_chain_new ();
  const char *at = text;

  g_return_val_if_fail (text != NULL, NULL);
  if (!g_utf8_validate (text, -1, NULL))
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
                           "The filters are not UTF-8 text; write them as “repair; centre”");
      return NULL;
    }
  for (at = skip_blanks (at); *at != '\0'; at = skip_blanks (at))
    if (*at == ';')
      at++;
    else if (!parse_step (&at, chain, error))
      return NULL;
  return g_steal_pointer (&chain);
}

static void
print_value (GString *text, const char *value)
{
  gboolean is_word = *value != '\0' && strpbrk (value, "; \t\n\v\f\r\"\\") == NULL;

  if (is_word)
    {
      g_string_append (text, value);
      return;
    }
  g_string_append_c (text, '"');
  for (; *value != '\0'; value++)
    {
      if (*value == '"' || *value == '\\')
        g_string_append_c (text, '\\');
      g_string_append_c (text, *value);
    }
  g_string_append_c (text, '"');
}

static void
print_step (GString *text, const MongeFilterStep *step)
{
  const MongeFilter *filter = step->filter;

  g_string_append_printf (text, "%s%s%s", text->len > 0 ? "; " : "", step->is_on ? "" : "!",
                          filter->name);
  for (const MongeOption *option = filter->options; option->key != NULL; option++)
    {
      g_autofree char *value = monge_option_print (option, step->params);
      g_autofree char *usual = monge_option_print (option, filter->defaults);

      if (strcmp (value, usual) == 0)
        continue;
      g_string_append_printf (text, " %s=", option->key);
      print_value (text, value);
    }
}

char *
monge_filter_chain_print (const MongeFilterChain *chain)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < chain->steps->len; i++)
    print_step (text, chain->steps->pdata[i]);
  return g_string_free (text, FALSE);
}

/* --- Running it --- */

static guint
count_taken (const MongeFilterChain *chain)
{
  guint n = 0;

  for (guint i = 0; i < chain->steps->len; i++)
    n += ((const MongeFilterStep *) chain->steps->pdata[i])->is_on ? 1 : 0;
  return n;
}

/* The part of the progress that step @taken of @n is, within [@begin, @end]. */
static void
set_part (MongeTask *task, double begin, double end, guint taken, guint n)
{
  monge_task_set_part (task, begin + (end - begin) * taken / n,
                       begin + (end - begin) * (taken + 1) / n);
  monge_task_set_progress (task, 0.0);
}

/* What one step makes of @shape; @note is what it says of it. */
static MongeShape *
apply_step (const MongeFilterStep *step, guint number, MongeShape *shape, MongeTask *task,
            GString *note, GError **error)
{
  const MongeFilter *filter = step->filter;
  const char *reason = NULL;
  MongeShape *result;

  if (monge_task_return_if_cancelled (task, error))
    return NULL;
  if (!filter->takes (shape, &reason))
    {
      fail_step (error, MONGE_ERROR_UNSUPPORTED, number, filter->name, "%s", reason);
      return NULL;
    }
  result = filter->apply (shape, step->params, task, note, error);
  if (result == NULL)
    g_prefix_error (error, "Step %u (%s): ", number, filter->name);
  return result;
}

MongeShape *
monge_filter_chain_apply (const MongeFilterChain *chain, MongeShape *shape, MongeTask *task,
                          GPtrArray **notes, GError **error)
{
  g_autoptr (GPtrArray) told = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (MongeShape) current = NULL;
  double begin = task != NULL ? 0.001 * task->begin : 0.0;
  double end = task != NULL ? 1.0 - 0.001 * task->skip : 1.0;

  g_return_val_if_fail (chain != NULL && shape != NULL, NULL);
  current = monge_shape_ref (shape);
  for (guint i = 0; i < chain->steps->len; i++)
    {
      const MongeFilterStep *step = chain->steps->pdata[i];
      GString *note;
      MongeShape *next;

      if (!step->is_on)
        continue;
      set_part (task, begin, end, told->len, count_taken (chain));
      note = g_string_new (NULL);
      next = apply_step (step, i + 1, current, task, note, error);
      g_ptr_array_add (told, g_string_free (note, FALSE));
      monge_task_set_part (task, begin, end);
      if (next == NULL)
        return NULL;
      monge_shape_unref (current);
      current = next;
    }
  if (notes != NULL)
    *notes = g_steal_pointer (&told);
  return g_steal_pointer (&current);
}
