"""Files of networks are looked into without Keras, before anything they would replace is touched."""

import json
import pickle
import zipfile

import h5py
import numpy as np
import pytest

from murmur.errors import BadInput
from murmur.network.weights_file import check_weights
from published_layout import draw_weights, write_network


@pytest.fixture
def shipped(root):
    """The members of the network shipped with Murmur."""
    with zipfile.ZipFile(root / "models" / "murmur.keras") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def save(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return str(path)


def changed(members, change):
    """The members with a changed configuration."""
    config = json.loads(members["config.json"])
    change({layer["name"]: layer for layer in config["config"]["layers"]}, config)
    return members | {"config.json": json.dumps(config).encode()}


def test_network_of_murmur_and_of_the_paper(tmp_path, root):
    assert check_weights(str(root / "models" / "murmur.keras"))
    write_network(tmp_path / "SEG.h5", draw_weights([2, 3, 4, 5, 6]), [2, 3, 4, 5, 6], 32, "encoder")
    assert check_weights(str(tmp_path / "SEG.h5"))


def other_input(layers, config):
    layers["image"]["config"]["batch_shape"] = [None, 28, 28, 3]


def five_classes(layers, config):
    layers["deepsup_conv_1_2"]["config"]["filters"] = 5


def with_lambda(layers, config):
    layers["Encoder5_dropout"]["class_name"] = "Lambda"


def other_module(layers, config):
    layers["Encoder5_dropout"].update(module="os", class_name="system")


def test_loss_of_the_training_is_not_used(tmp_path, shipped):
    def with_loss(layers, config):
        config["compile_config"] = {"loss": {"module": "lab", "class_name": "Loss", "registered_name": "lab>Loss"}}

    assert check_weights(save(tmp_path / "m.keras", changed(shipped, with_loss)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (other_input, "input (28, 28, 3)"),
        (five_classes, "5 output classes, expected (size, size, 1) and 3"),
        (with_lambda, "found the layer Lambda, which is not part of Keras"),
        (other_module, "found the layer system, which is not part of Keras"),
        (lambda layers, config: config.pop("config"), "found a configuration without layers"),
    ],
)
def test_other_network_is_refused(tmp_path, shipped, change, words):
    path = save(tmp_path / "m.keras", changed(shipped, change))
    with pytest.raises(BadInput) as error:
        check_weights(path)
    assert words in str(error.value)
    assert str(error.value).startswith(f"{path}: found")


def test_file_that_is_no_network_is_one_sentence(tmp_path, root, shipped):
    whole = (root / "models" / "murmur.keras").read_bytes()
    middle = len(whole) // 2
    content = {
        "truncated": (whole[:middle], "found a truncated .keras file"),
        "damaged": (whole[:middle] + bytes(1000) + whole[middle + 1000 :], "found the damaged member model.weights.h5"),
        "pickle": (pickle.dumps({"weights": [1.0]}), "found no readable network file"),
        "pointer": (b"version https://git-lfs.github.com/spec/v1\n", "found a Git LFS pointer"),
        "empty": (b"", "found an empty file"),
    }
    for name, (written, words) in content.items():
        (tmp_path / name).write_bytes(written)
        with pytest.raises(BadInput) as error:
            check_weights(str(tmp_path / name))
        assert words in str(error.value)
        assert "\n" not in str(error.value)
    with pytest.raises(BadInput, match=r"found an archive without config.json, metadata.json, model.weights.h5"):
        check_weights(save(tmp_path / "zip.keras", {"a": b""}))
    with pytest.raises(BadInput, match="found no readable network file"):
        check_weights(save(tmp_path / "w.keras", shipped | {"model.weights.h5": b"no"}))


def test_archive_that_expands_far_beyond_its_size_is_refused(tmp_path, shipped):
    with zipfile.ZipFile(tmp_path / "bomb.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in shipped.items():
            archive.writestr(name, bytes(2**28) if name == "model.weights.h5" else content)
    with pytest.raises(BadInput, match="found an archive that expands to 268,"):
        check_weights(str(tmp_path / "bomb.keras"))


@pytest.mark.parametrize(
    ("attributes", "groups", "words"),
    [
        ({}, ["Images"], "without a model configuration"),
        ({"model_config": "{}"}, ["model_weights"], "with the layers none"),
        ({"model_config": '{"config": {"layers": []}}'}, ["model_weights"], "with the layers none"),
        ({"model_config": '{"config": {}}'}, ["model_weights/dense"], "with the layers dense, ..., expected the pub"),
    ],
)
def test_other_hdf5_file_is_refused(tmp_path, attributes, groups, words):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.attrs.update(attributes)
        for name in groups:
            file.create_group(name)
    with pytest.raises(BadInput) as error:
        check_weights(str(tmp_path / "w.h5"))
    assert words in str(error.value)


def test_weights_in_hdf5_of_another_size_are_refused(tmp_path):
    write_network(tmp_path / "SEG.h5", draw_weights([2, 3, 4, 5, 6]), [2, 3, 4, 5, 6], 32, "encoder")
    with h5py.File(tmp_path / "SEG.h5", "a") as file:
        file.attrs["model_config"] = file.attrs["model_config"].replace("32, 32, 1", "32, 16, 1")
        file["noise"] = np.zeros(1)
    with pytest.raises(BadInput, match="input \\(32, 16, 1\\)"):
        check_weights(str(tmp_path / "SEG.h5"))
