"""Plausibility of mice: findings on grids, phases and measurements, which do not stop a study (docs/checks.md).

The checks of images are in `plausible_images`, those of masks in `plausible_masks`. All limits are constants of these
three modules.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from murmur.data.mouse import Mouse
from murmur.subject import printed_unit, printed_value, subject
from murmur.vocabulary import METRIC_NAMES, METRICS, UNITS


class Limits(NamedTuple):
    """What is plausible in a species, as (lowest, highest)."""

    pixel_mm: tuple[float, float]
    slice_mm: tuple[float, float]
    frame_interval_ms: tuple[float, float]
    values: dict[str, tuple[float, float]]  # by metric, in the units of METRICS
    participants: dict[str, tuple[float, float]]  # by column of the participants


def _limits(
    edv: tuple[float, float],
    mass: tuple[float, float],
    weight_g: tuple[float, float],
    tibia_mm: tuple[float, float],
    rate_bpm: tuple[float, float],
    **grid: tuple[float, float],
) -> Limits:
    """Return the limits of a species: other volumes follow from EDV, and the limits of EF are the same for all."""
    volumes = {"EDV": edv, "ESV": (edv[0] / 10, edv[1] * 29 / 30), "SV": (edv[0] / 5, edv[1] / 2)}
    return Limits(
        **grid,
        values=volumes | {"EF": (5.0, 95.0)} | dict.fromkeys(("mass_ED", "mass_ES"), mass),
        participants={"body_weight_g": weight_g, "tibia_length_mm": tibia_mm, "heart_rate_bpm": rate_bpm},
    )


# docs/checks.md gives the values of healthy adults, from which these ranges leave a wide margin: from newborn to
# failing and hypertrophic hearts.
_LARGE = {"pixel_mm": (0.3, 4.0), "slice_mm": (1.0, 15.0), "frame_interval_ms": (5.0, 150.0)}
LIMITS = {
    "mouse": _limits(
        (5, 300), (10, 500), (0.5, 100), (4, 30), (100, 1000),
        pixel_mm=(0.03, 0.5), slice_mm=(0.2, 2), frame_interval_ms=(1, 30),
    ),
    "rat": _limits(
        (30, 2500), (50, 3000), (4, 1500), (8, 70), (80, 700),
        pixel_mm=(0.05, 1), slice_mm=(0.3, 4), frame_interval_ms=(1, 40),
    ),
    "pig": _limits((5e3, 500e3), (5e3, 600e3), (500, 400e3), (30, 500), (20, 300), **_LARGE),
    "human": _limits((5e3, 600e3), (5e3, 600e3), (500, 400e3), (40, 600), (20, 300), **_LARGE),
}  # fmt: skip
EF_TOLERANCE = 3.0  # percentage points between EF and the EF of EDV and ESV; more than rounding to whole µL explains
FEWEST_PIXELS = 32  # along rows and columns; a heart of 8 mm has 27 pixels at 0.3 mm
MOST_UNEQUAL = 1.5  # ratio of the sides of pixels
CYCLE_FRAMES = 5  # fewer frames may be ED and ES only
CINE_FRAMES = 8  # with fewer frames, ED and ES may be neighbours
SAME = 0.01  # relative difference of spacings that count as equal
FEWEST_VALUES = 5  # that two readers must share before their equality is no coincidence
LISTED = 5  # mice or files named in a finding


class Finding(NamedTuple):
    """Something odd about a mouse or, if `mouse` is empty, about its cohort."""

    mouse: str
    check: str
    found: str
    expected: str

    @property
    def sentence(self) -> str:
        """The finding as a sentence without a full stop."""
        return f"{f'{self.mouse}: ' if self.mouse else ''}{self.check}: found {self.found}, expected {self.expected}"


def listed(names: Sequence[str]) -> str:
    """Enumerate up to LISTED names, with the number of the others."""
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more


def check_grid(mouse: Mouse, spacing_assumed: bool, interval_assumed: bool) -> Iterator[Finding]:
    """Check spacing, frame interval and size of the images of a mouse."""
    *pixel, thickness = mouse.spacing_mm
    spacing = " x ".join(f"{side:.4g}" for side in mouse.spacing_mm)
    if spacing_assumed:
        yield Finding(mouse.name, "spacing assumed", f"none in the file; {spacing} mm assumed", "spacing_mm")
    limits, those = LIMITS.get(subject().species), f"in {subject().plural}"
    if limits and not (all(_within(side, limits.pixel_mm) for side in pixel) and _within(thickness, limits.slice_mm)):
        expected = f"pixels of {_range(limits.pixel_mm)} mm and slices of {_range(limits.slice_mm)} mm {those}"
        yield Finding(mouse.name, "spacing out of range", f"{spacing} mm", expected)
    if max(pixel) > MOST_UNEQUAL * min(pixel):
        yield Finding(mouse.name, "pixels not square", f"{spacing} mm", "rows and columns of similar spacing")
    frames, interval = mouse.shape[3], f"{mouse.frame_interval_ms:.4g} ms"
    if frames > 1 and interval_assumed:
        found = f"none in the file; {interval} assumed"
        yield Finding(mouse.name, "frame interval assumed", found, "frame_interval_ms")
    if limits and frames > 1 and not _within(mouse.frame_interval_ms, limits.frame_interval_ms):
        expected = f"{_range(limits.frame_interval_ms)} ms {those}"
        yield Finding(mouse.name, "frame interval out of range", interval, expected)
    elif limits and frames >= CYCLE_FRAMES:
        yield from _check_cine(mouse, limits, those)
    if min(mouse.shape[:2]) < FEWEST_PIXELS:
        size = " x ".join(map(str, mouse.shape[:2]))
        yield Finding(mouse.name, "tiny images", f"{size} pixels", f"{FEWEST_PIXELS} x {FEWEST_PIXELS} or more")


def _check_cine(mouse: Mouse, limits: Limits, those: str) -> Iterator[Finding]:
    """Check that the cine lasts from half of the shortest beat, because it may be partial, to two of the longest."""
    duration = mouse.shape[3] * mouse.frame_interval_ms
    slowest, fastest = limits.participants["heart_rate_bpm"]
    plausible = (0.5 * 60_000 / fastest, 2 * 60_000 / slowest)
    if not _within(duration, plausible):
        found = f"{mouse.shape[3]} frames of {mouse.frame_interval_ms:g} ms, {duration:.4g} ms in all"
        expected = f"{plausible[0]:.0f} to {plausible[1]:.0f} ms, half of a beat to two beats {those}"
        yield Finding(mouse.name, "cine shorter or longer than beats", found, expected)


def check_phases(mouse: Mouse) -> Iterator[Finding]:
    """Check the number of frames, the number of annotated frames, and the distance from ED to ES."""
    frames = mouse.shape[3]
    if frames == 1:
        yield Finding(mouse.name, "single frame", "1 frame", "a cine; volumes at ED and ES and EF are missing")
    elif mouse.annotated_frames and mouse.ed_frame is None:
        expected = "ED and ES; the function by the reference is missing"
        found = f"{len(mouse.annotated_frames)} annotated, fewer than two with blood pool"
        yield Finding(mouse.name, "single annotated frame", found, expected)
    if mouse.ed_frame is not None and frames >= CINE_FRAMES:
        distance = abs(mouse.ed_frame - mouse.es_frame)
        if min(distance, frames - distance) == 1:
            found = f"ED in frame {mouse.ed_frame + 1} and ES in frame {mouse.es_frame + 1} of {frames}"
            yield Finding(mouse.name, "ED next to ES", found, "about a third of the cycle between them")


def check_values(mouse: str, values: Mapping[str, float], who: str) -> Iterator[Finding]:
    """Check measurements of a mouse, by metric, by the reference or a reader (`who`)."""
    known = {metric: float(value) for metric, value in values.items() if not np.isnan(value)}
    limits = LIMITS.get(subject().species)
    for metric, value in known.items():
        unit = METRICS[metric]
        printed = UNITS[printed_unit(unit)]
        found = f"{METRIC_NAMES[metric]} {printed_value(value, unit):.4g} {printed} by {who}"
        if value < 0:
            yield Finding(mouse, "negative value", found, "0 or more")
        elif limits and not _within(value, limits.values.get(metric, (-np.inf, np.inf))):
            low, high = (printed_value(limit, unit) for limit in limits.values[metric])
            expected = f"{_range((low, high))} {printed} in {subject().plural}"
            yield Finding(mouse, f"{METRIC_NAMES[metric]} out of range", found, expected)
    edv, esv, ef = (known.get(metric) for metric in ("EDV", "ESV", "EF"))
    if edv is None or esv is None or min(edv, esv) < 0:
        return
    if esv > edv:
        yield Finding(mouse, "ESV above EDV", f"ESV {_volume(esv)} and EDV {_volume(edv)} by {who}", "ESV below EDV")
    elif edv and ef is not None and abs(ef - 100 * (1 - esv / edv)) > EF_TOLERANCE:
        expected = f"{100 * (1 - esv / edv):.4g}%, (EDV - ESV) / EDV"
        yield Finding(mouse, "EF not from EDV and ESV", f"EF {ef:.4g}% by {who}", expected)


def check_participants(participants: pd.DataFrame) -> Iterator[Finding]:
    """Check body weight, tibia length and heart rate.

    Parameters
    ----------
    participants : DataFrame
        One row per mouse: mouse and, if known, the columns of Limits.participants.

    Yields
    ------
    Finding
        For each value out of the range of the species.
    """
    limits, those = LIMITS.get(subject().species), f"in {subject().plural}"
    for column, range_of in limits.participants.items() if limits else ():
        if column not in participants:
            continue
        *words, unit = column.split("_")
        size, unit = (1e-3, "kg") if unit == "g" and subject().is_large else (1, unit)
        expected = f"{_range((size * range_of[0], size * range_of[1]))} {unit} {those}"
        for mouse, value in zip(participants["mouse"], pd.to_numeric(participants[column]), strict=True):
            if not (np.isnan(value) or _within(value, range_of)):
                yield Finding(str(mouse), f"{' '.join(words)} out of range", f"{size * value:.4g} {unit}", expected)


def check_measurements(table: pd.DataFrame, who: str, column: str) -> Iterator[Finding]:
    """Check a column of a table of function.

    Parameters
    ----------
    table : DataFrame
        Columns mouse, metric and `column`, with values in the units of METRICS.
    who : str
        Who measured, for messages.
    column : str
        Column to check, reference or reader.

    Yields
    ------
    Finding
        As `check_values`, mouse by mouse.
    """
    for mouse, rows in table.groupby("mouse", sort=False):
        yield from check_values(str(mouse), dict(zip(rows["metric"], rows[column], strict=True)), who)


def check_same_values(table: pd.DataFrame) -> Iterator[Finding]:
    """Check that readers have different values.

    Parameters
    ----------
    table : DataFrame
        One column of values per reader, and one row per mouse and metric; NaN where a value is missing.

    Yields
    ------
    Finding
        For each column that equals a later one in all rows in which both have values, if there are enough of them.
    """
    copies: dict[str, list[str]] = {}
    for one, other in itertools.combinations(table, 2):
        both = table[[one, other]].dropna()
        if len(both) >= FEWEST_VALUES and (both[one] == both[other]).all():
            copies.setdefault(one, []).append(other)
    for one, others in copies.items():
        yield Finding("", f"same values as {one}", f"those of {listed(others)}", "measurements made independently")


def check_same_images(mice: Iterable[Mouse]) -> Iterator[Finding]:
    """Check that no two mice have the same images."""
    first: dict[str, Mouse] = {}
    for mouse in mice:
        other = first.setdefault(mouse.images_sha256, mouse)
        if other is not mouse:
            what = "file" if other.sha256 == mouse.sha256 else "images"
            yield Finding(mouse.name, "same images twice", f"the same {what} as {other.name}", "different mice")


def check_unseen(mice: Iterable[Mouse], learnt: Mapping[str, Iterable[Mouse]]) -> Iterator[Finding]:
    """Check that no mouse has the images of one from which a network learnt, by the name of the other cohort."""
    seen = {other.images_sha256: f"{other.name} of {cohort}" for cohort, others in learnt.items() for other in others}
    for mouse in mice:
        if other := seen.get(mouse.images_sha256):
            found = f"the same images as {other}, a training or validation mouse"
            yield Finding(mouse.name, "same images in training", found, "mice that no network was trained on")


def check_same_grid(mice: Sequence[Mouse]) -> Iterator[Finding]:
    """Check that the mice of a cohort have the matrix and the spacing of most of them."""
    grids: list[tuple[Mouse, list[str]]] = []
    for mouse in mice:
        same = next((names for first, names in grids if _same_grid(first, mouse)), None)
        if same is None:
            grids.append((mouse, same := []))
        same.append(mouse.name)
    first, most = max(grids, key=lambda grid: len(grid[1]))
    if len(grids) > 1 and len(most) * 2 <= len(mice):
        yield Finding("", "different grids", f"{len(grids)} grids in {len(mice)} mice", "one protocol per cohort")
        return
    expected = f"{_grid(first)}, as in {len(most)} of {len(mice)} mice"
    others = (mouse for mouse in mice if not _same_grid(first, mouse))
    yield from (Finding(mouse.name, "different grid", _grid(mouse), expected) for mouse in others)


def _same_grid(mouse: Mouse, other: Mouse) -> bool:
    return mouse.shape[:2] == other.shape[:2] and np.allclose(mouse.spacing_mm, other.spacing_mm, rtol=SAME)


def _grid(mouse: Mouse) -> str:
    matrix, spacing = (" x ".join(f"{side:.4g}" for side in sides) for sides in (mouse.shape[:2], mouse.spacing_mm))
    return f"{matrix} pixels of {spacing} mm"


def _volume(volume_uL: float) -> str:
    return f"{printed_value(volume_uL, 'uL'):.4g} {UNITS[printed_unit('uL')]}"


def _within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] * (1 - 1e-6) <= value <= limits[1] * (1 + 1e-6)


def _range(limits: tuple[float, float]) -> str:
    return f"{limits[0]:g} to {limits[1]:g}"
