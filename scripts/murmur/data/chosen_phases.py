"""ED and ES that a person has chosen: a table with one row per mouse, as `frames.csv` among the results."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from murmur.data.user_tables import read_rows
from murmur.errors import BadInput

if TYPE_CHECKING:  # planning reads no such table
    import pandas as pd

COLUMNS = ("mouse", "ed_frame", "es_frame")


def read_phases(path: str, mice: Collection[str] | None = None) -> dict[str, tuple[int, int]]:
    """Read the frames of ED and ES.

    Parameters
    ----------
    path : str
        Table with the columns mouse, ed_frame and es_frame, frames counted from 0; rows with two empty frames count as
        absent.
    mice : collection of str, optional
        Mice that may be in the table; by default, any.

    Returns
    -------
    dict of str to tuple of int
        Frames of ED and ES by mouse.

    Raises
    ------
    BadInput
        If a mouse is unknown or listed twice, or if a frame is not a number, or the same for ED and ES.
    """
    found: dict[str, tuple[int, int]] = {}
    for row in read_rows(path, list(COLUMNS), delimiter=None):
        mouse, place = row["mouse"], f"{path}, line {row.line}"
        frames = [row[name].removesuffix(".0") for name in COLUMNS[1:]]
        if mice is not None and mouse not in mice:
            raise BadInput(f"{place}: found {mouse}, expected a mouse of the reader; remove the row")
        if mouse in found:
            raise BadInput(f"{place}: found {mouse} twice, expected one row per mouse; remove one")
        if not any(frames):
            continue
        if not all(frame.isdecimal() and len(frame) < 6 for frame in frames) or int(frames[0]) == int(frames[1]):
            raise BadInput(
                f"{place}: found the frames '{frames[0]}' and '{frames[1]}' of {mouse}, expected two different "
                "numbers, counted from 0; correct them"
            )
        found[mouse] = int(frames[0]), int(frames[1])
    return found


def check_phases(path: str, mouse: str, chosen: tuple[int, int], frames: int) -> tuple[int, int]:
    """Check that the frames chosen as ED and ES exist.

    Parameters
    ----------
    path : str
        Table of the choices, for messages.
    mouse : str
        Name of the mouse, for messages.
    chosen : tuple of int
        ED and ES frame, counted from 0.
    frames : int
        Number of frames of the cine.

    Returns
    -------
    tuple of int
        `chosen`.

    Raises
    ------
    BadInput
        If the cine has fewer frames.
    """
    if max(chosen) >= frames:
        raise BadInput(
            f"{path}: found frame {max(chosen)} of {mouse}, expected 0 to {frames - 1}, because frames are counted "
            "from 0; correct it"
        )
    return chosen


def phases_by_mouse(frames: "pd.DataFrame") -> dict[str, tuple[int, int]]:
    """Return the frames at which mice were measured.

    Parameters
    ----------
    frames : DataFrame
        frames.csv of a reader.

    Returns
    -------
    dict of str to tuple of int
        ED and ES by mouse; mice without both are left out.
    """
    known = frames.dropna(subset=["ed_frame", "es_frame"])
    return {row.mouse: (int(row.ed_frame), int(row.es_frame)) for row in known.itertuples()}
