"""The cost of correction from the tables of a study, and its figure."""

import numpy as np
import pandas as pd
import pytest

import count_corrections
import plot_corrections
from drawn_figures import record_figures, smallest_font, words
from murmur.csv_tables import read_csv, write_csv


@pytest.fixture
def tables(tmp_path):
    """Tables of three mice of four slices, of which B has a wrong slice at ES."""
    rows = {"reader": [], "reference": []}
    for who, found in rows.items():
        for mouse in "ABC":
            for frame, area in enumerate((30.0, 22.0, 14.0, 10.0, 14.0, 22.0)):
                for number in range(4):
                    blood = area * (number < 3)
                    if (who, mouse, frame, number) == ("reader", "B", 3, 1):
                        blood = 0.0
                    found.append((mouse, frame, number, blood, 1.0))
    columns = ["mouse", "frame", "slice", "blood_pool_mm2", "myocardium_mm2"]
    for who, found in rows.items():
        write_csv(pd.DataFrame(found, columns=columns), tmp_path / f"{who}.csv")
    frames = [(mouse, 0, 3) for mouse in "AB"] + [("C", None, None)]
    write_csv(pd.DataFrame(frames, columns=["mouse", "ed_frame", "es_frame"]), tmp_path / "frames.csv")
    dice = {"A": 0.9, "B": 0.8, "C": 0.7}
    quality = [(mouse, f"dice_{name}", value) for mouse, value in dice.items() for name in ("blood_pool", "myocardium")]
    write_csv(pd.DataFrame(quality, columns=["mouse", "quantity", "predicted"]), tmp_path / "quality.csv")
    names = ("reader", "reference", "frames", "quality", "curve", "cost")
    return {name: str(tmp_path / f"{name}.csv") for name in names}


def test_largest_jumps_come_first_then_the_worst_mouse():
    quality = pd.DataFrame(
        [("A", "dice_blood_pool", 0.9), ("B", "dice_blood_pool", 0.7)], columns=["mouse", "quantity", "predicted"]
    )
    steady = np.tile([30.0, 25, 20, 15, 10, 15, 20, 25], (3, 1))
    jumping = steady.copy()
    jumping[2, 4] = 60
    found = count_corrections.in_predicted_order({"A": jumping, "B": steady}, {"A": (0, 4), "B": (0, 4)}, quality)
    assert found == [("A", 2), ("B", 0), ("B", 1), ("B", 2), ("A", 0), ("A", 1)]


def test_one_wrong_slice_costs_one_review(tables, tmp_path, monkeypatch):
    count_corrections.main(**tables)
    found = read_csv(tables["cost"]).set_index("order")
    assert found["mice"].eq(2).all() and found["slices"].eq(8).all()
    assert found.loc["predicted", "slices_needed"] == found.loc["best", "slices_needed"] == 1
    curve = read_csv(tables["curve"])
    first = curve[curve["order"] == "predicted"].iloc[0]
    assert first["mean_error"] == pytest.approx((100 * 10 / 90) / 2) and first["mice_within_percent"] == 50
    seen = record_figures(monkeypatch)
    plot_corrections.main(tables["curve"], tables["cost"], [str(tmp_path / "figure.png")])
    text = " ".join(words(seen[0]))
    assert "EF was within 2 percentage points of the reference in 1 of 2 scans (target, 95%)" in text
    assert "The target was reached after review of 1 of 8 slices in the order of jumps" in text
    assert smallest_font(seen[0]) >= 7


def test_order_does_not_depend_on_the_frames_of_the_reference(tables):
    """At frame 3, the smallest blood pool by the reader, A has the larger jump; at frame 2, that of the expert, B."""
    reader = read_csv(tables["reader"])
    rows = reader["frame"].eq(2) & reader["mouse"].eq("B") & reader["slice"].eq(2)
    reader.loc[rows, "blood_pool_mm2"] += 9
    rows = reader["frame"].eq(3) & reader["mouse"].eq("B")
    reader.loc[rows, "blood_pool_mm2"] = [10.0, 10.0, 10.0, 0.0]
    rows = reader["frame"].eq(3) & reader["mouse"].eq("A") & reader["slice"].eq(0)
    reader.loc[rows, "blood_pool_mm2"] = 4.0
    write_csv(reader, tables["reader"])
    orders = []
    for es in (2, 3):
        write_csv(read_csv(tables["frames"]).assign(es_frame=[es, es, None]), tables["frames"])
        orders.append(order_of(tables))
    assert orders[0] == orders[1] and orders[0][0] == ("A", 0)


def order_of(tables):
    """The order of the jumps in which slices are reviewed."""
    with pytest.MonkeyPatch.context() as patch:
        found = []
        curves = count_corrections.curves
        patch.setattr(count_corrections, "curves", lambda areas, order: found.append(order) or curves(areas, order))
        count_corrections.main(**tables)
    return found[0]


def test_without_ed_and_es_there_is_no_cost(tables, tmp_path, monkeypatch):
    write_csv(read_csv(tables["frames"]).assign(ed_frame=None), tables["frames"])
    count_corrections.main(**tables)
    assert read_csv(tables["cost"]).empty
    seen = record_figures(monkeypatch)
    plot_corrections.main(tables["curve"], tables["cost"], [str(tmp_path / "figure.png")])
    assert "No scan has an EF by both reader and reference." in words(seen[0])
