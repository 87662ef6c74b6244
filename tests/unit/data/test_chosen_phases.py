"""ED and ES chosen by a person: what is read, and what is refused in one sentence."""

import pytest

from murmur.data.chosen_phases import check_phases, read_phases
from murmur.errors import BadInput


def read(folder, *rows, mice=("M1", "M2")):
    path = folder / "phases.csv"
    path.write_text("\n".join(["mouse,ed_frame,es_frame,frames", *rows, ""]))
    return read_phases(str(path), mice)


def test_frames_are_read_as_the_workflow_and_spreadsheets_write_them(tmp_path):
    assert read(tmp_path, "M1,0,7,own", "M2,3.0,9.0,chosen") == {"M1": (0, 7), "M2": (3, 9)}
    assert read(tmp_path, "M1,,,") == {}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["M3,0,7,"], "line 2: found M3"),
        (["M1,0,7,", "M1,0,8,"], "line 3: found M1 twice"),
        (["M1,4,4,"], "expected two different numbers"),
        (["M1,-1,7,"], "'-1'"),
        (["M1,0,,"], "''"),
        (["M1,ED,7,"], "'ED'"),
    ],
)
def test_invalid_frames_are_refused(tmp_path, rows, words):
    with pytest.raises(BadInput, match="phases.csv") as refused:
        read(tmp_path, *rows)
    assert words in str(refused.value)


def test_frames_beyond_the_cine_are_refused():
    assert check_phases("phases.csv", "M1", (0, 7), 8) == (0, 7)
    with pytest.raises(BadInput, match="found frame 8 of M1, expected 0 to 7"):
        check_phases("phases.csv", "M1", (8, 0), 8)
