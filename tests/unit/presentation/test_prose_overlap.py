"""Overlap in words."""

import re

import pytest

from results_of_a_cohort import changed, paragraphs

CONTRAST = {"contrast": "blood_pool: ED - ES"}


def test_dice_between_phases_and_structures(cohort, write):
    tables = {name: cohort[name] for name in ("agreement", "overlap_pairwise")}
    rows = changed(tables, "overlap_pairwise", "p_adjusted", 0.01, **CONTRAST)
    higher = write(changed(rows, "overlap_pairwise", "mean_difference", 0.0214, **CONTRAST))
    assert (
        "Dice coefficients were significantly higher at ED than at ES for the blood pool (difference 0.021, 95% CI "
        in higher
    )
    lower = write(changed(rows, "overlap_pairwise", "mean_difference", -0.0214, **CONTRAST))
    assert (
        "Dice coefficients were significantly lower at ED than at ES for the blood pool (difference −0.021, 95% CI "
        in lower
    )
    same = write(changed(rows, "overlap_pairwise", "p_adjusted", 0.05, **CONTRAST))
    assert "Dice coefficients did not differ significantly between ED and ES for the blood pool (difference" in same
    structures = "Dice coefficients were significantly higher for the blood pool than for the myocardium at ED (differ"
    assert structures in same and same.count("than for the myocardium") == 1, "one sentence for one verdict"
    assert "(p values adjusted for multiple comparisons, CIs not adjusted)" in same


def test_contrasts_without_a_significant_effect_have_no_verdict(cohort, write):
    tables = {name: cohort[name] for name in ("agreement", "overlap_anova", "overlap_pairwise")}
    tables["overlap_anova"] = tables["overlap_anova"].assign(p_holm=[0.06, 0.01, 0.06])
    text = write(tables)
    assert re.search(
        r"The mean difference in Dice between ED and ES was \S+ \(95% CI \S+ to \S+, adjusted p . \S+\) for the blood "
        r"pool and \S+ \(95% CI \S+ to \S+, adjusted p . \S+\) for the myocardium\.",
        text,
    )
    assert "tested against" not in text
    assert "higher for the blood pool than for the myocardium (F(1, 39)" in text
    assert ") but did not differ significantly between ED and ES (F(1, 39)" in text
    assert "there was no significant interaction between phase and structure (F(1, 39)" in text


def test_effects_have_a_direction_and_small_ones_no_zero(cohort, write):
    tables = {name: cohort[name] for name in ("agreement", "overlap_anova", "overlap_pairwise")}
    tables["overlap_anova"] = tables["overlap_anova"].assign(
        p_holm=[0.01, 0.01, 0.06], eta_squared_generalized=[0.0049, 0.005, 0.2]
    )
    tables["overlap_pairwise"] = tables["overlap_pairwise"].assign(mean_difference=[-0.1, 0.05, 1, 1, 0.1])
    text = write(tables)
    assert "Dice coefficient was significantly lower at ED than at ES (F(" in text
    assert "generalised η² < 0.01) and significantly higher for the blood pool than for the myocardium (F(" in text
    assert re.search(r"η² = 0.01, difference 0.100, 95% CI \S+ to \S+\); there was no significant interaction", text)
    assert "over both phases (" not in text, "its t is the square root of F"


def test_with_an_interaction_effects_are_given_for_each_level(cohort, write):
    """Opposite effects of phase in both structures have no effect on average, which would be no result."""
    tables = {name: cohort[name] for name in ("agreement", "overlap_anova", "overlap_pairwise")}
    tables["overlap_anova"] = tables["overlap_anova"].assign(p_holm=[0.7, 0.01, 0.01])
    tables["overlap_pairwise"] = tables["overlap_pairwise"].assign(
        mean_difference=[0.01, -0.01, 0.2, 0.2, 0.2], p_adjusted=0.01
    )
    found = paragraphs(write(tables))["Segmentation accuracy"]
    assert found[0].startswith(
        "In a two-way repeated-measures ANOVA (p values Holm-corrected for its three effects), the effect of phase on "
        "the Dice coefficient differed significantly between structures (F("
    )
    assert "between ED and ES" not in found[0] and "higher" not in found[0]
    assert "higher at ED than at ES for the blood pool" in found[1] and "lower at ED than at ES for" in found[1]
    assert "over both phases" not in found[1]


@pytest.mark.parametrize(
    ("rho", "p", "said"),
    [
        (
            -0.6,
            0.01,
            "A lower Dice coefficient was significantly associated with a larger absolute error in EDV (Spearman's ρ = "
            "−0.6",
        ),
        (
            0.6,
            0.01,
            "A higher Dice coefficient was significantly associated with a larger absolute error in EDV (Spearman's "
            "ρ = 0.60, ",
        ),
        (
            -0.6,
            0.06,
            "Dice coefficient was not significantly associated with the absolute error in EDV (Spearman's ρ = −0.60, ",
        ),
    ],
)
def test_dice_and_error(cohort, write, rho, p, said):
    row = cohort["dice_error"].query("metric == 'EDV'").assign(spearman_rho=rho, p_holm=p)
    assert said in write({"agreement": cohort["agreement"], "dice_error": row})


def test_only_a_dice_coefficient_of_tiny_sd_has_three_decimals(cohort, write):
    names = ("agreement", "overlap_summary", "surface_summary")
    tables = {name: cohort[name].assign(sd=0.004) if "summary" in name else cohort[name] for name in names}
    text = paragraphs(write(tables))["Segmentation accuracy"][0]
    assert re.search(r"\(mean ± SD\) was 0\.\d{3} ± 0\.004 at ED", text)
    assert re.search(r"quartiles\) was \d\.\d\d \(\d\.\d\d to \d\.\d\d\) mm at ED", text)
