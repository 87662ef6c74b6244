import shutil

import h5py
import pytest
from test_cohort import write_mouse

from dicom_files import write_cine
from murmur.study.study import Study


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Three mice, a second observer and participants; returns a function that lists the findings of the cohort."""
    monkeypatch.chdir(tmp_path)
    for number in range(1, 4):
        write_mouse(tmp_path / "mice" / f"G{number}.h5")
    shutil.copytree(tmp_path / "mice", tmp_path / "observer")
    (tmp_path / "people.tsv").write_text("mouse\tphenotype\nG1\tsham\nG2\tTAC\nG3\tTAC\n")

    def findings(readers=None, **more):
        cohorts = {"mine": {"source": {"folder": "mice"}, "participants": "people.tsv"} | more}
        readers = {"observer": {"masks": "observer"}} if readers is None else readers
        made = Study({"study": "s", "cohorts": cohorts, "readers": readers})
        made.check_mice()
        assert len(made.notes) == len(made.findings["mine"])
        return {finding.check: finding.found for finding in made.findings["mine"]}

    return findings


def test_good_folder(study, tmp_path):
    (tmp_path / "mice" / "notes.txt").write_text("scanned in May")
    (tmp_path / "mice" / "export").mkdir()
    assert study() == {}


def test_files_and_folders_passed_over(study, tmp_path):
    for name in ("G4.H5", "G5.hdf5", "._G1.h5", "G6.nii.gz", "old/G7.h5"):
        (tmp_path / "mice" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "mice" / name).write_text("")
    assert study() == {"files passed over": "._G1.h5, G4.H5, G5.hdf5, G6.nii.gz", "folders passed over": "old"}


def test_masks_of_no_mouse(study, tmp_path):
    for name in ("G22.h5", "xyz.h5", "G1.H5"):
        (tmp_path / "observer" / name).write_text("")
    assert study() == {"masks of observer that match no mouse": "G1.H5 (G1?), G22.h5 (G2?), xyz.h5"}
    assert study(exclude={"G2": "motion"}) == study(), "masks of an excluded mouse are those of a mouse"


def test_mice_without_masks(study, tmp_path):
    (tmp_path / "observer" / "G2.h5").unlink()
    assert study() == {"mice without masks of observer": "G2"}
    assert study(exclude={"G2": "motion"}) == {}
    with h5py.File(tmp_path / "observer" / "G3.h5", "a") as file:
        file.move("Masks", "Others")
    assert study() == {"mice without masks of observer": "G2, G3"}


def test_participants(study, tmp_path):
    (tmp_path / "people.tsv").write_text("mouse\tphenotype\nG1\tsham\nG22\tTAC\nG3\t\n")
    assert study() == {"participants do not match": "no mouse named G22 (G2?), no row for G2 and no group of G3"}


def test_participants_of_another_species(study, tmp_path):
    (tmp_path / "people.tsv").write_text(
        "mouse\tphenotype\tweight\tHR\nG1\tsham\t0.025\t480\nG2\tTAC\t24\t45\nG3\tTAC\t\t\n"
    )
    assert study() == {"body weight out of range": "0.025 g", "heart rate out of range": "45 bpm"}


def test_cohort_without_readers(study):
    assert study(readers={}) == {"no reader": "no reader of the cohort"}


def test_many_findings_are_counted(study, tmp_path):
    cohorts = {f"c{n}": {"source": {"folder": "mice"}} for n in range(13)}
    notes = Study({"study": "s", "cohorts": cohorts}).notes
    assert len(notes) == 11
    assert notes[0] == "c0: no reader: found no reader of the cohort, expected a reader, such as weights: murmur"
    assert notes[-1] == "3 more in checks.csv of the cohorts"


def test_nifti_masks_of_no_mouse(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "images").mkdir()
    for name in ("G1.nii.gz", "G1_gt.nii.gz", "G11_gt.nii.gz", "G3.nii"):
        (tmp_path / "images" / name).write_text("")
    source = {"nifti": "images", "masks": "{mouse}_gt.nii.gz"}
    found = Study({"study": "s", "cohorts": {"mine": {"source": source}}}).findings["mine"]
    assert [(finding.check, finding.found) for finding in found[:2]] == [
        ("files passed over", "G3.nii"),
        ("masks that match no mouse", "G11_gt.nii.gz (G1?)"),
    ]


def test_images_in_the_folder_of_a_reader_are_no_masks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "images").mkdir()
    for name in ("G1_4d.nii.gz", "G1_observer.nii.gz", "G2_observer.nii.gz"):
        (tmp_path / "images" / name).write_text("")
    source = {"nifti": "images", "images": "{mouse}_4d.nii.gz"}
    readers = {"observer": {"masks": "images", "files": "{mouse}_observer.nii.gz"}}
    study = Study({"study": "s", "cohorts": {"mine": {"source": source}}, "readers": readers})
    found = {finding.check: finding.found for finding in study.findings["mine"]}
    assert found["masks of observer that match no mouse"] == "G2_observer.nii.gz"


def test_files_next_to_scan_sessions_and_sessions_not_in_the_edited_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for mouse in ("Mouse1", "Mouse3"):
        write_cine(tmp_path / "scans" / mouse)
    for name in ("loose.dcm", "Mouse2.tar.gz", "IM0001", "notes.txt", ".DS_Store"):
        (tmp_path / "scans" / name).write_text("")

    def findings(**more):
        source = {"dicom": "scans"} | more
        found = Study({"study": "s", "cohorts": {"mine": {"source": source}}}).findings["mine"]
        return {finding.check: finding.found for finding in found if finding.check != "no reader"}

    assert findings() == {"files passed over": "Mouse2.tar.gz, 2 other files in scans"}
    (tmp_path / "chosen.csv").write_text("mouse,scan,taken\nMouse1,5,yes\n")
    assert findings(chosen="chosen.csv") == findings() | {"scan sessions passed over": "Mouse3"}
    (tmp_path / "chosen.csv").write_text("mouse,scan,taken\nMouse1,5,yes\nMouse3,5,no\n")
    assert findings(chosen="chosen.csv") == findings(), "a person decided"


def test_a_folder_that_is_one_session_passes_nothing_over(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_cine(tmp_path / "Mouse1")
    (tmp_path / "Mouse1" / "IM0001").write_text("")
    cohorts = {"mine": {"source": {"dicom": "Mouse1"}}}
    assert [found.check for found in Study({"study": "s", "cohorts": cohorts}).findings["mine"]] == ["no reader"]
