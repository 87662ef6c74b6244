import numpy as np
import pandas as pd
import pytest

import plot_groups
from drawn_figures import record_figures, smallest_font, words
from murmur.csv_tables import write_csv
from murmur.presentation.style import MM
from murmur.statistics.phenotypes import MIN_MICE, compare_groups, group, omnibus_tests
from murmur.vocabulary import METRICS


def cohort(sizes: dict[str, int]) -> tuple[pd.DataFrame, dict[str, str]]:
    rng = np.random.default_rng(1)
    rows, phenotypes = [], {}
    for level, (phenotype, n) in enumerate(sizes.items()):
        for i in range(n):
            phenotypes[f"{phenotype}{i}"] = phenotype
            for metric, unit in METRICS.items():
                value = rng.normal(60 + 4 * level, 8)
                rows.append((f"{phenotype}{i}", metric, unit, value, value + rng.normal(level, 4)))
    return pd.DataFrame(rows, columns=["mouse", "metric", "unit", "reference", "reader"]), phenotypes


def plot(folder, function, phenotypes, suffix="png"):
    grouped = group(function, phenotypes)
    differences = compare_groups(grouped, omnibus_tests(grouped), 0.05)
    write_csv(function, folder / "function.csv")
    write_csv(differences, folder / "differences.csv")
    output = folder / f"figure.{suffix}"
    plot_groups.main(
        str(folder / "function.csv"),
        phenotypes,
        str(folder / "differences.csv"),
        [str(output)],
        "unet3plus",
        "internal",
        0.05,
    )
    return output, differences


@pytest.mark.parametrize(
    "sizes",
    [
        {"control": 12, "tac": 9},
        {"0": 6, "1": 5, "01": 4},
        {"control": 1, "dcm": 2, "mi_patch": 1, "tac": 1},
        {"control": 9, "dcm": 4, "mi_patch": 10, "sham": 3, "transverse aortic constriction": 7},
    ],
)
def test_every_mouse_and_every_difference_is_drawn(tmp_path, monkeypatch, sizes):
    seen = record_figures(monkeypatch)
    function, phenotypes = cohort(sizes)
    _, differences = plot(tmp_path, function, phenotypes)
    figure = seen[0]
    assert smallest_font(figure) >= 7
    assert figure.get_size_inches()[1] / MM <= 230
    panels = figure.axes
    for index, metric in enumerate(METRICS):
        left, right = panels[2 * index : 2 * index + 2]
        rows = function[function["metric"] == metric]
        drawn = np.concatenate([line.get_ydata() for line in left.lines])
        assert sorted(drawn) == pytest.approx(sorted([*rows["reference"], *rows["reader"]]))
        means = [path.vertices[0, 1] for lines in left.collections for path in lines.get_paths()]
        kept = rows[rows["mouse"].map(phenotypes).map(sizes) > 1]
        by_phenotype = kept.groupby(kept["mouse"].map(phenotypes))[["reference", "reader"]].mean()
        assert sorted(means) == pytest.approx(sorted(by_phenotype.to_numpy().ravel()))

        pairs = differences[differences["metric"] == metric]
        assert len(right.get_yticks()) == len(pairs)
        points = [line.get_xdata()[0] for line in right.lines if len(line.get_xdata()) == 1]
        assert points == pytest.approx(pairs[["reference_difference", "reader_difference"]].to_numpy().ravel())
        ends = np.array([line.get_xdata() for line in right.lines[1:] if len(line.get_xdata()) == 2])
        expected = pairs[["reference_ci_low", "reference_ci_high", "reader_ci_low", "reader_ci_high"]].to_numpy(float)
        np.testing.assert_allclose(ends, expected.reshape(-1, 2))
    assert any("fewer than 3 mice" in word for word in words(figure)) == (min(sizes.values()) < MIN_MICE)


def test_a_changed_conclusion_is_shaded_and_named(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    function, phenotypes = cohort({"control": 10, "dcm": 10, "tac": 10})
    tac = (function["metric"] == "EDV") & function["mouse"].str.startswith("tac")
    function.loc[tac, "reader"] -= 200
    _, differences = plot(tmp_path, function, phenotypes)
    changed = differences[(differences["metric"] == "EDV") & ~differences["conclusion"].str.startswith("same")]
    right = seen[0].axes[1]
    assert len(changed) == len(right.patches) == 2
    assert [text.get_text() for text in right.texts] == changed["conclusion"].to_list()
    names = [f"{b} − {a}" for a, b in zip(changed["group_a"], changed["group_b"], strict=True)]
    labels = [label.get_text() for label in right.get_yticklabels()]
    assert [labels[round(patch.get_y() + 0.5)] for patch in right.patches] == names


def test_missing_metrics_and_phenotypes_are_said(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    function, phenotypes = cohort({"control": 3})
    plot(tmp_path, function[function["metric"] != "EF"], phenotypes)
    assert words(seen[0]).count("One phenotype: there is nothing to compare.") == 5
    assert words(seen[0]).count("No mouse of known phenotype has both values.") == 1
    plot(tmp_path, function, {})
    assert words(seen[1]).count("No mouse of known phenotype has both values.") == 6


def test_same_data_same_bytes(tmp_path):
    first = plot(tmp_path, *cohort({"control": 3, "tac": 2}), "pdf")[0].read_bytes()
    assert plot(tmp_path, *cohort({"control": 3, "tac": 2}), "pdf")[0].read_bytes() == first
