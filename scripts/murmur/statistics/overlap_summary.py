"""The best, the median and the worst mouse of a cohort by overlap."""

import pandas as pd


def combined_dice(overlap: pd.DataFrame) -> pd.Series:
    """Return each mouse's combined Dice, best first: the mean over structures and over ED and ES.

    A mouse with one annotated frame has its phase `single` instead. Missing values are left out, a mouse
    without any is not listed; equal values keep the alphabetical order of the mice.
    """
    counted = overlap[overlap["phase"].isin(["ED", "ES", "single"])].dropna(subset="dice")
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
