"""The sources of cohorts, one class for each kind: the mice found there, their files and contoured frames."""

from functools import cached_property
from pathlib import Path

import numpy as np

from murmur.data import measurement_table
from murmur.data.headers import agreed
from murmur.data.matlab_file import check_matlab, read_matlab
from murmur.data.mouse import check_mouse
from murmur.data.mouse_file import check_header, contoured_frames
from murmur.data.nifti import NiftiFolder
from murmur.data.nifti_file import is_placed, read_header, scaled_to_uint16
from murmur.data.published_dataset import ADDRESS, CHECKSUMS, INFLOW_MICE, read_checksums
from murmur.data.split import inflow_note
from murmur.errors import BadInput
from murmur.files import remembered
from murmur.phantom.phenotypes import has_inflow_frames, phenotypes_of
from murmur.study.checks import exactly_one, existing, in_natural_order
from murmur.study.cohort import Cohort
from murmur.study.layout import Layout
from murmur.study.reading import read_files
from murmur.study.scan_sources import BrukerCohort, DicomCohort


class PhantomCohort(Cohort):
    """Mice that the workflow generates."""

    kind = "phantom"
    with_inflow = True

    def _check_source(self, key: str) -> None:
        given = [each for each in ("sessions", "corruptions", "varied") if self.source["phantom"].get(each)]
        if len(given) > 1:
            raise BadInput(f"{key}.phantom: found {' and '.join(given)}, expected one of them; remove the others")

    @cached_property
    def found(self) -> list[str]:
        """Mouse1, Mouse2, ..., as many as the study file requests; with several scans of each, Mouse1_baseline, ..."""
        names = [f"Mouse{number}" for number in range(1, len(phenotypes_of(self.source["phantom"]["mice"])) + 1)]
        if not self.repeats:
            return names
        return [f"{name}_{session.replace(' ', '_')}" for name in names for session in self.repeats]

    @property
    def sessions(self) -> list[str]:
        """The sessions at which each mouse is scanned; empty if it is scanned once."""
        return self.source["phantom"].get("sessions", [])

    @property
    def corruptions(self) -> list[str]:
        """The corruptions of the images, with each of which each mouse is scanned; empty without."""
        return self.source["phantom"].get("corruptions", [])

    @property
    def repeats(self) -> list[str]:
        """The sessions, or the corruptions, of each mouse; empty if it is scanned once."""
        return self.sessions or self.corruptions

    @property
    def generated(self) -> list[str]:
        """The files of all mice, including excluded ones, because excluding a mouse must not change the others."""
        return [self.file(mouse) for mouse in self.found]

    @cached_property
    def phantom_phenotypes(self) -> list[str]:
        """The phenotype that each scan is generated with, in the order of `found`."""
        phenotypes = phenotypes_of(self.source["phantom"]["mice"])
        return [phenotype for phenotype in phenotypes for _ in self.repeats or [""]]

    @cached_property
    def scans(self) -> list[tuple[int, tuple[int, int] | None]]:
        """Index of the mouse and session of each scan, in the order of `found`, as `phantom_mouse` takes them."""
        several = len(self.sessions)
        if not several:
            return [(number // max(1, len(self.corruptions)), None) for number in range(len(self.found))]
        return [(number // several, (number % several, several)) for number in range(len(self.found))]

    def _own_phenotypes(self) -> dict[str, str]:
        return dict(zip(self.found, self.phantom_phenotypes, strict=True))

    def _own_scans(self) -> dict[str, tuple[str, str]]:
        several = len(self.repeats)
        if not several:
            return {}
        return {
            mouse: (f"Mouse{1 + number // several}", self.repeats[number % several])
            for number, mouse in enumerate(self.found)
        }

    def _own_heart_rates(self) -> dict[str, float]:
        phantom = self.source["phantom"]
        if phantom["varied"]:  # has no beat
            return {}
        from murmur.phantom.cycle import heart_rates

        several, copies = len(self.sessions), max(1, len(self.corruptions))
        count = len(self.found) // max(several, copies)
        rates = heart_rates(phantom["seed"], count, phantom["frame_interval_ms"], several)
        return dict(zip(self.found, [rate for rate in rates for _ in range(copies)], strict=True))

    def _with_a_fixed_set(self) -> tuple[set[str], set[str]]:
        without = self.source["phantom"]["varied"] or self.corruptions
        inflow = {mouse for mouse, (index, _) in zip(self.found, self.scans, strict=True) if has_inflow_frames(index)}
        return set() if without else inflow & set(self.mice), set()


class FolderCohort(Cohort):
    """Mice with HDF5 files in a folder of the user."""

    kind = "folder"

    def _check_source(self, key: str) -> None:
        self.folder = existing(self.source["folder"], key, "folder")

    @cached_property
    def found(self) -> list[str]:
        """The names of the files *.h5 that are not hidden, in natural order. Raises BadInput if there are none."""
        names = [path.stem for path in self.folder.glob("*.h5") if not path.name.startswith(".")]
        if not names:
            raise self._no_mouse("*.h5")
        return in_natural_order(names)

    def file(self, mouse: str) -> str:
        """The user's file of the mouse."""
        return str(self.folder / f"{mouse}.h5")

    def user_files(self, mouse: str) -> list[str]:
        """The mouse's file."""
        return [self.file(mouse)]

    def _check_headers(self, mouse: str) -> None:
        path = self.file(mouse)
        header = check_header(path)
        for key in ("spacing_mm", "frame_interval_ms"):
            agreed(path, key, self.settings.get(key), header[key], self.override_headers)

    def _check_content(self, mouse: str) -> None:
        check_mouse(self.file(mouse), self.spacing_mm, self.override_headers)

    def _first_result(self, mouse: str) -> str:
        return self.layout.cohort(self.name, "checked.csv")

    @cached_property
    def contoured(self) -> list[str]:
        """The mice whose file lists contoured frames or, without a list, has labels."""
        return remembered(
            self.files, "contoured mice", lambda _: [m for m in self.mice if contoured_frames(self.file(m))]
        )

    def _contoured_frames(self) -> dict[str, list[int]]:
        return dict(zip(self.mice, read_files(self.files, "contoured frames", contoured_frames), strict=True))


class MatlabCohort(FolderCohort):
    """Mice converted from MATLAB files in format 7.3, HDF5 files with reversed axes, in a folder of the user."""

    @cached_property
    def user_file(self) -> dict[str, str]:
        """The file of each mouse, MOUSE.mat or MOUSE.h5. Raises BadInput if there are none, or both for a mouse."""
        paths = [path for path in sorted(self.folder.iterdir()) if path.suffix in (".mat", ".h5")]
        found: dict[str, str] = {}
        for path in (path for path in paths if not path.name.startswith(".")):
            if found.setdefault(path.stem, str(path)) != str(path):
                raise BadInput(f"{path}: found a second file of {path.stem}, expected one; remove or rename one")
        if not found:
            raise self._no_mouse("*.mat or *.h5")
        return found

    @cached_property
    def found(self) -> list[str]:
        """The names of the files, in natural order. Raises BadInput as `user_file`."""
        return in_natural_order(self.user_file)

    def file(self, mouse: str) -> str:
        """The file of the mouse that the workflow makes."""
        return Cohort.file(self, mouse)

    def user_files(self, mouse: str) -> list[str]:
        """The user's file of the mouse."""
        return [self.user_file[mouse]]

    def _check_headers(self, mouse: str) -> None:
        path = self.user_file[mouse]
        checked = check_matlab(path)
        for key in ("spacing_mm", "frame_interval_ms"):
            agreed(path, key, self.settings.get(key), getattr(checked, key), self.override_headers)

    def _check_content(self, mouse: str) -> None:
        read_matlab(self.user_file[mouse])

    def _first_result(self, mouse: str) -> str:
        return Cohort._first_result(self, mouse)

    def shape(self, mouse: str) -> tuple[int, ...]:
        """The shape of the images of a mouse."""
        return check_matlab(self.user_file[mouse]).shape

    def affine(self, mouse: str) -> None:
        """None, because MATLAB files have no affine."""

    @cached_property
    def contoured(self) -> list[str]:
        """The mice whose file has masks."""
        return [mouse for mouse in self.mice if check_matlab(self.user_file[mouse]).has_masks]

    def _contoured_frames(self) -> dict[str, list[int]]:
        files = [self.user_file[mouse] for mouse in self.mice]
        return dict(
            zip(self.mice, read_files(files, "frames in MATLAB", lambda path: read_matlab(path)[2]), strict=True)
        )


class NiftiCohort(Cohort):
    """Mice converted from NIfTI files in a folder of the user."""

    kind = "nifti"

    def _check_source(self, key: str) -> None:
        existing(self.source["nifti"], key, "folder")

    @property
    def folder_settings(self) -> dict:
        """The settings for the NIfTI files: the arguments of NiftiFolder."""
        return {key: self.source[key] for key in NiftiFolder.KEYS if key in self.source}

    @cached_property
    def folder(self) -> NiftiFolder:
        """The folder of NIfTI files."""
        try:
            return NiftiFolder(**self.folder_settings)
        except BadInput as problem:
            raise BadInput(f"{self.key}.{problem}") from None

    @cached_property
    def found(self) -> list[str]:
        """The mice with an image, in natural order. Raises BadInput if there are none."""
        names = self.folder.mice()
        if not names:
            raise self._no_mouse(self.source["images"])
        return in_natural_order(names)

    def user_files(self, mouse: str) -> list[str]:
        """The NIfTI files of the mouse: its image and its masks."""
        return [str(file) for file in self.folder.files(mouse)]

    def _check_headers(self, mouse: str) -> None:
        self.folder.check_headers(mouse, *self.grid)

    def _check_content(self, mouse: str) -> None:
        path = self.folder.image_file(mouse)
        image, _, _ = read_header(path, *self.grid, self.folder.open_image(mouse))
        self.folder.read_masks(mouse, image)
        scaled_to_uint16(path, image)

    @cached_property
    def contoured(self) -> list[str]:
        """The mice with a file of masks."""
        return [mouse for mouse in self.mice if self.folder.mask_files(mouse)]

    def shape(self, mouse: str) -> tuple[int, ...]:
        """The shape of the image of a mouse."""
        return self.folder.open_image(mouse).shape

    def affine(self, mouse: str) -> np.ndarray | None:
        """The affine of the image of a mouse; None if it gives no position."""
        image = self.folder.open_image(mouse)
        return image.affine if is_placed(image) else None

    def _contoured_frames(self) -> dict[str, list[int]]:
        files = {mouse: [*map(str, self.folder.masks_of_all_frames(mouse))] for mouse in self.mice}
        paths = [path for of_mouse in files.values() for path in of_mouse]
        what = f"contoured frames by the labels {self.folder.labels}"
        found = dict(zip(paths, read_files(paths, what, self.folder.labelled_frames), strict=True))
        return {
            mouse: sorted({frame for path in of_mouse for frame in found[path]})
            if of_mouse
            else self.folder.contoured_frames(mouse)
            for mouse, of_mouse in files.items()
        }


class PublishedCohort(Cohort):
    """The mice of the published study, downloaded, or linked from the user's copy."""

    kind = "published"
    with_inflow = True

    def _check_source(self, key: str) -> None:
        self.given = {} if self.source["published"] is True else self.source["published"]
        for part, kind in (("folder", "folder"), ("checksums", "file")):
            if part in self.given:
                existing(self.given[part], f"{key}.{part}", kind)

    @cached_property
    def checksums(self) -> dict[str, tuple[str, str]]:
        """The published file of each mouse, and its git blob SHA-1."""
        return read_checksums(self.given.get("checksums", CHECKSUMS))

    def address(self, mouse: str) -> str:
        """The URL of a published mouse."""
        return f"{self.given.get('address', ADDRESS).rstrip('/')}/{self.checksums[mouse][0]}"

    @cached_property
    def found(self) -> list[str]:
        """The published mice, in natural order. Raises BadInput if the user's copy is incomplete."""
        mice, given = in_natural_order(self.checksums), self.settings.get("exclude", {})
        needed = {mouse: self.user_files(mouse) for mouse in mice if mouse not in given}
        if missing := [mouse for mouse, files in needed.items() if not all(Path(file).is_file() for file in files)]:
            raise BadInput(
                f"{self.key}.source.published.folder: found no {', '.join(f'{m}.h5' for m in missing[:5])} in "
                f"'{self.given['folder']}' ({len(missing)} of {len(mice)} mice are missing), expected MOUSE.h5 for "
                "each published mouse; complete the copy, or set published: true to download them"
            )
        return mice

    def user_files(self, mouse: str) -> list[str]:
        """The file of the mouse in the user's copy; none if it is downloaded."""
        return [str(Path(self.given["folder"]) / f"{mouse}.h5")] if "folder" in self.given else []

    def _with_a_fixed_set(self) -> tuple[set[str], set[str]]:
        return INFLOW_MICE & set(self.mice), set()

    @property
    def split_note(self) -> str:
        """A note on mice with inflow frames that a split file excludes from training."""
        return "" if self.is_split_drawn else inflow_note(INFLOW_MICE, self.split)


class MeasurementsCohort(Cohort):
    """Mice with measurements in a table of the user, without images."""

    kind = "measurements"
    has_images = False

    def _check_source(self, key: str) -> None:
        self.table = str(existing(self.source["measurements"], key, "file"))

    @cached_property
    def found(self) -> list[str]:
        """The mice of the table, in its order. Raises BadInput if there are none."""
        mice = measurement_table.mice(self.table)
        if not mice:
            raise BadInput(f"{self.table}: found no rows, expected one per mouse and metric; add the measurements")
        return mice

    @property
    def readers(self) -> list[str]:
        """The readers of the table."""
        return measurement_table.readers(self.table)

    @cached_property
    def contoured(self) -> list[str]:
        """The mice with a value of the reference."""
        return [mouse for mouse in self.mice if mouse in measurement_table.measured_by_reference(self.table)]

    @property
    def values_note(self) -> str:
        """A note on values that are computed."""
        found = measurement_table.notes(self.table)
        return f"Note: {'; '.join(found)}." if found else ""

    def check_values(self) -> None:
        """Raise BadInput, one line each, if cells of the table are invalid, or a metric is given twice for a mouse."""
        problems: dict[str, None] = {}
        for reader in self.readers:
            try:
                measurement_table.function(self.table, reader)
            except BadInput as problem:
                problems |= dict.fromkeys(str(problem).splitlines())
        if problems:
            raise BadInput("\n".join(problems))


KINDS = {
    cls.kind: cls
    for cls in (
        PhantomCohort,
        FolderCohort,
        NiftiCohort,
        DicomCohort,
        BrukerCohort,
        PublishedCohort,
        MeasurementsCohort,
    )
}


def cohort_of(name: str, settings: dict, layout: Layout) -> Cohort:
    """Return the cohort described by a section of the study file. Raises BadInput like `Cohort`."""
    kind = exactly_one(settings["source"], list(KINDS), f"cohorts.{name}.source")
    reverses = kind == "folder" and settings["source"].get("axes") == "reversed"
    return (MatlabCohort if reverses else KINDS[kind])(name, settings, layout)
