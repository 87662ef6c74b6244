"""Signs of errors of a whole scan: its volume curve, its mass at ED and ES, its form and its values."""

import numpy as np

from murmur.measurement.curve import NoCurve, beat_period, moving_base
from murmur.measurement.function import function, mass

HARMONICS = 3  # of the volume curve
FEWEST_FRAMES = 10  # for a residual of the harmonics, which have seven coefficients
NAMES = ("mass_change", "curve_residual", "short_axis", "blunt_apex", "open_base", "EDV", "EF")


def scan_signs(
    blood_mm2: np.ndarray,
    heart_mm2: np.ndarray,
    spacing_mm: tuple[float, float, float],
    frame_interval_ms: float,
    phases: tuple[int, int] | None,
) -> dict[str, float]:
    """Compute the signs of a scan.

    Parameters
    ----------
    blood_mm2, heart_mm2 : ndarray
        Area of the blood pool, and of blood pool and myocardium, axes (slice, frame).
    spacing_mm : tuple of float
        Spacing of rows, columns and slices in mm.
    frame_interval_ms : float
        Time between frames.
    phases : tuple of int or None
        Frames of ED and ES; None if they are not known.

    Returns
    -------
    dict of str to float
        Values by the name of the sign (`signs.SIGNS`, which gives their units); NaN where a sign cannot be assessed.
    """
    found = dict.fromkeys(NAMES, float("nan"))
    found["curve_residual"] = _curve_residual(blood_mm2, frame_interval_ms)
    if phases is None:
        return found
    blood, heart = (areas[:, list(phases)] for areas in (blood_mm2, heart_mm2))
    volumes = [
        {"blood_pool_uL": pool * spacing_mm[2], "myocardium_mg": mass((whole - pool) * spacing_mm[2])}
        for pool, whole in zip(blood.sum(axis=0), heart.sum(axis=0), strict=True)
    ]
    measured = function(*volumes)
    masses = np.array([measured["mass_ED"], measured["mass_ES"]])
    if masses.mean() > 0:
        found["mass_change"] = float(100 * np.ptp(masses) / masses.mean())
    found |= {name: measured[name] for name in ("EDV", "EF")}
    return found | _form(heart[:, 0], blood[:, 0], spacing_mm[2])


def _form(areas: np.ndarray, blood: np.ndarray, slice_mm: float) -> dict[str, float]:
    """Return the signs of missing slices at the ends, from the areas of heart and blood pool (mm²) by slice at ED.

    The apex is the end with the smaller blood pool: where slices are missing, the heart may be as large there as at the
    base. `short_axis` is the diameter of the disc of the largest area in % of the
    length of the mask; `blunt_apex` and `open_base` are the area of the last slice, in % of the largest slice, and the
    increase of the area towards the last slice, in % of the last.
    """
    masked = np.flatnonzero(areas)
    if len(masked) < 3:
        return {}
    first, last = masked[0], masked[-1]
    ends = areas[first : last + 1]
    apex_to_base = ends if (blood[first], areas[first]) <= (blood[last], areas[last]) else ends[::-1]
    width, length = 2 * np.sqrt(ends.max() / np.pi), len(ends) * slice_mm
    return {
        "short_axis": float(100 * width / length),
        "blunt_apex": float(100 * apex_to_base[0] / ends.max()),
        "open_base": float(100 * (1 - apex_to_base[-2] / apex_to_base[-1])),
    }


def _curve_residual(blood_mm2: np.ndarray, frame_interval_ms: float) -> float:
    """Return the standard deviation of the volume about HARMONICS harmonics of the beat, in % of the stroke volume.

    NaN if there are too few frames, or if the cine does not cover one beat.
    """
    frames = blood_mm2.shape[1]
    try:
        volume = moving_base(blood_mm2)
        period, _ = beat_period(frames * frame_interval_ms, volume, None)
    except NoCurve:
        return float("nan")
    if frames < FEWEST_FRAMES or np.ptp(volume) == 0:
        return float("nan")
    angle = 2 * np.pi * np.outer(np.arange(frames) * frame_interval_ms / period, np.arange(1, HARMONICS + 1))
    terms = np.hstack([np.ones((frames, 1)), np.cos(angle), np.sin(angle)])
    residual = volume - terms @ np.linalg.lstsq(terms, volume, rcond=None)[0]
    return float(100 * np.sqrt((residual**2).sum() / (frames - terms.shape[1])) / np.ptp(volume))
