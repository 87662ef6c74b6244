"""Fit the choice of an ensemble: predict the Dice coefficient of masks from their agreement, on validation mice.

choice.json has the regressions; choice.csv, for each candidate, structure and phase, the mean Dice coefficient and the
mean absolute error of the predictions for mice that were left out, beside that of their mean.
"""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from murmur.csv_tables import write_csv
from murmur.data.mouse import check_mouse
from murmur.data.mouse_file import masks_of, open_mouse
from murmur.data.reader_masks import read_segmentations
from murmur.errors import BadInput
from murmur.files import write_text
from murmur.job import job
from murmur.logs import log, progress
from murmur.measurement.overlap import dice
from murmur.quality.choice import FEWEST_MICE, candidates, fit, pairwise_dice
from murmur.vocabulary import PHASES, STRUCTURES

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

Pair = tuple[str, str]  # structure and phase


def compare(
    mouse: str, segmentations: Sequence[str], readers: Sequence[str], spacing_mm: list[float] | None, override: bool
) -> dict[Pair, tuple[np.ndarray, np.ndarray]]:
    """Return, for each structure and phase, the pairwise Dice of all candidates and their Dice with the reference.

    Phases that are not contoured, or not segmented by all, and structures without a reference are left out.
    """
    checked = check_mouse(mouse, spacing_mm, override)
    masks, frames = read_segmentations(segmentations)
    with open_mouse(mouse) as file:
        reference = {phase: masks_of(file)[..., frame] for frame, phase in checked.phases.items() if frame in frames}
    found = {}
    for frame, phase in checked.phases.items():
        if phase not in PHASES[:2] or phase not in reference:
            continue
        possible = np.stack(list(candidates(masks[..., frame], readers).values()))
        for structure, label in STRUCTURES.items():
            expert = reference[phase] == label
            if expert.any():
                with_expert = np.array([dice(expert, each == label) for each in possible])
                found[structure, phase] = pairwise_dice(possible, label), with_expert
    return found


def main(
    mice: Sequence[str],
    segmentations: Sequence[str],
    readers: Sequence[str],
    spacing_mm: list[float] | None,
    override_headers: bool,
    model: str,
    table: str,
) -> None:
    """Write `model` and `table`; `segmentations` has the files of all `readers` for the first mouse, then the next.

    `spacing_mm` and `override_headers` are those of the study file. Raises BadInput if too few mice have a reference.
    """
    names = list(candidates(np.zeros((len(readers), 1), np.uint8), readers))
    by_mouse = [segmentations[start : start + len(readers)] for start in range(0, len(segmentations), len(readers))]
    pairs = list(zip(mice, by_mouse, strict=True))
    compared = [
        compare(mouse, files, readers, spacing_mm, override_headers)
        for mouse, files in progress(pairs, "comparing", "mouse")
    ]
    agreement, with_expert = {}, {}
    for pair in [(structure, phase) for structure in STRUCTURES for phase in PHASES[:2]]:
        known = [found[pair] for found in compared if pair in found]
        if len(known) < FEWEST_MICE:
            raise BadInput(
                f"{mice[0]} and others: found a reference of the {pair[0]} at {pair[1]}, and masks of all readers, in "
                f"{len(known)} validation mice, expected {FEWEST_MICE} or more; change the split, or set "
                "combine: majority"
            )
        agreement[pair], with_expert[pair] = (np.stack(arrays) for arrays in zip(*known, strict=True))
    fitted, errors = fit(agreement, with_expert, names)
    log.info("mean error of predicted Dice coefficients: %.3f", errors["error"].mean())
    write_text(model, json.dumps(fitted, indent=1) + "\n")
    write_csv(errors, table)


if __name__ == "__main__":
    with job(snakemake):
        main(
            mice=list(snakemake.input.mice),
            segmentations=list(snakemake.input.segmentations),
            readers=snakemake.params.readers,
            spacing_mm=snakemake.params.spacing_mm,
            override_headers=snakemake.params.override_headers,
            model=snakemake.output.model,
            table=snakemake.output.table,
        )
