"""Function at the frames of the reference, of the reader, or at those chosen by a person."""

from dataclasses import replace

import pandas as pd
import pytest

from measure_function import from_reference, main, phases
from murmur.csv_tables import read_csv, write_csv
from murmur.data.mouse import Mouse

VOLUMES = pd.Series([50.0, 60.0, 20.0, 30.0])


def mouse(annotated=()):
    ed, es = annotated or (None, None)
    return Mouse("M1", "", (8, 8, 3, 4), (0.1, 0.1, 1.0), 5.0, tuple(annotated), ed, es, None)


@pytest.mark.parametrize(
    ("annotated", "own", "given", "expected"),
    [
        ((), False, None, (1, 2, "own")),
        ((0, 3), False, None, (0, 3, "reference")),
        ((0, 3), True, None, (1, 2, "own")),
        ((0, 3), False, (1, 3, "chosen"), (1, 3, "chosen")),
        ((), True, (0, 2, "own"), (0, 2, "own")),
    ],
)
def test_frames_and_whose_they_are(annotated, own, given, expected):
    assert phases(mouse(annotated), VOLUMES, own, given) == expected


@pytest.mark.parametrize(
    ("annotated", "volumes", "expected"),
    [
        ((1, 2), [50.0, 60, 20, 30, 40], (0, 0)),
        ((0, 3), [50.0, 60, 20, 30, 40], (1, -1)),
        ((0, 2), [50.0, 40, 20, 30, 60], (-1, 0)),  # the last frame precedes the first
        ((4, 2), [60.0, 40, 20, 30, 50], (1, 0)),
        ((), [50.0, 60, 20, 30, 40], (None, None)),
        ((1, 2), [None, 60, 20, 30, 40], (None, None)),  # not segmented
        ((1, 2), [60, 20, 30, 40], (None, None)),
    ],
)
def test_own_frames_are_compared_with_those_of_the_reference(annotated, volumes, expected):
    described = replace(mouse(annotated), shape=(8, 8, 3, 5))
    assert from_reference(described, pd.Series(volumes, dtype=float)) == expected


def test_cine_of_two_frames_shows_nothing_about_their_choice():
    assert from_reference(replace(mouse((0, 1)), shape=(8, 8, 3, 2)), pd.Series([60.0, 20])) == (None, None)


def test_frames_of_the_reference_are_not_compared_with_themselves(tmp_path, monkeypatch):
    monkeypatch.setattr("measure_function.read_manifest", lambda _: {"M1": mouse((0, 3))})
    volumes = pd.DataFrame({"mouse": "M1", "frame": range(4), "blood_pool_uL": VOLUMES, "myocardium_mg": 90.0})
    paths = [str(tmp_path / name) for name in ("reader.csv", "reference.csv")]
    for path in paths:
        write_csv(volumes, path)
    frames = str(tmp_path / "frames.csv")
    columns = ["ed_difference_frames", "es_difference_frames"]
    main("", paths[0], paths[1], False, str(tmp_path / "function.csv"), frames)
    assert read_csv(frames)[columns].to_numpy().tolist() == [[1, -1]]
    main("", paths[1], paths[1], False, str(tmp_path / "function.csv"), frames)
    assert read_csv(frames)[columns].isna().all(axis=None)


def measured(tmp_path, volumes, **tables):
    """Measure a mouse with these volumes of the blood pool; return EDV, ESV and its row of frames.csv."""
    rows = pd.DataFrame({"mouse": "M1", "frame": range(4), "blood_pool_uL": volumes, "myocardium_mg": 90.0})
    write_csv(rows, tmp_path / "volumes.csv")
    function, frames = str(tmp_path / "function.csv"), str(tmp_path / "frames.csv")
    main("", str(tmp_path / "volumes.csv"), None, False, function, frames, **tables)
    values = read_csv(function).set_index("metric")
    assert values["reference"].isna().all()
    return [*values.loc[["EDV", "ESV"], "reader"]], read_csv(frames).loc[0, ["ed_frame", "es_frame", "frames"]].tolist()


@pytest.mark.parametrize("annotated", [(), (0, 3)])
def test_corrected_masks_are_measured_where_the_network_was(tmp_path, monkeypatch, caplog, annotated):
    """A smaller blood pool at ED, once it is corrected, is EDV, although that of another frame is larger."""
    monkeypatch.setattr("measure_function.read_manifest", lambda _: {"M1": mouse(annotated)})
    values, (ed, es, whose) = measured(tmp_path, VOLUMES)
    assert whose == ("reference" if annotated else "own")
    before = str((tmp_path / "frames.csv").rename(tmp_path / "before.csv"))
    corrected = VOLUMES.copy()
    corrected[ed] -= 20
    assert measured(tmp_path, corrected, corrected=before) == ([values[0] - 20, values[1]], [ed, es, whose])
    warning = "M1: the blood pool of frame 1 of 4 is larger than that of frame 2 of 4, the corrected ED"
    assert (warning in caplog.messages) != bool(annotated)

    write_csv(pd.DataFrame({"mouse": ["M1"], "ed_frame": 3, "es_frame": 1}), tmp_path / "chosen.csv")
    chosen = str(tmp_path / "chosen.csv")
    assert measured(tmp_path, corrected, corrected=before, chosen=chosen)[1] == [3, 1, "chosen"]
