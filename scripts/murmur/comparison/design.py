"""Design of a comparison: which animals, groups, sessions and further factors, and what is excluded.

The animal is the unit of analysis. Where a litter or cage is given and each has animals of one group only, treatment
was assigned to litters: the litter is the unit, represented by the mean of its animals.
"""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from murmur.comparison.measures import chosen
from murmur.comparison.verdicts import IN_SESSIONS, question_of
from murmur.csv_tables import as_labels
from murmur.measurement.measures import MEASURES
from murmur.statistics.notes import Reason, reason
from murmur.vocabulary import in_order

MIN_ANIMALS = 3  # per group: with two among larger groups, Welch's tests are liberal (docs/statistics.md)
POWER = 0.8  # of the tests whose detectable differences are given
KEYS = ("group", "session", "factor", "covariate", "cluster")  # settings that name a column
VALUES = [
    "mouse", "animal", "session", "group", "level", "covariate", "cluster", "contoured", "measure", "unit", "value",
]  # fmt: skip


@dataclass(frozen=True)
class Design:
    """The design of a comparison.

    Attributes
    ----------
    groups, sessions, levels : list of str
        In order; sessions and levels of the further factor are [""] where there are none.
    control : str or None
        The group with which the others are compared; None for all pairs.
    covariate, factor, session : str or None
        Their columns, in words.
    cluster : str or None
        The column of litters or cages.
    nested : bool
        Whether each cluster has animals of one group only, and is the unit.
    alpha : float
        Significance level.
    question : str
        What is asked: IN_SESSIONS or IN_CHANGES (`murmur.comparison.verdicts`).
    """

    groups: list[str]
    sessions: list[str]
    levels: list[str]
    control: str | None
    session: str | None
    factor: str | None
    covariate: str | None
    cluster: str | None
    nested: bool
    alpha: float
    question: str = IN_SESSIONS

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The pairs of groups (a, b) that are compared: with the control, or all."""
        if self.control is not None:
            return [(self.control, group) for group in self.groups if group != self.control]
        return list(combinations(self.groups, 2))

    @property
    def cells(self) -> list[tuple[str, str]]:
        """Combinations of group and level."""
        return [(group, level) for group in self.groups for level in self.levels]

    @property
    def blocked(self) -> bool:
        """Whether animals are compared within clusters."""
        return self.cluster is not None and not self.nested


@dataclass(frozen=True)
class Values:
    """The values of one measure.

    Attributes
    ----------
    measure, unit : str
        As in MEASURES.
    rows : DataFrame
        One row per unit of analysis and session that has a value: animal, session, group, level, covariate, cluster,
        value.
    left_out : list of Reason
        What is excluded, or how the unit of analysis was formed.
    missing : DataFrame or None
        Scans without a value: mouse, session, group, level.
    """

    measure: str
    unit: str
    rows: pd.DataFrame
    left_out: list[Reason]
    missing: pd.DataFrame | None = None

    def without_value(self, **where: Collection[str]) -> list[Reason]:
        """Return the reason that scans are missing, for those whose session, group or level is among the given ones."""
        if self.missing is None:
            return []
        chosen = self.missing
        for role, names in where.items():
            chosen = chosen[chosen[role].isin(names)]
        return [reason("value_missing", mice=chosen["mouse"])] if len(chosen) else []

    def at(self, session: str) -> pd.DataFrame:
        """Return the rows of a session."""
        return self.rows[self.rows["session"] == session]


def tidy(table: pd.DataFrame, settings: dict) -> tuple[pd.DataFrame, list[Reason]]:
    """Select the scans that are compared, with the roles of their columns.

    Parameters
    ----------
    table : DataFrame
        Measurements, one row per scan.
    settings : dict
        Settings of the comparison.

    Returns
    -------
    scans : DataFrame
        `table` with the columns animal, group, session, level, cluster (text), covariate (number) and contoured, of the
        groups and sessions compared.
    left_out : list of Reason
        Scans that lack a group, session, level, covariate or cluster.
    """
    given = {key: settings.get(key) for key in KEYS}
    scans = table.copy()
    scans["animal"] = as_labels(table["animal"] if "animal" in table else table["mouse"])
    for role, key in {"group": "group", "session": "session", "level": "factor", "cluster": "cluster"}.items():
        scans[role] = as_labels(table[given[key]]) if given[key] else ""
    scans["covariate"] = pd.to_numeric(table[given["covariate"]]) if given["covariate"] else float("nan")
    if "contoured" not in table:
        scans["contoured"] = False
    for role in ("groups", "sessions"):
        if settings.get(role):
            names = scans[role.removesuffix("s")]
            scans = scans[names.isin(settings[role]) | (names == "")]
    left_out = []
    for role, key in {"group": "group", "session": "session", "level": "factor", "cluster": "cluster"}.items():
        if given[key] and (unknown := scans[role] == "").any():
            left_out.append(reason("column_unknown", given[key], mice=scans.loc[unknown, "mouse"]))
            scans = scans[~unknown]
    if given["covariate"] and (unknown := scans["covariate"].isna()).any():
        left_out.append(reason("column_unknown", given["covariate"], mice=scans.loc[unknown, "mouse"]))
        scans = scans[~unknown]
    return scans, left_out


def design(scans: pd.DataFrame, settings: dict) -> Design:
    """Return the design of the comparison of `scans` (from `tidy`), groups and sessions in order."""

    def names(role: str, given: list[str] | None) -> list[str]:
        return [str(name) for name in given] if given else in_order(scans[role].unique())

    factor, cluster = settings.get("factor"), settings.get("cluster")
    groups = names("group", settings.get("groups"))
    return Design(
        groups=groups,
        sessions=names("session", settings.get("sessions")) if settings.get("session") else [""],
        levels=names("level", None) if factor else [""],
        control=settings.get("control"),
        session=settings.get("session"),
        factor=factor,
        covariate=settings.get("covariate"),
        cluster=cluster,
        nested=bool(cluster) and bool((scans.groupby("cluster")["group"].nunique() == 1).all()),
        alpha=settings.get("alpha", 0.05),
        question=question_of({**settings, "groups": groups}),
    )


def long(scans: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """Return VALUES, one row per scan and measure, in the order of measures; values may be missing."""
    rows = []
    for name in chosen(scans.columns, settings.get("measures")):
        measure = MEASURES[name]
        values = scans[measure.column].astype(float) if measure.column in scans else float("nan")
        rows.append(scans[VALUES[:8]].assign(measure=name, unit=measure.unit, value=values))
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=VALUES)


def of_measures(values: pd.DataFrame, plan: Design, left_out: list[Reason]) -> list[Values]:
    """Return the values of each measure by unit of analysis.

    Parameters
    ----------
    values : DataFrame
        VALUES.
    plan : Design
        The design.
    left_out : list of Reason
        Reasons that concern all measures.

    Returns
    -------
    list of Values
        In the order of `values`. Several scans of an animal in a session are averaged, and so are the animals of a
        cluster in a session and level where the cluster is the unit. Where animals are compared within clusters, those
        in a cluster without other groups are excluded.
    """
    found = []
    for measure, rows in values.groupby("measure", sort=False):
        reasons = list(left_out)
        missing = rows["value"].isna()
        kept = rows[~missing]
        place = ["session", "group", "level", "cluster"]
        if kept.duplicated(["animal", "session"]).any():
            reasons.append(reason("scans_averaged"))
            kept = kept.groupby(["animal", *place], sort=False)[["covariate", "value"]].mean().reset_index()
        if plan.nested:
            reasons.append(reason("clusters_are_units", plan.cluster))
            kept = kept.groupby(place, sort=False)[["covariate", "value"]].mean().reset_index()
            kept["animal"] = kept["cluster"]
        elif plan.blocked:
            alone = kept.groupby(["session", "cluster"])["group"].transform("nunique") == 1
            if alone.any():
                reasons.append(reason("cluster_of_one_group", plan.cluster, mice=kept.loc[alone, "animal"].unique()))
                kept = kept[~alone]
        columns = ["animal", "session", "group", "level", "covariate", "cluster", "value"]
        found.append(
            Values(str(measure), rows["unit"].iloc[0], kept[columns].reset_index(drop=True), reasons, rows[missing])
        )
    return found


def shares_clusters(rows: pd.DataFrame) -> bool:
    """Return whether a cluster has animals of several levels, whose values are then not independent."""
    return bool((rows.groupby("cluster")["level"].nunique() > 1).any())
