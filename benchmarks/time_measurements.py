"""Time the table of measurements of a large study: 10,000 animals with three scans each, all measures.

`python benchmarks/time_measurements.py [ANIMALS]` writes random tables of one reader to a temporary folder and prints
the time in which `tabulate_measurements` reads them, and writes measurements.csv and measurements.xlsx.
"""

import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import measure_wall  # noqa: E402
import tabulate_measurements  # noqa: E402
from murmur.csv_tables import write_csv  # noqa: E402
from murmur.measurement.measures import CURVE, LEVELS, MEASURES  # noqa: E402
from murmur.vocabulary import METRICS  # noqa: E402


class Time(NamedTuple):
    """The time that has passed, and the CPU time of this process, in s."""

    passed: float
    used: float

    @classmethod
    def now(cls) -> "Time":
        """Return the present time."""
        return cls(time.monotonic(), time.process_time())

    def since(self, earlier: "Time") -> str:
        """Return in words how much time lies between `earlier` and this time."""
        return f"{self.passed - earlier.passed:.0f} s ({self.used - earlier.used:.0f} s of CPU time)"


SESSIONS = ("baseline", "day 7", "day 28")


def long(mice: list[str], names: dict[str, str], label: str, **values: np.ndarray) -> pd.DataFrame:
    """Return a table with one row per mouse and name."""
    table = {
        "mouse": np.repeat(mice, len(names)),
        label: len(mice) * list(names),
        "unit": len(mice) * [*names.values()],
    }
    return pd.DataFrame(table | values)


def tables(animals: int) -> dict[str, pd.DataFrame]:
    """Return participants, function, checks, frames, curve and wall of all scans."""
    rng = np.random.default_rng(0)
    mice = [f"A{animal}_{session}" for animal in range(animals) for session in range(len(SESSIONS))]
    n = len(mice)
    curve = {name: MEASURES[name].unit for name in ("heart_rate", *CURVE)}
    places = [("all", None), *((level, each) for level, numbers in LEVELS.items() for each in (None, *numbers))]
    rows = [(phase, *place) for phase in ("ED", "ES") for place in places]
    wall = pd.DataFrame(n * rows, columns=["phase", "level", "segment"]).assign(mouse=np.repeat(mice, len(rows)))
    wall = wall.assign(thickness_mm=rng.uniform(0.8, 1.5, len(wall)), blood_pool_mm2=9.0, myocardium_mm2=20.0)
    people = {"mouse": mice, "animal": [mouse.split("_")[0] for mouse in mice], "session": animals * list(SESSIONS)}
    return {
        "participants": pd.DataFrame(people | {"group": "sham", "body_weight_g": rng.uniform(20, 30, n)}),
        "function": long(mice, METRICS, "metric", reference=np.nan, reader=rng.uniform(20, 60, n * len(METRICS))),
        "checks": pd.DataFrame({"mouse": mice[:100], "check": "tiny images", "found": "30 x 30", "expected": "32"}),
        "frames": pd.DataFrame({"mouse": mice, "ed_frame": 0, "es_frame": 9, "frames": "own"}),
        "curve": long(mice, curve, "measure", value=rng.uniform(1, 60, n * len(curve)), note=None),
        "wall": wall.assign(slices=6, note=None)[measure_wall.COLUMNS],
    }


def main(animals: int) -> None:
    """Print the time that the table takes."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for name, table in tables(animals).items():
            paths[name] = f"{folder}/{name}.csv"
            write_csv(table, paths[name])
        started = Time.now()
        names = ("participants", "function", "checks", "frames", "curve", "wall")
        read = [tabulate_measurements.read_csv(paths[name]) for name in names]
        table = tabulate_measurements.measurements(*read[:3], "reader", tuple(read[3:]))
        write_csv(table, f"{folder}/measurements.csv")
        in_csv = Time.now()
        tabulate_measurements.write_workbook({"Measurements": table}, f"{folder}/measurements.xlsx")
        print(f"{len(table)} scans, {len(table.columns)} columns")
        print(f"CSV: {in_csv.since(started)}; Excel: {Time.now().since(in_csv)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
