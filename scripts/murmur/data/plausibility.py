"""Plausibility of mice: findings on grids, phases and measurements, which do not stop a study (docs/checks.md).

The checks of images and masks are in `plausible_images`. All limits are constants of these two modules.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from murmur.data.manifest import Mouse
from murmur.vocabulary import METRIC_NAMES, METRICS, UNITS

# Ranges for mice. In-plane resolution of mouse cine MRI is 0.05 to 0.3 mm and slices are 0.5 to 1.5 mm thick; a cardiac
# cycle of 90 to 200 ms is divided into 8 to 60 frames. The ranges leave a margin on both sides.
PIXEL_MM, SLICE_MM = (0.03, 0.5), (0.2, 2.0)
FRAME_INTERVAL_MS = (1.0, 30.0)
# From neonatal mice to failing and hypertrophic hearts; healthy adults have EDV 50 to 80 µL and a mass of 70 to 120 mg.
RANGES = {
    "EDV": (5.0, 300.0),
    "ESV": (0.5, 290.0),
    "SV": (1.0, 150.0),
    "EF": (5.0, 95.0),
    "mass_ED": (10.0, 500.0),
    "mass_ES": (10.0, 500.0),
}
EF_TOLERANCE = 3.0  # percentage points between EF and the EF of EDV and ESV; more than rounding to whole µL explains
LARGEST_FRACTION = 1.0  # EF up to this value is a fraction rather than a percentage
FEWEST_PIXELS = 32  # along rows and columns; a heart of 8 mm has 27 pixels at 0.3 mm
CINE_FRAMES = 8  # with fewer frames, ED and ES may be neighbours
SAME = 0.01  # relative difference of spacings that count as equal
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
    spacing = " x ".join(f"{side:g}" for side in mouse.spacing_mm)
    if spacing_assumed:
        yield Finding(mouse.name, "spacing assumed", f"none in the file; {spacing} mm assumed", "spacing_mm")
    if not all(_within(side, PIXEL_MM) for side in pixel) or not _within(thickness, SLICE_MM):
        expected = f"pixels of {_range(PIXEL_MM)} mm and slices of {_range(SLICE_MM)} mm in mice"
        yield Finding(mouse.name, "spacing out of range", f"{spacing} mm", expected)
    frames, interval = mouse.shape[3], f"{mouse.frame_interval_ms:g} ms"
    if frames > 1 and interval_assumed:
        found = f"none in the file; {interval} assumed"
        yield Finding(mouse.name, "frame interval assumed", found, "frame_interval_ms")
    if frames > 1 and not _within(mouse.frame_interval_ms, FRAME_INTERVAL_MS):
        expected = f"{_range(FRAME_INTERVAL_MS)} ms in mice"
        yield Finding(mouse.name, "frame interval out of range", interval, expected)
    if min(mouse.shape[:2]) < FEWEST_PIXELS:
        size = " x ".join(map(str, mouse.shape[:2]))
        yield Finding(mouse.name, "tiny images", f"{size} pixels", f"{FEWEST_PIXELS} x {FEWEST_PIXELS} or more")


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
    for metric, value in known.items():
        found = f"{METRIC_NAMES[metric]} {value:.4g} {UNITS[METRICS[metric]]} by {who}"
        if metric == "EF" and 0 < value <= LARGEST_FRACTION:
            yield Finding(mouse, "EF as a fraction", found, "a percentage")
        elif value < 0:
            yield Finding(mouse, "negative value", found, "0 or more")
        elif not _within(value, RANGES[metric]):
            expected = f"{_range(RANGES[metric])} {UNITS[METRICS[metric]]} in mice"
            yield Finding(mouse, f"{METRIC_NAMES[metric]} out of range", found, expected)
    edv, esv, ef = (known.get(metric) for metric in ("EDV", "ESV", "EF"))
    if edv is None or esv is None or min(edv, esv) < 0:
        return
    if esv > edv:
        yield Finding(mouse, "ESV above EDV", f"ESV {esv:.4g} and EDV {edv:.4g} µL by {who}", "ESV below EDV")
    elif edv and ef is not None and ef > LARGEST_FRACTION and abs(ef - 100 * (1 - esv / edv)) > EF_TOLERANCE:
        expected = f"{100 * (1 - esv / edv):.4g}%, (EDV - ESV) / EDV"
        yield Finding(mouse, "EF not from EDV and ESV", f"EF {ef:.4g}% by {who}", expected)


def check_measurements(table: pd.DataFrame, who: str, column: str) -> Iterator[Finding]:
    """Check a column of a table of function with the columns mouse and metric."""
    for mouse, rows in table.groupby("mouse", sort=False):
        yield from check_values(str(mouse), dict(zip(rows["metric"], rows[column], strict=True)), who)


def check_same_images(digests: Mapping[str, tuple[str, str]]) -> Iterator[Finding]:
    """Check that no two mice have the same file or images, given the digests of file and images by mouse."""
    files, images = {}, {}
    for mouse, (file, content) in digests.items():
        same_file, same_images = files.setdefault(file, mouse), images.setdefault(content, mouse)
        if same_images != mouse:
            what = "file" if same_file == same_images else "images"
            yield Finding(mouse, "same images twice", f"the same {what} as {same_images}", "different mice")


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
    matrix, spacing = (" x ".join(f"{side:g}" for side in sides) for sides in (mouse.shape[:2], mouse.spacing_mm))
    return f"{matrix} pixels of {spacing} mm"


def _within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] * (1 - 1e-6) <= value <= limits[1] * (1 + 1e-6)


def _range(limits: tuple[float, float]) -> str:
    return f"{limits[0]:g} to {limits[1]:g}"
