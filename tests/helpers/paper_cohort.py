"""A cohort of small mouse files in which 25 mice have the volumes of the paper's test mice, under other names."""

from pathlib import Path

import numpy as np

from murmur.data.mouse_file import write_cine
from murmur.measurement.function import MYOCARDIAL_DENSITY
from murmur.paper.printed_values import read_figure
from murmur.vocabulary import BLOOD_POOL, MYOCARDIUM

VOXEL_UL = 0.01  # 0.1 x 0.1 x 1.0 mm
SIDE = 64
METRICS = ("EDV", "ESV", "mass_ED", "mass_ES")
PHENOTYPES = {"control": 39, "mi_patch": 11, "dcm": 51, "tac": 29}


def paper_function(figure3) -> dict[str, dict[str, dict[str, float]]]:
    """Return {figure mouse: {"reference", "reader": {EDV, ESV, mass_ED, mass_ES}}}, in uL and mg.

    Figure 3 does not link its masses to the volumes; here the first goes with the first.
    """
    figure = read_figure(figure3)
    columns = {
        (side, metric): figure.loc[figure["metric"] == metric, side].tolist()
        for side in ("reference", "reader")
        for metric in METRICS
    }
    mice = figure.loc[figure["metric"] == "EDV", "mouse"]
    return {
        mouse: {side: {m: columns[side, m][row] for m in METRICS} for side in ("reference", "reader")}
        for row, mouse in enumerate(mice)
    }


def other_function(generator: np.random.Generator) -> dict[str, float]:
    """Draw EDV, ESV (uL), mass_ED and mass_ES (mg) of a mouse with a heart like those of the paper."""
    edv = generator.uniform(45, 90)
    return {
        "EDV": edv,
        "ESV": edv * generator.uniform(0.25, 0.7),
        "mass_ED": generator.uniform(80, 130),
        "mass_ES": generator.uniform(80, 130),
    }


def _stack(blood_pool: int, myocardium: int, slices: int) -> np.ndarray:
    """Return labels (row, column, slice): discs of blood pool in rings of myocardium, with these numbers of voxels."""
    row, column = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    outwards = np.argsort((row**2 + column**2).ravel(), kind="stable")
    stack = np.zeros((SIDE * SIDE, slices), np.uint8)
    for number in range(slices):
        inner, ring = (len(range(number, voxels, slices)) for voxels in (blood_pool, myocardium))
        assert inner + ring <= SIDE * SIDE
        stack[outwards[:inner], number] = BLOOD_POOL
        stack[outwards[inner : inner + ring], number] = MYOCARDIUM
    return stack.reshape(SIDE, SIDE, slices)


def cine_masks(function: dict[str, float], slices: int, frames: int) -> np.ndarray:
    """Return labels (row, column, slice, frame): ED is frame 0, ES the last; volumes change linearly."""
    masks = np.zeros((SIDE, SIDE, slices, frames), np.uint8)
    for frame in range(frames):
        part = frame / (frames - 1)
        edv, esv, mass_ed, mass_es = (function[metric] for metric in METRICS)
        volume, mass = edv + part * (esv - edv), mass_ed + part * (mass_es - mass_ed)
        masks[..., frame] = _stack(round(volume / VOXEL_UL), round(mass / MYOCARDIAL_DENSITY / VOXEL_UL), slices)
    return masks


def write_paper_cohort(folder, figure3, mice: int = 130, reader_folder=None, seed: int = 0) -> dict[str, str]:
    """Write `mice` files Mouse1.h5, ... into `folder`, and participants.tsv; return {figure mouse: mouse}.

    Five of the 25 mice of Figure 3 have ten slices and the others nine, so that they have 460 annotated images; four
    other mice have inflow frames. With `reader_folder` the masks of the paper's network on the 25 go there.
    """
    generator = np.random.default_rng(seed)
    figure = paper_function(figure3)
    names = [f"Mouse{number}" for number in range(1, mice + 1)]
    shuffled = [str(name) for name in generator.permutation(names)]
    found = dict(zip(figure, shuffled, strict=False))
    inflow = shuffled[len(figure) : len(figure) + 4]
    image = generator.integers(0, 40, (SIDE, SIDE), dtype=np.uint16)
    grey = np.array([20, 90, 160], np.uint16)
    drawn = [(mouse, figure[figure_mouse]) for figure_mouse, mouse in found.items()]
    drawn += [(mouse, {"reference": other_function(generator)}) for mouse in shuffled[len(figure) :]]
    for number, (mouse, function) in enumerate(drawn):
        slices, frames = 10 if number < 5 else 9, 13 if mouse in inflow else 2
        masks = cine_masks(function["reference"], slices, frames)
        attributes = {"spacing_mm": [0.1, 0.1, 1.0], "frame_interval_ms": 5.0}
        images = grey[masks] + image[:, :, None, None]
        write_cine(Path(folder) / f"{mouse}.h5", images, masks, list(range(frames)), attributes)
        if reader_folder and "reader" in function:
            masks = cine_masks(function["reader"], slices, frames)
            write_cine(Path(reader_folder) / f"{mouse}.h5", None, masks, list(range(frames)), attributes)
    phenotypes = generator.permutation([name for name, count in PHENOTYPES.items() for _ in range(count)])
    lines = [f"{mouse}\t{phenotype}" for mouse, phenotype in zip(names, phenotypes, strict=False)]
    (Path(folder) / "participants.tsv").write_text("\n".join(["mouse\tphenotype", *lines]) + "\n")
    return found
