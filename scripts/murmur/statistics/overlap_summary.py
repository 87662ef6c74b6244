"""Overlap and surface distances by structure and phase, and the best, the median and the worst mouse of a cohort."""

import pandas as pd

from murmur.statistics.notes import annotate, reason
from murmur.vocabulary import PHASES, STRUCTURES

POOLED = {phase: [phase] for phase in PHASES} | {"all": ["ED", "ES"]}  # the phases of the values in a row
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
    """Return n, mean, sd, median, q1, q3, min, max, missing and failed of the column `measure` of `rows`.

    `reasons` holds why some are empty.
    """
    found = rows[measure].astype(float).dropna()
    n = len(found)
    return {
        "n": n,
        "mean": found.mean(),
        "sd": found.std(ddof=sd_ddof) if n >= 2 else float("nan"),
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
    """Return one row per structure and phase of `overlap` with the summary of the column `measure`."""
    rows = []
    for structure in STRUCTURES:
        for phase, phases in POOLED.items():
            chosen = overlap[(overlap["structure"] == structure) & overlap["phase"].isin(phases)]
            if len(chosen):
                row = {"structure": structure, "phase": phase} | describe(chosen, measure, sd_ddof)
                found = chosen.loc[chosen[measure].notna(), "phase"].unique()
                if phase == "all" and len(found) == 1:
                    row["reasons"].insert(0, reason("only_phase", found[0]))
                rows.append(row)
    return annotate(pd.DataFrame(rows, columns=COLUMNS))


def combined_dice(overlap: pd.DataFrame) -> pd.Series:
    """Return each mouse's combined Dice, best first: the mean over structures and over ED and ES.

    A mouse with one annotated frame has its phase `single` instead. Missing values are left out, a mouse
    without any is not listed; equal values keep the alphabetical order of the mice.
    """
    counted = overlap[overlap["phase"].isin(PHASES)].dropna(subset="dice")
    means = counted.groupby("mouse")["dice"].mean()
    return means.sort_index().sort_values(ascending=False, kind="stable")


def select_cases(overlap: pd.DataFrame) -> dict[str, tuple[str, float]]:
    """Return {"best", "median", "worst": (mouse, combined Dice)} in this order.

    The median case is the mouse of the middle rank; with an even number of mice, the worse of the two in the
    middle. With fewer than three mice one serves twice or more; without any, the dictionary is empty.
    """
    ranked = combined_dice(overlap)
    if ranked.empty:
        return {}
    ranks = {"best": 0, "median": len(ranked) // 2, "worst": len(ranked) - 1}
    return {case: (str(ranked.index[rank]), float(ranked.iloc[rank])) for case, rank in ranks.items()}
