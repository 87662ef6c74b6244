"""Convert a cohort of NIfTI files to mouse files: HDF5 with Images, Masks and Frames_with_ROI.

Axes and grid are those of the NIfTI files; spacing and frame interval are read from their headers.
"""

from typing import TYPE_CHECKING

from murmur.cines import write_cine
from murmur.errors import BadInput
from murmur.logs import job_log, progress
from murmur.nifti import NiftiFolder, read_image

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(folder: NiftiFolder, mice: list[str], outputs: list[str], frame_interval_ms: float | None) -> None:
    """Write one HDF5 file per mouse of `folder`, in the order of `mice`.

    `frame_interval_ms` is the study's, for headers without a unit of time. Raises BadInput with one line per mouse
    whose files are not as they must be.
    """
    problems = []
    for mouse, output in zip(progress(mice, "converting", "mouse"), outputs, strict=True):
        try:
            images, spacing, interval = read_image(folder.image_file(mouse))
            masks, frames = folder.read_masks(mouse, images.shape)
            if not interval > 0:
                if frame_interval_ms is None:
                    raise BadInput(
                        f"{folder.image_file(mouse)}: found no frame time with a unit in the header, expected one; "
                        "give the cohort's frame_interval_ms in the study file"
                    )
                interval = frame_interval_ms
            write_cine(
                output,
                images=images,
                masks=masks if frames else None,
                frames=frames,
                attributes={"spacing_mm": spacing, "frame_interval_ms": interval},
            )
        except BadInput as problem:
            problems.append(str(problem))
    if problems:
        raise BadInput("\n".join(problems))


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            folder=NiftiFolder(**snakemake.params.source),
            mice=snakemake.params.mice,
            outputs=list(snakemake.output),
            frame_interval_ms=snakemake.params.frame_interval_ms,
        )
