"""Headers of Bruker ParaVision studies: the images of all scans, with what places each in space and in the beat.

A study has a folder for each scan (EXPNO), with a folder pdata/PROCNO for each reconstruction: `visu_pars` describes
the images in `2dseq`. The frame groups, whose first varies fastest, may be in any order. Only the parameters that are
used are kept, so that no name or date of an animal goes further.
"""

import fnmatch
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from murmur.data.cine_stack import Image
from murmur.data.scan_files import Files, names_in
from murmur.errors import BadInput

if TYPE_CHECKING:
    from brukerapi.jcampdx import JCAMPDX

HEADER, PIXELS = "visu_pars", "2dseq"
SLICES, BEAT, MOVIE = "FG_SLICE", "FG_CARDIAC_MOVIE", "FG_MOVIE"
MOST_BYTES = 2**26  # of a header
MOST_NUMBERS = 2**22  # of a parameter, because @1000*(0) stands for a thousand
PLAIN = {"", "MAGNITUDE_IMAGE"}  # frame types


class Layout(NamedTuple):
    """How the images of a reconstruction are stored.

    Attributes
    ----------
    groups : list of (str, int)
        Names and sizes of the frame groups; the first varies fastest.
    on_disk : numpy.ndarray
        For each image, in the order in which brukerapi returns them, its index in the file.
    """

    groups: list[tuple[str, int]]
    on_disk: np.ndarray

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes of the frame groups."""
        return tuple(size for _, size in self.groups)

    @property
    def slices(self) -> int:
        """The number of slices."""
        return dict(self.groups).get(SLICES, 1)

    @property
    def stride(self) -> int:
        """The number of images from one slice to the next."""
        names = [name for name, _ in self.groups]
        return math.prod(self.sizes[: names.index(SLICES)] if SLICES in names else self.sizes)

    def index(self, name: str) -> np.ndarray:
        """The index in a frame group of each image, as it is in the file; 0 if there is no such group."""
        for axis, (group, _) in enumerate(self.groups):
            if group == name:
                return np.unravel_index(self.on_disk, self.sizes, order="F")[axis]
        return np.zeros(self.on_disk.size, int)


def layout_of(header: "JCAMPDX") -> Layout:
    """Return how the images are stored. Raises ValueError unless the frame groups make up all frames."""
    count = int(header.get_value("VisuCoreFrameCount", 1))
    if count > MOST_NUMBERS:
        raise ValueError(f"{count:,} frames")
    found = header.get_value("VisuFGOrderDesc", [])
    found = [found] if found and not isinstance(found[0], list) else found
    groups = [(str(group[1]).upper(), int(group[0])) for group in found]
    if math.prod(size for _, size in groups) != count or not min([count, *(size for _, size in groups)]) > 0:
        shown = " x ".join(f"{size} {name}" for name, size in groups) or "no frame groups"
        raise ValueError(f"{count} frames, but {shown}")
    on_disk = np.arange(count).reshape([size for _, size in groups], order="F")
    slices = [axis for axis, (name, _) in enumerate(groups) if name == SLICES]
    # Both the images and their positions are in reversed order then, so that each keeps its position.
    if str(header.get_value("VisuCoreDiskSliceOrder", "")).lower() == "disk_reverse_slice_order" and slices:
        on_disk = np.flip(on_disk, slices[0])
    return Layout(groups, on_disk.ravel(order="F"))


def by_frame(header: "JCAMPDX", name: str, length: int, layout: Layout) -> np.ndarray:
    """Return the values of a parameter for each image; it is given once, for each slice or for each frame.

    Parameters
    ----------
    header : JCAMPDX
        Parameters of the file `visu_pars`.
    name : str
        Name of the parameter.
    length : int
        Number of values of an image.
    layout : Layout
        How the images are stored.

    Returns
    -------
    ndarray
        Axes (image, value).

    Raises
    ------
    ValueError
        If the parameter is missing, or given another number of times.
    """
    values = np.asarray(header.get_value(name, []), float).reshape(-1, length)
    if not np.isfinite(values).all():
        raise ValueError(f"{name} is not finite")
    number = len(values)
    if number == 1:
        return np.repeat(values, layout.on_disk.size, axis=0)
    if number == layout.on_disk.size:
        return values[layout.on_disk]
    if number == layout.slices:
        return values[layout.index(SLICES)]
    raise ValueError(f"{number} values of {name} for {layout.on_disk.size} frames")


class Scans(NamedTuple):
    """The scans of a study.

    Attributes
    ----------
    images : list of Image
        All images that can be used.
    chosen : list of Image or None
        Those of the scans that the study file names, if it does.
    others : list of str
        The other scans, in words.
    """

    images: list[Image]
    chosen: list[Image] | None
    others: list[str]


def read_scans(
    path: str | Path,
    scans: str | Sequence | None = None,
    frame_groups: Mapping[str, int] | None = None,
    names: Sequence[str] | None = None,
) -> Scans:
    """Return the scans in the Bruker study in a folder or zip archive.

    Parameters
    ----------
    path : str or Path
        Folder or archive.
    scans : str or sequence, optional
        Pattern of the protocol's name, or the scans to use: 5, or "5/2" for the second reconstruction.
    frame_groups : mapping, optional
        Element to use, from 1, of other frame groups than slices and frames of the beat.
    names : sequence of str, optional
        The files to read; all by default.

    Raises
    ------
    BadInput
        If a header cannot be read, or a scan is named that cannot be a cine.
    """
    images, chosen, others = [], [], []
    with Files(path) as files:
        known = names_in(path) if names is None else list(names)
        for name in known:
            if (label := _label(PurePosixPath(name))) is None:
                continue
            protocol, wanted, problem = "", False, ""
            try:
                header = read_header(files, name)
                protocol = str(header.get_value("VisuAcquisitionProtocol", ""))
                wanted = _is_named(scans, label, protocol)
                file = str(PurePosixPath(name).with_name(PIXELS))
                problem = _problem(header, frame_groups or {}, wanted) if file in known else "no images"
                found = [] if problem else _images(file, label, header, frame_groups or {})
            except Exception as error:  # brukerapi raises many kinds
                problem = f"a header that cannot be read ({' '.join(str(error).split())[:200]})"
                wanted = wanted or _is_named(scans, label, protocol)
            if not problem:
                images += found
                chosen += found if wanted else []
                continue
            others.append(f"scan {label} ({protocol}): {problem}" if protocol else f"scan {label}: {problem}")
            if wanted and not isinstance(scans, str):
                raise BadInput(
                    f"{path}: found {others[-1]}, expected the frames of a beat in each slice; name another scan"
                )
    return Scans(images, None if scans is None else chosen, others)


def read_header(files: Files, name: str) -> "JCAMPDX":
    """Return the parameters of a file `visu_pars`. Raises various exceptions if it cannot be read."""
    from brukerapi.jcampdx import JCAMPDX  # only now, as with DICOM

    path = files.at(name)
    size = path.stat().st_size if isinstance(path, Path) else files.archive.getinfo(name).file_size
    if size > MOST_BYTES:
        raise ValueError(f"{size:,} bytes")
    header = JCAMPDX(path)
    for parameter in header.params.values():
        if sum(map(int, re.findall(r"@(\d+)\*\(", parameter.val_str))) > MOST_NUMBERS:
            raise ValueError(f"{parameter.key} stands for too many numbers")
    return header


def _label(name: PurePosixPath) -> str | None:
    """Return how users call a reconstruction, 5 or 5/2, from its header 5/pdata/1/visu_pars; None of another file."""
    *_, scan, pdata, number, file = ["", "", "", *name.parts]
    if file != HEADER or pdata != "pdata" or not (scan.isdecimal() and number.isdecimal()):
        return None
    return scan if number == "1" else f"{scan}/{number}"


def _is_named(named: str | Sequence | None, label: str, protocol: str) -> bool:
    if isinstance(named, str):
        return fnmatch.fnmatch(protocol.lower(), named.lower())
    return label in map(str, named or [])


def _problem(header: "JCAMPDX", frame_groups: Mapping[str, int], named: bool) -> str:
    """Return why the images cannot be frames of a beat; empty if they can."""
    if int(header.get_value("VisuCoreDim", 2)) != 2:
        return f"{header.get_value('VisuCoreDim')} dimensions"
    if any(str(one) != "spatial" for one in np.atleast_1d(header.get_value("VisuCoreDimDesc", "spatial"))):
        return "no images in space"
    if any(str(unit) not in ("mm", "") for unit in np.atleast_1d(header.get_value("VisuCoreUnits", "mm"))):
        return "no positions in mm"
    groups = {name: size for name, size in layout_of(header).groups if size > 1}
    for name, size in groups.items():
        if name in frame_groups and not 1 <= frame_groups[name] <= size:
            return f"{size} of {name}, of which number {frame_groups[name]} cannot be used"
        if name not in (SLICES, _movie(groups), *frame_groups):
            return f"{size} of {name}; name the one to use as source.frame_groups: {{{name}: 1}} to {size}"
    if _movie(groups) == MOVIE and not named and str(header.get_value("VisuCardiacSynchUsed", "No")) != "Yes":
        return f"{groups[MOVIE]} of {MOVIE} without synchronisation to the heart; name the scan if it is a cine"
    return ""


def _movie(groups: Mapping[str, int]) -> str | None:
    """Return the frame group of the frames of the beat; None if there is none."""
    return next((name for name in (BEAT, MOVIE) if name in groups), None)


def _images(file: str, label: str, header: "JCAMPDX", frame_groups: Mapping[str, int]) -> list[Image]:
    layout = layout_of(header)
    columns, rows = (int(size) for size in header.get_value("VisuCoreSize"))
    width, height = (float(extent) for extent in header.get_value("VisuCoreExtent"))
    # The rows of the matrix are the directions along a row, along a column and of the normal, in the patient's frame;
    # the position is the centre of the first pixel.
    orientations = by_frame(header, "VisuCoreOrientation", 9, layout)
    positions = by_frame(header, "VisuCorePosition", 3, layout)
    movie = _movie({name: size for name, size in layout.groups if size > 1})
    order = layout.index(movie) if movie else None
    used = np.ones(layout.on_disk.size, bool)
    for name, size in layout.groups:
        used &= size == 1 or name not in frame_groups or layout.index(name) == frame_groups[name] - 1
    kinds = np.atleast_1d(header.get_value("VisuCoreFrameType", ""))
    cycle, times = _beat(header, dict(layout.groups).get(movie, 1))
    return [
        Image(
            file=file,
            frame=index,
            study=str(PurePosixPath(file).parents[3]),
            series=label,
            label=label,
            instance=0,
            shape=(rows, columns),
            pixel_mm=(height / rows, width / columns),
            orientation=tuple(orientations[index, :6].tolist()),
            position=tuple(positions[index].tolist()),
            time_ms=None if times is None or order is None else times[order[index]],
            order=None if order is None else int(order[index]),
            cycle_ms=cycle,
            magnitude=all(str(kind) in PLAIN for kind in kinds),
            protocol=str(header.get_value("VisuAcquisitionProtocol", "")),
        )
        for index in np.flatnonzero(used).tolist()
    ]


def _beat(header: "JCAMPDX", frames: int) -> tuple[float | None, list[float] | None]:
    """Return the length of the cardiac cycle in ms, if the frames divide it, and otherwise their delays.

    The delays that IntraGate writes are rounded down to whole ms, so the cycle is preferred; frames that are triggered
    by the ECG need not fill the cycle.
    """
    cycle, rate = (float(header.get_value(f"VisuCardiac{name}", 0) or 0) for name in ("Cycle", "HeartRate"))
    if cycle <= 0 and rate > 0:
        cycle = 60_000 / rate
    if str(header.get_value("VisuCardiacSynchTechnique", "CARDIAC_RETROSPECTIVE")) == "CARDIAC_RETROSPECTIVE":
        return cycle if cycle > 0 else None, None
    times = np.asarray(header.get_value("VisuCardiacMovieFrameTime", []), float).reshape(-1)
    return None, times.tolist() if times.size == frames and frames > 1 else None
