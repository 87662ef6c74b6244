"""The images of a scan session, whichever scanner has written them, and what cannot be used as such."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Image(NamedTuple):
    """One magnitude image of a scan session.

    Attributes
    ----------
    file : str
        Name of the file within the folder or archive.
    frame : int
        Index of the image in the file.
    study, series : str
        Digests of the identifiers, which are compared only: they identify a person to whoever has the scans.
    label : str
        How users name the series, such as 5.
    instance : int
        Number of the image in its series.
    acquisition : int
        Number of the acquisition in its series.
    sequence, echo_ms : str, float or None
        Pulse sequence and echo time.
    inversion_ms : float or None
        Time after an inversion.
    shape : tuple of int
        Rows and columns.
    pixel_mm : tuple of float
        Distances between rows and between columns, in mm.
    orientation : tuple of float
        Direction cosines in the patient's frame (LPS) along a row and along a column.
    position : tuple of float
        Centre of the first pixel in the patient's frame (LPS), in mm.
    time_ms : float or None
        Delay after the R wave.
    order : int or None
        Temporal position.
    cycle_ms : float or None
        Length of the cardiac cycle.
    protocol : str
        Name of the protocol, where it is no identifying field.
    """

    file: str
    frame: int
    study: str
    series: str
    label: str
    instance: int
    acquisition: int
    sequence: str
    echo_ms: float | None
    inversion_ms: float | None
    shape: tuple[int, int]
    pixel_mm: tuple[float, float]
    orientation: tuple[float, ...]
    position: tuple[float, ...]
    time_ms: float | None
    order: int | None
    cycle_ms: float | None
    protocol: str = ""

    @property
    def normal(self) -> np.ndarray:
        """The unit vector perpendicular to the image, in the patient's frame (LPS)."""
        return np.cross(self.orientation[:3], self.orientation[3:])


class LeftOut(NamedTuple):
    """Images or files of a scan session that are not used, for one reason.

    Attributes
    ----------
    series : str
        Digest of the identifier of their series, as in Image; empty if it is not known.
    label : str
        How users name the series; empty if it is not known.
    text : str
        What they are, and why they are not used.
    lost : bool
        Whether they may be a part of the cine that is lost, unlike phase images or other kinds of scans.
    """

    series: str
    label: str
    text: str
    lost: bool


class Contents(NamedTuple):
    """What lies in a scan session.

    Attributes
    ----------
    images : sequence of Image
        All images.
    left_out : sequence of LeftOut
        What else there is.
    chosen : sequence of Image or None
        Images of the series that the study file names, or whose protocol it names; None if it leaves the choice.
    named : sequence of str
        The series that it names, all of which must be used.
    """

    images: Sequence[Image]
    left_out: Sequence[LeftOut] = ()
    chosen: Sequence[Image] | None = None
    named: Sequence[str] = ()


class Words(NamedTuple):
    """How messages call the parts of a scan session.

    Attributes
    ----------
    one, several : str
        Images acquired together: a series, or a scan.
    images : str
        The images of a session.
    key : str
        Key of the study file that names the series of a mouse.
    """

    one: str
    several: str
    images: str
    key: str
