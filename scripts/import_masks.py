"""Import the masks of a second observer or another tool as the segmentations of a reader, for all mice of a cohort.

The masks must have the grid of the images and the labels of the reference. If a file contains `Frames_with_ROI`, only
these frames are considered segmented; otherwise all are. Mice without a file, or whose file lacks the dataset, are
treated as not segmented: their measurements are missing, and they are listed in the log. All files were already checked
when the study was planned (`MasksReader.check_files`), except those that changed since.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from murmur.data.manifest import read_manifest
from murmur.data.mouse_file import write_cine
from murmur.data.reader_masks import read_masks
from murmur.errors import BadInput
from murmur.files import remembered_sha256
from murmur.job import job
from murmur.logs import log, progress
from murmur.network.postprocessing import keep_heart

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


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
            found = read_masks(path, dataset, mouse.shape)
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
