"""Surfaces, lines and points exchanged with VTK and meshio: what they write we read, what we write
they read, array for array. Arguments as in tests/cli_driver.py."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

from cli_driver import DATA, Skip, main, need, report, run, say, tmp

try:
    import numpy as np
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy
except ImportError as error:
    vtk = None
    MISSING = str(error)

try:
    import meshio
except ImportError:
    meshio = None

TYPES = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32",
         "float64"]


def need_vtk():
    if vtk is None:
        raise Skip(MISSING)
    vtk.vtkObject.GlobalWarningDisplayOff()


def need_meshio():
    need_vtk()
    if meshio is None:
        raise Skip("no meshio")


# --- VTK's side ---


def read_vtk(path):
    readers = {".vtk": "vtkPolyDataReader", ".vtp": "vtkXMLPolyDataReader", ".ply": "vtkPLYReader",
               ".stl": "vtkSTLReader", ".obj": "vtkOBJReader", ".off": "vtkOFFReader"}
    name = readers[path.suffix]
    if not hasattr(vtk, name):
        raise Skip(f"no {name}")
    reader = getattr(vtk, name)()
    reader.SetFileName(str(path))
    if path.suffix == ".vtk":
        for kind in ("Scalars", "Vectors", "Normals", "Tensors", "ColorScalars", "TCoords", "Fields"):
            getattr(reader, f"ReadAll{kind}On")()
    reader.Update()
    output = vtk.vtkPolyData()
    output.ShallowCopy(reader.GetOutput())
    assert output.GetNumberOfPoints() > 0, f"VTK reads nothing from {path}"
    return output


def values_of(name, n):
    """(n × 1 to 4) numbers, negative and large ones among them; no NaN, which equals nothing."""
    random = np.random.default_rng(len(name) + n)
    shape = (n, 1 + TYPES.index(name) % 4)
    if name.startswith("float"):
        return random.normal(size=shape).astype(name) * np.array(10.0 ** 20, dtype=name)
    info = np.iinfo(name)
    return random.integers(info.min, info.max, size=shape, dtype=name, endpoint=True)


def add_arrays(attributes, n):
    for name in TYPES:
        array = numpy_to_vtk(np.squeeze(values_of(name, n)), deep=True)
        array.SetName(f"my {name}%")
        attributes.AddArray(array)


def arrays_of(attributes):
    arrays = {}
    for i in range(attributes.GetNumberOfArrays()):
        array = attributes.GetArray(i)
        if array is not None:
            arrays[attributes.GetArrayName(i)] = np.array(vtk_to_numpy(array))
    return arrays


def cells_of(cells):
    """Offsets and connectivity."""
    return (vtk_to_numpy(cells.GetOffsetsArray()).astype(int).tolist(),
            vtk_to_numpy(cells.GetConnectivityArray()).astype(int).tolist())


def make(kind, dtype="float32"):
    """Six points with the cells of one kind and arrays of every type, at points, cells and both."""
    data = vtk.vtkPolyData()
    points = vtk.vtkPoints()
    coordinates = np.random.default_rng(3).normal(size=(6, 3)).astype(dtype)
    points.SetData(numpy_to_vtk(coordinates, deep=True))
    data.SetPoints(points)
    cells = vtk.vtkCellArray()
    lists = {"verts": [[0], [1], [2], [3], [4], [5]], "lines": [[0, 1, 2, 3], [5, 4]],
             "polys": [[0, 1, 2], [2, 1, 3], [3, 4, 5]]}[kind]
    for corners in lists:
        cells.InsertNextCell(len(corners), corners)
    {"verts": data.SetVerts, "lines": data.SetLines, "polys": data.SetPolys}[kind](cells)
    add_arrays(data.GetPointData(), 6)
    if kind != "verts":
        add_arrays(data.GetCellData(), len(lists))
    add_arrays(data.GetFieldData(), 4)
    return data


def assert_arrays_equal(a, b, what):
    a, b = arrays_of(a), arrays_of(b)
    assert list(a) == list(b), f"{what}: {list(a)} and {list(b)}"
    for name, array in a.items():
        other = b[name]
        if array.dtype.kind in "iu":  # VTK has several names for the same
            assert array.dtype.kind == other.dtype.kind, f"{what}: {name}: {other.dtype}"
        assert array.dtype.itemsize == other.dtype.itemsize, f"{what}: {name}: {other.dtype}"
        assert array.tobytes() == other.tobytes(), f"{what}: {name}: {array} and {other}"


def assert_equal(a, b, what):
    assert_points_equal(a, b, what)
    for kind in ("Verts", "Lines", "Polys"):
        cells = [cells_of(getattr(x, f"Get{kind}")()) for x in (a, b)]
        assert cells[0] == cells[1], f"{what}: {kind}: {cells}"
    assert_arrays_equal(a.GetPointData(), b.GetPointData(), f"{what}: points")
    assert_arrays_equal(a.GetCellData(), b.GetCellData(), f"{what}: cells")
    assert_arrays_equal(a.GetFieldData(), b.GetFieldData(), f"{what}: field")


def assert_points_equal(a, b, what):
    a, b = (vtk_to_numpy(x.GetPoints().GetData()) for x in (a, b))
    assert a.dtype == b.dtype and a.tobytes() == b.tobytes(), f"{what}: points differ"


def through_us(path, back):
    run("convert", path, tmp(back), "--quiet")
    return read_vtk(tmp(back))


# --- Tests ---


def test_legacy_of_all_versions():
    """Versions 4.2 and 5.1 as VTK writes them, and 3.0, which has the cells of 4.2."""
    need_vtk()
    for kind in ("verts", "lines", "polys"):
        for version in (42, 51, 30):
            for is_binary in (False, True):
                data = make(kind, "float64" if is_binary else "float32")
                path = tmp(f"{kind}-{version}-{is_binary}.vtk")
                writer = vtk.vtkPolyDataWriter()
                writer.SetFileName(str(path))
                writer.SetInputData(data)
                writer.SetFileVersion(max(version, 42))
                (writer.SetFileTypeToBinary if is_binary else writer.SetFileTypeToASCII)()
                writer.Write()
                if version == 30:
                    path.write_bytes(path.read_bytes().replace(b"Version 4.2", b"Version 3.0", 1))
                peer = read_vtk(path)  # text has fewer digits than the numbers had
                if not is_binary:
                    data = peer
                for back in ("back.vtk", "back.vtp"):
                    assert_equal(through_us(path, back), data, f"{path.name} to {back}")


def test_xml_in_all_encodings():
    need_vtk()
    n = 0
    for kind in ("verts", "lines", "polys"):
        data = make(kind, "float64")
        for mode in (0, 1, 2):
            for zipped in (False, True):
                for header in (32, 64):
                    for order in (0, 1):
                        for encoded in ((0, 1) if mode == 2 else (0,)):
                            path = tmp("peer.vtp")
                            writer = vtk.vtkXMLPolyDataWriter()
                            writer.SetFileName(str(path))
                            writer.SetInputData(data)
                            writer.SetDataMode(mode)
                            writer.SetEncodeAppendedData(encoded)
                            writer.SetHeaderType(header)
                            writer.SetByteOrder(order)
                            writer.SetBlockSize(64)
                            if zipped:
                                writer.SetCompressorTypeToZLib()
                            else:
                                writer.SetCompressorTypeToNone()
                            writer.Write()
                            what = f"{kind}, mode {mode}, zipped {zipped}, header {header}"
                            assert_equal(through_us(path, "back.vtp"), read_vtk(path), what)
                            n += 1
    say(f"{n} files of VTK's XML writer")


def test_other_compressors_are_refused():
    need_vtk()
    for name in ("LZ4", "LZMA"):
        path = tmp("lz.vtp")
        writer = vtk.vtkXMLPolyDataWriter()
        writer.SetFileName(str(path))
        writer.SetInputData(make("polys"))
        getattr(writer, f"SetCompressorTypeTo{name}")()
        writer.Write()
        assert "save it with zlib" in run("info", path, code=1)


def test_cell_data_count_kind_by_kind():
    """Rows of cell data are those that VTK itself gives to the polygons and strips."""
    need_vtk()
    data = make("polys")
    for kind, lists in (("Verts", [[0]]), ("Lines", [[0, 1], [2, 3]]), ("Strips", [[0, 1, 2, 3]])):
        cells = vtk.vtkCellArray()
        for corners in lists:
            cells.InsertNextCell(len(corners), corners)
        getattr(data, f"Set{kind}")(cells)
    data.GetCellData().Initialize()
    rank = numpy_to_vtk(np.arange(7, dtype="int32") * 10, deep=True)
    rank.SetName("rank")
    data.GetCellData().AddArray(rank)
    for suffix, maker in ((".vtk", vtk.vtkPolyDataWriter), (".vtp", vtk.vtkXMLPolyDataWriter)):
        path = tmp("mixed" + suffix)
        writer = maker()
        writer.SetFileName(str(path))
        writer.SetInputData(data)
        writer.Write()
        back = arrays_of(through_us(path, "back.vtp").GetCellData())["rank"].tolist()
        assert back == [30, 40, 50, 60, 60], f"{suffix}: {back}"


def test_say_along_what_they_run():
    """What 3D Slicer writes and looks for, in each of the formats."""
    need_vtk()
    data = make("polys")
    path = tmp("slicer.vtk")
    writer = vtk.vtkPolyDataWriter()
    writer.SetFileName(str(path))
    writer.SetInputData(data)
    writer.SetHeader("3D Slicer output. SPACE=LPS")
    writer.Write()
    for suffix in (".vtk", ".vtp", ".ply", ".stl", ".obj", ".off"):
        back = tmp("slicer" + suffix) if suffix != ".vtk" else tmp("slicer2.vtk")
        run("convert", path, back, "--quiet")
        assert (b"SPACE=LPS" in back.read_bytes()) == (suffix != ".vtp"), suffix
        if suffix == ".off":
            continue  # not each VTK has a reader
        first = np.array(read_vtk(back).GetPoint(0))
        assert np.allclose(first, data.GetPoint(0), atol=1e-6), f"{suffix}: {first}"
    text = read_vtk(tmp("slicer.vtp")).GetFieldData().GetAbstractArray("SPACE")
    assert text.GetValue(0) == "LPS"
    ours = report("info", tmp("slicer.ply"))
    bounds = data.GetBounds()
    assert np.allclose([ours["bounds"][0][0], ours["bounds"][1][0]], [-bounds[1], -bounds[0]],
                       atol=1e-6), "not RAS in memory"


def test_real_shapes_have_the_same_counts_and_bounds():
    need_vtk()
    need(DATA)
    paths = [path for path in sorted(DATA.rglob("*")) if path.suffix in (".vtk", ".ply", ".stl")]
    for path in paths:
        ours, theirs = report("info", path), read_vtk(path)
        if path.suffix != ".stl":  # whose corners are welded
            assert ours["points"] == theirs.GetNumberOfPoints(), path
        assert ours["faces"] == theirs.GetNumberOfPolys(), path
        bounds = np.array(theirs.GetBounds()).reshape(3, 2).T
        assert np.allclose(ours["bounds"], bounds, rtol=1e-7, atol=1e-7), path
        arrays = arrays_of(theirs.GetPointData())
        if path.suffix == ".vtk":
            assert [a["name"] for a in ours["arrays"]] == list(arrays), path
    say(f"{len(paths)} files")


def test_what_we_write_vtk_reads():
    """Surfaces of the real data in each format; STL has its vertices in another order."""
    need_vtk()
    source = need(DATA / "hippocampus" / "source_1654.ply")
    first = read_vtk(source)
    for suffix in (".vtk", ".vtp", ".ply", ".obj", ".stl", ".off"):
        try:
            back = through_us(source, "ours" + suffix)
        except Skip as reason:
            say(f"{suffix}: {reason}")
            continue
        assert back.GetNumberOfPolys() == first.GetNumberOfPolys(), suffix
        if suffix != ".stl":
            assert_points_equal(back, first, suffix)
            assert cells_of(back.GetPolys()) == cells_of(first.GetPolys()), suffix
        assert np.allclose(back.GetBounds(), first.GetBounds()), suffix


def test_meshio_writes_we_read():
    need_meshio()
    source = need(DATA / "hippocampus" / "source_1654.ply")
    mesh = meshio.read(source)
    mesh.point_data = {"a": values_of("float64", len(mesh.points))[:, 0],
                       "v": np.random.default_rng(1).normal(size=(len(mesh.points), 3))}
    files = {"a.vtk": dict(file_format="vtk42"), "b.vtk": dict(file_format="vtk51"),
             "c.vtk": dict(file_format="vtk42", binary=False),
             "d.vtk": dict(file_format="vtk51", binary=False),
             "e.ply": dict(binary=True), "f.ply": dict(binary=False), "g.off": {}, "h.obj": {},
             "i.stl": dict(binary=True)}
    for name, options in files.items():
        path = tmp("meshio-" + name)
        other = mesh
        if name[0] in "efghi":
            other = meshio.Mesh(mesh.points, mesh.cells)
        meshio.write(path, other, **options)
        ours = report("info", path)
        assert ours["points"] == len(mesh.points), name
        assert ours["faces"] == len(mesh.cells_dict["triangle"]), name
        assert np.allclose(ours["bounds"], [mesh.points.min(0), mesh.points.max(0)], rtol=1e-6), name
        if name.endswith(".vtk"):
            back = arrays_of(through_us(path, "back.vtp").GetPointData())
            for array, values in mesh.point_data.items():
                assert np.allclose(back[array], values, rtol=1e-12), f"{name}: {array}"


def test_we_write_meshio_reads():
    need_meshio()
    source = need(DATA / "hippocampus" / "source_1654.ply")
    mesh = meshio.read(source)
    for suffix in (".ply", ".obj", ".off", ".stl"):
        path = tmp("for-meshio" + suffix)
        run("convert", source, path, "--quiet")
        back = meshio.read(path)
        assert len(back.cells_dict["triangle"]) == len(mesh.cells_dict["triangle"]), suffix
        if suffix != ".stl":
            assert np.array_equal(back.points.astype("float32"), mesh.points), suffix
            assert np.array_equal(back.cells_dict["triangle"], mesh.cells_dict["triangle"]), suffix


if __name__ == "__main__":
    sys.exit(main(globals()))
