"""Input files and settings of jobs that depend on the study, as functions of the wildcards of the job."""

import json
import os
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path

import pandas as pd

from murmur.data.review import Decision
from murmur.study.cohort import Cohort
from murmur.study.comparison_inputs import ComparisonInputs, Wildcards
from murmur.study.reader import Reader
from murmur.vocabulary import REFERENCE

QUALITY_MODEL = Path(__file__).resolve().parents[3] / "models" / "quality.json"

Find = Callable[[Wildcards], str | list[str]]  # an input function


class Inputs(ComparisonInputs):
    """Input files and settings of the jobs of a study."""

    def by_content(self, find: Find) -> Find:
        """An input function: the files that `find` returns, those of the user without their dates (see `content`)."""
        from snakemake.io import ancient

        def found(wildcards: Wildcards) -> str | list[str]:
            files = find(wildcards)
            undated = [ancient(file) if self.study.user_files(file) else file for file in _listed(files)]
            return undated[0] if isinstance(files, str) else undated

        return found

    def content(self, *finds: Find) -> Callable[[Wildcards], str]:
        """A param: digest of the content of the user's files among those that the input functions `finds` return."""
        return lambda wildcards: self.study.content(file for find in finds for file in _listed(find(wildcards)))

    def cohort(self, wildcards: Wildcards) -> Cohort:
        """The cohort of a job."""
        return self.study.cohorts[wildcards.cohort]

    def reader(self, wildcards: Wildcards) -> Reader:
        """The reader of a job."""
        return self.study.readers[wildcards.reader]

    def phenotypes(self, wildcards: Wildcards) -> dict[str, str]:
        """The phenotype of each mouse of a cohort whose phenotype is known."""
        return self.cohort(wildcards).phenotypes

    def animals(self, wildcards: Wildcards) -> dict[str, str]:
        """The animal of each scan of a cohort if some animals have several; otherwise empty."""
        return self.cohort(wildcards).animal_of_scan

    def sessions(self, wildcards: Wildcards) -> dict[str, str]:
        """The session of each scan of a cohort if some animals have several; otherwise empty."""
        cohort = self.cohort(wildcards)
        table = cohort.participants
        if not cohort.animals_scanned_repeatedly or "session" not in table:
            return {}
        known = table.dropna(subset=["session"])
        return dict(zip(known["mouse"], known["session"].astype(str), strict=True))

    def participants(self, wildcards: Wildcards) -> dict[str, list]:
        """What is known of each mouse of a cohort, by column; None where it is missing."""
        table = self.cohort(wildcards).participants
        return {column: [None if pd.isna(cell) else cell for cell in table[column].tolist()] for column in table}

    def group_order(self, wildcards: Wildcards) -> list[str]:
        """The groups of a cohort in the order of its first comparison; empty if its groups are not compared."""
        for comparison in self.study.comparisons.values():
            if comparison.cohort == wildcards.cohort and comparison.settings["group"] in ("group", "phenotype"):
                return comparison.settings["groups"]
        return []

    def excluded(self, wildcards: Wildcards) -> dict[str, str]:
        """The reason of each excluded mouse of a cohort."""
        return self.cohort(wildcards).excluded

    def mice_read(self, wildcards: Wildcards) -> list[str]:
        """The mice of a cohort on which a reader is measured."""
        return self.study.mice_read(wildcards.cohort, wildcards.reader)

    def mouse(self, wildcards: Wildcards) -> str:
        """The file of a mouse."""
        return self.cohort(wildcards).file(wildcards.mouse)

    def manifest(self, wildcards: Wildcards) -> str:
        """The manifest of a cohort."""
        return self.layout.cohort(wildcards.cohort, "manifest.csv")

    def split(self, wildcards: Wildcards) -> str:
        """The checked split of a cohort."""
        return self.layout.cohort(wildcards.cohort, "split.csv")

    def strict_checks(self, wildcards: Wildcards) -> list[str]:
        """The checks of a cohort, which must succeed before it is measured, if the study is strict."""
        return [self.layout.cohort(wildcards.cohort, "checks.csv")] if self.study.settings["strict"] else []

    def mice(self, wildcards: Wildcards) -> list[str]:
        """The files of all mice of a cohort with images; none without."""
        return self.cohort(wildcards).files if self.cohort(wildcards).has_images else []

    def table(self, wildcards: Wildcards) -> str | list[str]:
        """The user's table of measurements of a cohort without images; none with them."""
        return [] if self.cohort(wildcards).has_images else self.cohort(wildcards).table

    def tables_of_participants(self, wildcards: Wildcards) -> list[str]:
        """The user's tables of the participants of a cohort; often none."""
        return self.cohort(wildcards).tables_of_participants

    def user_files(self, wildcards: Wildcards) -> list[str]:
        """The user's files of a mouse."""
        return self.cohort(wildcards).user_files(wildcards.mouse)

    def scan_files(self, wildcards: Wildcards) -> list[str]:
        """The user's files of the scan of a mouse."""
        return self.cohort(wildcards).scan_files(wildcards.mouse)

    def contour_files(self, wildcards: Wildcards) -> list[str]:
        """The user's files with the contours of a mouse; often none."""
        return self.cohort(wildcards).contour_files(wildcards.mouse)

    def files_read(self, wildcards: Wildcards) -> list[str]:
        """The files of the mice of a cohort on which a reader is measured, in their order."""
        return [self.cohort(wildcards).file(mouse) for mouse in self.mice_read(wildcards)]

    def segmentation(self, wildcards: Wildcards) -> str:
        """The file with the masks of a mouse by a reader."""
        return self.layout.segmentation(wildcards.cohort, wildcards.reader, wildcards.mouse)

    def corrected_segmentation(self, wildcards: Wildcards) -> str:
        """The file with the masks of a mouse by the reader that another reader corrects."""
        return self.layout.segmentation(wildcards.cohort, self.reader(wildcards).base.name, wildcards.mouse)

    def learning_files(self, wildcards: Wildcards) -> list[str]:
        """The files of the training and validation mice of a reader."""
        return self.reader(wildcards).learning_files

    def start_files(self, wildcards: Wildcards) -> list[str]:
        """The file of the network from which the training of a reader starts; often none."""
        return self.reader(wildcards).start_files

    def model(self, wildcards: Wildcards) -> str:
        """The network of a reader."""
        return self.reader(wildcards).model

    def models(self, wildcards: Wildcards) -> list[str]:
        """The network of a reader, or those of an ensemble."""
        return [network.model for network in self.reader(wildcards).networks]

    def exported(self, wildcards: Wildcards) -> list[str]:
        """The networks of a reader for OpenVINO."""
        return [file for network in self.reader(wildcards).networks for file in network.exported]

    def selections(self, wildcards: Wildcards) -> list[str]:
        """The selections in which a network takes part; they precede its masks, which therefore cannot affect them."""
        networks = {network.name for network in self.reader(wildcards).networks}
        readers = map(self.study.readers.get, self.study.readers_by("select"))
        return [
            self.layout.reader(reader.name, "selection.csv")
            for reader in readers
            if not networks.isdisjoint(candidate.name for candidate in reader.candidates)
        ]

    def members(self, wildcards: Wildcards) -> list[str]:
        """The files with the masks of a mouse by the readers of an ensemble."""
        members = self.reader(wildcards).members
        return [self.layout.segmentation(wildcards.cohort, member.name, wildcards.mouse) for member in members]

    def files_of_choice(self, wildcards: Wildcards) -> list[str]:
        """The files of the mice to which the choice of an ensemble is fitted."""
        cohort, mice = self.reader(wildcards).mice_of_choice
        return [cohort.file(mouse) for mouse in mice]

    def segmentations_of_choice(self, wildcards: Wildcards) -> list[str]:
        """The files with the masks of these mice by the readers of the ensemble, those of a mouse together."""
        cohort, mice = self.reader(wildcards).mice_of_choice
        members = self.reader(wildcards).members
        return [self.layout.segmentation(cohort.name, member.name, mouse) for mouse in mice for member in members]

    def corrections(self, wildcards: Wildcards) -> list[str]:
        """The corrected masks of a mouse; none if they were accepted as they are."""
        return self.reader(wildcards).corrections.get(wildcards.mouse, [])

    def reviews(self, wildcards: Wildcards) -> dict[str, tuple[str, dict[str, str]]]:
        """By reader of reviewed masks of a cohort, the reader that was reviewed, and what became of each mouse."""
        readers = [self.study.readers[name] for name in self.study.readers_by("corrects")]
        return {
            reader.name: (reader.base.name, reader.outcomes)
            for reader in readers
            if reader.cohorts == [wildcards.cohort]
        }

    def decision(self, wildcards: Wildcards) -> list[str]:
        """The fields of the decision about a mouse, all empty if there is none."""
        return [*self.reader(wildcards).decisions.get(wildcards.mouse, Decision("", "", "", ""))]

    def segmentations(self, wildcards: Wildcards) -> list[str]:
        """The files with the masks of a cohort by a reader; those of the reference are in the mouse files."""
        if wildcards.reader == REFERENCE:
            return self.mice(wildcards)
        return self.reader(wildcards).segmentations(self.cohort(wildcards))

    def split_of_training(self, wildcards: Wildcards) -> list[str]:
        """The checked split of the cohort on which the reader was trained; none for other readers.

        A network is measured on its training cohort only after the split has been checked, because a mouse in two sets
        under two names can only be detected from the contents of the files.
        """
        reader = self.study.readers.get(wildcards.reader)
        if reader is None or self.study.cohorts[wildcards.cohort] not in reader.training_cohorts:
            return []
        return [self.layout.cohort(wildcards.cohort, "split.csv")]

    def split_to_train_on(self, wildcards: Wildcards) -> str:
        """The key of the split of a cohort; empty if it has none, but another cohort can be trained on instead."""
        with_split = [name for name in self.study.cohorts_with_images if self.study.cohorts[name].settings.get("split")]
        return f"cohorts.{wildcards.cohort}.split" if wildcards.cohort in with_split or not with_split else ""

    def input_size(self, wildcards: Wildcards) -> int | None:
        """Side length in pixels of the centre of the images that a reader segments; None if it is not a network."""
        sizes = [network.input_size for network in self.reader(wildcards).networks]
        return min(filter(None, sizes), default=None)

    def is_shipped(self, wildcards: Wildcards) -> bool:
        """Whether a reader is the network that is shipped with Murmur."""
        return self.reader(wildcards).shipped

    @cached_property
    def quality_model(self) -> dict:
        """The regressions that predict the quality of masks: part of the code, as constants in modules are."""
        return json.loads(QUALITY_MODEL.read_text(encoding="utf-8"))

    def pictures(self, wildcards: Wildcards) -> dict[str, str]:
        """The contact sheet of each mouse of a cohort by a reader, relative to the results of the study."""
        sheets = self.sheets(wildcards)
        mice = self.mice_read(wildcards)
        return {mouse: os.path.relpath(sheet, self.study.results) for mouse, sheet in zip(mice, sheets, strict=True)}

    def pages_of_review(self, wildcards: Wildcards) -> str:
        """The pages of pictures of the findings of a reader, relative to the results of the study."""
        return os.path.relpath(self.layout.review(wildcards.cohort, wildcards.reader), self.study.results)

    def training_function(self, wildcards: Wildcards) -> list[str]:
        """The reference function and the split of the cohort on which a reader was trained; none for other readers."""
        cohort = self.study.trained_on(wildcards.reader)
        if cohort is None:
            return []
        return [self.layout.measurements(cohort, REFERENCE, "function"), self.layout.cohort(cohort, "split.csv")]

    def measurements(self, table: str, pairs: Iterable[tuple[str, str]]) -> list[str]:
        """A table (function or overlap) for each pair of cohort and reader; overlap requires images."""
        return [
            self.layout.measurements(cohort, reader, table)
            for cohort, reader in pairs
            if table == "function" or self.study.cohorts[cohort].has_images
        ]

    def reference_volumes(self, wildcards: Wildcards) -> list[str]:
        """The volumes of a cohort by its reference; none without one, and for masks that a person has corrected."""
        compared = self.cohort(wildcards).contoured and not self.frames_corrected(wildcards)
        return [self.layout.measurements(wildcards.cohort, REFERENCE, "volumes")] if compared else []

    def measurements_of_images(self, wildcards: Wildcards) -> list[str]:
        """The tables of frames, curve and wall of a reader; none without images."""
        tables = ("frames", "curve", "wall") if self.cohort(wildcards).has_images else ()
        return [self.layout.measurements(wildcards.cohort, wildcards.reader, table) for table in tables]

    def quality_of_masks(self, wildcards: Wildcards) -> list[str]:
        """The tables of the quality of a reader's masks; none for the reference, and without images."""
        judged = wildcards.reader in self.study.readers and self.cohort(wildcards).has_images
        tables = ("quality", "findings") if judged else ()
        return [self.layout.measurements(wildcards.cohort, wildcards.reader, table) for table in tables]

    def own_frames(self, wildcards: Wildcards) -> bool:
        """Whether a reader is measured at its own ED and ES in all mice."""
        reader = self.study.readers.get(wildcards.reader)
        return reader is not None and reader.settings["frames"] == "own"

    def imported(self, wildcards: Wildcards) -> list[tuple[str, str, bool]]:
        """The imported masks of a cohort: mouse, reader, and whether the reader is measured at its own ED and ES."""
        found = []
        for reader in map(self.study.readers.get, self.study.readers_by("masks")):
            own = reader.settings["frames"] == "own" or "phases" in reader.settings
            mice = reader.mice(self.cohort(wildcards)) if wildcards.cohort in reader.cohorts else []
            found += [(mouse, reader.name, own) for mouse in mice]
        return found

    def phases(self, wildcards: Wildcards) -> list[str]:
        """The table of ED and ES chosen by a person for a reader; none without one."""
        reader = self.study.readers.get(wildcards.reader)
        return [reader.settings["phases"]] if reader is not None and "phases" in reader.settings else []

    def frames_corrected(self, wildcards: Wildcards) -> list[str]:
        """The frames at which the reader that another one corrects was measured; none for other readers."""
        base = getattr(self.study.readers.get(wildcards.reader), "base", None)
        return [self.layout.measurements(wildcards.cohort, base.name, "frames")] if base else []

    def chosen_phases(self, wildcards: Wildcards) -> tuple[int, int] | None:
        """The ED and ES of a mouse chosen by a person; None without."""
        return self.reader(wildcards).chosen_phases.get(wildcards.mouse)

    def label(self, wildcards: Wildcards) -> str:
        """Name of a scan, with its animal and session."""
        return self.cohort(wildcards).labels[wildcards.mouse]

    def sheets(self, wildcards: Wildcards) -> list[str]:
        """The contact sheets of a cohort by a reader."""
        return [self.layout.sheet(wildcards.cohort, wildcards.reader, mouse) for mouse in self.mice_read(wildcards)]

    def functions_of_cohort(self, wildcards: Wildcards) -> list[str]:
        """The function tables of a cohort, one per reader."""
        readers = self.study.readers_of(wildcards.cohort)
        return self.measurements("function", [(wildcards.cohort, reader) for reader in readers])

    def functions_compared(self, wildcards: Wildcards) -> list[str]:
        """The function tables of a cohort, one per reader that can be compared with the reference."""
        return self.measurements("function", self._readers_compared(wildcards))

    def overlaps_compared(self, wildcards: Wildcards) -> list[str]:
        """The overlap tables of a cohort with images, one per reader that can be compared with the reference."""
        return self.measurements("overlap", self._readers_compared(wildcards))

    def mice_compared(self, wildcards: Wildcards) -> list[str]:
        """The mice of a cohort on which readers are compared, without those from which any of them learnt."""
        pairs = self._readers_compared(wildcards)
        learnt = self.study.mice_learnt(wildcards.cohort, [reader for _, reader in pairs])
        return [
            mouse
            for mouse in dict.fromkeys(m for pair in pairs for m in self.study.mice_read(*pair))
            if mouse not in learnt
        ]

    def files_compared(self, wildcards: Wildcards) -> list[str]:
        """The files of these mice, in their order."""
        return [self.cohort(wildcards).file(mouse) for mouse in self.mice_compared(wildcards)]

    def segmentations_compared(self, wildcards: Wildcards) -> list[str]:
        """The files with the masks of these mice by each of these readers."""
        mice = set(self.mice_compared(wildcards))
        return [
            self.layout.segmentation(*pair, mouse)
            for pair in self._readers_compared(wildcards)
            for mouse in self.study.mice_read(*pair)
            if mouse in mice
        ]

    def learnt(self, wildcards: Wildcards) -> dict[str, list[str]]:
        """The mice of a cohort from which readers that are compared there learnt, by reader; only if there are any."""
        pairs = self._readers_compared(wildcards)
        found = {reader: self.study.mice_learnt(cohort, [reader]) for cohort, reader in pairs}
        return {reader: mice for reader, mice in found.items() if mice}

    def learnt_by_any(self, pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
        """By cohort of `pairs` of cohort and reader, the mice from which any of its readers learnt."""
        readers: dict[str, list[str]] = {}
        for cohort, reader in pairs:
            readers.setdefault(cohort, []).append(reader)
        return {cohort: self.study.mice_learnt(cohort, names) for cohort, names in readers.items()}

    def _readers_compared(self, wildcards: Wildcards) -> list[tuple[str, str]]:
        return [(wildcards.cohort, reader) for reader in self.study.readers_compared(wildcards.cohort)]

    def has_reference(self, wildcards: Wildcards) -> bool:
        """Whether a reader of a cohort can be compared with the reference."""
        return self.study.has_reference(wildcards.cohort, wildcards.reader)

    def overlap(self, wildcards: Wildcards) -> str | list[str]:
        """The overlap table of a reader of a cohort; none without a reference."""
        found = self.layout.measurements(wildcards.cohort, wildcards.reader, "overlap")
        return found if self.has_reference(wildcards) else []

    def statistics_of_reader(self, wildcards: Wildcards) -> dict[str, str]:
        """The tables for the results section of a reader of a cohort, by name."""
        cohort = self.cohort(wildcards)
        names = ["agreement", "sample_size"]
        if cohort.compares_phenotypes:
            names += ["groups", "group_tests", "group_differences"]
        found = {"function": self.layout.measurements(cohort.name, wildcards.reader, "function")}
        if cohort.has_images:
            names += ["overlap_summary", "surface_summary", "overlap_anova", "overlap_pairwise", "dice_error"]
            names += ["overlap_model"] if cohort.compares_phenotypes else []
            found |= {name: self.layout.cohort(cohort.name, f"{name}.csv") for name in ("manifest", "split")}
            found["frames"] = self.layout.measurements(cohort.name, wildcards.reader, "frames")
        if self.study.is_external(cohort.name, wildcards.reader):
            found["cohort_comparison"] = f"{self.study.results}/statistics/cohort_comparison.csv"
        return found | {name: self.layout.statistics(cohort.name, wildcards.reader, name) for name in names}


def _listed(files: str | list[str]) -> list[str]:
    return [files] if isinstance(files, str) else files
