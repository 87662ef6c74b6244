"""A folder of NIfTI files as a source of mice: 4D images, with masks as 4D files or as one file per annotated frame."""

from collections.abc import Sequence
from pathlib import Path

from murmur.data.nifti_file import read_header
from murmur.data.nifti_masks import NiftiMasks, check_template, name_pattern


class NiftiFolder(NiftiMasks):
    """A folder of NIfTI files.

    Parameters
    ----------
    nifti : str
        The folder.
    images : str
        Template of the names of the images, with `{mouse}` once.
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
        image = name_pattern(self.images)
        mask = name_pattern(self.masks) if self.masks else None
        found = (image.fullmatch(path.name) for path in self._files)
        return sorted(m["mouse"] for m in found if m and not (mask and mask.fullmatch(m.string)))

    def image_file(self, mouse: str) -> Path:
        """Return the path of the 4D image of a mouse."""
        return self.folder / self.images.replace("{mouse}", mouse)

    def files(self, mouse: str) -> list[Path]:
        """Return all files of a mouse."""
        return [self.image_file(mouse), *self.mask_files(mouse)]

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
        image, spacing, interval = read_header(self.image_file(mouse), spacing_mm, frame_interval_ms, override)
        self.check_masks(mouse, image)
        return {
            "shape": list(image.shape),
            "type": str(image.get_data_dtype()),
            "has_masks": bool(self.mask_files(mouse)),
            "spacing_mm": spacing,
            "frame_interval_ms": interval,
        }
