"""Trainings that start from another network; these tests import TensorFlow, which takes some seconds."""

import json

import numpy as np
import pytest

keras = pytest.importorskip("keras")

import train_network  # noqa: E402
from murmur.errors import BadInput  # noqa: E402
from murmur.network import train  # noqa: E402
from murmur.network.architectures import with_defaults  # noqa: E402
from murmur.network.model import save_model  # noqa: E402
from murmur.network.unet3plus import unet3plus  # noqa: E402
from murmur.network.weights_file import network_settings  # noqa: E402
from random_slices import write_random_slices  # noqa: E402

NETWORK = {"architecture": "unet", "filters": [4, 8], "size": 16, "downsample": 1, "dropout": 0.1}
TRAINING = {
    "recipe": "paper",
    "precision": "float32",
    "epochs": 1,
    "patience": 2,
    "batch_size": 2,
    "learning_rate": 0.02,
    "schedule": "constant",
    "loss": "dice_ce_shape",
    "shape_weight": 0.05,
    "freeze": "none",
    "seed": 5,
}


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """A network with random weights, saved."""
    path = tmp_path_factory.mktemp("start") / "start.keras"
    save_model(train.build(NETWORK, TRAINING | {"seed": 99}), path)
    return str(path)


@pytest.fixture(scope="module")
def slices(tmp_path_factory):
    return write_random_slices(tmp_path_factory.mktemp("slices") / "slices.h5")


def fine_tune(slices, start, folder, **changes):
    files = {key: str(folder / key) for key in ("history", "record")} | {"model": str(folder / "model.keras")}
    train_network.main(slices, NETWORK, TRAINING | changes, threads=1, start=start, **files)
    return keras.saving.load_model(folder / "model.keras", compile=False), json.loads((folder / "record").read_text())


def kernels(model):
    return {layer.name: layer.get_weights()[0] for layer in model.layers if layer.weights}


def test_frozen_encoder_keeps_its_weights_and_the_decoder_learns(slices, start, tmp_path):
    before = kernels(keras.saving.load_model(start, compile=False))
    model, record = fine_tune(slices, start, tmp_path, freeze="encoder")
    after = kernels(model)
    assert any(name.startswith("encoder") for name in after) and any(name.startswith("decoder") for name in after)
    for name, kernel in after.items():
        assert np.array_equal(kernel, before[name]) == name.startswith("encoder"), name
    decoder = sum(layer.count_params() for layer in model.layers if not layer.name.startswith("encoder"))
    assert record["parameters_trainable"] == decoder < record["parameters"]
    assert len(record["start_from"]) == 64


def test_training_takes_the_weights_and_changes_all_of_them(slices, start, tmp_path):
    before = kernels(train.build(NETWORK, TRAINING, start))
    saved = kernels(keras.saving.load_model(start, compile=False))
    assert all(np.array_equal(before[name], saved[name]) for name in saved)
    model, _ = fine_tune(slices, start, tmp_path)
    assert not any(np.array_equal(kernel, saved[name]) for name, kernel in kernels(model).items())


def test_network_that_does_not_fit_is_one_sentence(start):
    with pytest.raises(BadInput, match=r"differ in \d+ layers .*first encoder_1_conv_1: \[\(3, 3, 1, 4\)"):
        train.build(NETWORK | {"filters": [6, 8]}, TRAINING, start)


def test_unet3plus_of_the_other_skip_mode_is_refused(tmp_path):
    filters = [2, 2, 2, 2, 2]
    save_model(unet3plus(filters, 16, skip="decoder"), tmp_path / "m.keras")
    network = {"architecture": "unet3plus", "filters": filters, "size": 16, "downsample": 1, "dropout": 0.3}
    with pytest.raises(BadInput, match="receives deep features from the decoder, expected those of the encoder"):
        train.build(network, TRAINING, str(tmp_path / "m.keras"))


@pytest.mark.parametrize(
    "network",
    [
        {"architecture": "unet3plus", "filters": [2, 3, 4, 5, 6], "size": 32, "downsample": 2, "dropout": 0.2},
        {"architecture": "unet", "filters": [4, 6, 8], "size": 32, "downsample": 1, "dropout": 0.25},
        {"architecture": "nnunet", "filters": [4, 6], "size": 16, "downsample": 4, "dropout": 0.0},
        {"architecture": "resnet_vae", "filters": [8, 16], "size": 16, "downsample": 1, "dropout": 0.1},
        {"architecture": "swin_unet", "filters": [8, 16, 32], "size": 32, "downsample": 2, "dropout": 0.1},
    ],
)
def test_settings_are_read_from_the_file(network, tmp_path):
    save_model(train.build(network, TRAINING), tmp_path / "m.keras")
    assert network_settings(str(tmp_path / "m.keras")) == with_defaults(network) == network


def test_settings_of_the_shipped_network(root):
    found = network_settings(str(root / "models" / "murmur.keras"))
    assert found == {
        "architecture": "unet3plus",
        "filters": [16, 32, 64, 96, 128],
        "size": 192,
        "downsample": 2,
        "dropout": 0.1,
    }
