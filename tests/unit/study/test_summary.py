import numpy as np

import dicom_files
from murmur.data.mouse_file import write_cine
from murmur.study.study import Study
from murmur.study.summary import summary


def test_study_is_summarised_in_a_line_for_each_cohort_and_reader(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "of_summary.csv").write_text("mouse,metric,unit,reference,dl\nM1,EF,%,60,61\nM2,EF,%,50,52\n")
    (tmp_path / "people.tsv").write_text("mouse\tphenotype\nM1\tsham\n")
    split = {"train": 2, "validation": 1, "test": 1}
    cohorts = {
        "made": {"source": {"phantom": {"mice": 4}}, "split": split},
        "numbers": {"source": {"measurements": "of_summary.csv"}, "participants": "people.tsv"},
    }
    study = Study({"study": "s", "cohorts": cohorts, "readers": {"net": {"train_on": "made"}}})
    lines = summary(study).splitlines()
    assert lines[0].startswith("Cohort made: 4 mice simulated; phenotypes: ")
    assert lines[0].endswith("; split: 2 train, 1 validation, 1 test")
    assert lines[1:] == [
        "Cohort numbers: 2 mice from a table of measurements; phenotypes: 1 sham, 1 unknown",
        "Reader net: trained on made; 1 mouse of made",
    ]


def test_contours_of_scans_are_counted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for mouse in ("D1", "D2"):
        dicom_files.write_cine(tmp_path / "scans" / mouse)
    shape = (dicom_files.ROWS, dicom_files.COLUMNS, dicom_files.SLICES, dicom_files.FRAMES)
    write_cine("contours/D1.h5", masks=np.ones(shape, np.uint8), frames=[0, 2])
    study = Study({"study": "s", "cohorts": {"mine": {"source": {"dicom": "scans", "contours": "contours"}}}})
    assert summary(study) == "Cohort mine: 2 mice from DICOM files; 1 with contours"
