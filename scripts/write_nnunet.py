"""Write the mice of a cohort in the raw format of nnU-Net: one 3D file per frame, with splits by animal.

Frames of training and validation mice in which both structures are contoured are in `imagesTr` and `labelsTr`, all
frames of test mice in `imagesTs`, and the masks of those with both structures in `labelsTs`. A case is called
MOUSE_FRAME, with frames counted from 1, so that its predictions are read by a reader with `files:
"{mouse}_{frame}.nii.gz"`.
"""

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from murmur.data.contoured_frames import contoured_frames
from murmur.data.manifest import read_manifest
from murmur.data.mouse import Mouse
from murmur.data.mouse_file import affine_of, affine_to_write, open_mouse, read_frame
from murmur.data.nifti_writing import write_nifti
from murmur.data.split import read_split
from murmur.errors import BadInput
from murmur.files import write_text
from murmur.job import job
from murmur.logs import log, progress
from murmur.vocabulary import STRUCTURES

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

FOLDERS = {"train": "Tr", "validation": "Tr", "test": "Ts"}
CONTENT = ("imagesTr", "labelsTr", "imagesTs", "labelsTs")


def case(mouse: str, frame: int) -> str:
    """Return the name of a frame, counted from 0, as a case of nnU-Net; its name counts from 1."""
    return f"{mouse}_{frame + 1:03d}"


def write_mouse(mouse: Mouse, path: str, part: str, folder: Path) -> list[str]:
    """Write the frames of a mouse; return its cases with labels. `part` is its set of the split."""
    masks, kind = dict(contoured_frames(mouse, path)), FOLDERS[part]
    with open_mouse(path) as file:
        affine = affine_to_write(affine_of(file), mouse.spacing_mm)
    for frame in masks if part != "test" else range(mouse.shape[3]):
        name = case(mouse.name, frame)
        images = read_frame(path, "Images", frame)
        write_nifti(images, affine, None, name, folder / f"images{kind}" / f"{name}_0000.nii.gz")
        if frame in masks:
            write_nifti(masks[frame], affine, None, name, folder / f"labels{kind}" / f"{name}.nii.gz")
    return [case(mouse.name, frame) for frame in masks]


@contextlib.contextmanager
def complete_folders(folder: Path) -> Iterator[Path]:
    """Yield a folder for images and labels, which are moved to `folder` if the block ends without an exception."""
    partial = folder / ".partial"
    for name in (partial.name, *CONTENT):  # images of an earlier export, which may be of other mice
        shutil.rmtree(folder / name, ignore_errors=True)
    try:
        yield partial
        for name in CONTENT:
            if (partial / name).exists():
                (partial / name).replace(folder / name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def main(
    manifest: str,
    split: str,
    mouse_files: Sequence[str],
    mice: Sequence[str],
    outputs: Mapping[str, str],
    key: str = "",
) -> None:
    """Write the files `outputs`, dataset.json and splits_final.json, and the images and labels next to them.

    `mouse_files` are the files of `mice`, `key` is the key of the split in the study file; it is empty if the cohort
    need not have training mice. Raises BadInput if a file is invalid, or if needed training or validation cases are
    missing.
    """
    described, sets = read_manifest(manifest), read_split(split, mice)
    cases = {name: [] for name in FOLDERS}
    with complete_folders(Path(outputs["dataset"]).parent) as folder:
        for name, path in zip(progress(mice, "exporting", "mouse"), mouse_files, strict=True):
            cases[sets[name]] += write_mouse(described[name], path, sets[name], folder)
        for part in ("train", "validation") if key else ():
            if not cases[part]:
                raise BadInput(
                    f"{key}: found no frame in {part} with both structures contoured, expected at least one to train "
                    "nnU-Net; add or change the split"
                )
    splits = [{"train": cases["train"], "val": cases["validation"]}]
    write_text(outputs["splits"], json.dumps(splits, indent=1) + "\n")
    dataset = {
        "channel_names": {"0": "MRI"},
        "labels": {"background": 0, **STRUCTURES},
        "numTraining": len(cases["train"]) + len(cases["validation"]),
        "file_ending": ".nii.gz",
    }
    write_text(outputs["dataset"], json.dumps(dataset, indent=1) + "\n")  # last, because it stands for all files
    log.info("%d cases to train on, %d frames of test mice with labels", dataset["numTraining"], len(cases["test"]))


if __name__ == "__main__":
    with job(snakemake):
        main(
            manifest=snakemake.input.manifest,
            split=snakemake.input.split,
            mouse_files=list(snakemake.input.mice),
            mice=snakemake.params.mice,
            outputs=dict(snakemake.output.items()),
            key=snakemake.params.key,
        )
