"""Segment all slices of all frames of one mouse with a network, on the grid of its images.

Each slice is min-max normalised and cropped or padded to the input size of the network; each pixel is assigned the most
probable class of the full-resolution output. Masks are then post-processed (`postprocess`).
"""

import os
from typing import TYPE_CHECKING

import h5py
import numpy as np

from murmur.data.manifest import check_mouse
from murmur.data.mouse_file import images_of, open_mouse, write_cine
from murmur.files import remembered_sha256
from murmur.job import job
from murmur.logs import log, progress
from murmur.network.inference import Network, read_keras, read_openvino
from murmur.network.postprocessing import keep_heart
from murmur.network.preprocessing import from_square, scale, to_square

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def read_network(model: str, exported: str | None, frames: int, threads: int, precision: str, gpu: int) -> Network:
    """Return the network to segment `frames` images at a time: `exported` by OpenVINO or, if None, `model` by Keras.

    Raises BadInput if the `gpu` GPUs assigned to the job are not available.
    """
    if exported:
        return read_openvino(exported, frames, threads, precision)
    os.environ["TF_NUM_INTRAOP_THREADS"] = str(threads)  # has no effect after TensorFlow is imported
    from murmur.network.devices import find_gpus

    find_gpus(gpu)
    return read_keras(model, frames)


def segment(images: h5py.Dataset, network: Network) -> np.ndarray:
    """Return the labels, uint8, of `images` (row, column, slice, frame), read slice by slice."""
    masks = np.zeros(images.shape, np.uint8)
    for number in progress(range(images.shape[2]), "segmenting", "slice"):
        frames = to_square(scale(np.moveaxis(images[:, :, number, :], 2, 0)), network.size)
        labels = np.argmax(network.probabilities(frames), axis=-1).astype(np.uint8)
        masks[:, :, number, :] = np.moveaxis(from_square(labels, images.shape[:2]), 0, 2)
    return masks


def main(
    mouse: str,
    model: str,
    exported: str | None,
    reader: str,
    postprocess: str,
    spacing_mm: list[float] | None,
    precision: str,
    segmentation: str,
    threads: int,
    gpu: int = 0,
    override_headers: bool = False,
) -> None:
    """Write `segmentation` (Masks, Frames_with_ROI, attributes) of the mouse file `mouse` by the network `model`.

    `exported` is the network for OpenVINO, None to use Keras; `spacing_mm` and `override_headers` are those of the
    study file, and `gpu` the number of GPUs assigned to the job. Raises BadInput if the mouse file is invalid or an
    assigned GPU is not available.
    """
    checked = check_mouse(mouse, spacing_mm, override_headers)
    network = read_network(model, exported, checked.shape[3], threads, precision, gpu)
    with open_mouse(mouse) as file:
        masks = segment(images_of(file), network)
    if postprocess == "largest_component":
        masks = keep_heart(masks, checked.spacing_mm)
    attributes = {
        "reader": reader,
        "weights_sha256": remembered_sha256(model),
        "software": network.software,
        "postprocess": postprocess,
        "spacing_mm": checked.spacing_mm,
    }
    log.info("%d frames of %d slices segmented by %s", masks.shape[3], masks.shape[2], network.software)
    write_cine(segmentation, masks=masks, frames=list(range(masks.shape[3])), attributes=attributes)


if __name__ == "__main__":
    with job(snakemake):
        main(
            mouse=snakemake.input.mouse,
            model=snakemake.input.model,
            exported=next(iter(snakemake.input.exported), None),
            reader=snakemake.wildcards.reader,
            postprocess=snakemake.params.postprocess,
            spacing_mm=snakemake.params.spacing_mm,
            precision=snakemake.params.precision,
            segmentation=snakemake.output.segmentation,
            threads=snakemake.threads,
            gpu=snakemake.resources.get("gpu", 0),
            override_headers=snakemake.params.override_headers,
        )
