import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from compared_groups import measured, settings_of
from murmur.comparison.compare import compare
from murmur.presentation.prose import arrive
from murmur.presentation.prose.comparison import sections
from murmur.presentation.prose.comparison_methods import described, methods
from murmur.presentation.prose.differences import TABLES, Compared, with_texts

SESSIONS = ("baseline", "day 7", "day 28")


def compared(sizes, control="", settings=None, errors=None, change=lambda table: table, reader="murmur", **design):
    chosen = settings_of(sizes, design.get("sessions", ()), control, **(settings or {}))
    tables = compare(change(measured(sizes, **design)), chosen, errors)
    return Compared("treatment", reader, *(with_texts(tables[name]) for name in TABLES), chosen)


def text(found):
    return "\n".join(part for paragraphs in sections(found).values() for part in paragraphs)


def test_summary_has_at_most_five_sentences_and_begins_with_who_was_compared():
    found = compared({"sham": 6, "MI": 7, "TAC": 2}, "sham", sessions=SESSIONS, missing=0.2)
    (summary,) = sections(found)["Summary"]
    assert len(re.findall(r"[a-z0-9%)]\. [A-Z]", summary)) <= 4
    assert summary.startswith(
        "EF, EDV, ESV and mass at ED, as measured by reader murmur, were compared between each group and sham in 15 "
        "animals (sham, n = 6; MI, n = 7; TAC, n = 2) scanned at baseline, day 7 and day 28."
    )


def test_numbers_of_the_primary_measure_are_those_of_the_tables():
    found = compared({"sham": 8, "MI": 8}, "sham", effect=3, measures=["EF"])
    (row,) = found.differences.to_dict("records")
    (summary,) = sections(found)["Summary"]
    means = found.summary.set_index("group")
    expected = (
        f"EF was significantly lower in MI than in sham; the difference was {row['difference']:.1f} percentage points "
        f"(mean ± SD {means['mean']['MI']:.1f} ± {means['sd']['MI']:.1f}% versus {means['mean']['sham']:.1f} ± "
        f"{means['sd']['sham']:.1f}%; 95% CI {row['ci_low']:.1f} to {row['ci_high']:.1f}, p < 0.001)."
    )
    assert expected in summary.replace("−", "-")


@pytest.mark.parametrize("effect", [0.0, 0.8, 1.2, 2.0])
@pytest.mark.parametrize("sessions", [(), SESSIONS])
def test_words_agree_with_the_verdicts(effect, sessions):
    found = compared({"sham": 6, "MI": 6, "late": 6}, effect=effect, sessions=sessions)
    paragraphs = sections(found)["Differences between groups"][1:]
    for measure, paragraph in zip(found.measures, paragraphs, strict=True):
        verdicts = found.differences.loc[found.differences["measure"] == measure, "verdict"]
        significant = re.findall(r"was significantly (?:lower|higher)", paragraph)
        assert bool(significant) == (verdicts == "significant").any()
        assert ("unconfirmed" in paragraph) == (verdicts == "unconfirmed").any()
        p_values = len(re.findall(r"difference −?[0-9.]+ ", paragraph))
        assert p_values >= (verdicts != "not significant").sum()
    primary = found.differences[found.differences["measure"] == found.measures[0]]["verdict"]
    (summary,) = sections(found)["Summary"]
    assert ("primary measure, EF, was significantly" in summary) == (primary == "significant").any()


def test_directions_follow_the_sign_of_the_difference():
    higher = compared({"sham": 8, "MI": 8}, "sham", effect=-3, measures=["EF"])
    assert "EF was significantly higher in MI than in sham" in sections(higher)["Summary"][0]


def test_groups_that_are_too_small_and_missing_values_are_named():
    def lacking(table):
        table.loc[table["mouse"] == "sh01", "EDV_uL"] = np.nan
        return table

    found = compared({"sham": 5, "MI": 5, "TAC": 2}, change=lacking)
    assert "Groups of fewer than 3 animals were not tested: TAC." in sections(found)["Summary"][0]
    assert "EDV (excluded, no value: sh01)" in sections(found)["Animals"][0]


def test_further_effects_are_tested_and_corrected():
    single = compared({"sham": 8, "MI": 8}, settings={"factor": "sex"}, measures=["EF"])
    assert "did not depend significantly on sex in EF (F(1," in sections(single)["Effects of sex"][0]
    assert "On average over sex, EF" in text(single)
    assert "p = " not in "".join(sections(single)["Differences within sex"])


@pytest.mark.parametrize("question", ["sessions", "changes"])
def test_one_question_is_answered_in_words_and_the_rest_described(question):
    sizes = {"sham": 6, "MI": 6, "TAC": 6}
    found = compared(sizes, "sham", {"question": question}, sessions=SESSIONS, effect=2.5)
    page = sections(found)
    answers = "Differences between groups" + " in the change from baseline" * (question == "changes")
    assert "was significantly lower " in " ".join(page[answers])
    headings = ["Differences at each session", "Changes from baseline"]
    described = {heading: " ".join(page[heading]) for heading in headings if heading in page}
    assert list(described) == headings[question == "sessions" :]
    for words in described.values():
        assert "p = " not in words and "p < " not in words
    between = found.changes[(found.changes["effect"] == "difference_in_change") & (found.changes["measure"] == "EF")]
    assert described["Changes from baseline"].count("MI − sham") == (len(between) // 2 if question == "sessions" else 0)
    model = " ".join(page["Mixed model"])
    assert "| measure | group | session | group × session |" in model
    assert "with p values corrected for the number of measures by Holm's method" in model
    assert "significant" not in model


@pytest.mark.parametrize("role", ["", "factor", "covariate", "cluster"])
@pytest.mark.parametrize("missing", [0.0, 0.4])
@pytest.mark.parametrize("sizes", [{"MI": 4}, {"sham": 5, "MI": 4}, {"sham": 6, "MI": 3, "TAC": 4}])
def test_every_design_is_put_into_words(sizes, missing, role):
    columns = {"factor": "sex", "covariate": "body_weight_g", "cluster": "litter"}
    settings = {role: columns[role]} if role else {}
    found = compared(sizes, settings=settings, sessions=SESSIONS, missing=missing, measures=["EF"])
    table = measured(sizes, SESSIONS, ["EF"], missing)
    assumptions = with_texts(compare(table, found.settings)["assumptions"])
    pages = [sections(found), arrive.sections(found, table, assumptions, {})]
    words = "\n".join(part for page in pages for paragraphs in page.values() for part in paragraphs)
    words = f"{words}\n{described(found)}\n{methods(found, named=True)}"
    assert not re.search(r"\b(nan|NaN)\b|\{|\(\)", words), words


def test_summary_answers_the_question_about_changes():
    settings = {"question": "changes"}
    found = compared({"sham": 6, "MI": 6, "TAC": 6}, "sham", settings, sessions=SESSIONS, effect=2.5)
    summary = sections(found)["Summary"][0].replace("−", "-")
    assert summary.startswith(
        "Changes from baseline in EF, EDV, ESV and mass at ED, as measured by reader murmur, were compared between "
        "each group and sham in 18 animals"
    )
    rows = found.asked[(found.asked["measure"] == "EF") & (found.asked["verdict"] == "significant")]
    assert "The change in the primary measure, EF, from baseline was significantly lower in " in summary
    row = rows.loc[rows["difference"].abs().idxmax()]
    assert (
        f"was {row['difference']:.1f} percentage points (mean change {row['mean_b']:.1f} versus {row['mean_a']:.1f}; "
        f"95% CI {row['ci_low']:.1f} to {row['ci_high']:.1f}" in summary
    )
    assert "Groups also differed significantly in the change from baseline in " in summary
    assert "g = " not in text(found)
    assert (
        "Changes from baseline were calculated in the animals measured at both sessions; in these, each group was "
        "compared with sham by" in described(found)
    )
    assert "Effects of group and session, and their interaction, were tested by" in described(found)


def test_of_a_single_session_no_change_is_reported():
    page = sections(compared({"sham": 6, "MI": 6}, "sham", sessions=("day 7",), measures=["EF"]))
    given = {heading for heading, texts in page.items() if any(texts)}
    assert given == {"Summary", "Animals", "Differences between groups", "Measurement error"}


def in_litters(table):
    """Return groups of nine and six animals in litters of three, each treated as a whole."""
    number = table["animal"].str[-1].astype(int)
    return table.assign(litter=table["group"] + ((number - 1) // 3).astype(str))


def test_litters_that_are_units_are_counted_as_such():
    found = compared({"sham": 9, "MI": 6}, "sham", {"cluster": "litter"}, change=in_litters, measures=["EF"])
    summary = sections(found)["Summary"][0]
    assert "in 15 animals (sham, n = 9 in 3 litters; MI, n = 6 in 2 litters)" in summary
    assert "Groups of fewer than 3 litters were not tested: MI." in summary
    assert "Groups of fewer than 3 litters were described but not tested" in described(found)
    found = compared({"sham": 9, "MI": 9}, "sham", {"cluster": "litter"}, change=in_litters, measures=["EF"])
    assert arrive.power(found).startswith("given the number of litters")


def test_one_group_is_compared_with_its_first_session():
    found = compared({"MI": 6}, sessions=SESSIONS)
    changes = found.changes.assign(verdict="not significant")
    changes.loc[(changes["measure"] == "EF"), "verdict"] = "significant"
    changes.loc[(changes["measure"] == "ESV") & (changes["session"] == "day 28"), "verdict"] = "significant"
    page = sections(replace(found, changes=changes))
    summary = page["Summary"][0]
    assert "were tested in 6 animals (MI, n = 6) scanned at baseline, day 7 and day 28." in summary
    assert (
        "ignificant changes from baseline were found in EF and ESV at day 28, but none in EDV or mass at ED" in summary
    )
    words = " ".join(page["Changes from baseline"])
    assert re.search(r"From baseline to day 7, EF (increased|decreased) significantly \(change ", words)
    assert "No change in EDV from baseline was significant (smallest p = " in words
    assert "Differences between groups" not in page


def test_scans_with_reference_contours_are_counted_if_only_some_have_them():
    def some(table):
        return table.assign(contoured=[number < 5 for number in range(len(table))])

    assert "contours" not in text(compared({"sham": 8, "MI": 8}, measures=["EF"]))
    animals = sections(compared({"sham": 8, "MI": 8}, measures=["EF"], change=some))["Animals"][0]
    assert "Five of the 16 scans have reference contours." in animals


@pytest.mark.parametrize("measures", [["EF"], ["EF", "mass_ED"]])
def test_phases_in_the_names_of_measures_are_explained(measures):
    animals = sections(compared({"sham": 4, "MI": 4}, measures=measures))["Animals"][0]
    assert ("ED, end-diastole" in animals) == (measures != ["EF"]) and "ES, end-systole" not in animals


def test_measurement_error_is_reported():
    errors = pd.DataFrame({"measure": ["EF"], "n": [12], "error_sd": [2.0]})
    found = compared({"sham": 8, "MI": 8}, errors=errors)
    row = found.measurement_error.iloc[0]
    (paragraph,) = sections(found)["Measurement error"]
    assert (
        f"{100 * row['reliability']:.0f}% for EF (intervals wider by {100 * (row['ci_inflation'] - 1):.0f}%)"
        in paragraph
    )
    assert "without the measurement error of murmur" in arrive.power(found)
    expert = compared({"sham": 8, "MI": 8}, reader="reference")
    assert sections(expert)["Measurement error"] == [""]
    assert "as measured in the reference contours" in sections(expert)["Summary"][0]


def test_error_on_simulated_mice_is_a_lower_limit():
    errors = pd.DataFrame({"measure": ["EF"], "n": [16], "error_sd": [2.0], "source": ["simulated_mice"]})
    found = compared({"sham": 8, "MI": 8}, errors=errors)
    row = found.measurement_error.iloc[0]
    (paragraph,) = sections(found)["Measurement error"]
    assert "If it is at least as large as on simulated mice, the proportion of the variance between" in paragraph
    share = f"at most {100 * row['reliability']:.0f}% for EF (intervals wider by at least "
    assert f"{share}{100 * (row['ci_inflation'] - 1):.0f}%)" in paragraph
    assert arrive.power(found).endswith(" without the measurement error of murmur on simulated mice")
    assert "was taken to be at least that of its errors in 16 simulated mice" in described(found)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "by Welch's t-test"),
        ({"covariate": "body_weight_g"}, "a linear model with body weight as covariate"),
        ({"cluster": "litter"}, "a linear model with a mean for each litter"),
        ({"factor": "sex"}, "Welch-James procedure"),
    ],
)
def test_methods_are_those_that_were_used(settings, words):
    found = compared({"sham": 8, "MI": 8}, settings=settings)
    methods = described(found)
    assert words in methods
    assert ("T3" in methods) == (found.asked["comparisons"] > 1).any()
    assert "mixed model" in described(compared({"sham": 8, "MI": 8}, sessions=SESSIONS))


def test_different_slopes_of_a_covariate_are_reported_without_a_verdict():
    def sloped(table):
        slope = np.where(table["group"] == "MI", 6, -6)
        return table.assign(EF_percent=table["EF_percent"] + slope * (table["body_weight_g"] - 25))

    found = compared({"sham": 8, "MI": 8}, settings={"covariate": "body_weight_g"}, measures=["EF"], change=sloped)
    row = found.tests.set_index("effect").loc["group:covariate"]
    assert row["p_holm"] < 0.001
    words = text(found)
    assert "he slopes on body weight were compared between groups in EF (F(1, 12.0) = " in words
    assert "no conclusion is based on it" in words and "differed significantly between groups" not in words
