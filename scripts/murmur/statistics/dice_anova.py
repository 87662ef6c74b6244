"""Dependence of Dice on phase and structure: repeated-measures ANOVA and paired contrasts within mice."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from pingouin import rm_anova

from murmur.statistics.animals import ONE_SCAN_EACH, average_scans
from murmur.statistics.dice_cells import CELLS, CONTRASTS, EFFECTS, EFFECTS_OF, left_out, too_few
from murmur.statistics.notes import annotate, reason
from murmur.statistics.paired import NAN, constant, holm, paired_test

ANOVA = {"df1": "ddof1", "df2": "ddof2", "F": "F", "p": "p_unc", "eta_squared_generalized": "ng2"}  # pingouin's names


def anova(dice: pd.DataFrame, animals: Mapping[str, str] = ONE_SCAN_EACH) -> pd.DataFrame:
    """Run the two-way repeated-measures ANOVA of Dice, phase by structure.

    Parameters
    ----------
    dice : DataFrame
        From `dice_by_cell`. Mice that lack a cell are excluded and named in `note`.
    animals : mapping of str to str, optional
        The animal of each scan, whose scans are averaged; empty if each scan is of another animal.

    Returns
    -------
    DataFrame
        effect, df1, df2, F, p, eta_squared_generalized, note, p_holm and reasons, one row for each of EFFECTS; p_holm
        is corrected for the three effects.

    Notes
    -----
    The error term of each effect is its own interaction with the mouse; with two levels per factor, sphericity holds
    trivially. The generalised eta squared is SS / (SS + all sums of squares that involve the mouse), for two
    manipulated factors.

    References
    ----------
    Olejnik and Algina, Psychol Methods 2003;8:434.
    """
    complete = average_scans(dice.dropna(), animals)
    n = len(complete)
    common = left_out(dice)
    found = pd.DataFrame(NAN, index=list(EFFECTS), columns=list(ANOVA))
    if n < 2:
        common.insert(0, too_few(n))
    else:
        values = complete.rename_axis(index="mouse", columns=["phase", "structure"]).melt(ignore_index=False)
        with np.errstate(divide="ignore", invalid="ignore"):  # effects without variation are removed below
            table = rm_anova(values.reset_index(), dv="value", within=["phase", "structure"], subject="mouse")
        found = table.set_axis(table["Source"].str.replace(" * ", ":"))[list(ANOVA.values())]
        found = found.set_axis(list(ANOVA), axis=1).astype(float)
        # sums of squares computed as differences can be slightly negative through rounding
        found[["F", "eta_squared_generalized"]] = found[["F", "eta_squared_generalized"]].clip(lower=0)
    scale = np.abs(complete.to_numpy()).max(initial=0)
    rows = []
    for effect, weights in EFFECTS.items():
        reasons = list(common)
        if n >= 2 and constant(complete.to_numpy() @ np.array(weights), scale):
            found.loc[effect] = NAN
            reasons.insert(0, reason("effect_constant"))
        rows.append({"effect": effect, **found.loc[effect], "note": "", "p_holm": NAN, "reasons": reasons})
    table = pd.DataFrame(rows).astype({"df1": "Int64", "df2": "Int64"})
    table["p_holm"] = holm(table["p"])
    return annotate(table)


def pairwise(
    dice: pd.DataFrame, effects: pd.DataFrame, alpha: float, animals: Mapping[str, str] = ONE_SCAN_EACH
) -> pd.DataFrame:
    """Run the paired t-test of each of CONTRASTS.

    Parameters
    ----------
    dice : DataFrame
        From `dice_by_cell`; each contrast uses all mice that have the cells it requires.
    effects : DataFrame
        From `anova`, for the same mice.
    alpha : float
        The confidence limits of the mean difference have the level 1 - alpha.
    animals : mapping of str to str, optional
        The animal of each scan, whose scans are averaged; empty if each scan is of another animal.

    Returns
    -------
    DataFrame
        One row per contrast. p_holm is corrected for the five contrasts. p_adjusted is the larger of p_holm and the
        smallest p_holm of the effects that the contrast is part of: without a significant effect no contrast is
        significant. dz is the mean difference divided by the standard deviation (n - 1) of the differences.
    """
    rows = []
    for name, weights in CONTRASTS.items():
        needed = [cell for cell, weight in zip(CELLS, weights, strict=True) if weight]
        cells = dice[needed]
        complete = average_scans(cells.dropna(), animals).to_numpy()
        n = len(complete)
        differences = complete @ np.array([weight for weight in weights if weight])
        test = paired_test(differences, alpha, np.abs(complete).max(initial=0))
        reasons = left_out(cells)
        if n < 2:
            reasons.insert(0, too_few(n))
        elif math.isnan(test["t"]):
            reasons.insert(0, reason("difference_constant"))
        rows.append(
            {"contrast": name, "n": n, "mean_difference": test["mean"]}
            | {column: test[column] for column in ("ci_low", "ci_high", "t", "df", "p")}
            | {"p_holm": NAN, "dz": test["t"] / math.sqrt(n) if n else NAN, "wilcoxon_p": test["wilcoxon_p"]}
            | {"note": "", "p_adjusted": NAN, "reasons": reasons}
        )
    table = pd.DataFrame(rows).astype({"df": "Int64"})
    table["p_holm"] = holm(table["p"])
    of_effect = effects.set_index("effect")["p_holm"]
    least = np.array([of_effect[list(EFFECTS_OF[name])].min() for name in table["contrast"]])
    table["p_adjusted"] = np.fmax(table["p_holm"], least).where(table["p_holm"].notna())
    return annotate(table)
