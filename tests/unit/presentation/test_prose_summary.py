"""The summary of the results."""

import re

from murmur.presentation.number_format import rounded
from murmur.presentation.prose.summary import summary
from results_of_a_cohort import changed, paragraphs

AT_ED = {"structure": "blood_pool", "phase": "ED"}


def test_summary_has_five_sentences(cohort, write):
    text = paragraphs(write(cohort))["Summary"]
    assert len(text) == 1
    sentences = re.split(r"(?<=[A-Za-z)])\. ", text[0])
    assert len(sentences) == 5
    assert sentences[0].endswith(
        "as measured by reader net, were compared with the reference in 40 mice of the mine cohort"
    )
    ef = cohort["agreement"].set_index("metric").loc["EF"]
    assert sentences[1].startswith(f"The bias in EF was {rounded(ef['bias'], 1)} percentage points (95% limits of ")


def test_summary_counts_pairs_by_who_finds_them_different(cohort, write):
    def said(*conclusions):
        pairs = cohort["group_differences"].head(len(conclusions)).assign(conclusion=conclusions)
        two = cohort["group_tests"].assign(df1=1)
        tables = {"agreement": cohort["agreement"], "group_differences": pairs, "group_tests": two}
        text = paragraphs(write(tables))["Summary"][0]
        return text[text.index("Of ") :].split(". ")[0]

    assert said("same: significant", "reference only", "reference only", "reader only") == (
        "Of 4 pairwise differences between phenotypes, 3 were significant according to the reference, 1 of them also "
        "according to net, and 1 was significant according to net only"
    )
    assert said("same: not significant", "same: significant", "opposite") == (
        "Of 3 pairwise differences between phenotypes, 2 were significant according to the reference, 1 of them also "
        "according to net and 1 in the opposite direction"
    )
    assert said("same: not significant", "reader only", "reader only") == (
        "Of 3 pairwise differences between phenotypes, none was significant according to the reference, and 2 were "
        "significant according to net only"
    )
    assert said("same: not significant", "same: not significant") == (
        "Of 2 pairwise differences between phenotypes, none was significant according to the reference or net"
    )


def test_summary_counts_differences_that_the_reader_measures_otherwise(cohort, write):
    differences = cohort["group_differences"].assign(bias_difference_p_adjusted=1.0)
    tables = {name: cohort[name] for name in ("agreement", "group_tests")} | {"group_differences": differences}
    assert "deviated" not in paragraphs(write(tables))["Summary"][0]
    differences.loc[differences["metric"] == "mass_ES", "bias_difference_p_adjusted"] = 0.04
    assert (
        "; 6 differences between phenotypes as measured by net deviated significantly from those measured by the "
        "reference (mass at ES, by up to −3.8 mg)."
    ) in paragraphs(write(tables))["Summary"][0]


def test_equivalence_of_the_means_is_not_concluded_where_the_bias_depends_on_size(cohort, write):
    def said(equivalence, slopes):
        agreement = cohort["agreement"].assign(tost_p_holm=equivalence, slope_p_holm=slopes, p_holm=1.0)
        text = paragraphs(write({"agreement": agreement}))["Summary"][0]
        return text.partition("equivalence of the means within the margins was ")[2].partition(". ")[0]

    assert said([0.01] * 5 + [0.2], [1] * 4 + [0.01] * 2) == (
        "shown for EDV, ESV, SV and EF, but not for mass at ES, and not concluded for mass at ED, where bias depended "
        "on size"
    )
    assert said(0.01, [1] * 5 + [0.01]) == (
        "shown for EDV, ESV, SV, EF and mass at ED, and not concluded for mass at ES, where bias depended on size"
    )
    assert said([0.01] + [0.2] * 5, 0.01) == (
        "not shown for ESV, SV, EF, mass at ED or mass at ES, and not concluded for EDV, where bias depended on size"
    )
    assert said([0.01] + [None] * 5, 0.01) == "not concluded for EDV, where bias depended on size"
    assert said(0.2, 0.01) == "not shown for any parameter"
    assert said(0.01, 1).startswith("shown for all parameters.")


def test_summary_warns_of_simulated_images(cohort):
    found = [summary(cohort, "mine", "net", 0.05, simulated) for simulated in (False, True)]
    assert found[1].removeprefix(found[0]) == (
        " All images were simulated; agreement in simulated images does not show accuracy in acquired images."
    )


def test_summary_names_extremes(cohort, write):
    tables = {name: cohort[name] for name in ("agreement", "overlap_summary", "surface_summary")}
    text = write(changed(tables, "overlap_summary", "min", 0.123, **AT_ED))
    assert "the lowest Dice coefficient in any mouse was 0.12 (blood pool at ED)." in text
    text = write(changed(tables, "overlap_summary", "failed", 2, **AT_ED))
    assert "asks were empty for the blood pool at ED in 2 mice." in text and "lowest" not in text
    agreement = cohort["agreement"].assign(p_holm=1.0, slope_p_holm=[0.01] + [1] * 5)
    text = write({"agreement": agreement})
    assert "no parameter showed significant bias; equivalence of the means within the margins was shown for" in text
    assert "Bias was proportional for EDV." in text
    agreement = agreement.assign(p_holm=[0.01, 0.01] + [1.0] * 4, tost_p_holm=0.05, slope_p_holm=1)
    agreement = agreement.assign(bias=[-4.0, 4.0] + [1.0] * 4, reference_mean=[70.0, 40.0] + [1.0] * 4)
    assert (
        "bias was significant for EDV and ESV; equivalence of the means within the margins was not shown for any "
        "parameter. Relative to the mean of the reference, the largest significant bias was 10.0% (ESV, 4.0 µL)."
    ) in write({"agreement": agreement})
    agreement["tost_p_holm"] = [0.01, 0.2] + [1.0] * 4
    assert (
        "significant for EDV and ESV; equivalence of the means within the margins was shown for EDV, but not for ESV, "
        "SV, EF, mass at ED or mass at ES. Rel"
    ) in write({"agreement": agreement}), "also of parameters without significant bias"
    within = agreement.assign(tost_p_holm=0.01)
    text = write({"agreement": within})
    assert "for EDV and ESV; equivalence of the means within the margins was shown for all parameters. Rel" in text
    assert "equivalence" not in write({"agreement": agreement.assign(tost_p_holm=None)})
    agreement["p_holm"] = [1.0, 0.01] + [1.0] * 4
    assert (
        "bias was significant for ESV only; equivalence of the means within the margins was shown for EDV, but not for "
        "ESV, SV, EF, mass at ED or mass at ES. Relative to the mean of the reference, the significant "
        "bias was 10.0% (ESV, 4.0 µL)."
    ) in write({"agreement": agreement})
