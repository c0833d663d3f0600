#!/usr/bin/env python3
"""What the compiler made of the kernels stays within what they were designed for; no card is needed.

    test-gpu-ceilings.py BUILD/…/cuda SOURCE/…/cuda NVCC ARGUMENT...      TAP

Reads *.ptxas of the first folder, which the build wrote (see compute/backend/cuda/nvcc.py):
registers, stack, spills and static shared memory of each kernel for each card. Then compiles the
files of HOT to PTX and counts the instructions per pair, as loops.py does; machine code too if
nvdisasm can be found, in $NVDISASM or in PATH. A ceiling is raised by whoever can say why the code
became worse.
"""

import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import loops

# Kernels by name: registers, bytes of stack (where spills go), bytes of static shared memory. The
# first line that matches counts. A multiprocessor has 65,536 registers: with 128 of them it runs 512
# threads at once, with 96 640. MongeLoop<kernel, operation, dimension, …>, see walk.h: kernels are
# Gaussian, Laplacian and distance, operations logarithm, moment, sum, four sums, sum with moment.
Ceiling = collections.namedtuple("Ceiling", "pattern registers stack shared")
CEILINGS = [
    # Softmins and Gaussian sums in two and three dimensions: what solvers and flows live on.
    Ceiling(r"monge_sum_rows<MongeLoop<0, [02], [23], ", 96, 0, 13312),
    Ceiling(r"monge_sum_rows<MongeLoop<\d, \d, [236], ", 128, 0, 25600),
    Ceiling(r"monge_sum_rows<MongeLoop<\d, \d, 10, ", 128, 0, 35840),
    # Rows computed once more, few.
    Ceiling(r"sum_again<MongeLoop<\d, \d, [23], ", 128, 0, 48 << 10),
    Ceiling(r"sum_again<MongeLoop<\d, \d, \d+, ", 160, 0, 48 << 10),
    # Thirty-two squared distances at a time.
    Ceiling(r"find_nearest", 128, 0, 4096),
    Ceiling(r"run_step", 128, 0, 2048),
    # Passes over rows and columns, bound by memory.
    Ceiling(r"\b(add_totals|find_largest|finish_rows|fit_boxes|get_terms|join_boxes|merge_lists|"
            r"pack_columns|scale_weights|store_part|turn_points)\b", 72, 0, 4096),
]

# Of 96 registers some would be spilled there: those kernels are allowed more, see n_resident.
MORE_REGISTERS = { ("sm_80", 96): 128 }

# Loops: file, kernel, what is counted, instructions per pair of the best and of the worst of its
# forms (for Gaussians the product and the difference form), in PTX as in machine code.
Hot = collections.namedtuple("Hot", "file pattern name best worst")
HOT = [
    Hot("sums-gaussian.cu", r"sum_rows<MongeLoop<0, 2, 3, ", "Gaussian sum", 6, 9),
    Hot("sums-gaussian.cu", r"sum_rows<MongeLoop<0, 0, 3, ", "softmin, p = 2", 6, 10),
    Hot("sums-gaussian.cu", r"sum_rows<MongeLoop<0, 1, 3, ", "softmin with slope, p = 2", 9, 13),
    Hot("sums-gaussian.cu", r"sum_rows<MongeLoop<0, 4, 3, ", "Gaussian sum with slope", 10, 13),
    Hot("sums-distance.cu", r"sum_rows<MongeLoop<1, 2, 3, ", "Laplacian sum", 12, 12),
    Hot("sums-distance.cu", r"sum_rows<MongeLoop<1, 0, 3, ", "softmin, p = 1", 12.5, 12.5),
]

ENTRY = re.compile(r"Compiling entry function '(\S+)' for '(\w+)'")
PROPERTIES = re.compile(r"Function properties for (\S+)")
STACK = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")
USED = re.compile(r"Used (\d+) registers")
SHARED = re.compile(r"(\d+) bytes smem")
ARCHITECTURE = "90" # whose loops are counted


class Kernel:
    def __init__(self, name, card):
        self.name, self.card = name, card
        self.registers = self.stack = self.spills = self.shared = 0

    def __str__(self):
        return (f"{self.name} for {self.card}: {self.registers} registers, {self.stack} bytes of"
                f" stack, {self.spills} spilled, {self.shared} shared")


def read_report(text):
    """Returns a list of kernels. Functions that were not inlined count to the kernel before them."""
    kernels = []
    for line in text.splitlines():
        if match := ENTRY.search(line):
            kernels.append(Kernel(*match.groups()))
        elif kernels and (match := STACK.search(line)):
            kernels[-1].stack = max(kernels[-1].stack, int(match[1]))
            kernels[-1].spills += int(match[2]) + int(match[3])
        elif kernels and (match := USED.search(line)):
            kernels[-1].registers = int(match[1])
            shared = SHARED.search(line)
            kernels[-1].shared = int(shared[1]) if shared else 0
    return kernels


def judge(kernels, ceilings):
    """Yields what is above its ceiling, kernels without one and ceilings without a kernel."""
    used = set()
    for kernel in kernels:
        ceiling = next((c for c in ceilings if re.search(c.pattern, kernel.name)), None)
        used.add(ceiling)
        if ceiling is None:
            yield f"no ceiling for {kernel}"
            continue
        registers = MORE_REGISTERS.get((kernel.card, ceiling.registers), ceiling.registers)
        if (kernel.registers > registers or kernel.stack > ceiling.stack
                or kernel.shared > ceiling.shared or (kernel.spills > 0 and ceiling.stack == 0)):
            yield f"{kernel}; allowed are {ceiling[1:]}"
    yield from (f"no kernel is named {c.pattern}" for c in ceilings if c not in used)


def compile_text(command, source, name):
    """Returns PTX, and what nvdisasm says of machine code or None."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "out")
        base = [*command, str(source / name), "-o", str(out)]
        subprocess.run([*base, "-ptx", f"-arch=compute_{ARCHITECTURE}"], check=True)
        ptx = out.read_text(encoding="utf-8")
        nvdisasm = os.environ.get("NVDISASM") or shutil.which("nvdisasm")
        if not nvdisasm:
            return ptx, None
        subprocess.run([*base, "-cubin", f"-arch=sm_{ARCHITECTURE}"], check=True)
        run = subprocess.run([nvdisasm, "-c", str(out)], check=True, stdout=subprocess.PIPE)
        return ptx, run.stdout.decode()


def judge_loops(text, hot):
    """Returns the figures of one kernel's loops in words, and what is wrong with them."""
    kernels = loops.read_loops(text)
    names = loops.demangle(list(kernels))
    matching = [name for name in kernels if re.search(hot.pattern, names[name])]
    if len(matching) != 1:
        return "", [f"{len(matching)} kernels are named {hot.pattern}"]
    rates = sorted(at.n_instructions / at.n_exponentials for at in kernels[matching[0]])
    if not rates:
        return "", [f"{hot.name} has no loop with exponentials"]
    figures = " and ".join(f"{rate:.2f}" for rate in rates)
    is_above = rates[0] > hot.best or rates[-1] > hot.worst
    return figures, [f"allowed are {hot.best} and {hot.worst}"] if is_above else []


PLANTED_REPORT = """
ptxas info    : Compiling entry function 'a' for 'sm_90'
ptxas info    : Function properties for a
    16 bytes stack frame, 8 bytes spill stores, 8 bytes spill loads
ptxas info    : Used 40 registers, used 1 barriers, 16 bytes cumulative stack size, 4096 bytes smem
"""
# Six instructions and one exponential a round, two more where a rare case is taken.
PLANTED_LOOP = """
.visible .entry a(
{
$L__BB0_1:
 ld.shared.f32  %f1, [%r1];
""" + "\n".join(""" neg.ftz.f32  %f2, %f1;
 fma.rn.ftz.f32  %f3, %f2, %f2, %f1;
 ex2.approx.ftz.f32  %f4, %f3;
 add.ftz.f32  %f5, %f5, %f4;
 setp.lt.s32  %p2, %r5, %r9;""" for _ in range(loops.FEW)) + """
 @%p2 bra  $L__BB0_2;
 mul.ftz.f32  %f5, %f5, %f6;
 mul.ftz.f32  %f7, %f7, %f6;
$L__BB0_2:
 @%p1 bra  $L__BB0_1;
 ret;
}
"""


def check_self():
    """Every kind of excess is seen."""
    kernels = read_report(PLANTED_REPORT)
    for ceiling, n_wrong in [(Ceiling("a", 40, 16, 4096), 0), (Ceiling("a", 39, 16, 4096), 1),
                             (Ceiling("a", 40, 8, 4096), 1), (Ceiling("a", 40, 0, 4096), 1),
                             (Ceiling("a", 40, 16, 2048), 1), (Ceiling("b", 40, 16, 4096), 2)]:
        if len(list(judge(kernels, [ceiling]))) != n_wrong:
            yield f"{ceiling} gives something else than {n_wrong} complaints"
    n = (4 * loops.FEW + 3) / loops.FEW
    for best, n_wrong in [(n, 0), (n - 0.01, 1)]:
        figures, wrong = judge_loops(PLANTED_LOOP, Hot("", "^a$", "planted", best, 99))
        if len(wrong) != n_wrong:
            yield f"a loop of {n} instructions per pair is taken for {figures}"


def main():
    build, source, command = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]
    reports = sorted(build.glob("*.ptxas"))
    kernels = [kernel for path in reports for kernel in read_report(path.read_text(encoding="utf-8"))]
    names = loops.demangle([kernel.name for kernel in kernels])
    for kernel in kernels:
        kernel.name = names[kernel.name]
    tests = [("planted excesses are found", list(check_self()))]
    if kernels:
        cards = sorted({kernel.card for kernel in kernels})
        tests.append((f"{len(kernels)} kernels for {', '.join(cards)} are within their ceilings",
                      list(judge(kernels, CEILINGS))))
    else: # PTX alone
        tests.append(("kernels are within their ceilings # SKIP no machine code was built", []))
    for name in sorted({hot.file for hot in HOT}):
        ptx, code = compile_text(command, source, name)
        for hot in (hot for hot in HOT if hot.file == name):
            for kind, text in (("PTX", ptx), ("machine code", code)):
                if text:
                    figures, wrong = judge_loops(text, hot)
                    tests.append((f"{hot.name}, D = 3, {kind}: {figures} instructions per pair",
                                  wrong))
    print(f"1..{len(tests)}")
    for number, (name, wrong) in enumerate(tests, 1):
        print(f"{'not ok' if wrong else 'ok'} {number} - {name}")
        for line in wrong:
            print(f"# {line}")
    return int(any(wrong for _, wrong in tests))


if __name__ == "__main__":
    sys.exit(main())
