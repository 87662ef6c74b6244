"""Draw docs/phantom.png: one generated mouse of each phenotype, at end-diastole and end-systole.

Also docs/phantom_varied.png: varied mice like those used to train models/murmur.keras.
Run from the checkout: python tools/draw_phantom.py
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from murmur.network.preprocessing import scale, to_square  # noqa: E402
from murmur.phantom.mouse import Phantom, phantom_mouse  # noqa: E402
from murmur.presentation.style import STRUCTURE_COLOURS  # noqa: E402

SEED = 1
MICE = {8: "control", 5: "infarct with patch", 13: "dilated", 7: "aortic constriction"}
VIEW_MM = 10.0


def main(path: Path) -> None:
    plt.rcParams.update({"font.family": "DejaVu Sans", "font.size": 8})
    figure, axes = plt.subplots(
        len(MICE), 7, figsize=(9.0, 5.3), gridspec_kw={"wspace": 0.04, "hspace": 0.04}, facecolor="white"
    )
    for row, (index, name) in zip(axes, MICE.items(), strict=True):
        phantom = phantom_mouse(SEED, index)
        truth = phantom.truth
        draw_mouse(row, phantom)
        row[0].set_ylabel(
            f"{name}\nEDV {truth['EDV']:.0f} µL, EF {truth['EF']:.0f} %\nmass {truth['mass_ED']:.0f} mg",
            fontsize=8,
        )
    titles = ["whole slice", *(f"{phase}, {level}" for phase in ("ED", "ES") for level in ("base", "middle", "apex"))]
    for axis, title in zip(axes[0], titles, strict=True):
        axis.set_title(title, fontsize=9, pad=4)
    handles = [
        plt.Line2D([], [], color=colour, lw=2)
        for colour in (STRUCTURE_COLOURS["blood_pool"], STRUCTURE_COLOURS["myocardium"])
    ]
    figure.legend(
        handles,
        ["blood pool", "myocardium (reference masks)"],
        loc="lower center",
        ncol=2,
        frameon=False,
        bbox_to_anchor=(0.54, 0.0),
    )
    figure.text(0.105, 0.027, "bars: 2 mm", fontsize=8)
    figure.subplots_adjust(left=0.1, right=0.998, top=0.955, bottom=0.065)
    figure.savefig(path, dpi=125, metadata={"Software": None})


def draw_varied(path: Path) -> None:
    """Draw one slice of each of 24 varied mice as network input: min-max normalised, 192 pixels wide."""
    figure, axes = plt.subplots(
        3, 8, figsize=(9.0, 3.4), gridspec_kw={"wspace": 0.03, "hspace": 0.03}, facecolor="white"
    )
    for index, axis in enumerate(axes.flat):
        phantom = phantom_mouse(SEED, index, varied=True)
        frame, level = index % 2, slices_from_base(phantom, 1)[index % 3]
        image, mask = (to_square(stack[:, :, level, frame], 192) for stack in (phantom.images, phantom.masks))
        axis.imshow(scale(image), cmap="gray", vmin=0, vmax=1)
        axis.contour(mask > 0, [0.5], colors=STRUCTURE_COLOURS["myocardium"], linewidths=0.6)
        if (mask == 2).any():
            axis.contour(mask == 2, [0.5], colors=STRUCTURE_COLOURS["blood_pool"], linewidths=0.6)
        axis.set_axis_off()
    figure.subplots_adjust(left=0, right=1, top=1, bottom=0)
    figure.savefig(path, dpi=125, metadata={"Software": None})


def draw_mouse(row: np.ndarray, phantom: Phantom) -> None:
    """Fill one row: the whole middle slice, then three slices at ED and the same heart at ES."""
    pools = [(phantom.masks[..., frame] == 2).sum() for frame in phantom.frames_with_roi]
    ed, es = (phantom.frames_with_roi[pick(pools)] for pick in (np.argmax, np.argmin))
    levels = slices_from_base(phantom, es)
    white = np.percentile(phantom.images[:, :, levels, ed], 99.8)
    pixel = phantom.spacing_mm[0]
    middle = np.argwhere(phantom.masks[:, :, levels[1], ed]).mean(0)
    half = VIEW_MM / pixel / 2
    top, left = np.clip(middle - half, 0, 256 - 2 * half)
    for axis in row:
        axis.set_xticks([])
        axis.set_yticks([])
        axis.spines[:].set_visible(False)
    row[0].imshow(phantom.images[:, :, levels[1], ed], cmap="gray", vmin=0, vmax=white)
    row[0].add_patch(Rectangle((left, top), 2 * half, 2 * half, fill=False, ec="white", lw=0.7, ls=":"))
    panels = [(frame, level) for frame in (ed, es) for level in levels]
    for axis, (frame, level) in zip(row[1:], panels, strict=True):
        axis.imshow(phantom.images[:, :, level, frame], cmap="gray", vmin=0, vmax=white)
        axis.set_xlim(left, left + 2 * half)
        axis.set_ylim(top + 2 * half, top)
        if frame == es or level == levels[1]:
            mask = phantom.masks[:, :, level, frame]
            axis.contour(mask > 0, [0.5], colors=STRUCTURE_COLOURS["myocardium"], linewidths=0.8)
            axis.contour(mask == 2, [0.5], colors=STRUCTURE_COLOURS["blood_pool"], linewidths=0.8)
        bar = left + 2 * half - 1.5
        axis.plot([bar - 2 / pixel, bar], [top + 2 * half - 4] * 2, color="white", lw=1.5)
    row[0].plot([248 - 2 / pixel, 248], [247, 247], color="white", lw=1.5)


def slices_from_base(phantom: Phantom, frame: int) -> list[int]:
    """Return a basal, a middle and an apical slice that hold blood at `frame`, in this order."""
    area = (phantom.masks[..., frame] == 2).sum((0, 1))
    held = np.flatnonzero(area)
    if area[held[0]] < area[held[-1]]:
        held = held[::-1]
    return [int(held[0]), int(held[len(held) // 2]), int(held[-1])]


if __name__ == "__main__":
    main(ROOT / "docs" / "phantom.png")
    draw_varied(ROOT / "docs" / "phantom_varied.png")
