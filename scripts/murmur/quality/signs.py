"""The signs of errors: their names, units, limits and words, and the findings where a value is beyond its limit.

docs/quality.md describes how the limits were derived, and how often good masks exceed them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from murmur.subject import printed_unit, printed_value
from murmur.vocabulary import UNITS


@dataclass(frozen=True)
class Sign:
    """A sign of an error.

    Attributes
    ----------
    words : str
        What is wrong where the value is beyond its limit, with the placeholder {value}.
    unit : str
        Unit in tables; empty for numbers.
    low, high : float or None
        Smallest and largest value that raises no doubt; None without such a limit.
    at_end : float or None
        `high` in the first and the last slice of the mask of a frame, where it differs.
    needs : str
        What is required to assess the sign.
    neighbours : tuple of str
        With which neighbours the place is compared: slices, frames.
    """

    words: str
    unit: str = "%"
    low: float | None = None
    high: float | None = None
    at_end: float | None = None
    needs: str = "a mask"
    neighbours: tuple[str, ...] = ()

    def printed(self, value: float, digits: int = 3) -> str:
        """Return a value with its unit, rounded for print."""
        unit = printed_unit(self.unit)
        shown = printed_value(value, self.unit)
        number = f"{shown:.{digits - 3}f}" if abs(shown) >= 1000 else f"{shown:.{digits}g}"
        return number + {"": "", "%": "%"}.get(unit, f" {UNITS.get(unit, unit)}")

    def reason(self, value: float, high: float | None) -> str:
        """Return in words that `value` is beyond its limits; the upper one, `high`, is not named if it is 0.

        Both have so many digits that they differ.
        """
        if high == 0:
            return self.words.format(value=self.printed(value))
        below = self.low is not None and value < self.low
        limit = self.low if below else high
        for digits in range(3, 18):
            shown, expected = (self.printed(each, digits) for each in (value, limit))
            if shown != expected:
                break
        return f"{self.words.format(value=shown)}; at {'least' if below else 'most'} {expected} expected"


# of a slice and frame
SLICE_SIGNS = {
    "image_border": Sign(
        "the mask reaches the border of the segmented part of the image, {value} pixels", unit="", high=0
    ),
    "holes": Sign("holes in the mask, {value} of the area of the heart", high=1.5, at_end=15),
    "islands": Sign("islands apart from the rest of the mask, {value} of the area of the heart", high=1.5, at_end=20),
    "blood_islands": Sign(
        "the blood pool is in several parts, {value} of it apart", high=2, at_end=35, needs="a blood pool"
    ),
    "open_ring": Sign(
        "the myocardium is open, {value} of the border of the blood pool lies outside it",
        high=10,
        at_end=100,
        needs="a blood pool",
    ),
    "elongation": Sign("the heart is elongated, {value} times as long as wide", unit="", high=1.5, at_end=2.6),
    "off_ellipse": Sign("the heart has an uneven outline, {value} of it lies outside an ellipse", high=6, at_end=8),
    "off_axis": Sign(
        "the centre lies {value} off the long axis",
        unit="mm",
        high=0.7,
        at_end=2.2,
        needs="four slices with a mask",
        neighbours=("slices",),
    ),
    "moved": Sign(
        "the centre lies {value} from that of the other frames",
        unit="mm",
        high=0.7,
        at_end=2.2,
        needs="masks in all frames",
        neighbours=("frames",),
    ),
    "area_slices": Sign(
        "the area of the heart jumps between slices, by {value} of the largest slice",
        high=15,
        needs="three neighbouring slices with a mask",
        neighbours=("slices",),
    ),
    "blood_slices": Sign(
        "the area of the blood pool jumps between slices, by {value} of its largest",
        high=25,
        needs="three neighbouring slices with blood",
        neighbours=("slices",),
    ),
    "area_frames": Sign(
        "the area of the heart jumps between frames, by {value} of the largest slice",
        high=12,
        at_end=35,
        needs="masks in three neighbouring frames",
        neighbours=("frames",),
    ),
    "blood_frames": Sign(
        "the area of the blood pool jumps between frames, by {value} of its largest",
        high=30,
        at_end=45,
        needs="blood in three neighbouring frames",
        neighbours=("frames",),
    ),
    "missing_slice": Sign(
        "the mask is missing in this slice, but not in the neighbouring ones",
        unit="",
        high=0,
        neighbours=("slices", "frames"),
    ),
    "no_blood": Sign(
        "the blood pool is missing in this slice, but not in the neighbouring ones",
        unit="",
        high=0,
        neighbours=("slices", "frames"),
    ),
    "dark_blood": Sign(
        "{value} of the blood pool is as dark as myocardium", high=35, at_end=50, needs="20 pixels of both structures"
    ),
    "bright_muscle": Sign(
        "{value} of the myocardium is as bright as blood", high=35, at_end=50, needs="20 pixels of both structures"
    ),
    "contrast": Sign(
        "the myocardium has {value} of the signal of the blood pool",
        high=90,
        at_end=95,
        needs="20 pixels of both structures",
    ),
    "inner_edge": Sign(
        "the border of the blood pool follows no edge, the gradient of the signal next to it is {value} of that on it",
        high=95,
        needs="20 pixels on and next to this border",
    ),
    "outer_edge": Sign(
        "the outer border follows no edge, the gradient of the signal next to it is {value} of that on it",
        high=120,
        needs="20 pixels on and next to this border",
    ),
}
# of a scan
SCAN_SIGNS = {
    "mass_change": Sign("the mass differs between ED and ES by {value}", high=20, needs="myocardium at ED and ES"),
    "curve_residual": Sign(
        "the volume curve is uneven, three harmonics of the beat leave {value} of the stroke volume unexplained",
        high=7,
        needs="one beat of ten or more frames",
    ),
    "short_axis": Sign(
        "the mask is short, its width is {value} of its length: slices may be missing",
        high=110,
        needs="three slices with a mask at ED",
    ),
    "blunt_apex": Sign(
        "slices at the apex may be missing: the last has {value} of the largest area",
        high=65,
        needs="three slices with a mask at ED",
    ),
    "open_base": Sign(
        "slices at the base may be missing: the area still grows by {value} in the last",
        high=2,
        needs="three slices with a mask at ED",
    ),
    "EDV": Sign("EDV of {value} is outside the range of the training mice", unit="uL", needs="ED and ES"),
    "EF": Sign("EF of {value} is outside the range of the training mice", needs="ED and ES"),
}
SIGNS = SLICE_SIGNS | SCAN_SIGNS

# Ranges of the mice that the shipped network was trained on (`phantom.varied`)
TRAINED = {"EDV": (30.0, 115.0), "EF": (15.0, 85.0)}

COLUMNS = ["mouse", "sign", "unit", "value", "low", "high", "slice", "frame", "mean", "places", "reason", "note"]
FINDINGS = ["mouse", "slice", "frame", "sign", "unit", "value", "low", "high", "reason"]


def with_ranges(ranges: Mapping[str, tuple[float, float]]) -> dict[str, Sign]:
    """Return the signs, of which those named in `ranges` have these limits."""
    return SIGNS | {name: replace(SIGNS[name], low=low, high=high) for name, (low, high) in ranges.items()}


def ends(masked: np.ndarray) -> np.ndarray:
    """Return which slices are the first or the last with a mask in their frame, axes (slice, frame)."""
    inside = np.cumsum(masked, axis=0) > 1
    inside &= np.cumsum(masked[::-1], axis=0)[::-1] > 1
    return masked & ~inside


def judge(
    mouse: str,
    by_slice: Mapping[str, np.ndarray],
    by_scan: Mapping[str, float],
    masked: np.ndarray,
    signs: Mapping[str, Sign],
) -> tuple[list[tuple], list[tuple]]:
    """Compare the values of a scan with the limits of the signs.

    Parameters
    ----------
    mouse : str
        Name of the mouse.
    by_slice : mapping of str to ndarray
        Values of the signs of slices, axes (slice, frame), NaN where a sign cannot be assessed.
    by_scan : mapping of str to float
        Values of the signs of the scan.
    masked : ndarray of bool
        Slices and frames with a mask.
    signs : mapping of str to Sign
        The signs with their limits.

    Returns
    -------
    summary : list of tuple
        A row (COLUMNS) for each sign: the value farthest beyond its limit or, if none is, nearest to it, with its slice
        and frame, the mean over all places, the number of places beyond the limit, the reason, if there is such a
        place, and a note, if the sign cannot be assessed.
    findings : list of tuple
        A row (FINDINGS) for each place beyond its limit.
    """
    summary, findings = [], []
    at_end = ends(masked)
    for name, values in by_slice.items():
        sign = signs[name]
        high = np.where(at_end, sign.high if sign.at_end is None else sign.at_end, sign.high)
        found = list(_beyond(sign, values, high))
        findings += [(mouse, *place, name, sign.unit, *rest) for place, rest in found]
        summary.append((mouse, name, sign.unit, *_worst(sign, values, high), _mean(values), len(found)))
    for name, value in by_scan.items():
        sign = signs[name]
        found = list(_beyond(sign, np.array(value), np.array(sign.high, float)))
        findings += [(mouse, None, None, name, sign.unit, *rest) for _, rest in found]
        summary.append((mouse, name, sign.unit, value, sign.low, sign.high, None, None, value, len(found)))
    rows = []
    for row in summary:
        *_, value, _, high, _, _, _, places = row
        sign = signs[row[1]]
        note = f"not assessed: {sign.needs} required" if value is None or np.isnan(value) else None
        rows.append((*row, sign.reason(value, high) if places else None, note))
    return rows, findings


def _beyond(sign: Sign, values: np.ndarray, high: np.ndarray) -> Iterator[tuple[tuple, tuple]]:
    """Yield the places beyond the limits, each with (value, low, high, reason)."""
    beyond = values > high
    if sign.low is not None:
        beyond |= values < sign.low
    for place in zip(*np.nonzero(np.atleast_1d(beyond)), strict=True):
        at = place if values.ndim else ()
        value, upper = float(values[at]), float(high[at])
        yield tuple(map(int, place)), (value, sign.low, upper, sign.reason(value, upper))


def _worst(sign: Sign, values: np.ndarray, high: np.ndarray) -> tuple:
    """Return (value, low, high, slice, frame) where a value is farthest beyond its limit, or nearest to it."""
    excess = np.divide(values, high, out=values - high, where=high > 0)
    if np.isnan(excess).all():
        return None, sign.low, sign.high, None, None
    place = np.unravel_index(np.nanargmax(excess), values.shape)
    return float(values[place]), sign.low, float(high[place]), *map(int, place)


def _mean(values: np.ndarray) -> float | None:
    """Return the mean of the values that are finite, None if there are none."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else None


def tables(judged: list[tuple[list[tuple], list[tuple]]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables of signs and findings of several scans, judged by `judge`."""
    places = {"slice": "Int64", "frame": "Int64"}
    summary = pd.DataFrame([row for rows, _ in judged for row in rows], columns=COLUMNS)
    findings = pd.DataFrame([row for _, rows in judged for row in rows], columns=FINDINGS)
    return summary.astype(places), findings.astype(places)
