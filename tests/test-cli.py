#!/usr/bin/env python3
"""Drives monge-cli from outside and prints TAP: see cli_driver.py."""

import json
import math
import pathlib
import signal
import struct
import subprocess
import sys
import time

from cli_driver import (ATLAS, DATA, FAILED, NOT_CONVERGED, PROGRAM, REFERENCE, USAGE, close,
                        load_npy, main, need, refuse, report, run, save_cloud, save_npy, say, tmp)

# --- the program itself ---

def test_version():
    assert run("--version").startswith("monge-cli 0."), run("--version")
    assert run("loss", "--version") == run("--version")


def test_help():
    text = run("--help")
    for command in ("info", "convert", "loss", "register", "knn", "reduce",
                    "devices", "bench"):
        assert f"  {command}" in text
        assert "--quiet" in run(command, "--help")
    for option in ("--loss", "--p", "--blur", "--reach", "--scaling", "--tol", "--no-debias",
                   "--source-weights", "--target-weights", "--json", "--strict", "--backend",
                   "--threads", "--weighting", "--source-label", "--mirror-target"):
        assert f"{option}" in run("loss", "--help"), option
        assert f"{option}" in run("register", "--help"), option
    assert "0.05" in run("loss", "--help")
    assert "2 % of the larger diameter" in run("register", "--help")


def test_wrong_usage():
    done = subprocess.run([PROGRAM], capture_output=True, check=False)
    assert done.returncode == USAGE and b"Usage" in done.stderr
    refuse("dance", says=["dance", "--help"])
    refuse("loss", "--plan", "x", "example:sphere", "example:torus", says=["--plan"])
    refuse("loss", "example:sphere", says=["SOURCE TARGET"])
    refuse("info", says=["SHAPE"])
    refuse("register", "example:sphere", "example:torus", says=["-o"])
    refuse("devices", "cpu", says=["no arguments"])
    refuse("convert", "a.ply", "b.ply", "--surface", "--voxels", says=["--voxels"])
    refuse("convert", "a.ply", "b.ply", "--points", "0", says=["--points"])


def test_wrong_values():
    pair = ("example:sphere", "example:torus")
    refuse("loss", *pair, "--blur", "-1", says=["blur", "-1"])
    refuse("loss", *pair, "--blur", "nan", says=["blur"])
    refuse("loss", *pair, "--p", "3", says=["from 1 to 2"])
    refuse("loss", *pair, "--tol", "fine", says=["tol", "fine"])
    refuse("loss", *pair, "--loss", "love", says=["sinkhorn", "energy"])
    refuse("loss", *pair, "--weighting", "heavy", says=["uniform"])
    refuse("loss", *pair, "--backend", "tpu", says=["cuda"])
    refuse("loss", *pair, "--threads", "-2", says=["--threads"])
    refuse("loss", *pair, "--mirror-source", "w", says=["x, y, z"])
    refuse("register", *pair, "-o", "o.ply", "--model", "soft", says=["free"])
    refuse("convert", *pair, "--label", "one", says=["whole numbers"])


def test_failures():
    refuse("info", "no-such.ply", code=FAILED, says=["no-such.ply"])
    refuse("info", "example:unicorn", code=FAILED, says=["sphere"])
    bad = tmp("bad.ply")
    bad.write_bytes(b"ply\nformat ascii 1.0\nelement vertex 99\n")
    refuse("info", bad, code=FAILED, says=["bad.ply"])
    refuse("convert", "example:sphere", tmp("x.unknown"), code=FAILED, says=["x.unknown", ".ply"])
    refuse("convert", "example:sphere", tmp("no") / "x.ply", code=FAILED, says=["x.ply"])
    refuse("convert", "example:cloud", tmp("x.ply"), "--points", "99999999", code=FAILED,
           says=["only"])
    refuse("convert", "example:sphere", tmp("x.ply"), "--voxels", code=FAILED, says=["volume"])
    flat = save_cloud("flat.npy", [(0, 0), (1, 1)])
    refuse("loss", "example:sphere", flat, code=FAILED, says=["dimension 3", "2"])
    refuse("loss", "example:sphere", "example:torus", "--source-weights", flat, code=FAILED,
           says=["flat.npy", "weights"])


def test_devices():
    devices = report("devices")["devices"]
    assert devices[0]["kind"] == "cpu" and devices[0]["usable"] is True
    assert "cpu" in run("devices")


# --- info and convert ---

def test_info_keys():
    about = report("info", "example:sphere")
    for key in ("kind", "points", "faces", "segments", "bounds", "area", "volume", "arrays",
                "labels", "orientation", "warnings", "version"):
        assert key in about, key
    assert about["kind"] == "surface" and about["orientation"] == "outward"
    assert about["closed"] is True and about["warnings"] == []
    assert about["faces"] == 2 * about["points"] - 4
    lower, upper = about["bounds"]
    radius = (upper[0] - lower[0]) / 2
    close(about["area"], 4 * math.pi * radius ** 2, 0.02 * about["area"], "area")
    close(about["volume"], 4 / 3 * math.pi * radius ** 3, 0.02 * about["volume"], "volume")
    assert report("info", "example:knot")["kind"] == "curves"
    assert report("info", "example:cloud")["kind"] == "points"
    assert "faces" in run("info", "example:torus")


def test_bare_json_goes_to_the_output_and_never_over_the_shape():
    path = save_cloud("bare.npy", [[0, 0, 0], [1, 2, 3]])
    before = pathlib.Path(path).read_bytes()
    for arguments in (("info", path, "--json"), ("info", "--json", path)):
        assert json.loads(run(*arguments))["points"] == 2, arguments
    assert pathlib.Path(path).read_bytes() == before


def test_convert_round_trip():
    first = report("info", "example:torus")
    for ending in ("ply", "obj", "stl"):
        path = tmp(f"torus.{ending}")
        run("convert", "example:torus", path)
        about = report("info", path)
        assert (about["points"], about["faces"]) == (first["points"], first["faces"]), ending
        close(about["area"], first["area"], 1e-4 * first["area"], ending)


def test_convert_attach():
    n = report("info", "example:torus")["points"]
    heat, part = tmp("heat.npy"), tmp("part.csv")
    save_npy(heat, [k / 7 for k in range(n)], (n,))
    part.write_text("part,side\n" + "".join(f"{k % 3},{'LR'[k % 2]}\n" for k in range(n)))
    run("convert", "example:torus", tmp("with.ply"), "--attach", f"{heat},{part}")
    names = [array["name"] for array in report("info", tmp("with.ply"))["arrays"]]
    assert names[-3:] == ["heat", "part", "side"], names
    run("convert", tmp("with.ply"), tmp("only.func.gii"), "--arrays", "heat")
    about = report("info", tmp("only.func.gii"))
    assert (about["kind"], about["points"]) == ("values", n), about
    assert [array["name"] for array in about["arrays"]] == ["heat"], about
    save_npy(heat, [1.0, 2.0], (2,))
    refuse("convert", "example:torus", tmp("no.ply"), "--attach", heat, code=FAILED,
           says=("heat.npy", "has 2 rows"))
    refuse("convert", tmp("with.ply"), tmp("no.func.gii"), "--arrays", "cold", code=FAILED,
           says=("no array “cold”",))


def test_convert_points():
    for seed in (0, 0, 1):
        run("convert", "example:sphere", tmp(f"sample{seed}.npy"), "--points", 500, "--seed", seed)
    again = tmp("again.npy")
    run("convert", "example:sphere", again, "--points", 500, "--seed", 0)
    assert again.read_bytes() == tmp("sample0.npy").read_bytes()
    assert again.read_bytes() != tmp("sample1.npy").read_bytes()
    about = report("info", again)
    assert (about["kind"], about["points"]) == ("points", 500)
    # The sample stands for the surface: their distance is far below that to another sphere.
    near = report("loss", again, "example:sphere", "--blur", 0.1)["value"]
    far = report("loss", again, "example:torus", "--blur", 0.1)["value"]
    assert 0 <= near < 0.02 * far, (near, far)
    run("convert", "example:cloud", tmp("few.ply"), "--points", 10)
    assert report("info", tmp("few.ply"))["points"] == 10


# --- knn ---

def test_filters():
    filters = report("filters")["filters"]
    names = [each["name"] for each in filters]
    assert len(set(names)) == len(names) and {"repair", "decimate", "remesh"} <= set(names)
    assert all(option["help"] for each in filters for option in each["options"])
    assert all(f"{name}: " in run("filters") for name in names)
    path = tmp("prepared.ply")
    run("convert", "example:seahorse0", path, "--filter", "decimate faces=500; !mirror; normals")
    about = report("info", path)
    assert about["faces"] <= 500 and about["closed"] is True
    assert about["repair"]["good"] is True and about["repair"]["n_pieces"] == 1
    assert [each["name"] for each in about["arrays"]] == ["normals"]
    moved = report("loss", "example:sphere", "example:sphere", "--target-filter",
                   "scale factor=2; subsample points=200", "--source-filter", "centre")
    assert moved["value"] > 0 and moved["inputs"][1]["points"] == 200
    refuse("convert", "example:sphere", path, "--filter", "centre; flatten",
           says=["--filter", "Step 2", "flatten", "decimate"])
    refuse("convert", "example:knot", path, "--filter", "decimate", code=FAILED,
           says=["example:knot", "Step 1 (decimate)", "resample"])


def test_repair_opens_what_is_not_finite():
    bad, good = tmp("bad.xyz"), tmp("good.npy")
    bad.write_text("0 0 0\nnan 0 0\n1 1 1\n2 0 1\n")
    assert "open it with repair" in run("info", bad, code=FAILED)
    run("convert", bad, good, "--filter", "repair")
    assert report("info", good)["points"] == 3
    run("convert", bad, good, "--filter", "!repair", code=FAILED)


def some_points(n, dim, step=0.37):
    """No two distances alike, and exact in float32."""
    return [tuple(round(1e4 * math.sin((i + 1) * (k + 2) * step)) / 1024 for k in range(dim))
            for i in range(n)]


def read_edges(path):
    head, *lines = pathlib.Path(path).read_text().splitlines()
    assert head == "i,j,distance", head
    return [(int(i), int(j), float(distance)) for i, j, distance in
            (line.split(",") for line in lines)]


def nearest(points, others, i, skip):
    found = sorted((math.dist(points[i], y), j) for j, y in enumerate(others) if j != skip)
    return [(j, distance) for distance, j in found]


def single(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def test_knn_within_one_shape():
    for n, dim, k in ((1, 3, 4), (5, 2, 9), (300, 3, 10), (120, 10, 3)):
        points = some_points(n, dim)
        path, out = save_cloud("knn.npy", points), tmp("edges.csv")
        about = report("knn", path, "-k", k, "-o", out)
        edges = read_edges(out)
        each = min(k, n - 1)
        assert about["edges"] == len(edges) == n * each and about["k"] == k, about
        assert about["inputs"][0]["points"] == n and about["inputs"][0]["dimension"] == dim
        assert len(about["inputs"]) == 1 and about["seconds"] >= 0
        for i in range(n):
            wanted = nearest(points, points, i, i)[:each]
            got = edges[i * each:(i + 1) * each]
            assert [e[0] for e in got] == [i] * each
            assert [e[1] for e in got] == [j for j, _ in wanted], (i, got, wanted)
            for (_, _, got_distance), (_, distance) in zip(got, wanted):
                close(got_distance, distance, 1e-6 * distance, f"distance from {i}")


def test_knn_between_two_shapes():
    points, others = some_points(40, 3), some_points(90, 3, 0.71)
    paths = save_cloud("from.npy", points), save_cloud("to.npy", others)
    about = report("knn", *paths, "-k", 4, "-o", tmp("pair.csv"), "--threads", 1)
    edges = read_edges(tmp("pair.csv"))
    assert [e[1] for e in edges] == [j for i in range(40)
                                     for j, _ in nearest(points, others, i, None)[:4]]
    assert [s["points"] for s in about["inputs"]] == [40, 90]
    same = save_cloud("same.npy", points)
    run("knn", same, same, "-k", 1, "-o", tmp("self.csv"))
    assert read_edges(tmp("self.csv")) == [(i, i, 0.0) for i in range(40)]


def test_knn_radius():
    points = some_points(200, 3)
    path = save_cloud("radius.npy", points)
    about = report("knn", path, "--radius", 3.5, "-o", tmp("radius.csv"))
    wanted = [(i, j) for i in range(200) for j, distance in nearest(points, points, i, i)
              if distance <= 3.5]
    edges = read_edges(tmp("radius.csv"))
    assert [e[:2] for e in edges] == wanted and about["edges"] == len(wanted) > 200
    assert about["radius"] == 3.5
    run("knn", path, "--radius", 0, "-o", tmp("none.csv"))
    assert read_edges(tmp("none.csv")) == []
    refuse("knn", path, "--radius", 3.5, "-o", tmp("radius.csv"), "--max-edges", 100, code=FAILED,
           says=[str(len(wanted)), "100"])
    assert read_edges(tmp("radius.csv")) == edges  # untouched


def test_knn_digits():
    """What is written is the float32 that was found, whatever its size."""
    for scale in (1e-30, 1e-12, 1e-4, 0.3, 1, 700, 1e7, 1e9, 1e30):
        path = save_cloud("digits.npy", [tuple(scale * x for x in p) for p in some_points(150, 3)])
        run("knn", path, "-k", 5, "-o", tmp("digits.csv"))
        run("knn", path, "-k", 5, "-o", tmp("digits.npy"))
        shape, values = load_npy(tmp("digits.npy"))
        edges = read_edges(tmp("digits.csv"))
        assert shape == (750, 3) and len(edges) == 750
        for n, (i, j, distance) in enumerate(edges):
            assert (i, j, single(distance)) == tuple(values[3 * n:3 * n + 3]), (scale, n)
            assert values[3 * n + 2] == single(values[3 * n + 2]) > 0


def test_knn_far_from_the_origin():
    """Doubles beside 10^9: float32 alone would see one place."""
    points = some_points(60, 3)
    far = save_cloud("distant.npy", [tuple(1e9 + x for x in p) for p in points])
    run("knn", far, "-k", 3, "-o", tmp("distant.csv"))
    assert [e[1] for e in read_edges(tmp("distant.csv"))] == [
        j for i in range(60) for j, _ in nearest(points, points, i, i)[:3]]


def test_knn_volume():
    need(ATLAS)
    run("convert", f"{ATLAS}#77", tmp("voxels.npy"), "--voxels")
    about = report("knn", f"{ATLAS}#77", "-k", 6, "-o", tmp("voxels.csv"))
    assert about["inputs"][0]["points"] == report("info", tmp("voxels.npy"))["points"]


def test_knn_refusals():
    refuse("knn", "example:torus", "-k", 3, says=["-o OUT"])
    refuse("knn", "example:torus", "-o", "x.csv", says=["-k", "--radius"])
    refuse("knn", "example:torus", "-k", 3, "--radius", 1, "-o", "x.csv", says=["not both"])
    refuse("knn", "-k", 3, "-o", "x.csv", says=["SHAPE"])
    refuse("knn", *["example:torus"] * 3, "-k", 3, "-o", "x.csv", says=["SHAPE"])
    for k in (0, -1, 1025, "many"):
        refuse("knn", "example:torus", "-k", k, "-o", "x.csv", says=[])
    for radius in (-1, "nan", "inf", "wide"):
        refuse("knn", "example:torus", "--radius", radius, "-o", "x.csv", says=[])
    refuse("knn", "example:torus", "-k", 3, "-o", "x.csv", "--threads", 999, says=["--threads"])
    refuse("knn", "example:torus", "-k", 3, "-o", tmp("x.ply"), code=FAILED, says=[".csv", ".npy"])
    refuse("knn", "example:torus", "-k", 3, "-o", tmp("no") / "x.csv", code=FAILED, says=["x.csv"])
    refuse("knn", "no-such.ply", "-k", 3, "-o", tmp("x.csv"), code=FAILED, says=["no-such.ply"])
    flat = save_cloud("flat.npy", [(0, 0), (1, 1)])
    refuse("knn", "example:torus", flat, "-k", 3, "-o", tmp("x.csv"), code=FAILED,
           says=["dimension 3", "2"])
    assert not tmp("x.csv").exists()


# --- loss ---

def test_loss_report():
    about = report("loss", "example:sphere", "example:torus", "--blur", "0.1", "--threads", 1)
    for key in ("version", "backend", "inputs", "parameters", "value", "converged",
                "marginal_error", "iterations", "seconds"):
        assert key in about, key
    assert about["backend"] == "cpu" and about["threads"] == 1
    for shape in about["inputs"]:
        assert shape["points"] > 0 and shape["mass"] > 0 and "path" in shape
    parameters = about["parameters"]
    assert parameters["blur"] == 0.1 and parameters["p"] == 2 and parameters["reach"] is None
    assert parameters["loss"] == "sinkhorn" and parameters["debias"] is True
    assert parameters["max_iterations"] == 500 and parameters["scaling"] == 0.5
    assert about["converged"] is True and about["marginal_error"] <= parameters["tol"]
    assert report("loss", "example:sphere", "example:torus")["parameters"]["blur"] == 0.05
    written = tmp("loss.json")
    quiet = run("loss", "example:sphere", "example:torus", "--blur", "0.1", "--quiet", "--json",
                written)
    close(float(quiet), json.loads(written.read_text())["value"], 1e-8, "value")


def test_loss_laws():
    same = report("loss", "example:torus", "example:torus", "--blur", 0.1, "--tol", 1e-5)
    close(same["value"], 0, 1e-6 * 4, "a shape and itself")
    points = [(math.cos(k), math.sin(2 * k), k / 50) for k in range(50)]
    moved = [(x + 0.3, y, z - 0.4) for x, y, z in points]
    a, b = save_cloud("a.npy", points), save_cloud("b.npy", moved)
    about = report("loss", a, b, "--blur", 0.1, "--tol", 1e-6)
    close(about["value"], 0.125, 1e-5, "a translation")
    other = report("loss", b, a, "--blur", 0.1, "--tol", 1e-6)
    close(other["value"], about["value"], 1e-6, "symmetry")


def test_loss_weights():
    points = [(0.0, 0.0), (1.0, 0.0), (0.0, 2.0)]
    cloud = save_cloud("three.npy", points)
    pair = save_cloud("two.npy", points[:2])
    weights = save_npy(tmp("w.npy"), [3.0, 1.0, 0.0], (3,))
    even = save_npy(tmp("w2.npy"), [3.0, 1.0], (2, 1))
    about = report("loss", cloud, pair, "--source-weights", weights, "--target-weights", even,
                   "--tol", 1e-6)
    close(about["value"], 0, 1e-6, "the point without weight does not count")
    assert [shape["mass"] for shape in about["inputs"]] == [4, 4]


def test_loss_gradient():
    cloud = save_cloud("g.npy", [(0.0, 0.0), (1.0, 0.0), (0.2, 0.7)])
    target = save_cloud("h.npy", [(0.5, 0.5), (1.5, 0.0), (0.0, 1.0), (1.0, 1.0)])
    out = tmp("gradient.npy")
    run("loss", cloud, target, "--blur", 0.3, "--tol", 1e-7, "--gradient", out)
    shape, gradient = load_npy(out)
    assert shape == (3, 2)
    step, points = 1e-3, [0.0, 0.0, 1.0, 0.0, 0.2, 0.7]
    for k in range(6):
        values = []
        for sign in (1, -1):
            moved = list(points)
            moved[k] += sign * step
            path = save_npy(tmp("moved.npy"), moved, (3, 2))
            values.append(report("loss", path, target, "--blur", 0.3, "--tol", 1e-7)["value"])
        close((values[0] - values[1]) / (2 * step), gradient[k], 2e-4, f"component {k}")


def test_strict():
    hard = ("example:sphere", "example:torus", "--blur", 0.02, "--tol", 1e-7, "--max-iterations", 1)
    about = report("loss", *hard)
    assert about["converged"] is False and about["marginal_error"] > 1e-7
    assert report("loss", *hard, "--strict", code=NOT_CONVERGED)["converged"] is False
    run("loss", "example:sphere", "example:torus", "--blur", 0.2, "--strict")


# --- register ---

def test_register():
    out, frames = tmp("moved.ply"), tmp("frames")
    about = report("register", "example:seahorse0", "example:seahorse1", "-o", out, "--steps", 12,
                   "--frames", frames)
    before, after = about["metrics"]["before"], about["metrics"]["after"]
    say(f"seahorse: mean distance {before['mean_distance']:.3g} -> {after['mean_distance']:.3g}, "
        f"{about['steps']} steps in {about['seconds']:.3g} s")
    for key in ("mean_distance", "percentile95_distance", "hausdorff", "dice", "landmark_error"):
        assert key in before and key in after, key
    assert after["mean_distance"] < 0.2 * before["mean_distance"]
    assert after["hausdorff"] < before["hausdorff"]
    assert before["dice"] < after["dice"] <= 1 and after["dice"] > 0.95, (before, after)
    assert about["flipped_faces"] < 0.01 and about["output"] == str(out)
    diameter = report("info", "example:seahorse0")["diameter"]
    close(about["parameters"]["blur"], 0.02 * diameter, 0.004 * diameter, "blur from the size")
    values = [step["value"] for step in about["history"]]
    assert len(values) == about["steps"] <= 12 and values == sorted(values, reverse=True), values
    assert about["value"] < values[-1]
    start, end = report("info", "example:seahorse0"), report("info", out)
    assert (start["points"], start["faces"]) == (end["points"], end["faces"])
    assert any("displacement" in a["name"] for a in end["arrays"]), end["arrays"]
    names = sorted(path.name for path in frames.iterdir())
    assert names == [f"step_{k:04d}.ply" for k in range(about["steps"] + 1)], names


def test_register_models():
    points = [(math.cos(k), 2 * math.sin(2 * k), k / 20) for k in range(60)]
    c, s = math.cos(0.4), math.sin(0.4)
    a = save_cloud("ma.npy", points)
    b = save_cloud("mb.npy", [(c * x - s * y + 0.1, s * x + c * y, z) for x, y, z in points])
    for model in ("rigid", "similarity", "affine"):
        about = report("register", a, b, "-o", tmp("m.npy"), "--model", model, "--steps", 60,
                       "--step-size", 1, "--tol", 1e-5)
        assert about["parameters"]["model"] == model
        before, after = about["history"][0]["value"], about["value"]
        assert after < 1e-3 * before, (model, before, after)


def test_landmarks():
    points = [(math.cos(k), math.sin(2 * k), k / 50) for k in range(50)]
    a = save_cloud("la.npy", points)
    b = save_cloud("lb.npy", [(x + 3, y, z - 4) for x, y, z in points])
    named = tmp("source.json")
    named.write_text(json.dumps([{"id": f"L{k}", "coordinates": points[7 * k]} for k in range(4)]))
    listed = tmp("target.csv")
    listed.write_text("name,x,y,z\n" + "".join(
        f"L{k},{points[7 * k][0] + 3},{points[7 * k][1]},{points[7 * k][2] - 4}\n"
        for k in (3, 1, 0, 2)))
    metrics = report("register", a, b, "-o", tmp("l.ply"), "--landmarks", f"{named},{listed}",
                     "--step-size", 1)["metrics"]
    close(metrics["before"]["landmark_error"], 5, 1e-6, "before")
    close(metrics["after"]["landmark_error"], 0, 1e-2, "after")
    refuse("register", a, b, "-o", tmp("l.ply"), "--landmarks", named, code=FAILED, says=["S,T"])
    listed.write_text("Q,1,2,3\n")
    refuse("register", a, b, "-o", tmp("l.ply"), "--landmarks", f"{named},{listed}", code=FAILED,
           says=["4", "1"])
    listed.write_text("L0,1,2,3\nL1,1,2\n")
    refuse("register", a, b, "-o", tmp("l.ply"), "--landmarks", f"{named},{listed}", code=FAILED,
           says=["target.csv", "line 2"])


def test_landmarks_out():
    """Landmarks go along with the source, with or without others to compare them with."""
    points = [(math.cos(k), math.sin(2 * k), k / 50) for k in range(50)]
    a = save_cloud("la.npy", points)
    b = save_cloud("lb.npy", [(x + 3, y, z - 4) for x, y, z in points])
    fiducials = tmp("source.fcsv")
    fiducials.write_text("# Markups fiducial file version = 4.11\n# CoordinateSystem = LPS\n"
                         + "".join(f"{k},{x},{y},{z},0,0,0,1,1,1,0,\"L, {k}\",,\n"
                                   for k, (x, y, z) in enumerate(points[:3])))
    about = report("register", a, b, "-o", tmp("l.ply"), "--landmarks", fiducials,
                   "--landmarks-out", tmp("out.mrk.json"), "--step-size", 1)
    markup = json.loads(tmp("out.mrk.json").read_text())["markups"][0]
    assert markup["coordinateSystem"] == "LPS"
    assert [p["label"] for p in markup["controlPoints"]] == ["L, 0", "L, 1", "L, 2"]
    for k, point in enumerate(markup["controlPoints"]):
        for got, want, shift in zip(point["position"], points[k], (3, 0, -4)):
            close(got, want + shift, 1e-2, "carried")
    assert len(about["landmarks_carried"]) == 3
    refuse("register", a, b, "-o", tmp("l.ply"), "--landmarks-out", tmp("o.csv"), code=FAILED,
           says=["--landmarks"])
    refuse("register", a, b, "-o", tmp("l.ply"), "--landmarks", fiducials, "--landmarks-out",
           tmp("o.tps"), code=FAILED, says=[".fcsv"])


def test_results():
    """Arrays of the moved shape, by name."""
    for names, want in (("all", 6), ("none", 0), ("distance,potential", 2), (None, 1)):
        extra = ["--results", names] if names else []
        about = report("register", "example:seahorse0", "example:seahorse1", "-o", tmp("r.ply"),
                       "--steps", 2, *extra)
        assert about["results"] == (names or "displacement")
        arrays = report("info", tmp("r.ply"))["arrays"]
        assert len(arrays) >= want and (want > 0 or not arrays), (names, arrays)
    refuse("register", "example:seahorse0", "example:seahorse1", "-o", tmp("r.ply"), "--results",
           "speed", code=FAILED, says=["velocity"])


def test_cancel():
    out = tmp("never.ply")
    with subprocess.Popen([PROGRAM, "register", "example:seahorse0", "example:seahorse1", "-o", out,
                           "--steps", "100000", "--blur", "0.01", "--tol", "1e-7",
                           "--max-iterations", "100000"], stderr=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        time.sleep(1.0)
        assert process.poll() is None, "it ended by itself"
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
        say(f"ended {1e3 * (time.monotonic() - start):.0f} ms after the signal")
        assert process.returncode == FAILED, process.returncode
        assert b"Cancelled" in err and len(err.splitlines()) == 1, err
    assert not out.exists()


# --- volumes ---

def save_volume(path, labels, size, voxel):
    """A NIfTI-1 file of bytes whose sform puts the middle of the grid at the origin."""
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, *size, 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, 2, 8)
    struct.pack_into("<8f", header, 76, 1, *voxel, 0, 0, 0, 0)
    struct.pack_into("<3f", header, 108, 352, 1, 0)
    header[123] = 2  # millimetres
    struct.pack_into("<2h", header, 252, 0, 1)
    for axis in range(3):
        row = [0.0] * 4
        row[axis], row[3] = voxel[axis], -voxel[axis] * (size[axis] - 1) / 2
        struct.pack_into("<4f", header, 280 + 16 * axis, *row)
    header[344:348] = b"n+1\0"
    path.write_bytes(bytes(header) + bytes(labels))
    return path


def make_volume():
    """Two balls that are mirror images of each other, labels 3 and 5."""
    size = (40, 24, 24)
    labels = bytearray(size[0] * size[1] * size[2])
    for k in range(size[2]):
        for j in range(size[1]):
            for i in range(size[0]):
                for label, centre in ((3, 9.5), (5, 29.5)):
                    if math.dist((i, j, k), (centre, 11.5, 11.5)) < 7.2:
                        labels[i + size[0] * (j + size[1] * k)] = label
    return save_volume(tmp("balls.nii"), labels, size, (1.0, 1.5, 2.0))


def test_volume():
    path = make_volume()
    about = report("info", path)
    assert about["kind"] == "volume" and about["orientation"] == "RAS", about
    assert [label["value"] for label in about["labels"]] == [3, 5]
    ball = about["labels"][0]
    close(ball["volume"], 3.0 * ball["voxels"], 1e-4, "volume of a label")
    refuse("info", f"{path}#9", code=FAILED, says=["9"])
    refuse("convert", path, tmp("ball.ply"), code=FAILED, says=["3"])
    run("convert", path, tmp("ball.ply"), "--label", 3)
    surface = report("info", tmp("ball.ply"))
    assert surface["closed"] is True and surface["orientation"] == "outward", surface
    close(surface["volume"], ball["volume"], 0.03 * ball["volume"], "volume of the surface")
    run("convert", f"{path}#3,5", tmp("voxels.ply"), "--voxels")
    voxels = report("info", tmp("voxels.ply"))
    assert (voxels["kind"], voxels["points"]) == ("points", 2 * ball["voxels"]), voxels
    assert "weight" in [a["name"] for a in voxels["arrays"]]


def test_volume_mirrored():
    path = make_volume()
    apart = report("loss", f"{path}#3", path, "--target-label", 5, "--blur", 2)
    met = report("loss", f"{path}#3", f"{path}#5", "--mirror-target", "x", "--blur", 2)
    close(apart["value"], 200, 2, "the balls are 20 mm apart")
    close(met["value"], 0, 1e-2, "the mirror image lies on the ball")
    assert met["inputs"][1]["mirror"] == "x" and met["inputs"][1]["labels"] == [5]


def test_atlas():
    path = need(ATLAS)
    names = {label["value"]: label for label in report("info", path)["labels"]}
    for value in (37, 38):
        run("convert", path, tmp("hippocampus.ply"), "--label", value)
        surface = report("info", tmp("hippocampus.ply"))
        say(f"label {value} ({names[value]['name']}): {surface['volume']:.1f} mm³ of "
            f"{names[value]['volume']:.1f}, {surface['points']} points")
        assert surface["closed"] is True and surface["orientation"] == "outward"
        close(surface["volume"], names[value]["volume"], 0.03 * names[value]["volume"], "volume")
    about = report("register", f"{path}#37", f"{path}#38", "--mirror-target", "x", "-o",
                   tmp("atlas.ply"))
    before, after = (about["metrics"][when]["mean_distance"] for when in ("before", "after"))
    say(f"atlas: mean distance {before:.3g} -> {after:.3g} mm, {about['steps']} steps in "
        f"{about['seconds']:.3g} s")
    assert after < 0.2 * before


# --- figures ---

def test_hippocampus():
    folder = need(DATA / "hippocampus")
    about = report("register", folder / "source.ply", folder / "target.ply", "--blur", 1, "--steps",
                   30, "-o", tmp("hippocampus.ply"))
    before, after = (about["metrics"][when]["mean_distance"] for when in ("before", "after"))
    warm = sorted(step["seconds"] for step in about["history"][1:])
    say(f"hippocampus: mean distance {before:.3g} -> {after:.3g} mm in {about['steps']} steps, "
        f"{about['seconds']:.3g} s; first step {1e3 * about['history'][0]['seconds']:.0f} ms, warm "
        f"steps {1e3 * warm[len(warm) // 2]:.0f} ms in the median, {1e3 * warm[-1]:.0f} at most; "
        f"flipped faces {about['flipped_faces']:.2g}")
    assert after < 0.3
    end = report("info", tmp("hippocampus.ply"))
    assert (end["points"], end["faces"]) == (6611, 13218)


def reference_error(case):
    """Returns the errors of value and gradient, relative to what is allowed: 1 is the most."""
    out = tmp("reference.npy")
    arguments = [case["loss"], "--tol", 1e-4, "--blur", case["blur"]]
    for key in ("p", "reach"):
        if case.get(key) is not None:
            arguments += [f"--{key}", case[key]]
    if case.get("debias") is False:
        arguments.append("--no-debias")
    for side in ("source", "target"):
        arguments += [f"--{side}-weights", REFERENCE / case[f"{side}_weights"]]
    about = report("loss", REFERENCE / case["source"], REFERENCE / case["target"], "--loss",
                   *arguments, "--gradient", out)
    assert about["converged"] is True, case
    p, value = case.get("p") or 2, case["value"]
    points = [load_npy(REFERENCE / case[side]) for side in ("source", "target")]
    dim = points[0][0][1]
    spans = [max(max(x[d::dim]) for _, x in points) - min(min(x[d::dim]) for _, x in points)
             for d in range(dim)]
    scale = math.hypot(*spans) ** p / p
    of_value = abs(about["value"] - value) / max(1e-4 * abs(value), 1e-6 * scale)
    if "gradient" not in case:
        return of_value, None
    wanted, got = load_npy(REFERENCE / case["gradient"])[1], load_npy(out)[1]
    assert len(wanted) == len(got)
    return of_value, math.dist(wanted, got) / math.hypot(*wanted) / 1e-3


def test_references():
    cases = json.loads(need(REFERENCE / "reference.json").read_text())["cases"]
    values, gradients, wrong = [], [], []
    for case in cases:
        of_value, of_gradient = reference_error(case)
        name = " ".join(str(case.get(key)) for key in ("pair", "loss", "p", "blur", "reach",
                                                       "debias"))
        values.append((of_value, name))
        if of_gradient is not None:
            gradients.append((of_gradient, name))
        if not of_value <= 1 or not (of_gradient is None or of_gradient <= 1):
            wrong.append(f"{name}: value {of_value:.2g}, gradient {of_gradient}")
    say(f"{len(values)} values, the worst at {max(values)[0]:.2g} of the tolerance "
        f"({max(values)[1]}); {len(gradients)} gradients, the worst at {max(gradients)[0]:.2g} "
        f"({max(gradients)[1]})")
    assert not wrong, "; ".join(wrong)


if __name__ == "__main__":
    sys.exit(main(globals()))
