"""Import the masks of a second observer or another tool as the segmentations of a reader, for all mice of a cohort.

The masks must have the grid of the images and the labels of the reference; those in NIfTI files are brought to both. If
an HDF5 file contains `Frames_with_ROI`, only these frames are considered segmented; otherwise all are. In NIfTI files,
these are the frames that have a file or, with four dimensions, labels. Mice without a file, or whose file lacks the
dataset, are treated as not segmented: their measurements are missing, and they are listed in the log. All files were
already checked when the study was planned (`MasksReader.check_files`), except those that changed since.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from murmur.data.manifest import read_manifest
from murmur.data.mouse import Mouse
from murmur.data.mouse_file import affine_of, affine_to_write, open_mouse, write_cine
from murmur.data.nifti_masks import NiftiMasks
from murmur.data.nifti_writing import grid_image
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
    nifti: Mapping | None = None,
    mouse_files: Sequence[str] = (),
) -> None:
    """Write one segmentation per mouse, in the order of `mice`.

    If the masks are NIfTI files, `nifti` are the arguments of NiftiMasks; `mouse_files` have the grids of the images.

    Raises BadInput with one line per invalid file.
    """
    described = read_manifest(manifest)
    placed = NiftiMasks(**nifti, mice=mice) if nifti else None
    grids = dict(zip(mice, mouse_files, strict=True)) if nifti else {}
    problems, missing = [], []
    for name, segmentation in zip(progress(mice, "importing", "mouse"), segmentations, strict=True):
        mouse = described[name]
        files = [*map(str, placed.mask_files(name))] if placed else [str(Path(folder) / f"{name}.h5")]
        try:
            found = _on_grid(placed, mouse, grids[name]) if placed else read_masks(files[0], dataset, mouse.shape)
        except BadInput as problem:
            problems.append(str(problem))
            continue
        if found is None:
            missing.append(name)
        masks, frames = found or (np.zeros(mouse.shape, np.uint8), [])
        if postprocess == "largest_component":
            masks = keep_heart(masks, mouse.spacing_mm)
        attributes = {
            "reader": reader,
            "masks_sha256": " ".join(map(remembered_sha256, files)) if found else "",
            "postprocess": postprocess,
            "spacing_mm": mouse.spacing_mm,
        }
        write_cine(segmentation, masks=masks, frames=frames, attributes=attributes)
    if len(missing) == len(mice):
        what, wanted = ("masks", nifti["masks"]) if nifti else (dataset, "MOUSE.h5 files with it")
        key = "files" if nifti else "dataset"
        problems.append(f"{folder}: found no {what} for any of the mice, expected {wanted}; set the reader's {key}")
    log.info("%d of %d mice segmented by %s", len(mice) - len(missing) - len(problems), len(mice), reader)
    for name in missing:
        log.warning("%s: found no masks of %s; the mouse is treated as not segmented", folder, name)
    if problems:
        raise BadInput("\n".join(problems))


def _on_grid(masks: NiftiMasks, mouse: Mouse, path: str) -> tuple[np.ndarray, list[int]] | None:
    """Return the masks of a mouse on the grid of its images, and the frames that were segmented; None without file."""
    if not masks.mask_files(mouse.name):
        return None
    with open_mouse(path) as file:
        affine = affine_of(file)
    used = affine_to_write(affine, mouse.spacing_mm) is affine  # not if the study file overrides the spacing
    return masks.read_masks(mouse.name, grid_image(mouse.shape, affine if used else None))


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
            nifti=snakemake.params.nifti,
            mouse_files=list(snakemake.input.mice),
        )
