"""Comparison of groups: all tables of a comparison from the table of measurements."""

import pandas as pd

from murmur.comparison.changes import CHANGES, changes_of
from murmur.comparison.description import ASSUMPTIONS, SUMMARY, assumptions_of, summary_of
from murmur.comparison.design import VALUES, design, long, of_measures, tidy
from murmur.comparison.measurement_error import MEASUREMENT_ERROR, error_of
from murmur.comparison.omnibus import MODEL_MEANS, TESTS, effects_of
from murmur.comparison.pairs import DIFFERENCES, differences_of, with_verdicts
from murmur.comparison.verdicts import IN_CHANGES, answers
from murmur.statistics.notes import annotate
from murmur.statistics.paired import holm


def compare(table: pd.DataFrame, settings: dict, errors: pd.DataFrame | None = None) -> dict[str, pd.DataFrame]:
    """Compare groups of animals.

    Parameters
    ----------
    table : DataFrame
        Measurements, one row per scan: mouse, optionally animal, the columns that `settings` names, and the columns of
        MEASURES.
    settings : dict
        group (a column), and optionally groups (in order), control, session, sessions, question, factor, covariate,
        cluster, measures and alpha; those not used are None or missing.
    errors : DataFrame, optional
        Standard deviation of the measurement error of measures: measure, n, error_sd and, optionally, source.

    Returns
    -------
    dict of str to DataFrame
        values, summary, tests, differences, changes, model_means, measurement_error, assumptions.

    Notes
    -----
    Tests of an effect are corrected for the number of measures by Holm's method (p_holm); differences within a measure
    by Dunnett's T3 procedure, and their verdicts for the number of measures by Holm's method. Only the differences that
    answer the question of the comparison have a verdict.
    """
    scans, left_out = tidy(table, settings)
    plan = design(scans, settings)
    values = long(scans, settings)
    measures = of_measures(values, plan, left_out)
    effects = [effects_of(measure, plan) for measure in measures]
    tests = frame((row for found, _, _ in effects for row in found), TESTS)
    tests["p_holm"] = tests.groupby(["effect", "test"], dropna=False)["p"].transform(lambda p: holm(p.astype(float)))
    pairs = frame((row for measure in measures for row in differences_of(measure, plan)), DIFFERENCES)
    tested = max(1, pairs.loc[pairs["p_adjusted"].notna(), "measure"].nunique())
    errors_of = [error_of(measure, plan, errors, tested) for measure in measures]
    changes = frame((row for measure in measures for row in changes_of(measure, plan)), CHANGES)
    question = {"groups": plan.groups, "question": plan.question}
    pairs, changes = (table.astype({"p_adjusted": float}) for table in (pairs, changes))
    rows, in_changes = answers(pairs, changes, question).index, plan.question == IN_CHANGES
    pairs = with_verdicts(pairs, plan.alpha, rows[:0] if in_changes else rows)
    changes = with_verdicts(changes, plan.alpha, rows if in_changes else rows[:0])
    assumptions = [
        row
        for measure, (_, _, residuals) in zip(measures, effects, strict=True)
        for row in assumptions_of(measure, plan, residuals)
    ]
    return {
        "values": values[VALUES],
        "summary": annotate(frame((row for measure in measures for row in summary_of(measure, plan)), SUMMARY)),
        "tests": annotate(tests),
        "differences": annotate(pairs),
        "changes": annotate(changes),
        "model_means": frame((row for _, means, _ in effects for row in means), MODEL_MEANS),
        "measurement_error": annotate(frame(errors_of, MEASUREMENT_ERROR)),
        "assumptions": annotate(frame(assumptions, ASSUMPTIONS)),
    }


def frame(rows, columns: list[str]) -> pd.DataFrame:
    """Return rows as a table with these columns; counts are whole numbers."""
    table = pd.DataFrame(list(rows), columns=columns)
    counts = [column for column in ("n", "n_a", "n_b", "comparisons") if column in table]
    return table.astype(dict.fromkeys(counts, "Int64"))
