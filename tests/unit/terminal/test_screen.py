"""The terminal, from messages as Snakemake writes them, without starting it."""

import logging
import sys
from pathlib import Path

import pytest

from murmur import subject
from murmur.terminal.screen import Screen

STUDY = {
    "results": "results/mine",
    "stages": {"check_cohort": "data", "segment_mouse": "segmentation"},
    "targets": ["all", "figures"],
}
FINAL = "WorkflowError:\nAt least one job did not complete successfully."


def message(text=None, level=logging.INFO, thread=1, **given):
    return logging.makeLogRecord({"msg": text, "levelno": level, "thread": thread} | given)


def started(jobid, rule="segment_mouse", log="job.log", **wildcards):
    return message(
        event="job_info",
        jobid=jobid,
        rule_name=rule,
        rule_msg=f"Do {rule}",
        wildcards=wildcards,
        log=[log] if log else [],
        reason="Missing output files: a; Input files updated by another job: b",
    )


def finished(jobid):
    return message(event="job_finished", job_id=jobid)


def failed(jobid, rule="segment_mouse", log="job.log", thread=1, says=None, indent=False):
    given = {"jobid": jobid, "rule_name": rule, "log": [log], "rule_msg": says, "indent": indent}
    return message(f"Error in rule {rule}", logging.ERROR, thread, event="job_error", **given)


def raised(text, exception="RuleException", thread=1):
    return message(text, logging.ERROR, thread, event="error", exception=exception)


def ended_with(status, thread=1):
    command = "Command 'set -euo pipefail;  python .snakemake/scripts/tmp1.py' returned non-zero exit status"
    return raised(f'RuleException:\nCalledProcessError in file "data.smk", line 3:\n{command} {status}.', thread=thread)


@pytest.fixture
def show(tmp_path, monkeypatch):
    """Return all that a terminal shows after messages, as lines."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["/bin/snakemake", "--configfile", "mine.yaml", "--cores", "2"])

    def show(*messages, **options):
        written = []
        screen = Screen(written.append, **options)
        for record in (message("Study mine: a (3 mice)", study=STUDY), *messages):
            record() if callable(record) else screen.show(record)
        screen.close()
        return "\n".join(written).splitlines()

    return show


def plan(**totals):
    return message("Job stats:\n...", event="run_info", stats=totals | {"total": sum(totals.values())})


def writes(text, path="job.log"):
    """Return what a job does between its start and its end: write its log."""

    def write():
        with open(path, "w") as file:
            file.write(text)

    return write


def test_good_run_shows_what_is_done_and_ends_with_the_results(show):
    lines = show(
        plan(check_cohort=1, segment_mouse=2, all=1),
        message("Select jobs to execute..."),
        message("Execute 1 jobs..."),
        started(1, "check_cohort", cohort="a"),
        finished(1),
        started(2, mouse="M1"),
        finished(2),
        started(3, mouse="M2"),
        finished(3),
        started(0, "all", log=""),
        finished(0),
        message("Complete log(s): .snakemake/log/x.log"),
    )
    assert lines == [
        "Study mine: a (3 mice)",
        "Jobs:",
        "  data          check_cohort 1",
        "  segmentation  segment_mouse 2",
        "[0/3] Do check_cohort",
        "[1/3] Segment 2 mice",
        "Do all",
        "Results:  results/mine",
    ]


def test_complete_study_ends_with_its_methods_and_how_to_make_its_report(show):
    methods = Path("results/mine/tables/methods.md")
    methods.parent.mkdir(parents=True)
    methods.touch()
    assert show(plan(segment_mouse=1), started(1), finished(1))[-3:] == [
        "Results:  results/mine",
        "Methods:  results/mine/tables/methods.md",
        "Report:   /bin/snakemake --configfile mine.yaml --report results/mine/report.html",
    ]


def test_failed_run_ends_with_each_sentence_once_and_the_logs(show):
    sentence = "mice/M1.h5: found nothing, expected a mouse; copy it again"
    log = f"2026-11-28 15:10:30 INFO    started\n2026-11-28 15:10:30 ERROR   {sentence}\n"
    lines = show(
        plan(check_cohort=1, segment_mouse=2),
        started(1, "check_cohort", "check.log", cohort="a"),
        started(2, log="M1.log", mouse="M1"),
        writes(log, "check.log"),
        writes(log, "M1.log"),
        ended_with(1),
        failed(1, "check_cohort", "check.log"),
        ended_with(1, thread=2),
        failed(2, log="M1.log", thread=2),
        message("Exiting because a job execution failed. Look above for error messages", logging.ERROR),
        raised(FINAL, "WorkflowError"),
    )
    assert lines[-9:] == [
        "Failed: check_cohort (cohort a)",
        "Failed: segment_mouse (mouse M1)",
        "",
        "Stopped after 0 of 3 jobs; once this is corrected, repeat the command:",
        "",
        sentence,
        "",
        "Log: check.log",
        "     M1.log",
    ]


def test_sentences_of_jobs_are_about_the_subject(show, monkeypatch):
    monkeypatch.setenv(subject.VARIABLE, '"rat"')
    log = "2026-11-28 15:10:30 ERROR   mice/M1.h5: found nothing, expected a mouse; copy it again\n"
    lines = show(
        plan(check_cohort=1),
        started(1, "check_cohort", "check.log", cohort="a"),
        writes(log, "check.log"),
        ended_with(1),
        failed(1, "check_cohort", "check.log"),
    )
    assert "mice/M1.h5: found nothing, expected a rat; copy it again" in lines


def test_another_attempt_that_succeeds_is_no_failure(show):
    log = "2026-11-28 15:10:30 ERROR   no server\n"
    again = message("Trying to restart job 1.")
    lines = show(started(1), writes(log), ended_with(1), failed(1), again, started(1), finished(1))
    assert lines[2:4] == ["Failed: segment_mouse", "It is tried again."]
    assert lines[-1] == "Results:  results/mine"


def test_sentence_of_an_earlier_run_is_not_shown_again(show):
    writes("2026-11-28 15:10:30 ERROR   the old problem\n")()
    lines = show(started(1), ended_with(137), failed(1))
    assert "the old problem" not in lines
    assert any("segment_mouse was killed, most likely because memory ran out" in line for line in lines)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-11-28 15:10:30 CRITICAL KeyError: 'ED'\nTraceback\n", "an error that nobody expected, KeyError: 'ED'"),
        ("", "stopped without an error in its log: "),
    ],
)
def test_fault_of_murmur_names_the_job(show, text, words):
    lines = show(started(1, mouse="M1"), writes(text), ended_with(1), failed(1))
    assert any(line.startswith("segment_mouse (mouse M1) stopped") and words in line for line in lines)
    assert lines[-1] == "Log: job.log"


def test_full_disk_is_one_sentence_though_the_logs_are_empty(show, tmp_path):
    lines = show(
        started(1),
        ended_with(28),
        failed(1),
        started(2),
        raised("RuleException:\nOSError in file x, line 3:\n[Errno 28] No space left on device"),
        failed(2),
        message("Failed to setup log file: [Errno 28] No space left on device", logging.ERROR),
        raised("WorkflowError:\nError recording metadata for finished job ([Errno 28] No space left on device).", "x"),
        raised(FINAL, "WorkflowError"),
    )
    found = "found no space left on the disk; delete what is no longer needed, then repeat the command"
    assert lines[-1] == f"{tmp_path}: {found}"
    assert sum("space" in line for line in lines) == 1


@pytest.mark.parametrize("status", ["130", "143"])
def test_job_stopped_by_the_user_is_no_problem(show, status):
    asked = message("Terminating processes on user request, this might take some time.", logging.WARNING)
    final = raised(FINAL, "WorkflowError")
    lines = show(plan(segment_mouse=1), started(1), asked, ended_with(status), failed(1), final)
    assert lines[-2:] == ["", "Stopped on request after 0 of 1 job; the same command continues."]
    assert not any(line.startswith("Failed") for line in lines)


def test_of_a_group_only_the_jobs_with_an_error_have_failed(show):
    group = message("Error in group 7", logging.ERROR, event="group_error", groupid="7", aux_logs=[])
    group.job_error_info = [{"jobid": number, "rule_name": "segment_mouse"} for number in (1, 2, 3)]
    lines = show(
        *(started(number, log=f"{number}.log", mouse=f"M{number}") for number in (1, 2, 3)),
        group,
        writes("2026-11-28 15:10:30 ERROR   found no mask\n", "2.log"),
        *(failed(number, log=f"{number}.log", indent=True) for number in (1, 2, 3)),
    )
    assert [line for line in lines if line.startswith("Failed")] == ["Failed: segment_mouse (mouse M2)"]
    assert lines[-3:] == ["found no mask", "", "Log: 2.log"], "and not that of the group"


def test_group_without_any_error_in_a_log_names_the_log_of_the_group(show):
    jobs = [{"jobid": number, "rule_name": "segment_mouse"} for number in (1, 2)]
    group = message("Error in group 7", logging.ERROR, event="group_error", groupid="7", aux_logs=["slurm.log"])
    group.job_error_info = jobs
    given = [started(1), started(2), writes("", "slurm.log"), group, failed(1, indent=True), failed(2, indent=True)]
    lines = show(*given)
    assert lines[-3].startswith("segment_mouse stopped without an error in their logs, most likely because memory")
    assert lines[-1] == "Log: slurm.log"
    assert show(*given, started(1), finished(1), finished(2))[-1] == "Results:  results/mine"


def test_state_of_slurm_is_put_into_words(show):
    says = "SLURM-job '7' failed, SLURM status is: 'OUT_OF_MEMORY'."
    lines = show(started(1), failed(1, says=says))
    assert "segment_mouse ran out of memory; request more with --set-resources segment_mouse:mem_mb=NUMBER" in lines


def test_dry_run_is_a_short_table_with_reasons(show):
    lines = show(plan(segment_mouse=130), *(started(n, mouse=f"M{n}") for n in range(130)), dry_run=True)
    assert lines == [
        "Study mine: a (3 mice)",
        "Jobs:",
        "  segmentation  segment_mouse 130",
        "Why:",
        "  130 jobs: results that do not exist yet",
        "This was a dry run: nothing was done.",
    ]


def test_quiet_shows_errors_only(show):
    given = [plan(segment_mouse=1), started(1), writes("2026-11-28 15:10:30 ERROR   no mouse\n"), failed(1)]
    lines = show(*given, quiet={"all"})
    assert lines[0] == "Failed: segment_mouse" and "no mouse" in lines
    assert not any(line.startswith(("Study", "Jobs", "[")) for line in lines)


def test_files_that_disappear_after_their_job_are_named(show):
    text = (
        "Job 3  completed successfully, but some output files are missing. Missing files after 5 seconds. This might "
        "be due to filesystem latency.\nresults/a b/flow.pdf (missing locally, parent dir contents: other)\n"
        "results/a b/flow.png (missing locally, parent dir contents: other)"
    )
    gone = "found no such file after the job that made it; if it was removed or a share was disconnected, restore the"
    for record in (message(text, logging.ERROR), raised(text, "MissingOutputException")):
        last = show(plan(segment_mouse=1), started(1), record)[-2:]
        assert last == [f"results/a b/flow.{e}: {gone} folder, then repeat the command" for e in ("pdf", "png")]


def test_message_that_is_not_known_is_shown(show):
    assert "Report created: report.html." in show(message("Report created: report.html."))


def test_plausibility_checks_are_listed_at_the_end(show, tmp_path):
    folder = tmp_path / "results" / "mine" / "cohorts" / "a"
    folder.mkdir(parents=True)
    rows = [f"M{number},ED next to ES,frame 3,a frame apart" for number in range(12)]
    (folder / "checks.csv").write_text("\n".join(["mouse,check,found,expected", *rows]) + "\n")
    lines = show(message("Nothing to be done (all requested files are present and up to date)."))
    assert lines[1:3] == [
        "Nothing to be done (all requested files are present and up to date).",
        "Results:  results/mine",
    ]
    assert "12 mice of a to look at:" in lines
    assert "  M9: ED next to ES, found frame 3, expected a frame apart" in lines
    assert lines[-1] == "  2 more in results/mine/cohorts/a/checks.csv"
