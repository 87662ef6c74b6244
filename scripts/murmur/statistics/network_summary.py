"""Results of networks, those of repeated trainings averaged: by cohort, with the spread of mice and of repetitions."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from murmur.statistics.animals import ONE_SCAN_EACH, average_scans
from murmur.statistics.notes import annotate, reason
from murmur.statistics.paired import NAN, constant
from murmur.statistics.ranking import absolute_errors, limits_of_mean, mean_dice
from murmur.vocabulary import METRICS, STRUCTURES

RESULTS = ["cohort", "reader", "measure", "quantity", "unit", "repeats", "n", "mean", "ci_low", "ci_high", "sd_mice"]
RESULTS += ["sd_repeats", "note", "reasons"]


def members(readers: Sequence[str], repeats: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the readers that are repetitions of the same training, by its name; others stand for themselves.

    Parameters
    ----------
    readers : sequence of str
        Readers.
    repeats : mapping of str to str
        Name of the training of each reader that is one of several repetitions.
    """
    found: dict[str, list[str]] = {}
    for reader in readers:
        found.setdefault(repeats.get(reader, reader), []).append(reader)
    return found


def averaged(tables: Mapping[str, pd.DataFrame], repeats: Mapping[str, str]) -> dict[str, pd.DataFrame]:
    """Average the values of each mouse over repetitions of a training, so that the mouse remains the unit.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        One row per mouse and one column per quantity, by reader.
    repeats : mapping of str to str
        As for `members`.

    Returns
    -------
    dict
        Tables of the same form, by training or reader. NaN where a repetition has no value.
    """
    found = {}
    for name, many in members(list(tables), repeats).items():
        first = tables[many[0]]
        if len(many) == 1:
            found[name] = first
            continue
        mice = pd.concat([tables[reader] for reader in many]).index.unique()
        values = [tables[reader].reindex(index=mice, columns=first.columns).astype(float) for reader in many]
        found[name] = pd.DataFrame(np.mean(values, axis=0), index=mice, columns=first.columns)
    return found


def without(table: pd.DataFrame, mice: Collection[str]) -> pd.DataFrame:
    """Leave out mice, such as those on which a network was trained.

    Parameters
    ----------
    table : DataFrame
        Table with the column mouse.
    mice : collection of str
        Their names; often none.

    Returns
    -------
    DataFrame
        The rows of the other mice; `table` itself without `mice`.
    """
    return table[~table["mouse"].isin(mice)] if mice else table


def mean_distance(overlap: pd.DataFrame) -> pd.DataFrame:
    """Average HD95 over ED and ES.

    Parameters
    ----------
    overlap : DataFrame
        Columns mouse, phase, structure, hd95_mm.

    Returns
    -------
    DataFrame
        In mm, one row per mouse, one column per structure; NaN unless the mouse has both phases.
    """
    return mean_dice(overlap.assign(dice=overlap["hd95_mm"]))


def summarise(
    cohort: str,
    overlaps: Mapping[str, pd.DataFrame],
    functions: Mapping[str, pd.DataFrame],
    repeats: Mapping[str, str],
    alpha: float,
    animals: Mapping[str, str] = ONE_SCAN_EACH,
) -> pd.DataFrame:
    """Summarise Dice, HD95 and absolute errors of the networks of a cohort.

    Parameters
    ----------
    cohort : str
        The cohort.
    overlaps, functions : mapping of str to DataFrame
        Tables overlap.csv and function.csv by reader.
    repeats : mapping of str to str
        As for `members`.
    alpha : float
        Confidence limits of the mean over mice (`limits_of_mean`) have the level 1 - alpha.
    animals : mapping of str to str
        The animal of each scan, if some animals have several, whose values are then averaged.

    Returns
    -------
    DataFrame
        RESULTS, one row per training and quantity. sd_mice is the standard deviation over mice of their averages,
        sd_repeats that over repetitions of the mean over mice; both divide by n - 1.
    """
    measures = {
        "dice": ({reader: mean_dice(table) for reader, table in overlaps.items()}, dict.fromkeys(STRUCTURES, "")),
        "hd95": ({reader: mean_distance(table) for reader, table in overlaps.items()}, dict.fromkeys(STRUCTURES, "mm")),
        "absolute_error": ({reader: absolute_errors(table) for reader, table in functions.items()}, METRICS),
    }
    rows = []
    for measure, (tables, units) in measures.items():
        tables = {reader: average_scans(table, animals) for reader, table in tables.items()}
        together = averaged(tables, repeats)
        for name, many in members(list(tables), repeats).items():
            for quantity in [quantity for quantity in units if quantity in together[name]]:
                each = [tables[reader][quantity].astype(float).mean() for reader in many]
                row = {"cohort": cohort, "reader": name, "measure": measure, "quantity": quantity}
                row |= {"unit": units[quantity], "repeats": len(many)}
                rows.append(row | _spread(together[name][quantity].astype(float), each, alpha, measure != "dice"))
    return annotate(pd.DataFrame(rows, columns=RESULTS))


def _spread(values: pd.Series, each: list[float], alpha: float, errors: bool) -> dict[str, object]:
    """Return n, mean, limits and standard deviations of the values of mice, and of the means of repetitions."""
    known = values.dropna().to_numpy()
    row = {"n": len(known), "mean": known.mean() if len(known) else NAN, "reasons": [reason("no_mouse_by_all")]}
    if len(known):
        row["ci_low"], row["ci_high"], row["reasons"] = limits_of_mean(known, alpha, errors)
    if len(known) > 1:
        row["sd_mice"] = 0.0 if constant(known) else known.std(ddof=1)
    if len(each) > 1:
        row["sd_repeats"] = np.std(each, ddof=1)
    return row
