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
    stride : int or None
        Pixels of the input per pixel of the coarsest feature map: parts of images that begin and end at multiples of
        it are segmented as in the whole image, apart from missing context. None if the network needs whole images.
    resized : callable
        Returns the same network for images of another size, a multiple of `stride`.
    combined : bool
        Whether the probabilities are the mean of several networks or copies of the images.
    """

    size: int
    probabilities: Callable[[np.ndarray], np.ndarray]
    software: str
    stride: int | None
    resized: Callable[[int], "Network"]
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

    core = openvino.Core()
    settings = {
        "INFERENCE_PRECISION_HINT": PRECISIONS[supported(precision)],
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,  # jobs side by side would be bound to the same cores
    }

    exported = core.read_model(path)
    original = exported.input().partial_shape[1].get_length()
    stride = stride_of(_shapes(exported), original)

    @cache
    def of_size(size: int) -> Network:
        model = exported.clone()
        _resize(model, size, original)
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
        return Network(size, probabilities, software, stride, of_size)

    return of_size(original)


def stride_of(shapes: list[tuple], size: int) -> int | None:
    """Return the stride of a network from the shapes of its tensors for square images of `size` pixels.

    Parameters
    ----------
    shapes : list of tuple
        Shapes of all tensors. Those that depend on the images have None, the number of images, as first axis.
    size : int
        Side of the input, in pixels.

    Returns
    -------
    int or None
        `size` divided by the side of the smallest feature map; None unless all tensors that depend on the images are
        feature maps whose sides divide `size`.
    """
    maps = [shape for shape in shapes if shape and shape[0] is None]
    if any(len(shape) != 4 or not shape[2] or size % shape[2] for shape in maps):
        return None
    smallest = min(
        shape[2] for shape in maps
    )  # of both (image, row, column, channel) and (image, channel, row, column)
    return size // smallest if smallest > 1 else None


def _shapes(model) -> list[tuple]:
    """Return the shapes of the tensors of an OpenVINO model, None where unknown; (None,) for what is reshaped."""
    shapes = []
    for node in model.get_ops():
        for output in node.outputs():
            shape = tuple(axis.get_length() if axis.is_static else None for axis in output.partial_shape)
            shapes.append((None,) if node.get_type_name() == "Reshape" and None in shape else shape)
    return shapes


def _resize(model, size: int, original: int) -> None:
    """Change a network for images of `original` pixels to one image of `size` pixels.

    The export fixes the sizes to which feature maps are interpolated, so that `reshape` is not sufficient.
    """
    from openvino import PartialShape, opset8

    for node in model.get_ops():
        if node.get_type_name() == "Interpolate" and node.input_value(1).get_node().get_type_name() == "Constant":
            sizes = node.input_value(1).get_node().get_data()
            node.input(1).replace_source_output(opset8.constant(sizes * size // original).output(0))
    model.get_parameters()[0].set_partial_shape(PartialShape([1, size, size, 1]))
    model.validate_nodes_and_infer_types()


def read_keras(path: str | Path, images: int) -> Network:
    """Read a network as Keras or the published study saved it; parameters and result as for `read_openvino`.

    Raises BadInput if the file is not a network that maps one image to three classes.
    """
    import keras

    from murmur.network.stored import load_network

    original = load_network(path)
    # What these layers compute for a pixel depends on all others, or on the size of the image.
    whole = keras.layers.Reshape | keras.layers.GroupNormalization

    @cache
    def of_size(size: int) -> Network:
        network = original
        if size != original.input_shape[1]:
            config = original.get_config()
            (image,) = (layer for layer in config["layers"] if layer["class_name"] == "InputLayer")
            image["config"]["batch_shape"] = (None, size, size, 1)
            network = keras.Model.from_config(config)
            network.set_weights(original.get_weights())
        shapes = [(None,) if isinstance(layer, whole) else layer.output.shape for layer in network.layers]
        batch = batch_size(images, max(4 * math.prod(shape[1:]) for shape in shapes))

        def probabilities(squares: np.ndarray) -> np.ndarray:
            return network.predict(squares[..., None], batch_size=batch, verbose=0)

        return Network(size, probabilities, "Keras, float32", stride_of(shapes, size), of_size)

    return of_size(original.input_shape[1])
