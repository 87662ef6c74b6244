"""Several networks, or one network on mirrored copies of the images, as one network of their mean probabilities."""

import math
from collections.abc import Sequence

import numpy as np

from murmur.errors import BadInput
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
    strides = [network.stride for network in networks]

    def probabilities(squares: np.ndarray) -> np.ndarray:
        return sum(network.probabilities(squares) for network in networks) / np.float32(len(networks))

    return Network(
        size=networks[0].size,
        probabilities=probabilities,
        software=f"mean of {len(networks)} networks; {'; '.join(dict.fromkeys(n.software for n in networks))}",
        stride=None if None in strides else math.lcm(*strides),
        resized=lambda size: mean_of([network.resized(size) for network in networks]),
        combined=True,
    )


def on_mirrored_copies(network: Network) -> Network:
    """Return a network whose probabilities are the mean over the image and its mirrored copies, mirrored back."""

    def probabilities(squares: np.ndarray) -> np.ndarray:
        copies = (
            np.flip(network.probabilities(np.ascontiguousarray(np.flip(squares, axes))), axes) for axes in MIRRORED
        )
        return sum(copies) / np.float32(len(MIRRORED))

    return network._replace(
        probabilities=probabilities,
        software=f"{network.software}; mean of {len(MIRRORED)} mirrored copies",
        resized=lambda size: on_mirrored_copies(network.resized(size)),
        combined=True,
    )
