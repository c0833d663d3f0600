"""Surfaces of labels against other programs: voxels counted by nibabel, edges and volumes by VTK.

Usage: test-segment.py MONGE-CLI SOURCE-ROOT. Prints TAP; skips what is not installed.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import nibabel
    import numpy
    import vtk
except ImportError as missing:
    print(f"1..0 # SKIP {missing}: install python3-nibabel and python3-vtk9")
    sys.exit(0)

TEMPLATES = pathlib.Path("/usr/share/mricron/templates")
# Large and small, thin and thick, one in many pieces.
CASES = [
    (TEMPLATES / "aal.nii.gz", [1, 37, 38, 41, 71, 77, 95, 109, 116]),
    (TEMPLATES / "brodmann.nii.gz", [4, 17, 30]),
    (TEMPLATES / "JHU-WhiteMatter-labels-2mm.nii.gz", [3, 5, 11]),
    (TEMPLATES / "inia19-NeuroMaps.nii.gz", None),
]


def shared_cases(root):
    data = pathlib.Path(os.environ.get("MONGE_TEST_DATA", root.parent / "shared/data"))
    return [(path, None) for path in sorted(data.glob("knee/*.nii.gz"))]


def extract(cli, volume, label, out):
    subprocess.run([cli, "convert", f"{volume}", f"{out}", f"--label={label}", "--quiet"],
                   check=True, timeout=120)
    reader = vtk.vtkPLYReader()
    reader.SetFileName(str(out))
    reader.Update()
    return reader.GetOutput()


def count_edges(mesh, boundary):
    edges = vtk.vtkFeatureEdges()
    edges.SetInputData(mesh)
    edges.FeatureEdgesOff()
    edges.ManifoldEdgesOff()
    edges.SetBoundaryEdges(boundary)
    edges.SetNonManifoldEdges(not boundary)
    edges.Update()
    return edges.GetOutput().GetNumberOfCells()


def is_in_place(image, voxels, mesh):
    """Whether the surface spans what the voxels do, to a voxel."""
    centres = nibabel.affines.apply_affine(image.affine, voxels)
    voxel = numpy.abs(image.affine[:3, :3]).sum(axis=1)
    bounds = numpy.array(mesh.GetBounds()).reshape(3, 2)
    return (numpy.abs(bounds[:, 0] - centres.min(axis=0)) < voxel).all() \
        and (numpy.abs(bounds[:, 1] - centres.max(axis=0)) < voxel).all()


def check(cli, path, image, values, label, folder):
    """None, or what is wrong."""
    voxels = numpy.argwhere(values == label)
    mesh = extract(cli, path, label, folder / "surface.ply")
    mass = vtk.vtkMassProperties()
    mass.SetInputData(mesh)
    expected = len(voxels) * abs(numpy.linalg.det(image.affine[:3, :3]))
    if abs(mass.GetVolume() / expected - 1) > 0.01:
        return f"VTK measures {mass.GetVolume():g}, nibabel counts {expected:g}"
    for boundary in (True, False):
        if count_edges(mesh, boundary) != 0:
            return f"VTK finds {'boundary' if boundary else 'non-manifold'} edges"
    if not is_in_place(image, voxels, mesh):
        return f"it spans {mesh.GetBounds()}, which its voxels do not"
    return None


def main():
    cli, root = sys.argv[1], pathlib.Path(sys.argv[2])
    number = 0
    with tempfile.TemporaryDirectory() as folder:
        for path, labels in CASES + shared_cases(root):
            if not path.exists():
                number += 1
                print(f"ok {number} - {path.name} # SKIP there is no {path}")
                continue
            image = nibabel.load(path)
            values = numpy.asarray(image.dataobj).squeeze()
            present, sizes = numpy.unique(values, return_counts=True)
            found = dict(zip(present, sizes))
            if labels is None:
                found.pop(0, None)
                labels = sorted(found, key=found.get)[-3:]
            for label in labels:
                if found.get(label, 0) < 100:
                    continue
                wrong = check(cli, path, image, values, int(label), pathlib.Path(folder))
                number += 1
                print(f"{'not ok' if wrong else 'ok'} {number} - {path.name}, label {int(label)}"
                      + (f": {wrong}" if wrong else ""), flush=True)
    print(f"1..{number}")


main()
