import json
import os
import subprocess
import sys
import zipfile

import h5py
import numpy as np
import pytest

from murmur.audit import compare_runs
from murmur.errors import BadInput

A_TABLE = "mouse,volume_uL,phase\nMouse1,10.0,ED\nMouse2,20.0,ES\nMouse3,,ES\n"


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.fixture
def run(root, tmp_path):
    """Compare two folders of files on the command line; return the exit status and what was said."""

    def run(first, second):
        write(tmp_path / "first", first)
        write(tmp_path / "second", second)
        done = subprocess.run(
            [sys.executable, "-m", "murmur.audit", "compare-runs", "first", "second"],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(root / "scripts")},
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout.splitlines(), done.stderr

    return run


def record(sha256="ab", path="a", **made):
    return json.dumps({"outputs": [{"path": path, "sha256": sha256}], "made": made, "run": {"started": str(id(made))}})


JOBS = "demo/provenance/jobs"


def test_same_results_are_counted(run):
    """What describes the run itself may differ, a result may be removed, and a record may name another time."""
    first = {"demo/a.csv": A_TABLE, f"{JOBS}/r.json": record(rule="r"), "demo/logs/r.log": "one"}
    first |= {f"{JOBS}/s.json": record(rule="s"), "demo/benchmarks/r.tsv": "1", "demo/report.html": "1"}
    times = "results/demo/benchmarks/networks.csv"
    first |= {f"{JOBS}/t.json": record("ab", times)}
    second = {"demo/a.csv": A_TABLE, f"{JOBS}/r.json": record(rule="r"), "demo/logs/r.log": "two"}
    second |= {f"{JOBS}/s.json": record(rule="s"), "demo/benchmarks/r.tsv": "2"}
    second |= {f"{JOBS}/t.json": record("cd", times)}
    assert run(first, second) == (0, ["4 files, all identical"], "")


def test_files_and_records_that_differ_are_named(run):
    first = {"a.csv": A_TABLE, "b.png": b"0123", "c.md": "c", "d.md": "d"}
    second = {"a.csv": A_TABLE.replace("20.0", "20.5"), "b.png": b"01x3", "d.md": "d"}
    first |= {"provenance/jobs/r.json": record(commit="1"), "provenance/jobs/s.json": record("ab")}
    second |= {"provenance/jobs/r.json": record(commit="2"), "provenance/jobs/s.json": record("cd")}
    status, said, _ = run(first, second)
    assert status == 1
    assert said == [
        "a.csv: volume_uL by up to 2.4e-02 of its value",
        "b.png: from byte 2, counted from 0, of 4 and 4",
        "c.md: only in first",
        "provenance/jobs/r.json: commit",
        "provenance/jobs/s.json: outputs",
        "5 of 6 files differ",
    ]


def test_nothing_to_compare_is_no_success(run, tmp_path):
    sentence = "second: found no results, expected the folder of a study's results; correct the path."
    assert run({"a.csv": A_TABLE}, {"logs/a.log": "x"}) == (1, [sentence], "")
    with pytest.raises(BadInput):
        compare_runs.compare_runs(tmp_path / "first", tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (A_TABLE.replace("10.0", "-10.0"), "volume_uL by up to 2.0e+00 of its value"),
        (A_TABLE.replace("20.0", ""), "volume_uL in 1 of 3 rows"),
        (A_TABLE.replace("ED", "single"), "phase in 1 of 3 rows"),
        (
            A_TABLE.replace("Mouse2,20.0", "Mouse4,40.0"),
            "mouse in 1 of 3 rows, volume_uL by up to 5.0e-01 of its value",
        ),
        (A_TABLE.replace("10.0", "10.00"), "from byte 33, counted from 0, of 63 and 64"),
        (
            A_TABLE.replace("phase", "time"),
            "3 rows of mouse, volume_uL, phase versus 3 rows of mouse, volume_uL, time",
        ),
        (A_TABLE + "Mouse4,1,ED\n", "3 rows of mouse, volume_uL, phase versus 4 rows of mouse, volume_uL, phase"),
    ],
)
def test_tables(tmp_path, other, told):
    write(tmp_path, {"a.csv": A_TABLE, "b.csv": other})
    assert compare_runs.difference(tmp_path / "a.csv", tmp_path / "b.csv") == told


def write_masks(path, values, names=("Masks",)):
    with h5py.File(path, "w") as file:
        for name in names:
            file[name] = values
    return path


def test_masks_are_told_by_voxels(tmp_path):
    masks = np.zeros((4, 5, 2), np.uint8)
    first = write_masks(tmp_path / "a.h5", masks)
    masks[0, :3, 0] = 2
    assert compare_runs.difference(first, write_masks(tmp_path / "b.h5", masks)) == "Masks in 3 of 40 values"
    told = compare_runs.difference(first, write_masks(tmp_path / "c.h5", masks[:2], ("Images", "Masks")))
    assert told == "Images of shape none versus (2, 5, 2), Masks of shape (4, 5, 2) versus (2, 5, 2)"


def write_model(path, weight, config="{}"):
    with h5py.File(path.with_suffix(".h5"), "w") as file:
        file["layers/conv/0"] = np.array([0.5, weight], np.float32)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("config.json"), config)
        archive.writestr(zipfile.ZipInfo("model.weights.h5"), path.with_suffix(".h5").read_bytes())
    return path


def test_models_are_told_by_their_weights(tmp_path):
    first = write_model(tmp_path / "a.keras", 1.0)
    assert compare_runs.difference(first, write_model(tmp_path / "b.keras", 1.0)) is None
    assert compare_runs.difference(first, write_model(tmp_path / "b.keras", 0.75)) == "weights by up to 2.5e-01"
    assert compare_runs.difference(first, write_model(tmp_path / "b.keras", 1.0, '{"a": 1}')).startswith("from byte ")
