"""Masks leave as NIfTI files, are corrected there, and come back as another reader, which the audit follows."""

import shutil
import subprocess
import sys

import nibabel
import numpy as np
import pandas as pd

from murmur.csv_tables import read_csv
from murmur.data.mouse_file import write_cine

STUDY = {
    "study": "reviewed",
    "cohorts": {
        "mice": {"source": {"folder": "mice"}, "spacing_mm": [0.2, 0.2, 1.0], "frame_interval_ms": 20.0},
    },
    "readers": {"observer": {"masks": "observer", "mice": "all"}},
}
REVIEWED = STUDY | {"readers": STUDY["readers"] | {"reviewed": {"corrects": "observer", "corrections": "corrected"}}}
RADII = (10, 9, 8, 6, 8, 9)  # of the blood pool, pixels, by frame


def write_masks(path, shift=0):
    """Write masks of rings in slices 2 to 4, and return them."""
    y, x = np.mgrid[:64, :60]
    distance = np.hypot(y - 32 - shift, x - 30)
    masks = np.zeros((64, 60, 4, len(RADII)), np.uint8)
    for frame, radius in enumerate(RADII):
        masks[:, :, 1:, frame] = np.select([distance < radius, distance < radius + 5], [2, 1])[:, :, None]
    write_cine(path, masks=masks, frames=[*range(len(RADII))])
    return masks


def audit(place, path):
    """Return the status and the output of the audit of a file."""
    command = [sys.executable, "-m", "murmur.audit", str(path)]
    done = subprocess.run(command, cwd=place.folder, capture_output=True, text=True)
    return done.returncode, done.stdout


def test_a_correction_decides_what_is_measured(workplace):
    folder, results = workplace.folder, workplace.results("reviewed")
    for name in ("A", "B"):
        masks = write_masks(folder / "observer" / f"{name}.h5")
        write_cine(folder / "mice" / f"{name}.h5", images=100 + 300 * masks.astype(np.uint16))
    export = results / "export" / "mice" / "observer"
    targets = [str(export.relative_to(folder) / name / "exported.json") for name in ("A", "B")]
    run = workplace.snakemake("--", *targets, study=workplace.write(STUDY))
    assert run.status == 0, run.output

    shutil.copytree(export, folder / "corrected")
    path = folder / "corrected" / "A" / "ED_mask.nii.gz"
    image = nibabel.load(path)
    drawn = np.asarray(image.dataobj).copy()
    drawn[:, :, 3][drawn[:, :, 3] == 2] = 1  # no blood in the last slice
    nibabel.save(nibabel.Nifti1Image(drawn, image.affine, image.header), path)
    function = "results/reviewed/measurements/mice/reviewed/function.csv"
    flow = "results/reviewed/figures/mice/flow.svg"
    run = workplace.snakemake("--", function, flow, study=workplace.write(REVIEWED))
    assert run.status == 0, run.output
    assert "A: the blood pool of frame 2 of 6 is larger than that of frame 1 of 6, the corrected ED" in run.output

    tables = [
        read_csv(results / "measurements" / "mice" / reader / "function.csv") for reader in ("observer", "reviewed")
    ]
    before, after = (table.pivot(index="mouse", columns="metric", values="reader") for table in tables)
    assert np.isclose(after.loc["A", "EDV"], before.loc["A", "EDV"] * 2 / 3)
    assert after.loc["A", ["ESV", "mass_ES"]].equals(before.loc["A", ["ESV", "mass_ES"]])
    pd.testing.assert_series_equal(after.loc["B"], before.loc["B"])
    words = (folder / flow).read_text()
    assert "corrected (n = 1)" in words and "not changed (n = 1)" in words

    status, text = audit(workplace, function)
    assert status == 0 and "sources corrected/A/{ED_mask.nii," in text and "corrected/B" not in text, text
    path.write_bytes(path.read_bytes() + b"\0")
    status, text = audit(workplace, function)
    assert status == 1 and "corrected/A/ED_mask.nii.gz" in text, text

    nibabel.save(nibabel.Nifti1Image(drawn, image.affine, image.header), path)
    write_masks(folder / "observer" / "A.h5", shift=1)
    run = workplace.snakemake("--", function, study="reviewed.yaml")
    assert (
        run.status == 1 and "found a correction of frame 1 of 6, whose masks by 'observer' are no longer" in run.output
    )
