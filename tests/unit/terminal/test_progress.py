from types import SimpleNamespace

from murmur.terminal.progress import Progress
from murmur.terminal.words import counted, done_so_far, duration, job_name, to_do


def mouse_job(number):
    return SimpleNamespace(jobid=number, rule_name="segment_mouse", wildcards={"mouse": f"M{number}"})


def test_rule_of_many_jobs_says_how_many_are_done_and_how_long_the_rest_takes():
    now = 0.0
    progress = Progress(clock=lambda: now)
    progress.plan({"segment_mouse": 130})
    assert progress.start(mouse_job(0)) == "[  0/130] Segment 130 mice"
    lines = []
    for number in range(130):
        progress.start(mouse_job(number))
        now += 10
        lines.append(progress.finish(number))
    shown = [line for line in lines if line]
    assert len(shown) == 10
    assert shown[0] == "[ 13/130] Segmented 13 of 130 mice, about 20 minutes left"
    assert shown[-1] == "[130/130] Segmented 130 of 130 mice"


def test_time_during_which_no_job_of_a_rule_runs_does_not_count():
    now = 0.0
    progress = Progress(clock=lambda: now)
    progress.plan({"segment_mouse": 40})
    lines = []
    for number in range(0, 40, 2):
        now += 500  # other rules
        progress.start(mouse_job(number))
        now += 6
        progress.start(mouse_job(number + 1))
        now += 4
        lines.append(progress.finish(number))
        now += 10
        lines.append(progress.finish(number + 1))
    shown = [line for line in lines if line]
    assert shown[0] == "[ 4/40] Segmented 4 of 40 mice, about 6 minutes left"


def test_fast_jobs_have_no_further_line():
    progress = Progress(clock=lambda: 0.0)
    progress.plan({"measure_volumes": 4})
    lines = []
    for number in range(4):
        lines.append(
            progress.start(SimpleNamespace(jobid=number, rule_name="measure_volumes", wildcards={"cohort": "a"}))
        )
        lines.append(progress.finish(number))
    assert [line for line in lines if line] == ["[0/4] Measure volumes, 4 jobs"]
    assert progress.counts() == "4 of 4 jobs"


def test_words():
    assert done_so_far("plot_agreement", 1, 2, mice=False) == "Plotted agreement, 1 of 2"
    assert done_so_far("measure_volumes", 1, 2, mice=False) == "Measured volumes, 1 of 2"
    assert done_so_far("obtain_mouse", 1, 1, mice=True) == "Obtained 1 of 1 mouse"
    assert to_do("convert_nifti", 2, mice=True) == "Convert 2 mice"
    assert (counted(1, "mouse"), counted(2, "job")) == ("1 mouse", "2 jobs")
    assert [duration(seconds) for seconds in (0.2, 42, 95, 3600, 7000, 2e5)] == [
        "1 second",
        "42 seconds",
        "2 minutes",
        "60 minutes",
        "2 hours",
        "2 days",
    ]
    assert job_name("check_cohort", {}) == "check_cohort"
