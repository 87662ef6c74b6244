"""Participants of a cohort: which animal was scanned when, and what is known of it, for each scan.

A cohort may have a table of participants, with one row per scan or per animal, and one of sessions, as in BIDS.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from murmur.data.participants_table import KNOWN, Participant, read_table
from murmur.errors import BadInput

OF_ANIMAL = ("group", "phenotype", "sex", "litter")  # the same in all sessions of an animal
LAST_HYPHEN = re.compile(r"-(?=\d+\D*$)")  # a sign, if the table has such a session, or between words
TEMPLATE = "{participant_id}"  # in the path of tables of sessions, one per animal


class Participants(NamedTuple):
    """What the tables say about the scans of a cohort."""

    table: pd.DataFrame  # one row per scan, in their order: mouse, animal, session, KNOWN, and other columns
    excluded: dict[str, str]  # reason of each excluded scan
    not_scanned: dict[str, str]  # reason of each excluded row that names no scan
    unknown: list[str]  # included rows that name no scan
    unlisted: list[str]  # scans without a row
    names: dict[str, str]  # names of columns in the tables, and their names here, where these differ


def read_participants(path: str | None, mice: Collection[str], sessions: str | None = None) -> Participants:
    """Read the tables of a cohort.

    Parameters
    ----------
    path : str, optional
        Table of participants, see `read_table`. A row names a scan (mouse), an animal and its session, or an animal
        whose scans are named ANIMAL, ANIMAL_SESSION or, as in BIDS, sub-ANIMAL_ses-SESSION.
    mice : collection of str
        Names of all scans of the cohort.
    sessions : str, optional
        Table of sessions with the same columns; with `{participant_id}`, the path of one table per animal. Its values
        take precedence over those of the participants.

    Returns
    -------
    Participants
        Without tables, each scan is of a different animal, unless names in BIDS give animal and session.

    Raises
    ------
    BadInput
        As `read_table`, or if a scan has two rows in a table, or no row of a table names a scan.
    """
    people = read_table(path) if path else []
    visits = _visits(sessions, people) if sessions else []
    scans = [_Scan(mouse) for mouse in mice]
    unmatched = []
    for file, rows in ((sessions, visits), (path, people)):
        without = _assign(rows, scans)
        if rows and len(without) == len(rows):
            raise BadInput(
                f"{file}: found {', '.join(row.name for row in rows[:3])}, ..., expected mice of the cohort "
                f"({', '.join(list(mice)[:3])}, ...); use the same names"
            )
        unmatched += without
    return Participants(
        table=_table(scans),
        excluded={scan.mouse: scan.reason for scan in scans if scan.reason},
        not_scanned={row.name: row.reason for row in unmatched if row.reason},
        unknown=[row.name for row in unmatched if not row.reason],
        unlisted=[scan.mouse for scan in scans if not scan.rows] if people or visits else [],
        names={name: column for rows in (visits, people) for name, column in (rows[0].names if rows else {}).items()},
    )


def session_files(path: str, animals: Iterable[str]) -> dict[str, str]:
    """Return the table of sessions of each animal that has one, for a path with `{participant_id}`."""
    files = {animal: path.replace(TEMPLATE, animal) for animal in animals}
    return {animal: file for animal, file in files.items() if Path(file).is_file()}


def check_animals(tables: str, scans: pd.DataFrame) -> None:
    """Check that the scans of each animal agree.

    Parameters
    ----------
    tables : str
        Name of the tables, for messages.
    scans : DataFrame
        Scans that are analysed, as in `Participants.table`.

    Raises
    ------
    BadInput
        If an animal has two values of a column in OF_ANIMAL, two scans in one session, or several without session.
    """
    repeated = scans[scans["animal"].duplicated(keep=False)]
    for column in repeated.columns.intersection(OF_ANIMAL):
        known = repeated.dropna(subset=column).groupby("animal", sort=False)[column]
        for animal, values in known.unique()[known.nunique() > 1].items():
            raise BadInput(
                f"{tables}: found the {column} {values[0]} and {values[1]} of {animal}, expected one for all scans of "
                "an animal; correct the table"
            )
    same = repeated[repeated.duplicated(["animal", "session"], keep=False)]
    if len(same):
        animal, session = same.iloc[0][["animal", "session"]].fillna("")
        scans = same["mouse"][(same["animal"] == animal) & (same["session"].fillna("") == session)]
        where = f"in the session {session}" if session else "without a session"
        raise BadInput(
            f"{tables}: found {' and '.join(scans.iloc[:2])} of {animal} {where}, expected a different session for "
            "each scan of an animal; correct the table, or exclude a scan with the reason"
        )


def _visits(path: str, people: Sequence[Participant]) -> list[Participant]:
    """Read the table of sessions, or that of each animal for which there is one."""
    if TEMPLATE not in path:
        return read_table(path)
    files = session_files(path, dict.fromkeys(row.animal for row in people if row.animal))
    if not files:
        raise BadInput(f"{path}: found no such file of any animal, expected one at least; correct the path")
    return [row for animal, file in files.items() for row in read_table(file, animal)]


class _Scan:
    """A scan, and its rows in the tables: that of its session comes before that of the participant."""

    def __init__(self, mouse: str):
        self.mouse, self.name, self.rows = mouse, unicodedata.normalize("NFC", mouse), []
        bids = re.match(r"(sub-[^_]+)(?:_ses-([^_]+))?", self.name)
        self.of_name = (bids[1], bids[2] or "") if bids else (self.name, "")
        ends = [] if bids else [match.start() for match in re.finditer(r"[_\- .]", self.name)]
        self.divided = {_parts(self.name[:end]): self.name[end + 1 :] for end in reversed(ends)}  # session by animal

    @property
    def animal_and_session(self) -> tuple[str, str]:
        """Animal and session by the rows and, where they say nothing, by the name."""
        animal = next((row.animal for row in reversed(self.rows) if row.animal), "")
        session = next((row.session for row in self.rows if row.session), "")
        by_name = self.divided.get(_parts(animal), self.of_name[1])
        return animal or self.of_name[0], session or by_name

    @property
    def possible_animals(self) -> Iterable[tuple[str, ...]]:
        """The animals, as their `_parts`, that the scan can be of: that of a row or, by the name, the longest first."""
        animal = _parts(self.animal_and_session[0])
        return [animal] if any(row.animal for row in self.rows) else [animal, *self.divided]

    @property
    def reason(self) -> str:
        """Why the scan is excluded; empty if it is included."""
        return next((row.reason for row in self.rows if row.reason), "")


def _assign(rows: Sequence[Participant], scans: Sequence[_Scan]) -> list[Participant]:
    """Give each scan its row of a table, and return the rows that belong to no scan."""
    keyed: dict[str | tuple, Participant] = {}
    for row in rows:
        key = row.mouse or (_parts(row.animal), _parts(row.session))
        if key in keyed:
            raise BadInput(f"{row.place}: found {row.name} twice, expected one row per mouse; remove one")
        keyed[key] = row
    by_words = {_parts(row.animal) + _parts(row.session): row for row in rows if row.session and not row.mouse}
    used = set()
    for scan in scans:
        name = "_".join(scan.animal_and_session)
        row = keyed.get(scan.name) or by_words.get(_parts(LAST_HYPHEN.sub(" -", name))) or by_words.get(_parts(name))
        for animal in () if row else scan.possible_animals:
            row = row or keyed.get((animal, ()))
        if row:
            scan.rows.append(row)
            used.add(row.place)
    return [row for row in rows if row.place not in used]


def _table(scans: Sequence[_Scan]) -> pd.DataFrame:
    """Return what is known of each scan; group and phenotype, if only one of them is known, are the same."""
    records = []
    for scan in scans:
        known: dict[str, str | float] = {}
        for row in reversed(scan.rows):
            known |= row.values
        animal, session = scan.animal_and_session
        records.append({"mouse": scan.mouse, "animal": animal, "session": session or None} | known)
    table = pd.DataFrame(records)
    for name, other in (("group", "phenotype"), ("phenotype", "group")):
        if name not in table and other in table:
            table[name] = table[other]
    first = ["mouse", "animal", "session", *(name for name in KNOWN if name in table)]
    return table[[*first, *(name for name in table if name not in first)]]


@cache
def _parts(name: str) -> tuple[str, ...]:
    """Return the words and numbers of a name, without the prefixes of BIDS: M, 1, day, 7 of "M1_day7".

    A hyphen is the sign of a number at the beginning of a word: -7 in "day -7", but 7 in "day-7".
    """
    return tuple(re.findall(r"[^\W\d_]+|(?:(?<!\S)-)?\d+", re.sub(r"(^|_)(sub|ses)-", r"\1", name)))
