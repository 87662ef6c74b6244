"""Thickness of the left-ventricular wall in the slices of a stack and in the segments of the ring."""

from dataclasses import dataclass

import numpy as np

from murmur.measurement.measures import LEVELS
from murmur.vocabulary import BLOOD_POOL, MYOCARDIUM

RAYS = 360  # per slice
STEP = 0.1  # of the samples along a ray, in pixels
LEAST_SLICES = 3  # with a closed ring, for levels and segments


@dataclass(frozen=True)
class Ring:
    """The closed ring of myocardium in a slice.

    Attributes
    ----------
    slice : int
        Number of the slice, from 0.
    thickness_mm : ndarray of float
        Thickness along each ray; ray k points at 360 · (k + 0.5) / RAYS degrees, anticlockwise from the right of the
        image.
    blood_pool_mm2, myocardium_mm2 : float
        Areas in the slice.
    """

    slice: int
    thickness_mm: np.ndarray
    blood_pool_mm2: float
    myocardium_mm2: float


def ring_of(plane: np.ndarray, number: int, spacing_mm: tuple[float, float]) -> Ring | None:
    """Measure the wall in one slice.

    Parameters
    ----------
    plane : ndarray of uint8
        Labels, axes (row, column).
    number : int
        Number of the slice.
    spacing_mm : tuple of float
        Spacing of rows and columns in mm.

    Returns
    -------
    Ring or None
        None unless there is blood, and myocardium on every ray.

    Notes
    -----
    The thickness along a ray is the length of myocardium on it. Rays start at the centroid of the ventricle, which is
    the myocardium and the blood pool together. Radial thickness as by Heiberg et al., BMC Med Imaging 2010;10:1.
    """
    ventricle = np.argwhere((plane == MYOCARDIUM) | (plane == BLOOD_POOL))
    blood = np.count_nonzero(plane == BLOOD_POOL)
    if not blood or blood == len(ventricle):
        return None
    spacing = np.asarray(spacing_mm, float)
    centre = ventricle.mean(axis=0)
    step = STEP * spacing.min()
    reach = np.linalg.norm((ventricle - centre) * spacing, axis=1).max() + spacing.max()
    angle = 2 * np.pi * (np.arange(RAYS) + 0.5) / RAYS
    direction = np.stack([-np.sin(angle), np.cos(angle)])  # rows count downwards
    distance = (np.arange(int(np.ceil(reach / step))) + 0.5) * step
    at = centre[:, None, None] + direction[:, :, None] * distance / spacing[:, None, None]
    pixels = np.rint(at).astype(int)
    row, column = (np.clip(index, 0, size - 1) for index, size in zip(pixels, plane.shape, strict=True))
    thickness = np.count_nonzero(plane[row, column] == MYOCARDIUM, axis=1) * step
    if not thickness.all():
        return None
    pixel = float(np.prod(spacing))
    return Ring(number, thickness, blood * pixel, (len(ventricle) - blood) * pixel)


def rings_of(stack: np.ndarray, spacing_mm: tuple[float, float, float]) -> list[Ring]:
    """Measure the wall in a stack.

    Parameters
    ----------
    stack : ndarray of uint8
        Labels, axes (row, column, slice).
    spacing_mm : tuple of float
        Spacing of rows, columns and slices in mm.

    Returns
    -------
    list of Ring
        The slices with a closed ring, from base to apex; the base is the end of the stack where the blood pool is
        larger. The ventricle as a whole may be as large at the apex, in particular at ES.
    """
    planes = (ring_of(stack[:, :, number], number, spacing_mm[:2]) for number in range(stack.shape[2]))
    rings = [ring for ring in planes if ring is not None]
    area = [ring.blood_pool_mm2 for ring in rings]
    half = len(rings) // 2
    return rings[::-1] if sum(area[:half]) < sum(area[len(area) - half :]) else rings


def by_level(rings: list[Ring]) -> dict[str, list[Ring]]:
    """Divide rings, in order from base to apex, into thirds.

    Parameters
    ----------
    rings : list of Ring
        From base to apex.

    Returns
    -------
    dict of str to list of Ring
        The rings of base, mid and apex; empty if there are fewer than LEAST_SLICES rings.
    """
    if len(rings) < LEAST_SLICES:
        return {}
    level = (np.arange(len(rings)) + 0.5) * len(LEVELS) // len(rings)
    return {name: [ring for ring, at in zip(rings, level, strict=True) if at == n] for n, name in enumerate(LEVELS)}


def segments(level: str, rings: list[Ring]) -> dict[int, float]:
    """Return the mean thickness of each segment of a level.

    Parameters
    ----------
    level : str
        base, mid or apex.
    rings : list of Ring
        Rings of the level.

    Returns
    -------
    dict of int to float
        Thickness in mm by number of the segment (1 to 6, 7 to 12 or 13 to 16).

    Notes
    -----
    The first segment of each level is centred on the direction of the upper edge of the image, and the others follow
    anticlockwise, as in the model of the American Heart Association (Cerqueira et al., Circulation 2002;105:539) for an
    image with the anterior wall at the top and the septum on the left. The anatomical position is not known, because
    the masks do not contain the right ventricle.
    """
    numbers = list(LEVELS[level])
    width = 360 / len(numbers)
    angle = 360 * (np.arange(RAYS) + 0.5) / RAYS
    index = ((angle - 90 + width / 2) % 360 // width).astype(int)
    thickness = np.mean([ring.thickness_mm for ring in rings], axis=0)
    return {number: float(thickness[index == n].mean()) for n, number in enumerate(numbers)}
