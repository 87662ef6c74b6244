"""Volumes of the structures and function of the left ventricle."""

from collections.abc import Mapping

import numpy as np

from murmur.vocabulary import STRUCTURES

MYOCARDIAL_DENSITY = 1.05  # mg/µL


def voxel_volume(spacing_mm: tuple[float, float, float]) -> float:
    """Return the volume of a voxel in µL (1 mm³ = 1 µL), the product of its spacing in mm."""
    return float(np.prod(spacing_mm))


def slice_voxels(stack: np.ndarray) -> dict[str, np.ndarray]:
    """Count the voxels of each structure in each slice.

    Parameters
    ----------
    stack : ndarray of uint8
        Labels, axes (row, column, slice).

    Returns
    -------
    dict of str to ndarray of int
        Number of voxels of each structure by slice.
    """
    return {name: np.count_nonzero(stack == label, axis=(0, 1)) for name, label in STRUCTURES.items()}


def structure_volumes(stack: np.ndarray, spacing_mm: tuple[float, float, float]) -> dict[str, float]:
    """Measure the volume of each structure.

    Parameters
    ----------
    stack : ndarray of uint8
        Labels, axes (row, column, slice).
    spacing_mm : tuple of float
        Spacing of rows, columns and slices in mm.

    Returns
    -------
    dict of str to float
        Volume of each structure in µL.
    """
    return {name: int(counts.sum()) * voxel_volume(spacing_mm) for name, counts in slice_voxels(stack).items()}


def mass(myocardium_uL: float) -> float:
    """Return the mass in mg of a volume of myocardium in µL, at a density of 1.05 mg/µL."""
    return myocardium_uL * MYOCARDIAL_DENSITY


def function(ed: Mapping[str, float], es: Mapping[str, float]) -> dict[str, float]:
    """Compute the function of the left ventricle from the measurements of two frames.

    Parameters
    ----------
    ed, es : mapping of str to float
        blood_pool_uL (µL) and myocardium_mg (mg) at end-diastole and at end-systole; NaN where missing.

    Returns
    -------
    dict of str to float
        EDV, ESV and SV = EDV − ESV in µL, EF = 100 · SV / EDV in % (NaN where EDV is 0), mass_ED and mass_ES in mg.
    """
    edv, esv = ed["blood_pool_uL"], es["blood_pool_uL"]
    sv = edv - esv
    return {
        "EDV": edv,
        "ESV": esv,
        "SV": sv,
        "EF": 100 * sv / edv if edv else float("nan"),
        "mass_ED": ed["myocardium_mg"],
        "mass_ES": es["myocardium_mg"],
    }
