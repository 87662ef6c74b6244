"""Table 1: left-ventricular function of reference and reader, ready to paste.

Input: agreement.csv. Outputs: the same cells as CSV, HTML, LaTeX and Word. Values have one decimal, p three and r two;
missing values are printed as a dash and explained below the table.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import read_csv
from murmur.job import job
from murmur.presentation.number_format import coefficient, mean_and_sd, number, p_value
from murmur.presentation.printed_table import PrintedTable, write_table
from murmur.presentation.prose.phrases import enumerate_words, metric_names
from murmur.statistics.notes import mice, reasons_of
from murmur.subject import in_print
from murmur.vocabulary import METRIC_NAMES, UNITS, abbreviations

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


# Reasons for values that are missing in this table, with the values of the reason; agreement.csv has others.
REASONS = {
    "pairs_missing": "{0} of {1} scans excluded, no value for reference or reader",
    "no_pair": "no mouse measured by both",
    "one_pair": "one mouse has no SD, limits of agreement, p or r",
    "too_few_pairs": "r requires 3 mice",
    "differences_constant": "all differences are the same, no p",
    "neither_varies": "neither reference nor reader varies, no r",
    "rater_constant": "the {0} does not vary, no r",
}


def footnote(agreement: pd.DataFrame, reader: str, sd_ddof: int, alpha: float) -> str:
    """Explain the values of the table and why some are missing."""
    if not agreement["n"].sum():
        return f"No mouse was measured by both the reference and {reader}."
    counts = agreement["n"].unique()
    who = mice(counts[0]) if len(counts) == 1 else "the n mice in each row"
    if several := (agreement["scans"] > agreement["n"]).any():
        most = "" if agreement["scans"].nunique() == 1 else "up to "
        who += f" ({most}{agreement['scans'].max()} scans), averaged over the scans of each mouse"
    single = " of single scans" if several else ""
    tested = agreement["p"].count()
    sloping = metric_names(agreement[agreement["slope_p_holm"] < alpha])
    holm = f", Holm-corrected for {tested} parameters" if tested > 1 else ""
    sentences = [
        f"Values are mean ± SD (denominator {'n − 1' if sd_ddof else 'n'}) of {who}.",
        f"Bias, mean difference, {reader} − reference, with 95% limits of agreement{single} (bias ± 1.96 SD)"
        f"{', for EF in percentage points' if 'EF' in set(agreement['metric']) else ''}.",
        *([f"p, two-sided paired t-test{holm} (significance level {alpha})."] if tested else []),
        *(
            [f"Bias depends on size in {enumerate_words(sloping)}, which these limits do not take into account."]
            if sloping
            else []
        ),
        *(["r, Pearson's correlation coefficient."] if agreement["pearson_r"].notna().any() else []),
        abbreviations(agreement["metric"]),
    ]
    reasons: dict[str, list[str]] = {}
    for metric, cell in zip(agreement["metric"], agreement["reasons"], strict=True):
        for why in reasons_of(cell):
            if why.code in REASONS:
                reasons.setdefault(REASONS[why.code].format(*why.values), []).append(METRIC_NAMES[metric])
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
                p_value(row["p_holm"]),
                coefficient(row["pearson_r"]),
                str(row["n"]),
            ]
        )
    return PrintedTable(
        number="Table 1",
        title=f"Left-ventricular function in the {cohort} cohort: reference and {reader}.",
        header=["Parameter", "Reference", reader, "Bias (limits of agreement)", "p", "r", "n"],
        rows=rows,
        footnote=footnote(agreement, reader, sd_ddof, alpha),
    )


def main(
    agreement: str,
    outputs: Sequence[str],
    cohort: str,
    reader: str,
    sd_ddof: int,
    alpha: float,
    excluded: Mapping[str, str] | None = None,
) -> None:
    """Write Table 1 from the table `agreement` to `outputs`.

    `reader`, `cohort` and the `excluded` mice, with their reasons, are named in it.
    """
    write_table(tabulate(in_print(read_csv(agreement)), cohort, reader, sd_ddof, alpha), outputs, excluded)


if __name__ == "__main__":
    with job(snakemake):
        main(
            agreement=snakemake.input.agreement,
            outputs=list(snakemake.output),
            cohort=snakemake.wildcards.cohort,
            reader=snakemake.wildcards.reader,
            sd_ddof=snakemake.params.sd_ddof,
            alpha=snakemake.params.alpha,
            excluded=snakemake.params.excluded,
        )
