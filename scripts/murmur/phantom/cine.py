"""The phantom's cine: the beating heart in the resting chest, slice by slice and frame by frame."""

from dataclasses import dataclass

import numpy as np

from murmur.phantom.beat import Beat
from murmur.phantom.chest import Chest, GreatVessels
from murmur.phantom.heart import ANGLES, Heart, Pose, radii, solve_pose
from murmur.phantom.look import Look
from murmur.phantom.scanner import MATRIX, SLICE_MM, Scanner, acquire
from murmur.phantom.tissue import bounds, smooth_field
from murmur.vocabulary import BLOOD_POOL, MYOCARDIUM

PLANES = 5  # averaged over the thickness of a slice
_LABELS = np.array([0, MYOCARDIUM, BLOOD_POOL], np.uint8)


@dataclass(frozen=True)
class Slice:
    """What stays the same in a slice. Heights in mm above the apex; signal relative to blood, (row, column).

    All but `still` is for the `box` of the image that the heart moves in: each pixel's distance from the long
    axis in mm and the number of its angle, the great vessels and what they cover, and signal by tissue.
    """

    heights: np.ndarray
    still: np.ndarray
    box: tuple[slice, slice]
    distance: np.ndarray
    angle: np.ndarray
    vessels: np.ndarray
    vessels_share: np.ndarray
    blood: np.ndarray
    swirl: np.ndarray
    muscle: np.ndarray
    rind: np.ndarray | None
    jet: np.ndarray


def heights_in(top: float) -> np.ndarray:
    """Return the heights of the planes in the slice with its upper face at the height `top`, in mm above the apex."""
    return top - (np.arange(PLANES) + 0.5) * SLICE_MM / PLANES


def image_cine(
    rng: np.random.Generator, heart: Heart, beat: Beat, scanner: Scanner, annotated: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return images uint16 and masks uint8, axes (row, column, slice, frame); masks in `annotated` frames only.

    A pixel's label is what fills most of it, over the thickness of the slice.
    """
    shape = (MATRIX, MATRIX, len(scanner.slice_tops), len(beat.filling))
    images, masks = np.zeros(shape, np.uint16), np.zeros(shape, np.uint8)
    poses = [solve_pose(heart, filling) for filling in beat.filling]
    slices, shading = _draw_slices(rng, heart, scanner)
    for index, plane in enumerate(slices):
        for frame, pose in enumerate(poses):
            shares = _shares(heart, pose, plane, scanner.look)
            picture = plane.still.copy()
            turn = 2 * np.pi * frame / len(poses) + index
            blood = (plane.blood + np.cos(turn) * plane.swirl) * (1 - beat.flow[frame] ** 2 * plane.jet)
            _place_heart(picture[plane.box], plane, pose, shares, blood, scanner.look.rv_blood)
            images[:, :, index, frame] = acquire(rng, picture * shading, scanner)
            if frame in annotated:
                cavity, ventricle = shares["endocardium"], shares["epicardium"]
                fullest = np.stack([1 - ventricle, ventricle - cavity, cavity]).argmax(0)
                masks[plane.box][..., index, frame] = _LABELS[fullest]
    return images, masks


def _draw_slices(rng, heart: Heart, scanner: Scanner) -> tuple[list[Slice], np.ndarray]:
    """Draw the chest and return its slices and the coil's sensitivity (row, column)."""
    radius = np.sqrt((heart.edv + heart.mass_ed) / (2.3 * heart.length))
    corner = np.mgrid[:MATRIX, :MATRIX].astype(np.float32) * np.float32(scanner.pixel)
    y, x = corner - scanner.centre.astype(np.float32)[:, None, None]
    cos, sin = np.float32(np.cos(scanner.turn)), np.float32(np.sin(scanner.turn))
    u, v = x * cos + y * sin, y * cos - x * sin
    chest = Chest(rng, (u, v), scanner.pixel, scanner.myocardium, radius + 0.3, heart.length)
    look = scanner.look
    chest.recolour(look.surroundings)
    great_vessels = GreatVessels(rng, x.shape, scanner.pixel, radius, heart.rv_angle)
    slices = []
    for top in scanner.slice_tops:
        heights = heights_in(top)
        middle = heights.mean()
        shift = (scanner.tilt * (middle - heart.length / 2)).astype(np.float32)
        reach = radius + heart.rv_width + 2.0
        box = bounds(np.maximum(np.abs(y - shift[0]), np.abs(x - shift[1])) < reach)
        dy, dx = y[box] - shift[0], x[box] - shift[1]

        def field(size, shape=dx.shape):
            return smooth_field(rng, shape, size)

        vessels, vessels_share = great_vessels.plane(dx, dy, middle - heart.length, scanner.myocardium, box)
        jet_at = scanner.jet_at + rng.normal(0, 0.15, 2)
        jet = np.exp(-(((dy - jet_at[0]) / 0.8) ** 2) - ((dx - jet_at[1]) / 0.6) ** 2)
        blood = rng.uniform(1 - look.blood_spread, 1 + look.blood_spread) * (
            1 + 0.06 * look.blood_texture * field(5) + 0.05 * look.blood_texture * field(2)
        )
        regions, rind = 1.0, None
        if look.voids:
            blood *= 1 - look.voids * np.clip(field(6) - 0.5, 0, 1)
        if look.muscle_regions:
            regions = np.clip(1 + look.muscle_regions * field(20), 0.3, 2)
        if look.rind:
            rind = look.rind_signal * np.clip(0.5 + 0.5 * field(8), 0, 1.5)
        slices.append(
            Slice(
                heights=heights,
                still=(chest.plane(heights[1]) + chest.plane(heights[3])) / 2,
                box=box,
                distance=np.hypot(dx, dy),
                angle=np.rint(np.arctan2(dy, dx) * (ANGLES / (2 * np.pi))).astype(np.intp) % ANGLES,
                vessels=vessels,
                vessels_share=vessels_share,
                blood=blood,
                swirl=0.05 * field(4),
                muscle=scanner.myocardium * (1 + look.muscle_texture * field(2.5)) * regions,
                rind=rind,
                jet=scanner.jet * np.clip(middle / heart.length + 0.1, 0, 1) * jet,
            )
        )
    towards, along_rows, along_columns = scanner.shading
    return slices, np.exp(towards * u + along_rows * y + along_columns * x).astype(np.float32)


def _shares(heart: Heart, pose: Pose, plane: Slice, look: Look) -> dict[str, np.ndarray]:
    """Return the share of each pixel of the box inside each of the heart's surfaces, and its rind where it has one."""
    shares = {}
    distance = plane.distance / look.edge - 0.5
    surfaces = radii(heart, pose, plane.heights)
    if look.rind:
        whole = surfaces["rv_epicardium"]
        surfaces["rind"] = whole + look.rind * (whole > 0)
    for name, surface in surfaces.items():
        shares[name] = np.zeros_like(distance)
        for radius in surface.astype(np.float32) / np.float32(look.edge):
            if radius.any():
                shares[name] += np.clip(radius[plane.angle] - distance, 0, 1) * (radius > 0)[plane.angle]
        shares[name] /= len(plane.heights)
    return shares


def _place_heart(
    picture: np.ndarray, plane: Slice, pose: Pose, shares: dict, blood: np.ndarray, rv_blood: float
) -> None:
    """Paint the heart into its box of the image; atria and great vessels start at the level of the ventricle's base."""
    ventricle, rv_cavity, whole = (shares[name] for name in ("edge", "rv_endocardium", "rv_epicardium"))
    cavity = shares.get("blood", shares["endocardium"])
    beside = (plane.heights > pose.base - 0.8).mean()
    picture += beside * plane.vessels_share * (plane.vessels - picture)
    if "rind" in shares:
        picture += shares["rind"] * (plane.rind - picture)
    picture *= 1 - whole
    picture += cavity * blood + rv_blood * (rv_cavity - ventricle) * plane.blood
    picture += (ventricle - cavity + whole - rv_cavity) * plane.muscle
