"""The layers of a network as its file (.keras) describes them, without Keras, and what they cost."""

import io
import json
import math
import re
import zipfile
from pathlib import Path
from typing import NamedTuple

import h5py

SOURCE = re.compile(r'"keras_history": \["([^"]+)", (\d+), \d+\]')  # layer and its application


class Layer(NamedTuple):
    """A layer of a network.

    Attributes
    ----------
    name, kind : str
        Its name and its class, such as Conv2D.
    settings : dict
        The arguments from which Keras rebuilds it.
    shape : tuple of int
        Shape of its input without the batch, or of the first of several; empty where the file does not give it.
    sources : list
        For each application of the layer, the layers (name and application) whose output it takes.
    """

    name: str
    kind: str
    settings: dict
    shape: tuple[int, ...]
    sources: list[list[tuple[str, int]]]


def read_layers(path: str | Path) -> dict[str, Layer]:
    """Return the layers of the network in the file `path`, by name, in the order of their construction."""
    return {layer.name: layer for layer in map(_layer, _network(path)["layers"])}


def segmenting_layers(path: str | Path) -> dict[str, Layer]:
    """Return the layers of the network in the file `path` on which its last output, the segmentation, depends."""
    layers, (name, application, _) = read_layers(path), _last_output(_network(path)["output_layers"])
    used, waiting = set(), [(name, application)]
    while waiting:
        name, application = waiting.pop()
        if name not in used:
            used.add(name)
            waiting += layers[name].sources[application] if layers[name].sources else []
    return {name: layer for name, layer in layers.items() if name in used}


def _network(path: str | Path) -> dict:
    with zipfile.ZipFile(path) as file:
        return json.loads(file.read("config.json"))["config"]


def _last_output(outputs: list) -> list:
    """Return the last of several outputs, each with the name of its layer; a single one is not in a list."""
    return outputs if isinstance(outputs[0], str) else outputs[-1]


def _layer(given: dict) -> Layer:
    shape = given.get("build_config", {}).get("input_shape") or [None]
    first = shape[0] if isinstance(shape[0], list) else shape
    sources = [
        [(name, int(number)) for name, number in SOURCE.findall(json.dumps(node))] for node in given["inbound_nodes"]
    ]
    return Layer(given["name"], given["class_name"], given["config"], tuple(first[1:]), sources)


def count_parameters(path: str | Path) -> int:
    """Return the number of weights in the file `path`, without the states of the optimiser and of random numbers."""
    sizes = []

    def count(name: str, stored: h5py.Group | h5py.Dataset) -> None:
        if isinstance(stored, h5py.Dataset) and not name.startswith("optimizer/") and "seed_generator" not in name:
            sizes.append(stored.size)

    with zipfile.ZipFile(path) as file, h5py.File(io.BytesIO(file.read("model.weights.h5")), "r") as weights:
        weights.visititems(count)
    return sum(sizes)


def multiply_adds(layers: dict[str, Layer]) -> int:
    """Return the multiplications, each with an addition, of the segmentation of one image.

    Those of convolutions, dense layers and attention are counted, including those with zeros at the border; not those
    of normalisation, activation, interpolation and biases. FLOPs are twice as many.
    """
    return sum(map(_multiply_adds, layers.values()))


def _multiply_adds(layer: Layer) -> int:
    settings, (*sides, channels) = layer.settings, layer.shape or (0,)
    match layer.kind:
        case "Conv2D":
            border = layer.settings["padding"] == "same"
            steps = zip(sides, settings["kernel_size"], settings["strides"], strict=True)
            places = math.prod((side - (1 if border else kernel)) // step + 1 for side, kernel, step in steps)
            each = math.prod(settings["kernel_size"]) * channels * settings["filters"] // settings["groups"]
        case "Conv2DTranspose":
            places, each = math.prod(sides), math.prod(settings["kernel_size"]) * channels * settings["filters"]
        case "Dense":
            places, each = math.prod(sides), channels * settings["units"]
        case "WindowAttention":  # query, key, value and projection; products of queries and keys, and with values
            places, each = math.prod(sides), 4 * channels**2 + 2 * channels * settings["window"] ** 2
        case _:
            places = each = 0
    return places * each
