"""DICOM headers: the images in the files of a folder or zip archive, with what places each in space and in the beat.

Classic files hold one image; Enhanced files hold many, whose positions and times are in functional groups. Only the
tags that are used are kept, so that no name, date or identifier of a patient goes further.
"""

import contextlib
import hashlib
import io
import math
import re
import struct
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from murmur.data.scan_files import Files, names_in
from murmur.data.scan_images import Image, LeftOut
from murmur.errors import BadInput
from murmur.files import reading

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MAGIC = slice(128, 132)  # where a DICOM file has the letters DICM
NAMED_LIKE_DICOM = (".dcm", ".dicom", ".ima", ".dcm.gz", ".ima.gz")  # in lower case
HEADER = 2**17  # bytes of a file that contain most headers
MR_IMAGES = {  # MR, Enhanced MR and Legacy Converted Enhanced MR Image Storage
    "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.4.1", "1.2.840.10008.5.1.4.1.1.4.4",
}  # fmt: skip
# Words of the ImageType or FrameType of phases, velocities, real and imaginary parts, and maps.
OTHER_PARTS = {"P", "R", "I", "PHASE", "VELOCITY", "FLOW", "REAL", "IMAGINARY", "MAP", "PROJECTION"}
OTHER_KIND = "of phases, velocities, parts or maps"
NORMAL = 0.01  # largest difference of the directions of an image from perpendicular unit vectors
TAGS = [
    "Modality", "StudyInstanceUID", "SeriesInstanceUID", "SeriesNumber", "AcquisitionNumber", "InstanceNumber",
    "ImageType", "ComplexImageComponent", "SequenceName", "PulseSequenceName", "EchoTime", "InversionTime", "Rows",
    "Columns", "PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient", "TriggerTime", "NominalInterval",
    "HeartRate", "TemporalPositionIdentifier", "SamplesPerPixel", "NumberOfFrames", "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
]  # fmt: skip
TAGS_OF_FRAMES = [  # in the functional groups of Enhanced files
    "PixelMeasuresSequence", "PlaneOrientationSequence", "PlanePositionSequence", "CardiacSynchronizationSequence",
    "NominalCardiacTriggerDelayTime", "ActualCardiacTriggerDelayTime", "RRIntervalTimeNominal", "FrameContentSequence",
    "TemporalPositionIndex", "FrameAcquisitionNumber", "MRImageFrameTypeSequence", "FrameType", "MREchoSequence",
    "EffectiveEchoTime", "MRModifierSequence", "InversionTimes", "UnassignedPerFrameConvertedAttributesSequence",
    "UnassignedSharedConvertedAttributesSequence",
]  # fmt: skip
CONVERTED = [  # where Legacy Converted files keep other tags
    f"Unassigned{which}ConvertedAttributesSequence" for which in ("PerFrame", "Shared")
]


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


def read_images(path: str | Path, names: Sequence[str] | None = None) -> tuple[list[Image], list[LeftOut]]:
    """Return the MR images in the DICOM files of a folder or zip archive, and what of MR is left out.

    All files are read, or only those called `names`. Raises BadInput if a DICOM file cannot be read.
    """
    images: list[Image] = []
    others: Counter[tuple[str, str, str, bool]] = Counter()
    with Files(path) as files:
        for name in names_in(path) if names is None else names:
            dataset = read_dataset(files, name, stop_before_pixels=True, specific_tags=_tags())
            if dataset is None:
                if ending := next(filter(name.lower().endswith, NAMED_LIKE_DICOM), ""):
                    others["", "", ending, True] += 1
                continue
            is_mr = dataset.file_meta.get("MediaStorageSOPClassUID") in MR_IMAGES
            if "Rows" not in dataset and is_mr:
                raise BadInput(f"{files.where(name)}: found a truncated header, expected an image; export it again")
            if "Rows" in dataset and (is_mr or dataset.get("Modality") == "MR"):
                with _header_of(files.where(name)):
                    for found in _images(name, _plain(dataset)):
                        if isinstance(found, Image):
                            images.append(found)
                        else:
                            others[*found, is_mr and found[2] != OTHER_KIND] += 1
    return images, [_left_out(count, *other) for other, count in others.items()]


def _left_out(count: int, series: str, label: str, why: str, lost: bool) -> LeftOut:
    """Return what is left out of a series for one reason or, without a series, files with one ending."""
    if label:
        return LeftOut(series, label, f"series {label}: {count} image{'s' * (count > 1)} {why}", lost)
    files = f"1 {why} file that is" if count == 1 else f"{count} {why} files that are"
    return LeftOut("", "", f"{files} not DICOM", lost)


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
    **dict.fromkeys(("CS", "SH", "UI"), lambda stored, _order: _one(_texts(stored))),
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


def _images(name: str, dataset: dict) -> Iterator[Image | tuple[str, str, str]]:
    """Return the images of a file, or series, label and reason of those that cannot be used."""
    # Classic files may have these groups, too, empty, when a program has rewritten them.
    if per_frame := dataset.get("PerFrameFunctionalGroupsSequence"):
        frames = int(dataset.get("NumberOfFrames") or len(per_frame))
        if len(per_frame) != frames:
            raise ValueError(f"{frames} frames, but positions and times of {len(per_frame)}")
        shared = (dataset.get("SharedFunctionalGroupsSequence") or [{}])[0]
        groups = [(group, shared, dataset) for group in per_frame]
    else:
        groups = [(dataset,)] * int(dataset.get("NumberOfFrames") or 1)
    place = _digest(dataset.get("SeriesInstanceUID", "")), str(int(dataset.get("SeriesNumber") or 0))
    for frame, group in enumerate(groups):
        geometry = _geometry(group) if per_frame or len(groups) == 1 else None
        if not _is_magnitude(group):
            yield *place, OTHER_KIND
        elif geometry is None:
            yield *place, "without a position, orientation and pixel spacing of each"
        elif int(dataset.get("SamplesPerPixel") or 1) != 1:
            yield *place, "in colour"
        else:
            yield _image(name, frame, dataset, place, geometry, group)


def _value(groups: tuple[dict, ...], *tags: str):
    """Return the value of the first of some tags, such as Sequence.Tag, that one of the groups has; else None."""
    for tag in tags:
        sequence, _, tag = tag.rpartition(".")
        for group in groups:
            for item in group.get(sequence) or [] if sequence else [group]:
                if (value := item.get(tag)) not in (None, ""):
                    return value
    return None


def _number(groups: tuple[dict, ...], *tags: str) -> float | None:
    """Return the first number that is known by one of some tags, as `_value`."""
    value = _value(groups, *tags)
    value = value[0] if isinstance(value, list | tuple) else value
    return None if value is None else float(value)


def _numbers(value, count: int) -> tuple[float, ...] | None:
    """Return finite numbers; None unless there are `count`."""
    try:
        found = tuple(float(number) for number in value)
    except TypeError:
        return None
    return found if len(found) == count and all(map(math.isfinite, found)) else None


def _digest(identifier: str) -> str:
    return hashlib.sha256(str(identifier).encode()).hexdigest()[:16]


def _geometry(groups: tuple[dict, ...]) -> tuple[tuple[float, ...], ...] | None:
    """Return pixel spacing, orientation and position of an image; None if one is missing or impossible."""
    pixel_mm = _numbers(_value(groups, "PixelMeasuresSequence.PixelSpacing", "PixelSpacing"), 2)
    orientation = _numbers(
        _value(groups, "PlaneOrientationSequence.ImageOrientationPatient", "ImageOrientationPatient"), 6
    )
    position = _numbers(_value(groups, "PlanePositionSequence.ImagePositionPatient", "ImagePositionPatient"), 3)
    if pixel_mm is None or orientation is None or position is None or not min(pixel_mm) > 0:
        return None
    directions = np.reshape(orientation, (2, 3))
    if not np.allclose(directions @ directions.T, np.eye(2), rtol=0, atol=NORMAL):
        return None
    return pixel_mm, orientation, position


def _is_magnitude(groups: tuple[dict, ...]) -> bool:
    """Return whether an image shows the magnitude of the signal: no phase or velocity, no part or map."""
    kinds = _value(groups, "MRImageFrameTypeSequence.FrameType", "ImageType") or []
    words = re.findall("[A-Z0-9]+", " ".join([kinds] if isinstance(kinds, str) else map(str, kinds)).upper())
    part = _value(groups, "MRImageFrameTypeSequence.ComplexImageComponent", "ComplexImageComponent")
    return part in (None, "MAGNITUDE", "MIXED") and not OTHER_PARTS & set(words)


def _image(
    name: str, frame: int, dataset: dict, place: tuple[str, str], geometry: tuple, groups: tuple[dict, ...]
) -> Image:
    beat = "CardiacSynchronizationSequence"
    delays = (f"{beat}.{kind}CardiacTriggerDelayTime" for kind in ("Nominal", "Actual"))
    order = _number(groups, "FrameContentSequence.TemporalPositionIndex", "TemporalPositionIdentifier")
    converted = [f"{sequence}.NominalInterval" for sequence in CONVERTED]
    cycle = _number(groups, f"{beat}.RRIntervalTimeNominal", "NominalInterval", *converted)
    rate = _number(groups, "HeartRate", *(f"{sequence}.HeartRate" for sequence in CONVERTED))
    if not cycle or cycle < 0:
        cycle = 60_000 / rate if rate and rate > 0 else None
    echo = _number(groups, "MREchoSequence.EffectiveEchoTime", "EchoTime")
    pixel_mm, orientation, position = geometry
    sequence = str(_value((dataset,), "PulseSequenceName", "SequenceName") or "")
    return Image(
        file=name,
        frame=frame,
        study=_digest(dataset.get("StudyInstanceUID", "")),
        series=place[0],
        label=place[1],
        instance=int(dataset.get("InstanceNumber") or 0),
        acquisition=int(_number(groups, "FrameContentSequence.FrameAcquisitionNumber", "AcquisitionNumber") or 0),
        sequence=sequence,
        echo_ms=None if echo is None else round(echo, 2),
        inversion_ms=_number(groups, "MRModifierSequence.InversionTimes", "InversionTime"),
        shape=(int(dataset["Rows"]), int(dataset["Columns"])),
        pixel_mm=pixel_mm,
        orientation=orientation,
        position=position,
        time_ms=_number(groups, *delays, "TriggerTime", *(f"{sequence}.TriggerTime" for sequence in CONVERTED)),
        order=None if order is None else int(order),
        cycle_ms=cycle,
        protocol=sequence,
    )
