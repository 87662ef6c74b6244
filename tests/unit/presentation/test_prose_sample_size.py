"""Sample sizes in words."""

import write_results
from results_of_a_cohort import paragraphs


def test_sample_size_of_a_reader_that_does_not_follow_the_reference(cohort, write):
    row = cohort["sample_size"].query("metric == 'EF'").assign(calibrated_mice_per_group=None, slope=-0.12)
    text = paragraphs(write({"agreement": cohort["agreement"], "sample_size": row}))["Sample size"][0]
    assert "; the number for net could not be estimated, because the slope was not positive (−0.12). These CI" in text


def test_sample_sizes_of_simulated_mice_are_not_for_planning(cohort):
    found = [
        write_results.sections(cohort, "mine", "net", 0.05, 0.8, 0, simulated)["Sample size"][0]
        for simulated in (False, True)
    ]
    added = " The SDs are those of the simulation, and these numbers must not be used to plan experiments."
    assert found[1].replace(added, "") == found[0] != found[1]


def test_sample_sizes_that_could_not_be_estimated_are_no_estimates(cohort, write):
    reasons = {
        "EDV": '[["rater_constant_in_groups", ["reference"], []]]',
        "EF": '[["sd_uncertain", ["n = 5", "2 groups"], []]]',
    }
    table = cohort["sample_size"].assign(reasons=lambda rows: rows["metric"].map(reasons))
    table["reference_mice_per_group"] = table["reference_mice_per_group"].mask(table["metric"] == "EDV")
    text = paragraphs(write({"agreement": cohort["agreement"], "sample_size": table}))["Sample size"][0]
    assert "in EDV, " not in text
    assert text.endswith(
        " These CIs take only the uncertainty of the SDs of the reference into account. The SD of EF, "
        "estimated from n = 5 in 2 groups, is very uncertain, so that no number with net is given. Sample sizes could "
        "not be estimated for EDV (the reference does not vary within groups)."
    )
