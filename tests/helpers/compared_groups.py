"""Tables of a comparison of groups, as `compare_values` writes them, for tests of what is made from them."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from murmur.csv_tables import write_csv

MEASURES = {"EF": ("%", 58, 4), "EDV": ("uL", 62, 6), "ESV": ("uL", 26, 4), "mass_ED": ("mg", 88, 7)}
SETTINGS = {"group": "group", "factor": None, "covariate": None, "cluster": None, "measures": None, "alpha": 0.05}


def values_of(
    sizes: Mapping[str, int],
    sessions: Sequence[str] = (),
    measures: Sequence[str] = tuple(MEASURES),
    missing: float = 0.0,
    effect: float = 1.5,
) -> pd.DataFrame:
    """Return values.csv: animals of each group, later groups lower by `effect` SD per group and session.

    The first session has no effect. `missing` is the proportion of the later scans that do not exist.
    """
    rng = np.random.default_rng(3)
    rows = []
    for level, (group, n) in enumerate(sizes.items()):
        for number in range(1, n + 1):
            animal = f"{group[:2]}{level}{number}"
            own = {measure: rng.normal(0, MEASURES[measure][2]) for measure in measures}
            for time, session in enumerate(sessions or [""]):
                if time and rng.random() < missing:
                    continue
                change = effect * level * (time / max(1, len(sessions) - 1) if sessions else 1)
                for measure in measures:
                    unit, mean, sd = MEASURES[measure]
                    value = mean + own[measure] + sd * (rng.normal(0, 0.5) - change)
                    rows.append((f"{animal} {session}".strip(), animal, session, group, True, measure, unit, value))
    columns = ["mouse", "animal", "session", "group", "contoured", "measure", "unit", "value"]
    table = pd.DataFrame(rows, columns=columns)
    table = table.assign(level="", covariate=np.nan, cluster="")
    return table.sort_values("measure", key=lambda of: of.map(list(measures).index), kind="stable")


def limits(values: pd.Series, alpha: float = 0.05) -> tuple[float, float]:
    """Return the confidence limits of a mean; missing for fewer than two values."""
    if len(values) < 2:
        return np.nan, np.nan
    return stats.t.interval(1 - alpha, len(values) - 1, values.mean(), stats.sem(values))


def summarised(values: pd.DataFrame) -> pd.DataFrame:
    """Return summary.csv."""
    rows = []
    for (measure, unit, session, group, level), found in values.groupby(
        ["measure", "unit", "session", "group", "level"], sort=False
    ):
        of = found["value"]
        low, high = limits(of)
        rows.append(
            {"measure": measure, "unit": unit, "session": session, "group": group, "level": level, "n": len(of)}
            | {"mean": of.mean(), "sd": of.std(), "ci_low": low, "ci_high": high, "median": of.median()}
            | {"q1": of.quantile(0.25), "q3": of.quantile(0.75), "note": "", "reasons": ""}
        )
    return pd.DataFrame(rows)


def differences_of(values: pd.DataFrame, control: str = "", alpha: float = 0.05) -> pd.DataFrame:
    """Return differences.csv: Welch's t-test of each pair, or of each group with the control, with Bonferroni."""
    rows = []
    for (measure, unit, session), found in values.groupby(["measure", "unit", "session"], sort=False):
        names = list(values["group"].unique())
        pairs = [(control, name) for name in names if name != control] if control else list(combinations(names, 2))
        for a, b in pairs:
            first, second = (found.loc[found["group"] == name, "value"] for name in (a, b))
            row = {"measure": measure, "unit": unit, "session": session, "level": "", "group_a": a, "group_b": b}
            row |= {"n_a": len(first), "n_b": len(second), "mean_a": first.mean(), "mean_b": second.mean()}
            row |= {"difference": second.mean() - first.mean(), "correction": "bonferroni", "method": "welch"}
            if min(len(first), len(second)) >= 3:
                test = stats.ttest_ind(second, first, equal_var=False)
                interval = test.confidence_interval(1 - alpha / len(pairs))
                row |= {"ci_low": interval.low, "ci_high": interval.high, "p": test.pvalue}
                row |= {"p_adjusted": min(1, test.pvalue * len(pairs))}
                g = row["difference"] / np.sqrt((first.var() + second.var()) / 2)
                row |= {"hedges_g": g, "hedges_g_ci_low": g - 1, "hedges_g_ci_high": g + 1}
            rows.append(row | {"note": "", "reasons": ""})
    columns = ["measure", "unit", "session", "level", "group_a", "group_b", "n_a", "n_b", "mean_a", "mean_b"]
    columns += ["difference", "ci_low", "ci_high", "p", "p_adjusted", "correction", "method", "hedges_g"]
    columns += ["hedges_g_ci_low", "hedges_g_ci_high", "note", "reasons"]
    return pd.DataFrame(rows, columns=columns)


def model_means_of(summary: pd.DataFrame) -> pd.DataFrame:
    """Return model_means.csv; here, the means of the values."""
    return summary[["measure", "unit", "group", "session", "mean", "ci_low", "ci_high"]]


def settings_of(sizes: Mapping[str, int], sessions: Sequence[str] = (), control: str = "") -> dict:
    """Return the settings of a comparison, with all defaults."""
    found = {"groups": list(sizes), "control": control or None}
    return SETTINGS | found | {"session": "session" if sessions else None, "sessions": list(sessions) or None}


def write_comparison(
    folder: Path, sizes: Mapping[str, int], control: str = "", **design
) -> tuple[dict[str, str], dict]:
    """Write the tables of a comparison of `values_of` to a folder; return their paths by name, and the settings."""
    values = values_of(sizes, **design)
    summary = summarised(values)
    tables = {
        "values": values,
        "summary": summary,
        "differences": differences_of(values, control),
        "model_means": model_means_of(summary),
    }
    for name, table in tables.items():
        write_csv(table, folder / f"{name}.csv")
    paths = {name: str(folder / f"{name}.csv") for name in tables}
    return paths, settings_of(sizes, design.get("sessions", ()), control)
