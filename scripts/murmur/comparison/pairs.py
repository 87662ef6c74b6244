"""Differences between pairs of groups, in each session and level, with simultaneous intervals."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from murmur.comparison.design import MIN_ANIMALS, Design, Values, shares_clusters
from murmur.comparison.effect_size import limits_of_g
from murmur.comparison.linear_model import Cell, CellMeans, Contrast
from murmur.comparison.modulus import adjusted_p, critical, sidak
from murmur.comparison.verdicts import DESCRIPTIVE, NOT_SIGNIFICANT, SIGNIFICANT, UNCONFIRMED
from murmur.statistics.notes import reason
from murmur.statistics.paired import holm

DUNNETT_T3, SIDAK = "dunnett_t3", "sidak"
DIFFERENCES = [
    "measure", "unit", "session", "level", "group_a", "group_b", "n_a", "n_b", "mean_a", "mean_b", "difference",
    "ci_low", "ci_high", "statistic", "df", "p", "p_adjusted", "comparisons", "correction", "method", "hedges_g",
    "hedges_g_ci_low", "hedges_g_ci_high", "p_measure", "verdict", "note", "reasons",
]  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """A pair of groups in a session and level: its row so far, and its contrast if it can be tested."""

    row: dict
    contrast: Contrast | None


def differences_of(values: Values, plan: Design) -> list[dict]:
    """Compare the pairs of groups on a measure.

    Parameters
    ----------
    values : Values
        Values of the measure.
    plan : Design
        The design.

    Returns
    -------
    list of dict
        DIFFERENCES without p_measure and verdict, by session, level and pair; level is empty for the mean over levels.

    Notes
    -----
    Limits and p_adjusted are corrected for all comparisons of a measure by Dunnett's T3 procedure: those of the means
    over levels, or those within levels; so that all intervals of such a family include the true differences in
    1 - alpha of studies. One of the two limits is 0 where p_adjusted is alpha.
    """
    found: list[dict] = []
    families = [[""], plan.levels] if plan.factor else [[""]]
    for levels in families:
        family = [
            pair for session in plan.sessions for level in levels for pair in _pairs(values, plan, session, level)
        ]
        number = sum(pair.contrast is not None for pair in family)
        method = "ancova_hc2" if plan.covariate else "within_cluster_hc2" if plan.blocked else "welch"
        found += [tested(pair, number, plan.alpha, method) for pair in family]
    return found


def _pairs(values: Values, plan: Design, session: str, level: str) -> list[Pair]:
    """The pairs of groups in a session and level."""
    rows = values.at(session)
    levels = [level] if level or not plan.factor else plan.levels
    rows = rows[rows["level"].isin(levels)]
    counts = rows.groupby(["group", "level"]).size()
    big = [cell for cell in plan.cells if cell[1] in levels and counts.get(cell, 0) >= MIN_ANIMALS]
    model = CellMeans(_of(rows, big), big, plan.covariate is not None, plan.blocked) if big else None
    return [_pair(values, plan, session, level, rows, big, model, pair, levels) for pair in plan.pairs]


def _of(rows: pd.DataFrame, cells: list[Cell]) -> pd.DataFrame:
    """The rows of cells."""
    wanted = set(cells)
    return rows[[cell in wanted for cell in zip(rows["group"].tolist(), rows["level"].tolist(), strict=True)]]


def _pair(values, plan, session, level, rows, big, model, pair, levels) -> Pair:
    """One pair of groups."""
    of = {group: rows.loc[rows["group"] == group, "value"] for group in pair}
    a, b = pair
    row = {"measure": values.measure, "unit": values.unit, "session": session, "level": level}
    row |= {"group_a": a, "group_b": b, "n_a": len(of[a]), "n_b": len(of[b])}
    row["reasons"] = values.without_value(session=[session], group=pair, level=levels) + values.left_out
    small = [f"{g} {v}".strip() for g in pair for v in levels if (g, v) not in big]
    if small:
        row["reasons"].insert(0, reason("groups_too_small", MIN_ANIMALS, ", ".join(small)))
        if not plan.covariate and not plan.blocked and len(levels) == 1:
            row |= {f"mean_{side}": of[g].mean() for side, g in zip("ab", pair, strict=True)}
            row["difference"] = row["mean_b"] - row["mean_a"]
        return Pair(row, None)
    if len(levels) > 1 and plan.nested and shares_clusters(values.rows):
        row["reasons"].insert(0, reason("levels_within_clusters", plan.factor, plan.cluster))
        return Pair(row, None)
    share = 1 / len(levels)
    contrast = model.contrast({(b, v): share for v in levels} | {(a, v): -share for v in levels})
    if contrast is None:
        row["reasons"].insert(0, reason("groups_not_connected", plan.cluster))
        return Pair(row, None)
    row |= {f"mean_{side}": np.mean([model.mean((g, v)) for v in levels]) for side, g in zip("ab", pair, strict=True)}
    row["difference"] = contrast.estimate
    if not contrast.defined:
        row["reasons"].insert(0, reason("groups_constant"))
        return Pair(row, None)
    return Pair(row, contrast)


def tested(pair: Pair, comparisons: int, alpha: float, method: str, correction: str = DUNNETT_T3) -> dict:
    """Return the row of a pair, with limits and p corrected for the number of comparisons, at the level alpha.

    Dunnett's procedure is for comparisons that share groups, and Sidak's for those of different groups, each with a
    variance of its own.
    """
    contrast = pair.contrast
    if contrast is None:
        return pair.row
    p = float(2 * stats.t.sf(abs(contrast.t), contrast.df))
    if correction == SIDAK:
        corrected, level = sidak(p, comparisons), sidak(alpha, 1 / comparisons)
        factor = float(stats.t.isf(level / 2, contrast.df))
    else:
        corrected = adjusted_p(contrast.t, contrast.df, comparisons)
        factor = critical(alpha, contrast.df, comparisons)
        level = float(2 * stats.t.sf(factor, contrast.df))
    low, high = limits_of_g(contrast.t, contrast.df, contrast.se, contrast.sd, level)
    return pair.row | {
        "ci_low": contrast.estimate - factor * contrast.se,
        "ci_high": contrast.estimate + factor * contrast.se,
        "statistic": contrast.t,
        "df": contrast.df,
        "p": p,
        "p_adjusted": corrected,
        "comparisons": comparisons,
        "correction": correction if comparisons > 1 else "none",
        "method": method,
        "hedges_g": contrast.g(),
        "hedges_g_ci_low": low,
        "hedges_g_ci_high": high,
    }


def with_verdicts(table: pd.DataFrame, alpha: float, answers: pd.Index) -> pd.DataFrame:
    """Complete differences by what may be said of them.

    Parameters
    ----------
    table : DataFrame
        DIFFERENCES of all measures.
    alpha : float
        Significance level.
    answers : Index
        The rows that answer the question of the comparison (`murmur.comparison.verdicts.answers`).

    Returns
    -------
    DataFrame
        With p_measure, the smallest p_adjusted of the measure among the rows asked, corrected for the number of
        measures by Holm's method, and verdict: significant where both are below alpha; unconfirmed where only
        p_adjusted is, so that the interval excludes 0 but may do so by chance among this number of measures; not
        significant otherwise; descriptive for the rows not asked; empty without test.
    """
    least = table.loc[answers].groupby("measure", sort=False)["p_adjusted"].min()
    tested = table["p_adjusted"].notna()
    asked = tested & table.index.isin(answers)
    of_measure = table["measure"].map(pd.Series(holm(least), least.index)).where(asked)
    nominal, confirmed = table["p_adjusted"] < alpha, of_measure < alpha
    verdict = np.where(nominal & confirmed, SIGNIFICANT, np.where(nominal, UNCONFIRMED, NOT_SIGNIFICANT))
    verdict = np.where(asked, verdict, np.where(tested, DESCRIPTIVE, ""))
    return table.assign(p_measure=of_measure.astype(float), verdict=verdict)
