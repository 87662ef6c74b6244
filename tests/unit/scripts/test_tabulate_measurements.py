import pandas as pd
import pytest

import tabulate_measurements
from murmur.csv_tables import write_csv
from murmur.measurement.curve import RECORDED
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


@pytest.fixture
def images():
    """Frames, curve and wall of M1, whose heart rate is that of the cine, and of M2, which has no curve."""
    frames = pd.DataFrame(
        {"mouse": ["M1", "M2"], "ed_frame": [0, None], "es_frame": [8, None], "frames": ["own", None]}
    )
    rows = [
        ("M1", "heart_rate", 450.0, "cine taken as one beat"),
        ("M1", "curve_EDV", 50.0, None),
        ("M1", "peak_ejection_rate", 1.5, None),
        ("M2", "heart_rate", 500.0, RECORDED),
        ("M2", "curve_EDV", None, "the volume does not change"),
        ("M2", "peak_ejection_rate", None, "the volume does not change"),
    ]
    curve = pd.DataFrame(rows, columns=["mouse", "measure", "value", "note"])
    rows = [
        ("M1", phase, level, segment, thickness, area, None)
        for phase, thickness, area in (("ED", 1.0, 4.0), ("ES", 1.5, 1.0))
        for level, segment in (("all", None), ("mid", None), ("mid", 7), ("mid", 8))
    ]
    rows += [("M2", phase, "all", None, None, None, "no frame is known") for phase in ("ED", "ES")]
    columns = ["mouse", "phase", "level", "segment", "thickness_mm", "blood_pool_mm2", "note"]
    wall = pd.DataFrame(rows, columns=columns).astype({"segment": "Int64"})
    return frames, curve, wall


def test_measures_of_images(tables, images):
    table = tabulate_measurements.measurements(*tables, "reader", images).set_index("mouse")
    one, two = table.loc["M1"], table.loc["M2"]
    assert one[["ed_frame", "es_frame", "frames_from"]].tolist() == [0, 8, "own"]
    assert table["heart_rate_bpm"].tolist() == [500, 450]
    assert one["cardiac_output_mL_per_min"] == pytest.approx(36 * 0.45)
    assert one["ejection_rate_index_per_s"] == pytest.approx(30)
    assert one["wall_thickness_ED_mm"] == one["wall_thickness_ED_mid_mm"] == one["wall_thickness_ED_segment_8_mm"] == 1
    assert one["wall_thickening_percent"] == one["wall_thickening_segment_7_percent"] == pytest.approx(50)
    assert one["relative_wall_thickness_ratio"] == pytest.approx(2 / (2 * (4 / 3.14159265) ** 0.5))
    assert one["measurement_notes"] == "heart rate: cine taken as one beat"
    assert (
        two["measurement_notes"]
        == f"heart rate: {RECORDED}; curve: the volume does not change; wall: no frame is known"
    )
    assert two[["peak_ejection_rate_uL_per_ms", "wall_thickness_ED_mm", "ed_frame"]].isna().all()
    assert "wall_thickness_ED_segment_1_mm" not in table
    assert list(table)[-2:] == ["measurement_notes", "flags"]
    assert tabulate_measurements.explanation(table)["meaning"].notna().all()


def test_masks_are_flagged_if_they_are_probably_bad_and_their_findings_counted(tables, images):
    rows = [
        ("M1", "dice_myocardium", 0.72),
        ("M1", "dice_blood_pool", 0.9),
        ("M1", "EF", 0.5),
        ("M2", "dice_myocardium", 0.81),
    ]
    quality = pd.DataFrame(rows, columns=["mouse", "quantity", "predicted"])
    findings = pd.DataFrame({"mouse": ["M1", "M1", "M1"], "sign": "holes"})
    table = tabulate_measurements.measurements(*tables, "reader", images, (quality, findings)).set_index("mouse")
    assert table["mask_findings"].to_dict() == {"M1": 3, "M2": 0}
    grid = "grid: 3 slices; phases: ED after ES"
    assert table.loc["M1", "flags"] == f"{grid}; masks: predicted Dice coefficient of the myocardium 0.72"
    assert pd.isna(table.loc["M2", "flags"])
    assert tabulate_measurements.explanation(table)["meaning"].notna().all()


def test_columns_of_the_participants_remain_as_they_are_written():
    text = {
        "mouse": ["1", "2"],
        "group": ["0", "1"],
        "dose": ["5", None],
        "code": ["007", "12"],
        "ratio": ["0.5", "2.25"],
    }
    table = tabulate_measurements.with_numbers(pd.DataFrame(text | {"body_weight_g": ["20.50", "21"]}))
    assert table["mouse"].tolist() == ["1", "2"] and table["group"].tolist() == ["0", "1"]
    assert table["dose"].tolist()[0] == 5 and pd.isna(table["dose"][1])
    assert table["code"].tolist() == ["007", "12"]
    assert table["ratio"].tolist() == [0.5, 2.25]
    assert table["body_weight_g"].tolist() == [20.5, 21.0]
    assert table.drop(columns="body_weight_g").to_csv() == pd.DataFrame(text).to_csv()


def test_every_column_is_explained(tables, tmp_path):
    paths = [str(tmp_path / f"{name}.csv") for name in ("participants", "function", "checks")]
    for table, path in zip(tables, paths, strict=True):
        write_csv(table, path)
    tabulate_measurements.main(*paths, [], [], "reader", str(tmp_path / "m.csv"), str(tmp_path / "m.xlsx"))
    written = pd.read_csv(tmp_path / "m.csv")
    sheets = pd.read_excel(tmp_path / "m.xlsx", sheet_name=None)
    pd.testing.assert_frame_equal(sheets["Measurements"], written, check_dtype=False)
    explained = sheets["Columns"].set_index("column")
    assert explained.index.tolist() == written.columns.tolist()
    assert explained["meaning"].notna().all()
    assert explained.loc["EDV_uL", "unit"] == "µL"
