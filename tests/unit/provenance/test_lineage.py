import pytest

from murmur.provenance.lineage import lineage, records_of, study_lineage
from recorded_study import FIGURE, INPUTS, MASKS, TABLE, edit, make, make_study, record_file


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_study(tmp_path)
    return tmp_path


def test_what_a_file_was_made_from_stands_before_it_and_each_once(folder):
    found = lineage([FIGURE, MASKS[1]], folder)
    assert list(found.makers) == [*MASKS, TABLE, FIGURE]
    assert list(found.sources) == ["mouse", "weights"]
    assert found.lost == {}


def test_a_lineage_needs_the_records_alone(folder):
    (folder / MASKS[0]).unlink()
    (folder / "mouse").unlink()
    assert list(lineage([TABLE], folder).makers) == [*MASKS, TABLE]


def test_a_lost_record_is_named_and_the_others_are_found(folder):
    record_file(MASKS[0]).unlink()
    found = lineage([TABLE], folder)
    assert list(found.makers) == [MASKS[1], TABLE]
    assert found.lost == {MASKS[0]: "its record is missing"}


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"outputs": 1}'])
def test_a_record_that_does_not_tell_what_it_is_about_is_named(folder, content):
    record_file(TABLE).write_text(content)
    assert records_of("tiny").unreadable == [str(record_file(TABLE))]
    assert f"cannot be read: {record_file(TABLE)}" in lineage([TABLE]).lost[TABLE]


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record.pop("made"),
        lambda record: record["run"].pop("started"),
        lambda record: record["made"]["inputs"][0].pop("sha256"),
        lambda record: record["outputs"][0].pop("bytes"),
    ],
)
def test_a_record_that_lacks_a_part_is_refused(folder, change):
    edit(TABLE, change, sealed=False)
    assert lineage([TABLE]).lost == {TABLE: "its record is incomplete"}


@pytest.mark.parametrize("part", ["made", "run"])
def test_a_record_changed_by_hand_is_refused(folder, part):
    edit(TABLE, lambda record: record[part].update(more=1), sealed=False)
    assert "changed by hand" in study_lineage("tiny").lost[TABLE]


def test_records_that_name_each_other_end(folder):
    edit(MASKS[0], lambda record: record["made"]["inputs"][0].update(path=TABLE, record="0"))
    assert set(lineage([TABLE], folder).makers) == {*MASKS, TABLE}


def test_all_that_has_a_record_is_found_even_if_it_was_removed(folder):
    (folder / TABLE).unlink()
    assert set(study_lineage("tiny", folder).makers) == set(INPUTS)


def test_ancestors_are_all_that_a_file_was_made_from(folder):
    found = study_lineage("tiny")
    assert set(found.ancestors(TABLE)) == {TABLE, *MASKS, "mouse", "weights"}
    assert set(found.ancestors(MASKS[0])) == {MASKS[0], "mouse", "weights"}
    assert found.ancestors("mouse") == ["mouse"]


def test_a_job_is_one_whatever_it_made(folder):
    edit(MASKS[0], lambda record: record["outputs"].append({"path": "results/tiny/log", "bytes": 1, "sha256": "ab"}))
    found = study_lineage("tiny")
    assert sorted(job.rule for job in found.jobs) == ["measure", "plot", "segment", "segment"]
    assert found.makers["results/tiny/log"].record == found.makers[MASKS[0]].record
    assert len(found.makers) == 5


def test_what_was_used_is_listed_once_per_value(folder):
    make(MASKS[0], 30, software={"numpy": "2.0"})
    make(MASKS[1], 30, software={"numpy": "1.9"})
    assert study_lineage("tiny").used("software") == {"numpy": ["1.9", "2.0"]}
