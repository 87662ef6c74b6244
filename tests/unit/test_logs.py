import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from murmur.logs import errors_in_log, job_log

SCRIPT = """
import errno, os, sys
sys.path.insert(0, {scripts!r})
from murmur.errors import BadInput
from murmur.logs import log, SHOW, job_log, progress
with job_log({log!r}):
    print("from Python")
    os.write(2, b"from C\\n")
    for _ in progress(range(3), "counting", "mouse"):
        pass
    {last}
os.write(1, b"after, from C; ")
print("after, from Python")
"""


@pytest.fixture
def run(root, tmp_path):
    def run(last):
        log = tmp_path / "logs" / "job.log"
        code = SCRIPT.format(scripts=str(root / "scripts"), log=str(log), last=last)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        return done, log.read_text()

    return run


def test_everything_said_is_in_the_log_and_not_on_the_terminal(run):
    done, log = run("pass")
    assert done.returncode == 0
    assert log == "from Python\nfrom C\n" or log == "from C\nfrom Python\n"
    assert done.stderr == "", "and no bar where there is no terminal"
    assert done.stdout == "after, from C; after, from Python\n", "and both descriptors are restored"


def test_levels_decide_what_a_person_sees(run):
    done, log = run('log.info("28 mice"); log.warning("no mask of M3"); log.info("resumes after epoch 7", extra=SHOW)')
    for line in (" INFO    28 mice", " WARNING no mask of M3", " INFO    resumes after epoch 7"):
        assert line in log
    assert done.stderr == "\nno mask of M3\n\n\nresumes after epoch 7\n\n"


def test_bad_input_is_a_sentence_in_the_log(run):
    done, log = run('raise BadInput("mouse.h5: found nothing\\nnet.h5: found a mouse")')
    assert (done.returncode, done.stderr) == (1, "")
    assert errors_in_log(log) == (["mouse.h5: found nothing", "net.h5: found a mouse"], [])
    assert "Traceback" not in log


def test_exception_that_nobody_expected_leaves_its_traceback_in_the_log_only(run):
    done, log = run('raise ValueError("a\\n surprise")')
    assert (done.returncode, done.stderr) == (1, "")
    assert "Traceback" in log
    assert errors_in_log(log) == ([], ["ValueError: a surprise"])


def test_fault_of_the_machine_is_a_sentence_and_an_exit_status(run):
    done, log = run('raise OSError(errno.ENOSPC, "No space left on device", "results/a.csv")')
    assert (done.returncode, done.stderr) == (errno.ENOSPC, "")
    ((sentence,), unexpected) = errors_in_log(log)
    assert sentence.startswith("results/a.csv: found no space left on the disk") and not unexpected


def test_fault_of_the_machine_is_named_though_closing_the_file_failed_in_another_way(run):
    fails = 'raise OSError(errno.ENOSPC, "No space left on device", "results/a.pdf")'
    done, log = run(f"try:\n        {fails}\n    finally:\n        None.pos")
    assert done.returncode == errno.ENOSPC
    ((sentence,), unexpected) = errors_in_log(log)
    assert sentence.startswith("results/a.pdf: found no space left on the disk") and not unexpected


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a device that is always full")
def test_full_disk_that_takes_no_log_still_gives_an_exit_status(root):
    code = SCRIPT.format(scripts=str(root / "scripts"), log="/dev/full", last='print("x" * 10000)')
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == errno.ENOSPC
    assert "Traceback" not in done.stdout + done.stderr


def test_log_that_cannot_be_created_is_a_sentence(tmp_path, monkeypatch, capsys):
    def refuse(*arguments, **options):
        raise OSError(errno.EROFS, "Read-only file system", "results")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(SystemExit) as ended, job_log(tmp_path / "logs" / "job.log"):
        pass
    assert ended.value.code == errno.EROFS
    assert capsys.readouterr().err.startswith("results: found a read-only file system")
