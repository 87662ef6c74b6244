"""One heartbeat of the phantom: filling of the ventricle in each frame of the cine."""

import math
from dataclasses import dataclass, field

import numpy as np
from scipy.interpolate import PchipInterpolator

from murmur.phantom.cycle import FRAME_INTERVAL_MS, draw_cycle


@dataclass(frozen=True)
class Beat:
    """The cine's timing.

    `filling` holds one number per frame: 1 at end-diastole, 0 at end-systole. `flow` is the size of its
    rate of change, 0 to 1; blood that moves fast loses signal. `cycle_ms` is the duration of a cardiac cycle, of which
    the cine covers 93% to 102%, and `truth` holds the measures of the volume curve as known without sampling: times in
    ms, rates in stroke volumes per ms.
    """

    filling: np.ndarray
    flow: np.ndarray
    ed_frame: int
    es_frame: int
    cycle_ms: float = math.nan
    truth: dict[str, float] = field(default_factory=dict)

    @property
    def inflow_frames(self) -> list[int]:
        """Mid-systolic and early-diastolic frames: between ED and ES and as long after ES, in rapid flow."""
        end = min(2 * self.es_frame - self.ed_frame, len(self.filling))
        return [frame for frame in range(self.ed_frame + 1, end) if 0.08 < self.filling[frame] < 0.92]


def draw_beat(rng: np.random.Generator, frame_interval_ms: float = FRAME_INTERVAL_MS) -> Beat:
    """Draw a beat of 85 to 180 ms, about one cardiac cycle: 17 to 36 frames at intervals of 5 ms.

    End-systole is at 38% to 45% of the cycle, followed by isovolumic relaxation, rapid filling, diastasis and atrial
    contraction. ED is the first frame, except when the trigger is one frame early.
    """
    frames, cycle = draw_cycle(rng, frame_interval_ms)
    early = int(rng.random() < 0.15)
    end_systole = rng.uniform(0.38, 0.45)
    filled, rest = rng.uniform(0.62, 0.74), rng.uniform(0.72, 0.84)
    knots = {
        0.0: 1.0,
        0.05: 0.98,
        0.55 * end_systole: rng.uniform(0.36, 0.48),
        end_systole: 0.0,
        end_systole + 0.06: 0.03,
        end_systole + 0.24: filled,
        0.84: max(rest, filled + 0.03),
        0.95: rng.uniform(0.95, 0.98),
        1.0: 1.0,
    }
    curve = PchipInterpolator(list(knots), list(knots.values()))
    time = np.mod((np.arange(frames) - early) / cycle, 1.0)
    filling = curve(time)
    # The frames miss the curve's extremes by a little: the annotated ones shall have the drawn volumes.
    sampled = filling.max() - filling.min()
    filling = (filling - filling.min()) / sampled
    flow = np.abs(curve.derivative()(time))
    ed_frame, es_frame = int(filling.argmax()), int(filling.argmin())
    cycle_ms = cycle * frame_interval_ms
    truth = {name: value * cycle_ms for name, value in _times(curve, end_systole).items()}
    truth["ED_time"], truth["ES_time"] = early * frame_interval_ms, early * frame_interval_ms + truth["ejection_time"]
    truth |= {name: value / sampled / cycle_ms for name, value in _rates(curve, end_systole).items()}
    return Beat(filling, flow / flow.max(), ed_frame, es_frame, cycle_ms, truth)


def _slopes(curve: PchipInterpolator, first: float, last: float) -> tuple[np.ndarray, np.ndarray]:
    """Return times of a part of the cycle and the slope of the curve, per cycle."""
    time = np.linspace(first, last, 10_001)
    return time, curve.derivative()(time)


def _times(curve: PchipInterpolator, end_systole: float) -> dict[str, float]:
    """Return the durations of the curve, as shares of the cycle, which begins at ED."""
    ejection, filling = _slopes(curve, 0, end_systole), _slopes(curve, end_systole, (1 + end_systole) / 2)
    return {
        "ejection_time": end_systole,
        "time_to_peak_ejection": ejection[0][ejection[1].argmin()],
        "time_to_peak_filling": filling[0][filling[1].argmax()] - end_systole,
    }


def _rates(curve: PchipInterpolator, end_systole: float) -> dict[str, float]:
    """Return the steepest slopes of the curve, per cycle; early and late filling are in the halves of diastole."""
    middle = (1 + end_systole) / 2
    return {
        "peak_ejection_rate": -_slopes(curve, 0, end_systole)[1].min(),
        "peak_filling_rate": _slopes(curve, end_systole, middle)[1].max(),
        "late_filling_rate": _slopes(curve, middle, 1)[1].max(),
    }
