"""Convert the NIfTI files of one mouse to a mouse file: HDF5 with Images, Masks and Frames_with_ROI.

Axes and grid are those of the image; masks are brought to it by their affines. Spacing, frame interval and affine are
read from the header of the image.
"""

from typing import TYPE_CHECKING

from murmur.data.mouse_file import write_cine
from murmur.data.nifti import NiftiFolder
from murmur.data.nifti_file import is_placed, read_header, scaled_to_uint16
from murmur.job import job
from murmur.logs import log

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    folder: NiftiFolder,
    mouse: str,
    output: str,
    spacing_mm: list[float] | None,
    frame_interval_ms: float | None,
    override_headers: bool,
) -> None:
    """Write the HDF5 file `output` of a mouse of `folder`.

    `spacing_mm` and `frame_interval_ms` are those of the study file, for headers without them; with `override_headers`,
    they replace those of all headers. Raises BadInput if a file is invalid.
    """
    path = folder.image_file(mouse)
    image, spacing, interval = read_header(
        path, spacing_mm, frame_interval_ms, override_headers, folder.open_image(mouse)
    )
    masks, frames = folder.read_masks(mouse, image)
    images = scaled_to_uint16(path, image)
    affine = {"affine": image.affine} if is_placed(image) else {}
    log.info("%s voxels, %d of %d frames annotated", " × ".join(map(str, images.shape)), len(frames), images.shape[3])
    write_cine(
        output,
        images=images,
        masks=masks if frames else None,
        frames=frames,
        attributes={"spacing_mm": spacing, "frame_interval_ms": interval} | affine,
    )


if __name__ == "__main__":
    with job(snakemake):
        main(
            folder=NiftiFolder(**snakemake.params.source),
            mouse=snakemake.wildcards.mouse,
            output=snakemake.output.mouse,
            spacing_mm=snakemake.params.spacing_mm,
            frame_interval_ms=snakemake.params.frame_interval_ms,
            override_headers=snakemake.params.override_headers,
        )
