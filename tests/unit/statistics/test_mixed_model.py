import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.optimize import minimize_scalar

from model_overlap import main
from murmur.csv_tables import read_csv, write_csv
from murmur.statistics.mixed_model import TOO_FEW, overlap_model

CELLS = [("ED", "blood_pool"), ("ES", "blood_pool"), ("ED", "myocardium"), ("ES", "myocardium")]
KINDS = ["tac", "control", "banding"]


pytestmark = pytest.mark.usefixtures("no_warnings")


def notes_of(found):
    """Return the notes but for the one that there are few mice."""
    return found["note"].str.removesuffix(TOO_FEW).str.removesuffix("; ")


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


def test_balanced_data_against_closed_forms():
    """REML of balanced data has the variances of the analysis of variance, and differences of means as effects."""
    overlap, phenotypes = cohort(25)
    found = overlap_model(overlap, phenotypes, 0.1).set_index("term")
    error, names, between, within = mean_squares(overlap, phenotypes)
    assert found.loc["sd[mouse]", "estimate"] == pytest.approx(np.sqrt((between - within) / 4), rel=1e-8)
    assert found.loc["sd[residual]", "estimate"] == pytest.approx(np.sqrt(within), rel=1e-8)

    phase, structure = (error @ w / 2 for w in ([-1, 1, -1, 1], [-1, -1, 1, 1]))
    means = {name: error.mean(axis=1)[names == name] for name in KINDS}
    control = means["control"]
    expected = {
        "phase[ES]": (phase.mean(), within / 25),
        "structure[myocardium]": (structure.mean(), within / 25),
        "Intercept": (
            control.mean() - (phase.mean() + structure.mean()) / 2,
            between / 4 / len(control) + within / 25 / 2,
        ),
    }
    for name in ("banding", "tac"):
        group = means[name]
        variance = between / 4 * (1 / len(group) + 1 / len(control))
        expected[f"phenotype[{name}]"] = (group.mean() - control.mean(), variance)
    for term, (estimate, variance) in expected.items():
        row, se = found.loc[term], np.sqrt(variance)
        z = estimate / se
        half = stats.norm.ppf(0.95) * se
        values = [estimate, se, z, 2 * stats.norm.sf(abs(z)), estimate - half, estimate + half]
        columns = ["estimate", "se", "z", "p", "ci_low", "ci_high"]
        assert row[columns].to_list() == pytest.approx(values, rel=1e-8), term

    grand = error.mean(axis=1).mean()
    weighted = sum(len(g) * (g.mean() - grand) ** 2 for g in means.values())
    joint = found.loc["phenotype"]
    assert joint["chi2"] == pytest.approx(4 * weighted / between, rel=1e-8)
    assert joint["df"] == 2
    assert joint["p"] == pytest.approx(stats.chi2.sf(4 * weighted / between, 2), rel=1e-8)
    assert set(found["n"]) == {100}
    assert set(found["mice"]) == {25}
    assert (notes_of(found) == "").all()
    few = found["note"] == TOO_FEW
    assert list(few) == list(found["p"].notna())


@pytest.mark.parametrize("seed", range(3))
def test_missing_values_against_the_likelihood_written_out(seed):
    """Unbalanced: generalised least squares, at the ratio of variances that has the greatest REML likelihood."""
    overlap, phenotypes = cohort(14, seed=seed)
    overlap.loc[np.random.default_rng(seed).choice(len(overlap), 9, replace=False), "dice"] = np.nan
    found = overlap_model(overlap, phenotypes, 0.05).set_index("term")
    kept = overlap.dropna()
    y = 1 - kept["dice"].to_numpy()
    same = kept["mouse"].to_numpy()[:, None] == kept["mouse"].to_numpy()
    kind = kept["mouse"].map(phenotypes)
    columns = [kind == "banding", kind == "tac", kept["phase"] == "ES", kept["structure"] == "myocardium"]
    x = np.column_stack([np.ones(len(y)), *columns]).astype(float)

    def gls(log_ratio):
        v = np.eye(len(y)) + np.exp(log_ratio) * same
        precision = x.T @ np.linalg.solve(v, x)
        beta = np.linalg.solve(precision, x.T @ np.linalg.solve(v, y))
        residual = y - x @ beta
        scale = residual @ np.linalg.solve(v, residual) / (len(y) - 5)
        return beta, scale, precision, v

    def deviance(log_ratio):
        _, scale, precision, v = gls(log_ratio)
        return (len(y) - 5) * np.log(scale) + np.linalg.slogdet(v)[1] + np.linalg.slogdet(precision)[1]

    best = minimize_scalar(deviance, bounds=(-10, 10), method="bounded", options={"xatol": 1e-9}).x
    ratio = (found.loc["sd[mouse]", "estimate"] / found.loc["sd[residual]", "estimate"]) ** 2
    assert np.log(ratio) == pytest.approx(best, abs=1e-5)  # as near as a search for a minimum comes
    beta, scale, precision, _ = gls(np.log(ratio))
    terms = ["Intercept", "phenotype[banding]", "phenotype[tac]", "phase[ES]", "structure[myocardium]"]
    assert found.loc[terms, "estimate"].to_list() == pytest.approx(beta, rel=1e-8)
    assert found.loc["sd[residual]", "estimate"] == pytest.approx(np.sqrt(scale), rel=1e-8)
    expected = np.sqrt(scale * np.diag(np.linalg.inv(precision)))  # those of the expected, not the observed information
    assert found.loc[terms, "se"].to_list() == pytest.approx(expected, rel=0.01)
    assert notes_of(found).str.fullmatch("9 values missing in (Mouse[0-9]+(, )?)+").all()


def test_mice_that_do_not_differ_are_an_ordinary_regression():
    """Where the mean square between mice is below that within mice, REML's variance between mice is zero."""
    overlap, phenotypes = cohort(9, between=0, seed=3)
    error, _, between, within = mean_squares(overlap, phenotypes)
    assert between < within
    found = overlap_model(overlap, phenotypes, 0.05).set_index("term")
    assert found.loc["sd[mouse]", "estimate"] == 0
    assert set(notes_of(found)) == {"mice do not differ by more than the residuals: an ordinary regression"}
    squares = between * 6 + within * 25
    assert found.loc["sd[residual]", "estimate"] == pytest.approx(np.sqrt(squares / 31), rel=1e-8)
    effect = (error @ [-1, 1, -1, 1] / 2).mean()
    assert found.loc["phase[ES]", ["estimate", "se"]].to_list() == pytest.approx([effect, np.sqrt(squares / 31 / 9)])
    assert found.loc["phenotype", "df"] == 2


def test_mice_just_beyond_the_residuals():
    """Near the boundary the library's own optimisers step over it."""
    overlap, phenotypes = cohort(5, between=0.02, kinds=["control"], seed=5)
    dice = overlap["dice"].to_numpy().reshape(-1, 4)
    for factor in np.linspace(0, 1, 400):
        squeezed = dice - (1 - factor) * (dice.mean(axis=1, keepdims=True) - dice.mean())
        overlap["dice"] = squeezed.ravel()
        _, _, between, within = mean_squares(overlap, phenotypes)
        if 0 < between / within - 1 < 0.05:
            break
    assert 0 < between / within - 1 < 0.05
    found = overlap_model(overlap, phenotypes, 0.05).set_index("term")
    assert found.loc["sd[mouse]", "estimate"] == pytest.approx(np.sqrt((between - within) / 4), rel=1e-8)


def test_who_is_left_out_is_named():
    overlap, phenotypes = cohort(12)
    del phenotypes["Mouse5"]
    overlap.loc[overlap["mouse"] == "Mouse7", "dice"] = np.nan
    overlap.loc[[0, 5], "dice"] = np.nan
    overlap.loc[len(overlap)] = ("odd", "single", "blood_pool", 0.9)
    found = overlap_model(overlap, phenotypes, 0.05)
    assert set(notes_of(found)) == {
        "left out, phenotype unknown: Mouse5; left out, no Dice at ED or ES: Mouse7, odd; "
        "2 values missing in Mouse0, Mouse1"
    }
    assert set(found["n"]) == {38}
    assert set(found["mice"]) == {10}


@pytest.mark.parametrize(
    ("phenotypes", "note"),
    [
        ({}, "no phenotype is known: the model is without phenotype"),
        ({"Mouse1": "banding"}, "only banding is known: the model is without phenotype"),
    ],
)
def test_without_phenotypes_to_compare_all_mice_enter(phenotypes, note):
    overlap, _ = cohort(8, seed=2)
    found = overlap_model(overlap, phenotypes, 0.05).set_index("term")
    assert list(found.index) == [
        "Intercept",
        "phase[ES]",
        "structure[myocardium]",
        "phenotype",
        "sd[mouse]",
        "sd[residual]",
    ]
    assert set(found["mice"]) == {8}
    assert found["estimate"].drop("phenotype").notna().all()
    assert found.loc["phenotype", ["estimate", "p", "chi2", "df"]].isna().all()
    assert set(notes_of(found)) == {note}


@pytest.mark.parametrize(
    ("mice", "note"),
    [
        (0, "no value"),
        (1, "1 mouse, more are needed to tell mice from terms: no model"),
        (3, "3 mice, more are needed to tell mice from terms: no model"),
    ],
)
def test_too_few_mice(mice, note):
    found = overlap_model(*cohort(mice), 0.05)
    assert found["estimate"].isna().all()
    assert found["note"].str.startswith(note).all()


def test_the_fewest_mice():
    assert overlap_model(*cohort(4, seed=1), 0.05)["estimate"].drop(5).notna().all()


def test_one_value_per_mouse():
    overlap, phenotypes = cohort(8)
    found = overlap_model(overlap.iloc[::4], phenotypes, 0.05).set_index("term")
    assert found["estimate"].isna().all()
    assert found["note"].str.contains("too few values per mouse").all()
    assert found.loc["phase[ES]", "note"].startswith("all values are of ED: no comparison; ")


def test_one_phase_alone():
    overlap, phenotypes = cohort(8, seed=4)
    found = overlap_model(overlap[overlap["phase"] == "ES"], phenotypes, 0.05).set_index("term")
    assert notes_of(found)["phase[ES]"] == "all values are of ES: no comparison"
    assert np.isnan(found.loc["phase[ES]", "estimate"])
    assert found["estimate"].drop(["phase[ES]", "phenotype"]).notna().all()


def test_terms_that_go_together():
    """Every mouse with banding was measured at ES alone, all others at ED alone."""
    overlap, phenotypes = cohort(8, kinds=["control", "banding"])
    at_es = overlap["mouse"].map(phenotypes) == "banding"
    found = overlap_model(overlap[at_es == (overlap["phase"] == "ES")], phenotypes, 0.05)
    assert set(notes_of(found)) == {"the values cannot tell the terms apart: no model"}


@pytest.mark.parametrize("dice", [0.9, np.nan])
def test_no_variation_or_no_value(dice):
    overlap, phenotypes = cohort(8)
    found = overlap_model(overlap.assign(dice=dice), phenotypes, 0.05)
    assert found["estimate"].isna().all()
    assert found["note"].str.startswith("no value; left" if np.isnan(dice) else "the error does not vary").all()


def test_the_file_has_the_same_bytes_again(tmp_path):
    overlap, phenotypes = cohort(7)
    write_csv(overlap, tmp_path / "overlap.csv")
    for name in ("a.csv", "b.csv"):
        main(tmp_path / "overlap.csv", phenotypes, tmp_path / name, 0.05)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert list(read_csv(tmp_path / "a.csv").columns) == [
        *("term", "n", "mice", "estimate", "se", "z", "p", "ci_low", "ci_high", "chi2", "df", "note"),
    ]
