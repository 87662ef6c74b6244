"""Export the cine and the masks of a mouse as NIfTI files, which ITK-SNAP, 3D Slicer and FSLeyes open as a pair.

Cine and masks are written with four axes, and ED and ES, the frames at which the reader was measured, with three; the
two files of a pair have the same grid. The affine is that of the mouse file, which was read from NIfTI or DICOM files
or, without one, that of the spacing, with rows along the first axis and slices along the third. Labels are listed in
the formats of these programs. exported.json describes the masks, so that corrections of them find their place.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from murmur.csv_tables import read_csv
from murmur.data.chosen_phases import phases_by_mouse
from murmur.data.corrections import Export, ends
from murmur.data.mouse import check_mouse
from murmur.data.mouse_file import affine_of, affine_to_write, images_of, numeric_dataset, open_mouse
from murmur.data.nifti_writing import write_nifti
from murmur.files import write_text
from murmur.job import job
from murmur.logs import log
from murmur.vocabulary import STRUCTURES, numbered

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLOURS = {"myocardium": (46, 139, 87), "blood_pool": (220, 60, 60)}  # red, green, blue


def itksnap_labels() -> str:
    """Return a label description file of ITK-SNAP: index, colour, opacity, visibility, mesh and name of each label."""
    rows = ['0 0 0 0 0 0 0 "Clear Label"']
    rows += [f'{label} {" ".join(map(str, COLOURS[name]))} 1 1 1 "{name}"' for name, label in STRUCTURES.items()]
    return "\n".join(["# ITK-SnAP Label Description File", *rows, ""])


def slicer_labels() -> str:
    """Return a colour table of 3D Slicer: index, name and colour of each label."""
    rows = ["0 background 0 0 0 0"]
    rows += [f"{label} {name} {' '.join(map(str, COLOURS[name]))} 255" for name, label in STRUCTURES.items()]
    return "\n".join([*rows, ""])


def fsleyes_labels() -> str:
    """Return a lookup table of FSLeyes: label, colour from 0 to 1 and name of each label, in ascending order."""
    rows = [
        f"{label} {' '.join(f'{part / 255:.5f}' for part in COLOURS[name])} {name}"
        for name, label in STRUCTURES.items()
    ]
    return "\n".join([*rows, ""])


def main(
    mouse: str,
    segmentation: str,
    spacing_mm: list[float] | None,
    override_headers: bool,
    outputs: Mapping[str, str],
    phases: tuple[int, int] | None = None,
) -> None:
    """Write the files `outputs`: cine, masks, ED_image, ED_mask, ES_image, ES_mask, exported, itksnap, slicer and
    fsleyes.

    `spacing_mm` and `override_headers` are those of the study file. `phases` are the frames at which the mouse was
    measured as ED and ES; without, those with the largest and the smallest blood pool are exported. Raises BadInput if
    the mouse file is invalid.
    """
    checked = check_mouse(mouse, spacing_mm, override_headers)
    with open_mouse(mouse) as file:
        images, affine = images_of(file)[()], affine_of(file)
    with open_mouse(segmentation) as file:
        masks, reader = numeric_dataset(file, "Masks")[()].astype(np.uint8), str(file.attrs.get("reader", ""))
    affine, interval = affine_to_write(affine, checked.spacing_mm), checked.frame_interval_ms
    write_nifti(images, affine, interval, "cine", outputs["cine"])
    write_nifti(masks, affine, interval, "masks", outputs["masks"])
    shown = dict(zip(("ED", "ES"), phases, strict=True)) if phases else ends(masks)
    Export.of(reader, shown, masks).write(outputs["exported"])
    for phase, frame in shown.items():
        words = numbered("frame", frame, masks.shape[3])
        write_nifti(images[..., frame], affine, interval, f"{phase}, {words}", outputs[f"{phase}_image"])
        write_nifti(masks[..., frame], affine, interval, f"{phase}, {words}", outputs[f"{phase}_mask"])
        log.info("%s is %s", phase, words)
    write_text(outputs["itksnap"], itksnap_labels())
    write_text(outputs["slicer"], slicer_labels())
    write_text(outputs["fsleyes"], fsleyes_labels())


if __name__ == "__main__":
    with job(snakemake):
        main(
            mouse=snakemake.input.mouse,
            segmentation=snakemake.input.segmentation,
            spacing_mm=snakemake.params.spacing_mm,
            override_headers=snakemake.params.override_headers,
            outputs=dict(snakemake.output.items()),
            phases=phases_by_mouse(read_csv(snakemake.input.frames)).get(snakemake.wildcards.mouse),
        )
