"""Mean thickness of the segments of the left-ventricular wall in groups of animals."""

import pandas as pd

PLACE = ["group", "session", "phase", "level", "segment"]


def mean_wall(wall: pd.DataFrame, scans: pd.DataFrame) -> pd.DataFrame:
    """Average the thickness of each segment over the animals of each group and session.

    Parameters
    ----------
    wall : DataFrame
        mouse, phase, level, segment and thickness_mm; rows without a segment are of whole levels and are not used.
    scans : DataFrame
        mouse, animal, group, session.

    Returns
    -------
    DataFrame
        group, session, phase, level, segment, n, mean_mm and sd_mm (n - 1; missing for a single animal), in the order
        of `scans`. Several scans of an animal in a session are averaged first.
    """
    found = scans[["mouse", "animal", "group", "session"]].merge(wall, on="mouse")
    found = found.dropna(subset=["segment", "thickness_mm"]).astype({"segment": int})
    animals = found.groupby(["animal", *PLACE], sort=False)["thickness_mm"].mean().reset_index()
    means = animals.groupby(PLACE, sort=False)["thickness_mm"].agg(n="size", mean_mm="mean", sd_mm="std")
    return means.reset_index()
