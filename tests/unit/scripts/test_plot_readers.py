import numpy as np
import pandas as pd
import pytest

import plot_readers
from drawn_figures import record_figures, smallest_font, words
from murmur.csv_tables import write_csv
from murmur.vocabulary import METRICS

NAMES = ["net", "expert2", "published", "tool", "other", "last"]


@pytest.fixture
def plot(tmp_path):
    """Draw `readers` readers; the first ranks last in every quantity, and alone differs from the best."""

    def draw(readers, with_dice=True, suffix="png", change=None):
        names = NAMES[:readers]
        quantities = [("absolute_error", metric, unit) for metric, unit in METRICS.items()]
        if with_dice:
            quantities = [("dice", "blood_pool", None), ("dice", "myocardium", None), *quantities]
        ranks = [
            (measure, quantity, unit, reader, 9, 5 - i, 4.5 - i, 5.7 - i, readers - i, 0.123 * i)
            for measure, quantity, unit in quantities
            for i, reader in enumerate(names)
        ]
        columns = ["measure", "quantity", "unit", "reader", "n", "mean", "mean_ci_low", "mean_ci_high"]
        ranking = pd.DataFrame(ranks, columns=[*columns, "rank", "probability_best"])
        pairs = [
            (quantity if measure == "dice" else None, quantity if measure != "dice" else None, a, b, 0.01)
            for measure, quantity, _ in quantities
            for a, b in [(names[0], names[-1])]
        ]
        if change:
            change(ranking)
        write_csv(ranking, tmp_path / "ranking.csv")
        comparison = pd.DataFrame(pairs, columns=["structure", "metric", "reader_a", "reader_b", "p_holm"])
        write_csv(comparison, tmp_path / "comparison.csv")
        output = tmp_path / f"figure.{suffix}"
        plot_readers.main(tmp_path / "ranking.csv", tmp_path / "comparison.csv", [output], "internal", 0.05)
        return output

    return draw


@pytest.mark.parametrize("readers", [2, 6])
def test_best_at_the_top_with_its_interval_and_probability(plot, monkeypatch, readers):
    seen = record_figures(monkeypatch)
    plot(readers)
    assert len(seen[0].axes) == 8
    for axes in seen[0].axes:
        assert [label.get_text() for label in axes.get_yticklabels()] == NAMES[:readers][::-1]
        low, high = axes.get_ylim()
        assert low > high  # height 0 is the top
        lines, symbols = axes.collections
        assert symbols.get_offsets()[:, 0].tolist() == [5 - i for i in reversed(range(readers))]
        segments = [segment[:, 0].tolist() for segment in lines.get_segments()]
        np.testing.assert_allclose(segments, [[4.5 - i, 5.7 - i] for i in reversed(range(readers))])
        assert [text.get_text() for text in axes.texts][-1] == "<1%*"
        assert axes.texts[0].get_text() == f"{100 * 0.123 * (readers - 1):.0f}%"
    assert seen[0].axes[5].get_xlabel() == "Absolute error (percentage points)", "of EF"
    assert smallest_font(seen[0]) >= 7


def test_readers_that_look_like_numbers_are_told_apart(plot, monkeypatch):
    def change(ranking):
        ranking["reader"] = ranking["reader"].replace({"net": "01", "expert2": "1"})

    seen = record_figures(monkeypatch)
    plot(2, change=change)
    for axes in seen[0].axes:
        assert [label.get_text() for label in axes.get_yticklabels()] == ["1", "01"]


def test_a_reader_keeps_its_colour_and_marker(plot, monkeypatch):
    def change(ranking):
        rows = ranking["quantity"] == "EF"
        ranking.loc[rows, "rank"] = ranking.loc[rows, "rank"].to_numpy()[::-1]

    seen = record_figures(monkeypatch)
    plot(3, change=change)
    styles = set()
    for axes in seen[0].axes:
        labels = [label.get_text() for label in axes.get_yticklabels()]
        symbols = axes.collections[1]
        shapes = [path.vertices.tobytes() for path in symbols.get_paths()]
        colours = [tuple(colour) for colour in symbols.get_facecolors()]
        styles |= set(zip(labels, shapes, colours, strict=True))
    assert len(styles) == len({shape for _, shape, _ in styles}) == len({colour for *_, colour in styles}) == 3
    assert [label.get_text() for label in seen[0].axes[5].get_yticklabels()] == NAMES[:3]


def test_without_dice_only_the_metrics(plot, monkeypatch):
    seen = record_figures(monkeypatch)
    plot(2, with_dice=False)
    assert len(seen[0].axes) == 6
    assert not any("Dice" in word for word in words(seen[0]))


def test_intervals_are_not_those_of_repeated_trainings(plot, monkeypatch, tmp_path):
    seen = record_figures(monkeypatch)
    plot(2)
    assert "trainings" not in seen[0].get_suptitle()
    tables = tmp_path / "ranking.csv", tmp_path / "comparison.csv"
    plot_readers.main(*tables, [], "internal", 0.05, repeated=True)
    assert seen[1].get_suptitle().endswith("None of these includes the variation between repeated trainings")


def test_what_is_missing_is_said(plot, monkeypatch):
    def change(ranking):
        ranking.loc[
            ranking["quantity"] == "EF", ["mean", "mean_ci_low", "mean_ci_high", "rank", "probability_best"]
        ] = None
        ranking.loc[ranking["quantity"] == "SV", ["mean_ci_low", "mean_ci_high", "probability_best"]] = None

    seen = record_figures(monkeypatch)
    plot(2, change=change)
    assert words(seen[0]).count("No mouse was measured by all readers.") == 1
    assert [text.get_text() for text in seen[0].axes[4].texts] == ["–", "–*"]


def test_same_data_same_bytes(plot):
    first = plot(3, suffix="pdf").read_bytes()
    assert plot(3, suffix="pdf").read_bytes() == first
