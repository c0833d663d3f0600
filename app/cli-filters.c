#include "app/cli-report.h"

#include "compute/filter/filter.h"

static void
report_option (JsonBuilder *report,
               const MongeFilter *filter,
               const MongeOption *option)
{
  static const char *const types[] = { "number", "integer", "boolean", "choice", "text" };
  g_autofree char *usual = monge_option_print (option, filter->defaults);

  json_builder_begin_object (report);
  monge_report_string (report, "key", option->key);
  monge_report_string (report, "label", option->label);
  monge_report_string (report, "unit", option->unit);
  monge_report_string (report, "type", types[option->type]);
  monge_report_string (report, "default", usual);
  if (option->type == MONGE_OPTION_DOUBLE || option->type == MONGE_OPTION_INT)
    {
      monge_report_number (report, "minimum", option->minimum);
      monge_report_number (report, "maximum", option->maximum);
    }
  if (option->type == MONGE_OPTION_CHOICE)
    {
      json_builder_set_member_name (report, "choices");
      json_builder_begin_array (report);
      for (const char *const *choice = option->choices; *choice != NULL; choice++)
        json_builder_add_string_value (report, *choice);
      json_builder_end_array (report);
    }
  monge_report_string (report, "help", option->help);
  json_builder_end_object (report);
}

static void
report_filter (JsonBuilder *report,
               const MongeFilter *filter)
{
  json_builder_begin_object (report);
  monge_report_string (report, "name", filter->name);
  monge_report_string (report, "label", filter->label);
  monge_report_string (report, "description", filter->description);
  json_builder_set_member_name (report, "options");
  json_builder_begin_array (report);
  for (const MongeOption *option = filter->options; option->key != NULL; option++)
    report_option (report, filter, option);
  json_builder_end_array (report);
  json_builder_end_object (report);
}

static void
print_filter (MongeCli *cli,
              const MongeFilter *filter)
{
  monge_cli_print (cli, "%s: %s\n", filter->name, filter->description);
  for (const MongeOption *option = filter->options; option->key != NULL; option++)
    {
      g_autofree char *usual = monge_option_print (option, filter->defaults);
      g_autofree char *names = option->type == MONGE_OPTION_CHOICE
                                 ? g_strjoinv ("|", (char **) option->choices) : NULL;

      monge_cli_print (cli, "  %s=%s%s%s%s  %s\n", option->key, *usual != '\0' ? usual : "\"\"",
                       names != NULL ? " (" : "", names != NULL ? names : "",
                       names != NULL ? ")" : "", option->help);
    }
}

int
monge_cli_run_filters (MongeCli *cli,
                       int argc,
                       char **argv)
{
  g_autoptr (JsonBuilder) report = NULL;
  GError *error = NULL;
  int status;

  if (monge_cli_parse (cli, argc, argv, MONGE_CLI_JSON, NULL, 0, &status) == NULL)
    return status;
  report = monge_report_begin (cli, NULL);
  json_builder_set_member_name (report, "filters");
  json_builder_begin_array (report);
  for (const MongeFilter *filter = monge_filters; filter->name != NULL; filter++)
    {
      print_filter (cli, filter);
      report_filter (report, filter);
    }
  json_builder_end_array (report);
  if (!monge_report_end (cli, report, &error))
    return monge_cli_fail (cli, error);
  return MONGE_CLI_DONE;
}
