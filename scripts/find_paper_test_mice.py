"""Identify the test mice of the paper in a cohort: the mice whose reference EDV and ESV are those of its Figure 3.

Inputs: figure3.csv, function.csv (mouse, metric, unit, reference, reader; only reference is used) of all mice of the
cohort and, for a cohort with images, its manifest. Output: paper_test_mice.csv, one row per mouse of the figure,
distances in uL; `murmur.paper.test_mice` defines how they are matched and when a match is rejected. annotated_images is
the number of slices in the annotated frames of a mouse. The test mice of the paper have 460 in total, which supports a
match but does not establish it; a different number is therefore noted, but not a reason for rejection.
"""

from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import read_csv, write_csv
from murmur.data.manifest import read_manifest
from murmur.job import job
from murmur.logs import log
from murmur.paper.printed_values import read_figure
from murmur.paper.test_mice import match, volumes

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

TEST_IMAGES = 460  # annotated images of the test mice, `images_test` in paper_values.csv


def find(figure: pd.DataFrame, function: pd.DataFrame, annotated_images: dict[str, int] | None) -> pd.DataFrame:
    """Return the rows of `match` with annotated_images, missing if unknown, and log the result.

    If all mice are accepted but their total number of images differs from that of the paper, a note is added.
    """
    mice = volumes(function)
    table = match(mice, volumes(figure))
    accepted = table["verdict"] == "accepted"
    log.info("%d of %d mice of Figure 3 found among %d with EDV and ESV", accepted.sum(), len(table), len(mice))
    if unmeasured := sorted(set(function["mouse"]) - set(mice.index)):
        more = ", ..." if len(unmeasured) > 5 else ""
        log.info("not matched, without EDV or ESV: %d (%s%s)", len(unmeasured), ", ".join(unmeasured[:5]), more)
    table.insert(4, "annotated_images", table["mouse"].map(annotated_images or {}).astype("Int64"))
    if annotated_images is not None and accepted.all():
        found = table["annotated_images"].sum()
        counts = f"the {len(table)} mice have {found} annotated images in total, those of the paper {TEST_IMAGES}"
        log.info(counts)
        if found != TEST_IMAGES:
            table["note"] = counts
    return table


def main(figure3: str, function: str, output: str, manifest: str | None = None) -> None:
    """Write `output` (paper_test_mice.csv); without a `manifest` images are not counted."""
    images = None
    if manifest:
        images = {name: mouse.shape[2] * len(mouse.annotated_frames) for name, mouse in read_manifest(manifest).items()}
    write_csv(find(read_figure(figure3), read_csv(function), images), output)


if __name__ == "__main__":
    with job(snakemake):
        main(
            figure3=snakemake.input.figure3,
            function=snakemake.input.function,
            output=snakemake.output[0],
            manifest=snakemake.input.get("manifest"),
        )
