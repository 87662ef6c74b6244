"""The results of a comparison of groups in words: a summary of five sentences, the full text and the methods.

Inputs: the tables of the comparison. Output: results.md. Every number is filled in from these tables, and every verdict
is that of differences.csv.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from murmur.job import job
from murmur.presentation.markdown_page import write_page
from murmur.presentation.prose.comparison import sections
from murmur.presentation.prose.comparison_methods import described
from murmur.presentation.prose.differences import read_comparison
from murmur.statistics.notes import exclusion_note

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    tables: Mapping[str, str], output: str, name: str, reader: str, settings: Mapping, excluded: Mapping[str, str]
) -> None:
    """Write `output` from `tables`, the paths by name; `excluded` gives the reason of each excluded mouse."""
    found = read_comparison(tables, name, reader, settings)
    if not found.measures:
        text = {"Summary": ["No animal of the groups compared has a value."]}
    else:
        text = sections(found)
        text["Animals"].append(exclusion_note(excluded))
        text |= {"Statistical methods": [described(found)]}
    write_page(output, f"Results: {name}", text)


if __name__ == "__main__":
    with job(snakemake):
        main(
            tables=dict(snakemake.input.items()),
            output=snakemake.output[0],
            name=snakemake.wildcards.comparison,
            reader=snakemake.params.reader,
            settings=snakemake.params.settings,
            excluded=snakemake.params.excluded,
        )
