"""Changes from the first session: within each group, and compared between groups.

Both rest on the animals that were measured at both sessions. A change within a group is tested by the paired t-test;
between groups, changes are compared like any other value of an animal (`pairs`). Neither assumes equal variances of
groups or sessions, or the same correlation between all sessions, as contrasts of the mixed model would.
"""

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from murmur.comparison.design import MIN_ANIMALS, Design, Values, shares_clusters
from murmur.comparison.linear_model import Contrast
from murmur.comparison.pairs import DIFFERENCES, SIDAK, Pair, differences_of, tested
from murmur.comparison.verdicts import BETWEEN, IN_CHANGES, WITHIN
from murmur.statistics.notes import reason
from murmur.statistics.paired import NAN

CHANGES = ["measure", "unit", "effect", "from_session", *DIFFERENCES[2:]]


def changes_of(values: Values, plan: Design) -> list[dict]:
    """Test the changes of a measure from the first session.

    Parameters
    ----------
    values : Values
        Values of the measure.
    plan : Design
        The design; without a second session, there are no changes.

    Returns
    -------
    list of dict
        CHANGES without p_measure and verdict. The effect is `change`, of a group (group_a and group_b are the same,
        mean_a is that of the first session), or `difference_in_change`, between two groups (means of the changes).
        Hedges' g divides by the SD of the changes.

    Notes
    -----
    The changes of a measure within all groups, and their differences between groups, are two families. The latter are
    corrected by Dunnett's T3 procedure, and the former, which share no group, by Sidak's method: T3 would reject too
    often. The covariate is that of the first session.
    """
    if len(plan.sessions) < 2:
        return []
    later = replace(plan, sessions=plan.sessions[1:])
    differences = changed(values, plan)
    families = [[""], plan.levels] if plan.factor else [[""]]
    rows = []
    for levels in families:
        family = [
            _within(differences, later, session, group, level)
            for session in later.sessions
            for level in levels
            for group in plan.groups
        ]
        number = sum(pair.contrast is not None for pair in family)
        rows += [tested(pair, number, plan.alpha, "paired_t", SIDAK) | {"effect": WITHIN} for pair in family]
    rows += [row | {"effect": BETWEEN} for row in differences_in_change(values, plan)]
    return [row | {"from_session": plan.sessions[0]} for row in rows]


def differences_in_change(values: Values, plan: Design) -> list[dict]:
    """Compare the pairs of groups on their changes from the first session (`differences_of`)."""
    return differences_of(changed(values, plan), replace(plan, sessions=plan.sessions[1:]))


def answers_of(values: Values, plan: Design) -> list[dict]:
    """Compare the pairs of groups as the comparison asks: in each session, or on their changes."""
    return differences_in_change(values, plan) if plan.question == IN_CHANGES else differences_of(values, plan)


def changed(values: Values, plan: Design) -> Values:
    """Return the change of each animal from the first session, as the value of the later one."""
    place = ["animal", "group", "level", "cluster"]
    first = values.at(plan.sessions[0])[[*place, "covariate", "value"]].rename(columns={"value": "first"})
    later = values.rows[values.rows["session"] != plan.sessions[0]].drop(columns="covariate")
    rows = later.merge(first, on=place)
    rows = rows.assign(last=rows["value"], value=rows["value"] - rows["first"])
    missing = values.missing
    if missing is not None:
        of_first = missing[missing["session"] == plan.sessions[0]]
        repeated = [of_first.assign(session=session) for session in plan.sessions[1:]]
        missing = pd.concat([*repeated, missing[missing["session"] != plan.sessions[0]]])
    return replace(values, rows=rows, missing=missing)


def _within(values: Values, plan: Design, session: str, group: str, level: str) -> Pair:
    """The change of a group in a session and level; an empty level is the mean of all, with equal weights."""
    levels = [level] if level or not plan.factor else plan.levels
    rows = values.at(session)
    rows = rows[rows["group"] == group]
    samples = [rows[rows["level"] == name] for name in levels]
    n = sum(map(len, samples))
    row = {"measure": values.measure, "unit": values.unit, "session": session, "level": level}
    row |= {"group_a": group, "group_b": group, "n_a": n, "n_b": n}
    row["reasons"] = values.without_value(session=[session], group=[group], level=levels) + values.left_out
    if plan.covariate:
        row["reasons"].append(reason("change_not_adjusted", plan.covariate))
    if plan.blocked:
        row["reasons"].append(reason("change_not_within_clusters", plan.cluster))
    if n and all(map(len, samples)):
        row |= {side: np.mean([of[name].mean() for of in samples]) for side, name in SIDES.items()}
        row["difference"] = row["mean_b"] - row["mean_a"]
    if small := [f"{group} {name}".strip() for of, name in zip(samples, levels, strict=True) if len(of) < MIN_ANIMALS]:
        row["reasons"].insert(0, reason("groups_too_small", MIN_ANIMALS, ", ".join(small)))
        return Pair(row, None)
    if len(levels) > 1 and plan.nested and shares_clusters(values.rows):
        row["reasons"].insert(0, reason("levels_within_clusters", plan.factor, plan.cluster))
        return Pair(row, None)
    contrast = mean_of([of["value"].to_numpy(float) for of in samples], float(rows["last"].abs().max()))
    if not contrast.defined:
        row["reasons"].insert(0, reason("change_constant"))
        return Pair(row, None)
    return Pair(row, contrast)


SIDES = {"mean_a": "first", "mean_b": "last"}


def mean_of(samples: list[np.ndarray], scale: float) -> Contrast:
    """Return the mean of the means of independent samples, as a contrast to be tested against 0.

    Parameters
    ----------
    samples : list of ndarray
        Each of at least two values.
    scale : float
        Magnitude of the values, below whose rounding a standard error is none.

    Returns
    -------
    Contrast
        With one sample, that of the one-sample t-test; with several, the degrees of freedom are Satterthwaite's.
    """
    variances = np.array([of.var(ddof=1) for of in samples])
    free = np.array([len(of) - 1 for of in samples])
    parts = variances / (free + 1) / len(samples) ** 2
    estimate, se = float(np.mean([of.mean() for of in samples])), math.sqrt(parts.sum())
    if se <= 1e-12 * scale:
        return Contrast(estimate, NAN, NAN, NAN, NAN)
    df = float(parts.sum() ** 2 / (parts**2 / free).sum())
    return Contrast(
        estimate, se, df, math.sqrt(variances.mean()), float(variances.sum() ** 2 / (variances**2 / free).sum())
    )
