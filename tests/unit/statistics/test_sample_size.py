import numpy as np
import pandas as pd
import pytest
from pingouin import power_ttest
from scipy import stats

from estimate_sample_size import main
from murmur.csv_tables import read_csv, write_csv
from murmur.statistics.sample_size import COLUMNS, mice_per_group, power_of, sample_sizes, sd_limits

CHANGES = {"mass_ED": 10.0, "EF": 5.0, "EDV": 10.0}


pytestmark = pytest.mark.usefixtures("no_warnings")


@pytest.fixture
def function(root):
    return read_csv(root / "config/published/figure3.csv").rename(columns={"dl": "reader"})


def of_mice(reference, reader, metric="EF"):
    """Return a table of one metric whose mice have these values."""
    mice = [f"M{i}" for i in range(len(reference))]
    return pd.DataFrame({"mouse": mice, "metric": metric, "unit": "%", "reference": reference, "reader": reader})


@pytest.mark.parametrize(
    ("effect_size", "alpha", "power", "mice"),
    [
        # Cohen, A power primer (Psychol Bull 1992;112:155), table 2: small, medium and large difference of means
        (0.20, 0.05, 0.80, 394),  # printed as 393, by an approximation
        (0.50, 0.05, 0.80, 64),
        (0.80, 0.05, 0.80, 26),
        (0.50, 0.01, 0.80, 96),  # printed as 95
        (0.80, 0.01, 0.80, 39),  # printed as 38
        (0.50, 0.10, 0.80, 51),  # printed as 50
        (0.80, 0.10, 0.80, 21),  # printed as 20
    ],
)
def test_published_numbers(effect_size, alpha, power, mice):
    assert mice_per_group(effect_size, alpha, power) == mice


@pytest.mark.parametrize("effect_size", [0.01, 0.05, 0.3, 0.64, 1.1, 2.0, 4.0])
@pytest.mark.parametrize(("alpha", "power"), [(0.05, 0.8), (0.01, 0.95), (0.1, 0.5)])
def test_one_mouse_fewer_falls_short(effect_size, alpha, power):
    """The power by the noncentral t distribution, written out, and by pingouin."""
    n = mice_per_group(effect_size, alpha, power)

    def closed_form(mice):
        df, shift = 2 * mice - 2, effect_size * np.sqrt(mice / 2)
        limit = stats.t.isf(alpha / 2, df)
        return stats.nct.sf(limit, df, shift) + stats.nct.cdf(-limit, df, shift)

    assert closed_form(n) >= power
    assert n == 2 or closed_form(n - 1) < power
    assert power_of(effect_size, n, alpha) == pytest.approx(closed_form(n), rel=1e-8)
    assert power_of(effect_size, n, alpha) == pytest.approx(power_ttest(d=effect_size, n=n, alpha=alpha), rel=1e-8)


def test_large_and_small_effects():
    """Where the noncentral t distribution of SciPy says nothing, the chance is simulated."""
    assert [mice_per_group(d, 0.05, 0.8) for d in (10, 30, 1e3, 1e6)] == [2, 2, 2, 2]
    assert mice_per_group(1e-3, 0.05, 0.8) is None
    random = np.random.default_rng(0)
    for effect_size in (20, 40):
        sd = np.sqrt(random.chisquare(2, 10**6) / 2)
        t = (random.normal(effect_size, 1, 10**6)) / sd  # two mice a group: difference / sqrt(2 / 2)
        simulated = np.mean(t > stats.t.isf(0.0005, 2))
        assert power_of(effect_size, 2, 0.001) == pytest.approx(simulated, abs=0.002)


def test_by_hand():
    """Two phenotypes of three and two mice; the reader shows four fifths of every difference."""
    reference = np.array([50, 56, 62, 30, 40.0])
    function = of_mice(reference, 10 + 0.8 * reference)
    row = sample_sizes(function, dict(zip(function["mouse"], "aaabb", strict=True)), 0.05, 0.8, {"EF": 5.0}).iloc[0]
    sd = np.sqrt((6**2 + 0 + 6**2 + 5**2 + 5**2) / 3)
    expected = {
        "change": 5,
        "change_absolute": 5,
        "n": 5,
        "groups": 2,
        "reference_sd": sd,
        "reader_sd": 0.8 * sd,
        "slope": 0.8,
        "reference_effect_size": 5 / sd,
        "reader_effect_size": 5 / (0.8 * sd),
        "reference_mice_per_group": mice_per_group(5 / sd, 0.05, 0.8),
        "reader_mice_per_group": mice_per_group(5 / sd / 0.8, 0.05, 0.8),
        "calibrated_effect_size": 5 / sd,  # to shrink everything neither costs nor saves a mouse
        "calibrated_mice_per_group": mice_per_group(5 / sd, 0.05, 0.8),
        "mice_ratio": 1,
    }
    assert row[list(expected)].to_list() == pytest.approx(list(expected.values()), rel=1e-8)
    assert row["reader_mice_per_group"] < row["reference_mice_per_group"]
    assert (row["metric"], row["unit"], row["change_unit"], row["note"]) == (
        "EF",
        "%",
        "points",
        "the SD and the slope, estimated from n = 5 in 2 groups, are very uncertain",
    )


def test_interval_of_the_number_is_that_of_the_sd():
    """Limits of the SD include the true one in 95% of studies; the number of mice for a limit lies in the table."""
    random = np.random.default_rng(5)
    limits = np.array([sd_limits(sd, 8, 0.05) for sd in random.normal(0, 3, (4000, 9)).std(axis=1, ddof=1)])
    assert np.mean((limits[:, 0] < 3) & (limits[:, 1] > 3)) == pytest.approx(0.95, abs=0.01)
    printed = 17.535, 2.180  # quantiles of the χ² distribution with 8 degrees of freedom, from tables
    assert sd_limits(3, 8, 0.05) == pytest.approx([3 * np.sqrt(8 / of) for of in printed], rel=1e-3)
    reference = np.array([50, 56, 62, 30, 40, 44.0])
    row = sample_sizes(of_mice(reference, reference), {}, 0.05, 0.8, {"EF": 5.0}).iloc[0]
    found = row[["reference_mice_per_group_ci_low", "reference_mice_per_group_ci_high"]].to_list()
    assert found == [mice_per_group(5 / sd, 0.05, 0.8) for sd in sd_limits(np.std(reference, ddof=1), 5, 0.05)]
    assert found[0] < row["reference_mice_per_group"] < found[1]


def test_calibrated_is_the_reference_times_the_correlation(function):
    found = sample_sizes(function, {}, 0.05, 0.8, CHANGES).set_index("metric")
    assert list(found.index) == ["EDV", "EF", "mass_ED"]
    for metric, row in found.iterrows():
        values = function[function["metric"] == metric]
        x, y = values["reference"], values["reader"]
        change = 5 if metric == "EF" else 0.1 * x.mean()
        assert row["change_absolute"] == pytest.approx(change, rel=1e-8)
        assert row["change_unit"] == ("points" if metric == "EF" else "%")
        assert row["slope"] == pytest.approx(np.cov(x, y)[0, 1] / x.var(), rel=1e-8)
        assert row["reference_effect_size"] == pytest.approx(change / x.std(), rel=1e-8)
        assert row["reader_effect_size"] == pytest.approx(change / y.std(), rel=1e-8)
        calibrated = change / x.std() * stats.pearsonr(x, y).statistic
        assert row["calibrated_effect_size"] == pytest.approx(calibrated, rel=1e-8)
        assert row["mice_ratio"] == row["calibrated_mice_per_group"] / row["reference_mice_per_group"] >= 1
    assert set(found["note"]) == {"phenotypes unknown: the SD includes differences between them"}


def test_who_is_left_out_is_named():
    function = of_mice([50, 56, np.nan, 30, 40, 35.0], [51, np.nan, 60, 32, 41, 36])
    phenotypes = {"M0": "a", "M1": "a", "M2": "b", "M3": "b", "M4": "b"}
    row = sample_sizes(function, phenotypes, 0.05, 0.8, {"EF": 5.0}).iloc[0]
    assert (row["n"], row["groups"]) == (3, 2)
    assert row["reference_sd"] == pytest.approx(np.sqrt(50))
    left_out = "excluded, no value for reference or reader: M1, M2; excluded, phenotype unknown: M5"
    assert row["note"] == f"the SD and the slope, estimated from n = 3 in 2 groups, are very uncertain; {left_out}"


@pytest.mark.parametrize(
    ("reference", "reader", "note"),
    [
        ([], [], "none with both values"),
        ([50.0, 60], [np.nan, np.nan], "none with both values"),
        ([50.0], [51.0], "n = 1 in 1 group: no SD"),
        ([50.0, 60, 70], [0.1 + 0.2, 0.3, 0.3], "the reader does not vary within groups"),
        ([50.0, 50, 50], [1.0, 2, 3], "the reference does not vary within groups"),
        ([50.0, 60, 70], [3.0, 2, 1], "the reader does not follow the reference (slope not above 0)"),
    ],
)
def test_what_cannot_be_estimated_has_a_reason(reference, reader, note):
    phenotypes = {f"M{i}": "control" for i in range(3)}
    row = sample_sizes(of_mice(reference, reader), phenotypes, 0.05, 0.8, {"EF": 5.0}).iloc[0]
    assert row["note"].startswith(note)
    assert row[["calibrated_effect_size", "calibrated_mice_per_group", "mice_ratio"]].isna().all()
    known = len(reference) == 3
    assert row[["reference_sd", "reader_sd"]].notna().all() == known
    assert pd.isna(row["reference_mice_per_group"]) == (not known or row["reference_sd"] == 0)
    assert pd.isna(row["reader_mice_per_group"]) == (not known or row["reader_sd"] == 0)


def test_a_mouse_per_phenotype_has_no_sd():
    function = of_mice([50.0, 60], [51.0, 62])
    row = sample_sizes(function, {"M0": "a", "M1": "b"}, 0.05, 0.8, {"EF": 5.0}).iloc[0]
    assert row["note"] == "n = 2 in 2 groups: no SD"


def test_a_change_beyond_all_mice():
    function = of_mice([50.0, 60, 65], [51.0, 62, 64])
    row = sample_sizes(function, dict.fromkeys(function["mouse"], "a"), 0.05, 0.8, {"EF": 1e-3}).iloc[0]
    assert row["reference_effect_size"] > 0
    assert pd.isna(row["reference_mice_per_group"])
    assert "reference: more than 1000000 per group" in row["note"]


def test_the_file(tmp_path, function):
    write_csv(function, tmp_path / "function.csv")
    for name in ("a.csv", "b.csv"):
        main(tmp_path / "function.csv", {}, tmp_path / name, 0.05, 0.8, CHANGES)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    written = read_csv(tmp_path / "a.csv")
    assert list(written.columns) == COLUMNS
    assert written.loc[0, ["reference_mice_per_group", "reader_mice_per_group"]].to_list() == [40, 40]
    main(tmp_path / "function.csv", {}, tmp_path / "none.csv", 0.05, 0.8, {})
    assert list(read_csv(tmp_path / "none.csv").columns) == COLUMNS
