"""Differences between groups in words: which are significant, in which direction, and how precisely they are known.

The verdicts are those of differences.csv or, where changes from the first session are compared, of changes.csv, so
that text, table and figure agree.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from murmur.comparison.verdicts import (
    IN_CHANGES,
    NOT_SIGNIFICANT,
    ON_SIMULATED_MICE,
    SIGNIFICANT,
    UNCONFIRMED,
    answers,
    question_of,
)
from murmur.csv_tables import read_csv
from murmur.presentation.comparison_words import decimals_of, difference_unit, in_sentence, unit_of_analysis
from murmur.presentation.number_format import number, p_at_least, p_is
from murmur.presentation.prose.phrases import confidence_interval, enumerate_words, interval, paragraph, parenthesis
from murmur.subject import in_print
from murmur.vocabulary import REFERENCE

RECORDED = "heart_rate"  # the measure that is not one of masks
MOST_LISTED = 3  # differences that are not significant, with their intervals
TABLES = ("values", "summary", "tests", "differences", "changes", "measurement_error")
TEXTS = ("session", "level", "verdict", "effect", "group", "group_a", "group_b")


@dataclass(frozen=True)
class Compared:
    """A comparison: the tables of its folder, and its settings."""

    name: str
    reader: str  # or reference
    values: pd.DataFrame
    summary: pd.DataFrame
    tests: pd.DataFrame
    differences: pd.DataFrame
    changes: pd.DataFrame
    measurement_error: pd.DataFrame
    settings: Mapping

    @property
    def alpha(self) -> float:
        """Significance level."""
        return self.settings["alpha"]

    @property
    def measures(self) -> list[str]:
        """Measures with a value, the primary one first."""
        return list(self.summary.loc[self.summary["n"] > 0, "measure"].unique())

    @property
    def error_on_simulated_mice(self) -> bool:
        """Whether the reader's error is known from simulated mice only."""
        return bool((self.measurement_error["error_source"] == ON_SIMULATED_MICE).any())

    @property
    def animals(self) -> pd.Series:
        """Number of animals with a value in each group, in their order."""
        known = self.values.dropna(subset="value")
        found = known.groupby("group")["animal"].nunique()
        return found.reindex(self.settings["groups"]).fillna(0).astype(int)

    @property
    def unit(self) -> str:
        """The unit of analysis: animal, or the word for a litter or cage."""
        return unit_of_analysis(self.summary)

    @property
    def units(self) -> pd.Series:
        """Number of units of analysis with a value in each group, in their order."""
        if self.unit == "animal":
            return self.animals
        found = self.values.dropna(subset="value").groupby("group")["cluster"].nunique()
        return found.reindex(self.settings["groups"]).fillna(0).astype(int)

    @property
    def of_changes(self) -> bool:
        """Whether changes from the first session are compared, rather than the values at each session."""
        return question_of(self.settings) == IN_CHANGES

    @property
    def asked(self) -> pd.DataFrame:
        """The differences that answer the question of the comparison: the only ones with verdicts."""
        return answers(self.differences, self.changes, self.settings)

    def quantity(self, name: str) -> str:
        """What is compared of a measure, called `name`: "EF", or "the change in EF from baseline"."""
        return f"the change in {name} from {self.settings['sessions'][0]}" if self.of_changes else name

    @property
    def measured(self) -> str:
        """The measures and by whom they were measured, before a verb: "EF and EDV, as measured by reader murmur,"."""
        by = "in the reference contours" if self.reader == REFERENCE else f"by reader {self.reader}"
        in_masks = [in_sentence(measure) for measure in self.measures if measure != RECORDED]
        parts = [f"{enumerate_words(in_masks)}, as measured {by},"] if in_masks else []
        return " and ".join([*parts, *([in_sentence(RECORDED)] if RECORDED in self.measures else [])])

    def decimals(self, measure: str) -> int:
        """Decimals of a measure in print."""
        return decimals_of(self.summary, measure)


def with_texts(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose columns of text have no missing values."""
    return table.fillna({name: "" for name in TEXTS if name in table})


def read_comparison(paths: Mapping[str, str], name: str, reader: str, settings: Mapping) -> Compared:
    """Read the tables of a comparison from their `paths` by name."""
    return Compared(name, reader, *(in_print(with_texts(read_csv(paths[table]))) for table in TABLES), settings)


def of_difference(row: Mapping, decimals: int, unit: str) -> str:
    """Write a difference with its unit, "−26.9 percentage points"."""
    return f"{number(row['difference'], decimals)}{f' {unit}' if unit else ''}"


def facts(row: Mapping, found: Compared, effect_size: bool = True, what: str = "difference") -> str:
    """Write a difference, called `what`, with its interval, p and, of values, Hedges' g in parentheses.

    That of changes is not given, because it is relative to their SD, and not comparable with other values of g.
    """
    decimals = found.decimals(row["measure"])
    limits = interval(row["ci_low"], row["ci_high"], decimals)
    with_g = effect_size and not found.of_changes and pd.notna(row["hedges_g"])
    g_limits = interval(row["hedges_g_ci_low"], row["hedges_g_ci_high"], 2)
    g = f"g = {number(row['hedges_g'], 2)}, {g_limits}" if with_g else ""
    means = changes_of(row, decimals) if found.of_changes and row["group_a"] != row["group_b"] else ""
    value = f"{what} {of_difference(row, decimals, difference_unit(row['measure']))}"
    return parenthesis(means, value, confidence_interval(found.alpha, limits), p_is(row["p_adjusted"]), g)


def changes_of(row: Mapping, decimals: int) -> str:
    """Write the mean changes of the two groups of a difference, "mean change −12.4 versus −0.2"."""
    return f"mean change {number(row['mean_b'], decimals)} versus {number(row['mean_a'], decimals)}"


def place_in(found: Compared, session: str, level: str) -> str:
    """Name a session and a level of the second factor in a sentence: "at day 7 within sex F"; empty without either."""
    factor = found.settings["factor"]
    within = f"within {factor} {level}" if level else f"on average over {factor}" if factor else ""
    return " ".join(filter(None, [f"at {session}" if session else "", within]))


def begun(place: str) -> str:
    """Begin a sentence with a place."""
    return f"{place}, " if place else ""


def directed(rows: pd.DataFrame, found: Compared, adverb: str = "significantly ") -> list[str]:
    """Write differences by session, direction and reference: "at day 7, EF was lower in MI than in sham (...)"."""
    sentences = []
    table = rows.assign(higher=rows["difference"] > 0)
    for (measure, session, level, reference, higher), alike in table.groupby(
        ["measure", "session", "level", "group_a", "higher"], sort=False
    ):
        groups = [(row["group_b"], facts(row, found)) for row in alike.to_dict("records")]
        first = f"{begun(place_in(found, session, level))}{found.quantity(in_sentence(measure))} was {adverb}"
        word = "higher" if higher else "lower"
        if len(groups) == 1:
            ((group, numbers),) = groups
            sentences.append(f"{first}{word} in {group} than in {reference}{numbers}")
        else:
            several = enumerate_words(f"{group}{numbers}" for group, numbers in groups)
            sentences.append(f"{first}{word} than in {reference} in {several}")
    return sentences


def pair_of(row: Mapping, found: Compared) -> str:
    """Name the groups of a difference with its session and its numbers: "MI and sham at day 7 (...)"."""
    place = place_in(found, row["session"], row["level"])
    return f"{row['group_b']} and {row['group_a']}{f' {place}' if place else ''}{facts(row, found)}"


def not_significant(rows: pd.DataFrame, found: Compared, others: bool) -> str:
    """Report the differences that are not significant: each with its interval if there are few."""
    if rows.empty:
        return ""
    quantity = found.quantity(in_sentence(rows["measure"].iloc[0]))
    if len(rows) > MOST_LISTED:
        which = "no other difference" if others else "no difference between groups"
        least = rows["p_adjusted"].min()
        return f"{which} in {quantity} was significant ({p_at_least(least)})"
    pairs = [pair_of(row, found) for row in rows.to_dict("records")]
    return f"{quantity} did not differ significantly between {enumerate_words(pairs, 'or between')}"


def unconfirmed(rows: pd.DataFrame, found: Compared) -> list[str]:
    """Report differences whose interval excludes 0, but not after the correction for the number of measures."""
    if rows.empty:
        return []
    these = "these differences were" if len(rows) > 1 else "this difference was"
    corrected = p_is(rows["p_measure"].iloc[0])
    return [
        *directed(rows, found, ""),
        f"{these} not significant after correction for the number of measures ({corrected}) and "
        f"{'remain' if len(rows) > 1 else 'remains'} unconfirmed",
    ]


def differences_in(measure: str, found: Compared) -> str:
    """Report the differences in a measure that were asked for: significant ones, unconfirmed ones, and the others."""
    rows = found.asked[found.asked["measure"] == measure].dropna(subset="p_adjusted")
    by = {verdict: rows[rows["verdict"] == verdict] for verdict in (SIGNIFICANT, UNCONFIRMED, NOT_SIGNIFICANT)}
    others = len(by[NOT_SIGNIFICANT]) < len(rows)
    return paragraph(
        *directed(by[SIGNIFICANT], found),
        *unconfirmed(by[UNCONFIRMED], found),
        not_significant(by[NOT_SIGNIFICANT], found, others),
    )
