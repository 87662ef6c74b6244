"""How well a reader did on each mouse: Dice, and the absolute error of each metric."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from murmur.statistics.dice_anova import dice_by_cell
from murmur.vocabulary import METRICS, STRUCTURES


def mean_dice(overlap: pd.DataFrame) -> pd.DataFrame:
    """Return Dice with one row per mouse and one column per structure: the mean of ED and ES.

    `overlap` has the columns mouse, phase, structure, dice. Missing unless the mouse has both phases.
    """
    cells = dice_by_cell(overlap)
    return pd.DataFrame({name: cells.xs(name, axis=1, level=1).mean(axis=1, skipna=False) for name in STRUCTURES})


def absolute_errors(function: pd.DataFrame) -> pd.DataFrame:
    """Return |reader - reference| in the metric's unit, one row per mouse, one column per metric in `function`.

    Missing where the reader or the reference is; zero where they differ by rounding alone.
    """
    reference, reader = function["reference"].astype(float), function["reader"].astype(float)
    error = (reader - reference).abs()
    error = error.mask(error <= 1e-12 * np.maximum(reference.abs(), reader.abs()), 0.0)
    wide = function.assign(error=error).pivot(index="mouse", columns="metric", values="error")
    return wide.reindex(index=function["mouse"].unique(), columns=[name for name in METRICS if name in wide])


def by_reader(scores: Mapping[str, pd.DataFrame], quantity: object) -> pd.DataFrame:
    """Return the column `quantity` of each reader's `scores` side by side: one row per mouse, one column per reader.

    Only mice that at least one of the readers has; a reader without the quantity is missing for all of them.
    """
    columns = {name: table[quantity] for name, table in scores.items() if quantity in table}
    table = pd.concat(columns, axis=1, sort=False) if columns else pd.DataFrame()
    return table.reindex(columns=list(scores)).astype(float).dropna(how="all")
