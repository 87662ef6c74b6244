"""Segment all slices of all frames of one mouse with a network, on the grid of its images.

Each slice is min-max normalised and cropped or padded to the input size of the network; each pixel is assigned the most
probable class of the full-resolution output. Masks are then post-processed (`postprocess`). If the heart takes only a
part of the images, only this part is segmented (`crop`).
"""

import os
from typing import TYPE_CHECKING

from murmur.data.manifest import check_mouse
from murmur.data.mouse_file import images_of, open_mouse, write_cine
from murmur.files import remembered_sha256
from murmur.job import job
from murmur.logs import log
from murmur.network.inference import Network, read_keras, read_openvino
from murmur.network.segmentation import segment_cine

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


def main(
    mouse: str,
    model: str,
    exported: str | None,
    reader: str,
    postprocess: str,
    spacing_mm: list[float] | None,
    precision: str,
    crop: bool,
    segmentation: str,
    threads: int,
    gpu: int = 0,
    override_headers: bool = False,
) -> None:
    """Write `segmentation` (Masks, Frames_with_ROI, attributes) of the mouse file `mouse` by the network `model`.

    `exported` is the network for OpenVINO, None to use Keras. With `crop`, only a part of the images around the heart
    is segmented, where this gives the same masks. `spacing_mm` and `override_headers` are those of the study file, and
    `gpu` the number of GPUs assigned to the job. Raises BadInput if the mouse file is invalid or an assigned GPU is not
    available.
    """
    checked = check_mouse(mouse, spacing_mm, override_headers)
    network = read_network(model, exported, checked.shape[3], threads, precision, gpu)
    with open_mouse(mouse) as file:
        only_heart = postprocess == "largest_component"
        masks, rows, columns = segment_cine(images_of(file), network, checked.spacing_mm, only_heart, crop)
    attributes = {
        "reader": reader,
        "weights_sha256": remembered_sha256(model),
        "software": network.software,
        "postprocess": postprocess,
        "segmented_rows": rows,
        "segmented_columns": columns,
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
            crop=snakemake.params.crop,
            segmentation=snakemake.output.segmentation,
            threads=snakemake.threads,
            gpu=snakemake.resources.get("gpu", 0),
            override_headers=snakemake.params.override_headers,
        )
