"""Dice coefficient by position in the cine, of cohorts with contours in more frames than ED and ES."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from murmur.statistics.animals import ONE_SCAN_EACH
from murmur.statistics.notes import annotate
from murmur.statistics.ranking import limits_of_mean

FEWEST, MOST = 3, 10  # positions
RESULTS = ["reader", "structure", "percent", "es_percent", "n", "mean", "ci_low", "ci_high"]
RESULTS += ["note", "reasons"]


def dice_by_position(
    dice: pd.DataFrame,
    repeats: Mapping[str, str],
    alpha: float,
    animals: Mapping[str, str] = ONE_SCAN_EACH,
) -> pd.DataFrame:
    """Average the Dice coefficient over mice at each of several positions in the cine.

    Parameters
    ----------
    dice : DataFrame
        One row per reader, scan, contoured frame and structure, none missing: reader, mouse, position (in the cine, as
        a fraction of its frames after ED), es_position (that of ES), structure and dice.
    repeats : mapping of str to str
        Name of the training of each reader that is one of several repetitions.
    alpha : float
        Confidence limits of the mean over mice have the level 1 - alpha.
    animals : mapping of str to str
        The animal of each scan, if some animals have several.

    Returns
    -------
    DataFrame
        RESULTS, one row per reader, structure and position with a value, in the order of the readers in `dice`.
        `percent` is the position in % of the frames after ED, `es_percent` the mean position of ES, and n the number
        of mice.

    Notes
    -----
    There are as many positions as contoured frames in the median scan, from 3 to 10, and each frame counts for the
    nearest one. Frames of a scan, repetitions of a training and scans of an animal are averaged first.
    """
    if dice.empty:
        return pd.DataFrame(columns=RESULTS)
    frames = dice.groupby("mouse")["position"].nunique().median()
    steps = int(np.clip(frames, FEWEST, MOST))
    table = dice.assign(
        reader=dice["reader"].map(lambda name: repeats.get(name, name)),
        animal=dice["mouse"].map(lambda name: animals.get(name, name)),
        step=np.round(dice["position"] * steps).astype(int) % steps,
    )
    at = ["reader", "structure", "step"]
    values = table.groupby([*at, "mouse", "animal"], sort=False)["dice"].mean().groupby([*at, "animal"], sort=False)
    es = 100 * table.drop_duplicates("mouse")["es_position"].mean()
    rows = []
    for (reader, structure, step), found in values.mean().groupby(at, sort=False):
        known = found.to_numpy()
        low, high, reasons = limits_of_mean(known, alpha, errors=False)
        rows.append((reader, structure, 100 * step / steps, es, len(known), known.mean(), low, high, reasons))
    summary = pd.DataFrame(rows, columns=[*RESULTS[:-2], "reasons"])
    order = {name: number for number, name in enumerate(dict.fromkeys(table["reader"]))}
    summary = summary.sort_values("percent", kind="stable").sort_values("structure", kind="stable")
    return annotate(summary.sort_values("reader", key=lambda names: names.map(order), kind="stable"))[RESULTS]
