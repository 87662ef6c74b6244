"""What the workers do for a session, whose files are in the folder `root`; arguments and results are values of JSON.

`root/study` is the study of the session (`page.study`), `root/view` has images and masks as the browser reads them, and
the tables of each mouse.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from murmur.csv_tables import read_csv, write_csv
from murmur.data.chosen_phases import COLUMNS, read_phases
from murmur.data.manifest import read_manifest
from murmur.data.mouse import Mouse
from murmur.data.mouse_file import affine_of, affine_to_write, check_header, numeric_dataset, open_mouse
from murmur.data.nifti_file import open_nifti, read_values
from murmur.data.nifti_writing import write_nifti
from murmur.data.plausibility import check_grid
from murmur.files import write_text
from murmur.measurement.measures import MEASURES
from murmur.quality.check import LOW_DICE
from murmur.quality.review import PLACE
from murmur.vocabulary import BLOOD_POOL, numbered
from page.scans import Scan, convert, find_scans, write_bytes, write_pictures
from page.study import CHOSEN, CORRECTED, REVIEWED, Project
from page.upload import Stored, store

THREADS, PRECISION = os.cpu_count() or 1, "float32"  # of inference; the number of threads does not change masks
SEED = 20  # of the simulated mice
# shown, in this order, and computed by the browser as well while a mask is drawn
SHOWN = ["EDV", "ESV", "SV", "EF", "mass_ED", "mass_ES", "heart_rate", "cardiac_output"]
SHOWN += ["peak_ejection_rate", "peak_filling_rate", "wall_thickness_ED", "wall_thickness_ES"]
BLOOD, MUSCLE = "volume of blood in the left ventricle", "mass of the left-ventricular myocardium"
OF_ONE_FRAME = {  # by their columns in volumes.csv
    "blood_pool_uL": {"name": "blood_pool", "printed": "Blood pool", "unit": "µL", "meaning": BLOOD},
    "myocardium_mg": {"name": "mass", "printed": "Mass", "unit": "mg", "meaning": MUSCLE},
}


def awake() -> bool:
    """Do nothing: what takes time is to import this module."""
    return True


def ready(weights: str, frames: int = 20) -> bool:
    """Compile the network in advance, for cines with the usual number of frames."""
    from murmur.network.inference import read_openvino
    from page.network import exported

    read_openvino(exported(weights), frames, THREADS, PRECISION)
    return True


def read(root: str, received: Sequence[tuple[str, str]], taken: Sequence[str], number: int) -> dict:
    """Recognise the files of an upload and find the scans in them."""
    files, problems = store(received, f"{root}/uploads/{number}")
    scans, others = find_scans(files, f"{root}/uploads/{number}", taken)
    return {"scans": scans, "problems": [*problems, *others]}


def prepare(root: str, scan: Mapping) -> dict:
    """Convert a scan to a mouse file and to pictures; return what is odd about its spacing and frame interval."""
    found = Scan(**scan)
    mouse = f"{root}/study/mice/{found.name}.h5"
    # The images can be shown before spacing and interval are known.
    known = Scan(**scan | {"spacing_mm": found.spacing_mm or [1, 1, 1], "frame_interval_ms": _interval(found)})
    checked = convert(known, mouse)
    _place_corrections(root, found.name, checked)
    write_pictures(mouse, f"{root}/view/{found.name}/images")
    if found.spacing_mm is None or found.frame_interval_ms is None:
        return {"odd": []}
    return {"odd": unlike_a_mouse(checked)}


def unlike_a_mouse(mouse: Mouse) -> list[str]:
    """Return what is unusual for a mouse about spacing, frame interval and size of images."""
    return [
        f"found {odd.found.replace(' x ', ' × ')}, expected {odd.expected}" for odd in check_grid(mouse, False, False)
    ]


def _interval(scan: Scan) -> float:
    return scan.frame_interval_ms or 1.0


def segment(root: str, weights: str, mouse: str) -> bool:
    """Run the rule `segment_mouse`; the network is kept for the next mouse."""
    import segment_mouse
    from page.network import exported, model_of

    project = project_of(root, weights)
    segment_mouse.main(
        mouse=f"mice/{mouse}.h5",
        models=[str(model_of(weights))],
        exported=[exported(weights)],
        copies=None,
        reader=project.reader,
        postprocess="largest_component",
        spacing_mm=None,
        precision=PRECISION,
        crop=True,
        segmentation=project.segmentation(mouse, project.reader),
        threads=THREADS,
    )
    return True


def weights_in(root: str, weights: str) -> str:
    """Return the weights as the study file names them; those of a user are linked into the folder of the study."""
    if weights == "murmur":
        return weights
    link = Path(root, "study", Path(weights).name)
    if not link.exists():
        link.symlink_to(Path(weights).resolve())
    return link.name


def outline(root: str, weights: str, mouse: str) -> dict:
    """Return what the page shows of a mouse as soon as it is segmented; the browser computes volumes from the masks.

    ED and ES are those of the masks before correction; they are missing if they were chosen or contoured.
    """
    project = project_of(root, weights)
    if project.reader_of(mouse) == REVIEWED:
        project.correct(mouse)
    with open_mouse(project.segmentation(mouse)) as file:
        masks = numeric_dataset(file, "Masks")[()].astype(np.uint8)
    write_bytes(masks, f"{root}/view/{mouse}/masks")
    with open_mouse(project.segmentation(mouse, project.reader)) as file:
        blood = np.count_nonzero(numeric_dataset(file, "Masks")[()] == BLOOD_POOL, axis=(0, 1, 2))
    own = not check_header(f"mice/{mouse}.h5")["frames"] and mouse not in {row[0] for row in _chosen()} and blood.any()
    found = {"ed": int(blood.argmax()), "es": int(blood.argmin())} if own else {"ed": None, "es": None}
    found |= {"frames_from": "own" if own else None, "notes": None, "dice": {}, "doubtful": False, "annotated": 0}
    found |= {"measures": _measures({}, masks.shape[3]), "review": [], "corrected": [], "reviewed": False}
    return found | {"provisional": True}


def measure(root: str, weights: str, mouse: str) -> dict:
    """Measure a mouse by the masks that are shown, and return what the page shows of it."""
    project = project_of(root, weights)
    folder = Path(root, "view", mouse)
    reader = project.reader_of(mouse)
    if reader == REVIEWED:
        project.correct(mouse)
    project.measure([mouse], reader, str(folder))
    with open_mouse(project.segmentation(mouse)) as file:
        write_bytes(numeric_dataset(file, "Masks")[()].astype(np.uint8), str(folder / "masks"))
        corrected = file.attrs.get("corrected_frames", np.array([], int)).tolist()
    return shown(folder, mouse) | {"corrected": corrected, "reviewed": reader == REVIEWED}


def shown(folder: Path, mouse: str) -> dict:
    """Return the values of a mouse that the page shows, from its tables."""
    table = read_csv(folder / "measurements.csv").iloc[0]
    frames = read_csv(folder / "frames.csv").iloc[0]
    quality = read_csv(folder / "quality.csv")
    dice = quality[quality["quantity"].str.startswith("dice")].set_index("quantity")["predicted"]
    described = read_manifest(folder / "manifest.csv")[mouse]
    row = table if described.shape[3] > 1 else read_csv(folder / "volumes.csv").iloc[0]
    return {
        "measures": _measures(row, described.shape[3]),
        "ed": _plain(frames["ed_frame"]),
        "es": _plain(frames["es_frame"]),
        "frames_from": _plain(frames["frames"]),
        "notes": _plain(table.get("measurement_notes")),
        "dice": {name: _plain(value) for name, value in dice.items()},
        "doubtful": bool((dice < LOW_DICE).any()),
        "annotated": len(described.annotated_frames),
        "review": _review(read_csv(folder / "review.csv"), read_csv(folder / "findings.csv")),
    }


def _review(review: pd.DataFrame, findings: pd.DataFrame) -> list[dict]:
    """Return what to look at of a mouse, first what concerns the whole scan; slice and frame are counted from 0."""
    found = []
    for row in review.dropna(subset="reasons").itertuples():
        at, frame = ((_plain(getattr(row, place)) or 0) - 1 for place in PLACE)
        here = findings[findings["slice"].isna() if at < 0 else findings["slice"] == at]
        place = {"slice": None, "frame": None} if at < 0 else {"slice": at, "frame": frame}
        reasons = here.drop_duplicates("sign")["reason"].tolist()
        found.append(place | {"frames": _plain(row.frames), "reasons": reasons})
    return sorted(found, key=lambda item: item["slice"] is not None)


def _measures(row: Mapping, frames: int) -> list[dict]:
    """Return the measures that are shown, with their values in a row of measurements.csv.

    Those of a single frame are in a row of volumes.csv.
    """
    if frames == 1:
        return [found | {"value": _plain(row.get(column))} for column, found in OF_ONE_FRAME.items()]
    return [
        {"name": name, "printed": found.printed, "unit": found.printed_unit, "meaning": found.meaning}
        | {"value": _plain(row.get(found.column))}
        for name, found in ((name, MEASURES[name]) for name in SHOWN)
    ]


def _plain(value):
    """Return a cell of a table as a value of JSON."""
    if value is None or pd.isna(value):
        return None
    number = value.item() if hasattr(value, "item") else value
    return int(number) if isinstance(number, float) and number.is_integer() else number


def correct(root: str, weights: str, mouse: str, frame: int, drawn: str) -> dict:
    """Keep the masks of a frame as drawn, in the form in which the workflow takes corrections, and measure again.

    `drawn` is a file of bytes with the axes (slice, row, column).
    """
    project = project_of(root, weights)
    with open_mouse(f"mice/{mouse}.h5") as file:
        rows, columns, slices, frames = numeric_dataset(file, "Images").shape
        affine = affine_to_write(affine_of(file), tuple(file.attrs["spacing_mm"]))
    masks = np.fromfile(drawn, np.uint8).reshape(slices, rows, columns).transpose(1, 2, 0)
    masks = np.ascontiguousarray(np.minimum(masks, 2))
    with open_mouse(project.segmentation(mouse, project.reader)) as file:
        same = np.array_equal(masks, numeric_dataset(file, "Masks")[..., frame])
    path = Path(CORRECTED, mouse, f"frame{frame + 1}_mask.nii.gz")
    if same:
        path.unlink(missing_ok=True)
        if path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()
    else:
        write_nifti(masks, affine, 0, f"corrected, {numbered('frame', frame, frames)}", str(path))
    return measure(root, weights, mouse)


def _place_corrections(root: str, name: str, mouse: Mouse) -> None:
    """Give the corrected masks of a mouse the affine of its images, whose spacing may have been changed."""
    with open_mouse(f"{root}/study/mice/{name}.h5") as file:
        affine = affine_to_write(affine_of(file), mouse.spacing_mm)
    for path in Path(root, "study", CORRECTED, name).glob("*.nii.gz"):
        image = open_nifti(path)
        write_nifti(read_values(path, image), affine, 0, image.header["descrip"].item().decode(), path)


def choose(root: str, weights: str, mouse: str, ed: int | None, es: int | None) -> dict:
    """Take ED and ES from the user, None for those that are measured, and measure again."""
    project_of(root, weights)
    rows = [row for row in _chosen() if row[0] != mouse]
    _write_chosen(rows if ed is None or es is None else [*rows, (mouse, ed, es)])
    return measure(root, weights, mouse)


def _chosen() -> list[tuple[str, int, int]]:
    """Return the ED and ES of each mouse for which they were chosen."""
    if not Path(CHOSEN).exists():
        return []
    return [(mouse, *frames) for mouse, frames in read_phases(CHOSEN).items()]


def _write_chosen(rows: Sequence[tuple[str, int, int]]) -> None:
    """Write the table of chosen frames, or delete it if there are none."""
    if rows:
        write_csv(pd.DataFrame(rows, columns=list(COLUMNS)), CHOSEN)
    else:
        Path(CHOSEN).unlink(missing_ok=True)


def project_of(root: str, weights: str, mice: Sequence[str] | None = None) -> Project:
    """Return the study of a session, with all mice that have been segmented or some of them."""
    return Project(f"{root}/study", weights_in(root, weights), mice)


def tabulate(root: str, weights: str, mice: Sequence[str] | None = None) -> Project:
    """Measure mice at once, as the workflow does, unless this has been done since they last changed."""
    project = project_of(root, weights, mice)
    measured = Path(root, "tables", "measured.json")
    while not measured.exists() or measured.read_text() != _state(project):
        measured.unlink(missing_ok=True)
        now = _state(project)  # if something changes meanwhile, all is measured again
        reader = REVIEWED if project.corrections else project.reader
        for mouse in project.mice if reader == REVIEWED else []:
            project.correct(mouse)
        project.measure(project.mice, reader, f"{root}/tables")
        project.write_study_file("study.yaml")
        write_text(str(measured), now)
    return project


def _state(project: Project) -> str:
    """Return what the tables depend on: the mice, and size and time of the files of images, masks and choices."""
    files = [Path(CHOSEN), *(Path(file) for files in project.corrections.values() for file in files)]
    for mouse in project.mice:
        files += [Path("mice", f"{mouse}.h5"), Path(project.segmentation(mouse, project.reader))]
    known = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.exists()]
    return json.dumps([project.mice, known])


def simulate(root: str, number: int, taken: Sequence[str]) -> dict:
    """Simulate a mouse, for those who want to try the page."""
    from murmur.data.mouse_file import write_cine
    from murmur.phantom.mouse import phantom_mouse

    name = next(name for n in range(1, 1000) if (name := f"Simulated{n}") not in taken)
    mouse = phantom_mouse(SEED, int(name.removeprefix("Simulated")) - 1, phenotype="control")
    path = f"{root}/uploads/{number}/{name}.h5"
    grid = {"spacing_mm": mouse.spacing_mm, "frame_interval_ms": mouse.frame_interval_ms}
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    write_cine(path, mouse.images, attributes=grid)
    return find_scans([Stored(f"{name}.h5", "hdf5", path)], str(Path(path).parent), taken)[0][0]


def forget(root: str, weights: str, mouse: str, scan: str | None) -> bool:
    """Delete all files of a mouse; `scan` is the file or folder that was uploaded, None to keep it."""
    import shutil

    project = project_of(root, weights)
    for reader in (project.reader, REVIEWED):
        Path(project.segmentation(mouse, reader)).unlink(missing_ok=True)
    Path("mice", f"{mouse}.h5").unlink(missing_ok=True)
    if scan and Path(scan).is_file():
        Path(scan).unlink()
    for folder in (*([scan] if scan else []), Path(CORRECTED, mouse), Path(root, "view", mouse)):
        shutil.rmtree(folder, ignore_errors=True)
    _write_chosen([row for row in _chosen() if row[0] != mouse])
    if not any(Path(CORRECTED).glob("*/*")):
        shutil.rmtree(CORRECTED, ignore_errors=True)
    return True
