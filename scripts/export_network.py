"""Export a network for inference on processors by OpenVINO: the same layers and weights, in float32."""

import os
from typing import TYPE_CHECKING

from murmur.files import atomic_write
from murmur.job import job
from murmur.network.inference import without_telemetry

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(model: str, network: str, weights: str) -> None:
    """Write the layers of the network of the file `model` to `network` (.xml) and its weights to `weights` (.bin).

    Raises BadInput if the file is not a network that maps one image to three classes.
    """
    from murmur.network.stored import load_network  # TensorFlow writes when it is imported: to the log of the job

    without_telemetry()
    with atomic_write(network) as partial:
        load_network(model).export(str(partial), format="openvino", verbose=False)
        partial.with_suffix(".bin").replace(weights)


if __name__ == "__main__":
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # the job requests no GPU, and TensorFlow would take all of its memory
    with job(snakemake):
        main(model=snakemake.input.model, network=snakemake.output.network, weights=snakemake.output.weights)
