"""Mouse files are opened as inputs of a rule; `declared_inputs` watches over that in all tests of the workflow."""

import os
import subprocess
import sys
import zipfile

import h5py
import numpy as np
import pytest

from murmur.data.mouse import describe
from murmur.data.mouse_file import check_header, contoured_frames, segmented_frames, write_cine
from murmur.errors import BadInput
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
        ("open('scans/M1/IM0001')", False),
        ("open('scans/M1/5/pdata/1/2dseq', 'rb')", False),
        ("import zipfile; zipfile.ZipFile('B.zip')", False),
        ("open('people.xlsx', 'rb')", False),
        ("open('provenance/jobs/measure.json')", True),
    ],
)
def test_undeclared_file_is_seen(tmp_path, statement, is_allowed):
    for name in ("A", "B"):
        write_cine(tmp_path / f"{name}.h5", np.ones((2, 2, 1, 1), np.uint16))
    for name in (
        "notes.txt",
        "scans/M1/IM0001",
        "scans/M1/5/pdata/1/2dseq",
        "people.xlsx",
        "provenance/jobs/measure.json",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    zipfile.ZipFile(tmp_path / "B.zip", "w").close()
    command = [sys.executable, "-c", JOB.format(statement)]
    done = subprocess.run(command, cwd=tmp_path, env=os.environ | WATCHED, capture_output=True, text=True)
    assert (done.returncode == 0) == is_allowed, done.stderr
    assert is_allowed or "measure opened" in done.stderr


def test_frames_of_a_file_without_a_list(tmp_path):
    masks = np.zeros((4, 4, 2, 3), np.uint8)
    masks[1, 1, 0, 2] = 1
    write_cine(tmp_path / "A.h5", np.ones_like(masks), masks, frames=[1, 2])
    assert contoured_frames(tmp_path / "A.h5") == segmented_frames(tmp_path / "A.h5") == [1, 2]
    with h5py.File(tmp_path / "A.h5", "a") as file:
        del file["Frames_with_ROI"]
    assert contoured_frames(tmp_path / "A.h5") == [2]
    assert segmented_frames(tmp_path / "A.h5") == [0, 1, 2]


SHAPE = (12, 10, 3, 5)


def write_mouse(path):
    masks = np.zeros(SHAPE, np.uint8)
    masks[2:5, 2:5, 1, [0, 3]] = 2
    images = np.random.default_rng(0).integers(0, 900, SHAPE).astype(np.uint16)
    write_cine(path, images, masks, [3, 0], {"spacing_mm": [0.2, 0.2, 1.0]})
    return path


def test_header_of_a_good_mouse(tmp_path):
    path = write_mouse(tmp_path / "A.h5")
    with h5py.File(path, "a") as file:
        file["Mask"] = 1
    assert check_header(path) == {
        "shape": list(SHAPE),
        "type": "uint16",
        "has_masks": True,
        "affine": None,
        "spacing_mm": [0.2, 0.2, 1.0],
        "frame_interval_ms": None,
        "frames": [0, 3],
        "unused": ["Mask"],
    }


def replace(name, *arguments, **options):
    """A change of a mouse file: another dataset, link or group by this name."""

    def change(file):
        if name in file:
            del file[name]
        if options:
            file.create_dataset(name, *arguments, **options)
        else:
            file[name] = arguments[0]

    return change


def virtual(file):
    layout = h5py.VirtualLayout(SHAPE, np.uint16)
    layout[:] = h5py.VirtualSource("other.h5", "Images", SHAPE)
    del file["Images"]
    file.create_virtual_dataset("Images", layout)


def unknown_filter(file):
    del file["Images"]
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk(SHAPE)
    properties.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, (3,))
    space = h5py.h5s.create_simple(SHAPE)
    h5py.h5d.create(file.id, b"Images", h5py.h5t.NATIVE_UINT16, space, properties)


def group(name):
    def change(file):
        del file[name]
        file.create_group(name)["data"] = np.ones(SHAPE)

    return change


BAD = [
    (group("Images"), "found a group Images"),
    (group("Masks"), "found a group Masks"),
    (group("Frames_with_ROI"), "found a group Frames_with_ROI"),
    (replace("Images", "text"), "found Images of shape ()"),
    (replace("Images", h5py.Empty("f")), "found Images without values"),
    (replace("Images", np.ones(SHAPE).T), "look reversed, as MATLAB writes them"),
    (replace("Images", h5py.ExternalLink("other.h5", "Images")), "found Images linked to the file 'other.h5'"),
    (
        replace("Masks", h5py.SoftLink("/elsewhere")),
        "found Masks linked to '/elsewhere', expected a dataset in this file",
    ),
    (replace("Images", SHAPE, np.uint16, external="raw.bin"), "found Images stored in other files"),
    (virtual, "found Images stored in other files"),
    (unknown_filter, "compressed by the filter 32015"),
    (replace("Images", (10**4, 10**4, 10**2, 10**2), np.uint8, chunks=(10, 10, 1, 1)), "expected at most"),
    (replace("Images", (2**9, 2**9, 2**6, 2**6), np.uint8, chunks=(64, 64, 1, 1)), "in a truncated file of"),
    (replace("Masks", np.zeros(SHAPE[:3], np.uint8)), "found Masks of shape (12, 10, 3)"),
    (replace("Masks", np.zeros(SHAPE[:2], np.uint8)), "found Masks of shape (12, 10)"),
    (replace("Frames_with_ROI", np.array([b"ED", b"ES"])), "expected distinct integers"),
    (replace("Frames_with_ROI", np.array([0, 5])), "expected 0 to 4"),
    (replace("Frames_with_ROI", np.arange(6)), "found 6 values in Frames_with_ROI, expected at most 5"),
    (lambda file: file.attrs.update(spacing_mm="0.1 mm"), "found the attribute spacing_mm"),
]


@pytest.mark.parametrize(("change", "words"), BAD)
@pytest.mark.parametrize("read", [check_header, lambda path: describe(str(path), None, None, None), contoured_frames])
def test_bad_file_is_one_sentence(tmp_path, change, words, read):
    path = write_mouse(tmp_path / "A.h5")
    with h5py.File(path, "a") as file:
        change(file)
    if read is contoured_frames and "attribute" in words:
        return
    with pytest.raises(BadInput) as error:
        read(path)
    assert words in str(error.value)
    assert str(error.value).startswith(f"{path}: found")
    assert "\n" not in str(error.value)


def test_damaged_chunk_names_the_file(tmp_path):
    path = write_mouse(tmp_path / "A.h5")
    with h5py.File(path) as file:
        place = file["Images"].id.get_chunk_info(7).byte_offset
    content = bytearray(path.read_bytes())
    content[place : place + 60] = bytes(60)
    path.write_bytes(content)
    check_header(path)
    with pytest.raises(BadInput, match=r"A.h5: found no readable HDF5 file \(.*filter.*\), expected one; copy"):
        describe(str(path), None, None, None)
