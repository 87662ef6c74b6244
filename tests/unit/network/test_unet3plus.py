"""The network and its loss; these tests import TensorFlow, which takes some seconds."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from murmur.network import model as network_model  # noqa: E402
from murmur.network import unet3plus  # noqa: E402


@pytest.fixture(scope="module")
def published():
    return unet3plus.unet3plus([32, 64, 128, 256, 512])


def parameters(model, prefix):
    return sum(layer.count_params() for layer in model.layers if layer.name.startswith(prefix))


def test_size_of_the_published_network(published):
    assert published.count_params() == 12_963_443
    assert (len(published.layers), len(published.weights)) == (147, 224)
    assert sum(int(np.prod(w.shape)) for w in published.non_trainable_weights) == 9_728
    assert [tuple(output.shape) for output in published.outputs] == [(None, 256, 256, 3)] * 5
    kinds = [type(layer).__name__ for layer in published.layers]
    assert kinds.count("Conv2D") == 44
    assert kinds.count("BatchNormalization") == 34


@pytest.mark.parametrize(
    ("layer", "count"),
    [
        ("Encoder1_Conv_1", 320),
        ("Encoder5_Conv_2", 2_359_808),
        ("Skip5_1_Conv_1", 147_488),
        ("Skip1_4_Conv_1", 73_984),
        ("Skip5_4_Conv_1", 1_179_904),
        ("Decoder4_Conv_1", 2_949_376),
        ("Decoder1_Conv_1", 46_112),
        ("deepsup_conv_5_1", 13_827),
        ("deepsup_conv_1_2", 84),
    ],
)
def test_layers_of_the_published_network(published, layer, count):
    assert published.get_layer(layer).count_params() == count


def source_of(model, layer):
    """Name of the convolutional block that feeds a layer, through pooling and upsampling."""
    tensor = model.get_layer(layer).input
    while True:
        origin = tensor._keras_history.operation
        if "Activation" in origin.name or "dropout" in origin.name:
            return origin.name
        tensor = origin.input


def test_deep_scales_come_from_the_encoder_but_for_the_level_below(published):
    assert source_of(published, "Skip3_1_Conv_1") == "Encoder3_Activation_2"
    assert source_of(published, "Skip4_2_Conv_1") == "Encoder4_Activation_2"
    assert source_of(published, "Skip5_1_Conv_1") == "Encoder5_dropout"
    assert source_of(published, "Skip2_1_Conv_1") == "Decoder2_Activation_1"
    assert source_of(published, "Skip4_3_Conv_1") == "Decoder4_Activation_1"
    assert source_of(published, "Skip5_4_Conv_1") == "Encoder5_dropout"
    assert source_of(published, "Skip1_3_Conv_1") == "Encoder1_Activation_2"


def test_initial_kernels_differ(published):
    for first, second in (("Encoder4_Conv_2", "Skip4_4_Conv_1"), ("deepsup_conv_1_2", "deepsup_conv_2_2")):
        a, b = (np.asarray(published.get_layer(name).kernel) for name in (first, second))
        assert a.shape == b.shape
        assert not np.array_equal(a, b)


def test_downsampled_network_answers_on_the_grid_it_was_given():
    model = unet3plus.unet3plus([4, 4, 4, 4, 4], size=64, downsample=2)
    outputs = model.predict(np.random.default_rng(0).random((2, 64, 64, 1), np.float32), verbose=0)
    assert [output.shape for output in outputs] == [(2, 64, 64, 3)] * 5
    np.testing.assert_allclose(outputs[-1].sum(axis=-1), 1, atol=1e-5)


def test_last_head_alone_gives_the_same_answer():
    model = unet3plus.unet3plus([4, 4, 4, 4, 4], size=32)
    image = np.random.default_rng(0).random((2, 32, 32, 1), np.float32)
    np.testing.assert_array_equal(
        network_model.last_head(model).predict(image, verbose=0), model.predict(image, verbose=0)[-1]
    )


def test_dice_metric_is_of_its_structure_over_all_batches():
    metrics = {name: network_model.StructureDice(name) for name in ("myocardium", "blood_pool")}
    labels = np.array([[0, 1], [1, 2]], np.uint8).reshape(1, 2, 2, 1)
    found = np.eye(3, dtype=np.float32)[np.array([[0, 1], [2, 2]])][None]
    for metric in metrics.values():
        metric.update_state(labels, found)
        metric.update_state(labels, np.eye(3, dtype=np.float32)[labels[..., 0]])
    assert float(metrics["myocardium"].result()) == pytest.approx(2 * 3 / (4 + 3))
    assert float(metrics["blood_pool"].result()) == pytest.approx(2 * 2 / (2 + 3))
