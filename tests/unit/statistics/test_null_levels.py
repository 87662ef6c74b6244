"""Studies without an effect: a test that took four values of a mouse for four mice, or a pair for a question, fails."""

import numpy as np
import pandas as pd
import pytest

from murmur.statistics.cohort_comparison import ratio_of_means
from murmur.statistics.overlap_model import between_phenotypes, overlap_model
from murmur.statistics.phenotypes import compare_groups, group, omnibus_tests, run_test

STUDIES = 200  # the share of p < 0.05 has a standard error of 0.015


def errors(seed, sizes, skewed):
    """Return one error per mouse and the phenotypes."""
    random = np.random.default_rng(seed)
    n = sum(sizes)
    values = random.gamma(4, 1, n) if skewed else random.normal(size=n)
    names = [kind for kind, size in zip("abcdef", sizes, strict=False) for _ in range(size)]
    return pd.Series(values), pd.Series(names)


@pytest.mark.parametrize(("sizes", "skewed"), [((3, 4, 5, 6), True), ((5, 5, 5, 5), False)])
def test_phenotypes_that_do_not_differ(sizes, skewed):
    found = []
    for seed in range(STUDIES):
        values, names = errors(seed, sizes, skewed)
        found.append(between_phenotypes(values, names, sorted(set(names)), 0.05))
    assert 0.01 < np.mean([rows["phenotype"]["p"] < 0.05 for rows in found]) < 0.1
    of_pairs = [[row["p_adjusted"] < 0.05 for row in rows.values()] for rows in found]
    assert np.mean(np.any(of_pairs, axis=1)) == np.mean([rows["phenotype"]["p"] < 0.05 for rows in found])


def test_errors_that_do_not_depend_on_the_phenotype():
    """Phenotypes differ, the reader's error does not: hardly any difference deviates from that of the reference."""
    sizes = (3, 4, 5, 6)
    deviates = []
    for seed in range(STUDIES // 2):
        random = np.random.default_rng(seed)
        rows = []
        for metric in ("EDV", "ESV", "EF"):
            true = np.repeat([60.0, 65, 70, 75], sizes) + random.normal(0, 8, sum(sizes))
            rows += [(f"m{i}", metric, "", x, x + random.normal(2, 3)) for i, x in enumerate(true)]
        function = pd.DataFrame(rows, columns=["mouse", "metric", "unit", "reference", "reader"])
        names = [name for name, n in zip("abcd", sizes, strict=True) for _ in range(n)]
        grouped = group(function, {f"m{i}": name for i, name in enumerate(names)})
        table = compare_groups(grouped, omnibus_tests(grouped), 0.05)
        deviates.append((table["bias_difference_p_adjusted"] < 0.05).any())
        assert (table["bias_difference_p"] < 0.05).sum() >= (table["bias_difference_p_adjusted"] < 0.05).sum()
    assert np.mean(deviates) < 0.1


def test_the_model_does_not_take_the_values_of_a_mouse_for_mice():
    """Mice that differ, and whose four values do not: the p is that of the mice, however alike the values are."""
    sizes = (3, 3, 4)
    values, names = errors(0, sizes, skewed=False)
    cells = [(phase, structure) for phase in ("ED", "ES") for structure in ("blood_pool", "myocardium")]
    noise = np.random.default_rng(1).normal(0, 1e-4, (10, 4))
    rows = [(f"m{i}", *cell, 1 - value - noise[i, j]) for i, value in enumerate(values) for j, cell in enumerate(cells)]
    overlap = pd.DataFrame(rows, columns=["mouse", "phase", "structure", "dice"])
    table = overlap_model(overlap, {f"m{i}": name for i, name in enumerate(names)}, 0.05)
    groups = {name: values[names == name].to_numpy() for name in "abc"}
    assert table.loc[0, "p"] == pytest.approx(run_test("welch_anova", groups)[0]["p"], rel=1e-2)


@pytest.mark.parametrize("sizes", [(3, 3), (5, 5), (20, 10)])
def test_cohorts_in_which_a_reader_errs_alike(sizes):
    outside = []
    for seed in range(STUDIES):
        x, y = np.split(np.abs(np.random.default_rng(seed).normal(size=sum(sizes))), [sizes[0]])
        found = ratio_of_means(x, y, 0.05)
        outside.append(not found["ratio_ci_low"] < 1 < found["ratio_ci_high"])
        assert outside[-1] == (found["p"] < 0.05)
    assert 0.005 < np.mean(outside) < 0.1
