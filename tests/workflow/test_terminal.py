"""The last lines of a call: results, or what is wrong. The rest is tested without Snakemake, in tests/unit/terminal."""

import shlex
import subprocess
import sys

import numpy as np
import pytest

from murmur.data.mouse_file import write_cine
from workplace import ROOT

STUDY = {
    "study": "mine",
    "cohorts": {"mice": {"source": {"folder": "mice"}, "spacing_mm": [0.2, 0.2, 1.0], "frame_interval_ms": 20.0}},
}
CODE = ("Traceback", "RuleException", "CalledProcessError", "snakemake/scripts", "At least one job")


@pytest.fixture
def study(workplace):
    """Two mice, of which one is damaged where only a job reads it."""
    rng = np.random.default_rng(0)
    for mouse in ("good", "bad"):
        path = workplace.folder / "mice" / f"{mouse}.h5"
        write_cine(path, rng.integers(0, 900, (32, 32, 3, 4)).astype(np.uint16), None, [])
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    path.write_bytes(content)
    return workplace.write(STUDY)


def test_last_lines_are_what_is_wrong_or_where_the_results_are(workplace, study):
    run = workplace.snakemake(study=study)
    lines = run.output.splitlines()
    assert run.status == 1
    assert lines[-3].startswith("mice/bad.h5: found "), run.output
    assert lines[-2:] == ["", "Log: results/mine/logs/check_cohort/mice.log"]
    assert len(lines) < 20
    assert not [word for word in CODE if word in run.output]
    assert "CalledProcessError" in workplace.log(), "Snakemake's own log is complete"

    (workplace.folder / "mice" / "bad.h5").unlink()
    run = workplace.snakemake(study=study)
    lines = run.output.splitlines()
    assert run.status == 0, run.output
    end = lines[lines.index("The study is complete") + 1 :]
    assert end[:2] == ["Results:  results/mine", "Methods:  results/mine/tables/methods.md"]
    assert end[2].startswith("Report:   ") and end[2].endswith("--report results/mine/report.html")
    assert end[-1].endswith("in results/mine/cohorts/mice/checks.csv"), "that the mice have no reader is odd"
    assert len(lines) < 40


def test_lock_says_what_to_type(workplace, study):
    assert workplace.snakemake("--dry-run", study=study).status == 0
    locked = "results/mine/cohorts/mice/manifest.csv"
    (workplace.folder / ".snakemake" / "locks" / "0.output.lock").write_text(f"{locked}\n")
    run = workplace.snakemake(study=study)
    lines = run.output.splitlines()
    assert run.status == 1
    assert lines[-2].startswith(f"{workplace.folder}: found a lock"), run.output
    typed = [sys.executable, *shlex.split(lines[-1])[1:]]
    subprocess.run(typed, cwd=workplace.folder, check=True, capture_output=True)
    assert workplace.snakemake("--", "check", study=study).output.endswith("Nothing found that would stop a run.\n")


def test_errors_before_and_during_planning_are_the_last_line(workplace, study):
    (workplace.folder / "tab.yaml").write_text("study: a\ncohorts:\n\tmine: 1\n")
    for arguments, sentence in (
        (
            {"study": "tab.yaml"},
            "tab.yaml, line 3, column 1: found a tab, expected spaces; indent with spaces: mine: 1",
        ),
        ({"study": "mien.yaml"}, "mien.yaml: found no such file, expected a study file; did you mean 'mine.yaml'?"),
    ):
        run = workplace.snakemake("--dry-run", **arguments)
        assert (run.status, run.output.splitlines()[-1]) == (1, sentence)
    run = workplace.snakemake("--dry-run", "figurs", study=study)
    assert run.output.splitlines()[-1].endswith("did you mean 'figures'?")


def test_without_its_plugin_snakemake_shows_its_own_messages(workplace, study):
    """In an installation without the folder scripts on Python's path."""
    code = "import sys; sys.path = [path for path in sys.path if not path.endswith('scripts')]; "
    code += "from snakemake.cli import main; main()"
    command = [sys.executable, "-c", code, "--snakefile", str(ROOT / "Snakefile"), "--configfile", study, "--dry-run"]
    done = subprocess.run(command, cwd=workplace.folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Job stats:" in done.stdout
