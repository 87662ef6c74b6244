"""Quality of scans with the shipped regressions, from tables of signs."""

import hashlib
import json

import pandas as pd
import pytest

import predict_quality
from murmur.csv_tables import read_csv, write_csv
from murmur.quality import score
from murmur.quality.signs import FINDINGS, SIGNS
from murmur.quality.slice_score import COLUMNS, VARIABLES


@pytest.fixture
def model(root):
    return json.loads((root / "models" / "quality.json").read_text())


def signs():
    """Rows of signs.csv of a good mouse, of one with jumps and open rings, and of one without masks."""
    rows = []
    for mouse in ("good", "bad", "empty"):
        for name, sign in SIGNS.items():
            mean = 60.0 if name in ("EDV", "EF", "inner_edge", "outer_edge") else 0.15 * sign.high
            if mouse == "bad" and name in ("moved", "off_axis", "area_slices", "open_ring", "elongation"):
                mean = 1.5 * sign.high
            reason = "the myocardium is open" if mouse == "bad" and name == "open_ring" else None
            rows.append((mouse, name, None if mouse == "empty" else mean, int(reason is not None), reason))
    return pd.DataFrame(rows, columns=["mouse", "sign", "mean", "places", "reason"])


@pytest.mark.parametrize("shipped", [True, False])
def test_scans_are_scored_and_listed_worst_first(model, tmp_path, shipped):
    write_csv(signs(), tmp_path / "signs.csv")
    finding = ("bad", 3, 2, "open_ring", "%", 30.0, None, 10.0, "the myocardium is open")
    write_csv(pd.DataFrame([finding], columns=FINDINGS), tmp_path / "findings.csv")
    paths = [str(tmp_path / f"{name}.csv") for name in ("signs", "findings", "quality", "review")]
    others = [str(tmp_path / f"{name}.csv") for name in ("slices", "frames", "slice_quality")]
    areas = [("bad", frame, number, 20.0) for frame in range(4) for number in range(4)]
    write_csv(pd.DataFrame(areas, columns=["mouse", "frame", "slice", "blood_pool_mm2"]), others[0])
    write_csv(pd.DataFrame([("bad", 0, 2)], columns=["mouse", "ed_frame", "es_frame"]), others[1])
    by_slice = [("bad", 3, frame, 0.7, dice) for frame, dice in ((0, 0.5), (2, 0.7))]
    write_csv(pd.DataFrame(by_slice, columns=["mouse", *COLUMNS]), others[2])
    pictures = {mouse: f"{mouse}.png" for mouse in ("good", "bad", "empty")}
    predict_quality.main(paths[0], paths[1], model, shipped, pictures, "review.pdf", *others, paths[2], paths[3])
    table = read_csv(paths[2])
    assert table["mouse"].drop_duplicates().tolist() == ["good", "bad", "empty"]
    assert table["quantity"].tolist() == score.QUANTITIES * 3
    wide = table.pivot(index="mouse", columns="quantity", values="predicted")
    for dice in score.DICE:
        assert wide.loc["good", dice] > 0.85 > wide.loc["bad", dice] > 0 == wide.loc["empty", dice]
    assert wide.loc["empty", score.ERRORS].isna().all()
    known = table[table["mouse"] != "empty"]
    assert ((known["low"] <= known["predicted"]) & (known["predicted"] <= known["high"])).all()
    notes = table.groupby("mouse", sort=False)["note"].first()
    assert notes["empty"].startswith("no blood pool in the masks")
    assert pd.isna(notes["good"]) == shipped
    assert table.groupby("mouse")["reasons"].first()["bad"] == "the myocardium is open"
    assert read_csv(paths[3])["mouse"].tolist() == ["empty", "bad", "good"]
    assert read_csv(paths[3])["dice_slice"].dropna().tolist() == [pytest.approx(0.6)]


def test_regressions_belong_to_the_shipped_weights_and_the_present_signs(model, root):
    weights = (root / "models" / "murmur.keras").read_bytes()
    assert model["weights_sha256"] == hashlib.sha256(weights).hexdigest()
    assert model["variables"] == list(SIGNS) and list(model["quantities"]) == score.QUANTITIES
    assert model["slices"]["variables"] == VARIABLES


def test_animals_with_a_reference_calibrate_the_predictions(model):
    """Ten good masks have a Dice coefficient of 0.7; an eleventh without a reference follows, an empty one does not."""
    one = signs()[lambda table: table["mouse"] == "good"]
    mice = [f"M{number}" for number in range(11)]
    table = pd.concat([one.assign(mouse=mouse) for mouse in mice] + [signs()[lambda table: table["mouse"] == "empty"]])
    rows = [
        (mouse, quantity, 0.7 if quantity in score.DICE else 5.0)
        for mouse in [*mice[:10], "empty"]
        for quantity in score.QUANTITIES
    ]
    true = pd.DataFrame(rows, columns=["mouse", "quantity", "true"])
    found = predict_quality.assess(table, model, True, true).set_index(["mouse", "quantity"])
    assert found.loc[("M10", "dice_myocardium"), "predicted"] == pytest.approx(0.7)
    assert found.loc[("M10", "dice_myocardium"), "uncalibrated"] > 0.85
    assert found.loc[("M10", "EDV"), "note"] == "calibrated by 10 animals of this cohort with a reference"
    assert found.loc[("empty", "dice_myocardium"), "predicted"] == 0
    pairs = {mouse: mouse[:-1] for mouse in mice}
    assert predict_quality.assess(table, model, True, true, pairs)["note"].isna().sum() == 11 * 5


def test_a_reference_in_single_frames_calibrates_nothing(model):
    """Without ED and ES there are neither function nor Dice coefficients to compare with."""
    none = pd.DataFrame([("good", "EDV", 5.0)], columns=["mouse", "quantity", "true"]).iloc[:0]
    pd.testing.assert_frame_equal(
        predict_quality.assess(signs(), model, True, none), predict_quality.assess(signs(), model, True)
    )
