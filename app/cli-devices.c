#include "app/cli-report.h"

static void
report_device (JsonBuilder *report,
               const MongeDevice *device)
{
  json_builder_begin_object (report);
  monge_report_string (report, "kind", device->kind);
  monge_report_string (report, "name", device->name);
  monge_report_string (report, "detail", device->detail);
  monge_report_bool (report, "usable", device->usable);
  monge_report_string (report, "reason", device->reason);
  json_builder_end_object (report);
}

int
monge_cli_run_devices (MongeCli *cli,
                       int argc,
                       char **argv)
{
  g_autoptr (GPtrArray) devices = NULL;
  g_autoptr (JsonBuilder) report = NULL;
  GError *error = NULL;
  int status;

  if (monge_cli_parse (cli, argc, argv, MONGE_CLI_JSON, NULL, 0, &status) == NULL)
    return status;
  devices = monge_backend_list_devices ();
  report = monge_report_begin (cli, NULL);
  json_builder_set_member_name (report, "devices");
  json_builder_begin_array (report);
  for (guint i = 0; i < devices->len; i++)
    {
      const MongeDevice *device = g_ptr_array_index (devices, i);
      const gboolean is_there = *device->detail != '\0';

      monge_cli_print (cli, "%-5s %s%s%s%s%s\n", device->kind, device->name, is_there ? ", " : "",
                       device->detail, device->usable ? "" : is_there ? ": not usable: " : ": ",
                       device->usable || device->reason == NULL ? "" : device->reason);
      report_device (report, device);
    }
  json_builder_end_array (report);
  if (!monge_report_end (cli, report, &error))
    return monge_cli_fail (cli, error);
  return MONGE_CLI_DONE;
}
