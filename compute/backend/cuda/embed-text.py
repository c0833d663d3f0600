#!/usr/bin/env python3
"""Makes one string of C of some files.

    embed-text.py NAME OUTPUT FILE...
"""

import pathlib
import sys


def quote(line):
    return '  "' + line.replace("\\", "\\\\").replace('"', '\\"') + '\\n"'


def main():
    name, output, *paths = sys.argv[1:]
    lines = [line for path in paths for line in pathlib.Path(path).read_text("utf-8").splitlines()]
    text = "\n".join(map(quote, lines))
    text = f"extern const char {name}[];\nconst char {name}[] =\n{text};\n"
    pathlib.Path(output).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
