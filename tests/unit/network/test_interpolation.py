"""Convolutions of interpolated maps: the same result in both orders, with the number of multiplications counted."""

import keras
import numpy as np
import pytest

from murmur.network.heart_region import Interval
from murmur.network.interpolated_convolution import InterpolatedConv2D
from murmur.network.interpolation import interpolate_and_shift, multiplications
from murmur.network.unet3plus import unet3plus


@pytest.mark.parametrize("factor", [2, 4, 16])
def test_interpolation_and_shift_are_those_of_numpy(factor):
    values = np.random.default_rng(1).random(6)
    large = 6 * factor
    positions = np.clip((np.arange(large) + 0.5) / factor - 0.5, 0, 5)
    padded = np.pad(np.interp(positions, np.arange(6), values), 1)
    expected = np.convolve(padded, [3, 5, 2][::-1], "valid")
    matrix = interpolate_and_shift(Interval(0, 6), Interval(0, large), 6, large, pad=1, side=3)
    np.testing.assert_allclose(matrix @ np.outer([3, 5, 2], values).ravel(), expected, rtol=1e-5)


def test_multiplications_are_counted():
    after, before = multiplications((2, 3), (8, 12), 5, (3, 3))
    assert after == 9 * 5 * 8 * 12
    assert before == 9 * 5 * 2 * 3 + (2 * 3) * (3 * 3) * 12 + 8 * (2 * 3) * 12


def test_many_channels_and_factors_save_most():
    """The convolutions of interpolated maps in the first level of the decoder of the published study."""
    factors = {2: 64, 4: 128, 8: 256, 16: 512}
    shares = [
        np.divide(*multiplications((256 // n,) * 2, (256, 256), channels, (3, 3))[::-1])
        for n, channels in factors.items()
    ]
    np.testing.assert_allclose(shares, [1.92, 0.35, 0.07, 0.02], atol=0.01)


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_a_layer_gives_the_map_of_two(precision):
    keras.utils.set_random_seed(1)
    map_ = np.random.default_rng(2).normal(size=(2, 5, 5, 7)).astype(np.float32)
    two = keras.Sequential(
        [keras.layers.UpSampling2D(4, interpolation="bilinear"), keras.layers.Conv2D(3, 3, padding="same")]
    )
    expected = two(map_)
    one = InterpolatedConv2D(4, 3, 3, dtype=precision)
    one.build(map_.shape)
    one.set_weights([value + 0.1 * (value.ndim == 1) for value in two.get_weights()])
    assert one.compute_output_shape(map_.shape) == expected.shape
    np.testing.assert_allclose(one(map_), expected + 0.1, atol=1e-5 if precision == "float32" else 0.05)


@pytest.mark.parametrize("skip", ["encoder", "decoder"])
def test_a_network_in_the_order_for_training_is_the_network(skip):
    """Weights, their order, results and gradients are those of the network that is saved."""
    import tensorflow

    networks, weights, gradients = [], [], []
    images = np.random.default_rng(3).random((2, 32, 32, 1), np.float32)
    for mix_first in (False, True):
        keras.utils.set_random_seed(4)
        networks.append(unet3plus([4, 6, 8, 10, 12], 32, dropout=0.0, skip=skip, mix_first=mix_first))
        weights.append(networks[-1].get_weights())
        with tensorflow.GradientTape() as tape:
            loss = sum(keras.ops.mean(output[..., 1] ** 2) for output in networks[-1](images, training=True))
        gradients.append(tape.gradient(loss, networks[-1].trainable_variables))
    plain, training = networks
    assert sum(isinstance(layer, InterpolatedConv2D) for layer in training.layers) > 3
    assert [weight.path for weight in training.weights] == [weight.path for weight in plain.weights]
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(plain.predict(images, verbose=0), training.predict(images, verbose=0), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    for one, other in zip(*gradients, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4 * max(1, float(np.abs(one).max())))
