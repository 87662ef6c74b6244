"""Export the frames that review.csv names as NIfTI files, as pairs of image and mask in the folders of `export_masks`.

Inputs: review.csv, frames.csv, manifest.csv, the mouse files and the segmentations; only those of mice with findings
are read. A frame is called as in review.csv, `frame7_image` and `frame7_mask`, except ED and ES, which `export_masks`
writes. flagged.csv lists the pairs, worst mouse first.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from murmur.csv_tables import read_csv, write_csv
from murmur.data.chosen_phases import phases_by_mouse
from murmur.data.corrections import ends
from murmur.data.manifest import read_manifest
from murmur.data.mouse import Mouse
from murmur.data.mouse_file import affine_of, affine_to_write, numeric_dataset, open_mouse, read_frame
from murmur.data.nifti_writing import write_nifti
from murmur.job import job
from murmur.logs import log, progress
from murmur.vocabulary import numbered

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

BETWEEN_REASONS = re.compile("; (?!at (?:least|most) )")  # a limit belongs to its reason


def flagged_frames(review: pd.DataFrame) -> pd.DataFrame:
    """Return the frames that a table of findings names, one row each, in its order.

    Parameters
    ----------
    review : DataFrame
        Rows of review.csv: mouse, slice_number, frame_number (from 1) and reasons.

    Returns
    -------
    DataFrame
        Columns mouse, frame_number, slice_numbers (separated by spaces) and reasons, each given once.
    """
    places = review.dropna(subset=["frame_number", "reasons"]).astype({"frame_number": int, "slice_number": int})
    groups = places.groupby(["mouse", "frame_number"], sort=False)
    numbers = groups["slice_number"].agg(lambda each: " ".join(map(str, sorted(each))))
    reasons = groups["reasons"].agg(lambda each: "; ".join(dict.fromkeys(BETWEEN_REASONS.split("; ".join(each)))))
    return pd.DataFrame({"slice_numbers": numbers, "reasons": reasons}).reset_index()


def write_frames(
    mouse: Mouse, path: str, segmentation: str, frames: list[int], folder: Path, measured: tuple[int, int] | None
) -> list[str]:
    """Write the pairs of some frames of a mouse, counted from 0; return the name of each, such as `ED` or `frame7`.

    `measured` are its ED and ES, as for `export_masks`. Pairs of other frames, of an earlier run, are removed; masks
    without an image, which a person may have saved, stay.
    """
    if measured:
        phases = dict(zip(measured, ("ED", "ES"), strict=True))
    else:
        with open_mouse(segmentation) as file:
            phases = {frame: phase for phase, frame in ends(numeric_dataset(file, "Masks")[()]).items()}
    with open_mouse(path) as file:
        affine = affine_to_write(affine_of(file), mouse.spacing_mm)
    names = [phases.get(frame, f"frame{frame + 1}") for frame in frames]
    remove_pairs(folder, names)
    for frame, name in zip(frames, names, strict=True):
        if frame in phases:
            continue
        words = numbered("frame", frame, mouse.shape[3])
        write_nifti(read_frame(path, "Images", frame), affine, None, words, folder / f"{name}_image.nii.gz")
        masks = read_frame(segmentation, "Masks", frame).astype(np.uint8)
        write_nifti(masks, affine, None, words, folder / f"{name}_mask.nii.gz")
    return names


def remove_pairs(folder: Path, names: list[str] = ()) -> None:
    """Remove the pairs of frames in a folder that do not have one of some names."""
    for image in folder.glob("frame*_image.nii.gz"):
        name = image.name.removesuffix("_image.nii.gz")
        if name not in names:
            image.with_name(f"{name}_mask.nii.gz").unlink(missing_ok=True)
            image.unlink()


def main(
    review: str,
    manifest: str,
    frames: str,
    mice: Mapping[str, str],
    segmentations: Mapping[str, str],
    output: str,
) -> None:
    """Write the table `output`, and the pairs in the folders of the mice next to it.

    `frames` is frames.csv of the reader; `mice` and `segmentations` are files by mouse. Raises BadInput if a file is
    invalid.
    """
    described, folder = read_manifest(manifest), Path(output).parent
    measured = phases_by_mouse(read_csv(frames))
    table = flagged_frames(read_csv(review))
    for mouse in mice.keys() - set(table["mouse"]):
        remove_pairs(folder / mouse)
    names = pd.Series(index=table.index, dtype=object)
    for mouse, rows in progress(list(table.groupby("mouse", sort=False)), "exporting", "mouse"):
        files, named = (mice[mouse], segmentations[mouse]), [number - 1 for number in rows["frame_number"]]
        names[rows.index] = write_frames(described[mouse], *files, named, folder / mouse, measured.get(mouse))
    for kind in ("image", "mask"):
        table[kind] = table["mouse"] + "/" + names + f"_{kind}.nii.gz"
    write_csv(table, output)  # last, because it stands for all files
    log.info("%d frames of %d of %d mice are flagged", len(table), table["mouse"].nunique(), len(mice))


if __name__ == "__main__":
    with job(snakemake):
        given, names = snakemake.input, snakemake.params.mice
        main(
            review=given.review,
            manifest=given.manifest,
            frames=given.frames,
            mice=dict(zip(names, given.mice, strict=True)),
            segmentations=dict(zip(names, given.segmentations, strict=True)),
            output=snakemake.output.flagged,
        )
