"""Static surroundings of the phantom's heart: chest wall, lungs, liver, vessels and spine; atria and aorta.

Positions are in mm from the long axis of the ventricle; `u` points from the heart to the nearest chest wall, `v`
across. Shapes are painted over one another. Values were chosen by visual comparison with slices of real mice.
"""

import numpy as np

from murmur.phantom.tissue import Ribs, Vessel, cover, ellipse, paint, smooth_field


class Chest:
    """One mouse's chest, drawn for pixel positions (u, v), each (row, column), about a heart of the given size."""

    def __init__(self, rng, positions, pixel: float, myocardium: float, heart_radius: float, length: float):
        self.u, self.v = positions
        self.pixel, self.length = pixel, length

        def field(size):
            return smooth_field(rng, self.u.shape, size)

        self.warps = [0.9 * field(35) for _ in range(4)]
        self.folds = [0.3 * field(10) for _ in range(2)]
        self.texture = 1 + np.clip(0.10 * field(2.2) + 0.08 * field(7), -0.5, 0.5)
        self.mottle = np.clip(0.6 + 0.45 * field(3.5), 0.1, 1.5)
        self.fascia = 1 - rng.uniform(0.2, 0.5) * np.exp(-((field(14) / 0.07) ** 2))

        side = rng.choice([-1, 1])
        self.muscle = myocardium * rng.uniform(0.66, 0.92)
        self.lung = rng.uniform(0.03, 0.08)
        self.liver, self.skin, self.fat = self.muscle * rng.uniform([0.85, 1.1, 0.5], [1.1, 1.6, 1.1])
        self.strata = rng.uniform(0.02, 0.14), rng.uniform(0.5, 1.0), rng.uniform(0, 6)

        self.wall = rng.uniform(1.3, 2.8)  # thickness of the chest wall over the heart, and the increase
        self.flank = rng.uniform(0.8, 2.2)  # elsewhere
        self.body = rng.uniform(11.0, 14.5), rng.uniform(12.0, 17.0)
        self.body_at = heart_radius + self.wall - self.body[0], side * rng.uniform(0, 5.0)
        self.limb = rng.uniform(2.2, 3.6)
        front = heart_radius + self.wall
        self.limb_at = front - rng.uniform(1.5, 3.0), rng.choice([-1, 1]) * rng.uniform(4.5, 8)
        self.liver_radius = rng.uniform(5.5, 8.5), rng.uniform(8.0, 11.0)  # at the level of the base and of the apex
        self.liver_at = -rng.uniform(7.5, 10.0), side * rng.uniform(1.0, 6.0)
        self.pocket, self.pocket_at = heart_radius + rng.uniform(0.2, 1.4), (rng.uniform(-1.5, 0.5), rng.normal(0, 1.3))
        self.stomach = rng.uniform(1.8, 2.8) * (rng.random() < 0.6)
        self.stomach_at = -rng.uniform(7, 10), side * rng.uniform(3, 7)
        self.spine_at = self.body_at[0] - self.body[0] + rng.uniform(3, 4), -side * rng.uniform(0, 3)
        self.band = rng.uniform(0.28, 0.42) * (rng.random() < 0.5)
        self.band_side = rng.choice([-1, 1])

        def vessels(count, *ranges):
            return [Vessel(rng, *ranges) for _ in range(count)]

        self.ribs = Ribs(rng)
        self.lung_vessels = vessels(30, (0.12, 0.3), (0.15, 0.5), (0.3, 0.9), (-7, 3), (-7, 7))
        self.veins = vessels(8, (0.4, 0.9), (0.5, 2.2), (0.55, 1.05), (-10, -4), (-6, 6))
        self.liver_vessels = [
            Vessel(rng, (0.1, 0.26), (0.5, 1.7), (0.40, 0.75), trunk=vein)
            for vein in self.veins
            for _ in range(rng.integers(3, 9))
        ]
        self.wall_vessels = vessels(7, (0.08, 0.25), (0.2, 1.5), (0.4, 0.9), (0, 6), (-9, 9))
        self.heart_vessels = vessels(8, (0.25, 0.7), (0.3, 1.8), (0.6, 1.0), (-5.5, -2.5), (-4.5, 4.5))

    def recolour(self, factors: dict[str, float]) -> None:
        """Multiply the signal of the tissues named: muscle, lung, liver, skin, fat."""
        for tissue, factor in factors.items():
            setattr(self, tissue, factor * getattr(self, tissue))

    def plane(self, height: float) -> np.ndarray:
        """Return the signal (row, column) of the plane at `height` mm above the ventricle's apex."""
        height, pixel = np.clip(height / self.length, -0.3, 1.5), self.pixel
        u = self.u + self.warps[0] + (height - 0.5) * (self.warps[1] + 0.35)
        v = self.v + self.warps[2] + (height - 0.5) * self.warps[3]
        picture = np.zeros_like(u)

        def add(edge, signal, where=1.0, width=1):
            paint(picture, cover(edge, width * pixel) * where, signal)

        def round_about(at, a, b):
            return ellipse(u - at[0], v - at[1], a, b)

        def add_vessels(vessels, where):
            for vessel in vessels:
                vessel.paint(picture, u, v, pixel, height, where)

        limb = self.limb * np.clip(0.35 + 0.75 * height, 0.05, 1.1)
        surface = np.minimum(round_about(self.body_at, *self.body), round_about(self.limb_at, limb, limb))
        amount, period, phase = self.strata
        strata = 1 + amount * np.cos(2 * np.pi * (self.folds[0] - surface) / period + phase)
        add(surface, self.muscle * strata * self.fascia)
        add(np.abs(surface + 0.7 - self.folds[1]) - 0.35, self.fat, 0.8)
        add(np.abs(surface + 0.15) - 0.15, self.skin, 0.7)

        # Inside of the ribs: the wall is thinnest over the heart.
        wall = self.wall + self.flank * (1 - np.exp(-((np.hypot(u - 5, v) / 9) ** 2)))
        inner = surface + wall - 0.4 * self.folds[1]
        inside = cover(inner, pixel)
        add(inner, self.lung)
        if self.band:
            half = cover(1 - self.band_side * v, 8 * pixel)
            add(np.abs(inner + 0.9) - 0.6 + 2 * self.folds[0], self.band, inside * half)
        self.ribs.paint(picture, u, v, -inner, height, self.muscle)
        add_vessels(self.lung_vessels, inside)

        low = np.clip(1.1 - height, 0, 1)
        radius = np.interp(low, [0, 1], self.liver_radius)
        liver = round_about((self.liver_at[0] + 2.5 * low, self.liver_at[1] * (1 - 0.3 * low)), radius, 1.15 * radius)
        add(liver, self.liver, inside)
        add_vessels(self.liver_vessels, cover(liver, pixel) * inside)
        if height > 0:  # a pocket of lung about the heart
            pocket = self.pocket * min(0.2 + 1.6 * height, 1.05)
            add(round_about(self.pocket_at, pocket, 0.95 * pocket), self.lung, inside, width=3)
        if self.stomach and height < 0.45:
            stomach = round_about(self.stomach_at, self.stomach * (1.3 - 2 * height), self.stomach * (1.1 - height))
            add(stomach, 1.4 * self.liver, inside)
            add(stomach + 0.25, self.mottle * self.liver, inside)
        add_vessels(self.veins, inside)
        add_vessels(self.wall_vessels, cover(surface + 0.4, pixel) * (1 - inside))
        add_vessels(self.heart_vessels, inside)

        spine = round_about(self.spine_at, 1.6, 1.9)
        add(spine, 0.35 * self.muscle)
        add(spine + 0.35, 1.1 * self.muscle)
        add(round_about(self.spine_at, 0.7, 0.8), 1.5 * self.muscle)
        return picture * self.texture


class GreatVessels:
    """Atria, aortic root and outflow tract, which lie about the ventricle's base and above it."""

    def __init__(self, rng, shape: tuple[int, int], pixel: float, radius: float, rv_angle: float):
        self.pixel, self.turn = pixel, rv_angle + rng.normal(0, 0.2)
        self.warps = [0.4 * smooth_field(rng, shape, 11) for _ in range(2)]
        self.streaks = 1 + 0.10 * smooth_field(rng, shape, 2) + 0.10 * smooth_field(rng, shape, 5)
        side = rng.choice([-1, 1])
        self.aorta = radius * rng.uniform(-0.1, 0.3), radius * rng.uniform(-0.2, 0.2), rng.uniform(0.55, 0.75)
        chambers = [  # centre and half axes, along the direction of the right ventricle and across it
            [-0.62, 0.1 * side, 0.58, 0.72],
            [0.72, 0.1 * side, 0.52, 0.85],
            [0.1, 0.85 * side, 0.55, 0.42],
            [-0.3, -0.95 * side, 0.4, 0.25],
        ]
        self.chambers = np.array(chambers) * radius * rng.uniform(0.8, 1.2, (4, 1))
        self.drift = rng.normal(0, 0.2, (4, 2))  # mm per mm of height
        self.signals = rng.uniform(0.6, 0.95, 4)

    def plane(self, x: np.ndarray, y: np.ndarray, above: float, wall: float, box) -> tuple[np.ndarray, np.ndarray]:
        """Return signal and coverage at x, y in mm from the long axis, `above` mm over the valve plane.

        `box` is the part of the image that x and y are for, `wall` the signal of the vessels' walls.
        """
        along = x * np.cos(self.turn) + y * np.sin(self.turn) + self.warps[0][box]
        across = y * np.cos(self.turn) - x * np.sin(self.turn) + self.warps[1][box]
        size = 1 - 0.12 * max(above, 0)
        edges = [
            ellipse(along - at_u - above * du, across - at_v - above * dv, size * a, size * b)
            for (at_u, at_v, a, b), (du, dv) in zip(self.chambers, self.drift, strict=True)
        ]
        at_u, at_v, radius = self.aorta
        aorta = ellipse(along - at_u - 0.3 * above, across - at_v, radius, radius)
        picture = np.full_like(along, wall)
        for edge, signal in zip(edges, self.signals, strict=True):
            paint(picture, cover(edge, 3 * self.pixel), signal)
        paint(picture, cover(aorta - 0.2, self.pixel), 0.8 * wall)
        paint(picture, cover(aorta, 2 * self.pixel), 1.0)
        outline = np.minimum.reduce([*edges, aorta - 0.2]) - 0.15
        return picture * self.streaks[box], cover(outline, self.pixel)
