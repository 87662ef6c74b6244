"""Agreement in words."""

import re

import numpy as np
import pandas as pd
import pytest

import write_results
from results_of_a_cohort import paragraphs


@pytest.mark.parametrize(
    ("p", "p_holm", "bias", "said"),
    [
        (0.001, 0.01, 2, "Reader net significantly overestimated EF."),
        (0.001, 0.01, -2, "Reader net significantly underestimated EF."),
        (0.03, 0.09, 2, "Reader net did not differ significantly from the reference in EF."),
        (0.05, 0.05, 2, "Reader net did not differ significantly from the reference in EF."),
        (np.nan, np.nan, 2, "Bias was not tested in EF."),
    ],
)  # fmt: skip
def test_over_and_underestimated_follow_p(cohort, write, p, p_holm, bias, said):
    row = cohort["agreement"].query("metric == 'EF'").assign(p=p, p_holm=p_holm, bias=bias)
    verdict = write({"agreement": row.assign(slope_p_holm=1.0)})
    assert f" EF (bias {bias}.0 percentage points, 95% CI ".replace("-", "−") in verdict
    cited = "Table 1 gives the means, limits of agreement and p values, and Figure 3 shows all differences."
    assert without_facts(verdict) == f"{said} {cited}"


def without_facts(text):
    """Return the paragraph on bias without the values in parentheses."""
    return re.sub(r" \((bias )?−?\d[^)]*\)", "", paragraphs(text)["Agreement"][1])


def test_p_is_given_where_the_uncorrected_interval_excludes_zero(cohort, write):
    """Without it, an interval that excludes 0 would seem to contradict the verdict."""
    row = cohort["agreement"].query("metric == 'EF'").assign(bias=0.6, bias_ci_low=0.1, bias_ci_high=1.1, p_holm=0.08)
    shown = "in EF (bias 0.6 percentage points, 95% CI {} to 1.1{})."
    assert shown.format("0.1", ", p = 0.080") in write({"agreement": row})
    assert shown.format("−0.1", "") in write({"agreement": row.assign(bias_ci_low=-0.1)})


def test_verdicts_on_several_metrics(cohort, write):
    table = cohort["agreement"].assign(p=0.5, p_holm=0.9)
    assert without_facts(write({"agreement": table.assign(slope_p_holm=1.0)})).startswith(
        "Reader net did not differ significantly from the reference in EDV, ESV, SV, EF, mass at ED or mass at ES."
    )
    table["p"], table["p_holm"], table["bias"] = 1e-4, [0.01] * 5 + [0.2], [1, 1, -1, -1, 1, 1]
    assert (
        "Reader net significantly overestimated EDV, ESV and mass at ED and underestimated SV and EF, but did not "
        "differ significantly from the reference in mass at ES."
    ) in without_facts(write({"agreement": table.assign(slope_p_holm=1.0)}))
    table = table.assign(slope_p_holm=[0.01] * 3 + [1.0] * 2 + [0.01])
    verdict = without_facts(write({"agreement": table}))
    assert "in mass at ES. Bias was proportional for EDV, ESV, SV and mass at ES (see below). Table 1" in verdict


def test_equivalence_is_shown_or_not(cohort, write):
    table = cohort["agreement"].assign(tost_p_holm=[0.01, 0.05, 0.2, np.nan, np.nan, np.nan], p_holm=1.0)
    text = paragraphs(write({"agreement": table}))["Agreement"][2]
    assert text.endswith(
        "shown for EDV (margin ±5 µL, p = 0.010), but not for ESV (margin ±5 µL, p = 0.050) or SV (margin ±3 µL, p = "
        "0.200)."
    )
    sloping = table.assign(slope_p_holm=[0.01, 1, 1, 1, 1, 1], tost_p_holm=[0.01, 0.01, 0.2, np.nan, np.nan, np.nan])
    assert paragraphs(write({"agreement": sloping}))["Agreement"][2].endswith(
        "shown for ESV (margin ±5 µL, p = 0.010), but not for SV (margin ±3 µL, p = 0.200). Although bias lay within "
        "the margin for EDV (p = 0.010), equivalence was not concluded, because the difference depended on size (see "
        "below), and differences of opposite sign may cancel in the mean."
    )
    text = write({"agreement": table.assign(tost_p_holm=0.2)})
    assert "Holm-corrected) was not shown for EDV" in text
    assert "quivalence" not in write({"agreement": table.assign(tost_p_holm=np.nan)})


def test_regression_based_limits_are_given_as_lines(cohort, write):
    lines = {"loa_low_intercept": -3.21, "loa_low_slope": 0.123, "loa_high_intercept": 4.56, "loa_high_slope": -0.456}
    row = cohort["agreement"].query("metric == 'EDV'").assign(slope_p_holm=0.01, **lines)
    assert ", p = 0.010, regression-based limits −3.2 + 0.12 × mean to 4.6 − 0.46 × mean µL)." in write(
        {"agreement": row}
    )
    assert "regression-based" not in write({"agreement": row.assign(slope_p_holm=0.06)})
    several = row.assign(scans=2 * row["n"])
    assert "regression-based limits are not available for several scans per mouse." in write({"agreement": several})


def test_bias_by_size_may_be_bias_by_phenotype(cohort, write):
    def said(reference):
        tables = {"agreement": cohort["agreement"].assign(slope_p_holm=[0.01, 0.01, 1, 1, 1, 1])}
        tables |= {name: cohort[name] for name in ("group_tests", "group_differences")}
        of_edv = tables["group_tests"].eval("metric == 'EDV' and rater == 'reference'")
        tables["group_tests"] = tables["group_tests"].assign(p_holm=np.where(of_edv, reference, 1.0))
        return write(tables)

    assert (
        "Because phenotypes differed in EDV, dependence on size cannot be distinguished from dependence on the "
        "phenotype.\n"
    ) in said(0.01)
    assert "distinguished" not in said(0.06)


def test_slopes_that_are_not_significant_are_given(cohort, write):
    agreement = cohort["agreement"].assign(slope_p_holm=1.0, slope=[0.1, -0.444, 0.2, 0.0, 0.076, 0.05])
    assert "No significant proportional bias was found (slopes of −0.44 to 0.20)." in write({"agreement": agreement})
    one = write({"agreement": agreement.query("metric == 'EF'")})
    assert "No significant proportional bias was found (slope 0.00)." in one


def test_concordance_close_to_zero_has_no_sign(cohort, write):
    table = cohort["agreement"].assign(ccc=[-0.001, 0.1, 0.2, 0.3, 0.4, 0.5])
    assert "coefficient ranged from 0.00 (EDV) to 0.50 (mass at ES)." in write({"agreement": table})


def differences(**of_mice):
    """Return function.csv with this difference of each mouse in every metric."""
    rows = [(m, metric, "uL", 60.0, 60.0 + d) for metric in ("EDV", "SV") for m, d in of_mice.items()]
    return pd.DataFrame(rows, columns=["mouse", "metric", "unit", "reference", "reader"])


def test_differences_that_are_not_normal_are_named_with_the_mouse_behind_them(cohort, write):
    agreement = cohort["agreement"].assign(shapiro_p_holm=[0.0004, 0.05, 0.02, 1, 1, 1], bias=-3.0)
    agreement["wilcoxon_p"] = [0.0312, *[np.nan] * 5]
    agreement["p"] = 0.049
    function = differences(Mouse1=1.0, Mouse11=-27.8, Mouse3=2.0)
    found = paragraphs(write({"agreement": agreement, "function": function}))["Agreement"]
    assert (
        "By Shapiro-Wilk tests, differences were not normally distributed in EDV (p < 0.001) and SV (p = 0.020), so "
        "that the corresponding t-tests and limits of agreement with their CIs are approximate. Wilcoxon signed-rank "
        "tests of the differences gave p = 0.031 for EDV (not corrected). The differences farthest from the bias were "
        "those of Mouse11 in EDV (−27.8 µL) and SV (−27.8 µL)."
    ) in found
    function.loc[(function["mouse"] == "Mouse3") & (function["metric"] == "SV"), "reader"] = 200.0
    text = write({"agreement": agreement, "function": function})
    assert "bias were those of Mouse11 in EDV (−27.8 µL) and of Mouse3 in SV (140.0 µL)." in text
    one = agreement.assign(shapiro_p_holm=[0.01] + [1] * 5)
    assert "The difference farthest from the bias was that of Mouse11 in EDV (" in write(
        {"agreement": one, "function": function}
    )
    disputed = write({"agreement": agreement.assign(p=0.05), "function": function})
    assert (
        "gave p = 0.031 for EDV (not corrected); uncorrected paired t-tests gave p = 0.050 for EDV, so that the "
        "significance of bias depends on the test. The"
    ) in disputed
    normal = write({"agreement": agreement.assign(shapiro_p_holm=0.06), "function": function})
    assert "Shapiro" not in normal


def test_the_animal_behind_differences_that_are_not_normal_is_named_with_its_mean():
    table = write_results.differences_of(differences(a1=4.0, a2=2.0, b=1.0), {"a1": "A", "a2": "A", "b": "B"})
    assert table.query("metric == 'EDV'").set_index("animal")["difference"].to_dict() == {"A": 3.0, "B": 1.0}


def test_mice_are_counted(cohort, write):
    assert paragraphs(write(cohort))["Mice"] == [
        "Reader net was compared with the reference in 40 mice of the mine cohort. The phenotypes were control (n = "
        "10), "
        "DCM (n = 10), MI (n = 10) and TAC (n = 10)."
    ]
    more = pd.DataFrame({"mouse": ["A", "B", "C"], "ed_frame": [0, None, 0], "es_frame": [7, None, 7]})
    manifest = pd.concat([cohort["manifest"], more.astype({"ed_frame": "Int64", "es_frame": "Int64"})])
    assert paragraphs(write(cohort | {"manifest": manifest}))["Mice"][0].startswith(
        "Reader net was compared with the reference in 40 of the 43 mice of the mine cohort. Of the other mice, 1 "
        "had no "
        "reference contours at ED and ES and 2 were not measured by net. The phenotypes"
    )
    assert "of the mine cohort. The other mouse had no reference contours at ED and ES. The" in write(
        cohort | {"manifest": manifest[~manifest["mouse"].isin(["A", "C"])]}
    )
    learning = pd.DataFrame({"mouse": ["A", "C"], "split": ["train", "validation"]})
    tables = {"manifest": manifest[manifest["mouse"] != "B"], "split": learning}
    assert "The other 2 mice belonged to the training and validation sets." in write(cohort | tables)
    few = cohort["groups"].assign(n=cohort["groups"]["n"].where(cohort["groups"]["phenotype"] != "TAC", 1))
    assert "MI (n = 10), TAC (n = 1) and unknown (n = 9)." in write(cohort | {"groups": few})


@pytest.mark.parametrize(
    ("ed", "es", "words"),
    [
        (
            [0, -1, 2, None],
            [0, 0, 0, None],
            "The blood pool segmented by net was largest at ED of the reference in 1 of 3 mice, and within 2 frames of "
            "ED in the others; it was smallest at ES of the reference in all 3 mice.",
        ),
        (
            [0, 0, 1, 0],
            [0, 0, 3, 0],
            "The blood pool segmented by net was largest at ED of the reference in 3 of 4 mice, and within 1 frame of "
            "ED in the other; it was smallest at ES of the reference in 3 of 4 mice, and within 3 frames of ES in the "
            "other.",
        ),
        ([None] * 4, [None] * 4, ""),
    ],
)
def test_frames_of_the_reader_are_compared_with_those_of_the_reference(write, cohort, ed, es, words):
    table = pd.DataFrame({"mouse": list("ABCD"), "ed_difference_frames": ed, "es_difference_frames": es})
    page = write(cohort | {"frames": table})
    assert words in page if words else "was largest at ED" not in page
