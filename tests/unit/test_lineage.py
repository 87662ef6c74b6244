import json

import pytest

from murmur.errors import BadInput
from murmur.lineage import lineage, recorded_files, usable_record
from murmur.provenance import digest, inputs_of, record_file, write_record

RUN = {"study_files": [], "host": "here", "started": "2026-01-01T00:00:00+00:00", "seconds": 1.0, "peak_memory_MB": 9}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A mouse and weights; two masks made from them; a table made from the masks and the mouse."""
    monkeypatch.chdir(tmp_path)
    for source in ("mouse", "weights"):
        (tmp_path / source).write_text(source)
    make("mask2", ["mouse", "weights"])
    make("mask1", ["mouse", "weights"])
    make("table", ["mask1", "mask2", "mouse"])
    return tmp_path


def make(path, inputs):
    with open(path, "w") as file:
        file.write(path)
    made = dict.fromkeys(("study", "rule", "script", "commit"), "")
    made |= {name: {} for name in ("wildcards", "settings", "code", "software")}
    write_record(path, made | {"inputs": inputs_of(("", path) for path in inputs)}, RUN)


def test_what_a_file_was_made_from_stands_before_it_and_each_once(folder):
    found = lineage(["table", "mask2"], folder)
    assert list(found.records) == ["mask1", "mask2", "table"]
    assert list(found.sources) == ["mouse", "weights"]
    assert found.lost == {}


def test_a_lineage_needs_the_records_alone(folder):
    (folder / "mask1").unlink()
    (folder / "mouse").unlink()
    assert list(lineage(["table"], folder).records) == ["mask1", "mask2", "table"]


def test_a_lost_record_is_named_and_the_others_are_found(folder):
    record_file("mask1").unlink()
    found = lineage(["table"], folder)
    assert list(found.records) == ["mask2", "table"]
    assert found.lost == {"mask1": "its record is missing"}


@pytest.mark.parametrize(
    ("content", "problem"),
    [("{", "cannot be read"), ("[]", "lacks a part"), ("{}", "lacks a part"), ('{"made": 1}', "lacks a part")],
)
def test_a_record_that_is_none_is_refused(folder, content, problem):
    record_file("mask1").write_text(content)
    with pytest.raises(BadInput, match=problem):
        usable_record("mask1")


@pytest.mark.parametrize("part", ["file", "made", "run"])
def test_a_record_changed_by_hand_is_refused(folder, part):
    record = json.loads(record_file("mask1").read_text())
    record[part] |= {"more": 1}
    record_file("mask1").write_text(json.dumps(record))
    with pytest.raises(BadInput, match="changed by hand"):
        usable_record("mask1")


def test_records_that_name_each_other_end(folder):
    record = json.loads(record_file("mask1").read_text())
    record["made"]["inputs"][0] |= {"path": "table", "record": "0"}
    record["record"] = digest(record["made"])
    record["seal"] = digest({part: content for part, content in record.items() if part != "seal"})
    record_file("mask1").write_text(json.dumps(record))
    assert set(lineage(["table"], folder).records) == {"mask1", "mask2", "table"}


def test_files_with_a_record_are_found_even_if_they_were_removed(folder):
    (folder / "mask1").unlink()
    assert recorded_files(folder) == [folder / name for name in ("mask1", "mask2", "table")]
