"""Slices of random pixels on which networks train for a few steps."""

from pathlib import Path

import h5py
import numpy as np


def write_random_slices(path: Path, side: int = 16) -> str:
    """Write slices of `side` × `side` pixels, four for training and two for validation, as `collect_slices` does."""
    rng = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        for part, count in (("train", 4), ("validation", 2)):
            group = file.create_group(part)
            group["images"] = rng.random((count, side, side), np.float32)
            group["masks"] = rng.integers(0, 3, (count, side, side), np.uint8)
            names = [f"M{number}_sl00_fr00" for number in range(count)]
            group.create_dataset("names", data=names, dtype=h5py.string_dtype())
    return str(path)
