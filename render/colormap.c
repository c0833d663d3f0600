/* viridis: S. van der Walt, N. Smith, E. Firing, “mpl colormaps”, 2015 (public domain).
 * cividis: J. Nuñez, C. Anderton, R. Renslow, “Optimizing colormaps with consideration for color
 * vision deficiency”, PLOS ONE 13, 2018. Both are stored as every fifth entry of the published
 * tables and interpolated in Oklab: at most one (viridis) and four (cividis) levels of 255 off.
 *
 * blue-red: two straight descents of Oklab lightness, equal on both sides, from a light neutral.
 * Oklab: B. Ottosson, “A perceptual color space for image processing”, 2020. */

#include "render/colormap.h"

#include <math.h>
#include <string.h>

const float monge_colour_source[3] = { 0xd5 / 255.f, 0x5e / 255.f, 0x00 / 255.f };
const float monge_colour_target[3] = { 0x00 / 255.f, 0x72 / 255.f, 0xb2 / 255.f };

#define N_ANCHORS 52 /* 1 + 255 / 5 */

static const char viridis[] =
  "44015446085c471063481769481d6f482475472a7a46307e453781433d844142873f48893d4e8a"
  "3a538b38598c355e8d33638d31688e2e6d8e2c718e2a768e297b8e27808e25848e23898e218e8d"
  "20928c1f978b1e9c891fa18821a58524aa8328ae802eb37c35b7793dbc7446c06f50c46a5ac864"
  "65cb5e70cf577cd25089d54895d840a2da37b0dd2fbddf26cae11fd8e219e5e419f1e51dfde725";

static const char cividis[] =
  "00224e002656002a5f002d68003070083370163770203a6f273e6e2e416d34456c3a486c3f4c6c"
  "444f6c49536c4e566c535a6d575d6d5c616e60646f656870696b716d6f727272747676767a7a78"
  "7e7d788381798885788d8878928c789690779b9476a09875a59c74aaa073afa471b5a86fbaac6d"
  "bfb06bc4b468c9b965cfbd62d4c15fdac65bdfca57e5cf52ead34cf0d846f6dd3ffce236fee838";

static float
decode (float s)
{
  return s <= 0.04045f ? s / 12.92f : powf ((s + 0.055f) / 1.055f, 2.4f);
}

static float
encode (float c)
{
  c = CLAMP (c, 0.f, 1.f);
  return c <= 0.0031308f ? 12.92f * c : 1.055f * powf (c, 1.f / 2.4f) - 0.055f;
}

static void
srgb_to_oklab (const float rgb[3], float lab[3])
{
  float r = decode (rgb[0]), g = decode (rgb[1]), b = decode (rgb[2]);
  float l = cbrtf (0.4122214708f * r + 0.5363325363f * g + 0.0514459929f * b);
  float m = cbrtf (0.2119034982f * r + 0.6806995451f * g + 0.1073969566f * b);
  float s = cbrtf (0.0883024619f * r + 0.2817188376f * g + 0.6299787005f * b);
  lab[0] = 0.2104542553f * l + 0.7936177850f * m - 0.0040720468f * s;
  lab[1] = 1.9779984951f * l - 2.4285922050f * m + 0.4505937099f * s;
  lab[2] = 0.0259040371f * l + 0.7827717662f * m - 0.8086757660f * s;
}

static void
oklab_to_srgb (const float lab[3], guint8 colour[3])
{
  float l = lab[0] + 0.3963377774f * lab[1] + 0.2158037573f * lab[2];
  float m = lab[0] - 0.1055613458f * lab[1] - 0.0638541728f * lab[2];
  float s = lab[0] - 0.0894841775f * lab[1] - 1.2914855480f * lab[2];
  l = l * l * l;
  m = m * m * m;
  s = s * s * s;
  float rgb[3] = { +4.0767416621f * l - 3.3077115913f * m + 0.2309699292f * s,
                   -1.2684380046f * l + 2.6097574011f * m - 0.3413193965f * s,
                   -0.0041960863f * l - 0.7034186147f * m + 1.7076147010f * s };
  for (int k = 0; k < 3; k++)
    colour[k] = (guint8) lrintf (255.f * encode (rgb[k]));
}

static void
read_anchor (const char *table, guint index, float lab[3])
{
  float rgb[3];
  for (int k = 0; k < 3; k++)
    {
      const char *digits = table + 6 * index + 2 * k;
      rgb[k] = (16 * g_ascii_xdigit_value (digits[0]) + g_ascii_xdigit_value (digits[1])) / 255.f;
    }
  srgb_to_oklab (rgb, lab);
}

static void
fill_from_anchors (MongeColormap *map, const char *table)
{
  for (guint i = 0; i < 256; i++)
    {
      guint anchor = MIN (i / 5, N_ANCHORS - 2);
      float t = (i - 5 * anchor) / 5.f;
      float a[3], b[3], lab[3];
      read_anchor (table, anchor, a);
      read_anchor (table, anchor + 1, b);
      for (int k = 0; k < 3; k++)
        lab[k] = a[k] + t * (b[k] - a[k]);
      oklab_to_srgb (lab, map->colours[i]);
    }
}

/* Lightness falls in proportion to |t| on both sides; chroma rises faster, so that a small value
 * already has a hue, and levels off inside the gamut. */
static void
fill_blue_red (MongeColormap *map)
{
  const float light = 0.955f, dark = 0.45f;
  for (guint i = 0; i < 256; i++)
    {
      float t = (2.f * i - 255.f) / 255.f, size = fabsf (t);
      float chroma = (t < 0 ? 0.12f : 0.14f) * sinf (G_PI_2 * MIN (1.f, 1.15f * size));
      float hue = (t < 0 ? 248.f : 36.f) * G_PI / 180.f;
      float lab[3] = { light + (dark - light) * size, chroma * cosf (hue), chroma * sinf (hue) };
      oklab_to_srgb (lab, map->colours[i]);
    }
}

static MongeColormap maps[] = {
  { "viridis", "Dark violet to yellow: magnitudes", FALSE },
  { "cividis", "Dark blue to yellow, the same to colour-blind eyes: magnitudes", FALSE },
  { "blue-red", "Blue to red through a light neutral: signed values", TRUE },
};

static const char *names[G_N_ELEMENTS (maps) + 1];

static void
ensure_maps (void)
{
  static gsize filled = 0;
  if (!g_once_init_enter (&filled))
    return;

  fill_from_anchors (&maps[0], viridis);
  fill_from_anchors (&maps[1], cividis);
  fill_blue_red (&maps[2]);
  for (guint i = 0; i < G_N_ELEMENTS (maps); i++)
    names[i] = maps[i].name;
  g_once_init_leave (&filled, 1);
}

const MongeColormap *
monge_colormap_find (const char *name)
{
  g_return_val_if_fail (name != NULL, NULL);

  ensure_maps ();
  for (guint i = 0; i < G_N_ELEMENTS (maps); i++)
    if (g_str_equal (maps[i].name, name))
      return &maps[i];
  return NULL;
}

const MongeColormap *
monge_colormap_intern (const guint8 (*colours)[3], guint n)
{
  static GPtrArray *interned;
  MongeColormap *map = g_new0 (MongeColormap, 1);

  g_return_val_if_fail (n <= G_N_ELEMENTS (map->colours), NULL);

  map->name = map->description = "labels";
  memcpy (map->colours, colours, n * sizeof *map->colours);
  if (interned == NULL)
    interned = g_ptr_array_new ();
  for (guint i = 0; i < interned->len; i++)
    {
      MongeColormap *other = interned->pdata[i];

      if (memcmp (other->colours, map->colours, sizeof map->colours) == 0)
        {
          g_free (map);
          return other;
        }
    }
  g_ptr_array_add (interned, map);
  return map;
}

const char *const *
monge_colormap_get_names (void)
{
  ensure_maps ();
  return names;
}

void
monge_colour_get_label (guint index, float colour[3])
{
  static const guint8 labels[7][3] = {
    { 0xe6, 0x9f, 0x00 }, { 0x56, 0xb4, 0xe9 }, { 0x00, 0x9e, 0x73 }, { 0xf0, 0xe4, 0x42 },
    { 0x00, 0x72, 0xb2 }, { 0xd5, 0x5e, 0x00 }, { 0xcc, 0x79, 0xa7 },
  };
  for (int k = 0; k < 3; k++)
    colour[k] = labels[index % 7][k] / 255.f;
}
