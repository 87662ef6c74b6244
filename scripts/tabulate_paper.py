"""Table S1: every number of the paper with its counterpart computed here, ready to paste.

Input: paper_comparison.csv. Outputs: the same cells as HTML, LaTeX and Word, rounded as in the paper.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import read_csv
from murmur.data.split import SPLITS
from murmur.job import job
from murmur.paper.printed_values import decimals
from murmur.presentation.number_format import DASH, number, p_value
from murmur.presentation.printed_table import PrintedTable, write_table
from murmur.vocabulary import METRIC_NAMES, UNITS

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

QUANTITIES = {
    "reference_mean": "mean of the reference",
    "reference_sd": "SD of the reference",
    "reader_mean": "mean of the reader",
    "reader_sd": "SD of the reader",
    "loa_low": "lower limit of agreement",
    "loa_high": "upper limit of agreement",
    "images_2d": "2D images",
    "dice": "Dice",
    "dice_sd": "SD of Dice",
    "dice_best": "Dice of the best mouse",
    "dice_median": "Dice of the median mouse",
    "dice_worst": "Dice of the worst mouse",
    "p_structure": "p of the structures' Dice",
    "p_phase": "p of ED vs ES, Dice",
    "rho": "rho of Dice and error",
    "duration": "duration of the training",
    "per_image": "segmentation of an image",
    "ed_and_es_stacks": "segmentation of ED and ES",
    "full_cine": "segmentation of a cine",
    "web_full_cine": "segmentation of a cine on the web page",
    "manual_ed_and_es": "segmentation of ED and ES by hand",
}
QUANTITIES |= {
    f"{counted}_{split}": f"{counted}, {split}" for counted in ("mice", "stacks", "images") for split in SPLITS
}
VERDICTS = {"reproduced": "reproduced", "consistent": "consistent", "differs": "differ", "not computed": "not computed"}


def named(row: dict) -> str:
    """Return the name of the quantity of a row, with its unit."""
    quantity = row["quantity"]
    value = quantity.removesuffix("_sd")
    words = QUANTITIES.get(quantity) or QUANTITIES.get(value, value.replace("_", " ")) + ", SD" * (value != quantity)
    details = [row["structure"].replace("_", " "), {"all": "ED and ES"}.get(row["phase"], row["phase"])]
    parts = [METRIC_NAMES.get(row["metric"], ""), words, *details]
    unit = "" if row["unit"] in ("1", "count") else f" ({UNITS.get(row['unit'], row['unit'])})"
    name = ", ".join(filter(None, parts)) + unit
    return name if quantity in ("p", "r") or name.startswith("p ") else name[0].upper() + name[1:]


def tabulate(comparison: pd.DataFrame, cohort: str, reader: str) -> PrintedTable:
    """Return the table as it is printed, one row per row of `comparison`."""
    text = dict.fromkeys(["structure", "phase", "metric", "note"], "")
    rows = []
    for row in comparison.fillna(text).to_dict("records"):
        places = decimals(row["printed"])
        is_p = row["quantity"] in ("p", "p_structure", "p_phase")
        here = p_value(row["computed"]) if is_p and pd.notna(row["computed"]) else number(row["computed"], places)
        if pd.notna(row["ci_low"]) and pd.notna(row["computed"]):
            here += f" ({number(row['ci_low'], places)} to {number(row['ci_high'], places)})"
        printed = row["printed"].replace("-", "−")
        rows.append([named(row), printed, here, number(row["difference"], places), row["verdict"]])
    counts = comparison["verdict"].value_counts()
    alike = ", ".join(f"{counts.get(verdict, 0)} {words}" for verdict, words in VERDICTS.items())
    missing = comparison[comparison["verdict"] == "not computed"]
    reasons = [f"{reason} ({count})" for reason, count in missing["reason"].value_counts(sort=False).items()]
    sentences = [
        f"Of {len(comparison)} numbers: {alike}.",
        "Here, value computed in this study, with confidence limits where available; difference, here − printed.",
        "Reproduced, equal after rounding to the printed precision, or below the printed bound; consistent, printed "
        "number within the confidence limits.",
        "SD and limits of agreement with denominator n, as in the paper; r, Pearson's correlation coefficient.",
        *([f"Not computed: {'; '.join(reasons)}."] if reasons else []),
        f"{DASH}, not available.",
    ]
    return PrintedTable(
        number="Table S1",
        title=f"Numbers printed in the paper and their counterparts for {reader} in the {cohort} cohort.",
        header=["Quantity", "Printed", "Here", "Difference", "Verdict"],
        rows=rows,
        footnote=" ".join(sentences),
    )


def main(comparison: str, outputs: Sequence[str], cohort: str, reader: str) -> None:
    """Write the table `comparison` (paper_comparison.csv) for print to `outputs`; `cohort` and `reader` name it."""
    write_table(tabulate(read_comparison(comparison), cohort, reader), outputs)


def read_comparison(path: str) -> pd.DataFrame:
    """Read paper_comparison.csv with the printed numbers as text, which keeps their decimals."""
    printed = pd.read_csv(path, usecols=["printed"], dtype=str)["printed"]
    return read_csv(path).assign(printed=printed)


if __name__ == "__main__":
    with job(snakemake):
        main(
            comparison=snakemake.input.comparison,
            outputs=list(snakemake.output),
            cohort=snakemake.params.cohort,
            reader=snakemake.params.reader,
        )
