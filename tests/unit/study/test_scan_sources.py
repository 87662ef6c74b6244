"""Cohorts of scan sessions: what planning takes from headers, and keeps until files or code change."""

import pytest

import dicom_files
from murmur.data import dicom
from murmur.errors import BadInput
from murmur.study import scan_sources
from murmur.study.study import Study


def planned(**more):
    return Study({"study": "s", "cohorts": {"mine": {"source": {"dicom": "scans"}} | more}}).cohorts["mine"]


def test_heart_rates_of_headers_fill_the_gaps_of_the_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for mouse in ("M1", "M2"):
        dicom_files.write_cine(tmp_path / "scans" / mouse, NominalInterval=50)
    (tmp_path / "people.csv").write_text("mouse,heart_rate_bpm\nM1,480\nM2,\n")
    assert planned().participants["heart_rate_bpm"].tolist() == [1200, 1200]
    assert planned(participants="people.csv").participants["heart_rate_bpm"].tolist() == [480, 1200]


def test_headers_are_read_again_if_the_code_has_changed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dicom_files.write_cine(tmp_path / "scans" / "M1")
    read = []
    monkeypatch.setattr(
        scan_sources.DicomCohort, "find", staticmethod(lambda *a, **b: read.append(a) or dicom.find_session(*a, **b))
    )
    for code, times in (("before", 1), ("before", 1), ("after", 2), ("after", 2)):
        monkeypatch.setattr(scan_sources, "science_of_job", lambda _, code=code: code)
        assert planned().session("M1").shape[2:] == (dicom_files.SLICES, dicom_files.FRAMES)
        assert len(read) == times


def test_what_is_odd_about_a_session_is_a_finding_of_the_mouse(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dicom_files.write_cine(tmp_path / "scans" / "M1", NominalInterval=1000)
    dicom_files.write_cine(tmp_path / "scans" / "M2")
    study = Study({"study": "s", "cohorts": {"mine": {"source": {"dicom": "scans"}}}})
    (found,) = [finding for finding in study.findings["mine"] if finding.mouse]
    assert (found.mouse, found.check) == ("M1", "cine and cardiac cycle differ")
    assert found.found == "6 frames of 8 ms in a cardiac cycle of 1000 ms"


def test_mouse_without_a_usable_scan_may_be_excluded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dicom_files.write_cine(tmp_path / "scans" / "M1")
    dicom_files.write_cine(tmp_path / "scans" / "M2", frames=[0])
    (tmp_path / "scans" / "M3").mkdir()
    source = {"source": {"dicom": "scans"}}
    with pytest.raises(BadInput) as problem:
        Study({"study": "s", "cohorts": {"mine": source}}).check_mice()
    assert [line.split(": found ")[0] for line in str(problem.value).splitlines()] == ["scans/M2", "scans/M3"]
    for more in ({"exclude": {"M2": "no cine", "M3": "not scanned"}}, {"on_bad_file": "skip"}):
        study = Study({"study": "s", "cohorts": {"mine": source | more}})
        study.check_mice()
        assert study.cohorts["mine"].mice == ["M1"]


def test_names_of_files_are_in_no_reason_that_results_have(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for mouse in ("M1", "M2", "M3"):
        dicom_files.write_cine(tmp_path / "scans" / mouse / "Doe")
    header, pixels = (tmp_path / "scans" / mouse / "Doe" / "5_9_1_2.dcm" for mouse in ("M2", "M3"))
    header.write_bytes(header.read_bytes()[:400])
    pixels.write_bytes(pixels.read_bytes()[:-50])
    cohort = planned(on_bad_file="skip")
    assert [name in cohort.bad_files[mouse] for mouse in ("M2", "M3") for name in ("Doe", "5_9_1_2")] == [True] * 4
    for mouse, reason in cohort.excluded.items():
        assert reason.startswith(f"invalid file: scans/{mouse}, one of the files: found ")
        assert "Doe" not in reason and "5_9_1_2" not in reason
