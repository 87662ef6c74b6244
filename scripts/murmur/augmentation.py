"""The study's augmentation, as its paper states it, on images in 0..1 without a round trip through 8 bits.

Each transform is drawn from the generator that is passed in, so a slice's augmentation depends on its seed alone.
The paper gives probabilities for flip and rotation by 90°; the others are those of its implementation.
"""

import numpy as np
from scipy import ndimage
from skimage.exposure import equalize_adapthist

from murmur.slices import scale

BRIGHTNESS = 0.17  # share of the range, added
GAMMA = (0.70, 1.20)
NOISE_VARIANCE = (30.0, 100.0)  # on a scale of 0..255
CLAHE_CLIP = 2.0  # times the mean of the histogram
CLAHE_BINS = 1024
CLAHE_TILES = 8  # per axis
SHIFT = 0.0625  # share of the image's side
SCALE = 0.10
ROTATION = np.deg2rad(10.0)


def _affine(image: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    angle = rng.uniform(-ROTATION, ROTATION)
    factor = rng.uniform(1 - SCALE, 1 + SCALE)
    shift = rng.uniform(-SHIFT, SHIFT, size=2) * image.shape
    # SciPy asks where each output pixel comes from, so the matrix is the inverse of the transform.
    cos, sin = np.cos(angle) / factor, np.sin(angle) / factor
    matrix = np.array([[cos, sin], [-sin, cos]])
    centre = (np.array(image.shape) - 1) / 2
    offset = centre - matrix @ (centre + shift)
    return (
        ndimage.affine_transform(image, matrix, offset, order=1),
        ndimage.affine_transform(mask, matrix, offset, order=0),
    )


def augment(image: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a randomly changed copy of a slice and its mask.

    Args:
        image: (row, column), float32 in 0..1, square.
        mask: (row, column), uint8 labels.
        rng: the generator of all random numbers.

    Mirror and rotation by 90° (p 0.5 each), brightness ±0.17 (0.4), gamma 0.70 to 1.20 (0.3), Gaussian noise of
    variance 30 to 100 on 0..255 (0.5), CLAHE with clip limit 2 on 8 × 8 tiles (0.5), rotation ±10°, scale ±10 % and
    shift ±6.25 % (0.5; linear for the image, nearest for the mask, 0 outside). The image is then scaled to 0..1 by its
    own range, as every image is that the network sees, so that of a change of brightness only the clipping stays.
    """
    if rng.random() < 0.5:
        image, mask = image[:, ::-1], mask[:, ::-1]
    if rng.random() < 0.5:
        turns = int(rng.integers(1, 4))
        image, mask = np.rot90(image, turns), np.rot90(mask, turns)
    if rng.random() < 0.4:
        image = np.clip(image + rng.uniform(-BRIGHTNESS, BRIGHTNESS), 0, 1)
    if rng.random() < 0.3:
        image = image ** rng.uniform(*GAMMA)
    if rng.random() < 0.5:
        sd = np.sqrt(rng.uniform(*NOISE_VARIANCE)) / 255
        image = np.clip(image + sd * rng.standard_normal(image.shape, dtype=np.float32), 0, 1)
    if rng.random() < 0.5:
        tile = max(image.shape[0] // CLAHE_TILES, 1)
        image = equalize_adapthist(image, kernel_size=tile, clip_limit=CLAHE_CLIP / CLAHE_BINS, nbins=CLAHE_BINS)
    if rng.random() < 0.5:
        image, mask = _affine(np.ascontiguousarray(image), np.ascontiguousarray(mask), rng)
    return scale(image), np.ascontiguousarray(mask)
