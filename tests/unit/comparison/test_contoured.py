import numpy as np
import pandas as pd
import pytest
from scipy import stats

from compared_groups import measured, settings_of
from murmur.comparison.contoured import CONTOURED, compare_contoured

SIZES = {"sham": 8, "MI": 8}


def by_both(n_contoured: int, lacking: tuple[str, ...] = ()) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measurements of a reader, of which an expert contoured the first of each group, and those of the reference."""
    reader = measured(SIZES, measures=["EF"])
    reader["contoured"] = reader.groupby("group").cumcount() < n_contoured
    reference = reader[["mouse"]].assign(EF_percent=reader["EF_percent"] + np.linspace(-2, 5, len(reader)))
    reference.loc[~reader["contoured"] | reader["mouse"].isin(lacking), "EF_percent"] = np.nan
    return reader, reference.iloc[::-1]


def test_differences_are_those_of_the_contoured_animals_by_both():
    reader, reference = by_both(5)
    found = compare_contoured(reader, reference, settings_of(SIZES, control="sham")).set_index("values")
    assert list(found.reset_index().columns) == CONTOURED
    for who, table in {"reader": reader, "reference": reference}.items():
        values = table.set_index("mouse")["EF_percent"]
        groups = [values[reader.loc[reader["contoured"] & (reader["group"] == name), "mouse"]] for name in SIZES]
        row = found.loc[who]
        assert (row["n_a"], row["n_b"]) == (5, 5)
        assert row["difference"] == pytest.approx(groups[1].mean() - groups[0].mean())
        assert row["p_adjusted"] == pytest.approx(stats.ttest_ind(*groups, equal_var=False).pvalue)


def test_scans_that_only_one_of_both_measured_are_left_out_of_both():
    reader, reference = by_both(5)
    reader.loc[reader["mouse"] == reader["mouse"].iloc[0], "EF_percent"] = np.nan
    reference = reference[reference["mouse"] != reader["mouse"].iloc[8]]
    found = compare_contoured(reader, reference, settings_of(SIZES, control="sham"))
    assert found[["n_a", "n_b"]].to_numpy().tolist() == [[4, 4], [4, 4]]


def test_few_contoured_animals_are_not_tested():
    found = compare_contoured(*by_both(2), settings_of(SIZES, control="sham"))
    assert found["p_adjusted"].isna().all() and found["difference"].notna().all()
    assert found["note"].str.contains("not tested, n below 3").all()


def test_without_contoured_animals_the_table_is_empty():
    found = compare_contoured(*by_both(0), settings_of(SIZES, control="sham"))
    assert list(found.columns) == CONTOURED and found.empty
