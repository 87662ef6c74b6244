"""The results of a comparison of groups in words: a summary of five sentences, the full text and the methods.

Inputs: the tables of the comparison, contoured.csv, and measurements.csv with the findings of the checks. Output:
results.md. Every number is filled in from these tables, and every verdict is that of differences.csv.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import read_csv
from murmur.job import job
from murmur.presentation.markdown_page import write_page
from murmur.presentation.prose.comparison import sections
from murmur.presentation.prose.comparison_methods import described
from murmur.presentation.prose.contoured import contoured
from murmur.presentation.prose.differences import read_comparison, with_texts
from murmur.presentation.prose.phrases import paragraph
from murmur.quality.score import LOW_DICE
from murmur.statistics.notes import exclusion_note
from murmur.subject import in_print

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def findings(scans: pd.DataFrame, values: pd.DataFrame) -> str:
    """Say how many of the scans compared have findings of the plausibility checks or doubtful masks; empty if none.

    Most scans have a sign of an error in some slice, so that these are only counted.
    """
    compared = scans[scans["mouse"].isin(values["mouse"])]
    n, masks = int(compared["flags"].notna().sum()), "mask_findings" in compared
    what = "failed a plausibility check"
    what += f" or had a predicted Dice coefficient below {LOW_DICE:g}" if masks else ""
    marked = int((compared["mask_findings"] > 0).sum()) if masks else 0
    of_all, sentences = f"of the {len(compared)} scans", []
    if n:
        sentences = [f"{n} {of_all} {what} (`flags` in measurements.csv)"]
    if marked:
        sentences += [] if n else [f"no scan {what}"]
        sentences += [f"in {marked} {of_all}, slices or frames were flagged for review (review.pdf)"]
    return paragraph(*sentences)


def main(
    tables: Mapping[str, str],
    measurements: str,
    contoured_only: str,
    output: str,
    name: str,
    reader: str,
    settings: Mapping,
    excluded: Mapping[str, str],
) -> None:
    """Write `output` from `tables`, the paths by name, `measurements` and `contoured_only`, which is contoured.csv.

    `excluded` gives the reason of each excluded mouse.
    """
    found = read_comparison(tables, name, reader, settings)
    if not found.measures:
        text = {"Summary": ["No animal of the groups compared has a value."]}
    else:
        text = sections(found) | contoured(found, in_print(with_texts(read_csv(contoured_only))))
        text["Summary"].append(findings(read_csv(measurements), found.values))
        text["Animals"].append(exclusion_note(excluded))
        text |= {"Statistical methods": [described(found)]}
    write_page(output, f"Results: {name}", text)


if __name__ == "__main__":
    with job(snakemake):
        tables = dict(snakemake.input.items())
        main(
            measurements=tables.pop("measurements"),
            contoured_only=tables.pop("contoured"),
            tables=tables,
            output=snakemake.output[0],
            name=snakemake.wildcards.comparison,
            reader=snakemake.params.reader,
            settings=snakemake.params.settings,
            excluded=snakemake.params.excluded,
        )
