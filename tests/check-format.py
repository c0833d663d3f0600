#!/usr/bin/env python3
"""Says where the sources stray from the layout that .editorconfig and .clang-format describe.

    check-format.py ROOT        prints TAP, one line per rule

No tabs, no blanks at the end of a line, a newline at the end of a file, no carriage returns, lines
of at most 100 columns (scripts, sources and build files), or 102 where a comment ends there.
"""

import pathlib
import re
import sys

FOLDERS = ["app", "compute", "data", "docs", "render", "shaders", "tests", "ui"]
SOURCES = {".c", ".h", ".cc", ".cpp", ".cu", ".cuh", ".glsl", ".py", ".sh", ".build", ".css"}
PROSE = {".md", ".xml", ".in", ".ui"}
MAX_COLUMNS = 102


def rules(path, line):
    source = path.suffix in SOURCES
    return {
        "no tabs": "\t" in line,
        "no blanks at the end of a line": bool(re.search(r"[ \r]$", line)),
        f"at most {MAX_COLUMNS} columns": source and len(line) > MAX_COLUMNS,
    }


def files(root):
    for path in sorted(root.iterdir()):
        if path.is_file() and path.suffix in SOURCES | PROSE:
            yield path
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and path.suffix in SOURCES | PROSE:
                yield path


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    found = {name: [] for name in rules(root, "")} | {"a newline ends each file": []}
    for path in files(root):
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(root).as_posix()
        if text and not text.endswith("\n"):
            found["a newline ends each file"].append(name)
        for number, line in enumerate(text.split("\n"), 1):
            for rule, broken in rules(path, line).items():
                if broken:
                    found[rule].append(f"{name}:{number}")
    print(f"1..{len(found)}")
    for number, (rule, places) in enumerate(found.items(), 1):
        print(f"{'not ok' if places else 'ok'} {number} - {rule}")
        for place in places:
            print(f"# {place}")
    return int(any(found.values()))


if __name__ == "__main__":
    sys.exit(main())
