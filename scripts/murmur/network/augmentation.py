"""Augmentation of training slices, as described in the paper and as implemented in the study's public code.

Images are in 0..1, with axes (row, column). All transforms are drawn from the generator that is passed in, so that the
augmentation of a slice depends on its seed only. The paper gives the probabilities of flips and rotations by 90°; the
others are those of the code. docs/training.md compares the two.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import ndimage
from skimage.exposure import equalize_adapthist

from murmur.network.preprocessing import scale

# Probability of each transform, in the order in which they are applied; the same in both augmentations.
CHANCE = {"flip": 0.5, "turn": 0.5, "brightness": 0.4, "gamma": 0.3, "noise": 0.5, "CLAHE": 0.5, "affine": 0.5}

BRIGHTNESS = 0.17  # share of the range, added
GAMMA = (0.70, 1.20)
NOISE_VARIANCE = (30.0, 100.0)  # on a scale of 0..255, the paper's
NOISE_SD = (0.1, 0.4)  # share of the range, the code's
CLAHE_CLIP = 2.0  # times the mean of the histogram
CLAHE_TILES = 8  # per axis
SHIFT = 0.0625  # share of the image's side
SCALE = 0.10
ROTATION = np.deg2rad(10.0)


def _equalise(image: np.ndarray, clip: float, bins: int) -> np.ndarray:
    tile = max(image.shape[0] // CLAHE_TILES, 1)
    return equalize_adapthist(image, kernel_size=tile, clip_limit=clip / bins, nbins=bins)


def _affine(image: np.ndarray, mask: np.ndarray, angle: float, factors, shift) -> tuple[np.ndarray, np.ndarray]:
    """Scale by `factors`, rotate by `angle` (radians), both about the centre, then shift; pairs are (row, column)."""
    image, mask = np.ascontiguousarray(image), np.ascontiguousarray(mask)
    # SciPy asks where each output pixel comes from, so the matrix is the inverse of the transform.
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.array([[cos, sin], [-sin, cos]]) / np.reshape(factors, (2, 1))
    centre = (np.array(image.shape) - 1) / 2
    offset = centre - matrix @ (centre + shift)
    return (
        ndimage.affine_transform(image, matrix, offset, order=1),
        ndimage.affine_transform(mask, matrix, offset, order=0),
    )


def augment_paper(image: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Augment a slice and its mask as described in the paper.

    Flip and rotation by a multiple of 90° (p 0.5 each), brightness ±0.17 (0.4), gamma 0.70 to 1.20 (0.3), Gaussian
    noise of variance 30 to 100 on a scale of 0..255 (0.5), CLAHE with clip limit 2 on 8 × 8 tiles (0.5), and rotation
    by ±10°, scaling by ±10% and translation by ±6.25% (0.5; linear interpolation for the image, nearest neighbour for
    the mask, 0 outside). The image is then min-max normalised, as are all inputs of the network, so that only the
    clipping of a brightness change remains.

    Parameters
    ----------
    image : ndarray
        Square image (row, column), float32 in 0..1.
    mask : ndarray
        Labels (row, column), uint8.
    rng : Generator
        Source of all random numbers.

    Returns
    -------
    image, mask : ndarray
        Augmented copies.
    """
    if rng.random() < CHANCE["flip"]:
        image, mask = image[:, ::-1], mask[:, ::-1]
    if rng.random() < CHANCE["turn"]:
        turns = int(rng.integers(1, 4))
        image, mask = np.rot90(image, turns), np.rot90(mask, turns)
    if rng.random() < CHANCE["brightness"]:
        image = np.clip(image + rng.uniform(-BRIGHTNESS, BRIGHTNESS), 0, 1)
    if rng.random() < CHANCE["gamma"]:
        image = image ** rng.uniform(*GAMMA)
    if rng.random() < CHANCE["noise"]:
        sd = np.sqrt(rng.uniform(*NOISE_VARIANCE)) / 255
        image = np.clip(image + sd * rng.standard_normal(image.shape, dtype=np.float32), 0, 1)
    if rng.random() < CHANCE["CLAHE"]:
        image = _equalise(image, CLAHE_CLIP, bins=1024)
    if rng.random() < CHANCE["affine"]:
        angle, factor = rng.uniform(-ROTATION, ROTATION), rng.uniform(1 - SCALE, 1 + SCALE)
        shift = rng.uniform(-SHIFT, SHIFT, size=2) * image.shape
        image, mask = _affine(image, mask, angle, (factor, factor), shift)
    return scale(image), np.ascontiguousarray(mask)


def _grey_levels(image: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(image), 0, 255)


def augment_notebook(image: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Augment a slice and its mask as implemented in the study's public code.

    The image is quantised to 256 grey levels throughout: flip (p 0.5); rotation by 0, 90, 180 or 270° (0.5); brightness
    ±0.17 of the range (0.4); gamma 0.70 to 1.20 (0.3); Gaussian noise with a standard deviation of 0.1 to 0.4 of the
    range, clipped (0.5); CLAHE with a clip limit of 1 to 2 on 8 × 8 tiles (0.5); scaling by ±10% independently along
    each axis, rotation by ±10° and translation by exactly +6.25% along both axes (0.5; linear interpolation for the
    image, nearest neighbour for the mask, 0 outside). The image is then min-max normalised.

    Parameters
    ----------
    image : ndarray
        Square image (row, column), float32 in 0..1.
    mask : ndarray
        Labels (row, column), uint8.
    rng : Generator
        Source of all random numbers.

    Returns
    -------
    image, mask : ndarray
        Augmented copies.
    """
    image = np.floor(image * np.float32(255))
    if rng.random() < CHANCE["flip"]:
        image, mask = image[:, ::-1], mask[:, ::-1]
    if rng.random() < CHANCE["turn"]:
        turns = int(rng.integers(4))
        image, mask = np.rot90(image, turns), np.rot90(mask, turns)
    if rng.random() < CHANCE["brightness"]:
        image = _grey_levels(image + 255 * rng.uniform(-BRIGHTNESS, BRIGHTNESS))
    if rng.random() < CHANCE["gamma"]:
        image = _grey_levels(255 * (image / 255) ** rng.uniform(*GAMMA))
    if rng.random() < CHANCE["noise"]:
        sd = 255 * rng.uniform(*NOISE_SD)
        image = _grey_levels(image + sd * rng.standard_normal(image.shape, dtype=np.float32))
    if rng.random() < CHANCE["CLAHE"]:
        image = _grey_levels(255 * _equalise(image / 255, rng.uniform(1, CLAHE_CLIP), bins=256))
    if rng.random() < CHANCE["affine"]:
        factors, angle = rng.uniform(1 - SCALE, 1 + SCALE, size=2), rng.uniform(-ROTATION, ROTATION)
        image, mask = _affine(image, mask, angle, factors, SHIFT * np.array(image.shape))
        image = _grey_levels(image)
    return scale(image), np.ascontiguousarray(mask)


class Recipe(NamedTuple):
    """Differences between the training described in the paper and that of the code."""

    augment: Callable  # (image, mask, generator) to augmented image and mask
    with_replacement: bool  # sample slices with replacement, full batches only; else every slice once per epoch
    validation_batch: int | None  # slices per validation batch, over which the loss is computed; None: as in training
    equal_starts: bool  # kernels of the same shape are initialised with identical weights

    def steps(self, slices: int, batch_size: int) -> int:
        """Return the number of steps of an epoch."""
        return slices // batch_size if self.with_replacement else -(-slices // batch_size)

    def draw(self, slices: int, batch_size: int, seed: int, epoch: int) -> list[tuple[int, list[int]]]:
        """Return the slices of an epoch in order, each with the seed of its augmentation."""
        rng = np.random.default_rng([seed, epoch])
        if self.with_replacement:
            drawn = rng.integers(slices, size=self.steps(slices, batch_size) * batch_size)
            # From 1, because the seeds [seed, epoch, 0] and [seed, epoch] are equivalent in NumPy.
            return [(number, [seed, epoch, place]) for place, number in enumerate(drawn.tolist(), start=1)]
        order = np.arange(slices)
        rng.shuffle(order)
        return [(number, [seed, epoch, number]) for number in order.tolist()]


RECIPES = {
    "paper": Recipe(augment_paper, with_replacement=False, validation_batch=None, equal_starts=False),
    "notebook": Recipe(augment_notebook, with_replacement=True, validation_batch=32, equal_starts=True),
}
