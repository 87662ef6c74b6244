"""Tables of participants and of sessions as laboratories keep them: their columns, and the values of their cells."""

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from murmur.data.excel_table import is_workbook, read_workbook
from murmur.data.user_tables import NUMBER, Row, read_rows, write_decimal_points
from murmur.errors import BadInput
from murmur.files import remembered
from murmur.subject import subject

# Names of columns, in lower case, with "_" for all other characters. A column that has the name itself comes first.
TEXTS = {
    "mouse": ("mouse_id", "mouse_name", "scan", "scan_id", "scan_name"),
    "animal": ("animal_id", "participant_id", "participant", "subject_id", "subject", "patient_id", "patient", "id"),
    "session": ("session_id", "visit", "timepoint", "time_point"),
    "group": ("treatment_group", "treatment", "arm"),
    "phenotype": (),
    "sex": ("gender",),
    "cage": ("cage_id", "cage_number", "cage_no"),
    "litter": ("litter_id", "litter_number", "litter_no"),
    "excluded": ("exclude", "exclusion"),
    "exclusion_reason": ("reason_for_exclusion", "reason_of_exclusion", "reason_excluded", "excluded_reason"),
}
# Names of columns of numbers, without unit, and the size of each unit in that of the name; the first is the default.
NUMBERS = {
    "body_weight_g": (("body_weight", "bodyweight", "weight", "bw", "body_mass"), {"g": 1.0, "kg": 1000.0}),
    "tibia_length_mm": (("tibia_length", "tibial_length", "tibia", "tl"), {"mm": 1.0, "cm": 10.0}),
    "heart_rate_bpm": (("heart_rate", "heartrate", "hr"), {"bpm": 1.0, "1_min": 1.0, "min_1": 1.0, "min": 1.0}),
}
TIMES = ("day", "week", "month")  # columns of numbers that name the session if no other column does
KNOWN = ("group", "phenotype", "sex", "cage", "litter", *NUMBERS)
MISSING = ("", "n/a", "#n/a")  # in lower case
NO_NUMBER = (*MISSING, "na", "nan", "-")  # in columns of numbers; elsewhere NA can be a name
SEXES = {"m": "male", "f": "female"}
BROKEN = re.compile(r"#(ref!|name\?|value!|div/0!|num!|null!|spill!|calc!)", re.IGNORECASE)  # formulas of Excel
NO, YES = ("no", "n", "0", "false"), ("yes", "y", "1", "true", "x")
DATE = re.compile(r"\d{4}-\d\d-\d\d")


class Participant(NamedTuple):
    """A row of a table."""

    place: str  # file and line, for messages
    mouse: str  # name of the scan; empty if the table has animals
    animal: str
    session: str
    reason: str  # of the exclusion; empty if included
    values: dict[str, str | float]  # by column, those known first; missing values are absent
    names: dict[str, str]  # what the columns with a meaning are called in the table, and their meanings

    @property
    def name(self) -> str:
        """What the row is about, for messages."""
        return self.mouse or f"{self.animal} {self.session}".strip()


def read_table(path: str, animal: str = "") -> list[Participant]:
    """Read a table of participants or of sessions.

    Parameters
    ----------
    path : str
        Table separated by tabs, semicolons or commas, or Excel workbook. The columns are named as in TEXTS, NUMBERS and
        TIMES, in upper or lower case, with the unit of numbers at the end if they have another one.
    animal : str, optional
        The animal of all rows, if the table names none.

    Returns
    -------
    list of Participant
        The rows, with numbers in the unit of their name in NUMBERS.

    Raises
    ------
    BadInput
        If neither scan nor animal is named, two columns have one meaning, a cell is no number or a date, decimal marks
        differ, or a reason of exclusion is missing.
    """
    rows = _rows(path)
    columns = _columns(path, [name for name in rows[0] if name])
    if not animal and not {"mouse", "animal"} & set(columns.values()):
        raise BadInput(
            f"{path}: found the columns {', '.join(rows[0])}, expected mouse (the name of the scan) or animal; add one"
        )
    _write_numbers_alike(path, rows, columns)
    return [_participant(f"{path}, line {row.line}", row, columns, animal) for row in rows]


def _rows(path: str) -> list[Row]:
    """Read the rows, with missing values empty; those of a workbook, which is slow to read, are stored."""
    if is_workbook(path):
        rows = []
        for line, cells in remembered(path, "rows", lambda p: [(row.line, dict(row)) for row in read_workbook(p)]):
            rows.append(Row(cells))
            rows[-1].line = line
    else:
        rows = read_rows(path, (), delimiter=None)
    for row in rows:
        row.update({name: "" for name, cell in row.items() if cell.lower() in MISSING})
    return rows


def _columns(path: str, header: Sequence[str]) -> dict[str, str]:
    """Return the meaning, in TEXTS or NUMBERS, of those columns that have one."""
    plain = {name: _plain(name) for name in header}
    found: dict[str, str] = {}
    for meaning in (*TEXTS, *NUMBERS):
        same = [name for name in header if plain[name] == meaning]
        alike = same or [name for name in header if plain[name] in _aliases(meaning)]
        if len(alike) > 1:
            raise BadInput(
                f"{path}: found the columns {' and '.join(alike)}, expected one for {meaning}; rename the right one to "
                f"{meaning}"
            )
        found |= dict.fromkeys(alike, meaning)
    if "session" not in found.values():
        found |= dict.fromkeys([name for name in header if plain[name] in TIMES][:1], "session")
    return found


@cache
def _plain(name: str) -> str:
    """Return the name of a column in lower case, with "_" for all that is no letter or digit: "BW [g]" is bw_g."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _aliases(meaning: str) -> dict[str, float]:
    """Return the other names of a column, each with the size of its unit in that of the column."""
    if meaning in TEXTS:
        return dict.fromkeys(TEXTS[meaning], 1.0)
    names, units = NUMBERS[meaning]
    return dict.fromkeys(names, 1.0) | {f"{name}_{unit}": size for name in names for unit, size in units.items()}


@cache
def _factor(meaning: str, name: str, in_kg: bool) -> float:
    """Return the size of the unit of a column in that of its meaning; weights without a unit may be `in_kg`."""
    if in_kg and meaning == "body_weight_g" and _plain(name) in NUMBERS[meaning][0]:
        return 1000.0
    return _aliases(meaning).get(_plain(name), 1.0)


def _write_numbers_alike(path: str, rows: Sequence[Row], columns: Mapping[str, str]) -> None:
    """Write decimal points and empty missing values in the columns of numbers.

    Raises BadInput if some numbers have decimal points and others commas.
    """
    numeric = [name for name, meaning in columns.items() if meaning in NUMBERS]
    numeric += [name for name in rows[0] if name not in columns and all(_is_number(row[name]) for row in rows)]
    write_decimal_points(path, rows, numeric)
    for row in rows:
        row.update({name: "" for name in numeric if row[name].lower() in NO_NUMBER})


def _is_number(cell: str) -> bool:
    return cell.lower() in NO_NUMBER or bool(NUMBER.fullmatch(cell))


def _participant(place: str, row: Row, columns: Mapping[str, str], of: str) -> Participant:
    """Interpret the cells of a row `of` an animal, unless they name another one."""
    cells = {meaning: _value(place, name, meaning, row[name]) for name, meaning in columns.items()}
    mouse, animal, session = (cells.get(key, "") for key in ("mouse", "animal", "session"))
    animal = animal or of
    if not mouse and not animal:
        missing = next(name for name, meaning in columns.items() if meaning in ("mouse", "animal"))
        raise BadInput(f"{place}: found no {missing}, expected one; complete the line")
    if broken := [name for name, cell in row.items() if BROKEN.fullmatch(cell)]:
        raise BadInput(f"{place}: found '{row[broken[0]]}' as {broken[0]}, expected a value; correct the formula")
    values = {name: cells[name] for name in KNOWN if cells.get(name, "") != ""}
    kept = [name for name in row if name and (name not in columns or _plain(name) in TIMES)]
    others = {name: _number_or_text(row[name]) for name in kept if row[name]}
    return Participant(place, mouse, animal, session, _reason(place, cells), values | others, dict(columns))


def _value(place: str, name: str, meaning: str, cell: str) -> str | float:
    """Return the value of a cell of a column with a meaning; empty if it is missing."""
    if DATE.match(cell) and meaning not in ("excluded", "exclusion_reason"):
        expected = "a name that animals share, such as day 7" if meaning == "session" else f"the {meaning}"
        raise BadInput(
            f"{place}: found the date '{cell}' as {name}, expected {expected}; correct it, in Excel in a column "
            "formatted as text"
        )
    if meaning in NUMBERS and cell:
        factor = _factor(meaning, name, subject().is_large)
        value = float(cell) * factor if NUMBER.fullmatch(cell) and "," not in cell else math.nan
        if not 0 < value < math.inf:
            raise BadInput(
                f"{place}: found '{cell}' as {name}, expected a number above 0 or an empty cell; write the number only"
            )
        return value
    if meaning == "sex":
        return SEXES.get(cell.lower(), cell.lower())
    if meaning == "session" and cell:
        unit = _plain(name)
        return f"{unit} {cell}" if unit in TIMES and NUMBER.fullmatch(cell) else cell.removeprefix("ses-")
    return cell


def _reason(place: str, cells: Mapping[str, str]) -> str:
    """Return the reason of an exclusion; empty if the row is included."""
    excluded, why = cells.get("excluded", ""), cells.get("exclusion_reason", "")
    if excluded.lower() in NO or not (excluded or why):
        return ""
    if excluded.lower() in YES and not why:
        raise BadInput(
            f"{place}: found '{excluded}' as excluded, expected the reason, such as motion artefacts; write it there, "
            "or in a column exclusion_reason"
        )
    return why if not excluded or excluded.lower() in YES else excluded


def _number_or_text(cell: str) -> str | float:
    """Return a cell of a column without a meaning: a number as such, unless it begins with 0 as a label does."""
    if not NUMBER.fullmatch(cell) or re.match(r"[+-]?0\d", cell) or "," in cell:
        return cell
    return float(cell) if re.search(r"[.eE]", cell) else int(cell)
