"""Segment all slices of all frames of one mouse with a network, on the grid of its images.

Each slice is min-max normalised and cropped or padded to the input size of the network; each pixel is assigned the most
probable class of the full-resolution output. Masks are then post-processed (`postprocess`).
"""

import math
import os
from typing import TYPE_CHECKING

import h5py
import numpy as np

from murmur.data.manifest import check_mouse
from murmur.data.mouse_file import images_of, open_mouse, write_cine
from murmur.errors import BadInput
from murmur.files import remembered_sha256
from murmur.job import job
from murmur.logs import log, progress
from murmur.network.postprocessing import keep_heart
from murmur.network.preprocessing import from_square, scale, to_square
from murmur.network.weights_file import check_weights

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

WIDEST_TENSOR = 128 * 2**20  # bytes; keeps the published network below 1 GB without slowing down small ones


def load_network(path: str):
    """Return the network of the file `path`, Murmur's .keras or the published .h5, with its last output only.

    Raises BadInput if the file is not a network that maps one image to three classes.
    """
    import keras

    from murmur.network.keras2_weights import read_published
    from murmur.network.model import last_head

    check_weights(path)
    if h5py.is_hdf5(path):
        return last_head(read_published(path))
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise BadInput(
            f"{path}: found no network that Keras can load ({reason}), expected a .keras file written by Murmur or the "
            ".h5 file of the published network; copy it again, or use another"
        ) from None
    sides, classes = model.inputs[0].shape[1:], model.outputs[-1].shape[1:]
    if len(sides) != 3 or sides[0] != sides[1] or sides[2] != 1 or classes != (*sides[:2], 3):
        raise BadInput(
            f"{path}: found a network with input {sides} and output {classes}, expected (size, size, 1) and "
            "(size, size, 3); use a network of that kind"
        )
    return last_head(model)


def batch_size(network) -> int:
    """Return the number of slices per batch, at most 8, such that no tensor exceeds WIDEST_TENSOR."""
    widest = max(4 * math.prod(layer.output.shape[1:]) for layer in network.layers)
    return max(1, min(8, WIDEST_TENSOR // widest))


def segment(images: h5py.Dataset, network) -> np.ndarray:
    """Return the labels, uint8, of `images` (row, column, slice, frame), read slice by slice."""
    size, batch = network.input_shape[1], batch_size(network)
    masks = np.zeros(images.shape, np.uint8)
    for number in progress(range(images.shape[2]), "segmenting", "slice"):
        frames = to_square(scale(np.moveaxis(images[:, :, number, :], 2, 0)), size)
        probabilities = network.predict(frames[..., None], batch_size=batch, verbose=0)
        labels = np.argmax(probabilities, axis=-1).astype(np.uint8)
        masks[:, :, number, :] = np.moveaxis(from_square(labels, images.shape[:2]), 0, 2)
    return masks


def main(
    mouse: str,
    model: str,
    reader: str,
    postprocess: str,
    spacing_mm: list[float] | None,
    segmentation: str,
    threads: int,
    gpu: int = 0,
    override_headers: bool = False,
) -> None:
    """Write `segmentation` (Masks, Frames_with_ROI, attributes) of the mouse file `mouse` by the network `model`.

    `spacing_mm` and `override_headers` are those of the study file, and `gpu` the number of GPUs assigned to the job.
    Raises BadInput if the mouse file is invalid or an assigned GPU is not available.
    """
    os.environ["TF_NUM_INTRAOP_THREADS"] = str(threads)  # has no effect after TensorFlow is imported
    from murmur.network.devices import find_gpus

    checked = check_mouse(mouse, spacing_mm, override_headers)
    find_gpus(gpu)
    network = load_network(model)
    with open_mouse(mouse) as file:
        masks = segment(images_of(file), network)
    if postprocess == "largest_component":
        masks = keep_heart(masks, checked.spacing_mm)
    attributes = {
        "reader": reader,
        "weights_sha256": remembered_sha256(model),
        "postprocess": postprocess,
        "spacing_mm": checked.spacing_mm,
    }
    log.info("%d frames of %d slices segmented", masks.shape[3], masks.shape[2])
    write_cine(segmentation, masks=masks, frames=list(range(masks.shape[3])), attributes=attributes)


if __name__ == "__main__":
    with job(snakemake):
        main(
            mouse=snakemake.input.mouse,
            model=snakemake.input.model,
            reader=snakemake.wildcards.reader,
            postprocess=snakemake.params.postprocess,
            spacing_mm=snakemake.params.spacing_mm,
            segmentation=snakemake.output.segmentation,
            threads=snakemake.threads,
            gpu=snakemake.resources.get("gpu", 0),
            override_headers=snakemake.params.override_headers,
        )
