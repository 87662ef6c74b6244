"""Run the workflow as a user does: a working directory, a study file, a command."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml

import loaded_snakemake
from murmur.data.mouse_file import write_cine

ROOT = Path(__file__).resolve().parents[2]
# The jobs are watched by sitecustomize.py in declared_inputs; scripts holds the plugin for the terminal.
WATCHED = {"PYTHONPATH": os.pathsep.join(map(str, (Path(__file__).parent / "declared_inputs", ROOT / "scripts")))}

TIMEOUT = 3000  # seconds


class Run(NamedTuple):
    """A finished call of Snakemake."""

    status: int
    output: str


def planned_jobs(output: str) -> dict[str, int]:
    """Return the number of jobs of each rule, from the table in the output of a run or dry run."""
    table = re.search(r"^Jobs:\n((?:  .*\n)+)", output, re.MULTILINE)
    return {rule: int(number) for rule, number in re.findall(r"(\w+) (\d+)(?:,|$)", table[1], re.MULTILINE)}


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

    def snakemake(self, *arguments: str, study: str | None = None, loaded: bool = True) -> Run:
        """Run Snakemake on the study file `study`, the default study without one.

        Snakemake and its jobs are forked from processes that have imported their libraries, or with `loaded` false
        started as programs; test_faults and test_slurm compare the results of both.
        """
        options = ["--snakefile", str(self.checkout / "Snakefile"), "--cores", "2", "--directory", str(self.folder)]
        options += [*(["--configfile", study] if study else []), *arguments]
        if loaded:
            return Run(*loaded_snakemake.call(options, self.folder, os.environ | WATCHED, TIMEOUT))
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", *options],
            cwd=self.folder,
            env=os.environ | WATCHED,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
        )
        return Run(done.returncode, done.stdout)

    def log(self) -> str:
        """The log of the latest call, with all messages of Snakemake."""
        return max((self.folder / ".snakemake" / "log").glob("*.log")).read_text()

    def results(self, study: str) -> Path:
        """The results of a study."""
        return self.folder / "results" / study


# A study that runs in a minute: the mice are rings of 64 by 60 pixels, and the network is as small as possible.
SMALL = {
    "study": "small",
    "cohorts": {
        "mice": {
            "source": {"folder": "mice"},
            "spacing_mm": [0.2, 0.2, 1.0],
            "frame_interval_ms": 20.0,
            "participants": "participants.tsv",
            "split": {"train": 2, "validation": 1, "test": 3, "seed": 1},
        }
    },
    "readers": {
        "trained": {
            "train_on": "mice",
            "network": {"architecture": "nnunet", "filters": [8, 8], "size": 64},  # learns something in six steps
            "training": {"epochs": 2, "batch_size": 4, "learning_rate": 0.02},
        },
        "given": {"weights": "given.keras"},
    },
}


def write_small_study(place: Workplace) -> str:
    """Write six mice, their participants, a file of weights and the study file of SMALL; return its name."""
    y, x = np.mgrid[:64, :60]
    rng = np.random.default_rng(0)
    people = ["mouse\tphenotype"]
    for number in range(1, 7):
        distance = np.hypot(y - 32 - number, x - 30)
        masks = np.zeros((64, 60, 4, 6), np.uint8)
        for frame, radius in enumerate((10, 9, 8, 6 + number % 3, 8, 9)):
            ring = np.select([distance < radius, distance < radius + 5], [2, 1])
            masks[:, :, 1:, frame] = ring[:, :, None]
        images = (np.choose(masks, [100, 400, 900]) + rng.integers(0, 50, masks.shape)).astype(np.uint16)
        masks[..., [1, 2, 4, 5]] = 0
        write_cine(place.folder / "mice" / f"Mouse{number}.h5", images, masks, [0, 3])
        people.append(f"Mouse{number}\t{('control', 'infarct')[number % 2]}")
    (place.folder / "participants.tsv").write_text("\n".join(people) + "\n")
    shutil.copy(ROOT / "models" / "murmur.keras", place.folder / "given.keras")
    return place.write(SMALL)


# A study that runs in a quarter of a minute, without images.
NUMBERS = {"study": "numbers", "cohorts": {"table": {"source": {"measurements": "numbers.csv"}}}}


def write_numbers_study(workplace: Workplace) -> str:
    """Write end-diastolic volumes of eight mice by the reference and a reader, and the study file of NUMBERS."""
    rng = np.random.default_rng(0)
    rows = ["mouse,metric,unit,reference,other"]
    for number, (reference, error) in enumerate(zip(rng.normal(60, 5, 8), rng.normal(1, 2, 8), strict=True), 1):
        rows.append(f"M{number},EDV,uL,{reference:.2f},{reference + error:.2f}")
    (workplace.folder / "numbers.csv").write_text("\n".join(rows) + "\n")
    return workplace.write(NUMBERS)


def copy_of(place: Workplace, folder: Path) -> Workplace:
    """Copy a working directory with all modification times and Snakemake's metadata."""
    shutil.copytree(place.folder, folder, dirs_exist_ok=True)
    return Workplace(folder, place.checkout)
