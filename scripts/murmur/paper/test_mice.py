"""Which mouse of a cohort is which mouse of the paper's Figure 3: by its end-diastolic and end-systolic volume."""

import math

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from murmur.paper.printed_values import READING_ERROR

# The reading errors of EDV and ESV together: how far a mouse lies from its own point in Figure 3, in uL.
ERROR_UL = math.hypot(READING_ERROR["EDV"], READING_ERROR["ESV"])
# Farther than reading errors reach: not the same mouse. They are about a voxel of 0.01 uL, the limit about ten.
LARGEST_RESIDUAL_UL = 5 * ERROR_UL
# By so much the next mouse must be farther: normal errors make a match with this margin at least exp(9) = 8000 times
# as likely as the other one.
SMALLEST_MARGIN_UL = 3 * ERROR_UL


def volumes(function: pd.DataFrame) -> pd.DataFrame:
    """Return the reference's EDV and ESV in uL by mouse, of mice that have both; `function` as in function.csv."""
    wide = function.pivot(index="mouse", columns="metric", values="reference")
    return wide.reindex(columns=["EDV", "ESV"]).astype(float).dropna().sort_index()


def match(mice: pd.DataFrame, figure: pd.DataFrame) -> pd.DataFrame:
    """Match the mice of a cohort to those of a figure, both as from `volumes`, by the least sum of distances.

    Returns one row per mouse of the figure: mouse, figure_id, residual_uL (their distance in EDV and ESV), next_best_uL
    (the distance to the nearest other mouse), verdict (accepted or refused) and note, the reason of a refusal. With
    fewer mice than in the figure some are left without.
    """
    distances = cdist(figure, mice)
    assigned = dict(zip(*linear_sum_assignment(distances), strict=True))
    rows = []
    for row, figure_id in enumerate(figure.index):
        mouse, residual, next_best, note = "", math.nan, math.nan, ""
        if row in assigned:
            mouse, residual = mice.index[assigned[row]], distances[row, assigned[row]]
            others = np.delete(distances[row], assigned[row])
            next_best = others.min() if len(others) else math.nan
            if not len(others):
                note = "no other mouse to compare with"
            elif residual > LARGEST_RESIDUAL_UL:
                note = f"poor: {residual:.3f} uL away, reading errors explain {LARGEST_RESIDUAL_UL:.3f}"
            elif next_best - residual < SMALLEST_MARGIN_UL:
                other = mice.index.delete(assigned[row])[others.argmin()]
                note = (
                    f"ambiguous: {residual:.3f} uL away and {other} {next_best:.3f}, "
                    f"a margin of {SMALLEST_MARGIN_UL:.3f} is needed"
                )
        else:
            note = f"no mouse left: {len(mice)} with EDV and ESV for {len(figure)} of the figure"
        rows.append((mouse, figure_id, residual, next_best, "refused" if note else "accepted", note))
    return pd.DataFrame(rows, columns=["mouse", "figure_id", "residual_uL", "next_best_uL", "verdict", "note"])
