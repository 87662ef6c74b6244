"""Running the workflow as a user does: a working directory, a study file, a command."""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


class Run(NamedTuple):
    """A finished call of Snakemake."""

    status: int
    output: str


class Workplace:
    """A working directory in which studies run from a checkout."""

    def __init__(self, folder: Path, checkout: Path = ROOT):
        """Work in `folder`, with the workflow of `checkout`."""
        self.folder, self.checkout = folder, checkout

    def write(self, study: dict) -> str:
        """Write a study file and return its name."""
        name = f"{study['study']}.yaml"
        (self.folder / name).write_text(yaml.safe_dump(study, sort_keys=False))
        return name

    def snakemake(self, *arguments: str, study: str | None = None, timeout: int = 1500) -> Run:
        """Run Snakemake on the study file `study`, the default study without one."""
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(self.checkout / "Snakefile"), "--cores", "2"]
        command += ["--directory", str(self.folder), *(["--configfile", study] if study else []), *arguments]
        done = subprocess.run(
            command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout
        )
        return Run(done.returncode, done.stdout)

    def results(self, study: str) -> Path:
        """The results of a study."""
        return self.folder / "results" / study


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


@pytest.fixture
def real() -> Path:
    """Real images, which are not part of the project."""
    folder = ROOT.parent / "shared" / "real"
    if not folder.is_dir():
        pytest.skip("real images are not at hand")
    return folder
