"""Simulate studies without any effect, and count how often each test of Murmur gives a significant result.

`python benchmarks/null_studies.py [STUDIES]` prints the tables of docs/statistics.md: the share of p < 0.05 of each
test before any correction, also where mice have several scans, and the share of studies in which a family of tests
gives a significant result in words.
Errors are normal or skewed (gamma with shape 4, skewness 1, as 1 - Dice is); where groups are compared also normal with
half as much spread again in the first group. STUDIES (default 2000) is the number of simulated studies of the fast
tests; tests that resample or need complete tables use fewer, as stated in the tables.
"""

import gc
import math
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import shapiro
from statsmodels.stats.weightstats import ttost_paired

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from murmur.statistics.agreement import proportional_bias  # noqa: E402
from murmur.statistics.animals import animal_means  # noqa: E402
from murmur.statistics.cohort_comparison import compare  # noqa: E402
from murmur.statistics.correlation import pearson, spearman  # noqa: E402
from murmur.statistics.dice_cells import EFFECTS  # noqa: E402
from murmur.statistics.limits import Z, limits_of_several_scans  # noqa: E402
from murmur.statistics.overlap_model import between_phenotypes  # noqa: E402
from murmur.statistics.paired import holm, paired_test  # noqa: E402
from murmur.statistics.phenotypes import TESTS, mann_whitney, run_test, welch  # noqa: E402
from murmur.statistics.ranking import rank  # noqa: E402
from murmur.vocabulary import METRICS  # noqa: E402

ALPHA = 0.05
KINDS = ("normal", "skewed", "unequal SD")
PAIRED = (3, 5, 10, 25)
GROUPS = ((3, 3), (3, 6), (6, 6), (3, 4, 5, 6), (5, 5, 5, 5), (10, 10, 10))
STUDY_SIZES = ((3, 3), (3, 4, 5, 6), (5, 5, 5, 5))
COHORTS = ((4, 12), (5, 5), (10, 10), (20, 4), (20, 10))
SCANS = {"5 mice, 3 scans": (3,) * 5, "5 mice, 1 to 3 scans": (1, 2, 2, 3, 3), "10 mice, 3 scans": (3,) * 10}
SCANS |= {"10 mice, 1 to 3 scans": (1, 1, 2, 2, 2, 3, 3, 3, 3, 3), "24 mice, 3 scans": (3,) * 24}
Share = dict[str, float]


def errors(rng: np.random.Generator, kind: str, shape: int | tuple[int, ...]) -> np.ndarray:
    """Return independent errors of mean 0 and SD 1."""
    return (rng.gamma(4, 1, shape) - 4) / 2 if kind == "skewed" else rng.normal(size=shape)


def share(draw: Callable[[np.random.Generator], dict[str, float]], studies: int) -> Share:
    """Return the share of `studies` in which each p returned by `draw` is below ALPHA; missing values are ignored."""
    table = pd.DataFrame([draw(np.random.default_rng(seed)) for seed in range(studies)])
    return {name: float((p.dropna() < ALPHA).mean()) for name, p in table.items()}


def paired(rng: np.random.Generator, kind: str, n: int) -> Share:
    """Two readings of the same mice, and two independent quantities."""
    truth = rng.normal(60, 10, n)
    reference, reader = truth + 3 * errors(rng, kind, n), truth + 3 * errors(rng, kind, n)
    test = paired_test(3 * errors(rng, kind, n), ALPHA, 60)
    independent = errors(rng, kind, n), errors(rng, kind, n)
    return {
        "paired t-test": test["p"],
        "signed-rank test": test["wilcoxon_p"],
        "slope of the difference on the mean": slope_p(reference, reader),
        "equivalence, true difference at the margin": equivalence_p(reference, reader),
        "Pearson's r": pearson(*independent, ALPHA)["p"],
        "Spearman's rho": spearman(*independent, ALPHA)["p"],
    }


def repeated(rng: np.random.Generator, kind: str, scans: tuple[int, ...]) -> Share:
    """Two readings of each scan of mice with several scans, with errors that scans of a mouse have in common."""
    of = np.repeat(np.arange(len(scans)), scans)
    truth = rng.normal(60, 8, len(scans))[of] + rng.normal(0, 5, len(of))
    readings = [truth + 1.5 * errors(rng, kind, len(scans))[of] + 2 * errors(rng, kind, len(of)) for _ in range(2)]
    differences, means = readings[1] - readings[0], [animal_means(reading, of) for reading in readings]
    found = limits_of_several_scans(differences, of, 1, ALPHA)
    limit = Z * math.sqrt(2 * (1.5**2 + 2**2))
    inside = found["loa_high_ci_low"] <= limit <= found["loa_high_ci_high"]
    return {
        "paired t-test": paired_test(means[1] - means[0], ALPHA, 60)["p"],
        "paired t-test of scans as if independent": paired_test(differences, ALPHA, 60)["p"],
        "slope of the difference on the mean": slope_p(*means),
        "equivalence, true difference at the margin": equivalence_p(*means),
        "upper limit of agreement outside its interval": float(inside),  # outside counts as significant
    }


def slope_p(reference: np.ndarray, reader: np.ndarray) -> float:
    """Return the p of proportional bias."""
    return proportional_bias((reference + reader) / 2, reader - reference, ALPHA, 100.0)["slope_p"]


def equivalence_p(reference: np.ndarray, reader: np.ndarray) -> float:
    """Return the p of the equivalence test that Murmur calls, of readings moved to the margin."""
    return float(ttost_paired(reader + 4, reference, -4, 4)[0])


def between(rng: np.random.Generator, kind: str, sizes: tuple[int, ...]) -> Share:
    """One value per mouse in phenotypes of these sizes: function, the reader's error, or the mean error of a mouse."""
    values = {str(i): errors(rng, kind, n) * (1.5 if kind == KINDS[2] and i == 0 else 1) for i, n in enumerate(sizes)}
    first, last = values["0"], list(values.values())[-1]
    names = dict(zip(TESTS, ("one-way ANOVA", "Welch's ANOVA", "Kruskal-Wallis test"), strict=True))
    found = {names[test]: run_test(test, values)[0]["p"] for test in TESTS}
    found["Welch's t-test"] = welch(first, last, 1, ALPHA, 1.0)["p"]
    return found | {"Mann-Whitney test": mann_whitney(first, last)}


def overlap_of(rng: np.random.Generator, kind: str, n: int) -> np.ndarray:
    """Dice (mouse, cell) of mice that differ, also in what a phase does to them; nothing differs on the whole."""
    error = 0.08 + 0.015 * errors(rng, kind, n)[:, None] + 0.015 * errors(rng, kind, (n, 4))
    return 1 - error - 0.01 * errors(rng, kind, n)[:, None] * np.array(EFFECTS["phase"])


def function_of(rng: np.random.Generator, kind: str, n: int, readers: int) -> list[dict[str, np.ndarray]]:
    """Six metrics of n mice, as dependent as those of hearts are, by a reference and by readers without bias."""
    edv, esv, mass = (mean + sd * errors(rng, kind, n) for mean, sd in ((66, 8), (27, 5), (90, 12)))
    found = []
    for _ in range(1 + readers):
        v, s, m = (true + 2.5 * errors(rng, kind, n) for true in (edv, esv, mass))
        es = m + 2 * errors(rng, kind, n)
        found.append({"EDV": v, "ESV": s, "SV": v - s, "EF": 100 * (v - s) / v, "mass_ED": m, "mass_ES": es})
    return found


def within(rng: np.random.Generator, kind: str, n: int, missing: float) -> Share:
    """The effects of the repeated-measures ANOVA of Dice, each of which is a paired t-test (F = t^2)."""
    complete = overlap_of(rng, kind, n)[: n - round(missing * n)]
    return {
        f"ANOVA of Dice, {effect}": paired_test(complete @ np.array(weights), ALPHA, 1.0)["p"]
        for effect, weights in EFFECTS.items()
    }


def cohorts(rng: np.random.Generator, kind: str, sizes: tuple[int, int]) -> Share:
    """The absolute errors of a reader in two cohorts alike."""
    row = compare(*(np.abs(errors(rng, kind, n)) for n in sizes), ALPHA)
    return {"ratio of errors in two cohorts": row["p"], "Mann-Whitney test of two cohorts": row["p_mannwhitney"]}


def ranked(rng: np.random.Generator, kind: str, n: int) -> Share:
    """Two readers alike: the share of resamples in which one is best, as a two-sided p."""
    best = rank(pd.DataFrame(np.abs(errors(rng, kind, (n, 2))), columns=["a", "b"]), False, ALPHA)["probability_best"]
    return {"a reader best in more than 97.5% of resamples": 2 * (1 - best.max())}


def verdicts(rng: np.random.Generator, kind: str, sizes: tuple[int, ...]) -> Share:
    """The least p, corrected as in the tables, on which the results would state something as significant, by family.

    A contrast or a pair is not significant where its effect or its metric is not, so the effects and metrics decide.
    """
    n = sum(sizes)
    reference, reader, other = function_of(rng, kind, n, readers=2)
    dice = overlap_of(rng, kind, n)
    names = pd.Series([f"phenotype{i}" for i, size in enumerate(sizes) for _ in range(size)])
    error = pd.Series(1 - dice.mean(axis=1))
    anova = between_phenotypes(error, names, list(dict.fromkeys(names)), ALPHA)["phenotype"]
    split = np.cumsum(sizes)[:-1]
    function = [
        least(run_test("welch_anova", dict(enumerate(np.split(by[metric], split))))[0]["p"] for metric in METRICS)
        for by in (reference, reader)
    ]
    pairs = {metric: (reference[metric], reader[metric]) for metric in METRICS}
    worse = [np.abs(other[m] - reference[m]) - np.abs(reader[m] - reference[m]) for m in METRICS]
    return {
        "agreement: bias": least(paired_test(y - x, ALPHA, 100.0)["p"] for x, y in pairs.values()),
        "agreement: slope": least(slope_p(*pair) for pair in pairs.values()),
        "agreement: equivalence": least(equivalence_p(*pair) for pair in pairs.values()),
        "agreement: normality": least(shapiro(y - x).pvalue for x, y in pairs.values())
        if kind == KINDS[0]
        else math.nan,
        "Dice by phase and structure": least(
            paired_test(dice @ np.array(weights), ALPHA, 1.0)["p"] for weights in EFFECTS.values()
        ),
        "error by phenotype": anova["p"],
        "Dice and error": least(spearman(errors(rng, kind, n), errors(rng, kind, n), ALPHA)["p"] for _ in range(4)),
        "function by phenotype, reference": function[0],
        "function by phenotype, reader": function[1],
        "bias by phenotype": least(
            run_test("welch_anova", dict(enumerate(np.split(y - x, split))))[0]["p"] for x, y in pairs.values()
        ),
        "two readers, absolute error": least(paired_test(d, ALPHA, 100.0)["p"] for d in worse),
    }


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
    """Print the tables."""
    gc.freeze()  # statsmodels collects garbage in each correction for multiple testing
    few = max(20, studies // 4)
    designs: list[tuple[str, Callable, tuple, int, Iterable[str]]] = []
    designs += [(f"{n} mice", paired, (n,), studies, KINDS[:2]) for n in PAIRED]
    designs += [(" + ".join(map(str, sizes)), between, (sizes,), studies, KINDS) for sizes in GROUPS]
    designs += [(f"{n} mice", within, (n, 0.0), studies, KINDS[:2]) for n in (3, 5)]
    designs += [(f"{n} mice, ES missing in a fifth", within, (n, 0.2), studies, KINDS[:2]) for n in (10, 25)]
    designs += [(" + ".join(map(str, sizes)), cohorts, (sizes,), studies, KINDS[:2]) for sizes in COHORTS]
    designs += [(f"{n} mice", ranked, (n,), few, KINDS[:2]) for n in (10, 20)]
    for title, chosen in {
        "test, share of p < 0.05 in %": designs,
        "test of mice with several scans, share of p < 0.05 in %": [
            (name, repeated, (scans,), studies // 4, KINDS[:2]) for name, scans in SCANS.items()
        ],
        "family, share of studies with a false verdict in %": [
            (" + ".join(map(str, sizes)), verdicts, (sizes,), studies // 2, KINDS[:2]) for sizes in STUDY_SIZES
        ],
    }.items():
        cells = {}
        for design, draw, arguments, count, kinds in chosen:
            for kind in kinds:
                found = share(lambda rng, draw=draw, kind=kind, rest=arguments: draw(rng, kind, *rest), count)
                cells |= {(name, design, kind): value for name, value in found.items()}
        tabulate(title, cells)
    for count in (studies, studies // 2, few):
        print(f"{count} studies: standard error {100 * math.sqrt(ALPHA * (1 - ALPHA) / count):.1f} points at 5 %")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
