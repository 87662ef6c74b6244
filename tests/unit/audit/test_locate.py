import os
import shutil

import pytest

from murmur.audit.locate import Origin, origin, working_directory
from murmur.errors import BadInput
from murmur.files import sha256
from recorded_study import FIGURE, MASKS, TABLE, edit, make_study, record_file


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "study").mkdir()
    monkeypatch.chdir(tmp_path / "study")
    make_study(tmp_path / "study")
    return tmp_path / "study"


def copied(folder, path, name):
    return shutil.copy(folder / path, folder.parent / name)


@pytest.mark.parametrize("path", [FIGURE, TABLE, MASKS[0]])
def test_a_file_in_its_folder_is_found_from_anywhere(folder, path, monkeypatch):
    assert origin(folder / path, folder / "none") == Origin(folder, path, False)
    monkeypatch.chdir(folder / "results" / "tiny")
    assert origin(folder / path, folder / "none").folder == folder


@pytest.mark.parametrize("content", [None, "{", "{}", "[]"])
def test_a_file_in_its_folder_is_found_without_a_record_that_can_be_read(folder, content):
    record_file(TABLE).unlink() if content is None else record_file(TABLE).write_text(content)
    assert origin(folder / TABLE, folder / "none") == Origin(folder, TABLE, False)


def test_a_file_that_is_gone_is_found_by_its_folder(folder):
    (folder / TABLE).unlink()
    assert origin(folder / TABLE, folder / "none") == Origin(folder, TABLE, False)


@pytest.mark.parametrize("name", ["figure.svg", "Figure 3 (final).svg", "figure"])
def test_a_detached_file_is_found_by_its_stamp_even_if_altered(folder, name):
    file = folder.parent / copied(folder, FIGURE, name)
    assert origin(file, folder / "results") == Origin(folder, FIGURE, True)
    with open(file, "a") as open_file:
        open_file.write("altered")
    assert origin(file, folder / "results") == Origin(folder, FIGURE, True)


def test_of_several_files_of_one_job_that_with_the_same_content_then_name_is_meant(folder):
    for number in (1, 2):
        other = folder / f"results/tiny/figures/movie{number}.svg"
        other.write_text((folder / FIGURE).read_text() + str(number))
        described = {"path": other.relative_to(folder).as_posix(), "bytes": 1, "sha256": sha256(other)}
        edit(FIGURE, lambda record, described=described: record["outputs"].append(described))
    file = folder.parent / copied(folder, "results/tiny/figures/movie1.svg", "movie2.svg")
    assert origin(file, folder / "results").path == "results/tiny/figures/movie1.svg"
    file.write_text(file.read_text() + "altered")
    assert origin(file, folder / "results").path == "results/tiny/figures/movie2.svg"


def test_a_detached_file_without_stamp_is_found_by_its_content(folder):
    file = folder.parent / copied(folder, TABLE, "numbers.csv")
    assert origin(file, folder / "results") == Origin(folder, TABLE, True)
    assert origin(file, folder) == Origin(folder, TABLE, True)


def test_the_study_is_meant_and_not_a_package_in_it(folder):
    for name in ("statistics", "provenance"):
        shutil.copytree(folder / "results" / "tiny" / name, folder / f"results/tiny/a-package/results/tiny/{name}")
    file = folder.parent / copied(folder, TABLE, "numbers.csv")
    for place in (folder, folder / "results", folder / "results" / "tiny"):
        assert origin(file, place) == Origin(folder, TABLE, True)


def test_from_a_relative_folder_of_results(folder, monkeypatch):
    file = folder.parent / copied(folder, TABLE, "numbers.csv")
    monkeypatch.chdir(folder)
    found = origin(file, "results")
    assert os.path.samefile(found.folder, folder)


def test_a_file_that_no_record_belongs_to_is_refused_with_what_its_stamp_says(folder):
    file = folder.parent / copied(folder, TABLE, "numbers.csv")
    file.write_text("other numbers")
    with pytest.raises(BadInput, match="carries no stamp, and no record below"):
        origin(file, folder / "results")
    file = folder.parent / copied(folder, FIGURE, "figure.svg")
    record_file(FIGURE).unlink()
    with pytest.raises(BadInput, match=r"record [0-9a-f]{12} \(study tiny, commit unknown\) was not found below"):
        origin(file, folder / "results")
    with pytest.raises(BadInput, match="is missing, and so is its record"):
        origin(folder.parent / "none.svg", folder / "results")


def test_a_document_that_cannot_be_opened_carries_no_stamp(folder):
    file = folder.parent / "table.docx"
    file.write_text("no document")
    with pytest.raises(BadInput, match="carries no stamp"):
        origin(file, folder / "results")


def test_the_working_directory_is_above_the_results_of_a_study_with_records(folder):
    assert working_directory(folder / "results" / "tiny" / "any") == folder
    assert working_directory(folder / "results" / "other" / "any") is None
    assert working_directory(folder / "any") is None
