import dataclasses

import numpy as np
import pandas as pd
import pytest

from murmur.data.mouse import Mouse
from murmur.data.plausibility import (
    check_grid,
    check_measurements,
    check_participants,
    check_phases,
    check_same_grid,
    check_same_images,
    check_same_values,
    check_unseen,
    check_values,
)
from murmur.subject import choose_subject

GOOD = Mouse("M1", "0" * 64, (256, 256, 9, 12), (0.1, 0.1, 1.0), 10.0, (0, 4), 0, 4, None)
FUNCTION = {"EDV": 62.0, "ESV": 25.0, "SV": 37.0, "EF": 59.7, "mass_ED": 95.0, "mass_ES": 97.0}


def mouse(**changes):
    return dataclasses.replace(GOOD, **changes)


def checks(found):
    return [finding.check for finding in found]


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"spacing_mm": (100.0, 100.0, 1000.0)}, "spacing out of range"),  # µm
        ({"spacing_mm": (1.0, 1.0, 1.0)}, "spacing out of range"),  # an empty header
        ({"spacing_mm": (0.1, 0.1, 8.0)}, "spacing out of range"),  # human slices
        ({"frame_interval_ms": 1000.0}, "frame interval out of range"),  # an empty header
        ({"frame_interval_ms": 0.01}, "frame interval out of range"),  # s
        ({"spacing_mm": (0.1, 0.2, 1.0)}, "pixels not square"),
        ({"frame_interval_ms": 2.0}, "cine shorter or longer than beats"),  # 24 ms
        ({"shape": (256, 256, 9, 60), "frame_interval_ms": 25.0}, "cine shorter or longer than beats"),  # 1500 ms
        ({"shape": (4, 256, 9, 12)}, "tiny images"),
    ],
)
def test_grid(changes, check):
    assert checks(check_grid(mouse(**changes), False, False)) == [check]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"spacing_mm": (0.03, 0.045, 0.2)},
        {"spacing_mm": (0.5, 0.5, 0.2)},
        {"shape": (256, 256, 9, 4), "frame_interval_ms": 5.0},  # part of a beat
        {"shape": (256, 256, 9, 60), "frame_interval_ms": 5.0},  # two beats
        {"spacing_mm": (0.2, 0.2, 2.0), "frame_interval_ms": 30.0},
        {"shape": (32, 32, 1, 1), "frame_interval_ms": 1000.0},
    ],
)
def test_good_grid(changes):
    assert checks(check_grid(mouse(**changes), False, False)) == []


def test_assumed_grid_is_said():
    assert checks(check_grid(GOOD, True, True)) == ["spacing assumed", "frame interval assumed"]
    assert checks(check_grid(mouse(shape=(256, 256, 9, 1)), False, True)) == [], "one frame has no interval"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"es_frame": 1}, ["ED next to ES"]),
        ({"es_frame": 11}, ["ED next to ES"]),  # the cycle repeats
        ({"es_frame": 1, "shape": (256, 256, 9, 2)}, []),  # only ED and ES were exported
        ({"shape": (256, 256, 9, 1), "annotated_frames": (0,), "ed_frame": None, "es_frame": None}, ["single frame"]),
        ({"annotated_frames": (0,), "ed_frame": None, "es_frame": None}, ["single annotated frame"]),
        ({"annotated_frames": (), "ed_frame": None, "es_frame": None}, []),
    ],
)
def test_phases(changes, expected):
    assert checks(check_phases(mouse(**changes))) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"EF": np.nan}, []),
        ({"EF": 59.0}, []),  # rounded to whole numbers
        ({"EF": 68.0}, ["EF not from EDV and ESV"]),
        ({"EDV": -62.0}, ["negative value"]),
        ({"ESV": 160.0}, ["ESV above EDV"]),
        ({"EDV": 105000.0, "ESV": 42315.0}, ["EDV out of range", "ESV out of range"]),  # human, in µL
        ({"EDV": 0.062, "ESV": 0.025}, ["EDV out of range", "ESV out of range"]),  # mL
        ({"EF": 0.0, "ESV": 62.0, "SV": 0.0}, ["SV out of range", "EF out of range"]),  # ED chosen twice
        ({"mass_ED": 0.0}, ["Mass at ED out of range"]),
    ],
)
def test_values(changes, expected):
    assert checks(check_values("M1", FUNCTION | changes, "the reference")) == expected


def test_published_measurements_are_plausible(root):
    published = pd.read_csv(root / "config" / "published" / "figure3.csv")
    for who in ("reference", "dl"):
        assert list(check_measurements(published, who, who)) == []


def test_same_file_or_images_under_two_names():
    digests = {"M1": ("a", "x"), "M2": ("b", "y"), "M3": ("a", "x"), "M4": ("c", "y")}
    mice = [mouse(name=name, sha256=file, images_sha256=images) for name, (file, images) in digests.items()]
    found = list(check_same_images(mice))
    assert [(finding.mouse, finding.found) for finding in found] == [
        ("M3", "the same file as M1"),
        ("M4", "the same images as M2"),
    ]


def test_mouse_of_another_cohort_that_a_network_was_trained_on():
    mice = [mouse(name=name, images_sha256=images) for name, images in (("T1", "x"), ("T2", "y"))]
    learnt = {"internal": [mouse(name="M7", images_sha256="y"), mouse(name="M8", images_sha256="z")]}
    (finding,) = check_unseen(mice, learnt)
    assert finding.mouse == "T2"
    assert finding.found == "the same images as M7 of internal, a training or validation mouse"


def test_grid_that_differs_from_most():
    same = [mouse(name=f"M{number}", spacing_mm=(0.1 + number * 1e-4, 0.1, 1.0)) for number in range(5)]
    assert list(check_same_grid(same)) == []
    (finding,) = check_same_grid([*same, mouse(name="Odd", shape=(128, 256, 9, 12))])
    assert (finding.mouse, finding.found) == ("Odd", "128 x 256 pixels of 0.1 x 0.1 x 1 mm")
    each = [mouse(name=f"M{number}", spacing_mm=(0.1 + number / 100, 0.1, 1.0)) for number in range(4)]
    assert [finding.mouse for finding in check_same_grid(each)] == [""]
    assert list(check_same_grid([mouse(shape=(256, 256, slices, 12)) for slices in (8, 9, 10)])) == []


def test_finding_is_a_sentence():
    (finding,) = check_grid(mouse(spacing_mm=(1.0, 1.0, 1.0)), False, False)
    assert finding.sentence == (
        "M1: spacing out of range: found 1 x 1 x 1 mm, expected pixels of 0.03 to 0.5 mm and slices of 0.2 to 2 mm in "
        "mice"
    )


def test_same_values():
    nan = np.nan
    table = pd.DataFrame({"the reference": [1, 2, 3, 4, 5, nan], "a": [1, 2, 3, 4, 5, 6], "b": [1, 2, 3, 4, 6, nan]})
    found = [(finding.check, finding.found) for finding in check_same_values(table.assign(c=table["a"]))]
    assert found == [("same values as the reference", "those of a, c"), ("same values as a", "those of c")]
    assert list(check_same_values(table[:4])) == [], "four values may be equal by chance"


@pytest.mark.parametrize(
    ("species", "values", "found"),
    [
        ("mouse", [0.025, 25.0, None], ["body weight out of range: found 0.025 g, expected 0.5 to 100 g in mice"]),
        ("rat", [300.0, 250.0, 0.3], ["body weight out of range: found 0.3 g, expected 4 to 1500 g in rats"]),
        ("pig", [45.0, 45e3, None], ["body weight out of range: found 0.045 kg, expected 0.5 to 400 kg in pigs"]),
        ({"name": "cat", "plural": "cats", "units": "mL and g"}, [1.0, 1e6, None], []),
    ],
)
def test_participants_are_those_of_the_species(species, values, found, monkeypatch):
    monkeypatch.setenv("MURMUR_SUBJECT", '"mouse"')
    choose_subject(species)
    people = pd.DataFrame({"mouse": ["M1", "M2", "M3"], "body_weight_g": values})
    assert [finding.sentence.partition(": ")[2] for finding in check_participants(people)] == found


def test_heart_rates_and_tibias_of_mice():
    people = pd.DataFrame({"mouse": ["M1", "M2"], "heart_rate_bpm": [45.0, 480.0], "tibia_length_mm": [17.5, 1.75]})
    found = {finding.mouse: finding.check for finding in check_participants(people)}
    assert found == {"M1": "heart rate out of range", "M2": "tibia length out of range"}
