"""Collect the slices used for training and validation of a network in one HDF5 file.

All slices, including empty ones, of all frames of the training and validation mice in which both structures are
contoured: groups `train` and `validation`, each with `images` (slice, row, column; float32, min-max normalised to
0..1), `masks` (same axes, uint8) and `names` (MOUSE_slSS_frFF, counted from 0). Mice are read one at a time.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np

from murmur.data.contoured_frames import contoured_frames
from murmur.data.mouse import Mouse, check_mouse
from murmur.data.mouse_file import read_frame
from murmur.data.split import check_split
from murmur.errors import BadInput
from murmur.job import job
from murmur.logs import log, progress
from murmur.network.preprocessing import scale, to_square

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def _contoured_slices(
    name: str, mouse: Mouse, path: str, size: int
) -> tuple[list[np.ndarray], list[np.ndarray], list[str]]:
    """Return images and masks (slice, row, column) of each frame in which both structures are contoured, and names.

    The names of the slices start with `name`, which differs from that of the mouse if there are several cohorts.
    """
    images, masks, names = [], [], []
    for frame, mask in contoured_frames(mouse, path):
        image = np.moveaxis(read_frame(path, "Images", frame), 2, 0)
        images.append(to_square(scale(image), size))
        masks.append(to_square(np.moveaxis(mask, 2, 0), size))
        names += [f"{name}_sl{number:02d}_fr{frame:02d}" for number in range(len(image))]
    return images, masks, names


def _append(group: h5py.Group, images: np.ndarray, masks: np.ndarray, names: list[str]) -> None:
    for name, values in (("images", images), ("masks", masks), ("names", np.array(names, dtype=object))):
        dataset = group[name]
        start = dataset.shape[0]
        dataset.resize(start + len(values), axis=0)
        dataset[start:] = values


def main(files: list[str], assignment: dict[str, str], size: int, key: str, slices: str) -> None:
    """Write `slices` of the training and validation mice in `assignment`; `files` are in the same order.

    Mice of several cohorts are named COHORT:MOUSE there.

    `size` is the side length of the network's input in pixels, `key` the key of the split in the study file. Raises
    BadInput if a mouse file is invalid, a mouse is in two sets, or a set contains no contoured frame.
    """
    paths = dict(zip(assignment, files, strict=True))
    mice = {mouse: check_mouse(path) for mouse, path in paths.items()}
    check_split(list(assignment.items()), {name: mouse.sha256 for name, mouse in mice.items()}, key)
    Path(slices).parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(slices, "w") as file:
        for part in ("train", "validation"):
            group = file.create_group(part)
            grid = {"maxshape": (None, size, size), "chunks": (1, size, size), "compression": "lzf"}
            group.create_dataset("images", (0, size, size), np.float32, **grid)
            group.create_dataset("masks", (0, size, size), np.uint8, **grid)
            group.create_dataset("names", (0,), h5py.string_dtype(), maxshape=(None,))
            chosen = [name for name, where in assignment.items() if where == part]
            for name in progress(chosen, f"slices to {part} on", "mouse"):
                images, masks, names = _contoured_slices(name, mice[name], paths[name], size)
                if names:
                    _append(group, np.concatenate(images), np.concatenate(masks), names)
            log.info("%s: %d mice, %s slices", part, len(chosen), f"{len(group['names']):,}")
            if not len(group["names"]):
                raise BadInput(
                    f"{key}: found no frame in {part} with both structures contoured, expected at least one; "
                    "change the split"
                )


if __name__ == "__main__":
    with job(snakemake):
        main(
            files=list(snakemake.input.mice),
            assignment=snakemake.params.assignment,
            size=snakemake.params.size,
            key=snakemake.params.key,
            slices=snakemake.output.slices,
        )
