"""The phantom's acquisition: slices through the moving heart, coil, sampling and noise."""

from dataclasses import dataclass

import numpy as np
from scipy import fft

from murmur.cines import BLOOD_POOL, MYOCARDIUM
from murmur.phantom.beat import Beat
from murmur.phantom.chest import Chest, GreatVessels, Grid, _field
from murmur.phantom.heart import ANGLES, Heart, radii, solve_pose

MATRIX = 256  # pixels of the images, interpolated from half as many samples
SLICE_MM = 1.0
PLANES = 5  # planes averaged over one slice
EDGE_MM = 0.22  # width of the heart's edges, from its motion within a frame


@dataclass(frozen=True)
class Scanner:
    """Protocol and position. Lengths in mm, signal relative to blood (1)."""

    pixel: float
    slice_tops: np.ndarray  # height of each slice's upper face above the apex at ED
    turn: float  # in-plane direction from the heart to the chest wall
    centre: tuple[float, float]  # heart in the image: row, column from the image's corner
    tilt: tuple[float, float]  # mm in row and column per mm of height
    myocardium: float
    noise: float
    scale: float  # stored value of blood
    shading: tuple[float, float, float]
    jet: float  # loss of signal in the fastest flow, and where: mm from the long axis
    jet_at: np.ndarray


def draw_scanner(rng: np.random.Generator, heart: Heart, field_T: float) -> Scanner:
    """Draw slices that end at the valve plane of ED, most often with one or two more above it."""
    low_field = field_T < 8
    above = 1 + int(rng.random() < 0.15)
    below = int(rng.random() < 0.25)
    filled = int(np.ceil(heart.length - 0.4))
    slices = int(np.clip(above + filled + below, 8, 11))
    tops = heart.length + rng.uniform(-0.1, 0.1) + SLICE_MM * (above - np.arange(slices))
    if rng.random() < 0.5:
        tops = tops[::-1]
    pixel = 0.12 if low_field else 0.1
    turn = rng.uniform(0, 2 * np.pi)
    # The heart lies off the image's centre, towards the chest wall.
    shift = rng.uniform(0.5, 4.0)
    middle = MATRIX * pixel / 2
    centre = (
        middle + shift * np.sin(turn) + rng.normal(0, 0.8),
        middle + shift * np.cos(turn) + rng.normal(0, 0.8),
    )
    return Scanner(
        pixel=pixel,
        slice_tops=tops,
        turn=turn,
        centre=centre,
        tilt=(rng.normal(0, 0.12), rng.normal(0, 0.12)),
        myocardium=rng.uniform(0.40, 0.55) if low_field else rng.uniform(0.29, 0.42),
        noise=rng.uniform(0.045, 0.075) if low_field else rng.uniform(0.022, 0.05),
        scale=rng.uniform(1200, 2600) if low_field else rng.uniform(2000, 5000),
        shading=(rng.uniform(0.0, 0.07), rng.normal(0, 0.02), rng.normal(0, 0.02)),
        jet=rng.uniform(0.3, 0.9),
        jet_at=rng.normal(0, 0.5, 2),
    )


def image_cine(
    heart: Heart, beat: Beat, scanner: Scanner, rng: np.random.Generator, annotated: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return images uint16 and masks uint8, axes (row, column, slice, frame); masks in `annotated` frames only."""
    slices, frames = len(scanner.slice_tops), len(beat.filling)
    images = np.zeros((MATRIX, MATRIX, slices, frames), np.uint16)
    masks = np.zeros((MATRIX, MATRIX, slices, frames), np.uint8)
    poses = [solve_pose(heart, filling) for filling in beat.filling]
    outer = np.sqrt((heart.edv + heart.mass_ed) / (2.3 * heart.length))
    rows, columns = np.mgrid[:MATRIX, :MATRIX].astype(np.float32) * scanner.pixel
    y, x = rows - scanner.centre[0], columns - scanner.centre[1]
    cos, sin = np.cos(scanner.turn), np.sin(scanner.turn)
    u, v = (x * cos + y * sin).astype(np.float32), (y * cos - x * sin).astype(np.float32)
    chest = Chest(rng, Grid(u, v, scanner.pixel), outer + 0.3, heart.length)
    vessels = GreatVessels(rng, outer, heart.rv_angle)
    towards, skew_x, skew_y = scanner.shading
    shading = np.exp(towards * u + skew_x * x + skew_y * y).astype(np.float32)
    window = _window()
    for index, top in enumerate(scanner.slice_tops):
        heights = top - (np.arange(PLANES) + 0.5) * SLICE_MM / PLANES
        still = (chest.paint(heights[1]) + chest.paint(heights[3])) / 2
        middle = heights.mean() - heart.length / 2
        dy, dx = y - scanner.tilt[0] * middle, x - scanner.tilt[1] * middle
        box = _box(dy, dx, outer + heart.rv_width + 2.0)
        dy, dx = dy[box], dx[box]
        distance = np.hypot(dx, dy)
        column = np.rint(np.arctan2(dy, dx) * (ANGLES / (2 * np.pi))).astype(np.intp) % ANGLES
        above = heights.mean() - heart.length
        top_picture, top_cover = vessels.paint(dx, dy, scanner.pixel, scanner.myocardium, above)
        blood_texture = [
            1 + 0.06 * _field(rng, dx.shape, 5) + 0.05 * _field(rng, dx.shape, 2),
            0.05 * _field(rng, dx.shape, 4),
        ]
        muscle_texture = scanner.myocardium * (1 + 0.07 * _field(rng, dx.shape, 2.5))
        level = rng.uniform(0.92, 1.08)
        jet_at = scanner.jet_at + rng.normal(0, 0.15, 2)
        jet = np.exp(-(((dx - jet_at[0]) / 0.6) ** 2) - ((dy - jet_at[1]) / 0.8) ** 2)
        jet *= scanner.jet * np.clip(heights.mean() / heart.length + 0.1, 0, 1)
        for frame, pose in enumerate(poses):
            cover = _covers(heart, pose, heights, distance, column)
            cavity, ventricle, rv_inner, rv_outer = cover
            if frame in annotated:
                labels = np.stack([1 - ventricle, ventricle - cavity, cavity]).argmax(0)
                masks[box][..., index, frame] = np.array([0, MYOCARDIUM, BLOOD_POOL], np.uint8)[labels]
            phase = 2 * np.pi * frame / len(poses)
            blood = level * (blood_texture[0] + np.cos(phase + index) * blood_texture[1])
            speed = beat.flow[frame] ** 2
            blood = blood * (1 - speed * jet)
            picture = still.copy()
            here = picture[box]
            # The atria and vessels begin beside the base of the ventricle.
            beyond = (heights > pose.base - 0.8).mean() * top_cover
            here += beyond * (top_picture - here)
            here *= 1 - rv_outer
            here += cavity * blood + (rv_inner - ventricle) * 0.92 * blood_texture[0]
            here += (ventricle - cavity + rv_outer - rv_inner) * muscle_texture
            images[:, :, index, frame] = _acquire(rng, picture * shading, window, scanner)
    return images, masks


def _covers(heart, pose, heights, distance, column):
    """Share of each pixel inside each of the four surfaces, averaged over the slice's planes."""
    covers = []
    distance = distance / EDGE_MM - 0.5
    for surface in radii(heart, pose, heights).values():
        total = np.zeros_like(distance)
        for radius in surface.astype(np.float32) / EDGE_MM:
            if radius.any():
                total += np.clip(radius[column] - distance, 0, 1) * (radius > 0)[column]
        covers.append(total / len(heights))
    return covers


def _acquire(rng, picture, window, scanner):
    """Sample the central half of k-space with complex noise, fill with zeros, take the magnitude."""
    half = MATRIX // 4
    full = fft.fft2(picture.astype(np.complex64))
    kept = np.r_[0:half, MATRIX - half : MATRIX]
    centre = full[np.ix_(kept, kept)]
    noise = rng.standard_normal((2, *centre.shape), dtype=np.float32)
    # White noise of this size in the samples has the standard deviation `noise` in an image of their own matrix.
    centre = (centre + scanner.noise * MATRIX * 2 * (noise[0] + 1j * noise[1])) * window
    full[:] = 0
    full[np.ix_(kept, kept)] = centre
    magnitude = np.abs(fft.ifft2(full))
    return np.clip(np.rint(magnitude * scanner.scale), 0, 65535).astype(np.uint16)


def _window():
    """A gentle taper towards the edge of the samples: keeps some ringing, as the scanner does."""
    k = np.abs(fft.fftfreq(MATRIX // 2)) * 2
    taper = np.where(k < 0.6, 1.0, 0.5 + 0.5 * np.cos(np.pi * (k - 0.6) / 0.4 * 0.85))
    return (taper[:, None] * taper[None, :]).astype(np.float32)


def _box(dy, dx, reach):
    rows = np.flatnonzero((np.abs(dy) < reach).any(1))
    columns = np.flatnonzero((np.abs(dx) < reach).any(0))
    return np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
