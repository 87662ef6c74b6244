import warnings

import numpy as np
import pandas as pd
import pytest
from pingouin import rm_anova, welch_anova
from scipy import stats
from statsmodels.regression.mixed_linear_model import MixedLM

from model_overlap import main
from murmur.csv_tables import read_csv, write_csv
from murmur.statistics.dice_anova import anova
from murmur.statistics.dice_cells import dice_by_cell
from murmur.statistics.notes import WORDS
from murmur.statistics.overlap_model import COLUMNS, overlap_model

CELLS = [("ED", "blood_pool"), ("ES", "blood_pool"), ("ED", "myocardium"), ("ES", "myocardium")]
KINDS = ["tac", "control", "banding"]
TERMS = [
    *("phenotype", "phenotype[banding]", "phenotype[tac]", "phase[ES]", "structure[myocardium]"),
    *("sd[mouse]", "sd[residual]"),
]

pytestmark = pytest.mark.usefixtures("no_warnings")


def cohort(mice, between=0.02, kinds=KINDS, seed=0):
    """Return overlap and phenotypes of `mice` mice, whose Dice varies by SD `between` and, within mice, by 0.02."""
    random = np.random.default_rng(seed)
    rows = [
        (f"Mouse{m}", phase, structure, 0.92 - 0.01 * (m % len(kinds)) + level + random.normal(0, 0.02))
        for m, level in enumerate(random.normal(0, between, mice))
        for phase, structure in CELLS
    ]
    table = pd.DataFrame(rows, columns=["mouse", "phase", "structure", "dice"])
    return table, {f"Mouse{m}": kinds[m % len(kinds)] for m in range(mice)}


def mean_squares(overlap, phenotypes):
    """Return errors (mouse, cell), and the mean squares between mice within phenotypes and within mice."""
    error = 1 - overlap["dice"].to_numpy().reshape(-1, 4)
    names = np.array([phenotypes[mouse] for mouse in overlap["mouse"].unique()])
    groups = [error.mean(axis=1)[names == name] for name in np.unique(names)]
    between = 4 * sum((g.var(ddof=0) * len(g)) for g in groups) / (len(error) - len(groups))
    clear = error - error.mean(axis=1, keepdims=True)
    phase, structure = clear @ [-1, 1, -1, 1] / 2, clear @ [-1, -1, 1, 1] / 2
    squares = np.sum(clear**2) - len(error) * (phase.mean() ** 2 + structure.mean() ** 2)
    return error, names, between, squares / (3 * len(error) - 2)


def test_phenotypes_are_compared_on_one_value_per_mouse():
    """Welch's ANOVA of pingouin and Welch's t-test of SciPy, of the mean error of each mouse."""
    overlap, phenotypes = cohort(25, seed=3)
    found = overlap_model(overlap, phenotypes, 0.1).set_index("term")
    assert list(found.index) == TERMS
    means = (1 - overlap.groupby("mouse", sort=False)["dice"].mean()).reset_index()
    means["phenotype"] = means["mouse"].map(phenotypes)
    other = welch_anova(means, "dice", "phenotype").iloc[0]
    joint = found.loc["phenotype"]
    assert joint[["F", "df1", "df2", "p"]].to_list() == pytest.approx(
        other[["F", "ddof1", "ddof2", "p_unc"]].to_list(), rel=1e-8
    )
    groups = {name: rows["dice"].to_numpy() for name, rows in means.groupby("phenotype")}
    for name in ("banding", "tac"):
        row = found.loc[f"phenotype[{name}]"]
        test = stats.ttest_ind(groups[name], groups["control"], equal_var=False)
        assert row["compared_with"] == "control"
        assert row["estimate"] == pytest.approx(groups[name].mean() - groups["control"].mean(), rel=1e-8)
        assert row["p"] == pytest.approx(min(1, 2 * test.pvalue), rel=1e-8)
        limits = test.confidence_interval(1 - 0.1 / 2)
        assert (row["ci_low"], row["ci_high"]) == pytest.approx(tuple(limits), rel=1e-8)
        assert row["p_adjusted"] == max(row["p"], joint["p"])
    assert set(found["n"]) == {100}
    assert set(found["mice"]) == {25}
    assert (found["note"] == "").all()


def test_phase_and_structure_are_tested_within_mice():
    """The same tests as in the repeated-measures ANOVA, and as pingouin's: with the mice's own variation as error."""
    overlap, phenotypes = cohort(12)
    found = overlap_model(overlap, phenotypes, 0.05).set_index("term")
    other = rm_anova(overlap, dv="dice", within=["phase", "structure"], subject="mouse").set_index("Source")
    own = anova(dice_by_cell(overlap)).set_index("effect")
    for term, effect in {"phase[ES]": "phase", "structure[myocardium]": "structure"}.items():
        assert found.loc[term, "t"] ** 2 == pytest.approx(other.loc[effect, "F"], rel=1e-8)
        assert found.loc[term, "p"] == pytest.approx(other.loc[effect, "p_unc"], rel=1e-8)
        assert found.loc[term, "p"] == pytest.approx(own.loc[effect, "p"], rel=1e-8)
        assert found.loc[term, "df2"] == 11
    error = 1 - overlap.set_index(["mouse", "phase", "structure"])["dice"]
    by_phase = error.groupby("phase").mean()
    assert found.loc["phase[ES]", "estimate"] == pytest.approx(by_phase["ES"] - by_phase["ED"], rel=1e-8)


def test_estimates_are_those_of_the_mixed_model():
    """On balanced data, statsmodels' REML fit has the same differences and variances (to its own precision)."""
    overlap, phenotypes = cohort(12, seed=4)
    found = overlap_model(overlap, phenotypes, 0.05).set_index("term")
    kind = overlap["mouse"].map(phenotypes)
    columns = [kind == "banding", kind == "tac", overlap["phase"] == "ES", overlap["structure"] == "myocardium"]
    design = np.column_stack([np.ones(len(overlap)), *columns]).astype(float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MixedLM warns of variances below 0.01 whatever the unit
        fit = MixedLM(1 - overlap["dice"].to_numpy(), design, overlap["mouse"].to_numpy()).fit()
    assert found["estimate"].iloc[1:5].to_list() == pytest.approx(fit.fe_params[1:], rel=1e-6)
    assert found.loc["sd[mouse]", "estimate"] == pytest.approx(np.sqrt(fit.cov_re[0, 0]), rel=1e-3)
    assert found.loc["sd[residual]", "estimate"] == pytest.approx(np.sqrt(fit.scale), rel=1e-3)


def test_variances_are_the_mean_squares():
    overlap, phenotypes = cohort(25)
    found = overlap_model(overlap, phenotypes, 0.05).set_index("term")
    _, _, between, within = mean_squares(overlap, phenotypes)
    assert found.loc["sd[mouse]", "estimate"] == pytest.approx(np.sqrt((between - within) / 4), rel=1e-8)
    assert found.loc["sd[residual]", "estimate"] == pytest.approx(np.sqrt(within), rel=1e-8)


def test_a_variance_at_its_bound_is_named_and_no_test_rests_on_it():
    """Mice that differ by less than the residuals: the tests are those of the mouse means all the same."""
    overlap, phenotypes = cohort(9, between=0, seed=3)
    _, _, between, within = mean_squares(overlap, phenotypes)
    assert between < within
    found = overlap_model(overlap, phenotypes, 0.05).set_index("term")
    assert found.loc["sd[mouse]", "estimate"] == 0
    assert found.loc["sd[mouse]", "note"] == WORDS["variance_zero"]
    means = 1 - overlap.groupby("mouse", sort=False)["dice"].mean()
    groups = [means[[m for m in means.index if phenotypes[m] == kind]] for kind in KINDS]
    assert found.loc["phenotype", "p"] == pytest.approx(stats.f_oneway(*groups, equal_var=False).pvalue, rel=1e-8)


@pytest.mark.parametrize("sizes", [(2, 1, 1, 1), (3, 1, 1, 1), (2, 2, 2, 2)])
def test_phenotypes_of_too_few_mice_are_not_tested(sizes):
    kinds = [kind for kind, n in zip("abcd", sizes, strict=True) for _ in range(n)]
    overlap, _ = cohort(len(kinds))
    found = overlap_model(overlap, {f"Mouse{m}": kind for m, kind in enumerate(kinds)}, 0.05).set_index("term")
    of_phenotype = found[found.index.str.startswith("phenotype")]
    assert of_phenotype[["p", "p_adjusted", "F"]].isna().all(axis=None)
    assert of_phenotype["note"].str.contains("n below 3|n of at least 3").all()
    assert found.loc["phase[ES]", "p"] > 0


def test_a_small_phenotype_changes_nothing_for_the_others():
    overlap, phenotypes = cohort(12)
    phenotypes |= {"Mouse0": "rare", "Mouse1": "rare"}
    found = overlap_model(overlap, phenotypes, 0.05).set_index("term")
    without = overlap[~overlap["mouse"].isin(["Mouse0", "Mouse1"])]
    others = overlap_model(without, phenotypes, 0.05).set_index("term")
    pd.testing.assert_series_equal(found.loc["phenotype", "F":"p"], others.loc["phenotype", "F":"p"])
    assert found.loc["phenotype", "note"] == "excluded, n below 3: rare"
    assert found.loc["phenotype[rare]", ["p", "ci_low"]].isna().all()
    assert np.isfinite(found.loc["phenotype[rare]", "estimate"])


def test_who_is_left_out_is_named():
    overlap, phenotypes = cohort(12)
    del phenotypes["Mouse5"]
    overlap.loc[overlap["mouse"] == "Mouse7", "dice"] = np.nan
    overlap.loc[[0, 5], "dice"] = np.nan
    overlap.loc[len(overlap)] = ("odd", "single", "blood_pool", 0.9)
    found = overlap_model(overlap, phenotypes, 0.05).set_index("term")
    lacking = "excluded, Dice missing: Mouse0, Mouse1, Mouse7, odd"
    assert found.loc["phase[ES]", "note"] == lacking
    assert found.loc["phenotype", "note"].endswith(f"excluded, phenotype unknown: Mouse5; {lacking}")
    assert set(found["mice"]) == {9}
    assert set(found["n"]) == {36}


@pytest.mark.parametrize(
    ("phenotypes", "note"),
    [
        ({}, "no phenotype is known: no comparison"),
        ({"Mouse1": "banding"}, "only banding is known: no comparison"),
    ],
)
def test_without_phenotypes_to_compare_all_mice_enter(phenotypes, note):
    overlap, _ = cohort(8, seed=2)
    found = overlap_model(overlap, phenotypes, 0.05).set_index("term")
    assert list(found.index) == ["phenotype", "phase[ES]", "structure[myocardium]", "sd[mouse]", "sd[residual]"]
    assert set(found["mice"]) == {8}
    assert found["estimate"].drop("phenotype").notna().all()
    assert found.loc["phenotype", "note"] == note


@pytest.mark.parametrize("mice", [0, 1, 2, 3])
def test_few_mice_leave_a_reason_for_every_missing_value(mice):
    found = overlap_model(*cohort(mice), 0.05)
    missing = found["p"].isna() & ~found["term"].str.startswith("sd[") | found["estimate"].isna()
    assert (found.loc[missing, "note"] != "").all()


def test_what_the_cohort_does_not_have_is_not_asked_of_the_mice():
    overlap, phenotypes = cohort(9, seed=4)
    found = overlap_model(overlap[overlap["phase"] == "ES"], phenotypes, 0.05).set_index("term")
    assert found.loc["phase[ES]", "note"] == "no value of ED"
    assert np.isnan(found.loc["phase[ES]", "estimate"])
    assert found["p"].drop(["phase[ES]", "sd[mouse]", "sd[residual]"]).notna().all()
    assert set(found["mice"]) == {9}


def test_errors_that_do_not_vary():
    overlap, phenotypes = cohort(9)
    found = overlap_model(overlap.assign(dice=0.9), phenotypes, 0.05).set_index("term")
    assert found["p"].isna().all()
    assert found.loc["phase[ES]", "note"] == "the difference does not vary: no t-test"
    assert found.loc["phenotype", "note"].startswith("no variation in control, banding, tac")


def test_the_file_has_the_same_bytes_again(tmp_path):
    overlap, phenotypes = cohort(7)
    write_csv(overlap, tmp_path / "overlap.csv")
    for name in ("a.csv", "b.csv"):
        main(tmp_path / "overlap.csv", phenotypes, tmp_path / name, 0.05)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert list(read_csv(tmp_path / "a.csv").columns) == COLUMNS
