"""Volumes of the structures and the function of the left ventricle."""

from collections.abc import Iterable, Mapping

import numpy as np

from murmur.cines import STRUCTURES

MYOCARDIAL_DENSITY = 1.05  # mg/µL
METRICS = {"EDV": "uL", "ESV": "uL", "SV": "uL", "EF": "%", "mass_ED": "mg", "mass_ES": "mg"}
# as printed
METRIC_NAMES = {metric: metric for metric in METRICS} | {"mass_ED": "Mass at ED", "mass_ES": "Mass at ES"}
UNITS = {"uL": "µL", "mg": "mg", "%": "%"}

ABBREVIATIONS = {
    "EDV": "EDV, end-diastolic volume",
    "ESV": "ESV, end-systolic volume",
    "SV": "SV, stroke volume",
    "EF": "EF, ejection fraction",
    "mass_ED": "ED, end-diastole",
    "mass_ES": "ES, end-systole",
}


def abbreviations(metrics: Iterable[str]) -> str:
    """Say in a sentence what stands for what in the printed names of `metrics`."""
    return "; ".join(dict.fromkeys(ABBREVIATIONS[metric] for metric in metrics)) + "."


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
