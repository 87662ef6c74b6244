import numpy as np
import pandas as pd
import pytest

from murmur.measurement.mean_wall import mean_wall


def test_mean_of_each_segment_is_that_of_the_animals():
    rows = [("a1", 1, 0.8), ("a2", 1, 1.0), ("b", 1, 1.3), ("b", 2, 0.7), ("other", 1, 9.0), ("b", np.nan, 5.0)]
    wall = pd.DataFrame(rows, columns=["mouse", "segment", "thickness_mm"]).assign(phase="ED", level="base")
    scans = pd.DataFrame({"mouse": ["a1", "a2", "b"], "animal": ["a", "a", "b"], "group": "sham", "session": ""})
    found = mean_wall(wall, scans).set_index("segment")
    assert found["n"].to_dict() == {1: 2, 2: 1}
    assert found.loc[1, "mean_mm"] == pytest.approx((0.9 + 1.3) / 2)
    assert found.loc[1, "sd_mm"] == pytest.approx(np.std([0.9, 1.3], ddof=1))
    assert np.isnan(found.loc[2, "sd_mm"])
