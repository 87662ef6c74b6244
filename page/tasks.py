"""What the workers do for a session, whose files are in the folder `root`; arguments and results are values of JSON.

`root/study` is the study of the session (`page.study`), `root/view` has images and masks as the browser reads them, and
the tables of each mouse.
"""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from murmur.data.corrections import ends
from murmur.data.mouse import Mouse
from murmur.data.mouse_file import affine_of, affine_to_write, check_header, numeric_dataset, open_mouse, write_cine
from murmur.data.nifti_file import open_nifti, read_values
from murmur.data.nifti_writing import write_nifti
from murmur.files import write_text
from murmur.vocabulary import BLOOD_POOL, numbered
from page.scans import Scan, convert, find_scans, write_bytes, write_pictures
from page.study import CHOSEN, CORRECTED, REVIEWED, Project, chosen_frames, write_frames
from page.upload import Stored, store
from page.values import measures, shown, unlike_a_mouse

THREADS, PRECISION = os.cpu_count() or 1, "float32"  # of inference; the number of threads does not change masks
SEED = 20  # of the simulated mice


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
        network = numeric_dataset(file, "Masks")[()]
    own = not check_header(f"mice/{mouse}.h5")["frames"] and mouse not in chosen_frames() and BLOOD_POOL in network
    phases = ends(network) if own else {}
    found = {"ed": phases.get("ED"), "es": phases.get("ES")}
    found |= {"frames_from": "own" if own else None, "notes": None, "dice": {}, "doubtful": False, "annotated": 0}
    found |= {"measures": measures({}, masks.shape[3]), "review": [], "corrected": [], "reviewed": False}
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
    _write_chosen(mouse, None if ed is None or es is None else (ed, es))
    return measure(root, weights, mouse)


def _write_chosen(mouse: str, frames: tuple[int, int] | None) -> None:
    """Write ED and ES of a mouse to the table of chosen frames, or delete them; it is deleted if there are none."""
    chosen = {name: found for name, found in chosen_frames().items() if name != mouse}
    if frames:
        chosen[mouse] = frames
    if chosen:
        write_frames(CHOSEN, chosen)
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
    project = project_of(root, weights)
    for reader in (project.reader, REVIEWED):
        Path(project.segmentation(mouse, reader)).unlink(missing_ok=True)
    downloads = Path(root, "downloads")
    for file in (Path("mice", f"{mouse}.h5"), *(downloads / f"{mouse}{suffix}" for suffix in (".gif", ".html"))):
        file.unlink(missing_ok=True)
    if scan and Path(scan).is_file():
        Path(scan).unlink()
    folders = [Path(CORRECTED, mouse), Path(root, "view", mouse), downloads / "nifti" / mouse]
    for folder in [*folders, *([scan] if scan else [])]:
        shutil.rmtree(folder, ignore_errors=True)
    _write_chosen(mouse, None)
    if not any(Path(CORRECTED).glob("*/*")):
        shutil.rmtree(CORRECTED, ignore_errors=True)
    return True
