#!/usr/bin/env python3
"""Times what others offer beside monge-cli, on the same inputs and in the same run.

    peers.py PROGRAM [--n N] [--knn N] [--runs R] [--folder DIR] [TASK...]

TASK is one of sum, softmin, loss, norms, knn, knn50; all of them by default. Peers are KeOps and
GeomLoss (pip install torch pykeops geomloss) and nanoflann (apt install libnanoflann-dev g++); what
is not installed is named and left out. Times are medians of R runs after a warm-up, compilation
excluded, everything on the CPU with all its threads. Ours is "seconds" of the command's report: the
work itself, without starting the program and reading the file, as for the others.

Errors are against float64: of sums, |got - true| / sum of |terms|; of gradients, relative L2. Ratios
are theirs over ours. A loss that takes more time to be more exact has several lines; the ratio is
given at the first of theirs whose gradient is within 1e-2.
"""

import argparse
import array
import json
import math
import pathlib
import random
import statistics
import struct
import subprocess
import sys
import tempfile
import time

try:
    import torch
except ImportError:
    torch = None
try:
    from pykeops.torch import LazyTensor
except Exception:  # it also fails where no compiler is found
    LazyTensor = None
try:
    from geomloss import SamplesLoss
except ImportError:
    SamplesLoss = None

BLUR, WIDTH = 0.05, 0.1


# --- inputs: made here, rounded to float32, written for monge-cli ---

def cube(n, dim, seed):
    source = random.Random(seed)
    return array.array("f", (source.random() for _ in range(n * dim)))


def sphere(n, seed, deformed):
    source, points = random.Random(seed), array.array("f")
    for _ in range(n):
        u = [source.gauss(0, 1) for _ in range(3)]
        length = math.hypot(*u)
        u = [c / length for c in u]
        if deformed:
            r = 0.3 * (1 + 0.2 * math.sin(3 * math.atan2(u[1], u[0])) * math.hypot(u[0], u[1]))
            u = [0.54 + r * u[0], 0.5 + 1.1 * r * u[1], 0.45 + 0.95 * r * u[2]]
        else:
            u = [0.5 + 0.35 * c for c in u]
        points.extend(u)
    return points


def save_npy(path, values, dim):
    shape = (len(values) // dim, dim) if dim > 1 else (len(values),)
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(10 + len(header) + 1) % 64) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
                     + values.tobytes())
    return path


def load_npy(path):
    data = path.read_bytes()
    start = 10 + struct.unpack("<H", data[8:10])[0]
    return array.array("d", data[start:])


def tensor(values, dim, dtype=None):
    flat = torch.tensor(values, dtype=dtype or torch.float32)
    return flat.reshape(-1, dim).contiguous()


# --- clocks ---

class Bench:
    def __init__(self, options, folder):
        self.program, self.runs, self.folder = options.program, options.runs, folder
        self.n, self.n_knn = options.n, options.knn

    def path(self, name):
        return self.folder / name

    def ours(self, *arguments, repeat=None):
        """Returns the median of "seconds" and the last report."""
        reports = []
        for _ in range(repeat or self.runs):
            done = subprocess.run([self.program, *map(str, arguments), "--json", "-"],
                                  capture_output=True, check=False)
            if done.returncode != 0:
                raise RuntimeError(done.stderr.decode().strip())
            reports.append(json.loads(done.stdout))
        return statistics.median(report["seconds"] for report in reports), reports[-1]

    def theirs(self, function):
        """Returns the median time and the last result. What takes long runs less often."""
        times = []
        for _ in range(self.runs + 1):
            start = time.perf_counter()
            result = function()
            times.append(time.perf_counter() - start)
            if sum(times[1:]) > 20:
                break
        return statistics.median(times[1:]), result


def show(task, name, seconds, error, ratio=None, note=""):
    ratio = "" if ratio is None else f"{ratio:8.1f}"
    error = "" if error is None else f"{error:9.1e}"
    print(f"{task:<22} {name:<26} {seconds:10.4g} {error:>9} {ratio:>8}  {note}".rstrip(),
          flush=True)


# --- sums ---

ROWS = 200


def sum_truth(x, y, log_terms, b):
    """Float64 sums of b exp(F) and of |b| exp(F) on some rows."""
    rows = torch.arange(0, len(x), max(1, len(x) // ROWS))[:ROWS]
    terms = torch.exp(log_terms(x[rows].double()[:, None, :], y.double()[None, :, :]))
    return rows, (terms * b.double()).sum(1), (terms * b.double().abs()).sum(1)


def error_of(got, truth, size):
    return float(((got.double().flatten() - truth).abs() / size).max())


def run_sum(bench):
    n = bench.n
    x, y, b = cube(n, 3, 1), cube(n, 3, 2), array.array("f", cube(n, 1, 3))
    paths = [save_npy(bench.path(f"{name}.npy"), values, dim)
             for name, values, dim in (("x", x, 3), ("y", y, 3), ("b", b, 1))]
    out = bench.path("sum.npy")
    formula = "sum_j exp(-sqdist(x,y)/(2*s^2)) * w"
    tx, ty, tb = tensor(x, 3), tensor(y, 3), tensor(b, 1)
    rows, truth, size = sum_truth(
        tx, ty, lambda u, v: -((u - v) ** 2).sum(2) / (2 * WIDTH ** 2), tb.flatten())
    for flags, name in (((), "monge-cli"), (("--generic",), "monge-cli, interpreted")):
        seconds, _ = bench.ours("reduce", formula, "--x", paths[0], "--y", paths[1], "--var-j",
                                f"w={paths[2]}", "--param", f"s={WIDTH}", "-o", out, "--repeat", 10,
                                *flags, repeat=1)
        got = torch.tensor(load_npy(out), dtype=torch.float64)[rows]
        show(f"Gaussian sum {n:g}", name, seconds, error_of(got, truth, size))
        ours = seconds if not flags else ours
    if LazyTensor is None:
        return
    xi, yj = LazyTensor(tx[:, None, :]), LazyTensor(ty[None, :, :])
    kernel = (-((xi - yj) ** 2).sum(-1) / (2 * WIDTH ** 2)).exp()
    seconds, got = bench.theirs(lambda: kernel @ tb)
    show("", "KeOps", seconds, error_of(got[rows], truth, size), seconds / ours)


def run_softmin(bench):
    n = bench.n
    x, y = cube(n, 3, 1), cube(n, 3, 2)
    h = array.array("f", (0.02 * c for c in cube(n, 1, 3)))
    paths = [save_npy(bench.path(f"{name}.npy"), values, dim)
             for name, values, dim in (("x", x, 3), ("y", y, 3), ("h", h, 1))]
    out = bench.path("softmin.npy")
    tx, ty, th = tensor(x, 3), tensor(y, 3), tensor(h, 1)
    log_terms = lambda u, v: ((th.double().flatten() - ((u - v) ** 2).sum(2) / 2) / BLUR ** 2)
    rows, truth, size = sum_truth(tx, ty, log_terms, torch.ones(n))
    seconds, _ = bench.ours("reduce", "logsumexp_j((h - sqdist(x,y)/2)/s^2)", "--x", paths[0],
                            "--y", paths[1], "--var-j", f"h={paths[2]}", "--param", f"s={BLUR}",
                            "-o", out, "--repeat", 10, repeat=1)
    got = torch.tensor(load_npy(out), dtype=torch.float64)[rows].exp()
    show(f"softmin p = 2 {n:g}", "monge-cli", seconds, error_of(got, truth, size))
    if LazyTensor is None:
        return
    xi, yj, hj = (LazyTensor(tx[:, None, :]), LazyTensor(ty[None, :, :]), LazyTensor(th[None]))
    formula = (hj - ((xi - yj) ** 2).sum(-1) / 2) / BLUR ** 2
    theirs, got = bench.theirs(lambda: formula.logsumexp(dim=1))
    show("", "KeOps", theirs, error_of(got[rows].double().exp(), truth, size), theirs / seconds)


# --- losses ---

def dual(x, y, epsilon, is_self):
    """The mean of y under the optimal plan from each x, float64, uniform weights: scaling updates
    on the kernel exp((f + g - C) / epsilon), over-relaxed, whose potentials are absorbed now and
    then. Shares no code with the programs that are timed."""
    cost = torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist") ** 2 / 2
    f, g = torch.zeros(len(x), 1).double(), torch.zeros(1, len(y)).double()
    e = float(cost.max())
    while e > epsilon:
        e = max(e / 4, epsilon)
        f = -e * torch.logsumexp((g - cost) / e - math.log(len(y)), 1, keepdim=True)
        g = f.T if is_self else -e * torch.logsumexp((f - cost) / e - math.log(len(x)), 0,
                                                     keepdim=True)
    for _ in range(40):
        kernel = torch.exp((f + g - cost) / epsilon)
        u, v = torch.ones_like(f), torch.ones_like(g)
        for k in range(20):
            u_next = 1 / (kernel @ v.T / len(y))
            error = float((u / u_next - 1).abs().mean())
            if is_self:
                u = (u * u_next).sqrt()
                v = u.T
                continue
            u = u * (u_next / u) ** (1.8 if k > 2 else 1)
            v_next = 1 / (u.T @ kernel / len(x))
            v = v * (v_next / v) ** (1.8 if k > 2 else 1)
        f, g = f + epsilon * u.log(), g + epsilon * v.log()
        if error < 1e-8:
            break
    plan = torch.exp((f + g - cost) / epsilon)
    return plan @ y / plan.sum(1, keepdim=True)


def gradient_error(got, truth):
    return float((got.double() - truth).norm() / truth.norm())


def run_loss(bench):
    if torch is None:
        return
    for n in (bench.n // 10, bench.n):
        x, y = sphere(n, 1, False), sphere(n, 2, True)
        paths = [save_npy(bench.path(f"{name}.npy"), values, 3)
                 for name, values in (("x", x), ("y", y))]
        tx, ty = tensor(x, 3), tensor(y, 3)
        truth = (dual(tx.double(), tx.double(), BLUR ** 2, True)
                 - dual(tx.double(), ty.double(), BLUR ** 2, False)) / n
        ours = None
        for tol in (1e-2, 1e-3):
            out = bench.path("gradient.npy")
            seconds, report = bench.ours("loss", *paths, "--blur", BLUR, "--tol", tol,
                                         "--gradient", out)
            error = gradient_error(torch.tensor(load_npy(out)).reshape(-1, 3), truth)
            show(f"loss + gradient {n:g}", f"monge-cli, tol {tol:g}", seconds, error,
                 note=f"{report['iterations']} iterations")
            if error <= 1e-2 and ours is None:
                ours = seconds
        geomloss(bench, tx, ty, truth, ours)


def geomloss(bench, x, y, truth, ours):
    if SamplesLoss is None or (LazyTensor is None and len(x) > 5000):
        return
    backend = "tensorized" if LazyTensor is None or len(x) <= 1000 else "online"
    for scaling in (0.5, 0.9, 0.99, 0.999):
        loss = SamplesLoss("sinkhorn", p=2, blur=BLUR, scaling=scaling, backend=backend)

        def evaluate():
            points = x.clone().requires_grad_(True)
            value = loss(points, y)
            return torch.autograd.grad(value, points)[0]

        seconds, got = bench.theirs(evaluate)
        error = gradient_error(got, truth)
        is_equal = error <= 1e-2
        show("", f"GeomLoss, scaling {scaling:g}", seconds, error,
             seconds / ours if ours is not None else None,
             "" if is_equal else "not at equal error: theirs is above 1e-2")
        if is_equal or seconds > 30:
            break
    else:
        print(f"{'':<22} GeomLoss does not reach 1e-2 at any scaling tried", flush=True)


def norm_truth(name, x, y):
    points = x.double().requires_grad_(True)

    def kernel(u, v):
        square = ((u[:, None, :] - v[None, :, :]) ** 2).sum(2)
        if name == "gaussian":
            return torch.exp(-square / (2 * BLUR ** 2))
        distance = torch.where(square > 0, square, torch.ones_like(square)).sqrt() * (square > 0)
        return -distance if name == "energy" else torch.exp(-distance / BLUR)

    rows = torch.arange(0, len(x), max(1, len(x) // ROWS))[:ROWS]
    some = points[rows]
    value = (kernel(some, x.double()).sum() / len(x) ** 2
             - kernel(some, y.double()).sum() / (len(x) * len(y)))
    return rows, torch.autograd.grad(value, points)[0][rows]


def run_norms(bench):
    n = bench.n
    x, y = sphere(n, 1, False), sphere(n, 2, True)
    paths = [save_npy(bench.path(f"{name}.npy"), values, 3) for name, values in (("x", x), ("y", y))]
    tx, ty = tensor(x, 3), tensor(y, 3)
    for name in ("energy", "laplacian", "gaussian"):
        out = bench.path("gradient.npy")
        rows, truth = norm_truth(name, tx, ty)
        ours, _ = bench.ours("loss", *paths, "--loss", name, "--blur", BLUR, "--gradient", out)
        got = torch.tensor(load_npy(out)).reshape(-1, 3)[rows]
        show(f"{name} norm {n:g}", "monge-cli", ours, gradient_error(got, truth))
        if SamplesLoss is None or LazyTensor is None:
            continue
        loss = SamplesLoss(name, blur=BLUR, backend="online")

        def evaluate():
            points = tx.clone().requires_grad_(True)
            return torch.autograd.grad(loss(points, ty), points)[0]

        seconds, got = bench.theirs(evaluate)
        show("", "GeomLoss", seconds, gradient_error(got[rows], truth), seconds / ours)


# --- neighbours ---

NANOFLANN = r"""
#include <nanoflann.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>
struct Cloud {
  std::vector<float> x;
  size_t kdtree_get_point_count () const { return x.size () / 3; }
  float kdtree_get_pt (size_t i, size_t d) const { return x[3 * i + d]; }
  template <class B> bool kdtree_get_bbox (B &) const { return false; }
};
int main (int argc, char **argv)
{
  typedef nanoflann::KDTreeSingleIndexAdaptor<nanoflann::L2_Simple_Adaptor<float, Cloud>, Cloud, 3,
                                              size_t> Tree;
  const size_t k = 10, n = atol (argv[2]);
  Cloud cloud;
  cloud.x.resize (3 * n);
  FILE *file = fopen (argv[1], "rb");
  if (!file || fseek (file, -(long) (12 * n), SEEK_END) || fread (cloud.x.data (), 12, n, file) != n)
    return 1;
  std::vector<size_t> index (k * n);
  std::vector<float> square (k * n);
  for (int run = 0; run < atoi (argv[3]) + 1; run++)
    {
      auto start = std::chrono::steady_clock::now ();
      Tree tree (3, cloud, nanoflann::KDTreeSingleIndexAdaptorParams (10));
      tree.buildIndex ();
#pragma omp parallel for schedule(dynamic, 256)
      for (size_t i = 0; i < n; i++)
        tree.knnSearch (&cloud.x[3 * i], k, &index[k * i], &square[k * i]);
      std::chrono::duration<double> took = std::chrono::steady_clock::now () - start;
      if (run > 0)
        printf ("%.6f\n", took.count ());
    }
}
"""


def nanoflann(bench, path, n):
    source, program = bench.path("nanoflann.cpp"), bench.path("nanoflann")
    source.write_text(NANOFLANN)
    try:
        done = subprocess.run(["g++", "-O3", "-march=native", "-fopenmp", source, "-o", program],
                              capture_output=True, check=False)
    except FileNotFoundError:
        return None
    if done.returncode != 0:
        print("# nanoflann: the program that times it does not compile here", flush=True)
        return None
    done = subprocess.run([program, path, str(n), str(bench.runs)], capture_output=True, check=True)
    return statistics.median(float(line) for line in done.stdout.split())


def run_neighbours(bench, n, dim, flat):
    points = cube(n, dim, 1)
    path = save_npy(bench.path("points.npy"), points, dim)
    out = bench.path("knn.csv")
    ours, _ = bench.ours("knn", path, "-k", 10, "-o", out)
    show(f"10 nearest, D = {dim} {n:g}", "monge-cli", ours, None)
    if dim == 3:
        seconds = nanoflann(bench, path, n)
        if seconds is not None:
            show("", "nanoflann", seconds, None, seconds / ours)
    if LazyTensor is None:
        return
    x = tensor(points, dim)
    square = ((LazyTensor(x[:, None, :]) - LazyTensor(x[None, :, :])) ** 2).sum(-1)
    seconds, _ = bench.theirs(lambda: square.argKmin(10, dim=1))
    show("", "KeOps", seconds, None, seconds / ours)


TASKS = {
    "sum": run_sum,
    "softmin": run_softmin,
    "loss": run_loss,
    "norms": run_norms,
    "knn": lambda bench: run_neighbours(bench, bench.n_knn, 3, True),
    "knn50": lambda bench: run_neighbours(bench, max(1, bench.n_knn // 5), 50, False),
}


def say_missing():
    if torch is None:
        print("# torch is not installed: pip install torch. Errors need it: only knn is timed.")
    if LazyTensor is None:
        print("# KeOps is not installed: pip install pykeops (it needs g++)")
    if SamplesLoss is None:
        print("# GeomLoss is not installed: pip install geomloss")
    if not pathlib.Path("/usr/include/nanoflann.hpp").exists():
        print("# nanoflann is not installed: apt install libnanoflann-dev g++")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="path of monge-cli")
    parser.add_argument("tasks", nargs="*", metavar="TASK", help=", ".join(TASKS))
    parser.add_argument("--n", type=int, default=10000, help="points of sums and losses [10000]")
    parser.add_argument("--knn", type=int, default=100000, help="points of neighbours [100000]")
    parser.add_argument("--runs", type=int, default=5, help="[5]")
    options = parser.parse_intermixed_args()
    for task in options.tasks:
        if task not in TASKS:
            parser.error(f"there is no task {task}; there are {', '.join(TASKS)}")
    say_missing()
    print(f"{'# task':<22} {'program':<26} {'seconds':>10} {'error':>9} {'theirs/ours':>8}")
    with tempfile.TemporaryDirectory(prefix="monge-peers-") as folder:
        bench = Bench(options, pathlib.Path(folder))
        for task in options.tasks or TASKS:
            if torch is None and not task.startswith("knn"):
                continue
            try:
                TASKS[task](bench)
            except RuntimeError as error:
                print(f"# {task}: {error}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
