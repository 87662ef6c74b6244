"""Simulate comparisons of groups without any difference, and count false verdicts and true intervals.

`python benchmarks/null_comparisons.py [STUDIES] [DESIGN ...]` prints a table of docs/statistics.md, by default from
1000 studies of each design and kind of errors: normal, skewed (gamma with shape 4, skewness 1), and normal with half as
much spread again in the first group. `python benchmarks/null_comparisons.py power [STUDIES]` prints the power of the
tests, next to that of an independent simulation, and the coverage of intervals where groups differ.
"""

import gc
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.power import TTestIndPower

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from murmur.comparison.changes import CHANGES, changes_of  # noqa: E402
from murmur.comparison.compare import frame  # noqa: E402
from murmur.comparison.design import POWER, Design, Values  # noqa: E402
from murmur.comparison.measurement_error import detectable  # noqa: E402
from murmur.comparison.omnibus import effects_of  # noqa: E402
from murmur.comparison.pairs import DIFFERENCES, differences_of, with_verdicts  # noqa: E402
from murmur.comparison.verdicts import BETWEEN, IN_CHANGES, IN_SESSIONS, SIGNIFICANT, WITHIN, answers  # noqa: E402

ALPHA = 0.05
EFFECTS = ((WITHIN, "change within a group"), (BETWEEN, "difference in change"))
KINDS = ("normal", "skewed", "unequal SD")
Rows = Callable[[np.random.Generator, str], pd.DataFrame]


@dataclass(frozen=True)
class Simulated:
    """A design: its settings, and a function that draws the animals."""

    sizes: tuple[int, ...] | None  # None: from 3 to 8, drawn for each study
    sessions: int = 1
    control: bool = False
    factor: bool = False
    covariate: bool = False
    cluster: str = ""  # nested or crossed
    missing: float = 0.0
    measures: int = 1

    def plan(self, groups: int) -> Design:
        """The design as the library has it."""
        return Design(
            groups=list("abcdef")[:groups],
            sessions=[f"day {number}" for number in range(self.sessions)] if self.sessions > 1 else [""],
            levels=["f", "m"] if self.factor else [""],
            control="a" if self.control else None,
            session="session" if self.sessions > 1 else None,
            factor="sex" if self.factor else None,
            covariate="weight" if self.covariate else None,
            cluster="litter" if self.cluster else None,
            nested=self.cluster == "nested",
            alpha=ALPHA,
        )

    def draw(self, rng: np.random.Generator, kind: str) -> list[Values]:
        """Draw the values of a study: one row per animal and session."""
        sizes = self.sizes or tuple(rng.integers(3, 9, 4))
        group = np.repeat(np.arange(len(sizes)), sizes)
        animals = len(group)
        spread = np.where((group == 0) & (kind == KINDS[2]), 1.5, 1.0)
        level = np.array(["f", "m"])[np.arange(animals) % 2] if self.factor else np.full(animals, "")
        weight = rng.normal(25, 2, animals)
        if self.cluster == "nested":  # three animals each
            litter = np.arange(animals) // 3
        else:  # one animal of each group in each
            litter = np.concatenate([np.arange(size) for size in sizes])
        common = rng.normal(size=litter.max() + 1)[litter] * (1.0 if self.cluster else 0.0)
        whole = common + 0.3 * (weight - 25) * self.covariate
        shared = whole + spread * errors(rng, kind, animals) * (self.sessions > 1)
        found = []
        for measure in range(self.measures):
            table = pd.DataFrame(
                {
                    "animal": np.repeat([f"A{number}" for number in range(animals)], self.sessions),
                    "session": np.tile(self.plan(len(sizes)).sessions, animals),
                    "group": np.repeat(np.array(list("abcdef"))[group], self.sessions),
                    "level": np.repeat(level, self.sessions),
                    "covariate": np.repeat(weight, self.sessions),
                    "cluster": np.repeat([f"L{number}" for number in litter], self.sessions),
                }
            )
            own = np.repeat(spread, self.sessions) * errors(rng, kind, animals * self.sessions)
            table["value"] = np.repeat(shared, self.sessions) + own
            table = table[rng.random(len(table)) >= self.missing] if self.missing else table
            if self.cluster == "nested":
                table = table.groupby(["session", "group", "level", "cluster"], sort=False)[["value"]].mean()
                table = table.reset_index().assign(covariate=math.nan, animal=lambda rows: rows["cluster"])
            found.append(Values(f"measure {measure}", "", table, []))
        return found


DESIGNS = {
    "2 groups of 5": Simulated((5, 5)),
    "2 groups of 5, 6 measures": Simulated((5, 5), measures=6),
    "4 groups of 3 to 8, all pairs": Simulated(None),
    "4 groups of 3 to 8, with a control": Simulated(None, control=True),
    "4 groups of 3 to 8, 3 sessions, 10 % missing": Simulated(None, sessions=3, missing=0.1, control=True),
    "4 groups of 3 to 8, 3 sessions, 6 measures": Simulated(None, sessions=3, missing=0.1, control=True, measures=6),
    "3 groups x 2 sexes, 3 to 5 each": Simulated((6, 8, 10), factor=True, control=True),
    "4 groups of 4 to 8, covariate": Simulated((4, 5, 6, 8), covariate=True, control=True),
    "3 groups of 4 litters of 3": Simulated((12, 12, 12), cluster="nested", control=True),
    "3 groups within 6 litters": Simulated((6, 6, 6), cluster="crossed", control=True),
}


def errors(rng: np.random.Generator, kind: str, n: int) -> np.ndarray:
    """Return independent errors of mean 0 and SD 1."""
    return (rng.gamma(4, 1, n) - 4) / 2 if kind == "skewed" else rng.normal(size=n)


def as_table(rows: list[dict], columns: list[str]) -> pd.DataFrame:
    """Return rows as a table whose p_adjusted are numbers."""
    return frame(rows, columns).astype({"p_adjusted": float})


def any_verdict(differences: list[dict], changes: list[dict], plan: Design, question: str) -> float:
    """Whether any answer to the question is called significant."""
    settings = {"groups": plan.groups, "question": question}
    asked = answers(as_table(differences, DIFFERENCES), as_table(changes, CHANGES), settings)
    return float((with_verdicts(asked, ALPHA, asked.index)["verdict"] == SIGNIFICANT).any())


def study(simulated: Simulated, rng: np.random.Generator, kind: str) -> dict[str, float]:
    """Analyse a study: shares of p < 0.05 before correction, whether anything is significant, and of true intervals."""
    measures = simulated.draw(rng, kind)
    plan = simulated.plan(measures[0].rows["group"].nunique())
    rows = [row for values in measures for row in differences_of(values, plan)]
    tested = [row for row in rows if "p" in row]
    found = {"p of pairs, uncorrected": np.mean([row["p"] < ALPHA for row in tested])} if tested else {}
    for within, name in ((False, "any pair of a measure"), (True, "any pair of a measure, within levels")):
        first = measures[0].measure
        if of_first := [row for row in tested if bool(row["level"]) == within and row["measure"] == first]:
            found[name] = float(min(row["p_adjusted"] for row in of_first) < ALPHA)
            found["all intervals of a measure true" + ", within levels" * within] = float(
                all(row["ci_low"] < 0 < row["ci_high"] for row in of_first)
            )
    changes = [row for values in measures for row in changes_of(values, plan)]
    found |= of_changes([row for row in changes if row["measure"] == measures[0].measure])
    for question in (IN_SESSIONS, IN_CHANGES)[: simulated.sessions] if simulated.measures > 1 else ():
        name = f"any verdict in words, question: {question}" if simulated.sessions > 1 else "any verdict in words"
        found[name] = any_verdict(rows, changes, plan, question)
    tests, means, _ = effects_of(measures[0], plan)
    for test in tests:
        if "p" in test and test["effect"] != "covariate":
            found[f"{test['test']}: {test['effect']}"] = float(test["p"] < ALPHA)
    if means:
        found["intervals of model means"] = np.mean([row["ci_low"] < 0 < row["ci_high"] for row in means])
    return found


def differing(rng: np.random.Generator, sizes: tuple[int, ...], shifts: tuple[float, ...]) -> list[np.ndarray]:
    """Draw groups of SD 1 with these means."""
    return [rng.normal(shift, 1, size) for size, shift in zip(sizes, shifts, strict=True)]


def as_values(groups: list[np.ndarray]) -> Values:
    """Groups of animals, or of animals (rows) in sessions (columns), as the library has them."""
    groups = [group.reshape(len(group), -1) for group in groups]
    sessions = groups[0].shape[1]
    names = np.repeat(list("abcdef")[: len(groups)], [len(group) for group in groups])
    rows = pd.DataFrame(
        {
            "animal": np.repeat([f"A{number}" for number in range(len(names))], sessions),
            "session": np.tile([f"day {number}" for number in range(sessions)] if sessions > 1 else [""], len(names)),
            "group": np.repeat(names, sessions),
            "level": "",
            "covariate": math.nan,
            "cluster": "",
            "value": np.concatenate(groups).ravel(),
        }
    )
    return Values("EF", "%", rows, [])


def welch(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Welch's statistic and its degrees of freedom."""
    found = stats.ttest_ind(b, a, equal_var=False)
    return float(found.statistic), float(found.df)


def of_changes(rows: list[dict]) -> dict[str, float]:
    """Return the same shares for the changes of a measure from the first session; empty without sessions."""
    found = {}
    for effect, name in EFFECTS:
        if tested := [row for row in rows if row["effect"] == effect and "p" in row]:
            found[f"p of a {name}, uncorrected"] = np.mean([row["p"] < ALPHA for row in tested])
            found[f"any {name} of a measure"] = float(min(row["p_adjusted"] for row in tested) < ALPHA)
    return found


def largest(df: float, comparisons: int) -> float:
    """The 5 % point of the largest of several |t|, by drawing them."""
    rng = np.random.default_rng(1)
    scale = np.sqrt(rng.chisquare(df, 100_000) / df)
    return float(np.quantile(np.abs(rng.normal(size=(100_000, comparisons))).max(axis=1) / scale, 0.95))


def interaction(values: np.ndarray) -> float:
    """p of group x session, of values (group, animal, session) without gaps, by the analysis of a split-plot design."""
    groups, animals, sessions = values.shape
    own = values - values.mean(axis=2, keepdims=True)
    cells = own.mean(axis=1, keepdims=True)
    effect = animals * ((cells - cells.mean(axis=0, keepdims=True)) ** 2).sum()
    rest = (own - cells).reshape(-1, sessions)
    spread = rest.T @ rest
    epsilon = np.trace(spread) ** 2 / (sessions - 1) / (spread**2).sum()
    df1, df2 = (groups - 1) * (sessions - 1), groups * (animals - 1) * (sessions - 1)
    return float(stats.f.sf(effect / df1 / ((rest**2).sum() / df2), df1 * epsilon, df2 * epsilon))


def power(studies: int) -> None:
    """Print power and coverage where groups differ."""
    print("| design | what, in % | Murmur | independent |\n|---|---|---|---|")

    def line(design: str, what: str, ours: list[bool], other: float) -> None:
        print(f"| {design} | {what} | {100 * np.mean(ours):.1f} | {100 * other:.1f} |", flush=True)

    plan, drawn = Simulated((5, 5)).plan(2), [np.random.default_rng([seed, 1]) for seed in range(studies)]
    rows = [differences_of(as_values(differing(rng, (5, 5), (0, 2))), plan)[0] for rng in drawn]
    exact = TTestIndPower().power(2, 5, ALPHA)
    line(
        "2 groups of 5, 2 SD apart", "power, and that of the t-test", [row["p_adjusted"] < ALPHA for row in rows], exact
    )
    line(
        "2 groups of 5, 2 SD apart",
        "intervals of the difference",
        [row["ci_low"] < 2 < row["ci_high"] for row in rows],
        0.95,
    )
    limits = [row["hedges_g_ci_low"] < 2 < row["hedges_g_ci_high"] for row in rows]
    line("2 groups of 5, 2 SD apart", "intervals of Hedges' g", limits, 0.95)

    sizes, shifts = (5, 3, 6, 8), (0, 0, 0, 2)
    plan = Simulated(sizes, control=True).plan(4)
    rows = [differences_of(as_values(differing(rng, sizes, shifts)), plan)[-1] for rng in drawn]
    dfs = np.geomspace(2, 12, 30)
    points = [largest(df, 3) for df in dfs]
    other = [welch(*differing(np.random.default_rng([seed, 2]), (5, 8), (0, 2))) for seed in range(10 * studies)]
    found = np.mean([abs(t) > np.interp(df, dfs, points) for t, df in other])
    line(
        "groups of 5, 3, 6, 8, the last 2 SD from the control",
        "power",
        [row["p_adjusted"] < ALPHA for row in rows],
        found,
    )

    def verdict(rng: np.random.Generator) -> bool:
        """Whether a difference of the size that is stated as detectable is called significant, next to 5 measures."""
        size = detectable(1.0, 6, ALPHA / 3 / 6)
        drawn = [differing(rng, (6,) * 4, (0, 0, 0, size if measure == 0 else 0)) for measure in range(6)]
        values = [replace(as_values(groups), measure=str(measure)) for measure, groups in enumerate(drawn)]
        rows = [row for measure in values for row in differences_of(measure, plan_of_six)]
        table = as_table(rows, DIFFERENCES)
        return with_verdicts(table, ALPHA, table.index)["verdict"].iloc[2] == SIGNIFICANT

    plan_of_six = Simulated((6,) * 4, control=True).plan(4)
    rng_of_verdicts = (np.random.default_rng([seed, 3]) for seed in range(studies))
    line("4 groups of 6, 6 measures", "power of the verdict", [verdict(rng) for rng in rng_of_verdicts], POWER)

    def repeated(rng: np.random.Generator) -> np.ndarray:
        """4 groups of 6 animals in 3 sessions; the last group changes by 1 and 2 SD."""
        values = rng.normal(size=(4, 6, 1)) + rng.normal(size=(4, 6, 3))
        values[3] += [0, 1, 2]
        return values

    plan = Simulated((6,) * 4, sessions=3).plan(4)
    tests = [effects_of(as_values(list(repeated(rng))), plan)[0][-1]["p"] for rng in drawn]
    found = np.mean([interaction(repeated(np.random.default_rng([seed, 2]))) < ALPHA for seed in range(10 * studies)])
    line(
        "4 groups of 6, 3 sessions, one changes by 1 and 2 SD",
        "power of group:session",
        [p < ALPHA for p in tests],
        found,
    )


def main(studies: int, chosen: list[str]) -> None:
    """Print the table."""
    gc.freeze()  # statsmodels collects garbage in each correction for multiple testing
    print(f"| design | what, in % | {' | '.join(KINDS)} |\n|---|---|{'---|' * len(KINDS)}")
    for name, simulated in DESIGNS.items():
        if chosen and name not in chosen:
            continue
        shares = {}
        for kind in KINDS:
            rows = [study(simulated, np.random.default_rng([seed, 7]), kind) for seed in range(studies)]
            shares[kind] = pd.DataFrame(rows).mean()
        for what, row in pd.DataFrame(shares).iterrows():
            print(f"| {name} | {what} | {' | '.join(f'{100 * share:.1f}' for share in row)} |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["power"]:
        power(int(sys.argv[2]) if len(sys.argv) > 2 else 1000)
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, sys.argv[2:])
