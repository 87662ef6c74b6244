"""Replace the masks of a reader in the frames that a person has corrected in another program.

The corrected frames are kept as drawn, without post-processing. Which frames were corrected, by whom and when is
written to the attributes of the file and to the log.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from murmur.data.corrections import corrected
from murmur.data.mouse import check_mouse
from murmur.data.mouse_file import affine_of, affine_to_write, numeric_dataset, open_mouse, segmented_frames, write_cine
from murmur.data.review import Decision
from murmur.files import remembered_sha256
from murmur.job import job
from murmur.logs import log

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    mouse: str,
    segmentation: str,
    files: Sequence[str],
    decision: Sequence[str],
    reader: str,
    spacing_mm: list[float] | None,
    override_headers: bool,
    output: str,
) -> None:
    """Write `output`, the masks in `segmentation` with the corrections in `files`.

    `decision` has the fields of a Decision, all empty if there is none; `spacing_mm` and `override_headers` are those
    of the study file. Raises BadInput if a file is invalid.
    """
    checked = check_mouse(mouse, spacing_mm, override_headers)
    with open_mouse(mouse) as file:
        affine = affine_to_write(affine_of(file), checked.spacing_mm)
    with open_mouse(segmentation) as file:
        masks = numeric_dataset(file, "Masks")[()].astype(np.uint8)
        attributes = dict(file.attrs)
    masks, frames = corrected(masks, files, affine, str(attributes.get("reader", "")))
    person = Decision(*decision)
    by = f" by {person.by}" if person.by else ""
    on = f" on {person.date}" if person.date else ""
    log.info("frames corrected%s%s: %s", by, on, ", ".join(str(frame + 1) for frame in frames) or "none")
    attributes |= {
        "reader": reader,
        "corrected_frames": np.array(frames, np.int64),
        "corrections_sha256": [remembered_sha256(file) for file in files],
        "decision": person.decision,
        "decided_by": person.by,
        "decided_on": person.date,
    }
    write_cine(output, masks=masks, frames=segmented_frames(segmentation), attributes=attributes)


if __name__ == "__main__":
    with job(snakemake):
        main(
            mouse=snakemake.input.mouse,
            segmentation=snakemake.input.segmentation,
            files=list(snakemake.input.corrections),
            decision=snakemake.params.decision,
            reader=snakemake.wildcards.reader,
            spacing_mm=snakemake.params.spacing_mm,
            override_headers=snakemake.params.override_headers,
            output=snakemake.output.segmentation,
        )
