import numpy as np
import pandas as pd
import pytest
from scipy import stats

from murmur.statistics.dice_by_frame import RESULTS, dice_by_position


def table(values, frames=4, reader="net", es=0.5):
    """Dice of each frame of each scan, as {scan: [values]}, for one structure."""
    return pd.DataFrame(
        [
            (reader, mouse, frame / frames, es, "blood_pool", value)
            for mouse, of_mouse in values.items()
            for frame, value in enumerate(of_mouse)
        ],
        columns=["reader", "mouse", "position", "es_position", "structure", "dice"],
    )


def test_means_and_limits_over_mice_at_each_position():
    values = {"A": [0.9, 0.8, 0.6, 0.7], "B": [0.8, 0.8, 0.7, 0.9], "C": [0.7, 0.8, 0.8, 0.8]}
    found = dice_by_position(table(values), {}, 0.05)
    assert list(found.columns) == RESULTS
    assert found["percent"].tolist() == [0, 25, 50, 75]
    assert found["es_percent"].unique() == [50]
    assert found["mean"].tolist() == pytest.approx([0.8, 0.8, 0.7, 0.8])
    expected = stats.t.interval(0.95, 2, 0.8, stats.sem([0.9, 0.8, 0.7]))
    assert found.loc[0, ["ci_low", "ci_high"]].tolist() == pytest.approx(expected)
    assert found.loc[1, ["ci_low", "ci_high"]].isna().all() and found.loc[1, "note"], "without variation"


def test_scans_of_an_animal_and_repetitions_count_once():
    several = {"A1": [0.9, 0.8, 0.6], "A2": [0.7, 0.6, 0.4], "B": [0.6, 0.5, 0.3]}
    other = {mouse: np.subtract(values, 0.1).tolist() for mouse, values in several.items()}
    dice = pd.concat([table(several, 3, "net_1"), table(other, 3, "net_2")])
    found = dice_by_position(dice, {"net_1": "net", "net_2": "net"}, 0.05, {"A1": "A", "A2": "A", "B": "B"})
    assert found["reader"].unique() == ["net"]
    assert found["n"].tolist() == [2, 2, 2]
    assert found["mean"].tolist() == pytest.approx([0.65, 0.55, 0.35])


def test_frames_count_for_the_nearest_of_at_most_ten_positions():
    """Of 20 frames, 19 is nearest to ED, which follows it in the next beat."""
    frames = np.linspace(0.5, 0.9, 20)
    found = dice_by_position(table({"A": frames, "B": frames + 0.01}, 20), {}, 0.05)
    assert found["percent"].tolist() == list(range(0, 100, 10))
    nearest = np.round(np.arange(20) / 20 * 10).astype(int) % 10
    assert found["mean"].tolist() == pytest.approx([frames[nearest == step].mean() + 0.005 for step in range(10)])
    one = dice_by_position(table({"A": frames}, 20), {}, 0.05)
    assert one["n"].eq(1).all() and one["note"].ne("").all()


def test_readers_keep_their_order_and_nothing_gives_nothing():
    dice = pd.concat([table({"A": [0.9] * 3}, 3, name) for name in ("second", "first")])
    assert dice_by_position(dice, {}, 0.05)["reader"].drop_duplicates().tolist() == ["second", "first"]
    assert dice_by_position(dice.iloc[:0], {}, 0.05).columns.tolist() == RESULTS
