"""The list of scans, which refuses nothing, and the choice of scans in the edited list."""

import pandas as pd
import pytest

import bruker_files
import dicom_files
import list_scans
from murmur.data import bruker, dicom
from murmur.data.scan_listing import read_choice
from murmur.errors import BadInput
from murmur.study.layout import Layout
from murmur.study.scan_sources import BrukerCohort

SECRET = {"VisuSubjectName": "( 65 )\n<Secret^Name>", "VisuStudyDate": "( 21 )\n<10:17:36 29 Feb 2024>"}


def listed(tmp_path, kind, sessions, choices=None):
    none = {"series": None} if kind == "dicom" else {"scans": None, "frame_groups": {}}
    choices = choices or dict.fromkeys(sessions, none)
    list_scans.main(kind, sessions, choices, str(tmp_path / "scans.csv"), str(tmp_path / "scans.pdf"))
    assert (tmp_path / "scans.pdf").read_bytes().startswith(b"%PDF")
    return pd.read_csv(tmp_path / "scans.csv", dtype=str, keep_default_na=False)


def test_dicom_sessions_of_every_kind(tmp_path):
    dicom_files.write_cine(tmp_path / "good", PatientName="Secret^Name", StudyDate="20240229")
    dicom_files.write_cine(tmp_path / "good" / "long", slices=[0], SeriesNumber=3, SeriesInstanceUID="1.3",
                           orientation=(1, 0, 0, 0, 0, 1))  # fmt: skip
    dicom_files.write_cine(tmp_path / "missing", slices=[0, 1, 3, 4])
    dicom_files.write_cine(tmp_path / "cut")
    file = tmp_path / "cut" / "5_9_1_2.dcm"
    file.write_bytes(file.read_bytes()[:400])
    (tmp_path / "empty").mkdir()
    table = listed(tmp_path, "dicom", {name: str(tmp_path / name) for name in ("good", "missing", "cut", "empty")})
    assert table["mouse"].tolist() == ["good", "good", "missing", "cut", "empty"]
    assert table["taken"].tolist() == ["yes", "no", "no", "no", "no"]
    taken = table.iloc[0]
    assert (taken["scan"], taken["slices"], taken["frames"], taken["reason"]) == ("5", "4", "6", "")
    assert float(taken["slice_mm"]) == pytest.approx(dicom_files.SLICE_MM)
    assert float(taken["frame_interval_ms"]) == pytest.approx(dicom_files.INTERVAL_MS)
    assert float(taken["heart_rate_bpm"]) == pytest.approx(60_000 / 48)
    assert table["reason"][1] == "fewer than 3 slices of 5 frames"
    assert "found 2.2 mm between the slices 2 and 3" in table["reason"][2]
    assert table["reason"][3].startswith("one of the files: found "), "its name may be that of a patient"
    assert "found no MR images in DICOM files" in table["reason"][4]
    written = (tmp_path / "scans.csv").read_bytes() + (tmp_path / "scans.pdf").read_bytes()
    assert b"ecret" not in written and b"20240229" not in written


def test_captions_name_the_series_and_as_much_of_the_reason_as_fits():
    cells = {"mouse": "M1", "scan": "5 6", "slices": 1, "frames": 20, "taken": "no", "reason": "too few " * 30}
    lines = list_scans.caption(cells, dicom.WORDS)
    assert lines[:2] == ["M1, series 5, 6", "1 slice, 20 frames"]
    assert len(lines) == list_scans.MOST_LINES and lines[-1].endswith("too ...")
    left_out = {"mouse": "M1", "scan": "7", "taken": "no", "reason": "scan 7 (FLASH): 2 of FG_ECHO"}
    assert list_scans.caption(left_out, bruker.WORDS) == ["M1, scan 7", "(FLASH): 2 of FG_ECHO"]


def test_list_is_the_same_by_several_processes(tmp_path):
    for mouse in ("A", "B", "C"):
        dicom_files.write_cine(tmp_path / mouse, frames=range(5), SeriesNumber=ord(mouse))
    sessions = {mouse: str(tmp_path / mouse) for mouse in "ABC"}
    written = []
    for threads in (1, 2):
        outputs = tmp_path / f"{threads}.csv", tmp_path / f"{threads}.pdf"
        list_scans.main("dicom", sessions, {mouse: {"series": None} for mouse in sessions}, *map(str, outputs), threads)
        written.append([path.read_bytes() for path in outputs])
    assert written[0] == written[1] and written[0][0].count(b"yes") == 3


def test_edited_list_chooses_scans_and_mice(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    groups = [bruker_files.BEAT, bruker_files.SLICE]
    for mouse in ("A", "B"):
        for scan in (5, 6):
            bruker_files.write_scan(tmp_path / "studies" / mouse, scan, groups, **SECRET)
    bruker_files.write_scan(tmp_path / "studies" / "A", 7, [*groups, ("FG_CYCLE", 2)])
    table = listed(tmp_path, "bruker", {mouse: str(tmp_path / "studies" / mouse) for mouse in "AB"})
    assert table["scan"].tolist() == ["5", "6", "7", "5", "6"] and set(table["taken"]) == {"no"}
    assert "found 2 possible short-axis cines" in table["reason"][0] and "2 of FG_CYCLE" in table["reason"][2]
    assert table["protocol"][0] == "IgFLASH_cine"
    assert b"ecret" not in (tmp_path / "scans.csv").read_bytes() + (tmp_path / "scans.pdf").read_bytes()
    table.loc[1, "taken"] = "yes"
    table.to_csv("edited.csv", index=False)
    source = {"bruker": "studies", "scans": {}, "frame_groups": {}, "chosen": "edited.csv"}
    cohort = BrukerCohort("mine", {"source": source}, Layout("results/s"))
    assert cohort.found == ["A"] and cohort.session("A").cine.series == ("6",)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("C,5,yes", "line 2: found C, expected a mouse of the source"),
        ("A,5,perhaps", "line 2: found 'perhaps' as taken, expected yes or no"),
        ("A,five,yes", "line 2: found the scan 'five', expected names of the table"),
        ("A,,yes", "line 2: found the scan '', expected names of the table"),
        ("A,5,no", "found no row with yes as taken, expected at least one"),
    ],
)
def test_edited_list_is_checked(tmp_path, row, sentence):
    (tmp_path / "scans.csv").write_text(f"mouse,scan,taken\n{row}\n")
    with pytest.raises(BadInput, match=sentence):
        read_choice(tmp_path / "scans.csv", ["A"], int)


def test_only_the_stack_that_is_taken_is_marked_as_such(tmp_path):
    """A series of two planes is two stacks; what is odd about the one taken is in its row."""
    dicom_files.write_cine(tmp_path / "M", frames=[0, 1, 2, 4, 5], SequenceName="fl2d1", ProtocolName="Secret^Name")
    for frame in range(5):
        dicom_files.write_image(tmp_path / "M", 0, frame, InstanceNumber=90 + frame, orientation=(1, 0, 0, 0, 0, 1))
    table = listed(tmp_path, "dicom", {"M": str(tmp_path / "M")})
    assert table[["scan", "slices", "taken", "protocol"]].to_numpy().tolist() == [
        ["5", "4", "yes", "fl2d1"], ["5", "1", "no", ""]
    ]  # fmt: skip
    assert table["reason"].tolist() == [
        "uneven frames: 8 to 16 ms between the frames of slice 1", "fewer than 3 slices of 5 frames"
    ]  # fmt: skip
