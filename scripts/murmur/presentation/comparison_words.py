"""Names of measures, units and methods of comparisons of groups, as printed in figures, tables and text."""

import pandas as pd

from murmur.measurement.measures import MEASURES
from murmur.subject import printed_unit
from murmur.vocabulary import DIFFERENCE_UNITS

METHODS = {
    "welch": "Welch's t-test",
    "ancova_hc2": "analysis of covariance with HC2 standard errors",
    "within_cluster_hc2": "comparison within clusters with HC2 standard errors",
}
CORRECTIONS = {"dunnett_t3": "Dunnett's T3 procedure"}


def name_of(measure: str) -> str:
    """Return the printed name of a measure."""
    return MEASURES[measure].printed


def in_sentence(measure: str) -> str:
    """Return the name of a measure within a sentence: "cardiac output", but "EDV index"."""
    name = name_of(measure)
    return name if name[1:2].isupper() else f"{name[0].lower()}{name[1:]}"


def unit_of(measure: str) -> str:
    """Return the printed unit of a measure; empty for a ratio."""
    return printed_unit(MEASURES[measure].unit).replace("uL", "µL")


def title_of(measure: str) -> str:
    """Return the name of a measure with its unit, as on an axis."""
    unit = unit_of(measure)
    return f"{name_of(measure)} ({unit})" if unit else name_of(measure)


def difference_unit(measure: str) -> str:
    """Return the printed unit of differences in a measure; empty for a ratio."""
    return DIFFERENCE_UNITS["%"] if MEASURES[measure].unit == "%" else unit_of(measure)


def difference_title(measure: str) -> str:
    """Return the title of an axis of differences in a measure, in two lines."""
    unit = difference_unit(measure)
    return f"Difference in {in_sentence(measure)}" + (f"\n({unit})" if unit else "")


def methods_of(differences: pd.DataFrame) -> str:
    """Return the methods and corrections of the differences that were tested, in parentheses; empty without any."""
    tested = differences.dropna(subset="p_adjusted")
    names = [METHODS[method] for method in tested["method"].unique()]
    names += [CORRECTIONS[correction] for correction in tested["correction"].unique() if correction in CORRECTIONS]
    return f" ({', '.join(names)})" if names else ""
