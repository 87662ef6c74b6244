"""What surrounds the phantom's heart and does not move: chest wall, lungs, liver, vessels, spine, great vessels.

Signal is relative to blood (1). Positions are in mm from the centre of the heart; `u` points from the heart
to the nearest chest wall, `v` across. Shapes are painted one over the other with edges of one pixel.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter


@dataclass(frozen=True)
class Grid:
    """Pixel positions of one slice in mm, shape (row, column), and the pixel's size in mm."""

    u: np.ndarray
    v: np.ndarray
    pixel: float


class Chest:
    """One mouse's chest. `paint(height)` gives the picture of a plane at that height above the apex, in mm."""

    def __init__(self, rng: np.random.Generator, grid: Grid, heart_radius: float, length: float):
        self.grid, self.length = grid, length
        self.seed = int(rng.integers(2**32))
        shape = grid.u.shape
        self.warps = [0.9 * _field(rng, shape, 35) for _ in range(4)]
        self.folds = [0.3 * _field(rng, shape, 10) for _ in range(2)]
        self.texture = 0.10 * _field(rng, shape, 2.2) + 0.08 * _field(rng, shape, 7)
        self.mottle = _field(rng, shape, 3.5)
        self.side = rng.choice([-1, 1])

        self.wall = rng.uniform(1.3, 2.8)  # thickness of the chest wall over the heart
        self.body = (rng.uniform(11.0, 14.5), rng.uniform(12.0, 17.0))
        self.body_centre = (heart_radius + self.wall - self.body[0], self.side * rng.uniform(0, 5.0))
        self.flank = rng.uniform(0.8, 2.2)  # what the wall is thicker elsewhere
        self.muscle = rng.uniform(0.22, 0.33)
        self.lung = rng.uniform(0.03, 0.08)
        self.liver = self.muscle * rng.uniform(0.85, 1.1)
        self.skin = self.muscle * rng.uniform(1.1, 1.6)
        self.fat = self.muscle * rng.uniform(0.5, 1.1)
        self.strata = rng.uniform(0.02, 0.14), rng.uniform(0.5, 1.0), rng.uniform(0, 6)
        self.fascia = 1 - rng.uniform(0.2, 0.5) * np.exp(-((_field(rng, shape, 14) / 0.07) ** 2))

        self.liver_radius = rng.uniform(5.5, 8.5), rng.uniform(8.0, 11.0)  # at the base, at the apex
        self.liver_centre = (-rng.uniform(7.5, 10.0), self.side * rng.uniform(1.0, 6.0))
        self.pocket = heart_radius + rng.uniform(0.2, 1.4), -rng.uniform(-0.5, 1.5), rng.normal(0, 1.3)
        self.ribs = _Ribs(rng)
        self.band = rng.random() < 0.5, self.side * rng.choice([-1, 1]), rng.uniform(0.28, 0.42)
        self.limb = rng.uniform(2.2, 3.6), rng.uniform(1.5, 3.0), rng.choice([-1, 1]) * rng.uniform(4.5, 8)
        self.stomach = rng.random() < 0.6, -rng.uniform(7, 10), self.side * rng.uniform(3, 7), rng.uniform(1.8, 2.8)
        self.spine = self.body_centre[0] - self.body[0] + rng.uniform(3, 4), -self.side * rng.uniform(0, 3)
        self.large = [_Tube(rng, (-10, -4), (-6, 6), (0.4, 0.9), (0.5, 2.2), (0.55, 1.05)) for _ in range(8)]
        self.branches = [
            _Tube(rng, None, None, (0.1, 0.26), (0.5, 1.7), (0.40, 0.75), trunk=trunk)
            for trunk in self.large
            for _ in range(rng.integers(3, 9))
        ]
        self.dots = [_Tube(rng, (-7, 3), (-7, 7), (0.12, 0.3), (0.15, 0.5), (0.3, 0.9)) for _ in range(30)]
        self.wall_vessels = [_Tube(rng, (0, 6), (-9, 9), (0.08, 0.25), (0.2, 1.5), (0.4, 0.9)) for _ in range(7)]
        self.roots = [_Tube(rng, (-5.5, -2.5), (-4.5, 4.5), (0.25, 0.7), (0.3, 1.8), (0.6, 1.0)) for _ in range(8)]

    def paint(self, height: float) -> np.ndarray:
        """Return the signal of the plane, float32 (row, column)."""
        share = np.clip(height / self.length, -0.3, 1.5)
        px = self.grid.pixel
        u = self.grid.u + self.warps[0] + (share - 0.5) * self.warps[1] + 0.35 * (share - 0.5)
        v = self.grid.v + self.warps[2] + (share - 0.5) * self.warps[3]
        picture = np.zeros_like(u)

        size, off_u, off_v = self.limb
        swell = size * np.clip(0.35 + 0.75 * share, 0, 1.1)
        limb = _ellipse(u - self.body_centre[0] - self.body[0] + off_u, v - off_v, swell, swell)
        _over(picture, _cover(limb, px), self.muscle * 0.95)

        depth = -_ellipse(u - self.body_centre[0], v - self.body_centre[1], *self.body)
        depth = np.maximum(depth, -limb)
        amount, period, phase = self.strata
        layers = 1 + amount * np.cos(2 * np.pi * (depth + self.folds[0]) / period + phase)
        _over(picture, _cover(-depth, px), self.muscle * layers * self.fascia)
        _over(picture, _cover(np.abs(depth - 0.7 + self.folds[1]) - 0.35, px) * 0.8, self.fat)
        _over(picture, _cover(np.abs(depth - 0.15) - 0.15, px) * 0.7, self.skin)

        # Inside of the ribs: the wall is thinnest over the heart.
        wall = self.wall + self.flank * (1 - np.exp(-((np.hypot(u - 5, v) / 9) ** 2)))
        hollow = depth - wall + 0.4 * self.folds[1]
        inside = _cover(-hollow, px)
        _over(picture, inside, self.lung)
        there, half, level = self.band
        if there:
            band = _cover(np.abs(hollow - 0.9) - 0.6 + 2 * self.folds[0], px) * inside * _cover(1 - v * half, 8 * px)
            _over(picture, band, level)
        self.ribs.paint(picture, hollow, u, v, self.muscle, share)
        for dot in self.dots:
            dot.paint(picture, u, v, px, share, inside)

        grown = np.clip(1.1 - share, 0, 1)
        radius = self.liver_radius[0] + grown * (self.liver_radius[1] - self.liver_radius[0])
        centre = self.liver_centre[0] + 2.5 * grown, self.liver_centre[1] * (1 - 0.3 * grown)
        dome = _ellipse(u - centre[0], v - centre[1], radius, 1.15 * radius)
        liver = _cover(dome, px) * inside
        _over(picture, liver, self.liver)
        for vessel in self.branches:
            vessel.paint(picture, u, v, px, share, liver)
        size, at_u, at_v = self.pocket
        size *= np.clip(0.2 + 1.6 * share, 0.05, 1.05)
        pocket = _ellipse(u - at_u, v - at_v, size, 0.95 * size)
        _over(picture, _cover(pocket, 3 * px) * inside, self.lung)
        there, at_u, at_v, size = self.stomach
        if there and share < 0.45:
            organ = _ellipse(u - at_u, v - at_v, size * (1.3 - 2 * share), size * (1.1 - share))
            _over(picture, _cover(organ, px) * inside, self.liver * 1.4)
            _over(picture, _cover(organ + 0.25, px) * inside, self.liver * np.clip(0.6 + 0.45 * self.mottle, 0.1, 1.5))
        for vessel in self.large:
            vessel.paint(picture, u, v, px, share, inside)
        for vessel in self.wall_vessels:
            vessel.paint(picture, u, v, px, share, _cover(-depth + 0.4, px) * (1 - inside))
        for vessel in self.roots:
            vessel.paint(picture, u, v, px, share, inside)

        spine = _ellipse(u - self.spine[0], v - self.spine[1], 1.6, 1.9)
        _over(picture, _cover(spine, px), 0.35 * self.muscle)
        _over(picture, _cover(spine + 0.35, px), self.muscle * 1.1)
        _over(picture, _cover(_ellipse(u - self.spine[0], v - self.spine[1], 0.7, 0.8), px), self.muscle * 1.5)
        return picture * (1 + np.clip(self.texture, -0.5, 0.5))


class GreatVessels:
    """Atria, aortic root and outflow tract, which lie about the ventricle's base and above it."""

    def __init__(self, rng: np.random.Generator, radius: float, rv_angle: float):
        self.turn = rv_angle + rng.normal(0, 0.2)
        self.folds = int(rng.integers(2**32))
        self.aorta = (rng.uniform(-0.1, 0.3) * radius, rng.uniform(-0.2, 0.2) * radius, rng.uniform(0.55, 0.75))
        side = rng.choice([-1, 1])
        self.chambers = [  # centre and half axes along the direction of the right ventricle and across
            np.array([-0.62, 0.1 * side, 0.58, 0.72]) * radius * rng.uniform(0.9, 1.15),
            np.array([0.72, 0.1 * side, 0.52, 0.85]) * radius * rng.uniform(0.85, 1.15),
            np.array([0.1, 0.85 * side, 0.55, 0.42]) * radius * rng.uniform(0.8, 1.2),
            np.array([-0.3, -0.95 * side, 0.4, 0.25]) * radius * rng.uniform(0.7, 1.3),
        ]
        self.levels = rng.uniform(0.6, 0.95, 4)
        self.drift = rng.normal(0, 0.2, (4, 2))

    def paint(self, x, y, pixel: float, wall: float, above: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the signal and its coverage, (row, column), at x, y mm from the long axis, `above` the valves."""
        rng = np.random.default_rng(self.folds)
        along = x * np.cos(self.turn) + y * np.sin(self.turn) + 0.4 * _field(rng, x.shape, 11)
        across = y * np.cos(self.turn) - x * np.sin(self.turn) + 0.4 * _field(rng, x.shape, 11)
        streaks = 0.10 * _field(rng, x.shape, 2) + 0.10 * _field(rng, x.shape, 5)
        shrink = 1 - 0.12 * max(above, 0)
        outlines = [
            _ellipse(along - cx - du * above, across - cy - dv * above, a * shrink, b * shrink)
            for (cx, cy, a, b), (du, dv) in zip(self.chambers, self.drift, strict=True)
        ]
        ax, ay, size = self.aorta
        aorta = _ellipse(along - ax - 0.3 * above, across - ay, size, size)
        cover = _cover(np.minimum.reduce([*outlines, aorta - 0.2]) - 0.15, pixel)
        picture = np.full_like(along, wall)
        for outline, level in zip(outlines, self.levels, strict=True):
            _over(picture, _cover(outline, 3 * pixel), level)
        picture *= 1 + streaks
        _over(picture, _cover(aorta - 0.2, pixel), 0.8 * wall)
        _over(picture, _cover(aorta, 2 * pixel), 1 + streaks)
        return picture, cover


class _Tube:
    """A vessel: a bright piece, bent, thinner and dimmer towards one end, in some of the slices."""

    def __init__(self, rng, u, v, half_width, half_length, level, trunk=None):
        self.angle = rng.uniform(0, 2 * np.pi)
        self.half_width, self.half_length = rng.uniform(*half_width), rng.uniform(*half_length)
        self.level, self.height, self.reach = rng.uniform(*level), rng.uniform(-0.1, 1.2), rng.uniform(0.12, 0.4)
        self.drift, self.bend = rng.normal(0, 1.5, 2), rng.normal(0, 0.12)
        if trunk is None:
            self.u, self.v = rng.uniform(*u), rng.uniform(*v)
        else:
            away = self.half_length + abs(rng.normal(0, 0.7))
            self.u, self.v = trunk.u + away * np.cos(self.angle), trunk.v + away * np.sin(self.angle)
            self.drift, self.height = trunk.drift, trunk.height + rng.normal(0, 0.2)

    def paint(self, picture, u, v, pixel, share, where):
        away = (share - self.height) / self.reach
        if abs(away) >= 1:
            return
        du = u - self.u - self.drift[0] * (share - self.height)
        dv = v - self.v - self.drift[1] * (share - self.height)
        reach = self.half_length + self.half_width + 1
        near = (np.abs(du) < reach) & (np.abs(dv) < reach)
        if not near.any():
            return
        rows, columns = np.flatnonzero(near.any(1)), np.flatnonzero(near.any(0))
        box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        du, dv = du[box], dv[box]
        along = du * np.cos(self.angle) + dv * np.sin(self.angle)
        across = dv * np.cos(self.angle) - du * np.sin(self.angle) + self.bend * along**2
        distance = np.hypot(np.maximum(np.abs(along) - self.half_length, 0), across)
        thin = 0.75 - 0.4 * np.clip(along / self.half_length, -1, 1)
        cover = _cover(distance - self.half_width * thin * np.sqrt(1 - away**2), 2 * pixel) * where[box]
        _over(picture[box], cover * (0.55 + 0.6 * thin).clip(0, 1), self.level)


class _Ribs:
    """Ribs in the wall, dark with a grey core, and the bright vessels between them, in a row along the lung."""

    def __init__(self, rng):
        self.spacing, self.phase = rng.uniform(0.9, 1.4), rng.uniform(0, 1)
        self.level, self.size = rng.uniform(0.15, 0.6), rng.uniform(0.12, 0.22)
        self.slant, self.centre, self.width = rng.normal(0, 0.4), rng.uniform(-8, 8), rng.uniform(3, 7)

    def paint(self, picture, hollow, u, v, muscle, share):
        along = v * 0.8 + u * self.slant
        beat = along / self.spacing + self.phase + 0.8 * share
        row = np.exp(-(((beat - np.rint(beat)) * self.spacing / self.size) ** 2))
        row *= np.exp(-(((v - self.centre) / self.width) ** 4))
        _over(picture, row * np.exp(-(((hollow - 0.45) / 0.3) ** 2)), self.level)
        _over(picture, row * np.exp(-(((hollow + 0.6) / 0.35) ** 2)) * 0.5, 0.5 * muscle)


def _ellipse(x, y, a, b):
    """Signed distance from an ellipse, near its edge; negative inside."""
    return (np.sqrt((x / a) ** 2 + (y / b) ** 2) - 1) * min(a, b)


def _cover(distance, pixel):
    """Share of a pixel inside the edge, from the signed distance of its centre."""
    return np.clip(0.5 - distance / pixel, 0, 1)


def _over(picture, cover, level):
    picture += cover * (level - picture)


def _field(rng, shape, sigma):
    """Smooth random field with unit standard deviation; `sigma` in pixels."""
    coarse = max(int(sigma / 2), 1)
    small = rng.standard_normal([n // coarse + 2 for n in shape], dtype=np.float32)
    field = gaussian_filter(small, sigma / coarse, mode="wrap")
    if coarse > 1:
        field = np.kron(field, np.ones((coarse, coarse), np.float32))
        field = gaussian_filter(field, coarse / 2)
    field = field[: shape[0], : shape[1]]
    return ((field - field.mean()) / field.std()).astype(np.float32)
