"""DICOM files of a scan session, written for the tests: every image has a value for each slice, frame and pixel."""

from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import EnhancedMRImageStorage, ExplicitVRLittleEndian, MRImageStorage, generate_uid

ROWS, COLUMNS, SLICES, FRAMES = 12, 10, 4, 6
PIXEL_MM, SLICE_MM, INTERVAL_MS = (0.2, 0.25), 1.1, 8.0
STUDY = generate_uid(entropy_srcs=["study"])


def value(row, column, number, frame):
    """Return the value of a pixel; arguments are arrays or indices."""
    return 1 + row + 20 * column + 400 * number + 4000 * frame


def planes(number: int, frame: int) -> np.ndarray:
    """Return an image, uint16."""
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    return value(rows, columns, number, frame).astype(np.uint16)


def _file(dataset: Dataset, kind: str, pixels: np.ndarray, path: Path) -> None:
    dataset.SOPClassUID, dataset.SOPInstanceUID = kind, generate_uid()
    dataset.Rows, dataset.Columns = pixels.shape[-2:]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, int(pixels.dtype.kind == "i")
    dataset.PixelData = pixels.tobytes()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID, dataset.file_meta.MediaStorageSOPInstanceUID = (
        kind,
        dataset.SOPInstanceUID,
    )
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)


def header(series: int = 5, **values) -> Dataset:
    """Return a header with what all images of a series share, and `values`."""
    dataset = Dataset()
    dataset.Modality, dataset.StudyInstanceUID, dataset.SeriesNumber = "MR", STUDY, series
    dataset.SeriesInstanceUID = generate_uid(entropy_srcs=[str(series)])
    dataset.RepetitionTime, dataset.SliceThickness = 3.3, 0.8  # neither is an interval or a distance
    for name, given in values.items():
        setattr(dataset, name, given)
    return dataset


def place_of(number: int, orientation, origin, side: int) -> list[float]:
    """Return the position of a slice on one side of the first, 1 along the normal or -1 against it."""
    normal = np.cross(orientation[:3], orientation[3:])
    return rounded(np.array(origin) + side * number * SLICE_MM * normal)


def rounded(numbers) -> list[float]:
    """Return numbers with the digits that a text of DICOM can have."""
    return [float(f"{number:.9f}") for number in numbers]


def write_image(
    folder: Path, number: int, frame: int, orientation=(1, 0, 0, 0, 1, 0), origin=(0, 0, 0), side=1, **values
):
    """Write one classic file, of slice `number` and `frame`; `values` replace those of the header."""
    pixels = values.pop("pixels", planes(number, frame))
    dataset = header(
        **{
            "PixelSpacing": list(PIXEL_MM),
            "ImageOrientationPatient": rounded(orientation),
            "ImagePositionPatient": place_of(number, orientation, origin, side),
            "InstanceNumber": number * FRAMES + frame + 1,
            "TriggerTime": frame * INTERVAL_MS,
            "NominalInterval": round(FRAMES * INTERVAL_MS),
            **values,
        }
    )
    series, instance = dataset.SeriesNumber, dataset.InstanceNumber
    _file(dataset, MRImageStorage, pixels, folder / f"{series}_{instance}_{number}_{frame}.dcm")


def write_cine(folder: Path, slices=range(SLICES), frames=range(FRAMES), **values) -> None:
    """Write a classic cine, one file per slice and frame."""
    for number in slices:
        for frame in frames:
            write_image(folder, number, frame, **values)


def write_enhanced(
    path: Path,
    order: list[tuple[int, int]],
    dimensions: str = "TSZ",
    orientation=(1, 0, 0, 0, 1, 0),
    origin=(0, 0, 0),
    side=1,
) -> None:
    """Write a cine as one Enhanced file, whose images have the slices and frames of `order`.

    `dimensions` are those of the index of images, in order: time, stack, and position in the stack.
    """

    def item(**values):
        dataset = Dataset()
        for name, given in values.items():
            setattr(dataset, name, given)
        return pydicom.Sequence([dataset])

    dataset = header(InstanceNumber=1, NumberOfFrames=len(order))
    dataset.SharedFunctionalGroupsSequence = item(
        PixelMeasuresSequence=item(PixelSpacing=list(PIXEL_MM), SliceThickness=0.8),
        PlaneOrientationSequence=item(ImageOrientationPatient=rounded(orientation)),
    )
    pointers = {"T": 0x00209128, "S": 0x00209056, "Z": 0x00209057}
    dataset.DimensionIndexSequence = pydicom.Sequence(
        [item(DimensionIndexPointer=pointers[name], FunctionalGroupPointer=0x00209111)[0] for name in dimensions]
    )
    groups = []
    for number, frame in order:
        index = {"T": frame + 1, "S": 1, "Z": number + 1}
        groups += item(
            FrameContentSequence=item(
                StackID="1",
                InStackPositionNumber=number + 1,
                TemporalPositionIndex=frame + 1,
                DimensionIndexValues=[index[name] for name in dimensions],
            ),
            PlanePositionSequence=item(ImagePositionPatient=place_of(number, orientation, origin, side)),
            CardiacSynchronizationSequence=item(NominalCardiacTriggerDelayTime=frame * INTERVAL_MS),
        )
    dataset.PerFrameFunctionalGroupsSequence = pydicom.Sequence(groups)
    _file(dataset, EnhancedMRImageStorage, np.stack([planes(*place) for place in order]), path)
