#!/usr/bin/env python3
"""Drives `monge-cli reduce` and `monge-cli bench` from outside and prints TAP: see cli_driver.py.

Truth is plain loops in float64.
"""

import json
import math
import random
import subprocess
import sys

from cli_driver import (FAILED, PROGRAM, USAGE, all_close, close, load_npy, main, refuse, report, run,
                        save_cloud, tmp)


# --- formulas ---

def reduce(formula, *arguments, to="reduced.npy"):
    """Returns the shape and the values that were written."""
    run("reduce", formula, *arguments, "-o", tmp(to))
    return load_npy(tmp(to))


def refuse_formula(formula, *arguments, says=()):
    """A wrong formula: several lines, one of which is a caret alone."""
    done = subprocess.run([PROGRAM, "reduce", formula, *map(str, arguments), "--print"],
                          capture_output=True, timeout=60, check=False)
    err = done.stderr.decode()
    assert done.returncode == USAGE, f"{formula}: exit {done.returncode}: {err}"
    assert any(line.strip() == "^" for line in err.splitlines()), err
    for part in says:
        assert part in err, f"{formula}: {err!r} does not mention {part!r}"


def two_clouds():
    draw = random.Random(5)
    x, y = ([[draw.random() for _ in range(3)] for _ in range(n)] for n in (57, 41))
    return x, y, ("--x", save_cloud("x.npy", x), "--y", save_cloud("y.npy", y))


def test_reduce_sum():
    x, y, shapes = two_clouds()
    w = [[math.sin(j), math.cos(j)] for j in range(len(y))]
    given = (*shapes, "--param", "s=0.3", "--var-j", f"w={save_cloud('w.npy', w)}")
    wanted = [sum(math.exp(-math.dist(p, q) ** 2 / (2 * 0.3 ** 2)) * v[d] for q, v in zip(y, w))
              for p in x for d in range(2)]
    formula = "sum_j exp(-sqdist(x,y)/(2*s^2)) * w"
    for flags, tolerance in ((["--float64"], 1e-13), ([], 1e-6), (["--generic"], 1e-6)):
        shape, got = reduce(formula, *given, *flags)
        assert shape == (57, 2), shape
        all_close(got, wanted, tolerance, flags)
    about = report("reduce", formula, *given, "--generic", "--repeat", 3)
    assert about["tuned"] is False and about["instructions_per_pair"] > 0, about
    assert (about["n"], about["m"], about["pairs"]) == (57, 41, 57 * 41), about
    assert about["precision"] == "float32" and about["backend"] == "cpu", about
    close(about["pairs_per_second"], about["pairs"] / about["seconds"], 1, "pairs per second")
    assert report("reduce", "logsumexp_j(-sqdist(x,y)/s)", *given)["tuned"] is True


def test_reduce_over_rows():
    x, y, shapes = two_clouds()
    wanted = [math.log(sum(math.exp(-math.dist(p, q)) for p in x)) for q in y]
    shape, got = reduce("logsumexp_i(-dist(x,y))", *shapes, "--float64")
    assert shape == (41,), shape
    all_close(got, wanted, 1e-13, "log-sum-exp over i")


def test_reduce_indices():
    x, y, shapes = two_clouds()
    wanted = [j for p in x for j in sorted(range(41), key=lambda j: math.dist(p, y[j]))[:4]]
    for flags in ([], ["--generic"], ["--float64"], ["--pairs", "radius=2"]):
        shape, got = reduce("argkmin_j(sqdist(x,y), 4)", *shapes, *flags)
        assert shape == (57, 4) and got.typecode == "q", (shape, got.typecode)
        assert list(got) == wanted, flags
    run("reduce", "argmin_j(sqdist(x,y))", *shapes, "-o", tmp("nearest.csv"))
    assert tmp("nearest.csv").read_text().split() == [str(j) for j in wanted[::4]]


def test_reduce_pairs():
    x, y, shapes = two_clouds()
    wanted = [sum(math.dist(p, q) <= 0.25 for q in y) for p in x]
    formula = "sum_j step(r^2 - sqdist(x,y))"
    for flags in ([], ["--pairs", "radius=0.25"]):
        _, got = reduce(formula, *shapes, "--param", "r=0.25", *flags)
        assert list(got) == wanted, flags
    dense, sparse = (report("reduce", formula, "--x", "example:sphere", "--param", "r=0.1", *flags)
                     for flags in ([], ["--pairs", "radius=0.1"]))
    assert sparse["pairs"] < 0.2 * dense["pairs"], (sparse["pairs"], dense["pairs"])
    formula = ("logsumexp_j(-sqdist(x,y)/s)", "--x", "example:sphere", "--param", "s=0.01")
    _, whole = reduce(*formula)
    _, cut = reduce(*formula, "--cutoff", 30, to="cut.npy")
    all_close(cut, whole, 1e-5, "cutoff")


def test_reduce_gradient():
    x, y, shapes = two_clouds()
    terms = [[math.exp(-math.dist(p, q) ** 2 / 0.1) for q in y] for p in x]
    wanted = [sum(t * 2 * (q[d] - p[d]) / 0.1 for t, q in zip(row, y)) / sum(row)
              for p, row in zip(x, terms) for d in range(3)]
    formula = "logsumexp_j(-sqdist(x,y)/s)"
    given = (*shapes, "--param", "s=0.1", "--float64")
    shape, got = reduce(formula, *given, "--gradient", "x")
    assert shape == (57, 3), shape
    all_close(got, wanted, 1e-12, "by x")
    shape, got = reduce(formula, *given, "--gradient", "y")
    wanted = [sum(row[j] / sum(row) * 2 * (p[d] - q[d]) / 0.1 for p, row in zip(x, terms))
              for j, q in enumerate(y) for d in range(3)]
    assert shape == (41, 3), shape
    all_close(got, wanted, 1e-12, "by y")
    shape, got = reduce(formula, *given, "--gradient", "s")
    wanted = [sum(t / sum(row) * math.dist(p, q) ** 2 / 0.01 for p, row in zip(x, terms)
                  for t, q in zip(row, y))]
    assert shape == (1,), shape
    all_close(got, wanted, 1e-12, "by s")
    refuse("reduce", formula, *given, "--gradient", "q", "--print", code=FAILED, says=["q"])


def test_reduce_gradient_of_means_and_extrema():
    """A mean's terms are counted, and the nearest are found again whatever finds them first."""
    x, y, shapes = two_clouds()
    nearest = [min(y, key=lambda q, p=p: math.dist(p, q)) for p in x]
    minimum = [2 * (p[d] - q[d]) for p, q in zip(x, nearest) for d in range(3)]
    mean = [sum(2 * (q[d] - p[d]) for p in x) / len(y) for q in y for d in range(3)]
    for flags in (["--float64"], [], ["--generic"]):
        _, got = reduce("min_j sqdist(x,y)", *shapes, "--gradient", "x", *flags)
        all_close(got, minimum, 1e-5, flags)
        _, got = reduce("mean_j sqdist(x,y)", *shapes, "--gradient", "y", *flags)
        all_close(got, mean, 1e-5, flags)


def test_reduce_names():
    _, got = reduce("sum_j a * b * m", "--x", "example:sphere", "--y", "example:torus")
    all_close([sum(got)], [3072], 1e-6, "weights of mass 1")
    _, got = reduce("mean_j dot(x, nx)", "--x", "example:sphere", "--float64")
    all_close(got, [1.0] * len(got), 1e-2, "normals of the sphere")
    tmp("named.ply").write_text(
        "ply\nformat ascii 1.0\nelement vertex 2\nproperty float x\nproperty float y\n"
        "property float z\nproperty float heat-flux\nend_header\n0 0 0 3\n1 0 0 5\n")
    _, got = reduce("sum_j x_heat_flux * y_heat_flux", "--x", tmp("named.ply"))
    assert list(got) == [24, 40], got
    shape, got = reduce("sum_j v * a * x", "--x", tmp("named.ply"), "--param", "v=1,2,3",
                        "--param", "x=2")
    assert shape == (2, 3) and list(got) == [2, 4, 6, 2, 4, 6], (shape, got)


def test_reduce_greek():
    _, _, shapes = two_clouds()
    _, got = reduce("sum_j 0 * y[0] + σ", *shapes, "--param", "σ=2", "--float64")
    assert list(got) == [82] * len(got), got


def test_reduce_wrong():
    _, _, shapes = two_clouds()
    refuse_formula("sum_j expp(x)", *shapes, says=["column 7", "exp", "Names here"])
    refuse_formula("sum_j (x", *shapes)
    refuse_formula("sum_j x - q", *shapes, says=["q"])
    refuse_formula("x", *shapes)
    refuse_formula("sum_j dot(x, s)", *shapes, "--param", "s=1,2", says=["3", "2"])
    refuse("reduce", "sum_j x", "-o", tmp("o.npy"), says=["--x"])
    refuse("reduce", "sum_j x", *shapes, says=["-o"])
    refuse("reduce", "sum_j x", *shapes, "-o", tmp("o.ply"), says=[".npy"])
    refuse("reduce", "sum_j x", *shapes, "--print", "--pairs", "nearest=3", says=["radius"])
    refuse("reduce", *shapes, "--print", says=["FORMULA"])
    refuse("reduce", "sum_j nx", *shapes, "--print", code=FAILED, says=["normals"])
    refuse("reduce", "sum_j s", *shapes, "--print", "--param", "s=two", code=FAILED, says=["two"])
    refuse("reduce", "sum_j s", *shapes, "--print", "--param", "s=1", "--param", "s=2",
           code=FAILED, says=["twice"])
    refuse("reduce", "sum_j w", *shapes, "--print", "--var-i", f"w={tmp('y.npy')}", code=FAILED,
           says=["41", "57"])
    refuse("reduce", "sum_j x", "--x", tmp("nothing.ply"), "--print", code=FAILED,
           says=["nothing.ply"])


# --- the bench ---

def test_bench():
    names = [line.split()[0] for line in run("bench", "--list").splitlines()]
    for name in ("gaussian-sum-1e5", "lse-1e5", "lse-p1-1e5", "sinkhorn-1e3", "sinkhorn-1e4",
                 "sinkhorn-1e5", "sinkhorn-1e6", "sinkhorn-1e4-tight", "knn-1e5-k10"):
        assert name in names, names
    refuse("bench", "sinkhorn-1e9", says=["sinkhorn-1e9", "sinkhorn-1e6"])
    rows = json.loads(run("bench", "--quick", "sinkhorn-1e3", "energy-1e4", "--json", "-"))
    assert [row["case"] for row in rows] == ["sinkhorn-1e3", "energy-1e4"], rows
    for row in rows:
        assert row["dimension"] == 3 and row["n"] == row["m"] and row["n_runs"] >= 3, row
        assert 0 < row["seconds_best"] <= row["seconds"] and 0 < row["error"], row
        assert row["error_of"] == "gradient" and row["backend"] and row["instruction_set"], row
    assert rows[0]["error"] < 3e-2 and rows[1]["error"] < 1e-5, rows
    assert rows[0]["converged"] is True and rows[0]["iterations"] > 0
    close(rows[1]["pairs_per_second"], 3e8 / rows[1]["seconds"], 1, "pairs per second")


if __name__ == "__main__":
    sys.exit(main(globals()))
