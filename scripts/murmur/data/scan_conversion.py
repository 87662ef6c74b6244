"""The mouse file of a scan session, of any format of scanners: grid, pixels, and the contours next to it."""

from collections.abc import Callable, Mapping

import numpy as np

from murmur.data.contours import Contours
from murmur.data.mouse_file import write_cine
from murmur.data.scan_session import Session, attributes_of, grid_of
from murmur.logs import log


def convert(
    session: Session,
    read_pixels: Callable[[Session], np.ndarray],
    output: str,
    spacing_mm: list[float] | None,
    frame_interval_ms: float | None,
    override_headers: bool,
    contours: Mapping | None,
    mouse: str,
) -> None:
    """Write the HDF5 file of a session, with Images and, if it has contours, Masks.

    Parameters
    ----------
    session : Session
        The cine.
    read_pixels : callable
        Reads the intensities of the cine.
    output : str
        Path of the file.
    spacing_mm, frame_interval_ms, override_headers
        As for `grid_of`.
    contours : mapping or None
        Arguments of `Contours`, if the mouse has any.
    mouse : str
        Name of the mouse.

    Raises
    ------
    BadInput
        If headers and study file contradict each other, or a file of the scan or its contours is invalid.
    """
    spacing, interval = grid_of(session, spacing_mm, frame_interval_ms, override_headers)
    if session.cine.interval_range_ms:
        log.info("frame interval %.4g ms, %.4g to %.4g ms in the slices", interval, *session.cine.interval_range_ms)
    attributes = attributes_of(session, spacing, interval)
    masks, frames = None, []
    if contours:
        masks, frames = Contours(**contours, mice=[mouse]).read(mouse, session.shape, attributes["affine"])
        log.info("%d of %d frames annotated", len(frames), session.shape[3])
    write_cine(output, read_pixels(session), masks if frames else None, frames, attributes)
