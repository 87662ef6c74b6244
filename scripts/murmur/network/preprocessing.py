"""Network input: slices normalised to their own range, on a square grid around the image centre."""

import numpy as np


def scale(images: np.ndarray) -> np.ndarray:
    """Min-max normalise each 2D image to 0..1; a constant image becomes 0.

    Parameters
    ----------
    images : ndarray
        Images (..., row, column) of any numeric type.

    Returns
    -------
    ndarray
        float32, same shape.
    """
    images = images.astype(np.float32)
    lowest = images.min(axis=(-2, -1), keepdims=True)
    width = images.max(axis=(-2, -1), keepdims=True) - lowest
    return np.divide(images - lowest, width, out=np.zeros_like(images), where=width > 0)


def _overlap(length: int, size: int) -> tuple[slice, slice]:
    """Return where a centred window of `size` pixels lies on an axis of `length`, in the axis and in the window."""
    offset = (length - size) // 2
    start, stop = max(offset, 0), min(offset + size, length)
    return slice(start, stop), slice(start - offset, stop - offset)


def to_square(images: np.ndarray, size: int) -> np.ndarray:
    """Centre-crop or zero-pad images (..., row, column) to (..., size, size)."""
    rows, rows_in = _overlap(images.shape[-2], size)
    columns, columns_in = _overlap(images.shape[-1], size)
    square = np.zeros((*images.shape[:-2], size, size), images.dtype)
    square[..., rows_in, columns_in] = images[..., rows, columns]
    return square


def from_square(squares: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Undo `to_square`: restore (..., size, size) to a grid (..., *shape); cropped regions become 0."""
    size = squares.shape[-1]
    rows, rows_in = _overlap(shape[0], size)
    columns, columns_in = _overlap(shape[1], size)
    images = np.zeros((*squares.shape[:-2], *shape), squares.dtype)
    images[..., rows, columns] = squares[..., rows_in, columns_in]
    return images
