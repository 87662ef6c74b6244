"""Table 3: left-ventricular function by phenotype, of reference and reader, ready to paste.

Inputs: groups.csv (means and standard deviations in the unit of each metric) and group_tests.csv. Outputs: the same
cells as CSV, HTML, LaTeX and Word, with one row per metric and rater and one column per phenotype. Values have one
decimal, p three; missing values are printed as a dash and explained below the table.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import read_csv
from murmur.job import job
from murmur.presentation.number_format import mean_and_sd, p_value
from murmur.presentation.printed_table import PrintedTable, write_table
from murmur.statistics.conclusions import RATERS
from murmur.statistics.notes import reasons_of, words
from murmur.subject import in_print
from murmur.vocabulary import METRIC_NAMES, UNITS, abbreviations

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def exceptions(clauses: Iterable[tuple[str, str]]) -> list[str]:
    """Return a sentence for each of the clauses, given as (metric, clause), that names its metrics."""
    whose: dict[str, dict[str, None]] = {}
    for name, clause in clauses:
        whose.setdefault(clause, {})[name] = None
    return [
        f"{'All parameters' if len(names) == len(METRIC_NAMES) else ', '.join(names)}: {clause}."
        for clause, names in whose.items()
    ]


def footnote(summary: pd.DataFrame, welch: pd.DataFrame, reader: str, sd_ddof: int, alpha: float) -> str:
    """Explain the values of the table and why some are missing."""
    if summary.empty:
        return "No mouse with a known phenotype was measured by both the reference and the reader."
    fewer = [
        (METRIC_NAMES[metric], f"{row['phenotype']}, n = {row['n']}")
        for metric, rows in summary.groupby("metric", sort=False)
        for row in rows.to_dict("records")
        if row["n"] < summary.loc[summary["phenotype"] == row["phenotype"], "n"].max()
    ]
    single = ["A single mouse has no SD."] if (summary["n"] == 1).any() else []
    tested = welch[welch["p"].notna()]
    test = "Welch's t-test" if tested["df1"].max() == 1 else "Welch's ANOVA"
    metrics = tested["metric"].nunique()
    holm = f", Holm-corrected for {metrics} parameters" if metrics > 1 else ""
    reasons = [
        (METRIC_NAMES[metric], words(why, brief=True))
        for metric, cell in zip(welch["metric"], welch["reasons"], strict=True)
        for why in reasons_of(cell)
    ]
    return " ".join(
        [
            f"Values are mean ± SD (denominator {'n − 1' if sd_ddof else 'n'}) of the n mice measured by both the "
            f"reference and {reader}.",
            *([f"p, {test} for differences between phenotypes{holm} (significance level {alpha})."] if metrics else []),
            abbreviations(summary["metric"]),
            *single,
            *exceptions(fewer),
            *exceptions(reasons),
        ]
    )


def tabulate(
    summary: pd.DataFrame, tests: pd.DataFrame, cohort: str, reader: str, sd_ddof: int, alpha: float
) -> PrintedTable:
    """Return Table 3 as it is printed, two rows per metric of `summary`."""
    mice = summary.groupby("phenotype", sort=False)["n"].max()
    welch = tests[tests["test"] == "welch_anova"]
    p = welch.set_index(["metric", "rater"])["p_holm"]
    rows = []
    for metric, values in summary.groupby("metric", sort=False):
        for rater in RATERS:
            name = f"{METRIC_NAMES[metric]} ({UNITS[values['unit'].iloc[0]]}), {reader if rater == 'reader' else rater}"
            cells = [mean_and_sd(*found) for found in values[[f"{rater}_mean", f"{rater}_sd"]].to_numpy()]
            rows.append([name, *cells, p_value(p[metric, rater])])
    return PrintedTable(
        number="Table 3",
        title=f"Left-ventricular function by phenotype in the {cohort} cohort: reference and {reader}.",
        header=["Parameter", *(f"{phenotype} (n = {n})" for phenotype, n in mice.items()), "p"],
        rows=rows,
        footnote=footnote(summary, welch, reader, sd_ddof, alpha),
    )


def main(
    summary: str,
    tests: str,
    outputs: Sequence[str],
    cohort: str,
    reader: str,
    sd_ddof: int,
    alpha: float,
    excluded: Mapping[str, str] | None = None,
) -> None:
    """Write Table 3 from the tables `summary` and `tests` to `outputs`.

    `reader`, `cohort` and the `excluded` mice, with their reasons, are named in it.
    """
    write_table(
        tabulate(in_print(read_csv(summary)), read_csv(tests), cohort, reader, sd_ddof, alpha), outputs, excluded
    )


if __name__ == "__main__":
    with job(snakemake):
        main(
            summary=snakemake.input.summary,
            tests=snakemake.input.tests,
            outputs=list(snakemake.output),
            cohort=snakemake.wildcards.cohort,
            reader=snakemake.wildcards.reader,
            sd_ddof=snakemake.params.sd_ddof,
            alpha=snakemake.params.alpha,
            excluded=snakemake.params.excluded,
        )
