"""Measure simulated mice whose true measures are known, from reference masks and from those of the shipped network.

`python benchmarks/errors_of_measures.py [MICE]` prints two tables of docs/measures.md: the errors of each measure over
MICE (default 16) simulated mice, whose masks are known in every frame, and those of the peak rates of other curves than
the one used. The network was not trained on these mice.
Segmentation takes most of the time, about 20 s per mouse on two cores.

With at least 16 mice it also writes models/errors.json, the number of mice and the standard deviation of the network's
errors, in the unit of each measure, from which comparisons of groups know the error of the shipped network.
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
from scipy.interpolate import make_interp_spline, make_smoothing_spline

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import export_network  # noqa: E402
import measure_wall  # noqa: E402
import tabulate_measurements  # noqa: E402
from murmur.measurement import curve  # noqa: E402
from murmur.measurement.curve import Curve, beat_period, fit_curve, moving_base  # noqa: E402
from murmur.measurement.function import function, mass, slice_voxels, structure_volumes  # noqa: E402
from murmur.measurement.measures import LEVELS, MEASURES  # noqa: E402
from murmur.measurement.wall import RAYS, Ring, by_level, rings_of, segments  # noqa: E402
from murmur.network.inference import read_openvino  # noqa: E402
from murmur.network.postprocessing import keep_heart  # noqa: E402
from murmur.network.segmentation import segment  # noqa: E402
from murmur.phantom.mouse import Phantom, phantom_mouse  # noqa: E402

SEED = 2026
THREADS = 2
MICE = 16
RELATIVE = ("uL", "mg", "mL/min", "uL/ms", "bpm", "1/s")  # units of measures whose errors are in %
COUNTED = "basal slices counted whole"
PEAKS = ("peak_ejection_rate", "peak_filling_rate")
Values = dict[str, float]


def frames_of(phantom: Phantom) -> dict[str, int]:
    """Return the annotated frames with the largest and the smallest blood pool."""
    volumes = (phantom.masks == 2).sum(axis=(0, 1, 2))
    return {"ED": int(volumes.argmax()), "ES": int(volumes.argmin())}


def measured(masks: np.ndarray, phantom: Phantom, frames: dict[str, int]) -> Values:
    """Return all measures of masks (row, column, slice, frame)."""
    interval, spacing = phantom.frame_interval_ms, phantom.spacing_mm
    found = {phase: structure_volumes(masks[..., frame], spacing) for phase, frame in frames.items()}
    of_phase = {
        phase: {"blood_pool_uL": volume["blood_pool"], "myocardium_mg": mass(volume["myocardium"])}
        for phase, volume in found.items()
    }
    values = function(of_phase["ED"], of_phase["ES"])
    heart_rate = phantom.truth["heart_rate"]
    values["cardiac_output"] = values["SV"] * heart_rate / 1000
    voxels = [slice_voxels(masks[..., frame])["blood_pool"] for frame in range(masks.shape[3])]
    areas = np.array(voxels, float).T * spacing[0] * spacing[1]
    time = np.arange(masks.shape[3]) * interval
    values["heart_rate"] = 60_000 / beat_period(len(time) * interval, None, None)[0]
    period = 60_000 / heart_rate
    inside = time < period
    volumes = moving_base(areas[:, inside]) * spacing[2]
    values |= fit_curve(time[inside], volumes, period).rates()
    values |= rate_indices(values, values["curve_EDV"])
    curves = dict(other_curves(time[inside], volumes, period))
    curves[COUNTED] = fit_curve(time[inside], areas[:, inside].sum(axis=0) * spacing[2], period)
    values |= {f"{peak}, {name}": found.rates()[peak] for name, found in curves.items() for peak in PEAKS}
    rows = [
        ("mouse", phase, *row)
        for phase, frame in frames.items()
        for row in measure_wall.measure(masks[..., frame], spacing)
    ]
    wall = pd.DataFrame(rows, columns=measure_wall.COLUMNS).astype({"segment": "Int64"})
    return values | tabulate_measurements.wide_wall(wall, pd.Series(["mouse"])).iloc[0].to_dict()


def other_curves(time: np.ndarray, volumes: np.ndarray, period: float) -> Iterator[tuple[str, Curve]]:
    """Yield the curves with which the one that is used was compared, by name."""
    for harmonics in (4, 5, 6):
        yield f"Fourier series of {harmonics} harmonics", fourier(time, volumes, period, harmonics)
    beats = np.concatenate([time + shift * period for shift in (-1, 0, 1)])
    spline = make_smoothing_spline(beats, np.tile(volumes, 3))
    yield "smoothing spline, generalised cross-validation", Curve(spline, period)
    for harmonic in (6, 7, 8):
        with mock.patch.object(curve, "HARMONIC", harmonic):
            yield f"smoothing spline, half of the {harmonic}th harmonic", fit_curve(time, volumes, period)


def fourier(time: np.ndarray, volumes: np.ndarray, period: float, harmonics: int) -> Curve:
    """Return the Fourier series of least squares, as a periodic spline through it."""

    def terms(at: np.ndarray) -> np.ndarray:
        angles = 2 * np.pi * np.outer(at / period, np.arange(harmonics + 1))
        return np.hstack([np.cos(angles), np.sin(angles[:, 1:])])

    dense = np.linspace(0, period, 400)
    series = terms(dense) @ np.linalg.lstsq(terms(time), volumes)[0]
    series[-1] = series[0]
    return Curve(make_interp_spline(dense, series, bc_type="periodic"), period)


def rate_indices(rates: Values, largest_uL: float) -> Values:
    """Return the peak rates in end-diastolic volumes per second."""
    peaks = ((f"{what}_rate_index", rates[f"peak_{what}_rate"]) for what in ("ejection", "filling"))
    return {name: 1000 * rate / largest_uL for name, rate in peaks}


def true_wall(phantom: Phantom, frames: dict[str, int]) -> Values:
    """Return the true thickness in the slices in which the reference has a closed ring."""
    values = {}
    for phase, frame in frames.items():
        rings = [
            truly(ring, phantom.wall_mm[phase]) for ring in rings_of(phantom.masks[..., frame], phantom.spacing_mm)
        ]
        values[f"wall_thickness_{phase}"] = np.mean([ring.thickness_mm.mean() for ring in rings])
        for level, found in by_level(rings).items():
            values[f"wall_thickness_{phase}_{level}"] = np.mean([ring.thickness_mm.mean() for ring in found])
            values |= {f"wall_thickness_{phase}_segment_{n}": each for n, each in segments(level, found).items()}
            if (phase, level) == ("ED", "mid"):
                diameter = 2 * np.sqrt(np.mean([ring.blood_pool_mm2 for ring in found]) / np.pi)
                values["relative_wall_thickness"] = 2 * values[f"wall_thickness_{phase}_{level}"] / diameter
    for name in [name for name in values if name.startswith("wall_thickness_ED")]:
        at_es = values[name.replace("_ED", "_ES")]
        values[name.replace("thickness_ED", "thickening")] = 100 * (at_es / values[name] - 1)
    return values


def truly(ring: Ring, wall_mm: np.ndarray) -> Ring:
    """Return a ring with its true thickness, on rays that count anticlockwise."""
    clockwise = (-(np.arange(RAYS) + 0.5) / RAYS) % 1
    column = np.rint(clockwise * wall_mm.shape[1]).astype(int) % wall_mm.shape[1]
    return Ring(ring.slice, wall_mm[ring.slice, column], ring.blood_pool_mm2, ring.myocardium_mm2)


def errors(values: Values, truth: Values, period: float) -> Iterator[tuple[str, float]]:
    """Yield the error of each measure in its unit."""
    for name, value in values.items():
        measure = MEASURES.get(name.split(",")[0])
        true = truth.get(measure.name)
        if true is None:
            continue
        error = value - true
        if name in ("ED_time", "ES_time"):
            error = (error + period / 2) % period - period / 2
        yield name, error


def pooled(name: str) -> str:
    """Return the line of the table that a measure belongs to: segments by level."""
    if "segment" not in name:
        return name
    stem, number = name.split("_segment_")
    return f"{stem}, segments of {next(level for level, numbers in LEVELS.items() if int(number) in numbers)}"


def in_table(table: pd.DataFrame) -> pd.Series:
    """Return the errors as the table gives them: in % of the true value for volumes, masses and rates."""
    relative = table["name"].map(lambda name: MEASURES[name.split(",")[0]].unit in RELATIVE)
    return table["error"].where(~relative, 100 * table["error"] / table["true"])


def spread(table: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Return the number of mice and the standard deviation of the network's error of each measure that masks give."""
    own = table[(table["who"] == "network") & table["name"].isin(MEASURES) & (table["name"] != "heart_rate")]
    found = own.dropna(subset="error").groupby("name", sort=False)["error"].agg(["size", "std"])
    return {name: {"n": int(row["size"]), "error_sd": float(f"{row['std']:.4g}")} for name, row in found.iterrows()}


def main(mice: int) -> None:
    """Print the table, and write models/errors.json."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        exported = [f"{folder}/network.{suffix}" for suffix in ("xml", "bin")]
        export_network.main(str(ROOT / "models" / "murmur.keras"), *exported)
        for index in range(mice):
            phantom = phantom_mouse(SEED, index, every_frame=True)
            frames = frames_of(phantom)
            truth = phantom.truth | true_wall(phantom, frames)
            truth |= rate_indices(truth, truth["EDV"]) | {f"curve_{name}": truth[name] for name in ("EDV", "ESV")}
            network = read_openvino(exported[0], phantom.images.shape[3], THREADS, "float32")
            by_network = keep_heart(segment(phantom.images, network), phantom.spacing_mm)
            for who, masks in (("reference", phantom.masks), ("network", by_network)):
                found = errors(measured(masks, phantom, frames), truth, 60_000 / truth["heart_rate"])
                rows += [(who, pooled(name), name, truth[name.split(",")[0]], error) for name, error in found]
            print(f"mouse {index + 1} of {mice}", file=sys.stderr, flush=True)
    table = pd.DataFrame(rows, columns=["who", "line", "name", "true", "error"])
    if mice >= MICE:
        (ROOT / "models" / "errors.json").write_text(json.dumps(spread(table), indent=2) + "\n", encoding="utf-8")
    table["error"] = in_table(table)
    others = table["name"].str.contains(", ")
    print_errors(table[~others])
    print_curves(table[others])


def print_errors(table: pd.DataFrame) -> None:
    """Print the errors of each measure."""
    print("| measure | error in | reference: mean, mean size, largest | network: mean, mean size, largest |")
    print("|---|---|---|---|")
    for line, found in table.groupby("line", sort=False):
        unit = MEASURES[found["name"].iloc[0].split(",")[0]].unit
        cells = []
        for who in ("reference", "network"):
            error = found.loc[found["who"] == who, "error"].dropna()
            cells.append(f"{error.mean():.3g}, {error.abs().mean():.3g}, {error.abs().max():.3g}")
        print(f"| {line} | {'%' if unit in RELATIVE else unit or '1'} | {' | '.join(cells)} |")


def print_curves(table: pd.DataFrame) -> None:
    """Print the mean absolute errors of the peak rates of other curves."""
    table = table.assign(error=table["error"].abs(), curve=table["name"].str.partition(", ")[2])
    table = table.assign(peak=table["name"].str.partition(",")[0])
    means = table.groupby(["curve", "who", "peak"], sort=False)["error"].mean()
    print("\n| curve | reference, ejection | filling | network, ejection | filling |")
    print("|---|---|---|---|---|")
    for name in table["curve"].unique():
        cells = [f"{means[name, who, peak]:.1f}%" for who in ("reference", "network") for peak in PEAKS]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else MICE)
