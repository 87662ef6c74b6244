"""Files of networks: checks that need neither Keras nor the values of the weights, and that run no code of the file.

Murmur's own files (.keras, Keras 3) are ZIP archives of config.json, metadata.json and model.weights.h5; the published
network (.h5, Keras 2) is an HDF5 file with the attribute model_config and the group model_weights.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterator

import h5py

from murmur.errors import BadInput
from murmur.files import reading
from murmur.network.architectures import ARCHITECTURES, with_defaults

MEMBERS = {"config.json", "metadata.json", "model.weights.h5"}
MOST_CONFIG = 2**26  # bytes of a configuration; that of the published network has 140 kB
MOST_COMPRESSED = 20  # bytes per byte of a file; trained weights can hardly be compressed
# the layer of each encoder level that has as many filters as the level, in all architectures
FIRST_OF_LEVEL = re.compile(r"[Ee]ncoder_?(\d+)_(?:Conv_1|conv_1|first_conv|embed|merge_reduce)")
CLASSES = 3  # background, myocardium, blood pool
OWN_LAYERS = {"murmur>WindowAttention"}  # layers of Murmur, by their registered names
KEEP_CHANNELS = {"Activation", "BatchNormalization", "Dropout", "Softmax", "UpSampling2D"}


def check_weights(path: str) -> int:
    """Check that a file is a network from one image to three classes, as far as its configuration tells.

    Parameters
    ----------
    path : str
        Murmur's .keras file, or the .h5 file of the published network.

    Returns
    -------
    int
        Side length of the square images that the network takes, in pixels.

    Raises
    ------
    BadInput
        If the file is damaged, something else, a network of another kind, or contains code.
    """
    with reading(path, "network file"):
        if h5py.is_hdf5(path):
            with h5py.File(path, "r") as file:
                config = config_of_hdf5(path, file)
                names = list(file["model_weights"])
            if not any(name.startswith("Encoder") for name in names):
                raise BadInput(
                    f"{path}: found an HDF5 file of a network with the layers {', '.join(names[:5]) or 'none'}, ..., "
                    "expected the published UNet 3+; use its file, or save the network as .keras"
                )
        else:
            whole = _config_of_keras(path)
            config = whole.get("config") if isinstance(whole, dict) else None
            if code := next(_code(_used(whole)), None):
                raise BadInput(
                    f"{path}: found the layer {code}, which is not part of Keras, expected layers of Keras only; code "
                    "in files is not run: save the network without it"
                )
        _check_layers(path, config)
        _check_shapes(path, config)
        return input_shape(config)[1]


def network_settings(path: str) -> dict:
    """Return the settings of a network (architecture, filters, size, downsample, dropout), read from its layers.

    Parameters
    ----------
    path : str
        A valid file of a network (`check_weights`).

    Raises
    ------
    BadInput
        If the network is of none of the architectures that Murmur trains.
    """
    with reading(path, "network file"):
        if h5py.is_hdf5(path):
            with h5py.File(path, "r") as file:
                config = config_of_hdf5(path, file) | {"name": "unet3plus"}
        else:
            config = _config_of_keras(path)["config"]
        layers = {layer["config"]["name"]: layer["config"] for layer in config["layers"]}
        widths = {}
        for name, layer in layers.items():
            if found := FIRST_OF_LEVEL.fullmatch(name):
                widths[int(found[1])] = layer.get("filters") or layer["units"]
        architecture, size = config.get("name"), input_shape(config)[1]
        if architecture not in ARCHITECTURES or sorted(widths) != list(range(1, len(widths) + 1)) or not widths:
            raise BadInput(
                f"{path}: found a network named '{architecture}', expected one of {', '.join(ARCHITECTURES)} as "
                "trained by Murmur, from which another training can start; use another file"
            )
        pool = layers.get("input_downsample", {}).get("pool_size", 1)
        return with_defaults(
            {
                "architecture": architecture,
                "filters": [widths[level] for level in sorted(widths)],
                "size": size,
                "downsample": pool if isinstance(pool, int) else pool[0],
                "dropout": next((layers[name]["rate"] for name in layers if name.endswith("_dropout")), 0.0),
            }
        )


def config_of_hdf5(path: str, file: h5py.File) -> dict:
    """Return the configuration of the network in an open HDF5 file. Raises BadInput if it has none, or no weights."""
    if "model_config" not in file.attrs or "model_weights" not in file:
        raise BadInput(
            f"{path}: found an HDF5 file without a model configuration (attribute model_config) and weights (group "
            "model_weights), expected a complete model saved by Keras 2; weights do not determine how layers are "
            "connected, and different networks can have weights of the same names and shapes; save the whole model"
        )
    return json.loads(file.attrs["model_config"]).get("config")


def input_shape(config: dict) -> list:
    """Return the shape of a network's only input, [None, row, column, channel]."""
    (image,) = (layer["config"] for layer in config["layers"] if layer["class_name"] == "InputLayer")
    return list(image["batch_input_shape" if "batch_input_shape" in image else "batch_shape"])


def _config_of_keras(path: str) -> dict:
    """Return the configuration of a .keras file, whose members are complete and whose weights are HDF5."""
    with open(path, "rb") as file:
        is_archive = file.read(4) == b"PK\x03\x04"
    if not is_archive:
        raise ValueError("neither a .keras file nor HDF5")
    if not zipfile.is_zipfile(path):
        raise BadInput(f"{path}: found a truncated .keras file, expected a complete one; copy it again")
    with zipfile.ZipFile(path) as archive:
        sizes = {member.filename: member.file_size for member in archive.infolist()}
        if missing := sorted(MEMBERS - set(sizes)):
            raise BadInput(
                f"{path}: found an archive without {', '.join(missing)}, expected a .keras file; save the whole network"
            )
        packed = sum(member.compress_size for member in archive.infolist())
        if sizes["config.json"] > MOST_CONFIG or sum(sizes.values()) > MOST_COMPRESSED * packed + MOST_CONFIG:
            raise BadInput(
                f"{path}: found an archive that expands to {sum(sizes.values()):,} bytes, expected hardly more than "
                "its own size; save the network again"
            )
        if damaged := archive.testzip():
            raise BadInput(f"{path}: found the damaged member {damaged}, expected a complete file; copy it again")
        with h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r") as weights:
            _ = list(weights)
        return json.loads(archive.read("config.json"))


def _used(whole):
    """Return what is used of the file of a network: not how it was trained, such as its loss."""
    return {key: part for key, part in whole.items() if key != "compile_config"} if isinstance(whole, dict) else whole


def _code(config) -> Iterator[str]:
    """Yield the classes in a configuration of Keras 3 that are neither Keras's nor ours, or contain code (Lambda)."""
    if isinstance(config, dict):
        name, module, registered = (config.get(key) for key in ("class_name", "module", "registered_name"))
        own = registered in OWN_LAYERS and registered == f"murmur>{name}"
        known = own or (name, module) == ("function", "builtins")
        if name == "Lambda" or (isinstance(module, str) and not known and module.split(".")[0] != "keras"):
            yield str(registered or name)
    for inner in config.values() if isinstance(config, dict) else config if isinstance(config, list) else ():
        yield from _code(inner)


def _check_layers(path: str, config) -> None:
    """Raise BadInput unless a configuration has layers, one of which is the input."""
    layers = config.get("layers") if isinstance(config, dict) else None
    if not isinstance(layers, list) or not all(isinstance(layer, dict) and "class_name" in layer for layer in layers):
        raise BadInput(
            f"{path}: found a configuration without layers, expected that of a network saved by Keras; save the whole "
            "network"
        )
    inputs = sum(layer["class_name"] == "InputLayer" for layer in layers)
    if inputs != 1:
        raise BadInput(
            f"{path}: found a network with {inputs or 'no'} inputs, expected one image as input; use another network"
        )


def _check_shapes(path: str, config: dict) -> None:
    """Raise BadInput unless a network has square images of one channel as input, and three classes as last output."""
    shape, classes = input_shape(config)[1:], _classes(config)
    is_square = len(shape) == 3 and isinstance(shape[0], int) and shape[0] == shape[1] and shape[2] == 1
    if not is_square or classes not in (CLASSES, None):
        raise BadInput(
            f"{path}: found a network with input {tuple(shape)} and {classes or 'unknown'} output classes, expected "
            f"(size, size, 1) and {CLASSES} (background, myocardium, blood_pool); use a network of that kind"
        )


def _classes(config: dict) -> int | None:
    """Return the number of channels of a network's last output; None if the configuration does not tell."""
    layers = {layer["config"]["name"]: layer for layer in config["layers"]}
    outputs = config.get("output_layers") or [[next(reversed(layers))]]
    name = outputs[-1][0] if isinstance(outputs[-1], list) else outputs[0]
    for _ in layers:
        layer = layers[name]
        if layer["class_name"] not in KEEP_CHANNELS:
            return layer["config"].get("filters", layer["config"].get("units"))
        sources = [found for found in sources_of(layer.get("inbound_nodes")) if found in layers]
        if len(sources) != 1:
            return None
        name = sources[0]
    return None


def sources_of(nodes) -> Iterator[str]:
    """Yield the layers that feed a layer; in `inbound_nodes`, both Keras 2 and 3 write each as [name, node, tensor]."""
    if isinstance(nodes, list) and nodes and isinstance(nodes[0], str):
        yield nodes[0]
    elif isinstance(nodes, list | dict):
        for node in nodes.values() if isinstance(nodes, dict) else nodes:
            yield from sources_of(node)
