"""Exceptions of Snakemake, with the texts that it writes."""

import sys

import pytest

from murmur.terminal.command import command, study_files
from murmur.terminal.planning_faults import sentences

PLACE = '  File "/checkout/rules/data.smk", line 3, in <lambda>'
ARGUMENTS = ["/opt/bin/snakemake", "--snakefile=/checkout/Snakefile", "-d", "my study", "--cores", "all", "figures"]
ARGUMENTS += ["--configfile", "a.yaml", "b.yaml", "--keep-going"]


@pytest.fixture(autouse=True)
def started(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["/bin/snakemake", "--configfile", "mine.yaml", "--cores", "2"])


def test_command_names_the_same_study():
    same = "/opt/bin/snakemake --snakefile /checkout/Snakefile -d 'my study' --configfile a.yaml b.yaml"
    assert command("--unlock", arguments=ARGUMENTS) == f"{same} --unlock"
    assert study_files(ARGUMENTS) == ["a.yaml", "b.yaml"]
    assert command(arguments=["/x/snakemake/__main__.py", "-c1"]) == "python -m snakemake"


@pytest.mark.parametrize(
    ("exception", "text", "expected"),
    [
        (
            "WorkflowError",
            f'WorkflowError in file "/checkout/rules/common.smk", line 33:\nmine.yaml, line 2: study: found 1\n{PLACE}',
            ["mine.yaml, line 2: study: found 1"],
        ),
        (
            "InputFunctionException",
            f'InputFunctionException in rule check_cohort in file "/c/data.smk", line 122:\nError:\n  BadInput: '
            f"a.csv: found EF 'x'\nb.csv: found EF 'y'\nWildcards:\n  cohort=mine\nTraceback:\n{PLACE}",
            ["a.csv: found EF 'x'", "b.csv: found EF 'y'"],
        ),
        (
            "MissingRuleException",
            "MissingRuleException:\nNo rule to produce figurs (if you use input functions make sure ...).",
            [
                "figurs: found no stage or result file of this name, expected a stage such as figures; "
                "did you mean 'figures'?"
            ],
        ),
        (
            "MissingInputException",
            'MissingInputException in rule check_cohort in file "/c/data.smk", line 122:\nMissing input files for rule '
            "check_cohort:\n    output: m.csv\n    wildcards: cohort=mine\n    affected files:\n        mice/G9.h5",
            ["mice/G9.h5: found no such file; restore it, because check_cohort needs it"],
        ),
        (
            "PermissionError",
            "Traceback (most recent call last):\n"
            "  File \"/x.py\", line 1, in f\nPermissionError: [Errno 13] Permission denied: '/data/.snakemake'",
            [
                "/data/.snakemake: found no permission for it; correct it with chmod or ask its owner, then repeat "
                "the command"
            ],
        ),
        (
            "KeyError",
            "Traceback (most recent call last):\n  File \"/x.py\", line 1, in f\nKeyError: 'ED'",
            [
                "Snakemake stopped at an error that nobody expected, KeyError: 'ED'; add --verbose to the command "
                "to see where"
            ],
        ),
        (
            "ApiError",
            "Error: cores have to be specified for local execution (use --cores N)",
            ["cores have to be specified for local execution (use --cores N)"],
        ),
    ],
)
def test_exception_is_a_sentence(exception, text, expected):
    assert sentences(exception, text, ["figures", "tables"]) == expected


def test_lock_says_what_to_type(tmp_path):
    text = f"LockException:\nError: Directory cannot be locked. Please make sure ...:\n{tmp_path}\nIf you are sure ..."
    (sentence,) = sentences("LockException", text)
    assert sentence.startswith(f"{tmp_path}: found a lock")
    assert "wait until no job is running there" in sentence
    assert sentence.endswith("repeat the command:\n/bin/snakemake --configfile mine.yaml --unlock")


def test_study_file_that_snakemake_cannot_read_is_named(tmp_path):
    (tmp_path / "mine.yaml").write_text("study: x\n\tcohorts: 1\n")
    (sentence,) = sentences("WorkflowError", "WorkflowError:\nConfig file is not valid JSON or YAML. In case of ...")
    assert sentence.startswith("mine.yaml, line 2, column 1: found a tab")
    (tmp_path / "mine.yaml").unlink()
    text = "Traceback (most recent call last):\nFileNotFoundError: [Errno 2] No such file or directory: 'mine.yaml'"
    assert sentences("FileNotFoundError", text) == ["mine.yaml: found no such file, expected a study file"]
