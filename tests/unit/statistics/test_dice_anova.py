import math
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.anova import AnovaRM
from statsmodels.stats.multitest import multipletests

from murmur.statistics.dice_anova import anova, pairwise
from murmur.statistics.dice_cells import CELLS, EFFECTS, dice_by_cell


@pytest.fixture
def overlap():
    rng = np.random.default_rng(3)
    level = {cell: mean for cell, mean in zip(CELLS, (0.95, 0.93, 0.89, 0.92), strict=True)}
    rows = [
        (f"Mouse{m}", phase, structure, level[phase, structure] + mouse + rng.normal(0, 0.02))
        for m, mouse in enumerate(rng.normal(0, 0.01, 12))
        for phase, structure in CELLS
    ]
    return pd.DataFrame(rows, columns=["mouse", "phase", "structure", "dice"])


def closed_form(dice: np.ndarray) -> dict[str, tuple[float, float, float]]:
    """Return F, p and generalised eta squared of each effect: orthonormal contrasts u, F = n mean(u)^2 / var(u)."""
    n = len(dice)
    scores = {name: dice @ np.array(w) / 2 for name, w in ({"mouse": (1, 1, 1, 1)} | EFFECTS).items()}
    within_mice = sum((n - 1) * u.var(ddof=1) for u in scores.values())
    found = {}
    for effect in EFFECTS:
        u = scores[effect]
        squares = n * u.mean() ** 2
        f = squares / u.var(ddof=1) if np.ptp(u) > 1e-12 else math.nan
        found[effect] = (f, stats.f.sf(f, 1, n - 1), squares / (squares + within_mice))
    return found


@pytest.mark.parametrize("mice", [2, 3, 12])
def test_anova_against_the_closed_form_and_statsmodels(overlap, mice):
    overlap = overlap.head(4 * mice)
    dice = dice_by_cell(overlap)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = anova(dice).set_index("effect")
    other = AnovaRM(overlap, "dice", "mouse", ["phase", "structure"]).fit().anova_table
    assert list(found.columns) == ["df1", "df2", "F", "p", "eta_squared_generalized", "note", "p_holm", "reasons"]
    for effect, expected in closed_form(dice.to_numpy()).items():
        assert tuple(found.loc[effect, ["F", "p", "eta_squared_generalized"]]) == pytest.approx(expected, rel=1e-8)
        assert found.loc[effect, "F"] == pytest.approx(other.loc[effect, "F Value"], rel=1e-8)
        assert found.loc[effect, "p"] == pytest.approx(other.loc[effect, "Pr > F"], rel=1e-8)
        assert found.loc[effect, "df1"] == other.loc[effect, "Num DF"] == 1
        assert found.loc[effect, "df2"] == other.loc[effect, "Den DF"] == mice - 1
    assert (found["note"] == "").all()


def test_one_effect_without_variation_leaves_the_others(overlap):
    """Myocardium is 0.05 below blood pool in every mouse and phase: only the phase can be tested."""
    blood = overlap["structure"] == "blood_pool"
    overlap.loc[~blood, "dice"] = overlap.loc[blood, "dice"].to_numpy() - 0.05
    dice = dice_by_cell(overlap)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = anova(dice).set_index("effect")
    assert found.loc["phase", "F"] == pytest.approx(closed_form(dice.to_numpy())["phase"][0], rel=1e-8)
    assert found.loc["phase", "note"] == ""
    assert (
        found.loc[["structure", "phase:structure"], ["df1", "F", "p", "eta_squared_generalized"]].isna().all(axis=None)
    )
    assert set(found["note"].iloc[1:]) == {"the effect does not vary: no F"}


@pytest.mark.parametrize("seed", range(4))
def test_no_effect_at_all_is_an_f_of_zero(seed):
    """Sums of squares that are differences of others must not fall below zero by rounding."""
    differences = np.random.default_rng(seed).normal(0, 0.01, (6, 4))
    differences -= differences.mean(axis=0)
    table = pd.DataFrame(0.93 + differences, columns=pd.MultiIndex.from_tuples(CELLS))
    found = anova(table.set_axis([f"Mouse{m}" for m in range(6)]))
    assert found["F"].between(0, 1e-10).all()
    assert found["eta_squared_generalized"].between(0, 1e-10).all()
    assert found["p"].to_list() == pytest.approx([1, 1, 1], abs=1e-4)


def test_pairwise_is_the_paired_t_test_of_each_contrast(overlap):
    dice = dice_by_cell(overlap)
    table = pairwise(dice, anova(dice), 0.05).set_index("contrast")
    blood, muscle = dice.xs("blood_pool", axis=1, level=1), dice.xs("myocardium", axis=1, level=1)
    pairs = {
        "blood_pool: ED - ES": (blood["ED"], blood["ES"]),
        "myocardium: ED - ES": (muscle["ED"], muscle["ES"]),
        "ED: blood_pool - myocardium": (blood["ED"], muscle["ED"]),
        "ES: blood_pool - myocardium": (blood["ES"], muscle["ES"]),
        "ED and ES: blood_pool - myocardium": (blood.mean(axis=1), muscle.mean(axis=1)),
    }
    assert list(table.index) == list(pairs)
    for name, (a, b) in pairs.items():
        row, test = table.loc[name], stats.ttest_rel(a, b)
        interval = test.confidence_interval()
        assert row["mean_difference"] == pytest.approx((a - b).mean(), rel=1e-8)
        assert row["t"] == pytest.approx(test.statistic, rel=1e-8)
        assert row["p"] == pytest.approx(test.pvalue, rel=1e-8)
        assert (row["ci_low"], row["ci_high"]) == pytest.approx(tuple(interval), rel=1e-8)
        assert row["dz"] == pytest.approx((a - b).mean() / (a - b).std(), rel=1e-8)
        assert row["wilcoxon_p"] == pytest.approx(stats.wilcoxon(a, b).pvalue, rel=1e-8)
        assert (row["n"], row["df"]) == (12, 11)
    np.testing.assert_allclose(table["p_holm"], multipletests(table["p"], method="holm")[1])
    effects = anova(dice).set_index("effect")
    np.testing.assert_allclose(effects["p_holm"], multipletests(effects["p"], method="holm")[1])
    effect = effects.loc["structure"]
    assert table["t"].iloc[-1] ** 2 == pytest.approx(effect["F"], rel=1e-8)


def test_a_contrast_is_significant_only_where_an_effect_is(overlap):
    dice = dice_by_cell(overlap)
    effects = anova(dice).assign(p_holm=[0.3, 0.2, 0.1]).set_index("effect")
    assert list(effects.index) == ["phase", "structure", "phase:structure"]
    table = pairwise(dice, effects.reset_index(), 0.05)
    least = [0.1, 0.1, 0.1, 0.1, 0.2]
    assert table["p_adjusted"].to_list() == [max(pair) for pair in zip(table["p_holm"], least, strict=True)]
    without = pairwise(dice, effects.reset_index().assign(p_holm=np.nan), 0.05)
    assert without["p_adjusted"].to_list() == without["p_holm"].to_list()


def test_a_mouse_without_all_cells_is_left_out_and_named(overlap):
    gap = (overlap["mouse"] == "Mouse4") & (overlap["phase"] == "ES") & (overlap["structure"] == "myocardium")
    overlap.loc[gap, "dice"] = np.nan
    overlap = pd.concat([overlap, pd.DataFrame([("odd", "single", "blood_pool", 0.5)], columns=overlap.columns)])
    dice = dice_by_cell(overlap)
    found = anova(dice)
    assert list(found["df2"]) == [10, 10, 10]
    assert set(found["note"]) == {"excluded, Dice missing: Mouse4, odd"}
    pairs = pairwise(dice, anova(dice), 0.05).set_index("contrast")
    assert pairs["n"].to_list() == [12, 11, 12, 11, 11]
    assert pairs.loc["blood_pool: ED - ES", "note"] == "excluded, Dice missing: odd"


@pytest.mark.parametrize("mice", [0, 1])
def test_too_few_mice_leave_rows_with_a_note(overlap, mice):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dice = dice_by_cell(overlap.head(4 * mice))
        effects, pairs = anova(dice), pairwise(dice, anova(dice), 0.05)
    assert effects[["df1", "F", "p"]].isna().all(axis=None)
    assert pairs[["t", "p", "p_holm", "dz"]].isna().all(axis=None)
    assert effects["note"].str.contains("at least 2 are required").all()
    assert pairs["note"].str.contains("at least 2 are required").all()


def test_dice_without_variation_leaves_rows_with_a_note(overlap):
    overlap["dice"] = overlap["structure"].map({"blood_pool": 0.9, "myocardium": 0.8})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dice = dice_by_cell(overlap)
        effects, pairs = anova(dice), pairwise(dice, anova(dice), 0.05)
    assert effects["F"].isna().all()
    assert effects["note"].str.contains("does not vary").all()
    assert pairs["t"].isna().all()
    assert pairs["note"].str.contains("does not vary").all()
    assert pairs["mean_difference"].to_list() == pytest.approx([0, 0, 0.1, 0.1, 0.1])
    assert math.isnan(pairs["wilcoxon_p"].iloc[0])
