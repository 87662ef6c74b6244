"""The subject of a study: the word for it in print, and the units in which its volumes and masses are printed.

Texts are written about mice, and tables hold µL and mg whatever the subject is. What is printed passes through
`in_words` and `in_print`, which for mice return it unchanged. The study chooses the subject when it is planned; its
jobs inherit it as an environment variable.
"""

import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # pandas takes longer to import than a contact sheet to draw
    import pandas as pd


@dataclass(frozen=True)
class Subject:
    """A kind of subject: its name, its plural, and whether it is printed in mL and g instead of µL and mg."""

    name: str
    plural: str
    is_large: bool = False
    species: str = ""  # the key in SPECIES; empty for other subjects


SPECIES = {
    "mouse": Subject("mouse", "mice", species="mouse"),
    "rat": Subject("rat", "rats", species="rat"),
    "pig": Subject("pig", "pigs", is_large=True, species="pig"),
    "human": Subject("participant", "participants", is_large=True, species="human"),
}

# Units of large subjects in print: name, and size of the unit of the tables in it.
LARGE_UNITS = {
    "uL": ("mL", 1e-3),
    "mg": ("g", 1e-3),
    "mL/min": ("L/min", 1e-3),
    "uL/g": ("mL/kg", 1.0),
    "mg/g": ("g/kg", 1.0),
    "mL/min/g": ("L/min/kg", 1.0),
    "uL/ms": ("mL/s", 1.0),
    "mg/mm": ("g/m", 1.0),
    "mg/uL": ("g/mL", 1.0),
}

# Columns of values in the unit of their row; all others, such as p, t, n or correlations, have no unit.
OF_UNIT = re.compile(
    r"(value|reference|reader|mean|sd|median|q1|q3|difference|bias|rmse|ci_low|ci_high|change_absolute|intercept"
    r"|(reference|reader|bias|loa_low|loa_high|mean|difference)_(ci_low|ci_high)|(reference|reader)_(mean|sd|difference)"
    r"|bias_difference(_ci_low|_ci_high)?|loa_(low|high|width)(_intercept)?|(mean|sd)_abs_difference|mean_[ab]"
    r"|within_subject_sd|repeatability_coefficient|equivalence_margin|(internal|external)_error|mean_difference"
    r"|(error|between)_sd|detectable_(difference|without_error|change))"
)
# Words about mice, except in names and paths, and mice that are no subjects of the study.
WORDS = re.compile(
    r"(?<![\w/.{\"'`-])(?<!simulated )(?<!published )(?:\b(an?) )?\b(mouse|mice|animals?)\b(?![/\"`}=-]|\.\w)",
    re.IGNORECASE,
)
PLURALS = ("mice", "animals")

VARIABLE = "MURMUR_SUBJECT"


def choose_subject(setting: str | dict) -> None:
    """Choose the subject of this process and of its jobs: the key `subject` of the study file, with its defaults."""
    os.environ[VARIABLE] = json.dumps(setting)


def subject() -> Subject:
    """Return the subject of the study."""
    setting = json.loads(os.environ.get(VARIABLE, '"mouse"'))
    if isinstance(setting, str):
        return SPECIES[setting]
    species = (key for key, known in SPECIES.items() if setting["name"].casefold() in (key, known.name))
    return Subject(setting["name"], setting["plural"], setting["units"] == "mL and g", next(species, ""))


def in_words(text: str) -> str:
    """Return a text about mice as one about the subject, and people are no animals; names and paths remain."""
    found = subject()
    if found.species == "mouse":
        return text

    def replaced(match: re.Match) -> str:
        article, written = match.groups()
        if written.lower().startswith("animal") and found.species != "human":
            return match[0]
        word = found.plural if written.lower() in PLURALS else found.name
        word = word.capitalize() if written[0].isupper() else word
        if not article:
            return word
        return f"{article[0]}{'n' if word[0].lower() in 'aeiou' else ''} {word}"

    return WORDS.sub(replaced, text)


def in_scans(text: str) -> str:
    """Return a text about mice as one about scans, for a cohort whose animals have several; animals remain."""

    def replaced(match: re.Match) -> str:
        article, written = match.groups()
        if written.lower().startswith("animal"):
            return match[0]
        word = "scans" if written.lower() in PLURALS else "scan"
        word = word.capitalize() if written[0].isupper() else word
        return f"{article[0]} {word}" if article else word

    return WORDS.sub(replaced, text)


def printed_unit(unit: str) -> str:
    """Return the unit in which values that have `unit` in tables are printed, before it is spelled as in print."""
    return LARGE_UNITS[unit][0] if subject().is_large and unit in LARGE_UNITS else unit


def in_print(table: "pd.DataFrame") -> "pd.DataFrame":
    """Convert a table with the column `unit` to the units of print.

    Parameters
    ----------
    table : DataFrame
        Values in the unit of their row, in the columns OF_UNIT; other columns remain.

    Returns
    -------
    DataFrame
        The same table with printed units.
    """
    if not subject().is_large or "unit" not in table:
        return table
    factors = table["unit"].map({unit: size for unit, (_, size) in LARGE_UNITS.items()}).fillna(1.0)
    columns = [name for name in table.select_dtypes("number") if OF_UNIT.fullmatch(name)]
    scaled = table[columns].mul(factors, axis=0)
    return table.assign(
        unit=table["unit"].map(printed_unit, na_action="ignore"), **{name: scaled[name] for name in columns}
    )


def printed_value(value: float, unit: str) -> float:
    """Return a value in `unit`, or an array or column of such values, in the unit of print."""
    return value * LARGE_UNITS[unit][1] if subject().is_large and unit in LARGE_UNITS else value
