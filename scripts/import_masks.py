"""Import the masks of a second observer or another tool as the segmentations of a reader, for all mice of a cohort.

The masks must have the grid of the images and the labels of the reference. If a file contains `Frames_with_ROI`, only
these frames are considered segmented; otherwise all are. Mice without a file, or whose file lacks the dataset, are
treated as not segmented: their measurements are missing, and they are listed in the log.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from murmur.data.manifest import Mouse, read_manifest
from murmur.data.mouse_file import open_mouse, write_cine
from murmur.errors import BadInput
from murmur.files import remembered_sha256
from murmur.job import job
from murmur.logs import log, progress
from murmur.network.postprocessing import keep_heart
from murmur.vocabulary import STRUCTURES

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def read_masks(path: str, dataset: str, mouse: Mouse) -> tuple[np.ndarray, list[int]] | None:
    """Return the masks, uint8 (row, column, slice, frame), and the frames that were segmented; None without masks.

    Raises BadInput if shape, labels or frames do not match the mouse.
    """
    if not Path(path).exists():
        return None
    with open_mouse(path) as file:
        if dataset not in file:
            return None
        masks = file[dataset][()]
        frames = file["Frames_with_ROI"][()] if "Frames_with_ROI" in file else np.arange(mouse.shape[3])
    if masks.shape != mouse.shape:
        raise BadInput(
            f"{path}: found {dataset} of shape {masks.shape}, expected {mouse.shape} as for the images; resample them"
        )
    unknown = set(np.unique(masks).tolist()) - {0, *STRUCTURES.values()}
    if unknown:
        raise BadInput(
            f"{path}: found the labels {', '.join(map(str, sorted(unknown)))} in {dataset}, "
            "expected 0 background, 1 myocardium, 2 blood_pool; relabel them"
        )
    frames = sorted(np.atleast_1d(frames).tolist())
    if frames and not (frames[0] >= 0 and frames[-1] < mouse.shape[3]):
        raise BadInput(f"{path}: found Frames_with_ROI {frames}, expected 0 to {mouse.shape[3] - 1}; count from 0")
    return masks.astype(np.uint8), frames


def main(
    manifest: str,
    folder: str,
    dataset: str,
    mice: list[str],
    reader: str,
    postprocess: str,
    segmentations: list[str],
) -> None:
    """Write one segmentation per mouse, in the order of `mice`.

    Raises BadInput with one line per invalid file.
    """
    described = read_manifest(manifest)
    problems, missing = [], []
    for name, segmentation in zip(progress(mice, "importing", "mouse"), segmentations, strict=True):
        mouse, path = described[name], str(Path(folder) / f"{name}.h5")
        try:
            found = read_masks(path, dataset, mouse)
        except BadInput as problem:
            problems.append(str(problem))
            continue
        if found is None:
            missing.append(path)
        masks, frames = found or (np.zeros(mouse.shape, np.uint8), [])
        if postprocess == "largest_component":
            masks = keep_heart(masks, mouse.spacing_mm)
        attributes = {
            "reader": reader,
            "masks_sha256": remembered_sha256(path) if found else "",
            "postprocess": postprocess,
            "spacing_mm": mouse.spacing_mm,
        }
        write_cine(segmentation, masks=masks, frames=frames, attributes=attributes)
    if len(missing) == len(mice):
        problems.append(
            f"{folder}: found no {dataset} for any of the mice, expected MOUSE.h5 files with it; "
            "set the reader's dataset"
        )
    log.info("%d of %d mice segmented by %s", len(mice) - len(missing) - len(problems), len(mice), reader)
    for path in missing:
        log.warning("%s: found no %s; the mouse is treated as not segmented", path, dataset)
    if problems:
        raise BadInput("\n".join(problems))


if __name__ == "__main__":
    with job(snakemake):
        main(
            manifest=snakemake.input.manifest,
            folder=snakemake.params.folder,
            dataset=snakemake.params.dataset,
            mice=snakemake.params.mice,
            reader=snakemake.params.reader,
            postprocess=snakemake.params.postprocess,
            segmentations=list(snakemake.output),
        )
