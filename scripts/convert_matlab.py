"""Convert a MATLAB file in format 7.3, whose axes are stored in reverse order, to a mouse file."""

from typing import TYPE_CHECKING

from murmur.data.headers import agreed
from murmur.data.matlab_file import check_matlab, read_matlab
from murmur.data.mouse_file import write_cine
from murmur.job import job
from murmur.logs import log

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    path: str,
    output: str,
    spacing_mm: list[float] | None,
    frame_interval_ms: float | None,
    override_headers: bool,
) -> None:
    """Write the HDF5 file `output` of the mouse in `path`.

    `spacing_mm` and `frame_interval_ms` are those of the study file, and replace the variables of the same names with
    `override_headers`. Raises BadInput if the file is invalid.
    """
    checked = check_matlab(path)
    grid = {
        "spacing_mm": agreed(path, "spacing_mm", spacing_mm, checked.spacing_mm, override_headers),
        "frame_interval_ms": agreed(
            path, "frame_interval_ms", frame_interval_ms, checked.frame_interval_ms, override_headers
        ),
    }
    images, masks, frames = read_matlab(path)
    log.info("%s voxels, %d of %d frames annotated", " × ".join(map(str, images.shape)), len(frames), images.shape[3])
    attributes = {name: value for name, value in grid.items() if value is not None}
    write_cine(output, images, masks if frames else None, frames, attributes)


if __name__ == "__main__":
    with job(snakemake):
        main(
            path=snakemake.input[0],
            output=snakemake.output.mouse,
            spacing_mm=snakemake.params.spacing_mm,
            frame_interval_ms=snakemake.params.frame_interval_ms,
            override_headers=snakemake.params.override_headers,
        )
