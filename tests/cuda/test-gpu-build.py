#!/usr/bin/env python3
"""What a build with CUDA has put into the program, read from the file: it need not run.

    test-gpu-build.py PROGRAM FLAVOUR CARD...     TAP

FLAVOUR is "linked" (the runtime is part of the program) or "emulator" (it is a shared library that
an emulator can replace, and all device code is PTX that one can read). CARD is sm_N or compute_N.
"""

import sys

import fatbin


def check_runtime(data, flavour):
    needed = [n for n in fatbin.read_dynamic(data, (fatbin.NEEDED,)) if "cuda" in n or "nvrtc" in n]
    paths = fatbin.read_dynamic(data, (fatbin.RPATH, fatbin.RUNPATH))
    if flavour == "emulator":
        if len(needed) != 1 or not needed[0].startswith("libcudart.so"):
            yield f"needs {needed or 'no library of CUDA'} instead of libcudart.so alone"
    elif needed:
        yield f"needs {', '.join(needed)}: it cannot start on a machine without them"
    yield from (f"looks for libraries in {path}" for path in paths if "cuda" in path)


def check_cards(parts, cards):
    if not parts:
        yield "there is no device code in it"
    for number, entries in enumerate(parts, 1):
        names = sorted(fatbin.name(entry) for entry in entries)
        if names != sorted(cards):
            yield f"part {number} is for {names} instead of {sorted(cards)}"


def check_plain(parts):
    for number, entries in enumerate(parts, 1):
        for entry in entries:
            text = entry.payload.decode("ascii", "replace")
            if entry.is_compressed or entry.kind != fatbin.PTX:
                yield f"part {number} has {fatbin.name(entry)} that is not plain PTX"
            elif ".target sm_75" not in text:
                yield f"part {number} has PTX for another card"
    if not any(b".entry" in entry.payload for entries in parts for entry in entries):
        yield "no kernel can be read"


def main():
    with open(sys.argv[1], "rb") as program:
        data = program.read()
    flavour, cards = sys.argv[2], sys.argv[3:]
    parts = fatbin.read_parts(data)
    tests = {
        "the runtime is a shared library" if flavour == "emulator" else "the runtime is linked in":
            list(check_runtime(data, flavour)),
        f"each part is for {', '.join(cards)}": list(check_cards(parts, cards)),
    }
    if flavour == "emulator":
        tests["device code is PTX in plain text"] = list(check_plain(parts))
    print(f"1..{len(tests)}")
    for number, (name, wrong) in enumerate(tests.items(), 1):
        print(f"{'not ok' if wrong else 'ok'} {number} - {name}")
        for line in wrong:
            print(f"# {line}")
    return int(any(tests.values()))


if __name__ == "__main__":
    sys.exit(main())
