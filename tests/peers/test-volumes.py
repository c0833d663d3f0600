#!/usr/bin/env python3
"""Volumes as nibabel and VTK read and write them: sizes, placement, voxels of each label, ranges.

    test-volumes.py MONGE_CLI SOURCE_FOLDER
"""
import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import zlib

CLI, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
TEMPLATES = pathlib.Path("/usr/share/mricron/templates")
DATA = pathlib.Path(os.environ.get("MONGE_TEST_DATA", ROOT / ".." / "shared" / "data"))

try:
    import nibabel
    import numpy as np
except ImportError as error:
    print(f"1..0 # SKIP {error}")
    sys.exit(0)
try:
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

    # Else the reader of NRRD is one that wants several processes.
    vtk.vtkObjectFactory.SetAllEnableFlags(False, "vtkNrrdReader", "vtkPNrrdReader")
except ImportError:
    vtk = None

tests = []


def test(function):
    tests.append(function)
    return function


class Skip(Exception):
    pass


def info(path):
    done = subprocess.run([CLI, "info", "--json", "-", str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def same(a, b, what, tolerance=0.0):
    a, b = np.asarray(a, float), np.asarray(b, float)
    assert a.shape == b.shape, f"{what}: {a.shape} is not {b.shape}"
    worst = np.abs(a - b).max() if a.size else 0.0
    assert worst <= tolerance, f"{what}: {a} is not {b}"


def check_values(report, values, name):
    """@values in any order: counts of labels, or the range."""
    if report["values"] == "labels":
        labels, counts = np.unique(np.rint(values).astype(int), return_counts=True)
        keep = labels != 0
        same([label["value"] for label in report["labels"]], labels[keep], f"{name}: labels")
        same([label["voxels"] for label in report["labels"]], counts[keep], f"{name}: voxels")
        voxel = report["voxel_volume"]
        same([label["volume"] for label in report["labels"]], counts[keep] * voxel,
             f"{name}: mm³", 1e-9 * counts.max() * voxel)
    else:
        values = values.astype(np.float32)
        same(report["range"], [values.min(), values.max()], f"{name}: range")


def compare_with_nibabel(path):
    image = nibabel.load(path)
    report = info(path)
    name = pathlib.Path(path).name
    same(report["size"], image.shape[:3], f"{name}: size")
    scale = np.abs(image.affine).max()
    same(report["affine"], image.affine.ravel(), f"{name}: affine", 1e-6 * scale)
    assert report["orientation"] == "".join(nibabel.aff2axcodes(image.affine)), name
    same(report["voxel_volume"], abs(np.linalg.det(image.affine[:3, :3])), f"{name}: mm³", 1e-5)
    corners = np.array([[i, j, k, 1] for i in (-0.5, image.shape[0] - 0.5)
                        for j in (-0.5, image.shape[1] - 0.5)
                        for k in (-0.5, image.shape[2] - 0.5)]) @ image.affine.T
    same(report["bounds"], [corners[:, :3].min(0), corners[:, :3].max(0)], f"{name}: bounds",
         1e-5 * np.abs(corners).max())
    check_values(report, np.asarray(image.dataobj), name)
    return report


@test
def all_templates_of_mricron_as_nibabel_reads_them():
    paths = sorted(TEMPLATES.glob("*.nii.gz"))
    if not paths:
        raise Skip("no mricron-data")
    intensities = {"ch2.nii.gz", "ch2bet.nii.gz", "ch2better.nii.gz", "inia19-t1-brain.nii.gz"}
    for path in paths:
        report = compare_with_nibabel(path)
        assert (report["values"] == "intensities") == (path.name in intensities), path.name


@test
def knees_as_nibabel_reads_them():
    paths = sorted((DATA / "knee").glob("*.nii.gz"))
    if not paths:
        raise Skip("no knees in MONGE_TEST_DATA")
    for path in paths:
        compare_with_nibabel(path)


def blocks(dtype, shape=(9, 7, 5)):
    """Labels in blocks, or smooth values."""
    z, y, x = np.mgrid[0:shape[2], 0:shape[1], 0:shape[0]]
    if np.issubdtype(dtype, np.floating):
        return (x * 0.37 + np.sin(y) + z * z * 0.01).astype(dtype)
    return ((x // 3) + 3 * (y // 4) + 6 * (z // 3)).astype(dtype)


TYPES = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.float32, np.float64]


@test
def every_type_that_nibabel_writes(tmp):
    affine = np.array([[-0.5, 0, 0.1, 7], [0, 2, 0, -80], [0, 0.3, 1, 5], [0, 0, 0, 1]])
    for kind in (nibabel.Nifti1Image, nibabel.Nifti2Image):
        for dtype in TYPES + [np.int64]:
            for order in "<>":
                header = kind.header_class(endianness=order)
                values = blocks(dtype).T
                path = tmp / "a.nii.gz"
                header.set_data_dtype(np.dtype(dtype).newbyteorder(order))
                nibabel.save(kind(values, affine, header), path)
                compare_with_nibabel(path)
    pair = nibabel.Nifti1Pair(blocks(np.int16).T, affine)
    nibabel.save(pair, tmp / "pair.hdr")
    compare_with_nibabel(tmp / "pair.hdr")


def vtk_image(values, spacing, origin):
    image = vtk.vtkImageData()
    image.SetDimensions(*values.shape[::-1])
    image.SetSpacing(*spacing)
    image.SetOrigin(*origin)
    image.GetPointData().SetScalars(numpy_to_vtk(values.ravel(), deep=True))
    return image


@test
def metaimages_that_vtk_writes(tmp):
    if vtk is None:
        raise Skip("no VTK")
    for dtype in TYPES:
        for compress in (False, True):
            values = blocks(dtype)
            writer = vtk.vtkMetaImageWriter()
            writer.SetInputData(vtk_image(values, (0.5, 1.5, 2), (10, 20, 30)))
            writer.SetFileName(str(tmp / "a.mhd"))
            writer.SetRAWFileName(str(tmp / "a.zraw"))
            writer.SetCompression(compress)
            writer.Write()
            report = info(tmp / "a.mhd")
            same(report["size"], values.shape[::-1], "size")
            same(report["affine"], [-0.5, 0, 0, -10, 0, -1.5, 0, -20, 0, 0, 2, 30, 0, 0, 0, 1],
                 "affine")
            check_values(report, values, str(dtype))


def nrrd_header(values, encoding, extra=""):
    names = {"i": "int", "u": "uint", "f": {4: "float", 8: "double"}.get(values.dtype.itemsize)}
    kind = values.dtype.kind
    name = names[kind] if kind == "f" else f"{names[kind]}{8 * values.dtype.itemsize}"
    return (f"NRRD0004\ntype: {name}\ndimension: 3\nspace: left-posterior-superior\n"
            f"sizes: {values.shape[2]} {values.shape[1]} {values.shape[0]}\n"
            "space directions: (0.5,0,0) (0,1.5,0) (0,0,2)\nkinds: domain domain domain\n"
            f"endian: little\nencoding: {encoding}\nspace origin: (10,20,30)\n{extra}\n").encode()


def read_with_vtk(reader, path):
    reader.SetFileName(str(path))
    reader.Update()
    image = reader.GetOutput()
    return image, vtk_to_numpy(image.GetPointData().GetScalars())


def vtk_size(image):
    """VTK 9.1 takes the fastest axis of any NRRD for components."""
    components, size = image.GetNumberOfScalarComponents(), image.GetDimensions()
    return size if components == 1 else (components, *size[:2])


@test
def nrrds_as_vtk_reads_them(tmp):
    for dtype in TYPES:
        values = blocks(dtype)
        raw = values.tobytes()
        texts = " ".join(map(repr, values.ravel().tolist())).encode()
        for encoding, data in (("raw", raw), ("gzip", gzip.compress(raw)), ("ascii", texts)):
            path = tmp / "a.nrrd"
            path.write_bytes(nrrd_header(values, encoding) + data)
            report = info(path)
            same(report["size"], values.shape[::-1], "size")
            same(report["affine"], [-0.5, 0, 0, -10, 0, -1.5, 0, -20, 0, 0, 2, 30, 0, 0, 0, 1],
                 "affine")
            assert report["stored_space"] == "LPS" and report["orientation"] == "LPS"
            check_values(report, values, f"{dtype} {encoding}")
            if vtk is not None and encoding != "ascii":
                image, theirs = read_with_vtk(vtk.vtkNrrdReader(), path)
                same(vtk_size(image), report["size"], "VTK's size")
                check_values(report, theirs, f"VTK's {dtype} {encoding}")


@test
def detached_nrrd_and_metaimage(tmp):
    values = blocks(np.int16)
    (tmp / "d.raw").write_bytes(values.tobytes())
    (tmp / "d.nhdr").write_bytes(nrrd_header(values, "raw", "data file: d.raw\n"))
    check_values(info(tmp / "d.nhdr"), values, "nhdr")
    (tmp / "d.raw.gz").write_bytes(gzip.compress(values.tobytes()))
    (tmp / "z.nhdr").write_bytes(nrrd_header(values, "gzip", "data file: d.raw.gz\n"))
    check_values(info(tmp / "z.nhdr"), values, "zipped nhdr")
    (tmp / "d.zraw").write_bytes(zlib.compress(values.tobytes()))
    (tmp / "d.mhd").write_text(
        "ObjectType = Image\nNDims = 3\nCompressedData = True\nDimSize = 9 7 5\n"
        "ElementSpacing = 1 1 1\nElementType = MET_SHORT\nElementDataFile = d.zraw\n")
    check_values(info(tmp / "d.mhd"), values, "mhd")


def convert(source, target, *options):
    done = subprocess.run([CLI, "convert", "--quiet", str(source), str(target), *options],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@test
def what_we_write_is_read_voxel_by_voxel(tmp):
    affine = np.array([[-0.5, 0, 0, 7], [0, 2, 0, -80], [0, 0, 1, 5], [0, 0, 0, 1]])
    for dtype in (np.uint8, np.int16, np.int32, np.float32):
        values = blocks(dtype) - (100 if dtype == np.int16 else 0)
        values = values * (1000 if dtype == np.int32 else 1)
        nibabel.save(nibabel.Nifti1Image(values.T.astype(dtype), affine), tmp / "a.nii")
        for extension in ("nii", "nii.gz"):
            convert(tmp / "a.nii", tmp / f"b.{extension}")
            back = nibabel.load(tmp / f"b.{extension}")
            same(back.affine, affine, "affine", 1e-6)
            same(back.get_qform(), affine, "qform", 1e-5)
            same(np.asarray(back.dataobj), values.T, f"{dtype} in {extension}")
        for extension, reader in (("nrrd", "vtkNrrdReader"), ("mha", "vtkMetaImageReader"),
                                  ("nii", "vtkNIFTIImageReader")):
            if vtk is None:
                continue
            convert(tmp / "a.nii", tmp / f"b.{extension}")
            image, theirs = read_with_vtk(getattr(vtk, reader)(), tmp / f"b.{extension}")
            same(vtk_size(image), values.shape[::-1], extension)
            if extension != "nrrd":
                same(np.abs(image.GetSpacing()), [0.5, 2, 1], f"{extension}: spacing", 1e-6)
            # VTK turns the slices of a NIfTI volume round where its map mirrors.
            expected = values[::-1] if extension == "nii" else values
            same(theirs.ravel(), expected.ravel(), f"{dtype} in {extension}")


@test
def atlas_through_every_format(tmp):
    path = TEMPLATES / "aal.nii.gz"
    if not path.exists():
        raise Skip("no mricron-data")
    first = info(path)
    for extension in ("nii.gz", "nrrd", "mha"):
        convert(path, tmp / f"b.{extension}")
        again = info(tmp / f"b.{extension}")
        for key in ("size", "affine", "orientation", "bounds", "volume"):
            assert again[key] == first[key], f"{extension}: {key}"
        for one, other in zip(first["labels"], again["labels"]):
            for key in ("value", "voxels", "volume") + (("name",) if extension == "nrrd" else ()):
                assert one[key] == other[key], f"{extension}: {key} of label {one['value']}"


@test
def labels_by_name_and_all_at_once(tmp):
    path = TEMPLATES / "aal.nii.gz"
    if not path.exists():
        raise Skip("no mricron-data")
    convert(path, tmp / "a.ply", "--label", "hippocampus_l,38")
    convert(path, tmp / "v.npy", "--label", "37,38", "--voxels")
    mask = np.isin(np.asarray(nibabel.load(path).dataobj), (37, 38))
    voxels = np.load(tmp / "v.npy")
    same(len(voxels), mask.sum(), "voxels")
    same(voxels.mean(0), np.argwhere(mask).mean(0) + nibabel.load(path).affine[:3, 3], "centre",
         1e-6)
    surface = info(tmp / "a.ply")
    same(surface["volume"], mask.sum(), "mm³ of the surface", 0.01 * mask.sum())
    (tmp / "all").mkdir()
    convert(path, tmp / "all" / "x.ply", "--all-labels")
    names = sorted(p.name for p in (tmp / "all").iterdir())
    assert len(names) == 116 and "x-37-Hippocampus_L.ply" in names, names[:3]
    convert(path, tmp / "t.vtk", "--all-labels", "--together")
    if vtk is not None:
        reader = vtk.vtkPolyDataReader()
        reader.SetFileName(str(tmp / "t.vtk"))
        reader.Update()
        labels = vtk_to_numpy(reader.GetOutput().GetCellData().GetArray("label"))
        assert set(labels) == set(range(1, 117))


@test
def levels_and_densities_of_intensities(tmp):
    path = TEMPLATES / "ch2bet.nii.gz"
    if not path.exists():
        raise Skip("no mricron-data")
    image = nibabel.load(path)
    values = np.asarray(image.dataobj)
    convert(path, tmp / "d.ply", "--density", "--level", "100")
    convert(path, tmp / "s.ply", "--level", "50")
    inside = values >= 100
    density = info(tmp / "d.ply")
    assert density["points"] == inside.sum()
    surface = info(tmp / "s.ply")
    same(surface["volume"], (values >= 50).sum(), "volume within the level",
         0.02 * (values >= 50).sum())


def main():
    print(f"1..{len(tests)}")
    failed = False
    for number, function in enumerate(tests, 1):
        name = function.__name__.replace("_", " ")
        try:
            with tempfile.TemporaryDirectory() as folder:
                if function.__code__.co_argcount:
                    function(pathlib.Path(folder))
                else:
                    function()
            print(f"ok {number} - {name}")
        except Skip as reason:
            print(f"ok {number} - {name} # SKIP {reason}")
        except AssertionError as error:
            failed = True
            print(f"not ok {number} - {name}")
            print("\n".join(f"# {line}" for line in str(error).splitlines()))
        sys.stdout.flush()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
