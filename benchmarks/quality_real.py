"""Evaluate the prediction of the quality of masks on real images, intact and corrupted, and draw docs/quality_real.png.

    python benchmarks/quality_real.py FOLDER

The mice of the folder are HDF5 files with one frame, as in README.md, with the masks of the expert (`Masks`) and of the
published network (`Masks_paper_DL`), from the supplementary movies of the published study. They are not supplied with
Murmur. Corrupted stacks are segmented by the network supplied. Takes two minutes of processor time.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import h5py
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from quality import (  # isort: skip
    GOOD,
    INTERVAL_MS,
    MODEL,
    REGRESSIONS,
    ROOT,
    area_under_curve,
    export_network,
    sensitivity,
)
from murmur.measurement.overlap import dice
from murmur.network.inference import read_openvino
from murmur.network.segmentation import segment_cine
from murmur.phantom.corruption import KINDS, SEVERITIES, Cine, corrupt
from murmur.presentation.style import STRUCTURE_COLOURS
from murmur.quality import score, slice_score
from murmur.quality.image_signs import image_signs
from murmur.quality.scan_signs import scan_signs
from murmur.quality.signs import TRAINED, judge, tables, with_ranges
from murmur.quality.slice_signs import slice_signs
from murmur.vocabulary import STRUCTURE_NAMES, STRUCTURES

MICE = ("Movie_Best", "Movie_Median")
SPACING_MM = (0.1, 0.1, 1.0)
OF_SEVERAL_FRAMES = ("misgating", "inflow")  # corruptions
NOT_OF_ONE_FRAME = ("area_frames", "blood_frames", "moved")  # signs
MARKERS = {"network supplied": "o", "published network": "^"}
LOWEST = (0, 0.75)  # Dice coefficients shown in each panel


class Stack(NamedTuple):
    """A stack with masks: its mouse, corruption and severity, whose masks these are, and both masks."""

    mouse: str
    corruption: str
    masks_by: str
    cine: Cine
    masks: np.ndarray


def stacks(folder: Path, exported: Path) -> Iterator[Stack]:
    """Yield the stacks of the mice, intact and corrupted; the masks of each `cine` are the expert's."""
    network = read_openvino(exported, 1, 1)
    for number, name in enumerate(MICE):
        with h5py.File(folder / f"{name}.h5") as file:
            images, expert, published = (file[key][()] for key in ("Images", "Masks", "Masks_paper_DL"))
        truth = Cine(images, expert.astype(np.uint8), SPACING_MM)
        yield Stack(name, "none", "published network", truth, published.astype(np.uint8))
        cases = [("none", 0), *((kind, step) for kind in KINDS if kind not in OF_SEVERAL_FRAMES for step in SEVERITIES)]
        for kind, severity in cases:
            rng = np.random.default_rng([number, severity])
            cine = truth if kind == "none" else corrupt(rng, truth, kind, severity)
            masks = segment_cine(cine.images, network, cine.spacing_mm, only_heart=True, crop=False).masks
            yield Stack(name, kind, "network supplied", cine, masks)


def dice_of(masks: np.ndarray, expert: np.ndarray) -> dict[str, float]:
    """Return the Dice coefficient of each structure that any of the masks contain."""
    pairs = {f"dice_{structure}": (masks == label, expert == label) for structure, label in STRUCTURES.items()}
    return {name: dice(*pair) for name, pair in pairs.items() if any(map(np.any, pair))}


def assessed(stack: Stack, model: dict) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of the whole stack and of its slices: quantity, predicted and true Dice coefficient."""
    masks, spacing = stack.masks, stack.cine.spacing_mm
    found = slice_signs(masks, spacing) | image_signs(stack.cine.images, masks)
    found |= dict.fromkeys(NOT_OF_ONE_FRAME, np.full(masks.shape[2:], np.nan))
    blood, heart = ((masks >= label).sum(axis=(0, 1)) * spacing[0] * spacing[1] for label in (2, 1))
    by_scan = scan_signs(blood, heart, spacing, INTERVAL_MS, None)
    signs, findings = tables([judge("mouse", found, by_scan, heart > 0, with_ranges(TRAINED))])
    whole = score.predict(score.features(signs), model).set_index("quantity").loc[score.DICE]
    slices = slice_score.predict(slice_score.variables(found, masks), model["slices"])
    noticed = len(findings) + len(slice_score.findings("mouse", slices))
    about = {"mouse": stack.mouse, "corruption": stack.corruption, "masks": stack.masks_by}
    scans = [
        {"quantity": name, "true": true, "noticed": noticed > 0, **whole.loc[name, ["predicted", "low", "high"]]}
        for name, true in dice_of(masks, stack.cine.masks).items()
    ]
    rows = [
        {"quantity": name, "true": true, "predicted": getattr(row, name), "slice": row.slice}
        for row in slices.itertuples()
        for name, true in dice_of(masks[:, :, row.slice], stack.cine.masks[:, :, row.slice]).items()
    ]
    return pd.DataFrame(scans).assign(**about), pd.DataFrame(rows).assign(**about)


def describe(words: str, table: pd.DataFrame) -> None:
    """Print how well the Dice coefficients of a table are predicted."""
    for name, rows in table.groupby("quantity"):
        true, predicted = rows["true"], rows["predicted"]
        bad, low = true < GOOD, predicted < score.LOW_DICE
        errors = [(guess - true).abs().mean() for guess in (predicted, true.median())]
        print(
            f"{words}, {name}: {len(rows)}, Spearman {predicted.corr(true, method='spearman'):.2f}, error "
            f"{errors[0]:.3f}, of the median {errors[1]:.3f}; {(bad & low).sum()} of {bad.sum()} bad and "
            f"{(low & ~bad).sum()} of {(~bad).sum()} good predicted below {score.LOW_DICE:g}; area under the curve "
            f"{area_under_curve(bad.to_numpy(), -predicted.to_numpy()):.3f}, "
            f"sensitivity {sensitivity(bad.to_numpy(), -predicted.to_numpy()):.2f}"
        )
        if "noticed" in rows:
            covered = true.between(rows["low"], rows["high"])
            print(
                f"   coverage {covered.mean():.2f}; {(bad & rows['noticed']).sum()} bad and "
                f"{(~bad & rows['noticed']).sum()} good with findings"
            )


def draw(axes: Axes, table: pd.DataFrame) -> None:
    """Draw true against predicted Dice coefficients, with the line of equality and the limits of bad masks."""
    axes.axline((0, 0), slope=1, color="0.8", linewidth=1, zorder=0)
    for line in (axes.axhline, axes.axvline):
        line(GOOD, color="0.8", linewidth=1, linestyle=":", zorder=0)
    for (quantity, masks), rows in table.groupby(["quantity", "masks"]):
        structure = quantity.removeprefix("dice_")
        look = {"s": 22, "color": STRUCTURE_COLOURS[structure], "alpha": 0.7, "linewidths": 0}
        words = f"{STRUCTURE_NAMES[structure]}, {masks}"
        axes.scatter(rows["predicted"], rows["true"], marker=MARKERS[masks], label=words, **look)
    axes.set(xlabel="Predicted Dice coefficient", ylabel="True Dice coefficient")


def main(folder: Path, output: Path) -> None:
    """Print the results, and draw `output`, the slices of the intact stacks."""
    model = json.loads(REGRESSIONS.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as temporary:
        exported = Path(temporary) / "network.xml"
        export_network.main(str(MODEL), str(exported), str(exported.with_suffix(".bin")))
        found = [assessed(stack, model) for stack in stacks(folder, exported)]
    scans, slices = (pd.concat(tables, ignore_index=True) for tables in zip(*found, strict=True))
    intact = slices[slices["corruption"] == "none"]
    for masks, rows in intact.groupby("masks"):
        describe(f"slices, {masks}", rows)
    describe("slices, both", intact)
    supplied = slices["masks"] == "network supplied"
    describe("slices, all corruptions", slices[supplied])
    describe("stacks, all corruptions", scans[scans["masks"] == "network supplied"])
    figure, panels = plt.subplots(1, 2, figsize=(8.2, 4.6), layout="constrained")
    for axes, lowest in zip(panels, LOWEST, strict=True):
        draw(axes, intact)
        axes.set(xlim=(lowest - 0.01, 1), ylim=(lowest - 0.01, 1), aspect="equal")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    figure.savefig(output, dpi=150)


if __name__ == "__main__":
    main(Path(sys.argv[1]), ROOT / "docs" / "quality_real.png")
