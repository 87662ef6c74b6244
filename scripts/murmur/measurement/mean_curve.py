"""Mean time-volume curves of groups of animals, over the cardiac cycle."""

import numpy as np
import pandas as pd

from murmur.measurement.measures import MEASURES

PHASES = np.arange(0, 101, 2.0)  # % of the cardiac cycle
ED_TIME = MEASURES["ED_time"].column
MIN_FRAMES = 8  # of a curve


def resample(time_ms: np.ndarray, volume: np.ndarray, cycle_ms: float, ed_ms: float = np.nan) -> np.ndarray | None:
    """Interpolate the volumes of a cine at PHASES.

    Parameters
    ----------
    time_ms : ndarray, shape (frames,)
        Times of the frames, from the first frame; increasing.
    volume : ndarray, shape (frames,)
        Volumes, in any unit; missing where a frame was not segmented.
    cycle_ms : float
        Duration of the cardiac cycle, in ms.
    ed_ms : float, optional
        Time of ED; by default that of the largest volume.

    Returns
    -------
    ndarray, shape (phases,) or None
        Volumes at PHASES, where 0% is ED; None with fewer than MIN_FRAMES frames within the cycle.

    Notes
    -----
    The interpolation is linear between frames, and from the last frame to the first of the next cycle. Frames after the
    end of the cycle are not used.
    """
    used = np.isfinite(volume) & (time_ms < cycle_ms)
    if used.sum() < MIN_FRAMES:
        return None
    first = time_ms[used][volume[used].argmax()] if np.isnan(ed_ms) else ed_ms
    return np.interp(first + PHASES * cycle_ms / 100, time_ms[used], volume[used], period=cycle_ms)


def curves_of_scans(volumes: pd.DataFrame, scans: pd.DataFrame) -> pd.DataFrame:
    """Resample the time-volume curve of each scan over its cardiac cycle.

    Parameters
    ----------
    volumes : DataFrame
        mouse, frame, time_ms and blood_pool_uL, of every frame.
    scans : DataFrame
        mouse, animal, group, session and, where any is known, heart_rate_bpm and ED_time_ms.

    Returns
    -------
    DataFrame
        animal, group, session, phase_percent and volume_uL, in the order of `scans`. The duration of the cycle in ms is
        60 000 divided by the heart rate in beats per minute. A scan without a heart rate, whose cine does not cover
        exactly one beat (`murmur.measurement.curve.beat_period`), or with fewer than MIN_FRAMES segmented frames has no
        curve.
    """
    cines, found = dict(list(volumes.groupby("mouse"))), []
    for scan in scans.to_dict("records"):
        cine = cines.get(scan["mouse"])
        rate = scan.get("heart_rate_bpm", np.nan)
        if cine is None or np.isnan(rate):
            continue
        cine = cine.sort_values("frame")
        time, volume = (cine[name].to_numpy(float) for name in ("time_ms", "blood_pool_uL"))
        curve = resample(time, volume, 60_000 / rate, scan.get(ED_TIME, np.nan))
        if curve is not None:
            place = {name: scan[name] for name in ("animal", "group", "session")}
            found.append(pd.DataFrame(place | {"phase_percent": PHASES, "volume_uL": curve}))
    columns = ["animal", "group", "session", "phase_percent", "volume_uL"]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns)


def mean_curves(curves: pd.DataFrame) -> pd.DataFrame:
    """Average curves over the animals of each group and session.

    Parameters
    ----------
    curves : DataFrame
        From `curves_of_scans`.

    Returns
    -------
    DataFrame
        group, session, phase_percent, n, mean_uL and sd_uL (n - 1; missing for a single animal). Several scans of an
        animal in a session are averaged first.
    """
    place = ["group", "session", "phase_percent"]
    animals = curves.groupby(["animal", *place], sort=False)["volume_uL"].mean().reset_index()
    found = animals.groupby(place, sort=False)["volume_uL"].agg(n="size", mean_uL="mean", sd_uL="std")
    return found.reset_index()
