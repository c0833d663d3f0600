#!/usr/bin/env python3
"""Runs nvcc and keeps what ptxas -v says of each kernel, which would hide warnings on the screen.

    nvcc.py REPORT NVCC ARGUMENT...        arguments with -Xptxas -v

Everything else that nvcc says is passed on, and so is its exit status.
"""

import subprocess
import sys


def split(lines):
    """Returns the lines of the report, and those of everything else."""
    report, rest = [], []
    inside = False
    for line in lines:
        # What follows a header line without one of its own belongs to it, and is indented.
        inside = line.startswith("ptxas info") or (inside and line.startswith("    "))
        (report if inside else rest).append(line)
    return report, rest


def main():
    run = subprocess.run(sys.argv[2:], stderr=subprocess.PIPE, encoding="utf-8", errors="replace",
                         check=False)
    report, rest = split(run.stderr.splitlines(keepends=True))
    sys.stderr.writelines(rest)
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        out.writelines(report)
    return run.returncode


if __name__ == "__main__":
    sys.exit(main())
