"""Time all statistics of 130 mice, three readers, two cohorts, with start-up: `python benchmarks/time_statistics.py`.

Small cines are first written to a temporary folder and measured, which is not timed; then the workflow computes all
tables in results/*/statistics on two cores.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from murmur.data.mouse_file import write_cine  # noqa: E402

MICE, COHORTS, READERS = 130, ("internal", "external"), ("first", "second", "observer")
PHENOTYPES = ("control", "mi_patch", "dilated", "tac")
SHAPE = (40, 40, 5, 2)


def masks(generator: np.random.Generator, radius: float, noise: float) -> np.ndarray:
    """Return a ring around a cavity of about `radius` pixels at ED and three quarters of it at ES."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    distance = np.hypot(y - 20, x - 20)[:, :, None, None]
    inner = (radius * np.array([1, 0.75]) + noise * generator.standard_normal((1, 1, SHAPE[2], 2))).clip(3)
    return np.select([distance < inner, distance < inner + 4], [2, 1]).astype(np.uint8)


def write_study(folder: Path) -> None:
    """Write two cohorts, three folders of masks for each, and the study file."""
    generator = np.random.default_rng(0)
    readers = {reader: {"masks": reader, "postprocess": "none"} for reader in READERS}
    study = {"study": "large", "cohorts": {}, "readers": readers, "statistics": {"observers": ["observer"]}}
    for cohort in COHORTS:
        study["cohorts"][cohort] = {
            "source": {"folder": f"{cohort}/mice"},
            "participants": f"{cohort}/participants.tsv",
        }
        lines = ["mouse\tphenotype"]
        for number in range(MICE):
            mouse = f"{cohort}_{number + 1}"
            lines.append(f"{mouse}\t{PHENOTYPES[number % 4]}")
            radius = 9 + number % 4 + generator.standard_normal() / 2
            images = generator.integers(0, 99, SHAPE).astype(np.uint16)
            write_cine(folder / cohort / "mice" / f"{mouse}.h5", images, masks(generator, radius, 0), [0, 1])
            for reader, noise in zip(READERS, (0.3, 0.5, 0.4), strict=True):
                own = masks(generator, radius, noise)
                write_cine(folder / reader / f"{mouse}.h5", masks=own, frames=[0, 1])
        (folder / cohort / "participants.tsv").write_text("\n".join(lines) + "\n")
    (folder / "large.yaml").write_text(yaml.safe_dump(study, sort_keys=False))


def snakemake(folder: Path, *arguments: str) -> str:
    """Run the workflow in `folder` and return what it printed."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "2"]
    command += ["--directory", str(folder), "--configfile", str(folder / "large.yaml"), *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(done.stdout)
    return done.stdout


def main() -> None:
    """Print the wall time of the statistics in seconds, and how many jobs it took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_study(folder)
        snakemake(folder, "--until", "measure_function", "measure_overlap")
        rules = (ROOT / "rules" / "statistics.smk").read_text().split("\nrule ")[1:]
        start = time.perf_counter()
        snakemake(folder, "--until", *(rule.partition(":")[0] for rule in rules))
        seconds = time.perf_counter() - start
        tables = sorted(folder.glob("results/large/statistics/**/*.csv"))
        print(f"{seconds:.1f} s for {len(tables)} tables")


if __name__ == "__main__":
    main()
