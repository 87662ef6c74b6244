"""Stored networks: files written by Murmur, and the published network."""

import h5py
import keras

import murmur.network.swin_unet  # noqa: F401 -- registers its layers, which files may contain
from murmur.errors import BadInput
from murmur.network.keras2_weights import read_published
from murmur.network.model import last_head
from murmur.network.weights_file import check_weights


def load_network(path: str):
    """Return the network of the file `path`, Murmur's .keras or the published .h5, with its last output only.

    Raises BadInput if the file is not a network that maps one image to three classes.
    """
    return last_head(load_trained(path))


def load_trained(path: str):
    """Return the network of the file `path` as it was trained, with all outputs. Raises BadInput as `load_network`."""
    check_weights(path)
    if h5py.is_hdf5(path):
        return read_published(path)
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise BadInput(
            f"{path}: found no network that Keras can load ({reason}), expected a .keras file written by Murmur or the "
            ".h5 file of the published network; copy it again, or use another"
        ) from None
    sides, classes = model.inputs[0].shape[1:], model.outputs[-1].shape[1:]
    if len(sides) != 3 or sides[0] != sides[1] or sides[2] != 1 or classes != (*sides[:2], 3):
        raise BadInput(
            f"{path}: found a network with input {sides} and output {classes}, expected (size, size, 1) and "
            "(size, size, 3); use a network of that kind"
        )
    return model
