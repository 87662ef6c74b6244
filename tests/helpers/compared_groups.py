"""Measurements of groups of animals and the tables of their comparison, for tests of what is made from them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from murmur.comparison.compare import compare
from murmur.csv_tables import write_csv
from murmur.measurement.measures import MEASURES

USUAL = {"EF": (58, 4), "EDV": (62, 6), "ESV": (26, 4), "mass_ED": (88, 7)}  # mean and SD
SETTINGS = {"group": "group", "factor": None, "covariate": None, "cluster": None, "measures": None, "alpha": 0.05}


def measured(
    sizes: Mapping[str, int],
    sessions: Sequence[str] = (),
    measures: Sequence[str] = tuple(USUAL),
    missing: float = 0.0,
    effect: float = 1.5,
) -> pd.DataFrame:
    """Return measurements.csv: animals of each group, later groups lower by `effect` SD per group.

    With sessions, the effect grows from none in the first to all of it in the last. `missing` is the proportion of the
    later scans that do not exist. Odd animals are female; two animals of different groups share a litter.
    """
    rng = np.random.default_rng(3)
    rows = []
    for level, (group, n) in enumerate(sizes.items()):
        for number in range(1, n + 1):
            animal = f"{group[:2]}{level}{number}"
            sex = "F" if number % 2 else "M"
            given = {"animal": animal, "group": group, "sex": sex, "litter": f"L{number}", "contoured": True}
            own = {measure: rng.normal(0, USUAL[measure][1]) for measure in measures}
            for time, session in enumerate(sessions or [""]):
                skipped = bool(time) and rng.random() < missing
                grown = time / max(1, len(sessions) - 1) if sessions else 1
                row = {"mouse": f"{animal} {session}".strip(), "session": session, "body_weight_g": rng.normal(25, 2)}
                for measure in measures:
                    mean, sd = USUAL[measure]
                    row[MEASURES[measure].column] = (
                        mean + own[measure] + sd * (rng.normal(0, 0.5) - effect * level * grown)
                    )
                if not skipped:
                    rows.append(given | row)
    return pd.DataFrame(rows)


def settings_of(sizes: Mapping[str, int], sessions: Sequence[str] = (), control: str = "", **more) -> dict:
    """Return the settings of a comparison, with all defaults."""
    found = {"groups": list(sizes), "control": control or None}
    return SETTINGS | found | {"session": "session" if sessions else None, "sessions": list(sessions) or None} | more


def write_comparison(
    folder: Path, sizes: Mapping[str, int], control: str = "", settings: Mapping | None = None, **design
) -> tuple[dict[str, str], dict]:
    """Write the tables of a comparison of `measured` to a folder; return their paths by name, and the settings."""
    table = measured(sizes, **design)
    found = settings_of(sizes, design.get("sessions", ()), control, **(settings or {}))
    tables = {"measurements": table} | compare(table, found)
    for name, content in tables.items():
        write_csv(content, folder / f"{name}.csv")
    return {name: str(folder / f"{name}.csv") for name in tables}, found
