"""Ways to spoil a mouse file."""

import fcntl
import os
import shutil

import h5py
import numpy as np

from good_study import BAD, SHAPE, Place
from murmur.data.mouse_file import write_cine


def put(name, change, file=BAD, **stored):
    """Replace a dataset by what `change` makes of its values."""

    def spoil(place):
        with h5py.File(place / file, "r+") as h5:
            values = h5[name][()]
            del h5[name]
            h5.create_dataset(name, data=change(values), **stored)

    return spoil


def both(change):
    """Change Images and Masks in the same way."""

    def spoil(place):
        for name in ("Images", "Masks"):
            put(name, change)(place)

    return spoil


def edit(change, file=BAD):
    """Change the open HDF5 file."""

    def spoil(place):
        with h5py.File(place / file, "r+") as h5:
            change(h5)

    return spoil


def content(data):
    """Replace the mouse file by other bytes."""
    return lambda place: (place / BAD).write_bytes(data)


def renamed(name, also_observer=True):
    """Give the mouse another name; the observer's file and the participants follow."""

    def spoil(place):
        (place / BAD).rename(place / f"mice/{name}.h5")
        if also_observer:
            (place / "observer/Bad.h5").rename(place / f"observer/{name}.h5")
        people = (place / "participants.tsv").read_text().replace("Bad\t", f"{name}\t")
        (place / "participants.tsv").write_text(people, errors="replace")

    return spoil


def truncated(place: Place) -> None:
    data = (place / BAD).read_bytes()
    (place / BAD).write_bytes(data[: len(data) // 2])


def bad_chunk(place: Place) -> None:
    with h5py.File(place / BAD) as h5:
        start = h5["Images"].id.get_chunk_info(3).byte_offset
    data = bytearray((place / BAD).read_bytes())
    data[start : start + 40] = bytes(40)
    (place / BAD).write_bytes(data)


def unknown_filter(place: Place) -> None:
    """Make the images' compression that of a filter that h5py does not have: LZ4, with the number 32004."""
    write_cine(place / BAD, np.arange(np.prod(SHAPE), dtype=np.uint16).reshape(SHAPE))
    data = bytearray((place / BAD).read_bytes())
    deflate = data.index(b"\x01\x00\x08\x00\x01\x00\x01\x00deflate\x00")
    data[deflate : deflate + 2] = (32004).to_bytes(2, "little")
    (place / BAD).write_bytes(data)


def external_link(place: Place, target: str = "elsewhere/other.h5") -> None:
    if target:
        shutil.copy(place / "mice/G1.h5", place / "elsewhere/other.h5")
    with h5py.File(place / BAD, "r+") as h5:
        del h5["Images"]
        h5["Images"] = h5py.ExternalLink("../elsewhere/other.h5", "/Images")


def external_storage(place: Place) -> None:
    (place / "raw.bin").write_bytes(bytes(2 * int(np.prod(SHAPE))))
    with h5py.File(place / BAD, "r+") as h5:
        del h5["Images"]
        h5.create_dataset("Images", SHAPE, np.uint16, external=[(str(place / "raw.bin"), 0, h5py.h5f.UNLIMITED)])


def virtual(place: Place) -> None:
    shutil.copy(place / "mice/G1.h5", place / "elsewhere/other.h5")
    layout = h5py.VirtualLayout(SHAPE, np.uint16)
    layout[...] = h5py.VirtualSource("../elsewhere/other.h5", "Images", SHAPE)
    with h5py.File(place / BAD, "r+") as h5:
        del h5["Images"]
        h5.create_virtual_dataset("Images", layout)


def enormous(place: Place) -> None:
    """A file of a few kB that claims images of 160 TB; HDF5 does not store empty chunks."""
    with h5py.File(place / BAD, "w") as h5:
        h5.create_dataset("Images", (200_000, 200_000, 40, 50), np.uint16, chunks=(200, 200, 1, 1))


def locked(place: Place) -> None:
    """Hold the lock of a program that is writing the file."""
    place.held = open(place / BAD)  # noqa: SIM115
    fcntl.flock(place.held, fcntl.LOCK_EX)


def linked(target):
    """Replace the mouse file by a symbolic link."""

    def spoil(place):
        (place / BAD).unlink()
        (place / BAD).symlink_to(target)

    return spoil


def folder_instead(place: Place) -> None:
    (place / BAD).unlink()
    (place / BAD).mkdir()


def pipe_instead(place: Place) -> None:
    (place / BAD).unlink()
    os.mkfifo(place / BAD)


def swapped_labels(masks):
    return np.array([0, 2, 1], np.uint8)[masks]


def blank_slice(place: Place) -> None:
    both(lambda values: np.where(np.arange(SHAPE[2])[:, None] == 1, 0, values))(place)


def one_frame(place: Place) -> None:
    both(lambda values: values[..., :1])(place)
    put("Frames_with_ROI", lambda frames: frames[:1])(place)
    (place / "observer/Bad.h5").unlink()


def one_slice(place: Place) -> None:
    both(lambda values: values[:, :, :1])(place)
    put("Masks", lambda values: values[:, :, :1], "observer/Bad.h5")(place)


def matlab_axes(place: Place) -> None:
    both(lambda values: values.transpose())(place)


def slice_frame_swapped(place: Place) -> None:
    both(lambda values: values.swapaxes(2, 3))(place)
    no_datasets("Frames_with_ROI")(place)
    (place / "observer/Bad.h5").unlink()


def no_datasets(*names):
    def change(h5):
        for name in names:
            del h5[name]

    return edit(change)


def off_centre(place: Place) -> None:
    """A large image, 300 pixels across, with the heart in a corner, outside what the shipped network sees."""

    def moved(values):
        large = np.zeros((300, 300, *SHAPE[2:]), values.dtype)
        large[: SHAPE[0], : SHAPE[1]] = values
        return large

    both(moved)(place)
    put("Images", lambda values: values + 1)(place)
    put("Masks", moved, "observer/Bad.h5")(place)
    place.study["readers"]["murmur"] = {"weights": "murmur"}


def tiny(place: Place) -> None:
    both(lambda values: values[18:22, 15:19])(place)
    put("Masks", lambda values: values[18:22, 15:19], "observer/Bad.h5")(place)
