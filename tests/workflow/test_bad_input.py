"""Bad input as the user sees it: the last lines on the terminal say what is wrong, each once, and nothing else.

Most bad inputs are in tests/bad_input, without Snakemake.
"""

import re

import pytest

from good_study import STUDIES, Place
from spoil_hdf5 import put, truncated
from test_bad_measurements import table
from test_bad_readers import shipped, weights
from test_bad_study_files import copied_block


def two_keys_misspelt(place: Place) -> None:
    place.cohort["participant"] = place.cohort.pop("participants")
    place.study["readers"]["observer"]["mask"] = place.study["readers"]["observer"].pop("masks")


def runs_code(place: Place) -> None:
    place.study = {"__use_yte__": True, **place.study, "note": f"?open({str(place / 'ran')!r}, 'w')"}


def results_is_a_file(place: Place) -> None:
    (place / "results").write_text("notes\n")


CASES = {
    "mouse_file": ("folder", truncated, r"mice/Bad\.h5: found no readable HDF5 file"),
    "labels": ("folder", put("Masks", lambda v: v * 85), r"mice/Bad\.h5: found the labels 85, 170"),
    "three_mice": (
        "folder",
        lambda place: [(place / f"mice/{mouse}.h5").write_bytes(b"") for mouse in ("G1", "G2", "Bad")],
        r"mice/Bad\.h5: found an empty file",
        r"mice/G1\.h5: found an empty file",
        r"mice/G2\.h5: found an empty file",
    ),
    "weights": ("folder", weights("m.keras", shipped(20_000)), r"m\.keras: found a truncated \.keras file"),
    "measurements": (
        "measurements",
        table(lambda rows: [*rows, rows[3]]),
        r"numbers\.csv, line 38: found a second row",
    ),
    "key_twice": ("folder", copied_block, r"study\.yaml, line 12: found the key cohorts\.mine, which is on line 3"),
    "no_yaml": (
        "folder",
        lambda place: (place / "study.yaml").write_text("study: [s\n"),
        r"study\.yaml, line 2, column 1",
    ),
    "S24_no_study_file": ("folder", lambda place: (place / "study.yml").touch(), r"study\.yaml: found no such file"),
    "G23_study_file_is_dir": ("folder", lambda place: (place / "study.yaml").mkdir(), r"study\.yaml: found a folder"),
    "two_keys": (
        "folder",
        two_keys_misspelt,
        r"cohorts\.mine\.participant: found an unknown key",
        r"readers\.observer\.mask: ",
    ),
    "code": ("folder", runs_code, r"study\.yaml: found __use_yte__, which runs code"),
    "G21_results_is_file": ("folder", results_is_a_file, r"results: found a file where a folder is needed"),
}


@pytest.mark.parametrize("name", CASES)
def test_sentence_is_the_last_thing_on_the_terminal(workplace, name):
    study, spoil, *words = CASES[name]
    place = Place(workplace.folder, STUDIES[study](workplace.folder))
    spoil(place)
    if name != "S24_no_study_file":
        place.write()
    run = workplace.snakemake("--cores", "1", study="study.yaml")
    assert run.status == 1
    assert not re.search(r"Traceback|Exception|Error in|\.snakemake/scripts", run.output), run.output
    told = [line for line in run.output.splitlines() if line and not line.startswith("Log: ")]
    assert len(told) < 45
    for line, expected in zip(sorted(told[-len(words) :]), words, strict=True):
        assert re.search(expected, line), run.output
        assert run.output.count(line) == 1
    assert not (workplace.folder / "ran").exists()
