"""One mouse of the phantom: cine, reference masks and true volumes.

The references follow the published study: papillary muscles and trabeculae are part of the myocardium, and the most
basal slice is the last one below the valve plane.
"""

from dataclasses import dataclass

import numpy as np

from murmur.measurement.function import function, mass
from murmur.phantom.beat import Beat, draw_beat
from murmur.phantom.cine import heights_in, image_cine
from murmur.phantom.cycle import FRAME_INTERVAL_MS, streams
from murmur.phantom.heart import ANGLES, Heart, Session, draw_heart, radii, solve_pose, true_volumes
from murmur.phantom.phenotypes import has_inflow_frames, phenotypes_of
from murmur.phantom.scanner import SLICE_MM, Scanner, draw_scanner
from murmur.phantom.varied import draw_varied_heart, draw_varied_scanner, two_frames


@dataclass(frozen=True)
class Phantom:
    """One mouse. `images` (uint16) and `masks` (uint8) have the axes (row, column, slice, frame).

    `truth` holds the measures that follow from the geometry and, unless `varied`, from the beat, in the units of
    `measures.MEASURES`. `wall_mm` holds the thickness of the wall at ED and ES, axes (slice, angle), on rays from the
    long axis, clockwise from the right of the image; NaN where the slice has no cavity.
    """

    images: np.ndarray
    masks: np.ndarray
    frames_with_roi: list[int]
    spacing_mm: tuple[float, float, float]
    frame_interval_ms: float
    phenotype: str
    field_T: float
    truth: dict[str, float]
    wall_mm: dict[str, np.ndarray]


def phantom_mouse(
    seed: int,
    index: int,
    field_T: float = 9.4,
    varied: bool = False,
    phenotype: str | None = None,
    frame_interval_ms: float = FRAME_INTERVAL_MS,
    every_frame: bool = False,
    session: tuple[int, int] | None = None,
) -> Phantom:
    """Generate mouse `index` (from 0) of a cohort; `field_T` below 8 gives the coarser, noisier 7 T protocol.

    A `varied` mouse has an anatomy and appearance beyond those of a single scanner, and two frames, unless it is to
    have `every_frame`. If no `phenotype` is given, phenotypes are assigned in the proportions of the study. With
    `every_frame`, all frames have masks, not only ED, ES and, in some mice, inflow frames. `session`, of a mouse
    scanned repeatedly, is its number, from 0, and the number of sessions: the phenotype develops from none in the
    first to its full severity in the last.
    """
    phenotype = phenotype or phenotypes_of(index + 1)[index]
    heart_rng, beat_rng, chest_rng, scanner_rng = streams(seed, index)
    at = None
    if session is not None:
        session_rng, beat_rng, chest_rng, scanner_rng = streams(seed, index, session[0])
        at = Session(session[0] / (session[1] - 1), session_rng)
    if varied:
        heart = draw_varied_heart(heart_rng, phenotype)
        beat = draw_beat(beat_rng, frame_interval_ms) if every_frame else two_frames(beat_rng)
        scanner = draw_varied_scanner(scanner_rng, heart, field_T)
    else:
        heart, beat = draw_heart(heart_rng, phenotype, at), draw_beat(beat_rng, frame_interval_ms)
        scanner = draw_scanner(scanner_rng, heart, field_T)
    annotated = set(range(len(beat.filling))) if every_frame else {beat.ed_frame, beat.es_frame}
    if has_inflow_frames(index) and not varied:
        annotated.update(beat.inflow_frames)
    images, masks = image_cine(chest_rng, heart, beat, scanner, sorted(annotated))
    return Phantom(
        images=images,
        masks=masks,
        frames_with_roi=sorted(annotated),
        spacing_mm=(scanner.pixel, scanner.pixel, SLICE_MM),
        frame_interval_ms=frame_interval_ms,
        phenotype=phenotype,
        field_T=field_T,
        truth=_truth(heart, beat),
        wall_mm={phase: _wall(heart, scanner, filling) for phase, filling in (("ED", 1.0), ("ES", 0.0))},
    )


def _wall(heart: Heart, scanner: Scanner, filling: float) -> np.ndarray:
    """Return the thickness of the wall, axes (slice, angle), a mean over the planes of a slice that cut the cavity."""
    pose = solve_pose(heart, filling)
    found = [radii(heart, pose, heights_in(top)) for top in scanner.slice_tops]
    cut = [surfaces["endocardium"].any(axis=1) for surfaces in found]
    walls = [surfaces["epicardium"] - surfaces["endocardium"] for surfaces in found]
    missing = np.full(ANGLES, np.nan)
    return np.array([wall[at].mean(axis=0) if at.any() else missing for wall, at in zip(walls, cut, strict=True)])


def _truth(heart: Heart, beat: Beat) -> dict[str, float]:
    (edv, wall_ed), (esv, wall_es) = (true_volumes(heart, solve_pose(heart, filling)) for filling in (1.0, 0.0))
    ed, es = ({"blood_pool_uL": blood, "myocardium_mg": mass(wall)} for blood, wall in ((edv, wall_ed), (esv, wall_es)))
    truth = function(ed, es)
    if not beat.truth:
        return truth
    rates = {name: value * truth["SV"] if name.endswith("rate") else value for name, value in beat.truth.items()}
    heart_rate = 60_000 / beat.cycle_ms
    return truth | {"heart_rate": heart_rate, "cardiac_output": truth["SV"] * heart_rate / 1000} | rates
