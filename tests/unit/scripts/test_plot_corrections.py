import pandas as pd
import pytest

import plot_corrections
from drawn_figures import record_figures, words
from murmur.csv_tables import write_csv
from murmur.quality.correction_cost import COST, CURVE, ORDERS


@pytest.fixture
def figure_of(tmp_path, monkeypatch):
    """Draw the figure of 10 scans with 100 slices, from the mean errors after 0, 1, ... reviews in each order."""
    seen = record_figures(monkeypatch)

    def run(before, needed, errors):
        rows = [
            (order, slices, before, before, before, error)
            for order in ORDERS
            for slices, error in enumerate(errors[order])
        ]
        write_csv(pd.DataFrame(rows, columns=CURVE), tmp_path / "curve.csv")
        rows = [(order, 10, len(errors[order]) - 1, needed[order], 0.0, before) for order in ORDERS]
        write_csv(pd.DataFrame(rows, columns=COST), tmp_path / "cost.csv")
        plot_corrections.main(tmp_path / "curve.csv", tmp_path / "cost.csv", [])
        return seen[-1]

    return run


FALLING = {order: [3.0, 2.0, 1.0, 0.0] for order in ORDERS} | {"predicted": [3.0, 1.5, 0.5, 0.0]}


def test_title_gives_the_scans_within_the_limit_before_any_review(figure_of):
    figure = figure_of(90.0, {"predicted": 1, "random": 3, "best": 2}, FALLING)
    title = next(text for text in words(figure) if text.startswith("Before"))
    assert title.splitlines() == [
        "Before any review, EF was within 2 percentage points of the reference in 9 of 10 scans (target, 95%)",
        "The target was reached after review of 1 of 3 slices in the order of jumps (3 in random order, 2 in the best "
        "possible order)",
    ]
    figure = figure_of(100.0, dict.fromkeys(ORDERS, 0), FALLING)
    assert [text for text in words(figure) if text.startswith("Before")] == [
        "Before any review, EF was within 2 percentage points of the reference in 10 of 10 scans (target, 95%)"
    ]


def test_an_order_that_is_no_better_than_a_random_one_is_not_recommended(figure_of):
    errors = FALLING | {"predicted": [3.0, 2.5, 1.5, 0.0]}
    figure = figure_of(100.0, dict.fromkeys(ORDERS, 0), errors)
    assert any("Up to 3 slices, the mean error in the order of jumps was not below" in text for text in words(figure))


def test_the_target_is_named_and_the_axis_begins_where_values_do(figure_of):
    figure = figure_of(97.0, dict.fromkeys(ORDERS, 0), FALLING)
    left = figure.axes[0]
    assert left.get_ylim()[0] == 90
    assert "target" in words(figure) and {"A", "B"} <= set(words(figure))
