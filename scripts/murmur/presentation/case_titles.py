"""Mice to show, with their titles: best, median and worst, or those of lowest, median and highest EF.

Used by the figures of cases and time-volume curves and by the movies, which show the same mice.
"""

from collections.abc import Mapping

import pandas as pd

from murmur.data.mouse import Mouse
from murmur.presentation.cases import named
from murmur.presentation.prose.phrases import counted
from murmur.statistics.overlap_summary import combined_dice, select_cases
from murmur.vocabulary import PHASES


def titles_of_cases(
    overlap: pd.DataFrame | None, function: pd.DataFrame, described: Mapping[str, Mouse]
) -> list[tuple[str, str]]:
    """Return mouse and title of the three mice to show: best, median and worst by mean Dice.

    Without any mouse compared with the reference, they are those of lowest, median and highest EF by the reader; empty
    without EF. The title names all cases that the mouse is: of two mice, one is median and worst.
    """
    selected = {} if overlap is None else select_cases(overlap)
    if not selected:
        return _titles_by_ef(function, described)
    n, compared = len(combined_dice(overlap)), overlap.dropna(subset="dice")
    titles = []
    for mouse, dice in selected.values():
        found = set(compared.loc[compared["mouse"] == mouse, "phase"])
        phases = " and ".join(phase for phase in PHASES[:2] if phase in found)
        at = f" at {phases}" if phases else ""
        which = _which(mouse, selected)
        titles.append((mouse, f"{which} of {counted(n, 'scan')}: {named(described[mouse])}, mean Dice{at} {dice:.2f}"))
    return titles


def _titles_by_ef(function: pd.DataFrame, described: Mapping[str, Mouse]) -> list[tuple[str, str]]:
    """Return mouse and title of the mice of lowest, median and highest EF by the reader."""
    known = function[function["metric"] == "EF"].dropna(subset="reader").sort_values("reader", kind="stable")
    if known.empty:
        return []
    n = len(known)
    ranks = {"lowest": 0, "median": (n - 1) // 2, "highest": n - 1}
    selected = {case: (known["mouse"].iloc[rank], known["reader"].iloc[rank]) for case, rank in ranks.items()}
    return [
        (mouse, f"{_which(mouse, selected)} EF of {counted(n, 'scan')}: {named(described[mouse])}, EF {ef:.1f}%")
        for mouse, ef in selected.values()
    ]


def _which(mouse: str, selected: Mapping[str, tuple[str, float]]) -> str:
    """Name all cases that a mouse is."""
    names = [name for name, (chosen, _) in selected.items() if chosen == mouse]
    return ", ".join([*names[:-2], " and ".join(names[-2:])]).capitalize()
