import numpy as np
import pandas as pd
import pingouin
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from compared_groups import measured, settings_of
from murmur.comparison.changes import CHANGES, mean_of
from murmur.comparison.compare import compare

SIZES, SESSIONS = {"sham": 6, "MI": 7, "late": 5}, ("baseline", "day 7", "day 28")


def changes(table, control="sham", sizes=SIZES, **settings):
    return compare(table, settings_of(sizes, SESSIONS, control, **settings))["changes"]


@pytest.fixture(scope="module")
def table():
    return measured(SIZES, sessions=SESSIONS, missing=0.2)


def wide(table, group, *sessions):
    own = table[table["group"] == group]
    return own.pivot(index="animal", columns="session", values="EF_percent")[list(sessions)].dropna()


@pytest.mark.parametrize("group", SIZES)
def test_change_within_a_group_is_the_paired_t_test_of_animals_with_both_sessions(table, group):
    found = changes(table)
    row = found.query("measure == 'EF' and effect == 'change' and session == 'day 28' and group_a == @group").iloc[0]
    both = wide(table, group, "baseline", "day 28")
    expected = pingouin.ttest(both["day 28"], both["baseline"], paired=True).iloc[0]
    assert row["statistic"] == pytest.approx(expected["T"]) and row["df"] == expected["dof"]
    assert row["p"] == pytest.approx(expected["p_val"])
    assert (row["n_a"], row["mean_a"]) == (len(both), pytest.approx(both["baseline"].mean()))
    assert row["difference"] == pytest.approx((both["day 28"] - both["baseline"]).mean())
    assert (row["comparisons"], row["correction"], row["method"]) == (6, "sidak", "paired_t")


def test_changes_within_groups_are_corrected_as_independent(table):
    """T3 rejects too often if the comparisons share no group, and so no estimate of the variance."""
    rows = changes(table).query("measure == 'EF' and effect == 'change'")
    assert rows["p_adjusted"].to_numpy() == pytest.approx(multipletests(rows["p"], method="sidak")[1])
    for row in rows.to_dict("records"):
        half = stats.t.isf((1 - 0.95 ** (1 / 6)) / 2, row["df"]) * row["difference"] / row["statistic"]
        assert row["ci_high"] - row["ci_low"] == pytest.approx(2 * abs(half))
        assert (row["ci_low"] < 0 < row["ci_high"]) == (row["p_adjusted"] > 0.05)
        assert (row["hedges_g_ci_low"] < 0 < row["hedges_g_ci_high"]) == (row["p_adjusted"] > 0.05)


def test_changes_of_two_groups_are_compared_by_welch_s_test(table):
    found = changes(table).query("measure == 'EF' and effect == 'difference_in_change'")
    assert found["comparisons"].unique().tolist() == [4]
    row = found.query("session == 'day 28' and group_b == 'late'").iloc[0]
    sham, late = (wide(table, group, "baseline", "day 28") for group in ("sham", "late"))
    difference = [both["day 28"] - both["baseline"] for both in (late, sham)]
    expected = pingouin.ttest(*difference, correction=True).iloc[0]
    assert row["statistic"] == pytest.approx(expected["T"]) and row["df"] == pytest.approx(expected["dof"])
    assert row["p"] == pytest.approx(expected["p_val"])
    assert row["difference"] == pytest.approx(difference[0].mean() - difference[1].mean())


def test_with_two_complete_groups_and_sessions_the_difference_is_the_interaction():
    """With two groups of equal size and two sessions, F of group:session is t squared."""
    sizes = {"sham": 6, "MI": 6}
    table = measured(sizes, sessions=SESSIONS[:2])
    found = compare(table, settings_of(sizes, SESSIONS[:2], "sham"))
    row = found["changes"].query("measure == 'EF' and effect == 'difference_in_change'").iloc[0]
    tests = found["tests"].query("measure == 'EF' and effect == 'group:session'").iloc[0]
    assert row["statistic"] ** 2 == pytest.approx(tests["statistic"], rel=1e-6)
    assert row["correction"] == "none" and row["p"] == row["p_adjusted"]


@pytest.mark.parametrize("question", ["sessions", "changes", None])
def test_only_one_question_is_answered(table, question):
    settings = settings_of(SIZES, SESSIONS, "sham", factor="sex", question=question)
    tables = compare(measured({name: 2 * n for name, n in SIZES.items()}, sessions=SESSIONS), settings)
    asked, other = tables["differences"], tables["changes"]
    answers = other["effect"] == "difference_in_change"
    if question == "changes":
        asked, other = other[answers], pd.concat([asked, other[~answers]])
    levels = asked["level"] != ""
    assert set(other["verdict"]) == set(asked.loc[levels, "verdict"]) == {"descriptive"}
    assert asked.loc[~levels, "verdict"].isin(["significant", "not significant", "unconfirmed"]).all()
    least = asked[~levels].groupby("measure", sort=False)["p_adjusted"].min()
    of_measure = asked[~levels].groupby("measure", sort=False)["p_measure"].first()
    assert of_measure.to_numpy() == pytest.approx(multipletests(least, method="holm")[1])


def test_changes_answer_the_question_of_a_single_group():
    found = compare(measured({"MI": 6}, sessions=SESSIONS, effect=3), settings_of({"MI": 6}, SESSIONS))
    assert found["differences"].empty
    assert found["changes"]["p_measure"].notna().all() and "descriptive" not in set(found["changes"]["verdict"])


def test_with_a_factor_levels_count_equally():
    rng = np.random.default_rng(5)
    samples = [rng.normal(1, 1, 4), rng.normal(3, 2, 9)]
    found = mean_of(samples, 1.0)
    parts = np.array([of.var(ddof=1) / len(of) / 4 for of in samples])
    assert found.estimate == pytest.approx(np.mean([of.mean() for of in samples]))
    assert found.se == pytest.approx(parts.sum() ** 0.5)
    assert found.df == pytest.approx(parts.sum() ** 2 / (parts[0] ** 2 / 3 + parts[1] ** 2 / 8))
    table = measured({"sham": 8, "MI": 8}, sessions=SESSIONS)
    found = changes(table, sizes={"sham": 8, "MI": 8}, factor="sex").query("measure == 'EF' and effect == 'change'")
    assert found["level"].tolist() == [""] * 4 + ["F"] * 2 + ["M"] * 2 + ["F"] * 2 + ["M"] * 2
    assert found.groupby("level")["comparisons"].first().to_dict() == {"": 4, "F": 8, "M": 8}


def test_what_cannot_be_tested_has_a_reason():
    table = measured({"sham": 4, "MI": 2}, sessions=SESSIONS)
    table.loc[table["group"] == "sham", "EF_percent"] = 60.0
    found = changes(table, sizes={"sham": 4, "MI": 2}).query("measure == 'EF'")
    assert found["p"].isna().all() and (found["verdict"] == "").all()
    assert found["note"].tolist()[:2] == [
        "the change does not vary: no test",
        "not tested, n below 3: MI",
    ]
    assert (found["difference"].notna()).all()


def test_without_sessions_there_are_no_changes():
    found = compare(measured({"sham": 4, "MI": 4}), settings_of({"sham": 4, "MI": 4}))["changes"]
    assert found.columns.tolist()[: len(CHANGES) - 2] == CHANGES[:-2] and found.empty


def test_a_missing_value_is_named_at_each_session_that_needs_it():
    table = measured({"sham": 5, "MI": 5}, sessions=SESSIONS)
    table.loc[table["mouse"] == "sh01 baseline", "EF_percent"] = np.nan
    found = changes(table, sizes={"sham": 5, "MI": 5}).query("measure == 'EF' and group_b == 'sham'")
    assert (found["note"] == "excluded, no value: sh01 baseline").all() and (found["n_b"] == 4).all()


def test_one_group_changes_over_sessions():
    table = measured({"MI": 6}, sessions=SESSIONS)
    found = changes(table, control="", sizes={"MI": 6})
    assert set(found["effect"]) == {"change"} and pd.notna(found["p"]).all()
