"""Table 1: function by the reference and by the reader, ready to paste.

Input: agreement.csv. Outputs: the same printed cells as CSV, HTML, LaTeX and Word. Values have one decimal, p three
and r two; what agreement.csv lacks is printed as a dash and explained below the table.
"""

from typing import TYPE_CHECKING

import pandas as pd

from murmur.agreement import NO_MARGIN
from murmur.logs import job_log
from murmur.rounding import rounded
from murmur.tables import read_csv, write_csv
from murmur.typeset import PrintedTable, write_docx, write_html, write_tex
from murmur.volumes import METRIC_NAMES, UNITS

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

MEANINGS = {
    "EDV": "EDV, end-diastolic volume",
    "ESV": "ESV, end-systolic volume",
    "SV": "SV, stroke volume",
    "EF": "EF, ejection fraction",
    "mass_ED": "ED, end-diastole",
    "mass_ES": "ES, end-systole",
}
DASH = "–"


def number(value: float, decimals: int = 1) -> str:
    """Print `value`, or a dash where it is missing."""
    return DASH if pd.isna(value) else rounded(value, decimals)


def mean_and_sd(mean: float, sd: float) -> str:
    """Print a mean with its standard deviation."""
    return DASH if pd.isna(mean) else f"{number(mean)} ± {number(sd)}"


def p_value(p: float) -> str:
    """Print p with three decimals, or as beyond the last one that these can show."""
    if p < 0.001:
        return "<0.001"
    return ">0.999" if p > 0.999 else number(p, 3)


def footnote(agreement: pd.DataFrame, reader: str, sd_ddof: int, alpha: float) -> str:
    """Say what the table's values are and which are missing."""
    if agreement.empty:
        return "No metric was measured by both the reference and the reader."
    counts = agreement["n"].unique()
    mice = f"{counts[0]} mice" if len(counts) == 1 else "the n mice of each row"
    sentences = [
        f"Values are mean ± SD (denominator {'n − 1' if sd_ddof else 'n'}) of {mice}.",
        f"Bias, mean of {reader} − reference, with its 95% limits of agreement (bias ± 1.96 SD).",
        f"p, two-sided paired t-test (significance level {alpha}), not corrected for the number of metrics tested.",
        "r, Pearson's correlation coefficient.",
        "; ".join(MEANINGS[metric] for metric in agreement["metric"]) + ".",
    ]
    reasons: dict[str, list[str]] = {}
    for metric, note in zip(agreement["metric"], agreement["note"].fillna(""), strict=True):
        for clause in filter(None, note.split("; ")):
            if clause != NO_MARGIN:
                reasons.setdefault(clause, []).append(METRIC_NAMES[metric])
    sentences += [f"{', '.join(metrics)}: {clause}." for clause, metrics in reasons.items()]
    return " ".join(sentences)


def tabulate(agreement: pd.DataFrame, cohort: str, reader: str, sd_ddof: int, alpha: float) -> PrintedTable:
    """Return Table 1 as it is printed, one row per row of `agreement`."""
    rows = []
    for row in agreement.to_dict("records"):
        bias = number(row["bias"])
        if not pd.isna(row["loa_low"]):
            bias += f" ({number(row['loa_low'])} to {number(row['loa_high'])})"
        rows.append(
            [
                f"{METRIC_NAMES[row['metric']]} ({UNITS[row['unit']]})",
                mean_and_sd(row["reference_mean"], row["reference_sd"]),
                mean_and_sd(row["reader_mean"], row["reader_sd"]),
                bias,
                p_value(row["p"]),
                number(row["pearson_r"], 2),
                str(row["n"]),
            ]
        )
    return PrintedTable(
        number="Table 1",
        title=f"Left-ventricular function in the cohort {cohort}: {reader} against the reference.",
        header=["Metric", "Reference", reader, "Bias (limits of agreement)", "p", "r", "n"],
        rows=rows,
        footnote=footnote(agreement, reader, sd_ddof, alpha),
    )


def main(
    agreement: str, csv: str, html: str, tex: str, docx: str, cohort: str, reader: str, sd_ddof: int, alpha: float
) -> None:
    """Write Table 1 from the table `agreement` to the four paths; `reader` and `cohort` are named in it."""
    table = tabulate(read_csv(agreement), cohort, reader, sd_ddof, alpha)
    write_csv(pd.DataFrame(table.rows, columns=table.header), csv)
    write_html(table, html)
    write_tex(table, tex)
    write_docx(table, docx)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            agreement=snakemake.input.agreement,
            csv=snakemake.output.csv,
            html=snakemake.output.html,
            tex=snakemake.output.tex,
            docx=snakemake.output.docx,
            cohort=snakemake.wildcards.cohort,
            reader=snakemake.wildcards.reader,
            sd_ddof=snakemake.params.sd_ddof,
            alpha=snakemake.params.alpha,
        )
