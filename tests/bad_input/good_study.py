"""Good studies of four tiny mice, as HDF5, NIfTI and MATLAB files, and of measurements, which the corpus spoils.

The mice are G1, G2, G3 and Bad. All are the same heart of known volume, one column apart, of 40 × 36 × 4 voxels and 5
frames, contoured at ED (frame 0) and ES (frame 2). The second observer's masks are those of the expert, one row lower.
"""

import shutil
from pathlib import Path

import h5py
import nibabel
import numpy as np
import yaml

from murmur.data.mouse_file import write_cine
from murmur.measurement.function import MYOCARDIAL_DENSITY, voxel_volume

SHAPE = (40, 36, 4, 5)
SPACING_MM = (0.2, 0.2, 1.0)
INTERVAL_MS = 25.0
MICE = ("G1", "G2", "G3", "Bad")
BAD = "mice/Bad.h5"
RADII = (9, 8, 6.5, 7, 8)  # of the blood pool at the base, in pixels, by frame
WALL = (3, 4, 5, 5, 4)  # thickness of the myocardium, in pixels
ED, ES = 0, 2


def labels() -> np.ndarray:
    """Return the labels of all frames: discs of blood in rings of myocardium, which taper towards the apex."""
    row, column, _ = np.mgrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    distance = np.hypot(row - 20, column - 17) + 1.5 * np.arange(SHAPE[2])
    frames = [np.select([distance < r, distance < r + wall], [2, 1]) for r, wall in zip(RADII, WALL, strict=True)]
    return np.stack(frames, axis=-1).astype(np.uint8)


def volume(label: int, frame: int) -> float:
    """Return the true volume of a structure in a frame, in µL."""
    return np.count_nonzero(labels()[..., frame] == label) * voxel_volume(SPACING_MM)


EDV, ESV = volume(2, ED), volume(2, ES)
FUNCTION = {
    "EDV": EDV,
    "ESV": ESV,
    "SV": EDV - ESV,
    "EF": 100 * (EDV - ESV) / EDV,
    "mass_ED": volume(1, ED) * MYOCARDIAL_DENSITY,
    "mass_ES": volume(1, ES) * MYOCARDIAL_DENSITY,
}


class Place:
    """A working directory with a study file, which a case spoils."""

    def __init__(self, folder: Path, study: dict):
        """Take the folder and the content of the study file, which is written by `write`."""
        self.folder, self.study = folder, study

    def __truediv__(self, name: str) -> Path:
        """Return the path of a file in the folder, whose parents exist."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    @property
    def cohort(self) -> dict:
        """The study file's section of the cohort."""
        return self.study["cohorts"]["mine"]

    def write(self) -> None:
        """Write the study file, unless the case has written or removed it."""
        if not (self.folder / "study.yaml").exists():
            self / "study.yaml"
            (self.folder / "study.yaml").write_text(yaml.safe_dump(self.study, sort_keys=False))


def folder_study(folder: Path) -> dict:
    """Write mice/*.h5, observer/*.h5 and participants.tsv; return the study."""
    for number, mouse in enumerate(MICE):
        masks = np.roll(labels(), number + 1 - len(MICE), axis=1)
        contours = np.zeros_like(masks)
        contours[..., [ED, ES]] = masks[..., [ED, ES]]
        noise = np.random.default_rng(number).integers(0, 60, SHAPE)
        images = (np.choose(masks, [100, 400, 900]) + noise).astype(np.uint16)
        write_cine(folder / "mice" / f"{mouse}.h5", images, contours, [ED, ES])
        observed = np.roll(contours, 1, axis=0)
        write_cine(folder / "observer" / f"{mouse}.h5", masks=observed, frames=[ED, ES])
    write_participants(folder)
    return {
        "study": "s",
        "cohorts": {
            "mine": {
                "source": {"folder": "mice"},
                "spacing_mm": list(SPACING_MM),
                "frame_interval_ms": INTERVAL_MS,
                "participants": "participants.tsv",
            }
        },
        "readers": {"observer": {"masks": "observer", "postprocess": "none"}},
    }


def write_participants(folder: Path) -> None:
    """Write participants.tsv: two mice of each of two phenotypes."""
    rows = [f"{mouse}\t{('sham', 'TAC')[number % 2]}" for number, mouse in enumerate(MICE)]
    (folder / "participants.tsv").write_text("\n".join(["mouse\tphenotype", *rows]) + "\n")


def nifti_image(values: np.ndarray, affine: np.ndarray | None = None) -> nibabel.Nifti1Image:
    """Return a NIfTI image of the study's grid, with an affine along the axes unless one is given."""
    image = nibabel.Nifti1Image(values, np.diag([*SPACING_MM, 1.0]) if affine is None else affine)
    image.header.set_xyzt_units("mm", "msec")
    if values.ndim == 4:
        image.header.set_zooms((*image.header.get_zooms()[:3], INTERVAL_MS))
    return image


def nifti_study(folder: Path) -> dict:
    """Write the same mice as NIfTI files, with one file of masks per contoured frame; return the study."""
    study = folder_study(folder)
    for mouse in MICE:
        with h5py.File(folder / "mice" / f"{mouse}.h5") as file:
            images, masks = file["Images"][()], file["Masks"][()]
        (folder / "images").mkdir(exist_ok=True)
        nibabel.save(nifti_image(images), folder / "images" / f"{mouse}_4d.nii.gz")
        for frame in (ED, ES):
            path = folder / "images" / f"{mouse}_frame{frame + 1:02d}_gt.nii.gz"
            nibabel.save(nifti_image(masks[..., frame]), path)
    shutil.rmtree(folder / "mice")
    names = {"images": "{mouse}_4d.nii.gz", "masks": "{mouse}_frame{frame}_gt.nii.gz"}
    study["cohorts"]["mine"] = {"source": {"nifti": "images", **names}, "participants": "participants.tsv"}
    return study


def matlab_study(folder: Path) -> dict:
    """Write the same mice as MATLAB does, with axes in reverse order and frames counted from 1; return the study."""
    study = folder_study(folder)
    for mouse in MICE:
        with h5py.File(folder / "mice" / f"{mouse}.h5") as file:
            images, masks = file["Images"][()], file["Masks"][()]
        (folder / "mice" / f"{mouse}.h5").unlink()
        with h5py.File(folder / "mice" / f"{mouse}.mat", "w", userblock_size=512) as file:
            file["Images"], file["Masks"] = images.T, masks.T.astype(float)
            file["Frames_with_ROI"] = np.array([[ED + 1], [ES + 1]], float)
    study["cohorts"]["mine"]["source"]["axes"] = "reversed"
    return study


MEASURED = ("EDV", "ESV", "SV", "EF", "mass_ED", "mass_ES")


def measurement_rows(mice: int = 6) -> list[list[str]]:
    """Return the rows of numbers.csv, header first: M1, M2, ... by the reference and two readers."""
    rows = [["mouse", "metric", "unit", "reference", "CVI42", "observer2"]]
    units = dict(zip(MEASURED, ("uL", "uL", "uL", "%", "mg", "mg"), strict=True))
    for number in range(1, mice + 1):
        columns = []
        for shift in (0.0, 1.5, -1.0):
            edv, esv = 60.0 + 2 * number + shift, 25.0 + number
            values = (edv, esv, edv - esv, 100 * (edv - esv) / edv, 90.0 + number + shift, 91.0 + number + shift)
            columns.append(values)
        for place, metric in enumerate(MEASURED):
            values = [f"{column[place]:.2f}" for column in columns]
            rows.append([f"M{number}", metric, units[metric], *values])
    return rows


def measurements_study(folder: Path) -> dict:
    """Write numbers.csv and participants.tsv of six mice; return the study."""
    (folder / "numbers.csv").write_text("".join(",".join(row) + "\n" for row in measurement_rows()))
    people = [f"M{number}\t{('sham', 'TAC')[number % 2]}\n" for number in range(1, 7)]
    (folder / "participants.tsv").write_text("mouse\tphenotype\n" + "".join(people))
    cohort = {"source": {"measurements": "numbers.csv"}, "participants": "participants.tsv"}
    return {"study": "s", "cohorts": {"mine": cohort}}


STUDIES = {"folder": folder_study, "nifti": nifti_study, "matlab": matlab_study, "measurements": measurements_study}
