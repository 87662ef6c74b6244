"""Windows of networks have the probabilities of whole images, wherever they lie."""

import keras
import numpy as np
import openvino
import pytest

from murmur.network import window_layers
from murmur.network.heart_region import Interval, Window, whole
from murmur.network.unet import unet
from murmur.network.unet3plus import unet3plus
from murmur.network.window import limited_to

SIZE = 64
WINDOWS = [((0, 64), (0, 64)), ((17, 40), (5, 33)), ((0, 21), (30, 64)), ((43, 64), (0, 64)), ((31, 32), (63, 64))]
NETWORKS = {
    "unet3plus": lambda: unet3plus([3, 4, 5, 6, 7], SIZE, 1),
    "unet3plus, downsample": lambda: unet3plus([3, 4, 5, 6, 7], SIZE, 2),
    "unet3plus, skip": lambda: unet3plus([3, 4, 5, 6, 7], SIZE, 1, skip="decoder"),
    "unet": lambda: unet([4, 6, 8], SIZE, 2),
}


def window(rows, columns):
    return Window(Interval(*rows), Interval(*columns))


@pytest.fixture(scope="module", params=NETWORKS)
def exported(request, tmp_path_factory):
    """Return a network with random weights and biases as exported, the images, and the probabilities by Keras."""
    keras.utils.set_random_seed(3)
    network, random = NETWORKS[request.param](), np.random.default_rng(4)
    weights = network.get_weights()
    network.set_weights([value + (value.ndim == 1) * random.uniform(0, 0.1, value.shape) for value in weights])
    path = str(tmp_path_factory.mktemp("network") / "network.xml")
    network = keras.Model(network.input, network.outputs[-1])
    network.export(path, format="openvino", verbose=False)
    images = random.random((2, SIZE, SIZE, 1), np.float32)
    return openvino.Core().read_model(path), images, network.predict(images, verbose=0)


def computed(model, images):
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    return openvino.Core().compile_model(model, "CPU", settings)(images)[0]


@pytest.mark.parametrize("worthwhile", [0, 10], ids=["interpolation first", "channels mixed first"])
@pytest.mark.parametrize("place", WINDOWS)
def test_a_window_has_the_probabilities_of_the_whole_image(exported, place, worthwhile, monkeypatch):
    monkeypatch.setattr(window_layers, "WORTHWHILE", worthwhile)
    model, images, whole_images = exported
    wanted = window(*place)
    found = computed(limited_to(model, wanted), images)
    expected = whole_images[:, *wanted.slices]
    assert found.shape == expected.shape and whole_images.std() > 0.02 and whole_images.max() < 0.999
    np.testing.assert_allclose(found, expected, atol=2e-6)


def test_a_small_window_takes_less_than_half_of_the_convolutions(exported):
    model, *_ = exported
    corner = window((0, 8), (56, 64))
    part, all_pixels = (
        sum(
            np.prod(node.output(0).partial_shape.get_max_shape()[1:])
            for node in limited_to(model, each).get_ops()
            if node.get_type_name() == "Convolution"
        )
        for each in (corner, whole(SIZE))
    )
    assert part < all_pixels / 2


def test_a_layer_that_is_not_known_needs_whole_images(tmp_path):
    image = keras.Input((SIZE, SIZE, 1))
    mean = keras.layers.GlobalAveragePooling2D(keepdims=True)(image)
    output = keras.layers.Softmax()(keras.layers.Conv2D(3, 3, padding="same")(image + mean))
    keras.Model(image, output).export(str(tmp_path / "network.xml"), format="openvino", verbose=False)
    assert limited_to(openvino.Core().read_model(tmp_path / "network.xml"), whole(SIZE)) is None
