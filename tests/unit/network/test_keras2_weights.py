"""Reading the published network's file, against a forward pass of its own; these tests import TensorFlow."""

import json
import re

import h5py
import numpy as np
import pytest

from published_layout import Answer, draw_weights, upsample, write_network

keras = pytest.importorskip("keras")

from murmur.errors import BadInput  # noqa: E402
from murmur.network import model as network_model  # noqa: E402
from murmur.network import unet3plus  # noqa: E402
from murmur.network.keras2_weights import read_published  # noqa: E402

FILTERS = [2, 3, 4, 5, 6]
SIZE = 32


@pytest.fixture(scope="module")
def weights():
    return draw_weights(FILTERS)


@pytest.fixture
def path(tmp_path, weights):
    path = tmp_path / "SEG.h5"
    write_network(path, weights, FILTERS, SIZE, "encoder")
    return path


def change_layer(path, name, change):
    """Let `change` alter a layer of the file's configuration."""
    with h5py.File(path, "a") as file:
        model = json.loads(file.attrs["model_config"])
        change(next(layer for layer in model["config"]["layers"] if layer["name"] == name))
        file.attrs["model_config"] = json.dumps(model)


def refusal(path):
    with pytest.raises(BadInput) as caught:
        read_published(str(path))
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value)


@pytest.mark.parametrize("skip", ["encoder", "decoder"])
def test_probabilities_are_those_of_the_description(tmp_path, weights, skip, caplog):
    path = tmp_path / "SEG.h5"
    write_network(path, weights, FILTERS, SIZE, skip)
    model = read_published(str(path))
    images = np.random.default_rng(1).random((2, SIZE, SIZE)).astype(np.float32)
    found = network_model.last_head(model).predict(images[..., None], verbose=0)
    expected, other = (
        np.stack([Answer(weights, mode).probabilities(image) for image in images])
        for mode in (("encoder", "decoder") if skip == "encoder" else ("decoder", "encoder"))
    )
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.abs(expected - other).max() > 0.05, "the two modes answer differently"
    assert len(np.unique(expected.argmax(axis=-1))) == 3
    # TensorFlow warns of the many networks that tests build.
    assert [record.getMessage() for record in caplog.records if record.name == "murmur"] == [
        f"{path}: a UNet 3+ saved by Keras 2.10.0, 78 layers with weights, {model.count_params():,} parameters, "
        f"filters 2-3-4-5-6, images of 32 × 32, skip mode {skip}, optimiser state ignored"
    ]


def test_upsampling_of_the_description_is_linear_between_centres():
    ramp = np.broadcast_to(np.array([0.0, 4.0, 8.0])[:, None, None], (3, 3, 1))
    np.testing.assert_allclose(upsample(ramp, 2)[:, 0, 0], [0, 1, 3, 5, 7, 8])
    np.testing.assert_allclose(upsample(ramp, 4)[:, 0, 0], [0, 0, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8, 8])


def test_file_of_the_published_size(tmp_path, caplog):
    filters = [32, 64, 128, 256, 512]
    weights = draw_weights(filters)
    assert (len(weights), sum(values.size for values in weights.values())) == (224, 12_963_443)
    path = tmp_path / "SEG459.h5"
    write_network(path, weights, filters, 256, "encoder")
    model = read_published(str(path))
    path.unlink()  # 156 MB
    assert (model.count_params(), model.input_shape) == (12_963_443, (None, 256, 256, 1))
    np.testing.assert_array_equal(model.get_layer("Skip5_1_Conv_1").kernel, weights["Skip5_1_Conv_1/kernel"])
    assert "78 layers with weights, 12,963,443 parameters" in caplog.text


@pytest.mark.parametrize("skip", ["encoder", "decoder"])
def test_what_keras_3_saves_as_hdf5_is_read_too(tmp_path, skip, caplog):
    saved = unet3plus.unet3plus(FILTERS, SIZE, skip=skip)
    saved.save(tmp_path / "model.h5")
    for found, expected in zip(read_published(str(tmp_path / "model.h5")).weights, saved.weights, strict=True):
        np.testing.assert_array_equal(found, expected)
    assert f"skip mode {skip}" in caplog.text


def test_layers_that_do_not_fit(path):
    with h5py.File(path, "a") as file:
        layers = file["model_weights"]
        layers["Decoder2_BN_1"].attrs["weight_names"] = layers["Decoder2_BN_1"].attrs["weight_names"][:3]
        del layers["Skip3_2_Conv_1/Skip3_2_Conv_1/kernel:0"]
        layers["Skip3_2_Conv_1/Skip3_2_Conv_1/kernel:0"] = np.zeros((3, 3, 9, 3))
        layers.copy("deepsup_conv_1_1", "extra")
    message = refusal(path)
    assert "differs in 4 places" in message
    assert "Decoder2_BN_1/moving_variance: missing, expected (3,)" in message
    assert "Skip3_2_Conv_1/kernel: found (3, 3, 9, 3), expected (3, 3, 4, 3)" in message
    assert "extra/kernel: found (3, 3, 2, 3), expected none" in message


def test_ten_differences_are_named_and_all_counted(path):
    with h5py.File(path, "a") as file:
        for level in range(1, 6):
            del file[f"model_weights/Encoder{level}_Conv_1"], file[f"model_weights/Skip{level}_1_Conv_1"]
    lines = refusal(path).splitlines()
    assert len(lines) == 1 + 10
    number = int(lines[0].split(" places")[0].split()[-1])
    assert number > 20
    assert lines[1] == "  Encoder1_Conv_1/kernel: missing, expected (3, 3, 1, 32)"


@pytest.mark.parametrize(
    ("layer", "change", "message"),
    [
        (
            "Skip_Upsample_4_1",
            {"inbound_nodes": [[["Decoder4_Activation_1", 0, 0, {}]]]},
            "inputs of Skip_Upsample_4_1: found ['Decoder4_Activation_1'], expected ['Encoder4_Activation_2']",
        ),
        (
            "D1_input",
            {"inbound_nodes": [[[f"Skip{u}_1_Activation_1", 0, 0, {}] for u in (5, 4, 3, 2, 1)]]},
            "inputs of D1_input",
        ),
        ("Decoder1_BN_1", {"epsilon": 1e-5}, "epsilon of Decoder1_BN_1: found 1e-05, expected 0.001"),
        ("deepsup_upsamp_3", {"interpolation": "nearest"}, "interpolation of deepsup_upsamp_3: found nearest"),
        ("Skip_Maxpool_1_3", {"class_name": "AveragePooling2D"}, "pool_size of Skip_Maxpool_1_3: missing"),
        ("Encoder2_Activation_1", {"activation": "elu"}, "activation of Encoder2_Activation_1: found elu"),
        ("input_1", {"batch_input_shape": [None, 24, 24, 1]}, "with input shape [24, 24, 1]"),
        ("input_1", {"batch_input_shape": [None, None, None, 1]}, "with input shape [None, None, 1]"),
    ],
)
def test_networks_of_other_links_and_settings(path, layer, change, message):
    (key,) = change
    change_layer(path, layer, lambda entry: (entry if key in entry else entry["config"]).update(change))
    assert message in refusal(path)


def test_without_configuration_the_skip_mode_is_not_guessed(path, tmp_path):
    with h5py.File(path, "a") as file:
        del file.attrs["model_config"]
    assert "weights do not determine how layers are" in refusal(path)
    unet3plus.unet3plus(FILTERS, SIZE).save_weights(tmp_path / "model.weights.h5")
    assert "weights do not determine how layers are" in refusal(tmp_path / "model.weights.h5")


def test_damaged_files(path, tmp_path):
    content = path.read_bytes()
    (tmp_path / "half.h5").write_bytes(content[: len(content) // 2])
    assert "truncated" in refusal(tmp_path / "half.h5")
    # The list of the file's groups, and that of one of them: h5py raises a RuntimeError.
    for start in [found.start() for found in re.finditer(b"TREE", content)][:2]:
        (tmp_path / "list.h5").write_bytes(content[:start] + b"XXXX" + content[start + 4 :])
        assert "wrong B-tree signature" in refusal(tmp_path / "list.h5")
    with h5py.File(path, "a") as file:
        file["model_weights/Decoder3_BN_1/Decoder3_BN_1/gamma:0"][1] = np.nan
    assert "Decoder3_BN_1/gamma that are not finite" in refusal(path)
    with h5py.File(path, "a") as file:
        file.attrs["model_config"] = "{"
    assert "cannot be read as a network" in refusal(path)
