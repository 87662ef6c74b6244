"""How well the quality of masks was predicted, and what was noticed, in mice with a reference."""

from itertools import product

import numpy as np
import pandas as pd

from murmur.quality.score import DICE, ERRORS, LOW_DICE, QUANTITIES

COLUMNS = [
    "session",
    "quantity",
    "unit",
    "mice",
    "true_mean",
    "predicted_mean",
    "error",
    "error_constant",
    "spearman_rho",
]
COLUMNS += ["covered_percent", "bad", "bad_with_findings", "good", "good_with_findings"]


def true_quality(overlap: pd.DataFrame, function: pd.DataFrame) -> pd.DataFrame:
    """Return the true values of the predicted quantities.

    Parameters
    ----------
    overlap : DataFrame
        Rows of overlap.csv: mouse, phase, structure, dice.
    function : DataFrame
        Rows of function.csv: mouse, metric, reference, reader.

    Returns
    -------
    DataFrame
        Columns mouse, quantity and true: the mean Dice coefficient of both phases, and the absolute errors in the units
        of the metrics.
    """
    chosen = overlap[overlap["phase"].isin(["ED", "ES"])]
    dice = chosen.groupby(["mouse", "structure"], sort=False)["dice"].mean().reset_index()
    dice = dice.assign(quantity="dice_" + dice["structure"], true=dice["dice"])
    known = function[function["metric"].isin(ERRORS)]
    errors = known.assign(quantity=known["metric"], true=(known["reader"] - known["reference"]).abs())
    return pd.concat([table[["mouse", "quantity", "true"]] for table in (dice, errors)], ignore_index=True)


def check(scans: pd.DataFrame) -> pd.DataFrame:
    """Summarise the predictions of mice.

    Parameters
    ----------
    scans : DataFrame
        Columns mouse, session, quantity, unit, true, predicted, low, high, uncalibrated and findings, none missing
        except sessions of animals that were scanned once.

    Returns
    -------
    DataFrame
        COLUMNS, one row per quantity, without a session for all scans, and then for each session: the mean absolute
        error of the predictions and of the best constant, the median of the true values; Spearman's rank correlation
        of the predictions before calibration in this cohort, which leaves out the animal itself and so moves its
        prediction away from its true value; it is missing for constant values; the share of intervals
        that contain the true value; and, for Dice coefficients, the numbers of bad masks (below LOW_DICE) and of good
        ones, and of those with findings.
    """
    rows = []
    sessions = [(session, scans[scans["session"] == session]) for session in scans["session"].dropna().unique()]
    for (session, chosen), quantity in product([(None, scans), *sessions], QUANTITIES):
        rows_of = chosen[chosen["quantity"] == quantity]
        if rows_of.empty:
            continue
        true, predicted = rows_of["true"], rows_of["predicted"]
        ranked = rows_of["uncalibrated"]
        varies = min(true.nunique(), ranked.nunique()) > 1
        covered = true.between(rows_of["low"] - 1e-9, rows_of["high"] + 1e-9)
        bad, noticed = true < LOW_DICE, rows_of["findings"] > 0
        counts = [int(each.sum()) for each in (bad, bad & noticed, ~bad, ~bad & noticed)]
        rows.append((
            session, quantity, rows_of["unit"].iloc[0], len(rows_of), true.mean(), predicted.mean(),
            (predicted - true).abs().mean(), (true - true.median()).abs().mean(),
            true.corr(ranked, method="spearman") if varies else np.nan,
            100 * covered.mean(), *(counts if quantity in DICE else [None] * 4),
        ))  # fmt: skip
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.astype(dict.fromkeys(COLUMNS[-4:], "Int64"))
