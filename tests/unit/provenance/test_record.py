import json
from pathlib import Path

import numpy as np
import pytest

from murmur.data.mouse import describe
from murmur.data.mouse_file import write_cine
from murmur.files import MEMORY, sha256
from murmur.provenance import record as records
from murmur.provenance.code import code_of, science_of
from murmur.provenance.run_context import RunContext

# The digest of nothing, FIPS 180-4.
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
MADE = {"study": "demo", "settings": {"alpha": 0.05}, "inputs": []}


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A file with its record."""
    monkeypatch.chdir(tmp_path)
    path, record = Path("results/demo/table.csv"), Path("results/demo/provenance/jobs/measure/a.json")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    records.write_record(record, [path], MADE, {"host": "here"})
    return record


def test_record_describes_the_files_and_how_they_were_made(table):
    record = records.read_record(table)
    assert record["outputs"] == [{"path": "results/demo/table.csv", "bytes": 0, "sha256": EMPTY}]
    assert (record["made"], record["record"]) == (MADE, records.digest(MADE))
    assert record["run"] == {"host": "here"}
    assert list(table.parent.iterdir()) == [table], "no partial file stays behind"


def test_no_record_is_none(tmp_path):
    assert records.read_record(tmp_path / "a.json") is None


def test_digest_is_of_the_content_and_not_of_the_order():
    assert records.digest({"a": 1, "b": "é"}) == records.digest({"b": "é", "a": 1})
    assert records.digest({"a": 1}) != records.digest({"a": 1.5})
    assert records.digest([1, 2]) != records.digest([2, 1])


@pytest.mark.parametrize(
    "forged",
    [
        lambda record: record["made"]["settings"].update(alpha=0.01),
        lambda record: record["outputs"][0].update(sha256="0" * 64),
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


def context(outputs, patterns=None):
    MEMORY.mkdir(parents=True, exist_ok=True)
    content = RunContext(["a.yaml"], "9.0", "unknown", outputs, patterns or {})
    (MEMORY / "demo.json").write_text(json.dumps(content._asdict()))


def test_inputs_name_the_records_of_their_jobs(table):
    context({"results/demo/table.csv": str(table), "results/demo/new.csv": str(table)})
    for path in ("Mouse1.h5", "results/demo/new.csv", "results/never_run_here.csv"):
        Path(path).write_bytes(b"")
    found = records.inputs_of([("table", "results/demo/table.csv"), ("", "Mouse1.h5")])
    assert found == [
        {"name": "table", "path": "results/demo/table.csv", "sha256": EMPTY, "record": records.digest(MADE)},
        {"name": "", "path": "Mouse1.h5", "sha256": EMPTY, "record": None},
    ]
    others = [("", "results/demo/new.csv"), ("", "results/never_run_here.csv")]
    assert [one["record"] for one in records.inputs_of(others)] == [None, None], "no record names them"
    assert records.record_of_file("results/demo/table.csv") == records.read_record(table)
    assert records.record_of_file("Mouse1.h5") is None


def test_a_record_is_found_by_the_pattern_of_the_rule(table):
    context({}, {r"results/demo/(?P<name>tab.*)\.csv$": "results/demo/provenance/jobs/{name}/x.json",
                 r"results/demo/(?P<x>[^/]+)\.csv$": "results/demo/provenance/jobs/measure/{x}.json"})  # fmt: skip
    assert records.place_of_record("results/demo/table.csv") == "results/demo/provenance/jobs/table/x.json"
    assert records.place_of_record("results/demo/a.csv") == str(table)
    assert records.place_of_record("results/demo/a.png") is None
    assert records.place_of_record("results/other/a.csv") is None


@pytest.mark.parametrize(
    ("software", "machine", "expected"),
    [
        ({"tensorflow": "2.21.0"}, "x86_64", True),
        ({"tensorflow-cpu": "2.21.0"}, "x86_64", False),
        ({"tensorflow": "2.21.0"}, "aarch64", False),
    ],
)
def test_job_that_ran_with_cuda_is_known_by_its_software(table, monkeypatch, software, machine, expected):
    monkeypatch.setattr(records.platform, "system", lambda: "Linux")
    monkeypatch.setattr(records.platform, "machine", lambda: machine)
    model = "results/demo/model.keras"
    assert not records.ran_with_cuda(model), "it was never made"
    context({model: "results/demo/provenance/jobs/train/net.json"})
    Path(model).touch()
    made = MADE | {"software": software}
    records.write_record(Path("results/demo/provenance/jobs/train/net.json"), [model], made, {})
    assert records.ran_with_cuda(model) == expected


def test_digests_among_the_params_are_no_settings():
    assert records.settings_of([("alpha", 0.05), ("code", "ab"), ("content", "cd")]) == {"alpha": 0.05}


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


def test_a_mouse_is_read_once_for_its_manifest_and_for_all_records(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("murmur.files.REMEMBERED_BYTES", 1)
    read = []
    monkeypatch.setattr("murmur.files.sha256", lambda path: read.append(path) or sha256(path))
    write_cine("Mouse1.h5", np.arange(32, dtype=np.uint16).reshape(4, 4, 1, 2), np.ones((4, 4, 1, 2), np.uint8), [0, 1])
    described = describe("Mouse1.h5", None, None, None)["sha256"]
    used = [records.inputs_of([("mouse", "Mouse1.h5")])[0]["sha256"] for _ in range(3)]
    assert {described, *used} == {sha256("Mouse1.h5")}
    assert read == ["Mouse1.h5"]
