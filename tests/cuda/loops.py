#!/usr/bin/env python3
"""Counts instructions of the loops that take exponentials, in PTX or in what nvdisasm prints.

    loops.py FILE [PATTERN]     FILE.ptx, or the output of nvdisasm -c; one line per loop of each
                                kernel whose name matches

A loop is what lies between a label and a branch back to it. Looked at are straight runs of code with
a few exponentials, ex2 in PTX and MUFU.EX2 in machine code, and the smallest loop around each. Where
there are several ways round it through that run (a rare case beside the usual one), the cheapest
counts: that with the fewest instructions per exponential. Not counted are instructions that machine
code does not have or that cost nothing: in PTX moves and negations, which are modifiers of operands.
"""

import collections
import re
import subprocess
import sys

Instruction = collections.namedtuple("Instruction", "operation target is_conditional")
Loop = collections.namedtuple("Loop", "n_instructions n_exponentials operations")

PTX_NAME = re.compile(r"\.entry\s+([\w$.]+)")
PTX_LINE = re.compile(r"^\s*(?:\{\s*)?(@!?%p\d+)?\s*([a-z][\w.:]*)\s*(.*);")
PTX_LABEL = re.compile(r"^(\$[\w$]+):")
PTX_FREE = re.compile(r"(mov|neg)\b")
SASS_NAME = re.compile(r"^\s*\.section\s+\.text\.([\w$.]+)")
SASS_LINE = re.compile(r"^\s*/\*[0-9a-f]+\*/\s+(@!?U?P\w+\s+)?([A-Z][\w.]*)\s*(.*?);")
SASS_LABEL = re.compile(r"^(\.L_\w+):")
EXPONENTIAL = re.compile(r"ex2\.approx|MUFU\.EX2")
BRANCH = re.compile(r"(bra|BRA)\b")
FEW = 4
LEAVES = re.compile(r"(ret|exit|EXIT|RET|trap)\b")


def read_kernels(text):
    """Returns {name: (instructions, {label: index of the instruction after it})}."""
    is_ptx = ".entry" in text
    name, line, label = ((PTX_NAME, PTX_LINE, PTX_LABEL) if is_ptx
                         else (SASS_NAME, SASS_LINE, SASS_LABEL))
    kernels = {}
    instructions, labels = [], {}
    for row in text.splitlines():
        if match := name.search(row):
            instructions, labels = kernels.setdefault(match[1], ([], {}))
        elif match := label.match(row):
            labels[match[1]] = len(instructions)
        elif match := line.match(row):
            target = re.search(r"(\$L[\w$]+|\.L_\w+)", match[3])
            instructions.append(Instruction(match[2], target and BRANCH.match(match[2]) and target[1],
                                            bool(match[1])))
    return kernels


def is_free(instruction):
    return bool(PTX_FREE.match(instruction.operation) or instruction.operation == "NOP")


def find_blocks(instructions, labels):
    """Returns the indices of the first exponential of each straight run with a few of them."""
    cuts = set(labels.values()) | {i + 1 for i, at in enumerate(instructions)
                                   if at.target or LEAVES.match(at.operation)}
    found, n = [], 0
    for i, at in enumerate(instructions):
        n = 0 if i in cuts else n
        if EXPONENTIAL.match(at.operation):
            begin = i if n == 0 else begin
            n += 1
            if n == FEW:
                found.append(begin)
    return found


def find_way(instructions, labels, first, end, last, price):
    """Returns the indices from first up to end, not through what lies beyond last, with the least
    (instructions − price × exponentials). Branches backwards are not taken; None if there is none."""
    best = {end: (0, None)}
    for i in range(end - 1, first - 1, -1):
        at = instructions[i]
        cost = (not is_free(at)) - price * bool(EXPONENTIAL.match(at.operation))
        to = labels.get(at.target)
        after = [to] if to is not None and i < to <= end else []
        if i == last or (to is None and not LEAVES.match(at.operation)) or at.is_conditional:
            after.append(i + 1)
        ways = [(best[j][0] + cost, j) for j in after if j in best]
        if ways:
            best[i] = min(ways)
    if first not in best:
        return None
    indices, i = [], first
    while i != end:
        indices.append(i)
        i = best[i][1]
    return indices


def measure(instructions, labels, first, block, last):
    """The cheapest way round, through block, by Dinkelbach's method for the least ratio."""
    price = 0
    while True:
        ways = [find_way(instructions, labels, first, block, last, price),
                find_way(instructions, labels, block, last + 1, last, price)]
        if None in ways:
            return None
        way = [instructions[i] for i in ways[0] + ways[1]]
        n_instructions = sum(not is_free(at) for at in way)
        n_exponentials = sum(bool(EXPONENTIAL.match(at.operation)) for at in way)
        if price > 0 and n_instructions >= n_exponentials * price * (1 - 1e-9):
            names = (re.split(r"[.:]", at.operation)[0] for at in way if not is_free(at))
            return Loop(n_instructions, n_exponentials, collections.Counter(names))
        price = n_instructions / n_exponentials


def read_loops(text):
    """Returns {kernel: [Loop]}."""
    loops = {}
    for name, (instructions, labels) in read_kernels(text).items():
        ranges = sorted(((labels[at.target], i) for i, at in enumerate(instructions)
                         if at.target in labels and labels[at.target] <= i),
                        key=lambda r: r[1] - r[0])
        found = []
        for block in find_blocks(instructions, labels):
            around = (r for r in ranges if r[0] <= block <= r[1])
            ways = (measure(instructions, labels, first, block, last) for first, last in around)
            way = next((way for way in ways if way is not None), None)
            if way is not None and way not in found:
                found.append(way)
        loops[name] = found
    return loops


def demangle(names):
    try:
        run = subprocess.run(["c++filt"], input="\n".join(names), stdout=subprocess.PIPE,
                             encoding="utf-8", check=True)
    except (OSError, subprocess.CalledProcessError):
        return {name: name for name in names}
    return dict(zip(names, run.stdout.splitlines()))


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        kernels = read_loops(file.read())
    names = demangle(list(kernels))
    for kernel, loops in kernels.items():
        for loop in loops:
            if re.search(sys.argv[2] if len(sys.argv) > 2 else "", names[kernel]):
                most = ", ".join(f"{n} {what}" for what, n in loop.operations.most_common(12))
                print(f"{names[kernel]}: {loop.n_instructions / loop.n_exponentials:.2f}"
                      f" per exponential, {loop.n_exponentials} a round: {most}")


if __name__ == "__main__":
    main()
