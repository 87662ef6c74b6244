"""Random streams and cardiac cycles of the mice of a phantom cohort.

They follow from the seed without generating a mouse, so that a cohort is planned with its heart rates.
"""

import numpy as np

FRAME_INTERVAL_MS = 5.0  # of the published study


def heart_rates(seed: int, count: int, frame_interval_ms: float = FRAME_INTERVAL_MS, sessions: int = 0) -> list[float]:
    """Return the heart rate in beats per minute of each scan of the first `count` mice of a cohort, if not `varied`.

    Mice have one scan each, or one in each of several `sessions`.
    """
    scans = [(index, session) for index in range(count) for session in (range(sessions) if sessions else [None])]
    cycles = [draw_cycle(streams(seed, *scan)[1], frame_interval_ms)[1] for scan in scans]
    return [60_000 / (cycle * frame_interval_ms) for cycle in cycles]


def streams(seed: int, index: int, session: int | None = None) -> list[np.random.Generator]:
    """Return the generators of a mouse, or of one of its sessions, for heart, beat, chest and scanner."""
    scan = (seed, index) if session is None else (seed, index, 1 + session)
    return [np.random.default_rng(stream) for stream in np.random.SeedSequence(scan).spawn(4)]


def draw_cycle(rng: np.random.Generator, frame_interval_ms: float = FRAME_INTERVAL_MS) -> tuple[int, float]:
    """Draw the number of frames of a cine of 85 to 180 ms, and the duration of its cardiac cycle in frames."""
    duration_ms = FRAME_INTERVAL_MS * np.clip(round(rng.lognormal(np.log(21.5), 0.19)), 17, 36)
    frames = round(duration_ms / frame_interval_ms)
    return frames, frames * rng.uniform(0.98, 1.08)
