"""Convert the NIfTI files of one mouse to a mouse file: HDF5 with Images, Masks and Frames_with_ROI.

Axes and grid are those of the NIfTI files; spacing and frame interval are read from their headers.
"""

from typing import TYPE_CHECKING

from murmur.data.mouse_file import write_cine
from murmur.data.nifti import NiftiFolder, read_image
from murmur.errors import BadInput
from murmur.job import job
from murmur.logs import log

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(folder: NiftiFolder, mouse: str, output: str, frame_interval_ms: float | None) -> None:
    """Write the HDF5 file `output` of a mouse of `folder`.

    `frame_interval_ms` is that of the study file, for headers without a unit of time. Raises BadInput if a file is
    invalid.
    """
    images, spacing, interval = read_image(folder.image_file(mouse))
    masks, frames = folder.read_masks(mouse, images.shape)
    if not interval > 0:
        if frame_interval_ms is None:
            raise BadInput(
                f"{folder.image_file(mouse)}: found no frame time with a unit in the header, expected one; "
                "give the cohort's frame_interval_ms in the study file"
            )
        interval = frame_interval_ms
    log.info("%s voxels, %d of %d frames annotated", " × ".join(map(str, images.shape)), len(frames), images.shape[3])
    write_cine(
        output,
        images=images,
        masks=masks if frames else None,
        frames=frames,
        attributes={"spacing_mm": spacing, "frame_interval_ms": interval},
    )


if __name__ == "__main__":
    with job(snakemake):
        main(
            folder=NiftiFolder(**snakemake.params.source),
            mouse=snakemake.wildcards.mouse,
            output=snakemake.output.mouse,
            frame_interval_ms=snakemake.params.frame_interval_ms,
        )
