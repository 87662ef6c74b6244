"""Collect the slices that a network trains and validates on into one HDF5 file.

Every slice of every annotated frame of the training and validation mice, empty masks included, as
(slice, row, column): groups `train` and `validation`, each with `images` (float32, 0..1 by the slice's own range),
`masks` (uint8) and `names` (MOUSE_slSS_frFF, counted from 0). Mice are read one at a time.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np

from murmur.cines import read_frame
from murmur.errors import BadInput
from murmur.logs import job_log, progress
from murmur.manifest import Mouse, read_manifest
from murmur.slices import scale, to_square
from murmur.split import check_split
from murmur.tables import read_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def _annotated_slices(mouse: Mouse, size: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return images and masks (slice, row, column) of all annotated frames of a mouse, and their names."""
    images, masks, names = [], [], []
    for frame in mouse.annotated_frames:
        image = np.moveaxis(read_frame(mouse.file, "Images", frame), 2, 0)
        mask = np.moveaxis(read_frame(mouse.file, "Masks", frame), 2, 0)
        images.append(to_square(scale(image), size))
        masks.append(to_square(mask, size))
        names += [f"{mouse.name}_sl{number:02d}_fr{frame:02d}" for number in range(len(image))]
    return np.concatenate(images), np.concatenate(masks), names


def _append(group: h5py.Group, images: np.ndarray, masks: np.ndarray, names: list[str]) -> None:
    for name, values in (("images", images), ("masks", masks), ("names", np.array(names, dtype=object))):
        dataset = group[name]
        start = dataset.shape[0]
        dataset.resize(start + len(values), axis=0)
        dataset[start:] = values


def main(manifest: str, split: str, size: int, slices: str) -> None:
    """Write `slices` from the annotated frames of the mice that `split` puts in train and validation.

    `size` is the side of the network's square in pixels. Raises BadInput when a set holds no annotated mouse, or a
    mouse with inflow frames does not train.
    """
    mice = read_manifest(manifest)
    assignment = dict(read_csv(split)[["mouse", "split"]].itertuples(index=False))
    check_split(assignment, inflow={name for name, mouse in mice.items() if "inflow" in mouse.phases.values()})
    path = Path(slices)
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for part in ("train", "validation"):
            group = file.create_group(part)
            grid = {"maxshape": (None, size, size), "chunks": (1, size, size), "compression": "lzf"}
            group.create_dataset("images", (0, size, size), np.float32, **grid)
            group.create_dataset("masks", (0, size, size), np.uint8, **grid)
            group.create_dataset("names", (0,), h5py.string_dtype(), maxshape=(None,))
            chosen = [mice[name] for name, where in assignment.items() if where == part and mice[name].annotated_frames]
            if not chosen:
                raise BadInput(
                    f"{manifest}: found no annotated mouse in {part}, expected at least one; change the split"
                )
            for mouse in progress(chosen, f"slices to {part} on", "mouse"):
                _append(group, *_annotated_slices(mouse, size))


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            manifest=snakemake.input.manifest,
            split=snakemake.input.split,
            size=snakemake.params.size,
            slices=snakemake.output.slices,
        )
