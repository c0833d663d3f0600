#!/usr/bin/env python3
"""Reads what `meson test` has written and counts the single tests inside the programs.

    count-results.py TESTLOG.JSON

Names the failed ones, then ends with one line: N passed, N failed, N skipped.
A program that fails in another way than by its own tests (a crash, a time-out, a leak found at its
end) counts as one more failure, a program that was skipped as one skipped test.
"""

import json
import os
import re
import sys

LINE = re.compile(r"^(not )?ok\b\s*\d*\s*-?\s*([^#]*)(#\s*(SKIP|TODO)\b.*)?", re.IGNORECASE)


def count(run):
    """Returns the numbers of passed and skipped tests and the names of the failed ones."""
    passed, skipped, failed = 0, 0, []
    lines = map(LINE.match, run.get("stdout", "").splitlines())
    for line in filter(None, lines):
        if line[4]:
            skipped += 1
        elif line[1]:
            failed.append(f"{run['name']}: {line[2].strip()}")
        else:
            passed += 1
    if run["result"] in ("OK", "EXPECTEDFAIL") and passed + skipped == 0:
        passed = 1
    elif run["result"] == "SKIP" and skipped == 0:
        skipped = 1
    elif run["result"] not in ("OK", "EXPECTEDFAIL", "SKIP") and not failed:
        failed.append(f"{run['name']}: {run['result'].lower()}, status {run.get('returncode')}")
    return passed, skipped, failed


def main():
    passed, skipped, failed = 0, 0, []
    if not os.path.exists(sys.argv[1]):
        print("FAILED: no test could be started\n0 passed, 1 failed, 0 skipped")
        return 1
    with open(sys.argv[1], encoding="utf-8") as log:
        for line in log:
            counts = count(json.loads(line))
            passed, skipped, failed = (passed + counts[0], skipped + counts[1], failed + counts[2])
    for name in failed:
        print(f"FAILED {name}")
    if failed:
        print(f"In full: {sys.argv[1].replace('.json', '.txt')}")
    print(f"{passed} passed, {len(failed)} failed, {skipped} skipped")
    return int(bool(failed) or passed == 0)


if __name__ == "__main__":
    sys.exit(main())
