"""Readers of a study, one class for each kind of source: given weights, folder of masks.

Networks that are trained here are in `trained_reader`, and readers made of the masks of others in `derived_reader`.
"""

import contextlib
import os
import re
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from urllib.parse import urlsplit

from tqdm import tqdm

from murmur.data.chosen_phases import read_phases
from murmur.data.nifti_masks import NiftiMasks
from murmur.data.nifti_writing import grid_image
from murmur.data.published_dataset import WEIGHTS
from murmur.data.reader_masks import check_masks, check_shape, datasets
from murmur.errors import BadInput
from murmur.files import check_readable, remembered
from murmur.network.architectures import with_defaults
from murmur.network.weights_file import check_weights, network_settings
from murmur.study.checks import existing, nearest
from murmur.study.cohort import Cohort
from murmur.study.dates import check_dates
from murmur.study.layout import Layout
from murmur.study.reading import changed_since
from murmur.vocabulary import SHIPPED_WEIGHTS, STRUCTURES

SHIPPED = Path(__file__).resolve().parents[3] / "models" / "murmur.keras"
KEYWORDS = ("murmur", "published")


class Reader:
    """A reader of the study: the source of its masks, and the mice that it segments."""

    kind = ""  # the key of the source of masks in the study file
    trained_on: str | None = None  # the training cohort, if the reader is trained here
    training_cohorts: Sequence[Cohort] = ()  # all cohorts on which it is trained here
    download: dict | None = None  # address, bytes and sha256 of weights to download
    shipped = False  # whether the weights are those in models/
    input_size: int | None = None  # of a network: side length in pixels of the images that it takes
    networks: Sequence["Reader"] = ()  # those whose probabilities give the masks

    def __init__(self, name: str, settings: dict, cohorts: Mapping[str, Cohort], layout: Layout):
        """Take the reader's section of the study file, all cohorts and the layout of the results.

        Raises BadInput if the section is inconsistent or names a file or cohort that does not exist.
        """
        self.name, self.settings, self.layout = name, settings, layout
        self.key = f"readers.{name}"
        self.postprocess = settings["postprocess"]
        if "copies" in settings and self.kind not in ("train_on", "weights", "select", "ensemble"):
            raise BadInput(f"{self.key}.copies: found for masks, expected a network; remove it")
        if name == "reference":
            raise BadInput(f"{self.key}: found the name of the expert's masks, expected another; rename the reader")
        self._check_source(f"{self.key}.{self.kind}", cohorts)
        if "phases" in settings:
            existing(settings["phases"], f"{self.key}.phases", "file")
        with_images = [cohort for cohort in cohorts if cohorts[cohort].has_images]
        self.cohorts = settings.get("cohorts", with_images)
        for cohort in self.cohorts:
            if cohort not in with_images:
                raise BadInput(
                    f"{self.key}.cohorts: found '{cohort}', expected a cohort with images, one of "
                    f"{', '.join(with_images)}{nearest(cohort, with_images)}"
                )

    def _check_source(self, key: str, cohorts: Mapping[str, Cohort]) -> None:
        """Raise BadInput if the source of the masks, with the key `key`, is inconsistent or does not exist."""

    @cached_property
    def chosen_phases(self) -> dict[str, tuple[int, int]]:
        """The ED and ES chosen by a person, by mouse."""
        return read_phases(self.settings["phases"]) if "phases" in self.settings else {}

    def check_phases(self, cohorts: Mapping[str, Cohort]) -> None:
        """Raise BadInput if ED and ES chosen by a person are invalid, or those of an unknown mouse."""
        if "phases" in self.settings:
            read_phases(self.settings["phases"], {mouse for name in self.cohorts for mouse in cohorts[name].found})

    @property
    def repeated(self) -> bool:
        """Whether the reader is one of several repetitions of a training."""
        return "repeat_of" in self.settings

    @property
    def cohorts_learnt(self) -> set[str]:
        """Names of the cohorts on which the network was trained here."""
        return {cohort.name for cohort in self.training_cohorts}

    @property
    def cohorts_in_folds(self) -> set[str]:
        """Names of the cohorts whose validation mice, too, may have been training mice, because of folds."""
        return set()

    def origin(self, repeats: Mapping[str, str]) -> dict[str, object]:
        """The cohorts on which a network was trained here, none, and what it started from: its own weights."""
        return {"trained_on": "", "start_from": self.name}

    def take(self, readers: Mapping[str, "Reader"], cohorts: Mapping[str, Cohort]) -> None:
        """Find the other readers on which this one depends. Raises BadInput if they do not exist or do not fit."""

    def check_files(self, cohorts: Mapping[str, Cohort]) -> None:
        """Raise BadInput if a user's file of this reader is damaged or something else, before results are replaced."""

    def mice(self, cohort: Cohort) -> list[str]:
        """The mice of `cohort` that this reader segments. Raises BadInput if there are none."""
        mice = cohort.mice if self.settings["mice"] == "all" else cohort.mice_of("test")
        if not mice:
            raise BadInput(
                f"readers.{self.name}: found no test mouse in the cohort '{cohort.name}', expected one or more; "
                "change the split, or set mice: all for this reader"
            )
        return mice

    @property
    def exported(self) -> list[str]:
        """The network for OpenVINO: its layers and its weights."""
        return [self.layout.reader(self.name, f"network.{suffix}") for suffix in ("xml", "bin")]

    def segmentations(self, cohort: Cohort) -> list[str]:
        """The files with the reader's masks of `cohort`, in the order of its mice."""
        return [self.layout.segmentation(cohort.name, self.name, mouse) for mouse in self.mice(cohort)]


class WeightsReader(Reader):
    """A network with weights in a file of the user, shipped with Murmur, or downloaded."""

    kind = "weights"

    def _check_source(self, key: str, cohorts: Mapping[str, Cohort]) -> None:
        weights = self.settings[self.kind]
        self.download = WEIGHTS if weights == "published" else weights if isinstance(weights, dict) else None
        if self.download:
            self.model = self._downloaded(key)
        elif weights in SHIPPED_WEIGHTS:
            self.shipped = True
            self.model = str(SHIPPED.relative_to(Path.cwd()) if SHIPPED.is_relative_to(Path.cwd()) else SHIPPED)
        elif "://" in weights:
            raise BadInput(f"{key}: found the address '{weights}', expected a file; give a section: address and sha256")
        elif guess := nearest(weights, KEYWORDS) if not Path(weights).exists() else "":
            raise BadInput(f"{key}: found '{weights}', expected a file or one of {', '.join(KEYWORDS)}{guess}")
        else:
            self.model = str(existing(weights, key, "file"))

    def check_files(self, cohorts: Mapping[str, Cohort]) -> None:
        """Raise BadInput if the file is not a network; see `check_weights`."""
        if not self.download:
            check_readable(self.model)
            check_dates([self.model])
            _ = self.input_size

    @property
    def networks(self) -> Sequence[Reader]:
        """The reader itself."""
        return [self]

    @property
    def input_size(self) -> int | None:
        """Side length in pixels of the images that the network takes; None if it is not known before the download."""
        return None if self.download else remembered(self.model, "input of the network", check_weights)

    @property
    def network(self) -> dict:
        """The settings of the network, read from its file; those of the published network before the download."""
        if self.download:
            return with_defaults({"architecture": "unet3plus", "size": 256, "downsample": 1})
        return remembered(self.model, "settings of the network", network_settings)

    def origin(self, repeats: Mapping[str, str]) -> dict[str, object]:
        """As for other readers, and the settings of the network, if its file is at hand and of a known architecture."""
        settings = {}
        if not self.download:
            with contextlib.suppress(BadInput):
                settings = {name: self.network[name] for name in ("architecture", "filters", "size", "downsample")}
        return super().origin(repeats) | settings

    def _downloaded(self, key: str) -> str:
        file = Path(urlsplit(self.download["address"]).path)
        if file.suffix not in (".h5", ".keras"):
            raise BadInput(
                f"{key}.address: found '{self.download['address']}', expected the URL of a .h5 or .keras "
                "file; correct it"
            )
        if not re.fullmatch("[0-9a-f]{64}", self.download["sha256"]):
            raise BadInput(
                f"{key}.sha256: found '{self.download['sha256']}', expected 64 hex digits in lower case; correct it"
            )
        return self.layout.reader(self.name, file.name)


class MasksReader(Reader):
    """A second observer or another tool, with masks in a folder of the user."""

    kind = "masks"

    def _check_source(self, key: str, cohorts: Mapping[str, Cohort]) -> None:
        self.folder = existing(self.settings["masks"], key, "folder")
        if self.nifti:
            NiftiMasks(**self.nifti, key=f"{self.key}.files")
        elif all(path.name.startswith(".") for path in self.folder.glob("*.h5")):
            raise BadInput(
                f"{key}: found no file *.h5 in '{self.folder}', expected MOUSE.h5 for each mouse; correct it"
            )

    @property
    def nifti(self) -> dict:
        """The settings for masks as NIfTI files, arguments of NiftiMasks; empty for HDF5 files."""
        if "files" not in self.settings:
            return {}
        given = {key: self.settings[key] for key in ("ignore", "frames_from") if key in self.settings}
        labels = STRUCTURES | self.settings.get("labels", {})
        return {"folder": str(self.folder), "masks": self.settings["files"], "labels": labels, **given}

    def _nifti_masks(self, cohort: Cohort) -> NiftiMasks:
        return NiftiMasks(**self.nifti, mice=self.mice(cohort), key=f"{self.key}.files")

    def mask_files(self, cohort: Cohort) -> list[str]:
        """The existing mask files of a cohort; mice that were not segmented have none."""
        if self.nifti:
            masks = self._nifti_masks(cohort)
            return [str(file) for mouse in self.mice(cohort) for file in masks.mask_files(mouse)]
        files = [str(self.folder / f"{mouse}.h5") for mouse in self.mice(cohort)]
        return [file for file in files if os.path.lexists(file)]

    def without_masks(self, cohort: Cohort) -> list[str]:
        """The mice of a cohort without a mask file, or whose file lacks the dataset."""
        if self.nifti:
            masks = self._nifti_masks(cohort)
            return [mouse for mouse in self.mice(cohort) if not masks.mask_files(mouse)]
        found = {Path(file).stem for file in self.mask_files(cohort) if self._shape(file)}
        return [mouse for mouse in self.mice(cohort) if mouse not in found]

    def _shape(self, file: str) -> list[int] | None:
        """The shape of the masks in an HDF5 file, None without the dataset. Raises BadInput if they are invalid."""
        dataset = self.settings["dataset"]
        return remembered(file, f"masks in {dataset}", partial(check_masks, dataset=dataset))

    def check_files(self, cohorts: Mapping[str, Cohort]) -> None:
        """Raise BadInput, one line per file, if masks are invalid or do not have the shape of the images.

        The masks are read once, until their file changes.
        """
        for cohort in map(cohorts.get, self.cohorts):
            if self.nifti:
                self._check_nifti(cohort)
                continue
            dataset, files, problems, shapes = self.settings["dataset"], self.mask_files(cohort), [], []
            for file in tqdm(files, f"Checking {self.name}", unit="file", delay=2, disable=None, dynamic_ncols=True):
                try:
                    check_readable(file)
                    shape = self._shape(file)
                    mouse = Path(file).stem
                    images = None if mouse in cohort.bad_files else cohort.shape(mouse)
                    if shape and images:
                        check_shape(file, dataset, shape, images)
                    shapes.append(shape)
                except BadInput as problem:
                    problems.append(str(problem))
            if problems:
                raise BadInput("\n".join(problems))
            check_dates(files)
            if not any(shapes):
                names = datasets(files[0]) if files else []
                raise BadInput(
                    f"{self.key}.masks: found no {dataset} in '{self.folder}' for any mouse of the "
                    f"cohort '{cohort.name}', expected MOUSE.h5 files with it; correct the folder, or set the reader's "
                    f"dataset{nearest(dataset, names)}"
                )

    def grids(self, cohort: Cohort) -> list[str]:
        """The mouse files, whose affines place NIfTI masks; none for HDF5 files."""
        return [cohort.file(mouse) for mouse in self.mice(cohort)] if self.nifti else []

    def _check_nifti(self, cohort: Cohort) -> None:
        """Raise BadInput, one line per mouse, if a header is invalid, or another grid than that of the images.

        Masks that changed since they were imported are read, because a job that fails loses what it replaces.
        """
        masks, found = self._nifti_masks(cohort), []
        for mouse in self.mice(cohort):
            try:
                shape = None if mouse in cohort.bad_files else cohort.shape(mouse)
                if shape and (files := [*map(str, masks.mask_files(mouse))]):
                    image = grid_image(shape, cohort.affine(mouse))
                    masks.check_masks(mouse, image)
                    if changed_since(self.layout.segmentation(cohort.name, self.name, mouse), files):
                        read = partial(masks.read_masks, mouse, image)
                        remembered(files, f"masks with {self.nifti}", lambda _, read=read: bool(read()))
            except BadInput as problem:
                found.append(str(problem))
        if found:
            raise BadInput("\n".join(found))
        check_dates(self.mask_files(cohort))
