"""Corruptions of a cine, as acquisition and export produce them, in five severities.

They apply to the phantom and to real images. Each returns the images with the masks that belong to them, so that the
masks of a network can be compared with these.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import fft, ndimage

from murmur.vocabulary import BLOOD_POOL

SEVERITIES = (1, 2, 3, 4, 5)
FEWEST_SLICES = 3  # of the heart, which cropping leaves
HIGHEST = np.iinfo(np.uint16).max


@dataclass(frozen=True)
class Cine:
    """A cine: `images` (uint16) and `masks` (uint8), axes (row, column, slice, frame), and `spacing_mm` as stated."""

    images: np.ndarray
    masks: np.ndarray
    spacing_mm: tuple[float, float, float]


def corrupt(rng: np.random.Generator, cine: Cine, kind: str, severity: int) -> Cine:
    """Return a corrupted copy of a cine.

    Parameters
    ----------
    rng : Generator
        Source of the random choices.
    cine : Cine
        Images with masks in all frames.
    kind : str
        Key of KINDS.
    severity : int
        1 (hardly visible) to 5.

    Returns
    -------
    Cine
        The corrupted images, with the masks of the same anatomy and the spacing that the file would state.
    """
    return KINDS[kind](rng, cine, severity)


def _with_images(cine: Cine, images: np.ndarray) -> Cine:
    return replace(cine, images=np.clip(np.rint(images), 0, HIGHEST).astype(np.uint16))


def _brightest(images: np.ndarray) -> float:
    """Return the signal below which 99.5% of the pixels are."""
    return float(np.percentile(images[::4, ::4], 99.5))


def _inflow(rng: np.random.Generator, cine: Cine, severity: int) -> Cine:
    """Blood loses 15% to 75% of its signal in a region of each slice, in frames of rapid change of the volume."""
    volume = (cine.masks == BLOOD_POOL).sum(axis=(0, 1, 2)).astype(float)
    speed = np.abs(np.gradient(volume)) if volume.size > 1 else np.ones(1)
    speed = 0.5 + 0.5 * speed / max(speed.max(), 1)
    place = rng.normal(0, 6, 2)
    images = cine.images.astype(np.float32)
    rows, columns = np.mgrid[: images.shape[0], : images.shape[1]]
    for number, frame in np.ndindex(images.shape[2:]):
        blood = cine.masks[:, :, number, frame] == BLOOD_POOL
        if blood.any():
            centre = np.argwhere(blood).mean(axis=0) + place
            width = 0.8 * np.sqrt(blood.sum() / np.pi)
            spot = np.exp(-((rows - centre[0]) ** 2 + (columns - centre[1]) ** 2) / (2 * width**2))
            images[:, :, number, frame] *= 1 - 0.15 * severity * speed[frame] * spot * blood
    return _with_images(cine, images)


def _in_k_space(images: np.ndarray, change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Apply `change` to the spectra of each slice (row, column, frame) and return the magnitude images."""
    changed = np.empty(images.shape, np.float32)
    for number in range(images.shape[2]):
        spectrum = fft.fft2(images[:, :, number].astype(np.complex64), axes=(0, 1))
        changed[:, :, number] = np.abs(fft.ifft2(change(spectrum), axes=(0, 1)))
    return changed


def _misgating(rng: np.random.Generator, cine: Cine, severity: int) -> Cine:
    """A tenth to a half of the lines of k-space come from other frames."""
    rows, _, _, frames = cine.images.shape

    def mix(spectrum: np.ndarray) -> np.ndarray:
        source = np.tile(np.arange(frames), (rows, 1))
        wrong = rng.random(source.shape) < 0.1 * severity
        source[wrong] = rng.integers(0, frames, wrong.sum())
        return np.take_along_axis(spectrum, source[:, None, :], axis=2)

    return _with_images(cine, _in_k_space(cine.images, mix))


def _ghosting(rng: np.random.Generator, cine: Cine, severity: int) -> Cine:
    """A copy with 10% to 50% of the signal is displaced along a random axis by a third to a half of the image."""
    axis = int(rng.integers(2))
    shift = int(cine.images.shape[axis] * rng.uniform(0.33, 0.5))
    return _with_images(cine, cine.images + 0.1 * severity * np.roll(cine.images.astype(np.float32), shift, axis))


def _bias(rng: np.random.Generator, cine: Cine, severity: int) -> Cine:
    """The sensitivity of the coil changes across the image, by a factor of up to 1.6 to 11."""
    rows, columns = (np.linspace(-0.5, 0.5, size) for size in cine.images.shape[:2])
    angle = rng.uniform(0, 2 * np.pi)
    slope = np.sin(angle) * rows[:, None] + np.cos(angle) * columns[None, :]
    field = np.exp(0.48 * severity * slope / (np.abs(slope).max() * 2) * 2)
    return _with_images(cine, cine.images * field[:, :, None, None] / field.max())


def _noise(rng: np.random.Generator, cine: Cine, severity: int) -> Cine:
    """Rician noise with a standard deviation of 5% to 25% of the brightest signal."""
    sd = 0.05 * severity * _brightest(cine.images)
    real, imaginary = (sd * rng.standard_normal(cine.images.shape, dtype=np.float32) for _ in range(2))
    return _with_images(cine, np.hypot(cine.images + real, imaginary))


def _blur(rng: np.random.Generator, cine: Cine, severity: int) -> Cine:
    """Resolution is lost within the slices: a Gaussian of 1 to 5 pixels."""
    return _with_images(cine, ndimage.gaussian_filter(cine.images.astype(np.float32), (severity, severity, 0, 0)))


def _cropped(rng: np.random.Generator, cine: Cine, severity: int) -> Cine:
    """The stack begins or ends within the ventricle, 1 to 5 of whose slices are missing; at least three remain."""
    heart = np.flatnonzero(cine.masks.any(axis=(0, 1, 3)))
    missing = min(severity, max(len(heart) - FEWEST_SLICES, 0))
    kept = slice(heart[0] + missing, None) if rng.random() < 0.5 else slice(None, heart[-1] + 1 - missing)
    return replace(cine, images=cine.images[:, :, kept], masks=cine.masks[:, :, kept])


def _swapped(rng: np.random.Generator, cine: Cine, severity: int) -> Cine:
    """Two slices of the heart, 1 to 5 positions apart, are exchanged."""
    heart = np.flatnonzero(cine.masks.any(axis=(0, 1, 3)))
    apart = min(severity, len(heart) - 1)
    first = int(rng.integers(heart[0], heart[-1] - apart + 1))
    order = np.arange(cine.masks.shape[2])
    order[[first, first + apart]] = order[[first + apart, first]]
    return replace(cine, images=cine.images[:, :, order], masks=cine.masks[:, :, order])


def _spacing(rng: np.random.Generator, cine: Cine, severity: int) -> Cine:
    """The file states pixels that are 10% to 50% too large, or as much too small."""
    factor = (1 + 0.1 * severity) ** rng.choice([-1, 1])
    *pixel, thickness = cine.spacing_mm
    return replace(cine, spacing_mm=(*(side * factor for side in pixel), thickness))


def _contrast(rng: np.random.Generator, cine: Cine, severity: int) -> Cine:
    """Signal is mixed with its negative: contrast is lost, and inverted from severity 3."""
    brightest, share = _brightest(cine.images), 0.17 * severity
    inverse = np.clip(brightest - cine.images.astype(np.float32), 0, None)
    return _with_images(cine, (1 - share) * cine.images + share * inverse)


KINDS: dict[str, Callable[[np.random.Generator, Cine, int], Cine]] = {
    "inflow": _inflow,
    "misgating": _misgating,
    "ghosting": _ghosting,
    "bias": _bias,
    "noise": _noise,
    "blur": _blur,
    "cropped": _cropped,
    "swapped": _swapped,
    "spacing": _spacing,
    "contrast": _contrast,
}
