"""After a kill, a full disk or a wrong clock, the next plain call gives the bytes of an undisturbed run."""

import os
import random
import shutil
import subprocess
import time

import pytest

from faults import (
    Running,
    assert_same,
    command,
    heed_permissions,
    last_lines,
    let_finish,
    on_a_disk,
    result_of,
    unlock_as_told,
)
from workplace import NUMBERS, WATCHED, Run, Workplace, copy_of

NOTHING = "Nothing to be done"
KILLS, LONGEST_BEFORE_KILL = 10, 4  # of one study; seconds from the first job of each call


@pytest.fixture
def numbers(numbers_alone, tmp_path):
    """A copy of the finished study of numbers, in which the reader's figure, table and text are to be made again."""
    place = copy_of(numbers_alone, tmp_path / "work")
    for part in ("figures", "tables"):
        shutil.rmtree(place.results("numbers") / part / "table" / "other")
    return place


def finish(place, *targets, study="numbers") -> str:
    """Call Snakemake once more, which must succeed, and return its output."""
    run = place.snakemake(*(("--", *targets) if targets else ()), study=f"{study}.yaml")
    assert run.status == 0, run.output[-5000:]
    return run.output


@pytest.mark.parametrize("orphans_end", ["during the new run", "after it"])
def test_orphans_run_on(numbers, numbers_alone, orphans_end):
    """Snakemake alone is killed; its jobs continue at the same time as the same jobs of a new run, or after it."""
    run = Running(numbers, "numbers.yaml")
    run.wait_until(lambda run: "plot_agreement/table/other" in run.started())
    orphans = run.kill_snakemake()
    assert orphans
    unlock_as_told(numbers, numbers.snakemake(study="numbers.yaml").output)
    new = Running(numbers, "numbers.yaml")
    if orphans_end == "during the new run":
        assert new.wait_until(lambda new: "plot_agreement/table/other" in new.started())
        let_finish(orphans)
    status, output = new.end()
    assert status == 0, output
    let_finish(orphans)
    finish(numbers)
    assert_same(numbers, numbers_alone, "numbers")
    assert NOTHING in finish(numbers)


def test_killed_again_and_again(small, tmp_path):
    """Snakemake and all its jobs are killed at once, at random moments from the first mask to the measurements.

    The networks are there, because most calls would end before TensorFlow has started; test_resume.py kills trainings.
    """
    place = copy_of(small, tmp_path / "work")
    for part in ("segmentations", "measurements"):
        shutil.rmtree(place.results("small") / part)
    moments, locks = random.Random(1), place.folder / ".snakemake" / "locks"
    for kill in range(KILLS):
        run = Running(place, "small.yaml", "--", "measurements")
        run.wait_until(Running.started)
        run.kill_after(moments.uniform(0, LONGEST_BEFORE_KILL))
        if kill == 0:
            unlock_as_told(place, place.snakemake(study="small.yaml").output)
        shutil.rmtree(locks, ignore_errors=True)  # as what was typed does
    finish(place, "measurements", study="small")
    assert_same(place, small, "small", whole=False)


def test_folder_removed_under_a_job(numbers, numbers_alone):
    run = Running(numbers, "numbers.yaml")
    run.wait_until(lambda run: "plot_agreement/table/other" in run.started())
    shutil.rmtree(numbers.results("numbers"), ignore_errors=True)
    status, output = run.end()
    assert status == 1
    assert "repeat the command" in output
    assert "Traceback" not in output
    finish(numbers)
    assert_same(numbers, numbers_alone, "numbers")


def test_two_runs_in_one_folder(numbers, numbers_alone):
    """Of the same study, the second is told so; of another, both end well."""
    shutil.rmtree(numbers.results("numbers") / "statistics")  # the first is to run until the second has been planned
    other = numbers.write(NUMBERS | {"study": "other"})
    runs = [Running(numbers, study) for study in ("numbers.yaml", other)]
    runs[0].wait_until(Running.started)
    second = numbers.snakemake(study="numbers.yaml")
    assert second.status == 1
    assert last_lines(second.output)[-2].startswith(f"{numbers.folder}: found a lock")
    for status, output in map(Running.end, runs):
        assert status == 0, output
    assert_same(numbers, numbers_alone, "numbers")
    for table in ("measurements/table/other/function.csv", "statistics/table/other/agreement.csv"):
        assert (numbers.results("other") / table).read_bytes() == (numbers.results("numbers") / table).read_bytes()


@pytest.fixture
def namespaces():
    """Disks can be mounted without being the superuser of the machine."""
    if not shutil.which("unshare") or subprocess.run(["unshare", "--map-root-user", "--mount", "true"]).returncode:
        pytest.skip("this machine has no user namespaces")


def check_refusal_and_recovery(numbers, numbers_alone, script, sentence):
    """Call Snakemake on a bad disk (`run full`) and a good one (`run again`): a sentence, then the same results."""
    on_a_disk(numbers, "numbers.yaml", script)
    run, again = result_of(numbers, "full"), result_of(numbers, "again")
    assert run.status == 1
    assert sentence in last_lines(run.output)[-1]
    assert "Traceback" not in run.output
    assert again.status == 0, again.output
    assert_same(Workplace(numbers.folder.parent / "after"), numbers_alone, "numbers")


@pytest.mark.parametrize("full", ["results", "."])
def test_full_disk(numbers, numbers_alone, namespaces, full):
    """The disk of the results, or of the whole folder, is soon full; a file is deleted and the run is repeated."""
    script = f"""
        cp -a {full} "$OUT/kept"; mount -t tmpfs -o size=50m tmpfs "$PWD/{full}"
        cd "$PWD"; cp -a "$OUT/kept/." {full}
        head -c 60k /dev/zero > {full}/left
        head -c 50m /dev/zero > {full}/filling 2> "$OUT/head.txt" || rm {full}/left
        run full
        rm {full}/filling
        run again
        cp -a . "$OUT/after"
    """
    sentence = "found no space left on the disk; delete what is no longer needed"
    check_refusal_and_recovery(numbers, numbers_alone, script, sentence)


def test_read_only_disk(numbers, numbers_alone, namespaces):
    script = """
        rm -r results/*; mount -t tmpfs -o ro tmpfs results
        run full
        mount -o remount,rw "$PWD/results"
        run again
        cp -a . "$OUT/after"
    """
    sentence = "found a read-only file system; work in a folder that can be written to"
    check_refusal_and_recovery(numbers, numbers_alone, script, sentence)


@pytest.mark.parametrize("folder", [".snakemake", "results/numbers/measurements/table/other"])
def test_folder_without_permission(numbers, numbers_alone, folder):
    """A new file cannot be made there."""
    shut = numbers.folder / folder
    (numbers.results("numbers") / "measurements/table/other/function.csv").unlink()
    mode = shut.stat().st_mode
    shut.chmod(0o555)
    run = call_without_privileges(numbers)
    if shut.exists():  # Snakemake removes the empty folder of a job that failed
        shut.chmod(mode)
    assert run.status == 1
    assert "found no permission for it; correct it with chmod" in last_lines(run.output)[-1], run.output
    assert "Traceback" not in run.output
    finish(numbers)
    assert_same(numbers, numbers_alone, "numbers")


def call_without_privileges(place) -> Run:
    """Call Snakemake on the study of numbers as a user for whom permissions count."""
    done = subprocess.run(
        command(place, "numbers.yaml"),
        cwd=place.folder,
        env=os.environ | WATCHED,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=heed_permissions,
    )
    return Run(done.returncode, done.stdout)


YEAR = 365 * 24 * 3600


def set_clock(files, seconds: float) -> None:
    """Give files the date at which they would have been written with a clock that is wrong by this much."""
    for number, path in enumerate(sorted(files)):
        os.utime(path, (time.time() + seconds + number,) * 2)


def results_in(place):
    return [path for path in place.results("numbers").rglob("*") if path.is_file()]


@pytest.mark.parametrize("wrong_by", [YEAR, -YEAR])
def test_clock_was_wrong_while_all_was_computed(numbers_alone, tmp_path, wrong_by):
    """Nothing is computed without end, and what changed later is computed, once."""
    place = copy_of(numbers_alone, tmp_path / "work")
    set_clock(results_in(place), wrong_by)
    finish(place)
    assert NOTHING in finish(place)
    assert_same(place, numbers_alone, "numbers")


def test_clock_was_ahead_for_some_results(numbers, numbers_alone):
    """Those made before the others: what follows from them is made once, not at every call."""
    set_clock([path for path in results_in(numbers) if path.name == "function.csv"], YEAR)
    finish(numbers)
    assert NOTHING in finish(numbers)
    assert_same(numbers, numbers_alone, "numbers")


def test_measurements_from_the_past_count(numbers_alone, tmp_path):
    """Changed numbers in a file that is older than the results."""
    place = copy_of(numbers_alone, tmp_path / "work")
    table = place.folder / "numbers.csv"
    table.write_text(table.read_text().replace("M8,", "M9,"))
    set_clock([table], -YEAR)
    assert "import_measurements 2" in finish(place)
    assert "M9" in (place.results("numbers") / "measurements/table/other/function.csv").read_text()
    assert NOTHING in finish(place)


def test_measurements_from_the_future_are_named(numbers, numbers_alone):
    """Snakemake would reject the outputs of a job that reads them; what the message says to type works."""
    set_clock([numbers.folder / "numbers.csv"], YEAR)
    run = numbers.snakemake(study="numbers.yaml")
    assert run.status == 1
    assert last_lines(run.output)[-1].startswith("numbers.csv: found a date in the future")
    subprocess.run(last_lines(run.output)[-1].split("present date: ")[1], shell=True, cwd=numbers.folder, check=True)
    finish(numbers)
    assert_same(numbers, numbers_alone, "numbers")


def test_stale_lock(numbers, numbers_alone):
    """The message says what to type, which works in the folder of a study, away from the checkout."""
    run = Running(numbers, "numbers.yaml")
    run.wait_until(Running.started)
    run.kill_group()
    locked = numbers.snakemake(study="numbers.yaml")
    assert locked.status == 1
    unlock_as_told(numbers, locked.output)
    finish(numbers)
    assert_same(numbers, numbers_alone, "numbers")
