"""Mean probabilities of networks that are functions of the pixels."""

import numpy as np
import pytest

from murmur.errors import BadInput
from murmur.network.combination import MIRRORED, mean_of, on_mirrored_copies
from murmur.network.inference import Network


def network(probabilities, stride=8, size=16):
    return Network(size, probabilities, "a function", stride, lambda side: network(probabilities, stride, side))


def constant(*values):
    return lambda squares: np.broadcast_to(np.float32(values), (*squares.shape, 3))


def test_probabilities_are_averaged():
    both = mean_of([network(constant(1, 0, 0)), network(constant(0, 0.5, 0.5), stride=12)])
    squares = np.zeros((2, 16, 16), np.float32)
    np.testing.assert_allclose(both.probabilities(squares)[1, 3, 4], [0.5, 0.25, 0.25])
    assert (both.stride, both.combined, both.resized(48).size) == (24, True, 48)
    assert mean_of([network(constant(1, 0, 0), None), both]).stride is None


def test_networks_of_different_sizes_are_refused():
    with pytest.raises(BadInput, match="found networks for images of 16 and 32 pixels, expected the same size"):
        mean_of([network(constant(1, 0, 0)), network(constant(1, 0, 0), size=32)])


def test_one_network_stays_as_it_is():
    one = network(constant(1, 0, 0))
    assert mean_of([one]) is one and not one.combined


def test_mirrored_copies_are_mirrored_back():
    """A network that labels by position, not by signal, is averaged over all four positions of a pixel."""
    place = np.arange(256, dtype=np.float32).reshape(16, 16, 1) * np.float32([1, 2, 3])
    found = on_mirrored_copies(network(lambda squares: np.broadcast_to(place, (len(squares), 16, 16, 3))))
    squares = np.random.default_rng(1).random((2, 16, 16), np.float32)
    expected = np.mean([np.flip(place[None], axes)[0] for axes in MIRRORED], axis=0)
    np.testing.assert_allclose(found.probabilities(squares)[0], expected, rtol=1e-6)
    by_signal = lambda squares: squares[..., None] * np.float32([1, 2, 3])  # noqa: E731
    same = on_mirrored_copies(network(by_signal)).resized(16)
    np.testing.assert_allclose(same.probabilities(squares), by_signal(squares), rtol=1e-6)
    assert found.combined
