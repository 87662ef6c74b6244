import warnings

import pandas as pd
import pytest

from correlate_dice_error import correlate


@pytest.fixture
def tables():
    dice, error = [0.95, 0.94, 0.9, 0.97, 0.85], [-1.0, 2.0, -3.0, 0.5, 2.5]
    overlap = pd.DataFrame(
        [(f"M{m}", "ED", "blood_pool", d) for m, d in enumerate(dice)]
        + [(f"M{m}", "ES", "myocardium", 0.9) for m in range(5)]
        + [("M0", "inflow", "blood_pool", 0.1)] * 2,
        columns=["mouse", "phase", "structure", "dice"],
    )
    function = pd.DataFrame(
        [(f"M{m}", "EDV", 60.0, 60.0 + e) for m, e in enumerate(error)]
        + [(f"M{m}", "mass_ES", 100.0, 100.0 + e) for m, e in enumerate(error)],
        columns=["mouse", "metric", "reference", "reader"],
    ).iloc[::-1]
    return overlap, function


def test_dice_against_the_absolute_error_of_the_same_mouse(tables):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = correlate(*tables)
    assert list(table.columns) == ["structure", "phase", "metric", "n", "spearman_rho", "p", "p_holm", "note"]
    # ranks of Dice 4 3 2 5 1, of the error 2 3 5 1 4: sum of squares 4 + 0 + 9 + 16 + 9
    assert table.loc[0, "spearman_rho"] == pytest.approx(1 - 6 * 38 / (5 * 24))
    assert table["n"].to_list() == [5, 0, 0, 5]
    assert table.loc[0, "p_holm"] == table.loc[0, "p"]
    assert table.loc[0, "note"] == ""
    assert table.loc[1, "note"] == "0 mice with Dice and ESV, at least 3 are needed"
    assert table.loc[3, "note"] == "the Dice or the error is the same in every mouse"
