#!/usr/bin/env python3
"""The host card's headers say what those of the CUDA Toolkit say.

    test-same-as-toolkit.py FOLDER COMPILER...        prints TAP; skips without a toolkit

Every constant of FOLDER, its structs' fields and its functions become assertions in C, which are
compiled against the toolkit's headers; and against FOLDER itself with one thing changed, to see that
they can fail.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

TOOLKITS = ["/usr/local/cuda/include", "/usr/include/cuda", "/opt/cuda/include", "/usr/include"]
HEADERS = ["cuda_runtime_api.h", "cuda_gl_interop.h", "nvrtc.h"]
BEFORE = """#include <stddef.h>
typedef unsigned GLuint, GLenum;
typedef int GLint;
"""


def plain(text):
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)
    text = re.sub(r"#ifdef __cplusplus.*?#(else|endif)", "", text, flags=re.DOTALL)
    return re.sub(r" HOST_CARD_DEFAULT \(\w+\)", "", text)


def constants(text):
    found = re.findall(r"^  ([A-Za-z_]\w*) = (\d+),", text, re.MULTILINE)
    found += re.findall(r"^#define (cuda\w+|CUDART_VERSION) (\w+)$", text, re.MULTILINE)
    found += re.findall(r"\benum \w+ {\s*(\w+) = (\d+)\s*}", text)
    return found


def fields(text):
    for match in re.finditer(r"^struct (cuda\w+) {(.*?)^};", text, re.DOTALL | re.MULTILINE):
        for kind, name, size in re.findall(r"^  ([\w ]+?) ?\*?(\w+)(\[\d+\])?;", match[2],
                                           re.MULTILINE):
            star = "*" if f"*{name};" in match[2] else ""
            yield match[1], name, f"{kind} {star}{size}".strip()


def functions(text):
    pattern = r"^((?:const )?\w+ \*?)(\w+) (\([^;{]*\));"
    for kind, name, arguments in re.findall(pattern, text, re.MULTILINE):
        if kind == "typedef ":
            continue
        yield name, kind, " ".join(arguments.split())


def assertions(text):
    for name, value in constants(text):
        yield name, f"_Static_assert ((long) {name} == {value}, \"\");"
    for struct, name, kind in fields(text):
        yield f"{struct}.{name}", (f"_Static_assert (__builtin_types_compatible_p "
                                   f"(__typeof__ (((struct {struct} *) 0)->{name}), {kind}), \"\");")
    for name, kind, arguments in functions(text):
        yield name, (f"_Static_assert (__builtin_types_compatible_p (__typeof__ (&{name}), "
                     f"{kind}(*) {arguments}), \"\");")


def wrong(compiler, include, lines):
    """Names whose assertion fails, or None and what the compiler says where it is no assertion."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "same.c")
        head = BEFORE + "".join(f"#include <{name}>\n" for name in HEADERS)
        file.write_text(head + "\n".join(code for _, code in lines) + "\n", encoding="utf-8")
        result = subprocess.run([*compiler, "-std=gnu11", "-w", "-fsyntax-only", f"-I{include}",
                                 str(file)], capture_output=True, text=True, check=False)
    first = head.count("\n") + 1
    numbers = {int(n) for n in re.findall(r"same\.c:(\d+):\d+: error", result.stderr)}
    if result.returncode and not numbers:
        return None, result.stderr
    return sorted(lines[n - first][0] for n in numbers if n >= first), ""


def main():
    folder, compiler = pathlib.Path(sys.argv[1]), sys.argv[2:]
    text = "".join(plain((folder / name).read_text(encoding="utf-8")) for name in HEADERS)
    lines = list(assertions(text))
    toolkit = next((path for path in TOOLKITS if pathlib.Path(path, HEADERS[0]).is_file()), None)
    print("1..3")
    names, said = wrong(compiler, folder, lines)
    print(f"{'ok' if names == [] and len(lines) > 150 else 'not ok'} 1 - "
          f"{len(lines)} assertions hold of the headers they come from")
    for line in [*(names or []), *said.splitlines()]:
        print("#", line)
    changed = [("planted", code.replace("== 2,", "== 3,").replace("(void **", "(int **"))
               for name, code in lines if name in ("cudaErrorMemoryAllocation", "cudaMalloc")]
    names, _ = wrong(compiler, folder, changed)
    print(f"{'ok' if names == ['planted', 'planted'] else 'not ok'} 2 - and can fail")
    if toolkit is None:
        print("ok 3 - # SKIP no CUDA Toolkit")
        return
    version = re.search(r"define CUDART_VERSION\s+(\d+)",
                        pathlib.Path(toolkit, HEADERS[0]).read_text(encoding="utf-8"))
    if not version or int(version[1]) // 1000 != 13:
        print(f"ok 3 - # SKIP {toolkit} is of another version than 13")
        return
    lines = [line for line in lines if line[0] != "CUDART_VERSION"]
    names, said = wrong(compiler, toolkit, lines)
    print(f"{'ok' if names == [] else 'not ok'} 3 - they hold of the CUDA Toolkit in {toolkit}")
    for line in [*(names or []), *said.splitlines()]:
        print("#", line)


if __name__ == "__main__":
    main()
