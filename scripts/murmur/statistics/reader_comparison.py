"""The readers of a cohort against each other: pair by pair, ranked, and beside the human observers.

A quantity is the Dice of a structure, or the absolute error |reader - reference| of a metric in its unit. A pair is
compared on the mice for which both have it; ranks and the table beside the observers are of the mice for which all
readers have it that have it at all. `note` counts the others. Phase `single` is left out: such a mouse has no function,
its frame is of no known phase, and most cohorts have none.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from murmur.statistics.agreement import agreement
from murmur.statistics.dice_anova import CELLS
from murmur.statistics.notes import Reason, annotate, mice, reason
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
    """Return the metrics that at least one reader has."""
    return [metric for metric in METRICS if any(metric in table for table in errors.values())]


def quantities(dice: Tables, errors: Tables) -> list[tuple[dict[str, str], pd.DataFrame]]:
    """Return the labels QUANTITY of each quantity with its values, one row per mouse, one column per reader.

    `dice` is by phase and structure (from `dice_by_cell`), `errors` by metric (from `absolute_errors`).
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


def compare_pair(values: pd.DataFrame, alpha: float) -> dict[str, object]:
    """Return the columns of COMPARISON that two readers' `values` determine; differences are second - first."""
    a, b = values.columns
    values = values.dropna(how="all")
    both = values.dropna().to_numpy()
    n = len(both)
    test = paired_test(both[:, 1] - both[:, 0], alpha, np.abs(both).max(initial=0))
    reasons = []
    if n < 2:
        reasons.append(reason("too_few_by_both", mice(n)))
    elif math.isnan(test["t"]):
        reasons.append(reason("difference_constant"))
    if 0 < n < len(values):
        reasons.append(reason("not_by_both", len(values) - n, len(values)))
    row = {"reader_a": a, "reader_b": b, "n": n, "mean_difference": test.pop("mean"), "reasons": reasons}
    row |= {"mean_a": both[:, 0].mean(), "mean_b": both[:, 1].mean()} if n else {}
    return row | test | {"dz": test["t"] / math.sqrt(n) if n else NAN}


def compare_pairs(dice: Tables, errors: Tables, alpha: float) -> pd.DataFrame:
    """Return COMPARISON, one row per pair of readers and quantity."""
    rows = []
    for labels, values in quantities(dice, errors):
        rows += [labels | compare_pair(values[list(pair)], alpha) for pair in combinations(values.columns, 2)]
    table = pd.DataFrame(rows, columns=COMPARISON).astype({"df": "Int64"})
    table["p_holm"] = table.groupby("measure")["p"].transform(holm)
    second = (table["mean_difference"] > 0) == (table["measure"] == "dice")
    better = table["reader_b"].where(second, table["reader_a"])
    table["better"] = better.where(table["p_holm"] < alpha)
    return annotate(table)


def rank_readers(mean_dice: Tables, errors: Tables, alpha: float) -> pd.DataFrame:
    """Return the ranking, one row per quantity and reader; mice that a reader lacks are left out and named."""
    scores = [("dice", structure, None, mean_dice) for structure in ("blood_pool", "myocardium") if mean_dice]
    scores += [("absolute_error", metric, METRICS[metric], errors) for metric in metrics_of(errors)]
    tables = []
    for measure, quantity, unit, by_name in scores:
        values, without = split_off(by_reader(by_name, quantity))
        table = rank(values.dropna(), measure == "dice", alpha)
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
    functions: Tables, dice: Tables, errors: Tables, observers: Sequence[str], sd_ddof: int, alpha: float
) -> pd.DataFrame:
    """Return the agreement of each reader with the reference beside that of the human observers, on the same mice.

    Parameters
    ----------
    functions
        function.csv by reader.
    dice, errors
        By reader, from `dice_by_cell` and `absolute_errors`.
    observers
        The readers that are human.
    sd_ddof
        Standard deviations and limits of agreement divide by n - sd_ddof.
    alpha
        Confidence limits are 1 - alpha.

    Returns
    -------
    pd.DataFrame
        BESIDE, one row per quantity and reader. loa_width_ratio is the width of the limits of agreement over that of
        the observer, or of the widest of several.
    """
    rows = []
    for labels, values in quantities(dice, errors):
        values, without = split_off(values)
        common, missing = values.dropna(), left_out(values)
        if labels["measure"] == "dice":
            found = {reader: describe(common[reader], sd_ddof) for reader in common}
        else:
            labels = labels | {"measure": "agreement"}
            found = {
                reader: agree(functions[reader], labels["metric"], common.index, sd_ddof, alpha) for reader in common
            }
            add_ratio(found, observers)
        found |= {reader: {"n": 0, "reasons": [NO_VALUE]} for reader in without}
        for reader, row in found.items():
            role = "observer" if reader in observers else "reader"
            rows.append({"reader": reader, "role": role, **labels, **row, "reasons": row["reasons"] + missing})
    return annotate(pd.DataFrame(rows, columns=BESIDE))


def describe(dice: pd.Series, sd_ddof: int) -> dict[str, object]:
    """Return n, mean and standard deviation of a reader's Dice."""
    n = len(dice)
    return {
        "n": n,
        "dice_mean": dice.mean(),
        "dice_sd": dice.std(ddof=sd_ddof) if n >= 2 else NAN,
        "reasons": {0: [reason("no_mouse_by_all")], 1: [reason("one_mouse")]}.get(n, []),
    }


def agree(function: pd.DataFrame, metric: str, mice: pd.Index, sd_ddof: int, alpha: float) -> dict[str, object]:
    """Return n and AGREEMENT of a reader's `function` with the reference in `metric`, on `mice` alone."""
    pairs = function[function["metric"] == metric].set_index("mouse").reindex(mice)
    found = agreement(pairs["reference"], pairs["reader"], sd_ddof, alpha)
    row = {name: found[name] for name in ("n", *AGREEMENT)}
    width = row["loa_high"] - row["loa_low"]
    rounding = 1e-12 * pairs[["reference", "reader"]].abs().max(axis=None)
    row["loa_width"] = 0.0 if width <= rounding else width
    lacks = any(math.isnan(value) for value in row.values())
    reasons = [why for why in found["reasons"] if lacks and why.code != "no_margin"]
    return row | {"reasons": reasons if len(mice) else [reason("no_mouse_by_all")]}


def add_ratio(rows: Mapping[str, dict[str, object]], observers: Sequence[str]) -> None:
    """Add loa_width_ratio to the row of each reader, or the reason why it has none."""
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
    """Return `values` without the readers that have none, and these; they shall not cost the others their mice."""
    present = values.dropna(axis=1, how="all")
    return present, [reader for reader in values if reader not in present]


def left_out(values: pd.DataFrame) -> list[Reason]:
    """Return the mice of `values` that not every reader has, where others remain."""
    lacking = values.index[values.isna().any(axis=1)]
    if len(lacking) in (0, len(values)):
        return []
    return [reason("not_by_every", len(lacking), len(values), mice=lacking)]
