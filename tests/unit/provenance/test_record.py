import json

import pytest

from murmur.files import sha256
from murmur.provenance import record as records
from murmur.provenance.code import code_of, science_of

# The digest of nothing, FIPS 180-4.
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
MADE = {"study": "demo", "settings": {"alpha": 0.05}, "inputs": []}


@pytest.fixture
def table(tmp_path):
    """A file with its record."""
    path = tmp_path / "table.csv"
    path.write_bytes(b"")
    records.write_record(path, MADE, {"host": "here"})
    return path


def test_record_tells_the_file_and_how_it_was_made(table):
    assert records.record_file(table) == table.with_name("table.csv.provenance.json")
    record = records.read_record(table)
    assert record["file"] == {"path": str(table), "bytes": 0, "sha256": EMPTY}
    assert (record["made"], record["record"]) == (MADE, records.digest(MADE))
    assert record["run"] == {"host": "here"}
    assert [path.name for path in sorted(table.parent.iterdir())] == ["table.csv", "table.csv.provenance.json"]


def test_file_without_record_has_none(tmp_path):
    assert records.read_record(tmp_path / "Mouse1.h5") is None


def test_digest_is_of_the_content_and_not_of_the_order():
    assert records.digest({"a": 1, "b": "é"}) == records.digest({"b": "é", "a": 1})
    assert records.digest({"a": 1}) != records.digest({"a": 1.5})
    assert records.digest([1, 2]) != records.digest([2, 1])


@pytest.mark.parametrize(
    "forged",
    [
        lambda record: record["made"]["settings"].update(alpha=0.01),
        lambda record: record["file"].update(sha256="0" * 64),
        lambda record: record["run"].update(host="elsewhere"),
        lambda record: record.update(record="0" * 64),
        lambda record: record.update(note="added"),
        lambda record: record.pop("seal"),
    ],
)
def test_seal_breaks_when_a_record_is_changed(table, forged):
    record = records.read_record(table)
    assert records.is_sealed(record)
    forged(record)
    assert not records.is_sealed(record)


def test_seal_that_is_made_anew_does_not_hide_a_change(table):
    record = records.read_record(table)
    record["made"]["settings"]["alpha"] = 0.01
    record["seal"] = records.digest({part: content for part, content in record.items() if part != "seal"})
    assert not records.is_sealed(record), "the record's digest is that of what was made before"


def test_inputs_name_their_own_records(table, tmp_path):
    mouse = tmp_path / "Mouse1.h5"
    mouse.write_bytes(b"mouse")
    assert records.inputs_of([("table", str(table)), ("", str(mouse))]) == [
        {"name": "table", "path": str(table), "sha256": EMPTY, "record": records.digest(MADE)},
        {"name": "", "path": str(mouse), "sha256": sha256(mouse), "record": None},
    ]


def test_digests_among_the_params_are_no_settings():
    assert records.settings_of([("alpha", 0.05), ("modules", "ab"), ("content", "cd")]) == {"alpha": 0.05}


def test_code_is_the_script_and_what_it_imports(root):
    found = code_of(root / "scripts" / "measure_volumes.py")
    assert {"scripts/measure_volumes.py", "scripts/murmur/measurement/function.py", "scripts/murmur/errors.py"} <= set(
        found
    )
    assert "scripts/murmur/network/unet3plus.py" not in found
    assert found["scripts/murmur/measurement/function.py"] == sha256(
        root / "scripts" / "murmur" / "measurement" / "function.py"
    )
    made = records.made_by(root / "scripts" / "measure_volumes.py", "9.0")
    assert (made["code"], made["science"]) == (found, science_of(root / "scripts" / "measure_volumes.py"))
    assert made["software"]["snakemake"] == "9.0"
    assert json.loads(json.dumps(made)) == made


def test_jobs_hear_what_they_are_told(monkeypatch):
    monkeypatch.delenv(records.TOLD, raising=False)
    assert records.told_to_jobs() is None
    monkeypatch.setenv(records.TOLD, "")  # so that it is taken back after the test
    records.tell_jobs(["a.yaml"], "9.0", "unknown")
    assert records.told_to_jobs() == {"study_files": ["a.yaml"], "snakemake": "9.0", "commit": "unknown"}
