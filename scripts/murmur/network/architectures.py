"""Architectures of networks, as far as they are known without Keras: their levels, default settings and limits.

Each has a module of its name, which builds the network; `train.py` lists them.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

from murmur.errors import BadInput

HEAD_CHANNELS = 32  # channels per attention head of the Swin U-Net
NNUNET_FILTERS, NNUNET_MOST, NNUNET_SMALLEST_SIDE = 32, 512, 4


class Architecture(NamedTuple):
    """What is known of an architecture before it is built.

    Attributes
    ----------
    name : str
        Name in print.
    filters : tuple of int
        Default number of filters at each level; empty if they are planned from the size of the input.
    fewest, most : int
        Limits of the number of levels.
    dropout : float
        Default dropout rate.
    finest : int
        Pixels of the input, after downsampling, per feature of the first level.
    deeper : int
        Halvings below the last level, by parts that are only used in training.
    loss : str
        Default loss of trainings that start from random weights.
    """

    name: str
    filters: tuple[int, ...]
    fewest: int
    most: int
    dropout: float
    finest: int = 1
    deeper: int = 0
    loss: str = "dice"

    def stride(self, levels: int) -> int:
        """Return the pixels, after downsampling, per feature of the coarsest level."""
        return self.finest * 2 ** (levels - 1 + self.deeper)


ARCHITECTURES = {
    "unet3plus": Architecture("UNet 3+", (32, 64, 128, 256, 512), 5, 5, 0.3),
    # without normalisation layers, the Dice loss can leave every pixel background
    "unet": Architecture("U-Net", (32, 64, 128, 256, 512, 1024), 1, 6, 0.2, loss="dice_ce"),
    "nnunet": Architecture("U-Net as configured by nnU-Net", (), 2, 8, 0.0),
    "resnet_vae": Architecture("residual network with a variational branch", (8, 16, 32, 64), 2, 6, 0.0, deeper=1),
    "swin_unet": Architecture("Swin-Unet", (96, 192, 384, 768), 2, 5, 0.1, finest=4),
}


def planned_filters(side: int) -> list[int]:
    """Return the filters of each level as nnU-Net plans them for square images of `side` pixels.

    Images are halved while at least four pixels remain; filters double from 32 up to 512 (Isensee et al., nnU-Net,
    Nature Methods 2021, for 2D networks). nnU-Net pads images whose side cannot be halved; here, halving ends.
    """
    filters = [NNUNET_FILTERS]
    while side % 2 == 0 and side >= 2 * NNUNET_SMALLEST_SIDE:
        side //= 2
        filters.append(min(2 * filters[-1], NNUNET_MOST))
    return filters


def with_defaults(network: Mapping) -> dict:
    """Return the section `network` of a study file with the defaults that depend on the architecture."""
    kind = ARCHITECTURES[network["architecture"]]
    filters = network.get("filters") or list(kind.filters) or planned_filters(network["size"] // network["downsample"])
    # always in this order, because another order of the same settings is not a change
    return {
        "architecture": network["architecture"],
        "filters": filters,
        "size": network["size"],
        "downsample": network["downsample"],
        "dropout": network.get("dropout", kind.dropout),
    }


def check_network(network: Mapping, key: str) -> None:
    """Raise BadInput if complete settings do not fit their architecture; `key` is that of the section."""
    kind, filters = ARCHITECTURES[network["architecture"]], network["filters"]
    if not kind.fewest <= len(filters) <= kind.most:
        expected = kind.fewest if kind.fewest == kind.most else f"{kind.fewest} to {kind.most}"
        raise BadInput(
            f"{key}.filters: found {len(filters)} values, expected {expected}, one for each level of the architecture "
            f"{network['architecture']}; correct them"
        )
    step = kind.stride(len(filters)) * network["downsample"]
    if network["size"] % step:
        raise BadInput(
            f"{key}.size: found {network['size']}, expected a multiple of {step}, the pixels per feature at the "
            f"coarsest of the {len(filters)} levels of {network['architecture']} with downsample "
            f"{network['downsample']}; choose {step * max(1, round(network['size'] / step))}, or fewer levels"
        )
    if network["architecture"] == "swin_unet":
        odd = [count for count in filters if count > HEAD_CHANNELS and count % HEAD_CHANNELS]
        if odd or any(second != 2 * first for first, second in pairwise(filters)):
            raise BadInput(
                f"{key}.filters: found {filters}, expected each level to have twice the filters of the level before, "
                f"in multiples of {HEAD_CHANNELS} above {HEAD_CHANNELS}, as in 96, 192, 384; correct them"
            )
