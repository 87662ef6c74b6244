"""A cohort of a study, whatever its source: its mice, files, participants, phenotypes and split.

Everything here is cheap, because it is evaluated whenever Snakemake plans: no images are read. The exception is a split
to be drawn for mice whose contoured frames can only be determined from their masks.
"""

import abc
import contextlib
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from murmur.data.mouse_file import check_header
from murmur.data.participants import TEMPLATE, Participants, check_animals, read_participants, session_files
from murmur.data.split import SPLITS, check_whole_animals, draw_split, read_split
from murmur.errors import BadInput
from murmur.files import natural_key
from murmur.measurement.measures import TAKEN
from murmur.statistics.notes import mice
from murmur.study.checks import existing, nearest
from murmur.study.layout import Layout
from murmur.study.reading import changed_since, problems
from murmur.vocabulary import INVALID_FILE


class Cohort(abc.ABC):
    """A cohort of the study: its mice, their files and their split."""

    kind = ""  # the key of the source
    has_images = True
    with_inflow = False  # annotated frames other than ED and ES are inflow frames

    def __init__(self, name: str, settings: dict, layout: Layout):
        """Take the cohort's section of the study file and the layout of the results.

        Raises BadInput if the section is inconsistent or names a file that does not exist.
        """
        self.name, self.settings, self.layout = name, settings, layout
        self.source = settings["source"]
        self.key = f"cohorts.{name}"
        self.spacing_mm = settings.get("spacing_mm")
        self.frame_interval_ms = settings.get("frame_interval_ms")
        self.override_headers = settings.get("override_headers", False)
        self.grid = (self.spacing_mm, self.frame_interval_ms, self.override_headers)
        self._check_source(f"{self.key}.source.{self.kind}")
        for key in ("participants", "sessions"):
            if key in settings and TEMPLATE not in settings[key]:
                existing(settings[key], f"{self.key}.{key}", "file")
        given = settings.get("split", {})
        if "file" in given:
            existing(given["file"], f"{self.key}.split.file", "file")
        elif given and (missing := [split for split in SPLITS if split not in given]):
            raise BadInput(
                f"{self.key}.split: found no key {' or '.join(missing)}, expected train, validation and test; add "
                f"{', '.join(missing)}, or give the file of a split"
            )

    def _check_source(self, key: str) -> None:  # noqa: B027 -- a generated cohort has nothing to check
        """Raise BadInput if the source, with the key `key`, names a file or folder that does not exist."""

    @property
    @abc.abstractmethod
    def found(self) -> list[str]:
        """All mice of the source, including excluded ones, in natural order. Raises BadInput if there are none."""

    def _no_mouse(self, wanted: str) -> BadInput:
        """The message for a folder without a file named `wanted`, and for one that has only folders."""
        folder = Path(self.source[self.kind])
        inner = sorted((path.name for path in folder.iterdir() if path.is_dir()), key=natural_key)
        but = f", but folders such as {inner[0]}" if inner else ""
        advice = "move the files out of their folders, or correct the path" if inner else "correct the path"
        return BadInput(
            f"{self.key}.source.{self.kind}: found no file {wanted} in '{folder}'{but}, expected one per mouse; "
            f"{advice}"
        )

    @cached_property
    def excluded(self) -> dict[str, str]:
        """The mice excluded, with reasons: by the study file, by the participants, and by `on_bad_file: skip`.

        Raises BadInput if the study file excludes a mouse that does not exist, or all of them.
        """
        given = self.settings.get("exclude", {})
        for mouse in given:
            if mouse not in self.found:
                raise BadInput(
                    f"{self.key}.exclude: found '{mouse}', expected a mouse of the cohort"
                    f"{nearest(mouse, self.found) or '; remove it'}"
                )
        reasons = self.listed.excluded | given
        if self.skips_bad_files:
            reasons |= {
                mouse: f"{INVALID_FILE}: {self.without_file_name(mouse, problem)}"
                for mouse, problem in self.bad_files.items()
            }
        if len(reasons) == len(self.found):
            first = self.found[0]
            raise BadInput(
                f"{self.key}.exclude: found all {len(reasons)} mice excluded, expected at least one to remain; "
                f"{first}: {self.bad_files.get(first, reasons[first])}"
            )
        return {mouse: reasons[mouse] for mouse in self.found if mouse in reasons}

    def without_file_name(self, mouse: str, problem: str) -> str:
        """What is wrong with a file of a mouse, as results have it."""
        return problem

    @property
    def skips_bad_files(self) -> bool:
        """Whether mice with invalid files are excluded, instead of stopping the study."""
        return self.settings.get("on_bad_file") == "skip"

    @cached_property
    def bad_files(self) -> dict[str, str]:
        """The mice with an invalid file, each with a sentence.

        The content is read if such mice are skipped, and of files that changed since the workflow used them, because a
        job that fails loses the results that it replaces.
        """
        given = self._excluded_by_name
        files = {mouse: owned for mouse in self.found if mouse not in given and (owned := self.user_files(mouse))}
        found = problems(files, f"headers with {self.grid}", self._check_headers)
        read = {
            mouse: owned
            for mouse, owned in files.items()
            if mouse not in found and (self.skips_bad_files or changed_since(self._first_result(mouse), owned))
        }
        return found | problems(read, f"contents with {self.source}, {self.grid}", self._check_content)

    @property
    def _excluded_by_name(self) -> set[str]:
        """The mice that the study file or the tables of participants exclude, whose files may be invalid."""
        with contextlib.suppress(BadInput):  # the tables of participants are checked with the files
            return {*self.settings.get("exclude", {}), *self.listed.excluded}
        return {*self.settings.get("exclude", {})}

    def _first_result(self, mouse: str) -> str:
        """The first result made of the user's files of a mouse."""
        return self.layout.mouse(self.name, mouse)

    def _check_headers(self, mouse: str) -> None:  # noqa: B027 -- the workflow checks the files that it makes
        """Raise BadInput if the header of a user's file of a mouse is invalid."""

    def _check_content(self, mouse: str) -> None:  # noqa: B027 -- as above
        """Raise BadInput if images or masks of a mouse, with valid headers, are invalid."""

    @cached_property
    def mice(self) -> list[str]:
        """The mice that are analysed, in natural order. Raises BadInput as `found` and `excluded`."""
        return [mouse for mouse in self.found if mouse not in self.excluded]

    def file(self, mouse: str) -> str:
        """The HDF5 file of a mouse: the user's, or the one that the workflow makes."""
        return self.layout.mouse(self.name, mouse)

    @property
    def files(self) -> list[str]:
        """The HDF5 files of all mice."""
        return [self.file(mouse) for mouse in self.mice]

    def user_files(self, mouse: str) -> list[str]:
        """The user's files that the file of a mouse is identical to, links to or is converted from; often none."""
        return []

    def check_values(self) -> None:  # noqa: B027 -- files with images are checked by a job
        """Raise BadInput if a value in the user's table of measurements is invalid."""

    @cached_property
    def contoured(self) -> list[str]:
        """The mice with contours, or measurements, of the expert, as far as names and headers of the files show."""
        return self.mice

    def shape(self, mouse: str) -> tuple[int, ...] | None:
        """The shape of the images of a mouse; None if the workflow makes or downloads them."""
        files = self.user_files(mouse)
        return tuple(check_header(files[0])["shape"]) if files else None

    def affine(self, mouse: str) -> np.ndarray | None:
        """The affine of the images of a mouse, as `affine_of`; None if it is not known or the workflow makes them."""
        files = self.user_files(mouse)
        found = check_header(files[0])["affine"] if files else None
        return None if found is None else np.array(found)

    @cached_property
    def listed(self) -> Participants:
        """What the tables of participants and sessions say about all mice found. Raises BadInput as their reader."""
        return read_participants(self.settings.get("participants"), self.found, self.settings.get("sessions"))

    @cached_property
    def tables_of_participants(self) -> list[str]:
        """The user's files that `listed` is read from."""
        files = []
        for path in (self.settings[key] for key in ("participants", "sessions") if key in self.settings):
            several = TEMPLATE in path
            files += session_files(path, self.listed.table["animal"].unique()).values() if several else [path]
        return files

    @cached_property
    def participants(self) -> pd.DataFrame:
        """One row per mouse: mouse, animal, session and what is known of it. Raises BadInput if scans contradict."""
        table = self.listed.table
        if scans := self._own_scans():
            table[["animal", "session"]] = [scans[mouse] for mouse in table["mouse"]]
        own = self._own_phenotypes()
        for column in () if "phenotype" in table else ("group", "phenotype") if own else ():
            table.insert(len(table.columns), column, table["mouse"].map(own))
        if rates := self._own_heart_rates():
            own = table["mouse"].map(rates)
            table["heart_rate_bpm"] = table["heart_rate_bpm"].fillna(own) if "heart_rate_bpm" in table else own
        table = table[table["mouse"].isin(self.mice)].reset_index(drop=True)
        tables = self.settings.get("participants", self.key)
        check_animals(tables, table)
        if taken := [column for column in table if column in TAKEN]:
            raise BadInput(
                f"{tables}: found the column '{taken[0]}', expected another name, because measurements.csv has such a "
                "column; rename it"
            )
        return table

    @cached_property
    def labels(self) -> dict[str, str]:
        """Each mouse with its animal, if that has another name, and its session, in parentheses.

        The group is left out, because whoever reviews masks should not know it.
        """
        found = {}
        for row in self.participants.to_dict("records"):
            parts = [row["animal"] if row["animal"] != row["mouse"] else "", row["session"]]
            known = ", ".join(str(part) for part in parts if part and not pd.isna(part))
            found[row["mouse"]] = f"{row['mouse']} ({known})" if known else row["mouse"]
        return found

    @property
    def animals_scanned_repeatedly(self) -> int:
        """The number of animals if some of them have several scans, which are not independent; otherwise 0."""
        animals = self.participants["animal"]
        return animals.nunique() if animals.duplicated().any() else 0

    @property
    def animal_of_scan(self) -> dict[str, str]:
        """The animal of each scan if some animals have several; otherwise empty."""
        if not self.animals_scanned_repeatedly:
            return {}
        return dict(zip(self.participants["mouse"], self.participants["animal"], strict=True))

    @property
    def size(self) -> str:
        """The number of mice with its noun; of repeated scans, also that of their animals."""
        if animals := self.animals_scanned_repeatedly:
            return f"{len(self.mice)} scans of {mice(animals)}"
        return mice(len(self.mice))

    @property
    def compares_phenotypes(self) -> bool:
        """Whether phenotypes are known and can be compared with tests that take scans as independent."""
        return bool(self.phenotypes) and not self.animals_scanned_repeatedly

    @cached_property
    def phenotypes(self) -> dict[str, str]:
        """The phenotype of each mouse whose phenotype is known."""
        if "phenotype" not in self.participants:
            return {}
        known = self.participants.set_index("mouse")["phenotype"].dropna()
        return {mouse: str(phenotype) for mouse, phenotype in known.items()}

    def _own_phenotypes(self) -> dict[str, str]:
        """The phenotypes known from the source itself."""
        return {}

    def _own_scans(self) -> dict[str, tuple[str, str]]:
        """Animal and session of each mouse, if known from the source itself."""
        return {}

    def _own_heart_rates(self) -> dict[str, float]:
        """The heart rates known from the source itself, in beats per minute."""
        return {}

    @property
    def is_split_drawn(self) -> bool:
        """Whether Murmur draws the split, instead of reading it from a file."""
        return "file" not in self.settings.get("split", {})

    @cached_property
    def split(self) -> dict[str, str]:
        """The set (train, validation or test) of each mouse, the same for all scans of an animal.

        Raises BadInput if it cannot be drawn or read.
        """
        given = self.settings.get("split")
        if given is None:
            return dict.fromkeys(self.mice, "test")
        animals = dict(zip(self.participants["mouse"], self.participants["animal"], strict=True))
        if "file" in given:
            assignment = read_split(given["file"], self.mice, self.excluded)
            check_whole_animals(given["file"], assignment, animals)
            return assignment
        inflow, without_contours = self._with_a_fixed_set()
        given = {"numbers": {name: given[name] for name in SPLITS}, "seed": given["seed"], "key": f"{self.key}.split"}
        if not self.animals_scanned_repeatedly:
            return draw_split(
                self.mice, self.phenotypes, inflow, without_contours, **given, n_excluded=len(self.excluded)
            )
        contoured = {animals[mouse] for mouse in self.mice if mouse not in without_contours}
        assignment = draw_split(
            set(animals.values()),
            {animals[mouse]: phenotype for mouse, phenotype in self.phenotypes.items()},
            inflow={animals[mouse] for mouse in inflow},
            without_contours=set(animals.values()) - contoured,
            **given,
            noun="animals",
        )
        return {mouse: assignment[animal] for mouse, animal in animals.items()}

    def _with_a_fixed_set(self) -> tuple[set[str], set[str]]:
        """The mice with inflow frames, which are training mice, and those without contours, which are test mice."""
        return set(), {mouse for mouse, frames in self._contoured_frames().items() if not frames}

    def _contoured_frames(self) -> dict[str, list[int]]:
        """The contoured frames of each mouse, counted from 0, read from its files; empty if the workflow makes them."""
        return {}

    @cached_property
    def is_contoured_over_the_cycle(self) -> bool:
        """Whether the median mouse with contours has them in more frames than ED and ES."""
        with contextlib.suppress(BadInput):  # invalid files are reported where they are checked
            counts = [len(frames) for frames in self._contoured_frames().values() if frames]
            return bool(counts) and np.median(counts) > len(("ED", "ES"))
        return False

    @property
    def split_note(self) -> str:
        """A note on the split to show before the run starts; often empty."""
        return ""

    @property
    def values_note(self) -> str:
        """A note on values that are computed, to show before the run starts; often empty."""
        return ""

    @property
    def scans_note(self) -> str:
        """A note on animals with several scans to show before the run starts; often empty."""
        if not self.animals_scanned_repeatedly:
            return ""
        return (
            f"Note: {self.name} has {self.size}; agreement counts each animal once, and phenotypes are compared by "
            "`comparison` only."
        )

    def mice_of(self, *splits: str) -> list[str]:
        """The mice of the sets named."""
        return [mouse for mouse in self.mice if self.split[mouse] in splits]
