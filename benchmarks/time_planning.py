"""Time the planning of studies of many mice: what Snakemake and Murmur do before the first job starts.

`python benchmarks/time_planning.py [MICE ...]` makes folders of that many tiny mice (1, 10, 130 and 1000 without an
argument), read by three networks, and times three calls: the first plan, which reads all mice; a second plan; and a
call when nothing is left to do, for which all results are empty files. Draws planning.png.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from murmur.data.mouse_file import write_cine  # noqa: E402
from murmur.presentation import style  # noqa: E402
from results import FOLDER, Cost, cost_of  # noqa: E402

CALLS = ("first plan", "second plan", "nothing to do")
STUDY = {
    "study": "many",
    "cohorts": {"mice": {"source": {"folder": "mice"}, "spacing_mm": [0.2, 0.2, 1.0], "frame_interval_ms": 10.0}},
    "readers": {name: {"weights": "murmur"} for name in ("first", "second", "third")},
}


def write_study(folder: Path, mice: int) -> Path:
    """Write tiny mice with contours at ED and ES, and their study file."""
    masks = np.zeros((32, 32, 3, 4), np.uint8)
    masks[8:20, 8:20, :, ::2] = 1
    masks[10:18, 10:18, :, 0] = masks[11:16, 11:16, :, 2] = 2
    for number in range(mice):
        images = np.random.default_rng(number).integers(0, 900, masks.shape).astype(np.uint16)
        write_cine(folder / "mice" / f"Mouse{number + 1}.h5", images, masks, [0, 2])
    study = folder / "many.yaml"
    study.write_text(yaml.safe_dump(STUDY))
    return study


def command(folder: Path, *arguments: str) -> list[str]:
    """Return the arguments of Python for a quiet call of Snakemake in `folder`."""
    call = ["-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--directory", folder, "--cores", "2"]
    return [str(part) for part in (*call, "--configfile", folder / "many.yaml", "--quiet", "all", *arguments)]


def pretend_finished(folder: Path) -> None:
    """Write an empty file for each result, and let Snakemake note that all are up to date."""
    summary = subprocess.run(
        [sys.executable, *command(folder, "--summary")], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    for line in summary.stdout.decode().splitlines()[1:]:
        result = folder / line.split("\t")[0]
        result.parent.mkdir(parents=True, exist_ok=True)
        result.touch()
    cost_of(command(folder, "--touch"))


def costs(mice: int) -> list[Cost]:
    """Return the cost of each of CALLS."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_study(folder, mice)
        plans = [cost_of(command(folder, "--dry-run")) for _ in range(2)]
        pretend_finished(folder)
        return [*plans, cost_of(command(folder))]


def draw(found: dict[int, list[Cost]], path: Path) -> None:
    """Draw CPU time and peak memory of the calls against the number of mice."""
    with style.printed_figure([path], 65) as figure:
        for axes, field, label in zip(
            figure.subplots(1, 2), ("cpu_seconds", "memory_GB"), ("CPU time (s)", "Peak memory (GB)"), strict=True
        ):
            for number, (call, colour) in enumerate(zip(CALLS, (style.GREY, style.BLUE, style.ORANGE), strict=True)):
                values = [getattr(each[number], field) for each in found.values()]
                axes.plot([*found], values, marker="o", color=colour, label=call)
            axes.set(xscale="log", yscale="log", xlabel="Mice", ylabel=label)
        figure.axes[0].legend(frameon=False)


def main(sizes: list[int]) -> None:
    """Print what each call costs for each number of mice, and draw it."""
    found = {}
    for mice in sizes:
        found[mice] = costs(mice)
        for call, cost in zip(CALLS, found[mice], strict=True):
            print(
                f"{mice} mice, {call}: {cost.seconds:.1f} s ({cost.cpu_seconds:.1f} s of CPU time), "
                f"{cost.memory_GB:.2f} GB",
                flush=True,
            )
    draw(found, FOLDER / "planning.png")


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or [1, 10, 130, 1000])
