/* NVRTC on the host: the text of a program becomes a shared object, by the compiler that built the
 * tests, and an image that library.cc loads. A library of its own, which the engine finds by the
 * environment variable that names NVRTC. It calls itself version 99, so that what is made here is
 * never taken for a card's in a cache on disk.
 *
 *   HOST_CARD_COMPILER   words of the command, each followed by a comma: "ccache", "g++", "-m64",
 *   HOST_CARD_ROOT       of the sources */
#include "tests/host-card/library.h"

#include <nvrtc.h>

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern char **environ;

struct _nvrtcProgram {
  std::string text, image, log;
};

const char *
nvrtcGetErrorString (nvrtcResult result)
{
  switch (result)
    {
    case NVRTC_SUCCESS: return "NVRTC_SUCCESS";
    case NVRTC_ERROR_INVALID_PROGRAM: return "NVRTC_ERROR_INVALID_PROGRAM";
    case NVRTC_ERROR_INVALID_OPTION: return "NVRTC_ERROR_INVALID_OPTION";
    case NVRTC_ERROR_COMPILATION: return "NVRTC_ERROR_COMPILATION";
    default: return "NVRTC_ERROR_INTERNAL_ERROR";
    }
}

nvrtcResult
nvrtcVersion (int *major, int *minor)
{
  *major = 99;
  *minor = 0;
  return NVRTC_SUCCESS;
}

static const int architectures[] = { 75, 80, 86, 89, 90, 100, 120 };

nvrtcResult
nvrtcGetNumSupportedArchs (int *n)
{
  *n = (int) (sizeof architectures / sizeof *architectures);
  return NVRTC_SUCCESS;
}

nvrtcResult
nvrtcGetSupportedArchs (int *archs)
{
  memcpy (archs, architectures, sizeof architectures);
  return NVRTC_SUCCESS;
}

nvrtcResult
nvrtcCreateProgram (nvrtcProgram *program, const char *text, const char *, int n_headers,
                    const char *const *, const char *const *)
{
  if (text == nullptr || n_headers != 0)
    return NVRTC_ERROR_INVALID_INPUT;
  *program = new _nvrtcProgram { text, "", "" };
  return NVRTC_SUCCESS;
}

nvrtcResult
nvrtcDestroyProgram (nvrtcProgram *program)
{
  delete *program;
  *program = nullptr;
  return NVRTC_SUCCESS;
}

static bool
is_of_name (char c)
{
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* From @at on, the name before the first parenthesis that is not __launch_bounds__'s. */
static std::string
find_kernel_name (const std::string &text, size_t at)
{
  for (;;)
    {
      size_t open = text.find ('(', at), end = open, begin;

      if (open == std::string::npos)
        return "";
      while (end > 0 && !is_of_name (text[end - 1]))
        end--;
      for (begin = end; begin > 0 && is_of_name (text[begin - 1]); begin--) {}
      if (text.substr (begin, end - begin) != "__launch_bounds__")
        return text.substr (begin, end - begin);
      at = text.find (')', open);
    }
}

/* For each kernel, what launches it from the addresses of its arguments. */
static std::string
add_entries (const std::string &text)
{
  static const char mark[] = "extern \"C\" __global__";
  std::string whole = "#line 1 \"program\"\n" + text;

  for (size_t at = text.find (mark); at != std::string::npos; at = text.find (mark, at + 1))
    {
      std::string name = find_kernel_name (text, at + sizeof mark - 1);

      whole += "\nextern \"C\" void " HOST_CARD_BIND_PREFIX + name
               + " (HostCardGrid *grid, void **arguments)\n"
                 "{ host_card::bind (grid, " + name + ", arguments); }\n";
    }
  return whole;
}

static bool
write_file (const std::string &path, const std::string &bytes)
{
  FILE *file = fopen (path.c_str (), "wb");
  bool good = file != nullptr && fwrite (bytes.data (), 1, bytes.size (), file) == bytes.size ();

  return file != nullptr && fclose (file) == 0 && good;
}

static std::string
read_file (const std::string &path)
{
  FILE *file = fopen (path.c_str (), "rb");
  std::string bytes;
  char part[65536];
  size_t n;

  while (file != nullptr && (n = fread (part, 1, sizeof part, file)) > 0)
    bytes.append (part, n);
  if (file != nullptr)
    fclose (file);
  return bytes;
}

/* Its exit status; what it says goes to @log. */
static int
run_command (const std::vector<const char *> &words, const std::string &log)
{
  posix_spawn_file_actions_t actions;
  int status = -1;
  pid_t child;

  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_addopen (&actions, 2, log.c_str (), 01 | 0100 | 01000, 0600);
  posix_spawn_file_actions_adddup2 (&actions, 2, 1);
  if (posix_spawnp (&child, words[0], &actions, nullptr, (char *const *) words.data (), environ) == 0)
    while (waitpid (child, &status, 0) < 0) {}
  posix_spawn_file_actions_destroy (&actions);
  return status;
}

static int
compile (const std::string &from, const std::string &to, const std::string &log)
{
  std::vector<const char *> words = {
    HOST_CARD_COMPILER
    "-x", "c++", "-std=gnu++17", "-shared", "-fPIC", "-O1", "-w", "-fno-exceptions", "-fno-rtti",
    "-fno-math-errno", "-fno-trapping-math", "-I" HOST_CARD_ROOT,
    "-I" HOST_CARD_ROOT "/tests/host-card/include", "-include",
    HOST_CARD_ROOT "/tests/host-card/cuda-language.h",
  };

  words.push_back (from.c_str ());
  words.push_back ("-o");
  words.push_back (to.c_str ());
  words.push_back (nullptr);
  return run_command (words, log);
}

nvrtcResult
nvrtcCompileProgram (nvrtcProgram program, int n_options, const char *const *options)
{
  const char *tmp = getenv ("TMPDIR");
  std::string folder = std::string (tmp != nullptr ? tmp : "/tmp") + "/host-card-XXXXXX";
  HostCardImage head = { HOST_CARD_IMAGE_MARK, 0 };
  bool good;

  for (int i = 0; i < n_options; i++)
    if (options[i][0] != '-')
      return NVRTC_ERROR_INVALID_OPTION;
  if (mkdtemp (&folder[0]) == nullptr)
    return NVRTC_ERROR_INTERNAL_ERROR;
  std::string from = folder + "/program.cc", to = folder + "/program.so", log = folder + "/log";
  good = write_file (from, add_entries (program->text)) && compile (from, to, log) == 0;
  program->log = read_file (log);
  if (good)
    {
      std::string object = read_file (to);

      head.size = object.size ();
      program->image = std::string ((const char *) &head, sizeof head) + object;
    }
  for (const std::string &path : { from, to, log })
    unlink (path.c_str ());
  rmdir (folder.c_str ());
  return good ? NVRTC_SUCCESS : NVRTC_ERROR_COMPILATION;
}

nvrtcResult
nvrtcGetPTXSize (nvrtcProgram program, size_t *size)
{
  *size = program->image.size ();
  return program->image.empty () ? NVRTC_ERROR_INVALID_PROGRAM : NVRTC_SUCCESS;
}

nvrtcResult
nvrtcGetPTX (nvrtcProgram program, char *ptx)
{
  memcpy (ptx, program->image.data (), program->image.size ());
  return NVRTC_SUCCESS;
}

nvrtcResult
nvrtcGetCUBINSize (nvrtcProgram program, size_t *size)
{
  return nvrtcGetPTXSize (program, size);
}

nvrtcResult
nvrtcGetCUBIN (nvrtcProgram program, char *cubin)
{
  return nvrtcGetPTX (program, cubin);
}

nvrtcResult
nvrtcGetProgramLogSize (nvrtcProgram program, size_t *size)
{
  *size = program->log.size () + 1;
  return NVRTC_SUCCESS;
}

nvrtcResult
nvrtcGetProgramLog (nvrtcProgram program, char *log)
{
  memcpy (log, program->log.c_str (), program->log.size () + 1);
  return NVRTC_SUCCESS;
}
