import pytest

from murmur.errors import BadInput
from murmur.provenance.lineage import lineage, recorded_files, usable_record
from murmur.provenance.record import record_file
from recorded_study import FIGURE, INPUTS, MASKS, TABLE, edit, make_study


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_study(tmp_path)
    return tmp_path


def test_what_a_file_was_made_from_stands_before_it_and_each_once(folder):
    found = lineage([FIGURE, MASKS[1]], folder)
    assert list(found.records) == [*MASKS, TABLE, FIGURE]
    assert list(found.sources) == ["mouse", "weights"]
    assert found.lost == {}


def test_a_lineage_needs_the_records_alone(folder):
    (folder / MASKS[0]).unlink()
    (folder / "mouse").unlink()
    assert list(lineage([TABLE], folder).records) == [*MASKS, TABLE]


def test_a_lost_record_is_named_and_the_others_are_found(folder):
    record_file(MASKS[0]).unlink()
    found = lineage([TABLE], folder)
    assert list(found.records) == [MASKS[1], TABLE]
    assert found.lost == {MASKS[0]: "its record is missing"}


@pytest.mark.parametrize(
    ("content", "problem"),
    [("{", "cannot be read"), ("[]", "lacks a part"), ("{}", "lacks a part"), ('{"made": 1}', "lacks a part")],
)
def test_a_record_that_is_none_is_refused(folder, content, problem):
    record_file(TABLE).write_text(content)
    with pytest.raises(BadInput, match=problem):
        usable_record(TABLE)


@pytest.mark.parametrize("part", ["file", "made", "run"])
def test_a_record_changed_by_hand_is_refused(folder, part):
    edit(TABLE, lambda record: record[part].update(more=1), sealed=False)
    with pytest.raises(BadInput, match="changed by hand"):
        usable_record(TABLE)


def test_records_that_name_each_other_end(folder):
    edit(MASKS[0], lambda record: record["made"]["inputs"][0].update(path=TABLE, record="0"))
    assert set(lineage([TABLE], folder).records) == {*MASKS, TABLE}


def test_files_with_a_record_are_found_even_if_they_were_removed(folder):
    (folder / TABLE).unlink()
    assert recorded_files(folder) == sorted(folder / path for path in INPUTS)
