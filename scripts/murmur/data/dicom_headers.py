"""DICOM headers: the images in the files of a folder or zip archive, with what places each in space and in the beat.

Classic files hold one image; Enhanced files hold many, whose positions and times are in functional groups. Only the
tags that are used are kept, so that no name, date or identifier of a patient goes further.
"""

import contextlib
import hashlib
import io
import struct
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from murmur.data.cine_stack import Image
from murmur.data.scan_files import Files, names_in
from murmur.errors import BadInput
from murmur.files import reading

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MAGIC = slice(128, 132)  # where a DICOM file has the letters DICM
HEADER = 2**17  # bytes of a file that contain most headers
MR_IMAGES = ("1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.4.1")  # MR, Enhanced MR Image Storage
OTHER_PARTS = {"P", "R", "I", "PHASE", "PHASE MAP", "VELOCITY", "VELOCITY MAP", "REAL", "IMAGINARY"}  # in ImageType
TAGS = [
    "Modality", "StudyInstanceUID", "SeriesInstanceUID", "SeriesNumber", "InstanceNumber", "ImageType", "Rows",
    "Columns", "PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient", "TriggerTime", "NominalInterval",
    "TemporalPositionIdentifier", "SamplesPerPixel", "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
]  # fmt: skip
TAGS_OF_FRAMES = [  # in the functional groups of Enhanced files
    "PixelMeasuresSequence", "PlaneOrientationSequence", "PlanePositionSequence", "CardiacSynchronizationSequence",
    "NominalCardiacTriggerDelayTime", "RRIntervalTimeNominal", "FrameContentSequence", "TemporalPositionIndex",
    "MRImageFrameTypeSequence", "FrameType",
]  # fmt: skip


def read_dataset(files: Files, name: str, **options) -> "Dataset | None":
    """Return the dataset of a file, with the options of `pydicom.dcmread`; None unless it is a DICOM file.

    Raises BadInput if it is one, and cannot be read.
    """
    if files.archive is None:
        path = files.at(name)
        with contextlib.suppress(Exception), open(path, "rb") as file:
            return _dataset(file, options)
        with reading(path, "DICOM file"), open(path, "rb") as file:  # again, to say what is wrong
            return _dataset(file, options)
    try:
        with files.archive.open(name) as packed:
            return _dataset(packed, options)
    except Exception as error:
        raise BadInput(
            f"{files.where(name)}: found no readable DICOM file ({' '.join(str(error).split())[:200]}), expected "
            "one; copy or export it again"
        ) from None


def _dataset(file: io.BufferedIOBase, options: dict) -> "Dataset | None":
    start = file.read(MAGIC.stop)
    if start[MAGIC] != b"DICM":
        return None
    import pydicom  # only now, because most studies have no DICOM files and each call of Snakemake would wait for it

    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE  # odd values of tags that are not used
    if options.get("stop_before_pixels"):
        start += file.read(HEADER - MAGIC.stop)
        in_memory = io.BytesIO(start)  # from which headers are read much faster than from a file
        with contextlib.suppress(Exception):
            dataset = pydicom.dcmread(in_memory, **options)
            if in_memory.tell() < len(start) or len(start) < HEADER:  # the header is not longer
                return dataset
    if isinstance(file, zipfile.ZipExtFile):
        file = io.BytesIO(start + file.read())
    file.seek(0)
    return pydicom.dcmread(file, **options)


def read_images(path: str | Path, names: Sequence[str] | None = None) -> list[Image]:
    """Return the MR images with a place in space in the DICOM files of a folder or zip archive.

    All files are read, or only those called `names`. Raises BadInput if a DICOM file cannot be read.
    """
    images = []
    with Files(path) as files:
        for name in names_in(path) if names is None else names:
            dataset = read_dataset(files, name, stop_before_pixels=True, specific_tags=_tags())
            if dataset is None:
                continue
            if "Rows" not in dataset and dataset.file_meta.get("MediaStorageSOPClassUID") in MR_IMAGES:
                raise BadInput(f"{files.where(name)}: found a truncated header, expected an image; export it again")
            if "Rows" in dataset and dataset.get("Modality") == "MR":
                with _header_of(files.where(name)):
                    images.extend(_images(name, _plain(dataset)))
    return images


@cache
def _tags() -> list[int]:
    """Return the tags of a file that are used."""
    from pydicom.tag import Tag

    return [*map(Tag, TAGS)]


@cache
def _keywords() -> dict[int, str]:
    """Return the names of the tags that are used."""
    from pydicom.datadict import tag_for_keyword

    return {tag_for_keyword(name): name for name in (*TAGS, *TAGS_OF_FRAMES)}


def _plain(dataset: "Dataset") -> dict:
    """Return the tags that are used as a dict, sequences as lists of such; it is read much faster than a dataset."""
    names, found = _keywords(), {}
    for tag, element in dataset.items():
        name = names.get(int(tag))
        if name is None:
            continue
        if element.VR in VALUES and isinstance(element.value, bytes):
            found[name] = VALUES[element.VR](element.value, "<" if element.is_little_endian else ">")
        else:
            value = dataset[tag].value
            found[name] = [*map(_plain, value or [])] if dataset[tag].VR == "SQ" else value
    return found


def _texts(stored: bytes) -> list[str]:
    return [part.strip("\0 ") for part in stored.decode("latin-1").split("\\")]


def _one(values: Sequence) -> object:
    """Return a single value itself, as pydicom does, and several as they are; None if there is none."""
    return values[0] if len(values) == 1 else values or None


def _decimals(stored: bytes, _order: str) -> object:
    return _one([float(text) if text else "" for text in _texts(stored)])


def _numbers_of(kind: str) -> Callable[[bytes, str], object]:
    """Return a function that decodes binary numbers of a type of `struct`."""
    size = struct.calcsize(kind)
    return lambda stored, order: _one(struct.unpack(f"{order}{len(stored) // size}{kind}", stored))


# How stored values are decoded, by their representation (PS3.5, 6.2). pydicom checks and wraps each of them, which
# takes most of the time in which thousands of headers are read.
VALUES = {
    **dict.fromkeys(("CS", "UI"), lambda stored, _order: _one(_texts(stored))),
    **dict.fromkeys(("DS", "IS"), _decimals),
    **{kind: _numbers_of(name) for kind, name in {"US": "H", "UL": "I", "FL": "f", "FD": "d"}.items()},
}


@contextlib.contextmanager
def _header_of(where: str) -> Iterator[None]:
    """Turn an exception of the block into a BadInput that names the file."""
    try:
        yield
    except Exception as error:
        raise BadInput(
            f"{where}: found a header that cannot be read ({' '.join(str(error).split())[:200]}), expected position "
            "and size of each image; export it again"
        ) from None


def _images(name: str, dataset: dict) -> Iterator[Image]:
    """Return the images of a file that have position, orientation and pixel spacing."""
    if "PerFrameFunctionalGroupsSequence" in dataset:
        shared = (dataset.get("SharedFunctionalGroupsSequence") or [{}])[0]
        # Classic files may have these groups too, empty, when a program has rewritten them.
        groups = [(group, shared, dataset) for group in dataset["PerFrameFunctionalGroupsSequence"]]
    else:
        groups = [(dataset,)]
    for frame, group in enumerate(groups):
        image = _image(name, frame, dataset, *group)
        if image is not None:
            yield image


def _value(groups: tuple[dict, ...], tag: str, sequence: str | None = None):
    """Return the value of a tag in the first of some groups that has it, in an item of `sequence` or directly."""
    for group in groups:
        items = [group] if sequence is None else [*(group.get(sequence) or []), group]
        for item in items:
            if (value := item.get(tag)) not in (None, ""):
                return value
    return None


def _numbers(value, count: int) -> tuple[float, ...] | None:
    try:
        return tuple(float(number) for number in value) if len(value) == count else None
    except TypeError:
        return None


def _digest(identifier: str) -> str:
    return hashlib.sha256(str(identifier).encode()).hexdigest()[:16]


def _image(name: str, frame: int, dataset: dict, *groups: dict) -> Image | None:
    pixel_mm = _numbers(_value(groups, "PixelSpacing", "PixelMeasuresSequence"), 2)
    orientation = _numbers(_value(groups, "ImageOrientationPatient", "PlaneOrientationSequence"), 6)
    position = _numbers(_value(groups, "ImagePositionPatient", "PlanePositionSequence"), 3)
    if pixel_mm is None or orientation is None or position is None or int(dataset.get("SamplesPerPixel", 1)) != 1:
        return None
    time = _value(groups, "NominalCardiacTriggerDelayTime", "CardiacSynchronizationSequence")
    time = _value(groups, "TriggerTime") if time is None else time
    order = _value(groups, "TemporalPositionIndex", "FrameContentSequence")
    order = _value(groups, "TemporalPositionIdentifier") if order is None else order
    cycle = _value(groups, "RRIntervalTimeNominal", "CardiacSynchronizationSequence")
    cycle = _value(groups, "NominalInterval") if cycle is None else cycle
    kinds = _value(groups, "FrameType", "MRImageFrameTypeSequence") or dataset.get("ImageType") or []
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return Image(
        file=name,
        frame=frame,
        study=_digest(dataset.get("StudyInstanceUID", "")),
        series=_digest(dataset.get("SeriesInstanceUID", "")),
        label=str(int(dataset.get("SeriesNumber") or 0)),
        instance=int(dataset.get("InstanceNumber") or 0),
        shape=(int(dataset["Rows"]), int(dataset["Columns"])),
        pixel_mm=pixel_mm,
        orientation=orientation,
        position=position,
        time_ms=None if time is None else float(time),
        order=None if order is None else int(order),
        cycle_ms=None if cycle is None or float(cycle) <= 0 else float(cycle),
        magnitude=not OTHER_PARTS & {str(kind).strip().upper() for kind in kinds},
    )
