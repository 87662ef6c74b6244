"""Weights of the published network: a UNet 3+ saved as a whole by Keras 2, in HDF5 (.h5).

No layer of the file is instantiated and no code in it is run. Its configuration is read as JSON and compared, layer by
layer, with that of the network of `murmur.network.unet3plus`; the weights are then read as arrays by the names of their
layers. Layout: attributes keras_version and model_config; group model_weights with one group per layer, whose attribute
weight_names lists the paths of its arrays. The state of the optimiser (optimizer_weights) is ignored. Files saved in
the same layout by Keras 3 can also be read.
"""

import json

import h5py
import keras
import numpy as np

from murmur.errors import BadInput
from murmur.logs import log
from murmur.network.unet3plus import LEVELS, unet3plus
from murmur.network.weights_file import config_of_hdf5, input_shape, sources_of

FILTERS = (32, 64, 128, 256, 512)  # of the published network; assumed for levels without weights
SHOWN = 10  # differences in a message

# Settings of each class of layer that affect its output but not the shapes of its weights.
SETTINGS = {
    "Conv2D": ("padding", "strides", "dilation_rate", "activation"),
    "BatchNormalization": ("epsilon",),
    "MaxPooling2D": ("pool_size",),
    "UpSampling2D": ("size", "interpolation"),
    "Activation": ("activation",),
}


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _arrays(layers: h5py.Group) -> dict[str, h5py.Dataset]:
    """Return the weights of all layers, named as Encoder1_Conv_1/kernel."""
    return {
        f"{layer}/{_text(path).rsplit('/', 1)[-1].removesuffix(':0')}": group[_text(path)]
        for layer, group in layers.items()
        for path in group.attrs["weight_names"]
    }


def _links_and_settings(config: dict) -> dict[str, object]:
    """Return connections and settings of all layers in a configuration, except the input layer, whose name may vary."""
    image = {layer["config"]["name"] for layer in config["layers"] if layer["class_name"] == "InputLayer"}
    facts = {}
    for layer in config["layers"]:
        name = layer["config"]["name"]
        if name not in image:
            facts[f"inputs of {name}"] = [
                "image" if source in image else source for source in sources_of(layer["inbound_nodes"])
            ]
            for key in SETTINGS.get(layer["class_name"], ()):
                facts[f"{key} of {name}"] = layer["config"][key]
    return facts


def _differences(found: dict, expected: dict) -> list[str]:
    lines = [
        f"{fact}: missing, expected {expected[fact]}"
        if fact not in found
        else f"{fact}: found {found[fact]}, expected {expected[fact]}"
        for fact in expected
        if found.get(fact) != expected[fact]
    ]
    return lines + [f"{fact}: found {found[fact]}, expected none" for fact in found if fact not in expected]


def _read(path: str, file: h5py.File) -> keras.Model:
    config = config_of_hdf5(path, file)
    arrays = _arrays(file["model_weights"])
    shapes = {name: array.shape for name, array in arrays.items()}
    found = shapes | _links_and_settings(config)

    shape = input_shape(config)
    size = shape[1]
    if shape != [None, size, size, 1] or not isinstance(size, int) or size % 16:
        raise BadInput(
            f"{path}: found a network with input shape {shape[1:]}, expected [size, size, 1], where size is a "
            "multiple of 16; use another file"
        )
    filters = [shapes.get(f"Encoder{level}_Conv_1/bias", FILTERS[level - 1 : level])[0] for level in LEVELS]
    # This connection determines the mode; all connections are compared below.
    skip = "decoder" if found.get("inputs of Skip_Upsample_3_1") == ["Decoder3_Activation_1"] else "encoder"
    network = unet3plus(filters, size, skip=skip)
    weights = {f"{layer.name}/{weight.name}": weight for layer in network.layers for weight in layer.weights}
    expected = {name: tuple(weight.shape) for name, weight in weights.items()}
    expected |= _links_and_settings(json.loads(network.to_json())["config"])
    if lines := _differences(found, expected):
        raise BadInput(
            f"{path}: found a network that differs in {len(lines)} places from the expected UNet 3+ (filters "
            f"{filters}, skip mode {skip}); use a file of this network"
            + "".join(f"\n  {line}" for line in lines[:SHOWN])
        )

    for name, weight in weights.items():
        values = np.asarray(arrays[name], np.float32)
        if not np.isfinite(values).all():
            raise BadInput(
                f"{path}: found values in {name} that are not finite, expected numbers; obtain the file again"
            )
        weight.assign(values)
    log.info(
        f"{path}: a UNet 3+ saved by Keras {_text(file.attrs.get('keras_version', '(version unknown)'))}, "
        f"{len({name.split('/')[0] for name in weights})} layers with weights, {network.count_params():,} parameters, "
        f"filters {'-'.join(map(str, filters))}, images of {size} × {size}, skip mode {skip}"
        + (", optimiser state ignored" if "optimizer_weights" in file else "")
    )
    return network


def read_published(path: str) -> keras.Model:
    """Read the network of an HDF5 file, and log what was found.

    The numbers of filters are taken from the shapes of the weights; the input size and the skip mode (`encoder` or
    `decoder`, which have weights of the same names and shapes) from the configuration. All connections between layers,
    all settings that affect the output, and the names and shapes of all weights must match those of `unet3plus`.

    Raises
    ------
    BadInput
        If they do not match, with the first ten differences, or if the file is damaged or something else.
    """
    try:
        with h5py.File(path, "r") as file:
            return _read(path, file)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError) as error:
        raise BadInput(
            f"{path}: found an HDF5 file that cannot be read as a network ({error}), expected a complete UNet 3+ saved "
            "by Keras 2; obtain the file again"
        ) from error
