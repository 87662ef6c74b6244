"""Names of measures, units and methods of comparisons of groups, as printed in figures, tables and text."""

from collections.abc import Iterable

import pandas as pd

from murmur.measurement.measures import MEASURES
from murmur.presentation.prose.phrases import enumerate_words
from murmur.statistics.notes import reasons_of, words
from murmur.subject import printed_unit
from murmur.vocabulary import DIFFERENCE_UNITS

METHODS = {
    "welch": "Welch's t-test",
    "ancova_hc2": "analysis of covariance with HC2 standard errors",
    "within_cluster_hc2": "comparison within clusters with HC2 standard errors",
}
TOO_SMALL = "groups_too_small"
CLUSTERS = "clusters_are_units"
PHASES = {"ED": "end-diastole", "ES": "end-systole"}
UNIT = ("scans_averaged", CLUSTERS)  # reasons that concern the unit of analysis
COLUMNS = {"body_weight_g": "body weight", "tibia_length_mm": "tibia length", "heart_rate_bpm": "heart rate"}
CORRECTIONS = {"dunnett_t3": "Dunnett's T3 procedure", "sidak": "Šidák's method"}
MAX_AXIS_LETTERS = 18  # of 7 points, along an axis of 25 mm


def name_of(measure: str) -> str:
    """Return the printed name of a measure."""
    return MEASURES[measure].printed


def column_name(column: str | None) -> str:
    """Return the printed name of a column of the participants; empty for None."""
    return COLUMNS.get(column, column) if column else ""


def in_sentence(measure: str) -> str:
    """Return the name of a measure within a sentence: "cardiac output", but "EDV index"."""
    name = name_of(measure)
    return name if name[1:2].isupper() else f"{name[0].lower()}{name[1:]}"


def unit_of(measure: str) -> str:
    """Return the printed unit of a measure; empty for a ratio."""
    return printed_unit(MEASURES[measure].unit).replace("uL", "µL")


def title_of(measure: str) -> str:
    """Return the name of a measure with its unit."""
    unit = unit_of(measure)
    return f"{name_of(measure)} ({unit})" if unit else name_of(measure)


def axis_title(measure: str) -> str:
    """Return the title of an axis of a measure, in two lines if one would be longer than a short axis."""
    title = title_of(measure)
    return title if len(title) <= MAX_AXIS_LETTERS else title.replace(" (", "\n(")


def difference_unit(measure: str) -> str:
    """Return the printed unit of differences in a measure; empty for a ratio."""
    return DIFFERENCE_UNITS["%"] if MEASURES[measure].unit == "%" else unit_of(measure)


def difference_title(measure: str, of_changes: bool = False) -> str:
    """Return the title of an axis of differences in a measure, or in its changes, in two lines."""
    unit = difference_unit(measure)
    return f"Δ {'change in ' * of_changes}{in_sentence(measure)}" + (f"\n({unit})" if unit else "")


def methods_of(differences: pd.DataFrame) -> str:
    """Return the methods and corrections of the differences that were tested, in parentheses; empty without any."""
    tested = differences.dropna(subset="p_adjusted")
    names = [METHODS[method] for method in tested["method"].unique()]
    names += [CORRECTIONS[correction] for correction in tested["correction"].unique() if correction in CORRECTIONS]
    return f" ({', '.join(names)})" if names else ""


def decimals_of(summary: pd.DataFrame, measure: str) -> int:
    """Return the number of decimals with which values of a measure are printed: three digits for most."""
    largest = summary.loc[summary["measure"] == measure, "mean"].abs().max()
    return 1 if pd.isna(largest) or largest >= 10 else 2 if largest >= 1 else 3


def place_of(session: str, level: str) -> str:
    """Name a session and a level of a second factor: "day 7, female"; empty without either."""
    return ", ".join(name for name in (session, level) if isinstance(name, str) and name)


def meanings(measures: Iterable[str]) -> str:
    """Return words that explain the names of measures that are abbreviations, and ED and ES; empty without any."""
    names = [name for name in measures if name_of(name)[1:2].isupper() or name.startswith("mass_E")]
    explained = [f"{in_sentence(name)}, {MEASURES[name].meaning}" for name in names]
    used = {word for name in measures for word in name_of(name).split()}
    return "; ".join([*explained, *(f"{phase}, {meaning}" for phase, meaning in PHASES.items() if phase in used)])


def unit_notes(table: pd.DataFrame) -> list[str]:
    """Return how the unit of analysis was formed, as sentences, where it is not a single scan of an animal."""
    found = [why for cell in table["reasons"].unique() for why in reasons_of(cell) if why.code in UNIT]
    return list(dict.fromkeys(map(words, found)))


def unit_of_analysis(table: pd.DataFrame) -> str:
    """Return the unit of analysis of a table with reasons: animal, or the word for a litter or cage."""
    found = (why for cell in table["reasons"].unique() for why in reasons_of(cell) if why.code == CLUSTERS)
    return next((column_name(str(why.values[0])) for why in found), "animal")


def too_small(differences: pd.DataFrame) -> str:
    """Name the groups that were not tested because they are too small, with their sessions; empty if all were."""
    sessions: dict[str, dict[str, None]] = {}
    least = None
    for session, cell in zip(differences["session"], differences["reasons"], strict=True):
        for why in reasons_of(cell):
            if why.code == TOO_SMALL:
                least, names = why.values
                for name in str(names).split(", "):
                    sessions.setdefault(name, {})[session if isinstance(session, str) else ""] = None
    every = set(differences["session"])
    groups = [
        name if set(found) == every or not all(found) else f"{name} at {enumerate_words(found)}"
        for name, found in sessions.items()
    ]
    unit = unit_of_analysis(differences)
    return f"groups of fewer than {least} {unit}s were not tested: {', '.join(groups)}" if groups else ""
