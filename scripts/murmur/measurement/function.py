"""Volumes of the structures and the function of the left ventricle."""

from collections.abc import Mapping

import numpy as np

from murmur.vocabulary import STRUCTURES

MYOCARDIAL_DENSITY = 1.05  # mg/µL


def voxel_volume(spacing_mm: tuple[float, float, float]) -> float:
    """Return the volume of a voxel in µL (1 mm³ = 1 µL): the product of the spacing."""
    return float(np.prod(spacing_mm))


def structure_volumes(stack: np.ndarray, spacing_mm: tuple[float, float, float]) -> dict[str, float]:
    """Return the volume in µL of each structure in a stack of labels (row, column, slice)."""
    return {
        name: int(np.count_nonzero(stack == label)) * voxel_volume(spacing_mm) for name, label in STRUCTURES.items()
    }


def mass(myocardium_uL: float) -> float:
    """Return the mass in mg of a volume of myocardium in µL: 1.05 mg/µL."""
    return myocardium_uL * MYOCARDIAL_DENSITY


def function(ed: Mapping[str, float], es: Mapping[str, float]) -> dict[str, float]:
    """Return EDV, ESV, SV (µL), EF (%) and the mass at ED and ES (mg) from the measurements of the two frames.

    `ed` and `es` have blood_pool_uL and myocardium_mg, NaN where missing. SV = EDV − ESV; EF = 100 · SV / EDV, missing
    where EDV is 0.
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
