import h5py
import numpy as np

import collect_slices
from murmur.data.mouse_file import write_cine


def test_mice_of_the_same_name_in_two_cohorts_are_told_apart(tmp_path):
    """Two slices of one frame each; the values of the images tell which mouse they are."""
    files = []
    for number, cohort in enumerate(("near", "far")):
        for mouse in ("Mouse1", "Mouse2"):
            masks = np.zeros((8, 8, 2, 1), np.uint8)
            masks[2:6, 2:6] = 1
            masks[3:5, 3:5] = 2
            images = np.arange(128, dtype=np.uint16).reshape(masks.shape) + len(files)
            images[0, 0] = 200 + 10 * number
            files.append(str(tmp_path / cohort / f"{mouse}.h5"))
            write_cine(files[-1], images, masks, [0])
    assignment = {
        "near:Mouse1": "train",
        "near:Mouse2": "validation",
        "far:Mouse1": "train",
        "far:Mouse2": "validation",
    }
    collect_slices.main(files, assignment, 8, "cohorts.near.split", str(tmp_path / "slices.h5"))
    with h5py.File(tmp_path / "slices.h5") as file:
        names = {part: list(file[part]["names"].asstr()[:]) for part in ("train", "validation")}
    assert names["train"] == [f"{cohort}:Mouse1_sl0{slice}_fr00" for cohort in ("near", "far") for slice in (0, 1)]
    assert names["validation"] == [f"{cohort}:Mouse2_sl0{slice}_fr00" for cohort in ("near", "far") for slice in (0, 1)]
