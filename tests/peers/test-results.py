#!/usr/bin/env python3
"""What a registration writes, as other programs read it: transforms and fields by the conventions of
ITK (and by SimpleITK where it is there), arrays of the moved shape by VTK, nibabel and meshio,
landmarks and correspondences by counting again.

    test-results.py PROGRAM ROOT [PREFIX]
"""

import csv
import gzip
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from cli_driver import DATA, FAILED, Skip, close, main, need, refuse, report, run, say, tmp

try:
    import numpy as np
except ImportError:
    np = None
FLIP = {"RAS": (-1, -1, 1), "LPS": (1, 1, 1), None: (1, 1, 1)}  # of a file into LPS


def module(name):
    """The module of that name, or the test is skipped."""
    if np is None:
        raise Skip("no numpy")
    try:
        return __import__(name, fromlist=["x"])
    except ImportError as error:
        raise Skip(f"no {name}") from error


def load_points(path):
    """Vertices of any shape as its file has them."""
    if np is None:
        raise Skip("no numpy")
    if not str(path).endswith(".npy"):
        run("convert", path, tmp("points.npy"))
        path = tmp("points.npy")
    return np.load(path).astype(float)


def register(*options, space=None, source="example:seahorse0", target="example:seahorse1", steps=6):
    """Returns the report; vertices before and after, as files have them, lie in x and y."""
    spaces = [f"--{side}-space={space}" for side in ("source", "target") if space]
    run("convert", source, tmp("before.vtk"))
    run("convert", target, tmp("goal.vtk"))
    about = report("register", tmp("before.vtk"), tmp("goal.vtk"), "-o", tmp("moved.vtk"),
                   "--steps", steps, "--step-size", 0.5, *spaces, *options)
    x, y = read_polydata(tmp("before.vtk")), read_polydata(tmp("moved.vtk"))
    return about, get_points(x), get_points(y)


def read_polydata(path):
    vtk = module("vtk")
    reader = {".vtk": vtk.vtkPolyDataReader, ".vtp": vtk.vtkXMLPolyDataReader,
              ".ply": vtk.vtkPLYReader}[pathlib.Path(path).suffix]()
    reader.SetFileName(str(path))
    if hasattr(reader, "ReadAllScalarsOn"):
        for kind in ("Scalars", "Vectors", "Normals", "Fields"):
            getattr(reader, f"ReadAll{kind}On")()
    reader.Update()
    return reader.GetOutput()


def get_points(polydata):
    numpy_support = module("vtk.util.numpy_support")
    return numpy_support.vtk_to_numpy(polydata.GetPoints().GetData()).astype(float)


def get_array(polydata, name):
    numpy_support = module("vtk.util.numpy_support")
    array = polydata.GetPointData().GetArray(name)
    assert array is not None, f"no array {name}"
    return numpy_support.vtk_to_numpy(array).astype(float)


def worst(a, b):
    assert a.shape == b.shape, (a.shape, b.shape)
    return float(np.abs(a - b).max())


# --- Linear transforms ---

def read_itk(path):
    """The matrix that a file of ITK holds, 4 × 4, by the definition of its parameters."""
    lines = dict(line.split(":", 1) for line in path.read_text().splitlines() if ":" in line)
    assert lines["Transform"].strip() == "AffineTransform_double_3_3"
    values = np.array(lines["Parameters"].split(), float)
    centre = np.array(lines["FixedParameters"].split(), float)
    affine = np.eye(4)
    affine[:3, :3] = values[:9].reshape(3, 3)
    affine[:3, 3] = values[9:] + centre - affine[:3, :3] @ centre
    return affine


def test_transforms_move_the_source_as_slicer_would():
    """3D Slicer takes what the file holds for “from parent” and moves points by its inverse."""
    module("vtk")
    for space in (None, "LPS", "RAS"):
        for model in ("rigid", "similarity", "affine"):
            about, x, y = register("--model", model, "--transform", tmp("t.tfm"), space=space)
            forward = np.linalg.inv(read_itk(tmp("t.tfm")))
            flip = np.array(FLIP[space])
            moved = ((x * flip) @ forward[:3, :3].T + forward[:3, 3]) * flip
            error = worst(moved, y)
            assert error < 2e-5, (space, model, error)
            assert about["transform"]["exact"] and about["transform"]["kind"] == model
            if model == "rigid":
                close(np.linalg.det(forward[:3, :3]), 1, 1e-9, "determinant")


def test_convert_moves_by_transforms():
    module("vtk")
    for name in ("t.tfm", "t.csv", "t.json", "t.npy"):
        _, x, y = register("--model", "similarity", "--transform", tmp(name))
        run("convert", tmp("before.vtk"), tmp("again.vtk"), "--transform", tmp(name))
        assert worst(get_points(read_polydata(tmp("again.vtk"))), y) < 2e-5, name
    refuse("convert", tmp("before.vtk"), tmp("again.vtk"), "--transform", tmp("before.vtk"),
           code=FAILED, says=["before.vtk"])


def test_plain_matrices_go_forward():
    module("vtk")
    for name in ("t.csv", "t.npy", "t.json"):
        about, x, y = register("--model", "affine", "--transform", tmp(name), space="RAS")
        affine = (np.loadtxt(tmp(name), delimiter=",") if name.endswith("csv")
                  else np.load(tmp(name)) if name.endswith("npy")
                  else np.array(json.loads(tmp(name).read_text())["matrix"]))
        assert worst(x @ affine[:3, :3].T + affine[:3, 3], y) < 2e-5, name
        assert worst(np.array(about["transform"]["source_to_target"]), affine.ravel()) < 1e-12


def test_mirrored_sources_are_mirrored_by_the_transform():
    module("vtk")
    _, x, y = register("--model", "affine", "--mirror-source", "x", "--transform", tmp("t.tfm"),
                       space="LPS")
    forward = np.linalg.inv(read_itk(tmp("t.tfm")))
    assert worst(x @ forward[:3, :3].T + forward[:3, 3], y) < 2e-5
    assert np.linalg.det(forward[:3, :3]) < 0


def test_free_registrations_have_a_closest_affine_map():
    module("vtk")
    about, x, y = register("--transform", tmp("t.tfm"))
    forward = np.linalg.inv(read_itk(tmp("t.tfm")))
    left = np.linalg.norm(x @ forward[:3, :3].T + forward[:3, 3] - y, axis=1)
    assert not about["transform"]["exact"]
    close(left.mean(), about["transform"]["mean_residual"], 1e-4, "mean residual")
    close(left.max(), about["transform"]["max_residual"], 1e-4, "largest residual")


def test_simpleitk_reads_transforms():
    sitk = module("SimpleITK")
    _, x, y = register("--model", "affine", "--transform", tmp("t.tfm"), space="RAS")
    read = sitk.ReadTransform(str(tmp("t.tfm")))
    flip = np.array(FLIP["RAS"])
    for k in range(0, len(x), 7):
        back = np.array(read.TransformPoint((y[k] * flip).tolist())) * flip
        assert np.abs(back - x[k]).max() < 5e-5


# --- Displacement fields ---

def read_nrrd(path):
    """(origin, spacing, vectors (z, y, x, 3)) of what the header promises, axes along LPS."""
    head, data = path.read_bytes().split(b"\n\n", 1)
    fields = dict(line.split(": ", 1) for line in head.decode().splitlines() if ": " in line)
    assert fields["space"] == "left-posterior-superior" and fields["encoding"] == "gzip"
    assert fields["kinds"].split()[0] == "vector" and fields["type"] == "float"
    sizes = [int(n) for n in fields["sizes"].split()]
    origin = np.array(fields["space origin"].strip("()").split(","), float)
    steps = [np.array(d.strip("()").split(","), float)
             for d in fields["space directions"].split() if d != "none"]
    assert np.count_nonzero(np.array(steps) - np.diag(np.diag(steps))) == 0
    vectors = np.frombuffer(gzip.decompress(data), "<f4").reshape(*sizes[::-1])
    return origin, np.diag(steps), vectors


def sample(origin, spacing, vectors, points):
    """Linear between nodes."""
    u = (points - origin) / spacing
    sizes = np.array(vectors.shape[2::-1])
    first = np.clip(np.floor(u).astype(int), 0, sizes - 2)
    t = u - first
    total = np.zeros_like(points)
    for corner in range(8):
        bits = np.array([corner & 1, corner >> 1 & 1, corner >> 2])
        i = first + bits
        w = np.prod(np.where(bits, t, 1 - t), axis=1)
        total += w[:, None] * vectors[i[:, 2], i[:, 1], i[:, 0]]
    return total


def check_field(name, space, forward, origin, spacing, vectors, field):
    start, end = (field["x"], field["y"]) if forward else (field["y"], field["x"])
    flip = np.array(FLIP[space])
    error = np.linalg.norm(start * flip + sample(origin, spacing, vectors, start * flip)
                           - end * flip, axis=1)
    about = field["about"]
    close(error.mean(), about["mean_error"], 2e-5, f"{name} {space}: mean error")
    close(error.max(), about["max_error"], 2e-4, f"{name} {space}: largest error")
    assert about["direction"] == ("source to target" if forward else "target to source")
    assert about["mean_error"] < 0.02, about
    assert list(vectors.shape[2::-1]) == about["size"], (vectors.shape, about)


def make_field(name, space, *options):
    about, x, y = register("--field", tmp(name), *options, space=space)
    return {"about": about["field"], "x": x, "y": y}


def test_nrrd_fields_go_back_along_lps():
    module("vtk")
    for space in (None, "LPS", "RAS"):
        for options in ((), ("--field-forward",)):
            field = make_field("f.nrrd", space, *options)
            check_field("nrrd", space, bool(options), *read_nrrd(tmp("f.nrrd")), field)


def test_nibabel_reads_fields():
    nibabel = module("nibabel")
    for name in ("f.nii.gz", "f.nii"):
        field = make_field(name, "RAS")
        image = nibabel.load(tmp(name))
        header = image.header
        assert header.get_intent()[0] == "vector" and image.shape[3:] == (1, 3), image.shape
        assert header["qform_code"] == 1 and header["sform_code"] == 1
        assert header.get_xyzt_units()[0] == "mm"
        assert worst(header.get_qform(), header.get_sform()) < 1e-4
        to_lps = np.diag([-1, -1, 1, 1]) @ image.affine
        assert np.count_nonzero(to_lps[:3, :3] - np.diag(np.diag(to_lps[:3, :3]))) == 0
        vectors = np.asarray(image.dataobj)[:, :, :, 0].transpose(2, 1, 0, 3)
        check_field(name, "RAS", False, to_lps[:3, 3], np.diag(to_lps)[:3], vectors, field)


def test_vtk_reads_meta_images_and_warps_by_them():
    vtk = module("vtk")
    numpy_support = module("vtk.util.numpy_support")
    field = make_field("f.mha", "LPS")
    reader = vtk.vtkMetaImageReader()
    reader.SetFileName(str(tmp("f.mha")))
    reader.Update()
    image = reader.GetOutput()
    vectors = numpy_support.vtk_to_numpy(image.GetPointData().GetScalars())
    sizes = image.GetDimensions()
    check_field("mha", "LPS", False, np.array(image.GetOrigin()), np.array(image.GetSpacing()),
                vectors.reshape(*sizes[::-1], 3), field)
    grid = vtk.vtkGridTransform()
    grid.SetDisplacementGridData(image)
    grid.SetInterpolationModeToLinear()
    back = np.array([grid.TransformPoint(*p) for p in field["y"]])
    close(np.linalg.norm(back - field["x"], axis=1).mean(), field["about"]["mean_error"], 2e-5,
          "vtkGridTransform")


def test_simpleitk_reads_fields():
    sitk = module("SimpleITK")
    for name in ("f.nrrd", "f.nii.gz", "f.mha"):
        field = make_field(name, "RAS")
        image = sitk.ReadImage(str(tmp(name)), sitk.sitkVectorFloat64)
        assert image.GetNumberOfComponentsPerPixel() == 3 and image.GetDimension() == 3, name
        read = sitk.DisplacementFieldTransform(image)
        flip = np.array(FLIP["RAS"])
        back = np.array([np.array(read.TransformPoint((p * flip).tolist())) * flip
                         for p in field["y"]])
        error = np.linalg.norm(back - field["x"], axis=1)
        close(error.mean(), field["about"]["mean_error"], 5e-5, f"{name}: mean error")


def test_field_options():
    field = make_field("f.nrrd", None, "--field-spacing", 2, "--field-margin", 6)
    origin, spacing, vectors = read_nrrd(tmp("f.nrrd"))
    assert worst(spacing, np.array([2, 2, 2])) == 0
    low = np.minimum(field["x"].min(axis=0), field["y"].min(axis=0))
    assert (origin <= low - 6 + 1e-4).all() and (origin > low - 9).all()
    refuse("register", "example:seahorse0", "example:seahorse1", "-o", tmp("m.vtk"), "--field",
           tmp("f.vtk"), code=FAILED, says=[".nrrd"])
    refuse("register", "example:seahorse0", "example:seahorse1", "-o", tmp("m.vtk"), "--transform",
           tmp("t.mat"), code=FAILED, says=[".tfm"])


# --- Arrays of the moved shape ---

NAMES = ("displacement", "displacement_magnitude", "signed_distance", "loss_density", "potential",
         "velocity")


def check_arrays(name, get, x, y):
    arrays = {array: np.squeeze(get(array)) for array in NAMES}
    for array, values in arrays.items():
        want = (len(x), 3) if array in ("displacement", "velocity") else (len(x),)
        assert values.shape == want, (name, array, values.shape)
        assert np.isfinite(values).all() and np.abs(values).max() > 0, (name, array)
    assert worst(arrays["displacement"], y - x) < 1e-4, name
    assert worst(arrays["displacement_magnitude"], np.linalg.norm(y - x, axis=1)) < 1e-4, name
    return arrays


def write_results(name):
    """In each format from the same run: what differs is the format."""
    run("register", "example:seahorse0", "example:seahorse1", "-o", tmp(name), "--steps", 3,
        "--results", "all")
    return tmp(name), load_points("example:seahorse0"), load_points(tmp(name))


def test_vtk_reads_arrays():
    module("vtk")
    for name in ("r.vtk", "r.vtp"):
        path, x, y = write_results(name)
        polydata = read_polydata(path)
        assert worst(get_points(polydata), y) < 1e-5
        arrays = check_arrays(name, lambda array: get_array(polydata, array), x, y)
        locator = module("vtk").vtkImplicitPolyDataDistance()
        run("convert", "example:seahorse1", tmp("goal.vtk"))
        locator.SetInput(read_polydata(tmp("goal.vtk")))
        for k in range(0, len(y), 5):
            close(arrays["signed_distance"][k], locator.EvaluateFunction(y[k]), 2e-4, "distance")


def test_meshio_reads_arrays():
    meshio = module("meshio")
    path, x, y = write_results("r.ply")
    data = meshio.read(path).point_data

    def get(name):
        if name in data:
            return np.asarray(data[name], float)
        parts = [key for key in data if key.startswith(name + "_") and key[len(name) + 1:] in
                 ("0", "1", "2", "x", "y", "z")]
        assert len(parts) == 3, (name, sorted(data))
        return np.stack([np.asarray(data[key], float) for key in sorted(parts)], axis=1)

    check_arrays("r.ply", get, x, y)


def test_nibabel_reads_arrays():
    nibabel = module("nibabel")
    path, x, y = write_results("r.surf.gii")
    arrays = {}
    for array in nibabel.load(path).darrays:
        arrays[dict(array.meta).get("Name")] = np.asarray(array.data, float)

    def get(name):
        if name in arrays:
            return arrays[name]
        parts = [arrays[key] for key in sorted(k for k in arrays if k and k.startswith(name + "_")
                                               and k[-1] in "012xyz" and len(k) == len(name) + 2)]
        assert len(parts) == 3, (name, sorted(map(str, arrays)))
        return np.stack(parts, axis=1)

    check_arrays("r.surf.gii", get, x, y)


# --- Landmarks and correspondences ---

def test_landmarks_of_femora():
    """Six points on each of two real femora: errors by counting again, and less than before."""
    folder = DATA / "femur"
    paths = [need(folder / f"femur_{name}.{kind}") for kind in ("stl", "json")
             for name in ("reference", "target")]
    about = report("register", *paths[:2], "-o", tmp("femur.ply"), "--model", "similarity",
                   "--landmarks", f"{paths[2]},{paths[3]}", "--landmarks-out", tmp("l.mrk.json"),
                   "--steps", 30, "--step-size", 1)
    wanted = {p["id"]: p["coordinates"] for p in json.loads(paths[3].read_text())}
    carried = json.loads(tmp("l.mrk.json").read_text())["markups"][0]["controlPoints"]
    errors = {}
    for point in carried:
        errors[point["label"]] = sum((a - b) ** 2 for a, b in zip(point["position"],
                                                                  wanted[point["label"]])) ** 0.5
    assert len(errors) == 6
    for landmark in about["landmarks"]:
        close(landmark["error_after"], errors[landmark["name"]], 1e-9, landmark["name"])
    before = about["metrics"]["before"]["landmark_error"]
    after = about["metrics"]["after"]["landmark_error"]
    close(after, sum(errors.values()) / 6, 1e-9, "mean")
    say(f"femora, similarity: landmarks {before:.1f} -> {after:.1f} mm")
    assert after < before


def test_correspondences():
    vtk = module("vtk")
    register("--correspondences", tmp("c.csv"))
    register("--correspondences", tmp("c.npy"))
    register("--correspondences", tmp("c.npz"))
    about, x, y = register("--correspondences", tmp("c.tsv"))
    target = read_polydata(tmp("goal.vtk"))
    z = get_points(target)
    with open(tmp("c.csv"), newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with open(tmp("c.tsv"), newline="", encoding="utf-8") as file:
        assert rows == list(csv.DictReader(file, delimiter="\t"))
    assert list(rows[0]) == about["correspondences"]["columns"] and len(rows) == len(x)
    table = np.array([[float(row[key]) for key in rows[0]] for row in rows])
    assert worst(table, np.load(tmp("c.npy"))) == 0
    zipped = np.load(tmp("c.npz"))
    columns = ("source", "source_position", "moved_position", "target_cell", "target_vertex",
               "target_position", "weights", "distance")
    assert sorted(zipped) == sorted(columns)
    assert worst(np.concatenate([zipped[key].reshape(len(x), -1) for key in columns], axis=1),
                 table) == 0
    assert worst(table[:, 1:4], x) < 1e-5 and worst(table[:, 4:7], y) < 1e-5
    close(table[:, 15].mean(), about["correspondences"]["mean_distance"], 1e-9, "mean distance")
    locator = vtk.vtkCellLocator()
    locator.SetDataSet(target)
    locator.BuildLocator()
    for row in table[::5]:
        corners = [target.GetCell(int(row[7])).GetPointId(k) for k in range(3)]
        foot = sum(w * z[corner] for w, corner in zip(row[12:15], corners))
        assert np.abs(foot - row[9:12]).max() < 1e-4
        assert int(row[8]) == corners[int(np.argmax(row[12:15]))]
        found, cell, part, squared = [0.0] * 3, vtk.reference(0), vtk.reference(0), vtk.reference(0.0)
        locator.FindClosestPoint(row[4:7], found, cell, part, squared)
        close(row[15], float(squared) ** 0.5, 1e-4, "distance")


if __name__ == "__main__":
    sys.exit(main(globals()))
