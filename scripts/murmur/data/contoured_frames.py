"""Annotated frames from which a network can learn both structures."""

from collections.abc import Iterator

import numpy as np

from murmur.data.mouse import Mouse
from murmur.data.mouse_file import read_frame
from murmur.logs import log
from murmur.vocabulary import STRUCTURES, numbered


def contoured_frames(mouse: Mouse, path: str) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the annotated frames of a mouse in which both structures are contoured, with their masks.

    Others are logged and passed over, because the structure that is not contoured would be learned as background.

    Parameters
    ----------
    mouse : Mouse
        The mouse.
    path : str
        Its file.

    Yields
    ------
    int
        The frame, counted from 0.
    ndarray of int, shape (row, column, slice)
        Its masks, with the labels of STRUCTURES.
    """
    for frame in mouse.annotated_frames:
        masks = read_frame(path, "Masks", frame)
        if missing := [name for name, label in STRUCTURES.items() if not (masks == label).any()]:
            where = numbered("frame", frame, mouse.shape[3])
            log.warning("%s: %s excluded, no %s contoured there", path, where, " and no ".join(missing))
        else:
            yield frame, masks
