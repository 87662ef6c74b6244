"""Overlap and surface distances by structure and phase, and the best, median and worst mouse of a cohort."""

import pandas as pd

from murmur.statistics.notes import annotate, reason
from murmur.statistics.paired import constant
from murmur.vocabulary import PHASES, STRUCTURES

COLUMNS = [
    "structure",
    "phase",
    "n",
    "mean",
    "sd",
    "median",
    "q1",
    "q3",
    "min",
    "max",
    "missing",
    "failed",
    "note",
    "reasons",
]


def describe(rows: pd.DataFrame, measure: str, sd_ddof: int) -> dict[str, object]:
    """Summarise one measure.

    Parameters
    ----------
    rows : DataFrame
        Rows of overlap.csv, with the columns dice, hd95_mm and `measure`.
    measure : str
        Column to summarise.
    sd_ddof : int
        The standard deviation divides by n - sd_ddof.

    Returns
    -------
    dict
        n, mean, sd, median, q1, q3, min, max (in the unit of the measure), missing (values without Dice) and failed
        (empty masks: Dice but no surface distance). `reasons` explains missing statistics.
    """
    found = rows[measure].astype(float).dropna()
    n = len(found)
    return {
        "n": n,
        "mean": found.mean(),
        "sd": float("nan") if n < 2 else 0.0 if constant(found.to_numpy()) else found.std(ddof=sd_ddof),
        "median": found.median(),
        "q1": found.quantile(0.25),
        "q3": found.quantile(0.75),
        "min": found.min(),
        "max": found.max(),
        "missing": int(rows["dice"].isna().sum()),
        "failed": int((rows["dice"].notna() & rows["hd95_mm"].isna()).sum()),
        "reasons": [reason("no_value")] if n == 0 else [reason("one_value")] if n == 1 else [],
    }


def summarise(overlap: pd.DataFrame, measure: str, sd_ddof: int) -> pd.DataFrame:
    """Summarise one measure by structure and phase.

    Parameters
    ----------
    overlap : DataFrame
        Columns mouse, structure, phase, dice, hd95_mm and `measure`.
    measure : str
        Column to summarise.
    sd_ddof : int
        The standard deviation divides by n - sd_ddof.

    Returns
    -------
    DataFrame
        COLUMNS, one row per structure and phase present.
    """
    rows = []
    for structure in STRUCTURES:
        for phase in PHASES:
            chosen = overlap[(overlap["structure"] == structure) & (overlap["phase"] == phase)]
            if len(chosen):
                rows.append({"structure": structure, "phase": phase} | describe(chosen, measure, sd_ddof))
    return annotate(pd.DataFrame(rows, columns=COLUMNS))


def combined_dice(overlap: pd.DataFrame) -> pd.Series:
    """Compute the combined Dice of each mouse, the mean over structures and over ED and ES.

    Parameters
    ----------
    overlap : DataFrame
        Columns mouse, phase, structure, dice. A mouse with a single annotated frame has the phase `single`.

    Returns
    -------
    Series
        By mouse, best first; ties are in alphabetical order. Missing values are ignored, and mice without any value are
        omitted.
    """
    counted = overlap[overlap["phase"].isin(PHASES)].dropna(subset="dice")
    means = counted.groupby("mouse")["dice"].mean()
    return means.sort_index().sort_values(ascending=False, kind="stable")


def select_cases(overlap: pd.DataFrame) -> dict[str, tuple[str, float]]:
    """Select the best, median and worst mouse by combined Dice.

    Parameters
    ----------
    overlap : DataFrame
        As for `combined_dice`.

    Returns
    -------
    dict of str to (str, float)
        Mouse and combined Dice of `best`, `median` and `worst`, in this order; empty if no mouse has a value. The
        median case is the mouse of the middle rank, with an even number of mice the worse of the middle two. With fewer
        than three mice, one of them appears more than once.
    """
    ranked = combined_dice(overlap)
    if ranked.empty:
        return {}
    ranks = {"best": 0, "median": len(ranked) // 2, "worst": len(ranked) - 1}
    return {case: (str(ranked.index[rank]), float(ranked.iloc[rank])) for case, rank in ranks.items()}
