"""Inference: a network file as a function from square images to probabilities, computed by OpenVINO or by Keras.

OpenVINO starts in half a second and does not need TensorFlow, so that it is used on processors; Keras is used on GPUs.
On a processor, both give the same labels.
"""

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

LARGEST_BATCH = 8  # slices; larger batches are not faster
WIDEST_TENSOR = 128 * 2**20  # bytes; keeps the published network below 1 GB without slowing down small ones
PRECISIONS = {"float32": "f32", "bfloat16": "bf16"}  # of the study file, and as OpenVINO names them


class Network(NamedTuple):
    """A network that is ready to segment.

    Attributes
    ----------
    size : int
        Side of the square input, in pixels.
    probabilities : callable
        Maps images, float32 (image, size, size), to the probabilities of the classes, float32
        (image, size, size, class).
    software : str
        What computes it, and in which precision.
    """

    size: int
    probabilities: Callable[[np.ndarray], np.ndarray]
    software: str


def without_telemetry() -> None:
    """Keep OpenVINO from sending usage statistics, to be called before it is imported; it sends none if it cannot."""
    sys.modules["openvino_telemetry"] = None


def batch_size(images: int, widest: int) -> int:
    """Return the number of images per batch.

    Parameters
    ----------
    images : int
        Number of images to be segmented at a time.
    widest : int
        Size of the largest tensor of the network for one image, in bytes.

    Returns
    -------
    int
        The largest divisor of `images` that is at most LARGEST_BATCH and keeps all tensors below WIDEST_TENSOR.
    """
    most = max(1, min(LARGEST_BATCH, WIDEST_TENSOR // widest))
    return max(number for number in range(1, most + 1) if images % number == 0)


def read_openvino(path: str | Path, images: int, threads: int, precision: str = "float32") -> Network:
    """Read a network exported by `export_network`.

    Parameters
    ----------
    path : str or Path
        File .xml; the weights are in the .bin file next to it.
    images : int
        Number of images to be segmented at a time.
    threads : int
        Number of processor cores to use.
    precision : str
        float32, or bfloat16 where the processor supports it; otherwise float32 is used.

    Returns
    -------
    Network
        The network.
    """
    without_telemetry()
    import openvino

    core = openvino.Core()
    model = core.read_model(path)
    size = int(model.input().partial_shape[1].get_length())
    model.reshape([1, size, size, 1])  # a fixed number of images is almost twice as fast as a variable one
    widest = max(4 * math.prod(output.shape) for node in model.get_ops() for output in node.outputs())
    batch = batch_size(images, widest)
    model.reshape([batch, size, size, 1])
    settings = {
        "INFERENCE_PRECISION_HINT": PRECISIONS[precision],
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,  # jobs side by side would be bound to the same cores
    }
    compiled = core.compile_model(model, "CPU", settings)
    used = compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
    used = next(name for name, hint in PRECISIONS.items() if hint == used)

    def probabilities(squares: np.ndarray) -> np.ndarray:
        batches = np.ascontiguousarray(squares, np.float32).reshape(-1, batch, size, size, 1)
        return np.concatenate([compiled(part)[0].copy() for part in batches])

    return Network(size, probabilities, f"OpenVINO {openvino.__version__.split('-')[0]}, {used}")


def read_keras(path: str | Path, images: int) -> Network:
    """Read a network as Keras or the published study saved it; parameters and result as for `read_openvino`.

    Raises BadInput if the file is not a network that maps one image to three classes.
    """
    from murmur.network.stored import load_network

    network = load_network(path)
    widest = max(4 * math.prod(layer.output.shape[1:]) for layer in network.layers)
    batch = batch_size(images, widest)

    def probabilities(squares: np.ndarray) -> np.ndarray:
        return network.predict(squares[..., None], batch_size=batch, verbose=0)

    return Network(network.input_shape[1], probabilities, "Keras, float32")
