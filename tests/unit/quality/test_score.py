"""Regressions on scans whose errors follow from their signs."""

import json

import numpy as np
import pandas as pd
import pytest

from murmur.quality import score
from murmur.quality.signs import SIGNS


def scans(number, seed=1, noise=0.2):
    """Variables and outcomes of scans, two per mouse; the second variable means nothing."""
    rng = np.random.default_rng(seed)
    variables = pd.DataFrame(rng.normal(size=(number, 3)), columns=["a", "b", "c"])
    latent = 0.4 * variables["a"] + 0.2 * variables["c"]
    outcomes = pd.DataFrame()
    for quantity in score.QUANTITIES:
        middle = -1.5 if quantity in score.DICE else 3.0
        outcomes[quantity] = score.restored(quantity, middle + latent + noise * rng.normal(size=number))
    return variables, outcomes, np.arange(number) // 2


def test_scales_of_the_regressions_are_undone():
    assert score.restored("dice_myocardium", score.transformed("dice_myocardium", [0.2, 0.9])) == pytest.approx(
        [0.2, 0.9]
    )
    assert score.restored("EDV", score.transformed("EDV", [0.0, 12.0])) == pytest.approx([0, 12])


def test_prediction_is_close_and_its_intervals_cover_new_mice():
    model = score.fit(*scans(300))
    variables, outcomes, _ = scans(2000, seed=2)
    found = score.predict(variables, json.loads(json.dumps(model)))
    assert found["mouse"].tolist() == np.repeat(np.arange(2000), len(score.QUANTITIES)).tolist()
    for quantity in score.QUANTITIES:
        rows, true = found[found["quantity"] == quantity], outcomes[quantity].to_numpy()
        covered = (rows["low"] <= true) & (true <= rows["high"])
        assert covered.mean() == pytest.approx(score.COVERAGE, abs=0.04)
        off = score.transformed(quantity, rows["predicted"]) - score.transformed(quantity, true)
        assert off.std() == pytest.approx(0.2, rel=0.15)


def test_missing_variables_take_the_mean(no_warnings):
    variables, outcomes, mice = scans(60)
    model = score.fit(variables, outcomes, mice)
    missing = pd.DataFrame(np.nan, index=["M1"], columns=variables.columns)
    at_mean = variables.mean().to_frame("M1").T
    assert score.predict(missing, model).equals(score.predict(at_mean, model)) or np.allclose(
        score.predict(missing, model)["predicted"], score.predict(at_mean, model)["predicted"]
    )


def test_predictions_stay_within_the_outcomes_of_the_fit():
    variables, outcomes, mice = scans(60)
    far = pd.DataFrame([[1e3, 0.0, 0.0]], index=["M1"], columns=variables.columns)
    found = score.predict(far, score.fit(variables, outcomes, mice)).set_index("quantity")["predicted"]
    assert found["EDV"] == pytest.approx(outcomes["EDV"].max())
    assert found["dice_myocardium"] == pytest.approx(outcomes["dice_myocardium"].min())


def test_variables_of_signs():
    rows = [("M1", "holes", 3.0), ("M1", "EDV", 115.0), ("M1", "image_border", 5.0)]
    rows += [("M2", "holes", np.nan), ("M2", "EDV", 0.0), ("M2", "image_border", 0.0)]
    others = [
        (mouse, name, 0.0) for mouse in ("M1", "M2") for name in SIGNS if (mouse, name) not in {r[:2] for r in rows}
    ]
    found = score.features(pd.DataFrame([*rows, *others], columns=["mouse", "sign", "mean"]))
    assert found.index.tolist() == ["M1", "M2"] and list(found) == list(SIGNS)
    assert found.loc["M1", "holes"] == pytest.approx(np.log1p(3 / SIGNS["holes"].high))
    assert found.loc["M1", "EDV"] == pytest.approx(1) and found.loc["M1", "image_border"] == np.log(6)
    assert np.isnan(found.loc["M2", "holes"])
