"""Inference: a network file as a function from square images to probabilities, computed by OpenVINO or by Keras.

OpenVINO starts in half a second and does not need TensorFlow, so that it is used on processors; Keras is used on GPUs.
On a processor, both give the same labels.
"""

import math
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from murmur.network.heart_region import Window, whole

LARGEST_BATCH = 8  # slices; larger batches are not faster
WIDEST_TENSOR = 128 * 2**20  # bytes; keeps the published network below 1 GB without slowing down small ones
CPU_INFO = Path("/proc/cpuinfo")  # of Linux
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
    limited_to : callable or None
        Returns the same network for a window of its images: `probabilities` maps whole images to the probabilities of
        the pixels in the window. None if the network computes whole images only.
    combined : bool
        Whether the probabilities are the mean of several networks or copies of the images.
    """

    size: int
    probabilities: Callable[[np.ndarray], np.ndarray]
    software: str
    limited_to: Callable[[Window], "Network"] | None = None
    combined: bool = False


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


def supported(precision: str) -> str:
    """Return a precision, or float32 instead of bfloat16 on processors with AVX-512 that only simulate it, slowly.

    OpenVINO uses bfloat16 on all processors with AVX-512.
    """
    if precision == "bfloat16" and CPU_INFO.exists():
        features = set(CPU_INFO.read_text().split())
        if "avx512f" in features and not features & {"avx512_bf16", "amx_bf16"}:
            return "float32"
    return precision


@cache
def read_openvino(path: str | Path, images: int, threads: int, precision: str = "float32") -> Network:
    """Read a network exported by `export_network`; it is kept, for callers that segment several mice.

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

    from murmur.network.window import limited_to

    core = openvino.Core()
    settings = {
        "INFERENCE_PRECISION_HINT": PRECISIONS[supported(precision)],
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,  # jobs side by side would be bound to the same cores
    }

    exported = core.read_model(path)
    size = exported.input().partial_shape[1].get_length()

    @cache
    def of_window(window: Window) -> Network:
        part = limited_to(exported, window)
        model = part or exported.clone()
        model.reshape([1, size, size, 1])
        widest = max(4 * math.prod(output.shape) for node in model.get_ops() for output in node.outputs())
        batch = batch_size(images, widest)
        model.reshape([batch, size, size, 1])  # a fixed number is almost twice as fast as a variable one
        compiled = core.compile_model(model, "CPU", settings)
        used = compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
        used = next(name for name, hint in PRECISIONS.items() if hint == used)

        def probabilities(squares: np.ndarray) -> np.ndarray:
            missing = -len(squares) % batch
            padded = np.pad(squares.astype(np.float32, copy=False), ((0, missing), (0, 0), (0, 0)))
            batches = padded.reshape(-1, batch, size, size, 1)
            return np.concatenate([compiled(part)[0].copy() for part in batches])[: len(squares)]

        software = f"OpenVINO {openvino.__version__.split('-')[0]}, {used}"
        return Network(size, probabilities, software, of_window if part else None)

    return of_window(whole(size))


def read_keras(path: str | Path, images: int) -> Network:
    """Read a network as Keras or the published study saved it; parameters and result as for `read_openvino`.

    Raises BadInput if the file is not a network that maps one image to three classes.
    """
    from murmur.network.stored import load_network

    network = load_network(path)
    size = network.input_shape[1]
    batch = batch_size(images, max(4 * math.prod(layer.output.shape[1:]) for layer in network.layers))

    def probabilities(squares: np.ndarray) -> np.ndarray:
        return network.predict(squares[..., None], batch_size=batch, verbose=0)

    return Network(size, probabilities, "Keras, float32")
