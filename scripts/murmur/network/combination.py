"""Several networks, or one network on mirrored copies of the images, as one network of their mean probabilities."""

from collections.abc import Callable, Sequence

import numpy as np

from murmur.errors import BadInput
from murmur.network.heart_region import Interval, Window
from murmur.network.inference import Network

MIRRORED = ((), (1,), (2,), (1, 2))  # axes of images (image, row, column) along which each copy is mirrored


def mean_of(networks: Sequence[Network]) -> Network:
    """Return a network whose probabilities are the mean of those of `networks`.

    Raises BadInput if they segment images of different sizes.
    """
    if len(networks) == 1:
        return networks[0]
    if len(sizes := sorted({network.size for network in networks})) > 1:
        raise BadInput(
            f"ensemble: found networks for images of {' and '.join(map(str, sizes))} pixels, expected the same size, "
            "to take their mean; set combine: majority"
        )

    def limited_to(window: Window) -> Network:
        return mean_of([network.limited_to(window) for network in networks])

    def probabilities(squares: np.ndarray) -> np.ndarray:
        return sum(network.probabilities(squares) for network in networks) / np.float32(len(networks))

    return Network(
        size=networks[0].size,
        probabilities=probabilities,
        software=f"mean of {len(networks)} networks; {'; '.join(dict.fromkeys(n.software for n in networks))}",
        limited_to=limited_to if all(network.limited_to for network in networks) else None,
        combined=True,
    )


def on_mirrored_copies(network: Network) -> Network:
    """Return a network whose probabilities are the mean over the image and its mirrored copies, mirrored back."""

    def of_window(window: Window) -> Network:
        """Each copy shows the pixels of the window in another place."""
        places = {axes: mirrored(window, axes, network.size) for axes in MIRRORED}
        return _mean_of_copies({axes: network.limited_to(place) for axes, place in places.items()}, None)

    return _mean_of_copies(dict.fromkeys(MIRRORED, network), of_window if network.limited_to else None)


def _mean_of_copies(networks: dict[tuple, Network], limited_to: Callable | None) -> Network:
    """Return the mean of the networks of all mirrored copies."""

    def probabilities(squares: np.ndarray) -> np.ndarray:
        copies = (
            np.flip(network.probabilities(np.ascontiguousarray(np.flip(squares, axes))), axes)
            for axes, network in networks.items()
        )
        return sum(copies) / np.float32(len(networks))

    one = networks[()]
    software = f"{one.software}; mean of {len(networks)} mirrored copies"
    return Network(one.size, probabilities, software, limited_to, combined=True)


def mirrored(window: Window, axes: tuple[int, ...], size: int) -> Window:
    """Return where a window lies in square images of `size` pixels (image, row, column) mirrored along `axes`."""
    return Window(
        *(
            Interval(size - interval.last, size - interval.first) if axis in axes else interval
            for axis, interval in enumerate(window, start=1)
        )
    )
