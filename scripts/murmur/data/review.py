"""Review of a reader's masks by a person: decisions about mice, and the files of masks corrected in another program.

Corrected masks are the NIfTI files that `snakemake export` writes, edited, in one folder per mouse: `masks` (all
frames), `ED_mask`, `ES_mask`, and `frame7_mask` for any other frame, counted from 1; with the suffix .nii.gz or .nii.
`exported.json` next to them describes what was exported (`murmur.data.corrections.Export`).
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from murmur.data.user_tables import read_rows
from murmur.errors import BadInput
from murmur.files import natural_key

DECISIONS = ("accept", "corrected", "exclude")
USED = ("accepted", "corrected", "not changed")  # masks after review, whose mice are measured
EXPORTED = re.compile(r"(cine|(ED|ES|frame\d+)_image)\.nii(\.gz)?")  # with the masks, but not read
EXPORT = "exported.json"
EXPORTED_FILES = {  # by the names of the outputs of export_masks
    "exported": EXPORT,
    **{name: f"{name}.nii.gz" for name in ("cine", "masks", "ED_image", "ED_mask", "ES_image", "ES_mask")},
    "itksnap": "labels.txt",
    "slicer": "labels.ctbl",
    "fsleyes": "labels.lut",
}
FILE = re.compile(r"(?P<what>masks|ED_mask|ES_mask|frame(?P<frame>\d+)_mask)\.nii(\.gz)?")


class Decision(NamedTuple):
    """What a person decided about the masks of a mouse: accept, corrected or exclude, with comment, name and date."""

    decision: str
    comment: str
    by: str
    date: str


def read_decisions(path: str, mice: Sequence[str]) -> dict[str, Decision]:
    """Read the decisions in a copy of review.csv that a person filled in.

    Parameters
    ----------
    path : str
        Table with the columns mouse and decision, and optionally comment, decided_by and decided_on, separated by
        commas, semicolons or tabs. The decision of a mouse may be in any of its rows; where some are accepted and
        others corrected, the mouse is corrected.
    mice : sequence of str
        Mice that may be in the table.

    Returns
    -------
    dict of str to Decision
        The mice with a decision.

    Raises
    ------
    BadInput
        If a mouse is unknown, a decision is another word, a mouse is excluded and also accepted or corrected, or it
        is excluded without a comment.
    """
    found: dict[str, Decision] = {}
    for row in read_rows(path, ["mouse", "decision"], delimiter=None):
        mouse, word = row["mouse"], row["decision"].lower()
        if mouse not in mice:
            raise BadInput(f"{path}, line {row.line}: found {mouse}, expected a mouse of the reader; remove the row")
        if not word:
            continue
        if word not in DECISIONS:
            raise BadInput(
                f"{path}, line {row.line}: found the decision '{word}', expected {', '.join(DECISIONS)} or nothing"
            )
        decision = Decision(word, *(row.get(column, "") for column in ("comment", "decided_by", "decided_on")))
        earlier = found.setdefault(mouse, decision).decision
        if (earlier, word) == ("accept", "corrected"):
            found[mouse] = decision
        elif earlier != word and "exclude" in (earlier, word):
            raise BadInput(
                f"{path}, line {row.line}: found the decision '{word}' for {mouse}, and '{earlier}' in an earlier "
                "line, expected one; correct one of them"
            )
        if word == "exclude" and not decision.comment:
            raise BadInput(f"{path}, line {row.line}: found no comment, expected the reason to exclude {mouse}; add it")
    return found


def correction_files(folder: str | Path, mice: Sequence[str]) -> dict[str, list[str]]:
    """Return the corrected masks of each mouse.

    Parameters
    ----------
    folder : str or Path
        Folder with one folder per mouse.
    mice : sequence of str
        Mice whose masks may be corrected.

    Returns
    -------
    dict of str to list of str
        Paths of the files of each mouse that has any; that of the export comes last, if it is there.

    Raises
    ------
    BadInput
        If a folder has not the name of a mouse, or a NIfTI file another name than those above.
    """
    found: dict[str, list[str]] = {}
    for place in sorted((path for path in Path(folder).iterdir() if path.is_dir()), key=lambda p: natural_key(p.name)):
        if place.name.startswith("."):
            continue
        if place.name not in mice:
            raise BadInput(f"{place}: found a folder of no mouse of the reader, expected the name of one; rename it")
        files = [path for path in sorted(place.iterdir()) if path.name.endswith((".nii", ".nii.gz"))]
        files = [path for path in files if not EXPORTED.fullmatch(path.name) and path.name[0] != "."]
        for path in files:
            if not FILE.fullmatch(path.name):
                raise BadInput(
                    f"{path}: found a name that says nothing about its frames, expected masks.nii.gz, ED_mask.nii.gz, "
                    "ES_mask.nii.gz or frame7_mask.nii.gz; rename it"
                )
        if files:
            found[place.name] = [*map(str, files), *map(str, place.glob(EXPORT))]
    return found
