"""Comparison of the readers of a cohort: pairwise, ranked, and next to the human observers.

A quantity is the Dice of a structure, or the absolute error |reader - reference| of a metric in its unit. Two readers
are compared on the mice for which both have it; ranks and the table of observers use the mice for which all readers
have it, not counting readers without any value. `note` reports the mice excluded. Phase `single` is ignored: such a
mouse has no function, and the phase of its frame is unknown.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from murmur.statistics.agreement import agreement
from murmur.statistics.animals import ONE_SCAN_EACH, average_scans
from murmur.statistics.dice_cells import CELLS
from murmur.statistics.notes import Reason, annotate, reason
from murmur.statistics.paired import NAN, holm, paired_test
from murmur.statistics.ranking import COLUMNS, by_reader, rank
from murmur.vocabulary import METRICS

Tables = Mapping[str, pd.DataFrame]  # by reader
NO_VALUE = reason("no_value_by_reader")

# fmt: off
QUANTITY = ["measure", "structure", "phase", "metric", "unit"]
COMPARISON = [
    *QUANTITY, "reader_a", "reader_b", "n", "mean_a", "mean_b", "mean_difference", "ci_low", "ci_high", "t", "df", "p",
    "p_holm", "wilcoxon_p", "dz", "better", "note", "reasons",
]
AGREEMENT = ["icc2", "icc2_ci_low", "icc2_ci_high", "bias", "loa_low", "loa_high"]
BESIDE = [
    "reader", "role", *QUANTITY, "n", "dice_mean", "dice_sd", *AGREEMENT, "loa_width", "loa_width_ratio", "note",
    "reasons",
]
# fmt: on


def metrics_of(errors: Tables) -> list[str]:
    """Return the metrics that at least one reader has, in the order of METRICS."""
    return [metric for metric in METRICS if any(metric in table for table in errors.values())]


def quantities(dice: Tables, errors: Tables) -> list[tuple[dict[str, str], pd.DataFrame]]:
    """Collect all quantities.

    Parameters
    ----------
    dice : mapping of str to DataFrame
        Dice by phase and structure (from `dice_by_cell`) of each reader; empty for a cohort without images.
    errors : mapping of str to DataFrame
        Absolute error by metric (from `absolute_errors`) of each reader.

    Returns
    -------
    list of (dict, DataFrame)
        Labels QUANTITY of each quantity, and its values: one row per mouse, one column per reader.
    """
    found = [
        ({"measure": "dice", "structure": structure, "phase": phase}, by_reader(dice, (phase, structure)))
        for phase, structure in CELLS
        if dice
    ]
    return found + [
        ({"measure": "absolute_error", "metric": metric, "unit": METRICS[metric]}, by_reader(errors, metric))
        for metric in metrics_of(errors)
    ]


def compare_pair(values: pd.DataFrame, alpha: float, animals: Mapping[str, str] = ONE_SCAN_EACH) -> dict[str, object]:
    """Compare two readers on one quantity.

    Parameters
    ----------
    values : DataFrame, shape (mice, 2)
        One column per reader; NaN where missing.
    alpha : float
        The confidence limits have the level 1 - alpha.
    animals : mapping of str to str, optional
        The animal of each scan, whose scans are averaged; empty if each scan is of another animal.

    Returns
    -------
    dict
        Columns reader_a to p, wilcoxon_p and dz of COMPARISON, and `reasons`; differences are second - first reader.
    """
    a, b = values.columns
    values = values.dropna(how="all")
    complete = values.dropna()
    both = average_scans(complete, animals).to_numpy()
    n = len(both)
    test = paired_test(both[:, 1] - both[:, 0], alpha, np.abs(both).max(initial=0))
    reasons = []
    if n < 2:
        reasons.append(reason("too_few_by_both", f"n = {n}"))
    elif math.isnan(test["t"]):
        reasons.append(reason("difference_constant"))
    if 0 < len(complete) < len(values):
        reasons.append(reason("not_by_both", len(values) - len(complete), len(values)))
    row = {"reader_a": a, "reader_b": b, "n": n, "mean_difference": test.pop("mean"), "reasons": reasons}
    row |= {"mean_a": both[:, 0].mean(), "mean_b": both[:, 1].mean()} if n else {}
    return row | test | {"dz": test["t"] / math.sqrt(n) if n else NAN}


def compare_pairs(
    dice: Tables, errors: Tables, alpha: float, animals: Mapping[str, str] = ONE_SCAN_EACH
) -> pd.DataFrame:
    """Compare each pair of readers on each quantity.

    Parameters
    ----------
    dice, errors : mapping of str to DataFrame
        As for `quantities`.
    alpha : float
        Significance level of `better`; the confidence limits have the level 1 - alpha.
    animals : mapping of str to str, optional
        The animal of each scan, whose scans are averaged; empty if each scan is of another animal.

    Returns
    -------
    DataFrame
        COMPARISON, one row per quantity and pair; p_holm is corrected for all rows of a measure.
    """
    rows = []
    for labels, values in quantities(dice, errors):
        pairs = combinations(values.columns, 2)
        rows += [labels | compare_pair(values[list(pair)], alpha, animals) for pair in pairs]
    table = pd.DataFrame(rows, columns=COMPARISON).astype({"df": "Int64"})
    table["p_holm"] = table.groupby("measure")["p"].transform(holm)
    second = (table["mean_difference"] > 0) == (table["measure"] == "dice")
    better = table["reader_b"].where(second, table["reader_a"])
    table["better"] = better.where(table["p_holm"] < alpha)
    return annotate(table)


def rank_readers(
    mean_dice: Tables, errors: Tables, alpha: float, animals: Mapping[str, str] = ONE_SCAN_EACH
) -> pd.DataFrame:
    """Rank the readers on each quantity.

    Parameters
    ----------
    mean_dice : mapping of str to DataFrame
        From `ranking.mean_dice`, by reader; empty for a cohort without images.
    errors : mapping of str to DataFrame
        From `absolute_errors`, by reader.
    alpha : float
        The confidence limits have the level 1 - alpha.
    animals : mapping of str to str, optional
        The animal of each scan, whose scans are averaged; empty if each scan is of another animal.

    Returns
    -------
    DataFrame
        measure, quantity, unit and the columns of `rank`, one row per quantity and reader. Mice that a reader lacks are
        excluded, and reported in `note`.
    """
    scores = [("dice", structure, None, mean_dice) for structure in ("blood_pool", "myocardium") if mean_dice]
    scores += [("absolute_error", metric, METRICS[metric], errors) for metric in metrics_of(errors)]
    tables = []
    for measure, quantity, unit, by_name in scores:
        values, without = split_off(by_reader(by_name, quantity))
        table = rank(average_scans(values.dropna(), animals), measure == "dice", alpha)
        table["reasons"] = [why + left_out(values) for why in table["reasons"]]
        lacking = pd.DataFrame({"reader": without, "n": 0, "reasons": [[NO_VALUE]] * len(without)})
        table = pd.concat([table, lacking]) if without else table
        table.insert(0, "measure", measure)
        table.insert(1, "quantity", quantity)
        table.insert(2, "unit", unit)
        tables.append(table)
    ranking = pd.concat(tables) if tables else pd.DataFrame(columns=["measure", "quantity", "unit", *COLUMNS])
    return annotate(ranking)


def place_beside(
    functions: Tables,
    dice: Tables,
    errors: Tables,
    observers: Sequence[str],
    sd_ddof: int,
    alpha: float,
    animals: Mapping[str, str] = ONE_SCAN_EACH,
) -> pd.DataFrame:
    """Compute the agreement of readers and human observers with the reference, on the same mice.

    Parameters
    ----------
    functions : mapping of str to DataFrame
        Columns mouse, metric, reference, reader of function.csv, by reader.
    dice, errors : mapping of str to DataFrame
        By reader, from `dice_by_cell` and `absolute_errors`.
    observers : sequence of str
        The readers that are human.
    sd_ddof : int
        Standard deviations and limits of agreement divide by n - sd_ddof.
    alpha : float
        The confidence limits have the level 1 - alpha.
    animals : mapping of str to str, optional
        The animal of each scan, whose scans are averaged; empty if each scan is of another animal.

    Returns
    -------
    DataFrame
        BESIDE, one row per quantity and reader. loa_width_ratio is the width of the limits of agreement divided by that
        of the observer, with several observers by the widest.
    """
    rows = []
    for labels, values in quantities(dice, errors):
        values, without = split_off(values)
        common, missing = values.dropna(), left_out(values)
        if labels["measure"] == "dice":
            found = {reader: describe(average_scans(common[reader], animals), sd_ddof) for reader in common}
        else:
            labels = labels | {"measure": "agreement"}
            found = {
                reader: agree(functions[reader], labels["metric"], common.index, sd_ddof, alpha, animals)
                for reader in common
            }
            add_ratio(found, observers)
        found |= {reader: {"n": 0, "reasons": [NO_VALUE]} for reader in without}
        for reader, row in found.items():
            role = "observer" if reader in observers else "reader"
            rows.append({"reader": reader, "role": role, **labels, **row, "reasons": row["reasons"] + missing})
    return annotate(pd.DataFrame(rows, columns=BESIDE))


def describe(dice: pd.Series, sd_ddof: int) -> dict[str, object]:
    """Summarise the Dice of one reader.

    Parameters
    ----------
    dice : Series
        Dice of each mouse, none missing.
    sd_ddof : int
        The standard deviation divides by n - sd_ddof.

    Returns
    -------
    dict
        n, dice_mean, dice_sd and `reasons`.
    """
    n = len(dice)
    return {
        "n": n,
        "dice_mean": dice.mean(),
        "dice_sd": dice.std(ddof=sd_ddof) if n >= 2 else NAN,
        "reasons": {0: [reason("no_mouse_by_all")], 1: [reason("one_mouse")]}.get(n, []),
    }


def agree(
    function: pd.DataFrame,
    metric: str,
    mice: pd.Index,
    sd_ddof: int,
    alpha: float,
    animals: Mapping[str, str] = ONE_SCAN_EACH,
) -> dict[str, object]:
    """Compute the agreement of one reader with the reference on some mice.

    Parameters
    ----------
    function : DataFrame
        Columns mouse, metric, reference, reader.
    metric : str
        The metric.
    mice : Index
        The mice to include.
    sd_ddof : int
        The limits of agreement divide by n - sd_ddof.
    alpha : float
        The confidence limits have the level 1 - alpha.
    animals : mapping of str to str, optional
        The animal of each scan; empty if each scan is of another animal.

    Returns
    -------
    dict
        n, AGREEMENT and loa_width, in the metric's unit, and `reasons`.
    """
    pairs = function[function["metric"] == metric].set_index("mouse").reindex(mice)
    of = mice.map(dict(animals)) if animals else None
    found = agreement(pairs["reference"], pairs["reader"], sd_ddof, alpha, animals=of)
    row = {name: found[name] for name in ("n", *AGREEMENT)}
    width = row["loa_high"] - row["loa_low"]
    rounding = 1e-12 * pairs[["reference", "reader"]].abs().max(axis=None)
    row["loa_width"] = 0.0 if width <= rounding else width
    lacks = any(math.isnan(value) for value in row.values())
    reasons = [why for why in found["reasons"] if lacks and why.code != "no_margin"]
    return row | {"reasons": reasons if len(mice) else [reason("no_mouse_by_all")]}


def add_ratio(rows: Mapping[str, dict[str, object]], observers: Sequence[str]) -> None:
    """Add loa_width_ratio, or the reason for its absence, to the row of each reader (in place)."""
    widest = max((rows[name]["loa_width"] for name in observers if name in rows), default=None)
    for row in rows.values():
        row["loa_width_ratio"] = NAN
        if widest is None:
            row["reasons"].append(reason("no_observer"))
        elif widest == 0:
            row["reasons"].append(reason("observer_exact"))
        else:
            row["loa_width_ratio"] = row["loa_width"] / widest


def split_off(values: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Separate readers without any value, which must not exclude all mice.

    Parameters
    ----------
    values : DataFrame
        One row per mouse, one column per reader; NaN where a value is missing.

    Returns
    -------
    values : DataFrame
        The readers with at least one value.
    without : list of str
        The other readers.
    """
    present = values.dropna(axis=1, how="all")
    return present, [reader for reader in values if reader not in present]


def left_out(values: pd.DataFrame) -> list[Reason]:
    """Name the mice that some reader lacks.

    Parameters
    ----------
    values : DataFrame
        One row per mouse, one column per reader; NaN where a value is missing.

    Returns
    -------
    list of Reason
        One reason with these mice; empty if there are none, or if no mouse is complete.
    """
    lacking = values.index[values.isna().any(axis=1)]
    if len(lacking) in (0, len(values)):
        return []
    return [reason("not_by_every", len(lacking), len(values), mice=lacking)]
