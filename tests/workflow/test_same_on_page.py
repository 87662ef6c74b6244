"""The web page and the workflow give the same masks, and the same tables byte by byte."""

import io
import shutil
import zipfile

import h5py
import numpy as np
import pytest

pytest.importorskip("starlette")

from murmur.data.mouse_file import write_cine
from murmur.phantom.mouse import phantom_mouse
from page import network, tasks
from page_server import Client, page_server

READER = "unet3plus"
TABLES = ("measurements", "volumes", "slices", "function", "frames", "curve", "wall", "quality", "review")


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


def small_mouse(path, number, contoured):
    """Write four slices and five frames of a simulated mouse; return the file as bytes."""
    mouse = phantom_mouse(20, number, phenotype="control", every_frame=True)
    part = np.s_[:, :, 3:7, ::4]
    reference = mouse.masks[part] * np.isin(np.arange(5), [0, 2]).astype(np.uint8)
    contours = {"masks": reference, "frames": [0, 2]} if contoured else {}
    grid = {"spacing_mm": mouse.spacing_mm, "frame_interval_ms": 4 * mouse.frame_interval_ms}
    write_cine(path, mouse.images[part], attributes=grid, **contours)
    return path.read_bytes()


def downloaded(folder):
    """Upload two mice, correct one, which has contours, move ED and ES of the other, and unpack everything."""
    names = ("plain", "contoured")
    sent = {f"{name}.h5": small_mouse(folder / f"{name}.h5", n, bool(n)) for n, name in enumerate(names)}
    with page_server() as (address, _):
        client = Client(address)
        assert client.upload(**sent) == []
        state = client.until(lambda state: [mouse["state"] for mouse in state["mice"]] == ["done", "done"], 300)
        rows, columns, slices, frames = state["mice"][0]["shape"]
        masks = np.frombuffer(client.get("mice/contoured/view/masks").content, np.uint8)
        drawn = masks.reshape(slices, frames, rows, columns)[:, 2].copy()
        assert np.count_nonzero(drawn == 2) > 100
        drawn[2][drawn[2] == 2] = 1
        assert client.ask("mice/contoured/frames/2", drawn.tobytes()).json()["corrected"] == [2]
        assert client.ask("mice/plain/phases", {"ed": 1, "es": 3}).json()["frames_from"] == "chosen"
        zipfile.ZipFile(io.BytesIO(client.get("download/murmur.zip").content)).extractall(folder)
        client.close()


def test_the_workflow_makes_the_tables_of_the_page_from_its_archive(workplace):
    folder = workplace.folder
    downloaded(folder)
    run = workplace.snakemake("--configfile", "study.yaml", "--", "measurements")
    assert run.status == 0, run.output[-3000:]
    measured = folder / "results" / "page" / "measurements" / "mice" / "reviewed"
    for table in TABLES:
        assert (folder / "tables" / f"{table}.csv").read_bytes() == (measured / f"{table}.csv").read_bytes(), table
    assert (folder / "measurements.csv").read_bytes() == (measured / "measurements.csv").read_bytes()
    workbooks = [zipfile.ZipFile(place / "measurements.xlsx") for place in (folder, measured)]
    for name in set(workbooks[0].namelist()) - {"docProps/core.xml"}:  # which names the record of the job
        assert workbooks[0].read(name) == workbooks[1].read(name), name
    checks = folder / "results" / "page" / "cohorts" / "mice" / "checks.csv"
    assert (folder / "tables" / "checks.csv").read_bytes() == checks.read_bytes()
