"""The phantom's acquisition: protocol, position of the slices, coil, sampling and noise."""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from scipy import fft

from murmur.phantom.heart import Heart
from murmur.phantom.look import Look

MATRIX = 256  # pixels along each side of an image, interpolated from half as many samples
SLICE_MM = 1.0


@dataclass(frozen=True)
class Scanner:
    """Protocol and position. Lengths in mm, angles in radians, signal relative to blood (1)."""

    pixel: float
    slice_tops: np.ndarray  # height of each slice's upper face above the apex at ED
    turn: float  # in-plane direction from the heart to the chest wall
    centre: np.ndarray  # of the heart, from the image's corner: row, column
    tilt: np.ndarray  # of the long axis: shift in row and column per mm of height
    myocardium: float
    noise: float
    stored_blood: float  # the number that blood has in the file
    shading: np.ndarray  # relative change of the coil's sensitivity per mm: to the chest wall, row, column
    jet: float  # loss of signal in the fastest flow
    jet_at: np.ndarray  # where, from the long axis: row, column
    look: Look = field(default_factory=Look)


def draw_scanner(rng: np.random.Generator, heart: Heart, field_T: float) -> Scanner:
    """Draw an acquisition: the stack begins a slice or two above the valve plane of ED and reaches the apex."""
    low_field = field_T < 8
    above = 1 + int(rng.random() < 0.15)
    below = int(rng.random() < 0.25)
    tops = place_slices(rng, heart, above, below)
    pixel = 0.12 if low_field else 0.1
    turn = rng.uniform(0, 2 * np.pi)
    # The heart lies off the image's centre, towards the chest wall.
    shift = rng.uniform(0.5, 4.0) * np.array([np.sin(turn), np.cos(turn)])
    return Scanner(
        pixel=pixel,
        slice_tops=tops if rng.random() < 0.5 else tops[::-1],
        turn=turn,
        centre=MATRIX * pixel / 2 + shift + rng.normal(0, 0.8, 2),
        tilt=rng.normal(0, 0.12, 2),
        myocardium=rng.uniform(0.40, 0.55) if low_field else rng.uniform(0.29, 0.42),
        noise=rng.uniform(0.045, 0.075) if low_field else rng.uniform(0.022, 0.05),
        stored_blood=rng.uniform(1200, 2600) if low_field else rng.uniform(2000, 5000),
        shading=np.array([rng.uniform(0.0, 0.07), *rng.normal(0, 0.02, 2)]),
        jet=rng.uniform(0.3, 0.9),
        jet_at=rng.normal(0, 0.5, 2),
    )


def place_slices(rng: np.random.Generator, heart: Heart, above: int, below: int, most: int = 11) -> np.ndarray:
    """Return the upper faces of the slices, from the base: `above` slices above the ventricle at ED, `below` below it.

    There are 8 to `most` slices. The valve plane is within 0.1 mm of the border of two slices, as an operator would
    plan it.
    """
    slices = int(np.clip(above + np.ceil(heart.length - 0.4) + below, 8, most))
    return heart.length + rng.uniform(-0.1, 0.1) + SLICE_MM * (above - np.arange(slices))


def acquire(rng: np.random.Generator, picture: np.ndarray, scanner: Scanner) -> np.ndarray:
    """Return the uint16 image of a picture, both (row, column).

    The central half of k-space is sampled with complex noise and tapered, the rest filled with zeros; the
    magnitude then has Rician noise that is correlated between pixels, and a trace of ringing.
    """
    samples = MATRIX // 2
    kept = np.ix_(*[np.r_[0 : samples // 2, MATRIX - samples // 2 : MATRIX]] * 2)
    strength, displacement, axis = scanner.look.ghost
    if strength:
        picture = picture + strength * np.roll(picture, displacement, axis)
    spectrum = fft.fft2(picture.astype(np.complex64))
    noise = rng.standard_normal((2, samples, samples), dtype=np.float32)
    # With this factor the noise has its standard deviation in an image of the samples' own matrix.
    noise = scanner.noise * 2 * MATRIX * (noise[0] + 1j * noise[1])
    sampled = (spectrum[kept] + noise) * taper(scanner.look.detail)
    spectrum[:] = 0
    spectrum[kept] = sampled
    magnitude = np.abs(fft.ifft2(spectrum))
    if scanner.look.grey:
        dark, bright, gamma = scanner.look.grey
        magnitude = np.clip((magnitude - dark) / (bright - dark), 0, 1) ** gamma
    return np.clip(np.rint(magnitude * scanner.stored_blood), 0, np.iinfo(np.uint16).max).astype(np.uint16)


@lru_cache(maxsize=1)
def taper(detail: tuple[float, float]) -> np.ndarray:
    """Return the weights of k-space's samples (row, column), of which the share `detail` is kept along each axis."""
    k = np.abs(fft.fftfreq(MATRIX // 2)) * 2 / np.array(detail)[:, None]
    rows, columns = np.where(k < 0.6, 1.0, 0.5 + 0.5 * np.cos(0.85 * np.pi * (k - 0.6) / 0.4)) * (k <= 1)
    return np.outer(rows, columns).astype(np.float32)
