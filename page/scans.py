"""The scans in an upload: files that belong together, what their headers say, and their conversion to mouse files."""

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from types import ModuleType

import h5py
import nibabel
import numpy as np

import convert_bruker
import convert_dicom
import convert_nifti
from murmur.data import bruker, dicom
from murmur.data.mouse import Mouse, check_mouse
from murmur.data.mouse_file import attribute, check_header, images_of, open_mouse
from murmur.data.nifti import NiftiFolder
from murmur.data.nifti_file import interval_of, open_nifti, read_values, spacing_of
from murmur.data.stacks import stacks_of
from murmur.errors import BadInput
from murmur.files import natural_key
from murmur.vocabulary import STRUCTURES
from page.upload import BRUKER, Stored

LONGEST_SIDE = 1024  # pixels of rows and columns
MOST_VALUES = 2**27  # of a cine, which the browser holds
MOST_LABELS = 5  # values of an image that is a mask
LONGEST_NAME = 60
# Messages name keys of the study file, which users of the page do not have, and addresses in damaged files.
OF_STUDY_FILES = [
    (r"; export it, or name its \w+ as source\.\w+", "; choose another folder, or export the cine"),
    (r"; choose one, from 1 to \d+, as in source\.frame_groups: \{\w+: \d+\}", ", of which the page cannot choose one"),
    (r"; name the scan if it is a cine", ""),
    (r"; name the \w+ of all slices, acquire", "; acquire"),
    (r"; name the \w+ (in the study file,|of one) as source\.\w+", "; choose the files of one"),
    (r"; correct the path$", "; choose the folder of a whole study"),
    (r"\((truncated file): [^)]*\)", r"(\1)"),
]
EXPORTED = re.compile(r"(^|/)[0-9]+/pdata/[0-9]+/dicom/")
# at the end of a name, which may have both
NUMBER = re.compile(
    r"[ _.-]*(?<![a-z])(?:(?P<frame>frame|phase|time|volume|vol|t)|slice|sl|s|z)[ _.-]*(?P<number>\d+)$", re.IGNORECASE
)
JOINED = "joined"  # name of the files of a cine that are joined, before the numbers of slice and frame


@dataclass
class Scan:
    """A scan of an upload.

    Attributes
    ----------
    name : str
        Name of the mouse, usable as that of a file.
    kind : str
        nifti, hdf5, dicom or bruker.
    path : str
        Its file or, for DICOM, Bruker and NIfTI files that are joined, its folder.
    shape : list of int
        Rows, columns, slices and frames.
    spacing_mm, frame_interval_ms : list of float, float or None
        From the header; None if it does not give them.
    series : list of str or None
        The series or scans of the cine, if its folder has several cines.
    images, joined : str
        If NIfTI files are joined, their names in the folder as in `NiftiFolder`, and a sentence on them.
    odd : list of str
        Sentences on what is odd about it, or passed over.
    """

    name: str
    kind: str
    path: str
    shape: list[int] = field(default_factory=list)
    spacing_mm: list[float] | None = None
    frame_interval_ms: float | None = None
    series: list[str] | None = None
    images: str = ""
    joined: str = ""
    odd: list[str] = field(default_factory=list)


def find_scans(files: Sequence[Stored], folder: str, taken: Sequence[str]) -> tuple[list[dict], list[str]]:
    """Find the scans in the files of an upload.

    Parameters
    ----------
    files : sequence of Stored
        The files, recognised by their content.
    folder : str
        Folder of the upload, in which all files are deleted that belong to no scan.
    taken : sequence of str
        Names of the mice of earlier uploads.

    Returns
    -------
    scans : list of dict
        The fields of each Scan.
    problems : list of str
        A sentence for each file or group of files that cannot be used, or that is odd.
    """
    found, problems, names = [], [], set(taken)
    by_kind = {kind: [file for file in files if file.kind == kind] for kind in READ}
    if by_kind["bruker"]:  # ParaVision exports DICOM files of the same images into the folders of a study
        by_kind["dicom"] = [file for file in by_kind["dicom"] if not EXPORTED.search(file.name)]
    groups = [*_series(by_kind["nifti"], problems), *([file] for file in by_kind["hdf5"])]
    groups += [*_studies(by_kind["dicom"], problems), *_bruker_studies(by_kind["bruker"])]
    for number, group in enumerate(groups):
        try:
            scans = READ[group[0].kind](group, Path(folder) / f"scan{number}")
            for scan in scans:
                _check_size(scan, group[0].name)
        except BadInput as problem:
            problems.append(_in_their_names(str(problem), group))
            continue
        for scan in scans:
            scan.name = _unused(scan.name, names)
            names.add(scan.name)
            problems += [_in_their_names(f"{scan.name}: {sentence}", group) for sentence in scan.odd]
            found.append(asdict(scan))
    _delete_others(Path(folder), {Path(scan["path"]) for scan in found})
    return sorted(found, key=lambda scan: natural_key(scan["name"])), problems


def _delete_others(folder: Path, used: set[Path]) -> None:
    """Delete the files of an upload that belong to no scan, such as masks and files that cannot be used."""
    for path in folder.rglob("*"):
        if path.is_file() and not used & {path, *path.parents}:
            path.unlink()


def _in_their_names(problem: str, group: Sequence[Stored]) -> str:
    """Replace the paths of stored files in a message by the names that the user knows."""
    for file in group:
        problem = problem.replace(file.path, file.name).replace(f", {JOINED}:", ":")
    for words, instead in OF_STUDY_FILES:
        problem = re.sub(words, instead, problem)
    if group[0].kind == "bruker":
        return re.sub(r"\S*/scan\d+(?=[/:,]| |$)", _bruker_study(group[0]) or "scan", problem)
    return re.sub(r"\S*/scan\d+(/\S+?)?(?=[:,]| |$)", group[0].name, problem)


def _check_size(scan: Scan, name: str) -> None:
    rows, columns, slices, frames = scan.shape
    size = " × ".join(map(str, scan.shape))
    if max(rows, columns) > LONGEST_SIDE or rows * columns * slices * frames > MOST_VALUES:
        raise BadInput(
            f"{name}: found {size} values (row, column, slice, frame), expected at most {LONGEST_SIDE} × "
            f"{LONGEST_SIDE} pixels and {MOST_VALUES:,} values, as a cine of a mouse has; crop the images"
        )


def _unused(name: str, taken: set[str]) -> str:
    """Return a name, or the name with a number if it is taken."""
    number = 2
    chosen, taken = name, {each.casefold() for each in taken}  # some file systems do not distinguish case
    while chosen.casefold() in taken:
        chosen, number = f"{name}_{number}", number + 1
    return chosen


def usable(name: str) -> str:
    """Return a name of letters, digits, '_', '-' and '.' that begins with a letter or digit."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", PurePosixPath(name).name)
    return name.strip("_.-")[:LONGEST_NAME].strip("_.-") or "scan"


def _stem(name: str) -> str:
    """Return the name of a file without its folders and the suffixes of images."""
    return re.sub(r"(\.nii)?(\.gz)?$|\.(h5|hdf5|dcm)$", "", PurePosixPath(name).name, flags=re.IGNORECASE)


# ---------------------------------------------------------------------------------------------------------- NIfTI


def _series(files: Sequence[Stored], problems: list[str]) -> list[list[Stored]]:
    """Group NIfTI files: the slices or frames of a cine together, others separately. Masks are omitted."""
    groups = {}
    for file in files:
        try:
            image = open_nifti(Path(file.path))
            if not 3 <= image.ndim <= 4:
                raise BadInput(f"{file.path}: found {image.ndim} dimensions {image.shape}, expected 3 or 4")
            if max(image.shape[:2]) <= LONGEST_SIDE and _is_mask(Path(file.path), image):
                continue
        except BadInput as problem:
            problems.append(_in_their_names(str(problem), [file]))
            continue
        name, numbers = _numbers(file.name)
        whole = image.ndim == 4 and image.shape[2] > 1
        key = (name, *numbers) if numbers and not whole else (file.path,)
        groups.setdefault((str(PurePosixPath(file.name).parent), *key), []).append(file)
    return list(groups.values())


def _numbers(name: str) -> tuple[str, dict[str, str]]:
    """Return the name of the mouse of a file, and the digits of the slice and of the frame that follow it.

    The name is that of the folder where nothing else is left.
    """
    stem, found = _stem(name), {}
    while (match := NUMBER.search(stem)) and (what := "frame" if match["frame"] else "slice") not in found:
        stem, found[what] = stem[: match.start()], match["number"]
    return stem or PurePosixPath(name).parent.name, dict(sorted(found.items(), reverse=True))


def _is_mask(path: Path, image: nibabel.Nifti1Pair) -> bool:
    """Return whether an image consists of a few whole numbers."""
    if image.get_data_dtype().kind not in "ui" or np.prod(image.shape) > MOST_VALUES:
        return False
    return len(np.unique(read_values(path, image)[..., :8])) <= MOST_LABELS


def _read_nifti(group: list[Stored], folder: Path) -> list[Scan]:
    """Return the scan of a cine, or of the files of its slices or frames, which are joined as in the workflow."""
    if len(group) > 1:
        return [_joined(group, folder)]
    path = Path(group[0].path)
    image = open_nifti(path)
    if image.ndim != 4:
        raise BadInput(
            f"{path}: found {image.ndim} dimensions {image.shape}, expected 4 (row, column, slice, frame), or files "
            "whose names end in frame or slice and a number, such as Mouse1_frame07.nii.gz; export the full cine, or "
            "rename the files"
        )
    grid = (spacing_of(path, image), interval_of(image))
    return [Scan(usable(_stem(group[0].name)), "nifti", str(path), list(image.shape), *grid)]


def _joined(group: list[Stored], folder: Path) -> Scan:
    """Return the scan of several files, which are moved to `folder` and named by the numbers of slice and frame."""
    name, numbers = _numbers(group[0].name)
    folder.mkdir(parents=True)
    for place, file in enumerate(group):
        parts = [f"{what}{number}" for what, number in _numbers(file.name)[1].items()]
        path = folder / f"{'_'.join([JOINED, *parts])}.nii"
        if path.exists():
            raise BadInput(f"{file.path}: found another file of the same slice or frame, expected one; remove one")
        group[place] = file._replace(path=str(Path(file.path).replace(path)))
    images = f"{'_'.join(['{mouse}', *(f'{what}{{{what}}}' for what in numbers)])}.nii"
    source = NiftiFolder(str(folder), images, STRUCTURES)
    image = source.open_image(JOINED)
    grid = (spacing_of(source.image_file(JOINED), image), interval_of(image))
    joined = f"{len(group)} files were joined, each a {' and '.join(numbers)} of this mouse by its name."
    return Scan(usable(name), "nifti", str(folder), list(image.shape), *grid, images=images, joined=joined)


# ---------------------------------------------------------------------------------------- HDF5, DICOM and Bruker


def _read_hdf5(group: Sequence[Stored], folder: Path) -> list[Scan]:
    """Return the scan in an HDF5 file of the published layout."""
    header = check_header(group[0].path)
    grid = (header["spacing_mm"], header["frame_interval_ms"])
    return [Scan(usable(_stem(group[0].name)), "hdf5", group[0].path, header["shape"], *grid)]


def _studies(files: Sequence[Stored], problems: list[str]) -> list[list[Stored]]:
    """Group DICOM files by the study, which is one visit of one animal to the scanner."""
    if not files:
        return []
    import pydicom

    groups: dict[str, list[Stored]] = {}
    for file in files:
        try:
            header = pydicom.dcmread(file.path, stop_before_pixels=True, specific_tags=["StudyInstanceUID"])
            groups.setdefault(str(header.get("StudyInstanceUID", "")), []).append(file)
        except Exception:  # pydicom raises many kinds
            problems.append(f"{file.name}: found no readable DICOM header, expected one; copy it again")
    return list(groups.values())


def _read_dicom(group: Sequence[Stored], folder: Path) -> list[Scan]:
    """Return the cines of a session; its name is that of its file, or of the innermost folder that holds its files."""
    folder.mkdir(parents=True)
    for file in group:
        os.replace(file.path, folder / Path(file.path).name)
    parents = [PurePosixPath(file.name).parent.as_posix() for file in group]
    common = os.path.commonpath(parents) if len(set(parents)) > 1 else parents[0]
    name = _stem(group[0].name) if len(group) == 1 and common == "." else PurePosixPath(common).name
    return _cines(dicom, "dicom", usable(name), folder)


def _bruker_study(file: Stored) -> str:
    """Return the folder of the study of a file, as the user knows it; empty if only its scans were sent."""
    return BRUKER.fullmatch(file.name)[1] or ""


def _bruker_studies(files: Sequence[Stored]) -> list[list[Stored]]:
    """Group files of Bruker studies by the study."""
    groups: dict[str, list[Stored]] = {}
    for file in files:
        groups.setdefault(_bruker_study(file), []).append(file)
    return list(groups.values())


def _read_bruker(group: Sequence[Stored], folder: Path) -> list[Scan]:
    """Return the cines of a study, whose files are moved to folders numbered as those of ParaVision."""
    for file in group:
        _, scan, reconstruction, name = BRUKER.fullmatch(file.name).groups()
        place = folder / scan / "pdata" / reconstruction / name
        place.parent.mkdir(parents=True, exist_ok=True)
        os.replace(file.path, place)
    return _cines(bruker, "bruker", usable(PurePosixPath(_bruker_study(group[0])).name), folder)


def _cines(source: ModuleType, kind: str, name: str, folder: Path) -> list[Scan]:
    """Return the short-axis cine in the folder of a session, or all of them if there are several."""
    stacks = [stack for stack in stacks_of(source.WORDS, source.read_session(str(folder)).images) if not stack.problem]
    chosen = [list(stack.series) for stack in stacks] if len(stacks) > 1 else [None]
    scans = []
    for series in chosen:
        session = source.find_session(str(folder), series)
        label = f"_{source.WORDS.one}{'_'.join(series)}" if series else ""
        grid = (list(session.cine.spacing_mm), session.cine.frame_interval_ms)
        odd = [f"{check}: found {found}, expected {expected}" for check, found, expected in session.odd]
        scans.append(Scan(usable(name + label), kind, str(folder), list(session.shape), *grid, series, odd=odd))
    return scans


READ = {"nifti": _read_nifti, "hdf5": _read_hdf5, "dicom": _read_dicom, "bruker": _read_bruker}


# ----------------------------------------------------------------------------------------------------- Conversion


def convert(scan: Scan, mouse: str) -> Mouse:
    """Write the mouse file `mouse` of a scan, with the spacing and the frame interval of `scan`, as the workflow does.

    Returns what the workflow knows of it. Raises BadInput if the scan is invalid.
    """
    grid = {"spacing_mm": scan.spacing_mm, "frame_interval_ms": scan.frame_interval_ms, "override_headers": True}
    Path(mouse).parent.mkdir(parents=True, exist_ok=True)
    if scan.kind == "nifti":
        path = Path(scan.path)
        folder = NiftiFolder(*((scan.path, scan.images) if scan.images else (path.parent, "{mouse}.nii")), STRUCTURES)
        convert_nifti.main(folder, JOINED if scan.images else path.stem, mouse, **grid)
    elif scan.kind in ("dicom", "bruker"):
        files = sorted(str(path) for path in Path(scan.path).rglob("*") if path.is_file())
        if scan.kind == "dicom":
            convert_dicom.main(scan.path, files, scan.series, mouse, **grid)
        else:
            convert_bruker.main(scan.path, files, scan.series, {}, mouse, **grid)
    else:
        _copy_with_grid(scan, mouse)
    return check_mouse(mouse)


def _copy_with_grid(scan: Scan, mouse: str) -> None:
    """Copy a file of the published layout; its attributes are changed only if they differ."""
    shutil.copyfile(scan.path, mouse)
    wanted = {"spacing_mm": (scan.spacing_mm, 3), "frame_interval_ms": (scan.frame_interval_ms, 1)}
    with open_mouse(mouse) as file:
        changed = {name: value for name, (value, count) in wanted.items() if attribute(file, name, count) != value}
    if changed:
        with h5py.File(mouse, "r+") as file:
            file.attrs.update(changed)


def write_pictures(mouse: str, output: str) -> None:
    """Write the images of a mouse file for the viewer: bytes, axes (slice, frame, row, column).

    Grey levels are scaled from the smallest value to the 99.9th percentile of the cine.
    """
    with open_mouse(mouse) as file:
        images = images_of(file)[()]
    low, high = float(images.min()), float(np.percentile(images, 99.9))

    def scaled(values: np.ndarray) -> np.ndarray:
        return np.clip((values - np.float32(low)) * np.float32(255 / max(high - low, 1e-6)), 0, 255).astype(np.uint8)

    few = images.dtype == np.uint16  # a table of all values is several times faster
    write_bytes(scaled(np.arange(2**16, dtype=np.uint16))[images] if few else scaled(images), output)


def write_bytes(values: np.ndarray, output: str) -> None:
    """Write bytes with the axes (row, column, slice, frame) in the order (slice, frame, row, column)."""
    Path(output).parent.mkdir(parents=True, exist_ok=True)
    partial = Path(f"{output}.partial")
    np.ascontiguousarray(values.transpose(2, 3, 0, 1)).tofile(partial)
    partial.replace(output)
