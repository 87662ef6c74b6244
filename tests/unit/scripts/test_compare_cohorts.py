import math
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import compare_cohorts
from murmur.csv_tables import read_csv, write_csv
from murmur.statistics.cohort_comparison import COLUMNS
from murmur.statistics.notes import WORDS
from murmur.vocabulary import METRICS


@pytest.fixture(autouse=True)
def strict():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def errors(mice: int, seed: int) -> np.ndarray:
    """Errors by mouse and metric, without a zero."""
    return np.random.default_rng(seed).uniform(0.5, 4, (mice, len(METRICS)))


def function(values: np.ndarray) -> pd.DataFrame:
    """A table in which the reader errs by `values`, axes (mouse, metric), up and down."""
    rows = [
        (f"M{mouse}", metric, unit, 64.0, 64.0 + (-1) ** mouse * values[mouse, index])
        for mouse in range(len(values))
        for index, (metric, unit) in enumerate(METRICS.items())
    ]
    return pd.DataFrame(rows, columns=["mouse", "metric", "unit", "reference", "reader"])


def overlap(dice: np.ndarray) -> pd.DataFrame:
    """A table with Dice `dice`, axes (mouse, phase), of the blood pool; half as much of the myocardium."""
    rows = [
        (f"M{mouse}", phase, structure, dice[mouse, index] / divisor)
        for mouse in range(len(dice))
        for index, phase in enumerate(("ED", "ES"))
        for structure, divisor in (("blood_pool", 1), ("myocardium", 2))
    ]
    return pd.DataFrame(rows, columns=["mouse", "phase", "structure", "dice"])


def run(folder, functions, overlaps, baselines, alpha=0.05, **more):
    paths = {"function": {}, "overlap": {}}
    for kind, tables in (("function", functions), ("overlap", overlaps)):
        for reader, by_cohort in tables.items():
            for cohort, table in by_cohort.items():
                path = paths[kind].setdefault(reader, {})[cohort] = folder / f"{cohort}_{reader}_{kind}.csv"
                write_csv(table, path)
    output = folder / "cohort_comparison.csv"
    compare_cohorts.main(paths["function"], paths["overlap"], baselines, output, alpha, **more)
    return read_csv(output)


def two(folder, internal, external, **settings):
    """Compare two cohorts of one reader, given by their errors."""
    cohorts = {"here": function(internal), "there": function(external)}
    return run(folder, {"net": cohorts}, {}, {"net": "here"}, **settings).set_index("metric")


def test_the_ratio_of_scaled_errors_is_the_scale(tmp_path):
    internal = errors(20, 1)
    table = two(tmp_path, internal, 2 * internal)
    assert table["ratio"].to_list() == pytest.approx([2] * 6)
    assert (table["ratio_ci_low"] < 2).all()
    assert (table["ratio_ci_high"] > 2).all()
    assert table["note"].isna().all()
    swapped = two(tmp_path, 2 * internal, internal)
    assert swapped["ratio"].to_list() == pytest.approx([0.5] * 6)


@pytest.mark.parametrize("alpha", [0.05, 0.1])
def test_limits_and_tests_by_hand(tmp_path, alpha):
    internal, external = errors(12, 2), 1.5 * errors(7, 3)
    table = two(tmp_path, internal, external, alpha=alpha)
    for index, metric in enumerate(METRICS):
        x, y, row = internal[:, index], external[:, index], table.loc[metric]
        squared = np.array([x.var(ddof=1) / 12 / x.mean() ** 2, y.var(ddof=1) / 7 / y.mean() ** 2])
        df = squared.sum() ** 2 / (squared[0] ** 2 / 11 + squared[1] ** 2 / 6)
        middle, se = np.log(y.mean() / x.mean()), np.sqrt(squared.sum())
        limits = np.exp(middle + se * stats.t.ppf([alpha / 2, 1 - alpha / 2], df))
        assert row[["ratio_ci_low", "ratio_ci_high"]].to_list() == pytest.approx(limits.tolist(), rel=1e-8)
        assert row["p"] == pytest.approx(2 * stats.t.sf(abs(middle) / se, df), rel=1e-8)
        assert (row["p"] < alpha) == (not limits[0] < 1 < limits[1])
        # Mann and Whitney's U counts the pairs in which the external error is larger; all orders are equally likely
        u = np.sum(y[:, None] > x)
        assert row["p_mannwhitney"] == pytest.approx(exact(u, 12, 7), rel=1e-8)
        assert (row["n_internal"], row["n_external"]) == (12, 7)
        assert (row["internal_error"], row["external_error"]) == pytest.approx((x.mean(), y.mean()))
    ordered = np.sort(table["p"])
    corrected = np.minimum(np.maximum.accumulate(ordered * np.arange(6, 0, -1)), 1)
    assert np.sort(table["p_holm"]) == pytest.approx(corrected)


def exact(u: int, m: int, n: int) -> float:
    """The two-sided p of Mann and Whitney's U, from the number of orders that give each U."""
    counts = [np.zeros(m * n + 1, dtype=object) for _ in range(n + 1)]
    counts[0][0] = 1
    for rank in range(1, m + n + 1):  # rank sums of subsets, added element by element
        for size in range(min(rank, n), 0, -1):
            shift = rank - size  # the element's contribution to U when it is the size-th of its subset
            if shift <= m * n:
                moved = np.concatenate([np.zeros(shift, dtype=object), counts[size - 1]])[: m * n + 1]
                counts[size] = counts[size] + moved
    ways = counts[n]
    tail = sum(ways[max(u, m * n - u) :])
    return float(min(1, 2 * tail / math.comb(m + n, n)))


def test_dice_error_is_the_mean_of_ed_and_es(tmp_path):
    random = np.random.default_rng(5)
    inside, outside = random.uniform(0.8, 1, (9, 2)), random.uniform(0.5, 0.9, (6, 2))
    outside[2, 1] = np.nan
    cohorts = {"here": function(errors(9, 6)), "there": function(errors(6, 7))}
    masks = {"net": {"here": overlap(inside), "there": overlap(outside)}}
    table = run(tmp_path, {"net": cohorts}, masks, {"net": "here"})
    assert list(table.columns) == COLUMNS
    assert table["measure"].to_list() == ["dice_error"] * 2 + ["absolute_error"] * 6
    row = table.iloc[0]
    kept = np.delete(outside, 2, axis=0)
    assert (row["structure"], row["n_internal"], row["n_external"]) == ("blood_pool", 9, 5)
    assert row["internal_error"] == pytest.approx(1 - inside.mean())
    assert row["ratio"] == pytest.approx((1 - kept.mean()) / (1 - inside.mean()))
    assert row["note"] == "1 of 6 in the external cohort have no value"


def test_each_reader_against_its_own_cohort_and_holm_within_each_comparison(tmp_path):
    cohorts = {name: function((seed + 1) * errors(10, seed)) for seed, name in enumerate("abc")}
    table = run(tmp_path, {"net": cohorts, "expert2": cohorts}, {}, {"net": "b", "expert2": "a"})
    pairs = table[["reader", "internal", "external"]].drop_duplicates().to_numpy().tolist()
    assert pairs == [["net", "b", "a"], ["net", "b", "c"], ["expert2", "a", "b"], ["expert2", "a", "c"]]
    for _, rows in table.groupby(["reader", "external"]):
        assert rows["p_holm"].min() == pytest.approx(min(1, 6 * rows["p"].min()))


def test_a_cohort_without_dice_or_without_values(tmp_path):
    cohorts = {"here": function(errors(9, 6)), "there": function(errors(6, 7))}
    cohorts["there"].loc[cohorts["there"]["metric"] == "EF", "reference"] = None
    masks = {"net": {"here": overlap(np.full((9, 2), 0.9))}}
    table = run(tmp_path, {"net": cohorts}, masks, {"net": "here"})
    empty = table[table["n_external"] == 0]
    assert empty["metric"].fillna(empty["structure"]).to_list() == ["blood_pool", "myocardium", "EF"]
    assert empty["note"].unique() == "no value in the external cohort"
    assert empty["ratio"].isna().all()
    assert empty["internal_error"].notna().all()


def test_few_mice_zero_errors_and_ties(tmp_path):
    zero, some = np.zeros((5, 6)), errors(5, 1)
    table = two(tmp_path, zero, some)
    assert table["ratio"].isna().all()
    assert table["p_mannwhitney"].notna().all()
    assert table["note"].unique() == "the internal error is zero: no ratio"
    table = two(tmp_path, zero, zero)
    assert (
        table["note"].unique() == "all errors are the same: no Mann-Whitney test; the internal error is zero: no ratio"
    )
    table = two(tmp_path, some, zero)
    assert (table["ratio"] == 0).all()
    assert table["p"].isna().all()
    assert table["note"].unique() == WORDS["external_zero"]
    for few in (1, 3):
        table = two(tmp_path, some, some[:few])
        assert table["ratio"].notna().all()
        assert table["p"].isna().all()
        assert table["note"].unique() == "fewer than 4 mice in a cohort: no confidence limits"
    assert two(tmp_path, some, some[:4])["p"].notna().all()
    table = two(tmp_path, zero + 1, zero + 2)
    assert table["ratio"].unique() == 2
    assert table["note"].unique() == WORDS["errors_constant_in_cohorts"]
    table = two(tmp_path, some[:0], some)
    assert table.empty or table["note"].unique() == "no value in the internal cohort"


def test_one_cohort_leaves_a_table_without_rows(tmp_path):
    table = run(tmp_path, {"net": {"here": function(errors(5, 1))}}, {}, {"net": "here"})
    assert list(table.columns) == COLUMNS
    assert table.empty


def test_files_find_their_reader_and_cohort():
    pairs = [("b", "net"), ("numbers", "net"), ("a", "expert2"), ("b", "expert2")]
    found = compare_cohorts.by_reader(pairs, ["1", "2", "3", "4"])
    assert found == {"net": {"b": "1", "numbers": "2"}, "expert2": {"a": "3", "b": "4"}}
    assert list(found["expert2"]) == ["a", "b"], "the internal cohort is the first"


def test_same_data_same_bytes(tmp_path):
    two(tmp_path, errors(5, 1), errors(6, 2))
    first = (tmp_path / "cohort_comparison.csv").read_bytes()
    two(tmp_path, errors(5, 1), errors(6, 2))
    assert (tmp_path / "cohort_comparison.csv").read_bytes() == first


def test_repetitions_of_a_training_are_averaged_by_mouse(tmp_path):
    near, far = ([errors(5, seed) for seed in seeds] for seeds in ((1, 2), (3, 4)))
    for name, values in {"near": near, "far": far, "mean": [sum(near) / 2, sum(far) / 2]}.items():
        for number, table in enumerate(values):
            write_csv(function(table), tmp_path / f"{name}_{number}.csv")

    def compared(paths, repeats):
        output = tmp_path / "comparison.csv"
        baselines = dict.fromkeys(paths, "near")
        compare_cohorts.main(paths, {}, baselines, output, 0.05, repeats=repeats)
        return read_csv(output).drop(columns="reader")

    repeated = {f"net_{n}": {"near": tmp_path / f"near_{n}.csv", "far": tmp_path / f"far_{n}.csv"} for n in (0, 1)}
    once = {"net": {"near": tmp_path / "mean_0.csv", "far": tmp_path / "mean_1.csv"}}
    found = compared(repeated, dict.fromkeys(repeated, "net"))
    pd.testing.assert_frame_equal(found, compared(once, {}))


def test_mice_from_which_a_reader_learnt_are_not_part_of_its_internal_error(tmp_path):
    near, far, dice = errors(9, 1), errors(7, 2), np.random.default_rng(3).uniform(0.5, 0.9, (9, 2))
    functions, overlaps = {"net": {"near": function(near), "far": function(far)}}, {"net": {"near": overlap(dice)}}
    found = run(tmp_path, functions, overlaps, {"net": "near"}, learnt={"net": {"near": ["M0", "M1", "M2"], "far": []}})
    assert set(found["n_internal"]) == {6}
    of_metrics = found.set_index("metric").loc[list(METRICS), "internal_error"]
    np.testing.assert_allclose(of_metrics, near[3:].mean(axis=0))
    pool = found.set_index("structure").loc["blood_pool", "internal_error"]
    assert pool == pytest.approx(1 - dice[3:].mean())
