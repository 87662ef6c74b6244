"""Audit of the paper's printed numbers against its own Figure 3: which convention reproduces each, and which none does.

A candidate fits if the printed number, within half a unit of its last decimal, lies within 1.96 SD of the computed one;
reading_error is that SD, propagated from the errors of reading the figure. Units are those of the metrics.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

from murmur.paper.printed_values import READING_ERROR, half_unit, rounded_as

READINGS = 2000  # simulated readings of the figure
DENOMINATORS = {"n": 0, "n - 1": 1}
AUDIT = [
    *("source", "metric", "quantity", "statistic", "unit", "printed", "candidate", "computed", "difference"),
    *("reading_error", "fits", "verdict", "should_read", "note"),
]
CONVENTIONS = ["statistic", "candidate", "printed", "explained", "alone", "adopted", "not_explained"]
NO_FIT = "none fits: misprint?"
# Functions of the reference's and the reader's values, mice along the last axis.
Candidates = dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]]


def _limit(side: int, ddof: int) -> Callable:
    """Return a function that computes the limit of agreement on one `side` of the bias (-1 or 1)."""
    z = stats.norm.ppf(0.975)
    return lambda x, y: (y - x).mean(axis=-1) + side * z * (y - x).std(axis=-1, ddof=ddof)


def _spearman(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return Spearman's rho along the last axis."""
    return stats.pearsonr(stats.rankdata(x, axis=-1), stats.rankdata(y, axis=-1), axis=-1).statistic


# The statistic in each column of Table 1, and the ways in which it may have been computed.
CANDIDATES: dict[str, tuple[str, Candidates]] = {
    "reference_mean": ("mean", {"mean": lambda x, y: x.mean(axis=-1)}),
    "reference_sd": ("SD", {f"SD with {n}": lambda x, y, d=d: x.std(axis=-1, ddof=d) for n, d in DENOMINATORS.items()}),
    "reader_mean": ("mean", {"mean": lambda x, y: y.mean(axis=-1)}),
    "reader_sd": ("SD", {f"SD with {n}": lambda x, y, d=d: y.std(axis=-1, ddof=d) for n, d in DENOMINATORS.items()}),
    "bias": ("bias", {"mean of reader - reference": lambda x, y: (y - x).mean(axis=-1)}),
    "loa_low": ("limits of agreement", {f"SD with {n}": _limit(-1, d) for n, d in DENOMINATORS.items()}),
    "loa_high": ("limits of agreement", {f"SD with {n}": _limit(1, d) for n, d in DENOMINATORS.items()}),
    "p": (
        "p",
        {
            "paired t-test": lambda x, y: stats.ttest_rel(y, x, axis=-1).pvalue,
            "Wilcoxon signed-rank test": lambda x, y: stats.wilcoxon(y - x, axis=-1).pvalue,
        },
    ),
    "r": ("r", {"Pearson": lambda x, y: stats.pearsonr(x, y, axis=-1).statistic, "Spearman": _spearman}),
}
# Counts, and the other counts of the paper that must add up to them.
SUMS = {
    "mice": [
        ["controls", "myocardial_infarction_patch", "dilated_cardiomyopathy", "transverse_aortic_constriction"],
        ["mice_train", "mice_validation", "mice_test"],
    ],
    "annotated_frames": [["stacks_train", "stacks_validation", "stacks_test"]],
    "annotated_images": [["images_train", "images_validation", "images_test"]],
}


def read_again(figure: pd.DataFrame, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """Simulate repeated readings of a figure.

    Parameters
    ----------
    figure : DataFrame
        From `read_figure`.
    metric : str
        The metric.

    Returns
    -------
    reference, reader : ndarray, shape (READINGS + 1, mice)
        Values in the metric's unit: as read in row 0, with independent normal reading errors in the others.
    """
    values = figure.loc[figure["metric"] == metric, ["reference", "reader"]].to_numpy().T
    errors = np.random.default_rng(0).normal(0, READING_ERROR[metric], (READINGS + 1, *values.shape))
    errors[0] = 0
    reference, reader = np.moveaxis(values + errors, 1, 0)
    return reference, reader


def audit_table_1(figure: pd.DataFrame, table_1: list[dict[str, str]]) -> list[dict]:
    """Compare the numbers of Table 1 with each candidate.

    Parameters
    ----------
    figure : DataFrame
        From `read_figure`.
    table_1 : list of dict
        From `read_table_1`.

    Returns
    -------
    list of dict
        One row per printed number and candidate: the columns number to computed of AUDIT, reading_error and note.
    """
    rows = []
    for line in table_1:
        reference, reader = read_again(figure, line["metric"])
        printed = [("Table 1", quantity, line[quantity]) for quantity in CANDIDATES]
        if line["r_in_text"]:
            printed.append(("text", "r", line["r_in_text"]))
        for source, quantity, number in printed:
            statistic, candidates = CANDIDATES[quantity]
            for candidate, compute in candidates.items():
                readings = compute(reference, reader)
                unit = "1" if statistic in ("p", "r") else line["unit"]
                rows.append(
                    {"number": (source, line["metric"], quantity), "source": source, "metric": line["metric"]}
                    | {"quantity": quantity, "statistic": statistic, "unit": unit, "printed": number}
                    | {"candidate": candidate, "computed": readings[0], "reading_error": readings[1:].std(), "note": ""}
                )
    return rows


def audit_sums(paper_values: list[dict[str, str]]) -> list[dict]:
    """Compare printed counts with the sums of their printed parts.

    Parameters
    ----------
    paper_values : list of dict
        From `read_paper_values`.

    Returns
    -------
    list of dict
        One row for each of SUMS, with the columns of `audit_table_1`.
    """
    lines = {line["quantity"]: line for line in paper_values if line["unit"] == "count"}
    rows = []
    for total, sums in SUMS.items():
        for parts in sums:
            computed = sum(int(lines[part]["value"]) for part in parts)
            rows.append(
                {"number": ("text", "", *parts), "source": "text", "metric": "", "quantity": total}
                | {"statistic": "sum", "unit": "count", "printed": lines[total]["value"]}
                | {"candidate": " + ".join(parts), "computed": computed, "reading_error": 0.0}
                | {"note": "" if computed == int(lines[total]["value"]) else lines[total]["note"]}
            )
    return rows


def fits(row: dict) -> bool:
    """Return whether the printed number of a row is compatible with the computed one."""
    slack = half_unit(row["printed"]) if row["statistic"] != "sum" else 0
    # 1e-9: the decimal 7.3 is no binary number
    return abs(float(row["printed"]) - row["computed"]) <= slack + 1.96 * row["reading_error"] + 1e-9


def audit(figure: pd.DataFrame, table_1: list[dict[str, str]], paper_values: list[dict[str, str]]) -> pd.DataFrame:
    """Audit printed numbers against the figure that shows the same data.

    Parameters
    ----------
    figure : DataFrame
        From `read_figure`: mouse, metric, unit, reference, reader.
    table_1, paper_values : list of dict
        From `read_table_1` and `read_paper_values`.

    Returns
    -------
    DataFrame
        AUDIT and `number`, which identifies the printed number; one row per printed number and candidate. `verdict`
        names the candidates that fit. If none does, `should_read` is the result of the candidate that explains most
        numbers of the same statistic.
    """
    table = pd.DataFrame(audit_table_1(figure, table_1) + audit_sums(paper_values))
    table["difference"] = table["computed"] - table["printed"].astype(float)
    table["fits"] = [fits(row) for row in table.to_dict("records")]
    table["verdict"], table["should_read"] = NO_FIT, ""
    explained = table.groupby(["statistic", "candidate"])["fits"].transform("sum")
    for _, rows in table.groupby("number"):
        if rows["fits"].any():
            table.loc[rows.index, "verdict"] = " or ".join(rows["candidate"][rows["fits"]])
        else:
            best = rows.loc[explained[rows.index].idxmax()]
            table.loc[rows.index, "should_read"] = rounded_as(best["printed"], best["computed"])
    return table


def conventions(table: pd.DataFrame) -> pd.DataFrame:
    """Count the printed numbers that each candidate explains.

    Parameters
    ----------
    table : DataFrame
        From `audit`.

    Returns
    -------
    DataFrame
        CONVENTIONS, one row per statistic and candidate. `alone` counts the numbers that no other candidate explains,
        `not_explained` lists those that this one does not; the candidate that explains most is `adopted`.
    """
    rows = []
    of_figure = table[table["statistic"] != "sum"]
    for (statistic, candidate), numbers in of_figure.groupby(["statistic", "candidate"], sort=False):
        failed = numbers[~numbers["fits"]]
        names = failed["metric"] + " " + failed["quantity"] + " " + failed["printed"] + " (" + failed["source"] + ")"
        rows.append(
            {"statistic": statistic, "candidate": candidate, "printed": len(numbers)}
            | {"explained": numbers["fits"].sum(), "alone": (numbers["verdict"] == candidate).sum()}
            | {"not_explained": "; ".join(names)}
        )
    found = pd.DataFrame(rows)
    found["adopted"] = found["explained"] == found.groupby("statistic")["explained"].transform("max")
    return found[CONVENTIONS]
