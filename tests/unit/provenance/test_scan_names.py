"""Records name the files of scan sessions by their content, and the files are found by it."""

from pathlib import Path

from murmur.files import sha256
from murmur.provenance.record import inputs_of
from murmur.provenance.scan_names import finder


def test_names_of_files_are_not_recorded_and_the_files_are_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder, name in (("1", "DOE_JANE.MR.1.IMA"), ("2", "DOE_JANE.MR.2.IMA")):
        (tmp_path / "scans" / "M1" / folder).mkdir(parents=True)
        (tmp_path / "scans" / "M1" / folder / name).write_text(name)
    Path("contours.h5").write_text("c")
    files = ["scans/M1/1/DOE_JANE.MR.1.IMA", "scans/M1/2/DOE_JANE.MR.2.IMA"]
    found = inputs_of([("scan", files[0]), ("scan", files[1]), ("contours", "contours.h5")], "scans/M1")
    named = [f"scans/M1/sha256-{sha256(file)[:16]}" for file in files]
    assert [one["path"] for one in found] == [*named, "contours.h5"]
    assert [one["sha256"] for one in found] == [*map(sha256, files), sha256("contours.h5")]
    assert [str(finder()(one["path"])) for one in found] == [*files, "contours.h5"]
    Path(files[0]).rename("scans/M1/renamed")
    assert str(finder()(named[0])) == "scans/M1/renamed"
    Path("scans/M1/renamed").write_text("other")
    assert str(finder()(named[0])) == named[0], "no file has this content"


def test_an_archive_keeps_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("M1.zip").write_text("x")
    assert inputs_of([("scan", "M1.zip")], "M1.zip")[0]["path"] == "M1.zip"
