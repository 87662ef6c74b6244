"""A small cohort for the tests of figures: round hearts, with reader errors that increase from mouse to mouse."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from murmur.csv_tables import read_csv, write_csv
from murmur.data.mouse import describe
from murmur.data.mouse_file import write_cine
from murmur.measurement.function import function, mass, structure_volumes
from murmur.measurement.overlap import dice
from murmur.vocabulary import BLOOD_POOL, METRICS, MYOCARDIUM, STRUCTURES

SPACING_MM = (0.1, 0.1, 1.0)
INTERVAL_MS = 5.0


def disc_masks(radii: list[float], slices: int, shift: int = 0) -> np.ndarray:
    """Return masks of 64 × 64 pixels, one blood-pool radius (pixels) per frame, moved down by `shift` pixels."""
    row, column = np.mgrid[:64, :64]
    distance = np.hypot(row - 30 - shift, column - 34)[..., None, None]
    radius = np.asarray(radii)
    masks = np.where(distance < radius, BLOOD_POOL, np.where(distance < radius + 5, MYOCARDIUM, 0))
    return np.repeat(masks, slices, axis=2).astype(np.uint8)


def write_cohort(folder: Path, mice: int, frames: int = 6, slices: int = 4) -> dict[str, str | dict[str, str]]:
    """Write the mice, the reader's masks and all measurements; return the paths by the names the rules use.

    Those of `mice` and `segmentations` are by mouse. The mice are called Mouse1, Mouse2, ...; the reader's masks lie as
    many pixels too low. ED is frame 0, ES the middle one; a cine with one frame has the phase `single`.
    """
    radii = [14 - 6 * np.sin(np.pi * frame / frames) for frame in range(frames)]
    annotated = sorted({0, frames // 2})
    rows, overlap, volumes, at, functions, files, segmentations = [], [], [], [], [], {}, {}
    for number in range(1, mice + 1):
        name = f"Mouse{number}"
        truth, found = disc_masks(radii, slices), disc_masks(radii, slices, shift=number)
        reference = np.zeros_like(truth)
        reference[..., annotated] = truth[..., annotated]
        noise = np.random.default_rng(number).normal(0, 30, truth.shape)
        images = np.choose(truth, [300, 200, 800]) + noise
        path, segmentation = folder / f"{name}.h5", folder / "masks" / f"{name}.h5"
        write_cine(path, images.astype(np.uint16), reference, annotated)
        write_cine(segmentation, masks=found, frames=list(range(frames)))
        files[name], segmentations[name] = str(path), str(segmentation)
        rows.append(describe(str(path), list(SPACING_MM), INTERVAL_MS, "control" if number % 2 else None))
        at.append((name, 0, frames // 2, "reference") if frames > 1 else (name, None, None, None))
        phases = dict(zip(annotated, ("ED", "ES") if frames > 1 else ("single",), strict=True))
        for frame, phase in phases.items():
            for structure, label in STRUCTURES.items():
                value = dice(reference[..., frame] == label, found[..., frame] == label)
                overlap.append((name, phase, structure, value))
        measured = {}
        for who, masks in (("reference", reference), ("reader", found)):
            measured[who] = [structure_volumes(masks[..., frame], SPACING_MM) for frame in range(frames)]
        for frame, volume in enumerate(measured["reader"]):
            weight = mass(volume["myocardium"])
            volumes.append((name, frame, frame * INTERVAL_MS, volume["blood_pool"], weight))
        if frames > 1:
            tables = {}
            for who, values in measured.items():
                table = pd.DataFrame(values).rename(columns={"blood_pool": "blood_pool_uL"})
                table["myocardium_mg"] = mass(table["myocardium"])
                tables[who] = function(table.loc[annotated[0]], table.loc[annotated[1]])
            functions += [(name, m, unit, tables["reference"][m], tables["reader"][m]) for m, unit in METRICS.items()]
    content = {
        "manifest": pd.DataFrame(rows).astype({"ed_frame": "Int64", "es_frame": "Int64"}),
        "overlap": pd.DataFrame(overlap, columns=["mouse", "phase", "structure", "dice"]),
        "volumes": pd.DataFrame(volumes, columns=["mouse", "frame", "time_ms", "blood_pool_uL", "myocardium_mg"]),
        "frames": pd.DataFrame(at, columns=["mouse", "ed_frame", "es_frame", "frames"]),
        "function": pd.DataFrame(functions, columns=["mouse", "metric", "unit", "reference", "reader"]),
    }
    for name, table in content.items():
        write_csv(table, folder / f"{name}.csv")
    return {"mice": files, "segmentations": segmentations, **{name: str(folder / f"{name}.csv") for name in content}}


def without_reference(paths: dict[str, str | dict[str, str]]) -> dict[str, str | dict[str, str] | None]:
    """Remove the contours from the files of `write_cohort` and what was measured with them; return the paths."""
    for path in paths["mice"].values():
        with h5py.File(path, "r+") as file:
            del file["Masks"], file["Frames_with_ROI"]
    manifest = read_csv(paths["manifest"])
    write_csv(manifest.assign(annotated_frames=None, ed_frame=None, es_frame=None), paths["manifest"])
    write_csv(read_csv(paths["function"]).assign(reference=None), paths["function"])
    write_csv(read_csv(paths["frames"]).assign(frames="own"), paths["frames"])
    return paths | {"overlap": None}
