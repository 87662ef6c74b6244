"""The results of one reader of one cohort in words: a summary and a results section ready to paste.

Inputs: agreement.csv, function.csv and, where the cohort has them, manifest.csv, frames.csv and the tables of overlap,
phenotypes, sample size and, for an external cohort, of cohorts. Output: results.md. Every number is filled in from
these tables, and every verdict (higher, lower, significant or not) follows from them. Values have one decimal,
coefficients, Dice and HD95 two (three for a coefficient that would be printed as 1, and for Dice where an SD would be
printed as 0.00), p and differences of Dice three.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import read_csv
from murmur.data.manifest import read_analysed
from murmur.job import job
from murmur.presentation.markdown_page import write_page
from murmur.presentation.prose.agreement import (
    bias,
    compared,
    conventions,
    equivalence,
    frames,
    normality,
    reliability,
    spread,
)
from murmur.presentation.prose.generalisation import generalisation
from murmur.presentation.prose.overlap import contrasts, effects, errors, model, overlap
from murmur.presentation.prose.phenotypes import phenotypes, sample_size
from murmur.presentation.prose.summary import summary
from murmur.statistics.animals import ONE_SCAN_EACH
from murmur.subject import in_print, in_scans

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

MIN_TESTED = 3  # mice for whose Dice coefficients the text reports tests, or why there are none


def sections(
    tables: dict[str, pd.DataFrame],
    cohort: str,
    reader: str,
    alpha: float,
    power: float,
    animals: int,
    simulated: bool = False,
) -> dict[str, list[str]]:
    """Return the paragraphs under each heading; those without a table are empty.

    `tables` has the differences of each animal under the name differences.
    """
    agreement = tables["agreement"]

    def from_table(name: str, paragraph_of, *more) -> str:
        return paragraph_of(tables[name], *more) if name in tables else ""

    of_scans = in_scans if animals else str
    return {
        "Summary": [summary(tables, cohort, reader, alpha, simulated)],
        "Mice": [compared(tables, cohort, reader, animals)],
        "Agreement": [
            conventions(agreement, reader, alpha),
            bias(agreement, reader, alpha),
            equivalence(agreement, alpha),
            spread(agreement, tables.get("group_tests"), reader, alpha),
            from_table("differences", lambda table: normality(agreement, table, alpha)),
            reliability(agreement, alpha),
            of_scans(from_table("frames", frames, reader)),
        ]
        if agreement["n"].sum()
        else [],
        "Segmentation accuracy": []
        if "overlap_summary" in tables and not tables["overlap_summary"]["n"].sum()
        else [
            of_scans(from_table("overlap_summary", overlap, tables.get("surface_summary"), reader)),
            *tests_of_dice(tables, alpha),
        ],
        "Generalisation": [from_table("cohort_comparison", generalisation, cohort, reader, alpha)],
        "Phenotypes": phenotypes(tables["group_tests"], tables["group_differences"], agreement, reader, alpha)
        if "group_tests" in tables
        else [],
        "Sample size": [from_table("sample_size", sample_size, reader, alpha, power, simulated)]
        if agreement["n"].sum()
        else [],
    }


def tests_of_dice(tables: dict[str, pd.DataFrame], alpha: float) -> list[str]:
    """Return the paragraphs on tests of Dice; none if fewer than MIN_TESTED mice have a Dice coefficient."""
    if "overlap_summary" in tables and tables["overlap_summary"]["n"].max() < MIN_TESTED:
        return []
    anova, pairwise = tables.get("overlap_anova"), tables.get("overlap_pairwise")
    return [
        "" if anova is None else effects(anova, pairwise, alpha),
        "" if pairwise is None else contrasts(pairwise, anova, alpha),
        model(tables["overlap_model"], alpha) if "overlap_model" in tables else "",
        errors(tables["dice_error"], alpha) if "dice_error" in tables else "",
    ]


def differences_of(function: pd.DataFrame, animals: Mapping[str, str]) -> pd.DataFrame:
    """Return the difference reader − reference of each animal and metric: columns metric, animal and difference."""
    of = function["mouse"].map(dict(animals)) if animals else function["mouse"]
    table = function.assign(animal=of, difference=function["reader"] - function["reference"]).dropna(
        subset="difference"
    )
    return table.groupby(["metric", "animal"], sort=False)["difference"].mean().reset_index()


def main(
    agreement: str,
    output: str,
    cohort: str,
    reader: str,
    alpha: float,
    power: float,
    animals: int = 0,
    animal_of_scan: Mapping[str, str] = ONE_SCAN_EACH,
    simulated: bool = False,
    **others: str | None,
) -> None:
    """Write `output` (results.md) from the table `agreement` and those of `others` that the cohort has.

    `others` are named as their files: function, manifest, split, frames, overlap_summary, surface_summary,
    overlap_anova, overlap_pairwise, overlap_model, dice_error, groups, group_tests, group_differences, sample_size,
    cohort_comparison. `power` is that of sample_size. `animals` is their number if some have several scans, otherwise
    0, and `animal_of_scan` gives that of each scan. `simulated` tells whether the images are.
    """
    paths = {"agreement": agreement} | others
    readers = {"manifest": lambda path: read_analysed(path)[0]}
    tables = {name: in_print(readers.get(name, read_csv)(path)) for name, path in paths.items() if path}
    function = tables.pop("function", None)
    if function is not None:
        tables["differences"] = differences_of(function, animal_of_scan)
    found = sections(tables, cohort, reader, alpha, power, animals, simulated)
    write_page(output, f"Results: {cohort} cohort, reader {reader}", found)


if __name__ == "__main__":
    with job(snakemake):
        main(
            output=snakemake.output[0],
            cohort=snakemake.wildcards.cohort,
            reader=snakemake.wildcards.reader,
            alpha=snakemake.params.alpha,
            power=snakemake.params.power,
            animals=snakemake.params.animals,
            animal_of_scan=snakemake.params.animal_of_scan,
            simulated=snakemake.params.simulated,
            **dict(snakemake.input.items()),
        )
