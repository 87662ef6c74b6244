"""DICOM headers: the images in the files of a folder or zip archive, with what places each in space and in the beat.

Classic files hold one image; Enhanced files hold many, whose positions and times are in functional groups. Only the
tags that are used are kept, so that no name, date or identifier of a patient goes further.
"""

import contextlib
import io
from collections.abc import Iterator, Sequence
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
        with reading(path, "DICOM file"), open(path, "rb") as file:
            return _dataset(file, options)
    try:
        with files.archive.open(name) as packed:
            start = packed.read(MAGIC.stop)
            if start[MAGIC] != b"DICM":
                return None
            return _dataset(io.BytesIO(start + packed.read()), options)
    except Exception as error:
        raise BadInput(
            f"{files.where(name)}: found no readable DICOM file ({' '.join(str(error).split())[:200]}), expected "
            "one; copy or export it again"
        ) from None


def _dataset(file, options: dict) -> "Dataset | None":
    if file.read(MAGIC.stop)[MAGIC] != b"DICM":
        return None
    import pydicom  # only now, because most studies have no DICOM files and each call of Snakemake would wait for it

    file.seek(0)
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE  # odd values of tags that are not used
    return pydicom.dcmread(file, **options)


def read_images(path: str | Path, names: Sequence[str] | None = None) -> list[Image]:
    """Return the MR images with a place in space in the DICOM files of a folder or zip archive.

    All files are read, or only those called `names`. Raises BadInput if a DICOM file cannot be read.
    """
    images = []
    with Files(path) as files:
        for name in names_in(path) if names is None else names:
            dataset = read_dataset(files, name, stop_before_pixels=True, specific_tags=TAGS)
            if dataset is None:
                continue
            if "Rows" not in dataset and dataset.file_meta.get("MediaStorageSOPClassUID") in MR_IMAGES:
                raise BadInput(f"{files.where(name)}: found a truncated header, expected an image; export it again")
            if "Rows" in dataset and dataset.get("Modality") == "MR":
                with _header_of(files.where(name)):
                    images.extend(_images(name, _plain(dataset)))
    return images


@cache
def _keywords() -> dict[int, str]:
    """Return the names of the tags that are used."""
    from pydicom.datadict import tag_for_keyword

    return {tag_for_keyword(name): name for name in (*TAGS, *TAGS_OF_FRAMES)}


def _plain(dataset: "Dataset") -> dict:
    """Return the tags that are used as a dict, sequences as lists of such; it is read much faster than a dataset."""
    names, found = _keywords(), {}
    for tag in dataset.keys() & names.keys():
        element = dataset[tag]
        found[names[tag]] = [*map(_plain, element.value or [])] if element.VR == "SQ" else element.value
    return found


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
    return Image(
        file=name,
        frame=frame,
        study=str(dataset.get("StudyInstanceUID", "")),
        series=str(dataset.get("SeriesInstanceUID", "")),
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
