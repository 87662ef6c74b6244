"""Fixtures of the workflow tests: working directories, and studies that have run and that tests share."""

from pathlib import Path

import pytest

from workplace import ROOT, Workplace, write_small_study


@pytest.fixture
def workplace(tmp_path) -> Workplace:
    """An empty working directory."""
    return Workplace(tmp_path)


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Workplace:
    """A working directory in which the default study has run whole."""
    place = Workplace(tmp_path_factory.mktemp("demo"))
    run = place.snakemake()
    assert run.status == 0, run.output[-5000:]
    return place


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Workplace:
    """A working directory in which SMALL has run whole; a test that changes it works on a copy (`copy_of`)."""
    place = Workplace(tmp_path_factory.mktemp("small"))
    run = place.snakemake(study=write_small_study(place))
    assert run.status == 0, run.output[-5000:]
    return place


@pytest.fixture
def real() -> Path:
    """Real images, which are not part of the project."""
    folder = ROOT.parent / "shared" / "real"
    if not folder.is_dir():
        pytest.skip("real images are not at hand")
    return folder
