import numpy as np
import pandas as pd
import pytest
from prints import record_figures, smallest_font, words

import plot_agreement
from murmur.agreement import agreement_table
from murmur.tables import write_csv
from murmur.volumes import METRICS


def pairs(mice: int) -> pd.DataFrame:
    random = np.random.default_rng(3)
    rows = []
    for metric, unit in METRICS.items():
        for mouse in range(mice):
            value = random.uniform(40, 80)
            rows.append((f"Mouse{mouse}", metric, unit, value, value + random.normal(1, 3)))
    return pd.DataFrame(rows, columns=["mouse", "metric", "unit", "reference", "reader"])


def plot(folder, table, suffix="png"):
    numbers = agreement_table(table, 1, 0.05, {})
    write_csv(table, folder / "function.csv")
    write_csv(numbers, folder / "agreement.csv")
    output = folder / f"figure.{suffix}"
    plot_agreement.main(
        str(folder / "function.csv"), str(folder / "agreement.csv"), [str(output)], "unet3plus", "internal", 0.05
    )
    return output, numbers.set_index("metric")


@pytest.mark.parametrize("mice", [1, 2, 3, 25])
def test_the_lines_lie_at_the_numbers_of_the_table_and_every_mouse_is_a_point(tmp_path, monkeypatch, mice):
    seen = record_figures(monkeypatch)
    table = pairs(mice)
    _, numbers = plot(tmp_path, table)
    for index, metric in enumerate(METRICS):
        panel, equality = (seen[0].axes[(index // 3 * 2 + below) * 3 + index % 3] for below in (0, 1))
        heights = sorted(line.get_ydata()[0] for line in panel.lines)
        assert heights == pytest.approx(sorted([0, *numbers.loc[metric, list(plot_agreement.LINES)].dropna()]))
        rows = table[table["metric"] == metric]
        points = panel.collections[0].get_offsets()
        np.testing.assert_allclose(points[:, 1], rows["reader"] - rows["reference"])
        low, high = panel.get_ylim()
        assert np.all((low < points[:, 1]) & (points[:, 1] < high))
        assert equality.get_xlim() == equality.get_ylim()
        assert f"n = {mice}" in equality.get_title(loc="left")
    assert smallest_font(seen[0]) >= 7


def test_the_numbers_are_printed_at_the_lines(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    _, numbers = plot(tmp_path, pairs(25))
    printed = [text.get_text() for text in seen[0].axes[0].texts]
    assert printed == [f"{numbers.loc['EDV', line]:.1f}".replace("-", "−") for line in plot_agreement.LINES]


def test_a_metric_without_pairs_says_so(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    table = pairs(5)
    table.loc[table["metric"] == "mass_ES", "reader"] = None
    table = table[table["metric"] != "EF"]
    plot(tmp_path, table)
    assert words(seen[0]).count("No mouse has both values.") == 2


def test_same_data_same_bytes(tmp_path):
    first = plot(tmp_path, pairs(4), "pdf")[0].read_bytes()
    assert plot(tmp_path, pairs(4), "pdf")[0].read_bytes() == first
