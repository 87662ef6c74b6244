"""The web page and the workflow give the same masks and the same values for one scan."""

import shutil

import h5py
import pytest

pytest.importorskip("starlette")

from page import network, tasks

READER = "unet3plus"


def rows(path, mouse):
    """Return the header and the rows of a mouse, as text."""
    header, *lines = path.read_text().splitlines()
    return [header, *(line for line in lines if line.startswith(f"{mouse},"))]


def test_page_and_workflow_give_the_same_masks_and_values(demo, tmp_path, monkeypatch):
    results = demo.folder / "results" / "demo"
    tables = results / "measurements" / "internal" / READER
    mouse = (tables / "volumes.csv").read_text().splitlines()[1].split(",")[0]
    (tmp_path / "study" / "mice").mkdir(parents=True)
    shutil.copy(results / "cohorts" / "internal" / "mice" / f"{mouse}.h5", tmp_path / "study" / "mice")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(network, "exported", lambda _: str(results / "readers" / READER / "network.xml"))

    weights = str(results / "readers" / READER / "model.keras")
    tasks.segment(str(tmp_path), weights, mouse)
    shown = tasks.measure(str(tmp_path), weights, mouse)

    page = tmp_path / "study" / "results" / "page" / "segmentations" / "mice" / "model" / f"{mouse}.h5"
    with h5py.File(page) as ours, h5py.File(results / "segmentations" / "internal" / READER / f"{mouse}.h5") as theirs:
        assert (ours["Masks"][()] == theirs["Masks"][()]).all()
    for table in ("volumes", "slices", "function", "frames", "wall"):
        assert rows(tmp_path / "view" / mouse / f"{table}.csv", mouse) == rows(tables / f"{table}.csv", mouse), table
    (ef,) = [measure["value"] for measure in shown["measures"] if measure["name"] == "EF"]
    assert f"{mouse},EF,%," in "\n".join(rows(tables / "function.csv", mouse)) and ef > 0
