"""Flow diagram of a cohort: mice not scanned, found, excluded, contoured, in each set, and analysed by each reader.

Inputs: manifest.csv and split.csv (for a cohort with images), function.csv and overlap.csv of each reader.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import read_csv
from murmur.data.manifest import read_analysed
from murmur.data.review import USED
from murmur.data.split import SPLITS
from murmur.job import job
from murmur.presentation import flow_diagram
from murmur.presentation.flow_diagram import fitted, left_out_lines
from murmur.statistics.notes import mice
from murmur.subject import in_scans

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def analysed_lines(n: int, contoured: int | None) -> list[str]:
    """Return the lines of the box of the analysed mice; `contoured` of them have contours, None without images."""
    if contoured is None:
        return [f"Analysed (n = {n})"]
    kinds = {"with reference contours": contoured, "without reference contours": n - contoured}
    return [f"Analysed (n = {n})", *(f"{kind} (n = {number})" for kind, number in kinds.items() if number)]


def review_lines(reader: str, base: str, outcomes: Mapping[str, str], boxes: int) -> list[str]:
    """Return the lines of the box, one of `boxes`, of reviewed masks: what became of each mouse of reader `base`."""
    used = [mouse for mouse, outcome in outcomes.items() if outcome in USED]
    in_order = dict(sorted(outcomes.items(), key=lambda each: each[1]))  # accepted, corrected, excluded, not ...
    title, *lines = left_out_lines(f"masks of {base} reviewed", in_order)
    lines = [title, *lines, f"measured (n = {len(used)})"]
    return [reader, *(part for line in lines for part in fitted(line, boxes))]


def reader_lines(reader: str, n: int, images: bool, function, overlap, boxes: int) -> list[str]:
    """Return the lines of the box, one of `boxes`, of a reader of `n` mice; `overlap` is None without a comparison."""
    values = function.dropna(subset=["reference", "reader"])["mouse"].nunique()
    lines = [reader, f"{'segmented' if images else 'measured'} (n = {n})"]
    if values or overlap is not None:
        lines.append(f"function compared (n = {values})")
    if overlap is not None:
        lines.append(f"overlap compared (n = {overlap.dropna(subset=['dice'])['mouse'].nunique()})")
    return [part for line in lines for part in fitted(line, boxes)]


def main(
    outputs: list[str],
    excluded: Mapping[str, str],
    functions: Mapping[str, str],
    overlaps: Mapping[str, str],
    n_read: Mapping[str, int],
    n_analysed: int,
    manifest: str | None = None,
    split: str | None = None,
    not_scanned: Mapping[str, str] | None = None,
    animals: int = 0,
    reviews: Mapping[str, tuple[str, Mapping[str, str]]] | None = None,
) -> None:
    """Draw the flow of the mice of a cohort; `functions`, `overlaps` and `n_read`, the number of its mice, by reader.

    `not_scanned` gives the reasons of mice in the table of participants that were not scanned, `animals` their number
    if some have several scans, which are then counted. Readers that are not compared with a reference have none of the
    `overlaps`. Without images, there are no `overlaps`, no `manifest` and no `split`. `reviews` gives, for each reader
    of reviewed masks, the reader that was reviewed, and what became of each of its mice.
    """
    contoured = None if manifest is None else int(read_analysed(manifest)[0]["annotated_frames"].notna().sum())
    found, not_scanned = n_analysed + len(excluded), not_scanned or {}
    first, sides = [f"Mice found (n = {found})"], {0: left_out_lines("Excluded", excluded) if excluded else []}
    rows = [[first], [analysed_lines(n_analysed, contoured)]]
    if not_scanned:
        rows.insert(0, [[f"Mice listed (n = {found + len(not_scanned)})"]])
        sides = {0: left_out_lines("Not scanned", not_scanned), 1: sides[0]}
    if animals:
        rows = [[[in_scans(line) for line in box] for box in row] for row in rows]
        rows[-1][0][0] = f"Analysed: {n_analysed} scans of {mice(animals)}"
    ends = []
    sets_of_mice = pd.Series(dtype=str) if split is None else read_csv(split).set_index("mouse")["split"]
    sizes = sets_of_mice.value_counts().to_dict()
    if len(sizes) > 1:
        names = dict(zip(SPLITS, ("Training", "Validation", "Test"), strict=True))
        sets = [name for name in SPLITS if name in sizes]
        rows.append([[f"{names[name]} (n = {sizes[name]})"] for name in sets])
        read = {mouse for path in functions.values() for mouse in read_csv(path)["mouse"]}
        measured = set(sets_of_mice[sets_of_mice.index.isin(read)])
        ends = [place for place, name in enumerate(sets) if name not in measured] if measured else []
    if functions:
        rows.append([
            review_lines(reader, *reviews[reader], len(functions))
            if reader in (reviews or {})
            else reader_lines(
                reader, n_read[reader], manifest is not None, read_csv(path),
                read_csv(overlaps[reader]) if reader in overlaps else None, len(functions),
            )
            for reader, path in functions.items()
        ])  # fmt: skip
    flow_diagram.draw_flow(outputs, rows, sides, ends)


if __name__ == "__main__":
    with job(snakemake):
        given, params = snakemake.input, snakemake.params
        main(
            outputs=list(snakemake.output),
            excluded=params.excluded,
            functions=dict(zip(params.n_read, given.functions, strict=True)),
            overlaps=dict(zip(params.compared, given.overlaps, strict=True)) if given.overlaps else {},
            n_read=params.n_read,
            n_analysed=params.n_analysed,
            manifest=given.manifest or None,
            split=given.split or None,
            not_scanned=params.not_scanned,
            animals=params.animals,
            reviews=params.reviews,
        )
