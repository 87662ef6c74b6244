import pandas as pd
import pytest

import tabulate_measurements
from murmur.csv_tables import write_csv
from murmur.errors import BadInput
from murmur.vocabulary import METRICS

VALUES = {"EDV": 60.0, "ESV": 24.0, "SV": 36.0, "EF": 60.0, "mass_ED": 90.0, "mass_ES": 92.0}


@pytest.fixture
def tables(tmp_path):
    """Three scans; M2 has no contours, M3 is not measured."""
    participants = pd.DataFrame(
        {
            "mouse": ["M2", "M1", "M3"],
            "animal": ["A", "A", "B"],
            "session": ["day 7", "day 0", "day 0"],
            "group": "sham",
            "body_weight_g": [24.0, 20.0, 22.0],
            "heart_rate_bpm": [500.0, None, 510.0],
            "diet": ["chow", "chow", None],
        }
    )
    rows = [
        (mouse, metric, unit, None if mouse == "M2" else VALUES[metric] + 1, VALUES[metric])
        for mouse in ("M1", "M2")
        for metric, unit in METRICS.items()
    ]
    function = pd.DataFrame(rows, columns=["mouse", "metric", "unit", "reference", "reader"])
    checks = [("M1", "grid", "3 slices", "8"), ("M1", "phases", "ED after ES", "-"), (None, "sizes", "x", "y")]
    checks = pd.DataFrame(checks, columns=["mouse", "check", "found", "expected"])
    return participants, function, checks


def test_one_row_per_measured_scan_in_the_order_of_the_participants(tables):
    table = tabulate_measurements.measurements(*tables, "reader").reset_index(drop=True)
    assert table["mouse"].tolist() == ["M2", "M1"]
    given = ["mouse", "animal", "session", "group", "body_weight_g", "heart_rate_bpm", "diet", "contoured"]
    assert table.columns[: len(given)].tolist() == given
    assert table.columns[-1] == "flags"
    assert table["contoured"].tolist() == [False, True]
    assert table["EDV_uL"].tolist() == [60.0, 60.0]
    assert table["SV_index_uL_per_g"].tolist() == [1.5, 1.8]
    assert table.loc[0, "cardiac_output_mL_per_min"] == 18.0
    assert table.loc[1, "flags"] == "grid: 3 slices; phases: ED after ES"
    assert table.loc[[1], "cardiac_output_mL_per_min"].isna().all() and table.loc[[0], "flags"].isna().all()


def test_values_of_the_reference(tables):
    table = tabulate_measurements.measurements(*tables, "reference").set_index("mouse")
    assert table.loc["M1", "EDV_uL"] == 61.0
    assert pd.isna(table.loc["M2", "EDV_uL"])


def test_measure_without_a_value_has_no_column(tables):
    table = tabulate_measurements.measurements(*tables, "reader")
    assert "mass_per_tibia_mg_per_mm" not in table


def test_column_of_the_participants_that_is_computed_is_refused(tables):
    participants, *others = tables
    with pytest.raises(BadInput, match="found the column 'EF_percent', expected another name"):
        tabulate_measurements.measurements(participants.assign(EF_percent=60.0), *others, "reader")


def test_every_column_is_explained(tables, tmp_path):
    paths = [str(tmp_path / f"{name}.csv") for name in ("participants", "function", "checks")]
    for table, path in zip(tables, paths, strict=True):
        write_csv(table, path)
    tabulate_measurements.main(*paths, [], "reader", str(tmp_path / "m.csv"), str(tmp_path / "m.xlsx"))
    written = pd.read_csv(tmp_path / "m.csv")
    sheets = pd.read_excel(tmp_path / "m.xlsx", sheet_name=None)
    pd.testing.assert_frame_equal(sheets["Measurements"], written, check_dtype=False)
    explained = sheets["Columns"].set_index("column")
    assert explained.index.tolist() == written.columns.tolist()
    assert explained["meaning"].notna().all()
    assert explained.loc["EDV_uL", "unit"] == "µL"
