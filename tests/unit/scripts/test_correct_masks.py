"""Corrected frames replace those of the reader, with who corrected them and when."""

import h5py
import nibabel as nib
import numpy as np

import correct_masks
import export_masks
from beating_hearts import FRAMES, SPACING_MM, heart_of_discs, images_of_discs
from murmur.data.mouse_file import write_cine

MASKS = heart_of_discs()
NAMES = ("cine", "masks", "ED_image", "ED_mask", "ES_image", "ES_mask")


def test_exported_masks_come_back_as_they_were_edited(tmp_path):
    mouse, masks, output = (str(tmp_path / f"{name}.h5") for name in ("mouse", "masks", "output"))
    attributes = {"spacing_mm": SPACING_MM, "frame_interval_ms": 6.5, "affine": np.diag([*SPACING_MM, 1.0])}
    write_cine(mouse, images=images_of_discs(MASKS), attributes=attributes)
    write_cine(masks, masks=MASKS, frames=[*range(FRAMES)], attributes={"reader": "murmur", "spacing_mm": SPACING_MM})
    outputs = {name: str(tmp_path / f"{name}.nii.gz") for name in NAMES}
    outputs |= {
        "itksnap": str(tmp_path / "labels.txt"),
        "slicer": str(tmp_path / "labels.ctbl"),
        "fsleyes": str(tmp_path / "labels.lut"),
        "exported": str(tmp_path / "exported.json"),
    }
    export_masks.main(mouse, masks, None, False, outputs)
    files = [outputs[name] for name in ("ED_mask", "ES_mask", "masks", "exported")]

    decision = ["corrected", "", "A. B.", "2026-11-28"]
    correct_masks.main(mouse, masks, files, decision, "reviewed", None, False, output)
    with h5py.File(output) as file:
        assert np.array_equal(file["Masks"], MASKS) and file.attrs["corrected_frames"].size == 0

    image = nib.load(outputs["ED_mask"])
    values = np.asarray(image.dataobj)
    values[values == 2] = 1
    nib.save(nib.Nifti1Image(values, image.affine, image.header), outputs["ED_mask"])
    correct_masks.main(mouse, masks, files, decision, "reviewed", None, False, output)
    with h5py.File(output) as file:
        assert np.array_equal(file["Masks"][..., 0], values)
        assert np.array_equal(file["Masks"][..., 1:], MASKS[..., 1:])
        assert file.attrs["corrected_frames"].tolist() == [0]
        assert [file.attrs[name] for name in ("reader", "decided_by", "decided_on")] == [
            "reviewed",
            "A. B.",
            "2026-11-28",
        ]
