import math
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.anova import AnovaRM
from statsmodels.stats.multitest import multipletests

from murmur.contrasts import CELLS, anova, dice_by_cell, pairwise


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


def test_anova_against_statsmodels_and_pingouin(overlap):
    import pingouin

    found = anova(dice_by_cell(overlap)).set_index("effect")
    other = AnovaRM(overlap, "dice", "mouse", ["phase", "structure"]).fit().anova_table
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        third = pingouin.rm_anova(overlap, "dice", ["phase", "structure"], "mouse").set_index("Source")
    third.index = third.index.str.replace(" * ", ":")
    for effect in ("phase", "structure", "phase:structure"):
        assert found.loc[effect, "F"] == pytest.approx(other.loc[effect, "F Value"], rel=1e-8)
        assert found.loc[effect, "p"] == pytest.approx(other.loc[effect, "Pr > F"], rel=1e-8)
        assert found.loc[effect, "df2"] == other.loc[effect, "Den DF"] == 11
        assert found.loc[effect, "F"] == pytest.approx(third.loc[effect, "F"], rel=1e-8)
        assert found.loc[effect, "eta_squared_generalized"] == pytest.approx(third.loc[effect, "ng2"], rel=1e-8)
    assert (found["note"] == "").all()


def test_pairwise_is_the_paired_t_test_of_each_contrast(overlap):
    dice = dice_by_cell(overlap)
    table = pairwise(dice, 0.05).set_index("contrast")
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
    effect = anova(dice).set_index("effect").loc["structure"]
    assert table["t"].iloc[-1] ** 2 == pytest.approx(effect["F"], rel=1e-8)


def test_a_mouse_without_all_cells_is_left_out_and_named(overlap):
    gap = (overlap["mouse"] == "Mouse4") & (overlap["phase"] == "ES") & (overlap["structure"] == "myocardium")
    overlap.loc[gap, "dice"] = np.nan
    overlap = pd.concat([overlap, pd.DataFrame([("odd", "single", "blood_pool", 0.5)], columns=overlap.columns)])
    dice = dice_by_cell(overlap)
    found = anova(dice)
    assert list(found["df2"]) == [10, 10, 10]
    assert set(found["note"]) == {"left out, a Dice is missing: Mouse4, odd"}
    pairs = pairwise(dice, 0.05).set_index("contrast")
    assert pairs["n"].to_list() == [12, 11, 12, 11, 11]
    assert pairs.loc["blood_pool: ED - ES", "note"] == "left out, a Dice is missing: odd"


@pytest.mark.parametrize("mice", [0, 1])
def test_too_few_mice_leave_rows_with_a_note(overlap, mice):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dice = dice_by_cell(overlap.head(4 * mice))
        effects, pairs = anova(dice), pairwise(dice, 0.05)
    assert effects[["df1", "F", "p"]].isna().all(axis=None)
    assert pairs[["t", "p", "p_holm", "dz"]].isna().all(axis=None)
    assert effects["note"].str.contains("at least 2 are needed").all()
    assert pairs["note"].str.contains("at least 2 are needed").all()


def test_dice_without_variation_leaves_rows_with_a_note(overlap):
    overlap["dice"] = overlap["structure"].map({"blood_pool": 0.9, "myocardium": 0.8})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dice = dice_by_cell(overlap)
        effects, pairs = anova(dice), pairwise(dice, 0.05)
    assert effects["F"].isna().all()
    assert effects["note"].str.contains("same in every mouse").all()
    assert pairs["t"].isna().all()
    assert pairs["note"].str.contains("same in every mouse").all()
    assert pairs["mean_difference"].to_list() == pytest.approx([0, 0, 0.1, 0.1, 0.1])
    assert math.isnan(pairs["wilcoxon_p"].iloc[0])
