"""What is measured and downloaded of corrected, contoured and moved mice, without a network."""

import base64
import re
import zipfile
from pathlib import Path
from types import SimpleNamespace

import h5py
import nibabel
import numpy as np
import pandas as pd
import pytest
from PIL import Image

import measure_overlap
import predict_quality
from murmur.data.mouse_file import write_cine
from murmur.study.inputs import Inputs
from murmur.study.study import Study
from page import downloads, summary, tasks

SIDE, SLICES, FRAMES = 48, 5, 8
GRID = {"spacing_mm": [0.2, 0.2, 1.0], "frame_interval_ms": 10.0}
ORIGIN = {"reader": "murmur", "weights_sha256": "0" * 64, "software": "Murmur"}


def masks_of_discs(frames: int = FRAMES) -> np.ndarray:
    """Return masks of a heart that contracts until the middle of the beat."""
    row, column = np.mgrid[:SIDE, :SIDE] - SIDE / 2 + 0.5
    distance = np.hypot(row, column)[..., None, None]
    inner = 7 + 3 * np.cos(2 * np.pi * np.arange(frames) / frames)
    masks = np.select([distance < inner, distance < inner + 5], [2, 1])
    return masks.repeat(SLICES, axis=2).astype(np.uint8)


class Place:
    """A session without a server."""

    def __init__(self, root: Path):
        self.root = str(root)
        (root / "study" / "mice").mkdir(parents=True)

    def mouse(self, name: str, shift: int = 0, contoured: bool = False, frames: int = FRAMES, **grid) -> np.ndarray:
        """Write a mouse and the masks of the network, moved down by some pixels; return these."""
        masks = masks_of_discs(frames)
        noise = np.random.default_rng(shift).normal(0, 30, masks.shape)
        images = (np.choose(masks, [200, 400, 1000]) + noise).clip(0).astype(np.uint16)
        reference = masks * np.isin(np.arange(frames), [1, 5])
        contours = {"masks": reference.astype(np.uint8), "frames": [1, 5]} if contoured else {}
        write_cine(f"{self.root}/study/mice/{name}.h5", images, attributes=GRID | grid, **contours)
        found = np.roll(masks, shift, axis=0)
        path = f"{self.root}/study/results/page/segmentations/mice/murmur/{name}.h5"
        write_cine(path, masks=found, frames=list(range(frames)), attributes=GRID | grid | ORIGIN)
        return found

    def measure(self, name: str) -> dict:
        return tasks.measure(self.root, "murmur", name)

    def correct(self, name: str, masks: np.ndarray, frame: int) -> dict:
        """Erase a part of a frame, as by hand."""
        drawn = masks[..., frame].copy()
        drawn[20:24, 20:24, 2] = 0
        path = Path(self.root, "drawn")
        path.write_bytes(drawn.transpose(2, 0, 1).tobytes())
        return tasks.correct(self.root, "murmur", name, frame, str(path))

    def table(self, name: str = "measurements", **options) -> pd.DataFrame:
        tasks.tabulate(self.root, "murmur", **options)
        return pd.read_csv(f"{self.root}/tables/{name}.csv")


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Place(tmp_path)


def test_a_contoured_mouse_is_corrected_and_tabulated_with_others(place):
    place.mouse("plain")
    masks = place.mouse("contoured", shift=1, contoured=True)
    assert place.measure("contoured")["frames_from"] == "reference"
    found = place.correct("contoured", masks, 1)
    assert found["corrected"] == [1] and found["reviewed"] and (found["ed"], found["es"]) == (1, 5)
    table = place.table().set_index("mouse")
    assert table["EF_percent"].notna().all()
    assert table.loc["contoured", "EDV_uL"] < table.loc["plain", "EDV_uL"]


@pytest.mark.parametrize("spacing", [[0.3, 0.3, 1.0], [0.2, 0.2, 1.5]])
def test_a_corrected_mouse_gets_another_voxel_size(place, spacing):
    masks = place.mouse("a")
    before = place.correct("a", masks, 0)
    scan = {"name": "a", "kind": "hdf5", "path": f"{place.root}/a.h5", "shape": list(masks.shape)}
    Path(place.root, "study/mice/a.h5").rename(scan["path"])
    tasks.prepare(place.root, scan | GRID | {"spacing_mm": spacing})
    place.mouse("a", spacing_mm=spacing)
    after = place.measure("a")
    assert after["corrected"] == [0]
    ratio = np.prod(spacing) / np.prod(GRID["spacing_mm"])
    assert after["measures"][0]["value"] == pytest.approx(ratio * before["measures"][0]["value"])


def test_a_correction_is_placed_by_its_affine_and_kept_if_the_network_draws_other_masks(place):
    affine = np.array([[0, 0.2, 0, 5], [0.16, 0, 0.6, -3], [-0.12, 0, 0.8, 7], [0, 0, 0, 1]])
    masks = place.mouse("a", affine=affine)
    drawn = place.correct("a", masks, 3)["corrected"]
    image = nibabel.load("corrected/a/frame4_mask.nii.gz")  # in the folder of the study
    assert np.allclose(image.affine, affine) and image.header["sform_code"] and image.header["qform_code"]
    place.mouse("a", shift=1, affine=affine)
    assert place.measure("a")["corrected"] == drawn == [3]
    with h5py.File(tasks.project_of(place.root, "murmur").segmentation("a")) as file:
        kept = file["Masks"][..., 3]
    assert np.array_equal(kept, image.get_fdata()) and not np.array_equal(kept, masks[..., 3])


def test_a_mouse_that_cannot_be_measured_is_left_out_of_the_table_and_the_archive(place):
    good, bad = place.mouse("good"), place.mouse("bad")
    place.correct("bad", bad, 0)
    tasks.choose(place.root, "murmur", "bad", 2, 6)
    place.mouse("bad", spacing_mm=[0.3, 0.3, 1.0])  # while it is computed again
    place.measure("good")
    assert place.table(mice=["good"])["mouse"].tolist() == ["good"]
    archive = zipfile.ZipFile(downloads.everything(place.root, "murmur", ["good"]))
    assert not [name for name in archive.namelist() if "bad" in name or "corrected" in name or "phases" in name]
    assert b"phases" not in archive.read("study.yaml") and good.any()


def test_tables_are_measured_again_only_after_a_change(place, monkeypatch):
    masks = place.mouse("a")
    place.mouse("b", shift=1)
    measured, measure = [], tasks.Project.measure
    note = lambda self, mice, *rest: (measured.append(mice), measure(self, mice, *rest))  # noqa: E731
    monkeypatch.setattr(tasks.Project, "measure", note)
    place.table()
    place.table()
    assert measured == [["a", "b"]]
    for change in (
        lambda: place.correct("a", masks, 0),
        lambda: tasks.choose(place.root, "murmur", "a", 1, 5),
        lambda: place.mouse("b", shift=2),
    ):
        change()
        measured.clear()
        place.table()
        place.table()
        assert measured == [["a", "b"]]


def test_quality_is_calibrated_by_contoured_mice_as_in_the_workflow(place):
    for number in range(9):
        place.mouse(f"m{number}", shift=number % 4, contoured=True)
    place.mouse("m9", shift=2)
    quality = place.table("quality")
    assert quality["note"].eq("calibrated by 9 animals of this cohort with a reference").all()
    study = Study(tasks.project_of(place.root, "murmur").config)
    inputs, job = Inputs(study), SimpleNamespace(cohort="mice", reader="murmur")
    at = {
        name: f"{place.root}/tables/{name}.csv"
        for name in ("manifest", "signs", "findings", "slices", "frames", "slice_quality")
    }
    files = dict(zip(inputs.mice_read(job), inputs.files_read(job), strict=True))
    measure_overlap.main(at.pop("manifest"), files, inputs.segmentations(job), "overlap.csv", 1)
    predict_quality.main(
        **at,
        model=inputs.quality_model,
        shipped=inputs.is_shipped(job),
        pictures=inputs.pictures(job),
        pages=inputs.pages_of_review(job),
        quality="quality.csv",
        to_review="review.csv",
        overlap="overlap.csv",
        function=f"{place.root}/tables/function.csv",
        animals=inputs.animals(job),
    )
    for table in ("quality", "review"):
        assert Path(place.root, "tables", f"{table}.csv").read_bytes() == Path(f"{table}.csv").read_bytes()


def test_exported_frames_are_those_that_were_measured(place):
    masks = place.mouse("a")
    tasks.choose(place.root, "murmur", "a", 2, 6)
    found = zipfile.ZipFile(downloads.nifti(place.root, "murmur", "a"))
    for phase, frame in (("ED", 2), ("ES", 6)):
        Path("mask.nii.gz").write_bytes(found.read(f"{phase}_mask.nii.gz"))
        image = nibabel.load("mask.nii.gz")
        assert np.array_equal(image.get_fdata(), masks[..., frame])
        assert image.header["descrip"].item().decode() == f"{phase}, frame {frame + 1} of {FRAMES}"


def test_the_archive_has_the_network_of_the_user(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place, weights = Place(tmp_path / "session"), tmp_path / "reviewed.keras"
    weights.write_bytes(b"a network")
    masks = place.mouse("a")
    folder = Path(place.root, "study/results/page/segmentations/mice")
    (folder / "murmur").rename(folder / "reviewed_network")
    monkeypatch.setattr("murmur.study.reader.check_weights", lambda _: 128)
    monkeypatch.setattr("page.study.find_signs.main", lambda *_: None)
    monkeypatch.setattr("page.study.predict_quality.main", lambda **_: None)
    project = tasks.project_of(place.root, str(weights))
    assert project.reader == "reviewed_network" and project.mice == ["a"] and masks.any()
    project.write_study_file("study.yaml")
    found = dict(downloads._of_study(place.root, project))
    assert found["reviewed.keras"].read_bytes() == b"a network"
    assert "weights: reviewed.keras" in found["study.yaml"].read_text()


def test_nothing_remains_of_a_mouse_that_is_removed(place, monkeypatch):
    place.correct("gone", place.mouse("gone"), 0)
    monkeypatch.setattr("render_movies.render", lambda *_: b"GIF")
    for make in (downloads.movie, downloads.nifti, summary.summary):
        make(place.root, "murmur", "gone")
    files = lambda: [path for path in Path(place.root).rglob("*") if "gone" in path.name]  # noqa: E731
    assert len(files()) >= 8
    tasks.forget(place.root, "murmur", "gone", None)
    assert files() == []


OUTSIDE = """
const svg = document.querySelector('svg').getBoundingClientRect();
const texts = [...document.querySelectorAll('svg text')];
const all = texts.map((e) => ({name: e.textContent, box: e.getBoundingClientRect()}));
const cut = all.filter(({box}) => box.left < svg.left || box.right > svg.right).map(({name}) => name);
all.forEach(({name, box: a}, number) => all.slice(number + 1).forEach(({name: other, box: b}) => {
  if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) cut.push(name + other);
}));
const page = document.documentElement;
return [...cut, ...(page.scrollWidth > page.clientWidth ? ['page'] : [])];"""


@pytest.mark.parametrize("frames", [(0, 1), (6, 7)])
def test_a_summary_is_one_printed_page_however_much_there_is_to_look_at(place, window, monkeypatch, frames):
    place.mouse("a", spacing_mm=[4.0, 4.0, 9.0])  # volumes of six digits, unlike those of a mouse
    place.measure("a")
    edge = "the border of the blood pool follows no edge, the gradient of the signal next to it is 95.03% of that on it"
    reasons = [f"sign {number}: {edge}" for number in range(5)]
    review = [{"slice": None, "frame": None, "frames": None, "reasons": reasons}]
    review += [{"slice": n, "frame": 1, "frames": 9, "reasons": reasons} for n in range(9)]
    values = summary.shown(Path(place.root, "view", "a"), "a")
    values |= {"review": review, "ed": frames[0], "es": frames[1], "doubtful": True, "notes": "a note " * 40}
    monkeypatch.setattr(summary, "shown", lambda *_: values)
    tall = lambda *given: Image.new("RGB", (1800, 1500)).save(given[-2])  # noqa: E731
    monkeypatch.setattr(summary.plot_animal, "main", tall)
    window.resize(390, 844)
    window.open(f"file://{summary.summary(place.root, 'murmur', 'a')}")
    assert window.run(OUTSIDE) == []
    assert "Whole scan: sign 0" in window.text("ul") and "sign 2" not in window.text("ul")
    printed = base64.b64decode(window.command("Page.printToPDF", preferCSSPageSize=True)["data"])
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


def test_a_single_frame_has_volume_and_mass_wherever_it_is_shown(place, monkeypatch):
    place.mouse("one", frames=1)
    (blood, mass) = place.measure("one")["measures"]
    row = place.table("volumes").iloc[0]
    assert (blood["name"], blood["value"]) == ("blood_pool", row["blood_pool_uL"]) and row["blood_pool_uL"] > 0
    assert (mass["name"], mass["value"]) == ("mass", row["myocardium_mg"])
    page = Path(summary.summary(place.root, "murmur", "one")).read_text()
    assert f"{row['blood_pool_uL']:.2f}" in page and f"{row['myocardium_mg']:.2f}" in page
    assert "1 frame;" in page and ">Volumes<" in page and ">Masks<" in page
    assert not [
        words for words in ("1 frames", "ms between", "through the beat", "ED and ES", ">nan<") if words in page
    ]
    titles = []
    monkeypatch.setattr("render_movies.render", lambda case, title, _: titles.append(title) or b"GIF")
    downloads.movie(place.root, "murmur", "one")
    assert titles == ["one"]
    names = zipfile.ZipFile(downloads.nifti(place.root, "murmur", "one")).namelist()
    assert "masks.nii.gz" in names and not [name for name in names if name.startswith(("ED", "ES"))]
