import subprocess
import sys

import pytest

SCRIPT = """
import os, sys
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


def test_bad_input_is_a_sentence_in_both(run):
    done, log = run('raise BadInput("mouse.h5: found nothing, expected a mouse")')
    assert done.returncode == 1
    for text in (log, done.stderr):
        assert "mouse.h5: found nothing, expected a mouse" in text
        assert "Traceback" not in text


def test_what_nobody_expected_leaves_its_traceback_in_the_log(run):
    done, log = run('raise ValueError("surprise")')
    assert done.returncode == 1
    assert "Traceback" in log
    assert "ValueError: surprise" in log
