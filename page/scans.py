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
from murmur.data.mouse import Mouse, check_mouse
from murmur.data.mouse_file import attribute, check_header, images_of, open_mouse
from murmur.data.nifti import NiftiFolder
from murmur.data.nifti_file import interval_of, is_placed, open_nifti, read_values, spacing_of
from murmur.data.stacks import stacks_of
from murmur.errors import BadInput
from murmur.files import natural_key
from page.upload import BRUKER, Stored

LONGEST_SIDE = 1024  # pixels of rows and columns
MOST_VALUES = 2**27  # of a cine, which the browser holds
MOST_LABELS = 5  # values of an image that is a mask
LONGEST_NAME = 60
# Messages name keys of the study file, which users of the page do not have.
OF_STUDY_FILES = [
    (r"; export it, or name its \w+ as source\.\w+", "; choose another folder, or export the cine"),
    (r"; name the one to use as source\.frame_groups: \{\w+: \d+\} to \d+", ", of which the page cannot choose one"),
    (r"; name the scan if it is a cine", ""),
    (r"; name the \w+ (in the study file,|of one) as source\.\w+", "; choose the files of one"),
]
EXPORTED = re.compile(r"(^|/)[0-9]+/pdata/[0-9]+/dicom/")
NUMBER = re.compile(r"[ _.-]*(?:frame|phase|time|slice|vol|[tsz])?[ _.-]*(\d+)$", re.IGNORECASE)


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
        Its file or, for DICOM and Bruker, its folder.
    shape : list of int
        Rows, columns, slices and frames.
    spacing_mm, frame_interval_ms : list of float, float or None
        From the header; None if it does not give them.
    series : list of str or None
        The series or scans of the cine, if its folder has several cines.
    """

    name: str
    kind: str
    path: str
    shape: list[int] = field(default_factory=list)
    spacing_mm: list[float] | None = None
    frame_interval_ms: float | None = None
    series: list[str] | None = None


def find_scans(files: Sequence[Stored], folder: str, taken: Sequence[str]) -> tuple[list[dict], list[str]]:
    """Find the scans in the files of an upload.

    Parameters
    ----------
    files : sequence of Stored
        The files, recognised by their content.
    folder : str
        Folder for scans that consist of several files.
    taken : sequence of str
        Names of the mice of earlier uploads.

    Returns
    -------
    scans : list of dict
        The fields of each Scan.
    problems : list of str
        A sentence for each file or group of files that cannot be used.
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
            found.append(asdict(scan))
    return sorted(found, key=lambda scan: natural_key(scan["name"])), problems


def _in_their_names(problem: str, group: Sequence[Stored]) -> str:
    """Replace the paths of stored files in a message by the names that the user knows."""
    for file in group:
        problem = problem.replace(file.path, file.name)
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
    return re.sub(r"(\.nii)?(\.gz)?$|\.h5$|\.hdf5$", "", PurePosixPath(name).name, flags=re.IGNORECASE)


# ---------------------------------------------------------------------------------------------------------- NIfTI


def _series(files: Sequence[Stored], problems: list[str]) -> list[list[Stored]]:
    """Group NIfTI files: each cine separately, and the numbered files of one cine together. Masks are omitted."""
    cines, parts = [], {}
    for file in files:
        try:
            image = open_nifti(Path(file.path))
            shape = [side for side in image.shape]
            if not 3 <= len(shape) <= 4:
                raise BadInput(f"{file.path}: found {len(shape)} dimensions {image.shape}, expected 3 or 4")
            if max(shape[:2]) <= LONGEST_SIDE and _is_mask(Path(file.path), image):
                continue
        except BadInput as problem:
            problems.append(_in_their_names(str(problem), [file]))
            continue
        number = NUMBER.search(_stem(file.name))
        if (len(shape) == 4 and shape[2] > 1) or not number:
            cines.append([file])
        else:
            key = (str(PurePosixPath(file.name).parent), _stem(file.name)[: number.start()], tuple(shape))
            parts.setdefault(key, []).append((int(number[1]), file))
    return cines + [[file for _, file in sorted(part)] for part in parts.values()]


def _is_mask(path: Path, image: nibabel.Nifti1Pair) -> bool:
    """Return whether an image consists of a few whole numbers."""
    if image.get_data_dtype().kind not in "ui" or np.prod(image.shape) > MOST_VALUES:
        return False
    return len(np.unique(read_values(path, image)[..., :8])) <= MOST_LABELS


def _read_nifti(group: Sequence[Stored], folder: Path) -> list[Scan]:
    """Return the scan of a cine, or of numbered files that are joined."""
    name = _stem(group[0].name)
    path = Path(group[0].path)
    if len(group) > 1:
        name = name[: NUMBER.search(name).start()] or name
        path = _joined(group, folder)
    image = open_nifti(path)
    if image.ndim != 4:
        raise BadInput(
            f"{path}: found {image.ndim} dimensions {image.shape}, expected 4 (row, column, slice, frame), or one "
            "numbered file per frame; export the full cine"
        )
    return [Scan(usable(name), "nifti", str(path), list(image.shape), spacing_of(path, image), interval_of(image))]


def _joined(group: Sequence[Stored], folder: Path) -> Path:
    """Join numbered files to one cine: volumes become its frames, and cines of a single slice its slices."""
    images = [open_nifti(Path(file.path)) for file in group]
    first = images[0]
    for file, image in zip(group, images, strict=True):
        if np.abs(image.affine[:3, :3] - first.affine[:3, :3]).max() > 1e-3:
            raise BadInput(f"{file.path}: found another orientation than in {group[0].name}, expected the same grid")
    if np.prod(first.shape) * len(group) > MOST_VALUES:
        raise BadInput(f"{group[0].path}: found {len(group)} files of shape {first.shape}, expected a smaller cine")
    by_slice = first.ndim == 4 and first.shape[2] == 1
    values = [read_values(Path(file.path), image) for file, image in zip(group, images, strict=True)]
    joined = np.concatenate(values, axis=2) if by_slice else np.stack(values, axis=-1)
    affine, header = first.affine.copy(), first.header.copy()
    if by_slice and is_placed(first):
        step = images[1].affine[:3, 3] - first.affine[:3, 3]
        if np.linalg.norm(step) > 0:
            affine[:3, 2] = step
    header.set_data_shape(joined.shape)
    header.set_data_dtype(joined.dtype)
    header.set_slope_inter(1, 0)
    image = nibabel.Nifti1Image(joined, affine if is_placed(first) else None, header)
    if is_placed(first):
        image.set_sform(affine, code=1)
        image.set_qform(affine, code=1)
    folder.mkdir(parents=True)
    path = folder / "joined.nii"
    nibabel.save(image, path)
    for file in group:
        os.unlink(file.path)
    return path


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
    """Return the cines of a session; its name is that of the innermost folder that holds all of its files."""
    from murmur.data import dicom

    folder.mkdir(parents=True)
    for file in group:
        os.replace(file.path, folder / Path(file.path).name)
    parents = [PurePosixPath(file.name).parent.as_posix() for file in group]
    common = os.path.commonpath(parents) if len(set(parents)) > 1 else parents[0]
    return _cines(dicom, "dicom", usable(PurePosixPath(common).name), folder)


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
    from murmur.data import bruker

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
        scans.append(Scan(usable(name + label), kind, str(folder), list(session.shape), *grid, series))
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
        folder = NiftiFolder(str(path.parent), f"{{mouse}}{path.suffix}", {"myocardium": 1, "blood_pool": 2})
        convert_nifti.main(folder, path.stem, mouse, **grid)
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
