"""Simulate studies in which nothing differs, and count how often each test of Murmur finds something all the same.

`python benchmarks/null_studies.py [STUDIES]` prints the two tables of docs/statistics.md: the share of p < 0.05 of each
test before any correction, and the share of studies in which a family of tests gives a significant result in words.
Errors are normal or skewed (gamma with shape 4, skewness 1, as 1 - Dice is); where groups are compared also normal with
half as much spread again in the first group. STUDIES (default 2000) is the number of simulated studies of the fast
tests; those that resample or need whole tables get a part of it, which the tables state.
"""

import gc
import math
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from murmur.statistics.agreement import agreement, agreement_table  # noqa: E402
from murmur.statistics.cohort_comparison import compare  # noqa: E402
from murmur.statistics.correlation import pearson, spearman  # noqa: E402
from murmur.statistics.dice_anova import CELLS, EFFECTS, dice_by_cell  # noqa: E402
from murmur.statistics.overlap_model import between_phenotypes  # noqa: E402
from murmur.statistics.paired import holm, paired_test  # noqa: E402
from murmur.statistics.phenotypes import (  # noqa: E402
    TESTS,
    mann_whitney,
    run_test,
    welch,
)
from murmur.statistics.ranking import absolute_errors, rank  # noqa: E402
from murmur.statistics.reader_comparison import compare_pairs  # noqa: E402
from murmur.vocabulary import METRICS  # noqa: E402

ALPHA = 0.05
KINDS = ("normal", "skewed", "unequal SD")
PAIRED = (3, 5, 10, 25)
GROUPS = ((3, 3), (3, 6), (6, 6), (3, 4, 5, 6), (5, 5, 5, 5), (10, 10, 10))
STUDY_SIZES = ((3, 3), (3, 4, 5, 6), (5, 5, 5, 5))
COHORTS = ((5, 5), (10, 10), (20, 10))
Share = dict[str, float]


def errors(rng: np.random.Generator, kind: str, shape: int | tuple[int, ...]) -> np.ndarray:
    """Return independent errors of mean 0 and SD 1."""
    return (rng.gamma(4, 1, shape) - 4) / 2 if kind == "skewed" else rng.normal(size=shape)


def share(draw: Callable[[np.random.Generator], dict[str, float]], studies: int) -> Share:
    """Return the share of `studies` in which each p that `draw` returns is below ALPHA; missing ones do not count."""
    table = pd.DataFrame([draw(np.random.default_rng(seed)) for seed in range(studies)])
    return {name: float((p.dropna() < ALPHA).mean()) for name, p in table.items()}


def paired(rng: np.random.Generator, kind: str, n: int) -> dict[str, float]:
    """Two readings of the same mice, and two quantities that have nothing to do with each other."""
    truth = rng.normal(60, 10, n)
    reference, reader = truth + 3 * errors(rng, kind, n), truth + 3 * errors(rng, kind, n)
    difference = 3 * errors(rng, kind, n)
    at_margin = agreement(reference, reader + 4, alpha=ALPHA, margin=4.0)
    alone = errors(rng, kind, n), errors(rng, kind, n)
    test = paired_test(difference, ALPHA, 60)
    return {
        "paired t-test": test["p"],
        "signed-rank test": test["wilcoxon_p"],
        "slope of difference on mean": at_margin["slope_p"],
        "equivalence, true difference at the margin": at_margin["tost_p"],
        "Shapiro-Wilk test": at_margin["shapiro_p"] if kind == "normal" else math.nan,
        "Pearson's r": pearson(*alone, ALPHA)["p"],
        "Spearman's rho": spearman(*alone, ALPHA)["p"],
    }


def between(rng: np.random.Generator, kind: str, sizes: tuple[int, ...]) -> dict[str, float]:
    """One value per mouse in phenotypes of these sizes: function, the reader's error, or the mean error of a mouse."""
    values = {str(i): errors(rng, kind, n) * (1.5 if kind == KINDS[2] and i == 0 else 1) for i, n in enumerate(sizes)}
    first, last = values["0"], list(values.values())[-1]
    names = dict(zip(TESTS, ("one-way ANOVA", "Welch's ANOVA", "Kruskal-Wallis test"), strict=True))
    found = {names[test]: run_test(test, values)[0]["p"] for test in TESTS}
    found["Welch's t-test"] = welch(first, last, 1, ALPHA, 1.0)["p"]
    return found | {"Mann-Whitney test": mann_whitney(first, last)}


def overlap_table(rng: np.random.Generator, kind: str, n: int, missing: float = 0.0) -> pd.DataFrame:
    """Dice of mice that differ, and that differ in what a phase or a structure does to them; none does on the whole."""
    error = 0.08 + 0.015 * errors(rng, kind, n)[:, None] + 0.015 * errors(rng, kind, (n, 4))
    error += 0.01 * errors(rng, kind, n)[:, None] * np.array([1, -1, 1, -1])
    rows = [
        (f"m{mouse}", phase, structure, 1 - value)
        for mouse, values in enumerate(error)
        for (phase, structure), value in zip(CELLS, values, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["mouse", "phase", "structure", "dice"])
    without_es = rng.choice(n, round(missing * n), replace=False)
    return table[~((table["phase"] == "ES") & table["mouse"].isin([f"m{mouse}" for mouse in without_es]))]


def function_table(rng: np.random.Generator, kind: str, n: int) -> pd.DataFrame:
    """Function of n mice by a reference and by a reader without bias, in six metrics as dependent as theirs are."""
    edv, esv, mass = (mean + sd * errors(rng, kind, n) for mean, sd in ((66, 8), (27, 5), (90, 12)))
    by = []
    for _ in ("reference", "reader"):
        v, s, m = (true + 2.5 * errors(rng, kind, n) for true in (edv, esv, mass))
        es = m + 2 * errors(rng, kind, n)
        by.append({"EDV": v, "ESV": s, "SV": v - s, "EF": 100 * (v - s) / v, "mass_ED": m, "mass_ES": es})
    rows = [
        (f"m{mouse}", metric, unit, by[0][metric][mouse], by[1][metric][mouse])
        for metric, unit in METRICS.items()
        for mouse in range(n)
    ]
    return pd.DataFrame(rows, columns=["mouse", "metric", "unit", "reference", "reader"])


def phenotypes_of(sizes: Iterable[int]) -> dict[str, str]:
    """Name the phenotype of each mouse."""
    names = [f"phenotype{i}" for i, n in enumerate(sizes) for _ in range(n)]
    return {f"m{mouse}": name for mouse, name in enumerate(names)}


def within(rng: np.random.Generator, kind: str, n: int, missing: float) -> dict[str, float]:
    """The effects of the repeated-measures ANOVA of Dice, each of which is a paired t-test (F = t^2)."""
    dice = dice_by_cell(overlap_table(rng, kind, n, missing)).dropna().to_numpy()
    return {
        f"ANOVA of Dice, {effect}": paired_test(dice @ np.array(weights), ALPHA, 1.0)["p"]
        for effect, weights in EFFECTS.items()
    }


def cohorts(rng: np.random.Generator, kind: str, sizes: tuple[int, int]) -> dict[str, float]:
    """The absolute errors of a reader in two cohorts alike; a ratio whose interval leaves out 1 counts as p = 0."""
    row = compare(*(np.abs(errors(rng, kind, n)) for n in sizes), ALPHA)
    low, high = row.get("ratio_ci_low", math.nan), row.get("ratio_ci_high", math.nan)
    outside = math.nan if math.isnan(low) else float(low <= 1 <= high)
    return {"Mann-Whitney test of two cohorts": row["p"], "1 outside the interval of the ratio": outside}


def ranked(rng: np.random.Generator, kind: str, n: int) -> dict[str, float]:
    """Two readers alike: the share of resamples in which one is best, as a two-sided p."""
    best = rank(pd.DataFrame(np.abs(errors(rng, kind, (n, 2))), columns=["a", "b"]), False, ALPHA)["probability_best"]
    return {"a reader best in more than 97.5% of resamples": 2 * (1 - best.max())}


def verdicts(rng: np.random.Generator, kind: str, sizes: tuple[int, ...]) -> dict[str, float]:
    """The least p, corrected as in the tables, on which the results would state something as significant, by family.

    A contrast or a pair is not significant where its effect or its metric is not, so the effects and metrics decide.
    """
    n, phenotypes = sum(sizes), phenotypes_of(sizes)
    function = function_table(rng, kind, n)
    of = {metric: rows[["reference", "reader"]].to_numpy().T for metric, rows in function.groupby("metric", sort=False)}
    found = {"agreement: bias": least([paired_test(y - x, ALPHA, 100.0)["p"] for x, y in of.values()])}
    at_margin = function.assign(reader=function["reader"] + 4)
    table = agreement_table(at_margin, 1, ALPHA, dict.fromkeys(METRICS, 4.0))
    found["agreement: slope"] = table["slope_p_holm"].min()
    found["agreement: equivalence"] = table["tost_p_holm"].min()
    dice = dice_by_cell(overlap_table(rng, kind, n))
    effects = [paired_test(dice.to_numpy() @ np.array(weights), ALPHA, 1.0)["p"] for weights in EFFECTS.values()]
    found["Dice by phase and structure"] = least(effects)
    error, names = 1 - dice.mean(axis=1), dice.index.to_series().map(phenotypes)
    model = between_phenotypes(error, names, list(dict.fromkeys(phenotypes.values())), ALPHA)
    found["error by phenotype"] = model["phenotype"]["p"]
    alone = [spearman(errors(rng, kind, n), errors(rng, kind, n), ALPHA)["p"] for _ in range(4)]
    found["Dice and error"] = least(alone)
    split = np.cumsum(sizes)[:-1]
    of_rater = [
        least([run_test("welch_anova", dict(enumerate(np.split(of[metric][rater], split))))[0]["p"] for metric in of])
        for rater in (0, 1)
    ]
    found["function by phenotype, reference"] = of_rater[0]
    found["function by phenotype, reference or reader"] = min(of_rater)
    others = {
        name: absolute_errors(function_table(rng, kind, n).assign(reference=function["reference"])) for name in "ab"
    }
    return found | {"readers, absolute error": compare_pairs({}, others, ALPHA)["p_holm"].min()}


def least(p: Iterable[float]) -> float:
    """Return the least of several p after Holm's correction."""
    return float(np.nanmin(holm(np.array(list(p)))))


def tabulate(title: str, cells: dict[tuple[str, str, str], float]) -> None:
    """Print shares by (name, design, kind of errors) as a Markdown table, in per cent."""
    print(f"\n| {title} | design | {' | '.join(KINDS)} |\n|---|---|{'---|' * len(KINDS)}")
    for name in dict.fromkeys(name for name, _, _ in cells):
        for design in dict.fromkeys(design for other, design, _ in cells if other == name):
            shares = [cells.get((name, design, kind), math.nan) for kind in KINDS]
            print(f"| {name} | {design} | {' | '.join('' if math.isnan(s) else f'{100 * s:.1f}' for s in shares)} |")


def main(studies: int) -> None:
    """Print both tables."""
    gc.freeze()  # statsmodels collects garbage in each correction for multiple testing
    few, fewer = max(20, studies // 4), max(20, studies // 5)
    designs: list[tuple[str, Callable, tuple, int, Iterable[str]]] = []
    designs += [(f"{n} mice", paired, (n,), studies, KINDS[:2]) for n in PAIRED]
    designs += [(" + ".join(map(str, sizes)), between, (sizes,), studies, KINDS) for sizes in GROUPS]
    designs += [(f"{n} mice", within, (n, 0.0), few, KINDS[:2]) for n in (3, 5)]
    designs += [(f"{n} mice, ES missing in a fifth", within, (n, 0.2), few, KINDS[:2]) for n in (10, 25)]
    designs += [(" + ".join(map(str, sizes)), cohorts, (sizes,), few, KINDS[:2]) for sizes in COHORTS]
    designs += [(f"{n} mice", ranked, (n,), few, KINDS[:2]) for n in (5, 10, 20, 25)]
    for title, chosen in {
        "test, share of p < 0.05 in %": designs,
        "family, share of studies with a false verdict in %": [
            (" + ".join(map(str, sizes)), verdicts, (sizes,), fewer, KINDS[:2]) for sizes in STUDY_SIZES
        ],
    }.items():
        cells = {}
        for design, draw, arguments, count, kinds in chosen:
            for kind in kinds:
                found = share(lambda rng, draw=draw, kind=kind, rest=arguments: draw(rng, kind, *rest), count)
                cells |= {(name, design, kind): value for name, value in found.items()}
        tabulate(title, cells)
    for count in (studies, few, fewer):
        print(f"{count} studies: standard error {100 * math.sqrt(ALPHA * (1 - ALPHA) / count):.1f} points at 5 %")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
