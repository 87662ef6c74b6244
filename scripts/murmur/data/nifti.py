"""A folder of NIfTI files as a source of mice: 4D images, with masks as 4D files or as one file per annotated frame."""

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from murmur.data.nifti_file import open_frames, open_nifti, read_header
from murmur.data.nifti_masks import NiftiMasks, check_template, name_pattern
from murmur.errors import BadInput

if TYPE_CHECKING:
    from nibabel import Nifti1Pair


class NiftiFolder(NiftiMasks):
    """A folder of NIfTI files.

    Parameters
    ----------
    nifti : str
        The folder.
    images : str
        Template of the names of the images, with `{mouse}` once, and `{frame}` if there is one file per frame.
    labels, frames_from, masks, ignore
        As for `NiftiMasks`; without `masks`, the mice have no contours.

    Raises
    ------
    BadInput
        If a template is not a file name with `{mouse}` once and `{frame}` at most once, or if a label has two meanings.
    """

    KEYS = ("nifti", "images", "masks", "labels", "ignore", "frames_from")

    def __init__(
        self,
        nifti: str,
        images: str,
        labels: dict[str, int],
        frames_from: int = 1,
        masks: str | None = None,
        ignore: Sequence[int] = (),
    ):
        self.images = images
        check_template("source.images", images)
        super().__init__(nifti, masks, labels, frames_from, ignore)

    def mice(self) -> list[str]:
        """Return the mice with an image; files that also match the mask template are not images."""
        mask = name_pattern(self.masks) if self.masks else None
        found = (self._image.fullmatch(path.name) for path in self._files)
        return sorted({m["mouse"] for m in found if m and not (mask and mask.fullmatch(m.string))})

    @cached_property
    def _image(self) -> re.Pattern:
        """The pattern of the names of images."""
        return name_pattern(self.images)

    def image_files(self, mouse: str) -> list[Path]:
        """Return the files of the image of a mouse: one, or those of the frames in the order of their numbers.

        Raises BadInput if a frame is missing, or there twice.
        """
        if "{frame}" not in self.images:
            return [self.folder / self.images.replace("{mouse}", mouse)]
        found = [(match, path) for path in self._files if (match := self._image.fullmatch(path.name))]
        numbered = sorted((int(match["frame"]), path) for match, path in found if match["mouse"] == mouse)
        numbers = [number for number, _ in numbered]
        if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            raise BadInput(
                f"{numbered[0][1]}: found the frames {', '.join(map(str, numbers))}, expected consecutive numbers; add "
                "the missing frame, or remove what is there twice"
            )
        return [path for _, path in numbered]

    def image_file(self, mouse: str) -> Path:
        """Return the path of the image of a mouse, or that of its first frame."""
        return self.image_files(mouse)[0]

    def open_image(self, mouse: str) -> "Nifti1Pair":
        """Open the 4D image of a mouse without reading its values. Raises BadInput if a file is invalid."""
        files = self.image_files(mouse)
        return open_frames(files) if "{frame}" in self.images else open_nifti(files[0])

    def files(self, mouse: str) -> list[Path]:
        """Return all files of a mouse."""
        return [*self.image_files(mouse), *self.mask_files(mouse)]

    def check_headers(
        self,
        mouse: str,
        spacing_mm: list[float] | None = None,
        frame_interval_ms: float | None = None,
        override: bool = False,
    ) -> dict:
        """Check the files of a mouse without reading their values.

        Parameters
        ----------
        mouse : str
            Name of the mouse.
        spacing_mm, frame_interval_ms, override
            As for `read_header`.

        Returns
        -------
        dict
            Values of JSON: `shape` (row, column, slice, frame) and `type` of the image, `has_masks`, `spacing_mm` and
            `frame_interval_ms`.

        Raises
        ------
        BadInput
            If a file cannot be read, the image is not 4D, or a mask does not have its grid or frames.
        """
        image = self.open_image(mouse)
        _, spacing, interval = read_header(self.image_file(mouse), spacing_mm, frame_interval_ms, override, image)
        self.check_masks(mouse, image)
        return {
            "shape": list(image.shape),
            "type": str(image.get_data_dtype()),
            "has_masks": bool(self.mask_files(mouse)),
            "spacing_mm": spacing,
            "frame_interval_ms": interval,
        }
