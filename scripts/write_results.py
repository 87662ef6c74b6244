"""The results of one reader of one cohort in words: a summary and a results section ready to paste.

Inputs: agreement.csv and, where the cohort has them, manifest.csv, frames.csv and the tables of overlap, phenotypes and
sample size. Output: results.md. Every number is filled in from these tables, and every verdict (higher, lower,
significant or not) follows from them. Values have one decimal, coefficients, Dice and HD95 two (Dice and HD95 three
where an SD would be printed as 0.00), p and differences of Dice three.
"""

from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import read_csv
from murmur.data.manifest import read_analysed
from murmur.job import job
from murmur.presentation.markdown_page import write_page
from murmur.presentation.prose.agreement import bias, compared, conventions, equivalence, frames, reliability, spread
from murmur.presentation.prose.overlap import contrasts, effects, errors, model, overlap
from murmur.presentation.prose.phenotypes import phenotypes, sample_size
from murmur.presentation.prose.summary import summary
from murmur.subject import in_print, in_scans

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def sections(
    tables: dict[str, pd.DataFrame],
    cohort: str,
    reader: str,
    sd_ddof: int,
    alpha: float,
    power: float,
    animals: int,
) -> dict[str, list[str]]:
    """Return the paragraphs under each heading; those without a table are empty."""
    agreement = tables["agreement"]

    def from_table(name: str, paragraph_of, *more) -> str:
        return paragraph_of(tables[name], *more) if name in tables else ""

    of_scans = in_scans if animals else str
    return {
        "Summary": [summary(tables, cohort, reader, alpha)],
        "Mice": [compared(tables, cohort, reader, animals)],
        "Agreement": [
            conventions(agreement, reader, sd_ddof, alpha),
            bias(agreement, reader, alpha),
            equivalence(agreement, alpha),
            spread(agreement, reader, alpha),
            reliability(agreement, alpha),
            of_scans(from_table("frames", frames, reader)),
        ]
        if agreement["n"].sum()
        else [],
        "Segmentation accuracy": []
        if "overlap_summary" in tables and not tables["overlap_summary"]["n"].sum()
        else [
            of_scans(from_table("overlap_summary", overlap, tables.get("surface_summary"), reader)),
            from_table("overlap_anova", effects, tables.get("overlap_pairwise"), alpha),
            from_table("overlap_pairwise", contrasts, tables.get("overlap_anova"), alpha),
            from_table("overlap_model", model, alpha),
            from_table("dice_error", errors, alpha),
        ],
        "Phenotypes": phenotypes(tables["group_tests"], tables["group_differences"], reader, alpha)
        if "group_tests" in tables
        else [],
        "Sample size": [from_table("sample_size", sample_size, reader, alpha, power)] if agreement["n"].sum() else [],
    }


def main(
    agreement: str,
    output: str,
    cohort: str,
    reader: str,
    sd_ddof: int,
    alpha: float,
    power: float,
    animals: int = 0,
    **others: str | None,
) -> None:
    """Write `output` (results.md) from the table `agreement` and those of `others` that the cohort has.

    `others` are named as their files: manifest, split, frames, overlap_summary, surface_summary, overlap_anova,
    overlap_pairwise, overlap_model, dice_error, groups, group_tests, group_differences, sample_size. `power` is that of
    sample_size. `animals` is their number if some have several scans, otherwise 0.
    """
    paths = {"agreement": agreement} | others
    readers = {"manifest": lambda path: read_analysed(path)[0]}
    tables = {name: in_print(readers.get(name, read_csv)(path)) for name, path in paths.items() if path}
    found = sections(tables, cohort, reader, sd_ddof, alpha, power, animals)
    write_page(output, f"Results: {cohort} cohort, reader {reader}", found)


if __name__ == "__main__":
    with job(snakemake):
        main(
            output=snakemake.output[0],
            cohort=snakemake.wildcards.cohort,
            reader=snakemake.wildcards.reader,
            sd_ddof=snakemake.params.sd_ddof,
            alpha=snakemake.params.alpha,
            power=snakemake.params.power,
            animals=snakemake.params.animals,
            **dict(snakemake.input.items()),
        )
