"""Segment all slices of all frames of one mouse with a network, or several, on the grid of its images.

Each slice is min-max normalised and cropped or padded to the input size of the network; each pixel is assigned the most
probable class of the full-resolution output. Masks are then post-processed (`postprocess`). If the heart takes only a
part of the images, only this part is segmented (`crop`). The probabilities of several networks, and of mirrored copies
of the images, are averaged; the entropy of their mean is then written as well.
"""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from murmur.data.mouse import check_mouse
from murmur.data.mouse_file import images_of, open_mouse, write_cine
from murmur.files import remembered_sha256
from murmur.job import job
from murmur.logs import log
from murmur.network.combination import mean_of, on_mirrored_copies
from murmur.network.inference import Network, read_keras, read_openvino
from murmur.network.segmentation import segment_cine

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def read_network(
    models: Sequence[str], exported: Sequence[str], frames: int, threads: int, precision: str, gpu: int
) -> Network:
    """Return the network to segment `frames` images at a time: `exported` by OpenVINO or, if empty, `models` by Keras.

    Raises BadInput if the `gpu` GPUs assigned to the job are not available.
    """
    if exported:
        return mean_of([read_openvino(each, frames, threads, precision) for each in exported])
    os.environ["TF_NUM_INTRAOP_THREADS"] = str(threads)  # has no effect after TensorFlow is imported
    from murmur.network.devices import find_gpus

    find_gpus(gpu)
    return mean_of([read_keras(each, frames) for each in models])


def main(
    mouse: str,
    models: Sequence[str],
    exported: Sequence[str],
    copies: str | None,
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
    """Write `segmentation` (Masks, Frames_with_ROI, attributes) of the mouse file `mouse` by the networks `models`.

    `exported` are the networks for OpenVINO, empty to use Keras. `copies` is that of the study file, None without. With
    `crop`, only a part of the images around the heart is segmented, where this gives the same masks. `spacing_mm` and
    `override_headers` are those of the study file, and `gpu` the number of GPUs assigned to the job. Raises BadInput if
    the mouse file is invalid or an assigned GPU is not available.
    """
    checked = check_mouse(mouse, spacing_mm, override_headers)
    network = read_network(models, exported, checked.shape[3], threads, precision, gpu)
    if copies == "mirrored":
        network = on_mirrored_copies(network)
    with open_mouse(mouse) as file:
        only_heart = postprocess == "largest_component"
        masks, rows, columns, entropy = segment_cine(images_of(file), network, checked.spacing_mm, only_heart, crop)
    attributes = {
        "reader": reader,
        "weights_sha256": ", ".join(map(remembered_sha256, models)),
        "software": network.software,
        "postprocess": postprocess,
        "segmented_rows": rows,
        "segmented_columns": columns,
        "spacing_mm": checked.spacing_mm,
    }
    log.info("%d frames of %d slices segmented by %s", masks.shape[3], masks.shape[2], network.software)
    frames = list(range(masks.shape[3]))
    write_cine(segmentation, masks=masks, frames=frames, attributes=attributes, entropy=entropy)


if __name__ == "__main__":
    with job(snakemake):
        main(
            mouse=snakemake.input.mouse,
            models=list(snakemake.input.models),
            exported=[file for file in snakemake.input.exported if file.endswith(".xml")],
            copies=snakemake.params.copies,
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
