"""Mouse files are opened as inputs of a rule; `declared_inputs` watches over that in all tests of the workflow."""

import os
import subprocess
import sys

import numpy as np
import pytest

from murmur.data.mouse_file import contoured_frames, segmented_frames, write_cine
from workplace import WATCHED

JOB = """
from types import SimpleNamespace
from pathlib import Path
import h5py
snakemake = SimpleNamespace(rule="measure", input=["A.h5"], output=["out.csv"])
{}
"""


@pytest.mark.parametrize(
    ("statement", "is_allowed"),
    [
        ("h5py.File('A.h5')", True),
        ("h5py.File(Path('B.h5'))", False),
        ("h5py.File('out.h5', 'w'); h5py.File('out.h5')", False),
        ("open('B.h5')", False),
        ("open('out.csv', 'w'); open('out.csv')", True),
        ("open('notes.txt')", True),
    ],
)
def test_undeclared_file_is_seen(tmp_path, statement, is_allowed):
    for name in ("A", "B"):
        write_cine(tmp_path / f"{name}.h5", np.ones((2, 2, 1, 1), np.uint16))
    (tmp_path / "notes.txt").touch()
    command = [sys.executable, "-c", JOB.format(statement)]
    done = subprocess.run(command, cwd=tmp_path, env=os.environ | WATCHED, capture_output=True, text=True)
    assert (done.returncode == 0) == is_allowed, done.stderr
    assert is_allowed or "measure opened" in done.stderr


def test_frames_of_a_file_without_a_list(tmp_path):
    masks = np.zeros((4, 4, 2, 3), np.uint8)
    masks[1, 1, 0, 2] = 1
    write_cine(tmp_path / "A.h5", masks=masks, frames=[1, 2])
    assert contoured_frames(tmp_path / "A.h5") == segmented_frames(tmp_path / "A.h5") == [1, 2]
    import h5py

    with h5py.File(tmp_path / "A.h5", "a") as file:
        del file["Frames_with_ROI"]
    assert contoured_frames(tmp_path / "A.h5") == [2]
    assert segmented_frames(tmp_path / "A.h5") == [0, 1, 2]
