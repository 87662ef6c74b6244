import h5py
import numpy as np
import pandas as pd
import pytest

import check_cohort
import check_plausibility
import describe_cohort
from murmur.data.plausibility import Finding
from murmur.errors import BadInput
from round_hearts import write_cohort


@pytest.fixture
def cohort(tmp_path):
    """Three plausible mice, the second of which is also stored as Mouse4; returns their files and the manifest."""
    files = list(write_cohort(tmp_path, 3, frames=6)["mice"].values())
    (tmp_path / "Mouse4.h5").write_bytes((tmp_path / "Mouse2.h5").read_bytes())
    files.append(str(tmp_path / "Mouse4.h5"))
    checked, manifest = str(tmp_path / "checked.csv"), str(tmp_path / "manifest.csv")
    check_cohort.main(files, [0.25, 0.25, 1.0], 10.0, checked, threads=1)
    describe_cohort.main(checked, {}, {"Mouse5": "motion"}, {"Mouse5": "Mouse5.h5"}, manifest)
    return manifest, files


def test_findings_of_a_cohort(cohort):
    found = check_plausibility.findings_of_images(*cohort, {"net": 64}, [], one_protocol=True, threads=1)
    unusual = ("slices and frames look swapped", "same masks twice")  # in round hearts, which are all alike
    rows = [(finding.mouse, finding.check) for finding in found if finding.check not in unusual]
    assert rows == [("Mouse4", "same images twice")]


def test_images_in_another_scale(cohort):
    with h5py.File(cohort[1][2], "a") as file, h5py.File(cohort[1][0]) as other:
        file["Images"][...] = np.round(other["Images"][()] * 0.7 + 20)
    checked = cohort[0].replace("manifest", "checked")
    check_cohort.main(cohort[1], [0.25, 0.25, 1.0], 10.0, checked, threads=1)
    describe_cohort.main(checked, {}, {}, {}, cohort[0])
    found = check_plausibility.findings_of_images(*cohort, {}, [], one_protocol=True, threads=1)
    rows = [(finding.mouse, finding.found) for finding in found if finding.check == "same images twice"]
    assert rows == [("Mouse4", "the same file as Mouse2"), ("Mouse3", "the images of Mouse1 in another scale")]


def test_mice_of_another_cohort_that_a_network_was_trained_on(cohort):
    learnt = {"ours": (cohort[0], ["Mouse1", "Mouse2"])}
    found = check_plausibility.findings_of_images(*cohort, {}, [], one_protocol=True, threads=1, learnt=learnt)
    rows = [(finding.mouse, finding.found) for finding in found if finding.check == "same images in training"]
    same = {"Mouse1": "Mouse1", "Mouse2": "Mouse2", "Mouse4": "Mouse2"}
    words = "the same images as {} of ours, a training or validation mouse"
    assert rows == [(mouse, words.format(other)) for mouse, other in same.items()]


def test_findings_of_a_table(tmp_path):
    (tmp_path / "t.csv").write_text(
        "mouse,metric,unit,reference,tool,other\n"
        "A,EF,%,60,99,59\nB,EDV,uL,62,60,61\nB,ESV,uL,25,80,26\nC,EDV,uL,-60,61,62\n"
    )
    found = check_plausibility.findings_of_table(str(tmp_path / "t.csv"), {})
    assert [(finding.mouse, finding.check) for finding in found] == [
        ("C", "negative value"),
        ("A", "EF out of range"),
        *[("B", "negative value")] * 2,  # SV and EF, which are computed
        ("B", "ESV above EDV"),
    ]
    assert len(check_plausibility.findings_of_table(str(tmp_path / "t.csv"), {"C": "died"})) == 4


def test_file_has_a_header_without_findings(tmp_path):
    check_plausibility.main(str(tmp_path / "checks.csv"), [], strict=True)
    assert (tmp_path / "checks.csv").read_text() == "mouse,check,found,expected\n"


def test_findings_are_about_the_subject(tmp_path, monkeypatch):
    monkeypatch.setenv("MURMUR_SUBJECT", '"human"')
    found = [Finding("mouse", "different grid", "64 pixels", "128 pixels, as in 2 of 3 mice")]
    check_plausibility.main(str(tmp_path / "checks.csv"), found, strict=False)
    table = pd.read_csv(tmp_path / "checks.csv")
    assert table.iloc[0].tolist() == ["mouse", "different grid", "64 pixels", "128 pixels, as in 2 of 3 participants"]


def test_strict_study_stops_with_all_findings(tmp_path):
    found = [Finding("M1", "tiny images", "4 x 4 pixels", "32 x 32"), Finding("", "no reader", "none", "one")]
    with pytest.raises(BadInput, match="M1: tiny images: found 4 x 4 pixels, expected 32 x 32\nno reader: found none"):
        check_plausibility.main(str(tmp_path / "checks.csv"), found, strict=True)
    check_plausibility.main(str(tmp_path / "checks.csv"), found, strict=False)
    assert len(pd.read_csv(tmp_path / "checks.csv")) == 2
