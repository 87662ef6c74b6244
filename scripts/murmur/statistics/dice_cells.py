"""Dice by phase and structure: its four cells, the effects and contrasts of the ANOVA, and one row per mouse."""

import pandas as pd

from murmur.statistics.notes import Reason, reason

CELLS = [("ED", "blood_pool"), ("ES", "blood_pool"), ("ED", "myocardium"), ("ES", "myocardium")]
EFFECTS = {"phase": (1, -1, 1, -1), "structure": (1, 1, -1, -1), "phase:structure": (1, -1, -1, 1)}
CONTRASTS = {
    "blood_pool: ED - ES": (1, -1, 0, 0),
    "myocardium: ED - ES": (0, 0, 1, -1),
    "ED: blood_pool - myocardium": (1, 0, -1, 0),
    "ES: blood_pool - myocardium": (0, 1, 0, -1),
    "ED and ES: blood_pool - myocardium": (0.5, 0.5, -0.5, -0.5),
}
# the effects that each contrast is part of: it is significant only where one of them is
EFFECTS_OF = {
    "blood_pool: ED - ES": ("phase", "phase:structure"),
    "myocardium: ED - ES": ("phase", "phase:structure"),
    "ED: blood_pool - myocardium": ("structure", "phase:structure"),
    "ES: blood_pool - myocardium": ("structure", "phase:structure"),
    "ED and ES: blood_pool - myocardium": ("structure",),
}


def dice_by_cell(overlap: pd.DataFrame) -> pd.DataFrame:
    """Arrange Dice with one row per mouse and one column per (phase, structure).

    Parameters
    ----------
    overlap : DataFrame
        Columns mouse, phase, structure, dice; phases other than ED and ES are ignored.

    Returns
    -------
    DataFrame, shape (mice, 4)
        Mice in the order of `overlap`, columns CELLS; NaN where there is no value.
    """
    mice = overlap["mouse"].drop_duplicates()
    chosen = overlap[overlap["phase"].isin(["ED", "ES"])]
    wide = chosen.pivot(index="mouse", columns=["phase", "structure"], values="dice")
    return wide.reindex(index=mice, columns=pd.MultiIndex.from_tuples(CELLS)).astype(float)


def left_out(dice: pd.DataFrame) -> list[Reason]:
    """Name the mice that lack a Dice coefficient.

    Parameters
    ----------
    dice : DataFrame
        From `dice_by_cell`: one row per mouse, one column per phase and structure.

    Returns
    -------
    list of Reason
        One reason with these mice; empty if there are none.
    """
    lacking = dice.index[dice.isna().any(axis=1)]
    return [reason("dice_missing", mice=lacking)] if len(lacking) else []


def too_few(n: int) -> Reason:
    """Return the reason that only `n` mice are complete."""
    return reason("too_few_complete", f"n = {n}")
