"""Simulate comparisons of groups without any difference, and count false verdicts and true intervals.

`python benchmarks/null_comparisons.py [STUDIES] [DESIGN ...]` prints the table of docs/statistics.md, by default from
1000 studies of each design and kind of errors: normal, skewed (gamma with shape 4, skewness 1), and normal with half as
much spread again in the first group. It also prints the power of the tests of two and of four groups, beside that of
an independent simulation.
"""

import gc
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from murmur.comparison.compare import frame  # noqa: E402
from murmur.comparison.design import Design, Values  # noqa: E402
from murmur.comparison.omnibus import effects_of  # noqa: E402
from murmur.comparison.pairs import DIFFERENCES, SIGNIFICANT, differences_of, with_verdicts  # noqa: E402

ALPHA = 0.05
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
    "3 groups x 2 sexes, 3 to 5 each": Simulated((6, 8, 10), factor=True, control=True),
    "4 groups of 4 to 8, covariate": Simulated((4, 5, 6, 8), covariate=True, control=True),
    "3 groups of 4 litters of 3": Simulated((12, 12, 12), cluster="nested", control=True),
    "3 groups within 6 litters": Simulated((6, 6, 6), cluster="crossed", control=True),
}


def errors(rng: np.random.Generator, kind: str, n: int) -> np.ndarray:
    """Return independent errors of mean 0 and SD 1."""
    return (rng.gamma(4, 1, n) - 4) / 2 if kind == "skewed" else rng.normal(size=n)


def study(simulated: Simulated, rng: np.random.Generator, kind: str) -> dict[str, float]:
    """Analyse a study: shares of p < 0.05 before correction, whether anything is significant, and of true intervals."""
    measures = simulated.draw(rng, kind)
    plan = simulated.plan(measures[0].rows["group"].nunique())
    rows = [row for values in measures for row in differences_of(values, plan)]
    tested = [row for row in rows if "p" in row]
    found = {"p of pairs, uncorrected": np.mean([row["p"] < ALPHA for row in tested])}
    for within, name in ((False, "any pair of a measure"), (True, "any pair of a measure, within levels")):
        if family := [row for row in tested if bool(row["level"]) == within]:
            of_first = [row for row in family if row["measure"] == measures[0].measure]
            found[name] = float(min(row["p_adjusted"] for row in of_first) < ALPHA)
            found["all intervals of a measure true" + ", within levels" * within] = float(
                all(row["ci_low"] < 0 < row["ci_high"] for row in of_first)
            )
    if simulated.measures > 1:
        table = with_verdicts(frame(rows, DIFFERENCES).astype({"p_adjusted": float}), ALPHA)
        found["any verdict in words"] = float((table["verdict"] == SIGNIFICANT).any())
    tests, means = effects_of(measures[0], plan)
    for test in tests:
        if "p" in test and test["effect"] != "covariate":
            found[f"{test['test']}: {test['effect']}"] = float(test["p"] < ALPHA)
    if means:
        found["intervals of model means"] = np.mean([row["ci_low"] < 0 < row["ci_high"] for row in means])
    return found


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
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, sys.argv[2:])
