#!/usr/bin/env python3
"""Reads every #include and says which ones break the order of the layers.

    check-layers.py ROOT        prints TAP: one line per rule, after a check of the checker itself

The rules are the figure of docs/design.md: compute < render < ui < app, and inside compute/ the
table UNDER below. Includes are written from the root, so that each shows its layer.
"""

import pathlib
import re
import sys
import tempfile

LAYERS = ["compute", "render", "ui", "app", "tests"]

# What each folder of compute/ may include beside itself. Files that lie in compute/ or in another
# of its folders, such as a recipe, stand above all of them.
UNDER = {
    "core": set(),
    "shape": {"core"},
    "volume": {"core", "shape"},
    "io": {"core", "shape", "volume"},
    "filter": {"core", "shape", "neighbours"},
    "transform": {"core", "shape", "volume", "io"},
    "measure": {"core", "shape"},
    "formula": {"core"},
    "neighbours": {"core"},
    "backend": {"core", "formula", "neighbours"},
    "solver": {"core", "shape", "measure", "formula", "neighbours", "backend"},
    "loss": {"core", "shape", "measure", "formula", "neighbours", "backend", "solver"},
    "flow": {"core", "shape", "measure", "formula", "neighbours", "backend", "solver", "loss",
             "transform"},
}

# Foreign headers, by the folders that may see them.
GTK = re.compile(r"(gtk|gdk|gsk|pango|graphene|gdk-pixbuf|adwaita)\b")
GOBJECT = re.compile(r"(glib-object\.h|gobject/|gio/|gmodule\.h|json-glib/)")
GL = re.compile(r"(epoxy/|GL/|GLES\d?/|EGL/|cglm/)")
CUDA = re.compile(r"(cuda|nvrtc|nvtx|cu(blas|rand|fft|b)\b|thrust/"
                  r"|(device|driver|vector)_(types|functions))")
GLIB = re.compile(r"(glib|gmodule|gio/|gobject/)")

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)
# Comments are left out by not crossing the end of a line after // or *.
NOT_IN_KERNELS = re.compile(r"^(?!\s*(?://|/?\*)).*?(<<<|\basm\b|__asm__|cooperative_groups)",
                            re.MULTILINE)
MAX_LINES = 800
CODE = (".c", ".h", ".cc", ".cpp", ".cu", ".cuh")
# Files of the command line program.
CLI = ("app/cli", "app/bench")
RULES = {
    "root": "includes of our own headers are written from the root and exist",
    "layers": "no layer includes one above it",
    "compute": "folders of compute/ include only those under them",
    "sink": "render/ knows compute/core/sink.h alone",
    "cli": "the command line program sees compute/ and its own headers alone",
    "foreign": "GTK, GObject, GL and CUDA headers stay in their layers",
    "kernels": "device code knows no GLib, is launched by MONGE_LAUNCH and holds no inline PTX",
    "length": f"no file is longer than {MAX_LINES} lines",
}


def compute_folder(path):
    parts = path.split("/")
    return parts[1] if len(parts) > 2 and parts[1] in UNDER else None


def check_own(root, source, target):
    """Yields (rule, what is wrong) for one #include "target" in the file source."""
    top, other = source.split("/")[0], target.split("/")[0]
    if target == "shaders/monge-shaders.h" and top == "render": # generated
        return
    generated = target.endswith("-resources.h")
    if other not in LAYERS or not (generated or (root / target).is_file()):
        yield "root", f'"{target}" is not a path from the root'
        return
    if LAYERS.index(other) > LAYERS.index(top):
        yield "layers", f"{top}/ must not include {other}/"
    if top == "render" and other == "compute" and target != "compute/core/sink.h":
        yield "sink", f'"{target}"'
    if source.startswith(CLI) and other != "compute" and not target.startswith(CLI):
        yield "cli", f'"{target}"'
    if top == "compute" and other == "compute":
        a, b = compute_folder(source), compute_folder(target)
        if a is not None and a != b and b not in UNDER[a]:
            yield "compute", f'compute/{a}/ must not include "{target}"'


def check_foreign(source, target):
    """The same for one #include <target>."""
    top = source.split("/")[0]
    if GTK.match(target) and top not in ("ui", "app", "tests"):
        yield "foreign", f"<{target}>: GTK belongs in ui/ and app/"
    if GOBJECT.match(target) and top == "compute":
        yield "foreign", f"<{target}>: compute/ knows GLib, no GObject"
    if GL.match(target) and top == "compute":
        yield "foreign", f"<{target}>: OpenGL belongs in render/"
    if (GTK.match(target) or GL.match(target)) and source.startswith(CLI):
        yield "cli", f"<{target}>"
    if CUDA.match(target) and not source.startswith(("compute/backend/cuda/", "render/cuda-gl",
                                                     "tests/")):
        yield "foreign", f"<{target}>: CUDA belongs in compute/backend/cuda/ and render/cuda-gl.c"


def check_kernels(text):
    """The same for a .cu file: what would keep it from being run on the host."""
    for match in INCLUDE.finditer(text):
        if match[1] == "<" and GLIB.match(match[2]):
            yield match.start(2), f"<{match[2]}>: host code belongs in a .c file"
    for match in NOT_IN_KERNELS.finditer(text):
        yield match.start(), f"{match[0].strip()}: the tests cannot run it on the host"


def check_tree(root):
    """Returns {rule: [place: what is wrong]} and the number of files read."""
    root = pathlib.Path(root)
    found = {rule: [] for rule in RULES}
    n_files = 0
    for path in sorted(p for layer in LAYERS for p in (root / layer).rglob("*")):
        if path.suffix not in CODE + (".glsl", ".py", ".sh"):
            continue
        source = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8")
        n_files += 1
        n_lines = text.count("\n")
        if n_lines > MAX_LINES:
            found["length"].append(f"{source}: {n_lines} lines; look for the second noun")
        if path.suffix not in CODE:
            continue
        if path.suffix in (".cu", ".cuh"):
            for at, wrong in check_kernels(text):
                found["kernels"].append(f"{source}:{text[:at].count(chr(10)) + 1}: {wrong}")
        for match in INCLUDE.finditer(text):
            line = text.count("\n", 0, match.start(2)) + 1
            check = (check_own(root, source, match[2]) if match[1] == '"'
                     else check_foreign(source, match[2]))
            for rule, wrong in check:
                found[rule].append(f"{source}:{line}: {wrong}")
    return found, n_files


PLANTED = {
    "root": ("compute/core/a.c", '#include "b.h"\n'),
    "layers": ("render/a.c", '#include "ui/window.h"\n'),
    "compute": ("compute/shape/a.c", '#include "compute/measure/measure.h"\n'),
    "sink": ("render/a.c", '#include "compute/core/error.h"\n'),
    "cli": ("app/cli.c", '#include "ui/window.h"\n'),
    "foreign": ("compute/flow/a.c", "  #  include <gio/gio.h>\n"),
    "kernels": ("compute/backend/cuda/a.cu", "  kernel<<<1, 32>>> (x);\n"),
    "length": ("ui/a.c", "\n" * (MAX_LINES + 1)),
}
MORE_PLANTED = [
    ("compute", "compute/backend/a.c", '#include "compute/shape/mesh.h"\n'),
    ("compute", "compute/solver/a.h", '#include "compute/recipe.h"\n'),
    ("foreign", "render/a.c", "#include <gtk/gtk.h>\n"),
    ("foreign", "compute/shape/a.c", "#include <epoxy/gl.h>\n"),
    ("foreign", "compute/solver/a.c", "#include <cuda_runtime.h>\n"),
    ("foreign", "ui/a.c", "#include <nvrtc.h>\n"),
    ("foreign", "render/points.c", "#include <vector_types.h>\n"),
    ("kernels", "compute/backend/cuda/a.cu", "#include <glib.h>\n"),
    ("kernels", "compute/backend/cuda/a.cu", '  x = 1; asm ("ex2.approx.f32 %0, %1;");\n'),
    ("compute", "compute/backend/cuda/a.cu", '#include "compute/measure/measure.h"\n'),
    ("layers", "compute/core/a.c", '#include "tests/util.h"\n'),
]
INNOCENT = {
    "compute/core/error.h": "#include <glib.h>\n",
    "compute/core/sink.h": "#include <glib.h>\n",
    "compute/shape/mesh.h": '#include "compute/core/error.h"\n#include <math.h>\n',
    "compute/measure/measure.h": '#include "compute/shape/mesh.h"\n',
    "compute/recipe.h": '#include "compute/measure/measure.h"\n',
    "render/gl.c": '#include "compute/core/sink.h"\n#include <epoxy/gl.h>\n#include <cglm/cglm.h>\n',
    "compute/backend/cuda/a.cu": "/* one asm block,\n * <<< */\n// asm\n#include <cuda_runtime.h>\n",
    "render/cuda-gl.c": "#include <epoxy/gl.h>\n#include <cuda_gl_interop.h>\n",
    "ui/window.h": '#include <gtk/gtk.h>\n#include "compute/recipe.h"\n',
    "app/main.c": '#include "ui/window.h"\n',
    "app/cli-loss.c": '#include "compute/recipe.h"\n#include <glib/gstdio.h>\n',
    "tests/util.h": '#include <glib.h>\n',
}


def plant(files):
    """Checks a small tree; returns the rules that it breaks."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        found, _ = check_tree(folder)
    return {rule for rule, places in found.items() if places}


def check_self():
    """Every planted fault is seen, and seen as what it is; nothing innocent is."""
    wrong = [f"innocent files break {rule}" for rule in plant(INNOCENT)]
    for rule, name, text in [(r, *p) for r, p in PLANTED.items()] + MORE_PLANTED:
        seen = plant({**INNOCENT, name: text})
        if rule not in seen:
            wrong.append(f"{name} with {text.strip()[:60]!r} passes the rule {rule}")
    return wrong


def report(number, name, wrong):
    print(f"{'not ok' if wrong else 'ok'} {number} - {name}")
    for line in wrong:
        print(f"# {line}")


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent
    found, n_files = check_tree(root)
    print(f"1..{len(RULES) + 1}")
    wrong = check_self()
    if n_files < 10:
        wrong.append(f"only {n_files} files under {root}: is this the root of the sources?")
    report(1, "planted faults are found", wrong)
    for number, (rule, name) in enumerate(RULES.items(), 2):
        report(number, name, found[rule])
    return int(bool(wrong) or any(found.values()))


if __name__ == "__main__":
    sys.exit(main())
