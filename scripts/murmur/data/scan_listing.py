"""What lies in the scan sessions of a cohort, as a table: every stack of images, and whether it is taken or why not."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from murmur.data.cine_stack import cine_of
from murmur.data.scan_files import without_file_name
from murmur.data.scan_findings import oddities
from murmur.data.scan_images import Image
from murmur.data.stacks import Stack, choose, stacks_of
from murmur.data.user_tables import Row, read_rows
from murmur.errors import BadInput
from murmur.logs import log

COLUMNS = [
    "mouse", "scan", "protocol", "rows", "columns", "slices", "frames", "row_mm", "column_mm", "slice_mm",
    "frame_interval_ms", "heart_rate_bpm", "taken", "reason",
]  # fmt: skip
YES, NO = "yes", "no"


class Found(NamedTuple):
    """A row of the table.

    Attributes
    ----------
    cells : dict
        Values by column; those that are not known are absent.
    image : Image or None
        An image in the middle of the stack, for the contact sheet.
    """

    cells: dict
    image: Image | None


def listing(mouse: str, path: str, source: ModuleType, choice: Mapping) -> list[Found]:
    """List what lies in a scan session.

    Parameters
    ----------
    mouse : str
        Name of the mouse.
    path : str
        Folder or zip archive of the session.
    source : module
        The module that reads sessions, `murmur.data.dicom` or `murmur.data.bruker`.
    choice : mapping
        What the study file chooses: arguments of its `read_session`.

    Returns
    -------
    list of Found
        The largest stack first, and last the scans that cannot be used. Nothing is raised: what is wrong with a session
        is the reason why it is not taken.
    """
    try:
        contents = source.read_session(path, **choice)
    except BadInput as found:
        log.warning(str(found))
        problem = without_file_name(path, str(found)).removeprefix(f"{path}, ").removeprefix(f"{path}: ")
        return [Found({"mouse": mouse, "taken": NO, "reason": problem}, None)]
    taken, problem = None, ""
    try:
        taken, others = choose(path, source.WORDS, contents)
        odd = oddities(cine_of(path, taken), others, contents.left_out)
        problem = "; ".join(f"{check}: {found}" for check, found, _ in odd)
    except BadInput as found:
        problem = str(found).removeprefix(f"{path}, ").removeprefix(f"{path}: ")
        problem, taken = problem.removeprefix(f"{taken.text}: ") if taken else problem, None
    rows = [_row(mouse, stack, taken, problem) for stack in stacks_of(source.WORDS, contents.images)]
    rows += [
        Found({"mouse": mouse, "scan": one.label, "taken": NO, "reason": one.text}, None) for one in contents.left_out
    ]
    return rows or [Found({"mouse": mouse, "taken": NO, "reason": problem}, None)]


def _row(mouse: str, stack: Stack, taken: Stack | None, problem: str) -> Found:
    slices = stack.slices
    middle = slices[len(slices) // 2]
    first = slices[0][0]
    counts = sorted({len(images) for images in slices})
    cells = {
        "mouse": mouse,
        "scan": " ".join(stack.series),
        "protocol": first.protocol,
        "rows": first.shape[0],
        "columns": first.shape[1],
        "slices": len(slices),
        "frames": counts[0] if len(counts) == 1 else f"{counts[0]} to {counts[-1]}",
        "row_mm": first.pixel_mm[0],
        "column_mm": first.pixel_mm[1],
        "taken": NO,
    }
    try:
        cine = cine_of(mouse, stack)
        known = {"slice_mm": cine.spacing_mm[2]}
        known["frame_interval_ms"] = cine.frame_interval_ms if counts[-1] > 1 else None
        known["heart_rate_bpm"] = 60_000 / cine.cycle_ms if cine.cycle_ms else None
        cells |= {name: value for name, value in known.items() if value is not None}
    except BadInput:
        pass  # no stack of even slices: it is refused, or there is one slice
    if taken is None:
        return Found(cells | {"reason": stack.problem or problem}, middle[0])
    if taken.shares(stack):
        return Found(cells | {"taken": YES} | ({"reason": problem} if problem else {}), middle[0])
    return Found(cells | {"reason": stack.problem or "another scan is named"}, middle[0])


def listed_mice(path: str | Path) -> set[str]:
    """Return the mice of an edited table, whether or not a scan is taken. Raises BadInput as `read_rows`."""
    return {row["mouse"] for row in _rows(path)}


def _rows(path: str | Path) -> list[Row]:
    return read_rows(path, ["mouse", "scan", "taken"], delimiter=None)


def read_choice(path: str | Path, mice: Sequence[str], check: Callable[[str], object]) -> dict[str, list]:
    """Return the series or scans of each mouse that has any in an edited table.

    Parameters
    ----------
    path : str or Path
        The table; rows with `yes` in the column taken are used.
    mice : sequence of str
        Names of all mice of the source.
    check : callable
        Turns the name of a scan into what the source takes; raises ValueError for other names.

    Raises
    ------
    BadInput
        If a mouse or scan is unknown, or the column taken has another word than yes or no.
    """
    found: dict[str, list] = {}
    for row in _rows(path):
        where, word = f"{path}, line {row.line}", row["taken"].lower()
        if row["mouse"] not in mice:
            raise BadInput(f"{where}: found {row['mouse']}, expected a mouse of the source; remove the row")
        if word not in (YES, NO):
            raise BadInput(f"{where}: found '{row['taken']}' as taken, expected {YES} or {NO}; correct it")
        if word == YES:
            try:
                names = [check(name) for name in row["scan"].split()]
            except ValueError:
                names = []
            if not names:
                raise BadInput(f"{where}: found the scan '{row['scan']}', expected names of the table; correct it")
            found.setdefault(row["mouse"], []).extend(names)
    if not found:
        raise BadInput(f"{path}: found no row with {YES} as taken, expected at least one; correct the column")
    return found
