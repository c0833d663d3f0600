#include "ui/file-filters.h"

#include "compute/io/landmarks.h"
#include "compute/io/values.h"
#include "compute/io/volumes.h"

static void
add_extensions (GStrvBuilder *patterns, const char *const *extensions)
{
  for (int i = 0; extensions != NULL && extensions[i] != NULL; i++)
    {
      g_autofree char *plain = g_strconcat ("*.", extensions[i], NULL);
      g_autofree char *zipped = g_strconcat ("*.", extensions[i], ".gz", NULL);

      g_strv_builder_add (patterns, plain);
      g_strv_builder_add (patterns, zipped);
    }
}

char **
monge_file_filter_for_shapes (void)
{
  g_autoptr (GStrvBuilder) patterns = g_strv_builder_new ();

  g_strv_builder_add (patterns, "Shapes and volumes");
  for (const MongeFormat *format = monge_formats; format->name != NULL; format++)
    add_extensions (patterns, format->extensions);
  for (const MongeVolumeFormat *format = monge_volume_formats; format->name != NULL; format++)
    add_extensions (patterns, format->extensions);
  return g_strv_builder_end (patterns);
}

/* FreeSurfer's are known by their bytes and have names such as lh.thickness. */
char **
monge_file_filter_for_values (void)
{
  g_autoptr (GStrvBuilder) patterns = g_strv_builder_new ();

  g_strv_builder_add (patterns, "Values per vertex");
  for (const MongeValueFormat *format = monge_value_formats; format->name != NULL; format++)
    add_extensions (patterns, format->extensions);
  g_strv_builder_add (patterns, "lh.*");
  g_strv_builder_add (patterns, "rh.*");
  return g_strv_builder_end (patterns);
}

char **
monge_file_filter_for_landmarks (void)
{
  g_autoptr (GStrvBuilder) patterns = g_strv_builder_new ();

  g_strv_builder_add (patterns, "Landmarks");
  for (const MongeLandmarkFormat *format = monge_landmark_formats; format->name != NULL; format++)
    add_extensions (patterns, format->extensions);
  return g_strv_builder_end (patterns);
}

char **
monge_file_filter_for_format (const MongeFormat *format)
{
  g_autoptr (GStrvBuilder) patterns = g_strv_builder_new ();

  g_strv_builder_add (patterns, format->description);
  add_extensions (patterns, format->extensions);
  return g_strv_builder_end (patterns);
}
