"""The study of a session: a folder with a study file, whose rules are run here by calling their scripts.

Arguments are those that the rules pass, taken from the study file through the same classes, so that all values are
those of the workflow.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import yaml

import check_cohort
import check_plausibility
import correct_masks
import describe_cohort
import describe_participants
import find_signs
import measure_curve
import measure_function
import measure_overlap
import measure_volumes
import measure_wall
import predict_quality
import tabulate_measurements
from murmur.csv_tables import write_csv
from murmur.data.chosen_phases import COLUMNS, read_phases
from murmur.data.review import Decision, correction_files
from murmur.files import natural_key, write_text
from murmur.quality.signs import TRAINED
from murmur.study.inputs import Inputs
from murmur.study.layout import Layout
from murmur.study.study import Study
from page.scans import usable

COHORT, REVIEWED = "mice", "reviewed"
LAYOUT = Layout("results/page")
TAKEN = (REVIEWED, "reference")  # names that a network of the user cannot have as reader
CORRECTED, CHOSEN = "corrected", "phases.csv"  # in the folder of the study


class Project:
    """The study in a folder, which becomes the working directory.

    Parameters
    ----------
    folder : str
        Folder with the mice in `mice/` and, if there are any, corrected masks and chosen frames.
    weights : str
        `murmur`, or the file of a network in the folder.
    chosen : sequence of str, optional
        The mice to use; by default, all that have been segmented.
    """

    def __init__(self, folder: str, weights: str, chosen: Sequence[str] | None = None):
        os.chdir(folder)
        self.reader = "murmur" if weights == "murmur" else _reader_of(weights)
        self.weights, self.chosen = weights, chosen

    @property
    def mice(self) -> list[str]:
        """The mice that are used, in natural order."""
        masks = Path(LAYOUT.segmentation(COHORT, self.reader, "")).parent
        segmented = {path.stem for path in masks.glob("*.h5")}
        used = segmented if self.chosen is None else segmented & set(self.chosen)
        return sorted(used, key=natural_key)

    @property
    def corrections(self) -> dict[str, list[str]]:
        """The corrected masks of each of these mice that has any."""
        if not Path(CORRECTED).is_dir():
            return {}
        found = correction_files(CORRECTED, [path.stem for path in Path("mice").glob("*.h5")])
        return {mouse: found[mouse] for mouse in self.mice if mouse in found}

    @property
    def phases(self) -> dict[str, tuple[int, int]]:
        """ED and ES of each of these mice for which they were chosen."""
        found = chosen_frames()
        return {mouse: found[mouse] for mouse in self.mice if mouse in found}

    @property
    def config(self) -> dict:
        """The content of the study file."""
        phases = {"phases": CHOSEN} if self.phases else {}
        readers = {self.reader: {"weights": self.weights, "mice": "all"} | phases}
        if self.corrections:
            readers[REVIEWED] = {"corrects": self.reader, "corrections": CORRECTED}
        return {"study": "page", "cohorts": {COHORT: {"source": {"folder": "mice"}}}, "readers": readers}

    def study(self) -> Study:
        """Return the study as the workflow plans it."""
        return Study(self.config)

    def write_study_file(self, path: str) -> None:
        """Write the study file."""
        write_text(path, yaml.safe_dump(self.config, sort_keys=False, allow_unicode=True))

    def reader_of(self, mouse: str) -> str:
        """Return the reader whose masks of a mouse are shown: the corrected ones, if there are any."""
        return REVIEWED if mouse in self.corrections else self.reader

    def segmentation(self, mouse: str, reader: str | None = None) -> str:
        """Return the file with the masks of a mouse."""
        return LAYOUT.segmentation(COHORT, reader or self.reader_of(mouse), mouse)

    def correct(self, mouse: str) -> None:
        """Run the rule `correct_masks` for a mouse."""
        correct_masks.main(
            mouse=f"mice/{mouse}.h5",
            segmentation=self.segmentation(mouse, self.reader),
            files=self.corrections.get(mouse, []),
            decision=[*Decision("", "", "", "")],
            reader=REVIEWED,
            spacing_mm=None,
            override_headers=False,
            output=self.segmentation(mouse, REVIEWED),
        )

    def measure(self, mice: Sequence[str], reader: str, folder: str) -> None:
        """Run the rules of measurement and quality for `mice` by `reader`, and write their tables to `folder`."""
        study = self.study()
        inputs, job = Inputs(study), SimpleNamespace(cohort=COHORT, reader=reader)
        cohort = study.cohorts[COHORT]
        files = [cohort.file(mouse) for mouse in mice]
        masks = [self.segmentation(mouse, reader) for mouse in mice]
        at = _Places(folder)
        grid = {"spacing_mm": cohort.spacing_mm, "override_headers": cohort.override_headers}
        interval = cohort.frame_interval_ms
        check_cohort.main(files, frame_interval_ms=interval, checked=at.checked, threads=1, **grid)
        describe_cohort.main(at.checked, {}, {}, {}, at.manifest)
        _describe(inputs.participants(job), mice, at.participants)
        noticed = [finding for finding in study.findings[COHORT] if finding.mouse in {"", *mice}]
        found = check_plausibility.findings_of_images(at.manifest, files, study.input_sizes[COHORT], [], True, 1)
        check_plausibility.main(at.checks, [*noticed, *found], False)
        measure_volumes.main(at.manifest, mice, masks, False, at.volumes, at.slices)
        reference = at.reference if inputs.reference_volumes(job) else None
        if reference:
            measure_volumes.main(at.manifest, mice, files, True, reference, at.reference_slices)
        own, chosen = inputs.own_frames(job), next(iter(inputs.phases(job)), None)
        before = self._frames_before(mice, at, inputs) if reader == REVIEWED else None
        measure_function.main(at.manifest, at.volumes, reference, own, at.function, at.frames, chosen, before)
        measure_curve.main(at.manifest, at.slices, at.volumes, at.participants, at.curve, 1)
        measure_wall.main(at.manifest, mice, masks, at.frames, at.wall)
        named = dict(zip(mice, files, strict=True))
        compared = bool(inputs.overlap(job))
        if compared:
            measure_overlap.main(at.manifest, named, masks, at.overlap, 1)
        _find_signs(at, named, masks, inputs, job)
        predict_quality.main(
            signs=at.signs,
            findings=at.findings,
            model=inputs.quality_model,
            shipped=inputs.is_shipped(job),
            pictures={mouse: picture for mouse, picture in inputs.pictures(job).items() if mouse in set(mice)},
            pages=inputs.pages_of_review(job),
            slices=at.slices,
            frames=at.frames,
            slice_quality=at.slice_quality,
            quality=at.quality,
            to_review=at.review,
            overlap=at.overlap if compared else None,
            function=at.function,
            animals=inputs.animals(job),
        )
        tabulate_measurements.main(
            participants=at.participants,
            function=at.function,
            checks=at.checks,
            images=[at.frames, at.curve, at.wall],
            masks=[at.quality, at.findings],
            who="reader",
            csv=at.measurements,
            workbook=at.path("measurements.xlsx"),
        )

    def _frames_before(self, mice: Sequence[str], at: "_Places", inputs: Inputs) -> str:
        """Write the table of ED and ES by the masks before correction; return its path."""
        job = SimpleNamespace(cohort=COHORT, reader=self.reader)
        masks = [self.segmentation(mouse, self.reader) for mouse in mice]
        measure_volumes.main(at.manifest, mice, masks, False, at.volumes_before, at.slices_before)
        own, chosen = inputs.own_frames(job), next(iter(inputs.phases(job)), None)
        measure_function.main(at.manifest, at.volumes_before, None, own, at.function_before, at.frames_before, chosen)
        return at.frames_before


def chosen_frames() -> dict[str, tuple[int, int]]:
    """Return ED and ES of each mouse for which they were chosen."""
    return read_phases(CHOSEN) if Path(CHOSEN).exists() else {}


def write_frames(path: str | Path, phases: Mapping[str, tuple[int, int]]) -> None:
    """Write a table of ED and ES by mouse."""
    write_csv(pd.DataFrame([(mouse, *frames) for mouse, frames in phases.items()], columns=list(COLUMNS)), path)


def _reader_of(weights: str) -> str:
    """Return the name of the reader that uses the network in a file."""
    name = usable(Path(weights).stem)
    return f"{name}_network" if name in TAKEN else name


class _Places:
    """Paths of tables in a folder, as attributes."""

    def __init__(self, folder: str):
        self._folder = Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)

    def path(self, name: str) -> str:
        return str(self._folder / name)

    def __getattr__(self, table: str) -> str:
        return self.path(f"{table}.csv")


def _describe(participants: Mapping[str, Sequence], mice: Sequence[str], output: str) -> None:
    """Write the participants' table of some mice."""
    rows = [number for number, mouse in enumerate(participants["mouse"]) if mouse in set(mice)]
    describe_participants.main({name: [column[row] for row in rows] for name, column in participants.items()}, output)


def _find_signs(
    at: _Places, mice: Mapping[str, str], masks: Sequence[str], inputs: Inputs, job: SimpleNamespace
) -> None:
    """Run the rule `find_signs` for mice, files by name, by the reader of a job."""
    find_signs.main(
        manifest=at.manifest,
        mice=mice,
        segmentations=masks,
        frames=at.frames,
        ranges=TRAINED if inputs.is_shipped(job) else {},
        signs=at.signs,
        findings=at.findings,
        slice_quality=at.slice_quality,
        model=inputs.quality_model,
        threads=1,
        input_size=inputs.input_size(job),
    )
