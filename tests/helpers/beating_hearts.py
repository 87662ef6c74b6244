"""A beating heart of discs, without errors, for the tests of the quality of masks."""

import numpy as np

from murmur.vocabulary import BLOOD_POOL, MYOCARDIUM

SPACING_MM = (0.1, 0.1, 1.0)
SIZE, WALL = 96, 9  # pixels
RADII = (8, 15, 20, 22, 23, 23, 22)  # of the blood pool at ED in pixels, from the apex
FRAMES = 12


def heart_of_discs(size: int = SIZE) -> np.ndarray:
    """Return masks (row, column, slice, frame) of one beat; the volume follows a cosine, and the mass is constant."""
    row, column = np.mgrid[:size, :size]
    distance = np.hypot(row - size / 2, column - size / 2)
    masks = np.zeros((size, size, len(RADII) + 2, FRAMES), np.uint8)  # an empty slice at each end
    for number, radius in enumerate(RADII, start=1):
        for frame in range(FRAMES):
            inner = radius * np.sqrt(0.7 + 0.3 * np.cos(2 * np.pi * frame / FRAMES))
            outer = np.sqrt((radius + WALL) ** 2 - radius**2 + inner**2)
            masks[:, :, number, frame] = np.select([distance < inner, distance < outer], [BLOOD_POOL, MYOCARDIUM])
    return masks


def images_of_discs(masks: np.ndarray) -> np.ndarray:
    """Return images in which blood is bright and myocardium dark, with noise."""
    noise = np.random.default_rng(1).normal(0, 30, masks.shape)
    return (np.choose(masks, [300, 400, 1000]) + noise).astype(np.uint16)
