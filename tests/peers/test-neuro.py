#!/usr/bin/python3
"""Files of neuroimaging exchanged with nibabel and NumPy, in both directions.

    test-neuro.py MONGE_CLI SOURCE_ROOT [PREFIX]        prints TAP; skipped without these modules

What Monge reads is seen by NumPy through `monge-cli convert … .npz`, which is itself held against
numpy.load first.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

try:
    import nibabel
    import nibabel.freesurfer
    import nibabel.streamlines
    import numpy
except ImportError as reason:
    print(f"1..0 # SKIP {reason}; install python3-nibabel")
    sys.exit(0)

warnings.simplefilter("ignore")
CLI, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
FOLDER = tempfile.TemporaryDirectory()
DATA = pathlib.Path(os.environ.get("MONGE_TEST_DATA", ROOT / ".." / "shared" / "data"))
RNG = numpy.random.default_rng(5)


class Skip(Exception):
    pass


def tmp(name):
    return pathlib.Path(FOLDER.name) / name


def convert(*arguments):
    done = subprocess.run([CLI, "convert", "--quiet", *map(str, arguments)], capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr


def load(path):
    """A shape or its lines as Monge reads it: a dictionary of arrays."""
    convert(path, tmp("seen.npz"))
    with numpy.load(tmp("seen.npz")) as archive:
        return {name: archive[name] for name in archive.files}


def data(pattern):
    paths = sorted(DATA.glob(pattern))
    if not paths:
        raise Skip(f"no {pattern} in {DATA}")
    return paths


def same(a, b, what):
    a, b = numpy.asarray(a), numpy.asarray(b)
    assert a.shape == b.shape, f"{what}: {a.shape} is not {b.shape}"
    assert numpy.array_equal(a, b, equal_nan=a.dtype.kind == "f"), f"{what} differ"


def near(a, b, tolerance, what):
    a, b = numpy.asarray(a, float), numpy.asarray(b, float)
    assert a.shape == b.shape, f"{what}: {a.shape} is not {b.shape}"
    far = numpy.abs(a - b).max()
    assert far <= tolerance, f"{what} differ by {far}"


def tetrahedron():
    points = numpy.array([[0, 0, 0], [1.5, 0, 0], [0, -2.25, 0], [0, 0, 1e-20]], numpy.float32)
    return points, numpy.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]], numpy.int32)


# --- NumPy ---------------------------------------------------------------------------------------

def test_npz_written():
    points, faces = tetrahedron()
    heat = RNG.normal(size=4)
    numpy.savez(tmp("in.npz"), vertices=points, faces=faces.astype(">i8"), heat=heat,
                part=numpy.arange(4, dtype=numpy.uint8),
                F=numpy.asfortranarray(RNG.normal(size=(4, 3))),
                words=numpy.array(["a", "b"]), scalar=numpy.float32(3))
    seen = load(tmp("in.npz"))
    same(seen["vertices"], points, "points")
    assert seen["vertices"].dtype == numpy.float32
    same(seen["faces"], faces, "faces")
    same(seen["heat"], heat, "heat")
    assert seen["part"].dtype == numpy.uint8
    with numpy.load(tmp("in.npz")) as archive:
        same(seen["F"], archive["F"], "Fortran order")
    same(seen["field/scalar"], [3], "scalar")


def test_npz_compressed():
    points = RNG.normal(size=(1000, 3))
    numpy.savez_compressed(tmp("zipped.npz"), points=points, values=numpy.arange(1000))
    seen = load(tmp("zipped.npz"))
    same(seen["vertices"], points, "points")
    same(seen["values"], numpy.arange(1000), "values")


def test_npy_values():
    points, faces = tetrahedron()
    numpy.savez(tmp("in.npz"), vertices=points, faces=faces)
    for kind in "?bhilqBHILQfd":
        values = (RNG.normal(size=(4, 2)) * 50).astype(kind)
        numpy.save(tmp("values.npy"), values)
        convert(tmp("in.npz"), tmp("out.npz"), "--attach", tmp("values.npy"))
        with numpy.load(tmp("out.npz")) as archive:
            same(archive["values"], values, kind)


# --- GIFTI ---------------------------------------------------------------------------------------

def test_gifti_cortex():
    for path in data("cortex/*pial*.gii.gz") + data("cortex/*white*.gii.gz"):
        truth = nibabel.load(path)
        seen = load(path)
        same(seen["vertices"], truth.agg_data("pointset"), path.name)
        same(seen["faces"], truth.agg_data("triangle"), path.name)


def test_gifti_maps():
    surface = data("cortex/fsaverage5_pial_left.gii.gz")[0]
    for path in data("cortex/*sulc_left*") + data("cortex/*thick_left*"):
        convert(surface, tmp("with.npz"), "--attach", path)
        with numpy.load(tmp("with.npz")) as archive:
            names = [name for name in archive.files if name.startswith("lh.")]
            assert len(names) == 1, archive.files
            same(archive[names[0]], nibabel.load(path).agg_data(), path.name)


def test_gifti_written():
    points, faces = tetrahedron()
    heat = RNG.normal(size=4).astype(numpy.float32)
    vectors = RNG.normal(size=(4, 3)).astype(numpy.float32)
    numpy.savez(tmp("in.npz"), vertices=points, faces=faces, heat=heat, normals=vectors,
                deep=RNG.normal(size=4), part=numpy.arange(4, dtype=numpy.int32))
    convert(tmp("in.npz"), tmp("out.surf.gii"))
    image = nibabel.load(tmp("out.surf.gii"))
    same(image.agg_data("pointset"), points, "points")
    same(image.agg_data("triangle"), faces, "faces")
    named = {array.meta["Name"]: array.data for array in image.darrays[2:]}
    same(named["heat"], heat, "heat")
    same(named["normals"], vectors, "normals")
    assert named["part"].dtype == numpy.int32 and named["deep"].dtype == numpy.float64
    convert(tmp("in.npz"), tmp("out.func.gii"), "--arrays", "heat,part")
    same(nibabel.load(tmp("out.func.gii")).darrays[0].data, heat, "map")


def test_gifti_encodings():
    points, faces = tetrahedron()
    for encoding in ("ASCII", "B64BIN", "B64GZ"):
        for order in ("RowMajorOrder", "ColumnMajorOrder"):
            if encoding == "ASCII" and order == "ColumnMajorOrder":
                continue  # nibabel writes and reads rows there, whatever it says
            image = nibabel.gifti.GiftiImage()
            for values, intent in ((points, "POINTSET"), (faces, "TRIANGLE")):
                array = nibabel.gifti.GiftiDataArray(
                    values, intent="NIFTI_INTENT_" + intent, ordering=order,
                    encoding="GIFTI_ENCODING_" + encoding)
                image.add_gifti_data_array(array)
            image.to_filename(tmp("in.gii"))
            truth = nibabel.load(tmp("in.gii"))
            seen = load(tmp("in.gii"))
            near(seen["vertices"], truth.agg_data("pointset"), 0 if encoding != "ASCII" else 1e-6,
                 encoding)
            same(seen["faces"], truth.agg_data("triangle"), encoding)


def test_gifti_labels():
    points, faces = tetrahedron()
    numpy.savez(tmp("in.npz"), vertices=points, faces=faces)
    image = nibabel.gifti.GiftiImage()
    table = nibabel.gifti.GiftiLabelTable()
    for key, name in ((0, "unknown"), (7, "insula & co")):
        label = nibabel.gifti.GiftiLabel(key, 0.5, 0.25, 1, 1)
        label.label = name
        table.labels.append(label)
    image.labeltable = table
    values = numpy.array([0, 7, 7, 0], numpy.int32)
    image.add_gifti_data_array(nibabel.gifti.GiftiDataArray(values, intent="NIFTI_INTENT_LABEL"))
    image.to_filename(tmp("in.label.gii"))
    convert(tmp("in.npz"), tmp("out.label.gii"), "--attach", tmp("in.label.gii"))
    back = nibabel.load(tmp("out.label.gii"))
    same(back.darrays[0].data, values, "labels")
    assert back.labeltable.get_labels_as_dict() == {0: "unknown", 7: "insula & co"}
    near(back.labeltable.labels[1].rgba, (0.5, 0.25, 1, 1), 0.51 / 255, "colours")


# --- FreeSurfer ----------------------------------------------------------------------------------

def make_surface():
    points, faces = tetrahedron()
    info = {"head": numpy.array([2, 0, 20]), "valid": "1  # volume info valid", "filename": "a.mgz",
            "volume": numpy.array([256] * 3), "voxelsize": numpy.ones(3),
            "xras": numpy.array([-1., 0, 0]), "yras": numpy.array([0., 0, -1]),
            "zras": numpy.array([0., 1, 0]), "cras": numpy.array([5.4, 18, 0.25])}
    nibabel.freesurfer.write_geometry(tmp("lh.white"), points, faces, "made by a test", info)
    return points, faces


def test_freesurfer_surface():
    points, faces = make_surface()
    seen = load(tmp("lh.white"))
    same(seen["vertices"], points, "points")
    same(seen["faces"], faces, "faces")
    matrix = numpy.eye(4)
    matrix[:3, 3] = 5.4, 18, 0.25
    same(seen["field/freesurfer/scanner"], matrix, "matrix to the scanner")
    convert(tmp("lh.white"), tmp("rh.pial"))
    assert tmp("lh.white").read_bytes() == tmp("rh.pial").read_bytes()


def test_freesurfer_written():
    points, faces = tetrahedron()
    numpy.savez(tmp("in.npz"), vertices=points, faces=faces)
    convert(tmp("in.npz"), tmp("lh.inflated"))
    back = nibabel.freesurfer.read_geometry(tmp("lh.inflated"))
    same(back[0].astype(numpy.float32), points, "points")
    same(back[1], faces, "faces")


def test_freesurfer_values():
    make_surface()
    values = RNG.normal(size=4).astype(numpy.float32)
    nibabel.freesurfer.write_morph_data(tmp("lh.thickness"), values, 4)
    convert(tmp("lh.white"), tmp("out.npz"), "--attach", tmp("lh.thickness"))
    with numpy.load(tmp("out.npz")) as archive:
        same(archive["thickness"], values, "thickness")
    convert(tmp("out.npz"), tmp("lh.curv"))
    same(nibabel.freesurfer.read_morph_data(tmp("lh.curv")), values, "written")


def test_freesurfer_annotation():
    make_surface()
    colours = numpy.array([[25, 5, 25, 0, 0], [220, 20, 100, 55, 0], [9, 8, 7, 0, 0]])
    labels = numpy.array([2, -1, 0, 1])
    names = [b"unknown", b"insula", b"cuneus"]
    nibabel.freesurfer.write_annot(tmp("lh.aparc.annot"), labels, colours, names, fill_ctab=True)
    convert(tmp("lh.white"), tmp("out.npz"), "--attach", tmp("lh.aparc.annot"))
    with numpy.load(tmp("out.npz")) as archive:
        same(archive["aparc"], labels, "labels")
    convert(tmp("lh.white"), tmp("again.annot"), "--attach", tmp("lh.aparc.annot"))
    back = nibabel.freesurfer.read_annot(tmp("again.annot"))
    same(back[0], labels, "written labels")
    same(back[1][:, :4], colours[:, :4], "colours")
    assert back[2] == names, back[2]


# --- Tracts --------------------------------------------------------------------------------------

def split(seen):
    """The lines of a shape, as runs of segments."""
    segments = seen.get("segments", numpy.zeros((0, 2), int))
    breaks = numpy.flatnonzero(segments[1:, 0] != segments[:-1, 1]) + 1
    runs = numpy.split(segments, breaks)
    return [seen["vertices"][numpy.append(run[:, 0], run[-1, 1])] for run in runs]


def same_lines(lines, truth, tolerance, what):
    assert len(lines) == len(truth), f"{what}: {len(lines)} lines, not {len(truth)}"
    for a, b in zip(lines, truth):
        near(a, b, tolerance, what)


def test_trk_bundles():
    for path in data("tracts/*/*.trk"):
        truth = nibabel.streamlines.load(path)
        same_lines(split(load(path)), truth.streamlines, 1e-5, path)
        convert(path, tmp("again.trk"))
        assert tmp("again.trk").read_bytes() == path.read_bytes(), path


def make_tractogram():
    lines = [RNG.normal(size=(n, 3)).astype(numpy.float32) * 40 for n in (5, 2, 17)]
    tractogram = nibabel.streamlines.Tractogram(lines, affine_to_rasmm=numpy.eye(4))
    tractogram.data_per_point["FA"] = [RNG.normal(size=(len(line), 1)) for line in lines]
    tractogram.data_per_point["dir"] = [RNG.normal(size=(len(line), 3)) for line in lines]
    tractogram.data_per_streamline["weight"] = RNG.normal(size=(3, 1))
    tractogram.data_per_streamline["ends"] = RNG.normal(size=(3, 2))
    return tractogram


def rotation(degrees):
    c, s = numpy.cos(numpy.radians(degrees)), numpy.sin(numpy.radians(degrees))
    return numpy.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def test_trk_spaces():
    """Every order of voxels against several matrices: permuted, mirrored, oblique, sheared."""
    matrices = [numpy.diag([2., 3, 4]), numpy.diag([-2., 3, 4])[[1, 2, 0]],
                rotation(25) @ numpy.diag([2., -3, 4]),
                rotation(44) @ numpy.diag([1., 1, -5])[:, [2, 0, 1]],
                numpy.array([[2., 0.7, 0], [0, 3, 0.9], [0.3, 0, 4]])]
    for linear in matrices:
        for order in ("RAS", "LPS", "LAS", "SPL", "ASL", "PIR", "rai", ""):
            affine = numpy.eye(4)
            affine[:3, :3] = linear
            affine[:3, 3] = -7, 5, 91.5
            header = {"voxel_to_rasmm": affine.astype(numpy.float32), "voxel_order": order.encode(),
                      "voxel_sizes": numpy.sqrt((linear ** 2).sum(0)).astype(numpy.float32),
                      "dimensions": numpy.array([10, 20, 30], numpy.int16)}
            nibabel.streamlines.TrkFile(make_tractogram(), header).save(str(tmp("in.trk")))
            truth = nibabel.streamlines.load(tmp("in.trk"))
            seen = load(tmp("in.trk"))
            same_lines(split(seen), truth.streamlines, 1e-4, f"{order} of {linear}")
            same(seen["FA"], truth.tractogram.data_per_point["FA"]._data[:, 0], "scalars")
            same(seen["dir"], truth.tractogram.data_per_point["dir"]._data, "scalars of three")
            first = numpy.cumsum([0, 4, 1])
            same(seen["cell/ends"][first], truth.tractogram.data_per_streamline["ends"], "properties")
            convert(tmp("in.trk"), tmp("out.trk"))
            assert tmp("in.trk").read_bytes()[1000:] == tmp("out.trk").read_bytes()[1000:], order


def test_trk_written():
    points = RNG.normal(size=(6, 3)).astype(numpy.float32) * 30
    heat = RNG.normal(size=6).astype(numpy.float32)
    numpy.savez(tmp("in.npz"), vertices=points, segments=[[0, 1], [1, 2], [4, 5]], heat=heat)
    convert(tmp("in.npz"), tmp("out.trk"))
    back = nibabel.streamlines.load(tmp("out.trk"))
    same_lines(back.streamlines, [points[:3], points[3:4], points[4:]], 1e-5, "lines")
    same(back.tractogram.data_per_point["heat"]._data[:, 0], heat, "scalars")


def test_tck():
    tractogram = make_tractogram()
    header = {"step_size": "0.5", "method": "iFOD2"}
    nibabel.streamlines.TckFile(tractogram, header).save(str(tmp("in.tck")))
    seen = load(tmp("in.tck"))
    same_lines(split(seen), tractogram.streamlines, 0, "lines")
    convert(tmp("in.tck"), tmp("out.tck"))
    back = nibabel.streamlines.load(tmp("out.tck"))
    same_lines(back.streamlines, tractogram.streamlines, 0, "written")
    assert back.header["step_size"] == "0.5" and back.header["method"] == "iFOD2", back.header


def test_tracts_from_one_to_the_other():
    for path in data("tracts/sub_1/*.trk"):
        convert(path, tmp("out.tck"))
        same_lines(nibabel.streamlines.load(tmp("out.tck")).streamlines,
                   nibabel.streamlines.load(path).streamlines, 1e-5, path)


# -------------------------------------------------------------------------------------------------

def main():
    prefix = sys.argv[3] if len(sys.argv) > 3 else ""
    tests = [(name[5:], function) for name, function in globals().items()
             if name.startswith("test_" + prefix)]
    print(f"1..{len(tests)}")
    bad = 0
    for number, (name, function) in enumerate(tests, 1):
        try:
            function()
            print(f"ok {number} - {name}", flush=True)
        except Skip as reason:
            print(f"ok {number} - {name} # SKIP {reason}", flush=True)
        except Exception as error:  # one failure must not hide the next
            bad += 1
            print(f"not ok {number} - {name}\n# {type(error).__name__}: {error}", flush=True)
    return bad > 0


sys.exit(main())
