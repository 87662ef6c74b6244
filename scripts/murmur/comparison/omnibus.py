"""Tests of effects: whether groups, levels of a further factor and sessions differ, for each measure."""

import numpy as np
import pandas as pd
from scipy import stats

from murmur.comparison.design import MIN_ANIMALS, Design, Values, shares_clusters
from murmur.comparison.effects import hypotheses, welch_james
from murmur.comparison.linear_model import Cell, CellMeans, Contrast
from murmur.comparison.mixed_model import MixedModel, epsilon
from murmur.statistics.notes import Reason, reason

TESTS = [
    "measure", "unit", "session", "effect", "test", "statistic", "df1", "df2", "p", "p_holm", "effect_size",
    "effect_size_name", "note", "reasons",
]  # fmt: skip
MODEL_MEANS = ["measure", "unit", "group", "session", "mean", "ci_low", "ci_high"]
NONE = np.empty(0)
Tested = tuple[list[dict], list[Reason]]


def usable(values: Values, plan: Design) -> tuple[list[str], list[Reason]]:
    """Return the groups that can be tested, and the reason that others cannot.

    A group has MIN_ANIMALS animals in each level, and in each session at least one.
    """
    rows = values.rows
    animals = rows.groupby(["group", "level"])["animal"].nunique()
    scans = rows.groupby(["group", "level", "session"]).size()
    small = [
        group
        for group in plan.groups
        if any(animals.get((group, level), 0) < MIN_ANIMALS for level in plan.levels)
        or any((group, level, session) not in scans for level in plan.levels for session in plan.sessions)
    ]
    groups = [group for group in plan.groups if group not in small]
    reasons = [reason("groups_too_small", MIN_ANIMALS, ", ".join(small))] if small else []
    if len(groups) < 2 and len(plan.groups) > 1:
        reasons.insert(0, reason("too_few_groups", "one" if groups else "no", MIN_ANIMALS))
    return groups, reasons


def effects_of(values: Values, plan: Design) -> tuple[list[dict], list[dict], np.ndarray]:
    """Test the effects of the design on a measure.

    Parameters
    ----------
    values : Values
        Values of the measure.
    plan : Design
        The design.

    Returns
    -------
    tests : list of dict
        TESTS without p_holm; an effect that cannot be tested has reasons.
    means : list of dict
        MODEL_MEANS, with sessions only.
    residuals : ndarray
        Those of the mixed model; empty without one.
    """
    groups, reasons = usable(values, plan)
    left_out = values.without_value() + values.left_out
    roles = {"group": len(groups), "factor": len(plan.levels), "session": len(plan.sessions)}
    sizes = {role: n for role, n in roles.items() if n > 1}
    row = {"measure": values.measure, "unit": values.unit, "session": ""}
    expected = list(hypotheses({r: n for r, n in (roles | {"group": len(plan.groups)}).items() if n > 1}))
    if plan.nested and shares_clusters(values.rows):
        groups, reasons = [], [reason("levels_within_clusters", plan.factor, plan.cluster)]
    if not groups or (len(groups) < 2 and len(plan.groups) > 1):
        return [row | {"effect": effect, "reasons": [*reasons, *left_out]} for effect in expected], [], NONE
    rows = values.rows[values.rows["group"].isin(groups)]
    if len(plan.sessions) > 1:
        found, means, residuals = _repeated(rows, plan, groups, sizes)
    else:
        found, means, residuals = _single(rows, plan, groups, sizes), [], NONE
    found = [row | test | {"reasons": [*test.get("reasons", []), *reasons, *left_out]} for test in found]
    return found, [row | mean for mean in means], residuals


def _single(rows: pd.DataFrame, plan: Design, groups: list[str], sizes: dict[str, int]) -> list[dict]:
    """Tests in one session."""
    cells = [(group, level) for group in groups for level in plan.levels]
    model = CellMeans(rows, cells, plan.covariate is not None, plan.blocked)
    found = []
    if model.simple:
        found += [_welch(model, cells, effect, matrix) for effect, matrix in hypotheses(sizes).items()]
    if not model.simple or plan.factor:
        name = "ancova" if plan.covariate else "block_anova" if plan.blocked else "anova_type3"
        wider = [[0.0] * (plan.covariate is not None)]
        for effect, matrix in hypotheses(sizes).items():
            padded = np.column_stack([matrix[:, 1:], np.repeat(wider, len(matrix), axis=0)])
            found.append({"effect": effect, "test": name} | _pooled(model, padded))
    if plan.covariate:
        slope = np.eye(len(cells))[-1:]
        found.append({"effect": "covariate", "test": "ancova"} | _pooled(model, slope))
        found.append({"effect": "group:covariate", "test": "ancova"} | _slopes(rows, cells))
    return found


def _pooled(model: CellMeans, matrix: np.ndarray) -> dict:
    """An F test with a common variance."""
    test = model.f_test(matrix)
    return with_eta(test) if test else {"reasons": [reason("effect_not_tested")]}


def _welch(model: CellMeans, cells: list[Cell], effect: str, matrix: np.ndarray) -> dict:
    """A test with a variance per cell: Welch's t-test, Welch's ANOVA or its extension by Johansen."""
    name = "welch_james" if len(cells) > 2 and any(level for _, level in cells) else "welch_anova"
    row = {"effect": effect, "test": "welch_t" if len(cells) == 2 else name}
    means, still = np.array([model.mean(cell) for cell in cells]), []
    for cell, variance in zip(cells, model.variances, strict=True):
        if _still(variance, model.scale):
            still.append(" ".join(filter(None, cell)))
    if len(cells) == 2:
        contrast = model.contrast({cells[1]: 1, cells[0]: -1})
        if contrast is None or not contrast.defined:
            return row | {"reasons": [reason("groups_constant")]}
        return row | _t(contrast)
    if still:
        return row | {"reasons": [reason("no_welch_anova", ", ".join(still))]}
    test = welch_james(means, model.variances, model.counts, matrix)
    size_name = "omega_squared" if name == "welch_anova" else "partial_omega_squared"
    return row | test | {"effect_size": omega_squared(test, model.counts.sum()), "effect_size_name": size_name}


def omega_squared(test: dict, n: int) -> float:
    """Return the estimated share of variance that an effect explains, of n animals: of all, or partial with factors.

    It is df1 (F - 1) / (df1 (F - 1) + n). Keren and Lewis, Educ Psychol Meas 1979;39:119.
    """
    between = test["df1"] * (test["statistic"] - 1)
    return between / (between + n)


def _still(variance: float, scale: float) -> bool:
    """Whether the variance of values of this magnitude is rounding only."""
    return not np.sqrt(variance) > 1e-12 * scale


def _t(contrast: Contrast) -> dict:
    """A t-test as a row."""
    p = float(2 * stats.t.sf(abs(contrast.t), contrast.df))
    row = {"statistic": contrast.t, "df2": contrast.df, "p": p}
    return row | {"effect_size": contrast.g(), "effect_size_name": "hedges_g"}


def with_eta(test: dict) -> dict:
    """Add partial eta squared, df1 F / (df1 F + df2), to an F test."""
    explained = test["df1"] * test["statistic"]
    return test | {"effect_size": explained / (explained + test["df2"]), "effect_size_name": "partial_eta_squared"}


def _slopes(rows: pd.DataFrame, cells: list[Cell]) -> dict:
    """Test whether the slope of the covariate differs between cells."""
    place = {cell: number for number, cell in enumerate(cells)}
    cell = np.array([place[c] for c in zip(rows["group"].tolist(), rows["level"].tolist(), strict=True)])
    y, x = (rows[name].to_numpy(float) for name in ("value", "covariate"))
    y, x = (v - np.bincount(cell, v)[cell] / np.bincount(cell)[cell] for v in (y, x))
    square, product = np.bincount(cell, x * x), np.bincount(cell, x * y)
    df1, df2 = len(cells) - 1, len(y) - 2 * len(cells)
    if min(df1, df2) < 1 or not (square > 0).all():
        return {"reasons": [reason("effect_not_tested")]}
    separate = y @ y - (product**2 / square).sum()
    common = y @ y - product.sum() ** 2 / square.sum()
    if _still(separate / len(y), rows["value"].abs().max()):
        return {"reasons": [reason("effect_not_tested")]}
    statistic = float((common - separate) / df1 / (separate / df2))
    test = {"statistic": statistic, "df1": df1, "df2": df2, "p": float(stats.f.sf(statistic, df1, df2))}
    return with_eta(test)


def _repeated(
    rows: pd.DataFrame, plan: Design, groups: list[str], sizes: dict[str, int]
) -> tuple[list, list, np.ndarray]:
    """Tests over sessions by the mixed model, its means and its residuals."""
    cells = [(group, level, session) for group in groups for level in plan.levels for session in plan.sessions]
    place = {cell: number for number, cell in enumerate(cells)}
    labels = (rows[role].tolist() for role in ("group", "level", "session"))
    cell = np.array([place[label] for label in zip(*labels, strict=True)])
    x, y = np.eye(len(cells))[cell], rows["value"].to_numpy(float)
    if plan.covariate:
        covariate = rows["covariate"].to_numpy(float)
        x = np.column_stack([x, covariate - covariate.mean()])
    extra = x.shape[1] - len(cells)
    animal, names = pd.factorize(rows["animal"])
    df_between = len(names) - len(cells) // len(plan.sessions) - extra
    df_within = len(y) - len(names) - (len(cells) - len(cells) // len(plan.sessions))
    deviations = y - (np.bincount(cell, y) / np.bincount(cell))[cell]
    if (
        min(df_between, df_within) < 1
        or np.linalg.matrix_rank(x.T @ x, hermitian=True) < x.shape[1]
        or _still(deviations.var(), np.abs(y).max())
    ):
        why = {"test": "mixed_model", "reasons": [reason("effect_not_tested")]}
        return [{"effect": effect} | why for effect in hypotheses(sizes)], [], NONE
    model = MixedModel(x, y, animal)
    wide = pd.DataFrame({"animal": animal, "session": rows["session"].to_numpy(), "value": y})
    wide = wide.pivot(index="animal", columns="session", values="value").reindex(columns=plan.sessions)
    whole = np.zeros(len(names), int)
    whole[animal] = cell // len(plan.sessions)
    correction = epsilon(wide, whole)
    found = []
    for effect, matrix in hypotheses(sizes).items():
        padded = np.column_stack([matrix, np.zeros((len(matrix), extra))])
        within = "session" in effect.split(":")
        test = model.f_test(padded, df_within, correction) if within else model.f_test(padded, df_between)
        found.append({"effect": effect, "test": "mixed_model"} | with_eta(test))
    if extra:
        test = model.f_test(np.eye(x.shape[1])[-1:], df_between)
        found.append({"effect": "covariate", "test": "mixed_model"} | with_eta(test))
    if plan.blocked:
        found = [_without_clusters(test, plan) for test in found]
    return found, _model_means(model, plan, place, groups, df_between), model.residuals(x, y, animal)


def _without_clusters(test: dict, plan: Design) -> dict:
    """Return a test by a model that takes animals of a cluster as independent: one of groups or levels is not given."""
    reasons = [reason("cluster_not_in_model", plan.cluster)]
    if test["effect"] == "session":
        return test | {"reasons": reasons}
    return {"effect": test["effect"], "test": test["test"], "reasons": [*reasons, reason("not_tested_over_clusters")]}


def _model_means(model: MixedModel, plan: Design, place: dict, groups: list[str], df: int) -> list[dict]:
    """Means of each group and session by the model, averaged over levels, with limits."""
    quantile, means = float(stats.t.isf(plan.alpha / 2, df)), []
    for group in groups:
        for session in plan.sessions:
            weights = np.zeros(len(model.beta))
            weights[[place[group, level, session] for level in plan.levels]] = 1 / len(plan.levels)
            mean, half = float(weights @ model.beta), quantile * float(np.sqrt(weights @ model.covariance @ weights))
            means.append({"group": group, "session": session, "mean": mean, "ci_low": mean - half})
            means[-1]["ci_high"] = mean + half
    return means
