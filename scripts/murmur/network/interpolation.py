"""Convolutions of interpolated feature maps with far fewer multiplications.

For each weight of the kernel, the channels are mixed on the small map, before it is interpolated. Interpolation, shifts
and their sum are then one matrix along columns and one along rows.
"""

import numpy as np

from murmur.network.heart_region import Interval


def multiplications(
    small: tuple[int, int], large: tuple[int, int], channels: int, kernel: tuple[int, int]
) -> tuple[int, int]:
    """Return the multiplications per channel of the result: after interpolation, and if the channels are mixed first.

    Parameters
    ----------
    small, large : tuple of int
        Numbers of rows and columns before and after interpolation.
    channels : int
        Number of channels of the map.
    kernel : tuple of int
        Numbers of rows and columns of the kernel.
    """
    weights = kernel[0] * kernel[1] * channels
    columns = kernel[0] * small[0] * kernel[1] * small[1] * large[1]
    rows = large[0] * kernel[0] * small[0] * large[1]
    return weights * large[0] * large[1], weights * small[0] * small[1] + columns + rows


def interpolate_and_shift(low: Interval, high: Interval, small: int, large: int, pad: int, side: int) -> np.ndarray:
    """Return the matrix that interpolates along an axis and shifts the result as the weights of a kernel do.

    Interpolation is linear between the centres of pixels.

    Parameters
    ----------
    low, high : Interval
        Pixels before interpolation, and of the result.
    small, large : int
        Numbers of pixels of the whole axis, before and after interpolation.
    pad, side : int
        Padding and number of weights of the kernel along this axis.

    Returns
    -------
    ndarray
        Float32 (pixel of the result, weight of the kernel and pixel before interpolation); a weight that lies outside
        the image is applied to zeros.
    """
    pixel = np.arange(*high)[:, None] + np.arange(side) - pad
    position = np.clip((pixel + 0.5) * small / large - 0.5, 0, small - 1)
    weights = np.maximum(0, 1 - np.abs(position[..., None] - np.arange(*low)))
    inside = (pixel >= 0) & (pixel < large)
    return (weights * inside[..., None]).reshape(high.length, -1).astype(np.float32)
