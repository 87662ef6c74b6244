"""A script as Snakemake runs it, in a process of its own, from a checkout that holds nothing but it and the library."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from murmur.files import MEMORY, sha256
from murmur.provenance.record import digest, is_sealed, read_record
from murmur.provenance.run_context import RunContext
from murmur.provenance.stamp import Stamp, read_stamp

SCRIPT = """
import sys
from murmur.measurement import function
from murmur.errors import BadInput
from murmur.job import job
from murmur.presentation.printed_table import PrintedTable, write_table

if __name__ == "__main__":
    with job(snakemake):
        print("words of the script")
        rows = [[line, ""] for line in open(snakemake.input.mice[0]).read().split()]
        write_table(PrintedTable("Table 1", "Mice", ["mouse", ""], rows, ""), snakemake.output)
        if snakemake.params.alpha > 1:
            raise BadInput("alpha: found 2, expected at most 1; correct it")
"""

# What Snakemake writes before a script: the object `snakemake`, and the script's own path.
RUN = """
import json, sys
from types import SimpleNamespace
from snakemake.iocontainers import InputFiles, Log, OutputFiles, Params, Wildcards
given = json.loads(sys.argv[1])
snakemake = SimpleNamespace(
    rule="tabulate_mice", threads=1, config={"study": "mine"},
    log=Log(toclone=["results/mine/logs/tabulate_mice/internal.log"]),
    input=InputFiles(toclone=[*given["inputs"], "results/mine/table.csv"]),
    output=OutputFiles(toclone=["out/mice.csv", "out/mice.html"]),
    params=Params(fromdict={"alpha": given["alpha"], "code": "ab", "content": "cd"}),
    wildcards=Wildcards(fromdict={"cohort": "internal"}),
)
snakemake.input._set_name("mice", 0, 2)
snakemake.input._set_name("table", 2)
__file__ = given["script"]
exec(compile(open(__file__).read(), __file__, "exec"))
"""


LOG = "results/mine/logs/tabulate_mice/internal.log"
RECORD = "results/mine/provenance/jobs/tabulate_mice/internal.json"
TABLE_RECORD = "results/mine/provenance/jobs/measure/internal.json"


class Checkout:
    """A folder with a script, and a working directory beside it."""

    def __init__(self, folder: Path, library: Path):
        self.script = folder / "checkout" / "scripts" / "tabulate_mice.py"
        self.place, self.log = folder / "work", folder / "work" / LOG
        shutil.copytree(library, self.script.parent / "murmur")
        self.script.write_text(SCRIPT)
        (self.place / "out").mkdir(parents=True)
        (self.place / "results" / "mine").mkdir(parents=True)
        for name in ("Mouse1.txt", "Mouse2.txt", "results/mine/table.csv"):
            (self.place / name).write_text(f"{name}\n")
        (folder / "run.py").write_text(RUN)
        context = RunContext(["mine.yaml"], "9.0", "ab" * 20, {"results/mine/table.csv": TABLE_RECORD}, {})
        (self.place / MEMORY).mkdir(parents=True)
        (self.place / MEMORY / "mine.json").write_text(json.dumps(context._asdict()))

    def run(self, alpha=0.05, environment=None):
        """Run the script; return what became of the process."""
        given = {"inputs": ["Mouse1.txt", "Mouse2.txt"], "alpha": alpha, "script": str(self.script)}
        return subprocess.run(
            [sys.executable, self.place.parent / "run.py", json.dumps(given)],
            cwd=self.place,
            env={"PATH": "", "PYTHONPATH": str(self.script.parent)} | (environment or {}),
            capture_output=True,
            text=True,
        )

    def record(self, **given) -> dict:
        """Run the script and return its record."""
        done = self.run(**given)
        assert done.returncode == 0, done.stderr + self.log.read_text()
        return read_record(self.place / RECORD)


@pytest.fixture
def checkout(root, tmp_path):
    return Checkout(tmp_path, root / "scripts" / "murmur")


def test_a_job_has_a_record_of_its_outputs_and_these_its_stamp(checkout, root):
    assert checkout.run().returncode == 0
    log = [re.sub(r"^[\d :-]{19} ", "", line) for line in checkout.log.read_text().splitlines()]
    assert log[:6] == [
        "INFO    tabulate_mice started, cohort internal",
        "INFO    input mice: 2 files",
        "INFO    input table: results/mine/table.csv",
        "words of the script",
        "INFO    rows of out/mice.csv: 1",
        "INFO    wrote out/mice.csv (19.0B)",
    ]
    assert re.fullmatch(r"INFO    tabulate_mice finished in \d+\.\d s, peak memory \d+ MB", log[-1])
    record = read_record(checkout.place / RECORD)
    assert is_sealed(record)
    paths = [checkout.place / "out" / name for name in ("mice.csv", "mice.html")]
    assert record["outputs"] == [
        {"path": f"out/{path.name}", "bytes": path.stat().st_size, "sha256": sha256(path)} for path in paths
    ]
    made = record["made"]
    assert (made["study"], made["rule"], made["wildcards"]) == ("mine", "tabulate_mice", {"cohort": "internal"})
    assert (made["settings"], made["commit"], made["software"]["snakemake"]) == ({"alpha": 0.05}, "ab" * 20, "9.0")
    assert [(found["name"], found["path"]) for found in made["inputs"]] == [
        ("mice", "Mouse1.txt"),
        ("mice", "Mouse2.txt"),
        ("table", "results/mine/table.csv"),
    ]
    assert made["script"] == "scripts/tabulate_mice.py"
    assert {"scripts/tabulate_mice.py", "scripts/murmur/measurement/function.py", "scripts/murmur/job.py"} <= set(
        made["code"]
    )
    assert read_stamp(paths[1]) == Stamp("mine", record["record"], "ab" * 20)
    run = record["run"]
    assert (run["study_files"], run["threads"]) == (["mine.yaml"], 1)
    assert 0 <= run["seconds"] < 60
    assert 0 < run["cpu_seconds"] < 60
    assert 20 < run["peak_memory_MB"] < 20_000  # including that of the process that started it


def test_same_job_leaves_the_same_files_and_digest(checkout):
    first = checkout.record()
    page = (checkout.place / "out" / "mice.html").read_bytes()
    elsewhere = checkout.place.parent.rename(checkout.place.parent.with_name("elsewhere"))
    checkout.script, checkout.place = elsewhere / "checkout/scripts/tabulate_mice.py", elsewhere / "work"
    checkout.log = checkout.place / LOG
    again = checkout.record(environment={"TZ": "Asia/Tokyo", "LANG": "C", "PYTHONHASHSEED": "5", "USER": "other"})
    assert again["record"] == first["record"] == digest(first["made"])
    assert (checkout.place / "out" / "mice.html").read_bytes() == page


@pytest.mark.parametrize(
    ("changed", "text", "parts"),
    [
        ("Mouse2.txt", "# changed", {"inputs"}),
        ("../checkout/scripts/tabulate_mice.py", "# changed", {"code"}),
        ("../checkout/scripts/murmur/measurement/function.py", "# changed", {"code"}),
        ("../checkout/scripts/murmur/measurement/function.py", "MORE = 1", {"code", "science"}),
        ("../checkout/scripts/murmur/job.py", "MORE = 1", {"code"}),
    ],
)
def test_digest_changes_with_what_the_job_rests_on(checkout, changed, text, parts):
    before = checkout.record()
    with open(checkout.place / changed, "a") as file:
        file.write(f"{text}\n")
    after = checkout.record()
    assert after["record"] != before["record"]
    assert {name for name in after["made"] if after["made"][name] != before["made"][name]} == parts


def test_digest_changes_with_a_setting_and_with_the_record_of_an_input(checkout):
    before = checkout.record()
    assert checkout.record(alpha=0.01)["record"] != before["record"]
    (checkout.place / TABLE_RECORD).parent.mkdir(parents=True)
    outputs = [{"path": "results/mine/table.csv"}]
    (checkout.place / TABLE_RECORD).write_text(json.dumps({"record": "ef" * 32, "outputs": outputs}))
    after = checkout.record()
    assert after["record"] != before["record"]
    assert after["made"]["inputs"][2]["record"] == "ef" * 32


def test_other_module_does_not_count(checkout):
    before = checkout.record()
    (checkout.script.parent / "murmur" / "network.py").write_text("# changed\n")
    assert checkout.record()["record"] == before["record"]


def test_failed_job_leaves_no_record_of_before(checkout):
    checkout.record()
    done = checkout.run(alpha=2)
    assert done.returncode == 1
    sentence = "alpha: found 2, expected at most 1; correct it"
    assert sentence in checkout.log.read_text()
    assert not (checkout.place / RECORD).exists()
