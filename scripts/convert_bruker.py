"""Convert the short-axis cine of a Bruker ParaVision study to a mouse file: HDF5 with Images, in the order of slices.

Spacing, frame interval and affine are those of the headers; nothing that identifies an animal is kept.
"""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from murmur.data.bruker import find_session, read_pixels
from murmur.data.scan_conversion import convert
from murmur.job import job
from murmur.logs import log

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    path: str,
    files: Sequence[str],
    scans: str | Sequence | None,
    frame_groups: Mapping[str, int],
    output: str,
    spacing_mm: list[float] | None,
    frame_interval_ms: float | None,
    override_headers: bool,
    contours: Mapping | None = None,
    mouse: str = "",
) -> None:
    """Write the HDF5 file `output` of the study in the folder or zip archive `path`.

    In a folder, only `files` are read. `scans` are the scans to use or a pattern of their protocol, None to find the
    cine; `frame_groups` are the elements to use of other frame groups, from 1. `spacing_mm` and `frame_interval_ms` are
    those of the study file, and replace those of the headers with `override_headers`. `contours` are the arguments of
    Contours for the `mouse`, if it has any. Raises BadInput if a file is invalid.
    """
    names = [os.path.relpath(file, path) for file in files] if os.path.isdir(path) else None
    session = find_session(path, scans, frame_groups, names)
    log.info("scan %s, %s voxels", ", ".join(session.cine.series), " × ".join(map(str, session.shape)))
    convert(session, read_pixels, output, spacing_mm, frame_interval_ms, override_headers, contours, mouse)


if __name__ == "__main__":
    with job(snakemake):
        main(
            path=snakemake.params.path,
            files=list(snakemake.input.scan),
            **snakemake.params.choice,
            output=snakemake.output.mouse,
            spacing_mm=snakemake.params.spacing_mm,
            frame_interval_ms=snakemake.params.frame_interval_ms,
            override_headers=snakemake.params.override_headers,
            contours=snakemake.params.contours,
            mouse=snakemake.wildcards.mouse,
        )
