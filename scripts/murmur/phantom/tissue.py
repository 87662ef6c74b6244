"""Building blocks of the phantom's chest: soft-edged shapes, vessels, ribs and smooth random fields.

Positions and lengths are in mm, signal is relative to blood (1). Images are modified in place.
"""

import numpy as np
from scipy import fft
from scipy.ndimage import fourier_gaussian


def ellipse(x: np.ndarray, y: np.ndarray, a: float, b: float) -> np.ndarray:
    """Return the signed distance from an ellipse with half axes a and b, good near its edge; negative inside."""
    return (np.sqrt((x / a) ** 2 + (y / b) ** 2) - 1) * min(a, b)


def cover(distance: np.ndarray, width: float) -> np.ndarray:
    """Return the share of each pixel inside an edge of the given width, from its centre's signed distance."""
    return np.clip(0.5 - distance / width, 0, 1)


def paint(picture: np.ndarray, share: np.ndarray, signal: np.ndarray | float) -> None:
    """Lay `signal` over the picture, as far as `share` covers it."""
    picture += share * (signal - picture)


def smooth_field(rng: np.random.Generator, shape: tuple[int, int], size: float) -> np.ndarray:
    """Return a smooth random field, mean 0 and standard deviation 1; `size` in pixels, the kernel's deviation."""
    noise = fft.rfft2(rng.standard_normal(shape, dtype=np.float32))
    field = fft.irfft2(fourier_gaussian(noise, size, n=shape[1]), shape)
    return ((field - field.mean()) / field.std()).astype(np.float32)


class Vessel:
    """A bright piece of vessel: bent, thinner and dimmer towards one end, in some of the slices.

    Ranges bound what is drawn. A branch begins near the middle of its `trunk` and needs no position.
    """

    def __init__(self, rng, half_width, half_length, signal, u=None, v=None, trunk=None):
        self.angle, self.bend = rng.uniform(0, 2 * np.pi), rng.normal(0, 0.12)
        self.half_width, self.half_length = rng.uniform(*half_width), rng.uniform(*half_length)
        self.signal, self.reach = rng.uniform(*signal), rng.uniform(0.12, 0.4)
        if trunk is None:
            self.u, self.v = rng.uniform(*u), rng.uniform(*v)
            self.drift, self.height = rng.normal(0, 1.5, 2), rng.uniform(-0.1, 1.2)
        else:
            away = self.half_length + abs(rng.normal(0, 0.7))
            self.u, self.v = trunk.u + away * np.cos(self.angle), trunk.v + away * np.sin(self.angle)
            self.drift, self.height = trunk.drift, trunk.height + rng.normal(0, 0.2)

    def paint(self, picture, u, v, pixel, height, where):
        """Paint it at positions u, v into a plane, where tissue lets it; heights as shares of the ventricle's."""
        above = height - self.height
        if abs(above) >= self.reach:
            return
        du, dv = u - self.u - self.drift[0] * above, v - self.v - self.drift[1] * above
        near = np.maximum(np.abs(du), np.abs(dv)) < self.half_length + self.half_width + 1
        if not near.any():
            return
        box = bounds(near)
        du, dv = du[box], dv[box]
        along = du * np.cos(self.angle) + dv * np.sin(self.angle)
        across = dv * np.cos(self.angle) - du * np.sin(self.angle) + self.bend * along**2
        distance = np.hypot(np.maximum(np.abs(along) - self.half_length, 0), across)
        taper = 0.75 - 0.4 * np.clip(along / self.half_length, -1, 1)
        half_width = self.half_width * taper * np.sqrt(1 - (above / self.reach) ** 2)
        share = cover(distance - half_width, 2 * pixel) * np.clip(0.55 + 0.6 * taper, 0, 1)
        paint(picture[box], share * where[box], self.signal)


class Ribs:
    """Ribs in the chest wall, dark, and the bright vessels between them in a row along the lung."""

    def __init__(self, rng):
        self.spacing, self.phase = rng.uniform(0.9, 1.4), rng.uniform(0, 1)
        self.signal, self.size = rng.uniform(0.15, 0.6), rng.uniform(0.12, 0.22)
        self.slant, self.centre, self.width = rng.normal(0, 0.4), rng.uniform(-8, 8), rng.uniform(3, 7)

    def paint(self, picture, u, v, inwards, height, muscle):
        """Paint them; `inwards` is the distance from the inner side of the chest wall."""
        count = (0.8 * v + self.slant * u) / self.spacing + self.phase + 0.8 * height
        row = np.exp(-(((count - np.rint(count)) * self.spacing / self.size) ** 2))
        row *= np.exp(-(((v - self.centre) / self.width) ** 4))
        paint(picture, row * np.exp(-(((inwards - 0.45) / 0.3) ** 2)), self.signal)
        paint(picture, 0.5 * row * np.exp(-(((inwards + 0.6) / 0.35) ** 2)), 0.5 * muscle)


def bounds(region: np.ndarray) -> tuple[slice, slice]:
    """Return the smallest box of rows and columns that holds the region."""
    rows, columns = np.flatnonzero(region.any(1)), np.flatnonzero(region.any(0))
    return np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
