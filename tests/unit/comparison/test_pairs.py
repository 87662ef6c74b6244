import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from murmur.comparison.compare import compare
from murmur.comparison.pairs import with_verdicts
from published_data import table


def differences(**p_adjusted: list[float]) -> pd.DataFrame:
    """Differences with these p of each measure."""
    rows = [{"measure": m, "level": "", "p_adjusted": p} for m, values in p_adjusted.items() for p in values]
    return pd.DataFrame(rows)


def test_verdicts_are_corrected_for_the_number_of_measures():
    table = differences(EF=[0.001, 0.2], EDV=[0.03, 0.04], ESV=[0.9, np.nan])
    found = with_verdicts(table, 0.05, table.index)
    assert found["p_measure"].to_list()[:5] == pytest.approx([0.003, 0.003, 0.06, 0.06, 0.9])
    assert found["verdict"].to_list() == [
        "significant", "not significant", "unconfirmed", "unconfirmed", "not significant", "",
    ]  # fmt: skip


def test_what_is_not_asked_is_described_and_not_counted():
    table = differences(EF=[0.001, 0.0001], EDV=[0.03, np.nan])
    found = with_verdicts(table, 0.05, table.index[[0, 2, 3]])
    assert found["p_measure"].to_numpy() == pytest.approx([0.002, np.nan, 0.03, np.nan], nan_ok=True)
    assert found["verdict"].to_list() == ["significant", "descriptive", "significant", ""]


def test_every_measure_with_a_confirmed_p_has_a_significant_pair():
    rng = np.random.default_rng(1)
    for _ in range(10):
        p = {name: list(rng.uniform(0, 0.1, 3)) for name in ("EF", "EDV", "ESV", "SV")}
        table = differences(**p)
        found = with_verdicts(table, 0.05, table.index)
        expected = multipletests([min(values) for values in p.values()], method="holm")[1] < 0.05
        assert found.groupby("measure", sort=False)["verdict"].agg(lambda v: "significant" in set(v)).eq(expected).all()


def test_mean_over_levels_weighs_them_equally():
    rng = np.random.default_rng(2)
    group, sex = np.repeat(list("ab"), [8, 9]), np.array(list("fffmmmmm" + "ffffffmmm"))
    data = table(rng.normal(50, 3, 17), group, sex=sex)
    row = compare(data, {"group": "group", "factor": "sex"})["differences"].iloc[0]
    means = data.groupby(["group", "sex"])["EF_percent"].agg(["mean", "var", "size"])
    expected = means["mean"].loc["b"].mean() - means["mean"].loc["a"].mean()
    parts = means["var"] / means["size"] / 4
    assert (row["level"], row["difference"]) == ("", pytest.approx(expected))
    assert row["df"] == pytest.approx(parts.sum() ** 2 / (parts**2 / (means["size"] - 1)).sum())
    assert row["statistic"] == pytest.approx(expected / parts.sum() ** 0.5)


def test_animals_of_one_litter_are_not_independent_levels():
    data = table(np.arange(24.0) ** 1.1, np.repeat(list("ab"), 12), sex=list("fm" * 12), litter=np.repeat(range(8), 3))
    found = compare(data, {"group": "group", "factor": "sex", "cluster": "litter"})
    assert "sex varies within a litter" in found["differences"].iloc[0]["note"]
    assert found["tests"]["p"].isna().all()
    within = found["differences"].iloc[1]
    assert (within["n_a"], within["n_b"]) == (4, 4)
    assert np.isfinite(within["p"])
