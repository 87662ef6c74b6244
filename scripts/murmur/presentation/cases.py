"""A mouse cropped to its heart, with its slices arranged side by side, for figures, movies and contact sheets."""

from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np

from murmur.data.mouse import Mouse
from murmur.data.mouse_file import segmented_frames
from murmur.vocabulary import BLOOD_POOL

GAP = 3  # pixels between the tiles of a mosaic


@dataclass(frozen=True)
class Case:
    """A mouse cropped to its heart; arrays have the axes (row, column, slice, frame).

    `images` lie between 0 and 1; `reference` holds masks at the annotated frames only and is None without any, `masks`
    (the reader's) at the `segmented` frames. `entropy`, 0 to 100, is that of an ensemble, None for other readers.
    `measured` holds the frames of ED and ES at which the reader was measured, None where they are not known.
    """

    mouse: Mouse
    images: np.ndarray
    reference: np.ndarray | None
    masks: np.ndarray
    segmented: tuple[int, ...]
    entropy: np.ndarray | None = None
    measured: tuple[int, int] | None = None

    @property
    def pixel_aspect(self) -> float:
        """Height of a pixel over its width."""
        return self.mouse.spacing_mm[0] / self.mouse.spacing_mm[1]

    @property
    def phases(self) -> dict[int, str]:
        """Phase of the annotated frames; without any, of the reader's own ones."""
        return self.mouse.phases if self.mouse.annotated_frames else self.own_phases

    @property
    def own_phases(self) -> dict[int, str]:
        """Phase of the frames at which the reader was measured or, where these are not known, of its frames of largest
        and smallest blood pool; of the only frame, single.
        """
        if self.measured:
            return dict(zip(self.measured, ("ED", "ES"), strict=True))
        if len(self.segmented) < 2:
            return dict.fromkeys(self.segmented, "single")
        volume = {frame: np.count_nonzero(self.masks[..., frame] == BLOOD_POOL) for frame in self.segmented}
        return {max(volume, key=volume.get): "ED", min(volume, key=volume.get): "ES"}

    @property
    def shown_frame(self) -> int:
        """The frame to print: ES as in the published study, else the first annotated or segmented one."""
        return next((frame for frame, phase in self.phases.items() if phase == "ES"), next(iter(self.phases)))


def named(mouse: Mouse) -> str:
    """Name a mouse with its phenotype, if it is known."""
    return f"{mouse.name} ({mouse.phenotype})" if mouse.phenotype else mouse.name


def read_case(
    mouse: Mouse, file: str | Path, segmentation: str | Path, measured: tuple[int, int] | None = None
) -> Case:
    """Read the images of a mouse and both masks, cropped to a square around everything that was segmented.

    `file` is that of the mouse, `segmentation` that of the reader, which was `measured` at these frames.

    The grey-level window is set for each slice over all frames, from the 1st to the 99.5th percentile of the crop,
    because surface coils and slice-wise scaling cause intensities to differ between slices.
    """
    with h5py.File(segmentation, "r") as segmented:
        masks = segmented["Masks"][()]
        entropy = segmented["Entropy"][()] if "Entropy" in segmented else None
    with h5py.File(file, "r") as expert:
        reference = expert["Masks"][()].astype(np.uint8) if mouse.annotated_frames else None
        footprint = (masks > 0).any(axis=(2, 3))
        box = heart_box(footprint if reference is None else footprint | (reference > 0).any(axis=(2, 3)))
        images = expert["Images"][box].astype(np.float32)
    low, high = np.percentile(images, (1, 99.5), axis=(0, 1, 3), keepdims=True)
    images = np.clip((images - low) / np.maximum(high - low, 1e-6), 0, 1)
    frames = tuple(segmented_frames(segmentation))
    reference, entropy = (None if stack is None else stack[box] for stack in (reference, entropy))
    return Case(mouse, images, reference, masks[box], frames, entropy, measured)


def from_base(case: Case) -> tuple[Case, list[str]]:
    """Return a case with its slices from base to apex, and their labels: numbers, with "base" and "apex" at the ends.

    The base is the end of the stack at which the blood pool is larger, by the reader or, without its masks, by the
    expert: in the slices with blood in every frame that has any, because a reader may miss the others at one end only,
    or else in all. The slices remain in their order, without base and apex, where this cannot be decided.
    """
    labels = [str(number) for number in range(1, case.images.shape[2] + 1)]
    masks = case.masks if case.masks.any() or case.reference is None else case.reference
    areas = np.count_nonzero(masks == BLOOD_POOL, axis=(0, 1))
    areas = areas[:, areas.any(axis=0)]
    always, ever = halves(areas[(areas > 0).all(axis=1)]), halves(areas[areas.any(axis=1)])
    first, last = always if always[0] != always[1] else ever
    if first == last:
        return case, labels
    step = 1 if first > last else -1
    labels = labels[::step]
    labels[0], labels[-1] = f"{labels[0]} base", f"{labels[-1]} apex"
    stacks = {name: getattr(case, name) for name in ("images", "reference", "masks", "entropy")}
    return replace(case, **{name: stack[:, :, ::step] for name, stack in stacks.items() if stack is not None}), labels


def halves(areas: np.ndarray) -> tuple[int, int]:
    """Return the sums of areas (slice, frame) over the first and the last half of the slices, without the middle."""
    half = len(areas) // 2
    return int(areas[:half].sum()), int(areas[len(areas) - half :].sum())


def heart_box(footprint: np.ndarray, margin: float = 0.25) -> tuple[slice, slice]:
    """Return the square of rows and columns around a 2D `footprint`, with a margin proportional to its side."""
    if not footprint.any():
        return slice(0, footprint.shape[0]), slice(0, footprint.shape[1])
    spans = [np.flatnonzero(footprint.any(axis=1 - axis))[[0, -1]] for axis in (0, 1)]
    side = int(max(last - first + 1 for first, last in spans) * (1 + margin))
    box = []
    for (first, last), length in zip(spans, footprint.shape, strict=True):
        start = int(np.clip((first + last + 1 - side) // 2, 0, max(length - side, 0)))
        box.append(slice(start, min(start + side, length)))
    return box[0], box[1]


def mosaic(stack: np.ndarray, columns: int, fill: float = 0) -> np.ndarray:
    """Arrange a stack (row, column, slice) in tiles from left to right, with `fill` between them."""
    height, width, slices = stack.shape
    lines = -(-slices // columns)
    picture = np.full((lines * (height + GAP) - GAP, columns * (width + GAP) - GAP), fill, dtype=stack.dtype)
    for index in range(slices):
        top, left = index // columns * (height + GAP), index % columns * (width + GAP)
        picture[top : top + height, left : left + width] = stack[:, :, index]
    return picture
