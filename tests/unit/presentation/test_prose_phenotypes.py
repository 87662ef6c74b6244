"""The paragraphs of the results on phenotypes."""

import re

from murmur.csv_tables import read_csv, write_csv
from murmur.presentation.number_format import p_is
from results_of_a_cohort import changed, measurements, paragraphs, statistics


def pairs_said(cohort, write, p_reference, p_reader, *conclusions):
    """Return what is written about the first pairs in EF, with these p values of its ANOVA."""
    pairs = cohort["group_differences"].query("metric == 'EF'").head(len(conclusions))
    pairs = pairs.assign(conclusion=conclusions, reference_difference=-8.04, reader_difference=-3.21)
    welch = cohort["group_tests"].query("metric == 'EF' and test == 'welch_anova'")
    welch = welch.assign(p_holm=welch["rater"].map({"reference": p_reference, "reader": p_reader}))
    tables = {"agreement": cohort["agreement"], "group_tests": welch, "group_differences": pairs}
    found = paragraphs(write(tables))["Phenotypes"][1:]
    return [text for text in found if "deviated" not in text]


def test_pairs_of_phenotypes_have_one_sentence_per_parameter(cohort, write):
    differ = "(−8.0; −3.2 percentage points)"
    (text,) = pairs_said(cohort, write, 0.01, 0.01, "same: significant", "reference only", "reader only", "opposite")
    assert text.endswith(
        "as reference, then net, and their CIs and p values in the supplementary tables. EF differed significantly "
        f"between DCM and control {differ} according to both, between MI and DCM {differ} in opposite directions "
        f"according to the two, between MI and control {differ} according to the reference only, and between TAC and "
        f"control {differ} according to net only. A difference that is significant according to only one of them "
        "does not show that they disagree."
    )
    (text,) = pairs_said(cohort, write, 0.01, 0.01, "same: significant", "same: significant", "same: not significant")
    assert text.endswith(
        f"EF differed significantly between DCM and control {differ} and between MI and "
        f"control {differ} according to both. No other pair differed significantly according to the reference or net."
    )
    (text,) = pairs_said(cohort, write, 0.01, 0.01, "same: not significant")
    assert text == (
        "Pairs of phenotypes were compared by Welch's t-test with Bonferroni correction and could differ significantly "
        "only where the ANOVA was significant. No two phenotypes differed significantly according to the reference or "
        "net."
    )


def test_pairs_are_compared_for_a_method_whose_anova_is_significant(cohort, write):
    (text,) = pairs_said(cohort, write, 0.06, 0.01, "reader only")
    assert (
        "EF, for which the ANOVA was significant according to net only, differed significantly between DCM and control "
        "(−8.0; −3.2 percentage points) according to net. "
    ) in text
    assert "p = " not in text
    assert pairs_said(cohort, write, 0.06, 0.06, "same: not significant") == []


def test_phenotypes_by_one_or_both(cohort, write):
    def said(reference, reader):
        welch = cohort["group_tests"].query("metric == 'EF' and test == 'welch_anova'")
        tables = {name: cohort[name] for name in ("agreement", "group_differences")}
        tables |= {"group_tests": welch.assign(p_holm=[reference, reader])}
        (text,) = re.findall(r"EF \(F\(3.*?\) ([^()]*)\.$", paragraphs(write(tables))["Phenotypes"][0])
        return text

    differed = "differed significantly between phenotypes according to"
    assert said(0.01, 0.01) == f"{differed} both the reference and net"
    assert said(0.01, 0.06) == f"{differed} the reference but not according to net"
    assert said(0.06, 0.01) == f"{differed} net but not according to the reference"
    assert (
        said(0.06, 0.06) == "did not differ significantly between phenotypes according to either the reference or net"
    )


def test_two_phenotypes_are_one_question(tmp_path, write):
    """One verdict and one p for each metric and rater, and the p is that of Table 3."""
    paths = statistics(tmp_path, measurements(tmp_path, 6, ("control", "DCM")))
    tables = {name: read_csv(path) for name, path in paths.items()}
    found = paragraphs(write(tables))["Phenotypes"]
    assert len(found) == 2 and "deviated" in found[1]
    welch = tables["group_tests"].query("test == 'welch_anova'")
    for row in welch.to_dict("records"):
        assert p_is(row["p_holm"]) in found[0]
    assert found[0].count("p = ") + found[0].count("p < ") + found[0].count("p > ") == len(welch) == 12
    assert found[0].startswith("The phenotypes were compared by Welch's t-test with Holm correction across parameters")
    for metric in ("EDV", "ESV", "SV", "EF", "mass at ED", "mass at ES"):
        assert len(re.findall(rf"\. {metric[0].upper()}{metric[1:]} (?:was|did not)", found[0])) == 1


def test_differences_that_the_reader_measures_otherwise_are_given(cohort, write):
    """A reader that halves a difference does not agree on it because both call it significant."""
    tables = {name: cohort[name] for name in ("agreement", "group_tests")}
    rows = cohort["group_differences"].assign(bias_difference_p_adjusted=0.05, conclusion="same: significant")
    place = rows.index[(rows["metric"] == "mass_ED") & (rows["group_b"] == "TAC") & (rows["group_a"] == "control")]
    columns = ["reference_difference", "reader_difference", "bias_difference"]
    rows.loc[place, [*columns, "bias_difference_ci_low", "bias_difference_ci_high"]] = [71.8, 35.2, -36.6, -59.6, -13.5]
    rows.loc[place, "bias_difference_p_adjusted"] = 0.012
    deviation = "in mass at ED between TAC and control (35.2 instead of 71.8 mg; deviation −36.6 mg, 95% CI −59.6 to "
    corrected = (
        " Bonferroni-corrected for the pairs of a parameter; p is the larger of the Bonferroni-corrected p and the "
        "Holm-corrected p of Welch's ANOVA of the differences net − reference."
    )
    assert paragraphs(write(tables | {"group_differences": rows}))["Phenotypes"][-1] == (
        "Differences between phenotypes as measured by net deviated significantly from those measured by the reference "
        f"{deviation}−13.5, p = 0.012). This CI is{corrected}"
    )
    rows.loc[place, ["bias_difference_ci_high", "bias_difference_p_adjusted"]] = [0.4, 0.051]
    assert paragraphs(write(tables | {"group_differences": rows}))["Phenotypes"][-1] == (
        "No difference between phenotypes as measured by net deviated significantly from that measured by the "
        "reference; relative to the mean of the reference, the largest deviation was found "
        f"{deviation}0.4, p = 0.051). This CI is{corrected}"
    )
    one = rows[rows["metric"] == "mass_ED"]
    assert "and the p of Welch's ANOVA" in paragraphs(write(tables | {"group_differences": one}))["Phenotypes"][-1]


def test_little_power_is_stated_with_few_mice_per_phenotype(cohort, write):
    warning = " mice per phenotype, these tests have little power"
    names = ("agreement", "group_tests", "group_differences")
    tables = {name: cohort[name] for name in names}
    assert warning not in write(tables)
    for sizes, said in (((4, 4), "with 4"), ((3, 9), "with as few as 3"), ((5, 5), "")):
        rows = tables["group_differences"].assign(n_a=sizes[0], n_b=sizes[1])
        found = paragraphs(write(tables | {"group_differences": rows}))
        for text in (found["Summary"][0], found["Phenotypes"][0]):
            assert (said + warning in text.replace("With", "with")) if said else (warning not in text)


def test_the_model_names_the_phenotypes_with_larger_errors(cohort, write):
    tables = changed(cohort, "overlap_model", "p", 0.002, term="phenotype")
    for column, value in {"estimate": 0.0123, "ci_low": 0.0041, "ci_high": 0.0205, "p_adjusted": 0.003}.items():
        tables = changed(tables, "overlap_model", column, value, term="phenotype[MI]")
    for phenotype in ("DCM", "TAC"):
        tables = changed(tables, "overlap_model", "p_adjusted", 0.3, term=f"phenotype[{phenotype}]")
    text = write(tables)
    assert "The Dice error of each mouse, 1 − Dice averaged over phases and structures, differed significantly" in text
    assert (
        "It was significantly larger in MI than in control (difference 0.012, 95% CI 0.004 to 0.021, p = 0.003). These "
        "CIs are Bonferroni-corrected; p is the larger of the Bonferroni-corrected p and the p of the ANOVA."
    ) in text
    assert "did not differ significantly between phenotypes (Welch's ANOVA, F(3, " in write(
        changed(tables, "overlap_model", "p", 0.06, term="phenotype")
    )


def test_phenotypes_of_few_mice_give_no_verdict(tmp_path, write):
    """Five mice, three of them the only one of their phenotype: nothing is said of phenotypes but that."""
    phenotypes = measurements(tmp_path, 2)
    function, overlap = (read_csv(tmp_path / f"{name}.csv") for name in ("function", "overlap"))
    alone = {"Mouse4", "Mouse6", "Mouse8"}
    for name, table in (("function", function), ("overlap", overlap)):
        write_csv(table[~table["mouse"].isin(alone)], tmp_path / f"{name}.csv")
    paths = statistics(tmp_path, {m: p for m, p in phenotypes.items() if m not in alone})
    text = write({name: read_csv(path) for name, path in paths.items()})
    assert paragraphs(text)["Phenotypes"] == [
        "Phenotypes were not compared because fewer than two of them had at least 3 mice measured by both reference "
        "and reader."
    ]
    assert "1 − Dice" not in text
