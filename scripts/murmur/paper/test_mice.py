"""Identification of a cohort's mice with those of the paper's Figure 3, by end-diastolic and end-systolic volume."""

import math

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from murmur.paper.printed_values import READING_ERROR

# Combined reading error of EDV and ESV: the distance of a mouse from its own point in Figure 3, in uL.
ERROR_UL = math.hypot(READING_ERROR["EDV"], READING_ERROR["ESV"])
# Beyond this distance, not the same mouse. Reading errors are about one voxel of 0.01 uL, the limit is about ten.
LARGEST_RESIDUAL_UL = 5 * ERROR_UL
# The next mouse must be farther by this much: with normal errors, a match with this margin is at least exp(9) = 8000
# times as likely as the alternative.
SMALLEST_MARGIN_UL = 3 * ERROR_UL


def volumes(function: pd.DataFrame) -> pd.DataFrame:
    """Select the reference's EDV and ESV.

    Parameters
    ----------
    function : DataFrame
        Columns mouse, metric, reference of function.csv.

    Returns
    -------
    DataFrame
        EDV and ESV in µL by mouse; only mice with both.
    """
    wide = function.pivot(index="mouse", columns="metric", values="reference")
    return wide.reindex(columns=["EDV", "ESV"]).astype(float).dropna().sort_index()


def match(mice: pd.DataFrame, figure: pd.DataFrame) -> pd.DataFrame:
    """Match the mice of a cohort to those of a figure, minimising the sum of distances.

    Parameters
    ----------
    mice, figure : DataFrame
        EDV and ESV in µL by mouse, from `volumes`.

    Returns
    -------
    DataFrame
        One row per mouse of the figure: mouse, figure_id, residual_uL (their distance in EDV and ESV), next_best_uL
        (distance to the nearest other mouse), verdict (accepted or refused) and note, the reason for refusal. If the
        cohort has fewer mice than the figure, some remain without a match.

    Notes
    -----
    The optimal assignment is that of `scipy.optimize.linear_sum_assignment`, with Euclidean distances.
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
