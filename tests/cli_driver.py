"""What scripts that drive monge-cli from outside share: running it, checking what it says, arrays,
and a TAP report.

    SCRIPT PROGRAM ROOT [PREFIX]     PREFIX runs the tests whose names start so

Real shapes are looked for in $MONGE_TEST_DATA, else ROOT/../shared/data; reference values in
$MONGE_TEST_REFERENCE, else ROOT/../shared/reference. What is not there is skipped.
"""

import array
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import traceback

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
ROOT = pathlib.Path(sys.argv[2])
DATA = pathlib.Path(os.environ.get("MONGE_TEST_DATA", ROOT / ".." / "shared" / "data"))
REFERENCE = pathlib.Path(os.environ.get("MONGE_TEST_REFERENCE",
                                        ROOT / ".." / "shared" / "reference"))
ATLAS = pathlib.Path("/usr/share/mricron/templates/aal.nii.gz")
TMP = pathlib.Path(tempfile.mkdtemp(prefix="monge-test-cli-"))
DONE, FAILED, USAGE, NOT_CONVERGED = 0, 1, 2, 3


class Skip(Exception):
    """What a test needs is not on this machine."""


def need(path):
    if not path.exists():
        raise Skip(f"no {path}")
    return path


def say(text):
    print(f"# {text}", flush=True)


def tmp(name):
    return TMP / name


def run(*arguments, code=DONE):
    """Returns what was printed; the exit code must be as expected."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, timeout=110,
                          check=False)
    out, err = done.stdout.decode(), done.stderr.decode()
    assert done.returncode == code, f"{arguments}: exit {done.returncode}, not {code}: {err}"
    if code in (FAILED, USAGE):
        assert len(err.splitlines()) == 1, f"{arguments}: not one line: {err!r}"
    return err if code in (FAILED, USAGE) else out


def report(*arguments, code=DONE):
    return json.loads(run(*arguments, "--json", "-", code=code))


def refuse(*arguments, code=USAGE, says=()):
    message = run(*arguments, code=code)
    for part in says:
        assert part in message, f"{arguments}: {message!r} does not mention {part!r}"


def close(a, b, tolerance, what):
    assert abs(a - b) <= tolerance, f"{what}: {a} and {b} differ by more than {tolerance}"


def all_close(got, wanted, tolerance, what):
    assert len(got) == len(wanted), f"{what}: {len(got)} values, not {len(wanted)}"
    size = max(map(abs, wanted))
    for k, (a, b) in enumerate(zip(got, wanted)):
        close(a, b, tolerance * size, f"{what}, value {k}")


def load_npy(path):
    """Returns the shape and the values of a little-endian array of floats."""
    data = pathlib.Path(path).read_bytes()
    assert data[:6] == b"\x93NUMPY", path
    size, start = (struct.unpack("<H", data[8:10])[0], 10) if data[6] == 1 else (
        struct.unpack("<I", data[8:12])[0], 12)
    header = eval(data[start:start + size])  # a literal that this test or NumPy wrote
    assert header["descr"] in ("<f4", "<f8", "<i8") and not header["fortran_order"], header
    code = {"<f4": "f", "<f8": "d", "<i8": "q"}[header["descr"]]
    return header["shape"], array.array(code, data[start + size:])


def save_npy(path, values, shape):
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(10 + len(header) + 1) % 64) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
                     + array.array("d", values).tobytes())
    return path


def save_cloud(name, points):
    path = tmp(name)
    return save_npy(path, [x for point in points for x in point], (len(points), len(points[0])))


def main(names):
    """Runs the functions of @names that are called test_…; returns the exit code."""
    prefix = sys.argv[3] if len(sys.argv) > 3 else ""
    tests = [(name[5:], function) for name, function in names.items()
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
            if not isinstance(error, AssertionError):
                say(traceback.format_exc().replace("\n", "\n# "))
            print(f"not ok {number} - {name}", flush=True)
            say(str(error).replace("\n", "\n# "))
    for path in sorted(TMP.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    TMP.rmdir()
    return int(bad > 0)

