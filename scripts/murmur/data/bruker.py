"""A folder of Bruker ParaVision studies as a source of mice: the cine of a study, and its pixels.

The files are read with brukerapi, whose geometry is compared with that of the headers, because its versions before 0.4
turned or shifted images of some layouts.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from murmur.data.bruker_headers import HEADER, PIXELS, Layout, by_frame, layout_of, read_header, read_scans
from murmur.data.scan_files import Files
from murmur.data.scan_images import Words
from murmur.data.scan_session import Decoded, Session, name_of_folder, read_cine, session_of, sessions
from murmur.data.slice_positions import SAME_DIRECTION
from murmur.errors import BadInput

WORDS = Words("scan", "scans", "images of a Bruker study (EXPNO/pdata/PROCNO/2dseq)", "source.scans")
read_session = read_scans
SAME_MM = 1e-3  # largest difference of positions


def studies(folder: str | Path) -> dict[str, str]:
    """Return the path of each mouse, by the name of the mouse: the study folders and zip archives in a folder.

    A folder with numbered scans is the study of one mouse, with the name of the folder. Raises BadInput as `sessions`.
    """
    folder = Path(folder)
    if any(path.name.isdecimal() and (path / "pdata").is_dir() for path in folder.iterdir()):
        return {name_of_folder(folder): str(folder)}
    return sessions(folder)


def find_session(
    path: str,
    scans: str | Sequence | None = None,
    frame_groups: Mapping[str, int] | None = None,
    names: Sequence[str] | None = None,
) -> Session:
    """Return the cine in a Bruker study.

    Parameters
    ----------
    path : str
        Folder or zip archive of the study.
    scans, frame_groups, names
        As for `read_scans`.

    Returns
    -------
    Session
        The short-axis cine.

    Raises
    ------
    BadInput
        If a header cannot be read, or if there is no short-axis cine or more than one.
    """
    session = session_of(path, WORDS, read_scans(path, scans, frame_groups, names))
    headers = [str(PurePosixPath(name).with_name(HEADER)) for name in session.names]
    return session._replace(names=[*session.names, *headers])


def decode(files: Files, name: str, frames: Sequence[int]) -> Decoded:
    """Decode images of a file `2dseq`.

    Parameters
    ----------
    files : Files
        The files of the study.
    name : str
        Name of the file among them.
    frames : sequence of int
        Indices of the images in the file, counted from 0.

    Returns
    -------
    images : list of ndarray
        The images as stored, axes (row, column).
    scales : list of (float, float)
        Slope and intercept of each image, from stored to real values.

    Raises
    ------
    BadInput
        If the file cannot be read, or if brukerapi places an image elsewhere than the header.
    """
    from brukerapi.dataset import Dataset  # only now, as with DICOM

    header = read_header(files, str(PurePosixPath(name).with_name(HEADER)))
    try:
        layout = layout_of(header)
        dataset = Dataset(files.at(name), scale=False, combine_complex=False, optional_parameter_files=[])
        images = dataset.data.reshape(*dataset.data.shape[:2], layout.on_disk.size, order="F")
        _check_geometry(dataset, header, layout)
        slopes = by_frame(header, "VisuCoreDataSlope", 1, layout)[:, 0]
        offsets = by_frame(header, "VisuCoreDataOffs", 1, layout)[:, 0]
        if not slopes.all():
            raise ValueError("a slope of 0")
    except Exception as error:  # brukerapi raises many kinds
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise BadInput(
            f"{files.where(name)}: found images that cannot be read ({reason}), expected a complete {PIXELS} that "
            "ParaVision has written; copy the study again"
        ) from None
    # brukerapi returns the axes column, row.
    return [images[:, :, frame].T for frame in frames], [(float(slopes[f]), float(offsets[f])) for f in frames]


read_pixels = partial(read_cine, decode=decode)  # the intensities of a Session


def _check_geometry(dataset, header, layout: Layout) -> None:
    """Raise ValueError unless brukerapi places the slices as the header does."""
    given = np.size(header.get_value("VisuCorePosition")) // 3
    positions, orientations = (
        by_frame(header, f"VisuCore{name}", length, layout)[:: layout.stride]
        for name, length in (("Position", 3), ("Orientation", 9))
    )
    # brukerapi has packages and distances only if there is a position for each slice, not one for each frame.
    packages = dataset.slice_packages_index() if given == layout.slices else [(0, 1)]
    for number, (first, count) in enumerate(packages):
        affine = dataset.affine_of_package(number)[:3]
        directions = (affine[:, :2] / np.linalg.norm(affine[:, :2], axis=0)).T.ravel()
        same = np.allclose(directions, orientations[first, :6], rtol=0, atol=SAME_DIRECTION)
        for place in range(first, first + min(2, count)):
            position = affine[:, 2] * (place - first) + affine[:, 3]
            same &= np.allclose(position, positions[place], rtol=0, atol=SAME_MM)
        if not same:
            raise ValueError(f"two positions or orientations of package {number + 1}")
