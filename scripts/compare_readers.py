"""Comparison of the readers of a cohort: pairwise, ranked, and relative to the human observers.

Inputs: function.csv (mouse, metric, unit, reference, reader) and, except for cohorts of measurements, overlap.csv
(mouse, phase, structure, dice) of each reader. Outputs: reader_comparison.csv, paired t-tests and signed-rank tests of
each pair of readers, Holm-corrected over all rows of a measure; reader_ranking.csv, the ranks of the readers, where the
Dice of a mouse is its mean over ED and ES; reader_beside_observer.csv, the agreement of each reader with the reference,
on the same mice for all, with the width of its limits of agreement relative to that of the observer, or to the widest
of several. `murmur.statistics.reader_comparison` gives the definitions.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from murmur.csv_tables import read_csv, write_csv
from murmur.job import job
from murmur.statistics.animals import ONE_SCAN_EACH
from murmur.statistics.dice_cells import dice_by_cell
from murmur.statistics.network_summary import averaged, without
from murmur.statistics.ranking import absolute_errors, mean_dice
from murmur.statistics.reader_comparison import compare_pairs, place_beside, rank_readers

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    functions: Mapping[str, str],
    overlaps: Mapping[str, str],
    observers: Sequence[str],
    comparison_output: str,
    ranking_output: str,
    beside_output: str,
    sd_ddof: int,
    alpha: float,
    animals: Mapping[str, str] = ONE_SCAN_EACH,
    repeats: Mapping[str, str] | None = None,
    selected: Sequence[str] = (),
    learnt: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Write the three tables for the readers of `functions` and `overlaps` (reader: path; may be empty).

    `observers` are the human readers. `animals` gives the animal of each scan if some animals have several. Readers
    that are repetitions of the same training, which `repeats` names, are compared as one, with values averaged by
    mouse. Those `selected` among the others are neither compared nor ranked, because they would be compared with
    themselves. The mice from which a reader `learnt` are left out.
    """
    learnt = learnt or {}
    function = {reader: without(read_csv(path), learnt.get(reader, ())) for reader, path in functions.items()}
    overlap = {reader: without(read_csv(path), learnt.get(reader, ())) for reader, path in overlaps.items()}
    errors = {reader: absolute_errors(table) for reader, table in function.items()}
    dice = {reader: dice_by_cell(table) for reader, table in overlap.items()}
    by_mouse = {reader: mean_dice(table) for reader, table in overlap.items()}
    apart = [
        {reader: table for reader, table in tables.items() if reader not in selected}
        for tables in (dice, by_mouse, errors)
    ]
    dice_together, by_mouse, together = (averaged(tables, repeats or {}) for tables in apart)
    write_csv(compare_pairs(dice_together, together, alpha, animals), comparison_output)
    write_csv(rank_readers(by_mouse, together, alpha, animals), ranking_output)
    write_csv(place_beside(function, dice, errors, observers, sd_ddof, alpha, animals), beside_output)


if __name__ == "__main__":
    with job(snakemake):
        main(
            functions=dict(zip(snakemake.params.readers, snakemake.input.functions, strict=True)),
            overlaps=dict(
                zip(snakemake.params.readers, snakemake.input.overlaps, strict=bool(snakemake.input.overlaps))
            ),
            observers=snakemake.params.observers,
            repeats=snakemake.params.repeats,
            selected=snakemake.params.selected,
            learnt=snakemake.params.learnt,
            comparison_output=snakemake.output.comparison,
            ranking_output=snakemake.output.ranking,
            beside_output=snakemake.output.beside,
            sd_ddof=snakemake.params.sd_ddof,
            alpha=snakemake.params.alpha,
            animals=snakemake.params.animals,
        )
