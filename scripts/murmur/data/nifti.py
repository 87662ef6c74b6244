"""A folder of NIfTI files as a source of mice: 4D images, or a file per slice or frame, with masks."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from murmur.data.nifti_file import open_nifti, read_header
from murmur.data.nifti_masks import NiftiMasks, check_template, name_pattern
from murmur.data.nifti_stack import open_frames, open_slices
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
        Template of the names of the images, with `{mouse}` once, `{slice}` if there is one file per slice, and
        `{frame}` if there is one per frame.
    labels, frames_from, masks, ignore
        As for `NiftiMasks`; without `masks`, the mice have no contours.

    Raises
    ------
    BadInput
        If a template is not a file name with `{mouse}` once, and `{slice}` and `{frame}` at most once, or if a label
        has two meanings.
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
        return sorted(self._images)

    @cached_property
    def _images(self) -> dict[str, list[tuple[int, int, Path]]]:
        """The files of the images of each mouse, with the numbers of slice and frame in their names, 0 without."""
        image, mask = name_pattern(self.images), name_pattern(self.masks) if self.masks else None
        found: dict[str, list[tuple[int, int, Path]]] = {}
        for path in self._files:
            match = image.fullmatch(path.name)
            if match and not (mask and mask.fullmatch(path.name)):
                parts = match.groupdict()
                numbers = int(parts.get("slice", 0)), int(parts.get("frame", 0))
                found.setdefault(match["mouse"], []).append((*numbers, path))
        return found

    def image_files(self, mouse: str) -> list[Path]:
        """Return the files of the image of a mouse. Raises BadInput as `_by_slice`."""
        return [path for frames in self._by_slice(mouse).values() for path in frames]

    def _by_slice(self, mouse: str) -> dict[int, list[Path]]:
        """Return the files of the frames of each slice; without `{slice}` in the names, there is slice 0.

        Raises BadInput if a frame is missing, or a slice or frame is there twice.
        """
        slices: dict[int, list[tuple[int, Path]]] = {}
        absent = [(0, 0, self.folder / self.images.replace("{mouse}", mouse))]  # named by the error of opening it
        for number, frame, path in self._images.get(mouse, absent):
            slices.setdefault(number, []).append((frame, path))
        found, expected = {}, None
        for number, frames in sorted(slices.items()):
            numbers, found[number] = map(list, zip(*sorted(frames), strict=True))
            if "{slice}" in self.images and "{frame}" not in self.images and len(numbers) > 1:
                raise BadInput(
                    f"{found[number][1]}: found the same slice in {found[number][0]}, expected one; remove one"
                )
            expected = expected or list(range(numbers[0], numbers[0] + len(numbers)))
            if numbers != expected:
                raise BadInput(
                    f"{found[number][0]}: found the frames {', '.join(map(str, numbers))}, expected consecutive "
                    f"numbers{', the same in all slices' * (len(slices) > 1)}; add the missing frame, or remove what "
                    "is there twice"
                )
        return found

    def image_file(self, mouse: str) -> Path:
        """Return the path of the image of a mouse, or that of its first slice and frame."""
        return self.image_files(mouse)[0]

    def open_image(self, mouse: str) -> "Nifti1Pair":
        """Open the 4D image of a mouse without reading its values. Raises BadInput if a file is invalid."""
        files = self._by_slice(mouse)
        if "{slice}" in self.images:
            return open_slices(f"{self.folder}, {mouse}", files, "{frame}" in self.images)
        return open_frames(files[0]) if "{frame}" in self.images else open_nifti(files[0][0])

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
