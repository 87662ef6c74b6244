import itertools

import numpy as np
import pandas as pd
import pytest
import seaborn

from murmur.presentation import categorical, style

pytestmark = pytest.mark.usefixtures("no_warnings")


def test_spread_is_centred_and_keeps_neighbours_in_value_apart():
    values = pd.Series(np.linspace(0, 1, 60))[::-1]
    offsets = categorical.spread(values)
    assert offsets.abs().max() <= 0.5
    assert offsets.max() == pytest.approx(-offsets.min())
    assert np.abs(np.diff(offsets)).min() > 0.3
    assert categorical.spread(pd.Series([3.0]))[0] == 0
    assert categorical.spread(pd.Series([1.0, 1.0, 1.0])).nunique() == 3


def test_points_stand_where_seaborn_places_their_group(tmp_path):
    groups = {"x": "day", "order": ["d0", "d7"], "hue": "rater", "hue_order": ["a", "b", "c"], "y": "value"}
    table = pd.DataFrame([(d, r, i) for i, (d, r) in enumerate(itertools.product(("d0", "d7"), "abc"))])
    table.columns = ["day", "rater", "value"]
    with style.printed_figure([], height_mm=40) as figure:
        axes = figure.subplots()
        look = {"palette": dict(zip("abc", ("red", "green", "blue"), strict=True))}
        seaborn.stripplot(table, **groups, **look, dodge=True, jitter=False, legend=False, ax=axes)
        expected = np.concatenate([points.get_offsets() for points in axes.collections])
        categorical.draw_points(axes, table, **groups, **look, markers=dict(zip("abc", "osD", strict=True)))
        found = axes.collections[-1].get_offsets()
    np.testing.assert_allclose(found[found[:, 1].argsort()], expected[expected[:, 1].argsort()])


def test_nothing_to_draw_draws_nothing():
    table = pd.DataFrame({"group": ["a"], "rater": ["b"], "value": [np.nan], "low": [np.nan], "high": [np.nan]})
    look = {"palette": {"b": "red"}, "markers": {"b": "o"}}
    with style.printed_figure([], height_mm=40) as figure:
        axes = figure.subplots()
        categorical.draw_points(axes, table, "group", "value", "rater", ["a"], ["b"], **look)
        categorical.draw_intervals(axes, table, "value", ("low", "high"), "value", "rater", **look)
        assert not axes.collections
