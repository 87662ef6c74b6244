"""What methods say of measurements follows from the tables of measurements, not from what could have been measured."""

import pandas as pd
import pytest

from murmur.csv_tables import write_csv
from murmur.measurement.curve import CINE, RECORDED
from murmur.presentation.prose.measurement_methods import (
    Measured,
    further_measures,
    measures,
    phases,
    read_measured,
)

REFERENCE_ONLY = {"reference": {"reference": 4}}
NETWORK = {"net": {"frames": "reference"}, "second": {"frames": "own"}}


def at(frames):
    return Measured({"EDV"}, {name: pd.Series(counts) for name, counts in frames.items()}, set())


@pytest.mark.parametrize(
    ("frames", "text"),
    [
        (
            REFERENCE_ONLY | {"net": {"reference": 4}},
            "End-diastole (ED) and end-systole (ES) were the annotated frames with the largest and the smallest blood "
            "pool in the reference, and the measurements of a reader were taken in the same frames.",
        ),
        (
            REFERENCE_ONLY | {"net": {"reference": 4}, "second": {"own": 4}},
            "End-diastole (ED) and end-systole (ES) were the annotated frames with the largest and the smallest blood "
            "pool in the reference, and the measurements of the other readers were taken in the same frames. Reader "
            "second was measured in the frames in which it found the largest and the smallest blood pool.",
        ),
        (
            {"net": {"own": 3}},
            "End-diastole (ED) and end-systole (ES) were the frames in which the reader found the largest and the "
            "smallest blood pool.",
        ),
        (
            {"net": {"own": 3, "chosen": 2}},
            "End-diastole (ED) and end-systole (ES) were the frames in which the reader found the largest and the "
            "smallest blood pool. In 2 of 5 mice, reader net was measured at ED and ES chosen by a person.",
        ),
        (
            {"net": {"chosen": 5}},
            "In all mice, reader net was measured at end-diastole (ED) and end-systole (ES) chosen by a person.",
        ),
        ({"net": {}}, ""),
    ],
)
def test_ed_and_es_are_those_that_were_used(frames, text):
    assert phases(at(frames), NETWORK) == text


def test_scans_are_counted_where_animals_have_several():
    assert "In 2 of 5 scans, reader net" in phases(at({"net": {"own": 3, "chosen": 2}}), NETWORK, of_scans=True)


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        ({CINE}, "Heart rates were calculated from the duration of the cine on the assumption that it covers one"),
        ({RECORDED}, "Heart rates were those recorded with the scans."),
        ({CINE, RECORDED}, "recorded with the scans or, where none was recorded, were calculated from the"),
        (set(), ""),
    ],
)
def test_heart_rates_are_said_to_be_from_where_they_are(sources, words):
    text = further_measures(Measured(set(), {}, sources))
    assert words in text
    assert bool(text) == bool(sources)


def test_heart_rates_of_simulated_mice_are_those_of_the_simulation():
    text = further_measures(Measured(set(), {}, {RECORDED}), simulated=True)
    assert text.startswith("Heart rates were those of the simulation.")


def test_only_measures_with_a_value_are_described():
    assert further_measures(Measured({"EDV", "mass_ED"}, {}, set())) == ""
    assert "spline" in further_measures(Measured({"peak_ejection_rate"}, {}, set()))
    assert further_measures(Measured({"wall_thickness_ES"}, {}, set())).startswith("Wall thickness was the length")
    single = measures(Measured(set(), {}, set()))
    assert "ejection" not in single and "The myocardial mass was the myocardial volume multiplied by" in single


def test_measures_frames_and_sources_are_read_from_the_tables(tmp_path):
    paths = {}
    for cohort, reader, source in (("a", "net", "own"), ("b", "net", "chosen"), ("b", "reference", "reference")):
        measurements, curve = tmp_path / f"{cohort}_{reader}.csv", tmp_path / f"{cohort}_{reader}_curve.csv"
        table = {"mouse": ["M1", "M2"], "frames_from": [source, None], "EDV_uL": [60.0, None]}
        table |= {"heart_rate_bpm": [None, None]} if reader == "reference" else {"mass_ED_mg": [None, 100.0]}
        write_csv(pd.DataFrame(table), measurements)
        rate = {"mouse": ["M1", "M2"], "measure": "heart_rate", "value": [400.0, None], "note": [CINE, "no beat"]}
        write_csv(pd.DataFrame(rate), curve)
        paths[cohort, reader] = str(measurements), str(curve)
    found = read_measured(paths)
    assert found.names == {"EDV", "mass_ED"}
    assert {name: counts.to_dict() for name, counts in found.frames.items()} == {
        "net": {"own": 1, "chosen": 1},
        "reference": {"reference": 1},
    }
    assert found.heart_rates == {CINE}
