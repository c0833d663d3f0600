#include "app/cli-report.h"

#include "compute/io/io.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

JsonBuilder *
monge_report_begin (MongeCli *cli,
                    MongeBackend *backend)
{
  JsonBuilder *report = json_builder_new ();

  json_builder_begin_object (report);
  monge_report_string (report, "program", "monge-cli");
  monge_report_string (report, "version", MONGE_VERSION);
  monge_report_string (report, "command", cli->command->name);
  if (backend != NULL)
    {
      monge_report_string (report, "backend", monge_backend_get_name (backend));
      monge_report_string (report, "device", monge_backend_get_description (backend));
      monge_report_string (report, "instruction_set", monge_backend_get_instruction_set (backend));
      monge_report_integer (report, "threads", monge_backend_get_n_threads (backend));
    }
  return report;
}

gboolean
monge_report_save (MongeCli *cli,
                   JsonBuilder *report,
                   GError **error)
{
  g_autoptr (JsonGenerator) generator = NULL;
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;
  g_autofree char *lines = NULL;

  if (cli->json == NULL)
    return TRUE;
  root = json_builder_get_root (report);
  generator = json_generator_new ();
  json_generator_set_pretty (generator, TRUE);
  json_generator_set_root (generator, root);
  text = json_generator_to_data (generator, NULL);
  lines = g_strconcat (text, "\n", NULL);
  if (strcmp (cli->json, "-") != 0)
    return monge_file_save (cli->json, lines, strlen (lines), error);
  fputs (lines, stdout);
  return TRUE;
}

gboolean
monge_report_end (MongeCli *cli,
                  JsonBuilder *report,
                  GError **error)
{
  json_builder_end_object (report);
  return monge_report_save (cli, report, error);
}

/* json-glib writes 1e+30 as 1e+30.0, which is no JSON: for a number without a point in its 17 digits
 * the next one towards 0, if that has one. */
static double
avoid_bare_exponent (double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_dtostr (text, sizeof text, value);
  return strchr (text, 'e') != NULL && strchr (text, '.') == NULL ? nextafter (value, 0.0) : value;
}

void
monge_report_element (JsonBuilder *report,
                      double value)
{
  if (isfinite (value))
    json_builder_add_double_value (report, avoid_bare_exponent (value));
  else
    json_builder_add_null_value (report);
}

void
monge_report_number (JsonBuilder *report,
                     const char *key,
                     double value)
{
  json_builder_set_member_name (report, key);
  monge_report_element (report, value);
}

void
monge_report_integer (JsonBuilder *report,
                      const char *key,
                      gint64 value)
{
  json_builder_set_member_name (report, key);
  json_builder_add_int_value (report, value);
}

void
monge_report_bool (JsonBuilder *report,
                   const char *key,
                   gboolean value)
{
  json_builder_set_member_name (report, key);
  json_builder_add_boolean_value (report, value);
}

void
monge_report_string (JsonBuilder *report,
                     const char *key,
                     const char *value)
{
  json_builder_set_member_name (report, key);
  if (value != NULL)
    {
      g_autofree char *valid = g_utf8_make_valid (value, -1); /* paths are any bytes */
      json_builder_add_string_value (report, valid);
    }
  else
    json_builder_add_null_value (report);
}

void
monge_report_vector (JsonBuilder *report,
                     const char *key,
                     const double *values,
                     guint n)
{
  json_builder_set_member_name (report, key);
  json_builder_begin_array (report);
  for (guint i = 0; i < n; i++)
    monge_report_element (report, values[i]);
  json_builder_end_array (report);
}

static void
report_input (JsonBuilder *report,
              const char *role,
              const MongeRecipeInput *input,
              const MongeMeasure *measure)
{
  static const char *const axes[] = { "x", "y", "z" };

  json_builder_begin_object (report);
  monge_report_string (report, "role", role);
  monge_report_string (report, "path", input->path);
  monge_report_integer (report, "points", (gint64) monge_measure_get_n (measure));
  monge_report_integer (report, "dimension", monge_measure_get_dim (measure));
  monge_report_number (report, "mass", monge_measure_get_mass (measure));
  monge_report_string (report, "weights", input->weights_path);
  monge_report_string (report, "mirror", input->mirror >= 0 ? axes[input->mirror] : NULL);
  json_builder_set_member_name (report, "labels");
  json_builder_begin_array (report);
  for (guint i = 0; i < input->n_labels; i++)
    json_builder_add_int_value (report, input->labels[i]);
  json_builder_end_array (report);
  json_builder_end_object (report);
}

void
monge_report_inputs (JsonBuilder *report,
                     const MongeRecipe *recipe,
                     const MongeMeasure *source,
                     const MongeMeasure *target)
{
  json_builder_set_member_name (report, "inputs");
  json_builder_begin_array (report);
  report_input (report, "source", &recipe->source, source);
  report_input (report, "target", &recipe->target, target);
  json_builder_end_array (report);
}

static void
report_option (JsonBuilder *report,
               const MongeOption *option,
               gconstpointer params)
{
  g_autofree char *key = g_strdelimit (g_strdup (option->key), "-", '_');
  g_autofree char *text = monge_option_print (option, params);
  double number = monge_option_get_number (option, params);

  switch (option->type)
    {
    case MONGE_OPTION_DOUBLE:
      monge_report_number (report, key, number);
      break;
    case MONGE_OPTION_INT:
      monge_report_integer (report, key, (gint64) number);
      break;
    case MONGE_OPTION_BOOL:
      monge_report_bool (report, key, number != 0.0);
      break;
    case MONGE_OPTION_CHOICE:
    case MONGE_OPTION_TEXT:
      monge_report_string (report, key, text);
      break;
    default:
      g_assert_not_reached ();
    }
}

void
monge_report_parameters (JsonBuilder *report,
                         const MongeRecipe *recipe,
                         const MongeOption *table)
{
  json_builder_set_member_name (report, "parameters");
  json_builder_begin_object (report);
  /* The parameters of a loss come first in those of a flow, so one address serves both tables. */
  for (const MongeOption *option = table; option->key != NULL; option++)
    report_option (report, option, &recipe->params);
  monge_report_string (report, "weighting", monge_weighting_names[recipe->weighting]);
  json_builder_end_object (report);
}

void
monge_report_loss (JsonBuilder *report,
                   const MongeLossReport *loss)
{
  monge_report_number (report, "value", loss->value);
  monge_report_bool (report, "converged", loss->converged);
  monge_report_number (report, "marginal_error", loss->marginal_error);
  monge_report_integer (report, "iterations", loss->iterations);
  monge_report_number (report, "cell", loss->cell);
  monge_report_number (report, "gradient_error_estimate", loss->slope_error);
  monge_report_number (report, "dropped_mass_bound", loss->dropped);
  monge_report_integer (report, "pairs", (gint64) loss->n_pairs);
  monge_report_number (report, "seconds", loss->seconds);
}
