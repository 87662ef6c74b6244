import math
import warnings

import numpy as np
import pandas as pd
import pytest

import compare_readers
from murmur.csv_tables import read_csv, write_csv
from murmur.statistics.agreement import agreement
from murmur.statistics.reader_comparison import AGREEMENT, BESIDE, COMPARISON
from murmur.vocabulary import METRICS

OUTPUTS = ("comparison", "ranking", "beside")


@pytest.fixture(autouse=True)
def strict():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def tables(noise: float, seed: int, mice: int = 14):
    """The function and overlap of a reader; the reference is the same for all."""
    truth, random = np.random.default_rng(0), np.random.default_rng(seed)
    function = [
        (f"M{mouse}", metric, unit, value := truth.uniform(40, 90), value + random.normal(noise / 2, noise))
        for mouse in range(mice)
        for metric, unit in METRICS.items()
    ]
    overlap = [
        (f"M{mouse}", phase, structure, 1 - noise / 20 * random.uniform(0.5, 1.5))
        for mouse in range(mice)
        for phase in ("ED", "ES")
        for structure in ("myocardium", "blood_pool")
    ]
    return (
        pd.DataFrame(function, columns=["mouse", "metric", "unit", "reference", "reader"]),
        pd.DataFrame(overlap, columns=["mouse", "phase", "structure", "dice"]),
    )


def run(folder, readers, observers=(), sd_ddof=1, alpha=0.05, **given):
    functions, overlaps = {}, {}
    for name, (function, overlap) in readers.items():
        functions[name] = folder / f"{name}_function.csv"
        write_csv(function, functions[name])
        if overlap is not None:
            overlaps[name] = folder / f"{name}_overlap.csv"
            write_csv(overlap, overlaps[name])
    paths = {f"{name}_output": folder / f"{name}.csv" for name in OUTPUTS}
    compare_readers.main(functions, overlaps, list(observers), **paths, sd_ddof=sd_ddof, alpha=alpha, **given)
    return [read_csv(path) for path in paths.values()]


@pytest.fixture(scope="module")
def three():
    return {"net": tables(1, 1), "expert2": tables(1.5, 2), "tool": tables(3, 3)}


def wide(readers, metric):
    columns = {}
    for name, (function, _) in readers.items():
        rows = function[function["metric"] == metric].set_index("mouse")
        columns[name] = (rows["reader"] - rows["reference"]).abs()
    return pd.DataFrame(columns)


def test_pairs_against_pingouin(tmp_path, three):
    import pingouin

    table = run(tmp_path, three, alpha=0.1)[0]
    assert list(table.columns) == COMPARISON
    assert len(table) == 3 * (4 + 6)
    assert table["note"].isna().all()
    errors = table[table["measure"] == "absolute_error"]
    for row in errors.itertuples():
        error = wide(three, row.metric)
        a, b = error[row.reader_a], error[row.reader_b]
        test = pingouin.ttest(b, a, paired=True, confidence=0.9).iloc[0]
        assert (row.t, row.df, row.p) == pytest.approx((test["T"], test["dof"], test["p_val"]), rel=1e-8)
        d = b - a
        half = 1.7709333959868729 * d.std() / math.sqrt(14)  # 95th percentile of t with 13 degrees of freedom
        assert (row.ci_low, row.ci_high) == pytest.approx((d.mean() - half, d.mean() + half), rel=1e-8)
        assert row.wilcoxon_p == pytest.approx(pingouin.wilcoxon(b, a)["p_val"].iloc[0], rel=1e-8)
        assert (row.mean_a, row.mean_b) == pytest.approx((a.mean(), b.mean()))
        assert row.dz == pytest.approx(d.mean() / d.std(), rel=1e-8)
    for _, rows in table.groupby("measure"):
        assert rows["p_holm"].to_list() == pytest.approx(pingouin.multicomp(list(rows["p"]), method="holm")[1])


def test_the_better_reader_has_the_smaller_error_and_the_higher_dice(tmp_path, three):
    table = run(tmp_path, three)[0]
    for row in table.itertuples():
        a, b = row.mean_a, row.mean_b
        if row.measure == "dice":
            a, b = -a, -b
        assert row.better == (row.reader_a if a < b else row.reader_b) if row.p_holm < 0.05 else pd.isna(row.better)
    assert table["better"].notna().any()
    assert table["better"].isna().any()
    assert set(table["better"].dropna()) == {"net", "expert2"}
    dice = table[(table["structure"] == "myocardium") & (table["phase"] == "ES")].iloc[0]
    overlap = three["net"][1]
    chosen = (overlap["structure"] == "myocardium") & (overlap["phase"] == "ES")
    assert dice["mean_a"] == pytest.approx(overlap.loc[chosen, "dice"].mean())


def test_each_quantity_is_compared_on_the_mice_of_the_readers_compared(tmp_path, three):
    readers = {name: (function.copy(), overlap.copy()) for name, (function, overlap) in three.items()}
    function, overlap = readers["tool"]
    function.loc[(function["metric"] == "EF") & function["mouse"].isin(["M3", "M5"]), "reader"] = None
    overlap.loc[(overlap["mouse"] == "M7") & (overlap["phase"] == "ES"), "dice"] = None
    readers["net"][0].loc[function["mouse"] == "M9", "reference"] = None  # no expert read it, for any reader
    for other in ("tool", "expert2"):
        readers[other][0].loc[function["mouse"] == "M9", "reference"] = None
    comparison, ranking, beside = run(tmp_path, readers, ["expert2"])

    pairs = comparison[comparison["metric"] == "EF"].set_index(["reader_a", "reader_b"])
    assert pairs["n"].to_list() == [13, 11, 11]
    assert pd.isna(pairs.loc[("net", "expert2"), "note"])
    assert pairs.loc[("net", "tool"), "note"] == "2 of 13 scans excluded, not measured by both readers"
    named = "2 of 13 scans excluded, not measured by all readers: M3, M5"
    ranks = ranking[ranking["quantity"] == "EF"]
    assert ranks["n"].unique() == 11
    assert ranks["note"].unique() == named
    error = wide(readers, "EF").dropna()
    assert ranks["mean"].to_list() == pytest.approx(error.mean().to_list())

    assert comparison[(comparison["structure"] == "myocardium") & (comparison["reader_b"] == "tool")][
        "n"
    ].to_list() == [14, 14, 13, 13]
    dice = ranking[ranking["quantity"] == "myocardium"]
    assert dice["n"].unique() == 13  # a mouse without ES has no mean of ED and ES
    rows = beside[beside["metric"] == "EF"].set_index("reader")
    assert rows["n"].unique() == 11
    assert rows["note"].unique() == named
    pair = readers["net"][0].query("metric == 'EF'").set_index("mouse").loc[error.index]
    assert rows.loc["net", "bias"] == pytest.approx((pair["reader"] - pair["reference"]).mean())


def test_ranking_by_reader_and_quantity(tmp_path, three):
    ranking = run(tmp_path, three)[1]
    assert ranking.groupby(["measure", "quantity"]).size().eq(3).all()
    assert ranking["quantity"].unique().tolist() == ["blood_pool", "myocardium", *METRICS]
    assert ranking.loc[ranking["quantity"] == "mass_ED", "unit"].unique() == "mg"
    best = ranking[ranking["rank"] == 1]
    for row in best.itertuples():
        rows = ranking[ranking["quantity"] == row.quantity]
        assert row.mean == (rows["mean"].max() if row.measure == "dice" else rows["mean"].min())
    dice = three["net"][1].query("structure == 'blood_pool'").groupby("mouse")["dice"].mean()
    assert ranking.loc[0, "mean"] == pytest.approx(dice.mean())


@pytest.mark.parametrize("sd_ddof", [0, 1])
def test_agreement_beside_the_widest_observer(tmp_path, three, sd_ddof):
    beside = run(tmp_path, three, ["expert2", "tool"], sd_ddof)[2]
    assert list(beside.columns) == BESIDE
    assert beside["note"].isna().all()
    assert beside.groupby("reader")["role"].first().to_dict() == {
        "expert2": "observer",
        "net": "reader",
        "tool": "observer",
    }
    rows = beside[beside["metric"] == "EDV"].set_index("reader")
    for name, (function, _) in three.items():
        pairs = function[function["metric"] == "EDV"]
        found = agreement(pairs["reference"], pairs["reader"], sd_ddof, 0.05)
        for column in AGREEMENT:
            assert rows.loc[name, column] == pytest.approx(found[column], rel=1e-12)
        sd = np.std(pairs["reader"] - pairs["reference"], ddof=sd_ddof)
        assert rows.loc[name, "loa_width"] == pytest.approx(2 * 1.959963984540054 * sd)
    assert rows["loa_width_ratio"].to_list() == pytest.approx(
        (rows["loa_width"] / rows.loc[["expert2", "tool"], "loa_width"].max()).to_list()
    )
    dice = beside[(beside["structure"] == "blood_pool") & (beside["phase"] == "ES") & (beside["reader"] == "net")]
    scores = three["net"][1].query("structure == 'blood_pool' and phase == 'ES'")["dice"]
    assert dice[["dice_mean", "dice_sd"]].iloc[0].to_list() == pytest.approx([scores.mean(), scores.std(ddof=sd_ddof)])


def test_measurements_alone_have_no_dice_and_no_observer_no_ratio(tmp_path, three):
    comparison, ranking, beside = run(tmp_path, {name: (three[name][0], None) for name in ("net", "tool")})
    assert comparison["measure"].unique() == ranking["measure"].unique() == "absolute_error"
    assert len(comparison) == 6
    assert beside["measure"].unique() == "agreement"
    assert beside["loa_width_ratio"].isna().all()
    assert beside["note"].unique() == "no human observer segmented the cohort: no ratio"


def test_a_reader_selected_among_the_others_is_not_compared_with_itself(tmp_path, three):
    first, second, chosen = three["net"], three["tool"], three["net"]
    readers = {"net_1": first, "net_2": second, "expert2": three["expert2"], "selected": chosen}
    repeats = {"net_1": "net", "net_2": "net"}
    comparison, ranking, beside = run(tmp_path, readers, repeats=repeats, selected=["selected"])
    assert set(comparison["reader_a"]) | set(comparison["reader_b"]) == set(ranking["reader"]) == {"net", "expert2"}
    assert "selected" in set(beside["reader"])
    without = {name: tables for name, tables in readers.items() if name != "selected"}
    pd.testing.assert_frame_equal(run(tmp_path, without, repeats=repeats)[0], comparison)
    few = {"net_1": first, "net_2": second, "selected": chosen}
    comparison, ranking, _ = run(tmp_path, few, repeats=repeats, selected=["selected"])
    assert comparison.empty and set(ranking["reader"]) == {"net"}


def test_equal_readers(tmp_path, three):
    comparison, ranking, _ = run(tmp_path, {"a": three["net"], "b": three["net"]})
    assert (comparison["mean_difference"] == 0).all()
    assert comparison[["t", "p", "p_holm", "wilcoxon_p", "dz", "better"]].isna().all(axis=None)
    assert comparison["note"].unique() == "the difference does not vary: no t-test"
    assert ranking["rank"].unique() == 1.5
    assert ranking["probability_best"].unique() == 1


def test_rounding_is_no_error(tmp_path, three):
    function = three["net"][0].copy()
    perfect = function.assign(reader=function["reference"] * 1.1 / 1.1)
    assert (perfect["reader"] != perfect["reference"]).any()
    ranking = run(tmp_path, {"perfect": (perfect, None), "net": (function, None)}, ["perfect"])[1]
    assert (ranking.loc[ranking["reader"] == "perfect", "mean"] == 0).all()


def test_an_observer_without_spread_gives_no_ratio(tmp_path, three):
    function = three["net"][0]
    perfect = function.assign(reader=function["reference"] * 1.1 / 1.1)
    beside = run(tmp_path, {"perfect": (perfect, None), "net": (function, None)}, ["perfect"])[2]
    assert beside["loa_width_ratio"].isna().all()
    assert beside["note"].str.endswith("the limits of agreement of the observer have zero width: no ratio").all()


@pytest.mark.parametrize("mice", [0, 1, 2])
def test_few_mice(tmp_path, mice):
    readers = {name: tables(1, seed, mice) for seed, name in enumerate(["a", "b"])}
    for table in run(tmp_path, readers, ["b"]):
        assert (table["n"] == mice).all()
        if mice < 2:
            assert table["note"].notna().all()


def test_mice_from_which_a_reader_learnt_are_left_out(tmp_path, three):
    """As if its tables lacked them; the other readers are still compared on all mice."""
    learnt = [f"M{mouse}" for mouse in range(4)]
    found = run(tmp_path, three, ["expert2"], learnt={"net": learnt})
    lacking = {"net": tuple(table[~table["mouse"].isin(learnt)] for table in three["net"])}
    for table, expected in zip(found, run(tmp_path, three | lacking, ["expert2"]), strict=True):
        pd.testing.assert_frame_equal(table, expected)
    comparison, ranking, beside = found
    n = comparison.groupby(["reader_a", "reader_b"])["n"].unique().map(list).to_dict()
    assert n == {("net", "expert2"): [10], ("net", "tool"): [10], ("expert2", "tool"): [14]}
    assert set(ranking["n"]) == set(beside["n"]) == {10}


def test_reader_that_learnt_from_all_mice_is_not_compared(tmp_path, three):
    learnt = {name: [f"M{mouse}" for mouse in range(14)] for name in ("net", "tool")}
    comparison, ranking, beside = run(tmp_path, three, learnt=learnt)
    assert (comparison["n"] == 0).all() and comparison["p"].isna().all()
    assert set(ranking.loc[ranking["reader"] != "expert2", "n"]) == {0}
    assert set(beside.loc[beside["reader"] == "net", "n"]) == {0}


def test_readers_without_common_mice(tmp_path, three):
    function, overlap = tables(1, 4)
    apart = [table.assign(mouse="X" + table["mouse"]) for table in (function, overlap)]
    comparison, ranking, beside = run(tmp_path, {"a": three["net"], "b": apart}, ["b"])
    assert (comparison["n"] == 0).all()
    assert comparison["note"].unique() == "n = 0 measured by both readers, at least 2 are required"
    assert ranking["note"].unique() == "none was measured by all readers"
    assert beside["note"].str.startswith("none was measured by all readers").all()
    assert len(comparison) == 10


def test_a_metric_that_one_reader_lacks(tmp_path, three):
    function = three["tool"][0].query("metric != 'EF'")
    tables = {"net": (three["net"][0], None), "tool": (function, None), "expert2": (three["expert2"][0], None)}
    comparison, ranking, beside = run(tmp_path, tables, ["expert2"])
    pairs = comparison.query("metric == 'EF'").set_index(["reader_a", "reader_b"])["n"]
    assert pairs.to_dict() == {("net", "tool"): 0, ("net", "expert2"): 14, ("tool", "expert2"): 0}
    # the others are compared without it
    ef = ranking.query("quantity == 'EF'").set_index("reader")
    assert ef["n"].to_dict() == {"net": 14, "expert2": 14, "tool": 0}
    assert ef.loc["tool", "note"] == "not measured by this reader"
    assert sorted(ef["rank"].dropna()) == [1, 2]
    ef = beside.query("metric == 'EF'").set_index("reader")
    assert ef["n"].to_dict() == {"net": 14, "expert2": 14, "tool": 0}
    assert ef.loc["net", "loa_width_ratio"] > 0
    assert ef.loc["tool", "note"] == "not measured by this reader"


def test_same_data_same_bytes(tmp_path, three):
    run(tmp_path, three, ["expert2"])
    first = [(tmp_path / f"{name}.csv").read_bytes() for name in OUTPUTS]
    run(tmp_path, three, ["expert2"])
    assert first == [(tmp_path / f"{name}.csv").read_bytes() for name in OUTPUTS]
