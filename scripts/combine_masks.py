"""Combine the masks of several readers: their majority or, with a fitted choice, the best by predicted Dice.

The choice is among the masks of each reader and those of at least k votes, one for all frames of a mouse. Frames that a
reader did not segment are not segmented by the ensemble. The entropy of the labels of all readers is written as well.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from murmur.data.mouse import check_mouse
from murmur.data.mouse_file import write_cine
from murmur.data.reader_masks import read_segmentations
from murmur.job import job
from murmur.logs import log
from murmur.network.postprocessing import keep_heart
from murmur.quality.choice import candidates, predict
from murmur.quality.ensemble import entropy_of_votes, majority
from murmur.vocabulary import BLOOD_POOL

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def choose(masks: np.ndarray, readers: Sequence[str], frames: Sequence[int], model: dict) -> tuple[str, np.ndarray]:
    """Return name and masks of the candidate with the highest predicted Dice coefficient at ED and ES.

    These are the frames with the largest and the smallest blood pool of the majority.
    """
    possible = candidates(masks, readers)
    if not frames:
        return next(iter(possible.items()))
    volumes = np.count_nonzero(majority(masks)[..., frames] == BLOOD_POOL, axis=(0, 1, 2))
    phases = {"ED": frames[int(volumes.argmax())], "ES": frames[int(volumes.argmin())]}
    at = {phase: np.stack([each[..., frame] for each in possible.values()]) for phase, frame in phases.items()}
    dice = predict(at, model)
    log.info("predicted Dice coefficients: %s", ", ".join(f"{name} {value:.3f}" for name, value in dice.items()))
    return dice.idxmax(), possible[dice.idxmax()]


def main(
    mouse: str,
    segmentations: Sequence[str],
    choice: str | None,
    readers: Sequence[str],
    reader: str,
    postprocess: str,
    spacing_mm: list[float] | None,
    override_headers: bool,
    output: str,
) -> None:
    """Write `output`, the masks of `readers` in `segmentations` combined.

    `choice` is choice.json of the ensemble, None for the majority; `spacing_mm` and `override_headers` are those of the
    study file. Raises BadInput if the mouse file is invalid.
    """
    checked = check_mouse(mouse, spacing_mm, override_headers)
    masks, frames = read_segmentations(segmentations)
    used, combined = "majority", majority(masks)
    if choice:
        model = json.loads(Path(choice).read_text(encoding="utf-8"))
        used, combined = choose(masks, readers, frames, model)
    if postprocess == "largest_component":
        combined = keep_heart(combined, checked.spacing_mm)
    attributes = {
        "reader": reader,
        "readers": list(readers),
        "combined_by": used,
        "postprocess": postprocess,
        "spacing_mm": checked.spacing_mm,
    }
    log.info("masks of %s combined: %s", ", ".join(readers), used)
    write_cine(output, masks=combined, frames=frames, attributes=attributes, entropy=entropy_of_votes(masks))


if __name__ == "__main__":
    with job(snakemake):
        main(
            mouse=snakemake.input.mouse,
            segmentations=list(snakemake.input.segmentations),
            choice=snakemake.input.choice or None,
            readers=snakemake.params.readers,
            reader=snakemake.wildcards.reader,
            postprocess=snakemake.params.postprocess,
            spacing_mm=snakemake.params.spacing_mm,
            override_headers=snakemake.params.override_headers,
            output=snakemake.output.segmentation,
        )
