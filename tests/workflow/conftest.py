"""Fixtures of the workflow tests: working directories, and studies that have run and that tests share."""

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from workplace import ROOT, Workplace, write_numbers_study, write_small_study


@pytest.fixture
def workplace(tmp_path) -> Workplace:
    """An empty working directory."""
    return Workplace(tmp_path)


@pytest.fixture(scope="session")
def run_once(tmp_path_factory, worker_id):
    """Run a study once for all processes of the tests, and return its working directory."""
    base = tmp_path_factory.getbasetemp()
    base = base if worker_id == "master" else base.parent

    def run_once(name: str, write: Callable[[Workplace], str | None], *arguments: str) -> Workplace:
        place = Workplace(base / f"{name}-study")
        finished = base / f"{name}.finished"
        with open(base / f"{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not finished.exists():
                shutil.rmtree(place.folder, ignore_errors=True)
                place.folder.mkdir()
                run = place.snakemake(*arguments, study=write(place))
                assert run.status == 0, run.output[-5000:]
                finished.touch()
        return place

    return run_once


@pytest.fixture(scope="session")
def demo(run_once) -> Workplace:
    """A working directory in which the default study has run whole."""
    # On cores that other tests use as well, a second thread costs more time than it saves; the network is the same.
    return run_once("demo", lambda _: None, "--set-threads", "train_network=1")


@pytest.fixture(scope="session")
def small(run_once) -> Workplace:
    """A working directory in which SMALL has run whole; a test that changes it works on a copy (`copy_of`)."""
    return run_once("small", write_small_study)


@pytest.fixture(scope="session")
def numbers_alone(run_once) -> Workplace:
    """A working directory in which NUMBERS has run whole; a test that changes it works on a copy."""
    return run_once("numbers-alone", write_numbers_study)


@pytest.fixture
def real() -> Path:
    """Real images, which are not part of the project."""
    folder = ROOT.parent / "shared" / "real"
    if not folder.is_dir():
        pytest.skip("real images are not at hand")
    return folder
