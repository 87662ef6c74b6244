"""The values of a mouse that the page shows, from its tables."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from murmur.csv_tables import read_csv
from murmur.data.manifest import read_manifest
from murmur.data.mouse import Mouse
from murmur.data.plausibility import check_grid
from murmur.measurement.measures import MEASURES
from murmur.quality.check import LOW_DICE
from murmur.quality.review import PLACE

# shown, in this order, and computed by the browser as well while a mask is drawn
SHOWN = ["EDV", "ESV", "SV", "EF", "mass_ED", "mass_ES", "heart_rate", "cardiac_output"]
SHOWN += ["peak_ejection_rate", "peak_filling_rate", "wall_thickness_ED", "wall_thickness_ES"]
BLOOD, MUSCLE = "volume of blood in the left ventricle", "mass of the left-ventricular myocardium"
OF_ONE_FRAME = {  # by their columns in volumes.csv
    "blood_pool_uL": {"name": "blood_pool", "printed": "Blood pool", "unit": "µL", "meaning": BLOOD},
    "myocardium_mg": {"name": "mass", "printed": "Mass", "unit": "mg", "meaning": MUSCLE},
}


def unlike_a_mouse(mouse: Mouse) -> list[str]:
    """Return what is unusual for a mouse about spacing, frame interval and size of images."""
    return [
        f"found {odd.found.replace(' x ', ' × ')}, expected {odd.expected}" for odd in check_grid(mouse, False, False)
    ]


def shown(folder: Path, mouse: str) -> dict:
    """Return the values of a mouse that the page shows, from its tables."""
    table = read_csv(folder / "measurements.csv").iloc[0]
    frames = read_csv(folder / "frames.csv").iloc[0]
    quality = read_csv(folder / "quality.csv")
    dice = quality[quality["quantity"].str.startswith("dice")].set_index("quantity")["predicted"]
    described = read_manifest(folder / "manifest.csv")[mouse]
    row = table if described.shape[3] > 1 else read_csv(folder / "volumes.csv").iloc[0]
    return {
        "measures": measures(row, described.shape[3]),
        "ed": _plain(frames["ed_frame"]),
        "es": _plain(frames["es_frame"]),
        "frames_from": _plain(frames["frames"]),
        "notes": _plain(table.get("measurement_notes")),
        "dice": {name: _plain(value) for name, value in dice.items()},
        "doubtful": bool((dice < LOW_DICE).any()),
        "annotated": len(described.annotated_frames),
        "review": review_of(read_csv(folder / "review.csv"), read_csv(folder / "findings.csv")),
    }


def review_of(review: pd.DataFrame, findings: pd.DataFrame) -> list[dict]:
    """Return what to look at of a mouse, first what concerns the whole scan; slice and frame are counted from 0."""
    found = []
    for row in review.dropna(subset="reasons").itertuples():
        at, frame = ((_plain(getattr(row, place)) or 0) - 1 for place in PLACE)
        here = findings[findings["slice"].isna() if at < 0 else findings["slice"] == at]
        place = {"slice": None, "frame": None} if at < 0 else {"slice": at, "frame": frame}
        reasons = here.drop_duplicates("sign")["reason"].tolist()
        found.append(place | {"frames": _plain(row.frames), "reasons": reasons})
    return sorted(found, key=lambda item: item["slice"] is not None)


def measures(row: Mapping, frames: int) -> list[dict]:
    """Return the measures that are shown, with their values in a row of measurements.csv.

    Those of a single frame are in a row of volumes.csv.
    """
    if frames == 1:
        return [found | {"value": _plain(row.get(column))} for column, found in OF_ONE_FRAME.items()]
    return [
        {"name": name, "printed": found.printed, "unit": found.printed_unit, "meaning": found.meaning}
        | {"value": _plain(row.get(found.column))}
        for name, found in ((name, MEASURES[name]) for name in SHOWN)
    ]


def _plain(value):
    """Return a cell of a table as a value of JSON."""
    if value is None or pd.isna(value):
        return None
    number = value.item() if hasattr(value, "item") else value
    return int(number) if isinstance(number, float) and number.is_integer() else number
