"""Draw docs/correct.png: exported masks on their images, as programs that use the affine show them.

A simulated mouse is given an oblique affine and exported; the files are opened with SimpleITK, which ITK-SNAP and 3D
Slicer are built on, and drawn in the patient's frame. Run from the checkout: python tools/draw_export.py
"""

import sys
import tempfile
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import SimpleITK
from scipy.spatial.transform import Rotation

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import export_masks  # noqa: E402
from murmur.data.mouse_file import write_cine  # noqa: E402
from murmur.phantom.mouse import phantom_mouse  # noqa: E402
from murmur.presentation.style import STRUCTURE_COLOURS  # noqa: E402
from murmur.vocabulary import STRUCTURE_NAMES, STRUCTURES  # noqa: E402

ANGLES = (25, -40, 15)  # degrees about the axes of the patient
SHOWN = 3  # slices of each phase
VIEW_MM = 12.0
NAMES = ("cine", "masks", "ED_image", "ED_mask", "ES_image", "ES_mask")


def export(folder: Path) -> dict[str, Path]:
    """Export a simulated mouse in an oblique plane; return the files by name."""
    phantom = phantom_mouse(1, 8)
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", ANGLES, degrees=True).as_matrix() * phantom.spacing_mm
    affine[:3, 3] = (3, -5, 8)
    attributes = {"spacing_mm": phantom.spacing_mm, "frame_interval_ms": phantom.frame_interval_ms, "affine": affine}
    images, masks = (each[..., phantom.frames_with_roi] for each in (phantom.images, phantom.masks))
    write_cine(str(folder / "mouse.h5"), images=images, attributes=attributes)
    write_cine(str(folder / "masks.h5"), masks=masks, frames=list(range(masks.shape[3])))
    files = {name: folder / f"{name}.nii.gz" for name in NAMES}
    files |= {name: folder / name for name in ("itksnap", "slicer", "fsleyes")}
    outputs = {name: str(path) for name, path in files.items()}
    export_masks.main(str(folder / "mouse.h5"), str(folder / "masks.h5"), None, False, outputs)
    return files


def places(image: SimpleITK.Image, number: int) -> np.ndarray:
    """Return the position of each pixel of a slice in the patient's frame in mm, shape (row, column, 3)."""
    rows, columns, _ = image.GetSize()
    at = image.TransformIndexToPhysicalPoint
    first, below, beside = (np.array(at((*index, number))) for index in ((0, 0), (1, 0), (0, 1)))
    row, column = np.mgrid[:rows, :columns]
    return first + row[..., None] * (below - first) + column[..., None] * (beside - first)


def main(path: Path) -> None:
    plt.rcParams.update({"font.family": "DejaVu Sans", "font.size": 8})
    figure, axes = plt.subplots(2, SHOWN, figsize=(7.1, 5.0))
    with tempfile.TemporaryDirectory() as folder:
        files = export(Path(folder))
        for row, phase in zip(axes, ("ED", "ES"), strict=True):
            pair = [SimpleITK.ReadImage(str(files[f"{phase}_{kind}"])) for kind in ("image", "mask")]
            draw_phase(row, phase, *pair)
    for axis in axes[-1]:
        axis.set_xlabel("right to left (mm)")
    for axis in axes[:, 0]:
        axis.set_ylabel("anterior to posterior (mm)")
    handles = [
        plt.Line2D([], [], color=STRUCTURE_COLOURS[name], lw=2, label=STRUCTURE_NAMES[name]) for name in STRUCTURES
    ]
    figure.legend(handles=handles, loc="lower center", ncol=2, frameon=False)
    figure.tight_layout(rect=(0, 0.05, 1, 1), h_pad=2)
    figure.savefig(path, dpi=125, metadata={"Software": None})


def draw_phase(row: np.ndarray, phase: str, image: SimpleITK.Image, mask: SimpleITK.Image) -> None:
    """Draw slices of an image and the contours of a mask, each at the positions that its own header gives."""
    values, labels = (SimpleITK.GetArrayFromImage(each).T for each in (image, mask))
    filled = np.flatnonzero((labels > 0).any(axis=(0, 1)))
    for axis, number in zip(row, filled[np.linspace(1, len(filled) - 2, SHOWN).astype(int)], strict=True):
        at, of_mask = places(image, int(number)), places(mask, int(number))
        top = np.percentile(values[..., number], 99.5)
        axis.pcolormesh(at[..., 0], at[..., 1], values[..., number], cmap="gray", vmax=top, shading="nearest")
        for name, label in STRUCTURES.items():
            inside = labels[..., number] >= label
            axis.contour(of_mask[..., 0], of_mask[..., 1], inside, [0.5], colors=STRUCTURE_COLOURS[name], linewidths=1)
        centre = of_mask[labels[..., number] > 0].mean(axis=0)
        axis.set_xlim(centre[0] - VIEW_MM / 2, centre[0] + VIEW_MM / 2)
        axis.set_ylim(centre[1] + VIEW_MM / 2, centre[1] - VIEW_MM / 2)
        axis.set_aspect("equal")
        axis.set_title(f"{phase}, slice {number + 1}")


if __name__ == "__main__":
    main(ROOT / "docs" / "correct.png")
