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

from murmur.data.scan_files import Files, names_in
from murmur.data.scan_images import Contents, Image, LeftOut
from murmur.errors import BadInput

if TYPE_CHECKING:
    from brukerapi.jcampdx import JCAMPDX

HEADER, PIXELS = "visu_pars", "2dseq"
SLICES, BEAT, MOVIE, PARTS = "FG_SLICE", "FG_CARDIAC_MOVIE", "FG_MOVIE", "FG_COMPLEX"
RETROSPECTIVE = "CARDIAC_RETROSPECTIVE"
MOST_BYTES = 2**26  # of a header
MOST_NUMBERS = 2**22  # of a parameter, because @1000*(0) stands for a thousand
PLAIN = {"", "MAGNITUDE_IMAGE"}  # frame types
# Sequences whose movie shows no beat, but for example flow, inversion times or directions of diffusion.
OTHER_MOVIES = re.compile("flow|look|inver|diff|dti|asl|fair|vtr|map|(^|[:_])ir", re.IGNORECASE)


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
    groups = [(str(group[1]).upper(), int(group[0])) for group in _frame_groups(header)]
    if math.prod(size for _, size in groups) != count or not min([count, *(size for _, size in groups)]) > 0:
        shown = " x ".join(f"{size} {name}" for name, size in groups) or "no frame groups"
        raise ValueError(f"{count} frames, but {shown}")
    on_disk = np.arange(count).reshape([size for _, size in groups], order="F")
    slices = [axis for axis, (name, _) in enumerate(groups) if name == SLICES]
    # Both the images and their positions are in reversed order then, so that each keeps its position.
    if str(header.get_value("VisuCoreDiskSliceOrder", "")).lower() == "disk_reverse_slice_order" and slices:
        on_disk = np.flip(on_disk, slices[0])
    return Layout(groups, on_disk.ravel(order="F"))


def _frame_groups(header: "JCAMPDX") -> list[list]:
    """Return size, name and comment of each frame group, and what belongs to it."""
    found = header.get_value("VisuFGOrderDesc", [])
    return [found] if found and not isinstance(found[0], list) else found


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


def read_scans(
    path: str | Path,
    scans: str | Sequence | None = None,
    frame_groups: Mapping[str, int] | None = None,
    names: Sequence[str] | None = None,
) -> Contents:
    """Return what lies in the Bruker study in a folder or zip archive.

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
    numbers = [] if scans is None or isinstance(scans, str) else [str(scan) for scan in scans]
    with Files(path) as files:
        known = names_in(path) if names is None else list(names)
        for name in known:
            if (label := _label(PurePosixPath(name))) is None:
                continue
            protocol, problem, lost = "", "", False
            wanted = label in numbers
            try:
                header = read_header(files, name)
                protocol = str(header.get_value("VisuAcquisitionProtocol", ""))
                wanted = wanted or (isinstance(scans, str) and fnmatch.fnmatch(protocol.lower(), scans.lower()))
                file = str(PurePosixPath(name).with_name(PIXELS))
                problem = (
                    _problem(header, frame_groups or {}, wanted)
                    if file in known
                    else f"no images, because {PIXELS} is missing"
                )
                found = [] if problem else _images(file, label, header, frame_groups or {})
                problem = problem or ("" if found else "no magnitude images")
            except Exception as error:  # brukerapi raises many kinds
                reason = " ".join(str(error).replace(str(files.at(name)), HEADER).split())
                problem, lost = f"a header that cannot be read ({reason[:200]})", True
            if not problem:
                images += found
                chosen += found if wanted else []
                continue
            text = f"scan {label} ({protocol}): {problem}" if protocol else f"scan {label}: {problem}"
            others.append(LeftOut(label, label, text, lost))
            if label in numbers:
                raise BadInput(f"{path}: found {text}, expected the frames of a beat in each slice; name another scan")
    return Contents(images, others, None if scans is None else chosen, numbers)


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
            return f"{size} of {name}; choose one, from 1 to {size}, as in source.frame_groups: {{{name}: 1}}"
    if _movie(groups) == MOVIE and not named and (why := _other_movie(header)):
        return f"{groups[MOVIE]} of {MOVIE} {why}; name the scan if it is a cine"
    return ""


def _other_movie(header: "JCAMPDX") -> str:
    """Return why a movie may show something else than the beat; empty if nothing says so."""
    if str(header.get_value("VisuCardiacSynchUsed", "No")) != "Yes":
        return "without synchronisation to the heart"
    for size, name, comment, *_ in _frame_groups(header):
        if str(name).upper() == MOVIE and int(size) > 1 and str(comment).strip():
            return f"({comment})"
    sequence = str(header.get_value("VisuAcqSequenceName", ""))
    return f"of the sequence {sequence}" if OTHER_MOVIES.search(sequence) else ""


def _movie(groups: Mapping[str, int]) -> str | None:
    """Return the frame group of the frames of the beat; None if there is none."""
    return next((name for name in (BEAT, MOVIE) if name in groups), None)


def _images(file: str, label: str, header: "JCAMPDX", frame_groups: Mapping[str, int]) -> list[Image]:
    layout = layout_of(header)
    columns, rows = (int(size) for size in header.get_value("VisuCoreSize"))
    width, height = (float(extent) for extent in header.get_value("VisuCoreExtent"))
    if not (width > 0 and height > 0):
        raise ValueError(f"an extent of {width:g} x {height:g} mm")
    # The rows of the matrix are the directions along a row, along a column and of the normal, in the patient's frame;
    # the position is the centre of the first pixel.
    orientations = by_frame(header, "VisuCoreOrientation", 9, layout)
    positions = by_frame(header, "VisuCorePosition", 3, layout)
    movie = _movie({name: size for name, size in layout.groups if size > 1})
    order = layout.index(movie) if movie else None
    used = _is_magnitude(header, layout)
    for name, size in layout.groups:
        used &= size == 1 or name not in frame_groups or layout.index(name) == frame_groups[name] - 1
    echo = np.asarray(header.get_value("VisuAcqEchoTime", []), float).ravel()
    cycle, times = _beat(header, dict(layout.groups).get(movie, 1))
    return [
        Image(
            file=file,
            frame=index,
            study=str(PurePosixPath(file).parents[3]),
            series=label,
            label=label,
            instance=0,
            acquisition=0,
            sequence=str(header.get_value("VisuAcqSequenceName", "")),
            echo_ms=round(float(echo[0]), 2) if echo.size else None,
            inversion_ms=None,
            shape=(rows, columns),
            pixel_mm=(height / rows, width / columns),
            orientation=tuple(orientations[index, :6].tolist()),
            position=tuple(positions[index].tolist()),
            time_ms=None if times is None or order is None else times[order[index]],
            order=None if order is None else int(order[index]),
            cycle_ms=cycle,
            protocol=str(header.get_value("VisuAcquisitionProtocol", "")),
        )
        for index in np.flatnonzero(used).tolist()
    ]


def _is_magnitude(header: "JCAMPDX", layout: Layout) -> np.ndarray:
    """Return which images show magnitudes: the type is given once, for each frame, or for the elements of a group."""
    plain = np.array([str(kind) in PLAIN for kind in np.atleast_1d(header.get_value("VisuCoreFrameType", ""))])
    if plain.size == layout.on_disk.size:
        return plain[layout.on_disk]
    for name, size in layout.groups:
        if name == PARTS and size == plain.size:
            return plain[layout.index(name)]
    return np.full(layout.on_disk.size, plain.all())


def _beat(header: "JCAMPDX", frames: int) -> tuple[float | None, list[float] | None]:
    """Return the length of the cardiac cycle in ms, and the delays of the frames after the R wave, as far as known.

    The frames of a retrospective cine divide the cycle. The delays that IntraGate writes are rounded down to whole ms
    before they are multiplied, by less than 1 ms per frame.
    """
    cycle, rate = (float(header.get_value(f"VisuCardiac{name}", 0) or 0) for name in ("Cycle", "HeartRate"))
    if cycle <= 0:
        cycle = 60_000 / rate if rate > 0 else None
    times = np.asarray(header.get_value("VisuCardiacMovieFrameTime", []), float).ravel()
    times = times if times.size == frames > 1 else None
    technique = str(header.get_value("VisuCardiacSynchTechnique", RETROSPECTIVE))
    if cycle is not None and technique == RETROSPECTIVE:
        exact = np.arange(frames) * cycle / frames
        times = exact if times is None or (abs(times - exact) <= np.arange(frames)).all() else times
    return cycle, None if times is None else times.tolist()
