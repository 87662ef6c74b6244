"""The two augmentations of a training slice: as the paper states it, and as the study's public code does it.

Images are in 0..1, axes (row, column). Each transform is drawn from the generator that is passed in, so a slice's
augmentation depends on its seed alone. The paper gives probabilities for flip and rotation by 90°; the others are those
of the code. docs/training.md sets the two side by side.
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
    """Return a randomly changed copy of a slice and its mask, as the paper states it.

    Args:
        image: (row, column), float32 in 0..1, square.
        mask: (row, column), uint8 labels.
        rng: the generator of all random numbers.

    Mirror and rotation by 90° (p 0.5 each), brightness ±0.17 (0.4), gamma 0.70 to 1.20 (0.3), Gaussian noise of
    variance 30 to 100 on 0..255 (0.5), CLAHE with clip limit 2 on 8 × 8 tiles (0.5), rotation ±10°, scale ±10 % and
    shift ±6.25 % (0.5; linear for the image, nearest for the mask, 0 outside). The image is then scaled to 0..1 by its
    own range, as every image is that the network sees, so that of a change of brightness only the clipping stays.
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
    """Return a randomly changed copy of a slice and its mask, as the study's public code does it.

    Args:
        image: (row, column), float32 in 0..1, square.
        mask: (row, column), uint8 labels.
        rng: the generator of all random numbers.

    The image is truncated to 256 grey levels and stays on them: mirror (p 0.5); rotation by 0, 90, 180 or 270° (0.5);
    brightness ±0.17 of the range (0.4); gamma 0.70 to 1.20 (0.3); Gaussian noise of standard deviation 0.1 to 0.4 of
    the range, clipped (0.5); CLAHE with a clip limit of 1 to 2 on 8 × 8 tiles (0.5); scale ±10 % along each axis by
    itself, rotation ±10° and a shift of exactly +6.25 % along both axes (0.5; linear for the image, nearest for the
    mask, 0 outside). It is then scaled to 0..1 by its own range.
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
    """What the paper and the code do differently."""

    augment: Callable  # (image, mask, generator) to a changed image and mask
    with_replacement: bool  # draw each batch anew from all slices, whole batches only; else every slice once per epoch
    validation_batch: int | None  # slices per batch of validation, over which the loss is taken; else as in training
    equal_starts: bool  # kernels of the same shape start from the same weights

    def steps(self, slices: int, batch_size: int) -> int:
        """Return the number of steps of an epoch."""
        return slices // batch_size if self.with_replacement else -(-slices // batch_size)

    def draw(self, slices: int, batch_size: int, seed: int, epoch: int) -> list[tuple[int, list[int]]]:
        """Return the slices of an epoch in their order, each with the seed of its augmentation."""
        rng = np.random.default_rng([seed, epoch])
        if self.with_replacement:
            drawn = rng.integers(slices, size=self.steps(slices, batch_size) * batch_size)
            # From 1, for NumPy draws the same from [seed, epoch, 0] as from [seed, epoch].
            return [(number, [seed, epoch, place]) for place, number in enumerate(drawn.tolist(), start=1)]
        order = np.arange(slices)
        rng.shuffle(order)
        return [(number, [seed, epoch, number]) for number in order.tolist()]


RECIPES = {
    "paper": Recipe(augment_paper, with_replacement=False, validation_batch=None, equal_starts=False),
    "notebook": Recipe(augment_notebook, with_replacement=True, validation_batch=32, equal_starts=True),
}
