#!/usr/bin/env python3
"""A program built with CUDA on a machine without a driver: it says so once, and the CPU computes.

    test-no-driver.py PROGRAM ROOT [PREFIX]      TAP; skipped where there is a driver
"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

import cli_driver
from cli_driver import FAILED, Skip, report, run, tmp

SHAPES = ["example:seahorse0", "example:seahorse1"]


def need_no_driver():
    if pathlib.Path("/proc/driver/nvidia").exists():
        raise Skip("there is a driver")


def test_devices_say_so_once():
    need_no_driver()
    lines = [line for line in run("devices").splitlines() if line.startswith("cuda")]
    assert len(lines) == 1 and "CUDA: no driver" in lines[0], lines
    assert re.search(r"install .* for CUDA \d+\.\d+ or later", lines[0]), lines
    (card,) = [d for d in report("devices")["devices"] if d["kind"] == "cuda"]
    assert not card["usable"] and card["reason"].startswith("no driver"), card


def test_cpu_takes_over():
    need_no_driver()
    about = report("loss", *SHAPES, "--backend", "auto")
    assert about["value"] == report("loss", *SHAPES, "--backend", "cpu")["value"], about


def test_cuda_asked_for_is_refused():
    need_no_driver()
    for command in (["loss", *SHAPES], ["register", *SHAPES, "-o", tmp("moved.ply"), "--steps", 1]):
        said = run(*command, "--backend", "cuda", code=FAILED)
        assert "CUDA: no driver" in said and "--backend cpu" in said, said


if __name__ == "__main__":
    sys.exit(cli_driver.main(globals()))
