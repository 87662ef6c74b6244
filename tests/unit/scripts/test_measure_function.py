"""Function at the frames of the reference, of the reader, or at those chosen by a person."""

import pandas as pd
import pytest

from measure_function import phases
from murmur.data.mouse import Mouse

VOLUMES = pd.Series([50.0, 60.0, 20.0, 30.0])


def mouse(annotated=()):
    ed, es = annotated or (None, None)
    return Mouse("M1", "", (8, 8, 3, 4), (0.1, 0.1, 1.0), 5.0, tuple(annotated), ed, es, None)


@pytest.mark.parametrize(
    ("annotated", "own", "chosen", "expected"),
    [
        ((), False, None, (1, 2, "own")),
        ((0, 3), False, None, (0, 3, "reference")),
        ((0, 3), True, None, (1, 2, "own")),
        ((0, 3), False, (1, 3), (1, 3, "chosen")),
        ((), True, (0, 2), (0, 2, "chosen")),
    ],
)
def test_frames_and_whose_they_are(annotated, own, chosen, expected):
    assert phases(mouse(annotated), VOLUMES, own, chosen) == expected
