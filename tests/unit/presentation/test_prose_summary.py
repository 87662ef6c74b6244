"""The summary of the results."""

import re

from murmur.presentation.number_format import rounded
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
        text = paragraphs(write({"agreement": cohort["agreement"], "group_differences": pairs}))["Summary"][0]
        return text[text.index("Of ") :].split(". ")[0]

    assert said("same: significant", "reference only", "reference only", "reader only") == (
        "Of 4 pairwise comparisons of phenotypes, 1 was significant by both the reference and net, 2 by the reference "
        "only and 1 by net only"
    )
    assert said("same: not significant", "same: not significant", "opposite") == (
        "Of 3 pairwise comparisons of phenotypes, 1 was significant in opposite directions by the reference and net "
        "and 2 by neither"
    )
    assert said("same: not significant", "same: not significant") == (
        "Of 2 pairwise comparisons of phenotypes, 2 were significant by neither the reference nor net"
    )


def test_summary_names_extremes(cohort, write):
    tables = {name: cohort[name] for name in ("agreement", "overlap_summary", "surface_summary")}
    text = write(changed(tables, "overlap_summary", "min", 0.123, **AT_ED))
    assert "the lowest Dice coefficient was 0.12 (blood pool at ED)." in text
    text = write(changed(tables, "overlap_summary", "failed", 2, **AT_ED))
    assert "asks were empty for the blood pool at ED in 2 mice." in text and "lowest" not in text
    agreement = cohort["agreement"].assign(p_holm=1.0, slope_p_holm=[0.01] + [1] * 5)
    text = write({"agreement": agreement})
    assert "no parameter showed significant bias. Bias was proportional for EDV." in text
    agreement = agreement.assign(p_holm=[0.01, 0.01] + [1.0] * 4, tost_p_holm=0.05, slope_p_holm=1)
    agreement = agreement.assign(bias=[-4.0, 4.0] + [1.0] * 4, reference_mean=[70.0, 40.0] + [1.0] * 4)
    assert (
        "bias was significant for EDV and ESV, for neither of which equivalence was shown. Relative to the mean of the "
        "reference, the largest significant bias was 10.0% (ESV, 4.0 µL)."
    ) in write({"agreement": agreement})
    agreement["tost_p_holm"] = [0.01, 0.2] + [1.0] * 4
    assert "significant for EDV and ESV, and equivalence was not shown for ESV. Rel" in write({"agreement": agreement})
    within = agreement.assign(tost_p_holm=0.01)
    assert "significant for EDV and ESV, but within the equivalence margins. Rel" in write({"agreement": within})
    agreement["p_holm"] = [1.0, 0.01] + [1.0] * 4
    assert (
        "bias was significant for ESV only, for which equivalence was not shown. Relative to the mean of the "
        "reference, the significant bias was 10.0% (ESV, 4.0 µL)."
    ) in write({"agreement": agreement})
