"""Mean probabilities of networks that are functions of the pixels."""

import numpy as np
import pytest

from murmur.errors import BadInput
from murmur.network.combination import MIRRORED, mean_of, on_mirrored_copies
from murmur.network.heart_region import Interval, Window
from murmur.network.inference import Network


def network(probabilities, size=16, local=True):
    def limited_to(window):
        return network(lambda squares: probabilities(squares)[:, *window.slices], size)

    return Network(size, probabilities, "a function", limited_to if local else None)


def constant(*values):
    return lambda squares: np.broadcast_to(np.float32(values), (*squares.shape, 3))


def test_probabilities_are_averaged():
    both = mean_of([network(constant(1, 0, 0)), network(constant(0, 0.5, 0.5))])
    squares = np.zeros((2, 16, 16), np.float32)
    np.testing.assert_allclose(both.probabilities(squares)[1, 3, 4], [0.5, 0.25, 0.25])
    assert both.combined


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
    same = on_mirrored_copies(network(by_signal))
    np.testing.assert_allclose(same.probabilities(squares), by_signal(squares), rtol=1e-6)
    assert found.combined


def test_windows_of_combined_networks_are_those_of_whole_images():
    place = np.arange(256, dtype=np.float32).reshape(16, 16, 1) * np.float32([1, 2, 3])
    by_place = network(lambda squares: squares[..., None] * place)
    squares, window = np.random.default_rng(1).random((2, 16, 16), np.float32), Window(Interval(1, 9), Interval(4, 16))
    for combined in (mean_of([by_place, network(constant(1, 0, 0))]), on_mirrored_copies(by_place)):
        part = combined.limited_to(window)
        assert part.combined and part.software == combined.software
        np.testing.assert_allclose(
            part.probabilities(squares), combined.probabilities(squares)[:, *window.slices], rtol=1e-6
        )
    whole_only = network(constant(1, 0, 0), local=False)
    assert mean_of([whole_only, by_place]).limited_to is None and on_mirrored_copies(whole_only).limited_to is None
